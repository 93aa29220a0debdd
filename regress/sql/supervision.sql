-- Supervision: what an overdue clock sets off, what leaders demand by hand, answered and struck off.
CREATE DATABASE regress_liskeban_supervision TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_supervision
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
INSERT INTO liskeban.official (role_name, name, title, tier, area, department) VALUES
  ('mayor', 'M', 'mayor', 'principal', NULL, NULL), ('deputy', 'D', 'deputy mayor', 'district', NULL, NULL),
  ('head_t1', 'H', 'head of the town', 'town', '320117001', NULL), ('head_t2', 'H', 'head of the other town', 'town', '320117002', NULL),
  ('head_data', 'B', 'head of the bureau', 'town', NULL, 'data');
INSERT INTO liskeban.membership (role_name, duty, area, department) VALUES
  ('mayor', 'analyst', NULL, NULL), ('deputy', 'analyst', NULL, NULL), ('head_t1', 'analyst', NULL, NULL), ('head_t2', 'analyst', NULL, NULL),
  ('head_data', 'analyst', NULL, NULL), ('t1', 'handler', '320117001', NULL), ('desk_t1', 'dispatcher', '320117001', NULL), ('desk_v1', 'dispatcher', '320117001001', NULL);
-- This file is about supervision: nothing climbs here, and nobody is dispatched to by rule.
UPDATE liskeban.escalation_policy SET auto = false;
CREATE FUNCTION supervised(id bigint) RETURNS TABLE (clock text, level text, kind text, whom text, issued text, due text, by text, found text) LANGUAGE sql AS $$
  SELECT s.clock, s.level, s.kind, concat_ws('+', s.area, s.department), local(s.issued_at), local(s.reply_due), s.issued_by, local(a.fired_at)
    FROM liskeban.supervision s LEFT JOIN liskeban.alarm a USING (alarm_id) WHERE s.ticket_id = id ORDER BY s.issued_at, s.supervision_id $$;
