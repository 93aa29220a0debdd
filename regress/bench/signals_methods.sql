-- What each method says every morning of the year about the day before: one row an alarm.
--
--   psql -v replications=999

\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET search_path = bench, public;

-- Methods 3 to 5 spend 0.05, 0.02 and 0.07 false alarms a day by their own reckoning: one a week together.

-- town NULL: the category in the whole district; category NULL: villages (cells), whatever is reported there
CREATE TABLE alarm (method text, day integer, town integer, category integer, cells integer[]);
CREATE TABLE spent (method text, seconds double precision);

-- 1. EARS as published, each series alone.
SELECT clock_timestamp() AS began \gset
CREATE TABLE filled AS
SELECT s.town, s.category, day.day, coalesce(d.n, 0) AS n FROM series AS s CROSS JOIN day LEFT JOIN daily AS d
    ON d.town = s.town AND d.category = s.category AND d.day = day.day
 WHERE day.day > -70;
CREATE TABLE ears AS
SELECT town, category, e.day - 70 AS day, c1_alarm, c2_alarm, c3_alarm
  FROM (SELECT town, category, array_agg(n::double precision ORDER BY day) AS counts FROM filled GROUP BY town, category) AS s,
       LATERAL liskeban.ears(counts) AS e
 WHERE e.day > 70;
INSERT INTO alarm SELECT 'EARS C1', day, town, category FROM ears WHERE c1_alarm;
INSERT INTO alarm SELECT 'EARS C2', day, town, category FROM ears WHERE c2_alarm;
INSERT INTO alarm SELECT 'EARS C3', day, town, category FROM ears WHERE c3_alarm;
INSERT INTO spent SELECT m, extract(epoch FROM clock_timestamp() - :'began') / 3 FROM unnest('{EARS C1,EARS C2,EARS C3}'::text[]) AS m;

-- 2. Each series alone against its days of the same class in eight weeks, Benjamini-Hochberg over the day.
SELECT clock_timestamp() AS began \gset
CREATE TABLE alone AS
SELECT d.day, s.town, s.category, coalesce((liskeban.seasonal_count(s.counts[d.day + 14 : d.day + 70], c.classes[d.day + 14 : d.day + 70])).p, 1) AS p
  FROM (SELECT town, category, array_agg(n ORDER BY day) AS counts FROM filled GROUP BY town, category) AS s,
       (SELECT array_agg(class ORDER BY day) AS classes FROM day WHERE day > -70) AS c, day AS d
 WHERE d.day > 0;
INSERT INTO alarm
SELECT 'same weekday', day, town, category
  FROM (SELECT day, unnest(towns) AS town, unnest(categories) AS category, unnest(liskeban.benjamini_hochberg(ps)) AS q
          FROM (SELECT day, array_agg(town) AS towns, array_agg(category) AS categories, array_agg(p) AS ps FROM alone GROUP BY day) AS a) AS b
 WHERE q <= 0.1;
INSERT INTO spent SELECT 'same weekday', extract(epoch FROM clock_timestamp() - :'began');

-- 3. The pooled baseline over sums of 1 to 7 days: how many as surprising the day would bring by chance.
SELECT clock_timestamp() AS began \gset
CREATE TABLE pooled AS
SELECT d.day, s.*
  FROM day AS d,
       LATERAL (SELECT array_agg(town) AS towns, array_agg(category) AS categories, array_agg(day - d.day + 63) AS days, array_agg(n) AS cases
                  FROM daily AS x WHERE x.day BETWEEN d.day - 62 AND d.day) AS a,
       LATERAL (SELECT array_agg(class ORDER BY day) AS classes FROM day AS x WHERE x.day BETWEEN d.day - 62 AND d.day) AS c,
       LATERAL liskeban.count_signals(towns, categories, days, cases, classes) AS s
 WHERE d.day > 0 AND s.chance < 5;
INSERT INTO alarm SELECT 'count_signals', day, town, category FROM pooled WHERE chance <= 0.05;
INSERT INTO spent SELECT 'count_signals', extract(epoch FROM clock_timestamp() - :'began');

-- 4. The scan over each category that has a case today, 60 days, and 5. over all cases, 30 days.
SELECT clock_timestamp() AS began \gset
CREATE TABLE scanned AS
SELECT d.day, q.category, count(*) OVER (PARTITION BY d.day) AS scans, s.*
  FROM day AS d, (SELECT array_agg(x ORDER BY village) AS xs, array_agg(y ORDER BY village) AS ys FROM village) AS v,
       LATERAL (SELECT category, array_agg(village) AS villages, array_agg(day) AS days, array_agg(n) AS cases
                  FROM (SELECT category, village, day, count(*)::integer AS n FROM ticket AS t
                         WHERE t.day BETWEEN d.day - 59 AND d.day GROUP BY category, village, day) AS t
                 GROUP BY category HAVING max(day) = d.day) AS q,
       LATERAL liskeban.space_time_scan(xs, ys, villages, days, cases, d.day, 2000, 7, :replications, d.day) AS s
 WHERE d.day > 0;
