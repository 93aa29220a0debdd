/*
 * ticket_guard.c: the BEFORE trigger of liskeban.ticket: what may happen to a ticket.
 *
 *   CREATE TRIGGER zz_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.ticket
 *     FOR EACH ROW EXECUTE FUNCTION liskeban.ticket_guard();
 *   CREATE TRIGGER zz_guard_truncate BEFORE TRUNCATE ON liskeban.ticket
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.ticket_guard();
 *
 * It sorts last, so that it sees what will be written, and is ENABLE ALWAYS.  It checks in this order: maintained
 * columns (LK003), history (LK004), the move (LK001), the actor (42501), requirements (LK002), times (LK006).  What
 * follows from a move is stamped by ticket_move.c; the log (ticket_log.c) only writes down what it finds.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "area_code.h"
#include "category.h"
#include "feedback.h"
#include "dispatch.h"
#include "emergency.h"
#include "hazard.h"
#include "liskeban.h"
#include "maintain.h"
#include "request.h"
#include "revert.h"
#include "scope.h"
#include "sla.h"
#include "sweep.h"
#include "ticket_change.h"

PG_FUNCTION_INFO_V1(ticket_guard);

/* ---- what a client may write, and when ---- */

static void
refuse_kept(TicketColumn c)
{
	ereport(ERROR,
			(errcode(ERRCODE_LK_MAINTAINED_COLUMN),
			 errmsg("column \"%s\" of liskeban.ticket is maintained by the platform", ticket_columns[c].name),
			 ticket_columns[c].class == COLUMN_GIVEN ?
			 errdetail("It is given when the ticket is reported and never changed afterwards.") :
			 errdetail("It follows from what happens to the ticket and is never written.")));
}

/* The moves that take a column of class LIFE, and the states in which it may be amended without one. */
#define MOVE(action) (1u << (action))
#define IN(state) (1u << (state))
#define ANY_MOVE 0xFFFFFFFFu
#define NOT_FINAL (IN(STATE_REPORTED) | IN(STATE_ACCEPTED) | IN(STATE_DISPATCHED) | IN(STATE_ON_SITE) | \
				   IN(STATE_PLANNED) | IN(STATE_SUSPENDED) | IN(STATE_RESOLVED))

static const struct
{
	TicketColumn column;
	uint32		moves;
	uint32		states;
}			life_columns[] = {
	{TC_RESPONSIBLE_AREA, MOVE(ACTION_ACCEPT) | MOVE(ACTION_DISPATCH) | MOVE(ACTION_REDISPATCH) | MOVE(ACTION_REWORK) |
	MOVE(ACTION_REOPEN), IN(STATE_REPORTED) | IN(STATE_ACCEPTED)},
	{TC_DEPARTMENT, MOVE(ACTION_ACCEPT) | MOVE(ACTION_DISPATCH) | MOVE(ACTION_REDISPATCH) | MOVE(ACTION_REWORK) |
	MOVE(ACTION_REOPEN), IN(STATE_REPORTED) | IN(STATE_ACCEPTED)},
	{TC_ON_SITE_AT, MOVE(ACTION_ARRIVE), 0},
	{TC_ARRIVED_GEOM, MOVE(ACTION_ARRIVE), 0},
	{TC_ARRIVAL_PROOF, MOVE(ACTION_ARRIVE), 0},
	{TC_PLAN, MOVE(ACTION_PLAN), 0},
	{TC_PROMISED_AT, MOVE(ACTION_PLAN), 0},
	{TC_RESOLUTION, MOVE(ACTION_RESOLVE) | MOVE(ACTION_ANSWER), IN(STATE_RESOLVED)},
	{TC_REPLY, ANY_MOVE, NOT_FINAL},
	{TC_SUSPEND_UNTIL, MOVE(ACTION_SUSPEND), 0},
	{TC_SATISFACTION, MOVE(ACTION_CLOSE) | MOVE(ACTION_REWORK) | MOVE(ACTION_REOPEN), IN(STATE_RESOLVED) | IN(STATE_CLOSED) | IN(STATE_MERGED)},
	{TC_SOLVED, MOVE(ACTION_CLOSE) | MOVE(ACTION_REWORK) | MOVE(ACTION_REOPEN), IN(STATE_RESOLVED) | IN(STATE_CLOSED) | IN(STATE_MERGED)},
	{TC_CHECKED_BY, MOVE(ACTION_CLOSE), IN(STATE_RESOLVED)},
	{TC_REJECT_REASON, MOVE(ACTION_REJECT), 0},
	{TC_TRANSFERRED_TO, MOVE(ACTION_REJECT), IN(STATE_REJECTED)},
	{TC_MERGED_INTO, MOVE(ACTION_MERGE), 0},
};

