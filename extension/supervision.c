/*
 * supervision.c: what an overdue clock, or a leader, demands of who is late, until it is struck off.
 *
 *   CREATE TRIGGER zz_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.supervision
 *     FOR EACH ROW EXECUTE FUNCTION liskeban.supervision_guard();
 *   CREATE TRIGGER zz_guard_truncate BEFORE TRUNCATE ON liskeban.supervision
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.supervision_guard();
 *
 * The platform's own follow from alarms as these are written, whoever found them: one set a statement, each at the
 * instant of its alarm.  Somebody's own is an event of its ticket.  Named functions lock the ticket first; a plain UPDATE
 * has its row first, so what strikes off behind a ticket (consequence.c) leaves a row that is being written.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "calendar.h"
#include "enum_label.h"
#include "identity.h"
#include "liskeban.h"
#include "maintain.h"
#include "query.h"
#include "reach.h"
#include "registry_cache.h"
#include "row_guard.h"
#include "supervision.h"

PG_FUNCTION_INFO_V1(supervision_guard);
PG_FUNCTION_INFO_V1(supervise);
PG_FUNCTION_INFO_V1(reply_supervision);
PG_FUNCTION_INFO_V1(strike_off);

/* An order that does not say by when is to be answered within a working day. */
#define ORDER_WITHIN USECS_PER_DAY

static EnumLabels basis_labels = {
	.type = "time_basis",
	.labels = {"calendar", "working_day", "working_hour"}
};

/* ---- the platform's own ---- */

typedef struct Policy
{
	const char *kind;			/* NULL: nothing follows */
	bool		asks_reply;
	int64		reply_within;	/* microseconds of basis */
	TimeBasis	basis;
} Policy;

typedef struct PolicyTable
{
	Policy		rows[CLOCK_PROGRESS + 1][LAMP_RED3 + 1];
} PolicyTable;

static void *
policy_load(MemoryContext cxt)
{
	PolicyTable *table = MemoryContextAllocZero(cxt, sizeof(PolicyTable));

	registry_query("SELECT clock, level, kind, reply_within, basis FROM liskeban.supervision_policy");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tup = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		Policy	   *p = &table->rows[alarm_clock(SPI_getbinval(tup, desc, 1, &isnull))]
			[alarm_lamp(SPI_getbinval(tup, desc, 2, &isnull))];
		Datum		within;

		p->kind = MemoryContextStrdup(cxt, TextDatumGetCString(SPI_getbinval(tup, desc, 3, &isnull)));
		p->basis = (TimeBasis) enum_label_position(&basis_labels, SPI_getbinval(tup, desc, 5, &isnull));
		within = SPI_getbinval(tup, desc, 4, &isnull);
		if (!isnull)
		{
			/* A row that says months must not keep every sweep from its work: a month is thirty days. */
			const Interval *span = DatumGetIntervalP(within);

			p->asks_reply = true;
			p->reply_within = ((int64) span->month * DAYS_PER_MONTH + span->day) * USECS_PER_DAY + span->time;
		}
	}
	return table;
}

static RegistryCache policy_cache = {
	.name = "liskeban supervision policy",
	.tables = {"supervision_policy", NULL},
	.load = policy_load
};

#define SUPERVISION_COLUMNS 11

#define INSERT_SUPERVISION \
	"INSERT INTO liskeban.supervision (ticket_id, target_id, alarm_id, clock, level, kind, area, department, issued_by," \
	" issued_at, basis, reply_due)" \
	" SELECT r.ticket_id, CASE WHEN r.ticket_id IS NULL THEN r.subject END, r.alarm_id, r.clock, r.level, r.kind," \
	" u.area, u.department, '" PLATFORM_ACTOR "', r.issued_at, r.basis, r.reply_due FROM supervision_rows AS r"

/* Of a ticket that is gone only what passed before comes here (subject_settle_gone()), and is struck off with the rest. */
#define TICKET_GOES_ON \
	"t.ticket_id OPERATOR(pg_catalog.=) r.ticket_id AND t.state OPERATOR(pg_catalog.<>) 'suspended'::liskeban.ticket_state"

