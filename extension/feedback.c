/*
 * feedback.c: the citizen's word.
 *
 * An answer is written to the ticket, by record_feedback() or by a plain UPDATE of satisfaction and solved; the log
 * hands each to this module, which keeps it in liskeban.feedback and sees to what follows.  A complaint (dissatisfied,
 * or not solved) makes a request for rework or reopening, which another person decides and which then acts at once.
 * After one such grant on a rung the next complaint needs nobody's consent: the work begins again and climbs a rung.
 *
 * The answer of a merged ticket's reporter is given of its lead's result, and what follows happens to the lead.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "desk.h"
#include "duplicate.h"
#include "escalation.h"
#include "feedback.h"
#include "feedback_keep.h"
#include "liskeban.h"
#include "maintain.h"
#include "query.h"
#include "registry_cache.h"

PG_FUNCTION_INFO_V1(record_feedback);

#define IN(state) (1u << (state))
#define OPEN_STATES (IN(STATE_REPORTED) | IN(STATE_ACCEPTED) | IN(STATE_DISPATCHED) | IN(STATE_ON_SITE) | \
					 IN(STATE_PLANNED) | IN(STATE_SUSPENDED) | IN(STATE_RESOLVED))

/* What record_feedback() is about to say, for the log of its statement; and the row that was made of it. */
static const FeedbackAnswer *saying = NULL;
static int64 last_feedback_id = 0;

/* ---- whether an answer may be given ---- */

/* The ticket whose result the answer is of: itself, or the lead of a merged one; LK001 unless there is a result. */
static void
find_answered(const TicketRow *row, TicketRow *answered)
{
	TicketState state = row_state(row);

	*answered = *row;
	if (state == STATE_MERGED && duplicate_read_lead(row, answered))
		state = row_state(answered);
	if (state != STATE_RESOLVED && state != STATE_CLOSED)
		ereport(ERROR,
				(errcode(ERRCODE_LK_NO_TRANSITION),
				 errmsg("ticket " INT64_FORMAT ", which is \"%s\", has no result to be answered",
						row_int64(row, TC_TICKET_ID), state_labels[row_state(row)]),
				 errdetail("The citizen answers once a ticket, or the lead it is merged into, is resolved or closed.")));
}

/* Who did the work never answers for the citizen. */
static void
check_another(const TicketRow *row, const TicketRow *answered, const Actor *actor)
{
	if (!row_isnull(answered, TC_RESOLVED_BY) &&
		strcmp(TextDatumGetCString(row_datum(answered, TC_RESOLVED_BY)), actor->name) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not answer for the citizen of ticket " INT64_FORMAT,
						actor->name, row_int64(row, TC_TICKET_ID)),
				 errdetail("Who resolved a ticket never closes it or answers for the citizen.")));
}

/*
 * Were there three attempts on two days to reach the citizen about this result, since the last real answer?  One more
 * at an instant, unless that is 0, is counted with them.
 */
static bool
unreachable_enough(const TicketRow *row, const TicketRow *answered, TimestampTz one_more)
{
	static const char sql[] =
		"SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>=) 3"
		" AND pg_catalog.count(DISTINCT pg_catalog.timezone($4, a.at)::date) OPERATOR(pg_catalog.>=) 2"
		" FROM (SELECT f.at FROM liskeban.feedback AS f WHERE f.ticket_id OPERATOR(pg_catalog.=) $1"
		" AND f.satisfaction OPERATOR(pg_catalog.=) 'unreachable'"
		" AND ($2 IS NULL OR f.at OPERATOR(pg_catalog.>=) $2)"
		" AND NOT EXISTS (SELECT FROM liskeban.feedback AS r"
		" WHERE r.ticket_id OPERATOR(pg_catalog.=) $1 AND r.feedback_id OPERATOR(pg_catalog.>) f.feedback_id"
		" AND r.satisfaction IS DISTINCT FROM 'unreachable'::liskeban.satisfaction)"
		" UNION ALL SELECT $3 WHERE $3 IS NOT NULL) AS a";
	Oid			argtypes[4] = {INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID};
	Datum		values[4] = {row_datum(row, TC_TICKET_ID), row_datum(answered, TC_RESOLVED_AT),
	TimestampTzGetDatum(one_more), CStringGetTextDatum(platform_get()->time_zone)};
	char		nulls[5] = "    ";

	if (row_isnull(answered, TC_RESOLVED_AT))
		nulls[1] = 'n';
	if (one_more == 0)
		nulls[2] = 'n';
	return DatumGetBool(query_value_as_owner(sql, 4, argtypes, values, nulls, NULL));
}

