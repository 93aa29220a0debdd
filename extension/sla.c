/*
 * sla.c: the clocks of a ticket.
 *
 * How long each gives stands in liskeban.sla_policy, cached here by difficulty and clock; the row in force when the
 * ticket was received holds for its whole life.  All arithmetic is in microseconds of a basis, by calendar.c.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "category.h"
#include "liskeban.h"
#include "sla.h"

PG_FUNCTION_INFO_V1(ticket_clocks);

#define POLICY_CLOCKS 7			/* accept to feedback */

typedef struct Policy
{
	TimestampTz valid_from;
	int64		amount;
	TimeBasis	basis;
} Policy;

typedef struct PolicyList
{
	int			n;
	Policy	   *rows;			/* newest first */
} PolicyList;

typedef struct PolicyTable
{
	PolicyList	lists[DIFFICULTY_COUNT][POLICY_CLOCKS];
} PolicyTable;

static void *
policies_load(MemoryContext cxt)
{
	PolicyTable *table = MemoryContextAllocZero(cxt, sizeof(PolicyTable));

	registry_query("SELECT pg_catalog.array_position('{simple,general,hard}', difficulty::text) - 1,"
				   " pg_catalog.array_position('{accept,dispatch,respond,contact,plan,resolve,feedback}', clock::text) - 1,"
				   " valid_from, within,"
				   " pg_catalog.array_position('{calendar,working_day,working_hour}', basis::text) - 1,"
				   " pg_catalog.count(*) OVER (PARTITION BY difficulty, clock)"
				   " FROM liskeban.sla_policy ORDER BY difficulty, clock, valid_from DESC");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tup = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		int			difficulty = DatumGetInt32(SPI_getbinval(tup, desc, 1, &isnull));
		int			clock = DatumGetInt32(SPI_getbinval(tup, desc, 2, &isnull));
		PolicyList *list = &table->lists[difficulty][clock];
		Policy	   *p;

		if (list->rows == NULL)
			list->rows = MemoryContextAlloc(cxt, sizeof(Policy) * DatumGetInt64(SPI_getbinval(tup, desc, 6, &isnull)));
		p = &list->rows[list->n++];
		p->valid_from = DatumGetTimestampTz(SPI_getbinval(tup, desc, 3, &isnull));
		p->amount = calendar_amount(DatumGetIntervalP(SPI_getbinval(tup, desc, 4, &isnull)), false);
		p->basis = (TimeBasis) DatumGetInt32(SPI_getbinval(tup, desc, 5, &isnull));
	}
	return table;
}

static RegistryCache policy_cache = {
	.name = "liskeban sla policies",
	.tables = {"sla_policy", NULL},
	.load = policies_load
};

/* The policy of a clock for this ticket, in force at received_at; NULL when none gives it a term. */
static const Policy *
policy_for(const TicketRow *row, ClockKind clock)
{
	const PolicyTable *table = registry_get(&policy_cache);
	const PolicyList *list = &table->lists[row_enum(row, TC_DIFFICULTY)][clock];
	TimestampTz received = row_time(row, TC_RECEIVED_AT);

	for (int i = 0; i < list->n; i++)
		if (list->rows[i].valid_from <= received)
			return &list->rows[i];
	return NULL;
}

static bool
is_hard(const TicketRow *row)
{
	return row_enum(row, TC_DIFFICULTY) == DIFFICULTY_HARD;
}

static bool
needs_arrival(const TicketRow *row)
{
	const Category *category = category_find_datum(row_datum(row, TC_CATEGORY));

	return category == NULL || category->on_site;
}

static ClockKind
respond_policy(const TicketRow *row)
{
	return needs_arrival(row) ? CLOCK_RESPOND : CLOCK_CONTACT;
}

static void
set_time(TicketRow *row, TicketColumn c, TimestampTz t)
{
	row_set(row, c, TimestampTzGetDatum(t));
}

static void
set_given(TicketRow *row, int64 amount)
{
	Interval   *span = palloc0(sizeof(Interval));

	span->day = (int32) (amount / USECS_PER_DAY);
	span->time = amount % USECS_PER_DAY;
	row_set(row, TC_RESOLVE_GIVEN, IntervalPGetDatum(span));
}

