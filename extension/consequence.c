/*
 * consequence.c: what else follows from a ticket's moves, in other tables.
 *
 * The log gathers the moves of its statement; then each rule below whose actions occurred runs once over them, in the
 * order of the table.  A rule is SQL that reads "moves" and says in its WHERE which of them it means.  The columns of
 * moves: ticket_id, seq, action, from_state, to_state, old_tier, new_tier, actor, at.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "consequence.h"
#include "dispatch.h"
#include "hazard.h"
#include "identity.h"
#include "liskeban.h"
#include "maintain.h"
#include "query.h"
#include "revert.h"

#define MOVE(action) (1u << (action))
#define MOVE_COLUMNS 9

/* What hardly any move concerns is asked first, by a plan that is kept. */
typedef struct Probe
{
	const char *sql;
	SPIPlanPtr	plan;
} Probe;

/* Tickets that were merged into one that moved. */
static Probe leads = {
	.sql = "SELECT FROM moves AS m JOIN liskeban.ticket AS t ON t.merged_into OPERATOR(pg_catalog.=) m.ticket_id"
	" WHERE t.state OPERATOR(pg_catalog.=) 'merged'"
};

/* Hazards, and steps of theirs. */
static Probe hazards = {
	.sql = "SELECT FROM moves AS m WHERE EXISTS (SELECT FROM liskeban.hazard AS h"
	" WHERE h.ticket_id OPERATOR(pg_catalog.=) m.ticket_id) OR EXISTS (SELECT FROM liskeban.hazard_task AS k"
	" WHERE k.ticket_id OPERATOR(pg_catalog.=) m.ticket_id)"
};

/*
 * What follows.  A rule without maintain writes other tables only and keeps its plan; one with maintain moves or amends
 * other tickets, as the platform.
 */
typedef struct Rule
{
	uint32		actions;		/* MOVE bits */
	bool		maintain;
	Probe	   *only_of;			/* follows only where it finds any of the moves; NULL: always */
	bool		(*applies) (void);	/* NULL: always */
	const char *sql;
	SPIPlanPtr	plan;
} Rule;

