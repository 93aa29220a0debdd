/*
 * baseline.c: what a day's counts should have been, town by town and category by category.
 *
 * Most of these series expect far less than one case a day, so no series is judged by its own past alone.  Each quantity
 * is drawn towards what the level above says, by a Gamma prior worth a stated number of cases (the Gamma-Poisson shrinker
 * of W. DuMouchel, The American Statistician 53 (1999), 177-190, whose predictive distribution is negative binomial):
 *
 *   level       of town x category: towards town's share * category's level; the prior's weight from the spread of all
 *               series around that (moments)
 *   day class   (weekday, holiday, make-up day): the district's pattern, then the category's, then the series' own
 *   day         a day on which the whole district, or the category in the other towns, is loud or quiet is no anomaly of
 *               each town (a storm): common factors.  That the category is too loud in the whole district is a test of
 *               its own, with town NULL
 *   dispersion  of the sums over 1 .. max_days days: moments over the category's towns, towards that of all categories
 *
 * Past outbreaks must not hide the next: counts of the past above the 0.999 quantile of the last fit are cut to it, and
 * the fit repeated (what reweighting does in A. Noufaily and others, Statistics in Medicine 32 (2013), 1206-1222).
 *
 * Nothing is read but the arguments.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "baseline.h"
#include "tail.h"

#define PASSES 3

#define CATEGORY_CLASS_PRIOR 50.0	/* cases that the district's weekday pattern is worth to a category */
#define SERIES_CLASS_PRIOR 50.0		/* and the category's to a series */
#define DAY_PRIOR 100.0				/* cases that an ordinary day is worth */
#define CATEGORY_DAY_PRIOR 10.0		/* cases that an ordinary day is worth to a category */
#define NEW_PRIOR 0.5				/* cases that a town or category without any is thought to have had (Jeffreys) */
#define CUT_TAIL 0.001
#define DISPERSION_PRIOR_SD 0.1		/* how far categories' dispersions are thought to lie apart */

/* What the series should have on the day, when the other towns are as they should be. */
static inline double
ordinary_on(const Baseline *b, int s, int d)
{
	return b->level[s] * b->factor[s * b->classes + b->class[d]] * b->day[d];
}

static inline double
expected_on(const Baseline *b, int s, int d)
{
	return ordinary_on(b, s, d) * b->elsewhere[s * b->days + d];
}

double
baseline_expected(const Baseline *b, int u, int d)
{
	return u < b->series ? expected_on(b, u, d) : b->category_expected[(u - b->series) * b->days + d];
}

static inline double
unit_cut_on(const Baseline *b, int u, int d)
{
	return u < b->series ? b->cut[u * b->days + d] : b->category_cut[(u - b->series) * b->days + d];
}

double
baseline_count(const Baseline *b, int u, int d)
{
	double		sum = 0.0;

	if (u < b->series)
		return b->counts[u * b->days + d];
	for (int s = u - b->series; s < b->series; s += b->categories)
		sum += b->counts[s * b->days + d];
	return sum;
}

/* The district's day classes: how loud a day of each is against the mean day. */
static void
fit_district_classes(Baseline *b, double *district)
{
	double		sums[BASELINE_MAX_CLASSES] = {0.0};
	double		total = 0.0;

	for (int s = 0; s < b->series; s++)
		for (int d = 0; d < b->past; d++)
			sums[b->class[d]] += b->cut[s * b->days + d];
	for (int c = 0; c < b->classes; c++)
		total += sums[c];
	for (int c = 0; c < b->classes; c++)
	{
		double		mean = total * b->class_days[c] / b->past;

		/* A class that the past has not seen is taken for a mean day; the day's common factor sets it right. */
		district[c] = (sums[c] + DAY_PRIOR) / (mean + DAY_PRIOR);
	}
}

