-- The citizen's word: kept whichever way it is given; what a complaint asks for, and what its decision does.
CREATE DATABASE regress_liskeban_feedback TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_feedback
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
-- Somebody records an answer, a minute later; as many words as are given
CREATE FUNCTION says(identity text, id bigint, VARIADIC words text[]) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  PERFORM later('1 minute');
  PERFORM act(identity, format('SELECT liskeban.record_feedback(%s, %s)', id, (SELECT string_agg(CASE WHEN w IN ('true', 'false') THEN w ELSE quote_nullable(w) END, ', ' ORDER BY n) FROM unnest(words) WITH ORDINALITY AS u(w, n))));
END $$;
-- The open request of a ticket, decided
CREATE FUNCTION decides(identity text, id bigint, granted boolean, note text DEFAULT 'so be it') RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  PERFORM later('1 minute');
  PERFORM act(identity, format('SELECT liskeban.decide(%s, %L, %L)', (SELECT r.request_id FROM liskeban.request r WHERE r.ticket_id = id AND r.decided_at IS NULL), granted, note));
END $$;
CREATE FUNCTION answers(id bigint) RETURNS TABLE (n bigint, run integer, at text, recorded_by text, channel text, satisfaction liskeban.satisfaction, solved boolean, comment text, request text) LANGUAGE sql AS $$
  SELECT row_number() OVER (ORDER BY f.feedback_id), f.run, local(f.at), nullif(f.recorded_by, session_user), f.channel, f.satisfaction, f.solved, f.comment, r.kind FROM liskeban.feedback f LEFT JOIN liskeban.request r USING (request_id) WHERE f.ticket_id = id ORDER BY f.feedback_id $$;
CREATE FUNCTION requests(id bigint) RETURNS TABLE (kind text, asked_by text, reason text, decided_by text, granted boolean, note text, used_seq integer) LANGUAGE sql AS $$
  SELECT r.kind, r.asked_by, r.reason, r.decided_by, r.granted, r.note, r.used_seq FROM liskeban.request r WHERE r.ticket_id = id ORDER BY r.request_id $$;
CREATE FUNCTION stands(id bigint) RETURNS TABLE (state liskeban.ticket_state, tier liskeban.tier, satisfaction liskeban.satisfaction, solved boolean, rework integer, reopen integer, run integer) LANGUAGE sql AS $$
  SELECT t.state, t.tier, t.satisfaction, t.solved, t.rework_count, t.reopen_count, t.run FROM liskeban.ticket t WHERE t.ticket_id = id $$;
-- Resolved for a citizen who is known
CREATE FUNCTION resolved() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE id bigint := make('resolved', 'general');
BEGIN
  INSERT INTO liskeban.reporter (ticket_id, name) VALUES (id, 'a citizen');
  RETURN id;
END $$;
CREATE FUNCTION resolve_again(id bigint) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  PERFORM does(CASE WHEN t.tier = 'village' THEN 'v1' ELSE 'chief' END, id, $x$state = 'on_site'$x$) FROM liskeban.ticket t WHERE t.ticket_id = id;
  PERFORM does(CASE WHEN t.tier = 'village' THEN 'v1' ELSE 'chief' END, id, $x$state = 'resolved', resolution = 'better'$x$) FROM liskeban.ticket t WHERE t.ticket_id = id;
END $$;

-- Who may, when
SELECT s AS state, string_agg(i, ' ' ORDER BY i) FILTER (WHERE c = 'ok') AS by, string_agg(DISTINCT c, ' ') FILTER (WHERE c <> 'ok') AS else_it_is
FROM (SELECT s, i, code(format('SELECT liskeban.record_feedback(%s, ''satisfied'', true)', id), i) AS c FROM (SELECT s, make(s::text) AS id FROM unnest(enum_range(NULL::liskeban.ticket_state)) s) m,
  unnest('{desk,desk_t2,v1,v2,databureau,hotline,web,reader,chief}'::text[]) i) x GROUP BY s ORDER BY s;
SELECT resolved() AS id \gset
SELECT try('SELECT liskeban.record_feedback(NULL, ''satisfied'')') AS null_id, try('SELECT liskeban.record_feedback(5, ''satisfied'')') AS unknown, try(format('SELECT liskeban.record_feedback(%s, NULL::text)', :id)) AS nothing, code(format('SELECT liskeban.record_feedback(%s, ''happy'')', :id)) AS no_such,
  code(format('SELECT liskeban.record_feedback(%s, ''neutral''::liskeban.satisfaction, solved => true, channel => ''phone'')', :id), 'desk') AS as_enum, code(format('SELECT liskeban.record_feedback(%s, ''neutral''::text)', :id), 'desk') AS as_text;

