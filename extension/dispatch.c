/*
 * dispatch.c: whom a ticket goes to: the dispatcher's word, else the rules, the category's lead and the duty roster.
 *
 * One cache over liskeban.dispatch_rule holds the rules in force in the order in which they are tried; whether their
 * targets are in force is asked when they are.  The roster is read from the table: it grows by the day, and is asked once
 * a dispatch that names nobody.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "area_code.h"
#include "area_index.h"
#include "category.h"
#include "dispatch.h"
#include "liskeban.h"
#include "maintain.h"
#include "query.h"
#include "text_bigram.h"

PG_FUNCTION_INFO_V1(dispatch_target);

typedef struct DispatchRule
{
	int64		rule_id;
	char	   *category;		/* NULL: any, as with all that follows */
	char	   *domain;
	bool		has_area;
	AreaCode	area;
	char	   *source;
	char	   *kind;
	int			nwords;			/* 0: any */
	PlainText  *words;
	bool		to_area;
	AreaCode	responsible_area;
	char	   *department;
	char	   *note;
} DispatchRule;

typedef struct RuleList
{
	int			n;
	DispatchRule *rows;
} RuleList;

/* ---- the rules ---- */

static char *
text_column(HeapTuple tup, TupleDesc desc, int column)
{
	bool		isnull;
	Datum		d = SPI_getbinval(tup, desc, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(d);
}

static void *
rules_load(MemoryContext cxt)
{
	RuleList   *list = MemoryContextAllocZero(cxt, sizeof(RuleList));

	registry_query("SELECT rule_id, category, domain, area, source, kind::text, words, responsible_area, department, note"
				   " FROM liskeban.dispatch_rule WHERE retired_at IS NULL ORDER BY priority, rule_id");
	list->rows = MemoryContextAllocZero(cxt, (SPI_processed + 1) * sizeof(DispatchRule));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tup = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		DispatchRule *rule = &list->rows[list->n++];
		MemoryContext old = MemoryContextSwitchTo(cxt);
		bool		isnull;
		Datum		d;

		rule->rule_id = DatumGetInt64(SPI_getbinval(tup, desc, 1, &isnull));
		rule->category = text_column(tup, desc, 2);
		rule->domain = text_column(tup, desc, 3);
		d = SPI_getbinval(tup, desc, 4, &isnull);
		rule->has_area = !isnull;
		rule->area = isnull ? 0 : DatumGetAreaCode(d);
		rule->source = text_column(tup, desc, 5);
		rule->kind = text_column(tup, desc, 6);
		d = SPI_getbinval(tup, desc, 7, &isnull);
		if (!isnull)
		{
			Datum	   *elems;
			bool	   *nulls;

			deconstruct_array(DatumGetArrayTypeP(d), TEXTOID, -1, false, TYPALIGN_INT, &elems, &nulls, &rule->nwords);
			rule->words = palloc0(rule->nwords * sizeof(PlainText));
			for (int k = 0; k < rule->nwords; k++)
				plain_text_add(&rule->words[k], DatumGetTextPP(elems[k]));
		}
		d = SPI_getbinval(tup, desc, 8, &isnull);
		rule->to_area = !isnull;
		rule->responsible_area = isnull ? 0 : DatumGetAreaCode(d);
		rule->department = text_column(tup, desc, 9);
		rule->note = text_column(tup, desc, 10);
		MemoryContextSwitchTo(old);
	}
	return list;
}

static RegistryCache rule_cache = {
	.name = "liskeban dispatch rules",
	.tables = {"dispatch_rule", NULL},
	.load = rules_load
};

bool
dispatch_has_rules(void)
{
	/* A platform of before 0.3.0 has none until upgrade_platform(). */
	if (!platform_has("dispatch_rule"))
		return false;
	return ((RuleList *) registry_get(&rule_cache))->n > 0;
}

static bool
text_is(const TicketRow *row, TicketColumn c, const char *value)
{
	return !row_isnull(row, c) && strcmp(TextDatumGetCString(row_datum(row, c)), value) == 0;
}

