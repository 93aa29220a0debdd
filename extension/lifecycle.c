/*
 * lifecycle.c: which move a change of a ticket is, who may make it and what it needs.
 *
 * The rules are the rows of liskeban.transition; they are cached here as a table from state to state.  What a row's
 * requirement means stands here and nowhere else.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "catalog/pg_type.h"

#include "category.h"
#include "hazard.h"
#include "lifecycle.h"
#include "liskeban.h"
#include "maintain.h"
#include "party.h"
#include "query.h"
#include "request.h"
#include "revert.h"

PG_FUNCTION_INFO_V1(transition_checked);
PG_FUNCTION_INFO_V1(begin_move);
PG_FUNCTION_INFO_V1(begin_redispatch);

typedef struct TransitionTable
{
	int			n;
	Transition *rows;
	Transition *first[STATE_COUNT][STATE_COUNT];
} TransitionTable;

static const char *const action_names[] = {
	"", "accept", "answer", "reject", "withdraw", "dispatch", "redispatch", "return", "arrive", "plan", "resolve",
	"suspend", "resume", "close", "rework", "reopen", "merge", "unmerge",
	"@new_holder", "@planned", "@unplanned", "@off_rung", "@work_again"	/* no row of the table can bear such a name */
};

static const struct
{
	const char *name;
	RequirementKind kind;
}			requirement_names[] = {
	{"@parties_done", REQUIRE_PARTIES_DONE},
	{"@suspended_from", REQUIRE_SUSPENDED_FROM},
	{"@reopen_window", REQUIRE_REOPEN_WINDOW},
	{"@has_request", REQUIRE_REQUEST},
	{"@reporter_answered", REQUIRE_REPORTER_ANSWERED},
	{"@hard", REQUIRE_HARD},
	{"@off_site", REQUIRE_OFF_SITE},
	{"@contacted", REQUIRE_CONTACTED},
	{"@another_holder", REQUIRE_ANOTHER_HOLDER},
	{"@not_designated", REQUIRE_NOT_DESIGNATED},
	{"@photo", REQUIRE_PHOTO},
};

static bool
column_by_name(const char *name, int len, TicketColumn *column)
{
	for (int c = 0; c < TC_COUNT; c++)
	{
		if ((int) strlen(ticket_columns[c].name) == len && strncmp(ticket_columns[c].name, name, len) == 0)
		{
			*column = (TicketColumn) c;
			return true;
		}
	}
	return false;
}

/*
 * Understand one element of requires; false when it is none we know.
 */
static bool
requirement_parse(char *text, Requirement *req)
{
	const char *bar = strchr(text, '|');

	req->text = text;
	req->ncolumns = 0;
	if (text[0] == '@')
	{
		for (int i = 0; i < (int) lengthof(requirement_names); i++)
		{
			if (strcmp(text, requirement_names[i].name) == 0)
			{
				req->kind = requirement_names[i].kind;
				return true;
			}
		}
		return false;
	}
	req->kind = REQUIRE_COLUMN;
	if (!column_by_name(text, bar ? (int) (bar - text) : (int) strlen(text), &req->column[0]))
		return false;
	req->ncolumns = 1;
	if (bar != NULL)
	{
		if (!column_by_name(bar + 1, strlen(bar + 1), &req->column[1]))
			return false;
		req->ncolumns = 2;
	}
	return true;
}

static int
role_bits(Datum roles)
{
	Datum	   *elems;
	bool	   *nulls;
	int			n;
	int			bits = 0;

	deconstruct_array(DatumGetArrayTypeP(roles), TEXTOID, -1, false, TYPALIGN_INT, &elems, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		char	   *role = TextDatumGetCString(elems[i]);

		if (strcmp(role, "dispatcher") == 0)
			bits |= ROLE_DISPATCHER;
		else if (strcmp(role, "handler") == 0)
			bits |= ROLE_HANDLER;
		else if (strcmp(role, "source") == 0)
			bits |= ROLE_SOURCE;
		else if (strcmp(role, "platform") == 0)
			bits |= ROLE_PLATFORM;
	}
	return bits;
}

