/*
 * desk.c: what the desk and the handlers do with a ticket without moving it: notes, urges, the final answer; and which
 * tickets an identity may work on.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "area_code.h"
#include "desk.h"
#include "liskeban.h"
#include "maintain.h"
#include "query.h"
#include "scope.h"
#include "sla.h"

PG_FUNCTION_INFO_V1(ticket_note);
PG_FUNCTION_INFO_V1(ticket_urge);
PG_FUNCTION_INFO_V1(final_answer_guard);
PG_FUNCTION_INFO_V1(may_work_on);
PG_FUNCTION_INFO_V1(require_reach);
PG_FUNCTION_INFO_V1(ticket_lamp);

static void
refuse_missing(const TicketRow *row, const char *action, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
			 errmsg("ticket " INT64_FORMAT " lacks what \"%s\" requires", row_int64(row, TC_TICKET_ID), action),
			 errdetail("Missing: %s.", what)));
}

static void
refuse_state(const TicketRow *row, const char *action)
{
	ereport(ERROR,
			(errcode(ERRCODE_LK_NO_TRANSITION),
			 errmsg("ticket " INT64_FORMAT " is \"%s\": \"%s\" cannot be taken from there",
					row_int64(row, TC_TICKET_ID), state_labels[row_state(row)], action)));
}

static void
refuse_actor(const TicketRow *row, const char *what, const char *who)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("\"%s\" may not %s ticket " INT64_FORMAT, identity_actor()->name, what, row_int64(row, TC_TICKET_ID)),
			 errdetail("It takes a membership that reaches the ticket as: %s.", who)));
}

/* An event of the ticket that changes nothing but tells; returns its seq. */
static int32
append_event(const TicketRow *row, const char *action, Datum note, bool isnull)
{
	Oid			argtypes[2] = {INT8OID, TEXTOID};
	Datum		values[2] = {row_datum(row, TC_TICKET_ID), note};

	maintain_execute(MAINTAIN_AS_CALLER, action,
					 "UPDATE liskeban.ticket SET note = $2 WHERE ticket_id OPERATOR(pg_catalog.=) $1",
					 2, argtypes, values, isnull ? " n" : "  ");
	return row_int32(row, TC_LAST_SEQ) + 1;
}

/*
 * note(ticket_id bigint, note text) returns integer: something to remember of a ticket, whatever its state.  Returns the
 * event's seq.
 */
Datum
ticket_note(PG_FUNCTION_ARGS)
{
	TicketRow	row;

	ticket_lock(PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0), PG_ARGISNULL(0), &row);
	if (!actor_has_role(identity_actor(), ROLE_DISPATCHER | ROLE_HANDLER | ROLE_SOURCE | ROLE_PLATFORM, &row))
		refuse_actor(&row, _("note something of"), "dispatcher, handler, source");
	if (!ARG_HAS_TEXT(1))
		refuse_missing(&row, "note", "note");
	PG_RETURN_INT32(append_event(&row, "note", PG_GETARG_DATUM(1), false));
}

/*
 * urge(ticket_id bigint, note text) returns integer: the citizen asked again, at the desk; a source says so with submit().
 * Returns the event's seq.
 */
Datum
ticket_urge(PG_FUNCTION_ARGS)
{
	TicketRow	row;

	ticket_lock(PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0), PG_ARGISNULL(0), &row);
	if (state_is_final(row_state(&row)))
		refuse_state(&row, "urge");
	if (!actor_has_role(identity_actor(), ROLE_DISPATCHER | ROLE_SOURCE | ROLE_PLATFORM, &row))
		refuse_actor(&row, _("urge"), "dispatcher, source");
	PG_RETURN_INT32(append_event(&row, "urge", PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1), PG_ARGISNULL(1)));
}

bool
desk_answered_finally(int64 ticket_id)
{
	/* A platform of before 0.3.0 has no final answers until upgrade_platform(). */
	return platform_has("final_answer") &&
		query_is_true("SELECT EXISTS (SELECT FROM liskeban.final_answer AS f WHERE f.ticket_id OPERATOR(pg_catalog.=) $1)",
					  Int64GetDatum(ticket_id), InvalidOid, (Datum) 0);
}

