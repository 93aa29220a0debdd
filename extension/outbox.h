/*
 * outbox.h: notifications out: what the platform appends to liskeban.outbox.
 */
#ifndef LISKEBAN_OUTBOX_H
#define LISKEBAN_OUTBOX_H

#include "postgres.h"
#include "access/tupdesc.h"
#include "utils/tuplestore.h"

#include "ticket_row.h"

/* What the tickets of one statement have to tell, gathered by the log. */
typedef struct OutboxBuffer
{
	TupleDesc	desc;
	Tuplestorestate *rows;
	int64		nrows;
} OutboxBuffer;

extern void outbox_begin(OutboxBuffer *outbox);

/* Gather what a changed ticket tells its new holder, and its source; most changes tell nothing. */
extern void outbox_collect(OutboxBuffer *outbox, const TicketRow *old, const TicketRow *new);

/* Append what was gathered, as the owner. */
extern void outbox_end(OutboxBuffer *outbox);

/* Once a sweep: wake the consumers where there is something to take. */
extern void outbox_notify(void);

#endif							/* LISKEBAN_OUTBOX_H */
