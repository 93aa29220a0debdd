/*
 * party.c: joint handling (会办): who else takes part in a ticket, by when, and who would not.
 *
 *   CREATE TRIGGER party_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.party
 *     FOR EACH ROW EXECUTE FUNCTION liskeban.party_guard();
 *   CREATE TRIGGER party_guard_truncate BEFORE TRUNCATE ON liskeban.party
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.party_guard();
 *   CREATE TRIGGER party_log_insert AFTER INSERT ON liskeban.party REFERENCING NEW TABLE AS new_rows
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.party_log();
 *   CREATE TRIGGER party_log_update AFTER UPDATE ON liskeban.party REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.party_log();
 *
 * The guard takes the ticket's lock, so that a party and the ticket's result wait for each other, and checks in the
 * guard of tickets' order: LK003, LK001, 42501, LK002, LK006.  What says that something happened (done_at, refused_at)
 * is stamped with the event's time, whatever was given.  The log appends the event to the ticket and keeps its
 * co_departments.  What the platform writes itself passes: the lead's row follows the holder (consequence.c).
 *
 * The named functions lock the ticket before the party; a plain UPDATE has the party's row before any trigger of it is
 * called.  Statement against statement the second waits.  A transaction that holds the ticket from an earlier statement
 * and then ends a party whose plain UPDATE waits for that ticket is in a deadlock with it, which PostgreSQL ends.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "area_code.h"
#include "area_index.h"
#include "category.h"
#include "consequence.h"
#include "identity.h"
#include "liskeban.h"
#include "maintain.h"
#include "party.h"
#include "query.h"
#include "reach.h"
#include "registry_cache.h"
#include "row_guard.h"

PG_FUNCTION_INFO_V1(party_guard);
PG_FUNCTION_INFO_V1(party_log);
PG_FUNCTION_INFO_V1(party_add);
PG_FUNCTION_INFO_V1(party_done);
PG_FUNCTION_INFO_V1(party_refuse);

#define DUE_UNLESS_KNOWN (3 * USECS_PER_DAY)

/* ---- a row ---- */

static bool
text_is(const RowGuard *party, const char *column, const char *value)
{
	const char *text = row_guard_text(party, column);

	return text != NULL && strcmp(text, value) == 0;
}

static AreaCode
party_area(const RowGuard *party)
{
	return DatumGetAreaCode(row_guard_datum(party, "area"));
}

/* The code of who takes part, for messages. */
static char *
party_code(const RowGuard *party)
{
	if (!row_guard_isnull(party, "department"))
		return row_guard_text(party, "department");
	return row_guard_isnull(party, "area") ? pstrdup("nobody") : area_code_to_cstring(party_area(party));
}

/* ---- checks ---- */

static void
refuse_kept(const char *column, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_LK_MAINTAINED_COLUMN),
			 errmsg("column \"%s\" of liskeban.party is maintained by the platform", column),
			 errdetail("%s", why)));
}

static void
refuse_actor(const Actor *actor, const char *what, const char *who)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("\"%s\" may not %s", actor->name, what),
			 errdetail("%s", who)));
}

/* Lock the ticket and see that somebody is at work on it. */
static void
lock_ticket_at_work(const RowGuard *party, TicketRow *ticket)
{
	TicketState state;

	ticket_lock(row_guard_int64(party, "ticket_id"), row_guard_isnull(party, "ticket_id"), ticket);
	state = row_state(ticket);
	if (state != STATE_DISPATCHED && state != STATE_ON_SITE && state != STATE_PLANNED && state != STATE_SUSPENDED)
		ereport(ERROR,
				(errcode(ERRCODE_LK_NO_TRANSITION),
				 errmsg("nobody takes part in ticket " INT64_FORMAT ", which is \"%s\"",
						row_int64(ticket, TC_TICKET_ID), state_labels[state]),
				 errhint("Others take part while a ticket is dispatched, on_site, planned or suspended.")));
}

