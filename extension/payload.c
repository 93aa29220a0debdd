/*
 * payload.c: the payload of liskeban.submit() read into typed columns, with the digests by which it is known again.
 *
 * Nothing here raises for what the payload says: what cannot be read gets a reason, an impossible position is none.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/sha2.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "event_hash.h"
#include "record.h"

typedef enum FieldType
{
	FIELD_TEXT,
	FIELD_KEY,					/* a text that is searched by: not longer than MAX_KEY */
	FIELD_LABEL,				/* one of a list */
	FIELD_POSITION,
	FIELD_TIME,
	FIELD_PRIORITY,
	FIELD_FLAG,
	FIELD_OBJECT
} FieldType;

#define MAX_KEY 200

/* The columns of _request_fields(), after reason, digest and core. */
typedef struct RequestField
{
	const char *name;
	FieldType	type;
	bool		is_history;
	const char *const *labels;
} RequestField;

static const char *const kind_labels[] = {"demand", "hazard", "clue", "service", "policy", "patrol", "task", NULL};
static const char *const difficulty_labels[] = {"simple", "general", "hard", NULL};
static const char *const satisfaction_labels[] = {"satisfied", "neutral", "dissatisfied", "unreachable", NULL};

static const RequestField request_fields[] = {
	{"event", FIELD_KEY, false, NULL},
	{"source", FIELD_KEY, false, NULL},
	{"external_id", FIELD_KEY, false, NULL},
	{"category", FIELD_TEXT, false, NULL},
	{"title", FIELD_TEXT, false, NULL},
	{"description", FIELD_TEXT, false, NULL},
	{"address", FIELD_TEXT, false, NULL},
	{"lon", FIELD_POSITION, false, NULL},
	{"lat", FIELD_POSITION, false, NULL},
	{"datum", FIELD_TEXT, false, NULL},
	{"discovered_at", FIELD_TIME, false, NULL},
	{"reported_at", FIELD_TIME, false, NULL},
	{"reporter_name", FIELD_TEXT, false, NULL},
	{"reporter_phone", FIELD_TEXT, false, NULL},
	{"kind", FIELD_LABEL, false, kind_labels},
	{"priority", FIELD_PRIORITY, false, NULL},
	{"confidential", FIELD_FLAG, false, NULL},
	{"difficulty", FIELD_LABEL, false, difficulty_labels},
	{"extra", FIELD_OBJECT, false, NULL},
	{"text", FIELD_TEXT, false, NULL},
	{"accepted_at", FIELD_TIME, true, NULL},
	{"dispatched_at", FIELD_TIME, true, NULL},
	{"on_site_at", FIELD_TIME, true, NULL},
	{"planned_at", FIELD_TIME, true, NULL},
	{"plan", FIELD_TEXT, true, NULL},
	{"promised_at", FIELD_TIME, true, NULL},
	{"resolved_at", FIELD_TIME, true, NULL},
	{"resolution", FIELD_TEXT, true, NULL},
	{"closed_at", FIELD_TIME, true, NULL},
	{"satisfaction", FIELD_LABEL, true, satisfaction_labels},
	{"solved", FIELD_FLAG, true, NULL},
};

#define NFIELDS ((int) lengthof(request_fields))
#define NLEADING 3				/* reason, digest, core */

/* What may differ in a resend that only adds to a request; and what is not of the request at all. */
static const char *const supplement_members[] = {
	"title", "description", "text", "reporter_name", "reporter_phone", "attachments", NULL
};
static const char *const envelope_members[] = {"event", "source", NULL};

/* What stays the same over the calls of one statement, and room that they share. */
typedef struct CallState
{
	pg_tz	   *zone;
	TupleDesc	desc;
	int			lon;			/* places among request_fields */
	int			lat;
	int			datum;
	int			discovered;
	int			reported;
	int			planned;
	EventHasher hasher;
	StringInfoData whole;		/* what digest and core are taken over */
	StringInfoData core;
} CallState;

/* A member of a payload, read as far as digest and column both need it. */
typedef struct Scalar
{
	char	   *str;			/* NULL for a structure or null */
	bool		blank;
	bool		is_time;		/* str is one, at */
	TimestampTz at;
	bool		is_coordinate;	/* it is one */
	double		coordinate;
} Scalar;

PG_FUNCTION_INFO_V1(request_fields_of);

static bool
name_in(const JsonbValue *key, const char *const *names)
{
	for (; *names; names++)
		if (strlen(*names) == (size_t) key->val.string.len &&
			memcmp(*names, key->val.string.val, key->val.string.len) == 0)
			return true;
	return false;
}

