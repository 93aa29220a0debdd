/*
 * kpi.c: fold the history of one ticket into the facts that the figures of liskeban.kpi() count.
 *
 * _ticket_facts(seq, run, at, from_state, to_state, action, actor, detail, as_of) is an aggregate over the events of
 * one ticket, in any order.  Its final function leaves out what a revert undid and walks the intervals between the
 * events with the due times then in force.  Nothing is read but the events: no table, no cache, no clock.
 *
 * _ticket_settles_at() of the same arguments shares the state and says when, after the last of the events, the facts
 * change for the last time by the mere passing of a due.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/pg_list.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "kpi.h"
#include "liskeban.h"

/* What is known of the ticket while its events are walked. */
typedef struct Walk
{
	TicketState state;
	int32		run;
	Value		now[FIELDS];

	bool		red;			/* resolve_due (hard without a plan: plan_due) passed while its clock ran */
	bool		ever_resolved;
	bool		late;			/* some resolve came after the due then in force */
	bool		late_original;	/* or after the original one */
	bool		reworked;		/* rework or reopen */
	bool		detour;			/* return or redispatch */
	bool		answered;		/* 直接答复 in the first run */
	bool		arrived;		/* in the first run */
	bool		arrived_in_time;
	bool		arrival_proven;
	bool		respond_passed;
	bool		planned;
	bool		planned_in_time;
	bool		plan_passed;
	bool		promised;
	bool		promise_judged; /* resolved once since promised */
	bool		promise_kept;
	bool		promise_passed;
	TimestampTz promise;		/* the first one */
	bool		breached;
	TimestampTz breached_due;	/* the due that was counted last */
	List	   *breach_holders; /* of C strings; NULL where nobody held it */
	bool		self_solved;	/* every resolve by who reported it */
	bool		settles;		/* some due passed after the last event */
	TimestampTz settles_at;		/* the last of these */
} Walk;

PG_FUNCTION_INFO_V1(ticket_facts_final);
PG_FUNCTION_INFO_V1(ticket_settles_at_final);
PG_FUNCTION_INFO_V1(kpi_check);

static inline bool
text_is(const Value *value, const char *text)
{
	return value->set && strcmp(value->u.text, text) == 0;
}

static inline bool
is_true(const Value *value)
{
	return value->set && value->u.number != 0;
}

/* The due that resolving is held to: resolve_due, and for a hard ticket without one plan_due. */
static const Value *
due_in_force(const Walk *walk)
{
	if (!walk->now[FIELD_RESOLVE_DUE].set && text_is(&walk->now[FIELD_DIFFICULTY], "hard"))
		return &walk->now[FIELD_PLAN_DUE];
	return &walk->now[FIELD_RESOLVE_DUE];
}

/* Had the instant gone by at `until`?  An act at the due is on time; as_of, where the story ends, is no act. */
static inline bool
gone_by(TimestampTz due, TimestampTz until, bool act)
{
	return act ? due < until : due <= until;
}

static inline bool
passed(const Value *due, TimestampTz until, bool act)
{
	return due->set && gone_by(due->u.number, until, act);
}

static inline bool
in_time(const Value *due, TimestampTz at)
{
	return !due->set || at <= due->u.number;
}

/* A due passed for the first time; remember the last that did so where the story ends, for nothing changes after it. */
static void
note_passing(Walk *walk, TimestampTz due, bool act)
{
	if (act)
		return;
	walk->settles_at = walk->settles ? Max(walk->settles_at, due) : due;
	walk->settles = true;
}

/*
 * Let time pass up to the next event (act), or to as_of, with everything as the last event left it: which dues passed
 * while their clocks ran, and in whose hands.
 */
