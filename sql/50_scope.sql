-- What an actor sees, for policies of row security: values for conditions of an index, and functions of a row.

CREATE FUNCTION liskeban.scope_from() RETURNS bigint
  AS 'MODULE_PATHNAME', 'scope_from' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.scope_from() IS '全区可见 0 for an actor who sees the whole district, else NULL: ticket_id >= scope_from() is true of every ticket or of none';

CREATE FUNCTION liskeban.scope_low() RETURNS liskeban.area_code
  AS 'MODULE_PATHNAME', 'scope_low' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.scope_low() IS '辖区下界 the lowest code that lies in an area of the actor''s; NULL without one. What lies between scope_low() and scope_high() may be another''s: in_scope() decides';

CREATE FUNCTION liskeban.scope_high() RETURNS liskeban.area_code
  AS 'MODULE_PATHNAME', 'scope_high' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.scope_high() IS '辖区上界 the highest code that may lie in an area of the actor''s; NULL without one';

CREATE FUNCTION liskeban.scope_departments() RETURNS text[]
  AS 'MODULE_PATHNAME', 'scope_departments' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.scope_departments() IS '所属部门 the departments of the actor''s duties and offices';

CREATE FUNCTION liskeban.scope_answered() RETURNS text[]
  AS 'MODULE_PATHNAME', 'scope_answered' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.scope_answered() IS '管辖部门 the departments that the actor answers for: its own and those below them, and the offices of its towns';

CREATE FUNCTION liskeban.scope_sources() RETURNS text[]
  AS 'MODULE_PATHNAME', 'scope_sources' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.scope_sources() IS '所属来源 the source systems that the actor reports for; a membership that names none gives none';

CREATE FUNCTION liskeban.scope_name() RETURNS text
  AS 'MODULE_PATHNAME', 'scope_name' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.scope_name() IS '本人 what liskeban.actor() says, at the cost of one call an execution';

CREATE FUNCTION liskeban.scope_received() RETURNS bigint[]
  AS 'MODULE_PATHNAME', 'scope_received' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.scope_received() IS '接收指令 the directives that a unit of the actor''s, or below it, receives; none for who sees the whole district, as scope_from() says';

CREATE FUNCTION liskeban.scope_issued() RETURNS bigint[]
  AS 'MODULE_PATHNAME', 'scope_issued' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.scope_issued() IS '本人签发 the directives that the actor issued; none for who sees the whole district, as scope_from() says';

CREATE FUNCTION liskeban.scope_held() RETURNS bigint[]
  AS 'MODULE_PATHNAME', 'scope_held' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.scope_held() IS '另行可见 tickets that the actor sees for another reason than where they are: what this transaction moved out of its sight, and what an area of its takes part in until that is done';

CREATE FUNCTION liskeban.in_scope_support(internal) RETURNS internal
  AS 'MODULE_PATHNAME', 'in_scope_support' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.in_scope_support(internal) IS 'planner support of in_scope(): beside the conditions of an index it leaves nearly all';
REVOKE ALL ON FUNCTION liskeban.in_scope_support(internal) FROM PUBLIC;

CREATE FUNCTION liskeban.in_scope(responsible_area liskeban.area_code, area liskeban.area_code, department text,
  co_departments text[], confidential boolean, category text, tier liskeban.tier) RETURNS boolean
  AS 'MODULE_PATHNAME', 'in_scope' LANGUAGE C STABLE PARALLEL SAFE SUPPORT liskeban.in_scope_support;
COMMENT ON FUNCTION liskeban.in_scope(liskeban.area_code, liskeban.area_code, text, text[], boolean, text, liskeban.tier) IS '工单可见 does the actor see a ticket such as this: of an area or department of its duties that holds it or takes part, or in whose area it lies; a confidential one, or one about staff, only as its holder once it is dispatched';

CREATE FUNCTION liskeban.ticket_in_scope(ticket_id bigint) RETURNS boolean
  AS 'MODULE_PATHNAME', 'ticket_in_scope' LANGUAGE C STABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION liskeban.ticket_in_scope(bigint) IS '工单可见 does the actor see the ticket of this number; false where there is none';

CREATE FUNCTION liskeban.unit_in_scope(area liskeban.area_code, department text) RETURNS boolean
  AS 'MODULE_PATHNAME', 'unit_in_scope' LANGUAGE C STABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION liskeban.unit_in_scope(liskeban.area_code, text) IS '单位可见 does the actor answer for the area, the department, or the department within the area: of it, or above it';

CREATE FUNCTION liskeban.whistle_in_scope(whistle_id bigint) RETURNS boolean
  AS 'MODULE_PATHNAME', 'whistle_in_scope' LANGUAGE C STABLE PARALLEL SAFE COST 200;
COMMENT ON FUNCTION liskeban.whistle_in_scope(bigint) IS '吹哨可见 does the actor see the whistle: its ticket, or as the unit that raised it';

CREATE FUNCTION liskeban.alarm_in_scope(ticket_id bigint, subject bigint) RETURNS boolean
  AS 'MODULE_PATHNAME', 'alarm_in_scope' LANGUAGE C STABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION liskeban.alarm_in_scope(bigint, bigint) IS '告警可见 does the actor see an alarm: by its ticket; one that has none by the receiver of a directive that is its subject';
