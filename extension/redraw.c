/*
 * redraw.c: tickets, and the units that have to do with them, follow areas that are split, merged or renamed.
 *
 * redraw_area() (sql/platform/52_redraw.sql) holds the rule lock and says what goes where; here it is written, as the
 * platform's own, so that no guard takes it for a dispatch.  No clock is touched.  What was closed stays under the code
 * that it was closed under, and follows when it is opened again.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "area_code.h"
#include "area_index.h"
#include "identity.h"
#include "liskeban.h"
#include "maintain.h"
#include "redraw.h"
#include "registry_cache.h"

/* What is noted of a part, or an answer, that another area has to give as well. */
#define SETTLED "区划调整合并 merged with another by redrawing areas"

PG_FUNCTION_INFO_V1(redraw_tickets);
PG_FUNCTION_INFO_V1(redraw_units);

/*
 * _redraw_tickets(ids bigint[], areas area_code[], placements placement[], holders area_code[], note text) returns bigint:
 * an event a ticket, by who redraws.
 */
Datum
redraw_tickets(PG_FUNCTION_ARGS)
{
	Oid			argtypes[5] = {INT8ARRAYOID};
	Datum		values[5];

	for (int i = 0; i < 5; i++)
	{
		argtypes[i] = get_fn_expr_argtype(fcinfo->flinfo, i);
		values[i] = PG_GETARG_DATUM(i);
	}
	PG_RETURN_INT64((int64) maintain_execute(MAINTAIN_AS_OWNER, "recompute",
											 "UPDATE liskeban.ticket AS t SET area = r.area, placement = r.placement,"
											 " responsible_area = r.holder, note = $5"
											 " FROM unnest($1, $2, $3, $4) AS r(ticket_id, area, placement, holder)"
											 " WHERE t.ticket_id OPERATOR(pg_catalog.=) r.ticket_id",
											 5, argtypes, values, NULL));
}

/*
 * What names an area as a unit that has something to do, or as where something runs: how a row ($1, its key) names another
 * ($2), and how it is done with where the other area has the same.
 */
static const struct
{
	const char *table;
	const char *move;
	const char *settle;
}			units[] = {
	{"party",
		"UPDATE liskeban.party AS p SET area = r.area FROM unnest($1, $2) AS r(id, area)"
		" WHERE p.party_id OPERATOR(pg_catalog.=) r.id",
	"UPDATE liskeban.party AS p SET done_at = liskeban.liskeban_now(), done_by = '" PLATFORM_ACTOR "', note = '" SETTLED "'"
	" WHERE p.party_id OPERATOR(pg_catalog.=) ANY ($1)"},
	{"directive_target",
		"UPDATE liskeban.directive_target AS d SET area = r.area,"
		" within = CASE WHEN r.area OPERATOR(liskeban.<@) d.within THEN d.within END"
		" FROM unnest($1, $2) AS r(id, area) WHERE d.target_id OPERATOR(pg_catalog.=) r.id",
		"UPDATE liskeban.directive_target AS d SET signed_at = coalesce(d.signed_at, n), signed_by = coalesce(d.signed_by, '" PLATFORM_ACTOR "'),"
		" reply = coalesce(d.reply, '" SETTLED "'), replied_at = coalesce(d.replied_at, n),"
		" replied_by = coalesce(d.replied_by, '" PLATFORM_ACTOR "'), done_at = n, done_by = '" PLATFORM_ACTOR "', note = '" SETTLED "'"
	" FROM liskeban.liskeban_now() AS n WHERE d.target_id OPERATOR(pg_catalog.=) ANY ($1)"},
	{"supervision",
		"UPDATE liskeban.supervision AS s SET area = r.area FROM unnest($1, $2) AS r(id, area)"
		" WHERE s.supervision_id OPERATOR(pg_catalog.=) r.id",
	NULL},
	/* an emergency runs on in each area that came of its own; where two of a kind would run, the weaker is called off */
	{"emergency",
		"WITH went AS (SELECT e.*, r.area AS into_area, row_number() OVER (PARTITION BY e.emergency_id ORDER BY r.n) AS nth"
		" FROM unnest($1, $2) WITH ORDINALITY AS r(id, area, n) JOIN liskeban.emergency AS e ON e.emergency_id OPERATOR(pg_catalog.=) r.id),"
		" other AS (INSERT INTO liskeban.emergency (kind, level, area, begins_at, ends_at, declared_at, declared_by)"
		" SELECT w.kind, w.level, w.into_area, w.begins_at, w.ends_at, w.declared_at, w.declared_by FROM went AS w"
		" WHERE w.nth OPERATOR(pg_catalog.>) 1 ORDER BY w.emergency_id, w.nth)"
		" UPDATE liskeban.emergency AS e SET area = w.into_area FROM went AS w"
		" WHERE w.emergency_id OPERATOR(pg_catalog.=) e.emergency_id AND w.nth OPERATOR(pg_catalog.=) 1",
		"UPDATE liskeban.emergency AS e SET ends_at = GREATEST(e.begins_at, liskeban.liskeban_now()), ended_by = '" PLATFORM_ACTOR "'"
	" WHERE e.emergency_id OPERATOR(pg_catalog.=) ANY ($1)"},
};