static TicketState
state_by_label(const char *label)
{
	for (int i = 0; i < STATE_COUNT; i++)
		if (strcmp(state_labels[i], label) == 0)
			return (TicketState) i;
	elog(ERROR, "unknown ticket state \"%s\"", label);
}

Action
action_by_name(const char *name)
{
	for (int a = 1; a < (int) lengthof(action_names); a++)
		if (strcmp(name, action_names[a]) == 0)
			return (Action) a;
	return ACTION_OTHER;
}

const char *
action_name(Action action)
{
	return action_names[action];
}

static void *
transitions_load(MemoryContext cxt)
{
	TransitionTable *table;
	MemoryContext old;

	registry_query("SELECT from_state::text, to_state::text, action, roles, requires FROM liskeban.transition"
				   " ORDER BY from_state, to_state, action");
	old = MemoryContextSwitchTo(cxt);
	table = palloc0(sizeof(TransitionTable));
	table->n = (int) SPI_processed;
	table->rows = palloc0(sizeof(Transition) * Max(table->n, 1));
	for (int i = 0; i < table->n; i++)
	{
		HeapTuple	tup = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		Transition *t = &table->rows[i];
		bool		isnull;
		Datum	   *elems;
		bool	   *nulls;
		int			n;

		t->from = state_by_label(TextDatumGetCString(SPI_getbinval(tup, desc, 1, &isnull)));
		t->to = state_by_label(TextDatumGetCString(SPI_getbinval(tup, desc, 2, &isnull)));
		t->name = TextDatumGetCString(SPI_getbinval(tup, desc, 3, &isnull));
		t->action = action_by_name(t->name);
		t->roles = role_bits(SPI_getbinval(tup, desc, 4, &isnull));
		deconstruct_array(DatumGetArrayTypeP(SPI_getbinval(tup, desc, 5, &isnull)), TEXTOID, -1, false,
						  TYPALIGN_INT, &elems, &nulls, &n);
		t->requirements = palloc0(sizeof(Requirement) * Max(n, 1));
		for (int k = 0; k < n; k++)
		{
			char	   *element = TextDatumGetCString(elems[k]);

			if (!requirement_parse(element, &t->requirements[t->nrequirements]))
				elog(ERROR, "unknown requirement \"%s\" of action \"%s\"", element, t->name);
			t->nrequirements++;
		}
		if (table->first[t->from][t->to] == NULL)
			table->first[t->from][t->to] = t;
	}
	MemoryContextSwitchTo(old);
	return table;
}

static RegistryCache transition_cache = {
	.name = "liskeban transitions",
	.tables = {"transition", NULL},
	.load = transitions_load
};

/* Where a ticket may go from here, for a HINT. */
static char *
states_from(const TransitionTable *table, TicketState from)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int to = 0; to < STATE_COUNT; to++)
		if (table->first[from][to] != NULL)
			appendStringInfo(&buf, "%s%s (%s)", buf.len ? ", " : "", state_labels[to], table->first[from][to]->name);
	return buf.data;
}

/* Is a move asked for?  Within a state only another holder, and another plan, are one. */
static bool
is_move(const TicketRow *old, const TicketRow *new, TicketState from, TicketState to)
{
	if (from != to)
		return true;
	/* A step of the platform's own has its own name: a whistle gives the ticket another holder too. */
	if (maintain_action() != NULL)
		return false;
	if (from == STATE_DISPATCHED)
		return row_changed(old, new, TC_RESPONSIBLE_AREA) || row_changed(old, new, TC_DEPARTMENT);
	if (from == STATE_PLANNED)
		return row_changed(old, new, TC_PLAN) || row_changed(old, new, TC_PROMISED_AT);
	return false;
}

/* What the moves were called when they were looked up last: the log asks for no rule again. */
static char move_names[STATE_COUNT][STATE_COUNT][64];

