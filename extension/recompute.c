/*
 * recompute.c: a change of rules waits for writers, then moves the dues that are still ahead.
 *
 *   CREATE TRIGGER rule_lock BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.<calendar_day, work_shift, sla_policy>
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.rule_lock();
 *   CREATE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.<the same>
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.rules_changed();
 *
 * on escalation_policy, supervision_policy and platform for UPDATE OF the columns that decide due times, and on category for
 * UPDATE alone, the latter with transition tables old_rows and new_rows.  rules_changed sorts after registry_changed, which
 * has invalidated the caches by then.  A transaction that was open when the rule changed would keep the old due for good,
 * hence the lock; and only READ COMMITTED sees what was committed while it waited.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "identity.h"
#include "liskeban.h"
#include "maintain.h"
#include "query.h"
#include "recompute.h"
#include "replay.h"
#include "sla.h"
#include "sweep.h"
#include "worklist.h"

PG_FUNCTION_INFO_V1(rule_lock);
PG_FUNCTION_INFO_V1(rules_changed);
PG_FUNCTION_INFO_V1(replayed_dues);

#define FETCH_ROWS 1000

/* Categories whose domain or need of arrival changes in the statement being worked out. */
static CategoryBefore *categories_before = NULL;
static int	ncategories_before = 0;

const CategoryBefore *
recompute_category_before(Datum category)
{
	char	   *code;

	if (ncategories_before == 0)
		return NULL;
	code = TextDatumGetCString(category);
	for (int i = 0; i < ncategories_before; i++)
		if (strcmp(categories_before[i].code, code) == 0)
			return &categories_before[i];
	return NULL;
}

Datum
rule_lock(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigdata->tg_event) ||
		!TRIGGER_FIRED_FOR_STATEMENT(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a statement trigger before", "rule_lock")));
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("rules can be changed under READ COMMITTED only"),
				 errdetail("Table \"%s\" decides due times; another isolation level would not see the tickets that came in meanwhile.",
						   RelationGetRelationName(trigdata->tg_relation))));
	/* Also against who has locked a ticket and not written it yet, else each would wait for the other. */
	LockRelationOid(platform_relid("ticket"), ExclusiveLock);
	/* What passed until now passed by the rules until now. */
	(void) sweep_until(liskeban_now());
	return PointerGetDatum(NULL);
}

/* ---- replaying tickets ---- */

/* A ticket whose events are being fed. */
typedef struct Replay
{
	TicketRow	present;
	TicketReplay replayed;
	int64		first_event;
} Replay;

typedef void (*ReplayDone) (Replay *replay, void *arg);

/*
 * Replay each ticket of a query that gives ticket, event_id, action, at, detail, actor in the order of ticket_id and seq; done
 * is called with each whose first event is there, in a memory context of its own.
 */
static void
replay_tickets(const char *sql, ReplayDone done, void *arg)
{
	Portal		portal;
	MemoryContext ticket_context;
	const TicketLayout *layout = ticket_layout();
	Replay		replay;
	int64		current = 0;

	ticket_context = AllocSetContextCreate(CurrentMemoryContext, "liskeban replay", ALLOCSET_DEFAULT_SIZES);
	/* Not read-only: with a snapshot of now, for the statement's own is older than what the lock waited for. */
	portal = SPI_cursor_open_with_args(NULL, sql, 0, NULL, NULL, NULL, false, 0);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, FETCH_ROWS);
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			HeapTuple	tup = SPI_tuptable->vals[i];
			TupleDesc	desc = SPI_tuptable->tupdesc;
			bool		isnull;
			Datum		detail;
			char	   *action;
			char	   *actor;
			TimestampTz at;
			int64		ticket_id = DatumGetInt64(SPI_getbinval(tup, desc, 1, &isnull));
			MemoryContext save = MemoryContextSwitchTo(ticket_context);

			if (ticket_id != current)
			{
				if (current != 0 && replay_began(&replay.replayed))
					done(&replay, arg);
				MemoryContextReset(ticket_context);
				current = ticket_id;
				ticket_row_from_datum(&replay.present, layout,
									  (HeapTupleHeader) PG_DETOAST_DATUM_COPY(SPI_getbinval(tup, desc, 2, &isnull)));
				replay.first_event = DatumGetInt64(SPI_getbinval(tup, desc, 3, &isnull));
				replay_begin(&replay.replayed, &replay.present);
			}
			action = TextDatumGetCString(SPI_getbinval(tup, desc, 4, &isnull));
			at = DatumGetTimestampTz(SPI_getbinval(tup, desc, 5, &isnull));
			actor = TextDatumGetCString(SPI_getbinval(tup, desc, 7, &isnull));
			detail = SPI_getbinval(tup, desc, 6, &isnull);
			replay_event(&replay.replayed, action, strcmp(actor, PLATFORM_ACTOR) == 0, at,
						 isnull ? NULL : DatumGetJsonbPCopy(detail));
			MemoryContextSwitchTo(save);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	if (current != 0 && replay_began(&replay.replayed))
	{
		MemoryContext save = MemoryContextSwitchTo(ticket_context);

		done(&replay, arg);
		MemoryContextSwitchTo(save);
	}
	SPI_cursor_close(portal);
	MemoryContextDelete(ticket_context);
}