#define THE_DISTRICT "(SELECT p.district FROM liskeban.platform AS p)"

/* The ticket's own clocks: whom they address is known. */
static const char insert_addressed[] =
INSERT_SUPERVISION " CROSS JOIN LATERAL (SELECT r.area, r.department) AS u ON CONFLICT (alarm_id) DO NOTHING";

/* The clocks of subjects, whose tables know whom they address. */
static const char insert_by_subject[] =
INSERT_SUPERVISION " CROSS JOIN LATERAL ("
/* whistles: who holds the ticket on the rung that was whistled up, or that rung, when the ticket has left it since */
"SELECT CASE WHEN h.holds THEN t.responsible_area"
" WHEN w.to_tier OPERATOR(pg_catalog.>=) 'district'::liskeban.tier THEN " THE_DISTRICT
" ELSE COALESCE(liskeban.area_parent(COALESCE(w.from_area, t.area), 'town'), " THE_DISTRICT ") END AS area,"
" CASE WHEN h.holds THEN t.department END AS department FROM liskeban.whistle AS w, liskeban.ticket AS t,"
" LATERAL (SELECT w.ended_at IS NULL AND t.tier OPERATOR(pg_catalog.=) w.to_tier"
" AND pg_catalog.num_nonnulls(t.responsible_area, t.department) OPERATOR(pg_catalog.>) 0) AS h(holds)"
" WHERE r.clock OPERATOR(pg_catalog.=) ANY ('{sign,handle}'::liskeban.clock[])"
" AND w.whistle_id OPERATOR(pg_catalog.=) r.subject AND " TICKET_GOES_ON
/* progress: the holder */
" UNION ALL SELECT CASE WHEN t.department IS NULL THEN COALESCE(t.responsible_area, " THE_DISTRICT ") ELSE t.responsible_area END,"
" t.department FROM liskeban.ticket AS t"
" WHERE r.clock OPERATOR(pg_catalog.=) 'progress'::liskeban.clock AND " TICKET_GOES_ON
" UNION ALL SELECT y.area, y.department FROM liskeban.party AS y, liskeban.ticket AS t"
" WHERE r.clock OPERATOR(pg_catalog.=) 'party'::liskeban.clock AND y.party_id OPERATOR(pg_catalog.=) r.subject AND " TICKET_GOES_ON
/* what another supervision asked, and nobody answered */
" UNION ALL SELECT s.area, s.department FROM liskeban.supervision AS s, liskeban.ticket AS t"
" WHERE r.clock OPERATOR(pg_catalog.=) 'reply'::liskeban.clock"
" AND s.supervision_id OPERATOR(pg_catalog.=) r.subject AND s.struck_at IS NULL AND " TICKET_GOES_ON
/* what a directive asked */
" UNION ALL SELECT d.area, d.department FROM liskeban.directive_target AS d, liskeban.directive AS i"
" WHERE r.ticket_id IS NULL AND d.target_id OPERATOR(pg_catalog.=) r.subject"
" AND i.directive_id OPERATOR(pg_catalog.=) d.directive_id AND i.revoked_at IS NULL"
") AS u ON CONFLICT (alarm_id) DO NOTHING";

static TupleDesc
make_desc(void)
{
	TupleDesc	desc = CreateTemplateTupleDesc(SUPERVISION_COLUMNS);

	TupleDescInitEntry(desc, 1, "alarm_id", INT8OID, -1, 0);
	TupleDescInitEntry(desc, 2, "ticket_id", INT8OID, -1, 0);
	TupleDescInitEntry(desc, 3, "subject", INT8OID, -1, 0);
	TupleDescInitEntry(desc, 4, "clock", alarm_clock_type(), -1, 0);
	TupleDescInitEntry(desc, 5, "level", alarm_lamp_type(), -1, 0);
	TupleDescInitEntry(desc, 6, "kind", TEXTOID, -1, 0);
	TupleDescInitEntry(desc, 7, "area", ticket_layout()->atttype[TC_RESPONSIBLE_AREA], -1, 0);
	TupleDescInitEntry(desc, 8, "department", TEXTOID, -1, 0);
	TupleDescInitEntry(desc, 9, "issued_at", TIMESTAMPTZOID, -1, 0);
	TupleDescInitEntry(desc, 10, "basis", enum_label_type(&basis_labels), -1, 0);
	TupleDescInitEntry(desc, 11, "reply_due", TIMESTAMPTZOID, -1, 0);
	return desc;
}

