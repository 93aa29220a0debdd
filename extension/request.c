/*
 * request.c: what a handler asked for and another granted, and its one use.
 *
 * Rare and slow enough for SPI; the plan reads as the tables' owner, whatever the caller may see.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "feedback.h"
#include "identity.h"
#include "liskeban.h"
#include "maintain.h"
#include "plan.h"
#include "query.h"
#include "registry_cache.h"
#include "request.h"

PG_FUNCTION_INFO_V1(request_ask);
PG_FUNCTION_INFO_V1(request_decide);

#define IN(state) (1u << (state))

/* What may be asked for, in which states, and by whom. */
static const struct
{
	const char *kind;
	uint32		states;
	int			roles;
	bool		needs_until;
}			request_kinds[] = {
	{"return", IN(STATE_DISPATCHED) | IN(STATE_ON_SITE), ROLE_HANDLER | ROLE_DISPATCHER, false},
	{"suspend", IN(STATE_ON_SITE) | IN(STATE_PLANNED), ROLE_HANDLER | ROLE_DISPATCHER, true},
	{"extend", IN(STATE_DISPATCHED) | IN(STATE_ON_SITE) | IN(STATE_PLANNED), ROLE_HANDLER | ROLE_DISPATCHER, true},
	{"promise", IN(STATE_DISPATCHED) | IN(STATE_ON_SITE) | IN(STATE_PLANNED), ROLE_HANDLER | ROLE_DISPATCHER, true},
	{"rework", IN(STATE_RESOLVED), ROLE_DISPATCHER | ROLE_SOURCE, false},
	{"reopen", IN(STATE_CLOSED), ROLE_DISPATCHER | ROLE_SOURCE, false},
};

/* The kind of request that permits an action; the action bears its name. */
static const char *
request_kind(const Transition *t)
{
	return t->name;
}

/* The due before which a suspension is asked. */
static TicketColumn
suspended_due(const TicketRow *old)
{
	return row_isnull(old, TC_RESOLVE_DUE) ? TC_PLAN_DUE : TC_RESOLVE_DUE;
}

/* A request that permits a move, or the oldest that would if it said more. */
typedef struct Permit
{
	int64		request_id;
	bool		in_time;		/* asked before the due */
	bool		long_enough;	/* until suspend_until or later */
} Permit;

/*
 * The granted and unused request that permits this move, the oldest; else the oldest that does not; false when there is
 * none.  Only a suspension asks more of it than that it was granted.
 */
static bool
permit_find(const Transition *t, const TicketRow *old, const TicketRow *new, Permit *permit)
{
	Oid			argtypes[4] = {INT8OID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID};
	Datum		values[4] = {row_datum(old, TC_TICKET_ID), CStringGetTextDatum(request_kind(t))};
	char		nulls[5] = "  nn";
	OwnerScope	scope;
	bool		found;
	bool		isnull;

	if (t->action == ACTION_SUSPEND && !row_isnull(old, suspended_due(old)))
	{
		values[2] = row_datum(old, suspended_due(old));
		nulls[2] = ' ';
	}
	if (t->action == ACTION_SUSPEND && !row_isnull(new, TC_SUSPEND_UNTIL))
	{
		values[3] = row_datum(new, TC_SUSPEND_UNTIL);
		nulls[3] = ' ';
	}
	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("SELECT r.request_id, r.in_time, r.long_enough FROM (SELECT request_id,"
							  " coalesce(asked_at <= $3, true) AS in_time, coalesce(until >= $4, true) AS long_enough"
							  " FROM liskeban.request WHERE ticket_id = $1 AND kind = $2 AND granted AND used_seq IS NULL) AS r"
							  " ORDER BY r.in_time AND r.long_enough DESC, r.request_id LIMIT 1",
							  4, argtypes, values, nulls, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.request");
	found = SPI_processed > 0;
	if (found)
	{
		HeapTuple	tup = SPI_tuptable->vals[0];
		TupleDesc	desc = SPI_tuptable->tupdesc;

		permit->request_id = DatumGetInt64(SPI_getbinval(tup, desc, 1, &isnull));
		permit->in_time = DatumGetBool(SPI_getbinval(tup, desc, 2, &isnull));
		permit->long_enough = DatumGetBool(SPI_getbinval(tup, desc, 3, &isnull));
	}
	SPI_finish();
	owner_leave(&scope);
	return found;
}

void
request_check(const Transition *t, const TicketRow *old, const TicketRow *new)
{
	Permit		permit;

	if (!permit_find(t, old, new, &permit))
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("ticket " INT64_FORMAT " lacks what \"%s\" requires", row_int64(old, TC_TICKET_ID), t->name),
				 errdetail("Missing: @has_request: a granted request of kind \"%s\" that has not been used.", request_kind(t)),
				 errhint("Ask with liskeban.ask(ticket_id, kind, reason); another person grants it with liskeban.decide(request_id, granted, note).")));
	if (!permit.in_time)
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("ticket " INT64_FORMAT " lacks what \"%s\" requires", row_int64(old, TC_TICKET_ID), t->name),
				 errdetail("Missing: a request asked before %s.", ticket_columns[suspended_due(old)].name)));
	if (!permit.long_enough)
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("ticket " INT64_FORMAT " lacks what \"%s\" requires", row_int64(old, TC_TICKET_ID), t->name),
				 errdetail("Missing: a request granted until suspend_until or later.")));
}

