/*
 * report_page.c: a report as one self-contained HTML page.
 *
 * The first screen of a phone says what is wrong and where; all else follows.  Every value is escaped, every figure
 * leads to its definition and to the query that gives it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_chart.h"
#include "report_page.h"

static const char style[] =
":root{--ink:#1c2733;--soft:#5b6b7b;--line:#d9dfe5;--bad:#c0392b;--good:#1e7d4f;--tint:#f4f6f8}"
"*{box-sizing:border-box}body{margin:0 auto;max-width:1080px;padding:12px;color:var(--ink);background:#fff;"
"font:15px/1.5 -apple-system,\"Segoe UI\",\"PingFang SC\",\"Microsoft YaHei\",\"Noto Sans CJK SC\",sans-serif;overflow-wrap:anywhere}"
"h1{font-size:19px;margin:0}h2{font-size:17px;margin:26px 0 8px;border-left:4px solid var(--bad);padding-left:8px}"
".when{color:var(--soft);font-size:12.5px;margin:0 0 8px}a{color:inherit;text-decoration:none}a:hover{text-decoration:underline}"
"sup a{color:var(--soft);font-size:10px;padding-left:2px}"
".tiles{display:grid;grid-template-columns:1fr 1fr;gap:8px}.tile{background:var(--tint);border-radius:8px;padding:8px 10px}"
".tile .label{color:var(--soft);font-size:12.5px}.tile .big{font-size:27px;font-weight:700;line-height:1.15}"
".tile.more{display:none}.tile .beside{color:var(--soft);font-size:12px}.wide{grid-column:1/-1}"
".rungs{display:grid;grid-template-columns:repeat(auto-fit,minmax(58px,1fr));gap:4px;text-align:center}.rungs b{display:block;font-size:20px;line-height:1.2}"
".rungs span{font-size:12px;color:var(--soft)}.bad{color:var(--bad)}"
".risk{border:1px solid var(--line);border-left:4px solid var(--bad);border-radius:6px;padding:7px 10px;margin:8px 0}"
".risk.s2{border-left-color:#d9822b}.risk.s3,.risk.s4{border-left-color:#c9a227}.risk b{font-size:14.5px}"
".risk p{margin:2px 0;font-size:13.5px}.risk .owner{color:var(--soft);font-size:12.5px}"
".worst .risk p{display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow:hidden}"
"table{border-collapse:collapse;width:100%;font-size:13.5px}th,td{padding:4px 6px;border-bottom:1px solid var(--line);text-align:left}"
"th{color:var(--soft);font-weight:500}td.n,th.n{text-align:right}td.n{white-space:nowrap}th{vertical-align:bottom;overflow-wrap:normal}td:first-child{min-width:74px}"
"#emergency td,#emergency th{word-break:keep-all}#emergency th:last-child{word-break:normal}#emergency td:nth-child(2){min-width:54px}#emergency span{white-space:nowrap}"
"@media(max-width:480px){#emergency td,#emergency th{padding:4px 3px}#emergency td:first-child{min-width:0}}"
".columns{display:grid;grid-template-columns:1fr;gap:0 28px}@media(min-width:860px){.columns{grid-template-columns:1fr 1fr}"
".tiles{grid-template-columns:repeat(4,1fr)}.tiles .more{display:block}.worst{display:grid;grid-template-columns:repeat(3,1fr);gap:10px}}"
"svg{width:100%;height:auto;display:block}.map{max-height:560px}.map text{fill:#1c2733;paint-order:stroke;stroke:#fff}"
".chart{max-width:560px}.band{fill:#dfe7ef}.line{fill:none;stroke:#2c5d8f;stroke-width:2}.dot{fill:#2c5d8f}.dot.bad{fill:var(--bad)}"
".grid{stroke:var(--line)}.tick,.name,.value{font-size:12.5px;fill:var(--soft)}.name{fill:var(--ink)}.bar{fill:#8fb0cf}.bar.bad{fill:var(--bad)}"
".change{font-size:13px;font-weight:500;color:var(--soft);margin-left:6px}.change.good{color:var(--good)}.change.bad{color:var(--bad)}"
".map .late{fill:var(--bad);font-weight:700}.legend{margin:6px 0 0;font-size:12.5px;color:var(--soft);text-align:center}"
".legend i{display:inline-block;vertical-align:-1px;margin-right:4px;height:11px}.shade{width:44px;background:linear-gradient(90deg,#f6e2df,#cf6156)}"
".spot{width:11px;border-radius:50%;background:#1f3a93;opacity:.55}"
".none{color:var(--soft)}footer{margin-top:28px;border-top:1px solid var(--line);font-size:12.5px;color:var(--soft)}"
"footer h2{border:0;padding:0;color:var(--ink)}pre{white-space:pre-wrap;background:var(--tint);padding:8px;border-radius:6px;font-size:11.5px}"
"@page{size:A4;margin:12mm}@media print{body{max-width:none;padding:0;font-size:11.5px}.risk,.tile,svg,table,section{break-inside:avoid}h2{break-after:avoid;margin-top:14px}"
".tiles{grid-template-columns:repeat(4,1fr)}.tiles .more{display:block}.worst{display:grid;grid-template-columns:repeat(3,1fr);gap:8px}"
".columns{grid-template-columns:1fr 1fr;gap:0 18px}.map{max-height:132mm}.worst .risk p{-webkit-line-clamp:unset}footer{break-before:page}"
"pre{font-size:9px}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}";

/* The row of the headline figures that is about this one; -1 when there is none. */
static int
figure_row(const Report *report, const char *figure)
{
	for (int i = 0; i < report_rows(report, TABLE_COMPARED); i++)
		if (strcmp(report_value(report, TABLE_COMPARED, i, "figure"), figure) == 0)
			return i;
	return -1;
}