-- The ticket shows the last; every one is kept, however it was given
SELECT says('hotline', :id, 'neutral', NULL, 'so so', 'phone'), says('desk', :id, 'satisfied', 'true'), says('desk', :id, 'satisfied', 'true', 'again');
SELECT does('hotline', :id, $$satisfaction = 'neutral'$$), does('desk', :id, $$state = 'closed', satisfaction = 'satisfied', solved = true$$), says('hotline', :id, 'neutral', 'true', 'on second thoughts');
SELECT * FROM answers(:id);
SELECT * FROM stands(:id);
SELECT seq, action, moved, actor, note, detail - '{closed_at}'::text[] AS detail FROM history(:id) WHERE seq > 6;
SELECT * FROM requests(:id);
-- written by nobody else, and never changed
SELECT code('INSERT INTO liskeban.feedback (ticket_id, run, at, recorded_by, satisfaction) VALUES (1, 1, now(), ''x'', ''satisfied'')'), code('UPDATE liskeban.feedback SET comment = NULL'), code('DELETE FROM liskeban.feedback'), code('TRUNCATE liskeban.feedback');

-- A complaint while resolved: another decides, and at once the work begins again
SELECT resolved() AS id \gset
SELECT says('hotline', :id, 'dissatisfied', 'false', 'still dripping', 'phone'), says('desk', :id, 'dissatisfied', NULL, 'and again');
SELECT * FROM answers(:id);
SELECT * FROM requests(:id);
SELECT code(format('SELECT liskeban.decide(%s, true, ''n'')', request_id), i) AS comes_to, i AS identity FROM liskeban.request, unnest('{hotline,v1,reader,desk_t2}'::text[]) i WHERE ticket_id = :id ORDER BY i;
SELECT decides('desk', :id, true, 'go there again');
SELECT * FROM stands(:id);
SELECT * FROM requests(:id);
SELECT seq, action, moved, actor, note FROM history(:id) WHERE seq > 6;
-- the second on the same rung asks nobody: again, and one rung up
SELECT resolve_again(:id), says('hotline', :id, 'dissatisfied', 'false', 'no better');
SELECT * FROM stands(:id);
SELECT * FROM answers(:id);
SELECT * FROM requests(:id);
SELECT from_tier, to_tier, raised_by, auto, reason FROM liskeban.whistle WHERE ticket_id = :id;
SELECT seq, action, moved, actor FROM history(:id) WHERE seq > 11;
-- on the new rung it is a request again, refused with a reason: closed as it is
SELECT resolve_again(:id), says('hotline', :id, 'neutral', 'false');
SELECT * FROM stands(:id);
SELECT try(format('SELECT liskeban.decide(%s, false, NULL)', request_id), 'desk') AS without, try(format('SELECT liskeban.decide(%s, false, '''')', request_id), 'desk') AS empty, try(format('SELECT liskeban.decide(%s, false, ''n'')', request_id), 'chief') AS by_who_resolved FROM liskeban.request WHERE ticket_id = :id AND decided_at IS NULL;
SELECT decides('desk', :id, false, 'it does not drip');
SELECT * FROM stands(:id);
SELECT * FROM requests(:id);

-- After closing: granted, a new run; the same by a plain UPDATE
SELECT resolved() AS id \gset
SELECT does('desk', :id, $$state = 'closed', satisfaction = 'satisfied', solved = true$$), does('hotline', :id, $$satisfaction = 'dissatisfied', solved = false$$);
SELECT * FROM answers(:id);
SELECT decides('desk', :id, true);
SELECT * FROM stands(:id);
SELECT * FROM requests(:id);
SELECT resolve_again(:id), does('desk', :id, $$state = 'closed', satisfaction = 'dissatisfied', solved = false$$);
SELECT * FROM stands(:id);
SELECT * FROM requests(:id);
SELECT from_tier, to_tier FROM liskeban.whistle WHERE ticket_id = :id;
-- refused after closing it stays closed; too late, nothing is asked, and the word is kept
SELECT resolved() AS id \gset
SELECT does('desk', :id, $$state = 'closed', satisfaction = 'satisfied', solved = true$$), says('hotline', :id, 'dissatisfied', 'false'), decides('desk', :id, false, 'no');
SELECT * FROM stands(:id);
SELECT later('30 days'), says('hotline', :id, 'dissatisfied', 'false', 'too late');
SELECT * FROM answers(:id);
SELECT * FROM requests(:id);
-- asked in time, granted too late
SELECT resolved() AS id \gset
SELECT does('desk', :id, $$state = 'closed', satisfaction = 'satisfied', solved = true$$), says('hotline', :id, 'dissatisfied', 'false'), later('30 days');
SELECT try(format('SELECT liskeban.decide(%s, true, ''n'')', request_id), 'desk') FROM liskeban.request WHERE ticket_id = :id;
-- closed before it was decided: it is a reopening by then
SELECT resolved() AS id \gset
SELECT says('hotline', :id, 'dissatisfied', 'false'), does('desk2', :id, $$state = 'closed'$$), decides('desk', :id, true);
SELECT * FROM stands(:id);
-- the desk that begins again by itself grants what was asked, and a word given with it is kept
SELECT resolved() AS id \gset
SELECT says('hotline', :id, 'dissatisfied', 'false'), does('desk', :id, $$state = 'dispatched', note = 'I see', satisfaction = 'neutral'$$);
SELECT * FROM answers(:id);
SELECT * FROM requests(:id);
-- what asks by ask() permits one reopening, as ever
SELECT resolved() AS id \gset
SELECT does('desk', :id, $$state = 'closed', satisfaction = 'satisfied', solved = true$$), granted(:id, 'reopen', NULL, 'hotline');
SELECT * FROM stands(:id);
SELECT * FROM requests(:id);
-- an answered enquiry that nobody held goes to where it lies
SELECT report('general') AS id \gset
SELECT does('desk', :id, $$state = 'resolved', reply = 'see there'$$), says('hotline', :id, 'dissatisfied', 'false'), decides('chief', :id, true);
SELECT s.*, t.responsible_area FROM stands(:id) s, liskeban.ticket t WHERE t.ticket_id = :id;

-- Unreachable: three attempts on two days of the platform's zone
SELECT at('2024-11-04 23:00') IS NOT NULL AS clock, resolved() AS id \gset
SELECT up(:id, $$satisfaction = 'unreachable'$$, 'desk') AS by_update, up(:id, $$state = 'closed', satisfaction = 'unreachable'$$, 'desk') AS closing;
SELECT says('desk', :id, 'unreachable', NULL, NULL, 'phone'), says('desk', :id, 'unreachable', NULL, NULL, 'phone'), says('desk', :id, 'unreachable', NULL, NULL, 'phone');
SELECT satisfaction, up(:id, $$state = 'closed', satisfaction = 'unreachable'$$, 'desk') AS three_on_a_day FROM stands(:id);
SELECT at('2024-11-05 00:00') IS NOT NULL AS clock, says('desk', :id, 'unreachable');
SELECT satisfaction, solved, up(:id, $$state = 'closed'$$, 'desk') AS closes FROM stands(:id);
-- a real answer begins the count anew, and so does another result
SELECT says('hotline', :id, 'satisfied', 'true'), says('desk', :id, 'unreachable');
SELECT * FROM stands(:id);
SELECT does('desk', :id, $$state = 'dispatched', note = 'again'$$), resolve_again(:id), says('desk', :id, 'unreachable'), later('1 day'), says('desk', :id, 'unreachable');
SELECT satisfaction, up(:id, $$state = 'closed', satisfaction = 'unreachable'$$, 'desk') AS two FROM stands(:id);
SELECT says('desk', :id, 'unreachable');
SELECT satisfaction FROM stands(:id);
SELECT n, run, at, satisfaction FROM answers(:id);

-- What was answered for good asks for nothing
SELECT resolved() AS id \gset
SELECT says('hotline', :id, 'dissatisfied', 'false'), decides('desk', :id, true), resolve_again(:id);
SELECT act('desk', format('SELECT liskeban.final_answer(%s, ''for good'', ''nothing more can be done'')', :id)), says('hotline', :id, 'dissatisfied', 'false', 'I do not accept that');
SELECT * FROM stands(:id);
SELECT n, satisfaction, comment, request FROM answers(:id);
SELECT * FROM requests(:id);

SELECT * FROM liskeban.check_invariants();
\c postgres
DROP DATABASE regress_liskeban_feedback;