static Rule rules[] = {
	/* ---- supervisions ---- */

	/*
	 * Nobody is supervised over a ticket that is gone.  A row that is being written is left: its writer has locked it
	 * before the ticket.
	 */
	{
		.actions = MOVE(ACTION_MERGE) | MOVE(ACTION_WITHDRAW) | MOVE(ACTION_REJECT),
		.maintain = true,
		.sql =
		"UPDATE liskeban.supervision AS s SET struck_at = m.at, struck_by = '" PLATFORM_ACTOR "', note = m.action"
		" FROM moves AS m CROSS JOIN LATERAL (SELECT o.supervision_id FROM liskeban.supervision AS o"
		" WHERE o.ticket_id OPERATOR(pg_catalog.=) m.ticket_id AND o.struck_at IS NULL FOR UPDATE SKIP LOCKED) AS o"
		" WHERE s.supervision_id OPERATOR(pg_catalog.=) o.supervision_id"
		" AND m.action OPERATOR(pg_catalog.=) ANY ('{merge,withdraw,reject}')"
	},
	/* What the platform urged asks for no answer: it strikes that off when the ticket is closed, for nobody else would. */
	{
		.actions = MOVE(ACTION_CLOSE),
		.maintain = true,
		.sql =
		"UPDATE liskeban.supervision AS s SET struck_at = m.at, struck_by = '" PLATFORM_ACTOR "', note = m.action"
		" FROM moves AS m CROSS JOIN LATERAL (SELECT o.supervision_id FROM liskeban.supervision AS o"
		" WHERE o.ticket_id OPERATOR(pg_catalog.=) m.ticket_id AND o.struck_at IS NULL AND o.kind OPERATOR(pg_catalog.=) 'urge'"
		" AND o.issued_by OPERATOR(pg_catalog.=) '" PLATFORM_ACTOR "' FOR UPDATE SKIP LOCKED) AS o"
		" WHERE s.supervision_id OPERATOR(pg_catalog.=) o.supervision_id AND m.action OPERATOR(pg_catalog.=) 'close'"
	},

	/* ---- whistles ---- */

	/* A whistle is over when its ticket is solved, or has left the rung by another way. */
	{
		.actions = MOVE(ACTION_RESOLVE) | MOVE(ACTION_ANSWER) | MOVE(ACTION_WITHDRAW) | MOVE(ACTION_REJECT) |
		MOVE(ACTION_MERGE) | MOVE(ACTION_OFF_RUNG),
		.sql =
		"UPDATE liskeban.whistle AS w SET ended_at = m.at, ended_by = m.actor,"
		" outcome = CASE WHEN m.action OPERATOR(pg_catalog.=) ANY ('{resolve,answer}') THEN 'solved' ELSE 'overtaken' END"
		" FROM moves AS m WHERE w.ticket_id OPERATOR(pg_catalog.=) m.ticket_id AND w.ended_at IS NULL"
		" AND m.action OPERATOR(pg_catalog.=) ANY ('{resolve,answer,withdraw,reject,merge,@off_rung}')"
	},

	/* ---- merged tickets ---- */

	/* A lead that is closed closes what was merged into it, whose reporters answer for themselves. */
	{
		.actions = MOVE(ACTION_CLOSE),
		.maintain = true,
		.only_of = &leads,
		.sql =
		"UPDATE liskeban.ticket AS t SET closed_at = m.at, updated_at = m.at,"
		" note = pg_catalog.format('主单已关闭 its lead %s was closed', m.ticket_id)"
		" FROM moves AS m WHERE t.merged_into OPERATOR(pg_catalog.=) m.ticket_id AND t.state OPERATOR(pg_catalog.=) 'merged'"
		" AND m.action OPERATOR(pg_catalog.=) 'close'"
	},
	/* One whose work begins again opens them too: what they said of its result says nothing of the next. */
	{
		.actions = MOVE(ACTION_REWORK) | MOVE(ACTION_REOPEN),
		.maintain = true,
		.only_of = &leads,
		.sql =
		"UPDATE liskeban.ticket AS t SET closed_at = NULL, satisfaction = NULL, solved = NULL, checked_by = NULL,"
		" updated_at = m.at, note = pg_catalog.format('主单重新办理 its lead %s is handled again', m.ticket_id)"
		" FROM moves AS m WHERE t.merged_into OPERATOR(pg_catalog.=) m.ticket_id AND t.state OPERATOR(pg_catalog.=) 'merged'"
		" AND pg_catalog.num_nonnulls(t.closed_at, t.satisfaction, t.solved, t.checked_by) OPERATOR(pg_catalog.>) 0"
		" AND m.action OPERATOR(pg_catalog.=) ANY ('{rework,reopen}')"
	},
	/* One that goes away leaves the eldest in its place. */
	{
		.actions = MOVE(ACTION_WITHDRAW) | MOVE(ACTION_REJECT),
		.maintain = true,
		.only_of = &leads,
		.sql =
		"SELECT FROM liskeban.ticket AS t WHERE t.merged_into OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT m.ticket_id"
		" FROM moves AS m WHERE m.action OPERATOR(pg_catalog.=) ANY ('{withdraw,reject}')))"
		" AND t.state OPERATOR(pg_catalog.=) 'merged' ORDER BY t.ticket_id FOR UPDATE;"
		"UPDATE liskeban.ticket AS t SET merged_into = e.ticket_id, updated_at = m.at,"
		" note = pg_catalog.format('主单已终止，改并 its lead %s is gone, %s takes its place', m.ticket_id, e.ticket_id)"
		" FROM moves AS m, LATERAL (SELECT x.ticket_id FROM liskeban.ticket AS x"
		" WHERE x.merged_into OPERATOR(pg_catalog.=) m.ticket_id AND x.state OPERATOR(pg_catalog.=) 'merged'"
		" ORDER BY x.received_at, x.ticket_id LIMIT 1) AS e"
		" WHERE t.merged_into OPERATOR(pg_catalog.=) m.ticket_id AND t.state OPERATOR(pg_catalog.=) 'merged'"
		" AND t.ticket_id OPERATOR(pg_catalog.<>) e.ticket_id"
		" AND m.action OPERATOR(pg_catalog.=) ANY ('{withdraw,reject}');"
		"UPDATE liskeban.ticket AS t SET state = 'accepted', updated_at = m.at,"
		" note = pg_catalog.format('主单已终止，接替主单 its lead %s is gone, it takes its place', m.ticket_id)"
		" FROM moves AS m WHERE t.merged_into OPERATOR(pg_catalog.=) m.ticket_id AND t.state OPERATOR(pg_catalog.=) 'merged'"
		" AND m.action OPERATOR(pg_catalog.=) ANY ('{withdraw,reject}')"
	},
	/* One that is merged itself takes along what was merged into it: there are no chains. */
	{
		.actions = MOVE(ACTION_MERGE),
		.maintain = true,
		.only_of = &leads,
		.sql =
		"UPDATE liskeban.ticket AS t SET merged_into = l.merged_into, updated_at = m.at,"
		" note = pg_catalog.format('主单并入，改并 its lead %s was merged into %s', m.ticket_id, l.merged_into)"
		" FROM moves AS m JOIN liskeban.ticket AS l ON l.ticket_id OPERATOR(pg_catalog.=) m.ticket_id"
		" WHERE t.merged_into OPERATOR(pg_catalog.=) m.ticket_id AND t.state OPERATOR(pg_catalog.=) 'merged'"
		" AND m.action OPERATOR(pg_catalog.=) 'merge'"
	},

	/* ---- requests ---- */

	/*
	 * The complaints that asked for it are granted by it, the lead's and those of what was merged into it, whose events of
	 * the same the rule above has written.
	 */
	{
		.actions = MOVE(ACTION_REWORK) | MOVE(ACTION_REOPEN),
		.sql =
		"UPDATE liskeban.request AS r SET granted = true, decided_at = GREATEST(m.at, r.asked_at), used_seq = m.seq,"
		" decided_by = CASE WHEN r.asked_by OPERATOR(pg_catalog.=) m.actor THEN 'platform' ELSE m.actor END"
		" FROM (SELECT n.ticket_id, n.seq, n.actor, n.at FROM moves AS n"
		" WHERE n.action OPERATOR(pg_catalog.=) ANY ('{rework,reopen}')"
		" UNION ALL SELECT t.ticket_id, t.last_seq, n.actor, n.at FROM moves AS n, liskeban.ticket AS t"
		" WHERE n.action OPERATOR(pg_catalog.=) ANY ('{rework,reopen}') AND t.merged_into OPERATOR(pg_catalog.=) n.ticket_id"
		" AND t.state OPERATOR(pg_catalog.=) 'merged') AS m"
		" WHERE r.ticket_id OPERATOR(pg_catalog.=) m.ticket_id AND r.decided_at IS NULL"
		" AND EXISTS (SELECT FROM liskeban.feedback AS f WHERE f.ticket_id OPERATOR(pg_catalog.=) r.ticket_id"
		" AND f.request_id OPERATOR(pg_catalog.=) r.request_id)"
	},
	/* What was asked for a work that is over, or for one who has given it back, nobody needs to decide any more. */
	{
		.actions = MOVE(ACTION_RESOLVE) | MOVE(ACTION_ANSWER) | MOVE(ACTION_WITHDRAW) | MOVE(ACTION_MERGE) |
		MOVE(ACTION_RETURN),
		.sql =
		"UPDATE liskeban.request AS r SET granted = false, decided_at = GREATEST(m.at, r.asked_at),"
		" decided_by = CASE WHEN r.asked_by = 'platform' THEN m.actor ELSE 'platform' END,"
		" note = 'lapsed with \"' || m.action || '\"'"
		" FROM moves AS m WHERE r.ticket_id = m.ticket_id AND r.decided_at IS NULL"
		" AND m.action IN ('resolve', 'answer', 'withdraw', 'merge', 'return')"
		" AND (m.action = 'withdraw' OR r.kind IN ('return', 'suspend', 'extend', 'promise'))"
	},

	/* ---- parties ---- */

	/* The lead's part is done when the ticket is, and begins again with it. */
	{
		.actions = MOVE(ACTION_RESOLVE) | MOVE(ACTION_ANSWER),
		.sql =
		"UPDATE liskeban.party AS p SET done_at = m.at, done_by = m.actor FROM moves AS m"
		" WHERE p.ticket_id = m.ticket_id AND p.role = 'lead' AND p.done_at IS NULL"
		" AND m.action IN ('resolve', 'answer')"
	},
	{
		.actions = MOVE(ACTION_WORK_AGAIN),
		.sql =
		"UPDATE liskeban.party AS p SET done_at = NULL, done_by = NULL FROM moves AS m"
		" WHERE p.ticket_id = m.ticket_id AND p.role = 'lead' AND p.done_at IS NOT NULL AND m.action = '@work_again'"
	},
	/*
	 * The lead is who holds the ticket; who took part and holds it now takes part no more.  A row that is being written is
	 * left, for its writer has locked it before the ticket, and says himself what has become of it.
	 */
	{
		.actions = MOVE(ACTION_NEW_HOLDER),
		.sql =
		"UPDATE liskeban.party AS p SET done_at = m.at, done_by = 'platform', note = 'leads now'"
		" FROM moves AS m JOIN liskeban.ticket AS t ON t.ticket_id = m.ticket_id,"
		" LATERAL (SELECT o.party_id FROM liskeban.party AS o"
		" WHERE o.ticket_id = m.ticket_id AND o.role = 'co' AND o.done_at IS NULL AND o.refused_at IS NULL"
		" AND (o.department = t.department OR t.department IS NULL AND o.area OPERATOR(liskeban.=) t.responsible_area)"
		" FOR UPDATE SKIP LOCKED) AS o"
		" WHERE p.party_id = o.party_id AND m.action = '@new_holder'"
	},
	{
		.actions = MOVE(ACTION_NEW_HOLDER),
		.sql =
		"UPDATE liskeban.party AS p SET department = t.department,"
		" area = CASE WHEN t.department IS NULL THEN t.responsible_area END"
		" FROM moves AS m JOIN liskeban.ticket AS t ON t.ticket_id = m.ticket_id"
		" WHERE p.ticket_id = m.ticket_id AND p.role = 'lead' AND num_nonnulls(t.department, t.responsible_area) > 0"
		" AND m.action = '@new_holder'"
	},

	/* ---- progress ---- */

	/* While a ticket is planned, a report of its progress is due. */
	{
		.actions = MOVE(ACTION_PLANNED) | MOVE(ACTION_UNPLANNED),
		.sql =
		"UPDATE liskeban.progress AS p SET ended_at = m.at FROM moves AS m"
		" WHERE p.ticket_id = m.ticket_id AND p.ended_at IS NULL AND m.action IN ('@planned', '@unplanned')"
	},
	{
		.actions = MOVE(ACTION_PLANNED),
		.sql =
		"INSERT INTO liskeban.progress (ticket_id, opened_at, due)"
		" SELECT m.ticket_id, m.at, liskeban.add_working_time(m.at, y.progress_every, 'calendar')"
		" FROM moves AS m JOIN liskeban.plan_policy AS y ON y.tier = m.new_tier"
		" WHERE m.action = '@planned' AND m.to_state = 'planned'"
	},

	/* ---- hazards ---- */

	/* The end of a step opens the next, the end of a hazard ends its steps. */
	{
		.actions = MOVE(ACTION_CLOSE) | MOVE(ACTION_WITHDRAW) | MOVE(ACTION_REJECT) | MOVE(ACTION_MERGE) |
		MOVE(ACTION_REOPEN) | MOVE(ACTION_UNMERGE),
		.maintain = true,
		.only_of = &hazards,
		.applies = hazard_there,
		.sql =
		"SELECT liskeban._hazard_follow(m.ticket_id, m.action, m.at, m.actor) FROM (SELECT n.* FROM moves AS n"
		" WHERE n.action OPERATOR(pg_catalog.=) ANY ('{close,withdraw,reject,merge,reopen,unmerge}')"
		" ORDER BY n.ticket_id OFFSET 0) AS m"
	},

	/* ---- dispatch ---- */

	/* An accepted ticket goes on at once to where a rule of liskeban.dispatch_rule sends it. */
	{
		.actions = MOVE(ACTION_ACCEPT),
		.maintain = true,
		.applies = dispatch_has_rules,
		.sql =
		"UPDATE liskeban.ticket AS t SET state = 'dispatched', responsible_area = d.responsible_area, department = d.department,"
		" note = d.note, updated_at = m.at"
		" FROM moves AS m, liskeban.ticket AS s, liskeban._dispatch_target(s) AS d"
		" WHERE m.action OPERATOR(pg_catalog.=) 'accept' AND s.ticket_id OPERATOR(pg_catalog.=) m.ticket_id"
		" AND s.state OPERATOR(pg_catalog.=) 'accepted' AND t.ticket_id OPERATOR(pg_catalog.=) m.ticket_id AND d.rule_id IS NOT NULL"
	},
};

