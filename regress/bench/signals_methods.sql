-- What each method says every morning of the year about the day before: one row an alarm.
--
--   psql -v replications=999

\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET search_path = bench, public;

-- Methods 3 to 5 spend 0.08, 0.02 and 0.04 false alarms a day by their own reckoning: one a week together.

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
INSERT INTO alarm SELECT 'count_signals', day, town, category FROM pooled WHERE chance <= 0.08;
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
SELECT 'scan of all cases', day, v.town, NULL, cells FROM scanned_all JOIN village AS v ON v.village = centre WHERE p_gumbel <= 0.04;
INSERT INTO spent SELECT 'scan of all cases', extract(epoch FROM clock_timestamp() - :'began');

INSERT INTO alarm
SELECT 'union', day, town, category, cells FROM alarm WHERE method IN ('count_signals', 'scan of each category', 'scan of all cases');
INSERT INTO spent
SELECT 'union', sum(seconds) FROM spent WHERE method IN ('count_signals', 'scan of each category', 'scan of all cases');
ANALYZE;