void
request_use(const Transition *t, const TicketRow *old, const TicketRow *new, int32 seq)
{
	Oid			argtypes[2] = {INT8OID, INT4OID};
	Datum		values[2];
	OwnerScope	scope;
	Permit		permit;

	if (!permit_find(t, old, new, &permit))
		return;
	values[0] = Int64GetDatum(permit.request_id);
	values[1] = Int32GetDatum(seq);
	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("UPDATE liskeban.request SET used_seq = $2 WHERE request_id OPERATOR(pg_catalog.=) $1",
							  2, argtypes, values, NULL, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not write liskeban.request");
	SPI_finish();
	owner_leave(&scope);
}

/*
 * ask(ticket_id bigint, kind text, reason text, until timestamptz) returns bigint: the request's id.
 */
Datum
request_ask(PG_FUNCTION_ARGS)
{
	Oid			argtypes[6] = {INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID};
	Datum		values[6];
	char		nulls[7] = "      ";
	char	   *kind = PG_ARGISNULL(1) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(1));
	const Actor *actor = identity_actor();
	TimestampTz now = liskeban_now();
	int			k;
	TicketRow	row;

	ticket_lock(PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0), PG_ARGISNULL(0), &row);
	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("kind must not be NULL")));
	for (k = 0; k < (int) lengthof(request_kinds); k++)
		if (strcmp(kind, request_kinds[k].kind) == 0)
			break;
	if (k == (int) lengthof(request_kinds))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no kind of request \"%s\"", kind),
				 errhint("A request is one of return, suspend, extend, promise, rework, reopen.")));
	if ((request_kinds[k].states & IN(row_state(&row))) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_LK_NO_TRANSITION),
				 errmsg("\"%s\" cannot be asked for ticket " INT64_FORMAT ", which is \"%s\"",
						kind, row_int64(&row, TC_TICKET_ID), state_labels[row_state(&row)])));
	if (!actor_has_role(actor, request_kinds[k].roles, &row))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not ask \"%s\" for ticket " INT64_FORMAT,
						actor->name, kind, row_int64(&row, TC_TICKET_ID))));
	if (!ARG_HAS_TEXT(2))
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("a request needs a reason"),
				 errdetail("Missing: reason.")));
	if (request_kinds[k].needs_until && PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("a request of kind \"%s\" needs a time", kind),
				 errdetail("Missing: until.")));
	if (!PG_ARGISNULL(3) && (PG_GETARG_TIMESTAMPTZ(3) <= now || TIMESTAMP_NOT_FINITE(PG_GETARG_TIMESTAMPTZ(3))))
		ereport(ERROR,
				(errcode(ERRCODE_LK_IMPOSSIBLE_TIME),
				 errmsg("impossible time in \"%s\"", "until"),
				 errdetail("What is asked for lies in the future.")));

	values[0] = PG_GETARG_DATUM(0);
	values[1] = PG_GETARG_DATUM(1);
	values[2] = PG_GETARG_DATUM(2);
	values[3] = PG_ARGISNULL(3) ? (Datum) 0 : PG_GETARG_DATUM(3);
	if (PG_ARGISNULL(3))
		nulls[3] = 'n';
	values[4] = TimestampTzGetDatum(Max(now, row_time(&row, TC_UPDATED_AT)));
	values[5] = CStringGetTextDatum(actor->name);
	PG_RETURN_DATUM(query_value_as_owner("INSERT INTO liskeban.request (ticket_id, kind, reason, until, asked_at, asked_by)"
										 " VALUES ($1, $2, $3, $4, $5, $6) RETURNING request_id",
										 6, argtypes, values, nulls, NULL));
}

