-- What the desk and the handlers do with a ticket without moving it (extension/desk.c).

CREATE FUNCTION liskeban.note(ticket_id bigint, note text) RETURNS integer
  AS 'MODULE_PATHNAME', 'ticket_note' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.note(bigint, text) IS '备注 write something down of a ticket, whatever its state, without moving it. Returns the event''s seq. P0002 no such ticket, 22004 NULL, LK002 an empty note, 42501 not within the actor''s reach';

CREATE FUNCTION liskeban.urge(ticket_id bigint, note text DEFAULT NULL) RETURNS integer
  AS 'MODULE_PATHNAME', 'ticket_urge' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.urge(bigint, text) IS '催单 the citizen asked again: counted in my_list, as an urge of a source (submit) is. Returns the event''s seq. P0002 no such ticket, 22004 NULL, LK001 it is not open, 42501 neither the desk''s nor the source''s';

CREATE FUNCTION liskeban.final_answer_guard() RETURNS trigger
  AS 'MODULE_PATHNAME', 'final_answer_guard' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.final_answer_guard() IS 'BEFORE ROW trigger of liskeban.final_answer: a dispatcher''s (42501), of a resolved or closed ticket (LK001) after a rework or another run, with reply and reason (LK002); stamps it, appends the event, and lets nothing change it (LK004)';

CREATE FUNCTION liskeban.may_work_on(state liskeban.ticket_state, area liskeban.area_code, responsible_area liskeban.area_code,
  department text, co_departments text[]) RETURNS boolean
  AS 'MODULE_PATHNAME', 'may_work_on' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.may_work_on(liskeban.ticket_state, liskeban.area_code, liskeban.area_code, text, text[]) IS '可办 whether a duty of the actor reaches such an open ticket: a dispatcher''s in any state, a handler''s from dispatch until it is resolved';

CREATE FUNCTION liskeban._require_reach(ticket record, what text) RETURNS void
  AS 'MODULE_PATHNAME', 'require_reach' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION liskeban._require_reach(record, text) IS '42501 unless the actor is a dispatcher or a handler whose duty reaches the row of liskeban.ticket; what it was about to do is said in the message';

CREATE FUNCTION liskeban.ticket_lamp(ticket record, OUT lamp text, OUT next_due timestamptz)
  AS 'MODULE_PATHNAME', 'ticket_lamp' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.ticket_lamp(record) IS '亮灯 of the running clocks of a row of liskeban.ticket the worst lamp at liskeban_now() and the earliest due; green and NULL while none runs';

REVOKE ALL ON FUNCTION liskeban.note(bigint, text), liskeban.urge(bigint, text), liskeban.final_answer_guard(),
  liskeban._require_reach(record, text) FROM PUBLIC;
