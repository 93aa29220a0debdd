-- What else lies, lives and runs in areas that are redrawn follows them: every table that has an area code is told of here.
CREATE DATABASE regress_liskeban_redraw_rooms TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
ALTER DATABASE regress_liskeban_redraw_rooms SET liskeban.identity_key_file = 'redraw_rooms_test.key';
\c regress_liskeban_redraw_rooms
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
SET liskeban.now = '2024-09-16 08:00:00+08';
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
\set VERBOSITY terse
\getenv srcdir PG_ABS_SRCDIR
\set district :srcdir '/data/guard_district.sql'
\set people :srcdir '/data/people.sql'
\set ECHO none
\i :district
ALTER FUNCTION code(text, text) RENAME TO code_as;
\i :people
\set ECHO all
SELECT liskeban.make_identity_key();

-- Each column that holds an area code, whether redraw_area() moves it, and why: a new one belongs here, and into
-- _redraw_registry() or _redraw_places() if it moves.
CREATE TABLE told (relation text, attribute text, moves boolean, why text);
INSERT INTO told VALUES
  ('area', 'code', false, 'the register itself: codes end and begin, and are never used again'),
  ('area_redraw', 'default_area', false, 'the record of the redrawing'), ('area_succession', 'predecessor', false, 'the same'), ('area_succession', 'successor', false, 'the same'),
  ('archived_day', 'area', false, 'figures of days that are over'), ('stat_daily', 'area', false, 'the same'), ('flow_daily', 'town', false, 'the same'), ('flow_monthly', 'town', false, 'the same'),
  ('ticket_fact', 'area', false, 'what tickets were, event by event; follows them'), ('ticket_fact', 'responsible_area', false, 'the same'), ('whistle_fact', 'area', false, 'the same'), ('whistle_fact', 'responsible_area', false, 'the same'),
  ('observation', 'area', false, 'what was measured there that day'), ('signal', 'area', false, 'what was found that day'), ('risk_item', 'area', false, 'follows its signals, and closes when none comes; its directive and its ticket move'),
  ('platform', 'district', false, 'one database, one district'), ('worklist', 'area', false, 'kept by the ticket'), ('worklist', 'responsible_area', false, 'the same'),
  ('camera', 'area', true, 'lies where it lies'), ('flood_point', 'area', true, 'the same'), ('supply_depot', 'area', true, 'the same'), ('service_point', 'area', true, 'the same'), ('hazard_object', 'area', true, 'the same, else the heir'),
  ('hazard', 'area', true, 'its ticket''s while it is open'), ('resident', 'area', true, 'the heir, until it is said anew'), ('entitlement', 'area', true, 'the resident''s while it holds'), ('emergency', 'area', true, 'runs on in each'), ('weather', 'area', true, 'warnings and forecasts that have not run out hold in each'),
  ('department', 'area', true, 'the heir'), ('directive_target', 'area', true, 'the heir, while it is to be done'), ('directive_target', 'within', true, 'the same'), ('dispatch_rule', 'area', true, 'a rule for each'), ('dispatch_rule', 'responsible_area', true, 'the heir'),
  ('duty', 'area', true, 'in each'), ('grid_member', 'area', true, 'in each'), ('membership', 'area', true, 'in each'), ('official', 'area', true, 'in each'), ('party', 'area', true, 'where the ticket lies, while it is to be done'),
  ('supervision', 'area', true, 'the same'), ('ticket', 'area', true, 'where it lies, while it is open'), ('ticket', 'responsible_area', true, 'the same'), ('whistle', 'from_area', true, 'where the ticket lies, while it is open');
