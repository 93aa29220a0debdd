/*
 * ticket_row.h: the columns of liskeban.ticket, declared once: what a client may write, what the platform keeps,
 * what history records.
 */
#ifndef LISKEBAN_TICKET_ROW_H
#define LISKEBAN_TICKET_ROW_H

#include "postgres.h"
#include "access/htup.h"
#include "access/tupdesc.h"
#include "lib/stringinfo.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"
#include "registry_cache.h"

/* Ordinals of the enums, in the order of sql/10_types.sql. */
typedef enum TicketState
{
	STATE_REPORTED = 0,
	STATE_ACCEPTED,
	STATE_DISPATCHED,
	STATE_ON_SITE,
	STATE_PLANNED,
	STATE_SUSPENDED,
	STATE_RESOLVED,
	STATE_CLOSED,
	STATE_REJECTED,
	STATE_WITHDRAWN,
	STATE_MERGED
} TicketState;
#define STATE_COUNT 11

typedef enum Difficulty
{
	DIFFICULTY_SIMPLE = 0,
	DIFFICULTY_GENERAL,
	DIFFICULTY_HARD
} Difficulty;
#define DIFFICULTY_COUNT 3

typedef enum Tier
{
	TIER_VILLAGE = 0,
	TIER_TOWN,
	TIER_DISTRICT,
	TIER_PRINCIPAL
} Tier;
#define TIER_COUNT 4

typedef enum Satisfaction
{
	SATISFACTION_SATISFIED = 0,
	SATISFACTION_NEUTRAL,
	SATISFACTION_DISSATISFIED,
	SATISFACTION_UNREACHABLE
} Satisfaction;

/* Which enum a column holds. */
typedef enum EnumKind
{
	ENUM_NONE = 0,
	ENUM_STATE,
	ENUM_KIND,
	ENUM_DIFFICULTY,
	ENUM_PLACEMENT,
	ENUM_TIER,
	ENUM_SATISFACTION,
	ENUM_KINDS
} EnumKind;
#define ENUM_MAX_LABELS 12

/*
 * Who writes a column.
 *	GIVEN   by the client on INSERT, never changed afterwards
 *	OPEN    by the client on INSERT and while the ticket is open
 *	LIFE    by the client in the UPDATE that moves the ticket
 *	KEPT    by the platform only (maintained)
 *	NOTE    the note of one statement
 */
typedef enum ColumnClass
{
	COLUMN_GIVEN,
	COLUMN_OPEN,
	COLUMN_LIFE,
	COLUMN_KEPT,
	COLUMN_NOTE
} ColumnClass;

/*
 * X(id, name, class, kind of enum, in detail).  Not in detail: free text, positions, and what the event's own columns
 * say.  The order is that of the detail's building, not of the table.
 */
