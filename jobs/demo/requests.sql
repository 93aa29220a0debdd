-- The generator of sample requests: with a daily, a weekly and a yearly rhythm.
-- Deterministic: a request is a function of its day, its number within the day and the setting demo.seed, whatever
-- else is generated. It draws what happens in the world (what matter, where, when, through which channel), never what the
-- platform makes of it. Needs district.sql loaded and PostGIS on the search path. Read by play.sql, or:
--
--   \ir jobs/demo/requests.sql
--   SELECT pg_temp.demo_generate('2024-01-01', '2024-10-31');
--   SELECT * FROM pg_temp.demo_request;
--
-- demo_request: n (key, also of the further draws of play.sql), at (when the platform receives it), payload (what
-- submit() takes; in one of a hundred the category is none of the platform's), home (the village that it truly is about),
-- worker (who is at work on it: the
-- village, its town or the department), category (what it truly is) with its on_site and difficulty, placed (inside, border, beyond, nowhere).

-- A draw from [0, 1) for draw k of request n, and one from the standard normal distribution (Box and Muller).
CREATE FUNCTION pg_temp.demo_u(n bigint, k integer, seed bigint DEFAULT 1) RETURNS float8 LANGUAGE sql STABLE AS $$
  SELECT (hashint8extended(n * 1024 + k, seed + 16 * coalesce(nullif(current_setting('demo.seed', true), ''), '0')::bigint) & 9007199254740991) / 9007199254740992.0::float8
$$;
CREATE FUNCTION pg_temp.demo_normal(n bigint, k integer) RETURNS float8 LANGUAGE sql STABLE AS $$
  SELECT sqrt(-2 * ln(1 - pg_temp.demo_u(n, k, 2))) * cos(2 * pi() * pg_temp.demo_u(n, k, 3))
$$;

-- A time as a source writes it, whatever the session's zone.
CREATE FUNCTION pg_temp.demo_stamp(at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT to_char(at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"')
$$;

CREATE TEMP TABLE demo_request (
  n          bigint PRIMARY KEY,
  at         timestamptz NOT NULL,
  source     text NOT NULL,
  home       text NOT NULL,
  worker     text NOT NULL,
  category   text NOT NULL,
  on_site    boolean NOT NULL,
  difficulty text NOT NULL,
  placed     text NOT NULL,
  payload    jsonb NOT NULL
);

-- Where people live and work: weight of each town; within a town the villages differ by a factor of three.
CREATE TEMP TABLE demo_town_weight (code text, weight float8);
INSERT INTO demo_town_weight VALUES ('320117001', 34), ('320117400', 17), ('320117002', 10), ('320117004', 9), ('320117005', 8),
  ('320117003', 7), ('320117107', 6), ('320117106', 5), ('320117101', 4);

-- Channels: share, outlines of which web map its positions are on, whether a citizen stands behind it.
CREATE TEMP TABLE demo_channel (source text, weight float8, datum text, citizen boolean, greeting text);
INSERT INTO demo_channel VALUES
  ('hotline_12345', 50, 'gcj02', true, '市民来电反映'),
  ('grid_app', 14, 'cgcs2000', false, '网格员巡查发现'),
  ('wechat', 9, 'gcj02', true, '群众随手拍'),
  ('police_110', 6, 'wgs84', true, '110分流：群众反映'),
  ('web_message', 5, 'bd09', true, '网民留言称'),
  ('mayor_mailbox', 3, 'bd09', true, '来信反映'),
  ('city_platform', 3, 'gcj02', true, '市级平台交办：市民反映'),
  ('hotline_12315', 3, 'gcj02', true, '消费者反映'),
  ('hotline_12369', 2, 'gcj02', true, '群众举报'),
  ('service_hall', 2, 'cgcs2000', true, '窗口来访反映'),
  ('hotline_12328', 1, 'gcj02', true, '乘客来电反映'),
  ('petition_system', 1, 'gcj02', true, '来访反映'),
  ('city_camera', 1, 'wgs84', false, '视频识别告警');

-- Weight of each hour of the day, working days and days off.
CREATE TEMP TABLE demo_hour (working boolean, hour integer, weight float8);
INSERT INTO demo_hour
  SELECT w.working, o.hour - 1, o.weight
    FROM (VALUES (true, ARRAY[8, 5, 4, 3, 4, 7, 16, 32, 62, 84, 80, 60, 40, 54, 72, 74, 66, 52, 44, 46, 46, 36, 24, 14]),
                 (false, ARRAY[12, 8, 5, 4, 4, 6, 12, 22, 40, 52, 54, 48, 42, 44, 48, 50, 50, 48, 46, 50, 52, 44, 32, 22])) AS w (working, weights),
         unnest(w.weights) WITH ORDINALITY AS o (weight, hour);

CREATE FUNCTION pg_temp.demo_generate(from_day date, to_day date, per_day float8 DEFAULT 353, season float8 DEFAULT 0, peak float8 DEFAULT 205) RETURNS bigint LANGUAGE plpgsql SET jit = off SET enable_nestloop = off AS $$
DECLARE
  made bigint;
BEGIN
  IF to_regclass('pg_temp.demo_corner') IS NULL THEN
    -- Grids as fans of triangles around a point inside.
    CREATE TEMP TABLE demo_corner AS
      SELECT g.village, row_number() OVER (PARTITION BY g.village ORDER BY g.code) - 1 AS no, count(*) OVER (PARTITION BY g.village) AS of,
             ST_X(g.inner_point) AS x, ST_Y(g.inner_point) AS y,
             array_agg(ST_X(p.geom) ORDER BY p.path) AS xs, array_agg(ST_Y(p.geom) ORDER BY p.path) AS ys
        FROM (SELECT left(code::text, 12) AS village, code::text AS code, geom, ST_Centroid(geom) AS inner_point
                FROM liskeban.area
               WHERE length(code::text) = 15 AND kind = 'plain' AND left(code::text, 9) IN (SELECT code FROM demo_town_weight)) AS g,
             LATERAL ST_DumpPoints(ST_GeometryN(g.geom, 1)) AS p
       GROUP BY g.village, g.code, g.inner_point;

    -- Points outside the district: a few metres (a position taken from the road along the border) and some kilometres.
    CREATE TEMP TABLE demo_beyond AS
      SELECT o.near, row_number() OVER (PARTITION BY o.near ORDER BY o.i) - 1 AS no, count(*) OVER (PARTITION BY o.near) AS of,
             ST_X(o.p) AS x, ST_Y(o.p) AS y
        FROM (SELECT s.near, s.i, s.p, d.geom, ST_Distance(d.geom::geography, s.p::geography) AS metres
                FROM liskeban.area AS d,
                     generate_series(1, 400) AS i,
                     LATERAL ST_LineInterpolatePoint(ST_ExteriorRing(ST_GeometryN(d.geom, 1)), pg_temp.demo_u(i, 1, 7)) AS b,
                     LATERAL (SELECT true AS near, i, ST_SetSRID(ST_Translate(b, 30 * cos(2 * pi() * pg_temp.demo_u(i, 2, 7)) / 94800,
                                                                30 * sin(2 * pi() * pg_temp.demo_u(i, 2, 7)) / 110900), 4490) AS p
                              UNION ALL
                              SELECT false, i, ST_SetSRID(ST_Translate(b, 4000 * cos(2 * pi() * pg_temp.demo_u(i, 2, 7)) / 94800,
                                                          4000 * sin(2 * pi() * pg_temp.demo_u(i, 2, 7)) / 110900), 4490)) AS s
               WHERE d.code = '320117' AND NOT ST_Covers(d.geom, s.p)) AS o
       WHERE CASE WHEN o.near THEN o.metres BETWEEN 8 AND 40 ELSE o.metres > 500 END;

    -- What is drawn from, as rows in order with the lower end of each one's share of [0, 1).
    CREATE TEMP TABLE demo_share AS
      SELECT of, key, no, (sum(weight) OVER (PARTITION BY of ORDER BY no) - weight) / sum(weight) OVER (PARTITION BY of) AS lo
        FROM (SELECT 'village' AS of, v.code AS key, row_number() OVER (ORDER BY v.code) AS no,
                     t.weight * v.share / sum(v.share) OVER (PARTITION BY t.code) AS weight
                FROM (SELECT code::text AS code, 0.5 + pg_temp.demo_u(right(code::text, 6)::bigint, 3, 7) AS share
                        FROM liskeban.area WHERE length(code::text) = 12) AS v
                JOIN demo_town_weight AS t ON t.code = left(v.code, 9)
              UNION ALL
              SELECT 'channel', c.source, row_number() OVER (ORDER BY c.source), c.weight
                FROM demo_channel AS c WHERE c.source IN (SELECT code FROM liskeban.source_system WHERE retired_at IS NULL)
              UNION ALL
              SELECT 'hour ' || working, hour::text, row_number() OVER (PARTITION BY working ORDER BY hour), weight FROM demo_hour
              UNION ALL
              -- Matters: a few are frequent, noise is of the night, what a department leads is of office hours.
              SELECT 'category ' || n.night, c.code, row_number() OVER (PARTITION BY n.night ORDER BY c.code),
                     power(row_number() OVER (PARTITION BY n.night ORDER BY hashtextextended(c.code, 7)), -0.6)
                     * CASE c.difficulty::text WHEN 'simple' THEN 1.4 WHEN 'hard' THEN 0.5 ELSE 1 END
                     * CASE WHEN n.night AND c.name LIKE '%噪%' THEN 4 WHEN n.night AND c.lead = 'department' THEN 0.5 ELSE 1 END
                FROM liskeban.category AS c, (VALUES (false), (true)) AS n (night)
               WHERE c.listed AND c.retired_at IS NULL) AS w;
    ANALYZE demo_corner;
    ANALYZE demo_beyond;
    ANALYZE demo_share;
  END IF;

  INSERT INTO demo_request (n, at, source, home, worker, category, on_site, difficulty, placed, payload)
    SELECT r.n, r.at, ch.source, v.key,
           CASE ca.lead::text WHEN 'village' THEN v.key WHEN 'town' THEN left(v.key, 9) ELSE coalesce(ca.department, left(v.key, 9)) END, ca.code, ca.on_site, ca.difficulty::text, pl.placed,
           jsonb_strip_nulls(jsonb_build_object(
             'source', ch.source,
             'external_id', format('%s-%s-%s', upper(left(ch.source, 2)), to_char(r.day, 'YYYYMMDD'), lpad(r.i::text, 4, '0')),
             'category', CASE WHEN pg_temp.demo_u(r.n, 10) < 0.01 THEN '其他' ELSE ca.code END,
             'title', ca.name,
             'description', format('%s%s%s%s', ch.greeting, a.name, (ARRAY['附近', '小区内', '路口', '村口', '菜场旁', '河边'])[1 + floor(6 * pg_temp.demo_u(r.n, 11))::integer],
                                   '存在' || ca.name || '的情况，' || (ARRAY['希望尽快处理。', '已持续多日。', '影响出行。', '请核实。', '多次反映未果。'])[1 + floor(5 * pg_temp.demo_u(r.n, 12))::integer]),
             'address', CASE WHEN pg_temp.demo_u(r.n, 13) < 0.92 THEN format('%s%s号', a.name, 1 + floor(200 * pg_temp.demo_u(r.n, 14))) END,
             'lon', p.lon, 'lat', p.lat, 'datum', CASE WHEN p.lon IS NOT NULL THEN ch.datum END,
             'discovered_at', CASE WHEN pg_temp.demo_u(r.n, 15) < 0.3 THEN pg_temp.demo_stamp(r.at - interval '1 minute' * ceil(60 * pg_temp.demo_u(r.n, 16) + 4)) END,
             'reported_at', pg_temp.demo_stamp(r.at - interval '1 second' * floor(180 * pg_temp.demo_u(r.n, 17))),
             'reporter_name', CASE WHEN ch.citizen AND pg_temp.demo_u(r.n, 18) < 0.9
                                   THEN substr('王李张刘陈杨赵黄周吴徐孙', 1 + floor(12 * pg_temp.demo_u(r.n, 19))::integer, 1)
                                        || CASE WHEN pg_temp.demo_u(r.n, 20) < 0.5 THEN '先生' ELSE '女士' END END,
             'reporter_phone', CASE WHEN ch.citizen AND pg_temp.demo_u(r.n, 21) < 0.95 THEN '100' || lpad(floor(100000000 * pg_temp.demo_u(r.n, 22))::text, 8, '0') END))
      FROM (SELECT d.day, q.i, n.n, h.hour, h.night,
                   (d.day + make_interval(hours => h.hour, secs => floor(3600 * pg_temp.demo_u(n.n, 2)))) AT TIME ZONE 'Asia/Shanghai' AS at,
                   width_bucket(pg_temp.demo_u(n.n, 3), (SELECT array_agg(lo ORDER BY no) FROM demo_share WHERE of = 'channel')) AS channel_no,
                   width_bucket(pg_temp.demo_u(n.n, 4), (SELECT array_agg(lo ORDER BY no) FROM demo_share WHERE of = 'village')) AS village_no,
                   CASE WHEN h.night THEN width_bucket(pg_temp.demo_u(n.n, 5), (SELECT array_agg(lo ORDER BY no) FROM demo_share WHERE of = 'category true'))
                        ELSE width_bucket(pg_temp.demo_u(n.n, 5), (SELECT array_agg(lo ORDER BY no) FROM demo_share WHERE of = 'category false')) END AS category_no
              FROM (SELECT g.day::date AS day, coalesce(c.is_working, extract(isodow FROM g.day) < 6) AS working
                      FROM generate_series(from_day::timestamp, to_day::timestamp, interval '1 day') AS g (day)
                      LEFT JOIN liskeban.calendar_day AS c ON c.day = g.day::date) AS d
             CROSS JOIN LATERAL generate_series(1, least(999, round(per_day * CASE WHEN d.working THEN 1.08 ELSE 0.84 END
                                                                    * (1 + season * cos(2 * pi() * (extract(doy FROM d.day)::float8 - peak) / 365))
                                                                    * (1 + 0.06 * pg_temp.demo_normal(d.day - date '2000-01-01', 1)))::integer)) AS q (i)
             CROSS JOIN LATERAL (SELECT (d.day - date '2000-01-01')::bigint * 1000 + q.i AS n) AS n
             CROSS JOIN LATERAL (SELECT CASE WHEN d.working
                                             THEN width_bucket(pg_temp.demo_u(n.n, 1), (SELECT array_agg(lo ORDER BY no) FROM demo_share WHERE of = 'hour true'))
                                             ELSE width_bucket(pg_temp.demo_u(n.n, 1), (SELECT array_agg(lo ORDER BY no) FROM demo_share WHERE of = 'hour false'))
                                        END - 1 AS hour) AS o
             CROSS JOIN LATERAL (SELECT o.hour, o.hour < 6 OR o.hour >= 21 AS night) AS h
            OFFSET 0) AS r
      JOIN demo_share AS v ON v.of = 'village' AND v.no = r.village_no
      JOIN demo_share AS cs ON cs.of = 'channel' AND cs.no = r.channel_no
      JOIN demo_channel AS ch ON ch.source = cs.key
      JOIN demo_share AS xs ON xs.of = 'category ' || r.night AND xs.no = r.category_no
      JOIN liskeban.category AS ca ON ca.code = xs.key
      JOIN liskeban.area AS a ON a.code = v.key::liskeban.area_code
     CROSS JOIN LATERAL (SELECT CASE WHEN u < 0.02 THEN 'border' WHEN u < 0.04 THEN 'beyond' WHEN u < 0.07 THEN 'nowhere' ELSE 'inside' END AS placed
                           FROM pg_temp.demo_u(r.n, 6) AS u) AS pl
      JOIN demo_corner AS c ON c.village = v.key AND c.no = floor(c.of * pg_temp.demo_u(r.n, 7))
      LEFT JOIN demo_beyond AS b ON pl.placed IN ('border', 'beyond') AND b.near = (pl.placed = 'border') AND b.no = floor(b.of * pg_temp.demo_u(r.n, 7))
     CROSS JOIN LATERAL (SELECT floor((cardinality(c.xs) - 1) * pg_temp.demo_u(r.n, 8))::integer + 1 AS k,
                           sqrt(pg_temp.demo_u(r.n, 9)) AS s, pg_temp.demo_u(r.n, 23) AS t) AS f
     CROSS JOIN LATERAL (SELECT CASE WHEN pl.placed = 'inside'
                                THEN ST_Point(c.x + f.s * ((1 - f.t) * (c.xs[f.k] - c.x) + f.t * (c.xs[f.k + 1] - c.x)),
                                              c.y + f.s * ((1 - f.t) * (c.ys[f.k] - c.y) + f.t * (c.ys[f.k + 1] - c.y)), 4490)
                                WHEN b.x IS NOT NULL THEN ST_Point(b.x, b.y, 4490) END AS geom) AS g
     CROSS JOIN LATERAL (SELECT CASE WHEN g.geom IS NOT NULL THEN liskeban.from_cgcs2000(g.geom, ch.datum) END AS geom) AS o
     CROSS JOIN LATERAL (SELECT CASE WHEN o.geom IS NOT NULL THEN round(ST_X(o.geom)::numeric, 6)
                                WHEN f.t < 0.4 THEN NULL WHEN f.t < 0.8 THEN 0 ELSE round(c.y::numeric, 6) END AS lon,
                           CASE WHEN o.geom IS NOT NULL THEN round(ST_Y(o.geom)::numeric, 6)
                                WHEN f.t < 0.4 THEN NULL WHEN f.t < 0.8 THEN 0 ELSE round(c.x::numeric, 6) END AS lat) AS p
    ON CONFLICT (n) DO NOTHING;
  GET DIAGNOSTICS made = ROW_COUNT;
  RETURN made;
END
$$;
