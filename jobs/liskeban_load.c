/*
 * liskeban_load: loads files of requests, of observations and of areas into a platform.
 *
 * Requests and observations go over in batches, each a transaction: the records are cut here and copied as raw text into a temporary
 * table, the server reads them and says what became of them.  What is known already creates nothing, so a load
 * that was stopped half-way is simply run again.  Areas go over in one statement.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job_common.h"
#include "record_reader.h"

#define DEFAULT_BATCH 10000
#define MAX_BATCH 1000000
#define MAX_BATCH_BYTES (64 * 1024 * 1024)
#define MAX_TRIES 5

typedef struct Options
{
	JobOptions	common;
	const char *command;
	char	  **files;
	int			nfiles;
	bool		dry_run;
	bool		verbose;
	/* requests */
	const char *source;
	const char *map_file;
	char	   *map;
	bool		history;
	long		batch;
	RecordFormat format;
	/* areas */
	const char *code;
	const char *name;
	const char *srid;
	const char *datum;
	bool		make_valid;
	const char *valid_from;
} Options;

typedef struct Counts
{
	long long	read;
	long long	created;
	long long	existing;		/* areas and observations: updated */
	long long	rejected;
} Counts;

/* The records of the batch in work, as COPY takes them. */
typedef struct Batch
{
	JobBuffer	data;
	long long	rows;
} Batch;

static const char *const usage_text = gettext_noop(
"liskeban_load loads files into a platform.\n"
"\n"
"Usage:\n"
"  liskeban_load requests FILE... --source CODE --map MAP.json [OPTION]...\n"
"  liskeban_load observations FILE... --source CODE [OPTION]...\n"
"  liskeban_load areas FILE --code FIELD --name FIELD [OPTION]...\n"
"\n"
"A file may be gzipped; - is standard input.\n"
"\n"
"Options for requests (CSV with a header, or a JSON object a line):\n"
"  --source CODE      source system the requests come from; registered when unseen\n"
"  --map FILE         JSON object that says which column gives what\n"
"  --history          requests with their stamps, straight to their last state\n"
"  --batch N          rows a transaction (default 10000)\n"
"  --format FORMAT    csv or json (default: what the file looks like)\n"
"\n"
"Options for observations (CSV with the columns indicator, area, day and value):\n"
"  --source CODE      source system that reports them\n"
"  --batch N          rows a transaction (default 10000)\n"
"\n"
"Options for areas (GeoJSON):\n"
"  --code FIELD       property that holds the area code\n"
"  --name FIELD       property that holds the name\n"
"  --srid N           coordinate system of the file (default 4326)\n"
"  --datum DATUM      or its datum: gcj02, bd09, wgs84 or cgcs2000\n"
"  --make-valid       repair invalid polygons instead of rejecting them\n"
"  --valid-from TIME  from when areas that are new are in force (default always;\n"
"                     infinity: not before redraw_area() names them)\n"
"\n"
"General options:\n"
"  -n, --dry-run      change nothing, say what would happen\n"
"  -v, --verbose      say what was rejected and why\n");
static const char *const usage_end = gettext_noop(
"The last line printed says how many were read, created, and so on.\n"
"Exit status: 0 every row is accounted for, 1 the run failed, 2 wrong usage.\n");

static bool
is_requests(const Options *options)
{
	return strcmp(options->command, "requests") == 0;
}

