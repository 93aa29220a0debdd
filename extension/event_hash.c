/*
 * event_hash.c: the hash of one row of history.
 *
 * SHA-256 over a fixed binary form, version 1: the byte 1, then each field as a four-byte length and its bytes, all
 * numbers big-endian, a NULL as length FFFFFFFF: event_id (8), ticket_id (8), seq (4), run (4), at (8) and recorded_at
 * (8) in microseconds since 1970-01-01 UTC, action, from_state, to_state, actor, login in UTF-8, the SHA-256 of note,
 * the SHA-256 of detail's text.  Digests stand for the redactable parts, so that redaction keeps the hash.  This form
 * is on disk and never changes; a later one has another version byte.
 */
#include "postgres.h"

#include <openssl/evp.h>

#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "event_hash.h"
#include "liskeban.h"

PG_FUNCTION_INFO_V1(event_hash_sql);

#define EVENT_HASH_VERSION 1

void
event_hasher_init(EventHasher *hasher)
{
	initStringInfo(&hasher->buf);
}

void
event_hasher_free(EventHasher *hasher)
{
	pfree(hasher->buf.data);
}

/*
 * SHA-256.  By OpenSSL itself, which the server's own pg_cryptohash would ask for its algorithm by name at each digest;
 * the algorithm and one context are kept for the backend.
 */
void
event_digest(EventHasher *hasher, const void *data, Size len, uint8 *digest)
{
	static const EVP_MD *sha256 = NULL;
	static EVP_MD_CTX *ctx = NULL;

	if (sha256 == NULL)
		sha256 = compat_sha256();
	if (ctx == NULL)
		ctx = EVP_MD_CTX_new();
	if (sha256 == NULL || ctx == NULL ||
		EVP_DigestInit_ex(ctx, sha256, NULL) != 1 ||
		EVP_DigestUpdate(ctx, data, len) != 1 ||
		EVP_DigestFinal_ex(ctx, digest, NULL) != 1)
		elog(ERROR, "could not compute SHA-256");
}

static void
put_bytes(StringInfo buf, const void *data, uint32 len)
{
	uint32		n = pg_hton32(data == NULL ? 0xFFFFFFFF : len);

	appendBinaryStringInfo(buf, (const char *) &n, sizeof(n));
	if (data != NULL)
		appendBinaryStringInfo(buf, data, len);
}

static void
put_int64(StringInfo buf, int64 value)
{
	uint64		n = pg_hton64((uint64) value);

	put_bytes(buf, &n, sizeof(n));
}

static void
put_int32(StringInfo buf, int32 value)
{
	uint32		n = pg_hton32((uint32) value);

	put_bytes(buf, &n, sizeof(n));
}

static void
put_time(StringInfo buf, TimestampTz t)
{
	put_int64(buf, t + ((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY));
}

static void
put_text(StringInfo buf, const char *str)
{
	put_bytes(buf, str, str ? strlen(str) : 0);
}

void
event_hash(EventHasher *hasher, const EventFields *event, uint8 *hash)
{
	StringInfo	buf = &hasher->buf;
	uint8		detail_digest[PG_SHA256_DIGEST_LENGTH];

	if (event->detail != NULL && event->detail_text != NULL)
		event_digest(hasher, event->detail_text->data, event->detail_text->len, detail_digest);
	else if (event->detail != NULL)
	{
		resetStringInfo(buf);
		(void) JsonbToCString(buf, &event->detail->root, VARSIZE(event->detail));
		event_digest(hasher, buf->data, buf->len, detail_digest);
	}
	resetStringInfo(buf);
	appendStringInfoChar(buf, EVENT_HASH_VERSION);
	put_int64(buf, event->event_id);
	put_int64(buf, event->ticket_id);
	put_int32(buf, event->seq);
	put_int32(buf, event->run);
	put_time(buf, event->at);
	put_time(buf, event->recorded_at);
	put_text(buf, event->action);
	put_text(buf, event->from_state);
	put_text(buf, event->to_state);
	put_text(buf, event->actor);
	put_text(buf, event->login);
	put_bytes(buf, event->note_digest, PG_SHA256_DIGEST_LENGTH);
	put_bytes(buf, event->detail ? detail_digest : NULL, PG_SHA256_DIGEST_LENGTH);
	event_digest(hasher, buf->data, buf->len, hash);
}

/*
 * event_hash(event_id, ticket_id, seq, run, at, recorded_at, action, from_state, to_state, actor, login,
 * note_digest, detail): what the row's hash must be.
 */
Datum
event_hash_sql(PG_FUNCTION_ARGS)
{
	EventHasher hasher;
	EventFields event;
	bytea	   *digest = PG_ARGISNULL(11) ? NULL : PG_GETARG_BYTEA_PP(11);
	bytea	   *result = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	for (int i = 0; i < 11; i++)
		if (i != 7 && PG_ARGISNULL(i))
			PG_RETURN_NULL();
	if (digest != NULL && VARSIZE_ANY_EXHDR(digest) != PG_SHA256_DIGEST_LENGTH)
		PG_RETURN_NULL();
	event.event_id = PG_GETARG_INT64(0);
	event.ticket_id = PG_GETARG_INT64(1);
	event.seq = PG_GETARG_INT32(2);
	event.run = PG_GETARG_INT32(3);
	event.at = PG_GETARG_TIMESTAMPTZ(4);
	event.recorded_at = PG_GETARG_TIMESTAMPTZ(5);
	event.action = text_to_cstring(PG_GETARG_TEXT_PP(6));
	event.from_state = PG_ARGISNULL(7) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(7));
	event.to_state = text_to_cstring(PG_GETARG_TEXT_PP(8));
	event.actor = text_to_cstring(PG_GETARG_TEXT_PP(9));
	event.login = text_to_cstring(PG_GETARG_TEXT_PP(10));
	event.note_digest = digest ? (const uint8 *) VARDATA_ANY(digest) : NULL;
	event.detail = PG_ARGISNULL(12) ? NULL : PG_GETARG_JSONB_P(12);
	event.detail_text = NULL;

	event_hasher_init(&hasher);
	SET_VARSIZE(result, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	event_hash(&hasher, &event, (uint8 *) VARDATA(result));
	event_hasher_free(&hasher);
	PG_RETURN_BYTEA_P(result);
}