/* LK003: what is kept by the platform, or was given once and for all. */
static void
check_columns(const Change *change)
{
	for (int c = 0; c < TC_COUNT; c++)
	{
		ColumnClass class = ticket_columns[c].class;

		if ((class == COLUMN_KEPT || class == COLUMN_GIVEN) && changed(change, c))
			refuse_kept(c);
	}
}

/* 23502: what the steps below read without asking; the table's own constraints come too late for them. */
static void
check_not_null(const Change *change)
{
	static const TicketColumn needed[] = {TC_STATE, TC_CATEGORY, TC_DIFFICULTY};

	for (int i = 0; i < (int) lengthof(needed); i++)
		if (row_isnull(&change->new, needed[i]))
			ereport(ERROR,
					(errcode(ERRCODE_NOT_NULL_VIOLATION),
					 errmsg("column \"%s\" of a ticket must not be NULL", ticket_columns[needed[i]].name)));
}

/* LK001: a column that this move, or this state, does not take; a final ticket takes nothing but the citizen's word. */
static void
check_life_columns(const Change *change)
{
	TicketState state = row_state(&change->old);

	for (int i = 0; i < (int) lengthof(life_columns); i++)
	{
		if (!changed(change, life_columns[i].column))
			continue;
		if (change->move ? (life_columns[i].moves & MOVE(change->move->action)) != 0 || change->move->action == ACTION_OTHER
			: (life_columns[i].states & IN(state)) != 0)
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_LK_NO_TRANSITION),
				 change->move ?
				 errmsg("column \"%s\" cannot be written by \"%s\" to a ticket that is \"%s\"",
						ticket_columns[life_columns[i].column].name, change->move->name, state_labels[state]) :
				 errmsg("column \"%s\" cannot be written to a ticket that is \"%s\"",
						ticket_columns[life_columns[i].column].name, state_labels[state]),
				 errhint("It is given in the UPDATE of state that needs it.")));
	}
	if (state_is_final(state) && change->move == NULL)
	{
		for (int c = 0; c < TC_COUNT; c++)
		{
			if (ticket_columns[c].class == COLUMN_OPEN && changed(change, c))
				ereport(ERROR,
						(errcode(ERRCODE_LK_NO_TRANSITION),
						 errmsg("column \"%s\" cannot be written to a ticket that is \"%s\"",
								ticket_columns[c].name, state_labels[state]),
						 errdetail("The ticket is not open any more.")));
		}
	}
}

/* 42501: who may change something without moving the ticket. */
static void
check_amend_role(const Change *change)
{
	bool		feedback = changed(change, TC_SATISFACTION) || changed(change, TC_SOLVED) || changed(change, TC_CHECKED_BY);
	bool		holder = changed(change, TC_RESPONSIBLE_AREA) || changed(change, TC_DEPARTMENT);
	int			roles = feedback ? ROLE_DISPATCHER | ROLE_SOURCE | ROLE_PLATFORM
		: holder ? ROLE_DISPATCHER | ROLE_PLATFORM
		: ROLE_DISPATCHER | ROLE_HANDLER | ROLE_SOURCE | ROLE_PLATFORM;

	if (!actor_has_role(change->actor, roles, &change->old))
		change_refuse_actor(change, _("No membership of the actor reaches the ticket with a duty that may."));
}

/* The actor, as text Datum comparison: did this actor do what the column names? */
static bool
is_actor(const Change *change, const TicketRow *row, TicketColumn c)
{
	return !row_isnull(row, c) && strcmp(TextDatumGetCString(row_datum(row, c)), change->actor->name) == 0;
}