/* Does the actor stand for the party?  Its own people, and for an area those of what it lies in. */
static bool
stands_for(const Actor *actor, const RowGuard *party)
{
	if (actor->admin)
		return true;
	for (int i = 0; i < actor->nmemberships; i++)
	{
		const Membership *m = &actor->memberships[i];

		if (m->gateway || (m->duty != DUTY_HANDLER && m->duty != DUTY_DISPATCHER))
			continue;
		if (m->department != NULL ? text_is(party, "department", m->department)
			: !m->has_area || (!row_guard_isnull(party, "area") && area_code_contains(m->area, party_area(party))))
			return true;
	}
	return false;
}

/* Who takes part is registered and in force (23503), and does not lead the ticket already (23505). */
static void
check_who(const RowGuard *party, const TicketRow *ticket)
{
	bool		leads;

	if (row_guard_isnull(party, "department") == row_guard_isnull(party, "area"))
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("a party is a department or an area"),
				 errdetail("Missing: exactly one of department and area.")));
	if (!row_guard_isnull(party, "department"))
	{
		department_check(row_guard_datum(party, "department"));
		leads = row_text_is(ticket, TC_DEPARTMENT, party_code(party));
	}
	else
	{
		area_check_in_force(party_area(party));
		leads = row_isnull(ticket, TC_DEPARTMENT) && !row_isnull(ticket, TC_RESPONSIBLE_AREA) &&
			row_area(ticket, TC_RESPONSIBLE_AREA) == party_area(party);
	}
	if (leads)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("\"%s\" takes part in ticket " INT64_FORMAT " already", party_code(party),
						row_int64(ticket, TC_TICKET_ID)),
				 errdetail("It holds the ticket, and leads.")));
}

/* A term that was given lies ahead; without one the ticket's is the party's, while it is still ahead. */
static void
check_due(RowGuard *party, const TicketRow *ticket, TimestampTz at)
{
	if (!row_guard_isnull(party, "due"))
	{
		if (row_guard_time(party, "due") <= at || TIMESTAMP_NOT_FINITE(row_guard_time(party, "due")))
			ereport(ERROR,
					(errcode(ERRCODE_LK_IMPOSSIBLE_TIME),
					 errmsg("impossible time in column \"%s\"", "due"),
					 errdetail("A party does its part by a time in the future.")));
	}
	else if (!row_isnull(ticket, TC_RESOLVE_DUE) && row_time(ticket, TC_RESOLVE_DUE) > at)
		row_guard_set(party, "due", row_datum(ticket, TC_RESOLVE_DUE));
	else if (row_isnull(ticket, TC_RESOLVE_DUE) && !row_isnull(ticket, TC_PLAN_DUE) && row_time(ticket, TC_PLAN_DUE) > at)
		row_guard_set(party, "due", row_datum(ticket, TC_PLAN_DUE));
	else
		row_guard_set(party, "due", TimestampTzGetDatum(at + DUE_UNLESS_KNOWN));
	row_guard_set(party, "given_at", TimestampTzGetDatum(at));
}

/* ---- the guard ---- */