static bool active = false;

void
consequence_begin(ConsequenceBuffer *moves)
{
	memset(moves, 0, sizeof(*moves));
}

/* Does the rule mean any of the actions, as things stand? */
static bool
rule_applies(const Rule *rule, uint32 actions)
{
	return (rule->actions & actions) != 0 && (rule->applies == NULL || rule->applies());
}

/* Does anything follow from the action? */
static bool
anything_follows(Action action)
{
	for (int i = 0; i < (int) lengthof(rules); i++)
		if (rule_applies(&rules[i], MOVE(action)))
			return true;
	return false;
}

static TupleDesc
make_desc(const TicketLayout *layout)
{
	TupleDesc	desc = CreateTemplateTupleDesc(MOVE_COLUMNS);

	TupleDescInitEntry(desc, 1, "ticket_id", INT8OID, -1, 0);
	TupleDescInitEntry(desc, 2, "seq", INT4OID, -1, 0);
	TupleDescInitEntry(desc, 3, "action", TEXTOID, -1, 0);
	TupleDescInitEntry(desc, 4, "from_state", layout->atttype[TC_STATE], -1, 0);
	TupleDescInitEntry(desc, 5, "to_state", layout->atttype[TC_STATE], -1, 0);
	TupleDescInitEntry(desc, 6, "old_tier", layout->atttype[TC_TIER], -1, 0);
	TupleDescInitEntry(desc, 7, "new_tier", layout->atttype[TC_TIER], -1, 0);
	TupleDescInitEntry(desc, 8, "actor", TEXTOID, -1, 0);
	TupleDescInitEntry(desc, 9, "at", TIMESTAMPTZOID, -1, 0);
	return desc;
}

