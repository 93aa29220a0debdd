/*
 * sweep.c: time passes: what fell due fires its alarm, and what has to follow at that instant follows.
 *
 * A batch reads the worklist unlocked, in the order of next_alarm_at, locks its tickets in the order of their numbers
 * (SKIP LOCKED: who is being written to is seen by its writer's log, or by the next sweep) and rereads.  Every level
 * fires at its own instant, however late the sweep, and once: the worklist says which of the ticket's own have been seen,
 * alarm itself which of those of its whistles, parties, supervisions and progress, and its unique key sees to the rest.
 *
 * At some instants the sweep also acts: a suspension ends, a ticket climbs, progress was missed, nobody could be reached.
 * What comes after such an instant depends on it, so a batch goes in rounds: each fires a ticket's levels up to its next
 * act, and acts once there is nothing left to fire before it.  One sweep after a month thus does what one each minute
 * would have done.  A sweep then sees to directives, and one of the present to the alarms of the platform itself.
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
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "alarm.h"
#include "emergency.h"
#include "escalation.h"
#include "liskeban.h"
#include "outbox.h"
#include "sla.h"
#include "sweep.h"
#include "sweep_act.h"

PG_FUNCTION_INFO_V1(sweep);
PG_FUNCTION_INFO_V1(run_sweep);

#define SWEEP_BATCH 1000
#define SWEEP_ROUNDS 10000

#define PAGE_QUERY(more) \
	"SELECT ticket_id, next_alarm_at" more " FROM liskeban.worklist" \
	" WHERE next_alarm_at OPERATOR(pg_catalog.<=) $1" \
	" AND (next_alarm_at, ticket_id) OPERATOR(pg_catalog.>) ($2, $3)" \
	" ORDER BY next_alarm_at, ticket_id LIMIT $4"

/* Where a sweep stands: it pages by key, so that a ticket it could not lock does not hold it up. */
typedef struct SweepState
{
	TimestampTz as_of;
	TimestampTz last_at;
	int64		last_id;
	int64		fired;
	int64		seen;
	bool		ladder;			/* is there anything that hangs on a ticket? */
} SweepState;

static bool sweeping = false;

bool
sweep_active(void)
{
	return sweeping;
}

static int
compare_ids(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return x < y ? -1 : x > y;
}

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

/* ---- rounds ---- */

/*
 * One ticket's part in a round: what is due up to its next act fires, and the worklist says when it is looked at next.
 * Its act stands only where nothing was left to fire before it.
 */
static void
sweep_ticket(const SweepState *state, SweepTicket *ticket, const SubjectClocks *subjects, bool subjects_known,
			 WorklistWriter *worklist, AlarmBuffer *alarms)
{
	const TicketRow *row = &ticket->row;
	WorklistTimes times;
	WorklistTimes before;
	SubjectClock *clocks = NULL;
	int			nclocks = 0;
	int64		gathered = alarms->nrows;
	TimestampTz until;
	TimestampTz at;

	ticket->act = ACT_NONE;
	ticket->active = false;
	if (!worklist_times(worklist, ticket->ticket_id, &times) || Min(times.own, times.subject) > state->as_of)
		return;
	if (!subjects_known && times.subject <= state->as_of)
	{
		/* Nothing is known of them yet: in the next round. */
		ticket->active = true;
		return;
	}
	if (subjects_known)
		clocks = subject_find(subjects, ticket->ticket_id, &nclocks);
	before = times;
	sweep_choose_act(ticket, &times, clocks, nclocks, state->as_of);
	until = ticket->act == ACT_NONE ? state->as_of : ticket->act_at;

	if (Max(times.own, ticket->seen_until) <= until)
		alarm_collect(alarms, row, Max(times.own, ticket->seen_until), until);
	ticket->seen_until = until + 1;
	if (!sla_next_alarm(row, until + 1, &times.own))
		times.own = DT_NOEND;
	/* What is still to be done by its own clocks is not lost when the act fails, or another comes first. */
	if (ticket->may_act && escalation_acts_at(row, &at) && before.own <= at)
		times.own = Min(times.own, at);
	if (subjects_known)
		(void) subject_collect(clocks, nclocks, alarms, until, &times.subject);
	if (times.own != before.own || times.subject != before.subject)
		worklist_set_times(worklist, &times);

	ticket->active = ticket->act != ACT_NONE || alarms->nrows > gathered;
	if (alarms->nrows > gathered)
		ticket->act = ACT_NONE;
}

/*
 * Read those of the batch again with which the next round goes on; the others are done.  Returns how many there are.
 */
