-- Directives: issued to areas and departments, signed for, answered and done by each, revoked.
CREATE DATABASE regress_liskeban_directive TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_directive
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
SET liskeban.now = '2024-09-18 09:00:00+08';
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

-- Leaders, a town's desk and handlers, a bureau below another and a town's office, a village with two grids
INSERT INTO liskeban.official (role_name, name, title, tier, area, department) VALUES
  ('mayor', 'M', 'mayor', 'principal', NULL, NULL), ('deputy', 'D', 'deputy mayor', 'district', NULL, NULL),
  ('head_t1', 'H', 'head of the town', 'town', '320117001', NULL), ('head_data', 'B', 'head of the bureau', 'town', NULL, 'data'),
  ('elder', 'E', 'head of the village', 'village', '320117001001', NULL), ('gone', 'G', 'was mayor', 'principal', NULL, NULL);
UPDATE liskeban.official SET retired_at = liskeban.liskeban_now() WHERE role_name = 'gone';
INSERT INTO liskeban.department (code, name, level, area, parent) VALUES
  ('data_centre', 'data centre', 'district', NULL, 'data'), ('t1_office', 'office of T1', 'town', '320117001', NULL), ('old', 'an old bureau', 'district', NULL, NULL);
UPDATE liskeban.department SET retired_at = liskeban.liskeban_now() WHERE code = 'old';
INSERT INTO liskeban.area (code, name) VALUES ('320117001002001', 'T1 V2 G1'), ('320117001002002', 'T1 V2 G2'), ('320117001003', 'T1 V3, gone');
UPDATE liskeban.area SET valid_to = liskeban.liskeban_now() WHERE code::text = '320117001003';
INSERT INTO liskeban.membership (role_name, duty, area, department) VALUES
  ('t1', 'handler', '320117001', NULL), ('centre', 'handler', NULL, 'data_centre'), ('t1_clerk', 'handler', NULL, 't1_office'),
  ('mayor', 'analyst', NULL, NULL), ('deputy', 'analyst', NULL, NULL), ('head_t1', 'analyst', NULL, NULL), ('head_data', 'analyst', NULL, NULL),
  ('elder', 'analyst', NULL, NULL), ('gone', 'analyst', NULL, NULL), ('everyone', 'dispatcher', NULL, NULL), ('desk_data', 'dispatcher', NULL, 'data');
CREATE FUNCTION receivers(id bigint) RETURNS TABLE (area text, department text, within text) LANGUAGE sql AS $$
  SELECT t.area, t.department, t.within FROM liskeban.directive_target t WHERE t.directive_id = id ORDER BY t.area, t.department $$;
CREATE FUNCTION issue(areas liskeban.area_code[], departments text[] DEFAULT '{}', identity text DEFAULT 'desk', expand boolean DEFAULT true) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE id bigint;
BEGIN
  PERFORM liskeban.act_as(identity);
  id := liskeban.issue_directive('typhoon', 'stay in', areas, departments, NULL, expand);
  PERFORM liskeban.act_as(NULL);
  RETURN id;
END $$;
CREATE FUNCTION target(id bigint, whom text) RETURNS bigint LANGUAGE sql AS $$
  SELECT t.target_id FROM liskeban.directive_target t WHERE t.directive_id = id AND whom IN (t.area::text, t.department) $$;

-- An area stands for what lies in it one level down, by function and by plain INSERT alike
SELECT a AS named, string_agg(concat_ws(' of ', r.area, r.within), ', ' ORDER BY r.area) AS receivers
  FROM unnest('{320117,320117001,320117001001,320117001002,320117001002001}'::text[]) a, LATERAL issue(ARRAY[a]::liskeban.area_code[]) i, receivers(i) r GROUP BY a ORDER BY a;
