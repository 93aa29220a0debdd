-- Figures from history alone: what every ticket's events up to an instant say, counted by what is asked for.

-- Who was merged into whom is asked of the few tickets that ever were.
CREATE INDEX ticket_event_merge_idx ON liskeban.ticket_event (ticket_id) WHERE action = 'merge';

-- So are whistles asked of the few tickets that ever blew one.
CREATE INDEX ticket_event_whistle_idx ON liskeban.ticket_event (at, ticket_id) WHERE action = 'blow_whistle';

CREATE FUNCTION liskeban._history_there(from_ts timestamptz, to_ts timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  a liskeban.archive;
BEGIN
  FOR a IN
    SELECT r.* FROM liskeban.archive AS r
     WHERE r.restored_at IS NULL AND (tstzrange(from_ts, to_ts) && r.received OR tstzrange(from_ts, to_ts) && r.whistled)
       -- a hub may have had them before they left
       AND NOT EXISTS (SELECT FROM liskeban.ticket_event AS e WHERE e.ticket_id BETWEEN r.first_ticket AND r.last_ticket)
     ORDER BY r.first_ticket
  LOOP
    IF tstzrange(from_ts, to_ts) && a.whistled
       OR EXISTS (SELECT FROM liskeban.ticket AS t
                   WHERE t.received_at >= from_ts AND t.received_at < to_ts AND t.ticket_id BETWEEN a.first_ticket AND a.last_ticket)
       OR EXISTS (SELECT FROM liskeban.ticket AS m JOIN liskeban.ticket AS lead ON lead.ticket_id = m.merged_into
                   WHERE m.ticket_id BETWEEN a.first_ticket AND a.last_ticket AND lead.received_at >= from_ts AND lead.received_at < to_ts) THEN
      RAISE EXCEPTION 'history of that time has been archived' USING ERRCODE = 'object_not_in_prerequisite_state',
        DETAIL = format('The events of tickets %s to %s are in archive %s.', a.first_ticket, a.last_ticket, a.name),
        HINT = 'Put it back with liskeban_archive restore, or ask for other days. stat_daily and flow() have these days as they were.';
    END IF;
  END LOOP;
  RETURN true;
END
$$;
COMMENT ON FUNCTION liskeban._history_there(timestamptz, timestamptz) IS 'true; 55000 where what history tells of [from_ts, to_ts) is not all here any more, so that no figure is made of the rest: tickets received then, or merged into one that was, or whistles blown then, are archived';
REVOKE ALL ON FUNCTION liskeban._history_there(timestamptz, timestamptz) FROM PUBLIC;

CREATE FUNCTION liskeban._kpi_facts(from_ts timestamptz, to_ts timestamptz, as_of timestamptz, kinds liskeban.ticket_kind[])
RETURNS TABLE (ticket_id bigint, received_at timestamptz, kind liskeban.ticket_kind, source text, fact liskeban._ticket_fact,
  asked integer, answered integer, unreachable integer, satisfied integer, solved integer)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10000 AS $$
  WITH fact AS MATERIALIZED (
    SELECT t.ticket_id, t.received_at, t.kind, t.source,
           liskeban._ticket_facts(e.seq, e.run, e.at, e.from_state, e.to_state, e.action, e.actor, e.detail, as_of) AS fact
    FROM liskeban.ticket t
    JOIN liskeban.ticket_event e ON e.ticket_id = t.ticket_id
    WHERE liskeban._history_there(from_ts, to_ts)
      AND t.received_at >= from_ts AND t.received_at < to_ts AND t.kind = ANY (kinds) AND t.parent_id IS NULL
      AND e.at <= as_of AND e.recorded_at <= as_of
    GROUP BY t.ticket_id
  ), merged AS (
    SELECT (m.fact).merged_into AS lead,
           count(*)::integer AS asked,
           count(*) FILTER (WHERE (m.fact).satisfaction <> 'unreachable')::integer AS answered,
           count(*) FILTER (WHERE (m.fact).satisfaction = 'unreachable')::integer AS unreachable,
           count(*) FILTER (WHERE (m.fact).satisfaction = 'satisfied')::integer AS satisfied,
           count(*) FILTER (WHERE (m.fact).satisfaction <> 'unreachable' AND (m.fact).solved)::integer AS solved
    FROM (SELECT liskeban._ticket_facts(e.seq, e.run, e.at, e.from_state, e.to_state, e.action, e.actor, e.detail, as_of) AS fact
          FROM liskeban.ticket_event e
          WHERE e.ticket_id IN (SELECT x.ticket_id FROM liskeban.ticket_event x WHERE x.action = 'merge')
            AND e.at <= as_of AND e.recorded_at <= as_of
          GROUP BY e.ticket_id) m
    WHERE (m.fact).state = 'merged' AND (m.fact).has_reporter
    GROUP BY (m.fact).merged_into
  )
  SELECT f.ticket_id, f.received_at, f.kind, f.source, f.fact,
         coalesce(o.own + m.asked, o.own, 0),
         CASE WHEN o.own = 1 AND (f.fact).satisfaction <> 'unreachable' THEN 1 ELSE 0 END
           + CASE WHEN o.own IS NOT NULL THEN coalesce(m.answered, 0) ELSE 0 END,
         CASE WHEN o.own = 1 AND (f.fact).satisfaction = 'unreachable' THEN 1 ELSE 0 END
           + CASE WHEN o.own IS NOT NULL THEN coalesce(m.unreachable, 0) ELSE 0 END,
         CASE WHEN o.own = 1 AND (f.fact).satisfaction = 'satisfied' THEN 1 ELSE 0 END
           + CASE WHEN o.own IS NOT NULL THEN coalesce(m.satisfied, 0) ELSE 0 END,
         CASE WHEN o.own = 1 AND (f.fact).satisfaction <> 'unreachable' AND (f.fact).solved THEN 1 ELSE 0 END
           + CASE WHEN o.own IS NOT NULL THEN coalesce(m.solved, 0) ELSE 0 END
  FROM fact f
  -- own: NULL while nobody is asked, else whether this ticket has a reporter of its own
  CROSS JOIN LATERAL (SELECT CASE WHEN (f.fact).state = 'closed' AND (f.fact).reported AND NOT (f.fact).self_handled
                                  THEN (f.fact).has_reporter::integer END) AS o(own)
  LEFT JOIN merged m ON m.lead = f.ticket_id
  WHERE (f.fact).state IS NOT NULL
$$;
COMMENT ON FUNCTION liskeban._kpi_facts(timestamptz, timestamptz, timestamptz, liskeban.ticket_kind[]) IS
  'the tickets of those kinds received in [from_ts, to_ts), without children, with what their events up to as_of say, and how many reporters (a merged ticket''s under its lead) a closed ticket had, and what they answered';
REVOKE ALL ON FUNCTION liskeban._kpi_facts(timestamptz, timestamptz, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;

-- A whistle of a village's, blown in the span: what became of it by as_of, as its ticket's events tell. A decline counts
-- as upheld when its appeal was declined too, or when nobody appealed within a working day.
CREATE FUNCTION liskeban._kpi_whistles(from_ts timestamptz, to_ts timestamptz, as_of timestamptz, kinds liskeban.ticket_kind[])
RETURNS TABLE (ticket_id bigint, raised_at timestamptz, source text, fact liskeban._ticket_fact, upheld boolean, solved boolean)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
  WITH known AS MATERIALIZED (
    SELECT e.*
      FROM (SELECT DISTINCT b.ticket_id FROM liskeban.ticket_event AS b
             WHERE liskeban._history_there(from_ts, to_ts) AND b.action = 'blow_whistle' AND b.at >= from_ts AND b.at < to_ts AND b.at <= as_of AND b.recorded_at <= as_of) AS w
      JOIN liskeban.ticket AS t ON t.ticket_id = w.ticket_id AND t.kind = ANY (kinds) AND t.parent_id IS NULL
      JOIN liskeban.ticket_event AS e ON e.ticket_id = w.ticket_id
     WHERE e.at <= as_of AND e.recorded_at <= as_of
  ), reverted AS (
    SELECT k.ticket_id, (k.detail ->> 'reverts')::integer AS seq FROM known AS k WHERE k.action = 'revert'
  ), happened AS (
    SELECT k.* FROM known AS k WHERE NOT EXISTS (SELECT FROM reverted AS r WHERE r.ticket_id = k.ticket_id AND r.seq = k.seq)
  ), fact AS (
    SELECT k.ticket_id, liskeban._ticket_facts(k.seq, k.run, k.at, k.from_state, k.to_state, k.action, k.actor, k.detail, as_of) AS fact
      FROM known AS k GROUP BY k.ticket_id
  )
  SELECT b.ticket_id, b.at, t.source, f.fact,
         d.seq IS NOT NULL
           AND (d.until < as_of AND coalesce(a.at > d.until, true)
                OR EXISTS (SELECT FROM happened AS x WHERE x.ticket_id = b.ticket_id AND x.seq > a.seq AND x.action = 'decline_whistle'
                              AND NOT EXISTS (SELECT FROM happened AS y WHERE y.ticket_id = b.ticket_id AND y.seq > a.seq AND y.seq < x.seq
                                                 AND y.action IN ('blow_whistle', 'hand_down', 'resolve', 'answer')))),
         (f.fact).state IN ('resolved', 'closed')
           AND EXISTS (SELECT FROM happened AS x WHERE x.ticket_id = b.ticket_id AND x.seq > b.seq AND x.action IN ('resolve', 'answer'))
           AND NOT EXISTS (SELECT FROM happened AS x WHERE x.ticket_id = b.ticket_id AND x.seq > b.seq AND x.action = 'reopen')
    FROM happened AS b
    JOIN liskeban.ticket AS t ON t.ticket_id = b.ticket_id
    JOIN fact AS f ON f.ticket_id = b.ticket_id
    LEFT JOIN LATERAL (SELECT x.seq, x.at, x.action FROM happened AS x
                        WHERE x.ticket_id = b.ticket_id AND x.seq > b.seq
                          AND x.action IN ('decline_whistle', 'hand_down', 'blow_whistle', 'resolve', 'answer', 'withdraw', 'merge', 'reject')
                        ORDER BY x.seq LIMIT 1) AS n ON true
    LEFT JOIN LATERAL (SELECT n.seq, liskeban.add_working_time(n.at, '1 day', 'working_day') AS until WHERE n.action = 'decline_whistle') AS d ON true
    LEFT JOIN LATERAL (SELECT x.seq, x.at FROM happened AS x
                        WHERE x.ticket_id = b.ticket_id AND x.seq > d.seq AND x.action = 'appeal_whistle'
                          AND NOT EXISTS (SELECT FROM happened AS y WHERE y.ticket_id = b.ticket_id AND y.seq > d.seq AND y.seq < x.seq AND y.action = 'blow_whistle')
                        ORDER BY x.seq LIMIT 1) AS a ON true
   WHERE b.action = 'blow_whistle' AND b.at >= from_ts AND b.at < to_ts AND b.detail -> 'tier' ->> 0 = 'village'
$$;
COMMENT ON FUNCTION liskeban._kpi_whistles(timestamptz, timestamptz, timestamptz, liskeban.ticket_kind[]) IS
  'the whistles that villages blew in [from_ts, to_ts) for tickets of those kinds, with what their ticket''s events up to as_of say: whether a decline of it was upheld, and whether the ticket is solved and was not reopened';
REVOKE ALL ON FUNCTION liskeban._kpi_whistles(timestamptz, timestamptz, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;

CREATE FUNCTION liskeban.kpi(from_day date, to_day date, by text, as_of timestamptz DEFAULT NULL,
  kinds liskeban.ticket_kind[] DEFAULT '{demand}')
RETURNS TABLE (key text, name text, received bigint, reported bigint, self_handled bigint, due bigint,
  completion_num bigint, completion_den bigint, completion numeric,
  on_time_num bigint, on_time_den bigint, on_time numeric,
  on_time_original_num bigint, on_time_original_den bigint, on_time_original numeric,
  response_num bigint, response_den bigint, response numeric, response_proven_num bigint,
  answered_num bigint, answered_den bigint, answered numeric, unreachable bigint,
  solved_num bigint, solved_den bigint, solved numeric,
  satisfaction_num bigint, satisfaction_den bigint, satisfaction numeric,
  rework_num bigint, rework_den bigint, rework numeric,
  first_time_num bigint, first_time_den bigint, first_time numeric,
  plan_num bigint, plan_den bigint, plan numeric,
  promise_num bigint, promise_den bigint, promise numeric,
  whistle_num bigint, whistle_den bigint, whistle numeric,
  breach_num bigint, co_num bigint, settled boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  -- one zone: a hub of several districts takes none of another
  zone     text := (SELECT min(p.time_zone) FROM liskeban.platform p);
  until    timestamptz := coalesce(kpi.as_of, liskeban.liskeban_now());
  is_settled boolean := liskeban._settled(until);
BEGIN
  PERFORM liskeban._kpi_check(kpi.from_day, kpi.to_day, kpi.by);

  RETURN QUERY
  WITH cases AS MATERIALIZED (
    SELECT k.source, k.asked, k.answered, k.unreachable, k.satisfied, k.solved AS case_solved,
           (k.fact).reported, (k.fact).self_handled, (k.fact).due, (k.fact).complete, (k.fact).on_time,
           (k.fact).on_time_original, (k.fact).response_due, (k.fact).response, (k.fact).response_proven,
           (k.fact).resolved, (k.fact).reworked, (k.fact).first_time, (k.fact).plan_due, (k.fact).plan,
           (k.fact).promise_due, (k.fact).promise, (k.fact).breach_holders, (k.fact).co_departments,
           coalesce(CASE kpi.by
             WHEN 'district' THEN left(k.ticket_id::text, 6)
             WHEN 'town' THEN CASE WHEN length((k.fact).area) >= 9 THEN left((k.fact).area, 9) END
             WHEN 'village' THEN CASE WHEN length((k.fact).area) >= 12 THEN left((k.fact).area, 12) END
             WHEN 'category' THEN (k.fact).category
             WHEN 'domain' THEN (k.fact).domain
             WHEN 'source' THEN k.source
             WHEN 'department' THEN (k.fact).department
             WHEN 'tier' THEN (k.fact).tier
             WHEN 'holder' THEN CASE WHEN cardinality((k.fact).breach_holders) > 0 THEN (k.fact).breach_holders[1]
                                     ELSE coalesce((k.fact).responsible_area, (k.fact).department) END
           END, '(pool)') AS case_key
    FROM liskeban._kpi_facts(kpi.from_day::timestamp AT TIME ZONE zone, (kpi.to_day + 1)::timestamp AT TIME ZONE zone, until,
                             coalesce(kpi.kinds, enum_range(NULL::liskeban.ticket_kind))) k
  ), own AS (
    SELECT c.case_key,
           count(*) AS received,
           count(*) FILTER (WHERE c.reported) AS reported,
           count(*) FILTER (WHERE c.self_handled) AS self_handled,
           count(*) FILTER (WHERE c.due) AS due,
           count(*) FILTER (WHERE c.complete) AS complete,
           count(*) FILTER (WHERE c.on_time) AS on_time,
           count(*) FILTER (WHERE c.on_time_original) AS on_time_original,
           count(*) FILTER (WHERE c.response_due) AS response_due,
           count(*) FILTER (WHERE c.response) AS response,
           count(*) FILTER (WHERE c.response_proven) AS response_proven,
           sum(c.asked) AS asked,
           sum(c.answered) AS answered,
           sum(c.unreachable) AS unreachable,
           sum(c.satisfied) AS satisfied,
           sum(c.case_solved) AS solved,
           count(*) FILTER (WHERE c.resolved) AS resolved,
           count(*) FILTER (WHERE c.reworked) AS reworked,
           count(*) FILTER (WHERE c.first_time) AS first_time,
           count(*) FILTER (WHERE c.plan_due) AS plan_due,
           count(*) FILTER (WHERE c.plan) AS plan,
           count(*) FILTER (WHERE c.promise_due) AS promise_due,
           count(*) FILTER (WHERE c.promise) AS promise
    FROM cases c
    GROUP BY c.case_key
  ), breaches AS (
    SELECT coalesce(CASE WHEN kpi.by = 'holder' THEN b.holder ELSE c.case_key END, '(pool)') AS case_key, count(*) AS breaches
    FROM cases c, unnest(c.breach_holders) AS b(holder)
    WHERE c.reported AND NOT c.self_handled
    GROUP BY 1
  ), co AS (
    SELECT d.department AS case_key, count(*) AS co
    FROM cases c, unnest(c.co_departments) AS d(department)
    WHERE kpi.by = 'department'
    GROUP BY 1
  ), blown AS (
    SELECT coalesce(CASE kpi.by
             WHEN 'district' THEN left(w.ticket_id::text, 6)
             WHEN 'town' THEN CASE WHEN length((w.fact).area) >= 9 THEN left((w.fact).area, 9) END
             WHEN 'village' THEN CASE WHEN length((w.fact).area) >= 12 THEN left((w.fact).area, 12) END
             WHEN 'category' THEN (w.fact).category
             WHEN 'domain' THEN (w.fact).domain
             WHEN 'source' THEN w.source
             WHEN 'department' THEN (w.fact).department
             WHEN 'tier' THEN (w.fact).tier
             WHEN 'holder' THEN coalesce((w.fact).responsible_area, (w.fact).department)
           END, '(pool)') AS case_key,
           count(*) FILTER (WHERE w.solved AND NOT w.upheld) AS solved, count(*) FILTER (WHERE NOT w.upheld) AS raised
    FROM liskeban._kpi_whistles(kpi.from_day::timestamp AT TIME ZONE zone, (kpi.to_day + 1)::timestamp AT TIME ZONE zone, until,
                                coalesce(kpi.kinds, enum_range(NULL::liskeban.ticket_kind))) w
    GROUP BY 1
  ), names AS (
    SELECT DISTINCT ON (n.code) n.code, n.name
    FROM (
      SELECT 0 AS rank, '(pool)' AS code, '公共池' AS name
      UNION ALL SELECT 1, p.district::text, p.name FROM liskeban.platform p WHERE kpi.by IN ('district', 'holder')
      UNION ALL SELECT 2, a.code::text, a.name FROM liskeban.area a WHERE kpi.by IN ('town', 'village', 'holder')
      UNION ALL SELECT 3, d.code, d.name FROM liskeban.department d WHERE kpi.by IN ('department', 'holder')
      UNION ALL SELECT 4, c.code, c.name FROM liskeban.category c WHERE kpi.by = 'category'
      UNION ALL SELECT 5, d.code, d.name FROM liskeban.domain d WHERE kpi.by = 'domain'
      UNION ALL SELECT 6, s.code, s.name FROM liskeban.source_system s WHERE kpi.by = 'source'
      UNION ALL SELECT 7, t.code, t.name FROM (VALUES ('village', '村（社区）'), ('town', '镇街（部门）'), ('district', '区'),
                                                    ('principal', '主要领导')) AS t(code, name) WHERE kpi.by = 'tier'
    ) n
    ORDER BY n.code, n.rank
  ), sums AS (
    SELECT k.case_key,
           coalesce(o.received, 0) AS received, coalesce(o.reported, 0) AS reported,
           coalesce(o.self_handled, 0) AS self_handled, coalesce(o.due, 0) AS due, coalesce(o.complete, 0) AS complete,
           coalesce(o.on_time, 0) AS on_time, coalesce(o.on_time_original, 0) AS on_time_original,
           coalesce(o.response_due, 0) AS response_due, coalesce(o.response, 0) AS response,
           coalesce(o.response_proven, 0) AS response_proven, coalesce(o.asked, 0) AS asked,
           coalesce(o.answered, 0) AS answered, coalesce(o.unreachable, 0) AS unreachable,
           coalesce(o.satisfied, 0) AS satisfied, coalesce(o.solved, 0) AS solved, coalesce(o.resolved, 0) AS resolved,
           coalesce(o.reworked, 0) AS reworked, coalesce(o.first_time, 0) AS first_time,
           coalesce(o.plan_due, 0) AS plan_due, coalesce(o.plan, 0) AS plan,
           coalesce(o.promise_due, 0) AS promise_due, coalesce(o.promise, 0) AS promise,
           coalesce(w.solved, 0) AS whistles_solved, coalesce(w.raised, 0) AS whistles,
           coalesce(b.breaches, 0) AS breaches,
           CASE WHEN kpi.by = 'department' THEN coalesce(co.co, 0) END AS co
    FROM (SELECT o.case_key FROM own o UNION SELECT b.case_key FROM breaches b UNION SELECT co.case_key FROM co
          UNION SELECT w.case_key FROM blown w) k
    LEFT JOIN own o ON o.case_key = k.case_key
    LEFT JOIN breaches b ON b.case_key = k.case_key
    LEFT JOIN co ON co.case_key = k.case_key
    LEFT JOIN blown w ON w.case_key = k.case_key
  )
  SELECT s.case_key, n.name, s.received, s.reported, s.self_handled, s.due,
         s.complete, s.due, s.complete / nullif(s.due, 0)::numeric,
         s.on_time, s.due, s.on_time / nullif(s.due, 0)::numeric,
         s.on_time_original, s.due, s.on_time_original / nullif(s.due, 0)::numeric,
         s.response, s.response_due, s.response / nullif(s.response_due, 0)::numeric, s.response_proven,
         s.answered, s.asked, s.answered / nullif(s.asked, 0)::numeric, s.unreachable,
         s.solved, s.answered, s.solved / nullif(s.answered, 0)::numeric,
         s.satisfied, s.answered, s.satisfied / nullif(s.answered, 0)::numeric,
         s.reworked, s.resolved, s.reworked / nullif(s.resolved, 0)::numeric,
         s.first_time, s.resolved, s.first_time / nullif(s.resolved, 0)::numeric,
         s.plan, s.plan_due, s.plan / nullif(s.plan_due, 0)::numeric,
         s.promise, s.promise_due, s.promise / nullif(s.promise_due, 0)::numeric,
         s.whistles_solved, s.whistles, s.whistles_solved / nullif(s.whistles, 0)::numeric,
         s.breaches, s.co, is_settled
  FROM sums s
  LEFT JOIN names n ON n.code = s.case_key
  ORDER BY s.case_key COLLATE "C";
END
$$;
-- Its figures are added by 71_kpi_definition.sql.
COMMENT ON FUNCTION liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[]) IS
'指标 the figures of the tickets received from from_day to to_day (both inclusive, days of the platform''s zone), as history up to as_of (NULL: now) tells them; of those kinds (NULL: all); an act at a due is on time. One row per key that has a case, ordered by key in C collation; by is district, town, village, category, domain, source, department, holder or tier, else 22023; NULL days or by: 22004. Of a rate R: R_num / R_den, NULL where R_den is 0.
town and village are those of the ticket''s area; an area coarser than asked, and no area, department, holder or tier, count under (pool), so that keys add up to the district.
holder: a ticket counts under who held it (responsible_area, else department) at its first breach, without one under its present holder; breach_num counts each breach under who held the ticket then.
settled 已定: a final watermark was noted at or after as_of, so nothing recorded up to it can come any more: asked again, the figures are the same. Promised while the clock is not set back.';
REVOKE ALL ON FUNCTION liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;
