-- Cameras and flood points: what is near, the rotation of an emergency, what was watched and what was not, and the index that finds them.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE DATABASE regress_liskeban_camera TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_camera
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
SET liskeban.now = '2026-07-20 08:00+08';
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
\i regress/data/guard_district.sql
SELECT count(*) > 20 AS kinds, array_agg(code ORDER BY code) FILTER (WHERE flood_prone) AS flood_prone FROM liskeban.camera_kind;

-- 46,000 cameras over the district on a grid, of every kind in turn; those of flood-prone kinds are few
INSERT INTO liskeban.camera (code, name, kind, geom)
SELECT lpad(n::text, 20, '32011700000000000000'), 'camera ' || n, CASE WHEN n % 500 = 0 THEN 'underpass' ELSE (ARRAY['road','trunk_road','community','mall','construction_site'])[1 + n % 5] END,
       ST_SetSRID(ST_MakePoint(119.0001 + (n % 230) * 0.00043, 31.0001 + n / 230 * 0.0005), 4490)
  FROM generate_series(0, 45999) AS n;
ANALYZE liskeban.camera;
SELECT count(*), count(DISTINCT area::text) AS areas, count(*) FILTER (WHERE area IS NULL) AS outside, min(status_at) = liskeban.liskeban_now() AS stamped FROM liskeban.camera;

-- near: as a look at all of them says
CREATE FUNCTION all_near(g geometry, r double precision, k text) RETURNS bigint[] LANGUAGE sql AS $$
  SELECT array_agg(c.camera_id ORDER BY ST_Distance(c.geom::geography, g::geography, false), c.camera_id) FROM liskeban.camera AS c
   WHERE ST_Distance(c.geom::geography, g::geography, false) <= r AND (k IS NULL OR c.kind = k) $$;
SELECT r AS radius, k AS kind, cardinality(all_near(here(), r, k)) AS found,
  all_near(here(), r, k) = (SELECT array_agg(n.camera_id ORDER BY n.distance, n.camera_id) FROM liskeban.cameras_near(here(), r, k) AS n) AS same
  FROM unnest('{30,100,700}'::double precision[]) AS r CROSS JOIN unnest('{NULL,road,mall}'::text[]) AS k ORDER BY 1, 2;
SELECT right(code, 5) AS code, name, camera_kind, status, round(distance) AS metres FROM liskeban.cameras_near(here(), 60) ORDER BY distance, camera_id;
SELECT try(s) FROM unnest(ARRAY['SELECT liskeban.cameras_near(NULL)', 'SELECT liskeban.cameras_near(here(), NULL)', 'SELECT liskeban.cameras_near(here(), -1)',
  'SELECT liskeban.cameras_near(here(), ''NaN'')', 'SELECT liskeban.cameras_near(ST_SetSRID(here(), 4326))', 'SELECT liskeban.cameras_near(ST_Buffer(here(), 0.001))',
  'SELECT liskeban.cameras_near(here(), 100, ''spy'')', 'SELECT liskeban.cameras_near(ST_SetSRID(''POINT EMPTY''::geometry, 4490))']) AS s;

-- flood points: three in the first town, of which one is seen by none, and one in the second
INSERT INTO liskeban.flood_point (code, name, kind, reach, geom) VALUES
  ('F1', '城西立交', 'underpass', 60, here()), ('F2', '河滨路口', 'road', 60, north(1000)), ('F3', '老城菜场', 'low_lying', 5, north(20)),
  ('F4', '东镇涵洞', 'tunnel', 60, ST_SetSRID(ST_MakePoint(119.08, 31.02), 4490)), ('F5', '已治理', 'road', 60, north(3000));
UPDATE liskeban.flood_point SET retired_at = liskeban.liskeban_now() WHERE code = 'F5';
SELECT code, area FROM liskeban.flood_point ORDER BY code;
INSERT INTO liskeban.emergency_kind (code, name, name_en) VALUES ('typhoon', '台风', 'Typhoon') ON CONFLICT DO NOTHING;
INSERT INTO liskeban.emergency (kind, level, area, begins_at) VALUES ('typhoon', 'II', '320117001', '2026-07-20 07:00+08'),
  ('typhoon', 'II', '320117002', '2026-07-21 07:00+08');