const char *
lifecycle_move_name(const TicketRow *old, const TicketRow *new)
{
	TicketState from = row_state(old);
	TicketState to = row_state(new);

	/* What a revert brings back is no move. */
	return revert_active() == 0 && is_move(old, new, from, to) ? move_names[from][to] : NULL;
}

/* The HINT that says where a ticket may go. */
static int
hint_where(TransitionTable *table, TicketState from)
{
	char	   *states = states_from(table, from);

	return states[0] ? errhint("From \"%s\" it may go to: %s.", state_labels[from], states)
		: errhint("From \"%s\" it goes nowhere.", state_labels[from]);
}

const Transition *
lifecycle_move(const TicketRow *old, const TicketRow *new)
{
	TransitionTable *table;
	TicketState from = row_state(old);
	TicketState to = row_state(new);

	if (!is_move(old, new, from, to))
		return NULL;
	table = registry_get(&transition_cache);
	if (table->first[from][to] == NULL)
	{
		ereport(ERROR,
				(errcode(ERRCODE_LK_NO_TRANSITION),
				 errmsg("ticket " INT64_FORMAT " cannot go from \"%s\" to \"%s\"",
						row_int64(old, TC_TICKET_ID), state_labels[from], state_labels[to]),
				 errdetail("There is no such row in liskeban.transition."),
				 hint_where(table, from)));
	}
	strlcpy(move_names[from][to], table->first[from][to]->name, sizeof(move_names[from][to]));
	return table->first[from][to];
}

/* The row of the table by which an action begins at the ticket's state; LK001 when there is none. */
static const Transition *
action_from(const TicketRow *row, const char *action)
{
	TransitionTable *table = registry_get(&transition_cache);
	TicketState from = row_state(row);

	for (int i = 0; i < table->n; i++)
		if (table->rows[i].from == from && strcmp(table->rows[i].name, action) == 0)
			return &table->rows[i];
	ereport(ERROR,
			(errcode(ERRCODE_LK_NO_TRANSITION),
			 errmsg("action \"%s\" cannot be taken on ticket " INT64_FORMAT ", which is \"%s\"",
					action, row_int64(row, TC_TICKET_ID), state_labels[from]),
			 errdetail("There is no such row in liskeban.transition."),
			 hint_where(table, from)));
}

/*
 * begin_move(ticket_id bigint, action text): lock the ticket, and see that the action can be taken from where it
 * stands: two moves may lead to the same state, and a named function means its own.
 */
Datum
begin_move(PG_FUNCTION_ARGS)
{
	TicketRow	row;
	char	   *action = PG_ARGISNULL(1) ? "NULL" : text_to_cstring(PG_GETARG_TEXT_PP(1));

	ticket_lock(PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0), PG_ARGISNULL(0), &row);
	(void) action_from(&row, action);
	PG_RETURN_VOID();
}

void
lifecycle_check_role(const Transition *t, const TicketRow *old, const Actor *actor)
{
	StringInfoData buf;

	if (actor_has_role(actor, t->roles, old))
		return;

	initStringInfo(&buf);
	for (int bit = 0; bit < 4; bit++)
	{
		static const char *const names[] = {"dispatcher", "handler", "source", "platform"};

		if (t->roles & (1 << bit))
			appendStringInfo(&buf, "%s%s", buf.len ? ", " : "", names[bit]);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("\"%s\" may not %s ticket " INT64_FORMAT, actor->name, t->name, row_int64(old, TC_TICKET_ID)),
			 errdetail("It takes a membership that reaches the ticket as: %s.", buf.data)));
}

static void
missing(const Transition *t, const TicketRow *row, const char *what, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
			 errmsg("ticket " INT64_FORMAT " lacks what \"%s\" requires", row_int64(row, TC_TICKET_ID), t->name),
			 errdetail("Missing: %s.", what),
			 hint ? errhint("%s", hint) : 0));
}

