/*
 * outbox.c: notifications out: who appends to liskeban.outbox, and up to which id it may be handed out.
 *
 * Ids are drawn in order but committed in any order, so a consumer with a cursor must not be shown an id while a
 * transaction is open that may still bring a lower one.  Who appends therefore first takes a lock that nobody else
 * wants, ShareLock on (database, last id drawn, OUTBOX_LOCK), kept until its transaction ends, and draws only then: all
 * its ids are above the number in its lock.  A reader reads
 *
 *   B  the last id drawn, then
 *   L  the least number in any such lock,
 *
 * and everything up to the lesser of both is final.  Proof: whoever drew an id up to B held his lock before B was read.
 * If it is still held when the locks are read, L is below that id.  If not, the transaction is over and was visible
 * before it gave its lock back, so a snapshot taken afterwards sees its rows.  Who takes his lock later draws above B.
 *
 * Unlike a mark by transaction ids (watermark.c) this waits for nobody who did not append, needs no job, and holds in a
 * restored copy; prepared transactions keep their locks, also over a restart.  The sequence must be CACHE 1.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_sequence.h"
#include "catalog/pg_type.h"
#include "commands/async.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "liskeban.h"
#include "maintain.h"
#include "outbox.h"
#include "query.h"
#include "registry_cache.h"

PG_FUNCTION_INFO_V1(outbox_kept);
PG_FUNCTION_INFO_V1(outbox_follow);
PG_FUNCTION_INFO_V1(outbox_final);
PG_FUNCTION_INFO_V1(outbox_notify_sql);
PG_FUNCTION_INFO_V1(session_id);

#define OUTBOX_CHANNEL "liskeban_outbox"
#define OUTBOX_LOCK 0x4c4f		/* "LO"; the locks of pg_advisory_lock() have 1 and 2 there */

static bool appending = false;	/* within outbox_append() */

/* The transaction, and the part of it, that holds this backend's lock. */
static LocalTransactionId locked_lxid = InvalidLocalTransactionId;
static SubTransactionId locked_subid = InvalidSubTransactionId;
static bool callbacks_registered = false;

/* ---- which ids are final ---- */

/* A lock goes with the subtransaction that took it. */
static void
subxact_callback(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	if (mine != locked_subid)
		return;
	if (event == SUBXACT_EVENT_COMMIT_SUB)
		locked_subid = parent;
	else if (event == SUBXACT_EVENT_ABORT_SUB)
		locked_lxid = InvalidLocalTransactionId;
}

static void
xact_callback(XactEvent event, void *arg)
{
	appending = false;
}

/* The last id drawn; one less than the first where none was. */
static int64
last_drawn(void)
{
	LOCAL_FCINFO(fcinfo, 1);
	Oid			relid = platform_relid("outbox_id_seq");
	HeapTuple	tup;
	int64		first;
	int64		cache;
	Datum		value;

	tup = SearchSysCache1(SEQRELID, ObjectIdGetDatum(relid));
	if (!HeapTupleIsValid(tup))
		elog(ERROR, "cache lookup failed for the sequence of the outbox");
	first = ((Form_pg_sequence) GETSTRUCT(tup))->seqmin;
	cache = ((Form_pg_sequence) GETSTRUCT(tup))->seqcache;
	ReleaseSysCache(tup);
	if (cache != 1)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the sequence of the outbox has CACHE " INT64_FORMAT ", not 1", cache),
				 errdetail("Sessions would draw numbers ahead, and consumers would pass by what they append later."),
				 errhint("ALTER SEQUENCE liskeban.outbox_id_seq CACHE 1, then end the sessions that wrote meanwhile.")));

	InitFunctionCallInfoData(*fcinfo, NULL, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = ObjectIdGetDatum(relid);
	fcinfo->args[0].isnull = false;
	value = pg_sequence_last_value(fcinfo);
	return fcinfo->isnull ? first - 1 : DatumGetInt64(value);
}

