-- sql/00_header.sql
-- liskeban: members of the extension. Tables are not among them: liskeban.create_platform() makes those.
\echo Use "CREATE EXTENSION liskeban CASCADE" to load this file. \quit

-- A schema that somebody filled beforehand could put its own functions in the way of ours.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE relnamespace = 'liskeban'::pg_catalog.regnamespace)
     OR EXISTS (SELECT FROM pg_catalog.pg_proc WHERE pronamespace = 'liskeban'::pg_catalog.regnamespace)
     OR EXISTS (SELECT FROM pg_catalog.pg_type WHERE typnamespace = 'liskeban'::pg_catalog.regnamespace) THEN
    RAISE EXCEPTION 'schema "liskeban" is not empty' USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'Create the extension in a database where nobody has made objects in that schema.';
  END IF;
END
$$;
REVOKE ALL ON SCHEMA liskeban FROM PUBLIC;

-- sql/10_types.sql
-- Closed sets. What a DBA may extend is a registry table with a text key instead.

CREATE TYPE liskeban.area_level AS ENUM ('province', 'city', 'district', 'town', 'village', 'grid', 'microgrid');
COMMENT ON TYPE liskeban.area_level IS '区域层级 levels of the national hierarchical code, coarse to fine';

CREATE TYPE liskeban.ticket_state AS ENUM ('reported', 'accepted', 'dispatched', 'on_site', 'planned', 'suspended',
  'resolved', 'closed', 'rejected', 'withdrawn', 'merged');
COMMENT ON TYPE liskeban.ticket_state IS '工单状态 reported 待受理, accepted 已受理, dispatched 已派单, on_site 已到场, planned 有方案, suspended 挂账, resolved 已办结, closed 已关闭, rejected 不予受理, withdrawn 已撤回, merged 已并案';

CREATE TYPE liskeban.ticket_kind AS ENUM ('demand', 'hazard', 'clue', 'service', 'policy', 'patrol', 'task');
COMMENT ON TYPE liskeban.ticket_kind IS '工单类型 demand 群众诉求, hazard 隐患, clue 线索, service 服务, policy 找人, patrol 自采, task 指令';

CREATE TYPE liskeban.tier AS ENUM ('village', 'town', 'district', 'principal');
COMMENT ON TYPE liskeban.tier IS '层级 rungs of the ladder: village 村社区, town 镇街或部门, district 区, principal 主要领导';

CREATE TYPE liskeban.difficulty AS ENUM ('simple', 'general', 'hard');
COMMENT ON TYPE liskeban.difficulty IS '难度 simple 简单 (1 day), general 一般 (3 days), hard 疑难 (plan within 7 days, then the promise)';

CREATE TYPE liskeban.clock AS ENUM ('accept', 'dispatch', 'respond', 'contact', 'plan', 'resolve', 'feedback',
  'sign', 'handle', 'reply', 'party', 'progress');
COMMENT ON TYPE liskeban.clock IS '时钟 accept 受理, dispatch 派单, respond 响应, contact 联系, plan 方案, resolve 办结, feedback 回访, sign 签收, handle 办理, reply 回复, party 会办, progress 进展';

CREATE TYPE liskeban.time_basis AS ENUM ('calendar', 'working_day', 'working_hour');
COMMENT ON TYPE liskeban.time_basis IS '计时方式 calendar (1 day = 24 hours), working_day (wall-clock days without days off), working_hour (within the shifts)';

CREATE TYPE liskeban.lamp AS ENUM ('green', 'yellow', 'red', 'red2', 'red3');
COMMENT ON TYPE liskeban.lamp IS '亮灯 green before due - 20 %, yellow from then, red at the due, red2 and red3 at due + 50 % and + 100 % of the time given';

CREATE TYPE liskeban.satisfaction AS ENUM ('satisfied', 'neutral', 'dissatisfied', 'unreachable');
COMMENT ON TYPE liskeban.satisfaction IS '满意度 satisfied 满意, neutral 一般, dissatisfied 不满意, unreachable 联系不上';

CREATE TYPE liskeban.placement AS ENUM ('inside', 'snapped', 'outside', 'unknown');
COMMENT ON TYPE liskeban.placement IS '定位方式 inside 区域内, snapped 吸附, outside 辖区外, unknown 无位置';

-- sql/15_now.sql
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

-- sql/20_area_code.sql
-- The code of an area: eight bytes by value, ordered as a tree in preorder.

CREATE TYPE liskeban.area_code;

CREATE FUNCTION liskeban.area_code_in(cstring) RETURNS liskeban.area_code
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_in';
COMMENT ON FUNCTION liskeban.area_code_in(cstring) IS 'text form of an area code: 2, 4, 6, 9, 12, 15 or 18 digits, segments of zeros at the end are padding; 22P02';
CREATE FUNCTION liskeban.area_code_out(liskeban.area_code) RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_out';
COMMENT ON FUNCTION liskeban.area_code_out(liskeban.area_code) IS 'text form of an area code: its significant digits';
CREATE FUNCTION liskeban.area_code_recv(internal) RETURNS liskeban.area_code
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_recv';
COMMENT ON FUNCTION liskeban.area_code_recv(internal) IS 'binary form of an area code: eight bytes; 22P03';
CREATE FUNCTION liskeban.area_code_send(liskeban.area_code) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_send';
COMMENT ON FUNCTION liskeban.area_code_send(liskeban.area_code) IS 'binary form of an area code: eight bytes';

CREATE TYPE liskeban.area_code (
  INPUT = liskeban.area_code_in,
  OUTPUT = liskeban.area_code_out,
  RECEIVE = liskeban.area_code_recv,
  SEND = liskeban.area_code_send,
  INTERNALLENGTH = 8,
  PASSEDBYVALUE,
  ALIGNMENT = double,
  STORAGE = plain
);
COMMENT ON TYPE liskeban.area_code IS '区划代码 hierarchical code: province 2, city 4, district 6, town 9, village 12, grid 15, microgrid 18 digits';

CREATE FUNCTION liskeban.area_code_eq(liskeban.area_code, liskeban.area_code) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_eq';
COMMENT ON FUNCTION liskeban.area_code_eq(liskeban.area_code, liskeban.area_code) IS 'first equal, in the order of the tree';
CREATE FUNCTION liskeban.area_code_ne(liskeban.area_code, liskeban.area_code) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_ne';
COMMENT ON FUNCTION liskeban.area_code_ne(liskeban.area_code, liskeban.area_code) IS 'first different, in the order of the tree';
CREATE FUNCTION liskeban.area_code_lt(liskeban.area_code, liskeban.area_code) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_lt';
COMMENT ON FUNCTION liskeban.area_code_lt(liskeban.area_code, liskeban.area_code) IS 'first before, in the order of the tree';
CREATE FUNCTION liskeban.area_code_le(liskeban.area_code, liskeban.area_code) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_le';
COMMENT ON FUNCTION liskeban.area_code_le(liskeban.area_code, liskeban.area_code) IS 'first before or equal, in the order of the tree';
CREATE FUNCTION liskeban.area_code_gt(liskeban.area_code, liskeban.area_code) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_gt';
COMMENT ON FUNCTION liskeban.area_code_gt(liskeban.area_code, liskeban.area_code) IS 'first after, in the order of the tree';
CREATE FUNCTION liskeban.area_code_ge(liskeban.area_code, liskeban.area_code) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_ge';
COMMENT ON FUNCTION liskeban.area_code_ge(liskeban.area_code, liskeban.area_code) IS 'first after or equal, in the order of the tree';

CREATE OPERATOR liskeban.= (FUNCTION = liskeban.area_code_eq, LEFTARG = liskeban.area_code, RIGHTARG = liskeban.area_code,
  COMMUTATOR = OPERATOR(liskeban.=), NEGATOR = OPERATOR(liskeban.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR liskeban.<> (FUNCTION = liskeban.area_code_ne, LEFTARG = liskeban.area_code, RIGHTARG = liskeban.area_code,
  COMMUTATOR = OPERATOR(liskeban.<>), NEGATOR = OPERATOR(liskeban.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR liskeban.< (FUNCTION = liskeban.area_code_lt, LEFTARG = liskeban.area_code, RIGHTARG = liskeban.area_code,
  COMMUTATOR = OPERATOR(liskeban.>), NEGATOR = OPERATOR(liskeban.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR liskeban.<= (FUNCTION = liskeban.area_code_le, LEFTARG = liskeban.area_code, RIGHTARG = liskeban.area_code,
  COMMUTATOR = OPERATOR(liskeban.>=), NEGATOR = OPERATOR(liskeban.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR liskeban.> (FUNCTION = liskeban.area_code_gt, LEFTARG = liskeban.area_code, RIGHTARG = liskeban.area_code,
  COMMUTATOR = OPERATOR(liskeban.<), NEGATOR = OPERATOR(liskeban.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR liskeban.>= (FUNCTION = liskeban.area_code_ge, LEFTARG = liskeban.area_code, RIGHTARG = liskeban.area_code,
  COMMUTATOR = OPERATOR(liskeban.<=), NEGATOR = OPERATOR(liskeban.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);
COMMENT ON OPERATOR liskeban.= (liskeban.area_code, liskeban.area_code) IS 'equal';
COMMENT ON OPERATOR liskeban.<> (liskeban.area_code, liskeban.area_code) IS 'not equal';
COMMENT ON OPERATOR liskeban.< (liskeban.area_code, liskeban.area_code) IS 'before';
COMMENT ON OPERATOR liskeban.<= (liskeban.area_code, liskeban.area_code) IS 'before or equal';
COMMENT ON OPERATOR liskeban.> (liskeban.area_code, liskeban.area_code) IS 'after';
COMMENT ON OPERATOR liskeban.>= (liskeban.area_code, liskeban.area_code) IS 'after or equal';

CREATE FUNCTION liskeban.area_code_cmp(liskeban.area_code, liskeban.area_code) RETURNS integer
LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_cmp';
COMMENT ON FUNCTION liskeban.area_code_cmp(liskeban.area_code, liskeban.area_code) IS '-1, 0 or 1, in the order of the tree';
CREATE FUNCTION liskeban.area_code_sortsupport(internal) RETURNS void
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_sortsupport';
COMMENT ON FUNCTION liskeban.area_code_sortsupport(internal) IS 'sort support of area_code';
CREATE FUNCTION liskeban.area_code_hash(liskeban.area_code) RETURNS integer
LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_hash';
COMMENT ON FUNCTION liskeban.area_code_hash(liskeban.area_code) IS 'hash; frozen';
CREATE FUNCTION liskeban.area_code_hash_extended(liskeban.area_code, bigint) RETURNS bigint
LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_hash_extended';
COMMENT ON FUNCTION liskeban.area_code_hash_extended(liskeban.area_code, bigint) IS 'hash with a seed; frozen';

CREATE OPERATOR CLASS liskeban.area_code_ops DEFAULT FOR TYPE liskeban.area_code USING btree AS
  OPERATOR 1 liskeban.<, OPERATOR 2 liskeban.<=, OPERATOR 3 liskeban.=, OPERATOR 4 liskeban.>=, OPERATOR 5 liskeban.>,
  FUNCTION 1 liskeban.area_code_cmp(liskeban.area_code, liskeban.area_code),
  FUNCTION 2 liskeban.area_code_sortsupport(internal),
  FUNCTION 4 btequalimage(oid);
COMMENT ON OPERATOR CLASS liskeban.area_code_ops USING btree IS 'order of the tree: an area, then what lies in it';
CREATE OPERATOR CLASS liskeban.area_code_hash_ops DEFAULT FOR TYPE liskeban.area_code USING hash AS
  OPERATOR 1 liskeban.=,
  FUNCTION 1 liskeban.area_code_hash(liskeban.area_code),
  FUNCTION 2 liskeban.area_code_hash_extended(liskeban.area_code, bigint);
COMMENT ON OPERATOR CLASS liskeban.area_code_hash_ops USING hash IS 'equality of area codes';

CREATE FUNCTION liskeban.area_code_smaller(liskeban.area_code, liskeban.area_code) RETURNS liskeban.area_code
LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_smaller';
COMMENT ON FUNCTION liskeban.area_code_smaller(liskeban.area_code, liskeban.area_code) IS 'the one that comes first';
CREATE FUNCTION liskeban.area_code_larger(liskeban.area_code, liskeban.area_code) RETURNS liskeban.area_code
LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_larger';
COMMENT ON FUNCTION liskeban.area_code_larger(liskeban.area_code, liskeban.area_code) IS 'the one that comes last';
CREATE AGGREGATE liskeban.min(liskeban.area_code) (SFUNC = liskeban.area_code_smaller, STYPE = liskeban.area_code,
  COMBINEFUNC = liskeban.area_code_smaller, SORTOP = OPERATOR(liskeban.<), PARALLEL = SAFE);
COMMENT ON AGGREGATE liskeban.min(liskeban.area_code) IS 'the first in the order of the tree';
CREATE AGGREGATE liskeban.max(liskeban.area_code) (SFUNC = liskeban.area_code_larger, STYPE = liskeban.area_code,
  COMBINEFUNC = liskeban.area_code_larger, SORTOP = OPERATOR(liskeban.>), PARALLEL = SAFE);
COMMENT ON AGGREGATE liskeban.max(liskeban.area_code) IS 'the last in the order of the tree';

CREATE FUNCTION liskeban._area_code_last(liskeban.area_code) RETURNS liskeban.area_code
LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_last';
COMMENT ON FUNCTION liskeban._area_code_last(liskeban.area_code) IS 'upper end of the range of codes that lie in an area, for the planner; a bound, not always a code';
CREATE FUNCTION liskeban.area_within_support(internal) RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_within_support';
COMMENT ON FUNCTION liskeban.area_within_support(internal) IS 'planner support of <@: a btree range for what is constant while the index is scanned';
CREATE FUNCTION liskeban.area_covers_support(internal) RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_covers_support';
COMMENT ON FUNCTION liskeban.area_covers_support(internal) IS 'planner support of @>: a btree range for what is constant while the index is scanned';
CREATE FUNCTION liskeban.area_withinsel(internal, oid, internal, integer) RETURNS double precision
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_withinsel';
COMMENT ON FUNCTION liskeban.area_withinsel(internal, oid, internal, integer) IS 'restriction estimator of <@';
CREATE FUNCTION liskeban.area_coverssel(internal, oid, internal, integer) RETURNS double precision
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_coverssel';
COMMENT ON FUNCTION liskeban.area_coverssel(internal, oid, internal, integer) IS 'restriction estimator of @>';
CREATE FUNCTION liskeban.area_within(liskeban.area_code, liskeban.area_code) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
SUPPORT liskeban.area_within_support AS 'MODULE_PATHNAME', 'area_within';
COMMENT ON FUNCTION liskeban.area_within(liskeban.area_code, liskeban.area_code) IS 'whether the first lies in the second, or is it';
CREATE FUNCTION liskeban.area_covers(liskeban.area_code, liskeban.area_code) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
SUPPORT liskeban.area_covers_support AS 'MODULE_PATHNAME', 'area_covers';
COMMENT ON FUNCTION liskeban.area_covers(liskeban.area_code, liskeban.area_code) IS 'whether the second lies in the first, or is it';
CREATE OPERATOR liskeban.<@ (FUNCTION = liskeban.area_within, LEFTARG = liskeban.area_code, RIGHTARG = liskeban.area_code,
  COMMUTATOR = OPERATOR(liskeban.@>), RESTRICT = liskeban.area_withinsel, JOIN = contjoinsel);
CREATE OPERATOR liskeban.@> (FUNCTION = liskeban.area_covers, LEFTARG = liskeban.area_code, RIGHTARG = liskeban.area_code,
  COMMUTATOR = OPERATOR(liskeban.<@), RESTRICT = liskeban.area_coverssel, JOIN = contjoinsel);
COMMENT ON OPERATOR liskeban.<@ (liskeban.area_code, liskeban.area_code) IS 'lies in, or is';
COMMENT ON OPERATOR liskeban.@> (liskeban.area_code, liskeban.area_code) IS 'has in it, or is';

CREATE FUNCTION liskeban.area_level(liskeban.area_code) RETURNS liskeban.area_level
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_level_sql';
COMMENT ON FUNCTION liskeban.area_level(liskeban.area_code) IS 'level of an area code';
CREATE FUNCTION liskeban.area_parent(liskeban.area_code) RETURNS liskeban.area_code
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_parent_sql';
COMMENT ON FUNCTION liskeban.area_parent(liskeban.area_code) IS 'the area one level up; NULL for a province';
CREATE FUNCTION liskeban.area_parent(liskeban.area_code, liskeban.area_level) RETURNS liskeban.area_code
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_parent_level_sql';
COMMENT ON FUNCTION liskeban.area_parent(liskeban.area_code, liskeban.area_level) IS 'the area of that level that it lies in, itself for its own level; NULL for a deeper one';

-- An untyped literal would be read as a cast to the enum of the same name.
CREATE FUNCTION liskeban.area_level(unknown) RETURNS liskeban.area_level
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_level_literal';
COMMENT ON FUNCTION liskeban.area_level(unknown) IS 'level of an area code written as an untyped literal; 22P02';

-- sql/25_area.sql
-- Where a point lies, and the datums that coordinates come in.

CREATE FUNCTION liskeban.locate(geometry) RETURNS liskeban.area_code
LANGUAGE c STABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'area_locate_sql';
COMMENT ON FUNCTION liskeban.locate(geometry) IS 'the finest area in force (at liskeban_now()) that covers the point, boundary included: deeper level first, dedicated before plain, then the smallest code; NULL where none does; never snaps; 22023 for what is no Point of SRID 4490';

CREATE FUNCTION liskeban.place(geometry, OUT area liskeban.area_code, OUT placement liskeban.placement) RETURNS record
LANGUAGE c STABLE PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'area_place_sql';
COMMENT ON FUNCTION liskeban.place(geometry) IS 'inside as locate(); else snapped to the nearest of the deepest-level areas within platform.snap_distance metres on the ellipsoid; else outside; unknown for NULL, an empty point or coordinates that are none; 22023 for what is no Point of SRID 4490';

CREATE FUNCTION liskeban.to_cgcs2000(geometry, datum text) RETURNS geometry
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'datum_to_cgcs2000';
COMMENT ON FUNCTION liskeban.to_cgcs2000(geometry, text) IS 'coordinates of datum gcj02, bd09, wgs84 or cgcs2000 as CGCS2000 (SRID 4490), degrees; Z and M are kept; the inverse of from_cgcs2000() to 1e-9 degrees; 22023 for another datum or an SRID other than 0, 4326, 4490. Formulas: the published eviltransform of GCJ-02 (ellipsoid of Krasovsky 1940) and the polar shift of BD-09; WGS 84 is taken as CGCS2000, from which it differs by centimetres';

CREATE FUNCTION liskeban.from_cgcs2000(geometry, datum text) RETURNS geometry
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'datum_from_cgcs2000';
COMMENT ON FUNCTION liskeban.from_cgcs2000(geometry, text) IS 'coordinates of CGCS2000 in datum gcj02, bd09, wgs84 or cgcs2000, degrees; Z and M are kept; the SRID of the result is 4490 all the same; outside China GCJ-02 is CGCS2000; 22023 for another datum or an SRID other than 0, 4326, 4490';

CREATE FUNCTION liskeban._area_geom_problem(geometry) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'area_geom_problem_sql';
COMMENT ON FUNCTION liskeban._area_geom_problem(geometry) IS 'why a geometry cannot be the outline of an area (no polygon, empty, no degrees, or what ST_IsValidReason says); NULL when it can';

CREATE FUNCTION liskeban.area_check() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'area_check';
COMMENT ON FUNCTION liskeban.area_check() IS 'BEFORE trigger of liskeban.area: an area lies in the platform''s district, its outline is a valid polygon; 22023';
REVOKE ALL ON FUNCTION liskeban._area_geom_problem(geometry), liskeban.area_check() FROM PUBLIC;

-- sql/30_calendar.sql
-- Working time over calendar_day and work_shift, in the platform's zone.

CREATE FUNCTION liskeban.add_working_time(ts timestamptz, amount interval, basis liskeban.time_basis) RETURNS timestamptz
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'calendar_add_working_time';
COMMENT ON FUNCTION liskeban.add_working_time(timestamptz, interval, liskeban.time_basis) IS
  '加工作时间 the due that lies amount after ts: calendar, 1 day = 24 hours; working_day, local wall-clock days without days off (never due on one); working_hour, the earliest instant at which the amount is used up within the shifts, 1 day = 24 hours of shift. In the platform''s zone. Errors: 22023 amount negative or with months, 22008 out of range, 55000 no shifts to count in';

CREATE FUNCTION liskeban.working_time_between(a timestamptz, b timestamptz, basis liskeban.time_basis) RETURNS interval
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'calendar_working_time_between';
COMMENT ON FUNCTION liskeban.working_time_between(timestamptz, timestamptz, liskeban.time_basis) IS
  '工作时间差 time of the basis from a to b, the inverse of add_working_time, as days of 24 hours of that basis and the rest; negative when b is before a. Errors: 22008 infinity or out of range';

CREATE FUNCTION liskeban.is_working_day(day date) RETURNS boolean
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'calendar_is_working_day';
COMMENT ON FUNCTION liskeban.is_working_day(date) IS
  '是否工作日 whether the day works: as calendar_day says, elsewhere Monday to Friday. Errors: 22008 infinity';

-- sql/35_intake.sql
-- What sources send, read without raising for what it says (extension/record.c, extension/request_map.c, extension/payload.c, extension/intake.c).

CREATE FUNCTION liskeban._csv_fields(record text) RETURNS text[]
  AS 'MODULE_PATHNAME', 'record_csv_fields' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._csv_fields(text) IS 'fields of one CSV record (RFC 4180); NULL when a quote is not closed or something follows a closing one';

CREATE FUNCTION liskeban._record_payload(record text, header text, map jsonb, zone text, history boolean,
    OUT payload jsonb, OUT reason text)
  AS 'MODULE_PATHNAME', 'record_payload' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._record_payload(text, text, jsonb, text, boolean) IS 'one record of a file, CSV under its header or (header NULL) a JSON object, made by the map into a payload of submit(), or the reason why not; a wrong map: 22023, 42703; record NULL only checks the map';

CREATE FUNCTION liskeban._request_fields(payload jsonb, zone text, now timestamptz, history boolean,
    OUT reason text, OUT digest bytea, OUT core bytea, OUT event text, OUT source text, OUT external_id text,
    OUT category text, OUT title text, OUT description text, OUT address text,
    OUT lon double precision, OUT lat double precision, OUT datum text,
    OUT discovered_at timestamptz, OUT reported_at timestamptz, OUT reporter_name text, OUT reporter_phone text,
    OUT kind text, OUT priority integer, OUT confidential boolean, OUT difficulty text, OUT extra jsonb, OUT text text,
    OUT accepted_at timestamptz, OUT dispatched_at timestamptz, OUT on_site_at timestamptz, OUT planned_at timestamptz,
    OUT plan text, OUT promised_at timestamptz, OUT resolved_at timestamptz, OUT resolution text,
    OUT closed_at timestamptz, OUT satisfaction text, OUT solved boolean)
  AS 'MODULE_PATHNAME', 'request_fields_of' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._request_fields(jsonb, text, timestamptz, boolean) IS 'a payload of submit() as columns: reason says what cannot be read; lon and lat are NULL when the position is impossible, datum when it needs no conversion; digest is over all of it, core without what a resend may add to; with history the missing stamps are completed';

CREATE FUNCTION liskeban._intake_source(given text, OUT source text, OUT reason text)
  AS 'MODULE_PATHNAME', 'intake_source' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION liskeban._intake_source(text) IS 'the source that a request of the caller is from (the one of its memberships unless given), or the reason why there is none; 42501 where the caller is no source';

CREATE FUNCTION liskeban._require_loader(source text, registered boolean) RETURNS void
  AS 'MODULE_PATHNAME', 'intake_require_loader' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION liskeban._require_loader(text, boolean) IS '42501 unless the caller may load files for the source, or register it';

CREATE FUNCTION liskeban._require_admin(what text) RETURNS void
  AS 'MODULE_PATHNAME', 'intake_require_admin' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION liskeban._require_admin(text) IS '42501 unless the caller administers the platform; what it was about to do is said in the message';

CREATE FUNCTION liskeban._text_digest(text) RETURNS bytea
  AS 'MODULE_PATHNAME', 'intake_text_digest' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION liskeban._text_digest(text) IS 'SHA-256 of the bytes of a text; an index rests on it';

REVOKE ALL ON FUNCTION liskeban._csv_fields(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION liskeban._record_payload(text, text, jsonb, text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION liskeban._request_fields(jsonb, text, timestamptz, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION liskeban._intake_source(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION liskeban._require_loader(text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION liskeban._require_admin(text) FROM PUBLIC;
-- _text_digest stays open to all: a restore builds the index that rests on it before it grants anything.

-- sql/40_ticket.sql
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

CREATE FUNCTION liskeban.ticket_known() RETURNS trigger
  AS 'MODULE_PATHNAME', 'ticket_known' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.ticket_known() IS 'AFTER STATEMENT trigger of what hangs on a ticket: its ticket_id is that of a ticket there is (23503)';

CREATE FUNCTION liskeban.contact(ticket_id bigint, note text) RETURNS integer
  AS 'MODULE_PATHNAME', 'ticket_contact' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.contact(bigint, text) IS '联系群众 record that the citizen was spoken to; the first time in a run meets the respond clock of a category that is not on_site. Returns the event''s seq. P0002 no such ticket, LK001 nobody holds it, 42501 not the holder''s or the desk''s';

CREATE FUNCTION liskeban.begin_move(ticket_id bigint, action text) RETURNS void
  AS 'MODULE_PATHNAME', 'begin_move' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.begin_move(bigint, text) IS 'locks the ticket and sees that the action can be taken from where it stands: 22004 NULL id, P0002 no such ticket, LK001 another state';

CREATE FUNCTION liskeban.begin_redispatch(ticket_id bigint, responsible_area liskeban.area_code, department text) RETURNS void
  AS 'MODULE_PATHNAME', 'begin_redispatch' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.begin_redispatch(bigint, liskeban.area_code, text) IS 'begin_move() for a redispatch: LK002 where the target is the present holder';

CREATE FUNCTION liskeban.ask(ticket_id bigint, kind text, reason text, until timestamptz DEFAULT NULL) RETURNS bigint
  AS 'MODULE_PATHNAME', 'request_ask' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.ask(bigint, text, text, timestamptz) IS '申请 ask for return, suspend, extend, promise, rework or reopen; returns request_id. 22023 another kind, 23505 one of that kind is open, LK001 not in this state, LK002 no reason or no until, LK006 until not in the future, P0002 no such ticket, 42501 not the actor''s to ask';

CREATE FUNCTION liskeban.decide(request_id bigint, granted boolean, note text) RETURNS void
  AS 'MODULE_PATHNAME', 'request_decide' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.decide(bigint, boolean, text) IS '审批 grant or refuse a request; a dispatcher, and another than asked (42501). A granted extend moves resolve_due at once (LK002 once it has passed), the others permit one move. P0002 no such request, 55000 decided already';

CREATE FUNCTION liskeban.event_hash(event_id bigint, ticket_id bigint, seq integer, run integer, at timestamptz,
  recorded_at timestamptz, action text, from_state text, to_state text, actor text, login text,
  note_digest bytea, detail jsonb) RETURNS bytea
  AS 'MODULE_PATHNAME', 'event_hash_sql' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION liskeban.event_hash(bigint, bigint, integer, integer, timestamptz, timestamptz, text, text, text, text, text, bytea, jsonb)
  IS 'SHA-256 of a row of ticket_event in its fixed binary form, version 1: byte 1, then each field as four-byte length and bytes, big-endian, NULL as FFFFFFFF; times in µs since 1970 UTC; digests of note and of detail''s text stand for them. NULL when a field that must be there is not';

CREATE FUNCTION liskeban.ticket_clocks(ticket record, OUT clock text, OUT due timestamptz, OUT given interval,
  OUT basis text, OUT yellow_at timestamptz, OUT red_at timestamptz, OUT red2_at timestamptz, OUT red3_at timestamptz,
  OUT lamp text) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'ticket_clocks' LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 2;
COMMENT ON FUNCTION liskeban.ticket_clocks(record) IS '运行时钟 the running clocks of a row of liskeban.ticket: due time, time given, the instants of the levels, the lamp at liskeban_now()';

CREATE FUNCTION liskeban._load_history_batch(batch text) RETURNS bigint
  AS 'MODULE_PATHNAME', 'load_history_batch' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban._load_history_batch(text) IS 'runs liskeban._load_history_steps(batch) as the loading of a history: its INSERT may give received_at and has_reporter, each UPDATE gives the event''s time as updated_at, roles and requirements do not apply';

REVOKE ALL ON FUNCTION liskeban.ticket_guard(), liskeban.ticket_log(), liskeban.history_kept(),
  liskeban.transition_checked(), liskeban.reporter_changed(), liskeban.ticket_known(), liskeban.contact(bigint, text),
  liskeban.begin_move(bigint, text), liskeban.begin_redispatch(bigint, liskeban.area_code, text), liskeban.ask(bigint, text, text, timestamptz), liskeban.decide(bigint, boolean, text),
  liskeban._load_history_batch(text) FROM PUBLIC;

-- sql/45_seal.sql
-- How far history is final, and the seals over what is.

CREATE FUNCTION liskeban.note_watermark() RETURNS bigint
  AS 'MODULE_PATHNAME', 'note_watermark' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.note_watermark() IS '水位 note how far history has been drawn, make final what no open or prepared transaction can add to any more, and return the last final event_id (one less than the first while nothing is). For a job, each minute; any number at once. 25001 outside READ COMMITTED, 55000 when the sequence of event ids is not CACHE 1';

CREATE FUNCTION liskeban.seal_history() RETURNS bigint
  AS 'MODULE_PATHNAME', 'seal_history' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.seal_history() IS '封存 note a watermark and seal what is final and not sealed yet; returns how many events. For a job, each minute; any number at once. 25001 outside READ COMMITTED';

CREATE FUNCTION liskeban._seal_marks(marks bytea, of_ticket bigint, OUT event_id bigint, OUT ticket_id bigint, OUT seq integer,
  OUT hash_start bytea) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'seal_marks' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1000;
COMMENT ON FUNCTION liskeban._seal_marks(bytea, bigint) IS 'the marks of a seal, one row an event with the first four bytes of its hash; those of one ticket unless NULL';

REVOKE ALL ON FUNCTION liskeban.note_watermark(), liskeban.seal_history(), liskeban._seal_marks(bytea, bigint) FROM PUBLIC;

-- sql/45_sweep.sql
-- Time passes.

CREATE FUNCTION liskeban.sweep(as_of timestamptz DEFAULT NULL, max_tickets bigint DEFAULT NULL) RETURNS bigint
  AS 'MODULE_PATHNAME', 'sweep' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.sweep(timestamptz, bigint) IS '巡检 fire every level of a running clock that has passed by as_of (NULL: now), each once and at its own instant, and resume what was suspended until then; at most that many tickets. A sweep of the present ends with check_platform(), unless another is at it. Returns the tickets'' alarms fired. Any number at once are safe. 22023 as_of after liskeban_now(), or max_tickets not positive';

CREATE PROCEDURE liskeban.run_sweep(as_of timestamptz DEFAULT NULL)
  AS 'MODULE_PATHNAME', 'run_sweep' LANGUAGE C;
COMMENT ON PROCEDURE liskeban.run_sweep(timestamptz) IS '巡检作业 sweep() for the job: commits each batch of 1,000 tickets, unless called within a transaction block';

REVOKE ALL ON FUNCTION liskeban.sweep(timestamptz, bigint) FROM PUBLIC;
REVOKE ALL ON PROCEDURE liskeban.run_sweep(timestamptz) FROM PUBLIC;

-- Rules change under load.

CREATE FUNCTION liskeban.rule_lock() RETURNS trigger
  AS 'MODULE_PATHNAME', 'rule_lock' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.rule_lock() IS 'BEFORE STATEMENT trigger of what decides due times: waits for who writes or locks tickets (EXCLUSIVE), then sweeps, so that what passed does so by the rules it passed under; 25001 outside READ COMMITTED';

CREATE FUNCTION liskeban.rules_changed() RETURNS trigger
  AS 'MODULE_PATHNAME', 'rules_changed' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.rules_changed() IS 'AFTER STATEMENT trigger of what decides due times: replays the open tickets under the new rules and moves the dues that are still ahead, each with an event recompute';

CREATE FUNCTION liskeban._replayed_dues(since bigint, OUT ticket_id bigint, OUT due text, OUT stored timestamptz,
  OUT replayed timestamptz) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'replayed_dues' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban._replayed_dues(bigint) IS 'due times that a replay of history under the present rules gives otherwise: of tickets reported after that event all, of older ones those still ahead';

REVOKE ALL ON FUNCTION liskeban.rule_lock(), liskeban.rules_changed(), liskeban._replayed_dues(bigint) FROM PUBLIC;

-- sql/46_intake_event.sql
-- What sources say later of their tickets, and who mends what was refused (extension/maintain.c, extension/intake.c).

CREATE FUNCTION liskeban._ticket_word(ticket_id bigint, action text, note text, title text, description text) RETURNS integer
  AS 'MODULE_PATHNAME', 'ticket_word' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban._ticket_word(bigint, text, text, text, text) IS 'an event "urge" or "supplement" of a ticket, whatever its state, with its note; title and description are written with it. Returns the event''s seq. P0002 no such ticket, 22023 another action';

CREATE FUNCTION liskeban._require_desk(what text) RETURNS void
  AS 'MODULE_PATHNAME', 'intake_require_desk' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION liskeban._require_desk(text) IS '42501 unless the caller administers the platform or is a dispatcher; what it was about to do is said in the message';

REVOKE ALL ON FUNCTION liskeban._ticket_word(bigint, text, text, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION liskeban._require_desk(text) FROM PUBLIC;

-- sql/60_kpi.sql
-- Figures: the fold of one ticket's history into what liskeban.kpi() counts.

CREATE TYPE liskeban._ticket_fact AS (
  state             text,
  run               integer,
  category          text,
  domain            text,
  difficulty        text,
  area              text,
  responsible_area  text,
  department        text,
  co_departments    text[],
  tier              text,
  merged_into       bigint,
  has_reporter      boolean,
  satisfaction      text,
  solved            boolean,
  reported          boolean,
  self_handled      boolean,
  due               boolean,
  complete          boolean,
  on_time           boolean,
  on_time_original  boolean,
  response_due      boolean,
  response          boolean,
  response_proven   boolean,
  resolved          boolean,
  reworked          boolean,
  first_time        boolean,
  plan_due          boolean,
  plan              boolean,
  promise_due       boolean,
  promise           boolean,
  breach_holders    text[]
);
COMMENT ON TYPE liskeban._ticket_fact IS '工单事实 what a ticket''s history says at an instant: where it stood, and which figures it counts in (see liskeban.kpi)';
COMMENT ON COLUMN liskeban._ticket_fact.state IS '状态 state';
COMMENT ON COLUMN liskeban._ticket_fact.run IS '轮次 run';
COMMENT ON COLUMN liskeban._ticket_fact.category IS '事项 category';
COMMENT ON COLUMN liskeban._ticket_fact.domain IS '领域 domain of the category';
COMMENT ON COLUMN liskeban._ticket_fact.difficulty IS '难度 difficulty';
COMMENT ON COLUMN liskeban._ticket_fact.area IS '所在区域 area code; NULL in the pool';
COMMENT ON COLUMN liskeban._ticket_fact.responsible_area IS '承办区域 area code';
COMMENT ON COLUMN liskeban._ticket_fact.department IS '承办部门 department';
COMMENT ON COLUMN liskeban._ticket_fact.co_departments IS '协办部门 departments that co-handle';
COMMENT ON COLUMN liskeban._ticket_fact.tier IS '层级 rung of the ladder; NULL until dispatched';
COMMENT ON COLUMN liskeban._ticket_fact.merged_into IS '并入工单 the lead ticket';
COMMENT ON COLUMN liskeban._ticket_fact.has_reporter IS '有诉求人 whether a reporter was known';
COMMENT ON COLUMN liskeban._ticket_fact.satisfaction IS '满意度 the last answer';
COMMENT ON COLUMN liskeban._ticket_fact.solved IS '是否解决 the last answer';
COMMENT ON COLUMN liskeban._ticket_fact.reported IS '应计 of the cohort: not merged, not rejected, not withdrawn before the first red of resolve or plan';
COMMENT ON COLUMN liskeban._ticket_fact.self_handled IS '自采自办 patrol, and every resolve by who reported it; outside the rates';
COMMENT ON COLUMN liskeban._ticket_fact.due IS '应办结 of the cohort, and ever resolved or overdue while its clock ran';
COMMENT ON COLUMN liskeban._ticket_fact.complete IS '已办结 due, and resolved or closed';
COMMENT ON COLUMN liskeban._ticket_fact.on_time IS '按期办结 complete, and every resolve at or before the due then in force';
COMMENT ON COLUMN liskeban._ticket_fact.on_time_original IS '按原时限办结 the same against resolve_due_original';
COMMENT ON COLUMN liskeban._ticket_fact.response_due IS '应响应 on_site category, and arrived in the first run or respond_due passed while somebody was waited for';
COMMENT ON COLUMN liskeban._ticket_fact.response IS '按时响应 first arrival at or before respond_due';
COMMENT ON COLUMN liskeban._ticket_fact.response_proven IS '按时响应有凭证 that arrival by gps or photo, and no late entry';
COMMENT ON COLUMN liskeban._ticket_fact.resolved IS '曾办结 ever resolved';
COMMENT ON COLUMN liskeban._ticket_fact.reworked IS '曾返工 ever reworked or reopened';
COMMENT ON COLUMN liskeban._ticket_fact.first_time IS '一次办结 resolved with no return, redispatch, rework or reopen';
COMMENT ON COLUMN liskeban._ticket_fact.plan_due IS '应有方案 hard, and planned, resolved, or plan_due passed while its clock ran';
COMMENT ON COLUMN liskeban._ticket_fact.plan IS '按时方案 first plan at or before plan_due';
COMMENT ON COLUMN liskeban._ticket_fact.promise_due IS '承诺到期 resolved since the first promise, or that promise passed while the clock ran';
COMMENT ON COLUMN liskeban._ticket_fact.promise IS '承诺兑现 first resolve since then at or before the first promise';
COMMENT ON COLUMN liskeban._ticket_fact.breach_holders IS '超期承办方 one element for each resolve_due that passed while its clock ran: who held it then; NULL nobody';

CREATE FUNCTION liskeban._ticket_facts_step(internal, integer, integer, timestamptz, liskeban.ticket_state,
  liskeban.ticket_state, text, text, jsonb, timestamptz) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ticket_facts_step';
COMMENT ON FUNCTION liskeban._ticket_facts_step(internal, integer, integer, timestamptz, liskeban.ticket_state,
  liskeban.ticket_state, text, text, jsonb, timestamptz) IS 'transition function of _ticket_facts';

CREATE FUNCTION liskeban._ticket_facts_final(internal) RETURNS liskeban._ticket_fact
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ticket_facts_final';
COMMENT ON FUNCTION liskeban._ticket_facts_final(internal) IS 'final function of _ticket_facts';

REVOKE ALL ON FUNCTION liskeban._ticket_facts_step(internal, integer, integer, timestamptz, liskeban.ticket_state,
  liskeban.ticket_state, text, text, jsonb, timestamptz), liskeban._ticket_facts_final(internal) FROM PUBLIC;

-- Left to PUBLIC: it sees nothing but what it is given, and the readers of liskeban_report.kpi_daily run it.
CREATE AGGREGATE liskeban._ticket_facts(seq integer, run integer, at timestamptz, from_state liskeban.ticket_state,
  to_state liskeban.ticket_state, action text, actor text, detail jsonb, as_of timestamptz) (
  SFUNC = liskeban._ticket_facts_step, STYPE = internal, SSPACE = 4096,
  FINALFUNC = liskeban._ticket_facts_final, FINALFUNC_MODIFY = SHAREABLE, PARALLEL = SAFE);
COMMENT ON AGGREGATE liskeban._ticket_facts(integer, integer, timestamptz, liskeban.ticket_state, liskeban.ticket_state,
  text, text, jsonb, timestamptz) IS 'what the events of one ticket, in any order, say at as_of; give it only those with at and recorded_at up to as_of; NULL when the first event is not among them';

CREATE FUNCTION liskeban._kpi_check(from_day date, to_day date, by text) RETURNS void
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'kpi_check';
COMMENT ON FUNCTION liskeban._kpi_check(date, date, text) IS 'refuses what kpi() cannot answer: 22004 for NULL, 22023 for a last day before the first and for an unknown key';
REVOKE ALL ON FUNCTION liskeban._kpi_check(date, date, text) FROM PUBLIC;

-- sql/65_roll_up.sql
-- The roll-up: the fold of one ticket's history into what it adds to the figures of days.

CREATE TYPE liskeban._ticket_day AS (
  day           date,
  received      integer,
  accepted      integer,
  dispatched    integer,
  redispatched  integer,
  returned      integer,
  suspended     integer,
  resolved      integer,
  resolved_late integer,
  reworked      integer,
  closed        integer,
  reopened      integer,
  rejected      integer,
  withdrawn     integer,
  merged        integer,
  unmerged      integer,
  opened        integer,
  ended         integer,
  overdue       integer,
  open_1        integer,
  open_3        integer,
  open_7        integer,
  open_30       integer,
  open_over_30  integer
);
COMMENT ON TYPE liskeban._ticket_day IS '工单日贡献 what a ticket adds to the figures of a day: how often something happened, and by how much what is open at the day''s end changes from the day before';
COMMENT ON COLUMN liskeban._ticket_day.day IS '日期 day of the zone; may lie ahead: what will be if nothing happens';
COMMENT ON COLUMN liskeban._ticket_day.received IS '受理 received';
COMMENT ON COLUMN liskeban._ticket_day.accepted IS '接单 moves to accepted by the desk, also from rejected';
COMMENT ON COLUMN liskeban._ticket_day.dispatched IS '派单 dispatches from accepted';
COMMENT ON COLUMN liskeban._ticket_day.redispatched IS '改派 given to another holder';
COMMENT ON COLUMN liskeban._ticket_day.returned IS '退单 given back to the desk';
COMMENT ON COLUMN liskeban._ticket_day.suspended IS '挂账 suspended';
COMMENT ON COLUMN liskeban._ticket_day.resolved IS '办结 resolved or answered directly, each time';
COMMENT ON COLUMN liskeban._ticket_day.resolved_late IS '超期办结 of these after the due then in force (hard without a plan: plan_due)';
COMMENT ON COLUMN liskeban._ticket_day.reworked IS '返工 sent back from resolved';
COMMENT ON COLUMN liskeban._ticket_day.closed IS '关闭 closed, each time';
COMMENT ON COLUMN liskeban._ticket_day.reopened IS '重办 reopened';
COMMENT ON COLUMN liskeban._ticket_day.rejected IS '不予受理 rejected';
COMMENT ON COLUMN liskeban._ticket_day.withdrawn IS '撤回 withdrawn';
COMMENT ON COLUMN liskeban._ticket_day.merged IS '并案 merged into another';
COMMENT ON COLUMN liskeban._ticket_day.unmerged IS '撤销并案 unmerged';
COMMENT ON COLUMN liskeban._ticket_day.opened IS '转入 came to be open: received, reopened, unmerged, taken on after all';
COMMENT ON COLUMN liskeban._ticket_day.ended IS '转出 ceased to be open: closed, rejected, withdrawn, merged';
COMMENT ON COLUMN liskeban._ticket_day.overdue IS '超期变化 change of overdue at the day''s end: its clock runs and the due in force lies before it';
COMMENT ON COLUMN liskeban._ticket_day.open_1 IS '1 日内在办变化 change of open at the day''s end and received on that day';
COMMENT ON COLUMN liskeban._ticket_day.open_3 IS '2 至 3 日在办变化 the same, on its 2nd or 3rd day, that of receipt being the 1st';
COMMENT ON COLUMN liskeban._ticket_day.open_7 IS '4 至 7 日在办变化 the same, on its 4th to 7th day';
COMMENT ON COLUMN liskeban._ticket_day.open_30 IS '8 至 30 日在办变化 the same, on its 8th to 30th day';
COMMENT ON COLUMN liskeban._ticket_day.open_over_30 IS '30 日以上在办变化 the same, on its 31st day or later';

CREATE TYPE liskeban._ticket_days AS (
  area     text,
  category text,
  source   text,
  kind     text,
  days     liskeban._ticket_day[]
);
COMMENT ON TYPE liskeban._ticket_days IS '工单逐日贡献 the cell in which a ticket is counted, and what it adds to each day';
COMMENT ON COLUMN liskeban._ticket_days.area IS '所在区域 area code after the last of the events; NULL in the pool';
COMMENT ON COLUMN liskeban._ticket_days.category IS '事项 category after the last of the events';
COMMENT ON COLUMN liskeban._ticket_days.source IS '来源系统 source';
COMMENT ON COLUMN liskeban._ticket_days.kind IS '类型 kind';
COMMENT ON COLUMN liskeban._ticket_days.days IS '逐日 one element for each day to which something is added';

CREATE TYPE liskeban._day_change AS (
  day           date,
  area          liskeban.area_code,
  category      text,
  source        text,
  kind          liskeban.ticket_kind,
  received      integer,
  accepted      integer,
  dispatched    integer,
  redispatched  integer,
  returned      integer,
  suspended     integer,
  resolved      integer,
  resolved_late integer,
  reworked      integer,
  closed        integer,
  reopened      integer,
  rejected      integer,
  withdrawn     integer,
  merged        integer,
  unmerged      integer,
  opened        integer,
  ended         integer,
  overdue       integer,
  open_1        integer,
  open_3        integer,
  open_7        integer,
  open_30       integer,
  open_over_30  integer
);
COMMENT ON TYPE liskeban._day_change IS '日变化 what is to be added to a cell of a day; its counts are those of liskeban._ticket_day';
COMMENT ON COLUMN liskeban._day_change.day IS '日期 day';
COMMENT ON COLUMN liskeban._day_change.area IS '所在区域 area; NULL in the pool';
COMMENT ON COLUMN liskeban._day_change.category IS '事项 category';
COMMENT ON COLUMN liskeban._day_change.source IS '来源系统 source';
COMMENT ON COLUMN liskeban._day_change.kind IS '类型 kind';
COMMENT ON COLUMN liskeban._day_change.received IS '受理 received';
COMMENT ON COLUMN liskeban._day_change.accepted IS '接单 moves to accepted by the desk, also from rejected';
COMMENT ON COLUMN liskeban._day_change.dispatched IS '派单 dispatches from accepted';
COMMENT ON COLUMN liskeban._day_change.redispatched IS '改派 given to another holder';
COMMENT ON COLUMN liskeban._day_change.returned IS '退单 given back to the desk';
COMMENT ON COLUMN liskeban._day_change.suspended IS '挂账 suspended';
COMMENT ON COLUMN liskeban._day_change.resolved IS '办结 resolved or answered directly, each time';
COMMENT ON COLUMN liskeban._day_change.resolved_late IS '超期办结 of these after the due then in force (hard without a plan: plan_due)';
COMMENT ON COLUMN liskeban._day_change.reworked IS '返工 sent back from resolved';
COMMENT ON COLUMN liskeban._day_change.closed IS '关闭 closed, each time';
COMMENT ON COLUMN liskeban._day_change.reopened IS '重办 reopened';
COMMENT ON COLUMN liskeban._day_change.rejected IS '不予受理 rejected';
COMMENT ON COLUMN liskeban._day_change.withdrawn IS '撤回 withdrawn';
COMMENT ON COLUMN liskeban._day_change.merged IS '并案 merged into another';
COMMENT ON COLUMN liskeban._day_change.unmerged IS '撤销并案 unmerged';
COMMENT ON COLUMN liskeban._day_change.opened IS '转入 came to be open: received, reopened, unmerged, taken on after all';
COMMENT ON COLUMN liskeban._day_change.ended IS '转出 ceased to be open: closed, rejected, withdrawn, merged';
COMMENT ON COLUMN liskeban._day_change.overdue IS '超期变化 change of overdue at the day''s end: its clock runs and the due in force lies before it';
COMMENT ON COLUMN liskeban._day_change.open_1 IS '1 日内在办变化 change of open at the day''s end and received on that day';
COMMENT ON COLUMN liskeban._day_change.open_3 IS '2 至 3 日在办变化 the same, on its 2nd or 3rd day, that of receipt being the 1st';
COMMENT ON COLUMN liskeban._day_change.open_7 IS '4 至 7 日在办变化 the same, on its 4th to 7th day';
COMMENT ON COLUMN liskeban._day_change.open_30 IS '8 至 30 日在办变化 the same, on its 8th to 30th day';
COMMENT ON COLUMN liskeban._day_change.open_over_30 IS '30 日以上在办变化 the same, on its 31st day or later';

CREATE FUNCTION liskeban._ticket_days_step(internal, integer, integer, timestamptz, liskeban.ticket_state,
  liskeban.ticket_state, text, text, jsonb, text) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ticket_days_step';
COMMENT ON FUNCTION liskeban._ticket_days_step(internal, integer, integer, timestamptz, liskeban.ticket_state,
  liskeban.ticket_state, text, text, jsonb, text) IS 'transition function of _ticket_days';

CREATE FUNCTION liskeban._ticket_days_final(internal) RETURNS liskeban._ticket_days
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ticket_days_final';
COMMENT ON FUNCTION liskeban._ticket_days_final(internal) IS 'final function of _ticket_days';

CREATE AGGREGATE liskeban._ticket_days(seq integer, run integer, at timestamptz, from_state liskeban.ticket_state,
  to_state liskeban.ticket_state, action text, actor text, detail jsonb, zone text) (
  SFUNC = liskeban._ticket_days_step, STYPE = internal, SSPACE = 4096,
  FINALFUNC = liskeban._ticket_days_final, FINALFUNC_MODIFY = SHAREABLE, PARALLEL = SAFE);
COMMENT ON AGGREGATE liskeban._ticket_days(integer, integer, timestamptz, liskeban.ticket_state, liskeban.ticket_state,
  text, text, jsonb, text) IS 'what the events of one ticket, in any order, add to the days of the zone; NULL for a child, which is never counted beside its parent, and when the first event is not among them. Errors: 22023 an unknown zone';

CREATE FUNCTION liskeban._check_day(day date, today date) RETURNS void
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'check_day';
COMMENT ON FUNCTION liskeban._check_day(date, date) IS 'refuses a day that is NULL (22004), infinite or after today (22023)';

CREATE FUNCTION liskeban._check_days(from_day date, to_day date) RETURNS void
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'check_days';
COMMENT ON FUNCTION liskeban._check_days(date, date) IS 'refuses a range of days with a NULL (22004), with the last before the first, or that begins at an infinity (22023)';

REVOKE ALL ON FUNCTION liskeban._ticket_days_step(internal, integer, integer, timestamptz, liskeban.ticket_state,
  liskeban.ticket_state, text, text, jsonb, text), liskeban._ticket_days_final(internal),
  liskeban._ticket_days(integer, integer, timestamptz, liskeban.ticket_state, liskeban.ticket_state, text, text, jsonb, text),
  liskeban._check_day(date, date), liskeban._check_days(date, date) FROM PUBLIC;

-- sql/70_report.sql
-- What the report's views need that SQL alone does not give.

CREATE FUNCTION liskeban.clock_lamp(due timestamptz, given interval, basis liskeban.time_basis, as_of timestamptz)
RETURNS liskeban.lamp
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clock_lamp';
COMMENT ON FUNCTION liskeban.clock_lamp(timestamptz, interval, liskeban.time_basis, timestamptz) IS
  '亮灯 lamp at as_of of a clock that runs: due, and the time of the basis it was given with. Errors: 22023 given with months';

-- sql/90_platform.sql
-- Setting a platform up: roles, then the ordinary objects of sql/platform and the rows of sql/seed.

CREATE PROCEDURE liskeban.create_roles()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  role_name text;
  wanted constant text[] := ARRAY['liskeban_owner', 'liskeban_reader', 'liskeban_backup', 'liskeban_admin',
    'liskeban_dispatcher', 'liskeban_handler', 'liskeban_source', 'liskeban_analyst'];
BEGIN
  FOREACH role_name IN ARRAY wanted LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
    END IF;
  END LOOP;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'liskeban_job') THEN
    CREATE ROLE liskeban_job LOGIN;
  END IF;
  ALTER ROLE liskeban_backup BYPASSRLS;
  IF NOT EXISTS (SELECT FROM pg_auth_members AS m
                  WHERE m.roleid = 'liskeban_reader'::regrole AND m.member = 'liskeban_owner'::regrole) THEN
    GRANT liskeban_reader TO liskeban_owner;
  END IF;
  GRANT SET ON PARAMETER "liskeban.now" TO liskeban_admin;
END
$$;
COMMENT ON PROCEDURE liskeban.create_roles() IS '建立角色 the cluster''s roles and parameter grants of liskeban; may be called again, and before a restore into another cluster. Needs a superuser';
REVOKE ALL ON PROCEDURE liskeban.create_roles() FROM PUBLIC;

CREATE PROCEDURE liskeban._create_platform(district text, name text, time_zone text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  code liskeban.area_code;
  digits bigint;
  postgis name;
  role_before constant text := current_setting('role');
  piece record;
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
    RAISE EXCEPTION 'only a superuser can create a platform' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF district IS NULL OR _create_platform.name IS NULL OR time_zone IS NULL THEN
    RAISE EXCEPTION 'district, name and time zone must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  code := district::liskeban.area_code;
  IF liskeban.area_level(code) <> 'district' THEN
    RAISE EXCEPTION 'area code "%" is not that of a district', district
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the six digits of the district, such as 320117.';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_timezone_names AS z WHERE z.name = _create_platform.time_zone) THEN
    RAISE EXCEPTION 'time zone "%" is not known', time_zone USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF getdatabaseencoding() <> 'UTF8' THEN
    RAISE EXCEPTION 'the encoding of the database is %, not UTF8', getdatabaseencoding()
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'History is hashed as UTF-8: create the database with ENCODING ''UTF8''.';
  END IF;
  IF to_regclass('liskeban.platform') IS NOT NULL THEN
    RAISE EXCEPTION 'there is a platform in this database already' USING ERRCODE = 'duplicate_object',
      HINT = 'One district, one database.';
  END IF;
  SELECT n.nspname INTO STRICT postgis
    FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'postgis';

  CALL liskeban.create_roles();
  GRANT USAGE, CREATE ON SCHEMA liskeban TO liskeban_owner;
  -- Functions that run as the owner have that schema in their path, so not everybody may put things there.
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', postgis);
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO liskeban_owner, liskeban_reader, liskeban_backup, liskeban_admin, '
                 'liskeban_dispatcher, liskeban_handler, liskeban_source, liskeban_analyst, liskeban_job', postgis);
  GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA liskeban TO liskeban_owner;
  CREATE SCHEMA liskeban_report AUTHORIZATION liskeban_owner;

  -- From here on everything belongs to the owner, nothing is PUBLIC's, and PostGIS is in the path: what would match any
  -- argument is named with its schema, for somebody may have planted a closer match there.
  PERFORM set_config('role', 'liskeban_owner', true);
  ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
  PERFORM set_config('search_path', pg_catalog.format('pg_catalog, %I, pg_temp', postgis), true);
  FOR piece IN SELECT s.topic, s.script FROM liskeban._platform_scripts() AS s WHERE s.topic LIKE 'platform/%' ORDER BY s.topic LOOP
    CONTINUE WHEN piece.topic = 'platform/90_grants';
    EXECUTE piece.script;
  END LOOP;

  digits := left(pg_catalog.rpad(district, 6, '0'), 6)::bigint;
  PERFORM liskeban._set_key_ranges(code::text);
  INSERT INTO liskeban.platform (district, name, ticket_prefix, time_zone, version, database, system_identifier, created_at)
  SELECT code, _create_platform.name, digits::text, _create_platform.time_zone, e.extversion, current_database(),
         s.system_identifier, liskeban.liskeban_now()
    FROM pg_extension AS e, pg_control_system() AS s WHERE e.extname = 'liskeban';
  PERFORM liskeban.make_partitions();
  INSERT INTO liskeban.area (code, name) VALUES (code, _create_platform.name);
  FOR piece IN SELECT s.topic, s.script FROM liskeban._platform_scripts() AS s WHERE s.topic LIKE 'seed/%' ORDER BY s.topic LOOP
    EXECUTE piece.script;
  END LOOP;

  -- The grants come last, and as the superuser: members of the extension are not the owner's to grant.
  PERFORM set_config('role', role_before, true);
  SELECT s.topic, s.script INTO STRICT piece FROM liskeban._platform_scripts() AS s WHERE s.topic = 'platform/90_grants';
  EXECUTE piece.script;
  -- So that "area <@ '320117001'" finds its operator for whoever connects, as PostGIS's are found.
  IF NOT EXISTS (SELECT FROM pg_db_role_setting AS s JOIN pg_database AS d ON d.oid = s.setdatabase,
                             unnest(s.setconfig) AS setting
                  WHERE d.datname = current_database() AND s.setrole = 0 AND setting LIKE 'search_path=%') THEN
    EXECUTE pg_catalog.format('ALTER DATABASE %I SET search_path = "$user", public, %s liskeban', current_database(),
                              CASE WHEN postgis <> 'public' THEN pg_catalog.format('%I,', postgis) ELSE '' END);
  END IF;
  EXECUTE pg_catalog.format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE pg_catalog.format('GRANT CONNECT ON DATABASE %I TO liskeban_backup, liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_source, liskeban_analyst, liskeban_job',
                            current_database());
END
$$;
COMMENT ON PROCEDURE liskeban._create_platform(text, text, text) IS 'what create_platform() does, with a path of its own';
REVOKE ALL ON PROCEDURE liskeban._create_platform(text, text, text) FROM PUBLIC;

-- The session that made the platform finds the operators of area codes as later ones do (ALTER DATABASE … SET).
CREATE PROCEDURE liskeban.create_platform(district text, name text, time_zone text DEFAULT 'Asia/Shanghai')
LANGUAGE sql AS $$
  CALL liskeban._create_platform(district, name, time_zone);
  SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', NULLIF(pg_catalog.current_setting('search_path'), ''), 'liskeban'), false)
   WHERE NOT 'liskeban' OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false));
$$;
COMMENT ON PROCEDURE liskeban.create_platform(text, text, text) IS '建立平台 make the tables, rules, views and rows of a district''s platform in this database, owned by liskeban_owner. Superuser, once (42710). 22023 a code that is no district''s, an unknown time zone; 55000 a database that is not UTF8';
REVOKE ALL ON PROCEDURE liskeban.create_platform(text, text, text) FROM PUBLIC;

-- sql/95_upgrade.sql
-- Upgrading a platform: ALTER EXTENSION UPDATE brings the members, upgrade_platform() the ordinary objects.
--
-- There is one text of every object. An upgrade first runs the deltas (sql/upgrade/platform--A--B.sql: what no script can
-- do twice, such as ALTER TABLE … ADD COLUMN), then the scripts of sql/platform once more, with each CREATE that begins a
-- line made one that may be run again (within a DO block the script says OR REPLACE itself), then the rows that are new
-- (sql/upgrade/rows--A--B.sql).

CREATE FUNCTION liskeban._repeatable(script text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT regexp_replace(regexp_replace(regexp_replace(script,
           '^CREATE (FUNCTION|PROCEDURE|AGGREGATE|VIEW|TRIGGER) ', 'CREATE OR REPLACE \1 ', 'gn'),
           '^CREATE (TABLE|(?:UNIQUE )?INDEX|SEQUENCE|STATISTICS|MATERIALIZED VIEW) ', 'CREATE \1 IF NOT EXISTS ', 'gn'),
           '^CREATE POLICY (\S+) ON (\S+)', 'DROP POLICY IF EXISTS \1 ON \2; CREATE POLICY \1 ON \2', 'gn')
$$;
COMMENT ON FUNCTION liskeban._repeatable(text) IS 'a script of sql/platform so that it may be run where its objects are: functions, views, triggers and policies are replaced, tables and indexes made where they are missing';
REVOKE ALL ON FUNCTION liskeban._repeatable(text) FROM PUBLIC;

CREATE FUNCTION liskeban._set_key_ranges(district text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  digits constant bigint := left(rpad(district, 6, '0'), 6)::bigint;
  key record;
BEGIN
  FOR key IN
    SELECT k.relation, k."column", digits * k.width + 1 AS first, (digits + 1) * k.width - 1 AS last
      FROM (VALUES ('ticket', 'ticket_id', 1000000000), ('ticket_event', 'event_id', 10000000000),
                   ('alarm', 'alarm_id', 10000000000)) AS k(relation, "column", width)
      JOIN pg_sequence AS s
        ON s.seqrelid = pg_get_serial_sequence(format('liskeban.%I', k.relation), k."column")::regclass
     WHERE (s.seqmin, s.seqmax) <> (digits * k.width + 1, (digits + 1) * k.width - 1)
  LOOP
    EXECUTE format('ALTER TABLE liskeban.%I ALTER %I SET MINVALUE %s SET MAXVALUE %s SET START WITH %3$s RESTART',
                   key.relation, key."column", key.first, key.last);
  END LOOP;
END
$$;
COMMENT ON FUNCTION liskeban._set_key_ranges(text) IS 'gives the generated keys the range of the district, where they have another';
REVOKE ALL ON FUNCTION liskeban._set_key_ranges(text) FROM PUBLIC;

CREATE PROCEDURE liskeban.upgrade_platform()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  platform liskeban.area_code;
  version_before text;
  version_after text;
  newest text;
  postgis name;
  role_before constant text := current_setting('role');
  scripts text[];
  script text;
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
    RAISE EXCEPTION 'only a superuser can upgrade a platform' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF to_regclass('liskeban.platform') IS NULL THEN
    RAISE EXCEPTION 'there is no platform in this database' USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'Make one with liskeban.create_platform().';
  END IF;
  SELECT p.district, p.version INTO STRICT platform, version_before FROM liskeban.platform AS p FOR UPDATE;
  SELECT e.extversion, a.default_version INTO STRICT version_after, newest
    FROM pg_extension AS e LEFT JOIN pg_available_extensions AS a ON a.name = e.extname WHERE e.extname = 'liskeban';
  IF string_to_array(version_before, '.')::integer[] > string_to_array(version_after, '.')::integer[] THEN
    RAISE EXCEPTION 'the platform is of version %, newer than that of the extension, %', version_before, version_after
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF version_after <> newest THEN
    RAISE WARNING 'the extension is of version %, though % is installed', version_after, newest
      USING HINT = 'Call ALTER EXTENSION liskeban UPDATE first.';
  END IF;
  SELECT n.nspname INTO STRICT postgis
    FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'postgis';

  WITH script AS (
    SELECT s.topic, s.script, regexp_match(s.topic, '^upgrade/(platform|rows)--([0-9.]+)--([0-9.]+)$') AS delta
      FROM liskeban._platform_scripts() AS s
  )
  SELECT array_agg(CASE WHEN s.topic LIKE 'platform/%' THEN liskeban._repeatable(s.script) ELSE s.script END
                   ORDER BY CASE s.delta[1] WHEN 'platform' THEN 1 WHEN 'rows' THEN 3 ELSE 2 END,
                            string_to_array(s.delta[2], '.')::integer[], s.topic)
    INTO scripts
    FROM script AS s
   WHERE s.topic LIKE 'platform/%' AND s.topic <> 'platform/90_grants'
      OR string_to_array(s.delta[2], '.')::integer[] >= string_to_array(version_before, '.')::integer[]
         AND string_to_array(s.delta[3], '.')::integer[] <= string_to_array(version_after, '.')::integer[];

  CALL liskeban.create_roles();
  GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA liskeban TO liskeban_owner;
  PERFORM set_config('role', 'liskeban_owner', true);
  PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', postgis), true);
  FOREACH script IN ARRAY scripts LOOP
    EXECUTE script;
  END LOOP;
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  PERFORM liskeban._set_key_ranges(platform::text);
  PERFORM liskeban.make_partitions();
  UPDATE liskeban.platform AS p SET version = version_after WHERE p.version <> version_after;
  PERFORM set_config('role', role_before, true);
  PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', postgis), true);
  SELECT s.script INTO STRICT script FROM liskeban._platform_scripts() AS s WHERE s.topic = 'platform/90_grants';
  EXECUTE script;
END
$$;
COMMENT ON PROCEDURE liskeban.upgrade_platform() IS '升级平台 bring the ordinary objects (tables, views, SQL functions, grants, rows of the library) of this platform to the version of the extension, in one transaction; after ALTER EXTENSION liskeban UPDATE. May be called again, which repairs what was changed by hand. Superuser. 55000 no platform here, or one of a newer version';
REVOKE ALL ON PROCEDURE liskeban.upgrade_platform() FROM PUBLIC;

-- sql/platform_scripts.sql
CREATE FUNCTION liskeban._platform_scripts(OUT topic text, OUT script text) RETURNS SETOF record
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $_scripts$ VALUES
 ('platform/10_registry', $_10_registry$
-- The registry: what the platform knows of the district, its sources, departments, categories and people.
-- Rows are retired, never deleted; every change invalidates the caches of all backends (liskeban.registry_changed).

CREATE TABLE liskeban.platform (
  district          liskeban.area_code PRIMARY KEY,
  name              text NOT NULL,
  ticket_prefix     text NOT NULL,
  time_zone         text NOT NULL,
  version           text NOT NULL,
  database          name NOT NULL,
  system_identifier bigint NOT NULL,
  created_at        timestamptz NOT NULL,
  snap_distance     double precision NOT NULL DEFAULT 50,
  arrival_distance  double precision NOT NULL DEFAULT 200,
  reopen_within     interval NOT NULL DEFAULT '30 days',
  rework_floor      interval NOT NULL DEFAULT '1 day',
  rework_floor_hard interval NOT NULL DEFAULT '3 days',
  retention         interval NOT NULL DEFAULT '3 years',
  rules_event       bigint,
  CONSTRAINT platform_district_check CHECK (liskeban.area_level(district) = 'district'),
  -- an unknown zone is an error of its own (22023)
  CONSTRAINT platform_time_zone_check CHECK ((timestamptz 'epoch' AT TIME ZONE time_zone) IS NOT NULL),
  CONSTRAINT platform_ticket_prefix_check CHECK (ticket_prefix ~ '^[0-9A-Za-z]{1,12}$'),
  CONSTRAINT platform_snap_distance_check CHECK (snap_distance >= 0 AND snap_distance <= 10000),
  CONSTRAINT platform_arrival_distance_check CHECK (arrival_distance >= 0 AND arrival_distance <= 100000),
  CONSTRAINT platform_reopen_within_check CHECK (reopen_within >= interval '0'),
  CONSTRAINT platform_rework_floor_check CHECK (rework_floor >= interval '0' AND extract(year FROM rework_floor) = 0 AND extract(month FROM rework_floor) = 0),
  CONSTRAINT platform_rework_floor_hard_check CHECK (rework_floor_hard >= interval '0' AND extract(year FROM rework_floor_hard) = 0 AND extract(month FROM rework_floor_hard) = 0),
  CONSTRAINT platform_retention_check CHECK (retention >= interval '183 days')
);
CREATE UNIQUE INDEX platform_one_row ON liskeban.platform ((true));
COMMENT ON TABLE liskeban.platform IS '平台 the one row that says which district this database commands, and what is not a session''s matter';
COMMENT ON COLUMN liskeban.platform.district IS '区划代码 code of the district';
COMMENT ON COLUMN liskeban.platform.name IS '名称 name of the district';
COMMENT ON COLUMN liskeban.platform.ticket_prefix IS '工单号前缀 what every ticket_no begins with';
COMMENT ON COLUMN liskeban.platform.time_zone IS '时区 the zone in which days begin and shifts are kept, whatever the session says';
COMMENT ON COLUMN liskeban.platform.version IS '版本 version of the ordinary objects (tables, views, SQL functions)';
COMMENT ON COLUMN liskeban.platform.database IS '数据库 database that the jobs were adopted in';
COMMENT ON COLUMN liskeban.platform.system_identifier IS '集群标识 cluster (pg_control_system) that the jobs were adopted in';
COMMENT ON COLUMN liskeban.platform.created_at IS '建立时间 when create_platform() ran';
COMMENT ON COLUMN liskeban.platform.snap_distance IS '吸附距离 metres within which a point outside every area takes the nearest cell';
COMMENT ON COLUMN liskeban.platform.arrival_distance IS '到场距离 metres from the ticket within which a GPS fix proves arrival';
COMMENT ON COLUMN liskeban.platform.reopen_within IS '重办期限 how long after closed_at a ticket may be reopened';
COMMENT ON COLUMN liskeban.platform.rework_floor IS '返工时限下限 least time that a reworked simple or general ticket is given';
COMMENT ON COLUMN liskeban.platform.rework_floor_hard IS '疑难返工时限下限 least time that a reworked hard ticket is given';
COMMENT ON COLUMN liskeban.platform.retention IS '留存期 how long closed tickets keep personal data; at least 183 days';

COMMENT ON COLUMN liskeban.platform.rules_event IS '规则变更点 last event_id when policy, calendar, shifts or a category last changed (kept by their triggers)';

CREATE TABLE liskeban.domain (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text NOT NULL,
  retired_at timestamptz
);
COMMENT ON TABLE liskeban.domain IS '领域 domains of the daily analysis; an open list';
COMMENT ON COLUMN liskeban.domain.code IS '代码 key';
COMMENT ON COLUMN liskeban.domain.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.domain.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.domain.retired_at IS '停用时间 when it was retired; NULL in force';

CREATE TABLE liskeban.network (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text NOT NULL,
  retired_at timestamptz
);
COMMENT ON TABLE liskeban.network IS '网络 the four networks on one grid: party, governance, service, safety';
COMMENT ON COLUMN liskeban.network.code IS '代码 key';
COMMENT ON COLUMN liskeban.network.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.network.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.network.retired_at IS '停用时间 when it was retired; NULL in force';

CREATE TABLE liskeban.reject_reason (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text NOT NULL,
  retired_at timestamptz
);
COMMENT ON TABLE liskeban.reject_reason IS '不予受理理由 why a demand is not taken on';
COMMENT ON COLUMN liskeban.reject_reason.code IS '代码 key';
COMMENT ON COLUMN liskeban.reject_reason.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.reject_reason.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.reject_reason.retired_at IS '停用时间 when it was retired; NULL in force';

CREATE TABLE liskeban.source_system (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text,
  kind       text NOT NULL DEFAULT 'other',
  heartbeat  interval,
  reads_back boolean NOT NULL DEFAULT false,
  retired_at timestamptz,
  CONSTRAINT source_system_code_check CHECK (code ~ '^[A-Za-z0-9_.-]{1,64}$'),
  CONSTRAINT source_system_heartbeat_check CHECK (heartbeat > interval '0')
);
COMMENT ON TABLE liskeban.source_system IS '来源系统 upstream systems that report into the platform';
COMMENT ON COLUMN liskeban.source_system.code IS '代码 key';
COMMENT ON COLUMN liskeban.source_system.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.source_system.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.source_system.kind IS '类别 hotline, grid, police, iot, web, …';
COMMENT ON COLUMN liskeban.source_system.heartbeat IS '心跳间隔 longest silence that is normal; NULL is never watched';
COMMENT ON COLUMN liskeban.source_system.reads_back IS '回传 whether it is told of each change of state of its tickets';
COMMENT ON COLUMN liskeban.source_system.retired_at IS '停用时间 when it was retired; NULL in force';

CREATE TABLE liskeban.area (
  code       liskeban.area_code PRIMARY KEY,
  name       text NOT NULL,
  name_en    text,
  kind       text NOT NULL DEFAULT 'plain',
  geom       geometry(Geometry, 4490),
  valid_from timestamptz NOT NULL DEFAULT '-infinity',
  valid_to   timestamptz,
  CONSTRAINT area_kind_check CHECK (kind IN ('plain', 'dedicated')),
  CONSTRAINT area_valid_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE liskeban.area IS '区域 district, towns, villages, grids and microgrids with their outlines';
COMMENT ON COLUMN liskeban.area.code IS '区划代码 key; its segments name its parents';
COMMENT ON COLUMN liskeban.area.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.area.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.area.kind IS '类别 plain, or dedicated (专属网格: park, mall, school), which goes before a plain one of its level';
COMMENT ON COLUMN liskeban.area.geom IS '范围 polygon or multipolygon, CGCS2000 (EPSG:4490); NULL covers nothing';
COMMENT ON COLUMN liskeban.area.valid_from IS '启用时间 from when it is in force';
COMMENT ON COLUMN liskeban.area.valid_to IS '废止时间 until when it is in force; NULL in force';

CREATE TABLE liskeban.department (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text,
  level      text NOT NULL DEFAULT 'district',
  area       liskeban.area_code REFERENCES liskeban.area,
  parent     text REFERENCES liskeban.department,
  duty_phone text,
  retired_at timestamptz,
  CONSTRAINT department_level_check CHECK (level IN ('district', 'town'))
);
COMMENT ON TABLE liskeban.department IS '部门 departments of the district and offices of its towns';
COMMENT ON COLUMN liskeban.department.code IS '代码 key';
COMMENT ON COLUMN liskeban.department.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.department.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.department.level IS '层级 district or town';
COMMENT ON COLUMN liskeban.department.area IS '所属区域 the town of a town''s office; NULL for the district''s';
COMMENT ON COLUMN liskeban.department.parent IS '上级部门 the department above it';
COMMENT ON COLUMN liskeban.department.duty_phone IS '值班电话 phone that is always answered';
COMMENT ON COLUMN liskeban.department.retired_at IS '撤销时间 when it was retired; NULL in force';

CREATE TABLE liskeban.category (
  code           text PRIMARY KEY,
  name           text NOT NULL,
  name_en        text,
  domain         text NOT NULL REFERENCES liskeban.domain,
  difficulty     liskeban.difficulty NOT NULL DEFAULT 'general',
  lead           text NOT NULL DEFAULT 'village',
  department     text REFERENCES liskeban.department,
  on_site        boolean NOT NULL DEFAULT true,
  listed         boolean NOT NULL DEFAULT false,
  about_staff    boolean NOT NULL DEFAULT false,
  needs_photo    boolean NOT NULL DEFAULT false,
  steps          text[] NOT NULL DEFAULT '{}',
  reply_template text,
  words          text[] NOT NULL DEFAULT '{}',
  retired_at     timestamptz,
  CONSTRAINT category_code_check CHECK (code <> '' AND length(code) <= 200),
  CONSTRAINT category_lead_check CHECK (lead IN ('village', 'town', 'department')),
  CONSTRAINT category_department_check CHECK (lead <> 'department' OR department IS NOT NULL)
);
COMMENT ON TABLE liskeban.category IS '事项 kinds of matter, with who leads, how hard they are and what to do';
COMMENT ON COLUMN liskeban.category.code IS '代码 key';
COMMENT ON COLUMN liskeban.category.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.category.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.category.domain IS '领域 domain of the daily analysis';
COMMENT ON COLUMN liskeban.category.difficulty IS '难度 simple (1 day), general (3 days) or hard (plan and promise)';
COMMENT ON COLUMN liskeban.category.lead IS '牵头层级 who leads by default: village, town or department';
COMMENT ON COLUMN liskeban.category.department IS '主管部门 department that leads or advises';
COMMENT ON COLUMN liskeban.category.on_site IS '需到场 whether response means that someone is there';
COMMENT ON COLUMN liskeban.category.listed IS '清单事项 one of the listed matters (事项清单)';
COMMENT ON COLUMN liskeban.category.about_staff IS '涉及工作人员 whether it is about the unit that would handle it';
COMMENT ON COLUMN liskeban.category.needs_photo IS '需照片 whether resolving needs a photo of the result';
COMMENT ON COLUMN liskeban.category.steps IS '办理步骤 what to do, in order';
COMMENT ON COLUMN liskeban.category.reply_template IS '答复模板 text to begin a reply from';
COMMENT ON COLUMN liskeban.category.words IS '检索词 words by which a text is recognised';
COMMENT ON COLUMN liskeban.category.retired_at IS '停用时间 when it was retired; NULL in force';

CREATE TABLE liskeban.membership (
  membership_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  role_name     text NOT NULL,
  duty          text NOT NULL,
  area          liskeban.area_code REFERENCES liskeban.area,
  department    text REFERENCES liskeban.department,
  source        text REFERENCES liskeban.source_system,
  gateway       boolean NOT NULL DEFAULT false,
  retired_at    timestamptz,
  CONSTRAINT membership_role_name_check CHECK (role_name <> ''),
  CONSTRAINT membership_duty_check CHECK (duty IN ('admin', 'dispatcher', 'handler', 'source', 'analyst')),
  CONSTRAINT membership_source_check CHECK (source IS NULL OR duty = 'source')
);
CREATE UNIQUE INDEX membership_key ON liskeban.membership
  (role_name, duty, area, department, source, gateway) NULLS NOT DISTINCT WHERE retired_at IS NULL;
COMMENT ON TABLE liskeban.membership IS '岗位 who has which duty, and where';
COMMENT ON COLUMN liskeban.membership.membership_id IS '编号 key';
COMMENT ON COLUMN liskeban.membership.role_name IS '身份 a login role, or an identity that a gateway acts for (act_as)';
COMMENT ON COLUMN liskeban.membership.duty IS '职责 admin, dispatcher, handler, source or analyst';
COMMENT ON COLUMN liskeban.membership.area IS '区域 area within which the duty holds; NULL the whole district, unless a department is given';
COMMENT ON COLUMN liskeban.membership.department IS '部门 department for which the duty holds';
COMMENT ON COLUMN liskeban.membership.source IS '来源系统 source system for which a source reports; NULL any';
COMMENT ON COLUMN liskeban.membership.gateway IS '代办 true: no duty of its own, but the login may act for identities whose duties lie within this row';
COMMENT ON COLUMN liskeban.membership.retired_at IS '离岗时间 when the duty ended; NULL in force';

CREATE TABLE liskeban.official (
  official_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  role_name   text NOT NULL,
  name        text NOT NULL,
  title       text NOT NULL,
  tier        liskeban.tier NOT NULL,
  area        liskeban.area_code REFERENCES liskeban.area,
  department  text REFERENCES liskeban.department,
  portfolio   text[] NOT NULL DEFAULT '{}',
  retired_at  timestamptz
);
COMMENT ON TABLE liskeban.official IS '领导 leaders who sign, lead task forces and supervise';
COMMENT ON COLUMN liskeban.official.official_id IS '编号 key';
COMMENT ON COLUMN liskeban.official.role_name IS '身份 the identity as in membership';
COMMENT ON COLUMN liskeban.official.name IS '姓名 name';
COMMENT ON COLUMN liskeban.official.title IS '职务 title';
COMMENT ON COLUMN liskeban.official.tier IS '层级 the rung on which the official leads';
COMMENT ON COLUMN liskeban.official.area IS '区域 area the official answers for';
COMMENT ON COLUMN liskeban.official.department IS '部门 department the official heads';
COMMENT ON COLUMN liskeban.official.portfolio IS '分管 domains or categories in the official''s charge';
COMMENT ON COLUMN liskeban.official.retired_at IS '离任时间 when the office ended; NULL in office';

CREATE TABLE liskeban.duty (
  duty_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  area       liskeban.area_code REFERENCES liskeban.area,
  department text REFERENCES liskeban.department,
  person     text NOT NULL,
  phone      text,
  begins_at  timestamptz NOT NULL,
  ends_at    timestamptz,
  CONSTRAINT duty_for_check CHECK (pg_catalog.num_nonnulls(area, department) = 1),
  CONSTRAINT duty_ends_at_check CHECK (ends_at > begins_at)
);
CREATE INDEX duty_area_idx ON liskeban.duty (area, begins_at);
CREATE INDEX duty_department_idx ON liskeban.duty (department, begins_at);
COMMENT ON TABLE liskeban.duty IS '值班 who is on duty for an area or a department, and when';
COMMENT ON COLUMN liskeban.duty.duty_id IS '编号 key';
COMMENT ON COLUMN liskeban.duty.area IS '区域 the area whose desk it is';
COMMENT ON COLUMN liskeban.duty.department IS '部门 the department whose desk it is';
COMMENT ON COLUMN liskeban.duty.person IS '值班人 who is on duty';
COMMENT ON COLUMN liskeban.duty.phone IS '电话 phone of the desk';
COMMENT ON COLUMN liskeban.duty.begins_at IS '开始 from when';
COMMENT ON COLUMN liskeban.duty.ends_at IS '结束 until when; NULL until further notice';

CREATE TABLE liskeban.grid_member (
  grid_member_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  area           liskeban.area_code NOT NULL REFERENCES liskeban.area,
  network        text NOT NULL REFERENCES liskeban.network,
  person         text NOT NULL,
  phone          text,
  police         boolean NOT NULL DEFAULT false,
  begins_at      timestamptz NOT NULL,
  ends_at        timestamptz,
  CONSTRAINT grid_member_ends_at_check CHECK (ends_at > begins_at)
);
CREATE INDEX grid_member_area_idx ON liskeban.grid_member (area, network);
COMMENT ON TABLE liskeban.grid_member IS '网格员 who serves on which cell, for which network';
COMMENT ON COLUMN liskeban.grid_member.grid_member_id IS '编号 key';
COMMENT ON COLUMN liskeban.grid_member.area IS '网格 the cell';
COMMENT ON COLUMN liskeban.grid_member.network IS '网络 party, governance, service or safety';
COMMENT ON COLUMN liskeban.grid_member.person IS '姓名 who serves';
COMMENT ON COLUMN liskeban.grid_member.phone IS '电话 phone';
COMMENT ON COLUMN liskeban.grid_member.police IS '民警 whether the member is a police officer (警网融合)';
COMMENT ON COLUMN liskeban.grid_member.begins_at IS '开始 from when';
COMMENT ON COLUMN liskeban.grid_member.ends_at IS '结束 until when; NULL until further notice';
$_10_registry$)
,('platform/15_rules', $_15_rules$
-- The rules, as rows: who may move a ticket, by when, in whose working time.

CREATE TABLE liskeban.transition (
  from_state liskeban.ticket_state NOT NULL,
  to_state   liskeban.ticket_state NOT NULL,
  action     text NOT NULL,
  roles      text[] NOT NULL,
  requires   text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (from_state, to_state, action),
  CONSTRAINT transition_action_check CHECK (action ~ '^[a-z_]{1,32}$'),
  CONSTRAINT transition_roles_check CHECK (roles <@ '{dispatcher,handler,source,platform}' AND roles <> '{}')
);
COMMENT ON TABLE liskeban.transition IS '流转规则 the moves a ticket may make, who makes them and what they need';
COMMENT ON COLUMN liskeban.transition.from_state IS '原状态 state before';
COMMENT ON COLUMN liskeban.transition.to_state IS '新状态 state after';
COMMENT ON COLUMN liskeban.transition.action IS '动作 name of the move, as in ticket_event';
COMMENT ON COLUMN liskeban.transition.roles IS '角色 duties that may make it (dispatcher, handler, source, platform)';
COMMENT ON COLUMN liskeban.transition.requires IS '要件 what must be there: a column, a|b for either, or an @check that README explains';

CREATE TABLE liskeban.sla_policy (
  difficulty liskeban.difficulty NOT NULL,
  clock      liskeban.clock NOT NULL,
  within     interval NOT NULL,
  basis      liskeban.time_basis NOT NULL DEFAULT 'calendar',
  valid_from timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (difficulty, clock, valid_from),
  CONSTRAINT sla_policy_clock_check CHECK (clock IN ('accept', 'dispatch', 'respond', 'contact', 'plan', 'resolve', 'feedback')),
  CONSTRAINT sla_policy_within_check CHECK (within > interval '0' AND extract(year FROM within) = 0 AND extract(month FROM within) = 0)
);
COMMENT ON TABLE liskeban.sla_policy IS '时限规则 how long each clock of a ticket gives; the row in force at received_at holds';
COMMENT ON COLUMN liskeban.sla_policy.difficulty IS '难度 simple, general or hard';
COMMENT ON COLUMN liskeban.sla_policy.clock IS '时钟 which clock; contact is respond for a category that is not on_site';
COMMENT ON COLUMN liskeban.sla_policy.within IS '时限 time given, without months or years';
COMMENT ON COLUMN liskeban.sla_policy.basis IS '计时方式 calendar (1 day = 24 hours), working_day or working_hour';
COMMENT ON COLUMN liskeban.sla_policy.valid_from IS '生效时间 tickets received from then on';

CREATE TABLE liskeban.plan_policy (
  tier           liskeban.tier PRIMARY KEY,
  max_promise    interval NOT NULL,
  progress_every interval NOT NULL,
  max_replans    integer NOT NULL,
  CONSTRAINT plan_policy_max_promise_check CHECK (max_promise > interval '0'),
  CONSTRAINT plan_policy_progress_every_check CHECK (progress_every > interval '0'),
  CONSTRAINT plan_policy_max_replans_check CHECK (max_replans >= 0)
);
COMMENT ON TABLE liskeban.plan_policy IS '方案规则 how far a rung may promise, how often it reports and plans anew';
COMMENT ON COLUMN liskeban.plan_policy.tier IS '层级 rung';
COMMENT ON COLUMN liskeban.plan_policy.max_promise IS '最长承诺 longest promise without the next rung''s consent';
COMMENT ON COLUMN liskeban.plan_policy.progress_every IS '进展间隔 how often progress is due while planned';
COMMENT ON COLUMN liskeban.plan_policy.max_replans IS '重订次数 plans after the first on this rung';

CREATE TABLE liskeban.escalation_policy (
  tier          liskeban.tier PRIMARY KEY,
  sign_within   interval NOT NULL,
  handle_within interval NOT NULL,
  basis         liskeban.time_basis NOT NULL DEFAULT 'working_day',
  auto          boolean NOT NULL DEFAULT true,
  max_declined  integer NOT NULL DEFAULT 3,
  CONSTRAINT escalation_policy_tier_check CHECK (tier <> 'village'),
  CONSTRAINT escalation_policy_sign_within_check CHECK (sign_within > interval '0'),
  CONSTRAINT escalation_policy_handle_within_check CHECK (handle_within > interval '0'),
  CONSTRAINT escalation_policy_max_declined_check CHECK (max_declined > 0)
);
COMMENT ON TABLE liskeban.escalation_policy IS '吹哨规则 how soon a rung signs and handles what was whistled up to it';
COMMENT ON COLUMN liskeban.escalation_policy.tier IS '层级 rung that is whistled up';
COMMENT ON COLUMN liskeban.escalation_policy.sign_within IS '签收时限 time to sign, calendar';
COMMENT ON COLUMN liskeban.escalation_policy.handle_within IS '办理时限 time to handle, in basis';
COMMENT ON COLUMN liskeban.escalation_policy.basis IS '计时方式 basis of handle_within';
COMMENT ON COLUMN liskeban.escalation_policy.auto IS '自动升级 whether an overdue ticket climbs to it by itself';
COMMENT ON COLUMN liskeban.escalation_policy.max_declined IS '退回上限 declined whistles of one raiser in 30 days before the guard bars more';

CREATE TABLE liskeban.supervision_policy (
  clock        liskeban.clock NOT NULL,
  level        liskeban.lamp NOT NULL,
  kind         text NOT NULL,
  reply_within interval,
  basis        liskeban.time_basis NOT NULL DEFAULT 'working_day',
  PRIMARY KEY (clock, level),
  CONSTRAINT supervision_policy_kind_check CHECK (kind IN ('urge', 'order', 'notice')),
  CONSTRAINT supervision_policy_level_check CHECK (level IN ('red', 'red2', 'red3')),
  CONSTRAINT supervision_policy_reply_within_check CHECK (reply_within > interval '0')
);
COMMENT ON TABLE liskeban.supervision_policy IS '督办规则 what an overdue clock sets off';
COMMENT ON COLUMN liskeban.supervision_policy.clock IS '时钟 the overdue clock';
COMMENT ON COLUMN liskeban.supervision_policy.level IS '级别 level at which it happens';
COMMENT ON COLUMN liskeban.supervision_policy.kind IS '方式 urge 催办, order 督办 or notice 通报';
COMMENT ON COLUMN liskeban.supervision_policy.reply_within IS '回复时限 time to reply; NULL asks for none';
COMMENT ON COLUMN liskeban.supervision_policy.basis IS '计时方式 basis of reply_within';

CREATE TABLE liskeban.calendar_day (
  day        date PRIMARY KEY,
  is_working boolean NOT NULL,
  name       text
);
COMMENT ON TABLE liskeban.calendar_day IS '工作日历 exceptions to Monday-to-Friday: holidays and make-up working days (调休)';
COMMENT ON COLUMN liskeban.calendar_day.day IS '日期 the day';
COMMENT ON COLUMN liskeban.calendar_day.is_working IS '是否工作 false a holiday, true a make-up working day';
COMMENT ON COLUMN liskeban.calendar_day.name IS '名称 name of the holiday it belongs to';

CREATE TABLE liskeban.work_shift (
  weekday integer NOT NULL,
  starts  time NOT NULL,
  ends    time NOT NULL,
  PRIMARY KEY (weekday, starts),
  CONSTRAINT work_shift_weekday_check CHECK (weekday BETWEEN 1 AND 7),
  CONSTRAINT work_shift_ends_check CHECK (ends > starts)
);
COMMENT ON TABLE liskeban.work_shift IS '工作时段 office hours by weekday; kept on the working days only, so Saturday and Sunday rows serve the make-up days';
COMMENT ON COLUMN liskeban.work_shift.weekday IS '星期 1 Monday to 7 Sunday (ISO 8601)';
COMMENT ON COLUMN liskeban.work_shift.starts IS '开始 local time';
COMMENT ON COLUMN liskeban.work_shift.ends IS '结束 local time';
$_15_rules$)
,('platform/20_ticket', $_20_ticket$
-- The ticket and what hangs on it. The guard and the log (35_triggers.sql) keep it; nobody else writes what is maintained.

CREATE TABLE liskeban.ticket (
  ticket_id            bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE),
  parent_id            bigint,
  received_at          timestamptz NOT NULL,
  reported_at          timestamptz NOT NULL,
  discovered_at        timestamptz,
  area                 liskeban.area_code,
  responsible_area     liskeban.area_code,
  merged_into          bigint,
  emergency            bigint,
  -- due times
  accept_due           timestamptz,
  dispatch_due         timestamptz,
  respond_due          timestamptz,
  plan_due             timestamptz,
  resolve_due          timestamptz,
  resolve_due_original timestamptz,
  feedback_due         timestamptz,
  clocks_stopped_at    timestamptz,
  -- what happened when
  dispatched_at        timestamptz,
  contacted_at         timestamptz,
  on_site_at           timestamptz,
  promised_at          timestamptz,
  suspend_until        timestamptz,
  resolved_at          timestamptz,
  closed_at            timestamptz,
  updated_at           timestamptz NOT NULL,
  -- where it stands
  kind                 liskeban.ticket_kind NOT NULL DEFAULT 'demand',
  state                liskeban.ticket_state NOT NULL DEFAULT 'reported',
  suspended_from       liskeban.ticket_state,
  difficulty           liskeban.difficulty NOT NULL,
  placement            liskeban.placement NOT NULL,
  tier                 liskeban.tier,
  satisfaction         liskeban.satisfaction,
  priority             integer NOT NULL DEFAULT 3,
  run                  integer NOT NULL DEFAULT 1,
  last_seq             integer NOT NULL,
  rework_count         integer NOT NULL DEFAULT 0,
  reopen_count         integer NOT NULL DEFAULT 0,
  return_count         integer NOT NULL DEFAULT 0,
  resolve_resets       integer NOT NULL DEFAULT 0,
  confidential         boolean NOT NULL DEFAULT false,
  designated           boolean NOT NULL DEFAULT false,
  late_entry           boolean NOT NULL DEFAULT false,
  has_reporter         boolean NOT NULL DEFAULT false,
  solved               boolean,
  resolve_given        interval,
  ticket_no            text NOT NULL,
  source               text NOT NULL,
  external_id          text,
  category             text NOT NULL,
  department           text,
  co_departments       text[] NOT NULL DEFAULT '{}',
  arrival_proof        text,
  reject_reason        text,
  transferred_to       text,
  resolved_by          text,
  checked_by           text,
  title                text NOT NULL DEFAULT '无标题',
  description          text,
  address              text,
  plan                 text,
  resolution           text,
  reply                text,
  note                 text,
  extra                jsonb,
  geom                 geometry(Point, 4490),
  arrived_geom         geometry(Point, 4490),
  CONSTRAINT ticket_pkey PRIMARY KEY (ticket_id),
  CONSTRAINT ticket_ticket_no_key UNIQUE (ticket_no),
  CONSTRAINT ticket_source_external_id_key UNIQUE (source, external_id),
  CONSTRAINT ticket_priority_check CHECK (priority BETWEEN 1 AND 4),
  CONSTRAINT ticket_title_check CHECK (title <> ''),
  CONSTRAINT ticket_arrival_proof_check CHECK (arrival_proof IN ('gps', 'photo', 'declared')),
  CONSTRAINT ticket_merged_into_check CHECK (merged_into <> ticket_id),
  CONSTRAINT ticket_parent_id_check CHECK (parent_id <> ticket_id)
) WITH (fillfactor = 75);
CREATE INDEX ticket_area_received_at_idx ON liskeban.ticket (area, received_at);
CREATE INDEX ticket_received_at_idx ON liskeban.ticket USING brin (received_at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX ticket_geom_idx ON liskeban.ticket USING gist (geom);
CREATE INDEX ticket_responsible_area_idx ON liskeban.ticket (responsible_area);
CREATE INDEX ticket_department_idx ON liskeban.ticket (department);
CREATE INDEX ticket_co_departments_idx ON liskeban.ticket USING gin (co_departments) WHERE co_departments <> '{}';
CREATE INDEX ticket_merged_into_idx ON liskeban.ticket (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX ticket_parent_id_idx ON liskeban.ticket (parent_id) WHERE parent_id IS NOT NULL;

COMMENT ON TABLE liskeban.ticket IS '工单 every citizen''s demand, hazard, clue, service, patrol finding and task; UPDATE … SET state is the basic API';
COMMENT ON COLUMN liskeban.ticket.ticket_id IS '工单编号 key: six digits of the district × 10^9 + n';
COMMENT ON COLUMN liskeban.ticket.parent_id IS '父工单 ticket of which this is a part; never counted beside it';
COMMENT ON COLUMN liskeban.ticket.received_at IS '受理时间起点 when the platform received it; starts every clock (maintained)';
COMMENT ON COLUMN liskeban.ticket.reported_at IS '上报时间 what the source says; received_at unless given; never changed';
COMMENT ON COLUMN liskeban.ticket.discovered_at IS '发现时间 when the matter was seen';
COMMENT ON COLUMN liskeban.ticket.area IS '所在区域 finest area that covers geom; NULL in the pool (maintained)';
COMMENT ON COLUMN liskeban.ticket.responsible_area IS '承办区域 the area that must act';
COMMENT ON COLUMN liskeban.ticket.merged_into IS '并入工单 the lead ticket of a duplicate';
COMMENT ON COLUMN liskeban.ticket.emergency IS '应急事件 the emergency that caught it (maintained)';
COMMENT ON COLUMN liskeban.ticket.accept_due IS '受理时限 when acceptance is due (maintained)';
COMMENT ON COLUMN liskeban.ticket.dispatch_due IS '派单时限 when dispatch is due, from acceptance (maintained)';
COMMENT ON COLUMN liskeban.ticket.respond_due IS '响应时限 when someone must be there, or have spoken to the citizen (maintained)';
COMMENT ON COLUMN liskeban.ticket.plan_due IS '方案时限 when the plan of a hard ticket is due (maintained)';
COMMENT ON COLUMN liskeban.ticket.resolve_due IS '办结时限 when it must be resolved; the promise of a hard ticket (maintained)';
COMMENT ON COLUMN liskeban.ticket.resolve_due_original IS '原办结时限 the first resolve_due of this run, before extensions (maintained)';
COMMENT ON COLUMN liskeban.ticket.feedback_due IS '回访时限 when the citizen must have been asked (maintained)';
COMMENT ON COLUMN liskeban.ticket.clocks_stopped_at IS '计时停止时间 since when plan and resolve stand still (maintained)';
COMMENT ON COLUMN liskeban.ticket.dispatched_at IS '派单时间 when last dispatched (maintained)';
COMMENT ON COLUMN liskeban.ticket.contacted_at IS '联系时间 when the citizen was first contacted in this run (maintained)';
COMMENT ON COLUMN liskeban.ticket.on_site_at IS '到场时间 when someone was there';
COMMENT ON COLUMN liskeban.ticket.promised_at IS '承诺时间 by when the plan of a hard ticket promises to resolve it';
COMMENT ON COLUMN liskeban.ticket.suspend_until IS '挂账至 until when it is suspended';
COMMENT ON COLUMN liskeban.ticket.resolved_at IS '办结时间 when last resolved (maintained)';
COMMENT ON COLUMN liskeban.ticket.closed_at IS '关闭时间 when closed (maintained)';
COMMENT ON COLUMN liskeban.ticket.updated_at IS '更新时间 at of its last event (maintained)';
COMMENT ON COLUMN liskeban.ticket.kind IS '类型 demand 群众诉求, hazard 隐患, clue 线索, service 服务, policy 找人, patrol 自采, task 指令; never changed';
COMMENT ON COLUMN liskeban.ticket.state IS '状态 where it stands; liskeban.transition says where it may go';
COMMENT ON COLUMN liskeban.ticket.suspended_from IS '挂账前状态 state to which it resumes (maintained)';
COMMENT ON COLUMN liskeban.ticket.difficulty IS '难度 simple, general or hard; the category''s unless given';
COMMENT ON COLUMN liskeban.ticket.placement IS '定位方式 inside, snapped, outside or unknown (maintained)';
COMMENT ON COLUMN liskeban.ticket.tier IS '层级 rung of the ladder it is on; NULL until dispatched (maintained)';
COMMENT ON COLUMN liskeban.ticket.satisfaction IS '满意度 the citizen''s last answer';
COMMENT ON COLUMN liskeban.ticket.priority IS '优先级 1 highest to 4';
COMMENT ON COLUMN liskeban.ticket.run IS '轮次 1, and one more with each reopening (maintained)';
COMMENT ON COLUMN liskeban.ticket.last_seq IS '末序号 seq of its last event (maintained)';
COMMENT ON COLUMN liskeban.ticket.rework_count IS '返工次数 (maintained)';
COMMENT ON COLUMN liskeban.ticket.reopen_count IS '重办次数 (maintained)';
COMMENT ON COLUMN liskeban.ticket.return_count IS '退单次数 (maintained)';
COMMENT ON COLUMN liskeban.ticket.resolve_resets IS '办结重置次数 how often resolve_due was set anew, by plan, rework, reopening, extension or another difficulty (maintained)';
COMMENT ON COLUMN liskeban.ticket.confidential IS '保密 kept from the unit concerned';
COMMENT ON COLUMN liskeban.ticket.designated IS '指定承办 may not be returned any more (maintained)';
COMMENT ON COLUMN liskeban.ticket.late_entry IS '补录 arrival recorded more than 10 minutes after it happened (maintained)';
COMMENT ON COLUMN liskeban.ticket.has_reporter IS '有诉求人 whether a reporter is known (maintained)';
COMMENT ON COLUMN liskeban.ticket.solved IS '是否解决 what the citizen says';
COMMENT ON COLUMN liskeban.ticket.resolve_given IS '办结给定时间 the time that the present resolve_due was given with, from which its levels are reckoned (maintained)';
COMMENT ON COLUMN liskeban.ticket.ticket_no IS '工单号 prefix, day and number: what is told to the citizen (maintained)';
COMMENT ON COLUMN liskeban.ticket.source IS '来源系统 source_system; never changed';
COMMENT ON COLUMN liskeban.ticket.external_id IS '来源单号 the source''s own key, unique with it; never changed';
COMMENT ON COLUMN liskeban.ticket.category IS '事项 category';
COMMENT ON COLUMN liskeban.ticket.department IS '承办部门 department that leads';
COMMENT ON COLUMN liskeban.ticket.co_departments IS '协办部门 departments that co-handle (maintained)';
COMMENT ON COLUMN liskeban.ticket.arrival_proof IS '到场凭证 gps, photo or declared';
COMMENT ON COLUMN liskeban.ticket.reject_reason IS '不予受理理由 reject_reason';
COMMENT ON COLUMN liskeban.ticket.transferred_to IS '转交 where a matter of another jurisdiction went';
COMMENT ON COLUMN liskeban.ticket.resolved_by IS '办结人 who last resolved it (maintained)';
COMMENT ON COLUMN liskeban.ticket.checked_by IS '核查人 who checked a ticket without a reporter';
COMMENT ON COLUMN liskeban.ticket.title IS '标题 personal data may stand in it; 无标题 where none is given';
COMMENT ON COLUMN liskeban.ticket.description IS '内容 personal data may stand in it';
COMMENT ON COLUMN liskeban.ticket.address IS '地址 personal data may stand in it';
COMMENT ON COLUMN liskeban.ticket.plan IS '方案 how a hard matter will be solved';
COMMENT ON COLUMN liskeban.ticket.resolution IS '办理结果 what was done';
COMMENT ON COLUMN liskeban.ticket.reply IS '答复 what the citizen is told';
COMMENT ON COLUMN liskeban.ticket.note IS '备注 note of the last UPDATE that gave one; cleared by the next that does not';
COMMENT ON COLUMN liskeban.ticket.extra IS '附加信息 whatever else the source says';
COMMENT ON COLUMN liskeban.ticket.geom IS '位置 point, CGCS2000 (EPSG:4490)';
COMMENT ON COLUMN liskeban.ticket.arrived_geom IS '到场位置 point of arrival, CGCS2000 (EPSG:4490)';

CREATE TABLE liskeban.reporter (
  ticket_id  bigint PRIMARY KEY,
  name       text,
  phone      text,
  phone_hash bytea,
  CONSTRAINT reporter_someone_check CHECK (pg_catalog.num_nonnulls(name, phone, phone_hash) > 0)
);
CREATE INDEX reporter_phone_hash_idx ON liskeban.reporter (phone_hash);
COMMENT ON TABLE liskeban.reporter IS '诉求人 who reported a ticket: personal data, apart from it';
COMMENT ON COLUMN liskeban.reporter.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.reporter.name IS '姓名 personal data';
COMMENT ON COLUMN liskeban.reporter.phone IS '电话 personal data';
COMMENT ON COLUMN liskeban.reporter.phone_hash IS '电话摘要 SHA-256 of the digits of phone, to find the same reporter again (kept by a trigger)';

CREATE TABLE liskeban.attachment (
  attachment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ticket_id     bigint NOT NULL,
  stage         text NOT NULL,
  uri           text NOT NULL,
  sha256        bytea,
  taken_at      timestamptz,
  geom          geometry(Point, 4490),
  CONSTRAINT attachment_stage_check CHECK (stage IN ('report', 'arrival', 'progress', 'resolution', 'feedback')),
  CONSTRAINT attachment_uri_check CHECK (uri <> ''),
  CONSTRAINT attachment_sha256_check CHECK (pg_catalog.length(sha256) = 32)
);
CREATE INDEX attachment_ticket_id_idx ON liskeban.attachment (ticket_id);
COMMENT ON TABLE liskeban.attachment IS '附件 photos and papers of a ticket, by reference';
COMMENT ON COLUMN liskeban.attachment.attachment_id IS '编号 key';
COMMENT ON COLUMN liskeban.attachment.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.attachment.stage IS '环节 report, arrival, progress, resolution or feedback';
COMMENT ON COLUMN liskeban.attachment.uri IS '地址 where the file is';
COMMENT ON COLUMN liskeban.attachment.sha256 IS '摘要 SHA-256 of the file';
COMMENT ON COLUMN liskeban.attachment.taken_at IS '拍摄时间 when it was taken';
COMMENT ON COLUMN liskeban.attachment.geom IS '拍摄位置 where it was taken, CGCS2000 (EPSG:4490)';

CREATE TABLE liskeban.request (
  request_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ticket_id  bigint NOT NULL,
  kind       text NOT NULL,
  asked_by   text NOT NULL,
  asked_at   timestamptz NOT NULL,
  until      timestamptz,
  reason     text NOT NULL,
  decided_by text,
  decided_at timestamptz,
  granted    boolean,
  note       text,
  used_seq   integer,
  CONSTRAINT request_kind_check CHECK (kind IN ('return', 'suspend', 'extend', 'reopen', 'rework', 'promise')),
  CONSTRAINT request_reason_check CHECK (reason <> ''),
  CONSTRAINT request_decided_check CHECK (pg_catalog.num_nulls(decided_by, decided_at, granted) IN (0, 3)),
  CONSTRAINT request_decided_by_check CHECK (decided_by <> asked_by),
  CONSTRAINT request_used_seq_check CHECK (used_seq IS NULL OR granted)
);
CREATE UNIQUE INDEX request_one_open ON liskeban.request (ticket_id, kind) WHERE decided_at IS NULL;
CREATE INDEX request_ticket_id_idx ON liskeban.request (ticket_id);
COMMENT ON TABLE liskeban.request IS '申请 what a handler asks for and another decides; one granted request permits one use';
COMMENT ON COLUMN liskeban.request.request_id IS '编号 key';
COMMENT ON COLUMN liskeban.request.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.request.kind IS '类别 return 退单, suspend 挂账, extend 延期, reopen 重办, rework 返工, promise 超期承诺';
COMMENT ON COLUMN liskeban.request.asked_by IS '申请人 who asked';
COMMENT ON COLUMN liskeban.request.asked_at IS '申请时间 when';
COMMENT ON COLUMN liskeban.request.until IS '申请至 until when (suspend, extend, promise)';
COMMENT ON COLUMN liskeban.request.reason IS '理由 why';
COMMENT ON COLUMN liskeban.request.decided_by IS '审批人 who decided: another than asked';
COMMENT ON COLUMN liskeban.request.decided_at IS '审批时间 when';
COMMENT ON COLUMN liskeban.request.granted IS '是否批准 NULL while open';
COMMENT ON COLUMN liskeban.request.note IS '审批意见 what was said with the decision';
COMMENT ON COLUMN liskeban.request.used_seq IS '使用序号 seq of the event that used it up';

CREATE TABLE liskeban.ticket_event (
  event_id    bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE),
  ticket_id   bigint NOT NULL,
  at          timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  seq         integer NOT NULL,
  run         integer NOT NULL,
  from_state  liskeban.ticket_state,
  to_state    liskeban.ticket_state NOT NULL,
  action      text NOT NULL,
  actor       text NOT NULL,
  login       text NOT NULL,
  note        text,
  note_digest bytea,
  detail      jsonb,
  hash        bytea NOT NULL,
  PRIMARY KEY (ticket_id, seq)
) PARTITION BY RANGE (ticket_id);
CREATE INDEX ticket_event_event_id_idx ON liskeban.ticket_event (event_id);
COMMENT ON TABLE liskeban.ticket_event IS '办理记录 history: one row for each thing that happened to a ticket; never changed';
COMMENT ON COLUMN liskeban.ticket_event.event_id IS '编号 six digits of the district × 10^10 + n, in the order drawn';
COMMENT ON COLUMN liskeban.ticket_event.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.ticket_event.at IS '发生时间 when it happened; never runs backwards within a ticket';
COMMENT ON COLUMN liskeban.ticket_event.recorded_at IS '记录时间 when the database learned it';
COMMENT ON COLUMN liskeban.ticket_event.seq IS '序号 1, 2, 3, … within the ticket, without gaps';
COMMENT ON COLUMN liskeban.ticket_event.run IS '轮次 the ticket''s run after it';
COMMENT ON COLUMN liskeban.ticket_event.from_state IS '原状态 NULL at the first';
COMMENT ON COLUMN liskeban.ticket_event.to_state IS '新状态 state after';
COMMENT ON COLUMN liskeban.ticket_event.action IS '动作 report, a move of liskeban.transition, contact, amend, note, supplement, urge, recompute';
COMMENT ON COLUMN liskeban.ticket_event.actor IS '操作人 identity acted for (act_as), else the role';
COMMENT ON COLUMN liskeban.ticket_event.login IS '登录名 session_user';
COMMENT ON COLUMN liskeban.ticket_event.note IS '备注 may be redacted; note_digest stays';
COMMENT ON COLUMN liskeban.ticket_event.note_digest IS '备注摘要 SHA-256 of note in UTF-8; NULL without one';
COMMENT ON COLUMN liskeban.ticket_event.detail IS '变更 {column: [old, new]} of what changed; no free text and no position';
COMMENT ON COLUMN liskeban.ticket_event.hash IS '摘要 SHA-256 over the row in a fixed binary form (liskeban.event_hash)';

CREATE TABLE liskeban.worklist (
  ticket_id        bigint PRIMARY KEY,
  state            liskeban.ticket_state NOT NULL,
  tier             liskeban.tier,
  responsible_area liskeban.area_code,
  department       text,
  co_departments   text[] NOT NULL,
  priority         integer NOT NULL,
  resolve_due      timestamptz,
  next_alarm_at    timestamptz
) WITH (fillfactor = 60);
CREATE INDEX worklist_next_alarm_at_idx ON liskeban.worklist (next_alarm_at, ticket_id);
CREATE INDEX worklist_responsible_area_idx ON liskeban.worklist (responsible_area);
CREATE INDEX worklist_department_idx ON liskeban.worklist (department);
COMMENT ON TABLE liskeban.worklist IS '在办清单 one narrow row for each open ticket; everything that is searched by and changes stands here (kept by the log)';
COMMENT ON COLUMN liskeban.worklist.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.worklist.state IS '状态 as in ticket';
COMMENT ON COLUMN liskeban.worklist.tier IS '层级 as in ticket';
COMMENT ON COLUMN liskeban.worklist.responsible_area IS '承办区域 as in ticket';
COMMENT ON COLUMN liskeban.worklist.department IS '承办部门 as in ticket';
COMMENT ON COLUMN liskeban.worklist.co_departments IS '协办部门 as in ticket';
COMMENT ON COLUMN liskeban.worklist.priority IS '优先级 as in ticket';
COMMENT ON COLUMN liskeban.worklist.resolve_due IS '办结时限 as in ticket';
COMMENT ON COLUMN liskeban.worklist.next_alarm_at IS '下次告警时间 earliest level of a running clock that the sweep has not seen; NULL none';
$_20_ticket$)
,('platform/22_partitions', $_22_partitions$
-- Partitions of history and alarms: ten million tickets each, made ahead.

CREATE FUNCTION liskeban.make_partitions(ahead integer DEFAULT 2) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  width constant bigint := 10000000;
  base constant bigint := (SELECT p.district::text::bigint * 1000000000 FROM liskeban.platform AS p);
  used bigint;
  made integer := 0;
  parent text;
  k bigint;
  partition text;
BEGIN
  IF ahead IS NULL OR ahead < 0 THEN
    RAISE EXCEPTION 'ahead must be a number of partitions, not negative and not NULL' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  used := coalesce(pg_sequence_last_value(pg_get_serial_sequence('liskeban.ticket', 'ticket_id')::regclass) - base, 0) / width;
  FOR parent, k IN SELECT p, n FROM unnest('{ticket_event,alarm}'::text[]) AS p,
                     generate_series(0, least(used + ahead, 1000000000 / width - 1)) AS n ORDER BY p, n LOOP
    partition := format('%s_p%s', parent, lpad(k::text, 3, '0'));
    CONTINUE WHEN to_regclass(format('liskeban.%I', partition)) IS NOT NULL;
    EXECUTE format('CREATE TABLE liskeban.%I PARTITION OF liskeban.%I FOR VALUES FROM (%L) TO (%L)',
                   partition, parent, base + k * width, base + (k + 1) * width);
    EXECUTE format('CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept()', partition);
    EXECUTE format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER history_kept', partition);
    EXECUTE format('COMMENT ON TABLE liskeban.%I IS %L', partition,
                   format('分区 of %s: the tickets %s to %s', parent, base + k * width, base + (k + 1) * width - 1));
    made := made + 1;
  END LOOP;
  RETURN made;
END
$$;
COMMENT ON FUNCTION liskeban.make_partitions(integer) IS '建立分区 make the partitions of history and alarms up to that many beyond the one in use; returns how many were missing';
REVOKE ALL ON FUNCTION liskeban.make_partitions(integer) FROM PUBLIC;
$_22_partitions$)
,('platform/25_area', $_25_area$
-- Areas: what is refused when one is written, and what is loaded all the same but listed.

CREATE TRIGGER area_check BEFORE INSERT OR UPDATE OF code, geom ON liskeban.area
  FOR EACH ROW EXECUTE FUNCTION liskeban.area_check();

CREATE INDEX area_geom_idx ON liskeban.area USING gist (geom);

-- A sliver is what digitising leaves between two outlines that are meant to share a border: up to 10 square metres.
CREATE VIEW liskeban.area_problem AS
WITH area AS MATERIALIZED (
  SELECT a.code, liskeban.area_parent(a.code) AS parent, a.kind, a.geom
  FROM liskeban.area a
  WHERE a.geom IS NOT NULL AND a.valid_from <= liskeban.liskeban_now()
    AND (a.valid_to IS NULL OR a.valid_to > liskeban.liskeban_now())
), found AS (
  SELECT a.code, b.code AS other, 'overlap' AS problem,
    ST_Area(ST_Intersection(a.geom, b.geom)::geography) AS size
  FROM area a
  JOIN area b ON b.parent OPERATOR(liskeban.=) a.parent AND b.code OPERATOR(liskeban.>) a.code AND b.geom && a.geom
  WHERE a.kind = 'plain' AND b.kind = 'plain'
  UNION ALL
  SELECT p.code, NULL AS other, 'gap' AS problem, ST_Area(ST_Difference(p.geom, c.geom)::geography) AS size
  FROM area p
  JOIN (SELECT area.parent, ST_Union(area.geom) AS geom FROM area GROUP BY area.parent) c
    ON c.parent OPERATOR(liskeban.=) p.code
  UNION ALL
  SELECT c.code, p.code AS other, 'outside' AS problem, ST_Area(ST_Difference(c.geom, p.geom)::geography) AS size
  FROM area c
  JOIN area p ON p.code OPERATOR(liskeban.=) c.parent
  WHERE NOT ST_CoveredBy(c.geom, p.geom)
)
SELECT found.code, found.other, found.problem, found.size FROM found WHERE found.size > 10;
COMMENT ON VIEW liskeban.area_problem IS '区域问题 what does not fit among the areas in force: overlaps of plain siblings, parts of a parent that its children leave open, children outside their parent; beyond 10 m². A parent without row or outline is no problem';
COMMENT ON COLUMN liskeban.area_problem.code IS '区划代码 the area; of an overlap the smaller code, of a gap the parent';
COMMENT ON COLUMN liskeban.area_problem.other IS '另一区域 of an overlap the sibling, of a child outside the parent; NULL for a gap';
COMMENT ON COLUMN liskeban.area_problem.problem IS '问题 overlap 重叠, gap 空缺, outside 超出上级';
COMMENT ON COLUMN liskeban.area_problem.size IS '面积 square metres on the ellipsoid';
$_25_area$)
,('platform/30_triggers', $_30_triggers$
-- The triggers that bind whoever writes; all ENABLE ALWAYS, so that replication roles do not pass them by.

-- Registry: every change invalidates the caches; what others refer to is retired, not deleted. What would match any
-- argument is named with its schema: somebody may have planted a closer match in that of PostGIS.
DO $$
DECLARE
  registry text;
  kept constant text[] := '{platform,domain,network,reject_reason,source_system,area,department,category,membership,official,duty,grid_member}';
  rules constant text[] := '{transition,sla_policy,plan_policy,escalation_policy,supervision_policy,calendar_day,work_shift}';
BEGIN
  FOREACH registry IN ARRAY kept OPERATOR(pg_catalog.||) rules LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER registry_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.%I '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.registry_changed()', registry);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER registry_changed', registry);
    CONTINUE WHEN registry = ANY (rules);
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER registry_kept BEFORE DELETE OR TRUNCATE ON liskeban.%I '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.registry_changed()', registry);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER registry_kept', registry);
  END LOOP;
  -- A key that tickets and history name stays what it is.
  FOREACH registry IN ARRAY '{domain,network,reject_reason,source_system,area,department,category,platform}'::text[] LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER registry_key_kept BEFORE UPDATE ON liskeban.%I '
                              'FOR EACH ROW WHEN (OLD.%2$I::text <> NEW.%2$I::text) EXECUTE FUNCTION liskeban.registry_changed()',
                              registry, CASE registry WHEN 'platform' THEN 'district' ELSE 'code' END);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER registry_key_kept', registry);
  END LOOP;
END
$$;

-- What decides due times waits for the writers of tickets, and then moves the dues that are still ahead.
DO $$
DECLARE
  rule text;
BEGIN
  FOREACH rule IN ARRAY '{calendar_day,work_shift,sla_policy}'::text[] LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER rule_lock BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.rule_lock()', rule);
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.rules_changed()', rule);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER rule_lock', rule);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER rules_changed', rule);
  END LOOP;
END
$$;
CREATE TRIGGER rule_lock BEFORE UPDATE ON liskeban.category
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.rule_lock();
CREATE TRIGGER rules_changed AFTER UPDATE ON liskeban.category REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.rules_changed();
ALTER TABLE liskeban.category ENABLE ALWAYS TRIGGER rule_lock;
ALTER TABLE liskeban.category ENABLE ALWAYS TRIGGER rules_changed;

-- The zone of days and shifts, and the floors of rework, decide due times too.
CREATE TRIGGER rule_lock BEFORE UPDATE OF time_zone, rework_floor, rework_floor_hard ON liskeban.platform
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.rule_lock();
CREATE TRIGGER rules_changed AFTER UPDATE OF time_zone, rework_floor, rework_floor_hard ON liskeban.platform
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.rules_changed();
ALTER TABLE liskeban.platform ENABLE ALWAYS TRIGGER rule_lock;
ALTER TABLE liskeban.platform ENABLE ALWAYS TRIGGER rules_changed;

CREATE TRIGGER transition_checked BEFORE INSERT OR UPDATE ON liskeban.transition
  FOR EACH ROW EXECUTE FUNCTION liskeban.transition_checked();
ALTER TABLE liskeban.transition ENABLE ALWAYS TRIGGER transition_checked;

-- Ticket: the guard's name sorts last, so that it sees what will be written.
CREATE TRIGGER zz_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.ticket
  FOR EACH ROW EXECUTE FUNCTION liskeban.ticket_guard();
CREATE TRIGGER zz_guard_truncate BEFORE TRUNCATE ON liskeban.ticket
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.ticket_guard();
CREATE TRIGGER log_insert AFTER INSERT ON liskeban.ticket REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.ticket_log();
CREATE TRIGGER log_update AFTER UPDATE ON liskeban.ticket REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.ticket_log();
ALTER TABLE liskeban.ticket ENABLE ALWAYS TRIGGER zz_guard;
ALTER TABLE liskeban.ticket ENABLE ALWAYS TRIGGER zz_guard_truncate;
ALTER TABLE liskeban.ticket ENABLE ALWAYS TRIGGER log_insert;
ALTER TABLE liskeban.ticket ENABLE ALWAYS TRIGGER log_update;

-- History, on the parent; make_partitions() does the same on each partition.
CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.ticket_event
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.ticket_event ENABLE ALWAYS TRIGGER history_kept;

-- The worklist is the log's alone.
CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.worklist
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.worklist ENABLE ALWAYS TRIGGER history_kept;

-- What hangs on a ticket: no foreign key, so that truncating the ticket is refused by the guard.
DO $$
DECLARE
  part text;
BEGIN
  FOREACH part IN ARRAY '{reporter,attachment,request}'::text[] LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER ticket_known_insert AFTER INSERT ON liskeban.%I REFERENCING NEW TABLE AS new_rows '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.ticket_known()', part);
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER ticket_known_update AFTER UPDATE ON liskeban.%I REFERENCING NEW TABLE AS new_rows '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.ticket_known()', part);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER ticket_known_insert', part);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER ticket_known_update', part);
  END LOOP;
END
$$;

-- Reporter: the digest by which the same phone is found again, and the ticket's has_reporter.
CREATE FUNCTION liskeban._reporter_digest() RETURNS trigger
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.ticket_id <> OLD.ticket_id THEN
    RAISE EXCEPTION 'a reporter stays with its ticket' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.phone IS NOT NULL THEN
    NEW.phone_hash := sha256(convert_to(regexp_replace(NEW.phone, '[^0-9]', '', 'g'), 'UTF8'));
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION liskeban._reporter_digest() IS 'BEFORE ROW trigger of liskeban.reporter: phone_hash is that of phone''s digits; ticket_id never changes';
REVOKE ALL ON FUNCTION liskeban._reporter_digest() FROM PUBLIC;
CREATE TRIGGER reporter_digest BEFORE INSERT OR UPDATE OF ticket_id, phone ON liskeban.reporter
  FOR EACH ROW EXECUTE FUNCTION liskeban._reporter_digest();
CREATE TRIGGER reporter_changed AFTER INSERT ON liskeban.reporter REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.reporter_changed();
ALTER TABLE liskeban.reporter ENABLE ALWAYS TRIGGER reporter_digest;
ALTER TABLE liskeban.reporter ENABLE ALWAYS TRIGGER reporter_changed;
$_30_triggers$)
,('platform/40_actions', $_40_actions$
-- Named functions over UPDATE liskeban.ticket: conveniences, with no rule of their own. Each runs with the caller's
-- rights and returns the seq of the event it made. liskeban.begin_move() locks the ticket and sees that the named
-- action can be taken from where it stands: 22004 for a NULL id, P0002 for a ticket that is not there or not visible,
-- LK001 for another state.

CREATE FUNCTION liskeban.accept(ticket_id bigint, note text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'accept');
  UPDATE liskeban.ticket AS t SET state = 'accepted', note = accept.note
   WHERE t.ticket_id = accept.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.accept(bigint, text) IS '受理 take a reported ticket on; a rejected one with a note';

CREATE FUNCTION liskeban.answer(ticket_id bigint, reply text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'answer');
  UPDATE liskeban.ticket AS t SET state = 'resolved', reply = answer.reply
   WHERE t.ticket_id = answer.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.answer(bigint, text) IS '直接答复 resolve an enquiry at the desk with a reply';

CREATE FUNCTION liskeban.reject(ticket_id bigint, reason text, reply text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'reject');
  UPDATE liskeban.ticket AS t SET state = 'rejected', reject_reason = reject.reason, reply = reject.reply
   WHERE t.ticket_id = reject.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.reject(bigint, text, text) IS '不予受理 turn a ticket down for a reason of liskeban.reject_reason, with a reply';

CREATE FUNCTION liskeban.withdraw(ticket_id bigint, note text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'withdraw');
  UPDATE liskeban.ticket AS t SET state = 'withdrawn', note = withdraw.note
   WHERE t.ticket_id = withdraw.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.withdraw(bigint, text) IS '撤回 end a ticket that its reporter, or the desk, takes back';

-- With neither target given none stands in the SET list, and the guard takes the category's.
CREATE FUNCTION liskeban.dispatch(ticket_id bigint, responsible_area liskeban.area_code DEFAULT NULL,
  department text DEFAULT NULL, note text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'dispatch');
  IF dispatch.responsible_area IS NULL AND dispatch.department IS NULL THEN
    UPDATE liskeban.ticket AS t SET state = 'dispatched', note = dispatch.note
     WHERE t.ticket_id = dispatch.ticket_id RETURNING t.last_seq INTO seq;
  ELSE
    UPDATE liskeban.ticket AS t
       SET state = 'dispatched', responsible_area = dispatch.responsible_area, department = dispatch.department,
           note = dispatch.note
     WHERE t.ticket_id = dispatch.ticket_id RETURNING t.last_seq INTO seq;
  END IF;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.dispatch(bigint, liskeban.area_code, text, text) IS '派单 hand an accepted ticket to exactly the area and department given; with neither, to the category''s department, or the area it lies in (the town where towns lead)';

CREATE FUNCTION liskeban.redispatch(ticket_id bigint, responsible_area liskeban.area_code DEFAULT NULL,
  department text DEFAULT NULL, note text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_redispatch(ticket_id, responsible_area, department);
  UPDATE liskeban.ticket AS t
     SET state = 'dispatched', responsible_area = redispatch.responsible_area, department = redispatch.department,
         note = redispatch.note
   WHERE t.ticket_id = redispatch.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.redispatch(bigint, liskeban.area_code, text, text) IS '改派 hand a dispatched ticket to another area or department, with a note';

CREATE FUNCTION liskeban."return"(ticket_id bigint, note text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'return');
  UPDATE liskeban.ticket AS t SET state = 'accepted', note = "return".note
   WHERE t.ticket_id = "return".ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban."return"(bigint, text) IS '退单 take a ticket back to the desk on a granted request';

CREATE FUNCTION liskeban.arrive(ticket_id bigint, proof text DEFAULT 'declared', geom geometry DEFAULT NULL,
  at timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'arrive');
  UPDATE liskeban.ticket AS t
     SET state = 'on_site', arrival_proof = arrive.proof, arrived_geom = arrive.geom, on_site_at = arrive.at
   WHERE t.ticket_id = arrive.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.arrive(bigint, text, geometry, timestamptz) IS '到场 someone is there: proof gps (geom within platform.arrival_distance of the ticket), photo or declared; at, now unless given, lies between dispatch and now (LK006)';

CREATE FUNCTION liskeban.plan(ticket_id bigint, plan text, promised_at timestamptz) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'plan');
  UPDATE liskeban.ticket AS t SET state = 'planned', plan = plan.plan, promised_at = plan.promised_at
   WHERE t.ticket_id = plan.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.plan(bigint, text, timestamptz) IS '定方案 plan a hard ticket and promise by when; the promise is its resolve_due';

CREATE FUNCTION liskeban.resolve(ticket_id bigint, resolution text, reply text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'resolve');
  UPDATE liskeban.ticket AS t
     SET state = 'resolved', resolution = resolve.resolution, reply = coalesce(resolve.reply, t.reply)
   WHERE t.ticket_id = resolve.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.resolve(bigint, text, text) IS '办结 say what was done, and what the citizen is told';

CREATE FUNCTION liskeban.suspend(ticket_id bigint, until timestamptz, note text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'suspend');
  UPDATE liskeban.ticket AS t SET state = 'suspended', suspend_until = suspend.until, note = suspend.note
   WHERE t.ticket_id = suspend.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.suspend(bigint, timestamptz, text) IS '挂账 let plan and resolve stand still until then, on a granted request asked before the due';

CREATE FUNCTION liskeban.resume(ticket_id bigint) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'resume');
  UPDATE liskeban.ticket AS t SET state = coalesce(t.suspended_from, 'on_site')
   WHERE t.ticket_id = resume.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.resume(bigint) IS '恢复 go on with a suspended ticket where it stopped';

CREATE FUNCTION liskeban.close(ticket_id bigint, note text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'close');
  UPDATE liskeban.ticket AS t SET state = 'closed', note = close.note
   WHERE t.ticket_id = close.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.close(bigint, text) IS '关闭 close a resolved ticket once the citizen has answered, or another has checked it';

CREATE FUNCTION liskeban.rework(ticket_id bigint, note text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'rework');
  UPDATE liskeban.ticket AS t SET state = 'dispatched', note = rework.note
   WHERE t.ticket_id = rework.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.rework(bigint, text) IS '返工 send a resolved ticket back to its holder';

CREATE FUNCTION liskeban.reopen(ticket_id bigint, note text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'reopen');
  UPDATE liskeban.ticket AS t SET state = 'dispatched', note = reopen.note
   WHERE t.ticket_id = reopen.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.reopen(bigint, text) IS '重办 begin a closed ticket''s next run, on a granted request within platform.reopen_within';

CREATE FUNCTION liskeban.merge(ticket_id bigint, lead_id bigint) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'merge');
  UPDATE liskeban.ticket AS t SET state = 'merged', merged_into = merge.lead_id
   WHERE t.ticket_id = merge.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.merge(bigint, bigint) IS '并案 make a duplicate silent behind another open ticket, its lead';

CREATE FUNCTION liskeban.unmerge(ticket_id bigint, note text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'unmerge');
  UPDATE liskeban.ticket AS t SET state = 'accepted', note = unmerge.note
   WHERE t.ticket_id = unmerge.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.unmerge(bigint, text) IS '撤销并案 let a merged ticket go on by itself with what was left of its clocks';
$_40_actions$)
,('platform/45_alarm', $_45_alarm$
-- Alarms: what fell due, each once, at its own instant; and what is wrong with the platform itself.

CREATE TABLE liskeban.alarm (
  alarm_id  bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE),
  ticket_id bigint NOT NULL,
  at        timestamptz NOT NULL,
  fired_at  timestamptz NOT NULL,
  subject   bigint,
  clock     liskeban.clock NOT NULL,
  level     liskeban.lamp NOT NULL,
  run       integer NOT NULL,
  CONSTRAINT alarm_key UNIQUE NULLS NOT DISTINCT (ticket_id, clock, level, run, subject),
  CONSTRAINT alarm_level_check CHECK (level <> 'green'),
  CONSTRAINT alarm_run_check CHECK (run > 0),
  CONSTRAINT alarm_fired_at_check CHECK (fired_at >= at)
) PARTITION BY RANGE (ticket_id);
CREATE INDEX alarm_at_idx ON liskeban.alarm (at);
COMMENT ON TABLE liskeban.alarm IS '告警 one row for each level of a clock that passed while the clock ran (kept by the sweep and the log)';
COMMENT ON COLUMN liskeban.alarm.alarm_id IS '编号 six digits of the district × 10^10 + n';
COMMENT ON COLUMN liskeban.alarm.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.alarm.at IS '时刻 the instant of the level itself, also when it was found out later';
COMMENT ON COLUMN liskeban.alarm.fired_at IS '发出时间 when the sweep, or the next event, found it';
COMMENT ON COLUMN liskeban.alarm.subject IS '对象 whistle, supervision, party or directive that the clock belongs to; NULL the ticket''s own';
COMMENT ON COLUMN liskeban.alarm.clock IS '时钟 which clock; respond also where contact is what responds';
COMMENT ON COLUMN liskeban.alarm.level IS '级别 yellow, red, red2 or red3';
COMMENT ON COLUMN liskeban.alarm.run IS '轮次 how often that clock had been set, from 1';

CREATE TABLE liskeban.platform_alarm (
  platform_alarm_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind              text NOT NULL,
  subject           text NOT NULL,
  at                timestamptz NOT NULL,
  fired_at          timestamptz NOT NULL,
  resolved_at       timestamptz,
  detail            text,
  CONSTRAINT platform_alarm_kind_check CHECK (kind IN ('quiet_source', 'unhandled_reject', 'job_failed')),
  CONSTRAINT platform_alarm_resolved_at_check CHECK (resolved_at >= at)
);
CREATE UNIQUE INDEX platform_alarm_open ON liskeban.platform_alarm (kind, subject) WHERE resolved_at IS NULL;
COMMENT ON TABLE liskeban.platform_alarm IS '平台告警 what is wrong with the platform itself: a source that fell silent, a refused request nobody handled, a job that failed';
COMMENT ON COLUMN liskeban.platform_alarm.platform_alarm_id IS '编号 key';
COMMENT ON COLUMN liskeban.platform_alarm.kind IS '类别 quiet_source, unhandled_reject, job_failed';
COMMENT ON COLUMN liskeban.platform_alarm.subject IS '对象 the source, reject_id or job';
COMMENT ON COLUMN liskeban.platform_alarm.at IS '时刻 since when';
COMMENT ON COLUMN liskeban.platform_alarm.fired_at IS '发出时间 when it was found';
COMMENT ON COLUMN liskeban.platform_alarm.resolved_at IS '解除时间 when it was found well again; NULL while it lasts';
COMMENT ON COLUMN liskeban.platform_alarm.detail IS '说明 what was seen last';

-- One open alarm a subject: raised again it keeps its time and says the newest.
CREATE FUNCTION liskeban._raise_platform_alarm(kind text, subject text, at timestamptz, detail text) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO liskeban.platform_alarm AS p (kind, subject, at, fired_at, detail)
  VALUES (kind, subject, least(at, liskeban.liskeban_now()), liskeban.liskeban_now(), detail)
  ON CONFLICT (kind, subject) WHERE resolved_at IS NULL DO UPDATE SET detail = excluded.detail
   WHERE p.detail IS DISTINCT FROM excluded.detail
$$;
COMMENT ON FUNCTION liskeban._raise_platform_alarm(text, text, timestamptz, text) IS 'an alarm of the platform itself; one open alarm a kind and subject';

CREATE FUNCTION liskeban._clear_platform_alarm(kind text, subject text) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  UPDATE liskeban.platform_alarm AS p SET resolved_at = greatest(liskeban.liskeban_now(), p.at)
   WHERE p.kind = _clear_platform_alarm.kind AND p.subject = _clear_platform_alarm.subject AND p.resolved_at IS NULL
$$;
COMMENT ON FUNCTION liskeban._clear_platform_alarm(text, text) IS 'ends the open alarm of a kind and subject, if there is one';

-- Alarms are the sweep's and the log's alone.
CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.alarm
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.alarm ENABLE ALWAYS TRIGGER history_kept;
$_45_alarm$)
,('platform/50_intake', $_50_intake$
-- What comes in from the sources: requests as rows, files of them, histories; and what could not be taken in. One request
-- at a time, and what is said of it later: 52_message.sql.

CREATE TABLE liskeban.ticket_intake (
  source      text NOT NULL,
  external_id text NOT NULL,
  digest      bytea,
  core        bytea,
  ticket_id   bigint,
  at          timestamptz NOT NULL,
  PRIMARY KEY (source, external_id)
);
COMMENT ON TABLE liskeban.ticket_intake IS '接入登记 what each source has sent: by digest, so that the same request sent again is known; its messages lock its row';
COMMENT ON COLUMN liskeban.ticket_intake.source IS '来源系统 source_system';
COMMENT ON COLUMN liskeban.ticket_intake.external_id IS '来源单号 the source''s own key; a file''s row without one is known by "sha256:" and its digest';
COMMENT ON COLUMN liskeban.ticket_intake.digest IS '摘要 SHA-256 of the payload that made the ticket; NULL where none did (yet)';
COMMENT ON COLUMN liskeban.ticket_intake.core IS '主体摘要 SHA-256 of what a resend may not change: all but title, description, text, reporter and attachments; NULL as digest';
COMMENT ON COLUMN liskeban.ticket_intake.ticket_id IS '工单编号 the ticket it became; NULL while messages wait for their create';
COMMENT ON COLUMN liskeban.ticket_intake.at IS '接入时间 when it, or a message of it, was last taken in';

CREATE TABLE liskeban.intake_reject (
  reject_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source      text NOT NULL,
  at          timestamptz NOT NULL,
  file        text,
  line_no     bigint,
  raw         text NOT NULL,
  reason      text NOT NULL,
  resolved_at timestamptz
);
CREATE UNIQUE INDEX intake_reject_key ON liskeban.intake_reject (source, liskeban._text_digest(raw));
CREATE INDEX intake_reject_open_idx ON liskeban.intake_reject (at) WHERE resolved_at IS NULL;
COMMENT ON TABLE liskeban.intake_reject IS '隔离区 what could not be taken in: conflicts and what cannot be read; the same again is the same row';
COMMENT ON COLUMN liskeban.intake_reject.reject_id IS '编号 key';
COMMENT ON COLUMN liskeban.intake_reject.source IS '来源系统 the source that sent it, as it was given; "areas" for areas';
COMMENT ON COLUMN liskeban.intake_reject.at IS '时间 when it was first refused';
COMMENT ON COLUMN liskeban.intake_reject.file IS '文件 file it stood in; NULL when submitted';
COMMENT ON COLUMN liskeban.intake_reject.line_no IS '行号 line on which it began, for areas the number of the feature';
COMMENT ON COLUMN liskeban.intake_reject.raw IS '原文 what was sent; personal data may stand in it';
COMMENT ON COLUMN liskeban.intake_reject.reason IS '原因 why it was refused';
COMMENT ON COLUMN liskeban.intake_reject.resolved_at IS '处理时间 when somebody dealt with it, or the create that it waited for came; NULL open';

CREATE FUNCTION liskeban._request_position(lon double precision, lat double precision, datum text)
RETURNS geometry LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
BEGIN
  RETURN CASE WHEN lon IS NULL THEN NULL
              WHEN datum IS NULL THEN ST_SetSRID(ST_MakePoint(lon, lat), 4490)
              ELSE liskeban.to_cgcs2000(ST_SetSRID(ST_MakePoint(lon, lat), 4490), datum) END;
END
$$;
COMMENT ON FUNCTION liskeban._request_position(double precision, double precision, text) IS 'position of a request in CGCS2000; NULL without one';
REVOKE ALL ON FUNCTION liskeban._request_position(double precision, double precision, text) FROM PUBLIC;

-- Attachments as sources give them: a list of {"uri", "sha256", "taken_at", "lon", "lat", "datum"}, or of mere addresses.
CREATE FUNCTION liskeban._read_attachments(attachments jsonb)
RETURNS TABLE (uri text, sha256 bytea, taken_at timestamptz, geom geometry, fault text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 SET search_path FROM CURRENT AS $$
  SELECT f.text, CASE WHEN f.title ~ '^[0-9A-Fa-f]{64}$' THEN decode(f.title, 'hex') END, f.discovered_at,
    liskeban._request_position(f.lon, f.lat, f.datum),
    CASE WHEN f.reason LIKE 'discovered_at%' THEN 'taken_at of an attachment' || substr(f.reason, length('discovered_at') + 1)
         WHEN f.text IS NULL THEN 'an attachment has no uri'
         WHEN f.reason IS NOT NULL OR f.title !~ '^[0-9A-Fa-f]{64}$' THEN 'sha256 of an attachment is not 64 hexadecimal digits' END
  FROM (SELECT p.time_zone, liskeban.liskeban_now() AS now FROM liskeban.platform p OFFSET 0) p
  CROSS JOIN jsonb_array_elements(CASE coalesce(jsonb_typeof(attachments), 'null') WHEN 'array' THEN attachments WHEN 'null' THEN '[]'
                                  ELSE jsonb_build_array(attachments) END) a (item)
  CROSS JOIN LATERAL liskeban._request_fields(
    CASE jsonb_typeof(a.item)
      WHEN 'object' THEN jsonb_build_object('text', a.item -> 'uri', 'title', a.item -> 'sha256', 'discovered_at',
        a.item -> 'taken_at', 'lon', a.item -> 'lon', 'lat', a.item -> 'lat', 'datum', a.item -> 'datum')
      WHEN 'string' THEN jsonb_build_object('text', a.item)
      ELSE '{}' END, p.time_zone, p.now, false) f
  WHERE a.item <> '""'
$$;
COMMENT ON FUNCTION liskeban._read_attachments(jsonb) IS 'the member attachments of a payload as rows for liskeban.attachment; fault says why one cannot be read; an impossible position is none';
REVOKE ALL ON FUNCTION liskeban._read_attachments(jsonb) FROM PUBLIC;

CREATE FUNCTION liskeban._message_fault(event text, external_id text, has_words boolean, attachments jsonb, history boolean)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  fault text;
  number bigint;
BEGIN
  IF event NOT IN ('create', 'supplement', 'urge', 'withdraw', 'attach') THEN
    RETURN 'event is not known: ' || event;
  ELSIF event <> 'create' AND history THEN
    RETURN 'event is not for a history: ' || event;
  ELSIF event <> 'create' AND external_id IS NULL THEN
    RETURN 'external_id is missing';
  END IF;
  SELECT max(a.fault), count(*) INTO fault, number FROM liskeban._read_attachments(attachments) a;
  RETURN CASE WHEN fault IS NOT NULL THEN fault
              WHEN event = 'attach' AND number = 0 THEN 'attachments are missing'
              WHEN event = 'supplement' AND number = 0 AND NOT has_words THEN 'there is nothing to add' END;
END
$$;
COMMENT ON FUNCTION liskeban._message_fault(text, text, boolean, jsonb, boolean) IS 'why a payload that brings attachments or another event than create cannot be read; NULL where it can';
REVOKE ALL ON FUNCTION liskeban._message_fault(text, text, boolean, jsonb, boolean) FROM PUBLIC;

-- Payloads as rows for liskeban.ticket and what goes with it. A live demand is never refused for an unknown category
-- (uncategorised, what was given stays in extra) or an impossible position (none).
CREATE FUNCTION liskeban._read_requests(requests jsonb[], history boolean)
RETURNS TABLE (ord bigint, reason text, digest bytea, core bytea, event text, external_id text,
  kind liskeban.ticket_kind, category text, difficulty liskeban.difficulty, priority integer, confidential boolean,
  title text, description text, address text, geom geometry, discovered_at timestamptz, reported_at timestamptz,
  extra jsonb, reporter_name text, reporter_phone text, attachments jsonb,
  given_category boolean, given_title text, given_description text, given_text text,
  accepted_at timestamptz, dispatched_at timestamptz, on_site_at timestamptz, planned_at timestamptz, plan text,
  promised_at timestamptz, resolved_at timestamptz, resolution text, closed_at timestamptz,
  satisfaction liskeban.satisfaction, solved boolean)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1000 SET search_path FROM CURRENT AS $$
DECLARE
  -- not joined: nobody can estimate how many rows a table without statistics has
  zone constant text := (SELECT p.time_zone FROM liskeban.platform p);
  now constant timestamptz := liskeban.liskeban_now();
BEGIN
  RETURN QUERY SELECT r.ord,
    coalesce(f.reason, CASE WHEN f.event <> 'create' OR r.request ? 'attachments' THEN
      liskeban._message_fault(coalesce(f.event, 'create'), f.external_id,
        num_nonnulls(f.title, f.description, f.text, f.reporter_name, f.reporter_phone) > 0,
        r.request -> 'attachments', history) END),
    f.digest, f.core, f.event, f.external_id,
    coalesce(f.kind, 'demand')::liskeban.ticket_kind, c.code,
    coalesce(f.difficulty::liskeban.difficulty, c.difficulty), coalesce(f.priority, 3), coalesce(f.confidential, false),
    coalesce(f.title, c.name),
    CASE WHEN f.text IS NULL OR position(f.text IN f.description) > 0 THEN f.description
         WHEN position(f.description IN f.text) > 0 THEN f.text
         ELSE concat_ws(E'\n', f.description, f.text) END,
    f.address, liskeban._request_position(f.lon, f.lat, f.datum), f.discovered_at, f.reported_at,
    CASE WHEN f.category IS NOT NULL AND f.category <> c.code
         THEN coalesce(f.extra, '{}') || jsonb_build_object('category', f.category) ELSE f.extra END,
    f.reporter_name, f.reporter_phone, r.request -> 'attachments', f.category IS NOT NULL, f.title, f.description, f.text,
    f.accepted_at, f.dispatched_at, f.on_site_at, f.planned_at, f.plan, f.promised_at, f.resolved_at, f.resolution,
    f.closed_at, f.satisfaction::liskeban.satisfaction, f.solved
  FROM unnest(requests) WITH ORDINALITY r (request, ord)
  CROSS JOIN LATERAL liskeban._request_fields(r.request, zone, now, history) f
  LEFT JOIN liskeban.category given ON given.code = f.category AND given.retired_at IS NULL
  JOIN liskeban.category c ON c.code = coalesce(given.code, 'uncategorised');
END
$$;
COMMENT ON FUNCTION liskeban._read_requests(jsonb[], boolean) IS 'payloads of submit() as rows for liskeban.ticket; reason says why one cannot be taken in; given_ are the words as they came; with history the stamps are there and complete';
REVOKE ALL ON FUNCTION liskeban._read_requests(jsonb[], boolean) FROM PUBLIC;

-- Files. The loader brings records as raw text; a batch is one statement for all that is new, the rest goes one by one
-- as by submit(), and so does a batch that failed.

CREATE FUNCTION liskeban._load_begin(source text, header text, map jsonb, history boolean) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF history THEN
    PERFORM liskeban._require_admin('load a history');
  END IF;
  IF (map #> '{category,create}') = 'true' THEN
    PERFORM liskeban._require_admin('create categories');
  END IF;
  PERFORM liskeban._require_loader(_load_begin.source,
    EXISTS (SELECT FROM liskeban.source_system s WHERE s.code = _load_begin.source));
  PERFORM liskeban._record_payload(NULL, header, map, (SELECT p.time_zone FROM liskeban.platform p), history);
  INSERT INTO liskeban.source_system AS s (code, name, kind) VALUES (source, source, 'other')
    ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION liskeban._load_begin(text, text, jsonb, boolean) IS 'before the first batch of a file: checks the map against its header (22023, 42703) and registers an unseen source; 42501 where the caller may not load for it';
REVOKE ALL ON FUNCTION liskeban._load_begin(text, text, jsonb, boolean) FROM PUBLIC;

CREATE FUNCTION liskeban._load_one_by_one(from_source text, file text, lines bigint[], raws text[],
    faults text[], payloads jsonb[], only_ords bigint[],
    OUT created bigint, OUT existing bigint, OUT rejected bigint, OUT complaints text[])
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  r record;
  result record;
BEGIN
  created := 0;
  existing := 0;
  rejected := 0;
  complaints := '{}';
  FOR r IN
    SELECT u.* FROM unnest(lines, raws, faults, payloads) WITH ORDINALITY u (line_no, raw, fault, payload, ord)
    WHERE only_ords IS NULL OR u.ord = ANY (only_ords) ORDER BY u.ord
  LOOP
    IF r.fault IS NOT NULL THEN
      SELECT 'rejected' AS outcome, r.fault AS reason, NULL::bigint AS message_id INTO result;
    ELSE
      SELECT t.outcome, t.reason, t.message_id INTO result FROM liskeban._take_in(r.payload, from_source, true) t;
    END IF;
    IF result.outcome = 'created' THEN
      created := created + 1;
    ELSIF result.outcome IN ('existing', 'supplemented', 'urged', 'withdrawn') THEN
      existing := existing + 1;
    ELSE
      rejected := rejected + 1;
      IF rejected <= 20 THEN
        complaints := complaints || (r.line_no || ': ' || result.reason);
      END IF;
      PERFORM liskeban._quarantine(from_source, file, r.line_no, r.raw, result.reason, result.message_id);
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION liskeban._load_one_by_one(text, text, bigint[], text[], text[], jsonb[], bigint[]) IS 'the records of a batch (those of the given places, NULL all) one by one, each as by submit()';
REVOKE ALL ON FUNCTION liskeban._load_one_by_one(text, text, bigint[], text[], text[], jsonb[], bigint[]) FROM PUBLIC;

-- Histories. What the tickets went through is written by the platform itself, stage by stage, a statement each
-- (liskeban._load_history_batch runs the steps as such a write).

CREATE FUNCTION liskeban._load_history_steps(batch text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $$
DECLARE
  from_source constant text := batch::jsonb ->> 'source';
  district constant liskeban.area_code := (SELECT p.district FROM liskeban.platform p);
BEGIN
  CREATE TEMPORARY TABLE liskeban_load_history ON COMMIT DROP AS
    SELECT q.*, coalesce(q.external_id, 'sha256:' || encode(q.digest, 'hex')) AS key, NULL::bigint AS ticket_id
    FROM liskeban._read_requests(ARRAY(SELECT r.value FROM jsonb_array_elements(batch::jsonb -> 'requests')
                                         WITH ORDINALITY r ORDER BY r.ordinality), true) q;
  ANALYZE pg_temp.liskeban_load_history (key);

  WITH made AS (
    INSERT INTO liskeban.ticket AS t (kind, source, external_id, category, difficulty, priority, confidential,
        title, description, address, geom, discovered_at, reported_at, received_at, extra, has_reporter)
      SELECT h.kind, from_source, h.key, h.category, h.difficulty, h.priority, h.confidential, h.title,
        h.description, h.address, h.geom, h.discovered_at, h.reported_at, h.reported_at, h.extra,
        num_nonnulls(h.reporter_name, h.reporter_phone) > 0
      FROM pg_temp.liskeban_load_history h ORDER BY h.ord
      RETURNING t.ticket_id, t.external_id
  )
  UPDATE pg_temp.liskeban_load_history h SET ticket_id = m.ticket_id FROM made m WHERE m.external_id = h.key;
  ANALYZE pg_temp.liskeban_load_history (ticket_id);
  INSERT INTO liskeban.ticket_intake (source, external_id, digest, core, ticket_id, at)
    SELECT from_source, h.key, h.digest, h.core, h.ticket_id, liskeban.liskeban_now()
    FROM pg_temp.liskeban_load_history h
    ON CONFLICT ON CONSTRAINT ticket_intake_pkey DO UPDATE
      SET digest = excluded.digest, core = excluded.core, ticket_id = excluded.ticket_id, at = excluded.at;
  INSERT INTO liskeban.reporter (ticket_id, name, phone)
    SELECT h.ticket_id, h.reporter_name, h.reporter_phone FROM pg_temp.liskeban_load_history h
    WHERE num_nonnulls(h.reporter_name, h.reporter_phone) > 0;
  INSERT INTO liskeban.attachment (ticket_id, stage, uri, sha256, taken_at, geom)
    SELECT DISTINCT h.ticket_id, 'report', a.uri, a.sha256, a.taken_at, a.geom
    FROM pg_temp.liskeban_load_history h CROSS JOIN LATERAL liskeban._read_attachments(h.attachments) a
    WHERE h.attachments IS NOT NULL;

  UPDATE liskeban.ticket t SET state = 'accepted', updated_at = h.accepted_at
    FROM pg_temp.liskeban_load_history h WHERE t.ticket_id = h.ticket_id AND h.accepted_at IS NOT NULL;
  UPDATE liskeban.ticket t SET state = 'dispatched', updated_at = h.dispatched_at,
      responsible_area = coalesce(t.area, district)
    FROM pg_temp.liskeban_load_history h WHERE t.ticket_id = h.ticket_id AND h.dispatched_at IS NOT NULL;
  UPDATE liskeban.ticket t SET state = 'on_site', updated_at = h.on_site_at, on_site_at = h.on_site_at
    FROM pg_temp.liskeban_load_history h WHERE t.ticket_id = h.ticket_id AND h.on_site_at IS NOT NULL;
  UPDATE liskeban.ticket t SET state = 'planned', updated_at = h.planned_at, plan = h.plan, promised_at = h.promised_at
    FROM pg_temp.liskeban_load_history h WHERE t.ticket_id = h.ticket_id AND h.planned_at IS NOT NULL;
  UPDATE liskeban.ticket t SET state = 'resolved', updated_at = h.resolved_at, resolution = h.resolution
    FROM pg_temp.liskeban_load_history h WHERE t.ticket_id = h.ticket_id AND h.resolved_at IS NOT NULL;
  UPDATE liskeban.ticket t SET state = 'closed', updated_at = h.closed_at, satisfaction = h.satisfaction,
      solved = h.solved
    FROM pg_temp.liskeban_load_history h WHERE t.ticket_id = h.ticket_id AND h.closed_at IS NOT NULL;
  DROP TABLE pg_temp.liskeban_load_history;
END
$$;
COMMENT ON FUNCTION liskeban._load_history_steps(text) IS 'tickets with all that happened to them: batch is {"source", "requests": [payloads that _read_requests() finds nothing wrong with]}; run by _load_history_batch() only';
REVOKE ALL ON FUNCTION liskeban._load_history_steps(text) FROM PUBLIC;

CREATE FUNCTION liskeban.load_history(source text, requests jsonb[],
    OUT created bigint, OUT existing bigint, OUT rejected bigint, OUT reasons text[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  unknown text;
  keys text[];
  digests bytea[];
  fresh bigint[];
  failed_state text;
  message text;
  one bigint;
BEGIN
  PERFORM liskeban._require_admin('load a history');
  unknown := CASE WHEN NOT EXISTS (SELECT FROM liskeban.source_system s WHERE s.code = load_history.source)
                  THEN 'source is not known: ' || coalesce(source, '') END;
  SELECT array_agg(coalesce(unknown, q.reason, CASE WHEN q.digest IS NULL THEN 'there is no request' END) ORDER BY q.ord),
      array_agg(coalesce(q.external_id, 'sha256:' || encode(q.digest, 'hex')) ORDER BY q.ord),
      array_agg(q.digest ORDER BY q.ord)
    INTO reasons, keys, digests
    FROM liskeban._read_requests(requests, true) q;
  SELECT array_agg(k.ord ORDER BY k.ord) INTO fresh
    FROM (SELECT u.ord, u.key, row_number() OVER (PARTITION BY u.key ORDER BY u.ord) AS nth
          FROM unnest(keys, reasons) WITH ORDINALITY u (key, reason, ord) WHERE u.reason IS NULL) k
    WHERE k.nth = 1 AND NOT EXISTS (SELECT FROM liskeban.ticket_intake i
      WHERE i.source = load_history.source AND i.external_id = k.key AND i.ticket_id IS NOT NULL OFFSET 0);
  fresh := coalesce(fresh, '{}');

  IF fresh <> '{}' THEN
    BEGIN
      PERFORM liskeban._load_history_batch(jsonb_build_object('source', source, 'requests',
        (SELECT jsonb_agg(requests[f.ord] ORDER BY f.ord) FROM unnest(fresh) f (ord)))::text);
    EXCEPTION WHEN others THEN
      GET STACKED DIAGNOSTICS failed_state = RETURNED_SQLSTATE;
      IF left(failed_state, 2) IN ('08', '25', '40', '42', '53', '54', '55', '57', '58', 'F0', 'XX') THEN
        RAISE;
      END IF;
      -- whatever it was, it is one ticket's
      FOREACH one IN ARRAY fresh LOOP
        BEGIN
          PERFORM liskeban._load_history_batch(jsonb_build_object('source', source, 'requests',
            jsonb_build_array(requests[one]))::text);
        EXCEPTION WHEN others THEN
          GET STACKED DIAGNOSTICS failed_state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
          reasons[one] := message;
          IF left(failed_state, 2) IN ('08', '25', '40', '42', '53', '54', '55', '57', '58', 'F0', 'XX') THEN
            RAISE;
          END IF;
        END;
      END LOOP;
    END;
  END IF;

  -- what was said of them before they were there
  PERFORM liskeban._replay_messages(i) FROM liskeban.ticket_intake i
    WHERE i.source = load_history.source AND i.ticket_id IS NOT NULL AND i.external_id IN
      (SELECT m.external_id FROM liskeban.ticket_message m WHERE m.source = load_history.source AND m.request IS NOT NULL);

  -- what is there by now under the same key is the same, or a conflict
  SELECT array_agg(coalesce(u.reason, CASE WHEN u.digest IS DISTINCT FROM
             (SELECT i.digest FROM liskeban.ticket_intake i WHERE i.source = load_history.source AND i.external_id = u.key)
             THEN 'the same external_id came before with something else' END) ORDER BY u.ord)
    INTO reasons
    FROM unnest(keys, digests, reasons) WITH ORDINALITY u (key, digest, reason, ord);
  reasons := coalesce(reasons, '{}');
  rejected := cardinality(reasons) - cardinality(array_positions(reasons, NULL));
  SELECT count(*) FILTER (WHERE reasons[f.ord] IS NULL) INTO created FROM unnest(fresh) f (ord);
  existing := cardinality(reasons) - rejected - created;
END
$$;
COMMENT ON FUNCTION liskeban.load_history(text, jsonb[]) IS '历史导入 payloads of submit() with their stamps (accepted_at … closed_at) straight to their last state, in a few statements for all of them: received_at = reported_at, recorded_at = now, roles and requirements do not apply; reasons says for each why it was rejected (NULL where it was not); 42501 unless an administrator';
REVOKE ALL ON FUNCTION liskeban.load_history(text, jsonb[]) FROM PUBLIC;

CREATE FUNCTION liskeban._load_requests(from_source text, file text, header text, map jsonb, history boolean,
    lines bigint[], raws text[], faults text[],
    OUT created bigint, OUT existing bigint, OUT rejected bigint, OUT complaints text[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  payloads jsonb[];
  failed boolean := false;
  reporters bigint[];
  names text[];
  phones text[];
  rest bigint[];
  failed_state text;
  more record;
BEGIN
  PERFORM liskeban._require_loader(from_source, true);
  SELECT array_agg(p.payload ORDER BY u.ord), array_agg(coalesce(u.fault, p.reason) ORDER BY u.ord)
    INTO payloads, faults
    FROM unnest(lines, raws, faults) WITH ORDINALITY u (line_no, raw, fault, ord)
    CROSS JOIN (SELECT p.time_zone FROM liskeban.platform p OFFSET 0) z
    CROSS JOIN LATERAL liskeban._record_payload(CASE WHEN u.fault IS NULL THEN u.raw END, header, map, z.time_zone,
      history) p;

  IF (map #> '{category,create}') = 'true' THEN
    PERFORM liskeban._require_admin('create categories');
    INSERT INTO liskeban.category (code, name, domain, difficulty)
      SELECT DISTINCT p ->> 'category', p ->> 'category', c.domain, 'general'::liskeban.difficulty
      FROM unnest(payloads) p JOIN liskeban.category c ON c.code = 'uncategorised'
      WHERE jsonb_typeof(p -> 'category') = 'string' AND length(p ->> 'category') <= 200
        AND btrim(p ->> 'category') <> ''
        AND NOT EXISTS (SELECT FROM liskeban.category known WHERE known.code = p ->> 'category')
      ORDER BY 1
      ON CONFLICT DO NOTHING;
  END IF;

  IF history THEN
    SELECT h.created, h.existing, h.rejected, h.reasons INTO created, existing, rejected, complaints
      FROM liskeban.load_history(from_source, payloads) h;
    INSERT INTO liskeban.intake_reject (source, at, file, line_no, raw, reason)
      SELECT from_source, liskeban.liskeban_now(), _load_requests.file, u.line_no, u.raw, coalesce(u.fault, u.reason)
      FROM unnest(lines, raws, faults, complaints) WITH ORDINALITY u (line_no, raw, fault, reason, ord)
      WHERE u.reason IS NOT NULL ORDER BY u.ord
      ON CONFLICT DO NOTHING;
    complaints := (SELECT array_agg(u.line_no || ': ' || coalesce(u.fault, u.reason) ORDER BY u.ord)
      FROM unnest(lines, faults, complaints) WITH ORDINALITY u (line_no, fault, reason, ord)
      WHERE u.reason IS NOT NULL);
    complaints := complaints[1:20];
    RETURN;
  END IF;

  BEGIN
    -- No joins among the batch's rows, whose number nobody can estimate: what belongs together is put side by side, as
    -- arrays in the same order.
    WITH request AS MATERIALIZED (
      SELECT q.*, row_number() OVER (PARTITION BY q.key, q.reason IS NULL ORDER BY q.ord) AS nth,
        CASE WHEN q.reason IS NULL AND q.digest IS NOT NULL THEN
          CASE WHEN q.event <> 'create' OR num_nonnulls(q.attachments, q.given_text) > 0 THEN 'other' ELSE
            coalesce((SELECT CASE WHEN i.digest = q.digest THEN 'same' ELSE 'other' END FROM liskeban.ticket_intake i
                      WHERE i.source = from_source AND i.external_id = q.key), 'fresh') END END AS standing
      FROM (SELECT r.*, coalesce(r.external_id, 'sha256:' || encode(r.digest, 'hex')) AS key
            FROM liskeban._read_requests(payloads, false) r OFFSET 0) q
    ), made AS (
      INSERT INTO liskeban.ticket AS t (kind, source, external_id, category, difficulty, priority, confidential,
          title, description, address, geom, discovered_at, reported_at, extra)
        SELECT q.kind, from_source, q.key, q.category, q.difficulty, q.priority, q.confidential,
          q.title, q.description, q.address, q.geom, q.discovered_at, q.reported_at, q.extra
        FROM request q WHERE q.standing = 'fresh' AND q.nth = 1 ORDER BY q.ord
        RETURNING t.ticket_id, t.external_id
    ), ticket AS (
      SELECT array_agg(m.ticket_id ORDER BY m.external_id COLLATE "C") AS ids FROM made m
    ), fresh AS MATERIALIZED (
      SELECT u.* FROM ticket,
        (SELECT array_agg(q.key ORDER BY q.key COLLATE "C") AS keys,
           array_agg(q.digest ORDER BY q.key COLLATE "C") AS digests,
           array_agg(q.core ORDER BY q.key COLLATE "C") AS cores,
           array_agg(q.reporter_name ORDER BY q.key COLLATE "C") AS names,
           array_agg(q.reporter_phone ORDER BY q.key COLLATE "C") AS phones
         FROM request q WHERE q.standing = 'fresh' AND q.nth = 1) f,
        unnest(ticket.ids, f.keys, f.digests, f.cores, f.names, f.phones) u (ticket_id, key, digest, core, name, phone)
    ), noted AS (
      INSERT INTO liskeban.ticket_intake AS i (source, external_id, digest, core, ticket_id, at)
        SELECT from_source, f.key, f.digest, f.core, f.ticket_id, liskeban.liskeban_now() FROM fresh f
        RETURNING i.ticket_id
    ), refused AS MATERIALIZED (
      SELECT u.ord, u.line_no, u.raw, coalesce(u.fault, u.reason) AS reason
      FROM (SELECT array_agg(q.reason ORDER BY q.ord) AS reasons FROM request q) q,
        unnest(lines, raws, faults, q.reasons) WITH ORDINALITY u (line_no, raw, fault, reason, ord)
      WHERE u.fault IS NOT NULL OR u.reason IS NOT NULL
    ), kept AS (
      INSERT INTO liskeban.intake_reject (source, at, file, line_no, raw, reason)
        SELECT from_source, liskeban.liskeban_now(), _load_requests.file, x.line_no, x.raw, x.reason
        FROM refused x ORDER BY x.ord
        ON CONFLICT DO NOTHING
    )
    SELECT (SELECT count(*) FROM noted), (SELECT count(*) FROM request q WHERE q.standing = 'same' AND q.nth = 1),
      (SELECT count(*) FROM refused), (SELECT array_agg(x.line_no || ': ' || x.reason ORDER BY x.ord) FROM refused x),
      (SELECT array_agg(q.ord ORDER BY q.ord) FROM request q
        WHERE q.standing = 'other' OR q.standing IS NOT NULL AND q.nth > 1),
      people.tickets, people.names, people.phones
      INTO created, existing, rejected, complaints, rest, reporters, names, phones
      FROM (SELECT array_agg(f.ticket_id) AS tickets, array_agg(f.name) AS names, array_agg(f.phone) AS phones
            FROM fresh f WHERE num_nonnulls(f.name, f.phone) > 0) people;
    complaints := complaints[1:20];

    IF reporters IS NOT NULL THEN
      INSERT INTO liskeban.reporter (ticket_id, name, phone)
        SELECT p.* FROM unnest(reporters, names, phones) p ORDER BY 1;
    END IF;
  EXCEPTION WHEN others THEN
    GET STACKED DIAGNOSTICS failed_state = RETURNED_SQLSTATE;
    IF left(failed_state, 2) IN ('08', '25', '40', '42', '53', '54', '55', '57', '58', 'F0', 'XX') THEN
      RAISE;
    END IF;
    created := 0;
    existing := 0;
    rejected := 0;
    complaints := '{}';
    rest := NULL;
    failed := true;
  END;

  IF failed OR rest IS NOT NULL THEN
    SELECT * INTO more FROM liskeban._load_one_by_one(from_source, file, lines, raws, faults, payloads, rest);
    created := created + more.created;
    existing := existing + more.existing;
    rejected := rejected + more.rejected;
    complaints := complaints || more.complaints;
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._load_requests(text, text, text, jsonb, boolean, bigint[], text[], text[]) IS 'one batch of a file: lines and raw records as liskeban_load cut them, faults what it found wrong with them; how many were created, existing and rejected, and the first complaints';
REVOKE ALL ON FUNCTION liskeban._load_requests(text, text, text, jsonb, boolean, bigint[], text[], text[]) FROM PUBLIC;
$_50_intake$)
,('platform/51_area_intake', $_51_area_intake$
-- Areas from GeoJSON, as liskeban_load brings them: all of a file in one statement.

CREATE FUNCTION liskeban._read_area(feature json, code_field text, name_field text, srid integer, datum text,
    make_valid boolean, district liskeban.area_code,
    OUT code liskeban.area_code, OUT name text, OUT geom geometry, OUT reason text)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
  code := btrim(feature -> 'properties' ->> code_field)::liskeban.area_code;
  name := btrim(feature -> 'properties' ->> name_field);
  IF code IS NULL OR coalesce(name, '') = '' THEN
    reason := 'property is missing: ' || CASE WHEN code IS NULL THEN code_field ELSE name_field END;
    RETURN;
  END IF;
  IF NOT code OPERATOR(liskeban.<@) district THEN
    reason := 'code ' || code || ' does not lie in district ' || district;
    RETURN;
  END IF;
  IF coalesce(json_typeof(feature -> 'geometry'), 'null') = 'null' THEN
    RETURN;
  END IF;
  geom := ST_Force2D(ST_GeomFromGeoJSON((feature -> 'geometry')::text));
  IF datum IS NOT NULL THEN
    geom := liskeban.to_cgcs2000(ST_SetSRID(geom, 4490), datum);
  ELSIF coalesce(srid, 4326) IN (4326, 4490) THEN
    geom := ST_SetSRID(geom, 4490);
  ELSE
    geom := ST_Transform(ST_SetSRID(geom, srid), 4490);
  END IF;
  IF GeometryType(geom) NOT IN ('POLYGON', 'MULTIPOLYGON') THEN
    reason := 'geometry is no polygon: ' || GeometryType(geom);
  ELSIF ST_IsEmpty(geom) THEN
    reason := 'polygon is empty';
  ELSIF ST_XMin(geom) < -180 OR ST_XMax(geom) > 180 OR ST_YMin(geom) < -90 OR ST_YMax(geom) > 90 THEN
    reason := 'coordinates are no longitude and latitude';
  ELSIF NOT ST_IsValid(geom) THEN
    IF make_valid THEN
      geom := ST_CollectionExtract(ST_MakeValid(geom), 3);
    END IF;
    IF NOT make_valid THEN
      reason := 'polygon is invalid: ' || ST_IsValidReason(geom);
    ELSIF ST_IsEmpty(geom) OR NOT ST_IsValid(geom) THEN
      reason := 'polygon is invalid and cannot be repaired';
    END IF;
  END IF;
EXCEPTION WHEN data_exception OR invalid_parameter_value OR internal_error THEN
  -- what PostGIS and the types say of this one feature
  reason := SQLERRM;
END
$$;
COMMENT ON FUNCTION liskeban._read_area(json, text, text, integer, text, boolean, liskeban.area_code) IS 'one feature of GeoJSON as an area in CGCS2000, or the reason why not';
REVOKE ALL ON FUNCTION liskeban._read_area(json, text, text, integer, text, boolean, liskeban.area_code) FROM PUBLIC;

CREATE FUNCTION liskeban.load_areas(file text, document text, code_field text, name_field text,
    srid integer DEFAULT NULL, datum text DEFAULT NULL, make_valid boolean DEFAULT false,
    OUT read bigint, OUT created bigint, OUT updated bigint, OUT rejected bigint, OUT complaints text[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT SET client_min_messages = warning AS $$
DECLARE
  collection constant json := document::json;
  features json;
  district constant liskeban.area_code := (SELECT p.district FROM liskeban.platform p);
BEGIN
  PERFORM liskeban._require_admin('load areas');
  features := CASE collection ->> 'type' WHEN 'FeatureCollection' THEN collection -> 'features'
                                         WHEN 'Feature' THEN json_build_array(collection) END;
  IF coalesce(json_typeof(features), '') <> 'array' THEN
    RAISE EXCEPTION 'the document is no FeatureCollection of GeoJSON' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- files from before RFC 7946 may name their own coordinate system
  IF srid IS NULL AND datum IS NULL THEN
    srid := substring(collection #>> '{crs,properties,name}' FROM 'EPSG:+([0-9]{4,6})$')::integer;
  END IF;

  WITH feature AS MATERIALIZED (
    SELECT f.ordinality AS ord, f.value AS raw, a.code, a.name, a.geom, a.reason
    FROM json_array_elements(features) WITH ORDINALITY f
    CROSS JOIN LATERAL liskeban._read_area(f.value, code_field, name_field, srid, datum, make_valid, district) a
  ), checked AS MATERIALIZED (
    SELECT f.ord, f.raw, f.code, f.name, f.geom, EXISTS (SELECT FROM liskeban.area a WHERE a.code OPERATOR(liskeban.=) f.code) AS known,
      coalesce(f.reason, CASE WHEN row_number() OVER (PARTITION BY f.code, f.reason IS NULL ORDER BY f.ord) > 1
                              THEN 'code occurs more than once in the file: ' || f.code END) AS reason
    FROM feature f
  ), put AS (
    INSERT INTO liskeban.area AS a (code, name, geom)
      SELECT c.code, c.name, c.geom FROM checked c WHERE c.reason IS NULL ORDER BY c.code
      ON CONFLICT ON CONSTRAINT area_pkey DO UPDATE
        SET name = excluded.name, geom = coalesce(excluded.geom, a.geom)
        WHERE a.name <> excluded.name OR a.geom IS DISTINCT FROM coalesce(excluded.geom, a.geom)
  ), kept AS (
    INSERT INTO liskeban.intake_reject (source, at, file, line_no, raw, reason)
      SELECT 'areas', liskeban.liskeban_now(), load_areas.file, c.ord, c.raw::text, c.reason
      FROM checked c WHERE c.reason IS NOT NULL ORDER BY c.ord
      ON CONFLICT DO NOTHING
  )
  SELECT count(*), count(*) FILTER (WHERE c.reason IS NULL AND NOT c.known),
      count(*) FILTER (WHERE c.reason IS NULL AND c.known), count(*) FILTER (WHERE c.reason IS NOT NULL),
      array_agg(c.ord || ': ' || c.reason ORDER BY c.ord) FILTER (WHERE c.reason IS NOT NULL)
    INTO read, created, updated, rejected, complaints
    FROM checked c;
END
$$;
COMMENT ON FUNCTION liskeban.load_areas(text, text, text, text, integer, text, boolean) IS '区域导入 the features of a GeoJSON document as areas, in one statement; code_field and name_field are their properties; srid (4326) or datum says what the coordinates are in; invalid polygons are rejected into intake_reject, or repaired; a known code is updated; 42501 unless an administrator, 22023 for what is no FeatureCollection';
REVOKE ALL ON FUNCTION liskeban.load_areas(text, text, text, text, integer, text, boolean) FROM PUBLIC;
$_51_area_intake$)
,('platform/52_message', $_52_message$
-- One request at a time: submit(), what a source says later of its ticket, and the mending of what was refused.
--
-- A message other than the create names its ticket by source and external_id, and may come before it, twice, or at the
-- same time as another. What holds: the final ticket follows from the set of its messages, not from their order.
--   - Each message counts once, known by its event and digest (ticket_message).
--   - What comes before the create waits in quarantine and is taken in with it; a row of ticket_intake without a ticket
--     keeps the place, so that create and message, whichever is later, wait for each other.
--   - The description is what all of them say: creates first, then as it was said (reported_at; undated words first, by
--     digest), without what stands in another. Name and phone of the reporter are those said last.
--   - A withdrawn ticket stays withdrawn. What else is said of it is written down all the same; of a withdrawal and a
--     word said after it the one that comes second is a conflict besides, so that the desk looks at it.
-- The order of arrival decides where there is nothing else to go by: of two creates that contradict each other the first
-- is the ticket and the other a conflict; of two creates that differ in title, name or phone only, or of undated
-- supplements that do in name or phone, the last stands. What the desk made final (closed, rejected, merged) takes no
-- more words: conflict.

CREATE TABLE liskeban.ticket_message (
  message_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source      text NOT NULL,
  external_id text NOT NULL,
  event       text NOT NULL,
  digest      bytea NOT NULL,
  said_at     timestamptz,
  at          timestamptz NOT NULL,
  ticket_id   bigint,
  seq         integer,
  outcome     text NOT NULL,
  words       text[],
  gives_name  boolean NOT NULL,
  gives_phone boolean NOT NULL,
  request     jsonb,
  reject_id   bigint,
  CONSTRAINT ticket_message_key UNIQUE (source, external_id, event, digest),
  CONSTRAINT ticket_message_event_check CHECK (event IN ('create', 'supplement', 'urge', 'withdraw', 'attach')),
  CONSTRAINT ticket_message_outcome_check
    CHECK (outcome IN ('waiting', 'created', 'supplemented', 'urged', 'withdrawn', 'existing', 'conflict', 'rejected'))
);
CREATE INDEX ticket_message_waiting_idx ON liskeban.ticket_message (source, external_id) WHERE request IS NOT NULL;
CREATE INDEX ticket_message_reject_id_idx ON liskeban.ticket_message (reject_id) WHERE request IS NOT NULL;
COMMENT ON TABLE liskeban.ticket_message IS '后续消息 what sources said of their tickets besides the create, each message once; the create too, where there are words to put together';
COMMENT ON COLUMN liskeban.ticket_message.message_id IS '编号 key';
COMMENT ON COLUMN liskeban.ticket_message.source IS '来源系统 source_system';
COMMENT ON COLUMN liskeban.ticket_message.external_id IS '来源单号 the ticket''s key at its source';
COMMENT ON COLUMN liskeban.ticket_message.event IS '消息类型 supplement 追加, urge 催单, withdraw 撤单, attach 附件; create sent again with more to it';
COMMENT ON COLUMN liskeban.ticket_message.digest IS '摘要 SHA-256 of the payload: the same message again is known by it';
COMMENT ON COLUMN liskeban.ticket_message.said_at IS '陈述时间 reported_at of the message; NULL where it gave none';
COMMENT ON COLUMN liskeban.ticket_message.at IS '接入时间 when it first came';
COMMENT ON COLUMN liskeban.ticket_message.ticket_id IS '工单编号 the ticket; NULL while it waits for its create';
COMMENT ON COLUMN liskeban.ticket_message.seq IS '序号 the event that it became in the ticket''s history; NULL while it was not taken in';
COMMENT ON COLUMN liskeban.ticket_message.outcome IS '结果 waiting, or what became of it';
COMMENT ON COLUMN liskeban.ticket_message.words IS '陈述内容 its words, of which the description is put together; personal data may stand in it';
COMMENT ON COLUMN liskeban.ticket_message.gives_name IS '含姓名 whether it gives the reporter''s name';
COMMENT ON COLUMN liskeban.ticket_message.gives_phone IS '含电话 whether it gives the reporter''s phone';
COMMENT ON COLUMN liskeban.ticket_message.request IS '原文 the payload while it waits for its create; personal data may stand in it';
COMMENT ON COLUMN liskeban.ticket_message.reject_id IS '隔离编号 its row of intake_reject';

CREATE FUNCTION liskeban._quarantine(source text, file text, line_no bigint, raw text, reason text, message_id bigint)
RETURNS bigint LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  kept bigint;
BEGIN
  INSERT INTO liskeban.intake_reject AS r (source, at, file, line_no, raw, reason)
    VALUES (source, liskeban.liskeban_now(), file, line_no, raw, reason)
    ON CONFLICT DO NOTHING RETURNING r.reject_id INTO kept;
  IF message_id IS NOT NULL THEN
    UPDATE liskeban.ticket_message m SET reject_id = coalesce(kept, (SELECT r.reject_id FROM liskeban.intake_reject r
          WHERE r.source = _quarantine.source AND liskeban._text_digest(r.raw) = liskeban._text_digest(_quarantine.raw)))
      WHERE m.message_id = _quarantine.message_id;
  END IF;
  RETURN kept;
END
$$;
COMMENT ON FUNCTION liskeban._quarantine(text, text, bigint, text, text, bigint) IS 'keep what could not be taken in, and which message it was; the same again changes nothing. Returns reject_id, NULL where it was there';
REVOKE ALL ON FUNCTION liskeban._quarantine(text, text, bigint, text, text, bigint) FROM PUBLIC;

CREATE FUNCTION liskeban._said_words(source text, external_id text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (
  WITH word AS MATERIALIZED (
    SELECT w.word, min(w.place) AS place
    FROM (SELECT u.word, row_number() OVER (ORDER BY m.event <> 'create', m.said_at NULLS FIRST, m.digest, u.nth) AS place
          FROM liskeban.ticket_message m, unnest(m.words) WITH ORDINALITY u (word, nth)
          WHERE m.source = _said_words.source AND m.external_id = _said_words.external_id AND m.seq IS NOT NULL) w
    GROUP BY w.word
  )
  SELECT string_agg(w.word, E'\n' ORDER BY w.place) FROM word w
  WHERE NOT EXISTS (SELECT FROM word o WHERE o.word <> w.word AND position(w.word IN o.word) > 0)
  );
END
$$;
COMMENT ON FUNCTION liskeban._said_words(text, text) IS 'what the messages of a key that were taken in say together: creates first, then in the order in which it was said, without what stands in another; NULL nothing';
REVOKE ALL ON FUNCTION liskeban._said_words(text, text) FROM PUBLIC;

-- Name and phone that a message gives, unless one said later gave others.
CREATE FUNCTION liskeban._tell_reporter(message liskeban.ticket_message, name text, phone text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name_overtaken boolean;
  phone_overtaken boolean;
BEGIN
  SELECT bool_or(m.gives_name), bool_or(m.gives_phone) INTO name_overtaken, phone_overtaken
    FROM liskeban.ticket_message m
    WHERE m.source = message.source AND m.external_id = message.external_id AND m.seq IS NOT NULL
      AND m.said_at > message.said_at;
  IF name_overtaken THEN
    name := NULL;
  END IF;
  IF phone_overtaken THEN
    phone := NULL;
  END IF;
  IF name IS NOT NULL OR phone IS NOT NULL THEN
    INSERT INTO liskeban.reporter AS r (ticket_id, name, phone)
      VALUES (message.ticket_id, _tell_reporter.name, _tell_reporter.phone)
      ON CONFLICT ON CONSTRAINT reporter_pkey DO UPDATE
        SET name = coalesce(excluded.name, r.name), phone = coalesce(excluded.phone, r.phone)
        WHERE (r.name, r.phone) IS DISTINCT FROM (coalesce(excluded.name, r.name), coalesce(excluded.phone, r.phone));
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._tell_reporter(liskeban.ticket_message, text, text) IS 'name and phone of a ticket''s reporter from a message, unless one said later gave them';
REVOKE ALL ON FUNCTION liskeban._tell_reporter(liskeban.ticket_message, text, text) FROM PUBLIC;

CREATE FUNCTION liskeban._attach(ticket_id bigint, attachments jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO liskeban.attachment (ticket_id, stage, uri, sha256, taken_at, geom)
    SELECT DISTINCT _attach.ticket_id, 'report', a.uri, a.sha256, a.taken_at, a.geom
    FROM liskeban._read_attachments(attachments) a
    WHERE NOT EXISTS (SELECT FROM liskeban.attachment known WHERE known.ticket_id = _attach.ticket_id
      AND (known.uri, known.sha256, known.taken_at, known.geom::text)
          IS NOT DISTINCT FROM (a.uri, a.sha256, a.taken_at, a.geom::text));
END
$$;
COMMENT ON FUNCTION liskeban._attach(bigint, jsonb) IS 'the attachments of a payload to a ticket, each once';
REVOKE ALL ON FUNCTION liskeban._attach(bigint, jsonb) FROM PUBLIC;

-- The create as a message, once there are others whose words go beside its own.
CREATE FUNCTION liskeban._note_create(source text, external_id text, ticket_id bigint, words text[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO liskeban.ticket_message
      (source, external_id, event, digest, said_at, at, ticket_id, seq, outcome, words, gives_name, gives_phone)
    SELECT i.source, i.external_id, 'create', coalesce(i.digest, ''), t.reported_at, i.at, t.ticket_id, 1, 'created',
      array_remove(words, NULL), false, false
    FROM liskeban.ticket_intake i JOIN liskeban.ticket t ON t.ticket_id = i.ticket_id
    WHERE i.source = _note_create.source AND i.external_id = _note_create.external_id
      AND i.ticket_id = _note_create.ticket_id
      AND NOT EXISTS (SELECT FROM liskeban.ticket_message m WHERE m.source = i.source AND m.external_id = i.external_id
        AND m.event = 'create' AND m.outcome = 'created');
END
$$;
COMMENT ON FUNCTION liskeban._note_create(text, text, bigint, text[]) IS 'a ticket''s create as a row of ticket_message, where there is none yet';
REVOKE ALL ON FUNCTION liskeban._note_create(text, text, bigint, text[]) FROM PUBLIC;

-- What a message adds: the description becomes what all of them say, unless the desk has rewritten it: then the words go
-- to its end.
CREATE FUNCTION liskeban._add_words(message liskeban.ticket_message, present liskeban.ticket, title text, given text[])
RETURNS integer LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  rewritten boolean;
BEGIN
  PERFORM liskeban._note_create(message.source, message.external_id, present.ticket_id, ARRAY[present.description]);
  rewritten := present.description IS DISTINCT FROM liskeban._said_words(message.source, message.external_id);
  UPDATE liskeban.ticket_message m SET words = array_remove(given, NULL), seq = present.last_seq + 1
    WHERE m.message_id = message.message_id;
  RETURN liskeban._ticket_word(present.ticket_id, 'supplement', '追加 supplemented by ' || message.source, title,
    CASE WHEN NOT rewritten THEN liskeban._said_words(message.source, message.external_id)
         ELSE concat_ws(E'\n', present.description, (SELECT string_agg(g.word, E'\n' ORDER BY g.nth)
           FROM unnest(given) WITH ORDINALITY g (word, nth) WHERE position(g.word IN coalesce(present.description, '')) = 0)) END);
END
$$;
COMMENT ON FUNCTION liskeban._add_words(liskeban.ticket_message, liskeban.ticket, text, text[]) IS 'a message''s words into the description of its ticket, as an event of history; returns its seq';
REVOKE ALL ON FUNCTION liskeban._add_words(liskeban.ticket_message, liskeban.ticket, text, text[]) FROM PUBLIC;

-- What a message does to its ticket, which is locked here. Raises what the guard raises.
CREATE FUNCTION liskeban._apply_message(message liskeban.ticket_message, fields record,
    OUT outcome text, OUT reason text, OUT seq integer)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  present liskeban.ticket;
  withdrawn_seq integer;
  withdrawal_said timestamptz;
  words text;
BEGIN
  SELECT t.* INTO present FROM liskeban.ticket t WHERE t.ticket_id = message.ticket_id FOR UPDATE;
  SELECT min(m.seq), max(m.said_at) INTO withdrawn_seq, withdrawal_said
    FROM liskeban.ticket_message m
    WHERE m.source = message.source AND m.external_id = message.external_id AND m.event = 'withdraw' AND m.seq IS NOT NULL;
  words := nullif(concat_ws(E'\n', fields.given_title, fields.given_description, fields.given_text), '');

  IF message.event = 'withdraw' THEN
    IF present.state = 'withdrawn' THEN
      outcome := 'existing';
      seq := coalesce(withdrawn_seq, present.last_seq);
      RETURN;
    END IF;
    UPDATE liskeban.ticket t SET state = 'withdrawn', note = coalesce(words, '撤单 withdrawn by ' || message.source)
      WHERE t.ticket_id = message.ticket_id RETURNING t.last_seq INTO seq;
    outcome := 'withdrawn';
    IF EXISTS (SELECT FROM liskeban.ticket_message m
               WHERE m.source = message.source AND m.external_id = message.external_id AND m.event <> 'withdraw'
                 AND m.seq IS NOT NULL AND m.said_at > message.said_at) THEN
      outcome := 'conflict';
      reason := 'the request is withdrawn, but something said after that had come before';
    END IF;
    RETURN;
  END IF;

  IF present.state IN ('closed', 'rejected', 'withdrawn', 'merged') AND
      NOT (present.state = 'withdrawn' AND withdrawn_seq IS NOT NULL) THEN
    outcome := 'conflict';
    reason := 'the ticket is ' || present.state || ', more cannot be added to it';
    RETURN;
  END IF;
  IF message.event = 'supplement' AND (
      fields.geom IS NOT NULL AND fields.geom::text IS DISTINCT FROM present.geom::text OR
      fields.given_category AND NOT EXISTS (SELECT FROM liskeban.ticket_event e
        WHERE e.ticket_id = present.ticket_id AND e.seq = 1 AND e.detail #>> '{category,1}' = fields.category)) THEN
    outcome := 'conflict';
    reason := 'the supplement names another category or place than the ticket''s';
    RETURN;
  END IF;

  IF message.event = 'urge' THEN
    seq := liskeban._ticket_word(present.ticket_id, 'urge', coalesce(words, '催单 urged by ' || message.source),
      present.title, present.description);
    outcome := 'urged';
  ELSE
    -- the create again may correct the title; another's is a word like others
    seq := liskeban._add_words(message, present,
      CASE WHEN message.event = 'create' THEN coalesce(fields.given_title, present.title) ELSE present.title END,
      ARRAY[CASE WHEN message.event <> 'create' THEN nullif(fields.given_title, present.title) END,
        fields.given_description, fields.given_text]);
    outcome := 'supplemented';
  END IF;
  IF fields.attachments IS NOT NULL THEN
    PERFORM liskeban._attach(present.ticket_id, fields.attachments);
  END IF;
  IF message.gives_name OR message.gives_phone THEN
    PERFORM liskeban._tell_reporter(message, fields.reporter_name, fields.reporter_phone);
  END IF;
  IF present.state = 'withdrawn' AND (message.said_at <= withdrawal_said) IS NOT TRUE THEN
    outcome := 'conflict';
    reason := 'the request had been withdrawn: this was written down on the ticket, on which nobody acts';
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._apply_message(liskeban.ticket_message, record) IS 'a message''s effect on its ticket: outcome, and the event it became (seq NULL: it was not taken in)';
REVOKE ALL ON FUNCTION liskeban._apply_message(liskeban.ticket_message, record) FROM PUBLIC;

-- A message of a key whose row of ticket_intake is locked: known before, to wait, or to be taken in.
CREATE FUNCTION liskeban._take_message(known liskeban.ticket_intake, request jsonb, fields record,
    OUT outcome text, OUT reason text, OUT message_id bigint)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  message liskeban.ticket_message;
  message_event text;
  event_seq integer;
  failed_state text;
BEGIN
  message_event := coalesce(fields.event, 'create');
  IF message_event = 'create' THEN
    outcome := CASE WHEN known.digest = fields.digest THEN 'existing' ELSE 'conflict' END;
    reason := CASE WHEN known.core IS NULL THEN 'a ticket with this external_id was made without submit'
                   WHEN known.core <> fields.core
                   THEN 'the same external_id came before with another category, place, time or kind' END;
    IF outcome = 'existing' OR reason IS NOT NULL THEN
      RETURN;
    END IF;
  END IF;

  SELECT m.* INTO message FROM liskeban.ticket_message m
    WHERE m.source = known.source AND m.external_id = known.external_id AND m.event = message_event
      AND m.digest = fields.digest;
  IF message.seq IS NOT NULL THEN
    outcome := 'existing';
    RETURN;
  ELSIF NOT FOUND THEN
    INSERT INTO liskeban.ticket_message AS m (source, external_id, event, digest, said_at, at, outcome, gives_name, gives_phone)
      VALUES (known.source, known.external_id, message_event, fields.digest, fields.reported_at, liskeban.liskeban_now(),
        'waiting', fields.reporter_name IS NOT NULL, fields.reporter_phone IS NOT NULL)
      RETURNING m.* INTO message;
  END IF;
  message_id := message.message_id;
  message.ticket_id := known.ticket_id;

  IF known.ticket_id IS NULL THEN
    outcome := 'rejected';
    reason := 'it waits for the create of its external_id';
    UPDATE liskeban.ticket_message m SET outcome = 'waiting', request = _take_message.request
      WHERE m.message_id = message.message_id;
    RETURN;
  END IF;
  BEGIN
    SELECT a.outcome, a.reason, a.seq INTO outcome, reason, event_seq FROM liskeban._apply_message(message, fields) a;
  EXCEPTION WHEN others THEN
    GET STACKED DIAGNOSTICS failed_state = RETURNED_SQLSTATE, reason = MESSAGE_TEXT;
    -- what is neither the payload's doing nor a matter of who may: the caller's to know
    IF failed_state <> '42501' AND
        left(failed_state, 2) IN ('08', '25', '40', '42', '53', '54', '55', '57', '58', 'F0', 'XX') THEN
      RAISE;
    END IF;
    outcome := CASE left(failed_state, 2) WHEN 'LK' THEN 'conflict' ELSE 'rejected' END;
    event_seq := NULL;
  END;
  UPDATE liskeban.ticket_message m
    SET ticket_id = known.ticket_id, seq = event_seq, outcome = _take_message.outcome, request = NULL
    WHERE m.message_id = message.message_id;
  IF event_seq IS NOT NULL THEN
    UPDATE liskeban.ticket_intake i SET at = liskeban.liskeban_now()
      WHERE i.source = known.source AND i.external_id = known.external_id;
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._take_message(liskeban.ticket_intake, jsonb, record) IS 'what a message of a known key, read by _read_requests(), comes to: existing, supplemented, urged, withdrawn, conflict, or rejected while it waits for its create';
REVOKE ALL ON FUNCTION liskeban._take_message(liskeban.ticket_intake, jsonb, record) FROM PUBLIC;

-- What came before its create, in the order in which it was said; what somebody has dealt with in the meantime stays out.
CREATE FUNCTION liskeban._replay_messages(known liskeban.ticket_intake) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  waiting record;
  fields record;
  result record;
BEGIN
  FOR waiting IN
    SELECT m.request, m.reject_id
    FROM liskeban.ticket_message m LEFT JOIN liskeban.intake_reject r ON r.reject_id = m.reject_id
    WHERE m.source = known.source AND m.external_id = known.external_id AND m.request IS NOT NULL AND r.resolved_at IS NULL
    ORDER BY m.event = 'withdraw' AND m.said_at IS NULL, m.said_at NULLS FIRST, m.event = 'withdraw', m.digest
  LOOP
    SELECT * INTO fields FROM liskeban._read_requests(ARRAY[waiting.request], false);
    SELECT t.outcome, t.reason INTO result FROM liskeban._take_message(known, waiting.request, fields) t;
    UPDATE liskeban.intake_reject r
      SET reason = coalesce(result.reason, r.reason),
          resolved_at = CASE WHEN result.outcome NOT IN ('conflict', 'rejected') THEN liskeban.liskeban_now() END
      WHERE r.reject_id = waiting.reject_id;
  END LOOP;
END
$$;
COMMENT ON FUNCTION liskeban._replay_messages(liskeban.ticket_intake) IS 'takes in what waited for the create of a key; its rows of intake_reject are resolved, or say what is wrong now';
REVOKE ALL ON FUNCTION liskeban._replay_messages(liskeban.ticket_intake) FROM PUBLIC;

-- One request of a known source. Two sessions with the same key: the second waits for the first, then finds its row.
CREATE FUNCTION liskeban._take_in(request jsonb, from_source text, from_file boolean,
    OUT ticket_id bigint, OUT outcome text, OUT reason text, OUT message_id bigint)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  fields record;
  key text;
  is_create boolean;
  known liskeban.ticket_intake;
  waited boolean;
  failed_state text;
BEGIN
  outcome := 'rejected';
  SELECT * INTO fields FROM liskeban._read_requests(ARRAY[request], false);
  reason := fields.reason;
  IF reason IS NOT NULL THEN
    RETURN;
  END IF;
  is_create := coalesce(fields.event, 'create') = 'create';
  key := fields.external_id;
  IF key IS NULL AND from_file THEN
    key := 'sha256:' || encode(fields.digest, 'hex');
  END IF;

  FOR attempt IN 1 .. 2 LOOP
    BEGIN
      reason := NULL;
      SELECT i.* INTO known FROM liskeban.ticket_intake i WHERE i.source = from_source AND i.external_id = key;
      waited := FOUND AND known.ticket_id IS NULL;
      IF is_create AND known.digest = fields.digest THEN
        ticket_id := known.ticket_id;
        outcome := 'existing';
        RETURN;
      END IF;

      IF FOUND OR NOT is_create THEN
        -- a writer from the start: a change of rules waits for it, instead of for its rows
        LOCK TABLE liskeban.ticket IN ROW EXCLUSIVE MODE;
        IF known.source IS NULL THEN
          INSERT INTO liskeban.ticket_intake (source, external_id, at) VALUES (from_source, key, liskeban.liskeban_now())
            ON CONFLICT DO NOTHING;
        END IF;
        SELECT i.* INTO known FROM liskeban.ticket_intake i
          WHERE i.source = from_source AND i.external_id = key FOR UPDATE;
        IF known.ticket_id IS NULL THEN
          -- made without submit it is a ticket all the same
          UPDATE liskeban.ticket_intake i SET ticket_id = t.ticket_id FROM liskeban.ticket t
            WHERE i.source = from_source AND i.external_id = key AND t.source = from_source AND t.external_id = key
            RETURNING i.* INTO known;
          IF NOT FOUND THEN
            SELECT i.* INTO known FROM liskeban.ticket_intake i WHERE i.source = from_source AND i.external_id = key;
          ELSIF waited THEN
            PERFORM liskeban._replay_messages(known);
          END IF;
        END IF;
      END IF;

      IF known.ticket_id IS NOT NULL OR NOT is_create THEN
        SELECT t.outcome, t.reason, t.message_id INTO outcome, reason, message_id
          FROM liskeban._take_message(known, request, fields) t;
        ticket_id := known.ticket_id;
        RETURN;
      END IF;

      INSERT INTO liskeban.ticket AS t (kind, source, external_id, category, difficulty, priority, confidential,
          title, description, address, geom, discovered_at, reported_at, extra)
        VALUES (fields.kind, from_source, key, fields.category, fields.difficulty, fields.priority,
          fields.confidential, fields.title, fields.description, fields.address, fields.geom, fields.discovered_at,
          fields.reported_at, fields.extra)
        RETURNING t.ticket_id INTO ticket_id;
      IF known.source IS NOT NULL THEN
        UPDATE liskeban.ticket_intake i
          SET digest = fields.digest, core = fields.core, ticket_id = _take_in.ticket_id, at = liskeban.liskeban_now()
          WHERE i.source = from_source AND i.external_id = key RETURNING i.* INTO known;
      ELSIF key IS NOT NULL THEN
        INSERT INTO liskeban.ticket_intake (source, external_id, digest, core, ticket_id, at)
          VALUES (from_source, key, fields.digest, fields.core, _take_in.ticket_id, liskeban.liskeban_now());
      END IF;
      IF fields.reporter_name IS NOT NULL OR fields.reporter_phone IS NOT NULL THEN
        INSERT INTO liskeban.reporter (ticket_id, name, phone)
          VALUES (_take_in.ticket_id, fields.reporter_name, fields.reporter_phone);
      END IF;
      IF fields.attachments IS NOT NULL THEN
        PERFORM liskeban._attach(_take_in.ticket_id, fields.attachments);
      END IF;
      IF fields.given_text IS NOT NULL AND key IS NOT NULL THEN
        PERFORM liskeban._note_create(from_source, key, _take_in.ticket_id, ARRAY[fields.given_description, fields.given_text]);
      END IF;
      IF known.source IS NOT NULL THEN
        PERFORM liskeban._replay_messages(known);
      END IF;
      outcome := 'created';
      RETURN;
    EXCEPTION WHEN others THEN
      GET STACKED DIAGNOSTICS failed_state = RETURNED_SQLSTATE, reason = MESSAGE_TEXT;
      -- what is not the payload's doing is the caller's to know: to be tried again, no room, shutting down, a fault
      IF left(failed_state, 2) IN ('08', '25', '40', '42', '53', '54', '55', '57', '58', 'F0', 'XX') THEN
        RAISE;
      END IF;
      ticket_id := NULL;
      outcome := 'rejected';
      IF failed_state <> '23505' THEN
        RETURN;
      END IF;
    END;
  END LOOP;
  SELECT t.ticket_id INTO ticket_id FROM liskeban.ticket t WHERE t.source = from_source AND t.external_id = key;
  IF FOUND THEN
    outcome := 'conflict';
    reason := 'a ticket with this external_id was made without submit';
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._take_in(jsonb, text, boolean) IS 'what submit() does once the source is known; a file''s request without external_id is known by its digest; message_id is what is to be told the reject_id of its quarantine';
REVOKE ALL ON FUNCTION liskeban._take_in(jsonb, text, boolean) FROM PUBLIC;

CREATE FUNCTION liskeban._submit(request jsonb, from_source text, fault text,
    OUT ticket_id bigint, OUT outcome text, OUT reason text, OUT message_id bigint)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  reason := CASE WHEN request IS NULL THEN 'there is no request'
                 WHEN jsonb_typeof(request) <> 'object' THEN 'the request is no JSON object'
                 WHEN fault IS NOT NULL THEN fault
                 WHEN NOT EXISTS (SELECT FROM liskeban.source_system s WHERE s.code = from_source AND s.retired_at IS NULL)
                 THEN 'source is not known: ' || from_source END;
  IF reason IS NOT NULL THEN
    outcome := 'rejected';
    RETURN;
  END IF;
  SELECT t.* INTO ticket_id, outcome, reason, message_id FROM liskeban._take_in(request, from_source, false) t;
END
$$;
COMMENT ON FUNCTION liskeban._submit(jsonb, text, text) IS 'a request of a source, or the fault that was found with the source';
REVOKE ALL ON FUNCTION liskeban._submit(jsonb, text, text) FROM PUBLIC;

CREATE FUNCTION liskeban.submit(request jsonb, OUT ticket_id bigint, OUT outcome text, OUT reason text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  from_source text;
  fault text;
  message bigint;
BEGIN
  SELECT s.source, s.reason INTO from_source, fault FROM liskeban._intake_source(request ->> 'source') s;
  SELECT s.* INTO ticket_id, outcome, reason, message FROM liskeban._submit(request, from_source, fault) s;
  IF outcome IN ('conflict', 'rejected') THEN
    PERFORM liskeban._quarantine(coalesce(from_source, request ->> 'source', ''), NULL, NULL,
      coalesce(request::text, 'null'), submit.reason, message);
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban.submit(jsonb) IS '接入 take in one request of a source, or what it says later of one (event supplement, urge, withdraw, attach, which name it by external_id): outcome created, existing, supplemented, urged, withdrawn, conflict or rejected, with the reason. The final ticket follows from the set of its messages, not from their order or number: what comes before its create waits in intake_reject and is taken in with it; of two creates that contradict each other the first to come is the ticket. Never raises for what the payload says: what is refused is kept in intake_reject. 42501 where the caller is no source';
REVOKE ALL ON FUNCTION liskeban.submit(jsonb) FROM PUBLIC;

CREATE FUNCTION liskeban.retry_reject(reject_id bigint, request jsonb, OUT ticket_id bigint, OUT outcome text, OUT reason text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  kept liskeban.intake_reject;
  message bigint;
BEGIN
  PERFORM liskeban._require_desk('mend what was refused');
  IF reject_id IS NULL THEN
    RAISE EXCEPTION 'reject_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT r.* INTO kept FROM liskeban.intake_reject r WHERE r.reject_id = retry_reject.reject_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no refused request %', reject_id USING ERRCODE = 'no_data_found';
  ELSIF kept.resolved_at IS NOT NULL THEN
    RAISE EXCEPTION 'refused request % was dealt with at %', reject_id, kept.resolved_at
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;

  SELECT s.* INTO ticket_id, outcome, reason, message
    FROM liskeban._submit(request, coalesce(nullif(btrim(request ->> 'source'), ''), kept.source), NULL) s;
  -- Only now, for the key of the request is locked before its row here. A retry of the same waiting message may have
  -- resolved it already, as the message's create does.
  UPDATE liskeban.intake_reject r
    SET resolved_at = CASE WHEN outcome NOT IN ('conflict', 'rejected') THEN liskeban.liskeban_now() END,
        reason = coalesce(retry_reject.reason, r.reason)
    WHERE r.reject_id = retry_reject.reject_id AND r.resolved_at IS NULL;
  IF NOT FOUND AND NOT EXISTS (SELECT FROM liskeban.ticket_message m
      WHERE m.reject_id = retry_reject.reject_id AND m.seq IS NOT NULL) THEN
    RAISE EXCEPTION 'refused request % was dealt with in the meantime', reject_id
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF outcome IN ('conflict', 'rejected') THEN
    UPDATE liskeban.ticket_message m SET reject_id = retry_reject.reject_id WHERE m.message_id = message;
  ELSE
    DELETE FROM liskeban.ticket_message m WHERE m.reject_id = retry_reject.reject_id AND m.request IS NOT NULL;
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban.retry_reject(bigint, jsonb) IS '隔离重试 take in a mended payload in place of one that was refused, as its source (or the one that the payload names): what submit() returns; resolved_at is set unless it is refused again, then the reason is the new one. For administrators and dispatchers (42501). P0002 no such row, 55000 dealt with already, 22004 NULL';
REVOKE ALL ON FUNCTION liskeban.retry_reject(bigint, jsonb) FROM PUBLIC;
$_52_message$)
,('platform/55_check_platform', $_55_check_platform$
-- What is wrong with the platform itself: sources that fell silent, refused requests that nobody handles.

CREATE TABLE liskeban.source_heartbeat (
  source text PRIMARY KEY,
  at     timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE liskeban.source_heartbeat IS '来源心跳 when each source was last known to live: it said so, or something of it was taken in (noted by check_platform())';
COMMENT ON COLUMN liskeban.source_heartbeat.source IS '来源系统 source_system';
COMMENT ON COLUMN liskeban.source_heartbeat.at IS '时间 last sign of life that was looked for: taken in later may be more, which is looked up once its heartbeat is over; when it was first watched, where there has been none';

CREATE INDEX ticket_intake_at_idx ON liskeban.ticket_intake USING brin (at) WITH (pages_per_range = 32, autosummarize = on);

CREATE FUNCTION liskeban.heartbeat(source text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  from_source text;
  problem text;
BEGIN
  SELECT s.source, s.reason INTO from_source, problem FROM liskeban._intake_source(heartbeat.source) AS s;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION '%', problem USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NOT EXISTS (SELECT FROM liskeban.source_system AS s WHERE s.code = from_source AND s.retired_at IS NULL) THEN
    RAISE EXCEPTION 'source "%" is not registered, or retired', from_source
      USING ERRCODE = 'foreign_key_violation', HINT = 'See liskeban.source_system.';
  END IF;
  INSERT INTO liskeban.source_heartbeat AS h (source, at) VALUES (from_source, liskeban.liskeban_now())
  ON CONFLICT ON CONSTRAINT source_heartbeat_pkey DO UPDATE SET at = excluded.at WHERE h.at < excluded.at;
END
$$;
COMMENT ON FUNCTION liskeban.heartbeat(text) IS '心跳 a source says that it lives though it has nothing to report; NULL: the one source of the caller. 42501 where the caller does not report for it, 23503 where it is not registered, or retired';
REVOKE ALL ON FUNCTION liskeban.heartbeat(text) FROM PUBLIC;

-- What is wrong now, each with since when: the alarms that should be open.
CREATE FUNCTION liskeban._platform_problems(OUT kind text, OUT subject text, OUT at timestamptz, OUT detail text)
RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT 'quiet_source', s.code, h.at + s.heartbeat,
         format('not heard of since %s', to_char(h.at AT TIME ZONE p.time_zone, 'YYYY-MM-DD HH24:MI:SS'))
    FROM liskeban.platform AS p, liskeban.source_system AS s JOIN liskeban.source_heartbeat AS h ON h.source = s.code
   WHERE s.heartbeat IS NOT NULL AND s.retired_at IS NULL AND h.at + s.heartbeat < liskeban.liskeban_now()
  UNION ALL
  SELECT 'unhandled_reject', r.reject_id::text, r.at + interval '15 minutes',
         format('refused at %s', to_char(r.at AT TIME ZONE p.time_zone, 'YYYY-MM-DD HH24:MI:SS'))
    FROM liskeban.platform AS p, liskeban.intake_reject AS r
   WHERE r.resolved_at IS NULL AND r.at <= liskeban.liskeban_now() - interval '15 minutes'
$$;
COMMENT ON FUNCTION liskeban._platform_problems() IS 'sources not heard of for longer than their heartbeat, and refused requests unhandled for 15 minutes, each with the time since when it is an alarm';
REVOKE ALL ON FUNCTION liskeban._platform_problems() FROM PUBLIC;

CREATE FUNCTION liskeban.check_platform() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  now constant timestamptz := liskeban.liskeban_now();
  doubted text[];
  since timestamptz;
  raised bigint;
BEGIN
  -- One at a time; the second sees what the first did. The first number is "LKcp".
  PERFORM pg_advisory_xact_lock(x'4c4b6370'::integer, 0);

  -- Signs of life of those who would be silent otherwise: what was taken in since they were last heard of, whichever way
  -- it came. Who is watched from now on is not silent yet.
  doubted := ARRAY(SELECT s.code FROM liskeban.source_system AS s
                    WHERE s.heartbeat IS NOT NULL AND s.retired_at IS NULL
                      AND NOT EXISTS (SELECT FROM liskeban.source_heartbeat AS h
                                       WHERE h.source = s.code AND h.at + s.heartbeat >= now));
  IF doubted <> '{}' THEN
    SELECT min(coalesce(h.at, now - s.heartbeat)) INTO since
      FROM liskeban.source_system AS s LEFT JOIN liskeban.source_heartbeat AS h ON h.source = s.code
     WHERE s.code = ANY (doubted);
    INSERT INTO liskeban.source_heartbeat AS h (source, at)
    SELECT d.code, coalesce(greatest(i.at, t.at), now)
      FROM unnest(doubted) AS d(code)
      LEFT JOIN (SELECT i.source, max(i.at) AS at FROM liskeban.ticket_intake AS i WHERE i.at >= since GROUP BY i.source) AS i
        ON i.source = d.code
      LEFT JOIN (SELECT t.source, max(t.received_at) AS at FROM liskeban.ticket AS t WHERE t.received_at >= since GROUP BY t.source) AS t
        ON t.source = d.code
     WHERE i.at IS NOT NULL OR t.at IS NOT NULL
        OR NOT EXISTS (SELECT FROM liskeban.source_heartbeat AS known WHERE known.source = d.code)
     ORDER BY d.code
    ON CONFLICT (source) DO UPDATE SET at = excluded.at WHERE h.at < excluded.at;
  END IF;

  -- What is well again, or is another silence than the one that is open; then what is not.
  PERFORM liskeban._clear_platform_alarm(a.kind, a.subject)
    FROM liskeban.platform_alarm AS a
   WHERE a.resolved_at IS NULL AND a.kind IN ('quiet_source', 'unhandled_reject')
     AND NOT EXISTS (SELECT FROM liskeban._platform_problems() AS p
                      WHERE p.kind = a.kind AND p.subject = a.subject AND p.at = a.at);
  PERFORM liskeban._raise_platform_alarm(p.kind, p.subject, p.at, p.detail)
    FROM liskeban._platform_problems() AS p
   WHERE NOT EXISTS (SELECT FROM liskeban.platform_alarm AS a
                      WHERE a.kind = p.kind AND a.subject = p.subject AND a.resolved_at IS NULL)
   ORDER BY p.at, p.kind, p.subject;
  GET DIAGNOSTICS raised = ROW_COUNT;
  RETURN raised;
END
$$;
COMMENT ON FUNCTION liskeban.check_platform() IS '自检 raise an alarm for each source that was silent for longer than its heartbeat (quiet_source), and for each refused request that nobody handled for 15 minutes (unhandled_reject), and end those that are well again; returns how many were raised. May run any number of times at once';
REVOKE ALL ON FUNCTION liskeban.check_platform() FROM PUBLIC;
$_55_check_platform$)
,('platform/60_kpi', $_60_kpi$
-- Figures from history alone: what every ticket's events up to an instant say, counted by what is asked for.

-- Who was merged into whom is asked of the few tickets that ever were.
CREATE INDEX ticket_event_merge_idx ON liskeban.ticket_event (ticket_id) WHERE action = 'merge';

CREATE FUNCTION liskeban._kpi_facts(from_ts timestamptz, to_ts timestamptz, as_of timestamptz, kinds liskeban.ticket_kind[])
RETURNS TABLE (ticket_id bigint, received_at timestamptz, kind liskeban.ticket_kind, source text, fact liskeban._ticket_fact,
  asked integer, answered integer, unreachable integer, satisfied integer, solved integer)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10000 AS $$
  WITH fact AS MATERIALIZED (
    SELECT t.ticket_id, t.received_at, t.kind, t.source,
           liskeban._ticket_facts(e.seq, e.run, e.at, e.from_state, e.to_state, e.action, e.actor, e.detail, as_of) AS fact
    FROM liskeban.ticket t
    JOIN liskeban.ticket_event e ON e.ticket_id = t.ticket_id
    WHERE t.received_at >= from_ts AND t.received_at < to_ts AND t.kind = ANY (kinds) AND t.parent_id IS NULL
      AND e.at <= as_of AND e.recorded_at <= as_of
    GROUP BY t.ticket_id
  ), merged AS (
    SELECT (m.fact).merged_into AS lead,
           count(*)::integer AS asked,
           count(*) FILTER (WHERE (m.fact).satisfaction <> 'unreachable')::integer AS answered,
           count(*) FILTER (WHERE (m.fact).satisfaction = 'unreachable')::integer AS unreachable,
           count(*) FILTER (WHERE (m.fact).satisfaction = 'satisfied')::integer AS satisfied,
           count(*) FILTER (WHERE (m.fact).satisfaction <> 'unreachable' AND (m.fact).solved)::integer AS solved
    FROM (SELECT liskeban._ticket_facts(e.seq, e.run, e.at, e.from_state, e.to_state, e.action, e.actor, e.detail, as_of) AS fact
          FROM liskeban.ticket_event e
          WHERE e.ticket_id IN (SELECT x.ticket_id FROM liskeban.ticket_event x WHERE x.action = 'merge')
            AND e.at <= as_of AND e.recorded_at <= as_of
          GROUP BY e.ticket_id) m
    WHERE (m.fact).state = 'merged' AND (m.fact).has_reporter
    GROUP BY (m.fact).merged_into
  )
  SELECT f.ticket_id, f.received_at, f.kind, f.source, f.fact,
         coalesce(o.own + m.asked, o.own, 0),
         CASE WHEN o.own = 1 AND (f.fact).satisfaction <> 'unreachable' THEN 1 ELSE 0 END
           + CASE WHEN o.own IS NOT NULL THEN coalesce(m.answered, 0) ELSE 0 END,
         CASE WHEN o.own = 1 AND (f.fact).satisfaction = 'unreachable' THEN 1 ELSE 0 END
           + CASE WHEN o.own IS NOT NULL THEN coalesce(m.unreachable, 0) ELSE 0 END,
         CASE WHEN o.own = 1 AND (f.fact).satisfaction = 'satisfied' THEN 1 ELSE 0 END
           + CASE WHEN o.own IS NOT NULL THEN coalesce(m.satisfied, 0) ELSE 0 END,
         CASE WHEN o.own = 1 AND (f.fact).satisfaction <> 'unreachable' AND (f.fact).solved THEN 1 ELSE 0 END
           + CASE WHEN o.own IS NOT NULL THEN coalesce(m.solved, 0) ELSE 0 END
  FROM fact f
  -- own: NULL while nobody is asked, else whether this ticket has a reporter of its own
  CROSS JOIN LATERAL (SELECT CASE WHEN (f.fact).state = 'closed' AND (f.fact).reported AND NOT (f.fact).self_handled
                                  THEN (f.fact).has_reporter::integer END) AS o(own)
  LEFT JOIN merged m ON m.lead = f.ticket_id
  WHERE (f.fact).state IS NOT NULL
$$;
COMMENT ON FUNCTION liskeban._kpi_facts(timestamptz, timestamptz, timestamptz, liskeban.ticket_kind[]) IS
  'the tickets of those kinds received in [from_ts, to_ts), without children, with what their events up to as_of say, and how many reporters (a merged ticket''s under its lead) a closed ticket had, and what they answered';
REVOKE ALL ON FUNCTION liskeban._kpi_facts(timestamptz, timestamptz, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;

CREATE FUNCTION liskeban.kpi(from_day date, to_day date, by text, as_of timestamptz DEFAULT NULL,
  kinds liskeban.ticket_kind[] DEFAULT '{demand}')
RETURNS TABLE (key text, name text, received bigint, reported bigint, self_handled bigint, due bigint,
  completion_num bigint, completion_den bigint, completion numeric,
  on_time_num bigint, on_time_den bigint, on_time numeric,
  on_time_original_num bigint, on_time_original_den bigint, on_time_original numeric,
  response_num bigint, response_den bigint, response numeric, response_proven_num bigint,
  answered_num bigint, answered_den bigint, answered numeric, unreachable bigint,
  solved_num bigint, solved_den bigint, solved numeric,
  satisfaction_num bigint, satisfaction_den bigint, satisfaction numeric,
  rework_num bigint, rework_den bigint, rework numeric,
  first_time_num bigint, first_time_den bigint, first_time numeric,
  plan_num bigint, plan_den bigint, plan numeric,
  promise_num bigint, promise_den bigint, promise numeric,
  breach_num bigint, co_num bigint, settled boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  district text;
  zone     text;
  until    timestamptz := coalesce(kpi.as_of, liskeban.liskeban_now());
  is_settled boolean;
BEGIN
  PERFORM liskeban._kpi_check(kpi.from_day, kpi.to_day, kpi.by);
  SELECT p.district::text, p.time_zone INTO STRICT district, zone FROM liskeban.platform p;
  is_settled := EXISTS (SELECT FROM liskeban.watermark w WHERE w.final_at IS NOT NULL AND w.noted_at >= until);

  RETURN QUERY
  WITH cases AS MATERIALIZED (
    SELECT k.source, k.asked, k.answered, k.unreachable, k.satisfied, k.solved AS case_solved,
           (k.fact).reported, (k.fact).self_handled, (k.fact).due, (k.fact).complete, (k.fact).on_time,
           (k.fact).on_time_original, (k.fact).response_due, (k.fact).response, (k.fact).response_proven,
           (k.fact).resolved, (k.fact).reworked, (k.fact).first_time, (k.fact).plan_due, (k.fact).plan,
           (k.fact).promise_due, (k.fact).promise, (k.fact).breach_holders, (k.fact).co_departments,
           coalesce(CASE kpi.by
             WHEN 'district' THEN district
             WHEN 'town' THEN CASE WHEN length((k.fact).area) >= 9 THEN left((k.fact).area, 9) END
             WHEN 'village' THEN CASE WHEN length((k.fact).area) >= 12 THEN left((k.fact).area, 12) END
             WHEN 'category' THEN (k.fact).category
             WHEN 'domain' THEN (k.fact).domain
             WHEN 'source' THEN k.source
             WHEN 'department' THEN (k.fact).department
             WHEN 'tier' THEN (k.fact).tier
             WHEN 'holder' THEN CASE WHEN cardinality((k.fact).breach_holders) > 0 THEN (k.fact).breach_holders[1]
                                     ELSE coalesce((k.fact).responsible_area, (k.fact).department) END
           END, '(pool)') AS case_key
    FROM liskeban._kpi_facts(kpi.from_day::timestamp AT TIME ZONE zone, (kpi.to_day + 1)::timestamp AT TIME ZONE zone, until,
                             coalesce(kpi.kinds, enum_range(NULL::liskeban.ticket_kind))) k
  ), own AS (
    SELECT c.case_key,
           count(*) AS received,
           count(*) FILTER (WHERE c.reported) AS reported,
           count(*) FILTER (WHERE c.self_handled) AS self_handled,
           count(*) FILTER (WHERE c.due) AS due,
           count(*) FILTER (WHERE c.complete) AS complete,
           count(*) FILTER (WHERE c.on_time) AS on_time,
           count(*) FILTER (WHERE c.on_time_original) AS on_time_original,
           count(*) FILTER (WHERE c.response_due) AS response_due,
           count(*) FILTER (WHERE c.response) AS response,
           count(*) FILTER (WHERE c.response_proven) AS response_proven,
           sum(c.asked) AS asked,
           sum(c.answered) AS answered,
           sum(c.unreachable) AS unreachable,
           sum(c.satisfied) AS satisfied,
           sum(c.case_solved) AS solved,
           count(*) FILTER (WHERE c.resolved) AS resolved,
           count(*) FILTER (WHERE c.reworked) AS reworked,
           count(*) FILTER (WHERE c.first_time) AS first_time,
           count(*) FILTER (WHERE c.plan_due) AS plan_due,
           count(*) FILTER (WHERE c.plan) AS plan,
           count(*) FILTER (WHERE c.promise_due) AS promise_due,
           count(*) FILTER (WHERE c.promise) AS promise
    FROM cases c
    GROUP BY c.case_key
  ), breaches AS (
    SELECT coalesce(CASE WHEN kpi.by = 'holder' THEN b.holder ELSE c.case_key END, '(pool)') AS case_key, count(*) AS breaches
    FROM cases c, unnest(c.breach_holders) AS b(holder)
    WHERE c.reported AND NOT c.self_handled
    GROUP BY 1
  ), co AS (
    SELECT d.department AS case_key, count(*) AS co
    FROM cases c, unnest(c.co_departments) AS d(department)
    WHERE kpi.by = 'department'
    GROUP BY 1
  ), names AS (
    SELECT DISTINCT ON (n.code) n.code, n.name
    FROM (
      SELECT 0 AS rank, '(pool)' AS code, '公共池' AS name
      UNION ALL SELECT 1, p.district::text, p.name FROM liskeban.platform p WHERE kpi.by IN ('district', 'holder')
      UNION ALL SELECT 2, a.code::text, a.name FROM liskeban.area a WHERE kpi.by IN ('town', 'village', 'holder')
      UNION ALL SELECT 3, d.code, d.name FROM liskeban.department d WHERE kpi.by IN ('department', 'holder')
      UNION ALL SELECT 4, c.code, c.name FROM liskeban.category c WHERE kpi.by = 'category'
      UNION ALL SELECT 5, d.code, d.name FROM liskeban.domain d WHERE kpi.by = 'domain'
      UNION ALL SELECT 6, s.code, s.name FROM liskeban.source_system s WHERE kpi.by = 'source'
      UNION ALL SELECT 7, t.code, t.name FROM (VALUES ('village', '村（社区）'), ('town', '镇街（部门）'), ('district', '区'),
                                                    ('principal', '主要领导')) AS t(code, name) WHERE kpi.by = 'tier'
    ) n
    ORDER BY n.code, n.rank
  ), sums AS (
    SELECT k.case_key,
           coalesce(o.received, 0) AS received, coalesce(o.reported, 0) AS reported,
           coalesce(o.self_handled, 0) AS self_handled, coalesce(o.due, 0) AS due, coalesce(o.complete, 0) AS complete,
           coalesce(o.on_time, 0) AS on_time, coalesce(o.on_time_original, 0) AS on_time_original,
           coalesce(o.response_due, 0) AS response_due, coalesce(o.response, 0) AS response,
           coalesce(o.response_proven, 0) AS response_proven, coalesce(o.asked, 0) AS asked,
           coalesce(o.answered, 0) AS answered, coalesce(o.unreachable, 0) AS unreachable,
           coalesce(o.satisfied, 0) AS satisfied, coalesce(o.solved, 0) AS solved, coalesce(o.resolved, 0) AS resolved,
           coalesce(o.reworked, 0) AS reworked, coalesce(o.first_time, 0) AS first_time,
           coalesce(o.plan_due, 0) AS plan_due, coalesce(o.plan, 0) AS plan,
           coalesce(o.promise_due, 0) AS promise_due, coalesce(o.promise, 0) AS promise,
           coalesce(b.breaches, 0) AS breaches,
           CASE WHEN kpi.by = 'department' THEN coalesce(co.co, 0) END AS co
    FROM (SELECT o.case_key FROM own o UNION SELECT b.case_key FROM breaches b UNION SELECT co.case_key FROM co) k
    LEFT JOIN own o ON o.case_key = k.case_key
    LEFT JOIN breaches b ON b.case_key = k.case_key
    LEFT JOIN co ON co.case_key = k.case_key
  )
  SELECT s.case_key, n.name, s.received, s.reported, s.self_handled, s.due,
         s.complete, s.due, s.complete / nullif(s.due, 0)::numeric,
         s.on_time, s.due, s.on_time / nullif(s.due, 0)::numeric,
         s.on_time_original, s.due, s.on_time_original / nullif(s.due, 0)::numeric,
         s.response, s.response_due, s.response / nullif(s.response_due, 0)::numeric, s.response_proven,
         s.answered, s.asked, s.answered / nullif(s.asked, 0)::numeric, s.unreachable,
         s.solved, s.answered, s.solved / nullif(s.answered, 0)::numeric,
         s.satisfied, s.answered, s.satisfied / nullif(s.answered, 0)::numeric,
         s.reworked, s.resolved, s.reworked / nullif(s.resolved, 0)::numeric,
         s.first_time, s.resolved, s.first_time / nullif(s.resolved, 0)::numeric,
         s.plan, s.plan_due, s.plan / nullif(s.plan_due, 0)::numeric,
         s.promise, s.promise_due, s.promise / nullif(s.promise_due, 0)::numeric,
         s.breaches, s.co, is_settled
  FROM sums s
  LEFT JOIN names n ON n.code = s.case_key
  ORDER BY s.case_key COLLATE "C";
END
$$;
COMMENT ON FUNCTION liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[]) IS
'指标 the figures of the tickets received from from_day to to_day (both inclusive, days of the platform''s zone), as history up to as_of (NULL: now) tells them; of those kinds (NULL: all). One row per key that has a case, ordered by key in C collation; by is district, town, village, category, domain, source, department, holder or tier, else 22023; NULL days or by: 22004. Of a rate R: R_num / R_den, NULL where R_den is 0.
received 受理: all of those kinds; children are never counted beside their parent.
reported 应计: received without merged, rejected, and withdrawn before the first red of resolve or plan.
self_handled 自采自办: patrol findings, every resolve of which is by who reported them; outside the rates.
due 应办结: reported, and ever resolved, or resolve_due (hard without a plan: plan_due) passed while its clock ran; an act at the due is on time.
completion 办结率: due and resolved or closed / due.
on_time 按期办结率: complete, and every resolve of every run at or before the due then in force / due; on_time_original: against resolve_due_original.
response 响应率: on_site categories, first run: first arrival (on_site_at) at or before respond_due / arrived, or respond_due passed before a direct answer, merge or withdrawal; response_proven_num: of these on time by gps or photo, no late entry.
answered 回访率: satisfied, neutral or dissatisfied / reporters of closed tickets, a merged ticket''s under its lead; unreachable beside.
solved 解决率: solved / answered. satisfaction 满意率: satisfied / answered.
rework 返工率: ever reworked or reopened / ever resolved. first_time 一次办结率: no return, redispatch, rework or reopen / ever resolved.
plan 方案及时率: first plan at or before plan_due / hard, and planned, resolved, or plan_due passed while its clock ran.
promise 承诺兑现率: first resolve after the first plan at or before its promise / resolved since, or that promise passed while the clock ran.
breach_num 超期次数: resolve_due that passed while its clock ran, once for each time it was set.
town and village are those of the ticket''s area; an area coarser than asked, and no area, department, holder or tier, count under (pool), so that keys add up to the district.
holder: a ticket counts under who held it (responsible_area, else department) at its first breach, without one under its present holder; breach_num counts each breach under who held the ticket then.
co_num 协办: with by department, received tickets that it co-handles; else NULL.
settled 已定: a final watermark was noted at or after as_of, so nothing recorded up to it can come any more: asked again, the figures are the same. Promised while the clock is not set back.';
REVOKE ALL ON FUNCTION liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;
$_60_kpi$)
,('platform/65_seal', $_65_seal$
-- What is final of history, sealed: watermarks, seals, and what finds whatever does not hold.

CREATE TABLE liskeban.watermark (
  watermark_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  last_event_id     bigint NOT NULL,
  next_xid          xid8 NOT NULL,
  noted_at          timestamptz NOT NULL,
  system_identifier bigint NOT NULL,
  final_at          timestamptz
);
COMMENT ON TABLE liskeban.watermark IS '水位 marks up to which history is final, once no transaction is open that could add to it; each day keeps its last final one (kept by note_watermark)';
COMMENT ON COLUMN liskeban.watermark.watermark_id IS '编号 key';
COMMENT ON COLUMN liskeban.watermark.last_event_id IS '末事件编号 last event_id drawn when noted: once final, no event up to it appears or goes any more';
COMMENT ON COLUMN liskeban.watermark.next_xid IS '下一事务号 the transaction id that was next, read after last_event_id: final once every older one is over; means nothing in another cluster';
COMMENT ON COLUMN liskeban.watermark.noted_at IS '记录时间 once final, no event with recorded_at up to it appears any more, unless the clock is set back';
COMMENT ON COLUMN liskeban.watermark.system_identifier IS '集群标识 of the cluster that noted it; what comes from another one is final at once';
COMMENT ON COLUMN liskeban.watermark.final_at IS '确定时间 when it was found final; NULL not yet';

CREATE TABLE liskeban.seal (
  seal_id       bigint PRIMARY KEY,
  from_event_id bigint NOT NULL,
  to_event_id   bigint NOT NULL,
  events        bigint NOT NULL,
  sealed_at     timestamptz NOT NULL,
  root          bytea NOT NULL,
  previous      bytea,
  marks         bytea NOT NULL,
  CONSTRAINT seal_to_event_id_key UNIQUE (to_event_id),
  CONSTRAINT seal_range_check CHECK (from_event_id <= to_event_id),
  CONSTRAINT seal_events_check CHECK (events > 0),
  CONSTRAINT seal_root_check CHECK (length(root) = 32),
  CONSTRAINT seal_previous_check CHECK ((previous IS NULL) = (seal_id = 1))
);
-- Digests do not compress; trying to would cost more than all the rest of sealing.
ALTER TABLE liskeban.seal ALTER marks SET STORAGE EXTERNAL;
COMMENT ON TABLE liskeban.seal IS '封存 a chain over history: each row seals a final range of event ids, at most 1,000 events, and the seal before (kept by seal_history)';
COMMENT ON COLUMN liskeban.seal.seal_id IS '编号 1, 2, 3, … without gaps';
COMMENT ON COLUMN liskeban.seal.from_event_id IS '起始事件编号 follows the to_event_id of the seal before';
COMMENT ON COLUMN liskeban.seal.to_event_id IS '截止事件编号 last event_id of the range; ids in it may be unused';
COMMENT ON COLUMN liskeban.seal.events IS '事件数 events in the range';
COMMENT ON COLUMN liskeban.seal.sealed_at IS '封存时间 when';
COMMENT ON COLUMN liskeban.seal.root IS '根摘要 SHA-256 of previous and then the hash of each event in the order of event_id';
COMMENT ON COLUMN liskeban.seal.previous IS '前根摘要 root of the seal before; NULL at the first';
COMMENT ON COLUMN liskeban.seal.marks IS '标记 what was sealed, 24 bytes an event: event_id (8), ticket_id (8), seq (4), first bytes of its hash (4), big-endian; by them what is changed, missing or added is named';

CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.watermark
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.seal
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.watermark ENABLE ALWAYS TRIGGER history_kept;
ALTER TABLE liskeban.seal ENABLE ALWAYS TRIGGER history_kept;

CREATE FUNCTION liskeban.last_final_event() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce((SELECT max(w.last_event_id) FROM liskeban.watermark AS w WHERE w.final_at IS NOT NULL),
                  (SELECT s.seqmin - 1 FROM pg_sequence AS s WHERE s.seqrelid = 'liskeban.ticket_event_event_id_seq'::regclass))
$$;
COMMENT ON FUNCTION liskeban.last_final_event() IS '最后确定事件 the event_id up to which history is final, as note_watermark last found it';
REVOKE ALL ON FUNCTION liskeban.last_final_event() FROM PUBLIC;

CREATE FUNCTION liskeban._verify_seals(of_ticket bigint)
RETURNS TABLE (problem text, ticket_id bigint, seq integer, event_id bigint, detail text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  origin constant bigint := (SELECT s.seqmin - 1 FROM pg_sequence AS s
                              WHERE s.seqrelid = 'liskeban.ticket_event_event_id_seq'::regclass);
BEGIN
  IF of_ticket IS NULL THEN
    RETURN QUERY
    SELECT 'seal', NULL::bigint, NULL::integer, c.from_event_id,
           CASE WHEN c.seal_id <> c.seal_before + 1
                THEN format('seal %s is missing before it', CASE WHEN c.seal_id = c.seal_before + 2 THEN (c.seal_before + 1)::text
                                                              ELSE format('%s to %s', c.seal_before + 1, c.seal_id - 1) END)
                WHEN c.from_event_id <> c.to_before + 1
                THEN format('seal %s begins at event %s, the one before it ends at %s', c.seal_id, c.from_event_id, c.to_before)
                ELSE format('seal %s does not follow the root of the one before it', c.seal_id) END
      FROM (SELECT s.seal_id, s.from_event_id, s.previous, lag(s.seal_id, 1, 0::bigint) OVER chain AS seal_before,
                   lag(s.to_event_id, 1, origin) OVER chain AS to_before, lag(s.root) OVER chain AS root_before
              FROM liskeban.seal AS s WINDOW chain AS (ORDER BY s.seal_id)) AS c
     WHERE c.seal_id <> c.seal_before + 1 OR c.from_event_id <> c.to_before + 1
        OR c.previous IS DISTINCT FROM c.root_before;
  END IF;

  RETURN QUERY
  WITH chosen AS MATERIALIZED (
    SELECT s.*
      FROM liskeban.seal AS s
     WHERE of_ticket IS NULL
        OR EXISTS (SELECT FROM liskeban._seal_marks(s.marks, of_ticket))
        OR EXISTS (SELECT FROM liskeban.ticket_event AS e
                    WHERE e.ticket_id = of_ticket AND e.event_id BETWEEN s.from_event_id AND s.to_event_id)
  ), broken AS MATERIALIZED (
    -- Where the root holds, and each row is as its hash says, it is the marks that were changed.
    SELECT c.*, now.root = c.root AND now.events = c.events
           AND NOT EXISTS (SELECT FROM liskeban.ticket_event AS e
                            WHERE e.event_id BETWEEN c.from_event_id AND c.to_event_id
                              AND e.hash IS DISTINCT FROM liskeban.event_hash(e.event_id, e.ticket_id, e.seq, e.run, e.at,
                                    e.recorded_at, e.action, e.from_state::text, e.to_state::text, e.actor, e.login,
                                    e.note_digest, e.detail)) AS only_marks
      FROM chosen AS c
     CROSS JOIN LATERAL (
       SELECT count(*) AS events, sha256(coalesce(c.previous, '') || coalesce(string_agg(h.hash, ''), '')) AS root,
              string_agg(int8send(h.event_id) || int8send(h.ticket_id) || int4send(h.seq) || substr(h.hash, 1, 4), '') AS marks
         FROM (SELECT e.event_id, e.ticket_id, e.seq, e.hash
                 FROM liskeban.ticket_event AS e
                WHERE e.event_id BETWEEN c.from_event_id AND c.to_event_id
                ORDER BY e.event_id, e.ticket_id, e.seq) AS h) AS now
     WHERE now.events <> c.events OR now.root <> c.root OR now.marks IS DISTINCT FROM c.marks
  ), event AS MATERIALIZED (
    -- Which of its events, by the marks.
    SELECT b.seal_id, d.*
      FROM broken AS b
     CROSS JOIN LATERAL (
       SELECT CASE WHEN e.event_id IS NULL THEN 'missing' WHEN m.event_id IS NULL THEN 'added' ELSE 'changed' END AS problem,
              coalesce(e.ticket_id, m.ticket_id) AS ticket_id, coalesce(e.seq, m.seq) AS seq,
              coalesce(e.event_id, m.event_id) AS event_id
         FROM liskeban._seal_marks(b.marks, NULL) AS m
         FULL JOIN (SELECT v.event_id, v.ticket_id, v.seq, v.hash FROM liskeban.ticket_event AS v
                     WHERE v.event_id BETWEEN b.from_event_id AND b.to_event_id) AS e
           ON e.ticket_id = m.ticket_id AND e.seq = m.seq
        WHERE e.event_id IS NULL OR m.event_id IS NULL OR e.event_id <> m.event_id OR substr(e.hash, 1, 4) <> m.hash_start) AS d
     WHERE NOT b.only_marks
  )
  SELECT v.problem, v.ticket_id, v.seq, v.event_id,
         CASE v.problem WHEN 'missing' THEN format('seal %s has an event that is not there', v.seal_id)
                        WHEN 'added' THEN format('seal %s, whose range it is in, has no such event', v.seal_id)
                        ELSE format('its hash is not the one that seal %s has', v.seal_id) END
    FROM event AS v
   WHERE of_ticket IS NULL OR v.ticket_id = of_ticket
  UNION ALL
  SELECT 'seal', NULL, NULL, b.from_event_id,
         format(CASE WHEN b.only_marks THEN 'seal %s has other marks than the events %s to %s'
                     ELSE 'seal %s does not hold for the events %s to %s' END, b.seal_id, b.from_event_id, b.to_event_id)
    FROM broken AS b
   WHERE NOT EXISTS (SELECT FROM event AS v WHERE v.seal_id = b.seal_id);
END
$$;
COMMENT ON FUNCTION liskeban._verify_seals(bigint) IS 'what does not hold of the seals: of all, or of those over one ticket''s events; an event that is changed, missing or added is named by the marks, else the seal is';
REVOKE ALL ON FUNCTION liskeban._verify_seals(bigint) FROM PUBLIC;

CREATE FUNCTION liskeban.verify_history(ticket bigint DEFAULT NULL)
RETURNS TABLE (problem text, ticket_id bigint, seq integer, event_id bigint, detail text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  origin constant bigint := (SELECT s.seqmin - 1 FROM pg_sequence AS s
                              WHERE s.seqrelid = 'liskeban.ticket_event_event_id_seq'::regclass);
  drawn constant bigint := coalesce(pg_sequence_last_value('liskeban.ticket_event_event_id_seq'), origin);
  sealed constant bigint := coalesce((SELECT max(s.to_event_id) FROM liskeban.seal AS s), origin);
BEGIN
  RETURN QUERY
  WITH found AS (
    SELECT 1 AS rank, s.* FROM liskeban._verify_seals(verify_history.ticket) AS s
    UNION ALL
    -- Row by row. What a seal vouches for was not added; then it is the ticket that is not as it was.
    SELECT 2,
           CASE WHEN f.fault IN ('alone', 'beyond') AND f.event_id <= sealed THEN 'ticket'
                WHEN f.fault IN ('alone', 'beyond', 'undrawn') THEN 'added' ELSE 'changed' END,
           f.ticket_id, f.seq, f.event_id,
           CASE f.fault WHEN 'alone' THEN 'the event is of a ticket that is not there'
                        WHEN 'beyond' THEN format('the event is beyond the ticket''s last, %s', f.last_seq)
                        WHEN 'undrawn' THEN 'its event_id has never been drawn'
                        WHEN 'hash' THEN 'its hash is not that of the row'
                        WHEN 'note' THEN 'its note is not that of its digest'
                        ELSE 'it does not follow the event before it' END
      FROM (SELECT h.ticket_id, h.seq, h.event_id, t.last_seq,
                   CASE WHEN h.event_id > drawn OR h.event_id <= origin THEN 'undrawn'
                        WHEN t.ticket_id IS NULL THEN 'alone'
                        WHEN h.seq NOT BETWEEN 1 AND t.last_seq THEN 'beyond'
                        WHEN h.hash IS DISTINCT FROM liskeban.event_hash(h.event_id, h.ticket_id, h.seq, h.run, h.at, h.recorded_at,
                               h.action, h.from_state::text, h.to_state::text, h.actor, h.login, h.note_digest, h.detail) THEN 'hash'
                        WHEN h.note IS NOT NULL AND h.note_digest IS DISTINCT FROM sha256(convert_to(h.note, 'UTF8')) THEN 'note'
                        WHEN h.seq = h.seq_before + 1 AND (h.from_state IS DISTINCT FROM h.state_before OR h.at < h.at_before) THEN 'order'
                   END AS fault
              FROM (SELECT e.*, lag(e.seq, 1, 0) OVER ticket AS seq_before, lag(e.to_state) OVER ticket AS state_before,
                           lag(e.at) OVER ticket AS at_before
                      FROM liskeban.ticket_event AS e
                     WHERE verify_history.ticket IS NULL OR e.ticket_id = verify_history.ticket
                    WINDOW ticket AS (PARTITION BY e.ticket_id ORDER BY e.seq)) AS h
              LEFT JOIN liskeban.ticket AS t ON t.ticket_id = h.ticket_id) AS f
     WHERE f.fault IS NOT NULL
    UNION ALL
    -- Two of the same number, where no seal tells yet which is the right one.
    SELECT 3, 'added', e.ticket_id, e.seq, e.event_id, 'its event_id stands twice'
      FROM liskeban.ticket_event AS e
     WHERE e.event_id > sealed AND (verify_history.ticket IS NULL OR e.ticket_id = verify_history.ticket)
       AND EXISTS (SELECT FROM liskeban.ticket_event AS o
                    WHERE o.event_id = e.event_id AND (o.ticket_id <> e.ticket_id OR o.seq <> e.seq))
    UNION ALL
    -- Numbers that are not there, between events and up to the ticket's last; a thousand of a gap are named.
    SELECT 4, 'missing', g.ticket_id, n.seq, NULL, format('the ticket has %s events', g.last_seq)
      FROM (SELECT h.ticket_id, t.last_seq, h.seq_before AS after, least(h.seq - 1, t.last_seq) AS until
              FROM (SELECT e.ticket_id, e.seq, lag(e.seq, 1, 0) OVER (PARTITION BY e.ticket_id ORDER BY e.seq) AS seq_before
                      FROM liskeban.ticket_event AS e
                     WHERE verify_history.ticket IS NULL OR e.ticket_id = verify_history.ticket) AS h
              JOIN liskeban.ticket AS t ON t.ticket_id = h.ticket_id
             WHERE h.seq > h.seq_before + 1
            UNION ALL
            SELECT t.ticket_id, t.last_seq, greatest(coalesce(h.seq, 0), 0), t.last_seq
              FROM liskeban.ticket AS t
              LEFT JOIN (SELECT e.ticket_id, max(e.seq) AS seq
                           FROM liskeban.ticket_event AS e
                          WHERE verify_history.ticket IS NULL OR e.ticket_id = verify_history.ticket
                          GROUP BY e.ticket_id) AS h ON h.ticket_id = t.ticket_id
             WHERE (verify_history.ticket IS NULL OR t.ticket_id = verify_history.ticket)
               AND t.last_seq > coalesce(h.seq, 0)) AS g
     CROSS JOIN LATERAL generate_series(g.after + 1, least(g.until, g.after + 1000)) AS n(seq)
    UNION ALL
    -- A ticket is its last event.
    SELECT 5, 'ticket', t.ticket_id, t.last_seq, e.event_id,
           format('the ticket is %s, run %s, as of %s; its last event leaves it %s, run %s, at %s',
                  t.state, t.run, t.updated_at, e.to_state, e.run, e.at)
      FROM liskeban.ticket AS t JOIN liskeban.ticket_event AS e ON e.ticket_id = t.ticket_id AND e.seq = t.last_seq
     WHERE (verify_history.ticket IS NULL OR t.ticket_id = verify_history.ticket)
       AND (t.state <> e.to_state OR t.run <> e.run OR t.updated_at <> e.at)
  )
  -- What is found in several ways is told once, in the surest.
  SELECT d.problem, d.ticket_id, d.seq, d.event_id, d.detail
    FROM (SELECT DISTINCT ON (f.ticket_id, f.seq, CASE WHEN f.ticket_id IS NULL THEN f.detail END) f.*
            FROM found AS f
           ORDER BY f.ticket_id, f.seq, CASE WHEN f.ticket_id IS NULL THEN f.detail END, f.rank, f.problem) AS d
   ORDER BY d.ticket_id NULLS FIRST, d.seq, d.event_id, d.problem;
END
$$;
COMMENT ON FUNCTION liskeban.verify_history(bigint) IS '核验历史 what does not hold of history, of all or of one ticket; no rows when all is well. problem: changed, missing, added (an event, named by ticket, seq and, where a seal or the row tells it, event_id), seal (a seal that is broken or missing; event_id is where its range begins), ticket (it is not what its last event left). Row by row by hash, number by number, and, for what is sealed, against the seals; what no seal covers yet and whoever tampered hashed anew cannot be told. Reads the whole history when no ticket is given';
REVOKE ALL ON FUNCTION liskeban.verify_history(bigint) FROM PUBLIC;

-- The latest root, for an anchor that nobody here can reach.
GRANT SELECT (seal_id, to_event_id, sealed_at, root) ON liskeban.seal TO liskeban_reader;
CREATE VIEW liskeban_report.seal_root WITH (security_barrier) AS
  SELECT s.seal_id, p.district::text AS district, p.name AS district_name, s.sealed_at, s.to_event_id, encode(s.root, 'hex') AS root
    FROM liskeban.seal AS s CROSS JOIN liskeban.platform AS p
   ORDER BY s.seal_id DESC LIMIT 1;
COMMENT ON VIEW liskeban_report.seal_root IS '封存根 the latest root: print it, mail it or publish it, day by day, where this server''s administrators cannot change it. History is what it was then while verify_history() is empty and liskeban.seal still has that root';
COMMENT ON COLUMN liskeban_report.seal_root.seal_id IS '封存编号 key';
COMMENT ON COLUMN liskeban_report.seal_root.district IS '区划代码 district';
COMMENT ON COLUMN liskeban_report.seal_root.district_name IS '区名 name of the district';
COMMENT ON COLUMN liskeban_report.seal_root.sealed_at IS '封存时间 when it was sealed';
COMMENT ON COLUMN liskeban_report.seal_root.to_event_id IS '截止事件编号 the last event_id it vouches for';
COMMENT ON COLUMN liskeban_report.seal_root.root IS '根摘要 64 hexadecimal digits';
$_65_seal$)
,('platform/66_roll_up', $_66_roll_up$
-- The roll-up: what of history is final, added up by day. A ticket counts, with all that ever happened to it, in the cell
-- in which its history leaves it, as it does in liskeban.kpi(); what a new event changes is the fold of the ticket's
-- events with it less the fold without it. So placed anew, or given another category, a ticket moves as a whole, and
-- every cell of stat_daily adds up by itself: opened less ended, over all days, is what is open.

CREATE TABLE liskeban.stat_daily (
  day           date NOT NULL,
  area          liskeban.area_code,
  category      text NOT NULL,
  source        text NOT NULL,
  kind          liskeban.ticket_kind NOT NULL,
  received      integer NOT NULL DEFAULT 0,
  accepted      integer NOT NULL DEFAULT 0,
  dispatched    integer NOT NULL DEFAULT 0,
  redispatched  integer NOT NULL DEFAULT 0,
  returned      integer NOT NULL DEFAULT 0,
  suspended     integer NOT NULL DEFAULT 0,
  resolved      integer NOT NULL DEFAULT 0,
  resolved_late integer NOT NULL DEFAULT 0,
  reworked      integer NOT NULL DEFAULT 0,
  closed        integer NOT NULL DEFAULT 0,
  reopened      integer NOT NULL DEFAULT 0,
  rejected      integer NOT NULL DEFAULT 0,
  withdrawn     integer NOT NULL DEFAULT 0,
  merged        integer NOT NULL DEFAULT 0,
  unmerged      integer NOT NULL DEFAULT 0,
  opened        integer NOT NULL DEFAULT 0,
  ended         integer NOT NULL DEFAULT 0,
  CONSTRAINT stat_daily_key UNIQUE NULLS NOT DISTINCT (day, kind, source, category, area)
) WITH (fillfactor = 85);
CREATE INDEX stat_daily_area_day_idx ON liskeban.stat_daily (area, day);
COMMENT ON TABLE liskeban.stat_daily IS '每日统计 what happened on a day, by the area, category, source and kind of the tickets it happened to; children are not counted; no row without a count; every count may be summed up (kept by roll_up)';
COMMENT ON COLUMN liskeban.stat_daily.day IS '日期 day of the platform''s zone on which it happened';
COMMENT ON COLUMN liskeban.stat_daily.area IS '所在区域 area of the tickets, as history up to the last roll-up leaves them; NULL in the pool';
COMMENT ON COLUMN liskeban.stat_daily.category IS '事项 category of the tickets, likewise';
COMMENT ON COLUMN liskeban.stat_daily.source IS '来源系统 source of the tickets';
COMMENT ON COLUMN liskeban.stat_daily.kind IS '类型 kind of the tickets';
COMMENT ON COLUMN liskeban.stat_daily.received IS '受理 tickets received';
COMMENT ON COLUMN liskeban.stat_daily.accepted IS '接单 taken on by the desk, also after a rejection';
COMMENT ON COLUMN liskeban.stat_daily.dispatched IS '派单 dispatched from the desk';
COMMENT ON COLUMN liskeban.stat_daily.redispatched IS '改派 given to another holder';
COMMENT ON COLUMN liskeban.stat_daily.returned IS '退单 given back to the desk';
COMMENT ON COLUMN liskeban.stat_daily.suspended IS '挂账 suspended';
COMMENT ON COLUMN liskeban.stat_daily.resolved IS '办结 resolved or answered directly, each time';
COMMENT ON COLUMN liskeban.stat_daily.resolved_late IS '超期办结 of these after the due then in force (hard without a plan: plan_due)';
COMMENT ON COLUMN liskeban.stat_daily.reworked IS '返工 sent back from resolved';
COMMENT ON COLUMN liskeban.stat_daily.closed IS '关闭 closed, each time';
COMMENT ON COLUMN liskeban.stat_daily.reopened IS '重办 reopened';
COMMENT ON COLUMN liskeban.stat_daily.rejected IS '不予受理 rejected';
COMMENT ON COLUMN liskeban.stat_daily.withdrawn IS '撤回 withdrawn';
COMMENT ON COLUMN liskeban.stat_daily.merged IS '并案 merged into another';
COMMENT ON COLUMN liskeban.stat_daily.unmerged IS '撤销并案 unmerged';
COMMENT ON COLUMN liskeban.stat_daily.opened IS '转入 came to be open: received, reopened, unmerged, taken on after all; summed over all days, less ended, it is what is open';
COMMENT ON COLUMN liskeban.stat_daily.ended IS '转出 ceased to be open: closed, rejected, withdrawn, merged';

CREATE TABLE liskeban.flow_daily (
  day                 date NOT NULL,
  town                liskeban.area_code,
  kind                liskeban.ticket_kind NOT NULL,
  received            integer NOT NULL DEFAULT 0,
  resolved            integer NOT NULL DEFAULT 0,
  closed              integer NOT NULL DEFAULT 0,
  overdue_change      integer NOT NULL DEFAULT 0,
  open_1_change       integer NOT NULL DEFAULT 0,
  open_3_change       integer NOT NULL DEFAULT 0,
  open_7_change       integer NOT NULL DEFAULT 0,
  open_30_change      integer NOT NULL DEFAULT 0,
  open_over_30_change integer NOT NULL DEFAULT 0,
  CONSTRAINT flow_daily_key UNIQUE NULLS NOT DISTINCT (day, kind, town)
) WITH (fillfactor = 85);
COMMENT ON TABLE liskeban.flow_daily IS '每日流量 what came in and went out on a day, and by how much what is open at its end changes from the day before: summed up from the first day to a day, the changes are that day''s closing backlog. Days ahead say what will be if nothing happens (kept by roll_up)';
COMMENT ON COLUMN liskeban.flow_daily.day IS '日期 day of the platform''s zone';
COMMENT ON COLUMN liskeban.flow_daily.town IS '镇街 town of the tickets'' area, as history up to the last roll-up leaves them; NULL where it is none of a town';
COMMENT ON COLUMN liskeban.flow_daily.kind IS '类型 kind of the tickets';
COMMENT ON COLUMN liskeban.flow_daily.received IS '受理 tickets received';
COMMENT ON COLUMN liskeban.flow_daily.resolved IS '办结 resolved or answered directly, each time';
COMMENT ON COLUMN liskeban.flow_daily.closed IS '关闭 closed, each time';
COMMENT ON COLUMN liskeban.flow_daily.overdue_change IS '超期在办变化 change of tickets overdue at the day''s end: neither resolved nor suspended, and the due in force (hard without a plan: plan_due) lies before it';
COMMENT ON COLUMN liskeban.flow_daily.open_1_change IS '1变化 change of tickets 日内在办 open at the day''s end, received on that day';
COMMENT ON COLUMN liskeban.flow_daily.open_3_change IS '2变化 change of tickets 至 3 日在办 open on its 2nd or 3rd day, that of receipt being the 1st';
COMMENT ON COLUMN liskeban.flow_daily.open_7_change IS '4变化 change of tickets 至 7 日在办 open on its 4th to 7th day';
COMMENT ON COLUMN liskeban.flow_daily.open_30_change IS '8变化 change of tickets 至 30 日在办 open on its 8th to 30th day';
COMMENT ON COLUMN liskeban.flow_daily.open_over_30_change IS '30变化 change of tickets 日以上在办 open on its 31st day or later';

CREATE TABLE liskeban.roll_up_state (
  name          text PRIMARY KEY,
  last_event_id bigint NOT NULL,
  time_zone     text,
  rolled_at     timestamptz
);
COMMENT ON TABLE liskeban.roll_up_state IS '汇总进度 how far history has been rolled up; its row is locked while that goes on';
COMMENT ON COLUMN liskeban.roll_up_state.name IS '名称 key: stat_daily, with which goes flow_daily';
COMMENT ON COLUMN liskeban.roll_up_state.last_event_id IS '末事件编号 every event up to it has been added, none beyond';
COMMENT ON COLUMN liskeban.roll_up_state.time_zone IS '时区 the zone whose days were added up: another one begins anew; NULL not begun';
COMMENT ON COLUMN liskeban.roll_up_state.rolled_at IS '汇总时间 when last';
INSERT INTO liskeban.roll_up_state (name, last_event_id) VALUES ('stat_daily', 0) ON CONFLICT DO NOTHING;

CREATE TABLE liskeban.analysed_day (
  day           date PRIMARY KEY,
  analysed_at   timestamptz NOT NULL,
  last_event_id bigint NOT NULL,
  settled       boolean NOT NULL
);
COMMENT ON TABLE liskeban.analysed_day IS '已分析日 the days that analyse_day() has been asked for';
COMMENT ON COLUMN liskeban.analysed_day.day IS '日期 key';
COMMENT ON COLUMN liskeban.analysed_day.analysed_at IS '分析时间 when last';
COMMENT ON COLUMN liskeban.analysed_day.last_event_id IS '末事件编号 up to where history was rolled up then';
COMMENT ON COLUMN liskeban.analysed_day.settled IS '已定 whether all that was recorded on that day was final then';

-- The numbers of the plan come from the two ids, so it is made for them each time: a few events must not read all history.
CREATE FUNCTION liskeban._day_changes(after_event_id bigint, up_to_event_id bigint) RETURNS SETOF liskeban._day_change
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE
  zone text := (SELECT p.time_zone FROM liskeban.platform AS p);
  last constant bigint := coalesce(up_to_event_id, 9223372036854775807);
BEGIN
  RETURN QUERY
  WITH touched AS MATERIALIZED (
    SELECT DISTINCT e.ticket_id FROM liskeban.ticket_event AS e WHERE e.event_id > after_event_id AND e.event_id <= last
  ), fold AS (
    SELECT liskeban._ticket_days(e.seq, e.run, e.at, e.from_state, e.to_state, e.action, e.actor, e.detail, zone)
             FILTER (WHERE e.event_id <= after_event_id) AS without,
           liskeban._ticket_days(e.seq, e.run, e.at, e.from_state, e.to_state, e.action, e.actor, e.detail, zone) AS with_them
      FROM touched AS t JOIN liskeban.ticket_event AS e ON e.ticket_id = t.ticket_id
     WHERE e.event_id <= last
     GROUP BY e.ticket_id
  ), change AS (
    SELECT d.day, (c.days).area::liskeban.area_code AS area, (c.days).category, (c.days).source,
           (c.days).kind::liskeban.ticket_kind AS kind,
           sum(c.sign * d.received)::integer AS received, sum(c.sign * d.accepted)::integer AS accepted,
           sum(c.sign * d.dispatched)::integer AS dispatched,
           sum(c.sign * d.redispatched)::integer AS redispatched, sum(c.sign * d.returned)::integer AS returned,
           sum(c.sign * d.suspended)::integer AS suspended, sum(c.sign * d.resolved)::integer AS resolved,
           sum(c.sign * d.resolved_late)::integer AS resolved_late, sum(c.sign * d.reworked)::integer AS reworked,
           sum(c.sign * d.closed)::integer AS closed, sum(c.sign * d.reopened)::integer AS reopened,
           sum(c.sign * d.rejected)::integer AS rejected, sum(c.sign * d.withdrawn)::integer AS withdrawn,
           sum(c.sign * d.merged)::integer AS merged, sum(c.sign * d.unmerged)::integer AS unmerged,
           sum(c.sign * d.opened)::integer AS opened, sum(c.sign * d.ended)::integer AS ended,
           sum(c.sign * d.overdue)::integer AS overdue, sum(c.sign * d.open_1)::integer AS open_1,
           sum(c.sign * d.open_3)::integer AS open_3, sum(c.sign * d.open_7)::integer AS open_7,
           sum(c.sign * d.open_30)::integer AS open_30, sum(c.sign * d.open_over_30)::integer AS open_over_30
      FROM fold AS f
     CROSS JOIN LATERAL (VALUES (-1, f.without), (1, f.with_them)) AS c(sign, days)
     CROSS JOIN LATERAL unnest((c.days).days) AS d
     GROUP BY d.day, (c.days).area, (c.days).category, (c.days).source, (c.days).kind
  )
  SELECT c.*
    FROM change AS c
   WHERE (c.received, c.accepted, c.dispatched, c.redispatched, c.returned, c.suspended, c.resolved,
          c.resolved_late, c.reworked, c.closed, c.reopened, c.rejected, c.withdrawn, c.merged, c.unmerged,
          c.opened, c.ended, c.overdue, c.open_1, c.open_3, c.open_7, c.open_30, c.open_over_30)
         <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
END
$$;
COMMENT ON FUNCTION liskeban._day_changes(bigint, bigint) IS 'what the events after one id and up to another (NULL: all there are) change in the figures of days that the events up to the first add up to';
REVOKE ALL ON FUNCTION liskeban._day_changes(bigint, bigint) FROM PUBLIC;

CREATE FUNCTION liskeban._town(area liskeban.area_code) RETURNS liskeban.area_code
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN liskeban.area_level(area) >= 'town' THEN liskeban.area_parent(area, 'town') END
$$;
COMMENT ON FUNCTION liskeban._town(liskeban.area_code) IS 'the town of an area; NULL where it is none of a town';
REVOKE ALL ON FUNCTION liskeban._town(liskeban.area_code) FROM PUBLIC;

CREATE FUNCTION liskeban._stat_daily_recomputed(up_to_event_id bigint) RETURNS SETOF liskeban.stat_daily
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.day, c.area, c.category, c.source, c.kind,
         c.received, c.accepted, c.dispatched, c.redispatched, c.returned, c.suspended, c.resolved,
         c.resolved_late, c.reworked, c.closed, c.reopened, c.rejected, c.withdrawn, c.merged, c.unmerged,
         c.opened, c.ended
    FROM liskeban._day_changes(0, up_to_event_id) AS c
   WHERE (c.received, c.accepted, c.dispatched, c.redispatched, c.returned, c.suspended, c.resolved,
          c.resolved_late, c.reworked, c.closed, c.reopened, c.rejected, c.withdrawn, c.merged, c.unmerged,
          c.opened, c.ended)
         <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
$$;
COMMENT ON FUNCTION liskeban._stat_daily_recomputed(bigint) IS 'stat_daily from the events up to that id (NULL: all there are), all at once';
REVOKE ALL ON FUNCTION liskeban._stat_daily_recomputed(bigint) FROM PUBLIC;

CREATE FUNCTION liskeban._flow_daily_recomputed(up_to_event_id bigint) RETURNS SETOF liskeban.flow_daily
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT f.*
    FROM (SELECT c.day, liskeban._town(c.area), c.kind,
                 sum(c.received)::integer, sum(c.resolved)::integer, sum(c.closed)::integer,
                 sum(c.overdue)::integer, sum(c.open_1)::integer, sum(c.open_3)::integer, sum(c.open_7)::integer,
                 sum(c.open_30)::integer, sum(c.open_over_30)::integer
            FROM liskeban._day_changes(0, up_to_event_id) AS c
           GROUP BY c.day, liskeban._town(c.area), c.kind) AS f(day, town, kind, n1, n2, n3, n4, n5, n6, n7, n8, n9)
   WHERE (f.n1, f.n2, f.n3, f.n4, f.n5, f.n6, f.n7, f.n8, f.n9) <> (0, 0, 0, 0, 0, 0, 0, 0, 0)
$$;
COMMENT ON FUNCTION liskeban._flow_daily_recomputed(bigint) IS 'flow_daily from the events up to that id (NULL: all there are), all at once';
REVOKE ALL ON FUNCTION liskeban._flow_daily_recomputed(bigint) FROM PUBLIC;

CREATE FUNCTION liskeban._add_day_changes(changes liskeban._day_change[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO liskeban.stat_daily AS s (day, area, category, source, kind,
      received, accepted, dispatched, redispatched, returned, suspended, resolved, resolved_late, reworked, closed,
      reopened, rejected, withdrawn, merged, unmerged, opened, ended)
  SELECT c.day, c.area, c.category, c.source, c.kind,
         c.received, c.accepted, c.dispatched, c.redispatched, c.returned, c.suspended, c.resolved,
         c.resolved_late, c.reworked, c.closed, c.reopened, c.rejected, c.withdrawn, c.merged, c.unmerged,
         c.opened, c.ended
    FROM unnest(changes) AS c
   WHERE (c.received, c.accepted, c.dispatched, c.redispatched, c.returned, c.suspended, c.resolved,
          c.resolved_late, c.reworked, c.closed, c.reopened, c.rejected, c.withdrawn, c.merged, c.unmerged,
          c.opened, c.ended)
         <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
  ON CONFLICT ON CONSTRAINT stat_daily_key DO UPDATE SET
    received = s.received + excluded.received, accepted = s.accepted + excluded.accepted,
    dispatched = s.dispatched + excluded.dispatched, redispatched = s.redispatched + excluded.redispatched,
    returned = s.returned + excluded.returned, suspended = s.suspended + excluded.suspended,
    resolved = s.resolved + excluded.resolved, resolved_late = s.resolved_late + excluded.resolved_late,
    reworked = s.reworked + excluded.reworked, closed = s.closed + excluded.closed,
    reopened = s.reopened + excluded.reopened, rejected = s.rejected + excluded.rejected,
    withdrawn = s.withdrawn + excluded.withdrawn, merged = s.merged + excluded.merged,
    unmerged = s.unmerged + excluded.unmerged, opened = s.opened + excluded.opened,
    ended = s.ended + excluded.ended;
  DELETE FROM liskeban.stat_daily AS s USING unnest(changes) AS c
   WHERE s.day = c.day AND s.kind = c.kind AND s.source = c.source AND s.category = c.category
     AND s.area::text IS NOT DISTINCT FROM c.area::text
     AND (s.received, s.accepted, s.dispatched, s.redispatched, s.returned, s.suspended, s.resolved,
          s.resolved_late, s.reworked, s.closed, s.reopened, s.rejected, s.withdrawn, s.merged, s.unmerged,
          s.opened, s.ended)
         = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  INSERT INTO liskeban.flow_daily AS f (day, town, kind, received, resolved, closed,
      overdue_change, open_1_change, open_3_change, open_7_change, open_30_change, open_over_30_change)
  SELECT c.day, liskeban._town(c.area), c.kind,
         sum(c.received), sum(c.resolved), sum(c.closed), sum(c.overdue), sum(c.open_1), sum(c.open_3),
         sum(c.open_7), sum(c.open_30), sum(c.open_over_30)
    FROM unnest(changes) AS c
   GROUP BY c.day, liskeban._town(c.area), c.kind
  ON CONFLICT ON CONSTRAINT flow_daily_key DO UPDATE SET
    received = f.received + excluded.received, resolved = f.resolved + excluded.resolved,
    closed = f.closed + excluded.closed, overdue_change = f.overdue_change + excluded.overdue_change,
    open_1_change = f.open_1_change + excluded.open_1_change,
    open_3_change = f.open_3_change + excluded.open_3_change,
    open_7_change = f.open_7_change + excluded.open_7_change,
    open_30_change = f.open_30_change + excluded.open_30_change,
    open_over_30_change = f.open_over_30_change + excluded.open_over_30_change;
  DELETE FROM liskeban.flow_daily AS f
   WHERE f.day IN (SELECT c.day FROM unnest(changes) AS c)
     AND (f.received, f.resolved, f.closed, f.overdue_change, f.open_1_change, f.open_3_change, f.open_7_change,
          f.open_30_change, f.open_over_30_change)
         = (0, 0, 0, 0, 0, 0, 0, 0, 0);
END
$$;
COMMENT ON FUNCTION liskeban._add_day_changes(liskeban._day_change[]) IS 'adds changes to stat_daily and flow_daily; a row whose every number comes to 0 goes';
REVOKE ALL ON FUNCTION liskeban._add_day_changes(liskeban._day_change[]) FROM PUBLIC;

CREATE FUNCTION liskeban.roll_up() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  batch constant integer := 50000;
  state liskeban.roll_up_state;
  zone text;
  final bigint;
  last bigint;
  events bigint;
  consumed bigint := 0;
BEGIN
  final := liskeban.note_watermark();
  SELECT s.* INTO STRICT state FROM liskeban.roll_up_state AS s WHERE s.name = 'stat_daily' FOR UPDATE;
  SELECT p.time_zone INTO STRICT zone FROM liskeban.platform AS p;
  IF state.time_zone IS DISTINCT FROM zone THEN
    DELETE FROM liskeban.stat_daily;
    DELETE FROM liskeban.flow_daily;
    state.last_event_id := 0;
  END IF;
  LOOP
    SELECT max(b.event_id), count(*) INTO last, events
      FROM (SELECT e.event_id FROM liskeban.ticket_event AS e
             WHERE e.event_id > state.last_event_id AND e.event_id <= final ORDER BY e.event_id LIMIT batch) AS b;
    EXIT WHEN events = 0;
    PERFORM liskeban._add_day_changes(ARRAY(SELECT c FROM liskeban._day_changes(state.last_event_id, last) AS c));
    state.last_event_id := last;
    consumed := consumed + events;
  END LOOP;
  UPDATE liskeban.roll_up_state AS s
     SET last_event_id = greatest(state.last_event_id, final), time_zone = zone, rolled_at = liskeban.liskeban_now()
   WHERE s.name = state.name;
  RETURN consumed;
END
$$;
COMMENT ON FUNCTION liskeban.roll_up() IS '汇总 add the history that became final since the last time to stat_daily and flow_daily; returns how many events. Any number at once are safe: one goes after the other. What is not yet final, because a transaction is open that may add to it, comes with a later call. After a change of the platform''s zone it begins anew. 25001 outside READ COMMITTED';
REVOKE ALL ON FUNCTION liskeban.roll_up() FROM PUBLIC;

CREATE FUNCTION liskeban.analyse_day(day date) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  zone constant text := (SELECT p.time_zone FROM liskeban.platform AS p);
BEGIN
  PERFORM liskeban._check_day(analyse_day.day, (liskeban.liskeban_now() AT TIME ZONE zone)::date);
  PERFORM liskeban.roll_up();
  INSERT INTO liskeban.analysed_day (day, analysed_at, last_event_id, settled)
  SELECT analyse_day.day, liskeban.liskeban_now(), s.last_event_id,
         EXISTS (SELECT FROM liskeban.watermark AS w
                  WHERE w.final_at IS NOT NULL AND w.noted_at >= (analyse_day.day + 1)::timestamp AT TIME ZONE zone)
    FROM liskeban.roll_up_state AS s WHERE s.name = 'stat_daily'
  ON CONFLICT ON CONSTRAINT analysed_day_pkey DO UPDATE
    SET analysed_at = excluded.analysed_at, last_event_id = excluded.last_event_id, settled = excluded.settled;
  RETURN (SELECT count(*) FROM liskeban.stat_daily AS s WHERE s.day = analyse_day.day)
       + (SELECT count(*) FROM liskeban.flow_daily AS f WHERE f.day = analyse_day.day);
END
$$;
COMMENT ON FUNCTION liskeban.analyse_day(date) IS '日分析 bring what is kept of a day up to date: stat_daily and flow_daily have all of it that is final; returns how many rows of theirs the day has. Again, it gives the same rows; what came late, or was recorded late, is in the figures it belongs to and in no others. analysed_day says whether all of the day was final. 22004 NULL, 22023 a day that has not begun, 25001 outside READ COMMITTED';
REVOKE ALL ON FUNCTION liskeban.analyse_day(date) FROM PUBLIC;

CREATE FUNCTION liskeban.flow(from_day date, to_day date)
RETURNS TABLE (day date, received bigint, resolved bigint, closed bigint, open_end bigint, overdue_open bigint,
  open_1 bigint, open_3 bigint, open_7 bigint, open_30 bigint, open_over_30 bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  now      constant timestamptz := liskeban.liskeban_now();
  zone     text;
  today    date;
  last_day date;
  rolled   bigint;
BEGIN
  PERFORM liskeban._check_days(flow.from_day, flow.to_day);
  SELECT p.time_zone INTO STRICT zone FROM liskeban.platform AS p;
  today := (now AT TIME ZONE zone)::date;
  last_day := least(flow.to_day, today);
  SELECT s.last_event_id INTO rolled FROM liskeban.roll_up_state AS s WHERE s.name = 'stat_daily' AND s.time_zone = zone;

  RETURN QUERY
  WITH change AS (
    SELECT f.day, f.received, f.resolved, f.closed,
           f.overdue_change, f.open_1_change, f.open_3_change, f.open_7_change, f.open_30_change,
           f.open_over_30_change
      FROM liskeban.flow_daily AS f
     WHERE f.kind = 'demand' AND f.day <= last_day AND rolled IS NOT NULL
    UNION ALL
    SELECT c.day, c.received, c.resolved, c.closed,
           c.overdue, c.open_1, c.open_3, c.open_7, c.open_30, c.open_over_30
      FROM liskeban._day_changes(coalesce(rolled, 0), NULL) AS c
     WHERE c.kind = 'demand' AND c.day <= last_day
  ), on_day (day, received, resolved, closed, overdue, open_1, open_3, open_7, open_30, open_over_30) AS (
    SELECT greatest(c.day, flow.from_day - 1),
           sum(c.received), sum(c.resolved), sum(c.closed), sum(c.overdue_change), sum(c.open_1_change),
           sum(c.open_3_change), sum(c.open_7_change), sum(c.open_30_change), sum(c.open_over_30_change)
      FROM change AS c
     GROUP BY greatest(c.day, flow.from_day - 1)
  ), running AS (
    SELECT (flow.from_day + g.n) AS day, coalesce(d.received, 0) AS received, coalesce(d.resolved, 0) AS resolved, coalesce(d.closed, 0) AS closed,
           coalesce(sum(d.overdue) OVER so_far, 0) AS overdue, coalesce(sum(d.open_1) OVER so_far, 0) AS open_1,
           coalesce(sum(d.open_3) OVER so_far, 0) AS open_3, coalesce(sum(d.open_7) OVER so_far, 0) AS open_7,
           coalesce(sum(d.open_30) OVER so_far, 0) AS open_30,
           coalesce(sum(d.open_over_30) OVER so_far, 0) AS open_over_30
      FROM generate_series(-1, last_day - flow.from_day) AS g(n)
      LEFT JOIN on_day AS d ON d.day = flow.from_day + g.n
    WINDOW so_far AS (ORDER BY g.n)
  )
  SELECT r.day, r.received::bigint, r.resolved::bigint, r.closed::bigint,
         (r.open_1 + r.open_3 + r.open_7 + r.open_30 + r.open_over_30)::bigint,
         CASE WHEN r.day < today THEN r.overdue::bigint ELSE
           -- what falls due later today is not overdue yet
           (SELECT count(*)
              FROM liskeban.worklist AS w JOIN liskeban.ticket AS t ON t.ticket_id = w.ticket_id
             WHERE t.kind = 'demand' AND t.parent_id IS NULL AND t.state <= 'planned'
               AND CASE WHEN t.resolve_due IS NULL AND t.difficulty = 'hard' THEN t.plan_due ELSE t.resolve_due END <= now) END,
         r.open_1::bigint, r.open_3::bigint, r.open_7::bigint, r.open_30::bigint, r.open_over_30::bigint
    FROM running AS r
   WHERE r.day >= flow.from_day
   ORDER BY r.day;
END
$$;
COMMENT ON FUNCTION liskeban.flow(date, date) IS
'流量 what came in and went out on each day from from_day to to_day (both inclusive, days of the platform''s zone; those that have not begun have no row), and what was open at its end; demands, their children not counted beside them.
received 受理, resolved 办结 (each time, direct answers too), closed 关闭 (each time): on that day.
open_end 日末在办: neither closed, rejected, withdrawn nor merged at the end of the day.
overdue_open 超期在办: of these, neither resolved nor suspended, with a due in force (hard without a plan: plan_due) before the end of the day, today before now.
open_1, open_3, open_7, open_30, open_over_30 按时长: of open_end those that are at most 1, 3, 7, 30, or more than 30 days old, each in one of them; days are counted from that of receipt, which is the first.
Tells all of history there is: what is rolled up from flow_daily, the rest from its events. 22004 NULL, 22023 the last day before the first, or a first day that is none.';
REVOKE ALL ON FUNCTION liskeban.flow(date, date) FROM PUBLIC;

CREATE FUNCTION liskeban._roll_up_problems() RETURNS TABLE (relation text, problem text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  rolled bigint;
BEGIN
  -- In another zone everything is added up anew at the next roll-up.
  SELECT s.last_event_id INTO rolled
    FROM liskeban.roll_up_state AS s JOIN liskeban.platform AS p ON p.time_zone = s.time_zone
   WHERE s.name = 'stat_daily';
  IF rolled IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY
  WITH kept AS (SELECT s::text AS line FROM liskeban.stat_daily AS s),
       recomputed AS (SELECT s::text AS line FROM liskeban._stat_daily_recomputed(rolled) AS s)
  (SELECT 'stat_daily', 'has ' || d.line FROM (SELECT k.line FROM kept AS k EXCEPT ALL SELECT r.line FROM recomputed AS r) AS d)
  UNION ALL
  (SELECT 'stat_daily', 'lacks ' || d.line FROM (SELECT r.line FROM recomputed AS r EXCEPT ALL SELECT k.line FROM kept AS k) AS d);
  RETURN QUERY
  WITH kept AS (SELECT f::text AS line FROM liskeban.flow_daily AS f),
       recomputed AS (SELECT f::text AS line FROM liskeban._flow_daily_recomputed(rolled) AS f)
  (SELECT 'flow_daily', 'has ' || d.line FROM (SELECT k.line FROM kept AS k EXCEPT ALL SELECT r.line FROM recomputed AS r) AS d)
  UNION ALL
  (SELECT 'flow_daily', 'lacks ' || d.line FROM (SELECT r.line FROM recomputed AS r EXCEPT ALL SELECT k.line FROM kept AS k) AS d);
END
$$;
COMMENT ON FUNCTION liskeban._roll_up_problems() IS 'rows of stat_daily and flow_daily that are not what the events up to the last roll-up add up to, row by row';
REVOKE ALL ON FUNCTION liskeban._roll_up_problems() FROM PUBLIC;
$_66_roll_up$)
,('platform/70_report', $_70_report$
-- For analysts, BI and GIS: views that need no join and show no personal data. They read through liskeban_reader, who
-- may read just the columns named here: no title, description, address, note, plan, resolution, reply or reporter.

COMMENT ON SCHEMA liskeban_report IS '报表 views for analysts, BI and GIS; no free text, no personal data';

GRANT SELECT (district, name, time_zone) ON liskeban.platform TO liskeban_reader;
GRANT SELECT (code, name, name_en) ON liskeban.area, liskeban.department, liskeban.domain, liskeban.source_system
  TO liskeban_reader;
GRANT SELECT (difficulty, clock, basis, valid_from) ON liskeban.sla_policy TO liskeban_reader;
GRANT SELECT (code, name, name_en, domain, listed) ON liskeban.category TO liskeban_reader;
GRANT SELECT (ticket_id, ticket_no, parent_id, merged_into, received_at, reported_at, discovered_at, area, responsible_area,
    accept_due, dispatch_due, respond_due, plan_due, resolve_due, resolve_due_original, feedback_due, clocks_stopped_at,
    dispatched_at, contacted_at, on_site_at, promised_at, suspend_until, resolved_at, closed_at, updated_at, kind, state,
    difficulty, placement, tier, satisfaction, solved, priority, run, rework_count, reopen_count, return_count, confidential,
    late_entry, has_reporter, resolve_given, source, category, department, co_departments, arrival_proof, reject_reason, geom)
  ON liskeban.ticket TO liskeban_reader;
GRANT SELECT (ticket_id, seq, run, at, recorded_at, from_state, to_state, action, actor, detail) ON liskeban.ticket_event
  TO liskeban_reader;

CREATE VIEW liskeban_report.ticket WITH (security_barrier) AS
  SELECT t.ticket_id,
         t.ticket_no,
         t.kind::text AS kind,
         t.state::text AS state,
         t.received_at,
         (t.received_at AT TIME ZONE p.time_zone)::date AS received_day,
         t.reported_at,
         t.discovered_at,
         t.source, s.name AS source_name, s.name_en AS source_name_en,
         t.category, c.name AS category_name, c.name_en AS category_name_en,
         c.domain, d.name AS domain_name, d.name_en AS domain_name_en,
         c.listed,
         t.difficulty::text AS difficulty,
         t.priority,
         t.placement::text AS placement,
         t.area::text AS area, a.name AS area_name, a.name_en AS area_name_en,
         town.code AS town, town_area.name AS town_name, town_area.name_en AS town_name_en,
         village.code AS village, village_area.name AS village_name, village_area.name_en AS village_name_en,
         t.responsible_area::text AS responsible_area, r.name AS responsible_area_name, r.name_en AS responsible_area_name_en,
         t.department, dep.name AS department_name, dep.name_en AS department_name_en,
         t.co_departments,
         t.tier::text AS tier,
         t.run,
         t.accept_due, t.dispatch_due, t.respond_due, t.plan_due, t.resolve_due, t.resolve_due_original, t.feedback_due,
         t.clocks_stopped_at, t.dispatched_at, t.contacted_at, t.on_site_at, t.arrival_proof, t.late_entry, t.promised_at,
         t.suspend_until, t.resolved_at, t.closed_at, t.updated_at,
         CASE WHEN t.state IN ('reported', 'accepted', 'dispatched', 'on_site', 'planned') THEN
           liskeban.clock_lamp(t.resolve_due, coalesce(t.resolve_given, '0'), CASE WHEN t.difficulty <> 'hard' THEN
             (SELECT q.basis FROM liskeban.sla_policy q
              WHERE q.difficulty = t.difficulty AND q.clock = 'resolve' AND q.valid_from <= t.received_at
              ORDER BY q.valid_from DESC LIMIT 1) ELSE 'calendar' END, liskeban.liskeban_now())::text END AS resolve_lamp,
         t.reject_reason, t.merged_into, t.parent_id, t.has_reporter,
         t.satisfaction::text AS satisfaction, t.solved,
         t.return_count, t.rework_count, t.reopen_count,
         t.geom::geometry(Point, 4490) AS geom
  FROM liskeban.ticket t
  CROSS JOIN liskeban.platform p
  LEFT JOIN liskeban.source_system s ON s.code = t.source
  LEFT JOIN liskeban.category c ON c.code = t.category
  LEFT JOIN liskeban.domain d ON d.code = c.domain
  LEFT JOIN liskeban.area a ON a.code OPERATOR(liskeban.=) t.area
  CROSS JOIN LATERAL (SELECT CASE WHEN liskeban.area_level(t.area) >= 'town' THEN liskeban.area_parent(t.area, 'town') END) AS tc(code)
  LEFT JOIN liskeban.area town_area ON town_area.code OPERATOR(liskeban.=) tc.code
  CROSS JOIN LATERAL (SELECT tc.code::text) AS town(code)
  CROSS JOIN LATERAL (SELECT CASE WHEN liskeban.area_level(t.area) >= 'village' THEN liskeban.area_parent(t.area, 'village') END) AS vc(code)
  LEFT JOIN liskeban.area village_area ON village_area.code OPERATOR(liskeban.=) vc.code
  CROSS JOIN LATERAL (SELECT vc.code::text) AS village(code)
  LEFT JOIN liskeban.area r ON r.code OPERATOR(liskeban.=) t.responsible_area
  LEFT JOIN liskeban.department dep ON dep.code = t.department;
COMMENT ON VIEW liskeban_report.ticket IS '工单 one row for each ticket, open or closed, without text and persons; key ticket_id';
COMMENT ON COLUMN liskeban_report.ticket.ticket_id IS '工单编号 key: six digits of the district × 10^9 + n';
COMMENT ON COLUMN liskeban_report.ticket.ticket_no IS '工单号 number told to the citizen';
COMMENT ON COLUMN liskeban_report.ticket.kind IS '类型 demand 群众诉求, hazard 隐患, clue 线索, service 服务, policy 找人, patrol 自采, task 指令';
COMMENT ON COLUMN liskeban_report.ticket.state IS '状态 reported 待受理, accepted 已受理, dispatched 已派单, on_site 已到场, planned 有方案, suspended 挂账, resolved 已办结, closed 已关闭, rejected 不予受理, withdrawn 已撤回, merged 已并案';
COMMENT ON COLUMN liskeban_report.ticket.received_at IS '接收时间 when the platform received it';
COMMENT ON COLUMN liskeban_report.ticket.received_day IS '接收日期 its day in the platform''s zone';
COMMENT ON COLUMN liskeban_report.ticket.reported_at IS '上报时间 what the source says';
COMMENT ON COLUMN liskeban_report.ticket.discovered_at IS '发现时间 when the matter was seen';
COMMENT ON COLUMN liskeban_report.ticket.source IS '来源系统代码 code of the source system';
COMMENT ON COLUMN liskeban_report.ticket.source_name IS '来源系统 name of the source system in Chinese';
COMMENT ON COLUMN liskeban_report.ticket.source_name_en IS '来源系统英文名 name of the source system in English';
COMMENT ON COLUMN liskeban_report.ticket.category IS '事项代码 code of the category';
COMMENT ON COLUMN liskeban_report.ticket.category_name IS '事项 name of the category in Chinese';
COMMENT ON COLUMN liskeban_report.ticket.category_name_en IS '事项英文名 name of the category in English';
COMMENT ON COLUMN liskeban_report.ticket.domain IS '领域代码 code of the category''s domain';
COMMENT ON COLUMN liskeban_report.ticket.domain_name IS '领域 name of the domain in Chinese';
COMMENT ON COLUMN liskeban_report.ticket.domain_name_en IS '领域英文名 name of the domain in English';
COMMENT ON COLUMN liskeban_report.ticket.listed IS '清单事项 whether the category is one of the listed matters';
COMMENT ON COLUMN liskeban_report.ticket.difficulty IS '难度 simple 简单, general 一般, hard 疑难';
COMMENT ON COLUMN liskeban_report.ticket.priority IS '优先级 1 highest to 4';
COMMENT ON COLUMN liskeban_report.ticket.placement IS '定位方式 inside 区域内, snapped 吸附, outside 辖区外, unknown 无位置';
COMMENT ON COLUMN liskeban_report.ticket.area IS '所在区域代码 code of the finest area that covers it; NULL in the pool';
COMMENT ON COLUMN liskeban_report.ticket.area_name IS '所在区域 name of that area in Chinese';
COMMENT ON COLUMN liskeban_report.ticket.area_name_en IS '所在区域英文名 name of that area in English';
COMMENT ON COLUMN liskeban_report.ticket.town IS '镇街代码 code of its town; NULL where the area is none of a town';
COMMENT ON COLUMN liskeban_report.ticket.town_name IS '镇街 name of its town in Chinese';
COMMENT ON COLUMN liskeban_report.ticket.town_name_en IS '镇街英文名 name of its town in English';
COMMENT ON COLUMN liskeban_report.ticket.village IS '村社区代码 code of its village; NULL where the area is none of a village';
COMMENT ON COLUMN liskeban_report.ticket.village_name IS '村社区 name of its village in Chinese';
COMMENT ON COLUMN liskeban_report.ticket.village_name_en IS '村社区英文名 name of its village in English';
COMMENT ON COLUMN liskeban_report.ticket.responsible_area IS '承办区域代码 code of the area that must act';
COMMENT ON COLUMN liskeban_report.ticket.responsible_area_name IS '承办区域 its name in Chinese';
COMMENT ON COLUMN liskeban_report.ticket.responsible_area_name_en IS '承办区域英文名 its name in English';
COMMENT ON COLUMN liskeban_report.ticket.department IS '承办部门代码 code of the department that leads';
COMMENT ON COLUMN liskeban_report.ticket.department_name IS '承办部门 its name in Chinese';
COMMENT ON COLUMN liskeban_report.ticket.department_name_en IS '承办部门英文名 its name in English';
COMMENT ON COLUMN liskeban_report.ticket.co_departments IS '协办部门代码 codes of the departments that co-handle';
COMMENT ON COLUMN liskeban_report.ticket.tier IS '层级 village 村社区, town 镇街或部门, district 区, principal 主要领导; NULL until dispatched';
COMMENT ON COLUMN liskeban_report.ticket.run IS '轮次 1, and one more with each reopening';
COMMENT ON COLUMN liskeban_report.ticket.accept_due IS '受理时限 when acceptance is due';
COMMENT ON COLUMN liskeban_report.ticket.dispatch_due IS '派单时限 when dispatch is due';
COMMENT ON COLUMN liskeban_report.ticket.respond_due IS '响应时限 when someone must be there, or have spoken to the citizen';
COMMENT ON COLUMN liskeban_report.ticket.plan_due IS '方案时限 when the plan of a hard ticket is due';
COMMENT ON COLUMN liskeban_report.ticket.resolve_due IS '办结时限 when it must be resolved';
COMMENT ON COLUMN liskeban_report.ticket.resolve_due_original IS '原办结时限 the same before extensions';
COMMENT ON COLUMN liskeban_report.ticket.feedback_due IS '回访时限 when the citizen must have been asked';
COMMENT ON COLUMN liskeban_report.ticket.clocks_stopped_at IS '计时停止时间 since when plan and resolve stand still';
COMMENT ON COLUMN liskeban_report.ticket.dispatched_at IS '派单时间 when last dispatched';
COMMENT ON COLUMN liskeban_report.ticket.contacted_at IS '联系时间 when the citizen was first contacted in this run';
COMMENT ON COLUMN liskeban_report.ticket.on_site_at IS '到场时间 when someone was there';
COMMENT ON COLUMN liskeban_report.ticket.arrival_proof IS '到场凭证 gps 定位, photo 照片, declared 自报';
COMMENT ON COLUMN liskeban_report.ticket.late_entry IS '补录 arrival recorded more than 10 minutes after it happened';
COMMENT ON COLUMN liskeban_report.ticket.promised_at IS '承诺时间 by when the plan promises to resolve it';
COMMENT ON COLUMN liskeban_report.ticket.suspend_until IS '挂账至 until when it is suspended';
COMMENT ON COLUMN liskeban_report.ticket.resolved_at IS '办结时间 when last resolved';
COMMENT ON COLUMN liskeban_report.ticket.closed_at IS '关闭时间 when closed';
COMMENT ON COLUMN liskeban_report.ticket.updated_at IS '更新时间 when something last happened';
COMMENT ON COLUMN liskeban_report.ticket.resolve_lamp IS '办结亮灯 lamp of the resolve clock now: green 绿, yellow 黄, red 红, red2, red3 二次、三次红灯; NULL while it does not run';
COMMENT ON COLUMN liskeban_report.ticket.reject_reason IS '不予受理理由 code of the reason';
COMMENT ON COLUMN liskeban_report.ticket.merged_into IS '并入工单 ticket_id of the lead';
COMMENT ON COLUMN liskeban_report.ticket.parent_id IS '父工单 ticket_id of the ticket of which this is a part';
COMMENT ON COLUMN liskeban_report.ticket.has_reporter IS '有诉求人 whether a reporter is known';
COMMENT ON COLUMN liskeban_report.ticket.satisfaction IS '满意度 satisfied 满意, neutral 一般, dissatisfied 不满意, unreachable 联系不上';
COMMENT ON COLUMN liskeban_report.ticket.solved IS '是否解决 what the citizen says';
COMMENT ON COLUMN liskeban_report.ticket.return_count IS '退单次数 how often it was returned';
COMMENT ON COLUMN liskeban_report.ticket.rework_count IS '返工次数 how often it was reworked';
COMMENT ON COLUMN liskeban_report.ticket.reopen_count IS '重办次数 how often it was reopened';
COMMENT ON COLUMN liskeban_report.ticket.geom IS '位置 point, CGCS2000 (EPSG:4490)';

CREATE VIEW liskeban_report.kpi_daily WITH (security_barrier) AS
  WITH merged AS (
    SELECT (m.fact).merged_into AS lead,
           count(*) AS asked,
           count(*) FILTER (WHERE (m.fact).satisfaction <> 'unreachable') AS answered,
           count(*) FILTER (WHERE (m.fact).satisfaction = 'unreachable') AS unreachable,
           count(*) FILTER (WHERE (m.fact).satisfaction = 'satisfied') AS satisfied,
           count(*) FILTER (WHERE (m.fact).satisfaction <> 'unreachable' AND (m.fact).solved) AS solved
    FROM (SELECT liskeban._ticket_facts(e.seq, e.run, e.at, e.from_state, e.to_state, e.action, e.actor, e.detail, liskeban.liskeban_now()) AS fact
          FROM liskeban.ticket_event e
          WHERE e.ticket_id IN (SELECT x.ticket_id FROM liskeban.ticket_event x WHERE x.action = 'merge')
            AND e.at <= liskeban.liskeban_now() AND e.recorded_at <= liskeban.liskeban_now()
          GROUP BY e.ticket_id) m
    WHERE (m.fact).state = 'merged' AND (m.fact).has_reporter
    GROUP BY (m.fact).merged_into
  ), cell AS (
    SELECT f.day, f.kind, coalesce(CASE WHEN length((f.fact).area) >= 9 THEN left((f.fact).area, 9) END, '(pool)') AS town,
           (f.fact).category, (f.fact).domain, f.source,
           count(*) AS received,
           count(*) FILTER (WHERE (f.fact).reported) AS reported,
           count(*) FILTER (WHERE (f.fact).self_handled) AS self_handled,
           count(*) FILTER (WHERE (f.fact).due) AS due,
           count(*) FILTER (WHERE (f.fact).complete) AS complete,
           count(*) FILTER (WHERE (f.fact).on_time) AS on_time,
           count(*) FILTER (WHERE (f.fact).on_time_original) AS on_time_original,
           count(*) FILTER (WHERE (f.fact).response_due) AS response_due,
           count(*) FILTER (WHERE (f.fact).response) AS response,
           count(*) FILTER (WHERE (f.fact).response_proven) AS response_proven,
           (count(*) FILTER (WHERE o.asked AND (f.fact).has_reporter) + coalesce(sum(m.asked) FILTER (WHERE o.asked), 0))::bigint AS asked,
           (count(*) FILTER (WHERE o.asked AND (f.fact).has_reporter AND (f.fact).satisfaction <> 'unreachable')
             + coalesce(sum(m.answered) FILTER (WHERE o.asked), 0))::bigint AS answered,
           (count(*) FILTER (WHERE o.asked AND (f.fact).has_reporter AND (f.fact).satisfaction = 'unreachable')
             + coalesce(sum(m.unreachable) FILTER (WHERE o.asked), 0))::bigint AS unreachable,
           (count(*) FILTER (WHERE o.asked AND (f.fact).has_reporter AND (f.fact).satisfaction = 'satisfied')
             + coalesce(sum(m.satisfied) FILTER (WHERE o.asked), 0))::bigint AS satisfied,
           (count(*) FILTER (WHERE o.asked AND (f.fact).has_reporter AND (f.fact).satisfaction <> 'unreachable' AND (f.fact).solved)
             + coalesce(sum(m.solved) FILTER (WHERE o.asked), 0))::bigint AS solved,
           count(*) FILTER (WHERE (f.fact).resolved) AS resolved,
           count(*) FILTER (WHERE (f.fact).reworked) AS reworked,
           count(*) FILTER (WHERE (f.fact).first_time) AS first_time,
           count(*) FILTER (WHERE (f.fact).plan_due) AS plan_due,
           count(*) FILTER (WHERE (f.fact).plan) AS plan,
           count(*) FILTER (WHERE (f.fact).promise_due) AS promise_due,
           count(*) FILTER (WHERE (f.fact).promise) AS promise,
           coalesce(sum(pg_catalog.cardinality((f.fact).breach_holders)) FILTER (WHERE (f.fact).reported AND NOT (f.fact).self_handled), 0) AS breaches
    FROM (SELECT t.ticket_id, (t.received_at AT TIME ZONE p.time_zone)::date AS day, t.kind, t.source,
                 liskeban._ticket_facts(e.seq, e.run, e.at, e.from_state, e.to_state, e.action, e.actor, e.detail, liskeban.liskeban_now()) AS fact
          FROM liskeban.platform p
          CROSS JOIN liskeban.ticket t
          JOIN liskeban.ticket_event e ON e.ticket_id = t.ticket_id
          WHERE t.parent_id IS NULL AND e.at <= liskeban.liskeban_now() AND e.recorded_at <= liskeban.liskeban_now()
          GROUP BY t.ticket_id, p.time_zone) f
    CROSS JOIN LATERAL (SELECT (f.fact).state = 'closed' AND (f.fact).reported AND NOT (f.fact).self_handled) AS o(asked)
    LEFT JOIN merged m ON m.lead = f.ticket_id
    WHERE (f.fact).state IS NOT NULL
    GROUP BY f.day, f.kind, 3, (f.fact).category, (f.fact).domain, f.source
  )
  SELECT pg_catalog.concat_ws('/', to_char(c.day, 'YYYYMMDD'), c.town, c.category, c.domain, c.source, c.kind) AS kpi_daily_key,
         c.day, c.kind::text AS kind,
         c.town, CASE c.town WHEN '(pool)' THEN '公共池' ELSE a.name END AS town_name,
         CASE c.town WHEN '(pool)' THEN 'pool' ELSE a.name_en END AS town_name_en,
         c.category, g.name AS category_name, g.name_en AS category_name_en,
         c.domain, d.name AS domain_name, d.name_en AS domain_name_en,
         c.source, s.name AS source_name, s.name_en AS source_name_en,
         c.received, c.reported, c.self_handled, c.due,
         c.complete AS completion_num, c.due AS completion_den, c.complete / nullif(c.due, 0)::numeric AS completion,
         c.on_time AS on_time_num, c.due AS on_time_den, c.on_time / nullif(c.due, 0)::numeric AS on_time,
         c.on_time_original AS on_time_original_num, c.due AS on_time_original_den,
         c.on_time_original / nullif(c.due, 0)::numeric AS on_time_original,
         c.response AS response_num, c.response_due AS response_den, c.response / nullif(c.response_due, 0)::numeric AS response,
         c.response_proven AS response_proven_num,
         c.answered AS answered_num, c.asked AS answered_den, c.answered / nullif(c.asked, 0)::numeric AS answered, c.unreachable,
         c.solved AS solved_num, c.answered AS solved_den, c.solved / nullif(c.answered, 0)::numeric AS solved,
         c.satisfied AS satisfaction_num, c.answered AS satisfaction_den, c.satisfied / nullif(c.answered, 0)::numeric AS satisfaction,
         c.reworked AS rework_num, c.resolved AS rework_den, c.reworked / nullif(c.resolved, 0)::numeric AS rework,
         c.first_time AS first_time_num, c.resolved AS first_time_den, c.first_time / nullif(c.resolved, 0)::numeric AS first_time,
         c.plan AS plan_num, c.plan_due AS plan_den, c.plan / nullif(c.plan_due, 0)::numeric AS plan,
         c.promise AS promise_num, c.promise_due AS promise_den, c.promise / nullif(c.promise_due, 0)::numeric AS promise,
         c.breaches AS breach_num
  FROM cell c
  LEFT JOIN liskeban.area a ON a.code::text = c.town
  LEFT JOIN liskeban.category g ON g.code = c.category
  LEFT JOIN liskeban.domain d ON d.code = c.domain
  LEFT JOIN liskeban.source_system s ON s.code = c.source;
COMMENT ON VIEW liskeban_report.kpi_daily IS '每日指标 the figures of liskeban.kpi() as of now, one row for each day of receipt, town, category, domain, source and kind that has a case; every count may be summed up, a rate is the sum of its num / the sum of its den; key kpi_daily_key';
COMMENT ON COLUMN liskeban_report.kpi_daily.kpi_daily_key IS '主键 key: day, town, category, domain, source and kind';
COMMENT ON COLUMN liskeban_report.kpi_daily.day IS '接收日期 day of receipt in the platform''s zone';
COMMENT ON COLUMN liskeban_report.kpi_daily.kind IS '类型 demand 群众诉求, hazard 隐患, clue 线索, service 服务, policy 找人, patrol 自采, task 指令';
COMMENT ON COLUMN liskeban_report.kpi_daily.town IS '镇街代码 code of the town; (pool) where the area is none of a town';
COMMENT ON COLUMN liskeban_report.kpi_daily.town_name IS '镇街 name of the town in Chinese';
COMMENT ON COLUMN liskeban_report.kpi_daily.town_name_en IS '镇街英文名 name of the town in English';
COMMENT ON COLUMN liskeban_report.kpi_daily.category IS '事项代码 code of the category';
COMMENT ON COLUMN liskeban_report.kpi_daily.category_name IS '事项 name of the category in Chinese';
COMMENT ON COLUMN liskeban_report.kpi_daily.category_name_en IS '事项英文名 name of the category in English';
COMMENT ON COLUMN liskeban_report.kpi_daily.domain IS '领域代码 code of the domain';
COMMENT ON COLUMN liskeban_report.kpi_daily.domain_name IS '领域 name of the domain in Chinese';
COMMENT ON COLUMN liskeban_report.kpi_daily.domain_name_en IS '领域英文名 name of the domain in English';
COMMENT ON COLUMN liskeban_report.kpi_daily.source IS '来源系统代码 code of the source system';
COMMENT ON COLUMN liskeban_report.kpi_daily.source_name IS '来源系统 name of the source system in Chinese';
COMMENT ON COLUMN liskeban_report.kpi_daily.source_name_en IS '来源系统英文名 name of the source system in English';
COMMENT ON COLUMN liskeban_report.kpi_daily.received IS '受理量 tickets received, without children';
COMMENT ON COLUMN liskeban_report.kpi_daily.reported IS '应计量 of these not merged, not rejected, not withdrawn before the first red';
COMMENT ON COLUMN liskeban_report.kpi_daily.self_handled IS '自采自办 patrol findings solved by who found them; outside the rates';
COMMENT ON COLUMN liskeban_report.kpi_daily.due IS '应办结量 ever resolved, or overdue while the clock ran';
COMMENT ON COLUMN liskeban_report.kpi_daily.completion_num IS '办结量 due, and resolved or closed';
COMMENT ON COLUMN liskeban_report.kpi_daily.completion_den IS '办结率分母 due';
COMMENT ON COLUMN liskeban_report.kpi_daily.completion IS '办结率 completion_num / completion_den';
COMMENT ON COLUMN liskeban_report.kpi_daily.on_time_num IS '按期办结量 complete, and every resolve at or before the due then in force';
COMMENT ON COLUMN liskeban_report.kpi_daily.on_time_den IS '按期办结率分母 due';
COMMENT ON COLUMN liskeban_report.kpi_daily.on_time IS '按期办结率 on_time_num / on_time_den';
COMMENT ON COLUMN liskeban_report.kpi_daily.on_time_original_num IS '按原时限办结量 the same against the due before extensions';
COMMENT ON COLUMN liskeban_report.kpi_daily.on_time_original_den IS '按原时限办结率分母 due';
COMMENT ON COLUMN liskeban_report.kpi_daily.on_time_original IS '按原时限办结率 on_time_original_num / on_time_original_den';
COMMENT ON COLUMN liskeban_report.kpi_daily.response_num IS '按时响应量 first arrival at or before respond_due';
COMMENT ON COLUMN liskeban_report.kpi_daily.response_den IS '应响应量 on_site categories, first run: arrived, or respond_due passed';
COMMENT ON COLUMN liskeban_report.kpi_daily.response IS '响应率 response_num / response_den';
COMMENT ON COLUMN liskeban_report.kpi_daily.response_proven_num IS '有凭证按时响应量 by gps or photo, no late entry; over response_den';
COMMENT ON COLUMN liskeban_report.kpi_daily.answered_num IS '回访成功量 reporters who answered how satisfied they are';
COMMENT ON COLUMN liskeban_report.kpi_daily.answered_den IS '应回访量 reporters of closed tickets, a merged ticket''s under its lead';
COMMENT ON COLUMN liskeban_report.kpi_daily.answered IS '回访率 answered_num / answered_den';
COMMENT ON COLUMN liskeban_report.kpi_daily.unreachable IS '联系不上量 reporters who could not be reached';
COMMENT ON COLUMN liskeban_report.kpi_daily.solved_num IS '解决量 of those who answered, who say it is solved';
COMMENT ON COLUMN liskeban_report.kpi_daily.solved_den IS '解决率分母 answered_num';
COMMENT ON COLUMN liskeban_report.kpi_daily.solved IS '解决率 solved_num / solved_den';
COMMENT ON COLUMN liskeban_report.kpi_daily.satisfaction_num IS '满意量 of those who answered, who are satisfied';
COMMENT ON COLUMN liskeban_report.kpi_daily.satisfaction_den IS '满意率分母 answered_num';
COMMENT ON COLUMN liskeban_report.kpi_daily.satisfaction IS '满意率 satisfaction_num / satisfaction_den';
COMMENT ON COLUMN liskeban_report.kpi_daily.rework_num IS '返工量 ever reworked or reopened';
COMMENT ON COLUMN liskeban_report.kpi_daily.rework_den IS '返工率分母 ever resolved';
COMMENT ON COLUMN liskeban_report.kpi_daily.rework IS '返工率 rework_num / rework_den';
COMMENT ON COLUMN liskeban_report.kpi_daily.first_time_num IS '一次办结量 resolved with no return, redispatch, rework or reopen';
COMMENT ON COLUMN liskeban_report.kpi_daily.first_time_den IS '一次办结率分母 ever resolved';
COMMENT ON COLUMN liskeban_report.kpi_daily.first_time IS '一次办结率 first_time_num / first_time_den';
COMMENT ON COLUMN liskeban_report.kpi_daily.plan_num IS '按时方案量 first plan at or before plan_due';
COMMENT ON COLUMN liskeban_report.kpi_daily.plan_den IS '应有方案量 hard, and planned, resolved, or plan_due passed';
COMMENT ON COLUMN liskeban_report.kpi_daily.plan IS '方案及时率 plan_num / plan_den';
COMMENT ON COLUMN liskeban_report.kpi_daily.promise_num IS '承诺兑现量 resolved at or before the first promise';
COMMENT ON COLUMN liskeban_report.kpi_daily.promise_den IS '承诺到期量 resolved since the first promise, or that promise passed';
COMMENT ON COLUMN liskeban_report.kpi_daily.promise IS '承诺兑现率 promise_num / promise_den';
COMMENT ON COLUMN liskeban_report.kpi_daily.breach_num IS '超期次数 how often resolve_due passed while its clock ran';

-- The views' owner may read no more than what is granted above.
GRANT USAGE, CREATE ON SCHEMA liskeban_report TO liskeban_reader;
ALTER VIEW liskeban_report.ticket OWNER TO liskeban_reader;
ALTER VIEW liskeban_report.kpi_daily OWNER TO liskeban_reader;
ALTER VIEW liskeban_report.seal_root OWNER TO liskeban_reader;
REVOKE CREATE ON SCHEMA liskeban_report FROM liskeban_reader;
$_70_report$)
,('platform/72_report_days', $_72_report_days$
-- The roll-up for analysts and BI, with names; see 70_report.sql.

GRANT SELECT ON liskeban.stat_daily TO liskeban_reader;

CREATE VIEW liskeban_report.stat_daily WITH (security_barrier) AS
  SELECT concat_ws('/', to_char(s.day, 'YYYYMMDD'), coalesce(s.area::text, '(pool)'), s.category, s.source, s.kind) AS stat_daily_key,
         s.day, s.kind::text AS kind,
         coalesce(s.area::text, '(pool)') AS area,
         CASE WHEN s.area IS NULL THEN '公共池' ELSE a.name END AS area_name,
         CASE WHEN s.area IS NULL THEN 'pool' ELSE a.name_en END AS area_name_en,
         coalesce(t.code::text, '(pool)') AS town,
         CASE WHEN t.code IS NULL THEN '公共池' ELSE town.name END AS town_name,
         CASE WHEN t.code IS NULL THEN 'pool' ELSE town.name_en END AS town_name_en,
         s.category, c.name AS category_name, c.name_en AS category_name_en,
         c.domain, d.name AS domain_name, d.name_en AS domain_name_en,
         s.source, o.name AS source_name, o.name_en AS source_name_en,
         s.received, s.accepted, s.dispatched, s.redispatched, s.returned, s.suspended, s.resolved,
         s.resolved_late, s.reworked, s.closed, s.reopened, s.rejected, s.withdrawn, s.merged, s.unmerged,
         s.opened, s.ended
  FROM liskeban.stat_daily AS s
  CROSS JOIN LATERAL (SELECT CASE WHEN liskeban.area_level(s.area) >= 'town' THEN liskeban.area_parent(s.area, 'town') END) AS t(code)
  LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) s.area
  LEFT JOIN liskeban.area AS town ON town.code OPERATOR(liskeban.=) t.code
  LEFT JOIN liskeban.category AS c ON c.code = s.category
  LEFT JOIN liskeban.domain AS d ON d.code = c.domain
  LEFT JOIN liskeban.source_system AS o ON o.code = s.source;
COMMENT ON VIEW liskeban_report.stat_daily IS '每日统计 what happened on a day, by the area, category, source and kind of the tickets it happened to, up to the last roll-up; every count may be summed up; key stat_daily_key';
COMMENT ON COLUMN liskeban_report.stat_daily.stat_daily_key IS '主键 key: day, area, category, source and kind';
COMMENT ON COLUMN liskeban_report.stat_daily.day IS '日期 day of the platform''s zone on which it happened';
COMMENT ON COLUMN liskeban_report.stat_daily.kind IS '类型 demand 群众诉求, hazard 隐患, clue 线索, service 服务, policy 找人, patrol 自采, task 指令';
COMMENT ON COLUMN liskeban_report.stat_daily.area IS '所在区域代码 code of the area of the tickets; (pool) without one';
COMMENT ON COLUMN liskeban_report.stat_daily.area_name IS '所在区域 its name in Chinese';
COMMENT ON COLUMN liskeban_report.stat_daily.area_name_en IS '所在区域英文名 its name in English';
COMMENT ON COLUMN liskeban_report.stat_daily.town IS '镇街代码 code of its town; (pool) where the area is none of a town';
COMMENT ON COLUMN liskeban_report.stat_daily.town_name IS '镇街 name of the town in Chinese';
COMMENT ON COLUMN liskeban_report.stat_daily.town_name_en IS '镇街英文名 name of the town in English';
COMMENT ON COLUMN liskeban_report.stat_daily.category IS '事项代码 code of the category';
COMMENT ON COLUMN liskeban_report.stat_daily.category_name IS '事项 name of the category in Chinese';
COMMENT ON COLUMN liskeban_report.stat_daily.category_name_en IS '事项英文名 name of the category in English';
COMMENT ON COLUMN liskeban_report.stat_daily.domain IS '领域代码 code of the category''s domain';
COMMENT ON COLUMN liskeban_report.stat_daily.domain_name IS '领域 name of the domain in Chinese';
COMMENT ON COLUMN liskeban_report.stat_daily.domain_name_en IS '领域英文名 name of the domain in English';
COMMENT ON COLUMN liskeban_report.stat_daily.source IS '来源系统代码 code of the source system';
COMMENT ON COLUMN liskeban_report.stat_daily.source_name IS '来源系统 name of the source system in Chinese';
COMMENT ON COLUMN liskeban_report.stat_daily.source_name_en IS '来源系统英文名 name of the source system in English';
COMMENT ON COLUMN liskeban_report.stat_daily.received IS '受理 tickets received';
COMMENT ON COLUMN liskeban_report.stat_daily.accepted IS '接单 taken on by the desk, also after a rejection';
COMMENT ON COLUMN liskeban_report.stat_daily.dispatched IS '派单 dispatched from the desk';
COMMENT ON COLUMN liskeban_report.stat_daily.redispatched IS '改派 given to another holder';
COMMENT ON COLUMN liskeban_report.stat_daily.returned IS '退单 given back to the desk';
COMMENT ON COLUMN liskeban_report.stat_daily.suspended IS '挂账 suspended';
COMMENT ON COLUMN liskeban_report.stat_daily.resolved IS '办结 resolved or answered directly, each time';
COMMENT ON COLUMN liskeban_report.stat_daily.resolved_late IS '超期办结 of these after the due then in force (hard without a plan: plan_due)';
COMMENT ON COLUMN liskeban_report.stat_daily.reworked IS '返工 sent back from resolved';
COMMENT ON COLUMN liskeban_report.stat_daily.closed IS '关闭 closed, each time';
COMMENT ON COLUMN liskeban_report.stat_daily.reopened IS '重办 reopened';
COMMENT ON COLUMN liskeban_report.stat_daily.rejected IS '不予受理 rejected';
COMMENT ON COLUMN liskeban_report.stat_daily.withdrawn IS '撤回 withdrawn';
COMMENT ON COLUMN liskeban_report.stat_daily.merged IS '并案 merged into another';
COMMENT ON COLUMN liskeban_report.stat_daily.unmerged IS '撤销并案 unmerged';
COMMENT ON COLUMN liskeban_report.stat_daily.opened IS '转入 came to be open: received, reopened, unmerged, taken on after all; summed over all days, less ended, it is what is open';
COMMENT ON COLUMN liskeban_report.stat_daily.ended IS '转出 ceased to be open: closed, rejected, withdrawn, merged';

-- As in 70_report.sql: the view's owner may read no more than what is granted.
GRANT CREATE ON SCHEMA liskeban_report TO liskeban_reader;
ALTER VIEW liskeban_report.stat_daily OWNER TO liskeban_reader;
REVOKE CREATE ON SCHEMA liskeban_report FROM liskeban_reader;
$_72_report_days$)
,('platform/80_invariants', $_80_invariants$
-- What must hold whatever happened: an empty answer is the good one.

CREATE VIEW liskeban.ticket_clock AS
SELECT t.ticket_id, c.clock::liskeban.clock AS clock, c.due, c.given, c.basis::liskeban.time_basis AS basis,
       c.yellow_at, c.red_at, c.red2_at, c.red3_at, c.lamp::liskeban.lamp AS lamp
  FROM liskeban.worklist AS w JOIN liskeban.ticket AS t USING (ticket_id),
       LATERAL liskeban.ticket_clocks(t) AS c;
COMMENT ON VIEW liskeban.ticket_clock IS '运行时钟 every running clock of every open ticket, with the instants of its levels and its lamp now';
COMMENT ON COLUMN liskeban.ticket_clock.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.ticket_clock.clock IS '时钟 which clock';
COMMENT ON COLUMN liskeban.ticket_clock.due IS '时限 when it is due';
COMMENT ON COLUMN liskeban.ticket_clock.given IS '给定时间 the time it was given with, in basis';
COMMENT ON COLUMN liskeban.ticket_clock.basis IS '计时方式 calendar, working_day or working_hour';
COMMENT ON COLUMN liskeban.ticket_clock.yellow_at IS '黄灯 due - 20 % of given';
COMMENT ON COLUMN liskeban.ticket_clock.red_at IS '红灯 the due';
COMMENT ON COLUMN liskeban.ticket_clock.red2_at IS '二级红灯 due + 50 % of given';
COMMENT ON COLUMN liskeban.ticket_clock.red3_at IS '三级红灯 due + 100 % of given';
COMMENT ON COLUMN liskeban.ticket_clock.lamp IS '亮灯 at liskeban_now()';

CREATE FUNCTION liskeban.check_invariants(OUT invariant text, OUT ticket_id bigint, OUT problem text)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- A ticket's state, run and last_seq are its last event's, and its events are 1, 2, 3, … in time.
  RETURN QUERY
  SELECT 'ticket is its last event', t.ticket_id,
         format('ticket has %s/%s/%s at %s, history %s/%s/%s at %s', t.state, t.run, t.last_seq, t.updated_at,
                e.to_state, e.run, e.seq, e.at)
    FROM liskeban.ticket AS t
    LEFT JOIN liskeban.ticket_event AS e ON e.ticket_id = t.ticket_id AND e.seq = t.last_seq
   WHERE (t.state, t.run, t.updated_at) IS DISTINCT FROM (e.to_state, e.run, e.at);

  RETURN QUERY
  SELECT 'history is a chain', w.ticket_id, format('event %s does not follow the one before it', w.seq)
    FROM (SELECT e.ticket_id, e.seq, e.at, e.from_state, e.to_state,
                 lag(e.seq, 1, 0) OVER ticket AS seq_before, lag(e.at) OVER ticket AS at_before,
                 lag(e.to_state) OVER ticket AS state_before
            FROM liskeban.ticket_event AS e WINDOW ticket AS (PARTITION BY e.ticket_id ORDER BY e.seq)) AS w
   WHERE w.seq <> w.seq_before + 1 OR w.at < w.at_before OR w.from_state IS DISTINCT FROM w.state_before;

  RETURN QUERY
  SELECT 'history belongs to a ticket', e.ticket_id, format('event %s is beyond the ticket''s last, or has no ticket', e.seq)
    FROM liskeban.ticket_event AS e LEFT JOIN liskeban.ticket AS t ON t.ticket_id = e.ticket_id
   WHERE t.ticket_id IS NULL OR e.seq > t.last_seq;

  -- Hashes hold.
  RETURN QUERY
  SELECT 'hash holds', e.ticket_id, format('event %s has been changed', e.seq)
    FROM liskeban.ticket_event AS e
   WHERE e.hash IS DISTINCT FROM liskeban.event_hash(e.event_id, e.ticket_id, e.seq, e.run, e.at, e.recorded_at, e.action,
           e.from_state::text, e.to_state::text, e.actor, e.login, e.note_digest, e.detail)
      OR e.note_digest <> sha256(convert_to(e.note, 'UTF8'));

  -- Seals hold.
  RETURN QUERY
  SELECT 'seal holds', s.ticket_id, format('%s: event %s, seq %s: %s', s.problem, s.event_id, s.seq, s.detail)
    FROM liskeban._verify_seals(NULL) AS s;

  -- The worklist is the open tickets.
  RETURN QUERY
  SELECT 'worklist is the open tickets', coalesce(w.ticket_id, t.ticket_id),
         CASE WHEN w.ticket_id IS NULL THEN 'an open ticket is missing'
              WHEN t.ticket_id IS NULL THEN 'a row without an open ticket'
              ELSE 'the row is not as the ticket is' END
    FROM liskeban.worklist AS w
    FULL JOIN (SELECT s.* FROM liskeban.ticket AS s
                WHERE s.state NOT IN ('closed', 'rejected', 'withdrawn', 'merged')) AS t ON t.ticket_id = w.ticket_id
   WHERE w.ticket_id IS NULL OR t.ticket_id IS NULL
      OR (w.state, w.tier, w.responsible_area::text, w.department, w.co_departments, w.priority, w.resolve_due)
         IS DISTINCT FROM
         (t.state, t.tier, t.responsible_area::text, t.department, t.co_departments, t.priority, t.resolve_due);

  -- Due times are what a replay of history gives.
  RETURN QUERY
  SELECT 'due times are recomputed alike', d.ticket_id, format('%s is %s, a replay gives %s', d.due, d.stored, d.replayed)
    FROM liskeban._replayed_dues((SELECT p.rules_event FROM liskeban.platform AS p)) AS d;

  -- The sweep will see every level since a ticket's last event that has not fired, and the end of every suspension.
  RETURN QUERY
  SELECT 'the sweep knows what comes', w.ticket_id, format('%s %s is at %s, the sweep looks at %s', c.clock, c.level, c.at,
                                                           coalesce(w.next_alarm_at::text, 'nothing'))
    FROM liskeban.worklist AS w JOIN liskeban.ticket AS t ON t.ticket_id = w.ticket_id,
         LATERAL (SELECT k.clock, l.level, l.at
                    FROM liskeban.ticket_clocks(t) AS k,
                         LATERAL (VALUES ('yellow', k.yellow_at), ('red', k.red_at), ('red2', k.red2_at), ('red3', k.red3_at)) AS l(level, at)
                   WHERE l.at >= t.updated_at
                     AND NOT EXISTS (SELECT FROM liskeban.alarm AS a
                                      WHERE a.ticket_id = w.ticket_id AND a.clock = k.clock::liskeban.clock
                                        AND a.level = l.level::liskeban.lamp)
                  UNION ALL
                  SELECT 'suspension', 'ends', t.suspend_until WHERE t.state = 'suspended' AND t.suspend_until IS NOT NULL) AS c
   WHERE w.next_alarm_at IS NULL OR w.next_alarm_at > c.at;

  RETURN QUERY
  SELECT 'an alarm belongs to a ticket', a.ticket_id, format('alarm %s of %s has none', a.alarm_id, a.at)
    FROM liskeban.alarm AS a LEFT JOIN liskeban.ticket AS t ON t.ticket_id = a.ticket_id
   WHERE t.ticket_id IS NULL;

  -- What was rolled up is what its events add up to.
  RETURN QUERY
  SELECT 'roll-up is recomputation', NULL::bigint, format('%s %s', p.relation, p.problem)
    FROM liskeban._roll_up_problems() AS p;

  -- What a source said later of a ticket is in its history, and nothing waits for a create that is there.
  RETURN QUERY
  SELECT 'messages are in history', m.ticket_id, format('message %s is no event %s of its ticket', m.message_id, m.seq)
    FROM liskeban.ticket_message AS m
   WHERE m.seq IS NOT NULL
     AND NOT EXISTS (SELECT FROM liskeban.ticket_event AS e WHERE e.ticket_id = m.ticket_id AND e.seq = m.seq)
  UNION ALL
  SELECT 'messages are in history', i.ticket_id, format('message %s waits for a create that has come', m.message_id)
    FROM liskeban.ticket_message AS m JOIN liskeban.ticket_intake AS i USING (source, external_id)
    LEFT JOIN liskeban.intake_reject AS r USING (reject_id)
   WHERE m.request IS NOT NULL AND i.ticket_id IS NOT NULL AND r.resolved_at IS NULL;

  -- Guard and log stand, and bind replication roles too.
  RETURN QUERY
  SELECT 'guard and log are enabled always', NULL::bigint, format('trigger %s of liskeban.%s', w.trigger, w.relation)
    FROM (VALUES ('ticket', 'zz_guard'), ('ticket', 'zz_guard_truncate'), ('ticket', 'log_insert'),
                 ('ticket', 'log_update'), ('ticket_event', 'history_kept'), ('worklist', 'history_kept'),
                 ('alarm', 'history_kept'), ('watermark', 'history_kept'), ('seal', 'history_kept'),
                 ('sla_policy', 'rule_lock'), ('sla_policy', 'rules_changed'), ('calendar_day', 'rule_lock'),
                 ('calendar_day', 'rules_changed'), ('work_shift', 'rule_lock'), ('work_shift', 'rules_changed'),
                 ('category', 'rule_lock'), ('category', 'rules_changed'),
                 ('reporter', 'reporter_changed')) AS w(relation, trigger)
   WHERE NOT EXISTS (SELECT FROM pg_trigger AS g
                      WHERE g.tgrelid = format('liskeban.%I', w.relation)::regclass AND g.tgname = w.trigger
                        AND g.tgenabled = 'A')
  UNION ALL
  SELECT 'guard and log are enabled always', NULL, format('trigger history_kept of partition %s', i.inhrelid::regclass)
    FROM pg_inherits AS i
   WHERE i.inhparent IN ('liskeban.ticket_event'::regclass, 'liskeban.alarm'::regclass)
     AND NOT EXISTS (SELECT FROM pg_trigger AS g
                      WHERE g.tgrelid = i.inhrelid AND g.tgname = 'history_kept' AND g.tgenabled = 'A');
END
$$;
COMMENT ON FUNCTION liskeban.check_invariants() IS '一致性检查 what does not hold, named; empty when all is well: state and last_seq are the last event''s, history is a chain, hashes and seals hold, worklist = open tickets, sources'' messages in history, due times and roll-up = recomputation, the sweep knows what comes, guard and log ENABLE ALWAYS. Reads the whole history';
REVOKE ALL ON FUNCTION liskeban.check_invariants() FROM PUBLIC;
$_80_invariants$)
,('platform/85_job', $_85_job$
-- Jobs: what runs by itself, when it last did, and how pg_cron is told of it.
--
-- pg_cron lives in a database of its own and calls liskeban.run_job(name) here, as liskeban_job. What a job does stands
-- in its row; a procedure that commits has its line in run_job() besides, for PL/pgSQL lets only a CALL of its own commit.

CREATE TABLE liskeban.job (
  name             text PRIMARY KEY,
  title            text NOT NULL,
  schedule         text,
  daily_at         time,
  each_day         boolean NOT NULL DEFAULT false,
  steps            text[] NOT NULL,
  active           boolean NOT NULL DEFAULT true,
  last_success_for timestamptz,
  last_started     timestamptz,
  last_finished    timestamptz,
  last_error       text,
  CONSTRAINT job_name_check CHECK (name ~ '^[a-z_]{1,24}$'),
  CONSTRAINT job_schedule_check CHECK (num_nonnulls(schedule, daily_at) = 1),
  CONSTRAINT job_each_day_check CHECK (NOT each_day OR daily_at IS NOT NULL),
  CONSTRAINT job_steps_check CHECK (cardinality(steps) > 0)
);
COMMENT ON TABLE liskeban.job IS '定时任务 what runs by itself, and how it last went';
COMMENT ON COLUMN liskeban.job.name IS '名称 key; run_job(name) runs it';
COMMENT ON COLUMN liskeban.job.title IS '说明 what it is for';
COMMENT ON COLUMN liskeban.job.schedule IS '周期 in the notation of cron, of a job that runs every few minutes';
COMMENT ON COLUMN liskeban.job.daily_at IS '每日时刻 time of day in the platform''s zone, of a daily job';
COMMENT ON COLUMN liskeban.job.each_day IS '逐日补跑 whether a daily job runs once for each day it missed, in order, or once for all of them';
COMMENT ON COLUMN liskeban.job.steps IS '步骤 its statements, each in a transaction of its own; $1 is the day on which it was to run';
COMMENT ON COLUMN liskeban.job.active IS '启用 whether it runs; tell pg_cron with schedule_jobs()';
COMMENT ON COLUMN liskeban.job.last_success_for IS '最近完成 the time it was to run at, of the last run that went well';
COMMENT ON COLUMN liskeban.job.last_started IS '最近开始 when it last began';
COMMENT ON COLUMN liskeban.job.last_finished IS '最近结束 when that run ended, well or not; NULL while it runs, or when it was cut off';
COMMENT ON COLUMN liskeban.job.last_error IS '最近错误 why that run failed; NULL when it went well';

-- The rows are the library's: an upgrade brings them to its version, but for what a DBA sets (active, daily_at).
INSERT INTO liskeban.job AS j (name, title, schedule, daily_at, each_day, steps) VALUES
  ('sweep',      '巡查 fire what fell due, resume what is due to resume', '* * * * *', NULL, false,
   ARRAY['CALL liskeban.run_sweep()']),
  ('seal',       '封存 seal the history that is final', '* * * * *', NULL, false,
   ARRAY['SELECT liskeban.note_watermark()', 'SELECT liskeban.seal_history()']),
  ('roll_up',    '汇总 roll the history that is final up into the daily figures', '*/5 * * * *', NULL, false,
   ARRAY['SELECT liskeban.roll_up()']),
  ('check',      '自检 watch for sources that fell silent and refused requests nobody handles', '*/5 * * * *', NULL, false,
   ARRAY['SELECT liskeban.check_platform()']),
  ('analyse',    '分析 analyse the day that ended', NULL, '00:10', true,
   ARRAY['SELECT liskeban.analyse_day($1 - 1)']),
  ('partitions', '分区 make the partitions that will be needed', NULL, '00:20', false,
   ARRAY['SELECT liskeban.make_partitions()']),
  ('catch_up',   '补跑 run the daily jobs whose time was missed', '* * * * *', NULL, false,
   ARRAY['CALL liskeban.run_missed_jobs()'])
ON CONFLICT (name) DO UPDATE
  SET title = excluded.title, schedule = excluded.schedule, each_day = excluded.each_day, steps = excluded.steps;

CREATE FUNCTION liskeban._is_adopted() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM liskeban.platform AS p, pg_control_system() AS s
                  WHERE p.system_identifier = s.system_identifier AND p.database = current_database())
$$;
COMMENT ON FUNCTION liskeban._is_adopted() IS 'whether this is the database in which schedule_jobs() was last called, and no copy of it';
REVOKE ALL ON FUNCTION liskeban._is_adopted() FROM PUBLIC;

-- The key of a job's advisory lock; the first number is "LKjb".
CREATE FUNCTION liskeban._lock_job(name text) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT pg_try_advisory_lock(x'4c4b6a62'::integer, hashtext(_lock_job.name))
$$;
COMMENT ON FUNCTION liskeban._lock_job(text) IS 'takes the lock that keeps a job from running twice at once, until _unlock_job() or the session''s end; false where another session has it';
REVOKE ALL ON FUNCTION liskeban._lock_job(text) FROM PUBLIC;

CREATE FUNCTION liskeban._unlock_job(name text) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT pg_advisory_unlock(x'4c4b6a62'::integer, hashtext(_unlock_job.name))
$$;
COMMENT ON FUNCTION liskeban._unlock_job(text) IS 'gives the lock of _lock_job() back';
REVOKE ALL ON FUNCTION liskeban._unlock_job(text) FROM PUBLIC;

CREATE FUNCTION liskeban._due_slots(name text) RETURNS timestamptz[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH slot AS (
    SELECT s.at, j.each_day AND j.last_success_for IS NOT NULL AS each_one
      FROM liskeban.job AS j
     CROSS JOIN (SELECT p.time_zone, liskeban.liskeban_now() AS now FROM liskeban.platform AS p) AS p
     CROSS JOIN LATERAL (SELECT liskeban.liskeban_now() AS at WHERE j.daily_at IS NULL
                         UNION ALL
                         SELECT (day + j.daily_at) AT TIME ZONE p.time_zone
                           FROM generate_series(date_trunc('day', coalesce(j.last_success_for, p.now - interval '2 days') AT TIME ZONE p.time_zone),
                                                p.now AT TIME ZONE p.time_zone, interval '1 day') AS day
                          WHERE j.daily_at IS NOT NULL) AS s
     WHERE j.name = _due_slots.name AND s.at <= p.now
       AND (j.daily_at IS NULL OR s.at > coalesce(j.last_success_for, '-infinity'))
  )
  SELECT coalesce(array_agg(s.at ORDER BY s.at), '{}')
    FROM slot AS s WHERE s.each_one OR s.at = (SELECT max(l.at) FROM slot AS l)
$$;
COMMENT ON FUNCTION liskeban._due_slots(text) IS 'the times for which a job is to run now, in order: now, or for a daily job those that have passed since its last success (the last of them where one run is enough, or where it never ran)';
REVOKE ALL ON FUNCTION liskeban._due_slots(text) FROM PUBLIC;

CREATE FUNCTION liskeban._begin_job(name text, OUT slots timestamptz[], OUT steps text[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  job liskeban.job;
BEGIN
  slots := '{}';
  IF name IS NULL THEN
    RAISE EXCEPTION 'the name of a job must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT j.* INTO job FROM liskeban.job AS j WHERE j.name = _begin_job.name;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no job "%"', name USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Table liskeban.job lists them.';
  END IF;
  IF NOT liskeban._is_adopted() THEN
    RAISE NOTICE 'job "%" does not run in this copy of the platform', name
      USING HINT = 'Call liskeban.schedule_jobs() here to make it run.';
    RETURN;
  END IF;
  IF NOT job.active THEN
    RAISE NOTICE 'job "%" is switched off', name;
    RETURN;
  END IF;
  IF NOT liskeban._lock_job(name) THEN
    RAISE NOTICE 'job "%" is running already', name;
    RETURN;
  END IF;

  -- Read again under the lock: a run may have ended in between.
  SELECT j.* INTO job FROM liskeban.job AS j WHERE j.name = _begin_job.name;
  IF job.last_started IS NOT NULL AND job.last_finished IS NULL THEN
    PERFORM liskeban._raise_platform_alarm('job_failed', name, job.last_started,
                                           format('the run of %s did not come to its end', job.last_started));
  END IF;
  slots := liskeban._due_slots(name);
  steps := job.steps;
  IF slots = '{}' THEN
    PERFORM liskeban._unlock_job(name);
  ELSE
    UPDATE liskeban.job AS j SET last_started = liskeban.liskeban_now(), last_finished = NULL WHERE j.name = _begin_job.name;
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._begin_job(text) IS 'the times a job is to run for now, none in a copy, when switched off or running elsewhere; else it is locked and noted as begun. 22023 no such job, 22004 NULL';
REVOKE ALL ON FUNCTION liskeban._begin_job(text) FROM PUBLIC;

CREATE FUNCTION liskeban._run_step(step text, day date) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE step USING day;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  -- Without the error's detail, which may show a row, and so personal data.
  RETURN format('%s: %s (%s)', step, SQLERRM, SQLSTATE);
END
$$;
COMMENT ON FUNCTION liskeban._run_step(text, date) IS 'one statement of a job as the caller, undone where it fails; returns why, NULL when it went well';
REVOKE ALL ON FUNCTION liskeban._run_step(text, date) FROM PUBLIC;

CREATE FUNCTION liskeban._end_job(name text, slot timestamptz, error text, last boolean) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE liskeban.job AS j
     SET last_success_for = CASE WHEN error IS NULL THEN slot ELSE j.last_success_for END,
         last_error = error,
         last_finished = CASE WHEN last THEN liskeban.liskeban_now() END
   WHERE j.name = _end_job.name;
  IF error IS NOT NULL THEN
    RAISE WARNING 'job "%" failed: %', name, error;
    PERFORM liskeban._raise_platform_alarm('job_failed', name, slot, error);
  ELSIF last THEN
    PERFORM liskeban._clear_platform_alarm('job_failed', name);
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._end_job(text, timestamptz, text, boolean) IS 'notes how a job''s run for slot went, and with last that all are done; a failure raises the alarm job_failed, the next success ends it';
REVOKE ALL ON FUNCTION liskeban._end_job(text, timestamptz, text, boolean) FROM PUBLIC;

-- No SET clause, for with one a procedure may not commit: hence every name is qualified, of types and operators too.
CREATE PROCEDURE liskeban.run_job(name text)
LANGUAGE plpgsql AS $$
DECLARE
  slots pg_catalog.timestamptz[];
  steps pg_catalog.text[];
  slot pg_catalog.timestamptz;
  step pg_catalog.text;
  zone pg_catalog.text;
  error pg_catalog.text;
BEGIN
  SELECT b.slots, b.steps INTO slots, steps FROM liskeban._begin_job(run_job.name) AS b;
  SELECT p.time_zone INTO zone FROM liskeban.platform AS p;
  COMMIT;
  FOREACH slot IN ARRAY slots LOOP
    FOREACH step IN ARRAY steps LOOP
      CASE
        WHEN step OPERATOR(pg_catalog.=) 'CALL liskeban.run_sweep()' THEN
          CALL liskeban.run_sweep();
        WHEN step OPERATOR(pg_catalog.=) 'CALL liskeban.run_missed_jobs()' THEN
          CALL liskeban.run_missed_jobs();
        ELSE
          error := liskeban._run_step(step, pg_catalog.timezone(zone, slot)::pg_catalog.date);
      END CASE;
      COMMIT;
      EXIT WHEN error IS NOT NULL;
    END LOOP;
    PERFORM liskeban._end_job(run_job.name, slot, error,
                              error IS NOT NULL OR slot OPERATOR(pg_catalog.=) slots[pg_catalog.cardinality(slots)]);
    COMMIT;
    EXIT WHEN error IS NOT NULL;
  END LOOP;
  IF slot IS NOT NULL THEN
    PERFORM liskeban._unlock_job(run_job.name);
  END IF;
END
$$;
COMMENT ON PROCEDURE liskeban.run_job(text) IS '运行任务 run a job of liskeban.job for whatever is due, committing step by step: never beside itself, not in a copy that schedule_jobs() has not been called in; a daily job in order for the days it missed. What fails is undone, noted in the job''s row and in platform_alarm (job_failed), and tried again at the next run; a sweep that is cut off is noted by the run after it. 22023 no such job, 22004 NULL';
REVOKE ALL ON PROCEDURE liskeban.run_job(text) FROM PUBLIC;

CREATE FUNCTION liskeban._missed_jobs() RETURNS SETOF text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT j.name FROM liskeban.job AS j
   WHERE j.active AND j.daily_at IS NOT NULL
     AND (liskeban._due_slots(j.name))[1] < liskeban.liskeban_now() - interval '10 minutes'
   ORDER BY j.daily_at, j.name
$$;
COMMENT ON FUNCTION liskeban._missed_jobs() IS 'daily jobs whose time passed more than ten minutes ago without a run that went well';
REVOKE ALL ON FUNCTION liskeban._missed_jobs() FROM PUBLIC;

CREATE PROCEDURE liskeban.run_missed_jobs()
LANGUAGE plpgsql AS $$
DECLARE
  missed pg_catalog.text;
BEGIN
  FOR missed IN SELECT m FROM liskeban._missed_jobs() AS m LOOP
    CALL liskeban.run_job(missed);
  END LOOP;
END
$$;
COMMENT ON PROCEDURE liskeban.run_missed_jobs() IS '补跑任务 run the daily jobs whose time was missed, because the server was down or the clock was put forward; the job catch_up';
REVOKE ALL ON PROCEDURE liskeban.run_missed_jobs() FROM PUBLIC;

CREATE FUNCTION liskeban._cron_prefix() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('liskeban:%s:', CASE WHEN octet_length(current_database()) > 29 THEN md5(current_database())
                                     ELSE current_database() END)
$$;
COMMENT ON FUNCTION liskeban._cron_prefix() IS 'what pg_cron''s names of this database''s jobs begin with; a name has 63 bytes, so a long database''s is replaced by its digest';
REVOKE ALL ON FUNCTION liskeban._cron_prefix() FROM PUBLIC;

-- pg_cron's days begin where its setting says, GMT before 1.6. Where the zone's clocks change, a job set for the one
-- half of the year comes an hour early in the other, when it finds nothing due, and catch_up runs it.
CREATE FUNCTION liskeban._cron_statements() RETURNS TABLE (statement text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH wanted AS (
    SELECT liskeban._cron_prefix() || j.name AS name,
           coalesce(j.schedule, to_char((((liskeban.liskeban_now() AT TIME ZONE p.time_zone)::date + j.daily_at)
                                         AT TIME ZONE p.time_zone)
                                        AT TIME ZONE coalesce(current_setting('cron.timezone', true), 'GMT'), 'FMMI FMHH24 * * *')) AS schedule,
           format('CALL liskeban.run_job(%L)', j.name) AS command
      FROM liskeban.job AS j, liskeban.platform AS p
     WHERE j.active
  )
  SELECT format('SELECT cron.unschedule(j.jobid) FROM cron.job AS j WHERE starts_with(j.jobname::text, %L) AND j.jobname <> ALL (%L::name[]);',
                liskeban._cron_prefix(),
                (SELECT array_agg(w.name ORDER BY w.name) FROM wanted AS w) || (liskeban._cron_prefix() || 'cron_log'))
  UNION ALL
  (SELECT format('SELECT cron.schedule_in_database(%L, %L, %L, %L, ''liskeban_job'');', w.name, w.schedule, w.command, current_database())
     FROM wanted AS w ORDER BY w.name)
  UNION ALL
  SELECT 'GRANT USAGE ON SCHEMA cron TO liskeban_job;'
  UNION ALL
  SELECT format('SELECT cron.schedule_in_database(%L, ''43 * * * *'', %L, current_database(), ''liskeban_job'');',
                liskeban._cron_prefix() || 'cron_log',
                'DELETE FROM cron.job_run_details WHERE end_time < now() - interval ''7 days''')
$$;
COMMENT ON FUNCTION liskeban._cron_statements() IS 'the statements that tell pg_cron of this database''s jobs, each ended by a semicolon';
REVOKE ALL ON FUNCTION liskeban._cron_statements() FROM PUBLIC;

CREATE FUNCTION liskeban.schedule_jobs() RETURNS TABLE (statement text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  adopted boolean;
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
    RAISE EXCEPTION 'only a superuser can schedule the jobs' USING ERRCODE = 'insufficient_privilege';
  END IF;
  adopted := liskeban._is_adopted();
  UPDATE liskeban.platform AS p SET system_identifier = s.system_identifier, database = current_database()
    FROM pg_control_system() AS s WHERE NOT adopted;
  -- A dump carries no rights on the database itself.
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO liskeban_job', current_database());
  IF current_setting('cron.use_background_workers', true) IS DISTINCT FROM 'on' THEN
    RAISE NOTICE 'cron.use_background_workers is not on'
      USING HINT = 'Without it pg_cron connects as liskeban_job, which has no password: set it, or let pg_hba.conf trust that role.';
  END IF;
  IF EXISTS (SELECT FROM pg_extension AS e WHERE e.extname = 'pg_cron') THEN
    FOR statement IN SELECT c.statement FROM liskeban._cron_statements() AS c LOOP
      EXECUTE statement;
    END LOOP;
    RAISE NOTICE 'pg_cron has been told of the jobs';
    RETURN;
  END IF;
  RETURN QUERY SELECT c.statement FROM liskeban._cron_statements() AS c;
END
$$;
COMMENT ON FUNCTION liskeban.schedule_jobs() IS '安排任务 adopt this database, so that its jobs run here, and have pg_cron run them: returns the statements to run in pg_cron''s database, where they may be run again; where pg_cron is in this database it runs them itself and returns none. Superuser';
REVOKE ALL ON FUNCTION liskeban.schedule_jobs() FROM PUBLIC;

CREATE FUNCTION liskeban.unschedule_jobs() RETURNS TABLE (statement text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  removal constant text := format('SELECT cron.unschedule(j.jobid) FROM cron.job AS j WHERE starts_with(j.jobname::text, %L);',
                                  liskeban._cron_prefix());
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
    RAISE EXCEPTION 'only a superuser can unschedule the jobs' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF EXISTS (SELECT FROM pg_extension AS e WHERE e.extname = 'pg_cron') THEN
    EXECUTE removal;
    RAISE NOTICE 'pg_cron no longer has the jobs';
    RETURN;
  END IF;
  RETURN QUERY SELECT removal;
END
$$;
COMMENT ON FUNCTION liskeban.unschedule_jobs() IS '撤销任务 have pg_cron run the jobs of this database no more: returns the statement to run in pg_cron''s database; where pg_cron is in this database it runs it itself and returns none. Superuser';
REVOKE ALL ON FUNCTION liskeban.unschedule_jobs() FROM PUBLIC;
$_85_job$)
,('platform/90_grants', $_90_grants$
-- Who may touch what. Everything begins revoked; the guard and the definer functions decide the rest, row by row.

REVOKE ALL ON ALL TABLES IN SCHEMA liskeban FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA liskeban FROM PUBLIC;

GRANT USAGE ON SCHEMA liskeban TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_source,
  liskeban_analyst, liskeban_reader, liskeban_backup, liskeban_job;

-- The registry and the rules are open to all who work here: people and phones apart.
GRANT SELECT ON liskeban.platform, liskeban.domain, liskeban.network, liskeban.reject_reason, liskeban.source_system,
  liskeban.area, liskeban.department, liskeban.category, liskeban.transition, liskeban.sla_policy, liskeban.plan_policy,
  liskeban.escalation_policy, liskeban.supervision_policy, liskeban.calendar_day, liskeban.work_shift, liskeban.area_problem
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;

-- Tickets.
GRANT SELECT, INSERT, UPDATE ON liskeban.ticket TO liskeban_admin, liskeban_dispatcher;
GRANT SELECT, INSERT, UPDATE ON liskeban.ticket TO liskeban_handler;
-- A source takes back what it sent, and says what the citizen answered.
GRANT SELECT (ticket_id, ticket_no, source, external_id, received_at, state, last_seq, updated_at),
  UPDATE (state, note, satisfaction, solved, checked_by) ON liskeban.ticket TO liskeban_source;
GRANT SELECT ON liskeban.ticket_event, liskeban.worklist, liskeban.request, liskeban.attachment, liskeban.ticket_clock
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT ON liskeban.attachment TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT SELECT, INSERT, UPDATE ON liskeban.reporter TO liskeban_admin, liskeban_dispatcher;
GRANT SELECT, UPDATE ON liskeban.ticket TO liskeban_job;
GRANT SELECT ON liskeban.worklist, liskeban.request TO liskeban_job;

-- What an admin keeps.
GRANT INSERT, UPDATE ON liskeban.domain, liskeban.network, liskeban.reject_reason, liskeban.source_system, liskeban.area,
  liskeban.department, liskeban.category, liskeban.membership, liskeban.official, liskeban.duty, liskeban.grid_member
  TO liskeban_admin;
GRANT INSERT, UPDATE, DELETE ON liskeban.transition, liskeban.sla_policy, liskeban.plan_policy,
  liskeban.escalation_policy, liskeban.supervision_policy, liskeban.calendar_day, liskeban.work_shift TO liskeban_admin;
GRANT UPDATE (name, ticket_prefix, time_zone, snap_distance, arrival_distance, reopen_within, rework_floor,
  rework_floor_hard, retention) ON liskeban.platform TO liskeban_admin;
GRANT SELECT ON liskeban.membership, liskeban.official, liskeban.duty, liskeban.grid_member TO liskeban_admin, liskeban_dispatcher;

-- Functions: the moves, for those who make them; the guard says which of them each may make.
GRANT EXECUTE ON FUNCTION liskeban.accept(bigint, text), liskeban.answer(bigint, text), liskeban.reject(bigint, text, text),
  liskeban.withdraw(bigint, text), liskeban.dispatch(bigint, liskeban.area_code, text, text),
  liskeban.redispatch(bigint, liskeban.area_code, text, text), liskeban."return"(bigint, text),
  liskeban.arrive(bigint, text, geometry, timestamptz), liskeban.plan(bigint, text, timestamptz),
  liskeban.resolve(bigint, text, text), liskeban.suspend(bigint, timestamptz, text), liskeban.resume(bigint),
  liskeban.close(bigint, text), liskeban.rework(bigint, text), liskeban.reopen(bigint, text),
  liskeban.merge(bigint, bigint), liskeban.unmerge(bigint, text)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.withdraw(bigint, text), liskeban.close(bigint, text) TO liskeban_source;
GRANT EXECUTE ON FUNCTION liskeban.submit(jsonb) TO liskeban_admin, liskeban_dispatcher, liskeban_source;
GRANT EXECUTE ON FUNCTION liskeban._load_begin(text, text, jsonb, boolean),
  liskeban._load_requests(text, text, text, jsonb, boolean, bigint[], text[], text[]) TO liskeban_admin, liskeban_source;
GRANT EXECUTE ON FUNCTION liskeban.load_history(text, jsonb[]),
  liskeban.load_areas(text, text, text, text, integer, text, boolean) TO liskeban_admin;
GRANT SELECT ON liskeban.intake_reject TO liskeban_admin, liskeban_dispatcher;
GRANT UPDATE (resolved_at) ON liskeban.intake_reject TO liskeban_admin, liskeban_dispatcher;
GRANT SELECT ON liskeban.ticket_intake, liskeban.ticket_message TO liskeban_admin;
GRANT EXECUTE ON FUNCTION liskeban.retry_reject(bigint, jsonb) TO liskeban_admin, liskeban_dispatcher;
GRANT EXECUTE ON FUNCTION liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[])
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_analyst;
GRANT EXECUTE ON FUNCTION liskeban.begin_move(bigint, text), liskeban.begin_redispatch(bigint, liskeban.area_code, text), liskeban.contact(bigint, text),
  liskeban.ask(bigint, text, text, timestamptz), liskeban.decide(bigint, boolean, text)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_source, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[])
  TO liskeban_admin, liskeban_dispatcher, liskeban_analyst, liskeban_job;
GRANT SELECT ON liskeban.alarm, liskeban.platform_alarm TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.sweep(timestamptz, bigint) TO liskeban_admin, liskeban_job;
GRANT EXECUTE ON PROCEDURE liskeban.run_sweep(timestamptz) TO liskeban_admin, liskeban_job;
GRANT SELECT ON liskeban.source_heartbeat TO liskeban_admin, liskeban_dispatcher;
GRANT EXECUTE ON FUNCTION liskeban.heartbeat(text) TO liskeban_admin, liskeban_source, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.check_platform() TO liskeban_admin, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.check_invariants(), liskeban.make_partitions(integer) TO liskeban_admin, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.note_watermark(), liskeban.seal_history() TO liskeban_admin, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.verify_history(bigint) TO liskeban_admin, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.last_final_event() TO liskeban_admin, liskeban_dispatcher, liskeban_analyst, liskeban_job;
GRANT SELECT ON liskeban.watermark, liskeban.seal TO liskeban_admin, liskeban_job;

-- Jobs, as pg_cron runs them.
GRANT SELECT ON liskeban.job, liskeban.platform TO liskeban_job;
GRANT SELECT ON liskeban.job TO liskeban_admin;
GRANT UPDATE (daily_at, active) ON liskeban.job TO liskeban_admin;
GRANT EXECUTE ON FUNCTION liskeban._begin_job(text), liskeban._run_step(text, date),
  liskeban._end_job(text, timestamptz, text, boolean), liskeban._missed_jobs(), liskeban._unlock_job(text) TO liskeban_job;
GRANT EXECUTE ON PROCEDURE liskeban.run_job(text), liskeban.run_missed_jobs() TO liskeban_job;

-- Days.
GRANT EXECUTE ON FUNCTION liskeban.roll_up(), liskeban.analyse_day(date) TO liskeban_admin, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.flow(date, date)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_analyst, liskeban_job;
GRANT SELECT ON liskeban.stat_daily, liskeban.flow_daily, liskeban.analysed_day
  TO liskeban_admin, liskeban_dispatcher, liskeban_analyst, liskeban_job;
GRANT SELECT ON liskeban.roll_up_state TO liskeban_admin, liskeban_job;

-- A backup reads everything there is, and nothing else.
GRANT USAGE ON SCHEMA liskeban_report TO liskeban_backup, liskeban_admin, liskeban_analyst;
GRANT SELECT ON ALL TABLES IN SCHEMA liskeban TO liskeban_backup;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA liskeban TO liskeban_backup;
GRANT SELECT ON ALL TABLES IN SCHEMA liskeban_report TO liskeban_backup, liskeban_admin, liskeban_analyst;
$_90_grants$)
,('seed/10_lists', $_10_lists$
-- The short open lists: domains of the daily analysis, the four networks on one grid, reasons for not taking a demand on.

INSERT INTO liskeban.domain (code, name, name_en) VALUES
  ('public_safety',   '公共安全', 'Public safety'),
  ('city_operation',  '城市运行', 'City operation'),
  ('ecology',         '生态环境', 'Ecology and environment'),
  ('grid_management', '网格治理', 'Grid management'),
  ('livelihood',      '民生保障', 'Livelihood');

INSERT INTO liskeban.network (code, name, name_en) VALUES
  ('party',      '党建网', 'Party building'),
  ('governance', '治理网', 'Governance'),
  ('service',    '服务网', 'Service'),
  ('safety',     '平安网', 'Safety');

INSERT INTO liskeban.reject_reason (code, name, name_en) VALUES
  ('other_jurisdiction', '不属于本区管辖',               'Matter of another jurisdiction'),
  ('petition_or_court',  '已进入信访、仲裁或诉讼程序',   'Before the petition office, an arbitrator or a court'),
  ('emergency_number',   '应拨打110、119、120等紧急电话', 'Belongs to an emergency number'),
  ('unclear',            '诉求不清且无法联系核实',       'Unclear, and the citizen cannot be asked'),
  ('repeat_final',       '已终结答复且无新事实的重复诉求', 'Repeated after a final answer without new facts');
$_10_lists$)
,('seed/20_transitions', $_20_transitions$
-- The moves a ticket may make. What stands in requires is checked in its order; the DETAIL of LK002 names the first that is missing.

-- The desk: intake
INSERT INTO liskeban.transition (from_state, to_state, action, roles, requires) VALUES
  ('reported',   'accepted',   'accept',     '{dispatcher,platform}', '{}'),
  ('rejected',   'accepted',   'accept',     '{dispatcher,platform}', '{note}'),
  ('reported',   'resolved',   'answer',     '{dispatcher}',          '{reply}'),
  ('accepted',   'resolved',   'answer',     '{dispatcher}',          '{reply}'),
  ('reported',   'rejected',   'reject',     '{dispatcher}',          '{reject_reason,reply}'),
  ('accepted',   'rejected',   'reject',     '{dispatcher}',          '{reject_reason,reply}'),
  ('reported',   'withdrawn',  'withdraw',   '{dispatcher,source}',   '{note}'),
  ('accepted',   'withdrawn',  'withdraw',   '{dispatcher,source}',   '{note}'),
  ('dispatched', 'withdrawn',  'withdraw',   '{dispatcher,source}',   '{note}'),
  ('on_site',    'withdrawn',  'withdraw',   '{dispatcher,source}',   '{note}'),
  ('planned',    'withdrawn',  'withdraw',   '{dispatcher,source}',   '{note}'),
  ('suspended',  'withdrawn',  'withdraw',   '{dispatcher,source}',   '{note}'),
  ('resolved',   'withdrawn',  'withdraw',   '{dispatcher,source}',   '{note}'),
  ('merged',     'withdrawn',  'withdraw',   '{dispatcher,source}',   '{note}');

-- The desk: who holds it
INSERT INTO liskeban.transition (from_state, to_state, action, roles, requires) VALUES
  ('accepted',   'dispatched', 'dispatch',   '{dispatcher,platform}', '{responsible_area|department}'),
  ('dispatched', 'dispatched', 'redispatch', '{dispatcher}',          '{@another_holder,note}'),
  ('on_site',    'dispatched', 'redispatch', '{dispatcher}',          '{@another_holder,note}'),
  ('planned',    'dispatched', 'redispatch', '{dispatcher}',          '{@another_holder,note}'),
  ('dispatched', 'accepted',   'return',     '{dispatcher}',          '{@has_request,note,@not_designated}'),
  ('on_site',    'accepted',   'return',     '{dispatcher}',          '{@has_request,note,@not_designated}');

-- The handler: arrive, plan, resolve
INSERT INTO liskeban.transition (from_state, to_state, action, roles, requires) VALUES
  ('dispatched', 'on_site',    'arrive',     '{handler}',             '{}'),
  ('dispatched', 'planned',    'plan',       '{handler}',             '{@off_site,@hard,plan,promised_at}'),
  ('on_site',    'planned',    'plan',       '{handler}',             '{@hard,plan,promised_at}'),
  ('planned',    'planned',    'plan',       '{handler}',             '{@hard,plan,promised_at}'),
  ('dispatched', 'resolved',   'resolve',    '{handler}',             '{@off_site,@contacted,resolution,@parties_done,@photo}'),
  ('on_site',    'resolved',   'resolve',    '{handler}',             '{resolution,@parties_done,@photo}'),
  ('planned',    'resolved',   'resolve',    '{handler}',             '{resolution,@parties_done,@photo}');

-- On hold and back
INSERT INTO liskeban.transition (from_state, to_state, action, roles, requires) VALUES
  ('on_site',    'suspended',  'suspend',    '{dispatcher}',          '{@has_request,suspend_until}'),
  ('planned',    'suspended',  'suspend',    '{dispatcher}',          '{@has_request,suspend_until}'),
  ('suspended',  'on_site',    'resume',     '{handler,dispatcher,platform}', '{@suspended_from}'),
  ('suspended',  'planned',    'resume',     '{handler,dispatcher,platform}', '{@suspended_from}');

-- After the work: the citizen's answer
INSERT INTO liskeban.transition (from_state, to_state, action, roles, requires) VALUES
  ('resolved',   'closed',     'close',      '{dispatcher,source,platform}', '{@reporter_answered}'),
  ('resolved',   'dispatched', 'rework',     '{dispatcher}',          '{note}'),
  ('closed',     'dispatched', 'reopen',     '{dispatcher}',          '{@has_request,@reopen_window}');

-- Duplicates
INSERT INTO liskeban.transition (from_state, to_state, action, roles, requires) VALUES
  ('reported',   'merged',     'merge',      '{dispatcher}',          '{merged_into}'),
  ('accepted',   'merged',     'merge',      '{dispatcher}',          '{merged_into}'),
  ('dispatched', 'merged',     'merge',      '{dispatcher}',          '{merged_into}'),
  ('on_site',    'merged',     'merge',      '{dispatcher}',          '{merged_into}'),
  ('merged',     'accepted',   'unmerge',    '{dispatcher,platform}', '{note}');
$_20_transitions$)
,('seed/30_policies', $_30_policies$
-- How long each clock gives, how far a rung may promise, how a ticket climbs, what an overdue clock sets off.

INSERT INTO liskeban.sla_policy (difficulty, clock, within, basis) VALUES
  ('simple',  'accept',   '5 minutes',  'calendar'),
  ('simple',  'dispatch', '10 minutes', 'calendar'),
  ('simple',  'respond',  '15 minutes', 'calendar'),
  ('simple',  'contact',  '24 hours',   'calendar'),
  ('simple',  'resolve',  '1 day',      'calendar'),
  ('simple',  'feedback', '3 days',     'working_day'),
  ('general', 'accept',   '5 minutes',  'calendar'),
  ('general', 'dispatch', '10 minutes', 'calendar'),
  ('general', 'respond',  '15 minutes', 'calendar'),
  ('general', 'contact',  '24 hours',   'calendar'),
  ('general', 'resolve',  '3 days',     'calendar'),
  ('general', 'feedback', '3 days',     'working_day'),
  ('hard',    'accept',   '5 minutes',  'calendar'),
  ('hard',    'dispatch', '10 minutes', 'calendar'),
  ('hard',    'respond',  '15 minutes', 'calendar'),
  ('hard',    'contact',  '24 hours',   'calendar'),
  ('hard',    'plan',     '7 days',     'calendar'),
  ('hard',    'feedback', '3 days',     'working_day');

-- There is no rung above the principal: its row repeats the district's, so that progress stays due there too.
INSERT INTO liskeban.plan_policy (tier, max_promise, progress_every, max_replans) VALUES
  ('village',   '30 days', '7 days', 1),
  ('town',      '60 days', '7 days', 1),
  ('district',  '90 days', '7 days', 1),
  ('principal', '90 days', '7 days', 1);

INSERT INTO liskeban.escalation_policy (tier, sign_within, handle_within, basis, auto, max_declined) VALUES
  ('town',      '1 hour', '3 days', 'working_day', true, 3),
  ('district',  '1 hour', '5 days', 'working_day', true, 3),
  ('principal', '1 hour', '7 days', 'working_day', true, 3);

-- contact is the respond clock of a category that needs no arrival; reply is the clock of an order that nobody answered.
INSERT INTO liskeban.supervision_policy (clock, level, kind, reply_within, basis) VALUES
  ('accept',   'red',  'urge',   NULL,    'working_day'),
  ('dispatch', 'red',  'urge',   NULL,    'working_day'),
  ('respond',  'red',  'urge',   NULL,    'working_day'),
  ('contact',  'red',  'urge',   NULL,    'working_day'),
  ('feedback', 'red',  'urge',   NULL,    'working_day'),
  ('progress', 'red',  'urge',   NULL,    'working_day'),
  ('plan',     'red',  'order',  '1 day', 'working_day'),
  ('resolve',  'red',  'order',  '1 day', 'working_day'),
  ('handle',   'red',  'order',  '1 day', 'working_day'),
  ('reply',    'red',  'notice', NULL,    'working_day'),
  ('plan',     'red2', 'notice', NULL,    'working_day'),
  ('resolve',  'red2', 'notice', NULL,    'working_day'),
  ('handle',   'red2', 'notice', NULL,    'working_day');
$_30_policies$)
,('seed/40_calendar', $_40_calendar$
-- Office hours, and the exceptions to Monday-to-Friday 2018 to 2026: the holidays and make-up working days (调休) that the
-- General Office of the State Council announces for each year (2020: with the prolonged spring festival).

INSERT INTO liskeban.work_shift (weekday, starts, ends)
SELECT weekday, starts, ends
  FROM generate_series(1, 7) AS weekday,
       (VALUES (time '09:00', time '12:00'), (time '13:30', time '17:00')) AS shift (starts, ends);

-- Days off, each run with its first and last day
INSERT INTO liskeban.calendar_day (day, is_working, name)
SELECT first + n, false, name
  FROM (VALUES
         (date '2018-01-01', date '2018-01-01', '元旦'),
         (date '2018-02-15', date '2018-02-21', '春节'),
         (date '2018-04-05', date '2018-04-07', '清明节'),
         (date '2018-04-29', date '2018-05-01', '劳动节'),
         (date '2018-06-18', date '2018-06-18', '端午节'),
         (date '2018-09-24', date '2018-09-24', '中秋节'),
         (date '2018-10-01', date '2018-10-07', '国庆节'),
         (date '2018-12-30', date '2019-01-01', '元旦'),
         (date '2019-02-04', date '2019-02-10', '春节'),
         (date '2019-04-05', date '2019-04-05', '清明节'),
         (date '2019-05-01', date '2019-05-04', '劳动节'),
         (date '2019-06-07', date '2019-06-07', '端午节'),
         (date '2019-09-13', date '2019-09-13', '中秋节'),
         (date '2019-10-01', date '2019-10-07', '国庆节'),
         (date '2020-01-01', date '2020-01-01', '元旦'),
         (date '2020-01-24', date '2020-02-02', '春节'),
         (date '2020-04-04', date '2020-04-06', '清明节'),
         (date '2020-05-01', date '2020-05-05', '劳动节'),
         (date '2020-06-25', date '2020-06-27', '端午节'),
         (date '2020-10-01', date '2020-10-08', '国庆节、中秋节'),
         (date '2021-01-01', date '2021-01-03', '元旦'),
         (date '2021-02-11', date '2021-02-17', '春节'),
         (date '2021-04-03', date '2021-04-05', '清明节'),
         (date '2021-05-01', date '2021-05-05', '劳动节'),
         (date '2021-06-12', date '2021-06-14', '端午节'),
         (date '2021-09-19', date '2021-09-21', '中秋节'),
         (date '2021-10-01', date '2021-10-07', '国庆节'),
         (date '2022-01-01', date '2022-01-03', '元旦'),
         (date '2022-01-31', date '2022-02-06', '春节'),
         (date '2022-04-03', date '2022-04-05', '清明节'),
         (date '2022-04-30', date '2022-05-04', '劳动节'),
         (date '2022-06-03', date '2022-06-05', '端午节'),
         (date '2022-09-10', date '2022-09-12', '中秋节'),
         (date '2022-10-01', date '2022-10-07', '国庆节'),
         (date '2022-12-31', date '2023-01-02', '元旦'),
         (date '2023-01-21', date '2023-01-27', '春节'),
         (date '2023-04-05', date '2023-04-05', '清明节'),
         (date '2023-04-29', date '2023-05-03', '劳动节'),
         (date '2023-06-22', date '2023-06-24', '端午节'),
         (date '2023-09-29', date '2023-10-06', '中秋节、国庆节'),
         (date '2024-01-01', date '2024-01-01', '元旦'),
         (date '2024-02-10', date '2024-02-17', '春节'),
         (date '2024-04-04', date '2024-04-06', '清明节'),
         (date '2024-05-01', date '2024-05-05', '劳动节'),
         (date '2024-06-10', date '2024-06-10', '端午节'),
         (date '2024-09-15', date '2024-09-17', '中秋节'),
         (date '2024-10-01', date '2024-10-07', '国庆节'),
         (date '2025-01-01', date '2025-01-01', '元旦'),
         (date '2025-01-28', date '2025-02-04', '春节'),
         (date '2025-04-04', date '2025-04-06', '清明节'),
         (date '2025-05-01', date '2025-05-05', '劳动节'),
         (date '2025-05-31', date '2025-06-02', '端午节'),
         (date '2025-10-01', date '2025-10-08', '国庆节、中秋节'),
         (date '2026-01-01', date '2026-01-03', '元旦'),
         (date '2026-02-15', date '2026-02-23', '春节'),
         (date '2026-04-04', date '2026-04-06', '清明节'),
         (date '2026-05-01', date '2026-05-05', '劳动节'),
         (date '2026-06-19', date '2026-06-21', '端午节'),
         (date '2026-09-25', date '2026-09-27', '中秋节'),
         (date '2026-10-01', date '2026-10-07', '国庆节')
       ) AS holiday (first, last, name),
       LATERAL generate_series(0, last - first) AS n;

-- Saturdays and Sundays that are worked; and the Monday that followed the prolonged spring festival of 2020
INSERT INTO liskeban.calendar_day (day, is_working, name) VALUES
  ('2018-02-11', true, '春节'),
  ('2018-02-24', true, '春节'),
  ('2018-04-08', true, '清明节'),
  ('2018-04-28', true, '劳动节'),
  ('2018-09-29', true, '国庆节'),
  ('2018-09-30', true, '国庆节'),
  ('2018-12-29', true, '元旦'),
  ('2019-02-02', true, '春节'),
  ('2019-02-03', true, '春节'),
  ('2019-04-28', true, '劳动节'),
  ('2019-05-05', true, '劳动节'),
  ('2019-09-29', true, '国庆节'),
  ('2019-10-12', true, '国庆节'),
  ('2020-01-19', true, '春节'),
  ('2020-02-03', true, '春节'),
  ('2020-04-26', true, '劳动节'),
  ('2020-05-09', true, '劳动节'),
  ('2020-06-28', true, '端午节'),
  ('2020-09-27', true, '国庆节、中秋节'),
  ('2020-10-10', true, '国庆节、中秋节'),
  ('2021-02-07', true, '春节'),
  ('2021-02-20', true, '春节'),
  ('2021-04-25', true, '劳动节'),
  ('2021-05-08', true, '劳动节'),
  ('2021-09-18', true, '中秋节'),
  ('2021-09-26', true, '国庆节'),
  ('2021-10-09', true, '国庆节'),
  ('2022-01-29', true, '春节'),
  ('2022-01-30', true, '春节'),
  ('2022-04-02', true, '清明节'),
  ('2022-04-24', true, '劳动节'),
  ('2022-05-07', true, '劳动节'),
  ('2022-10-08', true, '国庆节'),
  ('2022-10-09', true, '国庆节'),
  ('2023-01-28', true, '春节'),
  ('2023-01-29', true, '春节'),
  ('2023-04-23', true, '劳动节'),
  ('2023-05-06', true, '劳动节'),
  ('2023-06-25', true, '端午节'),
  ('2023-10-07', true, '中秋节、国庆节'),
  ('2023-10-08', true, '中秋节、国庆节'),
  ('2024-02-04', true, '春节'),
  ('2024-02-18', true, '春节'),
  ('2024-04-07', true, '清明节'),
  ('2024-04-28', true, '劳动节'),
  ('2024-05-11', true, '劳动节'),
  ('2024-09-14', true, '中秋节'),
  ('2024-09-29', true, '国庆节'),
  ('2024-10-12', true, '国庆节'),
  ('2025-01-26', true, '春节'),
  ('2025-02-08', true, '春节'),
  ('2025-04-27', true, '劳动节'),
  ('2025-09-28', true, '国庆节、中秋节'),
  ('2025-10-11', true, '国庆节、中秋节'),
  ('2026-01-04', true, '元旦'),
  ('2026-02-14', true, '春节'),
  ('2026-02-28', true, '春节'),
  ('2026-05-09', true, '劳动节'),
  ('2026-09-20', true, '国庆节'),
  ('2026-10-10', true, '国庆节');
$_40_calendar$)
,('seed/50_departments', $_50_departments$
-- The departments of a district and the utilities that serve it. The offices of the towns, and every duty phone, are the district's to add.

INSERT INTO liskeban.department (code, name, name_en, level) VALUES
  ('command_centre',       '社会治理指挥中心',       'Command centre',                            'district'),
  ('data',                 '数据局',                 'Data bureau',                               'district'),
  ('petition',             '信访局',                 'Letters and visits bureau',                 'district'),
  ('social_work',          '社会工作部',             'Social work department',                    'district'),
  ('public_security',      '公安分局',               'Public security branch bureau',             'district'),
  ('justice',              '司法局',                 'Justice bureau',                            'district'),
  ('fire_rescue',          '消防救援大队',           'Fire and rescue brigade',                   'district'),
  ('emergency_management', '应急管理局',             'Emergency management bureau',               'district'),
  ('finance_office',       '地方金融管理办公室',     'Local financial administration office',     'district'),
  ('market_regulation',    '市场监督管理局',         'Market regulation bureau',                  'district'),
  ('city_management',      '城市管理局',             'City management bureau',                    'district'),
  ('housing_construction', '住房和城乡建设局',       'Housing and urban-rural construction bureau', 'district'),
  ('natural_resources',    '规划和自然资源分局',     'Planning and natural resources branch bureau', 'district'),
  ('ecology_environment',  '生态环境局',             'Ecology and environment bureau',            'district'),
  ('transport',            '交通运输局',             'Transport bureau',                          'district'),
  ('water_affairs',        '水务局',                 'Water affairs bureau',                      'district'),
  ('agriculture',          '农业农村局',             'Agriculture and rural affairs bureau',      'district'),
  ('civil_affairs',        '民政局',                 'Civil affairs bureau',                      'district'),
  ('human_resources',      '人力资源和社会保障局',   'Human resources and social security bureau', 'district'),
  ('medical_security',     '医疗保障局',             'Medical security bureau',                   'district'),
  ('health',               '卫生健康委员会',         'Health commission',                         'district'),
  ('education',            '教育局',                 'Education bureau',                          'district'),
  ('culture_tourism',      '文化和旅游局',           'Culture and tourism bureau',                'district'),
  ('veterans',             '退役军人事务局',         'Veterans affairs bureau',                   'district'),
  ('tax',                  '税务局',                 'Tax bureau',                                'district'),
  ('housing_fund',         '住房公积金管理部',       'Housing provident fund office',             'district'),
  ('power_supply',         '供电公司',               'Power supply company',                      'district'),
  ('water_supply',         '供水公司',               'Water supply company',                      'district'),
  ('gas_supply',           '燃气公司',               'Gas company',                               'district'),
  ('telecom',              '通信发展联席办公室',     'Joint office of the telecom operators',     'district');
$_50_departments$)
,('seed/60_sources', $_60_sources$
-- The 26 upstream systems. heartbeat is the longest silence that is normal, NULL is never watched;
-- one that reads back is told of each change of state of its tickets.

INSERT INTO liskeban.source_system (code, name, name_en, kind, heartbeat, reads_back) VALUES
  ('hotline_12345',   '12345政务服务便民热线',   'Government service hotline 12345',        'hotline', '2 hours',    true),
  ('police_110',      '110非警务警情分流',       'Non-police calls handed over by 110',     'police',  '4 hours',    true),
  ('grid_app',        '网格员移动终端',          'App of the grid workers',                 'grid',    '2 hours',    true),
  ('city_camera',     '城市管理视频智能识别',    'City management camera recognition',      'iot',     '30 minutes', false),
  ('hotline_12328',   '12328交通运输服务监督电话', 'Transport hotline 12328',               'hotline', '1 day',      false),
  ('hotline_12315',   '12315市场监管投诉举报平台', 'Consumer complaints platform 12315',    'hotline', '12 hours',   true),
  ('hotline_12369',   '12369生态环境投诉举报平台', 'Environment complaints platform 12369', 'hotline', '1 day',      true),
  ('hotline_12350',   '12350安全生产举报投诉热线', 'Work safety hotline 12350',             'hotline', NULL,         false),
  ('hotline_12333',   '12333人力资源社会保障热线', 'Labour and social security hotline 12333', 'hotline', '1 day',   false),
  ('hotline_95598',   '95598供电服务热线',       'Power supply hotline 95598',              'hotline', '1 day',      false),
  ('water_iot',       '供排水管网监测',          'Water and drainage network monitoring',   'iot',     '15 minutes', false),
  ('gas_iot',         '燃气泄漏监测',            'Gas leak sensors',                        'iot',     '10 minutes', false),
  ('ebike_iot',       '电动自行车充电监测',      'E-bike charging monitoring',              'iot',     '15 minutes', false),
  ('chemical_iot',    '危化企业安全监测预警',    'Chemical plant risk monitoring',          'iot',     '5 minutes',  false),
  ('highrise_fire',   '高层建筑消防物联网',      'Fire sensors of high-rise buildings',     'iot',     '10 minutes', false),
  ('lift_iot',        '电梯应急处置平台',        'Lift emergency platform',                 'iot',     '1 hour',     false),
  ('air_station',     '空气质量微站',            'Air quality micro-stations',              'iot',     '90 minutes', false),
  ('river_station',   '水位雨量站',              'Water level and rain gauges',             'iot',     '1 hour',     false),
  ('weather',         '气象预警发布',            'Weather warnings',                        'bureau',  NULL,         false),
  ('petition_system', '信访信息系统',            'Letters and visits system',               'bureau',  NULL,         true),
  ('mayor_mailbox',   '区长信箱',                'Mailbox of the head of the district',     'web',     NULL,         true),
  ('web_message',     '网民留言办理',            'Messages left on news and public web sites', 'web',  NULL,         true),
  ('web_forum',       '网络论坛舆情巡查',        'Watch on web forums',                     'web',     NULL,         false),
  ('wechat',          '微信公众号随手拍',        'Snapshots by WeChat',                     'app',     '12 hours',   true),
  ('city_platform',   '市级平台交办',            'Handed down by the city platform',        'bureau',  NULL,         true),
  ('service_hall',    '政务服务大厅窗口',        'Counters of the service hall',            'counter', NULL,         false);
$_60_sources$)
,('seed/70_categories_public_safety', $_70_categories_public_safety$
-- 清单事项：公共安全. The fields in braces of a reply template: {ticket_no}, {place}, {on_site_at}, {contacted_at}, {finding} what was
-- found, {action} what was done, {promised_at}, {department}, {phone}.

INSERT INTO liskeban.category (code, name, name_en, domain, difficulty, lead, department, listed, on_site, needs_photo, about_staff,
                               steps, reply_template, words) VALUES

('ebike_charging', '电动自行车飞线充电、进楼入户', 'E-bikes charged by trailing wires or taken indoors',
 'public_safety', 'simple', 'village', 'fire_rescue', true, true, true, false,
 ARRAY['到楼栋核对充电位置，当场断电并收起飞线，车辆和电池移出楼道、门厅',
       '登记车主和房号，当面讲清楼内充电起火的后果并请其签收告知书',
       '查看小区集中充电设施是否够用、能否正常使用，不足的报镇街和物业增设',
       '同一车主再次违规的，移交消防部门依法处理',
       '三日内夜间复查一次，拍照上传'],
 '您反映的{place}电动自行车违规充电问题（{ticket_no}）收悉。网格员于{on_site_at}到场，现场情况：{finding}。已断电清移并教育车主，{action}。如再发现飞线充电，请拍照向我们反映。',
 '{飞线充电,电动车充电,电瓶车充电,充电桩,电瓶上楼}'),

('fire_lane_blocked', '占用、堵塞消防车通道和疏散通道', 'Fire lanes and escape routes blocked',
 'public_safety', 'simple', 'village', 'fire_rescue', true, true, true, false,
 ARRAY['到场确认被占的是消防车通道、登高场地还是楼内疏散通道，拍照留证',
       '联系车主或物主当场移开；锁闭的安全出口要求立即开启',
       '联系不上或拒不移开的，通知消防部门和交警依法清移、处罚',
       '督促物业补划消防车通道标线，装设禁停标识'],
 '您反映的{place}消防通道被占问题（{ticket_no}），工作人员{on_site_at}到场核实：{finding}。目前{action}，通道已恢复畅通，并已要求物业落实日常巡查。',
 '{消防通道,消防车通道,疏散通道,安全出口,生命通道}'),

('fire_equipment', '消防设施缺失、损坏、停用', 'Fire equipment missing, broken or out of use',
 'public_safety', 'general', 'town', 'fire_rescue', true, true, false, false,
 ARRAY['会同物业或产权单位逐层检查消火栓水压、灭火器压力、报警主机、喷淋、防火门和应急照明',
       '列出问题清单，向责任单位发出限期改正通知，明确修复日期',
       '修复期间要求加派值守、备足灭火器，落实临时防范',
       '维修费用有争议的，指导按程序使用维修资金应急支取',
       '到期复查，试水、试报警合格后销项'],
 '关于您反映的{place}消防设施问题（{ticket_no}）：经{department}现场检查，{finding}。已责令责任单位整改，{action}，计划{promised_at}前恢复正常，期间已落实人员值守。',
 '{消防栓,消火栓,灭火器,消防设施,消防喷淋,消防设备}'),

('fire_unapproved_premises', '场所未经消防验收、检查擅自营业', 'Premises opened without fire approval',
 'public_safety', 'general', 'department', 'fire_rescue', true, true, false, false,
 ARRAY['调取场所的建设工程消防验收（备案）和投入使用、营业前消防安全检查记录',
       '现场核查使用性质、建筑面积、安全出口数量和装修材料',
       '未取得许可擅自营业的，依法责令停止使用、停产停业并立案',
       '属建设工程未验收的，移送住房城乡建设部门同步查处',
       '整改取得合法手续后方可恢复营业，结果告知反映人'],
 '您反映的{place}消防手续问题（{ticket_no}），我们已查阅档案并于{on_site_at}现场检查：{finding}。依照消防法的规定，{action}。该场所未取得合法手续前不得营业。',
 '{消防手续,消防验收,消防许可,无消防}'),

('gas_leak', '燃气泄漏、疑似煤气味', 'Gas leak or smell of gas',
 'public_safety', 'simple', 'department', 'gas_supply', true, true, false, false,
 ARRAY['电话提醒来电人不开关电器、不用明火、开窗通风，撤到室外等候',
       '抢修人员带检测仪到场，划出警戒范围，先关阀后查漏',
       '检测厨房、管井和相邻住户的浓度，必要时疏散整个单元',
       '更换破损的软管、阀门或管段，保压试验合格后恢复供气',
       '入户点火并登记，次日回访'],
 '您反映的{place}燃气异味（{ticket_no}），抢修人员{on_site_at}到场检测：{finding}。已完成{action}，复测合格并恢复供气。如再闻到异味，请先撤离再拨打{phone}。',
 '{燃气泄漏,煤气泄漏,天然气泄漏,煤气味,漏气,燃气管道}'),

('bottled_gas', '瓶装液化气违规储存、使用', 'Bottled gas stored or used against the rules',
 'public_safety', 'general', 'town', 'housing_construction', true, true, false, false,
 ARRAY['检查餐饮店或住户的气瓶数量、检验期、角阀、软管和报警切断装置',
       '地下室、高层和人员密集场所使用瓶装气的，当场停用并清出气瓶',
       '扫码追溯充装单位，过期瓶、报废瓶、黑气一律扣存并移交查处',
       '有管道气条件的，动员改用管道气或改用电，登记改造日期',
       '整改后七日内复查'],
 '您反映的{place}瓶装液化气问题（{ticket_no}），{on_site_at}检查发现：{finding}。不合格气瓶和软管已处置，{action}，后续由镇街每月复查。',
 '{煤气罐,液化气,煤气瓶,瓶装气,液化石油气}'),

('lift_fault', '电梯困人、故障频发', 'Lift entrapment or repeated lift faults',
 'public_safety', 'general', 'town', 'market_regulation', true, true, false, false,
 ARRAY['有人被困的，先通知维保单位和电梯应急处置平台救援，确认人员安全',
       '查看使用登记、检验标志、维保记录和近三个月的故障记录',
       '对存在隐患的电梯责令停用，张贴告示，限期修复并申请检验',
       '需更换部件或整机的，由镇街召集业主和物业商定维修资金使用',
       '恢复运行后随机乘梯检查，公布维保电话'],
 '关于{place}电梯问题（{ticket_no}）：经检查，{finding}。已责令使用单位和维保单位{action}，预计{promised_at}前检验合格恢复运行。停梯给您带来不便，敬请谅解。',
 '{电梯故障,电梯困人,掉楼层,电梯坏,电梯经常,电梯维修,电梯停运}'),

('falling_objects', '高空抛物、外墙及附着物脱落', 'Things thrown or falling from buildings',
 'public_safety', 'general', 'village', 'public_security', true, true, false, false,
 ARRAY['到场拉设警戒带或围挡，先保证楼下行人安全，拍摄坠落物和落点',
       '有人抛掷的，会同民警调看监控、走访同侧住户，查清行为人',
       '外墙砖、空调支架、窗扇松动的，通知产权人和物业立即排险',
       '楼栋张贴提示，建议加装朝天摄像头',
       '排险后复看整个立面，隐患未除不撤围挡'],
 '您反映的{place}坠物问题（{ticket_no}），工作人员{on_site_at}到场设置警戒并调查：{finding}。现已{action}。若您知道抛物的楼层，可直接向社区民警提供线索，我们为您保密。',
 '{高空抛物,外墙脱落,墙砖脱落,瓷砖脱落,坠物,掉落}'),

('unsafe_building', '危房、房屋开裂沉降', 'Unsafe, cracked or settling buildings',
 'public_safety', 'hard', 'town', 'housing_construction', true, true, false, false,
 ARRAY['当天到场查看裂缝、倾斜和地基，贴裂缝观测标记，危及人身的先撤人',
       '委托有资质的机构做房屋安全鉴定，明确危险等级',
       '查清成因：自然老化、违规装修拆改承重墙，还是相邻施工影响',
       '按等级制订加固、拆除、翻建或搬离过渡方案，符合条件的申请危房改造补助',
       '落实专人监测，汛期和大风天气每日巡查，直至险情解除'],
 '您反映的{place}房屋安全问题（{ticket_no}），{on_site_at}现场查看：{finding}。已委托鉴定并落实{action}，处置方案将于{promised_at}前完成，期间请勿在危险部位停留。',
 '{危房,房屋开裂,墙体开裂,地基下沉,房屋倾斜,承重墙,墙面开裂}'),

('workshop_safety', '企业和小作坊安全生产隐患', 'Work safety hazards in firms and workshops',
 'public_safety', 'general', 'town', 'emergency_management', true, true, false, false,
 ARRAY['不打招呼到现场，检查用电、动火、有限空间、粉尘和住人情况',
       '住宿与生产、仓储合用的，当场清人并切断生产电源',
       '能立即改的当场改，不能立即改的下达责令限期整改指令书',
       '重大隐患挂牌督办，停产整改',
       '对实名举报人反馈结果，查实的按规定申请奖励'],
 '您举报的{place}安全隐患（{ticket_no}）经查：{finding}。执法人员已{action}，要求{promised_at}前整改到位并将组织复查。举报人信息依法保密。',
 '{安全生产,生产安全,小作坊,无证生产,违规生产,地下工厂}'),

('hazardous_goods', '危险化学品、烟花爆竹非法储存经营', 'Hazardous chemicals or fireworks kept or sold illegally',
 'public_safety', 'hard', 'department', 'emergency_management', true, true, false, false,
 ARRAY['会同公安、消防远距离核实品种、数量和周边人员，先疏散再进入',
       '查验经营许可、储存条件和安全距离，无证的就地查封、专业转运',
       '追查进货渠道和运输车辆，涉嫌犯罪的移送公安',
       '合法企业与居民区距离不足的，组织安全评价，制订停用或搬迁方案',
       '向周边居民说明风险和处置结果'],
 '您反映的{place}危险物品问题（{ticket_no}），{department}会同有关部门于{on_site_at}核查：{finding}。已采取{action}，后续工作将于{promised_at}前完成并向您反馈。',
 '{危险化学品,危化品,烟花爆竹,易燃易爆,非法储油,黑加油}'),

('site_safety', '建筑工地安全防护不到位', 'Building sites without proper protection',
 'public_safety', 'general', 'department', 'housing_construction', true, true, false, false,
 ARRAY['检查围挡、临边洞口、脚手架、塔吊覆盖范围和行人通道防护棚',
       '危及行人和居民的部位立即停工，先加防护再复工',
       '约谈建设、施工、监理三方，下达整改通知并记入信用',
       '塔吊越界、深基坑影响周边房屋的，组织专家论证并布设监测点'],
 '您反映的{place}工地安全问题（{ticket_no}），监督人员{on_site_at}检查：{finding}。已责令{action}，整改不合格不得复工。',
 '{塔吊,脚手架,工地围挡,施工安全,基坑,安全帽}'),

('gambling', '聚众赌博、麻将馆和老虎机', 'Gambling dens, mahjong parlours, slot machines',
 'public_safety', 'general', 'department', 'public_security', true, true, false, false,
 ARRAY['核对地址、营业时间和人员规律，对反映人信息严格保密',
       '民警错时检查，区分棋牌娱乐与赌博，查赌资、抽头和电子游戏设备',
       '构成赌博的依法处罚、收缴设备；仅为噪声扰民的，告诫限时停业',
       '通知社区和市场监管核查营业执照及住改商情况，列入重点巡查'],
 '您反映的{place}涉赌问题（{ticket_no}），公安机关已开展检查：{finding}。依法{action}，并列入重点巡查。您的信息我们严格保密。',
 '{赌博,麻将馆,老虎机,棋牌室,打麻将,赌场,聚赌}'),

('pyramid_selling', '传销窝点和涉嫌传销经营', 'Pyramid selling',
 'public_safety', 'hard', 'department', 'market_regulation', true, false, false, false,
 ARRAY['记录组织名称、层级、收费方式、聚集地点和受害人情况，涉密办理',
       '会同公安摸排出租房和授课点，注意解救被控制人员',
       '固定宣传资料、转账记录和网络后台数据，认定是否构成传销',
       '取缔窝点、查处组织者，遣散参与人员并告诫出租房主',
       '涉案金额较大的移送公安，办理进展告知反映人'],
 '您反映的涉嫌传销线索（{ticket_no}）已由{department}会同公安机关核查：{finding}。目前{action}。请保留转账凭证和聊天记录，切勿再投入资金。',
 '{传销,拉人头,发展下线,微商代理,入会费}'),

('illegal_fundraising', '非法集资、网贷平台无法兑付', 'Illegal fund-raising and failed lending platforms',
 'public_safety', 'hard', 'department', 'finance_office', true, false, false, false,
 ARRAY['登记投资人、合同、金额和已兑付情况，引导到公安经侦部门报案登记',
       '查询公司注册地、金融牌照和实际经营地址，核实是否在本区',
       '已立案的，公布专案信息渠道和资产追缴进度，避免重复登记',
       '未立案的，组织研判，约谈负责人，监测资金和人员去向',
       '对老年人等重点人群上门提示，防止受骗人群扩大'],
 '您反映的投资款无法兑付问题（{ticket_no}），我们于{contacted_at}与您联系并登记情况：{finding}。该案{action}，追赃挽损以司法机关公告为准，有新进展将及时告知。',
 '{非法集资,网贷,兑付,P2P,理财公司,投资人,套路贷}'),

('street_racing', '机动车炸街、夜间飙车', 'Street racing and roaring vehicles at night',
 'public_safety', 'simple', 'department', 'public_security', true, true, false, false,
 ARRAY['按反映的路段和时段调看监控，锁定车牌和行驶路线',
       '在来去方向设卡夜查，检查排气管、灯光等非法改装',
       '对追逐竞驶、非法改装依法处罚，涉嫌危险驾驶的立案，责令恢复原状',
       '在高发路段增设抓拍、减速设施，持续整治一周'],
 '您反映的{place}夜间飙车扰民（{ticket_no}），交警于{on_site_at}开展夜查：{finding}。已{action}，并将该路段列入夜间巡逻路线。',
 '{飙车,炸街,赛车,改装车,改装摩托}');
$_70_categories_public_safety$)
,('seed/71_categories_city_operation', $_71_categories_city_operation$
-- 清单事项：城市运行

INSERT INTO liskeban.category (code, name, name_en, domain, difficulty, lead, department, listed, on_site, needs_photo, about_staff,
                               steps, reply_template, words) VALUES

('road_damage', '城镇道路破损、坑洼', 'Damaged road surface in town',
 'city_operation', 'general', 'town', 'housing_construction', true, true, true, false,
 ARRAY['到场量出坑槽、沉陷的范围和深度，摆放警示锥桶，危及行车的先用冷补料填平',
       '对照养护图确认管养单位；管线单位开挖未恢复的，通知其限期修复',
       '安排铣刨重铺或灌缝，避开早晚高峰施工',
       '修复后检查平整度和雨水口高差，拍照前后对比'],
 '您反映的{place}路面破损（{ticket_no}），养护人员{on_site_at}到场：{finding}。已{action}，路面恢复平整，养护单位将加密巡查。',
 '{路面破损,坑洼,道路破损,路面不平,路面塌陷,道路损坏,烂路}'),

('rural_road', '农村道路硬化、拓宽和养护', 'Rural roads: paving, widening, upkeep',
 'city_operation', 'hard', 'town', 'transport', true, false, false, false,
 ARRAY['与村干部和村民代表一起走一遍线路，量长度、宽度和受益户数',
       '核对农村公路规划和年度计划，确认是通村路、通组路还是入户路',
       '列入计划的告知开工时间；未列入的召开村民议事会，商定让地和投工事宜',
       '申报奖补资金，编制设计方案，公示后施工',
       '验收合格后落实路长和日常养护人员'],
 '关于您反映的{place}道路问题（{ticket_no}）：经实地勘查，{finding}。计划{action}，预计{promised_at}前完成，进展由村委会在公示栏公布。',
 '{道路硬化,水泥路,入户路,乡村公路,村道,组级公路,通组公路,村级公路}'),

('road_project', '道路新建、断头路打通进度', 'When a road will be built or linked up',
 'city_operation', 'hard', 'department', 'housing_construction', true, false, false, false,
 ARRAY['查该路段的规划红线、立项、征地和施工许可状态',
       '联系建设单位，弄清卡在拆迁、管线迁改还是资金',
       '属在建停滞的，召集属地和建设单位排出节点计划',
       '先告知反映人依据和时间表，临时通行困难的，设置便道和照明'],
 '您关心的{place}道路建设（{ticket_no}），经{department}核实：{finding}。下一步{action}，计划时间节点为{promised_at}。如有调整，我们会主动告知。',
 '{断头路,何时修通,什么时候修,修路,拉通,道路建设,提质改造}'),

('manhole_cover', '窨井盖缺失、破损、异响', 'Manhole covers missing, broken or rattling',
 'city_operation', 'simple', 'department', 'city_management', true, true, true, false,
 ARRAY['第一到场人员守护井口或设围挡，夜间加警示灯，不得离人',
       '看井盖标识，确认属雨水、污水、电力、通信还是其他权属',
       '一小时内通知权属单位更换；权属不明的由城管部门先行代补',
       '加装防坠网，消除松动异响，核对井盖编号入库'],
 '您反映的{place}井盖问题（{ticket_no}），{on_site_at}到场设防护：{finding}。已由权属单位{action}，行人车辆可正常通行。',
 '{井盖,窨井,下水井,下水道盖,检查井}'),

('street_light', '路灯不亮、缺少路灯', 'Street lights out or missing',
 'city_operation', 'simple', 'department', 'city_management', true, true, false, false,
 ARRAY['按灯杆编号查监控终端，判断单灯、回路还是电缆故障',
       '夜间到场测试，更换光源、控制器或修复电缆，检查杆门漏电',
       '未移交路段联系建设单位通电；无灯路段测算间距，列入增设计划',
       '连续两晚复看亮灯，告知反映人'],
 '您反映的{place}路灯问题（{ticket_no}），维修人员{on_site_at}到场检查：{finding}。{action}，今晚起将连续复查亮灯情况。',
 '{路灯,没有照明,灯不亮,照明设施,黑灯瞎火}'),

('traffic_signal', '信号灯设置和配时不合理', 'Traffic signals: place and timing',
 'city_operation', 'general', 'department', 'public_security', true, true, false, false,
 ARRAY['在反映的时段到路口录像，统计各方向流量、排队长度和行人过街时间',
       '检查相位冲突、左转绿灯时长、倒计时和信号故障',
       '能调配时的当天调整并观察一周；需增设信号灯的编制渠化方案',
       '跨路口协调的，联调上下游绿波'],
 '您反映的{place}信号灯问题（{ticket_no}），交警于{on_site_at}实地观测：{finding}。已{action}，将继续观察早晚高峰运行情况，欢迎您再提意见。',
 '{红绿灯,信号灯,交通灯,绿灯时间,红灯时间}'),

('road_marking', '人行过街、标志标线和隔离设施', 'Crossings, signs, markings and barriers',
 'city_operation', 'general', 'department', 'public_security', true, true, false, false,
 ARRAY['到场看过街需求、视距和事故记录，学校、医院门口重点看',
       '核对标线是否磨损、标志是否被树枝遮挡、护栏开口是否合理',
       '缺损的补划、补装；增设斑马线、隔离栏、减速带的拿出设计',
       '施工后夜间看反光效果'],
 '您关于{place}交通设施的建议（{ticket_no}），我们已到现场踏勘：{finding}。拟{action}，预计{promised_at}前实施完毕。',
 '{斑马线,人行横道,隔离栏,隔离带,标线,减速带,天桥,过马路}'),

('illegal_parking', '车辆乱停乱放、占道违停', 'Illegal parking',
 'city_operation', 'simple', 'village', 'public_security', true, true, true, false,
 ARRAY['到场拍照取证，能联系车主的电话通知挪车',
       '堵住路口、盲道、公交站的，通知交警贴单或拖移',
       '人行道和背街小巷的违停由城管处理，僵尸车登记公告后清移',
       '反复违停的点位增设禁停桩、电子抓拍，并公布附近停车场'],
 '您反映的{place}违停（{ticket_no}），执法人员{on_site_at}到场：{finding}。当场{action}，该点位已纳入每日巡查。',
 '{违停,乱停车,违章停车,乱停乱放,违规停车,辅道停车,占道停车}'),

('parking_shortage', '小区和周边停车位不足', 'Too few parking places',
 'city_operation', 'hard', 'town', 'city_management', true, false, false, false,
 ARRAY['夜间清点小区内、周边道路和公共停车场的实际车辆与空位',
       '召集物业、业委会和周边单位，商谈错时共享车位',
       '会同交警研究路内限时泊位，会同规划排查可用空地',
       '地下车位只售不租的，约谈开发企业依法改租',
       '方案公示征求居民意见后施划或建设'],
 '您反映的{place}停车难（{ticket_no}），我们夜间实地清点：{finding}。拟通过{action}增加车位，方案{promised_at}前落实，届时张贴公示。',
 '{停车难,停车位,没地方停车,无处停车,车位不足,车位紧张,停车问题}'),

('public_transport', '公交、地铁线路、站点和班次', 'Buses and metro: routes, stops, frequency',
 'city_operation', 'general', 'department', 'transport', true, false, false, false,
 ARRAY['向反映人问清线路、站点、时段和出行目的地',
       '调取该线刷卡客流、发车间隔和准点数据',
       '改线、增站的征求沿线居民意见，踏勘站台和掉头条件',
       '班次不足的高峰加车；司机服务问题调车载视频处理',
       '不能调整的，说明依据并给出替代乘车方案'],
 '您关于公交出行的诉求（{ticket_no}），{department}于{contacted_at}与您沟通，核查情况为：{finding}。我们将{action}，具体执行日期以站台公告为准。',
 '{公交车,公交线路,公交站,公交司机,公交公司,路公交,地铁}'),

('taxi_service', '出租车、网约车拒载绕路和非法营运', 'Taxis and ride-hailing: refusal, detours, unlicensed',
 'city_operation', 'general', 'department', 'transport', true, false, false, false,
 ARRAY['登记车牌、时间、上下车地点和票据或订单号',
       '调取车辆轨迹、计价记录和录音录像，通知企业和驾驶员说明',
       '查实拒载、绕路、多收费的，责令退费并依法处罚',
       '非法营运的，会同交警在车站、校门等处定点查处'],
 '您投诉的营运车辆问题（{ticket_no}），{contacted_at}已向您核实细节，经调取轨迹：{finding}。现已{action}，感谢您的监督。',
 '{出租车,网约车,拒载,黑车,的士,非法营运,打车}'),

('water_outage', '停水、水压不足', 'Water cut off or low pressure',
 'city_operation', 'simple', 'department', 'water_supply', true, true, false, false,
 ARRAY['查停水公告和管网压力，判断是计划停水、爆管还是二次供水泵房故障',
       '爆管的立即关阀抢修，设围挡，公布预计恢复时间',
       '泵房故障的通知物业抢修，未移交的由供水公司先行支援',
       '停水超过十二小时的，送水车到点，优先老人和病患家庭',
       '恢复后放水排浊，测末端压力'],
 '您反映的{place}停水（水压低）问题（{ticket_no}），{on_site_at}查明：{finding}。已{action}，恢复供水初期水色发浑，请先放水几分钟再用。',
 '{停水,水压,断水,供水不足,无水可用,水管爆,没水}'),

('rural_water', '农村饮水困难、自来水未通', 'Villages without tap water',
 'city_operation', 'hard', 'town', 'water_affairs', true, false, false, false,
 ARRAY['入户查看水源、水量、季节性缺水情况，取水样送检',
       '查农村供水规划，测算接入主管网的距离、高差和户数',
       '能延伸管网的编制方案、筹措资金；暂不能接入的建增压站或打井净化',
       '明确户内费用标准并公示，防止乱收费',
       '施工期和枯水期安排送水'],
 '您反映的{place}饮水问题（{ticket_no}），我们入户调查并取样：{finding}。计划{action}，{promised_at}前通水，此前由镇村安排送水保障。',
 '{饮水问题,饮水困难,吃水,井水,通自来水,自来水到户,安全饮水,饮用水}'),

('power_outage', '停电、电压不稳', 'Power cuts and unstable voltage',
 'city_operation', 'simple', 'department', 'power_supply', true, true, false, false,
 ARRAY['查计划停电和配网故障信息，判断是公变、线路还是用户内部故障',
       '抢修人员到场排除，故障大的调发电车保障',
       '频繁停电、电压低的，装监测仪连测三天，分析负荷',
       '专变小区由供电公司协助物业抢修，书面告知产权责任'],
 '您反映的{place}停电问题（{ticket_no}），抢修人员{on_site_at}到场：{finding}。{action}，已恢复供电；如仍有闪断请拨打{phone}。',
 '{停电,断电,电压低,电压不稳,跳闸,用电问题}'),

('power_facility', '变压器、高压线、电杆迁移和电改', 'Transformers, power lines and poles',
 'city_operation', 'hard', 'department', 'power_supply', true, true, false, false,
 ARRAY['现场测量设施与住宅、道路的净距，核对建设审批和环评',
       '检查杆体倾斜、线路下垂、变压器噪声与护栏，险情当天加固',
       '迁移类商定出资方和新路径，报规划批准',
       '专电改公电的，评估设备状况，排出改造、抄表到户计划',
       '向居民说明电磁环境检测结果'],
 '关于{place}电力设施的诉求（{ticket_no}），{on_site_at}现场核查：{finding}。我们将{action}，计划{promised_at}前完成。',
 '{变压器,高压线,电线杆,专变,电改,高压电,配电房,专电}'),

('gas_connection', '管道天然气开通和费用', 'Connecting piped gas',
 'city_operation', 'general', 'department', 'gas_supply', true, false, false, false,
 ARRAY['查小区燃气报装和庭院管网建设状态',
       '入户核对立管、表位和厨房封闭条件，告知不具备通气条件的原因',
       '新小区督促开发企业交清配套、尽快验收；老小区登记意愿整片安装',
       '公开初装费政策，乱收费的移送市场监管',
       '预约日期点火通气，教会安全使用'],
 '您咨询的{place}天然气开通（{ticket_no}）：经核实，{finding}。我们将{action}，预计{promised_at}前通气，收费按政府公布标准执行。',
 '{天然气,管道燃气,燃气开户,燃气初装}'),

('telecom_signal', '手机信号差、宽带接入和线缆凌乱', 'Poor signal, broadband and messy cables',
 'city_operation', 'general', 'department', 'telecom', true, true, false, false,
 ARRAY['到楼内、电梯、地下室测三家运营商的信号强度和速率',
       '查附近基站建设受阻原因，与物业、业主沟通选址并公示电磁检测结果',
       '独家宽带垄断进场的，责令物业开放弱电井',
       '低垂、废弃线缆认领后入地或捆扎'],
 '您反映的{place}通信问题（{ticket_no}），技术人员{on_site_at}测试：{finding}。已协调运营企业{action}，预计{promised_at}前改善。',
 '{手机信号,信号差,没有信号,宽带,基站,移动信号,网络信号}'),

('waterlogging', '雨后内涝、道路和小区积水', 'Flooding and standing water after rain',
 'city_operation', 'general', 'town', 'water_affairs', true, true, false, false,
 ARRAY['到场量水深、设警示，深处封闭通行，转移地下车库和底层住户',
       '清掏雨水箅子，架泵强排，记录退水时间',
       '雨停后查管径、坡度和出水口，找出堵点或倒灌原因',
       '短期清淤、加泵；需改管的列入易涝点整治',
       '下一场大雨前复查并预置泵车'],
 '您反映的{place}积水（{ticket_no}），抢险人员{on_site_at}到场：{finding}。已{action}，积水已排除；根治措施计划{promised_at}前完成。',
 '{积水,内涝,被淹,水淹,倒灌,排水不畅}'),

('drain_blocked', '下水道、污水管堵塞和返水', 'Blocked drains and back-flow',
 'city_operation', 'simple', 'village', 'water_affairs', true, true, false, false,
 ARRAY['到户到井查看堵点，分清户内管、小区公共管还是市政管',
       '小区公共管由物业疏通，无物业的由社区请疏通队，市政管派水务养护',
       '高压清洗后用管道内窥检查是否塌陷、错接',
       '餐饮店油污致堵的，责令装隔油池并承担清掏费'],
 '您反映的{place}管道堵塞（{ticket_no}），{on_site_at}到场查看：{finding}。已{action}，目前排水正常。请勿将厨余和油污倒入下水口。',
 '{下水道,管道堵塞,排水管,地漏,污水管,反水,下水管}'),

('illegal_building', '违法建设、私搭乱建', 'Illegal building',
 'city_operation', 'hard', 'town', 'city_management', true, true, true, false,
 ARRAY['在建的当场制止，责令停工，通知供水供电和物业限制材料进场',
       '测量面积，调取规划许可和航拍影像，认定建成时间',
       '下达限期拆除决定，告知陈述申辩、复议诉讼权利',
       '逾期不拆的，依法催告、公告后组织拆除',
       '清运垃圾、恢复原状，列入防反弹巡查'],
 '您反映的{place}违建（{ticket_no}），执法人员{on_site_at}到场勘查：{finding}。已依法{action}，拆违须履行法定程序，计划{promised_at}前处置完毕。',
 '{违建,违章建筑,违法建设,违规搭建,私搭乱建,违章搭建,违规建设,加盖}'),

('street_vendors', '流动摊贩、占道经营', 'Street vendors on roads and pavements',
 'city_operation', 'simple', 'village', 'city_management', true, true, false, false,
 ARRAY['在摆摊时段到场，先劝离堵占路口、盲道和校门的摊点',
       '清理地面油污垃圾，登记常来摊主',
       '引导进入疏导点或农贸市场，告知可经营的时段和区域',
       '屡劝不改的依法暂扣经营工具并处罚，安排错峰值守'],
 '您反映的{place}占道经营（{ticket_no}），城管队员{on_site_at}到场：{finding}。已{action}，并在高峰时段定人值守。',
 '{占道经营,摊贩,摆摊,流动摊,马路市场,夜市,地摊}'),

('planning_enquiry', '地块规划、公园学校等配套建设咨询', 'What is planned for a plot: parks, schools, roads',
 'city_operation', 'general', 'department', 'natural_resources', true, false, false, false,
 ARRAY['问清地块四至，在规划一张图上调出用地性质和控规指标',
       '查建设项目审批进度，向建设单位核实开竣工时间',
       '可公开的附公示链接或图件；涉及修改的告知公示期和提意见方式',
       '居民建议分类转给相应建设计划编制单位'],
 '您咨询的{place}规划情况（{ticket_no}）答复如下：{finding}。{action}。规划公示图可在政府网站查询，如需当面解释请联系{department}，电话{phone}。',
 '{规划,地块,公园建设,何时开工,何时动工,配套建设}');
$_71_categories_city_operation$)
,('seed/72_categories_ecology', $_72_categories_ecology$
-- 清单事项：生态环境

INSERT INTO liskeban.category (code, name, name_en, domain, difficulty, lead, department, listed, on_site, needs_photo, about_staff,
                               steps, reply_template, words) VALUES

('noise_construction', '夜间和午休施工噪声', 'Building noise at night and at noon',
 'ecology', 'simple', 'department', 'ecology_environment', true, true, false, false,
 ARRAY['在反映的时段到工地，查22时至次日6时有无连续作业证明并已公告',
       '在最近住户窗外测噪声，记录混凝土浇筑、破碎、装卸等作业',
       '无证明的当场责令停工，锁定责任单位立案',
       '有证明的要求移位、加罩、禁止鸣笛，并在小区张贴起止时间',
       '次日夜间回查，回访反映人'],
 '您反映的{place}夜间施工噪声（{ticket_no}），执法人员{on_site_at}到场：{finding}。已{action}，并将安排夜间回查。',
 '{夜间施工,深夜施工,半夜施工,施工噪音,通宵施工,施工扰民,晚上施工}'),

('noise_social', '广场舞、KTV、邻里等生活噪声', 'Noise of daily life: square dancing, karaoke, neighbours',
 'ecology', 'simple', 'village', 'public_security', true, true, false, false,
 ARRAY['在噪声发生时到场，分清是场所、广场活动还是邻里',
       '广场舞队约定时段、音量和点位，签文明公约，负责人留电话',
       'KTV、酒吧测边界噪声，要求关窗隔音、深夜停放低音',
       '邻里装修、乐器、家电噪声当面调解，约定作息',
       '劝阻无效的由民警依法告诫、处罚'],
 '您反映的{place}噪声（{ticket_no}），网格员会同民警{on_site_at}到场：{finding}。经劝导{action}，若再次发生请在噪声持续时来电，便于现场取证。',
 '{广场舞,KTV,唱歌,音响,噪音扰民,架子鼓,酒吧}'),

('noise_traffic', '道路、高架、铁路交通噪声', 'Traffic noise from roads, viaducts and railways',
 'ecology', 'hard', 'department', 'transport', true, true, false, false,
 ARRAY['昼夜各测一次沿线住户室外噪声，记录车流和大货车比例',
       '查道路环评中的降噪要求是否落实，确定责任单位',
       '先行措施：禁鸣、限速、货车分时通行、修补路面接缝',
       '论证声屏障、隔声窗、低噪路面，明确资金和工期',
       '实施后复测，结果向居民公布'],
 '您反映的{place}交通噪声（{ticket_no}），已实测：{finding}。近期先{action}，工程措施计划{promised_at}前明确并公示。',
 '{隔音屏,隔音带,声屏障,鸣笛,高架噪音,隔音板,车辆噪音}'),

('noise_equipment', '空调外机、水泵、风机等设备噪声', 'Noise of fixed equipment: cooling, pumps, fans',
 'ecology', 'general', 'town', 'ecology_environment', true, true, false, false,
 ARRAY['开机状态下找准声源，测边界和室内低频噪声',
       '确认设备归属：商户、物业泵房、电梯机房还是变电设备',
       '要求加减振垫、隔声罩、移位或夜间停运，给出整改期限',
       '超标又拒不整改的，立案查处',
       '整改后同点位复测，请反映人到场见证'],
 '您反映的{place}设备噪声（{ticket_no}），{on_site_at}监测：{finding}。已要求责任单位{action}，{promised_at}前完成后将请您一同复测。',
 '{空调外机,水泵房,低频噪音,设备噪音,机器噪音,水泵噪音,中央空调,噪音污染}'),

('cooking_fumes', '餐饮油烟扰民', 'Cooking fumes',
 'ecology', 'general', 'town', 'city_management', true, true, false, false,
 ARRAY['在饭点到店，查是否有专用烟道、净化器是否开机、清洗记录',
       '油烟口对着住户窗口的，测距离，必要时做油烟监测',
       '居民楼内未设专用烟道的，依法责令关闭或改做不产生油烟的项目',
       '可整改的限期装净化设备、改烟道高空排放，每月清洗',
       '整改期内错时回查两次'],
 '您反映的{place}油烟问题（{ticket_no}），执法人员{on_site_at}用餐时段检查：{finding}。已责令经营者{action}，期限至{promised_at}。',
 '{油烟,烟道,烧烤,夜宵摊,餐饮店,排烟}'),

('open_burning', '露天焚烧秸秆、垃圾', 'Open burning of straw and rubbish',
 'ecology', 'simple', 'village', 'agriculture', true, true, true, false,
 ARRAY['循烟到点，先扑灭明火，清理余烬',
       '找到焚烧人，当面教育，登记地块和数量',
       '秸秆帮联系打捆离田或粉碎还田，垃圾转运到收集点',
       '工业垃圾、电缆、轮胎焚烧的移送生态环境部门查处',
       '收获季节早晚巡查'],
 '您反映的{place}露天焚烧（{ticket_no}），网格员{on_site_at}到场：{finding}。明火已扑灭，{action}，收获期内每日早晚巡查。',
 '{焚烧,烧秸秆,烧垃圾,浓烟,烧稻草,烧树叶}'),

('industrial_fumes', '工业废气、厂区异味', 'Industrial fumes and smells',
 'ecology', 'hard', 'department', 'ecology_environment', true, true, false, false,
 ARRAY['在有味时段到下风向和厂界嗅辨、走航，锁定企业和工序',
       '突击查治理设施运行、活性炭更换、车间密闭和在线数据',
       '委托采样监测，超标或偷排的立案，可查封设施',
       '“一厂一策”整改，明确收集、治理改造节点',
       '在居民点设监测微站，数据向居民公开'],
 '您反映的{place}异味（{ticket_no}），执法人员{on_site_at}排查：{finding}。已{action}，企业整改计划{promised_at}前完成，期间加密夜查。',
 '{废气,刺鼻,异味,化工厂,臭味,难闻,臭气}'),

('spray_paint', '汽修、家具等喷漆气味', 'Paint spraying at garages and joineries',
 'ecology', 'general', 'town', 'ecology_environment', true, true, false, false,
 ARRAY['查环评登记、喷漆房密闭情况和废气处理装置',
       '露天、敞门喷漆的当场制止，封存喷枪',
       '核查油漆、废活性炭、废漆渣的危废台账',
       '紧邻住宅又无条件治理的，劝离喷漆工序或搬迁',
       '半月内不定时复查'],
 '您反映的{place}喷漆气味（{ticket_no}），{on_site_at}检查：{finding}。已责令{action}，半月内将不定时复查。',
 '{喷漆,汽修厂,油漆味,汽修店,家具厂,烤漆}'),

('site_dust', '工地、堆场和道路扬尘', 'Dust from sites, stockpiles and roads',
 'ecology', 'general', 'town', 'housing_construction', true, true, false, false,
 ARRAY['对照“六个百分百”查围挡、覆盖、硬化、冲洗、喷淋和密闭运输',
       '裸土和料堆当天覆盖，出入口冲洗设备恢复使用',
       '联系环卫对周边道路冲洗、雾炮降尘',
       '调看扬尘在线数据，超标的停工整改、记入信用'],
 '您反映的{place}扬尘（{ticket_no}），{on_site_at}检查：{finding}。已督促{action}，周边道路已安排冲洗。',
 '{扬尘,灰尘,尘土飞扬,裸土,粉尘,黄土}'),

('muck_truck', '渣土车扰民、抛洒、偷倒和建筑垃圾', 'Muck trucks, spilt or dumped construction waste',
 'ecology', 'general', 'town', 'city_management', true, true, false, false,
 ARRAY['调沿线监控锁定车牌、工地和消纳场，核对准运证和路线时段',
       '夜间会同交警设卡，查密闭、超载、闯禁和鸣笛',
       '路面抛洒的通知责任单位立即清扫冲洗',
       '偷倒点溯源清运，恢复场地，装监控和限高',
       '违规企业停运整顿，源头工地一并处罚'],
 '您反映的{place}渣土（建筑垃圾）问题（{ticket_no}），{on_site_at}查处：{finding}。已{action}，并通报渣土运输企业。',
 '{渣土,建筑垃圾,装修垃圾,偷倒,泥头车,抛洒}'),

('mixing_plant', '搅拌站、碎石场、采石场污染', 'Concrete plants, crushers and quarries',
 'ecology', 'hard', 'department', 'ecology_environment', true, true, false, false,
 ARRAY['核对用地、规划、环评、采矿和取水手续，逐项列出缺项',
       '测厂界粉尘和噪声，检查料仓封闭、废水沉淀回用',
       '手续不全的牵头部门立案并停产；有手续的限期改造并限时运输',
       '放炮、重车损坏房屋道路的，组织鉴定和赔偿',
       '涉及选址的研究搬迁，向居民公布时间表'],
 '您反映的{place}问题（{ticket_no}），{department}联合检查：{finding}。已{action}，后续整改（搬迁）方案{promised_at}前公布。',
 '{搅拌站,搅拌厂,碎石厂,采石场,砂石厂,石料厂,沙场,砂场}'),

('river_pollution', '河塘黑臭、污水直排入河', 'Polluted rivers and ponds',
 'ecology', 'hard', 'department', 'ecology_environment', true, true, false, false,
 ARRAY['沿岸巡查找排口，取水样，查看颜色、漂浮物和死鱼',
       '溯源到企业、养殖场或管网错接点，先封堵、截污',
       '企业偷排的立案查处，管网问题交水务改造',
       '清淤、打捞、补水，编制水体整治方案，河长每周巡河',
       '连续监测水质，达标后销号'],
 '您反映的{place}水体污染（{ticket_no}），{on_site_at}取样排查：{finding}。已{action}，整治方案计划{promised_at}前完成，水质结果将向您通报。',
 '{黑臭,污水直排,河水,水污染,河道,水塘污染,排污,水体}'),

('sewage_overflow', '污水粪便外溢、化粪池满溢', 'Overflowing sewage and septic tanks',
 'ecology', 'simple', 'village', 'water_affairs', true, true, true, false,
 ARRAY['到场围挡，撒石灰消毒，提示行人绕行',
       '当天调吸粪车抽排化粪池，疏通出口',
       '查是管道破裂、塌陷还是错接，确定物业或属地维修责任',
       '无物业老院落由社区组织修复，费用先垫后议',
       '三天后回看有无再次外溢'],
 '您反映的{place}污水外溢（{ticket_no}），{on_site_at}到场：{finding}。已{action}并冲洗消毒，三天后再去查看。',
 '{粪便,粪水,污水横流,化粪池,污水外溢,屎尿}'),

('garbage_pile', '垃圾堆积、清运不及时、收集点扰民', 'Uncollected rubbish and collection points',
 'ecology', 'simple', 'village', 'city_management', true, true, true, false,
 ARRAY['到点拍照，通知保洁或物业两小时内清走，冲洗除臭',
       '查清运班次和桶数，不够的加桶加趟',
       '乱倒的查监控找人，教育并责令清除',
       '收集点、中转站离住户过近的，测臭气，研究移位或密闭改造'],
 '您反映的{place}垃圾问题（{ticket_no}），{on_site_at}到场：{finding}。已{action}，清运班次为每日固定时段，欢迎监督。',
 '{垃圾成堆,乱倒垃圾,垃圾站,垃圾桶,垃圾堆,垃圾遍地,脏乱差,生活垃圾}'),

('livestock_pollution', '畜禽养殖粪污和臭气', 'Manure and smell of livestock farms',
 'ecology', 'general', 'town', 'agriculture', true, true, false, false,
 ARRAY['核对养殖场位置是否在禁养区、存栏数和备案手续',
       '查粪污储存池、防雨、还田台账，追查外排口',
       '直排的立即封堵，移送生态环境部门查处',
       '禁养区内的制订清退期限，其余配套处理设施、喷洒除臭',
       '住宅区散养的由社区劝其清栏'],
 '您反映的{place}养殖污染（{ticket_no}），{on_site_at}实地检查：{finding}。已要求养殖户{action}，{promised_at}前复查。',
 '{养猪,养殖场,养鸡,养殖污染,猪粪,养鸭}'),

('greenery_damage', '毁绿占绿、擅自砍树和绿化缺失', 'Greenery destroyed, built over or missing',
 'ecology', 'simple', 'village', 'city_management', true, true, true, false,
 ARRAY['到场制止，拍下树种、胸径和占绿面积',
       '查绿地归属和砍伐、占用审批',
       '种菜、停车、圈占的限期清退复绿',
       '擅自砍伐或过度修剪的，城管部门立案并责令补种',
       '枯死、缺株的列入当季补植；遮挡采光的合理修枝'],
 '您反映的{place}绿化问题（{ticket_no}），{on_site_at}到场：{finding}。已{action}，养护单位按季节补植并拍照反馈。',
 '{绿化带,毁绿,砍树,绿地,绿化树,占绿,草坪}');
$_72_categories_ecology$)
,('seed/73_categories_grid_management', $_73_categories_grid_management$
-- 清单事项：网格治理

INSERT INTO liskeban.category (code, name, name_en, domain, difficulty, lead, department, listed, on_site, needs_photo, about_staff,
                               steps, reply_template, words) VALUES

('property_service', '物业服务不到位', 'Poor service of the property manager',
 'grid_management', 'general', 'village', 'housing_construction', true, true, false, false,
 ARRAY['对照物业服务合同逐项看保洁、保安、绿化和设备维护',
       '约物业经理、业主代表到社区当面对账，列整改清单',
       '七日内能改的立即改，拒不整改的报镇街约谈、扣信用分',
       '指导业主依法表决续聘、解聘，落实交接期间的应急托管'],
 '您反映的{place}物业服务问题（{ticket_no}），社区{on_site_at}到小区核实：{finding}。已约谈物业，{action}，整改清单张贴在公告栏接受监督。',
 '{物业不作为,物业服务,物业管理,物业公司,小区物业,无物业,黑物业}'),

('property_fee', '物业收费争议、公共收益不公开', 'Disputed property fees and common income',
 'grid_management', 'general', 'village', 'housing_construction', true, false, false, false,
 ARRAY['收集合同、收费公示、票据和涨价表决材料',
       '核对是否按约定标准、是否捆绑收取装修押金、公摊等费用',
       '要求物业公布电梯广告、停车等公共收益账目',
       '违规收费的由市场监管责令退还，合同纠纷引导调解或诉讼'],
 '您反映的物业收费问题（{ticket_no}），我们{contacted_at}向您核实，并查阅账目：{finding}。处理意见：{action}。如仍有异议，可申请人民调解或依法诉讼。',
 '{物业费,公共收益,公摊,强制收费,停车费,物业收费,管理费,水电费}'),

('owners_committee', '业主大会、业委会组建和换届', 'Owners assemblies and committees',
 'grid_management', 'hard', 'town', 'housing_construction', true, false, false, false,
 ARRAY['核实入住率、面积、业主联名情况，判断是否达到成立条件',
       '镇街组建筹备组，公示成员，向建设单位索要业主清册',
       '指导拟定议事规则，登记候选人并审核资格',
       '监督表决票送达、开箱和计票，公示结果并备案',
       '换届不交接的，责令移交印章、账册和公共资金'],
 '您反映的{place}业委会事宜（{ticket_no}），经{department}核查：{finding}。镇街将{action}，计划{promised_at}前完成，各环节在小区公示。',
 '{业委会,业主委员会,业主大会,换届,维修基金,维修资金,业主投票}'),

('neighbour_dispute', '邻里和家庭矛盾纠纷', 'Disputes between neighbours and in families',
 'grid_management', 'general', 'village', 'justice', true, true, false, false,
 ARRAY['分别上门听双方说法，看现场，先稳住情绪',
       '请村（社区）法律顾问、老邻居一起约双方到调解室',
       '达成一致的写人民调解协议，约定履行日期，可申请司法确认',
       '有家暴、扬言伤人的，立即告知民警并转移当事人',
       '一周后回访履行情况'],
 '您反映的纠纷（{ticket_no}），调解员{on_site_at}上门了解：{finding}。经调解，{action}，一周内我们会再次回访。',
 '{邻居,邻里,纠纷,调解,相邻权,采光权}'),

('home_leak', '楼上漏水、屋面外墙渗水', 'Leaks from above, roofs and outer walls',
 'grid_management', 'general', 'village', 'housing_construction', true, true, false, false,
 ARRAY['入户看水渍，做关水、蓄水试验，判断是楼上、公共管还是屋面外墙',
       '楼上原因的组织两户签维修约定，修后蓄水四十八小时',
       '保修期内的通知开发企业维修，期外公共部位走维修资金应急',
       '责任不清的委托鉴定，损失赔偿转人民调解'],
 '您反映的{place}渗漏（{ticket_no}），{on_site_at}入户查看：{finding}。已{action}，维修后约您做蓄水试验验收。',
 '{漏水,渗水,漏雨,屋顶漏,返潮,滴水}'),

('residential_to_commercial', '住宅改经营、群租和民宿扰民', 'Homes used for business, crowded letting',
 'grid_management', 'general', 'village', 'public_security', true, true, false, false,
 ARRAY['入户查实际用途、隔断数、居住人数和用电燃气',
       '核对营业执照住所登记和利害关系业主同意书',
       '打隔断、用明火、住人过密的先消除火险，限期拆除隔断',
       '办公、培训、美容等扰民经营的，由市场监管撤销登记或责令停业',
       '租客登记入册，房东签治安责任书'],
 '您反映的{place}住宅改作经营（群租）问题（{ticket_no}），{on_site_at}联合检查：{finding}。已责令{action}，{promised_at}前复查。',
 '{住改商,民宿,群租,合租房,居民楼内,改成多套,日租房,住宅改}'),

('corridor_clutter', '楼道堆物、占用公共区域', 'Clutter in stairways and common areas',
 'grid_management', 'simple', 'village', 'housing_construction', true, true, true, false,
 ARRAY['逐层看堆放物，贴清理告知，给出三日自清期限',
       '独居老人家帮搬帮清，能用的转存、捐出',
       '逾期未清的会同物业、民警集中清运，先拍照后登记',
       '地锁、私装门、圈占平台的要求拆除恢复',
       '选出楼栋长，每周看一遍'],
 '您反映的{place}公共区域被占（{ticket_no}），{on_site_at}到场：{finding}。已{action}，楼栋长每周查看，防止回潮。',
 '{楼道,杂物,公共区域,公共通道,堆放,地锁,架空层}'),

('dogs', '犬只扰民、流浪狗伤人', 'Dogs: noise, straying, bites',
 'grid_management', 'simple', 'village', 'public_security', true, true, false, false,
 ARRAY['有人被咬的，先提醒冲洗伤口、尽快接种狂犬疫苗',
       '流浪犬联系收容队伍捕捉，确认点位和出没时间',
       '犬主未办证、未牵绳的，上门登记并责令办证、系绳、清粪',
       '夜间犬吠的约定入室饲养或送养',
       '禁养的烈性犬、大型犬由公安机关依法处置'],
 '您反映的{place}犬只问题（{ticket_no}），{on_site_at}到场：{finding}。已{action}。如遇犬只伤人请先就医并报警。',
 '{遛狗,流浪狗,养狗,狗叫,养犬,恶犬,宠物狗}'),

('village_affairs', '村务公开、集体资产和村干部问题', 'Village affairs, collective assets, village cadres',
 'grid_management', 'hard', 'village', 'agriculture', true, false, false, true,
 ARRAY['由镇（街道）直接承办，不交被反映的村处理，为反映人保密',
       '调取村账、合同、会议记录和公示照片，核对资金去向',
       '逐笔核对反映的工程、补偿或分红，必要时委托审计',
       '未公开的责令补公开，决策未经民主程序的予以纠正',
       '涉嫌违纪违法的移送纪检监察机关，答复反映人'],
 '您反映的村务问题（{ticket_no}），镇（街道）已组成核查组，{contacted_at}与您联系：{finding}。{action}，核查结论计划{promised_at}前向您反馈。',
 '{村务公开,村干部,村支书,村委,集体资产,村支部书记,集体经济,分红}'),

('land_dispute', '宅基地、承包地、山林权属纠纷', 'Disputes over homesteads, fields and woods',
 'grid_management', 'hard', 'town', 'natural_resources', true, true, false, false,
 ARRAY['现场指界，绘草图，拍摄界址点和现状',
       '查土地证、承包合同、林权证和历次调整档案，走访老村干',
       '先调解，维持现状不得改变用途和抢建抢种',
       '调解不成的，引导申请权属行政裁决或土地仲裁',
       '建房未批先建的同步制止'],
 '您反映的{place}土地权属问题（{ticket_no}），{on_site_at}现场指界并查档：{finding}。目前{action}，计划{promised_at}前形成处理意见。',
 '{宅基地,承包地,林权,土地流转,土地纠纷,农村建房,耕地,山林}'),

('residence_certificate', '社区（村）证明开具难', 'Certificates that a community is asked for',
 'grid_management', 'simple', 'village', 'civil_affairs', true, false, false, false,
 ARRAY['问清证明用途和要求出具的单位',
       '对照不应由社区出具的证明清单，能用证照、数据核验代替的不再开',
       '确需社区出具的当日核实、当日盖章，老年人上门办',
       '对方单位违规索要的，由指挥中心函告该单位改正'],
 '您咨询的证明开具事项（{ticket_no}），社区{contacted_at}与您联系：{finding}。{action}。可在工作时间到社区服务窗口领取，也可预约上门。',
 '{居住证明,开证明,社区盖章,不给盖章,社区证明,无房证明,亲属关系证明}'),

('grid_worker_conduct', '网格员、社区工作人员作风', 'Conduct of grid workers and community staff',
 'grid_management', 'general', 'village', 'social_work', true, false, false, true,
 ARRAY['由上一级单位承办，不向被反映人透露反映人信息',
       '调取通话录音、走访记录、轨迹和工单处理过程',
       '分别听取反映人和当事人陈述，请同网格居民评价',
       '属实的批评教育、调岗或解聘，并上门致歉',
       '原诉求由其他人员接续办结'],
 '您反映的工作人员作风问题（{ticket_no}），我们{contacted_at}与您联系，核查结果：{finding}。处理意见：{action}。您原先的诉求已另派人员办理，感谢监督。',
 '{网格员,社区工作人员,社区干部,社区主任,社区书记,居委会工作人员}'),

('old_estate_renewal', '老旧小区改造', 'Renewal of old housing estates',
 'grid_management', 'hard', 'town', 'housing_construction', true, true, false, false,
 ARRAY['查小区建成年份、是否列入改造计划和征收范围',
       '入户征求意愿，汇总管网、屋面、停车、照明等需求',
       '未列入的申报下一批；已列入的公示方案和工期',
       '施工期设投诉牌，居民监督员参与验收',
       '交付后落实物业或自治管理'],
 '您反映的{place}老旧小区改造（{ticket_no}）：{finding}。拟{action}，计划{promised_at}前公示方案，欢迎您担任居民监督员。',
 '{老旧小区,小区改造,老小区,棚改,提质提档,旧城改造,棚户区}'),

('lift_installation', '既有住宅加装电梯', 'Adding lifts to existing buildings',
 'grid_management', 'hard', 'town', 'housing_construction', true, true, false, false,
 ARRAY['核对单元业主同意比例和房屋结构条件',
       '有反对的逐户上门，测采光、通风影响，商补偿或优化井道位置',
       '指导委托设计、公示、申报联合审查',
       '协调燃气、电力、通信管线迁改',
       '验收登记后办理补贴和维保'],
 '您反映的{place}加装电梯（{ticket_no}），{on_site_at}上门了解：{finding}。已{action}，下一次协商会定于{promised_at}前召开。',
 '{装电梯,加梯,增设电梯,电梯加装}');
$_73_categories_grid_management$)
,('seed/74_categories_livelihood', $_74_categories_livelihood$
-- 清单事项：民生保障；以及不在清单内的“未分类”

INSERT INTO liskeban.category (code, name, name_en, domain, difficulty, lead, department, listed, on_site, needs_photo, about_staff,
                               steps, reply_template, words) VALUES

('wage_arrears', '拖欠工资、农民工讨薪', 'Unpaid wages',
 'livelihood', 'hard', 'department', 'human_resources', true, false, false, false,
 ARRAY['登记人数、金额、工种、班组长和欠条，问清用工单位与总包',
       '查工资专户、实名考勤和保证金，约总包、分包到场对账',
       '工程领域督促总包先行清偿，必要时动用工资保证金',
       '下达限期改正指令，拒不支付的列入失信名单、移送公安',
       '工资发到本人卡后回访'],
 '您反映的欠薪问题（{ticket_no}），劳动监察员{contacted_at}与您联系，经核实：{finding}。已责令{action}，计划{promised_at}前支付到位。',
 '{拖欠工资,农民工工资,讨薪,欠薪,工资不发,克扣工资,辛苦钱}'),

('labour_rights', '劳动合同、加班、社保缴纳纠纷', 'Labour contracts, overtime, insurance not paid',
 'livelihood', 'general', 'department', 'human_resources', true, false, false, false,
 ARRAY['问清入职时间、合同、考勤、工资条，提示一年仲裁时效',
       '通知用人单位提交用工台账和参保记录',
       '未签合同、超时加班、未参保的责令改正',
       '经济补偿等争议先调解，不成的帮助申请劳动仲裁',
       '社保补缴结果由经办机构核实'],
 '您反映的劳动权益问题（{ticket_no}），{contacted_at}向您了解，用人单位情况：{finding}。{action}。如需仲裁，可凭本答复到劳动争议仲裁窗口申请。',
 '{劳动合同,不交社保,辞退,五险一金,强制加班,劳动仲裁,社保缴纳,裁员}'),

('pension', '养老保险、退休待遇', 'Pension insurance and retirement',
 'livelihood', 'general', 'department', 'human_resources', true, false, false, false,
 ARRAY['凭身份证号查参保地、缴费年限和视同缴费',
       '查档案，核对出生时间、工种和退休条件',
       '计算错误的重新核定并补发；转移接续卡住的发函催办',
       '政策咨询的逐条解释，给出测算结果',
       '行动不便的上门做资格认证'],
 '您咨询的养老保险事项（{ticket_no}），{contacted_at}已与您核对参保信息：{finding}。处理结果：{action}，如对金额有疑问可申请复核。',
 '{养老保险,养老金,退休,失地农民,社保卡,社会保险}'),

('medical_insurance', '医保报销、生育津贴、异地就医', 'Medical insurance, maternity allowance, care elsewhere',
 'livelihood', 'general', 'department', 'medical_security', true, false, false, false,
 ARRAY['查参保状态、就医地、费用清单和报销记录',
       '判断是目录外、未备案还是系统未结算',
       '系统问题当天与经办系统对账补结；缺材料一次告知',
       '生育津贴核对缴费月数和单位申报',
       '违规收费、骗保线索转基金监管'],
 '您反映的医保事项（{ticket_no}），{contacted_at}与您核对：{finding}。已{action}，报销款一般在受理后按规定时限到账。',
 '{医保,医疗保险,生育津贴,生育保险,报销,异地就医,大病保险}'),

('housing_fund', '公积金缴存、提取、贷款', 'Housing provident fund',
 'livelihood', 'general', 'department', 'housing_fund', true, false, false, false,
 ARRAY['查个人账户缴存月数、余额和单位缴存情况',
       '单位少缴不缴的发催缴通知，要求补缴',
       '贷款、提取被拒的复核楼盘准入、套数认定和资料',
       '开发企业拒绝公积金贷款的，会同住建部门约谈'],
 '您咨询的公积金问题（{ticket_no}），{contacted_at}查询账户后答复：{finding}。{action}，需要补充的材料已一次性告知。',
 '{公积金,缴存,组合贷}'),

('subsistence_aid', '低保、临时救助、困难帮扶', 'Subsistence allowance and relief',
 'livelihood', 'general', 'village', 'civil_affairs', true, true, false, false,
 ARRAY['入户看家庭人口、收入、住房和病残情况',
       '说明低保、特困、低保边缘和临时救助各自的条件，帮填申请和核对授权',
       '急难的先行救助，二十四小时内送到钱物',
       '经济状况核对和民主评议后公示，不符合的书面说明理由',
       '转介医疗救助、教育资助和慈善'],
 '您反映的生活困难（{ticket_no}），社区{on_site_at}上门了解：{finding}。已{action}；申请结果将在规定时限内书面告知并公示。',
 '{低保,困难补助,救助,五保,贫困户,困难家庭,扶贫,残疾人}'),

('elderly_care', '养老服务、独居老人照护', 'Care for the elderly',
 'livelihood', 'general', 'village', 'civil_affairs', true, true, false, false,
 ARRAY['上门看老人身体、居住安全、子女联系情况',
       '登记为重点关爱对象，约定探访频次，装呼叫器、烟感',
       '对接助餐点、居家护理和适老化改造补贴',
       '养老机构投诉的查收费、护理和食堂，限期整改',
       '高龄补贴未发的当场补录'],
 '您反映的老人服务需求（{ticket_no}），{on_site_at}上门走访：{finding}。已安排{action}，联系人电话{phone}，老人有需要随时打。',
 '{独居老人,养老院,敬老院,老年人,空巢老人,养老服务,老年公寓,孤寡老人}'),

('veterans', '退役军人安置和优待', 'Veterans: placement and benefits',
 'livelihood', 'general', 'department', 'veterans', true, false, false, false,
 ARRAY['核验退役证、军龄、安置方式和落户地',
       '查档案移交、岗位安置和待发生活补助',
       '优抚补助、优待证、养老保险接续逐项核对标准',
       '岗位不落实的与接收单位协商并限期上岗',
       '家庭困难的一并申请关爱基金'],
 '您咨询的退役军人事项（{ticket_no}），{contacted_at}与您核对档案：{finding}。{action}，如需面谈可到退役军人服务中心。',
 '{退役,退伍,士官,军人,转业,复员,军属,参战}'),

('school_admission', '中小学入学、学区和学位', 'School admission, zones and places',
 'livelihood', 'general', 'department', 'education', true, false, false, false,
 ARRAY['登记孩子学段、户籍、房产或居住证、社保情况',
       '对照当年招生办法和施教区公告，核对学位余量',
       '材料齐全的通知学校登记，不足的告知统筹安排',
       '转学、分班、划片争议由教育局复核并书面解释',
       '片区学位紧张的，列入新建扩建计划并公布'],
 '您反映的入学问题（{ticket_no}），{contacted_at}与您沟通并核对材料：{finding}。处理意见：{action}，录取结果以学校通知为准。',
 '{入学,学位,学区,上学,小升初,转学,新生报名,读书难}'),

('kindergarten', '幼儿园学位、普惠园和办园行为', 'Kindergarten places, affordable kindergartens',
 'livelihood', 'general', 'department', 'education', true, false, false, false,
 ARRAY['统计小区适龄幼儿和周边三公里学位',
       '查配套幼儿园移交协议，未移交的约谈开发企业办理移交',
       '认定普惠园收费标准，违规收费的责令退还',
       '虐童、超班额、无证办园线索当天到园检查'],
 '您反映的{place}幼儿园问题（{ticket_no}），{contacted_at}与您核实：{finding}。教育局将{action}，收费与学位信息可在公示栏查询。',
 '{幼儿园,普惠园,公办园,普惠性,托儿所,学前教育}'),

('paid_tutoring', '学校违规补课、乱收费、师德问题', 'Paid tutoring, school charges, conduct of teachers',
 'livelihood', 'general', 'department', 'education', true, false, false, false,
 ARRAY['对举报人和学生信息保密，先固定通知、收据、群聊截图',
       '到校查课表、收费公示、课后服务自愿协议',
       '违规收费限期清退，组织补课的追究校长责任',
       '体罚、辱骂、有偿家教的查实后给予处分',
       '约定时间回访家长，防止报复学生'],
 '您反映的学校问题（{ticket_no}），我们已保密核查：{finding}。处理结果：{action}，如发现对孩子区别对待请随时告诉我们。',
 '{补课,乱收费,课后服务,体罚,师德,收费班,校服,强制学生}'),

('training_refund', '培训机构退费、无证办学', 'Training schools: refunds, no licence',
 'livelihood', 'general', 'department', 'education', true, false, false, false,
 ARRAY['登记合同、缴费凭证、剩余课时和退费约定',
       '查办学许可、资金监管账户余额和法人状态',
       '约机构面谈，按未消课时计算退款、约定到账日',
       '无证的责令停止招生；关门失联的冻结监管资金并移送公安',
       '涉及人数多的建台账统一推进'],
 '您反映的培训机构退费（{ticket_no}），{contacted_at}已登记您的合同信息：{finding}。已{action}，约定{promised_at}前退款到账。',
 '{培训机构,培训班,退学费,培训学校,托管班,辅导班,教育机构,托管中心}'),

('school_food', '校园食堂和学生食品安全', 'School canteens and food of pupils',
 'livelihood', 'simple', 'department', 'market_regulation', true, true, false, false,
 ARRAY['当日到食堂，查索证、留样、加工间和从业人员健康证',
       '有学生腹痛呕吐的，先送医，封存食品并报疾控',
       '抽检餐食、油和餐具，查看餐费标准和菜单公示',
       '不合格的停供整改，更换供餐单位由家委会参与',
       '校园周边售卖“三无”食品的小店一并检查'],
 '您反映的{place}校园食品问题（{ticket_no}），检查人员{on_site_at}到校：{finding}。已责令{action}，抽检结果将予公示。',
 '{食堂,学校伙食,午餐,学生餐,配餐,营养餐,饭菜}'),

('hospital_service', '医院就诊、收费和医患纠纷', 'Hospitals: service, charges, disputes',
 'livelihood', 'general', 'department', 'health', true, false, false, false,
 ARRAY['登记患者、就诊日期、科室和诉求，提示封存病历权利',
       '医院医务科三日内调查挂号、等候、收费和沟通情况',
       '多收费的退还，服务差的约谈当事医护并致歉',
       '疑似医疗损害的引导医调委调解或鉴定',
       '非法行医线索转卫生监督现场取缔'],
 '您反映的就医问题（{ticket_no}），{contacted_at}与您沟通后，经医院调查：{finding}。处理意见：{action}，您也可申请医疗纠纷人民调解。',
 '{医院,医生,看病,诊所,医疗事故,非法行医,护士}'),

('food_safety', '餐饮、食品安全和无证经营', 'Food safety and unlicensed trade',
 'livelihood', 'simple', 'department', 'market_regulation', true, true, false, false,
 ARRAY['保留食品、小票和照片，有人不适的先就医',
       '到店查营业执照、食品经营许可、进货票和后厨卫生',
       '过期、变质、三无食品就地封存，抽样送检',
       '无证无照的责令停业，能办证的指导补办',
       '调解赔偿，符合条件的发举报奖励'],
 '您举报的{place}食品（证照）问题（{ticket_no}），{on_site_at}检查：{finding}。已依法{action}，赔偿诉求同步组织调解。',
 '{食品安全,过期食品,变质,无证经营,营业执照,卫生许可,食物中毒}'),

('consumer_refund', '消费纠纷、预付卡退费和虚假宣传', 'Consumer disputes, prepaid cards, false advertising',
 'livelihood', 'general', 'department', 'market_regulation', true, false, false, false,
 ARRAY['登记商家名称、合同或订单、付款凭证和诉求金额',
       '联系商家说明情况，约双方当面或电话调解',
       '虚假宣传、价格欺诈的另行立案',
       '商家关门失联的，查法人和预收资金，通知持卡人统一登记',
       '调解不成的告知仲裁、诉讼途径和小额诉讼办法'],
 '您反映的消费纠纷（{ticket_no}），{contacted_at}已与双方联系：{finding}。经调解{action}。若商家不履行，您可凭调解书向法院起诉。',
 '{退款,虚假宣传,消费者,健身房,会员卡,预付卡,退费,欺诈,驾校}'),

('house_quality', '商品房质量、精装修和交付问题', 'New homes: quality, fit-out, handing over',
 'livelihood', 'hard', 'department', 'housing_construction', true, true, false, false,
 ARRAY['会同监理、开发企业逐户验房，建问题台账',
       '涉及主体结构的委托检测；精装修对照合同和样板间',
       '督促企业按台账限期维修，逐户签字销项',
       '延期交付的核对合同违约责任和竣工验收备案条件',
       '停工楼盘列入保交房专班，公布复工节点'],
 '您反映的{place}房屋质量（交付）问题（{ticket_no}），{on_site_at}现场核查：{finding}。已督促开发企业{action}，{promised_at}前逐户验收销项。',
 '{房屋质量,质量问题,偷工减料,交房,收房,精装修,烂尾,延期交付}'),

('property_certificate', '不动产权证办理难', 'Title deeds not issued',
 'livelihood', 'hard', 'department', 'natural_resources', true, false, false, false,
 ARRAY['查楼盘土地、规划核实、竣工备案、测绘和首次登记状态',
       '找出卡点：欠税、欠土地款、抵押未解还是验收未过',
       '按“证缴分离”研究先行办证，追缴由企业承担',
       '购房人缺材料的一次告知并提供容缺受理',
       '公布分批办证的楼栋和日期'],
 '您反映的{place}办证问题（{ticket_no}），{contacted_at}与您联系，经查：{finding}。专班将{action}，计划{promised_at}前具备办证条件。',
 '{房产证,不动产证,产权证,两证,办证难}'),

('home_purchase_policy', '购房、限购、人才补贴政策咨询', 'Rules and subsidies for buying a home',
 'livelihood', 'simple', 'department', 'housing_construction', true, false, false, false,
 ARRAY['问清户籍、婚姻、社保、名下住房和拟购区域',
       '对照现行文件逐条答复资格、套数认定和补贴条件',
       '申请被退回的查退回原因，一次告知补正材料',
       '补贴逾期未发的，与人社、财政核对批次和到账日期'],
 '您咨询的购房（人才补贴）政策（{ticket_no}），{contacted_at}答复：{finding}。您的情况{action}；政策如有调整以最新文件为准。',
 '{购房政策,限购,购房补贴,人才新政,购房资格,人才补贴,租房补贴,公租房}'),

('sales_practices', '捂盘、捆绑销售、认筹等违规售房', 'Unfair selling of new homes',
 'livelihood', 'general', 'department', 'housing_construction', true, false, false, false,
 ARRAY['暗访售楼处，记录报价、付款条件和捆绑车位、装修情况',
       '核对预售许可、备案价和资金监管账户入账',
       '收取认筹、诚意金的责令退还，捆绑销售的停止网签',
       '一房二卖、抵押房再售的移送公安并协助查封',
       '约谈企业并通报，记入信用档案'],
 '您投诉的{place}售房行为（{ticket_no}），{contacted_at}已向您核实，检查结果：{finding}。已责令企业{action}，退款情况将逐户核对。',
 '{捂盘,捆绑销售,捆绑车位,认筹,一房二卖,预售,订金,虚假承诺}'),

('relocation', '征地拆迁补偿、安置房', 'Land taking, compensation, resettlement homes',
 'livelihood', 'hard', 'town', 'natural_resources', true, false, false, false,
 ARRAY['查征收公告、调查登记表、协议和补偿款发放记录',
       '与户主当面核对面积、人口、过渡费和青苗数',
       '漏登、错登的复核补登；款项截留的责令退还并追责',
       '安置房延期的公布工期，足额续发过渡费',
       '对补偿不服的，书面告知复议和诉讼期限'],
 '您反映的征收补偿（安置）问题（{ticket_no}），{contacted_at}与您当面核对：{finding}。{action}，安置（付款）时间为{promised_at}前。',
 '{拆迁,征收,安置房,补偿款,征地,过渡费,安置小区,强拆}'),

('household_registration', '户口、身份证、居住证和车驾管业务', 'Household registration, identity and residence permits, licences',
 'livelihood', 'simple', 'department', 'public_security', true, false, false, false,
 ARRAY['问清办理事项、户籍地和已提交材料',
       '核对落户、居住证签注、车辆上牌或考试预约的现行条件',
       '能网上办的发办理入口，能容缺的先受理',
       '被窗口多次退回的由所领导督办，当日给出结论',
       '特殊老人、病人预约上门采集照片'],
 '您咨询的户籍（车驾管）业务（{ticket_no}），{contacted_at}与您联系：{finding}。{action}，请携带一次性告知单所列材料办理，老弱病残可预约上门。',
 '{户口,落户,身份证,居住证,上牌,驾驶证,科目三,迁户}');

-- Where a live demand of an unknown category goes, until the desk has read it.
INSERT INTO liskeban.category (code, name, name_en, domain, difficulty, lead, department, listed, on_site, needs_photo, about_staff,
                               steps, reply_template, words) VALUES
('uncategorised', '未分类', 'Uncategorised',
 'grid_management', 'general', 'town', 'command_centre', false, true, false, false,
 ARRAY['坐席通读诉求并回拨核实地点、事实和期望',
       '从清单中选定事项；一件多诉的拆成子工单',
       '确无对应事项的，按属地派镇街兜底办理，并报数据局研究增列'],
 '您的诉求（{ticket_no}）已收到，经核实：{finding}。{action}，后续由{department}向您答复。',
 '{}');
$_74_categories_livelihood$)
,('upgrade/platform--0.1.0--0.2.0', $_platform010020$
-- Ordinary objects, 0.1.0 to 0.2.0: what the scripts of sql/platform, run again, do not bring by themselves.

ALTER TABLE liskeban.platform ADD COLUMN rules_event bigint;

-- Partitions are made by make_partitions(), each once.
DO $$
DECLARE
  partition record;
BEGIN
  FOR partition IN
    SELECT c.oid::regclass AS name, regexp_match(pg_get_expr(c.relpartbound, c.oid), '(\d+)\D+(\d+)') AS bounds
      FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = 'liskeban.ticket_event'::regclass
  LOOP
    EXECUTE pg_catalog.format('COMMENT ON TABLE %s IS %L', partition.name,
                              pg_catalog.format('分区 of ticket_event: the tickets %s to %s', partition.bounds[1], partition.bounds[2]::bigint - 1));
  END LOOP;
END
$$;

-- kpi() says whether its figures are settled: another result is another function.
DROP FUNCTION liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[]);

-- A message may come before its create, and a message brings more than it did.
ALTER TABLE liskeban.ticket_intake ALTER digest DROP NOT NULL, ALTER core DROP NOT NULL, ALTER ticket_id DROP NOT NULL;
DROP FUNCTION liskeban._submit_again(liskeban.ticket_intake, jsonb);
DROP FUNCTION liskeban._submit(jsonb, text, boolean);
DROP FUNCTION liskeban._quarantine(text, text, bigint, text, text);
DROP FUNCTION liskeban._read_requests(jsonb[], boolean);
$_platform010020$)
$_scripts$;
COMMENT ON FUNCTION liskeban._platform_scripts() IS 'the scripts under sql/platform and sql/seed in the order create_platform() runs them, and the deltas of upgrade_platform()';
REVOKE ALL ON FUNCTION liskeban._platform_scripts() FROM PUBLIC;

