-- Emergencies: what they catch and when, what holds while they last, what stays after; and every error of theirs.
CREATE DATABASE regress_liskeban_emergency TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_emergency
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
\set VERBOSITY terse
SET client_min_messages = warning;
\i regress/data/guard_district.sql
RESET client_min_messages;

-- A ticket of that name reported at a time of 15 September 2024 and brought to a state; and one more step.
CREATE FUNCTION take(local text, name text, category text, state text DEFAULT 'reported', geom geometry DEFAULT here()) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at('2024-09-' || local);
  INSERT INTO liskeban.ticket (source, external_id, category, title, geom) VALUES ('wechat', take.name, take.category, 'x', take.geom);
  IF state = 'reported' THEN RETURN; END IF;
  UPDATE liskeban.ticket AS t SET state = 'accepted' WHERE t.external_id = take.name;
  UPDATE liskeban.ticket AS t SET state = 'dispatched', responsible_area = '320117001001' WHERE t.external_id = take.name;
  IF state = 'dispatched' THEN RETURN; END IF;
  UPDATE liskeban.ticket AS t SET state = 'on_site' WHERE t.external_id = take.name;
END
$$;
CREATE FUNCTION act(local text, name text, actor text, act text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at('2024-09-' || local);
  PERFORM liskeban.act_as(actor);
  EXECUTE replace(act, '$T', (SELECT t.ticket_id::text FROM liskeban.ticket AS t WHERE t.external_id = act.name));
  PERFORM liskeban.act_as(NULL);
END
$$;
CREATE FUNCTION attempt(local text, name text, actor text, act text) RETURNS text LANGUAGE sql AS $$
  SELECT at('2024-09-' || local);
  SELECT try(replace(act, '$T', (SELECT t.ticket_id::text FROM liskeban.ticket AS t WHERE t.external_id = name)), actor) $$;
CREATE FUNCTION suspend(local text, name text, until text) RETURNS void LANGUAGE sql AS $$
  SELECT act(local, name, 'v1', format('SELECT liskeban.ask($T, ''suspend'', ''why'', %L)', '2024-09-' || until || '+08'));
  SELECT act(local, name, 'desk', 'SELECT liskeban.decide((SELECT max(request_id) FROM liskeban.request WHERE ticket_id = $T), true, ''yes'')');
  SELECT act(local, name, 'desk', format('SELECT liskeban.suspend($T, %L, ''n'')', '2024-09-' || until || '+08')) $$;
CREATE VIEW due AS
SELECT t.external_id AS ticket, t.state, t.priority, t.emergency % 1000 AS emergency, to_char(t.resolve_due, 'DD HH24:MI') AS due,
       to_char(t.resolve_due_original, 'DD HH24:MI') AS original, t.resolve_given AS given, t.resolve_resets AS resets
  FROM liskeban.ticket AS t;
CREATE VIEW problem AS
SELECT c.invariant, t.external_id, c.problem FROM liskeban.check_invariants() AS c LEFT JOIN liskeban.ticket AS t USING (ticket_id);
CREATE VIEW fired AS
SELECT t.external_id AS ticket, a.clock, a.level, a.run, to_char(a.at, 'DD HH24:MI:SS') AS at
  FROM liskeban.alarm AS a JOIN liskeban.ticket AS t USING (ticket_id) WHERE a.clock IN ('resolve', 'plan');

-- Terms: flooding 30 minutes, road clearance 15
SELECT kind, category, clock, within FROM liskeban.emergency_sla WHERE kind IN ('typhoon', 'snow') ORDER BY 1, 2;
SELECT code, name, name_en FROM liskeban.emergency_kind ORDER BY code;

-- Declaring: each error
SELECT at('2024-09-15 08:00');
SELECT try($$SELECT liskeban.declare_emergency('meteor', 'II', '320117')$$);
SELECT try($$SELECT liskeban.declare_emergency(NULL, 'II', '320117')$$);
SELECT try($$SELECT liskeban.declare_emergency('typhoon', 'V', '320117')$$);
SELECT try($$SELECT liskeban.declare_emergency('typhoon', NULL, '320117')$$);
SELECT try($$SELECT liskeban.declare_emergency('typhoon', 'II', '320118')$$);
SELECT try($$SELECT liskeban.declare_emergency('typhoon', 'II', '3201')$$);
SELECT try($$SELECT liskeban.declare_emergency('typhoon', 'II', '320117009')$$);
SELECT try($$SELECT liskeban.declare_emergency('typhoon', 'II', NULL)$$);
SELECT try($$SELECT liskeban.declare_emergency('typhoon', 'II', '320117', '2024-09-15 12:00+08', '2024-09-15 11:00+08')$$);
SELECT try($$SELECT liskeban.declare_emergency('typhoon', 'II', '320117', '2024-09-15 12:00+08', '2024-09-15 12:00+08')$$);
SELECT try($$SELECT liskeban.declare_emergency('typhoon', 'II', '320117', '2024-09-15 06:00+08', '2024-09-15 07:00+08')$$);
SELECT try($$SELECT liskeban.declare_emergency('typhoon', 'II', '320117')$$, 'v1');
SELECT try($$SELECT liskeban.declare_emergency('typhoon', 'II', '320117')$$, 'desk_t2');
SELECT try($$SELECT liskeban.declare_emergency('typhoon', 'II', '320117002')$$, 'desk_t2');
-- whoever may not is told which area
SELECT liskeban.act_as('v1');
SELECT liskeban.declare_emergency('typhoon', 'II', '320117001');
SELECT liskeban.act_as(NULL);
CREATE TABLE other (n integer);
CREATE TRIGGER t AFTER INSERT ON other FOR EACH ROW EXECUTE FUNCTION liskeban.emergency_changed();
SELECT try('INSERT INTO other VALUES (1)');
DROP TABLE other;
SELECT try($$INSERT INTO liskeban.emergency (kind, level, area, declared_by) VALUES ('typhoon', 'II', '320117', 'me')$$);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT liskeban.declare_emergency('typhoon', 'II', '320117');
ROLLBACK;

-- What is open when it is declared, in whatever state
SELECT take('15 06:00', 'reported', 'waterlogging');
SELECT take('15 06:00', 'on site', 'waterlogging', 'on_site');
SELECT take('15 06:00', 'suspended', 'waterlogging', 'on_site');
SELECT suspend('15 06:10', 'suspended', '18 06:00');
SELECT take('15 06:00', 'merged', 'waterlogging');
SELECT act('15 06:20', 'merged', 'desk', 'SELECT liskeban.merge($T, (SELECT ticket_id FROM liskeban.ticket WHERE external_id = ''on site''))');
SELECT take('15 06:00', 'done', 'waterlogging', 'on_site');
SELECT act('15 06:30', 'done', 'v1', 'SELECT liskeban.resolve($T, ''r'', ''r'')');
SELECT take('15 06:00', 'other matter', 'simple', 'on_site');
SELECT take('15 06:00', 'pool', 'waterlogging', 'reported', NULL);
SELECT take('15 06:00', 'hard', 'waterlogging', 'on_site');
SELECT act('15 06:40', 'hard', 'desk', 'UPDATE liskeban.ticket SET difficulty = ''hard'', note = ''n'' WHERE ticket_id = $T');
SELECT take('12 09:30', 'nearly due', 'waterlogging', 'on_site');
SELECT take('12 06:00', 'overdue', 'waterlogging', 'on_site');
SELECT * FROM due ORDER BY ticket;
SELECT at('2024-09-15 09:00');
SELECT liskeban.declare_emergency('typhoon', 'III', '320117') % 1000 AS emergency;
SELECT * FROM due ORDER BY ticket;
SELECT t.external_id, e.action, e.actor, e.from_state, e.to_state, e.detail - '{tier,satisfaction}'::text[] AS detail FROM liskeban.ticket_event AS e JOIN liskeban.ticket AS t USING (ticket_id)
 WHERE e.recorded_at = liskeban.liskeban_now() AND t.external_id IN ('reported', 'suspended') ORDER BY 1, e.seq;
SELECT * FROM problem;

-- While it lasts: whoever reports is bound, day and night
SELECT take('15 09:10', 'flood', 'waterlogging');
SELECT take('16 02:00', 'night', 'road_clearance');
SELECT take('16 02:00', 'outside', 'waterlogging', 'reported', ST_SetSRID(ST_MakePoint(118, 30), 4490));
SELECT * FROM due WHERE ticket IN ('flood', 'night', 'outside') ORDER BY ticket;
-- priority stays, nothing is suspended, returned, extended; it may be resolved
SELECT act('16 02:01', 'night', 'desk', 'UPDATE liskeban.ticket SET priority = 4 WHERE ticket_id = $T');
SELECT take('16 02:00', 'bar', 'waterlogging', 'on_site');
SELECT act('16 02:02', 'bar', 'v1', 'SELECT liskeban.ask($T, ''suspend'', ''why'', ''2024-09-20 00:00+08''), liskeban.ask($T, ''return'', ''why''), liskeban.ask($T, ''extend'', ''why'', ''2024-09-20 00:00+08'')');
SELECT act('16 02:03', 'bar', 'desk', 'SELECT liskeban.decide(request_id, true, ''yes'') FROM liskeban.request WHERE ticket_id = $T AND kind IN (''suspend'', ''return'')');
SELECT attempt('16 02:04', 'bar', 'desk', 'SELECT liskeban.suspend($T, ''2024-09-20 00:00+08'', ''n'')');
SELECT attempt('16 02:04', 'bar', 'desk', 'SELECT liskeban.return($T, ''n'')');
SELECT attempt('16 02:04', 'bar', 'desk', 'SELECT liskeban.decide((SELECT request_id FROM liskeban.request WHERE ticket_id = $T AND kind = ''extend''), true, ''yes'')');
SELECT ticket, priority FROM due WHERE ticket = 'night';
SELECT act('16 02:12', 'bar', 'v1', 'SELECT liskeban.resolve($T, ''r'', ''r'')');
-- reworked it is due within the term from then
SELECT act('16 04:00', 'bar', 'desk', 'SELECT liskeban.rework($T, ''n'')');
SELECT * FROM due WHERE ticket = 'bar';
SELECT act('16 04:05', 'bar', 'v1', 'SELECT liskeban.arrive($T)');
SELECT * FROM due WHERE ticket = 'bar';
-- a ticket comes under it by its category, or its place: a tenth of the term is left; and keeps its due when it leaves
SELECT take('16 04:00', 'comes', 'simple');
SELECT act('16 04:10', 'comes', 'desk', 'UPDATE liskeban.ticket SET category = ''waterlogging'', note = ''n'' WHERE ticket_id = $T');
SELECT take('16 04:00', 'comes late', 'simple');
SELECT act('16 09:00', 'comes late', 'desk', 'UPDATE liskeban.ticket SET category = ''waterlogging'', note = ''n'' WHERE ticket_id = $T');
SELECT take('16 09:00', 'leaves', 'waterlogging');
SELECT act('16 09:01', 'leaves', 'desk', 'UPDATE liskeban.ticket SET category = ''hard'', note = ''n'' WHERE ticket_id = $T');
SELECT * FROM due WHERE ticket IN ('comes', 'comes late', 'leaves') ORDER BY ticket;
SELECT * FROM problem;

-- Another one over a part, with shorter terms: the strictest holds
SELECT at('2024-09-16 09:05');
INSERT INTO liskeban.emergency_kind (code, name, name_en) VALUES ('dam', '溃坝', 'Dam break');
INSERT INTO liskeban.emergency_sla (kind, category, within) VALUES ('dam', 'waterlogging', '20 minutes');
SELECT take('16 09:06', 'both', 'waterlogging');
SELECT take('16 09:06', 'one', 'waterlogging', 'reported', ST_SetSRID(ST_MakePoint(119.07, 31.02), 4490));
SELECT at('2024-09-16 09:07');
SELECT liskeban.declare_emergency('dam', 'I', '320117001') % 1000 AS emergency;
SELECT take('16 09:08', 'both too', 'waterlogging');
SELECT take('16 09:08', 'moves', 'waterlogging', 'reported', ST_SetSRID(ST_MakePoint(119.07, 31.02), 4490));
SELECT act('16 09:09', 'moves', 'desk', 'UPDATE liskeban.ticket SET geom = here() WHERE ticket_id = $T');
SELECT * FROM due WHERE ticket IN ('both', 'one', 'both too', 'moves') ORDER BY ticket;

-- Levels: 20 % before, at the due, half and whole beyond it; once each, at their instants
SELECT at('2024-09-16 10:30');
SELECT liskeban.sweep() > 0 AS some;
SELECT * FROM fired WHERE ticket IN ('flood', 'both', 'suspended', 'merged', 'hard', 'nearly due') ORDER BY ticket, run, at;
SELECT * FROM problem;

-- What is declared twice, changed, ended; and what is not
SELECT try($$SELECT liskeban.declare_emergency('typhoon', 'II', '320117')$$);
SELECT try($$SELECT liskeban.declare_emergency('typhoon', 'II', '320117', '2024-09-20 00:00+08')$$);
SELECT try($$UPDATE liskeban.emergency SET level = 'II' WHERE kind = 'typhoon'$$, 'desk');
SELECT try($$UPDATE liskeban.emergency SET level = 'V' WHERE kind = 'typhoon'$$, 'desk');
SELECT try($$UPDATE liskeban.emergency SET area = '320117001' WHERE kind = 'typhoon'$$);
SELECT try($$UPDATE liskeban.emergency SET ends_at = '2024-09-16 10:00+08' WHERE kind = 'typhoon'$$);
SELECT try($$SELECT liskeban.end_emergency(emergency_id) FROM liskeban.emergency WHERE kind = 'typhoon'$$, 'v1');
SELECT try($$DELETE FROM liskeban.emergency$$);
SELECT try($$TRUNCATE liskeban.emergency$$);
SELECT try('SELECT liskeban.end_emergency(NULL)'), try('SELECT liskeban.end_emergency(1)');
SELECT take('16 10:30', 'last', 'waterlogging', 'on_site');
SELECT at('2024-09-16 10:40');
SELECT liskeban.act_as('desk');
SELECT liskeban.end_emergency(emergency_id) FROM liskeban.emergency ORDER BY emergency_id;
SELECT liskeban.act_as(NULL);
SELECT try($$SELECT liskeban.end_emergency(emergency_id) FROM liskeban.emergency WHERE kind = 'typhoon'$$);
SELECT try($$UPDATE liskeban.emergency SET level = 'I' WHERE kind = 'typhoon'$$);
-- one that has ended, and that no sweep has settled yet
SELECT kind, settled_at FROM liskeban.emergency ORDER BY emergency_id;
SELECT try($$UPDATE liskeban.emergency SET ends_at = '2024-09-17 10:00+08' WHERE kind = 'typhoon'$$), try($$UPDATE liskeban.emergency SET ends_at = ends_at WHERE kind = 'typhoon'$$);
SELECT kind, level, area, begins_at, ends_at, declared_by = session_user AS by_us, ended_by, settled_at FROM liskeban.emergency ORDER BY emergency_id;

-- After the end: what was caught keeps its due, what comes is as ever, and may be suspended again
SELECT take('16 10:41', 'after', 'waterlogging');
SELECT act('16 10:42', 'last', 'desk', 'UPDATE liskeban.ticket SET category = ''hard'', note = ''n'' WHERE ticket_id = $T');
SELECT act('16 10:43', 'last', 'v1', 'SELECT liskeban.plan($T, ''p'', ''2024-09-25 00:00+08'')');
SELECT suspend('16 10:50', 'last', '17 06:00');
SELECT * FROM due WHERE ticket IN ('after', 'last') ORDER BY ticket;
UPDATE liskeban.sla_policy SET within = '1 day' WHERE difficulty = 'general' AND clock = 'resolve';
SELECT * FROM due WHERE ticket IN ('after', 'last', 'flood') ORDER BY ticket;
SELECT liskeban.sweep() >= 0 AS swept;
SELECT kind, settled_at FROM liskeban.emergency ORDER BY emergency_id;
SELECT * FROM problem;

-- Declared ahead: the sweep catches what is open at its time, however late it comes; a suspension that ends before comes first
SELECT at('2024-09-17 08:00');
SELECT liskeban.declare_emergency('rainstorm', 'IV', '320117', '2024-09-17 12:00+08', '2024-09-17 14:00+08') % 1000 AS emergency;
SELECT liskeban.declare_emergency('flood', 'IV', '320117', '2024-09-17 20:00+08') % 1000 AS emergency;
SELECT liskeban.end_emergency(emergency_id) FROM liskeban.emergency WHERE kind = 'flood';
SELECT take('17 08:00', 'before', 'waterlogging', 'on_site');
SELECT take('17 08:00', 'resting', 'waterlogging', 'on_site');
SELECT suspend('17 08:10', 'resting', '17 11:00');
SELECT take('17 08:00', 'sleeping', 'waterlogging', 'on_site');
SELECT suspend('17 08:10', 'sleeping', '19 11:00');
SELECT ticket, priority, emergency, due FROM due WHERE ticket IN ('before', 'resting', 'sleeping') ORDER BY ticket;
SELECT at('2024-09-18 00:00');
SELECT liskeban.sweep() > 0 AS some;
SELECT * FROM due WHERE ticket IN ('before', 'resting', 'sleeping') ORDER BY ticket;
SELECT t.external_id AS ticket, e.action, e.actor, e.at, e.recorded_at FROM liskeban.ticket_event AS e JOIN liskeban.ticket AS t USING (ticket_id)
 WHERE t.external_id IN ('before', 'resting', 'sleeping') AND e.recorded_at = liskeban.liskeban_now() ORDER BY 1, e.seq;
SELECT * FROM fired WHERE ticket IN ('before', 'resting', 'sleeping') ORDER BY ticket, run, at;
SELECT kind, begins_at, ends_at, settled_at FROM liskeban.emergency ORDER BY emergency_id;
SELECT * FROM problem;

-- A transition that caught a ticket is undone with what it did; the sweep catches it again
SELECT at('2024-09-18 08:00');
SELECT liskeban.declare_emergency('typhoon', 'I', '320117', '2024-09-18 09:00+08') % 1000 AS emergency;
SELECT take('18 08:50', 'wrong click', 'waterlogging');
SELECT act('18 09:01', 'wrong click', 'desk', 'SELECT liskeban.accept($T)');
SELECT * FROM due WHERE ticket = 'wrong click';
SELECT act('18 09:02', 'wrong click', 'desk', 'SELECT liskeban.revert($T, ''n'')');
SELECT * FROM due WHERE ticket = 'wrong click';
SELECT at('2024-09-18 09:03');
SELECT liskeban.sweep() >= 0 AS swept;
SELECT * FROM due WHERE ticket = 'wrong click';
SELECT * FROM problem;

-- Figures: the due that held when it was resolved
SELECT act('18 09:20', 'wrong click', 'desk', 'SELECT liskeban.answer($T, ''r'')');
SELECT received, due, completion_num, on_time_num, on_time_original_num FROM liskeban.kpi('2024-09-12', '2024-09-18', 'district');
SELECT key, received, due, completion_num, on_time_num FROM liskeban.kpi('2024-09-12', '2024-09-18', 'category') ORDER BY key;

\c postgres
DROP DATABASE regress_liskeban_emergency;
