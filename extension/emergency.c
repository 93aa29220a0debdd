/*
 * emergency.c: emergencies: declared and ended, and what they do to tickets.
 *
 *   CREATE TRIGGER zz_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.emergency
 *     FOR EACH ROW EXECUTE FUNCTION liskeban.emergency_guard();
 *   CREATE TRIGGER rules_changed AFTER INSERT OR UPDATE OF … ON liskeban.<emergency, emergency_sla>
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.emergency_changed();
 *
 * the first also BEFORE TRUNCATE; the second sorts after registry_changed, and rule_lock (recompute.c) comes before it.
 *
 * A ticket is caught by whatever is written to it while an emergency runs that is about its category and area, and by
 * the platform when an emergency is declared or begins.  From then on its due is what history has: no change of rules
 * moves it (replay.c), and only what gives a clock anew (rework, reopening, an extension once the emergency is over)
 * does.  The terms are cached by category: kind, area and times of every emergency there was.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "area_index.h"
#include "calendar.h"
#include "emergency.h"
#include "identity.h"
#include "liskeban.h"
#include "maintain.h"
#include "query.h"
#include "reach.h"
#include "registry_cache.h"
#include "row_guard.h"
#include "sla.h"

PG_FUNCTION_INFO_V1(emergency_guard);
PG_FUNCTION_INFO_V1(emergency_changed);
PG_FUNCTION_INFO_V1(end_emergency);

/* ---- terms ---- */

/* What an emergency gives a category. */
typedef struct Term
{
	const char *category;
	int64		emergency;
	AreaCode	area;
	TimestampTz begins;
	TimestampTz ends;			/* DT_NOEND: open */
	int64		within;			/* microseconds */
} Term;

typedef struct TermTable
{
	int			n;
	TimestampTz last_end;		/* later than this nothing is caught */
	Term	   *terms;			/* by category */
} TermTable;

static void *
terms_load(MemoryContext cxt)
{
	TermTable  *table = MemoryContextAllocZero(cxt, sizeof(TermTable));
	MemoryContext spi;

	table->last_end = DT_NOBEGIN;
	registry_query("SELECT s.category, e.emergency_id, e.area, e.begins_at, COALESCE(e.ends_at, 'infinity'), s.within"
				   " FROM liskeban.emergency AS e JOIN liskeban.emergency_sla AS s ON s.kind = e.kind"
				   " ORDER BY s.category COLLATE \"C\", e.emergency_id");
	table->terms = MemoryContextAlloc(cxt, Max(SPI_processed, 1) * sizeof(Term));
	spi = MemoryContextSwitchTo(cxt);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tup = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		Term	   *t = &table->terms[table->n++];
		bool		isnull;

		t->category = TextDatumGetCString(SPI_getbinval(tup, desc, 1, &isnull));
		t->emergency = DatumGetInt64(SPI_getbinval(tup, desc, 2, &isnull));
		t->area = DatumGetAreaCode(SPI_getbinval(tup, desc, 3, &isnull));
		t->begins = DatumGetTimestampTz(SPI_getbinval(tup, desc, 4, &isnull));
		t->ends = DatumGetTimestampTz(SPI_getbinval(tup, desc, 5, &isnull));
		t->within = calendar_amount(DatumGetIntervalP(SPI_getbinval(tup, desc, 6, &isnull)), false);
		table->last_end = Max(table->last_end, t->ends);
	}
	MemoryContextSwitchTo(spi);
	return table;
}

static RegistryCache term_cache = {
	.name = "liskeban emergencies",
	.tables = {"emergency", "emergency_sla", NULL},
	.load = terms_load
};

/* NULL where nothing can run at that time: the usual case. */
static const TermTable *
terms_at(TimestampTz at)
{
	const TermTable *table;

	/* A platform of an earlier version has none of it until upgrade_platform(). */
	if (!registry_is_loaded(&term_cache) && !platform_has("emergency_sla"))
		return NULL;
	table = registry_get(&term_cache);
	return table->n > 0 && at < table->last_end ? table : NULL;
}

