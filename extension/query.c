/*
 * query.c: the statements that C runs through SPI: questions of one value, plans that are kept, rows that C gathered.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "query.h"
#include "registry_cache.h"

/* From here on planning anew costs less than a plan that does not fit may. */
#define KEPT_PLAN_ROWS 50

Datum
query_value(const char *sql, int nargs, Oid *argtypes, Datum *values, const char *nulls, bool *isnull)
{
	bool		unasked;
	Datum		value;
	int			rc;

	SPI_connect();
	rc = SPI_execute_with_args(sql, nargs, argtypes, values, nulls, false, 0);
	if ((rc != SPI_OK_SELECT && rc != SPI_OK_INSERT_RETURNING) || SPI_processed != 1)
		elog(ERROR, "could not execute \"%s\"", sql);
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, isnull ? isnull : &unasked);
	SPI_finish();
	return value;
}

Datum
query_value_as_owner(const char *sql, int nargs, Oid *argtypes, Datum *values, const char *nulls, bool *isnull)
{
	OwnerScope	scope;
	Datum		value;

	owner_enter(&scope);
	value = query_value(sql, nargs, argtypes, values, nulls, isnull);
	owner_leave(&scope);
	return value;
}

bool
query_is_true(const char *sql, Datum id, Oid type, Datum other)
{
	Oid			argtypes[2] = {INT8OID, type};
	Datum		values[2] = {id, other};
	bool		isnull;
	Datum		value = query_value_as_owner(sql, OidIsValid(type) ? 2 : 1, argtypes, values, NULL, &isnull);

	return !isnull && DatumGetBool(value);
}

void
query_plan(SPIPlanPtr *plan, const char *sql, int nargs, Oid *argtypes)
{
	SPIPlanPtr	fresh;

	if (*plan != NULL && SPI_plan_is_valid(*plan))
		return;
	if (*plan != NULL)
	{
		SPI_freeplan(*plan);
		*plan = NULL;
	}
	fresh = SPI_prepare(sql, nargs, argtypes);
	if (fresh == NULL || SPI_keepplan(fresh) != 0)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	*plan = fresh;
}

SPIPlanPtr
query_plan_for(SPIPlanPtr *plan, const char *sql, int nargs, Oid *argtypes, double nrows)
{
	SPIPlanPtr	own;

	if (nrows <= KEPT_PLAN_ROWS)
	{
		query_plan(plan, sql, nargs, argtypes);
		return *plan;
	}
	own = SPI_prepare(sql, nargs, argtypes);
	if (own == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	return own;
}

void
query_name_rows(EphemeralNamedRelationData *named, const char *name, TupleDesc desc, Tuplestorestate *rows, int64 nrows)
{
	memset(named, 0, sizeof(*named));
	named->md.name = unconstify(char *, name);
	named->md.reliddesc = InvalidOid;
	named->md.tupdesc = desc;
	named->md.enrtype = ENR_NAMED_TUPLESTORE;
	named->md.enrtuples = nrows;
	named->reldata = rows;
}

void
query_see_rows(EphemeralNamedRelation named)
{
	if (SPI_register_relation(named) != SPI_OK_REL_REGISTER)
		elog(ERROR, "SPI_register_relation failed");
}