-- what try() says, without the number of the supervision
CREATE FUNCTION said(statement text, identity text) RETURNS text LANGUAGE sql AS $$ SELECT regexp_replace(try(statement, identity), '\d{15}', 'n', 'g') $$;
CREATE FUNCTION make_one(state text, category text, department text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE id bigint := make('accepted', category);
BEGIN
  PERFORM later('1 minute'), act('desk', format('SELECT liskeban.dispatch(%s, NULL, %L, ''n'')', id, department));
  RETURN id;
END $$;

-- What is shipped
SELECT * FROM liskeban.supervision_policy ORDER BY clock, level;

-- Each clock by its rule, to who had the ticket then: the desk before it is handed out and after it is resolved
SELECT at('2024-09-18 08:00:00');
SELECT report('general') AS never_touched, make('accepted', 'general') AS accepted \gset
SELECT at('2024-09-18 08:00:00');
SELECT make('dispatched', 'simple') AS village, make_one('dispatched', 'bureau', 'data') AS bureau, make('dispatched', 'call') AS call, make('on_site', 'hard') AS hard, make('resolved', 'general') AS resolved \gset
INSERT INTO liskeban.reporter (ticket_id, name) VALUES (:resolved, 'a citizen');
SELECT at('2024-09-18 09:00:00');
SELECT liskeban.sweep() > 0 AS fired;
SELECT * FROM supervised(:never_touched);
SELECT * FROM supervised(:accepted);
SELECT at('2024-10-20 08:00:00');
SELECT liskeban.sweep() > 0 AS fired;
SELECT * FROM supervised(:never_touched);
SELECT * FROM supervised(:village);
SELECT * FROM supervised(:bureau);
SELECT * FROM supervised(:call);
SELECT * FROM supervised(:hard);
SELECT clock, level, kind, whom, issued FROM supervised(:resolved);
-- once an alarm, at the alarm's instant
SELECT liskeban.sweep() AS again;
SELECT count(*) = count(DISTINCT s.alarm_id) AS once, bool_and(s.issued_at = a.at AND s.clock = a.clock AND s.level = a.level AND s.ticket_id = a.ticket_id) AS at_its_instant,
  bool_and(s.reply_due IS NOT DISTINCT FROM liskeban.add_working_time(a.at, p.reply_within, p.basis)) AS due_by_rule
  FROM liskeban.supervision s JOIN liskeban.alarm a USING (alarm_id) LEFT JOIN liskeban.supervision_policy p ON p.clock = s.clock AND p.level = s.level WHERE s.clock <> 'reply';
-- each red and red2 that a rule names, and nothing else
SELECT count(*) FROM liskeban.alarm a JOIN liskeban.supervision_policy p USING (clock, level) WHERE NOT EXISTS (SELECT FROM liskeban.supervision s WHERE s.alarm_id = a.alarm_id);
SELECT count(*) FROM liskeban.supervision s LEFT JOIN liskeban.supervision_policy p USING (clock, level) WHERE p.kind IS DISTINCT FROM s.kind;

-- Found by the log of the event that ends it: the order is the old holder's
SELECT at('2024-10-21 08:00:00');
SELECT make('dispatched', 'general') AS id \gset
SELECT at('2024-10-25 08:00:00'), act('desk', format('SELECT liskeban.redispatch(%s, ''320117001002'', NULL, ''theirs'')', :id));
SELECT * FROM supervised(:id);
SELECT at('2024-10-26 08:00:00');
SELECT liskeban.sweep() > 0 AS fired;
SELECT clock, level, kind, whom, issued FROM supervised(:id);

-- Other rules are other supervisions; a rule is a row
UPDATE liskeban.supervision_policy SET kind = 'notice', reply_within = '90 minutes', basis = 'working_hour' WHERE clock = 'respond' AND level = 'red';
INSERT INTO liskeban.supervision_policy (clock, level, kind, reply_within, basis) VALUES ('respond', 'red3', 'order', '1 mon', 'calendar');
DELETE FROM liskeban.supervision_policy WHERE clock = 'resolve';
SELECT at('2024-10-28 11:00:00');
UPDATE liskeban.supervision_policy SET kind = 'order' WHERE clock = 'contact';
SELECT make('dispatched', 'general') AS id, make('dispatched', 'call') AS call \gset
SELECT at('2024-11-10 08:00:00');
SELECT liskeban.sweep() > 0 AS fired;
SELECT * FROM supervised(:id);
SELECT * FROM supervised(:call);
UPDATE liskeban.supervision_policy SET kind = 'urge' WHERE clock = 'contact';
DELETE FROM liskeban.supervision_policy WHERE clock = 'respond' AND level = 'red3';
UPDATE liskeban.supervision_policy SET kind = 'urge', reply_within = NULL, basis = 'working_day' WHERE clock = 'respond';
INSERT INTO liskeban.supervision_policy (clock, level, kind, reply_within, basis) VALUES ('resolve', 'red', 'order', '1 day', 'working_day'), ('resolve', 'red2', 'notice', NULL, 'working_day');

-- Suspended, merged, withdrawn: nobody is late; what is open behind a ticket that is gone is struck off
SELECT at('2024-11-11 08:00:00');
SELECT make('suspended', 'hard') AS suspended \gset
SELECT at('2024-11-12 08:00:00');
SELECT make('dispatched', 'general') AS merged, make('dispatched', 'general') AS withdrawn, make('accepted', 'general') AS rejected, make('dispatched', 'general') AS lead \gset
SELECT at('2024-11-15 20:00:00');
SELECT liskeban.sweep() > 0 AS fired;
SELECT clock, level, kind, struck_at FROM liskeban.supervision WHERE ticket_id = :merged ORDER BY supervision_id;
SELECT later('1 minute'), act('desk', format('SELECT liskeban.merge(%s, %s)', :merged, :lead)), act('hotline', format('SELECT liskeban.withdraw(%s, ''gone'')', :withdrawn)), act('desk', format('SELECT liskeban.reject(%s, ''unclear'', ''what?'')', :rejected));
SELECT CASE ticket_id WHEN :merged THEN 'merged' WHEN :withdrawn THEN 'withdrawn' WHEN :rejected THEN 'rejected' ELSE 'lead' END AS ticket, kind, local(struck_at) AS struck, struck_by, note, replied_at FROM liskeban.supervision WHERE ticket_id IN (:merged, :withdrawn, :rejected, :lead) ORDER BY supervision_id;
SELECT count(*) AS of_the_suspended FROM liskeban.supervision WHERE ticket_id = :suspended;
SELECT count(*) AS shown FROM liskeban.supervision_open WHERE ticket_id IN (:merged, :withdrawn, :rejected);
-- a level that passed while it still was somebody's, found by the merge itself
SELECT at('2024-11-18 08:00:00');
SELECT make('dispatched', 'general') AS late_merge \gset
SELECT at('2024-11-18 12:00:00'), act('desk', format('SELECT liskeban.merge(%s, %s)', :late_merge, :lead));
SELECT clock, level, kind, local(issued_at) AS issued, local(struck_at) AS struck, struck_by FROM liskeban.supervision WHERE ticket_id = :late_merge;
-- and an order that was not answered in time, found by the merge too
SELECT at('2024-11-18 13:00:00');
SELECT make('dispatched', 'simple') AS late_order \gset
SELECT at('2024-11-19 13:30:00');
SELECT liskeban.sweep() > 0 AS fired;
SELECT at('2024-11-20 14:00:00'), act('desk', format('SELECT liskeban.merge(%s, %s)', :late_order, :lead));
SELECT clock, level, kind, local(issued_at) AS issued, local(struck_at) AS struck, struck_by FROM liskeban.supervision WHERE ticket_id = :late_order ORDER BY supervision_id;

-- By hand: from above the holder, with a reason; an event of the ticket
SELECT at('2024-11-21 08:00:00');
SELECT make('reported', 'general') AS with_the_desk, make('dispatched', 'general') AS with_a_village, make('accepted', 'general') AS t, make_one('dispatched', 'bureau', 'data') AS with_a_bureau \gset
SELECT act('desk', format('SELECT liskeban.dispatch(%s, ''320117001'', NULL, ''n'')', :t));
SELECT w AS with, string_agg(i, ' ' ORDER BY i) AS may_supervise FROM (VALUES ('desk', :with_the_desk), ('village', :with_a_village), ('town', :t), ('bureau', :with_a_bureau)) v (w, id),
       unnest('{mayor,deputy,head_t1,head_t2,head_data,desk,desk_t1,desk_t2,desk_v1,v1,t1,databureau,hotline,reader,chief}'::text[]) i
 WHERE code(format('SELECT liskeban.supervise(%s, ''order'', ''r'')', id), i) = 'ok' GROUP BY w ORDER BY w;
SELECT code(format('SELECT liskeban.supervise(%s, ''order'', ''r'')', :with_a_village), 'v1') AS by_the_holder, code(format('INSERT INTO liskeban.supervision (ticket_id, kind, reason) VALUES (%s, ''urge'', ''r'')', :with_a_village), 'v1') AS plainly;
SELECT s AS state, code(format('SELECT liskeban.supervise(%s, ''urge'', ''r'')', make(s)), 'mayor') AS comes_to FROM unnest('{reported,accepted,dispatched,on_site,planned,suspended,resolved,closed,rejected,withdrawn,merged}'::text[]) s;
SELECT try(format('SELECT liskeban.supervise(%s, ''shout'', ''r'')', :t)) AS kind, try(format('SELECT liskeban.supervise(%s, NULL, ''r'')', :t)) AS null_kind, try(format('SELECT liskeban.supervise(%s, ''order'', '''')', :t)) AS reason, try(format('SELECT liskeban.supervise(%s, ''order'', NULL)', :t)) AS null_reason,
  try('SELECT liskeban.supervise(5, ''order'', ''r'')') AS unknown, try('SELECT liskeban.supervise(NULL, ''order'', ''r'')') AS null_id;
SELECT try(format('SELECT liskeban.supervise(%s, ''order'', ''r'', ''0'')', :t)) AS at_once, try(format('SELECT liskeban.supervise(%s, ''order'', ''r'', ''-1 day'')', :t)) AS before, code(format('SELECT liskeban.supervise(%s, ''order'', ''r'', ''1 mon'')', :t)) AS months;
SELECT at('2024-11-22 15:00:00');
SELECT liskeban.act_as('deputy');
SELECT liskeban.supervise(:t, 'order', 'three weeks of this') AS o, liskeban.supervise(:t, 'notice', 'read out in the meeting', '3 days') AS n, liskeban.supervise(:with_a_village, 'urge', 'get on') AS u \gset
INSERT INTO liskeban.supervision (ticket_id, kind, reason, reply_due) VALUES (:with_a_bureau, 'order', 'plainly', '2024-11-25 18:00:00+08') RETURNING supervision_id AS p \gset
SELECT liskeban.act_as(NULL);
SELECT kind, concat_ws('+', area, department) AS whom, issued_by, local(issued_at) AS issued, local(reply_due) AS due, reason, alarm_id, clock FROM liskeban.supervision WHERE supervision_id IN (:o, :n, :u, :p) ORDER BY supervision_id;
SELECT action, moved, actor, at, note, detail FROM history(:t) WHERE action = 'supervise';
SELECT c AS given, try(format('INSERT INTO liskeban.supervision (ticket_id, kind, reason, %s) VALUES (%s, ''urge'', ''r'', %s)', c, :t, v)) AS comes_to FROM (VALUES ('alarm_id', '1'), ('clock', $$'plan'$$), ('level', $$'red'$$), ('area', $$'320117002'$$),
  ('department', $$'data'$$), ('issued_at', 'now()'), ('target_id', '1'), ('reply', $$'r'$$), ('struck_at', 'now()'), ('struck_by', $$'x'$$), ('reply_due', 'liskeban.liskeban_now()'), ('reply_due', $$'infinity'$$), ('note', $$'n'$$)) v (c, v);
SELECT code(format('INSERT INTO liskeban.supervision (ticket_id, kind, reason, issued_by) VALUES (%s, ''urge'', ''r'', ''mayor'')', :t), 'deputy') AS in_anothers_name, code('INSERT INTO liskeban.supervision (kind, reason) VALUES (''urge'', ''r'')', 'deputy') AS of_nothing;

-- Answered: by whom it addresses or a rung above, once
SELECT w AS addressed, string_agg(i, ' ' ORDER BY i) AS may_answer FROM (VALUES ('town', :o), ('village', :u), ('bureau', :p)) v (w, id),
       unnest('{mayor,deputy,head_t1,head_t2,head_data,desk,desk_t1,desk_t2,desk_v1,v1,v2,t1,databureau,hotline,reader,chief}'::text[]) i
 WHERE code(format('SELECT liskeban.reply_supervision(%s, ''r'')', id), i) = 'ok' GROUP BY w ORDER BY w;
SELECT code(format('SELECT liskeban.reply_supervision(%s, ''r'')', :o), 'v1') AS by_another, try(format('SELECT liskeban.reply_supervision(%s, '''')', :o), 't1') AS empty, try(format('SELECT liskeban.reply_supervision(%s, NULL)', :o), 't1') AS null, try('SELECT liskeban.reply_supervision(5, ''r'')') AS unknown, try('SELECT liskeban.reply_supervision(NULL, ''r'')') AS null_id;
SELECT kind, lamp, late FROM liskeban.supervision_open WHERE supervision_id IN (:o, :n, :u, :p) ORDER BY supervision_id;
SELECT at('2024-11-25 14:00:00');
SELECT kind, lamp, late FROM liskeban.supervision_open WHERE supervision_id IN (:o, :n, :u, :p) ORDER BY supervision_id;
SELECT act('t1', format('SELECT liskeban.reply_supervision(%s, ''today'')', :o));
SELECT at('2024-11-25 19:00:00');
SELECT act('databureau', format('UPDATE liskeban.supervision SET reply = ''yesterday'' WHERE supervision_id = %s', :p));
SELECT reply, local(replied_at) AS replied, replied_by, late FROM liskeban.supervision WHERE supervision_id IN (:o, :p, :u) ORDER BY supervision_id;
SELECT said(format('SELECT liskeban.reply_supervision(%s, ''today'')', :o), 't1') AS again, said(format('UPDATE liskeban.supervision SET reply = ''tomorrow'' WHERE supervision_id = %s', :o), 't1') AS otherwise, said(format('UPDATE liskeban.supervision SET reply = NULL WHERE supervision_id = %s', :o), 't1') AS taken_back;
SELECT kind, addressee, lamp, late FROM liskeban.supervision_open WHERE supervision_id IN (:o, :n, :u, :p) ORDER BY supervision_id;
-- late: the levels that had passed fire first, and the notice of an order nobody answered is made
SELECT a.level, local(a.at) AS at, local(a.fired_at) AS fired, s.kind, concat_ws('+', s.area, s.department) AS whom, local(s.issued_at) AS issued FROM liskeban.alarm a LEFT JOIN liskeban.supervision s USING (alarm_id) WHERE a.ticket_id = :with_a_bureau AND a.clock = 'reply' AND a.subject = :p ORDER BY a.at;

SELECT liskeban.sweep() > 0 AS fired;
-- Struck off: by its issuer, the platform's by who stands above; never by who is supervised or answered
SELECT supervision_id AS v FROM liskeban.supervision WHERE ticket_id = :with_a_village AND issued_by = 'platform' ORDER BY 1 LIMIT 1 \gset
SELECT supervision_id AS b FROM liskeban.supervision WHERE ticket_id = :with_a_bureau AND clock = 'reply' ORDER BY 1 LIMIT 1 \gset
SELECT supervision_id AS d FROM liskeban.supervision WHERE ticket_id = :with_the_desk AND issued_by = 'platform' ORDER BY 1 LIMIT 1 \gset
SELECT w AS one_of, string_agg(i, ' ' ORDER BY i) AS may_strike_off FROM (VALUES ('the deputy''s', :o), ('the platform''s, of a village', :v), ('the platform''s, of a bureau', :b), ('the platform''s, of the desk', :d)) v (w, id),
       unnest('{mayor,deputy,head_t1,head_t2,head_data,desk,desk_t1,desk_t2,desk_v1,v1,v2,t1,databureau,hotline,reader,chief}'::text[]) i
 WHERE code(format('SELECT liskeban.strike_off(%s, ''n'')', id), i) = 'ok' GROUP BY w ORDER BY w;
SELECT code(format('SELECT liskeban.strike_off(%s)', :v), 'v1') AS by_who_is_supervised, try('SELECT liskeban.strike_off(5)') AS unknown, try('SELECT liskeban.strike_off(NULL)') AS null_id;
SELECT act('desk', format('SELECT liskeban.reply_supervision(%s, ''for them'')', :v)), code(format('SELECT liskeban.strike_off(%s)', :v), 'desk') AS by_who_answered, code(format('SELECT liskeban.strike_off(%s)', :v), 'head_t1') AS by_another;
SELECT act('deputy', format('SELECT liskeban.strike_off(%s, ''seen'')', :o)), act('deputy', format('UPDATE liskeban.supervision SET struck_at = ''2001-01-01'', note = ''plainly'' WHERE supervision_id = %s', :n));
SELECT local(struck_at) AS struck, struck_by, note FROM liskeban.supervision WHERE supervision_id IN (:o, :n) ORDER BY supervision_id;
SELECT said(format('SELECT liskeban.strike_off(%s)', :o), 'deputy') AS again, said(format('UPDATE liskeban.supervision SET struck_at = NULL WHERE supervision_id = %s', :o), 'deputy') AS undone, said(format('SELECT liskeban.reply_supervision(%s, ''r'')', :n), 't1') AS answered_after, said(format('UPDATE liskeban.supervision SET note = ''m'' WHERE supervision_id = %s', :o), 'deputy') AS note;
SELECT c AS changed, try(format('UPDATE liskeban.supervision SET %s WHERE supervision_id = %s', c, :u)) AS comes_to FROM unnest(ARRAY['kind = ''order''', 'reason = ''x''', 'area = ''320117''', 'reply_due = now()', 'issued_by = ''x''', 'issued_at = now()', 'ticket_id = 1', 'alarm_id = 1',
  'replied_at = now()', 'replied_by = ''x''', 'struck_by = ''x''', 'note = ''x''', 'kind = kind']) c;
SELECT code('DELETE FROM liskeban.supervision') AS deleted, code('TRUNCATE liskeban.supervision') AS truncated;
-- what the groups may
SELECT has_table_privilege(g, 'liskeban.supervision_open', 'SELECT') AS looks, has_any_column_privilege(g, 'liskeban.supervision', 'UPDATE') AS writes, has_column_privilege(g, 'liskeban.supervision', 'struck_by', 'UPDATE') AS for_others, has_table_privilege(g, 'liskeban.supervision', 'DELETE') AS deletes, g
FROM unnest('{liskeban_admin,liskeban_dispatcher,liskeban_handler,liskeban_source,liskeban_analyst}'::name[]) g;

-- Unanswered: an order's own clock, swept, becomes a notice to whom it addressed; answered or struck off, it does not
SELECT at('2024-12-02 08:00:00');
SELECT make('dispatched', 'simple') AS id, make('dispatched', 'simple') AS answered \gset
SELECT at('2024-12-03 09:00:00');
SELECT liskeban.sweep() > 0 AS fired;
SELECT act('v1', format('SELECT liskeban.reply_supervision(%s, ''r'')', supervision_id)) FROM liskeban.supervision WHERE ticket_id = :answered AND kind = 'order';
SELECT at('2024-12-06 09:00:00');
SELECT liskeban.sweep() > 0 AS fired;
SELECT a.clock, a.level, local(a.at) AS at, o.kind AS of, s.kind, concat_ws('+', s.area, s.department) AS whom, local(s.issued_at) AS issued FROM liskeban.alarm a JOIN liskeban.supervision o ON o.supervision_id = a.subject LEFT JOIN liskeban.supervision s ON s.alarm_id = a.alarm_id WHERE a.ticket_id IN (:id, :answered) AND a.clock = 'reply' ORDER BY a.at;
SELECT * FROM supervised(:id);
SELECT liskeban.sweep() AS again;

-- What hangs on a ticket: a whistle is the rung's that was whistled up, also when the ticket has left it since; progress the holder's; a party's the party's
UPDATE liskeban.escalation_policy SET auto = true;
INSERT INTO liskeban.supervision_policy (clock, level, kind, reply_within, basis) VALUES ('party', 'red', 'urge', NULL, 'working_day'), ('sign', 'red', 'urge', NULL, 'working_day');
SELECT at('2025-02-10 08:00:00');
SELECT make('dispatched', 'simple') AS climbs, make('planned', 'hard') AS planned, make('dispatched', 'general') AS joint \gset
INSERT INTO liskeban.party (ticket_id, department, due) VALUES (:joint, 'data', '2025-02-11 08:00:00+08');
SELECT at('2025-02-28 08:00:00');
SELECT liskeban.sweep() > 0 AS fired;
SELECT * FROM supervised(:climbs);
SELECT clock, level, kind, whom, issued FROM supervised(:planned) WHERE clock = 'progress';
SELECT clock, level, kind, whom, issued FROM supervised(:joint) WHERE clock = 'party';
SELECT liskeban.sweep() AS again;
-- a whistle whose ticket was dispatched to another of its rung is that one's
UPDATE liskeban.escalation_policy SET auto = false;
SELECT at('2025-03-03 08:00:00');
SELECT make('dispatched', 'simple') AS other_town, make('dispatched', 'simple') AS bureau \gset
SELECT act('v1', format('SELECT liskeban.blow_whistle(%s, ''help'')', id)) FROM unnest(ARRAY[:other_town, :bureau]) AS id;
SELECT act('desk', format('UPDATE liskeban.ticket SET responsible_area = ''320117002'', note = ''theirs'' WHERE ticket_id = %s', :other_town)),
       act('desk', format('UPDATE liskeban.ticket SET responsible_area = NULL, department = ''data'', note = ''theirs'' WHERE ticket_id = %s', :bureau));
SELECT at('2025-03-07 08:00:00'), liskeban.sweep() > 0 AS fired;
SELECT clock, level, kind, whom FROM supervised(:other_town) WHERE clock IN ('sign', 'handle');
SELECT clock, level, kind, whom FROM supervised(:bureau) WHERE clock IN ('sign', 'handle');
SELECT * FROM liskeban.check_invariants();

-- What is asked goes on while a ticket is closed: one that is reopened is looked at at once
SELECT at('2025-03-10 08:00:00');
SELECT make('dispatched', 'simple') AS comes_back \gset
SELECT at('2025-03-12 09:00:00');
SELECT act('v1', format('SELECT liskeban.arrive(%s)', :comes_back)), act('v1', format('SELECT liskeban.resolve(%s, ''done'')', :comes_back));
SELECT act('desk', format('UPDATE liskeban.ticket SET state = ''closed'', checked_by = ''desk'' WHERE ticket_id = %s', :comes_back));
SELECT clock, level, kind, due FROM supervised(:comes_back) WHERE due IS NOT NULL;
SELECT at('2025-03-20 09:00:00');
SELECT count(*) AS while_closed FROM liskeban.alarm WHERE ticket_id = :comes_back AND clock = 'reply';
SELECT act('hotline', format('SELECT liskeban.ask(%s, ''reopen'', ''still there'')', :comes_back));
SELECT act('desk', format('SELECT liskeban.decide(%s, true, ''n'')', request_id)) FROM liskeban.request WHERE ticket_id = :comes_back;
SELECT act('desk', format('SELECT liskeban.reopen(%s, ''n'')', :comes_back));
SELECT * FROM liskeban.check_invariants();
SELECT liskeban.sweep() > 0 AS fired;
SELECT level, local(at) AS at, local(fired_at) AS fired FROM liskeban.alarm WHERE ticket_id = :comes_back AND clock = 'reply' ORDER BY alarm.at;
SELECT * FROM liskeban.check_invariants();

-- What the platform urged is done with when its ticket is closed; an order waits for its answer, what somebody urged for who urged
SELECT at('2025-03-24 08:00:00');
SELECT make('dispatched', 'simple') AS urged \gset
SELECT at('2025-03-26 09:00:00'), liskeban.sweep() > 0 AS fired;
SELECT act('head_t1', format('SELECT liskeban.supervise(%s, ''urge'', ''now'')', :urged));
SELECT act('v1', format('SELECT liskeban.arrive(%s)', :urged)), act('v1', format('SELECT liskeban.resolve(%s, ''done'')', :urged));
SELECT kind, issued_by, count(*), count(struck_at) AS struck FROM liskeban.supervision WHERE ticket_id = :urged GROUP BY 1, 2 ORDER BY 1, 2;
SELECT act('desk', format('UPDATE liskeban.ticket SET state = ''closed'', checked_by = ''desk'' WHERE ticket_id = %s', :urged));
SELECT kind, issued_by, local(struck_at) AS struck, struck_by, note FROM liskeban.supervision WHERE ticket_id = :urged ORDER BY 1, 2, 3;
-- and stands again with the ticket
SELECT act('desk', format('SELECT liskeban.revert(%s, ''not yet'')', :urged));
SELECT kind, issued_by, count(*), count(struck_at) AS struck FROM liskeban.supervision WHERE ticket_id = :urged GROUP BY 1, 2 ORDER BY 1, 2;
SELECT * FROM liskeban.check_invariants();

\c postgres
DROP DATABASE regress_liskeban_supervision;
