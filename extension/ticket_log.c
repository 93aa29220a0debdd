/*
 * ticket_log.c: the AFTER triggers of liskeban.ticket: history, worklist and overdue alarms, once a statement.
 *
 *   CREATE TRIGGER log_insert AFTER INSERT ON liskeban.ticket REFERENCING NEW TABLE AS new_rows
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.ticket_log();
 *   CREATE TRIGGER log_update AFTER UPDATE ON liskeban.ticket REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.ticket_log();
 *
 * The guard has already counted last_seq up and stamped updated_at where there is something to tell; the log reads
 * both, draws event_id and appends the events of the statement in sets.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

#include "consequence.h"
#include "event_hash.h"
#include "feedback.h"
#include "identity.h"
#include "lifecycle.h"
#include "liskeban.h"
#include "maintain.h"
#include "outbox.h"
#include "plan.h"
#include "subject.h"
#include "sweep.h"
#include "ticket_change.h"
#include "ticket_row.h"
#include "worklist.h"

PG_FUNCTION_INFO_V1(ticket_log);

#define EVENT_COLUMNS 15

/* Events are appended in sets of so many, which are still in the processor's cache when they are. */
#define EVENTS_AT_ONCE 1000

static SPIPlanPtr insert_plan = NULL;

/* Logs begun in this backend, and how many there had been when the guard let a row pass last. */
static uint64 logs_begun = 0;
static uint64 logs_at_guard = 0;

/* What a statement's events share. */
typedef struct LogRun
{
	const TicketLayout *layout;
	const Actor *actor;
	TimestampTz recorded_at;
	EventHasher hasher;
	StringInfoData detail_text;
	Tuplestorestate *events;
	TupleDesc	event_desc;
	int64		nevents;
	ConsequenceBuffer moves;
	OutboxBuffer outbox;
	FeedbackBuffer answers;
	List	   *gone;			/* of GoneTicket */
} LogRun;

/* What the tickets of a history went through, gathered while the guard plays it; NULL outside a load. */
static LogRun *past = NULL;

/* A ticket that left the worklist with levels unseen. */
typedef struct GoneTicket
{
	int64		ticket_id;
	TimestampTz at;
} GoneTicket;

static TupleDesc
make_event_desc(const TicketLayout *layout)
{
	TupleDesc	desc = CreateTemplateTupleDesc(EVENT_COLUMNS);
	Oid			state = layout->atttype[TC_STATE];

	TupleDescInitEntry(desc, 1, "event_id", INT8OID, -1, 0);
	TupleDescInitEntry(desc, 2, "ticket_id", INT8OID, -1, 0);
	TupleDescInitEntry(desc, 3, "seq", INT4OID, -1, 0);
	TupleDescInitEntry(desc, 4, "run", INT4OID, -1, 0);
	TupleDescInitEntry(desc, 5, "at", TIMESTAMPTZOID, -1, 0);
	TupleDescInitEntry(desc, 6, "recorded_at", TIMESTAMPTZOID, -1, 0);
	TupleDescInitEntry(desc, 7, "action", TEXTOID, -1, 0);
	TupleDescInitEntry(desc, 8, "from_state", state, -1, 0);
	TupleDescInitEntry(desc, 9, "to_state", state, -1, 0);
	TupleDescInitEntry(desc, 10, "actor", TEXTOID, -1, 0);
	TupleDescInitEntry(desc, 11, "login", TEXTOID, -1, 0);
	TupleDescInitEntry(desc, 12, "note", TEXTOID, -1, 0);
	TupleDescInitEntry(desc, 13, "note_digest", BYTEAOID, -1, 0);
	TupleDescInitEntry(desc, 14, "detail", JSONBOID, -1, 0);
	TupleDescInitEntry(desc, 15, "hash", BYTEAOID, -1, 0);
	return desc;
}