/* The row of definitions that is about this figure; -1 when there is none. */
static int
definition_row(const Report *report, const char *figure)
{
	for (int i = 0; i < report_rows(report, TABLE_DEFINITIONS); i++)
		if (strcmp(report_value(report, TABLE_DEFINITIONS, i, "figure"), figure) == 0)
			return i;
	return -1;
}

static const char *
figure_name(const Report *report, const char *figure)
{
	int			row = definition_row(report, figure);

	return row < 0 ? figure : report_name(report, TABLE_DEFINITIONS, row, "name");
}

/* What the figure counts, and out of what, as the database defines it. */
static void
put_definition(JobBuffer *out, const Report *report, const char *figure)
{
	int			row = definition_row(report, figure);

	if (row < 0)
		return;
	put_escaped(out, report_name(report, TABLE_DEFINITIONS, row, "name"));
	put(out, "%s", report_word(report, "：", ": "));
	put_escaped(out, report_name(report, TABLE_DEFINITIONS, row, "counted"));
	if (!report_isnull(report, TABLE_DEFINITIONS, row, "out_of"))
	{
		put(out, "%s", report_word(report, "；占 ", "; out of "));
		put_escaped(out, report_name(report, TABLE_DEFINITIONS, row, "out_of"));
	}
}

/* A figure of the headline table as it is printed: a number, or a rate with one place; "–" where there is none. */
static void
format_figure(const Report *report, int row, const char *prefix, char *text, size_t size)
{
	char		num[48];
	char		den[48];

	snprintf(num, sizeof(num), "%snum", prefix);
	snprintf(den, sizeof(den), "%sden", prefix);
	if (row < 0 || report_isnull(report, TABLE_COMPARED, row, num))
		snprintf(text, size, "–");
	else if (report_isnull(report, TABLE_COMPARED, row, "den"))
		snprintf(text, size, "%s", report_value(report, TABLE_COMPARED, row, num));
	else if (report_number(report, TABLE_COMPARED, row, den) == 0)
		snprintf(text, size, "–");
	else
		snprintf(text, size, "%.1f%%", 100 * report_number(report, TABLE_COMPARED, row, num) /
				 report_number(report, TABLE_COMPARED, row, den));
}

/* The mark behind a figure that leads to its definition and query. */
static void
note(JobBuffer *out, TableId table)
{
	put(out, "<sup><a href=\"#q-%s\">%d</a></sup>", report_tables[table].name, table + 1);
}

