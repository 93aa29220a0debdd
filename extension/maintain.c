/*
 * maintain.c: the platform's own writes to a ticket.
 *
 * A counter of the backend is raised around SPI, lowered in PG_FINALLY, and set to naught when a transaction ends,
 * so nothing outside this file can make the guard let a maintained column through.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "identity.h"
#include "lifecycle.h"
#include "liskeban.h"
#include "maintain.h"
#include "query.h"
#include "registry_cache.h"
#include "ticket_change.h"

PG_FUNCTION_INFO_V1(ticket_contact);
PG_FUNCTION_INFO_V1(ticket_word);
PG_FUNCTION_INFO_V1(reporter_changed);
PG_FUNCTION_INFO_V1(reporters_follow_sql);
PG_FUNCTION_INFO_V1(load_history_batch);
PG_FUNCTION_INFO_V1(anonymise_batch);
PG_FUNCTION_INFO_V1(history_kept);

static int	depth = 0;
static const char *current_action = NULL;
static bool history = false;
static bool redacting = false;	/* within anonymise_batch() */
static bool appending = false;	/* within maintain_append() */
static bool callback_registered = false;

/* The subtransaction in which intake said that reporters follow the tickets it inserts; Invalid: none. */
static SubTransactionId reporters_follow = InvalidSubTransactionId;

static void
maintain_xact_callback(XactEvent event, void *arg)
{
	depth = 0;
	current_action = NULL;
	history = false;
	redacting = false;
	appending = false;
	reporters_follow = InvalidSubTransactionId;
	(void) identity_set_platform(false);
}

/* What was said in a subtransaction that is undone, or within one, was not said. */
static void
maintain_subxact_callback(SubXactEvent event, SubTransactionId subid, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB && subid <= reporters_follow)
		reporters_follow = InvalidSubTransactionId;
	else if (event == SUBXACT_EVENT_COMMIT_SUB && subid == reporters_follow)
		reporters_follow = parent;
}

static void
register_callbacks(void)
{
	if (callback_registered)
		return;
	RegisterXactCallback(maintain_xact_callback, NULL);
	RegisterSubXactCallback(maintain_subxact_callback, NULL);
	callback_registered = true;
}

bool
maintain_active(void)
{
	return depth > 0;
}

const char *
maintain_action(void)
{
	return current_action;
}

bool
maintain_history(void)
{
	return history;
}

/* The columns that hold what people wrote. */
static bool
is_redactable(const char *column)
{
	static const char *const texts[] = {
		"title", "description", "address", "plan", "resolution", "reply", "note", "extra", "reason", "comment", "answer",
		"refused_reason", "words", "request", "payload", "uri"
	};

	for (int i = 0; i < (int) lengthof(texts); i++)
		if (strcmp(column, texts[i]) == 0)
			return true;
	return false;
}

