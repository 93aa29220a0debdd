/*
 * plan.c: how far a rung may promise, how often it plans anew, how long it may hold a ticket; and the progress of a plan.
 *
 * The figures stand in liskeban.plan_policy, cached here by rung.  What has been planned and suspended so far is asked
 * of history, for both are rare: a reverted event counts for nothing, and the rung of a plan is the one the ticket was
 * on at that time.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "calendar.h"
#include "identity.h"
#include "lifecycle.h"
#include "liskeban.h"
#include "maintain.h"
#include "plan.h"
#include "query.h"
#include "registry_cache.h"

PG_FUNCTION_INFO_V1(plan_progress);

typedef struct PlanPolicy
{
	bool		found;
	int64		max_promise;	/* microseconds, a day being 24 hours */
	int64		max_suspend;
	int32		max_replans;
} PlanPolicy;

static void *
policies_load(MemoryContext cxt)
{
	PlanPolicy *policies = MemoryContextAllocZero(cxt, sizeof(PlanPolicy) * TIER_COUNT);

	registry_query("SELECT pg_catalog.array_position('{village,town,district,principal}', tier::text) - 1,"
				   " max_promise, max_suspend, max_replans FROM liskeban.plan_policy");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tup = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		PlanPolicy *p = &policies[DatumGetInt32(SPI_getbinval(tup, desc, 1, &isnull))];

		p->found = true;
		p->max_promise = calendar_amount(DatumGetIntervalP(SPI_getbinval(tup, desc, 2, &isnull)), false);
		p->max_suspend = calendar_amount(DatumGetIntervalP(SPI_getbinval(tup, desc, 3, &isnull)), false);
		p->max_replans = DatumGetInt32(SPI_getbinval(tup, desc, 4, &isnull));
	}
	return policies;
}

static RegistryCache policy_cache = {
	.name = "liskeban plan policies",
	.tables = {"plan_policy", NULL},
	.load = policies_load
};

/*
 * The policy of the rung the ticket is on; NULL when there is none, or the platform is of a version that had no caps.
 */
static const PlanPolicy *
policy_for(const TicketRow *row)
{
	const PlanPolicy *policies;

	if (row_isnull(row, TC_TIER) || !platform_has("party"))
		return NULL;
	policies = registry_get(&policy_cache);
	return policies[row_enum(row, TC_TIER)].found ? &policies[row_enum(row, TC_TIER)] : NULL;
}

/* "30 days", "1 day 02:00:00", as an interval is printed. */
static char *
span_text(int64 amount)
{
	Interval	span = {0};

	span.day = (int32) (amount / USECS_PER_DAY);
	span.time = amount % USECS_PER_DAY;
	return DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(&span)));
}

static void
refuse(const TicketRow *row, const char *action, char *what, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
			 errmsg("ticket " INT64_FORMAT " lacks what \"%s\" requires", row_int64(row, TC_TICKET_ID), action),
			 errdetail("Missing: %s.", what),
			 hint ? errhint("%s", hint) : 0));
}

#define REVERTED(event) \
	" EXISTS (SELECT FROM liskeban.ticket_event AS r WHERE r.ticket_id = $1 AND r.action = 'revert'" \
	" AND r.detail ->> 'reverts' = " event ".seq::text) "

/* What was planned on the rung the ticket is on. */
typedef struct PlansBefore
{
	int64		n;				/* in this run, since a whistle up to this rung was last signed */
	bool		extended;		/* an extension was granted since the last of them */
	bool		unsigned_whistle;	/* nobody here has signed the whistle that brought the ticket up */
} PlansBefore;