void
feedback_check(const Change *change)
{
	TicketRow	answered;
	TicketState state = row_state(&change->old);

	/* The answer of a move is checked with the move. */
	if (state == STATE_MERGED)
	{
		find_answered(&change->old, &answered);
		check_another(&change->old, &answered, change->actor);
	}
	else
		answered = change->old;
	if (changed(change, TC_SATISFACTION) && !row_isnull(&change->new, TC_SATISFACTION) &&
		row_enum(&change->new, TC_SATISFACTION) == SATISFACTION_UNREACHABLE && platform_has("feedback") &&
		!unreachable_enough(&change->old, &answered, 0))
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("the citizen of ticket " INT64_FORMAT " cannot be called unreachable yet",
						row_int64(&change->old, TC_TICKET_ID)),
				 errdetail("Missing: three attempts on two days."),
				 errhint("Record each attempt with liskeban.record_feedback(ticket_id, 'unreachable').")));
}

/* ---- keeping answers ---- */

static const char *
satisfaction_label(int satisfaction)
{
	const TicketLayout *layout = ticket_layout();

	return ticket_enum_label(layout, ENUM_SATISFACTION, layout->enum_oid[ENUM_SATISFACTION][satisfaction]);
}

static bool
is_complaint(const FeedbackAnswer *answer)
{
	return answer->satisfaction == SATISFACTION_DISSATISFIED || answer->solved == 0;
}

static int
row_satisfaction(const TicketRow *row)
{
	return row_isnull(row, TC_SATISFACTION) ? NO_ANSWER : row_enum(row, TC_SATISFACTION);
}

static int
row_solved(const TicketRow *row)
{
	return row_isnull(row, TC_SOLVED) ? NO_ANSWER : (int) row_bool(row, TC_SOLVED);
}

void
feedback_keep_given(const Change *change)
{
	FeedbackAnswer answer = {0};
	OwnerScope	scope;
	const TicketRow *new = &change->new;

	if (maintain_active() || !platform_has("feedback") ||
		!((changed(change, TC_SATISFACTION) && !row_isnull(new, TC_SATISFACTION)) ||
		  (changed(change, TC_SOLVED) && !row_isnull(new, TC_SOLVED))))
		return;
	answer.ticket_id = row_int64(new, TC_TICKET_ID);
	answer.run = row_int32(&change->old, TC_RUN);
	answer.at = change->at;
	answer.recorded_by = change->actor->name;
	answer.satisfaction = row_satisfaction(new);
	answer.solved = row_solved(new);
	owner_enter(&scope);
	last_feedback_id = feedback_keep(&answer, 0);
	owner_leave(&scope);
}

/* ---- the log's answers ---- */

void
feedback_begin(FeedbackBuffer *buffer)
{
	memset(buffer, 0, sizeof(*buffer));
	buffer->context = CurrentMemoryContext;
}

/* Gather what an event says of the citizen: a step "feedback", or an answer written to the ticket. */
void
feedback_add(FeedbackBuffer *buffer, const TicketRow *old, const TicketRow *new)
{
	const char *action = maintain_action();
	bool		step = action != NULL && strcmp(action, FEEDBACK_ACTION) == 0;
	FeedbackAnswer *answer;

	if (!step)
	{
		bool		written = (row_changed(old, new, TC_SATISFACTION) && !row_isnull(new, TC_SATISFACTION)) ||
			(row_changed(old, new, TC_SOLVED) && !row_isnull(new, TC_SOLVED));

		/* What the platform says for want of an answer is none, nor is what a revert brings back. */
		if (!written || (maintain_active() && !maintain_history()))
			return;
	}
	if (buffer->n == buffer->room)
	{
		buffer->room = Max(buffer->room * 2, 8);
		buffer->answers = buffer->answers == NULL ?
			MemoryContextAlloc(buffer->context, sizeof(FeedbackAnswer) * buffer->room) :
			repalloc(buffer->answers, sizeof(FeedbackAnswer) * buffer->room);
	}
	answer = &buffer->answers[buffer->n++];
	memset(answer, 0, sizeof(*answer));
	answer->satisfaction = row_satisfaction(new);
	answer->solved = row_solved(new);
	if (step && saying != NULL)
		*answer = *saying;
	answer->ticket_id = row_int64(new, TC_TICKET_ID);
	answer->run = row_int32(new, TC_RUN);
	answer->at = row_time(new, TC_UPDATED_AT);
	answer->recorded_by = identity_actor()->name;
	answer->loaded = maintain_history();
}