/* The first term of the category, or of what sorts behind it. */
static int
first_term(const TermTable *table, const char *category)
{
	int			low = 0;
	int			high = table->n;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (strcmp(table->terms[middle].category, category) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where a ticket is for an emergency: where it lies, else who has it; one of the pool is the district's. */
static AreaCode
ticket_where(const TicketRow *row)
{
	if (!row_isnull(row, TC_AREA))
		return row_area(row, TC_AREA);
	if (!row_isnull(row, TC_RESPONSIBLE_AREA))
		return row_area(row, TC_RESPONSIBLE_AREA);
	return platform_get()->district;
}

/* From when the time to completion counts: from receipt, or from when work began again. */
static TimestampTz
work_began(const TicketRow *row)
{
	if ((row_int32(row, TC_RUN) > 1 || row_int32(row, TC_REWORK_COUNT) > 0) && !row_isnull(row, TC_DISPATCHED_AT))
		return Max(row_time(row, TC_RECEIVED_AT), row_time(row, TC_DISPATCHED_AT));
	return row_time(row, TC_RECEIVED_AT);
}

/* The strictest of what runs at that time for the ticket's category and area; NULL when nothing does. */
static const Term *
strictest(const TicketRow *row, TimestampTz at, TimestampTz *limit)
{
	const TermTable *table = terms_at(at);
	const Term *found = NULL;
	TimestampTz from;
	AreaCode	where;
	char	   *category;

	if (table == NULL)
		return NULL;
	category = TextDatumGetCString(row_datum(row, TC_CATEGORY));
	where = ticket_where(row);
	from = work_began(row);
	for (int i = first_term(table, category); i < table->n && strcmp(table->terms[i].category, category) == 0; i++)
	{
		const Term *t = &table->terms[i];
		TimestampTz due = Max(from, t->begins) + t->within;

		if (at < t->begins || at >= t->ends || !area_code_contains(t->area, where))
			continue;
		if (found == NULL || due < *limit)
		{
			found = t;
			*limit = due;
		}
	}
	return found;
}

/* Does the emergency that caught the ticket still run, whatever its category is now? */
static bool
still_runs(const TicketRow *row, TimestampTz at)
{
	const TermTable *table = row_isnull(row, TC_EMERGENCY) ? NULL : terms_at(at);

	for (int i = 0; table != NULL && i < table->n; i++)
		if (table->terms[i].emergency == row_int64(row, TC_EMERGENCY))
			return at >= table->terms[i].begins && at < table->terms[i].ends;
	return false;
}

/* ---- tickets ---- */

static bool
is_worked_on(const TicketRow *row)
{
	return row_state(row) <= STATE_PLANNED && row_isnull(row, TC_CLOCKS_STOPPED_AT);
}

static bool
resolve_due_grew(const TicketRow *old, const TicketRow *new)
{
	return !row_isnull(old, TC_RESOLVE_DUE) &&
		(row_isnull(new, TC_RESOLVE_DUE) || row_time(new, TC_RESOLVE_DUE) > row_time(old, TC_RESOLVE_DUE));
}

void
emergency_apply(Change *change, const TicketRow *old)
{
	TicketRow  *new = &change->new;
	Action		action = change->move ? change->move->action : ACTION_OTHER;
	bool		anew = action == ACTION_REWORK || action == ACTION_REOPEN;
	bool		caught;
	TimestampTz limit;
	const Term *term;

	if (!is_worked_on(new))
		return;
	caught = old != NULL && !row_isnull(old, TC_EMERGENCY) && !row_isnull(old, TC_RESOLVE_DUE);
	term = strictest(new, change->at, &limit);
	/* What was caught keeps its due: neither another category nor a plan makes it later. */
	if (caught && !anew && action != ACTION_RESUME && action != ACTION_UNMERGE && resolve_due_grew(old, new) &&
		(maintain_action() == NULL || strcmp(maintain_action(), "extend") != 0))
		sla_keep_resolve(old, new);
	if (term == NULL)
	{
		if (still_runs(new, change->at))
			row_set(new, TC_PRIORITY, Int32GetDatum(1));
		return;
	}
	row_set(new, TC_PRIORITY, Int32GetDatum(1));
	if (caught && !anew && row_int64(new, TC_EMERGENCY) == term->emergency && !changed(change, TC_CATEGORY) &&
		!row_changed(old, new, TC_AREA))
		return;
	/* As for any change of category: a tenth of the term is left from now. */
	if (old != NULL && (row_changed(old, new, TC_CATEGORY) || row_changed(old, new, TC_AREA)))
		limit = Max(limit, change->at + term->within / 10);
	if (row_isnull(new, TC_EMERGENCY) || row_isnull(new, TC_RESOLVE_DUE) || limit < row_time(new, TC_RESOLVE_DUE))
		row_set(new, TC_EMERGENCY, Int64GetDatum(term->emergency));
	sla_on_emergency(old, new, limit, term->within);
}

void
emergency_check(const Change *change, const char *action)
{
	TimestampTz limit;

	if (strictest(&change->old, change->at, &limit) == NULL && !still_runs(&change->old, change->at))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
			 errmsg("ticket " INT64_FORMAT " lacks what \"%s\" requires", row_int64(&change->old, TC_TICKET_ID), action),
			 errdetail("Missing: the end of the emergency; while it lasts, nothing that it caught is suspended, returned or extended.")));
}

