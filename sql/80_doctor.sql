-- doctor(): what is misconfigured, in words, with the statement that mends it. What is found of a platform and of a hub stands
-- in 87_doctor.sql of each; here is what is the server's, or comes before there is either.

CREATE FUNCTION liskeban._server_findings(OUT severity text, OUT finding text, OUT subject text, OUT message text, OUT message_en text,
                                          OUT mend text, OUT mend_in name, OUT restart boolean)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  cron constant text := current_setting('cron.database_name', true);
  libraries constant text[] := string_to_array(replace(current_setting('shared_preload_libraries'), ' ', ''), ',');
  -- nothing has run for so long that whatever is to call the jobs does not
  stopped constant boolean := NOT EXISTS (SELECT FROM liskeban.job AS j WHERE j.name = 'sweep' AND j.last_success_for > liskeban.liskeban_now() - interval '10 minutes')
                              AND NOT pg_is_in_recovery();
BEGIN
  RETURN QUERY
  SELECT 'error', 'cron_missing', 'pg_cron',
         '没有任何调度程序在运行任务，且未加载 pg_cron' || CASE WHEN a.name IS NULL THEN '；本机尚未安装，请先安装软件包 postgresql-NN-cron' ELSE '' END,
         'nothing runs the jobs, and pg_cron is not loaded' || CASE WHEN a.name IS NULL THEN '; it is not installed here: install the package postgresql-NN-cron first' ELSE '' END,
         CASE WHEN a.name IS NOT NULL THEN
           format('ALTER SYSTEM SET shared_preload_libraries = %s; ALTER SYSTEM SET cron.use_background_workers = on;',
                  (SELECT string_agg(quote_literal(l), ', ') FROM unnest(array_remove(libraries, '') || 'pg_cron'::text) AS l)) END,
         current_database(), true
    FROM (SELECT) AS one LEFT JOIN pg_available_extensions AS a ON a.name = 'pg_cron'
   WHERE stopped AND cron IS NULL
  UNION ALL
  SELECT 'error', 'cron_silent', cron,
         format('pg_cron 已加载，但十分钟内没有运行本库的任务；在数据库 %s 中登记', cron),
         format('pg_cron is loaded, and has run no job of this database for ten minutes; tell it in database %s', cron),
         'CREATE EXTENSION IF NOT EXISTS pg_cron; ' || (SELECT string_agg(c.statement, ' ') FROM liskeban._cron_statements() AS c),
         cron::name, false
   WHERE stopped AND cron IS NOT NULL
  UNION ALL
  SELECT 'warning', 'cron_workers', 'cron.use_background_workers',
         'pg_cron 不使用后台进程：它将以没有口令的 liskeban_job 登录，可能被拒绝',
         'pg_cron does not use background workers: it logs in as liskeban_job, which has no password, and may be refused',
         'ALTER SYSTEM SET cron.use_background_workers = on;', current_database(), true
   WHERE cron IS NOT NULL AND current_setting('cron.use_background_workers', true) IS DISTINCT FROM 'on'
  UNION ALL
  SELECT 'notice', 'cron_here', current_database(),
         'pg_cron 装在平台数据库中：这样的库不能在旁边恢复副本，请装在另一个库',
         'pg_cron is in the platform''s own database, which cannot be restored beside itself: give it another',
         'SELECT * FROM liskeban.unschedule_jobs(); DROP EXTENSION pg_cron; ALTER SYSTEM SET cron.database_name = ''postgres'';', current_database(), true
    FROM pg_extension AS e WHERE e.extname = 'pg_cron'
  UNION ALL
  SELECT 'error', 'autovacuum_off', s.name,
         format('服务器参数 %s 已关闭：表会膨胀，事务号会耗尽', s.name),
         format('%s is off on this server: tables bloat, and transaction ids run out', s.name),
         format('ALTER SYSTEM SET %I = on; SELECT pg_reload_conf();', s.name), current_database(), false
    FROM pg_settings AS s WHERE s.name IN ('autovacuum', 'track_counts') AND s.setting = 'off'
  UNION ALL
  SELECT 'error', 'replay_paused', 'standby',
         '本备库已暂停回放，数据停在过去', 'this standby has paused its replay, and stays in the past',
         'SELECT pg_wal_replay_resume();', current_database(), false
   WHERE CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() ELSE false END;
