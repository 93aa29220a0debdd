/*
 * area_index.h: which area a point lies in.
 */
#ifndef LISKEBAN_AREA_INDEX_H
#define LISKEBAN_AREA_INDEX_H

#include "postgres.h"
#include "area_code.h"

/* In the order of the enum liskeban.placement. */
typedef enum Placement
{
	PLACEMENT_INSIDE = 0,
	PLACEMENT_SNAPPED,
	PLACEMENT_OUTSIDE,
	PLACEMENT_UNKNOWN
} Placement;

/*
 * Place a geometry Datum (GSERIALIZED, Point, SRID 4490; 22023 otherwise) or, with isnull or an empty point, find it
 * unknown.  Sets *area only for PLACEMENT_INSIDE and PLACEMENT_SNAPPED.
 */
extern Placement area_place(Datum geom, bool isnull, AreaCode *area);

/* Metres on the ellipsoid between two such points; false when either is empty. */
extern bool area_point_distance(Datum a, Datum b, double *metres);

/* Is a registered area in force?  (any level, with or without geometry) */
extern bool area_in_force(AreaCode code);
extern void area_check_in_force(AreaCode code);	/* 23503 unless it is */

#endif							/* LISKEBAN_AREA_INDEX_H */
