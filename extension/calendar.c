/*
 * calendar.c: working time over the platform's calendar and shifts.
 *
 * Every basis but the calendar one is an axis: the working time that has passed since a fixed Monday, as a function of
 * the local clock.  Adding is walking along the axis and back to the clock.  An ordinary week is arithmetic, and the
 * exceptions (holidays and make-up days) carry a running sum of what they changed, so both ways cost one binary search
 * over the exceptions, however long the span.  working_day is the axis whose only shift is the whole day.
 *
 * The calendar lives in a registry cache over calendar_day and work_shift; the zone is the platform's.
 */
#include "postgres.h"

#include "common/int.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "pgtime.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "calendar.h"
#include "enum_label.h"
#include "liskeban.h"
#include "registry_cache.h"

#define DAYS_PER_WEEK 7
#define REGULAR_DAYS 5			/* Monday to Friday */

/* 1999-12-27, the Monday of the week of PostgreSQL's day 0, lies 5 days before it. */
#define EPOCH_WEEKDAY 5

/* Days that a timestamp can hold, and working time that cannot lead to one: well inside int64, so sums do not wrap. */
#define MAX_DAY INT64CONST(107000000)
#define MAX_POSITION INT64CONST(8000000000000000000)

typedef struct Shift
{
	int64		starts;			/* microseconds of the local day */
	int64		ends;
} Shift;

typedef struct Axis
{
	int			nshifts[DAYS_PER_WEEK]; /* Monday first */
	Shift	   *shifts[DAYS_PER_WEEK];	/* disjoint, ascending */
	int64		length[DAYS_PER_WEEK];	/* sum of the shifts, if the day works */
	int64		before[DAYS_PER_WEEK + 1];	/* of an ordinary week, before that day; last, all of it */
	int64	   *changed;		/* what the exceptions before the i-th added; nexceptions + 1 of them */
} Axis;

typedef struct Exception
{
	int64		day;			/* since 2000-01-01 */
	bool		is_working;		/* the contrary of what its weekday says */
} Exception;

typedef struct Calendar
{
	int			nexceptions;
	Exception  *exceptions;		/* ascending */
	Axis		day;
	Axis		hour;
} Calendar;

static void *calendar_load(MemoryContext cxt);

static RegistryCache calendar_cache = {
	.name = "calendar",
	.tables = {"calendar_day", "work_shift", NULL},
	.load = calendar_load
};

static inline int64
floor_div(int64 a, int64 b)
{
	int64		q = a / b;

	return (a % b < 0) ? q - 1 : q;
}

/* 0 Monday to 6 Sunday */
static inline int
day_weekday(int64 day)
{
	return (int) (day + EPOCH_WEEKDAY - floor_div(day + EPOCH_WEEKDAY, DAYS_PER_WEEK) * DAYS_PER_WEEK);
}

static void timestamp_out_of_range(void) pg_attribute_noreturn();

static void
timestamp_out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("timestamp out of range")));
}

/* Append a shift that does not start before those of its day do, joining it with the last one where they touch. */
static void
axis_add_shift(Axis *axis, int weekday, int64 starts, int64 ends, MemoryContext cxt)
{
	int			n = axis->nshifts[weekday];
	Shift	   *shifts = axis->shifts[weekday];

	if (n > 0 && starts <= shifts[n - 1].ends)
	{
		shifts[n - 1].ends = Max(shifts[n - 1].ends, ends);
		return;
	}
	if (n == 0)
		shifts = MemoryContextAlloc(cxt, sizeof(Shift));
	else
		shifts = repalloc(shifts, (n + 1) * sizeof(Shift));
	shifts[n].starts = starts;
	shifts[n].ends = ends;
	axis->shifts[weekday] = shifts;
	axis->nshifts[weekday] = n + 1;
}