static int64
get_given(const TicketRow *row)
{
	return row_isnull(row, TC_RESOLVE_GIVEN) ? 0
		: calendar_amount(DatumGetIntervalP(row_datum(row, TC_RESOLVE_GIVEN)), true);
}

/* Set a due from its policy, or clear it where no policy gives a term. */
static void
set_due(TicketRow *row, TicketColumn c, ClockKind clock, TimestampTz from)
{
	const Policy *p = policy_for(row, clock);

	if (p != NULL)
		set_time(row, c, calendar_add(from, p->amount, p->basis));
	else
		row_set_null(row, c);
}

/* Another resolve_due, or plan_due, than the one before: its levels fire anew. */
static void
reset_resolve(TicketRow *row)
{
	row_set(row, TC_RESOLVE_RESETS, Int32GetDatum(row_int32(row, TC_RESOLVE_RESETS) + 1));
}

/* The resolve clock's basis: a promise is a date on the calendar, and an emergency knows no other. */
static TimeBasis
resolve_basis(const TicketRow *row)
{
	const Policy *p = is_hard(row) || !row_isnull(row, TC_EMERGENCY) ? NULL : policy_for(row, CLOCK_RESOLVE);

	return p ? p->basis : BASIS_CALENDAR;
}

/* Give plan (hard) or resolve their whole terms from an instant. */
static void
start_resolve(TicketRow *row, TimestampTz from)
{
	const Policy *p = policy_for(row, CLOCK_RESOLVE);

	row_set_null(row, TC_PLAN_DUE);
	row_set_null(row, TC_RESOLVE_DUE);
	row_set_null(row, TC_RESOLVE_GIVEN);
	if (is_hard(row))
		set_due(row, TC_PLAN_DUE, CLOCK_PLAN, from);
	else if (p != NULL)
	{
		set_time(row, TC_RESOLVE_DUE, calendar_add(from, p->amount, p->basis));
		set_given(row, p->amount);
	}
	row_set(row, TC_RESOLVE_DUE_ORIGINAL, row_datum(row, TC_RESOLVE_DUE));
	row_isnull(row, TC_RESOLVE_DUE_ORIGINAL) = row_isnull(row, TC_RESOLVE_DUE);
}

void
sla_on_report(TicketRow *new, TimestampTz at)
{
	set_due(new, TC_ACCEPT_DUE, CLOCK_ACCEPT, at);
	set_due(new, TC_RESPOND_DUE, respond_policy(new), at);
	start_resolve(new, at);
}

void
sla_on_accept(TicketRow *new, TimestampTz at)
{
	set_due(new, TC_DISPATCH_DUE, CLOCK_DISPATCH, at);
}

/* The promise is the due time of a hard ticket; the first of a run stays as its original. */
void
sla_on_plan(TicketRow *new, TimestampTz at)
{
	TimestampTz promised = row_time(new, TC_PROMISED_AT);

	if (!row_isnull(new, TC_RESOLVE_DUE))
	{
		/* Another plan does not move a due that has passed. */
		if (row_time(new, TC_RESOLVE_DUE) < at)
			return;
		reset_resolve(new);
	}
	set_time(new, TC_RESOLVE_DUE, promised);
	set_given(new, promised - at);
	if (row_isnull(new, TC_RESOLVE_DUE_ORIGINAL))
		set_time(new, TC_RESOLVE_DUE_ORIGINAL, promised);
}

void
sla_on_resolve(TicketRow *new, TimestampTz at)
{
	set_due(new, TC_FEEDBACK_DUE, CLOCK_FEEDBACK, at);
}

/* Plan and resolve stand still: their dues keep their value and do not pass. */
void
sla_on_stop(TicketRow *new, TimestampTz at)
{
	set_time(new, TC_CLOCKS_STOPPED_AT, at);
}

/* What was left of a due at an instant goes on from another one; a due that had passed stays. */
static void
carry_over(TicketRow *row, TicketColumn c, TimeBasis basis, TimestampTz stopped, TimestampTz at)
{
	if (row_isnull(row, c) || row_time(row, c) < stopped)
		return;
	set_time(row, c, calendar_add(at, calendar_between(stopped, row_time(row, c), basis), basis));
}