/* Before anything is drawn: from here to the end of the transaction nothing above is final. */
static void
hold_back(void)
{
	LOCKTAG		tag;
	int64		drawn;

	if (locked_lxid == compat_my_lxid())
		return;
	if (!callbacks_registered)
	{
		RegisterSubXactCallback(subxact_callback, NULL);
		RegisterXactCallback(xact_callback, NULL);
		callbacks_registered = true;
	}
	drawn = last_drawn();
	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, (uint32) ((uint64) drawn >> 32), (uint32) drawn, OUTBOX_LOCK);
	(void) LockAcquire(&tag, ShareLock, false, false);
	locked_lxid = compat_my_lxid();
	locked_subid = GetCurrentSubTransactionId();
}

/*
 * The last id up to which everything is final, to whoever takes a snapshot afterwards; or, with at_commit, will be when
 * this transaction has committed.
 */
static int64
last_final(bool at_commit)
{
	int64		final = last_drawn();
	LockData   *locks = GetLockStatusData();

	for (int i = 0; i < locks->nelements; i++)
	{
		LockInstanceData *lock = &locks->locks[i];
		int64		below;

		if (lock->locktag.locktag_type != LOCKTAG_ADVISORY || lock->locktag.locktag_field1 != MyDatabaseId ||
			lock->locktag.locktag_field4 != OUTBOX_LOCK || lock->holdMask == 0 ||
			(at_commit && lock->pid == MyProcPid))
			continue;
		below = (int64) ((uint64) lock->locktag.locktag_field2 << 32 | lock->locktag.locktag_field3);
		final = Min(final, below);
	}
	return final;
}

/* _outbox_final() returns bigint */
Datum
outbox_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(last_final(false));
}

/* ---- who appends ---- */

/*
 * outbox_kept(): BEFORE STATEMENT trigger of liskeban.outbox: refuses (LK004) what is not the platform's own, and sees
 * to it that the platform's own are handed out in order.
 *
 *   CREATE TRIGGER outbox_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.outbox
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.outbox_kept();
 */
Datum
outbox_kept(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigdata->tg_event) ||
		!TRIGGER_FIRED_FOR_STATEMENT(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a statement trigger before", "outbox_kept")));
	if (maintain_redacts(trigdata))
		PG_RETURN_POINTER(NULL);
	if (!appending || !TRIGGER_FIRED_BY_INSERT(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_LK_HISTORY),
				 errmsg("\"%s\" is written by the platform only", RelationGetRelationName(trigdata->tg_relation)),
				 errdetail("What was told is never changed; it goes with its partition, by liskeban.drop_outbox().")));

	/* One statement's: what a trigger of somebody's adds is not the platform's. */
	appending = false;
	hold_back();
	PG_RETURN_POINTER(NULL);
}

void
outbox_append(SPIPlanPtr *plan, const char *sql, double nrows)
{
	SPIPlanPtr	fit = query_plan_for(plan, sql, 0, NULL, nrows);
	int			rc;

	PG_TRY();
	{
		appending = true;
		rc = SPI_execute_plan(fit, NULL, NULL, false, 0);
	}
	PG_FINALLY();
	{
		appending = false;
	}
	PG_END_TRY();
	if (rc != SPI_OK_INSERT)
		elog(ERROR, "could not append to the outbox: %s", SPI_result_code_string(rc));
}

/* ---- what hangs on tickets ---- */

/* What rows of a table tell, by the argument of the trigger. */
typedef struct Teller
{
	const char *topic;
	bool		update;			/* an UPDATE, with old_rows, and not an INSERT */
	const char *sql;
	SPIPlanPtr	plan;
} Teller;

#define APPEND OUTBOX_INSERT
#define BY_ID " OPERATOR(pg_catalog.=) "
/* By key, however many they are: a join may read all tickets, and cost as much as there is history. */
#define TICKET_OF(id) \
	" LEFT JOIN LATERAL (SELECT o.ticket_no, o.state, o.tier, o.responsible_area, o.department" \
	" FROM liskeban.ticket AS o WHERE o.ticket_id" BY_ID id " OFFSET 0) AS t ON true"