static Datum
digest_datum(const uint8 *digest)
{
	bytea	   *b = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	SET_VARSIZE(b, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	memcpy(VARDATA(b), digest, PG_SHA256_DIGEST_LENGTH);
	return PointerGetDatum(b);
}

/* What history calls the change: a move, a step of the platform's own, else an amendment or a mere note. */
static const char *
event_action(const TicketRow *old, const TicketRow *new, const Jsonb *detail)
{
	const char *move;

	if (old == NULL)
		return "report";
	move = lifecycle_move_name(old, new);
	if (move != NULL)
		return move;
	if (maintain_action() != NULL)
		return maintain_action();
	return detail != NULL ? "amend" : "note";
}

/* Write one event down; nothing where the guard saw nothing to tell. */
static void
log_event(LogRun *run, const TicketRow *old, const TicketRow *new)
{
	EventFields event;
	Datum		values[EVENT_COLUMNS];
	bool		nulls[EVENT_COLUMNS] = {false};
	uint8		note_digest[PG_SHA256_DIGEST_LENGTH];
	uint8		hash[PG_SHA256_DIGEST_LENGTH];

	if (old != NULL && row_int32(old, TC_LAST_SEQ) == row_int32(new, TC_LAST_SEQ))
		return;

	/*
	 * Whoever draws an event_id has a transaction id by then, on which watermark.c rests.  Writing the ticket has given
	 * one already; it is asked for once more so that the order is to be seen here.
	 */
	(void) GetTopTransactionId();
	event.event_id = nextval_internal(run->layout->event_sequence, false);
	event.ticket_id = row_int64(new, TC_TICKET_ID);
	event.seq = row_int32(new, TC_LAST_SEQ);
	event.run = row_int32(new, TC_RUN);
	event.at = row_time(new, TC_UPDATED_AT);
	event.recorded_at = run->recorded_at;
	resetStringInfo(&run->detail_text);
	event.detail = ticket_detail(old, new, &run->detail_text);
	event.detail_text = &run->detail_text;
	event.action = event_action(old, new, event.detail);
	event.from_state = old ? state_labels[row_state(old)] : NULL;
	event.to_state = state_labels[row_state(new)];
	event.actor = run->actor->name;
	event.login = run->actor->login;
	event.note_digest = NULL;

	nulls[11] = nulls[12] = true;
	if (row_has_text(new, TC_NOTE))
	{
		text	   *note = DatumGetTextPP(row_datum(new, TC_NOTE));

		event_digest(&run->hasher, VARDATA_ANY(note), VARSIZE_ANY_EXHDR(note), note_digest);
		event.note_digest = note_digest;
		values[11] = PointerGetDatum(note);
		values[12] = digest_datum(note_digest);
		nulls[11] = nulls[12] = false;
	}
	event_hash(&run->hasher, &event, hash);

	values[0] = Int64GetDatum(event.event_id);
	values[1] = Int64GetDatum(event.ticket_id);
	values[2] = Int32GetDatum(event.seq);
	values[3] = Int32GetDatum(event.run);
	values[4] = TimestampTzGetDatum(event.at);
	values[5] = TimestampTzGetDatum(event.recorded_at);
	values[6] = CStringGetTextDatum(event.action);
	values[7] = old ? row_datum(old, TC_STATE) : (Datum) 0;
	nulls[7] = old == NULL;
	values[8] = row_datum(new, TC_STATE);
	values[9] = CStringGetTextDatum(event.actor);
	values[10] = CStringGetTextDatum(event.login);
	values[13] = PointerGetDatum(event.detail);
	nulls[13] = event.detail == NULL;
	values[14] = digest_datum(hash);
	tuplestore_putvalues(run->events, run->event_desc, values, nulls);
	run->nevents++;
	if (old != NULL)
		feedback_add(&run->answers, old, new);
	if (old == NULL || maintain_history())
		return;
	if (row_state(old) == STATE_PLANNED && row_state(new) != STATE_PLANNED && !sweep_active())
		plan_catch_up(event.ticket_id, event.at);
	consequence_add(&run->moves, old, new, lifecycle_move_name(old, new));
}

/* Append the events that were gathered. */
static void
insert_events(LogRun *run)
{
	if (run->nevents == 0)
		return;
	(void) maintain_append_rows(&insert_plan,
								"INSERT INTO liskeban.ticket_event (event_id, ticket_id, seq, run, at, recorded_at,"
								" action, from_state, to_state, actor, login, note, note_digest, detail, hash)"
								" OVERRIDING SYSTEM VALUE SELECT event_id, ticket_id, seq, run, at, recorded_at,"
								" action, from_state, to_state, actor, login, note, note_digest, detail, hash"
								" FROM log_rows",
								"log_rows", run->event_desc, run->events, run->nevents);
	tuplestore_clear(run->events);
	run->nevents = 0;
}

/* Note that what hangs on the ticket is still to be settled; in the statement's memory context. */
static void
add_gone(LogRun *run, const TicketRow *row)
{
	GoneTicket *gone = palloc(sizeof(GoneTicket));

	gone->ticket_id = row_int64(row, TC_TICKET_ID);
	gone->at = row_time(row, TC_UPDATED_AT);
	run->gone = lappend(run->gone, gone);
}

/*
 * What hangs on a ticket that is over fires up to that instant, also what only the alarms just written made: no sweep
 * will come by any more.  One that a sweep ends has had all of it.
 */
static void
settle_gone(const LogRun *run)
{
	ListCell   *lc;

	if (sweep_active())
		return;
	foreach(lc, run->gone)
	{
		const GoneTicket *gone = lfirst(lc);

		subject_settle_gone(gone->ticket_id, gone->at);
	}
}

/* The next row of a transition table, taken apart in place; false at its end. */
static bool
next_row(Tuplestorestate *store, int pointer, TupleTableSlot *slot, TicketRow *row)
{
	tuplestore_select_read_pointer(store, pointer);
	if (!tuplestore_gettupleslot(store, true, false, slot))
		return false;
	slot_getallattrs(slot);
	row->values = slot->tts_values;
	row->nulls = slot->tts_isnull;
	return true;
}

/* ---- histories ---- */

void
ticket_log_begin_past(void)
{
	LogRun	   *run = palloc0(sizeof(LogRun));

	run->layout = ticket_layout();
	run->actor = identity_actor();
	run->recorded_at = liskeban_now();
	event_hasher_init(&run->hasher);
	initStringInfo(&run->detail_text);
	feedback_begin(&run->answers);
	run->events = tuplestore_begin_heap(false, false, work_mem);
	run->event_desc = make_event_desc(run->layout);
	past = run;
}

void
ticket_log_past(const TicketRow *old, const TicketRow *new)
{
	log_event(past, old, new);
}

/* The tickets are in; their events follow. */
static void
insert_past(void)
{
	insert_events(past);
	feedback_end(&past->answers);
}

void
ticket_log_end_past(void)
{
	LogRun	   *run = past;

	if (run == NULL)
		return;
	past = NULL;
	event_hasher_free(&run->hasher);
	pfree(run->detail_text.data);
	tuplestore_end(run->events);
	pfree(run);
}

/* ---- the trigger ---- */

void
ticket_log_passed(void)
{
	logs_at_guard = logs_begun;
}

/* The ticket as it is by now, in the current memory context. */
static void
read_current(const TicketRow *row, TicketRow *now)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {row_datum(row, TC_TICKET_ID)};
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext spi;
	Datum		d;
	bool		isnull;

	SPI_connect();
	if (SPI_execute_with_args("SELECT t FROM liskeban.ticket AS t WHERE t.ticket_id OPERATOR(pg_catalog.=) $1",
							  1, argtypes, values, NULL, false, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not read ticket " INT64_FORMAT " again", row_int64(row, TC_TICKET_ID));
	d = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	spi = MemoryContextSwitchTo(caller);
	d = PointerGetDatum(PG_DETOAST_DATUM_COPY(d));
	MemoryContextSwitchTo(spi);
	SPI_finish();
	ticket_row_from_datum(now, row->layout, (HeapTupleHeader) DatumGetPointer(d));
}

Datum
ticket_log(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	TupleDesc	desc;
	LogRun		run = {0};
	TicketRow	old;
	TicketRow	new;
	TicketRow	now;
	bool		overtaken;
	bool		left;
	TupleTableSlot *old_slot = NULL;
	TupleTableSlot *new_slot;
	int			old_pointer = 0;
	int			new_pointer;
	bool		update;
	WorklistWriter *worklist = NULL;
	AlarmBuffer alarms;
	MemoryContext row_context;
	OwnerScope	scope;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigdata->tg_event) ||
		!TRIGGER_FIRED_FOR_STATEMENT(trigdata->tg_event) || trigdata->tg_newtable == NULL ||
		(TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) && trigdata->tg_oldtable == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a statement trigger after, with transition tables",
						"ticket_log")));
	update = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event);
	desc = RelationGetDescr(trigdata->tg_relation);

	run.layout = old.layout = new.layout = ticket_layout();
	if (desc->natts != run.layout->natts)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called for liskeban.ticket", "ticket_log")));
	new_slot = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	new_pointer = tuplestore_alloc_read_pointer(trigdata->tg_newtable, EXEC_FLAG_REWIND);
	tuplestore_select_read_pointer(trigdata->tg_newtable, new_pointer);
	tuplestore_rescan(trigdata->tg_newtable);
	if (update)
	{
		old_slot = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
		old_pointer = tuplestore_alloc_read_pointer(trigdata->tg_oldtable, EXEC_FLAG_REWIND);
		tuplestore_select_read_pointer(trigdata->tg_oldtable, old_pointer);
		tuplestore_rescan(trigdata->tg_oldtable);
	}
	if (!next_row(trigdata->tg_newtable, new_pointer, new_slot, &new))
	{
		ExecDropSingleTupleTableSlot(new_slot);
		if (old_slot != NULL)
			ExecDropSingleTupleTableSlot(old_slot);
		PG_RETURN_POINTER(NULL);
	}

	overtaken = logs_begun != logs_at_guard;
	logs_begun++;
	owner_enter(&scope);
	run.actor = identity_actor();
	run.recorded_at = liskeban_now();
	event_hasher_init(&run.hasher);
	initStringInfo(&run.detail_text);
	consequence_begin(&run.moves);
	outbox_begin(&run.outbox);
	feedback_begin(&run.answers);
	run.events = tuplestore_begin_heap(false, false, work_mem);
	run.event_desc = make_event_desc(run.layout);
	worklist = worklist_open();
	alarm_begin(&alarms, run.recorded_at);
	row_context = AllocSetContextCreate(CurrentMemoryContext, "liskeban log row", ALLOCSET_DEFAULT_SIZES);
	do
	{
		MemoryContext save;
		TimestampTz until;

		/* Both tables are filled row by row in the same order.  Slots keep their tuples over the row's context. */
		if (update && (!next_row(trigdata->tg_oldtable, old_pointer, old_slot, &old) ||
					   row_int64(&old, TC_TICKET_ID) != row_int64(&new, TC_TICKET_ID)))
			elog(ERROR, "transition tables of liskeban.ticket do not run in step");
		save = MemoryContextSwitchTo(row_context);
		/* What a history's INSERT has to tell was told while the guard played it. */
		if (update || past == NULL)
			log_event(&run, update ? &old : NULL, &new);
		if (update && !maintain_history())
			outbox_collect(&run.outbox, &old, &new);
		until = sweep_active() ? row_time(&new, TC_UPDATED_AT) : run.recorded_at;
		if (overtaken)
		{
			read_current(&new, &now);
			left = worklist_follow(worklist, update ? &old : NULL, &now, until, maintain_history() ? NULL : &alarms);
		}
		else
			left = worklist_write(worklist, update ? &old : NULL, &new, until, maintain_history() ? NULL : &alarms);
		MemoryContextSwitchTo(save);
		if (left)
			add_gone(&run, &new);
		MemoryContextReset(row_context);
		if (run.nevents >= EVENTS_AT_ONCE)
			insert_events(&run);
	} while (next_row(trigdata->tg_newtable, new_pointer, new_slot, &new));
	worklist_close(worklist);
	insert_events(&run);
	if (past != NULL && past->nevents > 0)
		insert_past();
	(void) alarm_end(&alarms);
	settle_gone(&run);
	consequence_end(&run.moves);
	outbox_end(&run.outbox);
	feedback_end(&run.answers);
	event_hasher_free(&run.hasher);
	pfree(run.detail_text.data);
	tuplestore_end(run.events);
	owner_leave(&scope);

	MemoryContextDelete(row_context);
	ExecDropSingleTupleTableSlot(new_slot);
	if (old_slot != NULL)
		ExecDropSingleTupleTableSlot(old_slot);
	PG_RETURN_POINTER(NULL);
}