/* What was reverted never happened, and nothing but notes lies between it and its revert. */
#define REPLAY_QUERY(tickets) \
	"SELECT t.ticket_id, t, e.event_id, e.action, e.at, e.detail, e.actor FROM " tickets \
	" JOIN liskeban.ticket_event AS e ON e.ticket_id OPERATOR(pg_catalog.=) t.ticket_id" \
	" WHERE e.action OPERATOR(pg_catalog.<>) 'revert' AND NOT e.seq OPERATOR(pg_catalog.=) ANY (ARRAY(" \
	"SELECT (r.detail OPERATOR(pg_catalog.->>) 'reverts')::int4 FROM liskeban.ticket_event AS r" \
	" WHERE r.ticket_id OPERATOR(pg_catalog.=) t.ticket_id AND r.action OPERATOR(pg_catalog.=) 'revert'))" \
	" ORDER BY e.ticket_id, e.seq"

static bool
same_due(const TicketRow *a, const TicketRow *b, TicketColumn c)
{
	return row_isnull(a, c) == row_isnull(b, c) && (row_isnull(a, c) || row_time(a, c) == row_time(b, c));
}

/* ---- recomputation ---- */

#define RECOMPUTED_COLUMNS (REPLAY_DUES + 2)

typedef struct Recomputation
{
	TimestampTz now;
	TupleDesc	desc;
	Tuplestorestate *rows;
	int64		nrows;
} Recomputation;

/* Other rules move levels of dues that stay, too: the sweep is to look at the ticket no later than at the next of them. */
static void
look_again(const TicketRow *row, TimestampTz now)
{
	TimestampTz next;
	WorklistTimes times;
	WorklistWriter *worklist;

	if (!sla_next_alarm(row, Min(row_time(row, TC_UPDATED_AT), now), &next))
		return;
	worklist = worklist_open();
	if (worklist_times(worklist, row_int64(row, TC_TICKET_ID), &times) && next < times.own)
	{
		times.own = next;
		worklist_set_times(worklist, &times);
	}
	worklist_close(worklist);
}

/* Keep the ticket for the UPDATE if a due still ahead moves, or what history says of its category. */
static void
recompute_ticket(Replay *replay, void *arg)
{
	Recomputation *rec = arg;
	Datum		values[RECOMPUTED_COLUMNS];
	bool		nulls[RECOMPUTED_COLUMNS];
	bool		moved = recompute_category_before(row_datum(&replay->present, TC_CATEGORY)) != NULL;
	bool		resolve_moved = false;
	MemoryContext save;

	values[0] = row_datum(&replay->present, TC_TICKET_ID);
	nulls[0] = false;
	for (int i = 0; i < REPLAY_DUES; i++)
	{
		TicketColumn c = replay_dues[i];
		bool		moves = replay_due_is_ahead(&replay->present, c, rec->now) &&
		!same_due(&replay->present, &replay->replayed.row, c);
		const TicketRow *from = moves ? &replay->replayed.row : &replay->present;

		moved = moved || moves;
		resolve_moved = resolve_moved || (moves && c == TC_RESOLVE_DUE);
		values[i + 1] = row_datum(from, c);
		nulls[i + 1] = row_isnull(from, c);
	}
	if (!moved)
	{
		look_again(&replay->present, rec->now);
		return;
	}
	{
		const TicketRow *from = resolve_moved ? &replay->replayed.row : &replay->present;

		values[REPLAY_DUES + 1] = row_datum(from, TC_RESOLVE_GIVEN);
		nulls[REPLAY_DUES + 1] = row_isnull(from, TC_RESOLVE_GIVEN);
	}
	save = MemoryContextSwitchTo(TopTransactionContext);
	tuplestore_putvalues(rec->rows, rec->desc, values, nulls);
	MemoryContextSwitchTo(save);
	rec->nrows++;
}

