/*
 * ticket_row.c: a ticket's row taken apart.
 *
 * The layout (attribute numbers, enum OIDs) is cached over the table itself, so a column that a DBA adds or an
 * extension made anew is seen.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "catalog/namespace.h"
#include "executor/spi.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "liskeban.h"
#include "registry_cache.h"
#include "ticket_row.h"

const TicketColumnInfo ticket_columns[TC_COUNT] = {
#define X(id, name, class, enumkind, detail) {name, class, enumkind, detail},
	TICKET_COLUMNS(X)
#undef X
};

const char *const state_labels[STATE_COUNT] = {
	"reported", "accepted", "dispatched", "on_site", "planned", "suspended",
	"resolved", "closed", "rejected", "withdrawn", "merged"
};

static const char *const kind_labels[] = {"demand", "hazard", "clue", "service", "policy", "patrol", "task"};
static const char *const difficulty_labels[] = {"simple", "general", "hard"};
static const char *const placement_labels[] = {"inside", "snapped", "outside", "unknown"};
const char *const tier_labels[TIER_COUNT] = {"village", "town", "district", "principal"};
static const char *const satisfaction_labels[] = {"satisfied", "neutral", "dissatisfied", "unreachable"};

static const struct
{
	const char *type;
	const char *const *labels;
	int			count;
}			enums[ENUM_KINDS] = {
	[ENUM_NONE] = {NULL, NULL, 0},
	[ENUM_STATE] = {"ticket_state", state_labels, lengthof(state_labels)},
	[ENUM_KIND] = {"ticket_kind", kind_labels, lengthof(kind_labels)},
	[ENUM_DIFFICULTY] = {"difficulty", difficulty_labels, lengthof(difficulty_labels)},
	[ENUM_PLACEMENT] = {"placement", placement_labels, lengthof(placement_labels)},
	[ENUM_TIER] = {"tier", tier_labels, lengthof(tier_labels)},
	[ENUM_SATISFACTION] = {"satisfaction", satisfaction_labels, lengthof(satisfaction_labels)},
};

static void *
layout_load(MemoryContext cxt)
{
	TicketLayout *layout = MemoryContextAllocZero(cxt, sizeof(TicketLayout));
	Oid			nsp = get_namespace_oid(LISKEBAN_SCHEMA, false);
	Relation	rel = relation_open(platform_relid("ticket"), AccessShareLock);
	TupleDesc	desc = RelationGetDescr(rel);

	layout->natts = desc->natts;
	for (int c = 0; c < TC_COUNT; c++)
	{
		AttrNumber	attnum = get_attnum(RelationGetRelid(rel), ticket_columns[c].name);
		Form_pg_attribute att;

		if (attnum == InvalidAttrNumber)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" of table liskeban.ticket is missing", ticket_columns[c].name),
					 errhint("The platform's tables and the library do not fit together.")));
		att = TupleDescAttr(desc, attnum - 1);
		layout->attnum[c] = attnum;
		layout->atttype[c] = att->atttypid;
		layout->attlen[c] = att->attlen;
		layout->attbyval[c] = att->attbyval;
	}
	relation_close(rel, AccessShareLock);

	for (int k = ENUM_NONE + 1; k < ENUM_KINDS; k++)
	{
		Oid			type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
										   CStringGetDatum(enums[k].type), ObjectIdGetDatum(nsp));

		layout->enum_count[k] = enums[k].count;
		for (int i = 0; i < enums[k].count; i++)
		{
			layout->enum_oid[k][i] = GetSysCacheOid2(ENUMTYPOIDNAME, Anum_pg_enum_oid, ObjectIdGetDatum(type),
													 CStringGetDatum(enums[k].labels[i]));
			if (!OidIsValid(layout->enum_oid[k][i]))
				elog(ERROR, "label \"%s\" of enum \"%s\" is missing", enums[k].labels[i], enums[k].type);
		}
	}
	layout->ticket_sequence = platform_relid("ticket_ticket_id_seq");
	layout->event_sequence = platform_relid("ticket_event_event_id_seq");
	return layout;
}

static RegistryCache layout_cache = {
	.name = "liskeban ticket layout",
	.tables = {"ticket", NULL},
	.load = layout_load
};

const TicketLayout *
ticket_layout(void)
{
	return (const TicketLayout *) registry_get(&layout_cache);
}

int
ticket_enum_ordinal(const TicketLayout *layout, EnumKind kind, Oid value)
{
	for (int i = 0; i < layout->enum_count[kind]; i++)
		if (layout->enum_oid[kind][i] == value)
			return i;
	elog(ERROR, "unknown label %u of enum \"%s\"", value, enums[kind].type);
}

int
ticket_enum_by_label(EnumKind kind, const char *label)
{
	for (int i = 0; i < enums[kind].count; i++)
		if (strcmp(enums[kind].labels[i], label) == 0)
			return i;
	elog(ERROR, "unknown label \"%s\" of enum \"%s\"", label, enums[kind].type);
}

const char *
ticket_enum_label(const TicketLayout *layout, EnumKind kind, Oid value)
{
	return enums[kind].labels[ticket_enum_ordinal(layout, kind, value)];
}

/*
 * Take a tuple apart into palloc'd arrays of the table's width.
 */
