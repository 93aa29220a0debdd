-- Ordinary objects, 0.2.0 to 0.3.0: what the scripts of sql/platform, run again, do not bring by themselves.

ALTER TABLE liskeban.worklist ADD COLUMN subject_alarm_at timestamptz;

-- Dispatch rules raise alarms of their own.
ALTER TABLE liskeban.platform_alarm DROP CONSTRAINT platform_alarm_kind_check;
ALTER TABLE liskeban.platform_alarm ADD CONSTRAINT platform_alarm_kind_check
  CHECK (kind IN ('quiet_source', 'unhandled_reject', 'job_failed', 'dispatch_rule'));
ALTER TABLE liskeban.platform ADD COLUMN outbox_retention interval NOT NULL DEFAULT '30 days',
  ADD CONSTRAINT platform_outbox_retention_check CHECK (outbox_retention >= interval '0');