static void
parse_options(int argc, char **argv, Options *options)
{
	enum
	{
		OPT_SOURCE = JOB_OPT_OWN, OPT_MAP, OPT_HISTORY, OPT_BATCH, OPT_FORMAT, OPT_CODE, OPT_NAME, OPT_SRID, OPT_DATUM,
		OPT_MAKE_VALID, OPT_VALID_FROM
	};
	static const struct option long_options[] = {
		{"source", required_argument, NULL, OPT_SOURCE},
		{"map", required_argument, NULL, OPT_MAP},
		{"history", no_argument, NULL, OPT_HISTORY},
		{"batch", required_argument, NULL, OPT_BATCH},
		{"format", required_argument, NULL, OPT_FORMAT},
		{"code", required_argument, NULL, OPT_CODE},
		{"name", required_argument, NULL, OPT_NAME},
		{"srid", required_argument, NULL, OPT_SRID},
		{"datum", required_argument, NULL, OPT_DATUM},
		{"make-valid", no_argument, NULL, OPT_MAKE_VALID},
		{"valid-from", required_argument, NULL, OPT_VALID_FROM},
		{"dry-run", no_argument, NULL, 'n'},
		JOB_LONG_OPTIONS
	};
	bool		for_records = false;
	bool		for_requests = false;
	bool		for_areas = false;
	char	   *end;
	int			c;

	memset(options, 0, sizeof(*options));
	options->common.usage = usage_text;
	options->common.usage_end = usage_end;
	options->batch = DEFAULT_BATCH;
	opterr = 0;
	while ((c = getopt_long(argc, argv, JOB_SHORT_OPTIONS "n", long_options, NULL)) != -1)
	{
		for_records |= c == OPT_SOURCE || c == OPT_BATCH;
		for_requests |= c == OPT_MAP || c == OPT_HISTORY || c == OPT_FORMAT;
		for_areas |= c >= OPT_CODE && c <= OPT_VALID_FROM;
		switch (c)
		{
			case 'n':
				options->dry_run = true;
				break;
			case OPT_SOURCE:
				options->source = optarg;
				break;
			case OPT_MAP:
				options->map_file = optarg;
				break;
			case OPT_HISTORY:
				options->history = true;
				break;
			case OPT_BATCH:
				options->batch = strtol(optarg, &end, 10);
				if (*optarg == '\0' || *end != '\0' || options->batch < 1 || options->batch > MAX_BATCH)
					job_usage_error("--batch must be 1 to 1000000: \"%s\"", optarg);
				break;
			case OPT_FORMAT:
				if (strcmp(optarg, "csv") == 0)
					options->format = FORMAT_CSV;
				else if (strcmp(optarg, "json") == 0)
					options->format = FORMAT_JSON;
				else
					job_usage_error("--format must be csv or json: \"%s\"", optarg);
				break;
			case OPT_CODE:
				options->code = optarg;
				break;
			case OPT_NAME:
				options->name = optarg;
				break;
			case OPT_SRID:
				options->srid = optarg;
				if (*optarg == '\0' || strlen(optarg) > 6 || strspn(optarg, "0123456789") != strlen(optarg))
					job_usage_error("--srid must be a number: \"%s\"", optarg);
				break;
			case OPT_DATUM:
				options->datum = optarg;
				if (strcmp(optarg, "gcj02") != 0 && strcmp(optarg, "bd09") != 0 &&
					strcmp(optarg, "wgs84") != 0 && strcmp(optarg, "cgcs2000") != 0)
					job_usage_error("--datum must be gcj02, bd09, wgs84 or cgcs2000: \"%s\"", optarg);
				break;
			case OPT_MAKE_VALID:
				options->make_valid = true;
				break;
			case OPT_VALID_FROM:
				options->valid_from = optarg;
				break;
			default:
				job_option(c, argv, &options->common);
		}
	}

	if (optind >= argc)
		job_usage_error("no command given");
	options->command = argv[optind];
	options->files = argv + optind + 1;
	options->nfiles = argc - optind - 1;
	if (is_requests(options) || strcmp(options->command, "observations") == 0)
	{
		if (for_areas)
			job_usage_error("--code, --name, --srid, --datum, --make-valid and --valid-from are for areas");
		if (!is_requests(options) && for_requests)
			job_usage_error("--map, --history and --format are for requests");
		if (options->source == NULL)
			job_usage_error("--source is missing");
		if (is_requests(options) && options->map_file == NULL)
			job_usage_error("--map is missing");
		if (*options->source == '\0' || strlen(options->source) > 64 ||
			strspn(options->source, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") !=
			strlen(options->source))
			job_usage_error("--source must be 1 to 64 letters, digits, _, . or -: \"%s\"", options->source);
		if (options->nfiles < 1)
			job_usage_error("no file given");
		if (!is_requests(options))
			options->format = FORMAT_CSV;
	}
	else if (strcmp(options->command, "areas") == 0)
	{
		if (for_records || for_requests)
			job_usage_error("--source, --map, --history, --batch and --format are not for areas");
		if (options->code == NULL)
			job_usage_error("--code is missing");
		if (options->name == NULL)
			job_usage_error("--name is missing");
		if (options->srid != NULL && options->datum != NULL)
			job_usage_error("give --srid or --datum, not both");
		if (options->nfiles != 1)
			job_usage_error("%s", options->nfiles < 1 ? _("no file given") : _("more than one file given"));
	}
	else
		job_usage_error("unknown command \"%s\"", options->command);
}

/* One field of COPY's text form. */
static void
copy_field(JobBuffer *data, const char *str, size_t len)
{
	const char *end = str + len;
	const char *plain = str;

	for (const char *p = str; p < end; p++)
	{
		const char *escape;

		switch (*p)
		{
			case '\\':
				escape = "\\\\";
				break;
			case '\n':
				escape = "\\n";
				break;
			case '\r':
				escape = "\\r";
				break;
			case '\t':
				escape = "\\t";
				break;
			default:
				continue;
		}
		job_buffer_add(data, plain, p - plain);
		job_buffer_add(data, escape, 2);
		plain = p + 1;
	}
	job_buffer_add(data, plain, end - plain);
}

static void
batch_add(Batch *batch, const Record *record)
{
	char		line_no[32];

	job_buffer_add(&batch->data, line_no, snprintf(line_no, sizeof(line_no), "%lld\t", record->line_no));
	copy_field(&batch->data, record->data, record->len);
	job_buffer_add(&batch->data, "\t", 1);
	if (record->fault != NULL)
		copy_field(&batch->data, record->fault, strlen(record->fault));
	else
		job_buffer_add(&batch->data, "\\N", 2);
	job_buffer_add(&batch->data, "\n", 1);
	batch->rows++;
}

static bool
batch_copy(PGconn *conn, const Batch *batch)
{
	PGresult   *res = job_exec(conn, "COPY pg_temp.liskeban_load_record FROM STDIN", 0, NULL, PGRES_COPY_IN);
	size_t		sent = 0;
	bool		done;

	if (res == NULL)
		return false;
	PQclear(res);
	while (sent < batch->data.len)
	{
		size_t		part = batch->data.len - sent;

		if (part > INT_MAX / 2)
			part = INT_MAX / 2;
		if (PQputCopyData(conn, batch->data.data + sent, (int) part) != 1)
		{
			job_complain("%s", PQerrorMessage(conn));
			return false;
		}
		sent += part;
	}
	if (PQputCopyEnd(conn, NULL) != 1)
	{
		job_complain("%s", PQerrorMessage(conn));
		return false;
	}
	res = PQgetResult(conn);
	done = PQresultStatus(res) == PGRES_COMMAND_OK;
	if (!done)
		job_complain("%s", PQerrorMessage(conn));
	PQclear(res);
	while ((res = PQgetResult(conn)) != NULL)
		PQclear(res);
	return done;
}

static void
show_complaints(const char *file, const char *complaints)
{
	/* one a line, the line's number first */
	while (*complaints != '\0')
	{
		size_t		len = strcspn(complaints, "\n");

		job_complain("%s:%.*s", file, (int) len, complaints);
		complaints += len + (complaints[len] == '\n');
	}
}

/* Load the batch in its transaction; counts are added only when it is in. */
static bool
batch_load_once(PGconn *conn, const Options *options, const char *file, const char *header, const Batch *batch,
				Counts *counts)
{
#define RECORDS_SQL \
	" FROM (SELECT pg_catalog.array_agg(r.line_no) AS lines, pg_catalog.array_agg(r.raw) AS raws," \
	"         pg_catalog.array_agg(r.fault) AS faults" \
	"       FROM (SELECT * FROM pg_temp.liskeban_load_record ORDER BY line_no) r) b CROSS JOIN LATERAL "
	static const char requests_sql[] =
	"SELECT l.created, l.existing, l.rejected, pg_catalog.array_to_string(l.complaints, E'\\n')" RECORDS_SQL
	"liskeban._load_requests($1, $2, $3, $4, $5, b.lines, b.raws, b.faults) l";
	static const char observations_sql[] =
	"SELECT l.created, l.updated, l.rejected, pg_catalog.array_to_string(l.complaints, E'\\n')" RECORDS_SQL
	"liskeban._load_observations($1, $2, $3, b.lines, b.raws, b.faults) l";
	const char *params[5];
	PGresult   *res;
	Counts		got;

	/* a dry run is one transaction, taken back at its end */
	if (!job_command(conn, options->dry_run ? "TRUNCATE pg_temp.liskeban_load_record"
					 : "BEGIN ISOLATION LEVEL READ COMMITTED"))
		return false;
	if (!batch_copy(conn, batch))
		return false;
	params[0] = options->source;
	params[1] = file;
	params[2] = header;
	params[3] = options->map;
	params[4] = options->history ? "true" : "false";
	res = is_requests(options) ? job_exec(conn, requests_sql, 5, params, PGRES_TUPLES_OK)
		: job_exec(conn, observations_sql, 3, params, PGRES_TUPLES_OK);
	if (res == NULL)
		return false;
	got.created = atoll(PQgetvalue(res, 0, 0));
	got.existing = atoll(PQgetvalue(res, 0, 1));
	got.rejected = atoll(PQgetvalue(res, 0, 2));
	if (got.created + got.existing + got.rejected != batch->rows)
	{
		job_complain("%lld rows were sent, but %lld created, %lld existing and %lld rejected", batch->rows,
					 got.created, got.existing, got.rejected);
		PQclear(res);
		return false;
	}
	if (!options->dry_run && !job_command(conn, "COMMIT"))
	{
		PQclear(res);
		return false;
	}
	if (options->common.verbose)
		show_complaints(file, PQgetvalue(res, 0, 3));
	PQclear(res);
	counts->read += batch->rows;
	counts->created += got.created;
	counts->existing += got.existing;
	counts->rejected += got.rejected;
	return true;
}

/* Load the batch, again when another session was in its way. */
static bool
batch_load(PGconn *conn, const Options *options, const char *file, const char *header, Batch *batch, Counts *counts)
{
	bool		done = batch->rows == 0;

	for (int try = 1; !done; try++)
	{
		done = batch_load_once(conn, options, file, header, batch, counts);
		if (!done && (options->dry_run || try == MAX_TRIES ||
					  (strcmp(job_sqlstate(), "40001") != 0 && strcmp(job_sqlstate(), "40P01") != 0) ||
					  !job_command(conn, "ROLLBACK")))
			return false;
	}
	job_buffer_reset(&batch->data);
	batch->rows = 0;
	return true;
}

/* How much of all the files is read, when done of them are and this part of the next. */
static double
overall(const Options *options, int done, double part)
{
	return part < 0 ? -1 : (done + part) / options->nfiles;
}

/* 0 when done, or the exit status. */
static int
load_file(PGconn *conn, const Options *options, int number, Counts *counts, JobProgress *progress)
{
	const char *file = options->files[number];
	RecordReader *reader = reader_open(file, options->format);
	Record		record;
	char	   *header = NULL;
	Batch		batch = {0};
	int			status = JOB_FAILED;
	const char *params[4];
	PGresult   *res;
	const char *slash = strrchr(file, '/');
	const char *shown = slash ? slash + 1 : file;
	int			got;

	if (reader == NULL)
		return JOB_FAILED;
	if (reader_format(reader) == FORMAT_CSV)
	{
		got = reader_next(reader, &record);
		if (got == 0)
			job_complain("\"%s\" is empty: a CSV file begins with a header", file);
		if (got <= 0)
			goto done;
		if (record.fault != NULL)
		{
			job_complain("the header of \"%s\" cannot be read: %s", file, record.fault);
			goto done;
		}
		header = job_malloc(record.len + 1);
		memcpy(header, record.data, record.len);
		header[record.len] = '\0';
	}

	if (!is_requests(options))
		goto records;
	params[0] = options->source;
	params[1] = header;
	params[2] = options->map;
	params[3] = options->history ? "true" : "false";
	res = job_exec(conn, "SELECT liskeban._load_begin($1, $2, $3, $4)", 4, params, PGRES_TUPLES_OK);
	if (res == NULL)
	{
		/* a map that cannot be is wrong usage, one that does not fit the file is not */
		if (strcmp(job_sqlstate(), "22023") == 0 || strcmp(job_sqlstate(), "22P02") == 0)
			status = JOB_USAGE;
		goto done;
	}
	PQclear(res);

records:
	job_buffer_reset(&batch.data);
	while ((got = reader_next(reader, &record)) > 0)
	{
		batch_add(&batch, &record);
		if (batch.rows < options->batch && batch.data.len < MAX_BATCH_BYTES)
			continue;
		if (!batch_load(conn, options, file, header, &batch, counts))
			goto done;
		job_progress_show(progress, shown, counts->read, overall(options, number, reader_fraction(reader)));
	}
	/* what was read before a file broke off goes in all the same */
	if (!batch_load(conn, options, file, header, &batch, counts) || got < 0)
		goto done;
	job_progress_show(progress, shown, counts->read, overall(options, number, 1));
	status = JOB_DONE;

done:
	reader_close(reader);
	free(header);
	job_buffer_free(&batch.data);
	return status;
}

static int
load_records(PGconn *conn, Options *options)
{
	Counts		counts = {0};
	JobProgress progress;
	size_t		len;
	int			status = JOB_DONE;

	if (is_requests(options) && (options->map = reader_slurp(options->map_file, &len)) == NULL)
		return JOB_FAILED;
	if (!job_command(conn, "CREATE TEMPORARY TABLE liskeban_load_record"
					 " (line_no bigint NOT NULL, raw text NOT NULL, fault text) ON COMMIT DELETE ROWS"))
		return JOB_FAILED;
	if (options->dry_run && !job_command(conn, "BEGIN ISOLATION LEVEL READ COMMITTED"))
		return JOB_FAILED;

	job_progress_begin(&progress);
	for (int i = 0; i < options->nfiles && status == JOB_DONE; i++)
		status = load_file(conn, options, i, &counts, &progress);
	job_progress_end(&progress);
	free(options->map);

	if (status != JOB_DONE)
	{
		if (counts.read > 0 && !options->dry_run)
			job_complain(is_requests(options) ?
						 gettext_noop("stopped after %lld rows: %lld created, %lld existing, %lld rejected; run it again to go on") :
						 gettext_noop("stopped after %lld rows: %lld created, %lld updated, %lld rejected; run it again to go on"),
						 counts.read, counts.created, counts.existing, counts.rejected);
		return status;
	}
	if (options->dry_run)
	{
		if (!job_command(conn, "ROLLBACK"))
			return JOB_FAILED;
		job_complain("dry run: nothing was changed");
	}
	printf(is_requests(options) ? _("read %lld, created %lld, existing %lld, rejected %lld\n") :
		   _("read %lld, created %lld, updated %lld, rejected %lld\n"), counts.read, counts.created, counts.existing,
		   counts.rejected);
	return JOB_DONE;
}

static int
load_areas(PGconn *conn, const Options *options)
{
	const char *file = options->files[0];
	const char *params[8];
	size_t		len;
	char	   *document = reader_slurp(file, &len);
	PGresult   *res;
	Counts		counts;

	if (document == NULL)
		return JOB_FAILED;
	if (len != strlen(document))
	{
		job_complain("\"%s\" is no GeoJSON: it has a zero byte", file);
		free(document);
		return JOB_FAILED;
	}
	if (!job_command(conn, "BEGIN ISOLATION LEVEL READ COMMITTED"))
	{
		free(document);
		return JOB_FAILED;
	}
	params[0] = file;
	params[1] = document;
	params[2] = options->code;
	params[3] = options->name;
	params[4] = options->srid;
	params[5] = options->datum;
	params[6] = options->make_valid ? "true" : "false";
	params[7] = options->valid_from;
	res = job_exec(conn, "SELECT a.read, a.created, a.updated, a.rejected,"
				   " pg_catalog.array_to_string(a.complaints, E'\\n')"
				   " FROM liskeban.load_areas($1, $2, $3, $4, $5, $6, $7, $8) a",
				   8, params, PGRES_TUPLES_OK);
	free(document);
	if (res == NULL)
		return JOB_FAILED;
	counts.read = atoll(PQgetvalue(res, 0, 0));
	counts.created = atoll(PQgetvalue(res, 0, 1));
	counts.existing = atoll(PQgetvalue(res, 0, 2));
	counts.rejected = atoll(PQgetvalue(res, 0, 3));
	if (options->common.verbose)
		show_complaints(file, PQgetvalue(res, 0, 4));
	PQclear(res);
	if (!job_command(conn, options->dry_run ? "ROLLBACK" : "COMMIT"))
		return JOB_FAILED;
	if (options->dry_run)
		job_complain("dry run: nothing was changed");
	printf(_("read %lld, created %lld, updated %lld, rejected %lld\n"), counts.read, counts.created, counts.existing,
		   counts.rejected);
	return JOB_DONE;
}

int
main(int argc, char **argv)
{
	Options		options;
	PGconn	   *conn;
	int			status;

	job_set_progname(argv[0]);
	parse_options(argc, argv, &options);
	conn = job_connect(&options.common.connection);
	if (conn == NULL)
		return JOB_FAILED;
	status = strcmp(options.command, "areas") == 0 ? load_areas(conn, &options) : load_records(conn, &options);
	PQfinish(conn);
	if (status == JOB_DONE && (fflush(stdout) != 0 || ferror(stdout)))
	{
		job_complain("could not write to standard output");
		return JOB_FAILED;
	}
	return status;
}
