/*
 * request.c: what a handler asked for and another granted, and its one use.
 *
 * Rare and slow enough for SPI; the plan reads as the tables' owner, whatever the caller may see.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "liskeban.h"
#include "registry_cache.h"
#include "request.h"

/* The kind of request that permits an action; the action bears its name. */
static const char *
request_kind(const Transition *t)
{
	return t->name;
}

void
request_check(const Transition *t, const TicketRow *old, const TicketRow *new)
{
	Oid			argtypes[2] = {INT8OID, TEXTOID};
	Datum		values[2] = {row_datum(old, TC_TICKET_ID), CStringGetTextDatum(request_kind(t))};
	OwnerScope	scope;
	bool		found;
	bool		no_until = true;
	TimestampTz asked_at = 0;
	TimestampTz until = 0;
	TicketColumn due_column = row_isnull(old, TC_RESOLVE_DUE) ? TC_PLAN_DUE : TC_RESOLVE_DUE;

	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("SELECT asked_at, until FROM liskeban.request WHERE ticket_id OPERATOR(pg_catalog.=) $1"
							  " AND kind OPERATOR(pg_catalog.=) $2 AND granted AND used_seq IS NULL"
							  " ORDER BY request_id LIMIT 1",
							  2, argtypes, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.request");
	found = SPI_processed > 0;
	if (found)
	{
		bool		isnull;

		asked_at = DatumGetTimestampTz(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
		until = DatumGetTimestampTz(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &no_until));
	}
	SPI_finish();
	owner_leave(&scope);

	if (!found)
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("ticket " INT64_FORMAT " lacks what \"%s\" requires", row_int64(old, TC_TICKET_ID), t->name),
				 errdetail("Missing: @has_request: a granted request of kind \"%s\" that has not been used.", request_kind(t)),
				 errhint("Ask with liskeban.ask(ticket_id, kind, reason); another person grants it with liskeban.decide(request_id, granted, note).")));
	if (t->action != ACTION_SUSPEND)
		return;
	if (!row_isnull(old, due_column) && asked_at > row_time(old, due_column))
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("ticket " INT64_FORMAT " lacks what \"%s\" requires", row_int64(old, TC_TICKET_ID), t->name),
				 errdetail("Missing: a request asked before %s.", ticket_columns[due_column].name)));
	if (!no_until && !row_isnull(new, TC_SUSPEND_UNTIL) && row_time(new, TC_SUSPEND_UNTIL) > until)
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("ticket " INT64_FORMAT " lacks what \"%s\" requires", row_int64(old, TC_TICKET_ID), t->name),
				 errdetail("Missing: a request granted until suspend_until or later.")));
}

void
request_use(const Transition *t, int64 ticket_id, int32 seq)
{
	Oid			argtypes[3] = {INT8OID, TEXTOID, INT4OID};
	Datum		values[3] = {Int64GetDatum(ticket_id), CStringGetTextDatum(request_kind(t)), Int32GetDatum(seq)};
	OwnerScope	scope;

	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("UPDATE liskeban.request SET used_seq = $3 WHERE request_id OPERATOR(pg_catalog.=) ("
							  "SELECT r.request_id FROM liskeban.request AS r"
							  " WHERE r.ticket_id OPERATOR(pg_catalog.=) $1 AND r.kind OPERATOR(pg_catalog.=) $2"
							  " AND r.granted AND r.used_seq IS NULL ORDER BY r.request_id LIMIT 1)",
							  3, argtypes, values, NULL, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not write liskeban.request");
	SPI_finish();
	owner_leave(&scope);
}
