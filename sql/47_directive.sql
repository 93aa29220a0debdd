-- Directives: the guards of their tables, and what receivers and issuers do.

CREATE FUNCTION liskeban.directive_guard() RETURNS trigger
  AS 'MODULE_PATHNAME', 'directive_guard' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.directive_guard() IS 'BEFORE trigger of liskeban.directive: who may issue and revoke (42501), what is missing (LK002), kept (LK003), given once (55000), never deleted (LK004), impossible (LK006)';

CREATE FUNCTION liskeban.directive_target_guard() RETURNS trigger
  AS 'MODULE_PATHNAME', 'directive_target_guard' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.directive_target_guard() IS 'BEFORE trigger of liskeban.directive_target: puts what lies in an area in its place, then who may be told, sign, answer and finish (42501), what is missing (LK002), kept (LK003), given once or revoked (55000), never deleted (LK004)';

CREATE FUNCTION liskeban._address_directive(directive_id bigint, areas liskeban.area_code[], departments text[]) RETURNS bigint
  AS 'MODULE_PATHNAME', 'address_directive' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban._address_directive(bigint, liskeban.area_code[], text[]) IS 'inserts the receivers of a directive, each once; LK002 when there is none';

CREATE FUNCTION liskeban.sign_directive(target_id bigint) RETURNS void
  AS 'MODULE_PATHNAME', 'sign_directive' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.sign_directive(bigint) IS '签收指令 sign for a directive, for the receiver: its handlers, dispatchers and leaders, and those of a rung above (42501). 22004 NULL, P0002 no such receiver, 55000 signed for already, or revoked';

CREATE FUNCTION liskeban.reply_directive(target_id bigint, reply text) RETURNS void
  AS 'MODULE_PATHNAME', 'reply_directive' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.reply_directive(bigint, text) IS '回复指令 answer a directive, for the receiver, once; it signs too where nobody has. LK002 an empty reply, 42501 not the receiver''s, 22004 NULL, P0002 no such receiver, 55000 answered already, or revoked';

CREATE FUNCTION liskeban.directive_done(target_id bigint, note text DEFAULT NULL) RETURNS void
  AS 'MODULE_PATHNAME', 'directive_done' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.directive_done(bigint, text) IS '办结指令 say that the receiver has done what was wanted. LK002 it has not been answered, 42501 not the receiver''s, 22004 NULL, P0002 no such receiver, 55000 done already, or revoked';

CREATE FUNCTION liskeban.revoke_directive(directive_id bigint, reason text) RETURNS void
  AS 'MODULE_PATHNAME', 'revoke_directive' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.revoke_directive(bigint, text) IS '撤销指令 take a directive back: its issuer, or an admin (42501). Its clocks stop. LK002 no reason, 22004 NULL, P0002 no such directive, 55000 revoked already';

REVOKE ALL ON FUNCTION liskeban.directive_guard(), liskeban.directive_target_guard(),
  liskeban._address_directive(bigint, liskeban.area_code[], text[]), liskeban.sign_directive(bigint),
  liskeban.reply_directive(bigint, text), liskeban.directive_done(bigint, text), liskeban.revoke_directive(bigint, text)
  FROM PUBLIC;
