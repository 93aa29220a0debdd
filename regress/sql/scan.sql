-- The scan for clusters in space and time, against a brute force in SQL.
CREATE DATABASE regress_liskeban_scan TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_scan
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
RESET client_min_messages;
SET extra_float_digits = 0;

-- By hand: two cells far apart, 4 and 6 of the cases on day 1, 6 and 2 on day 2. Of 18 cases 10 are of cell 1 and 8 of day 2:
-- 6 where 40/9 are expected; llr = 6 ln(6 / (40/9)) + 12 ln(12 / (18 - 40/9))
SELECT cluster, centre, cells, radius, first_day, last_day, observed, expected, llr,
       abs(llr - (6 * ln(6 / (40 / 9.0)) + 12 * ln(12 / (18 - 40 / 9.0)))::float8) < 1e-12 AS by_hand, p, p_gumbel
  FROM liskeban.space_time_scan('{0,10000}', '{0,0}', '{1,2,1,2}', '{1,1,2,2}', '{4,6,6,2}', max_days => 1, replications => 0);

-- 12 cells, 12 days: every circle and window in SQL
CREATE TABLE cell AS SELECT c, (c * 7919 % 5003)::float8 AS x, (c * 104729 % 4001)::float8 AS y FROM generate_series(1, 12) AS c;
-- two at one point, and one as far from it as another
UPDATE cell SET x = (SELECT x FROM cell WHERE c = 3), y = (SELECT y FROM cell WHERE c = 3) WHERE c = 5;
UPDATE cell SET x = (SELECT x FROM cell WHERE c = 3) + 300, y = (SELECT y FROM cell WHERE c = 3) + 400 WHERE c = 7;
UPDATE cell SET x = (SELECT x FROM cell WHERE c = 3) - 500, y = (SELECT y FROM cell WHERE c = 3) WHERE c = 8;
CREATE FUNCTION cases(salt integer) RETURNS TABLE (c integer, d integer, n integer) LANGUAGE sql AS $$
  SELECT c, d, ((c * 31 + d * 17 + c * d * salt) % 101) * ((c + salt) % 3 + 1) / 60 FROM generate_series(1, 12) AS c, generate_series(1, 12) AS d $$;
CREATE FUNCTION scan(salt integer, radius float8, days integer, replications integer DEFAULT 0, clusters integer DEFAULT 1, seed bigint DEFAULT 1)
RETURNS TABLE (cluster integer, centre integer, cells integer[], radius float8, first_day integer, last_day integer, observed integer,
               expected float8, llr float8, p float8, p_gumbel float8) LANGUAGE sql AS $$
  SELECT s.* FROM (SELECT array_agg(x ORDER BY c) AS xs, array_agg(y ORDER BY c) AS ys FROM cell) AS p,
         (SELECT array_agg(c) AS cs, array_agg(d) AS ds, array_agg(n) AS ns FROM cases(salt)) AS a,
         liskeban.space_time_scan(xs, ys, cs, ds, ns, NULL, radius, days, replications, seed, clusters) AS s $$;
CREATE FUNCTION brute(salt integer, max_radius float8, max_days integer) RETURNS TABLE (cells integer[], days integer, observed bigint, expected float8, llr float8)
LANGUAGE sql AS $$
  WITH n AS (SELECT * FROM cases(salt)), total AS (SELECT sum(n)::float8 AS c, max(d) FILTER (WHERE n > 0) AS today FROM n),
  zone AS (SELECT DISTINCT (SELECT array_agg(i.c ORDER BY i.c) FROM cell AS i WHERE (i.x - a.x) ^ 2 + (i.y - a.y) ^ 2 <= (b.x - a.x) ^ 2 + (b.y - a.y) ^ 2) AS cells
             FROM cell AS a, cell AS b WHERE (b.x - a.x) ^ 2 + (b.y - a.y) ^ 2 <= max_radius ^ 2),
  cylinder AS (SELECT cells, w AS days, (SELECT sum(n) FROM n WHERE n.c = ANY (cells) AND d > today - w) AS o,
                      (SELECT sum(n) FROM n WHERE n.c = ANY (cells)) * (SELECT sum(n) FROM n WHERE d > today - w) / total.c AS mu, total.c
                 FROM zone, total, generate_series(1, max_days) AS w)
  SELECT cells, days, o, mu, o * ln(o / mu) + CASE WHEN o < c THEN (c - o) * ln((c - o) / (c - mu)) ELSE 0 END
    FROM cylinder WHERE o > mu ORDER BY 5 DESC LIMIT 1 $$;
SELECT salt, v.radius, v.days, s.observed AS found, abs(s.llr - b.llr) < 1e-11 * b.llr AS llr, abs(s.expected - b.expected) < 1e-11 * b.expected AS expected,
       s.observed = b.observed AS observed, s.last_day - s.first_day + 1 = b.days AS same_days,
       (SELECT array_agg(c ORDER BY c) FROM unnest(s.cells) AS c) = b.cells AS cells, cardinality(s.cells) AS size
  FROM generate_series(1, 5) AS salt, (VALUES (0, 3), (600, 7), (2000, 7), (1e6, 12)) AS v (radius, days),
       LATERAL scan(salt, v.radius, v.days) AS s, LATERAL brute(salt, v.radius, v.days) AS b
 ORDER BY salt, v.radius;

