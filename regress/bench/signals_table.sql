-- What the alarms are worth: outbreaks found by kind, delay, false alarms a week. One row a method.
--
-- An alarm finds an outbreak when it comes on one of its days, with its category (of a mixed one: with its villages) and
-- in its town or villages. Alarms of one method in one town and category with no gap over a week are one item; it is
-- false when no outbreak that is on, or was in the week before, explains its first day.
--
--   psql -v series=share of all series whose every day was judged (NULL: none, and nothing is said of false alarms), -v method=LIKE pattern

\set ON_ERROR_STOP on
SET search_path = bench, public;
SET client_min_messages = warning;
WITH own AS (
  SELECT * FROM alarm WHERE method LIKE :'method'
), hit AS (
  SELECT m.method, o.outbreak, o.kind, o.first_day, min(a.day) AS found
    FROM (SELECT DISTINCT method FROM own) AS m CROSS JOIN outbreak AS o
    LEFT JOIN own AS a ON a.method = m.method AND a.day BETWEEN o.first_day AND o.first_day + o.days - 1 AND
         CASE o.kind
           WHEN 'mixed' THEN a.category IS NULL AND EXISTS (SELECT FROM outbreak_village AS v WHERE v.outbreak = o.outbreak AND v.village = ANY (a.cells))
           ELSE a.category = o.category AND (a.town IS NULL OR EXISTS (SELECT FROM outbreak_town AS t WHERE t.outbreak = o.outbreak AND t.town = a.town))
         END
   GROUP BY m.method, o.outbreak, o.kind, o.first_day
), judged AS (
  SELECT a.method, a.day, a.day - lag(a.day) OVER (PARTITION BY a.method, a.town, a.category ORDER BY a.day) AS gap,
         EXISTS (SELECT FROM outbreak AS o
                  WHERE a.day BETWEEN o.first_day AND o.first_day + o.days + 6 AND (o.kind = 'mixed' OR a.category IS NULL OR a.category = o.category)
                    AND (a.town IS NULL OR EXISTS (SELECT FROM outbreak_town AS t WHERE t.outbreak = o.outbreak AND t.town = a.town))) AS explained
    FROM (SELECT DISTINCT method, day, town, category FROM own) AS a
), false_alarm AS (
  SELECT method, count(*) FILTER (WHERE NOT explained AND coalesce(gap > 7, true)) * 7 / 365.0 / :series AS a_week FROM judged GROUP BY method
)
SELECT method, count(found) FILTER (WHERE kind = 'town') AS found_town, count(found) FILTER (WHERE kind <> 'town') AS found_villages,
       count(outbreak) FILTER (WHERE kind = 'town') AS towns, count(outbreak) FILTER (WHERE kind <> 'town') AS villages,
       count(*) FILTER (WHERE found = first_day) AS first_morning, round(avg(found - first_day), 2) AS delay,
       CASE WHEN method NOT LIKE 'told%' AND :series IS NOT NULL THEN round(coalesce(a_week, 0), 2) END AS false_a_week, seconds
  FROM hit FULL JOIN false_alarm USING (method) LEFT JOIN spent USING (method)
 GROUP BY method, a_week, seconds
 ORDER BY array_position('{EARS C1,EARS C2,EARS C3,same weekday,count_signals,scan of each category,scan of all cases,union,told where and since when}', method), method;