static Teller tellers[] = {
	/* Whom it concerns: the receiver of a directive, the party, who is supervised; else the holder. */
	{"alarm", false,
		APPEND "SELECT liskeban.liskeban_now(), 'alarm', pg_catalog.jsonb_build_object('alarm_id', a.alarm_id,"
		" 'ticket_id', a.ticket_id, 'ticket_no', t.ticket_no, 'clock', a.clock, 'level', a.level, 'run', a.run,"
		" 'subject', a.subject, 'at', a.at, 'fired_at', a.fired_at, 'state', t.state, 'tier', t.tier,"
		" 'area', CASE WHEN d.target_id IS NOT NULL THEN d.area WHEN p.party_id IS NOT NULL THEN p.area"
		" WHEN s.supervision_id IS NOT NULL THEN s.area ELSE t.responsible_area END,"
		" 'department', CASE WHEN d.target_id IS NOT NULL THEN d.department WHEN p.party_id IS NOT NULL THEN p.department"
		" WHEN s.supervision_id IS NOT NULL THEN s.department ELSE t.department END)"
		" FROM new_rows AS a" TICKET_OF("a.ticket_id")
		" LEFT JOIN liskeban.directive_target AS d"
		" ON d.target_id" BY_ID "a.subject AND a.clock" BY_ID "'reply' AND a.ticket_id IS NULL"
		" LEFT JOIN liskeban.party AS p ON p.party_id" BY_ID "a.subject AND a.clock" BY_ID "'party'"
		" LEFT JOIN liskeban.supervision AS s"
		" ON s.supervision_id" BY_ID "a.subject AND a.clock" BY_ID "'reply' AND a.ticket_id IS NOT NULL"
	" ORDER BY a.alarm_id", NULL},
#define WHISTLE(step, at, by) \
		"SELECT liskeban.liskeban_now(), 'whistle', pg_catalog.jsonb_build_object('whistle_id', w.whistle_id," \
		" 'ticket_id', w.ticket_id, 'ticket_no', t.ticket_no, 'step', " step ", 'at', " at ", 'by', " by "," \
		" 'from_tier', w.from_tier, 'to_tier', w.to_tier, 'auto', w.auto, 'appeal_of', w.appeal_of," \
		" 'from_area', w.from_area, 'from_department', w.from_department," \
		" 'responsible_area', t.responsible_area, 'department', t.department, 'sign_due', w.sign_due, 'handle_due', w.handle_due)"
	{"whistle", false,
		APPEND WHISTLE("'raised'", "w.raised_at", "w.raised_by")
	" FROM new_rows AS w" TICKET_OF("w.ticket_id") " ORDER BY w.whistle_id", NULL},
	{"whistle", true,
		APPEND "SELECT * FROM (" WHISTLE("s.step", "s.at", "s.by")
		" FROM new_rows AS w JOIN old_rows AS o ON o.whistle_id" BY_ID "w.whistle_id"
		" CROSS JOIN LATERAL (VALUES (1, 'signed', w.signed_at, w.signed_by, o.signed_at IS NULL AND w.signed_at IS NOT NULL),"
		" (2, w.outcome, w.ended_at, w.ended_by, o.outcome IS NULL AND w.outcome IS NOT NULL)) AS s(no, step, at, by, happened)"
		TICKET_OF("w.ticket_id")
	" WHERE s.happened ORDER BY w.whistle_id, s.no) AS n", NULL},
	{"supervision", false,
		APPEND "SELECT liskeban.liskeban_now(), 'supervision', pg_catalog.jsonb_build_object('supervision_id', s.supervision_id,"
		" 'ticket_id', s.ticket_id, 'ticket_no', t.ticket_no, 'target_id', s.target_id, 'alarm_id', s.alarm_id,"
		" 'clock', s.clock, 'level', s.level, 'kind', s.kind, 'area', s.area, 'department', s.department,"
		" 'issued_by', s.issued_by, 'issued_at', s.issued_at, 'reply_due', s.reply_due)"
	" FROM new_rows AS s" TICKET_OF("s.ticket_id") " ORDER BY s.supervision_id", NULL},
	{"directive", false,
		APPEND "SELECT liskeban.liskeban_now(), 'directive', pg_catalog.jsonb_build_object('directive_id', r.directive_id,"
		" 'target_id', r.target_id, 'area', r.area, 'department', r.department, 'issued_by', d.issued_by,"
		" 'issued_at', d.issued_at, 'reply_due', d.reply_due)"
	" FROM new_rows AS r JOIN liskeban.directive AS d USING (directive_id) ORDER BY r.target_id", NULL},
};

