/*
 * directive.c: directives: issued downwards, signed for, answered and done by each receiver.
 *
 *   CREATE TRIGGER zz_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.directive
 *     FOR EACH ROW EXECUTE FUNCTION liskeban.directive_guard();
 *   CREATE TRIGGER zz_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.directive_target
 *     FOR EACH ROW EXECUTE FUNCTION liskeban.directive_target_guard();
 *
 * and both BEFORE TRUNCATE FOR EACH STATEMENT.  A receiver that is an area stands for the areas in force one level below
 * it, where there are some: they are inserted in its place, with within saying whose they are, and are not taken apart
 * again.  The directive is locked FOR SHARE by whoever writes a receiver, so that none is added to, or signs, one that is
 * being revoked.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "alarm.h"
#include "area_index.h"
#include "calendar.h"
#include "category.h"
#include "identity.h"
#include "liskeban.h"
#include "maintain.h"
#include "query.h"
#include "reach.h"
#include "registry_cache.h"
#include "row_guard.h"

PG_FUNCTION_INFO_V1(directive_guard);
PG_FUNCTION_INFO_V1(directive_target_guard);
PG_FUNCTION_INFO_V1(address_directive);
PG_FUNCTION_INFO_V1(sign_directive);
PG_FUNCTION_INFO_V1(reply_directive);
PG_FUNCTION_INFO_V1(directive_done);
PG_FUNCTION_INFO_V1(revoke_directive);

/* What is asked of a receiver when nobody says by when: an answer within a working day. */
#define REPLY_WITHIN USECS_PER_DAY
#define REPLY_BASIS BASIS_WORKING_DAY

/* ---- directive ---- */

static void
issue(RowGuard *g, const Actor *actor)
{
	static const char *const kept[] = {"issued_at", "revoked_at", "revoked_by", "revoke_reason", NULL};
	TimestampTz now = liskeban_now();
	char	   *issued_by = row_guard_text(g, "issued_by");

	row_guard_kept(g, kept);
	if (!reach_directs_any(actor))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not issue a directive", actor->name),
				 errdetail("It takes a membership as dispatcher, or an office of a town or above.")));
	if (issued_by != NULL && !actor->admin && strcmp(issued_by, actor->name) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not issue a directive of \"%s\"", actor->name, issued_by),
				 errdetail("Only an admin issues one in another's name.")));
	row_guard_required(g, "title");
	if (issued_by == NULL)
		row_guard_set_text(g, "issued_by", actor->name);
	row_guard_set(g, "issued_at", TimestampTzGetDatum(now));
	if (row_guard_isnull(g, "reply_due"))
		row_guard_set(g, "reply_due", TimestampTzGetDatum(calendar_add(now, REPLY_WITHIN, REPLY_BASIS)));
	row_guard_ahead(g, "reply_due", now);
}

static void
amend(RowGuard *g, const Actor *actor)
{
	static const char *const kept[] = {"directive_id", "issued_by", "issued_at", "revoked_by", NULL};
	static const char *const text[] = {"title", "body", "reply_due", "expand"};
	char	   *issued_by = row_guard_text(g, "issued_by");

	row_guard_kept(g, kept);
	for (int i = 0; i < (int) lengthof(text); i++)
		if (row_guard_changed(g, text[i]))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("column \"%s\" of liskeban.directive does not change once it is issued", text[i]),
					 errhint("Revoke the directive and issue another.")));
	if (!row_guard_changed(g, "revoked_at") && !row_guard_changed(g, "revoke_reason"))
		return;
	if (!actor->admin && strcmp(issued_by, actor->name) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not revoke directive " INT64_FORMAT, actor->name, row_guard_int64(g, "directive_id")),
				 errdetail("Its issuer does, or an admin.")));
	if (!row_guard_was_null(g, "revoked_at"))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("directive " INT64_FORMAT " has been revoked", row_guard_int64(g, "directive_id"))));
	row_guard_required(g, "revoke_reason");
	row_guard_set(g, "revoked_at", TimestampTzGetDatum(Max(liskeban_now(), row_guard_time(g, "issued_at"))));
	row_guard_set_text(g, "revoked_by", actor->name);
}

/*
 * directive_guard(): BEFORE trigger of liskeban.directive.
 */
Datum
directive_guard(PG_FUNCTION_ARGS)
{
	RowGuard	g;

	row_guard_begin(&g, fcinfo, "directive_guard");
	if (g.insert)
		issue(&g, identity_actor());
	else
		amend(&g, identity_actor());
	return PointerGetDatum(row_guard_end(&g));
}

