/*
 * whistle.c: whistles by hand, what becomes of a whistle, and the task forces that handle what was whistled up.
 *
 * Every step locks the ticket first, then the whistle, and is an event of the ticket's history that bears the step's
 * name.  What a whistle does to its ticket is in escalation.c; that it ends with its ticket, in consequence.c.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "calendar.h"
#include "escalation.h"
#include "identity.h"
#include "liskeban.h"
#include "query.h"
#include "reach.h"
#include "registry_cache.h"

PG_FUNCTION_INFO_V1(whistle_blow);
PG_FUNCTION_INFO_V1(whistle_sign);
PG_FUNCTION_INFO_V1(whistle_decline);
PG_FUNCTION_INFO_V1(whistle_appeal);
PG_FUNCTION_INFO_V1(whistle_hand_down);
PG_FUNCTION_INFO_V1(task_force_set);
PG_FUNCTION_INFO_V1(task_force_guard);

/* ---- raising by hand ---- */

static void refuse_ground(const TicketRow *row, const char *why) pg_attribute_noreturn();
static void refuse_actor(const Actor *actor, const char *what, const TicketRow *row, const char *why) pg_attribute_noreturn();

static void
refuse_ground(const TicketRow *row, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_LK_NO_GROUND),
			 errmsg("there is no ground for a whistle on ticket " INT64_FORMAT, row_int64(row, TC_TICKET_ID)),
			 errdetail("%s", why)));
}

static void
refuse_actor(const Actor *actor, const char *what, const TicketRow *row, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("\"%s\" may not %s of ticket " INT64_FORMAT, actor->name, what, row_int64(row, TC_TICKET_ID)),
			 errdetail("%s", why)));
}

/*
 * Declines of the raiser that count: not of an appeal, which is the same matter; upheld when the appeal was declined too,
 * or when none came within a working day.
 */
static int64
count_declined(const char *raiser, TimestampTz at)
{
	static const char sql[] =
		"SELECT count(*) FROM liskeban.whistle AS w"
		" LEFT JOIN liskeban.whistle AS a ON a.appeal_of = w.whistle_id,"
		" LATERAL (SELECT liskeban.add_working_time(w.ended_at, '1 day', 'working_day')) AS u(until)"
		" WHERE w.raised_by = $1 AND w.outcome = 'declined' AND w.appeal_of IS NULL"
		" AND w.ended_at > $2 - interval '720 hours'"
		" AND (coalesce(a.outcome = 'declined', false)"
		" OR u.until < $2 AND coalesce(a.raised_at > u.until, true))";
	Oid			argtypes[2] = {TEXTOID, TIMESTAMPTZOID};
	Datum		values[2] = {CStringGetTextDatum(raiser), TimestampTzGetDatum(at)};

	return DatumGetInt64(query_value_as_owner(sql, 2, argtypes, values, NULL, NULL));
}

/* A whistle by hand resumes a suspended ticket first; *row is the ticket as it is then. */
static void
resume_first(TicketRow *row)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {row_datum(row, TC_TICKET_ID)};

	if (row_state(row) != STATE_SUSPENDED)
		return;
	maintain_execute(MAINTAIN_AS_OWNER, NULL,
					 "UPDATE liskeban.ticket SET state = suspended_from WHERE ticket_id OPERATOR(pg_catalog.=) $1",
					 1, argtypes, values, NULL);
	ticket_lock(row_int64(row, TC_TICKET_ID), false, row);
}

static int64
raise_one(TicketRow *row, const Actor *actor, Tier to, const char *reason, int64 appeal_of)
{
	Rise		rise = {.row = row, .to = to, .reason = reason};

	resume_first(row);
	rise.at = Max(liskeban_now(), row_time(row, TC_UPDATED_AT));
	return escalation_raise_all(MAINTAIN_AS_OWNER, actor->name, false, appeal_of, &rise, 1);
}

/*
 * blow_whistle(ticket_id bigint, reason text) returns bigint: the whistle's id.
 */