SELECT r.* FROM issue('{320117001}', '{data,t1_office}', expand => false) i, receivers(i) r;
SELECT r.* FROM issue('{320117001,320117001001,320117001,320117002001}', '{data,data}') i, receivers(i) r;
SELECT liskeban.act_as('desk');
INSERT INTO liskeban.directive (title, body) VALUES ('by hand', 'plainly') RETURNING directive_id AS d \gset
INSERT INTO liskeban.directive_target (directive_id, area) VALUES (:d, '320117002'), (:d, '320117001002') RETURNING area;
INSERT INTO liskeban.directive_target (directive_id, area, within) VALUES (:d, '320117001001', '320117001') RETURNING area, within;
INSERT INTO liskeban.directive_target (directive_id, department) VALUES (:d, 'data') RETURNING department;
INSERT INTO liskeban.directive_target (directive_id, area) VALUES (:d, '320117002001');
SELECT liskeban.act_as(NULL);
SELECT * FROM receivers(:d);
SELECT title, body, issued_by, local(issued_at) AS issued, local(reply_due) AS due, expand, revoked_at FROM liskeban.directive WHERE directive_id = :d;
-- by when: as given, else in a working day, which a holiday is not
SELECT at('2024-09-30 15:00:00');
SELECT issue('{320117001001}') AS h \gset
SELECT local(reply_due) AS over_holidays FROM liskeban.directive WHERE directive_id = :h;
SELECT at('2024-09-18 09:00:00');
SELECT try($$INSERT INTO liskeban.directive (title, reply_due) VALUES ('t', liskeban.liskeban_now())$$) AS now, try($$INSERT INTO liskeban.directive (title, reply_due) VALUES ('t', 'infinity')$$) AS never,
  try($$INSERT INTO liskeban.directive (title, reply_due) VALUES ('t', '2024-09-20')$$) AS then;

-- Who may issue, to whom
SELECT i AS identity, string_agg(w, ' ' ORDER BY w COLLATE "C") FILTER (WHERE c = 'ok') AS directs, string_agg(DISTINCT c, ' ') FILTER (WHERE c <> 'ok') AS else_it_is
  FROM (SELECT i, w, code(CASE WHEN w ~ '^3' THEN format($$SELECT liskeban.issue_directive('t', 'b', '{%s}', '{}', NULL, false)$$, w) ELSE format($$SELECT liskeban.issue_directive('t', 'b', '{}', '{%s}')$$, w) END, i) AS c
          FROM unnest('{mayor,deputy,head_t1,head_data,elder,gone,desk,everyone,desk_t2,desk_data,v1,t1,hotline,reader,chief}'::text[]) i,
               unnest('{320117,320117001,320117001001,320117002,320117002001,data,data_centre,t1_office}'::text[]) w) x GROUP BY i ORDER BY i;
SELECT try($$INSERT INTO liskeban.directive (title, issued_by) VALUES ('t', 'mayor')$$, 'desk') AS in_anothers_name, try($$INSERT INTO liskeban.directive (title, issued_by) VALUES ('t', 'desk')$$, 'desk') AS own,
  try($$INSERT INTO liskeban.directive (title, issued_by) VALUES ('t', 'mayor')$$, 'chief') AS by_an_admin;
SELECT try(format('INSERT INTO liskeban.directive_target (directive_id, area) VALUES (%s, ''320117001001'')', i), 'everyone') AS anothers, try(format('INSERT INTO liskeban.directive_target (directive_id, area) VALUES (%s, ''320117001001'')', i), 'chief') AS by_an_admin FROM issue('{320117002}') i;
-- what it needs, and whom it knows
SELECT try($$SELECT liskeban.issue_directive('', 'b', '{320117001}')$$) AS no_title, try($$SELECT liskeban.issue_directive(NULL, 'b', '{320117001}')$$) AS null_title, try($$SELECT liskeban.issue_directive('t', 'b')$$) AS nobody,
  try($$SELECT liskeban.issue_directive('t', 'b', NULL, NULL)$$) AS null_nobody, code($$SELECT liskeban.issue_directive('t', 'b', '{NULL}')$$) AS null_area;
SELECT try($$SELECT liskeban.issue_directive('t', 'b', '{320117009}')$$) AS unknown, try($$SELECT liskeban.issue_directive('t', 'b', '{320117001003}')$$) AS no_longer, try($$SELECT liskeban.issue_directive('t', 'b', '{}', '{nobody}')$$) AS no_bureau, try($$SELECT liskeban.issue_directive('t', 'b', '{}', '{old}')$$) AS retired;
SELECT code(format('INSERT INTO liskeban.directive_target (directive_id) VALUES (%s)', d)) AS neither, code(format('INSERT INTO liskeban.directive_target (directive_id, area, department) VALUES (%s, ''320117001'', ''data'')', d)) AS both,
  code(format('INSERT INTO liskeban.directive_target (directive_id, area, within) VALUES (%s, ''320117001001'', ''320117002'')', d)) AS not_within, code('INSERT INTO liskeban.directive_target (directive_id, area) VALUES (5, ''320117001'')') AS of_none,
  code(format('INSERT INTO liskeban.directive_target (directive_id, department) VALUES (%s, ''data'')', d)) AS twice FROM (VALUES (:d)) v (d);