/* Did the actor handle the ticket?  Asked of history, for a withdrawal only. */
static bool
actor_handled(const Change *change)
{
	Oid			argtypes[2] = {INT8OID, TEXTOID};
	Datum		values[2] = {row_datum(&change->old, TC_TICKET_ID), CStringGetTextDatum(change->actor->name)};
	OwnerScope	scope;
	bool		handled;

	owner_enter(&scope);
	SPI_connect();
	SPI_execute_with_args("SELECT FROM liskeban.ticket_event WHERE ticket_id OPERATOR(pg_catalog.=) $1"
						  " AND actor OPERATOR(pg_catalog.=) $2"
						  " AND action OPERATOR(pg_catalog.=) ANY ('{arrive,contact,plan,resolve}')",
						  2, argtypes, values, NULL, false, 1);
	handled = SPI_processed > 0;
	SPI_finish();
	owner_leave(&scope);
	return handled;
}

/* Does the ticket review a hazard that the actor, or who is said to have checked it, rectified? */
static bool
rectifier_reviews(const Change *change)
{
	const TicketRow *old = &change->old;
	int64		ticket_id = row_int64(old, TC_TICKET_ID);

	if (row_isnull(old, TC_PARENT_ID) ||
		strcmp(ticket_enum_label(old->layout, ENUM_KIND, DatumGetObjectId(row_datum(old, TC_KIND))), "hazard") != 0)
		return false;
	return hazard_rectified_by(ticket_id, CStringGetTextDatum(change->actor->name)) ||
		(changed(change, TC_CHECKED_BY) && !row_isnull(&change->new, TC_CHECKED_BY) &&
		 hazard_rectified_by(ticket_id, row_datum(&change->new, TC_CHECKED_BY)));
}

/* Separation of duties: compares actors, and binds everyone. */
static void
check_separation(const Change *change)
{
	Action		action = change->move ? change->move->action : ACTION_OTHER;
	bool		feedback = changed(change, TC_SATISFACTION) || changed(change, TC_SOLVED) || changed(change, TC_CHECKED_BY);

	if ((action == ACTION_CLOSE || (feedback && action == ACTION_OTHER)) &&
		is_actor(change, &change->old, TC_RESOLVED_BY))
		change_refuse_actor(change, _("Who resolved a ticket never closes it or answers for the citizen."));
	if (changed(change, TC_CHECKED_BY) && !row_isnull(&change->new, TC_CHECKED_BY) &&
		!row_isnull(&change->old, TC_RESOLVED_BY) &&
		strcmp(TextDatumGetCString(row_datum(&change->new, TC_CHECKED_BY)),
			   TextDatumGetCString(row_datum(&change->old, TC_RESOLVED_BY))) == 0)
		change_refuse_actor(change, _("Who resolved a ticket never checks it."));
	if ((action == ACTION_RESOLVE || action == ACTION_CLOSE) && rectifier_reviews(change))
		change_refuse_actor(change, _("Who rectified a hazard never reviews it."));
	if (action == ACTION_WITHDRAW && actor_handled(change))
		change_refuse_actor(change, _("Who handled a ticket never withdraws it."));
}

/* A part belongs to a ticket there is, and that its writer may see; tickets never go away. */
static void
check_parent(const TicketRow *row)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {row_datum(row, TC_PARENT_ID)};
	bool		found;

	SPI_connect();
	SPI_execute_with_args("SELECT FROM liskeban.ticket WHERE ticket_id OPERATOR(pg_catalog.=) $1",
						  1, argtypes, values, NULL, false, 1);
	found = SPI_processed == 1;
	SPI_finish();
	if (!found)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("there is no ticket " INT64_FORMAT " to be the parent", row_int64(row, TC_PARENT_ID))));
}

/* ---- the trigger ---- */

static bool
anything_changed(const Change *change)
{
	for (int c = 0; c < TC_COUNT; c++)
		if (c != TC_NOTE && changed(change, c))
			return true;
	return false;
}

static bool
detail_changed(const Change *change)
{
	for (int c = 0; c < TC_COUNT; c++)
		if (ticket_columns[c].in_detail && changed(change, c))
			return true;
	return false;
}

