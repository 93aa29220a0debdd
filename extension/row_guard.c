/*
 * row_guard.c: a row of a small table as its BEFORE trigger sees it: what it was, what it is to be, what changed.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "liskeban.h"
#include "row_guard.h"

static const char *
table_name(const RowGuard *g)
{
	return RelationGetRelationName(g->trigdata->tg_relation);
}

void
row_guard_begin(RowGuard *g, FunctionCallInfo fcinfo, const char *function)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	TriggerEvent event;
	int			natts;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigdata->tg_event) ||
		TRIGGER_FIRED_FOR_STATEMENT(trigdata->tg_event) != TRIGGER_FIRED_BY_TRUNCATE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called before insert, update or delete for each row, or before truncate",
						function)));
	event = trigdata->tg_event;
	if (TRIGGER_FIRED_BY_TRUNCATE(event) || TRIGGER_FIRED_BY_DELETE(event))
		ereport(ERROR,
				(errcode(ERRCODE_LK_HISTORY),
				 errmsg("rows of \"%s\" are never deleted", RelationGetRelationName(trigdata->tg_relation)),
				 errdetail("They are part of what happened.")));

	memset(g, 0, sizeof(*g));
	g->trigdata = trigdata;
	g->desc = RelationGetDescr(trigdata->tg_relation);
	g->insert = TRIGGER_FIRED_BY_INSERT(event);
	natts = g->desc->natts;
	g->values = palloc(natts * sizeof(Datum));
	g->nulls = palloc(natts * sizeof(bool));
	g->old_values = palloc0(natts * sizeof(Datum));
	g->old_nulls = palloc(natts * sizeof(bool));
	heap_deform_tuple(g->insert ? trigdata->tg_trigtuple : trigdata->tg_newtuple, g->desc, g->values, g->nulls);
	if (g->insert)
		memset(g->old_nulls, true, natts * sizeof(bool));
	else
		heap_deform_tuple(trigdata->tg_trigtuple, g->desc, g->old_values, g->old_nulls);
}

HeapTuple
row_guard_end(const RowGuard *g)
{
	HeapTuple	original = g->insert ? g->trigdata->tg_trigtuple : g->trigdata->tg_newtuple;
	HeapTuple	tuple = heap_form_tuple(g->desc, g->values, g->nulls);

	tuple->t_data->t_ctid = original->t_data->t_ctid;
	tuple->t_self = original->t_self;
	tuple->t_tableOid = original->t_tableOid;
	return tuple;
}

int
row_guard_column(const RowGuard *g, const char *name)
{
	int			attnum = SPI_fnumber(g->desc, name);

	if (attnum <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("table \"%s\" has no column \"%s\"", table_name(g), name),
				 errhint("Call liskeban.upgrade_platform().")));
	return attnum - 1;
}

bool
row_guard_changed(const RowGuard *g, const char *name)
{
	int			i = row_guard_column(g, name);
	Form_pg_attribute att = TupleDescAttr(g->desc, i);

	if (g->nulls[i] || g->old_nulls[i])
		return g->nulls[i] != g->old_nulls[i];
	return !datum_image_eq(g->old_values[i], g->values[i], att->attbyval, att->attlen);
}

bool
row_guard_any_changed(const RowGuard *g, const char *const *names)
{
	for (; *names != NULL; names++)
		if (row_guard_changed(g, *names))
			return true;
	return false;
}

bool
row_guard_given(const RowGuard *g, const char *name)
{
	int			i = row_guard_column(g, name);

	return g->old_nulls[i] && !g->nulls[i];
}

bool
row_guard_isnull(const RowGuard *g, const char *name)
{
	return g->nulls[row_guard_column(g, name)];
}

bool
row_guard_was_null(const RowGuard *g, const char *name)
{
	return g->old_nulls[row_guard_column(g, name)];
}

char *
row_guard_text(const RowGuard *g, const char *name)
{
	int			i = row_guard_column(g, name);

	return g->nulls[i] ? NULL : TextDatumGetCString(g->values[i]);
}

int64
row_guard_int64(const RowGuard *g, const char *name)
{
	int			i = row_guard_column(g, name);

	return g->nulls[i] ? 0 : DatumGetInt64(g->values[i]);
}

TimestampTz
row_guard_time(const RowGuard *g, const char *name)
{
	return DatumGetTimestampTz(g->values[row_guard_column(g, name)]);
}

TimestampTz
row_guard_old_time(const RowGuard *g, const char *name)
{
	return DatumGetTimestampTz(g->old_values[row_guard_column(g, name)]);
}

Datum
row_guard_datum(const RowGuard *g, const char *name)
{
	return g->values[row_guard_column(g, name)];
}

void
row_guard_set(RowGuard *g, const char *name, Datum value)
{
	int			i = row_guard_column(g, name);

	g->values[i] = value;
	g->nulls[i] = false;
}

void
row_guard_set_text(RowGuard *g, const char *name, const char *value)
{
	row_guard_set(g, name, CStringGetTextDatum(value));
}

void
row_guard_set_null(RowGuard *g, const char *name)
{
	int			i = row_guard_column(g, name);

	g->values[i] = (Datum) 0;
	g->nulls[i] = true;
}

void
row_guard_set_old(RowGuard *g, const char *name)
{
	int			i = row_guard_column(g, name);

	g->values[i] = g->old_values[i];
	g->nulls[i] = g->old_nulls[i];
}

void
row_guard_kept(const RowGuard *g, const char *const *names)
{
	for (; *names != NULL; names++)
		if (row_guard_changed(g, *names))
			ereport(ERROR,
					(errcode(ERRCODE_LK_MAINTAINED_COLUMN),
					 errmsg("column \"%s\" of liskeban.%s is maintained by the platform", *names, table_name(g)),
					 errdetail("It follows from what happens and is never written.")));
}

void
row_guard_follows(const RowGuard *g, const char *name, const char *from)
{
	const char *const names[] = {name, NULL};

	if (row_guard_was_null(g, name) && !row_guard_given(g, from))
		row_guard_kept(g, names);
}

void
row_guard_required(const RowGuard *g, const char *name)
{
	int			i = row_guard_column(g, name);

	if (g->nulls[i] || VARSIZE_ANY_EXHDR(PG_DETOAST_DATUM_PACKED(g->values[i])) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("a row of \"%s\" lacks what it requires", table_name(g)),
				 errdetail("Missing: %s.", name)));
}

void
row_guard_given_once(const RowGuard *g, const char *name)
{
	if (!row_guard_was_null(g, name) && row_guard_changed(g, name))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("column \"%s\" of liskeban.%s has been given", name, table_name(g)),
				 errdetail("What was given once is neither changed nor taken back.")));
}

void
row_guard_ahead(const RowGuard *g, const char *name, TimestampTz after)
{
	if (row_guard_isnull(g, name))
		return;
	if (TIMESTAMP_NOT_FINITE(row_guard_time(g, name)) || row_guard_time(g, name) <= after)
		ereport(ERROR,
				(errcode(ERRCODE_LK_IMPOSSIBLE_TIME),
				 errmsg("impossible time in \"%s\"", name),
				 errdetail("It lies in the future.")));
}