Datum
whistle_blow(PG_FUNCTION_ARGS)
{
	const Actor *actor = identity_actor();
	TicketRow	row;
	TicketState state;
	TimestampTz at;
	Tier		from;

	ticket_lock(PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0), PG_ARGISNULL(0), &row);
	if (!actor_stands_somewhere(actor))
		refuse_actor(actor, _("blow a whistle"), &row, _("A whistle is a handler's, a dispatcher's or an official's."));
	at = Max(liskeban_now(), row_time(&row, TC_UPDATED_AT));
	state = row_state(&row);
	if (!ARG_HAS_TEXT(1))
		refuse_ground(&row, _("A whistle needs a reason."));
	if (row_isnull(&row, TC_TIER))
		refuse_ground(&row, _("The ticket is on no rung: it has not been dispatched."));
	if (!state_is_handled(state) && state != STATE_SUSPENDED)
		refuse_ground(&row, psprintf(_("Nobody is at work on it: the ticket is \"%s\"."), state_labels[state]));
	from = (Tier) row_enum(&row, TC_TIER);
	if (!actor_stands_on(actor, from, &row))
		refuse_ground(&row, psprintf(_("The ticket is on the rung \"%s\", where \"%s\" does not stand."),
									 tier_labels[from], actor->name));
	if (from == TIER_PRINCIPAL)
		refuse_ground(&row, _("There is no rung above the principal."));
	if (from == TIER_DISTRICT &&
		!query_is_true("SELECT EXISTS (SELECT FROM liskeban.whistle AS w WHERE w.ticket_id = $1 AND w.to_tier = 'district'"
					   " AND w.handle_due <= $2 AND (w.outcome IS NULL OR w.outcome = 'overtaken'))",
					   row_datum(&row, TC_TICKET_ID), TIMESTAMPTZOID, TimestampTzGetDatum(at)))
		refuse_ground(&row, _("The principal needs a district whistle that was not solved by its handle_due."));
	if (count_declined(actor->name, at) >= escalation_policy(from + 1)->max_declined)
		refuse_ground(&row, psprintf(_("%d whistles of \"%s\" were declined within 30 days."),
									 escalation_policy(from + 1)->max_declined, actor->name));
	PG_RETURN_INT64(raise_one(&row, actor, from + 1, text_to_cstring(PG_GETARG_TEXT_PP(1)), 0));
}

/* ---- what becomes of a whistle ---- */

typedef struct Whistle
{
	int64		whistle_id;
	int64		ticket_id;
	Tier		from_tier;
	Tier		to_tier;
	char	   *raised_by;
	TimestampTz raised_at;
	TimestampTz sign_due;
	bool		is_signed;
	bool		has_ended;
	char	   *outcome;		/* NULL while it has not ended */
} Whistle;

/* Read a whistle as the owner; its strings live in the caller's memory. */
static void
whistle_read(int64 whistle_id, Whistle *w)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(whistle_id)};
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext spi;
	HeapTuple	tup;
	TupleDesc	desc;
	bool		isnull;
	Datum		d;
	OwnerScope	scope;

	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("SELECT ticket_id, array_position('{village,town,district,principal}', from_tier::text) - 1,"
							  " array_position('{village,town,district,principal}', to_tier::text) - 1, raised_by,"
							  " raised_at, sign_due, signed_at IS NOT NULL, ended_at IS NOT NULL, outcome"
							  " FROM liskeban.whistle WHERE whistle_id = $1",
							  1, argtypes, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.whistle");
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("there is no whistle " INT64_FORMAT, whistle_id)));
	tup = SPI_tuptable->vals[0];
	desc = SPI_tuptable->tupdesc;
	spi = MemoryContextSwitchTo(caller);
	w->whistle_id = whistle_id;
	w->ticket_id = DatumGetInt64(SPI_getbinval(tup, desc, 1, &isnull));
	w->from_tier = (Tier) DatumGetInt32(SPI_getbinval(tup, desc, 2, &isnull));
	w->to_tier = (Tier) DatumGetInt32(SPI_getbinval(tup, desc, 3, &isnull));
	w->raised_by = TextDatumGetCString(SPI_getbinval(tup, desc, 4, &isnull));
	w->raised_at = DatumGetTimestampTz(SPI_getbinval(tup, desc, 5, &isnull));
	w->sign_due = DatumGetTimestampTz(SPI_getbinval(tup, desc, 6, &isnull));
	w->is_signed = DatumGetBool(SPI_getbinval(tup, desc, 7, &isnull));
	w->has_ended = DatumGetBool(SPI_getbinval(tup, desc, 8, &isnull));
	d = SPI_getbinval(tup, desc, 9, &isnull);
	w->outcome = isnull ? NULL : TextDatumGetCString(d);
	MemoryContextSwitchTo(spi);
	SPI_finish();
	owner_leave(&scope);
}