/* ---- what follows ---- */

/* A row of one ticket, read once its event is written. */
static void
read_ticket(int64 ticket_id, TicketRow *row)
{
	if (!ticket_read(ticket_id, true, row))
		elog(ERROR, "could not read ticket " INT64_FORMAT, ticket_id);
}

static bool
within_reopen_window(const TicketRow *row, TimestampTz at)
{
	return !row_isnull(row, TC_CLOSED_AT) &&
		at <= DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval, row_datum(row, TC_CLOSED_AT),
													  IntervalPGetDatum(&platform_get()->reopen_within)));
}

/*
 * Has an earlier complaint had the work done again on the rung the ticket is on?  A complaint, of whoever was merged
 * into it, and then a rework or reopening, both since the tier changed last.
 */
static bool
granted_on_rung(int64 lead_id)
{
	return query_is_true("SELECT EXISTS (SELECT FROM liskeban.ticket_event AS e,"
						 " LATERAL (SELECT COALESCE(pg_catalog.max(c.seq), 1) AS seq FROM liskeban.ticket_event AS c"
						 " WHERE c.ticket_id OPERATOR(pg_catalog.=) $1 AND c.detail OPERATOR(pg_catalog.?) 'tier') AS rung,"
						 " liskeban.ticket_event AS r"
						 " WHERE e.ticket_id OPERATOR(pg_catalog.=) $1 AND e.seq OPERATOR(pg_catalog.>=) rung.seq"
						 " AND e.action OPERATOR(pg_catalog.=) ANY ('{rework,reopen}')"
						 " AND r.ticket_id OPERATOR(pg_catalog.=) $1 AND r.seq OPERATOR(pg_catalog.=) rung.seq"
						 " AND NOT EXISTS (SELECT FROM liskeban.ticket_event AS x WHERE x.ticket_id OPERATOR(pg_catalog.=) $1"
						 " AND x.seq OPERATOR(pg_catalog.>) e.seq"
						 " AND x.detail OPERATOR(pg_catalog.->) 'reverts' OPERATOR(pg_catalog.=) pg_catalog.to_jsonb(e.seq))"
						 " AND EXISTS (SELECT FROM liskeban.feedback AS f WHERE (f.ticket_id OPERATOR(pg_catalog.=) $1"
						 " OR f.ticket_id OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT m.ticket_id FROM liskeban.ticket AS m"
						 " WHERE m.merged_into OPERATOR(pg_catalog.=) $1 AND m.state OPERATOR(pg_catalog.=) 'merged')))"
						 " AND (f.satisfaction OPERATOR(pg_catalog.=) 'dissatisfied' OR NOT f.solved)"
						 " AND f.at OPERATOR(pg_catalog.<=) e.at"
						 " AND (f.at OPERATOR(pg_catalog.>=) r.at OR r.seq OPERATOR(pg_catalog.=) e.seq)))",
						 Int64GetDatum(lead_id), InvalidOid, (Datum) 0);
}