static bool
rule_matches(const DispatchRule *rule, const TicketRow *row, const Category *category, PlainText *plain)
{
	if (rule->category != NULL && !text_is(row, TC_CATEGORY, rule->category))
		return false;
	if (rule->domain != NULL && (category == NULL || strcmp(category->domain, rule->domain) != 0))
		return false;
	if (rule->has_area && (row_isnull(row, TC_AREA) || !area_code_contains(rule->area, row_area(row, TC_AREA))))
		return false;
	if (rule->source != NULL && !text_is(row, TC_SOURCE, rule->source))
		return false;
	if (rule->kind != NULL &&
		strcmp(ticket_enum_label(row->layout, ENUM_KIND, DatumGetObjectId(row_datum(row, TC_KIND))), rule->kind) != 0)
		return false;
	if (rule->nwords > 0)
	{
		static const TicketColumn texts[] = {TC_TITLE, TC_DESCRIPTION, TC_ADDRESS};
		bool		found = false;

		for (int i = 0; plain->chars == NULL && i < (int) lengthof(texts); i++)
			if (!row_isnull(row, texts[i]))
				plain_text_add(plain, DatumGetTextPP(row_datum(row, texts[i])));
		for (int i = 0; !found && i < rule->nwords; i++)
			found = plain_text_contains(plain, &rule->words[i]);
		return found;
	}
	return true;
}

/* ---- whom the category names, and who is on duty ---- */

/*
 * The finest of the area and those it lies in, up to the district, for which somebody is on duty; the district's desk
 * where nobody is.  The area itself where no roster is kept.
 */
