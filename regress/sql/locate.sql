-- Areas: where a point lies, what is refused when an area is written, and what is listed as a problem.
CREATE DATABASE regress_liskeban_locate TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_locate
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
SET liskeban.now = '2024-09-16 08:00:00+08';
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET search_path = liskeban, public;
SET timezone = 'Asia/Shanghai';

-- Hundredths of a degree east of 119 and north of 31
CREATE FUNCTION pt(x numeric, y numeric) RETURNS geometry LANGUAGE sql IMMUTABLE
  AS $$ SELECT ST_SetSRID(ST_MakePoint(119 + x / 100, 31 + y / 100), 4490) $$;
CREATE FUNCTION box(x1 numeric, y1 numeric, x2 numeric, y2 numeric) RETURNS geometry LANGUAGE sql IMMUTABLE
  AS $$ SELECT ST_MakeEnvelope(119 + x1 / 100, 31 + y1 / 100, 119 + x2 / 100, 31 + y2 / 100, 4490) $$;
-- What locate() must say, said in plain SQL
CREATE FUNCTION best(g geometry) RETURNS area_code LANGUAGE sql STABLE AS $$
  SELECT code FROM area
  WHERE ST_Covers(geom, g) AND valid_from <= liskeban_now() AND (valid_to > liskeban_now() OR valid_to IS NULL)
  ORDER BY area_level(code) DESC, kind = 'dedicated' DESC, code LIMIT 1 $$;

-- No outline at all yet
SELECT locate(pt(1, 1)), place(pt(1, 1)), place(NULL), locate(NULL);

-- Two towns side by side in the district, two villages in the first; a grid is cut out of another
UPDATE area SET geom = box(0, 0, 10, 10) WHERE code = '320117';
INSERT INTO area (code, name, kind, geom) VALUES
  ('320117001', 'T1', 'plain', box(0, 0, 5, 10)),
  ('320117002', 'T2', 'plain', box(5, 0, 10, 10)),
  ('320117001001', 'T1 V1', 'plain', box(0, 0, 5, 5)),
  ('320117001002', 'T1 V2', 'plain', box(0, 5, 5, 10)),
  ('320117001001001', 'T1 V1 G1', 'plain', ST_Difference(box(0, 0, 5, 5), box(1, 1, 2, 2))),
  ('320117001001002', 'T1 V1 G2', 'plain', box(1, 1, 2, 2)),
  ('320117001001003', 'park', 'dedicated', box(3, 3, 4, 4)),
  ('320117001002001', 'T1 V2 G1, two parts', 'plain', ST_Collect(box(0, 5, 2, 7), box(3, 8, 5, 10))),
  ('320117001002002', 'no outline', 'plain', NULL);
SELECT what, locate(g), locate(g) IS NOT DISTINCT FROM best(g) AS as_st_covers
FROM (VALUES (1, 'in a grid', pt(0.5, 0.5)), (2, 'in its hole, which is another', pt(1.5, 1.5)), (3, 'on the edge of both', pt(1, 1.5)),
  (4, 'corner of both', pt(2, 2)), (5, 'dedicated before plain', pt(3.5, 3.5)), (6, 'and on its edge', pt(3, 3.5)), (7, 'part one', pt(1, 6)),
  (8, 'part two', pt(4, 9)), (9, 'between the parts', pt(2.5, 7.5)), (10, 'border of the villages', pt(4.5, 5)),
  (11, 'border of the towns', pt(5, 7.5)), (12, 'corner of the district', pt(10, 10)), (13, 'where villages and town meet', pt(5, 5)),
  (14, 'town without villages', pt(7, 7)), (15, 'outside', pt(10.0001, 5)), (16, 'far away', pt(-11900, -3100))) AS v (n, what, g)
ORDER BY n;
-- In bulk: every vertex, every middle of an edge, and a grid of points: as ST_Covers
CREATE VIEW probe AS
SELECT (ST_DumpPoints(geom)).geom AS g FROM area
UNION ALL SELECT ST_Centroid((ST_DumpSegments(geom)).geom) FROM area
UNION ALL SELECT pt(x, y) FROM generate_series(-1, 11, 0.25) x, generate_series(-1, 11, 0.25) y;
SELECT count(*) > 2400 AS enough, count(DISTINCT locate(g)) AS areas, count(*) FILTER (WHERE locate(g) IS DISTINCT FROM best(g)) AS off FROM probe;

