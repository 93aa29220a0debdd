/*
 * ears.c: C1, C2 and C3 of the Early Aberration Reporting System.
 *
 * L. Hutwagner, W. Thompson, G. M. Seeman, T. Treadwell: The bioterrorism preparedness and response Early Aberration
 * Reporting System (EARS).  Journal of Urban Health 80 (2003), suppl. 1, i89-i96.  In the notation of R. D. Fricker,
 * B. L. Hegler, D. A. Dunfee: Comparing syndromic surveillance detection methods.  Statistics in Medicine 27 (2008):
 *
 *   C1(t) = (Y(t) - mean of Y(t-7 .. t-1)) / standard deviation of the same         alarm above 3
 *   C2(t) = (Y(t) - mean of Y(t-9 .. t-3)) / standard deviation of the same         alarm above 3
 *   C3(t) = sum of max(0, C2(i) - 1) over i = t-2, t-1, t                           alarm above 2
 *
 * The standard deviation is that of a sample (n - 1).  Nothing is read but the arguments.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "utils/tuplestore.h"

#include "number_array.h"

#define EARS_GUARD 2			/* days between the baseline of C2 and its day */
#define EARS_COLUMNS 7

PG_FUNCTION_INFO_V1(ears);

/*
 * The statistic of counts[t] against `days` counts that end `guard` days before it.  Where they are all the same there is
 * no deviation to measure in: the limit is taken, infinite above the mean (and below it), 0 at the mean.
 */
static double
ears_deviation(const double *counts, int t, int days, int guard, double min_sd)
{
	const double *baseline = counts + t - guard - days;
	double		sum = 0.0;
	double		squares = 0.0;
	double		mean;
	double		sd;
	double		excess;
	bool		same = true;

	for (int i = 0; i < days; i++)
	{
		sum += baseline[i];
		same = same && baseline[i] == baseline[0];
	}
	mean = same ? baseline[0] : sum / days;
	for (int i = 0; i < days; i++)
		squares += (baseline[i] - mean) * (baseline[i] - mean);
	sd = Max(sqrt(squares / (days - 1)), min_sd);
	excess = counts[t] - mean;
	if (sd > 0.0)
		return excess / sd;
	return excess > 0.0 ? INFINITY : excess < 0.0 ? -INFINITY : 0.0;
}

/*
 * ears(counts float8[], baseline integer, min_sd float8)
 * returns table (day integer, c1 float8, c2 float8, c3 float8, c1_alarm boolean, c2_alarm boolean, c3_alarm boolean)
 */
Datum
ears(PG_FUNCTION_ARGS)
{
	int			n;
	const double *counts = number_array_float8(PG_GETARG_ARRAYTYPE_P(0), "counts", &n);
	int			days = PG_GETARG_INT32(1);
	double		min_sd = PG_GETARG_FLOAT8(2);
	double	   *c2;
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	if (days < 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the baseline must have at least two days")));
	if (!(min_sd >= 0.0) || isinf(min_sd))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the least standard deviation must be a finite number of at least 0")));

	InitMaterializedSRF(fcinfo, 0);
	c2 = palloc0(sizeof(double) * Max(n, 1));
	for (int t = 0; t < n; t++)
	{
		Datum		values[EARS_COLUMNS];
		bool		nulls[EARS_COLUMNS];
		bool		has_c1 = t - days >= 0;
		bool		has_c2 = t - days - EARS_GUARD >= 0;
		bool		has_c3 = has_c2 && t - days - 2 * EARS_GUARD >= 0;
		double		c1 = has_c1 ? ears_deviation(counts, t, days, 0, min_sd) : 0.0;
		double		c3 = 0.0;

		c2[t] = has_c2 ? ears_deviation(counts, t, days, EARS_GUARD, min_sd) : 0.0;
		if (has_c3)
			for (int i = t - 2; i <= t; i++)
				c3 += Max(0.0, c2[i] - 1.0);

		values[0] = Int32GetDatum(t + 1);
		values[1] = Float8GetDatum(c1);
		values[2] = Float8GetDatum(c2[t]);
		values[3] = Float8GetDatum(c3);
		values[4] = BoolGetDatum(c1 > 3.0);
		values[5] = BoolGetDatum(c2[t] > 3.0);
		values[6] = BoolGetDatum(c3 > 2.0);
		nulls[0] = false;
		nulls[1] = nulls[4] = !has_c1;
		nulls[2] = nulls[5] = !has_c2;
		nulls[3] = nulls[6] = !has_c3;
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