static void
heading(JobBuffer *out, const Report *report, TableId table)
{
	put(out, "<h2 id=\"%s\" title=\"", report_tables[table].name);
	put_escaped(out, report_tables[table].definition[report->language]);
	put(out, "\">%s", report_tables[table].title[report->language]);
	note(out, table);
	put(out, "</h2>");
}

/* A span in which nothing at all was received is one before the platform. */
static bool
has_history(const Report *report, const char *prefix)
{
	char		num[48];
	int			row = figure_row(report, "received");

	snprintf(num, sizeof(num), "%snum", prefix);
	return row >= 0 && report_number(report, TABLE_COMPARED, row, num) > 0;
}

/* Where a figure went since the period before: points of a rate, where up is good; of a number, which way only. */
static void
put_change(JobBuffer *out, const Report *report, int row)
{
	double		num = report_number(report, TABLE_COMPARED, row, "num");
	double		den = report_number(report, TABLE_COMPARED, row, "den");
	double		before_num = report_number(report, TABLE_COMPARED, row, "previous_num");
	double		before_den = report_number(report, TABLE_COMPARED, row, "previous_den");

	if (report_isnull(report, TABLE_COMPARED, row, "den"))
	{
		if (has_history(report, "previous_") && num != before_num)
			put(out, "<span class=change>%s%.0f</span>", num > before_num ? "▲" : "▼", num > before_num ? num - before_num : before_num - num);
	}
	else if (den > 0 && before_den > 0)
	{
		double		points = 100 * (num / den - before_num / before_den);

		if (points >= 0.05 || points <= -0.05)
			put(out, "<span class=\"change %s\">%s%.1f</span>", points > 0 ? "good" : "bad", points > 0 ? "▲" : "▼", points > 0 ? points : -points);
	}
}

static void
tile(JobBuffer *out, const Report *report, const char *figure, const char *class)
{
	int			row = figure_row(report, figure);
	char		now[48];
	char		before[48];
	char		last_year[48];

	format_figure(report, row, "", now, sizeof(now));
	format_figure(report, row, "previous_", before, sizeof(before));
	format_figure(report, row, "last_year_", last_year, sizeof(last_year));
	put(out, "<div class=\"%s\" title=\"", class);
	put_definition(out, report, figure);
	put(out, "\"><div class=label>");
	put_escaped(out, figure_name(report, figure));
	note(out, TABLE_COMPARED);
	put(out, "</div><div class=big><span id=\"f-%s\">%s</span>", figure, now);
	if (row >= 0)
		put_change(out, report, row);
	put(out, "</div><div class=beside>%s %s · %s %s</div></div>",
		strcmp(report->period, "day") == 0 ? report_word(report, "前一日", "day before") : report_word(report, "上期", "before"),
		has_history(report, "previous_") ? before : "–", report_word(report, "去年同期", "last year"), has_history(report, "last_year_") ? last_year : "–");
}

static void
risk(JobBuffer *out, const Report *report, int i, bool whole)
{
	put(out, "<div class=\"risk s%s\"><b>", report_value(report, TABLE_RISKS, i, "severity"));
	put_escaped(out, report_name(report, TABLE_RISKS, i, "area_name"));
	put(out, " · ");
	put_escaped(out, report_name(report, TABLE_RISKS, i, "matter"));
	put(out, "</b> <span class=bad>%s", report_label(report, report_value(report, TABLE_RISKS, i, "kind")));
	if (!report_isnull(report, TABLE_RISKS, i, "count"))
	{
		put(out, " %.6g", report_number(report, TABLE_RISKS, i, "count"));
		if (!report_isnull(report, TABLE_RISKS, i, "expected"))
			put(out, report_word(report, "（平时 %.3g）", " (usually %.3g)"), report_number(report, TABLE_RISKS, i, "expected"));
	}
	put(out, "</span><p>");
	put_escaped(out, report_name(report, TABLE_RISKS, i, "measure"));
	put(out, "</p>");
	if (whole)
	{
		put(out, "<p>");
		put_escaped(out, report_name(report, TABLE_RISKS, i, "suggestion"));
		put(out, "</p>");
	}
	put(out, "<div class=owner>%s", report_word(report, "责任：", "Owner: "));
	put_escaped(out, report_name(report, TABLE_RISKS, i, "owner_name"));
	put(out, " · %s %s", report_word(report, "期限", "by"), report_value(report, TABLE_RISKS, i, "due"));
	if (whole)
		put(out, " · %s %s · %s", report_word(report, "首现", "since"), report_value(report, TABLE_RISKS, i, "day"),
			report_label(report, report_value(report, TABLE_RISKS, i, "status")));
	put(out, "</div></div>");
}

