-- The clock and the identity of a session.

CREATE FUNCTION liskeban.liskeban_now() RETURNS timestamptz
  AS 'MODULE_PATHNAME', 'liskeban_now_sql' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.liskeban_now() IS '平台时间 the time every rule goes by: the start of the statement, or the setting liskeban.now';

CREATE FUNCTION liskeban.act_as(identity text, for_transaction boolean DEFAULT false) RETURNS void
  AS 'MODULE_PATHNAME', 'act_as' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.act_as(text, boolean) IS '代办身份 act for an identity of liskeban.membership, for the session or for this transaction; NULL ends it. 42501 where the identity has no membership, or no gateway membership of the login covers it';

CREATE FUNCTION liskeban.actor() RETURNS text
  AS 'MODULE_PATHNAME', 'actor_sql' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.actor() IS '操作人 the name that history will bear: the identity acted for, else the role (SET ROLE is seen, a definer function is not)';

CREATE FUNCTION liskeban.registry_changed() RETURNS trigger
  AS 'MODULE_PATHNAME', 'registry_changed' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.registry_changed() IS 'statement trigger of the registry tables: AFTER a change it invalidates the caches of all backends, BEFORE DELETE or TRUNCATE it refuses (restrict_violation)';
REVOKE ALL ON FUNCTION liskeban.registry_changed() FROM PUBLIC;
