-- Ordinary objects, 0.2.0 to 0.3.0: what the scripts of sql/platform, run again, do not bring by themselves.

ALTER TABLE liskeban.worklist ADD COLUMN subject_alarm_at timestamptz;
