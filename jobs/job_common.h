/*
 * job_common.h: what every batch program over libpq shares: its options, connecting, running statements, showing
 * progress.
 */
#ifndef JOB_COMMON_H
#define JOB_COMMON_H

#include <libintl.h>
#include <stdbool.h>
#include <stddef.h>
#include <libpq-fe.h>

/* Text in the user's language; what job_complain() and the like are given is looked up there. */
#define _(text) gettext(text)
#define gettext_noop(text) (text)

/* Exit statuses: all done, the run failed, wrong usage. */
#define JOB_DONE 0
#define JOB_FAILED 1
#define JOB_USAGE 2

typedef struct JobConnection
{
	const char *host;
	const char *port;
	const char *user;
	const char *dbname;			/* may be a connection string */
} JobConnection;

/* What every program is told alike.  usage is the text of --help up to the options that all have, usage_end what follows. */
typedef struct JobOptions
{
	const char *usage;
	const char *usage_end;
	JobConnection connection;
	bool		verbose;
} JobOptions;

/* To be put before a program's own short options, and at the end of its long ones, whose values begin at JOB_OPT_OWN. */
#define JOB_SHORT_OPTIONS ":vd:h:p:U:?"
#define JOB_LONG_OPTIONS \
	{"verbose", no_argument, NULL, 'v'}, \
	{"version", no_argument, NULL, JOB_OPT_VERSION}, \
	{"help", no_argument, NULL, '?'}, \
	{"dbname", required_argument, NULL, 'd'}, \
	{"host", required_argument, NULL, 'h'}, \
	{"port", required_argument, NULL, 'p'}, \
	{"username", required_argument, NULL, 'U'}, \
	{NULL, 0, NULL, 0}
enum
{
	JOB_OPT_VERSION = 256,
	JOB_OPT_OWN
};

/* Take an option that getopt_long() returned and that is none of the program's own; may end the program. */
extern void job_option(int c, char **argv, JobOptions *options);

/* Say in the user's language what is wrong with how the program was called, then end it. */
extern void job_usage_error(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Connect in UTF-8 with a search_path that finds nobody's objects but pg_catalog's; NULL when it failed, said why. */
extern PGconn *job_connect(const JobConnection *options);

/*
 * Run one statement; params may be NULL.  Returns the result when its status is the expected one, else says why with
 * the SQLSTATE, clears it and returns NULL.
 */
extern PGresult *job_exec(PGconn *conn, const char *sql, int nparams, const char *const *params,
						  ExecStatusType expected);

/* The same with the types of its parameters, some of which the statement may not use. */
extern PGresult *job_exec_typed(PGconn *conn, const char *sql, int nparams, const Oid *types,
								const char *const *params, ExecStatusType expected);

/* The same where the result says nothing more. */
extern bool job_command(PGconn *conn, const char *sql);

/* SQLSTATE of the last statement that failed, or "". */
extern const char *job_sqlstate(void);

/* Say in the user's language what went wrong, after the program's name. */
extern void job_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The program's name, to begin with; from here on its messages are in the user's language. */
extern void job_set_progname(const char *progname);

/* malloc and friends that never return NULL. */
extern void *job_malloc(size_t size);
extern void *job_realloc(void *ptr, size_t size);
extern char *job_strdup(const char *str);

/* A string that grows; always terminated. */
typedef struct JobBuffer
{
	char	   *data;
	size_t		len;
	size_t		size;
} JobBuffer;

extern void job_buffer_reset(JobBuffer *buffer);
extern void job_buffer_add(JobBuffer *buffer, const char *data, size_t len);
extern void job_buffer_reserve(JobBuffer *buffer, size_t len);	/* room for that many bytes */
extern void job_buffer_free(JobBuffer *buffer);

/* A bar on standard error with rates and the remaining time, when that is a terminal; else nothing. */
typedef struct JobProgress
{
	bool		on;
	double		started;
	double		shown;
	size_t		width;
} JobProgress;

extern void job_progress_begin(JobProgress *progress);
extern void job_progress_show(JobProgress *progress, const char *what, long long rows, double fraction);
extern void job_progress_end(JobProgress *progress);

#endif							/* JOB_COMMON_H */