/* ---- directive_target ---- */

typedef struct Directive
{
	char	   *issued_by;
	TimestampTz issued_at;
	TimestampTz reply_due;
	bool		expand;
	bool		revoked;
} Directive;

/* Read and lock the directive, as the owner; false when there is none. */
static bool
directive_read(int64 directive_id, Directive *d)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(directive_id)};
	MemoryContext caller = CurrentMemoryContext;
	OwnerScope	scope;
	bool		found;

	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("SELECT issued_by, issued_at, expand, revoked_at IS NOT NULL, reply_due FROM liskeban.directive"
							  " WHERE directive_id OPERATOR(pg_catalog.=) $1 FOR SHARE",
							  1, argtypes, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.directive");
	found = SPI_processed > 0;
	if (found)
	{
		HeapTuple	tup = SPI_tuptable->vals[0];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		MemoryContext spi = MemoryContextSwitchTo(caller);
		bool		isnull;

		d->issued_by = TextDatumGetCString(SPI_getbinval(tup, desc, 1, &isnull));
		d->issued_at = DatumGetTimestampTz(SPI_getbinval(tup, desc, 2, &isnull));
		d->expand = DatumGetBool(SPI_getbinval(tup, desc, 3, &isnull));
		d->revoked = DatumGetBool(SPI_getbinval(tup, desc, 4, &isnull));
		d->reply_due = DatumGetTimestampTz(SPI_getbinval(tup, desc, 5, &isnull));
		MemoryContextSwitchTo(spi);
	}
	SPI_finish();
	owner_leave(&scope);
	return found;
}

static void
check_in_force(int64 directive_id, const Directive *d)
{
	if (d->revoked)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("directive " INT64_FORMAT " has been revoked", directive_id)));
}

/* Put the areas in force one level below in the area's place; false when there are none. */
static bool
expand_area(int64 directive_id, AreaCode area)
{
	static const char sql[] =
		"WITH below AS (SELECT a.code FROM liskeban.area AS a"
		" WHERE a.code OPERATOR(liskeban.<@) $2::liskeban.area_code"
		" AND liskeban.area_parent(a.code) OPERATOR(liskeban.=) $2::liskeban.area_code"
		" AND a.valid_from OPERATOR(pg_catalog.<=) $3"
		" AND (a.valid_to IS NULL OR a.valid_to OPERATOR(pg_catalog.>) $3)),"
		" placed AS (INSERT INTO liskeban.directive_target (directive_id, area, within)"
		" SELECT $1, b.code, $2::liskeban.area_code FROM below AS b ORDER BY b.code"
		" ON CONFLICT DO NOTHING)"
		" SELECT EXISTS (SELECT FROM below)";
	Oid			argtypes[3] = {INT8OID, TEXTOID, TIMESTAMPTZOID};
	Datum		values[3] = {Int64GetDatum(directive_id), CStringGetTextDatum(area_code_to_cstring(area)),
	TimestampTzGetDatum(liskeban_now())};

	return DatumGetBool(query_value_as_owner(sql, 3, argtypes, values, NULL, NULL));
}

/* A receiver is added; false when others were, in its place. */
static bool
address(RowGuard *g, const Actor *actor)
{
	static const char *const kept[] = {"signed_at", "signed_by", "reply", "replied_at", "replied_by", "done_at", "done_by",
	"note", NULL};
	int64		directive_id = row_guard_int64(g, "directive_id");
	Directive	d;
	Unit		unit;

	row_guard_kept(g, kept);
	unit_of_row(g, &unit);
	/* The keys and the constraint see to these. */
	if (unit.has_area == (unit.department != NULL) || !directive_read(directive_id, &d))
		return true;
	if (!actor->admin && strcmp(d.issued_by, actor->name) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not send directive " INT64_FORMAT, actor->name, directive_id),
				 errdetail("Its issuer does, or an admin.")));
	check_in_force(directive_id, &d);
	if (unit.department != NULL)
		department_check(row_guard_datum(g, "department"));
	else
		area_check_in_force(unit.area);
	if (!reach_directs(actor, &unit))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not direct %s", actor->name, unit_name(&unit)),
				 errdetail("It takes a membership as dispatcher that reaches it, or the office of who leads it.")));
	return !(unit.has_area && d.expand && row_guard_isnull(g, "within") && expand_area(directive_id, unit.area));
}

