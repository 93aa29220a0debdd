-- One map: every hazard, flood point, warning and police incident by theme, counted as SQL counts them, as views and as tiles.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE DATABASE regress_liskeban_map TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_map
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
SET liskeban.now = '2026-07-20 08:00+08';
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
\i regress/data/guard_district.sql
INSERT INTO liskeban.camera (code, name, kind, geom) SELECT 'c' || n, 'camera ' || n, CASE WHEN n % 2 = 0 THEN 'road' ELSE 'underpass' END, north(n * 10) FROM generate_series(1, 9) AS n;
UPDATE liskeban.camera SET retired_at = liskeban.liskeban_now() WHERE code = 'c9';
INSERT INTO liskeban.flood_point (code, name, geom) SELECT 'F' || n, 'point ' || n, north(n * 100) FROM generate_series(1, 4) AS n;
UPDATE liskeban.flood_point SET retired_at = liskeban.liskeban_now() WHERE code = 'F4';
INSERT INTO liskeban.supply_depot (code, name, geom) VALUES ('D', '库', north(50));
SELECT liskeban.receive_supplies('D', 'pump', 3) IS NOT NULL AS received;
INSERT INTO liskeban.emergency (kind, level, area, begins_at) VALUES ('typhoon', 'II', '320117001', '2026-07-20 07:00+08');
INSERT INTO liskeban.weather (kind, phenomenon, area, begins_at, ends_at, issued_at, colour) VALUES
  ('warning', 'rainstorm', '320117', '2026-07-20 05:00+08', NULL, '2026-07-20 05:00+08', 'yellow'), ('warning', 'rainstorm', '320117', '2026-07-20 05:00+08', NULL, '2026-07-20 07:00+08', 'red'),
  ('warning', 'gale', '320117001', '2026-07-20 01:00+08', '2026-07-20 07:30+08', '2026-07-20 01:00+08', 'blue');
-- a storm that passes to the east, one of last year
SELECT liskeban.load_storm('2601', '甲', 'A', '[{"at": "2026-07-19T20:00+08", "lon": 119.4, "lat": 30.5, "wind": 30, "radii_34": [60, 60, 60, 60], "radii_50": [20, 20, 20, 20]},
  {"at": "2026-07-20T08:00+08", "lon": 119.4, "lat": 31.5, "wind": 28, "radii_34": [60, 60, 60, 60], "radii_50": [20, 20, 20, 20]}]') AS points,
  liskeban.load_storm('2501', '乙', 'B', '[{"at": "2025-07-19T20:00+08", "lon": 119, "lat": 30.5, "wind": 30, "radii_34": [60, 60, 60, 60]},
  {"at": "2025-07-20T08:00+08", "lon": 119, "lat": 31.5, "wind": 28, "radii_34": [60, 60, 60, 60]}]') AS of_last_year;
INSERT INTO liskeban.ticket (source, category, title, geom) VALUES ('police_110', 'general', 'p1', here()), ('police_110', 'general', 'p2', NULL), ('hotline_12345', 'general', 'no incident', here());
-- hazards of every chain, some major, one without a place, one over; one of a clue
INSERT INTO liskeban.ticket (kind, source, category, title, geom) SELECT 'hazard', 'gas_iot', 'general', 'h' || n, CASE WHEN n <> 6 THEN north(n * 20) END FROM generate_series(1, 8) AS n;
INSERT INTO liskeban.hazard (ticket_id, chain, severity, steps, source, area, geom, opened_at, closed_at, outcome)
SELECT t.ticket_id, (ARRAY['gas','ebike','workshop','chemical','highrise','insulation'])[1 + (n - 1) % 6], CASE WHEN n % 3 = 0 THEN 'major' ELSE 'general' END, '{1}', t.source, t.area, t.geom, t.received_at,
       CASE WHEN n = 8 THEN liskeban.liskeban_now() END, CASE WHEN n = 8 THEN 'closed' END
  FROM (SELECT t.*, row_number() OVER (ORDER BY t.ticket_id) AS n FROM liskeban.ticket AS t WHERE t.kind = 'hazard') AS t;