static void
put_row(Tuplestorestate *rows, TupleDesc desc, const Alarm *alarm, const Policy *policy)
{
	Datum		values[SUPERVISION_COLUMNS] = {0};
	bool		nulls[SUPERVISION_COLUMNS] = {false};

	values[0] = Int64GetDatum(alarm->alarm_id);
	values[1] = Int64GetDatum(alarm->ticket_id);
	nulls[1] = alarm->ticket_id == 0;
	values[2] = Int64GetDatum(alarm->subject);
	nulls[2] = alarm->subject == 0;
	values[3] = alarm_clock_datum(alarm->clock);
	values[4] = alarm_lamp_datum(alarm->level);
	values[5] = CStringGetTextDatum(policy->kind);
	values[6] = AreaCodeGetDatum(alarm->area);
	nulls[6] = !alarm->has_area;
	if (alarm->department != NULL)
		values[7] = CStringGetTextDatum(alarm->department);
	nulls[7] = alarm->department == NULL;
	values[8] = TimestampTzGetDatum(alarm->at);
	values[9] = enum_label_datum(&basis_labels, policy->basis);
	if (policy->asks_reply)
		values[10] = TimestampTzGetDatum(calendar_add(alarm->at, policy->reply_within, policy->basis));
	nulls[10] = !policy->asks_reply;
	tuplestore_putvalues(rows, desc, values, nulls);
}

/* One set: of the alarms whose addressee is known, or of the others. */
static void
insert_set(const AlarmBuffer *alarms, const PolicyTable *table, bool addressed)
{
	EphemeralNamedRelationData enr;
	Tuplestorestate *rows = NULL;
	TupleDesc	desc = NULL;
	int64		nrows = 0;

	for (int64 i = 0; i < alarms->nrows; i++)
	{
		const Alarm *alarm = &alarms->alarms[i];
		const Policy *policy = &table->rows[alarm->rule][alarm->level];

		if (alarm->alarm_id == 0 || policy->kind == NULL || alarm->addressed != addressed)
			continue;
		/* Of a suspended ticket nobody is late. */
		if (addressed && !alarm->has_area && alarm->department == NULL)
			continue;
		if (rows == NULL)
		{
			desc = make_desc();
			rows = tuplestore_begin_heap(false, false, work_mem);
		}
		put_row(rows, desc, alarm, policy);
		nrows++;
	}
	if (nrows == 0)
		return;
	query_name_rows(&enr, "supervision_rows", desc, rows, nrows);
	(void) maintain_execute_from(MAINTAIN_AS_PLATFORM, NULL, addressed ? insert_addressed : insert_by_subject, &enr);
	tuplestore_end(rows);
}

