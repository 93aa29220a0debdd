-- Jobs: what runs by itself, when it last did, and how pg_cron is told of it.
--
-- pg_cron lives in a database of its own and calls liskeban.run_job(name) here, as liskeban_job. What a job does stands
-- in its row; a procedure that commits has its line in run_job() besides, for PL/pgSQL lets only a CALL of its own commit.

CREATE TABLE liskeban.job (
  name             text PRIMARY KEY,
  title            text NOT NULL,
  schedule         text,
  daily_at         time,
  each_day         boolean NOT NULL DEFAULT false,
  steps            text[] NOT NULL,
  active           boolean NOT NULL DEFAULT true,
  last_success_for timestamptz,
  last_started     timestamptz,
  last_finished    timestamptz,
  last_error       text,
  CONSTRAINT job_name_check CHECK (name ~ '^[a-z_]{1,24}$'),
  CONSTRAINT job_schedule_check CHECK (num_nonnulls(schedule, daily_at) = 1),
  CONSTRAINT job_each_day_check CHECK (NOT each_day OR daily_at IS NOT NULL),
  CONSTRAINT job_steps_check CHECK (cardinality(steps) > 0)
);
COMMENT ON TABLE liskeban.job IS '定时任务 what runs by itself, and how it last went';
COMMENT ON COLUMN liskeban.job.name IS '名称 key; run_job(name) runs it';
COMMENT ON COLUMN liskeban.job.title IS '说明 what it is for';
COMMENT ON COLUMN liskeban.job.schedule IS '周期 in the notation of cron, of a job that runs every few minutes';
COMMENT ON COLUMN liskeban.job.daily_at IS '每日时刻 time of day in the platform''s zone, of a daily job';
COMMENT ON COLUMN liskeban.job.each_day IS '逐日补跑 whether a daily job runs once for each day it missed, in order, or once for all of them';
COMMENT ON COLUMN liskeban.job.steps IS '步骤 its statements, each in a transaction of its own; $1 is the day on which it was to run';
COMMENT ON COLUMN liskeban.job.active IS '启用 whether it runs; tell pg_cron with schedule_jobs()';
COMMENT ON COLUMN liskeban.job.last_success_for IS '最近完成 the time it was to run at, of the last run that went well';
COMMENT ON COLUMN liskeban.job.last_started IS '最近开始 when it last began';
COMMENT ON COLUMN liskeban.job.last_finished IS '最近结束 when that run ended, well or not; NULL while it runs, or when it was cut off';
COMMENT ON COLUMN liskeban.job.last_error IS '最近错误 why that run failed; NULL when it went well';

-- The rows are the library's: an upgrade brings them to its version, but for what a DBA sets (active, daily_at).
INSERT INTO liskeban.job AS j (name, title, schedule, daily_at, each_day, steps) VALUES
  ('sweep',      '巡查 fire what fell due, resume what is due to resume', '* * * * *', NULL, false,
   ARRAY['CALL liskeban.run_sweep()']),
  ('seal',       '封存 seal the history that is final, and the ledgers', '* * * * *', NULL, false,
   ARRAY['SELECT liskeban.note_watermark()', 'SELECT liskeban.seal_history()', 'SELECT liskeban.seal_ledgers()']),
  ('roll_up',    '汇总 roll the history that is final up into the daily figures', '*/5 * * * *', NULL, false,
   ARRAY['SELECT liskeban.roll_up()', 'SELECT liskeban.analyse_late()']),
  ('check',      '自检 watch for sources that fell silent and refused requests nobody handles', '*/5 * * * *', NULL, false,
   ARRAY['SELECT liskeban.check_platform()']),
  ('analyse',    '分析 analyse the day that ended', NULL, '00:10', true,
   ARRAY['SELECT liskeban.analyse_day($1 - 1)']),
  ('partitions', '分区 make the partitions that will be needed, end one of history that is old enough, drop those of the outbox and of signals that nobody needs any more, end claims of rewards that lapsed', NULL, '00:20', false,
   ARRAY['SELECT liskeban.make_partitions()', 'SELECT liskeban.cut_history()', 'SELECT liskeban.drop_outbox()', 'SELECT liskeban.drop_hazard_signals()',
         'SELECT liskeban.fill_days()', 'SELECT liskeban.expire_rewards()']),
  ('anonymise',  '匿名化 clear personal data that is older than platform.retention', NULL, '03:40', false,
   ARRAY['SELECT liskeban.anonymise_before(($1 - (SELECT p.retention FROM liskeban.platform AS p))::date)']),
  ('policies',   '政策找人 find who is entitled to what today, and send their villages', NULL, '00:40', false,
   ARRAY['SELECT liskeban.match_policies()', 'SELECT liskeban.raise_policy_tickets()']),
  ('catch_up',   '补跑 run the daily jobs whose time was missed', '* * * * *', NULL, false,
   ARRAY['CALL liskeban.run_missed_jobs()'])
