/*
 * roll_up.c: fold the history of one ticket into what it adds to the figures of days.
 *
 * _ticket_days(seq, run, at, from_state, to_state, action, actor, detail, zone) is an aggregate over the events of one
 * ticket, in any order.  It tells in which cell the ticket stands and, for each day of the zone on which something of it
 * happened, what is added to that day.  Nothing is read but the events: no table, no cache, no clock.  So what a further
 * event changes is the fold with it less the fold without it, whatever it changes: a day of the past, a place, a due.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "kpi.h"
#include "liskeban.h"

/* What is counted for a day, in the order of the columns of the type liskeban._ticket_day. */
typedef enum Count
{
	RECEIVED = 0,
	ACCEPTED,
	DISPATCHED,
	REDISPATCHED,
	RETURNED,
	SUSPENDED,
	RESOLVED,
	RESOLVED_LATE,
	REWORKED,
	CLOSED,
	REOPENED,
	REJECTED,
	WITHDRAWN,
	MERGED,
	UNMERGED,
	OPENED,
	ENDED,
	/* Changes from the day before of what is open at the day's end. */
	OVERDUE,
	OPEN_1,
	OPEN_3,
	OPEN_7,
	OPEN_30,
	OPEN_OVER_30,
	COUNTS
} Count;

/* Days since receipt, that of receipt included, at which an open ticket leaves each age. */
static const int age_ends[] = {1, 3, 7, 30};

/* For days without an end. */
#define NEVER DATEVAL_NOEND

typedef struct DayRow
{
	DateADT		day;
	int32		counts[COUNTS];
} DayRow;

typedef struct Days
{
	int			n;
	int			room;
	DayRow	   *rows;
} Days;

/* What is known of the ticket while its events are walked. */
typedef struct Walk
{
	pg_tz	   *zone;
	TicketState state;
	Value		now[FIELDS];
	DateADT		received;
	DateADT		day;			/* of the last event */
	DateADT		opened;			/* day on which it was last opened */
	Days		days;
} Walk;

PG_FUNCTION_INFO_V1(ticket_days_step);
PG_FUNCTION_INFO_V1(ticket_days_final);
PG_FUNCTION_INFO_V1(check_day);
PG_FUNCTION_INFO_V1(check_days);

static DateADT
day_of(TimestampTz at, pg_tz *zone)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			tz;

	if (TIMESTAMP_IS_NOEND(at))
		return NEVER;
	if (timestamp2tm(at, &tz, &tm, &fsec, NULL, zone) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
}

static void
days_add(Days *days, DateADT day, Count count, int32 change)
{
	int			i = days->n - 1;

	while (i >= 0 && days->rows[i].day != day)
		i--;
	if (i < 0)
	{
		if (days->n == days->room)
		{
			days->room = days->room ? days->room * 2 : 8;
			days->rows = days->rows ? repalloc(days->rows, sizeof(DayRow) * days->room) :
				palloc(sizeof(DayRow) * days->room);
		}
		i = days->n++;
		memset(&days->rows[i], 0, sizeof(DayRow));
		days->rows[i].day = day;
	}
	days->rows[i].counts[count] += change;
}

/* Something holds at the end of the days from begin on, and no more from end on. */
static void
days_add_span(Days *days, DateADT begin, DateADT end, Count count)
{
	if (begin >= end)
		return;
	days_add(days, begin, count, 1);
	if (end != NEVER)
		days_add(days, end, count, -1);
}

/* Open at the end of the days from begin on, and no more from end on: under the age that it has on each. */
static void
days_add_open(Days *days, DateADT received, DateADT begin, DateADT end)
{
	DateADT		from = received;

	for (int i = 0; i <= (int) lengthof(age_ends); i++)
	{
		DateADT		until = i < (int) lengthof(age_ends) ? received + age_ends[i] : NEVER;

		days_add_span(days, Max(begin, from), Min(end, until), OPEN_1 + i);
		from = until;
	}
}

static inline bool
is_open(TicketState state)
{
	return state < STATE_CLOSED;
}

/* The due that resolving is held to: resolve_due, and for a hard ticket without one plan_due. */
static const Value *
due_in_force(const Walk *walk)
{
	const Value *difficulty = &walk->now[FIELD_DIFFICULTY];

	if (!walk->now[FIELD_RESOLVE_DUE].set && difficulty->set && strcmp(difficulty->u.text, "hard") == 0)
		return &walk->now[FIELD_PLAN_DUE];
	return &walk->now[FIELD_RESOLVE_DUE];
}

