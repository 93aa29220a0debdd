-- A year and more of made history: analysed again a day gives the same rows; what comes late corrects the figures it
-- belongs to and no others; and a day costs the same whatever lies before it.
CREATE DATABASE regress_liskeban_analyse_day TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_analyse_day
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
\set VERBOSITY terse
\set ON_ERROR_STOP 0

INSERT INTO liskeban.area (code, name, geom)
SELECT a.code::liskeban.area_code, a.code, ST_MakeEnvelope(a.west, 31.6, a.east, 31.7, 4490)
  FROM (SELECT '32011700' || t AS code, 119 + t * 0.1 AS west, 119.1 + t * 0.1 AS east FROM generate_series(1, 3) t
        UNION ALL
        SELECT '32011700' || t || '00' || v, 119 + t * 0.1 + (v - 1) * 0.025, 119 + t * 0.1 + v * 0.025
          FROM generate_series(1, 3) t, generate_series(1, 4) v) a
 ORDER BY a.code;

-- Some ten tickets a day, as regress/bench/signals_year.sql draws them but smaller: towns and categories of unequal share,
-- a day's mean that follows the weekday, and an outbreak of forty within the last three days.
CREATE FUNCTION pg_temp.draw(from_day date, to_day date) RETURNS bigint LANGUAGE sql AS $$
  WITH day AS MATERIALIZED (
    SELECT d::date AS day, 7 + floor(random() * 7)::integer - 3 * (extract(isodow FROM d) > 5)::integer AS n
      FROM generate_series(from_day::timestamp, to_day, interval '1 day') d
  ), drawn AS MATERIALIZED (
    SELECT day, random() AS x, random() AS y, random() AS c, random() AS s, random() AS late FROM day, generate_series(1, n)
    UNION ALL
    SELECT date '2025-06-29' - floor(random() * 3)::integer, 0.36 + random() * 0.08, random(), 0.9, random(), random()
      FROM generate_series(1, 40) WHERE to_day = '2025-06-29'
  ), category AS (
    SELECT c.code, row_number() OVER (ORDER BY c.code) AS n FROM liskeban.category c
     WHERE c.listed AND c.on_site AND NOT c.needs_photo AND NOT c.about_staff AND c.difficulty = 'simple' ORDER BY c.code LIMIT 8
  ), request AS (
    SELECT d.day, jsonb_build_object('external_id', concat(d.day, '/', row_number() OVER (PARTITION BY d.day ORDER BY d.s, d.x)),
             'category', c.code, 'lon', 119.1 + 0.3 * d.x, 'lat', 31.6 + 0.1 * d.y, 'datum', 'cgcs2000',
             'reported_at', r.at, 'accepted_at', r.at + interval '2 minutes', 'dispatched_at', r.at + interval '7 minutes',
             'on_site_at', r.at + interval '5 minutes' + d.late * interval '20 minutes') ||
             CASE WHEN d.late < 0.97 THEN jsonb_build_object('resolved_at', r.at + interval '1 hour' + d.late * interval '26 hours',
                                                            'closed_at', r.at + interval '3 hours' + d.late * interval '30 hours') ELSE '{}' END AS request
      FROM drawn d JOIN category c ON c.n = 1 + floor(8 * d.c * d.c)
     CROSS JOIN LATERAL (SELECT d.day::timestamp AT TIME ZONE 'Asia/Shanghai' + d.s * interval '15 hours' AS at) r
  )
  SELECT sum(l.created)::bigint
    FROM (SELECT array_agg(r.request ORDER BY r.request ->> 'reported_at') AS requests FROM request r GROUP BY date_trunc('quarter', r.day)) b,
         liskeban.load_history('hotline_12345', b.requests) l
$$;
-- The rows of what is kept that a transaction has read so far, table by table: what was read before has to be flushed.
CREATE FUNCTION pg_temp.read() RETURNS TABLE (relation text, n bigint) LANGUAGE sql AS $$
  SELECT coalesce(i.inhparent, s.relid)::regclass::text, sum(s.seq_tup_read + coalesce(s.idx_tup_fetch, 0))::bigint
    FROM pg_stat_xact_user_tables s LEFT JOIN pg_inherits i ON i.inhrelid = s.relid WHERE s.schemaname = 'liskeban' GROUP BY 1
$$;

-- Four months
SET liskeban.now = '2025-06-30 09:00+08';
SELECT setseed(0.11);
SELECT pg_temp.draw('2025-03-01', '2025-06-29') BETWEEN 900 AND 1500 AS drawn;
SELECT liskeban.roll_up() > 5000 AS rolled_up;
VACUUM ANALYZE;
SET enable_seqscan = off;
SELECT liskeban.analyse_day('2025-06-27') > 0 AS analysed;
SELECT pg_stat_force_next_flush();
BEGIN;
SELECT liskeban.analyse_day('2025-06-28') > 0 AS analysed;
SELECT jsonb_object_agg(r.relation, r.n) AS read_of_four_months FROM pg_temp.read() r \gset
ROLLBACK;

