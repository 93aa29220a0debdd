/*
 * area_rows.c: areas as they are read from the registry, with their outlines, and the few of them around a point.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "area_rows.h"
#include "liskeban.h"
#include "postgis.h"
#include "query.h"
#include "registry_cache.h"

/* Metres by which rounding may make equal distances differ. */
#define SNAP_TIE 1e-6

void
area_rows_read(AreaRows *areas, MemoryContext cxt)
{
	MemoryContext row_cxt = AllocSetContextCreate(CurrentMemoryContext, "liskeban area", ALLOCSET_DEFAULT_SIZES);

	areas->nrows = (int) SPI_processed;
	areas->rows = MemoryContextAllocHuge(cxt, Max(areas->nrows, 1) * sizeof(AreaRow));
	shape_pool_init(&areas->pool, cxt);
	for (int i = 0; i < areas->nrows; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		AreaRow    *row = &areas->rows[i];
		bool		isnull;
		Datum		geom;

		row->code = DatumGetAreaCode(SPI_getbinval(tuple, desc, 1, &isnull));
		row->dedicated = DatumGetBool(SPI_getbinval(tuple, desc, 2, &isnull));
		row->valid_from = DatumGetTimestampTz(SPI_getbinval(tuple, desc, 3, &isnull));
		row->valid_to = DatumGetTimestampTz(SPI_getbinval(tuple, desc, 4, &isnull));
		if (isnull)
			row->valid_to = DT_NOEND;
		geom = SPI_getbinval(tuple, desc, 5, &isnull);
		row->has_shape = false;
		if (!isnull)
		{
			MemoryContext old = MemoryContextSwitchTo(row_cxt);

			row->has_shape = shape_add(&areas->pool, geom, &row->shape);
			MemoryContextSwitchTo(old);
			MemoryContextReset(row_cxt);
		}
	}
	MemoryContextDelete(row_cxt);
}

int
area_better(const void *a, const void *b, void *arg)
{
	const AreaRow *rows = (const AreaRow *) arg;
	const AreaRow *x = &rows[*(const int32 *) a];
	const AreaRow *y = &rows[*(const int32 *) b];

	if (area_code_level(x->code) != area_code_level(y->code))
		return area_code_level(x->code) > area_code_level(y->code) ? -1 : 1;
	if (x->dedicated != y->dedicated)
		return x->dedicated ? -1 : 1;
	return x->code < y->code ? -1 : x->code > y->code ? 1 : 0;
}

void
area_reach(double y, double metres, double *dx, double *dy)
{
	*dy = metres / 110000.0;	/* a degree of latitude is never less */
	*dx = *dy / Max(cos((fabs(y) + *dy) * M_PI / 180.0), 1e-6);
}

int32
area_rows_near(const AreaRows *areas, TimestampTz now, double x, double y, double reach)
{
	double		best = 0;
	int			deepest = -1;
	int32		found = -1;
	double		dx,
				dy;

	area_reach(y, reach, &dx, &dy);
	for (int32 i = 0; i < areas->nrows; i++)
	{
		const AreaRow *row = &areas->rows[i];
		const Shape *shape = &row->shape;
		double		d;

		if (!row->has_shape || (int) area_code_level(row->code) < deepest || !area_valid_at(row, now) ||
			x < shape->xmin - dx || x > shape->xmax + dx || y < shape->ymin - dy || y > shape->ymax + dy)
			continue;
		d = shape_distance(&areas->pool, shape, x, y, dx, dy);
		if (d <= reach && ((int) area_code_level(row->code) > deepest || d < best - SNAP_TIE))
		{
			best = d;
			deepest = area_code_level(row->code);
			found = i;
		}
	}
	return found;
}

/* The areas whose bounds come within dx and dy degrees of the point; SPI is connected. */
static void
read_around(AreaRows *areas, MemoryContext cxt, double x, double y, double dx, double dy)
{
	static SPIPlanPtr plan = NULL;
	static Oid	plan_schema = InvalidOid;
	Oid			argtypes[4] = {FLOAT8OID, FLOAT8OID, FLOAT8OID, FLOAT8OID};
	Datum		values[4] = {Float8GetDatum(x - dx), Float8GetDatum(y - dy), Float8GetDatum(x + dx), Float8GetDatum(y + dy)};
	Oid			schema = extension_schema("postgis");

	if (plan != NULL && plan_schema != schema)
	{
		SPI_freeplan(plan);
		plan = NULL;
	}
	if (plan == NULL || !SPI_plan_is_valid(plan))
	{
		const char *name = quote_identifier(get_namespace_name(schema));

		query_plan(&plan, psprintf(AREA_ROWS_SQL " WHERE geom OPERATOR(%s.&&) %s.st_makeenvelope($1, $2, $3, $4, %d)"
								   " ORDER BY code", name, name, LISKEBAN_SRID), 4, argtypes);
		plan_schema = schema;
	}
	if (SPI_execute_plan(plan, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.area");
	area_rows_read(areas, cxt);
}

bool
area_probe(TimestampTz now, double x, double y, double reach, AreaCode *code, bool *covers)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "liskeban areas around a point", ALLOCSET_DEFAULT_SIZES);
	RegistryScope scope;
	AreaRows	areas;
	int32		found = -1;
	double		dx,
				dy;

	area_reach(y, reach, &dx, &dy);
	registry_begin(&scope, platform_relid("area"));
	read_around(&areas, cxt, x, y, dx, dy);
	registry_end(&scope);

	for (int32 i = 0; i < areas.nrows; i++)
	{
		const AreaRow *row = &areas.rows[i];

		if (row->has_shape && area_valid_at(row, now) && shape_covers(&areas.pool, &row->shape, x, y) &&
			(found < 0 || area_better(&i, &found, areas.rows) < 0))
			found = i;
	}
	*covers = found >= 0;
	if (found < 0 && reach > 0)
		found = area_rows_near(&areas, now, x, y, reach);
	if (found >= 0)
		*code = areas.rows[found].code;
	MemoryContextDelete(cxt);
	return found >= 0;
}
