-- Areas split, merged and renamed while tickets are open: what is open follows, what is over stays under the code of then.
CREATE DATABASE regress_liskeban_redraw TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_redraw
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
SET liskeban.now = '2024-09-16 08:00:00+08';
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
\getenv srcdir PG_ABS_SRCDIR
\set district :srcdir '/data/guard_district.sql'
\set ECHO none
\i :district
\set ECHO all
-- where tickets stand, by what they are called
CREATE TABLE named (name text PRIMARY KEY, id bigint);
CREATE FUNCTION stands() RETURNS TABLE (name text, state liskeban.ticket_state, area text, placement liskeban.placement, held_by text, tier liskeban.tier)
LANGUAGE sql STABLE AS $$
  SELECT n.name, t.state, t.area::text, t.placement, coalesce(t.responsible_area::text, t.department), t.tier
    FROM named n JOIN liskeban.ticket t ON t.ticket_id = n.id ORDER BY n.name COLLATE "C" $$;
CREATE FUNCTION put(name text, geom geometry, holder text DEFAULT NULL, tail text DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE id bigint;
BEGIN
  PERFORM later('1 minute');
  INSERT INTO liskeban.ticket (source, category, title, geom) VALUES ('hotline_12345', 'general', put.name, put.geom) RETURNING ticket_id INTO id;
  INSERT INTO named VALUES (put.name, id);
  IF holder IS NOT NULL THEN
    PERFORM act('desk', format('SELECT liskeban.accept(%s)', id));
    PERFORM act('desk', format('SELECT liskeban.dispatch(%s, %L)', id, holder));
  END IF;
  IF tail IS NOT NULL THEN
    PERFORM act('chief', replace(tail, '#', id::text));
  END IF;
  RETURN id;
END $$;
CREATE FUNCTION id(name text) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT n.id FROM named n WHERE n.name = id.name $$;
CREATE FUNCTION spot(x float8, y float8) RETURNS geometry LANGUAGE sql IMMUTABLE AS $$ SELECT ST_SetSRID(ST_MakePoint(x, y), 4490) $$;
-- people, and rules
INSERT INTO liskeban.grid_member (area, network, person, phone, police, begins_at, ends_at) VALUES
  ('320117001001', 'governance', '张三', '139', false, '2024-01-01', NULL), ('320117001001', 'service', '张三', '139', false, '2024-03-01', NULL),
  ('320117001001', 'safety', '李警', NULL, true, '2024-01-01', NULL), ('320117001001', 'party', '王五', NULL, false, '2024-01-01', '2024-08-01'),
  ('320117001002', 'governance', '张三', '139', false, '2024-01-01', NULL), ('320117001001', 'party', '赵六', NULL, false, '2025-01-01', NULL);
INSERT INTO liskeban.duty (area, person, begins_at, ends_at) VALUES ('320117001001', '值甲', '2024-09-16', '2024-10-01'), ('320117002002', '值乙', '2024-09-01', '2024-09-02');
INSERT INTO liskeban.official (role_name, name, title, tier, area) VALUES ('v1', '张书记', '村书记', 'village', '320117001001');
INSERT INTO liskeban.department (code, name, level, area) VALUES ('office', '一号镇办', 'town', '320117001');
INSERT INTO liskeban.dispatch_rule (priority, category, area, responsible_area) VALUES (10, 'simple', '320117001001', '320117001001');
INSERT INTO liskeban.dispatch_rule (priority, category, responsible_area, note) VALUES (20, 'hardcall', '320117001002', 'to V2');

-- Tickets of every kind: placed and not yet dispatched, dispatched where they lie and elsewhere, without a position, over
SELECT put('a south', spot(119.02, 31.01)) > 0, put('b north', spot(119.02, 31.04)) > 0,
  put('c south, dispatched', spot(119.02, 31.01), '320117001001') > 0, put('d north, dispatched', spot(119.02, 31.04), '320117001001') > 0,
  put('e north, at the town', spot(119.02, 31.04), '320117001') > 0, put('f north, held by V2', spot(119.02, 31.04), '320117001002') > 0,
  put('g pool, dispatched', NULL, '320117001001') > 0, put('h V2, held by V1', spot(119.02, 31.07), '320117001001') > 0,
  put('i north, answered', spot(119.02, 31.04), NULL, $$SELECT liskeban.answer(#, 'so it is')$$) > 0,
  put('j north, rejected', spot(119.02, 31.04), NULL, $$SELECT liskeban.reject(#, 'unclear', 'say more')$$) > 0,
  put('k north, closed', spot(119.02, 31.04), '320117001001', $$SELECT liskeban.arrive(#)$$) > 0,
  put('l merged into b', spot(119.02, 31.04)) > 0;
SELECT act('chief', format('SELECT liskeban.merge(%s, %s)', id('l merged into b'), id('b north')));
SELECT later('1 minute') IS NOT NULL;
SELECT act('v1', format('SELECT liskeban.resolve(%s, ''done'')', id('k north, closed'))), later('1 minute') IS NOT NULL;
SELECT act('desk', format('UPDATE liskeban.ticket SET state = ''closed'', checked_by = ''desk'' WHERE ticket_id = %s', id('k north, closed')));
-- parties, a whistle, a directive, a supervision
SELECT act('desk', format('SELECT liskeban.add_party(%s, ''320117001001'')', id('f north, held by V2')));
SELECT act('v1', format('SELECT liskeban.blow_whistle(%s, ''too much for us'')', id('d north, dispatched')));
SELECT act('chief', $$SELECT liskeban.issue_directive('巡查', NULL, '{320117001}')$$);
SELECT act('desk', format('SELECT liskeban.supervise(%s, ''order'', ''hurry'')', id('c south, dispatched')));
CREATE TABLE dues AS SELECT t.ticket_id, t.accept_due, t.dispatch_due, t.respond_due, t.plan_due, t.resolve_due, t.feedback_due, t.dispatched_at, t.tier FROM liskeban.ticket t;
CREATE TABLE kpi_before AS SELECT b.by, k.* FROM (VALUES ('town'), ('village'), ('district')) b(by), LATERAL liskeban.kpi('2024-09-16', '2024-09-16', b.by) k;
SELECT liskeban.liskeban_now() AS before \gset
SELECT liskeban.roll_up() IS NOT NULL;

-- What is refused, and with what
INSERT INTO liskeban.area (code, name, geom, valid_from) VALUES
  ('320117001003', 'T1 V3, the north of V1', ST_MakeEnvelope(119, 31.03, 119.05, 31.05, 4490), 'infinity'),
  ('320117001004', 'no outline', NULL, 'infinity'), ('320117001005', 'no outline either', NULL, 'infinity'), ('320117009', 'another town', ST_MakeEnvelope(119, 31, 119.05, 31.1, 4490), 'infinity');
CREATE FUNCTION redraw(old text, new text, rest text DEFAULT '', who text DEFAULT 'chief') RETURNS text LANGUAGE sql AS $$
  SELECT try(format('SELECT liskeban.redraw_area(%L, %L%s)', old, new, rest), who) $$;
SELECT later('1 minute') IS NOT NULL;
SELECT n, redraw(old, new, rest, who) FROM (VALUES
  (1, '{320117001001}', '{320117001003}', '', 'desk'), (2, NULL, '{320117001003}', '', 'chief'), (3, '{320117001001,NULL}', '{320117001003}', '', 'chief'),
  (4, '{}', '{320117001003}', '', 'chief'), (5, '{320117001}', '{320117001003}', '', 'chief'),
  (6, '{320117001001}', '{320117001003}', $$, '2025-01-01'$$, 'chief'), (7, '{320117001001}', '{320117001003}', $$, 'infinity'$$, 'chief'),
  (8, '{320117001001}', '{320117001003}', $$, NULL, '320117001002'$$, 'chief'), (9, '{320117001001}', '{320117001088}', '', 'chief'),
  (10, '{320117001004}', '{320117001003}', '', 'chief'), (11, '{320117001}', '{320117009}', '', 'chief'),
  (12, '{320117001001}', '{320117001004,320117001005}', '', 'chief'), (13, '{320117001001}', '{320117001003,320117001004}', '', 'chief')) v(n, old, new, rest, who) ORDER BY n;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT redraw('{320117001001}', '{320117001001,320117001003}');
ROLLBACK;
SELECT count(*) FROM liskeban.area_redraw;

-- A split: V1 goes on in the south, V3 takes the north. What has no position stays with the code that goes on.
UPDATE liskeban.area SET geom = ST_MakeEnvelope(119, 31, 119.05, 31.03, 4490) WHERE code::text = '320117001001';
SELECT act('chief', $$SELECT liskeban.redraw_area('{320117001001}', '{320117001001,320117001003}')$$);
SELECT redraw_id, valid_from, redrawn_by, default_area, tickets, people, rules FROM liskeban.area_redraw;
SELECT * FROM stands();
-- an event each, by who did it, and no clock moved
SELECT n.name, e.seq, e.action, e.from_state, e.to_state, e.actor, e.note, e.detail FROM named n JOIN liskeban.ticket_event e ON e.ticket_id = n.id
 WHERE e.action = 'recompute' ORDER BY n.name COLLATE "C";
CREATE VIEW moved_clocks AS SELECT d.ticket_id FROM dues d JOIN liskeban.ticket t USING (ticket_id)
 WHERE (d.accept_due, d.dispatch_due, d.respond_due, d.plan_due, d.resolve_due, d.feedback_due, d.dispatched_at, d.tier)
       IS DISTINCT FROM (t.accept_due, t.dispatch_due, t.respond_due, t.plan_due, t.resolve_due, t.feedback_due, t.dispatched_at, t.tier);
SELECT count(*) FROM moved_clocks;
-- what hangs on them
SELECT n.name, p.area, p.role, p.done_at IS NULL AS open FROM liskeban.party p JOIN named n ON n.id = p.ticket_id ORDER BY n.name COLLATE "C", p.party_id;
SELECT n.name, w.from_area, w.to_tier FROM liskeban.whistle w JOIN named n ON n.id = w.ticket_id;
SELECT d.area, d.within, d.done_at FROM liskeban.directive_target d ORDER BY 1;
SELECT n.name, s.area FROM liskeban.supervision s JOIN named n ON n.id = s.ticket_id WHERE s.issued_by <> 'platform' ORDER BY 1;
-- who served V1 serves V3 too
SELECT area, network, person, police, local(begins_at), local(ends_at) FROM liskeban.grid_member ORDER BY area, network, person, begins_at;
SELECT area, person, local(begins_at), local(ends_at) FROM liskeban.duty ORDER BY area, person, begins_at;
SELECT role_name, duty, area, retired_at IS NULL AS in_force FROM liskeban.membership WHERE area::text LIKE '320117001%' ORDER BY 1, 3;
SELECT name, area, retired_at IS NULL AS in_office FROM liskeban.official ORDER BY 2;
SELECT priority, area, responsible_area, note, retired_at IS NULL AS in_force FROM liskeban.dispatch_rule ORDER BY rule_id;
-- the holder that was is sent to no more, new tickets are placed anew, and the history before reads as it did
SELECT liskeban.place(spot(119.02, 31.04)), liskeban.place(spot(119.02, 31.01));
CREATE FUNCTION kpi_differs(as_of timestamptz) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  SELECT format('%s %s', b.by, coalesce(k.key, x.key)) FROM (VALUES ('town'), ('village'), ('district')) b(by)
   CROSS JOIN LATERAL (SELECT * FROM liskeban.kpi('2024-09-16', '2024-09-16', b.by, as_of)) k
    FULL JOIN kpi_before x ON (x.by, x.key) = (b.by, k.key)
   WHERE k.key IS NULL OR x.key IS NULL OR (to_jsonb(k) - 'settled') <> (to_jsonb(x) - 'by' - 'settled') ORDER BY 1 $$;
SELECT kpi_differs(:'before');
SELECT DISTINCT split_part(d, ' ', 1) AS differs_now FROM kpi_differs(NULL) d ORDER BY 1;
SELECT liskeban.roll_up() IS NOT NULL;
SELECT kpi_differs(:'before');
SELECT key, received FROM liskeban.kpi('2024-09-16', '2024-09-16', 'village') ORDER BY 1;

-- What was over follows when it is opened again
SELECT later('1 hour') IS NOT NULL;
INSERT INTO liskeban.area (code, name, geom, valid_from) VALUES ('320117001011', 'T1 V1 renamed', ST_MakeEnvelope(119, 31, 119.05, 31.03, 4490), 'infinity');
-- A rename, from half an hour ago, with everything: the code is another
SELECT act('chief', format($$SELECT liskeban.redraw_area('{320117001001}', '{320117001011}', %L)$$, liskeban.liskeban_now() - interval '30 minutes'));
SELECT code, valid_from, valid_to FROM liskeban.area WHERE code::text LIKE '3201170010%' ORDER BY code;
SELECT * FROM stands() WHERE name ~ '^[acghk]';
SELECT liskeban.successor_area('320117001001') AS renamed, liskeban.successor_area('320117001003') AS itself, liskeban.successor_area('320117001004') AS not_yet, liskeban.successor_area('320117001077') AS unknown;
SELECT code($$SELECT liskeban.redispatch($$ || id('c south, dispatched') || $$, '320117001001', NULL, 'why')$$, 'desk') AS ended, redraw('{320117001001}', '{320117001003}') AS twice;
-- V3 and the renamed one become one again, which is V2's: a merger into what is there
SELECT act('v2', format('SELECT liskeban.arrive(%s)', id('f north, held by V2')));
SELECT act('desk', format('SELECT liskeban.add_party(%s, ''320117001011'')', id('f north, held by V2')));
UPDATE liskeban.area SET geom = ST_MakeEnvelope(119, 31, 119.05, 31.1, 4490) WHERE code::text = '320117001002';
SELECT act('chief', $$SELECT liskeban.redraw_area('{320117001003,320117001011,320117001002}', '{320117001002}')$$);
SELECT redraw_id - 320117000000000 AS redraw, default_area, tickets, people, rules FROM liskeban.area_redraw ORDER BY 1;
SELECT * FROM stands();
SELECT n.name, p.area, p.role, p.done_at IS NULL AS open, p.note FROM liskeban.party p JOIN named n ON n.id = p.ticket_id ORDER BY n.name COLLATE "C", p.party_id;
SELECT d.area, d.within, d.reply, d.done_by FROM liskeban.directive_target d ORDER BY target_id;
SELECT role_name, area FROM liskeban.membership WHERE area::text LIKE '320117001%' AND retired_at IS NULL ORDER BY 1, 2;
SELECT * FROM liskeban.serving_at('320117001002');
SELECT * FROM liskeban.serving_at('320117001001', '2024-07-01');
-- opened again: the closed one, the rejected one, the merged one
SELECT granted(id('k north, closed'), 'reopen', NULL, 'desk2');
SELECT act('desk', format('SELECT liskeban.reopen(%s, ''again'')', id('k north, closed')));
SELECT act('desk', format('UPDATE liskeban.ticket SET state = ''accepted'', note = ''it was clear'' WHERE ticket_id = %s', id('j north, rejected')));
SELECT act('desk', format('SELECT liskeban.unmerge(%s, ''not the same'')', id('l merged into b')));
SELECT * FROM stands() WHERE name ~ '^[jkl]';
-- the whistle hands back to who is there now
SELECT act('chief', format('SELECT liskeban.decline_whistle(%s, ''yours'')', w.whistle_id)) FROM liskeban.whistle w;
SELECT * FROM stands() WHERE name ~ '^d';

-- A town, with what lies in it, in one transaction; its office and its directive go along
INSERT INTO liskeban.area (code, name, geom, valid_from) VALUES ('320117009001', 'the one village', ST_MakeEnvelope(119, 31, 119.05, 31.1, 4490), 'infinity');
SELECT later('1 hour') IS NOT NULL;
BEGIN;
SELECT act('chief', $$SELECT liskeban.redraw_area('{320117001002}', '{320117009001}')$$);
SELECT act('chief', $$SELECT liskeban.redraw_area('{320117001}', '{320117009}')$$);
COMMIT;
SELECT * FROM stands();
SELECT code, area FROM liskeban.department WHERE code = 'office';
SELECT d.area, d.within FROM liskeban.directive_target d WHERE d.done_at IS NULL ORDER BY target_id;
SELECT liskeban.successor_area('320117001003'), liskeban.successor_area('320117001');
SELECT kpi_differs(:'before');

-- Nothing is out of joint
SELECT count(*) AS open_nowhere FROM liskeban.worklist w WHERE NOT EXISTS (SELECT FROM liskeban.area a WHERE a.code = w.responsible_area AND a.valid_to IS NULL) AND w.responsible_area IS NOT NULL
   OR w.area IS NOT NULL AND NOT EXISTS (SELECT FROM liskeban.area a WHERE a.code = w.area AND a.valid_to IS NULL);
SELECT liskeban.roll_up() IS NOT NULL;
SELECT * FROM liskeban.check_invariants();
SELECT * FROM liskeban.verify_history();
SELECT * FROM liskeban.area_problem;
SELECT code('DELETE FROM liskeban.area_redraw'), code('TRUNCATE liskeban.area_succession'), code('UPDATE liskeban.area_succession SET heir = false');
\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_liskeban_redraw;
