/*
 * request_map.c: one record of a source's file (CSV or JSON) made into the payload of liskeban.submit() by a map.
 *
 * The map and the header are the same for a whole file: they are compiled once a call site (fn_extra) and again when
 * they change.  Nothing here raises for what a record says; a record that cannot be read gets a reason instead.
 */
#include "postgres.h"

#include "common/jsonapi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/datum.h"
#include "utils/jsonb.h"
#include "utils/jsonfuncs.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "record.h"

/* Everything a map may name, and which of them need --history. */
typedef struct Member
{
	const char *name;
	bool		is_time;
	bool		history;
} Member;

static const Member members[] = {
	{"event", false, false},
	{"external_id", false, false},
	{"category", false, false},
	{"title", false, false},
	{"description", false, false},
	{"text", false, false},
	{"address", false, false},
	{"lon", false, false},
	{"lat", false, false},
	{"datum", false, false},
	{"discovered_at", true, false},
	{"reported_at", true, false},
	{"reporter_name", false, false},
	{"reporter_phone", false, false},
	{"attachments", false, false},
	{"kind", false, false},
	{"priority", false, false},
	{"confidential", false, false},
	{"difficulty", false, false},
	{"extra", false, false},
	{"accepted_at", true, true},
	{"dispatched_at", true, true},
	{"on_site_at", true, true},
	{"plan", false, true},
	{"promised_at", true, true},
	{"resolved_at", true, true},
	{"resolution", false, true},
	{"closed_at", true, true},
	{"satisfaction", false, true},
	{"solved", false, true},
};

/* Where one member of the payload comes from. */
typedef struct MapEntry
{
	const Member *member;
	char	   *column;			/* NULL for a constant */
	int			index;			/* its place in the header; -1 for JSON */
	bool		has_fallback;	/* the constant, or the default */
	JsonbValue	fallback;
	JsonbContainer *values;		/* what the source's values stand for */
	text	   *format;
	pg_tz	   *zone;
	bool		part_of_extra;	/* goes into the object extra under its column's name */
} MapEntry;

typedef struct CompiledMap
{
	MemoryContext context;
	struct varlena *source_map; /* what it was compiled from */
	text	   *source_header;	/* NULL for JSON */
	text	   *source_zone;
	pg_tz	   *zone;
	int			nfields;
	MapEntry   *entries;
	int			nentries;
	TupleDesc	desc;			/* of what the function returns */
} CompiledMap;

PG_FUNCTION_INFO_V1(record_payload);

static const Member *
member_find(const char *name, int len)
{
	for (size_t i = 0; i < lengthof(members); i++)
		if (strlen(members[i].name) == (size_t) len && memcmp(members[i].name, name, len) == 0)
			return &members[i];
	return NULL;
}

static void pg_attribute_noreturn()
map_error(const char *key, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid map: member \"%s\": %s", key, detail)));
}

/* Find a column in the header; JSON has none, its keys may come and go. */
static int
map_column(const char *key, const char *column, const RecordField *header, int nfields, bool is_csv)
{
	int			found = -1;

	if (!is_csv)
		return -1;
	for (int i = 0; i < nfields; i++)
	{
		if (strlen(column) != (size_t) header[i].len || memcmp(column, header[i].str, header[i].len) != 0)
			continue;
		if (found >= 0)
			ereport(ERROR,
					(errcode(ERRCODE_AMBIGUOUS_COLUMN),
					 errmsg("column \"%s\" occurs more than once in the file", column)));
		found = i;
	}
	if (found < 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of member \"%s\" of the map is not in the file",
						column, key)));
	return found;
}

static char *
map_string(const char *key, const char *option, const JsonbValue *value)
{
	if (value->type != jbvString)
		map_error(key, psprintf(_("\"%s\" must be a string"), option));
	return pnstrdup(value->val.string.val, value->val.string.len);
}