void
sla_on_restart(TicketRow *new, TimestampTz at)
{
	TimestampTz stopped;

	if (row_isnull(new, TC_CLOCKS_STOPPED_AT))
		return;
	stopped = row_time(new, TC_CLOCKS_STOPPED_AT);
	carry_over(new, TC_RESOLVE_DUE, resolve_basis(new), stopped, at);
	carry_over(new, TC_RESOLVE_DUE_ORIGINAL, resolve_basis(new), stopped, at);
	if (row_isnull(new, TC_PROMISED_AT))
	{
		const Policy *p = policy_for(new, CLOCK_PLAN);

		carry_over(new, TC_PLAN_DUE, p ? p->basis : BASIS_CALENDAR, stopped, at);
	}
	row_set_null(new, TC_CLOCKS_STOPPED_AT);
}

/*
 * A merged ticket is by itself again: accepted now, where it had never been.  Whoever was to hand it out, and had not yet,
 * has the time that was left; to be there was due all along.
 */
void
sla_on_unmerge(TicketRow *new, TimestampTz at)
{
	if (row_isnull(new, TC_DISPATCHED_AT) && !row_isnull(new, TC_CLOCKS_STOPPED_AT))
	{
		const Policy *p = policy_for(new, CLOCK_DISPATCH);

		carry_over(new, TC_DISPATCH_DUE, p ? p->basis : BASIS_CALENDAR, row_time(new, TC_CLOCKS_STOPPED_AT), at);
	}
	sla_on_restart(new, at);
	if (row_isnull(new, TC_DISPATCH_DUE))
		sla_on_accept(new, at);
}

/*
 * From when the clocks of a suspended ticket go on: the platform resumes it at the end of the suspension, also where
 * something else has been noted of it since.
 */
TimestampTz
sla_restart_at(const TicketRow *suspended, bool by_platform, TimestampTz at)
{
	if (by_platform && !row_isnull(suspended, TC_SUSPEND_UNTIL))
		return Min(at, row_time(suspended, TC_SUSPEND_UNTIL));
	return at;
}

/* Resolve goes on with what was left when it was resolved, at least the floor. */
void
sla_on_rework(const TicketRow *old, TicketRow *new, TimestampTz at)
{
	const Platform *platform = platform_get();
	int64		floor = calendar_amount(is_hard(new) ? &platform->rework_floor_hard : &platform->rework_floor, false);
	TimeBasis	basis = resolve_basis(new);
	TimestampTz resolved = row_isnull(old, TC_RESOLVED_AT) ? at : row_time(old, TC_RESOLVED_AT);
	int64		left = 0;

	row_set_null(new, TC_FEEDBACK_DUE);
	if (!row_isnull(old, TC_RESOLVE_DUE))
		left = calendar_between(resolved, row_time(old, TC_RESOLVE_DUE), basis);
	else if (is_hard(new) && !row_isnull(old, TC_PLAN_DUE))
	{
		/* Resolved before there was a plan: it is the plan that is due again. */
		const Policy *p = policy_for(new, CLOCK_PLAN);
		TimeBasis	plan_basis = p ? p->basis : BASIS_CALENDAR;

		left = calendar_between(resolved, row_time(old, TC_PLAN_DUE), plan_basis);
		reset_resolve(new);
		set_time(new, TC_PLAN_DUE, calendar_add(at, Max(left, floor), plan_basis));
		return;
	}
	left = Max(left, floor);
	reset_resolve(new);
	set_time(new, TC_RESOLVE_DUE, calendar_add(at, left, basis));
	set_given(new, left);
	if (!row_isnull(old, TC_RESOLVE_DUE_ORIGINAL))
	{
		int64		original = calendar_between(resolved, row_time(old, TC_RESOLVE_DUE_ORIGINAL), basis);

		set_time(new, TC_RESOLVE_DUE_ORIGINAL, calendar_add(at, Max(original, floor), basis));
	}
	else
		set_time(new, TC_RESOLVE_DUE_ORIGINAL, row_time(new, TC_RESOLVE_DUE));
}

