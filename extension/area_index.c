/*
 * area_index.c: which area a point lies in: locate(), place() and what the guard asks.
 *
 * The registry's cache holds every area with its outline.  Over those in force stands a grid: a cell that one area
 * covers wholly answers at once, the others name the areas whose boundary crosses them, which are tested exactly, best
 * first.  The grid is made at the first question, and anew when an area changed (with the cache) or when the clock has
 * left the span between two beginnings or ends of validity; all of it lives in the cache's context.  The first few
 * questions of a backend are put to the table itself (area_probe), for a connection may bring one ticket and go.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "area_code.h"
#include "area_index.h"
#include "area_rows.h"
#include "enum_label.h"
#include "liskeban.h"
#include "postgis.h"
#include "registry_cache.h"

#define CELLS_PER_AREA 16
#define MIN_CELLS 1024
#define MAX_CELLS 131072

/* So many questions of a backend go to the table itself: reading every area would take longer. */
#define MAX_PROBES 4

/* The areas in force, over a grid of ncols by nrows cells. */
typedef struct AreaGrid
{
	TimestampTz since;			/* no area begins or ends after since, */
	TimestampTz until;			/* up to and before until */
	int			ncols;
	int			nrows;
	double		xmin;
	double		ymin;
	double		xmax;
	double		ymax;
	double		cols_per_degree;
	double		rows_per_degree;
	int			deepest;		/* level; -1 when nothing is in force */
	int32	   *full;			/* by cell: the best area that covers it wholly, or -1 */
	uint32	   *start;			/* by cell: first of its candidates, all better than the full one */
	int32	   *candidates;		/* best first */
} AreaGrid;

/* What the cache holds. */
typedef struct AreaSet
{
	MemoryContext cxt;
	MemoryContext grid_cxt;
	AreaRows	areas;
	AreaGrid   *grid;
} AreaSet;

/* A candidate of a cell, while the grid is made. */
typedef struct CellLink
{
	int32		area;
	int32		next;
} CellLink;

static void *area_load(MemoryContext cxt);

static int	probes = 0;

static RegistryCache area_cache = {.name = "liskeban areas", .tables = {"area", NULL}, .load = area_load};

static EnumLabels placement_enum = {
	.type = "placement",
	.labels = {"inside", "snapped", "outside", "unknown"}
};

PG_FUNCTION_INFO_V1(area_locate_sql);
PG_FUNCTION_INFO_V1(area_place_sql);

static void *
area_load(MemoryContext cxt)
{
	AreaSet    *set = MemoryContextAllocZero(cxt, sizeof(AreaSet));

	registry_query(AREA_ROWS_SQL " ORDER BY code");
	set->cxt = cxt;
	area_rows_read(&set->areas, cxt);
	shape_pool_trim(&set->areas.pool);
	return set;
}

static inline int
grid_col(const AreaGrid *grid, double x)
{
	double		col = (x - grid->xmin) * grid->cols_per_degree;

	return col <= 0 ? 0 : col >= grid->ncols ? grid->ncols - 1 : (int) col;
}

static inline int
grid_row(const AreaGrid *grid, double y)
{
	double		row = (y - grid->ymin) * grid->rows_per_degree;

	return row <= 0 ? 0 : row >= grid->nrows ? grid->nrows - 1 : (int) row;
}

/* How many cells, and how they lie over the areas in force. */
static void
grid_lay_out(AreaGrid *grid, int nareas)
{
	double		width = grid->xmax - grid->xmin;
	double		height = grid->ymax - grid->ymin;
	double		cells = Max(MIN_CELLS, Min(MAX_CELLS, (double) nareas * CELLS_PER_AREA));
	double		cols = width > 0 && height > 0 ? sqrt(cells * width / height) : sqrt(cells);

	grid->ncols = (int) Max(1, Min(cells, cols));
	grid->nrows = (int) Max(1, cells / grid->ncols);
	grid->cols_per_degree = width > 0 ? grid->ncols / width : 0;
	grid->rows_per_degree = height > 0 ? grid->nrows / height : 0;
	if (!isfinite(grid->cols_per_degree))
		grid->cols_per_degree = 0;
	if (!isfinite(grid->rows_per_degree))
		grid->rows_per_degree = 0;
}

/*
 * Mark the cells that an edge may come near.  A cell is left out only where all of it lies clearly on one side of the
 * edge's line, by more than what rounding could turn.
 */
