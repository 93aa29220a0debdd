/*
 * report_data.c: the tables of a report and the queries that give them.
 *
 * Every figure of the page comes from one of these and from nothing else; the page prints the query beside it.
 */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "job_common.h"
#include "report_data.h"

const ReportTable report_tables[TABLES] = {
	[TABLE_COMPARED] = {
		"figures", {"核心指标", "Headline figures"},
		{"群众诉求的各项指标，口径见“指标口径”。上期为前一期（整月则为前几个月），去年为去年同期，均按当时同一时刻已知的数据计算。",
			"Figures of the demands; what each counts stands under \"What the figures count\". The period before (whole months: as many months) and last year as known as long after their end."},
		"SELECT figure, num, den, previous_num, previous_den, last_year_num, last_year_den\n"
		"  FROM liskeban.kpi_compared($1::date, $2::date, 'district', $3::timestamptz)"
	},
	[TABLE_BACKLOG] = {
		"flow", {"每日流量", "Flow"},
		{"日末在办：当日结束时未关闭、未退回、未撤销、未并案的工单。超期在办：其中未办结、未挂账且已过时限的。",
			"Open at the day's end: neither closed, rejected, withdrawn nor merged. Overdue: of these neither resolved nor suspended, with a due that has passed."},
		"SELECT day, received, resolved, closed, open_end, overdue_open FROM liskeban.flow($2::date - 29, $2::date)"
	},
	[TABLE_TIERS] = {
		"tiers", {"各层级在办与超期（制表时）", "Open and overdue by rung (when this was made)"},
		{"制表时（不是报告日末）在办工单所在的层级（村社区、镇街部门、区、主要领导），以及其中已过办结时限（疑难未出方案的为方案时限）的件数。",
			"The rung of the ladder on which each open ticket stood when this was made, not at the end of the day, and how many of them had passed their due (hard ones without a plan: the plan's)."},
		"SELECT tier, tier_name, tier_name_en, open, overdue FROM liskeban_report.open_by_tier"
	},
	[TABLE_RISKS] = {
		"risks", {"风险事项与对策", "Risks and measures"},
		{"期内出现的异常信号：突增、聚集、同址反复、重复诉求、超期积压、吹哨未应、不满意集中、指标异常。严重程度 1 最高。",
			"Signals seen in the period: surges, clusters, repeats, overdue backlog, whistles unanswered, dissatisfaction, indicators. Severity 1 is the most severe."},
		"SELECT risk_id, severity, kind, coalesce(category_name, domain_name) AS matter, coalesce(category_name_en, domain_name_en) AS matter_en,\n"
		"       area_name, area_name_en, owner_name, owner_name_en, measure, suggestion, measure_en, suggestion_en, due, day, last_day, status,\n"
		"       evidence ->> 'count' AS count, evidence ->> 'expected' AS expected\n"
		"  FROM liskeban_report.risk_item WHERE last_day BETWEEN $1::date AND $2::date AND status <> 'closed'\n"
		" ORDER BY severity, (evidence ->> 'count')::numeric DESC NULLS LAST, risk_id"
	},
	[TABLE_OUTCOMES] = {
		"outcomes", {"上期风险去向", "What became of the risks before"},
		{"上一期出现的风险事项，如今怎样：已消除、已下令（签收、回复、落实）或仍在。",
			"The risks of the period before, and what has become of them: gone, ordered, or still there."},
		"SELECT o.risk_id, o.severity, o.kind, coalesce(r.category_name, r.domain_name) AS matter, coalesce(r.category_name_en, r.domain_name_en) AS matter_en,\n"
		"       r.area_name, r.area_name_en, r.owner_name, r.owner_name_en, o.outcome\n"
		"  FROM liskeban_report.risk_outcome AS o JOIN liskeban_report.risk_item AS r USING (risk_id)\n"
		" WHERE o.last_day >= $1::date - ($2::date - $1::date + 1) AND o.day < $1::date ORDER BY o.severity, o.risk_id"
	},
	[TABLE_SCOREBOARD] = {
		"scoreboard", {"一三七记分牌", "One, three, seven"},
		{"简单事项 1 天、一般事项 3 天办结，疑难事项 7 天内出方案并作承诺：期内受理的工单至今兑现的情况。",
			"Simple matters within 1 day, general ones within 3, hard ones with a plan and a promise within 7: what it came to for the tickets received in the period."},
		"SELECT difficulty, received, due, on_time_num, on_time_den, plan_num, plan_den, promise_num, promise_den\n"
		"  FROM liskeban.scoreboard($1::date, $2::date, $3::timestamptz)"
	},
	[TABLE_DOMAINS] = {
		"domains", {"分领域", "By domain"},
		{"按事项所属领域的受理量与按期办结率，及环比、同比。",
			"Received and on time by the domain of the matter, beside the period before and last year."},
		"SELECT c.key, c.name, d.name_en,\n"
		"       max(c.num) FILTER (WHERE c.figure = 'received') AS received,\n"
		"       max(c.previous_num) FILTER (WHERE c.figure = 'received') AS previous_received,\n"
		"       max(c.last_year_num) FILTER (WHERE c.figure = 'received') AS last_year_received,\n"
		"       max(c.num) FILTER (WHERE c.figure = 'on_time') AS on_time_num, max(c.den) FILTER (WHERE c.figure = 'on_time') AS on_time_den\n"
		"  FROM liskeban.kpi_compared($1::date, $2::date, 'domain', $3::timestamptz) AS c\n"
		"  LEFT JOIN liskeban_report.domain AS d ON d.code = c.key\n"
		" GROUP BY c.key, c.name, d.name_en ORDER BY received DESC NULLS LAST, c.key"
	},
	[TABLE_LEAGUE] = {
		"league", {"镇街排名", "League of the towns"},
		{"按考核规则（score_policy）对近 30 天受理的工单计分，满分 100；同分并列。",
			"Scores from 0 to 100 by score_policy over the tickets received in the last 30 days; equal scores share a rank."},
		"SELECT l.rank, l.key, l.name, a.name_en, l.score, l.cases\n"
		"  FROM liskeban.league($2::date - 29, $2::date, 'town', $3::timestamptz) AS l\n"
		"  LEFT JOIN liskeban_report.area AS a ON a.code = l.key ORDER BY l.rank NULLS LAST, l.key"
	},
	[TABLE_STAGES] = {
		"stages", {"环节时长", "How long the stages took"},
		{"近 30 天受理的工单各环节首次用时：均值、中位数、九成分位（分钟）。",
			"How long each stage took, the first time, for the tickets received in the last 30 days: mean, median and 90th percentile in minutes."},
		"SELECT stage, n, round(extract(epoch FROM mean) / 60, 1) AS mean_minutes, round(extract(epoch FROM p50) / 60, 1) AS p50_minutes,\n"
		"       round(extract(epoch FROM p90) / 60, 1) AS p90_minutes\n"
		"  FROM liskeban.stage_times($2::date - 29, $2::date, $3::timestamptz)"
	},
	[TABLE_TREND] = {
		"trend", {"受理趋势", "Received, day by day"},
		{"每日受理量；阴影为此前八周同一星期几的均值上下两个标准差，自有记录之日起。",
			"Demands received each day; shaded: mean of the same weekday of the eight weeks before, two standard deviations to each side, as far as there is any history."},
		"WITH daily AS (\n"
		"  SELECT g.day::date AS day, coalesce(sum(s.received), 0) AS received\n"
		"    FROM generate_series(GREATEST($2::date - 85, (SELECT min(f.day) FROM liskeban_report.stat_daily AS f)), $2::date, interval '1 day') AS g(day)\n"
		"    LEFT JOIN liskeban_report.stat_daily AS s ON s.day = g.day::date AND s.kind = 'demand' GROUP BY g.day)\n"
		"SELECT d.day, d.received, round(avg(b.received), 1) AS expected,\n"
		"       greatest(round(avg(b.received) - 2 * stddev_samp(b.received), 1), 0) AS low, round(avg(b.received) + 2 * stddev_samp(b.received), 1) AS high\n"
		"  FROM daily AS d LEFT JOIN daily AS b ON b.day IN (d.day - 7, d.day - 14, d.day - 21, d.day - 28, d.day - 35, d.day - 42, d.day - 49, d.day - 56)\n"
		" WHERE d.day > $2::date - 30 GROUP BY d.day, d.received ORDER BY d.day"
	},
	[TABLE_WHISTLES] = {
		"whistles", {"在途哨声", "Whistles open"},
		{"尚未结束的吹哨：由哪一层级吹到哪一层级，签收与办理时限。",
			"Whistles that have not ended: from which rung to which, when they must be signed and handled."},
		"SELECT whistle_id, ticket_id, category_name, category_name_en, town_name, town_name_en, from_tier, to_tier, auto,\n"
		"       to_char(\"time\", 'YYYY-MM-DD HH24:MI') AS raised, signed_at IS NOT NULL AS signed, to_char(handle_due, 'YYYY-MM-DD HH24:MI') AS handle_due,\n"
		"       handle_due < $3::timestamptz AS late\n"
		"  FROM liskeban_report.whistle WHERE ended_at IS NULL ORDER BY handle_due, whistle_id LIMIT 30"
	},
	[TABLE_AREAS] = {
		"areas", {"区域负荷", "Load by area"},
		{"期内各镇街受理量，颜色越深越多；红字为期末超期在办；圆点为近 30 天 500 米方格内的热点。",
			"Demands received in the period by town, the darker the more; in red what was overdue at its end; dots are squares of 500 m with many tickets in the last 30 days."},
		"SELECT a.code, a.level, a.name, a.name_en, coalesce(s.received, 0) AS received, coalesce(b.overdue, 0) AS overdue,\n"
		"       ST_AsSVG(ST_SimplifyPreserveTopology(ST_Transform(a.geom, 3857), 40), 0, 0) AS path,\n"
		"       round(ST_X(ST_PointOnSurface(ST_Transform(a.geom, 3857)))) AS x, round(-ST_Y(ST_PointOnSurface(ST_Transform(a.geom, 3857)))) AS y,\n"
		"       round(ST_XMin(ST_Transform(a.geom, 3857))) AS x_min, round(-ST_YMax(ST_Transform(a.geom, 3857))) AS y_min,\n"
		"       round(ST_XMax(ST_Transform(a.geom, 3857))) AS x_max, round(-ST_YMin(ST_Transform(a.geom, 3857))) AS y_max\n"
		"  FROM liskeban_report.area AS a\n"
		"  LEFT JOIN (SELECT s.town, sum(s.received) AS received FROM liskeban_report.stat_daily AS s\n"
		"              WHERE s.day BETWEEN $1::date AND $2::date AND s.kind = 'demand' GROUP BY s.town) AS s ON s.town = a.code\n"
		"  LEFT JOIN liskeban_report.backlog_daily AS b ON b.town = a.code AND b.kind = 'demand' AND b.day = $2::date\n"
		" WHERE a.level IN ('district', 'town') AND a.geom IS NOT NULL ORDER BY a.code",
		true
	},
	[TABLE_SPOTS] = {
		"spots", {"热点", "Hot spots"},
		{"近 30 天内受理最多的 500 米方格。", "The squares of 500 m with most tickets in the last 30 days."},
		"SELECT hot_spot_key, received, open, top_category_name, top_category_name_en,\n"
		"       round(ST_X(ST_Transform(ST_Centroid(geom), 3857))) AS x, round(-ST_Y(ST_Transform(ST_Centroid(geom), 3857))) AS y\n"
		"  FROM liskeban_report.hot_spot ORDER BY received DESC, hot_spot_key LIMIT 12",
		true
	},
	[TABLE_EMERGENCIES] = {
		"emergencies", {"应急响应", "Emergencies"},
		{"期内生效的应急响应及其纳入的工单：到此刻的办结与按期办结（积水 30 分钟、清障 15 分钟等，见 emergency_sla），不含退回、撤销、并案的。",
			"Emergencies that ran in the period and the tickets they caught, as they stand now: resolved, and in time (flooding 30 minutes, road clearance 15, as emergency_sla says); without rejected, withdrawn and merged ones."},
		"SELECT e.emergency_id, e.kind_name, e.kind_name_en, e.level, e.area_name, e.area_name_en, to_char(e.\"time\", 'MM-DD HH24:MI') AS begins,\n"
		"       to_char(e.ends_at, 'MM-DD HH24:MI') AS ends, e.caught, e.completed, e.open, e.overdue, e.on_time_num, e.on_time_den\n"
		"  FROM liskeban_report.emergency AS e, liskeban_report.district AS d\n"
		" WHERE e.\"time\" < ($2::date + 1)::timestamp AT TIME ZONE d.time_zone\n"
		"   AND (e.ends_at IS NULL OR e.ends_at > $1::date::timestamp AT TIME ZONE d.time_zone AND e.ends_at > e.\"time\")\n"
		" ORDER BY e.\"time\", e.emergency_id"
	},
	[TABLE_DEFINITIONS] = {
		"definitions", {"指标口径", "What the figures count"},
		{"每项指标数什么、除以什么；数据库中 kpi() 的注释与此一字不差。", "What is counted, and out of what; the comment of kpi() in the database says the same."},
		"SELECT figure, name, name_en, counted, counted_en, out_of, out_of_en FROM liskeban_report.kpi_definition ORDER BY nth"
	},
};

