/*
 * job_common.c: what every batch program over libpq shares: its options, connecting, running statements, showing
 * progress.
 */
#include <getopt.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "job_common.h"

static const char *job_progname = "job";
static char last_sqlstate[6];

void
job_set_progname(const char *progname)
{
	const char *slash = strrchr(progname, '/');

	job_progname = slash ? slash + 1 : progname;
	/* numbers are read and written as in C */
	setlocale(LC_CTYPE, "");
	setlocale(LC_MESSAGES, "");
	bindtextdomain(JOB_TEXTDOMAIN, JOB_LOCALEDIR);
	textdomain(JOB_TEXTDOMAIN);
}

void
job_complain(const char *format,...)
{
	va_list		args;

	fflush(stdout);
	fprintf(stderr, "%s: ", job_progname);
	va_start(args, format);
	vfprintf(stderr, gettext(format), args);
	va_end(args);
	fputc('\n', stderr);
}

void
job_usage_error(const char *format,...)
{
	va_list		args;

	fflush(stdout);
	fprintf(stderr, "%s: ", job_progname);
	va_start(args, format);
	vfprintf(stderr, gettext(format), args);
	va_end(args);
	fprintf(stderr, _("\nTry \"%s --help\" for more information.\n"), job_progname);
	exit(JOB_USAGE);
}

void
job_option(int c, char **argv, JobOptions *options)
{
	switch (c)
	{
		case 'v':
			options->verbose = true;
			break;
		case 'd':
			options->connection.dbname = optarg;
			break;
		case 'h':
			options->connection.host = optarg;
			break;
		case 'p':
			options->connection.port = optarg;
			break;
		case 'U':
			options->connection.user = optarg;
			break;
		case JOB_OPT_VERSION:
			printf("%s %s\n", job_progname, LISKEBAN_VERSION);
			exit(JOB_DONE);
		case ':':
			job_usage_error("option needs an argument: \"%s\"", argv[optind - 1]);
		default:
			/* getopt says '?' for what it does not know, too */
			if ((optopt == 0 || optopt == '?') &&
				(strcmp(argv[optind - 1], "-?") == 0 || strcmp(argv[optind - 1], "--help") == 0))
			{
				fputs(gettext(options->usage), stdout);
				fputs(_("  --version          print the version, then exit\n"
						"  -?, --help         print this, then exit\n"), stdout);
				fputs(_("\nConnection options:\n"
						"  -d, --dbname=DB    database, or a connection string\n"
						"  -h, --host=HOST    host or socket directory\n"
						"  -p, --port=PORT    port\n"
						"  -U, --username=NAME\n\n"), stdout);
				fputs(gettext(options->usage_end), stdout);
				exit(JOB_DONE);
			}
			job_usage_error("unknown option \"%s\"", argv[optind - 1]);
	}
}

void *
job_malloc(size_t size)
{
	return job_realloc(NULL, size);
}

void *
job_realloc(void *ptr, size_t size)
{
	void	   *result = realloc(ptr, size ? size : 1);

	if (result == NULL)
	{
		job_complain("out of memory");
		exit(JOB_FAILED);
	}
	return result;
}

char *
job_strdup(const char *str)
{
	size_t		len = strlen(str) + 1;

	return memcpy(job_malloc(len), str, len);
}

void
job_buffer_reset(JobBuffer *buffer)
{
	buffer->len = 0;
	job_buffer_add(buffer, "", 0);
}

void
job_buffer_reserve(JobBuffer *buffer, size_t len)
{
	if (len + 1 > buffer->size)
	{
		buffer->size = (len + 1) * 2 + 1024;
		buffer->data = job_realloc(buffer->data, buffer->size);
	}
}

void
job_buffer_add(JobBuffer *buffer, const char *data, size_t len)
{
	job_buffer_reserve(buffer, buffer->len + len);
	memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
	buffer->data[buffer->len] = '\0';
}

void
job_buffer_free(JobBuffer *buffer)
{
	free(buffer->data);
	memset(buffer, 0, sizeof(*buffer));
}

/* What the server had to say besides results: warnings, but not what merely informs. */
static void
notice_receiver(void *arg, const PGresult *res)
{
	const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);

	(void) arg;
	if (severity != NULL && strcmp(severity, "WARNING") == 0)
		job_complain("%s", PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY));
}

