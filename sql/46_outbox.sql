-- Notifications out (extension/outbox.c).

CREATE FUNCTION liskeban.outbox_kept() RETURNS trigger
  AS 'MODULE_PATHNAME', 'outbox_kept' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.outbox_kept() IS 'BEFORE STATEMENT trigger of liskeban.outbox: refuses what is not the platform''s own (LK004), and sees to it that ids are handed out in order';

CREATE FUNCTION liskeban.outbox_follow() RETURNS trigger
  AS 'MODULE_PATHNAME', 'outbox_follow' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.outbox_follow() IS 'AFTER STATEMENT trigger, with transition tables, of what is told in the outbox; its argument is the topic: alarm, whistle, supervision, directive';

CREATE FUNCTION liskeban._outbox_final() RETURNS bigint
  AS 'MODULE_PATHNAME', 'outbox_final' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban._outbox_final() IS 'the id up to which the outbox is final to a snapshot taken afterwards: no open or prepared transaction holds an id up to it; 55000 when the sequence is not CACHE 1';

CREATE FUNCTION liskeban.notify_outbox() RETURNS void
  AS 'MODULE_PATHNAME', 'outbox_notify_sql' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.notify_outbox() IS '通知 one NOTIFY liskeban_outbox, its payload the last id that is final, where something has been appended since the last, or a consumer is behind; each sweep ends with it';

CREATE FUNCTION liskeban.public_state(state liskeban.ticket_state) RETURNS text
  AS 'MODULE_PATHNAME', 'public_state' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.public_state(liskeban.ticket_state) IS '公开状态 what a source and the citizen are told of a state: received (reported, accepted), in_progress (dispatched, on_site, planned, suspended), resolved, closed, rejected, withdrawn, merged';

CREATE FUNCTION liskeban._session_id() RETURNS text
  AS 'MODULE_PATHNAME', 'session_id' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION liskeban._session_id() IS 'this session, as %c shows it in the server''s log';

REVOKE ALL ON FUNCTION liskeban.outbox_kept(), liskeban.outbox_follow(), liskeban._outbox_final(), liskeban.notify_outbox(),
  liskeban.public_state(liskeban.ticket_state), liskeban._session_id() FROM PUBLIC;
