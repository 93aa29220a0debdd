/*
 * kpi.h: the history of one ticket as the figures see it.
 */
#ifndef LISKEBAN_KPI_H
#define LISKEBAN_KPI_H

#include "postgres.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "pgtime.h"
#include "utils/array.h"

#include "enum_label.h"
#include "lifecycle.h"
#include "ticket_row.h"

/* Labels of liskeban.ticket_state in the order of TicketState; the clocks run in the five states up to planned. */
extern EnumLabels kpi_states;

/* The columns that are followed through detail. */
typedef enum Field
{
	FIELD_AREA = 0,
	FIELD_ARRIVAL_PROOF,
	FIELD_CATEGORY,
	FIELD_CO_DEPARTMENTS,
	FIELD_DEPARTMENT,
	FIELD_DIFFICULTY,
	FIELD_DOMAIN,
	FIELD_HAS_REPORTER,
	FIELD_KIND,
	FIELD_LATE_ENTRY,
	FIELD_MERGED_INTO,
	FIELD_ON_SITE,
	FIELD_ON_SITE_AT,
	FIELD_PARENT_ID,
	FIELD_PLAN_DUE,
	FIELD_PROMISED_AT,
	FIELD_RESOLVE_DUE,
	FIELD_RESOLVE_DUE_ORIGINAL,
	FIELD_RESPOND_DUE,
	FIELD_RESPONSIBLE_AREA,
	FIELD_SATISFACTION,
	FIELD_SOLVED,
	FIELD_SOURCE,
	FIELD_TIER,
	FIELDS
} Field;

/* A value of one of them; text is a C string, texts an array of text. */
typedef struct Value
{
	bool		set;			/* false is NULL */
	union
	{
		int64		number;		/* time, bool, int */
		char	   *text;
		ArrayType  *texts;
	}			u;
} Value;

typedef struct Change
{
	Field		field;
	Value		value;
} Change;

typedef struct Event
{
	int32		seq;
	int32		run;
	int32		reverts;		/* seq that it undoes; 0 none */
	bool		moves;			/* the first event, or another state than before */
	TicketState to_state;
	Action		action;
	TimestampTz at;
	char	   *actor;
	int			nchanges;
	Change	   *changes;
} Event;

/* The aggregate's state, in its context. */
typedef struct History
{
	MemoryContext context;
	TimestampTz as_of;			/* of _ticket_facts */
	pg_tz	   *zone;			/* of _ticket_days */
	bool		sorted;
	int			nevents;
	int			room;
	Event	   *events;
} History;

/*
 * kpi_history.c: the transition step, whose arguments are (history internal, seq, run, at, from_state, to_state, action,
 * actor, detail); sorting by seq; whether a later event undid the nth.
 */
extern History *history_add(FunctionCallInfo fcinfo);
extern void history_sort(History *history);
extern bool history_reverted(const History *history, int n);

#endif							/* LISKEBAN_KPI_H */