/* Levels and day classes of all series, from the district down to the series. */
static void
fit_levels(Baseline *b, const double *district)
{
	double	   *town = palloc0(sizeof(double) * b->towns);
	double	   *category = palloc0(sizeof(double) * b->categories);
	double	   *category_class = palloc0(sizeof(double) * b->categories * b->classes);
	double	   *series_class = palloc0(sizeof(double) * b->series * b->classes);
	double		total = 0.0;
	double		exposure = 0.0; /* of the past, in mean days */
	double		spread = 0.0;
	double		noise = 0.0;
	double		prior;

	for (int d = 0; d < b->past; d++)
		exposure += district[b->class[d]] * b->day[d];
	for (int s = 0; s < b->series; s++)
		for (int d = 0; d < b->past; d++)
		{
			double		n = b->cut[s * b->days + d];

			if (n == 0.0)
				continue;
			town[s / b->categories] += n;
			category[s % b->categories] += n;
			category_class[(s % b->categories) * b->classes + b->class[d]] += n;
			series_class[s * b->classes + b->class[d]] += n;
			total += n;
		}

	/* The category's own pattern of day classes, kept in category_class as a factor. */
	for (int k = 0; k < b->categories; k++)
		for (int c = 0; c < b->classes; c++)
		{
			double		loud = 0.0;
			double	   *n = &category_class[k * b->classes + c];

			for (int d = 0; d < b->past; d++)
				if (b->class[d] == c)
					loud += b->day[d];
			*n = district[c] * (*n + CATEGORY_CLASS_PRIOR) /
				(category[k] * district[c] * loud / exposure + CATEGORY_CLASS_PRIOR);
		}

	/* How far series lie from town's share * category's level beyond chance gives the weight of that as a prior. */
	for (int s = 0; s < b->series; s++)
	{
		double		mean = (town[s / b->categories] + NEW_PRIOR) * (category[s % b->categories] + NEW_PRIOR) / (total + NEW_PRIOR);
		double		own = 0.0;

		for (int c = 0; c < b->classes; c++)
			own += series_class[s * b->classes + c];
		spread += (own - mean) * (own - mean) - mean;
		noise += mean * mean;
	}
	prior = spread > 0.0 ? noise / spread : 50.0;
	prior = Max(0.5, Min(prior, 50.0));
	b->level_prior = prior;
	for (int k = 0; k < b->categories; k++)
		b->category_shape[k] = category[k] + NEW_PRIOR;

	for (int s = 0; s < b->series; s++)
	{
		const double *pattern = category_class + (s % b->categories) * b->classes;
		double		mean = (town[s / b->categories] + NEW_PRIOR) * (category[s % b->categories] + NEW_PRIOR) / (total + NEW_PRIOR);
		double		own = 0.0;
		double		mean_days = 0.0;

		for (int d = 0; d < b->past; d++)
			mean_days += pattern[b->class[d]] * b->day[d];
		for (int c = 0; c < b->classes; c++)
			own += series_class[s * b->classes + c];
		b->level[s] = mean / mean_days * (own + prior) / (mean + prior);
		b->shape[s] = own + prior;
		for (int c = 0; c < b->classes; c++)
		{
			double		loud = 0.0;

			for (int d = 0; d < b->past; d++)
				if (b->class[d] == c)
					loud += b->day[d];
			b->factor[s * b->classes + c] = pattern[c] * (series_class[s * b->classes + c] + SERIES_CLASS_PRIOR) /
				(b->level[s] * pattern[c] * loud + SERIES_CLASS_PRIOR);
		}
	}
	pfree(town);
	pfree(category);
	pfree(category_class);
	pfree(series_class);
}

/* How loud each day was in the whole district, and each category in the other towns. */
static void
fit_days(Baseline *b)
{
	for (int d = 0; d < b->days; d++)
	{
		double		n = 0.0;
		double		mean = 0.0;

		b->day[d] = 1.0;
		for (int s = 0; s < b->series; s++)
		{
			n += b->cut[s * b->days + d];
			mean += ordinary_on(b, s, d);
		}
		b->day[d] = (n + DAY_PRIOR) / (mean + DAY_PRIOR);
	}
	memset(b->category_cut, 0, sizeof(double) * b->categories * b->days);
	memset(b->category_expected, 0, sizeof(double) * b->categories * b->days);
	for (int s = 0; s < b->series; s++)
	{
		double	   *cut = b->category_cut + (s % b->categories) * b->days;
		double	   *expected = b->category_expected + (s % b->categories) * b->days;

		for (int d = 0; d < b->days; d++)
		{
			cut[d] += b->cut[s * b->days + d];
			expected[d] += ordinary_on(b, s, d);
		}
	}
	for (int s = 0; s < b->series; s++)
	{
		const double *cut = b->category_cut + (s % b->categories) * b->days;
		const double *expected = b->category_expected + (s % b->categories) * b->days;

		for (int d = 0; d < b->days; d++)
			b->elsewhere[s * b->days + d] = (cut[d] - b->cut[s * b->days + d] + CATEGORY_DAY_PRIOR) /
				(expected[d] - ordinary_on(b, s, d) + CATEGORY_DAY_PRIOR);
	}
}

