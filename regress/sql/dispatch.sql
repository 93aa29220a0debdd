-- Whom a ticket goes to: rules, the category's lead, who is on duty, and no way back.
CREATE DATABASE regress_liskeban_dispatch TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_dispatch
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
INSERT INTO liskeban.category (code, name, domain, difficulty, lead) VALUES ('town', 'general, a town leads', 'livelihood', 'general', 'town');
INSERT INTO liskeban.category (code, name, domain, difficulty, lead, about_staff) VALUES ('staff', 'about staff', 'livelihood', 'general', 'village', true);
INSERT INTO liskeban.department (code, name) VALUES ('parks', 'parks');
-- what became of a ticket
CREATE FUNCTION went(id bigint) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', t.state, t.responsible_area, t.department, t.tier) FROM liskeban.ticket t WHERE t.ticket_id = id $$;
-- a new ticket, with words, accepted by the desk
CREATE FUNCTION accepted(category text, title text DEFAULT 'a matter', source text DEFAULT 'hotline_12345', kind liskeban.ticket_kind DEFAULT 'demand', geom geometry DEFAULT here()) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE id bigint;
BEGIN
  INSERT INTO liskeban.ticket (source, category, title, kind, geom) VALUES (accepted.source, accepted.category, accepted.title, accepted.kind, accepted.geom) RETURNING ticket_id INTO id;
  PERFORM act('desk', format('UPDATE liskeban.ticket SET state = ''accepted'' WHERE ticket_id = %s', id));
  RETURN id;
