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

-- Row security of the worklist asks what it asks of the ticket.
ALTER TABLE liskeban.worklist ADD COLUMN IF NOT EXISTS confidential boolean, ADD COLUMN IF NOT EXISTS category text;
ALTER TABLE liskeban.worklist DISABLE TRIGGER history_kept;
UPDATE liskeban.worklist AS w SET confidential = t.confidential, category = t.category
  FROM liskeban.ticket AS t WHERE t.ticket_id = w.ticket_id AND w.category IS NULL;
ALTER TABLE liskeban.worklist ENABLE ALWAYS TRIGGER history_kept;
