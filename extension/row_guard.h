/*
 * row_guard.h: a row of a small table as its BEFORE trigger sees it: what it was, what it is to be, what changed.
 *
 * For the guards of what hangs on tickets and directives; the ticket's own has ticket_row.h.  Columns are found by name,
 * so that a DBA may add some.
 */
#ifndef LISKEBAN_ROW_GUARD_H
#define LISKEBAN_ROW_GUARD_H

#include "postgres.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/timestamp.h"

#include "area_code.h"

typedef struct RowGuard
{
	TriggerData *trigdata;
	TupleDesc	desc;
	bool		insert;			/* then there is no old row: its columns are all NULL */
	Datum	   *old_values;
	bool	   *old_nulls;
	Datum	   *values;
	bool	   *nulls;
} RowGuard;

/*
 * Take the row apart.  To be called BEFORE INSERT OR UPDATE OR DELETE FOR EACH ROW, and BEFORE TRUNCATE for each
 * statement: the row of such a table is never deleted (LK004).
 */
extern void row_guard_begin(RowGuard *g, FunctionCallInfo fcinfo, const char *function);

/* The row as it is to be written. */
extern HeapTuple row_guard_end(const RowGuard *g);

/* The column's place in the arrays; an error when the table has none of that name. */
extern int	row_guard_column(const RowGuard *g, const char *name);

extern bool row_guard_changed(const RowGuard *g, const char *name);

/* One of them: names end with NULL. */
extern bool row_guard_any_changed(const RowGuard *g, const char *const *names);

/* Was it NULL before, and is something now? */
extern bool row_guard_given(const RowGuard *g, const char *name);

extern bool row_guard_isnull(const RowGuard *g, const char *name);
extern bool row_guard_was_null(const RowGuard *g, const char *name);

/* NULL for NULL; palloc'd. */
extern char *row_guard_text(const RowGuard *g, const char *name);

/* 0 for NULL. */
extern int64 row_guard_int64(const RowGuard *g, const char *name);

extern TimestampTz row_guard_time(const RowGuard *g, const char *name);
extern TimestampTz row_guard_old_time(const RowGuard *g, const char *name);
extern Datum row_guard_datum(const RowGuard *g, const char *name);

extern void row_guard_set(RowGuard *g, const char *name, Datum value);
extern void row_guard_set_text(RowGuard *g, const char *name, const char *value);
extern void row_guard_set_null(RowGuard *g, const char *name);
extern void row_guard_set_old(RowGuard *g, const char *name);	/* as it was */

/* LK003 when one of the columns is written: names end with NULL. */
extern void row_guard_kept(const RowGuard *g, const char *const *names);

/* LK003 when the column is first written without the one that it follows from. */
extern void row_guard_follows(const RowGuard *g, const char *name, const char *from);

/* LK002 unless the text column holds something. */
extern void row_guard_required(const RowGuard *g, const char *name);

/* 55000: has been given, and is not taken back. */
extern void row_guard_given_once(const RowGuard *g, const char *name);

/* LK006 unless the column is NULL or lies after the time given. */
extern void row_guard_ahead(const RowGuard *g, const char *name, TimestampTz after);

#endif							/* LISKEBAN_ROW_GUARD_H */