/* Let days pass up to the next event, or for ever: at the ends of which of them is the ticket overdue? */
static void
walk_until(Walk *walk, DateADT day)
{
	const Value *due = due_in_force(walk);

	if (walk->state <= STATE_PLANNED && due->set)
		days_add_span(&walk->days, Max(walk->day, day_of(due->u.number, walk->zone)), day, OVERDUE);
}

/* Count a move from one state to another. */
static void
walk_move(Walk *walk, const Event *event, TicketState from)
{
	Days	   *days = &walk->days;
	DateADT		day = walk->day;

	switch (event->to_state)
	{
		case STATE_ACCEPTED:
			if (from == STATE_MERGED)
				days_add(days, day, UNMERGED, 1);
			else if (from == STATE_REPORTED || from == STATE_REJECTED)
				days_add(days, day, ACCEPTED, 1);
			else if (event->action == ACTION_RETURN)
				days_add(days, day, RETURNED, 1);
			break;
		case STATE_DISPATCHED:
			if (from == STATE_RESOLVED)
				days_add(days, day, REWORKED, 1);
			else if (from == STATE_CLOSED)
				days_add(days, day, REOPENED, 1);
			else if (from == STATE_ACCEPTED)
				days_add(days, day, DISPATCHED, 1);
			else if (event->action == ACTION_REDISPATCH)
				days_add(days, day, REDISPATCHED, 1);
			break;
		case STATE_SUSPENDED:
			days_add(days, day, SUSPENDED, 1);
			break;
		case STATE_RESOLVED:
			{
				const Value *due = due_in_force(walk);

				days_add(days, day, RESOLVED, 1);
				if (due->set && event->at > due->u.number)
					days_add(days, day, RESOLVED_LATE, 1);
				break;
			}
		case STATE_CLOSED:
			days_add(days, day, CLOSED, 1);
			break;
		case STATE_REJECTED:
			days_add(days, day, REJECTED, 1);
			break;
		case STATE_WITHDRAWN:
			days_add(days, day, WITHDRAWN, 1);
			break;
		case STATE_MERGED:
			days_add(days, day, MERGED, 1);
			break;
		default:
			break;
	}
	if (is_open(event->to_state) && !is_open(from))
	{
		days_add(days, day, OPENED, 1);
		walk->opened = day;
	}
	else if (!is_open(event->to_state) && is_open(from))
	{
		days_add(days, day, ENDED, 1);
		days_add_open(days, walk->received, walk->opened, day);
	}
}

static void
walk_event(Walk *walk, const Event *event)
{
	TicketState from = walk->state;
	DateADT		day = day_of(event->at, walk->zone);

	walk_until(walk, day);
	walk->day = day;
	/* What is no move leaves the state alone, also between a move and its undoing. */
	if (event->moves && event->to_state != from)
		walk_move(walk, event, from);
	else if (event->action == ACTION_REDISPATCH)
		days_add(&walk->days, day, REDISPATCHED, 1);
	for (int i = 0; i < event->nchanges; i++)
		walk->now[event->changes[i].field] = event->changes[i].value;
	if (event->moves)
		walk->state = event->to_state;
}

/* The first event: what the ticket was when it came. */
static void
walk_begin(Walk *walk, const Event *event)
{
	memset(walk->now, 0, sizeof(walk->now));
	for (int i = 0; i < event->nchanges; i++)
		walk->now[event->changes[i].field] = event->changes[i].value;
	walk->state = event->to_state;
	walk->received = walk->day = walk->opened = day_of(event->at, walk->zone);
	days_add(&walk->days, walk->day, RECEIVED, 1);
	if (is_open(walk->state))
		days_add(&walk->days, walk->day, OPENED, 1);
}

