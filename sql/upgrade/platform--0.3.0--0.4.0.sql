-- Ordinary objects, 0.3.0 to 0.4.0: what the scripts of sql/platform, run again, do not bring by themselves.

-- the rate of whistles is one to score, and to appeal against, too
ALTER TABLE IF EXISTS liskeban.score_policy DROP CONSTRAINT IF EXISTS score_policy_rate_check;
ALTER TABLE IF EXISTS liskeban.score_policy ADD CONSTRAINT score_policy_rate_check
  CHECK (rate IN ('completion', 'on_time', 'on_time_original', 'response', 'answered', 'solved', 'satisfaction',
                  'rework', 'first_time', 'plan', 'promise', 'whistle'));
ALTER TABLE IF EXISTS liskeban.score_appeal DROP CONSTRAINT IF EXISTS score_appeal_rate_check;
ALTER TABLE IF EXISTS liskeban.score_appeal ADD CONSTRAINT score_appeal_rate_check
  CHECK (rate IN ('completion', 'on_time', 'on_time_original', 'response', 'answered', 'solved', 'satisfaction',
                  'rework', 'first_time', 'plan', 'promise', 'whistle'));

-- A long silence is not looked through anew each time.
ALTER TABLE IF EXISTS liskeban.source_heartbeat ADD COLUMN IF NOT EXISTS looked_at timestamptz;

-- Row security of the worklist asks what it asks of the ticket.
ALTER TABLE liskeban.worklist ADD COLUMN IF NOT EXISTS confidential boolean, ADD COLUMN IF NOT EXISTS category text;
ALTER TABLE liskeban.worklist DISABLE TRIGGER history_kept;
UPDATE liskeban.worklist AS w SET confidential = t.confidential, category = t.category
  FROM liskeban.ticket AS t WHERE t.ticket_id = w.ticket_id AND w.category IS NULL;
ALTER TABLE liskeban.worklist ENABLE ALWAYS TRIGGER history_kept;

-- Retention: a floor that only rises, and partitions that end by age. The default partition takes what none was made for.
ALTER TABLE liskeban.platform ADD COLUMN audit_retention interval NOT NULL DEFAULT '183 days', ADD COLUMN history_span interval NOT NULL DEFAULT '6 months',
  ADD COLUMN outbox_archived boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT platform_audit_retention_check CHECK (audit_retention >= interval '183 days' AND extract(year FROM audit_retention) = 0 AND extract(month FROM audit_retention) = 0),
  ADD CONSTRAINT platform_history_span_check CHECK (history_span >= interval '1 day');
ALTER TABLE IF EXISTS liskeban.alarm_directive DROP CONSTRAINT IF EXISTS alarm_directive_ticket_id_check;
ALTER TABLE IF EXISTS liskeban.alarm_directive DROP CONSTRAINT IF EXISTS alarm_directive_subject_check,
  ADD CONSTRAINT alarm_directive_subject_check CHECK (pg_catalog.num_nonnulls(ticket_id, subject) > 0);
ALTER TABLE IF EXISTS liskeban.platform_alarm DROP CONSTRAINT platform_alarm_kind_check;
ALTER TABLE IF EXISTS liskeban.platform_alarm ADD CONSTRAINT platform_alarm_kind_check
  CHECK (kind IN ('quiet_source', 'unhandled_reject', 'job_failed', 'dispatch_rule', 'no_partition', 'broken_camera'));
-- _day_changes() can tell of some tickets only: other parameters are another function.
DROP FUNCTION IF EXISTS liskeban._day_changes(bigint, bigint);

-- a reporter's row stays when what was in it is cleared; its digest is nobody's to give
ALTER TABLE liskeban.reporter ADD COLUMN IF NOT EXISTS anonymised_at timestamptz;
ALTER TABLE liskeban.reporter DROP CONSTRAINT IF EXISTS reporter_someone_check;
ALTER TABLE liskeban.reporter ADD CONSTRAINT reporter_someone_check
  CHECK ((pg_catalog.num_nonnulls(name, phone, phone_hash) > 0) = (anonymised_at IS NULL));

-- when the rules last changed
ALTER TABLE liskeban.platform ADD COLUMN rules_at timestamptz;

-- Autovacuum's shares are of all tickets there ever were.
ALTER TABLE liskeban.ticket SET (fillfactor = 50, autovacuum_analyze_scale_factor = 0.005, autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_insert_scale_factor = 0.02);
-- Whistles are told by _whistles_at().
DROP FUNCTION IF EXISTS liskeban._kpi_whistles(timestamptz, timestamptz, timestamptz, liskeban.ticket_kind[]);

-- Signals of hazards are kept for a while.
ALTER TABLE liskeban.platform ADD COLUMN IF NOT EXISTS signal_retention interval NOT NULL DEFAULT '30 days';
ALTER TABLE liskeban.platform DROP CONSTRAINT IF EXISTS platform_signal_retention_check;
ALTER TABLE liskeban.platform ADD CONSTRAINT platform_signal_retention_check CHECK (signal_retention >= interval '1 day');
ALTER TABLE liskeban.platform ADD COLUMN small_count integer NOT NULL DEFAULT 10, ADD CONSTRAINT platform_small_count_check CHECK (small_count >= 3);
-- Areas may be loaded to be in force later.
DROP FUNCTION IF EXISTS liskeban.load_areas(text, text, text, text, integer, text, boolean);
-- Nobody serves one cell twice at a time for one network; where rows say so (23P01), end one of them first.
ALTER TABLE liskeban.grid_member DROP CONSTRAINT IF EXISTS grid_member_once, ADD CONSTRAINT grid_member_once EXCLUDE USING gist (
    int8range((area::text)::bigint, (area::text)::bigint, '[]') WITH &&,
    int8range(hashtextextended(person || ' ' || network, 0), hashtextextended(person || ' ' || network, 0), '[]') WITH &&,
    tstzrange(begins_at, ends_at) WITH &&);

-- What to do about a risk, and holidays, in English too.
ALTER TABLE IF EXISTS liskeban.measure ADD COLUMN IF NOT EXISTS measure_en text, ADD COLUMN IF NOT EXISTS suggestion_en text,
  DROP CONSTRAINT IF EXISTS measure_measure_en_check, ADD CONSTRAINT measure_measure_en_check CHECK (measure_en <> ''),
  DROP CONSTRAINT IF EXISTS measure_suggestion_en_check, ADD CONSTRAINT measure_suggestion_en_check CHECK (suggestion_en <> '');
ALTER TABLE IF EXISTS liskeban.risk_item ADD COLUMN IF NOT EXISTS measure_en text, ADD COLUMN IF NOT EXISTS suggestion_en text;
DROP FUNCTION IF EXISTS liskeban._signal_measure(liskeban.signal);
ALTER TABLE liskeban.calendar_day ADD COLUMN IF NOT EXISTS name_en text;
