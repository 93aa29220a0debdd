/*
 * scope_row.c: what an actor sees of what hangs on a ticket, on a directive or on a unit: functions of a row for the policies
 * of row security.
 *
 * The row that decides is found by its key, straight through the index and with the snapshot of the query, as the owner
 * reads it: a policy has no sub-select.  What is asked of one ticket after the other is kept for the execution (fn_extra).
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "identity.h"
#include "liskeban.h"
#include "reach.h"
#include "registry_cache.h"
#include "scope.h"

PG_FUNCTION_INFO_V1(ticket_in_scope);
PG_FUNCTION_INFO_V1(unit_in_scope);
PG_FUNCTION_INFO_V1(whistle_in_scope);
PG_FUNCTION_INFO_V1(scope_received);
PG_FUNCTION_INFO_V1(scope_issued);
PG_FUNCTION_INFO_V1(alarm_in_scope);

/* ---- rows found by their key ---- */

/*
 * A table of the platform read through one of its indexes, whose first column is to have a value or to lie in a span, with
 * the snapshot of the query: as the owner reads it, without a plan and without a sub-select.
 */
typedef struct KeyScan
{
	Relation	rel;
	Relation	index;
	IndexScanDesc scan;
	TupleTableSlot *slot;
} KeyScan;

static void
key_scan_open(KeyScan *k, const char *table, const char *index)
{
	Oid			indexoid;

	k->rel = table_open(platform_relid(table), AccessShareLock);
	indexoid = index ? platform_relid(index) : RelationGetPrimaryKeyIndex(k->rel);
	if (!OidIsValid(indexoid))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table %s.%s has no primary key", LISKEBAN_SCHEMA, table)));
	k->index = index_open(indexoid, AccessShareLock);
	k->slot = table_slot_create(k->rel, NULL);
}

static void
key_scan_start(KeyScan *k, int nkeys, ScanKey keys)
{
	k->scan = index_beginscan(k->rel, k->index, GetActiveSnapshot(), nkeys, 0);
	index_rescan(k->scan, keys, nkeys, NULL, 0);
}

/* By a number; index NULL: the primary key. */
static void
key_scan_begin(KeyScan *k, const char *table, const char *index, int64 id)
{
	ScanKeyData key;

	key_scan_open(k, table, index);
	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(id));
	key_scan_start(k, 1, &key);
}

static inline bool
key_scan_next(KeyScan *k)
{
	return index_getnext_slot(k->scan, ForwardScanDirection, k->slot);
}

static void
key_scan_end(KeyScan *k)
{
	index_endscan(k->scan);
	ExecDropSingleTupleTableSlot(k->slot);
	index_close(k->index, AccessShareLock);
	table_close(k->rel, AccessShareLock);
}

static Datum
key_scan_value(KeyScan *k, const char *column, bool *isnull)
{
	return slot_getattr(k->slot, SPI_fnumber(RelationGetDescr(k->rel), column), isnull);
}

/* By a span of areas. */
static void
key_scan_begin_areas(KeyScan *k, const char *table, const char *index, AreaCode low, AreaCode high)
{
	ScanKeyData keys[2];
	Oid			family;
	Oid			type;

	key_scan_open(k, table, index);
	family = k->index->rd_opfamily[0];
	type = k->index->rd_opcintype[0];
	ScanKeyInit(&keys[0], 1, BTGreaterEqualStrategyNumber,
				get_opcode(get_opfamily_member(family, type, type, BTGreaterEqualStrategyNumber)), AreaCodeGetDatum(low));
	ScanKeyInit(&keys[1], 1, BTLessEqualStrategyNumber,
				get_opcode(get_opfamily_member(family, type, type, BTLessEqualStrategyNumber)), AreaCodeGetDatum(high));
	key_scan_start(k, 2, keys);
}

/* By a text. */
static void
key_scan_begin_text(KeyScan *k, const char *table, const char *index, Datum value)
{
	ScanKeyData key;

	key_scan_open(k, table, index);
	ScanKeyEntryInitialize(&key, 0, 1, BTEqualStrategyNumber, InvalidOid, k->index->rd_indcollation[0], F_TEXTEQ, value);
	key_scan_start(k, 1, &key);
}

/* ---- lists of numbers ---- */

typedef struct IdList
{
	int64	   *values;
	int			n;
	int			capacity;
} IdList;

static void
add_id(IdList *ids, int64 id)
{
	if (ids->n == ids->capacity)
	{
		ids->capacity = Max(ids->capacity * 2, 16);
		ids->values = ids->values ? repalloc(ids->values, ids->capacity * sizeof(int64))
			: palloc(ids->capacity * sizeof(int64));
	}
	ids->values[ids->n++] = id;
}

/* ---- what an area takes part in ---- */

/*
 * The tickets in which an area of the actor's takes part and has not done so yet: a former holder still has its part to do
 * where the ticket does not lie in it.  Few, by an index of their own.
 */