SELECT coalesce(t.relation, c.relation) AS relation, coalesce(t.attribute, c.attribute) AS attribute, CASE WHEN t.relation IS NULL THEN 'is not told of here' ELSE 'is no more' END AS problem
  FROM told AS t
  FULL JOIN (SELECT k.relname::text AS relation, a.attname::text AS attribute FROM pg_attribute AS a JOIN pg_class AS k ON k.oid = a.attrelid
              WHERE k.relnamespace = 'liskeban'::regnamespace AND k.relkind IN ('r', 'p') AND NOT k.relispartition AND a.attnum > 0 AND NOT a.attisdropped
                AND a.atttypid IN ('liskeban.area_code'::regtype, 'liskeban.area_code[]'::regtype)) AS c ON (c.relation, c.attribute) = (t.relation, t.attribute)
 WHERE t.relation IS NULL OR c.relation IS NULL ORDER BY 1, 2;

CREATE FUNCTION spot(x float8, y float8) RETURNS geometry LANGUAGE sql IMMUTABLE AS $$ SELECT ST_SetSRID(ST_MakePoint(x, y), 4490) $$;
INSERT INTO liskeban.camera (code, name, kind, geom) VALUES ('south', 's', 'road', spot(119.02, 31.01)), ('north', 'n', 'road', spot(119.02, 31.04)), ('retired', 'r', 'road', spot(119.02, 31.04));
INSERT INTO liskeban.flood_point (code, name, geom) VALUES ('south', 's', spot(119.02, 31.01)), ('north', 'n', spot(119.02, 31.04));
INSERT INTO liskeban.supply_depot (code, name, geom) VALUES ('south', 's', spot(119.02, 31.01)), ('north', 'n', spot(119.02, 31.04));
INSERT INTO liskeban.service_point (name, geom) VALUES ('south', spot(119.02, 31.01)), ('north', spot(119.02, 31.04));
UPDATE liskeban.camera SET retired_at = liskeban.liskeban_now() WHERE code = 'retired';
INSERT INTO liskeban.hazard_object (chain, code, name, geom, area) VALUES ('gas', 'south', 's', spot(119.02, 31.01), NULL), ('gas', 'north', 'n', spot(119.02, 31.04), NULL), ('gas', 'nowhere', 'x', NULL, '320117001001'), ('gas', 'else', 'e', spot(119.08, 31.01), '320117001001');
SELECT later('1 minute') IS NOT NULL;
INSERT INTO liskeban.ticket (source, external_id, category, title, geom) VALUES ('hotline_12345', 'h1', 'general', 'h', spot(119.02, 31.04)), ('hotline_12345', 'h2', 'general', 'h', spot(119.02, 31.04));
INSERT INTO liskeban.hazard (ticket_id, chain, severity, steps, source, area, opened_at) SELECT ticket_id, 'gas', 'general', '{}', 'gas_iot', area, liskeban.liskeban_now() FROM liskeban.ticket ORDER BY ticket_id;
UPDATE liskeban.hazard SET closed_at = liskeban.liskeban_now(), outcome = 'rejected' WHERE ticket_id = (SELECT max(ticket_id) FROM liskeban.ticket);
SELECT say(1, '{"birth_date": "1940-01-01", "local_register": true, "home_area": "320117001001"}'), say(2, '{"birth_date": "1940-01-01", "local_register": true, "home_area": "320117001002"}'), say(3, '{"birth_date": "2007-01-01", "orphan": true, "home_area": "320117001001"}');
SELECT entitled, lapsed FROM liskeban.match_policies();
SELECT say(3, '{"orphan": false}'), (SELECT lapsed FROM liskeban.match_policies()) AS lapsed;
SELECT local(liskeban.liskeban_now()) AS now;
INSERT INTO liskeban.weather (kind, phenomenon, area, begins_at, ends_at, issued_at, colour, value) VALUES
  ('warning', 'rainstorm', '320117001001', '2024-09-16 07:00+08', NULL, '2024-09-16 07:00+08', 'blue', NULL), ('warning', 'rainstorm', '320117001001', '2024-09-16 07:30+08', NULL, '2024-09-16 07:30+08', 'red', NULL),
  ('warning', 'gale', '320117001001', '2024-09-16 07:00+08', '2024-09-16 07:30+08', '2024-09-16 07:00+08', 'blue', NULL), ('warning', 'rainstorm', '320117001002', '2024-09-16 07:40+08', NULL, '2024-09-16 07:40+08', 'yellow', NULL),
  ('forecast', 'rain', '320117001001', '2024-09-16 12:00+08', '2024-09-16 18:00+08', '2024-09-16 07:00+08', NULL, 30), ('observed', 'rain', '320117001001', '2024-09-16 06:00+08', '2024-09-16 07:00+08', '2024-09-16 07:00+08', NULL, 12);
