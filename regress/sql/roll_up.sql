-- The roll-up by day, what analyse_day keeps, and flow: a few tickets over a few days.
CREATE DATABASE regress_liskeban_roll_up TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_roll_up
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
-- the session's zone is not the platform's
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
\set VERBOSITY terse
\set ON_ERROR_STOP 0

INSERT INTO liskeban.area (code, name, geom) VALUES
  ('320117001', 'town', ST_MakeEnvelope(119.0, 31.6, 119.1, 31.7, 4490)),
  ('320117001001', 'village', ST_MakeEnvelope(119.0, 31.6, 119.05, 31.7, 4490)),
  ('320117001002', 'village', ST_MakeEnvelope(119.05, 31.6, 119.1, 31.7, 4490));
INSERT INTO liskeban.membership (role_name, duty) VALUES ('a', 'admin'), ('b', 'admin');

CREATE FUNCTION pg_temp.report(n text, category text, lon float8) RETURNS text LANGUAGE sql AS $$
  SELECT s.outcome FROM liskeban.submit(jsonb_build_object('source', 'wechat', 'external_id', n, 'category', category,
    'lon', lon, 'lat', 31.65)) s
$$;
CREATE FUNCTION pg_temp.id(n text) RETURNS bigint LANGUAGE sql AS $$
  SELECT t.ticket_id FROM liskeban.ticket t WHERE t.external_id = n
$$;

-- Monday: demands of simple categories, one in the pool, a child, a patrol finding
SELECT code, difficulty, on_site FROM liskeban.category WHERE code IN ('ebike_charging', 'noise_construction') ORDER BY 1;
SET liskeban.now = '2024-09-02 10:00+08';
SELECT pg_temp.report('1', 'ebike_charging', 119.02), pg_temp.report('2', 'noise_construction', 119.02),
       pg_temp.report('3', 'ebike_charging', 119.07), pg_temp.report('4', 'ebike_charging', 130);
INSERT INTO liskeban.ticket (source, external_id, category, title, parent_id) VALUES ('wechat', '1a', 'ebike_charging', 'part', pg_temp.id('1'));
INSERT INTO liskeban.ticket (source, external_id, category, title, kind, geom)
  VALUES ('grid_app', '5', 'ebike_charging', 'found', 'patrol', ST_SetSRID(ST_MakePoint(119.02, 31.65), 4490));
SELECT liskeban.roll_up();
SELECT liskeban.roll_up();
SELECT day, area, category, source, kind, received, opened, ended FROM liskeban.stat_daily ORDER BY 1, 2, 3, 4, 5;
SELECT * FROM liskeban.flow_daily ORDER BY day, town, kind;
SELECT * FROM liskeban.flow('2024-09-01', '2024-09-05');

-- before midnight in Shanghai it is still Monday; then a move each, in another category, at another place
SET liskeban.now = '2024-09-02 23:59:59.999999+08';
SELECT liskeban.act_as('a');
SELECT liskeban.accept(pg_temp.id('1')), liskeban.accept(pg_temp.id('2')), liskeban.accept(pg_temp.id('3'));
SET liskeban.now = '2024-09-03 00:00+08';
SELECT liskeban.dispatch(pg_temp.id('1'), '320117001001'), liskeban.dispatch(pg_temp.id('3'), '320117001002');
UPDATE liskeban.ticket SET category = 'noise_construction', geom = ST_SetSRID(ST_MakePoint(119.07, 31.65), 4490), note = 'there'
  WHERE ticket_id = pg_temp.id('2');
SELECT liskeban.reject(pg_temp.id('4'), 'other_jurisdiction', 'not ours');
-- all in one statement: what is rolled up, and the rest
SELECT * FROM liskeban.flow('2024-09-02', '2024-09-03');
SELECT liskeban.roll_up();
SELECT * FROM liskeban.flow('2024-09-02', '2024-09-03');
SELECT day, area, category, kind, received, accepted, dispatched, rejected, opened, ended FROM liskeban.stat_daily ORDER BY 1, 2, 3, 4;

