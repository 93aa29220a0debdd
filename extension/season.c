/*
 * season.c: what one series should be today, by the last days of today's class: weekday, holiday, make-up day.
 *
 * For series that stand alone (an indicator of liskeban.observation, a total).  Town by category, where most series are too
 * sparse to be judged by eight days of their own, see baseline.c.  Nothing is read but the arguments.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"

#include "number_array.h"
#include "tail.h"

#define BAND_TAIL 0.025			/* on each side of the band */
#define MAX_COLUMNS 6

/* The last days of the class of the last day, that day itself left out. */
typedef struct Season
{
	int			days;
	double		sum;
	double		mean;
	double		variance;		/* of a sample; 0 with less than two days */
} Season;

PG_FUNCTION_INFO_V1(seasonal_count);
PG_FUNCTION_INFO_V1(seasonal_value);

static void
season_check(int n, int nclasses, int max_days)
{
	if (n != nclasses)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("arrays that belong together must have the same length"),
				 errdetail("There are %d days and %d classes of days.", n, nclasses)));
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("the series must have at least today")));
	if (max_days < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the baseline must have at least one day")));
}

static Season
season_read(const double *values, const int32 *class, int n, int max_days)
{
	Season		season = {0};
	double		squares = 0.0;
	int			from = n - 1;

	while (from > 0 && season.days < max_days)
		if (class[--from] == class[n - 1])
		{
			season.sum += values[from];
			season.days++;
		}
	if (season.days == 0)
		return season;
	season.mean = season.sum / season.days;
	for (int i = from; i < n - 1; i++)
		if (class[i] == class[n - 1])
			squares += (values[i] - season.mean) * (values[i] - season.mean);
	season.variance = season.days > 1 ? squares / (season.days - 1) : 0.0;
	return season;
}

static Datum
season_row(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/* The least count that is exceeded with no more than this probability. */
static int64
count_quantile(double mean, double dispersion, double tail)
{
	int64		low = -1;		/* exceeded with more */
	int64		high = (int64) mean + 1;

	while (tail_negative_binomial(high + 1, mean, dispersion) > tail)
	{
		low = high;
		high = high * 2;
	}
	while (high - low > 1)
	{
		int64		middle = low + (high - low) / 2;

		if (tail_negative_binomial(middle + 1, mean, dispersion) > tail)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/*
 * seasonal_count(counts integer[], day_class integer[], prior_mean float8, prior_days float8, max_days integer)
 * returns (days integer, expected float8, dispersion float8, low integer, high integer, p float8)
 */
Datum
seasonal_count(PG_FUNCTION_ARGS)
{
	int			n;
	int			nclasses;
	const int32 *counts;
	const int32 *class;
	double	   *series;
	double		shape = 0.5;	/* Jeffreys' prior, Gamma(1/2, 0) */
	double		rate = 0.0;
	double		expected;
	double		dispersion;
	Season		season;
	Datum		values[MAX_COLUMNS];
	bool		nulls[MAX_COLUMNS] = {false};

	for (int i = 0; i < PG_NARGS(); i++)
		if (PG_ARGISNULL(i) && i != 2)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("only \"prior_mean\" may be null")));
	counts = number_array_int4(PG_GETARG_ARRAYTYPE_P(0), "counts", &n);
	class = number_array_int4(PG_GETARG_ARRAYTYPE_P(1), "day_class", &nclasses);
	season_check(n, nclasses, PG_GETARG_INT32(4));
	series = palloc(sizeof(double) * n);
	for (int i = 0; i < n; i++)
	{
		if (counts[i] < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("counts must not be negative")));
		series[i] = counts[i];
	}
	if (!PG_ARGISNULL(2))
	{
		double		mean = PG_GETARG_FLOAT8(2);

		rate = PG_GETARG_FLOAT8(3);
		if (!(mean > 0.0) || isinf(mean) || !(rate > 0.0) || isinf(rate))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the prior's mean and its days must be finite numbers above 0")));
		shape = mean * rate;
	}
	season = season_read(series, class, n, PG_GETARG_INT32(4));

	/* The rate after these days is Gamma(shape + sum, rate + days); the next count is negative binomial. */
	shape += season.sum;
	rate += season.days;
	values[0] = Int32GetDatum(season.days);
	if (rate > 0.0)
	{
		expected = shape / rate;
		dispersion = 1.0 / shape;
		if (season.variance > season.mean)
			dispersion += (season.variance - season.mean) / (season.mean * season.mean);
		values[1] = Float8GetDatum(expected);
		values[2] = Float8GetDatum(dispersion);
		/* from the least count that is not fallen short of with more than the tail */
		values[3] = Int32GetDatum((int32) Min(count_quantile(expected, dispersion, 1.0 - BAND_TAIL), PG_INT32_MAX));
		values[4] = Int32GetDatum((int32) Min(count_quantile(expected, dispersion, BAND_TAIL), PG_INT32_MAX));
		values[5] = Float8GetDatum(tail_negative_binomial(counts[n - 1], expected, dispersion));
	}
	else
		memset(nulls + 1, true, MAX_COLUMNS - 1);
	return season_row(fcinfo, values, nulls);
}

/*
 * seasonal_value(series float8[], day_class integer[], max_days integer)
 * returns (days integer, expected float8, deviation float8, p_above float8, p_below float8)
 */
Datum
seasonal_value(PG_FUNCTION_ARGS)
{
	int			n;
	int			nclasses;
	const double *series = number_array_float8(PG_GETARG_ARRAYTYPE_P(0), "series", &n);
	const int32 *class = number_array_int4(PG_GETARG_ARRAYTYPE_P(1), "day_class", &nclasses);
	int			max_days = PG_GETARG_INT32(2);
	Season		season;
	Datum		values[MAX_COLUMNS];
	bool		nulls[MAX_COLUMNS] = {false};

	season_check(n, nclasses, max_days);
	season = season_read(series, class, n, max_days);
	values[0] = Int32GetDatum(season.days);
	values[1] = Float8GetDatum(season.mean);
	nulls[1] = season.days == 0;
	nulls[2] = nulls[3] = nulls[4] = season.days < 2;
	if (season.days >= 2)
	{
		/* The next value of a normal series, its mean and deviation unknown, is Student's t. */
		double		deviation = sqrt(season.variance * (1.0 + 1.0 / season.days));
		double		off = series[n - 1] - season.mean;
		double		t = deviation > 0.0 ? off / deviation : off > 0.0 ? INFINITY : off < 0.0 ? -INFINITY : 0.0;

		values[2] = Float8GetDatum(deviation);
		values[3] = Float8GetDatum(tail_student(t, season.days - 1));
		values[4] = Float8GetDatum(tail_student(-t, season.days - 1));
	}
	return season_row(fcinfo, values, nulls);
}
