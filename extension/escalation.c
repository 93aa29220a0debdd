/*
 * escalation.c: the ladder: how long a rung has, which tickets climb by themselves, and what a whistle does.
 *
 * A whistle makes the next rung the holder at once and leaves the ticket's own clocks alone; who held it becomes a co
 * party.  How long each rung has stands in liskeban.escalation_policy, cached here by rung.  Whistles by hand, and what
 * becomes of a whistle, are in whistle.c.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "area_code.h"
#include "calendar.h"
#include "escalation.h"
#include "liskeban.h"
#include "query.h"
#include "registry_cache.h"
#include "sla.h"

/* ---- the rules of the rungs ---- */

static void *
ladder_load(MemoryContext cxt)
{
	RungPolicy *ladder = MemoryContextAllocZero(cxt, TIER_COUNT * sizeof(RungPolicy));

	registry_query("SELECT pg_catalog.array_position('{village,town,district,principal}', tier::text) - 1, sign_within,"
				   " handle_within, pg_catalog.array_position('{calendar,working_day,working_hour}', basis::text) - 1,"
				   " auto, max_declined FROM liskeban.escalation_policy");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tup = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		RungPolicy *p = &ladder[DatumGetInt32(SPI_getbinval(tup, desc, 1, &isnull))];

		p->known = true;
		p->sign_within = calendar_amount(DatumGetIntervalP(SPI_getbinval(tup, desc, 2, &isnull)), false);
		p->handle_within = calendar_amount(DatumGetIntervalP(SPI_getbinval(tup, desc, 3, &isnull)), false);
		p->basis = (TimeBasis) DatumGetInt32(SPI_getbinval(tup, desc, 4, &isnull));
		p->automatic = DatumGetBool(SPI_getbinval(tup, desc, 5, &isnull));
		p->max_declined = DatumGetInt32(SPI_getbinval(tup, desc, 6, &isnull));
	}
	return ladder;
}

static RegistryCache ladder_cache = {
	.name = "liskeban ladder",
	.tables = {"escalation_policy", NULL},
	.load = ladder_load
};

const RungPolicy *
escalation_policy(Tier tier)
{
	const RungPolicy *ladder = registry_get(&ladder_cache);

	return &ladder[tier];
}

bool
escalation_is_automatic(Tier from, Tier *to)
{
	if (from >= TIER_PRINCIPAL)
		return false;
	*to = from + 1;
	return escalation_policy(*to)->known && escalation_policy(*to)->automatic;
}

bool
escalation_acts_at(const TicketRow *row, TimestampTz *at)
{
	TicketState state = row_state(row);
	Tier		to;

	if (state == STATE_RESOLVED)
	{
		if (!row_bool(row, TC_HAS_REPORTER) || !row_isnull(row, TC_SATISFACTION) || row_isnull(row, TC_FEEDBACK_DUE))
			return false;
		*at = row_time(row, TC_FEEDBACK_DUE);
		return true;
	}
	return state_is_handled(state) && !row_isnull(row, TC_TIER) && row_enum(row, TC_TIER) == TIER_VILLAGE &&
		sla_work_due(row, at) && escalation_is_automatic(TIER_VILLAGE, &to);
}

/* ---- raising ---- */

#define RISE_COLUMNS 13

