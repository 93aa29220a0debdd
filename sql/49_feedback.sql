-- What the citizen says of the result, what two texts have in common, what a wrong click undoes.

CREATE FUNCTION liskeban.record_feedback(ticket_id bigint, satisfaction text, solved boolean DEFAULT NULL,
  comment text DEFAULT NULL, channel text DEFAULT NULL) RETURNS bigint
  AS 'MODULE_PATHNAME', 'record_feedback' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.record_feedback(bigint, text, boolean, text, text) IS '回访 record what the citizen says of the result: satisfied, neutral or dissatisfied, or that he was unreachable; of a merged ticket its own reporter''s word on the lead''s result. Every answer is kept in liskeban.feedback, whose key it returns; the ticket shows the last, and unreachable after three attempts on two days since it was resolved. Dissatisfied or not solved asks for rework (resolved) or reopening (closed, within platform.reopen_within), which another decides and which then acts at once; after one such grant on a rung the next complaint begins the work again and whistles one rung up. 22004 NULL, 22P02 no such satisfaction, P0002 no such ticket, LK001 neither resolved nor closed, 42501 no dispatcher or source, or who resolved it';

CREATE FUNCTION liskeban.record_feedback(ticket_id bigint, satisfaction liskeban.satisfaction, solved boolean DEFAULT NULL,
  comment text DEFAULT NULL, channel text DEFAULT NULL) RETURNS bigint
  LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
  AS 'SELECT liskeban.record_feedback(ticket_id, satisfaction::text, solved, comment, channel)';
COMMENT ON FUNCTION liskeban.record_feedback(bigint, liskeban.satisfaction, boolean, text, text) IS '回访 the same for a value of the enum';

CREATE FUNCTION liskeban.revert(ticket_id bigint, note text) RETURNS integer
  AS 'MODULE_PATHNAME', 'ticket_revert' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.revert(bigint, text) IS '更正 undo the last transition, within 10 minutes of its recorded_at, when nothing but notes, urges and words of the source came after it: state and every column named in its event''s detail are as before; an event revert says which (detail.reverts = its seq), and figures pass over both. Texts (resolution, reply, plan) and the position stay as they are, alarms that fired stay, whistles and progress it ended go on, the request it used may be used again, the complaint it decided waits again. A dispatcher''s. Returns the event''s seq. P0002 no such ticket, LK001 nothing to revert or too late, 42501 another, LK002 no note, or the transition changed other tickets';

CREATE FUNCTION liskeban.begin_merge(ticket_id bigint, lead_id bigint) RETURNS void
  AS 'MODULE_PATHNAME', 'begin_merge' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.begin_merge(bigint, bigint) IS 'begin_move() for a merge: locks the two tickets, the lower number first; 55P03 where another session is merging the same two';

CREATE FUNCTION liskeban._text_similarity(text, text) RETURNS double precision
  AS 'MODULE_PATHNAME', 'text_similarity' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION liskeban._text_similarity(text, text) IS '0..1, the similarity() of pg_trgm: trigrams in common / trigrams of either; in a database whose ctype is C, for which Chinese has no letters, the same reckoned with everything beyond ASCII a letter but punctuation';

CREATE FUNCTION liskeban._point_distance(geometry, geometry) RETURNS double precision
  AS 'MODULE_PATHNAME', 'point_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION liskeban._point_distance(geometry, geometry) IS 'metres on the ellipsoid between two points of SRID 4490; NULL when either is empty; 22023 for anything else';

REVOKE ALL ON FUNCTION liskeban.record_feedback(bigint, text, boolean, text, text),
  liskeban.record_feedback(bigint, liskeban.satisfaction, boolean, text, text), liskeban.revert(bigint, text),
  liskeban.begin_merge(bigint, bigint), liskeban._text_similarity(text, text),
  liskeban._point_distance(geometry, geometry) FROM PUBLIC;