/* What a deputy head of the district sees in ten seconds. */
static void
first_screen(JobBuffer *out, const Report *report)
{
	int			last = report_rows(report, TABLE_BACKLOG) - 1;
	int			risks = report_rows(report, TABLE_RISKS);

	put(out, "<div class=tiles>");
	tile(out, report, "received", "tile");
	tile(out, report, "on_time", "tile");
	tile(out, report, "response", "tile more");
	tile(out, report, "satisfaction", "tile more");
	put(out, "<div class=\"tile wide\" title=\"");
	put_escaped(out, report_tables[TABLE_TIERS].definition[report->language]);
	put(out, "\"><div class=label>%s", report_word(report, "超期在办（按层级，制表时）", "Overdue open, by rung (when this was made)"));
	note(out, TABLE_TIERS);
	put(out, "</div><div class=rungs>");
	for (int i = 0; i < report_rows(report, TABLE_TIERS); i++)
		put(out, "<div><b class=\"%s\">%s</b><span>%s</span></div>",
			report_number(report, TABLE_TIERS, i, "overdue") > 0 ? "bad" : "", report_value(report, TABLE_TIERS, i, "overdue"),
			report_label(report, report_value(report, TABLE_TIERS, i, "tier")));
	put(out, "</div>");
	if (last >= 0)
	{
		put(out, "<div class=beside>%s <span id=f-overdue_open>%s</span> / %s <span id=f-open_end>%s</span>", report_word(report, "日末超期", "overdue at the day's end"),
			report_value(report, TABLE_BACKLOG, last, "overdue_open"), report_word(report, "在办", "open"), report_value(report, TABLE_BACKLOG, last, "open_end"));
		if (last > 0)
			put(out, " · %s %s / %s", report_word(report, "前一日", "day before"), report_value(report, TABLE_BACKLOG, last - 1, "overdue_open"),
				report_value(report, TABLE_BACKLOG, last - 1, "open_end"));
		note(out, TABLE_BACKLOG);
		put(out, "</div>");
	}
	put(out, "</div></div><div class=worst>");
	for (int i = 0; i < risks && i < 3; i++)
		risk(out, report, i, false);
	put(out, "</div>");
	if (risks == 0)
		put(out, "<p class=none>%s</p>", report_word(report, "期内没有风险事项。", "No risk in the period."));
}

static void
cell(JobBuffer *out, const char *value)
{
	put(out, "<td>");
	put_escaped(out, value);
	put(out, "</td>");
}

static void
number_cell(JobBuffer *out, const char *value)
{
	put(out, "<td class=n>");
	put_escaped(out, *value ? value : "–");
	put(out, "</td>");
}

/* num / den as a rate, with both on hover. */
static void
rate_cell(JobBuffer *out, const Report *report, TableId table, int row, const char *num, const char *den)
{
	double		d = report_number(report, table, row, den);

	if (d == 0)
		put(out, "<td class=n>–</td>");
	else
		put(out, "<td class=n title=\"%s / %s\">%.1f%%</td>", report_value(report, table, row, num), report_value(report, table, row, den),
			100 * report_number(report, table, row, num) / d);
}

static void
columns(JobBuffer *out, const char *const *names, int n, int text_columns)
{
	put(out, "<table><tr>");
	for (int i = 0; i < n; i++)
		put(out, "<th%s>%s</th>", i < text_columns ? "" : " class=n", names[i]);
	put(out, "</tr>");
}

