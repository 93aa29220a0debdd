-- How the platform itself does, for a BI tool and an alarm to read: a row a measure, with its value and what is too much
-- (or too little). What a measure is and when it is bad stands in health_measure, what it is now in _health_values().

CREATE TABLE liskeban.health_measure (
  measure   text PRIMARY KEY,
  name      text NOT NULL,
  name_en   text NOT NULL,
  unit      text NOT NULL,
  bad_when  text NOT NULL DEFAULT 'above',
  threshold double precision NOT NULL,
  critical  double precision NOT NULL,
  CONSTRAINT health_measure_measure_check CHECK (measure ~ '^[a-z_]{1,40}$'),
  CONSTRAINT health_measure_bad_when_check CHECK (bad_when IN ('above', 'below')),
  CONSTRAINT health_measure_critical_check CHECK (CASE bad_when WHEN 'above' THEN critical >= threshold ELSE critical <= threshold END)
);
COMMENT ON TABLE liskeban.health_measure IS '健康指标 what is measured of the platform itself, and when it is bad';
COMMENT ON COLUMN liskeban.health_measure.measure IS '指标 key';
COMMENT ON COLUMN liskeban.health_measure.name IS '名称 in Chinese';
COMMENT ON COLUMN liskeban.health_measure.name_en IS '英文名 in English';
COMMENT ON COLUMN liskeban.health_measure.unit IS '单位 of value, threshold and critical: seconds, days, bytes, percent, transactions, or what is counted';
COMMENT ON COLUMN liskeban.health_measure.bad_when IS '方向 whether it is bad above its thresholds, or below them';
COMMENT ON COLUMN liskeban.health_measure.threshold IS '预警值 beyond it somebody should look, in the unit';
COMMENT ON COLUMN liskeban.health_measure.critical IS '告警值 beyond it somebody must be woken, in the unit';

-- The rows are the library's: an upgrade brings them to its version, but for the thresholds, which a DBA sets.
INSERT INTO liskeban.health_measure AS m (measure, name, name_en, unit, bad_when, threshold, critical) VALUES
  ('sweep_lag',         '巡查滞后', 'oldest alarm that is due and has not fired', 'seconds', 'above', 180, 900),
  ('final_lag',         '历史待定', 'oldest history that is not known to be final', 'seconds', 'above', 600, 3600),
  ('seal_lag',          '封存滞后', 'oldest history that is not sealed', 'seconds', 'above', 900, 3600),
  ('roll_up_lag',       '汇总滞后', 'oldest history that is not in the daily figures', 'seconds', 'above', 1800, 7200),
  ('analyse_lag',       '分析滞后', 'days that have ended and have not been analysed', 'days', 'above', 1, 3),
  ('jobs_late',         '任务逾时', 'jobs that ought to have run well by now', 'jobs', 'above', 0, 2),
  ('jobs_failed',       '任务失败', 'jobs whose last run failed', 'jobs', 'above', 0, 2),
  ('quiet_sources',     '来源静默', 'sources silent for longer than their heartbeat', 'sources', 'above', 0, 5),
  ('platform_alarms',   '平台告警', 'open alarms of the platform itself, of every kind', 'alarms', 'above', 0, 20),
  ('quarantine',        '隔离请求', 'requests in quarantine that nobody has dealt with', 'requests', 'above', 20, 500),
  ('quarantine_age',    '隔离时长', 'oldest request in quarantine that nobody has dealt with', 'seconds', 'above', 900, 86400),
  ('quarantine_people', '居民数据隔离', 'rows about residents in quarantine that nobody has dealt with', 'rows', 'above', 100, 10000),
  ('waiting_messages',  '待并消息', 'messages about a request that has not come', 'messages', 'above', 100, 1000),
  ('outbox_depth',      '发件箱深度', 'notifications that the slowest consumer has not acknowledged, of the last 100,000', 'notifications', 'above', 10000, 90000),
  ('outbox_lag',        '发件箱滞后', 'oldest notification that a consumer has not acknowledged', 'seconds', 'above', 3600, 86400),
  ('dead_letters',      '死信', 'consumers that have left a notification for longer than platform.outbox_retention', 'consumers', 'above', 0, 2),
  ('partitions_ahead',  '预建分区', 'partitions ahead of the one in use, where there are fewest', 'partitions', 'below', 2, 1),
  ('stray_rows',        '默认分区行数', 'rows that no partition was made for in time', 'rows', 'above', 0, 100000),
  ('archive_lag',       '归档滞后', 'days by which the oldest history here is older than platform.retention and history_span let it be', 'days', 'above', 90, 365),
  ('slot_lag',          '复制槽积压', 'write-ahead log kept for the slowest replication slot', 'bytes', 'above', 1073741824, 10737418240),
  ('standby_lag',       '备库滞后', 'age of what a standby has replayed last; 0 on a primary', 'seconds', 'above', 120, 900),
  ('xid_age',           '事务号年龄', 'age of the oldest transaction id of this database', 'transactions', 'above', 500000000, 1200000000),
  ('connections',       '连接占用', 'connections in use, of max_connections', 'percent', 'above', 80, 95)