/* {"column": …, "values": {…}, "default": …, "format": …, "time_zone": …, "create": …} or {"const": …} */
static void
map_compile_object(MapEntry *entry, JsonbContainer *object)
{
	const char *key = entry->member->name;
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue	value;
	bool		is_const = false;

	token = JsonbIteratorNext(&it, &value, true);
	if (token != WJB_BEGIN_OBJECT)
		map_error(key, _("must be a column's name or an object"));
	while ((token = JsonbIteratorNext(&it, &value, true)) == WJB_KEY)
	{
		char	   *option = pnstrdup(value.val.string.val, value.val.string.len);

		(void) JsonbIteratorNext(&it, &value, true);
		if (strcmp(option, "column") == 0)
			entry->column = map_string(key, option, &value);
		else if (strcmp(option, "const") == 0 || strcmp(option, "default") == 0)
		{
			is_const |= strcmp(option, "const") == 0;
			entry->has_fallback = value.type != jbvNull;
			entry->fallback = value;
		}
		else if (strcmp(option, "values") == 0)
		{
			if (value.type != jbvBinary || !JsonContainerIsObject(value.val.binary.data))
				map_error(key, _("\"values\" must be an object"));
			entry->values = value.val.binary.data;
		}
		else if (strcmp(option, "format") == 0)
		{
			char	   *format = map_string(key, option, &value);

			if (!entry->member->is_time)
				map_error(key, _("\"format\" is for times only"));
			entry->format = cstring_to_text(format);
		}
		else if (strcmp(option, "time_zone") == 0)
		{
			if (!entry->member->is_time)
				map_error(key, _("\"time_zone\" is for times only"));
			entry->zone = record_zone(map_string(key, option, &value));
		}
		else if (strcmp(option, "create") == 0)
		{
			if (strcmp(key, "category") != 0 || value.type != jbvBool)
				map_error(key, _("\"create\" is true or false and for categories only"));
		}
		else
			map_error(key, psprintf(_("unknown option \"%s\""), option));
	}
	if (is_const && entry->column != NULL)
		map_error(key, _("give \"column\" or \"const\", not both"));
	if (!is_const && entry->column == NULL)
		map_error(key, _("\"column\" or \"const\" is missing"));
}