END $$;
CREATE FUNCTION does(identity text, id bigint, change text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  PERFORM later('1 minute');
  PERFORM act(identity, format('UPDATE liskeban.ticket SET %s WHERE ticket_id = %s', change, id));
END $$;
CREATE FUNCTION up(id bigint, change text, identity text DEFAULT 'desk') RETURNS text LANGUAGE sql AS $$
  SELECT try(format('UPDATE liskeban.ticket SET %s WHERE ticket_id = %s', change, id), identity) $$;

-- No rules: it stays where the desk accepted it. One that names nothing: the category's lead.
SELECT went(accepted('general'));
INSERT INTO liskeban.dispatch_rule (priority) VALUES (90);
SELECT c AS category, went(accepted(c)) FROM unnest('{general,town,bureau,staff,uncategorised}'::text[]) c ORDER BY c;
-- nothing to go by in the pool
SELECT went(accepted('general', geom => NULL)) AS pool, went(accepted('bureau', geom => NULL)) AS pool_of_a_department;
-- What a rule may ask for, each alone; the lowest priority first, then the lower number
INSERT INTO liskeban.dispatch_rule (priority, category, department, note) VALUES (50, 'general', 'parks', 'parks do it');
INSERT INTO liskeban.dispatch_rule (priority, domain, department) VALUES (40, 'ecology', 'parks');
INSERT INTO liskeban.dispatch_rule (priority, area, responsible_area) VALUES (30, '320117002', '320117002002');
INSERT INTO liskeban.dispatch_rule (priority, source, responsible_area, department) VALUES (20, 'web_message', '320117001', 'data');
INSERT INTO liskeban.dispatch_rule (priority, kind, responsible_area) VALUES (10, 'hazard', '320117');
INSERT INTO liskeban.dispatch_rule (priority, words, responsible_area) VALUES (5, '{漏水,ＧＡＳ}', '320117001002'), (5, '{漏水}', '320117002');
SELECT what, went(id) FROM (VALUES
  (1, 'category', accepted('general')), (2, 'domain', accepted('hard')), (3, 'area', accepted('call', geom => ST_SetSRID(ST_MakePoint(119.08, 31.02), 4490))),
  (4, 'source', accepted('call', source => 'web_message')), (5, 'kind', accepted('call', kind => 'hazard')), (6, 'words', accepted('call', '楼上漏水了')),
  (7, 'words, however written', accepted('call', 'smell of gas')), (8, 'not across a stop', accepted('call', '屋漏，水大')), (9, 'none of these', accepted('call')),
  (10, 'in the pool', accepted('general', geom => NULL))) v (n, what, id) ORDER BY n;
-- The platform does it, at once, and says by which rule
SELECT accepted('general') AS id \gset
SELECT seq, at, action, moved, actor, note FROM history(:id);
-- whoever accepts, also from rejected; not where somebody was named, and not what was returned
SELECT report('general') AS a, report('general') AS b, make('rejected', 'general') AS c, report('general') AS d \gset
SELECT act('desk', format('SELECT liskeban.accept(%s)', :a)), does('desk', :b, $$state = 'accepted', responsible_area = '320117002'$$), does('desk', :c, $$state = 'accepted', note = 'after all'$$), does('chief', :d, $$state = 'accepted', note = 'mine'$$);
SELECT went(:a) AS by_function, went(:b) AS named, went(:c) AS rejected_before, went(:d) AS by_an_admin;
SELECT granted(:a, 'return', NULL, 'chief'), does('desk', :a, $$state = 'accepted', note = 'not theirs'$$);
SELECT went(:a) AS returned;
-- In bulk: many at once
INSERT INTO liskeban.ticket (source, category, title, geom) SELECT 'hotline_12345', CASE WHEN n % 2 = 0 THEN 'general' ELSE 'hard' END, 'many', here() FROM generate_series(1, 100) n;
SELECT act('desk', 'UPDATE liskeban.ticket SET state = ''accepted'' WHERE title = ''many''');
SELECT t.category, went(t.ticket_id), count(*), count(DISTINCT e.note) AS notes FROM liskeban.ticket t JOIN liskeban.ticket_event e ON e.ticket_id = t.ticket_id AND e.action = 'dispatch' WHERE title = 'many' GROUP BY 1, 2 ORDER BY 1;
-- One by one: of a confidential one one rung up, whoever the rule names
INSERT INTO liskeban.ticket (source, category, title, geom, confidential) VALUES ('hotline_12345', 'call', '漏水', here(), true) RETURNING ticket_id AS id \gset
SELECT act('desk', format('SELECT liskeban.accept(%s)', :id)), went(:id);

-- A rule whose target is gone is passed over and reported, until it is mended
CREATE FUNCTION alarms() RETURNS TABLE (subject text, at text, over text, detail text) LANGUAGE sql AS $$
  SELECT p.subject, local(p.at), local(p.resolved_at), p.detail FROM liskeban.platform_alarm p WHERE p.kind = 'dispatch_rule' ORDER BY p.platform_alarm_id $$;
SELECT at('2024-09-17 09:00');
UPDATE liskeban.department SET retired_at = liskeban.liskeban_now() WHERE code = 'parks';
UPDATE liskeban.area SET valid_to = '2024-09-17 09:30+08' WHERE code::text = '320117001002';
SELECT * FROM alarms();
SELECT went(accepted('general')) AS lead, went(accepted('call', '漏水')) AS still_in_force;
SELECT at('2024-09-17 09:31');
SELECT went(accepted('call', '漏水')) AS the_next_rule;
-- the minute's job sees what time alone does
SELECT liskeban.check_platform();
SELECT liskeban.check_platform();
SELECT * FROM alarms();
SELECT at('2024-09-17 10:00');
UPDATE liskeban.department SET retired_at = NULL WHERE code = 'parks';
UPDATE liskeban.dispatch_rule SET retired_at = liskeban.liskeban_now() WHERE words @> '{ＧＡＳ}';
SELECT * FROM alarms();
SELECT went(accepted('general')) AS mended;
UPDATE liskeban.area SET valid_to = NULL WHERE code::text = '320117001002';
-- a registry: kept, not for everybody, and what makes no sense is refused
SELECT code('DELETE FROM liskeban.dispatch_rule') AS deleted, code('TRUNCATE liskeban.dispatch_rule') AS truncated, code($$INSERT INTO liskeban.dispatch_rule (words) VALUES ('{}')$$) AS no_words,
  code($$INSERT INTO liskeban.dispatch_rule (words) VALUES ('{a,NULL}')$$) AS null_word, code($$INSERT INTO liskeban.dispatch_rule (category) VALUES ('nosuch')$$) AS no_category;
SELECT g, has_table_privilege(g, 'liskeban.dispatch_rule', 'SELECT') AS reads, has_table_privilege(g, 'liskeban.dispatch_rule', 'INSERT, UPDATE') AS writes, has_table_privilege(g, 'liskeban.dispatch_rule', 'DELETE') AS deletes
FROM unnest('{liskeban_admin,liskeban_dispatcher,liskeban_handler,liskeban_source,liskeban_analyst}'::text[]) g;
UPDATE liskeban.dispatch_rule SET retired_at = liskeban.liskeban_now() WHERE retired_at IS NULL;
SELECT went(accepted('general')) AS none_left;

-- Who is on duty: nothing is known as long as no roster is kept for areas
SELECT at('2024-09-18 09:00');
INSERT INTO liskeban.duty (department, person, begins_at) VALUES ('data', 'd', '2024-01-01');
CREATE FUNCTION by_default(category text, geom geometry DEFAULT here()) RETURNS text LANGUAGE plpgsql AS $$
DECLARE id bigint := accepted(by_default.category, geom => by_default.geom);
BEGIN
  PERFORM act('desk', format('SELECT liskeban.dispatch(%s)', id));
  RETURN went(id);
END $$;
SELECT c AS category, by_default(c) FROM unnest('{general,town,bureau,staff}'::text[]) c ORDER BY c;
-- the village by day, its town in the evening, else the district; a department's own desk is not asked
INSERT INTO liskeban.area (code, name, geom) VALUES ('320117001001001', 'cell', ST_MakeEnvelope(119.01, 31.01, 119.03, 31.03, 4490));
INSERT INTO liskeban.duty (area, person, phone, begins_at, ends_at) VALUES ('320117001001', 'villager', '1', '2024-09-18 09:00+08', '2024-09-18 17:00+08'), ('320117001', 'clerk', '2', '2024-09-18 08:00+08', '2024-09-18 22:00+08'),
  ('320117001001001', 'grid worker', '3', '2024-09-18 10:00+08', '2024-09-18 11:00+08'), ('320117002002', 'elsewhere', '4', '2024-01-01', NULL);
SELECT t AS at, at(t) IS NOT NULL AS ok, by_default('general') AS village_leads, by_default('town') AS town_leads, by_default('bureau') AS department_leads, by_default('staff') AS about_staff
FROM unnest('{2024-09-18 08:59:59,2024-09-18 09:00,2024-09-18 10:00,2024-09-18 11:00,2024-09-18 17:00,2024-09-18 22:00}'::text[]) t;
-- a desk of an area that is no longer in force is none
SELECT at('2024-09-18 10:30');
UPDATE liskeban.area SET valid_to = '2024-09-18 10:30+08' WHERE code::text = '320117001001001';
SELECT by_default('general');
-- where a department is named, the area it lies in may have ended: that was given to nobody
SELECT accepted('general', geom => NULL) AS id \gset
SELECT does('desk', :id, $$responsible_area = '320117002002'$$);
UPDATE liskeban.area SET valid_to = liskeban.liskeban_now() WHERE code::text = '320117002002';
SELECT up(:id, $$state = 'dispatched', department = 'parks', note = 'theirs'$$);
SELECT up(:id, $$state = 'dispatched', responsible_area = '320117001001001', note = 'back'$$);
UPDATE liskeban.area SET valid_to = NULL WHERE code::text = '320117002002';
-- the pool has no default, and what somebody named stands, manned or not
SELECT at('2024-09-18 23:00');
SELECT try(format('SELECT liskeban.dispatch(%s)', accepted('general', geom => NULL)), 'desk') AS pool;
SELECT accepted('general') AS id \gset
SELECT does('desk', :id, $$responsible_area = '320117001002'$$), act('desk', format('SELECT liskeban.dispatch(%s)', :id)), went(:id);
SELECT accepted('general') AS id \gset
SELECT act('desk', format('SELECT liskeban.dispatch(%s, ''320117001001'')', :id)), went(:id);
-- by rule likewise
INSERT INTO liskeban.dispatch_rule (note) VALUES ('by lead and duty');
SELECT at('2024-09-18 23:30'), went(accepted('general'));
SELECT at('2024-09-19 09:00'), went(accepted('general'));
UPDATE liskeban.dispatch_rule SET retired_at = liskeban.liskeban_now() WHERE retired_at IS NULL;

-- Who goes, in order
INSERT INTO liskeban.category (code, name, domain, difficulty, lead) VALUES ('gas', 'gas', 'public_safety', 'simple', 'village');
INSERT INTO liskeban.grid_member (area, network, person, phone, police, begins_at, ends_at) VALUES
  ('320117001001', 'governance', 'worker', '11', false, '2024-01-01', NULL), ('320117001001', 'safety', 'constable', '12', true, '2024-01-01', NULL), ('320117001001', 'party', 'gone', '13', false, '2024-01-01', '2024-09-01'),
  ('320117001002', 'party', 'neighbour', '14', false, '2024-01-01', NULL), ('320117001', 'party', 'town worker', '15', false, '2024-01-01', NULL);
UPDATE liskeban.department SET duty_phone = '025-1' WHERE code = 'parks';
SELECT at('2024-09-18 12:00');
SELECT accepted('general') AS g, accepted('gas') AS s, accepted('general') AS d, accepted('general') AS p \gset
SELECT act('desk', format('SELECT liskeban.dispatch(%s)', :g)), act('desk', format('SELECT liskeban.dispatch(%s)', :s)), act('desk', format('SELECT liskeban.dispatch(%s, NULL, ''data'', ''n'')', :d)), act('desk', format('SELECT liskeban.dispatch(%s, NULL, ''parks'', ''n'')', :p));
SELECT * FROM liskeban.dispatch_team(:g);
SELECT nth, role, person, police FROM liskeban.dispatch_team(:s);
SELECT nth, role, department, person, phone FROM liskeban.dispatch_team(:d) WHERE role = 'duty';
SELECT nth, role, department, person, phone FROM liskeban.dispatch_team(:p) WHERE role = 'duty';
SELECT at('2024-09-18 18:00'), (SELECT string_agg(concat(area, ' ', person), ', ' ORDER BY nth) FROM liskeban.dispatch_team(:g)) AS after_hours;
SELECT i AS identity, code(format('SELECT * FROM liskeban.dispatch_team(%s)', :g), i) FROM unnest('{desk,v1,v2,databureau,hotline,reader}'::text[]) i;
SELECT code('SELECT * FROM liskeban.dispatch_team(1)') AS no_such, code('SELECT * FROM liskeban.dispatch_team(NULL)') AS null_id;

-- No way back to who returned it, by dispatch, redispatch, rework; after the second return the desk designates, and may name anyone
SELECT at('2024-09-23 09:00');
SELECT make('dispatched', 'general') AS id \gset
SELECT granted(:id, 'return'), does('desk', :id, $$state = 'accepted', note = 'not theirs'$$);
SELECT up(:id, $$state = 'dispatched', responsible_area = '320117001001'$$) AS back, up(:id, $$state = 'dispatched', responsible_area = '320117001001', department = 'data', note = 'n'$$) AS with_a_department;
SELECT does('desk', :id, $$state = 'dispatched', responsible_area = '320117001002'$$);
SELECT up(:id, $$responsible_area = '320117001001', note = 'n'$$) AS back_by_redispatch, try(format('SELECT liskeban.redispatch(%s, ''320117001001'', NULL, ''n'')', :id), 'desk') AS by_function, up(:id, $$responsible_area = '320117002001', note = 'n'$$) AS elsewhere;
SELECT does('v2', :id, $$state = 'on_site'$$), does('v2', :id, $$state = 'resolved', resolution = 'done'$$);
SELECT up(:id, $$state = 'dispatched', responsible_area = '320117001001', note = 'n'$$) AS back_by_rework, up(:id, $$state = 'dispatched', note = 'n'$$) AS rework;
-- a department gave it back: for no area may it have it again
SELECT make('accepted', 'general') AS id \gset
SELECT does('desk', :id, $$state = 'dispatched', responsible_area = NULL, department = 'data', note = 'n'$$), granted(:id, 'return', NULL, 'databureau'), does('desk', :id, $$state = 'accepted', note = 'not theirs'$$);
SELECT up(:id, $$state = 'dispatched', department = 'data', note = 'n'$$) AS back, up(:id, $$state = 'dispatched', responsible_area = '320117001', department = 'data', note = 'n'$$) AS for_another_area, up(:id, $$state = 'dispatched', department = 'parks', note = 'n'$$) AS another;
-- twice: designated, to any
SELECT does('desk', :id, $$state = 'dispatched', responsible_area = '320117001001', department = NULL$$), granted(:id, 'return'), does('desk', :id, $$state = 'accepted', note = 'nor theirs'$$);
SELECT up(:id, $$state = 'dispatched', department = 'data', responsible_area = NULL, note = 'n'$$) AS the_first, up(:id, $$state = 'dispatched', responsible_area = '320117001001', department = NULL$$) AS the_second, up(:id, $$state = 'dispatched', responsible_area = '320117001002', department = NULL$$) AS a_third;
SELECT does('desk', :id, $$state = 'dispatched', responsible_area = '320117001001', department = NULL$$);
SELECT went(:id), designated FROM liskeban.ticket WHERE ticket_id = :id;
SELECT granted(:id, 'return'), up(:id, $$state = 'accepted', note = 'again'$$) AS returned_again, up(:id, $$responsible_area = NULL, department = 'data', note = 'n'$$) AS designated_anew;
SELECT * FROM liskeban.check_invariants();

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_liskeban_dispatch;
