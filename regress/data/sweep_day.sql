-- A day in the life of some two hundred tickets, drawn from a fixed seed: every move that sets, stops or ends a clock,
-- at instants that fall on no level of any. What is done is the same whenever the sweep runs; only a ticket on hold is
-- left alone until the sweep has resumed it, for until then it is still on hold. Needs a fresh platform of 320117.
--
--   SELECT sweep_day_make(12);         12 tickets of each life
--   CALL sweep_day_play(minutes => 1); plays it, with a sweep each so many minutes; NULL: one at the end

INSERT INTO liskeban.area (code, name) VALUES ('320117001', 'town'), ('320117001001', 'village'), ('320117001002', 'village');
INSERT INTO liskeban.category (code, name, domain, difficulty, lead, on_site) VALUES
  ('s', 'simple', 'livelihood', 'simple', 'village', true), ('g', 'general', 'livelihood', 'general', 'village', true),
  ('h', 'hard', 'livelihood', 'hard', 'village', true), ('c', 'by phone', 'livelihood', 'simple', 'village', false),
  ('p', 'hard by phone', 'livelihood', 'hard', 'village', false);
INSERT INTO liskeban.membership (role_name, duty, area) VALUES
  ('desk', 'dispatcher', '320117'), ('chief', 'dispatcher', '320117'), ('hand', 'handler', '320117');

-- It is about the clocks alone: where a ticket climbs depends on who has seen to it by then.
UPDATE liskeban.escalation_policy SET auto = false;

-- Short terms, so that a day sees all levels; one of each basis.
UPDATE liskeban.sla_policy SET within = '3 hours' WHERE clock = 'resolve' AND difficulty = 'simple';
UPDATE liskeban.sla_policy SET within = '4 hours', basis = 'working_hour' WHERE clock = 'resolve' AND difficulty = 'general';
UPDATE liskeban.sla_policy SET within = '5 hours' WHERE clock = 'plan';
UPDATE liskeban.sla_policy SET within = '2 hours', basis = 'working_hour' WHERE clock = 'feedback';
UPDATE liskeban.sla_policy SET within = '2 hours' WHERE clock = 'contact';
UPDATE liskeban.platform SET rework_floor = '90 minutes', rework_floor_hard = '3 hours';