SELECT liskeban.verify_clue((SELECT c.ticket_id FROM liskeban.report_clue('insulation', 'a clue', here(), source => 'wechat', category => 'general') AS c), 'major') IS NOT NULL AS of_clue;
-- signals of three devices, one of them twice
SELECT r.outcome FROM unnest('{1,2,3,2}'::integer[]) WITH ORDINALITY AS u(n, nth), LATERAL liskeban.receive_signal('gas_iot', jsonb_build_object('device', 'g' || n, 'lel', 20 + 10 * n, 'lon', 119.02, 'lat', 31.02 + n * 0.001, 'datum', 'cgcs2000')) AS r ORDER BY u.nth;

SELECT * FROM liskeban_report.safety_theme ORDER BY theme;
-- by the tables themselves
SELECT h.theme, count(*) AS hazards, count(*) FILTER (WHERE x.severity = 'major') AS major
  FROM (SELECT chain, severity FROM liskeban.hazard WHERE closed_at IS NULL UNION ALL SELECT chain, 'major' FROM liskeban.clue WHERE valid) AS x JOIN liskeban.hazard_chain AS h ON h.code = x.chain GROUP BY h.theme ORDER BY h.theme;
SELECT theme, layer, subject, severity, source, count(*), count(geom) AS on_map FROM liskeban_report.safety_item GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5;
SELECT (SELECT sum(items) FROM liskeban_report.safety_theme) = count(*) AS adds_up, count(*) = count(DISTINCT safety_item_key) AS keyed FROM liskeban_report.safety_item;
SELECT count(*) AS cameras, count(*) FILTER (WHERE flood_prone) AS prone FROM liskeban_report.camera;
SELECT code, items, stock FROM liskeban_report.supply_depot;
SELECT level, area, ST_GeometryType(geom) FROM liskeban_report.emergency_area;
SELECT source, source_kind, chain, severity, storm, signals, last_at = liskeban.liskeban_now() AS now, area, geom IS NOT NULL AS on_map FROM liskeban_report.platform_signal ORDER BY hazard_id;
SELECT sum(p.signals) = (SELECT count(*) FROM liskeban.hazard_signal AS s WHERE s.hazard_id IS NOT NULL) AS all_of_them FROM liskeban_report.platform_signal AS p;
-- one geometry column each, with its type and SRID
SELECT f_table_name, type, srid FROM geometry_columns WHERE f_table_schema = 'liskeban_report'
  AND f_table_name IN ('camera', 'flood_point', 'supply_depot', 'open_hazard', 'police_incident', 'platform_signal', 'safety_item', 'storm_point', 'storm_swath', 'emergency_area') ORDER BY 1;

-- Tiles: the layers that are asked for, with as many features as the views have. A feature's key stands in it once.
CREATE FUNCTION tile_of(z integer, q jsonb) RETURNS bytea LANGUAGE sql AS $$
  SELECT liskeban.tile(z, floor((119.021 + 180) / 360 * 2 ^ z)::integer,
    floor((1 - ln(tan(radians(31.021)) + 1 / cos(radians(31.021))) / pi()) / 2 * 2 ^ z)::integer, q) $$;
CREATE FUNCTION times(tile bytea, word text) RETURNS integer LANGUAGE sql AS $$
  SELECT count(*)::integer FROM generate_series(1, length(tile) - length(word) + 1) AS n WHERE substr(tile, n, length(word)) = convert_to(word, 'UTF8') $$;
SELECT l AS layer, length(tile_of(10, jsonb_build_object('layers', l))) > length(tile_of(10, '{}')) AS more, times(tile_of(10, jsonb_build_object('layers', l)), l) > 0 AS named
  FROM unnest('{hazard,flood_point,warning,police,signal,camera,depot,emergency,storm_swath}'::text[]) AS l ORDER BY l;
