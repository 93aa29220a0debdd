/*
 * ticket_past.c: a ticket that comes with its past, as a history is loaded.
 *
 * The INSERT of liskeban._load_history_steps() says in the columns where a ticket keeps them when the ticket was
 * dispatched, somebody was there, it was resolved and closed, and in updated_at when it was accepted.  The guard reports
 * it as it does any ticket, then plays the rest on the row in memory, each step an event at its own time.  What is
 * written is the ticket as it ended: an UPDATE a step would leave as many dead versions in the table and its indexes.
 */
#include "postgres.h"

#include "area_code.h"
#include "liskeban.h"
#include "registry_cache.h"
#include "ticket_change.h"

/* The columns a past is given in: the times of the steps, then what came with them. */
static const TicketColumn past_columns[PAST_COLUMNS] = {
	[PAST_ACCEPTED] = TC_UPDATED_AT,
	[PAST_DISPATCHED] = TC_DISPATCHED_AT,
	[PAST_ON_SITE] = TC_ON_SITE_AT,
	[PAST_RESOLVED] = TC_RESOLVED_AT,
	[PAST_CLOSED] = TC_CLOSED_AT,
	[PAST_PLAN] = TC_PLAN,
	[PAST_PROMISED] = TC_PROMISED_AT,
	[PAST_RESOLUTION] = TC_RESOLUTION,
	[PAST_SATISFACTION] = TC_SATISFACTION,
	[PAST_SOLVED] = TC_SOLVED,
};

void
past_take(TicketPast *past, TicketRow *row)
{
	for (int i = 0; i < PAST_COLUMNS; i++)
	{
		past->nulls[i] = row_isnull(row, past_columns[i]);
		past->values[i] = row_datum(row, past_columns[i]);
		row_set_null(row, past_columns[i]);
	}
}

/* What came with the step that is being played. */
static void
give(Change *change, const TicketPast *past, PastColumn c)
{
	if (!past->nulls[c])
		row_set(&change->new, past_columns[c], past->values[c]);
}

/* The row as the last step left it is the old one of the next. */
static void
step_begin(Change *change, TicketState to, Datum at)
{
	int			natts = change->new.layout->natts;

	change->old = change->new;
	change->new.values = palloc(natts * sizeof(Datum));
	change->new.nulls = palloc(natts * sizeof(bool));
	memcpy(change->new.values, change->old.values, natts * sizeof(Datum));
	memcpy(change->new.nulls, change->old.nulls, natts * sizeof(bool));
	row_set_enum(&change->new, TC_STATE, to);
	change->at = Max(DatumGetTimestampTz(at), row_time(&change->old, TC_UPDATED_AT));
}

static void
step_end(Change *change)
{
	change->move = lifecycle_move(&change->old, &change->new);
	change_apply_move(change);
	add_one(change, TC_LAST_SEQ);
	set_at(change, TC_UPDATED_AT, change->at);
	ticket_log_past(&change->old, &change->new);
}

void
past_play(const TicketPast *past, Change *change)
{
	bool		planned = !past->nulls[PAST_PLAN] && !past->nulls[PAST_PROMISED];

	ticket_log_past(NULL, &change->new);
	if (!past->nulls[PAST_ACCEPTED])
	{
		step_begin(change, STATE_ACCEPTED, past->values[PAST_ACCEPTED]);
		step_end(change);
	}
	if (!past->nulls[PAST_DISPATCHED])
	{
		TicketRow  *new = &change->new;

		step_begin(change, STATE_DISPATCHED, past->values[PAST_DISPATCHED]);
		if (row_isnull(new, TC_AREA))
			row_set(new, TC_RESPONSIBLE_AREA, AreaCodeGetDatum(platform_get()->district));
		else
			row_set(new, TC_RESPONSIBLE_AREA, row_datum(new, TC_AREA));
		step_end(change);
	}
	if (!past->nulls[PAST_ON_SITE])
	{
		step_begin(change, STATE_ON_SITE, past->values[PAST_ON_SITE]);
		step_end(change);
	}
	/* A plan has no time of its own: it was made when somebody was there, or at dispatch. */
	if (planned)
	{
		step_begin(change, STATE_PLANNED, row_datum(&change->new, TC_UPDATED_AT));
		give(change, past, PAST_PLAN);
		give(change, past, PAST_PROMISED);
		step_end(change);
	}
	if (!past->nulls[PAST_RESOLVED])
	{
		step_begin(change, STATE_RESOLVED, past->values[PAST_RESOLVED]);
		give(change, past, PAST_RESOLUTION);
		step_end(change);
	}
	if (!past->nulls[PAST_CLOSED])
	{
		step_begin(change, STATE_CLOSED, past->values[PAST_CLOSED]);
		give(change, past, PAST_SATISFACTION);
		give(change, past, PAST_SOLVED);
		step_end(change);
	}
}