-- One line a step: after the step before it by least to most minutes. $T is the ticket, $L the first of its group.
CREATE TABLE sweep_day_step (life text, n integer, category text, least numeric, most numeric, actor text, act text);
INSERT INTO sweep_day_step (life, n, category, least, most, actor, act)
SELECT l.life, s.n, l.category, s.least, s.most, s.actor, s.act
  FROM (VALUES
    ('left', 's', ''),
    ('good', 's', 'accept dispatch arrive resolve close'),
    ('late', 'g', 'accept_late dispatch_late arrive_late'),
    ('late entry', 's', 'accept dispatch entry'),
    ('hold', 's', 'accept dispatch arrive hold'),
    ('hold of a general one', 'g', 'accept dispatch arrive hold'),
    ('hold resumed by hand', 's', 'accept dispatch arrive hold_long resume resolve'),
    ('hold taken back', 'g', 'accept dispatch arrive hold_long withdraw'),
    ('hold of a plan', 'h', 'accept dispatch arrive hold'),
    ('hold of a promise, never contacted', 'p', 'accept dispatch promise hold'),
    ('hold past the due', 's', 'accept dispatch arrive ask_hold grant_hold_late'),
    ('extension', 's', 'accept dispatch arrive extend'),
    ('two extensions', 'g', 'accept dispatch extend arrive extend resolve'),
    ('rework', 's', 'accept dispatch arrive resolve rework'),
    ('rework twice', 'g', 'accept dispatch arrive resolve rework arrive resolve rework'),
    ('rework of what was late', 's', 'accept_late dispatch_late arrive_late wait resolve rework'),
    ('rework of a hard one never planned', 'h', 'accept dispatch arrive resolve rework'),
    ('reopen', 'g', 'accept dispatch arrive resolve close reopen'),
    ('reopen and be good', 's', 'accept dispatch arrive resolve close reopen arrive resolve close'),
    ('harder', 's', 'accept dispatch general'),
    ('harder and harder', 's', 'accept general dispatch hard arrive'),
    ('easier', 'h', 'accept dispatch arrive simple'),
    ('easier, late', 'g', 'accept dispatch arrive wait simple'),
    ('reclassified', 's', 'phone accept dispatch contact'),
    ('reclassified, to be there', 'c', 'accept dispatch there'),
    ('by phone', 'c', 'accept dispatch contact resolve close'),
    ('by phone, late', 'c', 'accept dispatch wait contact'),
    ('withdrawn', 'g', 'accept dispatch withdraw'),
    ('withdrawn late', 's', 'accept dispatch wait wait withdraw'),
    ('merged', 's', 'accept merge'),
    ('merged and back', 'g', 'accept dispatch merge unmerge'),
    ('rejected', 's', 'reject'),
    ('rejected and back', 'g', 'reject accept_again dispatch_late'),
    ('planned', 'h', 'accept dispatch arrive promise'),
    ('planned twice', 'h', 'accept dispatch arrive promise extend promise'),
    ('planned and kept', 'h', 'accept dispatch arrive promise resolve close'),
    ('given back', 's', 'accept dispatch give_back dispatch_other'),
    ('answered', 's', 'answer'),
    ('answered, closed late', 'g', 'accept answer wait close'),
    ('moved on', 'g', 'accept dispatch arrive move_on arrive')) AS l(life, category, acts),
  LATERAL (SELECT (w.n * 10 + d.n)::integer AS n, d.least, d.most, d.actor, d.act
             FROM string_to_table(l.acts, ' ') WITH ORDINALITY AS w(word, n)
             JOIN (VALUES
               ('accept', 1, 1, 4.5, 'desk', $$SELECT liskeban.accept($T)$$),
               ('accept_late', 1, 6, 40, 'desk', $$SELECT liskeban.accept($T)$$),
               ('accept_again', 1, 20, 90, 'desk', $$SELECT liskeban.accept($T, 'after all')$$),
               ('dispatch', 1, 0.2, 9, 'desk', $$SELECT liskeban.dispatch($T, '320117001001')$$),
               ('dispatch_late', 1, 11, 40, 'desk', $$SELECT liskeban.dispatch($T, '320117001001')$$),
               ('dispatch_other', 1, 3, 30, 'desk', $$SELECT liskeban.dispatch($T, '320117001002')$$),
               ('arrive', 1, 0.5, 9, 'hand', $$SELECT liskeban.arrive($T)$$),
               ('arrive_late', 1, 16, 90, 'hand', $$SELECT liskeban.arrive($T)$$),
               ('entry', 1, 30, 200, 'hand', $$SELECT liskeban.arrive($T, at => liskeban.liskeban_now() - interval '25 minutes')$$),
               ('contact', 1, 3, 130, 'hand', $$SELECT liskeban.contact($T, 'spoken to')$$),
               ('resolve', 1, 5, 170, 'hand', $$SELECT liskeban.resolve($T, 'done')$$),
               ('answer', 1, 2, 200, 'desk', $$SELECT liskeban.answer($T, 'so it is')$$),
               ('close', 1, 5, 240, 'chief', $$UPDATE liskeban.ticket SET state = 'closed', checked_by = 'chief' WHERE ticket_id = $T$$),
               ('rework', 1, 2, 100, 'desk', $$SELECT liskeban.rework($T, 'not yet')$$),
               ('reopen', 1, 5, 60, 'desk', $$SELECT liskeban.ask($T, 'reopen', 'again')$$),
               ('reopen', 2, 1, 9, 'chief', $$SELECT liskeban.decide((SELECT max(request_id) FROM liskeban.request WHERE ticket_id = $T), true, 'yes')$$),
               ('reopen', 3, 1, 9, 'desk', $$SELECT liskeban.reopen($T, 'again')$$),
               ('hold', 1, 3, 60, 'hand', $$SELECT liskeban.ask($T, 'suspend', 'rain', liskeban.liskeban_now() + interval '12 hours')$$),
               ('hold', 2, 0.5, 9, 'desk', $$SELECT liskeban.decide((SELECT max(request_id) FROM liskeban.request WHERE ticket_id = $T), true, 'yes')$$),
               ('hold', 3, 0.5, 9, 'desk', $$SELECT liskeban.suspend($T, liskeban.liskeban_now() + interval '3 hours 10.3 seconds', 'rain')$$),
               ('hold_long', 1, 3, 60, 'hand', $$SELECT liskeban.ask($T, 'suspend', 'rain', liskeban.liskeban_now() + interval '24 hours')$$),
               ('hold_long', 2, 0.5, 9, 'desk', $$SELECT liskeban.decide((SELECT max(request_id) FROM liskeban.request WHERE ticket_id = $T), true, 'yes')$$),
               ('hold_long', 3, 0.5, 9, 'desk', $$SELECT liskeban.suspend($T, liskeban.liskeban_now() + interval '20 hours', 'rain')$$),
               ('ask_hold', 1, 3, 60, 'hand', $$SELECT liskeban.ask($T, 'suspend', 'rain', liskeban.liskeban_now() + interval '12 hours')$$),
               ('grant_hold_late', 1, 180, 300, 'desk', $$SELECT liskeban.decide((SELECT max(request_id) FROM liskeban.request WHERE ticket_id = $T), true, 'yes')$$),
               ('grant_hold_late', 2, 0.5, 9, 'desk', $$SELECT liskeban.suspend($T, liskeban.liskeban_now() + interval '1 hour 10.3 seconds', 'rain')$$),
               ('resume', 1, 20, 300, 'hand', $$SELECT liskeban.resume($T)$$),
               ('extend', 1, 3, 50, 'hand', $$SELECT liskeban.ask($T, 'extend', 'parts', (SELECT resolve_due + interval '95 minutes 3.3 seconds' FROM liskeban.ticket WHERE ticket_id = $T))$$),
               ('extend', 2, 0.5, 20, 'desk', $$SELECT liskeban.decide((SELECT max(request_id) FROM liskeban.request WHERE ticket_id = $T), true, 'yes')$$),
               ('promise', 1, 3, 90, 'hand', $$SELECT liskeban.plan($T, 'so ' || liskeban.liskeban_now(), liskeban.liskeban_now() + interval '200 minutes 7.7 seconds')$$),
               ('general', 1, 5, 130, 'desk', $$UPDATE liskeban.ticket SET difficulty = 'general', note = 'more to it' WHERE ticket_id = $T$$),
               ('hard', 1, 5, 130, 'desk', $$UPDATE liskeban.ticket SET difficulty = 'hard', note = 'much more to it' WHERE ticket_id = $T$$),
               ('simple', 1, 5, 130, 'desk', $$UPDATE liskeban.ticket SET category = 's', difficulty = 'simple' WHERE ticket_id = $T$$),
               ('phone', 1, 0.5, 14, 'desk', $$UPDATE liskeban.ticket SET category = 'c' WHERE ticket_id = $T$$),
               ('there', 1, 0.5, 90, 'desk', $$UPDATE liskeban.ticket SET category = 's' WHERE ticket_id = $T$$),
               ('withdraw', 1, 5, 150, 'desk', $$SELECT liskeban.withdraw($T, 'never mind')$$),
               ('merge', 1, 2, 40, 'desk', $$SELECT liskeban.merge($T, $L)$$),
               ('unmerge', 1, 60, 300, 'desk', $$SELECT liskeban.unmerge($T, 'not the same')$$),
               ('reject', 1, 1, 30, 'desk', $$SELECT liskeban.reject($T, 'unclear', 'which?')$$),
               ('give_back', 1, 2, 30, 'hand', $$SELECT liskeban.ask($T, 'return', 'not ours')$$),
               ('give_back', 2, 1, 9, 'desk', $$SELECT liskeban.decide((SELECT max(request_id) FROM liskeban.request WHERE ticket_id = $T), true, 'yes')$$),
               ('give_back', 3, 1, 9, 'desk', $$SELECT liskeban."return"($T, 'not theirs')$$),
               ('move_on', 1, 5, 60, 'desk', $$SELECT liskeban.redispatch($T, '320117001002', note => 'theirs')$$),
               ('wait', 1, 60, 150, 'desk', $$UPDATE liskeban.ticket SET note = 'waiting' WHERE ticket_id = $T$$))
               AS d(word, n, least, most, actor, act) ON d.word = w.word) AS s;