static void
figures_table(JobBuffer *out, const Report *report)
{
	const char *names[] = {report_word(report, "指标", "Figure"), report_word(report, "本期", "Now"), report_word(report, "上期", "Before"), report_word(report, "去年", "Last year")};

	columns(out, names, 4, 1);
	for (int i = 0; i < report_rows(report, TABLE_COMPARED); i++)
	{
		static const char *const prefixes[] = {"", "previous_", "last_year_"};

		put(out, "<tr data-figure=\"%s\"><td title=\"", report_value(report, TABLE_COMPARED, i, "figure"));
		put_definition(out, report, report_value(report, TABLE_COMPARED, i, "figure"));
		put(out, "\">");
		put_escaped(out, figure_name(report, report_value(report, TABLE_COMPARED, i, "figure")));
		put(out, "</td>");
		for (int k = 0; k < 3; k++)
		{
			char		text[48];

			format_figure(report, i, prefixes[k], text, sizeof(text));
			number_cell(out, k == 0 || has_history(report, prefixes[k]) ? text : "–");
		}
		put(out, "</tr>");
	}
	put(out, "</table>");
}

static void
scoreboard_table(JobBuffer *out, const Report *report)
{
	const char *names[] = {report_word(report, "难度", "Difficulty"), report_word(report, "受理", "Received"), report_word(report, "应办结", "Due"),
	report_word(report, "按期办结率", "On time"), report_word(report, "方案及时率", "Plan in time"), report_word(report, "承诺兑现率", "Promise kept")};

	columns(out, names, 6, 1);
	for (int i = 0; i < report_rows(report, TABLE_SCOREBOARD); i++)
	{
		put(out, "<tr data-difficulty=%s>", report_value(report, TABLE_SCOREBOARD, i, "difficulty"));
		cell(out, report_label(report, report_value(report, TABLE_SCOREBOARD, i, "difficulty")));
		number_cell(out, report_value(report, TABLE_SCOREBOARD, i, "received"));
		number_cell(out, report_value(report, TABLE_SCOREBOARD, i, "due"));
		rate_cell(out, report, TABLE_SCOREBOARD, i, "on_time_num", "on_time_den");
		rate_cell(out, report, TABLE_SCOREBOARD, i, "plan_num", "plan_den");
		rate_cell(out, report, TABLE_SCOREBOARD, i, "promise_num", "promise_den");
		put(out, "</tr>");
	}
	put(out, "</table>");
}

static void
domains_table(JobBuffer *out, const Report *report)
{
	const char *names[] = {report_word(report, "领域", "Domain"), report_word(report, "受理", "Received"), report_word(report, "上期", "Before"),
	report_word(report, "去年", "Last year"), report_word(report, "按期办结率", "On time")};

	columns(out, names, 5, 1);
	for (int i = 0; i < report_rows(report, TABLE_DOMAINS); i++)
	{
		put(out, "<tr data-domain=\"");
		put_escaped(out, report_value(report, TABLE_DOMAINS, i, "key"));
		put(out, "\">");
		cell(out, report_name(report, TABLE_DOMAINS, i, "name"));
		number_cell(out, report_value(report, TABLE_DOMAINS, i, "received"));
		number_cell(out, has_history(report, "previous_") ? report_value(report, TABLE_DOMAINS, i, "previous_received") : "");
		number_cell(out, has_history(report, "last_year_") ? report_value(report, TABLE_DOMAINS, i, "last_year_received") : "");
		rate_cell(out, report, TABLE_DOMAINS, i, "on_time_num", "on_time_den");
		put(out, "</tr>");
	}
	put(out, "</table>");
}

