/*
 * replay.c: a ticket's clocks worked out anew from its history, under the rules as they are now.
 *
 * The same functions of sla.c that stamped the clocks as things happened are called again, event by event, on a copy of
 * the row that knows no more than the events tell.  A clock that has ended stands as history has it, whatever the rules
 * are now: what goes on from it (rework, unmerging, accepting after all) goes on from that.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "category.h"
#include "lifecycle.h"
#include "liskeban.h"
#include "replay.h"
#include "sla.h"

const TicketColumn replay_dues[REPLAY_DUES] = {
	TC_ACCEPT_DUE, TC_DISPATCH_DUE, TC_RESPOND_DUE, TC_PLAN_DUE, TC_RESOLVE_DUE, TC_RESOLVE_DUE_ORIGINAL,
	TC_FEEDBACK_DUE
};

/* What history will tell is forgotten first. */
void
replay_begin(TicketReplay *replay, const TicketRow *present)
{
	TicketRow  *replayed = &replay->row;
	static const TicketColumn told[] = {
		TC_RESOLVE_GIVEN, TC_CLOCKS_STOPPED_AT, TC_SUSPEND_UNTIL, TC_PROMISED_AT, TC_RESOLVED_AT, TC_CATEGORY,
		TC_DIFFICULTY, TC_DISPATCHED_AT, TC_EMERGENCY
	};
	int			natts = present->layout->natts;

	replayed->layout = present->layout;
	replayed->values = palloc(natts * sizeof(Datum));
	replayed->nulls = palloc(natts * sizeof(bool));
	memcpy(replayed->values, present->values, natts * sizeof(Datum));
	memcpy(replayed->nulls, present->nulls, natts * sizeof(bool));
	for (int i = 0; i < (int) lengthof(told); i++)
		row_set_null(replayed, told[i]);
	for (int i = 0; i < REPLAY_DUES; i++)
	{
		row_set_null(replayed, replay_dues[i]);
		replay->unrecorded[i] = true;
	}
	replay->away = false;
	replay->caught = false;
	row_set(replayed, TC_RUN, Int32GetDatum(1));
	row_set(replayed, TC_RESOLVE_RESETS, Int32GetDatum(0));
}

/* The new value of a column in an event's detail; false when it did not change. */
static bool
detail_new(const Jsonb *detail, TicketColumn c, JsonbValue *value)
{
	JsonbValue *pair;
	JsonbValue *second;
	const char *name = ticket_columns[c].name;

	if (detail == NULL)
		return false;
	pair = getKeyJsonValueFromContainer((JsonbContainer *) &detail->root, name, strlen(name), value);
	if (pair == NULL || pair->type != jbvBinary)
		return false;
	second = getIthJsonbValueFromContainer(pair->val.binary.data, 1);
	if (second == NULL)
		return false;
	*value = *second;
	return true;
}

/* The same as text; NULL when it did not change, or to NULL. */
static char *
detail_value(const Jsonb *detail, TicketColumn c)
{
	JsonbValue	value;

	if (!detail_new(detail, c, &value) || value.type != jbvString)
		return NULL;
	return pnstrdup(value.val.string.val, value.val.string.len);
}

