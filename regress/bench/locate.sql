-- What the rows about places start from: a platform whose areas are the polygons of bench.polygon, a copy of them with a GiST
-- index, and the points.
-- psql variables: points (how many are timed), checked (how many are asked of both), cells and vertices (of the map that
-- is made where bench.polygon is empty).

\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET search_path = public, liskeban;

-- Cells whose borders wind: between the corners of a Voronoi cell its vertices leave the straight line a little.
INSERT INTO bench.polygon (geom)
WITH cell AS (
  SELECT c.path[1] AS no, ST_Segmentize(c.geom, ST_Perimeter(c.geom) / greatest(:vertices - 6, 1)) AS geom, ST_Perimeter(c.geom) / :vertices AS step
    FROM (SELECT ST_Collect(g.geom) AS points
            FROM ST_Dump(ST_GeneratePoints(ST_MakeEnvelope(118.8, 31.4, 119.3, 31.8, 4490), :cells, 20240916)) AS g) AS p,
         ST_Dump(ST_CollectionExtract(ST_VoronoiPolygons(p.points, 0, ST_MakeEnvelope(118.8, 31.4, 119.3, 31.8, 4490)), 3)) AS c
), wound AS (
  SELECT c.no, c.step, d.path[2] AS i, max(d.path[2]) OVER (PARTITION BY c.no) AS n, d.geom,
         CASE WHEN :vertices > 20 THEN c.step * 0.2 ELSE 0 END AS by
    FROM cell AS c, ST_DumpPoints(c.geom) AS d
)
SELECT ST_Multi(ST_MakePolygon(ST_AddPoint(l.line, ST_StartPoint(l.line))))
  FROM (SELECT w.no, ST_MakeLine(ST_Translate(w.geom, w.by * cos(w.i * 2.4), w.by * sin(w.i * 2.4)) ORDER BY w.i) AS line
          FROM wound AS w WHERE w.i < w.n GROUP BY w.no) AS l
 WHERE NOT EXISTS (SELECT FROM bench.polygon);

-- Grids, 900 to a village.
CREATE TABLE bench.area AS
SELECT no, ('320117' || lpad((no / 900 + 1)::text, 3, '0') || '001' || lpad((no % 900 + 1)::text, 3, '0'))::liskeban.area_code AS code, geom
  FROM (SELECT row_number() OVER (ORDER BY no) - 1 AS no, geom FROM bench.polygon WHERE ST_IsValid(geom)) AS p;
CREATE INDEX ON bench.area USING gist (geom);
INSERT INTO liskeban.area (code, name, geom) SELECT code, 'grid ' || no, geom FROM bench.area;

-- Each point lies anywhere in the bounding box of a polygon, any polygon being as likely: people report from where they live. Of
-- those that are checked one in ten is a vertex, and one in ten the middle of an edge, as near as a double can say.
SELECT setseed(0.20240916);
CREATE TABLE bench.point AS
SELECT d.n, CASE WHEN d.n <= :points OR d.n % 10 > 1 THEN
              ST_Point(ST_XMin(a.geom) + d.x * (ST_XMax(a.geom) - ST_XMin(a.geom)), ST_YMin(a.geom) + d.y * (ST_YMax(a.geom) - ST_YMin(a.geom)), 4490)
            WHEN d.n % 10 = 1 THEN ST_PointN(r.ring, 1 + floor(d.x * (ST_NPoints(r.ring) - 1))::integer)
            ELSE ST_LineInterpolatePoint(ST_MakeLine(ST_PointN(r.ring, 1 + floor(d.x * (ST_NPoints(r.ring) - 1))::integer),
                                                     ST_PointN(r.ring, 2 + floor(d.x * (ST_NPoints(r.ring) - 1))::integer)), 0.5) END AS geom
  FROM (SELECT n, floor(random() * (SELECT count(*) FROM bench.area)) AS no, random() AS x, random() AS y
          FROM generate_series(1, greatest(:points, :checked)) AS n OFFSET 0) AS d
  JOIN bench.area AS a ON a.no = d.no
 CROSS JOIN LATERAL (SELECT ST_ExteriorRing(ST_GeometryN(a.geom, 1)) AS ring) AS r
 ORDER BY d.n;
CREATE TABLE bench.timed AS SELECT n, geom FROM bench.point WHERE n <= :points ORDER BY n;
DELETE FROM bench.point WHERE n > :checked;
VACUUM (FREEZE, ANALYZE);

-- The same answers?
SELECT count(*) AS points, count(g.code) AS covered, count(*) FILTER (WHERE liskeban.locate(p.geom) IS DISTINCT FROM g.code) AS differ
  FROM bench.point AS p
  LEFT JOIN LATERAL (SELECT a.code FROM bench.area AS a WHERE ST_Covers(a.geom, p.geom) ORDER BY a.code LIMIT 1) AS g ON true;
