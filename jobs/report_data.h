/*
 * report_data.h: the tables of a report: what each says, the query that gives it, and its rows.
 */
#ifndef REPORT_DATA_H
#define REPORT_DATA_H

#include <stdbool.h>
#include <libpq-fe.h>

typedef enum Language
{
	CHINESE = 0,
	ENGLISH
} Language;

typedef enum TableId
{
	TABLE_COMPARED = 0,
	TABLE_BACKLOG,
	TABLE_TIERS,
	TABLE_RISKS,
	TABLE_OUTCOMES,
	TABLE_SCOREBOARD,
	TABLE_DOMAINS,
	TABLE_LEAGUE,
	TABLE_STAGES,
	TABLE_TREND,
	TABLE_WHISTLES,
	TABLE_AREAS,
	TABLE_SPOTS,
	TABLE_EMERGENCIES,
	TABLE_DEFINITIONS,
	TABLES
} TableId;

typedef struct ReportTable
{
	const char *name;			/* of its files and anchors */
	const char *title[2];
	const char *definition[2];
	const char *sql;			/* $1 first day, $2 last day, $3 as of */
	bool		drawn;			/* rows are shapes, for the map only */
} ReportTable;

extern const ReportTable report_tables[TABLES];

typedef struct Report
{
	Language	language;
	const char *period;			/* day, week or month */
	char		first_day[16];
	char		last_day[16];
	char	   *district;
	char	   *as_of;
	char	   *made_at;
	char	   *version;
	PGresult   *rows[TABLES];
} Report;

/* Read all tables in one snapshot; false when that failed, said why. */
extern bool report_read(PGconn *conn, const char *day, Report *report);
extern void report_free(Report *report);

/* A cell by the name of its column; "" for NULL. */
extern const char *report_value(const Report *report, TableId table, int row, const char *column);
extern bool report_isnull(const Report *report, TableId table, int row, const char *column);
extern double report_number(const Report *report, TableId table, int row, const char *column);
extern int	report_rows(const Report *report, TableId table);

#endif							/* REPORT_DATA_H */