/* The whistle of the first argument and its ticket, locked. */
static void
whistle_lock(FunctionCallInfo fcinfo, Whistle *w, TicketRow *row)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("whistle_id must not be NULL")));
	/* The ticket's lock comes first; then the whistle as it is by then. */
	whistle_read(PG_GETARG_INT64(0), w);
	ticket_lock(w->ticket_id, false, row);
	whistle_read(PG_GETARG_INT64(0), w);
}

static void
check_open(const Whistle *w)
{
	if (w->has_ended)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("whistle " INT64_FORMAT " is over", w->whistle_id),
				 errdetail("Its outcome is \"%s\".", w->outcome)));
}

/* It is for the rung that was whistled up to answer. */
static void
check_called(const Whistle *w, const Actor *actor, const char *what, const TicketRow *row)
{
	if (!actor_stands_on(actor, w->to_tier, row))
		refuse_actor(actor, _(what), row, psprintf(_("It is for the rung \"%s\"."), tier_labels[w->to_tier]));
}

static void
refuse_missing(const Whistle *w, const char *what, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
			 errmsg("whistle " INT64_FORMAT " of ticket " INT64_FORMAT " lacks what it requires", w->whistle_id, w->ticket_id),
			 errdetail("Missing: %s.", what),
			 hint ? errhint("%s", hint) : 0));
}

/* An event of the ticket that changes nothing on it. */
static void
append_event(const Whistle *w, const char *action, const char *note)
{
	Oid			argtypes[2] = {INT8OID, TEXTOID};
	Datum		values[2] = {Int64GetDatum(w->ticket_id), note ? CStringGetTextDatum(note) : (Datum) 0};

	maintain_execute(MAINTAIN_AS_OWNER, action,
					 "UPDATE liskeban.ticket SET note = $2 WHERE ticket_id OPERATOR(pg_catalog.=) $1",
					 2, argtypes, values, note ? NULL : " n");
}

/* A task force leads what the district or the principal takes on. */
static void
check_task_force(const Whistle *w)
{
	const char *hint = _("Set it with liskeban.set_task_force(whistle_id, leader, members).");

	if (w->to_tier < TIER_DISTRICT)
		return;
	if (!query_is_true("SELECT EXISTS (SELECT FROM liskeban.task_force AS f JOIN liskeban.official AS o"
					   " ON o.role_name = f.role_name AND o.tier::text = $2 AND o.retired_at IS NULL"
					   " WHERE f.whistle_id = $1 AND f.role = 'leader')",
					   Int64GetDatum(w->whistle_id), TEXTOID, CStringGetTextDatum(tier_labels[w->to_tier])))
		refuse_missing(w, psprintf(_("task_force leader who is an official of tier %s in office"), tier_labels[w->to_tier]),
					   hint);
	if (w->to_tier == TIER_DISTRICT &&
		!query_is_true("SELECT EXISTS (SELECT FROM liskeban.task_force AS f WHERE f.whistle_id = $1 AND f.role = 'member')",
					   Int64GetDatum(w->whistle_id), InvalidOid, (Datum) 0))
		refuse_missing(w, _("task_force member"), hint);
}

/*
 * sign_whistle(whistle_id bigint): the handle clock starts, if it has not at sign_due.
 */
Datum
whistle_sign(PG_FUNCTION_ARGS)
{
	Oid			argtypes[4] = {INT8OID, TIMESTAMPTZOID, TEXTOID, TIMESTAMPTZOID};
	Datum		values[4];
	const Actor *actor = identity_actor();
	const RungPolicy *policy;
	Whistle		w;
	TicketRow	row;
	TimestampTz at;
	OwnerScope	scope;

	whistle_lock(fcinfo, &w, &row);
	check_called(&w, actor, gettext_noop("sign a whistle"), &row);
	check_open(&w);
	if (w.is_signed)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("whistle " INT64_FORMAT " has been signed", w.whistle_id)));
	check_task_force(&w);
	policy = escalation_policy(w.to_tier);
	at = Max(liskeban_now(), row_time(&row, TC_UPDATED_AT));
	values[0] = Int64GetDatum(w.whistle_id);
	values[1] = TimestampTzGetDatum(at);
	values[2] = CStringGetTextDatum(actor->name);
	values[3] = TimestampTzGetDatum(calendar_add(Min(at, w.sign_due), policy->handle_within, policy->basis));
	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("UPDATE liskeban.whistle SET signed_at = $2, signed_by = $3, handle_due = least(handle_due, $4)"
							  " WHERE whistle_id = $1", 4, argtypes, values, NULL, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not write liskeban.whistle");
	SPI_finish();
	owner_leave(&scope);
	append_event(&w, "sign_whistle", NULL);
	PG_RETURN_VOID();
}

