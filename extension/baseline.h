/*
 * baseline.h: what a day's counts should have been, town by town and category by category.
 */
#ifndef LISKEBAN_BASELINE_H
#define LISKEBAN_BASELINE_H

#include "postgres.h"

#define BASELINE_MAX_CLASSES 32
#define BASELINE_MAX_WINDOW 31
#define BASELINE_MAX_SERIES 100000

/*
 * A unit is a series, numbered by town and then by category, or, after those, a category in all towns together.  The caller
 * fills what stands before `level`; baseline_make() brings the memory, baseline_fit() the rest.
 */
typedef struct Baseline
{
	int			towns;
	int			categories;
	int			series;			/* towns * categories, by town */
	int			days;			/* the last one is today */
	int			past;			/* days of the baseline, from the first */
	int			windows;
	int			classes;
	int		   *class;			/* of each day, from 0 */
	int			class_days[BASELINE_MAX_CLASSES];	/* days of the past of each class */
	int			classes_seen;	/* classes that the past has */
	double		level_prior;	/* cases that the prior of each level is worth */

	double	   *counts;			/* series x days */
	double	   *cut;			/* the same, the past cut to what is credible */
	double	   *level;			/* of each series: cases on a day of factor 1 */
	double	   *shape;			/* cases that the level rests on, the prior's among them */
	double	   *category_shape; /* the same of each category in all towns */
	double	   *factor;			/* series x classes */
	double	   *day;			/* common factor of each day */
	double	   *elsewhere;		/* series x days: factor of the day for the category in the other towns */
	double	   *category_cut;	/* categories x days: cases in all towns, the past cut */
	double	   *category_expected;
	double	   *dispersion;		/* categories x windows, of their towns; then the same of the categories' sums */
} Baseline;

extern void baseline_make(Baseline *b);
extern void baseline_fit(Baseline *b);

/* What the unit should have on the day (from 0); what it had; the dispersion of its sum over the last w days. */
extern double baseline_expected(const Baseline *b, int u, int d);
extern double baseline_count(const Baseline *b, int u, int d);
extern double baseline_dispersion(const Baseline *b, int u, int w);

static inline int
baseline_units(const Baseline *b)
{
	return b->series + b->categories;
}

#endif							/* LISKEBAN_BASELINE_H */
