/*
 * outbox.h: notifications out: what the platform appends to liskeban.outbox.
 */
#ifndef LISKEBAN_OUTBOX_H
#define LISKEBAN_OUTBOX_H

#include "postgres.h"
#include "access/tupdesc.h"
#include "executor/spi.h"
#include "utils/tuplestore.h"

#include "ticket_row.h"

/* What the tickets of one statement have to tell, gathered by the log. */
typedef struct OutboxBuffer
{
	TupleDesc	desc;
	Tuplestorestate *rows;
	int64		nrows;
} OutboxBuffer;

/* outbox_ticket.c */
extern void outbox_begin(OutboxBuffer *outbox);

/* Gather what a changed ticket tells its new holder, and its source; most changes tell nothing. */
extern void outbox_collect(OutboxBuffer *outbox, const TicketRow *old, const TicketRow *new);

/* Append what was gathered, as the owner. */
extern void outbox_end(OutboxBuffer *outbox);

/*
 * Run an INSERT of the platform's own that begins with OUTBOX_INSERT, as the owner; SPI is connected and knows the
 * relations it reads, nrows of them.  The plan is kept in *plan (query_plan_for()).
 */
#define OUTBOX_INSERT "INSERT INTO liskeban.outbox (at, topic, payload) "
extern void outbox_append(SPIPlanPtr *plan, const char *sql, double nrows);

/* Once a sweep: wake the consumers where there is something to take. */
extern void outbox_notify(void);

#endif							/* LISKEBAN_OUTBOX_H */
