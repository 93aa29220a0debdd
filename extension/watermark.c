/*
 * watermark.c: how far history is final.
 *
 * Event ids are drawn in order but committed in any order: below the highest one seen there may be gaps that a
 * transaction still open will fill.  A mark says up to where that is over.  It holds, read in this order,
 *
 *   noted_at  the instant up to which everything recorded will be covered, see covered_until();
 *   B         the last event_id drawn;
 *   X         the next transaction id that will be given out,
 *
 * and is final once a snapshot's xmin is X or later.  Proof: whoever drew an event_id up to B did so before B was read
 * (the sequence hands out one number at a time, CACHE 1, which is checked), and had a transaction id before it drew
 * (ticket_log.c), which is therefore below X.  While it runs, or is prepared, every snapshot's xmin is at or below that
 * id, hence below X.  So xmin >= X means that all who drew up to B are over, and the snapshot, like every later one,
 * sees all they left.  X is not a snapshot's xmax: that one follows the last transaction completed, and a running
 * transaction may bear that very number.
 *
 * Transaction ids mean nothing in another cluster: a mark that bears another system identifier came with a restored
 * dump.  None of the transactions that could have filled its gaps runs here, nor can one of them ever commit here, and
 * new ids are drawn above B; so it is final at once.  The next mark is this cluster's own.  Where the dump is restored
 * beside its origin in the same cluster, X is still of that cluster and the rule holds as it stands.
 *
 * xmin counts the transactions of the whole cluster, so a long one in another database holds marks back too: late,
 * never wrong.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_sequence.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

#include "liskeban.h"
#include "maintain.h"
#include "registry_cache.h"
#include "watermark.h"

PG_FUNCTION_INFO_V1(next_transaction_id);
PG_FUNCTION_INFO_V1(note_watermark);

#define SETTLE_MICROSECONDS 20000

/* Read the event ids' sequence: the last one drawn, or the one before the first. */
static int64
last_drawn(bool *is_called)
{
	LOCAL_FCINFO(fcinfo, 1);
	Oid			relid = platform_relid("ticket_event_event_id_seq");
	Datum		value;

	InitFunctionCallInfoData(*fcinfo, NULL, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = ObjectIdGetDatum(relid);
	fcinfo->args[0].isnull = false;
	value = pg_sequence_last_value(fcinfo);
	*is_called = !fcinfo->isnull;
	return *is_called ? DatumGetInt64(value) : 0;
}

int64
watermark_origin(void)
{
	HeapTuple	tup = SearchSysCache1(SEQRELID, ObjectIdGetDatum(platform_relid("ticket_event_event_id_seq")));
	int64		origin;
	int64		cache;

	if (!HeapTupleIsValid(tup))
		elog(ERROR, "cache lookup failed for the sequence of event ids");
	origin = ((Form_pg_sequence) GETSTRUCT(tup))->seqmin - 1;
	cache = ((Form_pg_sequence) GETSTRUCT(tup))->seqcache;
	ReleaseSysCache(tup);
	if (cache != 1)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the sequence of event ids has CACHE " INT64_FORMAT ", not 1", cache),
				 errdetail("Sessions would draw numbers ahead, and nothing could ever be called final."),
				 errhint("ALTER SEQUENCE liskeban.ticket_event_event_id_seq CACHE 1, then end the sessions that wrote meanwhile.")));
	return origin;
}

/*
 * The instant up to which whatever is ever recorded has been drawn by now: recorded_at is when the writer's statement
 * began, so a statement that is still running may record what is older than now.  A statement appears among the
 * backends' activities an instant after it began; that instant is waited for.  Must come before B is read: then a
 * statement that draws above B either began after this instant or was seen here.
 */
static TimestampTz
covered_until(void)
{
	TimestampTz until = liskeban_now();
	int			n;

	/* A replay goes by its own time, which no other session's clock has to do with. */
	if (until != GetCurrentStatementStartTimestamp())
		return until;
	while (GetCurrentTimestamp() < until + SETTLE_MICROSECONDS)
	{
		CHECK_FOR_INTERRUPTS();
		pg_usleep(SETTLE_MICROSECONDS / 4);
	}

	pgstat_clear_backend_activity_snapshot();
	n = pgstat_fetch_stat_numbackends();
	for (int i = 1; i <= n; i++)
	{
		LocalPgBackendStatus *local = compat_local_beentry(i);
		PgBackendStatus *backend;
		TimestampTz began;

		if (local == NULL)
			continue;
		backend = &local->backendStatus;
		if (backend->st_procpid == MyProcPid || backend->st_databaseid != MyDatabaseId ||
			(backend->st_backendType != B_BACKEND && backend->st_backendType != B_BG_WORKER))
			continue;
		if (backend->st_state == STATE_RUNNING || backend->st_state == STATE_FASTPATH)
			began = backend->st_activity_start_timestamp;
		else if (backend->st_state == STATE_DISABLED)
			began = backend->st_proc_start_timestamp;	/* track_activities is off: it may be running anything */
		else
			continue;
		if (began <= until)
			until = began - 1;
	}
	pgstat_clear_backend_activity_snapshot();
	return until;
}

