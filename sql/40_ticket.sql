-- What keeps a ticket: its guard, its log, the steps that only the platform takes.

CREATE FUNCTION liskeban.ticket_guard() RETURNS trigger
  AS 'MODULE_PATHNAME', 'ticket_guard' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.ticket_guard() IS 'BEFORE trigger of liskeban.ticket: checks LK003, LK004, LK001, 42501, LK002, LK006 in this order, places the ticket and stamps its clocks';

CREATE FUNCTION liskeban.ticket_log() RETURNS trigger
  AS 'MODULE_PATHNAME', 'ticket_log' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.ticket_log() IS 'AFTER STATEMENT trigger of liskeban.ticket: appends ticket_event and keeps the worklist';

CREATE FUNCTION liskeban.history_kept() RETURNS trigger
  AS 'MODULE_PATHNAME', 'history_kept' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.history_kept() IS 'BEFORE STATEMENT trigger of history and its partitions: refuses what is not the log''s own (LK004)';

CREATE FUNCTION liskeban.transition_checked() RETURNS trigger
  AS 'MODULE_PATHNAME', 'transition_checked' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.transition_checked() IS 'BEFORE ROW trigger of liskeban.transition: refuses an unknown requirement (22023)';

CREATE FUNCTION liskeban.reporter_changed() RETURNS trigger
  AS 'MODULE_PATHNAME', 'reporter_changed' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.reporter_changed() IS 'AFTER STATEMENT trigger of liskeban.reporter: sets has_reporter of its tickets';

CREATE FUNCTION liskeban._reporters_follow(follow boolean) RETURNS void
  AS 'MODULE_PATHNAME', 'reporters_follow_sql' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION liskeban._reporters_follow(boolean) IS 'true: until false, or the end of the transaction or subtransaction, an INSERT of tickets may give has_reporter, for the caller inserts their reporters itself';

CREATE FUNCTION liskeban.ticket_known() RETURNS trigger
  AS 'MODULE_PATHNAME', 'ticket_known' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.ticket_known() IS 'AFTER STATEMENT trigger of what hangs on a ticket: its ticket_id is that of a ticket there is (23503)';

CREATE FUNCTION liskeban.contact(ticket_id bigint, note text) RETURNS integer
  AS 'MODULE_PATHNAME', 'ticket_contact' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.contact(bigint, text) IS '联系群众 record that the citizen was spoken to; the first time in a run meets the respond clock of a category that is not on_site. Returns the event''s seq. P0002 no such ticket, LK001 nobody holds it, 42501 not the holder''s or the desk''s';

CREATE FUNCTION liskeban.begin_move(ticket_id bigint, action text) RETURNS void
  AS 'MODULE_PATHNAME', 'begin_move' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.begin_move(bigint, text) IS '准备流转 locks the ticket and sees that the action can be taken from where it stands: 22004 NULL id, P0002 no such ticket, LK001 another state';

CREATE FUNCTION liskeban.begin_redispatch(ticket_id bigint, responsible_area liskeban.area_code, department text) RETURNS void
  AS 'MODULE_PATHNAME', 'begin_redispatch' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.begin_redispatch(bigint, liskeban.area_code, text) IS '准备流转 begin_move() for a redispatch: LK002 where the target is the present holder';

CREATE FUNCTION liskeban.ask(ticket_id bigint, kind text, reason text, until timestamptz DEFAULT NULL) RETURNS bigint
  AS 'MODULE_PATHNAME', 'request_ask' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.ask(bigint, text, text, timestamptz) IS '申请 ask for return, suspend, extend, promise, rework or reopen; returns request_id. 22023 another kind, 23505 one of that kind is open, LK001 not in this state, LK002 no reason or no until, LK006 until not in the future, P0002 no such ticket, 42501 not the actor''s to ask';

CREATE FUNCTION liskeban.decide(request_id bigint, granted boolean, note text) RETURNS void
  AS 'MODULE_PATHNAME', 'request_decide' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.decide(bigint, boolean, text) IS '审批 grant or refuse a request; a dispatcher, for a promise somebody on the rung above the ticket''s or higher, and another than asked (42501). A granted extend moves resolve_due at once (LK002 once it has passed), the others permit one move. P0002 no such request, 55000 decided already';

CREATE FUNCTION liskeban.event_hash(event_id bigint, ticket_id bigint, seq integer, run integer, at timestamptz,
  recorded_at timestamptz, action text, from_state text, to_state text, actor text, login text,
  note_digest bytea, detail jsonb) RETURNS bytea
  AS 'MODULE_PATHNAME', 'event_hash_sql' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.event_hash(bigint, bigint, integer, integer, timestamptz, timestamptz, text, text, text, text, text, bytea, jsonb)
  IS '事件哈希 SHA-256 of a row of ticket_event in its fixed binary form, version 1: byte 1, then each field as four-byte length and bytes, big-endian, NULL as FFFFFFFF; times in µs since 1970 UTC; digests of note and of detail''s text stand for them. NULL when a field that must be there is not';

CREATE FUNCTION liskeban.ticket_clocks(ticket record, OUT clock text, OUT due timestamptz, OUT given interval,
  OUT basis text, OUT yellow_at timestamptz, OUT red_at timestamptz, OUT red2_at timestamptz, OUT red3_at timestamptz,
  OUT lamp text) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'ticket_clocks' LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 2;
COMMENT ON FUNCTION liskeban.ticket_clocks(record) IS '运行时钟 the running clocks of a row of liskeban.ticket: due time, time given, the instants of the levels, the lamp at liskeban_now()';

CREATE FUNCTION liskeban._load_history_batch(batch text) RETURNS bigint
  AS 'MODULE_PATHNAME', 'load_history_batch' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban._load_history_batch(text) IS 'runs liskeban._load_history_steps(batch) as the loading of a history: its INSERT may give received_at and has_reporter, and what the tickets went through: accepted_at as updated_at, the rest in the columns of its name; roles and requirements do not apply';

REVOKE ALL ON FUNCTION liskeban.ticket_guard(), liskeban.ticket_log(), liskeban.history_kept(),
  liskeban.transition_checked(), liskeban.reporter_changed(), liskeban.ticket_known(), liskeban.contact(bigint, text),
  liskeban.begin_move(bigint, text), liskeban.begin_redispatch(bigint, liskeban.area_code, text), liskeban.ask(bigint, text, text, timestamptz), liskeban.decide(bigint, boolean, text),
  liskeban._load_history_batch(text), liskeban._reporters_follow(boolean) FROM PUBLIC;
