-- What else happens in the district: citizens' clues to hazards, and a storm. Steps of play.sql, drawn as the requests are.
-- Read by it, after life.sql; demo.track is the text of a track as IBTrACS gives it, empty where no storm is played.

CREATE FUNCTION pg_temp.demo_clues(from_day date, to_day date, b pg_temp.demo_b, share float8) RETURNS bigint LANGUAGE plpgsql SET jit = off AS $$
DECLARE
  q     record;
  t     timestamptz;
  tier  text;
  u     float8;
  made  bigint := 0;
BEGIN
  FOR q IN
    SELECT d.day, n.n, (d.day + interval '7 hours' + interval '15 hours' * pg_temp.demo_u(n.n, 1)) AT TIME ZONE 'Asia/Shanghai' AS at, v.key AS home,
           h.code AS chain, h.name AS words, h.department, c.x + 0.4 * (c.xs[1] - c.x) * pg_temp.demo_u(n.n, 3) AS x, c.y + 0.4 * (c.ys[1] - c.y) * pg_temp.demo_u(n.n, 3) AS y
      FROM generate_series(from_day::timestamp, to_day::timestamp, interval '1 day') AS g (day)
     CROSS JOIN LATERAL (SELECT g.day::date AS day) AS d
     CROSS JOIN LATERAL generate_series(1, greatest(0, round(b.clues_a_day * share * (1 + 0.3 * pg_temp.demo_normal(d.day - date '2000-01-01', 900))))::integer) AS i
     CROSS JOIN LATERAL (SELECT 1000000000 + (d.day - date '2000-01-01')::bigint * 1000 + i AS n) AS n
      JOIN demo_share AS v ON v.of = 'village'
       AND v.no = width_bucket(pg_temp.demo_u(n.n, 2), (SELECT array_agg(lo ORDER BY no) FROM demo_share WHERE of = 'village'))
      JOIN demo_corner AS c ON c.village = v.key AND c.no = floor(c.of * pg_temp.demo_u(n.n, 4))
      JOIN (SELECT k.*, row_number() OVER (ORDER BY k.code) - 1 AS no, count(*) OVER () AS of FROM liskeban.hazard_chain AS k) AS h ON h.no = floor(h.of * pg_temp.demo_u(n.n, 5))
  LOOP
    made := made + 1;
    INSERT INTO demo_request (n, at, source, home, worker, category, on_site, difficulty, placed, payload)
      VALUES (q.n, q.at, 'wechat', q.home, coalesce(q.department, left(q.home, 9)), 'uncategorised', true, 'general', 'inside', '{}');
    t := date_trunc('second', q.at);
    INSERT INTO demo_step VALUES (t, q.n, 1, 'clue', jsonb_build_object('chain', q.chain, 'words', '发现' || q.words || '方面的隐患', 'x', q.x, 'y', q.y, 'who',
      CASE WHEN pg_temp.demo_u(q.n, 6) < 0.9 THEN jsonb_build_array(jsonb_build_object('name', '市民', 'phone', '100' || lpad(floor(100000000 * pg_temp.demo_u(q.n, 7))::text, 8, '0'))) ELSE '[]' END));
    INSERT INTO demo_step VALUES (date_trunc('second', t + interval '1 second' * (5 + b.desk_accept_s * exp(b.desk_accept_spread * pg_temp.demo_normal(q.n, 20)))), q.n, 1, 'accept', jsonb_build_object('by', 'desk_' || 1 + q.n % 4));
    t := pg_temp.demo_daytime(t + interval '10 minutes' + interval '1 hour' * b.clue_checked_h * exp(b.clue_checked_spread * pg_temp.demo_normal(q.n, 8)), pg_temp.demo_u(q.n, 9));
    IF pg_temp.demo_u(q.n, 10) >= b.clue_true THEN
      INSERT INTO demo_step VALUES (t, q.n, 2, 'refuse', jsonb_build_object('by', 'desk_' || 1 + q.n % 4, 'refusal', (ARRAY['untrue', 'known', 'out_of_scope', 'unclear'])[1 + floor(4 * pg_temp.demo_u(q.n, 11))::integer]));
    ELSE
      u := pg_temp.demo_u(q.n, 12);
      tier := CASE WHEN u < b.clue_major THEN 'major' WHEN u < b.clue_major + b.clue_serious THEN 'serious' WHEN u < b.clue_major + b.clue_serious + b.clue_general THEN 'general' ELSE 'minor' END;
      INSERT INTO demo_step VALUES (t, q.n, 2, 'verify', jsonb_build_object('by', 'desk_' || 1 + q.n % 4, 'tier', tier, 'chain', q.chain)
                                    || CASE WHEN pg_temp.demo_u(q.n, 13) < b.clue_twin THEN '{"twin": true}'::jsonb ELSE '{}' END);
      t := pg_temp.demo_daytime(t + interval '1 day' * (1 + 2 * pg_temp.demo_u(q.n, 14)), pg_temp.demo_u(q.n, 15));
      INSERT INTO demo_step VALUES (t, q.n, 3, 'award', '{"by": "admin_demo"}');
      IF pg_temp.demo_u(q.n, 16) < b.clue_claimed THEN
        INSERT INTO demo_step VALUES (pg_temp.demo_daytime(t + interval '1 day' * (0.2 + 12 * pg_temp.demo_u(q.n, 17)), pg_temp.demo_u(q.n, 18)), q.n, 5, 'pay', '{"by": "cashier_demo"}');
      END IF;
    END IF;
    INSERT INTO demo_step VALUES (pg_temp.demo_daytime(t + interval '20 hours', pg_temp.demo_u(q.n, 19)), q.n, 4, 'close', jsonb_build_object('by', 'feedback_' || 1 + q.n % 2, 'nobody', false));
  END LOOP;
  -- What may be given in a month is for the district to say, before it begins.
  INSERT INTO liskeban.reward_budget (month, cap)
    SELECT m::date, b.reward_cap FROM generate_series(date_trunc('month', from_day::timestamp), to_day::timestamp, interval '1 month') AS m
  ON CONFLICT DO NOTHING;
  RETURN made;