/* The xmin of a new snapshot, as a number that does not wrap around. */
static FullTransactionId
newest_xmin(void)
{
	TransactionId xmin = GetLatestSnapshot()->xmin;
	FullTransactionId next = ReadNextFullTransactionId();
	uint32		epoch = EpochFromFullTransactionId(next);

	if (xmin > XidFromFullTransactionId(next))
		epoch--;
	return FullTransactionIdFromEpochAndXid(epoch, xmin);
}

/* What SQL cannot ask for: the ledgers' marks rest on it too. */
Datum
next_transaction_id(PG_FUNCTION_ARGS)
{
	PG_RETURN_FULLTRANSACTIONID(ReadNextFullTransactionId());
}

/* One statement on liskeban.watermark. */
static void
execute(const char *sql, int nargs, Oid *argtypes, Datum *values, const char *nulls)
{
	SPIPlanPtr	plan = SPI_prepare(sql, nargs, argtypes);

	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s: %s", SPI_result_code_string(SPI_result), sql);
	if (maintain_append(plan, values, nulls) < 0)
		elog(ERROR, "could not write to liskeban.watermark: %s", sql);
	SPI_freeplan(plan);
}

int64
watermark_note(void)
{
	int64		origin = watermark_origin();
	int64		last;
	int64		final;
	bool		any;
	TimestampTz noted_at;
	FullTransactionId next;
	FullTransactionId xmin;
	bool		isnull;

	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("watermarks are noted under READ COMMITTED only"),
				 errdetail("An older snapshot does not see what became final meanwhile.")));

	/* One job at a time; readers are not kept. */
	LockRelationOid(platform_relid("watermark"), ShareRowExclusiveLock);

	/* All reading comes before the first write, which gives this transaction an id and holds its own mark back. */
	noted_at = covered_until();
	last = last_drawn(&any);
	if (!any)
		last = origin;
	next = ReadNextFullTransactionId();
	xmin = newest_xmin();

	SPI_connect();
	{
		Oid			argtypes[] = {TIMESTAMPTZOID, INT8OID, XID8OID};
		Datum		values[] = {
			TimestampTzGetDatum(liskeban_now()), Int64GetDatum((int64) GetSystemIdentifier()),
			FullTransactionIdGetDatum(xmin)
		};

		execute("UPDATE liskeban.watermark SET final_at = $1"
				" WHERE final_at IS NULL AND (system_identifier <> $2 OR next_xid <= $3)",
				3, argtypes, values, NULL);
	}
	{
		Oid			argtypes[] = {INT8OID, XID8OID, TIMESTAMPTZOID, INT8OID, TIMESTAMPTZOID};
		Datum		values[] = {
			Int64GetDatum(last), FullTransactionIdGetDatum(next), TimestampTzGetDatum(noted_at),
			Int64GetDatum((int64) GetSystemIdentifier()), TimestampTzGetDatum(liskeban_now())
		};

		/* While nobody else writes it is final at once. */
		execute("INSERT INTO liskeban.watermark (last_event_id, next_xid, noted_at, system_identifier, final_at)"
				" VALUES ($1, $2, $3, $4, $5)",
				5, argtypes, values, FullTransactionIdFollowsOrEquals(xmin, next) ? NULL : "    n");
	}
	{
		Oid			argtypes[] = {TEXTOID};
		Datum		values[] = {CStringGetTextDatum(platform_get()->time_zone)};

		/* Of the final ones each day keeps its last. */
		execute("DELETE FROM liskeban.watermark AS w USING liskeban.watermark AS later"
				" WHERE w.final_at IS NOT NULL AND later.final_at IS NOT NULL AND later.watermark_id > w.watermark_id"
				" AND later.noted_at >= w.noted_at AND later.last_event_id >= w.last_event_id"
				" AND (later.noted_at AT TIME ZONE $1)::date = (w.noted_at AT TIME ZONE $1)::date",
				1, argtypes, values, NULL);
	}
	if (SPI_execute("SELECT max(last_event_id) FROM liskeban.watermark WHERE final_at IS NOT NULL", false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.watermark");
	final = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	if (isnull)
		final = origin;
	SPI_finish();
	return final;
}

/*
 * note_watermark() returns bigint: the last final event_id, after a new mark was noted and older ones judged.
 */
Datum
note_watermark(PG_FUNCTION_ARGS)
{
	OwnerScope	scope;
	int64		final;

	owner_enter(&scope);
	final = watermark_note();
	owner_leave(&scope);
	PG_RETURN_INT64(final);
}
