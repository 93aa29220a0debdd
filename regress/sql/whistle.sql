-- The ladder: who may blow, sign, decline, appeal and hand down; what ticket, whistle, party and history say of it.
CREATE DATABASE regress_liskeban_whistle TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_whistle
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
SET liskeban.now = '2024-09-02 08:00:00+08';
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
\getenv srcdir PG_ABS_SRCDIR
\set district :srcdir '/data/guard_district.sql'
\set ECHO none
\i :district
INSERT INTO liskeban.membership (role_name, duty, area) VALUES ('t1', 'handler', '320117001'), ('t2', 'handler', '320117002');
INSERT INTO liskeban.membership (role_name, duty) VALUES ('vice', 'analyst'), ('mayor', 'analyst');
INSERT INTO liskeban.official (role_name, name, title, tier) VALUES ('vice', 'Vice', 'vice mayor', 'district'), ('mayor', 'Mayor', 'mayor', 'principal');
INSERT INTO liskeban.official (role_name, name, title, tier, retired_at) VALUES ('former', 'Former', 'vice mayor', 'district', '2024-01-01');
CREATE FUNCTION whistles(id bigint) RETURNS TABLE (way text, by text, auto boolean, raised text, sign_due text, signed text, handle_due text, ended text, outcome text, ended_by text, answer text)
LANGUAGE sql STABLE AS $$
  SELECT w.from_tier || '>' || w.to_tier, w.raised_by, w.auto, local(w.raised_at), local(w.sign_due), concat_ws(' ', w.signed_by, local(w.signed_at)),
         local(w.handle_due), local(w.ended_at), w.outcome, w.ended_by, w.answer
    FROM liskeban.whistle w WHERE w.ticket_id = id ORDER BY w.whistle_id $$;
CREATE FUNCTION holder(id bigint) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT concat_ws(' ', t.state, t.tier, t.responsible_area, t.department) FROM liskeban.ticket t WHERE t.ticket_id = id $$;
CREATE FUNCTION parties(id bigint) RETURNS TABLE (who text, role text, due text, done text) LANGUAGE sql STABLE AS $$
  SELECT coalesce(p.department, p.area::text), p.role, local(p.due), concat_ws(' ', p.done_by, local(p.done_at), p.note)
    FROM liskeban.party p WHERE p.ticket_id = id ORDER BY p.party_id $$;
CREATE FUNCTION last(id bigint) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT max(whistle_id) FROM liskeban.whistle w WHERE w.ticket_id = id $$;
CREATE FUNCTION blow(id bigint, by text DEFAULT 'v1') RETURNS void LANGUAGE sql AS $$
  SELECT act(by, format('SELECT liskeban.blow_whistle(%s, ''too much for us'')', id)) $$;
-- what a function comes to, tried with the last whistle of a ticket
CREATE FUNCTION with_last(id bigint, statement text, identity text) RETURNS text LANGUAGE sql AS $$
  SELECT try(replace(statement, '$W', coalesce(last(id)::text, 'NULL')), identity) $$;
\set ECHO all

-- Whistled to the town: the rung, the holder and the whistle at once; no clock of the ticket moves
SELECT at('2024-09-02 09:00'), make('on_site', 'general') AS t \gset
SELECT dues.* FROM liskeban.ticket t, LATERAL (VALUES (local(t.respond_due), local(t.resolve_due))) AS dues(respond, resolve) WHERE t.ticket_id = :t;
SELECT at('2024-09-02 10:00'), blow(:t);
SELECT holder(:t);
SELECT * FROM whistles(:t);
SELECT * FROM parties(:t);
SELECT dues.* FROM liskeban.ticket t, LATERAL (VALUES (local(t.respond_due), local(t.resolve_due))) AS dues(respond, resolve) WHERE t.ticket_id = :t;
SELECT * FROM history(:t) WHERE seq > 4;
SELECT state, tier, responsible_area, local(next_alarm_at) AS next, local(own_alarm_at) AS own, local(subject_alarm_at) AS subject FROM liskeban.worklist WHERE ticket_id = :t;
SELECT clock, run, local(begins_at) AS begins, local(due) AS due, basis FROM liskeban.subject_clock WHERE ticket_id = :t;

-- Who answers: the rung that was whistled up; and once
SELECT actor, with_last(:t, 'SELECT liskeban.sign_whistle($W)', actor) AS sign, with_last(:t, 'SELECT liskeban.decline_whistle($W, ''no'')', actor) AS decline
  FROM unnest('{v1,v2,t1,t2,desk,vice,mayor,web,reader,nobody,chief}'::text[]) AS actor;
