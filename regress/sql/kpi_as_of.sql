-- What the figures were as of Wednesday at eight they are for good once settled: whatever happens later, is recorded late,
-- or is ruled otherwise, and whether it is rolled up or not.
CREATE DATABASE regress_liskeban_kpi_as_of TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_kpi_as_of
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
\set VERBOSITY terse
\set ON_ERROR_STOP 0

INSERT INTO liskeban.area (code, name, geom) VALUES
  ('320117001', 'town', ST_MakeEnvelope(119.0, 31.6, 119.1, 31.7, 4490)),
  ('320117001001', 'village', ST_MakeEnvelope(119.0, 31.6, 119.05, 31.7, 4490)),
  ('320117001002', 'village', ST_MakeEnvelope(119.05, 31.6, 119.1, 31.7, 4490));
INSERT INTO liskeban.membership (role_name, duty) VALUES ('a', 'admin'), ('b', 'admin');

CREATE FUNCTION pg_temp.report(n text, category text DEFAULT 'ebike_charging') RETURNS text LANGUAGE sql AS $$
  SELECT s.outcome FROM liskeban.submit(jsonb_build_object('source', 'wechat', 'external_id', n, 'category', category,
    'lon', 119.02, 'lat', 31.65, 'reporter_phone', '13900000000')) s
$$;
CREATE FUNCTION pg_temp.id(n text) RETURNS bigint LANGUAGE sql AS $$
  SELECT t.ticket_id FROM liskeban.ticket t WHERE t.external_id = n
$$;
-- The figures of the week by every key, as of an instant.
CREATE FUNCTION pg_temp.figures(as_of timestamptz) RETURNS TABLE (by text, line text) LANGUAGE sql AS $$
  SELECT b, k::text FROM unnest('{district,town,village,category,domain,source,department,holder,tier}'::text[]) b,
    liskeban.kpi('2024-09-02', '2024-09-08', b, figures.as_of, NULL) k
$$;

-- Monday and Tuesday: one solved, one on the way, one whistled up and declined, two for the same thing, some waiting
SET liskeban.now = '2024-09-02 10:00+08';
SELECT count(*) FROM (SELECT pg_temp.report(n::text) FROM generate_series(1, 8) n) r;
SELECT liskeban.act_as('a');
SELECT count(*) FROM (SELECT liskeban.accept(pg_temp.id(n::text)) FROM generate_series(1, 7) n) a;
SELECT count(*) FROM (SELECT liskeban.dispatch(pg_temp.id(n::text), '320117001001') FROM generate_series(1, 6) n) d;
SET liskeban.now = '2024-09-02 10:12+08';
SELECT count(*) FROM (SELECT liskeban.arrive(pg_temp.id(n::text)) FROM generate_series(1, 3) n) a;
INSERT INTO liskeban.attachment (ticket_id, stage, uri) SELECT pg_temp.id(n::text), 'resolution', 'photo:///' || n FROM generate_series(1, 8) n;
SET liskeban.now = '2024-09-02 11:00+08';
SELECT liskeban.resolve(pg_temp.id('1'), 'done') > 0 AS resolved;
SELECT liskeban.blow_whistle(pg_temp.id('4'), 'not ours alone') > 0 AS blown;
SELECT liskeban.merge(pg_temp.id('5'), pg_temp.id('1')) > 0 AS merged;
SET liskeban.now = '2024-09-02 15:00+08';
SELECT liskeban.act_as('b');
SELECT liskeban.decline_whistle(w.whistle_id, 'it is') FROM liskeban.whistle w;
-- a decline writes down until when it may be appealed
SELECT e.detail -> 'appeal_until' FROM liskeban.ticket_event e WHERE e.action = 'decline_whistle';

-- Wednesday, 08:00
SET liskeban.now = '2024-09-03 09:00+08';
SELECT liskeban.roll_up() > 0 AS rolled_up;
SET liskeban.now = '2024-09-04 07:55+08';
SELECT liskeban.resolve(pg_temp.id('2'), 'done, late') > 0 AS resolved;
SET liskeban.now = '2024-09-04 08:01+08';
SELECT liskeban.note_watermark() > 0 AS noted;
CREATE TEMP TABLE told AS SELECT * FROM pg_temp.figures('2024-09-04 08:00+08');
SELECT key, received, reported, due, completion_num, on_time_num, response_num, response_den, breach_num, whistle_num, whistle_den, settled
  FROM liskeban.kpi('2024-09-02', '2024-09-08', 'district', '2024-09-04 08:00+08', NULL);
