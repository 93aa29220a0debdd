/*
 * ticket_known.c: what hangs on a ticket hangs on one there is.
 *
 *   CREATE TRIGGER ticket_known_insert AFTER INSERT ON liskeban.<table> REFERENCING NEW TABLE AS new_rows
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.ticket_known();
 *   CREATE TRIGGER ticket_known_update AFTER UPDATE ON liskeban.<table> REFERENCING NEW TABLE AS new_rows
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.ticket_known();
 *
 * Tickets never go away, so this is all that a foreign key would see to; one would make TRUNCATE of the ticket fail
 * as a matter of keys (0A000) before the guard can say that it is a matter of history (LK004).
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/rel.h"

#include "registry_cache.h"

PG_FUNCTION_INFO_V1(ticket_known);

Datum
ticket_known(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	OwnerScope	scope;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_FOR_STATEMENT(trigdata->tg_event) ||
		trigdata->tg_newtable == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a statement trigger with a transition table",
						"ticket_known")));
	if (tuplestore_tuple_count(trigdata->tg_newtable) == 0)
		PG_RETURN_POINTER(NULL);
	owner_enter(&scope);
	SPI_connect();
	SPI_register_trigger_data(trigdata);
	if (SPI_execute("SELECT n.ticket_id FROM new_rows AS n WHERE n.ticket_id IS NOT NULL AND NOT EXISTS"
					" (SELECT FROM liskeban.ticket AS t WHERE t.ticket_id OPERATOR(pg_catalog.=) n.ticket_id)",
					false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for the tickets of new rows");
	if (SPI_processed > 0)
	{
		bool		isnull;

		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("there is no ticket " INT64_FORMAT " for a row of \"%s\"",
						DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull)),
						RelationGetRelationName(trigdata->tg_relation))));
	}
	SPI_finish();
	owner_leave(&scope);
	PG_RETURN_POINTER(NULL);
}
