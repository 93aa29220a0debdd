/*
 * sweep_act.c: what the sweep does to a ticket at an instant: which act comes next, and the acts of a round.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

#include "escalation.h"
#include "identity.h"
#include "liskeban.h"
#include "maintain.h"
#include "sweep_act.h"

static const char *const act_verbs[] = {"", gettext_noop("resumed"), gettext_noop("asked for its next progress"),
gettext_noop("closed as unreachable"), gettext_noop("carried up a rung")};

Datum
sweep_ids(SweepTicket **tickets, int n)
{
	Datum	   *ids = palloc(Max(n, 1) * sizeof(Datum));

	for (int i = 0; i < n; i++)
		ids[i] = Int64GetDatum(tickets[i]->ticket_id);
	return PointerGetDatum(construct_array(ids, n, INT8OID, 8, true, TYPALIGN_DOUBLE));
}

/* ---- choosing ---- */

void
sweep_see_who_may_act(SweepTicket *tickets, int n, TimestampTz as_of)
{
	Oid			argtypes[3] = {INT8ARRAYOID, TIMESTAMPTZARRAYOID, BOOLARRAYOID};
	Datum		values[3];
	Datum	   *columns[3];
	int			k = 0;
	int			next = 0;

	for (int c = 0; c < 3; c++)
		columns[c] = palloc(Max(n, 1) * sizeof(Datum));
	for (int i = 0; i < n; i++)
	{
		TimestampTz at;

		tickets[i].may_act = false;
		if (!tickets[i].active || !escalation_acts_at(&tickets[i].row, &at) || at > as_of)
			continue;
		columns[0][k] = Int64GetDatum(tickets[i].ticket_id);
		columns[1][k] = TimestampTzGetDatum(at);
		columns[2][k++] = BoolGetDatum(row_state(&tickets[i].row) == STATE_RESOLVED);
	}
	if (k == 0)
		return;
	values[0] = PointerGetDatum(construct_array(columns[0], k, INT8OID, 8, true, TYPALIGN_DOUBLE));
	values[1] = PointerGetDatum(construct_array(columns[1], k, TIMESTAMPTZOID, 8, true, TYPALIGN_DOUBLE));
	values[2] = PointerGetDatum(construct_array(columns[2], k, BOOLOID, 1, true, TYPALIGN_CHAR));
	/* A clock red before a whistle never climbs again; a citizen who asked for rework was reached. */
	if (SPI_execute_with_args("SELECT c.ticket_id FROM unnest($1, $2, $3) AS c(ticket_id, due, resolved)"
							  " WHERE CASE WHEN c.resolved THEN NOT EXISTS (SELECT FROM liskeban.request AS r"
							  " WHERE r.ticket_id = c.ticket_id AND r.kind = 'rework' AND r.decided_at IS NULL)"
							  " ELSE NOT EXISTS (SELECT FROM liskeban.whistle AS w"
							  " WHERE w.ticket_id = c.ticket_id AND w.raised_at >= c.due) END ORDER BY c.ticket_id",
							  3, argtypes, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.whistle");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		int64		id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));

		while (tickets[next].ticket_id != id)
			next++;
		tickets[next].may_act = true;
	}
}

/* An act at an instant, or when the ticket's history has come so far; the earliest counts. */
static void
consider(SweepTicket *ticket, TimestampTz as_of, ActKind act, TimestampTz at)
{
	at = Max(at, row_time(&ticket->row, TC_UPDATED_AT));
	if (at > as_of || (ticket->act != ACT_NONE && ticket->act_at <= at))
		return;
	ticket->act = act;
	ticket->act_at = at;
}

void
sweep_choose_act(SweepTicket *ticket, const WorklistTimes *times, const SubjectClock *clocks, int n,
				 TimestampTz as_of)
{
	const TicketRow *row = &ticket->row;
	TimestampTz at;

	ticket->act = ACT_NONE;
	if (row_state(row) == STATE_SUSPENDED && !row_isnull(row, TC_SUSPEND_UNTIL))
		consider(ticket, as_of, ACT_RESUME, row_time(row, TC_SUSPEND_UNTIL));
	for (int i = 0; i < n; i++)
		if (clocks[i].acts)
			consider(ticket, as_of, clocks[i].clock.clock == CLOCK_PROGRESS ? ACT_MISS : ACT_CLIMB, clocks[i].clock.due);
	/* Where its own time is beyond, an earlier sweep found that it was not to act. */
	if (ticket->may_act && escalation_acts_at(row, &at) && times->own <= at)
		consider(ticket, as_of, row_state(row) == STATE_RESOLVED ? ACT_CLOSE : ACT_CLIMB, at);
	if (ticket->act == ACT_CLIMB)
	{
		(void) escalation_is_automatic(row_enum(row, TC_TIER), &ticket->to);
		ticket->reason = row_enum(row, TC_TIER) != TIER_VILLAGE ? "handle overdue"
			: row_isnull(row, TC_RESOLVE_DUE) ? "plan overdue" : "resolve overdue";
	}
}

/* ---- acting ---- */

static void
execute_acts(ActKind kind, SweepTicket **tickets, int n)
{
	Oid			argtypes[1] = {INT8ARRAYOID};
	Datum		ids = sweep_ids(tickets, n);
	Rise	   *rises;

	switch (kind)
	{
		case ACT_RESUME:
			maintain_execute(MAINTAIN_AS_PLATFORM, NULL,
							 "UPDATE liskeban.ticket SET state = suspended_from, updated_at = suspend_until"
							 " WHERE ticket_id OPERATOR(pg_catalog.=) ANY ($1)", 1, argtypes, &ids, NULL);
			break;
		case ACT_MISS:
			maintain_execute(MAINTAIN_AS_PLATFORM, "progress",
							 "WITH missed AS (UPDATE liskeban.progress SET ended_at = due"
							 " WHERE ticket_id = ANY ($1) AND ended_at IS NULL RETURNING ticket_id, due)"
							 " SELECT FROM missed", 1, argtypes, &ids, NULL);
			maintain_execute(MAINTAIN_AS_PLATFORM, "progress",
							 "INSERT INTO liskeban.progress (ticket_id, opened_at, due)"
							 " SELECT t.ticket_id, g.due, liskeban.add_working_time(g.due, p.progress_every, 'calendar')"
							 " FROM liskeban.ticket AS t JOIN liskeban.plan_policy AS p ON p.tier = t.tier,"
							 " LATERAL (SELECT max(g.due) FROM liskeban.progress AS g WHERE g.ticket_id = t.ticket_id) AS g(due)"
							 " WHERE t.ticket_id = ANY ($1) AND g.due IS NOT NULL", 1, argtypes, &ids, NULL);
			break;
		case ACT_CLOSE:
			maintain_execute(MAINTAIN_AS_PLATFORM, NULL,
							 "UPDATE liskeban.ticket SET state = 'closed', satisfaction = 'unreachable', updated_at = feedback_due"
							 " WHERE ticket_id = ANY ($1)", 1, argtypes, &ids, NULL);
			break;
		case ACT_CLIMB:
			rises = palloc(n * sizeof(Rise));
			for (int i = 0; i < n; i++)
			{
				rises[i].row = &tickets[i]->row;
				rises[i].to = tickets[i]->to;
				rises[i].at = tickets[i]->act_at;
				rises[i].reason = tickets[i]->reason;
			}
			(void) escalation_raise_all(MAINTAIN_AS_PLATFORM, PLATFORM_ACTOR, true, 0, rises, n);
			break;
		case ACT_NONE:
			break;
	}
}

/*
 * The same in a subtransaction.  A ticket on which the act cannot be done (somebody's trigger or constraint, a move that
 * was taken out of liskeban.transition) is left as it is, with a warning, and does not keep the others from being swept.
 */
static bool
try_acts(ActKind kind, SweepTicket **tickets, int n)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool done = false;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		execute_acts(kind, tickets, n);
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		done = true;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		switch (ERRCODE_TO_CATEGORY(error->sqlerrcode))
		{
				/* Not the ticket's doing: to be tried again, no room, cancelled, a fault. */
			case ERRCODE_TRANSACTION_ROLLBACK:
			case ERRCODE_INSUFFICIENT_RESOURCES:
			case ERRCODE_OPERATOR_INTERVENTION:
			case ERRCODE_SYSTEM_ERROR:
			case ERRCODE_INTERNAL_ERROR:
				ReThrowError(error);
		}
		if (n == 1)
			ereport(WARNING,
					(errcode(error->sqlerrcode),
					 errmsg("ticket " INT64_FORMAT " could not be %s: %s", tickets[0]->ticket_id, _(act_verbs[kind]),
							error->message),
					 error->detail ? errdetail("%s", error->detail) : 0));
		FreeErrorData(error);
	}
	PG_END_TRY();
	return done;
}

void
sweep_do_acts(SweepTicket *tickets, int n)
{
	SweepTicket **chosen = palloc(Max(n, 1) * sizeof(SweepTicket *));

	for (ActKind kind = ACT_RESUME; kind <= ACT_CLIMB; kind++)
	{
		int			k = 0;

		for (int i = 0; i < n; i++)
			if (tickets[i].active && tickets[i].act == kind)
				chosen[k++] = &tickets[i];
		if (k == 0)
			continue;
		/* What the act did to its clocks decides from when their levels are gathered. */
		for (int i = 0; i < k; i++)
			chosen[i]->seen_until = DT_NOBEGIN;
		if (try_acts(kind, chosen, k))
			continue;
		for (int i = 0; i < k; i++)
			if (k == 1 || !try_acts(kind, &chosen[i], 1))
				chosen[i]->stuck = true;
	}
	pfree(chosen);
}