static bool
read_scalar(PGconn *conn, const char *sql, int nparams, const char *const *params, int n, char **values)
{
	PGresult   *res = job_exec(conn, sql, nparams, params, PGRES_TUPLES_OK);

	if (res == NULL)
		return false;
	if (PQntuples(res) != 1)
	{
		job_complain("there is no platform in this database");
		PQclear(res);
		return false;
	}
	for (int i = 0; i < n; i++)
		values[i] = job_strdup(PQgetvalue(res, 0, i));
	PQclear(res);
	return true;
}

bool
report_read(PGconn *conn, const char *day, Report *report)
{
	/* The morning after, eight o'clock, or now where that has not come. */
	static const char frame_sql[] =
	"SELECT f.first_day, f.last_day, d.name, LEAST(liskeban.liskeban_now(), ((f.last_day + 1) + time '08:00') AT TIME ZONE d.time_zone),"
	" pg_catalog.to_char(liskeban.liskeban_now() AT TIME ZONE d.time_zone, 'YYYY-MM-DD HH24:MI'),"
	" (liskeban.liskeban_now() AT TIME ZONE d.time_zone)::date >= f.last_day, d.time_zone"
	" FROM liskeban_report.district AS d"
	" CROSS JOIN LATERAL (SELECT CASE $2 WHEN 'week' THEN pg_catalog.date_trunc('week', $1::date)::date"
	"   WHEN 'month' THEN pg_catalog.date_trunc('month', $1::date)::date ELSE $1::date END,"
	"   CASE $2 WHEN 'week' THEN (pg_catalog.date_trunc('week', $1::date) + interval '6 days')::date"
	"   WHEN 'month' THEN (pg_catalog.date_trunc('month', $1::date) + interval '1 month' - interval '1 day')::date ELSE $1::date END) AS f(first_day, last_day)";
	const char *frame_params[2] = {day, report->period};
	char	   *frame[7];
	const char *params[3];
	static const Oid types[3] = {1082, 1082, 1184};	/* date, date, timestamptz */
	PGresult   *res;

	if (!job_command(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") ||
		!job_command(conn, "SELECT pg_catalog.set_config('search_path', 'pg_catalog, ' || pg_catalog.quote_ident(n.nspname), false)"
					 " FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace"
					 " WHERE e.extname OPERATOR(pg_catalog.=) 'postgis'") ||
		!read_scalar(conn, frame_sql, 2, frame_params, 7, frame))
		return false;
	snprintf(report->first_day, sizeof(report->first_day), "%s", frame[0]);
	snprintf(report->last_day, sizeof(report->last_day), "%s", frame[1]);
	report->district = frame[2];
	report->as_of = frame[3];
	report->made_at = frame[4];
	if (strcmp(frame[5], "t") != 0)
	{
		job_complain("%s has not come yet", report->last_day);
		return false;
	}
	params[0] = frame[6];
	res = job_exec(conn, "SELECT pg_catalog.set_config('TimeZone', $1, false)", 1, params, PGRES_TUPLES_OK);
	if (res == NULL)
		return false;
	PQclear(res);
	free(frame[5]);
	free(frame[6]);
	params[0] = report->first_day;
	params[1] = report->last_day;
	params[2] = report->as_of;
	for (int t = 0; t < TABLES; t++)
	{
		report->rows[t] = job_exec_typed(conn, report_tables[t].sql, 3, types, params, PGRES_TUPLES_OK);
		if (report->rows[t] == NULL)
			return false;
	}
	return job_command(conn, "COMMIT");
}

void
report_free(Report *report)
{
	for (int t = 0; t < TABLES; t++)
		PQclear(report->rows[t]);
	free(report->district);
	free(report->as_of);
	free(report->made_at);
}

int
report_rows(const Report *report, TableId table)
{
	return PQntuples(report->rows[table]);
}

static int
column_of(const Report *report, TableId table, const char *column)
{
	int			c = PQfnumber(report->rows[table], column);

	if (c < 0)
	{
		job_complain("table \"%s\" has no column \"%s\"", report_tables[table].name, column);
		exit(JOB_FAILED);
	}
	return c;
}

const char *
report_value(const Report *report, TableId table, int row, const char *column)
{
	return PQgetvalue(report->rows[table], row, column_of(report, table, column));
}

bool
report_isnull(const Report *report, TableId table, int row, const char *column)
{
	return PQgetisnull(report->rows[table], row, column_of(report, table, column));
}

double
report_number(const Report *report, TableId table, int row, const char *column)
{
	return strtod(report_value(report, table, row, column), NULL);
}
