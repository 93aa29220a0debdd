/*
 * tail.c: exact tails of counts, Poisson and negative binomial, and of Student's t.
 *
 * P(X >= k) of a Poisson count of mean m is the regularised incomplete gamma function P(k, m) (DLMF 8.2.4, 8.4.10), that
 * of a negative binomial of mean m and size r the regularised incomplete beta function I_q(k, r) at q = m / (m + r)
 * (DLMF 8.17.24).  Above the mean both are reckoned directly, never as 1 minus the other side, so that small tails keep
 * their digits.
 * Nothing is read but the arguments.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "fmgr.h"

#include "tail.h"

/* A negative binomial so near to a Poisson that doubles cannot tell them apart. */
#define DISPERSION_OF_POISSON 1e-12
#define MAX_TERMS 100000

PG_FUNCTION_INFO_V1(tail_poisson_sql);
PG_FUNCTION_INFO_V1(tail_negative_binomial_sql);

/*
 * P(a, x) by its power series, DLMF 8.11.4: e^-x x^a / Gamma(a + 1) * sum of x^n / ((a + 1) ... (a + n)).  Good for
 * x < a + 1, where the terms fall from the start.
 */
static double
gamma_series(double a, double x)
{
	double		term = 1.0;
	double		sum = 1.0;

	for (int n = 1; n < MAX_TERMS; n++)
	{
		term *= x / (a + n);
		sum += term;
		if (term < sum * DBL_EPSILON / 4)
			break;
	}
	return sum * exp(a * log(x) - x - lgamma(a + 1.0));
}

double
tail_poisson(int64 count, double mean)
{
	double		term;
	double		sum;

	if (count <= 0)
		return 1.0;
	if (mean <= 0.0)
		return 0.0;
	if (mean < count + 1.0)
		return Min(1.0, gamma_series(count, mean));

	/* Below the mean no digits can be lost: 1 less the terms from k - 1 down, which fall. */
	term = exp((count - 1) * log(mean) - mean - lgamma(count));
	sum = term;
	for (int64 k = count - 1; k > 0 && term > sum * DBL_EPSILON / 4; k--)
	{
		term *= k / mean;
		sum += term;
	}
	return Max(0.0, 1.0 - sum);
}

/*
 * The continued fraction of I_x(a, b), DLMF 8.17.22, evaluated by Lentz's method as modified by Thompson and Barnett
 * (J. Comput. Phys. 64, 1986).  Good for x < (a + 1) / (a + b + 2).
 */
static double
beta_fraction(double a, double b, double x)
{
	double		c = 1.0;
	double		d = 1.0 - (a + b) * x / (a + 1.0);
	double		f;

	if (fabs(d) < DBL_MIN)
		d = DBL_MIN;
	d = 1.0 / d;
	f = d;
	for (int m = 1; m < MAX_TERMS; m++)
	{
		double		even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
		double		odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
		double		step;

		d = 1.0 + even * d;
		if (fabs(d) < DBL_MIN)
			d = DBL_MIN;
		d = 1.0 / d;
		c = 1.0 + even / c;
		if (fabs(c) < DBL_MIN)
			c = DBL_MIN;
		f *= c * d;

		d = 1.0 + odd * d;
		if (fabs(d) < DBL_MIN)
			d = DBL_MIN;
		d = 1.0 / d;
		c = 1.0 + odd / c;
		if (fabs(c) < DBL_MIN)
			c = DBL_MIN;
		step = c * d;
		f *= step;
		if (fabs(step - 1.0) < DBL_EPSILON)
			break;
	}
	return f;
}

/*
 * ln(Gamma(size + count) / (Gamma(size) * count!)).  Near to a Poisson size is large, and lgamma(size) would eat the
 * digits of the difference: there the ratio is multiplied out.
 */
static double
log_choose(double size, int64 count)
{
	double		sum = 0.0;

	if (size < 1000.0 || count > 10000)
		return lgamma(size + count) - lgamma(size) - lgamma(count + 1.0);
	for (int64 i = 0; i < count; i++)
		sum += log((size + i) / (i + 1.0));
	return sum;
}

double
tail_negative_binomial(int64 count, double mean, double dispersion)
{
	double		size;
	double		q;				/* m / (m + r), the weight of another event */
	double		term;
	double		sum;

	if (dispersion * Max(1.0, mean) < DISPERSION_OF_POISSON)
		return tail_poisson(count, mean);
	if (count <= 0)
		return 1.0;
	if (mean <= 0.0)
		return 0.0;

	size = 1.0 / dispersion;
	q = mean * dispersion / (1.0 + mean * dispersion);
	/* q^k p^r / (k B(k, r)) times the fraction */
	if (q < (count + 1.0) / (count + size + 2.0))
		return Min(1.0, beta_fraction(count, size, q) *
				   exp(count * log(q) - size * log1p(mean * dispersion) + log_choose(size, count)));

	/* as above */
	term = exp((count - 1) * log(q) - size * log1p(mean * dispersion) + log_choose(size, count - 1));
	sum = term;
	for (int64 k = count - 1; k > 0 && term > sum * DBL_EPSILON / 4; k--)
	{
		term *= k / ((size + k - 1.0) * q);
		sum += term;
	}
	return Max(0.0, 1.0 - sum);
}

/* I_x(a, 1/2) / 2 at x = freedom / (freedom + t^2), a = freedom / 2 (DLMF 8.17; Abramowitz and Stegun 26.7.1). */
double
tail_student(double t, double freedom)
{
	double		a = freedom / 2.0;
	double		x = freedom / (freedom + t * t);
	double		tail;

	if (isinf(t))
		return t > 0.0 ? 0.0 : 1.0;
	if (t == 0.0)
		return 0.5;
	if (x < (a + 1.0) / (a + 2.5))
		tail = exp(a * log(x) + lgamma(a + 0.5) - lgamma(a) - lgamma(0.5)) * sqrt(t * t / (freedom + t * t)) / a *
			beta_fraction(a, 0.5, x) / 2.0;
	else
		tail = 0.5 - exp(a * log(x) + lgamma(a + 0.5) - lgamma(a) - lgamma(0.5)) * sqrt(t * t / (freedom + t * t)) *
			beta_fraction(0.5, a, t * t / (freedom + t * t));
	return t > 0.0 ? tail : 1.0 - tail;
}

static void
check_not_negative(double value, const char *name)
{
	if (!(value >= 0.0) || isinf(value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a finite number of at least 0", name)));
}

/*
 * poisson_tail(count integer, mean float8) returns float8
 */
Datum
tail_poisson_sql(PG_FUNCTION_ARGS)
{
	double		mean = PG_GETARG_FLOAT8(1);

	check_not_negative(mean, "mean");
	PG_RETURN_FLOAT8(tail_poisson(PG_GETARG_INT32(0), mean));
}

/*
 * negative_binomial_tail(count integer, mean float8, dispersion float8) returns float8
 */
Datum
tail_negative_binomial_sql(PG_FUNCTION_ARGS)
{
	double		mean = PG_GETARG_FLOAT8(1);
	double		dispersion = PG_GETARG_FLOAT8(2);

	check_not_negative(mean, "mean");
	check_not_negative(dispersion, "dispersion");
	PG_RETURN_FLOAT8(tail_negative_binomial(PG_GETARG_INT32(0), mean, dispersion));
}
