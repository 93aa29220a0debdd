-- Figures beside kpi(): how long the stages take, who stands where, and what one, three and seven days come to.

CREATE FUNCTION liskeban.stage_times(from_day date, to_day date, as_of timestamptz DEFAULT NULL,
  kinds liskeban.ticket_kind[] DEFAULT '{demand}')
RETURNS TABLE (stage text, n bigint, mean interval, p50 interval, p90 interval)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  zone text;
  until timestamptz := coalesce(stage_times.as_of, liskeban.liskeban_now());
BEGIN
  PERFORM liskeban._kpi_check(stage_times.from_day, stage_times.to_day, 'district');
  SELECT p.time_zone INTO STRICT zone FROM liskeban.platform AS p;
  PERFORM liskeban._history_there(stage_times.from_day::timestamp AT TIME ZONE zone, (stage_times.to_day + 1)::timestamp AT TIME ZONE zone);
  RETURN QUERY
  WITH reverted AS (
    SELECT e.ticket_id, (e.detail ->> 'reverts')::integer AS seq FROM liskeban.ticket_event AS e JOIN liskeban.ticket AS t ON t.ticket_id = e.ticket_id
     WHERE e.action = 'revert' AND e.at <= until AND e.recorded_at <= until
       AND t.received_at >= stage_times.from_day::timestamp AT TIME ZONE zone AND t.received_at < (stage_times.to_day + 1)::timestamp AT TIME ZONE zone
  ), first_time AS (
    SELECT t.ticket_id, t.received_at AS reported,
           min(e.at) FILTER (WHERE e.action = 'accept') AS accepted,
           min(e.at) FILTER (WHERE e.action = 'dispatch') AS dispatched,
           min(e.at) FILTER (WHERE e.action = 'arrive') AS arrived,
           min(e.at) FILTER (WHERE e.action = 'contact') AS contacted,
           min(e.at) FILTER (WHERE e.action = 'plan') AS planned,
           min(e.at) FILTER (WHERE e.action IN ('resolve', 'answer')) AS resolved,
           min(e.at) FILTER (WHERE e.action = 'close') AS closed
      FROM liskeban.ticket AS t JOIN liskeban.ticket_event AS e ON e.ticket_id = t.ticket_id
     WHERE t.received_at >= stage_times.from_day::timestamp AT TIME ZONE zone AND t.received_at < (stage_times.to_day + 1)::timestamp AT TIME ZONE zone
       AND t.kind = ANY (coalesce(stage_times.kinds, enum_range(NULL::liskeban.ticket_kind))) AND t.parent_id IS NULL
       AND e.run = 1 AND e.at <= until AND e.recorded_at <= until
       AND NOT EXISTS (SELECT FROM reverted AS r WHERE r.ticket_id = e.ticket_id AND r.seq = e.seq)
     GROUP BY t.ticket_id
  ), span AS (
    SELECT s.*
      FROM first_time AS f
     CROSS JOIN LATERAL (VALUES (1, 'accept', f.accepted - f.reported), (2, 'dispatch', f.dispatched - f.accepted),
                                (3, 'arrive', f.arrived - f.dispatched), (4, 'respond', f.arrived - f.reported),
                                (5, 'contact', f.contacted - f.reported), (6, 'plan', f.planned - f.reported),
                                (7, 'handle', f.resolved - f.dispatched), (8, 'resolve', f.resolved - f.reported),
                                (9, 'close', f.closed - f.resolved)) AS s(ord, stage, took)
     WHERE s.took IS NOT NULL
  )
  SELECT s.stage, count(*), date_trunc('second', avg(s.took)),
         date_trunc('second', percentile_cont(0.5) WITHIN GROUP (ORDER BY s.took)),
         date_trunc('second', percentile_cont(0.9) WITHIN GROUP (ORDER BY s.took))
    FROM span AS s GROUP BY s.ord, s.stage ORDER BY s.ord;