static void
grid_mark_edge(const AreaGrid *grid, const double *edge, int32 area, int32 *mark)
{
	double		x1 = edge[0],
				y1 = edge[1],
				dx = edge[2] - edge[0],
				dy = edge[3] - edge[1];
	double		w = grid->cols_per_degree > 0 ? 1 / grid->cols_per_degree : grid->xmax - grid->xmin;
	double		h = grid->rows_per_degree > 0 ? 1 / grid->rows_per_degree : grid->ymax - grid->ymin;
	int			c1 = grid_col(grid, Min(edge[0], edge[2])),
				c2 = grid_col(grid, Max(edge[0], edge[2])),
				r1 = grid_row(grid, Min(edge[1], edge[3])),
				r2 = grid_row(grid, Max(edge[1], edge[3]));

	for (int r = r1; r <= r2; r++)
		for (int c = c1; c <= c2; c++)
		{
			if (r2 > r1 && c2 > c1)
			{
				/* Side of the cell's middle, against the most that half a cell can change it. */
				double		px = grid->xmin + (c + 0.5) * w - x1;
				double		py = grid->ymin + (r + 0.5) * h - y1;
				double		side = dx * py - px * dy;
				double		reach = (fabs(dx) * h + fabs(dy) * w) * 0.5;
				double		margin = 1e-9 * reach + 1e-12 * (fabs(dx * py) + fabs(px * dy));

				if (fabs(side) > reach + margin)
					continue;
			}
			mark[r * grid->ncols + c] = area;
		}
}

/* Sort the cells that an area touches into those it covers wholly and those its boundary crosses. */
static void
grid_add_area(AreaGrid *grid, const AreaSet *set, int32 area, int32 *mark, int32 *last, CellLink **links,
			  Size *nlinks, Size *links_size)
{
	const AreaRow *row = &set->areas.rows[area];
	const Shape *shape = &row->shape;
	double		w = (grid->xmax - grid->xmin) / grid->ncols;
	double		h = (grid->ymax - grid->ymin) / grid->nrows;
	int			c1 = grid_col(grid, shape->xmin),
				c2 = grid_col(grid, shape->xmax),
				r1 = grid_row(grid, shape->ymin),
				r2 = grid_row(grid, shape->ymax);

	for (uint32 r = shape->ring; r < shape->ring + shape->nrings; r++)
	{
		const ShapeRing *ring = &set->areas.pool.rings[r];
		const double *xy = set->areas.pool.xy + 2 * (Size) ring->first;

		for (uint32 i = 0; i < ring->nedges; i++)
			grid_mark_edge(grid, xy + 2 * i, area, mark);
	}

	for (int r = r1; r <= r2; r++)
	{
		bool		known = false;	/* no boundary since the cell that was tested */
		bool		inside = false;

		for (int c = c1; c <= c2; c++)
		{
			int			cell = r * grid->ncols + c;

			if (mark[cell] == area)
			{
				known = false;
				if (grid->full[cell] >= 0)
					continue;
				if (*nlinks == *links_size)
				{
					*links_size *= 2;
					*links = repalloc_huge(*links, *links_size * sizeof(CellLink));
				}
				(*links)[*nlinks].area = area;
				(*links)[*nlinks].next = last[cell];
				last[cell] = (int32) (*nlinks)++;
				grid->start[cell]++;
				continue;
			}
			if (!known)
			{
				inside = shape_covers(&set->areas.pool, shape, grid->xmin + (c + 0.5) * w, grid->ymin + (r + 0.5) * h);
				known = true;
			}
			if (inside && grid->full[cell] < 0)
				grid->full[cell] = area;
		}
	}
}

