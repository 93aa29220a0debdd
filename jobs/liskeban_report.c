/*
 * liskeban_report: writes the report of a day, week or month into a folder: a page, and its figures as JSON and CSV.
 *
 * All of it is read in one snapshot.  Files are written beside their place and then moved there, so that who reads
 * them sees a whole one.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "job_common.h"
#include "report_export.h"
#include "report_page.h"

static const char *const usage_text = gettext_noop(
"liskeban_report writes the report of a day.\n"
"\n"
"Usage:\n"
"  liskeban_report DAY --out DIR [OPTION]...\n"
"\n"
"DAY is like 2026-11-24; of a week or month, any day of it.  due is each day that has been analysed and comes\n"
"after the last whose report is in DIR, in order; where there is none, the last of them.\n"
"\n"
"Options:\n"
"  --out DIR          folder to write into; made when it is not there\n"
"  --period PERIOD    day, week or month (default day)\n"
"  --lang LANG        zh or en (default zh)\n"
"  -v, --verbose      name the files written\n");
static const char *const usage_end = gettext_noop(
"Files: report-DAY.html, report-DAY.json, report-DAY-TABLE.csv.\n"
"Exit status: 0 written, 1 the run failed, 2 wrong usage.\n");

typedef struct Options
{
	JobOptions	common;
	const char *day;
	const char *out;
	const char *period;
	Language	language;
} Options;

static bool
is_day(const char *text)
{
	return strlen(text) == 10 && strspn(text, "0123456789-") == 10 && text[4] == '-' && text[7] == '-' &&
		strchr(text + 8, '-') == NULL && strchr(text, '-') == text + 4;
}

static void
parse_options(int argc, char **argv, Options *options)
{
	enum
	{
		OPT_OUT = JOB_OPT_OWN, OPT_PERIOD, OPT_LANG
	};
	static const struct option long_options[] = {
		{"out", required_argument, NULL, OPT_OUT},
		{"period", required_argument, NULL, OPT_PERIOD},
		{"lang", required_argument, NULL, OPT_LANG},
		JOB_LONG_OPTIONS
	};
	int			c;

	memset(options, 0, sizeof(*options));
	options->common.usage = usage_text;
	options->common.usage_end = usage_end;
	options->period = "day";
	opterr = 0;
	while ((c = getopt_long(argc, argv, JOB_SHORT_OPTIONS, long_options, NULL)) != -1)
	{
		switch (c)
		{
			case OPT_OUT:
				options->out = optarg;
				break;
			case OPT_PERIOD:
				options->period = optarg;
				if (strcmp(optarg, "day") != 0 && strcmp(optarg, "week") != 0 && strcmp(optarg, "month") != 0)
					job_usage_error("--period must be day, week or month: \"%s\"", optarg);
				break;
			case OPT_LANG:
				if (strcmp(optarg, "zh") != 0 && strcmp(optarg, "en") != 0)
					job_usage_error("--lang must be zh or en: \"%s\"", optarg);
				options->language = strcmp(optarg, "en") == 0 ? ENGLISH : CHINESE;
				break;
			default:
				job_option(c, argv, &options->common);
		}
	}
	if (optind >= argc)
		job_usage_error("no day given");
	if (optind + 1 < argc)
		job_usage_error("one day is enough: \"%s\"", argv[optind + 1]);
	options->day = argv[optind];
	if (strcmp(options->day, "due") == 0)
	{
		if (strcmp(options->period, "day") != 0)
			job_usage_error("due is of days: --period %s", options->period);
	}
	else if (!is_day(options->day))
		job_usage_error("no day like 2026-11-24: \"%s\"", options->day);
	if (options->out == NULL)
		job_usage_error("--out is missing");
}

/* Write a file whole or not at all. */
static bool
write_file(const Options *options, const char *day, const char *suffix, const JobBuffer *content)
{
	size_t		size = strlen(options->out) + strlen(suffix) + 64;
	char	   *path = job_malloc(size);
	char	   *part = job_malloc(size);
	FILE	   *file;
	bool		done;

	snprintf(path, size, "%s/report-%s%s", options->out, day, suffix);
	snprintf(part, size, "%s/report-%s%s.part", options->out, day, suffix);
	file = fopen(part, "wb");
	done = file != NULL && fwrite(content->data, 1, content->len, file) == content->len;
	if (file != NULL)
		done = fclose(file) == 0 && done;
	done = done && rename(part, path) == 0;
	if (!done)
		job_complain("could not write \"%s\": %s", path, strerror(errno));
	else if (options->common.verbose)
		puts(path);
	free(path);
	free(part);
	return done;
}

