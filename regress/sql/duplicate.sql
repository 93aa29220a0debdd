-- Duplicates: what follows a lead, what becomes of them without one, and which tickets are alike.
CREATE DATABASE regress_liskeban_duplicate TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_duplicate
SET client_min_messages = warning;
CREATE SCHEMA shapes;
CREATE SCHEMA words;
CREATE EXTENSION postgis SCHEMA shapes;
CREATE EXTENSION pg_trgm SCHEMA words;
CREATE EXTENSION pgcrypto SCHEMA words;
CREATE EXTENSION liskeban;
SET liskeban.now = '2024-09-16 08:00:00+08';
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET search_path = public, shapes, liskeban;
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
CREATE FUNCTION says(identity text, id bigint, satisfaction text, solved boolean) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  PERFORM later('1 minute');
  PERFORM act(identity, format('SELECT liskeban.record_feedback(%s, %L, %L)', id, satisfaction, solved));
END $$;
CREATE FUNCTION decides(identity text, id bigint, granted boolean) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  PERFORM later('1 minute');
  PERFORM act(identity, format('SELECT liskeban.decide(%s, %L, ''so be it'')', (SELECT r.request_id FROM liskeban.request r WHERE r.ticket_id = id AND r.decided_at IS NULL), granted));
END $$;
-- Tickets by their number within the district
CREATE FUNCTION n(id bigint) RETURNS bigint LANGUAGE sql AS $$ SELECT id % 1000000000 $$;
CREATE FUNCTION stand(VARIADIC ids bigint[]) RETURNS TABLE (n bigint, state liskeban.ticket_state, lead bigint, closed text, satisfaction liskeban.satisfaction, solved boolean, stopped text, due text, listed boolean) LANGUAGE sql AS $$
  SELECT n(t.ticket_id), t.state, n(t.merged_into), local(t.closed_at), t.satisfaction, t.solved, local(t.clocks_stopped_at), local(t.resolve_due), EXISTS (SELECT FROM liskeban.worklist w WHERE w.ticket_id = t.ticket_id)
  FROM liskeban.ticket t WHERE t.ticket_id = ANY (ids) ORDER BY t.ticket_id $$;
CREATE FUNCTION told(id bigint) RETURNS TABLE (seq integer, action text, moved text, actor text, note text, detail jsonb) LANGUAGE sql AS $$
  SELECT h.seq, h.action, h.moved, h.actor, h.note, h.detail - '{clocks_stopped_at,dispatch_due}'::text[] FROM history(id) h WHERE h.seq > 1 $$;

-- Merged by a person, into an open one that is not merged
SELECT report('general') AS a, make('accepted', 'general') AS b, make('dispatched', 'general') AS c, make('on_site', 'general') AS d \gset
SELECT up(:b, format('state = ''merged'', merged_into = %s', :a), i) AS comes_to, i AS identity FROM unnest('{desk,desk_t2,v1,hotline,reader,chief}'::text[]) i ORDER BY i;
SELECT up(:b, $$state = 'merged'$$, 'desk') AS nothing, up(:b, format('state = ''merged'', merged_into = %s', :b), 'desk') AS itself, up(:b, $$state = 'merged', merged_into = 5$$, 'desk') AS no_such, try(format('SELECT liskeban.merge(%s, NULL)', :b), 'desk') AS null_lead,
  code(format('SELECT liskeban.merge(NULL, %s)', :b), 'desk') AS null_id, code(format('SELECT liskeban.merge(5, %s)', :b), 'desk') AS no_such_ticket;
SELECT s AS lead_is, up(:b, format('state = ''merged'', merged_into = %s', make(s::text)), 'desk') FROM unnest(enum_range(NULL::liskeban.ticket_state)) s;
SELECT s AS state, code(format('SELECT liskeban.merge(%s, %s)', make(s::text), :a), 'desk') FROM unnest(enum_range(NULL::liskeban.ticket_state)) s;

-- They go along with a lead that is merged itself; no chains
SELECT later('1 minute') IS NOT NULL AS ok, act('desk', format('SELECT liskeban.merge(%s, %s)', :b, :a)), act('desk', format('SELECT liskeban.merge(%s, %s)', :c, :a)), does('desk', :a, format('state = ''merged'', merged_into = %s', :d));
SELECT * FROM stand(:a, :b, :c, :d);
SELECT * FROM told(:b);
SELECT up(:d, format('state = ''merged'', merged_into = %s', :a), 'desk') AS round_about;