static void
digest_add(StringInfo form, char type, const char *str, int len)
{
	char		lead[5];

	lead[0] = type;
	lead[1] = (char) (len >> 24);
	lead[2] = (char) (len >> 16);
	lead[3] = (char) (len >> 8);
	lead[4] = (char) len;
	appendBinaryStringInfo(form, lead, sizeof(lead));
	appendBinaryStringInfo(form, str, len);
}

static const RequestField *
field_find(const JsonbValue *key)
{
	for (int i = 0; i < NFIELDS; i++)
		if (key->val.string.len > 0 && request_fields[i].name[0] == key->val.string.val[0] &&
			strlen(request_fields[i].name) == (size_t) key->val.string.len &&
			memcmp(request_fields[i].name, key->val.string.val, key->val.string.len) == 0)
			return &request_fields[i];
	return NULL;
}

static bool
only_blanks(const char *str)
{
	return str[strspn(str, " \t\r\n")] == '\0';
}

static bool
read_coordinate(const JsonbValue *value, const char *str, double *result)
{
	if (value->type == jbvNumeric)
		*result = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
													 NumericGetDatum(value->val.numeric)));
	else
	{
		char	   *end;

		if (str[strspn(str, "0123456789+-.eE \t")] != '\0')
			return false;		/* also hexadecimal, nan, infinity */
		*result = strtod(str, &end);
		if (end == str || !only_blanks(end))
			return false;
	}
	return !isnan(*result) && !isinf(*result);
}

static void
read_scalar(const RequestField *field, const JsonbValue *value, pg_tz *zone, Scalar *scalar)
{
	memset(scalar, 0, sizeof(*scalar));
	if (value->type == jbvString)
		scalar->str = pnstrdup(value->val.string.val, value->val.string.len);
	else if (value->type == jbvNumeric)
		scalar->str = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
	else if (value->type == jbvBool)
		scalar->str = value->val.boolean ? "true" : "false";
	if (scalar->str == NULL)
		return;
	scalar->blank = only_blanks(scalar->str);
	if (field == NULL || scalar->blank)
		return;
	if (field->type == FIELD_TIME)
		scalar->is_time = record_read_time(scalar->str, zone, &scalar->at);
	else if (field->type == FIELD_POSITION)
		scalar->is_coordinate = read_coordinate(value, scalar->str, &scalar->coordinate);
}

/*
 * The digests are SHA-256 over the members of the payload in jsonb's order, each in the form added here.  What means the
 * same is the same: a number or its text, an instant in whatever notation, a member that is absent, null or blank.
 */
static void
digest_member(CallState *state, const JsonbValue *key, const JsonbValue *value, const RequestField *field,
			  const Scalar *scalar)
{
	bool		is_core;
	bool		is_time;
	TimestampTz at;
	char		type = 's';
	char		canonical[32];
	const char *str = scalar->str;
	int			len;

	if (value->type == jbvNull || (str != NULL && scalar->blank) || name_in(key, envelope_members))
		return;
	is_core = !name_in(key, supplement_members);
	if (value->type == jbvBinary)
	{
		type = 'j';
		str = JsonbToCString(NULL, value->val.binary.data, value->val.binary.len);
	}
	else if (value->type == jbvNumeric && !scalar->is_coordinate)
		str = numeric_normalize(value->val.numeric);
	is_time = scalar->is_time;
	at = scalar->at;
	if (value->type == jbvNumeric && field != NULL && field->type == FIELD_TIME)
		is_time = record_read_time(str, state->zone, &at);
	if (is_time)
	{
		snprintf(canonical, sizeof(canonical), INT64_FORMAT, at);
		str = canonical;
	}
	else if (scalar->is_coordinate)
	{
		snprintf(canonical, sizeof(canonical), "%.17g", scalar->coordinate);
		str = canonical;
	}
	len = strlen(str);
	digest_add(&state->whole, 'k', key->val.string.val, key->val.string.len);
	digest_add(&state->whole, type, str, len);
	if (is_core)
	{
		digest_add(&state->core, 'k', key->val.string.val, key->val.string.len);
		digest_add(&state->core, type, str, len);
	}
}

