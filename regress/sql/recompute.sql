-- A change of rules moves the dues that are ahead, and only those: policies, calendar, shifts, categories.
CREATE DATABASE regress_liskeban_recompute TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_recompute
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
\set VERBOSITY terse

INSERT INTO liskeban.category (code, name, domain, difficulty, lead, on_site) VALUES
  ('s', 'simple', 'livelihood', 'simple', 'village', true), ('g', 'general', 'livelihood', 'general', 'village', true),
  ('h', 'hard', 'livelihood', 'hard', 'village', true), ('c', 'by phone', 'livelihood', 'general', 'village', false);
INSERT INTO liskeban.membership (role_name, duty, area) VALUES ('desk', 'dispatcher', '320117'), ('hand', 'handler', '320117');

-- One more step of the ticket of that name, at a time of March 2026.
CREATE FUNCTION pg_temp.act(at text, name text, actor text, act text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('liskeban.now', '2026-03-' || at || '+08', false);
  PERFORM liskeban.act_as(actor);
  EXECUTE replace(act, '$T', (SELECT t.ticket_id::text FROM liskeban.ticket AS t WHERE t.external_id = act.name));
  PERFORM liskeban.act_as(NULL);
END
$$;
CREATE FUNCTION pg_temp.take(at text, name text, category text, state text DEFAULT 'on_site') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('liskeban.now', '2026-03-' || at || '+08', false);
  INSERT INTO liskeban.ticket (source, external_id, category, title) VALUES ('wechat', take.name, take.category, 'x');
  IF state = 'reported' THEN RETURN; END IF;
  UPDATE liskeban.ticket AS t SET state = 'accepted' WHERE t.external_id = take.name;
  IF state = 'accepted' THEN RETURN; END IF;
  UPDATE liskeban.ticket AS t SET state = 'dispatched', responsible_area = '320117' WHERE t.external_id = take.name;
  IF state = 'dispatched' THEN RETURN; END IF;
  UPDATE liskeban.ticket AS t SET state = 'on_site' WHERE t.external_id = take.name;
END
$$;
CREATE FUNCTION pg_temp.ask(at text, name text, kind text, until text) RETURNS void LANGUAGE sql AS $$
  SELECT pg_temp.act(at, name, 'hand', format('SELECT liskeban.ask($T, %L, ''why'', %L)', kind, '2026-03-' || until || '+08'));
  SELECT pg_temp.act(at, name, 'desk', 'SELECT liskeban.decide((SELECT max(request_id) FROM liskeban.request WHERE ticket_id = $T), true, ''yes'')')
$$;

CREATE VIEW pg_temp.due AS
SELECT t.external_id AS ticket, t.state, to_char(t.respond_due, 'DD HH24:MI') AS respond, to_char(t.plan_due, 'DD HH24:MI') AS plan,
       to_char(t.resolve_due, 'DD HH24:MI') AS resolve, to_char(t.resolve_due_original, 'DD HH24:MI') AS original, t.resolve_given AS given,
       to_char(t.feedback_due, 'DD HH24:MI') AS feedback
  FROM liskeban.ticket AS t;
-- What the last change of rules did: who was told, and what of the replay is not so.
CREATE VIEW pg_temp.told AS
SELECT t.external_id AS ticket, e.seq, e.actor, e.detail
  FROM liskeban.ticket_event AS e JOIN liskeban.ticket AS t USING (ticket_id)
 WHERE e.action = 'recompute' AND e.at = liskeban.liskeban_now();
CREATE VIEW pg_temp.problem AS
SELECT c.invariant, t.external_id, c.problem FROM liskeban.check_invariants() AS c LEFT JOIN liskeban.ticket AS t USING (ticket_id);

-- Monday 2 March; a general matter has three days, a hard one seven for its plan
SELECT pg_temp.take('01 08:00', 'passed', 's');
SELECT pg_temp.take('02 09:00', 'plain', 'g');
SELECT pg_temp.take('02 09:00', 'hold', 'g');
SELECT pg_temp.take('02 09:00', 'done', 'g');
SELECT pg_temp.take('02 09:00', 'closed', 'g');
SELECT pg_temp.take('02 09:00', 'extended', 'g');
SELECT pg_temp.take('02 09:00', 'hard', 'h');
SELECT pg_temp.take('02 09:00', 'promised', 'h');
SELECT pg_temp.take('02 09:00', 'merged', 'g', 'accepted');
SELECT pg_temp.take('02 09:00', 'rejected', 'g', 'accepted');
SELECT pg_temp.take('02 09:00', 'withdrawn', 'g');
SELECT pg_temp.take('02 09:00', 'phone', 'c', 'dispatched');
SELECT pg_temp.take('02 09:00', 'reworked', 'g');
SELECT pg_temp.ask('02 12:00', 'hold', 'suspend', '06 12:00');
SELECT pg_temp.act('02 12:00', 'hold', 'desk', $$SELECT liskeban.suspend($T, '2026-03-06 12:00+08', 'rain')$$);
SELECT pg_temp.ask('02 12:00', 'extended', 'extend', '09 09:00');
SELECT pg_temp.act('02 12:00', 'promised', 'hand', $$SELECT liskeban.plan($T, 'so', '2026-03-20 09:00+08')$$);
SELECT pg_temp.act('02 12:00', 'merged', 'desk', $$SELECT liskeban.merge($T, (SELECT ticket_id FROM liskeban.ticket WHERE external_id = 'plain'))$$);
SELECT pg_temp.act('02 12:00', 'rejected', 'desk', $$SELECT liskeban.reject($T, 'unclear', 'which?')$$);
SELECT pg_temp.act('02 12:00', 'withdrawn', 'desk', $$SELECT liskeban.withdraw($T, 'never mind')$$);
SELECT pg_temp.act('02 12:00', name, 'hand', $$SELECT liskeban.resolve($T, 'done')$$) FROM unnest('{done,closed,reworked}'::text[]) AS name;
SELECT pg_temp.act('02 13:00', 'closed', 'desk', $$UPDATE liskeban.ticket SET state = 'closed', checked_by = 'desk' WHERE ticket_id = $T$$);
SELECT pg_temp.act('02 13:00', 'reworked', 'desk', $$SELECT liskeban.rework($T, 'not yet')$$);
SELECT * FROM pg_temp.due ORDER BY ticket;
CREATE TEMP TABLE figures AS SELECT k::text FROM liskeban.kpi('2026-03-01', '2026-03-31', 'holder', '2026-03-03 09:59+08') AS k;

-- A policy with more time: what is ahead moves, also what stands still; what passed, ended or was promised does not
SET liskeban.now = '2026-03-03 10:00+08';
UPDATE liskeban.sla_policy SET within = '5 days' WHERE clock = 'resolve';
SELECT * FROM pg_temp.due ORDER BY ticket;
SELECT * FROM pg_temp.told ORDER BY ticket;
SELECT count(*) FROM liskeban._replayed_dues((SELECT rules_event FROM liskeban.platform));
SELECT * FROM pg_temp.problem;

-- What goes on, goes on from what it has; and the next change leaves it there
SELECT pg_temp.act('03 12:00', 'hold', 'desk', $$SELECT liskeban.resume($T)$$);
SELECT pg_temp.act('03 12:00', 'done', 'desk', $$SELECT liskeban.rework($T, 'not yet')$$);
SELECT pg_temp.act('03 12:00', 'merged', 'desk', $$SELECT liskeban.unmerge($T, 'not the same')$$);
SELECT pg_temp.act('03 12:00', 'rejected', 'desk', $$SELECT liskeban.accept($T, 'after all')$$);
SELECT * FROM pg_temp.due WHERE ticket IN ('hold', 'done', 'merged', 'rejected') ORDER BY ticket;
SELECT * FROM pg_temp.problem;
SET liskeban.now = '2026-03-03 13:00+08';
INSERT INTO liskeban.calendar_day (day, is_working, name) VALUES ('2026-03-25', false, 'x');
SELECT * FROM pg_temp.told;

-- An extension and a promise outlive it; less time may be over at once, and then it says so at the time it was over
SET liskeban.now = '2026-03-04 10:00+08';
SELECT liskeban.sweep() > 0 AS fired;
UPDATE liskeban.sla_policy SET within = '1 day' WHERE clock = 'resolve' AND difficulty = 'general';
SELECT * FROM pg_temp.told ORDER BY ticket;
SELECT * FROM pg_temp.due WHERE ticket IN ('plain', 'extended', 'promised', 'phone') ORDER BY ticket;
SET liskeban.now = '2026-03-04 10:01+08';
SELECT liskeban.sweep();
SELECT t.external_id, a.clock, a.level, a.at, a.fired_at FROM liskeban.alarm AS a JOIN liskeban.ticket AS t USING (ticket_id)
 WHERE a.fired_at = liskeban.liskeban_now() ORDER BY 1, 2, 3;
-- once it has passed, more time does not bring it back
UPDATE liskeban.sla_policy SET within = '9 days' WHERE clock = 'resolve' AND difficulty = 'general';
SELECT * FROM pg_temp.told ORDER BY ticket;
SELECT * FROM pg_temp.problem;
-- nor is that found wrong where the clock is set back behind the change
SET liskeban.now = '2026-03-03 09:00+08';
SELECT * FROM pg_temp.problem;
SET liskeban.now = '2026-03-04 10:01+08';

-- The policy in force at received_at: another from a day on, and without it
SELECT pg_temp.take('05 09:00', 'before', 'g');
SELECT pg_temp.take('05 15:00', 'after', 'g');
INSERT INTO liskeban.sla_policy (difficulty, clock, within, basis, valid_from) VALUES ('general', 'resolve', '2 days', 'calendar', '2026-03-05 12:00+08');
SELECT * FROM pg_temp.told ORDER BY ticket;
SELECT * FROM pg_temp.due WHERE ticket IN ('before', 'after') ORDER BY ticket;
DELETE FROM liskeban.sla_policy WHERE valid_from = '2026-03-05 12:00+08';
SELECT * FROM pg_temp.due WHERE ticket IN ('before', 'after') ORDER BY ticket;
-- no policy, no term
BEGIN;
DELETE FROM liskeban.sla_policy WHERE clock IN ('plan', 'resolve');
SELECT * FROM pg_temp.due WHERE ticket IN ('after', 'before', 'hard', 'plain') ORDER BY ticket;
SELECT liskeban.sweep();
ROLLBACK;
SELECT * FROM pg_temp.due WHERE ticket IN ('after', 'before', 'hard', 'plain') ORDER BY ticket;
SELECT * FROM pg_temp.problem;

-- Other bases: hours of shift, working days
SET liskeban.now = '2026-03-05 16:00+08';
UPDATE liskeban.sla_policy SET within = '16 hours', basis = 'working_hour' WHERE clock = 'resolve' AND difficulty = 'general';
SELECT * FROM pg_temp.due WHERE ticket IN ('before', 'after') ORDER BY ticket;
-- half a day less on Fridays, a day off on the Monday after, a Saturday worked: 7 March 2026 is a Saturday
SET liskeban.now = '2026-03-05 16:10+08';
DELETE FROM liskeban.work_shift WHERE weekday = 5 AND starts = '13:30';
SELECT * FROM pg_temp.told ORDER BY ticket;
SET liskeban.now = '2026-03-05 16:20+08';
INSERT INTO liskeban.calendar_day (day, is_working, name) VALUES ('2026-03-09', false, 'x'), ('2026-03-07', true, 'x');
SELECT * FROM pg_temp.told ORDER BY ticket;
SET liskeban.now = '2026-03-05 16:30+08';
UPDATE liskeban.calendar_day SET is_working = false WHERE day = '2026-03-07';
SELECT * FROM pg_temp.told ORDER BY ticket;
-- feedback is three working days from resolved_at
SELECT pg_temp.act('05 16:40', 'before', 'hand', $$SELECT liskeban.resolve($T, 'done')$$);
SELECT * FROM pg_temp.due WHERE ticket = 'before';
SET liskeban.now = '2026-03-05 16:50+08';
DELETE FROM liskeban.calendar_day WHERE day = '2026-03-09';
SELECT * FROM pg_temp.told WHERE ticket = 'before';
SELECT * FROM pg_temp.due WHERE ticket = 'before';
-- a day that has passed changes nothing
SET liskeban.now = '2026-03-05 16:55+08';
INSERT INTO liskeban.calendar_day (day, is_working, name) VALUES ('2026-02-25', false, 'x');
SELECT * FROM pg_temp.told;
SELECT * FROM pg_temp.problem;

-- A category's need of arrival and its domain: the respond clock ahead moves, history is told of both
SELECT pg_temp.take('06 09:00', 'to see', 'g', 'dispatched');
SELECT pg_temp.take('06 09:00', 'to call', 'c', 'dispatched');
SELECT pg_temp.act('06 09:01', 'plain', 'desk', $$UPDATE liskeban.ticket SET priority = 2 WHERE ticket_id = $T$$);
SET liskeban.now = '2026-03-06 09:05+08';
UPDATE liskeban.category SET on_site = NOT on_site, domain = CASE code WHEN 'c' THEN 'ecology' ELSE domain END WHERE code IN ('g', 'c');
SELECT * FROM pg_temp.told ORDER BY ticket;
SELECT * FROM pg_temp.due WHERE ticket IN ('to see', 'to call') ORDER BY ticket;
-- what else changes in it tells nobody anything
UPDATE liskeban.category SET name = 'other', on_site = on_site WHERE code IN ('g', 'c');
SELECT max(e.seq) FROM liskeban.ticket_event AS e JOIN liskeban.ticket AS t USING (ticket_id) WHERE t.external_id = 'to see';
SELECT * FROM pg_temp.problem;

-- The platform's own: the floor of rework
SET liskeban.now = '2026-03-06 10:00+08';
UPDATE liskeban.platform SET rework_floor = '20 days';
SELECT * FROM pg_temp.told ORDER BY ticket;
UPDATE liskeban.platform SET name = name, snap_distance = 60;
SELECT * FROM pg_temp.problem;

-- The levels of a due that stays go by the new policy as well
SELECT pg_temp.take('06 10:30', 'slow', 's', 'reported');
SET liskeban.now = '2026-03-06 10:36+08';
SELECT liskeban.sweep() > 0;
UPDATE liskeban.sla_policy SET within = '2 minutes' WHERE clock = 'accept';
SELECT liskeban.sweep();
SET liskeban.now = '2026-03-06 10:38+08';
SELECT liskeban.sweep();
SELECT t.external_id, a.clock, a.level, a.at, a.fired_at FROM liskeban.alarm AS a JOIN liskeban.ticket AS t USING (ticket_id)
 WHERE t.external_id = 'slow' ORDER BY 1, 2, 3;

-- A change that is undone leaves no trace, in the caches either
BEGIN;
UPDATE liskeban.sla_policy SET within = '1 hour' WHERE clock = 'respond';
SELECT pg_temp.take('06 11:00', 'undone', 's', 'reported');
SELECT respond FROM pg_temp.due WHERE ticket = 'undone';
ROLLBACK;
SELECT pg_temp.take('06 11:00', 'kept', 's', 'reported');
SELECT respond FROM pg_temp.due WHERE ticket = 'kept';
-- and so in a part of a transaction
BEGIN;
SAVEPOINT a;
UPDATE liskeban.sla_policy SET within = '1 hour' WHERE clock = 'respond';
ROLLBACK TO a;
SELECT pg_temp.take('06 11:00', 'kept too', 's', 'reported');
SELECT respond FROM pg_temp.due WHERE ticket = 'kept too';
COMMIT;

-- Only where everything that came in meanwhile is seen
BEGIN ISOLATION LEVEL REPEATABLE READ;
INSERT INTO liskeban.calendar_day (day, is_working, name) VALUES ('2026-04-01', false, 'x');
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
UPDATE liskeban.platform SET time_zone = 'UTC';
ROLLBACK;

-- What was known before is known still
SELECT count(*) FROM (SELECT k::text FROM liskeban.kpi('2026-03-01', '2026-03-31', 'holder', '2026-03-03 09:59+08') AS k EXCEPT TABLE figures) AS d;
SELECT * FROM pg_temp.problem;

-- A ticket whose history was robbed of its beginning keeps its dues, and holds up neither a change of rules nor the checks
BEGIN;
ALTER TABLE liskeban.ticket_event DISABLE TRIGGER history_kept;
DELETE FROM liskeban.ticket_event AS e USING liskeban.ticket AS t
 WHERE t.ticket_id = e.ticket_id AND t.external_id IN ('kept', 'kept too') AND e.seq = 1;
ALTER TABLE liskeban.ticket_event ENABLE ALWAYS TRIGGER history_kept;
SELECT problem, seq FROM liskeban.verify_history() ORDER BY ticket_id;
UPDATE liskeban.sla_policy SET within = '2 hours' WHERE clock = 'respond';
SELECT DISTINCT invariant FROM liskeban.check_invariants() ORDER BY 1;
ROLLBACK;

\c postgres
DROP DATABASE regress_liskeban_recompute;