/*
 * begin_redispatch(ticket_id bigint, responsible_area area_code, department text): begin_move() for redispatch, whose
 * target is another: an UPDATE with the same one would be no move, and pass.
 */
Datum
begin_redispatch(PG_FUNCTION_ARGS)
{
	TicketRow	row;
	const Transition *t;
	bool		same;

	ticket_lock(PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0), PG_ARGISNULL(0), &row);
	t = action_from(&row, "redispatch");
	same = row_isnull(&row, TC_RESPONSIBLE_AREA) ? PG_ARGISNULL(1)
		: !PG_ARGISNULL(1) && PG_GETARG_AREA_CODE(1) == row_area(&row, TC_RESPONSIBLE_AREA);
	same = same && (row_isnull(&row, TC_DEPARTMENT) ? PG_ARGISNULL(2)
					: !PG_ARGISNULL(2) && row_text_is(&row, TC_DEPARTMENT, text_to_cstring(PG_GETARG_TEXT_PP(2))));
	if (same)
	{
		lifecycle_check_role(t, &row, identity_actor());
		missing(t, &row, _("another responsible_area or department"), NULL);
	}
	PG_RETURN_VOID();
}

/* Is the column given?  note counts only when this statement gave it. */
static bool
column_given(const TicketRow *new, TicketColumn c, bool has_note)
{
	if (c == TC_NOTE)
		return has_note;
	if (new->layout->atttype[c] == TEXTOID)
		return row_has_text(new, c);
	return !row_isnull(new, c);
}

/* Is there a photo of the result, since the work was last begun again?  Asked for categories that need one. */
static bool
has_photo(const TicketRow *row)
{
	return !platform_has("party") ||
		query_is_true("SELECT EXISTS (SELECT FROM liskeban.attachment AS a WHERE a.ticket_id = $1 AND a.stage = 'resolution'"
					  " AND a.created_at >= coalesce((SELECT max(e.at) FROM liskeban.ticket_event AS e"
					  " WHERE e.ticket_id = $1 AND e.action IN ('rework', 'reopen')), '-infinity'))",
					  row_datum(row, TC_TICKET_ID), InvalidOid, (Datum) 0);
}