static TupleDesc
make_rise_desc(const TicketLayout *layout)
{
	TupleDesc	desc = CreateTemplateTupleDesc(RISE_COLUMNS);
	Oid			tier = layout->atttype[TC_TIER];
	Oid			area = layout->atttype[TC_RESPONSIBLE_AREA];

	TupleDescInitEntry(desc, 1, "ticket_id", INT8OID, -1, 0);
	TupleDescInitEntry(desc, 2, "from_tier", tier, -1, 0);
	TupleDescInitEntry(desc, 3, "to_tier", tier, -1, 0);
	TupleDescInitEntry(desc, 4, "from_area", area, -1, 0);
	TupleDescInitEntry(desc, 5, "from_department", TEXTOID, -1, 0);
	TupleDescInitEntry(desc, 6, "to_area", area, -1, 0);
	TupleDescInitEntry(desc, 7, "raised_by", TEXTOID, -1, 0);
	TupleDescInitEntry(desc, 8, "reason", TEXTOID, -1, 0);
	TupleDescInitEntry(desc, 9, "auto", BOOLOID, -1, 0);
	TupleDescInitEntry(desc, 10, "raised_at", TIMESTAMPTZOID, -1, 0);
	TupleDescInitEntry(desc, 11, "sign_due", TIMESTAMPTZOID, -1, 0);
	TupleDescInitEntry(desc, 12, "handle_due", TIMESTAMPTZOID, -1, 0);
	TupleDescInitEntry(desc, 13, "appeal_of", INT8OID, -1, 0);
	return desc;
}

/* Whose a rung's tickets are: the town's, the district's. */
static AreaCode
rung_area(const TicketRow *row, Tier tier)
{
	if (tier == TIER_TOWN && !row_isnull(row, TC_RESPONSIBLE_AREA) &&
		area_code_level(row_area(row, TC_RESPONSIBLE_AREA)) >= AREA_TOWN)
		return area_code_level(row_area(row, TC_RESPONSIBLE_AREA)) == AREA_TOWN ? row_area(row, TC_RESPONSIBLE_AREA)
			: area_code_parent(row_area(row, TC_RESPONSIBLE_AREA), AREA_TOWN);
	return platform_get()->district;
}

/* When a rung has to have signed, and solved, what reaches it. */
static void
rung_dues(Tier tier, TimestampTz at, TimestampTz *sign_due, TimestampTz *handle_due)
{
	const RungPolicy *p = escalation_policy(tier);

	if (!p->known)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("liskeban.escalation_policy has no row for \"%s\"", tier_labels[tier])));
	*sign_due = calendar_add(at, p->sign_within, BASIS_CALENDAR);
	*handle_due = calendar_add(*sign_due, p->handle_within, p->basis);
}

static void
put_rise(Tuplestorestate *rows, TupleDesc desc, const Rise *rise, const char *raised_by, bool automatic,
		 int64 appeal_of)
{
	const TicketRow *row = rise->row;
	const Oid  *tiers = row->layout->enum_oid[ENUM_TIER];
	Datum		values[RISE_COLUMNS];
	bool		nulls[RISE_COLUMNS] = {false};
	TimestampTz sign_due;
	TimestampTz handle_due;

	rung_dues(rise->to, rise->at, &sign_due, &handle_due);
	values[0] = row_datum(row, TC_TICKET_ID);
	values[1] = row_datum(row, TC_TIER);
	values[2] = ObjectIdGetDatum(tiers[rise->to]);
	values[3] = row_datum(row, TC_RESPONSIBLE_AREA);
	nulls[3] = row_isnull(row, TC_RESPONSIBLE_AREA);
	values[4] = row_datum(row, TC_DEPARTMENT);
	nulls[4] = row_isnull(row, TC_DEPARTMENT);
	values[5] = AreaCodeGetDatum(rung_area(row, rise->to));
	values[6] = CStringGetTextDatum(raised_by);
	values[7] = CStringGetTextDatum(rise->reason);
	values[8] = BoolGetDatum(automatic);
	values[9] = TimestampTzGetDatum(rise->at);
	values[10] = TimestampTzGetDatum(sign_due);
	values[11] = TimestampTzGetDatum(handle_due);
	values[12] = Int64GetDatum(appeal_of);
	nulls[12] = appeal_of == 0;
	tuplestore_putvalues(rows, desc, values, nulls);
}