static void
plans_before(const TicketRow *row, PlansBefore *before)
{
	Oid			argtypes[3] = {INT8OID, INT4OID, TEXTOID};
	Datum		values[3] = {row_datum(row, TC_TICKET_ID), row_datum(row, TC_RUN),
		CStringGetTextDatum(tier_labels[row_enum(row, TC_TIER)])};
	OwnerScope	scope;
	HeapTuple	tup;
	bool		isnull;

	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("SELECT p.n,"
							  " EXISTS (SELECT FROM liskeban.ticket_event AS e WHERE e.ticket_id = $1 AND e.action = 'extend'"
							  " AND e.seq > p.seq AND NOT" REVERTED("e") "),"
							  " EXISTS (SELECT FROM liskeban.whistle AS w WHERE w.ticket_id = $1 AND w.to_tier::text = $3"
							  " AND w.ended_at IS NULL AND w.signed_at IS NULL)"
							  " FROM (SELECT count(*) AS n, max(e.seq) AS seq FROM liskeban.ticket_event AS e"
							  " WHERE e.ticket_id = $1 AND e.run = $2 AND e.action = 'plan' AND NOT" REVERTED("e")
							  " AND e.at >= coalesce((SELECT max(w.signed_at) FROM liskeban.whistle AS w"
							  " WHERE w.ticket_id = $1 AND w.to_tier::text = $3), '-infinity')"
							  " AND (SELECT d.detail -> 'tier' ->> 1 FROM liskeban.ticket_event AS d WHERE d.ticket_id = $1"
							  " AND d.seq <= e.seq AND d.detail ? 'tier' ORDER BY d.seq DESC LIMIT 1) = $3) AS p",
							  3, argtypes, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.ticket_event");
	tup = SPI_tuptable->vals[0];
	before->n = DatumGetInt64(SPI_getbinval(tup, SPI_tuptable->tupdesc, 1, &isnull));
	before->extended = DatumGetBool(SPI_getbinval(tup, SPI_tuptable->tupdesc, 2, &isnull));
	before->unsigned_whistle = DatumGetBool(SPI_getbinval(tup, SPI_tuptable->tupdesc, 3, &isnull));
	SPI_finish();
	owner_leave(&scope);
}

/*
 * Use up a request that the next rung granted for a promise as far as this; false when there is none.  One that was
 * granted on another rung, or in an earlier run, says nothing of this.
 */
static bool
use_promise_request(const TicketRow *row, TimestampTz promised)
{
	Oid			argtypes[3] = {INT8OID, TIMESTAMPTZOID, INT4OID};
	Datum		values[3] = {row_datum(row, TC_TICKET_ID), TimestampTzGetDatum(promised),
		Int32GetDatum(row_int32(row, TC_LAST_SEQ) + 1)};
	OwnerScope	scope;
	bool		found;

	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("UPDATE liskeban.request SET used_seq = $3 WHERE request_id = (SELECT r.request_id"
							  " FROM liskeban.request AS r WHERE r.ticket_id = $1 AND r.kind = 'promise' AND r.granted"
							  " AND r.used_seq IS NULL AND r.until >= $2 AND r.decided_at >= coalesce((SELECT max(e.at)"
							  " FROM liskeban.ticket_event AS e WHERE e.ticket_id = $1"
							  " AND (e.detail ? 'tier' OR e.action = 'reopen')), '-infinity') ORDER BY r.request_id LIMIT 1)",
							  3, argtypes, values, NULL, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not write liskeban.request");
	found = SPI_processed > 0;
	SPI_finish();
	owner_leave(&scope);
	return found;
}

void
plan_check(const TicketRow *old, const TicketRow *new, TimestampTz at)
{
	const PlanPolicy *policy = policy_for(old);
	TimestampTz promised = row_time(new, TC_PROMISED_AT);
	PlansBefore before;
	const char *rung;

	if (policy == NULL)
		return;
	rung = tier_labels[row_enum(old, TC_TIER)];
	plans_before(old, &before);
	if (before.n == 0 && before.unsigned_whistle)
		refuse(old, "plan", psprintf(_("the signature of the whistle that brought the ticket to rung \"%s\""), rung),
			   _("A higher rung plans anew once it has signed: liskeban.sign_whistle(whistle_id)."));
	if (before.n > 0 && !before.extended)
		refuse(old, "plan", psprintf(_("an extension granted since the last plan on rung \"%s\""), rung),
			   _("Ask with liskeban.ask(ticket_id, 'extend', reason, until)."));
	if (before.n > policy->max_replans)
		refuse(old, "plan", psprintf(_("another plan left to rung \"%s\" (plan_policy.max_replans: %d after the first)"),
									 rung, policy->max_replans), NULL);

	/* An endless promise is no matter of how long: it is refused as an impossible time. */
	if (!TIMESTAMP_NOT_FINITE(promised) && promised - at > policy->max_promise && !use_promise_request(old, promised))
		refuse(old, "plan",
			   psprintf(_("promised_at within %s of now (plan_policy.max_promise of rung \"%s\"), or a granted request of kind \"promise\" until then or later"),
						span_text(policy->max_promise), rung),
			   _("Ask with liskeban.ask(ticket_id, 'promise', reason, until); the next rung grants it."));
}

/* For how long a ticket has been suspended in this run, in microseconds. */
static int64
suspended_before(const TicketRow *row)
{
	static const char sql[] =
		"SELECT coalesce(sum((date_part('epoch', ended.at - s.at) * 1000000)::bigint), 0)::bigint"
		" FROM liskeban.ticket_event AS s, LATERAL (SELECT e.at FROM liskeban.ticket_event AS e"
		" WHERE e.ticket_id = $1 AND e.seq > s.seq AND e.from_state = 'suspended'"
		" AND e.to_state <> 'suspended' AND NOT" REVERTED("e") "ORDER BY e.seq LIMIT 1) AS ended"
		" WHERE s.ticket_id = $1 AND s.run = $2 AND s.action = 'suspend' AND NOT" REVERTED("s");
	Oid			argtypes[2] = {INT8OID, INT4OID};
	Datum		values[2] = {row_datum(row, TC_TICKET_ID), row_datum(row, TC_RUN)};

	return DatumGetInt64(query_value_as_owner(sql, 2, argtypes, values, NULL, NULL));
}

void
plan_check_suspension(const TicketRow *row, TimestampTz from, TimestampTz until)
{
	const PlanPolicy *policy = policy_for(row);
	int64		before;

	if (policy == NULL || TIMESTAMP_NOT_FINITE(until))
		return;
	before = suspended_before(row);
	if (before + (until - from) > policy->max_suspend)
		refuse(row, "suspend",
			   psprintf(_("suspension of at most %s in a run (plan_policy.max_suspend of rung \"%s\"): it was suspended for %s, and %s more are asked"),
						span_text(policy->max_suspend), tier_labels[row_enum(row, TC_TIER)], span_text(before),
						span_text(until - from)), NULL);
}

/* The next report of a ticket is due as long after this as its rung says; as the owner, with SPI connected. */
static void
open_next(int64 ticket_id, TimestampTz from)
{
	Oid			argtypes[2] = {INT8OID, TIMESTAMPTZOID};
	Datum		values[2] = {Int64GetDatum(ticket_id), TimestampTzGetDatum(from)};

	if (SPI_execute_with_args("INSERT INTO liskeban.progress (ticket_id, opened_at, due) SELECT t.ticket_id, $2,"
							  " liskeban.add_working_time($2, y.progress_every, 'calendar') FROM liskeban.ticket AS t"
							  " JOIN liskeban.plan_policy AS y ON y.tier = t.tier WHERE t.ticket_id = $1",
							  2, argtypes, values, NULL, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not write liskeban.progress");
}

void
plan_catch_up(int64 ticket_id, TimestampTz until)
{
	Oid			argtypes[2] = {INT8OID, TIMESTAMPTZOID};
	Datum		values[2] = {Int64GetDatum(ticket_id), TimestampTzGetDatum(until)};
	OwnerScope	scope;

	if (!platform_has("party"))
		return;
	owner_enter(&scope);
	SPI_connect();
	for (;;)
	{
		bool		isnull;

		if (SPI_execute_with_args("UPDATE liskeban.progress SET ended_at = due WHERE ticket_id = $1 AND ended_at IS NULL"
								  " AND due < $2 RETURNING due",
								  2, argtypes, values, NULL, false, 0) != SPI_OK_UPDATE_RETURNING)
			elog(ERROR, "could not write liskeban.progress");
		if (SPI_processed == 0)
			break;
		open_next(ticket_id, DatumGetTimestampTz(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull)));
	}
	SPI_finish();
	owner_leave(&scope);
}

/*
 * progress(ticket_id bigint, note text, percent integer) returns integer: how far the plan has come.  Ends the report
 * that was due and opens the next.  percent may fall: a setback is to be told too, and history keeps both.  Returns the
 * event's seq.
 */
Datum
plan_progress(PG_FUNCTION_ARGS)
{
	Oid			argtypes[5] = {INT8OID, TEXTOID, INT4OID, TIMESTAMPTZOID, TEXTOID};
	Datum		values[5];
	char		nulls[6] = "     ";
	const Actor *actor = identity_actor();
	TicketRow	row;
	OwnerScope	scope;

	ticket_lock(PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0), PG_ARGISNULL(0), &row);
	if (row_state(&row) != STATE_PLANNED)
		ereport(ERROR,
				(errcode(ERRCODE_LK_NO_TRANSITION),
				 errmsg("ticket " INT64_FORMAT " is \"%s\": there is no plan to report progress of",
						row_int64(&row, TC_TICKET_ID), state_labels[row_state(&row)])));
	if (!actor_has_role(actor, ROLE_HANDLER, &row))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not report progress of ticket " INT64_FORMAT, actor->name, row_int64(&row, TC_TICKET_ID)),
				 errdetail("It takes a membership that reaches the ticket as: handler.")));
	if (PG_ARGISNULL(1) || VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(1)) == 0)
		refuse(&row, "progress", pstrdup("note"), NULL);
	if (!PG_ARGISNULL(2) && (PG_GETARG_INT32(2) < 0 || PG_GETARG_INT32(2) > 100))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("percent must lie between 0 and 100")));

	values[0] = PG_GETARG_DATUM(0);
	values[1] = PG_GETARG_DATUM(1);
	values[2] = PG_ARGISNULL(2) ? (Datum) 0 : PG_GETARG_DATUM(2);
	if (PG_ARGISNULL(2))
		nulls[2] = 'n';
	values[3] = TimestampTzGetDatum(Max(liskeban_now(), row_time(&row, TC_UPDATED_AT)));
	values[4] = CStringGetTextDatum(actor->name);
	plan_catch_up(PG_GETARG_INT64(0), DatumGetTimestampTz(values[3]));
	maintain_execute(MAINTAIN_AS_OWNER, "progress",
					 "UPDATE liskeban.ticket SET note = $2 WHERE ticket_id OPERATOR(pg_catalog.=) $1",
					 2, argtypes, values, NULL);

	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("UPDATE liskeban.progress SET ended_at = $4, reported_at = $4, reported_by = $5, percent = $3,"
							  " note = $2 WHERE ticket_id = $1 AND ended_at IS NULL",
							  5, argtypes, values, nulls, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not write liskeban.progress");
	open_next(PG_GETARG_INT64(0), DatumGetTimestampTz(values[3]));
	SPI_finish();
	owner_leave(&scope);
	PG_RETURN_INT32(row_int32(&row, TC_LAST_SEQ) + 1);
}
