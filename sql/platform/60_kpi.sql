-- Figures from history: what every ticket's events up to an instant say, counted by what is asked for. What is rolled up is
-- read from the facts and their sums (58_fact.sql), the rest from the events of the tickets it is about.

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
      RAISE EXCEPTION '%', liskeban.message('history of that time has been archived') USING ERRCODE = 'object_not_in_prerequisite_state',
        DETAIL = liskeban.message('The events of tickets %s to %s are in archive %s.', a.first_ticket, a.last_ticket, a.name),
        HINT = liskeban.message('Put it back with liskeban_archive restore, or ask for other days. stat_daily and flow() have these days as they were.');
    END IF;
  END LOOP;
  RETURN true;
END
$$;
COMMENT ON FUNCTION liskeban._history_there(timestamptz, timestamptz) IS 'true; 55000 where what history tells of [from_ts, to_ts) is not all here any more, so that no figure is made of the rest: tickets received then, or merged into one that was, or whistles blown then, are archived';
REVOKE ALL ON FUNCTION liskeban._history_there(timestamptz, timestamptz) FROM PUBLIC;

CREATE FUNCTION liskeban._facts_rolled(OUT last_event_id bigint, OUT until timestamptz) RETURNS record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT max(s.last_event_id), max(s.rolled_at)
    FROM liskeban.roll_up_state AS s JOIN liskeban.platform AS p ON p.time_zone = s.time_zone WHERE s.name = 'ticket_fact'
$$;
COMMENT ON FUNCTION liskeban._facts_rolled() IS 'up to which event, and up to when, the facts are rolled up; NULL: not begun, or for another zone';
REVOKE ALL ON FUNCTION liskeban._facts_rolled() FROM PUBLIC;

CREATE FUNCTION liskeban._tickets_between(from_ts timestamptz, to_ts timestamptz, kinds liskeban.ticket_kind[], among bigint[])
RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  IF among IS NULL THEN
    RETURN ARRAY(SELECT t.ticket_id FROM liskeban.ticket AS t
                  WHERE t.received_at >= from_ts AND t.received_at < to_ts AND t.kind = ANY (kinds) AND t.parent_id IS NULL);
  ELSIF among = '{}' THEN
    RETURN among;
  END IF;
  RETURN ARRAY(SELECT t.ticket_id FROM liskeban.ticket AS t
                WHERE t.ticket_id = ANY (among) AND t.received_at >= from_ts AND t.received_at < to_ts AND t.kind = ANY (kinds)
                  AND t.parent_id IS NULL);
END
$$;
COMMENT ON FUNCTION liskeban._tickets_between(timestamptz, timestamptz, liskeban.ticket_kind[], bigint[]) IS 'the tickets of those kinds received in [from_ts, to_ts), without children, of those given (NULL: of all)';
REVOKE ALL ON FUNCTION liskeban._tickets_between(timestamptz, timestamptz, liskeban.ticket_kind[], bigint[]) FROM PUBLIC;

-- Whatever the roll-up, the same rows: a fact from since on where nothing came after it, history's fold elsewhere.
CREATE FUNCTION liskeban._facts_at(from_ts timestamptz, to_ts timestamptz, as_of timestamptz, kinds liskeban.ticket_kind[])
RETURNS SETOF liskeban.ticket_fact
LANGUAGE plpgsql STABLE ROWS 10000 SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE
  zone     text := (SELECT min(p.time_zone) FROM liskeban.platform AS p);
  from_day date := (from_ts AT TIME ZONE zone)::date;
  to_day   date := (to_ts AT TIME ZONE zone)::date;
  rolled   record;
  touched  bigint[];