INSERT INTO liskeban.emergency_sla (kind, category, clock, within) SELECT 'snow', 'general', s.clock, s.within FROM liskeban.emergency_sla AS s WHERE s.kind = 'typhoon' LIMIT 1;
SELECT act('chief', $$SELECT liskeban.declare_emergency('typhoon', 'II', '320117001001')$$), act('chief', $$SELECT liskeban.declare_emergency('snow', 'IV', '320117001001', '2024-09-20', '2024-09-21')$$),
  act('chief', $$SELECT liskeban.declare_emergency('typhoon', 'III', '320117001002')$$), act('chief', $$SELECT liskeban.declare_emergency('flood', 'I', '320117001')$$), act('chief', $$SELECT liskeban.declare_emergency('gale', 'I', '320117001001')$$);
SELECT act('chief', format('SELECT liskeban.end_emergency(%s)', max(emergency_id))) FROM liskeban.emergency;
CREATE FUNCTION lie() RETURNS TABLE (what text, item text, area text) LANGUAGE sql STABLE AS $$
  SELECT * FROM (SELECT 'camera', code, area::text FROM liskeban.camera UNION ALL SELECT 'flood point', code, area::text FROM liskeban.flood_point UNION ALL SELECT 'depot', code, area::text FROM liskeban.supply_depot
   UNION ALL SELECT 'service point', name, area::text FROM liskeban.service_point UNION ALL SELECT 'hazard object', code, area::text FROM liskeban.hazard_object
   UNION ALL SELECT 'hazard', CASE WHEN closed_at IS NULL THEN 'open' ELSE 'closed' END, area::text FROM liskeban.hazard UNION ALL SELECT 'resident', facts ->> 'home_area', area::text FROM liskeban.resident
   UNION ALL SELECT 'entitlement', policy || CASE WHEN until IS NULL THEN '' ELSE ', lapsed' END, area::text FROM liskeban.entitlement) AS l(what, item, area) ORDER BY 1, 2, 3 $$;
CREATE FUNCTION warned() RETURNS TABLE (phenomenon text, colour text, area text, issued_at text) LANGUAGE sql STABLE AS $$
  SELECT phenomenon, colour, area, local(issued_at) FROM liskeban_report.weather_warning ORDER BY 1, 3 $$;
CREATE FUNCTION runs() RETURNS TABLE (kind text, level text, area text, begins_at text, ends_at text, ended_by text) LANGUAGE sql STABLE AS $$
  SELECT kind, level, area::text, local(begins_at), local(ends_at), ended_by FROM liskeban.emergency ORDER BY 1, 3, 4, emergency_id $$;
CREATE TABLE dues AS SELECT t.ticket_id, t.resolve_due, t.emergency FROM liskeban.ticket AS t;
SELECT * FROM lie();

-- A split: the south goes on, the north is another
SELECT later('1 hour') IS NOT NULL;
INSERT INTO liskeban.area (code, name, geom, valid_from) VALUES ('320117001003', 'T1 V3, the north of V1', ST_MakeEnvelope(119, 31.03, 119.05, 31.05, 4490), 'infinity');
UPDATE liskeban.area SET geom = ST_MakeEnvelope(119, 31, 119.05, 31.03, 4490) WHERE code::text = '320117001001';
SELECT act('chief', $$SELECT liskeban.redraw_area('{320117001001}', '{320117001001,320117001003}')$$);
SELECT * FROM lie();
SELECT * FROM warned();
SELECT * FROM runs();
SELECT kind, phenomenon, area, count(*) FROM liskeban.weather WHERE kind <> 'warning' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT count(*) AS moved_clocks FROM dues AS d JOIN liskeban.ticket AS t USING (ticket_id) WHERE (t.resolve_due, t.emergency) IS DISTINCT FROM (d.resolve_due, d.emergency);

