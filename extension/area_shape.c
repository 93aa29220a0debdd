/*
 * area_shape.c: outlines of areas in memory, what they cover and how far they are.
 *
 * shape_covers() answers as ST_Covers(polygon, point) of PostGIS does, boundary included: the winding number of each
 * ring, and the same doubles in the same order, so that no rounding tells the two apart.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "area_shape.h"
#include "compat.h"
#include "postgis.h"

#define EDGES_PER_SLAB 8
#define MAX_SLABS 4096

/* The ellipsoid of CGCS2000. */
#define ELLIPSOID_A 6378137.0
#define ELLIPSOID_F (1.0 / 298.257222101)
#define ELLIPSOID_E2 (ELLIPSOID_F * (2.0 - ELLIPSOID_F))
#define RADIANS (M_PI / 180.0)

/* Make room for n more elements in a pool's array. */
#define POOL_RESERVE(pool, array, count, size, n) \
	do { \
		if ((pool)->count + (n) > (pool)->size) \
		{ \
			(pool)->size = Max((pool)->count + (n), (pool)->size + (pool)->size / 2); \
			(pool)->array = repalloc_huge((pool)->array, (pool)->size * sizeof(*(pool)->array)); \
		} \
	} while (0)

#define POOL_TRIM(pool, array, count) \
	((pool)->array = repalloc_huge((pool)->array, Max((pool)->count, 1) * sizeof(*(pool)->array)))

void
shape_pool_init(ShapePool *pool, MemoryContext cxt)
{
	memset(pool, 0, sizeof(ShapePool));
	pool->cxt = cxt;
	pool->xy_size = pool->slabs_size = pool->entries_size = 256;
	pool->rings_size = 16;
	pool->xy = MemoryContextAllocHuge(cxt, pool->xy_size * sizeof(double));
	pool->rings = MemoryContextAllocHuge(cxt, pool->rings_size * sizeof(ShapeRing));
	pool->slabs = MemoryContextAllocHuge(cxt, pool->slabs_size * sizeof(uint32));
	pool->entries = MemoryContextAllocHuge(cxt, pool->entries_size * sizeof(uint16));
}

/* Give back what growth reserved beyond need. */
void
shape_pool_trim(ShapePool *pool)
{
	POOL_TRIM(pool, xy, nxy);
	POOL_TRIM(pool, rings, nrings);
	POOL_TRIM(pool, slabs, nslabs);
	POOL_TRIM(pool, entries, nentries);
}

/* The slab of a height within the ring's; monotone, so an edge reaches every slab between those of its ends. */
static inline uint32
ring_slab(const ShapeRing *ring, double y)
{
	double		slab = (y - ring->ymin) * ring->slabs_per_degree;

	return slab <= 0 ? 0 : slab >= ring->nslabs ? ring->nslabs - 1U : (uint32) slab;
}

/* The slabs that the edges of one entry reach into. */
static void
ring_entry_slabs(const ShapeRing *ring, const double *xy, uint32 entry, uint32 *lo, uint32 *hi)
{
	uint32		from = entry << ring->shift;
	uint32		to = Min(from + (1U << ring->shift), ring->nedges);
	double		ymin = xy[2 * from + 1];
	double		ymax = ymin;

	for (uint32 i = from + 1; i <= to; i++)
	{
		ymin = Min(ymin, xy[2 * i + 1]);
		ymax = Max(ymax, xy[2 * i + 1]);
	}
	*lo = ring_slab(ring, ymin);
	*hi = ring_slab(ring, ymax);
}

/* Sort the edges of a ring into its slabs: count, sum, fill. */
static void
ring_build_slabs(ShapePool *pool, ShapeRing *ring)
{
	const double *xy = pool->xy + 2 * (Size) ring->first;
	uint32		nentries;
	uint32		lo,
				hi;
	uint32	   *slabs;
	Size		total = 0;

	while ((ring->nedges >> ring->shift) > PG_UINT16_MAX)
		ring->shift++;
	nentries = (ring->nedges + (1U << ring->shift) - 1) >> ring->shift;
	ring->nslabs = (uint16) Max(1U, Min(ring->nedges / EDGES_PER_SLAB, (uint32) MAX_SLABS));
	ring->slabs_per_degree = ring->ymax > ring->ymin ? ring->nslabs / (ring->ymax - ring->ymin) : 0;
	if (!isfinite(ring->slabs_per_degree))
		ring->slabs_per_degree = 0;

	POOL_RESERVE(pool, slabs, nslabs, slabs_size, ring->nslabs + 1);
	ring->slab = (uint32) pool->nslabs;
	pool->nslabs += ring->nslabs + 1;
	slabs = pool->slabs + ring->slab;
	memset(slabs, 0, (ring->nslabs + 1) * sizeof(uint32));
	for (uint32 e = 0; e < nentries; e++)
	{
		ring_entry_slabs(ring, xy, e, &lo, &hi);
		for (uint32 s = lo; s <= hi; s++)
			slabs[s]++;
		total += hi - lo + 1;
	}
	POOL_RESERVE(pool, entries, nentries, entries_size, total);
	if (pool->nentries + total > PG_UINT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("outlines of areas have too many vertices")));

	/* After the fill each offset has moved to the end of its slab, which is the start of the next. */
	lo = (uint32) pool->nentries;
	for (uint32 s = 0; s <= ring->nslabs; s++)
	{
		uint32		count = slabs[s];

		slabs[s] = lo;
		lo += count;
	}
	for (uint32 e = 0; e < nentries; e++)
	{
		uint32		from,
					to;

		ring_entry_slabs(ring, xy, e, &from, &to);
		for (uint32 s = from; s <= to; s++)
			pool->entries[slabs[s]++] = (uint16) e;
	}
	for (uint32 s = ring->nslabs; s > 0; s--)
		slabs[s] = slabs[s - 1];
	slabs[0] = (uint32) pool->nentries;
	pool->nentries += total;
}

