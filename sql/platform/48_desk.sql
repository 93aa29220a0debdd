-- The desk: final answers, attachments, replies from templates, who goes, and each one's own list.

CREATE TABLE liskeban.final_answer (
  ticket_id   bigint PRIMARY KEY,
  reply       text NOT NULL,
  reason      text NOT NULL,
  answered_by text NOT NULL,
  answered_at timestamptz NOT NULL,
  seq         integer NOT NULL
);
COMMENT ON TABLE liskeban.final_answer IS '终结答复 matters answered for good after a rework or another run: they are not reopened, and the same said again may be rejected as repeat_final';
COMMENT ON COLUMN liskeban.final_answer.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.final_answer.reply IS '答复 what the citizen is told; the ticket''s reply from then on';
COMMENT ON COLUMN liskeban.final_answer.reason IS '理由 why nothing more can be done';
COMMENT ON COLUMN liskeban.final_answer.answered_by IS '答复人 the dispatcher (kept by a trigger)';
COMMENT ON COLUMN liskeban.final_answer.answered_at IS '答复时间 when (kept by a trigger)';
COMMENT ON COLUMN liskeban.final_answer.seq IS '序号 its event in history (kept by a trigger)';
CREATE TRIGGER final_answer_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.final_answer
  FOR EACH ROW EXECUTE FUNCTION liskeban.final_answer_guard();
ALTER TABLE liskeban.final_answer ENABLE ALWAYS TRIGGER final_answer_guard;

CREATE FUNCTION liskeban.final_answer(ticket_id bigint, reply text, reason text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  seq integer;
BEGIN
  INSERT INTO liskeban.final_answer AS f (ticket_id, reply, reason)
  VALUES (final_answer.ticket_id, final_answer.reply, final_answer.reason) RETURNING f.seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.final_answer(bigint, text, text) IS '终结答复 answer a resolved or closed matter for good, after a rework or another run: it is not reopened any more, and a dissatisfied citizen makes no request. Returns the event''s seq. P0002 no such ticket, 22004 NULL, LK001 in another state, LK002 no reply, no reason or a first result, 42501 not a dispatcher''s, 23505 answered for good already';
REVOKE ALL ON FUNCTION liskeban.final_answer(bigint, text, text) FROM PUBLIC;
