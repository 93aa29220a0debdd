-- Joint handling: who adds whom, by when; done, refused, insisted on; what the ticket and its history say of it.
CREATE DATABASE regress_liskeban_party TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_party
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
INSERT INTO liskeban.department (code, name) VALUES ('parks', 'Parks'), ('old', 'Old');
UPDATE liskeban.department SET retired_at = '2024-01-01' WHERE code = 'old';
UPDATE liskeban.department SET name = 'Data' WHERE code = 'data';
INSERT INTO liskeban.area (code, name, valid_to) VALUES ('320117001009', 'gone', '2024-01-01');
INSERT INTO liskeban.membership (role_name, duty, area, department) VALUES ('t1', 'handler', '320117001', NULL), ('t2', 'handler', '320117002', NULL),
  ('parks', 'handler', NULL, 'parks'), ('t2v1', 'handler', '320117002001', NULL);
CREATE FUNCTION parties(id bigint) RETURNS TABLE (who text, role text, due text, added text, done text, refused text, run integer, note text) LANGUAGE sql STABLE AS $$
  SELECT coalesce(p.department, p.area::text), p.role, local(p.due), p.added_by, concat_ws(' ', p.done_by, local(p.done_at)), concat_ws(' ', p.refused_by, p.refused_reason), p.run, p.note
  FROM liskeban.party p WHERE p.ticket_id = id ORDER BY p.party_id $$;
CREATE FUNCTION party(id bigint, who text) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT max(p.party_id) FROM liskeban.party p WHERE p.ticket_id = id AND coalesce(p.department, p.area::text) = who AND p.role = 'co' $$;
CREATE FUNCTION co(id bigint) RETURNS text[] LANGUAGE sql STABLE AS $$ SELECT co_departments FROM liskeban.ticket WHERE ticket_id = id $$;
\set ECHO all

-- Added by the desk, or by who holds the ticket; a term of its own, or the ticket's
SELECT make('on_site', 'general') AS id \gset
SELECT act('desk', format('SELECT liskeban.add_party(%s, department => ''data'', note => ''bring the maps'')', :id)),
  act('v1', format('INSERT INTO liskeban.party (ticket_id, area, due) VALUES (%s, ''320117002001'', ''2024-09-17 12:00+08'')', :id));
SELECT * FROM parties(:id);
SELECT seq, action, moved, actor, note, detail FROM history(:id) WHERE seq > 4;
SELECT co(:id), co_departments FROM liskeban.worklist WHERE ticket_id = :id;
SELECT i AS identity, code(format('SELECT liskeban.add_party(%s, department => ''parks'')', :id), i) AS by_function,
  code(format('INSERT INTO liskeban.party (ticket_id, department, role, due) VALUES (%s, ''parks'', ''co'', ''2024-09-18'')', :id), i) AS by_insert
FROM unnest('{desk,desk_t2,v1,v2,t1,t2,databureau,t2v1,hotline,reader,chief}'::text[]) i;
-- while somebody is at work on it
SELECT s AS state, try(format('SELECT liskeban.add_party(%s, department => ''parks'')', make(s, 'general')), 'desk') AS comes_to
FROM unnest('{reported,accepted,dispatched,on_site,suspended,resolved,closed,rejected,withdrawn,merged}'::text[]) s;
SELECT code(format('SELECT liskeban.add_party(%s, department => ''parks'')', make('planned')), 'desk') AS planned;
-- who it may be, and by when
SELECT code('SELECT liskeban.add_party(NULL, department => ''parks'')') AS null_id, code('SELECT liskeban.add_party(5, department => ''parks'')') AS unknown_id,
  try(format('SELECT liskeban.add_party(%s)', :id), 'desk') AS nobody, try(format('SELECT liskeban.add_party(%s, ''320117002'', ''parks'')', :id), 'desk') AS both;
SELECT n, try(format('INSERT INTO liskeban.party (ticket_id, %s) VALUES (%s, %s)', c, :id, v), 'desk') FROM (VALUES (1, 'department', $$'nosuch'$$), (2, 'department', $$'old'$$), (3, 'area', $$'320117003'$$),
  (4, 'area', $$'320117001009'$$), (5, 'department', $$'data'$$), (6, 'area', $$'320117001001'$$), (7, 'department, role', $$'parks', 'lead'$$), (8, 'department, role', $$'parks', 'guest'$$),
  (9, 'department, done_at', $$'parks', now()$$), (10, 'department, refused_reason', $$'parks', 'no'$$), (11, 'department, due', $$'parks', liskeban.liskeban_now()$$),
  (12, 'department, due', $$'parks', 'infinity'$$), (13, 'department, due', $$'parks', liskeban.liskeban_now() + interval '1 s'$$), (14, 'department, added_by, added_at', $$'parks', 'somebody', '2020-01-01'$$)) v (n, c, v) ORDER BY n;
