/*
 * hazard.c: hazards and the steps of their chains: which ticket is opened when, and what follows from its end.
 *
 * A hazard's ticket is the parent, each step that was opened a child, one open at a time.  What a chain does to tickets it
 * does as the platform, through their guard; that something follows from a move is said in consequence.c.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "hazard.h"
#include "identity.h"
#include "liskeban.h"
#include "maintain.h"
#include "query.h"
#include "registry_cache.h"

PG_FUNCTION_INFO_V1(hazard_follow);
PG_FUNCTION_INFO_V1(hazard_begin_sql);

bool
hazard_there(void)
{
	return platform_has("hazard");
}

void
hazard_take_up(int64 ticket_id, Datum department, TimestampTz due)
{
	Oid			argtypes[2] = {INT8OID, TEXTOID};
	Datum		values[2] = {Int64GetDatum(ticket_id), department};

	maintain_execute(MAINTAIN_AS_PLATFORM, NULL,
					 "UPDATE liskeban.ticket SET state = 'accepted' WHERE ticket_id OPERATOR(pg_catalog.=) $1"
					 " AND state OPERATOR(pg_catalog.=) 'reported'", 1, argtypes, values, NULL);
	/* A rule of liskeban.dispatch_rule may have sent it elsewhere. */
	maintain_execute(MAINTAIN_AS_PLATFORM, NULL,
					 "UPDATE liskeban.ticket SET state = 'dispatched', department = $2, responsible_area = NULL, note = '链条派单 as its chain says'"
					 " WHERE ticket_id OPERATOR(pg_catalog.=) $1 AND state OPERATOR(pg_catalog.=) 'accepted'",
					 2, argtypes, values, NULL);
	if (due == 0)
		return;
	argtypes[1] = TIMESTAMPTZOID;
	values[1] = TimestampTzGetDatum(due);
	maintain_execute(MAINTAIN_AS_PLATFORM, "extend",
					 "UPDATE liskeban.ticket SET resolve_due = $2, note = '链条时限 the term of its chain'"
					 " WHERE ticket_id OPERATOR(pg_catalog.=) $1 AND difficulty OPERATOR(pg_catalog.<>) 'hard'",
					 2, argtypes, values, NULL);
}

void
hazard_open_step(int64 hazard_id, int step)
{
	static SPIPlanPtr plan = NULL;
	static Oid	argtypes[2] = {INT8OID, INT4OID};
	Datum		values[2] = {Int64GetDatum(hazard_id), Int32GetDatum(step)};
	OwnerScope	scope;
	bool		save;
	bool		isnull;

	owner_enter(&scope);
	SPI_connect();
	save = identity_set_platform(true);
	PG_TRY();
	{
		HeapTuple	row;
		TupleDesc	desc;

		query_plan(&plan, "SELECT o.ticket_id, o.department, o.due FROM liskeban._open_hazard_step($1, $2) AS o", 2, argtypes);
		if (SPI_execute_plan(plan, values, NULL, false, 0) != SPI_OK_SELECT || SPI_processed != 1)
			elog(ERROR, "could not open a step of a hazard");
		row = SPI_tuptable->vals[0];
		desc = SPI_tuptable->tupdesc;
		hazard_take_up(DatumGetInt64(SPI_getbinval(row, desc, 1, &isnull)), SPI_getbinval(row, desc, 2, &isnull),
					   DatumGetTimestampTz(SPI_getbinval(row, desc, 3, &isnull)));
	}
	PG_FINALLY();
	{
		(void) identity_set_platform(save);
	}
	PG_END_TRY();
	SPI_finish();
	owner_leave(&scope);
}

void
hazard_list(int64 hazard_id, MaintainAs as)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(hazard_id)};

	maintain_execute(as, NULL, "SELECT liskeban._list_hazard($1)", 1, argtypes, values, NULL);
}

