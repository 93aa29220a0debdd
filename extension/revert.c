/*
 * revert.c: a wrong click undone.
 *
 * revert() takes back the last transition of a ticket: state, run and every column that the event's detail names are as
 * they were before it, by an event "revert" that says which one it undid (detail.reverts), so that figures and replays
 * pass over both.  Texts (resolution, reply, plan) and positions are in no detail: they stay as the transition left
 * them.  What it did to whistles, progress, requests and supervisions is undone with it; what it did to other tickets
 * is not, so a transition that did anything there is not to be reverted.  Alarms that fired stay.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "duplicate.h"
#include "identity.h"
#include "lifecycle.h"
#include "liskeban.h"
#include "maintain.h"
#include "registry_cache.h"
#include "revert.h"

PG_FUNCTION_INFO_V1(ticket_revert);

#define REVERT_ACTION "revert"
#define REVERT_WITHIN (10 * USECS_PER_MINUTE)

/* The event to be undone. */
typedef struct Undone
{
	int32		seq;
	int64		event_id;
	TimestampTz at;
	TimestampTz recorded_at;
	char	   *action;
	char	   *actor;
	Datum		from_state;
	int32		run_before;
	Datum		detail;			/* jsonb; 0: none */
} Undone;

static int32 active_seq = 0;
static TimestampTz active_since = 0;

int32
revert_active(void)
{
	return active_seq != 0 && maintain_action() != NULL && strcmp(maintain_action(), REVERT_ACTION) == 0 ? active_seq : 0;
}

TimestampTz
revert_since(void)
{
	return active_since;
}

static void nothing_to_revert(const TicketRow *row, const char *why) pg_attribute_noreturn();

static void
nothing_to_revert(const TicketRow *row, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_LK_NO_TRANSITION),
			 errmsg("ticket " INT64_FORMAT " has nothing to revert", row_int64(row, TC_TICKET_ID)),
			 errdetail("%s", why)));
}

/*
 * The last event but for what was only said, in the caller's memory; LK001 unless it is a transition of the last ten minutes.
 */
static void
find_undone(const TicketRow *row, Undone *undone)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {row_datum(row, TC_TICKET_ID)};
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext spi;
	HeapTuple	tup;
	TupleDesc	desc;
	OwnerScope	scope;
	bool		isnull;
	bool		no_state;
	bool		moved;

	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("SELECT e.seq, e.event_id, e.at, e.recorded_at, e.action, e.actor, e.from_state, b.run, e.detail,"
							  " e.from_state OPERATOR(pg_catalog.<>) e.to_state"
							  " FROM liskeban.ticket_event AS e LEFT JOIN liskeban.ticket_event AS b"
							  " ON b.ticket_id OPERATOR(pg_catalog.=) e.ticket_id"
							  " AND b.seq OPERATOR(pg_catalog.=) (e.seq OPERATOR(pg_catalog.-) 1)"
							  " WHERE e.ticket_id OPERATOR(pg_catalog.=) $1"
							  " AND NOT (e.action OPERATOR(pg_catalog.=) ANY ('{note,urge,supplement}') AND e.detail IS NULL)"
							  " ORDER BY e.seq DESC LIMIT 1",
							  1, argtypes, values, NULL, false, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not read the history of ticket " INT64_FORMAT, row_int64(row, TC_TICKET_ID));
	tup = SPI_tuptable->vals[0];
	desc = SPI_tuptable->tupdesc;
	spi = MemoryContextSwitchTo(caller);
	undone->seq = DatumGetInt32(SPI_getbinval(tup, desc, 1, &isnull));
	undone->event_id = DatumGetInt64(SPI_getbinval(tup, desc, 2, &isnull));
	undone->at = DatumGetTimestampTz(SPI_getbinval(tup, desc, 3, &isnull));
	undone->recorded_at = DatumGetTimestampTz(SPI_getbinval(tup, desc, 4, &isnull));
	undone->action = TextDatumGetCString(SPI_getbinval(tup, desc, 5, &isnull));
	undone->actor = TextDatumGetCString(SPI_getbinval(tup, desc, 6, &isnull));
	undone->from_state = SPI_getbinval(tup, desc, 7, &no_state);
	undone->run_before = DatumGetInt32(SPI_getbinval(tup, desc, 8, &isnull));
	undone->detail = SPI_getbinval(tup, desc, 9, &isnull);
	undone->detail = isnull ? (Datum) 0 : PointerGetDatum(PG_DETOAST_DATUM_COPY(undone->detail));
	moved = DatumGetBool(SPI_getbinval(tup, desc, 10, &isnull));
	MemoryContextSwitchTo(spi);
	SPI_finish();
	owner_leave(&scope);

	if (no_state)
		nothing_to_revert(row, _("It was reported and never moved."));
	if (strcmp(undone->action, REVERT_ACTION) == 0)
		nothing_to_revert(row, _("Its last transition has been reverted."));
	if (!moved && action_by_name(undone->action) == ACTION_OTHER)
		nothing_to_revert(row, psprintf(_("Its last event, \"%s\", is no transition."), undone->action));
	if (liskeban_now() - undone->recorded_at > REVERT_WITHIN)
		nothing_to_revert(row, _("A transition is reverted within 10 minutes."));
}

