-- The citizen's word: every answer, and every attempt to get one. Written by the log of liskeban.ticket only, whether it
-- was given by record_feedback() or by a plain UPDATE.

CREATE TABLE liskeban.feedback (
  feedback_id  bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  ticket_id    bigint NOT NULL,
  run          integer NOT NULL,
  at           timestamptz NOT NULL,
  recorded_by  text NOT NULL,
  channel      text,
  satisfaction liskeban.satisfaction,
  solved       boolean,
  comment      text,
  request_id   bigint,
  CONSTRAINT feedback_answer_check CHECK (pg_catalog.num_nonnulls(satisfaction, solved) > 0)
);
CREATE INDEX feedback_ticket_id_idx ON liskeban.feedback (ticket_id);
CREATE INDEX feedback_at_idx ON liskeban.feedback USING brin (at) WITH (pages_per_range = 32, autosummarize = on);
COMMENT ON TABLE liskeban.feedback IS '回访记录 every answer of a citizen, and every attempt to reach one; never changed';
COMMENT ON COLUMN liskeban.feedback.feedback_id IS '编号 key';
COMMENT ON COLUMN liskeban.feedback.ticket_id IS '工单编号 the ticket whose reporter answered; of a merged one its own';
COMMENT ON COLUMN liskeban.feedback.run IS '轮次 the ticket''s run then';
COMMENT ON COLUMN liskeban.feedback.at IS '时间 when, as the event''s';
COMMENT ON COLUMN liskeban.feedback.recorded_by IS '记录人 who recorded it';
COMMENT ON COLUMN liskeban.feedback.channel IS '渠道 how the citizen was asked';
COMMENT ON COLUMN liskeban.feedback.satisfaction IS '满意度 satisfied, neutral or dissatisfied; unreachable: an attempt';
COMMENT ON COLUMN liskeban.feedback.solved IS '是否解决 what the citizen says';
COMMENT ON COLUMN liskeban.feedback.comment IS '意见 personal data may stand in it';
COMMENT ON COLUMN liskeban.feedback.request_id IS '申请编号 the request for rework or reopening that it made; NULL none';

CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.feedback
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.feedback ENABLE ALWAYS TRIGGER history_kept;