void
supervision_follow(const AlarmBuffer *alarms)
{
	const PolicyTable *table;
	MemoryContext context;
	MemoryContext old;

	/* A platform of an earlier version supervises nobody until upgrade_platform(). */
	if (!platform_has("supervision"))
		return;
	table = registry_get(&policy_cache);
	context = AllocSetContextCreate(CurrentMemoryContext, "liskeban supervision", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	insert_set(alarms, table, true);
	insert_set(alarms, table, false);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

/* ---- the guard ---- */

/* The rung of whom it addresses; the desk of the district is below whoever leads it. */
static Tier
rung_of(const Unit *unit, bool desk)
{
	return desk ? TIER_TOWN : unit_rung(unit);
}

/* Stands above whom it addresses; the desk does not above itself. */
static bool
stands_above(const Actor *actor, const Unit *unit, int rung, bool desk)
{
	if (!actor->admin && desk && reach_serves(actor, unit))
		return false;
	return reach_supervises(actor, unit, rung);
}

static void
check_kind(const char *kind)
{
	if (kind == NULL || (strcmp(kind, "urge") != 0 && strcmp(kind, "order") != 0 && strcmp(kind, "notice") != 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown kind of supervision \"%s\"", kind ? kind : "NULL"),
				 errhint("A supervision is an urge, an order or a notice.")));
}

/* The ticket can be supervised: LK001. */
static void
check_state(const TicketRow *row)
{
	TicketState state = row_state(row);

	if (state == STATE_SUSPENDED || state_is_final(state))
		ereport(ERROR,
				(errcode(ERRCODE_LK_NO_TRANSITION),
				 errmsg("ticket " INT64_FORMAT ", which is \"%s\", cannot be supervised",
						row_int64(row, TC_TICKET_ID), state_labels[state])));
}

static void
issue(RowGuard *g, const Actor *actor)
{
	static const char *const kept[] = {"target_id", "alarm_id", "clock", "level", "area", "department", "issued_at", "reply",
	"replied_at", "replied_by", "struck_at", "struck_by", "note", NULL};
	char	   *kind = row_guard_text(g, "kind");
	char	   *issued_by = row_guard_text(g, "issued_by");
	Oid			argtypes[2] = {INT8OID, TEXTOID};
	Datum		values[2];
	TicketRow	row;
	TimestampTz at;
	Unit		unit;
	bool		desk;

	row_guard_kept(g, kept);
	check_kind(kind);
	ticket_lock(row_guard_int64(g, "ticket_id"), row_guard_isnull(g, "ticket_id"), &row);
	check_state(&row);
	desk = unit_of_ticket(&row, &unit);
	if (!stands_above(actor, &unit, desk || row_isnull(&row, TC_TIER) ? (int) rung_of(&unit, desk) : row_enum(&row, TC_TIER), desk))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not supervise ticket " INT64_FORMAT, actor->name, row_int64(&row, TC_TICKET_ID)),
				 errdetail("It is with %s: it takes a dispatcher or leader above that.", unit_name(&unit))));
	if (issued_by != NULL && !actor->admin && strcmp(issued_by, actor->name) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not issue a supervision of \"%s\"", actor->name, issued_by),
				 errdetail("Only an admin issues one in another's name.")));
	row_guard_required(g, "reason");

	at = Max(liskeban_now(), row_time(&row, TC_UPDATED_AT));
	row_guard_ahead(g, "reply_due", at);
	if (row_guard_isnull(g, "reply_due") && strcmp(kind, "order") == 0)
	{
		row_guard_set(g, "basis", enum_label_datum(&basis_labels, BASIS_WORKING_DAY));
		row_guard_set(g, "reply_due", TimestampTzGetDatum(calendar_add(at, ORDER_WITHIN, BASIS_WORKING_DAY)));
	}
	if (issued_by == NULL)
		row_guard_set_text(g, "issued_by", actor->name);
	row_guard_set(g, "issued_at", TimestampTzGetDatum(at));
	if (unit.has_area)
		row_guard_set(g, "area", AreaCodeGetDatum(unit.area));
	if (unit.department != NULL)
		row_guard_set_text(g, "department", unit.department);

	values[0] = row_datum(&row, TC_TICKET_ID);
	values[1] = CStringGetTextDatum(psprintf("%s: %s", kind, row_guard_text(g, "reason")));
	maintain_execute(MAINTAIN_AS_OWNER, "supervise",
					 "UPDATE liskeban.ticket SET note = $2 WHERE ticket_id OPERATOR(pg_catalog.=) $1",
					 2, argtypes, values, NULL);
}

static void
check_answers(const RowGuard *g, const Actor *actor, const Unit *unit)
{
	if (!reach_answers(actor, unit))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not answer supervision " INT64_FORMAT, actor->name, row_guard_int64(g, "supervision_id")),
				 errdetail("It addresses %s: it takes a membership as handler or dispatcher, or an office, that reaches it.",
						   unit_name(unit))));
}

