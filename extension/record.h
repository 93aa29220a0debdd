/*
 * record.h: what a source sends, read without ever raising for what it says.
 */
#ifndef LISKEBAN_RECORD_H
#define LISKEBAN_RECORD_H

#include "postgres.h"
#include "datatype/timestamp.h"
#include "pgtime.h"
#include "utils/jsonb.h"

/*
 * An instant in ISO 8601 (year first, also with slashes); without an offset it is local time of zone.  False when it
 * is none, never an error.
 */
extern bool record_read_time(const char *str, pg_tz *zone, TimestampTz *result);

/* A zone by name; 22023 when there is none. */
extern pg_tz *record_zone(const char *name);

/* A value of a source as it is quoted in a reason: one line, not too long.  palloc'd. */
extern char *record_quote(const char *str, int len);

#endif							/* LISKEBAN_RECORD_H */