SELECT tile_of(13, '{"layers": "nothing"}') = tile_of(13, '{}') AS nothing, tile_of(13, '{"layers": ""}') = tile_of(13, '{}') AS none, tile_of(13, '{"layers": null}') = tile_of(13, '{}') AS null;
SELECT q, times(tile_of(12, q), 'hazard/') AS hazards, times(tile_of(12, q), 'flood_point/') AS points, times(tile_of(12, q), 'police/') AS police, times(tile_of(12, q), 'camera ') AS cameras
  FROM unnest(ARRAY['{"layers": "hazard,flood_point,police,camera"}', '{"layers": "hazard, police", "theme": "public"}', '{"layers": "hazard", "chain": "gas"}', '{"layers": "hazard", "severity": "major"}',
    '{"layers": "camera", "kind": "underpass"}']::jsonb[]) WITH ORDINALITY AS u(q, nth) ORDER BY nth;
-- each storm's swath where the tile is: of these days' storms, or the one that is named, of one threshold; its path
CREATE FUNCTION tile_at(lon double precision, lat double precision, z integer, q jsonb) RETURNS bytea LANGUAGE sql AS $$
  SELECT liskeban.tile(z, floor((lon + 180) / 360 * 2 ^ z)::integer, floor((1 - ln(tan(radians(lat)) + 1 / cos(radians(lat))) / pi()) / 2 * 2 ^ z)::integer, q) $$;
CREATE FUNCTION layer(tile bytea, less bytea) RETURNS boolean LANGUAGE sql AS $$ SELECT length(tile) > length(less) $$;
SELECT p.place, layer(tile_at(p.lon, 31, 13, '{"layers": "storm_swath"}'), tile_at(p.lon, 31, 13, '{}')) AS swept, layer(tile_at(p.lon, 31, 13, '{"layers": "storm_swath", "threshold": 50}'), tile_at(p.lon, 31, 13, '{}')) AS by_50,
       ST_Covers(s34.geom, ST_SetSRID(ST_MakePoint(p.lon, 31), 4490)) AS covered, ST_Covers(s50.geom, ST_SetSRID(ST_MakePoint(p.lon, 31), 4490)) AS by_50_too,
       times(tile_at(p.lon, 31, 13, '{"layers": "storm_swath", "storm": "2501"}'), '2501') > 0 AS last_year
  FROM (VALUES ('near the path', 119.42), ('within', 119.9), ('beyond', 120.2), ('west', 118.7)) AS p(place, lon), liskeban.storm_swath('2601', 34) AS s34(geom), liskeban.storm_swath('2601', 50) AS s50(geom) ORDER BY p.lon;
-- the same outline whether found in steps of one hour or three: the sum of both less the overlap is as nothing
SELECT ST_Area(ST_SymDifference(liskeban._storm_swath('2601', 34, '1 hour'), liskeban._storm_swath('2601', 34, '3 hours'))) / ST_Area(liskeban.storm_swath('2601', 34)) < 0.0001 AS same_outline;
SELECT times(tile_at(119.4, 31, 6, '{"layers": "storm_point"}'), '2601') AS of_this, times(tile_at(119.4, 31, 6, '{"layers": "storm_point", "storm": "2501"}'), '2601') AS of_that;
-- a tile of cameras goes by the index on their places
BEGIN;
SELECT pg_stat_get_xact_numscans('liskeban.camera_geom_idx'::regclass) AS scans \gset
SELECT times(tile_of(14, '{"layers": "camera"}'), 'camera ') > 0 AS cameras;
SELECT pg_stat_get_xact_numscans('liskeban.camera_geom_idx'::regclass) - :scans AS by_index;
COMMIT;
-- an analyst's map server sees it too
SET ROLE liskeban_analyst;
SELECT length(liskeban.tile(12, floor((119.021 + 180) / 360 * 4096)::integer, 1675, '{"layers": "hazard,flood_point,warning,police,signal,camera,depot,emergency,storm_swath,storm_point"}')) >= 0 AS tile;
SELECT sum(items) AS items FROM liskeban_report.safety_theme;
RESET ROLE;
\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_liskeban_map;
