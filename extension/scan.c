/*
 * scan.c: the prospective space-time permutation scan statistic.
 *
 * M. Kulldorff, R. Heffernan, J. Hartman, R. Assuncao, F. Mostashari: A space-time permutation scan statistic for disease
 * outbreak detection.  PLoS Medicine 2 (2005), e59.  A cylinder is a circle around a cell's point times the last days up
 * to today.  Were place and day independent, a cylinder with n of the C cases in its circle and m in its days would hold
 * mu = n m / C; what it does hold, o > mu, is measured by ln of the Poisson generalised likelihood ratio
 *
 *   o ln(o / mu) + (C - o) ln((C - o) / (C - mu))
 *
 * and the greatest of all is held against the greatest of random permutations of the days among the cases.  Purely spatial
 * and purely temporal differences cancel out, so that no population at risk and no season need be known.
 *
 * Nothing is read but the arguments: the same seed gives the same answer, on any machine, in any process.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "number_array.h"

#define SCAN_COLUMNS 11
#define SCAN_MAX_CASES 50000000
#define EULER_GAMMA 0.57721566490153286

/* xoshiro256**, D. Blackman and S. Vigna, ACM Trans. Math. Softw. 47 (2021): our own, so that results outlive versions. */
typedef struct Random
{
	uint64		s[4];
} Random;

typedef struct Neighbour
{
	int			cell;
	double		distance;
} Neighbour;

/* A circle: the first `members` of the neighbours of its centre. */
typedef struct Zone
{
	int			centre;
	int			members;
	double		radius;
	int64		cases;
} Zone;

typedef struct Cylinder
{
	int			zone;
	int			days;
	double		llr;
} Cylinder;

typedef struct CaseScan
{
	int			cells;
	int			days;			/* the longest window */
	int			total;			/* C */
	int			recent;			/* cases within the longest window */
	int			today;
	Neighbour **neighbours;		/* of each cell, nearest first, itself among them */
	Zone	   *zones;			/* by centre, then by radius */
	int			nzones;
	int			zones_size;
	int		   *cell_of_case;
	int		   *age_of_case;	/* days before today; the recent cases stand first */
	int		   *counts;			/* cells x days: cases of the cell up to so many days before today */
	double	   *log_mu;			/* zones x days; NAN where no excess is possible */
	double	   *log_rest;		/* ln(C - mu) */
	double	   *mu;
	double	   *log_of;			/* ln(0 .. C), 0 for 0 */
} CaseScan;

PG_FUNCTION_INFO_V1(space_time_scan);

static uint64
random_next(Random *random)
{
	uint64	   *s = random->s;
	uint64		times5 = s[1] * 5;
	uint64		result = ((times5 << 7) | (times5 >> 57)) * 9;
	uint64		t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = (s[3] << 45) | (s[3] >> 19);
	return result;
}

/* The state is filled by splitmix64, as its authors recommend. */
static void
random_seed(Random *random, uint64 seed)
{
	for (int i = 0; i < 4; i++)
	{
		uint64		z = (seed += UINT64CONST(0x9E3779B97F4A7C15));

		z = (z ^ (z >> 30)) * UINT64CONST(0xBF58476D1CE4E5B9);
		z = (z ^ (z >> 27)) * UINT64CONST(0x94D049BB133111EB);
		random->s[i] = z ^ (z >> 31);
	}
}

/* Uniform in 0 .. bound - 1 without bias: D. Lemire, ACM Trans. Model. Comput. Simul. 29 (2019). */
static uint32
random_below(Random *random, uint32 bound)
{
	uint64		product = (random_next(random) >> 32) * bound;

	if ((uint32) product < bound)
	{
		uint32		least = -bound % bound;

		while ((uint32) product < least)
			product = (random_next(random) >> 32) * bound;
	}
	return product >> 32;
}

static int
neighbour_compare(const void *a, const void *b)
{
	const Neighbour *m = a;
	const Neighbour *n = b;

	if (m->distance != n->distance)
		return m->distance < n->distance ? -1 : 1;
	return m->cell - n->cell;
}

static void
scan_add_zone(CaseScan *scan, int centre, int members, double radius, int64 cases)
{
	Zone	   *zone;

	if (scan->nzones == scan->zones_size)
	{
		scan->zones_size *= 2;
		scan->zones = repalloc_huge(scan->zones, sizeof(Zone) * scan->zones_size);
	}
	zone = &scan->zones[scan->nzones++];
	zone->centre = centre;
	zone->members = members;
	zone->radius = radius;
	zone->cases = cases;
}

