-- Progress of a plan: a row for each report that is due while a ticket is planned.

CREATE TABLE liskeban.progress (
  progress_id bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  ticket_id   bigint NOT NULL,
  opened_at   timestamptz NOT NULL,
  due         timestamptz NOT NULL,
  ended_at    timestamptz,
  reported_at timestamptz,
  reported_by text,
  percent     integer,
  note        text,
  CONSTRAINT progress_percent_check CHECK (percent BETWEEN 0 AND 100)
);
CREATE INDEX progress_ticket_id_idx ON liskeban.progress (ticket_id);
CREATE UNIQUE INDEX progress_one_open ON liskeban.progress (ticket_id) WHERE ended_at IS NULL;
COMMENT ON TABLE liskeban.progress IS '进展 the reports that are due, each plan_policy.progress_every, while a ticket is planned: one open row a planned ticket; written by progress() and the platform';
COMMENT ON COLUMN liskeban.progress.progress_id IS '编号 six digits of the district × 10^9 + n';
COMMENT ON COLUMN liskeban.progress.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.progress.opened_at IS '起算时间 when it was planned, resumed or last reported';
COMMENT ON COLUMN liskeban.progress.due IS '时限 by when the report is due';
COMMENT ON COLUMN liskeban.progress.ended_at IS '结束时间 when it was reported, missed (the due) or the ticket was planned anew or no more; NULL while it runs';
COMMENT ON COLUMN liskeban.progress.reported_at IS '报告时间 when it was reported; NULL where it was not';
COMMENT ON COLUMN liskeban.progress.reported_by IS '报告人 who reported';
COMMENT ON COLUMN liskeban.progress.percent IS '完成比例 0 to 100; may fall';
COMMENT ON COLUMN liskeban.progress.note IS '进展情况 what was reported';

-- What happened is not undone, not even by who passes every grant.
CREATE TRIGGER history_kept BEFORE DELETE OR TRUNCATE ON liskeban.progress
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.progress ENABLE ALWAYS TRIGGER history_kept;
