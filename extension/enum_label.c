/*
 * enum_label.c: values of liskeban's enum types as C sees them, by position in the type.
 *
 * The OIDs of the labels are kept in the static EnumLabels of the module that uses them; any change of an enum in the
 * database (DROP EXTENSION and CREATE EXTENSION in one backend) moves a counter and makes the next call look again.
 */
#include "postgres.h"

#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "catalog/namespace.h"
#include "utils/inval.h"
#include "utils/syscache.h"

#include "enum_label.h"
#include "liskeban.h"

static uint64 enum_version = 0; /* 0: no callback registered yet */

static void
enum_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	enum_version++;
}

/* Make oids right for this moment, or throw. */
static void
enum_label_refresh(EnumLabels *enumeration)
{
	Oid			nspid;
	Oid			typid;
	uint64		version;

	if (enum_version == 0)
	{
		CacheRegisterSyscacheCallback(ENUMOID, enum_changed, (Datum) 0);
		enum_version = 1;
	}
	if (enumeration->version == enum_version)
		return;

	version = enum_version;
	nspid = get_namespace_oid(LISKEBAN_SCHEMA, false);
	typid = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
							CStringGetDatum(enumeration->type), ObjectIdGetDatum(nspid));
	if (!OidIsValid(typid))
		elog(ERROR, "type %s.%s does not exist", LISKEBAN_SCHEMA, enumeration->type);
	for (int i = 0; enumeration->labels[i]; i++)
	{
		enumeration->oids[i] = GetSysCacheOid2(ENUMTYPOIDNAME, Anum_pg_enum_oid, ObjectIdGetDatum(typid),
											   CStringGetDatum(enumeration->labels[i]));
		if (!OidIsValid(enumeration->oids[i]))
			elog(ERROR, "type %s.%s has no label \"%s\"", LISKEBAN_SCHEMA, enumeration->type, enumeration->labels[i]);
	}
	enumeration->typid = typid;
	enumeration->version = version;
}

/* The Datum of the label at that position. */
Datum
enum_label_datum(EnumLabels *enumeration, int position)
{
	enum_label_refresh(enumeration);
	return ObjectIdGetDatum(enumeration->oids[position]);
}

Oid
enum_label_type(EnumLabels *enumeration)
{
	enum_label_refresh(enumeration);
	return enumeration->typid;
}

/* The position of a Datum of that type. */
int
enum_label_position(EnumLabels *enumeration, Datum value)
{
	enum_label_refresh(enumeration);
	for (int i = 0; enumeration->labels[i]; i++)
		if (enumeration->oids[i] == DatumGetObjectId(value))
			return i;
	elog(ERROR, "value %u is none of type %s.%s", DatumGetObjectId(value), LISKEBAN_SCHEMA, enumeration->type);
}