static AreaCode
on_duty(const TicketLayout *layout, AreaCode area, TimestampTz at)
{
	static SPIPlanPtr plan = NULL;
	Oid			argtypes[2];
	Datum		codes[AREA_MICROGRID + 1];
	int			n = 0;
	Datum		values[2];
	AreaCode	target = area;
	OwnerScope	scope;
	bool		isnull;

	for (int level = area_code_level(area); level >= AREA_DISTRICT; level--)
	{
		AreaCode	code = area_code_parent(area, level);

		if (area_in_force(code))
			codes[n++] = AreaCodeGetDatum(code);
	}
	values[0] = PointerGetDatum(construct_array(codes, n, layout->atttype[TC_AREA], 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	values[1] = TimestampTzGetDatum(at);

	argtypes[0] = get_array_type(layout->atttype[TC_AREA]);
	argtypes[1] = TIMESTAMPTZOID;
	owner_enter(&scope);
	SPI_connect();
	query_plan(&plan, "SELECT (SELECT d.area FROM liskeban.duty AS d WHERE d.area OPERATOR(liskeban.=) ANY ($1)"
					  " AND d.begins_at OPERATOR(pg_catalog.<=) $2"
					  " AND (d.ends_at IS NULL OR d.ends_at OPERATOR(pg_catalog.>) $2)"
					  " ORDER BY liskeban.area_level(d.area) DESC LIMIT 1)"
					  " WHERE EXISTS (SELECT FROM liskeban.duty AS d WHERE d.area IS NOT NULL)", 2, argtypes);
	if (SPI_execute_plan(plan, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.duty");
	if (SPI_processed == 1)
	{
		Datum		d = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);

		target = isnull ? platform_get()->district : DatumGetAreaCode(d);
	}
	SPI_finish();
	owner_leave(&scope);
	return target;
}

/* Has nobody put the ticket elsewhere than where it was placed? */
static bool
stands_where_placed(const TicketRow *row)
{
	return row_isnull(row, TC_DEPARTMENT) &&
		row_isnull(row, TC_RESPONSIBLE_AREA) == row_isnull(row, TC_AREA) &&
		(row_isnull(row, TC_AREA) || row_area(row, TC_RESPONSIBLE_AREA) == row_area(row, TC_AREA));
}

/* The category's department, or the area (the town's where towns lead) that is on duty; written to the row. */
static void
set_default_target(TicketRow *row, const Category *category, TimestampTz at)
{
	AreaCode	area;

	if (category->lead == LEAD_DEPARTMENT)
	{
		row_set_null(row, TC_RESPONSIBLE_AREA);
		row_set_text(row, TC_DEPARTMENT, category->department);
		return;
	}
	if (row_isnull(row, TC_AREA))
		return;
	area = row_area(row, TC_AREA);
	if (category->lead == LEAD_TOWN && area_code_level(area) > AREA_TOWN)
		area = area_code_parent(area, AREA_TOWN);
	row_set(row, TC_RESPONSIBLE_AREA, AreaCodeGetDatum(on_duty(row->layout, area, at)));
}

void
dispatch_default_target(Change *change)
{
	TicketRow  *new = &change->new;
	const Category *category = category_find_datum(row_datum(new, TC_CATEGORY));

	if (category == NULL || in_set_list(change, TC_RESPONSIBLE_AREA) || in_set_list(change, TC_DEPARTMENT) ||
		changed(change, TC_GEOM) || !stands_where_placed(new))
		return;
	set_default_target(new, category, change->at);
}

/*
 * _dispatch_target(ticket record, OUT rule_id bigint, OUT responsible_area area_code, OUT department text, OUT note text):
 * where the rules send an accepted ticket.  All NULL when none does: no rule matches, somebody has put the ticket into
 * hands already, or it was returned, after which the desk decides.
 */
Datum
dispatch_target(PG_FUNCTION_ARGS)
{
	TupleDesc	desc;
	TicketRow	row;
	const RuleList *list;
	const Category *category;
	PlainText	plain = {0};
	Datum		values[4] = {0};
	bool		nulls[4] = {true, true, true, true};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	ticket_row_from_datum(&row, ticket_layout(), PG_GETARG_HEAPTUPLEHEADER(0));
	category = category_find_datum(row_datum(&row, TC_CATEGORY));
	list = registry_get(&rule_cache);
	for (int i = 0; i < list->n && row_int32(&row, TC_RETURN_COUNT) == 0 && stands_where_placed(&row); i++)
	{
		const DispatchRule *rule = &list->rows[i];
		StringInfoData note;

		if (!rule_matches(rule, &row, category, &plain))
			continue;
		if (rule->to_area || rule->department != NULL)
		{
			row_set_null(&row, TC_RESPONSIBLE_AREA);
			if (rule->to_area)
				row_set(&row, TC_RESPONSIBLE_AREA, AreaCodeGetDatum(rule->responsible_area));
			if (rule->department != NULL)
				row_set_text(&row, TC_DEPARTMENT, rule->department);
		}
		else if (category != NULL && !row_isnull(&row, TC_AREA))
			set_default_target(&row, category, row_time(&row, TC_UPDATED_AT));

		/* A target that is gone is passed over, and so is the pool where a rule names nobody. */
		if ((row_isnull(&row, TC_RESPONSIBLE_AREA) && row_isnull(&row, TC_DEPARTMENT)) ||
			(!row_isnull(&row, TC_RESPONSIBLE_AREA) && !area_in_force(row_area(&row, TC_RESPONSIBLE_AREA))) ||
			(!row_isnull(&row, TC_DEPARTMENT) && !department_in_force(row_datum(&row, TC_DEPARTMENT))))
		{
			row_datum(&row, TC_RESPONSIBLE_AREA) = row_datum(&row, TC_AREA);
			row_isnull(&row, TC_RESPONSIBLE_AREA) = row_isnull(&row, TC_AREA);
			row_set_null(&row, TC_DEPARTMENT);
			continue;
		}
		values[0] = Int64GetDatum(rule->rule_id);
		values[1] = row_datum(&row, TC_RESPONSIBLE_AREA);
		nulls[1] = row_isnull(&row, TC_RESPONSIBLE_AREA);
		values[2] = row_datum(&row, TC_DEPARTMENT);
		nulls[2] = row_isnull(&row, TC_DEPARTMENT);
		initStringInfo(&note);
		appendStringInfo(&note, "派单规则 dispatch_rule " INT64_FORMAT, rule->rule_id);
		if (rule->note != NULL && rule->note[0] != '\0')
			appendStringInfo(&note, ": %s", rule->note);
		values[3] = CStringGetTextDatum(note.data);
		nulls[0] = nulls[3] = false;
		break;
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* ---- the dispatch ---- */

/* Confidential matters, and those about staff, start one rung up, unseen by the unit concerned. */
static void
start_one_rung_up(TicketRow *row)
{
	Tier		tier = tier_of_holder(row);

	if (tier == TIER_VILLAGE)
		row_set(row, TC_RESPONSIBLE_AREA,
				AreaCodeGetDatum(area_code_parent(row_area(row, TC_RESPONSIBLE_AREA), AREA_TOWN)));
	else if (tier == TIER_TOWN)
	{
		row_set(row, TC_RESPONSIBLE_AREA, AreaCodeGetDatum(platform_get()->district));
		row_set_null(row, TC_DEPARTMENT);
	}
}

/* A dispatch goes to whom the category names, or says why not. */
static bool
against_lead(const Change *change, const Category *category)
{
	if (category == NULL)
		return false;
	if (category->lead == LEAD_DEPARTMENT)
		return row_isnull(&change->new, TC_DEPARTMENT) || !text_is(&change->new, TC_DEPARTMENT, category->department);
	return !row_isnull(&change->new, TC_DEPARTMENT);
}

/*
 * Did the target ever give the ticket back: the same area and department, or the same department for another area?  Asked
 * of history, once a ticket was returned; a return that was reverted is none.
 */
static bool
returned_by_target(const Change *change)
{
	Oid			argtypes[3] = {INT8OID, TEXTOID, TEXTOID};
	Datum		values[3] = {row_datum(&change->old, TC_TICKET_ID)};
	char		nulls[4] = "   ";
	OwnerScope	scope;
	bool		returned;

	if (row_isnull(&change->new, TC_RESPONSIBLE_AREA))
		nulls[1] = 'n';
	else
		values[1] = CStringGetTextDatum(area_code_to_cstring(row_area(&change->new, TC_RESPONSIBLE_AREA)));
	if (row_isnull(&change->new, TC_DEPARTMENT))
		nulls[2] = 'n';
	else
		values[2] = row_datum(&change->new, TC_DEPARTMENT);

	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("SELECT FROM liskeban.ticket_event AS r,"
							  " LATERAL (SELECT (SELECT e.detail -> 'responsible_area' ->> 1 FROM liskeban.ticket_event AS e"
							  " WHERE e.ticket_id = $1 AND e.seq < r.seq AND e.detail ? 'responsible_area' ORDER BY e.seq DESC LIMIT 1),"
							  " (SELECT e.detail -> 'department' ->> 1 FROM liskeban.ticket_event AS e"
							  " WHERE e.ticket_id = $1 AND e.seq < r.seq AND e.detail ? 'department' ORDER BY e.seq DESC LIMIT 1))"
							  " AS holder(area, department)"
							  " WHERE r.ticket_id = $1 AND r.action = 'return'"
							  " AND (holder.department = $3 OR (holder.area, holder.department) IS NOT DISTINCT FROM ($2, $3))"
							  " AND NOT EXISTS (SELECT FROM liskeban.ticket_event AS v WHERE v.ticket_id = $1 AND v.action = 'revert'"
							  " AND (v.detail ->> 'reverts')::integer = r.seq)",
							  3, argtypes, values, nulls, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.ticket_event");
	returned = SPI_processed > 0;
	SPI_finish();
	owner_leave(&scope);
	return returned;
}

/*
 * Once returned, a ticket goes to somebody else.  After the second return the desk designates, and may name anyone: there
 * the sending to and fro ends.
 */
void
dispatch_check_no_way_back(const Change *change)
{
	if (row_int32(&change->old, TC_RETURN_COUNT) == 1 && returned_by_target(change))
		change_refuse_missing(change, _("another target than the one that returned it"));
}

void
dispatch_apply(Change *change)
{
	TicketRow  *new = &change->new;
	const Category *category = category_find_datum(row_datum(new, TC_CATEGORY));
	bool		first = row_isnull(&change->old, TC_TIER);

	if (!maintain_history())
	{
		change_check_holder(change);
		if (change->move->action == ACTION_DISPATCH && !change->has_note && against_lead(change, category))
			change_refuse_missing(change, _("note: the category's lead is another"));
		dispatch_check_no_way_back(change);
	}
	if (first && (row_bool(new, TC_CONFIDENTIAL) || (category != NULL && category->about_staff)))
		start_one_rung_up(new);
	if (first || row_enum(&change->old, TC_TIER) <= TIER_TOWN)
		row_set_enum(new, TC_TIER, tier_of_holder(new));
	if (change->move->action == ACTION_DISPATCH && row_int32(&change->old, TC_RETURN_COUNT) >= 2)
		row_set(new, TC_DESIGNATED, BoolGetDatum(true));
	set_at(change, TC_DISPATCHED_AT, change->at);
}
