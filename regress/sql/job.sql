-- Jobs: what pg_cron is told, when a job is due, what is caught up, what happens when one fails.
CREATE DATABASE regress_liskeban_job TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_job
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
SET liskeban.now = '2024-09-16 08:00:00+08';
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
\set SHOW_CONTEXT never
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';

SELECT name, schedule, daily_at, each_day, steps, active FROM liskeban.job ORDER BY name;
\pset format unaligned
SELECT statement FROM liskeban._cron_statements();
SELECT statement FROM liskeban.unschedule_jobs();

-- A daily job keeps the platform's time of day, in winter and in summer.
UPDATE liskeban.platform SET time_zone = 'America/New_York';
SELECT statement FROM liskeban._cron_statements() WHERE statement ~ 'analyse''';
SET liskeban.now = '2025-01-15 12:00Z';
SELECT statement FROM liskeban._cron_statements() WHERE statement ~ 'analyse''';
UPDATE liskeban.platform SET time_zone = 'Asia/Kolkata';
SELECT statement FROM liskeban._cron_statements() WHERE statement ~ 'analyse''';
\pset format aligned

-- Due: a job of every few minutes whenever it is called, a daily one once its time has passed; a job that never ran has
-- missed nothing but its last time.
UPDATE liskeban.platform SET time_zone = 'Asia/Shanghai';
SELECT name, liskeban._due_slots(name) FROM liskeban.job ORDER BY name;
UPDATE liskeban.job SET last_success_for = '2025-01-12 16:10Z' WHERE name = 'analyse';
UPDATE liskeban.job SET last_success_for = '2025-01-12 16:20Z' WHERE name = 'partitions';
SELECT name, liskeban._due_slots(name) FROM liskeban.job WHERE daily_at IS NOT NULL ORDER BY name;
SET liskeban.now = '2025-01-15 16:09:59Z';
SELECT name, liskeban._due_slots(name) FROM liskeban.job WHERE daily_at IS NOT NULL ORDER BY name;
SET liskeban.now = '2025-01-15 16:10Z';
SELECT name, liskeban._due_slots(name) FROM liskeban.job WHERE daily_at IS NOT NULL ORDER BY name;
-- Where the clocks change, the day keeps its one run.
UPDATE liskeban.platform SET time_zone = 'America/New_York';
UPDATE liskeban.job SET daily_at = '02:30', last_success_for = '2025-03-08 07:30Z' WHERE name = 'analyse';
SET liskeban.now = '2025-03-11 12:00Z';
SELECT liskeban._due_slots('analyse');
UPDATE liskeban.job SET daily_at = '01:30', last_success_for = '2025-11-01 05:30Z' WHERE name = 'analyse';
SET liskeban.now = '2025-11-04 12:00Z';
SELECT liskeban._due_slots('analyse');
UPDATE liskeban.platform SET time_zone = 'Asia/Shanghai';

-- A daily job of our own: each day it missed, in order, as whoever calls, until one fails.
CREATE TABLE public.seen (n integer GENERATED ALWAYS AS IDENTITY, day date, CHECK (day <> '2025-11-03'));
INSERT INTO liskeban.job (name, title, daily_at, each_day, steps, last_success_for) VALUES
  ('test', 't', '06:00', true, ARRAY['INSERT INTO public.seen (day) VALUES ($1)', 'SELECT 1'], '2025-10-31 22:00Z');
GRANT INSERT ON public.seen TO liskeban_job;
SET ROLE liskeban_job;
CALL liskeban.run_job('test');
RESET ROLE;
SELECT day FROM public.seen ORDER BY n;
SELECT last_success_for, last_started, last_finished, last_error FROM liskeban.job WHERE name = 'test';
SELECT kind, subject, at, fired_at, resolved_at, detail FROM liskeban.platform_alarm;
-- The same again is the same alarm; a success ends it.
SET liskeban.now = '2025-11-04 12:01Z';
CALL liskeban.run_job('test');
SELECT count(*) FROM liskeban.platform_alarm;
ALTER TABLE public.seen DROP CONSTRAINT seen_day_check;
SET liskeban.now = '2025-11-04 12:02Z';
SELECT liskeban._missed_jobs();
UPDATE liskeban.job SET active = false WHERE name IN ('analyse', 'partitions');
CALL liskeban.run_job('catch_up');
SELECT day FROM public.seen ORDER BY n;
SELECT last_success_for, last_started, last_finished, last_error FROM liskeban.job WHERE name IN ('test', 'catch_up') ORDER BY name;
SELECT kind, subject, at, fired_at, resolved_at FROM liskeban.platform_alarm;
CALL liskeban.run_job('test');
SELECT count(*) FROM public.seen;
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();

-- Rows of jobs are checked.
INSERT INTO liskeban.job (name, title, steps) VALUES ('never', 't', '{SELECT 1}');
INSERT INTO liskeban.job (name, title, schedule, each_day, steps) VALUES ('often', 't', '* * * * *', true, '{SELECT 1}');
CALL liskeban.run_job('nothing');
CALL liskeban.run_job(NULL);

-- A copy runs nothing.
UPDATE liskeban.platform SET database = 'elsewhere';
CALL liskeban.run_job('sweep');
CALL liskeban.run_job('catch_up');
SET client_min_messages = warning;
SELECT count(*) FROM liskeban.schedule_jobs();
RESET client_min_messages;
SELECT database FROM liskeban.platform;
CALL liskeban.run_job('catch_up');

-- Who may
SELECT r.rolname, has_function_privilege(r.oid, 'liskeban.run_job(text)', 'EXECUTE') AS run,
       has_function_privilege(r.oid, 'liskeban.schedule_jobs()', 'EXECUTE') AS schedule
  FROM pg_roles AS r WHERE r.rolname ~ '^liskeban_' ORDER BY r.rolname COLLATE "C";

\c postgres
DROP DATABASE regress_liskeban_job;