SELECT with_last(:t, 'SELECT liskeban.hand_down($W, ''do it'')', 't1') AS not_signed, with_last(:t, 'SELECT liskeban.decline_whistle($W, '''')', 't1') AS no_reason,
       with_last(:t, 'SELECT liskeban.decline_whistle($W, NULL)', 't1') AS null_reason, with_last(:t, 'SELECT liskeban.appeal_whistle($W, ''but'')', 'v1') AS not_declined;
SELECT try('SELECT liskeban.sign_whistle(1)', 't1'), try('SELECT liskeban.sign_whistle(NULL)', 't1'), try('SELECT liskeban.decline_whistle(1, ''x'')', 't1'),
       try('SELECT liskeban.hand_down(1, ''x'')', 't1'), try('SELECT liskeban.appeal_whistle(1, ''x'')', 't1'), try('SELECT liskeban.set_task_force(1, ''x'')', 't1');
-- signed early: the handle clock starts then
SELECT at('2024-09-02 10:20'), act('t1', format('SELECT liskeban.sign_whistle(%s)', last(:t)));
SELECT * FROM whistles(:t);
SELECT with_last(:t, 'SELECT liskeban.sign_whistle($W)', 't1') AS twice, with_last(:t, 'SELECT liskeban.hand_down($W, '''')', 't1') AS no_instruction,
       with_last(:t, 'SELECT liskeban.hand_down($W, ''do it'')', 'v1') AS not_theirs;
-- solved
SELECT at('2024-09-03 10:20'), act('t1', format('SELECT liskeban.resolve(%s, ''done'')', :t));
SELECT * FROM whistles(:t);
SELECT * FROM parties(:t);
SELECT with_last(:t, 'SELECT liskeban.sign_whistle($W)', 't1') AS over, with_last(:t, 'SELECT liskeban.decline_whistle($W, ''x'')', 't1') AS over, with_last(:t, 'SELECT liskeban.hand_down($W, ''x'')', 't1') AS over;
SELECT * FROM history(:t) WHERE seq > 6;