static HeapTuple
guard_update(TriggerData *trigdata, const TicketLayout *layout)
{
	TupleDesc	desc = RelationGetDescr(trigdata->tg_relation);
	bool		own = maintain_active();
	const char *own_action = maintain_action();
	Change		change = {0};

	/* What clears personal data from its texts is nothing that happened to the ticket. */
	if (maintain_redacts(trigdata))
	{
		ticket_log_passed();
		return trigdata->tg_newtuple;
	}
	ticket_row_from_tuple(&change.old, layout, trigdata->tg_trigtuple, desc);
	ticket_row_from_tuple(&change.new, layout, trigdata->tg_newtuple, desc);
	change.set_list = trigdata->tg_updatedcols;
	change.now = liskeban_now();
	change.at = Max(change.now, row_time(&change.old, TC_UPDATED_AT));
	change.actor = identity_actor();

	/* The note is that of this statement. */
	if (!in_set_list(&change, TC_NOTE))
		row_set_null(&change.new, TC_NOTE);
	change.has_note = row_has_text(&change.new, TC_NOTE);

	if (!own)
		check_columns(&change);
	else if (maintain_history() || in_set_list(&change, TC_UPDATED_AT))
		change.at = Max(row_time(&change.new, TC_UPDATED_AT), row_time(&change.old, TC_UPDATED_AT));
	else if (sweep_active())
		change.at = row_time(&change.old, TC_UPDATED_AT);

	check_not_null(&change);
	/* What a revert brings back is no move, and nothing follows from it. */
	change.move = revert_active() ? NULL : lifecycle_move(&change.old, &change.new);
	if (!own)
	{
		check_life_columns(&change);
		if (change.move != NULL)
			lifecycle_check_role(change.move, &change.old, change.actor);
		else if (change.has_note || anything_changed(&change))
			check_amend_role(&change);
		check_separation(&change);
		if (changed(&change, TC_SATISFACTION) || changed(&change, TC_SOLVED))
			feedback_check(&change);
		if (change.move != NULL && change.move->action == ACTION_DISPATCH)
			dispatch_default_target(&change);
		if (change.move != NULL)
			lifecycle_check_requirements(change.move, &change.old, &change.new, change.has_note, change.at);
	}
	if (own_action != NULL && strcmp(own_action, "contact") == 0)
		change_apply_contact(&change);
	if (own_action != NULL && strcmp(own_action, "extend") == 0)
		emergency_check(&change, "extend");
	if (own_action != NULL && strcmp(own_action, "extend") == 0)
		sla_extend(&change.new, row_time(&change.new, TC_RESOLVE_DUE), change.at);

	if (changed(&change, TC_GEOM))
		change_apply_position(&change);
	if ((changed(&change, TC_CATEGORY) || changed(&change, TC_DIFFICULTY)) && !revert_active())
		change_apply_category(&change);
	if (!own && change.move == NULL && (changed(&change, TC_DEPARTMENT) || changed(&change, TC_RESPONSIBLE_AREA)))
		change_check_holder(&change);
	if (change.move != NULL)
	{
		if (!own && (change.move->action == ACTION_SUSPEND || change.move->action == ACTION_RETURN))
			emergency_check(&change, change.move->name);
		change_apply_move(&change);
	}
	if (!revert_active() && !maintain_history())
		emergency_apply(&change, &change.old);

	/* One event a ticket a statement, and none where nothing happened. */
	if (change.move != NULL || own_action != NULL || change.has_note || detail_changed(&change))
	{
		add_one(&change, TC_LAST_SEQ);
		set_at(&change, TC_UPDATED_AT, change.at);
		if (change.move != NULL && !own)
			for (int i = 0; i < change.move->nrequirements; i++)
				if (change.move->requirements[i].kind == REQUIRE_REQUEST)
					request_use(change.move, &change.old, &change.new, row_int32(&change.new, TC_LAST_SEQ));
	}
	else if (own)
		row_set(&change.new, TC_UPDATED_AT, row_datum(&change.old, TC_UPDATED_AT));

	if (!own)
		scope_hold(&change.old, &change.new);
	ticket_log_passed();
	return heap_form_tuple(desc, change.new.values, change.new.nulls);
}

