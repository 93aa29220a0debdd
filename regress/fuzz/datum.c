/*
 * datum.c: geometries in EWKB read and written with their coordinates converted.
 *
 * PostGIS writes the EWKB that the server reads here, so that what is broken is an error of ours and not the user's;
 * it is read within its bounds all the same.
 */
#include "server.h"

#include "../../extension/postgis.c"
#include "../../extension/datum.c"

/* Off by less than a millimetre. */
#define CLOSE_DEGREES 1e-8

static void
check_there_and_back(GeoDatum datum, double lon, double lat)
{
	double		x = lon;
	double		y = lat;

	geodatum_from_cgcs2000(datum, &x, &y);
	if (!(fabs(lon) <= 180 && fabs(lat) <= 90))
		return;
	FUZZ_EXPECT(fabs(x - lon) < 1 && fabs(y - lat) < 1);

	/* half a degree within the box that is shifted */
	if (!(lon > CHINA_WEST + 0.5 && lon < CHINA_EAST - 0.5 && lat > CHINA_SOUTH + 0.5 && lat < CHINA_NORTH - 0.5))
		return;
	FUZZ_EXPECT(fabs(x - lon) < 0.05 && fabs(y - lat) < 0.05);
	geodatum_to_cgcs2000(datum, &x, &y);
	FUZZ_EXPECT(fabs(x - lon) < CLOSE_DEGREES && fabs(y - lat) < CLOSE_DEGREES);
}

/* The geometry with its coordinates converted; false when there is none. */
static bool
rewrite(Rewrite *rewrite, const char *data, Size len, GeoDatum datum, Conversion convert)
{
	memset(rewrite, 0, sizeof(*rewrite));
	rewrite->in.data = data;
	rewrite->in.len = len;
	rewrite->datum = datum;
	rewrite->convert = convert;
	initStringInfo(&rewrite->out);
	if (!FUZZ_TRY())
		return false;
	rewrite_geometry(rewrite, true);
	FUZZ_EXPECT(rewrite->in.pos <= rewrite->in.len);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	FuzzInput	input = {data, size};
	GeoDatum	datum = (GeoDatum) (fuzz_number(&input, 1) % 4);
	Conversion	convert = fuzz_number(&input, 1) % 2 ? geodatum_to_cgcs2000 : geodatum_from_cgcs2000;
	EwkbReader	reader = {0};
	Rewrite		once;
	Rewrite		again;

	/* numbers of their own for the formulas */
	reader.data = (const char *) input.data;
	reader.len = input.size;
	if (reader.len >= 2 * sizeof(double))
	{
		double		lon = ewkb_double(&reader);
		double		lat = ewkb_double(&reader);

		check_there_and_back(datum, lon, lat);
		check_there_and_back(datum, 105 + fmod(lon, 30), 30 + fmod(lat, 25));
	}

	/* what is written can be read, and is written the same once more */
	if (rewrite(&once, (const char *) input.data, input.size, datum, convert))
	{
		FUZZ_EXPECT(once.out.len <= (int) once.in.pos + 4);
		FUZZ_EXPECT(rewrite(&again, once.out.data, once.out.len, GEODATUM_CGCS2000, geodatum_to_cgcs2000));
		FUZZ_EXPECT(again.in.pos == again.in.len);
		FUZZ_EXPECT(again.out.len == once.out.len && memcmp(again.out.data, once.out.data, once.out.len) == 0);
	}
	fuzz_reset();
	return 0;
}
