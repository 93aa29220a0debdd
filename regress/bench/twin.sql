-- The same rules for a new ticket in PL/pgSQL, as one would write them well without C: a BEFORE ROW trigger that checks
-- and fills, a statement trigger with a transition table that writes history and worklist as sets. Policies, categories,
-- sources and the platform are read from their tables; the place is a GiST query over the areas.
--
-- Where there was a choice it is the faster one: no SET search_path on the functions, levels of areas stored beside
-- their polygons, one query for all policies, one hash over text, working time by liskeban's own C function, and no
-- check of memberships. Fills the same columns of the same tables (schema bench_twin) with the same values, which
-- same.sql checks.

\set ON_ERROR_STOP on
CALL bench.clone_tables('bench_twin');

CREATE TABLE bench_twin.area AS
SELECT code, liskeban.area_level(code) AS level, kind, valid_from, coalesce(valid_to, 'infinity') AS valid_to, geom
  FROM liskeban.area WHERE geom IS NOT NULL;
CREATE INDEX ON bench_twin.area USING gist (geom);
ANALYZE bench_twin.area;

CREATE FUNCTION bench_twin.ticket_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  now timestamptz := liskeban.liskeban_now();
  platform record;
  category record;
  term record;
BEGIN
  -- maintained columns
  IF NEW.received_at IS NOT NULL OR NEW.area IS NOT NULL OR NEW.placement IS NOT NULL OR NEW.suspended_from IS NOT NULL
     OR NEW.tier IS NOT NULL OR NEW.designated OR NEW.run <> 1 OR NEW.accept_due IS NOT NULL OR NEW.dispatch_due IS NOT NULL
     OR NEW.respond_due IS NOT NULL OR NEW.plan_due IS NOT NULL OR NEW.resolve_due IS NOT NULL
     OR NEW.resolve_due_original IS NOT NULL OR NEW.resolve_given IS NOT NULL OR NEW.feedback_due IS NOT NULL
     OR NEW.clocks_stopped_at IS NOT NULL OR NEW.dispatched_at IS NOT NULL OR NEW.contacted_at IS NOT NULL OR NEW.late_entry
     OR NEW.resolved_at IS NOT NULL OR NEW.resolved_by IS NOT NULL OR NEW.closed_at IS NOT NULL OR NEW.rework_count <> 0
     OR NEW.reopen_count <> 0 OR NEW.return_count <> 0 OR NEW.emergency IS NOT NULL OR NEW.co_departments <> '{}'
     OR NEW.has_reporter OR NEW.last_seq IS NOT NULL OR NEW.updated_at IS NOT NULL OR NEW.ticket_no IS NOT NULL THEN
    RAISE EXCEPTION 'a maintained column was given' USING ERRCODE = 'LK003';
  END IF;
  -- state, and what moves with its life
  IF NEW.state <> 'reported' OR NEW.responsible_area IS NOT NULL OR NEW.department IS NOT NULL OR NEW.on_site_at IS NOT NULL
     OR NEW.arrived_geom IS NOT NULL OR NEW.arrival_proof IS NOT NULL OR NEW.plan IS NOT NULL OR NEW.promised_at IS NOT NULL
     OR NEW.resolution IS NOT NULL OR NEW.reply IS NOT NULL OR NEW.suspend_until IS NOT NULL OR NEW.satisfaction IS NOT NULL
     OR NEW.solved IS NOT NULL OR NEW.checked_by IS NOT NULL OR NEW.reject_reason IS NOT NULL
     OR NEW.transferred_to IS NOT NULL OR NEW.merged_into IS NOT NULL THEN
    RAISE EXCEPTION 'a ticket begins as "reported"' USING ERRCODE = 'LK001';
  END IF;

  -- registry
  SELECT c.difficulty, c.on_site INTO category FROM liskeban.category AS c WHERE c.code = NEW.category AND c.retired_at IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'category "%" is not registered, or retired', NEW.category USING ERRCODE = 'foreign_key_violation';
  END IF;
  PERFORM FROM liskeban.source_system AS s WHERE s.code = NEW.source AND s.retired_at IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'source "%" is not registered, or retired', NEW.source USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF NEW.parent_id IS NOT NULL THEN
    PERFORM FROM bench_twin.ticket AS t WHERE t.ticket_id = NEW.parent_id;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'there is no ticket % to be the parent', NEW.parent_id USING ERRCODE = 'foreign_key_violation';
    END IF;
  END IF;
  SELECT p.ticket_prefix, p.time_zone, p.snap_distance INTO platform FROM liskeban.platform AS p;

  -- times
  NEW.received_at := now;
  NEW.reported_at := coalesce(NEW.reported_at, now);
  IF NEW.reported_at > now OR NEW.discovered_at > now THEN
    RAISE EXCEPTION 'impossible time' USING ERRCODE = 'LK006';
  END IF;
  NEW.difficulty := coalesce(NEW.difficulty, category.difficulty);

  -- place
  IF NEW.geom IS NULL THEN
    NEW.placement := 'unknown';
  ELSE
    SELECT a.code INTO NEW.area FROM bench_twin.area AS a
     WHERE ST_Covers(a.geom, NEW.geom) AND a.valid_from <= now AND a.valid_to > now
     ORDER BY a.level DESC, a.kind, a.code LIMIT 1;
    IF FOUND THEN
      NEW.placement := 'inside';
    ELSE
      SELECT near.code INTO NEW.area
        FROM (SELECT a.code, a.level, a.kind, ST_Distance(a.geom::geography, NEW.geom::geography) AS metres
                FROM bench_twin.area AS a
               WHERE a.geom && ST_Expand(NEW.geom, platform.snap_distance / 90000) AND a.valid_from <= now AND a.valid_to > now) AS near
       WHERE near.metres <= platform.snap_distance
       ORDER BY near.level DESC, near.metres, near.kind, near.code LIMIT 1;
      NEW.placement := CASE WHEN FOUND THEN 'snapped' ELSE 'outside' END;
    END IF;
    NEW.responsible_area := NEW.area;
  END IF;

  -- clocks
  SELECT min(p.due) FILTER (WHERE p.clock = 'accept') AS accept,
         min(p.due) FILTER (WHERE p.clock = CASE WHEN category.on_site THEN liskeban.clock 'respond' ELSE 'contact' END) AS respond,
         min(p.due) FILTER (WHERE p.clock = 'plan') AS plan, min(p.due) FILTER (WHERE p.clock = 'resolve') AS resolve,
         min(p.within) FILTER (WHERE p.clock = 'resolve') AS given
    INTO term
    FROM (SELECT DISTINCT ON (s.clock) s.clock, s.within, liskeban.add_working_time(now, s.within, s.basis) AS due
            FROM liskeban.sla_policy AS s
           WHERE s.difficulty = NEW.difficulty AND s.valid_from <= now
             AND s.clock IN ('accept', 'respond', 'contact', 'plan', 'resolve')
           ORDER BY s.clock, s.valid_from DESC) AS p;
  NEW.accept_due := term.accept;
  NEW.respond_due := term.respond;
  IF NEW.difficulty = 'hard' THEN
    NEW.plan_due := term.plan;
  ELSE
    NEW.resolve_due := term.resolve;
    NEW.resolve_due_original := term.resolve;
    NEW.resolve_given := term.given;
  END IF;

  NEW.ticket_no := platform.ticket_prefix || '-' || to_char(now AT TIME ZONE platform.time_zone, 'YYYYMMDD') || '-'
                   || lpad((NEW.ticket_id % 1000000000)::text, 6, '0');
  NEW.last_seq := 1;
  NEW.updated_at := now;
  RETURN NEW;
