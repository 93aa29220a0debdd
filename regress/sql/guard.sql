-- What the guard refuses: moves that are not in the table, roles, requirements, maintained columns, times.
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_liskeban_clerk, regress_liskeban_worker;
CREATE DATABASE regress_liskeban_guard TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_guard
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

-- The moves, typed in from the rules: who may, and what they come to with nothing but the state in the UPDATE
CREATE TABLE move (from_state liskeban.ticket_state, to_state liskeban.ticket_state, action text, roles text[], missing text);
INSERT INTO move VALUES
  ('reported', 'accepted', 'accept', '{dispatcher,platform}', NULL),
  ('rejected', 'accepted', 'accept', '{dispatcher,platform}', 'note'),
  ('reported', 'resolved', 'answer', '{dispatcher}', 'reply'),
  ('accepted', 'resolved', 'answer', '{dispatcher}', 'reply'),
  ('reported', 'rejected', 'reject', '{dispatcher}', 'reject_reason'),
  ('accepted', 'rejected', 'reject', '{dispatcher}', 'reject_reason'),
  ('reported', 'withdrawn', 'withdraw', '{dispatcher,source}', 'note'),
  ('accepted', 'withdrawn', 'withdraw', '{dispatcher,source}', 'note'),
  ('dispatched', 'withdrawn', 'withdraw', '{dispatcher,source}', 'note'),
  ('on_site', 'withdrawn', 'withdraw', '{dispatcher,source}', 'note'),
  ('planned', 'withdrawn', 'withdraw', '{dispatcher,source}', 'note'),
  ('suspended', 'withdrawn', 'withdraw', '{dispatcher,source}', 'note'),
  ('resolved', 'withdrawn', 'withdraw', '{dispatcher,source}', 'note'),
  ('merged', 'withdrawn', 'withdraw', '{dispatcher,source}', 'note'),
  ('accepted', 'dispatched', 'dispatch', '{dispatcher,platform}', NULL),
  ('on_site', 'dispatched', 'redispatch', '{dispatcher}', 'another responsible_area or department'),
  ('planned', 'dispatched', 'redispatch', '{dispatcher}', 'another responsible_area or department'),
  ('dispatched', 'accepted', 'return', '{dispatcher}', '@has_request'),
  ('on_site', 'accepted', 'return', '{dispatcher}', '@has_request'),
  ('dispatched', 'on_site', 'arrive', '{handler}', NULL),
  ('dispatched', 'planned', 'plan', '{handler}', 'arrival'),
  ('on_site', 'planned', 'plan', '{handler}', 'plan'),
  ('dispatched', 'resolved', 'resolve', '{handler}', 'arrival'),
  ('on_site', 'resolved', 'resolve', '{handler}', 'resolution'),
  ('planned', 'resolved', 'resolve', '{handler}', 'resolution'),
  ('on_site', 'suspended', 'suspend', '{dispatcher}', '@has_request'),
  ('planned', 'suspended', 'suspend', '{dispatcher}', '@has_request'),
  ('suspended', 'on_site', 'resume', '{handler,dispatcher,platform}', '@suspended_from'),
  ('suspended', 'planned', 'resume', '{handler,dispatcher,platform}', NULL),
  ('resolved', 'closed', 'close', '{dispatcher,source,platform}', 'checked_by'),
  ('resolved', 'dispatched', 'rework', '{dispatcher}', 'note'),
  ('closed', 'dispatched', 'reopen', '{dispatcher}', '@has_request'),
  ('reported', 'merged', 'merge', '{dispatcher}', 'merged_into'),
  ('accepted', 'merged', 'merge', '{dispatcher}', 'merged_into'),
  ('dispatched', 'merged', 'merge', '{dispatcher}', 'merged_into'),
  ('on_site', 'merged', 'merge', '{dispatcher}', 'merged_into'),
  ('merged', 'accepted', 'unmerge', '{dispatcher,platform}', 'note');

-- A hard ticket in each state
CREATE TABLE stand AS SELECT s::liskeban.ticket_state AS state, make(s::text) AS id
FROM unnest(enum_range(NULL::liskeban.ticket_state)) s ORDER BY s;
SELECT bool_and(t.state = s.state) AS each_in_its_state, count(*) FROM stand s JOIN liskeban.ticket t ON t.ticket_id = s.id;