END
$$;
COMMENT ON FUNCTION liskeban.stage_times(date, date, timestamptz, liskeban.ticket_kind[]) IS
'环节时长 how long the stages of the first run took for the tickets received from from_day to to_day, as history up to as_of (NULL: now) tells it, each to its first time: number, mean, median and 90th percentile.
accept 受理: from receipt; dispatch 派单: from acceptance; arrive 到场: from dispatch; respond 响应: arrival from receipt; contact 联系: from receipt; plan 方案: from receipt; handle 办理: resolved from dispatch; resolve 办结: from receipt; close 关闭: from resolved. A stage that no ticket reached has no row. Errors as kpi()';
REVOKE ALL ON FUNCTION liskeban.stage_times(date, date, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;

CREATE FUNCTION liskeban.scoreboard(from_day date, to_day date, as_of timestamptz DEFAULT NULL,
  kinds liskeban.ticket_kind[] DEFAULT '{demand}')
RETURNS TABLE (difficulty liskeban.difficulty, received bigint, due bigint, on_time_num bigint, on_time_den bigint, on_time numeric,
  plan_num bigint, plan_den bigint, promise_num bigint, promise_den bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  zone text;
BEGIN
  PERFORM liskeban._kpi_check(scoreboard.from_day, scoreboard.to_day, 'district');
  SELECT p.time_zone INTO STRICT zone FROM liskeban.platform AS p;
  RETURN QUERY
  SELECT d.difficulty, count(k.ticket_id), count(*) FILTER (WHERE (k.fact).due),
         count(*) FILTER (WHERE (k.fact).on_time), count(*) FILTER (WHERE (k.fact).due),
         count(*) FILTER (WHERE (k.fact).on_time) / nullif(count(*) FILTER (WHERE (k.fact).due), 0)::numeric,
         count(*) FILTER (WHERE (k.fact).plan), count(*) FILTER (WHERE (k.fact).plan_due),
         count(*) FILTER (WHERE (k.fact).promise), count(*) FILTER (WHERE (k.fact).promise_due)
    FROM unnest(enum_range(NULL::liskeban.difficulty)) AS d(difficulty)
    LEFT JOIN liskeban._kpi_facts(scoreboard.from_day::timestamp AT TIME ZONE zone, (scoreboard.to_day + 1)::timestamp AT TIME ZONE zone,
                coalesce(scoreboard.as_of, liskeban.liskeban_now()),
                coalesce(scoreboard.kinds, enum_range(NULL::liskeban.ticket_kind))) AS k ON (k.fact).difficulty = d.difficulty::text
   GROUP BY d.difficulty ORDER BY d.difficulty;
END
$$;
COMMENT ON FUNCTION liskeban.scoreboard(date, date, timestamptz, liskeban.ticket_kind[]) IS '一三七记分牌 what the promise of one day (simple), three days (general) and plan within seven (hard) came to, by difficulty as history up to as_of leaves it; columns as in kpi(). Errors as kpi()';
REVOKE ALL ON FUNCTION liskeban.scoreboard(date, date, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;

-- ---- league tables ----

CREATE TABLE liskeban.score_policy (
  by     text NOT NULL,
  rate   text NOT NULL,
  weight numeric NOT NULL,
  floor  numeric NOT NULL DEFAULT 0,
  PRIMARY KEY (by, rate),
  CONSTRAINT score_policy_by_check CHECK (by IN ('town', 'village', 'department')),
  CONSTRAINT score_policy_rate_check CHECK (rate IN ('completion', 'on_time', 'on_time_original', 'response', 'answered', 'solved', 'satisfaction',
                                                     'rework', 'first_time', 'plan', 'promise', 'whistle')),
  CONSTRAINT score_policy_weight_check CHECK (weight > 0),
  CONSTRAINT score_policy_floor_check CHECK (floor >= 0 AND floor < 1)
);
COMMENT ON TABLE liskeban.score_policy IS '考核规则 how the rates of kpi() make a score of 0 to 100';
COMMENT ON COLUMN liskeban.score_policy.by IS '考核对象 town, village or department';
COMMENT ON COLUMN liskeban.score_policy.rate IS '指标 a rate of kpi(); rework counts as what was not reworked';
COMMENT ON COLUMN liskeban.score_policy.weight IS '权重 weight beside the others; a rate without cases is left out';
COMMENT ON COLUMN liskeban.score_policy.floor IS '底线 rate that gives nothing; from it to 1 the points rise evenly';
INSERT INTO liskeban.score_policy (by, rate, weight, floor)
SELECT b.by, r.rate, r.weight, r.floor
  FROM (VALUES ('town'), ('village'), ('department')) AS b(by),
       (VALUES ('response', 20, 0.5), ('on_time', 30, 0.5), ('solved', 20, 0.3), ('satisfaction', 20, 0.3), ('rework', 10, 0.5)) AS r(rate, weight, floor)
    ON CONFLICT DO NOTHING;

CREATE TABLE liskeban.score_appeal (
  appeal_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ticket_id  bigint NOT NULL,
  rate       text NOT NULL,
  reason     text NOT NULL,
  filed_by   text NOT NULL DEFAULT liskeban.actor(),
  filed_at   timestamptz NOT NULL DEFAULT liskeban.liskeban_now(),
  granted    boolean,
  decided_by text,
  decided_at timestamptz,
  note       text,
  CONSTRAINT score_appeal_rate_check CHECK (rate IN ('completion', 'on_time', 'on_time_original', 'response', 'answered', 'solved', 'satisfaction',
                                                     'rework', 'first_time', 'plan', 'promise', 'whistle')),
  CONSTRAINT score_appeal_reason_check CHECK (reason <> ''),
  CONSTRAINT score_appeal_decided_check CHECK (pg_catalog.num_nulls(granted, decided_by, decided_at) IN (0, 3)),
  CONSTRAINT score_appeal_decided_by_check CHECK (decided_by <> filed_by),
  CONSTRAINT score_appeal_key UNIQUE (ticket_id, rate)
);
COMMENT ON TABLE liskeban.score_appeal IS '考核申诉 that a ticket shall not count in a rate of a league table; once granted it counts in neither part of it. kpi() does not heed it';
COMMENT ON COLUMN liskeban.score_appeal.appeal_id IS '编号 key';
COMMENT ON COLUMN liskeban.score_appeal.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.score_appeal.rate IS '指标 the rate, as in score_policy';
COMMENT ON COLUMN liskeban.score_appeal.reason IS '理由 why';
COMMENT ON COLUMN liskeban.score_appeal.filed_by IS '申诉人 who filed it';
COMMENT ON COLUMN liskeban.score_appeal.filed_at IS '申诉时间 when';
COMMENT ON COLUMN liskeban.score_appeal.granted IS '是否支持 NULL while open';
COMMENT ON COLUMN liskeban.score_appeal.decided_by IS '裁定人 who decided: another than filed';
COMMENT ON COLUMN liskeban.score_appeal.decided_at IS '裁定时间 when';
COMMENT ON COLUMN liskeban.score_appeal.note IS '裁定意见 what was said with it';

CREATE FUNCTION liskeban._score_appeal_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM liskeban._require_reach(liskeban._visible_ticket(NEW.ticket_id), 'appeal against a score');
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION liskeban._score_appeal_guard() IS 'an appeal is about a ticket that there is (P0002), by whose duty reaches it (42501)';
REVOKE ALL ON FUNCTION liskeban._score_appeal_guard() FROM PUBLIC;
CREATE TRIGGER score_appeal_guard BEFORE INSERT OR UPDATE OF ticket_id ON liskeban.score_appeal
  FOR EACH ROW EXECUTE FUNCTION liskeban._score_appeal_guard();
ALTER TABLE liskeban.score_appeal ENABLE ALWAYS TRIGGER score_appeal_guard;
CREATE TRIGGER clear_again AFTER INSERT OR UPDATE OF decided_at ON liskeban.score_appeal
  FOR EACH ROW EXECUTE FUNCTION liskeban._clear_again();
ALTER TABLE liskeban.score_appeal ENABLE ALWAYS TRIGGER clear_again;

CREATE FUNCTION liskeban.decide_score_appeal(appeal_id bigint, granted boolean, note text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  appeal liskeban.score_appeal;
BEGIN
  IF appeal_id IS NULL OR granted IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('appeal_id and granted must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT a.* INTO appeal FROM liskeban.score_appeal AS a WHERE a.appeal_id = decide_score_appeal.appeal_id FOR UPDATE;
  IF appeal.appeal_id IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('there is no appeal %s', appeal_id) USING ERRCODE = 'no_data_found';
  ELSIF appeal.granted IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('appeal %s has been decided', appeal_id) USING ERRCODE = 'object_not_in_prerequisite_state';
  ELSIF appeal.filed_by = liskeban.actor() THEN
    RAISE EXCEPTION '%', liskeban.message('"%s" may not decide appeal %s', appeal.filed_by, appeal_id)
      USING ERRCODE = 'insufficient_privilege', DETAIL = liskeban.message('Another decides than filed.');
  END IF;
  UPDATE liskeban.score_appeal AS a
     SET granted = decide_score_appeal.granted, note = decide_score_appeal.note, decided_by = liskeban.actor(),
         decided_at = liskeban.liskeban_now()
   WHERE a.appeal_id = appeal.appeal_id;
END
$$;
COMMENT ON FUNCTION liskeban.decide_score_appeal(bigint, boolean, text) IS '考核申诉裁定 grant or refuse an appeal against a score; by another than filed (42501). 22004 NULL, P0002 no such appeal, 55000 decided already';
REVOKE ALL ON FUNCTION liskeban.decide_score_appeal(bigint, boolean, text) FROM PUBLIC;

CREATE FUNCTION liskeban.league(from_day date, to_day date, by text, as_of timestamptz DEFAULT NULL,
  kinds liskeban.ticket_kind[] DEFAULT '{demand}')
RETURNS TABLE (rank bigint, key text, name text, score numeric, cases bigint, appeals bigint, rates jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  zone text;
BEGIN
  PERFORM liskeban._kpi_check(league.from_day, league.to_day, league.by);
  IF league.by NOT IN ('town', 'village', 'department') THEN
    RAISE EXCEPTION '%', liskeban.message('there is no league table by "%s"', league.by)
      USING ERRCODE = 'invalid_parameter_value', HINT = liskeban.message('by is one of town, village, department.');
  END IF;
  SELECT p.time_zone INTO STRICT zone FROM liskeban.platform AS p;
  RETURN QUERY
  WITH appealed AS MATERIALIZED (
    SELECT a.rate, coalesce(CASE league.by WHEN 'town' THEN CASE WHEN length((k.fact).area) >= 9 THEN left((k.fact).area, 9) END
                                           WHEN 'village' THEN CASE WHEN length((k.fact).area) >= 12 THEN left((k.fact).area, 12) END
                                           ELSE (k.fact).department END, '(pool)') AS key,
           sum(r.num) AS num, sum(r.den) AS den, count(*) AS appeals
      FROM liskeban.score_appeal AS a
      JOIN liskeban._kpi_facts(league.from_day::timestamp AT TIME ZONE zone, (league.to_day + 1)::timestamp AT TIME ZONE zone,
             coalesce(league.as_of, liskeban.liskeban_now()), coalesce(league.kinds, enum_range(NULL::liskeban.ticket_kind))) AS k ON k.ticket_id = a.ticket_id
     CROSS JOIN LATERAL (VALUES
             ('completion', (k.fact).complete::integer, (k.fact).due::integer), ('on_time', (k.fact).on_time::integer, (k.fact).due::integer),
             ('on_time_original', (k.fact).on_time_original::integer, (k.fact).due::integer),
             ('response', (k.fact).response::integer, (k.fact).response_due::integer), ('answered', k.answered, k.asked),
             ('solved', k.solved, k.answered), ('satisfaction', k.satisfied, k.answered),
             ('rework', ((k.fact).resolved AND NOT (k.fact).reworked)::integer, (k.fact).resolved::integer),
             ('first_time', (k.fact).first_time::integer, (k.fact).resolved::integer),
             ('plan', (k.fact).plan::integer, (k.fact).plan_due::integer), ('promise', (k.fact).promise::integer, (k.fact).promise_due::integer)
           ) AS r(rate, num, den)
     WHERE a.granted AND a.decided_at <= coalesce(league.as_of, liskeban.liskeban_now()) AND r.rate = a.rate
     GROUP BY a.rate, 2
    UNION ALL
    -- whistles count by when they were blown, whenever their ticket was received
    SELECT a.rate, coalesce(CASE league.by WHEN 'town' THEN CASE WHEN length(w.area::text) >= 9 THEN left(w.area::text, 9) END
                                           WHEN 'village' THEN CASE WHEN length(w.area::text) >= 12 THEN left(w.area::text, 12) END
                                           ELSE w.department END, '(pool)'),
           count(*) FILTER (WHERE w.solved AND NOT w.upheld), count(*) FILTER (WHERE NOT w.upheld), count(DISTINCT a.appeal_id)
      FROM liskeban.score_appeal AS a
      JOIN liskeban._whistles_at(league.from_day::timestamp AT TIME ZONE zone, (league.to_day + 1)::timestamp AT TIME ZONE zone,
             coalesce(league.as_of, liskeban.liskeban_now()), coalesce(league.kinds, enum_range(NULL::liskeban.ticket_kind))) AS w ON w.ticket_id = a.ticket_id
     WHERE a.granted AND a.decided_at <= coalesce(league.as_of, liskeban.liskeban_now()) AND a.rate = 'whistle'
     GROUP BY a.rate, 2
  ), part AS (
    SELECT k.key, k.name, k.reported, r.rate, r.num - coalesce(a.num, 0) AS num, r.den - coalesce(a.den, 0) AS den, a.appeals, p.weight, p.floor
      FROM liskeban.kpi(league.from_day, league.to_day, league.by, league.as_of, league.kinds) AS k
     CROSS JOIN LATERAL (VALUES
             ('completion', k.completion_num, k.completion_den), ('on_time', k.on_time_num, k.on_time_den),
             ('on_time_original', k.on_time_original_num, k.on_time_original_den), ('response', k.response_num, k.response_den),
             ('answered', k.answered_num, k.answered_den), ('solved', k.solved_num, k.solved_den),
             ('satisfaction', k.satisfaction_num, k.satisfaction_den), ('rework', k.rework_den - k.rework_num, k.rework_den),
             ('first_time', k.first_time_num, k.first_time_den), ('plan', k.plan_num, k.plan_den), ('promise', k.promise_num, k.promise_den),
             ('whistle', k.whistle_num, k.whistle_den)
           ) AS r(rate, num, den)
      JOIN liskeban.score_policy AS p ON p.by = league.by AND p.rate = r.rate
      LEFT JOIN appealed AS a ON a.key = k.key AND a.rate = r.rate
     WHERE k.key <> '(pool)'
  ), scored AS (
    SELECT p.key, p.name, max(p.reported) AS cases, coalesce(sum(p.appeals), 0)::bigint AS appeals,
           round(100 * sum(p.weight * greatest(p.num / p.den::numeric - p.floor, 0) / (1 - p.floor)) FILTER (WHERE p.den > 0)
                 / nullif(sum(p.weight) FILTER (WHERE p.den > 0), 0), 2) AS score,
           jsonb_object_agg(p.rate, jsonb_build_object('num', p.num, 'den', p.den)) AS rates
      FROM part AS p GROUP BY p.key, p.name
  )
  SELECT CASE WHEN s.score IS NOT NULL THEN pg_catalog.rank() OVER (ORDER BY s.score DESC NULLS LAST) END, s.key, s.name, s.score, s.cases, s.appeals, s.rates
    FROM scored AS s ORDER BY s.score DESC NULLS LAST, s.key COLLATE "C";
END
$$;
COMMENT ON FUNCTION liskeban.league(date, date, text, timestamptz, liskeban.ticket_kind[]) IS
'考核排名 towns, villages or departments by score over the tickets received from from_day to to_day as history up to as_of tells them: score = 100 × Σ weight × max(rate − floor, 0) / (1 − floor) ÷ Σ weight over the rates of liskeban.score_policy that have cases, to two places; rework counts as what was not reworked. Equal scores share a rank, the next is skipped; without any case score and rank are NULL. What a granted score_appeal takes out counts in neither part of its rate. rates: num and den of each. 22023 another by, and errors as kpi()';
REVOKE ALL ON FUNCTION liskeban.league(date, date, text, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;

-- Month on month (环比) and year on year (同比): the same span one span, and one year, before, each as its own morning knew it.
CREATE FUNCTION liskeban.kpi_compared(from_day date, to_day date, by text, as_of timestamptz DEFAULT NULL,
  kinds liskeban.ticket_kind[] DEFAULT '{demand}')
RETURNS TABLE (key text, name text, figure text, num bigint, den bigint, previous_num bigint, previous_den bigint,
  last_year_num bigint, last_year_den bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  until constant timestamptz := coalesce(kpi_compared.as_of, liskeban.liskeban_now());
  zone text;
  days integer;
  whole_months integer;
BEGIN
  PERFORM liskeban._kpi_check(kpi_compared.from_day, kpi_compared.to_day, kpi_compared.by);
  SELECT p.time_zone INTO STRICT zone FROM liskeban.platform AS p;
  days := kpi_compared.to_day - kpi_compared.from_day + 1;
  -- whole months are compared with as many months before, other spans with as many days
  whole_months := CASE WHEN extract(day FROM kpi_compared.from_day) = 1 AND extract(day FROM kpi_compared.to_day + 1) = 1
                       THEN (extract(year FROM age(kpi_compared.to_day + 1, kpi_compared.from_day)) * 12
                             + extract(month FROM age(kpi_compared.to_day + 1, kpi_compared.from_day)))::integer END;
  RETURN QUERY
  WITH span AS (
    -- days of the platform's zone, whatever that of the session
    SELECT s.ord, s.first_day, s.last_day,
           (until AT TIME ZONE zone - (kpi_compared.to_day - s.last_day) * interval '1 day') AT TIME ZONE zone AS as_of
      FROM (VALUES (1, kpi_compared.from_day, kpi_compared.to_day),
                   (2, CASE WHEN whole_months > 0 THEN (kpi_compared.from_day - make_interval(months => whole_months))::date ELSE kpi_compared.from_day - days END,
                       kpi_compared.from_day - 1),
                   (3, (kpi_compared.from_day - interval '1 year')::date,
                       -- a February ends with its month, the 28th of a leap year's has the 28th beside it
                       CASE WHEN whole_months > 0 THEN ((kpi_compared.to_day + 1) - interval '1 year')::date - 1
                            ELSE (kpi_compared.to_day - interval '1 year')::date END)) AS s(ord, first_day, last_day)
  ), figures AS (
    SELECT s.ord, k.key, k.name, f.nth, f.figure, f.num, f.den
      FROM span AS s
     CROSS JOIN LATERAL liskeban.kpi(s.first_day, s.last_day, kpi_compared.by, s.as_of, kpi_compared.kinds) AS k
     CROSS JOIN LATERAL (VALUES (1, 'received', k.received, NULL::bigint), (2, 'reported', k.reported, NULL), (3, 'completion', k.completion_num, k.completion_den),
             (4, 'on_time', k.on_time_num, k.on_time_den), (5, 'on_time_original', k.on_time_original_num, k.on_time_original_den),
             (6, 'response', k.response_num, k.response_den), (7, 'answered', k.answered_num, k.answered_den),
             (8, 'solved', k.solved_num, k.solved_den), (9, 'satisfaction', k.satisfaction_num, k.satisfaction_den),
             (10, 'rework', k.rework_num, k.rework_den), (11, 'first_time', k.first_time_num, k.first_time_den),
             (12, 'plan', k.plan_num, k.plan_den), (13, 'promise', k.promise_num, k.promise_den), (14, 'whistle', k.whistle_num, k.whistle_den)) AS f(nth, figure, num, den)
  )
  SELECT f.key, max(f.name), f.figure,
         coalesce(max(f.num) FILTER (WHERE f.ord = 1), 0), coalesce(max(f.den) FILTER (WHERE f.ord = 1), CASE WHEN f.nth > 2 THEN 0 END),
         coalesce(max(f.num) FILTER (WHERE f.ord = 2), 0), coalesce(max(f.den) FILTER (WHERE f.ord = 2), CASE WHEN f.nth > 2 THEN 0 END),
         coalesce(max(f.num) FILTER (WHERE f.ord = 3), 0), coalesce(max(f.den) FILTER (WHERE f.ord = 3), CASE WHEN f.nth > 2 THEN 0 END)
    FROM figures AS f GROUP BY f.key, f.nth, f.figure ORDER BY f.key COLLATE "C", f.nth;
END
$$;
COMMENT ON FUNCTION liskeban.kpi_compared(date, date, text, timestamptz, liskeban.ticket_kind[]) IS
'环比同比 the figures of kpi() beside those of the span before (as many days, or months where the span is whole months) and of the same span a year before, each as it stood as long after its last day as as_of is after to_day; den NULL: a number, no rate. Errors as kpi()';
REVOKE ALL ON FUNCTION liskeban.kpi_compared(date, date, text, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;
