-- What sources say later of their tickets, and who mends what was refused (extension/maintain.c, extension/intake.c).

CREATE FUNCTION liskeban._ticket_word(ticket_id bigint, action text, note text, title text, description text) RETURNS integer
  AS 'MODULE_PATHNAME', 'ticket_word' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban._ticket_word(bigint, text, text, text, text) IS 'an event "urge" or "supplement" of a ticket, whatever its state, with its note; title and description are written with it. Returns the event''s seq. P0002 no such ticket, 22023 another action';

CREATE FUNCTION liskeban._require_desk(what text) RETURNS void
  AS 'MODULE_PATHNAME', 'intake_require_desk' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION liskeban._require_desk(text) IS '42501 unless the caller administers the platform or is a dispatcher; what it was about to do is said in the message';

REVOKE ALL ON FUNCTION liskeban._ticket_word(bigint, text, text, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION liskeban._require_desk(text) FROM PUBLIC;
