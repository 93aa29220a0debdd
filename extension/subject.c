/*
 * subject.c: the clocks of what hangs on a ticket, and when the sweep has to look because of them.
 *
 *   CREATE TRIGGER subject_settle BEFORE UPDATE OR DELETE ON liskeban.<whistle, party, progress, supervision>
 *     FOR EACH ROW EXECUTE FUNCTION liskeban.subject_settle();
 *   CREATE TRIGGER subject_insert AFTER INSERT ON liskeban.<the same> REFERENCING NEW TABLE AS changed_rows
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.subject_changed();
 *
 * and subject_update, subject_delete (with the old rows) likewise.  Before a row changes, what its ticket's clocks say
 * by then fires; afterwards worklist.subject_alarm_at is worked out anew from liskeban.subject_clock.  Which levels are
 * still to come is asked of liskeban.alarm itself, so nothing is lost however a row is changed.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/array.h"
#include "utils/rel.h"

#include "calendar.h"
#include "enum_label.h"
#include "escalation.h"
#include "liskeban.h"
#include "query.h"
#include "registry_cache.h"
#include "subject.h"
#include "sweep.h"
#include "ticket_row.h"
#include "worklist.h"

PG_FUNCTION_INFO_V1(subject_settle);
PG_FUNCTION_INFO_V1(subject_changed);

static EnumLabels clock_labels = {
	.type = "clock",
	.labels = {"accept", "dispatch", "respond", "contact", "plan", "resolve", "feedback", "sign", "handle", "reply",
	"party", "progress"}
};
static EnumLabels basis_labels = {
	.type = "time_basis",
	.labels = {"calendar", "working_day", "working_hour"}
};

/* A bit for each level of a clock that has an alarm, in the order of enum Lamp. */
#define FIRED(ticket) \
	"(SELECT coalesce(bit_or(CASE a.level::text WHEN 'yellow' THEN 2 WHEN 'red' THEN 4 WHEN 'red2' THEN 8 ELSE 16 END), 0)" \
	" FROM liskeban.alarm AS a WHERE " ticket " AND a.clock = c.clock AND a.run = c.run AND a.subject = c.subject)"

/*
 * OFFSET keeps the view apart, so that each of its tables is read by the ticket's number.  No clock runs on a ticket that
 * is not on the worklist, but up to when it left.
 */
#define LOAD_QUERY(which) \
	"SELECT c.ticket_id, c.clock, c.subject, c.run, c.begins_at, c.due, c.basis, " FIRED("a.ticket_id = c.ticket_id") "," \
	" w.state, w.tier" \
	" FROM unnest($1) AS i(ticket_id) " which "JOIN liskeban.worklist AS w ON w.ticket_id = i.ticket_id," \
	" LATERAL (SELECT s.* FROM liskeban.subject_clock AS s WHERE s.ticket_id = i.ticket_id OFFSET 0) AS c" \
	" WHERE c.due IS NOT NULL ORDER BY c.ticket_id, c.clock, c.subject"

#define LOAD_DIRECTIVES \
	"SELECT c.ticket_id, c.clock, c.subject, c.run, c.begins_at, c.due, c.basis, " FIRED("a.ticket_id IS NULL") "," \
	" NULL::liskeban.ticket_state, NULL::liskeban.tier" \
	" FROM liskeban.subject_clock AS c WHERE c.ticket_id IS NULL AND c.due IS NOT NULL"

/* Does the sweep end what the clock belongs to at its due? */
static bool
clock_acts(ClockKind kind, HeapTuple tup, TupleDesc desc)
{
	const TicketLayout *layout = ticket_layout();
	bool		no_state;
	bool		no_tier;
	Datum		state = SPI_getbinval(tup, desc, 9, &no_state);
	Datum		tier = SPI_getbinval(tup, desc, 10, &no_tier);
	TicketState s;
	Tier		to;

	if (no_state || (kind != CLOCK_HANDLE && kind != CLOCK_PROGRESS))
		return false;
	s = (TicketState) ticket_enum_ordinal(layout, ENUM_STATE, DatumGetObjectId(state));
	if (kind == CLOCK_PROGRESS)
		return s == STATE_PLANNED;
	return !no_tier && state_is_handled(s) &&
		escalation_is_automatic((Tier) ticket_enum_ordinal(layout, ENUM_TIER, DatumGetObjectId(tier)), &to);
}

