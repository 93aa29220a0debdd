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
 * The named functions lock the ticket before the party; a plain UPDATE has the party's row by then, so that two who end
 * the same party at the same time, one each way, may find each other in a deadlock, which PostgreSQL ends.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/datum.h"
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

PG_FUNCTION_INFO_V1(party_guard);
PG_FUNCTION_INFO_V1(party_log);
PG_FUNCTION_INFO_V1(party_add);
PG_FUNCTION_INFO_V1(party_done);
PG_FUNCTION_INFO_V1(party_refuse);

#define DUE_UNLESS_KNOWN (3 * USECS_PER_DAY)

/* ---- a row ---- */

#define PARTY_COLUMNS(X) \
	X(PARTY_ID, "party_id") X(TICKET_ID, "ticket_id") X(DEPARTMENT, "department") X(AREA, "area") X(ROLE, "role") \
	X(ADDED_BY, "added_by") X(ADDED_AT, "added_at") X(DUE, "due") X(GIVEN_AT, "given_at") X(RUN, "run") \
	X(DONE_AT, "done_at") X(DONE_BY, "done_by") X(REFUSED_AT, "refused_at") X(REFUSED_BY, "refused_by") \
	X(REFUSED_REASON, "refused_reason") X(NOTE, "note")

typedef enum PartyColumn
{
#define X(id, name) PC_##id,
	PARTY_COLUMNS(X)
#undef X
	PC_COUNT
} PartyColumn;

static const char *const column_names[] = {
#define X(id, name) name,
	PARTY_COLUMNS(X)
#undef X
};

/* Our columns in our order; where they stand in the table is found by name. */
typedef struct PartyRow
{
	TupleDesc	desc;
	int			attnum[PC_COUNT];
	Datum		values[PC_COUNT];
	bool		nulls[PC_COUNT];
} PartyRow;

static void
party_take_apart(PartyRow *party, HeapTuple tuple, TupleDesc desc)
{
	party->desc = desc;
	for (int c = 0; c < PC_COUNT; c++)
	{
		party->attnum[c] = SPI_fnumber(desc, column_names[c]);
		if (party->attnum[c] <= 0)
			elog(ERROR, "column \"%s\" of liskeban.party is missing", column_names[c]);
		party->values[c] = heap_getattr(tuple, party->attnum[c], desc, &party->nulls[c]);
	}
}

static HeapTuple
party_put_together(PartyRow *party, HeapTuple tuple)
{
	return heap_modify_tuple_by_cols(tuple, party->desc, PC_COUNT, party->attnum, party->values,
									 party->nulls);
}

static bool
party_changed(const PartyRow *old, const PartyRow *new, PartyColumn c)
{
	Form_pg_attribute att = TupleDescAttr(new->desc, new->attnum[c] - 1);

	if (old->nulls[c] || new->nulls[c])
		return old->nulls[c] != new->nulls[c];
	return !datum_image_eq(old->values[c], new->values[c], att->attbyval, att->attlen);
}

static void
party_set(PartyRow *party, PartyColumn c, Datum value)
{
	party->values[c] = value;
	party->nulls[c] = false;
}

static void
party_set_null(PartyRow *party, PartyColumn c)
{
	party->values[c] = (Datum) 0;
	party->nulls[c] = true;
}

static bool
party_text_is(const PartyRow *party, PartyColumn c, const char *value)
{
	return !party->nulls[c] && strcmp(TextDatumGetCString(party->values[c]), value) == 0;
}

#define party_time(party, c) DatumGetTimestampTz((party)->values[c])
#define party_id(party) DatumGetInt64((party)->values[PC_PARTY_ID])