-- also when it is first asked in parallel workers
CREATE TABLE probe_row AS SELECT g, best(g) AS code FROM probe;
\c -
SET liskeban.now = '2024-09-16 08:00:00+08';
SET search_path = liskeban, public;
SET timezone = 'Asia/Shanghai';
BEGIN;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
ALTER TABLE probe_row SET (parallel_workers = 2);
EXPLAIN (COSTS OFF) SELECT count(*) FROM probe_row WHERE locate(g) IS DISTINCT FROM code;
SELECT count(*) FROM probe_row WHERE locate(g) IS DISTINCT FROM code;
COMMIT;

-- an outline of more vertices than 16 bits count, with a hole
BEGIN;
UPDATE area SET geom = NULL;
UPDATE area SET geom = ST_Difference(ST_Buffer(pt(5, 5), 0.05, 17000), ST_Buffer(pt(6, 5), 0.01, 100)) WHERE code = '320117';
SELECT ST_NPoints(geom) FROM area WHERE code = '320117';
SELECT count(*) > 500 AS enough, count(DISTINCT locate(g)) AS areas, count(*) FILTER (WHERE locate(g) IS DISTINCT FROM best(g)) AS off
FROM (SELECT (d).geom AS g FROM (SELECT ST_DumpPoints(geom) AS d FROM area WHERE code = '320117') AS v WHERE (d).path[2] % 500 = 0
      UNION ALL SELECT pt(x, y) FROM generate_series(-0.1, 10.1, 0.5) x, generate_series(-0.1, 10.1, 0.5) y) AS p;
ROLLBACK;

-- One by one: not asked of anything but a Point in CGCS2000
\set VERBOSITY sqlstate
SELECT locate(box(0, 0, 1, 1));
SELECT place(ST_SetSRID(pt(1, 1), 4326));
\set VERBOSITY default
SELECT locate('SRID=4490;MULTIPOINT(119 31)');
SELECT locate(ST_SetSRID(pt(1, 1), 4326));
SELECT locate('SRID=4490;POINT EMPTY'), place('SRID=4490;POINT EMPTY'), place('SRID=4490;POINT(119 NaN)'), place('SRID=4490;POINT(1190 31)'),
  locate('SRID=4490;POINT ZM(119.005 31.005 8 9)');

-- Snapped: of the areas within platform.snap_distance (50 m) the deepest level's nearest; a town where no grid is near
SELECT d, place(ST_SetSRID(ST_Project(pt(0, 2)::geography, d, radians(270))::geometry, 4490)) FROM (VALUES (0.001), (49.99), (50.01)) AS v (d);
SELECT place(pt(10.01, 5)) AS town_near_grid_far, place(pt(5.04, 2)) AS covered_is_not_snapped;
-- equally near to two: the smaller code
BEGIN;
INSERT INTO area (code, name, geom) VALUES ('320117002001001', 'left', box(8, 10.03, 9, 11)), ('320117002001002', 'right', box(9.02, 10.03, 10, 11));
SELECT place(pt(9.01, 10.5)) AS midway, place(pt(9.0101, 10.5)) AS nearer_to_the_right, place(pt(9.0099, 10.5)) AS nearer_to_the_left;
UPDATE platform SET snap_distance = 5;
SELECT place(pt(9.01, 10.5)), place(pt(9.0001, 10.5));
UPDATE platform SET snap_distance = 0;
SELECT place(pt(9.0001, 10.5));
ROLLBACK;
SELECT place(pt(9.01, 10.5)), place(pt(0, -0.01));

-- A change is seen at once, also one that is taken back
BEGIN;
UPDATE area SET geom = box(6, 6, 8, 8) WHERE code = '320117001002002';
SELECT locate(pt(7, 7));
SAVEPOINT s;
UPDATE area SET kind = 'dedicated', geom = box(0, 0, 9, 9) WHERE code = '320117001002002';
SELECT locate(pt(0.5, 0.5)), locate(pt(7, 7));
ROLLBACK TO s;
SELECT locate(pt(0.5, 0.5)), locate(pt(7, 7));
ROLLBACK;
SELECT locate(pt(7, 7));