/* Cases of the past that are the unit's own, and what part of its level rests on them. */
static double
unit_own(const Baseline *b, int u, double *part)
{
	double		shape = u < b->series ? b->shape[u] : b->category_shape[u - b->series];
	double		own = shape - (u < b->series ? b->level_prior : NEW_PRIOR);

	*part = own / shape;
	return own;
}

/*
 * What part of the variance of a sum of the past over w days the fit has taken away, having followed that past itself: a
 * degree of freedom for the level and one for each class but one, as far as they are the unit's own.
 */
static double
unit_leverage(const Baseline *b, int u, int w)
{
	double		part;
	double		own = unit_own(b, u, &part) / b->classes_seen;
	double		classes = own / (own + SERIES_CLASS_PRIOR) * (b->classes_seen - 1);

	return Min(0.5, (part * w + classes * Max(0.0, 1.0 - (w - 1) / 6.0)) / b->past);
}

/*
 * The dispersion of the sum of w days to come that comes from not knowing the unit's level and factors any better: what it
 * takes from the category is no surer than the category's own.
 */
static double
unit_uncertainty(const Baseline *b, int u, int w)
{
	double		part;
	double		own = unit_own(b, u, &part) / b->classes_seen;
	double		of_class = 1.0 / ((own + SERIES_CLASS_PRIOR) * w);
	double		of_category = 1.0 / b->category_shape[u % b->categories];

	if (u >= b->series)
		return of_category + of_class;
	return 1.0 / b->shape[u] + (1.0 - part) * (1.0 - part) * of_category + of_class;
}

/*
 * The dispersion of sums over each window, by category: of the units `from` up to `to`, into `dispersion`, which has a row
 * for each category.
 */
static void
fit_dispersion(Baseline *b, int from, int to, double *dispersion)
{
	double	   *spread = palloc(sizeof(double) * b->categories);
	double	   *squares = palloc(sizeof(double) * b->categories);
	double	   *noise = palloc(sizeof(double) * b->categories);
	double	   *n = palloc(sizeof(double) * (b->past + 1));	/* sums from the first day */
	double	   *mean = palloc(sizeof(double) * (b->past + 1));
	Size		size = sizeof(double) * b->categories * b->windows;
	double	   *all = palloc0(size * 3);	/* spread, squares and noise by category and window */

	for (int u = from; u < to; u++)
	{
		n[0] = mean[0] = 0.0;
		for (int d = 0; d < b->past; d++)
		{
			n[d + 1] = n[d] + unit_cut_on(b, u, d);
			mean[d + 1] = mean[d] + baseline_expected(b, u, d);
		}
		for (int w = 1; w <= b->windows; w++)
		{
			double	   *at = all + ((u % b->categories) * b->windows + w - 1) * 3;
			double		kept = 1.0 - unit_leverage(b, u, w);

			for (int d = w; d <= b->past; d++)
			{
				double		m = mean[d] - mean[d - w];
				double		off = n[d] - n[d - w] - m;

				at[0] += off * off / kept - m;
				at[1] += m * m;
				at[2] += 2.0 * m * m + m;
			}
		}
	}
	for (int w = 0; w < b->windows; w++)
	{
		double		all_spread = 0.0;
		double		all_squares = 0.0;
		double		common;

		for (int k = 0; k < b->categories; k++)
		{
			const double *at = all + (k * b->windows + w) * 3;

			spread[k] = at[0];
			squares[k] = at[1];
			noise[k] = at[2];
			all_spread += at[0];
			all_squares += at[1];
		}
		common = all_squares > 0.0 ? Max(0.0, all_spread / all_squares) : 0.0;
		for (int k = 0; k < b->categories; k++)
		{
			/* Windows overlap, so the sums hold that much less than they seem to. */
			double		weight = sqrt(noise[k] * (w + 1)) / DISPERSION_PRIOR_SD;

			dispersion[k * b->windows + w] =
				squares[k] + weight > 0.0 ? Max(0.0, (spread[k] + weight * common) / (squares[k] + weight)) : common;
		}
	}
	pfree(spread);
	pfree(squares);
	pfree(noise);
	pfree(n);
	pfree(mean);
	pfree(all);
}