static ArrayType *
days_array(const Days *days, Oid rowtype)
{
	TupleDesc	desc = lookup_rowtype_tupdesc(rowtype, -1);
	Datum	   *rows = palloc(sizeof(Datum) * days->n);
	ArrayType  *array;

	if (desc->natts != COUNTS + 1)
		elog(ERROR, "type liskeban._ticket_day has %d columns, expected %d", desc->natts, COUNTS + 1);
	for (int i = 0; i < days->n; i++)
	{
		Datum		values[COUNTS + 1];
		bool		nulls[COUNTS + 1] = {false};

		values[0] = DateADTGetDatum(days->rows[i].day);
		for (int c = 0; c < COUNTS; c++)
			values[c + 1] = Int32GetDatum(days->rows[i].counts[c]);
		rows[i] = HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
	}
	array = construct_array(rows, days->n, rowtype, -1, false, TYPALIGN_DOUBLE);
	ReleaseTupleDesc(desc);
	return array;
}

/*
 * ticket_days_step(history internal, seq, run, at, from_state, to_state, action, actor, detail, zone)
 */
Datum
ticket_days_step(PG_FUNCTION_ARGS)
{
	History    *history = history_add(fcinfo);

	if (history->zone == NULL && !PG_ARGISNULL(9))
	{
		char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(9));

		history->zone = pg_tzset(name);
		if (history->zone == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("time zone \"%s\" not recognized", name)));
	}
	PG_RETURN_POINTER(history);
}

/*
 * ticket_days_final(history internal) returns liskeban._ticket_days; NULL for a child, without a zone, and when the
 * first event is not among them.
 */
Datum
ticket_days_final(PG_FUNCTION_ARGS)
{
	static const Field cell[] = {FIELD_AREA, FIELD_CATEGORY, FIELD_SOURCE, FIELD_KIND};
	History    *history;
	TupleDesc	desc = fcinfo->flinfo->fn_extra;
	Walk		walk;
	Datum		values[lengthof(cell) + 1];
	bool		nulls[lengthof(cell) + 1] = {false};

	if (!AggCheckCallContext(fcinfo, NULL))
		elog(ERROR, "ticket_days_final called in non-aggregate context");
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	history = (History *) PG_GETARG_POINTER(0);
	history_sort(history);
	if (history->nevents == 0 || history->events[0].seq != 1 || history->zone == NULL)
		PG_RETURN_NULL();

	if (desc == NULL)
	{
		MemoryContext old;

		if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		desc = BlessTupleDesc(CreateTupleDescCopy(desc));
		MemoryContextSwitchTo(old);
		if (desc->natts != lengthof(cell) + 1)
			elog(ERROR, "type liskeban._ticket_days has %d columns, expected %d", desc->natts,
				 (int) lengthof(cell) + 1);
		fcinfo->flinfo->fn_extra = desc;
	}

	memset(&walk, 0, sizeof(walk));
	walk.zone = history->zone;
	walk_begin(&walk, &history->events[0]);
	if (walk.now[FIELD_PARENT_ID].set)
		PG_RETURN_NULL();
	/* What was undone never happened: not its change, not the time it stopped a clock for. */
	for (int i = 1; i < history->nevents; i++)
		if (!history_reverted(history, i))
			walk_event(&walk, &history->events[i]);
	walk_until(&walk, NEVER);
	if (is_open(walk.state))
		days_add_open(&walk.days, walk.received, walk.opened, NEVER);

	for (int i = 0; i < (int) lengthof(cell); i++)
	{
		nulls[i] = !walk.now[cell[i]].set;
		values[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(walk.now[cell[i]].u.text);
	}
	values[lengthof(cell)] = PointerGetDatum(days_array(&walk.days,
														get_element_type(TupleDescAttr(desc, lengthof(cell))->atttypid)));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}

static void
check_finite(DateADT day)
{
	if (DATE_NOT_FINITE(day))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the day is not a day of the calendar")));
}

/*
 * check_day(day, today): refuses a day that is none, and one that has not begun.
 */
Datum
check_day(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the day must be given")));
	if (PG_GETARG_DATEADT(0) > PG_GETARG_DATEADT(1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the day has not begun yet")));
	check_finite(PG_GETARG_DATEADT(0));
	PG_RETURN_VOID();
}

/*
 * check_days(from_day, to_day): refuses what is no range of days; it may end at infinity.
 */
Datum
check_days(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the first and the last day must be given")));
	if (PG_GETARG_DATEADT(1) < PG_GETARG_DATEADT(0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the last day lies before the first day")));
	check_finite(PG_GETARG_DATEADT(0));
	PG_RETURN_VOID();
}
