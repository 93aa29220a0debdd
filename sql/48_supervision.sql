-- Supervision: the guard of its table, and what leaders and those supervised do.

CREATE FUNCTION liskeban.supervision_guard() RETURNS trigger
  AS 'MODULE_PATHNAME', 'supervision_guard' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.supervision_guard() IS 'BEFORE trigger of liskeban.supervision: who may issue, answer and strike off (42501), of which tickets (LK001), what is missing (LK002), kept (LK003), given once or struck off (55000), never deleted (LK004), impossible (LK006)';

CREATE FUNCTION liskeban.supervise(ticket_id bigint, kind text, reason text, reply_within interval DEFAULT NULL) RETURNS bigint
  AS 'MODULE_PATHNAME', 'supervise' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.supervise(bigint, text, text, interval) IS '督办 urge, order or notice whoever holds the ticket (the desk before it is handed out), in working days reply_within; NULL asks for no answer, of an order for one in a working day. Returns supervision_id. LK001 the ticket is suspended, merged or final; LK002 no reason; LK006 reply_within not positive; 22023 another kind; 42501 not an admin, a dispatcher or leader above the holder; 22004 NULL; P0002 no such ticket';

CREATE FUNCTION liskeban.reply_supervision(supervision_id bigint, reply text) RETURNS void
  AS 'MODULE_PATHNAME', 'reply_supervision' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.reply_supervision(bigint, text) IS '督办回复 answer a supervision, once: whom it addresses, or a rung above (42501). LK002 an empty reply, 55000 answered already or struck off, 22004 NULL, P0002 no such supervision';

CREATE FUNCTION liskeban.strike_off(supervision_id bigint, note text DEFAULT NULL) RETURNS void
  AS 'MODULE_PATHNAME', 'strike_off' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.strike_off(bigint, text) IS '销号 strike a supervision off: who issued it, of the platform''s a dispatcher or leader above whom it addresses, or an admin; never who is supervised, or answered it (42501). 55000 struck off already, 22004 NULL, P0002 no such supervision';

REVOKE ALL ON FUNCTION liskeban.supervision_guard(), liskeban.supervise(bigint, text, text, interval),
  liskeban.reply_supervision(bigint, text), liskeban.strike_off(bigint, text) FROM PUBLIC;