/* Make the grid over what is in force at that time. */
static AreaGrid *
grid_build(const AreaSet *set, TimestampTz at)
{
	AreaGrid   *grid = palloc0(sizeof(AreaGrid));
	int32	   *order = palloc(Max(set->areas.nrows, 1) * sizeof(int32));
	int			norder = 0;
	int			ncells;
	int32	   *mark;
	int32	   *last;
	CellLink   *links;
	Size		nlinks = 0;
	Size		links_size = 1024;
	uint32		end = 0;

	grid->since = DT_NOBEGIN;
	grid->until = DT_NOEND;
	grid->deepest = -1;
	grid->xmin = grid->ymin = INFINITY;
	grid->xmax = grid->ymax = -INFINITY;
	for (int i = 0; i < set->areas.nrows; i++)
	{
		const AreaRow *row = &set->areas.rows[i];

		if (!row->has_shape)
			continue;
		if (row->valid_from <= at)
			grid->since = Max(grid->since, row->valid_from);
		else
			grid->until = Min(grid->until, row->valid_from);
		if (row->valid_to <= at)
			grid->since = Max(grid->since, row->valid_to);
		else
			grid->until = Min(grid->until, row->valid_to);
		if (!area_valid_at(row, at))
			continue;
		order[norder++] = i;
		grid->deepest = Max(grid->deepest, (int) area_code_level(row->code));
		grid->xmin = Min(grid->xmin, row->shape.xmin);
		grid->ymin = Min(grid->ymin, row->shape.ymin);
		grid->xmax = Max(grid->xmax, row->shape.xmax);
		grid->ymax = Max(grid->ymax, row->shape.ymax);
	}
	if (norder == 0)
		return grid;
	qsort_arg(order, norder, sizeof(int32), area_better, set->areas.rows);

	grid_lay_out(grid, norder);
	ncells = grid->ncols * grid->nrows;
	grid->full = palloc(ncells * sizeof(int32));
	grid->start = palloc0((ncells + 1) * sizeof(uint32));
	mark = palloc(ncells * sizeof(int32));
	last = palloc(ncells * sizeof(int32));
	memset(grid->full, -1, ncells * sizeof(int32));
	memset(mark, -1, ncells * sizeof(int32));
	memset(last, -1, ncells * sizeof(int32));
	links = MemoryContextAllocHuge(CurrentMemoryContext, links_size * sizeof(CellLink));
	for (int i = 0; i < norder; i++)
		grid_add_area(grid, set, order[i], mark, last, &links, &nlinks, &links_size);

	/* The links run from the worst to the best: fill each cell's stretch from its end. */
	grid->candidates = MemoryContextAllocHuge(CurrentMemoryContext, Max(nlinks, 1) * sizeof(int32));
	for (int cell = 0; cell < ncells; cell++)
	{
		uint32		pos;

		end += grid->start[cell];
		grid->start[cell] = end - grid->start[cell];
		pos = end;
		for (int32 link = last[cell]; link >= 0; link = links[link].next)
			grid->candidates[--pos] = links[link].area;
	}
	grid->start[ncells] = end;
	pfree(links);
	pfree(last);
	pfree(mark);
	pfree(order);
	return grid;
}

/* The areas, with a grid that holds now. */
static AreaSet *
area_set(TimestampTz now)
{
	AreaSet    *set = (AreaSet *) registry_get(&area_cache);

	if (set->grid == NULL || now < set->grid->since || now >= set->grid->until)
	{
		MemoryContext old;

		set->grid = NULL;
		if (set->grid_cxt)
			MemoryContextDelete(set->grid_cxt);
		set->grid_cxt = AllocSetContextCreate(set->cxt, "liskeban area grid", ALLOCSET_DEFAULT_SIZES);
		old = MemoryContextSwitchTo(set->grid_cxt);
		set->grid = grid_build(set, now);
		MemoryContextSwitchTo(old);
	}
	return set;
}

/* The best area in force that covers the point, or -1. */
static int32
area_find(const AreaSet *set, double x, double y)
{
	const AreaGrid *grid = set->grid;
	int			cell;

	if (grid->deepest < 0 || !(x >= grid->xmin && x <= grid->xmax && y >= grid->ymin && y <= grid->ymax))
		return -1;
	cell = grid_row(grid, y) * grid->ncols + grid_col(grid, x);
	for (uint32 k = grid->start[cell]; k < grid->start[cell + 1]; k++)
		if (shape_covers(&set->areas.pool, &set->areas.rows[grid->candidates[k]].shape, x, y))
			return grid->candidates[k];
	return grid->full[cell];
}

/* Does the point lie within so many metres of the bounds of what is in force? */
static bool
grid_near(const AreaGrid *grid, double x, double y, double reach)
{
	double		dx,
				dy;

	area_reach(y, reach, &dx, &dy);
	return grid->deepest >= 0 && reach > 0 &&
		x >= grid->xmin - dx && x <= grid->xmax + dx && y >= grid->ymin - dy && y <= grid->ymax + dy;
}

