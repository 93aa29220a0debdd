/*
 * worklist.c: the narrow row of an open ticket, kept in line with the ticket.
 *
 * Written straight through the table's indexes, as logical replication applies a change: there is nothing to plan, and
 * a plan made while the list was short would be a poor one later.  The ticket's row is locked before the worklist's,
 * so nobody else writes it meanwhile.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "nodes/makefuncs.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "escalation.h"
#include "liskeban.h"
#include "maintain.h"
#include "revert.h"
#include "sla.h"
#include "worklist.h"

#define WORKLIST_COPIED 12

/* Columns taken over from the ticket as they are. */
static const struct
{
	const char *name;
	TicketColumn column;
}			copied[WORKLIST_COPIED] = {
	{"ticket_id", TC_TICKET_ID},
	{"state", TC_STATE},
	{"tier", TC_TIER},
	{"responsible_area", TC_RESPONSIBLE_AREA},
	{"department", TC_DEPARTMENT},
	{"co_departments", TC_CO_DEPARTMENTS},
	{"priority", TC_PRIORITY},
	{"resolve_due", TC_RESOLVE_DUE},
	{"area", TC_AREA},
	{"received_at", TC_RECEIVED_AT},
	{"confidential", TC_CONFIDENTIAL},
	{"category", TC_CATEGORY},
};

struct WorklistWriter
{
	Relation	rel;
	Oid			pkey;
	EState	   *estate;
	ResultRelInfo *rri;
	EPQState	epq;
	TupleTableSlot *search;
	TupleTableSlot *found;
	TupleTableSlot *slot;
	AttrNumber	attnum[WORKLIST_COPIED];
	AttrNumber	next_alarm;
	int			own_alarm;		/* not positive: a platform of before 0.3.0, until upgrade_platform() */
	int			subject_alarm;	/* likewise */
	int			due;			/* likewise */
};

WorklistWriter *
worklist_open(void)
{
	WorklistWriter *w = palloc0(sizeof(WorklistWriter));
	TupleDesc	desc;
	RangeTblEntry *rte = makeNode(RangeTblEntry);

	w->rel = table_open(platform_relid("worklist"), RowExclusiveLock);
	desc = RelationGetDescr(w->rel);
	w->pkey = RelationGetPrimaryKeyIndex(w->rel);
	if (!OidIsValid(w->pkey))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table liskeban.worklist has no primary key")));
	for (int i = 0; i < WORKLIST_COPIED; i++)
		w->attnum[i] = SPI_fnumber(desc, copied[i].name);
	w->next_alarm = SPI_fnumber(desc, "next_alarm_at");
	w->own_alarm = SPI_fnumber(desc, "own_alarm_at");
	w->subject_alarm = SPI_fnumber(desc, "subject_alarm_at");
	w->due = SPI_fnumber(desc, "due");

	w->estate = CreateExecutorState();
	rte->rtekind = RTE_RELATION;
	rte->relid = RelationGetRelid(w->rel);
	rte->relkind = w->rel->rd_rel->relkind;
	rte->rellockmode = RowExclusiveLock;
	compat_init_range_table(w->estate, rte);
	w->estate->es_output_cid = GetCurrentCommandId(true);
	w->estate->es_snapshot = GetActiveSnapshot();
	w->rri = makeNode(ResultRelInfo);
	InitResultRelInfo(w->rri, w->rel, 1, NULL, 0);
	ExecOpenIndices(w->rri, false);
	compat_eval_plan_qual_init(&w->epq, w->estate);
	w->search = ExecInitExtraTupleSlot(w->estate, desc, &TTSOpsVirtual);
	w->found = table_slot_create(w->rel, &w->estate->es_tupleTable);
	w->slot = ExecInitExtraTupleSlot(w->estate, desc, &TTSOpsVirtual);
	AfterTriggerBeginQuery();
	return w;
}

void
worklist_close(WorklistWriter *w)
{
	AfterTriggerEndQuery(w->estate);
	EvalPlanQualEnd(&w->epq);
	ExecCloseIndices(w->rri);
	ExecResetTupleTable(w->estate->es_tupleTable, false);
	FreeExecutorState(w->estate);
	table_close(w->rel, NoLock);
	pfree(w);
}

