-- For tests that tell whole lives: time that passes as it would, a statement as somebody, what is so against what the
-- rules say. Reads guard_district.sql before it.

-- Time passes until then: the sweep comes at each instant at which anything is due, and once more at the end.
CREATE FUNCTION until(local text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  target CONSTANT timestamptz := local || '+08';
  next timestamptz;
  before timestamptz := liskeban.liskeban_now();
BEGIN
  IF target < before THEN
    RAISE EXCEPTION 'time does not run backwards: % is before %', target, before;
  END IF;
  LOOP
    SELECT min(w.next_alarm_at) INTO next FROM liskeban.worklist AS w WHERE w.next_alarm_at > before AND w.next_alarm_at <= target;
    EXIT WHEN next IS NULL;
    PERFORM set_config('liskeban.now', next::text, false), liskeban.sweep();
    before := next;
  END LOOP;
  PERFORM set_config('liskeban.now', target::text, false), liskeban.sweep();
END $$;

-- Somebody does something; what comes back.
CREATE FUNCTION does(identity text, statement text, VARIADIC args text[] DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  PERFORM liskeban.act_as(identity);
  EXECUTE 'SELECT (' || format(statement, VARIADIC args) || ')::text' INTO result;
  PERFORM liskeban.act_as(NULL);
  RETURN result;
END $$;
-- Somebody tries something, which is undone: its SQLSTATE, or ok.
CREATE FUNCTION gets(identity text, statement text, VARIADIC args text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
  SELECT code('SELECT ' || format(statement, VARIADIC args), identity) $$;

-- What is so, against what the rules say.
CREATE FUNCTION so(what text, got text, want text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN got IS NOT DISTINCT FROM want THEN 'ok: ' || what
              ELSE format('NOT SO: %s is %s, should be %s', what, coalesce(quote_literal(got), 'NULL'), coalesce(quote_literal(want), 'NULL')) END $$;
CREATE FUNCTION so(what text, got boolean, want boolean) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT so(what, got::text, want::text) $$;
-- The lines that one has and the other has not
CREATE FUNCTION so(what text, got text[], want text[]) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
  WITH g AS (SELECT w.line, count(*) AS n, min(w.i) AS i FROM unnest(got) WITH ORDINALITY AS w(line, i) GROUP BY 1),
       w AS (SELECT w.line, count(*) AS n, min(w.i) AS i FROM unnest(want) WITH ORDINALITY AS w(line, i) GROUP BY 1)
  SELECT 'ok: ' || what WHERE got IS NOT DISTINCT FROM want
  UNION ALL
  (SELECT format('NOT SO: %s: %s', what, CASE WHEN coalesce(g.n, 0) > coalesce(w.n, 0) THEN 'there is ' || g.line ELSE 'there should be ' || w.line END)
     FROM g FULL JOIN w USING (line) WHERE g.n IS DISTINCT FROM w.n ORDER BY coalesce(g.i, w.i))
  UNION ALL
  SELECT format('NOT SO: %s: another order: %s', what, got)
   WHERE got IS DISTINCT FROM want AND NOT EXISTS (SELECT FROM g FULL JOIN w USING (line) WHERE g.n IS DISTINCT FROM w.n) $$;

CREATE FUNCTION short(t timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT to_char(t AT TIME ZONE 'Asia/Shanghai', CASE WHEN date_trunc('minute', t) = t THEN 'MM-DD HH24:MI' ELSE CASE WHEN date_trunc('second', t) = t THEN 'MM-DD HH24:MI:SS' ELSE 'MM-DD HH24:MI:SS.US' END END) $$;

-- History: when, what, by whom, and the state it led to.
CREATE FUNCTION told(id bigint) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT array_agg(concat_ws(' ', short(e.at), e.action, 'by', CASE WHEN e.actor = session_user THEN 'postgres' ELSE e.actor END,
                             CASE WHEN e.from_state IS DISTINCT FROM e.to_state THEN '-> ' || e.to_state END) ORDER BY e.seq)
    FROM liskeban.ticket_event AS e WHERE e.ticket_id = id $$;
-- Its alarms of those clocks: when, which, how often set anew.
CREATE FUNCTION alarms(id bigint, clocks text[] DEFAULT NULL) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(concat_ws(' ', short(a.at), a.clock, a.level, CASE WHEN a.subject IS NULL THEN 'run ' || a.run END)
                            ORDER BY a.at, a.clock, a.level, a.run, a.subject), '{}')
    FROM liskeban.alarm AS a WHERE a.ticket_id = id AND (clocks IS NULL OR a.clock::text = ANY (clocks)) $$;
CREATE FUNCTION supervisions(id bigint) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(concat_ws(' ', short(s.issued_at), s.kind, s.clock, s.level, 'to', coalesce(s.department, s.area::text, 'the desk'),
                                      'reply ' || short(s.reply_due))
                            ORDER BY s.issued_at, s.clock, s.level, s.supervision_id), '{}')
    FROM liskeban.supervision AS s WHERE s.ticket_id = id $$;
CREATE FUNCTION whistles(id bigint) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(concat_ws(' ', short(w.raised_at), CASE WHEN w.auto THEN 'auto' END, w.from_tier, '->', w.to_tier, 'by', w.raised_by,
                                      'sign', short(w.sign_due), 'handle', short(w.handle_due), 'signed ' || short(w.signed_at),
                                      w.outcome || ' ' || short(w.ended_at)) ORDER BY w.whistle_id), '{}')
    FROM liskeban.whistle AS w WHERE w.ticket_id = id $$;
CREATE FUNCTION parties(id bigint) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(concat_ws(' ', p.role, coalesce(p.department, p.area::text), 'due ' || short(p.due), 'done ' || short(p.done_at),
                                      'refused: ' || p.refused_reason) ORDER BY p.party_id), '{}')
    FROM liskeban.party AS p WHERE p.ticket_id = id AND p.role = 'co' $$;
-- A ticket in one line: where it is and by when.
CREATE FUNCTION stands(id bigint) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT concat_ws(' ', t.state, 'run ' || t.run, t.tier, coalesce(t.department, t.responsible_area::text), 'plan ' || short(t.plan_due),
                   'resolve ' || short(t.resolve_due), CASE WHEN t.resolve_due <> t.resolve_due_original THEN 'not ' || short(t.resolve_due_original) END,
                   'feedback ' || short(t.feedback_due))
    FROM liskeban.ticket AS t WHERE t.ticket_id = id $$;
CREATE FUNCTION open_request(id bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT r.request_id FROM liskeban.request AS r WHERE r.ticket_id = id AND r.decided_at IS NULL $$;
CREATE FUNCTION open_whistle(id bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT w.whistle_id FROM liskeban.whistle AS w WHERE w.ticket_id = id AND w.ended_at IS NULL $$;
CREATE FUNCTION reported_by(id bigint, who text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO liskeban.reporter (ticket_id, name) VALUES (id, who) $$;
-- All that should hold, and every ticket's history ends where it stands
CREATE FUNCTION holds() RETURNS SETOF text LANGUAGE sql AS $$
  SELECT format('NOT SO: %s: ticket %s: %s', i.invariant, i.ticket_id, i.problem) FROM liskeban.check_invariants() AS i $$;

INSERT INTO liskeban.membership (role_name, duty, area, department) VALUES
  ('town1', 'handler', '320117001', NULL), ('district', 'handler', '320117', NULL), ('builders', 'handler', NULL, 'housing_construction');