/* LK002: the transition did something to other tickets, or leads back to what is no more. */
static void
check_consequences(const TicketRow *row, const Undone *undone)
{
	Oid			argtypes[3] = {INT8OID, INT8OID, TIMESTAMPTZOID};
	Datum		values[3] = {row_datum(row, TC_TICKET_ID), Int64GetDatum(undone->event_id),
	TimestampTzGetDatum(undone->recorded_at)};
	OwnerScope	scope;
	int64		other = 0;
	bool		isnull;

	/* What followed elsewhere was written right behind the event, by the platform. */
	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("SELECT x.ticket_id FROM liskeban.ticket_event AS x"
							  " WHERE x.event_id OPERATOR(pg_catalog.>) $2 AND x.recorded_at OPERATOR(pg_catalog.=) $3"
							  " AND x.ticket_id OPERATOR(pg_catalog.<>) $1 AND x.actor OPERATOR(pg_catalog.=) 'platform'"
							  " AND (x.detail OPERATOR(pg_catalog.->) 'merged_into' OPERATOR(pg_catalog.->) 0"
							  " OPERATOR(pg_catalog.=) pg_catalog.to_jsonb($1)"
							  " OR EXISTS (SELECT FROM liskeban.ticket AS t WHERE t.ticket_id OPERATOR(pg_catalog.=) x.ticket_id"
							  " AND t.merged_into OPERATOR(pg_catalog.=) $1 AND t.state OPERATOR(pg_catalog.=) 'merged'))"
							  " ORDER BY x.ticket_id LIMIT 1",
							  3, argtypes, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.ticket_event");
	if (SPI_processed > 0)
		other = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_finish();
	owner_leave(&scope);
	if (other != 0)
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("\"%s\" of ticket " INT64_FORMAT " cannot be reverted", undone->action, row_int64(row, TC_TICKET_ID)),
				 errdetail("Missing: a transition without consequences in other tickets; ticket " INT64_FORMAT " was changed with it.",
						   other)));
}

/* The type in which a column's old value, text in an event's detail, is written back. */
static const char *
column_value(const TicketRow *row, TicketColumn c)
{
	const char *name = ticket_columns[c].name;
	const char *text = psprintf("($2 OPERATOR(pg_catalog.->) '%s' OPERATOR(pg_catalog.->>) 0)", name);

	switch (row->layout->atttype[c])
	{
		case TEXTARRAYOID:
			return psprintf("ARRAY(SELECT pg_catalog.jsonb_array_elements_text($2 OPERATOR(pg_catalog.->) '%s' OPERATOR(pg_catalog.->) 0))", name);
		case INTERVALOID:
			return psprintf("pg_catalog.justify_hours(%s::pg_catalog.interval)", text);
		default:
			return psprintf("%s::%s", text, format_type_extended(row->layout->atttype[c], -1, FORMAT_TYPE_FORCE_QUALIFY));
	}
}

