/*
 * archive_verify.c: whether an archive of history is as it was sealed, by itself, without a server.
 *
 * seal.copy.gz has, for each seal that has an event of the archive, 52 bytes for every event it seals: event_id,
 * ticket_id, seq and hash.  From them the root of the seal is computed as seal.c of the library does, and so is each
 * event's hash from its row as event_hash.c does.  Events and seals both come in the order of event_id, so one pass
 * over both finds what was changed, is missing or was added.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/evp.h>

#include "archive_file.h"

#define HASH 32
#define ENTRY (8 + 8 + 4 + HASH)	/* of liskeban.archived_seal.hashes */
#define MAX_TOLD 20				/* problems that are told one by one */
#define BLOCK 1000				/* event_ids in a block of the digest, as _history_digest() has it */

typedef struct Verifier
{
	const char *folder;
	Archive    *archive;
	long long	problems;
	EVP_MD_CTX *ctx;
	EVP_MD_CTX *block_ctx;
	EVP_MD_CTX *digest_ctx;
	/* seals */
	ArchiveReader *seals;
	JobBuffer	entries;		/* of the seal in hand, in binary */
	size_t		next_entry;
	long long	nseals;
	int64_t		seal_id;
	unsigned char root[HASH];
	const char *wanted_root;
	bool		root_found;
	JobBuffer  *roots;
	/* events */
	long long	nevents;
	int64_t		block;
} Verifier;

/* Which column is which in ticket_event.copy.gz. */
enum
{
	EVENT_ID, TICKET_ID, SEQ, RUN, AT, RECORDED_AT, ACTION, FROM_STATE, TO_STATE, ACTOR, LOGIN, NOTE, NOTE_DIGEST,
	DETAIL, EVENT_HASH, EVENT_COLUMNS
};

static void __attribute__((format(printf, 2, 3)))
problem(Verifier *v, const char *format,...)
{
	char		text[1024];
	va_list		args;

	if (v->problems++ >= MAX_TOLD)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), gettext(format), args);
	va_end(args);
	job_complain("%s: %s", v->folder, text);
}

/* ---- what COPY's text form says ---- */

/* Cut a line into its fields, in place; NULL for \N.  Returns how many there are. */
static int
cut_fields(char *line, char **fields, int room)
{
	int			n = 0;

	while (line != NULL && n < room)
	{
		char	   *from = line;
		char	   *to = line;
		char	   *tab = strchr(line, '\t');

		if (tab != NULL)
			*tab = '\0';
		fields[n++] = strcmp(line, "\\N") == 0 ? NULL : line;
		for (; *from != '\0'; from++)
		{
			if (*from == '\\' && from[1] != '\0')
			{
				static const char names[] = "bfnrtv";
				static const char meant[] = "\b\f\n\r\t\v";
				const char *name = strchr(names, *++from);

				*to++ = name ? meant[name - names] : *from;
			}
			else
				*to++ = *from;
		}
		*to = '\0';
		line = tab ? tab + 1 : NULL;
	}
	return line == NULL ? n : room + 1;
}

static bool
read_number(const char *text, int64_t *number)
{
	char	   *end;

	if (text == NULL || *text == '\0')
		return false;
	*number = strtoll(text, &end, 10);
	return *end == '\0';
}

/* Hexadecimal digits of a bytea, \x…; returns its length, or -1. */
static long
read_bytes(const char *text, unsigned char *bytes, size_t room)
{
	size_t		len;

	if (text == NULL || text[0] != '\\' || text[1] != 'x')
		return -1;
	text += 2;
	len = strspn(text, "0123456789abcdef");
	if (text[len] != '\0' || len % 2 != 0 || len / 2 > room)
		return -1;
	for (size_t i = 0; i < len / 2; i++)
	{
		char		high = text[2 * i];
		char		low = text[2 * i + 1];

		bytes[i] = (unsigned char) ((high <= '9' ? high - '0' : high - 'a' + 10) << 4 |
									(low <= '9' ? low - '0' : low - 'a' + 10));
	}
	return (long) (len / 2);
}