void
sla_on_reopen(TicketRow *new, TimestampTz at)
{
	row_set_null(new, TC_PROMISED_AT);
	row_set_null(new, TC_FEEDBACK_DUE);
	set_due(new, TC_RESPOND_DUE, respond_policy(new), at);
	reset_resolve(new);
	start_resolve(new, at);
}

/* Time used so far of a term that has this much left. */
static int64
new_left(int64 given, int64 left, int64 term)
{
	return Max(term - (given - left), term / 10);
}

/*
 * Category or difficulty changed: the time used is kept, and at least a tenth of the new term is left.  Only dues
 * still ahead move.
 */
void
sla_on_reclassify(const TicketRow *old, TicketRow *new, TimestampTz at)
{
	TimestampTz from = row_isnull(old, TC_CLOCKS_STOPPED_AT) ? at : row_time(old, TC_CLOCKS_STOPPED_AT);
	TimeBasis	basis = resolve_basis(old);
	const Policy *was = policy_for(old, respond_policy(old));
	const Policy *is = policy_for(new, respond_policy(new));
	const Policy *plan = policy_for(old, CLOCK_PLAN);
	int64		given;
	int64		left;

	if (was != is && was != NULL && is != NULL && !row_isnull(old, TC_RESPOND_DUE) &&
		row_time(old, TC_RESPOND_DUE) >= at)
	{
		left = calendar_between(at, row_time(old, TC_RESPOND_DUE), was->basis);
		set_time(new, TC_RESPOND_DUE, calendar_add(at, new_left(was->amount, left, is->amount), is->basis));
	}
	/* What an emergency caught keeps its due. */
	if (!row_changed(old, new, TC_DIFFICULTY) || (!row_isnull(old, TC_EMERGENCY) && !row_isnull(old, TC_RESOLVE_DUE)))
		return;

	/* What has been used of the term that runs: the plan's while a hard ticket has none, else the resolve clock's. */
	if (!row_isnull(old, TC_RESOLVE_DUE))
	{
		if (row_time(old, TC_RESOLVE_DUE) < from)
			return;
		given = get_given(old);
		left = calendar_between(from, row_time(old, TC_RESOLVE_DUE), basis);
	}
	else if (!row_isnull(old, TC_PLAN_DUE) && plan != NULL)
	{
		given = plan->amount;
		left = calendar_between(from, row_time(old, TC_PLAN_DUE), plan->basis);
	}
	else
		given = left = 0;

	reset_resolve(new);
	start_resolve(new, from);

	/* A plan's due that has passed stays where it was, beside the resolve clock that begins in its place. */
	if (row_isnull(old, TC_RESOLVE_DUE) && !row_isnull(old, TC_PLAN_DUE) && row_time(old, TC_PLAN_DUE) < from)
		set_time(new, TC_PLAN_DUE, row_time(old, TC_PLAN_DUE));
	is = policy_for(new, is_hard(new) ? CLOCK_PLAN : CLOCK_RESOLVE);
	if (is == NULL)
		return;
	set_time(new, is_hard(new) ? TC_PLAN_DUE : TC_RESOLVE_DUE,
			 calendar_add(from, new_left(given, left, is->amount), is->basis));
	if (!is_hard(new))
		set_time(new, TC_RESOLVE_DUE_ORIGINAL, row_time(new, TC_RESOLVE_DUE));
}

/* A granted extension moves the due, never the original; its levels are reckoned from the time given now. */
void
sla_extend(TicketRow *new, TimestampTz until, TimestampTz at)
{
	reset_resolve(new);
	set_time(new, TC_RESOLVE_DUE, until);
	set_given(new, Max(calendar_between(at, until, resolve_basis(new)), 0));
}