/* UPDATE that writes back what the event changed: $1 the ticket, $2 detail, $3 the state, $4 the run, $5 the note. */
static char *
update_statement(const TicketRow *row, const Undone *undone)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "UPDATE liskeban.ticket SET state = $3, run = $4, note = $5");
	if (strcmp(undone->action, "arrive") == 0)
		appendStringInfoString(&sql, ", arrived_geom = NULL");
	for (int c = 0; c < TC_COUNT && undone->detail != 0; c++)
	{
		const char *name = ticket_columns[c].name;
		JsonbValue	value;

		if (ticket_columns[c].in_detail &&
			getKeyJsonValueFromContainer(&DatumGetJsonbP(undone->detail)->root, name, strlen(name), &value) != NULL)
			appendStringInfo(&sql, ", %s = %s", name, column_value(row, (TicketColumn) c));
	}
	appendStringInfoString(&sql, " WHERE ticket_id OPERATOR(pg_catalog.=) $1"
						   " AND $2 IS NOT DISTINCT FROM $2 RETURNING merged_into");
	return sql.data;
}

/*
 * Whistles and progress that ended with the event go on; the request that permitted it may be used again, and a complaint
 * that it decided is open.
 */
static void
undo_around(const TicketRow *row, const Undone *undone)
{
	Oid			argtypes[4] = {INT8OID, INT4OID, TIMESTAMPTZOID, TEXTOID};
	Datum		values[4] = {row_datum(row, TC_TICKET_ID), Int32GetDatum(undone->seq),
	TimestampTzGetDatum(undone->at), CStringGetTextDatum(undone->actor)};

	/* The citizen's complaint that it granted, or refused, waits to be decided again. */
	(void) maintain_execute(MAINTAIN_AS_OWNER, NULL,
							"UPDATE liskeban.request AS r SET granted = NULL, decided_at = NULL, decided_by = NULL, note = NULL, used_seq = NULL"
							" WHERE r.ticket_id OPERATOR(pg_catalog.=) $1"
							" AND (r.used_seq OPERATOR(pg_catalog.=) $2 OR NOT r.granted AND r.decided_by OPERATOR(pg_catalog.=) $4"
							" AND r.decided_at OPERATOR(pg_catalog.=) GREATEST($3, r.asked_at))"
							" AND EXISTS (SELECT FROM liskeban.feedback AS f WHERE f.ticket_id OPERATOR(pg_catalog.=) r.ticket_id"
							" AND f.request_id OPERATOR(pg_catalog.=) r.request_id)",
							4, argtypes, values, NULL);
	(void) maintain_execute(MAINTAIN_AS_OWNER, NULL,
							"UPDATE liskeban.request SET used_seq = NULL"
							" WHERE ticket_id OPERATOR(pg_catalog.=) $1 AND used_seq OPERATOR(pg_catalog.=) $2",
							2, argtypes, values, NULL);
	(void) maintain_execute(MAINTAIN_AS_OWNER, NULL,
							"UPDATE liskeban.whistle SET ended_at = NULL, ended_by = NULL, outcome = NULL"
							" WHERE ticket_id OPERATOR(pg_catalog.=) $1 AND ended_at OPERATOR(pg_catalog.=) $3"
							" AND ended_by OPERATOR(pg_catalog.=) $4 AND $2 IS NOT NULL"
							" AND outcome OPERATOR(pg_catalog.=) ANY ('{solved,overtaken}')",
							4, argtypes, values, NULL);
	/* Requests that lapsed with it, and supervisions struck off for it, stand again. */
	values[3] = CStringGetTextDatum(undone->action);
	(void) maintain_execute(MAINTAIN_AS_OWNER, NULL,
							"UPDATE liskeban.request SET granted = NULL, decided_at = NULL, decided_by = NULL, note = NULL"
							" WHERE ticket_id OPERATOR(pg_catalog.=) $1 AND NOT granted AND $2 IS NOT NULL"
							" AND decided_at OPERATOR(pg_catalog.=) GREATEST($3, asked_at)"
							" AND note OPERATOR(pg_catalog.=) pg_catalog.format('lapsed with \"%s\"', $4)",
							4, argtypes, values, NULL);
	(void) maintain_execute(MAINTAIN_AS_OWNER, NULL,
							"UPDATE liskeban.supervision SET struck_at = NULL, struck_by = NULL, note = NULL"
							" WHERE ticket_id OPERATOR(pg_catalog.=) $1 AND struck_at OPERATOR(pg_catalog.=) $3"
							" AND struck_by OPERATOR(pg_catalog.=) 'platform' AND note OPERATOR(pg_catalog.=) $4"
							" AND $2 IS NOT NULL",
							4, argtypes, values, NULL);
	/* Another plan's report goes, the one before it is due again. */
	(void) maintain_execute(MAINTAIN_AS_OWNER, NULL,
							"UPDATE liskeban.progress SET ended_at = GREATEST(opened_at, $3) WHERE ticket_id OPERATOR(pg_catalog.=) $1"
							" AND ended_at IS NULL AND opened_at OPERATOR(pg_catalog.=) $3 AND $2 IS NOT NULL AND $4 IS NOT NULL",
							4, argtypes, values, NULL);
	if (ticket_enum_ordinal(row->layout, ENUM_STATE, DatumGetObjectId(undone->from_state)) == STATE_PLANNED)
		(void) maintain_execute(MAINTAIN_AS_OWNER, NULL,
								"UPDATE liskeban.progress SET ended_at = NULL WHERE ticket_id OPERATOR(pg_catalog.=) $1"
								" AND ended_at OPERATOR(pg_catalog.=) $3 AND opened_at OPERATOR(pg_catalog.<) $3"
								" AND reported_at IS NULL AND $2 IS NOT NULL AND $4 IS NOT NULL",
								4, argtypes, values, NULL);
}