#define TICKET_COLUMNS(X) \
	X(TICKET_ID, "ticket_id", COLUMN_KEPT, ENUM_NONE, false) \
	X(TICKET_NO, "ticket_no", COLUMN_KEPT, ENUM_NONE, false) \
	X(KIND, "kind", COLUMN_GIVEN, ENUM_KIND, true) \
	X(PARENT_ID, "parent_id", COLUMN_GIVEN, ENUM_NONE, true) \
	X(SOURCE, "source", COLUMN_GIVEN, ENUM_NONE, true) \
	X(EXTERNAL_ID, "external_id", COLUMN_GIVEN, ENUM_NONE, false) \
	X(CATEGORY, "category", COLUMN_OPEN, ENUM_NONE, true) \
	X(DIFFICULTY, "difficulty", COLUMN_OPEN, ENUM_DIFFICULTY, true) \
	X(PRIORITY, "priority", COLUMN_OPEN, ENUM_NONE, true) \
	X(CONFIDENTIAL, "confidential", COLUMN_OPEN, ENUM_NONE, true) \
	X(TITLE, "title", COLUMN_OPEN, ENUM_NONE, false) \
	X(DESCRIPTION, "description", COLUMN_OPEN, ENUM_NONE, false) \
	X(ADDRESS, "address", COLUMN_OPEN, ENUM_NONE, false) \
	X(GEOM, "geom", COLUMN_OPEN, ENUM_NONE, false) \
	X(EXTRA, "extra", COLUMN_OPEN, ENUM_NONE, false) \
	X(DISCOVERED_AT, "discovered_at", COLUMN_GIVEN, ENUM_NONE, false) \
	X(REPORTED_AT, "reported_at", COLUMN_GIVEN, ENUM_NONE, false) \
	X(RECEIVED_AT, "received_at", COLUMN_KEPT, ENUM_NONE, false) \
	X(STATE, "state", COLUMN_LIFE, ENUM_STATE, false) \
	X(RESPONSIBLE_AREA, "responsible_area", COLUMN_LIFE, ENUM_NONE, true) \
	X(DEPARTMENT, "department", COLUMN_LIFE, ENUM_NONE, true) \
	X(ON_SITE_AT, "on_site_at", COLUMN_LIFE, ENUM_NONE, true) \
	X(ARRIVED_GEOM, "arrived_geom", COLUMN_LIFE, ENUM_NONE, false) \
	X(ARRIVAL_PROOF, "arrival_proof", COLUMN_LIFE, ENUM_NONE, true) \
	X(PLAN, "plan", COLUMN_LIFE, ENUM_NONE, false) \
	X(PROMISED_AT, "promised_at", COLUMN_LIFE, ENUM_NONE, true) \
	X(RESOLUTION, "resolution", COLUMN_LIFE, ENUM_NONE, false) \
	X(REPLY, "reply", COLUMN_LIFE, ENUM_NONE, false) \
	X(SUSPEND_UNTIL, "suspend_until", COLUMN_LIFE, ENUM_NONE, true) \
	X(SATISFACTION, "satisfaction", COLUMN_LIFE, ENUM_SATISFACTION, true) \
	X(SOLVED, "solved", COLUMN_LIFE, ENUM_NONE, true) \
	X(CHECKED_BY, "checked_by", COLUMN_LIFE, ENUM_NONE, true) \
	X(REJECT_REASON, "reject_reason", COLUMN_LIFE, ENUM_NONE, true) \
	X(TRANSFERRED_TO, "transferred_to", COLUMN_LIFE, ENUM_NONE, true) \
	X(MERGED_INTO, "merged_into", COLUMN_LIFE, ENUM_NONE, true) \
	X(NOTE, "note", COLUMN_NOTE, ENUM_NONE, false) \
	X(AREA, "area", COLUMN_KEPT, ENUM_NONE, true) \
	X(PLACEMENT, "placement", COLUMN_KEPT, ENUM_PLACEMENT, true) \
	X(SUSPENDED_FROM, "suspended_from", COLUMN_KEPT, ENUM_STATE, true) \
	X(TIER, "tier", COLUMN_KEPT, ENUM_TIER, true) \
	X(DESIGNATED, "designated", COLUMN_KEPT, ENUM_NONE, true) \
	X(RUN, "run", COLUMN_KEPT, ENUM_NONE, false) \
	X(ACCEPT_DUE, "accept_due", COLUMN_KEPT, ENUM_NONE, true) \
	X(DISPATCH_DUE, "dispatch_due", COLUMN_KEPT, ENUM_NONE, true) \
	X(RESPOND_DUE, "respond_due", COLUMN_KEPT, ENUM_NONE, true) \
	X(PLAN_DUE, "plan_due", COLUMN_KEPT, ENUM_NONE, true) \
	X(RESOLVE_DUE, "resolve_due", COLUMN_KEPT, ENUM_NONE, true) \
	X(RESOLVE_DUE_ORIGINAL, "resolve_due_original", COLUMN_KEPT, ENUM_NONE, true) \
	X(RESOLVE_GIVEN, "resolve_given", COLUMN_KEPT, ENUM_NONE, true) \
	X(RESOLVE_RESETS, "resolve_resets", COLUMN_KEPT, ENUM_NONE, true) \
	X(FEEDBACK_DUE, "feedback_due", COLUMN_KEPT, ENUM_NONE, true) \
	X(CLOCKS_STOPPED_AT, "clocks_stopped_at", COLUMN_KEPT, ENUM_NONE, true) \
	X(DISPATCHED_AT, "dispatched_at", COLUMN_KEPT, ENUM_NONE, true) \
	X(CONTACTED_AT, "contacted_at", COLUMN_KEPT, ENUM_NONE, true) \
	X(LATE_ENTRY, "late_entry", COLUMN_KEPT, ENUM_NONE, true) \
	X(RESOLVED_AT, "resolved_at", COLUMN_KEPT, ENUM_NONE, true) \
	X(RESOLVED_BY, "resolved_by", COLUMN_KEPT, ENUM_NONE, true) \
	X(CLOSED_AT, "closed_at", COLUMN_KEPT, ENUM_NONE, true) \
	X(REWORK_COUNT, "rework_count", COLUMN_KEPT, ENUM_NONE, true) \
	X(REOPEN_COUNT, "reopen_count", COLUMN_KEPT, ENUM_NONE, true) \
	X(RETURN_COUNT, "return_count", COLUMN_KEPT, ENUM_NONE, true) \
	X(EMERGENCY, "emergency", COLUMN_KEPT, ENUM_NONE, true) \
	X(CO_DEPARTMENTS, "co_departments", COLUMN_KEPT, ENUM_NONE, true) \
	X(HAS_REPORTER, "has_reporter", COLUMN_KEPT, ENUM_NONE, true) \
	X(LAST_SEQ, "last_seq", COLUMN_KEPT, ENUM_NONE, false) \
	X(UPDATED_AT, "updated_at", COLUMN_KEPT, ENUM_NONE, false)