ON CONFLICT (measure) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, unit = excluded.unit, bad_when = excluded.bad_when;

-- Partitions of the four tables that have them; the one rule of check, health and doctor.
CREATE FUNCTION liskeban._partitions_ahead(OUT parent text, OUT ahead bigint, OUT missing bigint) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH range AS (
    SELECT p.parent, r.first, r.beyond, lag(r.beyond) OVER (PARTITION BY p.parent ORDER BY r.first) AS before,
           coalesce(pg_sequence_last_value(s.seqrelid::regclass), s.seqmin - 1) AS drawn, p.all_kept
      FROM (VALUES ('ticket_event', 'ticket', 'ticket_id', true), ('alarm', 'ticket', 'ticket_id', true),
                   ('outbox', 'outbox', 'id', false), ('hazard_signal', 'hazard_signal', 'signal_id', false)) AS p(parent, counted, key, all_kept)
      JOIN pg_sequence AS s ON s.seqrelid = pg_get_serial_sequence('liskeban.' || p.counted, p.key)::regclass
      LEFT JOIN LATERAL liskeban._partition_ranges(('liskeban.' || p.parent)::regclass) AS r ON true
  )
  SELECT r.parent, count(*) FILTER (WHERE r.first > r.drawn + 1),
         -- the one in use, and what lies between two that are there
         (NOT coalesce(bool_or(r.drawn + 1 >= r.first AND r.drawn + 1 < r.beyond), false))::integer
         + count(*) FILTER (WHERE r.before < r.first AND (r.all_kept OR r.first > r.drawn))
    FROM range AS r GROUP BY r.parent
$$;
COMMENT ON FUNCTION liskeban._partitions_ahead() IS 'of history, alarms, outbox and signals how many partitions there are beyond the one in use, and how many are missing: the one in use, or one between others';
REVOKE ALL ON FUNCTION liskeban._partitions_ahead() FROM PUBLIC;

-- A job of every few minutes is late when it has missed two turns and ten minutes, a daily one an hour after its time. One
-- whose schedule says more than minutes is not watched: only pg_cron knows when it comes.
CREATE FUNCTION liskeban._late_jobs(OUT name text, OUT since timestamptz) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT j.name, d.since
    FROM liskeban.job AS j
   CROSS JOIN liskeban.platform AS p
   CROSS JOIN LATERAL (
     SELECT coalesce(j.last_success_for, p.created_at)
            + 2 * (coalesce((regexp_match(j.schedule, '^\*/(\d+) '))[1], '1') || ' minutes')::interval + interval '10 minutes' AS since
      WHERE j.schedule ~ '^\*(/\d+)? \* \* \* \*$'
     UNION ALL
     SELECT s.at + interval '1 hour' FROM unnest(liskeban._due_slots(j.name)) WITH ORDINALITY AS s(at, nth)
      WHERE j.daily_at IS NOT NULL AND s.at > p.created_at ORDER BY 1 LIMIT 1) AS d
   WHERE j.active AND d.since <= liskeban.liskeban_now()
