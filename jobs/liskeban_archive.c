/*
 * liskeban_archive: moves old history, and old entries of the outbox, out of a platform into files, verifies these, and
 * puts history back.
 *
 * A range leaves in this order: it is written beside its place, brought to disk, read back and verified against the
 * seals, moved to its place; only then does the server let it go, in one transaction, if what it has is still what was
 * written.  Whatever breaks off in between has lost nothing: the next run verifies what lies in the place and goes on.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive_file.h"

#define MAX_TRIES 5

static const char *const usage_text = gettext_noop(
"liskeban_archive moves old history out of a platform into files.\n"
"\n"
"Usage:\n"
"  liskeban_archive history DIR [OPTION]...\n"
"  liskeban_archive outbox DIR [OPTION]...\n"
"  liskeban_archive verify ARCHIVE... [OPTION]...\n"
"  liskeban_archive restore ARCHIVE [OPTION]...\n"
"\n"
"history writes each range of tickets that are all final, and have been for platform.retention, into a folder\n"
"in DIR, verifies it, and lets the platform drop its events and alarms.  outbox does so with partitions of the\n"
"outbox that every consumer has acknowledged.  verify tells whether an archive is as it was sealed; with a\n"
"database, also whether its seals are those of the platform.  restore puts history back.\n"
"\n"
"Options:\n"
"  --before TIME      only what has been final since TIME\n"
"  --root HEX         one of the archive's seals must have this root\n"
"  --into SCHEMA      restore into tables ticket_event and alarm of a schema, not into the platform\n"
"  -n, --dry-run      change nothing, say what would happen\n"
"  -v, --verbose      say what stays and why\n");
static const char *const usage_end = gettext_noop(
"The last line printed says how many ranges were archived and how many stay, or what was verified or restored.\n"
"Exit status: 0 done, 1 the run failed or an archive does not hold, 2 wrong usage.\n");

typedef struct Options
{
	JobOptions	common;
	const char *command;
	char	  **paths;
	int			npaths;
	const char *before;
	const char *root;
	const char *into;
	bool		dry_run;
} Options;

static bool
is_command(const Options *options, const char *command)
{
	return strcmp(options->command, command) == 0;
}

static void
parse_options(int argc, char **argv, Options *options)
{
	enum
	{
		OPT_BEFORE = JOB_OPT_OWN, OPT_ROOT, OPT_INTO
	};
	static const struct option long_options[] = {
		{"before", required_argument, NULL, OPT_BEFORE},
		{"root", required_argument, NULL, OPT_ROOT},
		{"into", required_argument, NULL, OPT_INTO},
		{"dry-run", no_argument, NULL, 'n'},
		JOB_LONG_OPTIONS
	};
	int			c;

	memset(options, 0, sizeof(*options));
	options->common.usage = usage_text;
	options->common.usage_end = usage_end;
	opterr = 0;
	while ((c = getopt_long(argc, argv, JOB_SHORT_OPTIONS "n", long_options, NULL)) != -1)
	{
		switch (c)
		{
			case 'n':
				options->dry_run = true;
				break;
			case OPT_BEFORE:
				options->before = optarg;
				break;
			case OPT_ROOT:
				options->root = optarg;
				if (strlen(optarg) != 64 || strspn(optarg, "0123456789abcdef") != 64)
					job_usage_error("--root must be 64 hexadecimal digits: \"%s\"", optarg);
				break;
			case OPT_INTO:
				options->into = optarg;
				break;
			default:
				job_option(c, argv, &options->common);
		}
	}
	if (optind >= argc)
		job_usage_error("no command given");
	options->command = argv[optind];
	options->paths = argv + optind + 1;
	options->npaths = argc - optind - 1;
	if (!is_command(options, "history") && !is_command(options, "outbox") && !is_command(options, "verify") &&
		!is_command(options, "restore"))
		job_usage_error("unknown command \"%s\"", options->command);
	if (options->npaths < 1)
		job_usage_error("no folder given");
	if (options->npaths > 1 && !is_command(options, "verify"))
		job_usage_error("more than one folder given");
	if (options->before != NULL && !is_command(options, "history") && !is_command(options, "outbox"))
		job_usage_error("--before is for history and outbox");
	if (options->root != NULL && !is_command(options, "verify"))
		job_usage_error("--root is for verify");
	if (options->into != NULL && !is_command(options, "restore"))
		job_usage_error("--into is for restore");
	if (options->dry_run && is_command(options, "verify"))
		job_usage_error("verify changes nothing anyway");
}

static long long
number_at(const PGresult *res, int row, int column)
{
	return strtoll(PQgetvalue(res, row, column), NULL, 10);
}

/* A connection whose text forms are those that archive_verify.c reads. */
static PGconn *
connect_plainly(const Options *options)
{
	PGconn	   *conn = job_connect(&options->common.connection);

	if (conn != NULL && !job_command(conn, "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET bytea_output = 'hex'"))
	{
		PQfinish(conn);
		return NULL;
	}
	return conn;
}