static void
walk_until(Walk *walk, TimestampTz until, bool act)
{
	const Value *now = walk->now;

	if (walk->state <= STATE_PLANNED)
	{
		if (!walk->red && passed(due_in_force(walk), until, act))
		{
			walk->red = true;
			note_passing(walk, due_in_force(walk)->u.number, act);
		}
		if (passed(&now[FIELD_RESOLVE_DUE], until, act) &&
			!(walk->breached && walk->breached_due == now[FIELD_RESOLVE_DUE].u.number))
		{
			const Value *holder = now[FIELD_RESPONSIBLE_AREA].set ? &now[FIELD_RESPONSIBLE_AREA] : &now[FIELD_DEPARTMENT];

			walk->breached = true;
			walk->breached_due = now[FIELD_RESOLVE_DUE].u.number;
			walk->breach_holders = lappend(walk->breach_holders, holder->set ? holder->u.text : NULL);
			note_passing(walk, walk->breached_due, act);
		}
		if (!walk->planned && !walk->plan_passed && text_is(&now[FIELD_DIFFICULTY], "hard") &&
			passed(&now[FIELD_PLAN_DUE], until, act))
		{
			walk->plan_passed = true;
			note_passing(walk, now[FIELD_PLAN_DUE].u.number, act);
		}
		if (walk->promised && !walk->promise_judged && !walk->promise_passed && gone_by(walk->promise, until, act))
		{
			walk->promise_passed = true;
			note_passing(walk, walk->promise, act);
		}
	}

	/* The respond clock never pauses: only what ends the wait ends it. */
	if (walk->run == 1 && !walk->arrived && !walk->answered && !walk->respond_passed &&
		walk->state != STATE_MERGED && walk->state != STATE_WITHDRAWN && walk->state != STATE_REJECTED &&
		passed(&now[FIELD_RESPOND_DUE], until, act))
	{
		walk->respond_passed = true;
		note_passing(walk, now[FIELD_RESPOND_DUE].u.number, act);
	}
}

/* A resolve, judged by the dues that were in force before it. */
static void
walk_resolve(Walk *walk, const Event *event, const char *reported_by)
{
	const Value *due = due_in_force(walk);
	const Value *original = &walk->now[FIELD_RESOLVE_DUE_ORIGINAL];

	if (!in_time(due, event->at))
		walk->late = true;
	if (!in_time(walk->now[FIELD_RESOLVE_DUE].set && original->set ? original : due, event->at))
		walk->late_original = true;
	if (strcmp(event->actor, reported_by) != 0)
		walk->self_solved = false;
	walk->ever_resolved = true;
	if (walk->promised && !walk->promise_judged)
	{
		walk->promise_judged = true;
		walk->promise_kept = event->at <= walk->promise;
	}
	if (event->action == ACTION_ANSWER && walk->run == 1 && !walk->arrived)
		walk->answered = true;
}

/* The first arrival of the first run, judged by when somebody was there, not by when it was entered. */
static void
walk_arrive(Walk *walk, const Event *event)
{
	const Value *now = walk->now;
	TimestampTz there = now[FIELD_ON_SITE_AT].set ? now[FIELD_ON_SITE_AT].u.number : event->at;

	walk->arrived = true;
	walk->arrived_in_time = in_time(&now[FIELD_RESPOND_DUE], there);
	walk->arrival_proven = walk->arrived_in_time && !is_true(&now[FIELD_LATE_ENTRY]) &&
		(text_is(&now[FIELD_ARRIVAL_PROOF], "gps") || text_is(&now[FIELD_ARRIVAL_PROOF], "photo"));
}

static void
walk_event(Walk *walk, const Event *event, const char *reported_by)
{
	bool		plan_in_time = in_time(&walk->now[FIELD_PLAN_DUE], event->at);

	/* A revert that leads back to resolved is no resolve: what it undid never happened. */
	if (event->moves && event->to_state == STATE_RESOLVED && walk->state != STATE_RESOLVED)
		walk_resolve(walk, event, reported_by);

	for (int i = 0; i < event->nchanges; i++)
		walk->now[event->changes[i].field] = event->changes[i].value;
	if (event->moves)
		walk->state = event->to_state;
	walk->run = event->run;

	switch (event->action)
	{
		case ACTION_ARRIVE:
			if (walk->run == 1 && !walk->arrived && !walk->answered)
				walk_arrive(walk, event);
			break;
		case ACTION_PLAN:
			if (!walk->planned)
			{
				walk->planned = true;
				walk->planned_in_time = plan_in_time;
				walk->promised = walk->now[FIELD_PROMISED_AT].set;
				walk->promise = walk->promised ? walk->now[FIELD_PROMISED_AT].u.number : 0;
			}
			break;
		case ACTION_REDISPATCH:
		case ACTION_RETURN:
			walk->detour = true;
			break;
		case ACTION_REOPEN:
		case ACTION_REWORK:
			walk->reworked = true;
			break;
		default:
			break;
	}
}