ON CONFLICT (name) DO UPDATE
  SET title = excluded.title, schedule = excluded.schedule, each_day = excluded.each_day, steps = excluded.steps;

CREATE FUNCTION liskeban._is_adopted() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM liskeban.platform AS p, pg_control_system() AS s
                  WHERE p.system_identifier = s.system_identifier AND p.database = current_database())
$$;
COMMENT ON FUNCTION liskeban._is_adopted() IS 'whether this is the database in which schedule_jobs() was last called, and no copy of it';
REVOKE ALL ON FUNCTION liskeban._is_adopted() FROM PUBLIC;

-- The key of a job's advisory lock; the first number is "LKjb".
CREATE FUNCTION liskeban._lock_job(name text) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT pg_try_advisory_lock(x'4c4b6a62'::integer, hashtext(_lock_job.name))
$$;
COMMENT ON FUNCTION liskeban._lock_job(text) IS 'takes the lock that keeps a job from running twice at once, until _unlock_job() or the session''s end; false where another session has it';
REVOKE ALL ON FUNCTION liskeban._lock_job(text) FROM PUBLIC;

CREATE FUNCTION liskeban._unlock_job(name text) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT pg_advisory_unlock(x'4c4b6a62'::integer, hashtext(_unlock_job.name))
$$;
COMMENT ON FUNCTION liskeban._unlock_job(text) IS 'gives the lock of _lock_job() back';
REVOKE ALL ON FUNCTION liskeban._unlock_job(text) FROM PUBLIC;

