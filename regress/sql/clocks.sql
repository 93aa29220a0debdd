-- The clocks of a ticket: stamps, pauses, rework, reopening, other difficulty, extension, levels, in each basis.
CREATE DATABASE regress_liskeban_clocks TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_clocks
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

CREATE FUNCTION dues(id bigint) RETURNS TABLE (respond text, plan text, resolve text, original text, feedback text) LANGUAGE sql AS $$
  SELECT local(respond_due), local(plan_due), local(resolve_due), local(resolve_due_original), local(feedback_due) FROM liskeban.ticket WHERE ticket_id = id $$;
CREATE FUNCTION levels(id bigint) RETURNS TABLE (clock text, given interval, basis text, yellow text, red text, red2 text, red3 text, lamp text) LANGUAGE sql AS $$
  SELECT c.clock::text, c.given, c.basis::text, local(c.yellow_at), local(c.red_at), local(c.red2_at), local(c.red3_at), c.lamp::text FROM liskeban.ticket_clock c WHERE c.ticket_id = id ORDER BY c.clock $$;
CREATE FUNCTION up(id bigint, change text, identity text) RETURNS text LANGUAGE sql AS $$
  SELECT try(format('UPDATE liskeban.ticket SET %s WHERE ticket_id = %s', change, id), identity) $$;
