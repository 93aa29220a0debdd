-- Working time over a few days typed in: the first week of October 2024 in China.
CREATE DATABASE regress_liskeban_calendar TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_calendar
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
SET liskeban.now = '2024-09-16 08:00:00+08';
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
-- neither the session's zone nor its styles may matter; local() shows the platform's clock
SET TimeZone = 'America/Los_Angeles';
SET DateStyle = 'ISO, YMD';
SET IntervalStyle = 'postgres';
CREATE FUNCTION pg_temp.at(local text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE AS $$ SELECT local::timestamp AT TIME ZONE 'Asia/Shanghai' $$;
CREATE FUNCTION pg_temp.local(ts timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT to_char(ts AT TIME ZONE 'Asia/Shanghai', 'Dy YYYY-MM-DD HH24:MI:SS.US') $$;
CREATE FUNCTION pg_temp.due(local text, amount interval, basis liskeban.time_basis) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT pg_temp.local(liskeban.add_working_time(pg_temp.at(local), amount, basis)) $$;

-- Without exceptions: Signalen's vectors
DELETE FROM liskeban.calendar_day;
SELECT day, amount, pg_temp.due(day, amount, 'working_day') AS due
  FROM (VALUES ('2024-01-05 12:00', interval '1 day'), ('2024-01-06 12:00', '1 day'),
               ('2024-01-05 12:00', '10 days'), ('2024-01-05 12:00', '11 days')) AS v (day, amount);
SELECT day, liskeban.is_working_day(day) FROM generate_series(1, 8) AS n, date(date '2024-01-04' + n) AS day ORDER BY day;

-- 1 to 7 October off, 29 September and 12 October made up; a row that says what is so anyway changes nothing
INSERT INTO liskeban.calendar_day (day, is_working, name)
SELECT date '2024-10-01' + n, false, '国庆节' FROM generate_series(0, 6) AS n;
INSERT INTO liskeban.calendar_day VALUES ('2024-09-29', true, '国庆节'), ('2024-10-12', true, '国庆节'), ('2024-10-09', true, '国庆节'), ('2024-10-13', false, '国庆节');
SELECT day, liskeban.is_working_day(day) FROM generate_series(0, 15) AS n, date(date '2024-09-28' + n) AS day ORDER BY day;

-- working_day: at the same time of day, a start on a day off counts from 00:00, never due on a day off
SELECT begins, amount, pg_temp.due(begins, amount, 'working_day') AS due
  FROM (VALUES ('2024-09-28 16:00', interval '1 day'), ('2024-09-29 16:00', '1 day'), ('2024-09-30 16:00', '1 day'),
               ('2024-09-30 00:00', '1 day'), ('2024-09-30 00:00', '0'), ('2024-10-01 00:00', '0'), ('2024-10-03 10:00', '0'),
               ('2024-09-30 23:59:59.999999', '1 microsecond'), ('2024-09-30 18:00', '06:00'), ('2024-09-30 18:00', '12:00'),
               ('2024-10-07 23:59:59.999999', '1 day'), ('2024-10-11 09:00', '1 day'), ('2024-10-11 09:00', '2 days'),
               ('2024-09-30 16:00', '2 days -01:00')) AS v (begins, amount);

-- working_hour: the earliest instant at which it is used up
SELECT begins, amount, pg_temp.due(begins, amount, 'working_hour') AS due
  FROM (VALUES ('2024-09-30 13:30', interval '03:30'), ('2024-09-30 13:30', '03:30:00.000001'), ('2024-09-30 09:00', '03:00'),
               ('2024-09-30 09:00', '03:00:01'), ('2024-09-30 16:00', '02:00'), ('2024-09-30 17:00', '06:30'),
               ('2024-10-02 10:00', '06:30'), ('2024-10-02 10:00', '0'), ('2024-09-30 12:30', '0'), ('2024-09-30 08:00', '1 minute'),
               ('2024-09-30 09:00', '1 day'), ('2024-10-11 16:59', '2 minutes'), ('2024-09-28 00:00', '06:30')) AS v (begins, amount);

-- calendar: hours
SELECT pg_temp.due('2024-09-30 16:00', '1 day 02:00', 'calendar');

-- between is the inverse; a hold over night costs a clock of working hours nothing
SELECT a, b, basis, liskeban.working_time_between(pg_temp.at(a), pg_temp.at(b), basis) AS there,
       liskeban.working_time_between(pg_temp.at(b), pg_temp.at(a), basis) AS back
  FROM (VALUES ('2024-09-30 17:00', '2024-10-08 09:00', 'working_hour'::liskeban.time_basis),
               ('2024-09-29 17:00', '2024-09-30 09:00', 'working_hour'),
               ('2024-09-29 16:30', '2024-09-30 09:30', 'working_hour'),
               ('2024-09-23 09:00', '2024-09-30 09:00', 'working_hour'),
               ('2024-09-30 16:00', '2024-10-08 16:00', 'working_day'),
               ('2024-10-01 00:00', '2024-10-08 00:00', 'working_day'),
               ('2024-09-30 18:00', '2024-10-08 06:00', 'working_day'),
               ('2024-09-30 18:00', '2024-10-08 06:00', 'calendar')) AS v (a, b, basis)
 ORDER BY basis, a;

-- In bulk: microseconds that a seed drew: between(a, add(a, x)) = x, add is monotone in both, and in two steps as in one
SELECT setseed(0.4213);
CREATE TEMP TABLE draw AS
SELECT pg_temp.at('2024-08-01') + random() * interval '120 days' AS a, random() * interval '9 days' AS x, random() * interval '9 days' AS y
  FROM generate_series(1, 5000);
SELECT basis, count(*) AS drawn,
       count(*) FILTER (WHERE extract(epoch FROM liskeban.working_time_between(a, due, basis)) <> extract(epoch FROM x)) AS not_inverse,
       count(*) FILTER (WHERE liskeban.add_working_time(due, y, basis) <> liskeban.add_working_time(a, x + y, basis)) AS not_additive,
       count(*) FILTER (WHERE liskeban.add_working_time(a, x + y, basis) < due) AS not_monotone,
       count(*) FILTER (WHERE liskeban.add_working_time(a + y, x, basis) < due) AS not_monotone_in_a,
       count(*) FILTER (WHERE basis = 'working_day' AND NOT liskeban.is_working_day((due AT TIME ZONE 'Asia/Shanghai')::date)) AS on_a_day_off
  FROM draw, unnest(enum_range(NULL::liskeban.time_basis)) AS basis,
       LATERAL (SELECT liskeban.add_working_time(a, x, basis) AS due OFFSET 0) AS d
 GROUP BY basis ORDER BY basis;

-- One by one: without shifts there are no working hours
BEGIN;
DELETE FROM liskeban.work_shift;
SELECT liskeban.working_time_between('2024-01-01', '2025-01-01', 'working_hour');
SELECT pg_temp.due('2024-09-28 08:00', '3 days', 'working_day');
SELECT pg_temp.due('2024-09-28 08:00', '1 minute', 'working_hour');
ROLLBACK;

-- A ticket whose resolve clock counts working hours: its levels lie in them, and a hold over night costs it nothing
SET liskeban.now = '2024-09-30 16:00+08';
INSERT INTO liskeban.sla_policy VALUES ('general', 'resolve', '10 hours', 'working_hour', '2024-09-30');
INSERT INTO liskeban.ticket (source, category, difficulty, title)
SELECT (SELECT min(code) FROM liskeban.source_system), min(code), 'general', '路灯不亮' FROM liskeban.category WHERE on_site AND NOT needs_photo;
CREATE TEMP VIEW clock AS
SELECT pg_temp.local(c.due) AS due, c.given, c.basis, pg_temp.local(c.yellow_at) AS yellow_at, pg_temp.local(c.red2_at) AS red2_at, pg_temp.local(c.red3_at) AS red3_at
  FROM liskeban.ticket AS t, liskeban.ticket_clocks(t) AS c WHERE c.clock = 'resolve';
SELECT * FROM clock;
INSERT INTO liskeban.membership (role_name, duty, area) VALUES ('handler_1', 'handler', '320117');
UPDATE liskeban.ticket SET state = 'accepted';
UPDATE liskeban.ticket SET state = 'dispatched', responsible_area = '320117', note = 'no village is known';
SET liskeban.now = '2024-09-30 16:30+08';
UPDATE liskeban.ticket SET state = 'on_site';
SELECT liskeban.act_as('handler_1') \g /dev/null
SELECT liskeban.ask(ticket_id, 'suspend', 'parts on order', '2024-10-08 09:00+08') IS NOT NULL AS asked FROM liskeban.ticket;
SELECT liskeban.act_as(NULL) \g /dev/null
SELECT liskeban.decide(request_id, true, 'granted') FROM liskeban.request \g /dev/null
SET liskeban.now = '2024-09-30 17:00+08';
UPDATE liskeban.ticket SET state = 'suspended', suspend_until = '2024-10-08 09:00+08';
SET liskeban.now = '2024-10-08 09:00+08';
UPDATE liskeban.ticket SET state = 'on_site';
SELECT * FROM clock;

-- Other shifts hold at once; those that touch or overlap count once, and a make-up Saturday keeps Saturday's
BEGIN;
UPDATE liskeban.work_shift SET ends = '13:45' WHERE starts = '09:00' AND weekday = 1;
UPDATE liskeban.work_shift SET ends = '24:00' WHERE starts = '13:30' AND weekday = 6;
SELECT begins, amount, pg_temp.due(begins, amount, 'working_hour') AS due
  FROM (VALUES ('2024-09-30 09:00', interval '08:00'), ('2024-10-12 09:00', '13:30'), ('2024-10-12 09:00', '13:31')) AS v (begins, amount);
-- hours on Saturdays and Sundays only serve the make-up days: behind the last of them there are none
DELETE FROM liskeban.work_shift WHERE weekday <= 5;
SELECT pg_temp.due('2024-09-28 08:00', '06:30', 'working_hour');
SELECT pg_temp.due('2024-09-28 08:00', '20:00', 'working_hour');
SELECT pg_temp.due('2024-09-28 08:00', '20:00:00.000001', 'working_hour');
ROLLBACK;
-- all of them do not go while a ticket counts in them: it would have no due
DELETE FROM liskeban.work_shift;
SELECT pg_temp.due('2024-09-30 09:00', '08:00', 'working_hour');

-- A summer time: one day is 24 hours in calendar, the same time of the clock in working_day
BEGIN;
DELETE FROM liskeban.calendar_day;
UPDATE liskeban.platform SET time_zone = 'America/New_York';
CREATE FUNCTION pg_temp.new_york(begins text, amount interval, basis liskeban.time_basis) RETURNS text
LANGUAGE sql STABLE SET TimeZone = 'America/New_York' AS $$
SELECT to_char(liskeban.add_working_time(begins::timestamptz, amount, basis), 'Dy YYYY-MM-DD HH24:MI:SS TZ') $$;
SELECT begins, amount, basis, pg_temp.new_york(begins, amount, basis) AS due
  FROM (VALUES ('2024-03-08 12:00', interval '3 days', 'calendar'::liskeban.time_basis), ('2024-03-08 12:00', '1 day', 'working_day'),
               ('2024-11-01 12:00', '3 days', 'calendar'), ('2024-11-01 12:00', '1 day', 'working_day'),
               ('2024-11-01 16:00', '02:00', 'working_hour'), ('2024-03-08 16:00', '02:00', 'working_hour')) AS v (begins, amount, basis)
 ORDER BY begins, basis;
-- a time that is skipped on a working Sunday goes forward, as AT TIME ZONE does; one that comes twice is the second
INSERT INTO liskeban.calendar_day VALUES ('2024-03-10', true, 'spring'), ('2024-11-03', true, 'autumn');
SELECT begins, amount, pg_temp.new_york(begins, amount, 'working_day') AS due
  FROM (VALUES ('2024-03-08 02:30', interval '1 day'), ('2024-11-01 01:30', '1 day'), ('2024-11-03 01:30 EDT', '0'),
               ('2024-11-03 01:30 EST', '0'), ('2024-11-03 01:30 EDT', '1 day'), ('2024-11-03 01:30 EST', '1 day')) AS v (begins, amount);
SELECT liskeban.working_time_between('2024-11-03 01:45 EDT', '2024-11-03 01:15 EST', 'working_day') AS clock_set_back;
ROLLBACK;

-- The ends of time, and what is refused
SELECT liskeban.add_working_time(ts, '1 day', basis)
  FROM unnest('{-infinity,infinity}'::timestamptz[]) AS ts, unnest(enum_range(NULL::liskeban.time_basis)) AS basis ORDER BY ts, basis;
SELECT liskeban.add_working_time(NULL, '1 day', 'calendar') IS NULL AS strict;
SELECT pg_temp.due('2024-10-08 10:00', '100000 days', 'working_day'), pg_temp.due('1950-01-02 10:00', '20000 days', 'working_hour');
\set VERBOSITY sqlstate
SELECT liskeban.add_working_time('2024-09-30', '1 month', 'calendar');
SELECT liskeban.add_working_time('2024-09-30', '1 year', 'working_day');
SELECT liskeban.add_working_time('2024-09-30', '-1 second', 'working_day');
SELECT liskeban.add_working_time('2024-09-30', '1 day -25 hours', 'working_hour');
SELECT liskeban.add_working_time('2024-09-30', '2000000000 days', 'calendar');
SELECT liskeban.add_working_time('2024-09-30', '2000000000 days', 'working_day');
SELECT liskeban.add_working_time('2024-09-30', '100000000 days', 'calendar');
SELECT liskeban.add_working_time('2024-09-30', '80000000 days', 'working_day');
SELECT liskeban.add_working_time('2024-09-30', '30000000 days', 'working_hour');
SELECT liskeban.working_time_between('-infinity', '2024-09-30', 'calendar');
SELECT liskeban.working_time_between('2024-09-30', 'infinity', 'working_hour');
SELECT liskeban.working_time_between('4713-01-01 BC', '294276-12-31', 'calendar');
SELECT liskeban.is_working_day('infinity');
\set VERBOSITY default
SELECT liskeban.add_working_time('2024-09-30', '1 month', 'working_hour');

-- A day off needs no name
BEGIN;
INSERT INTO liskeban.calendar_day (day, is_working) VALUES ('2024-06-03', false);
SELECT liskeban.is_working_day('2024-06-03');
ROLLBACK;

-- In a parallel worker the calendar is the same
SET force_parallel_mode = on;
SELECT pg_temp.local(liskeban.add_working_time(pg_temp.at('2024-09-30 16:00'), '1 day', 'working_day'));
SELECT liskeban.is_working_day('2024-10-12');
RESET force_parallel_mode;

\c postgres
DROP DATABASE regress_liskeban_calendar;