/* Its issuer, of the platform's who stands above; an admin; never who is supervised. */
static void
check_strikes(const RowGuard *g, const Actor *actor, const Unit *unit)
{
	char	   *issued_by = row_guard_text(g, "issued_by");
	char	   *replied_by = row_guard_text(g, "replied_by");
	bool		desk = false;
	bool		may;

	if (actor->admin)
		return;
	if (!row_guard_isnull(g, "clock"))
	{
		ClockKind	clock = alarm_clock(row_guard_datum(g, "clock"));

		desk = unit->department == NULL && unit->area == platform_get()->district &&
			(clock == CLOCK_ACCEPT || clock == CLOCK_DISPATCH || clock == CLOCK_RESPOND || clock == CLOCK_FEEDBACK);
	}
	if (strcmp(issued_by, PLATFORM_ACTOR) == 0)
		may = stands_above(actor, unit, rung_of(unit, desk), desk);
	else
		may = strcmp(issued_by, actor->name) == 0;
	if (may && replied_by != NULL && strcmp(replied_by, actor->name) == 0)
		may = false;
	if (!may)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not strike off supervision " INT64_FORMAT, actor->name,
						row_guard_int64(g, "supervision_id")),
				 errdetail("Who issued it does, of the platform's a dispatcher or leader above %s; never who answered it.",
						   unit_name(unit))));
}

static void
amend(RowGuard *g, const Actor *actor)
{
	static const char *const kept[] = {"supervision_id", "ticket_id", "target_id", "alarm_id", "clock", "level", "kind", "area",
		"department", "issued_by", "issued_at", "reason", "basis", "reply_due", NULL};
	static const char *const once[] = {"reply", "replied_at", "replied_by", "struck_at", "struck_by", "note", NULL};
	/* Who and when follow from what is given with them. */
	static const char *const follows[][2] = {{"replied_at", "reply"}, {"replied_by", "reply"}, {"struck_by", "struck_at"},
	{"note", "struck_at"}};
	TimestampTz at = Max(liskeban_now(), row_guard_time(g, "issued_at"));
	Unit		unit;

	/* Whom it addresses follows the areas that are redrawn. */
	if (maintain_active())
		return;
	row_guard_kept(g, kept);
	if (!row_guard_any_changed(g, once))
		return;
	for (int i = 0; i < (int) lengthof(follows); i++)
		row_guard_follows(g, follows[i][0], follows[i][1]);
	unit_of_row(g, &unit);
	if (row_guard_changed(g, "reply"))
		check_answers(g, actor, &unit);
	if (row_guard_changed(g, "struck_at") || row_guard_changed(g, "note"))
		check_strikes(g, actor, &unit);
	if (!row_guard_was_null(g, "struck_at"))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("supervision " INT64_FORMAT " has been struck off", row_guard_int64(g, "supervision_id"))));
	for (int i = 0; once[i] != NULL; i++)
		row_guard_given_once(g, once[i]);
	if (row_guard_given(g, "reply"))
	{
		row_guard_required(g, "reply");
		row_guard_set(g, "replied_at", TimestampTzGetDatum(at));
		row_guard_set_text(g, "replied_by", actor->name);
	}
	if (row_guard_given(g, "struck_at"))
	{
		row_guard_set(g, "struck_at", TimestampTzGetDatum(at));
		row_guard_set_text(g, "struck_by", actor->name);
	}
}

/*
 * supervision_guard(): BEFORE trigger of liskeban.supervision.
 */
Datum
supervision_guard(PG_FUNCTION_ARGS)
{
	RowGuard	g;

	row_guard_begin(&g, fcinfo, "supervision_guard");
	if (maintain_active())
		return PointerGetDatum(g.insert ? g.trigdata->tg_trigtuple : g.trigdata->tg_newtuple);
	if (g.insert)
		issue(&g, identity_actor());
	else
		amend(&g, identity_actor());
	return PointerGetDatum(row_guard_end(&g));
}

