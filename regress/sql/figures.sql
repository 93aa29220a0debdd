-- Figures beside kpi(): league tables and appeals, stage times, the scoreboard, comparisons, the running day; and kpi()'s
-- rate of whistles. Every expected value was worked out by hand.
CREATE DATABASE regress_liskeban_figures TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_figures
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
SET liskeban.now = '2023-01-02 08:00:00+08';
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
\getenv srcdir PG_ABS_SRCDIR
\set district :srcdir '/data/guard_district.sql'
\set ECHO none
\i :district
UPDATE liskeban.area SET geom = ST_MakeEnvelope(119, 31, 119.1, 31.3, 4490) WHERE code::text = '320117';
INSERT INTO liskeban.area (code, name, geom) VALUES
  ('320117003', 'T3', ST_MakeEnvelope(119, 31.1, 119.05, 31.2, 4490)), ('320117004', 'T4', ST_MakeEnvelope(119.05, 31.1, 119.1, 31.2, 4490)),
  ('320117005', 'T5', ST_MakeEnvelope(119, 31.2, 119.1, 31.3, 4490));
INSERT INTO liskeban.membership (role_name, duty, area) VALUES ('t1', 'handler', '320117001');
INSERT INTO liskeban.membership (role_name, duty) VALUES ('vice', 'analyst'), ('chief2', 'admin');
-- A ticket's life in a town, step by step: 'accept 2 minutes', each so long after it was received
CREATE FUNCTION live(town integer, category text, received text, VARIADIC steps text[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  id bigint;
  step text;
  what text;
  village liskeban.area_code := (SELECT min(a.code::text) FROM liskeban.area a WHERE a.code::text LIKE '32011700' || town || '%' AND (town > 2 OR length(a.code::text) = 12));
BEGIN
  PERFORM at(received);
  INSERT INTO liskeban.ticket (source, category, title, geom)
  SELECT 'hotline_12345', live.category, 'a matter', ST_PointOnSurface(a.geom) FROM liskeban.area a WHERE a.code OPERATOR(liskeban.=) village RETURNING ticket_id INTO id;
  FOREACH step IN ARRAY steps LOOP
    what := split_part(step, ' ', 1);
    PERFORM set_config('liskeban.now', (received || '+08')::timestamptz::text, false);
    PERFORM later(substr(step, length(what) + 2)::interval);
    CASE what
      WHEN 'accept' THEN PERFORM liskeban.accept(id);
      WHEN 'dispatch' THEN PERFORM liskeban.dispatch(id, village);
      WHEN 'arrive' THEN PERFORM liskeban.arrive(id);
      WHEN 'plan' THEN PERFORM liskeban.plan(id, 'a plan', liskeban.liskeban_now() + interval '10 days');
      WHEN 'resolve' THEN PERFORM liskeban.resolve(id, 'done');
      WHEN 'answer' THEN UPDATE liskeban.ticket SET state = 'resolved', reply = 'so it is' WHERE ticket_id = id;
      WHEN 'close' THEN PERFORM act('desk', format('UPDATE liskeban.ticket SET state = ''closed'', checked_by = ''desk'' WHERE ticket_id = %s', id));
      WHEN 'withdraw' THEN PERFORM act('hotline', format('SELECT liskeban.withdraw(%s, ''taken back'')', id));
      WHEN 'revert' THEN PERFORM liskeban.revert(id, 'a wrong click');
      WHEN 'late' THEN UPDATE liskeban.ticket SET state = 'on_site', on_site_at = liskeban.liskeban_now() - interval '10 minutes' WHERE ticket_id = id;
    END CASE;
  END LOOP;
  RETURN id;
END $$;
\set ECHO all

-- ---- league tables ----
-- the rules this test counts by: on time three parts of four, from half up; response one
DELETE FROM liskeban.score_policy WHERE by = 'town';
INSERT INTO liskeban.score_policy (by, rate, weight, floor) VALUES ('town', 'on_time', 3, 0.5), ('town', 'response', 1, 0);
-- T1 and T3: 4 responses of 4, 3 of 4 on time; T2: 1 of 2 and 1 of 2; T5: 1 of 4 on time, below the floor, no response in time; T4: no case
SELECT count(live(town, 'general', '2024-09-02 09:00', 'accept 1 minute', 'dispatch 2 minutes', 'arrive 10 minutes', CASE WHEN n < 4 THEN 'resolve 5 hours' ELSE 'resolve 10 days' END))
  FROM unnest('{1,3}'::integer[]) AS town, generate_series(1, 4) AS n;
SELECT count(live(2, 'general', '2024-09-02 09:00', 'accept 1 minute', 'dispatch 2 minutes', CASE n WHEN 1 THEN 'arrive 10 minutes' ELSE 'arrive 40 minutes' END, CASE n WHEN 1 THEN 'resolve 5 hours' ELSE 'resolve 10 days' END))
  FROM generate_series(1, 2) AS n;
SELECT count(live(5, 'general', '2024-09-02 09:00', 'accept 1 minute', 'dispatch 2 minutes', 'arrive 40 minutes', CASE n WHEN 1 THEN 'resolve 5 hours' ELSE 'resolve 10 days' END))
  FROM generate_series(1, 4) AS n;
SELECT live(4, 'call', '2024-09-02 10:00', 'withdraw 1 hour') > 0 AS no_case;
SELECT * FROM liskeban.league('2024-09-02', '2024-09-02', 'town', '2024-09-20 00:00+08');
-- before anything was due but what had been responded to
SELECT rank, key, score, rates FROM liskeban.league('2024-09-02', '2024-09-02', 'town', '2024-09-02 09:30+08');
-- no case of those kinds, no row; a rate that nobody weighs leaves no table
SELECT count(*) FROM liskeban.league('2024-09-02', '2024-09-02', 'town', '2024-09-20 00:00+08', '{hazard}');
SELECT rank, key, score, cases FROM liskeban.league('2024-09-02', '2024-09-02', 'village', '2024-09-20 00:00+08');
SELECT try($$SELECT liskeban.league('2024-09-02', '2024-09-02', 'category')$$) AS category, code($$SELECT liskeban.league('2024-09-02', '2024-09-01', 'town')$$) AS backwards, code($$SELECT liskeban.league(NULL, '2024-09-01', 'town')$$) AS null_day;
SELECT rate, code(format('INSERT INTO liskeban.score_policy VALUES (''town'', %L, %s, %s)', rate, weight, floor))
  FROM (VALUES ('solved', 1, 0), ('solved', 0, 0), ('solved', 1, 1), ('solved', 1, -0.1), ('speed', 1, 0), ('on_time', 1, 0)) AS v(rate, weight, floor);

-- an appeal takes the case out of both parts of its rate, once granted and from then on
SELECT min(t.ticket_id) FILTER (WHERE t.resolved_at > '2024-09-10' AND t.area::text LIKE '320117001%') AS late, min(t.ticket_id) FILTER (WHERE t.area::text LIKE '320117002%' AND t.resolved_at > '2024-09-10') AS late2
  FROM liskeban.ticket AS t WHERE t.received_at = '2024-09-02 09:00+08' \gset
SELECT at('2024-09-21 09:00'), act('v1', format('INSERT INTO liskeban.score_appeal (ticket_id, rate, reason) VALUES (%s, ''on_time'', ''the road was closed'')', :late));
SELECT act('desk', format('INSERT INTO liskeban.score_appeal (ticket_id, rate, reason) VALUES (%s, ''on_time'', ''it rained'')', :late2));
SELECT filed_by, filed_at, granted FROM liskeban.score_appeal ORDER BY appeal_id;
SELECT min(appeal_id) AS a, max(appeal_id) AS b FROM liskeban.score_appeal \gset
SELECT rank, key, score, appeals FROM liskeban.league('2024-09-02', '2024-09-02', 'town', '2024-09-21 10:00+08');
-- by another than filed, once
INSERT INTO liskeban.score_appeal (ticket_id, rate, reason) VALUES (:late, 'response', 'mine');
SELECT actor, code(format('SELECT liskeban.decide_score_appeal(%s, true)', :a), actor) FROM unnest('{v1,chief,chief2}'::text[]) AS actor;
SELECT code(format('SELECT liskeban.decide_score_appeal(%s, true)', max(appeal_id))) AS own FROM liskeban.score_appeal;
SELECT code('SELECT liskeban.decide_score_appeal(NULL, true)') AS null_id, code(format('SELECT liskeban.decide_score_appeal(%s, NULL)', :a)) AS null_decision, code('SELECT liskeban.decide_score_appeal(0, true)') AS unknown;
SELECT code(format('INSERT INTO liskeban.score_appeal (ticket_id, rate, reason) VALUES (%s, ''on_time'', ''again'')', :late)) AS twice,
       code(format('INSERT INTO liskeban.score_appeal (ticket_id, rate, reason) VALUES (%s, ''speed'', ''x'')', :late)) AS no_rate,
       code(format('INSERT INTO liskeban.score_appeal (ticket_id, rate, reason) VALUES (%s, ''plan'', '''')', :late)) AS no_reason,
       code('INSERT INTO liskeban.score_appeal (ticket_id, rate, reason) VALUES (5, ''plan'', ''x'')') AS no_ticket;
SELECT actor, code(format('INSERT INTO liskeban.score_appeal (ticket_id, rate, reason) VALUES (%s, ''plan'', ''x'')', :late), actor) FROM unnest('{v1,v2,desk_t2,databureau,web,reader,chief}'::text[]) AS actor;
SELECT code(format('INSERT INTO liskeban.score_appeal (ticket_id, rate, reason, filed_by) VALUES (%s, ''plan'', ''x'', ''v2'')', :late), 'v1') AS for_another;
SELECT at('2024-09-22 09:00'), act('chief', format('SELECT liskeban.decide_score_appeal(%s, true, ''so it was'')', :a)), act('chief', format('SELECT liskeban.decide_score_appeal(%s, false, ''it did not'')', :b));
SELECT filed_by, granted, decided_by, decided_at, note FROM liskeban.score_appeal WHERE appeal_id <= :b ORDER BY appeal_id;
SELECT code(format('SELECT liskeban.decide_score_appeal(%s, false)', :a), 'chief') AS granted_twice, code(format('SELECT liskeban.decide_score_appeal(%s, true)', :b), 'chief2') AS refused_twice;
-- T1: 3 of 3 on time, 4 of 4 responses
SELECT rank, key, score, appeals, rates FROM liskeban.league('2024-09-02', '2024-09-02', 'town', '2024-09-22 09:00+08');
SELECT rank, key, score, appeals FROM liskeban.league('2024-09-02', '2024-09-02', 'town', '2024-09-22 08:59:59+08');
-- of another day it is none
SELECT count(*) FROM liskeban.league('2024-09-03', '2024-09-03', 'town', '2024-09-22 09:00+08');
-- all cases appealed away: nothing to rank by in that rate
DELETE FROM liskeban.score_policy WHERE by = 'town' AND rate = 'response';
SELECT at('2024-09-23 09:00');
INSERT INTO liskeban.score_appeal (ticket_id, rate, reason) SELECT ticket_id, 'on_time', 'x' FROM liskeban.ticket WHERE area::text LIKE '320117005%';
SELECT act('chief', format('SELECT liskeban.decide_score_appeal(%s, true)', appeal_id)) FROM liskeban.score_appeal WHERE granted IS NULL AND reason = 'x';
SELECT * FROM liskeban.league('2024-09-02', '2024-09-02', 'town', '2024-09-23 09:00+08');
-- kpi() does not heed it
SELECT key, on_time_num, on_time_den FROM liskeban.kpi('2024-09-02', '2024-09-02', 'town', '2024-09-23 09:00+08');

-- ---- stage times ----
-- accepted after 2, 4 and (a first one taken back) 10 minutes: mean 5:20, median 4:00, 90th percentile 8:48
SELECT live(1, 'general', '2024-06-03 09:00', 'accept 2 minutes', 'dispatch 5 minutes', 'arrive 15 minutes', 'resolve 125 minutes', 'close 185 minutes') AS s1,
       live(1, 'general', '2024-06-03 09:00', 'accept 4 minutes', 'dispatch 14 minutes', 'late 30 minutes', 'resolve 4 hours') AS s2,
       live(1, 'general', '2024-06-03 09:00', 'accept 1 minute', 'revert 2 minutes', 'accept 10 minutes') AS s3 \gset
SELECT at('2024-06-03 23:00');
SELECT * FROM liskeban.stage_times('2024-06-03', '2024-06-03');
-- as known at 12:00, when the second was not resolved; and before the first click was taken back
SELECT stage, n, mean FROM liskeban.stage_times('2024-06-03', '2024-06-03', '2024-06-03 12:00+08') WHERE stage IN ('handle', 'resolve', 'close');
SELECT * FROM liskeban.stage_times('2024-06-03', '2024-06-03', '2024-06-03 09:01+08');
SELECT count(*) FROM liskeban.stage_times('2024-06-03', '2024-06-03', NULL, '{hazard}');
SELECT count(*) FROM liskeban.stage_times('2024-06-04', '2024-06-04');
SELECT code($$SELECT liskeban.stage_times('2024-06-03', '2024-06-02')$$) AS backwards, code($$SELECT liskeban.stage_times(NULL, '2024-06-02')$$) AS null_day;
-- only the first run counts
SELECT at('2024-06-04 09:00'), granted(:s1, 'reopen', NULL, 'hotline');
UPDATE liskeban.ticket SET state = 'dispatched', note = 'again' WHERE ticket_id = :s1;
SELECT run, state FROM liskeban.ticket WHERE ticket_id = :s1;
SELECT later('1 hour'), liskeban.arrive(:s1);
SELECT later('1 hour'), liskeban.resolve(:s1, 'better');
SELECT stage, n, mean FROM liskeban.stage_times('2024-06-03', '2024-06-03') WHERE stage IN ('arrive', 'handle', 'resolve', 'close');

-- ---- the scoreboard ----
SELECT count(live(1, c, '2024-07-01 09:00', 'accept 1 minute', 'dispatch 2 minutes', 'arrive 10 minutes', r))
  FROM (VALUES ('simple', 'resolve 5 hours'), ('simple', 'resolve 20 days'), ('general', 'resolve 5 hours')) AS v(c, r);
SELECT live(1, 'hard', '2024-07-01 09:00', 'accept 1 minute', 'dispatch 2 minutes', 'arrive 10 minutes', 'plan 2 days', 'resolve 8 days') > 0 AS kept,
       live(1, 'hard', '2024-07-01 09:00', 'accept 1 minute', 'dispatch 2 minutes', 'arrive 10 minutes', 'plan 2 days') > 0 AS broken,
       live(1, 'hard', '2024-07-01 09:00', 'accept 1 minute', 'dispatch 2 minutes', 'arrive 10 minutes') > 0 AS no_plan;
SELECT * FROM liskeban.scoreboard('2024-07-01', '2024-07-01', '2024-08-20 00:00+08');
SELECT difficulty, received, due, plan_num, plan_den, promise_num, promise_den FROM liskeban.scoreboard('2024-07-01', '2024-07-01', '2024-07-04 00:00+08');
SELECT * FROM liskeban.scoreboard('2024-07-02', '2024-07-02', '2024-08-20 00:00+08');
SELECT code($$SELECT liskeban.scoreboard('2024-07-02', '2024-07-01')$$) AS backwards;

-- ---- comparisons ----
SELECT count(live(1, 'call', day, VARIADIC steps)) FROM (VALUES
  ('2024-04-10 09:00', '{accept 1 minute,answer 1 hour}'::text[]), ('2024-04-10 10:00', '{accept 1 minute}'),
  ('2024-04-09 09:00', '{accept 1 minute,answer 22 hours 59 minutes}'), ('2024-04-09 09:00', '{accept 1 minute,answer 23 hours 1 minute}'), ('2024-04-09 09:00', '{accept 1 minute,answer 1 hour}'),
  ('2023-04-10 09:00', '{accept 1 minute,answer 23 hours}')) AS v(day, steps);
-- each as it stood at 08:00 on the morning after
SELECT * FROM liskeban.kpi_compared('2024-04-10', '2024-04-10', 'district', '2024-04-11 08:00+08') WHERE figure IN ('received', 'completion', 'response');
-- a key that only the other spans have; a rate without cases is a rate still
SELECT live(3, 'general', '2024-04-09 09:00', 'accept 1 minute', 'answer 1 hour') > 0;
SELECT key, figure, num, den, previous_num, previous_den, last_year_num, last_year_den FROM liskeban.kpi_compared('2024-04-10', '2024-04-10', 'town', '2024-04-11 08:00+08') WHERE figure IN ('received', 'reported', 'completion', 'plan');
-- that morning is one of the platform's zone, not of the session's where clocks were changed in between
SELECT count(live(1, 'call', '2024-03-09 00:00', 'accept 1 minute', 'answer 1 day 07:59:00')), count(live(1, 'call', '2024-03-09 00:00', 'accept 1 minute', 'answer 1 day 08:30:00'));
SET timezone = 'America/New_York';
SELECT previous_num FROM liskeban.kpi_compared('2024-03-10', '2024-03-10', 'district', '2024-03-11 08:00+08') WHERE figure = 'completion';
SET timezone = 'Asia/Shanghai';
SELECT previous_num FROM liskeban.kpi_compared('2024-03-10', '2024-03-10', 'district', '2024-03-11 08:00+08') WHERE figure = 'completion';
-- a whole month against the whole month before it, and that of the year before; leap days
SELECT count(live(1, 'call', day || ' 09:00', VARIADIC '{}')) FROM unnest('{2024-02-01,2024-02-28,2024-02-29,2024-02-29,2024-01-01,2024-01-31,2024-01-31,2023-12-31,2023-02-01,2023-02-28,2023-03-01,2025-02-28,2025-02-01,2025-01-31}'::text[]) AS day;
SELECT from_day, to_day, c.num, c.previous_num, c.last_year_num
  FROM (VALUES (date '2024-02-01', date '2024-02-29'), ('2024-02-29', '2024-02-29'), ('2024-02-28', '2024-02-28'), ('2024-02-28', '2024-02-29'), ('2024-02-01', '2024-02-28'), ('2025-02-01', '2025-02-28'), ('2025-02-28', '2025-02-28'),
               ('2024-01-01', '2024-02-29'), ('2024-03-01', '2024-03-31')) AS s(from_day, to_day)
 CROSS JOIN LATERAL liskeban.kpi_compared(s.from_day, s.to_day, 'district', '2025-12-31 00:00+08') AS c WHERE c.figure = 'received';
SELECT DISTINCT figure, nth FROM liskeban.kpi_compared('2024-04-10', '2024-04-10', 'district', '2024-04-11 08:00+08') WITH ORDINALITY AS c(key, name, figure, num, den, previous_num, previous_den, last_year_num, last_year_den, nth) ORDER BY nth;
SELECT code($$SELECT liskeban.kpi_compared('2024-02-02', '2024-02-01', 'town')$$) AS backwards, code($$SELECT liskeban.kpi_compared('2024-02-02', '2024-02-02', 'street')$$) AS by;

-- ---- whistles ----
-- v1 whistles more than is good here
UPDATE liskeban.escalation_policy SET max_declined = 100;
CREATE FUNCTION last(id bigint) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT max(whistle_id) FROM liskeban.whistle w WHERE w.ticket_id = id $$;
CREATE FUNCTION does(identity text, what text, id bigint) RETURNS void LANGUAGE sql AS $$
  SELECT act(identity, CASE WHEN what IN ('blow_whistle', 'resolve') THEN format('SELECT liskeban.%s(%s, ''for a reason'')', what, id)
                            WHEN what = 'sign_whistle' THEN format('SELECT liskeban.sign_whistle(%s)', last(id))
                            ELSE format('SELECT liskeban.%s(%s, ''for a reason'')', what, last(id)) END) $$;
-- the rate of the whistles of a day as known then
CREATE FUNCTION rate(day date, as_of text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT k.received || ' received, ' || k.whistle_num || ' of ' || k.whistle_den || coalesce(' = ' || round(k.whistle, 2), '')
                     FROM liskeban.kpi(day, day, 'district', (as_of || '+08')::timestamptz) AS k), 'none') $$;
CREATE FUNCTION stands(id bigint) RETURNS text LANGUAGE sql STABLE AS $$ SELECT concat_ws(' ', t.state, t.tier, t.responsible_area) FROM liskeban.ticket t WHERE t.ticket_id = id $$;

-- received on Monday, blown on Tuesday: it counts on Tuesday, where no ticket was received; solved on Wednesday; reopened on Friday
SELECT at('2024-10-14 09:00'), make('on_site', 'general') AS t \gset
SELECT at('2024-10-15 10:00'), does('v1', 'blow_whistle', :t);
SELECT at('2024-10-15 10:10'), does('t1', 'sign_whistle', :t);
SELECT at('2024-10-16 10:00'), does('t1', 'resolve', :t);
SELECT rate('2024-10-14', '2024-10-20') AS received_then, rate('2024-10-15', '2024-10-15 09:59:59') AS before, rate('2024-10-15', '2024-10-15 10:00') AS at_once,
       rate('2024-10-15', '2024-10-16 09:59:59') AS not_yet, rate('2024-10-15', '2024-10-16 10:00') AS solved;
SELECT at('2024-10-17 10:00');
UPDATE liskeban.ticket SET state = 'closed', checked_by = 'desk' WHERE ticket_id = :t;
SELECT rate('2024-10-15', '2024-10-17 12:00') AS closed;
SELECT at('2024-10-18 10:00'), granted(:t, 'reopen', NULL, 'hotline');
UPDATE liskeban.ticket SET state = 'dispatched', note = 'again' WHERE ticket_id = :t;
SELECT rate('2024-10-15', '2024-10-17 12:00') AS closed, rate('2024-10-15', '2024-10-18 10:00') AS reopened;
SELECT at('2024-10-18 11:00'), liskeban.arrive(:t);
SELECT at('2024-10-18 12:00'), liskeban.resolve(:t, 'better');
SELECT rate('2024-10-15', '2024-10-18 12:00') AS and_solved_again;
-- by every key
SELECT by, k.key, k.whistle_num, k.whistle_den FROM unnest('{town,village,category,domain,source,holder,tier}'::text[]) AS by, liskeban.kpi('2024-10-15', '2024-10-15', by, '2024-10-17 12:00+08') AS k;

-- by itself: red at the village, at the instant it was due
SELECT at('2024-10-21 09:00'), make('on_site', 'simple') AS t \gset
SELECT resolve_due AS due FROM liskeban.ticket WHERE ticket_id = :t \gset
SELECT :'due'::timestamptz AS due, set_config('liskeban.now', (:'due'::timestamptz + interval '3 hours')::text, false) IS NOT NULL AS later, liskeban.sweep() > 0 AS swept;
SELECT auto, from_tier, to_tier, raised_at = :'due'::timestamptz AS at_due FROM liskeban.whistle WHERE whistle_id = last(:t);
SELECT (:'due'::timestamptz AT TIME ZONE 'Asia/Shanghai')::date AS day \gset
SELECT rate(:'day', '2024-10-27') AS open;
SELECT at('2024-10-22 15:00'), does('t1', 'resolve', :t);
SELECT rate(:'day', '2024-10-27') AS solved;

-- declined on Friday at 17:00: a working day to appeal, that is until Monday at 17:00
SELECT at('2024-10-25 10:00'), make('dispatched', 'hard') AS t \gset
SELECT at('2024-10-25 10:30'), does('v1', 'blow_whistle', :t);
SELECT at('2024-10-25 17:00'), does('t1', 'decline_whistle', :t);
SELECT stands(:t);
SELECT liskeban.add_working_time('2024-10-25 17:00+08', '1 day', 'working_day') AS until;
SELECT rate('2024-10-25', '2024-10-25 16:59:59') AS blown, rate('2024-10-25', '2024-10-28 16:59:59') AS pending, rate('2024-10-25', '2024-10-30') AS upheld;

-- appealed within it, and the appeal declined too: upheld at once
SELECT at('2024-10-29 09:00'), make('dispatched', 'hard') AS t \gset
SELECT at('2024-10-29 10:00'), does('v1', 'blow_whistle', :t);
SELECT at('2024-10-29 11:00'), does('t1', 'decline_whistle', :t);
SELECT at('2024-10-29 12:00'), does('v1', 'appeal_whistle', :t);
SELECT at('2024-10-31 18:00'), does('desk', 'decline_whistle', :t);
SELECT rate('2024-10-29', '2024-10-31 17:00') AS appealed, rate('2024-10-29', '2024-10-31 18:00') AS upheld;
SELECT action, detail -> 'tier' AS tier FROM liskeban.ticket_event WHERE ticket_id = :t AND action LIKE '%whistle' ORDER BY seq;

-- appealed and solved above
SELECT at('2024-11-04 09:00'), make('on_site', 'general') AS t \gset
SELECT at('2024-11-04 10:00'), does('v1', 'blow_whistle', :t);
SELECT at('2024-11-04 11:00'), does('t1', 'decline_whistle', :t);
SELECT at('2024-11-04 12:00'), does('v1', 'appeal_whistle', :t);
SELECT at('2024-11-06 10:00'), liskeban.resolve(:t, 'done');
SELECT rate('2024-11-04', '2024-11-05 18:00') AS appealed, rate('2024-11-04', '2024-11-10') AS solved;

-- appealed too late: the decline was upheld by then, and stays so
SELECT at('2024-11-12 09:00'), make('on_site', 'hard') AS t \gset
SELECT at('2024-11-12 10:00'), does('v1', 'blow_whistle', :t);
SELECT at('2024-11-12 11:00'), does('t1', 'decline_whistle', :t);
SELECT at('2024-11-14 12:00'), does('v1', 'appeal_whistle', :t);
SELECT rate('2024-11-12', '2024-11-13 10:59:59') AS pending, rate('2024-11-12', '2024-11-14 11:59') AS upheld, rate('2024-11-12', '2024-11-15') AS late_appeal;

-- handed down: it was no decline; solved by the village counts
SELECT at('2024-11-18 09:00'), make('on_site', 'general') AS t \gset
SELECT at('2024-11-18 10:00'), does('v1', 'blow_whistle', :t);
SELECT at('2024-11-18 10:10'), does('t1', 'sign_whistle', :t);
SELECT at('2024-11-18 11:00'), does('t1', 'hand_down', :t);
SELECT rate('2024-11-18', '2024-11-20') AS handed_down;
SELECT at('2024-11-20 10:00'), does('v1', 'resolve', :t);
SELECT rate('2024-11-18', '2024-11-20 10:00') AS solved;

-- a town whistles on the day after: its whistle is none of a village's, and makes the first none the less solved
SELECT at('2024-11-25 09:00'), make('on_site', 'general') AS t \gset
SELECT at('2024-11-25 10:00'), does('v1', 'blow_whistle', :t);
SELECT at('2024-11-26 10:00'), does('t1', 'blow_whistle', :t);
SELECT rate('2024-11-25', '2024-11-27') AS of_the_village, rate('2024-11-26', '2024-11-27') AS of_the_town;
SELECT at('2024-11-28 10:00'), liskeban.resolve(:t, 'done');
SELECT rate('2024-11-25', '2024-11-28 10:00') AS of_the_village, rate('2024-11-26', '2024-11-28 10:00') AS of_the_town;

-- declined, upheld, and blown again: the first is gone from both parts, the second counts
SELECT at('2024-12-02 09:00'), make('on_site', 'hard') AS t \gset
SELECT at('2024-12-02 10:00'), does('v1', 'blow_whistle', :t);
SELECT at('2024-12-02 11:00'), does('t1', 'decline_whistle', :t);
SELECT at('2024-12-04 11:00'), does('v1', 'blow_whistle', :t);
SELECT at('2024-12-05 11:00'), does('t1', 'resolve', :t);
SELECT rate('2024-12-02', '2024-12-02 12:00') AS pending, rate('2024-12-02', '2024-12-06') AS first, rate('2024-12-04', '2024-12-06') AS second;

-- beside the week before; of two in December one was declined and that upheld; in October one was reopened
SELECT figure, num, den, previous_num, previous_den, last_year_num, last_year_den
  FROM liskeban.kpi_compared('2024-12-02', '2024-12-08', 'district', '2024-12-09 08:00+08') WHERE figure = 'whistle';
SELECT figure, num, den, previous_num, previous_den
  FROM liskeban.kpi_compared('2024-10-22', '2024-10-28', 'district', '2024-10-29 08:00+08') WHERE figure = 'whistle';
-- in a league table: one of two, from the day on which they were blown; an appeal takes one out of both parts
DELETE FROM liskeban.score_policy WHERE by = 'town';
INSERT INTO liskeban.score_policy (by, rate, weight) VALUES ('town', 'whistle', 1);
SELECT at('2024-12-10 09:00'), make('on_site', 'general') AS t, make('on_site', 'general') AS t2 \gset
SELECT at('2024-12-11 10:00'), does('v1', 'blow_whistle', :t), does('v1', 'blow_whistle', :t2);
SELECT at('2024-12-12 10:00'), does('t1', 'resolve', :t);
SELECT key, score, rates FROM liskeban.league('2024-12-10', '2024-12-10', 'town', '2024-12-13 00:00+08');
SELECT key, score, appeals, rates FROM liskeban.league('2024-12-11', '2024-12-11', 'town', '2024-12-13 00:00+08');
SELECT at('2024-12-13 09:00');
INSERT INTO liskeban.score_appeal (ticket_id, rate, reason) VALUES (:t2, 'whistle', 'it is nobody''s');
SELECT act('chief', format('SELECT liskeban.decide_score_appeal(%s, true)', max(appeal_id))) FROM liskeban.score_appeal;
SELECT key, score, appeals, rates FROM liskeban.league('2024-12-11', '2024-12-11', 'town', '2024-12-13 09:00+08');

-- ---- the running day ----
-- eight Mondays: nothing on two, 2 received on two, 4 on four, half of them after noon; resolved, on the four only
SELECT count(live(1, 'call', to_char(date '2025-03-03' + 7 * w, 'YYYY-MM-DD') || CASE WHEN n % 2 = 0 THEN ' 10:00' ELSE ' 15:00' END, VARIADIC CASE WHEN w >= 4 THEN '{accept 1 minute,answer 1 hour}'::text[] ELSE '{}' END))
  FROM generate_series(0, 7) AS w, generate_series(1, CASE WHEN w < 2 THEN 0 WHEN w < 4 THEN 2 ELSE 4 END) AS n;
-- and today until noon: three received, one resolved
SELECT count(live(1, 'call', '2025-04-28 10:00', VARIADIC CASE WHEN n = 1 THEN '{accept 1 minute,answer 1 hour}'::text[] ELSE '{accept 1 minute}' END)) FROM generate_series(1, 3) AS n;
SELECT at('2025-04-28 11:59'), liskeban.roll_up() IS NOT NULL AS rolled;
SELECT at('2025-04-28 12:00'), liskeban.roll_up() IS NOT NULL AS rolled;
-- received by noon: 0 0 1 1 2 2 2 2, mean 1.25, standard deviation 0.8864; resolved 0 0 0 0 4 4 4 4 of which half by noon: mean 1, standard deviation 1.0690
SELECT indicator, value, expected, low, high FROM liskeban.situation_now() WHERE indicator IN ('received', 'resolved', 'closed', 'response', 'on_time', 'whistles_raised');
SELECT s.indicator, s.value = c.n AS same FROM liskeban.situation_now() AS s
  JOIN (SELECT 'whistles_open', count(*) FROM liskeban.whistle WHERE ended_at IS NULL UNION ALL SELECT 'supervisions_open', count(*) FROM liskeban.supervision WHERE struck_at IS NULL
        UNION ALL SELECT 'open', count(*) FROM liskeban.ticket WHERE kind = 'demand' AND parent_id IS NULL AND state NOT IN ('closed', 'rejected', 'withdrawn', 'merged')) AS c(indicator, n) USING (indicator);
SELECT act('reader', 'SELECT count(*) FROM liskeban.situation_now()');
-- nothing comes on Tuesdays
SELECT at('2025-04-29 12:00');
SELECT indicator, value, expected FROM liskeban.situation_now() WHERE indicator IN ('received', 'resolved', 'response');
SELECT * FROM liskeban.check_invariants();

\c postgres
DROP DATABASE regress_liskeban_figures;