BEGIN
  PERFORM liskeban._history_there(from_ts, to_ts);
  SELECT r.* INTO rolled FROM liskeban._facts_rolled() AS r;
  IF rolled.last_event_id IS NULL THEN
    RETURN QUERY SELECT f.* FROM liskeban._fold_facts(liskeban._tickets_between(from_ts, to_ts, kinds, NULL), as_of, 9223372036854775807, NULL) AS f;
    RETURN;
  END IF;
  touched := liskeban._touched_tickets(rolled.last_event_id, 9223372036854775807);
  RETURN QUERY
  SELECT f.* FROM liskeban.ticket_fact AS f
   WHERE f.day >= from_day AND f.day <= to_day AND f.received_at >= from_ts AND f.received_at < to_ts AND f.kind = ANY (kinds)
     AND f.since <= as_of AND f.ticket_id <> ALL (touched);
  RETURN QUERY
  SELECT f.*
    FROM liskeban._fold_facts(
           liskeban._tickets_between(from_ts, to_ts, kinds, touched)
           || ARRAY(SELECT s.ticket_id FROM liskeban.ticket_fact AS s
                     WHERE s.day >= from_day AND s.day <= to_day AND s.received_at >= from_ts AND s.received_at < to_ts
                       AND s.kind = ANY (kinds) AND s.since > as_of AND s.ticket_id <> ALL (touched)),
           as_of, 9223372036854775807, NULL) AS f;