/* Read one ring; rings of fewer than two vertices are left out. */
static void
ring_read(ShapePool *pool, EwkbReader *reader, int ndims, bool hole, Shape *shape)
{
	uint32		npoints = ewkb_uint32(reader);
	ShapeRing	ring = {0};

	if (npoints > (reader->len - reader->pos) / sizeof(double))
		elog(ERROR, "EWKB ends within a ring of %u points", npoints);
	ring.first = (uint32) (pool->nxy / 2);
	ring.hole = hole;
	POOL_RESERVE(pool, xy, nxy, xy_size, 2 * (Size) npoints);
	for (uint32 i = 0; i < npoints; i++)
	{
		double		x = ewkb_double(reader);
		double		y = ewkb_double(reader);

		for (int d = 2; d < ndims; d++)
			(void) ewkb_double(reader);
		pool->xy[pool->nxy++] = x;
		pool->xy[pool->nxy++] = y;
		ring.ymin = i == 0 ? y : Min(ring.ymin, y);
		ring.ymax = i == 0 ? y : Max(ring.ymax, y);
		shape->xmin = Min(shape->xmin, x);
		shape->xmax = Max(shape->xmax, x);
	}
	if (npoints < 2)
	{
		pool->nxy = 2 * (Size) ring.first;
		return;
	}
	shape->ymin = Min(shape->ymin, ring.ymin);
	shape->ymax = Max(shape->ymax, ring.ymax);
	ring.nedges = npoints - 1;
	ring_build_slabs(pool, &ring);
	POOL_RESERVE(pool, rings, nrings, rings_size, 1);
	pool->rings[pool->nrings++] = ring;
	shape->nrings++;
}

/* Read a Polygon or MultiPolygon into the pool; anything else, and what is empty, covers nothing. */
bool
shape_add(ShapePool *pool, Datum geom, Shape *shape)
{
	bytea	   *ewkb = postgis_as_ewkb(geom);
	EwkbReader	reader = {.data = VARDATA_ANY(ewkb), .len = VARSIZE_ANY_EXHDR(ewkb)};
	EwkbHead	head;
	uint32		npolygons = 1;
	bool		multi;

	shape->ring = (uint32) pool->nrings;
	shape->nrings = 0;
	shape->xmin = shape->ymin = INFINITY;
	shape->xmax = shape->ymax = -INFINITY;

	ewkb_head(&reader, &head);
	multi = head.type == WKB_MULTIPOLYGON;
	if (multi)
		npolygons = ewkb_uint32(&reader);
	else if (head.type != WKB_POLYGON)
		npolygons = 0;
	for (uint32 p = 0; p < npolygons; p++)
	{
		uint32		nrings;

		if (multi)
			ewkb_head(&reader, &head);
		nrings = ewkb_uint32(&reader);
		for (uint32 r = 0; r < nrings; r++)
			ring_read(pool, &reader, head.ndims, r > 0, shape);
	}
	pfree(ewkb);
	return shape->nrings > 0;
}

/* -1 outside, 0 on, 1 inside the ring, by its winding number. */
static int
ring_locate(const ShapePool *pool, const ShapeRing *ring, double px, double py)
{
	const double *xy = pool->xy + 2 * (Size) ring->first;
	const uint32 *slab;
	int			winding = 0;

	if (!(py >= ring->ymin && py <= ring->ymax))
		return -1;
	slab = pool->slabs + ring->slab + ring_slab(ring, py);
	for (uint32 k = slab[0]; k < slab[1]; k++)
	{
		uint32		from = (uint32) pool->entries[k] << ring->shift;
		uint32		to = Min(from + (1U << ring->shift), ring->nedges);

		for (uint32 i = from; i < to; i++)
		{
			double		x1 = xy[2 * i];
			double		y1 = xy[2 * i + 1];
			double		x2 = xy[2 * i + 2];
			double		y2 = xy[2 * i + 3];
			double		side;

			if ((py < y1 && py < y2) || (py > y1 && py > y2) || (x1 == x2 && y1 == y2))
				continue;
			side = (x2 - x1) * (py - y1) - (px - x1) * (y2 - y1);
			if (side == 0.0)
			{
				if (px >= Min(x1, x2) && px <= Max(x1, x2))
					return 0;
			}
			else if (side > 0.0)
			{
				if (y1 <= py && py < y2)
					winding++;
			}
			else if (y2 <= py && py < y1)
				winding--;
		}
	}
	return winding == 0 ? -1 : 1;
}

