-- The figures of liskeban.kpi() by brute force: history replayed row by row into spans of time, each with all that was
-- known of the ticket then, and every figure asked of the spans in plain SQL. Shares no code with the library.
--
--   SELECT kpi_replay(as_of);                             replay every ticket, as of then
--   SELECT * FROM kpi_replay_sums(from, to, by, kinds);   the figures of that replay
--   SELECT * FROM kpi_difference(from, to, by, as_of, kinds);   where they differ from liskeban.kpi(): no rows

CREATE TABLE kpi_span (
  ticket_id bigint, seq integer, run integer, begins timestamptz, ends timestamptz,
  state liskeban.ticket_state, action text, actor text,
  old jsonb, new jsonb,
  PRIMARY KEY (ticket_id, seq)
);
CREATE TABLE kpi_fact (
  ticket_id bigint PRIMARY KEY, received_at timestamptz, kind liskeban.ticket_kind, source text, last jsonb, state text,
  cohort boolean, self boolean, due boolean, complete boolean, on_time boolean, on_time_original boolean,
  response_due boolean, response boolean, response_proven boolean, resolved boolean, reworked boolean, first_time boolean,
  plan_due boolean, plan boolean, promise_due boolean, promise boolean, breaches text[]
);
CREATE TABLE kpi_whistle (ticket_id bigint, raised_at timestamptz, upheld boolean, solved boolean);

