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

#endif							/* LISKEBAN_WORKLIST_H */
