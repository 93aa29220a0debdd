/*
 * report_chart.h: the drawings of a report, as inline SVG.
 */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include "job_common.h"
#include "report_data.h"

extern void chart_map(JobBuffer *out, const Report *report);
extern void chart_trend(JobBuffer *out, const Report *report);
extern void chart_stages(JobBuffer *out, const Report *report);
extern void chart_league(JobBuffer *out, const Report *report);
extern void chart_tiers(JobBuffer *out, const Report *report);

/* What the charts and the page both write with. */
extern void put(JobBuffer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
extern void put_escaped(JobBuffer *out, const char *text);

/* The name of a row in the report's language, else in Chinese: column, or column_en. */
extern const char *report_name(const Report *report, TableId table, int row, const char *column);

/* A code of a closed list (rung, stage, kind of risk, …) in the report's language; itself where it is none. */
extern const char *report_label(const Report *report, const char *code);

/* What is said in the report's language. */
extern const char *report_word(const Report *report, const char *chinese, const char *english);

#endif							/* REPORT_CHART_H */
