-- What is unusual in a day, what lasts of it, and what is done about it.
CREATE DATABASE regress_liskeban_risk TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_risk
\set ON_ERROR_STOP on
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = 'ISO, YMD';
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
SET search_path = liskeban, public, pg_catalog;
INSERT INTO area (code, name, name_en, geom)
SELECT (lpad((320117001 + i / 4)::text, 9, '0') || lpad((1 + i % 4)::text, 3, '0'))::area_code, '村' || i, 'Village ' || i,
       ST_MakeEnvelope(119.0 + 0.01 * (i % 4) + 0.1 * (i / 4), 31.6, 119.01 + 0.01 * (i % 4) + 0.1 * (i / 4), 31.61, 4490)
  FROM generate_series(0, 7) AS i;
INSERT INTO area (code, name) VALUES ('320117001', '甲镇'), ('320117002', '乙镇');
INSERT INTO source_system (code, name) VALUES ('desk', '坐席');
CREATE ROLE risk_chief LOGIN IN ROLE liskeban_dispatcher;
CREATE ROLE risk_village LOGIN IN ROLE liskeban_handler;
INSERT INTO membership (role_name, duty) VALUES ('risk_chief', 'dispatcher');
INSERT INTO membership (role_name, duty, area) VALUES ('risk_village', 'handler', '320117001001');

-- Sixty days, each village one ticket a day of two categories in turn; no spot twice in thirty days.
CREATE FUNCTION pg_temp.day_of(d date, extra integer DEFAULT 0, village integer DEFAULT 0, near boolean DEFAULT false) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('liskeban.now', (d + time '12:00' AT TIME ZONE 'Asia/Shanghai')::text, false);
  INSERT INTO ticket (source, external_id, category, title, geom)
  SELECT 'desk', d || '/' || v, CASE WHEN (v + (d - date '2024-01-01')) % 2 = 0 THEN 'street_light' ELSE 'garbage_pile' END, '无',
         ST_Point(119.0005 + 0.01 * (v % 4) + 0.1 * (v / 4) + 0.0006 * ((d - date '2024-01-01') % 14), 31.6005 + 0.0006 * ((d - date '2024-01-01') / 14), 4490)
    FROM generate_series(0, 7) AS v
  UNION ALL
  SELECT 'desk', d || '/x' || i, 'manhole_cover', '无',
         ST_Point(119.0008 + 0.01 * (village + CASE WHEN near THEN i % 2 ELSE 0 END) + 0.0006 * (i % 13), 31.6062 + 0.0006 * (i / 13), 4490)
    FROM generate_series(1, extra) AS i;
END
$$;
SET client_min_messages = error;
SELECT pg_temp.day_of(d::date) FROM generate_series(date '2024-01-01', '2024-02-27', interval '1 day') AS d \g /dev/null
SELECT pg_temp.day_of('2024-02-28', 9, 0, true) \g /dev/null
SELECT pg_temp.day_of('2024-02-29', 4, 0, true) \g /dev/null
SELECT pg_temp.day_of('2024-03-01') \g /dev/null
-- an indicator that is usually about 30
SET liskeban.now = '2024-03-02 00:05+08';
INSERT INTO observation (indicator, area, day, value)
SELECT 'pm25', '320117', date '2024-01-01' + i, 30 + i % 5 FROM generate_series(0, 57) AS i
UNION ALL VALUES ('pm25', '320117'::area_code, date '2024-02-28', 180), ('pm25', '320117', '2024-02-29', 33);
SELECT note_watermark() \g /dev/null
SET liskeban.now = '2024-03-02 00:06+08';
SELECT note_watermark() \g /dev/null

-- A quiet day has none; fewer than four weeks of history say nothing.
SELECT analyse_day('2024-02-27') > 0 AS figures;
SELECT kind, area, category FROM signal ORDER BY kind;
SELECT analyse_day('2024-01-10') > 0 AS figures;
SELECT count(*) FROM signal WHERE day = '2024-01-10';

-- The day of the outbreak: too many in the town, and in two villages side by side; and the air.
SELECT analyse_day('2024-02-28') > 0 AS figures;
SELECT kind, domain, area, category, subject, count, expected < 5 OR kind = 'indicator' AS few_expected, severity <= 2 AS severe, evidence ? 'days_seen' AS spans
  FROM signal WHERE day = '2024-02-28' ORDER BY kind, area::text, category;
SELECT kind, area, category, owner, due, status, measure, suggestion FROM risk_item ORDER BY kind, area::text;

-- Analysed again: the same rows.
CREATE TEMP TABLE before AS SELECT r.* FROM risk_item AS r;
SELECT analyse_day('2024-02-28') > 0 AS figures;
SELECT count(*) AS changed FROM (SELECT * FROM before EXCEPT SELECT * FROM risk_item) AS d;

