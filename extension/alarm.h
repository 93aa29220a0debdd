/*
 * alarm.h: levels of clocks that passed, gathered and then written in one set.
 */
#ifndef LISKEBAN_ALARM_H
#define LISKEBAN_ALARM_H

#include "postgres.h"
#include "access/tupdesc.h"
#include "utils/tuplestore.h"

#include "sla.h"
#include "ticket_row.h"

typedef struct AlarmBuffer
{
	TupleDesc	desc;
	Tuplestorestate *rows;
	int64		nrows;
	TimestampTz fired_at;
} AlarmBuffer;

extern void alarm_begin(AlarmBuffer *alarms, TimestampTz fired_at);

/* Gather one level; ticket_id 0: a directive's, subject 0: the ticket's own clock. */
extern void alarm_add(AlarmBuffer *alarms, int64 ticket_id, int64 subject, const RunningClock *clock, Lamp level,
					  TimestampTz at);

/* Gather each level of the ticket's running clocks whose instant lies in [from, until]. */
extern void alarm_collect(AlarmBuffer *alarms, const TicketRow *row, TimestampTz from, TimestampTz until);

/* Write what was gathered, as the owner; what has fired already is left.  Returns how many rows were new. */
extern int64 alarm_end(AlarmBuffer *alarms);

#endif							/* LISKEBAN_ALARM_H */