-- Every pair by plain UPDATE: LK001 where the table has none, what is missing where it has one
CREATE VIEW pair AS SELECT s.id, s.state AS from_state, o.state AS to_state, m.action, m.roles, m.missing
FROM stand s CROSS JOIN stand o LEFT JOIN move m ON m.from_state = s.state AND m.to_state = o.state;
SELECT count(*) AS pairs, count(action) AS moves FROM pair WHERE from_state <> to_state;
SELECT code(format('UPDATE liskeban.ticket SET state = %L WHERE ticket_id = %s', to_state, id)) AS comes_to,
       code(format('UPDATE liskeban.ticket SET state = %L, note = ''n'' WHERE ticket_id = %s', to_state, id), 'desk') AS by_the_desk, count(*)
FROM pair WHERE from_state <> to_state AND action IS NULL GROUP BY 1, 2;
SELECT action, from_state, to_state, try(format('UPDATE liskeban.ticket SET state = %L WHERE ticket_id = %s', to_state, id)) AS comes_to
FROM pair WHERE action IS NOT NULL ORDER BY action, from_state, to_state;
SELECT action, from_state, to_state FROM pair WHERE action IS NOT NULL AND
  CASE WHEN missing IS NULL THEN try(format('UPDATE liskeban.ticket SET state = %L WHERE ticket_id = %s', to_state, id)) <> 'ok'
       ELSE NOT starts_with(try(format('UPDATE liskeban.ticket SET state = %L WHERE ticket_id = %s', to_state, id)), 'LK002 Missing: ' || missing) END;
-- the state it has, written again, is no move and no error
SELECT state, try(format('UPDATE liskeban.ticket SET state = %L WHERE ticket_id = %s', state, id)) FROM stand ORDER BY state;
SELECT code(format('INSERT INTO liskeban.ticket (source, category, title, state) VALUES (''web_message'', ''hard'', ''t'', %L)', state)) AS begins_elsewhere,
       count(*), array_agg(state ORDER BY state) FROM stand GROUP BY 1 ORDER BY 1;

-- Every named function from every state: LK001 unless its action begins there
CREATE TABLE call (action text, statement text);
INSERT INTO call VALUES
  ('accept', 'SELECT liskeban.accept(%s)'), ('answer', 'SELECT liskeban.answer(%s, NULL)'),
  ('reject', 'SELECT liskeban.reject(%s, NULL, NULL)'), ('withdraw', 'SELECT liskeban.withdraw(%s, NULL)'),
  ('dispatch', 'SELECT liskeban.dispatch(%s)'), ('redispatch', 'SELECT liskeban.redispatch(%s)'),
  ('return', 'SELECT liskeban.return(%s, NULL)'), ('arrive', 'SELECT liskeban.arrive(%s)'),
  ('plan', 'SELECT liskeban.plan(%s, NULL, NULL)'), ('resolve', 'SELECT liskeban.resolve(%s, NULL)'),
  ('suspend', 'SELECT liskeban.suspend(%s, NULL, NULL)'), ('resume', 'SELECT liskeban.resume(%s)'),
  ('close', 'SELECT liskeban.close(%s)'), ('rework', 'SELECT liskeban.rework(%s, NULL)'),
  ('reopen', 'SELECT liskeban.reopen(%s, NULL)'), ('merge', 'SELECT liskeban.merge(%s, NULL)'),
  ('unmerge', 'SELECT liskeban.unmerge(%s, NULL)');
INSERT INTO move VALUES ('dispatched', 'dispatched', 'redispatch', '{dispatcher}', 'responsible_area|department'),
  ('planned', 'planned', 'plan', '{handler}', 'plan');
CREATE VIEW named AS SELECT c.action, s.state, s.id, format(c.statement, s.id) AS statement, m.roles, m.missing
FROM call c CROSS JOIN stand s LEFT JOIN (SELECT DISTINCT ON (action, from_state) * FROM move ORDER BY action, from_state, to_state) m
  ON m.action = c.action AND m.from_state = s.state;
SELECT code(statement) AS comes_to, count(*) FROM named WHERE roles IS NULL GROUP BY 1;
SELECT action, state, try(statement) FROM named WHERE roles IS NOT NULL ORDER BY action, state;
SELECT DISTINCT code(format(statement, 'NULL')) AS null_id, code(format(statement, 320117999999999)) AS unknown_id FROM call;

-- Every role at every move: 42501 comes before what is missing
CREATE TABLE actor (identity text, role text);
INSERT INTO actor VALUES ('desk', 'dispatcher'), ('desk_t2', NULL), ('v1', 'handler'), ('v2', NULL), ('databureau', NULL),
  ('hotline', 'source'), ('web', NULL), ('reader', NULL), ('chief', 'admin');
