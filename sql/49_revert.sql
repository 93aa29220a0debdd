-- What a wrong click undoes.

CREATE FUNCTION liskeban.revert(ticket_id bigint, note text) RETURNS integer
  AS 'MODULE_PATHNAME', 'ticket_revert' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.revert(bigint, text) IS '更正 undo the last transition, within 10 minutes of its recorded_at, when nothing but notes, urges and words of the source came after it: state and every column named in its event''s detail are as before; an event revert says which (detail.reverts = its seq), and figures pass over both. Texts (resolution, reply, plan) and the position stay as they are, alarms that fired stay, whistles and progress it ended go on, the request it used may be used again, the complaint it decided waits again. A dispatcher''s. Returns the event''s seq. P0002 no such ticket, LK001 nothing to revert or too late, 42501 another, LK002 no note, or the transition changed other tickets';

REVOKE ALL ON FUNCTION liskeban.revert(bigint, text) FROM PUBLIC;
