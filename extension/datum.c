/*
 * datum.c: the datums that coordinates of web maps come in: GCJ-02 and BD-09.
 *
 * The forward formulas are the ones in public circulation; the inverse is found by iterating them, for neither is
 * exactly invertible in closed form.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "datum.h"
#include "liskeban.h"
#include "postgis.h"

/* The ellipsoid of Krasovsky 1940, on which GCJ-02 is computed. */
#define KRASOVSKY_A 6378245.0
#define KRASOVSKY_E2 0.00669342162296594323

/* Outside this box GCJ-02 is not shifted. */
#define CHINA_WEST 72.004
#define CHINA_EAST 137.8347
#define CHINA_SOUTH 0.8293
#define CHINA_NORTH 55.8271

#define BD09_EAST 0.0065
#define BD09_NORTH 0.006
#define BD09_WAVE (M_PI * 3000.0 / 180.0)

#define INVERSE_STEPS 40
#define INVERSE_DEGREES 1e-13

PG_FUNCTION_INFO_V1(datum_to_cgcs2000);
PG_FUNCTION_INFO_V1(datum_from_cgcs2000);

/* The waves that the shifts of GCJ-02 in both directions share: metres. */
static double
gcj02_wave(double u, double a1, double a2)
{
	return (20.0 * sin(u * M_PI) + 40.0 * sin(u / 3.0 * M_PI)) * 2.0 / 3.0 +
		(a1 * sin(u / 12.0 * M_PI) + a2 * sin(u * M_PI / 30.0)) * 2.0 / 3.0;
}

static void
gcj02_forward(double *lon, double *lat)
{
	double		x = *lon - 105.0;
	double		y = *lat - 35.0;
	double		ripple = (20.0 * sin(6.0 * x * M_PI) + 20.0 * sin(2.0 * x * M_PI)) * 2.0 / 3.0;
	double		root = sqrt(fabs(x));
	double		north;
	double		east;
	double		radians = *lat * M_PI / 180.0;
	double		s = sin(radians);
	double		w2 = 1.0 - KRASOVSKY_E2 * s * s;

	if (!(*lon >= CHINA_WEST && *lon <= CHINA_EAST && *lat >= CHINA_SOUTH && *lat <= CHINA_NORTH))
		return;
	north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple +
		gcj02_wave(y, 160.0, 320.0);
	east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple +
		gcj02_wave(x, 150.0, 300.0);
	*lat += north * 180.0 / (KRASOVSKY_A * (1.0 - KRASOVSKY_E2) / (w2 * sqrt(w2)) * M_PI);
	*lon += east * 180.0 / (KRASOVSKY_A / sqrt(w2) * cos(radians) * M_PI);
}

/* From GCJ-02. */
static void
bd09_forward(double *lon, double *lat)
{
	double		radius = hypot(*lon, *lat) + 0.00002 * sin(*lat * BD09_WAVE);
	double		angle = atan2(*lat, *lon) + 0.000003 * cos(*lon * BD09_WAVE);

	*lon = radius * cos(angle) + BD09_EAST;
	*lat = radius * sin(angle) + BD09_NORTH;
}

/*
 * Find what forward() takes to the given place.  The shifts vary slowly, so that taking off the error contracts it by
 * a factor of thirty or better each time.
 */
static void
invert(void (*forward) (double *, double *), double *lon, double *lat)
{
	double		goal_lon = *lon;
	double		goal_lat = *lat;

	for (int i = 0; i < INVERSE_STEPS; i++)
	{
		double		x = *lon;
		double		y = *lat;

		forward(&x, &y);
		*lon += goal_lon - x;
		*lat += goal_lat - y;
		if (fabs(goal_lon - x) < INVERSE_DEGREES && fabs(goal_lat - y) < INVERSE_DEGREES)
			break;
	}
}

void
geodatum_to_cgcs2000(GeoDatum datum, double *lon, double *lat)
{
	if (!isfinite(*lon) || !isfinite(*lat))
		return;
	if (datum == GEODATUM_BD09)
		invert(bd09_forward, lon, lat);
	if (datum == GEODATUM_BD09 || datum == GEODATUM_GCJ02)
		invert(gcj02_forward, lon, lat);
}

void
geodatum_from_cgcs2000(GeoDatum datum, double *lon, double *lat)
{
	if (!isfinite(*lon) || !isfinite(*lat))
		return;
	if (datum == GEODATUM_BD09 || datum == GEODATUM_GCJ02)
		gcj02_forward(lon, lat);
	if (datum == GEODATUM_BD09)
		bd09_forward(lon, lat);
}