static void
add_row(ConsequenceBuffer *moves, const TicketRow *old, const TicketRow *new, Action action)
{
	Datum		values[MOVE_COLUMNS];
	bool		nulls[MOVE_COLUMNS] = {false};

	if (!anything_follows(action))
		return;
	if (moves->rows == NULL)
	{
		MemoryContext save = MemoryContextSwitchTo(TopTransactionContext);

		moves->desc = make_desc(new->layout);
		moves->rows = tuplestore_begin_heap(false, false, work_mem);
		MemoryContextSwitchTo(save);
	}
	values[0] = row_datum(new, TC_TICKET_ID);
	values[1] = row_datum(new, TC_LAST_SEQ);
	values[2] = CStringGetTextDatum(action_name(action));
	values[3] = row_datum(old, TC_STATE);
	values[4] = row_datum(new, TC_STATE);
	values[5] = row_datum(old, TC_TIER);
	nulls[5] = row_isnull(old, TC_TIER);
	values[6] = row_datum(new, TC_TIER);
	nulls[6] = row_isnull(new, TC_TIER);
	values[7] = CStringGetTextDatum(identity_actor()->name);
	values[8] = row_datum(new, TC_UPDATED_AT);
	tuplestore_putvalues(moves->rows, moves->desc, values, nulls);
	moves->nrows++;
	moves->actions |= MOVE(action);
}