-- a simple demand's day runs out on Tuesday at 10
SET liskeban.now = '2024-09-03 09:59+08';
SELECT overdue_open FROM liskeban.flow('2024-09-03', '2024-09-03');
SET liskeban.now = '2024-09-03 10:00+08';
SELECT overdue_open FROM liskeban.flow('2024-09-03', '2024-09-03');
SELECT liskeban.arrive(pg_temp.id('1')), liskeban.arrive(pg_temp.id('3'));
SET liskeban.now = '2024-09-03 11:00+08';
INSERT INTO liskeban.attachment (ticket_id, stage, uri) SELECT pg_temp.id(n), 'resolution', 'photo:///' || n FROM unnest('{1,3}'::text[]) n;
SELECT liskeban.resolve(pg_temp.id('1'), 'done');
SELECT overdue_open FROM liskeban.flow('2024-09-03', '2024-09-03');
SET liskeban.now = '2024-09-04 09:00+08';
SELECT liskeban.act_as('b');
UPDATE liskeban.ticket SET checked_by = 'b', state = 'closed' WHERE ticket_id = pg_temp.id('1');
SELECT liskeban.analyse_day('2024-09-02'), liskeban.analyse_day('2024-09-03'), liskeban.analyse_day('2024-09-04');
SELECT liskeban.analyse_day('2024-09-02'), liskeban.analyse_day('2024-09-03'), liskeban.analyse_day('2024-09-04');
SELECT day, analysed_at, settled FROM liskeban.analysed_day ORDER BY day;
SELECT * FROM liskeban.flow('2024-09-01', '2024-09-30');
SET liskeban.now = '2024-10-20 09:00+08';
SELECT * FROM liskeban.flow('2024-09-04', '2024-10-04') WHERE day IN ('2024-09-04', '2024-09-05', '2024-09-08', '2024-09-09', '2024-10-01', '2024-10-02');

-- what is recorded late stands on its own day, and on the days it was open, and nowhere else
CREATE TEMP TABLE before AS SELECT * FROM liskeban.flow('2024-09-01', '2024-10-10');
SELECT created FROM liskeban.load_history('hotline_12345', ARRAY[jsonb_build_object('external_id', 'h', 'category', 'ebike_charging',
  'lon', 119.02, 'lat', 31.65, 'reported_at', '2024-09-03T08:00:00+08:00', 'resolved_at', '2024-09-05T08:00:00+08:00', 'closed_at', '2024-09-05T09:00:00+08:00')]);
SELECT liskeban.analyse_day('2024-09-03');
SELECT f.day, f.received - b.received AS received, f.resolved - b.resolved AS resolved, f.closed - b.closed AS closed,
       f.open_end - b.open_end AS open_end, f.overdue_open - b.overdue_open AS overdue_open, f.open_1 - b.open_1 AS open_1, f.open_3 - b.open_3 AS open_3
FROM liskeban.flow('2024-09-01', '2024-10-10') f JOIN before b USING (day) WHERE f::text <> b::text ORDER BY 1;

-- flow and kpi count the same
SELECT k.received = f.received AS received FROM liskeban.kpi('2024-09-01', '2024-10-10', 'district') k,
  (SELECT sum(received) AS received FROM liskeban.flow('2024-09-01', '2024-10-10')) f;
SELECT sum(received) FILTER (WHERE kind = 'demand') AS demands, sum(received) AS all_kinds, sum(opened) - sum(ended) AS open FROM liskeban.stat_daily;

-- errors
SELECT liskeban.analyse_day(NULL);
SELECT liskeban.analyse_day('2024-10-21');
SELECT liskeban.analyse_day('-infinity');
SELECT count(*) FROM liskeban.flow('2024-09-02', '2024-09-01');
SELECT count(*) FROM liskeban.flow(NULL, '2024-09-01');
SELECT count(*) FROM liskeban.flow('-infinity', '2024-09-01');
SELECT count(*) FROM liskeban.flow('2024-10-19', 'infinity');
SELECT count(*) FROM liskeban.flow('2024-10-21', '2024-10-22');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT liskeban.roll_up();
ROLLBACK;

-- what does not add up is named
SELECT * FROM liskeban.check_invariants() WHERE invariant = 'roll-up is recomputation';
BEGIN;
UPDATE liskeban.stat_daily SET received = received + 1 WHERE day = '2024-09-02' AND area::text = '320117001001' AND kind = 'patrol';
DELETE FROM liskeban.flow_daily WHERE day = '2024-09-05' AND closed = 1;
SELECT * FROM liskeban.check_invariants() WHERE invariant = 'roll-up is recomputation' ORDER BY problem;
ROLLBACK;

-- for BI
SELECT stat_daily_key, area_name, town, town_name, domain, source_name_en, received FROM liskeban_report.stat_daily
WHERE day = '2024-09-02' ORDER BY stat_daily_key;
SET ROLE liskeban_analyst;
SELECT sum(received) FROM liskeban_report.stat_daily;
SELECT sum(received) FROM liskeban.flow('2024-09-01', '2024-10-10');
SELECT liskeban.roll_up();
RESET ROLE;
SET ROLE liskeban_job;
SELECT liskeban.analyse_day('2024-09-03');
RESET ROLE;
\c postgres
DROP DATABASE regress_liskeban_roll_up;
