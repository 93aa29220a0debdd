-- What the rows about tickets start from: a platform with the sample district, the requests, and the bare tables.
-- psql variables: tickets (how many), top (folder of the working tree).

\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET liskeban.now = '2024-09-16 08:30:00+08';
CREATE EXTENSION postgis;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
\i :top/jobs/demo/district.sql

CREATE SCHEMA bench;

-- Requests as the sources send them: 96 of 100 inside the district, 1 on its border, 2 beyond it, 1 without a position.
CREATE TABLE bench.request AS
WITH district AS (
  SELECT ST_GeometryN(geom, 1) AS geom FROM liskeban.area WHERE code::text = '320117'
), inside AS (
  SELECT row_number() OVER () AS n, p.geom
    FROM district AS d, ST_Dump(ST_GeneratePoints(d.geom, :tickets, 20240916)) AS p
), category AS (
  SELECT code, name, row_number() OVER (ORDER BY code) - 1 AS no, count(*) OVER () AS of
    FROM liskeban.category WHERE listed AND retired_at IS NULL
), source AS (
  SELECT code, row_number() OVER (ORDER BY code) - 1 AS no, count(*) OVER () AS of
    FROM liskeban.source_system WHERE retired_at IS NULL
)
SELECT i.n, s.code AS source, 'bench-' || i.n AS external_id, c.code AS category, c.name AS title,
       c.name || '，市民来电反映，希望尽快处理，编号' || i.n || '。' AS description, '溧水区某路' || i.n % 997 || '号' AS address,
       CASE i.n % 100
         WHEN 0 THEN NULL
         WHEN 1 THEN ST_Translate(ST_LineInterpolatePoint(ST_ExteriorRing(d.geom), i.n * 0.6180339887498949 - floor(i.n * 0.6180339887498949)), 0.0002, 0)
         WHEN 2 THEN ST_Translate(i.geom, 1, 0)
         WHEN 3 THEN ST_Translate(i.geom, 0, 1)
         ELSE i.geom
       END::geometry(Point, 4490) AS geom,
       timestamptz '2024-09-16 08:30+08' - (i.n % 600) * interval '1 second' AS reported_at
  FROM inside AS i
  JOIN category AS c ON c.no = (hashint8extended(i.n, 1) & 1023) % c.of
  JOIN source AS s ON s.no = (hashint8extended(i.n, 2) & 1023) % s.of
 CROSS JOIN district AS d
 ORDER BY i.n;

-- Tables like the platform's, with their indexes, partitions and storage parameters, and no triggers.
CREATE PROCEDURE bench.clone_tables(target name) LANGUAGE plpgsql AS $$
DECLARE
  t record;
  part record;
BEGIN
  EXECUTE format('CREATE SCHEMA %I', target);
  FOR t IN SELECT c.oid, c.relname, c.reloptions, pg_get_partkeydef(c.oid) AS key
             FROM pg_class AS c
            WHERE c.relnamespace = 'liskeban'::regnamespace AND c.relname IN ('ticket', 'ticket_event', 'worklist', 'outbox', 'ticket_intake', 'reporter')
  LOOP
    EXECUTE format('CREATE TABLE %I.%I (LIKE liskeban.%2$I INCLUDING ALL)', target, t.relname)
            || coalesce(' PARTITION BY ' || t.key, '') || coalesce(' WITH (' || array_to_string(t.reloptions, ', ') || ')', '');
    FOR part IN SELECT p.relname, p.reloptions, pg_get_expr(p.relpartbound, p.oid) AS bound
                  FROM pg_inherits AS i JOIN pg_class AS p ON p.oid = i.inhrelid
                 WHERE i.inhparent = t.oid AND p.relkind = 'r'
    LOOP
      EXECUTE format('CREATE TABLE %1$I.%2$I PARTITION OF %1$I.%3$I %4$s', target, part.relname, t.relname, part.bound)
              || coalesce(' WITH (' || array_to_string(part.reloptions, ', ') || ')', '');
    END LOOP;
  END LOOP;
END
$$;
CALL bench.clone_tables('bench_bare');

-- What the bare tables are filled with: the rows as liskeban made them.
CREATE TABLE bench.made_ticket (LIKE liskeban.ticket);
CREATE TABLE bench.made_event (LIKE liskeban.ticket_event);
CREATE TABLE bench.made_worklist (LIKE liskeban.worklist);