/* The ticket goes back to the rung and holder it came from, whose part as co party is over by that (consequence.c). */
static void
give_back(const Whistle *w, const Actor *actor, const TicketRow *row, const char *action, const char *outcome,
		  Datum answer)
{
	Oid			argtypes[5] = {INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID};
	Datum		values[5] = {Int64GetDatum(w->whistle_id),
	TimestampTzGetDatum(Max(liskeban_now(), row_time(row, TC_UPDATED_AT))), CStringGetTextDatum(actor->name),
	CStringGetTextDatum(outcome), answer};
	Oid			back_types[2] = {INT8OID, TEXTOID};
	Datum		back[2] = {values[0], answer};
	OwnerScope	scope;

	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("UPDATE liskeban.whistle SET ended_at = $2, ended_by = $3, outcome = $4, answer = $5"
							  " WHERE whistle_id = $1", 5, argtypes, values, NULL, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not write liskeban.whistle");
	SPI_finish();
	owner_leave(&scope);
	maintain_execute(MAINTAIN_AS_OWNER, action,
					 "UPDATE liskeban.ticket AS t SET tier = w.from_tier, responsible_area = w.from_area,"
					 " department = w.from_department, note = $2 FROM liskeban.whistle AS w"
					 " WHERE w.whistle_id = $1 AND t.ticket_id = w.ticket_id", 2, back_types, back, NULL);
}

/*
 * decline_whistle(whistle_id bigint, reason text): the rung that was whistled up finds no ground.
 */
Datum
whistle_decline(PG_FUNCTION_ARGS)
{
	const Actor *actor = identity_actor();
	Whistle		w;
	TicketRow	row;

	whistle_lock(fcinfo, &w, &row);
	check_called(&w, actor, gettext_noop("decline a whistle"), &row);
	check_open(&w);
	if (!ARG_HAS_TEXT(1))
		refuse_missing(&w, "reason", NULL);
	give_back(&w, actor, &row, "decline_whistle", "declined", PG_GETARG_DATUM(1));
	PG_RETURN_VOID();
}

/*
 * hand_down(whistle_id bigint, instruction text): the rung that signed says what to do, and the old holder does it.
 */
Datum
whistle_hand_down(PG_FUNCTION_ARGS)
{
	const Actor *actor = identity_actor();
	Whistle		w;
	TicketRow	row;

	whistle_lock(fcinfo, &w, &row);
	check_called(&w, actor, gettext_noop("hand down a whistle"), &row);
	check_open(&w);
	if (!w.is_signed)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("whistle " INT64_FORMAT " has not been signed", w.whistle_id),
				 errhint("Sign it with liskeban.sign_whistle(whistle_id) first.")));
	if (!ARG_HAS_TEXT(1))
		refuse_missing(&w, "instruction", NULL);
	give_back(&w, actor, &row, "hand_down", "handed_down", PG_GETARG_DATUM(1));
	PG_RETURN_VOID();
}

/*
 * appeal_whistle(whistle_id bigint, reason text): the raiser takes a declined whistle to the next rung, once.
 */