static void
emergencies_table(JobBuffer *out, const Report *report)
{
	const char *names[] = {report_word(report, "应急响应", "Emergency"), report_word(report, "范围", "Area"), report_word(report, "起止", "From – to"),
	report_word(report, "纳入", "Caught"), report_word(report, "办结", "Resolved"), report_word(report, "超期", "Overdue"), report_word(report, "按期办结率", "On time")};

	columns(out, names, 7, 3);
	for (int i = 0; i < report_rows(report, TABLE_EMERGENCIES); i++)
	{
		put(out, "<tr data-emergency=%s><td>", report_value(report, TABLE_EMERGENCIES, i, "emergency_id"));
		put_escaped(out, report_name(report, TABLE_EMERGENCIES, i, "kind_name"));
		put(out, " %s</td>", report_value(report, TABLE_EMERGENCIES, i, "level"));
		cell(out, report_name(report, TABLE_EMERGENCIES, i, "area_name"));
		put(out, "<td><span>%s –</span> <span>%s</span></td>", report_value(report, TABLE_EMERGENCIES, i, "begins"), report_value(report, TABLE_EMERGENCIES, i, "ends"));
		number_cell(out, report_value(report, TABLE_EMERGENCIES, i, "caught"));
		number_cell(out, report_value(report, TABLE_EMERGENCIES, i, "completed"));
		put(out, "<td class=\"n%s\">%s</td>", report_number(report, TABLE_EMERGENCIES, i, "overdue") > 0 ? " bad" : "",
			report_value(report, TABLE_EMERGENCIES, i, "overdue"));
		rate_cell(out, report, TABLE_EMERGENCIES, i, "on_time_num", "on_time_den");
		put(out, "</tr>");
	}
	put(out, "</table>");
}

static void
whistles_table(JobBuffer *out, const Report *report)
{
	const char *names[] = {report_word(report, "工单", "Ticket"), report_word(report, "事项", "Matter"), report_word(report, "镇街", "Town"), report_word(report, "层级", "Rungs"),
	report_word(report, "吹哨", "Raised"), report_word(report, "办理时限", "Handle by")};

	if (report_rows(report, TABLE_WHISTLES) == 0)
	{
		put(out, "<p class=none>%s</p>", report_word(report, "没有在途哨声。", "No whistle is open."));
		return;
	}
	columns(out, names, 6, 6);
	for (int i = 0; i < report_rows(report, TABLE_WHISTLES); i++)
	{
		put(out, "<tr>");
		cell(out, report_value(report, TABLE_WHISTLES, i, "ticket_id"));
		cell(out, report_name(report, TABLE_WHISTLES, i, "category_name"));
		cell(out, report_name(report, TABLE_WHISTLES, i, "town_name"));
		put(out, "<td>%s → %s%s</td>", report_label(report, report_value(report, TABLE_WHISTLES, i, "from_tier")),
			report_label(report, report_value(report, TABLE_WHISTLES, i, "to_tier")),
			strcmp(report_value(report, TABLE_WHISTLES, i, "auto"), "t") == 0 ? report_word(report, "（自动）", " (by itself)") : "");
		put(out, "<td>%s%s</td>", report_value(report, TABLE_WHISTLES, i, "raised"),
			strcmp(report_value(report, TABLE_WHISTLES, i, "signed"), "t") == 0 ? "" : report_word(report, " 未签收", " unsigned"));
		put(out, "<td class=\"%s\">%s</td></tr>", strcmp(report_value(report, TABLE_WHISTLES, i, "late"), "t") == 0 ? "bad" : "",
			report_value(report, TABLE_WHISTLES, i, "handle_due"));
	}
	put(out, "</table>");
}

static void
outcomes_table(JobBuffer *out, const Report *report)
{
	const char *names[] = {report_word(report, "地点", "Place"), report_word(report, "事项", "Matter"), report_word(report, "类型", "Kind"), report_word(report, "责任", "Owner"),
	report_word(report, "如今", "Now")};

	if (report_rows(report, TABLE_OUTCOMES) == 0)
	{
		put(out, "<p class=none>%s</p>", report_word(report, "上期没有风险事项。", "There was none."));
		return;
	}
	columns(out, names, 5, 5);
	for (int i = 0; i < report_rows(report, TABLE_OUTCOMES); i++)
	{
		put(out, "<tr data-outcome=%s>", report_value(report, TABLE_OUTCOMES, i, "risk_id"));
		cell(out, report_name(report, TABLE_OUTCOMES, i, "area_name"));
		cell(out, report_name(report, TABLE_OUTCOMES, i, "matter"));
		cell(out, report_label(report, report_value(report, TABLE_OUTCOMES, i, "kind")));
		cell(out, report_name(report, TABLE_OUTCOMES, i, "owner_name"));
		cell(out, report_label(report, report_value(report, TABLE_OUTCOMES, i, "outcome")));
		put(out, "</tr>");
	}
	put(out, "</table>");
}