char *
hazard_step_open(int64 ticket_id)
{
	static SPIPlanPtr plan = NULL;
	static Oid	argtypes[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(ticket_id)};
	MemoryContext caller = CurrentMemoryContext;
	OwnerScope	scope;
	char	   *name = NULL;

	if (!hazard_there())
		return NULL;
	owner_enter(&scope);
	SPI_connect();
	query_plan(&plan, "SELECT t.ticket_no OPERATOR(pg_catalog.||) ' ' OPERATOR(pg_catalog.||) t.title"
			   " FROM liskeban.hazard AS h JOIN liskeban.hazard_task AS k ON k.hazard_id OPERATOR(pg_catalog.=) h.hazard_id"
			   " JOIN liskeban.ticket AS t ON t.ticket_id OPERATOR(pg_catalog.=) k.ticket_id"
			   " WHERE h.ticket_id OPERATOR(pg_catalog.=) $1 AND k.ended_at IS NULL", 1, argtypes);
	if (SPI_execute_plan(plan, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.hazard_task");
	if (SPI_processed > 0)
		name = MemoryContextStrdup(caller, SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1));
	SPI_finish();
	owner_leave(&scope);
	return name;
}

bool
hazard_rectified_by(int64 ticket_id, Datum actor)
{
	static SPIPlanPtr plan = NULL;
	static Oid	argtypes[2] = {INT8OID, TEXTOID};
	Datum		values[2] = {Int64GetDatum(ticket_id), actor};
	OwnerScope	scope;
	bool		did;

	if (!hazard_there())
		return false;
	owner_enter(&scope);
	SPI_connect();
	query_plan(&plan, "SELECT FROM liskeban.hazard_task AS k"
			   " JOIN liskeban.hazard_task AS r ON r.hazard_id OPERATOR(pg_catalog.=) k.hazard_id AND r.kind OPERATOR(pg_catalog.=) 'rectify'"
			   " JOIN liskeban.ticket AS t ON t.ticket_id OPERATOR(pg_catalog.=) r.ticket_id"
			   " WHERE k.ticket_id OPERATOR(pg_catalog.=) $1 AND k.kind OPERATOR(pg_catalog.=) 'review'"
			   " AND t.resolved_by OPERATOR(pg_catalog.=) $2", 2, argtypes);
	if (SPI_execute_plan(plan, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.hazard_task");
	did = SPI_processed > 0;
	SPI_finish();
	owner_leave(&scope);
	return did;
}

/*
 * _hazard_follow(ticket_id bigint, action text, at timestamptz, actor text) returns void: a hazard's ticket, or that of one
 * of its steps, has moved: note it, and go on with the step that follows.
 */
Datum
hazard_follow(PG_FUNCTION_ARGS)
{
	static SPIPlanPtr plan = NULL;
	static Oid	argtypes[4] = {INT8OID, TEXTOID, TIMESTAMPTZOID, TEXTOID};
	Datum		values[4] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), PG_GETARG_DATUM(3)};
	OwnerScope	scope;
	int64		hazard_id;
	int			step;
	bool		none;
	bool		no_step;

	owner_enter(&scope);
	SPI_connect();
	query_plan(&plan, "SELECT n.hazard_id, n.step FROM liskeban._note_hazard($1, $2, $3, $4) AS n", 4, argtypes);
	if (SPI_execute_plan(plan, values, NULL, false, 0) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not note the end of a step");
	hazard_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &none));
	step = DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &no_step));
	SPI_finish();
	if (!none && !no_step)
		hazard_open_step(hazard_id, step);
	owner_leave(&scope);
	PG_RETURN_VOID();
}

/*
 * _begin_hazard(hazard_id bigint, ticket_id bigint, department text, due timestamptz, step integer, major boolean) returns
 * void: what is not NULL of it.
 */
Datum
hazard_begin_sql(PG_FUNCTION_ARGS)
{
	if (!PG_ARGISNULL(1))
		hazard_take_up(PG_GETARG_INT64(1), PG_GETARG_DATUM(2), PG_ARGISNULL(3) ? 0 : PG_GETARG_TIMESTAMPTZ(3));
	if (!PG_ARGISNULL(4))
		hazard_open_step(PG_GETARG_INT64(0), PG_GETARG_INT32(4));
	if (!PG_ARGISNULL(5) && PG_GETARG_BOOL(5))
		hazard_list(PG_GETARG_INT64(0), MAINTAIN_AS_OWNER);
	PG_RETURN_VOID();
}