END
$$;
COMMENT ON FUNCTION liskeban._facts_at(timestamptz, timestamptz, timestamptz, liskeban.ticket_kind[]) IS 'what history up to as_of says of the tickets of those kinds received in [from_ts, to_ts), without children';
REVOKE ALL ON FUNCTION liskeban._facts_at(timestamptz, timestamptz, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;

CREATE FUNCTION liskeban._whistles_at(from_ts timestamptz, to_ts timestamptz, as_of timestamptz, kinds liskeban.ticket_kind[])
RETURNS SETOF liskeban.whistle_fact
LANGUAGE plpgsql STABLE ROWS 1000 SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE
  zone     text := (SELECT min(p.time_zone) FROM liskeban.platform AS p);
  from_day date := (from_ts AT TIME ZONE zone)::date;
  to_day   date := (to_ts AT TIME ZONE zone)::date;
  rolled   record;
  touched  bigint[] := ARRAY[]::bigint[];
  others   bigint[];
BEGIN
  PERFORM liskeban._history_there(from_ts, to_ts);
  SELECT r.* INTO rolled FROM liskeban._facts_rolled() AS r;
  IF rolled.last_event_id IS NULL THEN
    others := ARRAY(SELECT DISTINCT e.ticket_id FROM liskeban.ticket_event AS e WHERE e.action = 'blow_whistle' AND e.at >= from_ts AND e.at < to_ts);
  ELSE
    touched := liskeban._touched_tickets(rolled.last_event_id, 9223372036854775807);
    others := touched || ARRAY(SELECT DISTINCT w.ticket_id FROM liskeban.whistle_fact AS w
                                WHERE w.day >= from_day AND w.day <= to_day AND w.since > as_of AND w.ticket_id <> ALL (touched));
    RETURN QUERY
    SELECT w.* FROM liskeban.whistle_fact AS w
     WHERE w.day >= from_day AND w.day <= to_day AND w.raised_at >= from_ts AND w.raised_at < to_ts AND w.kind = ANY (kinds)
       AND w.since <= as_of AND w.ticket_id <> ALL (touched);
  END IF;
  RETURN QUERY
  SELECT w.*
    FROM liskeban._fold_whistles(others, as_of, 9223372036854775807, NULL) AS w
   WHERE w.raised_at >= from_ts AND w.raised_at < to_ts AND w.kind = ANY (kinds)
     -- of a ticket with several, those that are told above are not told again
     AND NOT EXISTS (SELECT FROM liskeban.whistle_fact AS k
                      WHERE k.ticket_id = w.ticket_id AND k.seq = w.seq AND k.since <= as_of AND k.ticket_id <> ALL (touched)
                        AND rolled.last_event_id IS NOT NULL);
END
$$;
COMMENT ON FUNCTION liskeban._whistles_at(timestamptz, timestamptz, timestamptz, liskeban.ticket_kind[]) IS 'what history up to as_of says of the whistles that villages blew in [from_ts, to_ts) for tickets of those kinds';
REVOKE ALL ON FUNCTION liskeban._whistles_at(timestamptz, timestamptz, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;

CREATE FUNCTION liskeban._kpi_facts(from_ts timestamptz, to_ts timestamptz, as_of timestamptz, kinds liskeban.ticket_kind[])
RETURNS TABLE (ticket_id bigint, received_at timestamptz, kind liskeban.ticket_kind, source text, fact liskeban._ticket_fact,
  asked integer, answered integer, unreachable integer, satisfied integer, solved integer)
LANGUAGE sql STABLE ROWS 10000 SET search_path = pg_catalog, pg_temp AS $$
  SELECT f.ticket_id, f.received_at, f.kind, f.source,
         ROW(f.state, f.run, f.category, f.domain, f.difficulty, f.area, f.responsible_area, f.department, coalesce(f.co_departments, '{}'), f.tier,
             f.merged_into, f.has_reporter, f.satisfaction, f.solved,
             f.reported, f.self_handled, f.due, f.complete, f.on_time, f.on_time_original, f.response_due,
             f.response, f.response_proven, f.resolved, f.reworked, f.first_time, f.plan_due, f.plan_in_time, f.promise_due,
             f.promise, coalesce(f.breach_holders, '{}'))::liskeban._ticket_fact,
         f.asked, f.answered, f.unreachable, f.satisfied, f.said_solved
    FROM liskeban._facts_at(from_ts, to_ts, as_of, kinds) AS f
$$;
COMMENT ON FUNCTION liskeban._kpi_facts(timestamptz, timestamptz, timestamptz, liskeban.ticket_kind[]) IS
  'the tickets of those kinds received in [from_ts, to_ts), without children, with what their events up to as_of say, and how many reporters (a merged ticket''s under its lead) a closed ticket had, and what they answered';
REVOKE ALL ON FUNCTION liskeban._kpi_facts(timestamptz, timestamptz, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;

-- The sums of what is asked for. From the last roll-up on they are figure_daily's, less what is in there of tickets that
-- something happened to since, and with what is not in there: these, and those whose clocks run, told by their history. A
-- hub of several districts rolls nothing up; days begin in the one zone of all.
CREATE FUNCTION liskeban._figures(from_day date, to_day date, by text, as_of timestamptz, kinds liskeban.ticket_kind[])
RETURNS TABLE (key text,
  received bigint, reported bigint, self_handled bigint, due bigint, complete bigint, on_time bigint,
  on_time_original bigint, response_due bigint, response bigint, response_proven bigint, asked bigint,
  answered bigint, unreachable bigint, satisfied bigint, solved bigint, resolved bigint, reworked bigint,
  first_time bigint, plan_due bigint, plan bigint, promise_due bigint, promise bigint, whistles bigint,
  whistles_solved bigint, breaches bigint, co bigint)
LANGUAGE plpgsql STABLE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
  zone    text := (SELECT min(p.time_zone) FROM liskeban.platform AS p);
  from_ts timestamptz := _figures.from_day::timestamp AT TIME ZONE zone;
  to_ts   timestamptz := (_figures.to_day + 1)::timestamp AT TIME ZONE zone;
  kept    text := CASE _figures.by WHEN 'district' THEN 'tier' ELSE _figures.by END;
  rolled  record;
  touched bigint[];
  folded  bigint[];
  blown   bigint[];
BEGIN
  PERFORM liskeban._history_there(from_ts, to_ts);
  SELECT r.* INTO rolled FROM liskeban._facts_rolled() AS r;
  IF rolled.last_event_id IS NULL OR as_of < rolled.until THEN
    RETURN QUERY
    SELECT g.key,
           sum(g.received), sum(g.reported), sum(g.self_handled), sum(g.due), sum(g.complete), sum(g.on_time),
           sum(g.on_time_original), sum(g.response_due), sum(g.response), sum(g.response_proven), sum(g.asked),
           sum(g.answered), sum(g.unreachable), sum(g.satisfied), sum(g.solved), sum(g.resolved), sum(g.reworked),
           sum(g.first_time), sum(g.plan_due), sum(g.plan), sum(g.promise_due), sum(g.promise), sum(g.whistles),
           sum(g.whistles_solved), sum(g.breaches), sum(g.co)
      FROM (SELECT g.* FROM liskeban._facts_at(from_ts, to_ts, as_of, kinds) AS f CROSS JOIN LATERAL liskeban._fact_figures(f, _figures.by) AS g
            UNION ALL
            SELECT g.* FROM liskeban._whistles_at(from_ts, to_ts, as_of, kinds) AS w CROSS JOIN LATERAL liskeban._whistle_figures(w, _figures.by) AS g) AS g
     GROUP BY 1
    HAVING (sum(g.received), sum(g.whistles), sum(g.breaches), sum(g.co)) <> (0, 0, 0, 0);
    RETURN;
  END IF;

  touched := liskeban._touched_tickets(rolled.last_event_id, 9223372036854775807);
  folded := liskeban._tickets_between(from_ts, to_ts, kinds, touched)
            || ARRAY(SELECT f.ticket_id FROM liskeban.ticket_fact AS f
                      WHERE NOT f.summed AND f.kind = ANY (kinds) AND f.day >= _figures.from_day AND f.day <= _figures.to_day
                        AND f.ticket_id <> ALL (touched));
  blown := touched || ARRAY(SELECT DISTINCT w.ticket_id FROM liskeban.whistle_fact AS w
                             WHERE NOT w.summed AND w.kind = ANY (kinds) AND w.day >= _figures.from_day AND w.day <= _figures.to_day
                               AND w.ticket_id <> ALL (touched));
  -- of days that are over, as most are asked for
  IF folded = '{}' AND blown = '{}' THEN
    RETURN QUERY
    SELECT CASE WHEN _figures.by = 'district' THEN (SELECT p.district::text FROM liskeban.platform AS p) ELSE s.key END,
           sum(s.received), sum(s.reported), sum(s.self_handled), sum(s.due), sum(s.complete), sum(s.on_time),
           sum(s.on_time_original), sum(s.response_due), sum(s.response), sum(s.response_proven), sum(s.asked),
           sum(s.answered), sum(s.unreachable), sum(s.satisfied), sum(s.solved), sum(s.resolved), sum(s.reworked),
           sum(s.first_time), sum(s.plan_due), sum(s.plan), sum(s.promise_due), sum(s.promise), sum(s.whistles),
           sum(s.whistles_solved), sum(s.breaches), sum(s.co)
      FROM liskeban.figure_daily AS s
     WHERE s.by = kept AND s.kind = ANY (kinds) AND s.day >= _figures.from_day AND s.day <= _figures.to_day
     GROUP BY 1
    HAVING (sum(s.received), sum(s.whistles), sum(s.breaches), sum(s.co)) <> (0, 0, 0, 0);
    RETURN;
  END IF;
  RETURN QUERY
  WITH part AS (
    SELECT 1 AS sign, s.* FROM liskeban.figure_daily AS s
     WHERE s.by = kept AND s.kind = ANY (kinds) AND s.day >= _figures.from_day AND s.day <= _figures.to_day
    UNION ALL
    SELECT -1, g.*
      FROM liskeban.ticket_fact AS f CROSS JOIN LATERAL liskeban._fact_figures(f, kept) AS g
     WHERE f.ticket_id = ANY (touched) AND f.summed AND f.kind = ANY (kinds) AND f.day >= _figures.from_day AND f.day <= _figures.to_day
    UNION ALL
    SELECT -1, g.*
      FROM liskeban.whistle_fact AS w CROSS JOIN LATERAL liskeban._whistle_figures(w, kept) AS g
     WHERE w.ticket_id = ANY (touched) AND w.summed AND w.kind = ANY (kinds) AND w.day >= _figures.from_day AND w.day <= _figures.to_day
    UNION ALL
    SELECT 1, g.*
      FROM liskeban._fold_facts(folded, as_of, 9223372036854775807, NULL) AS f
     CROSS JOIN LATERAL liskeban._fact_figures(f, kept) AS g
    UNION ALL
    SELECT 1, g.*
      FROM liskeban._fold_whistles(blown, as_of, 9223372036854775807, NULL) AS w
     CROSS JOIN LATERAL liskeban._whistle_figures(w, kept) AS g
     WHERE w.kind = ANY (kinds) AND w.day >= _figures.from_day AND w.day <= _figures.to_day
       -- of a ticket with several, those that are in the sums stay there
       AND NOT EXISTS (SELECT FROM liskeban.whistle_fact AS k
                        WHERE k.ticket_id = w.ticket_id AND k.seq = w.seq AND k.summed AND k.ticket_id <> ALL (touched))
  )
  SELECT CASE WHEN _figures.by = 'district' THEN (SELECT p.district::text FROM liskeban.platform AS p) ELSE p.key END,
         sum(p.sign * p.received), sum(p.sign * p.reported), sum(p.sign * p.self_handled), sum(p.sign * p.due),
         sum(p.sign * p.complete), sum(p.sign * p.on_time), sum(p.sign * p.on_time_original),
         sum(p.sign * p.response_due), sum(p.sign * p.response), sum(p.sign * p.response_proven),
         sum(p.sign * p.asked), sum(p.sign * p.answered), sum(p.sign * p.unreachable), sum(p.sign * p.satisfied),
         sum(p.sign * p.solved), sum(p.sign * p.resolved), sum(p.sign * p.reworked), sum(p.sign * p.first_time),
         sum(p.sign * p.plan_due), sum(p.sign * p.plan), sum(p.sign * p.promise_due), sum(p.sign * p.promise),
         sum(p.sign * p.whistles), sum(p.sign * p.whistles_solved), sum(p.sign * p.breaches), sum(p.sign * p.co)
    FROM part AS p
   GROUP BY 1
  HAVING (sum(p.sign * p.received), sum(p.sign * p.whistles), sum(p.sign * p.breaches), sum(p.sign * p.co)) <> (0, 0, 0, 0);
END
$$;
COMMENT ON FUNCTION liskeban._figures(date, date, text, timestamptz, liskeban.ticket_kind[]) IS 'the sums behind kpi(), by key; the columns are those of figure_daily';
REVOKE ALL ON FUNCTION liskeban._figures(date, date, text, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;

CREATE FUNCTION liskeban._kpi_corrections()
RETURNS TABLE (day date, kind liskeban.ticket_kind, town text, category text, domain text, source text,
  received integer, reported integer, self_handled integer, due integer, complete integer, on_time integer,
  on_time_original integer, response_due integer, response integer, response_proven integer, asked integer,
  answered integer, unreachable integer, satisfied integer, solved integer, resolved integer, reworked integer,
  first_time integer, plan_due integer, plan integer, promise_due integer, promise integer, breaches integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
  now     constant timestamptz := liskeban.liskeban_now();
  every   constant liskeban.ticket_kind[] := enum_range(NULL::liskeban.ticket_kind);
  touched bigint[];
  gone    liskeban.ticket_fact[];
  come    liskeban.ticket_fact[];
  rolled  record;
BEGIN
  SELECT r.* INTO rolled FROM liskeban._facts_rolled() AS r;
  IF rolled.last_event_id IS NULL OR now < rolled.until THEN
    come := ARRAY(SELECT f FROM liskeban._facts_at('-infinity', 'infinity', now, every) AS f);
  ELSE
    touched := liskeban._touched_tickets(rolled.last_event_id, 9223372036854775807);
    gone := ARRAY(SELECT f FROM liskeban.ticket_fact AS f WHERE f.ticket_id = ANY (touched) AND f.summed);
    come := ARRAY(SELECT f
                    FROM liskeban._fold_facts(touched || ARRAY(SELECT f.ticket_id FROM liskeban.ticket_fact AS f
                                                                WHERE NOT f.summed AND f.ticket_id <> ALL (touched)),
                                              now, 9223372036854775807, NULL) AS f);
  END IF;
  RETURN QUERY
  SELECT (p.f).day, (p.f).kind, coalesce(CASE WHEN length((p.f).area::text) >= 9 THEN left((p.f).area::text, 9) END, '(pool)'),
         (p.f).category, (p.f).domain, (p.f).source,
         sum(p.sign * 1)::integer, sum(p.sign * (p.f).reported::integer)::integer,
         sum(p.sign * (p.f).self_handled::integer)::integer, sum(p.sign * (p.f).due::integer)::integer,
         sum(p.sign * (p.f).complete::integer)::integer, sum(p.sign * (p.f).on_time::integer)::integer,
         sum(p.sign * (p.f).on_time_original::integer)::integer, sum(p.sign * (p.f).response_due::integer)::integer,
         sum(p.sign * (p.f).response::integer)::integer, sum(p.sign * (p.f).response_proven::integer)::integer,
         sum(p.sign * (p.f).asked)::integer, sum(p.sign * (p.f).answered)::integer,
         sum(p.sign * (p.f).unreachable)::integer, sum(p.sign * (p.f).satisfied)::integer,
         sum(p.sign * (p.f).said_solved)::integer, sum(p.sign * (p.f).resolved::integer)::integer,
         sum(p.sign * (p.f).reworked::integer)::integer, sum(p.sign * (p.f).first_time::integer)::integer,
         sum(p.sign * (p.f).plan_due::integer)::integer, sum(p.sign * (p.f).plan_in_time::integer)::integer,
         sum(p.sign * (p.f).promise_due::integer)::integer, sum(p.sign * (p.f).promise::integer)::integer,
         sum(p.sign * CASE WHEN (p.f).reported AND NOT (p.f).self_handled THEN coalesce(cardinality((p.f).breach_holders), 0) ELSE 0 END)::integer
    FROM (SELECT -1 AS sign, g AS f FROM unnest(gone) AS g UNION ALL SELECT 1, c FROM unnest(come) AS c) AS p
   GROUP BY 1, 2, 3, 4, 5, 6;
END
$$;
COMMENT ON FUNCTION liskeban._kpi_corrections() IS 'what is to be added to the facts in the sums, by the cells of liskeban_report.kpi_daily, for the figures as of now: of the tickets that something happened to since the last roll-up, and of those whose clocks run';
REVOKE ALL ON FUNCTION liskeban._kpi_corrections() FROM PUBLIC;

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
  until    timestamptz := coalesce(kpi.as_of, liskeban.liskeban_now());
  is_settled boolean := liskeban._settled(until);
BEGIN
  PERFORM liskeban._kpi_check(kpi.from_day, kpi.to_day, kpi.by);

  RETURN QUERY
  WITH sums AS MATERIALIZED (
    SELECT f.* FROM liskeban._figures(kpi.from_day, kpi.to_day, kpi.by, until, coalesce(kpi.kinds, enum_range(NULL::liskeban.ticket_kind))) AS f
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
  )
  SELECT s.key, n.name, s.received, s.reported, s.self_handled, s.due,
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
         s.breaches, CASE WHEN kpi.by = 'department' THEN s.co END, is_settled
  FROM sums s
  LEFT JOIN names n ON n.code = s.key
  ORDER BY s.key COLLATE "C";
END
$$;
-- Its figures are added by 71_kpi_definition.sql.
COMMENT ON FUNCTION liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[]) IS
'指标 the figures of the tickets received from from_day to to_day (both inclusive, days of the platform''s zone), as history up to as_of (NULL: now) tells them; of those kinds (NULL: all); an act at a due is on time. What it costs: from the last roll_up() on, one sum a day and key, and the events of the tickets whose clocks run or that something happened to since; as of before, one fact a ticket of the days asked for, and the events of those of them that something happened to after as_of; where nothing is rolled up, all their events. One row per key that has a case, ordered by key in C collation; by is district, town, village, category, domain, source, department, holder or tier, else 22023; NULL days or by: 22004. Of a rate R: R_num / R_den, NULL where R_den is 0.
town and village are those of the ticket''s area; an area coarser than asked, and no area, department, holder or tier, count under (pool), so that keys add up to the district.
holder: a ticket counts under who held it (responsible_area, else department) at its first breach, without one under its present holder; breach_num counts each breach under who held the ticket then.
settled 已定: a final watermark was noted at or after as_of, so nothing recorded up to it can come any more: asked again, the figures are the same. Promised while the clock is not set back.';
REVOKE ALL ON FUNCTION liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;
