/*
 * calendar.c: working time over a calendar of the input's own, beside a walk from day to day.
 *
 * The zone is the input's too: an offset, which may change once, as summer time does.
 */
#include "server.h"

#include "datatype/timestamp.h"

/* What calendar.c takes for a zone; DetermineTimeZoneOffset() below reads it. */
struct pg_tz
{
	int64		offset;			/* seconds east, before */
	int64		later;			/* and after */
	TimestampTz change;
};

#include "../../extension/calendar.c"

#define MOST_EXCEPTIONS 16
#define MOST_SHIFTS 12

/* As far as the walk goes. */
#define MOST_DAYS 200

static struct pg_tz zone;
static Platform platform = {.zone = &zone};
static Calendar *calendar;

const Platform *
platform_get(void)
{
	return &platform;
}

void *
registry_get(RegistryCache *cache)
{
	return calendar;
}

/* ---- the clock, as datetime.c and timestamp.c of the server keep it ---- */

int
timestamp2tm(Timestamp ts, int *tzp, struct pg_tm *tm, fsec_t *fsec, const char **tzn, pg_tz *of)
{
	int64		day;
	int64		time;

	if (tzp != NULL)
	{
		*tzp = (int) -(ts < of->change ? of->offset : of->later);
		ts -= *tzp * USECS_PER_SEC;
	}
	if (!IS_VALID_TIMESTAMP(ts))
		return -1;
	day = floor_div(ts, USECS_PER_DAY);
	time = ts - day * USECS_PER_DAY;

	/* the harness needs no months: days are carried whole */
	memset(tm, 0, sizeof(*tm));
	tm->tm_yday = (int) day;
	tm->tm_sec = (int) (time / USECS_PER_SEC);
	*fsec = (fsec_t) (time % USECS_PER_SEC);
	return 0;
}

int
DetermineTimeZoneOffset(struct pg_tm *tm, pg_tz *of)
{
	int64		local = tm->tm_yday * USECS_PER_DAY + tm->tm_sec * USECS_PER_SEC;
	bool		before = local - of->offset * USECS_PER_SEC < of->change;
	bool		after = local - of->later * USECS_PER_SEC >= of->change;

	/* a time that was skipped goes forward, one that was there twice is the second */
	if (before == after)
		return (int) -Min(of->offset, of->later);
	return (int) -(before ? of->offset : of->later);
}

int
tm2timestamp(struct pg_tm *tm, fsec_t fsec, int *tzp, Timestamp *result)
{
	*result = tm->tm_yday * USECS_PER_DAY + tm->tm_sec * USECS_PER_SEC + fsec + *tzp * USECS_PER_SEC;
	return IS_VALID_TIMESTAMP(*result) ? 0 : -1;
}

/* ---- the input's calendar ---- */

static void
read_calendar(FuzzInput *input)
{
	int			nexceptions = (int) fuzz_number(input, 1) % (MOST_EXCEPTIONS + 1);
	int			nshifts = (int) fuzz_number(input, 1) % (MOST_SHIFTS + 1);
	int64		day = (int64) (int16) fuzz_number(input, 2);
	int64		starts[DAYS_PER_WEEK] = {0};

	calendar = palloc0(sizeof(Calendar));
	calendar->exceptions = palloc0((nexceptions + 1) * sizeof(Exception));
	for (int i = 0; i < nexceptions; i++)
	{
		day += 1 + (int64) fuzz_number(input, 1);
		calendar->exceptions[i].day = day;
		calendar->exceptions[i].is_working = day_weekday(day) >= REGULAR_DAYS;
	}
	calendar->nexceptions = nexceptions;

	for (int i = 0; i < nshifts; i++)
	{
		int			weekday = (int) fuzz_number(input, 1) % DAYS_PER_WEEK;
		int64		later = (int64) fuzz_number(input, 2) * USECS_PER_SEC;
		int64		length = (int64) fuzz_number(input, 2) * USECS_PER_SEC;
		int64		ends;

		/* in order of when they start, as the query has them; they may overlap */
		starts[weekday] = Min(starts[weekday] + later, USECS_PER_DAY - 1);
		ends = Min(starts[weekday] + 1 + length, USECS_PER_DAY);
		axis_add_shift(&calendar->hour, weekday, starts[weekday], ends, NULL);
	}
	for (int weekday = 0; weekday < DAYS_PER_WEEK; weekday++)
		axis_add_shift(&calendar->day, weekday, 0, USECS_PER_DAY, NULL);
	axis_finish(&calendar->day, calendar, NULL);
	axis_finish(&calendar->hour, calendar, NULL);
}

static bool
works(int64 day)
{
	for (int i = 0; i < calendar->nexceptions; i++)
		if (calendar->exceptions[i].day == day)
			return calendar->exceptions[i].is_working;
	return day_weekday(day) < REGULAR_DAYS;
}

