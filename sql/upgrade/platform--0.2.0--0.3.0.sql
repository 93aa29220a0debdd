-- Ordinary objects, 0.2.0 to 0.3.0: what the scripts of sql/platform, run again, do not bring by themselves.

ALTER TABLE liskeban.worklist ADD COLUMN own_alarm_at timestamptz, ADD COLUMN subject_alarm_at timestamptz;

-- What the wall counts by.
ALTER TABLE liskeban.worklist ADD COLUMN area liskeban.area_code, ADD COLUMN received_at timestamptz, ADD COLUMN due timestamptz;
ALTER TABLE liskeban.worklist DISABLE TRIGGER history_kept;
UPDATE liskeban.worklist AS w SET area = t.area, received_at = t.received_at,
       due = CASE WHEN t.state NOT IN ('suspended', 'resolved') THEN coalesce(t.resolve_due, t.plan_due) END
  FROM liskeban.ticket AS t WHERE t.ticket_id = w.ticket_id;
ALTER TABLE liskeban.worklist ENABLE ALWAYS TRIGGER history_kept;

-- Dispatch rules raise alarms of their own.
ALTER TABLE IF EXISTS liskeban.platform_alarm DROP CONSTRAINT platform_alarm_kind_check;
ALTER TABLE IF EXISTS liskeban.platform_alarm ADD CONSTRAINT platform_alarm_kind_check
  CHECK (kind IN ('quiet_source', 'unhandled_reject', 'job_failed', 'dispatch_rule'));
ALTER TABLE liskeban.platform ADD COLUMN outbox_retention interval NOT NULL DEFAULT '30 days',
  ADD CONSTRAINT platform_outbox_retention_check CHECK (outbox_retention >= interval '0');

-- Plans: how long a run may be suspended. What was given in months or years is days from now on.
ALTER TABLE liskeban.plan_policy ADD COLUMN max_suspend interval;
UPDATE liskeban.plan_policy SET max_suspend = interval '90 days',
  max_promise = CASE WHEN extract(month FROM max_promise) <> 0 OR extract(year FROM max_promise) <> 0
                     THEN make_interval(days => (extract(epoch FROM max_promise) / 86400)::integer) ELSE max_promise END,
  progress_every = CASE WHEN extract(month FROM progress_every) <> 0 OR extract(year FROM progress_every) <> 0
                        THEN make_interval(days => (extract(epoch FROM progress_every) / 86400)::integer) ELSE progress_every END;
ALTER TABLE liskeban.plan_policy ALTER max_suspend SET NOT NULL,
  ADD CONSTRAINT plan_policy_max_suspend_check CHECK (max_suspend >= interval '0'),
  ADD CONSTRAINT plan_policy_months_check CHECK (extract(month FROM max_promise) = 0 AND extract(year FROM max_promise) = 0
    AND extract(month FROM progress_every) = 0 AND extract(year FROM progress_every) = 0
    AND extract(month FROM max_suspend) = 0 AND extract(year FROM max_suspend) = 0);

-- The ladder likewise: months would keep every sweep and every whistle from its work.
UPDATE liskeban.escalation_policy SET
  sign_within = CASE WHEN extract(month FROM sign_within) <> 0 OR extract(year FROM sign_within) <> 0
                     THEN make_interval(days => (extract(epoch FROM sign_within) / 86400)::integer) ELSE sign_within END,
  handle_within = CASE WHEN extract(month FROM handle_within) <> 0 OR extract(year FROM handle_within) <> 0
                       THEN make_interval(days => (extract(epoch FROM handle_within) / 86400)::integer) ELSE handle_within END;
ALTER TABLE liskeban.escalation_policy
  ADD CONSTRAINT escalation_policy_months_check CHECK (extract(month FROM sign_within) = 0 AND extract(year FROM sign_within) = 0
    AND extract(month FROM handle_within) = 0 AND extract(year FROM handle_within) = 0);

-- Attachments: when each was taken down, as far as anything says so.
ALTER TABLE liskeban.attachment ADD COLUMN created_at timestamptz;
UPDATE liskeban.attachment AS a
   SET created_at = coalesce(a.taken_at, (SELECT t.received_at FROM liskeban.ticket AS t WHERE t.ticket_id = a.ticket_id), liskeban.liskeban_now());
ALTER TABLE liskeban.attachment ALTER created_at SET DEFAULT liskeban.liskeban_now(), ALTER created_at SET NOT NULL;

-- An alarm may be a directive's: those have a partition of their own.
ALTER TABLE IF EXISTS liskeban.alarm ALTER ticket_id DROP NOT NULL;

-- kpi() tells of whistles: another result is another function. The step before may have dropped it already.
DROP FUNCTION IF EXISTS liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[]);