/* Sum up the shifts of an axis, then what the exceptions change. */
static void
axis_finish(Axis *axis, const Calendar *calendar, MemoryContext cxt)
{
	for (int weekday = 0; weekday < DAYS_PER_WEEK; weekday++)
	{
		axis->length[weekday] = 0;
		for (int i = 0; i < axis->nshifts[weekday]; i++)
			axis->length[weekday] += axis->shifts[weekday][i].ends - axis->shifts[weekday][i].starts;
		axis->before[weekday + 1] = axis->before[weekday] +
			(weekday < REGULAR_DAYS ? axis->length[weekday] : 0);
	}

	axis->changed = MemoryContextAllocZero(cxt, (calendar->nexceptions + 1) * sizeof(int64));
	for (int i = 0; i < calendar->nexceptions; i++)
	{
		int64		length = axis->length[day_weekday(calendar->exceptions[i].day)];

		axis->changed[i + 1] = axis->changed[i] + (calendar->exceptions[i].is_working ? length : -length);
	}
}

static void *
calendar_load(MemoryContext cxt)
{
	Calendar   *calendar = MemoryContextAllocZero(cxt, sizeof(Calendar));
	bool		isnull;

	/* A row that says what its weekday says anyway is no exception. */
	registry_query("SELECT day, is_working FROM liskeban.calendar_day "
				   "WHERE isfinite(day) AND is_working <> (extract(isodow FROM day) <= 5) ORDER BY day");
	calendar->nexceptions = (int) SPI_processed;
	calendar->exceptions = MemoryContextAlloc(cxt, (calendar->nexceptions + 1) * sizeof(Exception));
	for (int i = 0; i < calendar->nexceptions; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;

		calendar->exceptions[i].day = DatumGetDateADT(SPI_getbinval(tuple, desc, 1, &isnull));
		calendar->exceptions[i].is_working = DatumGetBool(SPI_getbinval(tuple, desc, 2, &isnull));
	}

	registry_query("SELECT weekday, starts, ends FROM liskeban.work_shift "
				   "WHERE weekday BETWEEN 1 AND 7 ORDER BY weekday, starts");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;

		axis_add_shift(&calendar->hour,
					   DatumGetInt32(SPI_getbinval(tuple, desc, 1, &isnull)) - 1,
					   DatumGetTimeADT(SPI_getbinval(tuple, desc, 2, &isnull)),
					   DatumGetTimeADT(SPI_getbinval(tuple, desc, 3, &isnull)),
					   cxt);
	}
	for (int weekday = 0; weekday < DAYS_PER_WEEK; weekday++)
		axis_add_shift(&calendar->day, weekday, 0, USECS_PER_DAY, cxt);

	axis_finish(&calendar->day, calendar, cxt);
	axis_finish(&calendar->hour, calendar, cxt);
	return calendar;
}