-- It lasts another day as the same item, and the air's is over; then all are.
SELECT analyse_day('2024-02-29') > 0 AS figures;
SELECT kind, area, day, last_day, status, closed_day FROM risk_item ORDER BY kind, area::text;

-- The desk orders of it; once.
\set ON_ERROR_STOP off
SET SESSION AUTHORIZATION risk_village;
SELECT order_from_risk(1);
SET SESSION AUTHORIZATION risk_chief;
SELECT order_from_risk(NULL);
SELECT order_from_risk(risk_id, 'letter') FROM liskeban.risk_item LIMIT 1;
SELECT order_from_risk(999999);
SELECT order_from_risk(risk_id) FROM liskeban.risk_item WHERE kind = 'indicator';
\set ON_ERROR_STOP on
SELECT order_from_risk(risk_id) > 0 AS directive FROM risk_item WHERE kind = 'surge' AND area = '320117001';
SELECT order_from_risk(risk_id, 'ticket', '立即办理') > 0 AS ticket FROM risk_item WHERE kind = 'cluster';
\set ON_ERROR_STOP off
SELECT order_from_risk(risk_id) FROM liskeban.risk_item WHERE kind = 'surge' AND area = '320117001';
\set ON_ERROR_STOP on
SELECT kind, area, status, outcome, directive_id IS NOT NULL AS directive, ticket_id IS NOT NULL AS ticket FROM risk_outcome ORDER BY kind, area::text;
RESET SESSION AUTHORIZATION;
SELECT d.title, t.area, t.department, split_part(d.body, E'\n', 1) AS body FROM directive AS d JOIN directive_target AS t USING (directive_id);
SELECT kind, category, title, state, responsible_area, department, area FROM ticket WHERE kind = 'task';

-- The next day: what is gone closes by itself, and no day loses its signals.
CREATE TEMP TABLE signals AS SELECT s.* FROM signal AS s;
SELECT analyse_day('2024-03-01') > 0 AS figures;
SELECT kind, area, status, closed_day FROM risk_item ORDER BY kind, area::text;
SELECT count(*) AS lost FROM (SELECT * FROM signals EXCEPT SELECT * FROM signal) AS d;

-- Indicators, by what is usual on such a day: cameras fewer at weekends, roads full on holidays, a river with ten values,
-- incidents that are counted. What is neither good nor bad is never wrong.
DELETE FROM observation;
SET liskeban.now = '2024-04-06 00:05+08';
SELECT analyse_day(d::date) >= 0 AS analysed FROM unnest('{2024-03-31,2024-04-03,2024-04-04}'::date[]) AS d;
SELECT count(*) AS of_no_value FROM signal WHERE kind = 'indicator' AND day >= '2024-03-31';
SET liskeban.now = '2024-04-06 09:00+08';
INSERT INTO observation (indicator, area, day, value)
SELECT 'cameras_online', '320117'::area_code, d, CASE WHEN extract(isodow FROM d) > 5 THEN 60 ELSE 95 END + n % 3 FROM (SELECT date '2024-01-01' + n AS d, n FROM generate_series(0, 92) AS n) AS s
UNION ALL SELECT 'waste_collected', '320117', date '2024-01-01' + n, CASE n WHEN 93 THEN 9000 ELSE 500 + n % 7 END FROM generate_series(0, 93) AS n
UNION ALL SELECT 'road_congestion', '320117', d, CASE WHEN c.is_working IS FALSE THEN 8.5 ELSE 3.1 END + n % 4 / 10.0
            FROM (SELECT date '2024-01-01' + n AS d, n FROM generate_series(0, 94) AS n) AS s LEFT JOIN calendar_day AS c ON c.day = s.d
UNION ALL SELECT 'police_incidents', '320117001', date '2024-01-01' + n, CASE n WHEN 93 THEN 14 ELSE n * 7 % 4 END FROM generate_series(0, 94) AS n
UNION ALL SELECT 'police_incidents', '320117002', date '2024-01-01' + n, CASE n WHEN 93 THEN 5 ELSE n * 7 % 4 END FROM generate_series(0, 94) AS n
UNION ALL SELECT 'water_ammonia', '320117001', date '2024-03-25' + n, CASE n WHEN 9 THEN 1.9 ELSE 0.4 + n % 3 / 10.0 END FROM generate_series(0, 9) AS n
UNION ALL SELECT 'water_ammonia', '320117002', date '2024-03-26' + n, CASE n WHEN 8 THEN 1.9 ELSE 0.4 + n % 3 / 10.0 END FROM generate_series(0, 8) AS n;
-- of Wednesday the 3rd fewer cameras than on any Wednesday came late, though no fewer than on a Sunday
INSERT INTO observation (indicator, area, day, value) VALUES ('cameras_online', '320117', '2024-04-03', 60)
    ON CONFLICT (indicator, area, day) DO UPDATE SET value = excluded.value;
