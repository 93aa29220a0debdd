/*
 * area_shape.h: outlines of areas in memory, what they cover and how far they are.
 */
#ifndef LISKEBAN_AREA_SHAPE_H
#define LISKEBAN_AREA_SHAPE_H

#include "postgres.h"

/* A closed ring: its vertices, and slabs of equal height that name the edges which reach into them. */
typedef struct ShapeRing
{
	uint32		first;			/* of its vertices in the pool */
	uint32		nedges;			/* vertices less the closing one */
	double		ymin;
	double		ymax;
	double		slabs_per_degree;
	uint32		slab;			/* first of nslabs + 1 offsets into the pool of entries */
	uint16		nslabs;
	uint8		shift;			/* an entry names 2 ^ shift edges on end */
	bool		hole;
} ShapeRing;

/* The rings of one area, and its bounds. */
typedef struct Shape
{
	uint32		ring;			/* first of its rings in the pool */
	uint32		nrings;
	double		xmin;
	double		ymin;
	double		xmax;
	double		ymax;
} Shape;

/* Pools for all areas of an index: a few large chunks instead of many small ones. */
typedef struct ShapePool
{
	MemoryContext cxt;
	double	   *xy;
	ShapeRing  *rings;
	uint32	   *slabs;
	uint16	   *entries;
	Size		nxy;
	Size		nrings;
	Size		nslabs;
	Size		nentries;
	Size		xy_size;
	Size		rings_size;
	Size		slabs_size;
	Size		entries_size;
} ShapePool;

extern void shape_pool_init(ShapePool *pool, MemoryContext cxt);
extern void shape_pool_trim(ShapePool *pool);
extern bool shape_add(ShapePool *pool, Datum geom, Shape *shape);	/* false when it has no vertex */
extern bool shape_covers(const ShapePool *pool, const Shape *shape, double x, double y);
extern double shape_distance(const ShapePool *pool, const Shape *shape, double x, double y, double dx, double dy);
extern double ellipsoid_distance(double x1, double y1, double x2, double y2);

#endif							/* LISKEBAN_AREA_SHAPE_H */