-- Who may answer for whom: its own people, those of a rung above
SELECT issue('{320117001001,320117002}', '{data,data_centre,t1_office}') AS d \gset
SELECT w AS receiver, string_agg(i, ' ' ORDER BY i) AS may_answer FROM unnest('{320117001001,320117002001,data,data_centre,t1_office}'::text[]) w,
       unnest('{mayor,deputy,head_t1,head_data,elder,gone,desk,everyone,desk_t2,desk_data,v1,v2,t1,databureau,centre,t1_clerk,hotline,reader,chief}'::text[]) i
 WHERE code(format('SELECT liskeban.sign_directive(%s)', target(:d, w)), i) = 'ok' GROUP BY w ORDER BY w;
SELECT code(format('SELECT liskeban.sign_directive(%s)', t), 'v2') AS sign, code(format('SELECT liskeban.reply_directive(%s, ''r'')', t), 'v2') AS reply, code(format('SELECT liskeban.directive_done(%s)', t), 'v2') AS done,
  code(format('UPDATE liskeban.directive_target SET signed_at = now() WHERE target_id = %s', t), 'v2') AS plainly FROM target(:d, '320117001001') t;

-- Signed, answered, done: in this order, each once, at the time it was
CREATE FUNCTION life(id bigint) RETURNS TABLE (signed text, signed_by text, reply text, replied text, replied_by text, done text, done_by text, note text) LANGUAGE sql AS $$
  SELECT local(t.signed_at), t.signed_by, t.reply, local(t.replied_at), t.replied_by, local(t.done_at), t.done_by, t.note FROM liskeban.directive_target t WHERE t.target_id = id $$;
SELECT target(:d, '320117001001') AS t, target(:d, 'data') AS u, target(:d, 't1_office') AS v, target(:d, '320117002001') AS w \gset
SELECT later('1 hour'), try(format('SELECT liskeban.directive_done(%s)', :t), 'v1') AS not_answered, try(format('SELECT liskeban.reply_directive(%s, '''')', :t), 'v1') AS empty, try(format('SELECT liskeban.reply_directive(%s, NULL)', :t), 'v1') AS null;
SELECT act('v1', format('SELECT liskeban.sign_directive(%s)', :t)), try(format('SELECT liskeban.sign_directive(%s)', :t), 't1') AS again;
SELECT later('1 hour'), act('t1', format('SELECT liskeban.reply_directive(%s, ''understood'')', :t)), try(format('SELECT liskeban.reply_directive(%s, ''understood'')', :t), 'v1') AS again;
SELECT later('1 hour'), act('v1', format('SELECT liskeban.directive_done(%s, ''all in'')', :t)), try(format('SELECT liskeban.directive_done(%s)', :t), 'v1') AS again;
SELECT * FROM life(:t);
-- by plain UPDATE: whatever time is given; an answer signs
SELECT act('databureau', format('UPDATE liskeban.directive_target SET signed_at = ''2001-01-01'' WHERE target_id = %s', :u)), later('1 minute'), act('centre', format('UPDATE liskeban.directive_target SET reply = ''ours'' WHERE target_id = %s', target(:d, 'data_centre'))),
  act('databureau', format('UPDATE liskeban.directive_target SET reply = ''yes'', done_at = now(), note = ''n'' WHERE target_id = %s', :u));
SELECT l.* FROM unnest(ARRAY[:u, target(:d, 'data_centre')]) i, life(i) l;
SELECT c AS given, try(format('UPDATE liskeban.directive_target SET %s WHERE target_id = %s', c, :u)) AS comes_to FROM unnest(ARRAY['signed_at = NULL', 'signed_at = now()', 'reply = ''no''', 'reply = NULL', 'done_at = NULL', 'note = ''m''', 'signed_by = ''x''',
  'replied_at = now()', 'area = ''320117001''', 'directive_id = directive_id + 1', 'within = ''320117''', 'reply = ''yes''', 'note = ''n''']) c;