static void
recompute(void)
{
	Recomputation rec = {.now = liskeban_now()};
	EphemeralNamedRelationData enr;

	rec.desc = CreateTemplateTupleDesc(RECOMPUTED_COLUMNS);
	TupleDescInitEntry(rec.desc, 1, "ticket_id", INT8OID, -1, 0);
	for (int i = 0; i < REPLAY_DUES; i++)
		TupleDescInitEntry(rec.desc, i + 2, ticket_columns[replay_dues[i]].name, TIMESTAMPTZOID, -1, 0);
	TupleDescInitEntry(rec.desc, REPLAY_DUES + 2, "resolve_given", INTERVALOID, -1, 0);
	rec.rows = tuplestore_begin_heap(false, false, work_mem);

	SPI_connect();
	replay_tickets(REPLAY_QUERY("liskeban.worklist AS w JOIN liskeban.ticket AS t"
								" ON t.ticket_id OPERATOR(pg_catalog.=) w.ticket_id"), recompute_ticket, &rec);
	SPI_finish();
	if (rec.nrows > 0)
	{
		query_name_rows(&enr, "recomputed", rec.desc, rec.rows, rec.nrows);
		maintain_execute_from(MAINTAIN_AS_OWNER, "recompute",
							  "UPDATE liskeban.ticket AS t SET accept_due = r.accept_due, dispatch_due = r.dispatch_due,"
							  " respond_due = r.respond_due, plan_due = r.plan_due, resolve_due = r.resolve_due,"
							  " resolve_due_original = r.resolve_due_original, feedback_due = r.feedback_due,"
							  " resolve_given = r.resolve_given"
							  " FROM recomputed AS r WHERE t.ticket_id OPERATOR(pg_catalog.=) r.ticket_id", &enr);
	}
	tuplestore_end(rec.rows);
}

/* Of what hangs on tickets, move the dues that are still ahead; whose due stays is written too: its levels may move. */
static void
recompute_subjects(void)
{
	/* A platform that has not been upgraded yet does not know them. */
	if (!query_is_true("SELECT pg_catalog.to_regprocedure('liskeban._ruled_dues()') IS NOT NULL",
					   (Datum) 0, InvalidOid, (Datum) 0))
		return;
	maintain_execute(MAINTAIN_AS_OWNER, "recompute",
					 "UPDATE liskeban.whistle AS w SET sign_due = d.sign, handle_due = d.handle"
					 " FROM (SELECT subject, max(ruled) FILTER (WHERE clock = 'sign') AS sign,"
					 " max(ruled) FILTER (WHERE clock = 'handle') AS handle"
					 " FROM liskeban._ruled_dues() WHERE clock IN ('sign', 'handle') GROUP BY subject) AS d"
					 " WHERE w.whistle_id = d.subject", 0, NULL, NULL, NULL);
	maintain_execute(MAINTAIN_AS_OWNER, "recompute",
					 "UPDATE liskeban.supervision AS s SET reply_due = d.ruled FROM liskeban._ruled_dues() AS d"
					 " WHERE d.clock = 'reply' AND s.supervision_id = d.subject", 0, NULL, NULL, NULL);
}

