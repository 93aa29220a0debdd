/*
 * plan.h: how far a rung may promise, how often it plans anew and how long it may hold a ticket.
 */
#ifndef LISKEBAN_PLAN_H
#define LISKEBAN_PLAN_H

#include "ticket_row.h"

/*
 * Raise LK002 unless the rung may plan this: anew only where it may, and within its longest promise, or by a granted
 * request, which is used up by the event that follows.
 */
extern void plan_check(const TicketRow *old, const TicketRow *new, TimestampTz at);

/* Raise LK002 when a suspension from then until then lets its run be suspended for longer than the rung may. */
extern void plan_check_suspension(const TicketRow *row, TimestampTz from, TimestampTz until);

/* End the reports of its progress that a ticket missed before then, each at its due, which no sweep has seen. */
extern void plan_catch_up(int64 ticket_id, TimestampTz until);

#endif							/* LISKEBAN_PLAN_H */