int64 *
scope_parts(const Scope *scope, int *n)
{
	IdList		ids = {0};
	KeyScan		k;

	*n = 0;
	if (!scope->has_area || !platform_has("party_area_open_idx"))
		return NULL;
	key_scan_begin_areas(&k, "party", "party_area_open_idx", scope->low, scope->high);
	while (key_scan_next(&k))
	{
		bool		isnull;
		AreaCode	area = DatumGetAreaCode(key_scan_value(&k, "area", &isnull));
		bool		mine = false;

		for (int i = 0; !mine && i < scope->nentries; i++)
			mine = scope->entries[i].has_area && scope->entries[i].department == NULL &&
				area >= scope->entries[i].low && area <= scope->entries[i].high;
		if (mine)
			add_id(&ids, DatumGetInt64(key_scan_value(&k, "ticket_id", &isnull)));
	}
	key_scan_end(&k);
	*n = ids.n;
	return ids.values;
}

/* ---- what hangs on a ticket, by its number ---- */

/* What is asked of one ticket after the other is kept for the execution. */
typedef struct TicketMemo
{
	ScopeMemo	head;
	bool		started;
	bool		known;
	int64		ticket_id;
	bool		seen;
	int64	   *parts;			/* scope_parts() */
	int			nparts;
} TicketMemo;

static bool
scope_sees_ticket(const Scope *scope, int64 ticket_id)
{
	KeyScan		k;
	bool		seen = false;

	key_scan_begin(&k, "ticket", NULL, ticket_id);
	if (key_scan_next(&k))
	{
		const TicketLayout *layout = ticket_layout();
		TicketRow	ticket = {.layout = layout};

		if (k.slot->tts_tupleDescriptor->natts != layout->natts)
			elog(ERROR, "layout of liskeban.ticket is stale");
		slot_getallattrs(k.slot);
		ticket.values = k.slot->tts_values;
		ticket.nulls = k.slot->tts_isnull;
		seen = scope_sees_row(scope, &ticket);
	}
	key_scan_end(&k);
	return seen;
}

static bool
call_sees_ticket(FunctionCallInfo fcinfo, bool isnull, int64 ticket_id)
{
	TicketMemo *memo = scope_memo(fcinfo, sizeof(TicketMemo));
	const Scope *scope = memo->head.scope;

	if (!memo->started)
	{
		MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		if (!scope->all)
			memo->parts = scope_parts(scope, &memo->nparts);
		MemoryContextSwitchTo(caller);
		memo->started = true;
	}
	if (scope->all)
		return true;
	if (isnull)
		return false;
	if (!memo->known || memo->ticket_id != ticket_id)
	{
		memo->seen = scope_sees_ticket(scope, ticket_id) || scope_is_held(ticket_id);
		for (int i = 0; !memo->seen && i < memo->nparts; i++)
			memo->seen = memo->parts[i] == ticket_id;
		memo->ticket_id = ticket_id;
		memo->known = true;
	}
	return memo->seen;
}

/* ticket_in_scope(ticket_id bigint) returns boolean */
Datum
ticket_in_scope(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(call_sees_ticket(fcinfo, PG_ARGISNULL(0), PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0)));
}

/* ---- units ---- */

/* Is it addressed to a unit that the actor answers for? */
static bool
scope_answers(const Scope *scope, bool has_area, AreaCode area, const char *department)
{
	Unit		unit = {.has_area = has_area, .area = area, .department = department};

	if (scope->all)
		return true;
	if (scope->nentries == 0 || (!has_area && department == NULL))
		return false;
	return reach_answers(identity_actor(), &unit);
}

/* Of the columns area and department of a row that was found. */
static bool
key_scan_answers(KeyScan *k, const Scope *scope, const char *area_column, const char *department_column)
{
	bool		no_area;
	bool		no_department;
	Datum		area = key_scan_value(k, area_column, &no_area);
	Datum		department = key_scan_value(k, department_column, &no_department);

	return scope_answers(scope, !no_area, no_area ? 0 : DatumGetAreaCode(area),
						 no_department ? NULL : TextDatumGetCString(department));
}

/* unit_in_scope(area area_code, department text) returns boolean */
Datum
unit_in_scope(PG_FUNCTION_ARGS)
{
	const Scope *scope = scope_of_call(fcinfo);

	if (scope->all)
		PG_RETURN_BOOL(true);
	PG_RETURN_BOOL(scope_answers(scope, !PG_ARGISNULL(0), PG_ARGISNULL(0) ? 0 : PG_GETARG_AREA_CODE(0),
								 PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1))));
}

/* ---- what hangs on something else ---- */

/* whistle_in_scope(whistle_id bigint) returns boolean: by its ticket, or by the unit that raised it. */
Datum
whistle_in_scope(PG_FUNCTION_ARGS)
{
	KeyScan		k;
	bool		seen = false;

	if (PG_ARGISNULL(0))
		PG_RETURN_BOOL(scope_get()->all);
	key_scan_begin(&k, "whistle", NULL, PG_GETARG_INT64(0));
	if (key_scan_next(&k))
	{
		bool		isnull;
		Datum		ticket_id = key_scan_value(&k, "ticket_id", &isnull);

		seen = call_sees_ticket(fcinfo, isnull, DatumGetInt64(ticket_id)) ||
			key_scan_answers(&k, scope_get(), "from_area", "from_department");
	}
	key_scan_end(&k);
	PG_RETURN_BOOL(seen);
}

