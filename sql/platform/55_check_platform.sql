-- What is wrong with the platform itself: sources that fell silent, refused requests that nobody handles, dispatch rules
-- whose target is gone, partitions that were not made in time.

CREATE TABLE liskeban.source_heartbeat (
  source    text PRIMARY KEY,
  at        timestamptz NOT NULL,
  looked_at timestamptz
) WITH (fillfactor = 50);
COMMENT ON TABLE liskeban.source_heartbeat IS '来源心跳 when each source was last known to live: it said so, or something of it was taken in (noted by check_platform())';
COMMENT ON COLUMN liskeban.source_heartbeat.source IS '来源系统 source_system';
COMMENT ON COLUMN liskeban.source_heartbeat.at IS '时间 last sign of life that was looked for: taken in later may be more, which is looked up once its heartbeat is over; when it was first watched, where there has been none';
COMMENT ON COLUMN liskeban.source_heartbeat.looked_at IS '已查时间 up to when nothing of it was found while it was silent, noted by the hour: a long silence is not looked through anew each time; NULL before the first';

CREATE INDEX ticket_intake_at_idx ON liskeban.ticket_intake USING brin (at) WITH (pages_per_range = 32, autosummarize = on);

CREATE FUNCTION liskeban.heartbeat(source text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  from_source text;
  problem text;
BEGIN
  SELECT s.source, s.reason INTO from_source, problem FROM liskeban._intake_source(heartbeat.source) AS s;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION '%', problem USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NOT EXISTS (SELECT FROM liskeban.source_system AS s WHERE s.code = from_source AND s.retired_at IS NULL) THEN
    RAISE EXCEPTION '%', liskeban.message('source "%s" is not registered, or retired', from_source)
      USING ERRCODE = 'foreign_key_violation', HINT = liskeban.message('See liskeban.source_system.');
  END IF;
  INSERT INTO liskeban.source_heartbeat AS h (source, at) VALUES (from_source, liskeban.liskeban_now())
  ON CONFLICT ON CONSTRAINT source_heartbeat_pkey DO UPDATE SET at = excluded.at WHERE h.at < excluded.at;
END
$$;
COMMENT ON FUNCTION liskeban.heartbeat(text) IS '心跳 a source says that it lives though it has nothing to report; NULL: the one source of the caller. 42501 where the caller does not report for it, 23503 where it is not registered, or retired';
REVOKE ALL ON FUNCTION liskeban.heartbeat(text) FROM PUBLIC;

-- What stands in the default partitions and ought to stand elsewhere: alarms of directives belong there.
CREATE FUNCTION liskeban._stray_rows(OUT parent text, OUT since timestamptz, OUT n bigint) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT 'ticket_event', min(e.recorded_at), count(*) FROM liskeban.ticket_event_default AS e HAVING count(*) > 0
  UNION ALL
  SELECT 'alarm', min(a.fired_at), count(*) FROM liskeban.alarm_directive AS a WHERE a.ticket_id IS NOT NULL HAVING count(*) > 0
  UNION ALL
  SELECT 'outbox', min(o.at), count(*) FROM liskeban.outbox_default AS o HAVING count(*) > 0
  UNION ALL
  SELECT 'hazard_signal', min(s.at), count(*) FROM liskeban.hazard_signal_default AS s HAVING count(*) > 0
$$;
COMMENT ON FUNCTION liskeban._stray_rows() IS 'which of history, alarms, outbox and signals have rows in their default partition that no partition was made for, since when, and how many';
REVOKE ALL ON FUNCTION liskeban._stray_rows() FROM PUBLIC;

-- What is wrong now, each with since when: the alarms that should be open.
CREATE FUNCTION liskeban._platform_problems(OUT kind text, OUT subject text, OUT at timestamptz, OUT detail text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT 'quiet_source', s.code, h.at + s.heartbeat,
         format('not heard of since %s', to_char(h.at AT TIME ZONE p.time_zone, 'YYYY-MM-DD HH24:MI:SS'))
    FROM liskeban.platform AS p, liskeban.source_system AS s JOIN liskeban.source_heartbeat AS h ON h.source = s.code
   WHERE s.heartbeat IS NOT NULL AND s.retired_at IS NULL AND h.at + s.heartbeat < liskeban.liskeban_now()
  UNION ALL
  SELECT 'unhandled_reject', r.reject_id::text, r.at + interval '15 minutes',
         format('refused at %s', to_char(r.at AT TIME ZONE p.time_zone, 'YYYY-MM-DD HH24:MI:SS'))
    FROM liskeban.platform AS p, liskeban.intake_reject AS r
   WHERE r.resolved_at IS NULL AND r.at <= liskeban.liskeban_now() - interval '15 minutes'
  UNION ALL
  SELECT 'dispatch_rule', p.rule_id::text, p.since, p.problem FROM liskeban.dispatch_rule_problem AS p
  UNION ALL
  SELECT 'no_partition', s.parent, s.since, format('%s rows are in its default partition', s.n) FROM liskeban._stray_rows() AS s
  UNION ALL
  SELECT DISTINCT 'broken_camera', f.camera_id::text, f.status_at, f.problem
    FROM liskeban.emergency AS e CROSS JOIN LATERAL liskeban._flood_cameras(e.area) AS f
   WHERE f.problem IS NOT NULL AND e.begins_at <= liskeban.liskeban_now() AND (e.ends_at IS NULL OR e.ends_at > liskeban.liskeban_now());
END
$$;
COMMENT ON FUNCTION liskeban._platform_problems() IS 'sources not heard of for longer than their heartbeat, refused requests unhandled for 15 minutes, dispatch rules whose target is gone, tables whose rows no partition was made for, and cameras of flood-prone places in a running emergency that do not work, each with the time since when it is an alarm';
REVOKE ALL ON FUNCTION liskeban._platform_problems() FROM PUBLIC;

-- Raise what is wrong and end what is well again, or is another silence than the one that is open.
CREATE FUNCTION liskeban._settle_platform_alarms(kinds text[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  raised   bigint;
  problems text[];
  subjects text[];
  times    timestamptz[];
  details  text[];
BEGIN
  SELECT array_agg(p.kind), array_agg(p.subject), array_agg(p.at), array_agg(p.detail) INTO problems, subjects, times, details
    FROM liskeban._platform_problems() AS p WHERE p.kind = ANY (kinds);
  PERFORM liskeban._clear_platform_alarm(a.kind, a.subject)
    FROM liskeban.platform_alarm AS a
   WHERE a.resolved_at IS NULL AND a.kind = ANY (kinds)
     AND NOT EXISTS (SELECT FROM unnest(problems, subjects, times) AS p(kind, subject, at)
                      WHERE p.kind = a.kind AND p.subject = a.subject AND p.at = a.at);
  PERFORM liskeban._raise_platform_alarm(p.kind, p.subject, p.at, p.detail)
    FROM unnest(problems, subjects, times, details) AS p(kind, subject, at, detail)
   WHERE NOT EXISTS (SELECT FROM liskeban.platform_alarm AS a
                      WHERE a.kind = p.kind AND a.subject = p.subject AND a.resolved_at IS NULL)
   ORDER BY p.at, p.kind, p.subject;
  GET DIAGNOSTICS raised = ROW_COUNT;
  RETURN raised;
END
$$;
COMMENT ON FUNCTION liskeban._settle_platform_alarms(text[]) IS 'raises the alarms of those kinds that should be open and ends those that should not; returns how many were raised';
REVOKE ALL ON FUNCTION liskeban._settle_platform_alarms(text[]) FROM PUBLIC;

-- A rule's target may go, or come back, with a change of the rule, of the department or of the area.
CREATE FUNCTION liskeban._dispatch_rules_settled() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM liskeban.dispatch_rule) THEN
    PERFORM liskeban._settle_platform_alarms('{dispatch_rule}');
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION liskeban._dispatch_rules_settled() IS 'AFTER STATEMENT trigger of dispatch_rule, department, area and category: raises and ends the alarms of dispatch rules';
REVOKE ALL ON FUNCTION liskeban._dispatch_rules_settled() FROM PUBLIC;
DO $$
DECLARE
  registry text;
BEGIN
  FOREACH registry IN ARRAY '{dispatch_rule,department,area,category}'::text[] LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER rules_settled AFTER INSERT OR UPDATE ON liskeban.%I '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban._dispatch_rules_settled()', registry);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER rules_settled', registry);
  END LOOP;
END
$$;

CREATE FUNCTION liskeban.check_platform() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  now constant timestamptz := liskeban.liskeban_now();
  doubted text[];
  since timestamptz;
BEGIN
  -- One at a time; the second sees what the first did. The first number is "LKcp".
  PERFORM pg_advisory_xact_lock(x'4c4b6370'::integer, 0);

  -- Signs of life of those who would be silent otherwise: what was taken in since they were last heard of, whichever way
  -- it came. Who is watched from now on is not silent yet.
  doubted := ARRAY(SELECT s.code FROM liskeban.source_system AS s
                    WHERE s.heartbeat IS NOT NULL AND s.retired_at IS NULL
                      AND NOT EXISTS (SELECT FROM liskeban.source_heartbeat AS h
                                       WHERE h.source = s.code AND h.at + s.heartbeat >= now));
  IF doubted <> '{}' THEN
    -- What has been looked through is not looked through again, but for an hour in which a long transaction may have ended.
    SELECT min(coalesce(greatest(h.at, least(h.looked_at, now) - interval '1 hour'), now - s.heartbeat)) INTO since
      FROM liskeban.source_system AS s LEFT JOIN liskeban.source_heartbeat AS h ON h.source = s.code
     WHERE s.code = ANY (doubted);
    -- planned anew each time: a plan for any time reads all tickets
    EXECUTE $_heard$
    INSERT INTO liskeban.source_heartbeat AS h (source, at)
    SELECT d.code, coalesce(greatest(i.at, t.at, g.at), $3)
      FROM unnest($1) AS d(code)
      LEFT JOIN (SELECT i.source, max(i.at) AS at FROM liskeban.ticket_intake AS i WHERE i.at >= $2 GROUP BY i.source) AS i
        ON i.source = d.code
      LEFT JOIN (SELECT t.source, max(t.received_at) AS at FROM liskeban.ticket AS t WHERE t.received_at >= $2 GROUP BY t.source) AS t
        ON t.source = d.code
      LEFT JOIN (SELECT g.source, max(g.at) AS at FROM liskeban.hazard_signal AS g WHERE g.at >= $2 GROUP BY g.source) AS g
        ON g.source = d.code
     WHERE i.at IS NOT NULL OR t.at IS NOT NULL OR g.at IS NOT NULL
        OR NOT EXISTS (SELECT FROM liskeban.source_heartbeat AS known WHERE known.source = d.code)
     ORDER BY d.code
    ON CONFLICT (source) DO UPDATE SET at = excluded.at WHERE h.at < excluded.at
    $_heard$ USING doubted, since, now;
    UPDATE liskeban.source_heartbeat AS h SET looked_at = now
     WHERE h.source = ANY (doubted) AND (h.looked_at IS NULL OR h.looked_at NOT BETWEEN now - interval '1 hour' AND now);
  END IF;

  RETURN liskeban._settle_platform_alarms('{quiet_source,unhandled_reject,dispatch_rule,no_partition,broken_camera}');
END
$$;
COMMENT ON FUNCTION liskeban.check_platform() IS '自检 raise an alarm for each source that was silent for longer than its heartbeat (quiet_source), and for each refused request that nobody handled for 15 minutes (unhandled_reject), for each dispatch rule whose target is gone (dispatch_rule), for each of history, alarms, outbox and signals that no partition was made for in time (no_partition, which make_partitions() mends), for each camera that a running emergency needs and that does not work (broken_camera), and end those that are well again; returns how many were raised. May run any number of times at once';
REVOKE ALL ON FUNCTION liskeban.check_platform() FROM PUBLIC;