/* Every circle around a cell that takes in another set of cells; cells at one distance come in together. */
static void
scan_make_zones(CaseScan *scan, const double *x, const double *y, double radius, const int64 *cases)
{
	Neighbour  *near = palloc(sizeof(Neighbour) * scan->cells);

	scan->neighbours = palloc(sizeof(Neighbour *) * scan->cells);
	scan->zones_size = scan->cells;
	scan->zones = palloc(sizeof(Zone) * scan->zones_size);
	for (int centre = 0; centre < scan->cells; centre++)
	{
		int			n = 0;
		int64		sum = 0;

		for (int cell = 0; cell < scan->cells; cell++)
		{
			double		distance = hypot(x[cell] - x[centre], y[cell] - y[centre]);

			if (distance <= radius)
			{
				near[n].cell = cell;
				near[n++].distance = distance;
			}
		}
		qsort(near, n, sizeof(Neighbour), neighbour_compare);
		scan->neighbours[centre] = palloc(sizeof(Neighbour) * n);
		memcpy(scan->neighbours[centre], near, sizeof(Neighbour) * n);
		for (int i = 0; i < n; i++)
		{
			sum += cases[near[i].cell];
			if (i + 1 == n || near[i + 1].distance > near[i].distance)
				scan_add_zone(scan, centre, i + 1, near[i].distance, sum);
		}
		CHECK_FOR_INTERRUPTS();
	}
}

/* The cases one by one, those of the longest window first. */
static void
scan_make_cases(CaseScan *scan, int n, const int32 *cell, const int32 *day, const int32 *cases)
{
	int			front = 0;
	int			back;

	scan->cell_of_case = palloc(sizeof(int) * scan->total);
	scan->age_of_case = palloc(sizeof(int) * Max(scan->recent, 1));
	back = scan->recent;
	for (int i = 0; i < n; i++)
	{
		int64		age = (int64) scan->today - day[i];

		for (int j = 0; j < cases[i]; j++)
			if (age < scan->days)
			{
				scan->age_of_case[front] = age;
				scan->cell_of_case[front++] = cell[i] - 1;
			}
			else
				scan->cell_of_case[back++] = cell[i] - 1;
	}
}

/* What each cylinder would hold were place and day independent.  No permutation changes that. */
static void
scan_make_expected(CaseScan *scan)
{
	int		   *in_days = palloc0(sizeof(int) * scan->days);
	Size		cylinders = (Size) scan->nzones * scan->days;

	for (int i = 0; i < scan->recent; i++)
		in_days[scan->age_of_case[i]]++;
	for (int w = 1; w < scan->days; w++)
		in_days[w] += in_days[w - 1];

	scan->mu = palloc_extended(sizeof(double) * cylinders, MCXT_ALLOC_HUGE);
	scan->log_mu = palloc_extended(sizeof(double) * cylinders, MCXT_ALLOC_HUGE);
	scan->log_rest = palloc_extended(sizeof(double) * cylinders, MCXT_ALLOC_HUGE);
	for (int z = 0; z < scan->nzones; z++)
		for (int w = 0; w < scan->days; w++)
		{
			Size		at = (Size) z * scan->days + w;
			double		mu = (double) scan->zones[z].cases * in_days[w] / scan->total;
			bool		open = mu > 0.0 && mu < scan->total;

			scan->mu[at] = mu;
			scan->log_mu[at] = open ? log(mu) : NAN;
			scan->log_rest[at] = open ? log(scan->total - mu) : NAN;
		}

	scan->log_of = palloc_extended(sizeof(double) * ((Size) scan->total + 1), MCXT_ALLOC_HUGE);
	scan->log_of[0] = 0.0;
	for (int i = 1; i <= scan->total; i++)
		scan->log_of[i] = log(i);
}

/* Count the recent cases, as they are dealt now, by cell and window. */
static void
scan_count(CaseScan *scan)
{
	memset(scan->counts, 0, sizeof(int) * scan->cells * scan->days);
	for (int i = 0; i < scan->recent; i++)
		scan->counts[scan->cell_of_case[i] * scan->days + scan->age_of_case[i]]++;
	for (int cell = 0; cell < scan->cells; cell++)
	{
		int		   *count = scan->counts + cell * scan->days;

		for (int w = 1; w < scan->days; w++)
			count[w] += count[w - 1];
	}
}

/*
 * The greatest log likelihood ratio of the counts; with `best`, also the best cylinder around each cell (llr 0 where there
 * is no excess).
 */
