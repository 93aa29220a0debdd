/*
 * kpi_history.c: collect the events of one ticket for kpi.c.
 *
 * The transition function of _ticket_facts cuts each event down to the few columns that matter and keeps it in the
 * aggregate's context.  The detail of an event names each change as {column: [old, new]}; only what is new is kept.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "kpi.h"
#include "liskeban.h"

EnumLabels	kpi_states = {
	.type = "ticket_state",
	.labels = {"reported", "accepted", "dispatched", "on_site", "planned", "suspended",
	"resolved", "closed", "rejected", "withdrawn", "merged"}
};

static const char *const action_names[] = {
	[ACTION_ANSWER] = "answer",
	[ACTION_ARRIVE] = "arrive",
	[ACTION_PLAN] = "plan",
	[ACTION_REDISPATCH] = "redispatch",
	[ACTION_REOPEN] = "reopen",
	[ACTION_RETURN] = "return",
	[ACTION_REWORK] = "rework"
};

typedef enum FieldType
{
	TYPE_TEXT,
	TYPE_TEXTS,
	TYPE_TIME,
	TYPE_BOOL,
	TYPE_INT
} FieldType;

static const struct
{
	const char *name;
	FieldType	type;
}			fields[FIELDS] = {
	[FIELD_AREA] = {"area", TYPE_TEXT},
	[FIELD_ARRIVAL_PROOF] = {"arrival_proof", TYPE_TEXT},
	[FIELD_CATEGORY] = {"category", TYPE_TEXT},
	[FIELD_CO_DEPARTMENTS] = {"co_departments", TYPE_TEXTS},
	[FIELD_DEPARTMENT] = {"department", TYPE_TEXT},
	[FIELD_DIFFICULTY] = {"difficulty", TYPE_TEXT},
	[FIELD_DOMAIN] = {"domain", TYPE_TEXT},
	[FIELD_HAS_REPORTER] = {"has_reporter", TYPE_BOOL},
	[FIELD_KIND] = {"kind", TYPE_TEXT},
	[FIELD_LATE_ENTRY] = {"late_entry", TYPE_BOOL},
	[FIELD_MERGED_INTO] = {"merged_into", TYPE_INT},
	[FIELD_ON_SITE] = {"on_site", TYPE_BOOL},
	[FIELD_ON_SITE_AT] = {"on_site_at", TYPE_TIME},
	[FIELD_PARENT_ID] = {"parent_id", TYPE_INT},
	[FIELD_PLAN_DUE] = {"plan_due", TYPE_TIME},
	[FIELD_PROMISED_AT] = {"promised_at", TYPE_TIME},
	[FIELD_RESOLVE_DUE] = {"resolve_due", TYPE_TIME},
	[FIELD_RESOLVE_DUE_ORIGINAL] = {"resolve_due_original", TYPE_TIME},
	[FIELD_RESPOND_DUE] = {"respond_due", TYPE_TIME},
	[FIELD_RESPONSIBLE_AREA] = {"responsible_area", TYPE_TEXT},
	[FIELD_SATISFACTION] = {"satisfaction", TYPE_TEXT},
	[FIELD_SOLVED] = {"solved", TYPE_BOOL},
	[FIELD_SOURCE] = {"source", TYPE_TEXT},
	[FIELD_TIER] = {"tier", TYPE_TEXT},
};

PG_FUNCTION_INFO_V1(ticket_facts_step);

static Action
action_of(const text *action)
{
	const char *name = VARDATA_ANY(action);
	size_t		len = VARSIZE_ANY_EXHDR(action);

	for (int i = 0; i < (int) lengthof(action_names); i++)
		if (action_names[i] != NULL && strlen(action_names[i]) == len && memcmp(action_names[i], name, len) == 0)
			return (Action) i;
	return ACTION_OTHER;
}

/* Two decimal digits, or -1. */
static inline int
two_digits(const char *s)
{
	if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
		return -1;
	return (s[0] - '0') * 10 + (s[1] - '0');
}