void
report_html(JobBuffer *out, const Report *report)
{
	const char *title = strcmp(report->period, "week") == 0 ? report_word(report, "社会治理周报", "Weekly report")
		: strcmp(report->period, "month") == 0 ? report_word(report, "社会治理月报", "Monthly report")
		: report_word(report, "社会治理日报", "Daily report");

	put(out, "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"><meta name=viewport content=\"width=device-width,initial-scale=1\">"
		"<link rel=icon href=\"data:,\"><title>", report_word(report, "zh-CN", "en"));
	put_escaped(out, report->district);
	put(out, " %s %s</title><style>%s</style></head><body>\n<h1>", title, report->last_day, style);
	put_escaped(out, report->district);
	put(out, " %s</h1><p class=when>%s%s%s · %s %s</p>\n", title, report->first_day,
		strcmp(report->first_day, report->last_day) == 0 ? "" : " – ", strcmp(report->first_day, report->last_day) == 0 ? "" : report->last_day,
		report_word(report, "生成于", "made"), report->made_at);
	first_screen(out, report);

	/* Only in an emergency, and then before everything else. */
	if (report_rows(report, TABLE_EMERGENCIES) > 0)
	{
		put(out, "\n<section id=emergency>");
		heading(out, report, TABLE_EMERGENCIES);
		emergencies_table(out, report);
		put(out, "</section>");
	}
	put(out, "\n");
	heading(out, report, TABLE_AREAS);
	chart_map(out, report);
	put(out, "\n<div class=columns><section>");
	heading(out, report, TABLE_TREND);
	chart_trend(out, report);
	put(out, "</section>\n<section>");
	heading(out, report, TABLE_TIERS);
	chart_tiers(out, report);
	put(out, "</section>\n<section>");
	heading(out, report, TABLE_STAGES);
	chart_stages(out, report);
	put(out, "</section>\n<section>");
	heading(out, report, TABLE_LEAGUE);
	chart_league(out, report);
	put(out, "</section>\n<section>");
	heading(out, report, TABLE_SCOREBOARD);
	scoreboard_table(out, report);
	put(out, "</section>\n<section>");
	heading(out, report, TABLE_DOMAINS);
	domains_table(out, report);
	put(out, "</section>\n<section>");
	heading(out, report, TABLE_COMPARED);
	figures_table(out, report);
	put(out, "</section></div>\n");
	heading(out, report, TABLE_RISKS);
	for (int i = 0; i < report_rows(report, TABLE_RISKS); i++)
		risk(out, report, i, true);
	if (report_rows(report, TABLE_RISKS) == 0)
		put(out, "<p class=none>%s</p>", report_word(report, "期内没有风险事项。", "No risk in the period."));
	heading(out, report, TABLE_OUTCOMES);
	outcomes_table(out, report);
	heading(out, report, TABLE_WHISTLES);
	whistles_table(out, report);

	put(out, "\n<footer><h2>%s</h2>", report_word(report, "口径与查询", "Definitions and queries"));
	for (int t = 0; t < TABLES; t++)
	{
		put(out, "<p id=\"q-%s\"><b>%d %s</b> ", report_tables[t].name, t + 1, report_tables[t].title[report->language]);
		put_escaped(out, report_tables[t].definition[report->language]);
		put(out, "</p>");
		if (t == TABLE_DEFINITIONS)
		{
			put(out, "<ul>");
			for (int i = 0; i < report_rows(report, TABLE_DEFINITIONS); i++)
			{
				put(out, "<li>");
				put_definition(out, report, report_value(report, TABLE_DEFINITIONS, i, "figure"));
				put(out, "</li>");
			}
			put(out, "</ul>");
		}
		put(out, "<pre>");
		put_escaped(out, report_tables[t].sql);
		put(out, "</pre>");
	}
	put(out, "<p>$1 = %s, $2 = %s, $3 = ", report->first_day, report->last_day);
	put_escaped(out, report->as_of);
	put(out, " · liskeban_report %s</p></footer></body></html>\n", LISKEBAN_VERSION);
}
