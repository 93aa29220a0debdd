/*
 * sweep.c: time passes: what fell due fires its alarm, what was suspended until now resumes.
 *
 * A batch reads the worklist unlocked, in the order of next_alarm_at, locks its tickets in the order of their numbers
 * (SKIP LOCKED: who is being written to is seen by its writer's log, or by the next sweep) and rereads.  Every level
 * fires at its own instant, however late the sweep, and once: next_alarm_at says which have been seen, the unique key
 * of liskeban.alarm sees to the rest.  A sweep of the present then sees to the alarms of the platform itself.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "alarm.h"
#include "identity.h"
#include "liskeban.h"
#include "maintain.h"
#include "outbox.h"
#include "sla.h"
#include "sweep.h"
#include "ticket_row.h"
#include "worklist.h"

PG_FUNCTION_INFO_V1(sweep);
PG_FUNCTION_INFO_V1(run_sweep);

#define SWEEP_BATCH 1000

/* Where a sweep stands: it pages by key, so that a ticket it could not lock does not hold it up. */
typedef struct SweepState
{
	TimestampTz as_of;
	TimestampTz last_at;
	int64		last_id;
	int64		fired;
	int64		seen;
} SweepState;

static TimestampTz
sweep_as_of(FunctionCallInfo fcinfo)
{
	TimestampTz now = liskeban_now();
	TimestampTz as_of = PG_ARGISNULL(0) ? now : PG_GETARG_TIMESTAMPTZ(0);

	if (as_of > now)
	{
		char	   *asked = pstrdup(timestamptz_to_str(as_of));

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot sweep a time that has not come"),
				 errdetail("as_of is %s, the platform's time is %s.", asked, timestamptz_to_str(now))));
	}
	return as_of;
}

/*
 * Resume a ticket whose suspension ended, at the instant it ended; returns the row as it is then.
 */
static void
resume(const TicketRow *row, TicketRow *resumed)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {row_datum(row, TC_TICKET_ID)};

	maintain_execute(MAINTAIN_AS_PLATFORM, NULL,
					 "UPDATE liskeban.ticket SET state = suspended_from, updated_at = suspend_until"
					 " WHERE ticket_id OPERATOR(pg_catalog.=) $1", 1, argtypes, values, NULL);
	ticket_lock(row_int64(row, TC_TICKET_ID), false, resumed);
}

/*
 * The same in a subtransaction: a ticket that cannot be resumed (somebody's trigger or constraint, a move that was taken
 * out of liskeban.transition) is left as it is, with a warning, and does not keep the others from being swept.
 */
static bool
try_resume(const TicketRow *row, TicketRow *resumed)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool done = false;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		resume(row, resumed);
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		done = true;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		switch (ERRCODE_TO_CATEGORY(error->sqlerrcode))
		{
				/* Not the ticket's doing: to be tried again, no room, cancelled, a fault. */
			case ERRCODE_TRANSACTION_ROLLBACK:
			case ERRCODE_INSUFFICIENT_RESOURCES:
			case ERRCODE_OPERATOR_INTERVENTION:
			case ERRCODE_SYSTEM_ERROR:
			case ERRCODE_INTERNAL_ERROR:
				ReThrowError(error);
		}
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("ticket " INT64_FORMAT " could not be resumed: %s", row_int64(row, TC_TICKET_ID), error->message),
				 error->detail ? errdetail("%s", error->detail) : 0));
		FreeErrorData(error);
	}
	PG_END_TRY();
	return done;
}

/* One locked ticket: what is due fires, and it is looked at again when the next is. */
static void
sweep_ticket(SweepState *state, const TicketRow *row, AlarmBuffer *alarms)
{
	TicketRow	resumed;
	WorklistWriter *worklist;
	bool		isnull;
	TimestampTz next;

	worklist = worklist_open();
	if (!worklist_next_alarm(worklist, row, &isnull, &next) || isnull || next > state->as_of)
	{
		worklist_close(worklist);
		return;
	}
	if (row_state(row) == STATE_SUSPENDED && !row_isnull(row, TC_SUSPEND_UNTIL) &&
		row_time(row, TC_SUSPEND_UNTIL) <= state->as_of)
	{
		worklist_close(worklist);
		/* The log of this event sees to what was due before it. */
		if (!try_resume(row, &resumed))
			return;
		row = &resumed;
		worklist = worklist_open();
		if (!worklist_next_alarm(worklist, row, &isnull, &next) || isnull || next > state->as_of)
		{
			worklist_close(worklist);
			return;
		}
	}
	alarm_collect(alarms, row, next, state->as_of);
	isnull = !sla_next_alarm(row, state->as_of + 1, &next);
	worklist_set_next_alarm(worklist, isnull, next);
	worklist_close(worklist);
}

/*
 * The next batch, as the owner; returns whether there may be more.
 */
