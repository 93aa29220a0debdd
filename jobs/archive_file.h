/*
 * archive_file.h: an archive as it lies on disk: a folder with a manifest and one gzipped file for each table.
 */
#ifndef ARCHIVE_FILE_H
#define ARCHIVE_FILE_H

#include "job_common.h"

#define ARCHIVE_HEX 65			/* a SHA-256 in hexadecimal, terminated */

typedef enum ArchiveKind
{
	ARCHIVE_HISTORY,
	ARCHIVE_OUTBOX
} ArchiveKind;

/* The files of an archive; of an outbox only that. */
typedef enum ArchiveTable
{
	TABLE_EVENT,
	TABLE_ALARM,
	TABLE_SEAL,
	TABLE_OUTBOX,
	ARCHIVE_TABLES
} ArchiveTable;

typedef struct ArchiveFile
{
	long long	rows;
	long long	bytes;			/* of the file as it lies there */
	char		sha256[ARCHIVE_HEX];
} ArchiveFile;

/* What the manifest says. */
typedef struct Archive
{
	ArchiveKind kind;
	char		district[19];
	char		version[32];
	char		made_at[64];
	long long	first;			/* ticket_id, or id of the outbox */
	long long	last;
	long long	first_event_id;
	long long	last_event_id;
	long long	first_seal;
	long long	last_seal;
	char		root[ARCHIVE_HEX];	/* of last_seal */
	char		digest[ARCHIVE_HEX];	/* see liskeban.archive.digest */
	ArchiveFile files[ARCHIVE_TABLES];
} Archive;

/* File name, columns in their order as COPY takes them, and whether an archive of that kind has it. */
extern const char *archive_file_name(ArchiveTable table);
extern const char *archive_columns(ArchiveTable table);
extern bool archive_has(ArchiveKind kind, ArchiveTable table);

/* Write a table's file line by line; done says that all of it came, and then it is on disk. */
typedef struct ArchiveWriter ArchiveWriter;
extern ArchiveWriter *archive_create(const char *folder, ArchiveTable table);
extern bool archive_write(ArchiveWriter *writer, const char *data, size_t len);
extern bool archive_close(ArchiveWriter *writer, bool done, ArchiveFile *file);

/* Read it: the next line without its end, or NULL at the end, or with failed where it cannot be read. */
typedef struct ArchiveReader ArchiveReader;
extern ArchiveReader *archive_open(const char *folder, ArchiveTable table);
extern char *archive_next(ArchiveReader *reader, bool *failed);
extern void archive_end(ArchiveReader *reader);

/* Manifest and folder; each says why where it fails. */
extern bool archive_write_manifest(const char *folder, const Archive *archive);
extern bool archive_read_manifest(const char *folder, Archive *archive);
extern bool archive_file_digest(const char *folder, ArchiveTable table, ArchiveFile *file);
extern bool archive_sync(const char *folder);
extern bool archive_remove(const char *folder);
extern void archive_hex(const unsigned char *digest, char *hex);

/*
 * Whether an archive is what its manifest says and, if history, what its seals say: each row by its hash, each seal by
 * its root, and nothing missing and nothing added between them.  Fills archive; says what does not hold.
 * root, if not NULL, must be that of a seal in it; roots, if not NULL, gets (seal_id, root in binary) for each seal.
 */
extern bool archive_verify(const char *folder, Archive *archive, const char *root, JobBuffer *roots);

#endif							/* ARCHIVE_FILE_H */
