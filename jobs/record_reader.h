/*
 * record_reader.h: the records of a file, CSV or newline-delimited JSON, plain or gzipped, as they stand in it.
 */
#ifndef RECORD_READER_H
#define RECORD_READER_H

#include <stdbool.h>
#include <stddef.h>

typedef enum RecordFormat
{
	FORMAT_UNKNOWN = 0,
	FORMAT_CSV,
	FORMAT_JSON
} RecordFormat;

typedef struct RecordReader RecordReader;

/* Open a file, or standard input for "-"; NULL when that failed, said why. */
extern RecordReader *reader_open(const char *path, RecordFormat format);
extern void reader_close(RecordReader *reader);

extern RecordFormat reader_format(const RecordReader *reader);

/* One record: valid until the next call. */
typedef struct Record
{
	const char *data;
	size_t		len;			/* without the end of its line */
	long long	line_no;		/* on which it begins, from 1 */
	const char *fault;			/* what is wrong with how it stands in the file, or NULL */
} Record;

/* 1 with a record, 0 at the end, -1 when reading failed, said why.  The first one of a CSV file is its header. */
extern int	reader_next(RecordReader *reader, Record *record);

/* How much of the file is read, 0 to 1, or -1 when that cannot be told. */
extern double reader_fraction(const RecordReader *reader);

/* A whole file in memory, terminated; NULL when that failed, said why. */
extern char *reader_slurp(const char *path, size_t *len);

#endif							/* RECORD_READER_H */
