/*
 * ledger.c: what only grows besides history: who read personal data, what else is kept in ledgers, and the seals over them.
 *
 * A row of access_log is hashed as a row of history is (event_hash.c): event_id is access_id, seq and run are 0, action is
 * the purpose, to_state "access", the note the reason; of a resident ticket_id is resident_id, and to_state "resident".  The same is told to the server's log at once, for what was read in
 * a transaction that is then rolled back was read all the same.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "event_hash.h"
#include "identity.h"
#include "liskeban.h"
#include "maintain.h"
#include "query.h"
#include "registry_cache.h"

PG_FUNCTION_INFO_V1(append_ledger);
PG_FUNCTION_INFO_V1(log_access);
PG_FUNCTION_INFO_V1(seal_ledger);

#define ACCESS_COLUMNS 10

/*
 * _log_access(ticket_id bigint, purpose text, reason text, resident_id bigint) returns bigint: note who reads what, why;
 * returns access_id.
 */
Datum
log_access(PG_FUNCTION_ARGS)
{
	static SPIPlanPtr plan = NULL;
	Oid			argtypes[ACCESS_COLUMNS] = {
		INT8OID, TIMESTAMPTZOID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, BYTEAOID, BYTEAOID, INT8OID
	};
	Datum		values[ACCESS_COLUMNS];
	char		nulls[ACCESS_COLUMNS + 1] = "          ";
	bool		of_resident = !PG_ARGISNULL(3);
	const Actor *actor = identity_actor();
	text	   *reason;
	uint8		reason_digest[PG_SHA256_DIGEST_LENGTH];
	bytea	   *digest = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	bytea	   *hash = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	EventHasher hasher;
	EventFields event = {0};
	OwnerScope	scope;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("purpose and reason must not be NULL")));
	reason = PG_GETARG_TEXT_PP(2);

	/* Whoever draws an id has a transaction id by then, on which the ledgers' marks rest. */
	(void) GetTopTransactionId();
	owner_enter(&scope);
	event.event_id = nextval_internal(platform_relid("access_log_access_id_seq"), false);
	event.ticket_id = of_resident ? PG_GETARG_INT64(3) : PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0);
	event.at = event.recorded_at = liskeban_now();
	event.action = text_to_cstring(PG_GETARG_TEXT_PP(1));
	event.to_state = of_resident ? "resident" : "access";
	event.actor = actor->name;
	event.login = actor->login;
	event.note_digest = reason_digest;
	event_hasher_init(&hasher);
	event_digest(&hasher, VARDATA_ANY(reason), VARSIZE_ANY_EXHDR(reason), reason_digest);
	SET_VARSIZE(digest, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	memcpy(VARDATA(digest), reason_digest, PG_SHA256_DIGEST_LENGTH);
	SET_VARSIZE(hash, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	event_hash(&hasher, &event, (uint8 *) VARDATA(hash));
	event_hasher_free(&hasher);

	ereport(LOG_SERVER_ONLY,
			(errmsg("\"%s\" (login \"%s\") accesses personal data for \"%s\", %s " INT64_FORMAT ", access " INT64_FORMAT,
					event.actor, event.login, event.action, of_resident ? "resident" : "ticket", event.ticket_id, event.event_id),
			 errhidestmt(true), errhidecontext(true)));

	values[0] = Int64GetDatum(event.event_id);
	values[1] = TimestampTzGetDatum(event.at);
	values[2] = Int64GetDatum(event.ticket_id);
	nulls[2] = PG_ARGISNULL(0) ? 'n' : ' ';
	values[3] = CStringGetTextDatum(event.actor);
	values[4] = CStringGetTextDatum(event.login);
	values[5] = PG_GETARG_DATUM(1);
	values[6] = PointerGetDatum(reason);
	values[7] = PointerGetDatum(digest);
	values[8] = PointerGetDatum(hash);
	values[9] = of_resident ? PG_GETARG_DATUM(3) : (Datum) 0;
	nulls[9] = of_resident ? ' ' : 'n';
	SPI_connect();
	query_plan(&plan, "INSERT INTO liskeban.access_log (access_id, at, ticket_id, actor, login, purpose, reason,"
			   " reason_digest, hash, resident_id) OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
			   ACCESS_COLUMNS, argtypes);
	if (maintain_append(plan, values, nulls) != SPI_OK_INSERT)
		elog(ERROR, "could not append to liskeban.access_log");
	SPI_finish();
	owner_leave(&scope);
	PG_RETURN_INT64(event.event_id);
}

/*
 * _append_ledger(ledger text, entry jsonb) returns bigint: append an entry to a table of liskeban.ledger, stamped with its
 * key, the time and who it was; returns the key.  Ledgers have columns at, actor and login beside their own.
 */
Datum
append_ledger(PG_FUNCTION_ARGS)
{
	Oid			argtypes[5] = {JSONBOID, INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID};
	Datum		values[5];
	Datum		name;
	char	   *ledger;
	char	   *key;
	const Actor *actor = identity_actor();
	SPIPlanPtr	plan;
	OwnerScope	scope;
	bool		isnull;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("ledger and entry must not be NULL")));
	name = PG_GETARG_DATUM(0);
	ledger = TextDatumGetCString(name);

	/* As for the access log: an id is drawn within a transaction that has its own. */
	(void) GetTopTransactionId();
	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("SELECT l.key FROM liskeban.ledger AS l WHERE l.name OPERATOR(pg_catalog.=) $1",
							  1, (Oid[]) {TEXTOID}, &name, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for a ledger");
	if (SPI_processed == 0)
		elog(ERROR, "there is no ledger \"%s\"", ledger);
	key = TextDatumGetCString(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));

	values[0] = PG_GETARG_DATUM(1);
	values[1] = Int64GetDatum(nextval_internal(platform_relid(psprintf("%s_%s_seq", ledger, key)), false));
	values[2] = TimestampTzGetDatum(liskeban_now());
	values[3] = CStringGetTextDatum(actor->name);
	values[4] = CStringGetTextDatum(actor->login);
	plan = SPI_prepare(psprintf("INSERT INTO liskeban.%1$s OVERRIDING SYSTEM VALUE SELECT (pg_catalog.jsonb_populate_record("
								"NULL::liskeban.%1$s, $1 OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object("
								"%2$s, $2, 'at', $3, 'actor', $4, 'login', $5))).*",
								quote_identifier(ledger), quote_literal_cstr(key)), 5, argtypes);
	if (plan == NULL || maintain_append(plan, values, NULL) != SPI_OK_INSERT)
		elog(ERROR, "could not append to liskeban.%s", ledger);
	SPI_finish();
	owner_leave(&scope);
	PG_RETURN_DATUM(values[1]);
}

/*
 * _seal_ledger(ledger text, to_id bigint) returns bigint: append the seal that liskeban._next_ledger_seal() works out;
 * returns 1, or 0 where there is nothing to seal.
 */
Datum
seal_ledger(PG_FUNCTION_ARGS)
{
	static SPIPlanPtr plan = NULL;
	Oid			argtypes[2] = {TEXTOID, INT8OID};
	Datum		values[2];
	OwnerScope	scope;
	int64		sealed;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	values[0] = PG_GETARG_DATUM(0);
	values[1] = PG_GETARG_DATUM(1);
	owner_enter(&scope);
	SPI_connect();
	query_plan(&plan, "INSERT INTO liskeban.ledger_seal SELECT (liskeban._next_ledger_seal($1, $2)).*", 2, argtypes);
	if (maintain_append(plan, values, NULL) != SPI_OK_INSERT)
		elog(ERROR, "could not append to liskeban.ledger_seal");
	sealed = (int64) SPI_processed;
	SPI_finish();
	owner_leave(&scope);
	PG_RETURN_INT64(sealed);
}
