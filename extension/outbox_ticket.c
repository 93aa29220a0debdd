/*
 * outbox_ticket.c: what a change of a ticket tells: its new holder, and the source that brought it.
 *
 * The log asks for each changed ticket of its statement and appends what there is in one set.  Payloads are built here
 * and not in SQL, for tickets change all the time and most sources read back.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "area_code.h"
#include "lifecycle.h"
#include "liskeban.h"
#include "maintain.h"
#include "outbox.h"
#include "query.h"
#include "registry_cache.h"

PG_FUNCTION_INFO_V1(public_state);

#define TICKET_FIELDS 2

static SPIPlanPtr ticket_plan = NULL;

static const char ticket_sql[] =
	OUTBOX_INSERT "SELECT liskeban.liskeban_now(), m.topic, m.payload FROM outbox_rows AS m";

/* What a source and the citizen are told of a state. */
static const char *const public_states[STATE_COUNT] = {
	[STATE_REPORTED] = "received",
	[STATE_ACCEPTED] = "received",
	[STATE_DISPATCHED] = "in_progress",
	[STATE_ON_SITE] = "in_progress",
	[STATE_PLANNED] = "in_progress",
	[STATE_SUSPENDED] = "in_progress",
	[STATE_RESOLVED] = "resolved",
	[STATE_CLOSED] = "closed",
	[STATE_REJECTED] = "rejected",
	[STATE_WITHDRAWN] = "withdrawn",
	[STATE_MERGED] = "merged"
};

/* public_state(liskeban.ticket_state) returns text */
Datum
public_state(PG_FUNCTION_ARGS)
{
	char	   *label = DatumGetCString(DirectFunctionCall1(enum_out, PG_GETARG_DATUM(0)));

	PG_RETURN_TEXT_P(cstring_to_text(public_states[ticket_enum_by_label(ENUM_STATE, label)]));
}

/*
 * Payloads are built flat, for every dispatch brings one: fields in the order in which jsonb keeps keys, the shorter
 * first, then by bytes.  SAID is what is said besides the columns.
 */
#define SAID TC_COUNT
#define FIELDS_MAX 16

typedef struct PayloadField
{
	const char *key;
	TicketColumn column;
} PayloadField;

static const PayloadField dispatch_fields[] = {
	{"at", TC_UPDATED_AT},
	{"seq", TC_LAST_SEQ},
	{"tier", TC_TIER},
	{"state", TC_STATE},
	{"action", SAID},
	{"category", TC_CATEGORY},
	{"plan_due", TC_PLAN_DUE},
	{"priority", TC_PRIORITY},
	{"ticket_id", TC_TICKET_ID},
	{"ticket_no", TC_TICKET_NO},
	{"department", TC_DEPARTMENT},
	{"resolve_due", TC_RESOLVE_DUE},
	{"respond_due", TC_RESPOND_DUE},
	{"responsible_area", TC_RESPONSIBLE_AREA}
};

static const PayloadField source_fields[] = {
	{"at", TC_UPDATED_AT},
	{"seq", TC_LAST_SEQ},
	{"reply", TC_REPLY},
	{"state", TC_STATE},
	{"ticket_id", TC_TICKET_ID},
	{"ticket_no", TC_TICKET_NO},
	{"external_id", TC_EXTERNAL_ID},
	{"public_state", SAID}
};

static void
set_string(JsonbValue *v, const char *str, int len)
{
	v->type = jbvString;
	v->val.string.val = unconstify(char *, str);
	v->val.string.len = len;
}