/* The due and the original are brought forward to the limit, and the levels are those of the emergency's term. */
void
sla_on_emergency(const TicketRow *old, TicketRow *new, TimestampTz limit, int64 within)
{
	if (!row_isnull(new, TC_RESOLVE_DUE_ORIGINAL) && row_time(new, TC_RESOLVE_DUE_ORIGINAL) <= limit &&
		!row_isnull(new, TC_RESOLVE_DUE) && row_time(new, TC_RESOLVE_DUE) <= limit)
		return;
	if (row_isnull(new, TC_RESOLVE_DUE_ORIGINAL) || row_time(new, TC_RESOLVE_DUE_ORIGINAL) > limit)
		set_time(new, TC_RESOLVE_DUE_ORIGINAL, limit);
	if (!row_isnull(new, TC_RESOLVE_DUE) && row_time(new, TC_RESOLVE_DUE) <= limit)
		return;
	if (old != NULL && !row_changed(old, new, TC_RESOLVE_RESETS))
		reset_resolve(new);
	set_time(new, TC_RESOLVE_DUE, limit);
	set_given(new, within);
}

void
sla_keep_resolve(const TicketRow *old, TicketRow *new)
{
	static const TicketColumn kept[] = {TC_RESOLVE_DUE, TC_RESOLVE_DUE_ORIGINAL, TC_RESOLVE_GIVEN, TC_RESOLVE_RESETS};

	for (int i = 0; i < (int) lengthof(kept); i++)
	{
		row_datum(new, kept[i]) = row_datum(old, kept[i]);
		row_isnull(new, kept[i]) = row_isnull(old, kept[i]);
	}
}

static void
add_running(const TicketRow *row, RunningClock *clocks, int *n, ClockKind clock, TicketColumn c, const Policy *p,
			int32 run)
{
	if (row_isnull(row, c) || p == NULL)
		return;
	clocks[*n].clock = clock;
	clocks[*n].due = row_time(row, c);
	clocks[*n].given = p->amount;
	clocks[*n].basis = p->basis;
	clocks[*n].run = run;
	(*n)++;
}

/*
 * The clocks that run: merged, withdrawn, rejected and closed tickets have none, suspended ones no plan and resolve.
 */
int
sla_running(const TicketRow *row, RunningClock *clocks)
{
	TicketState state = row_state(row);
	int			n = 0;

	if (state_is_final(state))
		return 0;
	if (state == STATE_RESOLVED)
	{
		add_running(row, clocks, &n, CLOCK_FEEDBACK, TC_FEEDBACK_DUE, policy_for(row, CLOCK_FEEDBACK),
					row_int32(row, TC_REWORK_COUNT) + row_int32(row, TC_REOPEN_COUNT) + 1);
		return n;
	}
	if (state == STATE_REPORTED)
		add_running(row, clocks, &n, CLOCK_ACCEPT, TC_ACCEPT_DUE, policy_for(row, CLOCK_ACCEPT), 1);
	if (state == STATE_ACCEPTED && row_isnull(row, TC_DISPATCHED_AT))
		add_running(row, clocks, &n, CLOCK_DISPATCH, TC_DISPATCH_DUE, policy_for(row, CLOCK_DISPATCH), 1);
	if (row_isnull(row, needs_arrival(row) ? TC_ON_SITE_AT : TC_CONTACTED_AT))
		add_running(row, clocks, &n, CLOCK_RESPOND, TC_RESPOND_DUE, policy_for(row, respond_policy(row)),
					row_int32(row, TC_RUN));
	if (!row_isnull(row, TC_CLOCKS_STOPPED_AT))
		return n;
	if (row_isnull(row, TC_RESOLVE_DUE))
		add_running(row, clocks, &n, CLOCK_PLAN, TC_PLAN_DUE, policy_for(row, CLOCK_PLAN),
					row_int32(row, TC_RESOLVE_RESETS) + 1);
	else
	{
		clocks[n].clock = CLOCK_RESOLVE;
		clocks[n].due = row_time(row, TC_RESOLVE_DUE);
		clocks[n].given = get_given(row);
		clocks[n].basis = resolve_basis(row);
		clocks[n].run = row_int32(row, TC_RESOLVE_RESETS) + 1;
		n++;
	}
	return n;
}

bool
sla_work_due(const TicketRow *row, TimestampTz *due)
{
	RunningClock clocks[SLA_MAX_RUNNING];
	int			n = sla_running(row, clocks);

	for (int i = 0; i < n; i++)
	{
		if (clocks[i].clock != CLOCK_PLAN && clocks[i].clock != CLOCK_RESOLVE)
			continue;
		*due = clocks[i].due;
		return true;
	}
	return false;
}

