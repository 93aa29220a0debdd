/*
 * alarm.h: levels of clocks that passed, gathered and then written in one set.
 */
#ifndef LISKEBAN_ALARM_H
#define LISKEBAN_ALARM_H

#include "postgres.h"
#include "access/tupdesc.h"
#include "utils/tuplestore.h"

#include "area_code.h"
#include "sla.h"
#include "ticket_row.h"

/* One level that passed, with what supervision has to know of it. */
typedef struct Alarm
{
	int64		alarm_id;		/* 0: it had fired before */
	int64		ticket_id;		/* 0: a directive's */
	int64		subject;		/* 0: the ticket's own clock */
	ClockKind	clock;
	ClockKind	rule;			/* the clock by which supervision_policy knows it */
	Lamp		level;
	int32		run;
	TimestampTz at;
	bool		addressed;		/* whom it is about is known: one of these, or nobody at all */
	bool		has_area;
	AreaCode	area;
	const char *department;		/* NULL: none */
} Alarm;

typedef struct AlarmBuffer
{
	TupleDesc	desc;
	Tuplestorestate *rows;
	int64		nrows;
	TimestampTz fired_at;
	MemoryContext context;		/* of all but this struct */
	Alarm	   *alarms;			/* as in rows, in the same order */
	int64		capacity;
} AlarmBuffer;

extern void alarm_begin(AlarmBuffer *alarms, TimestampTz fired_at);

/* Gather one level; ticket_id 0: a directive's, subject 0: the ticket's own clock. */
extern void alarm_add(AlarmBuffer *alarms, int64 ticket_id, int64 subject, const RunningClock *clock, Lamp level,
					  TimestampTz at);

/* Gather each level of the ticket's running clocks whose instant lies in [from, until]. */
extern void alarm_collect(AlarmBuffer *alarms, const TicketRow *row, TimestampTz from, TimestampTz until);

/*
 * Write what was gathered, as the owner; what has fired already is left, what is new sets off the supervision that
 * liskeban.supervision_policy has for it.  Returns how many rows were new.
 */
extern int64 alarm_end(AlarmBuffer *alarms);

/* clock as a Datum of the type liskeban.clock, level as one of liskeban.lamp */
extern Datum alarm_clock_datum(ClockKind clock);
extern Datum alarm_lamp_datum(Lamp level);
extern Oid	alarm_clock_type(void);
extern Oid	alarm_lamp_type(void);
extern ClockKind alarm_clock(Datum clock);
extern Lamp alarm_lamp(Datum level);

#endif							/* LISKEBAN_ALARM_H */