/* A time as the log writes it, 2024-09-16T00:30:00.000000Z, at once; any other form through timestamptz's input. */
static TimestampTz
time_from_json(const char *s, int len)
{
	char	   *copy;

	if (len == 27 && s[4] == '-' && s[7] == '-' && s[10] == 'T' && s[13] == ':' && s[16] == ':' && s[19] == '.' &&
		s[26] == 'Z')
	{
		int			part[9] = {
			two_digits(s), two_digits(s + 2), two_digits(s + 5), two_digits(s + 8), two_digits(s + 11),
			two_digits(s + 14), two_digits(s + 17), two_digits(s + 20), two_digits(s + 22)
		};
		int			last = two_digits(s + 24);
		bool		digits = last >= 0;

		for (int i = 0; i < 9; i++)
			digits &= part[i] >= 0;
		if (digits && part[2] >= 1 && part[2] <= 12 && part[3] >= 1)
		{
			int64		day = date2j(part[0] * 100 + part[1], part[2], part[3]) - POSTGRES_EPOCH_JDATE;

			return day * USECS_PER_DAY + part[4] * USECS_PER_HOUR + part[5] * USECS_PER_MINUTE +
				part[6] * USECS_PER_SEC + part[7] * 10000 + part[8] * 100 + last;
		}
	}
	copy = pnstrdup(s, len);
	return DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(copy),
												   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

static int64
number_from_json(const JsonbValue *value)
{
	return DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(value->val.numeric)));
}

/* A JSON array of strings as an array of text; NULL for anything else. */
static ArrayType *
texts_from_json(JsonbContainer *container)
{
	uint32		n = JsonContainerSize(container);
	Datum	   *elems = palloc(sizeof(Datum) * Max(n, 1));
	int			nelems = 0;

	for (uint32 i = 0; i < n; i++)
	{
		JsonbValue *elem = getIthJsonbValueFromContainer(container, i);

		if (elem != NULL && elem->type == jbvString)
			elems[nelems++] = PointerGetDatum(cstring_to_text_with_len(elem->val.string.val, elem->val.string.len));
	}
	return construct_array(elems, nelems, TEXTOID, -1, false, TYPALIGN_INT);
}

/* What json says of a field, kept in the current context. */
static Value
value_from_json(FieldType type, const JsonbValue *json)
{
	Value		value = {0};

	if (json == NULL)
		return value;
	switch (type)
	{
		case TYPE_TEXT:
			if (json->type == jbvString)
			{
				value.set = true;
				value.u.text = pnstrdup(json->val.string.val, json->val.string.len);
			}
			break;
		case TYPE_TEXTS:
			if (json->type == jbvBinary && JsonContainerIsArray(json->val.binary.data))
			{
				value.set = true;
				value.u.texts = texts_from_json(json->val.binary.data);
			}
			break;
		case TYPE_TIME:
			if (json->type == jbvString)
			{
				value.set = true;
				value.u.number = time_from_json(json->val.string.val, json->val.string.len);
			}
			break;
		case TYPE_BOOL:
			if (json->type == jbvBool)
			{
				value.set = true;
				value.u.number = json->val.boolean;
			}
			break;
		case TYPE_INT:
			if (json->type == jbvNumeric)
			{
				value.set = true;
				value.u.number = number_from_json(json);
			}
			break;
	}
	return value;
}