static void
guard_insert(RowGuard *party)
{
	static const char *const kept[] = {"done_at", "done_by", "refused_at", "refused_by", "refused_reason"};
	const Actor *actor = identity_actor();
	bool		own = maintain_active() || consequence_active();
	TimestampTz at;
	TicketRow	ticket;

	if (row_guard_isnull(party, "role"))
		row_guard_set_text(party, "role", "co");
	if (own)
	{
		if (row_guard_isnull(party, "added_at"))
			row_guard_set(party, "added_at", TimestampTzGetDatum(liskeban_now()));
		if (row_guard_isnull(party, "added_by"))
			row_guard_set_text(party, "added_by", actor->name);
		if (row_guard_isnull(party, "given_at"))
			row_guard_set(party, "given_at", row_guard_datum(party, "added_at"));
		return;
	}
	if (text_is(party, "role", "lead"))
		refuse_kept("role", _("The lead is who holds the ticket."));
	for (int i = 0; i < (int) lengthof(kept); i++)
		if (!row_guard_isnull(party, kept[i]))
			refuse_kept(kept[i], _("A party begins with its part still to do."));
	lock_ticket_at_work(party, &ticket);
	if (!actor_has_role(actor, ROLE_DISPATCHER | ROLE_PLATFORM, &ticket) && !actor_leads(actor, &ticket))
		refuse_actor(actor, psprintf(_("add a party to ticket " INT64_FORMAT), row_int64(&ticket, TC_TICKET_ID)),
					 _("It is the desk's to do, or of who holds the ticket."));
	check_who(party, &ticket);
	at = Max(liskeban_now(), row_time(&ticket, TC_UPDATED_AT));
	check_due(party, &ticket, at);
	row_guard_set_text(party, "added_by", actor->name);
	row_guard_set(party, "added_at", TimestampTzGetDatum(at));
	row_guard_set(party, "run", Int32GetDatum(1));
}

/* 55000: what has been done, or refused, is neither any more. */
static void
refuse_ended(const RowGuard *party, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("party " INT64_FORMAT " (%s) cannot %s", row_guard_int64(party, "party_id"), party_code(party), what),
			 !row_guard_was_null(party, "done_at") ? errdetail("It has done its part.") :
			 !row_guard_was_null(party, "refused_at") ? errdetail("It has refused.") :
			 errdetail("Its part is still to do."),
			 !row_guard_was_null(party, "refused_at") ? errhint("The desk insists by setting refused_reason to NULL.") : 0));
}