/* Is the index there, or is it worth making? */
static bool
area_ask_index(void)
{
	return registry_is_loaded(&area_cache) || probes++ >= MAX_PROBES;
}

/* Coordinates of a Point in CGCS2000; 22023 for anything else, false for one without a usable position. */
static bool
area_read_point(Datum geom, double *x, double *y)
{
	int32		srid;
	bool		empty = true;

	if (!postgis_point(geom, &srid, x, y, &empty))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("geometry is not a Point")));
	if (srid != LISKEBAN_SRID)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("SRID of the geometry is %d, not %d", srid, LISKEBAN_SRID),
				 errhint("Convert the position with %s.", "liskeban.to_cgcs2000(geometry, datum)")));
	return !empty && fabs(*x) <= 180 && fabs(*y) <= 90;
}

Placement
area_place(Datum geom, bool isnull, AreaCode *area)
{
	TimestampTz now = liskeban_now();
	AreaSet    *set;
	double		x,
				y;
	int32		found;
	Placement	placement = PLACEMENT_INSIDE;

	if (isnull || !area_read_point(geom, &x, &y))
		return PLACEMENT_UNKNOWN;
	if (!area_ask_index())
	{
		bool		covers;

		if (!area_probe(now, x, y, platform_get()->snap_distance, area, &covers))
			return PLACEMENT_OUTSIDE;
		return covers ? PLACEMENT_INSIDE : PLACEMENT_SNAPPED;
	}
	set = area_set(now);
	found = area_find(set, x, y);
	if (found < 0)
	{
		double		reach = platform_get()->snap_distance;

		/* The platform's row may have been read just now, and the areas with it. */
		set = area_set(now);
		found = grid_near(set->grid, x, y, reach) ? area_rows_near(&set->areas, now, x, y, reach) : -1;
		placement = PLACEMENT_SNAPPED;
	}
	if (found < 0)
		return PLACEMENT_OUTSIDE;
	*area = set->areas.rows[found].code;
	return placement;
}

bool
area_point_distance(Datum a, Datum b, double *metres)
{
	double		x1,
				y1,
				x2,
				y2;

	if (!area_read_point(a, &x1, &y1) || !area_read_point(b, &x2, &y2))
		return false;
	*metres = ellipsoid_distance(x1, y1, x2, y2);
	return true;
}

bool
area_in_force(AreaCode code)
{
	AreaSet    *set = (AreaSet *) registry_get(&area_cache);
	int			lo = 0;
	int			hi = set->areas.nrows;

	while (lo < hi)
	{
		int			mid = lo + (hi - lo) / 2;

		if (set->areas.rows[mid].code < code)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < set->areas.nrows && set->areas.rows[lo].code == code && area_valid_at(&set->areas.rows[lo], liskeban_now());
}

void
area_check_in_force(AreaCode code)
{
	if (!area_in_force(code))
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("area \"%s\" is not registered, or no longer in force", area_code_to_cstring(code)),
				 errhint("See liskeban.area.")));
}

/* locate(geometry) */
Datum
area_locate_sql(PG_FUNCTION_ARGS)
{
	TimestampTz now = liskeban_now();
	AreaSet    *set;
	AreaCode	code;
	bool		covers;
	double		x,
				y;
	int32		found;

	if (!area_read_point(PG_GETARG_DATUM(0), &x, &y))
		PG_RETURN_NULL();
	if (!area_ask_index())
	{
		if (!area_probe(now, x, y, 0, &code, &covers))
			PG_RETURN_NULL();
		PG_RETURN_AREA_CODE(code);
	}
	set = area_set(now);
	found = area_find(set, x, y);
	if (found < 0)
		PG_RETURN_NULL();
	PG_RETURN_AREA_CODE(set->areas.rows[found].code);
}

/* place(geometry, OUT area, OUT placement) */
Datum
area_place_sql(PG_FUNCTION_ARGS)
{
	TupleDesc	desc;
	AreaCode	area;
	Placement	placement = area_place(PG_ARGISNULL(0) ? (Datum) 0 : PG_GETARG_DATUM(0), PG_ARGISNULL(0), &area);
	Datum		values[2];
	bool		nulls[2] = {false, false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	nulls[0] = placement != PLACEMENT_INSIDE && placement != PLACEMENT_SNAPPED;
	values[0] = nulls[0] ? (Datum) 0 : AreaCodeGetDatum(area);
	values[1] = enum_label_datum(&placement_enum, placement);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