bool
maintain_redacts(const TriggerData *trigdata)
{
	int			attnum = -1;

	if (!redacting || !TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
		return false;
	while ((attnum = bms_next_member(trigdata->tg_updatedcols, attnum)) >= 0)
	{
		char	   *name = get_attname(RelationGetRelid(trigdata->tg_relation),
									   attnum + FirstLowInvalidHeapAttributeNumber, false);

		if (!is_redactable(name))
			return false;
	}
	return true;
}

bool
maintain_reporters_follow(void)
{
	return reporters_follow != InvalidSubTransactionId;
}

/*
 * _reporters_follow(boolean) returns void: from now on (true) an INSERT of tickets may say which of them have a reporter,
 * for whoever inserts them inserts those as well, in the same transaction; until it says that it is done (false), or the
 * transaction or subtransaction ends.  Else history would tell of each ticket twice.
 */
Datum
reporters_follow_sql(PG_FUNCTION_ARGS)
{
	register_callbacks();
	reporters_follow = PG_GETARG_BOOL(0) ? GetCurrentSubTransactionId() : InvalidSubTransactionId;
	PG_RETURN_VOID();
}

static uint64
execute(MaintainAs as, const char *action, const char *sql, int nargs, Oid *argtypes, Datum *values,
		const char *nulls, EphemeralNamedRelation relation, TriggerData *trigdata)
{
	OwnerScope	scope;
	const char *save_action = current_action;
	int			save_depth = depth;
	bool		save_platform;
	volatile uint64 rows = 0;

	register_callbacks();
	if (as != MAINTAIN_AS_CALLER)
		owner_enter(&scope);
	SPI_connect();
	if (relation != NULL)
		query_see_rows(relation);
	if (trigdata != NULL && SPI_register_trigger_data(trigdata) < 0)
		elog(ERROR, "SPI_register_trigger_data failed");
	save_platform = identity_set_platform(true);
	if (as != MAINTAIN_AS_PLATFORM)
		(void) identity_set_platform(save_platform);
	PG_TRY();
	{
		int			rc;

		depth++;
		current_action = action;
		rc = SPI_execute_with_args(sql, nargs, argtypes, values, nulls, false, 0);
		if (rc < 0)
			elog(ERROR, "could not execute \"%s\": %s", sql, SPI_result_code_string(rc));
		rows = SPI_processed;
	}
	PG_FINALLY();
	{
		depth = save_depth;
		current_action = save_action;
		(void) identity_set_platform(save_platform);
	}
	PG_END_TRY();
	SPI_finish();
	if (as != MAINTAIN_AS_CALLER)
		owner_leave(&scope);
	return rows;
}

uint64
maintain_execute(MaintainAs as, const char *action, const char *sql, int nargs, Oid *argtypes, Datum *values,
				 const char *nulls)
{
	return execute(as, action, sql, nargs, argtypes, values, nulls, NULL, NULL);
}

uint64
maintain_execute_trigger(MaintainAs as, const char *action, const char *sql, TriggerData *trigdata)
{
	return execute(as, action, sql, 0, NULL, NULL, NULL, NULL, trigdata);
}

uint64
maintain_execute_from(MaintainAs as, const char *action, const char *sql, EphemeralNamedRelation rows)
{
	return execute(as, action, sql, 0, NULL, NULL, NULL, rows, NULL);
}

/*
 * contact(ticket_id bigint, note text) returns integer: the citizen was spoken to; the first time in a run meets the
 * respond clock of a category that is not on_site.  Returns the event's seq.
 */
Datum
ticket_contact(PG_FUNCTION_ARGS)
{
	Oid			argtypes[2] = {INT8OID, TEXTOID};
	Datum		values[2];
	char		nulls[3] = "  ";
	TicketRow	row;

	ticket_lock(PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0), PG_ARGISNULL(0), &row);
	values[0] = PG_GETARG_DATUM(0);
	values[1] = PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1);
	if (PG_ARGISNULL(1))
		nulls[1] = 'n';
	maintain_execute(MAINTAIN_AS_CALLER, "contact",
					 "UPDATE liskeban.ticket SET note = $2 WHERE ticket_id OPERATOR(pg_catalog.=) $1",
					 2, argtypes, values, nulls);
	PG_RETURN_INT32(row_int32(&row, TC_LAST_SEQ) + 1);
}

/*
 * _ticket_word(ticket_id bigint, action text, note text, title text, description text) returns integer: what a source
 * says later of its ticket, "urge" or "supplement": an event with the note; title and description are written also to
 * a ticket that is final.  Whether it may be said is the caller's to know.  Returns the event's seq.
 */
Datum
ticket_word(PG_FUNCTION_ARGS)
{
	Oid			argtypes[4] = {INT8OID, TEXTOID, TEXTOID, TEXTOID};
	Datum		values[4];
	char		nulls[5] = "    ";
	char	   *action = PG_ARGISNULL(1) ? "NULL" : text_to_cstring(PG_GETARG_TEXT_PP(1));
	TicketRow	row;

	if (strcmp(action, "urge") != 0 && strcmp(action, "supplement") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("action \"%s\" is not what a source says later of a ticket", action)));
	ticket_lock(PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0), PG_ARGISNULL(0), &row);
	values[0] = PG_GETARG_DATUM(0);
	for (int i = 1; i < 4; i++)
	{
		values[i] = PG_ARGISNULL(i + 1) ? (Datum) 0 : PG_GETARG_DATUM(i + 1);
		if (PG_ARGISNULL(i + 1))
			nulls[i] = 'n';
	}
	maintain_execute(MAINTAIN_AS_CALLER, action,
					 "UPDATE liskeban.ticket SET note = $2, title = $3, description = $4"
					 " WHERE ticket_id OPERATOR(pg_catalog.=) $1",
					 4, argtypes, values, nulls);
	PG_RETURN_INT32(row_int32(&row, TC_LAST_SEQ) + 1);
}

/*
 * reporter_changed(): AFTER STATEMENT trigger on liskeban.reporter with NEW TABLE new_rows: its tickets have one, where
 * they did not say so themselves.
 */