$$;
COMMENT ON FUNCTION liskeban._late_jobs() IS 'the jobs that ought to have run well by now, and since when';
REVOKE ALL ON FUNCTION liskeban._late_jobs() FROM PUBLIC;

CREATE FUNCTION liskeban._health_values(OUT measure text, OUT value double precision) RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH n AS (SELECT liskeban.liskeban_now() AS now),
  p AS (SELECT p.* FROM liskeban.platform AS p),
  -- how long what comes after an event has been waiting
  waiting(measure, after) AS (
    SELECT 'final_lag', liskeban.last_final_event()
    UNION ALL SELECT 'seal_lag', (SELECT coalesce(max(s.to_event_id), 0) FROM liskeban.seal AS s)
    UNION ALL SELECT 'roll_up_lag', (SELECT coalesce(min(s.last_event_id), 0) FROM liskeban.roll_up_state AS s)
  ),
  behind AS (
    SELECT c.consumer, b.at, b.at < n.now - p.outbox_retention AS dead,
           (SELECT count(*) FROM liskeban.outbox AS o
             WHERE o.id > greatest(c.acked, pg_sequence_last_value('liskeban.outbox_id_seq'::regclass) - 100000)
               AND (c.topics IS NULL OR o.topic = ANY (c.topics))) AS depth
      FROM n, p, liskeban.outbox_consumer AS c
      LEFT JOIN LATERAL (SELECT o.at FROM liskeban.outbox AS o
                          WHERE o.id > c.acked AND (c.topics IS NULL OR o.topic = ANY (c.topics)) ORDER BY o.id LIMIT 1) AS b ON true
  ),
  alarmed AS (
    SELECT count(*) AS "all", count(*) FILTER (WHERE a.kind = 'job_failed') AS jobs, count(*) FILTER (WHERE a.kind = 'quiet_source') AS sources
      FROM liskeban.platform_alarm AS a WHERE a.resolved_at IS NULL
  ),
  rejected AS (SELECT count(*) AS n, min(r.at) AS eldest FROM liskeban.intake_reject AS r WHERE r.resolved_at IS NULL)
  SELECT 'sweep_lag', greatest(extract(epoch FROM n.now - (SELECT min(w.next_alarm_at) FROM liskeban.worklist AS w)), 0)::double precision FROM n
  UNION ALL
  SELECT w.measure, greatest(extract(epoch FROM n.now - e.recorded_at), 0)
    FROM n, waiting AS w
    LEFT JOIN LATERAL (SELECT e.recorded_at FROM liskeban.ticket_event AS e WHERE e.event_id > w.after ORDER BY e.event_id LIMIT 1) AS e ON true
  UNION ALL
  SELECT 'analyse_lag', greatest((n.now AT TIME ZONE p.time_zone)::date - 1
           - coalesce((SELECT max(a.day) FROM liskeban.analysed_day AS a), (p.created_at AT TIME ZONE p.time_zone)::date - 1), 0) FROM n, p
  UNION ALL
  SELECT 'jobs_late', (SELECT count(*) FROM liskeban._late_jobs())
  UNION ALL
  SELECT 'jobs_failed', a.jobs FROM alarmed AS a
  UNION ALL
  SELECT 'quiet_sources', a.sources FROM alarmed AS a
  UNION ALL
  SELECT 'platform_alarms', a."all" FROM alarmed AS a
  UNION ALL
  SELECT 'quarantine', r.n FROM rejected AS r
  UNION ALL
  SELECT 'quarantine_age', greatest(extract(epoch FROM n.now - r.eldest), 0) FROM n, rejected AS r
  UNION ALL
  SELECT 'quarantine_people', (SELECT count(*) FROM liskeban.resident_reject AS r WHERE r.resolved_at IS NULL)
  UNION ALL
  SELECT 'waiting_messages', (SELECT count(*) FROM liskeban.ticket_message AS m WHERE m.request IS NOT NULL)
  UNION ALL
  SELECT 'outbox_depth', coalesce(max(b.depth), 0) FROM behind AS b
  UNION ALL
  SELECT 'outbox_lag', greatest(extract(epoch FROM (SELECT n.now FROM n) - min(b.at)), 0) FROM behind AS b
  UNION ALL
  SELECT 'dead_letters', count(*) FROM behind AS b WHERE b.dead
  UNION ALL
  SELECT 'partitions_ahead', CASE WHEN sum(a.missing) > 0 THEN 0 ELSE min(a.ahead) END FROM liskeban._partitions_ahead() AS a
  UNION ALL
  SELECT 'stray_rows', coalesce(sum(s.n), 0) FROM liskeban._stray_rows() AS s
  UNION ALL
  SELECT 'archive_lag', greatest(extract(epoch FROM n.now - greatest(p.retention, p.audit_retention) - p.history_span
                                                   - (SELECT e.recorded_at FROM liskeban.ticket_event AS e ORDER BY e.event_id LIMIT 1)) / 86400, 0) FROM n, p
  UNION ALL
  SELECT 'slot_lag', coalesce(max(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, s.restart_lsn)), 0)
    FROM pg_replication_slots AS s
  UNION ALL
  SELECT 'standby_lag', CASE WHEN pg_is_in_recovery() THEN greatest(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0) ELSE 0 END
  UNION ALL
  SELECT 'xid_age', age(d.datfrozenxid) FROM pg_database AS d WHERE d.datname = current_database()
  UNION ALL
  SELECT 'connections', 100.0 * (SELECT count(*) FROM pg_stat_activity AS a WHERE a.datid IS NOT NULL) / current_setting('max_connections')::integer