/* What SPI has read, in the caller's memory. */
static void
take_clocks(SubjectClocks *list, MemoryContext caller)
{
	list->n = 0;
	list->clocks = MemoryContextAlloc(caller, Max(SPI_processed, 1) * sizeof(SubjectClock));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tup = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		SubjectClock *c = &list->clocks[list->n++];
		TimestampTz begins;
		Datum		d;
		bool		isnull;

		d = SPI_getbinval(tup, desc, 1, &isnull);
		c->ticket_id = isnull ? 0 : DatumGetInt64(d);
		c->clock.clock = enum_label_position(&clock_labels, SPI_getbinval(tup, desc, 2, &isnull));
		c->subject = DatumGetInt64(SPI_getbinval(tup, desc, 3, &isnull));
		c->clock.run = DatumGetInt32(SPI_getbinval(tup, desc, 4, &isnull));
		begins = DatumGetTimestampTz(SPI_getbinval(tup, desc, 5, &isnull));
		c->clock.due = DatumGetTimestampTz(SPI_getbinval(tup, desc, 6, &isnull));
		c->clock.basis = enum_label_position(&basis_labels, SPI_getbinval(tup, desc, 7, &isnull));
		c->clock.given = Max(calendar_between(begins, c->clock.due, c->clock.basis), 0);
		c->fired = DatumGetInt32(SPI_getbinval(tup, desc, 8, &isnull));
		c->acts = clock_acts(c->clock.clock, tup, desc);
		c->until = c->acts ? c->clock.due : DT_NOEND;
	}

	/* A whistle that climbs is over by then, signed or not; its sign clock stands beside its handle clock. */
	for (int i = 1; i < list->n; i++)
		if (list->clocks[i].acts && list->clocks[i].clock.clock == CLOCK_HANDLE &&
			list->clocks[i - 1].clock.clock == CLOCK_SIGN && list->clocks[i - 1].subject == list->clocks[i].subject)
			list->clocks[i - 1].until = list->clocks[i].clock.due;
}