Datum
reporter_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	OwnerScope	scope;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_FOR_STATEMENT(trigdata->tg_event) ||
		trigdata->tg_newtable == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a statement trigger with a transition table",
						"reporter_changed")));
	owner_enter(&scope);
	SPI_connect();
	SPI_register_trigger_data(trigdata);
	PG_TRY();
	{
		depth++;
		if (SPI_execute("UPDATE liskeban.ticket AS t SET has_reporter = true FROM new_rows AS n"
						" WHERE t.ticket_id OPERATOR(pg_catalog.=) n.ticket_id AND NOT t.has_reporter",
						false, 0) != SPI_OK_UPDATE)
			elog(ERROR, "could not mark the tickets of new reporters");
	}
	PG_FINALLY();
	{
		depth--;
	}
	PG_END_TRY();
	SPI_finish();
	owner_leave(&scope);
	PG_RETURN_POINTER(NULL);
}

/*
 * _load_history_batch(batch text) returns bigint: run liskeban._load_history_steps(batch), an ordinary function of
 * the platform, as the loading of a history: the INSERT of its tickets may give received_at and has_reporter, and what
 * they went through (ticket_past.c).  The steps of before 0.4.0, until upgrade_platform(), move them by UPDATEs that give
 * the event's time as updated_at.
 */
Datum
load_history_batch(PG_FUNCTION_ARGS)
{
	Oid			argtypes[1] = {TEXTOID};
	Datum		values[1];
	volatile uint64 rows;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("batch must not be NULL")));
	values[0] = PG_GETARG_DATUM(0);
	PG_TRY();
	{
		history = true;
		ticket_log_begin_past();
		rows = maintain_execute(MAINTAIN_AS_OWNER, NULL, "SELECT liskeban._load_history_steps($1)",
								1, argtypes, values, NULL);
	}
	PG_FINALLY();
	{
		history = false;
		ticket_log_end_past();
	}
	PG_END_TRY();
	PG_RETURN_INT64((int64) rows);
}

/*
 * _anonymise_batch(ids bigint[], before timestamptz) returns void: run liskeban._anonymise_steps(ids, before), an
 * ordinary function of the platform, whose UPDATEs may change texts, and nothing but texts, of history too.
 */
Datum
anonymise_batch(PG_FUNCTION_ARGS)
{
	Oid			argtypes[2] = {INT8ARRAYOID, TIMESTAMPTZOID};
	Datum		values[2];

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("ids and before must not be NULL")));
	values[0] = PG_GETARG_DATUM(0);
	values[1] = PG_GETARG_DATUM(1);
	PG_TRY();
	{
		redacting = true;
		(void) maintain_execute(MAINTAIN_AS_OWNER, NULL, "SELECT liskeban._anonymise_steps($1, $2)",
								2, argtypes, values, NULL);
	}
	PG_FINALLY();
	{
		redacting = false;
	}
	PG_END_TRY();
	PG_RETURN_VOID();
}

int
maintain_append(SPIPlanPtr plan, Datum *values, const char *nulls)
{
	bool		save = appending;
	int			rc;

	PG_TRY();
	{
		appending = true;
		rc = SPI_execute_plan(plan, values, nulls, false, 0);
	}
	PG_FINALLY();
	{
		appending = save;
	}
	PG_END_TRY();
	return rc;
}

int64
maintain_append_rows(SPIPlanPtr *plan, const char *sql, const char *name, TupleDesc desc, Tuplestorestate *rows,
					 int64 nrows)
{
	EphemeralNamedRelationData enr;
	int64		written;

	query_name_rows(&enr, name, desc, rows, nrows);

	SPI_connect();
	query_see_rows(&enr);
	query_plan(plan, sql, 0, NULL);
	if (maintain_append(*plan, NULL, NULL) != SPI_OK_INSERT)
		elog(ERROR, "could not append %s", name);
	written = (int64) SPI_processed;
	SPI_finish();
	return written;
}

/*
 * history_kept(): BEFORE STATEMENT trigger that refuses (LK004) what is not the platform's own: UPDATE, DELETE,
 * TRUNCATE and INSERT on history and on each of its partitions.  The platform's own statements go through the parent,
 * whose partitions' statement triggers do not fire, by maintain_append(); texts are cleared by anonymise_batch().
 *
 *   CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.ticket_event
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
 */
Datum
history_kept(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigdata->tg_event) ||
		!TRIGGER_FIRED_FOR_STATEMENT(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a statement trigger before", "history_kept")));
	if (appending)
	{
		/* One statement's: what a trigger of somebody's on history adds to it is not the platform's. */
		appending = false;
		PG_RETURN_POINTER(NULL);
	}
	if (maintain_redacts(trigdata))
		PG_RETURN_POINTER(NULL);
	ereport(ERROR,
			(errcode(ERRCODE_LK_HISTORY),
			 errmsg("\"%s\" is written by the platform's log only", RelationGetRelationName(trigdata->tg_relation)),
			 errdetail("History is never changed, and a ticket's worklist row follows the ticket.")));
}