/* The code of who takes part, for messages. */
static char *
party_code(const PartyRow *party)
{
	if (!party->nulls[PC_DEPARTMENT])
		return TextDatumGetCString(party->values[PC_DEPARTMENT]);
	return party->nulls[PC_AREA] ? pstrdup("nobody") : area_code_to_cstring(DatumGetAreaCode(party->values[PC_AREA]));
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
lock_ticket_at_work(const PartyRow *party, TicketRow *ticket)
{
	TicketState state;

	ticket_lock(party->nulls[PC_TICKET_ID] ? 0 : DatumGetInt64(party->values[PC_TICKET_ID]), party->nulls[PC_TICKET_ID],
				ticket);
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
stands_for(const Actor *actor, const PartyRow *party)
{
	if (actor->admin)
		return true;
	for (int i = 0; i < actor->nmemberships; i++)
	{
		const Membership *m = &actor->memberships[i];

		if (m->gateway || (m->duty != DUTY_HANDLER && m->duty != DUTY_DISPATCHER))
			continue;
		if (m->department != NULL ? party_text_is(party, PC_DEPARTMENT, m->department)
			: !m->has_area ||
			(!party->nulls[PC_AREA] && area_code_contains(m->area, DatumGetAreaCode(party->values[PC_AREA]))))
			return true;
	}
	return false;
}

/* Who takes part is registered and in force (23503), and does not lead the ticket already (23505). */
static void
check_who(const PartyRow *party, const TicketRow *ticket)
{
	bool		leads;

	if (party->nulls[PC_DEPARTMENT] == party->nulls[PC_AREA])
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("a party is a department or an area"),
				 errdetail("Missing: exactly one of department and area.")));
	if (!party->nulls[PC_DEPARTMENT])
	{
		department_check(party->values[PC_DEPARTMENT]);
		leads = !row_isnull(ticket, TC_DEPARTMENT) &&
			strcmp(TextDatumGetCString(row_datum(ticket, TC_DEPARTMENT)), party_code(party)) == 0;
	}
	else
	{
		AreaCode	area = DatumGetAreaCode(party->values[PC_AREA]);

		if (!area_in_force(area))
			ereport(ERROR,
					(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
					 errmsg("area \"%s\" is not registered, or no longer in force", area_code_to_cstring(area)),
					 errhint("See liskeban.area.")));
		leads = row_isnull(ticket, TC_DEPARTMENT) && !row_isnull(ticket, TC_RESPONSIBLE_AREA) &&
			row_area(ticket, TC_RESPONSIBLE_AREA) == area;
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
check_due(PartyRow *party, const TicketRow *ticket, TimestampTz at)
{
	if (!party->nulls[PC_DUE])
	{
		if (party_time(party, PC_DUE) <= at || TIMESTAMP_NOT_FINITE(party_time(party, PC_DUE)))
			ereport(ERROR,
					(errcode(ERRCODE_LK_IMPOSSIBLE_TIME),
					 errmsg("impossible time in column \"%s\"", "due"),
					 errdetail("A party does its part by a time in the future.")));
	}
	else if (!row_isnull(ticket, TC_RESOLVE_DUE) && row_time(ticket, TC_RESOLVE_DUE) > at)
		party_set(party, PC_DUE, row_datum(ticket, TC_RESOLVE_DUE));
	else if (row_isnull(ticket, TC_RESOLVE_DUE) && !row_isnull(ticket, TC_PLAN_DUE) && row_time(ticket, TC_PLAN_DUE) > at)
		party_set(party, PC_DUE, row_datum(ticket, TC_PLAN_DUE));
	else
		party_set(party, PC_DUE, TimestampTzGetDatum(at + DUE_UNLESS_KNOWN));
	party_set(party, PC_GIVEN_AT, TimestampTzGetDatum(at));
}

/* ---- the guard ---- */

static void
guard_insert(PartyRow *party)
{
	static const PartyColumn kept[] = {PC_DONE_AT, PC_DONE_BY, PC_REFUSED_AT, PC_REFUSED_BY, PC_REFUSED_REASON};
	const Actor *actor = identity_actor();
	bool		own = maintain_active() || consequence_active();
	TimestampTz at;
	TicketRow	ticket;

	if (party->nulls[PC_ROLE])
		party_set(party, PC_ROLE, CStringGetTextDatum("co"));
	if (own)
	{
		if (party->nulls[PC_ADDED_AT])
			party_set(party, PC_ADDED_AT, TimestampTzGetDatum(liskeban_now()));
		if (party->nulls[PC_ADDED_BY])
			party_set(party, PC_ADDED_BY, CStringGetTextDatum(actor->name));
		if (party->nulls[PC_GIVEN_AT])
			party_set(party, PC_GIVEN_AT, party->values[PC_ADDED_AT]);
		return;
	}
	if (party_text_is(party, PC_ROLE, "lead"))
		refuse_kept("role", "The lead is who holds the ticket.");
	for (int i = 0; i < (int) lengthof(kept); i++)
		if (!party->nulls[kept[i]])
			refuse_kept(column_names[kept[i]], "A party begins with its part still to do.");
	lock_ticket_at_work(party, &ticket);
	if (!actor_has_role(actor, ROLE_DISPATCHER | ROLE_PLATFORM, &ticket) && !actor_leads(actor, &ticket))
		refuse_actor(actor, psprintf("add a party to ticket " INT64_FORMAT, row_int64(&ticket, TC_TICKET_ID)),
					 "It is the desk's to do, or of who holds the ticket.");
	check_who(party, &ticket);
	at = Max(liskeban_now(), row_time(&ticket, TC_UPDATED_AT));
	check_due(party, &ticket, at);
	party_set(party, PC_ADDED_BY, CStringGetTextDatum(actor->name));
	party_set(party, PC_ADDED_AT, TimestampTzGetDatum(at));
	party_set(party, PC_RUN, Int32GetDatum(1));
}

/* 55000: what has been done, or refused, is neither any more. */
static void
refuse_ended(const PartyRow *party, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("party " INT64_FORMAT " (%s) cannot %s", party_id(party), party_code(party), what),
			 !party->nulls[PC_DONE_AT] ? errdetail("It has done its part.") :
			 !party->nulls[PC_REFUSED_AT] ? errdetail("It has refused.") :
			 errdetail("Its part is still to do."),
			 !party->nulls[PC_REFUSED_AT] ? errhint("The desk insists by setting refused_reason to NULL.") : 0));
}