static bool
history_has_reverts(const History *history)
{
	for (int i = 0; i < history->nevents; i++)
		if (history->events[i].reverts != 0)
			return true;
	return false;
}

/* Appends columns of the result, in the order of the type liskeban._ticket_fact. */
typedef struct Row
{
	int			n;
	Datum		values[64];
	bool		nulls[64];
} Row;

static void
row_add(Row *row, Datum value, bool isnull)
{
	row->values[row->n] = value;
	row->nulls[row->n++] = isnull;
}

static void
row_add_text(Row *row, const char *text)
{
	row_add(row, text ? CStringGetTextDatum(text) : (Datum) 0, text == NULL);
}

static void
row_add_field(Row *row, const Walk *walk, Field field)
{
	row_add_text(row, walk->now[field].set ? walk->now[field].u.text : NULL);
}

static void
row_add_bool(Row *row, bool value)
{
	row_add(row, BoolGetDatum(value), false);
}

static ArrayType *
holders_array(List *holders)
{
	int			n = list_length(holders);
	Datum	   *elems = palloc(sizeof(Datum) * Max(n, 1));
	bool	   *nulls = palloc(sizeof(bool) * Max(n, 1));
	int			dims[1] = {n};
	int			lbs[1] = {1};

	if (n == 0)
		return construct_empty_array(TEXTOID);
	for (int i = 0; i < n; i++)
	{
		const char *holder = list_nth(holders, i);

		nulls[i] = holder == NULL;
		elems[i] = holder ? CStringGetTextDatum(holder) : (Datum) 0;
	}
	return construct_md_array(elems, nulls, 1, dims, lbs, TEXTOID, -1, false, TYPALIGN_INT);
}

/* The facts at as_of, from what the walk saw.  The order of columns is that of the type liskeban._ticket_fact. */
static void
row_fill(Row *row, const Walk *walk)
{
	const Value *now = walk->now;
	bool		on_site = is_true(&now[FIELD_ON_SITE]);
	bool		hard = text_is(&now[FIELD_DIFFICULTY], "hard");
	bool		self = text_is(&now[FIELD_KIND], "patrol") && walk->ever_resolved && walk->self_solved;
	bool		cohort = walk->state != STATE_MERGED && walk->state != STATE_REJECTED &&
		!(walk->state == STATE_WITHDRAWN && !walk->red);
	bool		counts = cohort && !self;
	bool		due = counts && (walk->ever_resolved || walk->red);
	bool		complete = due && (walk->state == STATE_RESOLVED || walk->state == STATE_CLOSED);
	bool		response_due = counts && on_site && (walk->arrived || walk->respond_passed);
	bool		resolved = counts && walk->ever_resolved;
	bool		plan_due = counts && hard && (walk->planned || walk->ever_resolved || walk->plan_passed);
	bool		promise_due = counts && walk->promised && (walk->promise_judged || walk->promise_passed);

	row_add_text(row, kpi_states.labels[walk->state]);
	row_add(row, Int32GetDatum(walk->run), false);
	row_add_field(row, walk, FIELD_CATEGORY);
	row_add_field(row, walk, FIELD_DOMAIN);
	row_add_field(row, walk, FIELD_DIFFICULTY);
	row_add_field(row, walk, FIELD_AREA);
	row_add_field(row, walk, FIELD_RESPONSIBLE_AREA);
	row_add_field(row, walk, FIELD_DEPARTMENT);
	if (now[FIELD_CO_DEPARTMENTS].set)
		row_add(row, PointerGetDatum(now[FIELD_CO_DEPARTMENTS].u.texts), false);
	else
		row_add(row, PointerGetDatum(construct_empty_array(TEXTOID)), false);
	row_add_field(row, walk, FIELD_TIER);
	row_add(row, Int64GetDatum(now[FIELD_MERGED_INTO].u.number), !now[FIELD_MERGED_INTO].set);
	row_add_bool(row, is_true(&now[FIELD_HAS_REPORTER]));
	row_add_field(row, walk, FIELD_SATISFACTION);
	row_add(row, BoolGetDatum(now[FIELD_SOLVED].u.number != 0), !now[FIELD_SOLVED].set);
	row_add_bool(row, cohort);
	row_add_bool(row, self);
	row_add_bool(row, due);
	row_add_bool(row, complete);
	row_add_bool(row, complete && !walk->late);
	row_add_bool(row, complete && !walk->late_original);
	row_add_bool(row, response_due);
	row_add_bool(row, response_due && walk->arrived_in_time);
	row_add_bool(row, response_due && walk->arrival_proven);
	row_add_bool(row, resolved);
	row_add_bool(row, resolved && walk->reworked);
	row_add_bool(row, resolved && !walk->reworked && !walk->detour);
	row_add_bool(row, plan_due);
	row_add_bool(row, plan_due && walk->planned && walk->planned_in_time);
	row_add_bool(row, promise_due);
	row_add_bool(row, promise_due && walk->promise_kept);
	row_add(row, PointerGetDatum(holders_array(walk->breach_holders)), false);
}