-- Lead closed: they are, and answer for themselves; before it has a result they have nothing to answer
INSERT INTO liskeban.reporter (ticket_id, name) VALUES (:a, 'a'), (:b, 'b'), (:c, 'c'), (:d, 'd');
SELECT code(format('SELECT liskeban.record_feedback(%s, ''satisfied'', true)', :b), 'desk') AS too_early, up(:b, $$satisfaction = 'satisfied', solved = true$$, 'desk') AS by_update;
SELECT does('v1', :d, $$state = 'resolved', resolution = 'r'$$), says('hotline', :b, 'satisfied', true), does('desk', :d, $$state = 'closed', satisfaction = 'neutral', solved = true$$), says('hotline', :c, 'neutral', false);
SELECT code(format('SELECT liskeban.record_feedback(%s, ''satisfied'', true)', :b), 'v1') AS who_resolved, up(:b, $$satisfaction = 'neutral'$$, 'v1') AS by_update, up(:b, $$title = 'x'$$, 'desk') AS else;
SELECT * FROM stand(:a, :b, :c, :d);
SELECT * FROM told(:c);
-- a granted complaint of any begins the lead again, once; what the others had asked for is granted with it
SELECT says('hotline', :a, 'dissatisfied', false);
SELECT n(ticket_id), kind, asked_by, granted, used_seq FROM liskeban.request WHERE ticket_id IN (:a, :b, :c, :d) ORDER BY request_id;
SELECT decides('desk', :a, true);
SELECT * FROM stand(:a, :b, :c, :d);
SELECT n(r.ticket_id), kind, decided_by, granted, used_seq, e.action, e.note FROM liskeban.request r LEFT JOIN liskeban.ticket_event e ON e.ticket_id = r.ticket_id AND e.seq = r.used_seq WHERE r.ticket_id IN (:a, :b, :c, :d) ORDER BY request_id;
SELECT action, moved, actor FROM told(:d) WHERE seq > 6;
-- the next complaint on the same rung, of whichever of them, takes the lead one rung up
SELECT does('v1', :d, $$state = 'on_site'$$), does('v1', :d, $$state = 'resolved', resolution = 'better'$$), says('hotline', :b, 'dissatisfied', NULL);
SELECT state, tier, reopen_count, rework_count FROM liskeban.ticket WHERE ticket_id = :d;
SELECT n(ticket_id), satisfaction, solved, request_id IS NOT NULL AS asked FROM liskeban.feedback WHERE ticket_id IN (:a, :b, :c, :d) ORDER BY feedback_id;

-- Lead withdrawn, or rejected: the eldest takes its place, by the platform's doing
SELECT report('general') AS a, later('1 minute') AS t1, report('general') AS b, later('1 minute') AS t2, report('general') AS c, later('1 minute') AS t3, report('general') AS d \gset
SELECT act('desk', format('SELECT liskeban.merge(%s, %s)', :c, :d)), act('desk', format('SELECT liskeban.merge(%s, %s)', :b, :d)), act('desk', format('SELECT liskeban.merge(%s, %s)', :a, :d));
SELECT does('hotline', :d, $$state = 'withdrawn', note = 'taken back'$$);
SELECT * FROM stand(:a, :b, :c, :d);
SELECT * FROM told(:a);
SELECT * FROM told(:b);
SELECT act('desk', format('SELECT liskeban.withdraw(%s, ''of no interest'')', :b)), later('1 minute') IS NOT NULL AS ok, act('desk', format('SELECT liskeban.reject(%s, ''unclear'', ''say more'')', :a));
SELECT * FROM stand(:a, :b, :c, :d);
-- unmerged by hand it goes on with what was left; age is from receipt
SELECT report('general') AS a, report('general') AS b \gset
SELECT act('desk', format('SELECT liskeban.merge(%s, %s)', :b, :a)), later('10 days') IS NOT NULL AS ok;
SELECT up(:b, $$state = 'accepted'$$, 'desk') AS note, code(format('SELECT liskeban.unmerge(%s, ''n'')', :b), 'v1') AS handler;
SELECT does('desk', :b, $$state = 'accepted', note = 'another matter'$$);
SELECT s.*, local(t.received_at) AS received, local(t.dispatch_due) AS dispatch FROM stand(:b) s, liskeban.ticket t WHERE t.ticket_id = :b;
SELECT * FROM liskeban.alarm WHERE ticket_id = :b AND at BETWEEN '2024-09-17' AND '2024-09-26';