/*
 * outbox_follow(topic): AFTER STATEMENT trigger: what was written to a table is told in the outbox under that topic.
 *
 *   CREATE TRIGGER outbox_insert AFTER INSERT ON liskeban.<table> REFERENCING NEW TABLE AS new_rows
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.outbox_follow('<topic>');
 *   CREATE TRIGGER outbox_update AFTER UPDATE ON liskeban.<table> REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
 *     FOR EACH STATEMENT EXECUTE FUNCTION liskeban.outbox_follow('<topic>');
 */
Datum
outbox_follow(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	Teller	   *teller = NULL;
	OwnerScope	scope;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigdata->tg_event) ||
		!TRIGGER_FIRED_FOR_STATEMENT(trigdata->tg_event) || trigdata->tg_newtable == NULL ||
		(TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) && trigdata->tg_oldtable == NULL) ||
		trigdata->tg_trigger->tgnargs != 1)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a statement trigger after, with transition tables and a topic",
						"outbox_follow")));
	for (int i = 0; i < (int) lengthof(tellers); i++)
		if (strcmp(tellers[i].topic, trigdata->tg_trigger->tgargs[0]) == 0 &&
			tellers[i].update == (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) != 0))
			teller = &tellers[i];
	if (teller == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" knows nothing to tell of \"%s\"", "outbox_follow", trigdata->tg_trigger->tgargs[0])));
	if (tuplestore_tuple_count(trigdata->tg_newtable) == 0)
		PG_RETURN_POINTER(NULL);

	owner_enter(&scope);
	SPI_connect();
	if (SPI_register_trigger_data(trigdata) != SPI_OK_TD_REGISTER)
		elog(ERROR, "SPI_register_trigger_data failed");
	/* Times stand in UTC, whatever the session's zone; owner_leave() puts it back. */
	(void) set_config_option("TimeZone", "UTC", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	outbox_append(&teller->plan, teller->sql, tuplestore_tuple_count(trigdata->tg_newtable));
	SPI_finish();
	owner_leave(&scope);
	PG_RETURN_POINTER(NULL);
}

/* ---- who reads ---- */

/*
 * The last id told is kept in a sequence, which no transaction locks and none takes back: what was not told because of
 * an abort is told at the next sweep, for then somebody is behind.
 */
void
outbox_notify(void)
{
	Oid			told_seq;
	OwnerScope	scope;
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1];
	LOCAL_FCINFO(last, 1);
	Datum		told;
	int64		final;
	bool		news;

	told_seq = get_relname_relid("outbox_told", get_namespace_oid(LISKEBAN_SCHEMA, false));
	if (!OidIsValid(told_seq))
		return;
	owner_enter(&scope);
	final = last_final(true);
	InitFunctionCallInfoData(*last, NULL, 1, InvalidOid, NULL, NULL);
	last->args[0].value = ObjectIdGetDatum(told_seq);
	last->args[0].isnull = false;
	told = pg_sequence_last_value(last);
	values[0] = Int64GetDatum(final);
	SPI_connect();
	if (SPI_execute_with_args("SELECT FROM liskeban.outbox WHERE id OPERATOR(pg_catalog.>) $1 LIMIT 1", 1, argtypes,
							  last->isnull ? (Datum[]) {Int64GetDatum(0)} : &told, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.outbox");
	news = SPI_processed > 0 && (last->isnull || DatumGetInt64(told) < final);
	if (!news)
	{
		if (SPI_execute_with_args("SELECT FROM liskeban.outbox_consumer WHERE acked OPERATOR(pg_catalog.<) $1 LIMIT 1",
								  1, argtypes, values, NULL, false, 1) != SPI_OK_SELECT)
			elog(ERROR, "could not read liskeban.outbox_consumer");
		news = SPI_processed > 0;
	}
	SPI_finish();
	if (news)
	{
		(void) DirectFunctionCall2(setval_oid, ObjectIdGetDatum(told_seq), Int64GetDatum(final));
		Async_Notify(OUTBOX_CHANNEL, psprintf(INT64_FORMAT, final));
	}
	owner_leave(&scope);
}

/* notify_outbox() returns void */
Datum
outbox_notify_sql(PG_FUNCTION_ARGS)
{
	outbox_notify();
	PG_RETURN_VOID();
}

/* _session_id() returns text: as %c in the server's log. */
Datum
session_id(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(psprintf("%lx.%x", (unsigned long) MyStartTime, MyProcPid)));
}