$$;
COMMENT ON FUNCTION liskeban._health_values() IS 'what each measure of health_measure is now; none of them reads tickets or the whole of a history';
REVOKE ALL ON FUNCTION liskeban._health_values() FROM PUBLIC;

GRANT SELECT ON liskeban.health_measure TO liskeban_reader;
CREATE VIEW liskeban_report.health WITH (security_barrier) AS
SELECT m.measure, m.name, m.name_en, coalesce(v.value, 0::double precision) AS value, m.unit, m.bad_when, m.threshold, m.critical,
       CASE WHEN m.bad_when = 'above' AND v.value > m.critical OR m.bad_when = 'below' AND v.value < m.critical THEN 'critical'
            WHEN m.bad_when = 'above' AND v.value > m.threshold OR m.bad_when = 'below' AND v.value < m.threshold THEN 'warning'
            ELSE 'ok' END AS state,
       liskeban.liskeban_now() AS "time"
  FROM liskeban.health_measure AS m JOIN liskeban._health_values() AS v ON v.measure = m.measure;
COMMENT ON VIEW liskeban_report.health IS '平台健康 how the platform itself does, a row a measure; liskeban.doctor() says what to do about it; key measure';
COMMENT ON COLUMN liskeban_report.health.measure IS '指标 key';
COMMENT ON COLUMN liskeban_report.health.name IS '名称 what is measured, in Chinese';
COMMENT ON COLUMN liskeban_report.health.name_en IS '英文名 the same in English';
COMMENT ON COLUMN liskeban_report.health.value IS '数值 what it is now, in the unit';
COMMENT ON COLUMN liskeban_report.health.unit IS '单位 of value, threshold and critical: seconds, days, bytes, percent, transactions, or what is counted';
COMMENT ON COLUMN liskeban_report.health.bad_when IS '方向 above: bad beyond the thresholds; below: bad under them';
COMMENT ON COLUMN liskeban_report.health.threshold IS '预警值 from where on state is warning, in the unit';
COMMENT ON COLUMN liskeban_report.health.critical IS '告警值 from where on state is critical, in the unit';
COMMENT ON COLUMN liskeban_report.health.state IS '状态 ok 正常, warning 预警, critical 告警';
COMMENT ON COLUMN liskeban_report.health.time IS '时间 when it was measured';
-- As in 70_report.sql: the view's owner may read no more than what is granted.
GRANT CREATE ON SCHEMA liskeban_report TO liskeban_reader;
ALTER VIEW liskeban_report.health OWNER TO liskeban_reader;
REVOKE CREATE ON SCHEMA liskeban_report FROM liskeban_reader;
