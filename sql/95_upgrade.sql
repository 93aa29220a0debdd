-- Upgrading a platform: ALTER EXTENSION UPDATE brings the members, upgrade_platform() the ordinary objects.
--
-- There is one text of every object. An upgrade first runs the deltas (sql/upgrade/platform--A--B.sql: what no script can
-- do twice, such as ALTER TABLE … ADD COLUMN), then the scripts of sql/platform once more, with each CREATE that begins a
-- line made one that may be run again (within a DO block the script says OR REPLACE itself), then the rows that are new
-- (sql/upgrade/rows--A--B.sql, and sql/seed/9…, which add what is missing).

CREATE FUNCTION liskeban._repeatable(script text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT regexp_replace(regexp_replace(regexp_replace(script,
           '^CREATE (FUNCTION|PROCEDURE|AGGREGATE|VIEW|TRIGGER) ', 'CREATE OR REPLACE \1 ', 'gn'),
           '^CREATE (TABLE|(?:UNIQUE )?INDEX|SEQUENCE|STATISTICS|MATERIALIZED VIEW) ', 'CREATE \1 IF NOT EXISTS ', 'gn'),
           '^CREATE POLICY (\S+) ON (\S+)', 'DROP POLICY IF EXISTS \1 ON \2; CREATE POLICY \1 ON \2', 'gn')
$$;
COMMENT ON FUNCTION liskeban._repeatable(text) IS 'a script of sql/platform so that it may be run where its objects are: functions, views, triggers and policies are replaced, tables and indexes made where they are missing';
REVOKE ALL ON FUNCTION liskeban._repeatable(text) FROM PUBLIC;

CREATE FUNCTION liskeban._set_key_ranges(district text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  digits constant bigint := left(rpad(district, 6, '0'), 6)::bigint;
  key record;
BEGIN
  FOR key IN
    SELECT k.relation, k."column", digits * k.width + 1 AS first, (digits + 1) * k.width - 1 AS last
      FROM (VALUES ('ticket', 'ticket_id', 1000000000), ('ticket_event', 'event_id', 10000000000),
                   ('alarm', 'alarm_id', 10000000000), ('outbox', 'id', 10000000000),
                   ('whistle', 'whistle_id', 1000000000), ('party', 'party_id', 1000000000),
                   ('progress', 'progress_id', 1000000000), ('supervision', 'supervision_id', 1000000000),
                   ('directive', 'directive_id', 1000000000), ('directive_target', 'target_id', 1000000000),
                   ('feedback', 'feedback_id', 1000000000), ('watermark', 'watermark_id', 1000000000),
                   ('archive', 'archive_id', 1000000000), ('area_redraw', 'redraw_id', 1000000000), ('service_point', 'point_id', 1000000000), ('emergency', 'emergency_id', 1000000000), ('weather', 'weather_id', 1000000000), ('hazard_object', 'object_id', 1000000000),
                   ('hazard', 'hazard_id', 1000000000), ('hazard_signal', 'signal_id', 10000000000), ('access_log', 'access_id', 10000000000),
                   ('camera', 'camera_id', 1000000000), ('watch_log', 'watch_id', 10000000000),
                   ('supply_move', 'move_id', 10000000000), ('reward', 'reward_id', 10000000000),
                   ('resident', 'resident_id', 1000000000), ('entitlement', 'entitlement_id', 1000000000)) AS k(relation, "column", width)
      JOIN pg_sequence AS s
        ON s.seqrelid = pg_get_serial_sequence(format('liskeban.%I', k.relation), k."column")::regclass
     WHERE (s.seqmin, s.seqmax) <> (digits * k.width + 1, (digits + 1) * k.width - 1)
  LOOP
    EXECUTE format('ALTER TABLE liskeban.%I ALTER %I SET MINVALUE %s SET MAXVALUE %s SET START WITH %3$s RESTART',
                   key.relation, key."column", key.first, key.last);
  END LOOP;
END
$$;
COMMENT ON FUNCTION liskeban._set_key_ranges(text) IS 'gives the generated keys the range of the district, where they have another';
REVOKE ALL ON FUNCTION liskeban._set_key_ranges(text) FROM PUBLIC;

CREATE PROCEDURE liskeban.upgrade_platform()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  platform liskeban.area_code;
  version_before text;
  version_after text;
  newest text;
  postgis name;
  role_before constant text := current_setting('role');
  scripts text[];
  script text;
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
    RAISE EXCEPTION '%', liskeban.message('only a superuser can upgrade a platform') USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF to_regclass('liskeban.hub') IS NOT NULL THEN
    CALL liskeban._make_hub();
    RETURN;
  END IF;
  IF to_regclass('liskeban.platform') IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('there is no platform in this database') USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = liskeban.message('Make one with liskeban.create_platform().');
  END IF;
  SELECT p.district, p.version INTO STRICT platform, version_before FROM liskeban.platform AS p FOR UPDATE;
  SELECT e.extversion, a.default_version INTO STRICT version_after, newest
    FROM pg_extension AS e LEFT JOIN pg_available_extensions AS a ON a.name = e.extname WHERE e.extname = 'liskeban';
  IF string_to_array(version_before, '.')::integer[] > string_to_array(version_after, '.')::integer[] THEN
    RAISE EXCEPTION '%', liskeban.message('the platform is of version %s, newer than that of the extension, %s', version_before, version_after)
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF version_after <> newest THEN
    RAISE WARNING '%', liskeban.message('the extension is of version %s, though %s is installed', version_after, newest)
      USING HINT = liskeban.message('Call ALTER EXTENSION liskeban UPDATE first.');
  END IF;
  SELECT n.nspname INTO STRICT postgis
    FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'postgis';

  WITH script AS (
    SELECT s.topic, s.script, regexp_match(s.topic, '^upgrade/(platform|rows)--([0-9.]+)--([0-9.]+)$') AS delta
      FROM liskeban._platform_scripts() AS s
  )
  SELECT array_agg(CASE WHEN s.topic LIKE 'platform/%' THEN liskeban._repeatable(s.script) ELSE s.script END
                   ORDER BY CASE WHEN s.topic LIKE 'seed/%' THEN 4 WHEN s.delta[1] = 'platform' THEN 1 WHEN s.delta[1] = 'rows' THEN 3 ELSE 2 END,
                            string_to_array(s.delta[2], '.')::integer[], s.topic)
    INTO scripts
    FROM script AS s
   WHERE s.topic LIKE 'platform/%' AND s.topic <> 'platform/90_grants'
      OR s.topic LIKE 'seed/9%'
      OR string_to_array(s.delta[2], '.')::integer[] >= string_to_array(version_before, '.')::integer[]
         AND string_to_array(s.delta[3], '.')::integer[] <= string_to_array(version_after, '.')::integer[];

  CALL liskeban.create_roles();
  GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA liskeban TO liskeban_owner;
  PERFORM set_config('role', 'liskeban_owner', true);
  PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', postgis), true);
  FOREACH script IN ARRAY scripts LOOP
    EXECUTE script;
  END LOOP;
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  PERFORM liskeban._set_key_ranges(platform::text);
  PERFORM liskeban.make_partitions();
  UPDATE liskeban.platform AS p SET version = version_after WHERE p.version <> version_after;
  PERFORM set_config('role', role_before, true);
  PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', postgis), true);
  SELECT s.script INTO STRICT script FROM liskeban._platform_scripts() AS s WHERE s.topic = 'platform/90_grants';
  EXECUTE script;
  IF EXISTS (SELECT FROM pg_publication AS p WHERE p.pubname = 'liskeban_hub') THEN
    CALL liskeban.publish_to_hub();
  END IF;
END
$$;
COMMENT ON PROCEDURE liskeban.upgrade_platform() IS '升级平台 bring the ordinary objects (tables, views, SQL functions, grants, rows of the library) of this platform, or of this hub, to the version of the extension, in one transaction; after ALTER EXTENSION liskeban UPDATE. May be called again, which repairs what was changed by hand. Superuser. 55000 no platform here, or one of a newer version';
REVOKE ALL ON PROCEDURE liskeban.upgrade_platform() FROM PUBLIC;
