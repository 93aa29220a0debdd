/*
 * intake.c: who may bring requests into the platform, and for which source.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "compat.h"
#include "identity.h"
#include "intake.h"

PG_FUNCTION_INFO_V1(intake_source);
PG_FUNCTION_INFO_V1(intake_require_loader);
PG_FUNCTION_INFO_V1(intake_require_admin);
PG_FUNCTION_INFO_V1(intake_require_desk);
PG_FUNCTION_INFO_V1(intake_text_digest);

/* May the actor report for the source (NULL: for any at all)? */
static bool
reports_for(const Actor *actor, const char *source)
{
	for (int i = 0; i < actor->nmemberships; i++)
	{
		const Membership *m = &actor->memberships[i];

		if (m->duty == DUTY_SOURCE && !m->gateway &&
			(source == NULL || m->source == NULL || strcmp(m->source, source) == 0))
			return true;
	}
	return false;
}

static bool
stands_above(const Actor *actor)
{
	return actor->admin || actor->platform;
}

/*
 * The source that a request of this caller is from: the one given, else the one of its memberships; *reason says why there
 * is none.  42501 where the caller is no source at all.
 */
const char *
intake_resolve_source(const char *given, const char **reason)
{
	const Actor *actor = identity_actor();
	const char *source = given;

	*reason = NULL;
	if (given != NULL && given[0] == '\0')
		source = NULL;
	if (!stands_above(actor))
	{
		if (!reports_for(actor, NULL))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("\"%s\" reports for no source", actor->name),
					 errhint("Its duty \"source\" is a row of liskeban.membership.")));
		if (source == NULL)
		{
			for (int i = 0; i < actor->nmemberships; i++)
			{
				const Membership *m = &actor->memberships[i];

				if (m->duty != DUTY_SOURCE || m->gateway || m->source == NULL)
					continue;
				if (source != NULL && strcmp(source, m->source) != 0)
				{
					source = NULL;
					break;
				}
				source = m->source;
			}
		}
		else if (!reports_for(actor, source))
			*reason = psprintf(_("\"%s\" does not report for this source: %s"), actor->name, source);
	}
	if (source == NULL)
		*reason = _("source is missing");
	return source;
}

/* liskeban._intake_source(given text, OUT source text, OUT reason text): the same for SQL. */
Datum
intake_source(PG_FUNCTION_ARGS)
{
	const char *reason;
	const char *source = intake_resolve_source(PG_ARGISNULL(0) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(0)), &reason);
	TupleDesc	desc;
	Datum		values[2];
	bool		nulls[2];

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	nulls[0] = source == NULL;
	nulls[1] = reason == NULL;
	values[0] = source ? CStringGetTextDatum(source) : (Datum) 0;
	values[1] = reason ? CStringGetTextDatum(reason) : (Datum) 0;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* liskeban._require_loader(source text, registered boolean): 42501 unless the caller may load files for the source. */
Datum
intake_require_loader(PG_FUNCTION_ARGS)
{
	const Actor *actor = identity_actor();
	char	   *source = text_to_cstring(PG_GETARG_TEXT_PP(0));

	if (stands_above(actor))
		PG_RETURN_VOID();
	if (!reports_for(actor, source))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" does not report for source \"%s\"", actor->name, source)));
	if (!PG_GETARG_BOOL(1))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("source \"%s\" is not registered", source),
				 errhint("Only an administrator's load registers an unseen source.")));
	PG_RETURN_VOID();
}

/* liskeban._require_admin(what text): 42501 unless the caller administers the platform. */
Datum
intake_require_admin(PG_FUNCTION_ARGS)
{
	const Actor *actor = identity_actor();

	if (!stands_above(actor))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not do this: %s", actor->name, _(text_to_cstring(PG_GETARG_TEXT_PP(0)))),
				 errhint("It is for administrators (liskeban_admin).")));
	PG_RETURN_VOID();
}

/* liskeban._require_desk(what text): 42501 unless the caller administers the platform or dispatches somewhere in it. */
Datum
intake_require_desk(PG_FUNCTION_ARGS)
{
	const Actor *actor = identity_actor();
	bool		desk = stands_above(actor);

	for (int i = 0; !desk && i < actor->nmemberships; i++)
		desk = actor->memberships[i].duty == DUTY_DISPATCHER && !actor->memberships[i].gateway;
	if (!desk)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not do this: %s", actor->name, _(text_to_cstring(PG_GETARG_TEXT_PP(0)))),
				 errhint("It is for administrators (liskeban_admin) and dispatchers.")));
	PG_RETURN_VOID();
}

/* liskeban._text_digest(text) returns bytea: SHA-256 of its bytes. */
Datum
intake_text_digest(PG_FUNCTION_ARGS)
{
	text	   *str = PG_GETARG_TEXT_PP(0);
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);
	bytea	   *result = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	SET_VARSIZE(result, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	if (hash == NULL || pg_cryptohash_init(hash) < 0 ||
		pg_cryptohash_update(hash, (const uint8 *) VARDATA_ANY(str), VARSIZE_ANY_EXHDR(str)) < 0 ||
		pg_cryptohash_final(hash, (uint8 *) VARDATA(result), PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not compute SHA-256");
	pg_cryptohash_free(hash);
	PG_RETURN_BYTEA_P(result);
}
