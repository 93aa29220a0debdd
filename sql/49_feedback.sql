-- What the citizen says of the result.

CREATE FUNCTION liskeban.record_feedback(ticket_id bigint, satisfaction text, solved boolean DEFAULT NULL,
  comment text DEFAULT NULL, channel text DEFAULT NULL) RETURNS bigint
  AS 'MODULE_PATHNAME', 'record_feedback' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.record_feedback(bigint, text, boolean, text, text) IS '回访 record what the citizen says of the result: satisfied, neutral or dissatisfied, or that he was unreachable; of a merged ticket its own reporter''s word on the lead''s result. Every answer is kept in liskeban.feedback, whose key it returns; the ticket shows the last, and unreachable after three attempts on two days since it was resolved. Dissatisfied or not solved asks for rework (resolved) or reopening (closed, within platform.reopen_within), which another decides and which then acts at once; after one such grant on a rung the next complaint begins the work again and whistles one rung up. 22004 NULL, 22P02 no such satisfaction, P0002 no such ticket, LK001 neither resolved nor closed, 42501 no dispatcher or source, or who resolved it';

CREATE FUNCTION liskeban.record_feedback(ticket_id bigint, satisfaction liskeban.satisfaction, solved boolean DEFAULT NULL,
  comment text DEFAULT NULL, channel text DEFAULT NULL) RETURNS bigint
  LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
  AS 'SELECT liskeban.record_feedback(ticket_id, satisfaction::text, solved, comment, channel)';
COMMENT ON FUNCTION liskeban.record_feedback(bigint, liskeban.satisfaction, boolean, text, text) IS '回访 the same for a value of the enum';

REVOKE ALL ON FUNCTION liskeban.record_feedback(bigint, text, boolean, text, text),
  liskeban.record_feedback(bigint, liskeban.satisfaction, boolean, text, text) FROM PUBLIC;
