/*
 * consequence.h: what else follows from a ticket's moves, in other tables.
 */
#ifndef LISKEBAN_CONSEQUENCE_H
#define LISKEBAN_CONSEQUENCE_H

#include "postgres.h"
#include "access/tupdesc.h"
#include "utils/tuplestore.h"

#include "lifecycle.h"

/* The moves of one statement, gathered by the log. */
typedef struct ConsequenceBuffer
{
	TupleDesc	desc;
	Tuplestorestate *rows;
	int64		nrows;
	uint32		actions;		/* a bit for each Action that occurred */
} ConsequenceBuffer;

extern void consequence_begin(ConsequenceBuffer *moves);

/* What became of old, by the move of that name (NULL: none of the table's), as far as anything follows from it. */
extern void consequence_add(ConsequenceBuffer *moves, const TicketRow *old, const TicketRow *new, const char *move);

/* Is one of the rules running?  Then what it writes is the platform's. */
extern bool consequence_active(void);

/* Do what follows, as the owner, once the events are written. */
extern void consequence_end(ConsequenceBuffer *moves);

#endif							/* LISKEBAN_CONSEQUENCE_H */