double
baseline_dispersion(const Baseline *b, int u, int w)
{
	int			row = u % b->categories + (u < b->series ? 0 : b->categories);

	return b->dispersion[row * b->windows + w - 1] + unit_uncertainty(b, u, w);
}

/* The greatest count up to n that is credible where so much is expected. */
static double
credible_count(double n, double mean, double dispersion)
{
	double		low = Max(1.0, floor(mean));

	if (n <= low || tail_negative_binomial(n, mean, dispersion) >= CUT_TAIL)
		return n;
	while (n - low > 1.0)
	{
		double		middle = floor((low + n) / 2.0);

		if (tail_negative_binomial(middle, mean, dispersion) < CUT_TAIL)
			n = middle;
		else
			low = middle;
	}
	return low;
}

/* Cut the counts of the past to what the fit finds credible. */
static void
cut_outbreaks(Baseline *b)
{
	for (int s = 0; s < b->series; s++)
	{
		double		dispersion = baseline_dispersion(b, s, 1);

		for (int d = 0; d < b->past; d++)
			b->cut[s * b->days + d] = credible_count(b->counts[s * b->days + d], expected_on(b, s, d), dispersion);
	}
}

/* The memory of a baseline whose numbers of towns, categories, days, windows and classes are known; counts are zero. */
void
baseline_make(Baseline *b)
{
	Size		all = sizeof(double) * b->series * b->days;
	Size		category = sizeof(double) * b->categories * b->days;

	b->counts = palloc_extended(all, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	b->cut = palloc_extended(all, MCXT_ALLOC_HUGE);
	b->elsewhere = palloc_extended(all, MCXT_ALLOC_HUGE);
	b->level = palloc(sizeof(double) * b->series);
	b->shape = palloc(sizeof(double) * b->series);
	b->category_shape = palloc(sizeof(double) * b->categories);
	b->factor = palloc(sizeof(double) * b->series * b->classes);
	b->day = palloc(sizeof(double) * b->days);
	b->category_cut = palloc_extended(category, MCXT_ALLOC_HUGE);
	b->category_expected = palloc_extended(category, MCXT_ALLOC_HUGE);
	b->dispersion = palloc(sizeof(double) * b->categories * b->windows * 2);
	for (int d = 0; d < b->past; d++)
		b->class_days[b->class[d]]++;
	for (int c = 0; c < b->classes; c++)
		b->classes_seen += b->class_days[c] > 0;
}

void
baseline_fit(Baseline *b)
{
	double		district[BASELINE_MAX_CLASSES];

	for (int d = 0; d < b->days; d++)
		b->day[d] = 1.0;
	for (int i = 0; i < b->series * b->days; i++)
		b->elsewhere[i] = 1.0;
	memcpy(b->cut, b->counts, sizeof(double) * b->series * b->days);
	for (int pass = 0; pass < PASSES; pass++)
	{
		CHECK_FOR_INTERRUPTS();
		fit_district_classes(b, district);
		fit_levels(b, district);
		fit_days(b);
		fit_dispersion(b, 0, b->series, b->dispersion);
		fit_dispersion(b, b->series, b->series + b->categories, b->dispersion + b->categories * b->windows);
		if (pass + 1 < PASSES)
			cut_outbreaks(b);
	}
}