SELECT c AS not_by_itself, try(format('UPDATE liskeban.directive_target SET %s WHERE target_id = %s', c, :w)) AS comes_to FROM unnest(ARRAY['signed_by = ''x''', 'replied_at = now()', 'replied_by = ''x''', 'done_by = ''x''', 'note = ''x''', 'done_at = now()', 'reply = ''''']) c;
SELECT c AS given, try(format('INSERT INTO liskeban.directive_target (directive_id, department, %s) VALUES (%s, ''market'', ''2024-01-01'')', c, :d)) AS comes_to FROM unnest('{signed_at,signed_by,reply,replied_at,done_at,note}'::text[]) c;
SELECT code('DELETE FROM liskeban.directive_target') AS target, code('DELETE FROM liskeban.directive') AS directive, code('TRUNCATE liskeban.directive_target CASCADE') AS truncated, code('TRUNCATE liskeban.directive CASCADE') AS truncated_too;
SELECT code('SELECT liskeban.sign_directive(5)') AS sign, code('SELECT liskeban.reply_directive(5, ''r'')') AS reply, code('SELECT liskeban.directive_done(5)') AS done, code('SELECT liskeban.revoke_directive(5, ''r'')') AS revoke,
  code('SELECT liskeban.sign_directive(NULL)') AS null_sign, code('SELECT liskeban.reply_directive(NULL, ''r'')') AS null_reply, code('SELECT liskeban.directive_done(NULL)') AS null_done, code('SELECT liskeban.revoke_directive(NULL, ''r'')') AS null_revoke;

-- Who has not, and how it stands; the groups may look and act, and nothing else
SELECT area, department, receiver, waiting_for, lamp, local(reply_due) AS due FROM liskeban.directive_pending WHERE directive_id = :d ORDER BY target_id;
SELECT at('2024-09-19 06:00:00');
SELECT lamp, count(*) FROM liskeban.directive_pending WHERE directive_id = :d GROUP BY lamp ORDER BY lamp;
SELECT at('2024-09-19 09:00:01');
SELECT lamp, count(*) FROM liskeban.directive_pending WHERE directive_id = :d GROUP BY lamp ORDER BY lamp;
SELECT title, receivers, signed, replied, done, late FROM liskeban.directive_status WHERE directive_id = :d;
SELECT has_table_privilege(g, 'liskeban.directive_pending', 'SELECT') AS pending, has_table_privilege(g, 'liskeban.directive_status', 'SELECT') AS status, has_any_column_privilege(g, 'liskeban.directive_target', 'UPDATE') AS answers,
  has_column_privilege(g, 'liskeban.directive_target', 'signed_by', 'UPDATE') AS signs_for_others, has_table_privilege(g, 'liskeban.directive', 'DELETE') AS deletes, g
FROM unnest('{liskeban_admin,liskeban_dispatcher,liskeban_handler,liskeban_source,liskeban_analyst}'::name[]) g;
-- an issuer and a receiver who are nothing but members of their groups
SET client_min_messages = warning;
CREATE ROLE regress_liskeban_desk LOGIN IN ROLE liskeban_dispatcher;
CREATE ROLE regress_liskeban_v1 LOGIN IN ROLE liskeban_handler;
RESET client_min_messages;
INSERT INTO liskeban.membership (role_name, duty, area) VALUES ('regress_liskeban_desk', 'dispatcher', '320117001'), ('regress_liskeban_v1', 'handler', '320117001001');
SET SESSION AUTHORIZATION regress_liskeban_desk;
SELECT liskeban.issue_directive('ours', 'b', '{320117001}') AS e \gset
SELECT area, within FROM liskeban.directive_target WHERE directive_id = :e ORDER BY area;
SET SESSION AUTHORIZATION regress_liskeban_v1;
SELECT liskeban.reply_directive(target_id, 'read'), liskeban.directive_done(target_id) FROM liskeban.directive_target WHERE directive_id = :e AND area::text = '320117001001';
UPDATE liskeban.directive_target SET signed_at = now() WHERE directive_id = :e AND area::text = '320117001002';
UPDATE liskeban.directive_target SET signed_by = 'me' WHERE directive_id = :e;
RESET SESSION AUTHORIZATION;
SELECT area, signed_by, done_by FROM liskeban.directive_target WHERE directive_id = :e ORDER BY area;

-- Answered late: the levels that passed have fired before the clock stopped, and what follows from them
SELECT at('2024-09-20 09:30:00'), act('t1_clerk', format('SELECT liskeban.reply_directive(%s, ''late'')', :v));
SELECT a.clock, a.level, local(a.at) AS at, local(a.fired_at) AS fired, a.subject = :v AS its, s.kind, s.department, s.issued_by, local(s.issued_at) AS issued, s.reply_due FROM liskeban.alarm a LEFT JOIN liskeban.supervision s USING (alarm_id) WHERE a.ticket_id IS NULL AND a.subject = :v ORDER BY a.at;
SELECT tableoid::regclass AS partition, count(*) FROM liskeban.alarm GROUP BY 1;
SELECT code($$INSERT INTO liskeban.alarm_directive (ticket_id, at, fired_at, clock, level, run, subject) VALUES (NULL, now(), now(), 'reply', 'red', 1, 1)$$) AS straight, code('DELETE FROM liskeban.alarm_directive') AS deleted;
SELECT replied > 0 AS answered, late FROM liskeban.directive_status WHERE directive_id = :d;

-- Revoked: by its issuer or an admin, with a reason, once; nothing more is done to it
SELECT code(format('SELECT liskeban.revoke_directive(%s, ''r'')', :d), i) AS comes_to, i AS identity FROM unnest('{everyone,mayor,v1,desk,chief}'::text[]) i;
SELECT try(format('SELECT liskeban.revoke_directive(%s, '''')', :d), 'desk') AS no_reason, try(format('SELECT liskeban.revoke_directive(%s, NULL)', :d), 'desk') AS null_reason, try(format('UPDATE liskeban.directive SET revoked_at = now() WHERE directive_id = %s', :d), 'desk') AS plainly;
SELECT act('desk', format('SELECT liskeban.revoke_directive(%s, ''it passed by'')', :d));
SELECT local(revoked_at) AS revoked, revoked_by, revoke_reason FROM liskeban.directive WHERE directive_id = :d;
SELECT try(format('SELECT liskeban.revoke_directive(%s, ''it passed by'')', :d), 'desk') AS again, try(format('UPDATE liskeban.directive SET revoked_at = NULL, revoke_reason = NULL WHERE directive_id = %s', :d), 'desk') AS undone;
SELECT try(format('SELECT liskeban.sign_directive(%s)', :w), 'desk') AS sign, try(format('SELECT liskeban.reply_directive(%s, ''r'')', :w), 'desk') AS reply, try(format('INSERT INTO liskeban.directive_target (directive_id, area) VALUES (%s, ''320117001'')', :d), 'desk') AS one_more;
SELECT count(*) AS pending FROM liskeban.directive_pending WHERE directive_id = :d;
SELECT c AS changed, try(format('UPDATE liskeban.directive SET %s WHERE directive_id = %s', c, :e)) AS comes_to FROM unnest(ARRAY['title = ''other''', 'body = NULL', 'reply_due = reply_due + interval ''1 day''', 'expand = false', 'issued_by = ''x''', 'issued_at = now()', 'revoked_by = ''x''', 'title = title']) c;
SELECT c AS given, try(format('INSERT INTO liskeban.directive (title, %s) VALUES (''t'', ''2024-01-01'')', c)) AS comes_to FROM unnest('{issued_at,revoked_at,revoked_by,revoke_reason}'::text[]) c;

