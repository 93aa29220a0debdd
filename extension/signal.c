/*
 * signal.c: which of a day's counts, town by town and category by category, are too many.
 *
 * Each series is tested over the last 1, 2, ... max_days days against what baseline.c expects of it, and so is each
 * category over all towns; a test's p is the tail of a negative binomial.  Nothing is read but the arguments.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

#include "baseline.h"
#include "number_array.h"
#include "tail.h"

#define SIGNAL_COLUMNS 9
#define TAIL_OF_INTEREST 0.02	/* greater tails are not told apart when the day's tests are adjusted */
#define TAIL_FLOOR 1e-15
#define CONTINUOUS_DEVIATION 50.0	/* from this standard deviation on any tail can as good as be attained */
#define MAX_CELLS 50000000		/* series times days */

/* A test of today: one unit of the baseline over one window. */
typedef struct Test
{
	double		observed;
	double		expected;
	double		dispersion;
	double		p;
	int			first;			/* of the tails that it can attain, in Tests */
	int			ntails;
	bool		continuous;		/* it can attain any */
} Test;

typedef struct Tests
{
	Test	   *tests;			/* units x windows */
	int			n;
	double	   *tails;			/* of each test in turn, falling */
	int			ntails;
	int			tails_size;
} Tests;

/* The most surprising window of a unit. */
typedef struct Signal
{
	int			unit;
	int			window;
	double		p;
	double		chance;			/* how many as small would come by chance */
	double		adjusted;
} Signal;

PG_FUNCTION_INFO_V1(count_signals);

static int
signal_ascending(const void *a, const void *b)
{
	const Signal *x = a;
	const Signal *y = b;

	if (x->p != y->p)
		return x->p < y->p ? -1 : 1;
	return x->unit - y->unit;
}

/* The small tails that the test can attain, from the first of interest down. */
static void
tests_add_tails(Tests *tests, Test *test)
{
	double		mean = test->expected;
	double		tail;

	test->first = tests->ntails;
	test->ntails = 0;
	test->continuous = mean + test->dispersion * mean * mean > CONTINUOUS_DEVIATION * CONTINUOUS_DEVIATION;
	if (test->continuous)
		return;
	for (int64 k = (int64) mean + 1; (tail = tail_negative_binomial(k, mean, test->dispersion)) > TAIL_FLOOR; k++)
	{
		if (tail > TAIL_OF_INTEREST)
			continue;
		if (tests->ntails == tests->tails_size)
		{
			tests->tails_size *= 2;
			tests->tails = repalloc_huge(tests->tails, sizeof(double) * tests->tails_size);
		}
		tests->tails[tests->ntails++] = tail;
	}
	test->ntails = tests->ntails - test->first;
}

/* Test every unit over every window; what surprises most in each goes to `signals`. */
static void
tests_run(Tests *tests, const Baseline *b, Signal *signals)
{
	tests->n = baseline_units(b) * b->windows;
	tests->tests = palloc_extended(sizeof(Test) * tests->n, MCXT_ALLOC_HUGE);
	tests->tails_size = 65536;
	tests->tails = palloc(sizeof(double) * tests->tails_size);
	for (int u = 0; u < baseline_units(b); u++)
	{
		double		observed = 0.0;
		double		expected = 0.0;

		CHECK_FOR_INTERRUPTS();
		signals[u].unit = u;
		signals[u].p = 2.0;
		signals[u].chance = baseline_units(b);
		signals[u].adjusted = 1.0;
		for (int w = 0; w < b->windows; w++)
		{
			Test	   *test = &tests->tests[u * b->windows + w];

			observed += baseline_count(b, u, b->days - 1 - w);
			expected += baseline_expected(b, u, b->days - 1 - w);
			test->observed = observed;
			test->expected = expected;
			test->dispersion = baseline_dispersion(b, u, w + 1);
			test->p = tail_negative_binomial(observed, expected, test->dispersion);
			if (test->p < signals[u].p)
			{
				signals[u].p = test->p;
				signals[u].window = w;
			}
			tests_add_tails(tests, test);
		}
	}
}

/*
 * How many tests, with no outbreak anywhere, can be expected to come out at p or below: of each, the greatest tail that it
 * can attain and is no greater than p.
 */
static double
tests_chance(const Tests *tests, double p)
{
	double		sum = 0.0;

	for (int t = 0; t < tests->n; t++)
	{
		const double *tails = tests->tails + tests->tests[t].first;
		int			low = 0;
		int			high = tests->tests[t].ntails;

		while (low < high)
		{
			int			middle = (low + high) / 2;

			if (tails[middle] <= p)
				high = middle;
			else
				low = middle + 1;
		}
		if (tests->tests[t].continuous)
			sum += p;
		else if (low < tests->tests[t].ntails)
			sum += tails[low];
	}
	return sum;
}

/*
 * Adjust sorted signals for the number of tests as Benjamini and Hochberg do, but with what the tests can attain in the
 * place of number times p (J. F. Heyse, in Recent Advances in Biostatistics, 2011, 43-58; the idea is R. E. Tarone's,
 * Biometrics 46 (1990), 515-522): a series that expects 0.05 has no way to a p between 0.00002 and 0.001, and must not
 * be paid for as if it had.
 */
