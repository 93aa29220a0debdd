/*
 * postgis.h: geometry values as C sees them.  PostGIS is called, never linked.
 */
#ifndef LISKEBAN_POSTGIS_H
#define LISKEBAN_POSTGIS_H

#include "postgres.h"

/* Types of geometry in WKB that do not hold whole geometries, and one that does. */
#define WKB_POINT 1
#define WKB_LINESTRING 2
#define WKB_POLYGON 3
#define WKB_MULTIPOLYGON 6
#define WKB_CIRCULARSTRING 8
#define WKB_TRIANGLE 17

/* Flags in the type of EWKB. */
#define EWKB_Z 0x80000000
#define EWKB_M 0x40000000
#define EWKB_SRID 0x20000000

/* A reader over EWKB of either byte order. */
typedef struct EwkbReader
{
	const char *data;
	Size		len;
	Size		pos;
	bool		swap;			/* the number under way is of the other byte order */
} EwkbReader;

/* What stands at the head of a geometry in EWKB. */
typedef struct EwkbHead
{
	uint32		type;			/* without the flags */
	uint32		flagged_type;
	int			ndims;			/* 2, 3 or 4 */
	bool		has_srid;
	int32		srid;
} EwkbHead;

extern void ewkb_head(EwkbReader *reader, EwkbHead *head);
extern uint32 ewkb_uint32(EwkbReader *reader);
extern double ewkb_double(EwkbReader *reader);

/* EWKB of a geometry, palloc'd; a geometry of EWKB. */
extern bytea *postgis_as_ewkb(Datum geom);
extern Datum postgis_from_ewkb(bytea *ewkb);

/* What is wrong with a geometry by the rules of simple features, palloc'd; NULL when nothing is. */
extern char *postgis_invalid_reason(Datum geom);

/* A geometry that is a Point: false when it is of another type, *empty when it has no finite coordinates. */
extern bool postgis_point(Datum geom, int32 *srid, double *x, double *y, bool *empty);

/* The schema that an extension is installed in; 42704 when there is none of that name. */
extern Oid	extension_schema(const char *name);

#endif							/* LISKEBAN_POSTGIS_H */
