/*
 * replay.h: a ticket's clocks worked out anew from its history, under the rules as they are now.
 */
#ifndef LISKEBAN_REPLAY_H
#define LISKEBAN_REPLAY_H

#include "postgres.h"
#include "utils/jsonb.h"

#include "ticket_row.h"

/* The columns that a replay works out. */
#define REPLAY_DUES 7
extern const TicketColumn replay_dues[REPLAY_DUES];

/* A ticket being replayed: the row as the present rules make it, and its dues as history has them. */
typedef struct TicketReplay
{
	TicketRow	row;
	Datum		recorded[REPLAY_DUES];
	bool		unrecorded[REPLAY_DUES];
	bool		caught;			/* by an emergency: its resolve clock is as history has it */
	bool		away;			/* rejected or merged: no change of rules reaches it */
} TicketReplay;

/* Begin with the ticket as it is; then feed its events in order.  The row's arrays are copied. */
extern void replay_begin(TicketReplay *replay, const TicketRow *present);
extern void replay_event(TicketReplay *replay, const char *action, bool by_platform, TimestampTz at, const Jsonb *detail);

/* Has the first event been fed?  Where history has been robbed of it, there is nothing to work out. */
extern bool replay_began(const TicketReplay *replay);

/* Which of the dues belong to a clock that runs, and still lie ahead of now. */
extern bool replay_due_is_ahead(const TicketRow *present, TicketColumn due, TimestampTz now);

#endif							/* LISKEBAN_REPLAY_H */
