/*
 * report_chart.c: the drawings of a report, as inline SVG: no script, no font, nothing from elsewhere.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_chart.h"

void
put(JobBuffer *out, const char *format,...)
{
	va_list		args;
	char	   *text;
	int			len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = job_malloc(len + 1);
	va_start(args, format);
	vsnprintf(text, len + 1, format, args);
	va_end(args);
	job_buffer_add(out, text, len);
	free(text);
}

void
put_escaped(JobBuffer *out, const char *text)
{
	for (const char *p = text; *p; p++)
	{
		switch (*p)
		{
			case '&':
				job_buffer_add(out, "&amp;", 5);
				break;
			case '<':
				job_buffer_add(out, "&lt;", 4);
				break;
			case '>':
				job_buffer_add(out, "&gt;", 4);
				break;
			case '"':
				job_buffer_add(out, "&quot;", 6);
				break;
			case '\'':
				job_buffer_add(out, "&#39;", 5);
				break;
			default:
				job_buffer_add(out, p, 1);
		}
	}
}

const char *
report_name(const Report *report, TableId table, int row, const char *column)
{
	char		english[64];

	snprintf(english, sizeof(english), "%s_en", column);
	if (report->language == ENGLISH && !report_isnull(report, table, row, english))
		return report_value(report, table, row, english);
	return report_value(report, table, row, column);
}

const char *
report_label(const Report *report, const char *code)
{
	static const struct
	{
		const char *code;
		const char *label[2];
	}			labels[] = {
		{"village", {"村社区", "village"}}, {"town", {"镇街部门", "town"}}, {"district", {"区", "district"}},
		{"principal", {"主要领导", "principal"}}, {"(pool)", {"公共池", "pool"}},
		{"simple", {"简单 1 天", "simple, 1 day"}}, {"general", {"一般 3 天", "general, 3 days"}},
		{"hard", {"疑难 7 天", "hard, 7 days"}},
		{"surge", {"突增", "surge"}}, {"cluster", {"聚集", "cluster"}}, {"repeat_place", {"同址反复", "same place again"}},
		{"repeat_reporter", {"重复诉求", "same reporter again"}}, {"overdue", {"超期积压", "overdue backlog"}},
		{"whistle", {"吹哨未应", "whistle unanswered"}}, {"dissatisfied", {"不满意集中", "dissatisfaction"}},
		{"indicator", {"指标异常", "indicator"}},
		{"accept", {"受理", "accept"}}, {"dispatch", {"派单", "dispatch"}}, {"arrive", {"到场", "arrive"}},
		{"respond", {"响应", "respond"}}, {"contact", {"联系", "contact"}}, {"handle", {"办理", "handle"}},
		{"plan", {"方案", "plan"}}, {"resolve", {"办结", "resolve"}}, {"close", {"关闭", "close"}},
		{"gone", {"已消除", "gone"}}, {"done", {"已落实", "done"}}, {"signed", {"已签收", "signed"}},
		{"unsigned", {"已下令未签收", "ordered, not signed"}}, {"not ordered", {"未下令", "not ordered"}},
		{"answered", {"已回复", "answered"}}, {"open", {"待处置", "open"}}, {"ordered", {"已下令", "ordered"}},
		{"reported", {"待受理", "reported"}}, {"accepted", {"已受理", "accepted"}}, {"dispatched", {"已派单", "dispatched"}},
		{"on_site", {"已到场", "on site"}}, {"planned", {"有方案", "planned"}}, {"suspended", {"挂账", "suspended"}},
		{"resolved", {"已办结", "resolved"}}, {"closed", {"已关闭", "closed"}}, {"rejected", {"不予受理", "rejected"}},
		{"withdrawn", {"已撤回", "withdrawn"}}, {"merged", {"已并案", "merged"}},
	};

	for (int i = 0; i < (int) (sizeof(labels) / sizeof(labels[0])); i++)
		if (strcmp(code, labels[i].code) == 0)
			return labels[i].label[report->language];
	return code;
}

const char *
report_word(const Report *report, const char *chinese, const char *english)
{
	return report->language == ENGLISH ? english : chinese;
}

/* ---- the map ---- */

