-- The sweep: what fires, when, once; what is resumed; who may; what nobody may write.
CREATE DATABASE regress_liskeban_sweep TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_sweep
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
\set VERBOSITY terse

INSERT INTO liskeban.category (code, name, domain, difficulty, lead, on_site) VALUES
  ('s', 'simple', 'livelihood', 'simple', 'village', true), ('h', 'hard', 'livelihood', 'hard', 'village', true),
  ('c', 'by phone', 'livelihood', 'simple', 'village', false);
INSERT INTO liskeban.membership (role_name, duty, area) VALUES ('desk', 'dispatcher', '320117'), ('hand', 'handler', '320117');

CREATE FUNCTION pg_temp.act(at text, name text, actor text, act text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('liskeban.now', '2026-03-' || at || '+08', false);
  PERFORM liskeban.act_as(actor);
  EXECUTE replace(act, '$T', (SELECT t.ticket_id::text FROM liskeban.ticket AS t WHERE t.external_id = act.name));
  PERFORM liskeban.act_as(NULL);
END
$$;
-- A ticket that is led to a state within its first minute; suspended: until two days later.
CREATE FUNCTION pg_temp.take(at text, name text, category text, state text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  t0 CONSTANT timestamptz := '2026-03-' || at || '+08';
  path CONSTANT text[] := '{reported,accepted,dispatched,on_site,resolved,closed}';
  step text;
BEGIN
  PERFORM set_config('liskeban.now', t0::text, false);
  INSERT INTO liskeban.ticket (source, external_id, category, title) VALUES ('wechat', take.name, take.category, 'x');
  PERFORM liskeban.act_as('desk');
  FOREACH step IN ARRAY path[2:coalesce(array_position(path, state), CASE state WHEN 'suspended' THEN 4 WHEN 'planned' THEN 4 ELSE 2 END)] LOOP
    PERFORM set_config('liskeban.now', (t0 + interval '10 seconds')::text, false);
    PERFORM liskeban.act_as(CASE WHEN step IN ('on_site', 'resolved') THEN 'hand' ELSE 'desk' END);
    UPDATE liskeban.ticket AS t
       SET state = step::liskeban.ticket_state, responsible_area = CASE step WHEN 'dispatched' THEN '320117' ELSE t.responsible_area::text END::liskeban.area_code,
           resolution = CASE WHEN step IN ('resolved', 'closed') THEN 'done' END, checked_by = CASE step WHEN 'closed' THEN 'desk' END
     WHERE t.external_id = take.name;
  END LOOP;
  PERFORM liskeban.act_as(NULL);
END
$$;
CREATE VIEW pg_temp.fired AS
SELECT t.external_id AS ticket, a.clock, a.level, a.run, a.subject, a.at, a.fired_at - a.at AS late
  FROM liskeban.alarm AS a JOIN liskeban.ticket AS t USING (ticket_id) ORDER BY a.at, 1, 2, 3;
CREATE VIEW pg_temp.next AS
SELECT t.external_id AS ticket, w.state, w.next_alarm_at FROM liskeban.worklist AS w JOIN liskeban.ticket AS t USING (ticket_id) ORDER BY 1;

-- Every level at its own instant, also when it is found late; each once
SELECT pg_temp.take('02 09:00', 'a', 's', 'reported');
SELECT * FROM pg_temp.next;
SET liskeban.now = '2026-03-02 09:03:59.999999+08';
SELECT liskeban.sweep();
SET liskeban.now = '2026-03-02 09:04+08';
SELECT liskeban.sweep();
SELECT liskeban.sweep();
SET liskeban.now = '2026-03-02 09:16+08';
SELECT liskeban.sweep('2026-03-02 09:05+08');
SELECT liskeban.sweep('2026-03-02 09:05+08');
SELECT * FROM pg_temp.fired;
SELECT * FROM pg_temp.next;
SELECT liskeban.sweep();
SELECT * FROM pg_temp.fired;
-- as of a time already swept: nothing
SELECT liskeban.sweep('2026-03-02 09:10+08'), liskeban.sweep('-infinity');
-- a time that has not come; no tickets
SELECT liskeban.sweep('2026-03-02 09:16:00.000001+08');
SELECT liskeban.sweep('infinity');
CALL liskeban.run_sweep('2026-03-02 09:17+08');
SELECT liskeban.sweep(max_tickets => 0);
SELECT liskeban.sweep(max_tickets => -1);

-- An act at the due is on time; one after it finds what nobody had seen. A level at the very instant of the act fires
-- where the clock runs on, or where a sweep came first.
SELECT pg_temp.take('03 09:00', 'on time', 's', 'reported');
SELECT pg_temp.take('03 09:00', 'swept first', 's', 'reported');
SELECT pg_temp.take('03 09:00', 'late', 's', 'reported');
SELECT pg_temp.act('03 09:05', 'on time', 'desk', 'SELECT liskeban.accept($T)');
SELECT liskeban.sweep();
SELECT pg_temp.act('03 09:05', 'swept first', 'desk', 'SELECT liskeban.accept($T)');
SELECT pg_temp.act('03 09:05:00.000001', 'late', 'desk', 'SELECT liskeban.accept($T)');
SELECT pg_temp.act('03 09:08', 'late', 'desk', $$UPDATE liskeban.ticket SET priority = 1 WHERE external_id = 'late'$$);
SELECT * FROM pg_temp.fired WHERE ticket IN ('on time', 'swept first', 'late') AND clock = 'accept';
SET liskeban.now = '2026-03-03 09:12+08';
SELECT liskeban.sweep();
SELECT * FROM pg_temp.fired WHERE ticket = 'late';
-- a late entry does not undo what fired in the meantime
SELECT pg_temp.take('03 10:00', 'entry', 's', 'dispatched');
SELECT pg_temp.act('03 10:30', 'entry', 'hand', $$SELECT liskeban.arrive($T, at => '2026-03-03 10:05+08')$$);
SELECT * FROM pg_temp.fired WHERE ticket = 'entry';

-- None for what is merged, withdrawn, rejected, closed; while suspended none of plan and resolve
SELECT pg_temp.take('04 09:00', 'merged', 's', 'accepted');
SELECT pg_temp.take('04 09:00', 'withdrawn', 's', 'on_site');
SELECT pg_temp.take('04 09:00', 'rejected', 's', 'accepted');
SELECT pg_temp.take('04 09:00', 'closed', 's', 'resolved');
SELECT pg_temp.take('04 09:00', 'hold', 's', 'on_site');
SELECT pg_temp.take('04 09:00', 'hold of a plan', 'h', 'on_site');
SELECT pg_temp.take('04 09:00', 'resolved', 's', 'resolved');
SELECT pg_temp.act('04 09:01', 'merged', 'desk', $$SELECT liskeban.merge($T, (SELECT ticket_id FROM liskeban.ticket WHERE external_id = 'a'))$$);
SELECT pg_temp.act('04 09:01', 'withdrawn', 'desk', $$SELECT liskeban.withdraw($T, 'never mind')$$);
SELECT pg_temp.act('04 09:01', 'rejected', 'desk', $$SELECT liskeban.reject($T, 'unclear', 'which?')$$);
SELECT pg_temp.act('04 09:01', 'closed', 'desk', $$UPDATE liskeban.ticket SET state = 'closed', checked_by = 'desk' WHERE ticket_id = $T$$);
SELECT pg_temp.act('04 10:00', name, 'hand', $$SELECT liskeban.ask($T, 'suspend', 'rain', '2026-03-20 00:00+08')$$),
       pg_temp.act('04 10:00', name, 'desk', $$SELECT liskeban.decide((SELECT max(request_id) FROM liskeban.request WHERE ticket_id = $T), true, 'yes')$$),
       pg_temp.act('04 10:00', name, 'desk', $$SELECT liskeban.suspend($T, '2026-03-06 10:00+08', 'rain')$$)
  FROM unnest('{hold,hold of a plan}'::text[]) AS name;
SET liskeban.now = '2026-03-06 09:59+08';
SELECT liskeban.sweep() > 0;
SELECT * FROM pg_temp.fired WHERE ticket IN ('merged', 'withdrawn', 'rejected', 'closed', 'hold', 'hold of a plan', 'resolved');
SELECT * FROM pg_temp.next WHERE ticket LIKE 'hold%';

-- The platform resumes at the end of the suspension, however late, and goes on with what was left: 23 hours
SET liskeban.now = '2026-03-07 06:00+08';
SET ROLE liskeban_job;
SELECT sum(liskeban.sweep(max_tickets => 1)) FROM generate_series(1, 50);
RESET ROLE;
SELECT t.external_id, e.seq, e.action, e.from_state, e.to_state, e.at, e.recorded_at, e.actor, e.login = session_user AS login, e.detail
  FROM liskeban.ticket_event AS e JOIN liskeban.ticket AS t USING (ticket_id)
 WHERE e.action = 'resume' ORDER BY 1;
SELECT t.external_id, t.state, t.plan_due, t.resolve_due, t.suspend_until, t.clocks_stopped_at FROM liskeban.ticket AS t
 WHERE t.external_id LIKE 'hold%' ORDER BY 1;
SELECT * FROM pg_temp.fired WHERE ticket LIKE 'hold%';
SELECT * FROM pg_temp.next WHERE ticket LIKE 'hold%';

-- Whoever is not the job or an administrator may not sweep, nor may anybody write an alarm
SELECT r.rolname, has_function_privilege(r.rolname, 'liskeban.sweep(timestamptz, bigint)', 'EXECUTE') AS sweep,
       has_function_privilege(r.rolname, 'liskeban.run_sweep(timestamptz)', 'EXECUTE') AS run_sweep,
       has_table_privilege(r.rolname, 'liskeban.alarm', 'SELECT') AS reads,
       has_table_privilege(r.rolname, 'liskeban.alarm', 'INSERT, UPDATE, DELETE, TRUNCATE') AS writes
  FROM pg_roles AS r WHERE r.rolname ~ '^liskeban_(admin|dispatcher|handler|source|analyst|job)$' ORDER BY 1;
INSERT INTO liskeban.alarm (ticket_id, clock, level, run, at, fired_at) VALUES (320117000000001, 'accept', 'red', 9, now(), now());
UPDATE liskeban.alarm SET level = 'red3';
DELETE FROM liskeban.alarm;
TRUNCATE liskeban.alarm;
INSERT INTO liskeban.alarm_p000 (alarm_id, ticket_id, clock, level, run, at, fired_at) OVERRIDING SYSTEM VALUE VALUES (1, 320117000000001, 'accept', 'red', 9, now(), now());
UPDATE liskeban.alarm_p000 SET level = 'red3';
DELETE FROM liskeban.alarm_p000;
UPDATE liskeban.worklist SET next_alarm_at = NULL;
SET session_replication_role = replica;
DELETE FROM liskeban.alarm;
RESET session_replication_role;

-- In a transaction that is undone nothing has fired, and in the next it does; so in a part of one, and in a block
SET liskeban.now = '2026-03-07 14:00+08';
BEGIN;
SELECT liskeban.sweep() > 0 AS fired;
ROLLBACK;
BEGIN;
SAVEPOINT a;
SELECT liskeban.sweep() > 0 AS fired;
ROLLBACK TO a;
SELECT liskeban.sweep() > 0 AS fired;
CALL liskeban.run_sweep();
COMMIT;
SELECT liskeban.sweep();
DO $$ BEGIN CALL liskeban.run_sweep(); END $$;
SELECT * FROM pg_temp.fired WHERE ticket LIKE 'hold%';

-- A clock that is set anew fires anew
SELECT pg_temp.act('07 15:00', 'resolved', 'desk', $$SELECT liskeban.rework($T, 'not yet')$$);
SET liskeban.now = '2026-03-09 15:00+08';
SELECT liskeban.sweep() > 0;
SELECT * FROM pg_temp.fired WHERE ticket = 'resolved' AND clock = 'resolve';
-- a category for which somebody must have been spoken to has its respond clock by that
SELECT pg_temp.take('10 09:00', 'phone', 'c', 'dispatched');
SET liskeban.now = '2026-03-11 09:00+08';
SELECT liskeban.sweep() > 0;
SELECT * FROM pg_temp.fired WHERE ticket = 'phone' AND clock <> 'resolve';

-- One that cannot be resumed does not keep the others waiting, and is tried again
SELECT pg_temp.take('11 12:00', name, 's', 'on_site'),
       pg_temp.act('11 12:01', name, 'hand', $$SELECT liskeban.ask($T, 'suspend', 'rain', '2026-03-20 00:00+08')$$),
       pg_temp.act('11 12:01', name, 'desk', $$SELECT liskeban.decide((SELECT max(request_id) FROM liskeban.request WHERE ticket_id = $T), true, 'yes')$$),
       pg_temp.act('11 12:01', name, 'desk', $$SELECT liskeban.suspend($T, '2026-03-11 18:00+08', 'rain')$$)
  FROM unnest('{stuck 1,stuck 2}'::text[]) AS name;
SELECT pg_temp.take('11 17:50', 'other', 's', 'reported');
CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one' USING DETAIL = 'Never.'; END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON liskeban.ticket FOR EACH ROW WHEN (old.external_id = 'stuck 1') EXECUTE FUNCTION pg_temp.refuse();
SET liskeban.now = '2026-03-11 18:01+08';
SELECT liskeban.sweep();
SELECT t.external_id, t.state, t.updated_at, (SELECT count(*) FROM liskeban.alarm AS a WHERE a.ticket_id = t.ticket_id) AS alarms
  FROM liskeban.ticket AS t WHERE t.external_id ~ '^(stuck|other)' ORDER BY 1;
DROP TRIGGER refuse ON liskeban.ticket;
CALL liskeban.run_sweep();
SELECT t.external_id, t.state, t.updated_at FROM liskeban.ticket AS t WHERE t.external_id ~ '^stuck' ORDER BY 1;

-- What is noted of a ticket in the meantime puts off the platform's event, not the clock: due 24 hours after 09:00,
-- six of which passed before the hold; resumed by hand after its end, it goes on from then
SELECT pg_temp.take('13 09:00', name, 's', 'on_site'),
       pg_temp.act('13 15:00', name, 'hand', $$SELECT liskeban.ask($T, 'suspend', 'rain', '2026-03-20 00:00+08')$$),
       pg_temp.act('13 15:00', name, 'desk', $$SELECT liskeban.decide((SELECT max(request_id) FROM liskeban.request WHERE ticket_id = $T), true, 'yes')$$),
       pg_temp.act('13 15:00', name, 'desk', $$SELECT liskeban.suspend($T, '2026-03-13 18:00+08', 'rain')$$)
  FROM unnest('{noted,by hand}'::text[]) AS name;
SELECT pg_temp.act('14 11:30', 'noted', 'desk', $$UPDATE liskeban.ticket SET note = 'still raining' WHERE ticket_id = $T$$),
       pg_temp.act('14 11:30', 'by hand', 'desk', $$SELECT liskeban.resume($T)$$);
SET liskeban.now = '2026-03-14 13:00+08';
SELECT liskeban.sweep() > 0;
SELECT t.external_id, t.state, t.updated_at, t.resolve_due FROM liskeban.ticket AS t WHERE t.external_id IN ('noted', 'by hand') ORDER BY 1;
SELECT * FROM pg_temp.fired WHERE ticket IN ('noted', 'by hand') AND clock = 'resolve';
SELECT * FROM liskeban.check_invariants();

-- 1,500 at once, in pages of any size; and nothing is left
SET liskeban.now = '2026-03-16 09:00+08';
INSERT INTO liskeban.ticket (source, category, title) SELECT 'wechat', 's', 'many' FROM generate_series(1, 1500);
SET liskeban.now = '2026-03-16 09:04+08';
SELECT liskeban.sweep(max_tickets => 1200);
SELECT liskeban.sweep(max_tickets => 200);
CALL liskeban.run_sweep();
SELECT count(*) FROM liskeban.alarm AS a JOIN liskeban.ticket AS t USING (ticket_id) WHERE t.title = 'many';
SELECT min(next_alarm_at) FROM liskeban.worklist AS w JOIN liskeban.ticket AS t USING (ticket_id) WHERE t.title = 'many';

-- Nobody swept for days: what hangs on a ticket that is withdrawn fires up to then, also what was asked for its dues
SELECT pg_temp.take('16 09:00', 'gone', 's', 'on_site');
SELECT pg_temp.act('16 09:10', 'gone', 'desk', $$INSERT INTO liskeban.party (ticket_id, department, due) VALUES ($T, 'data', '2026-03-17 09:10+08')$$);
SELECT pg_temp.act('23 09:00', 'gone', 'desk', $$UPDATE liskeban.ticket SET state = 'withdrawn', note = 'solved itself' WHERE ticket_id = $T$$);
SELECT * FROM pg_temp.fired WHERE ticket = 'gone' AND clock IN ('party', 'reply');
SET liskeban.now = '2026-04-01 09:00+08';
SELECT liskeban.sweep() IS NOT NULL;
SELECT count(*) FROM pg_temp.fired WHERE ticket = 'gone' AND clock IN ('party', 'reply');
SELECT * FROM liskeban.check_invariants();

\c postgres
DROP DATABASE regress_liskeban_sweep;