typedef enum TicketColumn
{
#define X(id, name, class, enumkind, detail) TC_##id,
	TICKET_COLUMNS(X)
#undef X
	TC_COUNT
} TicketColumn;

typedef struct TicketColumnInfo
{
	const char *name;
	ColumnClass class;
	EnumKind	enumkind;
	bool		in_detail;
} TicketColumnInfo;

extern const TicketColumnInfo ticket_columns[TC_COUNT];
extern const char *const state_labels[STATE_COUNT];
extern const char *const tier_labels[TIER_COUNT];

/* Where the columns stand in the table as it is today: found by name, so that a DBA may add columns. */
typedef struct TicketLayout
{
	int			natts;
	AttrNumber	attnum[TC_COUNT];
	Oid			atttype[TC_COUNT];
	int16		attlen[TC_COUNT];
	bool		attbyval[TC_COUNT];
	int			enum_count[ENUM_KINDS];
	Oid			enum_oid[ENUM_KINDS][ENUM_MAX_LABELS];
	Oid			ticket_sequence;
	Oid			event_sequence;
} TicketLayout;

extern const TicketLayout *ticket_layout(void);
extern int	ticket_enum_ordinal(const TicketLayout *layout, EnumKind kind, Oid value);
extern int	ticket_enum_by_label(EnumKind kind, const char *label);
extern const char *ticket_enum_label(const TicketLayout *layout, EnumKind kind, Oid value);

/* A ticket, taken apart: our columns in our order over arrays in the table's order. */
typedef struct TicketRow
{
	const TicketLayout *layout;
	Datum	   *values;
	bool	   *nulls;
} TicketRow;

extern void ticket_row_from_tuple(TicketRow *row, const TicketLayout *layout, HeapTuple tuple, TupleDesc desc);
extern void ticket_row_from_datum(TicketRow *row, const TicketLayout *layout, HeapTupleHeader header);

#define row_attno(row, c) ((row)->layout->attnum[c] - 1)
#define row_isnull(row, c) ((row)->nulls[row_attno(row, c)])
#define row_datum(row, c) ((row)->values[row_attno(row, c)])
#define row_int64(row, c) DatumGetInt64(row_datum(row, c))
#define row_int32(row, c) DatumGetInt32(row_datum(row, c))
#define row_bool(row, c) (!row_isnull(row, c) && DatumGetBool(row_datum(row, c)))
#define row_time(row, c) DatumGetTimestampTz(row_datum(row, c))
#define row_area(row, c) DatumGetAreaCode(row_datum(row, c))
#define row_enum(row, c) \
	ticket_enum_ordinal((row)->layout, ticket_columns[c].enumkind, DatumGetObjectId(row_datum(row, c)))
#define row_state(row) ((TicketState) row_enum(row, TC_STATE))

static inline void
row_set(TicketRow *row, TicketColumn c, Datum value)
{
	row_datum(row, c) = value;
	row_isnull(row, c) = false;
}

static inline void
row_set_null(TicketRow *row, TicketColumn c)
{
	row_datum(row, c) = (Datum) 0;
	row_isnull(row, c) = true;
}

static inline void
row_set_enum(TicketRow *row, TicketColumn c, int ordinal)
{
	row_set(row, c, ObjectIdGetDatum(row->layout->enum_oid[ticket_columns[c].enumkind][ordinal]));
}

/*
 * Lock a ticket by key with the caller's rights and take it apart; 22004 for a NULL id, P0002 when it is not there or
 * not visible.  The row lives in the caller's memory context.
 */
extern void ticket_lock(int64 ticket_id, bool isnull, TicketRow *row);

/* Read it as the owner, and lock it where asked to; false when there is none. */
extern bool ticket_read(int64 ticket_id, bool lock, TicketRow *row);

extern void row_set_text(TicketRow *row, TicketColumn c, const char *value);
extern bool row_changed(const TicketRow *old, const TicketRow *new, TicketColumn c);
extern bool row_has_text(const TicketRow *row, TicketColumn c); /* not NULL and not empty */
extern bool row_text_is(const TicketRow *row, TicketColumn c, const char *value);

static inline bool
state_is_final(TicketState s)
{
	return s == STATE_CLOSED || s == STATE_REJECTED || s == STATE_WITHDRAWN || s == STATE_MERGED;
}

/*
 * ticket_detail.c: {column: [old, new]} of what changed; old NULL for the first event.  NULL when nothing did; else
 * its text, as jsonb prints it, is appended to text.
 */
extern Jsonb *ticket_detail(const TicketRow *old, const TicketRow *new, StringInfo text);

#endif							/* LISKEBAN_TICKET_ROW_H */