/* ---- catching what is open ---- */

/* Open tickets and the emergencies ($1 NULL: all that run at $2) that are about them and have not caught them yet. */
#define UNCAUGHT \
	" FROM liskeban.worklist AS w JOIN liskeban.ticket AS t ON t.ticket_id = w.ticket_id" \
	" CROSS JOIN liskeban.platform AS p" \
	" JOIN liskeban.emergency_sla AS s ON s.category = t.category" \
	" JOIN liskeban.emergency AS e ON e.kind = s.kind" \
	" WHERE e.emergency_id = COALESCE($1, e.emergency_id) AND COALESCE(t.area, t.responsible_area, p.district) OPERATOR(liskeban.<@) e.area" \
	" AND GREATEST(t.updated_at, $2) >= e.begins_at AND GREATEST(t.updated_at, $2) < COALESCE(e.ends_at, 'infinity')" \
	" AND (t.emergency IS NULL OR t.emergency <> e.emergency_id AND t.resolve_due > GREATEST(t.received_at, e.begins_at) + s.within)"

/*
 * Catch them, at that time at the earliest.  A suspended one is resumed by the platform: nothing stays suspended that
 * an emergency is about.  SKIP LOCKED: what somebody writes to is caught by that, or by the next sweep.
 */
static void
catch_open(Datum emergency, bool all, TimestampTz at)
{
	Oid			argtypes[2] = {INT8OID, TIMESTAMPTZOID};
	Datum		values[2] = {emergency, TimestampTzGetDatum(at)};
	const char *nulls = all ? "n " : "  ";

	maintain_execute(MAINTAIN_AS_PLATFORM, NULL,
					 "UPDATE liskeban.ticket SET state = suspended_from, updated_at = GREATEST(updated_at, $2)"
					 " WHERE ticket_id = ANY (ARRAY(SELECT t.ticket_id" UNCAUGHT " AND t.state = 'suspended'"
					 " ORDER BY t.ticket_id FOR UPDATE OF t SKIP LOCKED))",
					 2, argtypes, values, nulls);
	maintain_execute(MAINTAIN_AS_PLATFORM, "emergency",
					 "UPDATE liskeban.ticket SET updated_at = GREATEST(updated_at, $2)"
					 " WHERE ticket_id = ANY (ARRAY(SELECT t.ticket_id" UNCAUGHT
					 " AND t.state = ANY ('{reported,accepted,dispatched,on_site,planned}')"
					 " ORDER BY t.ticket_id FOR UPDATE OF t SKIP LOCKED))",
					 2, argtypes, values, nulls);
}

/*
 * emergency_changed(): what is open is caught by what was declared, or by another term, from now.
 */
Datum
emergency_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigdata->tg_event) ||
		!TRIGGER_FIRED_FOR_STATEMENT(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a statement trigger after", "emergency_changed")));
	catch_open((Datum) 0, true, liskeban_now());
	return PointerGetDatum(NULL);
}