-- The sweep: who has not answered, at the instant of each level; not who has, nor of what is revoked
SELECT issue('{320117002}', '{data}') AS f, issue('{320117002001}') AS g \gset
SELECT act('databureau', format('SELECT liskeban.reply_directive(%s, ''r'')', target(:f, 'data'))), act('desk', format('SELECT liskeban.revoke_directive(%s, ''r'')', :g));
SELECT act('desk_t2', format('SELECT liskeban.sign_directive(%s)', target(:f, '320117002001')));
SELECT at('2024-09-25 12:00:00');
SELECT liskeban.sweep() > 0 AS fired;
SELECT t.area, t.department, a.clock, a.level, local(a.at) AS at, s.kind, s.area AS addressed, local(s.issued_at) AS issued, s.ticket_id FROM liskeban.directive_target t JOIN liskeban.alarm a ON a.ticket_id IS NULL AND a.subject = t.target_id LEFT JOIN liskeban.supervision s USING (alarm_id) WHERE t.directive_id IN (:f, :g) ORDER BY t.target_id, a.at;
SELECT liskeban.sweep() AS again;
SELECT count(*), count(DISTINCT alarm_id) FROM liskeban.supervision WHERE target_id IS NOT NULL AND target_id IN (SELECT target_id FROM liskeban.directive_target WHERE directive_id = :f);
SELECT * FROM liskeban.check_invariants();

\c postgres
DROP DATABASE regress_liskeban_directive;
DROP ROLE regress_liskeban_desk, regress_liskeban_v1;
