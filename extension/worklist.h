/*
 * worklist.h: the narrow row of an open ticket.
 */
#ifndef LISKEBAN_WORKLIST_H
#define LISKEBAN_WORKLIST_H

#include "alarm.h"
#include "ticket_row.h"

typedef struct WorklistWriter WorklistWriter;

/* One writer serves all tickets of a statement. */
extern WorklistWriter *worklist_open(void);
extern void worklist_close(WorklistWriter *writer);

/*
 * Bring the worklist's row in line with the ticket's change; old NULL for a new ticket.  Levels of old's clocks that
 * passed before now, and that no sweep has seen, go into alarms (NULL: none are to fire).  True when the ticket left the
 * list and something may have passed that hangs on it: subject_settle_gone() is to follow once the alarms are written.
 */
extern bool worklist_write(WorklistWriter *writer, const TicketRow *old, const TicketRow *new, TimestampTz now,
						   AlarmBuffer *alarms);

/*
 * When the sweep has to look at a ticket: because of its own clocks, because of what hangs on it; DT_NOEND where there is
 * nothing to come.  next_alarm_at is the earlier.
 */
typedef struct WorklistTimes
{
	TimestampTz own;
	TimestampTz subject;
} WorklistTimes;

/* False when the ticket is not on the list.  The times set are those of the row found last. */
extern bool worklist_times(WorklistWriter *writer, int64 ticket_id, WorklistTimes *times);
extern void worklist_set_times(WorklistWriter *writer, const WorklistTimes *times);

/* Bring the worklist's row, if there is one, in line with a ticket as it is now (new), whatever became of it meanwhile. */
extern bool worklist_follow(WorklistWriter *writer, const TicketRow *old, const TicketRow *new, TimestampTz now,
							AlarmBuffer *alarms);

#endif							/* LISKEBAN_WORKLIST_H */