END
$$;

CREATE FUNCTION bench_twin.stamp(at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

CREATE FUNCTION bench_twin.ticket_log() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  now timestamptz := liskeban.liskeban_now();
BEGIN
  INSERT INTO bench_twin.ticket_event (event_id, ticket_id, seq, run, at, recorded_at, action, from_state, to_state, actor,
                                       login, note, note_digest, detail, hash)
  OVERRIDING SYSTEM VALUE
  SELECT e.event_id, e.ticket_id, 1, 1, e.at, now, 'report', NULL, 'reported', current_user, session_user, e.note, e.note_digest, e.detail,
         sha256(convert_to(concat_ws('|', e.event_id, e.ticket_id, 1, 1, extract(epoch FROM e.at), extract(epoch FROM now), 'report',
                                     'reported', current_user, session_user, e.note_digest, e.detail), 'UTF8'))
    FROM (SELECT nextval('bench_twin.ticket_event_event_id_seq') AS event_id, n.ticket_id, n.received_at AS at, n.note,
                 sha256(convert_to(n.note, 'UTF8')) AS note_digest,
                 jsonb_build_object(
                   'kind', jsonb_build_array(NULL, n.kind), 'source', jsonb_build_array(NULL, n.source),
                   'category', jsonb_build_array(NULL, n.category), 'domain', jsonb_build_array(NULL, c.domain),
                   'on_site', jsonb_build_array(NULL, c.on_site), 'difficulty', jsonb_build_array(NULL, n.difficulty),
                   'priority', jsonb_build_array(NULL, n.priority), 'placement', jsonb_build_array(NULL, n.placement),
                   'accept_due', jsonb_build_array(NULL, bench_twin.stamp(n.accept_due)),
                   'respond_due', jsonb_build_array(NULL, bench_twin.stamp(n.respond_due)))
                 || CASE WHEN n.area IS NOT NULL THEN
                      jsonb_build_object('area', jsonb_build_array(NULL, n.area::text),
                                         'responsible_area', jsonb_build_array(NULL, n.responsible_area::text))
                    ELSE '{}' END
                 || CASE WHEN n.resolve_due IS NOT NULL THEN
                      jsonb_build_object('resolve_due', jsonb_build_array(NULL, bench_twin.stamp(n.resolve_due)),
                                         'resolve_due_original', jsonb_build_array(NULL, bench_twin.stamp(n.resolve_due_original)),
                                         'resolve_given', jsonb_build_array(NULL, make_interval(secs => extract(epoch FROM n.resolve_given)::float8)::text || '.000000'))
                    ELSE '{}' END
                 || CASE WHEN n.plan_due IS NOT NULL THEN jsonb_build_object('plan_due', jsonb_build_array(NULL, bench_twin.stamp(n.plan_due))) ELSE '{}' END
                 || CASE WHEN n.parent_id IS NOT NULL THEN jsonb_build_object('parent_id', jsonb_build_array(NULL, n.parent_id)) ELSE '{}' END
                 || CASE WHEN n.confidential THEN jsonb_build_object('confidential', jsonb_build_array(NULL, true)) ELSE '{}' END AS detail
            FROM new_rows AS n
            JOIN liskeban.category AS c ON c.code = n.category) AS e;

  -- the earliest level of a running clock
  INSERT INTO bench_twin.worklist (ticket_id, state, tier, responsible_area, department, co_departments, priority, resolve_due, next_alarm_at,
                                   own_alarm_at, area, received_at, due, confidential, category)
  SELECT n.ticket_id, n.state, n.tier, n.responsible_area, n.department, n.co_departments, n.priority, n.resolve_due, a.at, a.at,
         n.area, n.received_at, coalesce(n.resolve_due, n.plan_due), n.confidential, n.category
    FROM new_rows AS n
    JOIN liskeban.category AS c ON c.code = n.category
   CROSS JOIN LATERAL (
         SELECT min(l.at) AS at
           FROM (SELECT DISTINCT ON (s.clock) s.within, s.basis
                   FROM liskeban.sla_policy AS s
                  WHERE s.difficulty = n.difficulty AND s.valid_from <= n.received_at
                    AND s.clock IN ('accept', CASE WHEN c.on_site THEN liskeban.clock 'respond' ELSE 'contact' END,
                                    CASE WHEN n.difficulty = 'hard' THEN liskeban.clock 'plan' ELSE 'resolve' END)
                  ORDER BY s.clock, s.valid_from DESC) AS p
          CROSS JOIN LATERAL unnest('{0.8,1,1.5,2}'::float8[]) AS f
          CROSS JOIN LATERAL (SELECT liskeban.add_working_time(n.received_at, p.within * f, p.basis) AS at) AS l
          WHERE l.at > n.updated_at) AS a;
  RETURN NULL;
END
$$;

CREATE TRIGGER zz_guard BEFORE INSERT ON bench_twin.ticket FOR EACH ROW EXECUTE FUNCTION bench_twin.ticket_guard();
CREATE TRIGGER log_insert AFTER INSERT ON bench_twin.ticket REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION bench_twin.ticket_log();