Datum
whistle_appeal(PG_FUNCTION_ARGS)
{
	const Actor *actor = identity_actor();
	TicketState state;
	Whistle		w;
	TicketRow	row;

	whistle_lock(fcinfo, &w, &row);
	if (strcmp(actor->name, w.raised_by) != 0 && !actor->admin)
		refuse_actor(actor, _("appeal a whistle"), &row, _("Only who raised a whistle appeals."));
	state = row_state(&row);
	if (!ARG_HAS_TEXT(1))
		refuse_ground(&row, _("An appeal needs a reason."));
	if (w.outcome == NULL || strcmp(w.outcome, "declined") != 0)
		refuse_ground(&row, _("Only a whistle that was declined is appealed."));
	if (query_is_true("SELECT EXISTS (SELECT FROM liskeban.whistle AS w WHERE w.appeal_of = $1)"
					  " OR (SELECT w.appeal_of IS NOT NULL FROM liskeban.whistle AS w WHERE w.whistle_id = $1)",
					  Int64GetDatum(w.whistle_id), InvalidOid, (Datum) 0))
		refuse_ground(&row, _("A whistle is appealed once."));
	if (w.to_tier == TIER_PRINCIPAL)
		refuse_ground(&row, _("There is no rung above the principal."));
	if (!state_is_handled(state) && state != STATE_SUSPENDED)
		refuse_ground(&row, psprintf(_("Nobody is at work on it: the ticket is \"%s\"."), state_labels[state]));
	if (row_isnull(&row, TC_TIER) || row_enum(&row, TC_TIER) != (int) w.from_tier)
		refuse_ground(&row, _("The ticket is not on the rung from which the whistle was raised."));
	(void) raise_one(&row, actor, w.to_tier + 1, text_to_cstring(PG_GETARG_TEXT_PP(1)), w.whistle_id);
	PG_RETURN_VOID();
}

/* ---- task forces ---- */

/* While a whistle is open, its rung and the desk say who is in its task force. */
static void
check_may_set(const Whistle *w, const Actor *actor, const TicketRow *row)
{
	if (!actor_stands_on(actor, w->to_tier, row) && !actor_has_role(actor, ROLE_DISPATCHER, row))
		refuse_actor(actor, _("set the task force"), row,
					 psprintf(_("It is for the rung \"%s\", or a dispatcher."), tier_labels[w->to_tier]));
	check_open(w);
}

/*
 * set_task_force(whistle_id bigint, leader text, members text[]): these and no others.
 */
Datum
task_force_set(PG_FUNCTION_ARGS)
{
	Oid			argtypes[3] = {INT8OID, TEXTOID, TEXTARRAYOID};
	Datum		values[3];
	char		nulls[4] = "   ";
	Whistle		w;
	TicketRow	row;
	OwnerScope	scope;

	whistle_lock(fcinfo, &w, &row);
	check_may_set(&w, identity_actor(), &row);
	if (!ARG_HAS_TEXT(1))
		refuse_missing(&w, "leader", NULL);
	values[0] = PG_GETARG_DATUM(0);
	values[1] = PG_GETARG_DATUM(1);
	values[2] = PG_ARGISNULL(2) ? (Datum) 0 : PG_GETARG_DATUM(2);
	nulls[2] = PG_ARGISNULL(2) ? 'n' : ' ';
	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("DELETE FROM liskeban.task_force WHERE whistle_id = $1",
							  1, argtypes, values, NULL, false, 0) != SPI_OK_DELETE ||
		SPI_execute_with_args("INSERT INTO liskeban.task_force (whistle_id, role_name, role)"
							  " SELECT $1, $2, 'leader' UNION ALL"
							  " SELECT DISTINCT $1, m.role_name, 'member' FROM unnest($3) AS m(role_name)"
							  " WHERE m.role_name <> $2", 3, argtypes, values, nulls, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not write liskeban.task_force");
	SPI_finish();
	owner_leave(&scope);
	append_event(&w, "set_task_force", NULL);
	PG_RETURN_VOID();
}

/*
 * task_force_guard(): BEFORE ROW trigger of liskeban.task_force: only while the whistle is open, by its rung or the desk.
 *
 *   CREATE TRIGGER task_force_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.task_force
 *     FOR EACH ROW EXECUTE FUNCTION liskeban.task_force_guard();
 */
Datum
task_force_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	HeapTuple	tuples[2];
	int			n = 0;
	TupleDesc	desc;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigdata->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a row trigger before", "task_force_guard")));
	desc = RelationGetDescr(trigdata->tg_relation);
	tuples[n++] = trigdata->tg_trigtuple;
	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
		tuples[n++] = trigdata->tg_newtuple;
	for (int i = 0; i < n; i++)
	{
		bool		isnull;
		Datum		id = SPI_getbinval(tuples[i], desc, SPI_fnumber(desc, "whistle_id"), &isnull);
		Whistle		w;
		TicketRow	row;

		/* The table's own constraint says it. */
		if (isnull)
			continue;
		whistle_read(DatumGetInt64(id), &w);
		ticket_lock(w.ticket_id, false, &row);
		whistle_read(DatumGetInt64(id), &w);
		check_may_set(&w, identity_actor(), &row);
	}
	return PointerGetDatum(tuples[n - 1]);
}