/* Let the work begin again, by the present actor or by the platform; a ticket that nobody held goes to its area. */
static void
begin_again(MaintainAs as, int64 ticket_id, Datum note, bool no_note)
{
	Oid			argtypes[2] = {INT8OID, TEXTOID};
	Datum		values[2] = {Int64GetDatum(ticket_id), note};

	if (maintain_execute(as, NULL,
						 "UPDATE liskeban.ticket AS t SET state = 'dispatched', note = $2,"
						 " responsible_area = CASE WHEN t.department IS NULL THEN COALESCE(t.responsible_area, t.area,"
						 " (SELECT p.district FROM liskeban.platform AS p)) ELSE t.responsible_area END"
						 " WHERE t.ticket_id OPERATOR(pg_catalog.=) $1",
						 2, argtypes, values, no_note ? " n" : NULL) != 1)
		elog(ERROR, "could not begin ticket " INT64_FORMAT " again", ticket_id);
}

/* The request that a complaint makes, or that is open already. */
static int64
make_request(const FeedbackAnswer *answer, const char *kind)
{
	Oid			argtypes[5] = {INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID};
	Datum		values[5];
	bool		isnull;
	int64		request_id;

	values[0] = Int64GetDatum(answer->ticket_id);
	values[1] = CStringGetTextDatum(kind);
	values[2] = answer->comment != 0 && VARSIZE_ANY_EXHDR(DatumGetPointer(answer->comment)) > 0 ? answer->comment :
		CStringGetTextDatum(answer->satisfaction == SATISFACTION_DISSATISFIED ? "不满意 dissatisfied" : "未解决 not solved");
	values[3] = TimestampTzGetDatum(answer->at);
	values[4] = CStringGetTextDatum(answer->recorded_by);
	SPI_connect();
	if (SPI_execute_with_args("INSERT INTO liskeban.request (ticket_id, kind, reason, asked_at, asked_by)"
							  " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (ticket_id, kind) WHERE decided_at IS NULL"
							  " DO NOTHING RETURNING request_id",
							  5, argtypes, values, NULL, false, 0) != SPI_OK_INSERT_RETURNING)
		elog(ERROR, "could not write liskeban.request");
	if (SPI_processed == 0 &&
		SPI_execute_with_args("SELECT request_id FROM liskeban.request WHERE ticket_id OPERATOR(pg_catalog.=) $1"
							  " AND kind OPERATOR(pg_catalog.=) $2 AND decided_at IS NULL",
							  2, argtypes, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read liskeban.request");
	if (SPI_processed != 1)
		elog(ERROR, "could not find the open request of ticket " INT64_FORMAT, answer->ticket_id);
	request_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_finish();
	return request_id;
}

/* Keep one answer and do what follows from it. */
static void
follow(const FeedbackAnswer *answer)
{
	TicketRow	row;
	TicketRow	answered;
	TicketState state;
	const char *reason;

	if (!is_complaint(answer))
	{
		last_feedback_id = feedback_keep(answer, 0);
		return;
	}
	read_ticket(answer->ticket_id, &row);
	answered = row;
	if (row_state(&row) == STATE_MERGED)
		(void) duplicate_read_lead(&row, &answered);
	state = row_state(&answered);
	if (desk_answered_finally(answer->ticket_id) || desk_answered_finally(row_int64(&answered, TC_TICKET_ID)) ||
		!(state == STATE_RESOLVED || (state == STATE_CLOSED && within_reopen_window(&answered, answer->at))))
	{
		/* Too late to ask for anything, or no use, or the work has begun again already. */
		last_feedback_id = feedback_keep(answer, 0);
		return;
	}
	if (row_isnull(&answered, TC_TIER) || row_enum(&answered, TC_TIER) == TIER_PRINCIPAL ||
		!granted_on_rung(row_int64(&answered, TC_TICKET_ID)))
	{
		last_feedback_id = feedback_keep(answer, make_request(answer, state == STATE_RESOLVED ? "rework" : "reopen"));
		return;
	}

	/* Done again once on this rung and still not well: it is for the next. */
	last_feedback_id = feedback_keep(answer, 0);
	reason = psprintf("再次不满意 %s again after the work was done again on rung %s",
					  answer->satisfaction == NO_ANSWER ? "not solved" : satisfaction_label(answer->satisfaction),
					  ticket_enum_label(answered.layout, ENUM_TIER, DatumGetObjectId(row_datum(&answered, TC_TIER))));
	begin_again(MAINTAIN_AS_PLATFORM, row_int64(&answered, TC_TICKET_ID), CStringGetTextDatum(reason), false);
	escalation_raise(row_int64(&answered, TC_TICKET_ID), PLATFORM_ACTOR, reason, true, answer->at);
}

void
feedback_end(FeedbackBuffer *buffer)
{
	if (buffer->n == 0)
		return;
	if (platform_has("feedback"))
	{
		if (buffer->answers[0].loaded)
			feedback_keep_loaded(buffer->answers, buffer->n);
		else
			for (int i = 0; i < buffer->n; i++)
				follow(&buffer->answers[i]);
	}
	pfree(buffer->answers);
	buffer->answers = NULL;
	buffer->n = buffer->room = 0;
}

/* ---- deciding ---- */

void
feedback_lock(int64 ticket_id)
{
	duplicate_lock_lead(ticket_id);
}

/* The event that a grant stands for: the last of the ticket by now. */
static int32
last_seq(int64 ticket_id)
{
	TicketRow	row;

	read_ticket(ticket_id, &row);
	return row_int32(&row, TC_LAST_SEQ);
}

/* Refused, with a reason: while resolved it is closed as it is. */
static void
refuse(const TicketRow *row, Datum note, bool no_note)
{
	Oid			argtypes[3] = {INT8OID, TEXTOID, TEXTOID};
	Datum		values[3] = {row_datum(row, TC_TICKET_ID), note, (Datum) 0};
	const Actor *actor = identity_actor();

	if (no_note || VARSIZE_ANY_EXHDR(DatumGetPointer(note)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
				 errmsg("a complaint is refused with a reason"),
				 errdetail("Missing: note.")));
	if (row_state(row) != STATE_RESOLVED)
		return;
	check_another(row, row, actor);
	values[2] = CStringGetTextDatum(actor->name);
	(void) maintain_execute(MAINTAIN_AS_OWNER, NULL,
							"UPDATE liskeban.ticket SET state = 'closed', note = $2,"
							" checked_by = CASE WHEN has_reporter THEN checked_by ELSE COALESCE(checked_by, $3) END"
							" WHERE ticket_id OPERATOR(pg_catalog.=) $1", 3, argtypes, values, NULL);
}

bool
feedback_decide(int64 request_id, const TicketRow *row, bool granted, Datum note, bool no_note, int32 *used_seq)
{
	bool		mine;
	TicketRow	answered = *row;
	TicketState state;

	*used_seq = 0;
	if (!platform_has("feedback"))
		return false;
	mine = query_is_true("SELECT EXISTS (SELECT FROM liskeban.feedback WHERE ticket_id OPERATOR(pg_catalog.=) $1"
						 " AND request_id OPERATOR(pg_catalog.=) $2)",
						 row_datum(row, TC_TICKET_ID), INT8OID, Int64GetDatum(request_id));
	if (!mine)
		return false;
	if (!granted)
	{
		refuse(row, note, no_note);
		return true;
	}

	if (row_state(row) == STATE_MERGED)
		(void) duplicate_read_lead(row, &answered);
	state = row_state(&answered);
	if (state == STATE_RESOLVED || state == STATE_CLOSED)
	{
		if (state == STATE_CLOSED && !within_reopen_window(&answered, Max(liskeban_now(), row_time(&answered, TC_UPDATED_AT))))
			ereport(ERROR,
					(errcode(ERRCODE_LK_MISSING_REQUIREMENT),
					 errmsg("ticket " INT64_FORMAT " lacks what \"%s\" requires", row_int64(&answered, TC_TICKET_ID), "reopen"),
					 errdetail("Missing: %s.", "@reopen_window: closed within platform.reopen_within")));
		begin_again(MAINTAIN_AS_OWNER, row_int64(&answered, TC_TICKET_ID), note, no_note);
	}
	else if ((OPEN_STATES & IN(state)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_LK_NO_TRANSITION),
				 errmsg("ticket " INT64_FORMAT ", which is \"%s\", cannot be begun again",
						row_int64(&answered, TC_TICKET_ID), state_labels[state])));
	*used_seq = last_seq(row_int64(row, TC_TICKET_ID));
	return true;
}

/* ---- record_feedback ---- */

/*
 * record_feedback(ticket_id bigint, satisfaction text, solved boolean, comment text, channel text) returns bigint:
 * the row of liskeban.feedback.
 */
Datum
record_feedback(PG_FUNCTION_ARGS)
{
	const TicketLayout *layout = ticket_layout();
	Oid			argtypes[3] = {INT8OID, layout->atttype[TC_SATISFACTION], BOOLOID};
	Datum		values[3];
	char		nulls[4] = "   ";
	const Actor *actor = identity_actor();
	TicketRow	row;
	TicketRow	answered;
	FeedbackAnswer answer = {0};
	bool		shows = true;
	int64		feedback_id;

	if (!PG_ARGISNULL(0))
		duplicate_lock_lead(PG_GETARG_INT64(0));
	ticket_lock(PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0), PG_ARGISNULL(0), &row);
	if (PG_ARGISNULL(1) && PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("satisfaction must not be NULL")));
	answer.satisfaction = NO_ANSWER;
	if (!PG_ARGISNULL(1))
	{
		char	   *label = text_to_cstring(PG_GETARG_TEXT_PP(1));
		Oid			value = DatumGetObjectId(OidFunctionCall3(F_ENUM_IN, CStringGetDatum(label),
															  ObjectIdGetDatum(layout->atttype[TC_SATISFACTION]),
															  Int32GetDatum(-1)));

		answer.satisfaction = ticket_enum_ordinal(layout, ENUM_SATISFACTION, value);
	}
	answer.solved = PG_ARGISNULL(2) ? NO_ANSWER : (int) PG_GETARG_BOOL(2);
	answer.comment = PG_ARGISNULL(3) ? (Datum) 0 : PG_GETARG_DATUM(3);
	answer.channel = PG_ARGISNULL(4) ? (Datum) 0 : PG_GETARG_DATUM(4);

	find_answered(&row, &answered);
	if (!actor_has_role(actor, ROLE_DISPATCHER | ROLE_SOURCE, &row))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not answer for the citizen of ticket " INT64_FORMAT,
						actor->name, row_int64(&row, TC_TICKET_ID)),
				 errdetail("It takes a membership that reaches the ticket as: %s.", "dispatcher, source")));
	check_another(&row, &answered, actor);

	/* An attempt is kept; the ticket shows it once there were enough of them. */
	if (answer.satisfaction == SATISFACTION_UNREACHABLE)
	{
		answer.solved = NO_ANSWER;
		shows = unreachable_enough(&row, &answered, Max(liskeban_now(), row_time(&row, TC_UPDATED_AT)));
	}
	values[0] = PG_GETARG_DATUM(0);
	values[1] = answer.satisfaction == NO_ANSWER ? row_datum(&row, TC_SATISFACTION)
		: ObjectIdGetDatum(layout->enum_oid[ENUM_SATISFACTION][answer.satisfaction]);
	values[2] = BoolGetDatum(answer.solved == 1);
	if (answer.satisfaction == NO_ANSWER && row_isnull(&row, TC_SATISFACTION))
		nulls[1] = 'n';
	if (answer.solved == NO_ANSWER)
		nulls[2] = 'n';
	last_feedback_id = 0;
	PG_TRY();
	{
		saying = &answer;
		(void) maintain_execute(MAINTAIN_AS_OWNER, FEEDBACK_ACTION,
								shows ? "UPDATE liskeban.ticket SET satisfaction = $2, solved = $3"
								" WHERE ticket_id OPERATOR(pg_catalog.=) $1"
								: "UPDATE liskeban.ticket SET note = NULL WHERE ticket_id OPERATOR(pg_catalog.=) $1"
								" AND $2 IS NOT DISTINCT FROM $2 AND $3 IS NOT DISTINCT FROM $3",
								3, argtypes, values, nulls);
	}
	PG_FINALLY();
	{
		saying = NULL;
	}
	PG_END_TRY();
	feedback_id = last_feedback_id;
	if (feedback_id == 0)
		elog(ERROR, "the answer of ticket " INT64_FORMAT " was not kept", row_int64(&row, TC_TICKET_ID));
	PG_RETURN_INT64(feedback_id);
}