void
ticket_row_from_tuple(TicketRow *row, const TicketLayout *layout, HeapTuple tuple, TupleDesc desc)
{
	row->layout = layout;
	row->values = palloc(desc->natts * sizeof(Datum));
	row->nulls = palloc(desc->natts * sizeof(bool));
	heap_deform_tuple(tuple, desc, row->values, row->nulls);
}

/*
 * The same from a composite value; 42804 when it is no row of liskeban.ticket, 23502 when it is one that the table could
 * not hold: anybody may make one up.
 */
void
ticket_row_from_datum(TicketRow *row, const TicketLayout *layout, HeapTupleHeader header)
{
	HeapTupleData tuple;
	TupleDesc	desc;

	if (HeapTupleHeaderGetTypeId(header) != get_rel_type_id(platform_relid("ticket")))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the argument must be a row of liskeban.ticket")));
	desc = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(header), HeapTupleHeaderGetTypMod(header));
	tuple.t_len = HeapTupleHeaderGetDatumLength(header);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = header;
	ticket_row_from_tuple(row, layout, &tuple, desc);
	for (int i = 0; i < desc->natts; i++)
		if (row->nulls[i] && TupleDescAttr(desc, i)->attnotnull && !TupleDescAttr(desc, i)->attisdropped)
			ereport(ERROR,
					(errcode(ERRCODE_NOT_NULL_VIOLATION),
					 errmsg("null value in column \"%s\" of a row of liskeban.ticket", NameStr(TupleDescAttr(desc, i)->attname))));
	ReleaseTupleDesc(desc);
}

/* The caller must be able to see and lock the ticket; what the row says is read as the owner. */
void
ticket_lock(int64 ticket_id, bool isnull, TicketRow *row)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(ticket_id)};
	bool		found;

	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("ticket_id must not be NULL")));
	/* As a writer from the start: a change of rules waits for it, instead of for its row. */
	LockRelationOid(platform_relid("ticket"), RowExclusiveLock);
	SPI_connect();
	if (SPI_execute_with_args("SELECT t.ticket_id FROM liskeban.ticket AS t WHERE t.ticket_id OPERATOR(pg_catalog.=) $1 FOR UPDATE",
							  1, argtypes, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not lock a row of liskeban.ticket");
	found = SPI_processed == 1;
	SPI_finish();
	/* What it says is the owner's to read: the caller may be kept from some of the columns. */
	if (!found || !ticket_read(ticket_id, true, row))
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("there is no ticket " INT64_FORMAT ", or it is not yours to see", ticket_id)));
}

bool
ticket_read(int64 ticket_id, bool lock, TicketRow *row)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(ticket_id)};
	MemoryContext caller = CurrentMemoryContext;
	HeapTupleHeader header = NULL;
	OwnerScope	scope;

	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args(lock ? "SELECT t FROM liskeban.ticket AS t WHERE t.ticket_id OPERATOR(pg_catalog.=) $1 FOR UPDATE"
							  : "SELECT t FROM liskeban.ticket AS t WHERE t.ticket_id OPERATOR(pg_catalog.=) $1",
							  1, argtypes, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.ticket");
	if (SPI_processed == 1)
	{
		bool		isnull;
		Datum		d = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
		MemoryContext spi = MemoryContextSwitchTo(caller);

		header = (HeapTupleHeader) PG_DETOAST_DATUM_COPY(d);
		MemoryContextSwitchTo(spi);
	}
	SPI_finish();
	owner_leave(&scope);
	if (header == NULL)
		return false;
	ticket_row_from_datum(row, ticket_layout(), header);
	return true;
}

void
row_set_text(TicketRow *row, TicketColumn c, const char *value)
{
	row_set(row, c, CStringGetTextDatum(value));
}

bool
row_has_text(const TicketRow *row, TicketColumn c)
{
	return !row_isnull(row, c) && VARSIZE_ANY_EXHDR(DatumGetPointer(row_datum(row, c))) > 0;
}

bool
row_text_is(const TicketRow *row, TicketColumn c, const char *value)
{
	text	   *t;

	if (row_isnull(row, c))
		return false;
	t = DatumGetTextPP(row_datum(row, c));
	return VARSIZE_ANY_EXHDR(t) == strlen(value) && memcmp(VARDATA_ANY(t), value, strlen(value)) == 0;
}

/*
 * Did the value change?  The same value written back is no change, however it is stored.
 */
bool
row_changed(const TicketRow *old, const TicketRow *new, TicketColumn c)
{
	const TicketLayout *layout = new->layout;

	if (row_isnull(old, c) || row_isnull(new, c))
		return row_isnull(old, c) != row_isnull(new, c);
	if (row_datum(old, c) == row_datum(new, c))
		return false;
	if (layout->attbyval[c])
		return true;
	return !datum_image_eq(row_datum(old, c), row_datum(new, c), false, layout->attlen[c]);
}