PGconn *
job_connect(const JobConnection *options)
{
	const char *keywords[8];
	const char *values[8];
	int			n = 0;
	PGconn	   *conn;

	/* what libpq finds in the environment counts where nothing is said */
	keywords[n] = "host";
	values[n++] = options->host;
	keywords[n] = "port";
	values[n++] = options->port;
	keywords[n] = "user";
	values[n++] = options->user;
	keywords[n] = "dbname";
	values[n++] = options->dbname;
	keywords[n] = "fallback_application_name";
	values[n++] = job_progname;
	keywords[n] = "client_encoding";
	values[n++] = "UTF8";
	keywords[n] = NULL;
	values[n] = NULL;

	conn = PQconnectdbParams(keywords, values, 1);
	if (conn == NULL)
	{
		job_complain("out of memory");
		return NULL;
	}
	if (PQstatus(conn) != CONNECTION_OK)
	{
		job_complain("%s", PQerrorMessage(conn));
		PQfinish(conn);
		return NULL;
	}
	PQsetNoticeReceiver(conn, notice_receiver, NULL);
	if (!job_command(conn, "SELECT pg_catalog.set_config('search_path', '', false)"))
	{
		PQfinish(conn);
		return NULL;
	}
	return conn;
}

/* An error as psql shows it, with its SQLSTATE. */
static void
complain_result(PGconn *conn, const PGresult *res)
{
	const char *message = res ? PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	const char *detail = res ? PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL) : NULL;
	const char *hint = res ? PQresultErrorField(res, PG_DIAG_MESSAGE_HINT) : NULL;
	const char *sqlstate = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;

	snprintf(last_sqlstate, sizeof(last_sqlstate), "%s", sqlstate ? sqlstate : "");
	if (message == NULL)
	{
		job_complain("%s", PQerrorMessage(conn));
		return;
	}
	job_complain("%s: %s", sqlstate ? sqlstate : _("error"), message);
	if (detail != NULL)
		job_complain("detail: %s", detail);
	if (hint != NULL)
		job_complain("hint: %s", hint);
}

const char *
job_sqlstate(void)
{
	return last_sqlstate;
}

PGresult *
job_exec(PGconn *conn, const char *sql, int nparams, const char *const *params, ExecStatusType expected)
{
	return job_exec_typed(conn, sql, nparams, NULL, params, expected);
}

PGresult *
job_exec_typed(PGconn *conn, const char *sql, int nparams, const Oid *types, const char *const *params,
			   ExecStatusType expected)
{
	PGresult   *res = PQexecParams(conn, sql, nparams, types, params, NULL, NULL, 0);

	last_sqlstate[0] = '\0';
	if (PQresultStatus(res) == expected)
		return res;
	complain_result(conn, res);
	PQclear(res);
	return NULL;
}

bool
job_command(PGconn *conn, const char *sql)
{
	PGresult   *res = PQexec(conn, sql);
	ExecStatusType status = PQresultStatus(res);
	bool		done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

	last_sqlstate[0] = '\0';
	if (!done)
		complain_result(conn, res);
	PQclear(res);
	return done;
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

void
job_progress_begin(JobProgress *progress)
{
	memset(progress, 0, sizeof(*progress));
	progress->on = isatty(STDERR_FILENO);
	progress->started = seconds_now();
}

void
job_progress_show(JobProgress *progress, const char *what, long long rows, double fraction)
{
	double		now = seconds_now();
	double		elapsed = now - progress->started;
	char		bar[21];
	char		line[256];
	int			filled;
	size_t		width;

	if (!progress->on || (now - progress->shown < 0.1 && fraction < 1))
		return;
	progress->shown = now;
	width = snprintf(line, sizeof(line), _("%.60s: %lld rows, %.0f rows/s"), what, rows,
					 elapsed > 0 ? rows / elapsed : 0.0);
	if (fraction >= 0)
	{
		if (fraction > 1)
			fraction = 1;
		filled = (int) (fraction * (sizeof(bar) - 1));
		memset(bar, ' ', sizeof(bar) - 1);
		memset(bar, '=', filled);
		bar[sizeof(bar) - 1] = '\0';
		width += snprintf(line + width, sizeof(line) - width, " [%s] %3.0f %%", bar, fraction * 100);
		if (fraction > 0)
		{
			long		left = (long) (elapsed * (1 - fraction) / fraction + 0.5);

			width += snprintf(line + width, sizeof(line) - width, _(", %ld:%02ld left"), left / 60, left % 60);
		}
	}
	/* blanks over what was longer the last time */
	fprintf(stderr, "\r%s%*s", line, progress->width > width ? (int) (progress->width - width) : 0, "");
	progress->width = width;
	fflush(stderr);
}

void
job_progress_end(JobProgress *progress)
{
	if (progress->on && progress->width > 0)
		fputc('\n', stderr);
	progress->width = 0;
}