/* Only one of these programs may work on a platform at once: the lock goes with the connection.  The number is "LKar". */
static bool
take_turn(PGconn *conn)
{
	PGresult   *res = job_exec(conn, "SELECT pg_catalog.pg_try_advisory_lock(x'4c4b6172'::pg_catalog.int4, 0)", 0, NULL,
							   PGRES_TUPLES_OK);
	bool		taken = res != NULL && PQgetvalue(res, 0, 0)[0] == 't';

	if (res != NULL && !taken)
		job_complain("another liskeban_archive is at work in this database");
	PQclear(res);
	return taken;
}

/* ---- writing an archive ---- */

static bool
copy_out(PGconn *conn, const char *folder, ArchiveTable table, const char *query, ArchiveFile *file)
{
	ArchiveWriter *writer = archive_create(folder, table);
	PGresult   *res;
	char	   *line;
	int			len = 0;
	bool		done = writer != NULL;

	if (!done)
		return false;
	res = job_exec(conn, query, 0, NULL, PGRES_COPY_OUT);
	done = res != NULL;
	PQclear(res);
	while (done && (len = PQgetCopyData(conn, &line, 0)) > 0)
	{
		done = archive_write(writer, line, len);
		PQfreemem(line);
	}
	if (done && len == -2)
	{
		job_complain("%s", PQerrorMessage(conn));
		done = false;
	}
	while (done && (res = PQgetResult(conn)) != NULL)
	{
		if (PQresultStatus(res) != PGRES_COMMAND_OK)
		{
			job_complain("%s", PQresultErrorMessage(res));
			done = false;
		}
		PQclear(res);
	}
	return archive_close(writer, done, file) && done;
}

static void
copy_value(char *to, size_t size, const PGresult *res, int column)
{
	snprintf(to, size, "%s", PQgetvalue(res, 0, column));
}

/* What the manifest of a range says besides its files, from the snapshot that the files are of. */
static bool
describe(PGconn *conn, Archive *archive)
{
	static const char platform_sql[] =
	"SELECT p.district, p.version, pg_catalog.to_char(liskeban.liskeban_now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
	" FROM liskeban.platform p";
	static const char history_sql[] =
	"WITH e AS (SELECT pg_catalog.min(e.event_id) AS first, pg_catalog.max(e.event_id) AS last FROM liskeban.ticket_event e"
	" WHERE e.ticket_id BETWEEN $1 AND $2)"
	" SELECT e.first, e.last, f.seal_id, l.seal_id, pg_catalog.encode(l.root, 'hex'),"
	" (SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.string_agg(b.digest, '' ORDER BY b.block)), 'hex')"
	" FROM (SELECT h.event_id / 1000 AS block, pg_catalog.sha256(pg_catalog.string_agg(h.hash, '' ORDER BY h.event_id)) AS digest"
	" FROM liskeban.ticket_event h WHERE h.ticket_id BETWEEN $1 AND $2 GROUP BY 1) b)"
	" FROM e, LATERAL (SELECT s.seal_id FROM liskeban.seal s WHERE s.to_event_id >= e.first ORDER BY s.to_event_id LIMIT 1) f,"
	" LATERAL (SELECT s.seal_id, s.root FROM liskeban.seal s WHERE s.to_event_id >= e.last ORDER BY s.to_event_id LIMIT 1) l";
	char		first[32];
	char		last[32];
	const char *params[] = {first, last};
	PGresult   *res = job_exec(conn, platform_sql, 0, NULL, PGRES_TUPLES_OK);

	if (res == NULL)
		return false;
	copy_value(archive->district, sizeof(archive->district), res, 0);
	copy_value(archive->version, sizeof(archive->version), res, 1);
	copy_value(archive->made_at, sizeof(archive->made_at), res, 2);
	PQclear(res);
	if (archive->kind == ARCHIVE_OUTBOX)
		return true;
	snprintf(first, sizeof(first), "%lld", archive->first);
	snprintf(last, sizeof(last), "%lld", archive->last);
	res = job_exec(conn, history_sql, 2, params, PGRES_TUPLES_OK);
	if (res == NULL)
		return false;
	if (PQntuples(res) != 1)
	{
		job_complain("tickets %lld to %lld have no sealed history", archive->first, archive->last);
		PQclear(res);
		return false;
	}
	archive->first_event_id = number_at(res, 0, 0);
	archive->last_event_id = number_at(res, 0, 1);
	archive->first_seal = number_at(res, 0, 2);
	archive->last_seal = number_at(res, 0, 3);
	copy_value(archive->root, sizeof(archive->root), res, 4);
	copy_value(archive->digest, sizeof(archive->digest), res, 5);
	PQclear(res);
	return true;
}

