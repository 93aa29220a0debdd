-- The ladder: whistles, what becomes of them, and task forces.

CREATE FUNCTION liskeban.blow_whistle(ticket_id bigint, reason text) RETURNS bigint
  AS 'MODULE_PATHNAME', 'whistle_blow' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.blow_whistle(bigint, text) IS '吹哨 carry a ticket up a rung, with a reason; returns whistle_id. A suspended ticket is resumed first. 22004 NULL id, P0002 no such ticket, 42501 neither handler, dispatcher nor official, LK005 no ground: no reason, the ticket not on the actor''s rung or nobody at work on it, no rung above, principal without a district whistle past its handle_due, or too many declined whistles of the actor';

CREATE FUNCTION liskeban.sign_whistle(whistle_id bigint) RETURNS void
  AS 'MODULE_PATHNAME', 'whistle_sign' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.sign_whistle(bigint) IS '签收 the rung that was whistled up takes the ticket on; the handle clock starts then, or at sign_due. LK002 at district and principal without a task force, 42501 not on that rung, 55000 signed or over, P0002 no such whistle';

CREATE FUNCTION liskeban.decline_whistle(whistle_id bigint, reason text) RETURNS void
  AS 'MODULE_PATHNAME', 'whistle_decline' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.decline_whistle(bigint, text) IS '退哨 give the ticket back to the rung and holder it came from, its clocks untouched. LK002 no reason, 42501 not on the rung that was whistled up, 55000 over, P0002 no such whistle';

CREATE FUNCTION liskeban.appeal_whistle(whistle_id bigint, reason text) RETURNS void
  AS 'MODULE_PATHNAME', 'whistle_appeal' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.appeal_whistle(bigint, text) IS '申诉 the raiser of a declined whistle goes to the rung above the one that declined, once; the new whistle names it in appeal_of. LK005 no reason, not declined, appealed before, declined by the principal, or the ticket has moved on; 42501 not the raiser, P0002 no such whistle';

CREATE FUNCTION liskeban.hand_down(whistle_id bigint, instruction text) RETURNS void
  AS 'MODULE_PATHNAME', 'whistle_hand_down' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.hand_down(bigint, text) IS '交办 give a signed ticket back to the rung and holder it came from, with an instruction. LK002 no instruction, 42501 not on the rung that was whistled up, 55000 not signed or over, P0002 no such whistle';

CREATE FUNCTION liskeban.set_task_force(whistle_id bigint, leader text, members text[] DEFAULT NULL) RETURNS void
  AS 'MODULE_PATHNAME', 'task_force_set' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.set_task_force(bigint, text, text[]) IS '专班 who handles what was whistled up to the district or the principal: these and no others. LK002 no leader, 42501 neither on that rung nor a dispatcher, 55000 over, P0002 no such whistle';

CREATE FUNCTION liskeban.task_force_guard() RETURNS trigger
  AS 'MODULE_PATHNAME', 'task_force_guard' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.task_force_guard() IS 'BEFORE ROW trigger of liskeban.task_force: only while the whistle is open (55000), by its rung or a dispatcher (42501)';

REVOKE ALL ON FUNCTION liskeban.blow_whistle(bigint, text), liskeban.sign_whistle(bigint),
  liskeban.decline_whistle(bigint, text), liskeban.appeal_whistle(bigint, text), liskeban.hand_down(bigint, text),
  liskeban.set_task_force(bigint, text, text[]), liskeban.task_force_guard() FROM PUBLIC;
