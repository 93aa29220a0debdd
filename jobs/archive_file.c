/*
 * archive_file.c: writes and reads the files of an archive.
 *
 * Each table's file is what COPY gives, gzipped: "zcat ticket_event.copy.gz | psql -c '\copy t from stdin'" loads it.
 * manifest.json tells what is in them, with their SHA-256 as sha256sum prints it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <openssl/evp.h>

#include "archive_file.h"

#define MANIFEST "manifest.json"
#define CHUNK (128 * 1024)

struct ArchiveWriter
{
	char	   *path;
	const char *folder;
	ArchiveTable table;
	int			fd;
	gzFile		file;
	long long	rows;
};

struct ArchiveReader
{
	char	   *path;
	gzFile		file;
	JobBuffer	buffer;			/* what was read and not handed out yet begins at start */
	size_t		start;
	bool		at_end;
};

static const struct
{
	const char *name;
	const char *columns;
	ArchiveKind kind;
}			tables[ARCHIVE_TABLES] = {
	[TABLE_EVENT] = {"ticket_event.copy.gz", "event_id, ticket_id, seq, run, at, recorded_at, action, from_state,"
	" to_state, actor, login, note, note_digest, detail, hash", ARCHIVE_HISTORY},
	[TABLE_ALARM] = {"alarm.copy.gz", "ticket_id, alarm_id, at, fired_at, subject, clock, level, run", ARCHIVE_HISTORY},
	[TABLE_SEAL] = {"seal.copy.gz", "seal_id, from_event_id, to_event_id, events, sealed_at, previous, root, hashes",
	ARCHIVE_HISTORY},
	[TABLE_OUTBOX] = {"outbox.copy.gz", "id, at, topic, payload", ARCHIVE_OUTBOX},
};

const char *
archive_file_name(ArchiveTable table)
{
	return tables[table].name;
}

const char *
archive_columns(ArchiveTable table)
{
	return tables[table].columns;
}

bool
archive_has(ArchiveKind kind, ArchiveTable table)
{
	return tables[table].kind == kind;
}