/* The former holder takes part from now on, without a term; not where it is the new holder, or takes part already. */
#define ADD_PARTIES \
	"INSERT INTO liskeban.party (ticket_id, department, area, role, added_by, added_at)" \
	" SELECT r.ticket_id, r.from_department, CASE WHEN r.from_department IS NULL THEN r.from_area END, 'co'," \
	" r.raised_by, r.raised_at FROM rises AS r" \
	" WHERE (r.from_department IS NOT NULL OR r.from_area OPERATOR(liskeban.<>) r.to_area" \
	" AND EXISTS (SELECT FROM liskeban.area AS a WHERE a.code OPERATOR(liskeban.=) r.from_area))" \
	" AND NOT EXISTS (SELECT FROM liskeban.party AS p WHERE p.ticket_id = r.ticket_id AND p.role = 'co'" \
	" AND p.done_at IS NULL AND p.refused_at IS NULL AND CASE WHEN r.from_department IS NULL" \
	" THEN p.area OPERATOR(liskeban.=) r.from_area ELSE p.department = r.from_department END)"

int64
escalation_raise_all(MaintainAs as, const char *raised_by, bool automatic, int64 appeal_of, const Rise *rises, int n)
{
	EphemeralNamedRelationData enr;
	TupleDesc	desc;
	Tuplestorestate *rows;
	OwnerScope	scope;
	MemoryContext save;
	int64		whistle_id = 0;
	bool		isnull;

	if (n == 0)
		return 0;
	save = MemoryContextSwitchTo(TopTransactionContext);
	desc = make_rise_desc(rises[0].row->layout);
	rows = tuplestore_begin_heap(false, false, work_mem);
	MemoryContextSwitchTo(save);
	for (int i = 0; i < n; i++)
		put_rise(rows, desc, &rises[i], raised_by, automatic, appeal_of);
	query_name_rows(&enr, "rises", desc, rows, n);

	owner_enter(&scope);
	SPI_connect();
	query_see_rows(&enr);
	if (SPI_execute("UPDATE liskeban.whistle AS w SET ended_at = r.raised_at, ended_by = r.raised_by, outcome = 'overtaken'"
					" FROM rises AS r WHERE w.ticket_id = r.ticket_id AND w.ended_at IS NULL", false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not end whistles");
	(void) maintain_execute_from(as, appeal_of != 0 ? "appeal_whistle" : "blow_whistle",
								 "UPDATE liskeban.ticket AS t SET tier = r.to_tier, responsible_area = r.to_area,"
								 " department = NULL, updated_at = r.raised_at, note = r.reason"
								 " FROM rises AS r WHERE t.ticket_id = r.ticket_id", &enr);
	if (SPI_execute("INSERT INTO liskeban.whistle (ticket_id, from_tier, to_tier, from_area, from_department, raised_by,"
					" reason, auto, raised_at, sign_due, handle_due, appeal_of)"
					" SELECT r.ticket_id, r.from_tier, r.to_tier, r.from_area, r.from_department, r.raised_by,"
					" r.reason, r.auto, r.raised_at, r.sign_due, r.handle_due, r.appeal_of FROM rises AS r"
					" RETURNING whistle_id", false, 0) != SPI_OK_INSERT_RETURNING)
		elog(ERROR, "could not raise whistles");
	for (uint64 i = 0; i < SPI_processed; i++)
		whistle_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
	(void) maintain_execute_from(as, "add_party", ADD_PARTIES, &enr);
	SPI_finish();
	owner_leave(&scope);
	tuplestore_end(rows);
	FreeTupleDesc(desc);
	return whistle_id;
}

void
escalation_raise(int64 ticket_id, const char *raised_by, const char *reason, bool automatic, TimestampTz at)
{
	TicketRow	row;
	Rise		rise = {.row = &row, .reason = reason};
	OwnerScope	scope;

	owner_enter(&scope);
	ticket_lock(ticket_id, false, &row);
	owner_leave(&scope);
	if (row_isnull(&row, TC_TIER) || row_enum(&row, TC_TIER) == TIER_PRINCIPAL || !state_is_handled(row_state(&row)))
		return;
	rise.to = row_enum(&row, TC_TIER) + 1;
	rise.at = Max(at, row_time(&row, TC_UPDATED_AT));
	(void) escalation_raise_all(MAINTAIN_AS_PLATFORM, raised_by, automatic, 0, &rise, 1);
}
