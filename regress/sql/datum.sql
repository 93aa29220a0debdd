-- Datums: GCJ-02 and BD-09 against published values, the inverse, every type of geometry, and what is refused.
CREATE DATABASE regress_liskeban_datum TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_datum
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
RESET client_min_messages;
SET liskeban.now = '2024-09-16 08:00:00+08';
SET search_path = liskeban, public;

-- WGS 84 -> GCJ-02, values of the test vectors that go round with the formulas; metres from them
CREATE TABLE known (place text, lon float8, lat float8, gcj_lon float8, gcj_lat float8);
INSERT INTO known VALUES
  ('Shanghai', 121.5272106, 31.1774276, 121.531541859215, 31.17530398364597),
  ('Shenzhen', 113.912316, 22.543847, 113.9171764808363, 22.540796131694766),
  ('Beijing', 116.377817, 39.911954, 116.38404722455657, 39.91334545536069),
  ('Tian''anmen', 116.404, 39.915, 116.41024449916938, 39.91640428150164);
SELECT place, round(ST_Distance(from_cgcs2000(ST_SetSRID(ST_MakePoint(lon, lat), 4490), 'gcj02'), ST_SetSRID(ST_MakePoint(gcj_lon, gcj_lat), 4490))::numeric, 9) AS off,
  round(ST_Distance(ST_SetSRID(ST_MakePoint(lon, lat), 4490)::geography, ST_SetSRID(ST_MakePoint(gcj_lon, gcj_lat), 4490)::geography)) AS shift
FROM known ORDER BY place;
-- GCJ-02 -> BD-09
SELECT round(ST_X(p)::numeric, 9), round(ST_Y(p)::numeric, 9)
FROM from_cgcs2000(to_cgcs2000(ST_MakePoint(116.404, 39.915), 'gcj02'), 'bd09') AS p;

-- There and back, over the whole of China: within 1e-9 degrees
SELECT d, count(*), count(*) FILTER (WHERE abs(ST_X(q) - ST_X(p)) > 1e-9 OR abs(ST_Y(q) - ST_Y(p)) > 1e-9) AS off,
  count(*) FILTER (WHERE abs(ST_X(r) - ST_X(p)) > 1e-9 OR abs(ST_Y(r) - ST_Y(p)) > 1e-9) AS off_the_other_way
FROM (SELECT d, p, to_cgcs2000(from_cgcs2000(p, d), d) AS q, from_cgcs2000(to_cgcs2000(p, d), d) AS r
      FROM (VALUES ('bd09'), ('cgcs2000'), ('gcj02'), ('wgs84')) AS v (d),
           generate_series(73.1, 135.1, 0.37) AS x, generate_series(3.1, 53.6, 0.41) AS y, ST_SetSRID(ST_MakePoint(x, y), 4490) AS p) AS s
GROUP BY d ORDER BY d;
-- also where the formulas have a root of zero
SELECT d, max(greatest(abs(ST_X(q) - ST_X(p)), abs(ST_Y(q) - ST_Y(p)))) < 1e-9 AS good
FROM (SELECT d, p, to_cgcs2000(from_cgcs2000(p, d), d) AS q
      FROM (VALUES ('bd09'), ('gcj02')) AS v (d), unnest(ARRAY[-1e-4, -1e-9, -1e-13, 0, 1e-13, 1e-11, 1e-9, 1e-6]) AS e,
           generate_series(5, 50, 5) AS y, ST_SetSRID(ST_MakePoint(105 + e, y), 4490) AS p) AS s
GROUP BY d ORDER BY d;
-- two datums are no datum of China: nothing moves
SELECT ST_AsText(to_cgcs2000('POINT(119.03 31.65)', 'wgs84')), ST_AsText(from_cgcs2000('POINT(119.03 31.65)', 'cgcs2000'));
-- outside China GCJ-02 is not shifted
SELECT ST_AsText(from_cgcs2000('POINT(-73.98 40.75)', 'gcj02')), ST_AsText(to_cgcs2000('POINT(0 0)', 'gcj02')),
  ST_AsText(from_cgcs2000('POINT(72.003 30)', 'gcj02')), ST_AsText(from_cgcs2000('POINT(100 55.8272)', 'gcj02'));

-- Every type of geometry; Z and M stay; the result is CGCS2000
SELECT n, ST_AsText(to_cgcs2000(g, 'gcj02'), 5) AS text, ST_SRID(to_cgcs2000(g, 'gcj02')) AS srid,
  ST_NPoints(to_cgcs2000(g, 'gcj02')) = ST_NPoints(g) AND GeometryType(to_cgcs2000(g, 'gcj02')) = GeometryType(g) AS same_shape
FROM unnest(ARRAY['POINT(119 31)', 'SRID=4326;POINT Z(119 31 7)', 'SRID=4490;POINT ZM(119 31 7 8)', 'POINT M(119 31 8)', 'POINT EMPTY',
  'LINESTRING(119 31,119.5 31.5)', 'LINESTRING EMPTY', 'POLYGON((119 31,120 31,120 32,119 31),(119.5 31.2,119.6 31.2,119.6 31.3,119.5 31.2))',
  'MULTIPOINT(119 31,120 32)', 'MULTILINESTRING((119 31,119.5 31.5),(0 0,1 1))', 'SRID=4326;MULTIPOLYGON Z(((119 31 1,120 31 2,120 32 3,119 31 1)))',
  'GEOMETRYCOLLECTION(POINT(119 31),GEOMETRYCOLLECTION(LINESTRING(119 31,120 32),POINT EMPTY))', 'CIRCULARSTRING(119 31,119.5 31.5,120 31)',
  'TRIANGLE((119 31,120 31,120 32,119 31))']::geometry[]) WITH ORDINALITY AS u (g, n) ORDER BY n;

-- Refused
\set VERBOSITY sqlstate
SELECT to_cgcs2000('POINT(119 31)', 'gcj-02');
SELECT from_cgcs2000('SRID=3857;POINT(119 31)', 'gcj02');
\set VERBOSITY default
SELECT to_cgcs2000('POINT(119 31)', 'GCJ02');
SELECT to_cgcs2000('SRID=3857;POINT(119 31)', 'wgs84');
SELECT to_cgcs2000(NULL, 'wgs84') IS NULL, from_cgcs2000('POINT(119 31)', NULL) IS NULL;

\c postgres
DROP DATABASE regress_liskeban_datum;
