/*
 * worklist.h: the narrow row of an open ticket.
 */
#ifndef LISKEBAN_WORKLIST_H
#define LISKEBAN_WORKLIST_H

#include "ticket_row.h"

typedef struct WorklistWriter WorklistWriter;

/* One writer serves all tickets of a statement. */
extern WorklistWriter *worklist_open(void);
extern void worklist_close(WorklistWriter *writer);

/* Bring the worklist's row in line with the ticket's change; old NULL for a new ticket. */
extern void worklist_write(WorklistWriter *writer, const TicketRow *old, const TicketRow *new);

/* Bring the worklist's row, if there is one, in line with a ticket as it is now, whatever became of it meanwhile. */
extern void worklist_follow(WorklistWriter *writer, const TicketRow *now);

#endif							/* LISKEBAN_WORKLIST_H */