CREATE FUNCTION pg_temp.changed() RETURNS SETOF told LANGUAGE sql AS $$
  (SELECT * FROM pg_temp.figures('2024-09-04 08:00+08') EXCEPT ALL SELECT * FROM told)
  UNION ALL (SELECT * FROM told EXCEPT ALL SELECT * FROM pg_temp.figures('2024-09-04 08:00+08'))
$$;

-- what happened later
SET liskeban.now = '2024-09-04 09:00+08';
SELECT liskeban.act_as('a');
SELECT liskeban.rework(pg_temp.id('1'), 'not done') > 0 AS reworked;
SELECT liskeban.resolve(pg_temp.id('3'), 'done') > 0 AS resolved;
SELECT liskeban.withdraw(pg_temp.id('8'), 'no more') > 0 AS withdrawn;
SELECT liskeban.unmerge(pg_temp.id('5'), 'another one') > 0 AS unmerged;
UPDATE liskeban.ticket SET geom = ST_SetSRID(ST_MakePoint(119.07, 31.65), 4490), note = 'there' WHERE ticket_id = pg_temp.id('7');
SELECT * FROM pg_temp.changed();
SELECT liskeban.roll_up() > 0 AS rolled_up;
SELECT * FROM pg_temp.changed();

-- what was recorded late: a loaded history of Monday
SELECT created FROM liskeban.load_history('hotline_12345', ARRAY[jsonb_build_object('external_id', 'h', 'category', 'ebike_charging',
  'lon', 119.02, 'lat', 31.65, 'reported_at', '2024-09-02T08:00:00+08:00', 'accepted_at', '2024-09-02T08:01:00+08:00',
  'resolved_at', '2024-09-03T08:00:00+08:00', 'closed_at', '2024-09-03T09:00:00+08:00')]);
SELECT * FROM pg_temp.changed();

-- what was ruled otherwise: policies, the calendar before and after, what a category is of
UPDATE liskeban.sla_policy SET within = '2 hours' WHERE clock = 'resolve' AND difficulty = 'general';
UPDATE liskeban.sla_policy SET within = '3 hours' WHERE clock = 'resolve' AND difficulty = 'simple';
INSERT INTO liskeban.calendar_day (day, is_working, name) VALUES ('2024-09-03', false, 'a holiday after all'), ('2024-09-05', false, 'another');
UPDATE liskeban.category SET domain = 'ecology', on_site = false WHERE code = 'ebike_charging';
SELECT * FROM pg_temp.changed();
SET liskeban.now = '2024-09-10 09:00+08';
SELECT liskeban.roll_up() > 0 AS rolled_up;
SELECT * FROM pg_temp.changed();
SELECT * FROM liskeban.check_invariants() WHERE invariant = 'roll-up is recomputation';

-- while the figures as of now are others
SELECT key, received, reported, due, completion_num, on_time_num, response_num, response_den, breach_num, whistle_num, whistle_den, settled
  FROM liskeban.kpi('2024-09-02', '2024-09-08', 'district', NULL, NULL);
SELECT key, received FROM liskeban.kpi('2024-09-02', '2024-09-08', 'domain', NULL, NULL);

-- A roll-up that is not what history says is named, wherever it is wrong.
BEGIN;
UPDATE liskeban.ticket_fact SET on_time = NOT on_time WHERE ticket_id = pg_temp.id('2');
UPDATE liskeban.whistle_fact SET solved = NOT solved;
UPDATE liskeban.figure_daily SET due = due + 1 WHERE by = 'tier' AND key = 'village' AND kind = 'demand';
SELECT relation, left(problem, 5) AS problem, count(*) FROM liskeban._roll_up_problems() GROUP BY 1, 2 ORDER BY 1, 2;
ROLLBACK;

-- Days of another zone are added up anew, and the district's name for itself is no part of what is kept.
UPDATE liskeban.platform SET time_zone = 'America/New_York';
SELECT key, received FROM liskeban.kpi('2024-09-01', '2024-09-01', 'district', NULL, NULL);
SELECT liskeban.roll_up() = (SELECT count(*) FROM liskeban.ticket_event) AS all_of_it;
SELECT key, received FROM liskeban.kpi('2024-09-01', '2024-09-01', 'district', NULL, NULL);
SELECT * FROM liskeban.check_invariants() WHERE invariant = 'roll-up is recomputation';
\c postgres
DROP DATABASE regress_liskeban_kpi_as_of;
