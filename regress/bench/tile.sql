-- What liskeban.tile() makes at zoom 12, by one plain statement over the tables: the villages, and open tickets counted by
-- square. OFFSET 0: what is open is read first and its tickets by key, as tile() does, not every ticket that ever was in the square.

\set ON_ERROR_STOP on
CREATE FUNCTION bench.tile(z integer, x integer, y integer) RETURNS bytea LANGUAGE sql STABLE AS $$
  WITH tile AS MATERIALIZED (
    SELECT e.envelope, ST_Transform(e.envelope, 4490) AS bounds FROM (SELECT ST_TileEnvelope(z, x, y) AS envelope) AS e
  )
  SELECT (SELECT coalesce(ST_AsMVT(a, 'area', 4096, 'geom'), '')
            FROM (SELECT a.code::text AS code, liskeban.area_level(a.code)::text AS level, a.name,
                         ST_AsMVTGeom(ST_Transform(ST_Multi(ST_CollectionExtract(a.geom, 3)), 3857), t.envelope, 4096, 64, true) AS geom
                    FROM liskeban.area AS a, tile AS t
                   WHERE a.geom && t.bounds AND liskeban.area_level(a.code) = 'village'
                     AND (a.valid_to IS NULL OR a.valid_to > liskeban.liskeban_now())) AS a
           WHERE a.geom IS NOT NULL)
      || (SELECT coalesce(ST_AsMVT(c, 'cluster', 4096, 'geom'), '')
            FROM (SELECT count(*)::integer AS tickets, count(*) FILTER (WHERE t.due <= n.now)::integer AS overdue,
                         ST_AsMVTGeom(ST_Transform(ST_SetSRID(ST_MakePoint(avg(ST_X(t.geom)), avg(ST_Y(t.geom))), 4490), 3857), m.envelope, 4096, 64, true) AS geom
                    FROM (SELECT liskeban.liskeban_now() AS now OFFSET 0) AS n
                   CROSS JOIN tile AS m
                   CROSS JOIN LATERAL (SELECT (ST_XMax(m.bounds) - ST_XMin(m.bounds)) / 16 AS side) AS s
                   CROSS JOIN (SELECT t.geom, w.due FROM liskeban.worklist AS w,
                                       LATERAL (SELECT o.geom FROM liskeban.ticket AS o WHERE o.ticket_id = w.ticket_id OFFSET 0) AS t OFFSET 0) AS t
                   WHERE t.geom && m.bounds
                   GROUP BY m.envelope, floor(ST_X(t.geom) / s.side), floor(ST_Y(t.geom) / s.side)) AS c
           WHERE c.geom IS NOT NULL)
$$;