-- the same seed, the same answer; another, another; more clusters share no cell; the last are no better
SELECT (SELECT p FROM scan(2, 2000, 7, 199)) = (SELECT p FROM scan(2, 2000, 7, 199)) AS same,
       (SELECT p_gumbel FROM scan(2, 2000, 7, 199)) <> (SELECT p_gumbel FROM scan(2, 2000, 7, 199, 1, 2)) AS other;
SELECT count(*) > 2 AS several, count(*) = max(cluster) AS numbered, bool_and(llr <= before) AS falls, bool_and(p >= p_before) AS p_rises
  FROM (SELECT *, lag(llr) OVER w AS before, lag(p) OVER w AS p_before FROM scan(2, 2000, 7, 199, 12) WINDOW w AS (ORDER BY cluster)) AS s;
SELECT count(*) = count(DISTINCT c) AS apart FROM scan(2, 2000, 7, 199, 12) AS s, unnest(s.cells) AS c;

-- A cluster that no single village shows: 118 villages in 9 clumps, two or three cases a day each; in five neighbours three more a
-- day on the last two days, which in none of them is rarer than once in a hundred days
CREATE TABLE village AS
SELECT v, (v % 9) * 4000 + (v * 7919 % 997) AS x, (v % 9 % 3) * 5000 + (v * 104729 % 1009) AS y FROM generate_series(1, 118) AS v;
CREATE TABLE sick AS
SELECT v FROM village WHERE v % 9 = 0 ORDER BY (x - (SELECT x FROM village WHERE v = 9)) ^ 2 + (y - (SELECT y FROM village WHERE v = 9)) ^ 2, v LIMIT 5;
CREATE TABLE day_cases AS
SELECT v, d, 2 + (v * 37 + d * 61 + v * d * 13) % 7 / 4 + CASE WHEN d > 28 AND v IN (SELECT v FROM sick) THEN 3 ELSE 0 END AS n
  FROM village, generate_series(1, 30) AS d;
SELECT array_agg(v ORDER BY v) AS sick FROM sick;
SELECT min(liskeban.poisson_tail(t.n::integer, b.mean)) > 0.01 AS no_single_village
  FROM day_cases AS t JOIN (SELECT v, avg(n)::float8 AS mean FROM day_cases WHERE d < 24 GROUP BY v) AS b USING (v) WHERE d > 28;
SELECT max_radius, (SELECT array_agg(c ORDER BY c) FROM unnest(s.cells) AS c) AS cells, s.first_day, s.observed, round(s.expected::numeric, 2) AS expected, p <= 0.01 AS found
  FROM (SELECT array_agg(x::float8 ORDER BY v) AS xs, array_agg(y::float8 ORDER BY v) AS ys FROM village) AS p,
       (SELECT array_agg(v) AS vs, array_agg(d) AS ds, array_agg(n) AS ns FROM day_cases) AS a, unnest('{0,2000}'::float8[]) AS max_radius,
       LATERAL liskeban.space_time_scan(xs, ys, vs, ds, ns, max_radius => max_radius, seed => 5) AS s
 ORDER BY max_radius;
-- in parallel processes too
SELECT proparallel, provolatile FROM pg_proc WHERE oid::regproc IN ('liskeban.space_time_scan', 'liskeban.count_signals', 'liskeban.ears');

-- nothing, one cell, one day: no row
SELECT count(*) FROM liskeban.space_time_scan('{0}', '{0}', '{}', '{}', '{}');
SELECT count(*) FROM liskeban.space_time_scan('{0}', '{0}', '{1,1}', '{1,2}', '{5,9}');
SELECT count(*) FROM liskeban.space_time_scan('{0,9}', '{0,9}', '{1,2}', '{1,1}', '{5,9}');
-- today without cases
SELECT cells, first_day, last_day, observed FROM liskeban.space_time_scan('{0,1e4}', '{0,0}', '{1,2,1,2}', '{1,1,2,2}', '{4,6,6,2}', today => 4, max_days => 3, replications => 0);
SELECT liskeban.space_time_scan('{0}', '{0,1}', '{1}', '{1}', '{1}');
SELECT liskeban.space_time_scan('{0}', '{0}', '{2}', '{1}', '{1}');
SELECT liskeban.space_time_scan('{0}', '{0}', '{1}', '{1}', '{-1}');
SELECT liskeban.space_time_scan('{0}', '{0}', '{1}', '{5}', '{1}', today => 4);
SELECT liskeban.space_time_scan('{0}', '{0}', '{1}', '{1}', '{1}', max_radius => -1);
SELECT liskeban.space_time_scan('{0}', '{0}', '{1}', '{1}', '{1}', max_days => 0);
SELECT liskeban.space_time_scan('{0}', '{0}', '{1}', '{1}', '{1}', replications => -1);
SELECT liskeban.space_time_scan('{0}', '{0}', '{1}', '{1}', '{1}', clusters => 0);
SELECT liskeban.space_time_scan('{0}', '{0}', '{1}', '{1}', '{60000000}');
SELECT liskeban.space_time_scan('{0}', '{0}', '{1}', '{1}', NULL);

\c postgres
DROP DATABASE regress_liskeban_scan;