END
$$;

-- The storm as it was: points of the track, and the wind at the middle of the district by the hour, from the radius of gales.
CREATE FUNCTION pg_temp.demo_storm_hours(from_day date, to_day date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO demo_point (at, lon, lat, wind, radii)
    SELECT f.f[1]::timestamptz, f.f[3]::float8, f.f[2]::float8, f.f[4]::float8 * 0.514444,
           ARRAY[nullif(f.f[6], ''), nullif(f.f[7], ''), nullif(f.f[8], ''), nullif(f.f[9], '')]::float8[]
      FROM regexp_split_to_table(current_setting('demo.track', true), E'\r?\n') WITH ORDINALITY AS l (line, no),
           LATERAL (SELECT string_to_array(l.line, ',') AS f) AS f
     WHERE l.no > 1 AND l.line <> '';
  INSERT INTO demo_wind (at, wind)
    SELECT h.at, CASE WHEN r.r > 0 THEN least(p.wind, 17.2 * power(r.r / greatest(ST_Distance(e.eye::geography, d.middle::geography) / 1000, 1), 0.6)) ELSE 0 END
      FROM (SELECT q.*, lead(q.at) OVER w AS next_at, lead(q.lon) OVER w AS next_lon, lead(q.lat) OVER w AS next_lat FROM demo_point AS q WINDOW w AS (ORDER BY q.at)) AS p
     CROSS JOIN LATERAL generate_series(p.at, p.next_at - interval '1 hour', interval '1 hour') AS h (at)
     CROSS JOIN LATERAL (SELECT extract(epoch FROM h.at - p.at)::float8 / extract(epoch FROM p.next_at - p.at)::float8 AS f) AS f
     CROSS JOIN LATERAL (SELECT ST_Point(p.lon + f.f * (p.next_lon - p.lon), p.lat + f.f * (p.next_lat - p.lat), 4490) AS eye) AS e
     CROSS JOIN (SELECT ST_Centroid(a.geom) AS middle FROM liskeban.area AS a WHERE a.code = '320117') AS d
     CROSS JOIN LATERAL (SELECT coalesce((SELECT max(x) FROM unnest(p.radii) AS x), 0) * 1.852 AS r) AS r
     WHERE h.at >= from_day::timestamp AT TIME ZONE 'Asia/Shanghai' AND h.at < (to_day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai';
  INSERT INTO demo_storm (begins, ends)
    SELECT min(w.at) - interval '6 hours', max(w.at) + interval '8 hours' FROM demo_wind AS w WHERE w.wind >= 13.9 HAVING count(*) > 0;
END
$$;

-- Calls of flooded places and blocked roads, by the hour and its wind; declared, followed and ended by the district.
CREATE FUNCTION pg_temp.demo_storm_calls(b pg_temp.demo_b, share float8) RETURNS bigint LANGUAGE plpgsql SET jit = off AS $$
DECLARE
  q    record;
  r    pg_temp.demo_request;
  made bigint := 0;
BEGIN
  FOR q IN
    SELECT n.n, h.at + interval '1 hour' * pg_temp.demo_u(n.n, 1) AS at, v.key AS home, c.x, c.y, CASE WHEN pg_temp.demo_u(n.n, 2) < 0.45 THEN 'road_clearance' ELSE 'waterlogging' END AS category
      FROM demo_wind AS h
     CROSS JOIN LATERAL generate_series(1, 200) AS i
     CROSS JOIN LATERAL (SELECT 2000000000 + (extract(epoch FROM h.at)::bigint / 3600 % 100000) * 1000 + i AS n) AS n
      JOIN demo_share AS v ON v.of = 'village'
       AND v.no = width_bucket(pg_temp.demo_u(n.n, 4), (SELECT array_agg(lo ORDER BY no) FROM demo_share WHERE of = 'village'))
      JOIN demo_corner AS c ON c.village = v.key AND c.no = floor(c.of * pg_temp.demo_u(n.n, 5))
     WHERE EXISTS (SELECT FROM demo_storm AS s WHERE h.at >= s.begins AND h.at < s.ends)
       AND pg_temp.demo_u(n.n, 3) < share * b.storm_calls * power(h.wind / 17.2, 3) / 200
  LOOP
    made := made + 1;
    INSERT INTO demo_request (n, at, source, home, worker, category, on_site, difficulty, placed, payload)
      SELECT q.n, date_trunc('second', q.at), 'hotline_12345', q.home, q.home, c.code, c.on_site, c.difficulty::text, 'inside',
             jsonb_build_object('source', 'hotline_12345', 'external_id', 'STORM-' || q.n, 'category', c.code, 'title', c.name, 'description', '台风来电：' || c.name,
                                'lon', round(q.x::numeric, 6), 'lat', round(q.y::numeric, 6), 'datum', 'cgcs2000', 'reporter_name', '市民',
                                'reporter_phone', '100' || lpad(floor(100000000 * pg_temp.demo_u(q.n, 6))::text, 8, '0'))
        FROM liskeban.category AS c WHERE c.code = q.category
      RETURNING * INTO STRICT r;
    INSERT INTO demo_step VALUES (r.at, r.n, 0, 'submit', '{"by": "source_hotline_12345"}');
    PERFORM pg_temp.demo_work(r, b, r.at, 'reported', true);
  END LOOP;
  INSERT INTO demo_step
    SELECT s.begins - interval '4 hours', 0, 1, 'declare', jsonb_build_object('from', s.begins) FROM demo_storm AS s
    UNION ALL SELECT s.ends, 0, 2, 'end', '{}' FROM demo_storm AS s
    UNION ALL SELECT p.at, 0, 3, 'track', jsonb_strip_nulls(jsonb_build_object('at', p.at, 'lon', p.lon, 'lat', p.lat, 'wind', p.wind, 'radii_34',
                       CASE WHEN num_nonnulls(VARIADIC p.radii) > 0 THEN to_jsonb(ARRAY(SELECT x * 1.852 FROM unnest(p.radii) AS x)) END))
                FROM demo_point AS p, demo_storm AS s WHERE p.at BETWEEN s.begins - interval '2 days' AND s.ends;
  RETURN made;
END
$$;

-- The district's own steps, of no ticket.
CREATE FUNCTION pg_temp.demo_district(s pg_temp.demo_step) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM liskeban.act_as('leader_2');
  CASE s.step
    WHEN 'declare' THEN PERFORM liskeban.declare_emergency('typhoon', 'II', '320117', (s.a->>'from')::timestamptz);
    WHEN 'end' THEN
      PERFORM liskeban.end_emergency(e.emergency_id) FROM liskeban.emergency AS e WHERE e.ends_at IS NULL;
    WHEN 'track' THEN
      PERFORM liskeban.act_as('admin_demo'), liskeban.load_storm('2413', '贝碧嘉', 'Bebinca', jsonb_build_array(s.a));
  END CASE;
END
$$;