static double
scan_evaluate(CaseScan *scan, int *observed, Cylinder *best)
{
	double		greatest = 0.0;
	int			members = 0;

	for (int z = 0; z < scan->nzones; z++)
	{
		const Zone *zone = &scan->zones[z];
		Size		at = (Size) z * scan->days;

		if (z == 0 || zone->centre != scan->zones[z - 1].centre)
		{
			members = 0;
			memset(observed, 0, sizeof(int) * scan->days);
		}
		for (; members < zone->members; members++)
		{
			const int  *count = scan->counts + scan->neighbours[zone->centre][members].cell * scan->days;

			for (int w = 0; w < scan->days; w++)
				observed[w] += count[w];
		}
		/* Sparse cases leave most circles empty, and shorter windows hold no more than the longest. */
		if (observed[scan->days - 1] == 0)
			continue;
		for (int w = 0; w < scan->days; w++)
		{
			int			o = observed[w];
			int			rest = scan->total - o;
			double		llr;

			if (o <= scan->mu[at + w] || isnan(scan->log_mu[at + w]))
				continue;
			llr = o * (scan->log_of[o] - scan->log_mu[at + w]) + rest * (scan->log_of[rest] - scan->log_rest[at + w]);
			if (llr > greatest)
				greatest = llr;
			if (best != NULL && llr > best[zone->centre].llr)
			{
				best[zone->centre].zone = z;
				best[zone->centre].days = w + 1;
				best[zone->centre].llr = llr;
			}
		}
	}
	return greatest;
}

/* Deal the days anew: only which cases the recent ones are is of interest, so only that many are drawn. */
static void
scan_permute(CaseScan *scan, Random *random)
{
	int		   *cell = scan->cell_of_case;

	for (int i = 0; i < scan->recent; i++)
	{
		int			j = i + random_below(random, scan->total - i);
		int			swap = cell[i];

		cell[i] = cell[j];
		cell[j] = swap;
	}
}

static int
cylinder_descending(const void *a, const void *b)
{
	const Cylinder *c = a;
	const Cylinder *d = b;

	if (c->llr != d->llr)
		return c->llr < d->llr ? 1 : -1;
	return c->zone - d->zone;
}

/*
 * The tail of the Gumbel distribution with the mean and variance of the replications' maxima: it also tells apart what no
 * replication reached.  A. M. Abrams, K. Kleinman, M. Kulldorff: Gumbel based p-value approximations for spatial scan
 * statistics.  Int. J. Health Geographics 9 (2010), 61.
 */
static double
gumbel_tail(double llr, double mean, double variance)
{
	double		scale = sqrt(6.0 * variance) / M_PI;

	if (scale <= 0.0)
		return llr > mean ? 0.0 : 1.0;
	return -expm1(-exp(-(llr - (mean - EULER_GAMMA * scale)) / scale));
}

static void
scan_check(double radius, int days, int replications, int clusters)
{
	if (!(radius >= 0.0) || isinf(radius))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the radius must be a finite number of at least 0")));
	if (days < 1 || days > 366)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the longest cylinder must have 1 to 366 days")));
	if (replications < 0 || replications > 999999)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of replications must lie between 0 and 999999")));
	if (clusters < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("at least one cluster must be asked for")));
}

/*
 * space_time_scan(x float8[], y float8[], cell integer[], day integer[], cases integer[], today integer, radius float8,
 *                 max_days integer, replications integer, seed bigint, clusters integer)
 * returns table (cluster integer, centre integer, cells integer[], radius float8, first_day integer, last_day integer,
 *                observed integer, expected float8, llr float8, p float8, p_gumbel float8)
 */