void
chart_map(JobBuffer *out, const Report *report)
{
	double		x_min = HUGE_VAL,
				y_min = HUGE_VAL,
				x_max = -HUGE_VAL,
				y_max = -HUGE_VAL;
	double		most = 0;
	double		least = HUGE_VAL;
	double		unit;
	int			n = report_rows(report, TABLE_AREAS);

	if (n == 0)
	{
		put(out, "<p class=none>%s</p>", report_word(report, "没有区域范围数据。", "No area has an outline."));
		return;
	}
	for (int i = 0; i < n; i++)
	{
		x_min = fmin(x_min, report_number(report, TABLE_AREAS, i, "x_min"));
		y_min = fmin(y_min, report_number(report, TABLE_AREAS, i, "y_min"));
		x_max = fmax(x_max, report_number(report, TABLE_AREAS, i, "x_max"));
		y_max = fmax(y_max, report_number(report, TABLE_AREAS, i, "y_max"));
		if (strcmp(report_value(report, TABLE_AREAS, i, "level"), "town") == 0)
		{
			most = fmax(most, report_number(report, TABLE_AREAS, i, "received"));
			least = fmin(least, report_number(report, TABLE_AREAS, i, "received"));
		}
	}
	least = fmin(least, most);
	unit = fmax(x_max - x_min, y_max - y_min) / 100;
	put(out, "<svg class=map viewBox=\"%.0f %.0f %.0f %.0f\" role=img aria-label=\"%s\">", x_min - unit, y_min - unit,
		x_max - x_min + 2 * unit, y_max - y_min + 2 * unit, report_tables[TABLE_AREAS].title[report->language]);
	for (int i = 0; i < n; i++)
	{
		bool		town = strcmp(report_value(report, TABLE_AREAS, i, "level"), "town") == 0;
		double		load = most > 0 ? report_number(report, TABLE_AREAS, i, "received") / most : 0;

		put(out, "<path d=\"%s\" fill=\"%s\" fill-opacity=\"%.2f\" stroke=\"#5b6b7b\" stroke-width=\"%.0f\"><title>",
			report_value(report, TABLE_AREAS, i, "path"), town ? "#c0392b" : "none", 0.08 + 0.72 * load, unit / (town ? 6 : 3));
		put_escaped(out, report_name(report, TABLE_AREAS, i, "name"));
		put(out, report_word(report, " 受理 %s，超期 %s</title></path>", " %s received, %s overdue</title></path>"),
			report_value(report, TABLE_AREAS, i, "received"), report_value(report, TABLE_AREAS, i, "overdue"));
	}
	for (int i = 0; i < report_rows(report, TABLE_SPOTS); i++)
	{
		put(out, "<circle cx=\"%s\" cy=\"%s\" r=\"%.0f\" fill=\"#1f3a93\" fill-opacity=\"0.55\"><title>",
			report_value(report, TABLE_SPOTS, i, "x"), report_value(report, TABLE_SPOTS, i, "y"),
			unit * fmin(0.7 + sqrt(report_number(report, TABLE_SPOTS, i, "received")) / 6, 3));
		put_escaped(out, report_name(report, TABLE_SPOTS, i, "top_category_name"));
		put(out, " %s</title></circle>", report_value(report, TABLE_SPOTS, i, "received"));
	}
	for (int i = 0; i < n; i++)
	{
		if (strcmp(report_value(report, TABLE_AREAS, i, "level"), "town") != 0)
			continue;
		put(out, "<text y=\"%s\" font-size=\"%.0f\" stroke-width=\"%.0f\" text-anchor=middle><tspan x=\"%s\">", report_value(report, TABLE_AREAS, i, "y"),
			unit * (report->language == ENGLISH ? 2.3 : 3), unit / 2, report_value(report, TABLE_AREAS, i, "x"));
		put_escaped(out, report_name(report, TABLE_AREAS, i, "name"));
		put(out, "</tspan><tspan x=\"%s\" dy=\"1.15em\">%s", report_value(report, TABLE_AREAS, i, "x"), report_value(report, TABLE_AREAS, i, "received"));
		if (report_number(report, TABLE_AREAS, i, "overdue") > 0)
			put(out, report_word(report, " <tspan class=late>超期 %s</tspan>", " <tspan class=late>%s overdue</tspan>"), report_value(report, TABLE_AREAS, i, "overdue"));
		put(out, "</tspan></text>");
	}
	put(out, "</svg><p class=legend><i class=shade></i>%s %.0f–%.0f · <b class=bad>%s</b> · <i class=spot></i>%s</p>",
		report_word(report, "受理", "received"), least, most, report_word(report, "超期：期末在办已过时限", "overdue at the end"),
		report_word(report, "热点：500 米方格，近 30 天 5 件以上", "hot spot: a square of 500 m with 5 tickets or more in 30 days"));
}

