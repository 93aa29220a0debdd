-- Alarms: what fell due, each once, at its own instant; and what is wrong with the platform itself.

CREATE TABLE liskeban.alarm (
  alarm_id  bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE),
  ticket_id bigint,
  at        timestamptz NOT NULL,
  fired_at  timestamptz NOT NULL,
  subject   bigint,
  clock     liskeban.clock NOT NULL,
  level     liskeban.lamp NOT NULL,
  run       integer NOT NULL,
  CONSTRAINT alarm_key UNIQUE NULLS NOT DISTINCT (ticket_id, clock, level, run, subject),
  CONSTRAINT alarm_level_check CHECK (level <> 'green'),
  CONSTRAINT alarm_run_check CHECK (run > 0),
  CONSTRAINT alarm_fired_at_check CHECK (fired_at >= at)
) PARTITION BY RANGE (ticket_id);
CREATE INDEX alarm_at_idx ON liskeban.alarm (at);
-- They are drawn in order, and sealed by ranges (66_ledger.sql).
CREATE INDEX alarm_alarm_id_idx ON liskeban.alarm USING brin (alarm_id) WITH (pages_per_range = 32, autosummarize = on);
-- The partitions of tickets are made by make_partitions(); what has no ticket, which is a directive's, stands here, and
-- what none was made for in time.
CREATE TABLE liskeban.alarm_directive PARTITION OF liskeban.alarm (
  CONSTRAINT alarm_directive_subject_check CHECK (pg_catalog.num_nonnulls(ticket_id, subject) > 0)
) DEFAULT;
COMMENT ON TABLE liskeban.alarm_directive IS '分区 of alarm: those of directives, and what no partition was made for in time; make_partitions() moves that';
COMMENT ON TABLE liskeban.alarm IS '告警 one row for each level of a clock that passed while the clock ran (kept by the sweep and the log)';
COMMENT ON COLUMN liskeban.alarm.alarm_id IS '编号 six digits of the district × 10^10 + n';
COMMENT ON COLUMN liskeban.alarm.ticket_id IS '工单编号 the ticket; NULL a directive''s';
COMMENT ON COLUMN liskeban.alarm.at IS '时刻 the instant of the level itself, also when it was found out later';
COMMENT ON COLUMN liskeban.alarm.fired_at IS '发出时间 when the sweep, or the next event, found it';
COMMENT ON COLUMN liskeban.alarm.subject IS '对象 whistle, supervision, party, progress report or receiver of a directive that the clock belongs to; NULL the ticket''s own';
COMMENT ON COLUMN liskeban.alarm.clock IS '时钟 which clock; respond also where contact is what responds';
COMMENT ON COLUMN liskeban.alarm.level IS '级别 yellow, red, red2 or red3';
COMMENT ON COLUMN liskeban.alarm.run IS '轮次 how often that clock had been set, from 1';

CREATE TABLE liskeban.platform_alarm (
  platform_alarm_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind              text NOT NULL,
  subject           text NOT NULL,
  at                timestamptz NOT NULL,
  fired_at          timestamptz NOT NULL,
  resolved_at       timestamptz,
  detail            text,
  CONSTRAINT platform_alarm_kind_check CHECK (kind IN ('quiet_source', 'unhandled_reject', 'job_failed', 'dispatch_rule', 'no_partition', 'broken_camera')),
  CONSTRAINT platform_alarm_resolved_at_check CHECK (resolved_at >= at)
);
CREATE UNIQUE INDEX platform_alarm_open ON liskeban.platform_alarm (kind, subject) WHERE resolved_at IS NULL;
COMMENT ON TABLE liskeban.platform_alarm IS '平台告警 what is wrong with the platform itself: a source that fell silent, a refused request nobody handled, a job that failed, a dispatch rule without its target, a table that no partition was made for in time, a camera that an emergency needs and that does not work';
COMMENT ON COLUMN liskeban.platform_alarm.platform_alarm_id IS '编号 key';
COMMENT ON COLUMN liskeban.platform_alarm.kind IS '类别 quiet_source, unhandled_reject, job_failed, dispatch_rule, no_partition, broken_camera';
COMMENT ON COLUMN liskeban.platform_alarm.subject IS '对象 the source, reject_id, job, rule_id, table or camera_id';
COMMENT ON COLUMN liskeban.platform_alarm.at IS '时刻 since when';
COMMENT ON COLUMN liskeban.platform_alarm.fired_at IS '发出时间 when it was found';
COMMENT ON COLUMN liskeban.platform_alarm.resolved_at IS '解除时间 when it was found well again; NULL while it lasts';
COMMENT ON COLUMN liskeban.platform_alarm.detail IS '说明 what was seen last';

-- One open alarm a subject: raised again it keeps its time and says the newest.
CREATE FUNCTION liskeban._raise_platform_alarm(kind text, subject text, at timestamptz, detail text) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO liskeban.platform_alarm AS p (kind, subject, at, fired_at, detail)
  VALUES (kind, subject, least(at, liskeban.liskeban_now()), liskeban.liskeban_now(), detail)
  ON CONFLICT (kind, subject) WHERE resolved_at IS NULL DO UPDATE SET detail = excluded.detail
   WHERE p.detail IS DISTINCT FROM excluded.detail
$$;
COMMENT ON FUNCTION liskeban._raise_platform_alarm(text, text, timestamptz, text) IS 'an alarm of the platform itself; one open alarm a kind and subject';

CREATE FUNCTION liskeban._clear_platform_alarm(kind text, subject text) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  UPDATE liskeban.platform_alarm AS p SET resolved_at = greatest(liskeban.liskeban_now(), p.at)
   WHERE p.kind = _clear_platform_alarm.kind AND p.subject = _clear_platform_alarm.subject AND p.resolved_at IS NULL
$$;
COMMENT ON FUNCTION liskeban._clear_platform_alarm(text, text) IS 'ends the open alarm of a kind and subject, if there is one';

-- Alarms are the sweep's and the log's alone.
CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.alarm
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.alarm ENABLE ALWAYS TRIGGER history_kept;
CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.alarm_directive
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.alarm_directive ENABLE ALWAYS TRIGGER history_kept;