CREATE TABLE sweep_day_act (at timestamptz PRIMARY KEY, actor text, act text);
CREATE FUNCTION sweep_day_make(each integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  begins CONSTANT timestamptz := '2026-03-10 08:00+08';
  key text;
  lead text;
  life record;
  step record;
  t timestamptz;
  ticket CONSTANT text := $q$(SELECT ticket_id FROM liskeban.ticket WHERE external_id = %L)$q$;
BEGIN
  PERFORM setseed(0.31);
  FOR g IN 1..each LOOP
    lead := format('left %s', g);
    FOR life IN SELECT s.life, s.category FROM (VALUES ('left', 's')) AS s(life, category)
                UNION ALL (SELECT s.life, min(s.category) FROM sweep_day_step AS s GROUP BY s.life ORDER BY s.life) LOOP
      key := format('%s %s', life.life, g);
      t := begins + (g - 1) * interval '25 minutes' + random() * interval '20 minutes';
      IF key = lead THEN
        t := begins + (g - 1) * interval '25 minutes' + random() * interval '1 second';
      END IF;
      INSERT INTO sweep_day_act VALUES (t, 'desk',
        format('INSERT INTO liskeban.ticket (source, external_id, category, title) VALUES (''wechat'', %L, %L, ''x'')', key, life.category));
      FOR step IN SELECT s.* FROM sweep_day_step AS s WHERE s.life = life.life ORDER BY s.n LOOP
        t := t + (step.least + random() * (step.most - step.least)) * interval '1 minute';
        INSERT INTO sweep_day_act
          VALUES (t, step.actor, replace(replace(step.act, '$T', format(ticket, key)), '$L', format(ticket, lead)));
      END LOOP;
    END LOOP;
  END LOOP;
  RETURN (SELECT count(*) FROM sweep_day_act);
END
$$;

CREATE TABLE sweep_day_refused (at timestamptz PRIMARY KEY, reason text);
CREATE PROCEDURE sweep_day_play(minutes integer) LANGUAGE plpgsql AS $$
DECLARE
  now timestamptz := '2026-03-10 08:00+08';
  ends CONSTANT timestamptz := '2026-03-11 08:00+08';
  step CONSTANT interval := coalesce(minutes * interval '1 minute', ends - now);
  act record;
BEGIN
  WHILE now < ends LOOP
    FOR act IN SELECT a.* FROM sweep_day_act AS a WHERE a.at > now AND a.at < least(now + step, ends) ORDER BY a.at LOOP
      PERFORM set_config('liskeban.now', act.at::text, false);
      PERFORM liskeban.act_as(act.actor);
      BEGIN
        EXECUTE act.act;
      EXCEPTION WHEN OTHERS THEN
        INSERT INTO sweep_day_refused VALUES (act.at, SQLERRM);
      END;
    END LOOP;
    now := least(now + step, ends);
    PERFORM set_config('liskeban.now', now::text, false);
    PERFORM liskeban.act_as(NULL);
    CALL liskeban.run_sweep();
    COMMIT;
  END LOOP;
END
$$;

-- Which levels the rules make fire until a time, worked out from history alone: those at which the clock ran, from the
-- event that set it (at) until the database learned of the next (recorded_at), and those that an event moved to before
-- it; each once for each time that the clock was set anew. Another category does not set respond anew.
CREATE FUNCTION sweep_day_expected(until timestamptz) RETURNS TABLE (ticket_id bigint, clock text, level text, at timestamptz)
LANGUAGE sql AS $$
  WITH RECURSIVE life AS (
    SELECT e.ticket_id, e.seq, e.run, e.at AS begins, e.to_state::text AS state,
           (SELECT jsonb_object_agg(d.key, d.value -> 1) FROM jsonb_each(e.detail) AS d) AS known
      FROM liskeban.ticket_event AS e WHERE e.seq = 1
    UNION ALL
    SELECT e.ticket_id, e.seq, e.run, e.at, e.to_state::text,
           l.known || coalesce((SELECT jsonb_object_agg(d.key, d.value -> 1) FROM jsonb_each(e.detail) AS d), '{}')
      FROM life AS l JOIN liskeban.ticket_event AS e ON e.ticket_id = l.ticket_id AND e.seq = l.seq + 1
  ), running AS (
    SELECT l.ticket_id, l.seq, l.begins, least(n.recorded_at, until + interval '1 us') AS ends, c.clock, c.set,
           (l.known ->> c.due)::timestamptz AS due, c.given, c.basis::liskeban.time_basis
      FROM life AS l
      LEFT JOIN liskeban.ticket_event AS n ON n.ticket_id = l.ticket_id AND n.seq = l.seq + 1,
           LATERAL (VALUES
             ('accept', 'accept_due', interval '5 minutes', 'calendar', NULL, l.state = 'reported'),
             ('dispatch', 'dispatch_due', '10 minutes', 'calendar', NULL, l.state = 'accepted' AND l.known ->> 'dispatched_at' IS NULL),
             ('respond', 'respond_due', CASE WHEN (l.known -> 'on_site')::boolean THEN interval '15 minutes' ELSE '2 hours' END,
              'calendar', l.run::text,
              l.state <> 'resolved' AND l.known ->> CASE WHEN (l.known -> 'on_site')::boolean THEN 'on_site_at' ELSE 'contacted_at' END IS NULL),
             ('plan', 'plan_due', '5 hours', 'calendar', l.known ->> 'resolve_resets',
              l.state NOT IN ('resolved', 'suspended') AND l.known ->> 'resolve_due' IS NULL),
             ('resolve', 'resolve_due', (l.known ->> 'resolve_given')::interval,
              CASE l.known ->> 'difficulty' WHEN 'general' THEN 'working_hour' ELSE 'calendar' END, l.known ->> 'resolve_resets',
              l.state NOT IN ('resolved', 'suspended')),
             ('feedback', 'feedback_due', '2 hours', 'working_hour',
              concat_ws(' ', l.known ->> 'rework_count', l.run), l.state = 'resolved'))
             AS c(clock, due, given, basis, set, runs)
     WHERE c.runs AND l.state NOT IN ('closed', 'rejected', 'withdrawn', 'merged') AND l.known ->> c.due IS NOT NULL
  ), levels AS (
    SELECT r.ticket_id, r.seq, r.begins, r.ends, r.clock, r.set, l.level, l.at
      FROM running AS r,
           LATERAL (VALUES
             -- the last instant from which a fifth of the given time is left
             ('yellow', CASE r.basis WHEN 'calendar' THEN r.due - r.given / 5
                        ELSE (SELECT max(b.at) FROM unnest(ARRAY[0, 90, 16 * 60, 17.5 * 60]) AS off(minutes),
                                     LATERAL (SELECT r.due - r.given / 5 - off.minutes * interval '1 minute') AS b(at)
                               WHERE liskeban.working_time_between(b.at, r.due, r.basis) = r.given / 5) END),
             ('red', r.due),
             ('red2', liskeban.add_working_time(r.due, r.given / 2, r.basis)),
             ('red3', liskeban.add_working_time(r.due, r.given, r.basis))) AS l(level, at)
  )
  SELECT DISTINCT ON (l.ticket_id, l.clock, l.level, l.set) l.ticket_id, l.clock, l.level, l.at
    FROM levels AS l
    LEFT JOIN levels AS b ON b.ticket_id = l.ticket_id AND b.clock = l.clock AND b.level = l.level AND b.seq = l.seq - 1
   WHERE l.at < l.ends AND (l.at >= l.begins OR b.at >= l.begins OR b.set IS DISTINCT FROM l.set AND b.at IS NOT NULL)
   ORDER BY l.ticket_id, l.clock, l.level, l.set, l.at
$$;

-- Where the alarms are others; halves of microseconds are rounded as they may.
CREATE FUNCTION sweep_day_difference(until timestamptz) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT concat_ws(' ', CASE WHEN a.ticket_id IS NULL THEN 'missing:' ELSE 'not expected:' END, t.external_id,
                   coalesce(a.clock::text, e.clock), coalesce(a.level::text, e.level), coalesce(a.at, e.at))
    FROM (SELECT a.* FROM liskeban.alarm AS a WHERE a.subject IS NULL) AS a
    FULL JOIN sweep_day_expected(until) AS e
      ON e.ticket_id = a.ticket_id AND e.clock = a.clock::text AND e.level = a.level::text
     AND date_trunc('milliseconds', e.at + interval '3 us') = date_trunc('milliseconds', a.at + interval '3 us')
    JOIN liskeban.ticket AS t ON t.ticket_id = coalesce(a.ticket_id, e.ticket_id)
   WHERE a.ticket_id IS NULL OR e.ticket_id IS NULL
   ORDER BY 1
$$;

-- Rules that change on the same day.
CREATE FUNCTION sweep_day_rules() RETURNS void LANGUAGE sql AS $$
  INSERT INTO sweep_day_act (at, act) VALUES
    ('2026-03-10 09:12:07.311+08', $q$UPDATE liskeban.sla_policy SET within = '2 minutes' WHERE clock = 'accept'$q$),
    ('2026-03-10 09:45:21.377+08', $q$UPDATE liskeban.sla_policy SET within = '4 hours' WHERE clock = 'resolve' AND difficulty = 'simple'$q$),
    ('2026-03-10 10:20:48.417+08', $q$INSERT INTO liskeban.calendar_day (day, is_working, name) VALUES ('2026-03-11', false, 'x')$q$),
    ('2026-03-10 10:55:03.511+08', $q$UPDATE liskeban.sla_policy SET within = within / 2$q$),
    ('2026-03-10 11:10:33.613+08', $q$UPDATE liskeban.category SET on_site = NOT on_site WHERE code IN ('s', 'c')$q$),
    ('2026-03-10 11:40:33.719+08', $q$INSERT INTO liskeban.sla_policy (difficulty, clock, within, basis, valid_from) VALUES ('general', 'resolve', '5 hours', 'calendar', '2026-03-10 09:00+08')$q$),
    ('2026-03-10 12:30:33.817+08', $q$UPDATE liskeban.sla_policy SET within = within * 3$q$),
    ('2026-03-10 13:15:33.823+08', $q$UPDATE liskeban.work_shift SET ends = '18:30' WHERE starts = '13:30'$q$),
    ('2026-03-10 14:15:33.911+08', $q$UPDATE liskeban.platform SET rework_floor = '3 hours'$q$),
    ('2026-03-10 15:15:33.919+08', $q$DELETE FROM liskeban.sla_policy WHERE valid_from > '-infinity'$q$),
    ('2026-03-10 16:15:33.929+08', $q$UPDATE liskeban.category SET on_site = NOT on_site WHERE code IN ('s', 'c')$q$),
    ('2026-03-10 17:25:33.937+08', $q$DELETE FROM liskeban.calendar_day WHERE day = '2026-03-11'$q$)
$$;