Datum
space_time_scan(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			ny,
				n,
				ndays,
				ncases;
	const double *x,
			   *y;
	const int32 *cell,
			   *day,
			   *cases;
	double		radius;
	int			replications;
	int			clusters;
	CaseScan	scan;
	Random		random;
	int64		total = 0;
	int64	   *cell_cases;
	int		   *observed;
	int		   *seen;
	bool	   *taken;
	double	   *greatest;
	double		mean = 0.0;
	double		variance = 0.0;
	Cylinder   *best;
	int			found = 0;

	for (int i = 0; i < PG_NARGS(); i++)
		if (PG_ARGISNULL(i) && i != 5)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("only \"today\" may be null")));
	memset(&scan, 0, sizeof(scan));
	x = number_array_float8(PG_GETARG_ARRAYTYPE_P(0), "x", &scan.cells);
	y = number_array_float8(PG_GETARG_ARRAYTYPE_P(1), "y", &ny);
	cell = number_array_int4(PG_GETARG_ARRAYTYPE_P(2), "cell", &n);
	day = number_array_int4(PG_GETARG_ARRAYTYPE_P(3), "day", &ndays);
	cases = number_array_int4(PG_GETARG_ARRAYTYPE_P(4), "cases", &ncases);
	radius = PG_GETARG_FLOAT8(6);
	scan.days = PG_GETARG_INT32(7);
	replications = PG_GETARG_INT32(8);
	clusters = PG_GETARG_INT32(10);
	scan_check(radius, scan.days, replications, clusters);
	if (ny != scan.cells || ndays != n || ncases != n)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("arrays that belong together must have the same length"),
				 errdetail("x and y have %d and %d elements; cell, day and cases have %d, %d and %d.",
						   scan.cells, ny, n, ndays, ncases)));

	InitMaterializedSRF(fcinfo, 0);
	scan.today = PG_ARGISNULL(5) ? PG_INT32_MIN : PG_GETARG_INT32(5);
	for (int i = 0; i < n; i++)
	{
		if (cell[i] < 1 || cell[i] > scan.cells)
			ereport(ERROR,
					(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
					 errmsg("cell %d does not exist", cell[i]),
					 errdetail("There are %d cells.", scan.cells)));
		if (cases[i] < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a number of cases must not be negative")));
		if (PG_ARGISNULL(5))
			scan.today = Max(scan.today, day[i]);
		else if (day[i] > scan.today)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("day %d lies after today, day %d", day[i], scan.today)));
		total += cases[i];
	}
	if (total > SCAN_MAX_CASES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the scan takes at most %d cases", SCAN_MAX_CASES)));
	if (total == 0)
		return (Datum) 0;

	scan.total = total;
	cell_cases = palloc0(sizeof(int64) * scan.cells);
	for (int i = 0; i < n; i++)
	{
		cell_cases[cell[i] - 1] += cases[i];
		if ((int64) scan.today - day[i] < scan.days)
			scan.recent += cases[i];
	}
	scan_make_zones(&scan, x, y, radius, cell_cases);
	scan_make_cases(&scan, n, cell, day, cases);
	scan_make_expected(&scan);
	scan.counts = palloc(sizeof(int) * scan.cells * scan.days);
	observed = palloc(sizeof(int) * scan.days);
	best = palloc0(sizeof(Cylinder) * scan.cells);

	scan_count(&scan);
	scan_evaluate(&scan, observed, best);
	seen = palloc(sizeof(int) * scan.cells * scan.days);
	memcpy(seen, scan.counts, sizeof(int) * scan.cells * scan.days);

	random_seed(&random, PG_GETARG_INT64(9));
	greatest = palloc(sizeof(double) * Max(replications, 1));
	for (int r = 0; r < replications; r++)
	{
		CHECK_FOR_INTERRUPTS();
		scan_permute(&scan, &random);
		scan_count(&scan);
		greatest[r] = scan_evaluate(&scan, observed, NULL);
		mean += greatest[r] / replications;
	}
	for (int r = 0; r < replications; r++)
		variance += (greatest[r] - mean) * (greatest[r] - mean) / Max(replications - 1, 1);

	/* The best cylinder, and the next best ones that share no cell with those before. */
	qsort(best, scan.cells, sizeof(Cylinder), cylinder_descending);
	taken = palloc0(sizeof(bool) * scan.cells);
	for (int b = 0; b < scan.cells && best[b].llr > 0.0 && found < clusters; b++)
	{
		const Zone *zone = &scan.zones[best[b].zone];
		const Neighbour *neighbours = scan.neighbours[zone->centre];
		int32	   *members = palloc(sizeof(int32) * zone->members);
		Datum		values[SCAN_COLUMNS];
		bool		nulls[SCAN_COLUMNS] = {false};
		bool		overlaps = false;
		int			inside = 0;
		int			reached = 0;

		for (int i = 0; i < zone->members; i++)
		{
			members[i] = neighbours[i].cell + 1;
			overlaps = overlaps || taken[neighbours[i].cell];
			inside += seen[neighbours[i].cell * scan.days + best[b].days - 1];
		}
		if (overlaps)
			continue;
		for (int i = 0; i < zone->members; i++)
			taken[neighbours[i].cell] = true;
		/* A permutation that deals the same counts must not fall short by the last digit. */
		for (int r = 0; r < replications; r++)
			if (greatest[r] >= best[b].llr * (1.0 - 1e-12))
				reached++;

		values[0] = Int32GetDatum(++found);
		values[1] = Int32GetDatum(zone->centre + 1);
		values[2] = PointerGetDatum(number_array_from_int4(members, zone->members));
		values[3] = Float8GetDatum(zone->radius);
		values[4] = Int32GetDatum(scan.today - best[b].days + 1);
		values[5] = Int32GetDatum(scan.today);
		values[6] = Int32GetDatum(inside);
		values[7] = Float8GetDatum(scan.mu[(Size) best[b].zone * scan.days + best[b].days - 1]);
		values[8] = Float8GetDatum(best[b].llr);
		values[9] = Float8GetDatum((reached + 1.0) / (replications + 1.0));
		values[10] = Float8GetDatum(gumbel_tail(best[b].llr, mean, variance));
		nulls[9] = replications == 0;
		nulls[10] = replications < 2;
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
