/*
 * report_export.h: the figures of a report as JSON and as CSV.
 */
#ifndef REPORT_EXPORT_H
#define REPORT_EXPORT_H

#include "job_common.h"
#include "report_data.h"

extern void report_json(JobBuffer *out, const Report *report);

/* One table, with a byte order mark; codes stay text in a spreadsheet, and no cell becomes a formula. */
extern void report_csv(JobBuffer *out, const Report *report, TableId table);

#endif							/* REPORT_EXPORT_H */