void
archive_hex(const unsigned char *digest, char *hex)
{
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static char *
path_in(const char *folder, const char *name)
{
	size_t		size = strlen(folder) + strlen(name) + 2;
	char	   *path = job_malloc(size);

	snprintf(path, size, "%s/%s", folder, name);
	return path;
}

static bool
sync_path(const char *path, int flags)
{
	int			fd = open(path, flags);
	bool		done = fd >= 0 && fsync(fd) == 0;

	if (!done)
		job_complain("could not write \"%s\" to disk: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return done;
}

bool
archive_sync(const char *folder)
{
	return sync_path(folder, O_RDONLY | O_DIRECTORY);
}

/* ---- writing ---- */

ArchiveWriter *
archive_create(const char *folder, ArchiveTable table)
{
	ArchiveWriter *writer = job_malloc(sizeof(ArchiveWriter));

	memset(writer, 0, sizeof(*writer));
	writer->folder = folder;
	writer->table = table;
	writer->path = path_in(folder, tables[table].name);
	writer->fd = open(writer->path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (writer->fd >= 0)
		writer->file = gzdopen(dup(writer->fd), "wb6");
	if (writer->file != NULL)
		return writer;
	job_complain("could not create \"%s\": %s", writer->path, strerror(errno));
	archive_close(writer, false, NULL);
	return NULL;
}

bool
archive_write(ArchiveWriter *writer, const char *data, size_t len)
{
	writer->rows++;
	if (len == 0 || gzwrite(writer->file, data, (unsigned) len) == (int) len)
		return true;
	job_complain("could not write \"%s\": %s", writer->path, strerror(errno));
	return false;
}

bool
archive_close(ArchiveWriter *writer, bool done, ArchiveFile *file)
{
	if (writer->file != NULL && gzclose(writer->file) != Z_OK && done)
	{
		job_complain("could not write \"%s\": %s", writer->path, strerror(errno));
		done = false;
	}
	if (done && fsync(writer->fd) != 0)
	{
		job_complain("could not write \"%s\" to disk: %s", writer->path, strerror(errno));
		done = false;
	}
	if (writer->fd >= 0)
		close(writer->fd);
	if (done)
	{
		file->rows = writer->rows;
		done = archive_file_digest(writer->folder, writer->table, file);
	}
	free(writer->path);
	free(writer);
	return done;
}

/* ---- reading ---- */

ArchiveReader *
archive_open(const char *folder, ArchiveTable table)
{
	ArchiveReader *reader = job_malloc(sizeof(ArchiveReader));

	memset(reader, 0, sizeof(*reader));
	reader->path = path_in(folder, tables[table].name);
	reader->file = gzopen(reader->path, "rb");
	if (reader->file == NULL)
	{
		job_complain("could not open \"%s\": %s", reader->path, strerror(errno));
		archive_end(reader);
		return NULL;
	}
	gzbuffer(reader->file, CHUNK);
	job_buffer_reset(&reader->buffer);
	return reader;
}

char *
archive_next(ArchiveReader *reader, bool *failed)
{
	size_t		searched = reader->start;
	char		chunk[CHUNK];

	for (;;)
	{
		char	   *line = reader->buffer.data + reader->start;
		char	   *end = memchr(reader->buffer.data + searched, '\n', reader->buffer.len - searched);
		int			got;

		if (end != NULL)
		{
			*end = '\0';
			reader->start = end + 1 - reader->buffer.data;
			return line;
		}
		if (reader->at_end)
		{
			if (reader->start == reader->buffer.len)
				return NULL;
			job_complain("\"%s\" ends within a line", reader->path);
			*failed = true;
			return NULL;
		}
		memmove(reader->buffer.data, line, reader->buffer.len - reader->start);
		reader->buffer.len -= reader->start;
		reader->start = 0;
		searched = reader->buffer.len;
		got = gzread(reader->file, chunk, sizeof(chunk));
		if (got < 0 || (got == 0 && !gzeof(reader->file)))
		{
			int			error;

			job_complain("could not read \"%s\": %s", reader->path, gzerror(reader->file, &error));
			*failed = true;
			return NULL;
		}
		reader->at_end = got == 0;
		job_buffer_add(&reader->buffer, chunk, got);
	}
}

void
archive_end(ArchiveReader *reader)
{
	if (reader->file != NULL)
		gzclose(reader->file);
	job_buffer_free(&reader->buffer);
	free(reader->path);
	free(reader);
}

bool
archive_file_digest(const char *folder, ArchiveTable table, ArchiveFile *file)
{
	char	   *path = path_in(folder, tables[table].name);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	FILE	   *stream = fopen(path, "rb");
	unsigned char digest[EVP_MAX_MD_SIZE];
	char		chunk[CHUNK];
	size_t		got;
	bool		done = ctx != NULL && stream != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

	file->bytes = 0;
	while (done && (got = fread(chunk, 1, sizeof(chunk), stream)) > 0)
	{
		file->bytes += got;
		done = EVP_DigestUpdate(ctx, chunk, got) == 1;
	}
	done = done && !ferror(stream) && EVP_DigestFinal_ex(ctx, digest, NULL) == 1;
	if (done)
		archive_hex(digest, file->sha256);
	else
		job_complain("could not read \"%s\": %s", path, strerror(errno));
	if (stream != NULL)
		fclose(stream);
	EVP_MD_CTX_free(ctx);
	free(path);
	return done;
}

/* ---- manifest ---- */

bool
archive_write_manifest(const char *folder, const Archive *archive)
{
	char	   *path = path_in(folder, MANIFEST);
	int			fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	FILE	   *file = fd < 0 ? NULL : fdopen(fd, "w");
	bool		first = true;
	bool		done = file != NULL;

	if (done)
	{
		fprintf(file, "{\n  \"format\": 1,\n  \"kind\": \"%s\",\n  \"district\": \"%s\",\n  \"version\": \"%s\",\n"
				"  \"made_at\": \"%s\",\n", archive->kind == ARCHIVE_HISTORY ? "history" : "outbox", archive->district,
				archive->version, archive->made_at);
		fprintf(file, "  \"first\": %lld,\n  \"last\": %lld,\n", archive->first, archive->last);
		if (archive->kind == ARCHIVE_HISTORY)
			fprintf(file, "  \"first_event_id\": %lld,\n  \"last_event_id\": %lld,\n  \"first_seal\": %lld,\n"
					"  \"last_seal\": %lld,\n  \"root\": \"%s\",\n  \"digest\": \"%s\",\n", archive->first_event_id,
					archive->last_event_id, archive->first_seal, archive->last_seal, archive->root, archive->digest);
		fprintf(file, "  \"files\": {");
		for (ArchiveTable t = 0; t < ARCHIVE_TABLES; t++)
			if (archive_has(archive->kind, t))
			{
				fprintf(file, "%s\n    \"%s\": {\n      \"columns\": \"%s\",\n      \"rows\": %lld,\n      \"bytes\": %lld,\n"
						"      \"sha256\": \"%s\"\n    }", first ? "" : ",", tables[t].name, tables[t].columns,
						archive->files[t].rows, archive->files[t].bytes, archive->files[t].sha256);
				first = false;
			}
		fprintf(file, "\n  }\n}\n");
		done = fflush(file) == 0 && fsync(fd) == 0 && !ferror(file);
	}
	if (!done)
		job_complain("could not write \"%s\": %s", path, strerror(errno));
	if (file != NULL)
		fclose(file);
	free(path);
	return done;
}

/* The value that follows the next "key": from a place on, or NULL. */
static const char *
value_of(const char *from, const char *key)
{
	char		quoted[64];
	const char *found;

	snprintf(quoted, sizeof(quoted), "\"%s\":", key);
	found = from ? strstr(from, quoted) : NULL;
	if (found == NULL)
		return NULL;
	found += strlen(quoted);
	return found + strspn(found, " ");
}

static bool
number_of(const char *from, const char *key, long long *number)
{
	const char *value = value_of(from, key);
	char	   *end;

	if (value == NULL)
		return false;
	errno = 0;
	*number = strtoll(value, &end, 10);
	return end > value && errno == 0 && *number >= 0;
}

static bool
string_of(const char *from, const char *key, char *string, size_t size)
{
	const char *value = value_of(from, key);
	size_t		len;

	if (value == NULL || *value != '"')
		return false;
	len = strcspn(++value, "\"\\\n");
	if (value[len] != '"' || len >= size)
		return false;
	memcpy(string, value, len);
	string[len] = '\0';
	return true;
}

static bool
digest_of(const char *from, const char *key, char *digest)
{
	return string_of(from, key, digest, ARCHIVE_HEX) && strlen(digest) == ARCHIVE_HEX - 1 &&
		strspn(digest, "0123456789abcdef") == ARCHIVE_HEX - 1;
}

bool
archive_read_manifest(const char *folder, Archive *archive)
{
	char	   *path = path_in(folder, MANIFEST);
	FILE	   *file = fopen(path, "r");
	char		text[16384];
	char		kind[16];
	long long	format;
	size_t		len;
	bool		ok;

	memset(archive, 0, sizeof(*archive));
	if (file == NULL)
	{
		job_complain("could not open \"%s\": %s", path, strerror(errno));
		free(path);
		return false;
	}
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	ok = number_of(text, "format", &format) && string_of(text, "kind", kind, sizeof(kind));
	if (ok && format != 1)
	{
		job_complain("\"%s\" is of format %lld, which this version does not know", path, format);
		free(path);
		return false;
	}
	archive->kind = ok && strcmp(kind, "outbox") == 0 ? ARCHIVE_OUTBOX : ARCHIVE_HISTORY;
	ok = ok && (archive->kind == ARCHIVE_OUTBOX || strcmp(kind, "history") == 0) &&
		string_of(text, "district", archive->district, sizeof(archive->district)) &&
		string_of(text, "version", archive->version, sizeof(archive->version)) &&
		string_of(text, "made_at", archive->made_at, sizeof(archive->made_at)) &&
		number_of(text, "first", &archive->first) && number_of(text, "last", &archive->last);
	if (ok && archive->kind == ARCHIVE_HISTORY)
		ok = number_of(text, "first_event_id", &archive->first_event_id) &&
			number_of(text, "last_event_id", &archive->last_event_id) &&
			number_of(text, "first_seal", &archive->first_seal) && number_of(text, "last_seal", &archive->last_seal) &&
			digest_of(text, "root", archive->root) && digest_of(text, "digest", archive->digest);
	for (ArchiveTable t = 0; ok && t < ARCHIVE_TABLES; t++)
		if (archive_has(archive->kind, t))
		{
			const char *entry = value_of(text, tables[t].name);

			ok = number_of(entry, "rows", &archive->files[t].rows) && number_of(entry, "bytes", &archive->files[t].bytes) &&
				digest_of(entry, "sha256", archive->files[t].sha256);
		}
	if (!ok)
		job_complain("\"%s\" is no manifest of an archive", path);
	free(path);
	return ok;
}

/* Files of ours only: a folder that has others stays. */
bool
archive_remove(const char *folder)
{
	bool		done = true;

	for (int t = 0; t <= ARCHIVE_TABLES; t++)
	{
		char	   *path = path_in(folder, t < ARCHIVE_TABLES ? tables[t].name : MANIFEST);

		done &= unlink(path) == 0 || errno == ENOENT;
		free(path);
	}
	done = done && (rmdir(folder) == 0 || errno == ENOENT);
	if (!done)
		job_complain("could not remove \"%s\": %s", folder, strerror(errno));
	return done;
}