/* The row there is, in w->found. */
static bool
find(WorklistWriter *w, int64 ticket_id)
{
	ExecClearTuple(w->search);
	memset(w->search->tts_isnull, true, w->search->tts_tupleDescriptor->natts);
	w->search->tts_values[w->attnum[0] - 1] = Int64GetDatum(ticket_id);
	w->search->tts_isnull[w->attnum[0] - 1] = false;
	ExecStoreVirtualTuple(w->search);
	return RelationFindReplTupleByIndex(w->rel, w->pkey, LockTupleExclusive, w->search, w->found);
}

static void
set_value(TupleTableSlot *slot, AttrNumber attnum, Datum value, bool isnull)
{
	slot->tts_values[attnum - 1] = value;
	slot->tts_isnull[attnum - 1] = isnull;
}

/* A time of w->slot; DT_NOEND where there is none. */
static TimestampTz
get_time(const WorklistWriter *w, int attnum)
{
	if (attnum <= 0 || w->slot->tts_isnull[attnum - 1])
		return DT_NOEND;
	return DatumGetTimestampTz(w->slot->tts_values[attnum - 1]);
}

static void
get_times(const WorklistWriter *w, WorklistTimes *times)
{
	TimestampTz next = get_time(w, w->next_alarm);

	times->subject = get_time(w, w->subject_alarm);
	times->own = get_time(w, w->own_alarm);
	/* Rows of before 0.3.0 know their own clocks only. */
	if (times->own == DT_NOEND && next < times->subject)
		times->own = next;
}

static void
set_times(WorklistWriter *w, const WorklistTimes *times)
{
	TimestampTz next = Min(times->own, times->subject);

	set_value(w->slot, w->next_alarm, TimestampTzGetDatum(next), next == DT_NOEND);
	if (w->own_alarm > 0)
		set_value(w->slot, w->own_alarm, TimestampTzGetDatum(times->own), times->own == DT_NOEND);
	if (w->subject_alarm > 0)
		set_value(w->slot, w->subject_alarm, TimestampTzGetDatum(times->subject), times->subject == DT_NOEND);
}

/*
 * The sweep is to act on the ticket at an instant that no level from now on reminds it of: the log may have fired the
 * alarm before the sweep came.  Not where the sweep has been there and found that it was not to.
 */
static bool
act_is_open(const TicketRow *old, const TicketRow *new, const WorklistTimes *before, TimestampTz *at)
{
	TimestampTz was;

	return escalation_acts_at(new, at) &&
		!(old != NULL && escalation_acts_at(old, &was) && was == *at && before->own > *at);
}

/* Does something begin that hangs on it and of which the worklist cannot know? */
static bool
look_at_subjects(const TicketRow *old, const TicketRow *new)
{
	/* Nothing hangs on a ticket yet whose history is just being loaded. */
	if (row_isnull(new, TC_TIER) || maintain_history())
		return false;
	if (old == NULL)
		return true;
	return row_enum(new, TC_TIER) > TIER_VILLAGE && !row_isnull(old, TC_TIER) && state_is_handled(row_state(new)) &&
		!state_is_handled(row_state(old));
}

/* Fill w->slot from the ticket; old is NULL where it was not open. */
static void
fill(WorklistWriter *w, const TicketRow *old, const TicketRow *new, TimestampTz now)
{
	WorklistTimes times;
	WorklistTimes before;
	TimestampTz passed;
	TimestampTz since = row_time(new, TC_UPDATED_AT);

	get_times(w, &before);
	times = before;
	/* Other rules also move levels of dues that stay: all since the last that really happened are looked at again. */
	if (old != NULL && maintain_action() != NULL && strcmp(maintain_action(), "recompute") == 0)
		since = row_time(old, TC_UPDATED_AT);
	if (old != NULL && maintain_active() && row_state(old) == STATE_SUSPENDED)
		since = sla_restart_at(old, true, since);
	/* A clock that a revert lets run again was watched by nobody since what it undid. */
	if (revert_active())
		since = Min(since, revert_since());
	if (!sla_next_alarm(new, Min(since, now), &times.own))
		times.own = DT_NOEND;
	if (old != NULL && sla_passed_at_once(old, new, now, &passed))
		times.own = Min(times.own, passed);
	if (act_is_open(old, new, &before, &passed))
		times.own = Min(times.own, passed);
	if (look_at_subjects(old, new))
		times.subject = Min(times.subject, row_time(new, TC_UPDATED_AT));

	for (int i = 0; i < WORKLIST_COPIED; i++)
		if (w->attnum[i] > 0)
			set_value(w->slot, w->attnum[i], row_datum(new, copied[i].column), row_isnull(new, copied[i].column));
	if (w->due > 0)
	{
		TicketColumn due = row_isnull(new, TC_RESOLVE_DUE) ? TC_PLAN_DUE : TC_RESOLVE_DUE;
		bool		stands = row_state(new) == STATE_SUSPENDED || row_state(new) == STATE_RESOLVED;

		set_value(w->slot, w->due, row_datum(new, due), stands || row_isnull(new, due));
	}
	set_times(w, &times);
}