/*
 * final_answer_guard(): the row trigger of liskeban.final_answer.  Before INSERT it says who may answer for good, and when
 * (42501, LK001, LK002), stamps the row and appends the event; nothing changes a final answer afterwards (LK004).
 *
 *   CREATE TRIGGER final_answer_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.final_answer
 *     FOR EACH ROW EXECUTE FUNCTION liskeban.final_answer_guard();
 */
Datum
final_answer_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	TupleDesc	desc;
	Oid			argtypes[3] = {INT8OID, TEXTOID, TEXTOID};
	Datum		args[3];
	bool		isnull;
	bool		no_reply;
	bool		no_reason;
	Datum		reply;
	Datum		reason;
	TicketRow	row;
	int			columns[3];
	Datum		values[3];
	bool		nulls[3] = {false};

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) ||
		!TRIGGER_FIRED_BEFORE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a row trigger before", "final_answer_guard")));
	if (maintain_redacts(trigdata))
		return PointerGetDatum(trigdata->tg_newtuple);
	if (!TRIGGER_FIRED_BY_INSERT(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_LK_HISTORY),
				 errmsg("a final answer is never changed")));
	desc = RelationGetDescr(trigdata->tg_relation);
	args[0] = SPI_getbinval(trigdata->tg_trigtuple, desc, SPI_fnumber(desc, "ticket_id"), &isnull);
	reply = SPI_getbinval(trigdata->tg_trigtuple, desc, SPI_fnumber(desc, "reply"), &no_reply);
	reason = SPI_getbinval(trigdata->tg_trigtuple, desc, SPI_fnumber(desc, "reason"), &no_reason);

	ticket_lock(isnull ? 0 : DatumGetInt64(args[0]), isnull, &row);
	if (row_state(&row) != STATE_RESOLVED && row_state(&row) != STATE_CLOSED)
		refuse_state(&row, "final_answer");
	if (!actor_has_role(identity_actor(), ROLE_DISPATCHER, &row))
		refuse_actor(&row, _("answer for good"), "dispatcher");
	if (no_reply || VARSIZE_ANY_EXHDR(DatumGetTextPP(reply)) == 0)
		refuse_missing(&row, "final_answer", "reply");
	if (no_reason || VARSIZE_ANY_EXHDR(DatumGetTextPP(reason)) == 0)
		refuse_missing(&row, "final_answer", "reason");
	if (row_int32(&row, TC_REWORK_COUNT) + row_int32(&row, TC_REOPEN_COUNT) == 0)
		refuse_missing(&row, "final_answer", _("a rework or another run: a first result is answered by the citizen"));

	/* Where there is one already, the key says so, or ON CONFLICT passes it by: nothing is told of either. */
	args[1] = reply;
	args[2] = reason;
	if (!desk_answered_finally(row_int64(&row, TC_TICKET_ID)))
		maintain_execute(MAINTAIN_AS_CALLER, "final_answer",
						 "UPDATE liskeban.ticket SET reply = $2, note = $3 WHERE ticket_id OPERATOR(pg_catalog.=) $1",
						 3, argtypes, args, NULL);

	columns[0] = SPI_fnumber(desc, "answered_by");
	values[0] = CStringGetTextDatum(identity_actor()->name);
	columns[1] = SPI_fnumber(desc, "answered_at");
	values[1] = TimestampTzGetDatum(Max(liskeban_now(), row_time(&row, TC_UPDATED_AT)));
	columns[2] = SPI_fnumber(desc, "seq");
	values[2] = Int32GetDatum(row_int32(&row, TC_LAST_SEQ) + 1);
	return PointerGetDatum(heap_modify_tuple_by_cols(trigdata->tg_trigtuple, desc, 3, columns, values, nulls));
}

void
desk_check_reopen(const Change *change)
{
	if (desk_answered_finally(row_int64(&change->old, TC_TICKET_ID)))
		change_refuse_missing(change, _("a matter still open: it was answered for good"));
}