-- The whistles of villages, step by step: one is open, or declined and may be appealed, or appealed; whatever else moves the
-- ticket up, down or to its end ends that. Only the working day is the library's.
CREATE FUNCTION kpi_replay_whistles(as_of timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  w kpi_whistle;
  s record;
  stage text;
  appealable timestamptz;
BEGIN
  TRUNCATE kpi_whistle;
  FOR s IN SELECT x.*, lead(x.ticket_id) OVER (ORDER BY x.ticket_id, x.seq) IS DISTINCT FROM x.ticket_id AS is_last
             FROM kpi_span x WHERE x.ticket_id IN (SELECT y.ticket_id FROM kpi_span y WHERE y.action = 'blow_whistle') ORDER BY x.ticket_id, x.seq LOOP
    IF s.action IN ('resolve', 'answer') THEN
      UPDATE kpi_whistle k SET solved = coalesce(k.solved, true) WHERE k.ticket_id = s.ticket_id;
      w.solved := CASE WHEN w.ticket_id IS NOT NULL THEN coalesce(w.solved, true) END;
    ELSIF s.action = 'reopen' THEN
      UPDATE kpi_whistle k SET solved = false WHERE k.ticket_id = s.ticket_id;
      w.solved := CASE WHEN w.ticket_id IS NOT NULL THEN false END;
    END IF;
    CASE
      WHEN s.action = 'decline_whistle' AND stage = 'open' THEN
        stage := 'declined';
        appealable := liskeban.add_working_time(s.begins, '1 day', 'working_day');
      WHEN s.action = 'decline_whistle' AND stage = 'appealed' THEN
        stage := 'over';
        w.upheld := true;
      WHEN s.action = 'appeal_whistle' AND stage = 'declined' THEN
        stage := 'appealed';
        w.upheld := s.begins > appealable;
      WHEN s.action IN ('hand_down', 'resolve', 'answer') AND stage IN ('open', 'appealed')
        OR s.action IN ('withdraw', 'merge', 'reject') AND stage = 'open' THEN
        stage := 'over';
      ELSE
        NULL;
    END CASE;
    IF s.action = 'blow_whistle' OR s.is_last THEN
      -- what was declined can be appealed no more, or has not been by as_of
      IF w.ticket_id IS NOT NULL THEN
        w.upheld := coalesce(w.upheld, false) OR stage = 'declined' AND appealable < as_of;
        INSERT INTO kpi_whistle SELECT w.*;
        w := NULL;
        stage := NULL;
      END IF;
      IF s.action = 'blow_whistle' AND s.old ->> 'tier' = 'village' THEN
        w.ticket_id := s.ticket_id;
        w.raised_at := s.begins;
        stage := 'open';
        IF s.is_last THEN
          INSERT INTO kpi_whistle SELECT w.ticket_id, w.raised_at, false, w.solved;
          w := NULL;
          stage := NULL;
        END IF;
      END IF;
    END IF;
  END LOOP;
  -- solved is what has not come up again, and stands resolved or closed at the end
  UPDATE kpi_whistle k SET solved = coalesce(k.solved, false) AND EXISTS (SELECT FROM kpi_span x WHERE x.ticket_id = k.ticket_id AND x.ends IS NULL AND x.state IN ('resolved', 'closed'));
END
$$;

-- The due a resolve was held to: resolve_due, and for a hard ticket that has none yet plan_due.
CREATE FUNCTION kpi_due(known jsonb) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN known ->> 'resolve_due' IS NOT NULL THEN (known ->> 'resolve_due')::timestamptz
              WHEN known ->> 'difficulty' = 'hard' THEN (known ->> 'plan_due')::timestamptz END
$$;

CREATE FUNCTION kpi_replay(as_of timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  running CONSTANT text[] := '{reported,accepted,dispatched,on_site,planned}';
  t record;
  e record;
  f kpi_fact;
  state text;
  known jsonb;
  was jsonb;
  column_ record;
  undone integer[];
  promised timestamptz;
  promised_seq integer;
  kept_at timestamptz;
  arrival record;
  red boolean;
BEGIN
  TRUNCATE kpi_span, kpi_fact;
  FOR t IN SELECT x.ticket_id, x.kind, x.source, x.received_at, x.parent_id FROM liskeban.ticket x ORDER BY x.ticket_id LOOP
    CONTINUE WHEN NOT EXISTS (SELECT FROM liskeban.ticket_event x WHERE x.ticket_id = t.ticket_id AND x.seq = 1
                              AND x.at <= as_of AND x.recorded_at <= as_of);
    SELECT coalesce(array_agg((x.detail ->> 'reverts')::integer), '{}') INTO undone FROM liskeban.ticket_event x
      WHERE x.ticket_id = t.ticket_id AND x.at <= as_of AND x.recorded_at <= as_of AND x.detail ? 'reverts';

    -- spans
    known := '{}';
    state := NULL;
    FOR e IN SELECT x.* FROM liskeban.ticket_event x
             WHERE x.ticket_id = t.ticket_id AND x.at <= as_of AND x.recorded_at <= as_of AND x.seq <> ALL (undone)
             ORDER BY x.seq LOOP
      was := known;
      FOR column_ IN SELECT d.key, d.value FROM jsonb_each(coalesce(e.detail, '{}')) d WHERE d.key <> 'reverts' LOOP
        known := known || jsonb_build_object(column_.key, column_.value -> 1);
      END LOOP;
      IF e.from_state IS DISTINCT FROM e.to_state THEN
        state := e.to_state;
      END IF;
      UPDATE kpi_span s SET ends = e.at WHERE s.ticket_id = t.ticket_id AND s.ends IS NULL;
      INSERT INTO kpi_span VALUES (t.ticket_id, e.seq, e.run, e.at, NULL, state::liskeban.ticket_state, e.action,
                                   e.actor, was, known);
    END LOOP;
    CONTINUE WHEN t.parent_id IS NOT NULL;

    f := NULL;
    f.ticket_id := t.ticket_id;
    f.kind := t.kind;
    f.source := t.source;
    f.last := known;
    f.state := state;
    SELECT s.begins INTO STRICT f.received_at FROM kpi_span s WHERE s.ticket_id = t.ticket_id AND s.seq = 1;

    -- A due passed in a span when it lies before the act that ended the span; as_of itself ends the last, and is no act.
    red := EXISTS (SELECT FROM kpi_span s WHERE s.ticket_id = t.ticket_id AND s.state::text = ANY (running)
                   AND (kpi_due(s.new) < s.ends OR s.ends IS NULL AND kpi_due(s.new) <= as_of));
    f.resolved := EXISTS (SELECT FROM kpi_span s WHERE s.ticket_id = t.ticket_id AND s.action IN ('resolve', 'answer'));
    f.self := t.kind = 'patrol' AND f.resolved
      AND NOT EXISTS (SELECT FROM kpi_span s, kpi_span r WHERE s.ticket_id = t.ticket_id AND s.action IN ('resolve', 'answer') AND r.ticket_id = t.ticket_id AND r.seq = 1 AND r.actor <> s.actor);
    f.cohort := state NOT IN ('merged', 'rejected') AND (state <> 'withdrawn' OR red);
    f.due := f.cohort AND NOT f.self AND (f.resolved OR red);
    f.complete := f.due AND state IN ('resolved', 'closed');
    f.on_time := f.complete
      AND NOT EXISTS (SELECT FROM kpi_span s WHERE s.ticket_id = t.ticket_id AND s.action IN ('resolve', 'answer')
                      AND s.begins > kpi_due(s.old));
    f.on_time_original := f.complete
      AND NOT EXISTS (SELECT FROM kpi_span s WHERE s.ticket_id = t.ticket_id AND s.action IN ('resolve', 'answer')
                      AND s.begins > CASE WHEN s.old ->> 'resolve_due' IS NOT NULL AND s.old ->> 'resolve_due_original' IS NOT NULL
                                          THEN (s.old ->> 'resolve_due_original')::timestamptz ELSE kpi_due(s.old) END);

    -- response: the first arrival of the first run that no direct answer came before
    SELECT s.seq, coalesce((s.new ->> 'on_site_at')::timestamptz, s.begins) AS at, (s.new ->> 'respond_due')::timestamptz AS due,
           s.new ->> 'arrival_proof' AS proof, coalesce((s.new ->> 'late_entry')::boolean, false) AS late
      INTO arrival
      FROM kpi_span s WHERE s.ticket_id = t.ticket_id AND s.action = 'arrive' AND s.run = 1
        AND NOT EXISTS (SELECT FROM kpi_span a WHERE a.ticket_id = t.ticket_id AND a.action = 'answer' AND a.run = 1 AND a.seq < s.seq)
      ORDER BY s.seq LIMIT 1;
    f.response_due := f.cohort AND NOT f.self AND coalesce((known ->> 'on_site')::boolean, false)
      AND (arrival.seq IS NOT NULL
           OR EXISTS (SELECT FROM kpi_span s WHERE s.ticket_id = t.ticket_id AND s.run = 1
                      AND s.state NOT IN ('merged', 'withdrawn', 'rejected')
                      AND NOT EXISTS (SELECT FROM kpi_span a WHERE a.ticket_id = t.ticket_id AND a.action = 'answer'
                                      AND a.run = 1 AND a.seq <= s.seq)
                      AND ((s.new ->> 'respond_due')::timestamptz < s.ends
                           OR s.ends IS NULL AND (s.new ->> 'respond_due')::timestamptz <= as_of)));
    f.response := f.response_due AND arrival.seq IS NOT NULL AND coalesce(arrival.at <= arrival.due, true);
    f.response_proven := f.response AND NOT arrival.late AND coalesce(arrival.proof IN ('gps', 'photo'), false);

    f.resolved := f.resolved AND f.cohort AND NOT f.self;
    f.reworked := f.resolved AND EXISTS (SELECT FROM kpi_span s WHERE s.ticket_id = t.ticket_id AND s.action IN ('rework', 'reopen'));
    f.first_time := f.resolved AND NOT EXISTS (SELECT FROM kpi_span s WHERE s.ticket_id = t.ticket_id
                                               AND s.action IN ('rework', 'reopen', 'return', 'redispatch'));

    -- plan and promise: the first plan
    SELECT s.seq, (s.new ->> 'promised_at')::timestamptz AS promised, coalesce(s.begins <= (s.old ->> 'plan_due')::timestamptz, true) AS good
      INTO e FROM kpi_span s WHERE s.ticket_id = t.ticket_id AND s.action = 'plan' ORDER BY s.seq LIMIT 1;
    promised_seq := e.seq;
    promised := e.promised;
    f.plan_due := f.cohort AND NOT f.self AND known ->> 'difficulty' = 'hard'
      AND (promised_seq IS NOT NULL OR f.resolved
           OR EXISTS (SELECT FROM kpi_span s WHERE s.ticket_id = t.ticket_id AND s.state::text = ANY (running)
                      AND s.new ->> 'difficulty' = 'hard'
                      AND ((s.new ->> 'plan_due')::timestamptz < s.ends
                           OR s.ends IS NULL AND (s.new ->> 'plan_due')::timestamptz <= as_of)));
    f.plan := f.plan_due AND promised_seq IS NOT NULL AND e.good;
    SELECT s.begins INTO kept_at FROM kpi_span s WHERE s.ticket_id = t.ticket_id AND s.action IN ('resolve', 'answer') AND s.seq > promised_seq ORDER BY s.seq LIMIT 1;
    f.promise_due := f.cohort AND NOT f.self AND promised IS NOT NULL
      AND (kept_at IS NOT NULL
           OR EXISTS (SELECT FROM kpi_span s WHERE s.ticket_id = t.ticket_id AND s.seq >= promised_seq
                      AND s.state::text = ANY (running) AND (promised < s.ends OR s.ends IS NULL AND promised <= as_of)));
    f.promise := f.promise_due AND coalesce(kept_at <= promised, false);

    -- breaches: once for each time that resolve_due was set and passed, under who held the ticket when it had passed
    SELECT coalesce(array_agg(coalesce(b.holder, '(pool)') ORDER BY b.seq), '{}') INTO f.breaches
      FROM (SELECT p.seq, p.due, p.holder, lag(p.due) OVER (ORDER BY p.seq) AS due_before
            FROM (SELECT s.seq, s.new ->> 'resolve_due' AS due,
                         coalesce(s.new ->> 'responsible_area', s.new ->> 'department') AS holder
                  FROM kpi_span s
                  WHERE s.ticket_id = t.ticket_id AND s.state::text = ANY (running)
                    AND ((s.new ->> 'resolve_due')::timestamptz < s.ends
                         OR s.ends IS NULL AND (s.new ->> 'resolve_due')::timestamptz <= as_of)) p) b
      WHERE b.due IS DISTINCT FROM b.due_before;
    INSERT INTO kpi_fact SELECT f.*;
  END LOOP;
  ANALYZE kpi_span, kpi_fact;
  PERFORM kpi_replay_whistles(as_of);
END
$$;

-- One line a case: the key it counts under and 26 figures, in the order of kpi_difference.
CREATE FUNCTION kpi_replay_sums(from_day date, to_day date, by text, kinds liskeban.ticket_kind[])
RETURNS TABLE (key text, figures bigint[]) LANGUAGE sql AS $$
  WITH known AS MATERIALIZED (
    SELECT f.*, f.cohort AND NOT f.self AS counted,
           coalesce(CASE kpi_replay_sums.by
             WHEN 'district' THEN (SELECT p.district::text FROM liskeban.platform p)
             WHEN 'town' THEN (SELECT liskeban.area_parent((f.last ->> 'area')::liskeban.area_code, 'town')::text
                               WHERE liskeban.area_level((f.last ->> 'area')::liskeban.area_code) >= 'town')
             WHEN 'village' THEN (SELECT liskeban.area_parent((f.last ->> 'area')::liskeban.area_code, 'village')::text
                                  WHERE liskeban.area_level((f.last ->> 'area')::liskeban.area_code) >= 'village')
             WHEN 'source' THEN f.source
             WHEN 'holder' THEN coalesce(f.breaches[1], f.last ->> 'responsible_area', f.last ->> 'department')
             ELSE f.last ->> kpi_replay_sums.by END, '(pool)') AS key
    FROM kpi_fact f
    WHERE f.kind = ANY (kpi_replay_sums.kinds)
  ), mine AS MATERIALIZED (
    SELECT f.* FROM known f
    WHERE (f.received_at AT TIME ZONE (SELECT p.time_zone FROM liskeban.platform p))::date
          BETWEEN kpi_replay_sums.from_day AND kpi_replay_sums.to_day
  ), merged AS MATERIALIZED (
    SELECT (s.new ->> 'merged_into')::bigint AS lead, s.new FROM kpi_span s WHERE s.ends IS NULL AND s.state = 'merged'
  ), asked AS (
    -- who was asked: a closed ticket's own reporter, and those of the tickets merged into it
    SELECT m.key, m.last AS answer FROM mine m WHERE m.counted AND m.state = 'closed'
    UNION ALL
    SELECT m.key, s.new FROM mine m JOIN merged s ON s.lead = m.ticket_id WHERE m.counted AND m.state = 'closed'
  ), cases AS (
    SELECT m.key, ARRAY[1, m.cohort::int, m.self::int, m.due::int, m.complete::int, m.on_time::int, m.on_time_original::int,
                        m.response::int, m.response_due::int, m.response_proven::int, 0, 0, 0, 0, 0,
                        m.reworked::int, m.resolved::int, m.first_time::int, m.plan::int, m.plan_due::int,
                        m.promise::int, m.promise_due::int, 0, 0, 0, 0] AS figures
    FROM mine m
    UNION ALL
    SELECT a.key, ARRAY[0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                        coalesce(a.answer ->> 'satisfaction' <> 'unreachable', false)::int, 1,
                        coalesce(a.answer ->> 'satisfaction' = 'unreachable', false)::int,
                        coalesce(a.answer ->> 'satisfaction' <> 'unreachable' AND (a.answer ->> 'solved')::boolean, false)::int,
                        coalesce(a.answer ->> 'satisfaction' = 'satisfied', false)::int, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    FROM asked a
    WHERE (a.answer ->> 'has_reporter')::boolean
    UNION ALL
    SELECT CASE WHEN kpi_replay_sums.by = 'holder' THEN h.holder ELSE m.key END, array_fill(0, ARRAY[22]) || ARRAY[1, 0, 0, 0]
    FROM mine m, unnest(m.breaches) AS h(holder)
    WHERE m.counted
    UNION ALL
    SELECT c.department, array_fill(0, ARRAY[23]) || ARRAY[1, 0, 0]
    FROM mine m, jsonb_array_elements_text(m.last -> 'co_departments') AS c(department)
    WHERE kpi_replay_sums.by = 'department'
    UNION ALL
    SELECT coalesce(CASE WHEN kpi_replay_sums.by = 'holder' THEN coalesce(m.last ->> 'responsible_area', m.last ->> 'department') ELSE nullif(m.key, '(pool)') END, '(pool)'),
           array_fill(0, ARRAY[24]) || ARRAY[w.solved::int, 1]
    FROM known m JOIN kpi_whistle w ON w.ticket_id = m.ticket_id
    WHERE NOT w.upheld AND (w.raised_at AT TIME ZONE (SELECT p.time_zone FROM liskeban.platform p))::date BETWEEN kpi_replay_sums.from_day AND kpi_replay_sums.to_day
  )
  SELECT s.key, array_agg(s.total ORDER BY s.n)
  FROM (SELECT c.key, x.n, sum(x.value) AS total FROM cases c, unnest(c.figures) WITH ORDINALITY AS x(value, n) GROUP BY c.key, x.n) s
  GROUP BY s.key
$$;

CREATE FUNCTION kpi_difference(from_day date, to_day date, by text, as_of timestamptz, kinds liskeban.ticket_kind[])
RETURNS TABLE (key text, kpi bigint[], replay bigint[]) LANGUAGE sql AS $$
  SELECT key, k.figures, r.figures
  FROM (SELECT x.key, ARRAY[x.received, x.reported, x.self_handled, x.due, x.completion_num, x.on_time_num, x.on_time_original_num,
                            x.response_num, x.response_den, x.response_proven_num, x.answered_num, x.answered_den, x.unreachable,
                            x.solved_num, x.satisfaction_num, x.rework_num, x.rework_den, x.first_time_num, x.plan_num, x.plan_den,
                            x.promise_num, x.promise_den, x.breach_num, coalesce(x.co_num, 0), x.whistle_num, x.whistle_den] AS figures
        FROM liskeban.kpi(kpi_difference.from_day, kpi_difference.to_day, kpi_difference.by, kpi_difference.as_of,
                          kpi_difference.kinds) x) k
  FULL JOIN kpi_replay_sums(kpi_difference.from_day, kpi_difference.to_day, kpi_difference.by, kpi_difference.kinds) r USING (key)
  WHERE k.figures IS DISTINCT FROM r.figures
$$;
