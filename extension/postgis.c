/*
 * postgis.c: geometry values as C sees them, by way of EWKB.
 *
 * PostGIS is called, never linked.  Its schema is looked up in pg_extension; the functions that are called are kept
 * for the backend and looked up again after any function of the database changed.  A point of the serialized form that
 * PostGIS 3 writes is read in place, for every ticket has one; anything else goes through EWKB.
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "compat.h"
#include "postgis.h"

/* Flags of the serialized form, version 2. */
#define GSERIALIZED_Z 0x01
#define GSERIALIZED_M 0x02
#define GSERIALIZED_BOX 0x04
#define GSERIALIZED_GEODETIC 0x08
#define GSERIALIZED_EXTENDED 0x10
#define GSERIALIZED_VERSION_2 0x40

typedef struct PostgisFunctions
{
	bool		valid;
	FmgrInfo	as_ewkb;
	FmgrInfo	from_ewkb;
	FmgrInfo	valid_reason;
} PostgisFunctions;

static PostgisFunctions functions;
static bool callback_registered = false;

static void
functions_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	functions.valid = false;
}

Oid
extension_schema(const char *name)
{
	Relation	rel = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	Oid			nspid = InvalidOid;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum(name));
	scan = systable_beginscan(rel, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		nspid = ((Form_pg_extension) GETSTRUCT(tuple))->extnamespace;
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	if (!OidIsValid(nspid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("extension \"%s\" does not exist", name)));
	return nspid;
}

static void
postgis_function(const char *name, Oid nspid, Oid argtype, FmgrInfo *finfo)
{
	oidvector  *args = buildoidvector(&argtype, 1);
	Oid			oid = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
									  PointerGetDatum(args), ObjectIdGetDatum(nspid));

	if (!OidIsValid(oid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("function \"%s\" of extension \"%s\" does not exist", name, "postgis")));
	fmgr_info_cxt(oid, finfo, TopMemoryContext);
}

static PostgisFunctions *
postgis_functions(void)
{
	Oid			nspid;
	Oid			geometry;

	if (functions.valid)
		return &functions;
	if (!callback_registered)
	{
		CacheRegisterSyscacheCallback(PROCOID, functions_changed, (Datum) 0);
		callback_registered = true;
	}
	nspid = extension_schema("postgis");
	geometry = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("geometry"), ObjectIdGetDatum(nspid));
	postgis_function("st_asewkb", nspid, geometry, &functions.as_ewkb);
	postgis_function("st_geomfromewkb", nspid, BYTEAOID, &functions.from_ewkb);
	postgis_function("st_isvalidreason", nspid, geometry, &functions.valid_reason);
	functions.valid = true;
	return &functions;
}

bytea *
postgis_as_ewkb(Datum geom)
{
	return DatumGetByteaPP(FunctionCall1(&postgis_functions()->as_ewkb, geom));
}

Datum
postgis_from_ewkb(bytea *ewkb)
{
	return FunctionCall1(&postgis_functions()->from_ewkb, PointerGetDatum(ewkb));
}

char *
postgis_invalid_reason(Datum geom)
{
	text	   *reason = DatumGetTextPP(FunctionCall1(&postgis_functions()->valid_reason, geom));
	char	   *str = text_to_cstring(reason);

	return strcmp(str, "Valid Geometry") == 0 ? NULL : str;
}

static void
ewkb_need(EwkbReader *reader, Size bytes)
{
	if (reader->len - reader->pos < bytes)
		elog(ERROR, "EWKB ends after %zu bytes", reader->len);
}

uint32
ewkb_uint32(EwkbReader *reader)
{
	uint32		value;

	ewkb_need(reader, sizeof(value));
	memcpy(&value, reader->data + reader->pos, sizeof(value));
	reader->pos += sizeof(value);
	return reader->swap ? pg_bswap32(value) : value;
}