SELECT a.identity, count(*), count(*) FILTER (WHERE may) AS may, count(*) FILTER (WHERE (code(statement, identity) <> '42501') <> may) AS wrong
FROM actor a CROSS JOIN LATERAL (SELECT format('UPDATE liskeban.ticket SET state = %L WHERE ticket_id = %s', to_state, id) AS statement,
  coalesce(a.role = 'admin' OR a.role = ANY (p.roles), false) AS may FROM pair p WHERE p.action IS NOT NULL AND p.from_state <> p.to_state) p GROUP BY 1 ORDER BY 1;
SELECT a.identity, count(*), count(*) FILTER (WHERE may) AS may, count(*) FILTER (WHERE (code(statement, identity) <> '42501') <> may) AS wrong
FROM actor a CROSS JOIN LATERAL (SELECT statement, coalesce(a.role = 'admin' OR a.role = ANY (n.roles), false) AS may FROM named n WHERE n.roles IS NOT NULL) n
GROUP BY 1 ORDER BY 1;
-- the moves within a state: another holder, and another plan, which needs an extension (LK002)
SELECT a.identity, code(format('UPDATE liskeban.ticket SET responsible_area = ''320117001002'', note = ''n'' WHERE ticket_id = %s', d.id), a.identity) AS redispatch,
  code(format('UPDATE liskeban.ticket SET plan = ''another'', promised_at = promised_at + interval ''1 day'' WHERE ticket_id = %s', p.id), a.identity) AS plan
