/*
 * seal.c: seals what is final of history, so that even who may switch triggers off cannot change it unseen.
 *
 * A seal covers a range of event ids and chains the hashes of the events in it to the seal before: its root is
 * SHA-256(root of the seal before || hash of each event in the order of event_id).  Only final ranges are sealed
 * (watermark.c), so no event can come to lie in a sealed range later on.
 *
 * Beside the root a seal keeps a mark of each event, 24 bytes: event_id, ticket_id (8 each), seq (4), all big-endian,
 * and the first 4 bytes of its hash.  The root proves, the marks tell which event it was.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "liskeban.h"
#include "maintain.h"
#include "registry_cache.h"
#include "watermark.h"

PG_FUNCTION_INFO_V1(seal_history);
PG_FUNCTION_INFO_V1(seal_marks);
PG_FUNCTION_INFO_V1(seal_hashes);

#define SEAL_EVENTS 1000		/* at most in one seal: what a broken root points at */
#define MARK_HASH 4

typedef struct SealMark
{
	uint64		event_id;
	uint64		ticket_id;
	uint32		seq;
	char		hash[MARK_HASH];
} SealMark;

StaticAssertDecl(sizeof(SealMark) == 24, "marks on disk are 24 bytes");

/* The end of the chain. */
typedef struct Seal
{
	int64		seal_id;
	int64		to_event_id;
	bytea	   *root;			/* NULL before the first */
} Seal;

static void
update_hash(pg_cryptohash_ctx *ctx, const bytea *data)
{
	if (pg_cryptohash_update(ctx, (const uint8 *) VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data)) < 0)
		elog(ERROR, "could not compute SHA-256: %s", pg_cryptohash_error(ctx));
}

static void
last_seal(Seal *seal)
{
	bool		isnull;

	if (SPI_execute("SELECT seal_id, to_event_id, root FROM liskeban.seal ORDER BY seal_id DESC LIMIT 1",
					false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.seal");
	if (SPI_processed == 0)
	{
		seal->seal_id = 0;
		seal->to_event_id = watermark_origin();
		seal->root = NULL;
		return;
	}
	seal->seal_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	seal->to_event_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull));
	seal->root = DatumGetByteaPCopy(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 3, &isnull));
}

/*
 * Seal the rows of SPI_tuptable as the range that follows seal and ends at to; seal becomes the new one.
 */