double
ewkb_double(EwkbReader *reader)
{
	uint64		bits;
	double		value;

	ewkb_need(reader, sizeof(bits));
	memcpy(&bits, reader->data + reader->pos, sizeof(bits));
	reader->pos += sizeof(bits);
	if (reader->swap)
		bits = pg_bswap64(bits);
	memcpy(&value, &bits, sizeof(value));
	return value;
}

void
ewkb_head(EwkbReader *reader, EwkbHead *head)
{
	const uint16 probe = 1;
	bool		little = *(const uint8 *) &probe == 1;
	uint32		type;

	ewkb_need(reader, 1);
	reader->swap = (reader->data[reader->pos++] == 1) != little;
	type = ewkb_uint32(reader);
	head->ndims = 2 + ((type & EWKB_Z) != 0) + ((type & EWKB_M) != 0);
	head->has_srid = (type & EWKB_SRID) != 0;
	head->srid = head->has_srid ? (int32) ewkb_uint32(reader) : 0;
	head->flagged_type = type;
	head->type = type & ~(EWKB_Z | EWKB_M | EWKB_SRID);
}

/*
 * Read a point in place: length word, SRID in 21 bits of three bytes, a byte of flags, an optional extension, an
 * optional box of floats, type, number of points, coordinates.  False when it is not of that form.
 */
static bool
gserialized_point(Datum geom, bool *is_point, int32 *srid, double *x, double *y, bool *empty)
{
	struct varlena *value = PG_DETOAST_DATUM(geom);
	Size		len = VARSIZE(value);
	const uint8 *head = (const uint8 *) value + VARHDRSZ;
	uint8		flags;
	int			ndims;
	Size		pos = VARHDRSZ + 4;
	uint32		numbers[2];
	bool		readable = false;

	if (len < pos + sizeof(numbers))
		goto done;
	flags = head[3];
	if ((flags & GSERIALIZED_VERSION_2) == 0)
		goto done;
	ndims = 2 + ((flags & GSERIALIZED_Z) != 0) + ((flags & GSERIALIZED_M) != 0);
	if (flags & GSERIALIZED_EXTENDED)
		pos += sizeof(uint64);
	if (flags & GSERIALIZED_BOX)
		pos += sizeof(float) * 2 * ((flags & GSERIALIZED_GEODETIC) ? 3 : ndims);
	if (len < pos + sizeof(numbers))
		goto done;

	*srid = ((head[0] & 0x1f) << 16) | (head[1] << 8) | head[2];
	memcpy(numbers, (const char *) value + pos, sizeof(numbers));
	pos += sizeof(numbers);
	*is_point = numbers[0] == WKB_POINT;
	*empty = true;
	if (*is_point && numbers[1] > 0 && len >= pos + 2 * sizeof(double))
	{
		memcpy(x, (const char *) value + pos, sizeof(double));
		memcpy(y, (const char *) value + pos + sizeof(double), sizeof(double));
		*empty = !isfinite(*x) || !isfinite(*y);
	}
	readable = true;
done:
	if ((Pointer) value != DatumGetPointer(geom))
		pfree(value);
	return readable;
}

bool
postgis_point(Datum geom, int32 *srid, double *x, double *y, bool *empty)
{
	bool		is_point;
	bytea	   *ewkb;
	EwkbReader	reader = {0};
	EwkbHead	head;

	if (gserialized_point(geom, &is_point, srid, x, y, empty))
		return is_point;

	ewkb = postgis_as_ewkb(geom);
	reader.data = VARDATA_ANY(ewkb);
	reader.len = VARSIZE_ANY_EXHDR(ewkb);
	ewkb_head(&reader, &head);
	*srid = head.srid;
	if (head.type == WKB_POINT)
	{
		*x = ewkb_double(&reader);
		*y = ewkb_double(&reader);
		*empty = !isfinite(*x) || !isfinite(*y);
	}
	pfree(ewkb);
	return head.type == WKB_POINT;
}
