-- Services: which points are open when, the nearest first; how much a village has in reach; a request is a ticket outside the KPIs.
CREATE DATABASE regress_liskeban_service TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_service
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
SET liskeban.now = '2024-09-16 08:00:00+08';
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
-- not the platform's zone
SET timezone = 'America/New_York';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
\getenv srcdir PG_ABS_SRCDIR
\set district :srcdir '/data/guard_district.sql'
\set ECHO none
\i :district
\set ECHO all

-- 56 ship, each complete
SELECT field, count(*), count(*) FILTER (WHERE papers <> '{}') AS with_papers, min(work_hours) AS hours, min(provider) AS provider FROM liskeban.service_item GROUP BY field ORDER BY field;
SELECT count(*), count(DISTINCT name), count(DISTINCT name_en) FROM liskeban.service_item;
-- Hours of a day
SELECT h, liskeban.open_minutes(h) FROM unnest('{"09:00-12:00 13:30-17:00",22:00-06:00,00:00-24:00,"","08:00-12:00 11:00-13:00"}'::text[]) h;
SELECT h, try(format('SELECT liskeban.open_minutes(%L)', h)) FROM unnest('{9:00-12:00,09:00-25:00,09:00-24:30,09:00-09:00,"09:00-12:00,13:00-14:00",09:00,all}'::text[]) h;

-- Points: their area is where they lie, whatever is said
INSERT INTO liskeban.service_point (name, kind, geom, area) VALUES
  ('中心', 'hall', ST_SetSRID(ST_MakePoint(119.02, 31.02), 4490), '320117002'), ('北站', 'station', ST_SetSRID(ST_MakePoint(119.02, 31.07), 4490), NULL),
  ('东站', 'station', ST_SetSRID(ST_MakePoint(119.07, 31.02), 4490), NULL), ('夜窗', 'branch', ST_SetSRID(ST_MakePoint(119.021, 31.02), 4490), NULL),
  ('区外', 'branch', ST_SetSRID(ST_MakePoint(121, 33), 4490), NULL), ('已撤', 'branch', ST_SetSRID(ST_MakePoint(119.02, 31.02), 4490), NULL);
UPDATE liskeban.service_point SET retired_at = liskeban.liskeban_now() WHERE name = '已撤';
SELECT name, area FROM liskeban.service_point ORDER BY point_id;
UPDATE liskeban.service_point SET area = '320117002' WHERE name = '中心' RETURNING name, area;
INSERT INTO liskeban.service_offer (point_id, item, work_hours, rest_hours, queue, queue_at)
  SELECT p.point_id, 'bank_deposit', o.work, o.rest, o.queue, CASE WHEN o.queue IS NOT NULL THEN liskeban.liskeban_now() END
    FROM (VALUES ('中心', NULL, NULL, 3), ('北站', '09:00-12:00 13:30-17:00', '', NULL), ('东站', '00:00-24:00', '00:00-24:00', 0), ('夜窗', '22:00-06:00', '', NULL),
                 ('区外', '09:00-12:00', '', NULL), ('已撤', '00:00-24:00', '00:00-24:00', NULL)) o(name, work, rest, queue)
    JOIN liskeban.service_point p USING (name);
CREATE FUNCTION open_at(local text, item text DEFAULT 'bank_deposit', n integer DEFAULT 5) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(format('%s %s m, %s, until %s, %s waiting', s.name, round(s.distance), s.hours, local(s.closes_at), coalesce(s.queue::text, '?')), '; ')
    FROM liskeban.nearest_service(item, here(), (local || '+08')::timestamptz, n) s $$;