/* ---- the trend ---- */

void
chart_trend(JobBuffer *out, const Report *report)
{
	int			n = report_rows(report, TABLE_TREND);
	const double width = 380,
				height = 160,
				left = 34,
				bottom = 20;
	double		top = 1;
	double		step = (width - left - 8) / (n > 1 ? n - 1 : 1);

	for (int i = 0; i < n; i++)
		top = fmax(top, fmax(report_number(report, TABLE_TREND, i, "received"), report_number(report, TABLE_TREND, i, "high")));
#define X(i) (left + (i) * step)
#define Y(v) (8 + (height - bottom - 8) * (1 - (v) / top))
	put(out, "<svg class=chart viewBox=\"0 0 %.0f %.0f\" role=img aria-label=\"%s\">", width, height,
		report_tables[TABLE_TREND].title[report->language]);
	put(out, "<path class=band d=\"");
	for (int i = 0; i < n; i++)
		put(out, "%s%.1f %.1f", i ? "L" : "M", X(i), Y(report_number(report, TABLE_TREND, i, "high")));
	for (int i = n - 1; i >= 0; i--)
		put(out, "L%.1f %.1f", X(i), Y(report_number(report, TABLE_TREND, i, "low")));
	put(out, "Z\"/>");
	for (int k = 0; k <= 2; k++)
		put(out, "<line class=grid x1=%.0f x2=%.0f y1=%.1f y2=%.1f /><text class=tick x=%.0f y=%.1f text-anchor=end>%.0f</text>",
			left, width - 8, Y(top * k / 2), Y(top * k / 2), left - 4, Y(top * k / 2) + 4, top * k / 2);
	put(out, "<path class=line d=\"");
	for (int i = 0; i < n; i++)
		put(out, "%s%.1f %.1f", i ? "L" : "M", X(i), Y(report_number(report, TABLE_TREND, i, "received")));
	put(out, "\"/>");
	for (int i = 0; i < n; i++)
	{
		double		value = report_number(report, TABLE_TREND, i, "received");
		bool		out_of_band = !report_isnull(report, TABLE_TREND, i, "high") && value > report_number(report, TABLE_TREND, i, "high");

		put(out, "<circle class=\"%s\" cx=%.1f cy=%.1f r=%s><title>%s: %s</title></circle>", out_of_band ? "dot bad" : "dot",
			X(i), Y(value), out_of_band ? "4.5" : "2.5", report_value(report, TABLE_TREND, i, "day"), report_value(report, TABLE_TREND, i, "received"));
		if (i % 7 == (n - 1) % 7 || (i == 0 && n <= 7))
			put(out, "<text class=tick x=%.1f y=%.0f text-anchor=%s>%s</text>", X(i), height - 5, i == n - 1 ? "end" : i == 0 ? "start" : "middle",
				report_value(report, TABLE_TREND, i, "day") + 5);
	}
	put(out, "</svg>");
#undef X
#undef Y
}

/* ---- bars ---- */

/* Bars to the right of their names; each row is drawn by what it says: value, and part of it in the second colour. */
static void
bars_begin(JobBuffer *out, int rows, const char *title)
{
	put(out, "<svg class=chart viewBox=\"0 0 380 %d\" role=img aria-label=\"%s\">", rows * 26 + 4, title);
}