/*
 * revert(ticket_id bigint, note text) returns integer: the seq of the event that undid the last transition.
 */
Datum
ticket_revert(PG_FUNCTION_ARGS)
{
	const TicketLayout *layout = ticket_layout();
	Oid			argtypes[5] = {INT8OID, JSONBOID, layout->atttype[TC_STATE], INT4OID, TEXTOID};
	Datum		values[5];
	const Actor *actor = identity_actor();
	TicketRow	row;
	Undone		undone;
	int32		save_seq = active_seq;
	TimestampTz save_since = active_since;

	ticket_lock(PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0), PG_ARGISNULL(0), &row);
	find_undone(&row, &undone);
	if (!actor_has_role(actor, ROLE_DISPATCHER, &row))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not revert ticket " INT64_FORMAT, actor->name, row_int64(&row, TC_TICKET_ID)),
				 errdetail("It takes a membership that reaches the ticket as: %s.", "dispatcher")));
	if (PG_ARGISNULL(1) || VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(1)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("a revert needs a note"),
				 errdetail("Missing: note.")));
	check_consequences(&row, &undone);
	if (strcmp(undone.action, "unmerge") == 0)
		duplicate_check_lead_open(&row, undone.detail);

	values[0] = PG_GETARG_DATUM(0);
	values[1] = undone.detail != 0 ? undone.detail : DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"));
	values[2] = undone.from_state;
	values[3] = Int32GetDatum(undone.run_before);
	values[4] = PG_GETARG_DATUM(1);
	PG_TRY();
	{
		active_seq = undone.seq;
		active_since = undone.at;
		if (maintain_execute(MAINTAIN_AS_OWNER, REVERT_ACTION, update_statement(&row, &undone),
							 5, argtypes, values, NULL) != 1)
			elog(ERROR, "could not revert ticket " INT64_FORMAT, row_int64(&row, TC_TICKET_ID));
	}
	PG_FINALLY();
	{
		active_seq = save_seq;
		active_since = save_since;
	}
	PG_END_TRY();
	undo_around(&row, &undone);
	PG_RETURN_INT32(row_int32(&row, TC_LAST_SEQ) + 1);
}