void
consequence_add(ConsequenceBuffer *moves, const TicketRow *old, const TicketRow *new, const char *move)
{
	TicketState from = row_state(old);
	TicketState to = row_state(new);

	if (move != NULL)
		add_row(moves, old, new, action_by_name(move));
	if (!row_isnull(old, TC_TIER) &&
		(row_changed(old, new, TC_RESPONSIBLE_AREA) || row_changed(old, new, TC_DEPARTMENT)))
		add_row(moves, old, new, ACTION_NEW_HOLDER);
	if (move != NULL && !row_isnull(old, TC_TIER) && row_changed(old, new, TC_TIER))
		add_row(moves, old, new, ACTION_OFF_RUNG);
	/* A revert goes on with the report that was due before. */
	if (to == STATE_PLANNED && (from != to || move != NULL) && revert_active() == 0)
		add_row(moves, old, new, ACTION_PLANNED);
	else if (from == STATE_PLANNED && from != to)
		add_row(moves, old, new, ACTION_UNPLANNED);
	if ((from == STATE_RESOLVED || from == STATE_CLOSED) && !state_is_final(to) && to != STATE_RESOLVED)
		add_row(moves, old, new, ACTION_WORK_AGAIN);
}

bool
consequence_active(void)
{
	return active;
}

/* Does the probe find any of the moves? */
static bool
finds_any(Probe *probe, EphemeralNamedRelation enr)
{
	bool		found;

	SPI_connect();
	query_see_rows(enr);
	query_plan(&probe->plan, probe->sql, 0, NULL);
	if (SPI_execute_plan(probe->plan, NULL, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not execute \"%s\"", probe->sql);
	found = SPI_processed > 0;
	SPI_finish();
	return found;
}

/* One rule over the moves there are. */
static void
run_rule(Rule *rule, EphemeralNamedRelation enr)
{
	if (rule->maintain)
	{
		(void) maintain_execute_from(MAINTAIN_AS_PLATFORM, NULL, rule->sql, enr);
		return;
	}
	SPI_connect();
	query_see_rows(enr);
	if (SPI_execute_plan(query_plan_for(&rule->plan, rule->sql, 0, NULL, enr->md.enrtuples), NULL, NULL, false, 0) < 0)
		elog(ERROR, "could not execute \"%s\"", rule->sql);
	SPI_finish();
}

void
consequence_end(ConsequenceBuffer *moves)
{
	EphemeralNamedRelationData enr;
	bool		was_active = active;

	if (moves->nrows == 0)
		return;
	/* A platform of an earlier version has nothing of what follows until upgrade_platform(). */
	if (platform_has("whistle"))
	{
		query_name_rows(&enr, "moves", moves->desc, moves->rows, moves->nrows);
		active = true;
		PG_TRY();
		{
			for (int i = 0; i < (int) lengthof(rules); i++)
				if (rule_applies(&rules[i], moves->actions) && (rules[i].only_of == NULL || finds_any(rules[i].only_of, &enr)))
					run_rule(&rules[i], &enr);
		}
		PG_FINALLY();
		{
			active = was_active;
		}
		PG_END_TRY();
	}
	tuplestore_end(moves->rows);
	FreeTupleDesc(moves->desc);
}