void
lifecycle_check_requirements(const Transition *t, const TicketRow *old, const TicketRow *new, bool has_note,
							 TimestampTz at)
{
	for (int i = 0; i < t->nrequirements; i++)
	{
		const Requirement *req = &t->requirements[i];

		switch (req->kind)
		{
			case REQUIRE_COLUMN:
				{
					bool		given = false;

					for (int k = 0; k < req->ncolumns; k++)
						given = given || column_given(new, req->column[k], has_note);
					if (!given)
						missing(t, new, req->text, NULL);
					break;
				}
			case REQUIRE_PARTIES_DONE:
				{
					char	   *party = party_not_done(row_int64(old, TC_TICKET_ID));

					if (party != NULL)
						missing(t, new, psprintf(_("@parties_done: %s has not done its part"), party),
								_("It is done with liskeban.party_done(party_id, note), or refused."));
					if (strcmp(ticket_enum_label(old->layout, ENUM_KIND, DatumGetObjectId(row_datum(old, TC_KIND))), "hazard") == 0)
					{
						char	   *step = hazard_step_open(row_int64(old, TC_TICKET_ID));

						if (step != NULL)
							missing(t, new, psprintf(_("@parties_done: the step %s is not closed"), step),
									_("The ticket of a hazard is resolved with the last step of its chain."));
					}
					break;
				}
			case REQUIRE_PHOTO:
				{
					const Category *category = category_find_datum(row_datum(new, TC_CATEGORY));

					if (category != NULL && category->needs_photo && !has_photo(old))
						missing(t, new, _("@photo: an attachment of stage resolution, of this run or rework"),
								_("The category needs a photo of the result."));
					break;
				}
			case REQUIRE_SUSPENDED_FROM:
				if (row_isnull(old, TC_SUSPENDED_FROM) || row_enum(old, TC_SUSPENDED_FROM) != (int) row_state(new))
					missing(t, new, _("@suspended_from: the state it was suspended from"), NULL);
				break;
			case REQUIRE_REOPEN_WINDOW:
				if (row_isnull(old, TC_CLOSED_AT) ||
					at > DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval, row_datum(old, TC_CLOSED_AT),
																 IntervalPGetDatum(&platform_get()->reopen_within))))
					missing(t, new, _("@reopen_window: closed within platform.reopen_within"), NULL);
				break;
			case REQUIRE_REQUEST:
				request_check(t, old, new);
				break;
			case REQUIRE_REPORTER_ANSWERED:
				if (row_bool(new, TC_HAS_REPORTER))
				{
					if (row_isnull(new, TC_SATISFACTION))
						missing(t, new, "satisfaction", NULL);
					if (row_enum(new, TC_SATISFACTION) != SATISFACTION_UNREACHABLE && row_isnull(new, TC_SOLVED))
						missing(t, new, "solved", NULL);
				}
				else if (!row_has_text(new, TC_CHECKED_BY))
					missing(t, new, "checked_by", _("Without a reporter another person checks the result."));
				break;
			case REQUIRE_HARD:
				if (row_enum(new, TC_DIFFICULTY) != DIFFICULTY_HARD)
					missing(t, new, _("difficulty hard"), NULL);
				break;
			case REQUIRE_OFF_SITE:
				{
					const Category *category = category_find_datum(row_datum(new, TC_CATEGORY));

					if (category == NULL || category->on_site)
						missing(t, new, _("arrival: the category needs someone on site"), NULL);
					break;
				}
			case REQUIRE_CONTACTED:
				if (row_isnull(new, TC_CONTACTED_AT))
					missing(t, new, _("contact with the citizen"), _("Record it with liskeban.contact(ticket_id, note)."));
				break;
			case REQUIRE_ANOTHER_HOLDER:
				if (!row_changed(old, new, TC_RESPONSIBLE_AREA) && !row_changed(old, new, TC_DEPARTMENT))
					missing(t, new, _("another responsible_area or department"), NULL);
				if (row_isnull(new, TC_RESPONSIBLE_AREA) && row_isnull(new, TC_DEPARTMENT))
					missing(t, new, "responsible_area|department", NULL);
				break;
			case REQUIRE_NOT_DESIGNATED:
				if (row_bool(old, TC_DESIGNATED))
					missing(t, new, _("a holder that was not designated"), _("A designated holder cannot return the ticket."));
				break;
		}
	}
}

/*
 * transition_checked(): BEFORE INSERT OR UPDATE row trigger on liskeban.transition; refuses a requirement that nobody
 * would check.
 */
Datum
transition_checked(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	HeapTuple	tuple;
	Datum		requires;
	bool		isnull;
	Datum	   *elems;
	bool	   *nulls;
	int			n;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) ||
		!TRIGGER_FIRED_BEFORE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a row trigger before", "transition_checked")));
	tuple = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ? trigdata->tg_newtuple : trigdata->tg_trigtuple;
	requires = SPI_getbinval(tuple, RelationGetDescr(trigdata->tg_relation),
							 SPI_fnumber(RelationGetDescr(trigdata->tg_relation), "requires"), &isnull);
	if (isnull)
		PG_RETURN_POINTER(tuple);
	deconstruct_array(DatumGetArrayTypeP(requires), TEXTOID, -1, false, TYPALIGN_INT, &elems, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		Requirement req;
		char	   *element = nulls[i] ? pstrdup("NULL") : TextDatumGetCString(elems[i]);

		if (!requirement_parse(element, &req))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unknown requirement \"%s\"", element),
					 errhint("A requirement is a column of liskeban.ticket, two of them as a|b, or one of @parties_done, @suspended_from, @reopen_window, @has_request, @reporter_answered, @hard, @off_site, @contacted, @another_holder, @not_designated, @photo.")));
	}
	PG_RETURN_POINTER(tuple);
}
