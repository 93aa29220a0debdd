-- Whole lives of tickets: dispatch and return, requests, results and their answers, another run, merging.
CREATE DATABASE regress_liskeban_lifecycle TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_lifecycle
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

CREATE FUNCTION up(id bigint, change text, identity text) RETURNS text LANGUAGE sql AS $$
  SELECT try(format('UPDATE liskeban.ticket SET %s WHERE ticket_id = %s', change, id), identity) $$;
CREATE FUNCTION does(identity text, id bigint, change text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  PERFORM later('1 minute');
  PERFORM act(identity, format('UPDATE liskeban.ticket SET %s WHERE ticket_id = %s', change, id));
END $$;
CREATE FUNCTION holder(id bigint) RETURNS TABLE (state text, area text, responsible text, department text, tier text, returns integer, designated boolean) LANGUAGE sql AS $$
  SELECT t.state, t.area, t.responsible_area, t.department, t.tier, t.return_count, t.designated FROM liskeban.ticket t WHERE t.ticket_id = id $$;

-- Placed when reported; the target follows a new position until dispatch, not afterwards
SELECT report('general') AS id \gset
SELECT * FROM holder(:id);
SELECT does('desk', :id, 'geom = north(4000)');
SELECT * FROM holder(:id);
SELECT does('desk', :id, $$state = 'accepted'$$), does('desk', :id, $$responsible_area = '320117001001'$$), does('desk', :id, 'geom = north(4001)'), does('desk', :id, 'geom = north(1)');
SELECT * FROM holder(:id);
SELECT up(:id, $$state = 'dispatched', geom = ST_SetSRID(ST_MakePoint(119.08, 31.08), 4490)$$, 'desk');
SELECT does('desk', :id, $$state = 'dispatched'$$), does('v1', :id, 'geom = north(4000)');
SELECT * FROM holder(:id);
-- outside and unknown: the pool, without a rung until somebody is told
INSERT INTO liskeban.ticket (source, category, title, geom) VALUES ('web_message', 'general', 'outside', ST_SetSRID(ST_MakePoint(120, 32), 4490)) RETURNING ticket_id AS id \gset
SELECT placement, h.* FROM liskeban.ticket, holder(:id) h WHERE ticket_id = :id;
SELECT does('desk', :id, $$state = 'accepted'$$), up(:id, $$state = 'dispatched'$$, 'desk'), try(format('SELECT liskeban.dispatch(%s)', :id), 'desk'), does('desk', :id, $$state = 'dispatched', responsible_area = '320117'$$);
SELECT placement, h.* FROM liskeban.ticket, holder(:id) h WHERE ticket_id = :id;
-- a dispatch that names nobody goes to whom the category names, from where the ticket was placed; else it stays where the desk put it
INSERT INTO liskeban.category (code, name, domain, difficulty, lead) VALUES ('town', 'general, a town leads', 'livelihood', 'general', 'town');
SELECT c AS category, (SELECT h FROM (SELECT make('accepted', c) AS id) m, LATERAL does('desk', m.id, $$state = 'dispatched'$$), holder(m.id) h) AS by_update,
  (SELECT h FROM (SELECT make('accepted', c) AS id) m, LATERAL act('desk', format('SELECT liskeban.dispatch(%s)', m.id)), holder(m.id) h) AS by_function,
  (SELECT h FROM (SELECT make('accepted', c) AS id) m, LATERAL does('desk', m.id, $$responsible_area = '320117002'$$) AS put, LATERAL does('desk', m.id, $$state = 'dispatched', note = 'n'$$) AS sent, holder(m.id) h) AS placed_by_hand
FROM unnest('{general,town,bureau}'::text[]) c;
-- where the rung is: village, town, department, district; a redispatch below the district moves it
SELECT d AS target, (SELECT h.tier FROM (SELECT make('accepted', 'general') AS id) m, LATERAL does('desk', m.id, format('state = ''dispatched'', note = ''n'', responsible_area = %L, department = %L', a, b)), holder(m.id) h) FROM
  (VALUES ('village', '320117001001', NULL), ('town', '320117002', NULL), ('department', NULL, 'data'), ('district', '320117', NULL)) v (d, a, b);
SELECT make('dispatched', 'general') AS id \gset
SELECT (SELECT tier FROM holder(:id)) AS before, does('desk', :id, $$responsible_area = '320117002', note = 'theirs'$$), (SELECT tier FROM holder(:id)) AS after;
SELECT tier FROM holder(:id);
-- confidential, or about staff: one rung up
SELECT make('accepted', 'general') AS a, make('accepted', 'general') AS b, make('accepted', 'bureau') AS c \gset
UPDATE liskeban.ticket SET confidential = true WHERE ticket_id IN (:a, :b, :c);
SELECT does('desk', :a, $$state = 'dispatched'$$), does('desk', :b, $$state = 'dispatched', responsible_area = '320117001'$$), act('desk', format('SELECT liskeban.dispatch(%s)', :c));
SELECT h.* FROM unnest(ARRAY[:a, :b, :c]::bigint[]) id, holder(id) h;
SELECT code(format('SELECT liskeban.arrive(%s)', :a), 'v1') AS by_the_village;

-- Returned: not to who gave it back; after the second the desk designates, and that one cannot return it
SELECT make('dispatched', 'general') AS id \gset
SELECT granted(:id, 'return'), does('desk', :id, $$state = 'accepted', note = 'not theirs'$$);
SELECT * FROM holder(:id);
SELECT up(:id, $$state = 'dispatched'$$, 'desk') AS same, up(:id, $$state = 'dispatched', responsible_area = '320117001001', note = 'n'$$, 'desk') AS same_named, try(format('SELECT liskeban.dispatch(%s)', :id), 'desk') AS by_default,
  up(:id, $$state = 'dispatched', responsible_area = '320117001002'$$, 'desk') AS another, up(:id, $$state = 'dispatched', department = 'data', note = 'n'$$, 'desk') AS with_a_bureau;
-- whatever was written to it on the desk in between
SELECT does('desk', :id, $$responsible_area = '320117001002'$$), up(:id, $$state = 'dispatched'$$, 'desk') AS another, up(:id, $$state = 'dispatched', responsible_area = '320117001001'$$, 'desk') AS back_again;
SELECT does('desk', :id, $$state = 'dispatched'$$), granted(:id, 'return', NULL, 'v2'), does('desk', :id, $$state = 'accepted', note = 'nor theirs'$$), does('desk', :id, $$state = 'dispatched', responsible_area = '320117001001'$$);
SELECT * FROM holder(:id);
SELECT granted(:id, 'return'), up(:id, $$state = 'accepted', note = 'a third time'$$, 'desk');
SELECT seq, action, moved FROM history(:id) WHERE action IN ('return', 'dispatch');

-- Requests: who asks, for what, when
SELECT k AS kind, string_agg(s, ' ' ORDER BY s::liskeban.ticket_state) FILTER (WHERE c = 'ok') AS may_be_asked, string_agg(DISTINCT c, ' ') FILTER (WHERE c <> 'ok') AS else_it_is
FROM (SELECT k, s, code(format('SELECT liskeban.ask(%s, %L, ''r'', ''2030-01-01'')', make(s), k), 'chief') AS c FROM unnest('{return,suspend,extend,promise,rework,reopen}'::text[]) k,
  unnest('{reported,accepted,dispatched,on_site,planned,suspended,resolved,closed,rejected,withdrawn,merged}'::text[]) s) x GROUP BY k ORDER BY k;
SELECT k AS kind, string_agg(i, ' ' ORDER BY i) AS by FROM (VALUES ('return', make('on_site')), ('suspend', make('on_site')), ('extend', make('planned')), ('promise', make('on_site')), ('rework', make('resolved')), ('reopen', make('closed'))) v (k, id),
  unnest('{desk,v1,v2,databureau,hotline,web,reader,chief}'::text[]) i WHERE code(format('SELECT liskeban.ask(%s, %L, ''r'', ''2030-01-01'')', id, k), i) = 'ok' GROUP BY k ORDER BY k;
SELECT make('on_site', 'general') AS id \gset
SELECT code(format('SELECT liskeban.ask(NULL, ''return'', ''r'')')) AS null_id, code('SELECT liskeban.ask(5, ''return'', ''r'')') AS unknown_id, code(format('SELECT liskeban.ask(%s, ''holiday'', ''r'')', :id)) AS kind,
  code(format('SELECT liskeban.ask(%s, NULL, ''r'')', :id)) AS null_kind, try(format('SELECT liskeban.ask(%s, ''return'', NULL)', :id)) AS reason, try(format('SELECT liskeban.ask(%s, ''return'', '''')', :id)) AS empty,
  try(format('SELECT liskeban.ask(%s, ''suspend'', ''r'')', :id)) AS until, try(format('SELECT liskeban.ask(%s, ''suspend'', ''r'', liskeban.liskeban_now())', :id)) AS past, code(format('SELECT liskeban.ask(%s, ''extend'', ''r'', ''infinity'')', :id)) AS endless;
-- one open of a kind; decided by another, once; a refused one may be asked again
SELECT liskeban.act_as('v1'), liskeban.ask(:id, 'return', 'not ours') AS r1, liskeban.ask(:id, 'extend', 'parts are missing', '2024-09-30') AS r2 \gset
SELECT liskeban.ask(:id, 'return', 'really not');
SELECT liskeban.act_as(NULL);
SELECT code(format('SELECT liskeban.decide(%s, true, ''n'')', :r1), i) AS comes_to, i AS identity FROM unnest('{v1,v2,hotline,reader,desk_t2,desk,chief}'::text[]) i ORDER BY i;
SELECT code('SELECT liskeban.decide(5, true, ''n'')') AS unknown, code('SELECT liskeban.decide(NULL, true, ''n'')') AS null_id, code(format('SELECT liskeban.decide(%s, NULL, ''n'')', :r1)) AS null_granted;
SELECT act('desk', format('SELECT liskeban.decide(%s, false, ''it is yours'')', :r1));
SELECT code(format('SELECT liskeban.decide(%s, true, ''n'')', :r1), 'desk2') AS again, up(:id, $$state = 'accepted', note = 'n'$$, 'desk') AS refused_permits_nothing, code(format('SELECT liskeban.ask(%s, ''return'', ''once more'')', :id), 'v1') AS asked_again;
SELECT request_id - :r1 AS n, kind, asked_by, decided_by, granted, note, used_seq, decided_at >= asked_at AS in_order FROM liskeban.request WHERE ticket_id = :id ORDER BY request_id;
-- one grant, one use, and the event that used it
SELECT granted(:id, 'suspend', '2024-09-20'), granted(:id, 'suspend', '2024-09-25');
SELECT does('desk', :id, $$state = 'suspended', suspend_until = '2024-09-19', note = 'parts'$$), does('v1', :id, $$state = 'on_site'$$), does('desk', :id, $$state = 'suspended', suspend_until = '2024-09-24', note = 'parts'$$), does('desk', :id, $$state = 'on_site'$$);
SELECT up(:id, $$state = 'suspended', suspend_until = '2024-09-18', note = 'parts'$$, 'desk') AS a_third_time;
SELECT kind, until::date, used_seq, e.action, e.to_state FROM liskeban.request r LEFT JOIN liskeban.ticket_event e ON e.ticket_id = r.ticket_id AND e.seq = used_seq WHERE r.ticket_id = :id AND granted ORDER BY request_id;
SELECT suspend_until, suspended_from, clocks_stopped_at FROM liskeban.ticket WHERE ticket_id = :id;
-- written by ask() and decide() only: a table like any other to its owner, closed to the groups
SELECT code(format('INSERT INTO liskeban.request (ticket_id, kind, asked_by, asked_at, reason, decided_by, decided_at, granted) VALUES (%s, ''return'', ''v1'', now(), ''r'', ''v1'', now(), true)', :id)) AS decided_by_the_asker;

-- The result and its answer
SELECT make('resolved', 'general') AS id \gset
INSERT INTO liskeban.reporter (ticket_id, name) VALUES (:id, 'a citizen');
SELECT does('hotline', :id, $$satisfaction = 'dissatisfied', solved = false$$), does('desk', :id, $$state = 'dispatched', note = 'again'$$);
SELECT state, satisfaction, solved, rework_count, feedback_due, run, on_site_at IS NOT NULL AS was_there, dispatched_at = updated_at AS dispatched_now FROM liskeban.ticket WHERE ticket_id = :id;
SELECT up(:id, $$state = 'resolved', resolution = 'r'$$, 'v1') AS not_there_yet;
SELECT does('v1', :id, $$state = 'on_site'$$), does('v1', :id, $$state = 'resolved', resolution = 'properly'$$), does('desk', :id, $$state = 'closed', satisfaction = 'satisfied', solved = true$$);
-- the citizen may say more afterwards, and nothing else is written to it
SELECT does('hotline', :id, $$satisfaction = 'neutral'$$), up(:id, $$satisfaction = 'satisfied'$$, 'v1') AS by_the_handler, up(:id, $$priority = 1$$, NULL) AS else;
SELECT granted(:id, 'reopen', NULL, 'hotline'), does('desk', :id, $$state = 'dispatched'$$);
SELECT state, run, reopen_count, rework_count, satisfaction, closed_at, arrival_proof FROM liskeban.ticket WHERE ticket_id = :id;
SELECT up(:id, $$state = 'dispatched'$$, 'desk') AS nothing, does('v1', :id, $$state = 'on_site'$$), does('v1', :id, $$state = 'resolved', resolution = 'r'$$), does('desk', :id, $$state = 'closed', satisfaction = 'satisfied', solved = true$$);
SELECT up(:id, $$state = 'dispatched'$$, 'desk') AS used_up;
SELECT seq, run, action, from_state, to_state, nullif(actor, session_user) AS actor FROM liskeban.ticket_event WHERE ticket_id = :id ORDER BY seq;
-- an answered one has nobody yet who would do it again
INSERT INTO liskeban.ticket (source, category, title) VALUES ('web_message', 'general', 'nowhere') RETURNING ticket_id AS a \gset
SELECT report('general') AS b \gset
SELECT does('desk', id, $$state = 'resolved', reply = 'see there'$$) FROM unnest(ARRAY[:a, :b]::bigint[]) id;
SELECT up(:a, $$state = 'dispatched', note = 'n'$$, 'desk') AS nobody, up(:a, $$state = 'dispatched', note = 'n', responsible_area = '320117009'$$, 'desk') AS unknown,
  does('desk', :a, $$state = 'dispatched', note = 'n', department = 'data'$$), does('desk', :b, $$state = 'dispatched', note = 'n'$$);
SELECT h.* FROM unnest(ARRAY[:a, :b]::bigint[]) id, holder(id) h;
SELECT up(report('general'), $$state = 'accepted', responsible_area = '320117009'$$, 'desk') AS unknown_target, up(report('general'), $$state = 'accepted', department = 'no such'$$, 'desk') AS unknown_bureau,
  up(report('general'), $$state = 'accepted', responsible_area = '320117002'$$, 'desk') AS known;

-- Rejected and taken on after all; withdrawn for good
SELECT make('rejected', 'general') AS id \gset
SELECT count(*) FROM liskeban.worklist WHERE ticket_id = :id;
SELECT does('desk', :id, $$state = 'accepted', note = 'it is ours after all'$$);
SELECT w.state FROM liskeban.worklist w WHERE ticket_id = :id;
SELECT does('hotline', :id, $$state = 'withdrawn', note = 'solved by itself'$$);
SELECT seq, action, moved, actor, note FROM history(:id);

-- A rule of the DBA's own is a rule; one nobody could check is refused
INSERT INTO liskeban.transition (from_state, to_state, action, roles, requires) VALUES ('reported', 'dispatched', 'direct', '{source}', '{address|description,@no_such}');
INSERT INTO liskeban.transition (from_state, to_state, action, roles, requires) VALUES ('reported', 'dispatched', 'direct', '{source}', '{address|no_column}');
INSERT INTO liskeban.transition (from_state, to_state, action, roles, requires) VALUES ('reported', 'dispatched', 'direct', '{citizen}', '{}');
INSERT INTO liskeban.transition (from_state, to_state, action, roles, requires) VALUES ('reported', 'dispatched', 'direct', '{source}', '{address|description}');
SELECT report('general') AS id \gset
SELECT up(:id, $$state = 'dispatched'$$, 'hotline'), up(:id, $$state = 'dispatched', address = 'a'$$, 'hotline'), up(:id, $$state = 'dispatched', description = 'd'$$, 'desk');
UPDATE liskeban.transition SET requires = '{}' WHERE action = 'reject' AND from_state = 'reported';
SELECT up(:id, $$state = 'rejected'$$, 'desk') AS without_a_reason;
DELETE FROM liskeban.transition WHERE action = 'direct';
SELECT up(:id, $$state = 'dispatched', address = 'a'$$, 'hotline');
-- registry rows are retired, never deleted; what is retired takes nothing new
SELECT code($$UPDATE liskeban.category SET code = 'other' WHERE code = 'simple'$$) AS category, code($$UPDATE liskeban.area SET code = '320117999' WHERE code = '320117001'$$) AS area,
  code($$UPDATE liskeban.platform SET district = '110101'$$) AS platform, code($$UPDATE liskeban.platform SET time_zone = 'Mars/X'$$) AS zone,
  code($$UPDATE liskeban.category SET code = code, name = 'the same key' WHERE code = 'simple'$$) AS same_key;
SELECT code('DELETE FROM liskeban.category'), code('TRUNCATE liskeban.reject_reason'), code('DELETE FROM liskeban.membership');
-- the longest code there may be is known
INSERT INTO liskeban.category (code, name, domain) VALUES (repeat('噪', 200), 'long', 'ecology'), (repeat('噪', 199) || '声', 'long, another', 'ecology');
INSERT INTO liskeban.ticket (source, category, title, note) VALUES ('web_message', repeat('噪', 199) || '声', 't', 'noted at once') RETURNING right(category, 2), note;
UPDATE liskeban.category SET retired_at = now() WHERE code = 'simple';
SELECT code('SELECT report(''simple'')'), up(:id, $$category = 'simple'$$, 'desk'), up(make('accepted', 'general'), $$title = 'the old one goes on'$$, 'desk');

SELECT * FROM liskeban.check_invariants();
\c postgres
DROP DATABASE regress_liskeban_lifecycle;