/* Run one of the queries above, over n tickets where it asks for some. */
static void
load(SubjectClocks *list, SPIPlanPtr *plan, const char *sql, int nargs, Datum *values, int n)
{
	Oid			argtypes[1] = {INT8ARRAYOID};
	MemoryContext caller = CurrentMemoryContext;

	SPI_connect();
	if (SPI_execute_plan(query_plan_for(plan, sql, nargs, argtypes, n), values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.subject_clock");
	take_clocks(list, caller);
	SPI_finish();
}

void
subject_load(SubjectClocks *list, Datum ticket_ids)
{
	static SPIPlanPtr plan = NULL;

	ArrayType  *ids = DatumGetArrayTypeP(ticket_ids);

	load(list, &plan, LOAD_QUERY(""), 1, &ticket_ids, ArrayGetNItems(ARR_NDIM(ids), ARR_DIMS(ids)));
}

void
subject_load_directives(SubjectClocks *list)
{
	static SPIPlanPtr plan = NULL;

	load(list, &plan, LOAD_DIRECTIVES, 0, NULL, 0);
}

SubjectClock *
subject_find(const SubjectClocks *list, int64 ticket_id, int *n)
{
	int			low = 0;
	int			high = list->n;

	while (low < high)
	{
		int			mid = (low + high) / 2;

		if (list->clocks[mid].ticket_id < ticket_id)
			low = mid + 1;
		else
			high = mid;
	}
	*n = 0;
	while (low + *n < list->n && list->clocks[low + *n].ticket_id == ticket_id)
		(*n)++;
	return list->clocks + low;
}

int
subject_collect(SubjectClock *clocks, int n, AlarmBuffer *alarms, TimestampTz until, TimestampTz *next)
{
	int			collected = 0;

	*next = DT_NOEND;
	for (int i = 0; i < n; i++)
	{
		SubjectClock *c = &clocks[i];

		for (Lamp level = LAMP_YELLOW; level <= LAMP_RED3; level++)
		{
			TimestampTz at;

			if (c->fired & (1u << level))
				continue;
			at = sla_level_at(&c->clock, level);
			if (at > c->until)
				break;
			if (at > until)
			{
				*next = Min(*next, at);
				break;
			}
			if (alarms != NULL)
				alarm_add(alarms, c->ticket_id, c->subject, &c->clock, level, at);
			c->fired |= 1u << level;
			collected++;
		}
		if (c->acts)
			*next = Min(*next, c->clock.due);
	}
	return collected;
}

/* Fire what passed before an instant, before a change can hide it. */
static void
settle_ticket(int64 ticket_id, TimestampTz before)
{
	Datum		id = Int64GetDatum(ticket_id);
	SubjectClocks list;
	AlarmBuffer alarms;
	TimestampTz next;
	OwnerScope	scope;

	owner_enter(&scope);
	subject_load(&list, PointerGetDatum(construct_array(&id, 1, INT8OID, 8, true, TYPALIGN_DOUBLE)));
	alarm_begin(&alarms, liskeban_now());
	(void) subject_collect(list.clocks, list.n, &alarms, before - 1, &next);
	(void) alarm_end(&alarms);
	owner_leave(&scope);
}

void
subject_settle_gone(int64 ticket_id, TimestampTz before)
{
	static SPIPlanPtr plan = NULL;
	Datum		id = Int64GetDatum(ticket_id);
	Datum		ids = PointerGetDatum(construct_array(&id, 1, INT8OID, 8, true, TYPALIGN_DOUBLE));
	int64		written;

	if (!platform_has("subject_clock"))
		return;
	do
	{
		SubjectClocks list;
		AlarmBuffer alarms;
		TimestampTz next;
		OwnerScope	scope;

		owner_enter(&scope);
		load(&list, &plan, LOAD_QUERY("LEFT "), 1, &ids, 1);
		alarm_begin(&alarms, liskeban_now());
		(void) subject_collect(list.clocks, list.n, &alarms, before - 1, &next);
		/* Its alarms may set off supervisions, whose clocks run too. */
		written = alarm_end(&alarms);
		owner_leave(&scope);
	} while (written > 0);
}

/* Work out when the sweep has to look at these tickets because of what hangs on them. */
static void
refresh(Datum ticket_ids)
{
	SubjectClocks list;
	WorklistWriter *worklist;
	Datum	   *ids;
	bool	   *nulls;
	int			nids;

	subject_load(&list, ticket_ids);
	deconstruct_array(DatumGetArrayTypeP(ticket_ids), INT8OID, 8, true, TYPALIGN_DOUBLE, &ids, &nulls, &nids);
	worklist = worklist_open();
	for (int i = 0; i < nids; i++)
	{
		int			n;
		SubjectClock *clocks = subject_find(&list, DatumGetInt64(ids[i]), &n);
		WorklistTimes times;
		TimestampTz next;

		(void) subject_collect(clocks, n, NULL, DT_NOBEGIN, &next);
		if (!worklist_times(worklist, DatumGetInt64(ids[i]), &times) || times.subject == next)
			continue;
		times.subject = next;
		worklist_set_times(worklist, &times);
	}
	worklist_close(worklist);
}

/* The ticket_id of a row of whatever table the trigger is on; false where it has none. */
static bool
row_ticket(TriggerData *trigdata, int64 *ticket_id)
{
	TupleDesc	desc = RelationGetDescr(trigdata->tg_relation);
	int			attnum = SPI_fnumber(desc, "ticket_id");
	bool		isnull;
	Datum		d;

	if (attnum <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called for a table with a column ticket_id", "subject_settle")));
	d = heap_getattr(trigdata->tg_trigtuple, attnum, desc, &isnull);
	*ticket_id = DatumGetInt64(d);
	return !isnull;
}

/*
 * The ticket's lock comes before its alarms: a sweep that has it may be writing the same ones, and would wait for ours
 * while we wait for it when the worklist follows.
 */
static void
lock_ticket(int64 ticket_id)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(ticket_id)};
	OwnerScope	scope;

	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("SELECT FROM liskeban.ticket AS t WHERE t.ticket_id = $1 FOR NO KEY UPDATE",
							  1, argtypes, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not lock a ticket");
	SPI_finish();
	owner_leave(&scope);
}

/*
 * subject_settle(): BEFORE ROW trigger: the levels that passed before now fire before the change hides them.  The sweep
 * has fired them itself, up to the instant of what it does.
 */
Datum
subject_settle(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	int64		ticket_id;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigdata->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) || TRIGGER_FIRED_BY_INSERT(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a row trigger before update or delete", "subject_settle")));
	if (!sweep_active() && row_ticket(trigdata, &ticket_id))
	{
		lock_ticket(ticket_id);
		settle_ticket(ticket_id, liskeban_now());
	}
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ? trigdata->tg_newtuple : trigdata->tg_trigtuple);
}

/*
 * subject_changed(): AFTER STATEMENT trigger with transition table changed_rows: the tickets' subject_alarm_at follows.
 */
Datum
subject_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	OwnerScope	scope;
	Datum		ids;
	bool		isnull;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigdata->tg_event) ||
		!TRIGGER_FIRED_FOR_STATEMENT(trigdata->tg_event) ||
		(trigdata->tg_newtable == NULL && trigdata->tg_oldtable == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a statement trigger after, with a transition table",
						"subject_changed")));
	/* A statement that changed nothing fires too, and what follows from a ticket's move most often does not. */
	if (tuplestore_tuple_count(trigdata->tg_newtable != NULL ? trigdata->tg_newtable : trigdata->tg_oldtable) == 0)
		return PointerGetDatum(NULL);
	owner_enter(&scope);
	SPI_connect();
	SPI_register_trigger_data(trigdata);
	if (SPI_execute("SELECT array_agg(DISTINCT r.ticket_id) FROM changed_rows AS r WHERE r.ticket_id IS NOT NULL",
					true, 0) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not read the changed rows");
	ids = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (!isnull)
	{
		Oid			argtypes[1] = {INT8ARRAYOID};

		/* The ticket's lock comes before its worklist row's; who changes a ticket has it already. */
		if (SPI_execute_with_args("SELECT FROM liskeban.ticket AS t WHERE t.ticket_id = ANY ($1)"
								  " ORDER BY t.ticket_id FOR NO KEY UPDATE",
								  1, argtypes, &ids, NULL, false, 0) != SPI_OK_SELECT)
			elog(ERROR, "could not lock tickets");
		refresh(ids);
	}
	SPI_finish();
	owner_leave(&scope);
	return PointerGetDatum(NULL);
}