/* What its clock says by now and no sweep has seen fires before the answer hides it; an act at the due is on time. */
static void
settle(int64 target_id, const Directive *d, TimestampTz at)
{
	RunningClock clock = {.clock = CLOCK_REPLY, .due = d->reply_due, .basis = REPLY_BASIS, .run = 1};
	AlarmBuffer alarms;
	OwnerScope	scope;

	clock.given = calendar_between(d->issued_at, d->reply_due, REPLY_BASIS);
	alarm_begin(&alarms, liskeban_now());
	for (Lamp level = LAMP_YELLOW; level <= LAMP_RED3; level++)
	{
		TimestampTz passed = sla_level_at(&clock, level);

		if (passed < at)
			alarm_add(&alarms, 0, target_id, &clock, level, passed);
	}
	owner_enter(&scope);
	(void) alarm_end(&alarms);
	owner_leave(&scope);
}

/* A receiver signs, answers, has done it; in this order, each once. */
static void
respond(RowGuard *g, const Actor *actor)
{
	static const char *const kept[] = {"target_id", "directive_id", "area", "department", "within", NULL};
	static const char *const once[] = {"signed_at", "signed_by", "reply", "replied_at", "replied_by", "done_at", "done_by",
	"note", NULL};
	/* Who and when follow from what is given with them. */
	static const char *const follows[][2] = {{"signed_by", "signed_at"}, {"replied_at", "reply"}, {"replied_by", "reply"},
	{"done_by", "done_at"}, {"note", "done_at"}};
	int64		directive_id = row_guard_int64(g, "directive_id");
	TimestampTz at;
	Directive	d;
	Unit		unit;

	/* Who receives it follows the areas that are redrawn. */
	if (maintain_active())
		return;
	row_guard_kept(g, kept);
	if (!row_guard_any_changed(g, once) || !directive_read(directive_id, &d))
		return;
	for (int i = 0; i < (int) lengthof(follows); i++)
		row_guard_follows(g, follows[i][0], follows[i][1]);
	unit_of_row(g, &unit);
	if (!reach_answers(actor, &unit))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not answer directive " INT64_FORMAT " for %s", actor->name, directive_id, unit_name(&unit)),
				 errdetail("It takes a membership as handler or dispatcher, or an office, that reaches it.")));
	check_in_force(directive_id, &d);
	for (int i = 0; once[i] != NULL; i++)
		row_guard_given_once(g, once[i]);

	at = Max(liskeban_now(), d.issued_at);
	if (row_guard_given(g, "reply") || row_guard_given(g, "signed_at"))
	{
		/* An answer shows that it was received. */
		if (row_guard_was_null(g, "signed_at"))
		{
			row_guard_set(g, "signed_at", TimestampTzGetDatum(at));
			row_guard_set_text(g, "signed_by", actor->name);
		}
		at = Max(at, row_guard_time(g, "signed_at"));
	}
	if (row_guard_given(g, "reply"))
	{
		row_guard_required(g, "reply");
		settle(row_guard_int64(g, "target_id"), &d, at);
		row_guard_set(g, "replied_at", TimestampTzGetDatum(at));
		row_guard_set_text(g, "replied_by", actor->name);
	}
	if (row_guard_given(g, "done_at"))
	{
		row_guard_required(g, "reply");
		row_guard_set(g, "done_at", TimestampTzGetDatum(Max(at, row_guard_time(g, "replied_at"))));
		row_guard_set_text(g, "done_by", actor->name);
	}
}

/*
 * directive_target_guard(): BEFORE trigger of liskeban.directive_target.
 */
Datum
directive_target_guard(PG_FUNCTION_ARGS)
{
	RowGuard	g;

	row_guard_begin(&g, fcinfo, "directive_target_guard");
	if (!g.insert)
		respond(&g, identity_actor());
	else if (!address(&g, identity_actor()))
		PG_RETURN_POINTER(NULL);
	return PointerGetDatum(row_guard_end(&g));
}

/* ---- functions over the tables ---- */

/*
 * _address_directive(directive_id bigint, areas area_code[], departments text[]) returns bigint: receivers given.
 */