-- Monday; before, at and after opening and closing; over midnight into it and out of it
SELECT t, open_at('2024-09-09 ' || t) FROM unnest('{05:59,06:00,08:29,08:30,09:00,12:00,13:30,16:59,17:00,22:00,23:59}'::text[]) t;
-- Saturday 14 September 2024 was a make-up working day, Sunday the 15th to Tuesday the 17th a festival, from whose eve the night window stays open
SELECT d, liskeban.is_working_day(d::date) AS works, open_at(d || ' 10:00') AS morning, open_at(d || ' 23:00') AS night, open_at(d || ' 05:00') AS early
  FROM unnest('{2024-09-07,2024-09-14,2024-09-15,2024-09-16,2024-09-18}'::text[]) d;
SELECT open_at('2024-09-09 10:00', n => 1) AS one, open_at('2024-09-09 10:00', n => 0) AS none, open_at('2024-09-09 10:00', 'gas_open') AS nowhere;
-- The order is that of the distance, as a brute force has it
INSERT INTO liskeban.service_point (name, geom) SELECT 'p' || n, ST_SetSRID(ST_MakePoint(119 + (n * 37 % 101) / 1010.0, 31 + (n * 53 % 97) / 970.0), 4490) FROM generate_series(1, 200) n;
INSERT INTO liskeban.service_offer (point_id, item) SELECT p.point_id, 'power_repair' FROM liskeban.service_point p WHERE p.name ~ '^p';
SELECT count(*) AS differ FROM generate_series(1, 20) n
 CROSS JOIN LATERAL (SELECT ST_SetSRID(ST_MakePoint(119 + (n * 7 % 20) / 200.0, 31 + (n * 11 % 20) / 200.0), 4490)) q(geom)
 WHERE ARRAY(SELECT s.point_id FROM liskeban.nearest_service('power_repair', q.geom, NULL, 8) s)
       <> ARRAY(SELECT p.point_id FROM liskeban.service_point p WHERE p.name ~ '^p' ORDER BY ST_Distance(p.geom::geography, q.geom::geography), p.point_id LIMIT 8);
ANALYZE liskeban.service_point;
SET enable_seqscan = off; SET enable_sort = off;
EXPLAIN (COSTS OFF) SELECT p.point_id FROM liskeban.service_point p WHERE p.retired_at IS NULL ORDER BY p.geom::geography <-> here()::geography LIMIT 3;
RESET enable_seqscan; RESET enable_sort;
SELECT try($$SELECT * FROM liskeban.nearest_service('nosuch', here())$$) AS unknown, try($$SELECT * FROM liskeban.nearest_service('bank_deposit', NULL)$$) AS nowhere,
  try($$SELECT * FROM liskeban.nearest_service('bank_deposit', ST_SetSRID(here(), 4326))$$) AS srid, try($$SELECT * FROM liskeban.nearest_service('bank_deposit', here(), NULL, -1)$$) AS negative;

-- Coverage: what lies in the village, and what is within reach of it; retired items and points do not count
UPDATE liskeban.service_point SET retired_at = liskeban.liskeban_now() WHERE name ~ '^p';
SELECT village, items_num, items_den, coverage, cardinality(missing) FROM liskeban.service_coverage();
SELECT village, items_num FROM liskeban.service_coverage(1000);
INSERT INTO liskeban.service_offer (point_id, item) SELECT p.point_id, i.code FROM liskeban.service_point p, liskeban.service_item i WHERE p.name = '北站' AND i.field = 'convenience';
UPDATE liskeban.service_item SET retired_at = liskeban.liskeban_now() WHERE code = 'convenience_bus';
SELECT village, town, village_name, items_num, items_den, coverage, missing @> '{convenience_print}' AS no_print FROM liskeban_report.service_coverage ORDER BY village;