-- Alike: of the same category, near, in time; the words where there is no place
CREATE FUNCTION say(words text, metres double precision, category text DEFAULT 'general') RETURNS bigint LANGUAGE sql AS $$
  INSERT INTO liskeban.ticket (source, category, title, description, geom) VALUES ('hotline_12345', say.category, split_part(words, '|', 1), split_part(words, '|', 2), CASE WHEN metres IS NOT NULL THEN north(20000 + metres) END) RETURNING ticket_id $$;
CREATE FUNCTION alike(id bigint, radius double precision DEFAULT 500, days double precision DEFAULT 30) RETURNS TABLE (n bigint, title text, score numeric, text numeric, metres numeric, days_apart numeric, state liskeban.ticket_state, lead bigint) LANGUAGE sql AS $$
  SELECT n(s.ticket_id), s.title, round(s.score::numeric, 3), round(s.text_similarity::numeric, 3), round(s.distance_m::numeric, 1), round(s.days_apart::numeric, 3), s.state, n(s.lead_id) FROM liskeban.similar_tickets(id, radius, days) s $$;
SELECT at('2025-03-03 08:00') IS NOT NULL AS ok, say('小区门口路灯不亮|晚上回家看不见路', 0) AS lamp, say('小区门口的路灯不亮了|晚上回家看不见路', 40) AS near, say('路灯不亮|小区门口晚上看不见路', 499) AS far,
  say('小区门口路灯不亮|晚上回家看不见路', 502) AS beyond, say('小区门口路灯不亮|晚上回家看不见路', 0, 'simple') AS other, say('噪音扰民|夜间施工', 10) AS noise, say('小区门口路灯不亮|晚上回家看不见路', NULL) AS nowhere, say('噪音扰民|夜间施工', NULL) AS noise_nowhere \gset
SELECT * FROM alike(:lamp);
SELECT * FROM alike(:lamp, 30);
SELECT * FROM alike(:nowhere);
SELECT at('2025-04-02 08:00') IS NOT NULL AS ok, say('小区门口路灯不亮|晚上回家看不见路', 0) AS later \gset
SELECT * FROM alike(:later) WHERE n = n(:lamp) UNION ALL SELECT * FROM alike(:lamp) WHERE n = n(:later);
SELECT * FROM alike(:later, days => 29.99);
SELECT act('desk', format('SELECT liskeban.merge(%s, %s)', :near, :lamp)), act('desk', format('SELECT liskeban.withdraw(%s, ''n'')', :noise)), act('desk', format('SELECT liskeban.reject(%s, ''unclear'', ''r'')', :far));
SELECT * FROM alike(:lamp);
SELECT try('SELECT * FROM liskeban.similar_tickets(5)') AS unknown, code('SELECT * FROM liskeban.similar_tickets(NULL)') AS null_id, code(format('SELECT * FROM liskeban.similar_tickets(%s, 0)', :lamp)) AS radius, code(format('SELECT * FROM liskeban.similar_tickets(%s, 500, ''NaN'')', :lamp)) AS days;
-- whatever stands in the way of the caller's path
CREATE SCHEMA hostile;
CREATE FUNCTION hostile.similarity(text, text) RETURNS real LANGUAGE sql AS 'SELECT 0::real';
CREATE FUNCTION hostile.concat_ws(text, text, text) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;
CREATE FUNCTION hostile.st_makeenvelope(float8, float8, float8, float8, integer) RETURNS geometry LANGUAGE sql AS 'SELECT NULL::shapes.geometry';
SET search_path = hostile, pg_catalog;
SELECT public.n(s.ticket_id), round(s.score::numeric, 3) AS score FROM liskeban.similar_tickets(:lamp) s;
SET search_path = public, shapes, liskeban;
-- Trigrams: per three characters, as pg_trgm where letters are known
SELECT liskeban._text_similarity('路灯不亮', '路灯不亮'), liskeban._text_similarity('路灯不亮', '噪音扰民'), liskeban._text_similarity('word two', 'two words')::real = words.similarity('word two', 'two words') AS as_pg_trgm, liskeban._text_similarity('路灯，不亮！', '路灯 不亮') AS punctuation, liskeban._text_similarity('ABC', 'abc'), liskeban._text_similarity('', ''), liskeban._text_similarity('，。', '路'), liskeban._text_similarity('路灯', NULL);


SELECT * FROM liskeban.check_invariants();
\c postgres
DROP DATABASE regress_liskeban_duplicate;