static Datum
digest_datum(EventHasher *hasher, const StringInfoData *form)
{
	bytea	   *result = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	SET_VARSIZE(result, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	event_digest(hasher, form->data, form->len, (uint8 *) VARDATA(result));
	return PointerGetDatum(result);
}

/*
 * One member of a payload; false when absent.  *reason is set when it cannot be read, *misplaced when it is a
 * coordinate that is no number.
 */
static bool
read_field(const RequestField *field, const JsonbValue *value, const Scalar *scalar, Datum *result, char **reason,
		   bool *misplaced)
{
	char	   *str = scalar->str;

	if (value->type == jbvNull || (value->type == jbvString && scalar->blank))
		return false;
	if (field->type == FIELD_OBJECT)
	{
		if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		{
			*reason = psprintf(_("%s is no object"), field->name);
			return false;
		}
		*result = JsonbPGetDatum(JsonbValueToJsonb(unconstify(JsonbValue *, value)));
		return true;
	}
	if (field->type == FIELD_POSITION)
	{
		if (value->type == jbvBool || !scalar->is_coordinate)
		{
			*misplaced = true;
			return false;
		}
		*result = Float8GetDatum(scalar->coordinate);
		return true;
	}
	if (str == NULL)
	{
		*reason = psprintf(_("%s is a structure"), field->name);
		return false;
	}

	switch (field->type)
	{
		case FIELD_KEY:
			if (strlen(str) > MAX_KEY)
			{
				*reason = psprintf(_("%s is longer than %d bytes"), field->name, MAX_KEY);
				return false;
			}
			*result = CStringGetTextDatum(str);
			return true;
		case FIELD_TEXT:
			*result = CStringGetTextDatum(str);
			return true;
		case FIELD_LABEL:
			for (const char *const *label = field->labels; *label; label++)
				if (strcmp(*label, str) == 0)
				{
					*result = CStringGetTextDatum(str);
					return true;
				}
			*reason = psprintf(_("%s is not known: %s"), field->name, record_quote(str, strlen(str)));
			return false;
		case FIELD_TIME:
			if (value->type == jbvString && scalar->is_time)
			{
				*result = TimestampTzGetDatum(scalar->at);
				return true;
			}
			*reason = psprintf(_("%s is no time: %s"), field->name, record_quote(str, strlen(str)));
			return false;
		case FIELD_PRIORITY:
			if (strlen(str) == 1 && str[0] >= '1' && str[0] <= '4')
			{
				*result = Int32GetDatum(str[0] - '0');
				return true;
			}
			*reason = psprintf(_("%s is not 1 to 4: %s"), field->name, record_quote(str, strlen(str)));
			return false;
		case FIELD_FLAG:
			{
				bool		flag;

				if (parse_bool(str, &flag))
				{
					*result = BoolGetDatum(flag);
					return true;
				}
				*reason = psprintf(_("%s is not true or false: %s"), field->name,
								   record_quote(str, strlen(str)));
				return false;
			}
		default:
			elog(ERROR, "unexpected type of field");
			return false;
	}
}

static int
field_index(const char *name)
{
	for (int i = 0; i < NFIELDS; i++)
		if (strcmp(request_fields[i].name, name) == 0)
			return i;
	elog(ERROR, "no such field: %s", name);
	return -1;
}

/*
 * Complete the stamps of a history: one missing between two given takes the earlier neighbour.  A plan has no stamp of
 * its own: it is made when somebody was there, or at dispatch.  Returns a reason when they cannot be.
 */
static char *
complete_history(Datum *values, bool *nulls, TimestampTz now)
{
	static const char *const stages[] = {
		"reported_at", "accepted_at", "dispatched_at", "on_site_at", "planned_at", "resolved_at", "closed_at"
	};
	int			column[lengthof(stages)];
	int			last = -1;
	TimestampTz previous = 0;
	int			planned = field_index("planned_at");
	bool		has_plan = !nulls[field_index("plan")] && !nulls[field_index("promised_at")];

	for (int i = 0; i < (int) lengthof(stages); i++)
	{
		column[i] = field_index(stages[i]);
		if (column[i] != planned && !nulls[column[i]])
			last = i;
	}
	if (nulls[column[0]])
		return pstrdup(_("reported_at is missing"));
	if (!nulls[column[6]] && nulls[column[5]])
		return pstrdup(_("closed without resolved_at"));
	/* what a plan says is the state, unless it ended after it */
	nulls[planned] = true;
	if (has_plan && (last == 2 || last == 3))
		last = 4;

	for (int i = 0; i <= last; i++)
	{
		int			c = column[i];

		if (nulls[c])
		{
			if (c == planned && !has_plan)
				continue;
			nulls[c] = false;
			values[c] = TimestampTzGetDatum(previous);
		}
		if (DatumGetTimestampTz(values[c]) > now)
			return psprintf(_("%s is in the future: %s"), stages[i], timestamptz_to_str(DatumGetTimestampTz(values[c])));
		if (i > 0 && DatumGetTimestampTz(values[c]) < previous)
			return psprintf(_("%s is before the stamp that goes before it: %s"), stages[i],
							timestamptz_to_str(DatumGetTimestampTz(values[c])));
		previous = DatumGetTimestampTz(values[c]);
	}
	return NULL;
}

/* What the calls of a statement share; the platform's zone is the same for all of them. */
static CallState *
call_begin(FunctionCallInfo fcinfo)
{
	MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	CallState  *state = palloc(sizeof(CallState));
	TupleDesc	desc;

	state->zone = record_zone(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (desc->natts != NLEADING + NFIELDS)
		elog(ERROR, "unexpected number of columns");
	state->desc = BlessTupleDesc(desc);
	state->lon = field_index("lon");
	state->lat = field_index("lat");
	state->datum = field_index("datum");
	state->discovered = field_index("discovered_at");
	state->reported = field_index("reported_at");
	state->planned = field_index("planned_at");
	event_hasher_init(&state->hasher);
	initStringInfo(&state->whole);
	initStringInfo(&state->core);
	MemoryContextSwitchTo(old);
	fcinfo->flinfo->fn_extra = state;
	return state;
}

/*
 * liskeban._request_fields(payload jsonb, zone text, now timestamptz, history boolean,
 *     OUT reason text, OUT digest bytea, OUT core bytea, OUT event text, …)
 */
Datum
request_fields_of(PG_FUNCTION_ARGS)
{
	Jsonb	   *payload = PG_GETARG_JSONB_P(0);
	TimestampTz now = PG_GETARG_TIMESTAMPTZ(2);
	bool		history = PG_GETARG_BOOL(3);
	CallState  *state = fcinfo->flinfo->fn_extra;
	Datum		values[NLEADING + lengthof(request_fields)];
	bool		nulls[NLEADING + lengthof(request_fields)];
	Datum	   *fields = values + NLEADING;
	bool	   *absent = nulls + NLEADING;
	char	   *reason = NULL;
	bool		misplaced = false;

	if (state == NULL)
		state = call_begin(fcinfo);
	memset(values, 0, sizeof(values));
	memset(nulls, true, sizeof(nulls));
	if (!JB_ROOT_IS_OBJECT(payload) || JB_ROOT_IS_SCALAR(payload))
		reason = _("the request is no JSON object");
	else
	{
		int			lon = state->lon;
		int			lat = state->lat;
		int			datum = state->datum;
		int			reported = state->reported;
		int			discovered = state->discovered;
		int			faulty = NFIELDS;
		JsonbIterator *it = JsonbIteratorInit(&payload->root);
		JsonbValue	key;
		JsonbValue	value;

		resetStringInfo(&state->whole);
		resetStringInfo(&state->core);
		(void) JsonbIteratorNext(&it, &key, true);
		while (JsonbIteratorNext(&it, &key, true) == WJB_KEY)
		{
			const RequestField *field = field_find(&key);
			int			i = field ? field - request_fields : NFIELDS;
			Scalar		scalar;
			char	   *problem = NULL;

			(void) JsonbIteratorNext(&it, &value, true);
			read_scalar(field, &value, state->zone, &scalar);
			digest_member(state, &key, &value, field, &scalar);
			if (field == NULL || (field->is_history && (!history || i == state->planned)))
				continue;
			absent[i] = !read_field(field, &value, &scalar, &fields[i], &problem, &misplaced);
			/* of several the one that stands first among the fields */
			if (problem != NULL && i < faulty)
			{
				reason = problem;
				faulty = i;
			}
		}
		values[1] = digest_datum(&state->hasher, &state->whole);
		values[2] = digest_datum(&state->hasher, &state->core);
		nulls[1] = nulls[2] = false;

		/* a position that cannot be is none */
		if (!absent[datum])
		{
			char	   *name = TextDatumGetCString(fields[datum]);

			if (pg_strcasecmp(name, "gcj02") == 0 || pg_strcasecmp(name, "bd09") == 0)
				fields[datum] = CStringGetTextDatum(pg_strcasecmp(name, "bd09") == 0 ? "bd09" : "gcj02");
			else
			{
				/* the others need no conversion */
				absent[datum] = true;
				misplaced |= pg_strcasecmp(name, "wgs84") != 0 && pg_strcasecmp(name, "cgcs2000") != 0;
			}
		}
		if (misplaced || absent[lon] || absent[lat] ||
			fabs(DatumGetFloat8(fields[lon])) > 180 || fabs(DatumGetFloat8(fields[lat])) > 90 ||
			(DatumGetFloat8(fields[lon]) == 0 && DatumGetFloat8(fields[lat]) == 0))
			absent[lon] = absent[lat] = true;

		if (reason == NULL && history)
			reason = complete_history(fields, absent, now);
		if (reason == NULL && !absent[reported] && DatumGetTimestampTz(fields[reported]) > now)
			reason = psprintf(_("reported_at is in the future: %s"),
							  timestamptz_to_str(DatumGetTimestampTz(fields[reported])));
		if (reason == NULL && !absent[discovered] && DatumGetTimestampTz(fields[discovered]) > now)
			reason = psprintf(_("discovered_at is in the future: %s"),
							  timestamptz_to_str(DatumGetTimestampTz(fields[discovered])));
	}
	if (reason != NULL)
	{
		nulls[0] = false;
		values[0] = CStringGetTextDatum(reason);
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(state->desc, values, nulls)));
}