-- the term: resolve, else plan, else three days
SELECT make('on_site') AS hard, make('on_site', 'general') AS late \gset
SELECT act('desk', format('SELECT liskeban.add_party(%s, department => ''parks'')', :hard));
SELECT at('2024-09-30 08:00');
SELECT act('desk', format('SELECT liskeban.add_party(%s, ''320117002'')', :late)), act('desk', format('SELECT liskeban.add_party(%s, ''320117002'')', :hard));
SELECT local(resolve_due) AS resolve, local(plan_due) AS plan, p.who, p.due FROM liskeban.ticket, parties(ticket_id) p WHERE ticket_id IN (:hard, :late) AND p.role = 'co' ORDER BY ticket_id, p.who;
-- a department that leads
SELECT make('accepted', 'bureau') AS led \gset
SELECT act('desk', format('SELECT liskeban.dispatch(%s)', :led)), act('databureau', format('SELECT liskeban.add_party(%s, department => ''parks'')', :led));
SELECT * FROM parties(:led);
SELECT try(format('SELECT liskeban.add_party(%s, department => ''data'')', :led), 'desk') AS the_lead, try(format('SELECT liskeban.add_party(%s, department => ''parks'')', :led), 'desk') AS twice;

-- Done by its own people, those above an area, or the desk; one by one
SELECT make('on_site', 'general') AS id \gset
SELECT act('desk', format('INSERT INTO liskeban.party (ticket_id, department) VALUES (%s, ''parks''), (%1$s, ''data'')', :id)), act('desk', format('SELECT liskeban.add_party(%s, ''320117002001'')', :id));
SELECT seq, action, actor, note, detail FROM history(:id) WHERE seq > 4;
SELECT i AS identity, code(format('SELECT liskeban.party_done(%s, ''n'')', party(:id, 'parks')), i) AS parks, code(format('UPDATE liskeban.party SET done_at = now() WHERE party_id = %s', party(:id, 'data')), i) AS data,
  code(format('SELECT liskeban.refuse_party(%s, ''not us'')', party(:id, '320117002001')), i) AS area, code(format('SELECT liskeban.resolve(%s, ''r'')', :id), i) AS resolve
FROM unnest('{desk,desk_t2,v1,v2,t1,t2,databureau,parks,t2v1,hotline,reader,chief}'::text[]) i;
SELECT try(format('SELECT liskeban.resolve(%s, ''r'')', :id), 'v1') AS first_open;
SELECT later('1 hour'), act('parks', format('SELECT liskeban.party_done(%s, ''cut the tree'')', party(:id, 'parks')));
SELECT try(format('SELECT liskeban.resolve(%s, ''r'')', :id), 'v1') AS second_open;
-- when it was is the platform's to say
SELECT later('1 hour'), act('databureau', format('UPDATE liskeban.party SET done_at = ''2020-01-01'', note = ''maps are there'' WHERE party_id = %s', party(:id, 'data')));
SELECT try(format('SELECT liskeban.resolve(%s, ''r'')', :id), 'v1') AS third_open;
SELECT later('1 hour'), act('t2v1', format('UPDATE liskeban.party SET refused_reason = ''not here'' WHERE party_id = %s', party(:id, '320117002001')));
SELECT * FROM parties(:id);
SELECT seq, at, action, actor, note, detail FROM history(:id) WHERE seq > 6;
SELECT act('v1', format('SELECT liskeban.resolve(%s, ''r'')', :id));
SELECT who, done FROM parties(:id) WHERE role = 'lead';
-- once more: after a rework the lead is at it again, and the others when they are asked again
SELECT later('1 hour'), act('desk', format('SELECT liskeban.rework(%s, ''not yet'')', :id)), act('desk', format('SELECT liskeban.add_party(%s, department => ''parks'')', :id));
SELECT who, role, done FROM parties(:id);