CREATE FUNCTION liskeban._due_slots(name text) RETURNS timestamptz[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH slot AS (
    SELECT s.at, j.each_day AND j.last_success_for IS NOT NULL AS each_one
      FROM liskeban.job AS j
     CROSS JOIN (SELECT p.time_zone, liskeban.liskeban_now() AS now FROM liskeban.platform AS p) AS p
     CROSS JOIN LATERAL (SELECT liskeban.liskeban_now() AS at WHERE j.daily_at IS NULL
                         UNION ALL
                         SELECT (day + j.daily_at) AT TIME ZONE p.time_zone
                           FROM generate_series(date_trunc('day', coalesce(j.last_success_for, p.now - interval '2 days') AT TIME ZONE p.time_zone),
                                                p.now AT TIME ZONE p.time_zone, interval '1 day') AS day
                          WHERE j.daily_at IS NOT NULL) AS s
     WHERE j.name = _due_slots.name AND s.at <= p.now
       AND (j.daily_at IS NULL OR s.at > coalesce(j.last_success_for, '-infinity'))
  )
  SELECT coalesce(array_agg(s.at ORDER BY s.at), '{}')
    FROM slot AS s WHERE s.each_one OR s.at = (SELECT max(l.at) FROM slot AS l)
$$;
COMMENT ON FUNCTION liskeban._due_slots(text) IS 'the times for which a job is to run now, in order: now, or for a daily job those that have passed since its last success (the last of them where one run is enough, or where it never ran)';
REVOKE ALL ON FUNCTION liskeban._due_slots(text) FROM PUBLIC;

CREATE FUNCTION liskeban._begin_job(name text, OUT slots timestamptz[], OUT steps text[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  job liskeban.job;
BEGIN
  slots := '{}';
  IF name IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('the name of a job must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT j.* INTO job FROM liskeban.job AS j WHERE j.name = _begin_job.name;
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('there is no job "%s"', name) USING ERRCODE = 'invalid_parameter_value',
      HINT = liskeban.message('Table liskeban.job lists them.');
  END IF;
  IF NOT liskeban._is_adopted() THEN
    RAISE NOTICE '%', liskeban.message('job "%s" does not run in this copy of the platform', name)
      USING HINT = liskeban.message('Call liskeban.schedule_jobs() here to make it run.');
    RETURN;
  END IF;
  IF NOT job.active THEN
    RAISE NOTICE '%', liskeban.message('job "%s" is switched off', name);
    RETURN;
  END IF;
  IF NOT liskeban._lock_job(name) THEN
    RAISE NOTICE '%', liskeban.message('job "%s" is running already', name);
    RETURN;
  END IF;

  -- Read again under the lock: a run may have ended in between.
  SELECT j.* INTO job FROM liskeban.job AS j WHERE j.name = _begin_job.name;
  IF job.last_started IS NOT NULL AND job.last_finished IS NULL THEN
    PERFORM liskeban._raise_platform_alarm('job_failed', name, job.last_started,
                                           format('the run of %s did not come to its end', job.last_started));
  END IF;
  slots := liskeban._due_slots(name);
  steps := job.steps;
  IF slots = '{}' THEN
    PERFORM liskeban._unlock_job(name);
  ELSE
    UPDATE liskeban.job AS j SET last_started = liskeban.liskeban_now(), last_finished = NULL WHERE j.name = _begin_job.name;
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._begin_job(text) IS 'the times a job is to run for now, none in a copy, when switched off or running elsewhere; else it is locked and noted as begun. 22023 no such job, 22004 NULL';
REVOKE ALL ON FUNCTION liskeban._begin_job(text) FROM PUBLIC;

CREATE FUNCTION liskeban._run_step(step text, day date) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE step USING day;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  -- Without the error's detail, which may show a row, and so personal data.
  RETURN format('%s: %s (%s)', step, SQLERRM, SQLSTATE);
END
$$;
COMMENT ON FUNCTION liskeban._run_step(text, date) IS 'one statement of a job as the caller, undone where it fails; returns why, NULL when it went well';
REVOKE ALL ON FUNCTION liskeban._run_step(text, date) FROM PUBLIC;

CREATE FUNCTION liskeban._end_job(name text, slot timestamptz, error text, last boolean) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE liskeban.job AS j
     SET last_success_for = CASE WHEN error IS NULL THEN slot ELSE j.last_success_for END,
         last_error = error,
         last_finished = CASE WHEN last THEN liskeban.liskeban_now() END
   WHERE j.name = _end_job.name;
  IF error IS NOT NULL THEN
    RAISE WARNING '%', liskeban.message('job "%s" failed: %s', name, error);
    PERFORM liskeban._raise_platform_alarm('job_failed', name, slot, error);
  ELSIF last THEN
    PERFORM liskeban._clear_platform_alarm('job_failed', name);
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._end_job(text, timestamptz, text, boolean) IS 'notes how a job''s run for slot went, and with last that all are done; a failure raises the alarm job_failed, the next success ends it';
REVOKE ALL ON FUNCTION liskeban._end_job(text, timestamptz, text, boolean) FROM PUBLIC;

-- No SET clause, for with one a procedure may not commit: hence every name is qualified, of types and operators too.
CREATE PROCEDURE liskeban.run_job(name text)
LANGUAGE plpgsql AS $$
DECLARE
  slots pg_catalog.timestamptz[];
  steps pg_catalog.text[];
  slot pg_catalog.timestamptz;
  step pg_catalog.text;
  zone pg_catalog.text;
  error pg_catalog.text;
BEGIN
  SELECT b.slots, b.steps INTO slots, steps FROM liskeban._begin_job(run_job.name) AS b;
  SELECT p.time_zone INTO zone FROM liskeban.platform AS p;
  COMMIT;
  FOREACH slot IN ARRAY slots LOOP
    FOREACH step IN ARRAY steps LOOP
      CASE
        WHEN step OPERATOR(pg_catalog.=) 'CALL liskeban.run_sweep()' THEN
          CALL liskeban.run_sweep();
        WHEN step OPERATOR(pg_catalog.=) 'CALL liskeban.run_missed_jobs()' THEN
          CALL liskeban.run_missed_jobs();
        ELSE
          error := liskeban._run_step(step, pg_catalog.timezone(zone, slot)::pg_catalog.date);
      END CASE;
      COMMIT;
      EXIT WHEN error IS NOT NULL;
    END LOOP;
    PERFORM liskeban._end_job(run_job.name, slot, error,
                              error IS NOT NULL OR slot OPERATOR(pg_catalog.=) slots[pg_catalog.cardinality(slots)]);
    COMMIT;
    EXIT WHEN error IS NOT NULL;
  END LOOP;
  IF slot IS NOT NULL THEN
    PERFORM liskeban._unlock_job(run_job.name);
  END IF;
END
$$;
COMMENT ON PROCEDURE liskeban.run_job(text) IS '运行任务 run a job of liskeban.job for whatever is due, committing step by step: never beside itself, not in a copy that schedule_jobs() has not been called in; a daily job in order for the days it missed. What fails is undone, noted in the job''s row and in platform_alarm (job_failed), and tried again at the next run; a sweep that is cut off is noted by the run after it. 22023 no such job, 22004 NULL';
REVOKE ALL ON PROCEDURE liskeban.run_job(text) FROM PUBLIC;

CREATE FUNCTION liskeban._missed_jobs() RETURNS SETOF text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT j.name FROM liskeban.job AS j
   WHERE j.active AND j.daily_at IS NOT NULL
     AND (liskeban._due_slots(j.name))[1] < liskeban.liskeban_now() - interval '10 minutes'
   ORDER BY j.daily_at, j.name
$$;
COMMENT ON FUNCTION liskeban._missed_jobs() IS 'daily jobs whose time passed more than ten minutes ago without a run that went well';
REVOKE ALL ON FUNCTION liskeban._missed_jobs() FROM PUBLIC;

CREATE PROCEDURE liskeban.run_missed_jobs()
LANGUAGE plpgsql AS $$
DECLARE
  missed pg_catalog.text;
BEGIN
  FOR missed IN SELECT m FROM liskeban._missed_jobs() AS m LOOP
    CALL liskeban.run_job(missed);
  END LOOP;
END
$$;
COMMENT ON PROCEDURE liskeban.run_missed_jobs() IS '补跑任务 run the daily jobs whose time was missed, because the server was down or the clock was put forward; the job catch_up';
REVOKE ALL ON PROCEDURE liskeban.run_missed_jobs() FROM PUBLIC;

CREATE FUNCTION liskeban._cron_prefix() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('liskeban:%s:', CASE WHEN octet_length(current_database()) > 29 THEN md5(current_database())
                                     ELSE current_database() END)
$$;
COMMENT ON FUNCTION liskeban._cron_prefix() IS 'what pg_cron''s names of this database''s jobs begin with; a name has 63 bytes, so a long database''s is replaced by its digest';
REVOKE ALL ON FUNCTION liskeban._cron_prefix() FROM PUBLIC;

-- pg_cron's days begin where its setting says, GMT before 1.6. Where the zone's clocks change, a job set for the one
-- half of the year comes an hour early in the other, when it finds nothing due, and catch_up runs it.
CREATE FUNCTION liskeban._cron_statements() RETURNS TABLE (statement text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH wanted AS (
    SELECT liskeban._cron_prefix() || j.name AS name,
           coalesce(j.schedule, to_char((((liskeban.liskeban_now() AT TIME ZONE p.time_zone)::date + j.daily_at)
                                         AT TIME ZONE p.time_zone)
                                        AT TIME ZONE coalesce(current_setting('cron.timezone', true), 'GMT'), 'FMMI FMHH24 * * *')) AS schedule,
           format('CALL liskeban.run_job(%L)', j.name) AS command
      FROM liskeban.job AS j, liskeban.platform AS p
     WHERE j.active
  )
  SELECT format('SELECT cron.unschedule(j.jobid) FROM cron.job AS j WHERE starts_with(j.jobname::text, %L) AND j.jobname <> ALL (%L::name[]);',
                liskeban._cron_prefix(),
                (SELECT array_agg(w.name ORDER BY w.name) FROM wanted AS w) || (liskeban._cron_prefix() || 'cron_log'))
  UNION ALL
  (SELECT format('SELECT cron.schedule_in_database(%L, %L, %L, %L, ''liskeban_job'');', w.name, w.schedule, w.command, current_database())
     FROM wanted AS w ORDER BY w.name)
  UNION ALL
  SELECT 'GRANT USAGE ON SCHEMA cron TO liskeban_job;'
  UNION ALL
  SELECT format('SELECT cron.schedule_in_database(%L, ''43 * * * *'', %L, current_database(), ''liskeban_job'');',
                liskeban._cron_prefix() || 'cron_log',
                'DELETE FROM cron.job_run_details WHERE end_time < now() - interval ''7 days''')
$$;
COMMENT ON FUNCTION liskeban._cron_statements() IS 'the statements that tell pg_cron of this database''s jobs, each ended by a semicolon';
REVOKE ALL ON FUNCTION liskeban._cron_statements() FROM PUBLIC;

CREATE FUNCTION liskeban.schedule_jobs() RETURNS TABLE (statement text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  adopted boolean;
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
    RAISE EXCEPTION '%', liskeban.message('only a superuser can schedule the jobs') USING ERRCODE = 'insufficient_privilege';
  END IF;
  adopted := liskeban._is_adopted();
  UPDATE liskeban.platform AS p SET system_identifier = s.system_identifier, database = current_database()
    FROM pg_control_system() AS s WHERE NOT adopted;
  -- A dump carries no rights on the database itself.
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO liskeban_job', current_database());
  IF current_setting('cron.use_background_workers', true) IS DISTINCT FROM 'on' THEN
    RAISE NOTICE '%', liskeban.message('cron.use_background_workers is not on')
      USING HINT = liskeban.message('Without it pg_cron connects as liskeban_job, which has no password: set it, or let pg_hba.conf trust that role.');
  END IF;
  IF EXISTS (SELECT FROM pg_extension AS e WHERE e.extname = 'pg_cron') THEN
    FOR statement IN SELECT c.statement FROM liskeban._cron_statements() AS c LOOP
      EXECUTE statement;
    END LOOP;
    RAISE NOTICE '%', liskeban.message('pg_cron has been told of the jobs');
    RETURN;
  END IF;
  RETURN QUERY SELECT c.statement FROM liskeban._cron_statements() AS c;
END
$$;
COMMENT ON FUNCTION liskeban.schedule_jobs() IS '安排任务 adopt this database, so that its jobs run here, and have pg_cron run them: returns the statements to run in pg_cron''s database, where they may be run again; where pg_cron is in this database it runs them itself and returns none. Superuser';
REVOKE ALL ON FUNCTION liskeban.schedule_jobs() FROM PUBLIC;

CREATE FUNCTION liskeban.unschedule_jobs() RETURNS TABLE (statement text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  removal constant text := format('SELECT cron.unschedule(j.jobid) FROM cron.job AS j WHERE starts_with(j.jobname::text, %L);',
                                  liskeban._cron_prefix());
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
    RAISE EXCEPTION '%', liskeban.message('only a superuser can unschedule the jobs') USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF EXISTS (SELECT FROM pg_extension AS e WHERE e.extname = 'pg_cron') THEN
    EXECUTE removal;
    RAISE NOTICE '%', liskeban.message('pg_cron no longer has the jobs');
    RETURN;
  END IF;
  RETURN QUERY SELECT removal;
END
$$;
COMMENT ON FUNCTION liskeban.unschedule_jobs() IS '撤销任务 have pg_cron run the jobs of this database no more: returns the statement to run in pg_cron''s database; where pg_cron is in this database it runs it itself and returns none. Superuser';
REVOKE ALL ON FUNCTION liskeban.unschedule_jobs() FROM PUBLIC;