Datum
address_directive(PG_FUNCTION_ARGS)
{
	static const char sql[] =
		"WITH receiver AS (SELECT DISTINCT a AS area, NULL::text AS department FROM pg_catalog.unnest($2) AS a"
		" UNION ALL SELECT DISTINCT NULL::liskeban.area_code, d FROM pg_catalog.unnest($3) AS d),"
		" placed AS (INSERT INTO liskeban.directive_target (directive_id, area, department)"
		" SELECT $1, r.area, r.department FROM receiver AS r ORDER BY r.area, r.department"
		" ON CONFLICT DO NOTHING)"
		" SELECT pg_catalog.count(*) FROM receiver";
	Oid			argtypes[3] = {INT8OID, get_fn_expr_argtype(fcinfo->flinfo, 1), TEXTARRAYOID};
	Datum		values[3];
	char		nulls[4] = "   ";
	int64		given;

	for (int i = 0; i < 3; i++)
	{
		values[i] = PG_ARGISNULL(i) ? (Datum) 0 : PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
	given = DatumGetInt64(query_value(sql, 3, argtypes, values, nulls, NULL));
	if (given == 0)
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("a directive needs somebody to receive it"),
				 errdetail("Missing: areas or departments.")));
	PG_RETURN_INT64(given);
}

/* One row of the table changes, with the caller's rights; 22004, P0002. */
static void
update_row(FunctionCallInfo fcinfo, const char *what, const char *sql)
{
	Oid			argtypes[2] = {INT8OID, TEXTOID};
	Datum		values[2];
	char		nulls[3] = "  ";
	int			nargs = PG_NARGS();

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be NULL", strcmp(what, "directive") == 0 ? "directive_id" : "target_id")));
	for (int i = 0; i < nargs; i++)
	{
		values[i] = PG_ARGISNULL(i) ? (Datum) 0 : PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
	SPI_connect();
	if (SPI_execute_with_args(sql, nargs, argtypes, values, nulls, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not execute \"%s\"", sql);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 strcmp(what, "directive") == 0 ? errmsg("there is no directive " INT64_FORMAT, PG_GETARG_INT64(0)) :
				 errmsg("there is no receiver of a directive " INT64_FORMAT, PG_GETARG_INT64(0))));
	SPI_finish();
}

/* What has been given is not given again, though the UPDATE might write the same. */
static void
refuse_again(FunctionCallInfo fcinfo, const char *table, const char *key, const char *column)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {PG_ARGISNULL(0) ? (Datum) 0 : PG_GETARG_DATUM(0)};
	char	   *sql = psprintf("SELECT FROM liskeban.%s WHERE %s OPERATOR(pg_catalog.=) $1 AND %s IS NOT NULL FOR UPDATE",
							   table, key, column);

	SPI_connect();
	if (SPI_execute_with_args(sql, 1, argtypes, values, PG_ARGISNULL(0) ? "n" : NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.%s", table);
	if (SPI_processed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("column \"%s\" of liskeban.%s has been given", column, table),
				 errdetail("What was given once is neither changed nor taken back.")));
	SPI_finish();
}

Datum
sign_directive(PG_FUNCTION_ARGS)
{
	refuse_again(fcinfo, "directive_target", "target_id", "signed_at");
	update_row(fcinfo, "receiver of a directive",
			   "UPDATE liskeban.directive_target SET signed_at = liskeban.liskeban_now()"
			   " WHERE target_id OPERATOR(pg_catalog.=) $1");
	PG_RETURN_VOID();
}

/* An empty answer is none: the guard says so. */
Datum
reply_directive(PG_FUNCTION_ARGS)
{
	refuse_again(fcinfo, "directive_target", "target_id", "replied_at");
	update_row(fcinfo, "receiver of a directive",
			   "UPDATE liskeban.directive_target SET reply = COALESCE($2, '')"
			   " WHERE target_id OPERATOR(pg_catalog.=) $1");
	PG_RETURN_VOID();
}

Datum
directive_done(PG_FUNCTION_ARGS)
{
	refuse_again(fcinfo, "directive_target", "target_id", "done_at");
	update_row(fcinfo, "receiver of a directive",
			   "UPDATE liskeban.directive_target SET done_at = liskeban.liskeban_now(), note = $2"
			   " WHERE target_id OPERATOR(pg_catalog.=) $1");
	PG_RETURN_VOID();
}

Datum
revoke_directive(PG_FUNCTION_ARGS)
{
	refuse_again(fcinfo, "directive", "directive_id", "revoked_at");
	update_row(fcinfo, "directive",
			   "UPDATE liskeban.directive SET revoked_at = liskeban.liskeban_now(), revoke_reason = COALESCE($2, '')"
			   " WHERE directive_id OPERATOR(pg_catalog.=) $1");
	PG_RETURN_VOID();
}
