/*
 * subject.h: the clocks of what hangs on a ticket: whistles, parties, progress, supervisions; and of directives.
 */
#ifndef LISKEBAN_SUBJECT_H
#define LISKEBAN_SUBJECT_H

#include "postgres.h"

#include "alarm.h"
#include "sla.h"

/* One of liskeban.subject_clock. */
typedef struct SubjectClock
{
	int64		ticket_id;		/* 0: a directive's */
	int64		subject;
	RunningClock clock;
	uint32		fired;			/* a bit for each Lamp that has an alarm */
	bool		acts;			/* at its due the sweep ends it: a whistle that climbs, a progress that was missed */
	TimestampTz until;			/* none of its levels fires later */
} SubjectClock;

typedef struct SubjectClocks
{
	int			n;
	SubjectClock *clocks;		/* in the order of their tickets */
} SubjectClocks;

/* Read the running clocks of these tickets (an int8[]); as the owner, with SPI connected. */
extern void subject_load(SubjectClocks *clocks, Datum ticket_ids);

/* Those of directives. */
extern void subject_load_directives(SubjectClocks *clocks);

/* The first clock of the ticket, and how many there are. */
extern SubjectClock *subject_find(const SubjectClocks *clocks, int64 ticket_id, int *n);

/*
 * Gather each level that has not fired and lies not after until; returns how many.  *next: the earliest instant beyond at
 * which the sweep has to look, DT_NOEND where there is none.
 */
extern int	subject_collect(SubjectClock *clocks, int n, AlarmBuffer *alarms, TimestampTz until, TimestampTz *next);

/* The same of one that has left the worklist, until nothing is left. */
extern void subject_settle_gone(int64 ticket_id, TimestampTz before);

#endif							/* LISKEBAN_SUBJECT_H */
