-- A year of tickets with 200 injected outbreaks, and two years and a month before it without any, all drawn from :seed.
--
--   psql -v seed=0.11 -v clusters=category|mixed|none
--
-- 9 towns with 118 villages in clumps, 90 categories, about 360 tickets a day. The mean of town x category is the town's
-- share * the category's (Zipf) * Gamma of mean 1 and shape 4; a day's mean also follows weekday, holiday and make-up day,
-- a common factor of the day (deviation 8 %), and the category's own season (amplitude to 30 %); counts are negative
-- binomial with dispersion 0.1. An outbreak is 8 to 40 extra tickets on one to five days (at least one on the first): every
-- other one in a town x category drawn evenly from the 810; the rest in up to five villages within 2 km of each other,
-- of one category (clusters = category) or of categories as they come (mixed); with none there is no outbreak at all, and all
-- else is the same. Day 1 is the first of the year.

\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE SCHEMA bench;
SET search_path = bench, public;

CREATE FUNCTION draw_poisson(mean double precision) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  least double precision := exp(-mean);
  product double precision := random();
  n integer := 0;
BEGIN
  WHILE product > least LOOP
    n := n + 1;
    product := product * random();
  END LOOP;
  RETURN n;
END $$;
-- mean 1
CREATE FUNCTION draw_gamma(shape integer) RETURNS double precision LANGUAGE sql VOLATILE AS $$
  SELECT - sum(ln(1 - random())) / shape FROM generate_series(1, shape) $$;

SELECT setseed(:seed) \g /dev/null
CREATE TABLE town AS
SELECT t AS town, random() * 40000 AS x, random() * 27000 AS y, CASE WHEN t <= 2 THEN 1800 WHEN t <= 5 THEN 3000 ELSE 5000 END AS reach,
       ('{26,20,13,11,9,8,6,4,3}'::integer[])[t] / 100.0 AS share
  FROM generate_series(1, 9) AS t;
CREATE TABLE village AS
SELECT row_number() OVER ()::integer AS village, town, x + reach * r * cos(a) AS x, y + reach * r * sin(a) AS y, draw_gamma(2) AS weight
  FROM (SELECT town, x, y, reach, random() * 2 * pi() AS a, sqrt(-2 * ln(1 - random())) AS r
          FROM town, generate_series(1, CASE town WHEN 1 THEN 14 ELSE 13 END)) AS drawn;
CREATE TABLE village_share AS
SELECT village, town, sum(weight) OVER (PARTITION BY town ORDER BY village) / sum(weight) OVER (PARTITION BY town) AS upto FROM village;
CREATE INDEX ON village_share (town, upto);
CREATE TABLE category AS
SELECT k AS category, 1.0 / (k + 3) AS weight, random() * 0.3 AS amplitude, random() AS phase FROM generate_series(1, 90) AS k;
CREATE TABLE series AS
SELECT town, category, share * weight * draw_gamma(4) AS mean FROM town, category ORDER BY town, category;
UPDATE series SET mean = mean * 360 / (SELECT sum(mean) FROM series);

CREATE TABLE day AS
SELECT d AS day, c.class, ('{1.08,1.05,1.02,1.0,1.0,0.88,0.82,0.7,1.05}'::double precision[])[c.class] *
       exp(0.08 * sqrt(3) * (random() + random() + random() + random() - 2)) AS factor
  FROM generate_series(-760, 365) AS d,
       LATERAL (SELECT CASE WHEN of_year IN (1, 40, 41, 42, 43, 44, 45, 46, 47, 95, 96, 97, 121, 122, 123, 124, 125, 175, 176, 177,
                                             274, 275, 276, 277, 278, 279, 280) THEN 8
                            WHEN of_year IN (37, 51, 100, 118, 127, 270, 283) THEN 9
                            ELSE 1 + (d + 7000) % 7 END AS class
                  FROM (SELECT (d + 3649) % 365 + 1 AS of_year) AS y) AS c;
CREATE TABLE ordinary AS
SELECT * FROM (
  SELECT town, category, day, draw_poisson(mean * factor * (1 + amplitude * sin(2 * pi() * (day / 365.0 + phase))) * draw_gamma(10)) AS n
    FROM series JOIN category USING (category), day) AS drawn
 WHERE n > 0;

CREATE TABLE ticket (day integer, town integer, category integer, village integer, outbreak integer);
INSERT INTO ticket
SELECT day, town, category, (SELECT village FROM village_share AS s WHERE s.town = r.town AND upto >= r.u ORDER BY upto LIMIT 1), NULL
  FROM (SELECT day, town, category, random() AS u FROM ordinary, generate_series(1, n)) AS r;

-- town x category, or villages
CREATE TABLE outbreak AS
SELECT *, 1 + floor(random() * (366 - days))::integer AS first_day, CASE WHEN o % 2 = 0 THEN 'town' ELSE :'clusters' END AS kind,
       1 + floor(random() * 9)::integer AS town, 1 + floor(random() * 90)::integer AS category, 1 + floor(random() * 118)::integer AS centre
  FROM (SELECT o AS outbreak, o, 8 + floor(random() * 33)::integer AS size, 1 + floor(random() * 5)::integer AS days
          FROM generate_series(1, CASE :'clusters' WHEN 'none' THEN 0 ELSE 200 END) AS o) AS drawn;
CREATE TABLE outbreak_village AS
SELECT outbreak, near.village, near.town, row_number() OVER (PARTITION BY outbreak ORDER BY distance, near.village) AS n
  FROM outbreak AS o JOIN village AS c ON c.village = o.centre,
       LATERAL (SELECT v.village, v.town, sqrt((v.x - c.x) ^ 2 + (v.y - c.y) ^ 2) AS distance FROM village AS v ORDER BY distance LIMIT 5) AS near
 WHERE kind <> 'town' AND distance <= 2000;
CREATE TABLE outbreak_town AS
SELECT outbreak, town FROM outbreak WHERE kind = 'town' UNION SELECT outbreak, town FROM outbreak_village;

CREATE TABLE mix AS
SELECT category, sum(weight) OVER (ORDER BY category) / sum(weight) OVER () AS upto FROM category;
INSERT INTO ticket
SELECT first_day + CASE WHEN i = 1 THEN 0 ELSE floor(u * days)::integer END, coalesce(v.town, r.town),
       CASE kind WHEN 'mixed' THEN (SELECT m.category FROM mix AS m WHERE m.upto >= u2 ORDER BY upto LIMIT 1) ELSE r.category END,
       coalesce(v.village, (SELECT s.village FROM village_share AS s WHERE s.town = r.town AND s.upto >= u2 ORDER BY s.upto LIMIT 1)), r.outbreak
  FROM (SELECT o.*, i, random() AS u, random() AS u2 FROM outbreak AS o, generate_series(1, size) AS i ORDER BY outbreak, i) AS r
  LEFT JOIN outbreak_village AS v ON v.outbreak = r.outbreak
   AND v.n = 1 + i % (SELECT nullif(count(*), 0) FROM outbreak_village AS w WHERE w.outbreak = r.outbreak);
CREATE INDEX ON ticket (day);
CREATE TABLE daily AS SELECT town, category, day, count(*)::integer AS n FROM ticket GROUP BY town, category, day;
CREATE INDEX ON daily (day);
VACUUM ANALYZE;