static void
set_column(JsonbValue *v, const TicketRow *row, TicketColumn c)
{
	const char *str;
	text	   *t;

	if (row_isnull(row, c))
	{
		v->type = jbvNull;
		return;
	}
	switch (row->layout->atttype[c])
	{
		case INT4OID:
			v->type = jbvNumeric;
			v->val.numeric = int64_to_numeric(row_int32(row, c));
			return;
		case INT8OID:
			v->type = jbvNumeric;
			v->val.numeric = int64_to_numeric(row_int64(row, c));
			return;
		case TEXTOID:
			t = DatumGetTextPP(row_datum(row, c));
			set_string(v, VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t));
			return;
		case TIMESTAMPTZOID:
			str = JsonEncodeDateTime(palloc(MAXDATELEN + 1), row_datum(row, c), TIMESTAMPTZOID, &(int){0});
			break;
		default:
			/* What else stands in the fields is an enum or an area. */
			str = ticket_columns[c].enumkind != ENUM_NONE
				? ticket_enum_label(row->layout, ticket_columns[c].enumkind, DatumGetObjectId(row_datum(row, c)))
				: area_code_to_cstring(row_area(row, c));
			break;
	}
	set_string(v, str, strlen(str));
}

static Jsonb *
make_payload(const TicketRow *row, const PayloadField *fields, int n, const char *said)
{
	JsonbPair	pairs[FIELDS_MAX];
	JsonbValue	object;

	Assert(n <= FIELDS_MAX);
	for (int i = 0; i < n; i++)
	{
		set_string(&pairs[i].key, fields[i].key, strlen(fields[i].key));
		pairs[i].order = i;
		if (fields[i].column != SAID)
			set_column(&pairs[i].value, row, fields[i].column);
		else if (said != NULL)
			set_string(&pairs[i].value, said, strlen(said));
		else
			pairs[i].value.type = jbvNull;
	}
	object.type = jbvObject;
	object.val.object.nPairs = n;
	object.val.object.pairs = pairs;
	return JsonbValueToJsonb(&object);
}

/* Sources that read back, their codes in order. */
typedef struct ReaderList
{
	int			n;
	char	  **codes;
} ReaderList;