-- In bulk: in force from valid_from, to and without valid_to
UPDATE area SET valid_from = '2024-10-01 00:00+08', valid_to = '2024-11-01 00:00+08' WHERE code = '320117001001002';
UPDATE area SET valid_to = '2024-10-15 00:00+08' WHERE code = '320117001001003';
CREATE FUNCTION pg_temp.located_at(t text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('liskeban.now', t, true);
  RETURN concat_ws(' ', locate(pt(1.5, 1.5)), locate(pt(3.5, 3.5)),
    (SELECT count(*) FROM probe WHERE locate(g) IS DISTINCT FROM best(g)));
END $$;
SELECT t, pg_temp.located_at(t)
FROM unnest(ARRAY['2024-09-30 23:59:59.999999+08', '2024-10-01 00:00+08', '2024-10-14 23:59:59.999999+08', '2024-10-15 00:00+08',
  '2024-10-31 23:59:59.999999+08', '2024-11-01 00:00+08', '2024-10-01 00:00+08', '2000-01-01 00:00+00']) WITH ORDINALITY AS u (t, n) ORDER BY n;
SET liskeban.now = '2024-10-01 00:00+08';
SELECT locate(pt(1.5, 1.5));
SET liskeban.now = '2024-09-16 08:00:00+08';
SELECT locate(pt(1.5, 1.5));

-- One by one: refused when written, an area of another district and what is no outline
\set VERBOSITY sqlstate
INSERT INTO area (code, name) VALUES ('320118001', 'elsewhere');
INSERT INTO area (code, name, geom) VALUES ('320117003', 'bow', 'SRID=4490;POLYGON((119 31,119.1 31.1,119.1 31,119 31.1,119 31))');
\set VERBOSITY default
INSERT INTO area (code, name) VALUES ('3201', 'above');
INSERT INTO area (code, name, geom) VALUES ('320117003', 'bow', 'SRID=4490;POLYGON((119 31,119.1 31.1,119.1 31,119 31.1,119 31))');
UPDATE area SET geom = 'SRID=4490;LINESTRING(119 31,119.1 31.1)' WHERE code = '320117001';
UPDATE area SET geom = 'SRID=4490;POLYGON EMPTY' WHERE code = '320117001';
UPDATE area SET geom = 'SRID=4490;POLYGON((500000 31,500001 31,500001 32,500000 31))' WHERE code = '320117001';
UPDATE area SET geom = 'SRID=4490;MULTIPOLYGON(((119 31,119.2 31,119.2 31.2,119 31)),((119.1 31,119.3 31,119.3 31.2,119.1 31)))' WHERE code = '320117001';
INSERT INTO area (code, name, geom) VALUES ('320117003', 'mended', ST_MakeValid('SRID=4490;POLYGON((119 31.2,119.1 31.3,119.1 31.2,119 31.3,119 31.2))'::geometry));
SELECT n, _area_geom_problem(g) FROM unnest(ARRAY['POLYGON((0 0,1 0,1 1,0 0))', 'POLYGON((0 0,1 1,1 0,0 1,0 0))', 'MULTIPOLYGON EMPTY', 'POINT(0 0)',
  'GEOMETRYCOLLECTION(POLYGON((0 0,1 0,1 1,0 0)))', 'POLYGON((0 0,1 0,1 91,0 0))', 'CURVEPOLYGON((0 0,1 0,1 1,0 0))']::geometry[]) WITH ORDINALITY AS u (g, n) ORDER BY n;

-- Listed: overlap of plain siblings, gap in a parent that has children, a child outside its parent; with their sizes
SELECT code, other, problem, round(size) AS size FROM area_problem ORDER BY problem, code, other;
SELECT round(ST_Area(box(1, 1, 2, 2)::geography)) AS hole, round(ST_Area(box(5, 0, 10, 10)::geography)) AS town;
UPDATE area SET geom = NULL WHERE code IN ('320117003', '320117002');
INSERT INTO area (code, name, kind, geom) VALUES
  ('320117002001', 'its town has no outline', 'plain', box(8, 8, 9, 9)),
  ('320117002002', 'over it', 'plain', box(8.5, 8, 9.5, 9)),
  ('320117002003', 'beside it, with a sliver', 'plain', box(7, 8, 8.0000001, 9)),
  ('320117002004', 'dedicated may', 'dedicated', box(8, 8, 9, 9)),
  ('320117001001004', 'beyond the village, over a sibling', 'plain', box(4, 4, 6, 5)),
  ('320117001001005', 'in the park', 'dedicated', box(3.2, 3.2, 3.8, 3.8));
SELECT code, other, problem, round(size) AS size FROM area_problem ORDER BY problem, code, other;
SELECT round(ST_Area(box(8.5, 8, 9, 9)::geography)) AS overlap, round(ST_Area(box(5, 4, 6, 5)::geography)) AS outside;
-- what is no longer in force is no problem
UPDATE area SET valid_to = liskeban_now() WHERE code IN ('320117002002', '320117001001004');
SELECT code, other, problem FROM area_problem ORDER BY problem, code, other;

\c postgres
DROP DATABASE regress_liskeban_locate;
