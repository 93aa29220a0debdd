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
INSERT INTO liskeban.ticket (source, category, title, geom) VALUES ('police_110', 'general', 'p1', here()), ('police_110', 'general', 'p2', NULL), ('hotline_12345', 'general', 'no incident', here());
-- hazards of every chain, some major, one without a place, one over; one of a clue
INSERT INTO liskeban.ticket (kind, source, category, title, geom) SELECT 'hazard', 'gas_iot', 'general', 'h' || n, CASE WHEN n <> 6 THEN north(n * 20) END FROM generate_series(1, 8) AS n;
INSERT INTO liskeban.hazard (ticket_id, chain, severity, steps, source, area, geom, opened_at, closed_at, outcome)
SELECT t.ticket_id, (ARRAY['gas','ebike','workshop','chemical','highrise','insulation'])[1 + (n - 1) % 6], CASE WHEN n % 3 = 0 THEN 'major' ELSE 'general' END, '{1}', t.source, t.area, t.geom, t.received_at,
       CASE WHEN n = 8 THEN liskeban.liskeban_now() END, CASE WHEN n = 8 THEN 'closed' END
  FROM (SELECT t.*, row_number() OVER (ORDER BY t.ticket_id) AS n FROM liskeban.ticket AS t WHERE t.kind = 'hazard') AS t;
SELECT liskeban.verify_clue((SELECT c.ticket_id FROM liskeban.report_clue('insulation', 'a clue', here(), source => 'wechat', category => 'general') AS c), 'major') IS NOT NULL AS of_clue;

SELECT * FROM liskeban_report.safety_theme ORDER BY theme;
-- by the tables themselves
SELECT h.theme, count(*) AS hazards, count(*) FILTER (WHERE x.severity = 'major') AS major
  FROM (SELECT chain, severity FROM liskeban.hazard WHERE closed_at IS NULL UNION ALL SELECT chain, 'major' FROM liskeban.clue WHERE valid) AS x JOIN liskeban.hazard_chain AS h ON h.code = x.chain GROUP BY h.theme ORDER BY h.theme;
SELECT theme, layer, subject, severity, source, count(*), count(geom) AS on_map FROM liskeban_report.safety_item GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5;
SELECT (SELECT sum(items) FROM liskeban_report.safety_theme) = count(*) AS adds_up, count(*) = count(DISTINCT safety_item_key) AS keyed FROM liskeban_report.safety_item;
SELECT count(*) AS cameras, count(*) FILTER (WHERE flood_prone) AS prone FROM liskeban_report.camera;
SELECT code, items, stock FROM liskeban_report.supply_depot;
SELECT level, area, ST_GeometryType(geom) FROM liskeban_report.emergency_area;
-- one geometry column each, with its type and SRID
SELECT f_table_name, type, srid FROM geometry_columns WHERE f_table_schema = 'liskeban_report'
  AND f_table_name IN ('camera', 'flood_point', 'supply_depot', 'open_hazard', 'police_incident', 'safety_item', 'emergency_area') ORDER BY 1;

-- Tiles: the layers that are asked for, with as many features as the views have. A feature's key stands in it once.
CREATE FUNCTION tile_of(z integer, q jsonb) RETURNS bytea LANGUAGE sql AS $$
  SELECT liskeban.tile(z, floor((119.021 + 180) / 360 * 2 ^ z)::integer,
    floor((1 - ln(tan(radians(31.021)) + 1 / cos(radians(31.021))) / pi()) / 2 * 2 ^ z)::integer, q) $$;
CREATE FUNCTION times(tile bytea, word text) RETURNS integer LANGUAGE sql AS $$
  SELECT count(*)::integer FROM generate_series(1, length(tile) - length(word) + 1) AS n WHERE substr(tile, n, length(word)) = convert_to(word, 'UTF8') $$;
SELECT l AS layer, length(tile_of(10, jsonb_build_object('layers', l))) > length(tile_of(10, '{}')) AS more, times(tile_of(10, jsonb_build_object('layers', l)), l) > 0 AS named
  FROM unnest('{hazard,flood_point,warning,police,camera,depot,emergency}'::text[]) AS l ORDER BY l;
SELECT tile_of(13, '{"layers": "nothing"}') = tile_of(13, '{}') AS nothing, tile_of(13, '{"layers": ""}') = tile_of(13, '{}') AS none;
SELECT q, times(tile_of(12, q), 'hazard/') AS hazards, times(tile_of(12, q), 'flood_point/') AS points, times(tile_of(12, q), 'police/') AS police, times(tile_of(12, q), 'camera ') AS cameras
  FROM unnest(ARRAY['{"layers": "hazard,flood_point,police,camera"}', '{"layers": "hazard, police", "theme": "public"}', '{"layers": "hazard", "chain": "gas"}', '{"layers": "hazard", "severity": "major"}',
    '{"layers": "camera", "kind": "underpass"}']::jsonb[]) WITH ORDINALITY AS u(q, nth) ORDER BY nth;
-- an analyst's map server sees it too
SET ROLE liskeban_analyst;
SELECT length(liskeban.tile(12, floor((119.021 + 180) / 360 * 4096)::integer, 1675, '{"layers": "hazard,flood_point,warning,police,camera,depot,emergency"}')) >= 0 AS tile;
SELECT sum(items) AS items FROM liskeban_report.safety_theme;
RESET ROLE;
\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_liskeban_map;