static void
signals_adjust(Signal *signals, int n, const Tests *tests)
{
	int			interesting = 0;
	double		least = 1.0;

	while (interesting < n && signals[interesting].p <= TAIL_OF_INTEREST)
		interesting++;
	for (int i = interesting - 1; i >= 0; i--)
	{
		/* Equal tails of tests that are alike must not differ by their last digit. */
		signals[i].chance = tests_chance(tests, signals[i].p * (1.0 + 1e-9));
		least = Min(least, signals[i].chance / (i + 1));
		signals[i].adjusted = least;
	}
}

/* The counts, checked and spread out. */
static void
baseline_read(Baseline *b, FunctionCallInfo fcinfo)
{
	int			n,
				lengths[3];
	const int32 *town = number_array_int4(PG_GETARG_ARRAYTYPE_P(0), "town", &n);
	const int32 *category = number_array_int4(PG_GETARG_ARRAYTYPE_P(1), "category", &lengths[0]);
	const int32 *day = number_array_int4(PG_GETARG_ARRAYTYPE_P(2), "day", &lengths[1]);
	const int32 *cases = number_array_int4(PG_GETARG_ARRAYTYPE_P(3), "cases", &lengths[2]);
	const int32 *class = number_array_int4(PG_GETARG_ARRAYTYPE_P(4), "day_class", &b->days);
	int			guard = PG_GETARG_INT32(6);

	b->windows = PG_GETARG_INT32(5);
	if (lengths[0] != n || lengths[1] != n || lengths[2] != n)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("arrays that belong together must have the same length"),
				 errdetail("town, category, day and cases have %d, %d, %d and %d elements.",
						   n, lengths[0], lengths[1], lengths[2])));
	if (b->windows < 1 || b->windows > BASELINE_MAX_WINDOW)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the longest window must have 1 to %d days", BASELINE_MAX_WINDOW)));
	if (guard < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the guard must have at least one day, which is today")));
	b->past = b->days - guard;
	if (b->past < b->windows)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the days before the guard must be at least as many as the longest window has"),
				 errdetail("There are %d days; the guard has %d and the longest window %d.",
						   b->days, guard, b->windows)));
	b->class = palloc(sizeof(int) * b->days);
	for (int d = 0; d < b->days; d++)
	{
		if (class[d] < 1 || class[d] > BASELINE_MAX_CLASSES)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("classes of days must lie between 1 and %d", BASELINE_MAX_CLASSES)));
		b->class[d] = class[d] - 1;
		b->classes = Max(b->classes, class[d]);
	}
	for (int i = 0; i < n; i++)
	{
		if (town[i] < 1 || category[i] < 1 || day[i] < 1 || day[i] > b->days || cases[i] < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("towns, categories and days must be numbered from 1, and numbers of cases not be negative"),
					 errdetail("Element %d has town %d, category %d, day %d of %d and %d cases.",
							   i + 1, town[i], category[i], day[i], b->days, cases[i])));
		b->towns = Max(b->towns, town[i]);
		b->categories = Max(b->categories, category[i]);
	}
	if ((int64) b->towns * b->categories > BASELINE_MAX_SERIES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("at most %d series can be judged at a time", BASELINE_MAX_SERIES)));
	if ((int64) b->towns * b->categories * b->days > MAX_CELLS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("at most %d counts can be judged at a time", MAX_CELLS),
				 errdetail("There are %d series of %d days.", b->towns * b->categories, b->days)));

	b->series = b->towns * b->categories;
	baseline_make(b);
	for (int i = 0; i < n; i++)
		b->counts[((town[i] - 1) * b->categories + category[i] - 1) * b->days + day[i] - 1] += cases[i];
}

/*
 * count_signals(town integer[], category integer[], day integer[], cases integer[], day_class integer[],
 *               max_days integer, guard integer, max_adjusted float8)
 * returns table (town integer, category integer, days integer, observed integer, expected float8, dispersion float8,
 *                p float8, chance float8, adjusted float8)
 */
Datum
count_signals(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	double		max_adjusted = PG_GETARG_FLOAT8(7);
	Baseline	b;
	Tests		tests;
	Signal	   *signals;

	memset(&b, 0, sizeof(b));
	memset(&tests, 0, sizeof(tests));
	InitMaterializedSRF(fcinfo, 0);
	baseline_read(&b, fcinfo);
	if (b.series == 0)
		return (Datum) 0;

	baseline_fit(&b);
	signals = palloc0(sizeof(Signal) * baseline_units(&b));
	tests_run(&tests, &b, signals);
	qsort(signals, baseline_units(&b), sizeof(Signal), signal_ascending);
	signals_adjust(signals, baseline_units(&b), &tests);

	for (int i = 0; i < baseline_units(&b) && signals[i].adjusted <= max_adjusted; i++)
	{
		const Signal *signal = &signals[i];
		const Test *test = &tests.tests[signal->unit * b.windows + signal->window];
		Datum		values[SIGNAL_COLUMNS];
		bool		nulls[SIGNAL_COLUMNS] = {false};

		values[0] = Int32GetDatum(signal->unit / b.categories + 1);
		nulls[0] = signal->unit >= b.series;
		values[1] = Int32GetDatum(signal->unit % b.categories + 1);
		values[2] = Int32GetDatum(signal->window + 1);
		values[3] = Int32GetDatum((int32) test->observed);
		values[4] = Float8GetDatum(test->expected);
		values[5] = Float8GetDatum(test->dispersion);
		values[6] = Float8GetDatum(test->p);
		values[7] = Float8GetDatum(signal->chance);
		values[8] = Float8GetDatum(signal->adjusted);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