/* 2024-09-16 00:30:00.123456+00 as microseconds since 1970. */
static bool
read_time(const char *text, int64_t *microseconds)
{
	int			year,
				month,
				day,
				hour,
				minute,
				second,
				read = 0;
	int64_t		fraction = 0;
	struct tm	tm = {0};

	if (text == NULL || sscanf(text, "%d-%2d-%2d %2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &read) != 6)
		return false;
	text += read;
	if (*text == '.')
	{
		text++;
		for (int64_t unit = 100000; unit > 0 && *text >= '0' && *text <= '9'; unit /= 10)
			fraction += unit * (*text++ - '0');
	}
	if (strcmp(text, "+00") != 0)
		return false;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = second;
	*microseconds = (int64_t) timegm(&tm) * 1000000 + fraction;
	return true;
}

/* ---- hashes ---- */

static void
hash_bytes(Verifier *v, const void *data, size_t len, unsigned char *digest)
{
	if (EVP_DigestInit_ex(v->ctx, EVP_sha256(), NULL) != 1 || EVP_DigestUpdate(v->ctx, data, len) != 1 ||
		EVP_DigestFinal_ex(v->ctx, digest, NULL) != 1)
	{
		job_complain("could not compute SHA-256");
		exit(JOB_FAILED);
	}
}

static void
put_bytes(JobBuffer *buffer, const void *data, size_t len)
{
	uint32_t	n = data ? (uint32_t) len : 0xFFFFFFFF;
	unsigned char prefix[4] = {n >> 24, n >> 16, n >> 8, n};

	job_buffer_add(buffer, (const char *) prefix, 4);
	if (data != NULL)
		job_buffer_add(buffer, data, len);
}

static void
put_number(JobBuffer *buffer, int64_t number, int bytes)
{
	unsigned char data[8];

	for (int i = 0; i < bytes; i++)
		data[i] = (unsigned char) ((uint64_t) number >> (8 * (bytes - 1 - i)));
	put_bytes(buffer, data, bytes);
}

static void
put_text(JobBuffer *buffer, const char *text)
{
	put_bytes(buffer, text, text ? strlen(text) : 0);
}

/* The hash that the row must have: see event_hash.c of the library, which this form is of, version 1. */
static bool
event_hash(Verifier *v, char **f, unsigned char *hash)
{
	static const int numbers[] = {EVENT_ID, TICKET_ID, SEQ, RUN};
	JobBuffer	form = {0};
	unsigned char note_digest[HASH];
	unsigned char detail_digest[HASH];
	int64_t		number = 0;
	bool		ok = true;

	job_buffer_reset(&form);
	job_buffer_add(&form, "\1", 1);
	for (int i = 0; i < 4 && ok; i++)
	{
		ok = read_number(f[numbers[i]], &number);
		put_number(&form, number, i < 2 ? 8 : 4);
	}
	for (int i = AT; i <= RECORDED_AT && ok; i++)
	{
		ok = read_time(f[i], &number);
		put_number(&form, number, 8);
	}
	put_text(&form, f[ACTION]);
	put_text(&form, f[FROM_STATE]);
	put_text(&form, f[TO_STATE]);
	put_text(&form, f[ACTOR]);
	put_text(&form, f[LOGIN]);
	if (f[NOTE_DIGEST] != NULL)
		ok = ok && read_bytes(f[NOTE_DIGEST], note_digest, HASH) == HASH;
	put_bytes(&form, f[NOTE_DIGEST] ? note_digest : NULL, HASH);
	if (f[DETAIL] != NULL)
		hash_bytes(v, f[DETAIL], strlen(f[DETAIL]), detail_digest);
	put_bytes(&form, f[DETAIL] ? detail_digest : NULL, HASH);
	hash_bytes(v, form.data, form.len, hash);
	job_buffer_free(&form);
	return ok;
}

/* ---- seals ---- */

static int64_t
get_number(const unsigned char *data, int bytes)
{
	uint64_t	number = 0;

	for (int i = 0; i < bytes; i++)
		number = number << 8 | data[i];
	return (int64_t) number;
}

/* Take the next seal in hand, which must follow the one before; false at the end. */
static bool
next_seal(Verifier *v, bool *failed)
{
	char	   *line = archive_next(v->seals, failed);
	char	   *f[8];
	int64_t		id,
				from,
				to,
				events;
	int64_t		before = 0;
	unsigned char previous[HASH];
	unsigned char root[HASH];
	unsigned char computed[HASH];
	long		previous_len = 0;
	long		len = -1;
	char		hex[ARCHIVE_HEX];

	v->next_entry = 0;
	v->entries.len = 0;
	if (line == NULL)
		return false;
	if (cut_fields(line, f, 8) != 8 || !read_number(f[0], &id) || !read_number(f[1], &from) || !read_number(f[2], &to) ||
		!read_number(f[3], &events) || (f[5] != NULL && (previous_len = read_bytes(f[5], previous, HASH)) != HASH) ||
		read_bytes(f[6], root, HASH) != HASH)
	{
		problem(v, "line %lld of %s is no seal", v->nseals + 1, archive_file_name(TABLE_SEAL));
		*failed = true;
		return false;
	}
	if (f[7] != NULL)
	{
		size_t		room = strlen(f[7]) / 2;

		job_buffer_reserve(&v->entries, room);
		len = read_bytes(f[7], (unsigned char *) v->entries.data, room);
		v->entries.len = len > 0 ? (size_t) len : 0;
	}
	if (len != events * ENTRY)
		problem(v, "seal %" PRId64 " has not the hashes of its %" PRId64 " events", id, events);
	EVP_DigestInit_ex(v->ctx, EVP_sha256(), NULL);
	EVP_DigestUpdate(v->ctx, previous, previous_len);
	for (size_t at = 0; at + ENTRY <= v->entries.len; at += ENTRY)
	{
		const unsigned char *entry = (const unsigned char *) v->entries.data + at;
		int64_t		event_id = get_number(entry, 8);

		EVP_DigestUpdate(v->ctx, entry + ENTRY - HASH, HASH);
		if (event_id < from || event_id > to || event_id <= before)
			problem(v, "event %" PRId64 " is out of its place in seal %" PRId64, event_id, id);
		before = event_id;
	}
	EVP_DigestFinal_ex(v->ctx, computed, NULL);
	if (memcmp(computed, root, HASH) != 0)
		problem(v, "the root of seal %" PRId64 " is not that of its events", id);
	if (v->nseals > 0 && id <= v->seal_id)
		problem(v, "seal %" PRId64 " does not come after seal %" PRId64, id, v->seal_id);
	if (v->nseals > 0 && id == v->seal_id + 1 && (previous_len != HASH || memcmp(previous, v->root, HASH) != 0))
		problem(v, "seal %" PRId64 " does not follow the root of the one before it", id);
	if (v->nseals == 0 && id != v->archive->first_seal)
		problem(v, "the first seal is %" PRId64 ", not %lld", id, v->archive->first_seal);
	archive_hex(root, hex);
	v->root_found |= v->wanted_root != NULL && strcmp(hex, v->wanted_root) == 0;
	if (v->roots != NULL)
	{
		job_buffer_add(v->roots, (const char *) &id, sizeof(id));
		job_buffer_add(v->roots, (const char *) root, HASH);
	}
	v->nseals++;
	v->seal_id = id;
	memcpy(v->root, root, HASH);
	return true;
}

/* The next entry of a ticket of the archive; NULL at the end. */
static const unsigned char *
next_entry(Verifier *v, bool *failed)
{
	for (;;)
	{
		while (v->next_entry + ENTRY <= v->entries.len)
		{
			const unsigned char *entry = (const unsigned char *) v->entries.data + v->next_entry;
			int64_t		ticket_id = get_number(entry + 8, 8);

			v->next_entry += ENTRY;
			if (ticket_id >= v->archive->first && ticket_id <= v->archive->last)
				return entry;
		}
		if (!next_seal(v, failed))
			return NULL;
	}
}

/* ---- events ---- */

static void
end_block(Verifier *v)
{
	unsigned char digest[HASH];

	EVP_DigestFinal_ex(v->block_ctx, digest, NULL);
	EVP_DigestUpdate(v->digest_ctx, digest, HASH);
}

static void
add_to_digest(Verifier *v, int64_t event_id, const unsigned char *hash)
{
	if (v->nevents > 0 && event_id / BLOCK != v->block)
		end_block(v);
	if (v->nevents == 0 || event_id / BLOCK != v->block)
		EVP_DigestInit_ex(v->block_ctx, EVP_sha256(), NULL);
	v->block = event_id / BLOCK;
	EVP_DigestUpdate(v->block_ctx, hash, HASH);
	v->nevents++;
}

static void
missing(Verifier *v, const unsigned char *entry)
{
	problem(v, "event %" PRId64 ", seq %" PRId64 " of ticket %" PRId64 ", is missing", get_number(entry, 8),
			get_number(entry + 16, 4), get_number(entry + 8, 8));
}

static bool
verify_events(Verifier *v)
{
	ArchiveReader *reader = archive_open(v->folder, TABLE_EVENT);
	const unsigned char *entry;
	unsigned char digest[HASH];
	char		hex[ARCHIVE_HEX];
	bool		failed = false;
	int64_t		last = 0;
	char	   *line;

	v->seals = archive_open(v->folder, TABLE_SEAL);
	if (reader == NULL || v->seals == NULL)
	{
		if (reader != NULL)
			archive_end(reader);
		if (v->seals != NULL)
			archive_end(v->seals);
		return false;
	}
	EVP_DigestInit_ex(v->digest_ctx, EVP_sha256(), NULL);
	entry = next_entry(v, &failed);
	while (!failed && (line = archive_next(reader, &failed)) != NULL)
	{
		char	   *f[EVENT_COLUMNS];
		unsigned char stored[HASH];
		unsigned char hash[HASH];
		int64_t		event_id,
					ticket_id,
					seq;

		if (cut_fields(line, f, EVENT_COLUMNS) != EVENT_COLUMNS || !read_number(f[EVENT_ID], &event_id) ||
			!read_number(f[TICKET_ID], &ticket_id) || !read_number(f[SEQ], &seq) ||
			read_bytes(f[EVENT_HASH], stored, HASH) != HASH)
		{
			problem(v, "line %lld of %s is no event", v->nevents + 1, archive_file_name(TABLE_EVENT));
			failed = true;
			break;
		}
		if (v->nevents == 0 && event_id != v->archive->first_event_id)
			problem(v, "the first event is %" PRId64 ", not %lld", event_id, v->archive->first_event_id);
		add_to_digest(v, event_id, stored);
		last = event_id;
		while (entry != NULL && get_number(entry, 8) < event_id)
		{
			missing(v, entry);
			entry = next_entry(v, &failed);
		}
		if (!event_hash(v, f, hash) || memcmp(hash, stored, HASH) != 0)
			problem(v, "event %" PRId64 ", seq %" PRId64 " of ticket %" PRId64 ", has been changed: its hash is not that of the row",
					event_id, seq, ticket_id);
		else if (f[NOTE] != NULL)
		{
			unsigned char note[HASH];
			unsigned char noted[HASH];

			hash_bytes(v, f[NOTE], strlen(f[NOTE]), note);
			if (read_bytes(f[NOTE_DIGEST], noted, HASH) != HASH || memcmp(note, noted, HASH) != 0)
				problem(v, "event %" PRId64 ", seq %" PRId64 " of ticket %" PRId64 ", has been changed: its note is not that of its digest",
						event_id, seq, ticket_id);
		}
		if (entry == NULL || get_number(entry, 8) != event_id)
			problem(v, "event %" PRId64 ", seq %" PRId64 " of ticket %" PRId64 ", has been added: no seal has it",
					event_id, seq, ticket_id);
		else
		{
			if (get_number(entry + 8, 8) != ticket_id || get_number(entry + 16, 4) != seq || memcmp(entry + 20, stored, HASH) != 0)
				problem(v, "event %" PRId64 ", seq %" PRId64 " of ticket %" PRId64 ", has been changed: its seal has another hash",
						event_id, seq, ticket_id);
			entry = next_entry(v, &failed);
		}
	}
	for (; !failed && entry != NULL; entry = next_entry(v, &failed))
		missing(v, entry);
	/* seals after the last event of the archive cannot be: they have none of it */
	archive_end(reader);
	archive_end(v->seals);
	if (failed)
		return false;

	if (v->nevents > 0)
		end_block(v);
	EVP_DigestFinal_ex(v->digest_ctx, digest, NULL);
	archive_hex(digest, hex);
	if (strcmp(hex, v->archive->digest) != 0)
		problem(v, "the digest of its events is %s, not %s", hex, v->archive->digest);
	if (last != v->archive->last_event_id)
		problem(v, "the last event is %" PRId64 ", not %lld", last, v->archive->last_event_id);
	if (v->nevents != v->archive->files[TABLE_EVENT].rows)
		problem(v, "it has %lld events, not %lld", v->nevents, v->archive->files[TABLE_EVENT].rows);
	if (v->nseals != v->archive->files[TABLE_SEAL].rows || v->seal_id != v->archive->last_seal)
		problem(v, "it has %lld seals up to %" PRId64 ", not %lld up to %lld", v->nseals, v->seal_id,
				v->archive->files[TABLE_SEAL].rows, v->archive->last_seal);
	archive_hex(v->root, hex);
	if (strcmp(hex, v->archive->root) != 0)
		problem(v, "its last root is %s, not %s", hex, v->archive->root);
	if (v->wanted_root != NULL && !v->root_found)
		problem(v, "none of its seals has the root %s", v->wanted_root);
	return true;
}

/* What no hash is kept of is at least all there, and of the archive's range. */
static bool
verify_rows(Verifier *v, ArchiveTable table)
{
	ArchiveReader *reader = archive_open(v->folder, table);
	long long	rows = 0;
	bool		failed = reader == NULL;
	char	   *line;

	while (!failed && (line = archive_next(reader, &failed)) != NULL)
	{
		int64_t		key = strtoll(line, NULL, 10);

		rows++;
		if (key < v->archive->first || key > v->archive->last)
			problem(v, "line %lld of %s is not of its range", rows, archive_file_name(table));
	}
	if (reader != NULL)
		archive_end(reader);
	if (!failed && rows != v->archive->files[table].rows)
		problem(v, "%s has %lld rows, not %lld", archive_file_name(table), rows, v->archive->files[table].rows);
	return !failed;
}

bool
archive_verify(const char *folder, Archive *archive, const char *root, JobBuffer *roots)
{
	Verifier	v = {.folder = folder, .archive = archive, .wanted_root = root, .roots = roots};
	bool		done = archive_read_manifest(folder, archive);

	for (ArchiveTable t = 0; done && t < ARCHIVE_TABLES; t++)
	{
		ArchiveFile file;

		if (!archive_has(archive->kind, t))
			continue;
		done = archive_file_digest(folder, t, &file);
		if (done && (file.bytes != archive->files[t].bytes || strcmp(file.sha256, archive->files[t].sha256) != 0))
			problem(&v, "%s has %lld bytes and SHA-256 %s, not %lld and %s", archive_file_name(t), file.bytes, file.sha256,
					archive->files[t].bytes, archive->files[t].sha256);
	}
	v.ctx = EVP_MD_CTX_new();
	v.block_ctx = EVP_MD_CTX_new();
	v.digest_ctx = EVP_MD_CTX_new();
	if (v.ctx == NULL || v.block_ctx == NULL || v.digest_ctx == NULL)
	{
		job_complain("out of memory");
		exit(JOB_FAILED);
	}
	if (done && archive->kind == ARCHIVE_HISTORY)
		done = verify_events(&v) && verify_rows(&v, TABLE_ALARM);
	else if (done)
		done = verify_rows(&v, TABLE_OUTBOX);
	EVP_MD_CTX_free(v.ctx);
	EVP_MD_CTX_free(v.block_ctx);
	EVP_MD_CTX_free(v.digest_ctx);
	job_buffer_free(&v.entries);
	if (v.problems > MAX_TOLD)
		job_complain("%s: and %lld more", folder, v.problems - MAX_TOLD);
	return done && v.problems == 0;
}