SELECT min(emergency_id) AS e, max(emergency_id) AS later FROM liskeban.emergency \gset
CREATE VIEW list AS SELECT p.nth, p.starts, p.flood_point, right(p.code, 5) AS code, p.name FROM liskeban.camera_playlist((SELECT min(emergency_id) FROM liskeban.emergency), 20) AS p ORDER BY p.nth;
-- what stands in the town's places, and nothing else: each place's nearest camera first
SELECT count(*), count(DISTINCT code) AS cameras, count(flood_point) AS at_points, max(starts) AS length FROM list;
SELECT * FROM list WHERE flood_point IS NOT NULL ORDER BY nth;
SELECT count(*) AS prone FROM liskeban.camera WHERE kind = 'underpass' AND area OPERATOR(liskeban.<@) '320117001';
SELECT * FROM liskeban.flood_point_unwatched ORDER BY flood_point;

-- a camera that sees two of them is shown once, for the nearer
BEGIN;
INSERT INTO liskeban.flood_point (code, name, reach, geom) VALUES ('F6', '城西立交北', 60, north(30));
SELECT count(*) - count(DISTINCT camera_id) AS twice, count(*) FILTER (WHERE flood_point = 'F1') > 0 AS of_one, count(*) FILTER (WHERE flood_point = 'F6') > 0 AS of_the_other FROM liskeban.camera_playlist(:e);
SELECT count(*) AS seen_by_both FROM liskeban.cameras_near(here(), 60) AS a JOIN liskeban.cameras_near(north(30), 60) AS b USING (camera_id);
ROLLBACK;