/* Of a statement's changed categories, those whose domain or need of arrival is another. */
static void
note_categories(TriggerData *trigdata)
{
	MemoryContext save;

	SPI_connect();
	SPI_register_trigger_data(trigdata);
	if (SPI_execute("SELECT o.code, o.domain, o.on_site FROM old_rows AS o JOIN new_rows AS n"
					" ON n.code OPERATOR(pg_catalog.=) o.code"
					" WHERE n.domain OPERATOR(pg_catalog.<>) o.domain OR n.on_site OPERATOR(pg_catalog.<>) o.on_site",
					true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the changed categories");
	save = MemoryContextSwitchTo(TopTransactionContext);
	categories_before = palloc(Max(SPI_processed, 1) * sizeof(CategoryBefore));
	ncategories_before = 0;
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		CategoryBefore *b = &categories_before[ncategories_before++];

		b->code = TextDatumGetCString(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
		b->domain = TextDatumGetCString(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2, &isnull));
		b->on_site = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 3, &isnull));
	}
	MemoryContextSwitchTo(save);
	SPI_finish();
}

/* A platform that has not been upgraded yet does not keep when its rules changed. */
static bool
rules_at_kept(void)
{
	return get_attnum(platform_relid("platform"), "rules_at") != InvalidAttrNumber;
}

/* Dues set before this are not all what today's rules would give. */
static void
note_change(void)
{
	SPI_connect();
	if (SPI_execute(psprintf("UPDATE liskeban.platform SET rules_event ="
							 " pg_catalog.pg_sequence_last_value('liskeban.ticket_event_event_id_seq'::pg_catalog.regclass)%s",
							 rules_at_kept() ? ", rules_at = liskeban.liskeban_now()" : ""),
					false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not note the change of rules");
	SPI_finish();
}

Datum
rules_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	OwnerScope	scope;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigdata->tg_event) ||
		!TRIGGER_FIRED_FOR_STATEMENT(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a statement trigger after", "rules_changed")));
	owner_enter(&scope);
	PG_TRY();
	{
		if (trigdata->tg_oldtable != NULL && trigdata->tg_newtable != NULL)
			note_categories(trigdata);
		if (trigdata->tg_oldtable == NULL || ncategories_before > 0)
		{
			recompute();
			recompute_subjects();
			note_change();
		}
	}
	PG_FINALLY();
	{
		ncategories_before = 0;
		categories_before = NULL;
	}
	PG_END_TRY();
	owner_leave(&scope);
	return PointerGetDatum(NULL);
}

/* ---- for check_invariants() ---- */

typedef struct DueCheck
{
	ReturnSetInfo *rsinfo;
	int64		since;
	TimestampTz now;
} DueCheck;

static void
check_ticket(Replay *replay, void *arg)
{
	DueCheck   *check = arg;

	for (int i = 0; i < REPLAY_DUES; i++)
	{
		TicketColumn c = replay_dues[i];
		Datum		values[4];
		bool		nulls[4] = {false};

		if (same_due(&replay->present, &replay->replayed.row, c))
			continue;
		if (replay->first_event <= check->since && !replay_due_is_ahead(&replay->present, c, check->now))
			continue;
		values[0] = row_datum(&replay->present, TC_TICKET_ID);
		values[1] = CStringGetTextDatum(ticket_columns[c].name);
		values[2] = row_datum(&replay->present, c);
		nulls[2] = row_isnull(&replay->present, c);
		values[3] = row_datum(&replay->replayed.row, c);
		nulls[3] = row_isnull(&replay->replayed.row, c);
		tuplestore_putvalues(check->rsinfo->setResult, check->rsinfo->setDesc, values, nulls);
	}
}

/*
 * _replayed_dues(since bigint): dues that a replay of history under the present rules gives otherwise.  Tickets reported
 * after that event are looked at whole, older ones only for what is still ahead: of now, and of when the rules last
 * changed, for what had passed by then did not move, wherever the clock was set since.
 */
Datum
replayed_dues(PG_FUNCTION_ARGS)
{
	DueCheck	check = {
		.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo,
		.since = PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0),
		.now = liskeban_now()
	};

	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	if (rules_at_kept())
	{
		if (SPI_execute("SELECT rules_at FROM liskeban.platform WHERE rules_at IS NOT NULL", false, 1) != SPI_OK_SELECT)
			elog(ERROR, "could not read when the rules last changed");
		if (SPI_processed == 1)
		{
			bool		isnull;
			Datum		changed_at = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);

			check.now = Max(check.now, DatumGetTimestampTz(changed_at));
		}
	}
	replay_tickets(REPLAY_QUERY("liskeban.ticket AS t"), check_ticket, &check);
	SPI_finish();
	return (Datum) 0;
}