/* Write a range into a new folder, all of one snapshot. */
static bool
write_archive(PGconn *conn, const char *folder, Archive *archive)
{
	static const struct
	{
		ArchiveTable table;
		const char *from;
	}			parts[] = {
		{TABLE_EVENT, "liskeban.ticket_event WHERE ticket_id BETWEEN %lld AND %lld ORDER BY event_id"},
		{TABLE_ALARM, "liskeban.alarm WHERE ticket_id BETWEEN %lld AND %lld ORDER BY ticket_id, at, alarm_id"},
		{TABLE_SEAL, "liskeban._archive_seals(%lld, %lld) ORDER BY seal_id"},
		{TABLE_OUTBOX, "liskeban.outbox WHERE id BETWEEN %lld AND %lld ORDER BY id"},
	};
	bool		done;

	if (mkdir(folder, 0700) != 0)
	{
		job_complain("could not create folder \"%s\": %s", folder, strerror(errno));
		return false;
	}
	done = job_command(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") && describe(conn, archive);
	for (size_t i = 0; done && i < sizeof(parts) / sizeof(parts[0]); i++)
	{
		char		from[256];
		char		query[1024];

		if (!archive_has(archive->kind, parts[i].table))
			continue;
		snprintf(from, sizeof(from), parts[i].from, archive->first, archive->last);
		snprintf(query, sizeof(query), "COPY (SELECT %s FROM %s) TO STDOUT", archive_columns(parts[i].table), from);
		done = copy_out(conn, folder, parts[i].table, query, &archive->files[parts[i].table]);
	}
	return done && job_command(conn, "COMMIT") && archive_write_manifest(folder, archive) && archive_sync(folder);
}

/* The folder of a range, whole and verified: one that a run before left there, or a new one. */
static bool
provide_archive(PGconn *conn, const char *dir, const char *folder, Archive *archive, bool *found)
{
	size_t		size = strlen(folder) + 8;
	char	   *part = job_malloc(size);
	struct stat there;
	Archive		written;
	bool		done;

	*found = stat(folder, &there) == 0;
	if (*found)
	{
		done = archive_verify(folder, &written, NULL, NULL);
		if (done && (written.kind != archive->kind || written.first != archive->first || written.last != archive->last))
		{
			job_complain("\"%s\" is another archive", folder);
			done = false;
		}
	}
	else
	{
		snprintf(part, size, "%s.part", folder);
		done = archive_remove(part) && write_archive(conn, part, archive) && archive_verify(part, &written, NULL, NULL);
		if (done && rename(part, folder) != 0)
		{
			job_complain("could not rename \"%s\": %s", part, strerror(errno));
			done = false;
		}
		done = done && archive_sync(dir);
	}
	if (done)
		*archive = written;
	free(part);
	return done;
}

/* Have the server drop what was written.  Tries again where somebody is in its way. */
static bool
let_go(PGconn *conn, const Options *options, const char *folder, const Archive *archive)
{
	static const char history_sql[] =
	"SELECT liskeban._archive_let_go($1, $2, $3, $4, $5, $6, pg_catalog.decode($7, 'hex'), pg_catalog.decode($8, 'hex'))";
	static const char outbox_sql[] = "SELECT liskeban._outbox_let_go($1, $2, $3, $4)";
	const char *slash = strrchr(folder, '/');
	char		numbers[4][32];
	const char *params[8];
	PGresult   *res = NULL;

	snprintf(numbers[0], 32, "%lld", archive->first);
	snprintf(numbers[1], 32, "%lld", archive->last);
	snprintf(numbers[2], 32, "%lld", archive->files[archive->kind == ARCHIVE_OUTBOX ? TABLE_OUTBOX : TABLE_EVENT].rows);
	snprintf(numbers[3], 32, "%lld", archive->files[TABLE_ALARM].rows);
	params[0] = slash ? slash + 1 : folder;
	params[1] = numbers[0];
	params[2] = numbers[1];
	params[3] = options->before;
	params[4] = numbers[2];
	params[5] = numbers[3];
	params[6] = archive->digest;
	params[7] = archive->root;
	for (int try = 1; res == NULL; try++)
	{
		if (archive->kind == ARCHIVE_OUTBOX)
		{
			const char *few[] = {numbers[0], numbers[1], options->before, numbers[2]};

			res = job_exec(conn, outbox_sql, 4, few, PGRES_TUPLES_OK);
		}
		else
			res = job_exec(conn, history_sql, 8, params, PGRES_TUPLES_OK);
		if (res == NULL && (try == MAX_TRIES || (strcmp(job_sqlstate(), "55P03") != 0 && strcmp(job_sqlstate(), "40P01") != 0)))
			return false;
		if (res == NULL)
			sleep(try);
	}
	PQclear(res);
	return true;
}

static bool
archive_range(PGconn *conn, const Options *options, Archive *archive)
{
	const char *dir = options->paths[0];
	size_t		size = strlen(dir) + 96;
	char	   *folder = job_malloc(size);
	bool		found;
	bool		done;

	snprintf(folder, size, "%s/%s-%lld-%lld", dir, archive->kind == ARCHIVE_OUTBOX ? "outbox" : "history", archive->first,
			 archive->last);
	done = provide_archive(conn, dir, folder, archive, &found);
	if (done && !let_go(conn, options, folder, archive))
	{
		done = false;
		/* where something happened meanwhile, what was written is of no use; what lay there before is not ours to judge */
		if (strcmp(job_sqlstate(), "55000") == 0 && !found)
			archive_remove(folder);
		else if (strcmp(job_sqlstate(), "55000") == 0)
			job_complain("\"%s\" was there before: move it away, and what is here now is written anew", folder);
	}
	if (done)
		printf("%s\n", folder);
	free(folder);
	return done;
}

static int
run_archive(PGconn *conn, const Options *options)
{
	bool		outbox = is_command(options, "outbox");
	const char *params[] = {options->before};
	PGresult   *res;
	int			archived = 0;
	int			kept = 0;
	bool		done = true;

	if (!take_turn(conn))
		return JOB_FAILED;
	res = job_exec(conn, outbox ? "SELECT c.first_id, c.last_id, c.entries, c.problem FROM liskeban.outbox_candidates($1) c"
				   : "SELECT c.first_ticket, c.last_ticket, c.tickets, c.problem FROM liskeban.archive_candidates($1) c",
				   1, params, PGRES_TUPLES_OK);
	if (res == NULL)
		return JOB_FAILED;
	for (int i = 0; i < PQntuples(res) && done; i++)
	{
		Archive		archive = {.kind = outbox ? ARCHIVE_OUTBOX : ARCHIVE_HISTORY};

		archive.first = number_at(res, i, 0);
		archive.last = number_at(res, i, 1);
		if (!PQgetisnull(res, i, 3))
		{
			kept++;
			if (options->common.verbose || options->dry_run)
				printf(outbox ? _("entries %lld to %lld stay: %s\n") : _("tickets %lld to %lld stay: %s\n"), archive.first, archive.last, PQgetvalue(res, i, 3));
			continue;
		}
		if (options->dry_run)
			printf(outbox ? _("entries %lld to %lld may leave (%s)\n") : _("tickets %lld to %lld may leave (%s)\n"), archive.first, archive.last, PQgetvalue(res, i, 2));
		else
			done = archive_range(conn, options, &archive);
		archived += done;
	}
	PQclear(res);
	if (done && options->dry_run)
		job_complain("dry run: nothing was changed");
	if (archived > 0 || done)
		printf(_("archived %d, kept %d\n"), archived, kept);
	return done ? JOB_DONE : JOB_FAILED;
}

/* ---- verifying and putting back ---- */

/* Whether the seals that an archive was verified against are the platform's. */
static bool
compare_roots(PGconn *conn, const char *folder, const JobBuffer *roots)
{
	size_t		width = sizeof(int64_t) + 32;

	for (size_t at = 0; at < roots->len; at += width)
	{
		int64_t		id;
		char		number[32];
		char		hex[ARCHIVE_HEX];
		const char *params[] = {number};
		PGresult   *res;
		bool		same;

		memcpy(&id, roots->data + at, sizeof(id));
		archive_hex((const unsigned char *) roots->data + at + sizeof(id), hex);
		snprintf(number, sizeof(number), "%" PRId64, id);
		res = job_exec(conn, "SELECT pg_catalog.encode(s.root, 'hex') FROM liskeban.seal s WHERE s.seal_id = $1", 1, params,
					   PGRES_TUPLES_OK);
		if (res == NULL)
			return false;
		same = PQntuples(res) == 1 && strcmp(PQgetvalue(res, 0, 0), hex) == 0;
		if (!same)
			job_complain("%s: seal %" PRId64 " has the root %s, in the platform it has %s", folder, id, hex,
						 PQntuples(res) == 1 ? PQgetvalue(res, 0, 0) : "none");
		PQclear(res);
		if (!same)
			return false;
	}
	return true;
}

static int
run_verify(PGconn *conn, const Options *options)
{
	bool		done = true;

	for (int i = 0; i < options->npaths; i++)
	{
		const char *folder = options->paths[i];
		Archive		archive;
		JobBuffer	roots = {0};

		if (archive_verify(folder, &archive, options->root, &roots) && (conn == NULL || compare_roots(conn, folder, &roots)))
		{
			if (archive.kind == ARCHIVE_HISTORY)
				printf(_("%s: holds, %lld events of tickets %lld to %lld, seals %lld to %lld, root %s\n"), folder,
					   archive.files[TABLE_EVENT].rows, archive.first, archive.last, archive.first_seal, archive.last_seal, archive.root);
			else
				printf(_("%s: holds, %lld entries of the outbox from %lld to %lld\n"), folder, archive.files[TABLE_OUTBOX].rows,
					   archive.first, archive.last);
		}
		else
		{
			printf(_("%s: does not hold\n"), folder);
			done = false;
		}
		job_buffer_free(&roots);
	}
	return done ? JOB_DONE : JOB_FAILED;
}

static bool
copy_in(PGconn *conn, const char *folder, ArchiveTable table, const char *into)
{
	ArchiveReader *reader = archive_open(folder, table);
	size_t		size = strlen(into) + strlen(archive_columns(table)) + 64;
	char	   *query = job_malloc(size);
	PGresult   *res = NULL;
	char	   *line;
	bool		failed = reader == NULL;

	snprintf(query, size, "COPY %s (%s) FROM STDIN", into, archive_columns(table));
	if (!failed)
		res = job_exec(conn, query, 0, NULL, PGRES_COPY_IN);
	failed = failed || res == NULL;
	PQclear(res);
	free(query);
	while (!failed && (line = archive_next(reader, &failed)) != NULL)
		failed = PQputCopyData(conn, line, (int) strlen(line)) != 1 || PQputCopyData(conn, "\n", 1) != 1;
	if (reader != NULL)
		archive_end(reader);
	if (failed || PQputCopyEnd(conn, NULL) != 1)
		return false;
	while ((res = PQgetResult(conn)) != NULL)
	{
		if (PQresultStatus(res) != PGRES_COMMAND_OK)
		{
			job_complain("%s", PQresultErrorMessage(res));
			failed = true;
		}
		PQclear(res);
	}
	return !failed;
}

/* Make the tables of a schema that history is restored into beside the platform. */
static bool
make_tables(PGconn *conn, const char *schema, char *event_table, char *alarm_table, size_t size)
{
	char	   *quoted = PQescapeIdentifier(conn, schema, strlen(schema));
	char		query[1024];

	if (quoted == NULL)
		return false;
	snprintf(event_table, size, "%s.ticket_event", quoted);
	snprintf(alarm_table, size, "%s.alarm", quoted);
	PQfreemem(quoted);
	snprintf(query, sizeof(query), "CREATE TABLE %s (LIKE liskeban.ticket_event INCLUDING COMMENTS);"
			 " CREATE TABLE %s (LIKE liskeban.alarm INCLUDING COMMENTS)", event_table, alarm_table);
	return job_command(conn, query);
}

static int
run_restore(PGconn *conn, const Options *options)
{
	const char *folder = options->paths[0];
	Archive		archive;
	JobBuffer	roots = {0};
	char		numbers[2][32];
	const char *params[] = {numbers[0], numbers[1]};
	char		event_table[192] = "liskeban.ticket_event_returned";
	char		alarm_table[192] = "liskeban.alarm_returned";
	char		id[32] = "";
	bool		done;

	done = archive_verify(folder, &archive, NULL, &roots) && compare_roots(conn, folder, &roots);
	job_buffer_free(&roots);
	if (done && archive.kind != ARCHIVE_HISTORY)
	{
		job_complain("\"%s\" is of the outbox, whose entries are not put back", folder);
		done = false;
	}
	done = done && take_turn(conn) && job_command(conn, "BEGIN ISOLATION LEVEL READ COMMITTED");
	if (done && options->into != NULL)
		done = make_tables(conn, options->into, event_table, alarm_table, sizeof(event_table));
	else if (done)
	{
		PGresult   *res;

		snprintf(numbers[0], 32, "%lld", archive.first);
		snprintf(numbers[1], 32, "%lld", archive.last);
		res = job_exec(conn, "SELECT liskeban._archive_begin_return($1, $2)", 2, params, PGRES_TUPLES_OK);
		done = res != NULL;
		if (done)
			copy_value(id, sizeof(id), res, 0);
		PQclear(res);
	}
	done = done && copy_in(conn, folder, TABLE_EVENT, event_table) && copy_in(conn, folder, TABLE_ALARM, alarm_table);
	if (done && options->into == NULL)
	{
		const char *id_param[] = {id};
		PGresult   *res = job_exec(conn, "SELECT liskeban._archive_end_return($1)", 1, id_param, PGRES_TUPLES_OK);

		done = res != NULL;
		PQclear(res);
	}
	if (!done || !job_command(conn, options->dry_run ? "ROLLBACK" : "COMMIT"))
		return JOB_FAILED;
	if (options->dry_run)
		job_complain("dry run: nothing was changed");
	printf(_("restored %lld events and %lld alarms of tickets %lld to %lld\n"), archive.files[TABLE_EVENT].rows,
		   archive.files[TABLE_ALARM].rows, archive.first, archive.last);
	return JOB_DONE;
}

int
main(int argc, char **argv)
{
	Options		options;
	PGconn	   *conn = NULL;
	int			status;

	job_set_progname(argv[0]);
	parse_options(argc, argv, &options);
	/* an archive can be verified where there is no server */
	if (!is_command(&options, "verify") || options.common.connection.dbname != NULL)
	{
		conn = connect_plainly(&options);
		if (conn == NULL)
			return JOB_FAILED;
	}
	if (is_command(&options, "verify"))
		status = run_verify(conn, &options);
	else if (is_command(&options, "restore"))
		status = run_restore(conn, &options);
	else
		status = run_archive(conn, &options);
	PQfinish(conn);
	if (status == JOB_DONE && (fflush(stdout) != 0 || ferror(stdout)))
	{
		job_complain("could not write to standard output");
		return JOB_FAILED;
	}
	return status;
}