FROM actor a, stand d, stand p WHERE d.state = 'dispatched' AND p.state = 'planned' ORDER BY a.identity;
-- the platform's own role
SET SESSION AUTHORIZATION liskeban_job;
SELECT liskeban.actor();
RESET SESSION AUTHORIZATION;
CREATE FUNCTION as_role(role_name text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
  EXECUTE format('SET LOCAL ROLE %I', role_name);
  result := code(statement);
  RESET ROLE;
  RETURN result;
END $$;
CREATE FUNCTION sees(role_name text, id bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE result boolean;
BEGIN
  EXECUTE format('SET LOCAL ROLE %I', role_name);
  result := EXISTS (SELECT FROM liskeban.ticket t WHERE t.ticket_id = id);
  RESET ROLE;
  RETURN result;
END $$;
-- login roles with nothing but the group's grants: no membership, no ticket to be seen, no move
CREATE ROLE regress_liskeban_clerk LOGIN IN ROLE liskeban_dispatcher;
CREATE ROLE regress_liskeban_worker LOGIN IN ROLE liskeban_handler;
GRANT USAGE ON SCHEMA public TO liskeban_job;
SELECT action, from_state, to_state,
  as_role('liskeban_job', statement) = '42501' AS platform_refused, 'platform' = ANY (roles) AS platform_may,
  sees('regress_liskeban_clerk', id) OR sees('regress_liskeban_worker', id) AS others_see
FROM (SELECT *, format('UPDATE liskeban.ticket SET state = %L WHERE ticket_id = %s', to_state, id) AS statement FROM pair) p
WHERE action IS NOT NULL AND from_state <> to_state AND
 ((as_role('liskeban_job', statement) = '42501') = ('platform' = ANY (roles)) OR sees('regress_liskeban_clerk', id)
  OR sees('regress_liskeban_worker', id)) ORDER BY 1, 2, 3;
INSERT INTO liskeban.membership (role_name, duty, area) VALUES ('regress_liskeban_clerk', 'dispatcher', '320117'), ('regress_liskeban_worker', 'handler', '320117001001');
SELECT action, from_state, to_state FROM (SELECT *, format('UPDATE liskeban.ticket SET state = %L WHERE ticket_id = %s', to_state, id) AS statement FROM pair) p
WHERE action IS NOT NULL AND from_state <> to_state AND ((as_role('regress_liskeban_clerk', statement) <> '42501') <> ('dispatcher' = ANY (roles))
  OR (as_role('regress_liskeban_worker', statement) <> '42501') <> ('handler' = ANY (roles))) ORDER BY 1, 2, 3;
SELECT action, state FROM named WHERE roles IS NOT NULL AND ((as_role('regress_liskeban_clerk', statement) <> '42501') <> ('dispatcher' = ANY (roles))
  OR (as_role('regress_liskeban_worker', statement) <> '42501') <> ('handler' = ANY (roles))) ORDER BY 1, 2;

-- What each move needs, one thing after the other
CREATE VIEW the AS SELECT max(id) FILTER (WHERE state = 'reported') AS reported, max(id) FILTER (WHERE state = 'accepted') AS accepted,
  max(id) FILTER (WHERE state = 'dispatched') AS dispatched, max(id) FILTER (WHERE state = 'on_site') AS on_site, max(id) FILTER (WHERE state = 'planned') AS planned,
  max(id) FILTER (WHERE state = 'suspended') AS suspended, max(id) FILTER (WHERE state = 'resolved') AS resolved, max(id) FILTER (WHERE state = 'closed') AS closed FROM stand;
CREATE FUNCTION up(id bigint, change text, identity text) RETURNS text LANGUAGE sql AS $$
  SELECT try(format('UPDATE liskeban.ticket SET %s WHERE ticket_id = %s', change, id), identity) $$;
SELECT n, up(reported, change, 'desk') FROM the, (VALUES (1, $$state = 'rejected', reply = 'r'$$), (2, $$state = 'rejected', reject_reason = 'unclear'$$),
  (3, $$state = 'rejected', reject_reason = 'unclear', reply = ''$$), (4, $$state = 'rejected', reject_reason = 'no such reason', reply = 'r'$$),
  (5, $$state = 'rejected', reject_reason = 'unclear', reply = 'r', transferred_to = 'elsewhere'$$), (6, $$state = 'resolved', reply = ''$$),
  (7, $$state = 'resolved', reply = 'r'$$), (8, $$state = 'withdrawn', note = ''$$), (9, $$state = 'withdrawn', note = 'n'$$),
  (10, $$state = 'merged', merged_into = 1$$), (11, $$state = 'merged', merged_into = ticket_id$$)) v (n, change) ORDER BY n;
SELECT n, up(accepted, change, 'desk') FROM the, (VALUES (1, $$state = 'dispatched', responsible_area = NULL$$), (2, $$state = 'dispatched', responsible_area = NULL, department = 'data'$$),
  (3, $$state = 'dispatched', responsible_area = NULL, department = 'data', note = 'they have the file'$$),
  (4, $$state = 'dispatched', department = 'no such bureau', note = 'n'$$), (5, $$state = 'dispatched', responsible_area = '320117009'$$)) v (n, change) ORDER BY n;
SELECT n, up(dispatched, change, 'desk') FROM the, (VALUES (1, $$responsible_area = '320117001002'$$), (2, $$state = 'dispatched', department = 'data'$$),
  (3, $$state = 'dispatched', department = 'data', note = 'n'$$), (4, $$responsible_area = NULL, note = 'n'$$), (5, $$responsible_area = responsible_area, note = 'n'$$)) v (n, change) ORDER BY n;
SELECT n, up(on_site, change, 'v1') FROM the, (VALUES (1, $$state = 'planned', plan = 'p'$$), (2, $$state = 'planned', promised_at = '2024-09-20'$$),
  (3, $$state = 'planned', plan = 'p', promised_at = '2024-09-20'$$), (4, $$state = 'planned', difficulty = 'general', plan = 'p', promised_at = '2024-09-20'$$),
  (5, $$state = 'resolved', resolution = ''$$), (6, $$state = 'resolved', resolution = 'r'$$)) v (n, change) ORDER BY n;
-- the named functions come to the same
SELECT statement, try(format(statement, id), identity) AS comes_to FROM the, LATERAL (VALUES
  (1, 'desk', reported, 'SELECT liskeban.reject(%s, ''unclear'', NULL)'), (2, 'desk', reported, 'SELECT liskeban.reject(%s, ''no such reason'', ''r'')'), (3, 'desk', reported, 'SELECT liskeban.reject(%s, ''unclear'', ''r'')'),
  (4, 'desk', accepted, 'SELECT liskeban.answer(%s, '''')'), (5, 'desk', accepted, 'SELECT liskeban.dispatch(%s, NULL, ''data'')'), (6, 'desk', accepted, 'SELECT liskeban.dispatch(%s, ''320117009'')'),
  (7, 'desk', dispatched, 'SELECT liskeban.redispatch(%s, ''320117001001'', NULL, ''n'')'), (8, 'desk', dispatched, 'SELECT liskeban.redispatch(%s, ''320117001002'')'), (9, 'desk', dispatched, 'SELECT liskeban.redispatch(%s, ''320117001002'', NULL, ''n'')'),
  (10, 'v1', on_site, 'SELECT liskeban.plan(%s, ''p'', NULL)'), (11, 'v1', on_site, 'SELECT liskeban.plan(%s, NULL, ''2024-10-01'')'), (12, 'v1', on_site, 'SELECT liskeban.plan(%s, ''p'', ''2024-01-01'')'), (13, 'v1', on_site, 'SELECT liskeban.plan(%s, ''p'', ''2024-10-01'')'),
  (14, 'v1', planned, 'SELECT liskeban.resolve(%s, '''')'), (15, 'v1', planned, 'SELECT liskeban.resolve(%s, ''r'', ''we have done it'')'), (16, 'desk', resolved, 'SELECT liskeban.rework(%s, '''')'), (17, 'desk', reported, 'SELECT liskeban.merge(%s, 5)'),
  (18, 'v1', dispatched, 'SELECT liskeban.arrive(%s, ''gps'', NULL)'), (19, 'v1', dispatched, 'SELECT liskeban.arrive(%s, at => ''2024-01-01'')'), (20, 'hotline', planned, 'SELECT liskeban.withdraw(%s, ''n'')')) v (n, identity, id, statement) ORDER BY n;
-- a resolve without arrival, and one without contact; a plan by telephone
CREATE TABLE phone AS SELECT make('dispatched', 'call') AS call, make('dispatched', 'hardcall') AS hardcall;
SELECT up(dispatched, $$state = 'resolved', resolution = 'r'$$, 'v1'), try(format('SELECT liskeban.resolve(%s, ''r'')', dispatched), 'v1') FROM the;
SELECT up(call, $$state = 'resolved', resolution = 'r'$$, 'v1'), try(format('SELECT liskeban.resolve(%s, ''r'')', call), 'v1') FROM phone;
SELECT up(call, $$contacted_at = now()$$, 'v1'), up(hardcall, $$state = 'planned', plan = 'p', promised_at = '2024-09-20'$$, 'v1'),
  up(call, $$state = 'planned', plan = 'p', promised_at = '2024-09-20'$$, 'v1') FROM phone;
SELECT act('v1', format('SELECT liskeban.contact(%s, ''called back'')', call)) FROM phone;
SELECT up(call, $$state = 'resolved'$$, 'v1'), up(call, $$state = 'resolved', resolution = 'r'$$, 'v1') FROM phone;
-- return
SELECT granted(on_site, 'return'), granted(dispatched, 'return') FROM the;
SELECT up(dispatched, $$state = 'accepted'$$, 'desk'), up(dispatched, $$state = 'accepted', note = 'not ours'$$, 'desk'), up(on_site, $$state = 'accepted', note = 'not ours'$$, 'desk'),
  up(dispatched, $$state = 'accepted', note = 'not ours'$$, 'v1') FROM the;
SELECT try(format('SELECT liskeban.return(%s, NULL)', dispatched), 'desk'), try(format('SELECT liskeban.return(%s, ''not ours'')', dispatched), 'desk') FROM the;
-- suspend: not without suspend_until, not for longer than was granted, not on a request asked after the due
SELECT granted(planned, 'suspend', '2024-09-20 09:00+08') FROM the;
SELECT n, up(planned, change, 'desk') FROM the, (VALUES (1, $$state = 'suspended'$$), (2, $$state = 'suspended', suspend_until = '2024-09-20 09:00:01+08'$$),
  (3, $$state = 'suspended', suspend_until = '2024-09-20 09:00+08'$$), (4, $$state = 'suspended', suspend_until = liskeban.liskeban_now()$$),
  (5, $$state = 'suspended', suspend_until = '2024-09-01'$$)) v (n, change) ORDER BY n;
SELECT try(format('SELECT liskeban.suspend(%s, NULL, ''n'')', planned), 'desk'), try(format('SELECT liskeban.suspend(%s, ''2024-09-21'', ''n'')', planned), 'desk'), try(format('SELECT liskeban.suspend(%s, ''2024-09-19'', ''n'')', planned), 'desk') FROM the;
BEGIN;
SELECT later('4 days');
CREATE TEMP TABLE late AS SELECT make('on_site', 'general') AS id;
SELECT later('3 days');
SELECT granted(id, 'suspend', '2024-10-01') FROM late;
SELECT up(id, $$state = 'suspended', suspend_until = '2024-09-30'$$, 'desk') FROM late;
ROLLBACK;
SELECT up(suspended, $$state = 'on_site'$$, 'v1'), up(suspended, $$state = 'planned'$$, 'v1'), up(suspended, $$state = 'planned'$$, 'desk') FROM the;
-- close: with a reporter by the citizen's word, without by another's
SELECT n, up(resolved, change, 'desk') FROM the, (VALUES (1, $$state = 'closed'$$), (2, $$state = 'closed', satisfaction = 'satisfied', solved = true$$),
  (3, $$state = 'closed', checked_by = ''$$), (4, $$state = 'closed', checked_by = 'desk'$$), (5, $$state = 'closed', checked_by = 'v1'$$)) v (n, change) ORDER BY n;
BEGIN;
INSERT INTO liskeban.reporter (ticket_id, name) SELECT resolved, 'a citizen' FROM the;
SELECT n, up(resolved, change, 'hotline') FROM the, (VALUES (1, $$state = 'closed'$$), (2, $$state = 'closed', satisfaction = 'satisfied'$$), (3, $$state = 'closed', solved = true$$),
  (4, $$state = 'closed', checked_by = 'desk'$$), (5, $$state = 'closed', satisfaction = 'dissatisfied', solved = false$$), (6, $$state = 'closed', satisfaction = 'unreachable'$$)) v (n, change) ORDER BY n;
ROLLBACK;
-- reopen: within 30 days of closing
SELECT granted(closed, 'reopen', NULL, 'hotline') FROM the;
SELECT up(closed, $$state = 'dispatched'$$, 'desk') FROM the;
SELECT liskeban.liskeban_now() AS before \gset
SELECT at(to_char(closed_at + interval '30 days', 'YYYY-MM-DD HH24:MI:SS')) - closed_at AS after, up(closed, $$state = 'dispatched'$$, 'desk'),
  later('1 second') - closed_at AS after, up(closed, $$state = 'dispatched'$$, 'desk') FROM the, liskeban.ticket WHERE ticket_id = closed;
SET liskeban.now = :'before';

-- A column that the move, or the state, does not take
SELECT n, up(dispatched, change, NULL) FROM the, (VALUES (1, $$satisfaction = 'satisfied'$$), (2, $$plan = 'p'$$), (3, $$on_site_at = '2024-09-16'$$), (4, $$resolution = 'r'$$),
  (5, $$reject_reason = 'unclear'$$), (6, $$suspend_until = '2024-10-01'$$), (7, $$merged_into = 1$$), (8, $$checked_by = 'x'$$), (9, $$state = 'on_site', resolution = 'r'$$)) v (n, change) ORDER BY n;
SELECT n, up(closed, change, NULL) FROM the, (VALUES (1, $$title = 't'$$), (2, $$category = 'general'$$), (3, $$priority = 1$$), (4, $$geom = NULL$$), (5, $$extra = '{}'$$),
  (6, $$satisfaction = 'satisfied'$$), (7, $$note = 'n'$$), (8, $$reply = 'r'$$)) v (n, change) ORDER BY n;

-- Maintained columns, on INSERT and UPDATE, alone and beside a move that is allowed
CREATE TABLE kept (name text, value text);
INSERT INTO kept VALUES ('ticket_no', 'x'), ('received_at', '2024-01-01'), ('area', '320117002'), ('placement', 'outside'), ('suspended_from', 'on_site'), ('tier', 'principal'),
  ('designated', 'true'), ('run', '2'), ('accept_due', '2030-01-01'), ('dispatch_due', '2030-01-01'), ('respond_due', '2030-01-01'), ('plan_due', '2030-01-01'),
  ('resolve_due', '2030-01-01'), ('resolve_due_original', '2030-01-01'), ('feedback_due', '2030-01-01'), ('clocks_stopped_at', '2024-01-01'), ('dispatched_at', '2024-01-01'),
  ('contacted_at', '2024-01-01'), ('late_entry', 'true'), ('resolved_at', '2024-01-01'), ('resolved_by', 'x'), ('closed_at', '2024-01-01'), ('rework_count', '5'),
  ('reopen_count', '5'), ('return_count', '5'), ('emergency', '5'), ('co_departments', '{data}'), ('has_reporter', 'true'), ('last_seq', '99'), ('updated_at', '2030-01-01');
SELECT code(format('INSERT INTO liskeban.ticket (source, category, title, %I) VALUES (''web_message'', ''hard'', ''t'', %L)', name, value)) AS inserted, count(*) FROM kept GROUP BY 1;
SELECT up(id, format('%I = %L', name, value), NULL) AS updated, up(id, format('%I = %L, note = ''n''', name, value), 'chief') AS by_the_chief, count(DISTINCT name) AS columns, count(*)
FROM stand, kept GROUP BY 1, 2;
SELECT up(reported, format('state = ''accepted'', %I = %L', name, value), 'desk') AS beside_a_move, up(reported, format('state = ''closed'', %I = %L', name, value), 'v2') AS before_all_else, count(*)
FROM the, kept GROUP BY 1, 2;
SELECT name, up(reported, format('%I = %L', name, value), NULL) FROM the, (VALUES ('kind', 'hazard'), ('parent_id', '1'), ('source', 'web_message'), ('external_id', 'x'), ('reported_at', '2024-01-01')) v (name, value) ORDER BY name;
-- written back they are no error, and nothing happened
SELECT up(id, (SELECT string_agg(format('%I = %1$I', name), ', ') FROM kept), NULL), count(*) FROM stand GROUP BY 1;
UPDATE liskeban.ticket SET (ticket_no, received_at, area, run, resolve_due, co_departments, geom, kind) = (ticket_no || '', received_at, area, run, resolve_due, co_departments || '{}', geom, kind);
SELECT bool_and(last_seq = (SELECT count(*) FROM liskeban.ticket_event e WHERE e.ticket_id = t.ticket_id)) AS nothing_happened, max(last_seq) FROM liskeban.ticket t;
-- the number is drawn, never given
SELECT code('INSERT INTO liskeban.ticket (ticket_id, source, category, title) VALUES (5, ''web_message'', ''hard'', ''t'')'), code('UPDATE liskeban.ticket SET ticket_id = 5'),
  code('UPDATE liskeban.ticket SET ticket_id = DEFAULT');
SELECT code(format('INSERT INTO liskeban.ticket (ticket_id, source, category, title) OVERRIDING SYSTEM VALUE VALUES (%s, ''web_message'', ''hard'', ''t'')', id)) FROM
  (VALUES (5), (320117000000900), (320118000000001)) v (id);
-- nothing of a ticket's life is given at its report
SELECT name, try(format('INSERT INTO liskeban.ticket (source, category, title, %I) VALUES (''web_message'', ''hard'', ''t'', %L)', name, value))
FROM (VALUES ('on_site_at', '2024-01-01'), ('arrival_proof', 'gps'), ('plan', 'p'), ('promised_at', '2030-01-01'), ('resolution', 'r'), ('suspend_until', '2030-01-01'), ('satisfaction', 'satisfied'),
  ('solved', 'true'), ('checked_by', 'x'), ('reject_reason', 'unclear'), ('transferred_to', 'x'), ('merged_into', '1')) v (name, value) ORDER BY name;

-- Impossible times
SELECT name, try(format('INSERT INTO liskeban.ticket (source, category, title, %I) VALUES (''web_message'', ''hard'', ''t'', %s)', name, value)) FROM
  (VALUES ('reported_at', 'liskeban.liskeban_now() + interval ''1 microsecond'''), ('reported_at', 'liskeban.liskeban_now()'), ('reported_at', '''2019-01-01'''), ('reported_at', '''infinity'''),
  ('reported_at', '''-infinity'''), ('discovered_at', '''2030-01-01''')) v (name, value) ORDER BY name, value;
SELECT n, up(dispatched, format('state = ''on_site'', on_site_at = %s', value), 'v1') FROM the, (VALUES (1, 'dispatched_at'), (2, 'dispatched_at - interval ''1 microsecond'''), (3, 'liskeban.liskeban_now()'),
  (4, 'liskeban.liskeban_now() + interval ''1 microsecond'''), (5, 'NULL'), (6, '''infinity'''), (7, '''-infinity''')) v (n, value) ORDER BY n;
SELECT n, up(on_site, format('state = ''planned'', plan = ''p'', promised_at = %s', value), 'v1') FROM the, (VALUES (1, 'liskeban.liskeban_now()'), (2, 'liskeban.liskeban_now() + interval ''1 microsecond'''),
  (3, '''2024-01-01'''), (4, '''infinity''')) v (n, value) ORDER BY n;

-- Arrival by GPS: 200 m
SELECT metres, try(format('UPDATE liskeban.ticket SET state = ''on_site'', arrival_proof = ''gps'', arrived_geom = north(%s) WHERE ticket_id = %s', metres, dispatched), 'v1') AS updated,
  try(format('SELECT liskeban.arrive(%s, ''gps'', north(%s))', dispatched, metres), 'v1') AS called FROM the, (VALUES (0), (199.9), (200.1), (5000)) v (metres) ORDER BY metres;
SELECT try(format('SELECT liskeban.arrive(%s, ''gps'')', dispatched), 'v1'), try(format('SELECT liskeban.arrive(%s, ''gps'', ''SRID=4490;POINT EMPTY'')', dispatched), 'v1') AS empty,
  try(format('SELECT liskeban.arrive(%s, ''photo'', north(5000))', dispatched), 'v1') AS photo, try(format('SELECT liskeban.arrive(%s, ''hearsay'')', dispatched), 'v1') AS hearsay FROM the;
UPDATE liskeban.platform SET arrival_distance = 100;
SELECT try(format('SELECT liskeban.arrive(%s, ''gps'', north(101))', dispatched), 'v1'), try(format('SELECT liskeban.arrive(%s, ''gps'', north(99))', dispatched), 'v1') FROM the;
UPDATE liskeban.platform SET arrival_distance = 200;
BEGIN;
CREATE TEMP TABLE nowhere AS SELECT make('dispatched', 'general') AS id;
UPDATE liskeban.ticket SET geom = NULL FROM nowhere WHERE ticket_id = id;
SELECT try(format('SELECT liskeban.arrive(%s, ''gps'', here())', id), 'v1'), try(format('SELECT liskeban.arrive(%s, ''photo'')', id), 'v1') FROM nowhere;
ROLLBACK;
-- recorded more than ten minutes after it happened: entered late
CREATE TABLE arrival AS SELECT n, make('dispatched') AS id FROM generate_series(1, 3) n;
SELECT later('30 minutes');
SELECT act('v1', format('SELECT liskeban.arrive(%s, at => liskeban.liskeban_now() - interval %L)', id, ago)) FROM arrival JOIN (VALUES (1, '10 minutes'), (2, '10 minutes 1 second'), (3, '0')) v (n, ago) USING (n);
SELECT n, liskeban.liskeban_now() - on_site_at AS ago, late_entry, arrival_proof, e.at = on_site_at AS at_is_then, e.recorded_at - e.at AS lag, e.detail -> 'late_entry' AS late
FROM arrival JOIN liskeban.ticket t ON t.ticket_id = id JOIN liskeban.ticket_event e ON e.ticket_id = id AND e.seq = last_seq ORDER BY n;

-- Separation of duties binds everyone, a superuser too
CREATE TABLE own AS SELECT make('on_site', 'general') AS id, make('on_site', 'general') AS id2;
UPDATE liskeban.ticket SET state = 'resolved', resolution = 'r' FROM own WHERE ticket_id = id;
SELECT resolved_by = current_user AS by_me, try(format('SELECT liskeban.close(%s)', id)), up(id, $$state = 'closed', checked_by = 'desk'$$, NULL) AS closed, up(id, $$checked_by = 'desk'$$, NULL) AS checked,
  up(id, $$satisfaction = 'satisfied'$$, NULL) AS answered, up(id, $$state = 'closed', checked_by = 'desk2'$$, 'desk') AS by_another FROM own, liskeban.ticket WHERE ticket_id = id;
SELECT up(id, format('state = ''closed'', checked_by = %L', current_user), 'desk') AS checked_by_the_resolver FROM own;
SELECT liskeban.ask(id2, 'return', 'not ours') AS request FROM own \gset
SELECT try(format('SELECT liskeban.decide(%s, true, ''granted'')', :request)), try(format('SELECT liskeban.decide(%s, true, ''granted'')', :request), 'v1') AS the_handler,
  try(format('SELECT liskeban.decide(%s, true, ''granted'')', :request), 'desk') AS the_desk;
-- never withdrawn by who handled it
INSERT INTO liskeban.membership (role_name, duty, area) VALUES ('v1', 'dispatcher', '320117');
SELECT up(on_site, $$state = 'withdrawn', note = 'n'$$, 'v1') AS handled, up(dispatched, $$state = 'withdrawn', note = 'n'$$, 'v1') AS not_yet, up(on_site, $$state = 'withdrawn', note = 'n'$$, 'desk') AS another FROM the;

-- NULL and nonsense
SELECT name, up(dispatched, format('%I = NULL', name), NULL), up(dispatched, format('state = ''resolved'', %I = NULL', name), NULL) AS beside_a_move FROM the, unnest('{category,difficulty,priority,title}'::text[]) name ORDER BY name;
SELECT up(dispatched, 'state = NULL', NULL), up(dispatched, 'priority = 9', NULL), up(dispatched, 'title = ''''', NULL), up(dispatched, 'category = ''no such''', NULL) FROM the;
SELECT try('INSERT INTO liskeban.ticket (source, category, title) VALUES (''no such'', ''hard'', ''t'')'), try('INSERT INTO liskeban.ticket (category, title) VALUES (''hard'', ''t'')'),
  try('INSERT INTO liskeban.ticket (source, title) VALUES (''web_message'', ''t'')'), try('INSERT INTO liskeban.ticket (source, category, title, state) VALUES (''web_message'', ''hard'', ''t'', NULL)');
SELECT try('INSERT INTO liskeban.ticket (source, category, title, parent_id) VALUES (''web_message'', ''hard'', ''t'', 5)');
-- a title may be missing
BEGIN;
INSERT INTO liskeban.ticket (source, category) VALUES ('web_message', 'hard') RETURNING title, state;
ROLLBACK;

SELECT * FROM liskeban.check_invariants();
DROP ROLE regress_liskeban_clerk, regress_liskeban_worker;
\c postgres
DROP DATABASE regress_liskeban_guard;