static bool
write_report(const Options *options, const Report *report)
{
	JobBuffer	content = {0};
	bool		done;

	if (mkdir(options->out, 0755) != 0 && errno != EEXIST)
	{
		job_complain("could not make folder \"%s\": %s", options->out, strerror(errno));
		return false;
	}
	report_json(&content, report);
	done = write_file(options, report->last_day, ".json", &content);
	for (int t = 0; t < TABLES && done; t++)
	{
		char		suffix[64];

		if (report_tables[t].drawn)
			continue;
		job_buffer_reset(&content);
		report_csv(&content, report, t);
		snprintf(suffix, sizeof(suffix), "-%s.csv", report_tables[t].name);
		done = write_file(options, report->last_day, suffix, &content);
	}
	/* The page comes last: by it a report is known to be whole. */
	job_buffer_reset(&content);
	report_html(&content, report);
	done = done && write_file(options, report->last_day, ".html", &content);
	job_buffer_free(&content);
	return done;
}

/* Read and write the report of a day. */
static bool
make_report(PGconn *conn, const Options *options, const char *day)
{
	Report		report = {0};
	bool		done;

	report.language = options->language;
	report.period = options->period;
	done = report_read(conn, day, &report) && write_report(options, &report);
	report_free(&report);
	return done;
}

/* The last day whose report is in the folder, or "". */
static void
last_report(const char *folder, char day[11])
{
	DIR		   *dir = opendir(folder);
	struct dirent *entry;

	day[0] = '\0';
	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
	{
		char		found[11];

		if (strlen(entry->d_name) != strlen("report-2026-11-24.html") || strncmp(entry->d_name, "report-", 7) != 0 ||
			strcmp(entry->d_name + 17, ".html") != 0)
			continue;
		memcpy(found, entry->d_name + 7, 10);
		found[10] = '\0';
		if (is_day(found) && strcmp(found, day) > 0)
			strcpy(day, found);
	}
	closedir(dir);
}

/* Make the reports that are due, each once and in order, up to the first that fails. */
static bool
make_due_reports(PGconn *conn, const Options *options)
{
	char		last[11];
	const char *params[1] = {last};
	PGresult   *days;
	bool		done = true;

	last_report(options->out, last);
	if (last[0] == '\0')
		params[0] = NULL;
	days = job_exec(conn,
					"SELECT to_char(d, 'YYYY-MM-DD')\n"
					"  FROM (SELECT (liskeban.liskeban_now() AT TIME ZONE p.time_zone)::date - 1 - h.value::integer AS until\n"
					"          FROM liskeban_report.district AS p, liskeban_report.health AS h WHERE h.measure = 'analyse_lag') AS u,\n"
					"       generate_series(coalesce($1::date + 1, u.until)::timestamp, u.until, interval '1 day') AS d\n"
					" ORDER BY 1", 1, params, PGRES_TUPLES_OK);
	if (days == NULL)
		return false;
	for (int i = 0; i < PQntuples(days) && done; i++)
		done = make_report(conn, options, PQgetvalue(days, i, 0));
	PQclear(days);
	return done;
}

int
main(int argc, char **argv)
{
	Options		options;
	PGconn	   *conn;
	bool		done;

	job_set_progname(argv[0]);
	parse_options(argc, argv, &options);
	conn = job_connect(&options.common.connection);
	if (conn == NULL)
		return JOB_FAILED;
	done = strcmp(options.day, "due") == 0 ? make_due_reports(conn, &options) : make_report(conn, &options, options.day);
	PQfinish(conn);
	return done ? JOB_DONE : JOB_FAILED;
}