static int
read_again(const SweepState *state, SweepTicket *tickets, int n)
{
	Oid			argtypes[2] = {INT8ARRAYOID, TIMESTAMPTZOID};
	Datum		values[2];
	SweepTicket **going_on = palloc(Max(n, 1) * sizeof(SweepTicket *));
	const TicketLayout *layout = ticket_layout();
	int			k = 0;

	for (int i = 0; i < n; i++)
	{
		if (tickets[i].active && !tickets[i].stuck)
			going_on[k++] = &tickets[i];
		tickets[i].active = false;
	}
	if (k == 0)
		return 0;
	values[0] = sweep_ids(going_on, k);
	values[1] = TimestampTzGetDatum(state->as_of);
	if (SPI_execute_with_args("SELECT t, t.ticket_id FROM liskeban.worklist AS w JOIN liskeban.ticket AS t"
							  " ON t.ticket_id = w.ticket_id"
							  " WHERE w.ticket_id = ANY ($1) AND w.next_alarm_at <= $2 ORDER BY t.ticket_id",
							  2, argtypes, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read tickets again");
	k = 0;
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tup = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		int64		id = DatumGetInt64(SPI_getbinval(tup, desc, 2, &isnull));

		while (going_on[k]->ticket_id != id)
			k++;
		going_on[k]->active = true;
		ticket_row_from_datum(&going_on[k]->row, layout, DatumGetHeapTupleHeader(SPI_getbinval(tup, desc, 1, &isnull)));
	}
	return (int) SPI_processed;
}

/* The clocks of what hangs on the tickets that a round is about: in the first, where something is known to. */
static void
load_subjects(SubjectClocks *subjects, SweepTicket *tickets, int n, bool first)
{
	SweepTicket **chosen = palloc(Max(n, 1) * sizeof(SweepTicket *));
	int			k = 0;

	subjects->n = 0;
	subjects->clocks = NULL;
	for (int i = 0; i < n; i++)
		if (tickets[i].active && (!first || tickets[i].hinted))
			chosen[k++] = &tickets[i];
	if (k > 0)
		subject_load(subjects, sweep_ids(chosen, k));
	pfree(chosen);
}

/* All rounds of a batch of locked tickets. */
static void
sweep_rounds(SweepState *state, SweepTicket *tickets, int n)
{
	SubjectClocks subjects = {0};
	AlarmBuffer alarms;
	bool		acting;

	for (int round = 1;; round++)
	{
		WorklistWriter *worklist;
		int			going_on;

		if (state->ladder)
		{
			sweep_see_who_may_act(tickets, n, state->as_of);
			load_subjects(&subjects, tickets, n, round == 1);
		}
		alarm_begin(&alarms, liskeban_now());
		worklist = worklist_open();
		for (int i = 0; i < n; i++)
			if (tickets[i].active)
				sweep_ticket(state, &tickets[i], &subjects, state->ladder && (round > 1 || tickets[i].hinted), worklist,
							 &alarms);
		worklist_close(worklist);
		state->fired += alarm_end(&alarms);

		acting = false;
		for (int i = 0; i < n; i++)
			acting = acting || (tickets[i].active && tickets[i].act != ACT_NONE);
		if (acting)
			sweep_do_acts(tickets, n);
		going_on = read_again(state, tickets, n);
		if (going_on == 0)
			break;
		if (round == SWEEP_ROUNDS)
		{
			/* Somebody's trigger undoes what is done, or terms are but instants: what is left is left to the next. */
			ereport(WARNING,
					(errmsg("%d tickets are not done after %d rounds of the sweep", going_on, round)));
			break;
		}
		CHECK_FOR_INTERRUPTS();
	}
}

/* So that sweep_active() says so, and says no longer whatever happens. */
static void
at_work(SweepState *state, SweepTicket *tickets, int n)
{
	bool		was_sweeping = sweeping;

	PG_TRY();
	{
		sweeping = true;
		sweep_rounds(state, tickets, n);
	}
	PG_FINALLY();
	{
		sweeping = was_sweeping;
	}
	PG_END_TRY();
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
	int64	   *hints;
	int			nhints = 0;
	uint64		n;
	uint64		locked;
	SweepTicket *tickets;
	OwnerScope	scope;
	const TicketLayout *layout = ticket_layout();

	/* As a writer from the start, as ticket_lock() does. */
	LockRelationOid(platform_relid("ticket"), RowExclusiveLock);
	owner_enter(&scope);
	SPI_connect();
	/* A platform of an earlier version has no ladder until upgrade_platform(). */
	state->ladder = platform_has("subject_clock");
	if (SPI_execute_with_args(state->ladder ? PAGE_QUERY(", subject_alarm_at <= $1") : PAGE_QUERY(""),
							  4, page_types, page, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.worklist");
	n = SPI_processed;
	if (n == 0)
	{
		SPI_finish();
		owner_leave(&scope);
		return false;
	}
	ids = palloc(n * sizeof(Datum));
	hints = palloc(n * sizeof(int64));
	for (uint64 i = 0; i < n; i++)
	{
		HeapTuple	tup = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;

		ids[i] = SPI_getbinval(tup, desc, 1, &isnull);
		state->last_id = DatumGetInt64(ids[i]);
		state->last_at = DatumGetTimestampTz(SPI_getbinval(tup, desc, 2, &isnull));
		if (state->ladder && DatumGetBool(SPI_getbinval(tup, desc, 3, &isnull)) && !isnull)
			hints[nhints++] = state->last_id;
	}

	lock[0] = PointerGetDatum(construct_array(ids, (int) n, INT8OID, 8, true, TYPALIGN_DOUBLE));
	if (SPI_execute_with_args("SELECT t FROM liskeban.ticket AS t WHERE t.ticket_id OPERATOR(pg_catalog.=) ANY ($1)"
							  " ORDER BY t.ticket_id FOR UPDATE SKIP LOCKED",
							  1, lock_types, lock, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not lock tickets");
	locked = SPI_processed;
	tickets = palloc0(Max(locked, 1) * sizeof(SweepTicket));
	qsort(hints, nhints, sizeof(int64), compare_ids);
	for (uint64 i = 0; i < locked; i++)
	{
		SweepTicket *t = &tickets[i];
		bool		isnull;

		ticket_row_from_datum(&t->row, layout,
							  DatumGetHeapTupleHeader(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull)));
		t->ticket_id = row_int64(&t->row, TC_TICKET_ID);
		t->active = true;
		t->seen_until = DT_NOBEGIN;
		t->hinted = nhints > 0 && bsearch(&t->ticket_id, hints, nhints, sizeof(int64), compare_ids) != NULL;
	}
	at_work(state, tickets, (int) locked);
	state->seen += (int64) n;
	SPI_finish();
	owner_leave(&scope);
	return n == (uint64) limit;
}

/* Directives hang on no ticket.  Who finds another at them leaves them to him: a sweep waits for nobody. */
static void
sweep_directives(SweepState *state)
{
	SubjectClocks list;
	AlarmBuffer alarms;
	TimestampTz next;
	OwnerScope	scope;

	if (!platform_has("subject_clock"))
		return;
	owner_enter(&scope);
	SPI_connect();
	if (SPI_execute("SELECT WHERE pg_catalog.pg_try_advisory_xact_lock(x'4c4b6470'::pg_catalog.int4, 0)",
					false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not lock the directives");
	if (SPI_processed == 1)
	{
		subject_load_directives(&list);
		alarm_begin(&alarms, liskeban_now());
		(void) subject_collect(list.clocks, list.n, &alarms, state->as_of, &next);
		state->fired += alarm_end(&alarms);
	}
	SPI_finish();
	owner_leave(&scope);
}

static void
sweep_begin(SweepState *state, TimestampTz as_of)
{
	memset(state, 0, sizeof(*state));
	state->as_of = as_of;
	state->last_at = DT_NOBEGIN;
}

/* All tickets up to a time, within another sweep. */
static void
sweep_tickets_to(TimestampTz as_of, void *arg)
{
	SweepState	inner;

	sweep_begin(&inner, as_of);
	while (sweep_batch(&inner, SWEEP_BATCH))
		CHECK_FOR_INTERRUPTS();
	((SweepState *) arg)->fired += inner.fired;
}

/* An emergency that begins changes what is due: what was due before it comes first. */
static void
sweep_emergencies(SweepState *state)
{
	bool		was_sweeping = sweeping;

	PG_TRY();
	{
		sweeping = true;
		emergency_sweep(state->as_of, sweep_tickets_to, state);
	}
	PG_FINALLY();
	{
		sweeping = was_sweeping;
	}
	PG_END_TRY();
}

int64
sweep_until(TimestampTz as_of)
{
	SweepState	state;

	sweep_begin(&state, as_of);
	sweep_emergencies(&state);
	while (sweep_batch(&state, SWEEP_BATCH))
		CHECK_FOR_INTERRUPTS();
	sweep_directives(&state);
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
	sweep_emergencies(&state);
	while (left > state.seen && sweep_batch(&state, Min(left - state.seen, SWEEP_BATCH)))
		CHECK_FOR_INTERRUPTS();
	sweep_directives(&state);
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
	PushActiveSnapshot(GetTransactionSnapshot());
	sweep_emergencies(&state);
	PopActiveSnapshot();
	if (!atomic)
		SPI_commit();
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
	sweep_directives(&state);
	sweep_platform(&state);
	outbox_notify();
	PopActiveSnapshot();
	if (!atomic)
		SPI_commit();
	SPI_finish();
	PG_RETURN_VOID();
}