GeoDatum
geodatum_read(const char *name)
{
	static const char *const names[] = {"cgcs2000", "wgs84", "gcj02", "bd09"};

	for (int i = 0; i < (int) lengthof(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (GeoDatum) i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("datum \"%s\" is not known", name),
			 errhint("Known are gcj02, bd09, wgs84 and cgcs2000.")));
}

typedef void (*Conversion) (GeoDatum datum, double *lon, double *lat);

/* What is under way: EWKB read, EWKB written with its coordinates converted. */
typedef struct Rewrite
{
	EwkbReader	in;
	StringInfoData out;
	GeoDatum	datum;
	Conversion	convert;
} Rewrite;

static void
rewrite_uint32(Rewrite *rewrite, uint32 value)
{
	appendBinaryStringInfo(&rewrite->out, (const char *) &value, sizeof(value));
}

static void
rewrite_double(Rewrite *rewrite, double value)
{
	appendBinaryStringInfo(&rewrite->out, (const char *) &value, sizeof(value));
}

static void
rewrite_points(Rewrite *rewrite, uint32 npoints, int ndims)
{
	for (uint32 i = 0; i < npoints; i++)
	{
		double		lon = ewkb_double(&rewrite->in);
		double		lat = ewkb_double(&rewrite->in);

		rewrite->convert(rewrite->datum, &lon, &lat);
		rewrite_double(rewrite, lon);
		rewrite_double(rewrite, lat);
		for (int d = 2; d < ndims; d++)
			rewrite_double(rewrite, ewkb_double(&rewrite->in));
	}
}

static void
rewrite_geometry(Rewrite *rewrite, bool outermost)
{
	const uint16 probe = 1;
	EwkbHead	head;
	uint32		count;

	check_stack_depth();
	ewkb_head(&rewrite->in, &head);
	if (outermost && head.has_srid && head.srid != 0 && head.srid != 4326 && head.srid != LISKEBAN_SRID)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("SRID of the geometry is %d, not 0, 4326 or %d", head.srid, LISKEBAN_SRID)));

	appendStringInfoChar(&rewrite->out, (char) *(const uint8 *) &probe);
	rewrite_uint32(rewrite, outermost ? head.flagged_type | EWKB_SRID : head.flagged_type & ~EWKB_SRID);
	if (outermost)
		rewrite_uint32(rewrite, LISKEBAN_SRID);
	switch (head.type)
	{
		case WKB_POINT:
			rewrite_points(rewrite, 1, head.ndims);
			break;
		case WKB_LINESTRING:
		case WKB_CIRCULARSTRING:
			count = ewkb_uint32(&rewrite->in);
			rewrite_uint32(rewrite, count);
			rewrite_points(rewrite, count, head.ndims);
			break;
		case WKB_POLYGON:
		case WKB_TRIANGLE:
			count = ewkb_uint32(&rewrite->in);
			rewrite_uint32(rewrite, count);
			for (uint32 i = 0; i < count; i++)
			{
				uint32		npoints = ewkb_uint32(&rewrite->in);

				rewrite_uint32(rewrite, npoints);
				rewrite_points(rewrite, npoints, head.ndims);
			}
			break;
		default:
			count = ewkb_uint32(&rewrite->in);
			rewrite_uint32(rewrite, count);
			for (uint32 i = 0; i < count; i++)
				rewrite_geometry(rewrite, false);
	}
}

static Datum
datum_convert(Datum geom, text *name, Conversion convert)
{
	Rewrite		rewrite = {0};
	bytea	   *ewkb;
	bytea	   *result;

	rewrite.datum = geodatum_read(text_to_cstring(name));
	rewrite.convert = convert;
	ewkb = postgis_as_ewkb(geom);
	rewrite.in.data = VARDATA_ANY(ewkb);
	rewrite.in.len = VARSIZE_ANY_EXHDR(ewkb);
	initStringInfo(&rewrite.out);
	appendStringInfoSpaces(&rewrite.out, VARHDRSZ);
	rewrite_geometry(&rewrite, true);
	result = (bytea *) rewrite.out.data;
	SET_VARSIZE(result, rewrite.out.len);
	return postgis_from_ewkb(result);
}

/* to_cgcs2000(geometry, datum) */
Datum
datum_to_cgcs2000(PG_FUNCTION_ARGS)
{
	return datum_convert(PG_GETARG_DATUM(0), PG_GETARG_TEXT_PP(1), geodatum_to_cgcs2000);
}

/* from_cgcs2000(geometry, datum) */
Datum
datum_from_cgcs2000(PG_FUNCTION_ARGS)
{
	return datum_convert(PG_GETARG_DATUM(0), PG_GETARG_TEXT_PP(1), geodatum_from_cgcs2000);
}