static void
guard_update(const PartyRow *old, PartyRow *new)
{
	static const PartyColumn kept[] = {PC_PARTY_ID, PC_TICKET_ID, PC_DEPARTMENT, PC_AREA, PC_ROLE, PC_ADDED_BY, PC_ADDED_AT,
	PC_GIVEN_AT, PC_RUN};
	const Actor *actor = identity_actor();
	bool		was_open = old->nulls[PC_DONE_AT] && old->nulls[PC_REFUSED_AT];
	bool		done = old->nulls[PC_DONE_AT] && !new->nulls[PC_DONE_AT];
	bool		refused = old->nulls[PC_REFUSED_AT] && (!new->nulls[PC_REFUSED_AT] || !new->nulls[PC_REFUSED_REASON]);
	bool		insisted = !old->nulls[PC_REFUSED_AT] && (new->nulls[PC_REFUSED_AT] || new->nulls[PC_REFUSED_REASON]);
	bool		term = party_changed(old, new, PC_DUE);
	bool		desk;
	TicketRow	ticket;
	TimestampTz at;

	if (maintain_active() || consequence_active())
		return;
	for (int i = 0; i < (int) lengthof(kept); i++)
		if (party_changed(old, new, kept[i]))
			refuse_kept(column_names[kept[i]], "It says who takes part in what, and never changes.");
	if (party_text_is(old, PC_ROLE, "lead"))
	{
		if (done || refused || insisted || term || party_changed(old, new, PC_DONE_AT))
			refuse_kept("role", "The lead's row follows the ticket.");
		return;
	}
	if (!done && !refused && !insisted && !term && !party_changed(old, new, PC_DONE_AT) &&
		!party_changed(old, new, PC_REFUSED_AT) && !party_changed(old, new, PC_REFUSED_REASON) &&
		!party_changed(old, new, PC_DONE_BY) && !party_changed(old, new, PC_REFUSED_BY) && !party_changed(old, new, PC_NOTE))
		return;

	lock_ticket_at_work(old, &ticket);
	desk = actor_has_role(actor, ROLE_DISPATCHER, &ticket);
	if (!desk && (term || insisted || !stands_for(actor, old)))
		refuse_actor(actor, psprintf("%s party " INT64_FORMAT " of ticket " INT64_FORMAT,
									 done ? "end" : refused ? "refuse" : insisted ? "insist on" : "change",
									 party_id(old), row_int64(&ticket, TC_TICKET_ID)),
					 term || insisted ? "It is the desk's to do." :
					 psprintf("It is for those of \"%s\", or the desk.", party_code(old)));
	at = Max(liskeban_now(), row_time(&ticket, TC_UPDATED_AT));
	if ((done && !was_open) || (done && refused))
		refuse_ended(old, "do its part");
	if (refused && !was_open)
		refuse_ended(old, "refuse");
	if (insisted && !old->nulls[PC_DONE_AT])
		refuse_ended(old, "be insisted on");
	if (term && !was_open && !insisted)
		refuse_ended(old, "be given another term");
	if (!done && party_changed(old, new, PC_DONE_AT))
		refuse_ended(old, new->nulls[PC_DONE_AT] ? "take back what it has done" : "do its part again");
	if (refused && (new->nulls[PC_REFUSED_REASON] || VARSIZE_ANY_EXHDR(DatumGetPointer(new->values[PC_REFUSED_REASON])) == 0))
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("party " INT64_FORMAT " (%s) cannot refuse without a reason", party_id(old), party_code(old)),
				 errdetail("Missing: refused_reason.")));
	if (!refused && !insisted && (party_changed(old, new, PC_REFUSED_AT) || party_changed(old, new, PC_REFUSED_REASON)))
		refuse_ended(old, "refuse again");

	if (done)
	{
		party_set(new, PC_DONE_AT, TimestampTzGetDatum(at));
		party_set(new, PC_DONE_BY, CStringGetTextDatum(actor->name));
	}
	else
	{
		new->values[PC_DONE_BY] = old->values[PC_DONE_BY];
		new->nulls[PC_DONE_BY] = old->nulls[PC_DONE_BY];
	}
	if (refused)
	{
		party_set(new, PC_REFUSED_AT, TimestampTzGetDatum(at));
		party_set(new, PC_REFUSED_BY, CStringGetTextDatum(actor->name));
	}
	else
	{
		new->values[PC_REFUSED_BY] = old->values[PC_REFUSED_BY];
		new->nulls[PC_REFUSED_BY] = old->nulls[PC_REFUSED_BY];
	}
	if (insisted)
	{
		party_set_null(new, PC_REFUSED_AT);
		party_set_null(new, PC_REFUSED_BY);
		party_set_null(new, PC_REFUSED_REASON);
		/* A term that has passed while it stood refused is given anew. */
		if (!term && !new->nulls[PC_DUE] && party_time(new, PC_DUE) <= at)
			party_set_null(new, PC_DUE);
	}
	else if (term && !old->nulls[PC_DUE] && party_time(old, PC_DUE) <= at)
		ereport(ERROR,
				(errcode(ERRCODE_LK_IMPOSSIBLE_TIME),
				 errmsg("impossible time in column \"%s\"", "due"),
				 errdetail("A term that has passed never moves.")));
	if (insisted || term)
	{
		check_due(new, &ticket, at);
		party_set(new, PC_RUN, Int32GetDatum(DatumGetInt32(old->values[PC_RUN]) + 1));
	}
}

Datum
party_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	TupleDesc	desc;
	PartyRow	old;
	PartyRow	new;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a trigger before", "party_guard")));
	if (TRIGGER_FIRED_BY_DELETE(trigdata->tg_event) || TRIGGER_FIRED_BY_TRUNCATE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_LK_HISTORY),
				 errmsg("parties are never deleted"),
				 errhint("A party that is not to take part refuses.")));
	if (!TRIGGER_FIRED_FOR_ROW(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called for each row", "party_guard")));

	desc = RelationGetDescr(trigdata->tg_relation);
	if (!TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
	{
		party_take_apart(&new, trigdata->tg_trigtuple, desc);
		guard_insert(&new);
		return PointerGetDatum(party_put_together(&new, trigdata->tg_trigtuple));
	}
	party_take_apart(&old, trigdata->tg_trigtuple, desc);
	party_take_apart(&new, trigdata->tg_newtuple, desc);
	guard_update(&old, &new);
	return PointerGetDatum(party_put_together(&new, trigdata->tg_newtuple));
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