static bool
issued_by_actor(int64 directive_id)
{
	KeyScan		k;
	bool		mine = false;

	key_scan_begin(&k, "directive", NULL, directive_id);
	if (key_scan_next(&k))
	{
		bool		isnull;
		Datum		issuer = key_scan_value(&k, "issued_by", &isnull);

		mine = !isnull && scope_text_is(DatumGetTextPP(issuer), identity_actor()->name);
	}
	key_scan_end(&k);
	return mine;
}

/* A list of directives that is kept for the execution. */
typedef struct DirectiveMemo
{
	ScopeMemo	head;
	ArrayType  *array;
} DirectiveMemo;

static ArrayType *
id_array(const IdList *ids)
{
	Datum	   *values = palloc((ids->n + 1) * sizeof(Datum));

	for (int i = 0; i < ids->n; i++)
		values[i] = Int64GetDatum(ids->values[i]);
	return ids->n == 0 ? construct_empty_array(INT8OID)
		: construct_array(values, ids->n, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
}

/* Of the receivers that the scan finds, in the order of the table, the directives of those that are answered for. */
static void
add_received(const Scope *scope, IdList *ids, KeyScan *k)
{
	while (key_scan_next(k))
	{
		bool		isnull;
		int64		id = DatumGetInt64(key_scan_value(k, "directive_id", &isnull));

		if ((ids->n == 0 || ids->values[ids->n - 1] != id) && key_scan_answers(k, scope, "area", "department"))
			add_id(ids, id);
	}
	key_scan_end(k);
}

/* scope_received() returns bigint[]: the directives that the actor's units receive; none for who sees them all. */
Datum
scope_received(PG_FUNCTION_ARGS)
{
	DirectiveMemo *memo = scope_memo(fcinfo, sizeof(DirectiveMemo));
	const Scope *scope = memo->head.scope;

	if (memo->array == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		IdList		ids = {0};
		Datum	   *codes;
		bool	   *nulls;
		int			n;
		KeyScan		k;

		if (!scope->all && scope->has_area)
		{
			key_scan_begin_areas(&k, "directive_target", "directive_target_area_idx", scope->low, scope->high);
			add_received(scope, &ids, &k);
		}
		deconstruct_array(scope->answered, TEXTOID, -1, false, TYPALIGN_INT, &codes, &nulls, &n);
		for (int i = 0; !scope->all && i < n; i++)
		{
			key_scan_begin_text(&k, "directive_target", "directive_target_department_idx", codes[i]);
			add_received(scope, &ids, &k);
		}
		memo->array = id_array(&ids);
		MemoryContextSwitchTo(caller);
	}
	PG_RETURN_POINTER(memo->array);
}

/* scope_issued() returns bigint[]: the directives that the actor issued; none for who sees them all. */
Datum
scope_issued(PG_FUNCTION_ARGS)
{
	DirectiveMemo *memo = scope_memo(fcinfo, sizeof(DirectiveMemo));

	if (memo->array == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		IdList		ids = {0};

		if (!memo->head.scope->all && platform_has("directive_issued_by_idx"))
		{
			KeyScan		k;

			key_scan_begin_text(&k, "directive", "directive_issued_by_idx", CStringGetTextDatum(identity_actor()->name));
			while (key_scan_next(&k))
			{
				bool		isnull;

				add_id(&ids, DatumGetInt64(key_scan_value(&k, "directive_id", &isnull)));
			}
			key_scan_end(&k);
		}
		memo->array = id_array(&ids);
		MemoryContextSwitchTo(caller);
	}
	PG_RETURN_POINTER(memo->array);
}

/* alarm_in_scope(ticket_id bigint, subject bigint) returns boolean: by its ticket; one without is of a directive's receiver. */
Datum
alarm_in_scope(PG_FUNCTION_ARGS)
{
	const Scope *scope;
	KeyScan		k;
	bool		seen = false;

	if (!PG_ARGISNULL(0))
		PG_RETURN_BOOL(call_sees_ticket(fcinfo, false, PG_GETARG_INT64(0)));
	scope = scope_get();
	if (scope->all || PG_ARGISNULL(1))
		PG_RETURN_BOOL(scope->all);
	key_scan_begin(&k, "directive_target", NULL, PG_GETARG_INT64(1));
	if (key_scan_next(&k))
	{
		bool		isnull;
		Datum		directive_id = key_scan_value(&k, "directive_id", &isnull);

		seen = key_scan_answers(&k, scope, "area", "department") || issued_by_actor(DatumGetInt64(directive_id));
	}
	key_scan_end(&k);
	PG_RETURN_BOOL(seen);
}