-- on hold from one time to another
CREATE FUNCTION hold(id bigint, from_local text, to_local text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  PERFORM at(from_local);
  PERFORM granted(id, 'suspend', '2025-06-01');
  PERFORM act('desk', format('SELECT liskeban.suspend(%s, ''2025-01-01'', ''waiting'')', id));
  PERFORM at(to_local);
  PERFORM act('v1', format('SELECT liskeban.resume(%s)', id));
END $$;
-- Nothing climbs by itself here: a change of rules sweeps first, and the handler would lose the ticket
UPDATE liskeban.escalation_policy SET auto = false;
-- An ordinary week: Monday 4 November 2024, no holiday near
SELECT is_working FROM liskeban.calendar_day WHERE day BETWEEN '2024-10-21' AND '2024-12-20';

-- Stamps
SELECT at('2024-11-04 10:00');
SELECT c AS category, report(c) AS id INTO fresh FROM unnest('{simple,general,hard,call,hardcall}'::text[]) c;
SELECT category, d.* FROM fresh, dues(id) d ORDER BY category;
SELECT f.category, local(accept_due) AS accept, local(dispatch_due) AS dispatch FROM fresh f JOIN liskeban.ticket ON ticket_id = f.id GROUP BY 1, 2, 3 ORDER BY 1;
SELECT at('2024-11-04 10:02');
SELECT id FROM fresh WHERE category = 'general' \gset
SELECT act('desk', format('SELECT liskeban.accept(%s)', :id));
SELECT local(accept_due) AS accept, local(dispatch_due) AS dispatch FROM liskeban.ticket WHERE ticket_id = :id;
-- a return and another holder move no clock of the ticket's
SELECT act('desk', format('SELECT liskeban.dispatch(%s, ''320117001002'')', :id));
SELECT at('2024-11-04 10:20');
SELECT act('v2', format('SELECT liskeban.arrive(%s)', :id)), granted(:id, 'return', NULL, 'v2'), act('desk', format('SELECT liskeban.return(%s, ''not theirs'')', :id));
SELECT act('desk', format('SELECT liskeban.dispatch(%s, ''320117002001'')', :id)), act('desk', format('SELECT liskeban.redispatch(%s, ''320117001001'', NULL, ''after all'')', :id));
SELECT * FROM dues(:id);
SELECT local(accept_due) AS accept, local(dispatch_due) AS dispatch, local(dispatched_at) AS dispatched, local(on_site_at) AS on_site FROM liskeban.ticket WHERE ticket_id = :id;
-- resolved: the desk's feedback, in working days; answered at once it is the same
SELECT act('v1', format('SELECT liskeban.arrive(%s)', :id)), at('2024-11-07 10:00'), act('v1', format('SELECT liskeban.resolve(%s, ''done'')', :id));
SELECT * FROM dues(:id);
SELECT * FROM levels(:id);
SELECT at('2024-11-01 18:00');
SELECT report('simple') AS id \gset
SELECT act('desk', format('SELECT liskeban.answer(%s, ''see the notice'')', :id));
SELECT * FROM dues(:id);

-- Pause and carry-over, calendar: what was left goes on
SELECT at('2024-11-04 10:00');
SELECT make('on_site', 'general') AS id \gset
SELECT * FROM dues(:id);
SELECT hold(:id, '2024-11-05 12:00', '2024-11-06 12:00');
SELECT * FROM dues(:id);
-- twice, and over the end of the week
SELECT hold(:id, '2024-11-08 09:00', '2024-11-11 09:00');
SELECT * FROM dues(:id);
-- while it is on hold the due keeps its value and does not pass, and no clock of it runs
SELECT at('2024-11-11 09:30'), granted(:id, 'suspend', '2025-01-01');
SELECT act('desk', format('SELECT liskeban.suspend(%s, ''2024-12-30'', ''waiting'')', :id));
SELECT at('2024-12-02 09:00');
SELECT local(clocks_stopped_at) AS stopped, d.* FROM liskeban.ticket, dues(:id) d WHERE ticket_id = :id;
SELECT * FROM levels(:id);
-- the sweep is to come back to it when the hold ends
SELECT next_alarm_at FROM liskeban.worklist WHERE ticket_id = :id;
SELECT act('v1', format('SELECT liskeban.resume(%s)', :id));
SELECT clocks_stopped_at, d.* FROM liskeban.ticket, dues(:id) d WHERE ticket_id = :id;
-- a due that has passed never moves: on hold only what was asked for before it
SELECT at('2024-12-02 09:15'), liskeban.act_as('v1'), liskeban.ask(:id, 'suspend', 'before the due', '2025-01-01') AS request \gset
SELECT at('2024-12-03 09:00'), liskeban.act_as('desk'), liskeban.decide(:request, true, 'late, but asked in time'), liskeban.act_as(NULL);
SELECT act('desk', format('SELECT liskeban.suspend(%s, ''2024-12-30'', ''waiting'')', :id)), at('2024-12-04 09:00'), act('desk', format('SELECT liskeban.resume(%s)', :id));
SELECT * FROM dues(:id);
-- a hard one: its plan's clock before the promise, the promise's afterwards
SELECT at('2024-11-04 10:00');
SELECT make('on_site', 'hard') AS id \gset
SELECT hold(:id, '2024-11-06 10:00', '2024-11-07 10:00');
SELECT * FROM dues(:id);
SELECT act('v1', format('SELECT liskeban.plan(%s, ''in two steps'', ''2024-11-20 18:00+08'')', :id));
SELECT * FROM dues(:id);
SELECT * FROM levels(:id);
SELECT hold(:id, '2024-11-10 10:00', '2024-11-12 10:00');
SELECT * FROM dues(:id);
SELECT state, local(promised_at) AS promised FROM liskeban.ticket WHERE ticket_id = :id;

-- Working days: a policy of that basis for what is received from Tuesday on
INSERT INTO liskeban.sla_policy (difficulty, clock, within, basis, valid_from) VALUES ('general', 'resolve', '3 days', 'working_day', '2024-11-05 00:00+08'),
  ('simple', 'resolve', '13 hours', 'working_hour', '2024-11-05 00:00+08'), ('hard', 'plan', '5 days', 'working_day', '2024-11-05 00:00+08'), ('general', 'respond', '1 hour', 'working_hour', '2024-11-05 00:00+08');
SELECT at('2024-11-04 23:59:59');
SELECT report('general') AS before \gset
SELECT at('2024-11-08 10:00');
SELECT make('on_site', 'general') AS id \gset
SELECT 'before' AS policy, d.* FROM dues(:before) d UNION ALL SELECT 'after', d.* FROM dues(:id) d;
SELECT * FROM levels(:id);
-- left at Monday 15:00: 1 day 19 h, which goes on from Friday 15:00
SELECT hold(:id, '2024-11-11 15:00', '2024-11-15 15:00');
SELECT * FROM dues(:id);
-- a hold over days off costs nothing, wherever in them it ends
SELECT hold(:id, '2024-11-16 00:00', '2024-11-17 12:00');
SELECT * FROM dues(:id);

-- Working hours: Monday 2 + 3.5, Tuesday 3 + 3.5, one more on Wednesday
SELECT at('2024-11-11 10:00');
SELECT make('on_site', 'simple') AS id \gset
SELECT * FROM dues(:id);
SELECT * FROM levels(:id);
-- a hold from 17:00 to 09:00 costs nothing, nor over midday
SELECT hold(:id, '2024-11-11 17:00', '2024-11-12 09:00');
SELECT * FROM dues(:id);
SELECT hold(:id, '2024-11-12 12:00', '2024-11-12 13:30');
SELECT * FROM dues(:id);
SELECT hold(:id, '2024-11-12 16:30', '2024-11-12 16:31');
SELECT * FROM dues(:id);
-- half an hour of the working day is left on the evening before a weekend
SELECT at('2024-11-15 09:00');
SELECT report('simple') AS id \gset
SELECT * FROM dues(:id);

-- Rework: what was left when it was resolved, at least the floor; hard three days
SELECT at('2024-11-04 10:00');
SELECT make('on_site', 'general') AS g, make('on_site', 'general') AS l, make('on_site', 'general') AS o, make('planned', 'hard') AS h, make('on_site', 'hard') AS n \gset
CREATE FUNCTION again(id bigint, resolved text, reworked text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  PERFORM at(resolved);
  PERFORM act('v1', format('SELECT liskeban.resolve(%s, ''done'')', id));
  PERFORM at(reworked);
  PERFORM act('desk', format('SELECT liskeban.rework(%s, ''not solved'')', id));
END $$;
SELECT again(:g, '2024-11-05 10:00', '2024-11-06 18:00'), again(:l, '2024-11-07 09:00', '2024-11-08 10:00'), again(:o, '2024-11-09 10:00', '2024-11-10 10:00'),
  again(:h, '2024-11-05 10:00', '2024-11-06 10:00'), again(:n, '2024-11-10 10:00', '2024-11-11 10:00');
SELECT what, state, rework_count, d.* FROM (VALUES (1, 'two days left', :g), (2, 'an hour left', :l), (3, 'too late', :o), (4, 'hard, planned', :h), (5, 'hard, no plan yet', :n)) v (n, what, id)
  JOIN liskeban.ticket ON ticket_id = id, dues(id) d ORDER BY n;
SELECT * FROM levels(:g);
-- its result is judged anew
SELECT satisfaction, solved, checked_by FROM liskeban.ticket WHERE ticket_id = :g;
UPDATE liskeban.platform SET rework_floor = '2 days';
SELECT at('2024-11-08 11:00'), act('v1', format('SELECT liskeban.arrive(%s)', :l)), again(:l, '2024-11-08 12:00', '2024-11-08 13:00');
SELECT * FROM dues(:l);
-- a floor is a rule: a due that it gave follows it while it is ahead
UPDATE liskeban.platform SET rework_floor = '1 day';
SELECT * FROM dues(:l);
SELECT seq, action, detail FROM history(:l) ORDER BY seq DESC LIMIT 1;

-- Reopening: the next run, respond and resolve anew; hard: a plan anew
SELECT at('2024-11-04 10:00');
SELECT make('closed', 'general') AS g, make('planned', 'hard') AS h \gset
SELECT act('v1', format('SELECT liskeban.resolve(%s, ''done'')', :h)), act('desk', format('UPDATE liskeban.ticket SET state = ''closed'', checked_by = ''desk'' WHERE ticket_id = %s', :h));
SELECT at('2024-12-01 10:00'), granted(:g, 'reopen', NULL, 'hotline'), granted(:h, 'reopen', NULL, 'hotline');
SELECT act('desk', format('SELECT liskeban.reopen(%s, ''it is back'')', :g)), act('desk', format('SELECT liskeban.reopen(%s, ''it is back'')', :h));
SELECT state, run, reopen_count, on_site_at, closed_at, promised_at, satisfaction, d.* FROM liskeban.ticket, dues(ticket_id) d WHERE ticket_id IN (:g, :h) ORDER BY ticket_id;
SELECT seq, run, action FROM liskeban.ticket_event WHERE ticket_id = :g AND seq > 5 ORDER BY seq;
SELECT * FROM levels(:g);

-- Another difficulty: the time used is kept, a tenth of the new term is the least
SELECT at('2024-11-04 10:00');
SELECT make('on_site', 'general') AS lower, make('on_site', 'general') AS higher, make('on_site', 'simple') AS early, make('on_site', 'general') AS passed, make('on_site', 'hard') AS hard, make('planned', 'hard') AS planned,
  make('on_site', 'general') AS "own" \gset
SELECT at('2024-11-04 22:00');
UPDATE liskeban.ticket SET category = 'general', note = 'harder' WHERE ticket_id = :early;
SELECT at('2024-11-05 10:00');
UPDATE liskeban.ticket SET category = 'simple' WHERE ticket_id = :lower;
UPDATE liskeban.ticket SET difficulty = 'hard', note = 'harder' WHERE ticket_id = :higher;
UPDATE liskeban.ticket SET difficulty = 'simple' WHERE ticket_id = :hard;
UPDATE liskeban.ticket SET difficulty = 'general' WHERE ticket_id = :planned;
UPDATE liskeban.ticket SET difficulty = 'simple' WHERE ticket_id = :own;
UPDATE liskeban.ticket SET category = 'general' WHERE ticket_id = :own;
SELECT what, category, difficulty, d.* FROM (VALUES (1, 'simple to general at 12 h', :early), (2, 'general to simple at a day', :lower), (3, 'general to hard at a day', :higher), (4, 'hard to simple at a day', :hard),
  (5, 'planned to general', :planned), (6, 'a difficulty of its own', :own)) v (n, what, id) JOIN liskeban.ticket ON ticket_id = id, dues(id) d ORDER BY n;
SELECT local(resolve_due) AS due, given, yellow, red2 FROM liskeban.ticket, levels(ticket_id) l WHERE ticket_id = :early AND clock = 'resolve';
-- raised by a dispatcher only, with a note, before the due
SELECT up(:passed, $$category = 'hard', note = 'n'$$, 'v1') AS handler, up(:passed, $$category = 'hard'$$, 'desk') AS no_note, up(:passed, $$category = 'hard', note = 'n'$$, 'desk') AS desk;
SELECT at(to_char(resolve_due, 'YYYY-MM-DD HH24:MI:SS')) - resolve_due AS past_due, up(:passed, $$difficulty = 'hard', note = 'n'$$, 'desk') AS at_the_due, later('1 second'),
  up(:passed, $$difficulty = 'hard', note = 'n'$$, 'desk') AS past_it FROM liskeban.ticket WHERE ticket_id = :passed;
-- a due that has passed never moves
UPDATE liskeban.ticket SET category = 'simple' WHERE ticket_id = :passed;
SELECT * FROM dues(:passed);
-- but where it was the plan's the resolve clock begins, with the least
SELECT at('2024-11-04 10:00');
SELECT make('on_site', 'hard') AS unplanned, make('planned', 'hard') AS planned, make('suspended', 'general') AS held \gset
SELECT at('2024-11-12 10:00');
UPDATE liskeban.ticket SET difficulty = 'general' WHERE ticket_id = :unplanned;
SELECT * FROM dues(:unplanned);
SELECT clock, given, yellow, lamp FROM levels(:unplanned);
-- another plan, on an extension, moves a promise ahead, and none that has passed
UPDATE liskeban.plan_policy SET max_replans = 2;
SELECT granted(:planned, 'extend', '2024-11-14 12:00+08');
SELECT act('v1', format('SELECT liskeban.plan(%s, ''another'', ''2024-11-14 09:00+08'')', :planned));
SELECT * FROM dues(:planned);
SELECT granted(:planned, 'extend', '2024-11-14 09:10+08');
SELECT at('2024-11-14 09:30'), act('v1', format('SELECT liskeban.plan(%s, ''yet another'', ''2024-11-30 09:00+08'')', :planned));
SELECT local(promised_at) AS promised, d.* FROM liskeban.ticket, dues(:planned) d WHERE ticket_id = :planned;
-- on hold: of what was left when it stopped
SELECT local(clocks_stopped_at) AS stopped, d.* FROM liskeban.ticket, dues(:held) d WHERE ticket_id = :held;
UPDATE liskeban.ticket SET category = 'simple' WHERE ticket_id = :held;
SELECT * FROM dues(:held);
SELECT act('v1', format('SELECT liskeban.resume(%s)', :held));
SELECT * FROM dues(:held);
-- from there to by telephone: the respond clock changes while it is ahead
SELECT at('2024-11-04 10:00');
SELECT report('general') AS near, report('general') AS far, report('call') AS call \gset
SELECT at('2024-11-04 10:05');
UPDATE liskeban.ticket SET category = 'call' WHERE ticket_id = :near;
SELECT at('2024-11-04 12:00');
UPDATE liskeban.ticket SET category = 'call' WHERE ticket_id = :far;
UPDATE liskeban.ticket SET category = 'general' WHERE ticket_id = :call;
SELECT category, d.respond, d.resolve FROM liskeban.ticket, dues(ticket_id) d WHERE ticket_id IN (:near, :far, :call) ORDER BY ticket_id;
SELECT e.detail FROM liskeban.ticket_event e WHERE ticket_id = :near AND seq = 2;

-- Extension: the due, never the original; not once it has passed
SELECT at('2024-11-04 10:00');
SELECT make('on_site', 'general') AS id, make('on_site', 'general') AS late \gset
SELECT liskeban.act_as('v1'), liskeban.ask(:late, 'extend', 'in time', '2024-11-20') AS request \gset
SELECT liskeban.act_as(NULL), at('2024-11-06 10:00'), granted(:id, 'extend', '2024-11-11 10:00+08');
SELECT * FROM dues(:id);
SELECT * FROM levels(:id);
SELECT seq, action, actor, note, detail FROM history(:id) ORDER BY seq DESC LIMIT 1;
SELECT kind, asked_by, decided_by, granted, note, used_seq FROM liskeban.request WHERE ticket_id = :id;
SELECT code(format('SELECT granted(%s, ''extend'', ''2024-11-11 10:00+08'')', :id)) AS not_later, code(format('SELECT granted(%s, ''extend'', ''2024-11-06 10:00+08'')', :id)) AS not_ahead;
SELECT at(to_char(resolve_due, 'YYYY-MM-DD HH24:MI:SS')) - resolve_due AS past_due, try(format('SELECT liskeban.decide(%s, true, ''so be it'')', :request), 'desk') AS at_the_due, later('1 second'), try(format('SELECT liskeban.decide(%s, true, ''so be it'')', :request), 'desk') AS past_it,
  try(format('SELECT liskeban.decide(%s, false, ''too late'')', :request), 'desk') AS refused FROM liskeban.ticket WHERE ticket_id = :late;
SELECT * FROM dues(:late);
-- the two together: extended, then on hold
SELECT hold(:id, '2024-11-08 10:00', '2024-11-09 10:00');
SELECT * FROM dues(:id);

-- Levels: due - 20 %, the due, + 50 %, + 100 %; the lamp is what the time makes it
SELECT at('2024-11-04 10:00');
SELECT report('general') AS id \gset
SELECT * FROM levels(:id);
SELECT w.next_alarm_at = least(accept_due - interval '1 minute', respond_due - interval '3 minutes') AS first_alarm FROM liskeban.worklist w JOIN liskeban.ticket USING (ticket_id) WHERE ticket_id = :id;
CREATE FUNCTION lamps(id bigint, t timestamptz) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
  PERFORM at(to_char(t, 'YYYY-MM-DD HH24:MI:SS.US'));
  RETURN (SELECT string_agg(clock || ' ' || lamp, ', ' ORDER BY clock) FROM levels(id));
END $$;
SELECT local(t), lamps(:id, t) FROM
  unnest('{"2024-11-04 10:03:59.999999+08","2024-11-04 10:04+08","2024-11-04 10:15+08","2024-11-06 19:36+08","2024-11-07 09:59:59+08","2024-11-07 10:00+08","2024-11-08 22:00+08","2024-11-10 10:00+08"}'::timestamptz[]) t;
-- nothing runs for what has ended; a merged one is silent and goes on with what was left
SELECT s AS state, count(l.clock), string_agg(l.clock, ' ') AS clocks FROM unnest('{reported,accepted,dispatched,on_site,planned,suspended,resolved,closed,rejected,withdrawn,merged}'::text[]) s, LATERAL make(s) id LEFT JOIN LATERAL levels(id) l ON true GROUP BY s ORDER BY s::liskeban.ticket_state;
SELECT at('2024-11-04 10:00');
SELECT report('general') AS lead, report('general') AS dup \gset
SELECT at('2024-11-05 10:00'), act('desk', format('SELECT liskeban.merge(%s, %s)', :dup, :lead)), at('2024-11-08 10:00'), act('desk', format('SELECT liskeban.unmerge(%s, ''another matter'')', :dup));
SELECT state, merged_into, clocks_stopped_at, d.* FROM liskeban.ticket, dues(:dup) d WHERE ticket_id = :dup;
-- and who was to hand it out has what was left for that
SELECT report('general') AS dup, report('general') AS late \gset
SELECT later('1 minute') IS NOT NULL AS ok, act('desk', format('SELECT liskeban.accept(%s)', :dup)), act('desk', format('SELECT liskeban.accept(%s)', :late));
SELECT later('4 minutes') IS NOT NULL AS ok, act('desk', format('SELECT liskeban.merge(%s, %s)', :dup, :lead));
SELECT later('10 minutes') IS NOT NULL AS ok, act('desk', format('SELECT liskeban.merge(%s, %s)', :late, :lead));
SELECT at('2024-11-11 09:00'), act('desk', format('SELECT liskeban.unmerge(%s, ''another matter'')', :dup)), act('desk', format('SELECT liskeban.unmerge(%s, ''another matter'')', :late));
SELECT local(d.dispatch_due) AS six_minutes, local(l.dispatch_due) AS passed FROM liskeban.ticket d, liskeban.ticket l WHERE (d.ticket_id, l.ticket_id) = (:dup, :late);
SELECT lamps(:dup, '2024-11-11 09:06+08') AS at_the_due;

-- Accounts of the guard: what it wrote is what it says it would write
SELECT * FROM liskeban.check_invariants();

\c postgres
DROP DATABASE regress_liskeban_clocks;