static void
append_seal(Seal *seal, SPIPlanPtr plan, pg_cryptohash_ctx *ctx, int64 to)
{
	SPITupleTable *rows = SPI_tuptable;
	bytea	   *marks = palloc(VARHDRSZ + rows->numvals * sizeof(SealMark));
	char	   *place = VARDATA(marks);	/* after four bytes: not aligned as a mark is */
	bytea	   *root = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	Datum		values[8];

	if (pg_cryptohash_init(ctx) < 0)
		elog(ERROR, "could not compute SHA-256: %s", pg_cryptohash_error(ctx));
	if (seal->root != NULL)
		update_hash(ctx, seal->root);
	for (uint64 i = 0; i < rows->numvals; i++, place += sizeof(SealMark))
	{
		SealMark	mark = {0};
		bool		isnull;
		bytea	   *hash = DatumGetByteaPP(SPI_getbinval(rows->vals[i], rows->tupdesc, 4, &isnull));

		update_hash(ctx, hash);
		mark.event_id = pg_hton64(DatumGetInt64(SPI_getbinval(rows->vals[i], rows->tupdesc, 1, &isnull)));
		mark.ticket_id = pg_hton64(DatumGetInt64(SPI_getbinval(rows->vals[i], rows->tupdesc, 2, &isnull)));
		mark.seq = pg_hton32(DatumGetInt32(SPI_getbinval(rows->vals[i], rows->tupdesc, 3, &isnull)));
		memcpy(mark.hash, VARDATA_ANY(hash), Min(MARK_HASH, VARSIZE_ANY_EXHDR(hash)));
		memcpy(place, &mark, sizeof(SealMark));
	}
	SET_VARSIZE(marks, VARHDRSZ + rows->numvals * sizeof(SealMark));
	SET_VARSIZE(root, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	if (pg_cryptohash_final(ctx, (uint8 *) VARDATA(root), PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not compute SHA-256: %s", pg_cryptohash_error(ctx));

	values[0] = Int64GetDatum(seal->seal_id + 1);
	values[1] = Int64GetDatum(seal->to_event_id + 1);
	values[2] = Int64GetDatum(to);
	values[3] = Int64GetDatum((int64) rows->numvals);
	values[4] = PointerGetDatum(root);
	values[5] = PointerGetDatum(seal->root);
	values[6] = PointerGetDatum(marks);
	values[7] = TimestampTzGetDatum(liskeban_now());
	if (maintain_append(plan, values, seal->root == NULL ? "     n  " : NULL) != SPI_OK_INSERT)
		elog(ERROR, "could not append to liskeban.seal");

	if (seal->root != NULL)
		pfree(seal->root);
	pfree(marks);
	seal->seal_id++;
	seal->to_event_id = to;
	seal->root = root;
}

/*
 * seal_history() returns bigint: note a watermark and seal what is final and not sealed yet; returns how many events.
 */
Datum
seal_history(PG_FUNCTION_ARGS)
{
	OwnerScope	scope;
	Seal		seal;
	int64		final;
	int64		sealed = 0;

	owner_enter(&scope);
	final = watermark_note();
	LockRelationOid(platform_relid("seal"), ShareRowExclusiveLock);

	SPI_connect();
	last_seal(&seal);
	if (final > seal.to_event_id)
	{
		Oid			range_types[] = {INT8OID, INT8OID};
		Datum		range[] = {Int64GetDatum(seal.to_event_id), Int64GetDatum(final)};
		Oid			seal_types[] = {INT8OID, INT8OID, INT8OID, INT8OID, BYTEAOID, BYTEAOID, BYTEAOID, TIMESTAMPTZOID};
		pg_cryptohash_ctx *ctx = pg_cryptohash_create(PG_SHA256);
		SPIPlanPtr	plan;
		Portal		events;

		if (ctx == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_OUT_OF_MEMORY),
					 errmsg("out of memory")));
		plan = SPI_prepare("INSERT INTO liskeban.seal (seal_id, from_event_id, to_event_id, events, root, previous, marks,"
						   " sealed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", 8, seal_types);
		if (plan == NULL)
			elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));

		/* Its snapshot is newer than the one that found the range final, so it sees all of it. */
		events = SPI_cursor_open_with_args(NULL,
										   "SELECT event_id, ticket_id, seq, hash FROM liskeban.ticket_event"
										   " WHERE event_id > $1 AND event_id <= $2 ORDER BY event_id",
										   2, range_types, range, NULL, false, CURSOR_OPT_NO_SCROLL);
		for (;;)
		{
			SPITupleTable *rows;
			uint64		n;
			int64		to = final;
			bool		isnull;

			CHECK_FOR_INTERRUPTS();
			SPI_cursor_fetch(events, true, SEAL_EVENTS);
			n = SPI_processed;
			rows = SPI_tuptable;
			if (n == 0)
				break;
			if (n == SEAL_EVENTS)
				to = DatumGetInt64(SPI_getbinval(rows->vals[n - 1], rows->tupdesc, 1, &isnull));
			append_seal(&seal, plan, ctx, to);
			SPI_freetuptable(rows);
			sealed += n;
		}
		SPI_cursor_close(events);
		pg_cryptohash_free(ctx);
	}
	SPI_finish();
	owner_leave(&scope);
	PG_RETURN_INT64(sealed);
}

/*
 * One row for each entry: event_id, ticket_id, seq and hash_len bytes of the hash; of one ticket, unless all are asked for.
 */
static Datum
read_entries(FunctionCallInfo fcinfo, int hash_len, bool all, int64 ticket_id)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Size		width = offsetof(SealMark, hash) + hash_len;
	bytea	   *entries;
	bytea	   *hash = palloc(VARHDRSZ + hash_len);
	const char *data;
	Size		n;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	entries = PG_GETARG_BYTEA_PP(0);
	data = VARDATA_ANY(entries);
	n = VARSIZE_ANY_EXHDR(entries) / width;
	SET_VARSIZE(hash, VARHDRSZ + hash_len);
	for (Size i = 0; i < n; i++, data += width)
	{
		SealMark	mark;
		Datum		values[4];
		bool		nulls[4] = {false};

		memcpy(&mark, data, offsetof(SealMark, hash));
		if (!all && (int64) pg_ntoh64(mark.ticket_id) != ticket_id)
			continue;
		memcpy(VARDATA(hash), data + offsetof(SealMark, hash), hash_len);
		values[0] = Int64GetDatum((int64) pg_ntoh64(mark.event_id));
		values[1] = Int64GetDatum((int64) pg_ntoh64(mark.ticket_id));
		values[2] = Int32GetDatum((int32) pg_ntoh32(mark.seq));
		values[3] = PointerGetDatum(hash);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * _seal_marks(marks bytea, ticket_id bigint) returns (event_id, ticket_id, seq, hash_start): the marks of a seal, or
 * only those of one ticket.
 */
Datum
seal_marks(PG_FUNCTION_ARGS)
{
	return read_entries(fcinfo, MARK_HASH, PG_ARGISNULL(1), PG_ARGISNULL(1) ? 0 : PG_GETARG_INT64(1));
}

/*
 * _seal_hashes(hashes bytea) returns (event_id, ticket_id, seq, hash): what is kept of a seal's events that have been
 * archived; as marks, but with the whole hash.
 */
Datum
seal_hashes(PG_FUNCTION_ARGS)
{
	return read_entries(fcinfo, PG_SHA256_DIGEST_LENGTH, true, 0);
}