void
emergency_sweep(TimestampTz as_of, void (*sweep_to) (TimestampTz as_of, void *arg), void *arg)
{
	Oid			argtypes[1] = {TIMESTAMPTZOID};
	Datum		values[1] = {TimestampTzGetDatum(as_of)};
	OwnerScope	scope;
	SPITupleTable *found;
	uint64		n;

	if (!platform_has("emergency_sla"))
		return;
	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("SELECT emergency_id, GREATEST(begins_at, declared_at), COALESCE(ends_at <= $1, false)"
							  " FROM liskeban.emergency WHERE settled_at IS NULL AND begins_at <= $1"
							  " ORDER BY 2, 1", 1, argtypes, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.emergency");
	found = SPI_tuptable;
	n = SPI_processed;
	for (uint64 i = 0; i < n; i++)
	{
		bool		isnull;
		Datum		id = SPI_getbinval(found->vals[i], found->tupdesc, 1, &isnull);
		TimestampTz begins = DatumGetTimestampTz(SPI_getbinval(found->vals[i], found->tupdesc, 2, &isnull));

		if (begins > as_of)
			continue;
		sweep_to(begins, arg);
		catch_open(id, false, begins);
		/* Not from within a statement that may write to the same row; the next sweep does it. */
		if (DatumGetInt32(DirectFunctionCall1(pg_trigger_depth, (Datum) 0)) == 0 &&
			DatumGetBool(SPI_getbinval(found->vals[i], found->tupdesc, 3, &isnull)))
		{
			Oid			settle_types[2] = {INT8OID, TIMESTAMPTZOID};
			Datum		settle[2] = {id, TimestampTzGetDatum(as_of)};

			maintain_execute(MAINTAIN_AS_PLATFORM, NULL,
							 "UPDATE liskeban.emergency SET settled_at = $2 WHERE emergency_id = $1",
							 2, settle_types, settle, NULL);
		}
	}
	SPI_finish();
	owner_leave(&scope);
}

/* ---- declaring and ending ---- */

/* 23505: one of the kind runs there at a time. */
static void
check_declared_once(const RowGuard *g)
{
	Oid			argtypes[5] = {TEXTOID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID};
	Datum		values[5] = {
		row_guard_datum(g, "kind"), row_guard_datum(g, "area"), row_guard_datum(g, "begins_at"),
		row_guard_isnull(g, "ends_at") ? TimestampTzGetDatum(DT_NOEND) : row_guard_datum(g, "ends_at"),
		Int64GetDatum(row_guard_int64(g, "emergency_id"))
	};
	char	   *kind = row_guard_text(g, "kind");
	AreaCode	area = DatumGetAreaCode(row_guard_datum(g, "area"));
	int64		other;
	bool		isnull;

	argtypes[1] = TEXTOID;
	values[1] = CStringGetTextDatum(area_code_to_cstring(area));
	other = DatumGetInt64(query_value_as_owner("SELECT pg_catalog.min(e.emergency_id) FROM liskeban.emergency AS e"
											   " WHERE e.kind OPERATOR(pg_catalog.=) $1 AND e.area::text OPERATOR(pg_catalog.=) $2"
											   " AND e.emergency_id OPERATOR(pg_catalog.<>) $5"
											   " AND pg_catalog.tstzrange(e.begins_at, e.ends_at)"
											   " OPERATOR(pg_catalog.&&) pg_catalog.tstzrange($3, $4)",
											   5, argtypes, values, NULL, &isnull));
	if (!isnull)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("an emergency of kind \"%s\" is declared for area \"%s\" already", kind, area_code_to_cstring(area)),
				 errdetail("Emergency " INT64_FORMAT " runs within that time.", other),
				 errhint("Change its level or its end, or end it.")));
}

static void
check_kind(const RowGuard *g)
{
	Oid			argtypes[1] = {TEXTOID};
	Datum		values[1] = {row_guard_datum(g, "kind")};

	if (!DatumGetBool(query_value_as_owner("SELECT EXISTS (SELECT FROM liskeban.emergency_kind AS k"
										   " WHERE k.code OPERATOR(pg_catalog.=) $1 AND k.retired_at IS NULL)",
										   1, argtypes, values, NULL, NULL)))
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("emergency kind \"%s\" is not registered, or retired", row_guard_text(g, "kind")),
				 errhint("See liskeban.emergency_kind.")));
}

static void
check_level(const RowGuard *g)
{
	char	   *level = row_guard_text(g, "level");

	if (level == NULL || (strcmp(level, "I") != 0 && strcmp(level, "II") != 0 && strcmp(level, "III") != 0 &&
						  strcmp(level, "IV") != 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is no level of an emergency", level ? level : "NULL"),
				 errhint("The levels are I, II, III and IV, the first the gravest.")));
}