/* Keep of {column: [old, new]} the new values of the columns that are followed, and what the event reverts. */
static void
event_read_detail(Event *event, Jsonb *detail, MemoryContext context)
{
	JsonbIterator *it = JsonbIteratorInit(&detail->root);
	JsonbValue	key;
	JsonbValue	pair;
	Change		changes[FIELDS];
	int			nchanges = 0;

	if (JsonbIteratorNext(&it, &key, false) != WJB_BEGIN_OBJECT)
		return;
	while (JsonbIteratorNext(&it, &key, true) == WJB_KEY)
	{
		JsonbValue *value = &pair;

		JsonbIteratorNext(&it, &pair, true);
		if (pair.type == jbvBinary)
		{
			if (!JsonContainerIsArray(pair.val.binary.data) || JsonContainerSize(pair.val.binary.data) != 2)
				continue;
			value = getIthJsonbValueFromContainer(pair.val.binary.data, 1);
		}
		if (key.val.string.len == 7 && memcmp(key.val.string.val, "reverts", 7) == 0)
		{
			if (value->type == jbvNumeric)
				event->reverts = (int32) number_from_json(value);
			continue;
		}
		for (int i = 0; i < FIELDS; i++)
			if (strlen(fields[i].name) == (size_t) key.val.string.len &&
				memcmp(fields[i].name, key.val.string.val, key.val.string.len) == 0)
			{
				MemoryContext old = MemoryContextSwitchTo(context);

				changes[nchanges].field = (Field) i;
				changes[nchanges++].value = value_from_json(fields[i].type, value);
				MemoryContextSwitchTo(old);
				break;
			}
	}
	if (nchanges > 0)
	{
		event->changes = MemoryContextAlloc(context, sizeof(Change) * nchanges);
		memcpy(event->changes, changes, sizeof(Change) * nchanges);
		event->nchanges = nchanges;
	}
}

/* Add the event that a transition function was called with; begins the history at the first. */
History *
history_add(FunctionCallInfo fcinfo)
{
	MemoryContext context;
	History    *history;
	Event	   *event;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "transition function called in non-aggregate context");
	if (PG_ARGISNULL(0))
	{
		history = MemoryContextAllocZero(context, sizeof(History));
		history->context = context;
		history->sorted = true;
		history->room = 8;
		history->events = MemoryContextAlloc(context, sizeof(Event) * history->room);
	}
	else
		history = (History *) PG_GETARG_POINTER(0);

	/* What an outer join brings is no event. */
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3) || PG_ARGISNULL(5) || PG_ARGISNULL(6) ||
		PG_ARGISNULL(7))
		return history;

	if (history->nevents == history->room)
	{
		history->room *= 2;
		history->events = repalloc(history->events, sizeof(Event) * history->room);
	}
	event = &history->events[history->nevents++];
	memset(event, 0, sizeof(Event));
	event->seq = PG_GETARG_INT32(1);
	event->run = PG_GETARG_INT32(2);
	event->at = PG_GETARG_TIMESTAMPTZ(3);
	event->moves = PG_ARGISNULL(4) || PG_GETARG_OID(4) != PG_GETARG_OID(5);
	event->to_state = (TicketState) enum_label_position(&kpi_states, PG_GETARG_DATUM(5));
	event->action = action_of(PG_GETARG_TEXT_PP(6));
	if (event->moves)
	{
		char	   *actor = text_to_cstring(PG_GETARG_TEXT_PP(7));

		event->actor = MemoryContextStrdup(context, actor);
	}
	if (!PG_ARGISNULL(8))
		event_read_detail(event, PG_GETARG_JSONB_P(8), context);
	if (history->nevents > 1 && event[-1].seq > event->seq)
		history->sorted = false;
	return history;
}

/*
 * ticket_facts_step(history internal, seq, run, at, from_state, to_state, action, actor, detail, as_of)
 */
Datum
ticket_facts_step(PG_FUNCTION_ARGS)
{
	History    *history;

	/* Without an instant there is nothing to say. */
	if (PG_ARGISNULL(9))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_POINTER(PG_GETARG_POINTER(0));
	}
	history = history_add(fcinfo);
	history->as_of = PG_GETARG_TIMESTAMPTZ(9);
	PG_RETURN_POINTER(history);
}

static int
event_compare(const void *a, const void *b)
{
	int32		x = ((const Event *) a)->seq;
	int32		y = ((const Event *) b)->seq;

	return (x > y) - (x < y);
}

void
history_sort(History *history)
{
	if (!history->sorted)
		qsort(history->events, history->nevents, sizeof(Event), event_compare);
	history->sorted = true;
}

/* Was the nth event undone later?  (A revert always follows what it reverts.) */
bool
history_reverted(const History *history, int n)
{
	for (int i = n + 1; i < history->nevents; i++)
		if (history->events[i].reverts == history->events[n].seq)
			return true;
	return false;
}