/* A request as decide() reads it. */
typedef struct Request
{
	int64		ticket_id;
	char	   *kind;
	char	   *asked_by;
	TimestampTz asked_at;
	TimestampTz until;
	bool		decided;
	char	   *decided_by;
	char	   *note;
} Request;

/* Read a request as the owner; its strings live in the caller's memory. */
static void
request_read(int64 request_id, Request *r)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(request_id)};
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext spi;
	HeapTuple	tup;
	TupleDesc	desc;
	bool		isnull;
	OwnerScope	scope;

	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("SELECT ticket_id, kind, asked_by, asked_at, until, decided_at IS NOT NULL,"
							  " decided_by, coalesce(note, '') FROM liskeban.request WHERE request_id OPERATOR(pg_catalog.=) $1",
							  1, argtypes, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.request");
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("there is no request " INT64_FORMAT, request_id)));
	tup = SPI_tuptable->vals[0];
	desc = SPI_tuptable->tupdesc;
	spi = MemoryContextSwitchTo(caller);
	r->ticket_id = DatumGetInt64(SPI_getbinval(tup, desc, 1, &isnull));
	r->kind = TextDatumGetCString(SPI_getbinval(tup, desc, 2, &isnull));
	r->asked_by = TextDatumGetCString(SPI_getbinval(tup, desc, 3, &isnull));
	r->asked_at = DatumGetTimestampTz(SPI_getbinval(tup, desc, 4, &isnull));
	r->until = DatumGetTimestampTz(SPI_getbinval(tup, desc, 5, &isnull));
	r->decided = DatumGetBool(SPI_getbinval(tup, desc, 6, &isnull));
	r->decided_by = r->decided ? TextDatumGetCString(SPI_getbinval(tup, desc, 7, &isnull)) : NULL;
	r->note = TextDatumGetCString(SPI_getbinval(tup, desc, 8, &isnull));
	MemoryContextSwitchTo(spi);
	SPI_finish();
	owner_leave(&scope);
}

/* A granted extension acts at once: asked before a due that is still ahead, it moves the due later. */
static void
grant_extension(const Request *r, const TicketRow *row, Datum note, bool no_note)
{
	Oid			argtypes[3] = {INT8OID, TIMESTAMPTZOID, TEXTOID};
	Datum		values[3] = {Int64GetDatum(r->ticket_id), TimestampTzGetDatum(r->until), note};
	TimestampTz at = Max(liskeban_now(), row_time(row, TC_UPDATED_AT));

	if ((IN(row_state(row)) & (IN(STATE_DISPATCHED) | IN(STATE_ON_SITE) | IN(STATE_PLANNED))) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_LK_NO_TRANSITION),
				 errmsg("ticket " INT64_FORMAT ", which is \"%s\", cannot be extended",
						r->ticket_id, state_labels[row_state(row)])));
	if (row_isnull(row, TC_RESOLVE_DUE) || row_time(row, TC_RESOLVE_DUE) < at)
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("ticket " INT64_FORMAT " cannot be extended", r->ticket_id),
				 errdetail("Missing: resolve_due still ahead; a due that has passed never moves.")));
	if (r->until <= row_time(row, TC_RESOLVE_DUE))
		ereport(ERROR,
				(errcode(ERRCODE_LK_IMPOSSIBLE_TIME),
				 errmsg("impossible time in \"%s\"", "until"),
				 errdetail("An extension ends after resolve_due.")));
	maintain_execute(MAINTAIN_AS_OWNER, "extend",
					 "UPDATE liskeban.ticket SET resolve_due = $2, note = $3 WHERE ticket_id OPERATOR(pg_catalog.=) $1",
					 3, argtypes, values, no_note ? "  n" : NULL);
}