/* ---- functions over the table ---- */

/*
 * supervise(ticket_id bigint, kind text, reason text, reply_within interval) returns bigint: its id.
 */
Datum
supervise(PG_FUNCTION_ARGS)
{
	Oid			argtypes[4] = {INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID};
	Datum		values[4];
	char		nulls[5] = "    ";
	TicketRow	row;

	ticket_lock(PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0), PG_ARGISNULL(0), &row);
	for (int i = 0; i < 3; i++)
	{
		values[i] = PG_ARGISNULL(i) ? (Datum) 0 : PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
	nulls[3] = 'n';
	if (!PG_ARGISNULL(3))
	{
		TimestampTz at = Max(liskeban_now(), row_time(&row, TC_UPDATED_AT));

		values[3] = TimestampTzGetDatum(calendar_add(at, calendar_amount(PG_GETARG_INTERVAL_P(3), true), BASIS_WORKING_DAY));
		nulls[3] = ' ';
	}
	PG_RETURN_DATUM(query_value("INSERT INTO liskeban.supervision (ticket_id, kind, reason, reply_due)"
								" VALUES ($1, $2, $3, $4) RETURNING supervision_id", 4, argtypes, values, nulls, NULL));
}

/*
 * Lock the supervision's ticket, then it: 22004, P0002; 55000 when the column has been given, though the UPDATE might
 * write the same.
 */
static void
begin_step(FunctionCallInfo fcinfo, const char *column)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {PG_ARGISNULL(0) ? (Datum) 0 : PG_GETARG_DATUM(0)};
	char	   *sql = psprintf("SELECT ticket_id, %s IS NOT NULL FROM liskeban.supervision"
							   " WHERE supervision_id OPERATOR(pg_catalog.=) $1", column);
	bool		no_ticket;
	bool		isnull;
	int64		ticket_id;
	TicketRow	row;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("supervision_id must not be NULL")));
	SPI_connect();
	if (SPI_execute_with_args(sql, 1, argtypes, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.supervision");
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("there is no supervision " INT64_FORMAT, PG_GETARG_INT64(0))));
	ticket_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &no_ticket));
	if (!no_ticket)
		ticket_lock(ticket_id, false, &row);
	if (SPI_execute_with_args(psprintf("%s FOR UPDATE", sql), 1, argtypes, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.supervision");
	if (SPI_processed > 0 && DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull)))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 strcmp(column, "struck_at") == 0 ?
				 errmsg("supervision " INT64_FORMAT " has been struck off", PG_GETARG_INT64(0)) :
				 errmsg("supervision " INT64_FORMAT " has been answered", PG_GETARG_INT64(0))));
	SPI_finish();
}

static void
end_step(FunctionCallInfo fcinfo, const char *sql)
{
	Oid			argtypes[2] = {INT8OID, TEXTOID};
	Datum		values[2] = {PG_GETARG_DATUM(0), PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1)};

	SPI_connect();
	if (SPI_execute_with_args(sql, 2, argtypes, values, PG_ARGISNULL(1) ? " n" : NULL, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not write liskeban.supervision");
	SPI_finish();
}

/*
 * reply_supervision(supervision_id bigint, reply text)
 */
Datum
reply_supervision(PG_FUNCTION_ARGS)
{
	begin_step(fcinfo, "replied_at");
	/* An empty answer is none: the guard says so. */
	end_step(fcinfo, "UPDATE liskeban.supervision SET reply = COALESCE($2, '') WHERE supervision_id OPERATOR(pg_catalog.=) $1");
	PG_RETURN_VOID();
}

/*
 * strike_off(supervision_id bigint, note text)
 */
Datum
strike_off(PG_FUNCTION_ARGS)
{
	begin_step(fcinfo, "struck_at");
	end_step(fcinfo, "UPDATE liskeban.supervision SET struck_at = liskeban.liskeban_now(), note = $2"
			 " WHERE supervision_id OPERATOR(pg_catalog.=) $1");
	PG_RETURN_VOID();
}