static void
guard_update(RowGuard *party)
{
	static const char *const kept[] = {"party_id", "ticket_id", "department", "area", "role", "added_by", "added_at",
	"given_at", "run"};
	static const char *const steps[] = {"done_at", "done_by", "refused_at", "refused_by", "refused_reason", "note", NULL};
	const Actor *actor = identity_actor();
	bool		was_open = row_guard_was_null(party, "done_at") && row_guard_was_null(party, "refused_at");
	bool		done = row_guard_given(party, "done_at");
	bool		refused = row_guard_was_null(party, "refused_at") &&
		!(row_guard_isnull(party, "refused_at") && row_guard_isnull(party, "refused_reason"));
	bool		insisted = !row_guard_was_null(party, "refused_at") &&
		(row_guard_isnull(party, "refused_at") || row_guard_isnull(party, "refused_reason"));
	bool		term = row_guard_changed(party, "due");
	bool		desk;
	TicketRow	ticket;
	TimestampTz at;

	if (maintain_active() || consequence_active())
		return;
	for (int i = 0; i < (int) lengthof(kept); i++)
		if (row_guard_changed(party, kept[i]))
			refuse_kept(kept[i], _("It says who takes part in what, and never changes."));
	if (text_is(party, "role", "lead"))
	{
		if (done || refused || insisted || term || row_guard_changed(party, "done_at"))
			refuse_kept("role", _("The lead's row follows the ticket."));
		return;
	}
	if (!term && !row_guard_any_changed(party, steps))
		return;

	lock_ticket_at_work(party, &ticket);
	desk = actor_has_role(actor, ROLE_DISPATCHER, &ticket);
	if (!desk && (term || insisted || !stands_for(actor, party)))
		refuse_actor(actor, psprintf(_("%s party " INT64_FORMAT " of ticket " INT64_FORMAT),
									 done ? _("end") : refused ? _("refuse") : insisted ? _("insist on") : _("change"),
									 row_guard_int64(party, "party_id"), row_int64(&ticket, TC_TICKET_ID)),
					 term || insisted ? _("It is the desk's to do.") :
					 psprintf(_("It is for those of \"%s\", or the desk."), party_code(party)));
	at = Max(liskeban_now(), row_time(&ticket, TC_UPDATED_AT));
	if ((done && !was_open) || (done && refused))
		refuse_ended(party, _("do its part"));
	if (refused && !was_open)
		refuse_ended(party, _("refuse"));
	if (insisted && !row_guard_was_null(party, "done_at"))
		refuse_ended(party, _("be insisted on"));
	if (term && !was_open && !insisted)
		refuse_ended(party, _("be given another term"));
	if (!done && row_guard_changed(party, "done_at"))
		refuse_ended(party, row_guard_isnull(party, "done_at") ? _("take back what it has done") : _("do its part again"));
	if (refused && (row_guard_isnull(party, "refused_reason") || row_guard_text(party, "refused_reason")[0] == '\0'))
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("party " INT64_FORMAT " (%s) cannot refuse without a reason",
						row_guard_int64(party, "party_id"), party_code(party)),
				 errdetail("Missing: refused_reason.")));
	if (!refused && !insisted && (row_guard_changed(party, "refused_at") || row_guard_changed(party, "refused_reason")))
		refuse_ended(party, _("refuse again"));

	if (done)
	{
		row_guard_set(party, "done_at", TimestampTzGetDatum(at));
		row_guard_set_text(party, "done_by", actor->name);
	}
	else
		row_guard_set_old(party, "done_by");
	if (refused)
	{
		row_guard_set(party, "refused_at", TimestampTzGetDatum(at));
		row_guard_set_text(party, "refused_by", actor->name);
	}
	else
		row_guard_set_old(party, "refused_by");
	if (insisted)
	{
		row_guard_set_null(party, "refused_at");
		row_guard_set_null(party, "refused_by");
		row_guard_set_null(party, "refused_reason");
		/* A term that has passed while it stood refused is given anew. */
		if (!term && !row_guard_isnull(party, "due") && row_guard_time(party, "due") <= at)
			row_guard_set_null(party, "due");
	}
	else if (term && !row_guard_was_null(party, "due") && row_guard_old_time(party, "due") <= at)
		ereport(ERROR,
				(errcode(ERRCODE_LK_IMPOSSIBLE_TIME),
				 errmsg("impossible time in column \"%s\"", "due"),
				 errdetail("A term that has passed never moves.")));
	if (insisted || term)
	{
		check_due(party, &ticket, at);
		row_guard_set(party, "run", Int32GetDatum(DatumGetInt32(row_guard_datum(party, "run")) + 1));
	}
}

Datum
party_guard(PG_FUNCTION_ARGS)
{
	RowGuard	party;

	row_guard_begin(&party, fcinfo, "party_guard");
	if (party.insert)
		guard_insert(&party);
	else
		guard_update(&party);
	return PointerGetDatum(row_guard_end(&party));
}

/* ---- the log ---- */

/*
 * One step of the parties named by a query over the transition tables, (ticket_id, party_id, at, said): an event a
 * ticket, whose note names them, with the co_departments that there are by then.
 */
#define PARTY_STEP(step) \
	"UPDATE liskeban.ticket AS t SET co_departments = s.co_departments, note = s.note, updated_at = s.at" \
	" FROM (SELECT x.ticket_id, max(x.at) AS at," \
	" string_agg(coalesce(d.name || ' (' || d.code || ')', a.name || ' (' || a.code::text || ')')" \
	" || coalesce(': ' || nullif(x.said, ''), ''), '; ' ORDER BY x.party_id) AS note," \
	" ARRAY(SELECT DISTINCT c.department COLLATE \"C\" FROM liskeban.party AS c WHERE c.ticket_id = x.ticket_id" \
	" AND c.role = 'co' AND c.refused_at IS NULL AND c.department IS NOT NULL ORDER BY 1) AS co_departments" \
	" FROM (" step ") AS x JOIN liskeban.party AS p ON p.party_id = x.party_id" \
	" LEFT JOIN liskeban.department AS d ON d.code = p.department" \
	" LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) p.area GROUP BY x.ticket_id) AS s" \
	" WHERE t.ticket_id = s.ticket_id"