-- by the index: the statements within, as they stand in the functions and are planned there; and what one call reads
CREATE FUNCTION plan_of(function text, arguments text[], kinds text, given text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  line text;
  statement text := (SELECT regexp_replace(p.prosrc, '^.*RETURN QUERY(.*);\s*END\s*$', '\1') FROM pg_proc AS p WHERE p.proname = function AND p.pronamespace = 'liskeban'::regnamespace);
BEGIN
  FOR n IN 1 .. cardinality(arguments) LOOP
    statement := regexp_replace(statement, '(' || function || '\.)' || CASE n WHEN 2 THEN '?' ELSE '' END || '\m' || arguments[n] || '\M', '$' || n, 'g');
  END LOOP;
  EXECUTE format('PREPARE within (%s) AS %s', kinds, statement);
  FOR line IN EXECUTE format('EXPLAIN (COSTS OFF) EXECUTE within (%s)', given) LOOP
    IF line ~ 'Scan .*camera' THEN RETURN NEXT btrim(regexp_replace(line, '->', '')); END IF;
  END LOOP;
  DEALLOCATE within;
END $$;
ANALYZE liskeban.flood_point;
BEGIN;
SELECT plan_of('cameras_near', '{geom,radius,kind}', 'geometry, double precision, text', 'here(), 500, NULL') AS near;
SELECT plan_of('cameras_near', '{geom,radius,kind}', 'geometry, double precision, text', 'here(), 500, ''road''') AS of_a_kind;
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT plan_of('_flood_cameras', '{area}', 'liskeban.area_code', '''320117001''') AS of_places;
SELECT s.seq_scan AS before, s.idx_scan AS scans, s.idx_tup_fetch AS fetched FROM pg_stat_xact_user_tables AS s WHERE s.relid = 'liskeban.camera'::regclass \gset
SELECT count(*) > 0 AS list FROM liskeban.camera_playlist(:e);
SELECT count(*) > 0 AS near FROM liskeban.cameras_near(here(), 500);
SELECT s.seq_scan - :before AS whole, s.idx_scan > :scans AS by_index, s.idx_tup_fetch - :fetched < 2000 AS few FROM pg_stat_xact_user_tables AS s WHERE s.relid = 'liskeban.camera'::regclass;
COMMIT;

-- one that does not work is left out and reported, once
UPDATE liskeban.camera SET status = 'broken' WHERE camera_id = (SELECT camera_id FROM liskeban.camera_playlist(:e) WHERE flood_point = 'F1' ORDER BY nth LIMIT 1) RETURNING camera_id AS broken \gset
SELECT count(*) FILTER (WHERE flood_point = 'F1') AS of_f1, (SELECT count(*) FROM liskeban.camera_playlist(:e) WHERE camera_id = :broken) AS shown FROM list;
SELECT kind, subject = :broken::text AS it, at, resolved_at, detail LIKE 'camera % is broken' AS said FROM liskeban.platform_alarm;
SELECT liskeban.check_platform(), (SELECT count(*) FROM liskeban.camera_playlist(:e)) > 0 AS again, (SELECT count(*) FROM liskeban.platform_alarm WHERE kind = 'broken_camera') AS alarms;
SELECT later('10 minutes');
UPDATE liskeban.camera SET status = 'working' WHERE camera_id = :broken;
SELECT liskeban.check_platform();
SELECT kind, resolved_at FROM liskeban.platform_alarm WHERE kind = 'broken_camera';
UPDATE liskeban.camera SET status = 'offline' WHERE camera_id = :broken;
SELECT liskeban.check_platform();
SELECT kind, at, resolved_at FROM liskeban.platform_alarm WHERE kind = 'broken_camera' ORDER BY platform_alarm_id;
UPDATE liskeban.camera SET status = 'working' WHERE camera_id = :broken;
SELECT liskeban.check_platform();
BEGIN READ ONLY;
SELECT count(*) > 0 AS list FROM liskeban.camera_playlist(:e);
ROLLBACK;

-- watched: what was longest ago comes first, which was not is known
SELECT liskeban.watch_camera(:broken, 20, :e) AS points;
SELECT l.flood_point, l.camera_id = :broken AS it, l.emergency = :e AS in_it, l.began_at, l.seconds, nullif(l.actor, session_user) AS actor FROM liskeban.watch_log AS l ORDER BY l.watch_id;
SELECT flood_point, cameras, working, watches, last_watched_at FROM liskeban.flood_point_watch ORDER BY flood_point;
SELECT flood_point, name, working FROM liskeban.flood_point_unwatched ORDER BY flood_point;
SELECT flood_point FROM (SELECT DISTINCT ON (flood_point) * FROM list WHERE flood_point IS NOT NULL ORDER BY flood_point, nth) AS f ORDER BY nth;
SELECT liskeban.watch_camera(1 + :broken, 5) AS points;

-- found and put right at once
SELECT act('desk', format('SELECT liskeban.report_from_camera(%s, ''general'', ''积水三十厘米，车辆绕行'')', :broken));
SELECT t.kind, t.source, t.state, t.category, t.description, t.address = c.name AS address, ST_Equals(t.geom, c.geom) AS there, t.extra ->> 'camera' = c.code AS camera, t.responsible_area, l.flood_point
  FROM liskeban.ticket AS t JOIN liskeban.watch_log AS l ON l.ticket_id = t.ticket_id JOIN liskeban.camera AS c ON c.camera_id = l.camera_id ORDER BY l.flood_point;

-- every error
SELECT s.nth, try(format(s.statement, s.arg)) FROM (VALUES
  (1, 'SELECT liskeban.camera_playlist(NULL)', 0), (2, 'SELECT liskeban.camera_playlist(%s, NULL)', :e), (3, 'SELECT liskeban.camera_playlist(%s, 0)', :e), (4, 'SELECT liskeban.camera_playlist(%s, 3601)', :e),
  (5, 'SELECT liskeban.camera_playlist(5)', 0), (6, 'SELECT liskeban.camera_playlist(%s)', :later), (7, 'SELECT liskeban.watch_camera(NULL)', 0), (8, 'SELECT liskeban.watch_camera(5)', 0),
  (9, 'SELECT liskeban.watch_camera(%s, 0)', :broken), (10, 'SELECT liskeban.watch_camera(%s, NULL)', :broken), (11, 'SELECT liskeban.watch_camera(%s, 15, 5)', :broken),
  (12, 'SELECT liskeban.report_from_camera(NULL, ''general'', ''x'')', 0), (13, 'SELECT liskeban.report_from_camera(5, ''general'', ''x'')', 0),
  (14, 'SELECT liskeban.report_from_camera(%s, ''x'', ''x'')', :broken), (15, 'SELECT liskeban.report_from_camera(%s, ''general'', '' '')', :broken),
  (16, 'DELETE FROM liskeban.camera', 0), (17, 'DELETE FROM liskeban.flood_point', 0)) AS s(nth, statement, arg) ORDER BY s.nth;
SELECT code(format('SELECT liskeban.report_from_camera(%s, ''general'', ''x'')', :broken), i) FROM unnest('{desk,v1,reader}'::text[]) AS i;
BEGIN;
UPDATE liskeban.camera SET status = 'broken' WHERE camera_id = :broken;
SELECT try(format('SELECT liskeban.watch_camera(%s)', :broken)), try(format('SELECT liskeban.report_from_camera(%s, ''general'', ''x'')', :broken));
ROLLBACK;
UPDATE liskeban.emergency SET ends_at = liskeban.liskeban_now() WHERE emergency_id = :e;
SELECT try(format('SELECT liskeban.camera_playlist(%s)', :e)), (SELECT count(*) FROM liskeban.flood_point_watch) AS running;

-- other outlines, other areas
UPDATE liskeban.area SET valid_to = liskeban.liskeban_now() WHERE code::text = '320117001001';
SELECT code, area FROM liskeban.flood_point ORDER BY code;
SELECT count(*) FROM liskeban.camera WHERE area::text = '320117001001';
\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_liskeban_camera;
