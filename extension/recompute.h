/*
 * recompute.h: what a change of rules does to the tickets that are open.
 */
#ifndef LISKEBAN_RECOMPUTE_H
#define LISKEBAN_RECOMPUTE_H

#include "postgres.h"

/* What a category's row was before the change that is being worked out; NULL when this category did not change. */
typedef struct CategoryBefore
{
	char	   *code;
	char	   *domain;
	bool		on_site;
} CategoryBefore;

extern const CategoryBefore *recompute_category_before(Datum category);

#endif							/* LISKEBAN_RECOMPUTE_H */