/*
 * _redraw_units(relation text, ids bigint[], areas area_code[]) returns bigint: rows that name another area from now on,
 * or are done with where areas is NULL.
 */
Datum
redraw_units(PG_FUNCTION_ARGS)
{
	char	   *table;
	bool		moves = !PG_ARGISNULL(2);
	Oid			argtypes[2] = {INT8ARRAYOID, get_fn_expr_argtype(fcinfo->flinfo, 2)};
	Datum		values[2];

	if (PG_ARGISNULL(1))
		PG_RETURN_INT64(0);
	table = text_to_cstring(PG_GETARG_TEXT_PP(0));
	values[0] = PG_GETARG_DATUM(1);
	values[1] = moves ? PG_GETARG_DATUM(2) : (Datum) 0;
	for (int i = 0; i < (int) lengthof(units); i++)
	{
		const char *sql = moves ? units[i].move : units[i].settle;

		if (strcmp(units[i].table, table) == 0 && sql != NULL)
			PG_RETURN_INT64((int64) maintain_execute(MAINTAIN_AS_OWNER, "recompute", sql, moves ? 2 : 1, argtypes, values, NULL));
	}
	elog(ERROR, "relation \"%s\" names no units", table);
}

static bool
is_gone(const TicketRow *row, TicketColumn c)
{
	return !row_isnull(row, c) && !area_in_force(row_area(row, c));
}

void
redraw_follow(Change *change)
{
	TicketRow  *new = &change->new;
	TicketColumn columns[3] = {TC_AREA, TC_PLACEMENT, TC_RESPONSIBLE_AREA};
	Oid			argtypes[3] = {new->layout->atttype[TC_AREA], new->layout->atttype[TC_AREA], new->layout->atttype[TC_GEOM]};
	Datum		values[3] = {row_datum(new, TC_AREA), row_datum(new, TC_RESPONSIBLE_AREA), row_datum(new, TC_GEOM)};
	char		nulls[4] = "   ";
	OwnerScope	scope;

	/* A platform of before 0.4.0 has redrawn nothing. */
	if (!platform_has("area_succession") || (!is_gone(new, TC_AREA) && !is_gone(new, TC_RESPONSIBLE_AREA)))
		return;
	nulls[0] = row_isnull(new, TC_AREA) ? 'n' : ' ';
	nulls[1] = row_isnull(new, TC_RESPONSIBLE_AREA) ? 'n' : ' ';
	nulls[2] = row_isnull(new, TC_GEOM) ? 'n' : ' ';

	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("SELECT r.area, r.placement, r.holder FROM liskeban._redrawn($1, $2, $3) AS r",
							  3, argtypes, values, nulls, false, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not ask where the areas of a ticket went");
	for (int i = 0; i < 3; i++)
	{
		bool		isnull;
		Datum		d = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1, &isnull);

		/* All of them are passed by value.  Who reopens it may have named the holder. */
		if (!isnull && (columns[i] != TC_RESPONSIBLE_AREA || !changed(change, TC_RESPONSIBLE_AREA)))
			row_set(new, columns[i], d);
	}
	SPI_finish();
	owner_leave(&scope);
}