void
desk_check_repeat(const Change *change)
{
	if (!platform_has("final_answer") ||
		!query_is_true("SELECT EXISTS (SELECT FROM liskeban.reporter AS me"
					   " JOIN liskeban.reporter AS r ON r.phone_hash OPERATOR(pg_catalog.=) me.phone_hash"
					   " JOIN liskeban.final_answer AS f ON f.ticket_id OPERATOR(pg_catalog.=) r.ticket_id"
					   " JOIN liskeban.ticket AS t ON t.ticket_id OPERATOR(pg_catalog.=) r.ticket_id"
					   " WHERE me.ticket_id OPERATOR(pg_catalog.=) $1 AND r.ticket_id OPERATOR(pg_catalog.<>) $1"
					   " AND t.category OPERATOR(pg_catalog.=) $2)",
					   row_datum(&change->old, TC_TICKET_ID), TEXTOID, row_datum(&change->new, TC_CATEGORY)))
		change_refuse_missing(change, _("a final answer to the same telephone in the same category"));
}

/*
 * may_work_on(state, area, responsible_area, department, co_departments) returns boolean: does the actor's duty reach such
 * an open ticket: a dispatcher's in any state, a handler's while it is to be handled?
 */
Datum
may_work_on(PG_FUNCTION_ARGS)
{
	static const TicketColumn columns[] = {TC_STATE, TC_AREA, TC_RESPONSIBLE_AREA, TC_DEPARTMENT, TC_CO_DEPARTMENTS};
	const TicketLayout *layout = ticket_layout();
	TicketRow	row = {.layout = layout};
	int			roles = ROLE_DISPATCHER;
	bool		may;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(4))
		PG_RETURN_BOOL(false);
	row.values = palloc0(layout->natts * sizeof(Datum));
	row.nulls = palloc(layout->natts * sizeof(bool));
	memset(row.nulls, true, layout->natts * sizeof(bool));
	for (int i = 0; i < (int) lengthof(columns); i++)
		if (!PG_ARGISNULL(i))
			row_set(&row, columns[i], PG_GETARG_DATUM(i));
	switch (row_state(&row))
	{
		case STATE_DISPATCHED:
		case STATE_ON_SITE:
		case STATE_PLANNED:
		case STATE_SUSPENDED:
			roles |= ROLE_HANDLER;
			break;
		default:
			break;
	}
	may = actor_has_role(identity_actor(), roles, &row);
	pfree(row.values);
	pfree(row.nulls);
	PG_RETURN_BOOL(may);
}

/*
 * _require_reach(ticket record, what text) returns void: 42501 unless the actor's duty reaches the row of liskeban.ticket.
 */
Datum
require_reach(PG_FUNCTION_ARGS)
{
	TicketRow	row;

	ticket_row_from_datum(&row, ticket_layout(), PG_GETARG_HEAPTUPLEHEADER(0));
	/* The unit that a confidential matter concerns may hold it until it is dispatched, and does not see it. */
	if (!actor_has_role(identity_actor(), ROLE_DISPATCHER | ROLE_HANDLER | ROLE_PLATFORM, &row) ||
		!scope_sees_row(scope_get(), &row))
		refuse_actor(&row, _(text_to_cstring(PG_GETARG_TEXT_PP(1))), "dispatcher, handler");
	PG_RETURN_VOID();
}

/*
 * ticket_lamp(ticket record, OUT lamp text, OUT next_due timestamptz): of the running clocks of a row of liskeban.ticket the
 * worst lamp and the earliest due.
 */
Datum
ticket_lamp(PG_FUNCTION_ARGS)
{
	static const char *const lamp_labels[] = {"green", "yellow", "red", "red2", "red3"};
	TupleDesc	desc;
	TicketRow	row;
	RunningClock clocks[SLA_MAX_RUNNING];
	int			n;
	TimestampTz now = liskeban_now();
	Lamp		worst = LAMP_GREEN;
	Datum		values[2] = {0};
	bool		nulls[2] = {false, true};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	ticket_row_from_datum(&row, ticket_layout(), PG_GETARG_HEAPTUPLEHEADER(0));
	n = sla_running(&row, clocks);
	for (int i = 0; i < n; i++)
	{
		while (worst < LAMP_RED3 && sla_level_at(&clocks[i], worst + 1) <= now)
			worst++;
		if (nulls[1] || clocks[i].due < DatumGetTimestampTz(values[1]))
			values[1] = TimestampTzGetDatum(clocks[i].due);
		nulls[1] = false;
	}
	values[0] = CStringGetTextDatum(lamp_labels[worst]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
