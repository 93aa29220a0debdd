-- The desk: notes, urges, attachments, drafts of replies, final answers, and each one's own list.
CREATE DATABASE regress_liskeban_desk TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_desk
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
CREATE FUNCTION does(identity text, id bigint, change text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  PERFORM later('1 minute');
  PERFORM act(identity, format('UPDATE liskeban.ticket SET %s WHERE ticket_id = %s', change, id));
END $$;
CREATE FUNCTION up(id bigint, change text, identity text DEFAULT 'desk') RETURNS text LANGUAGE sql AS $$
  SELECT try(format('UPDATE liskeban.ticket SET %s WHERE ticket_id = %s', change, id), identity) $$;
CREATE TABLE state (state text, id bigint);
INSERT INTO state SELECT s, make(s) FROM unnest('{reported,accepted,dispatched,on_site,planned,suspended,resolved,closed,rejected,withdrawn,merged}'::text[]) s;

-- A note moves nothing, in any state; whose duty reaches the ticket may write it
SELECT state, try(format('SELECT liskeban.note(%s, ''called back'')', id), 'desk') FROM state ORDER BY state::liskeban.ticket_state;
SELECT i AS identity, code(format('SELECT liskeban.note(%s, ''called back'')', id), i) FROM state, unnest('{desk,desk_t2,v1,v2,databureau,hotline,web,reader,chief}'::text[]) i WHERE state = 'dispatched';
SELECT code('SELECT liskeban.note(1, ''n'')') AS no_such, code('SELECT liskeban.note(NULL, ''n'')') AS null_id, try(format('SELECT liskeban.note(%s, '''')', id)) AS empty, try(format('SELECT liskeban.note(%s, NULL)', id)) AS null_note FROM state WHERE state = 'dispatched';
SELECT id FROM state WHERE state = 'dispatched' \gset
SELECT to_jsonb(t) - '{note,last_seq,updated_at}'::text[] AS before FROM liskeban.ticket t WHERE ticket_id = :id \gset
SELECT act('v1', format('SELECT liskeban.note(%s, ''nobody at home'')', :id)), to_jsonb(t) - '{note,last_seq,updated_at}'::text[] = :'before' AS as_before FROM liskeban.ticket t WHERE ticket_id = :id;
SELECT seq, action, moved, actor, note, detail FROM history(:id) ORDER BY seq DESC LIMIT 1;

-- The citizen asks again, at the desk or by the source: counted
SELECT state, try(format('SELECT liskeban.urge(%s, ''still nothing'')', id), 'desk') FROM state ORDER BY state::liskeban.ticket_state;
SELECT i AS identity, code(format('SELECT liskeban.urge(%s)', :id), i) FROM unnest('{desk,desk_t2,v1,v2,hotline,web,reader,chief}'::text[]) i;
SELECT code('SELECT liskeban.urge(1)') AS no_such, code('SELECT liskeban.urge(NULL)') AS null_id;
SELECT act('desk', format('SELECT liskeban.urge(%s, ''still nothing'')', :id)), act('desk', format('SELECT liskeban.urge(%s)', :id));
SELECT outcome FROM liskeban.submit('{"source": "hotline_12345", "external_id": "u1", "category": "general", "title": "noise", "lon": 119.02, "lat": 31.02, "datum": "cgcs2000"}');
SELECT outcome FROM liskeban.submit('{"source": "hotline_12345", "external_id": "u1", "event": "urge", "text": "once more"}');
SELECT seq, action, actor, note FROM history(:id) WHERE action = 'urge';
SELECT t.external_id, l.state, l.urge_count FROM liskeban.my_list l JOIN liskeban.ticket t USING (ticket_id) WHERE l.urge_count > 0 ORDER BY 1 NULLS FIRST;

-- Attachments, each of a stage
SELECT liskeban.attach(:id, 'arrival', 'https://photo/1', sha256('x'), liskeban.liskeban_now(), here()) IS NOT NULL AS attached;
SELECT stage, uri, encode(sha256, 'hex') LIKE '2d711642%' AS digest, local(taken_at) AS taken_at, ST_AsText(geom) AS geom FROM liskeban.attachment WHERE ticket_id = :id;
SELECT s AS stage, code(format('SELECT liskeban.attach(%s, %L, ''file:x'')', :id, s)) FROM unnest('{report,arrival,progress,resolution,feedback,other}'::text[]) s;
SELECT i AS identity, code(format('SELECT liskeban.attach(%s, ''progress'', ''file:x'')', :id), i) FROM unnest('{desk,desk_t2,v1,v2,hotline,reader,chief}'::text[]) i;
SELECT code('SELECT liskeban.attach(1, ''report'', ''x'')') AS no_such, code('SELECT liskeban.attach(NULL, ''report'', ''x'')') AS null_id, code(format('SELECT liskeban.attach(%s, ''report'', '''')', :id)) AS no_uri;

-- A reply from the template: what is known is filled in, what is not stays in braces
INSERT INTO liskeban.department (code, name, duty_phone) VALUES ('parks', '园林局', '025-1');
INSERT INTO liskeban.category (code, name, domain, difficulty, department, reply_template) VALUES
  ('tree', 'tree', 'livelihood', 'hard', 'parks', '{place}（{ticket_no}）：{on_site_at}到场，{contacted_at}联系，{finding}；{action}，{promised_at}前，{department}，{phone}。{unknown}{ {{place}');
SELECT make('accepted', 'tree') AS id \gset
SELECT liskeban.draft_reply(:id);
SELECT does('desk', :id, $$address = '永阳街道{phone}'$$), does('desk', :id, $$state = 'dispatched', responsible_area = NULL, department = 'parks', note = 'theirs'$$);
SELECT later('5 minutes'), does('chief', :id, $$state = 'on_site', note = '树枝压线'$$), act('chief', format('SELECT liskeban.contact(%s, ''约好明天'')', :id)), does('chief', :id, $$state = 'planned', plan = '分段修剪', promised_at = '2024-10-01 12:00+08'$$);
SELECT liskeban.draft_reply(:id);
SELECT does('chief', :id, $$state = 'resolved', resolution = '已修剪'$$);
SELECT liskeban.draft_reply(:id);
SELECT make('accepted', 'general') AS plain \gset
SELECT liskeban.draft_reply(:plain) IS NULL AS no_template, code('SELECT liskeban.draft_reply(1)') AS no_such, code('SELECT liskeban.draft_reply(NULL)') AS null_id;
-- no field of the shipped templates is unknown
SELECT DISTINCT m[1] AS field FROM liskeban.category, regexp_matches(reply_template, '\{([^}]*)\}', 'g') m WHERE reply_template IS NOT NULL AND code <> 'tree' ORDER BY 1;

-- My list: what each may work on, most urgent first
CREATE FUNCTION mine(identity text) RETURNS TABLE (n bigint, state liskeban.ticket_state, tier liskeban.tier, priority integer, lamp liskeban.lamp, next_due text, urges integer) LANGUAGE plpgsql AS $$ BEGIN
  PERFORM liskeban.act_as(identity, true);
  RETURN QUERY SELECT l.ticket_id % 1000, l.state, l.tier, l.priority, l.lamp, local(l.next_due), l.urge_count FROM liskeban.my_list l;
  PERFORM liskeban.act_as(NULL, true);
END $$;
SELECT at('2024-09-17 12:00');
UPDATE liskeban.ticket SET priority = 1 WHERE ticket_id = (SELECT id FROM state WHERE state = 'on_site');
SELECT m.* FROM mine('v1') WITH ORDINALITY AS m(id, state, tier, priority, lamp, next_due, urges, nth) ORDER BY nth;
SELECT i AS identity, (SELECT count(*) FROM mine(i)) AS tickets, (SELECT string_agg(DISTINCT m.state::text, ' ' ORDER BY m.state::text) FROM mine(i) m) AS states FROM unnest('{desk,desk_t2,v1,v2,databureau,hotline,web,reader,chief}'::text[]) i;
SELECT (SELECT count(*) FROM mine('chief')) = (SELECT count(*) FROM liskeban.worklist) AS all_that_is_open;
-- a department's, also where it only co-handles; a confidential one is not the village's
SELECT make('dispatched', 'general') AS co, make('accepted', 'general') AS conf, make('accepted', 'general') AS led \gset
INSERT INTO liskeban.party (ticket_id, department, due) VALUES (:co, 'data', '2024-09-20 12:00+08');
SELECT does('desk', :led, $$state = 'dispatched', responsible_area = NULL, department = 'data', note = 'n'$$), does('desk', :conf, $$confidential = true$$), does('desk', :conf, $$state = 'dispatched'$$);
SELECT v.what, EXISTS (SELECT FROM mine('databureau') m WHERE m.n = v.id % 1000) AS databureau, EXISTS (SELECT FROM mine('v1') m WHERE m.n = v.id % 1000) AS v1 FROM (VALUES ('co-handles', :co), ('confidential', :conf), ('leads', :led)) v (what, id);
SELECT l.lamp = coalesce((SELECT max(c.lamp::liskeban.lamp) FROM liskeban.ticket_clock c WHERE c.ticket_id = l.ticket_id), 'green') AND l.next_due IS NOT DISTINCT FROM (SELECT min(c.due) FROM liskeban.ticket_clock c WHERE c.ticket_id = l.ticket_id) AS as_the_clocks_say, count(*) FROM liskeban.my_list l GROUP BY 1;
CREATE ROLE regress_desk_handler IN ROLE liskeban_handler;
INSERT INTO liskeban.membership (role_name, duty, area) VALUES ('regress_desk_handler', 'handler', '320117001001');
SET ROLE regress_desk_handler;
SELECT count(*) FROM liskeban.my_list;
RESET ROLE;

-- A final answer: after a rework or another run, by a dispatcher, once
SELECT make('resolved', 'general') AS r, make('closed', 'general') AS c, make('on_site', 'general') AS o \gset
INSERT INTO liskeban.reporter (ticket_id, phone) VALUES (:r, '13812345678'), (:c, '13812345678');
CREATE FUNCTION final(id bigint, reply text DEFAULT 'nothing more', reason text DEFAULT 'as the law says', identity text DEFAULT 'desk') RETURNS text LANGUAGE sql AS $$
  SELECT try(format('SELECT liskeban.final_answer(%s, %L, %L)', id, reply, reason), identity) $$;
SELECT final(:r) AS first_result, final(:c) AS first_run, final(:o) AS not_resolved;
SELECT does('desk', :r, $$state = 'dispatched', note = 'not solved'$$), does('v1', :r, $$state = 'on_site'$$), does('v1', :r, $$state = 'resolved', resolution = 'again'$$);
SELECT final(:r, ''), final(:r, NULL), final(:r, reason => ''), final(1), code('SELECT liskeban.final_answer(NULL, ''r'', ''r'')') AS null_id;
SELECT i AS identity, left(final(:r, identity => i), 5) AS may FROM unnest('{desk,desk_t2,v1,hotline,reader,chief}'::text[]) i;
SELECT act('desk', format('SELECT liskeban.final_answer(%s, ''nothing more'', ''as the law says'')', :r));
SELECT f.reply, f.reason, f.answered_by, local(f.answered_at) AS at, f.seq = t.last_seq AS its_event, t.reply AS of_the_ticket, t.state FROM liskeban.final_answer f JOIN liskeban.ticket t USING (ticket_id);
SELECT action, actor, note, detail FROM history(:r) ORDER BY seq DESC LIMIT 1;
SELECT left(final(:r), 5) AS twice, try('UPDATE liskeban.final_answer SET reason = ''other''') AS changed, try('DELETE FROM liskeban.final_answer') AS deleted;
-- by INSERT it is the same
SELECT granted(:c, 'reopen', NULL, 'hotline'), does('desk', :c, $$state = 'dispatched', note = 'n'$$), does('v1', :c, $$state = 'on_site'$$), does('v1', :c, $$state = 'resolved', resolution = 'again'$$), does('desk', :c, $$state = 'closed', satisfaction = 'dissatisfied', solved = false$$);
SELECT try(format('INSERT INTO liskeban.final_answer (ticket_id, reply, reason) VALUES (%s, '''', ''r'')', :c), 'desk') AS empty, try(format('INSERT INTO liskeban.final_answer (ticket_id, reply, reason) VALUES (%s, ''a'', ''r'')', :c), 'v1') AS handler;
SELECT act('desk', format('INSERT INTO liskeban.final_answer (ticket_id, reply, reason, answered_by, answered_at, seq) VALUES (%s, ''a'', ''r'', ''another'', ''2000-01-01'', 0)', :c));
SELECT reply, reason, answered_by, local(answered_at) AS at, seq FROM liskeban.final_answer WHERE ticket_id = :c;
-- nor does one that is passed by leave anything
SELECT act('desk', format('INSERT INTO liskeban.final_answer (ticket_id, reply, reason) VALUES (%s, ''b'', ''r'') ON CONFLICT DO NOTHING', :c));
SELECT t.reply, t.last_seq = f.seq AS told_once FROM liskeban.ticket t JOIN liskeban.final_answer f USING (ticket_id) WHERE t.ticket_id = :c;
-- such a matter is not reopened
SELECT request_id AS request FROM liskeban.request WHERE ticket_id = :c AND decided_at IS NULL \gset
SELECT try(format('SELECT liskeban.decide(%s, true, ''n'')', :request), 'desk2') AS granted;
SELECT act('desk2', format('SELECT liskeban.decide(%s, false, ''answered for good'')', :request)), granted(:c, 'reopen', NULL, 'hotline');
SELECT up(:c, $$state = 'dispatched', note = 'n'$$) AS reopened, try(format('SELECT liskeban.reopen(%s, ''n'')', :c), 'desk') AS by_function;
-- and the same said again may be turned down as repeated; not what another said, or of another matter
SELECT report('general') AS same, report('call') AS other, report('general') AS nobody, report('general') AS somebody \gset
INSERT INTO liskeban.reporter (ticket_id, phone) VALUES (:same, '+138 1234 5678'), (:other, '13812345678'), (:somebody, '13900000000');
SELECT up(:same, $$state = 'rejected', reject_reason = 'repeat_final', reply = 'answered before'$$) AS same, up(:other, $$state = 'rejected', reject_reason = 'repeat_final', reply = 'r'$$) AS of_another_category,
  up(:nobody, $$state = 'rejected', reject_reason = 'repeat_final', reply = 'r'$$) AS no_reporter, try(format('SELECT liskeban.reject(%s, ''repeat_final'', ''r'')', :somebody), 'desk') AS another_telephone, up(:other, $$state = 'rejected', reject_reason = 'unclear', reply = 'r'$$) AS another_reason;
SELECT g, has_table_privilege(g, 'liskeban.final_answer', 'SELECT') AS reads, has_column_privilege(g, 'liskeban.final_answer', 'reply', 'INSERT') AS answers, has_table_privilege(g, 'liskeban.final_answer', 'UPDATE, DELETE') AS changes, has_table_privilege(g, 'liskeban.my_list', 'SELECT') AS list
FROM unnest('{liskeban_admin,liskeban_dispatcher,liskeban_handler,liskeban_source,liskeban_analyst}'::text[]) g;
-- An attachment by INSERT is as one by attach(); a row of a ticket that somebody makes up is none
INSERT INTO liskeban.ticket (source, category, title, geom) VALUES ('hotline_12345', 'general', 'in the next village', north(7000)) RETURNING ticket_id AS far \gset
SET ROLE regress_desk_handler;
INSERT INTO liskeban.attachment (ticket_id, stage, uri) VALUES (:o, 'resolution', 's3://x');
INSERT INTO liskeban.attachment (ticket_id, stage, uri) SELECT :far, 'resolution', 's3://x';
SELECT lamp FROM liskeban.ticket_lamp(json_populate_record(NULL::liskeban.ticket, '{"state": "dispatched"}'));
SELECT clock FROM liskeban.ticket_clocks(json_populate_record(NULL::liskeban.ticket, '{"ticket_id": 1}'));
RESET ROLE;
SELECT * FROM liskeban.check_invariants();

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_liskeban_desk;
DROP ROLE regress_desk_handler;