static void
check_area(const RowGuard *g)
{
	AreaCode	area;

	if (row_guard_isnull(g, "area"))
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("an emergency needs an area"),
				 errdetail("Missing: area.")));
	area = DatumGetAreaCode(row_guard_datum(g, "area"));
	if (!area_code_contains(platform_get()->district, area))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("area \"%s\" lies outside the district \"%s\"", area_code_to_cstring(area),
						area_code_to_cstring(platform_get()->district))));
	area_check_in_force(area);
}

static void
check_actor(const RowGuard *g, const Actor *actor, const char *what)
{
	Unit		unit = {.has_area = true, .area = DatumGetAreaCode(row_guard_datum(g, "area"))};

	if (!reach_directs(actor, &unit))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not %s an emergency of area \"%s\"", actor->name, _(what), area_code_to_cstring(unit.area)),
				 errdetail("It takes a membership as dispatcher, or an office, that reaches the area.")));
}

static void
declare(RowGuard *g, const Actor *actor)
{
	static const char *const kept[] = {"declared_at", "declared_by", "ended_by", "settled_at", NULL};
	TimestampTz now = liskeban_now();

	row_guard_kept(g, kept);
	row_guard_required(g, "kind");
	check_kind(g);
	check_level(g);
	check_area(g);
	check_actor(g, actor, gettext_noop("declare"));
	if (row_guard_isnull(g, "begins_at"))
		row_guard_set(g, "begins_at", TimestampTzGetDatum(now));
	row_guard_ahead(g, "ends_at", Max(now, row_guard_time(g, "begins_at")));
	check_declared_once(g);
	row_guard_set(g, "declared_at", TimestampTzGetDatum(now));
	row_guard_set_text(g, "declared_by", actor->name);
}

/* Its level and its end change while it lasts. */
static void
change_declared(RowGuard *g, const Actor *actor)
{
	static const char *const kept[] = {"emergency_id", "kind", "area", "begins_at", "declared_at", "declared_by", "ended_by",
	"settled_at", NULL};
	TimestampTz now = liskeban_now();
	TimestampTz begins = row_guard_time(g, "begins_at");

	row_guard_kept(g, kept);
	check_level(g);
	check_actor(g, actor, gettext_noop("change"));
	if (!row_guard_was_null(g, "ends_at") && row_guard_old_time(g, "ends_at") <= Max(now, begins))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("emergency " INT64_FORMAT " has ended", row_guard_int64(g, "emergency_id")),
				 errdetail("It ended at %s.", timestamptz_to_str(row_guard_old_time(g, "ends_at")))));
	if (!row_guard_changed(g, "ends_at"))
		return;
	if (!row_guard_isnull(g, "ends_at") && row_guard_time(g, "ends_at") <= Max(now, begins))
	{
		/* Ended now, or called off before it began; an end that has passed is none that anybody could keep to. */
		if (row_guard_time(g, "ends_at") < Max(now, begins))
			row_guard_ahead(g, "ends_at", Max(now, begins));
		row_guard_set_text(g, "ended_by", actor->name);
	}
	else
		check_declared_once(g);
}

/*
 * emergency_guard(): BEFORE trigger of liskeban.emergency.
 */
Datum
emergency_guard(PG_FUNCTION_ARGS)
{
	RowGuard	g;

	row_guard_begin(&g, fcinfo, "emergency_guard");
	/* The platform's own: settling one, and redrawing where it runs (redraw.c). */
	if (maintain_active())
		return PointerGetDatum(row_guard_end(&g));
	if (g.insert)
		declare(&g, identity_actor());
	else
		change_declared(&g, identity_actor());
	return PointerGetDatum(row_guard_end(&g));
}

/*
 * end_emergency(emergency_id bigint): now, or before it began.
 */
Datum
end_emergency(PG_FUNCTION_ARGS)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1];

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("emergency_id must not be NULL")));
	values[0] = PG_GETARG_DATUM(0);
	SPI_connect();
	if (SPI_execute_with_args("UPDATE liskeban.emergency SET ends_at = GREATEST(begins_at, liskeban.liskeban_now())"
							  " WHERE emergency_id OPERATOR(pg_catalog.=) $1", 1, argtypes, values, NULL, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not write liskeban.emergency");
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("there is no emergency " INT64_FORMAT, PG_GETARG_INT64(0))));
	SPI_finish();
	PG_RETURN_VOID();
}
