/*
 * area_rows.h: areas as they are read from the registry, with their outlines, and the few of them around a point.
 */
#ifndef LISKEBAN_AREA_ROWS_H
#define LISKEBAN_AREA_ROWS_H

#include "postgres.h"
#include "utils/timestamp.h"

#include "area_code.h"
#include "area_shape.h"

typedef struct AreaRow
{
	AreaCode	code;
	TimestampTz valid_from;
	TimestampTz valid_to;		/* infinity when it is NULL */
	bool		dedicated;
	bool		has_shape;
	Shape		shape;
} AreaRow;

/* In the order of their codes. */
typedef struct AreaRows
{
	AreaRow    *rows;
	int			nrows;
	ShapePool	pool;
} AreaRows;

#define AREA_ROWS_SQL "SELECT code, kind OPERATOR(pg_catalog.=) 'dedicated', valid_from, valid_to, geom FROM liskeban.area"

/* Read what a statement that begins with AREA_ROWS_SQL and orders by code left in SPI_tuptable, into cxt. */
extern void area_rows_read(AreaRows *areas, MemoryContext cxt);

static inline bool
area_valid_at(const AreaRow *row, TimestampTz at)
{
	return row->valid_from <= at && at < row->valid_to;
}

/* For qsort_arg over places in rows (arg), best first: the deeper level, dedicated before plain, the smaller code. */
extern int	area_better(const void *a, const void *b, void *arg);

/* The degrees that are at least so many metres at that latitude. */
extern void area_reach(double y, double metres, double *dx, double *dy);

/*
 * Of the areas in force within reach metres the deepest level's nearest, or -1; of two equally near, to a thousandth of
 * a millimetre, the smaller code.
 */
extern int32 area_rows_near(const AreaRows *areas, TimestampTz now, double x, double y, double reach);

/*
 * Ask the table itself, by its spatial index, for the best area in force that covers the point, or else, within reach
 * metres (0: none), the nearest: what the index in memory answers, for a backend that asks only a few times.  False
 * when there is none.
 */
extern bool area_probe(TimestampTz now, double x, double y, double reach, AreaCode *code, bool *covers);

#endif							/* LISKEBAN_AREA_ROWS_H */