-- No ground
SELECT at('2024-09-03 11:00'), make('dispatched', 'general') AS a \gset
SELECT actor, try(format('SELECT liskeban.blow_whistle(%s, ''too much'')', :a), actor) FROM unnest('{v1,v2,t1,t2,desk,vice,mayor,databureau,web,reader,nobody,chief}'::text[]) AS actor;
SELECT try(format('SELECT liskeban.blow_whistle(%s, '''')', :a), 'v1') AS empty, try(format('SELECT liskeban.blow_whistle(%s, NULL)', :a), 'v1') AS null_reason,
       try('SELECT liskeban.blow_whistle(NULL, ''x'')', 'v1') AS no_ticket, try('SELECT liskeban.blow_whistle(1, ''x'')', 'v1') AS unknown;
SELECT s, try(format('SELECT liskeban.blow_whistle(%s, ''x'')', make(s, 'general')), 'chief') FROM unnest('{reported,accepted,resolved,closed,rejected,withdrawn,merged}'::text[]) AS s;

-- The same village does not whistle twice; the town whistles on, and what it has not signed is overtaken
SELECT at('2024-09-03 12:00'), blow(:a);
SELECT try(format('SELECT liskeban.blow_whistle(%s, ''again'')', :a), 'v1') AS again;
SELECT at('2024-09-03 12:30'), blow(:a, 't1');
SELECT holder(:a);
SELECT * FROM whistles(:a);
SELECT * FROM parties(:a);
-- the district signs with a leader and a member
SELECT with_last(:a, 'SELECT liskeban.sign_whistle($W)', 'desk') AS alone;
SELECT with_last(:a, 'SELECT liskeban.set_task_force($W, ''vice'', ''{t1}'')', actor) AS set, with_last(:a, 'INSERT INTO liskeban.task_force VALUES ($W, ''vice'', ''leader'')', actor) AS insert, actor
  FROM unnest('{v1,t1,vice,desk,web}'::text[]) AS actor;
SELECT act('desk', format('SELECT liskeban.set_task_force(%s, ''former'', ''{t1,t1,v1}'')', last(:a)));
SELECT role_name, role FROM liskeban.task_force WHERE whistle_id = last(:a) ORDER BY 2, 1;
SELECT with_last(:a, 'SELECT liskeban.sign_whistle($W)', 'desk') AS retired;
SELECT act('vice', format('SELECT liskeban.set_task_force(%s, ''mayor'')', last(:a)));
SELECT with_last(:a, 'SELECT liskeban.sign_whistle($W)', 'desk') AS not_of_the_district;
SELECT with_last(:a, 'SELECT liskeban.set_task_force($W, '''')', 'desk') AS nobody;
SELECT act('vice', format('SELECT liskeban.set_task_force(%s, ''vice'')', last(:a)));
SELECT with_last(:a, 'SELECT liskeban.sign_whistle($W)', 'vice') AS no_member;
SELECT act('desk', format('INSERT INTO liskeban.task_force (whistle_id, role_name) VALUES (%s, ''t1'')', last(:a)));
SELECT with_last(:a, 'INSERT INTO liskeban.task_force VALUES ($W, ''mayor'', ''leader'')', 'desk') AS two_leaders;
SELECT at('2024-09-03 14:30'), act('vice', format('SELECT liskeban.sign_whistle(%s)', last(:a)));
-- signed late: the handle clock had started at sign_due
SELECT * FROM whistles(:a);
SELECT * FROM history(:a) WHERE seq > 7;
-- the principal needs what the district has not solved in time
SELECT at('2024-09-10 13:29:59'), try(format('SELECT liskeban.blow_whistle(%s, ''still'')', :a), 'desk');
SELECT at('2024-09-10 13:30'), act('desk', format('SELECT liskeban.blow_whistle(%s, ''still'')', :a));
SELECT holder(:a);
SELECT with_last(:a, 'SELECT liskeban.sign_whistle($W)', actor), actor FROM unnest('{desk,vice,mayor}'::text[]) AS actor;
SELECT with_last(:a, 'DELETE FROM liskeban.task_force WHERE role_name = ''t1''', 'desk') AS over;
SELECT act('mayor', format('SELECT liskeban.set_task_force(%s, ''mayor'')', last(:a))), act('mayor', format('SELECT liskeban.sign_whistle(%s)', last(:a)));
SELECT try(format('SELECT liskeban.blow_whistle(%s, ''higher'')', :a), 'mayor') AS above;
SELECT * FROM whistles(:a);
SELECT * FROM parties(:a);

-- Handed down: back to the old rung and holder, with an instruction
SELECT at('2024-09-11 09:00'), act('mayor', format('SELECT liskeban.hand_down(%s, ''close the road'')', last(:a)));
SELECT holder(:a);
SELECT way, outcome, answer FROM whistles(:a);
SELECT seq, action, actor, note, detail FROM history(:a) ORDER BY seq DESC LIMIT 1;
-- a district without a clock may go to the principal again, for it has not solved it
SELECT try(format('SELECT liskeban.blow_whistle(%s, ''again'')', :a), 'desk');

-- Declined: back to who held it, whose part as co party is over, and clocks untouched
SELECT at('2024-09-11 10:00'), make('dispatched', 'hard') AS b \gset
SELECT at('2024-09-11 10:30'), blow(:b);
SELECT at('2024-09-11 11:00'), act('t1', format('SELECT liskeban.decline_whistle(%s, ''this is yours'')', last(:b)));
SELECT holder(:b), local(plan_due) FROM liskeban.ticket WHERE ticket_id = :b;
SELECT * FROM whistles(:b);
SELECT * FROM parties(:b);
SELECT * FROM history(:b) WHERE seq > 3;
SELECT local(next_alarm_at) AS next, local(own_alarm_at) AS own, local(subject_alarm_at) AS subject FROM liskeban.worklist WHERE ticket_id = :b;
-- appealed by the raiser, once, to the rung above the one that declined
SELECT with_last(:b, 'SELECT liskeban.appeal_whistle($W, ''it is not'')', actor), actor FROM unnest('{v1,v2,t1,desk}'::text[]) AS actor;
SELECT with_last(:b, 'SELECT liskeban.appeal_whistle($W, '''')', 'v1') AS no_reason, with_last(:b, 'SELECT liskeban.appeal_whistle($W, NULL)', 'v1') AS null_reason;
SELECT at('2024-09-11 11:30'), act('v1', format('SELECT liskeban.appeal_whistle(%s, ''it is not'')', last(:b)));
SELECT holder(:b);
SELECT * FROM whistles(:b);
SELECT try(format('SELECT liskeban.appeal_whistle(%s, ''once more'')', (SELECT min(whistle_id) FROM liskeban.whistle WHERE ticket_id = :b)), 'v1') AS twice;
SELECT at('2024-09-11 12:00'), act('desk', format('SELECT liskeban.decline_whistle(%s, ''upheld'')', last(:b)));
SELECT holder(:b);
SELECT with_last(:b, 'SELECT liskeban.appeal_whistle($W, ''once more'')', 'v1') AS of_an_appeal;
SELECT seq, action, actor, note, detail FROM history(:b) WHERE seq > 8;

-- The frivolous: three declines that count within 30 days bar the raiser; one that may still be appealed does not count
CREATE PROCEDURE declined() LANGUAGE plpgsql AS $$
DECLARE t bigint := make('dispatched', 'general');
BEGIN
  PERFORM blow(t);
  PERFORM act('t1', format('SELECT liskeban.decline_whistle(%s, ''yours'')', last(t)));
END $$;
SELECT at('2024-09-12 09:00');
CALL declined();
SELECT at('2024-09-12 10:00');
CALL declined();
SELECT at('2024-09-12 11:00'), make('dispatched', 'general') AS f \gset
SELECT at('2024-09-13 09:00'), try(format('SELECT liskeban.blow_whistle(%s, ''x'')', :f), 'v1');
SELECT at('2024-09-14 10:30'), try(format('SELECT liskeban.blow_whistle(%s, ''x'')', :f), 'v1'), try(format('SELECT liskeban.blow_whistle(%s, ''x'')', :f), 'chief');
-- one that is appealed in time, and not declined again, does not count; appealed late it does
SELECT e.appealed, try(format($$SELECT set_config('liskeban.now', %L, true); SELECT liskeban.appeal_whistle(%s, 'but');
  SELECT set_config('liskeban.now', '2024-09-14 10:30+08', true); SELECT liskeban.blow_whistle(%s, 'x')$$, e.appealed,
  (SELECT whistle_id FROM liskeban.whistle WHERE raised_at = '2024-09-12 10:02+08'), :f), 'v1')
  FROM unnest('{2024-09-13 10:02+08,2024-09-13 10:02:01+08}'::text[]) AS e(appealed);
-- 30 days after the first there is one less
SELECT at('2024-10-11 10:59:59'), try(format('SELECT liskeban.blow_whistle(%s, ''x'')', :f), 'v1');
SELECT at('2024-10-11 11:00:00'), try(format('SELECT liskeban.blow_whistle(%s, ''x'')', :f), 'v1');
UPDATE liskeban.escalation_policy SET max_declined = 2 WHERE tier = 'town';
SELECT try(format('SELECT liskeban.blow_whistle(%s, ''x'')', :f), 'v1');
UPDATE liskeban.escalation_policy SET max_declined = 3 WHERE tier = 'town';

-- A whistle by hand resumes a suspended ticket first
SELECT at('2024-10-14 09:00'), make('suspended', 'general') AS s \gset
SELECT at('2024-10-16 09:00'), blow(:s);
SELECT holder(:s);
SELECT * FROM history(:s) WHERE seq > 4;
SELECT * FROM whistles(:s);

-- Withdrawn, merged, or dispatched to another rung: overtaken. To another of the same rung it goes on
SELECT at('2024-10-16 10:00'), make('dispatched', 'general') AS w1, make('dispatched', 'general') AS w2, make('dispatched', 'general') AS w3, make('dispatched', 'general') AS w4 \gset
SELECT at('2024-10-16 11:00'), blow(id, 'chief') FROM unnest(ARRAY[:w1, :w2, :w3, :w4]) AS id;
SELECT at('2024-10-16 12:00'), act('hotline', format('SELECT liskeban.withdraw(%s, ''never mind'')', :w1)), act('desk', format('SELECT liskeban.merge(%s, %s)', :w2, :w3)),
       act('desk', format('SELECT liskeban.redispatch(%s, ''320117002'', NULL, ''theirs'')', :w3)), act('desk', format('SELECT liskeban.redispatch(%s, ''320117002001'', NULL, ''theirs'')', :w4));
SELECT holder(id), w.way, w.ended, w.outcome, w.ended_by FROM unnest(ARRAY[:w1, :w2, :w3, :w4]) WITH ORDINALITY AS i(id, n), LATERAL whistles(id) AS w ORDER BY n;

-- A department ranks with the towns
SELECT at('2024-10-17 09:00'), report('bureau') AS d \gset
SELECT act('desk', format('SELECT liskeban.accept(%s)', :d)), act('desk', format('SELECT liskeban.dispatch(%s)', :d));
SELECT holder(:d), try(format('SELECT liskeban.blow_whistle(%s, ''x'')', :d), 't1');
SELECT at('2024-10-17 10:00'), blow(:d, 'databureau');
SELECT holder(:d), co_departments FROM liskeban.ticket WHERE ticket_id = :d;
SELECT * FROM whistles(:d);
SELECT at('2024-10-17 10:30'), act('desk', format('SELECT liskeban.decline_whistle(%s, ''yours'')', last(:d)));
SELECT holder(:d), co_departments FROM liskeban.ticket WHERE ticket_id = :d;
SELECT * FROM parties(:d);

-- Its alarms, each once: what passed before it was signed, or the ticket resolved, fired then
SELECT at('2024-10-17 11:00'), make('dispatched', 'general') AS e \gset
SELECT at('2024-10-17 12:00'), blow(:e, 'chief');
SELECT at('2024-10-17 13:10'), act('t1', format('SELECT liskeban.sign_whistle(%s)', last(:e)));
SELECT clock, level, run, subject = last(:e) AS of_it, local(at) AS at, fired_at - at AS late FROM liskeban.alarm AS a WHERE ticket_id = :e AND subject IS NOT NULL ORDER BY a.at;
SELECT at('2024-10-22 12:00'), liskeban.sweep() > 0;
SELECT clock, level, local(at) AS at FROM liskeban.alarm AS a WHERE ticket_id = :e AND subject = last(:e) ORDER BY a.at;
SELECT kind, clock, level, area, local(issued_at) AS issued FROM liskeban.supervision WHERE ticket_id = :e ORDER BY issued_at, clock;
SELECT holder(:e);
SELECT way, auto, raised, outcome FROM whistles(:e);

-- A clock red before the whistle never climbs again, also when it comes back; a new one does
SELECT at('2024-11-04 09:00'), make('dispatched', 'simple') AS k \gset
SELECT at('2024-11-05 09:00'), liskeban.sweep() > 0;
SELECT holder(:k);
SELECT at('2024-11-05 09:30'), act('t1', format('SELECT liskeban.decline_whistle(%s, ''yours'')', last(:k)));
SELECT at('2024-11-12 09:00'), liskeban.sweep() > 0;
SELECT holder(:k), (SELECT count(*) FROM whistles(:k));
SELECT act('v1', format('SELECT liskeban.arrive(%s)', :k)), act('v1', format('SELECT liskeban.resolve(%s, ''done'')', :k));
SELECT at('2024-11-12 10:00'), act('desk', format('SELECT liskeban.rework(%s, ''not yet'')', :k));
SELECT at('2024-11-14 10:00'), liskeban.sweep() > 0;
SELECT holder(:k);
SELECT way, auto, raised, ended, outcome FROM whistles(:k);
-- found red by the log before the sweep, or dispatched when red: it climbs all the same, no earlier than its last event
SELECT at('2024-11-18 09:00'), make('dispatched', 'simple') AS l1, make('accepted', 'simple') AS l2 \gset
SELECT at('2024-11-19 10:00'), act('v1', format('UPDATE liskeban.ticket SET note = ''soon'' WHERE ticket_id = %s', :l1)), act('desk', format('SELECT liskeban.dispatch(%s, ''320117001001'')', :l2));
SELECT at('2024-11-19 12:00'), liskeban.sweep() > 0;
SELECT holder(id), w.way, w.raised FROM unnest(ARRAY[:l1, :l2]) WITH ORDINALITY AS i(id, n), LATERAL whistles(id) AS w ORDER BY n;
-- not where the rules say no
UPDATE liskeban.escalation_policy SET auto = false WHERE tier = 'town';
SELECT at('2024-11-20 09:00'), make('dispatched', 'simple') AS m \gset
SELECT at('2024-11-25 09:00'), liskeban.sweep() > 0;
SELECT holder(:m), local(next_alarm_at) FROM liskeban.worklist WHERE ticket_id = :m;
UPDATE liskeban.escalation_policy SET auto = true WHERE tier = 'town';
-- nor is a term of months one, which would keep every sweep from its work
UPDATE liskeban.escalation_policy SET handle_within = '1 month';
-- one that somebody's trigger keeps does not keep the others, and is tried again
SELECT at('2024-11-25 10:00'), make('dispatched', 'simple') AS n1, make('dispatched', 'simple') AS n2 \gset
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one'; END $$;
SELECT format('CREATE TRIGGER refuse BEFORE UPDATE ON liskeban.ticket FOR EACH ROW WHEN (old.ticket_id = %s) EXECUTE FUNCTION refuse()', :n1) \gexec
SELECT at('2024-11-26 10:30'), liskeban.sweep() > 0;
SELECT holder(:n1), holder(:n2);
DROP TRIGGER refuse ON liskeban.ticket;
SELECT at('2024-11-26 10:40'), liskeban.sweep() > 0;
SELECT holder(:n1), w.way, w.raised FROM whistles(:n1) AS w;

-- Nobody writes whistles himself
SELECT r.rolname, has_table_privilege(r.rolname, 'liskeban.whistle', 'SELECT') AS sel, has_table_privilege(r.rolname, 'liskeban.whistle', 'INSERT, UPDATE, DELETE') AS write,
       has_table_privilege(r.rolname, 'liskeban.task_force', 'INSERT') AS task_force, has_function_privilege(r.rolname, 'liskeban.blow_whistle(bigint, text)', 'EXECUTE') AS blow
  FROM pg_roles r WHERE r.rolname LIKE 'liskeban\_%' AND r.rolname <> 'liskeban_owner' ORDER BY 1;
SELECT * FROM liskeban.check_invariants();

-- A change of calendar or ladder moves what is still ahead of a whistle and of what the platform ordered, as it does for tickets:
-- a due never falls on a day off; what a person was told to answer by stays
SELECT at('2024-11-04 09:00'), make('on_site', 'general') AS t \gset
SELECT at('2024-11-04 09:00'), make('on_site', 'general') AS u \gset
SELECT at('2024-11-04 10:00'), blow(:t);
SELECT act('desk', format('SELECT liskeban.supervise(%s, ''order'', ''by tomorrow'')', :u));
CREATE VIEW moved AS
SELECT w.ticket_id, 'whistle' AS what, local(w.sign_due) AS sign, local(w.handle_due) AS handle, NULL::text AS reply FROM liskeban.whistle AS w WHERE w.ended_at IS NULL
UNION ALL SELECT s.ticket_id, s.issued_by, NULL, NULL, local(s.reply_due) FROM liskeban.supervision AS s WHERE s.struck_at IS NULL AND s.reply_due IS NOT NULL;
SELECT what, sign, handle, reply FROM moved WHERE ticket_id IN (:t, :u) ORDER BY 1;
BEGIN;
INSERT INTO liskeban.calendar_day (day, is_working, name) VALUES ('2024-11-06', false, 'a day off more');
SELECT what, sign, handle, reply FROM moved WHERE ticket_id IN (:t, :u) ORDER BY 1;
-- the sweep looks when its levels are now
SELECT at('2024-11-07 10:30'), liskeban.sweep() > 0 AS fired;
SELECT clock, level, local(at) FROM liskeban.alarm WHERE ticket_id = :t AND clock IN ('sign', 'handle') ORDER BY at;
SELECT * FROM liskeban.check_invariants();
ROLLBACK;
BEGIN;
UPDATE liskeban.escalation_policy SET sign_within = '2 hours', handle_within = '5 days' WHERE tier = 'town';
SELECT what, sign, handle, reply FROM moved WHERE ticket_id IN (:t, :u) ORDER BY 1;
SELECT * FROM liskeban.check_invariants();
ROLLBACK;
-- signed: that it was due is past; overdue: so is all
SELECT at('2024-11-04 10:30'), act('t1', format('SELECT liskeban.sign_whistle(%s)', last(:t)));
BEGIN;
UPDATE liskeban.escalation_policy SET sign_within = '2 hours', handle_within = '1 day' WHERE tier = 'town';
SELECT what, sign, handle, reply FROM moved WHERE ticket_id = :t AND what = 'whistle';
ROLLBACK;
BEGIN;
SELECT at('2024-11-07 10:30'), liskeban.sweep() > 0 AS fired;
INSERT INTO liskeban.calendar_day (day, is_working, name) VALUES ('2024-11-06', false, 'told too late');
SELECT way, handle_due, outcome FROM whistles(:t);
-- what the platform ordered of it moves
SELECT what, handle, reply FROM moved WHERE ticket_id = :t AND what = 'platform';
INSERT INTO liskeban.calendar_day (day, is_working, name) VALUES ('2024-11-08', false, 'and another');
SELECT what, handle, reply FROM moved WHERE ticket_id = :t AND what = 'platform';
SELECT * FROM liskeban.check_invariants();
ROLLBACK;

\c postgres
DROP DATABASE regress_liskeban_whistle;