-- A year more, before them
SET enable_seqscan = on;
SELECT pg_temp.draw('2024-03-01', '2025-02-28') BETWEEN 2700 AND 4500 AS drawn;
SELECT liskeban.roll_up() > 15000 AS rolled_up;
VACUUM ANALYZE;
SET enable_seqscan = off;
SELECT pg_stat_force_next_flush();
BEGIN;
SELECT liskeban.analyse_day('2025-06-28') > 0 AS analysed;
SELECT sum(y.n) <= 1.3 * sum((:'read_of_four_months'::jsonb ->> y.relation)::bigint) AS reads_no_more FROM pg_temp.read() y;
-- tickets of a month are found by ranges of 32 pages, of which the first and the last hold others too; all of them twice would be 9,000
SELECT y.relation, y.n, :'read_of_four_months'::jsonb -> y.relation AS of_four_months
  FROM pg_temp.read() y
 WHERE y.n > 1.5 * coalesce((:'read_of_four_months'::jsonb ->> y.relation)::bigint, 0)
             + CASE WHEN y.relation IN ('ticket', 'liskeban.ticket') THEN 2000 ELSE 60 END
 ORDER BY 1;
ROLLBACK;
SET enable_seqscan = on;

-- The last ten days, and what is kept of them
SELECT bool_and(liskeban.analyse_day(d::date) > 0) AS analysed FROM generate_series(timestamp '2025-06-20', '2025-06-29', '1 day') d;
SELECT kind, count(*) > 0 AS found FROM liskeban.signal WHERE day BETWEEN '2025-06-27' AND '2025-06-29' AND kind = 'surge' GROUP BY 1;
CREATE FUNCTION pg_temp.kept() RETURNS TABLE (relation text, day date, line text) LANGUAGE sql AS $$
  SELECT 'stat_daily', s.day, s::text FROM liskeban.stat_daily s
  UNION ALL SELECT 'flow_daily', f.day, f::text FROM liskeban.flow_daily f
  UNION ALL SELECT 'flow_monthly', f.month, f::text FROM liskeban.flow_monthly f
  UNION ALL SELECT 'figure_daily', f.day, f::text FROM liskeban.figure_daily f
  UNION ALL SELECT 'ticket_fact', f.day, f::text FROM liskeban.ticket_fact f
  UNION ALL SELECT 'signal', s.day, s::text FROM liskeban.signal s
  UNION ALL SELECT 'risk_item', r.last_day, r::text FROM liskeban.risk_item r
$$;
CREATE TEMP TABLE before AS SELECT * FROM pg_temp.kept();
SELECT count(*) > 10000 AS much, count(DISTINCT relation) FROM before;

-- again
SELECT bool_and(liskeban.analyse_day(d::date) > 0) AS analysed FROM generate_series(timestamp '2025-06-23', '2025-06-29', '1 day') d;
(SELECT * FROM pg_temp.kept() EXCEPT ALL SELECT * FROM before) UNION ALL (SELECT * FROM before EXCEPT ALL SELECT * FROM pg_temp.kept());

-- a ticket of last Monday comes late, solved on Wednesday
CREATE TEMP TABLE flow_before AS SELECT * FROM liskeban.flow('2025-06-01', '2025-06-30');
SELECT created FROM liskeban.load_history('hotline_12345', ARRAY[jsonb_build_object('external_id', 'late', 'category', 'ebike_charging',
  'lon', 119.12, 'lat', 31.65, 'datum', 'cgcs2000', 'reported_at', '2025-06-23T08:00:00+08:00', 'accepted_at', '2025-06-23T08:02:00+08:00',
  'dispatched_at', '2025-06-23T08:05:00+08:00', 'on_site_at', '2025-06-23T08:14:00+08:00', 'resolved_at', '2025-06-25T10:00:00+08:00',
  'closed_at', '2025-06-25T11:00:00+08:00')]);
SELECT liskeban.analyse_day('2025-06-23') > 0 AS analysed;
CREATE TEMP TABLE change AS
SELECT 'now' AS which, * FROM (SELECT * FROM pg_temp.kept() EXCEPT ALL SELECT * FROM before) n
UNION ALL SELECT 'was', * FROM (SELECT * FROM before EXCEPT ALL SELECT * FROM pg_temp.kept()) w;
SELECT relation, day, count(*) FILTER (WHERE which = 'now') AS now FROM change WHERE relation <> 'signal' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) AS other_days FROM change WHERE relation = 'signal' AND day <> '2025-06-23';
SELECT f.day, f.received - b.received AS received, f.resolved - b.resolved AS resolved, f.closed - b.closed AS closed,
       f.open_end - b.open_end AS open_end, f.overdue_open - b.overdue_open AS overdue_open
  FROM liskeban.flow('2025-06-01', '2025-06-30') f JOIN flow_before b USING (day) WHERE f::text <> b::text ORDER BY 1;
SELECT liskeban.analyse_day(d::date) > 0 AS analysed FROM generate_series(timestamp '2025-06-24', '2025-06-29', '1 day') d GROUP BY 1;
SELECT relation, min(day) FROM (SELECT * FROM pg_temp.kept() EXCEPT ALL SELECT * FROM before) n
 WHERE relation NOT IN ('signal', 'risk_item') GROUP BY 1 ORDER BY 1;

SELECT * FROM liskeban.check_invariants() WHERE invariant = 'roll-up is recomputation';
\c postgres
DROP DATABASE regress_liskeban_analyse_day;
