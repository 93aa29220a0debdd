/*
 * emergency.h: what an emergency does to the tickets that it catches.
 */
#ifndef LISKEBAN_EMERGENCY_H
#define LISKEBAN_EMERGENCY_H

#include "ticket_change.h"

/*
 * Catch the ticket as the change leaves it, where an emergency runs at the event's time that is about its category and
 * area: the earlier due, priority 1.  For a ticket that is worked on; old is NULL when it is reported.
 */
extern void emergency_apply(Change *change, const TicketRow *old);

/* LK002 for what no emergency lets happen while it lasts: a suspension, a return, an extension. */
extern void emergency_check(const Change *change, const char *action);

/*
 * What was open when an emergency began that had been declared ahead, and what could not be locked then, is caught, at
 * the time it began.  Before each, sweep_to is called with that time.  For the sweep.
 */
extern void emergency_sweep(TimestampTz as_of, void (*sweep_to) (TimestampTz as_of, void *arg), void *arg);

#endif							/* LISKEBAN_EMERGENCY_H */
