/*
 * record.h: what a source sends, read without ever raising for what it says.
 */
#ifndef LISKEBAN_RECORD_H
#define LISKEBAN_RECORD_H

#include "postgres.h"
#include "datatype/timestamp.h"
#include "pgtime.h"

/*
 * An instant in ISO 8601 (year first, also with slashes); without an offset it is local time of zone.  False when it
 * is none, never an error.
 */
extern bool record_read_time(const char *str, pg_tz *zone, TimestampTz *result);

/* An instant by a pattern of to_timestamp(); without a zone in the pattern it is local time of zone. */
extern bool record_read_time_by_format(const char *str, int len, text *format, pg_tz *zone, TimestampTz *result);

/* A field of a CSV record, not terminated. */
typedef struct RecordField
{
	char	   *str;
	int			len;
} RecordField;

/*
 * Cut one CSV record (RFC 4180) into at most max fields, unescaped in place.  Returns how many there are, or -1 and a
 * reason.  A quote inside a field that does not begin with one is taken as it stands.
 */
extern int	record_split_csv(char *str, int len, RecordField *fields, int max, const char **reason);

/* How many fields a record can have at most. */
extern int	record_max_fields(const char *str, int len);

/*
 * Why jsonb would raise an error for JSON that is well formed: a number out of numeric's range, or nesting that uses up
 * the stack.  NULL when it would not.
 */
extern const char *record_json_excess(const char *str, int len);

/* A zone by name; 22023 when there is none. */
extern pg_tz *record_zone(const char *name);

/* A value of a source as it is quoted in a reason: one line, not too long.  palloc'd. */
extern char *record_quote(const char *str, int len);

#endif							/* LISKEBAN_RECORD_H */