static bool
same_row(const WorklistWriter *w)
{
	TupleDesc	desc = RelationGetDescr(w->rel);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (w->found->tts_isnull[i] != w->slot->tts_isnull[i])
			return false;
		if (!w->found->tts_isnull[i] &&
			!datum_image_eq(w->found->tts_values[i], w->slot->tts_values[i], att->attbyval, att->attlen))
			return false;
	}
	return true;
}

static void
copy_found(WorklistWriter *w)
{
	slot_getallattrs(w->found);
	ExecClearTuple(w->slot);
	memcpy(w->slot->tts_values, w->found->tts_values, w->slot->tts_tupleDescriptor->natts * sizeof(Datum));
	memcpy(w->slot->tts_isnull, w->found->tts_isnull, w->slot->tts_tupleDescriptor->natts * sizeof(bool));
}

static void
insert(WorklistWriter *w, const TicketRow *new, TimestampTz now)
{
	ExecClearTuple(w->slot);
	memset(w->slot->tts_isnull, true, w->slot->tts_tupleDescriptor->natts);
	fill(w, NULL, new, now);
	ExecStoreVirtualTuple(w->slot);
	ExecSimpleRelationInsert(w->rri, w->estate, w->slot);
}

bool
worklist_follow(WorklistWriter *w, const TicketRow *old, const TicketRow *new, TimestampTz now, AlarmBuffer *alarms)
{
	bool		is_open = !state_is_final(row_state(new));
	bool		passed = false;

	if (old != NULL && state_is_final(row_state(old)))
		old = NULL;
	ResetPerTupleExprContext(w->estate);
	if (!find(w, row_int64(new, TC_TICKET_ID)))
	{
		if (is_open)
			insert(w, new, now);
		return false;
	}
	copy_found(w);

	/* What fell due before this event and has not been seen yet is seen now, for afterwards it may not show. */
	if (alarms != NULL && old != NULL)
	{
		WorklistTimes times;

		get_times(w, &times);
		if (times.own < now)
			alarm_collect(alarms, old, times.own, now - 1);
		passed = Min(times.own, times.subject) < now;
	}
	if (!is_open)
	{
		ExecSimpleRelationDelete(w->rri, w->estate, &w->epq, w->found);
		return passed;
	}
	fill(w, old, new, now);
	ExecStoreVirtualTuple(w->slot);
	if (!same_row(w))
		ExecSimpleRelationUpdate(w->rri, w->estate, &w->epq, w->found, w->slot);
	return false;
}

bool
worklist_write(WorklistWriter *w, const TicketRow *old, const TicketRow *new, TimestampTz now, AlarmBuffer *alarms)
{
	bool		was_open = old != NULL && !state_is_final(row_state(old));
	bool		is_open = !state_is_final(row_state(new));

	if (!was_open && !is_open)
		return false;
	/* Its row may be still to come: a trigger of somebody's moves a ticket before its report is logged. */
	if (was_open)
		return worklist_follow(w, old, new, now, alarms);
	ResetPerTupleExprContext(w->estate);
	insert(w, new, now);
	return false;
}

bool
worklist_times(WorklistWriter *w, int64 ticket_id, WorklistTimes *times)
{
	ResetPerTupleExprContext(w->estate);
	if (!find(w, ticket_id))
		return false;
	copy_found(w);
	get_times(w, times);
	return true;
}

void
worklist_set_times(WorklistWriter *w, const WorklistTimes *times)
{
	set_times(w, times);
	ExecStoreVirtualTuple(w->slot);
	ExecSimpleRelationUpdate(w->rri, w->estate, &w->epq, w->found, w->slot);
}