static void
bar(JobBuffer *out, int row, const char *name, double share, double part_share, const char *value)
{
	const double left = 106,
				width = 140;

	put(out, "<text class=name x=%.0f y=%d text-anchor=end>", left - 8, row * 26 + 18);
	put_escaped(out, name);
	put(out, "</text><rect class=bar x=%.0f y=%d height=16 width=%.1f />", left, row * 26 + 5, fmax(width * share, 0));
	if (part_share > 0)
		put(out, "<rect class=\"bar bad\" x=%.0f y=%d height=16 width=%.1f />", left, row * 26 + 5, width * part_share);
	put(out, "<text class=value x=%.0f y=%d>", left + fmax(width * share, 0) + 6, row * 26 + 18);
	put_escaped(out, value);
	put(out, "</text>");
}

void
chart_tiers(JobBuffer *out, const Report *report)
{
	int			n = report_rows(report, TABLE_TIERS);
	double		most = 1;

	for (int i = 0; i < n; i++)
		most = fmax(most, report_number(report, TABLE_TIERS, i, "open"));
	bars_begin(out, n, report_tables[TABLE_TIERS].title[report->language]);
	for (int i = 0; i < n; i++)
	{
		char		value[64];

		snprintf(value, sizeof(value), report_word(report, "%s 件，超期 %s", "%s open, %s overdue"), report_value(report, TABLE_TIERS, i, "open"),
				 report_value(report, TABLE_TIERS, i, "overdue"));
		bar(out, i, report_label(report, report_value(report, TABLE_TIERS, i, "tier")), report_number(report, TABLE_TIERS, i, "open") / most,
			report_number(report, TABLE_TIERS, i, "overdue") / most, value);
	}
	put(out, "</svg>");
}

void
chart_league(JobBuffer *out, const Report *report)
{
	int			n = report_rows(report, TABLE_LEAGUE);

	bars_begin(out, n, report_tables[TABLE_LEAGUE].title[report->language]);
	for (int i = 0; i < n; i++)
	{
		char		name[256];
		char		value[64];

		snprintf(name, sizeof(name), "%s %s", report_value(report, TABLE_LEAGUE, i, "rank"), report_name(report, TABLE_LEAGUE, i, "name"));
		snprintf(value, sizeof(value), report_word(report, "%s 分 · %s 件", "%s · %s tickets"),
				 report_isnull(report, TABLE_LEAGUE, i, "score") ? "–" : report_value(report, TABLE_LEAGUE, i, "score"),
				 report_value(report, TABLE_LEAGUE, i, "cases"));
		bar(out, i, name, report_number(report, TABLE_LEAGUE, i, "score") / 100, 0, value);
	}
	put(out, "</svg>");
}

/* Minutes, as a person would say them. */
static void
duration(const Report *report, double minutes, char *text, size_t size)
{
	if (minutes < 90)
		snprintf(text, size, report_word(report, "%.0f 分钟", "%.0f min"), minutes);
	else if (minutes < 48 * 60)
		snprintf(text, size, report_word(report, "%.1f 小时", "%.1f h"), minutes / 60);
	else
		snprintf(text, size, report_word(report, "%.1f 天", "%.1f days"), minutes / 1440);
}

void
chart_stages(JobBuffer *out, const Report *report)
{
	int			n = report_rows(report, TABLE_STAGES);

	bars_begin(out, n, report_tables[TABLE_STAGES].title[report->language]);
	for (int i = 0; i < n; i++)
	{
		char		median[32];
		char		most[32];
		char		value[96];
		double		p50 = report_number(report, TABLE_STAGES, i, "p50_minutes");

		duration(report, p50, median, sizeof(median));
		duration(report, report_number(report, TABLE_STAGES, i, "p90_minutes"), most, sizeof(most));
		snprintf(value, sizeof(value), report_word(report, "%s，九成 %s内", "%s, 90%% in %s"), median, most);
		/* from a minute to ten days, on a scale of logarithms */
		bar(out, i, report_label(report, report_value(report, TABLE_STAGES, i, "stage")), log10(fmax(p50, 1)) / log10(14400), 0, value);
	}
	put(out, "</svg>");
}