Datum
party_log(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigdata->tg_event) ||
		!TRIGGER_FIRED_FOR_STATEMENT(trigdata->tg_event) || trigdata->tg_newtable == NULL ||
		(TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) && trigdata->tg_oldtable == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a statement trigger after, with transition tables",
						"party_log")));
	if (tuplestore_tuple_count(trigdata->tg_newtable) == 0)
		PG_RETURN_POINTER(NULL);
	if (!TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
	{
		maintain_execute_trigger(MAINTAIN_AS_OWNER, "add_party",
								 PARTY_STEP("SELECT n.ticket_id, n.party_id, n.added_at AS at, n.note AS said"
											" FROM new_rows AS n WHERE n.role = 'co'"), trigdata);
		/* With the first that takes part there is one that leads. */
		maintain_execute_trigger(MAINTAIN_AS_PLATFORM, NULL,
								 "INSERT INTO liskeban.party (ticket_id, department, area, role, added_by, added_at)"
								 " SELECT t.ticket_id, t.department, CASE WHEN t.department IS NULL THEN t.responsible_area END,"
								 " 'lead', 'platform', n.added_at"
								 " FROM (SELECT ticket_id, min(added_at) AS added_at FROM new_rows WHERE role = 'co' GROUP BY 1) AS n"
								 " JOIN liskeban.ticket AS t ON t.ticket_id = n.ticket_id"
								 " WHERE num_nonnulls(t.department, t.responsible_area) > 0 AND NOT EXISTS"
								 " (SELECT FROM liskeban.party AS p WHERE p.ticket_id = n.ticket_id AND p.role = 'lead')",
								 trigdata);
		PG_RETURN_POINTER(NULL);
	}
	maintain_execute_trigger(MAINTAIN_AS_OWNER, "party_done",
							 PARTY_STEP("SELECT n.ticket_id, n.party_id, n.done_at AS at,"
										" CASE WHEN n.note IS DISTINCT FROM o.note THEN n.note END AS said"
										" FROM old_rows AS o JOIN new_rows AS n ON n.party_id = o.party_id"
										" WHERE n.role = 'co' AND o.done_at IS NULL AND n.done_at IS NOT NULL"), trigdata);
	maintain_execute_trigger(MAINTAIN_AS_OWNER, "party_refused",
							 PARTY_STEP("SELECT n.ticket_id, n.party_id, n.refused_at AS at, n.refused_reason AS said"
										" FROM old_rows AS o JOIN new_rows AS n ON n.party_id = o.party_id"
										" WHERE n.role = 'co' AND o.refused_at IS NULL AND n.refused_at IS NOT NULL"), trigdata);
	/* Insisted on, or given another term: added anew. */
	maintain_execute_trigger(MAINTAIN_AS_OWNER, "add_party",
							 PARTY_STEP("SELECT n.ticket_id, n.party_id, n.given_at AS at,"
										" CASE WHEN n.note IS DISTINCT FROM o.note THEN n.note END AS said"
										" FROM old_rows AS o JOIN new_rows AS n ON n.party_id = o.party_id"
										" WHERE n.role = 'co' AND n.run > o.run"), trigdata);
	PG_RETURN_POINTER(NULL);
}

/* ---- what others ask ---- */

char *
party_not_done(int64 ticket_id)
{
	static SPIPlanPtr plan = NULL;
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(ticket_id)};
	MemoryContext caller = CurrentMemoryContext;
	OwnerScope	scope;
	char	   *who = NULL;

	if (!platform_has("party"))
		return NULL;
	owner_enter(&scope);
	SPI_connect();
	query_plan(&plan, "SELECT coalesce((SELECT d.name || ' (' || d.code || ')' FROM liskeban.department AS d"
					  " WHERE d.code = p.department), (SELECT a.name || ' (' || a.code::text || ')'"
					  " FROM liskeban.area AS a WHERE a.code OPERATOR(liskeban.=) p.area))"
					  " FROM liskeban.party AS p WHERE p.ticket_id = $1 AND p.role = 'co' AND p.due IS NOT NULL"
					  " AND p.done_at IS NULL AND p.refused_at IS NULL ORDER BY p.party_id LIMIT 1",
					  1, argtypes);
	if (SPI_execute_plan(plan, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.party");
	if (SPI_processed > 0)
		who = MemoryContextStrdup(caller, SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1));
	SPI_finish();
	owner_leave(&scope);
	return who;
}