-- A request is a ticket of its own kind, which the figures leave out unless asked
SELECT outcome FROM liskeban.submit('{"source": "hotline_12345", "external_id": "s1", "kind": "service", "category": "call", "title": "上门激活社保卡", "extra": {"service_item": "bank_card"}, "lon": 119.02, "lat": 31.02}');
SELECT kind, state, area, extra FROM liskeban.ticket WHERE external_id = 's1';
SELECT outcome FROM liskeban.submit('{"source": "hotline_12345", "external_id": "d1", "category": "call", "title": "a demand", "lon": 119.02, "lat": 31.02}');
SELECT (SELECT sum(received) FROM liskeban.kpi('2024-09-16', '2024-09-16', 'village')) AS demands,
  (SELECT sum(received) FROM liskeban.kpi('2024-09-16', '2024-09-16', 'village', kinds => '{service}')) AS services;

-- What may not be
SELECT n, code(s) FROM (VALUES (1, $$UPDATE liskeban.service_item SET work_hours = 'always'$$), (2, $$UPDATE liskeban.service_item SET channels = '{fax}'$$),
  (3, $$UPDATE liskeban.service_item SET reach = 0$$), (4, $$UPDATE liskeban.service_offer SET queue = -1$$), (5, $$UPDATE liskeban.service_offer SET queue = 1, queue_at = NULL$$),
  (6, $$UPDATE liskeban.service_offer SET work_hours = '09:00-10:00', rest_hours = NULL$$), (7, $$DELETE FROM liskeban.service_point$$), (8, $$TRUNCATE liskeban.service_offer$$),
  (9, $$DELETE FROM liskeban.service_item$$), (10, $$INSERT INTO liskeban.service_point (name, geom) VALUES ('x', NULL)$$)) v(n, s) ORDER BY n;

-- Who serves the grid: nobody twice, one person on several networks; where nobody does
INSERT INTO liskeban.grid_member (area, network, person, police, begins_at, ends_at) VALUES
  ('320117001001', 'governance', '张三', false, '2024-01-01 00:00+08', '2024-06-01 00:00+08'), ('320117001001', 'governance', '张三', false, '2024-06-01 00:00+08', NULL),
  ('320117001001', 'service', '张三', false, '2024-01-01 00:00+08', NULL), ('320117001001', 'safety', '李警', true, '2024-01-01 00:00+08', NULL),
  ('320117001001', 'party', '王五', false, '2024-01-01 00:00+08', '2024-08-01 00:00+08');
SELECT code($$INSERT INTO liskeban.grid_member (area, network, person, begins_at) VALUES ('320117001001', 'governance', '张三', '2025-01-01')$$) AS twice,
  code($$INSERT INTO liskeban.grid_member (area, network, person, begins_at) VALUES ('320117001002', 'governance', '张三', '2025-01-01')$$) AS another_cell;
SELECT area, person, police, networks, begins_at FROM liskeban.grid_roster ORDER BY area, person;
SELECT person, networks, police, on_duty FROM liskeban.serving_at('320117001001', '2024-07-01 00:00+08');
SELECT person, networks FROM liskeban.serving_at('320117001001', '2024-06-01 00:00+08') WHERE person = '张三';
SELECT area, network, since FROM liskeban.grid_gap WHERE area IN ('320117001001', '320117001002') ORDER BY area, network;
-- a grid, once there is one, is the cell; a microgrid is served by its grid's people
INSERT INTO liskeban.area (code, name) VALUES ('320117001001001', 'G1'), ('320117001001001001', 'M1');
INSERT INTO liskeban.grid_member (area, network, person, begins_at) VALUES ('320117001001001', 'party', '网格长', '2024-01-01');
SELECT area, network FROM liskeban.grid_gap WHERE area <@ '320117001001'::liskeban.area_code ORDER BY area, network;

-- Points follow areas that are redrawn
INSERT INTO liskeban.area (code, name, geom, valid_from) SELECT '320117002009', 'T2 V1 renamed', geom, 'infinity' FROM liskeban.area WHERE code::text = '320117002001';
SELECT act('chief', $$SELECT liskeban.redraw_area('{320117002001}', '{320117002009}')$$);
SELECT name, area FROM liskeban.service_point WHERE name = '东站';
SELECT * FROM liskeban.check_invariants();
\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_liskeban_service;