INSERT INTO alarm
SELECT 'scan of each category', day, v.town, category, cells FROM scanned JOIN village AS v ON v.village = centre
 WHERE p_gumbel * scans <= 0.02 AND observed > 2;
INSERT INTO spent SELECT 'scan of each category', extract(epoch FROM clock_timestamp() - :'began');

SELECT clock_timestamp() AS began \gset
CREATE TABLE scanned_all AS
SELECT d.day, s.*
  FROM day AS d, (SELECT array_agg(x ORDER BY village) AS xs, array_agg(y ORDER BY village) AS ys FROM village) AS v,
       LATERAL (SELECT array_agg(village) AS villages, array_agg(day) AS days, array_agg(n) AS cases
                  FROM (SELECT village, day, count(*)::integer AS n FROM ticket AS t
                         WHERE t.day BETWEEN d.day - 29 AND d.day GROUP BY village, day) AS t) AS q,
       LATERAL liskeban.space_time_scan(xs, ys, villages, days, cases, d.day, 2000, 7, :replications, d.day, 3) AS s
 WHERE d.day > 0;
INSERT INTO alarm
SELECT 'scan of all cases', day, v.town, NULL, cells FROM scanned_all JOIN village AS v ON v.village = centre WHERE p_gumbel <= 0.07;
INSERT INTO spent SELECT 'scan of all cases', extract(epoch FROM clock_timestamp() - :'began');

INSERT INTO alarm
SELECT 'union', day, town, category, cells FROM alarm WHERE method IN ('count_signals', 'scan of each category', 'scan of all cases');
INSERT INTO spent
SELECT 'union', sum(seconds) FROM spent WHERE method IN ('count_signals', 'scan of each category', 'scan of all cases');

-- What there is to find: a test that is told the place of each outbreak, its first day and the true means, at the level that
-- costs one false alarm a week when every place is watched: 810 series, and 118 circles of villages with each category alone
-- (with all together where clusters are mixed). Counts are sums of the negative binomials that they were drawn from.
CREATE TABLE told AS
WITH place AS (
  SELECT o.outbreak, o.first_day, o.days, o.kind, s.town, s.category, s.mean, c.amplitude, c.phase,
         CASE WHEN o.kind = 'town' THEN 1 ELSE (SELECT sum(v.share) FROM (
                SELECT x.village, x.town, x.upto - coalesce(lag(x.upto) OVER (PARTITION BY x.town ORDER BY x.upto), 0) AS share FROM village_share AS x) AS v
               WHERE v.town = s.town AND v.village IN (SELECT w.village FROM outbreak_village AS w WHERE w.outbreak = o.outbreak)) END AS share
    FROM outbreak AS o JOIN outbreak_town AS t USING (outbreak) JOIN series AS s ON s.town = t.town AND (o.kind = 'mixed' OR s.category = o.category)
    JOIN category AS c ON c.category = s.category
), expected AS (
  SELECT p.outbreak, p.kind, d.day - p.first_day AS nth, sum(e.mean) AS mean, sum(0.1 * e.mean ^ 2) AS extra_variance
    FROM place AS p JOIN day AS d ON d.day BETWEEN p.first_day AND p.first_day + p.days - 1
   CROSS JOIN LATERAL (SELECT p.mean * p.share * d.factor * (1 + p.amplitude * sin(2 * pi() * (d.day / 365.0 + p.phase))) AS mean) AS e
   GROUP BY p.outbreak, p.kind, nth
), observed AS (
  SELECT o.outbreak, t.day - o.first_day AS nth, count(*) AS n
    FROM outbreak AS o JOIN ticket AS t ON t.day BETWEEN o.first_day AND o.first_day + o.days - 1 AND (o.kind = 'mixed' OR t.category = o.category)
     AND CASE o.kind WHEN 'town' THEN t.town = o.town ELSE t.village IN (SELECT w.village FROM outbreak_village AS w WHERE w.outbreak = o.outbreak) END
   GROUP BY o.outbreak, nth
)
SELECT o.*, e.nth, liskeban.negative_binomial_tail((sum(coalesce(n.n, 0)) OVER so_far)::integer, sum(e.mean) OVER so_far, sum(e.extra_variance) OVER so_far / (sum(e.mean) OVER so_far) ^ 2) AS p
  FROM expected AS e JOIN outbreak AS o USING (outbreak, kind) LEFT JOIN observed AS n USING (outbreak, nth)
WINDOW so_far AS (PARTITION BY e.outbreak ORDER BY e.nth);
INSERT INTO alarm
SELECT 'told where and since when', first_day + nth, CASE kind WHEN 'town' THEN town END, CASE WHEN kind <> 'mixed' THEN category END,
       CASE kind WHEN 'mixed' THEN (SELECT array_agg(v.village) FROM outbreak_village AS v WHERE v.outbreak = told.outbreak) END
  FROM told WHERE p <= 1.0 / 7 / (810 + 118 * (SELECT CASE WHEN bool_or(o.kind = 'category') THEN 90 ELSE 1 END FROM outbreak AS o));
ANALYZE;
