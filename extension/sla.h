/*
 * sla.h: the clocks of a ticket: when what is due, and at which instants their levels fire.
 */
#ifndef LISKEBAN_SLA_H
#define LISKEBAN_SLA_H

#include "postgres.h"
#include "calendar.h"
#include "ticket_row.h"

/* In the order of the enum liskeban.clock. */
typedef enum ClockKind
{
	CLOCK_ACCEPT = 0,
	CLOCK_DISPATCH,
	CLOCK_RESPOND,
	CLOCK_CONTACT,
	CLOCK_PLAN,
	CLOCK_RESOLVE,
	CLOCK_FEEDBACK,
	CLOCK_SIGN,
	CLOCK_HANDLE,
	CLOCK_REPLY,
	CLOCK_PARTY,
	CLOCK_PROGRESS
} ClockKind;

/* In the order of the enum liskeban.lamp. */
typedef enum Lamp
{
	LAMP_GREEN = 0,
	LAMP_YELLOW,
	LAMP_RED,
	LAMP_RED2,
	LAMP_RED3
} Lamp;

/* A clock that runs: its due time and the time it was given with. */
typedef struct RunningClock
{
	ClockKind	clock;
	TimestampTz due;
	int64		given;			/* microseconds of basis */
	TimeBasis	basis;
	int32		run;			/* how often the clock had been set, from 1 */
} RunningClock;

/* What each step of a ticket's life does to its clocks; each works on the new row, at the event's time. */
extern void sla_on_report(TicketRow *new, TimestampTz at);
extern void sla_on_accept(TicketRow *new, TimestampTz at);
extern void sla_on_plan(TicketRow *new, TimestampTz at);
extern void sla_on_resolve(TicketRow *new, TimestampTz at);
extern void sla_on_stop(TicketRow *new, TimestampTz at);
extern void sla_on_restart(TicketRow *new, TimestampTz at);
extern void sla_on_unmerge(TicketRow *new, TimestampTz at);
extern TimestampTz sla_restart_at(const TicketRow *suspended, bool by_platform, TimestampTz at);
extern void sla_on_rework(const TicketRow *old, TicketRow *new, TimestampTz at);
extern void sla_on_reopen(TicketRow *new, TimestampTz at);
extern void sla_on_reclassify(const TicketRow *old, TicketRow *new, TimestampTz at);
/* An emergency's limit, where it is earlier; and another due put back to what it was, for it keeps it. */
extern void sla_on_emergency(const TicketRow *old, TicketRow *new, TimestampTz limit, int64 within);
extern void sla_keep_resolve(const TicketRow *old, TicketRow *new);
extern void sla_extend(TicketRow *new, TimestampTz until, TimestampTz at);

/* The clocks that run on a ticket as it stands; at most SLA_MAX_RUNNING. */
#define SLA_MAX_RUNNING 4
extern int	sla_running(const TicketRow *row, RunningClock *clocks);

/* The instant at which a level of a clock fires. */
extern TimestampTz sla_level_at(const RunningClock *clock, Lamp level);

/* When plan or resolve, whichever runs, is due; false where neither does. */
extern bool sla_work_due(const TicketRow *row, TimestampTz *due);

/*
 * The earliest instant not before from at which the sweep has to look at the ticket: a level of a running clock, or
 * the end of a suspension; false when there is none.
 */
extern bool sla_next_alarm(const TicketRow *row, TimestampTz from, TimestampTz *next);

/*
 * The earliest level that nobody can have seen, for an event moved it to before now: a running clock that was given
 * less time by a change of rules, or of category or difficulty; false when there is none.
 */
extern bool sla_passed_at_once(const TicketRow *old, const TicketRow *new, TimestampTz now, TimestampTz *first);

#endif							/* LISKEBAN_SLA_H */
