-- Signals and hazards (extension/hazard_signal.c, extension/hazard_rule.c, extension/hazard.c).

CREATE FUNCTION liskeban.receive_signal(source text, payload jsonb, OUT ticket_id bigint, OUT outcome text, OUT reason text)
  AS 'MODULE_PATHNAME', 'receive_signal' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.receive_signal(text, jsonb) IS '接收信号 take in one signal of a source (NULL: the caller''s one): an object with device, or the object of the register that it is about, and if need be gateway, at, lon, lat, datum, address, besides what rules look at. Outcome ticketed (it made a hazard, dispatched at once), attached (counted on the open one of its device), ignored (no rule of its source holds) or quarantined, with the reason, in intake_reject: never raises for what the payload, or a rule, says. One row of hazard_signal a call. One signal a transaction: those of one device wait for each other. 42501 where the caller does not report for the source, 23503 where it is not registered, or retired';

CREATE FUNCTION liskeban._receive_signal(source text, payload jsonb, OUT ticket_id bigint, OUT outcome text, OUT reason text)
  AS 'MODULE_PATHNAME', 'receive_signal_as' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban._receive_signal(text, jsonb) IS 'receive_signal() for a source, whoever calls it';

CREATE FUNCTION liskeban._begin_hazard(hazard_id bigint, ticket_id bigint, department text, due timestamptz, step integer, major boolean) RETURNS void
  AS 'MODULE_PATHNAME', 'hazard_begin_sql' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban._begin_hazard(bigint, bigint, text, timestamptz, integer, boolean) IS 'as the platform: dispatch the ticket of a new hazard with the term of its chain, open the first step (NULL: none), list a major one';

CREATE FUNCTION liskeban._hazard_follow(ticket_id bigint, action text, at timestamptz, actor text) RETURNS void
  AS 'MODULE_PATHNAME', 'hazard_follow' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban._hazard_follow(bigint, text, timestamptz, text) IS 'what follows for a hazard, as the platform, from a move of its ticket or of that of one of its steps (extension/consequence.c)';

REVOKE ALL ON FUNCTION liskeban.receive_signal(text, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION liskeban._receive_signal(text, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION liskeban._begin_hazard(bigint, bigint, text, timestamptz, integer, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION liskeban._hazard_follow(bigint, text, timestamptz, text) FROM PUBLIC;
