/*
 * report_page.h: a report as one self-contained HTML page.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "job_common.h"
#include "report_data.h"

extern void report_html(JobBuffer *out, const Report *report);

#endif							/* REPORT_PAGE_H */