/* ---- named functions ---- */

/*
 * add_party(ticket_id bigint, area area_code, department text, due timestamptz, note text) returns bigint: its party_id.
 */
Datum
party_add(PG_FUNCTION_ARGS)
{
	Oid			argtypes[5] = {INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID};
	Datum		values[5];
	char		nulls[6] = "     ";
	TicketRow	row;

	ticket_lock(PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0), PG_ARGISNULL(0), &row);
	for (int i = 0; i < 5; i++)
	{
		values[i] = PG_ARGISNULL(i) ? (Datum) 0 : PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
	if (!PG_ARGISNULL(1))
		values[1] = CStringGetTextDatum(area_code_to_cstring(PG_GETARG_AREA_CODE(1)));
	PG_RETURN_DATUM(query_value("INSERT INTO liskeban.party (ticket_id, area, department, due, note)"
								" VALUES ($1, $2::liskeban.area_code, $3, $4, $5) RETURNING party_id",
								5, argtypes, values, nulls, NULL));
}

/* Lock the ticket of a party; 22004 for a NULL id, P0002 when there is no such party. */
static void
lock_ticket_of(FunctionCallInfo fcinfo)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1];
	OwnerScope	scope;
	TicketRow	row;
	int64		ticket_id = 0;
	bool		found;
	bool		isnull;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("party_id must not be NULL")));
	values[0] = PG_GETARG_DATUM(0);
	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("SELECT ticket_id FROM liskeban.party WHERE party_id = $1",
							  1, argtypes, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.party");
	found = SPI_processed > 0;
	if (found)
		ticket_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_finish();
	owner_leave(&scope);
	if (!found)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("there is no party " INT64_FORMAT, PG_GETARG_INT64(0))));
	ticket_lock(ticket_id, false, &row);
}

/* What party_done() and refuse_party() come to. */
static void
party_step(FunctionCallInfo fcinfo, const char *sql)
{
	Oid			argtypes[3] = {INT8OID, TEXTOID, TIMESTAMPTZOID};
	Datum		values[3];
	char		nulls[4] = "   ";

	lock_ticket_of(fcinfo);
	values[0] = PG_GETARG_DATUM(0);
	values[1] = PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1);
	if (PG_ARGISNULL(1))
		nulls[1] = 'n';
	values[2] = TimestampTzGetDatum(liskeban_now());
	SPI_connect();
	if (SPI_execute_with_args(sql, 3, argtypes, values, nulls, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not write liskeban.party");
	SPI_finish();
}

/* The party as it is, raised as 55000 by the guard where the step is none: the value written must differ. */
#define AGAIN(column) "CASE WHEN " column " IS NULL THEN $3 ELSE " column " OPERATOR(pg_catalog.+) '1 microsecond'::interval END"

Datum
party_done(PG_FUNCTION_ARGS)
{
	party_step(fcinfo, "UPDATE liskeban.party SET done_at = " AGAIN("done_at") ", note = coalesce($2, note)"
			   " WHERE party_id OPERATOR(pg_catalog.=) $1");
	PG_RETURN_VOID();
}

Datum
party_refuse(PG_FUNCTION_ARGS)
{
	party_step(fcinfo, "UPDATE liskeban.party SET refused_at = " AGAIN("refused_at") ", refused_reason = $2"
			   " WHERE party_id OPERATOR(pg_catalog.=) $1");
	PG_RETURN_VOID();
}