static CompiledMap *
map_compile(MemoryContext parent, Jsonb *map, text *header_record, text *zone, bool history)
{
	MemoryContext context = AllocSetContextCreate(parent, "liskeban map", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	CompiledMap *compiled = palloc0(sizeof(CompiledMap));
	RecordField *header = NULL;
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	value;
	int			room = 2 * lengthof(members);

	compiled->context = context;
	compiled->source_map = (struct varlena *) DatumGetPointer(datumCopy(JsonbPGetDatum(map), false, -1));
	map = (Jsonb *) compiled->source_map;
	compiled->source_zone = (text *) DatumGetPointer(datumCopy(PointerGetDatum(zone), false, -1));
	compiled->zone = record_zone(text_to_cstring(zone));

	if (header_record != NULL)
	{
		const char *reason;
		char	   *str = text_to_cstring(header_record);
		int			max = record_max_fields(str, strlen(str));

		compiled->source_header = (text *) DatumGetPointer(datumCopy(PointerGetDatum(header_record), false, -1));
		header = palloc(max * sizeof(RecordField));
		compiled->nfields = record_split_csv(str, strlen(str), header, max, &reason);
		if (compiled->nfields < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid header of the file: %s", reason)));
	}

	if (!JB_ROOT_IS_OBJECT(map))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid map: must be an object")));
	compiled->entries = palloc0(room * sizeof(MapEntry));
	it = JsonbIteratorInit(&map->root);
	(void) JsonbIteratorNext(&it, &value, true);
	while ((token = JsonbIteratorNext(&it, &value, true)) == WJB_KEY)
	{
		const Member *member = member_find(value.val.string.val, value.val.string.len);
		char	   *key = pnstrdup(value.val.string.val, value.val.string.len);
		MapEntry   *entry;

		if (member == NULL)
			map_error(key, _("there is no such member of a request"));
		if (member->history && !history)
			map_error(key, _("is for a load of history only"));
		(void) JsonbIteratorNext(&it, &value, true);

		if (strcmp(key, "extra") == 0 && value.type == jbvBinary &&
			JsonContainerIsArray(value.val.binary.data))
		{
			/* a list of columns */
			for (int i = 0;; i++)
			{
				JsonbValue *column = getIthJsonbValueFromContainer(value.val.binary.data, i);

				if (column == NULL)
					break;
				if (compiled->nentries + (int) lengthof(members) > room)
				{
					room *= 2;
					compiled->entries = repalloc(compiled->entries, room * sizeof(MapEntry));
				}
				entry = &compiled->entries[compiled->nentries++];
				memset(entry, 0, sizeof(MapEntry));
				entry->member = member;
				entry->part_of_extra = true;
				entry->column = map_string(key, "column", column);
				entry->index = map_column(key, entry->column, header, compiled->nfields,
										  header != NULL);
			}
			continue;
		}

		entry = &compiled->entries[compiled->nentries++];
		memset(entry, 0, sizeof(MapEntry));
		entry->member = member;
		entry->zone = compiled->zone;
		if (value.type == jbvString)
			entry->column = pnstrdup(value.val.string.val, value.val.string.len);
		else if (value.type == jbvBinary)
			map_compile_object(entry, value.val.binary.data);
		else
			map_error(key, _("must be a column's name or an object"));
		if (entry->column != NULL)
			entry->index = map_column(key, entry->column, header, compiled->nfields,
									  header != NULL);
	}
	MemoryContextSwitchTo(old);
	return compiled;
}

static bool
same_varlena(const void *a, const void *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return VARSIZE_ANY(a) == VARSIZE_ANY(b) && memcmp(a, b, VARSIZE_ANY(a)) == 0;
}

/* The text of a scalar as `values` and times look at it; NULL for what has none. */
static char *
scalar_text(const JsonbValue *value, int *len)
{
	char	   *str;

	switch (value->type)
	{
		case jbvString:
			*len = value->val.string.len;
			return value->val.string.val;
		case jbvNumeric:
			str = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
			*len = strlen(str);
			return str;
		case jbvBool:
			str = value->val.boolean ? "true" : "false";
			*len = strlen(str);
			return str;
		default:
			return NULL;
	}
}

/*
 * What one entry gives for a record; false when it is absent.  *reason is set when it cannot be read.
 */
static bool
entry_value(const MapEntry *entry, const RecordField *fields, JsonbContainer *object, JsonbValue *result,
			char **reason)
{
	bool		present = false;
	int			len;
	char	   *str;

	if (entry->column != NULL && fields != NULL)
	{
		result->type = jbvString;
		result->val.string.val = fields[entry->index].str;
		result->val.string.len = fields[entry->index].len;
		present = result->val.string.len > 0;
	}
	else if (entry->column != NULL)
		present = getKeyJsonValueFromContainer(object, entry->column, strlen(entry->column), result) != NULL &&
			result->type != jbvNull &&
			!(result->type == jbvString && result->val.string.len == 0);

	if (present && entry->values != NULL)
	{
		JsonbValue	found;

		str = scalar_text(result, &len);
		if (str != NULL && getKeyJsonValueFromContainer(entry->values, str, len, &found) != NULL)
		{
			*result = found;
			return found.type != jbvNull;
		}
		present = !entry->has_fallback;
	}
	if (!present)
	{
		if (entry->has_fallback)
			*result = entry->fallback;
		present = entry->has_fallback;
	}
	if (present && entry->member->is_time)
	{
		TimestampTz at;
		bool		readable;

		str = scalar_text(result, &len);
		if (str == NULL)
			readable = false;
		else if (entry->format != NULL)
			readable = record_read_time_by_format(str, len, entry->format, entry->zone, &at);
		else
			readable = record_read_time(pnstrdup(str, len), entry->zone, &at);
		if (!readable)
		{
			*reason = psprintf(_("%s is no time as the map says: %s"), entry->member->name,
							   str ? record_quote(str, len) : "a structure");
			return false;
		}
		else
		{
			struct pg_tm tm;
			fsec_t		fsec;
			char	   *buffer = palloc(MAXDATELEN + 1);

			if (timestamp2tm(at, NULL, &tm, &fsec, NULL, NULL) != 0)
				elog(ERROR, "timestamp out of range");
			tm.tm_isdst = 0;	/* else no offset is printed */
			EncodeDateTime(&tm, fsec, true, 0, NULL, USE_XSD_DATES, buffer);
			result->type = jbvString;
			result->val.string.val = buffer;
			result->val.string.len = strlen(buffer);
		}
	}
	return present;
}

static void
push_key(JsonbParseState **state, const char *key)
{
	JsonbValue	value;

	value.type = jbvString;
	value.val.string.val = unconstify(char *, key);
	value.val.string.len = strlen(key);
	pushJsonbValue(state, WJB_KEY, &value);
}

static Jsonb *
payload_build(const CompiledMap *map, const RecordField *fields, JsonbContainer *object, char **reason)
{
	JsonbParseState *state = NULL;
	JsonbValue	value;
	bool		has_extra = false;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < map->nentries && *reason == NULL; i++)
	{
		const MapEntry *entry = &map->entries[i];

		if (entry->part_of_extra)
		{
			has_extra = true;
			continue;
		}
		if (!entry_value(entry, fields, object, &value, reason))
			continue;
		push_key(&state, entry->member->name);
		if (strcmp(entry->member->name, "extra") == 0 && value.type != jbvBinary && entry->column != NULL)
		{
			pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
			push_key(&state, entry->column);
			pushJsonbValue(&state, WJB_VALUE, &value);
			pushJsonbValue(&state, WJB_END_OBJECT, NULL);
		}
		else
			pushJsonbValue(&state, WJB_VALUE, &value);
	}
	if (has_extra)
	{
		push_key(&state, "extra");
		pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		for (int i = 0; i < map->nentries && *reason == NULL; i++)
		{
			const MapEntry *entry = &map->entries[i];

			if (entry->part_of_extra && entry_value(entry, fields, object, &value, reason))
			{
				push_key(&state, entry->column);
				pushJsonbValue(&state, WJB_VALUE, &value);
			}
		}
		pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/*
 * liskeban._record_payload(record text, header text, map jsonb, zone text, history boolean,
 *     OUT payload jsonb, OUT reason text): exactly one of the two is given.  header NULL: the record is a JSON object.
 *     record NULL: only the map is checked.
 */
Datum
record_payload(PG_FUNCTION_ARGS)
{
	CompiledMap *map = fcinfo->flinfo->fn_extra;
	text	   *header = PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1);
	Jsonb	   *source_map;
	text	   *zone;
	char	   *reason = NULL;
	Jsonb	   *payload = NULL;
	Datum		values[2];
	bool		nulls[2];

	if (PG_ARGISNULL(2) || PG_ARGISNULL(3) || PG_ARGISNULL(4))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("map, zone and history must not be null")));
	source_map = PG_GETARG_JSONB_P(2);
	zone = PG_GETARG_TEXT_PP(3);
	if (map == NULL || !same_varlena(map->source_map, source_map) ||
		!same_varlena(map->source_header, header) || !same_varlena(map->source_zone, zone))
	{
		MemoryContext old;
		TupleDesc	desc;

		if (map != NULL)
		{
			fcinfo->flinfo->fn_extra = NULL;
			MemoryContextDelete(map->context);
		}
		map = map_compile(fcinfo->flinfo->fn_mcxt, source_map, header, zone, PG_GETARG_BOOL(4));
		old = MemoryContextSwitchTo(map->context);
		if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		map->desc = BlessTupleDesc(desc);
		MemoryContextSwitchTo(old);
		fcinfo->flinfo->fn_extra = map;
	}

	if (!PG_ARGISNULL(0) && header != NULL)
	{
		text	   *record = PG_GETARG_TEXT_P_COPY(0);
		RecordField *fields = palloc(map->nfields * sizeof(RecordField));
		const char *problem = NULL;
		int			n = record_split_csv(VARDATA(record), VARSIZE(record) - VARHDRSZ, fields, map->nfields,
								  &problem);

		if (n < 0)
			reason = pstrdup(problem);
		else if (n != map->nfields)
			reason = psprintf(n == 1 ? _("has %d field where the header has %d") : _("has %d fields where the header has %d"), n,
							  map->nfields);
		else
			payload = payload_build(map, fields, NULL, &reason);
	}
	else if (!PG_ARGISNULL(0))
	{
		text	   *record = PG_GETARG_TEXT_PP(0);
		const char *excess = record_json_excess(VARDATA_ANY(record), VARSIZE_ANY_EXHDR(record));
		JsonLexContext *lex = compat_json_lex(record);
		JsonParseErrorType error = excess ? JSON_SUCCESS : pg_parse_json(lex, &nullSemAction);

		if (excess)
			reason = pstrdup(excess);
		else if (error != JSON_SUCCESS)
			reason = psprintf(_("no JSON: %s"), json_errdetail(error, lex));
		else
		{
			Jsonb	   *object = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
																	CStringGetDatum(text_to_cstring(record))));

			if (!JB_ROOT_IS_OBJECT(object))
				reason = pstrdup(_("no JSON object"));
			else
				payload = payload_build(map, NULL, &object->root, &reason);
		}
	}

	nulls[0] = reason != NULL || payload == NULL;
	nulls[1] = reason == NULL;
	values[0] = nulls[0] ? (Datum) 0 : JsonbPGetDatum(payload);
	values[1] = nulls[1] ? (Datum) 0 : CStringGetTextDatum(reason);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(map->desc, values, nulls)));
}