/*
 * Raise 42501 unless the actor stands above the rung that wants to promise more than it may (on the first, where there
 * is none above), and has to do with the ticket.
 */
static void
check_next_rung(const Actor *actor, const TicketRow *row)
{
	Tier		tier = row_isnull(row, TC_TIER) ? TIER_VILLAGE : (Tier) row_enum(row, TC_TIER);
	Tier		needed = Min(tier + 1, TIER_PRINCIPAL);

	if (actor->admin || actor_rung(actor, row) >= (int) needed)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("\"%s\" may not decide a promise for ticket " INT64_FORMAT, actor->name, row_int64(row, TC_TICKET_ID)),
			 errdetail("It takes someone on rung \"%s\" or above, whose duties reach the ticket.", tier_labels[needed])));
}

/*
 * decide(request_id bigint, granted boolean, note text): by another actor than asked.
 */
Datum
request_decide(PG_FUNCTION_ARGS)
{
	Oid			argtypes[6] = {INT8OID, BOOLOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, INT4OID};
	Datum		values[6];
	char		nulls[7] = "     n";
	const Actor *actor = identity_actor();
	Request		r;
	TicketRow	row;
	OwnerScope	scope;
	int32		used_seq;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("request_id and granted must not be NULL")));

	/* The ticket's lock comes first; then the request as it is by then. */
	request_read(PG_GETARG_INT64(0), &r);
	feedback_lock(r.ticket_id);
	ticket_lock(r.ticket_id, false, &row);
	request_read(PG_GETARG_INT64(0), &r);
	if (strcmp(r.kind, "promise") == 0)
		check_next_rung(actor, &row);
	else if (!actor_has_role(actor, ROLE_DISPATCHER, &row))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not decide a request for ticket " INT64_FORMAT, actor->name, r.ticket_id),
				 errdetail("It takes a membership that reaches the ticket as: dispatcher.")));
	if (strcmp(actor->name, r.asked_by) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not decide a request for ticket " INT64_FORMAT, actor->name, r.ticket_id),
				 errdetail("Another decides than asked.")));
	if (r.decided)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("request " INT64_FORMAT " has been decided", PG_GETARG_INT64(0)),
				 errdetail("By \"%s\"%s%s; ticket " INT64_FORMAT " is \"%s\".", r.decided_by, r.note[0] ? ": " : "", r.note,
						   r.ticket_id, state_labels[row_state(&row)])));

	values[0] = PG_GETARG_DATUM(0);
	values[1] = PG_GETARG_DATUM(1);
	values[2] = PG_ARGISNULL(2) ? (Datum) 0 : PG_GETARG_DATUM(2);
	values[3] = TimestampTzGetDatum(Max(liskeban_now(), r.asked_at));
	values[4] = CStringGetTextDatum(actor->name);
	values[5] = (Datum) 0;
	if (PG_ARGISNULL(2))
		nulls[2] = 'n';
	if (PG_GETARG_BOOL(1) && strcmp(r.kind, "extend") == 0)
	{
		grant_extension(&r, &row, values[2], PG_ARGISNULL(2));
		values[5] = Int32GetDatum(row_int32(&row, TC_LAST_SEQ) + 1);
		nulls[5] = ' ';
	}
	if (feedback_decide(PG_GETARG_INT64(0), &row, PG_GETARG_BOOL(1), values[2], PG_ARGISNULL(2), &used_seq) && used_seq > 0)
	{
		values[5] = Int32GetDatum(used_seq);
		nulls[5] = ' ';
	}
	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("UPDATE liskeban.request SET granted = $2, note = $3, decided_at = $4, decided_by = $5,"
							  " used_seq = $6 WHERE request_id OPERATOR(pg_catalog.=) $1",
							  6, argtypes, values, nulls, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not write liskeban.request");
	SPI_finish();
	owner_leave(&scope);
	PG_RETURN_VOID();
}
