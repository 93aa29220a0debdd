/*
 * area_code.h: the hierarchical code of an area, eight bytes by value.
 *
 * The significant digits, padded with zeros to 18, times 8, plus the level: so codes sort as a tree in preorder, and
 * what lies in an area is a range.  This form, its order and its hash are on disk and never change.
 */
#ifndef LISKEBAN_AREA_CODE_H
#define LISKEBAN_AREA_CODE_H

#include "postgres.h"
#include "fmgr.h"

typedef uint64 AreaCode;

/* Levels in the order of the enum liskeban.area_level. */
typedef enum AreaLevel
{
	AREA_PROVINCE = 0,
	AREA_CITY,
	AREA_DISTRICT,
	AREA_TOWN,
	AREA_VILLAGE,
	AREA_GRID,
	AREA_MICROGRID
} AreaLevel;

#define AREA_CODE_MAX_DIGITS 18

#define DatumGetAreaCode(d) ((AreaCode) DatumGetInt64(d))
#define AreaCodeGetDatum(c) Int64GetDatum((int64) (c))
#define PG_GETARG_AREA_CODE(n) DatumGetAreaCode(PG_GETARG_DATUM(n))
#define PG_RETURN_AREA_CODE(c) return AreaCodeGetDatum(c)

#define area_code_level(c) ((AreaLevel) ((c) & 7))

extern AreaCode area_code_parent(AreaCode code, AreaLevel level);	/* level must not be deeper than the code's */
extern bool area_code_contains(AreaCode outer, AreaCode inner);		/* inner lies in outer, or is it */
extern void area_code_range(AreaCode code, AreaCode *lo, AreaCode *hi); /* inclusive range of what lies in it */
extern char *area_code_to_cstring(AreaCode code);	/* palloc'd */

#endif							/* LISKEBAN_AREA_CODE_H */