/* Working time between two instants of the local clock, day by day. */
static int64
walk(Timestamp a, Timestamp b, const Axis *axis)
{
	int64		sum = 0;

	for (int64 day = floor_div(a, USECS_PER_DAY); day * USECS_PER_DAY <= b; day++)
	{
		int			weekday = day_weekday(day);

		for (int i = 0; i < axis->nshifts[weekday] && works(day); i++)
		{
			int64		begins = Max(a, day * USECS_PER_DAY + axis->shifts[weekday][i].starts);
			int64		ends = Min(b, day * USECS_PER_DAY + axis->shifts[weekday][i].ends);

			sum += Max(ends - begins, 0);
		}
	}
	return sum;
}

static void
check_add(TimestampTz ts, int64 amount, TimeBasis basis)
{
	const Axis *axis = basis == BASIS_WORKING_DAY ? &calendar->day : &calendar->hour;
	volatile TimestampTz due;

	if (!FUZZ_TRY())
	{
		FUZZ_EXPECT(fuzz_sqlstate == ERRCODE_DATETIME_VALUE_OUT_OF_RANGE ||
					fuzz_sqlstate == ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE);
		return;
	}
	due = calendar_add(ts, amount, basis);
	FUZZ_EXPECT(amount >= 0 ? due >= ts : due <= ts);
	if (basis == BASIS_CALENDAR || TIMESTAMP_NOT_FINITE(ts))
		return;

	/* in one offset throughout, the amount is what lies between */
	if (zone.offset == zone.later)
	{
		Timestamp	a = ts + zone.offset * USECS_PER_SEC;
		Timestamp	b = due + zone.offset * USECS_PER_SEC;

		FUZZ_EXPECT(calendar_between(ts, due, basis) == amount);
		if (due - ts < MOST_DAYS * USECS_PER_DAY && ts - due < MOST_DAYS * USECS_PER_DAY)
		{
			FUZZ_EXPECT((amount >= 0 ? walk(a, b, axis) : -walk(b, a, axis)) == amount);
			if (basis == BASIS_WORKING_DAY)
				FUZZ_EXPECT(works(floor_div(b, USECS_PER_DAY)));
			else if (amount > 0)
				FUZZ_EXPECT(walk(a, b - 1, axis) < amount);
		}
	}

	/* more never ends sooner */
	if (amount < PG_INT64_MAX)
		FUZZ_EXPECT(calendar_add(ts, amount + 1, basis) >= due);
}

static void
check_between(TimestampTz a, TimestampTz b, TimeBasis basis)
{
	int64		between;

	if (!FUZZ_TRY())
	{
		FUZZ_EXPECT(fuzz_sqlstate == ERRCODE_DATETIME_VALUE_OUT_OF_RANGE);
		return;
	}
	between = calendar_between(a, b, basis);
	FUZZ_EXPECT(a <= b ? between >= 0 : between <= 0);
	FUZZ_EXPECT(calendar_between(b, a, basis) == -between);
	if (basis != BASIS_CALENDAR && zone.offset == zone.later && b >= a && b - a < MOST_DAYS * USECS_PER_DAY)
		FUZZ_EXPECT(walk(a + zone.offset * USECS_PER_SEC, b + zone.offset * USECS_PER_SEC,
						 basis == BASIS_WORKING_DAY ? &calendar->day : &calendar->hour) == between);
}

/* Any number at all, or one near the calendar. */
static int64
read_time(FuzzInput *input)
{
	int64		wide = (int64) fuzz_number(input, 8);

	return wide % 8 == 0 ? wide : wide % ((int64) 100 * 366 * USECS_PER_DAY);
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	FuzzInput	input = {data, size};
	Interval	span;
	TimestampTz a;
	TimestampTz b;
	int64		amount;
	TimeBasis	basis;

	zone.offset = (int64) (int8) fuzz_number(&input, 1) * 600;
	zone.later = zone.offset + (int64) (int8) fuzz_number(&input, 1) % 3 * SECS_PER_HOUR;
	zone.change = (int64) (int16) fuzz_number(&input, 2) * USECS_PER_HOUR;
	read_calendar(&input);
	basis = (TimeBasis) (fuzz_number(&input, 1) % 3);
	a = read_time(&input);
	b = read_time(&input);
	amount = read_time(&input);
	if (IS_VALID_TIMESTAMP(a) || TIMESTAMP_NOT_FINITE(a))
	{
		check_add(a, amount, basis);
		if (IS_VALID_TIMESTAMP(b) || TIMESTAMP_NOT_FINITE(b))
			check_between(a, b, basis);
	}

	span.month = (int32) fuzz_number(&input, 1) % 2;
	span.day = (int32) fuzz_number(&input, 4);
	span.time = amount;
	if (FUZZ_TRY())
		FUZZ_EXPECT(calendar_amount(&span, false) >= 0 && span.month == 0);
	else
		FUZZ_EXPECT(fuzz_sqlstate == ERRCODE_INVALID_PARAMETER_VALUE || fuzz_sqlstate == ERRCODE_DATETIME_VALUE_OUT_OF_RANGE);
	fuzz_reset();
	return 0;
}
