/*
 * duplicate.c: a ticket merged into its lead.
 *
 * What follows for the merged tickets from what happens to their lead stands in consequence.c.  Locks: a lead before
 * those merged into it; of two tickets that are to be merged the lower number first.  A plain UPDATE has locked the
 * ticket before anything here is asked, so of a lead with a lower number it would wait in the wrong order.  Who does,
 * bars the pair with an advisory lock, and whoever meets that is told so instead of waiting for each other.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/snapmgr.h"

#include "duplicate.h"
#include "liskeban.h"
#include "maintain.h"
#include "registry_cache.h"

PG_FUNCTION_INFO_V1(begin_merge);

extern Datum begin_move(PG_FUNCTION_ARGS);

/* "LKmg", above a digest of the pair */
#define PAIR_LOCK (INT64CONST(0x4c4b6d67) << 32)

#define LOCK_TRIES 50

/* Bar a pair of tickets from being merged by another session the other way round. */
static void
lock_pair(int64 ticket_id, int64 lead_id, bool exclusive)
{
	uint32		pair = hash_combine(hash_bytes_uint32((uint32) (Min(ticket_id, lead_id) % PG_UINT32_MAX)),
									hash_bytes_uint32((uint32) (Max(ticket_id, lead_id) % PG_UINT32_MAX)));
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(PAIR_LOCK | pair)};
	bool		isnull;
	bool		locked = false;

	SPI_connect();
	for (int i = 0; i < LOCK_TRIES && !locked; i++)
	{
		/* Who waited for the other's row wakes a moment before a commit lets go of the other's advisory locks. */
		if (i > 0)
			pg_usleep(1000L);
		if (SPI_execute_with_args(exclusive ? "SELECT pg_catalog.pg_try_advisory_xact_lock($1)"
								  : "SELECT pg_catalog.pg_try_advisory_xact_lock_shared($1)",
								  1, argtypes, values, NULL, false, 1) != SPI_OK_SELECT)
			elog(ERROR, "could not lock a pair of tickets");
		locked = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	}
	SPI_finish();
	if (!locked)
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("ticket " INT64_FORMAT " and ticket " INT64_FORMAT " are being merged by another session",
						ticket_id, lead_id),
				 errhint("Look at them again once that is done.")));
}

/* Lock a ticket as the owner and say whether another may be merged into it; false too when there is none. */
static bool
lock_lead(int64 lead_id)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(lead_id)};
	OwnerScope	scope;
	bool		isnull;
	bool		open = false;

	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("SELECT state OPERATOR(pg_catalog.=) ANY"
							  " ('{reported,accepted,dispatched,on_site,planned,suspended,resolved}'::liskeban.ticket_state[])"
							  " FROM liskeban.ticket WHERE ticket_id OPERATOR(pg_catalog.=) $1 FOR SHARE",
							  1, argtypes, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not lock a row of liskeban.ticket");
	if (SPI_processed == 1)
		open = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_finish();
	owner_leave(&scope);
	return open;
}

void
duplicate_check_lead(const Change *change)
{
	int64		ticket_id = row_int64(&change->old, TC_TICKET_ID);
	int64		lead_id = row_int64(&change->new, TC_MERGED_INTO);

	if (lead_id != ticket_id)
	{
		lock_pair(ticket_id, lead_id, lead_id < ticket_id);
		if (lock_lead(lead_id))
			return;
	}
	change_refuse_missing(change, _("merged_into: another open ticket, itself not merged"));
}

/*
 * begin_merge(ticket_id bigint, lead_id bigint): begin_move() for merge, with the two rows locked in their order.
 */
Datum
begin_merge(PG_FUNCTION_ARGS)
{
	if (!PG_ARGISNULL(0) && !PG_ARGISNULL(1) && PG_GETARG_INT64(0) != PG_GETARG_INT64(1))
	{
		lock_pair(PG_GETARG_INT64(0), PG_GETARG_INT64(1), false);
		if (PG_GETARG_INT64(1) < PG_GETARG_INT64(0))
			(void) lock_lead(PG_GETARG_INT64(1));
	}
	fcinfo->args[1].value = CStringGetTextDatum("merge");
	fcinfo->args[1].isnull = false;
	return begin_move(fcinfo);
}

void
duplicate_check_snapshot(int64 lead_id)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(lead_id)};
	int64		seen[2];

	if (!IsolationUsesXactSnapshot())
		return;
	SPI_connect();
	for (int i = 0; i < 2; i++)
	{
		bool		isnull;

		PushCopiedSnapshot(i == 0 ? GetTransactionSnapshot() : GetLatestSnapshot());
		UpdateActiveSnapshotCommandId();
		if (SPI_execute_with_args("SELECT pg_catalog.count(*) FROM liskeban.ticket WHERE merged_into OPERATOR(pg_catalog.=) $1"
								  " AND state OPERATOR(pg_catalog.=) 'merged'",
								  1, argtypes, values, NULL, true, 1) != SPI_OK_SELECT)
			elog(ERROR, "could not read liskeban.ticket");
		seen[i] = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
		PopActiveSnapshot();
	}
	SPI_finish();
	if (seen[0] != seen[1])
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update"),
				 errdetail("Tickets were merged into ticket " INT64_FORMAT ", or unmerged, meanwhile.", lead_id)));
}

void
duplicate_lock_lead(int64 ticket_id)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(ticket_id)};
	OwnerScope	scope;

	owner_enter(&scope);
	SPI_connect();
	/* Where it is merged into another meanwhile, the answer is given of that one's result, in the other order. */
	if (SPI_execute_with_args("SELECT FROM liskeban.ticket AS l WHERE l.ticket_id OPERATOR(pg_catalog.=) ("
							  "SELECT t.merged_into FROM liskeban.ticket AS t WHERE t.ticket_id OPERATOR(pg_catalog.=) $1"
							  " AND t.state OPERATOR(pg_catalog.=) 'merged') FOR UPDATE",
							  1, argtypes, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not lock a row of liskeban.ticket");
	SPI_finish();
	owner_leave(&scope);
}

bool
duplicate_read_lead(const TicketRow *merged, TicketRow *lead)
{
	return !row_isnull(merged, TC_MERGED_INTO) && ticket_read(row_int64(merged, TC_MERGED_INTO), false, lead);
}

void
duplicate_check_lead_open(const TicketRow *row, Datum detail)
{
	JsonbValue	pair;
	JsonbValue *lead = NULL;

	if (detail != 0 &&
		getKeyJsonValueFromContainer(&DatumGetJsonbP(detail)->root, "merged_into", strlen("merged_into"), &pair) != NULL &&
		pair.type == jbvBinary)
		lead = getIthJsonbValueFromContainer(pair.val.binary.data, 0);
	if (lead == NULL || lead->type != jbvNumeric ||
		!lock_lead(DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(lead->val.numeric)))))
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("\"%s\" of ticket " INT64_FORMAT " cannot be reverted", "unmerge", row_int64(row, TC_TICKET_ID)),
				 errdetail("Missing: merged_into: another open ticket, itself not merged.")));
}