TimestampTz
sla_level_at(const RunningClock *clock, Lamp level)
{
	switch (level)
	{
		case LAMP_YELLOW:
			return calendar_add(clock->due, -(clock->given / 5), clock->basis);
		case LAMP_RED2:
			return calendar_add(clock->due, clock->given / 2, clock->basis);
		case LAMP_RED3:
			return calendar_add(clock->due, clock->given, clock->basis);
		default:
			return clock->due;
	}
}

bool
sla_next_alarm(const TicketRow *row, TimestampTz from, TimestampTz *next)
{
	RunningClock clocks[SLA_MAX_RUNNING];
	int			n = sla_running(row, clocks);
	bool		found = false;

	if (row_state(row) == STATE_SUSPENDED && !row_isnull(row, TC_SUSPEND_UNTIL))
	{
		*next = row_time(row, TC_SUSPEND_UNTIL);
		found = true;
	}
	for (int i = 0; i < n; i++)
	{
		for (Lamp level = LAMP_YELLOW; level <= LAMP_RED3; level++)
		{
			TimestampTz t = sla_level_at(&clocks[i], level);

			if (t < from)
				continue;
			if (!found || t < *next)
				*next = t;
			found = true;
			break;
		}
	}
	return found;
}

bool
sla_passed_at_once(const TicketRow *old, const TicketRow *new, TimestampTz now, TimestampTz *first)
{
	RunningClock before[SLA_MAX_RUNNING];
	RunningClock after[SLA_MAX_RUNNING];
	int			nbefore = sla_running(old, before);
	int			nafter = sla_running(new, after);
	bool		found = false;

	for (int i = 0; i < nafter; i++)
	{
		for (int k = 0; k < nbefore; k++)
		{
			if (before[k].clock != after[i].clock ||
				(before[k].run == after[i].run && before[k].due == after[i].due && before[k].given == after[i].given))
				continue;
			for (Lamp level = LAMP_YELLOW; level <= LAMP_RED3; level++)
			{
				TimestampTz t = sla_level_at(&after[i], level);

				if (t >= now)
					break;
				if (before[k].run == after[i].run && sla_level_at(&before[k], level) < now)
					continue;
				if (!found || t < *first)
					*first = t;
				found = true;
			}
		}
	}
	return found;
}

/*
 * ticket_clocks(ticket record): a row for each running clock of a row of liskeban.ticket.
 */
Datum
ticket_clocks(PG_FUNCTION_ARGS)
{
	static const char *const clock_labels[] = {"accept", "dispatch", "respond", "contact", "plan", "resolve", "feedback"};
	static const char *const basis_labels[] = {"calendar", "working_day", "working_hour"};
	static const char *const lamp_labels[] = {"green", "yellow", "red", "red2", "red3"};
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TicketRow	row;
	RunningClock clocks[SLA_MAX_RUNNING];
	int			n;
	TimestampTz now = liskeban_now();

	InitMaterializedSRF(fcinfo, 0);
	ticket_row_from_datum(&row, ticket_layout(), PG_GETARG_HEAPTUPLEHEADER(0));
	n = sla_running(&row, clocks);
	for (int i = 0; i < n; i++)
	{
		Datum		values[9];
		bool		nulls[9] = {false};
		Lamp		lamp = LAMP_GREEN;
		Interval	given = {0};

		for (Lamp level = LAMP_YELLOW; level <= LAMP_RED3; level++)
		{
			TimestampTz t = sla_level_at(&clocks[i], level);

			values[4 + level - LAMP_YELLOW] = TimestampTzGetDatum(t);
			if (t <= now)
				lamp = level;
		}
		given.day = (int32) (clocks[i].given / USECS_PER_DAY);
		given.time = clocks[i].given % USECS_PER_DAY;
		values[0] = CStringGetTextDatum(clock_labels[clocks[i].clock]);
		values[1] = TimestampTzGetDatum(clocks[i].due);
		values[2] = IntervalPGetDatum(&given);
		values[3] = CStringGetTextDatum(basis_labels[clocks[i].basis]);
		values[8] = CStringGetTextDatum(lamp_labels[lamp]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