static void *
readers_load(MemoryContext cxt)
{
	ReaderList *readers;
	MemoryContext old;

	registry_query("SELECT code FROM liskeban.source_system WHERE reads_back AND retired_at IS NULL");
	old = MemoryContextSwitchTo(cxt);
	readers = palloc(sizeof(ReaderList));
	readers->n = (int) SPI_processed;
	readers->codes = palloc(Max(readers->n, 1) * sizeof(char *));
	for (int i = 0; i < readers->n; i++)
	{
		bool		isnull;

		readers->codes[i] = TextDatumGetCString(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
	}
	MemoryContextSwitchTo(old);
	return readers;
}

static RegistryCache readers_cache = {
	.name = "liskeban sources that read back",
	.tables = {"source_system", NULL},
	.load = readers_load
};

static bool
reads_back(const TicketRow *row)
{
	const ReaderList *readers = registry_get(&readers_cache);
	text	   *source = DatumGetTextPP(row_datum(row, TC_SOURCE));
	size_t		len = VARSIZE_ANY_EXHDR(source);

	for (int i = 0; i < readers->n; i++)
		if (strlen(readers->codes[i]) == len && memcmp(readers->codes[i], VARDATA_ANY(source), len) == 0)
			return true;
	return false;
}

void
outbox_begin(OutboxBuffer *outbox)
{
	memset(outbox, 0, sizeof(*outbox));
}

static void
add(OutboxBuffer *outbox, const char *topic, const Jsonb *payload)
{
	Datum		values[TICKET_FIELDS];
	bool		nulls[TICKET_FIELDS] = {false};

	if (outbox->rows == NULL)
	{
		MemoryContext save = MemoryContextSwitchTo(TopTransactionContext);

		outbox->desc = CreateTemplateTupleDesc(TICKET_FIELDS);
		TupleDescInitEntry(outbox->desc, 1, "topic", TEXTOID, -1, 0);
		TupleDescInitEntry(outbox->desc, 2, "payload", JSONBOID, -1, 0);
		outbox->rows = tuplestore_begin_heap(false, false, work_mem);
		MemoryContextSwitchTo(save);
	}
	values[0] = CStringGetTextDatum(topic);
	values[1] = PointerGetDatum(payload);
	tuplestore_putvalues(outbox->rows, outbox->desc, values, nulls);
	outbox->nrows++;
}

/* Is the ticket in the hands of somebody who must act? */
static bool
in_hands(TicketState state)
{
	return state == STATE_DISPATCHED || state == STATE_ON_SITE || state == STATE_PLANNED || state == STATE_SUSPENDED;
}

/* The same row with its lead's reply, where it has none of its own. */
static void
take_lead_reply(TicketRow *copy, const TicketRow *row)
{
	int			natts = row->layout->natts;
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {row_datum(row, TC_MERGED_INTO)};
	MemoryContext caller = CurrentMemoryContext;
	char	   *reply;

	*copy = *row;
	if (row_has_text(row, TC_REPLY) || row_isnull(row, TC_MERGED_INTO))
		return;
	copy->values = memcpy(palloc(natts * sizeof(Datum)), row->values, natts * sizeof(Datum));
	copy->nulls = memcpy(palloc(natts * sizeof(bool)), row->nulls, natts * sizeof(bool));
	SPI_connect();
	if (SPI_execute_with_args("SELECT reply FROM liskeban.ticket WHERE ticket_id OPERATOR(pg_catalog.=) $1",
							  1, argtypes, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read the lead of ticket " INT64_FORMAT, row_int64(row, TC_TICKET_ID));
	reply = SPI_processed == 1 ? SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1) : NULL;
	if (reply != NULL)
		reply = MemoryContextStrdup(caller, reply);
	SPI_finish();
	if (reply != NULL)
		row_set_text(copy, TC_REPLY, reply);
}

void
outbox_collect(OutboxBuffer *outbox, const TicketRow *old, const TicketRow *new)
{
	TicketState from = row_state(old);
	TicketState to = row_state(new);
	bool		lead_closed;
	bool		lead_again;

	/* It came into hands, or into others: dispatch, redispatch, rework, reopening, whistle, correction, … */
	if (in_hands(to) &&
		(!in_hands(from) || row_changed(old, new, TC_RESPONSIBLE_AREA) || row_changed(old, new, TC_DEPARTMENT)))
	{
		const char *action = lifecycle_move_name(old, new);

		add(outbox, "dispatch",
			make_payload(new, dispatch_fields, lengthof(dispatch_fields), action ? action : maintain_action()));
	}

	/*
	 * What the source is told: another state, another reply where one has been given, the end of a merged one's lead, and
	 * that this was not the end.
	 */
	lead_closed = to == STATE_MERGED && !row_isnull(new, TC_CLOSED_AT);
	lead_again = to == STATE_MERGED && row_isnull(new, TC_CLOSED_AT) && !row_isnull(old, TC_CLOSED_AT);
	if ((from != to || (lead_closed && row_isnull(old, TC_CLOSED_AT)) || lead_again ||
		 ((to == STATE_RESOLVED || state_is_final(to)) && row_changed(old, new, TC_REPLY))) &&
		reads_back(new))
	{
		TicketRow	told = *new;

		if (lead_closed)
			take_lead_reply(&told, new);
		add(outbox, psprintf("source.%s", TextDatumGetCString(row_datum(new, TC_SOURCE))),
			make_payload(&told, source_fields, lengthof(source_fields), public_states[lead_closed ? STATE_CLOSED : to]));
	}
}

void
outbox_end(OutboxBuffer *outbox)
{
	EphemeralNamedRelationData enr;

	if (outbox->nrows == 0)
		return;
	/* A platform of an earlier version has no outbox until upgrade_platform(). */
	if (platform_has("outbox"))
	{
		query_name_rows(&enr, "outbox_rows", outbox->desc, outbox->rows, outbox->nrows);
		SPI_connect();
		query_see_rows(&enr);
		outbox_append(&ticket_plan, ticket_sql, outbox->nrows);
		SPI_finish();
	}
	tuplestore_end(outbox->rows);
	FreeTupleDesc(outbox->desc);
}