CREATE TEMP TABLE others AS SELECT s.* FROM signal AS s WHERE kind <> 'indicator';
SELECT analyse_late() AS days;
SELECT day, area, subject, count, round(expected::numeric, 2) AS expected, p_value < 0.05 AS unlikely, severity, evidence ->> 'method' AS method, evidence ->> 'days' AS days
  FROM signal WHERE kind = 'indicator' AND day >= '2024-03-31' ORDER BY day, subject, area::text;
SELECT day, last_day, subject, status, closed_day FROM risk_item WHERE kind = 'indicator' AND day > '2024-03-01' ORDER BY day, subject, area::text;
SELECT count(*) AS changed FROM (TABLE others EXCEPT SELECT * FROM signal) AS d;
-- nothing is late any more; analysed whole, the day says the same
SELECT analyse_late() AS days;
CREATE TEMP TABLE indicators AS SELECT s.* FROM signal AS s WHERE kind = 'indicator';
SELECT analyse_day('2024-04-03') > 0 AS figures;
SELECT count(*) AS changed FROM ((TABLE indicators EXCEPT SELECT * FROM signal WHERE kind = 'indicator') UNION ALL (SELECT * FROM signal WHERE kind = 'indicator' EXCEPT TABLE indicators)) AS d;
-- corrected: two were wrong readings, one of them on the last day that was analysed
INSERT INTO observation (indicator, area, day, value) VALUES ('police_incidents', '320117001', '2024-04-05', 15);
SELECT analyse_day('2024-04-05') > 0 AS figures;
SELECT day, subject, status FROM risk_item WHERE kind = 'indicator' AND day = '2024-04-05';
SET liskeban.now = '2024-04-06 10:00+08';
UPDATE observation SET value = 0.5, recorded_at = liskeban_now() WHERE indicator = 'water_ammonia' AND day = '2024-04-03';
UPDATE observation SET value = 1, recorded_at = liskeban_now() WHERE indicator = 'police_incidents' AND day = '2024-04-05';
SET liskeban.now = '2024-04-06 10:05+08';
SELECT analyse_late() AS days;
SELECT subject, area FROM signal WHERE kind = 'indicator' AND day = '2024-04-03' ORDER BY subject, area::text;
SELECT day, subject, status, closed_day FROM risk_item WHERE kind = 'indicator' AND day > '2024-03-01' ORDER BY day, subject, area::text;

-- Every kind in every domain, and each of the listed matters, has a measure and a suggestion.
SELECT count(*) AS lacking
  FROM unnest('{surge,cluster,repeat_place,repeat_reporter,overdue,whistle,dissatisfied,indicator}'::text[]) AS k(kind) CROSS JOIN domain AS d
 WHERE NOT EXISTS (SELECT FROM measure AS m WHERE m.kind = k.kind AND m.domain = d.code);
SELECT count(*) AS lacking FROM category AS c WHERE c.listed AND NOT EXISTS (SELECT FROM measure AS m WHERE m.category = c.code);
SELECT count(DISTINCT measure) >= 80 AS measures, count(DISTINCT suggestion) >= 80 AS suggestions FROM measure;
-- each names who and by when, and where or how many
SELECT count(*) FILTER (WHERE suggestion !~ '\{(department|lead)\}') AS nobody, count(*) FILTER (WHERE suggestion !~ '\{(due|days)\}|[0-9] ?(日|天|小时)') AS no_term,
       count(*) FILTER (WHERE measure || suggestion !~ '\{(place|count)\}') AS nowhere FROM measure;
SELECT count(*) AS unfilled FROM risk_item WHERE measure ~ '[{}]' OR suggestion ~ '[{}]';
-- and so in English
SELECT count(*) FILTER (WHERE suggestion_en !~ '\{(department|lead)\}') AS nobody, count(*) FILTER (WHERE suggestion_en !~ '\{(due|days)\}|[0-9] (day|hour)') AS no_term,
       count(*) FILTER (WHERE measure_en || suggestion_en !~ '\{(place|count)\}') AS nowhere, count(DISTINCT measure_en) >= 80 AS measures FROM measure;
SELECT count(*) AS unfilled FROM risk_item WHERE measure_en || suggestion_en ~ '[{}]' IS NOT FALSE;
SELECT kind, measure_en, suggestion_en FROM risk_item WHERE day = '2024-02-28' ORDER BY kind, area::text;
-- a measure without English gives none, rather than half of it
UPDATE measure SET suggestion_en = NULL WHERE category = 'manhole_cover';
SELECT category, measure_en IS NULL AS no_measure, suggestion_en IS NULL AS no_suggestion FROM liskeban.signal AS s, liskeban._signal_measure(s)
 WHERE s.day = '2024-02-28' GROUP BY 1, 2, 3 ORDER BY 1;