-- Refused with a reason; once; the desk insists
SELECT make('on_site', 'general') AS id \gset
SELECT act('desk', format('INSERT INTO liskeban.party (ticket_id, department, due) VALUES (%s, ''parks'', liskeban.liskeban_now() + interval ''2 hours''), (%1$s, ''data'', NULL)', :id));
SELECT party(:id, 'parks') AS parks, party(:id, 'data') AS data \gset
SELECT code('SELECT liskeban.party_done(NULL)') AS null_id, code('SELECT liskeban.refuse_party(5, ''r'')') AS unknown, try(format('SELECT liskeban.refuse_party(%s, NULL)', :parks), 'parks') AS reason, try(format('SELECT liskeban.refuse_party(%s, '''')', :parks), 'parks') AS empty,
  try(format('UPDATE liskeban.party SET refused_at = now() WHERE party_id = %s', :parks), 'parks') AS reason_too, code(format('UPDATE liskeban.party SET done_at = now(), refused_reason = ''r'' WHERE party_id = %s', :parks), 'parks') AS both;
SELECT act('parks', format('SELECT liskeban.refuse_party(%s, ''no saw'')', :parks));
SELECT co(:id);
SELECT try(format('SELECT liskeban.party_done(%s)', :parks), 'parks') AS done, try(format('SELECT liskeban.refuse_party(%s, ''again'')', :parks), 'parks') AS again, try(format('UPDATE liskeban.party SET refused_reason = ''other'' WHERE party_id = %s', :parks), 'parks') AS another_reason,
  try(format('UPDATE liskeban.party SET due = ''2024-12-01'' WHERE party_id = %s', :parks), 'desk') AS term, code(format('UPDATE liskeban.party SET refused_reason = NULL WHERE party_id = %s', :parks), 'parks') AS insist, code(format('UPDATE liskeban.party SET refused_at = NULL WHERE party_id = %s', :parks), 'desk') AS desk;
SELECT later('1 day'), act('desk', format('UPDATE liskeban.party SET refused_reason = NULL, note = ''borrow one'' WHERE party_id = %s', :parks)), co(:id);
SELECT * FROM parties(:id);
SELECT clock, run, local(begins_at) AS begins, local(due) AS due FROM liskeban.subject_clock WHERE subject IN (:parks, :data) ORDER BY subject;
SELECT act('parks', format('SELECT liskeban.party_done(%s)', :parks));
SELECT try(format('SELECT liskeban.party_done(%s)', :parks), 'parks') AS again, try(format('SELECT liskeban.refuse_party(%s, ''r'')', :parks), 'parks') AS refuse, try(format('UPDATE liskeban.party SET done_at = NULL WHERE party_id = %s', :parks), 'desk') AS take_back,
  try(format('UPDATE liskeban.party SET done_at = done_at WHERE party_id = %s', :parks), 'v2') AS the_same;
-- another term, while the first is ahead
SELECT code(format('UPDATE liskeban.party SET due = ''2024-12-01'' WHERE party_id = %s', :data), 'databureau') AS by_the_party, code(format('UPDATE liskeban.party SET due = ''2020-12-01'' WHERE party_id = %s', :data), 'desk') AS past,
  act('desk', format('UPDATE liskeban.party SET due = liskeban.liskeban_now() + interval ''1 day'' WHERE party_id = %s', :data));
SELECT later('2 days'), try(format('UPDATE liskeban.party SET due = liskeban.liskeban_now() + interval ''1 day'' WHERE party_id = %s', :data), 'desk') AS passed;
SELECT who, due, run FROM parties(:id);
SELECT seq, at, action, actor, note, detail FROM history(:id) WHERE seq > 5;
-- what never changes
SELECT c AS column, code(format('UPDATE liskeban.party SET %s WHERE party_id = %s', c, :data), 'desk') AS comes_to FROM unnest(ARRAY['ticket_id = 5', $$department = 'parks'$$, $$role = 'lead'$$, $$added_by = 'x'$$, 'added_at = now()', 'run = 7', 'given_at = now()']) c;
SELECT code(format('UPDATE liskeban.party SET done_at = now() WHERE ticket_id = %s AND role = ''lead''', :id), 'desk') AS lead, code(format('DELETE FROM liskeban.party WHERE party_id = %s', :data)) AS deleted, code('TRUNCATE liskeban.party') AS truncated;
SELECT act('desk', format('SELECT liskeban.withdraw(%s, ''n'')', :id)), try(format('SELECT liskeban.party_done(%s)', :data), 'databureau') AS withdrawn;

