/*
 * report_page.h: a report as one self-contained HTML page, as JSON and as CSV.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "job_common.h"
#include "report_data.h"

extern void report_html(JobBuffer *out, const Report *report);
extern void report_json(JobBuffer *out, const Report *report);

/* One table, with a byte order mark; codes stay text in a spreadsheet, and no cell becomes a formula. */
extern void report_csv(JobBuffer *out, const Report *report, TableId table);

#endif							/* REPORT_PAGE_H */