/* Number of exceptions before a day. */
static int
calendar_exceptions_before(const Calendar *calendar, int64 day)
{
	int			lo = 0;
	int			hi = calendar->nexceptions;

	while (lo < hi)
	{
		int			mid = lo + (hi - lo) / 2;

		if (calendar->exceptions[mid].day < day)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Does a day work?  before is the number of exceptions before it. */
static bool
calendar_day_works(const Calendar *calendar, int64 day, int before)
{
	if (before < calendar->nexceptions && calendar->exceptions[before].day == day)
		return calendar->exceptions[before].is_working;
	return day_weekday(day) < REGULAR_DAYS;
}

/* Working time before a day if there were no exceptions. */
static int64
axis_regular(const Axis *axis, int64 day)
{
	return floor_div(day + EPOCH_WEEKDAY, DAYS_PER_WEEK) * axis->before[DAYS_PER_WEEK] +
		axis->before[day_weekday(day)];
}

/* Working time that has passed at an instant of the local clock. */
static int64
axis_position(const Calendar *calendar, const Axis *axis, Timestamp local)
{
	int64		day = floor_div(local, USECS_PER_DAY);
	int64		time = local - day * USECS_PER_DAY;
	int			before = calendar_exceptions_before(calendar, day);
	int			weekday = day_weekday(day);
	int64		position = axis_regular(axis, day) + axis->changed[before];

	if (!calendar_day_works(calendar, day, before))
		return position;
	for (int i = 0; i < axis->nshifts[weekday]; i++)
	{
		const Shift *shift = &axis->shifts[weekday][i];

		if (time <= shift->starts)
			break;
		position += Min(time, shift->ends) - shift->starts;
	}
	return position;
}

/*
 * The instant of the local clock at which that much working time has passed: the last one (which lies within working
 * time, or starts it), or the first one (which lies within it, or ends it).
 */
static Timestamp
axis_instant(const Calendar *calendar, const Axis *axis, int64 position, bool last)
{
	int			lo = 0;
	int			hi = calendar->nexceptions;
	int64		week = axis->before[DAYS_PER_WEEK];
	int64		day = 0;
	int64		rest;
	bool		found = false;

	if (position > MAX_POSITION || position < -MAX_POSITION)
		timestamp_out_of_range();

	/* How many exceptions begin at or before the position (first: before it)? */
	while (lo < hi)
	{
		int			mid = lo + (hi - lo) / 2;
		int64		begins = axis_regular(axis, calendar->exceptions[mid].day) + axis->changed[mid];

		if (last ? begins <= position : begins < position)
			lo = mid + 1;
		else
			hi = mid;
	}

	/* Within the last of them, or in the ordinary weeks behind it. */
	rest = position;
	if (lo > 0 && calendar->exceptions[lo - 1].is_working)
	{
		int64		length;

		day = calendar->exceptions[lo - 1].day;
		length = axis->length[day_weekday(day)];
		rest = position - axis_regular(axis, day) - axis->changed[lo - 1];
		found = last ? rest < length : rest <= length;
	}
	if (!found)
	{
		int64		weeks;
		int			weekday = 0;

		if (week == 0)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("the calendar has no working hours to count in"),
					 errdetail("No shift is kept on an ordinary day from Monday to Friday."),
					 errhint("Add rows to %s.work_shift.", LISKEBAN_SCHEMA)));
		rest = position - axis->changed[lo];
		weeks = floor_div(last ? rest : rest - 1, week);
		rest -= weeks * week;
		if (weeks > MAX_DAY / DAYS_PER_WEEK || weeks < -MAX_DAY / DAYS_PER_WEEK)
			timestamp_out_of_range();
		while (last ? rest >= axis->before[weekday + 1] : rest > axis->before[weekday + 1])
			weekday++;
		rest -= axis->before[weekday];
		day = weeks * DAYS_PER_WEEK - EPOCH_WEEKDAY + weekday;
	}

	for (int i = 0, weekday = day_weekday(day); i < axis->nshifts[weekday]; i++)
	{
		const Shift *shift = &axis->shifts[weekday][i];
		int64		length = shift->ends - shift->starts;

		if (last ? rest < length : rest <= length)
			return day * USECS_PER_DAY + shift->starts + rest;
		rest -= length;
	}
	elog(ERROR, "working time does not add up on day " INT64_FORMAT, day);
	return 0;					/* keep the compiler quiet */
}

/* An instant on the platform's wall clock. */
static Timestamp
calendar_to_local(TimestampTz ts, pg_tz *zone)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			tz;

	if (timestamp2tm(ts, &tz, &tm, &fsec, NULL, zone) != 0)
		timestamp_out_of_range();
	return ts - (int64) tz * USECS_PER_SEC;
}

/* Back from it, as AT TIME ZONE does: a time that was skipped goes forward, one that was there twice is the second. */
static TimestampTz
calendar_from_local(Timestamp local, pg_tz *zone)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			tz;
	TimestampTz result;

	if (!IS_VALID_TIMESTAMP(local) || timestamp2tm(local, NULL, &tm, &fsec, NULL, NULL) != 0)
		timestamp_out_of_range();
	tz = DetermineTimeZoneOffset(&tm, zone);
	if (tm2timestamp(&tm, fsec, &tz, &result) != 0 || !IS_VALID_TIMESTAMP(result))
		timestamp_out_of_range();
	return result;
}