/* Does the shape cover the point, boundary included? */
bool
shape_covers(const ShapePool *pool, const Shape *shape, double x, double y)
{
	bool		inside = false; /* the polygon under way, so far */

	for (uint32 r = shape->ring; r < shape->ring + shape->nrings; r++)
	{
		const ShapeRing *ring = &pool->rings[r];
		int			where;

		if (!ring->hole)
		{
			if (inside)
				return true;
			where = ring_locate(pool, ring, x, y);
			if (where == 0)
				return true;
			inside = where > 0;
		}
		else if (inside)
		{
			where = ring_locate(pool, ring, x, y);
			if (where == 0)
				return true;
			if (where > 0)
				inside = false;
		}
	}
	return inside;
}

/* Metres north and east that a degree at that latitude (in degrees) is worth, on the ellipsoid. */
static void
ellipsoid_degree(double latitude, double *north, double *east)
{
	double		s = sin(latitude * RADIANS);
	double		w2 = 1.0 - ELLIPSOID_E2 * s * s;
	double		n = ELLIPSOID_A / sqrt(w2);

	*north = n * (1.0 - ELLIPSOID_E2) / w2 * RADIANS;
	*east = n * cos(latitude * RADIANS) * RADIANS;
}

/*
 * Metres between two positions on the ellipsoid of CGCS2000: by the radii of curvature at the middle latitude, good to
 * a millimetre over a kilometre; on the mean sphere beyond one degree, where only the order of magnitude is asked for.
 */
double
ellipsoid_distance(double x1, double y1, double x2, double y2)
{
	double		dx = fabs(x2 - x1);
	double		dy = fabs(y2 - y1);
	double		north,
				east;

	if (dx > 180)
		dx = fabs(dx - 360);
	if (dx > 1 || dy > 1)
	{
		double		sy = sin((y2 - y1) * RADIANS / 2);
		double		sx = sin((x2 - x1) * RADIANS / 2);
		double		h = sy * sy + cos(y1 * RADIANS) * cos(y2 * RADIANS) * sx * sx;

		return 2 * ELLIPSOID_A * (1 - ELLIPSOID_F / 3) * asin(Min(1.0, sqrt(h)));
	}
	ellipsoid_degree((y1 + y2) / 2, &north, &east);
	return hypot(dx * east, dy * north);
}

/*
 * Metres from the point to the nearest place on the shape's boundary (the point is not covered); of edges further away
 * than dx and dy degrees nothing is asked, so that INFINITY may come of a place beyond.
 */
double
shape_distance(const ShapePool *pool, const Shape *shape, double x, double y, double dx, double dy)
{
	double		best = INFINITY;
	double		north,
				east;

	ellipsoid_degree(y, &north, &east);
	for (uint32 r = shape->ring; r < shape->ring + shape->nrings; r++)
	{
		const ShapeRing *ring = &pool->rings[r];
		const double *xy = pool->xy + 2 * (Size) ring->first;

		for (uint32 i = 0; i < ring->nedges; i++)
		{
			double		ux,
						uy,
						vx,
						vy,
						len2,
						t,
						d;

			if (Max(xy[2 * i], xy[2 * i + 2]) < x - dx || Min(xy[2 * i], xy[2 * i + 2]) > x + dx ||
				Max(xy[2 * i + 1], xy[2 * i + 3]) < y - dy || Min(xy[2 * i + 1], xy[2 * i + 3]) > y + dy)
				continue;
			ux = (xy[2 * i + 2] - xy[2 * i]) * east;
			uy = (xy[2 * i + 3] - xy[2 * i + 1]) * north;
			vx = (x - xy[2 * i]) * east;
			vy = (y - xy[2 * i + 1]) * north;
			len2 = ux * ux + uy * uy;
			t = len2 > 0 ? (ux * vx + uy * vy) / len2 : 0;

			/* The ends exactly, so that two areas which meet in a vertex are equally far from it. */
			if (t <= 0)
				d = ellipsoid_distance(x, y, xy[2 * i], xy[2 * i + 1]);
			else if (t >= 1)
				d = ellipsoid_distance(x, y, xy[2 * i + 2], xy[2 * i + 3]);
			else
				d = ellipsoid_distance(x, y, xy[2 * i] + t * (xy[2 * i + 2] - xy[2 * i]),
									   xy[2 * i + 1] + t * (xy[2 * i + 3] - xy[2 * i + 1]));
			best = Min(best, d);
		}
	}
	return best;
}