-- The lead's row follows the holder; who takes over takes part no more
SELECT make('on_site', 'general') AS id \gset
SELECT act('desk', format('INSERT INTO liskeban.party (ticket_id, department, area) VALUES (%s, ''parks'', NULL), (%1$s, NULL, ''320117001002'')', :id));
SELECT act('desk', format('SELECT liskeban.redispatch(%s, ''320117001002'', note => ''theirs'')', :id));
SELECT who, role, done, note FROM parties(:id);
SELECT act('desk', format('SELECT liskeban.redispatch(%s, NULL, ''parks'', ''theirs'')', :id));
SELECT who, role, done, note FROM parties(:id);
SELECT seq, action, moved, actor, note, detail -> 'co_departments' AS co FROM history(:id) WHERE seq > 4;

-- a whistle makes the former holder a party without a term, which holds nothing up
SELECT make('on_site', 'general') AS id \gset
SELECT act('desk', format('SELECT liskeban.add_party(%s, department => ''parks'')', :id)), act('v1', format('SELECT liskeban.blow_whistle(%s, ''too big'')', :id));
SELECT who, role, due, added, done FROM parties(:id);
SELECT co(:id), count(*) AS clocks FROM liskeban.subject_clock WHERE ticket_id = :id AND clock = 'party';
SELECT try(format('SELECT liskeban.resolve(%s, ''r'')', :id), 't1') AS parks_first;
SELECT act('parks', format('SELECT liskeban.party_done(%s)', party(:id, 'parks'))), act('t1', format('SELECT liskeban.resolve(%s, ''r'')', :id));
SELECT who, role, done FROM parties(:id);
-- and a result that was reverted is to be worked on by its lead again
SELECT act('desk', format('SELECT liskeban.revert(%s, ''not yet'')', :id));
SELECT who, role, done FROM parties(:id) WHERE role = 'lead';
-- declined, the former holder leads as before
SELECT make('on_site', 'general') AS id \gset
SELECT act('desk', format('SELECT liskeban.add_party(%s, department => ''parks'')', :id)), act('v1', format('SELECT liskeban.blow_whistle(%s, ''too big'')', :id));
SELECT act('t1', format('SELECT liskeban.decline_whistle(%s, ''do it'')', whistle_id)) FROM liskeban.whistle WHERE ticket_id = :id;
SELECT who, role, done, note FROM parties(:id);
SELECT seq, action, actor, note FROM history(:id) WHERE seq > 4;

-- Who took part reads and says so, and moves nothing; the groups have what they need
SELECT has_table_privilege(r, 'liskeban.party', 'SELECT') AS reads, has_any_column_privilege(r, 'liskeban.party', 'INSERT') AS adds, has_column_privilege(r, 'liskeban.party', 'added_by', 'UPDATE') AS forges, has_table_privilege(r, 'liskeban.party', 'DELETE') AS deletes, r
FROM unnest('{liskeban_admin,liskeban_dispatcher,liskeban_handler,liskeban_source,liskeban_analyst}'::text[]) r;
SET client_min_messages = warning;
CREATE ROLE regress_liskeban_parks LOGIN IN ROLE liskeban_handler;
RESET client_min_messages;
INSERT INTO liskeban.membership (role_name, duty, department) VALUES ('regress_liskeban_parks', 'handler', 'parks');
SELECT make('on_site', 'general') AS id \gset
SELECT act('desk', format('SELECT liskeban.add_party(%s, department => ''parks'')', :id));
SET ROLE regress_liskeban_parks;
SELECT p.department, p.role FROM liskeban.party p WHERE p.ticket_id = :id AND p.role = 'co';
SELECT liskeban.party_done(:'id', 'not a party');
SELECT liskeban.party_done(p.party_id, 'cut') FROM liskeban.party p WHERE p.ticket_id = :id AND p.role = 'co';
INSERT INTO liskeban.party (ticket_id, department) VALUES (:id, 'data');
RESET ROLE;
SELECT who, done IS NOT NULL AS done FROM parties(:id);
SELECT * FROM liskeban.check_invariants();
DROP OWNED BY regress_liskeban_parks;
DROP ROLE regress_liskeban_parks;
\c postgres
DROP DATABASE regress_liskeban_party;