END
$$;
COMMENT ON FUNCTION liskeban._server_findings() IS 'what doctor() finds of the server and of pg_cron';
REVOKE ALL ON FUNCTION liskeban._server_findings() FROM PUBLIC;

CREATE FUNCTION liskeban.doctor(OUT severity text, OUT finding text, OUT subject text, OUT message text, OUT message_en text,
                                OUT mend text, OUT mend_in name, OUT restart boolean)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  installed text;
  newest text;
  kind text;
  made text;
BEGIN
  SELECT e.extversion, a.default_version INTO STRICT installed, newest
    FROM pg_extension AS e LEFT JOIN pg_available_extensions AS a ON a.name = e.extname WHERE e.extname = 'liskeban';
  SELECT k.kind INTO kind FROM unnest('{hub,platform}'::text[]) AS k(kind) WHERE to_regclass('liskeban.' || k.kind) IS NOT NULL LIMIT 1;
  IF kind IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('there is no platform in this database') USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = liskeban.message('Make one with liskeban.create_platform().');
  END IF;

  -- by name, for only one of the two is there
  EXECUTE format('SELECT x.version FROM liskeban.%I AS x', kind) INTO STRICT made;
  IF string_to_array(installed, '.')::integer[] < string_to_array(newest, '.')::integer[] THEN
    RETURN QUERY VALUES
      ('warning', 'extension_old', 'liskeban', format('扩展版本为 %s，服务器上已安装 %s', installed, newest),
       format('the extension is of version %s, and %s is installed on the server', installed, newest),
       'ALTER EXTENSION liskeban UPDATE; CALL liskeban.upgrade_platform();', current_database(), false);
  END IF;
  IF installed <> made THEN
    -- The rest may not be there, or mean something else: first this.
    RETURN QUERY VALUES
      ('error', 'platform_old', 'liskeban', format('数据库对象为版本 %s，扩展为版本 %s，应一致', made, installed),
       format('the ordinary objects are of version %s, the extension of %s: they belong together', made, installed),
       CASE WHEN string_to_array(made, '.')::integer[] < string_to_array(installed, '.')::integer[] THEN 'CALL liskeban.upgrade_platform();'
            ELSE 'ALTER EXTENSION liskeban UPDATE;' END, current_database(), false);
    RETURN;
  END IF;

  IF kind = 'platform' AND (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
    RETURN QUERY SELECT f.* FROM liskeban._server_findings() AS f ORDER BY array_position('{error,warning,notice}'::text[], f.severity), f.finding, f.subject;
  END IF;
  IF NOT pg_is_in_recovery() THEN
    RETURN QUERY EXECUTE format('SELECT f.* FROM liskeban.%I() AS f ORDER BY array_position($1, f.severity), f.finding, f.subject', '_' || kind || '_findings')
      USING '{error,warning,notice}'::text[];
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban.doctor() IS '诊断 what is misconfigured, of the server and then of the platform, the worst first, and no row when nothing is: severity (error, warning, notice), finding (its kind), subject (of what), message in Chinese and message_en in English, mend (the statements that mend it, to be run by a superuser; NULL where none can), mend_in (the database to run them in) and restart (whether the server must be restarted after them). Of the server and pg_cron only a superuser is told; on a standby only what is the standby''s own. Reads no ticket. 55000 there is no platform, nor a hub, here';
REVOKE ALL ON FUNCTION liskeban.doctor() FROM PUBLIC;