-- What would be nowhere
SELECT later('1 hour') IS NOT NULL;
INSERT INTO liskeban.area (code, name, geom, valid_from) VALUES ('320117001004', 'west', ST_MakeEnvelope(119, 31, 119.02, 31.03, 4490), 'infinity'), ('320117001005', 'east', ST_MakeEnvelope(119.02, 31, 119.05, 31.03, 4490), 'infinity');
SELECT try($$SELECT liskeban.redraw_area('{320117001001}', '{320117001004,320117001005}')$$, 'chief') AS objects;
UPDATE liskeban.hazard_object SET retired_at = liskeban.liskeban_now() WHERE code IN ('nowhere', 'else');
SELECT regexp_replace(try($$SELECT liskeban.redraw_area('{320117001001}', '{320117001004,320117001005}')$$, 'chief'), '[0-9]{15}', '…') AS residents;
SELECT act('chief', $$SELECT liskeban.redraw_area('{320117001001}', '{320117001004,320117001005}', NULL, '320117001005')$$);
SELECT * FROM lie() WHERE what IN ('camera', 'hazard object', 'resident', 'entitlement');
SELECT * FROM warned();
SELECT * FROM runs() WHERE kind IN ('typhoon', 'snow');
-- a department that goes on saying the old code moves nobody, and the new one does
SELECT say(1, '{"home_area": "320117001001", "sex": "1"}'), say(1, '{"birth_date": "1940-01-02"}');
SELECT entitled, lapsed FROM liskeban.match_policies();
SELECT * FROM lie() WHERE what IN ('resident', 'entitlement');
SELECT say(1, '{"home_area": "320117001004"}'), (SELECT lapsed FROM liskeban.match_policies()) AS lapsed;
SELECT * FROM lie() WHERE what IN ('resident', 'entitlement');
UPDATE liskeban.attribute_trust SET rank = 9 WHERE attribute = 'home_area' AND source = 'public_security';
SELECT entitled, lapsed FROM liskeban.match_policies();

-- A merger: where two typhoons meet the graver goes on, where two warnings the later
SELECT later('1 hour') IS NOT NULL;
UPDATE liskeban.area SET geom = ST_MakeEnvelope(119, 31, 119.05, 31.1, 4490) WHERE code::text = '320117001002';
SELECT act('chief', $$SELECT liskeban.redraw_area('{320117001003,320117001004,320117001005,320117001002}', '{320117001002}')$$);
SELECT DISTINCT what, area FROM lie() ORDER BY 1, 2;
SELECT * FROM warned();
SELECT * FROM runs();
SELECT count(*) AS open_nowhere FROM liskeban.worklist AS w JOIN liskeban.area AS a ON a.code IN (w.area, w.responsible_area) WHERE a.valid_to IS NOT NULL;
-- the town, and all of it in one transaction
SELECT later('1 hour') IS NOT NULL;
INSERT INTO liskeban.area (code, name, geom, valid_from) VALUES ('320117009', 'T9', ST_MakeEnvelope(119, 31, 119.05, 31.1, 4490), 'infinity'), ('320117009001', 'T9 V1', ST_MakeEnvelope(119, 31, 119.05, 31.1, 4490), 'infinity');
BEGIN;
SELECT act('chief', $$SELECT liskeban.redraw_area('{320117001002}', '{320117009001}')$$);
SELECT act('chief', $$SELECT liskeban.redraw_area('{320117001}', '{320117009}')$$);
COMMIT;
SELECT DISTINCT what, area FROM lie() ORDER BY 1, 2;
SELECT * FROM runs() WHERE ends_at IS NULL OR kind = 'snow';
SELECT * FROM warned();
SELECT liskeban.sweep() >= 0;
SELECT * FROM liskeban.check_invariants();
SELECT * FROM liskeban.verify_history();
\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_liskeban_redraw_rooms;