TimestampTz
calendar_add(TimestampTz ts, int64 amount, TimeBasis basis)
{
	pg_tz	   *zone;
	const Calendar *calendar;
	const Axis *axis;
	Timestamp	local;
	Timestamp	due;
	int64		position;
	TimestampTz result;

	if (TIMESTAMP_NOT_FINITE(ts))
		return ts;

	if (basis == BASIS_CALENDAR)
	{
		if (pg_add_s64_overflow(ts, amount, &result) || !IS_VALID_TIMESTAMP(result))
			timestamp_out_of_range();
		return result;
	}
	if (basis == BASIS_WORKING_HOUR && amount == 0)
		return ts;

	zone = platform_get()->zone;
	calendar = registry_get(&calendar_cache);
	axis = (basis == BASIS_WORKING_DAY) ? &calendar->day : &calendar->hour;
	local = calendar_to_local(ts, zone);
	if (pg_add_s64_overflow(axis_position(calendar, axis, local), amount, &position))
		timestamp_out_of_range();
	due = axis_instant(calendar, axis, position, basis == BASIS_WORKING_DAY || amount < 0);
	if (due == local)
		return ts;				/* not the second of two such times of the clock */
	result = calendar_from_local(due, zone);

	/* While the clock is set back, local time runs backwards; a due never does. */
	if (amount >= 0)
		return Max(result, ts);
	return Min(result, ts);
}

int64
calendar_between(TimestampTz a, TimestampTz b, TimeBasis basis)
{
	int64		result;

	if (TIMESTAMP_NOT_FINITE(a) || TIMESTAMP_NOT_FINITE(b))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("cannot measure time to or from infinity")));

	if (basis == BASIS_CALENDAR)
	{
		if (pg_sub_s64_overflow(b, a, &result))
			timestamp_out_of_range();
	}
	else
	{
		pg_tz	   *zone = platform_get()->zone;
		const Calendar *calendar = registry_get(&calendar_cache);
		const Axis *axis = (basis == BASIS_WORKING_DAY) ? &calendar->day : &calendar->hour;

		result = axis_position(calendar, axis, calendar_to_local(b, zone)) -
			axis_position(calendar, axis, calendar_to_local(a, zone));

		/* The same instants of a clock that is set back may stand the other way round. */
		if ((a <= b) ? result < 0 : result > 0)
			result = 0;
	}
	return result;
}

int64
calendar_amount(const Interval *span, bool negative_ok)
{
	int64		amount;

	if (span->month != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an amount of working time cannot have months or years"),
				 errhint("Give it in days and hours; one day is 24 hours.")));
	if (pg_mul_s64_overflow(span->day, USECS_PER_DAY, &amount) ||
		pg_add_s64_overflow(amount, span->time, &amount))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("interval out of range")));
	if (amount < 0 && !negative_ok)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an amount of working time cannot be negative")));
	return amount;
}

/* In the order of TimeBasis. */
static EnumLabels time_basis = {
	.type = "time_basis",
	.labels = {"calendar", "working_day", "working_hour", NULL}
};

PG_FUNCTION_INFO_V1(calendar_add_working_time);
PG_FUNCTION_INFO_V1(calendar_working_time_between);
PG_FUNCTION_INFO_V1(calendar_is_working_day);

/* add_working_time(timestamptz, interval, time_basis) RETURNS timestamptz */
Datum
calendar_add_working_time(PG_FUNCTION_ARGS)
{
	int64		amount = calendar_amount(PG_GETARG_INTERVAL_P(1), false);
	TimeBasis	basis = enum_label_position(&time_basis, PG_GETARG_DATUM(2));

	PG_RETURN_TIMESTAMPTZ(calendar_add(PG_GETARG_TIMESTAMPTZ(0), amount, basis));
}

/* working_time_between(timestamptz, timestamptz, time_basis) RETURNS interval: days of 24 hours, and the rest */
Datum
calendar_working_time_between(PG_FUNCTION_ARGS)
{
	TimeBasis	basis = enum_label_position(&time_basis, PG_GETARG_DATUM(2));
	int64		between = calendar_between(PG_GETARG_TIMESTAMPTZ(0), PG_GETARG_TIMESTAMPTZ(1), basis);
	Interval   *result = palloc0(sizeof(Interval));

	result->day = (int32) (between / USECS_PER_DAY);
	result->time = between % USECS_PER_DAY;
	PG_RETURN_INTERVAL_P(result);
}

/* is_working_day(date) RETURNS boolean */
Datum
calendar_is_working_day(PG_FUNCTION_ARGS)
{
	DateADT		day = PG_GETARG_DATEADT(0);
	const Calendar *calendar;

	if (DATE_NOT_FINITE(day))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("infinity is not a day of the calendar")));
	calendar = registry_get(&calendar_cache);
	PG_RETURN_BOOL(calendar_day_works(calendar, day, calendar_exceptions_before(calendar, day)));
}