/* Is the value what a client leaves it at? */
static bool
is_left_alone(const TicketRow *row, TicketColumn c)
{
	if (row_isnull(row, c))
		return true;
	switch (c)
	{
		case TC_TICKET_ID:
			return true;
		case TC_RUN:
			return row_int32(row, c) == 1;
		case TC_REWORK_COUNT:
		case TC_REOPEN_COUNT:
		case TC_RETURN_COUNT:
		case TC_RESOLVE_RESETS:
			return row_int32(row, c) == 0;
		case TC_DESIGNATED:
		case TC_LATE_ENTRY:
		case TC_HAS_REPORTER:
			return !DatumGetBool(row_datum(row, c));
		case TC_CO_DEPARTMENTS:
			return ARR_NDIM(DatumGetArrayTypeP(row_datum(row, c))) == 0;
		default:
			return false;
	}
}

/*
 * LK003: the number is drawn, never given: OVERRIDING SYSTEM VALUE and COPY would let one through that the sequence
 * is still to come to.  Below the last one drawn the key itself decides.
 */
static void
check_number_drawn(const TicketRow *row, Oid owner)
{
	int64		ticket_id = row_int64(row, TC_TICKET_ID);
	int64		first = platform_get()->district_digits * INT64CONST(1000000000) + 1;
	Oid			save_userid;
	int			save_sec_context;
	volatile bool drawn = false;

	if (row_isnull(row, TC_TICKET_ID))
		return;
	GetUserIdAndSecContext(&save_userid, &save_sec_context);
	SetUserIdAndSecContext(owner, save_sec_context | SECURITY_LOCAL_USERID_CHANGE);
	PG_TRY();
	{
		drawn = ticket_id >= first &&
			ticket_id <= DatumGetInt64(DirectFunctionCall1(currval_oid, ObjectIdGetDatum(row->layout->ticket_sequence)));
	}
	PG_CATCH();
	{
		/* Nothing was drawn in this session; the error below ends the transaction. */
		FlushErrorState();
	}
	PG_END_TRY();
	SetUserIdAndSecContext(save_userid, save_sec_context);
	if (!drawn)
		refuse_kept(TC_TICKET_ID);
}

/*
 * ticket_no: the prefix, the day of receipt in the platform's zone, the number of ticket_id.  The day is reckoned once for
 * all tickets of an instant.
 */
static void
set_ticket_no(TicketRow *row)
{
	static TimestampTz day_of;
	static pg_tz *day_zone = NULL;
	static char day[sizeof("-00000000-")];
	const Platform *platform = platform_get();
	TimestampTz received = row_time(row, TC_RECEIVED_AT);
	size_t		len = strlen(platform->ticket_prefix);
	text	   *number;
	char	   *p;

	if (day_zone != platform->zone || day_of != received)
	{
		pg_time_t	t = timestamptz_to_time_t(received);
		struct pg_tm *tm = pg_localtime(&t, platform->zone);

		if (tm == NULL || tm->tm_year + 1900 < 0 || tm->tm_year + 1900 > 9999)
			ereport(ERROR,
					(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					 errmsg("timestamp out of range")));
		snprintf(day, sizeof(day), "-%04d%02d%02d-", tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday);
		day_of = received;
		day_zone = platform->zone;
	}
	number = palloc(VARHDRSZ + len + sizeof(day) + 10);
	p = VARDATA(number);
	memcpy(p, platform->ticket_prefix, len);
	memcpy(p + len, day, sizeof(day) - 1);
	p = pg_ultostr_zeropad(p + len + sizeof(day) - 1, (uint32) (row_int64(row, TC_TICKET_ID) % INT64CONST(1000000000)), 6);
	SET_VARSIZE(number, p - (char *) number);
	row_set(row, TC_TICKET_NO, PointerGetDatum(number));
}

