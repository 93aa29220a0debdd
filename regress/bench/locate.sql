-- What the row about places starts from: a platform whose areas are the polygons of bench.polygon (or, when it is
-- empty, 5,200 cells made here), a copy of them with a GiST index, and the points.
-- psql variable: points (how many).

\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET search_path = public, liskeban;

INSERT INTO bench.polygon (geom)
SELECT ST_Multi(ST_Segmentize(c.geom, 0.0004))
  FROM (SELECT ST_Collect(g.geom) AS points
          FROM ST_Dump(ST_GeneratePoints(ST_MakeEnvelope(118.8, 31.4, 119.3, 31.8, 4490), 5200, 20240916)) AS g) AS p,
       ST_Dump(ST_CollectionExtract(ST_VoronoiPolygons(p.points, 0, ST_MakeEnvelope(118.8, 31.4, 119.3, 31.8, 4490)), 3)) AS c
 WHERE NOT EXISTS (SELECT FROM bench.polygon);

-- Grids, 900 to a village.
CREATE TABLE bench.area AS
SELECT no, ('320117' || lpad((no / 900 + 1)::text, 3, '0') || '001' || lpad((no % 900 + 1)::text, 3, '0'))::liskeban.area_code AS code, geom
  FROM (SELECT row_number() OVER (ORDER BY no) - 1 AS no, geom FROM bench.polygon WHERE ST_IsValid(geom)) AS p;
CREATE INDEX ON bench.area USING gist (geom);
INSERT INTO liskeban.area (code, name, geom) SELECT code, 'grid ' || no, geom FROM bench.area;

-- Each point lies anywhere in the bounding box of a polygon, any polygon being as likely: people report from where they live.
SELECT setseed(0.20240916);
CREATE TABLE bench.point AS
SELECT d.n, ST_Point(ST_XMin(a.geom) + d.x * (ST_XMax(a.geom) - ST_XMin(a.geom)),
                     ST_YMin(a.geom) + d.y * (ST_YMax(a.geom) - ST_YMin(a.geom)), 4490) AS geom
  FROM (SELECT n, floor(random() * (SELECT count(*) FROM bench.area)) AS no, random() AS x, random() AS y
          FROM generate_series(1, :points) AS n OFFSET 0) AS d
  JOIN bench.area AS a ON a.no = d.no
 ORDER BY d.n;
CREATE TABLE bench.timed AS SELECT n, geom FROM bench.point WHERE n % 5 = 0 ORDER BY n;
VACUUM (FREEZE, ANALYZE);

-- The same answers?
SELECT count(*) AS points, count(g.code) AS covered, count(*) FILTER (WHERE liskeban.locate(p.geom) IS DISTINCT FROM g.code) AS differ
  FROM bench.point AS p
  LEFT JOIN LATERAL (SELECT a.code FROM bench.area AS a WHERE ST_Covers(a.geom, p.geom) ORDER BY a.code LIMIT 1) AS g ON true;