static Datum
time_from(const JsonbValue *value)
{
	char	   *str = pnstrdup(value->val.string.val, value->val.string.len);

	return DirectFunctionCall3(timestamptz_in, CStringGetDatum(str), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

static bool
set_time_from(TicketRow *row, TicketColumn c, const Jsonb *detail)
{
	JsonbValue	value;

	if (!detail_new(detail, c, &value) || value.type != jbvString)
		return false;
	row_set(row, c, time_from(&value));
	return true;
}

/* Keep what the event says of the dues. */
static void
record_dues(TicketReplay *replay, const Jsonb *detail)
{
	for (int i = 0; i < REPLAY_DUES; i++)
	{
		JsonbValue	value;

		if (!detail_new(detail, replay_dues[i], &value))
			continue;
		replay->unrecorded[i] = value.type != jbvString;
		if (!replay->unrecorded[i])
			replay->recorded[i] = time_from(&value);
	}
}

/* Go on from the dues that history has. */
static void
restore_dues(TicketReplay *replay)
{
	for (int i = 0; i < REPLAY_DUES; i++)
	{
		if (replay->unrecorded[i])
			row_set_null(&replay->row, replay_dues[i]);
		else
			row_set(&replay->row, replay_dues[i], replay->recorded[i]);
	}
}

static void
copy_row(TicketRow *copy, const TicketRow *row)
{
	int			natts = row->layout->natts;

	copy->layout = row->layout;
	copy->values = memcpy(palloc(natts * sizeof(Datum)), row->values, natts * sizeof(Datum));
	copy->nulls = memcpy(palloc(natts * sizeof(bool)), row->nulls, natts * sizeof(bool));
}

/* Once an emergency caught it, no rules but its own move the ticket's resolve clock: history has what they came to. */
static void
keep_caught(TicketReplay *replay, const Jsonb *detail)
{
	JsonbValue	value;

	if (detail_new(detail, TC_EMERGENCY, &value))
	{
		replay->caught = value.type == jbvNumeric;
		if (replay->caught)
			row_set(&replay->row, TC_EMERGENCY, DirectFunctionCall1(numeric_int8, NumericGetDatum(value.val.numeric)));
	}
	for (int i = 0; replay->caught && i < REPLAY_DUES; i++)
	{
		if (replay_dues[i] != TC_RESOLVE_DUE && replay_dues[i] != TC_RESOLVE_DUE_ORIGINAL)
			continue;
		row_datum(&replay->row, replay_dues[i]) = replay->unrecorded[i] ? (Datum) 0 : replay->recorded[i];
		row_isnull(&replay->row, replay_dues[i]) = replay->unrecorded[i];
	}
}

/* Category and difficulty as the event left them. */
static void
set_classification(TicketRow *row, const Jsonb *detail)
{
	char	   *category = detail_value(detail, TC_CATEGORY);
	char	   *difficulty = detail_value(detail, TC_DIFFICULTY);

	if (category != NULL)
		row_set_text(row, TC_CATEGORY, category);
	if (difficulty != NULL)
		row_set_enum(row, TC_DIFFICULTY, ticket_enum_by_label(ENUM_DIFFICULTY, difficulty));
}

/* What an event but the first did to the clocks. */
static void
replay_change(TicketReplay *replay, const char *action, bool by_platform, TimestampTz at, const Jsonb *detail)
{
	TicketRow  *row = &replay->row;
	TicketRow	old;
	Action		act = action_by_name(action);

	if (act == ACTION_REWORK || (replay->away && (act == ACTION_ACCEPT || act == ACTION_UNMERGE)))
		restore_dues(replay);
	replay->away = act == ACTION_REJECT || act == ACTION_MERGE || (replay->away && act == ACTION_OTHER);

	copy_row(&old, row);
	set_classification(row, detail);
	if (row_changed(&old, row, TC_CATEGORY) || row_changed(&old, row, TC_DIFFICULTY))
		sla_on_reclassify(&old, row, at);
	/* Handed out once, a ticket that is merged and unmerged has no time for it left. */
	(void) set_time_from(row, TC_DISPATCHED_AT, detail);

	switch (act)
	{
		case ACTION_ACCEPT:
			sla_on_accept(row, at);
			break;
		case ACTION_PLAN:
			(void) set_time_from(row, TC_PROMISED_AT, detail);
			if (!row_isnull(row, TC_PROMISED_AT))
				sla_on_plan(row, at);
			break;
		case ACTION_ANSWER:
		case ACTION_RESOLVE:
			row_set(row, TC_RESOLVED_AT, TimestampTzGetDatum(at));
			sla_on_resolve(row, at);
			break;
		case ACTION_SUSPEND:
			(void) set_time_from(row, TC_SUSPEND_UNTIL, detail);
			sla_on_stop(row, at);
			break;
		case ACTION_MERGE:
			sla_on_stop(row, at);
			break;
		case ACTION_RESUME:
			sla_on_restart(row, sla_restart_at(row, by_platform, at));
			row_set_null(row, TC_SUSPEND_UNTIL);
			break;
		case ACTION_UNMERGE:
			sla_on_unmerge(row, at);
			break;
		case ACTION_REWORK:
			sla_on_rework(&old, row, at);
			break;
		case ACTION_REOPEN:
			row_set(row, TC_RUN, Int32GetDatum(row_int32(row, TC_RUN) + 1));
			sla_on_reopen(row, at);
			break;
		default:
			if (strcmp(action, "extend") == 0 && set_time_from(row, TC_RESOLVE_DUE, detail))
				sla_extend(row, row_time(row, TC_RESOLVE_DUE), at);
	}
}

bool
replay_began(const TicketReplay *replay)
{
	return !row_isnull(&replay->row, TC_CATEGORY) && !row_isnull(&replay->row, TC_DIFFICULTY);
}

void
replay_event(TicketReplay *replay, const char *action, bool by_platform, TimestampTz at, const Jsonb *detail)
{
	if (strcmp(action, "report") == 0)
	{
		set_classification(&replay->row, detail);
		if (replay_began(replay))
			sla_on_report(&replay->row, at);
	}
	else if (!replay_began(replay))
		return;
	else if (strcmp(action, "recompute") != 0)
		replay_change(replay, action, by_platform, at, detail);
	record_dues(replay, detail);
	keep_caught(replay, detail);
}

bool
replay_due_is_ahead(const TicketRow *row, TicketColumn due, TimestampTz now)
{
	TicketState state = row_state(row);
	const Category *category = category_find_datum(row_datum(row, TC_CATEGORY));
	bool		arrival = category == NULL || category->on_site;
	bool		handled = state == STATE_RESOLVED || state_is_final(state);
	TimestampTz reference = now;
	bool		running = false;

	switch (due)
	{
		case TC_ACCEPT_DUE:
			running = state == STATE_REPORTED;
			break;
		case TC_DISPATCH_DUE:
			running = state == STATE_ACCEPTED && row_isnull(row, TC_DISPATCHED_AT);
			break;
		case TC_RESPOND_DUE:
			running = !handled && row_isnull(row, arrival ? TC_ON_SITE_AT : TC_CONTACTED_AT);
			break;
		case TC_PLAN_DUE:
			running = !handled && row_isnull(row, TC_RESOLVE_DUE);
			break;
		case TC_RESOLVE_DUE:
		case TC_RESOLVE_DUE_ORIGINAL:
			running = !handled;
			break;
		case TC_FEEDBACK_DUE:
			running = state == STATE_RESOLVED;
			break;
		default:
			break;
	}
	if (!running)
		return false;

	/* A stopped clock's due has not passed unless it had when the clock stopped. */
	if ((due == TC_PLAN_DUE || due == TC_RESOLVE_DUE || due == TC_RESOLVE_DUE_ORIGINAL) &&
		!row_isnull(row, TC_CLOCKS_STOPPED_AT))
		reference = row_time(row, TC_CLOCKS_STOPPED_AT);
	return row_isnull(row, due) || row_time(row, due) > reference;
}