/* Walk the events that were collected, up to as_of; false when the first event is not among them. */
static bool
walk_history(History *history, Walk *walk)
{
	bool		reverts;

	history_sort(history);
	if (history->nevents == 0 || history->events[0].seq != 1)
		return false;
	reverts = history_has_reverts(history);
	memset(walk, 0, sizeof(Walk));
	walk->self_solved = true;
	for (int i = 0; i < history->nevents; i++)
	{
		const Event *event = &history->events[i];

		/* What was undone never happened: not its change, not the time it stopped a clock for. */
		if (reverts && history_reverted(history, i))
			continue;
		if (i > 0)
			walk_until(walk, event->at, true);
		walk_event(walk, event, history->events[0].actor);
	}
	walk_until(walk, history->as_of, false);
	return true;
}

/*
 * ticket_facts_final(history internal) returns liskeban._ticket_fact; NULL when the first event is not among them.
 */
Datum
ticket_facts_final(PG_FUNCTION_ARGS)
{
	TupleDesc	desc = fcinfo->flinfo->fn_extra;
	Walk		walk;
	Row			row;

	if (!AggCheckCallContext(fcinfo, NULL))
		elog(ERROR, "ticket_facts_final called in non-aggregate context");
	if (PG_ARGISNULL(0) || !walk_history((History *) PG_GETARG_POINTER(0), &walk))
		PG_RETURN_NULL();

	if (desc == NULL)
	{
		MemoryContext old;

		if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		desc = BlessTupleDesc(CreateTupleDescCopy(desc));
		MemoryContextSwitchTo(old);
		fcinfo->flinfo->fn_extra = desc;
	}

	row.n = 0;
	row_fill(&row, &walk);
	if (row.n != desc->natts)
		elog(ERROR, "type liskeban._ticket_fact has %d columns, expected %d", desc->natts, row.n);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, row.values, row.nulls)));
}

/*
 * ticket_settles_at_final(history internal) returns timestamptz: the last due up to as_of that passed after the last
 * event and changed a fact; NULL when none did, and when the first event is not among them.
 */
Datum
ticket_settles_at_final(PG_FUNCTION_ARGS)
{
	Walk		walk;

	if (!AggCheckCallContext(fcinfo, NULL))
		elog(ERROR, "ticket_settles_at_final called in non-aggregate context");
	if (PG_ARGISNULL(0) || !walk_history((History *) PG_GETARG_POINTER(0), &walk) || !walk.settles)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(walk.settles_at);
}

/*
 * kpi_check(from_day, to_day, by): refuses what kpi() cannot answer, in the session's language.
 */
Datum
kpi_check(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {
		"district", "town", "village", "category", "domain", "source", "department", "holder", "tier"
	};
	char	   *by;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the first day, the last day and what to group by must be given")));
	if (PG_GETARG_DATEADT(1) < PG_GETARG_DATEADT(0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the last day lies before the first day")));
	by = text_to_cstring(PG_GETARG_TEXT_PP(2));
	for (int i = 0; i < (int) lengthof(keys); i++)
		if (strcmp(by, keys[i]) == 0)
			PG_RETURN_VOID();
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown key to group by: \"%s\"", by),
			 errhint("Group by district, town, village, category, domain, source, department, holder or tier.")));
	PG_RETURN_VOID();			/* keep the compiler quiet */
}