static HeapTuple
guard_insert(TriggerData *trigdata, const TicketLayout *layout)
{
	TupleDesc	desc = RelationGetDescr(trigdata->tg_relation);
	bool		own = maintain_active();
	bool		history = maintain_history();
	Change		change = {0};
	TicketRow  *new = &change.new;
	TicketPast	past;

	ticket_row_from_tuple(new, layout, trigdata->tg_trigtuple, desc);
	change.now = change.at = liskeban_now();
	change.actor = identity_actor();
	if (history)
		past_take(&past, new);

	if (!own)
	{
		for (int c = 0; c < TC_COUNT; c++)
		{
			if (ticket_columns[c].class == COLUMN_KEPT && !is_left_alone(new, c) &&
				!(c == TC_HAS_REPORTER && maintain_reporters_follow()))
				refuse_kept(c);
		}
		check_number_drawn(new, trigdata->tg_relation->rd_rel->relowner);
	}
	if (row_isnull(new, TC_STATE) || row_state(new) != STATE_REPORTED)
		ereport(ERROR,
				(errcode(ERRCODE_LK_NO_TRANSITION),
				 errmsg("a ticket begins as \"reported\""),
				 errhint("Insert it without a state and then move it by UPDATE.")));
	for (int c = 0; c < TC_COUNT; c++)
	{
		if (ticket_columns[c].class == COLUMN_LIFE && c != TC_STATE && !row_isnull(new, c) && !own)
			ereport(ERROR,
					(errcode(ERRCODE_LK_NO_TRANSITION),
					 errmsg("column \"%s\" cannot be given when a ticket is reported", ticket_columns[c].name),
					 errhint("It is given in the UPDATE of state that needs it.")));
	}
	change_check_category(new);
	if (row_isnull(new, TC_SOURCE))
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("a ticket needs a source"),
				 errhint("See liskeban.source_system.")));
	source_check(row_datum(new, TC_SOURCE));
	if (!row_isnull(new, TC_PARENT_ID))
		check_parent(new);

	if (own && !row_isnull(new, TC_RECEIVED_AT))
		change.at = row_time(new, TC_RECEIVED_AT);
	set_at(&change, TC_RECEIVED_AT, change.at);
	if (row_isnull(new, TC_REPORTED_AT))
		set_at(&change, TC_REPORTED_AT, change.at);
	if (row_time(new, TC_REPORTED_AT) > change.at || TIMESTAMP_NOT_FINITE(row_time(new, TC_REPORTED_AT)))
		change_refuse_time(&change, TC_REPORTED_AT, _("Nothing is reported after it was received."));
	if (!row_isnull(new, TC_DISCOVERED_AT) &&
		(row_time(new, TC_DISCOVERED_AT) > change.at || TIMESTAMP_NOT_FINITE(row_time(new, TC_DISCOVERED_AT))))
		change_refuse_time(&change, TC_DISCOVERED_AT, _("Nothing is discovered after it was received."));

	if (row_isnull(new, TC_DIFFICULTY))
		row_set_enum(new, TC_DIFFICULTY, category_find_datum(row_datum(new, TC_CATEGORY))->difficulty);
	change_place(new);
	if (row_isnull(new, TC_RESPONSIBLE_AREA) && !row_isnull(new, TC_AREA))
		row_set(new, TC_RESPONSIBLE_AREA, row_datum(new, TC_AREA));
	set_ticket_no(new);
	sla_on_report(new, change.at);
	if (!history)
		emergency_apply(&change, NULL);
	row_set(new, TC_LAST_SEQ, Int32GetDatum(1));
	set_at(&change, TC_UPDATED_AT, change.at);
	if (history)
		past_play(&past, &change);
	if (!own)
		scope_hold(NULL, new);
	ticket_log_passed();
	return heap_form_tuple(desc, new->values, new->nulls);
}

Datum
ticket_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	const TicketLayout *layout;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a trigger before", "ticket_guard")));
	if (TRIGGER_FIRED_BY_DELETE(trigdata->tg_event) || TRIGGER_FIRED_BY_TRUNCATE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_LK_HISTORY),
				 errmsg("tickets are never deleted"),
				 errhint("Withdraw, reject or close the ticket instead.")));
	if (!TRIGGER_FIRED_FOR_ROW(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called for each row", "ticket_guard")));

	layout = ticket_layout();
	if (RelationGetDescr(trigdata->tg_relation)->natts != layout->natts)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called for liskeban.ticket", "ticket_guard")));

	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event)
						   ? guard_update(trigdata, layout)
						   : guard_insert(trigdata, layout));
}
