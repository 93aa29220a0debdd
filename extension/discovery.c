/*
 * discovery.c: many tests at once, Benjamini and Hochberg's false discovery rate.
 *
 * Y. Benjamini, Y. Hochberg: Controlling the false discovery rate.  J. R. Statist. Soc. B 57 (1995), 289-300.
 */
#include "postgres.h"

#include "fmgr.h"

#include "number_array.h"

typedef struct Ranked
{
	double		p;
	int			at;
} Ranked;

PG_FUNCTION_INFO_V1(benjamini_hochberg);

static int
ranked_descending(const void *a, const void *b)
{
	double		p = ((const Ranked *) a)->p;
	double		q = ((const Ranked *) b)->p;

	return p < q ? 1 : p > q ? -1 : 0;
}

/*
 * benjamini_hochberg(p float8[]) returns float8[]: the least rate at which each would be a discovery, in the order given.
 */
Datum
benjamini_hochberg(PG_FUNCTION_ARGS)
{
	int			n;
	const double *p = number_array_float8(PG_GETARG_ARRAYTYPE_P(0), "p", &n);
	Ranked	   *ranked = palloc(sizeof(Ranked) * Max(n, 1));
	double	   *adjusted = palloc(sizeof(double) * Max(n, 1));
	double		least = 1.0;

	for (int i = 0; i < n; i++)
	{
		if (p[i] < 0.0 || p[i] > 1.0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a probability must lie between 0 and 1"),
					 errdetail("Element %d is %g.", i + 1, p[i])));
		ranked[i].p = p[i];
		ranked[i].at = i;
	}
	qsort(ranked, n, sizeof(Ranked), ranked_descending);

	/* From the greatest down: no smaller p may be adjusted to more than a greater one. */
	for (int i = 0; i < n; i++)
	{
		least = Min(least, ranked[i].p * n / (n - i));
		adjusted[ranked[i].at] = least;
	}
	PG_RETURN_ARRAYTYPE_P(number_array_from_float8(adjusted, n));
}
