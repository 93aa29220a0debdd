/*
 * ticket_change.h: one statement's change of one ticket, as the guard sees it and as its consequences are stamped.
 */
#ifndef LISKEBAN_TICKET_CHANGE_H
#define LISKEBAN_TICKET_CHANGE_H

#include "access/sysattr.h"
#include "nodes/bitmapset.h"

#include "identity.h"
#include "lifecycle.h"
#include "ticket_row.h"

/* A statement's change of one ticket, as the steps below see it. */
typedef struct Change
{
	TicketRow	old;			/* not for INSERT */
	TicketRow	new;
	const Bitmapset *set_list;		/* columns of the UPDATE's SET list */
	const Transition *move;		/* NULL: none */
	const Actor *actor;
	bool		has_note;
	TimestampTz now;
	TimestampTz at;				/* when it happened */
} Change;

static inline bool
in_set_list(const Change *change, TicketColumn c)
{
	return bms_is_member(change->new.layout->attnum[c] - FirstLowInvalidHeapAttributeNumber, change->set_list);
}

static inline bool
changed(const Change *change, TicketColumn c)
{
	return row_changed(&change->old, &change->new, c);
}

static inline void
set_at(Change *change, TicketColumn c, TimestampTz t)
{
	row_set(&change->new, c, TimestampTzGetDatum(t));
}

static inline void
add_one(Change *change, TicketColumn c)
{
	row_set(&change->new, c, Int32GetDatum(row_int32(&change->old, c) + 1));
}

/* ticket_move.c: what follows from a change. */
extern void change_place(TicketRow *row);
extern void change_check_category(const TicketRow *row);
extern void change_check_holder(const Change *change);
extern Tier tier_of_holder(const TicketRow *row);
extern void change_apply_move(Change *change);
extern void change_apply_contact(Change *change);
extern void change_apply_position(Change *change);
extern void change_apply_category(Change *change);

/* Errors that both raise: LK006, LK002, 42501. */
extern void change_refuse_time(const Change *change, TicketColumn c, const char *why) pg_attribute_noreturn();
extern void change_refuse_missing(const Change *change, const char *what) pg_attribute_noreturn();
extern void change_refuse_actor(const Change *change, const char *why) pg_attribute_noreturn();

/*
 * ticket_past.c: what a ticket of a history went through, in the columns of the INSERT that loads it.  A plan counts
 * where promised_at is given too; a ticket resolved that was never dispatched was answered by the desk.
 */
typedef enum PastColumn
{
	PAST_ACCEPTED,
	PAST_DISPATCHED,
	PAST_ON_SITE,
	PAST_RESOLVED,
	PAST_CLOSED,
	PAST_PLAN,
	PAST_PROMISED,
	PAST_RESOLUTION,
	PAST_SATISFACTION,
	PAST_SOLVED
} PastColumn;
#define PAST_COLUMNS (PAST_SOLVED + 1)

typedef struct TicketPast
{
	Datum		values[PAST_COLUMNS];
	bool		nulls[PAST_COLUMNS];
} TicketPast;

/* Take the past out of a row that is to be reported; and log the report, then play the past on it. */
extern void past_take(TicketPast *past, TicketRow *row);
extern void past_play(const TicketPast *past, Change *change);

/*
 * ticket_log.c: what the guard plays of a loaded history is logged with the statement that loads it.  From begin, which
 * memory must outlive, to end.
 */
extern void ticket_log_begin_past(void);
extern void ticket_log_past(const TicketRow *old, const TicketRow *new);
extern void ticket_log_end_past(void);

/*
 * ticket_log.c: the guard says that it let a row pass.  When another statement's log ran since then (a trigger of
 * somebody's, or a WITH), the rows of this statement may have changed again by the time they are logged.
 */
extern void ticket_log_passed(void);

#endif							/* LISKEBAN_TICKET_CHANGE_H */
