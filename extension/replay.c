/*
 * replay.c: a ticket's clocks worked out anew from its history, under the rules as they are now.
 *
 * The same functions of sla.c that stamped the clocks as things happened are called again, event by event, on a copy of
 * the row that knows no more than the events tell.
 */
#include "postgres.h"

#include "utils/builtins.h"
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
replay_begin(TicketRow *replayed, const TicketRow *present)
{
	static const TicketColumn told[] = {
		TC_RESOLVE_GIVEN, TC_CLOCKS_STOPPED_AT, TC_PROMISED_AT, TC_RESOLVED_AT, TC_CATEGORY, TC_DIFFICULTY
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
		row_set_null(replayed, replay_dues[i]);
	row_set(replayed, TC_RUN, Int32GetDatum(1));
	row_set(replayed, TC_RESOLVE_RESETS, Int32GetDatum(0));
}

/* The new value of a column in an event's detail, as text; NULL when it did not change, or to NULL. */
static char *
detail_value(const Jsonb *detail, TicketColumn c)
{
	JsonbValue	buf;
	JsonbValue *pair;
	JsonbValue *value;
	const char *name = ticket_columns[c].name;

	if (detail == NULL)
		return NULL;
	pair = getKeyJsonValueFromContainer((JsonbContainer *) &detail->root, name, strlen(name), &buf);
	if (pair == NULL || pair->type != jbvBinary)
		return NULL;
	value = getIthJsonbValueFromContainer(pair->val.binary.data, 1);
	if (value == NULL || value->type != jbvString)
		return NULL;
	return pnstrdup(value->val.string.val, value->val.string.len);
}

static bool
set_time_from(TicketRow *row, TicketColumn c, const Jsonb *detail)
{
	char	   *str = detail_value(detail, c);

	if (str == NULL)
		return false;
	row_set(row, c, DirectFunctionCall3(timestamptz_in, CStringGetDatum(str), ObjectIdGetDatum(InvalidOid),
										Int32GetDatum(-1)));
	return true;
}

static void
copy_row(TicketRow *copy, const TicketRow *row)
{
	int			natts = row->layout->natts;

	copy->layout = row->layout;
	copy->values = memcpy(palloc(natts * sizeof(Datum)), row->values, natts * sizeof(Datum));
	copy->nulls = memcpy(palloc(natts * sizeof(bool)), row->nulls, natts * sizeof(bool));
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

void
replay_event(TicketRow *row, const char *action, TimestampTz at, const Jsonb *detail)
{
	TicketRow	old;

	if (strcmp(action, "report") == 0)
	{
		set_classification(row, detail);
		sla_on_report(row, at);
		return;
	}
	if (strcmp(action, "recompute") == 0)
		return;

	copy_row(&old, row);
	set_classification(row, detail);
	if (row_changed(&old, row, TC_CATEGORY) || row_changed(&old, row, TC_DIFFICULTY))
		sla_on_reclassify(&old, row, at);

	switch (action_by_name(action))
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
		case ACTION_MERGE:
			sla_on_stop(row, at);
			break;
		case ACTION_RESUME:
		case ACTION_UNMERGE:
			sla_on_restart(row, at);
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