static bool
sweep_batch(SweepState *state, int64 limit)
{
	Oid			page_types[4] = {TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, INT8OID};
	Datum		page[4] = {TimestampTzGetDatum(state->as_of), TimestampTzGetDatum(state->last_at),
	Int64GetDatum(state->last_id), Int64GetDatum(limit)};
	Oid			lock_types[1] = {INT8ARRAYOID};
	Datum		lock[1];
	Datum	   *ids;
	uint64		n;
	uint64		locked;
	SPITupleTable *rows;
	AlarmBuffer alarms;
	OwnerScope	scope;
	const TicketLayout *layout = ticket_layout();
	MemoryContext row_context;

	/* As a writer from the start, as ticket_lock() does. */
	LockRelationOid(platform_relid("ticket"), RowExclusiveLock);
	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute_with_args("SELECT ticket_id, next_alarm_at FROM liskeban.worklist"
							  " WHERE next_alarm_at OPERATOR(pg_catalog.<=) $1"
							  " AND (next_alarm_at, ticket_id) OPERATOR(pg_catalog.>) ($2, $3)"
							  " ORDER BY next_alarm_at, ticket_id LIMIT $4",
							  4, page_types, page, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.worklist");
	n = SPI_processed;
	ids = palloc(Max(n, 1) * sizeof(Datum));
	for (uint64 i = 0; i < n; i++)
	{
		bool		isnull;

		ids[i] = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull);
		state->last_id = DatumGetInt64(ids[i]);
		state->last_at = DatumGetTimestampTz(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2, &isnull));
	}
	if (n == 0)
	{
		SPI_finish();
		owner_leave(&scope);
		return false;
	}

	lock[0] = PointerGetDatum(construct_array(ids, (int) n, INT8OID, 8, true, TYPALIGN_DOUBLE));
	if (SPI_execute_with_args("SELECT t FROM liskeban.ticket AS t WHERE t.ticket_id OPERATOR(pg_catalog.=) ANY ($1)"
							  " ORDER BY t.ticket_id FOR UPDATE SKIP LOCKED",
							  1, lock_types, lock, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not lock tickets");
	rows = SPI_tuptable;
	locked = SPI_processed;
	alarm_begin(&alarms, liskeban_now());
	row_context = AllocSetContextCreate(CurrentMemoryContext, "liskeban sweep row", ALLOCSET_DEFAULT_SIZES);
	for (uint64 i = 0; i < locked; i++)
	{
		MemoryContext save = MemoryContextSwitchTo(row_context);
		TicketRow	row;
		bool		isnull;

		ticket_row_from_datum(&row, layout,
							  DatumGetHeapTupleHeader(SPI_getbinval(rows->vals[i], rows->tupdesc, 1, &isnull)));
		sweep_ticket(state, &row, &alarms);
		MemoryContextSwitchTo(save);
		MemoryContextReset(row_context);
	}
	state->fired += alarm_end(&alarms);
	state->seen += (int64) n;
	SPI_finish();
	owner_leave(&scope);
	return n == (uint64) limit;
}

static void
sweep_begin(SweepState *state, TimestampTz as_of)
{
	memset(state, 0, sizeof(*state));
	state->as_of = as_of;
	state->last_at = DT_NOBEGIN;
}

int64
sweep_until(TimestampTz as_of)
{
	SweepState	state;

	sweep_begin(&state, as_of);
	while (sweep_batch(&state, SWEEP_BATCH))
		CHECK_FOR_INTERRUPTS();
	return state.fired;
}

/*
 * The platform's own alarms, which know no other time than now.  Who finds another at it leaves it to him: a sweep waits
 * for nobody.
 */
static void
sweep_platform(const SweepState *state)
{
	OwnerScope	scope;

	if (state->as_of != liskeban_now())
		return;
	/* A platform of 0.1.0 has none of them until upgrade_platform(). */
	if (!OidIsValid(LookupFuncName(list_make2(makeString(LISKEBAN_SCHEMA), makeString("check_platform")), 0, NULL, true)))
		return;
	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute("SELECT liskeban.check_platform()"
					" WHERE pg_catalog.pg_try_advisory_xact_lock(x'4c4b6370'::pg_catalog.int4, 0)", false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not check the platform");
	SPI_finish();
	owner_leave(&scope);
}

/*
 * sweep(as_of timestamptz, max_tickets bigint) returns bigint: alarms fired, all in the caller's transaction.
 */
Datum
sweep(PG_FUNCTION_ARGS)
{
	SweepState	state;
	int64		left = PG_ARGISNULL(1) ? PG_INT64_MAX : PG_GETARG_INT64(1);

	if (left <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_tickets must be positive")));
	sweep_begin(&state, sweep_as_of(fcinfo));
	while (left > state.seen && sweep_batch(&state, Min(left - state.seen, SWEEP_BATCH)))
		CHECK_FOR_INTERRUPTS();
	sweep_platform(&state);
	outbox_notify();
	PG_RETURN_INT64(state.fired);
}

/*
 * run_sweep(as_of timestamptz): the same as a procedure that commits each batch, so that neither locks nor alarms wait
 * for the last.
 */
Datum
run_sweep(PG_FUNCTION_ARGS)
{
	CallContext *context = (CallContext *) fcinfo->context;
	bool		atomic = context == NULL || !IsA(context, CallContext) || context->atomic;
	SweepState	state;
	bool		more = true;

	sweep_begin(&state, sweep_as_of(fcinfo));
	SPI_connect_ext(atomic ? 0 : SPI_OPT_NONATOMIC);
	while (more)
	{
		PushActiveSnapshot(GetTransactionSnapshot());
		more = sweep_batch(&state, SWEEP_BATCH);
		PopActiveSnapshot();
		if (!atomic)
			SPI_commit();
		CHECK_FOR_INTERRUPTS();
	}
	PushActiveSnapshot(GetTransactionSnapshot());
	sweep_platform(&state);
	outbox_notify();
	PopActiveSnapshot();
	if (!atomic)
		SPI_commit();
	SPI_finish();
	PG_RETURN_VOID();
}
