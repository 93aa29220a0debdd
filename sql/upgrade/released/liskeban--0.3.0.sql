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
COMMENT ON FUNCTION liskeban.decide(bigint, boolean, text) IS '审批 grant or refuse a request; a dispatcher, for a promise somebody on the rung above the ticket''s or higher, and another than asked (42501). A granted extend moves resolve_due at once (LK002 once it has passed), the others permit one move. P0002 no such request, 55000 decided already';

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
COMMENT ON FUNCTION liskeban.sweep(timestamptz, bigint) IS '巡检 fire every level of a running clock that has passed by as_of (NULL: now), each once and at its own instant, and do what follows at that instant: what was suspended until then resumes, what is overdue on its rung climbs (auto of liskeban.escalation_policy), missed progress is due again, what nobody could be reached about is closed; at most that many tickets, and the directives. One sweep after a month does what one each minute would have done. A sweep of the present ends with check_platform(), unless another is at it. Returns the alarms fired. Any number at once are safe. 22023 as_of after liskeban_now(), or max_tickets not positive';

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

-- sql/46_outbox.sql
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

-- sql/46_subject_clock.sql
-- The clocks of what hangs on a ticket: whistles, parties, progress, supervisions (extension/subject.c).

CREATE FUNCTION liskeban.subject_settle() RETURNS trigger
  AS 'MODULE_PATHNAME', 'subject_settle' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.subject_settle() IS 'BEFORE ROW trigger of what has clocks and hangs on a ticket: levels that passed fire before the change hides them';

CREATE FUNCTION liskeban.subject_changed() RETURNS trigger
  AS 'MODULE_PATHNAME', 'subject_changed' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.subject_changed() IS 'AFTER STATEMENT trigger of the same, with transition table changed_rows: keeps subject_alarm_at of the worklist';

REVOKE ALL ON FUNCTION liskeban.subject_settle(), liskeban.subject_changed() FROM PUBLIC;

-- sql/46_whistle.sql
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

-- sql/47_directive.sql
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

-- sql/47_party.sql
-- Joint handling and the progress of plans.

CREATE FUNCTION liskeban.party_guard() RETURNS trigger
  AS 'MODULE_PATHNAME', 'party_guard' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.party_guard() IS 'BEFORE trigger of liskeban.party: locks the ticket, checks LK003, LK001, 42501, LK002, LK006 in this order, gives the default due and stamps what happened';

CREATE FUNCTION liskeban.party_log() RETURNS trigger
  AS 'MODULE_PATHNAME', 'party_log' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.party_log() IS 'AFTER STATEMENT trigger of liskeban.party: appends add_party, party_done and party_refused to the ticket''s history, keeps its co_departments and adds the lead''s row';

CREATE FUNCTION liskeban.add_party(ticket_id bigint, area liskeban.area_code DEFAULT NULL, department text DEFAULT NULL,
  due timestamptz DEFAULT NULL, note text DEFAULT NULL) RETURNS bigint
  AS 'MODULE_PATHNAME', 'party_add' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.add_party(bigint, liskeban.area_code, text, timestamptz, text) IS '会办 let a department, or an area, take part in a ticket until due (the ticket''s own term unless given, else 3 days); the ticket is not resolved before it has done its part or refused. Returns party_id. P0002 no such ticket, LK001 nobody is at work on it, 42501 neither the desk nor the holder, LK002 not exactly one of both, 23503 unknown or retired, 23505 takes part already, LK006 due not in the future';

CREATE FUNCTION liskeban.party_done(party_id bigint, note text DEFAULT NULL) RETURNS void
  AS 'MODULE_PATHNAME', 'party_done' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.party_done(bigint, text) IS '会办完成 say that a party has done its part: its own people, or the desk (42501). P0002 no such party, LK001 nobody is at work on the ticket, 55000 done or refused already';

CREATE FUNCTION liskeban.refuse_party(party_id bigint, reason text) RETURNS void
  AS 'MODULE_PATHNAME', 'party_refuse' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.refuse_party(bigint, text) IS '拒绝会办 say that a party does not take part, with a reason (LK002): its own people, or the desk (42501), which may insist by setting refused_reason to NULL. P0002 no such party, LK001 nobody is at work on the ticket, 55000 done or refused already';

CREATE FUNCTION liskeban.progress(ticket_id bigint, note text, percent integer DEFAULT NULL) RETURNS integer
  AS 'MODULE_PATHNAME', 'plan_progress' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.progress(bigint, text, integer) IS '进展 report how far the plan of a ticket has come, which is due every plan_policy.progress_every while it is planned; percent may fall, for a setback is to be told too. Returns the event''s seq. P0002 no such ticket, LK001 not planned, 42501 not the handler, LK002 no note, 22023 percent not between 0 and 100';

REVOKE ALL ON FUNCTION liskeban.party_guard(), liskeban.party_log(),
  liskeban.add_party(bigint, liskeban.area_code, text, timestamptz, text), liskeban.party_done(bigint, text),
  liskeban.refuse_party(bigint, text), liskeban.progress(bigint, text, integer) FROM PUBLIC;

-- sql/48_desk.sql
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

-- sql/48_dispatch.sql
-- Whom a ticket goes to (extension/dispatch.c), and words found in text (extension/text_bigram.c).

CREATE FUNCTION liskeban._dispatch_target(ticket record, OUT rule_id bigint, OUT responsible_area liskeban.area_code,
  OUT department text, OUT note text)
  AS 'MODULE_PATHNAME', 'dispatch_target' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION liskeban._dispatch_target(record) IS 'where the rules of liskeban.dispatch_rule send a row of liskeban.ticket; NULL where none does';
REVOKE ALL ON FUNCTION liskeban._dispatch_target(record) FROM PUBLIC;

CREATE FUNCTION liskeban.text_bigrams(a text, b text DEFAULT NULL, c text DEFAULT NULL) RETURNS integer[]
  AS 'MODULE_PATHNAME', 'text_bigrams' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 30;
COMMENT ON FUNCTION liskeban.text_bigrams(text, text, text) IS '双字 every two neighbouring characters of the texts as a key (the code points of both, 16 bits each), sorted, each once; large, small and full-width letters are one, spaces and punctuation separate; of the first 10,000 characters. Indexed by GIN it finds words of two characters and more';

CREATE FUNCTION liskeban.text_contains(words text, a text, b text DEFAULT NULL, c text DEFAULT NULL) RETURNS boolean
  AS 'MODULE_PATHNAME', 'text_contains' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION liskeban.text_contains(text, text, text, text) IS '含词 whether each of the words, which spaces or punctuation separate, stands in one of the texts; characters compare as in text_bigrams()';

-- sql/48_supervision.sql
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

-- sql/49_duplicate.sql
-- Duplicates: what two tickets have in common (extension/similarity.c), and their merging (extension/duplicate.c).

CREATE FUNCTION liskeban.begin_merge(ticket_id bigint, lead_id bigint) RETURNS void
  AS 'MODULE_PATHNAME', 'begin_merge' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.begin_merge(bigint, bigint) IS 'begin_move() for a merge: locks the two tickets, the lower number first; 55P03 where another session is merging the same two';

CREATE FUNCTION liskeban._text_similarity(text, text) RETURNS double precision
  AS 'MODULE_PATHNAME', 'text_similarity' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION liskeban._text_similarity(text, text) IS '0..1, the similarity() of pg_trgm: trigrams in common / trigrams of either; in a database whose ctype is C, for which Chinese has no letters, the same reckoned with everything beyond ASCII a letter but punctuation';

CREATE FUNCTION liskeban._point_distance(geometry, geometry) RETURNS double precision
  AS 'MODULE_PATHNAME', 'point_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION liskeban._point_distance(geometry, geometry) IS 'metres on the ellipsoid between two points of SRID 4490; NULL when either is empty; 22023 for anything else';

REVOKE ALL ON FUNCTION liskeban.begin_merge(bigint, bigint), liskeban._text_similarity(text, text),
  liskeban._point_distance(geometry, geometry) FROM PUBLIC;

-- sql/49_feedback.sql
-- What the citizen says of the result.

CREATE FUNCTION liskeban.record_feedback(ticket_id bigint, satisfaction text, solved boolean DEFAULT NULL,
  comment text DEFAULT NULL, channel text DEFAULT NULL) RETURNS bigint
  AS 'MODULE_PATHNAME', 'record_feedback' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.record_feedback(bigint, text, boolean, text, text) IS '回访 record what the citizen says of the result: satisfied, neutral or dissatisfied, or that he was unreachable; of a merged ticket its own reporter''s word on the lead''s result. Every answer is kept in liskeban.feedback, whose key it returns; the ticket shows the last, and unreachable after three attempts on two days since it was resolved. Dissatisfied or not solved asks for rework (resolved) or reopening (closed, within platform.reopen_within), which another decides and which then acts at once; after one such grant on a rung the next complaint begins the work again and whistles one rung up. 22004 NULL, 22P02 no such satisfaction, P0002 no such ticket, LK001 neither resolved nor closed, 42501 no dispatcher or source, or who resolved it';

CREATE FUNCTION liskeban.record_feedback(ticket_id bigint, satisfaction liskeban.satisfaction, solved boolean DEFAULT NULL,
  comment text DEFAULT NULL, channel text DEFAULT NULL) RETURNS bigint
  LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
  AS 'SELECT liskeban.record_feedback(ticket_id, satisfaction::text, solved, comment, channel)';
COMMENT ON FUNCTION liskeban.record_feedback(bigint, liskeban.satisfaction, boolean, text, text) IS '回访 the same for a value of the enum';

REVOKE ALL ON FUNCTION liskeban.record_feedback(bigint, text, boolean, text, text),
  liskeban.record_feedback(bigint, liskeban.satisfaction, boolean, text, text) FROM PUBLIC;

-- sql/49_revert.sql
-- What a wrong click undoes.

CREATE FUNCTION liskeban.revert(ticket_id bigint, note text) RETURNS integer
  AS 'MODULE_PATHNAME', 'ticket_revert' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.revert(bigint, text) IS '更正 undo the last transition, within 10 minutes of its recorded_at, when nothing but notes, urges and words of the source came after it: state and every column named in its event''s detail are as before; an event revert says which (detail.reverts = its seq), and figures pass over both. Texts (resolution, reply, plan) and the position stay as they are, alarms that fired stay, whistles and progress it ended go on, the request it used may be used again, the complaint it decided waits again. A dispatcher''s. Returns the event''s seq. P0002 no such ticket, LK001 nothing to revert or too late, 42501 another, LK002 no note, or the transition changed other tickets';

REVOKE ALL ON FUNCTION liskeban.revert(bigint, text) FROM PUBLIC;

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

-- sql/67_signal.sql
-- Signals: kernels that reckon over arrays of counts. They read nothing but their arguments.

CREATE FUNCTION liskeban.poisson_tail(count integer, mean double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tail_poisson_sql';
COMMENT ON FUNCTION liskeban.poisson_tail(integer, double precision) IS
  '泊松尾概率 P(X >= count) of a Poisson count of this mean, exact: the regularised incomplete gamma function P(count, mean), DLMF 8.11.4. Errors: 22023 mean negative or not finite';

CREATE FUNCTION liskeban.negative_binomial_tail(count integer, mean double precision, dispersion double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tail_negative_binomial_sql';
COMMENT ON FUNCTION liskeban.negative_binomial_tail(integer, double precision, double precision) IS
  '负二项尾概率 P(X >= count) of a negative binomial count of this mean and variance mean + dispersion * mean^2, exact: the regularised incomplete beta function, DLMF 8.17.22; dispersion 0 is Poisson; quasi-Poisson of variance phi * mean has dispersion (phi - 1) / mean. Errors: 22023 mean or dispersion negative or not finite';

CREATE FUNCTION liskeban.ears(counts double precision[], baseline integer DEFAULT 7, min_sd double precision DEFAULT 0,
  OUT day integer, OUT c1 double precision, OUT c2 double precision, OUT c3 double precision,
  OUT c1_alarm boolean, OUT c2_alarm boolean, OUT c3_alarm boolean) RETURNS SETOF record
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 60 AS 'MODULE_PATHNAME', 'ears';
COMMENT ON FUNCTION liskeban.ears(double precision[], integer, double precision) IS
  '早期异常报告 EARS C1, C2 and C3 of a series of daily counts, one row a day (day = subscript from 1), as published: Hutwagner and others, J. Urban Health 80 (2003) i89. c1: against the mean of the seven days before, in their sample standard deviations; c2: the same after a gap of two days; alarms above 3. c3: sum of max(0, c2 - 1) of three days; alarm above 2. NULL until there are days enough. Where all days of a baseline are equal the statistic is the limit: Infinity above their mean, 0 at it; min_sd is the least deviation to reckon with (0 as published; CDC''s BioSense takes 0.5). Errors: 22004 NULL in counts, 2202E more dimensions, 22003 NaN or infinity, 22023 baseline below 2 or min_sd negative';

CREATE FUNCTION liskeban.benjamini_hochberg(p double precision[]) RETURNS double precision[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'benjamini_hochberg';
COMMENT ON FUNCTION liskeban.benjamini_hochberg(double precision[]) IS
  '错误发现率校正 p-values adjusted for their number, in the order given: the least false discovery rate at which each is a discovery (Benjamini and Hochberg, J. R. Statist. Soc. B 57 (1995) 289). Errors: 22004 NULL in p, 22023 outside 0 to 1, 2202E more dimensions';

CREATE FUNCTION liskeban.seasonal_count(counts integer[], day_class integer[], prior_mean double precision DEFAULT NULL,
  prior_days double precision DEFAULT 1, max_days integer DEFAULT 8, OUT days integer, OUT expected double precision,
  OUT dispersion double precision, OUT low integer, OUT high integer, OUT p double precision) RETURNS record
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'seasonal_count';
COMMENT ON FUNCTION liskeban.seasonal_count(integer[], integer[], double precision, double precision, integer) IS
  '同类日基线 what the last of a series of daily counts should have been: by the last max_days days before it of the same class (weekday, holiday, make-up day: any numbers). days: how many there were; expected: their mean, drawn towards prior_mean as much as prior_days days would (without a prior: Jeffreys'' Gamma(1/2, 0), that is half a count more); variance = expected + dispersion * expected^2, where dispersion is the moments'' (variance - mean) / mean^2 where that is positive, and what not knowing the mean adds; low to high: the band that 19 of 20 days keep to; p: P(X >= count), negative binomial. A quasi-Poisson of the same mean and variance has the same tail. NULLs where there is neither a day nor a prior. Errors: 22004 NULL, 2202E lengths differ or empty, 22023 count negative or prior not positive';

CREATE FUNCTION liskeban.seasonal_value(series double precision[], day_class integer[], max_days integer DEFAULT 8,
  OUT days integer, OUT expected double precision, OUT deviation double precision, OUT p_above double precision,
  OUT p_below double precision) RETURNS record
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'seasonal_value';
COMMENT ON FUNCTION liskeban.seasonal_value(double precision[], integer[], integer) IS
  '同类日均值 the same for a measured value, which is no count: expected is the mean of the last max_days days of the same class, deviation the standard deviation of the next value about it, p_above and p_below the chances of one as high or as low (Student''s t; NULL with less than two days; 0 where all were the same and this one is not). Errors: 22004 NULL, 2202E lengths differ or empty, 22003 NaN or infinity, 22023 max_days below 1';

CREATE FUNCTION liskeban.count_signals(town integer[], category integer[], day integer[], cases integer[], day_class integer[],
  max_days integer DEFAULT 7, guard integer DEFAULT 7, max_adjusted double precision DEFAULT 1,
  OUT town integer, OUT category integer, OUT days integer, OUT observed integer, OUT expected double precision,
  OUT dispersion double precision, OUT p double precision, OUT chance double precision, OUT adjusted double precision) RETURNS SETOF record
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'count_signals';
COMMENT ON FUNCTION liskeban.count_signals(integer[], integer[], integer[], integer[], integer[], integer, integer, double precision) IS
  '分镇分事项异常 which counts of the last day are too many, town by category, most of which expect far less than one a day. town, category (both from 1), day (1 to the last, which is today) and cases belong together by position, what is not there is 0; day_class has the class of every day (1 to 32: weekdays, holiday, make-up day). Baseline: the days before the last guard days (eight weeks and seven days of guard are meant), each series drawn towards town''s share * category''s level by a Gamma prior, each class of days towards the category''s and the district''s, days on which the district or the category elsewhere is loud discounted, dispersion by moments, past outbreaks cut (DuMouchel 1999; Noufaily and others 2013; extension/baseline.c). One row a series, and one with town NULL for each category in all towns, most surprising first: of its sums over the last 1 to max_days days the one with the least tail p = P(X >= observed), negative binomial with this expected and dispersion; chance: how many tests of the day would come out at p or below if nothing were wrong, counting what each can attain (Tarone 1990); adjusted: the false discovery rate of Benjamini and Hochberg in Heyse''s form for counts (2011). An alarm wherever chance <= 0.08 spends that many false alarms a day. Only rows with adjusted <= max_adjusted. Errors: 22004 NULL, 2202E lengths differ, 22023 numbers out of range or too few days, 54000 over 100000 series or 50 million counts';

-- sql/68_scan.sql
-- Clusters in space and time.

CREATE FUNCTION liskeban.space_time_scan(x double precision[], y double precision[], cell integer[], day integer[], cases integer[],
  today integer DEFAULT NULL, max_radius double precision DEFAULT 2000, max_days integer DEFAULT 7,
  replications integer DEFAULT 999, seed bigint DEFAULT 0, clusters integer DEFAULT 1,
  OUT cluster integer, OUT centre integer, OUT cells integer[], OUT radius double precision, OUT first_day integer,
  OUT last_day integer, OUT observed integer, OUT expected double precision, OUT llr double precision,
  OUT p double precision, OUT p_gumbel double precision) RETURNS SETOF record
LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 1 COST 100000 AS 'MODULE_PATHNAME', 'space_time_scan';
COMMENT ON FUNCTION liskeban.space_time_scan(double precision[], double precision[], integer[], integer[], integer[], integer,
  double precision, integer, integer, bigint, integer) IS
  '时空聚集扫描 the prospective space-time permutation scan statistic (Kulldorff and others, PLoS Medicine 2 (2005) e59). x and y are the cells'' points in metres (as ST_Transform gives them); cell (subscript of x), day and cases (numbers of cases) belong together by position; cylinders are circles around a cell up to max_radius metres times 1 to max_days days that end today (NULL: the last day with cases). The most likely cluster and, up to clusters of them, the next that share no cell with it: its cells nearest first, its radius, expected = cases of the cells times cases of the days / all, llr the log likelihood ratio, p by Monte Carlo over replications permutations of the days among the cases, p_gumbel its smooth approximation (Abrams and others 2010) for what lies below 1/(replications + 1). The same seed gives the same answer. No row without an excess. Errors: 22004 NULL, 2202E lengths differ or no such cell, 22023 value out of range or a day after today, 54000 over 50 million cases';

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
                   ('alarm', 'alarm_id', 10000000000), ('outbox', 'id', 10000000000),
                   ('whistle', 'whistle_id', 1000000000), ('party', 'party_id', 1000000000),
                   ('progress', 'progress_id', 1000000000), ('supervision', 'supervision_id', 1000000000),
                   ('directive', 'directive_id', 1000000000), ('directive_target', 'target_id', 1000000000),
                   ('feedback', 'feedback_id', 1000000000)) AS k(relation, "column", width)
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
  outbox_retention  interval NOT NULL DEFAULT '30 days',
  CONSTRAINT platform_district_check CHECK (liskeban.area_level(district) = 'district'),
  -- an unknown zone is an error of its own (22023)
  CONSTRAINT platform_time_zone_check CHECK ((timestamptz 'epoch' AT TIME ZONE time_zone) IS NOT NULL),
  CONSTRAINT platform_ticket_prefix_check CHECK (ticket_prefix ~ '^[0-9A-Za-z]{1,12}$'),
  CONSTRAINT platform_snap_distance_check CHECK (snap_distance >= 0 AND snap_distance <= 10000),
  CONSTRAINT platform_arrival_distance_check CHECK (arrival_distance >= 0 AND arrival_distance <= 100000),
  CONSTRAINT platform_reopen_within_check CHECK (reopen_within >= interval '0'),
  CONSTRAINT platform_rework_floor_check CHECK (rework_floor >= interval '0' AND extract(year FROM rework_floor) = 0 AND extract(month FROM rework_floor) = 0),
  CONSTRAINT platform_rework_floor_hard_check CHECK (rework_floor_hard >= interval '0' AND extract(year FROM rework_floor_hard) = 0 AND extract(month FROM rework_floor_hard) = 0),
  CONSTRAINT platform_retention_check CHECK (retention >= interval '183 days'),
  CONSTRAINT platform_outbox_retention_check CHECK (outbox_retention >= interval '0')
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

COMMENT ON COLUMN liskeban.platform.outbox_retention IS '发件箱留存期 how long notifications that all have acknowledged are kept at least';
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

CREATE TABLE liskeban.indicator (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text NOT NULL,
  domain     text NOT NULL REFERENCES liskeban.domain,
  unit       text NOT NULL,
  direction  text NOT NULL DEFAULT 'lower_is_better',
  source     text REFERENCES liskeban.source_system,
  retired_at timestamptz,
  CONSTRAINT indicator_code_check CHECK (code ~ '^[a-z0-9_]{1,64}$'),
  CONSTRAINT indicator_direction_check CHECK (direction IN ('lower_is_better', 'higher_is_better', 'neither'))
);
COMMENT ON TABLE liskeban.indicator IS '指标 what is counted or measured by day and area, and is no ticket';
COMMENT ON COLUMN liskeban.indicator.code IS '代码 key';
COMMENT ON COLUMN liskeban.indicator.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.indicator.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.indicator.domain IS '领域 domain of the daily analysis';
COMMENT ON COLUMN liskeban.indicator.unit IS '单位 unit of its values, as it is printed';
COMMENT ON COLUMN liskeban.indicator.direction IS '方向 which way is better: lower_is_better, higher_is_better or neither';
COMMENT ON COLUMN liskeban.indicator.source IS '来源系统 the one source that reports it; NULL any';
COMMENT ON COLUMN liskeban.indicator.retired_at IS '停用时间 when it was retired; NULL in force';

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
  max_suspend    interval NOT NULL,
  CONSTRAINT plan_policy_max_promise_check CHECK (max_promise > interval '0'),
  CONSTRAINT plan_policy_progress_every_check CHECK (progress_every > interval '0'),
  CONSTRAINT plan_policy_max_replans_check CHECK (max_replans >= 0),
  CONSTRAINT plan_policy_max_suspend_check CHECK (max_suspend >= interval '0'),
  CONSTRAINT plan_policy_months_check CHECK (extract(month FROM max_promise) = 0 AND extract(year FROM max_promise) = 0
    AND extract(month FROM progress_every) = 0 AND extract(year FROM progress_every) = 0
    AND extract(month FROM max_suspend) = 0 AND extract(year FROM max_suspend) = 0)
);
COMMENT ON TABLE liskeban.plan_policy IS '方案规则 how far a rung may promise, how often it reports and plans anew';
COMMENT ON COLUMN liskeban.plan_policy.tier IS '层级 rung';
COMMENT ON COLUMN liskeban.plan_policy.max_promise IS '最长承诺 longest promise without the next rung''s consent, without months or years';
COMMENT ON COLUMN liskeban.plan_policy.progress_every IS '进展间隔 how often progress is due while planned, without months or years';
COMMENT ON COLUMN liskeban.plan_policy.max_replans IS '重订次数 plans after the first on this rung, each on a granted extension';
COMMENT ON COLUMN liskeban.plan_policy.max_suspend IS '最长挂账 how long a run may be suspended altogether, without months or years';

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
  CONSTRAINT escalation_policy_max_declined_check CHECK (max_declined > 0),
  CONSTRAINT escalation_policy_months_check CHECK (extract(month FROM sign_within) = 0 AND extract(year FROM sign_within) = 0
    AND extract(month FROM handle_within) = 0 AND extract(year FROM handle_within) = 0)
);
COMMENT ON TABLE liskeban.escalation_policy IS '吹哨规则 how soon a rung signs and handles what was whistled up to it';
COMMENT ON COLUMN liskeban.escalation_policy.tier IS '层级 rung that is whistled up';
COMMENT ON COLUMN liskeban.escalation_policy.sign_within IS '签收时限 time to sign, calendar, without months or years';
COMMENT ON COLUMN liskeban.escalation_policy.handle_within IS '办理时限 time to handle, in basis, without months or years';
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
,('platform/16_dispatch_rule', $_16_dispatch_rule$
-- Dispatch rules: what goes to whom as soon as it is accepted. extension/dispatch.c applies them.

CREATE TABLE liskeban.dispatch_rule (
  rule_id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  priority         integer NOT NULL DEFAULT 100,
  category         text REFERENCES liskeban.category,
  domain           text REFERENCES liskeban.domain,
  area             liskeban.area_code REFERENCES liskeban.area,
  source           text REFERENCES liskeban.source_system,
  kind             liskeban.ticket_kind,
  words            text[],
  responsible_area liskeban.area_code REFERENCES liskeban.area,
  department       text REFERENCES liskeban.department,
  note             text,
  retired_at       timestamptz,
  CONSTRAINT dispatch_rule_words_check CHECK (words <> '{}' AND pg_catalog.array_position(words, NULL) IS NULL
                                              AND pg_catalog.array_position(words, '') IS NULL)
);
COMMENT ON TABLE liskeban.dispatch_rule IS '派单规则 whom an accepted ticket goes to at once: of the rules in force that match, the one with the lowest priority, then rule_id, holds; none ships';
COMMENT ON COLUMN liskeban.dispatch_rule.rule_id IS '编号 key';
COMMENT ON COLUMN liskeban.dispatch_rule.priority IS '次序 the lowest number is tried first';
COMMENT ON COLUMN liskeban.dispatch_rule.category IS '事项 of the ticket; NULL any';
COMMENT ON COLUMN liskeban.dispatch_rule.domain IS '领域 of its category; NULL any';
COMMENT ON COLUMN liskeban.dispatch_rule.area IS '区域 in which it lies; NULL anywhere, also the pool';
COMMENT ON COLUMN liskeban.dispatch_rule.source IS '来源系统 of the ticket; NULL any';
COMMENT ON COLUMN liskeban.dispatch_rule.kind IS '类型 of the ticket; NULL any';
COMMENT ON COLUMN liskeban.dispatch_rule.words IS '关键词 one of which stands in title, description or address, however large or wide it is written; NULL whatever they say';
COMMENT ON COLUMN liskeban.dispatch_rule.responsible_area IS '承办区域 area it goes to';
COMMENT ON COLUMN liskeban.dispatch_rule.department IS '承办部门 department it goes to; without either, whom the category''s lead and the duty roster name, which reaches no ticket in the pool';
COMMENT ON COLUMN liskeban.dispatch_rule.note IS '备注 why; added to the note of the dispatch';
COMMENT ON COLUMN liskeban.dispatch_rule.retired_at IS '停用时间 when it was retired; NULL in force';

-- What a rule in force names as its target, itself or by its category's lead, and is gone.
CREATE VIEW liskeban.dispatch_rule_problem AS
SELECT r.rule_id, min(p.since) AS since, string_agg(p.problem, ', ' ORDER BY p.problem) AS problem
  FROM liskeban.dispatch_rule AS r
  LEFT JOIN liskeban.category AS c
    ON c.code = r.category AND c.lead = 'department' AND r.responsible_area IS NULL AND r.department IS NULL
  LEFT JOIN liskeban.department AS d ON d.code = coalesce(r.department, c.department) AND d.retired_at IS NOT NULL
  LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) r.responsible_area AND a.valid_to <= liskeban.liskeban_now()
 CROSS JOIN LATERAL (SELECT d.retired_at, pg_catalog.format('department %s is retired', d.code) WHERE d.code IS NOT NULL
                     UNION ALL
                     SELECT a.valid_to, pg_catalog.format('area %s is no longer in force', a.code) WHERE a.code IS NOT NULL) AS p(since, problem)
 WHERE r.retired_at IS NULL
 GROUP BY r.rule_id;
COMMENT ON VIEW liskeban.dispatch_rule_problem IS '失效派单规则 rules in force whose target no longer is: they are passed over, and stand in platform_alarm';
COMMENT ON COLUMN liskeban.dispatch_rule_problem.rule_id IS '编号 the rule';
COMMENT ON COLUMN liskeban.dispatch_rule_problem.since IS '时间 since when';
COMMENT ON COLUMN liskeban.dispatch_rule_problem.problem IS '问题 what is gone';
$_16_dispatch_rule$)
,('platform/20_ticket', $_20_ticket$
-- The ticket and what hangs on it. The guard and the log (30_triggers.sql) keep it; nobody else writes what is maintained.

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
  created_at    timestamptz NOT NULL DEFAULT liskeban.liskeban_now(),
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
COMMENT ON COLUMN liskeban.attachment.created_at IS '登记时间 when the platform took it down; a photo of an earlier result serves no later one';

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
COMMENT ON COLUMN liskeban.request.decided_by IS '审批人 who decided: another than asked; platform where it lapsed with the work it was asked for';
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
COMMENT ON COLUMN liskeban.ticket_event.action IS '动作 report, a move of liskeban.transition, else what was done: contact, extend, progress, add_party, party_done, party_refused, blow_whistle and the other steps of a whistle, supervise, feedback, revert, amend, note, supplement, urge, recompute';
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
  next_alarm_at    timestamptz,
  own_alarm_at     timestamptz,
  subject_alarm_at timestamptz,
  area             liskeban.area_code,
  received_at      timestamptz,
  due              timestamptz
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
COMMENT ON COLUMN liskeban.worklist.next_alarm_at IS '下次告警时间 earliest level of a running clock that the sweep has not seen, its own or its subjects''; NULL none';
COMMENT ON COLUMN liskeban.worklist.own_alarm_at IS '自身告警时间 the same of the ticket''s own clocks alone';
COMMENT ON COLUMN liskeban.worklist.subject_alarm_at IS '对象告警时间 the same of its whistles, parties, supervisions and progress alone (liskeban.subject_clock)';
COMMENT ON COLUMN liskeban.worklist.area IS '所在区域 as in ticket';
COMMENT ON COLUMN liskeban.worklist.received_at IS '接收时间 as in ticket';
COMMENT ON COLUMN liskeban.worklist.due IS '办理时限 the due that it is measured by: resolve_due, of a hard ticket without a plan plan_due; NULL while suspended or resolved';
$_20_ticket$)
,('platform/22_partitions', $_22_partitions$
-- Partitions of history and alarms, ten million tickets each, and of the outbox, a million entries each: made ahead, of the
-- outbox five times as many, for it may be used up faster.

CREATE FUNCTION liskeban.make_partitions(ahead integer DEFAULT 2) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  district constant bigint := (SELECT p.district::text::bigint FROM liskeban.platform AS p);
  made integer := 0;
  wanted record;
  partition text;
BEGIN
  IF ahead IS NULL OR ahead < 0 THEN
    RAISE EXCEPTION 'ahead must be a number of partitions, not negative and not NULL' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- Old ones of the outbox have gone for good.
  FOR wanted IN
    SELECT p.parent, p.what, p.digits, p.base + n * p.width AS first, p.base + (n + 1) * p.width AS beyond, n
      FROM (SELECT v.*, (coalesce(pg_sequence_last_value(pg_get_serial_sequence('liskeban.' || v.counted, v.key)::regclass), v.base) + 1 - v.base)
                        / v.width AS used
              FROM (VALUES ('ticket_event', 'tickets', 'ticket', 'ticket_id', district * 1000000000, 10000000, 100, 3, ahead, true),
                           ('alarm', 'tickets', 'ticket', 'ticket_id', district * 1000000000, 10000000, 100, 3, ahead, true),
                           ('outbox', 'entries', 'outbox', 'id', district * 10000000000, 1000000, 10000, 4, ahead * 5, false))
                     AS v(parent, what, counted, key, base, width, most, digits, ahead, all_kept)) AS p,
           generate_series(CASE WHEN p.all_kept THEN 0 ELSE p.used END, least(p.used + p.ahead, p.most - 1)) AS n
     ORDER BY p.parent, n
  LOOP
    partition := format('%s_p%s', wanted.parent, lpad(wanted.n::text, wanted.digits, '0'));
    CONTINUE WHEN to_regclass(format('liskeban.%I', partition)) IS NOT NULL;
    EXECUTE format('CREATE TABLE liskeban.%I PARTITION OF liskeban.%I FOR VALUES FROM (%L) TO (%L)',
                   partition, wanted.parent, wanted.first, wanted.beyond);
    EXECUTE format('CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept()', partition);
    EXECUTE format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER history_kept', partition);
    EXECUTE format('COMMENT ON TABLE liskeban.%I IS %L', partition,
                   format('分区 of %s: the %s %s to %s', wanted.parent, wanted.what, wanted.first, wanted.beyond - 1));
    made := made + 1;
  END LOOP;
  RETURN made;
END
$$;
COMMENT ON FUNCTION liskeban.make_partitions(integer) IS '建立分区 make the partitions of history and alarms up to that many beyond the one in use, of the outbox up to five times as many; returns how many were missing';
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
  kept constant text[] := '{platform,domain,network,reject_reason,source_system,indicator,area,department,category,membership,official,duty,grid_member,dispatch_rule}';
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
  FOREACH registry IN ARRAY '{domain,network,reject_reason,source_system,indicator,area,department,category,platform}'::text[] LOOP
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
COMMENT ON FUNCTION liskeban.accept(bigint, text) IS '受理 take a reported ticket on; a rejected one with a note. Where a rule of liskeban.dispatch_rule matches, the platform dispatches it at once: another event, after the one whose seq is returned';

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
COMMENT ON FUNCTION liskeban.dispatch(bigint, liskeban.area_code, text, text) IS '派单 hand an accepted ticket to exactly the area and department given; with neither, to the category''s department, or to the finest of the area it lies in (the town where towns lead) and those above it for which somebody is on duty, in the end the district; where no roster is kept, to that area itself. LK002 where the target returned it before, until the desk designates after the second return';

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
COMMENT ON FUNCTION liskeban.redispatch(bigint, liskeban.area_code, text, text) IS '改派 hand a dispatched ticket to another area or department, with a note; LK002 where that returned it before, until the desk designates';

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
  PERFORM liskeban.begin_merge(ticket_id, lead_id);
  UPDATE liskeban.ticket AS t SET state = 'merged', merged_into = merge.lead_id
   WHERE t.ticket_id = merge.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.merge(bigint, bigint) IS '并案 make a duplicate silent behind another open ticket, its lead, itself not merged; what was merged into it goes along. Locks the lower number first; 55P03 where another session is merging the same two';

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
,('platform/42_duplicate', $_42_duplicate$
-- Duplicates: which other tickets may be of the same matter. Nothing is merged but by a person.
-- What matches any argument is named with its schema, and numbers are of one kind: in the schema of PostGIS somebody may
-- have planted what fits better.

CREATE FUNCTION liskeban._similar_tickets(mine_id bigint, radius_m double precision, days double precision,
  OUT ticket_id bigint, OUT score double precision, OUT text_similarity double precision, OUT distance_m double precision,
  OUT days_apart double precision, OUT state liskeban.ticket_state, OUT lead_id bigint, OUT ticket_no text, OUT title text,
  OUT received_at timestamptz)
RETURNS SETOF record LANGUAGE plpgsql STABLE ROWS 20 SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
  none constant double precision := 0;
  whole constant double precision := 1;
  mine record;
  span interval;
  lat_reach double precision;
  lon_reach double precision;
  box geometry;
BEGIN
  IF pg_catalog.num_nulls(mine_id, radius_m, days) > 0 THEN
    RAISE EXCEPTION 'ticket_id, radius_m and days must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  IF NOT (radius_m > none AND radius_m <= 1000000::double precision AND days > none AND days <= 36500::double precision) THEN
    RAISE EXCEPTION 'radius_m must lie in (0, 1000000], days in (0, 36500]' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT t.ticket_id, t.category, t.received_at, t.geom, pg_catalog.concat_ws(' ', t.title, t.description) AS words,
         t.placement OPERATOR(pg_catalog.<>) 'unknown' AS placed
    INTO mine
    FROM liskeban.ticket AS t WHERE t.ticket_id = mine_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no ticket %, or it is not yours to see', mine_id USING ERRCODE = 'no_data_found';
  END IF;
  span := days * interval '1 day';
  -- A box that holds the circle finds them by the index; the distance then decides.
  IF mine.placed THEN
    lat_reach := radius_m / 110500::double precision;
    lon_reach := LEAST(radius_m / (111000::double precision
                                   * GREATEST(cosd(LEAST(abs(ST_Y(mine.geom)) + lat_reach, 89.9::double precision)), 0.001::double precision)),
                       180::double precision);
    box := ST_MakeEnvelope(ST_X(mine.geom) - lon_reach, ST_Y(mine.geom) - lat_reach,
                           ST_X(mine.geom) + lon_reach, ST_Y(mine.geom) + lat_reach, 4490);
  END IF;

  RETURN QUERY
  WITH candidate AS (
    SELECT t.ticket_id, t.state, t.merged_into, t.ticket_no, t.title, t.description, t.received_at, t.category,
           liskeban._point_distance(t.geom, mine.geom) AS metres
      FROM liskeban.ticket AS t WHERE mine.placed AND t.geom && box
    UNION ALL
    -- one of them has no place: the pool of those without, or all
    SELECT t.ticket_id, t.state, t.merged_into, t.ticket_no, t.title, t.description, t.received_at, t.category, NULL
      FROM liskeban.ticket AS t WHERE mine.placed AND t.area IS NULL AND t.placement OPERATOR(pg_catalog.=) 'unknown'
    UNION ALL
    SELECT t.ticket_id, t.state, t.merged_into, t.ticket_no, t.title, t.description, t.received_at, t.category, NULL
      FROM liskeban.ticket AS t WHERE NOT mine.placed
  ), compared AS MATERIALIZED (
    SELECT c.*, liskeban._text_similarity(mine.words, pg_catalog.concat_ws(' ', c.title, c.description)) AS alike,
           abs(EXTRACT(epoch FROM c.received_at - mine.received_at)::double precision) / 86400::double precision AS apart
      FROM candidate AS c
     WHERE c.category = mine.category AND c.ticket_id <> mine_id AND c.state OPERATOR(pg_catalog.<>) ALL ('{withdrawn,rejected}')
       AND c.received_at BETWEEN mine.received_at - span AND mine.received_at + span
       AND (c.metres IS NULL OR c.metres <= radius_m)
  )
  SELECT c.ticket_id,
         CASE WHEN c.metres IS NULL THEN 0.9::double precision * c.alike + 0.1::double precision * (whole - c.apart / days)
              ELSE 0.6::double precision * c.alike + 0.3::double precision * (whole - c.metres / radius_m)
                   + 0.1::double precision * (whole - c.apart / days) END AS score,
         c.alike, c.metres, c.apart, c.state, CASE WHEN c.state OPERATOR(pg_catalog.=) 'merged' THEN c.merged_into END, c.ticket_no, c.title,
         c.received_at
    FROM compared AS c
   WHERE c.metres IS NOT NULL OR c.alike >= 0.3::double precision
   ORDER BY score DESC, c.ticket_id;
END
$$;
COMMENT ON FUNCTION liskeban._similar_tickets(bigint, double precision, double precision) IS 'what liskeban.similar_tickets() gives';
REVOKE ALL ON FUNCTION liskeban._similar_tickets(bigint, double precision, double precision) FROM PUBLIC;

CREATE FUNCTION liskeban.similar_tickets(ticket_id bigint, radius_m double precision DEFAULT 500, days double precision DEFAULT 30)
RETURNS TABLE (ticket_id bigint, score double precision, text_similarity double precision, distance_m double precision,
               days_apart double precision, state liskeban.ticket_state, lead_id bigint, ticket_no text, title text,
               received_at timestamptz)
LANGUAGE sql STABLE ROWS 20 SET search_path = pg_catalog, pg_temp AS $$
  SELECT * FROM liskeban._similar_tickets($1, $2, $3)
$$;
COMMENT ON FUNCTION liskeban.similar_tickets(bigint, double precision, double precision) IS '相似工单 tickets that may be of the same matter, best first: of the same category, received within ± days, within radius_m metres on the ellipsoid; neither withdrawn nor rejected, open or not; a merged one with its lead. score, 0 to 1: 0.6 × text_similarity + 0.3 × (1 − distance_m / radius_m) + 0.1 × (1 − days_apart / days); where either has no position, distance_m is NULL, text_similarity at least 0.3 and the score 0.9 × text_similarity + 0.1 × (1 − days_apart / days). text_similarity: trigrams of title and description in common / in either (pg_trgm). Merges nothing. P0002 no such ticket, 22004 NULL, 22023 radius_m not in (0, 1000000] or days not in (0, 36500]';
REVOKE ALL ON FUNCTION liskeban.similar_tickets(bigint, double precision, double precision) FROM PUBLIC;
$_42_duplicate$)
,('platform/42_feedback', $_42_feedback$
-- The citizen's word: every answer, and every attempt to get one. Written by the log of liskeban.ticket only, whether it
-- was given by record_feedback() or by a plain UPDATE.

CREATE TABLE liskeban.feedback (
  feedback_id  bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  ticket_id    bigint NOT NULL,
  run          integer NOT NULL,
  at           timestamptz NOT NULL,
  recorded_by  text NOT NULL,
  channel      text,
  satisfaction liskeban.satisfaction,
  solved       boolean,
  comment      text,
  request_id   bigint,
  CONSTRAINT feedback_answer_check CHECK (pg_catalog.num_nonnulls(satisfaction, solved) > 0)
);
CREATE INDEX feedback_ticket_id_idx ON liskeban.feedback (ticket_id);
COMMENT ON TABLE liskeban.feedback IS '回访记录 every answer of a citizen, and every attempt to reach one; never changed';
COMMENT ON COLUMN liskeban.feedback.feedback_id IS '编号 key';
COMMENT ON COLUMN liskeban.feedback.ticket_id IS '工单编号 the ticket whose reporter answered; of a merged one its own';
COMMENT ON COLUMN liskeban.feedback.run IS '轮次 the ticket''s run then';
COMMENT ON COLUMN liskeban.feedback.at IS '时间 when, as the event''s';
COMMENT ON COLUMN liskeban.feedback.recorded_by IS '记录人 who recorded it';
COMMENT ON COLUMN liskeban.feedback.channel IS '渠道 how the citizen was asked';
COMMENT ON COLUMN liskeban.feedback.satisfaction IS '满意度 satisfied, neutral or dissatisfied; unreachable: an attempt';
COMMENT ON COLUMN liskeban.feedback.solved IS '是否解决 what the citizen says';
COMMENT ON COLUMN liskeban.feedback.comment IS '意见 personal data may stand in it';
COMMENT ON COLUMN liskeban.feedback.request_id IS '申请编号 the request for rework or reopening that it made; NULL none';

CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.feedback
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.feedback ENABLE ALWAYS TRIGGER history_kept;
$_42_feedback$)
,('platform/42_party', $_42_party$
-- Joint handling: who else takes part in a ticket, by when, and who would not.

CREATE TABLE liskeban.party (
  party_id       bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  ticket_id      bigint NOT NULL,
  department     text REFERENCES liskeban.department,
  area           liskeban.area_code REFERENCES liskeban.area,
  role           text NOT NULL DEFAULT 'co',
  added_by       text NOT NULL,
  added_at       timestamptz NOT NULL,
  due            timestamptz,
  given_at       timestamptz NOT NULL,
  run            integer NOT NULL DEFAULT 1,
  done_at        timestamptz,
  done_by        text,
  refused_at     timestamptz,
  refused_by     text,
  refused_reason text,
  note           text,
  CONSTRAINT party_who_check CHECK (pg_catalog.num_nonnulls(department, area) = 1),
  CONSTRAINT party_role_check CHECK (role IN ('lead', 'co')),
  CONSTRAINT party_run_check CHECK (run > 0),
  CONSTRAINT party_done_check CHECK ((done_at IS NULL) = (done_by IS NULL)),
  CONSTRAINT party_refused_check CHECK (pg_catalog.num_nulls(refused_at, refused_by, refused_reason) IN (0, 3)),
  CONSTRAINT party_ended_check CHECK (done_at IS NULL OR refused_at IS NULL)
);
CREATE INDEX party_ticket_id_idx ON liskeban.party (ticket_id);
CREATE UNIQUE INDEX party_one_open ON liskeban.party (ticket_id, department, area) NULLS NOT DISTINCT
  WHERE role = 'co' AND done_at IS NULL AND refused_at IS NULL;
CREATE UNIQUE INDEX party_one_lead ON liskeban.party (ticket_id) WHERE role = 'lead';
COMMENT ON TABLE liskeban.party IS '会办单位 who takes part in a ticket beside, or as, its lead; INSERT and UPDATE are the API, add_party() and party_done() stand on them';
COMMENT ON COLUMN liskeban.party.party_id IS '编号 six digits of the district × 10^9 + n';
COMMENT ON COLUMN liskeban.party.ticket_id IS '工单编号 the ticket; never changes';
COMMENT ON COLUMN liskeban.party.department IS '部门 the department that takes part; NULL for an area';
COMMENT ON COLUMN liskeban.party.area IS '区域 the area that takes part; NULL for a department';
COMMENT ON COLUMN liskeban.party.role IS '角色 co 会办, or lead 牵头: who holds the ticket, a row that the platform keeps from the first co party on';
COMMENT ON COLUMN liskeban.party.added_by IS '添加人 who added it (stamped)';
COMMENT ON COLUMN liskeban.party.added_at IS '添加时间 when (stamped)';
COMMENT ON COLUMN liskeban.party.due IS '时限 by when its part is to be done: the ticket''s own term unless given, else 3 days; NULL for the lead, and for a former holder, who assists without a term and holds nothing up';
COMMENT ON COLUMN liskeban.party.given_at IS '给定时间 when the present due was given, from which its levels are reckoned (maintained)';
COMMENT ON COLUMN liskeban.party.run IS '轮次 how often due was set, from 1 (maintained)';
COMMENT ON COLUMN liskeban.party.done_at IS '完成时间 when it had done its part (stamped, whatever is given)';
COMMENT ON COLUMN liskeban.party.done_by IS '完成人 who said so (stamped)';
COMMENT ON COLUMN liskeban.party.refused_at IS '拒绝时间 when it refused (stamped)';
COMMENT ON COLUMN liskeban.party.refused_by IS '拒绝人 who refused (stamped)';
COMMENT ON COLUMN liskeban.party.refused_reason IS '拒绝理由 why it does not take part; the desk insists by setting it to NULL';
COMMENT ON COLUMN liskeban.party.note IS '备注 what was said with the last step';

CREATE TRIGGER party_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.party
  FOR EACH ROW EXECUTE FUNCTION liskeban.party_guard();
CREATE TRIGGER party_guard_truncate BEFORE TRUNCATE ON liskeban.party
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.party_guard();
CREATE TRIGGER party_log_insert AFTER INSERT ON liskeban.party REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.party_log();
CREATE TRIGGER party_log_update AFTER UPDATE ON liskeban.party REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.party_log();
ALTER TABLE liskeban.party ENABLE ALWAYS TRIGGER party_guard;
ALTER TABLE liskeban.party ENABLE ALWAYS TRIGGER party_guard_truncate;
ALTER TABLE liskeban.party ENABLE ALWAYS TRIGGER party_log_insert;
ALTER TABLE liskeban.party ENABLE ALWAYS TRIGGER party_log_update;
$_42_party$)
,('platform/42_progress', $_42_progress$
-- Progress of a plan: a row for each report that is due while a ticket is planned.

CREATE TABLE liskeban.progress (
  progress_id bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  ticket_id   bigint NOT NULL,
  opened_at   timestamptz NOT NULL,
  due         timestamptz NOT NULL,
  ended_at    timestamptz,
  reported_at timestamptz,
  reported_by text,
  percent     integer,
  note        text,
  CONSTRAINT progress_percent_check CHECK (percent BETWEEN 0 AND 100)
);
CREATE INDEX progress_ticket_id_idx ON liskeban.progress (ticket_id);
CREATE UNIQUE INDEX progress_one_open ON liskeban.progress (ticket_id) WHERE ended_at IS NULL;
COMMENT ON TABLE liskeban.progress IS '进展 the reports that are due, each plan_policy.progress_every, while a ticket is planned: one open row a planned ticket; written by progress() and the platform';
COMMENT ON COLUMN liskeban.progress.progress_id IS '编号 six digits of the district × 10^9 + n';
COMMENT ON COLUMN liskeban.progress.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.progress.opened_at IS '起算时间 when it was planned, resumed or last reported';
COMMENT ON COLUMN liskeban.progress.due IS '时限 by when the report is due';
COMMENT ON COLUMN liskeban.progress.ended_at IS '结束时间 when it was reported, missed (the due) or the ticket was planned anew or no more; NULL while it runs';
COMMENT ON COLUMN liskeban.progress.reported_at IS '报告时间 when it was reported; NULL where it was not';
COMMENT ON COLUMN liskeban.progress.reported_by IS '报告人 who reported';
COMMENT ON COLUMN liskeban.progress.percent IS '完成比例 0 to 100; may fall';
COMMENT ON COLUMN liskeban.progress.note IS '进展情况 what was reported';

-- What happened is not undone, not even by who passes every grant.
CREATE TRIGGER history_kept BEFORE DELETE OR TRUNCATE ON liskeban.progress
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.progress ENABLE ALWAYS TRIGGER history_kept;
$_42_progress$)
,('platform/42_whistle', $_42_whistle$
-- The ladder: whistles that carry a ticket up a rung, and the task forces that handle it there.

CREATE TABLE liskeban.whistle (
  whistle_id      bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  ticket_id       bigint NOT NULL,
  from_tier       liskeban.tier NOT NULL,
  to_tier         liskeban.tier NOT NULL,
  from_area       liskeban.area_code,
  from_department text,
  raised_by       text NOT NULL,
  reason          text NOT NULL,
  auto            boolean NOT NULL DEFAULT false,
  raised_at       timestamptz NOT NULL,
  sign_due        timestamptz NOT NULL,
  signed_at       timestamptz,
  signed_by       text,
  handle_due      timestamptz NOT NULL,
  ended_at        timestamptz,
  outcome         text,
  ended_by        text,
  answer          text,
  appeal_of       bigint REFERENCES liskeban.whistle,
  CONSTRAINT whistle_to_tier_check CHECK (to_tier > from_tier),
  CONSTRAINT whistle_reason_check CHECK (reason <> ''),
  CONSTRAINT whistle_outcome_check CHECK (outcome IN ('solved', 'handed_down', 'declined', 'overtaken')),
  CONSTRAINT whistle_ended_check CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX whistle_ticket_id_idx ON liskeban.whistle (ticket_id);
CREATE UNIQUE INDEX whistle_one_open ON liskeban.whistle (ticket_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX whistle_one_appeal ON liskeban.whistle (appeal_of) WHERE appeal_of IS NOT NULL;

CREATE TABLE liskeban.task_force (
  whistle_id bigint NOT NULL REFERENCES liskeban.whistle,
  role_name  text NOT NULL,
  role       text NOT NULL DEFAULT 'member',
  PRIMARY KEY (whistle_id, role_name),
  CONSTRAINT task_force_role_check CHECK (role IN ('leader', 'member'))
);
CREATE UNIQUE INDEX task_force_one_leader ON liskeban.task_force (whistle_id) WHERE role = 'leader';
CREATE INDEX whistle_declined_idx ON liskeban.whistle (raised_by, ended_at) WHERE outcome = 'declined';
COMMENT ON TABLE liskeban.whistle IS '吹哨 a ticket''s way up a rung: by hand, or by itself when the clock of its rung was overdue (kept by the named functions and the sweep)';
COMMENT ON COLUMN liskeban.whistle.whistle_id IS '编号 key';
COMMENT ON COLUMN liskeban.whistle.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.whistle.from_tier IS '原层级 rung it came from';
COMMENT ON COLUMN liskeban.whistle.to_tier IS '目标层级 rung that was whistled up';
COMMENT ON COLUMN liskeban.whistle.from_area IS '原承办区域 area that held the ticket';
COMMENT ON COLUMN liskeban.whistle.from_department IS '原承办部门 department that held the ticket';
COMMENT ON COLUMN liskeban.whistle.raised_by IS '吹哨人 who raised it; platform where it climbed by itself';
COMMENT ON COLUMN liskeban.whistle.reason IS '理由 why';
COMMENT ON COLUMN liskeban.whistle.auto IS '自动 whether the ticket climbed by itself';
COMMENT ON COLUMN liskeban.whistle.raised_at IS '吹哨时间 when; an automatic one at the instant its clock was due';
COMMENT ON COLUMN liskeban.whistle.sign_due IS '签收时限 raised_at + sign_within of the rung';
COMMENT ON COLUMN liskeban.whistle.signed_at IS '签收时间 when the rung took it on; NULL not yet';
COMMENT ON COLUMN liskeban.whistle.signed_by IS '签收人 who signed';
COMMENT ON COLUMN liskeban.whistle.handle_due IS '办理时限 the earlier of signed_at and sign_due + handle_within of the rung, in its basis';
COMMENT ON COLUMN liskeban.whistle.ended_at IS '结束时间 NULL while it is open';
COMMENT ON COLUMN liskeban.whistle.outcome IS '结果 solved 已解决, handed_down 交办, declined 退回, overtaken 由其他流转取代; NULL while it is open';
COMMENT ON COLUMN liskeban.whistle.ended_by IS '结束人 by whose doing it ended';
COMMENT ON COLUMN liskeban.whistle.answer IS '答复 reason of a decline, instruction of a handing down';
COMMENT ON COLUMN liskeban.whistle.appeal_of IS '申诉 the declined whistle that this one appeals';
COMMENT ON TABLE liskeban.task_force IS '专班 who handles what was whistled up to the district or the principal';
COMMENT ON COLUMN liskeban.task_force.whistle_id IS '吹哨编号 the whistle, while it is open';
COMMENT ON COLUMN liskeban.task_force.role_name IS '身份 the identity; a leader''s as in official';
COMMENT ON COLUMN liskeban.task_force.role IS '角色 leader 组长 (one) or member 成员';

CREATE TRIGGER task_force_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.task_force
  FOR EACH ROW EXECUTE FUNCTION liskeban.task_force_guard();
ALTER TABLE liskeban.task_force ENABLE ALWAYS TRIGGER task_force_guard;

-- What happened is not undone, not even by who passes every grant.
CREATE TRIGGER history_kept BEFORE DELETE OR TRUNCATE ON liskeban.whistle
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.whistle ENABLE ALWAYS TRIGGER history_kept;
$_42_whistle$)
,('platform/43_directive', $_43_directive$
-- Directives, downwards: what the district wants of its areas and departments, signed, answered and done by each.

CREATE TABLE liskeban.directive (
  directive_id  bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  title         text NOT NULL,
  body          text,
  issued_by     text NOT NULL,
  issued_at     timestamptz NOT NULL,
  reply_due     timestamptz NOT NULL,
  expand        boolean NOT NULL DEFAULT true,
  revoked_at    timestamptz,
  revoked_by    text,
  revoke_reason text,
  CONSTRAINT directive_title_check CHECK (title <> ''),
  CONSTRAINT directive_reply_due_check CHECK (reply_due > issued_at),
  CONSTRAINT directive_revoked_check CHECK (pg_catalog.num_nulls(revoked_at, revoked_by, revoke_reason) IN (0, 3))
);
CREATE INDEX directive_issued_at_idx ON liskeban.directive (issued_at);
COMMENT ON TABLE liskeban.directive IS '指令 what the district, or a town, wants of those below it; revoked, never changed or deleted';
COMMENT ON COLUMN liskeban.directive.directive_id IS '编号 key, in the district''s range';
COMMENT ON COLUMN liskeban.directive.title IS '标题 what it is about';
COMMENT ON COLUMN liskeban.directive.body IS '内容 what is wanted';
COMMENT ON COLUMN liskeban.directive.issued_by IS '签发人 who issued it: whoever inserts it; an admin may name another';
COMMENT ON COLUMN liskeban.directive.issued_at IS '签发时间 when (kept by the platform)';
COMMENT ON COLUMN liskeban.directive.reply_due IS '回复时限 by when each receiver answers; one working day after issued_at unless given';
COMMENT ON COLUMN liskeban.directive.expand IS '是否下发至下一级 whether an area among its receivers stands for what lies in it one level down';
COMMENT ON COLUMN liskeban.directive.revoked_at IS '撤销时间 when it was revoked; NULL in force';
COMMENT ON COLUMN liskeban.directive.revoked_by IS '撤销人 who revoked it (kept by the platform)';
COMMENT ON COLUMN liskeban.directive.revoke_reason IS '撤销理由 why';

CREATE TABLE liskeban.directive_target (
  target_id    bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  directive_id bigint NOT NULL REFERENCES liskeban.directive,
  area         liskeban.area_code REFERENCES liskeban.area,
  department   text REFERENCES liskeban.department,
  within       liskeban.area_code REFERENCES liskeban.area,
  signed_at    timestamptz,
  signed_by    text,
  reply        text,
  replied_at   timestamptz,
  replied_by   text,
  done_at      timestamptz,
  done_by      text,
  note         text,
  CONSTRAINT directive_target_who_check CHECK (pg_catalog.num_nonnulls(area, department) = 1),
  CONSTRAINT directive_target_within_check CHECK (within IS NULL OR area OPERATOR(liskeban.<@) within),
  CONSTRAINT directive_target_signed_check CHECK (pg_catalog.num_nulls(signed_at, signed_by) IN (0, 2)),
  CONSTRAINT directive_target_replied_check CHECK (pg_catalog.num_nulls(reply, replied_at, replied_by) IN (0, 3)),
  CONSTRAINT directive_target_done_check CHECK (pg_catalog.num_nulls(done_at, done_by) IN (0, 2)),
  CONSTRAINT directive_target_order_check CHECK (signed_at <= replied_at AND replied_at <= done_at),
  CONSTRAINT directive_target_key UNIQUE NULLS NOT DISTINCT (directive_id, area, department)
);
CREATE INDEX directive_target_area_idx ON liskeban.directive_target (area);
CREATE INDEX directive_target_department_idx ON liskeban.directive_target (department);
COMMENT ON TABLE liskeban.directive_target IS '指令接收单位 one row for each receiver: an area inserted here becomes a row for each area in force one level below it, or stays itself where there is none (directive.expand)';
COMMENT ON COLUMN liskeban.directive_target.target_id IS '编号 key, in the district''s range';
COMMENT ON COLUMN liskeban.directive_target.directive_id IS '指令编号 the directive';
COMMENT ON COLUMN liskeban.directive_target.area IS '接收区域 the area that receives it, or';
COMMENT ON COLUMN liskeban.directive_target.department IS '接收部门 the department';
COMMENT ON COLUMN liskeban.directive_target.within IS '下发自 the area that was named and stood for this one; NULL where this one was named itself';
COMMENT ON COLUMN liskeban.directive_target.signed_at IS '签收时间 when it was signed for: whatever is given, the time it was';
COMMENT ON COLUMN liskeban.directive_target.signed_by IS '签收人 who signed (kept by the platform)';
COMMENT ON COLUMN liskeban.directive_target.reply IS '回复 the answer; it signs too';
COMMENT ON COLUMN liskeban.directive_target.replied_at IS '回复时间 when it was answered (kept by the platform)';
COMMENT ON COLUMN liskeban.directive_target.replied_by IS '回复人 who answered (kept by the platform)';
COMMENT ON COLUMN liskeban.directive_target.done_at IS '办结时间 when it was done: whatever is given, the time it was';
COMMENT ON COLUMN liskeban.directive_target.done_by IS '办结人 who said that it is done (kept by the platform)';
COMMENT ON COLUMN liskeban.directive_target.note IS '办结说明 what was done';

CREATE TRIGGER zz_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.directive
  FOR EACH ROW EXECUTE FUNCTION liskeban.directive_guard();
CREATE TRIGGER zz_guard_truncate BEFORE TRUNCATE ON liskeban.directive
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.directive_guard();
ALTER TABLE liskeban.directive ENABLE ALWAYS TRIGGER zz_guard;
ALTER TABLE liskeban.directive ENABLE ALWAYS TRIGGER zz_guard_truncate;
CREATE TRIGGER zz_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.directive_target
  FOR EACH ROW EXECUTE FUNCTION liskeban.directive_target_guard();
CREATE TRIGGER zz_guard_truncate BEFORE TRUNCATE ON liskeban.directive_target
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.directive_target_guard();
ALTER TABLE liskeban.directive_target ENABLE ALWAYS TRIGGER zz_guard;
ALTER TABLE liskeban.directive_target ENABLE ALWAYS TRIGGER zz_guard_truncate;

-- Named functions over these tables, with no rule of their own.
CREATE FUNCTION liskeban.issue_directive(title text, body text, areas liskeban.area_code[] DEFAULT '{}',
  departments text[] DEFAULT '{}', reply_due timestamptz DEFAULT NULL, expand boolean DEFAULT true) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  id bigint;
BEGIN
  INSERT INTO liskeban.directive AS d (title, body, reply_due, expand)
  VALUES (issue_directive.title, issue_directive.body, issue_directive.reply_due, coalesce(issue_directive.expand, true))
  RETURNING d.directive_id INTO id;
  PERFORM liskeban._address_directive(id, issue_directive.areas, issue_directive.departments);
  RETURN id;
END
$$;
COMMENT ON FUNCTION liskeban.issue_directive(text, text, liskeban.area_code[], text[], timestamptz, boolean) IS '下达指令 issue a directive to areas and departments; an area stands for what lies in it one level down (a town for its villages) unless expand is false or nothing does. reply_due NULL: in one working day. Returns directive_id. LK002 no title, or nobody to receive it; LK006 reply_due not in the future; 23503 a receiver that is not registered or no longer in force; 42501 not a dispatcher''s or leader''s who directs every receiver';
REVOKE ALL ON FUNCTION liskeban.issue_directive(text, text, liskeban.area_code[], text[], timestamptz, boolean) FROM PUBLIC;

-- Who has not: a row for each receiver with something still to do.
CREATE VIEW liskeban.directive_pending WITH (security_invoker = true) AS
SELECT t.target_id, d.directive_id, d.title, d.issued_by, d.issued_at, d.reply_due, t.area, t.department,
       coalesce(a.name, p.name) AS receiver,
       CASE WHEN t.signed_at IS NULL THEN 'sign' WHEN t.replied_at IS NULL THEN 'reply' ELSE 'done' END AS waiting_for,
       t.signed_at, t.replied_at,
       CASE WHEN t.replied_at IS NULL
            THEN liskeban.clock_lamp(d.reply_due, liskeban.working_time_between(d.issued_at, d.reply_due, 'working_day'),
                                'working_day', liskeban.liskeban_now())
            ELSE 'green' END AS lamp
  FROM liskeban.directive_target AS t
  JOIN liskeban.directive AS d ON d.directive_id = t.directive_id
  LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) t.area
  LEFT JOIN liskeban.department AS p ON p.code = t.department
 WHERE d.revoked_at IS NULL AND t.done_at IS NULL;
COMMENT ON VIEW liskeban.directive_pending IS '待办指令 who has not signed, answered or done a directive in force: a row for each receiver';
COMMENT ON COLUMN liskeban.directive_pending.target_id IS '编号 key, as in directive_target';
COMMENT ON COLUMN liskeban.directive_pending.directive_id IS '指令编号 the directive';
COMMENT ON COLUMN liskeban.directive_pending.title IS '标题 what it is about';
COMMENT ON COLUMN liskeban.directive_pending.issued_by IS '签发人 who issued it';
COMMENT ON COLUMN liskeban.directive_pending.issued_at IS '签发时间 when';
COMMENT ON COLUMN liskeban.directive_pending.reply_due IS '回复时限 by when it is to be answered';
COMMENT ON COLUMN liskeban.directive_pending.area IS '接收区域 the area that received it, or';
COMMENT ON COLUMN liskeban.directive_pending.department IS '接收部门 the department';
COMMENT ON COLUMN liskeban.directive_pending.receiver IS '接收单位 its name';
COMMENT ON COLUMN liskeban.directive_pending.waiting_for IS '待办环节 sign, reply or done: what comes next';
COMMENT ON COLUMN liskeban.directive_pending.signed_at IS '签收时间 when it was signed for';
COMMENT ON COLUMN liskeban.directive_pending.replied_at IS '回复时间 when it was answered';
COMMENT ON COLUMN liskeban.directive_pending.lamp IS '亮灯 of the time to reply; green once it was answered';

CREATE VIEW liskeban.directive_status WITH (security_invoker = true) AS
SELECT d.directive_id, d.title, d.issued_by, d.issued_at, d.reply_due, d.revoked_at,
       count(t.target_id) AS receivers, count(t.signed_at) AS signed, count(t.replied_at) AS replied,
       count(t.done_at) AS done,
       count(t.target_id) FILTER (WHERE coalesce(t.replied_at, d.revoked_at, liskeban.liskeban_now()) > d.reply_due) AS late
  FROM liskeban.directive AS d LEFT JOIN liskeban.directive_target AS t ON t.directive_id = d.directive_id
 GROUP BY d.directive_id;
COMMENT ON VIEW liskeban.directive_status IS '指令进度 each directive, and how many of its receivers have signed, answered and done it';
COMMENT ON COLUMN liskeban.directive_status.directive_id IS '指令编号 key';
COMMENT ON COLUMN liskeban.directive_status.title IS '标题 what it is about';
COMMENT ON COLUMN liskeban.directive_status.issued_by IS '签发人 who issued it';
COMMENT ON COLUMN liskeban.directive_status.issued_at IS '签发时间 when';
COMMENT ON COLUMN liskeban.directive_status.reply_due IS '回复时限 by when it is to be answered';
COMMENT ON COLUMN liskeban.directive_status.revoked_at IS '撤销时间 when it was revoked; NULL in force';
COMMENT ON COLUMN liskeban.directive_status.receivers IS '接收数 how many receive it';
COMMENT ON COLUMN liskeban.directive_status.signed IS '签收数 how many signed for it';
COMMENT ON COLUMN liskeban.directive_status.replied IS '回复数 how many answered';
COMMENT ON COLUMN liskeban.directive_status.done IS '办结数 how many have done it';
COMMENT ON COLUMN liskeban.directive_status.late IS '逾期数 how many answered after reply_due, or have not by now';
$_43_directive$)
,('platform/43_supervision', $_43_supervision$
-- Supervision: what an overdue clock, or a leader, demands of who is late, until its issuer strikes it off.

CREATE TABLE liskeban.supervision (
  supervision_id bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  ticket_id      bigint,
  target_id      bigint REFERENCES liskeban.directive_target,
  alarm_id       bigint,
  clock          liskeban.clock,
  level          liskeban.lamp,
  kind           text NOT NULL,
  area           liskeban.area_code,
  department     text,
  issued_by      text NOT NULL,
  issued_at      timestamptz NOT NULL,
  reason         text,
  basis          liskeban.time_basis NOT NULL DEFAULT 'working_day',
  reply_due      timestamptz,
  reply          text,
  replied_at     timestamptz,
  replied_by     text,
  late           boolean GENERATED ALWAYS AS (replied_at > reply_due) STORED,
  struck_at      timestamptz,
  struck_by      text,
  note           text,
  CONSTRAINT supervision_kind_check CHECK (kind IN ('urge', 'order', 'notice')),
  CONSTRAINT supervision_of_check CHECK (pg_catalog.num_nonnulls(ticket_id, target_id) = 1),
  CONSTRAINT supervision_whom_check CHECK (pg_catalog.num_nonnulls(area, department) > 0),
  CONSTRAINT supervision_ground_check CHECK (alarm_id IS NOT NULL AND clock IS NOT NULL AND level IS NOT NULL OR reason <> ''),
  CONSTRAINT supervision_reply_due_check CHECK (reply_due > issued_at),
  CONSTRAINT supervision_replied_check CHECK (pg_catalog.num_nulls(reply, replied_at, replied_by) IN (0, 3)),
  CONSTRAINT supervision_struck_check CHECK (pg_catalog.num_nulls(struck_at, struck_by) IN (0, 2))
);
CREATE INDEX supervision_ticket_id_idx ON liskeban.supervision (ticket_id);
CREATE INDEX supervision_target_id_idx ON liskeban.supervision (target_id) WHERE target_id IS NOT NULL;
CREATE UNIQUE INDEX supervision_one_an_alarm ON liskeban.supervision (alarm_id);
CREATE INDEX supervision_open_idx ON liskeban.supervision (area, department) WHERE struck_at IS NULL;
COMMENT ON TABLE liskeban.supervision IS '督办 what an overdue clock (liskeban.supervision_policy), or somebody above, demands of who is late; open until it is struck off, never deleted';
COMMENT ON COLUMN liskeban.supervision.supervision_id IS '编号 key, in the district''s range';
COMMENT ON COLUMN liskeban.supervision.ticket_id IS '工单编号 the ticket, or';
COMMENT ON COLUMN liskeban.supervision.target_id IS '指令接收编号 the receiver of a directive that did not answer';
COMMENT ON COLUMN liskeban.supervision.alarm_id IS '告警编号 the alarm that set it off, once each; NULL when somebody issued it';
COMMENT ON COLUMN liskeban.supervision.clock IS '时钟 the clock of that alarm';
COMMENT ON COLUMN liskeban.supervision.level IS '级别 the level of that alarm';
COMMENT ON COLUMN liskeban.supervision.kind IS '方式 urge 催办, order 督办 or notice 通报';
COMMENT ON COLUMN liskeban.supervision.area IS '被督办区域 whom it addresses: the area that held the ticket then, the district for its desk, and';
COMMENT ON COLUMN liskeban.supervision.department IS '被督办部门 the department that did';
COMMENT ON COLUMN liskeban.supervision.issued_by IS '签发人 platform, or who issued it';
COMMENT ON COLUMN liskeban.supervision.issued_at IS '签发时间 the instant of the alarm, also when it was found out later; else when it was issued';
COMMENT ON COLUMN liskeban.supervision.reason IS '理由 why; NULL when an alarm says so';
COMMENT ON COLUMN liskeban.supervision.basis IS '计时方式 basis in which the levels of its reply clock are reckoned';
COMMENT ON COLUMN liskeban.supervision.reply_due IS '回复时限 by when it is to be answered; NULL asks for no answer';
COMMENT ON COLUMN liskeban.supervision.reply IS '回复 the answer';
COMMENT ON COLUMN liskeban.supervision.replied_at IS '回复时间 when it was answered (kept by the platform)';
COMMENT ON COLUMN liskeban.supervision.replied_by IS '回复人 who answered (kept by the platform)';
COMMENT ON COLUMN liskeban.supervision.late IS '是否逾期 whether it was answered after reply_due; NULL when it was not answered, or asks for no answer';
COMMENT ON COLUMN liskeban.supervision.struck_at IS '销号时间 when it was struck off: whatever is given, the time it was; NULL open';
COMMENT ON COLUMN liskeban.supervision.struck_by IS '销号人 who struck it off; platform when its ticket was merged, withdrawn or rejected (kept by the platform)';
COMMENT ON COLUMN liskeban.supervision.note IS '销号说明 what was said with it';

CREATE TRIGGER zz_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.supervision
  FOR EACH ROW EXECUTE FUNCTION liskeban.supervision_guard();
CREATE TRIGGER zz_guard_truncate BEFORE TRUNCATE ON liskeban.supervision
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.supervision_guard();
ALTER TABLE liskeban.supervision ENABLE ALWAYS TRIGGER zz_guard;
ALTER TABLE liskeban.supervision ENABLE ALWAYS TRIGGER zz_guard_truncate;

CREATE VIEW liskeban.supervision_open WITH (security_invoker = true) AS
SELECT s.supervision_id, s.ticket_id, s.target_id, s.kind, s.clock, s.level, s.area, s.department,
       coalesce(d.name, a.name) AS addressee, s.issued_by, s.issued_at, s.reason, s.reply_due, s.replied_at,
       coalesce(s.replied_at, liskeban.liskeban_now()) > s.reply_due AS late,
       CASE WHEN s.replied_at IS NOT NULL OR s.reply_due IS NULL THEN 'green'
            ELSE liskeban.clock_lamp(s.reply_due, liskeban.working_time_between(s.issued_at, s.reply_due, s.basis), s.basis,
                                     liskeban.liskeban_now()) END AS lamp
  FROM liskeban.supervision AS s
  LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) s.area
  LEFT JOIN liskeban.department AS d ON d.code = s.department
 WHERE s.struck_at IS NULL;
COMMENT ON VIEW liskeban.supervision_open IS '未销号督办 supervisions that have not been struck off';
COMMENT ON COLUMN liskeban.supervision_open.supervision_id IS '编号 key';
COMMENT ON COLUMN liskeban.supervision_open.ticket_id IS '工单编号 the ticket, or';
COMMENT ON COLUMN liskeban.supervision_open.target_id IS '指令接收编号 the receiver of a directive';
COMMENT ON COLUMN liskeban.supervision_open.kind IS '方式 urge, order or notice';
COMMENT ON COLUMN liskeban.supervision_open.clock IS '时钟 the clock that set it off; NULL issued by hand';
COMMENT ON COLUMN liskeban.supervision_open.level IS '级别 the level that set it off';
COMMENT ON COLUMN liskeban.supervision_open.area IS '被督办区域 whom it addresses: an area, and';
COMMENT ON COLUMN liskeban.supervision_open.department IS '被督办部门 a department';
COMMENT ON COLUMN liskeban.supervision_open.addressee IS '被督办单位 its name';
COMMENT ON COLUMN liskeban.supervision_open.issued_by IS '签发人 platform, or who issued it';
COMMENT ON COLUMN liskeban.supervision_open.issued_at IS '签发时间 when';
COMMENT ON COLUMN liskeban.supervision_open.reason IS '理由 why, where somebody issued it';
COMMENT ON COLUMN liskeban.supervision_open.reply_due IS '回复时限 by when it is to be answered; NULL asks for no answer';
COMMENT ON COLUMN liskeban.supervision_open.replied_at IS '回复时间 when it was answered';
COMMENT ON COLUMN liskeban.supervision_open.late IS '是否逾期 whether it was answered late, or is late by now; NULL asks for no answer';
COMMENT ON COLUMN liskeban.supervision_open.lamp IS '亮灯 of the time to reply; green once answered, and where no answer is asked for';
$_43_supervision$)
,('platform/44_subject_clock', $_44_subject_clock$
-- The clocks of what hangs on a ticket: whistles, parties, progress, supervisions. The sweep reads them here.

CREATE VIEW liskeban.subject_clock AS
SELECT w.ticket_id, 'sign'::liskeban.clock AS clock, w.whistle_id AS subject, 1 AS run, w.raised_at AS begins_at,
       w.sign_due AS due, 'calendar'::liskeban.time_basis AS basis
  FROM liskeban.whistle AS w WHERE w.ended_at IS NULL AND w.signed_at IS NULL
UNION ALL
SELECT w.ticket_id, 'handle', w.whistle_id, 1, LEAST(w.signed_at, w.sign_due), w.handle_due,
       COALESCE((SELECT e.basis FROM liskeban.escalation_policy AS e WHERE e.tier = w.to_tier), 'working_day')
  FROM liskeban.whistle AS w WHERE w.ended_at IS NULL
UNION ALL
SELECT p.ticket_id, 'party', p.party_id, p.run, p.given_at, p.due, 'calendar'
  FROM liskeban.party AS p WHERE p.role = 'co' AND p.due IS NOT NULL AND p.done_at IS NULL AND p.refused_at IS NULL
UNION ALL
SELECT g.ticket_id, 'progress', g.progress_id, 1, g.opened_at, g.due, 'calendar'
  FROM liskeban.progress AS g WHERE g.ended_at IS NULL
UNION ALL
SELECT s.ticket_id, 'reply', s.supervision_id, 1, s.issued_at, s.reply_due, s.basis
  FROM liskeban.supervision AS s
 WHERE s.ticket_id IS NOT NULL AND s.reply_due IS NOT NULL AND s.replied_at IS NULL AND s.struck_at IS NULL
UNION ALL
SELECT NULL, 'reply', t.target_id, 1, d.issued_at, d.reply_due, 'working_day'
  FROM liskeban.directive_target AS t JOIN liskeban.directive AS d USING (directive_id)
 WHERE d.reply_due IS NOT NULL AND d.revoked_at IS NULL AND t.replied_at IS NULL;
COMMENT ON VIEW liskeban.subject_clock IS '对象时钟 running clocks of whistles (sign, handle), parties, progress, supervisions and directives (reply; ticket_id NULL): from when, until when, on which basis';
COMMENT ON COLUMN liskeban.subject_clock.ticket_id IS '工单编号 the ticket; NULL for a directive';
COMMENT ON COLUMN liskeban.subject_clock.clock IS '时钟 sign, handle, party, progress or reply';
COMMENT ON COLUMN liskeban.subject_clock.subject IS '对象 whistle_id, party_id, progress_id, supervision_id or target_id, as in alarm';
COMMENT ON COLUMN liskeban.subject_clock.run IS '轮次 how often the clock had been set, from 1';
COMMENT ON COLUMN liskeban.subject_clock.begins_at IS '开始 from when the time given is reckoned';
COMMENT ON COLUMN liskeban.subject_clock.due IS '时限 when it is due';
COMMENT ON COLUMN liskeban.subject_clock.basis IS '计时方式 basis in which its levels are reckoned';

-- Before a row of these changes, what its clocks say by then fires; then the worklist follows.
DO $$
DECLARE
  hangs_on text;
BEGIN
  FOREACH hangs_on IN ARRAY '{whistle,party,progress,supervision}'::text[] LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER subject_settle BEFORE UPDATE OR DELETE ON liskeban.%I '
                              'FOR EACH ROW EXECUTE FUNCTION liskeban.subject_settle()', hangs_on);
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER subject_insert AFTER INSERT ON liskeban.%I REFERENCING NEW TABLE AS changed_rows '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.subject_changed()', hangs_on);
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER subject_update AFTER UPDATE ON liskeban.%I REFERENCING NEW TABLE AS changed_rows '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.subject_changed()', hangs_on);
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER subject_delete AFTER DELETE ON liskeban.%I REFERENCING OLD TABLE AS changed_rows '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.subject_changed()', hangs_on);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%1$I ENABLE ALWAYS TRIGGER subject_settle, ENABLE ALWAYS TRIGGER subject_insert, '
                              'ENABLE ALWAYS TRIGGER subject_update, ENABLE ALWAYS TRIGGER subject_delete', hangs_on);
  END LOOP;
END
$$;
$_44_subject_clock$)
,('platform/45_alarm', $_45_alarm$
-- Alarms: what fell due, each once, at its own instant; and what is wrong with the platform itself.

CREATE TABLE liskeban.alarm (
  alarm_id  bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE),
  ticket_id bigint,
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
-- The partitions of tickets are made by make_partitions(); what has no ticket, which is a directive's, stands here.
CREATE TABLE liskeban.alarm_directive PARTITION OF liskeban.alarm (
  CONSTRAINT alarm_directive_ticket_id_check CHECK (ticket_id IS NULL),
  CONSTRAINT alarm_directive_subject_check CHECK (subject IS NOT NULL)
) DEFAULT;
COMMENT ON TABLE liskeban.alarm_directive IS '分区 of alarm: those of directives';
COMMENT ON TABLE liskeban.alarm IS '告警 one row for each level of a clock that passed while the clock ran (kept by the sweep and the log)';
COMMENT ON COLUMN liskeban.alarm.alarm_id IS '编号 six digits of the district × 10^10 + n';
COMMENT ON COLUMN liskeban.alarm.ticket_id IS '工单编号 the ticket; NULL a directive''s';
COMMENT ON COLUMN liskeban.alarm.at IS '时刻 the instant of the level itself, also when it was found out later';
COMMENT ON COLUMN liskeban.alarm.fired_at IS '发出时间 when the sweep, or the next event, found it';
COMMENT ON COLUMN liskeban.alarm.subject IS '对象 whistle, supervision, party, progress report or receiver of a directive that the clock belongs to; NULL the ticket''s own';
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
  CONSTRAINT platform_alarm_kind_check CHECK (kind IN ('quiet_source', 'unhandled_reject', 'job_failed', 'dispatch_rule')),
  CONSTRAINT platform_alarm_resolved_at_check CHECK (resolved_at >= at)
);
CREATE UNIQUE INDEX platform_alarm_open ON liskeban.platform_alarm (kind, subject) WHERE resolved_at IS NULL;
COMMENT ON TABLE liskeban.platform_alarm IS '平台告警 what is wrong with the platform itself: a source that fell silent, a refused request nobody handled, a job that failed, a dispatch rule without its target';
COMMENT ON COLUMN liskeban.platform_alarm.platform_alarm_id IS '编号 key';
COMMENT ON COLUMN liskeban.platform_alarm.kind IS '类别 quiet_source, unhandled_reject, job_failed, dispatch_rule';
COMMENT ON COLUMN liskeban.platform_alarm.subject IS '对象 the source, reject_id, job or rule_id';
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
CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.alarm_directive
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.alarm_directive ENABLE ALWAYS TRIGGER history_kept;
$_45_alarm$)
,('platform/46_outbox', $_46_outbox$
-- Notifications out: a log that consumers read with a cursor each, not a queue. Nothing is deleted but by partition.
--
-- Topics: alarm, whistle, supervision, directive, dispatch, and source.<code> for what a source that reads back is told of
-- its tickets. Payloads carry ids, codes and times (UTC); of texts only the reply, which the source passes on to the citizen.

CREATE TABLE liskeban.outbox (
  id      bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE),
  at      timestamptz NOT NULL,
  topic   text NOT NULL,
  payload jsonb NOT NULL,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);
COMMENT ON TABLE liskeban.outbox IS '发件箱 what is told outside, in order: each alarm, step of a whistle, supervision, directive (one a receiver), dispatch, and each change of state of a ticket whose source reads back; never changed, old entries go by partition. Read it with take_outbox(), which passes nothing by';
COMMENT ON COLUMN liskeban.outbox.id IS '编号 six digits of the district × 10^10 + n, in the order drawn';
COMMENT ON COLUMN liskeban.outbox.at IS '时间 when it was appended; the time of the thing itself stands in payload';
COMMENT ON COLUMN liskeban.outbox.topic IS '主题 alarm, whistle, supervision, directive, dispatch, or source.<code>';
COMMENT ON COLUMN liskeban.outbox.payload IS '内容 ids, codes and times. alarm: alarm_id, ticket_id, ticket_no, clock, level, run, subject, at, fired_at, state, tier, area and department it concerns. whistle: whistle_id, ticket_id, ticket_no, step (raised, signed, solved, handed_down, declined, overtaken), at, by, from_tier, to_tier, auto, appeal_of, from_area, from_department, responsible_area, department, sign_due, handle_due. supervision: supervision_id, ticket_id, ticket_no, target_id, alarm_id, clock, level, kind, area, department, issued_by, issued_at, reply_due. directive: directive_id, target_id, area, department, issued_by, issued_at, reply_due. dispatch: ticket_id, ticket_no, seq, at, action, state, tier, priority, category, responsible_area, department, respond_due, plan_due, resolve_due; take_outbox() adds team, who goes. source.<code>: external_id, ticket_id, ticket_no, seq, at, public_state (public_state()), state, reply';

CREATE TRIGGER outbox_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.outbox
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.outbox_kept();
ALTER TABLE liskeban.outbox ENABLE ALWAYS TRIGGER outbox_kept;

-- The last id of which NOTIFY told: a sequence, which no transaction locks and none takes back.
CREATE SEQUENCE liskeban.outbox_told;
COMMENT ON SEQUENCE liskeban.outbox_told IS '已通知编号 the last id that notify_outbox() told of';

CREATE TABLE liskeban.outbox_consumer (
  consumer      text PRIMARY KEY,
  topics        text[],
  source        text REFERENCES liskeban.source_system,
  role_name     text,
  registered_by text NOT NULL,
  registered_at timestamptz NOT NULL,
  acked         bigint NOT NULL,
  taken         bigint NOT NULL,
  taken_at      timestamptz,
  lease_until   timestamptz,
  lease_by      text,
  lost_by       text,
  CONSTRAINT outbox_consumer_consumer_check CHECK (consumer <> ''),
  CONSTRAINT outbox_consumer_topics_check CHECK (cardinality(topics) > 0),
  CONSTRAINT outbox_consumer_taken_check CHECK (taken >= acked)
) WITH (fillfactor = 50);
COMMENT ON TABLE liskeban.outbox_consumer IS '订阅者 who reads the outbox, and how far (kept by take_outbox and ack_outbox)';
COMMENT ON COLUMN liskeban.outbox_consumer.consumer IS '名称 key';
COMMENT ON COLUMN liskeban.outbox_consumer.topics IS '主题 topics it is given; NULL all';
COMMENT ON COLUMN liskeban.outbox_consumer.source IS '来源系统 source_system whose logins may read it, which is given its own topic only; NULL none';
COMMENT ON COLUMN liskeban.outbox_consumer.role_name IS '身份 login or identity that may read it besides administrators; NULL none';
COMMENT ON COLUMN liskeban.outbox_consumer.registered_by IS '登记人 who registered it';
COMMENT ON COLUMN liskeban.outbox_consumer.registered_at IS '登记时间 when';
COMMENT ON COLUMN liskeban.outbox_consumer.acked IS '已确认编号 its cursor: everything up to this id is done with';
COMMENT ON COLUMN liskeban.outbox_consumer.taken IS '已取编号 the last id it was given';
COMMENT ON COLUMN liskeban.outbox_consumer.taken_at IS '最近取用时间 when it was last given any';
COMMENT ON COLUMN liskeban.outbox_consumer.lease_until IS '租约至 until when what was taken is the taker''s alone; NULL when all of it is acknowledged';
COMMENT ON COLUMN liskeban.outbox_consumer.lease_by IS '租约会话 session that took it, as %c in the server''s log';
COMMENT ON COLUMN liskeban.outbox_consumer.lost_by IS '失约会话 session whose lease ran out before it acknowledged, and went to another';

-- ---- what is told ----

CREATE TRIGGER outbox_insert AFTER INSERT ON liskeban.alarm REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.outbox_follow('alarm');
CREATE TRIGGER outbox_insert AFTER INSERT ON liskeban.whistle REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.outbox_follow('whistle');
CREATE TRIGGER outbox_update AFTER UPDATE ON liskeban.whistle REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.outbox_follow('whistle');
CREATE TRIGGER outbox_insert AFTER INSERT ON liskeban.supervision REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.outbox_follow('supervision');
CREATE TRIGGER outbox_insert AFTER INSERT ON liskeban.directive_target REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.outbox_follow('directive');
ALTER TABLE liskeban.alarm ENABLE ALWAYS TRIGGER outbox_insert;
ALTER TABLE liskeban.whistle ENABLE ALWAYS TRIGGER outbox_insert;
ALTER TABLE liskeban.whistle ENABLE ALWAYS TRIGGER outbox_update;
ALTER TABLE liskeban.supervision ENABLE ALWAYS TRIGGER outbox_insert;
ALTER TABLE liskeban.directive_target ENABLE ALWAYS TRIGGER outbox_insert;

-- ---- who reads ----

CREATE FUNCTION liskeban.register_outbox_consumer(consumer text, topics text[] DEFAULT NULL, source text DEFAULT NULL,
  role_name text DEFAULT NULL, from_now boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  wanted text[] := topics;
  wrong text;
  cursor_at bigint;
BEGIN
  PERFORM liskeban._require_admin('register a consumer of the outbox');
  IF consumer IS NULL THEN
    RAISE EXCEPTION 'the name of a consumer must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF consumer = '' OR cardinality(topics) = 0 THEN
    RAISE EXCEPTION 'a consumer needs a name, and a topic unless topics is NULL' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF source IS NOT NULL THEN
    wanted := ARRAY['source.' || source];
    IF NOT EXISTS (SELECT FROM liskeban.source_system AS s WHERE s.code = register_outbox_consumer.source) THEN
      RAISE EXCEPTION 'source "%" is not known', source USING ERRCODE = 'foreign_key_violation', HINT = 'See liskeban.source_system.';
    ELSIF topics IS NOT NULL AND topics <> wanted THEN
      RAISE EXCEPTION 'a consumer of source "%" is given topic "%" only', source, wanted[1] USING ERRCODE = 'invalid_parameter_value';
    END IF;
  END IF;
  SELECT t INTO wrong FROM unnest(wanted) AS t
   WHERE t IS NULL OR t <> ALL ('{alarm,whistle,supervision,directive,dispatch}'::text[])
                      AND NOT EXISTS (SELECT FROM liskeban.source_system AS s WHERE t = 'source.' || s.code)
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'there is no topic "%"', wrong USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Topics are alarm, whistle, supervision, directive, dispatch and source.<code of a source>.';
  END IF;
  IF from_now THEN
    cursor_at := liskeban._outbox_final();
  ELSE
    cursor_at := coalesce((SELECT min(o.id) FROM liskeban.outbox AS o),
                          (SELECT s.seqmin FROM pg_sequence AS s WHERE s.seqrelid = 'liskeban.outbox_id_seq'::regclass)) - 1;
  END IF;
  INSERT INTO liskeban.outbox_consumer (consumer, topics, source, role_name, registered_by, registered_at, acked, taken)
  VALUES (consumer, wanted, source, role_name, liskeban.actor(), liskeban.liskeban_now(), cursor_at, cursor_at);
EXCEPTION WHEN unique_violation THEN
  RAISE EXCEPTION 'there is a consumer "%" already', consumer USING ERRCODE = 'duplicate_object';
END
$$;
COMMENT ON FUNCTION liskeban.register_outbox_consumer(text, text[], text, text, boolean) IS '登记订阅者 a consumer of the outbox, of all topics or of these; of a source, whose logins read it, its own topic; role_name may read it besides administrators. It begins with the oldest entry kept, or with what comes from now on. Administrators. 42710 there is one of that name, 22023 no such topic, 23503 no such source';
REVOKE ALL ON FUNCTION liskeban.register_outbox_consumer(text, text[], text, text, boolean) FROM PUBLIC;

CREATE FUNCTION liskeban.drop_outbox_consumer(consumer text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM liskeban._require_admin('drop a consumer of the outbox');
  DELETE FROM liskeban.outbox_consumer AS c WHERE c.consumer = drop_outbox_consumer.consumer;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no consumer "%"', consumer USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Table liskeban.outbox_consumer lists them.';
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban.drop_outbox_consumer(text) IS '注销订阅者 forget a consumer, so that it holds nothing back any more. Administrators. 22023 there is none of that name';
REVOKE ALL ON FUNCTION liskeban.drop_outbox_consumer(text) FROM PUBLIC;

-- Administrators and jobs read as any consumer; others as their own.
CREATE FUNCTION liskeban._require_consumer(c liskeban.outbox_consumer) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  problem text;
BEGIN
  IF c.role_name = liskeban.actor() THEN
    RETURN;
  END IF;
  IF c.source IS NULL THEN
    PERFORM liskeban._require_admin(format('read the outbox as "%s"', c.consumer));
    RETURN;
  END IF;
  SELECT s.reason INTO problem FROM liskeban._intake_source(c.source) AS s;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION '%', problem USING ERRCODE = 'insufficient_privilege';
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._require_consumer(liskeban.outbox_consumer) IS '42501 unless the caller is an administrator, the role of the consumer, or reports for its source';
REVOKE ALL ON FUNCTION liskeban._require_consumer(liskeban.outbox_consumer) FROM PUBLIC;

-- Who asks under a name that is not registered: an administrator for everything, a source for its own.
CREATE FUNCTION liskeban._new_consumer(consumer text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  own_source text;
  admin boolean := true;
BEGIN
  BEGIN
    PERFORM liskeban._require_admin('read the outbox');
  EXCEPTION WHEN insufficient_privilege THEN
    admin := false;
  END;
  IF NOT admin THEN
    SELECT s.source INTO own_source FROM liskeban._intake_source(NULL) AS s;
    IF own_source IS NULL THEN
      RAISE EXCEPTION 'there is no consumer "%"', consumer USING ERRCODE = 'insufficient_privilege',
        HINT = 'An administrator registers it with liskeban.register_outbox_consumer().';
    END IF;
    -- Each that is behind keeps the old entries: one is a source's to make.
    IF EXISTS (SELECT FROM liskeban.outbox_consumer AS c WHERE c.source = own_source) THEN
      RAISE EXCEPTION 'there is no consumer "%", and source "%" has another', consumer, own_source USING ERRCODE = 'insufficient_privilege',
        HINT = 'An administrator registers more with liskeban.register_outbox_consumer().';
    END IF;
  END IF;
  INSERT INTO liskeban.outbox_consumer AS c (consumer, topics, source, registered_by, registered_at, acked, taken)
  SELECT consumer, CASE WHEN own_source IS NOT NULL THEN ARRAY['source.' || own_source] END, own_source, liskeban.actor(),
         liskeban.liskeban_now(), o.before, o.before
    FROM (SELECT coalesce((SELECT min(o.id) FROM liskeban.outbox AS o),
                          (SELECT s.seqmin FROM pg_sequence AS s WHERE s.seqrelid = 'liskeban.outbox_id_seq'::regclass)) - 1 AS before) AS o
  ON CONFLICT ON CONSTRAINT outbox_consumer_pkey DO NOTHING;
  RAISE NOTICE 'consumer "%" is registered, and begins with the oldest entry', consumer;
END
$$;
COMMENT ON FUNCTION liskeban._new_consumer(text) IS 'registers a consumer that asks for the first time: an administrator''s for all topics, a source''s one for its own; 42501 for others';
REVOKE ALL ON FUNCTION liskeban._new_consumer(text) FROM PUBLIC;

-- The people and their phones are looked up for whoever takes it, by who is on duty then; the log keeps codes only.
CREATE FUNCTION liskeban._with_team(payload jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ticket liskeban.ticket;
BEGIN
  SELECT t.* INTO ticket FROM liskeban.ticket AS t WHERE t.ticket_id = (payload ->> 'ticket_id')::bigint;
  ticket.responsible_area := (payload ->> 'responsible_area')::liskeban.area_code;
  ticket.department := payload ->> 'department';
  RETURN payload || jsonb_build_object('team',
    (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(p) - 'nth') ORDER BY p.nth), '[]') FROM liskeban._dispatch_team(ticket) AS p));
END
$$;
COMMENT ON FUNCTION liskeban._with_team(jsonb) IS 'the payload of a dispatch with team: who goes, in the order in which they are called, as dispatch_team() would say of its holder now';
REVOKE ALL ON FUNCTION liskeban._with_team(jsonb) FROM PUBLIC;

CREATE FUNCTION liskeban.take_outbox(consumer text, max integer DEFAULT 100)
RETURNS TABLE (id bigint, at timestamptz, topic text, payload jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  now constant timestamptz := liskeban.liskeban_now();
  me constant text := liskeban._session_id();
  lease constant interval := interval '60 seconds';
  c liskeban.outbox_consumer;
  final bigint;
  last bigint;
BEGIN
  IF consumer IS NULL THEN
    RAISE EXCEPTION 'the name of a consumer must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF consumer = '' OR take_outbox.max IS NULL OR take_outbox.max <= 0 THEN
    RAISE EXCEPTION 'the name of a consumer must not be empty, and max must be positive' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- An older snapshot does not see what became final meanwhile.
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE EXCEPTION 'the outbox is taken under READ COMMITTED only' USING ERRCODE = 'active_sql_transaction';
  END IF;

  SELECT o.* INTO c FROM liskeban.outbox_consumer AS o WHERE o.consumer = take_outbox.consumer;
  IF NOT FOUND THEN
    PERFORM liskeban._new_consumer(consumer);
    SELECT o.* INTO c FROM liskeban.outbox_consumer AS o WHERE o.consumer = take_outbox.consumer;
  END IF;
  PERFORM liskeban._require_consumer(c);

  -- A lease that lies further ahead than any can was given by another clock.
  SELECT o.* INTO c FROM liskeban.outbox_consumer AS o WHERE o.consumer = take_outbox.consumer FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RAISE NOTICE 'another session is taking the outbox as "%"', consumer;
    RETURN;
  ELSIF c.lease_by <> me AND now < c.lease_until AND c.lease_until <= now + lease THEN
    RAISE NOTICE 'session % has taken the outbox as "%", and has until % to acknowledge', c.lease_by, consumer, c.lease_until;
    RETURN;
  END IF;

  -- In this order: the snapshot of the query is taken once it is known what is final.
  final := liskeban._outbox_final();
  FOR id, at, topic, payload IN
    SELECT o.id, o.at, o.topic, o.payload
      FROM liskeban.outbox AS o
     WHERE o.id > c.acked AND o.id <= final AND (c.topics IS NULL OR o.topic = ANY (c.topics))
     ORDER BY o.id
     LIMIT take_outbox.max
  LOOP
    last := id;
    IF topic = 'dispatch' THEN
      payload := liskeban._with_team(payload);
    END IF;
    RETURN NEXT;
  END LOOP;

  IF last IS NOT NULL THEN
    UPDATE liskeban.outbox_consumer AS o
       SET taken = greatest(o.taken, last), taken_at = now, lease_until = now + lease, lease_by = me,
           lost_by = CASE WHEN o.lease_by <> me THEN o.lease_by WHEN o.lost_by <> me THEN o.lost_by END
     WHERE o.consumer = c.consumer;
  ELSIF final > c.acked THEN
    -- Nothing in between is for this one.
    UPDATE liskeban.outbox_consumer AS o SET acked = final, taken = final, lease_until = NULL, lease_by = NULL, lost_by = NULL
     WHERE o.consumer = c.consumer;
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban.take_outbox(text, integer) IS '取通知 what comes next for a consumer, in the order of id, at most max entries, and nothing while a transaction is open that may bring a lower id; a dispatch with team, the people who go, as dispatch_team() names them now. What is taken is this session''s for 60 s by liskeban_now(): meanwhile another session is given nothing (with a NOTICE), this one the same again; what is not acknowledged by then is given again, to whoever asks. A name that is new is registered: an administrator''s for all topics, the first of a source''s for its own. 42501 not the caller''s consumer, 22004 NULL, 22023 max not positive, 25001 outside READ COMMITTED';
REVOKE ALL ON FUNCTION liskeban.take_outbox(text, integer) FROM PUBLIC;

CREATE FUNCTION liskeban.ack_outbox(consumer text, up_to bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  now constant timestamptz := liskeban.liskeban_now();
  me constant text := liskeban._session_id();
  c liskeban.outbox_consumer;
BEGIN
  IF consumer IS NULL OR up_to IS NULL THEN
    RAISE EXCEPTION 'the name of a consumer and the id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT o.* INTO c FROM liskeban.outbox_consumer AS o WHERE o.consumer = ack_outbox.consumer FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no consumer "%"', consumer USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Table liskeban.outbox_consumer lists them; take_outbox() registers a new one.';
  END IF;
  PERFORM liskeban._require_consumer(c);
  IF up_to > c.taken THEN
    RAISE EXCEPTION 'consumer "%" has not taken % yet', consumer, up_to USING ERRCODE = 'invalid_parameter_value',
      DETAIL = format('The last that it was given is %s.', c.taken);
  END IF;
  IF up_to <= c.acked THEN
    RETURN c.acked;
  END IF;
  IF c.lost_by = me THEN
    RAISE EXCEPTION 'the lease of this session on the outbox as "%" has run out', consumer
      USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = format('Session %s has taken the same since.', c.lease_by),
            HINT = 'What is not acknowledged is given again: call take_outbox().';
  END IF;
  UPDATE liskeban.outbox_consumer AS o
     SET acked = up_to,
         lease_until = CASE WHEN up_to < o.taken THEN now + interval '60 seconds' END,
         lease_by = CASE WHEN up_to < o.taken THEN me END,
         lost_by = CASE WHEN up_to < o.taken THEN o.lost_by END
   WHERE o.consumer = c.consumer;
  RETURN up_to;
END
$$;
COMMENT ON FUNCTION liskeban.ack_outbox(text, bigint) IS '确认通知 everything up to this id is done with: moves the consumer''s cursor, forward only, and returns it; from any session, as pools give them. With all that was taken the lease ends, else it begins anew for this session. 22023 beyond what was taken, or no such consumer; 55000 this session''s lease ran out and another has taken the same since; 42501 not the caller''s consumer, 22004 NULL';
REVOKE ALL ON FUNCTION liskeban.ack_outbox(text, bigint) FROM PUBLIC;

CREATE VIEW liskeban.outbox_backlog AS
SELECT c.consumer, c.acked, o.id AS next_id, o.at AS next_at, liskeban.liskeban_now() - o.at AS behind,
       c.taken, c.taken_at, c.lease_until, c.lease_by
  FROM liskeban.outbox_consumer AS c
  LEFT JOIN LATERAL (SELECT n.id, n.at FROM liskeban.outbox AS n
                      WHERE n.id > c.acked AND (c.topics IS NULL OR n.topic = ANY (c.topics)) ORDER BY n.id LIMIT 1) AS o ON true;
COMMENT ON VIEW liskeban.outbox_backlog IS '订阅积压 how far each consumer of the outbox is behind; who is behind for good holds its partitions back';
COMMENT ON COLUMN liskeban.outbox_backlog.consumer IS '名称 the consumer';
COMMENT ON COLUMN liskeban.outbox_backlog.acked IS '已确认编号 its cursor';
COMMENT ON COLUMN liskeban.outbox_backlog.next_id IS '下一编号 the first entry for it that is not acknowledged; NULL none';
COMMENT ON COLUMN liskeban.outbox_backlog.next_at IS '下一时间 when that was appended';
COMMENT ON COLUMN liskeban.outbox_backlog.behind IS '落后 how long that has been waiting';
COMMENT ON COLUMN liskeban.outbox_backlog.taken IS '已取编号 the last id it was given';
COMMENT ON COLUMN liskeban.outbox_backlog.taken_at IS '最近取用时间 when it was last given any';
COMMENT ON COLUMN liskeban.outbox_backlog.lease_until IS '租约至 until when what was taken is the taker''s alone';
COMMENT ON COLUMN liskeban.outbox_backlog.lease_by IS '租约会话 session that took it, as %c in the server''s log';

-- ---- old entries ----

CREATE FUNCTION liskeban.drop_outbox(before timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  until constant timestamptz := coalesce(before, liskeban.liskeban_now() - (SELECT p.outbox_retention FROM liskeban.platform AS p));
  final constant bigint := liskeban._outbox_final();
  slowest text;
  newest timestamptz;
  partition record;
  dropped integer := 0;
BEGIN
  FOR partition IN
    SELECT p.name, p.bounds[2]::bigint - 1 AS last
      FROM (SELECT i.inhrelid::regclass AS name, regexp_match(pg_get_expr(c.relpartbound, c.oid), '(\d+)\D+(\d+)') AS bounds
              FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
             WHERE i.inhparent = 'liskeban.outbox'::regclass) AS p
     WHERE p.bounds[2]::bigint - 1 <= final
     ORDER BY p.bounds[2]::bigint
  LOOP
    EXECUTE format('SELECT o.at FROM %s AS o ORDER BY o.id DESC LIMIT 1', partition.name) INTO newest;
    EXIT WHEN newest >= until;
    -- A consumer that has nothing to do with what is left of it holds nothing back.
    SELECT c.consumer INTO slowest
      FROM liskeban.outbox_consumer AS c
     WHERE c.acked < partition.last
       AND EXISTS (SELECT FROM liskeban.outbox AS o
                    WHERE o.id > c.acked AND o.id <= partition.last AND (c.topics IS NULL OR o.topic = ANY (c.topics)))
     ORDER BY c.acked, c.consumer LIMIT 1;
    IF FOUND THEN
      RAISE NOTICE 'consumer "%" has not acknowledged all of %', slowest, partition.name
        USING HINT = 'It is given what it missed when it asks; one that will not come back is forgotten with liskeban.drop_outbox_consumer().';
      EXIT;
    END IF;
    BEGIN
      EXECUTE format('DROP TABLE %s', partition.name);
    EXCEPTION WHEN lock_not_available THEN
      RAISE NOTICE '% is in use, and stays until the next time', partition.name;
      EXIT;
    END;
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END
$$;
COMMENT ON FUNCTION liskeban.drop_outbox(timestamptz) IS '清理发件箱 drop the partitions of the outbox whose entries are all older than before (NULL: platform.outbox_retention ago) and acknowledged by every consumer; returns how many. The one in use stays. Waits 2 s for readers at most, and leaves the rest to the next time';
REVOKE ALL ON FUNCTION liskeban.drop_outbox(timestamptz) FROM PUBLIC;
$_46_outbox$)
,('platform/46_search', $_46_search$
-- Finding tickets: by the citizen's telephone, by number, by words, by place.

-- Chinese words of two characters are searched by pairs of characters (extension/text_bigram.c). What changes with the
-- life of a ticket is none of it, so its moves stay within the page.
CREATE INDEX ticket_words_idx ON liskeban.ticket USING gin (liskeban.text_bigrams(title, description, address));

-- A telephone is found by its digest, with and without the country's code, for those who may know it.
CREATE FUNCTION liskeban._tickets_of_phone(phone text) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  digits constant text := regexp_replace(regexp_replace(phone, '[^0-9]', '', 'g'), '^(?:00)?86(?=1[0-9]{10}$)', '');
BEGIN
  PERFORM liskeban._require_desk('find tickets by telephone');
  IF digits = '' THEN
    RAISE EXCEPTION 'phone has no digits' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN ARRAY(SELECT r.ticket_id FROM liskeban.reporter AS r
                WHERE r.phone_hash = ANY (ARRAY(SELECT sha256(convert_to(code || digits, 'UTF8')) FROM unnest('{"",86,0086}'::text[]) AS code))
                ORDER BY r.ticket_id DESC LIMIT 1000);
END
$$;
COMMENT ON FUNCTION liskeban._tickets_of_phone(text) IS 'the newest thousand tickets whose reporter has that telephone; 42501 unless the caller administers the platform or dispatches';
REVOKE ALL ON FUNCTION liskeban._tickets_of_phone(text) FROM PUBLIC;

-- What a number may mean, each by an index: a ticket_id, a source's own number, a ticket_no, how one begins (prefix, day,
-- figures) or how it ends (figures). Where it may mean many, the newest thousand.
CREATE FUNCTION liskeban._tickets_of_number(number text) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  platform liskeban.platform;
  base bigint;
  newest bigint;
  parts text[];
  begins date;
  ends date;
  step bigint;
  ids bigint[];
BEGIN
  SELECT p.* INTO STRICT platform FROM liskeban.platform AS p;
  base := left(rpad(platform.district::text, 6, '0'), 6)::bigint * 1000000000;
  ids := ARRAY(SELECT t.ticket_id FROM liskeban.ticket AS t WHERE t.ticket_no = number
               UNION ALL
               SELECT t.ticket_id FROM liskeban.source_system AS s
                 JOIN liskeban.ticket AS t ON t.source = s.code AND t.external_id = number);
  IF number ~ '^[0-9]{10,18}$' THEN
    ids := ids || number::bigint;
  ELSIF number ~ '^-?[0-9]{1,9}$' THEN
    -- the figures that a number ends with
    number := ltrim(number, '-');
    step := 10 ^ length(number);
    newest := (SELECT max(t.ticket_id) FROM liskeban.ticket AS t) - base;
    ids := ids || ARRAY(SELECT base + number::bigint + k * step
                          FROM generate_series((newest - number::bigint) / step, greatest((newest - number::bigint) / step - 999, 0), -1) AS k
                         WHERE newest >= number::bigint);
  ELSE
    parts := regexp_match(number, '^(?:' || platform.ticket_prefix || '-([0-9]{4,8})|(?:' || platform.ticket_prefix || '-)?([0-9]{8})-([0-9]*))$', 'i');
    IF length(parts[3]) >= 6 THEN
      ids := ids || ARRAY(SELECT t.ticket_id FROM liskeban.ticket AS t
                           WHERE t.ticket_id = base + left(parts[3], 9)::bigint AND t.ticket_no LIKE '%' || parts[2] || '-' || parts[3]);
    ELSIF parts IS NOT NULL THEN
      parts[1] := coalesce(parts[1], parts[2]);
      begins := to_date(rpad(left(parts[1], 4 + (length(parts[1]) - 4) / 2 * 2), 8, '0101'), 'YYYYMMDD');
      ends := begins + CASE WHEN length(parts[1]) >= 8 THEN interval '1 day' WHEN length(parts[1]) >= 6 THEN interval '1 month' ELSE interval '1 year' END;
      ids := ids || ARRAY(SELECT t.ticket_id FROM liskeban.ticket AS t
                           WHERE t.received_at >= begins::timestamp AT TIME ZONE platform.time_zone
                             AND t.received_at < ends::timestamp AT TIME ZONE platform.time_zone
                             AND t.ticket_no LIKE platform.ticket_prefix || '-' || parts[1] || coalesce('-' || parts[3], '') || '%'
                           ORDER BY t.ticket_id DESC LIMIT 1000);
    END IF;
  END IF;
  RETURN ids;
EXCEPTION
  WHEN datetime_field_overflow OR invalid_datetime_format THEN
    RETURN ids;
END
$$;
COMMENT ON FUNCTION liskeban._tickets_of_number(text) IS 'the tickets that a number may mean: ticket_id, ticket_no, how one begins or ends, external_id; numbers of tickets that there are not may be among them';
REVOKE ALL ON FUNCTION liskeban._tickets_of_number(text) FROM PUBLIC;

-- Numbers are drawn as tickets come in: the newest are those with the greatest. What is frequent is soon found among the
-- newest tickets, looked through from the newest on; what is rare by the indexes, and sorted. Which it is, is tried out, not
-- left to what the planner thinks of two words that never meet: the newest 3,000 tickets first, then the indexes for up to
-- 5,000, then the newest 50,000, then all that the indexes find. In the schema of PostGIS somebody may have planted what fits
-- arguments better than what matches any, or than numbers of two kinds do: the former is named with its schema, the latter
-- are of one kind.
CREATE FUNCTION liskeban.find_tickets(phone text DEFAULT NULL, number text DEFAULT NULL, words text DEFAULT NULL,
  place geometry DEFAULT NULL, radius_m double precision DEFAULT 200, max_rows integer DEFAULT 100)
RETURNS TABLE (ticket_id bigint, ticket_no text, state liskeban.ticket_state, category text, title text, received_at timestamptz,
  area liskeban.area_code, responsible_area liskeban.area_code, department text, source text, external_id text,
  distance_m double precision)
LANGUAGE plpgsql STABLE ROWS 100 SET search_path FROM CURRENT SET enable_seqscan = off SET work_mem = '32MB' AS $$
DECLARE
  by_phone constant text := nullif(btrim(phone), '');
  by_number constant text := nullif(btrim(number), '');
  by_words constant text := nullif(btrim(words), '');
  keys constant integer[] := liskeban.text_bigrams(words);
  ids bigint[];
  degree constant double precision := 110500;
  box geometry;
  indexed text := '';
  compared text := '';
  newest text;
  many boolean;
BEGIN
  IF pg_catalog.num_nonnulls(by_phone, by_number, by_words, place) = 0 THEN
    RAISE EXCEPTION 'find_tickets needs something to look for'
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a phone, a number, words or a place.';
  END IF;
  IF max_rows IS NULL OR max_rows < 1 THEN
    RAISE EXCEPTION 'max_rows must be at least 1' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF by_phone IS NOT NULL THEN
    ids := liskeban._tickets_of_phone(by_phone);
  END IF;
  IF by_number IS NOT NULL THEN
    ids := CASE WHEN ids IS NULL THEN liskeban._tickets_of_number(by_number)
                ELSE ARRAY(SELECT pg_catalog.unnest(ids) INTERSECT SELECT pg_catalog.unnest(liskeban._tickets_of_number(by_number))) END;
  END IF;
  IF ids IS NOT NULL THEN
    indexed := ' AND t.ticket_id = ANY ($1)';
  END IF;
  IF by_words IS NOT NULL THEN
    IF keys OPERATOR(pg_catalog.<>) '{}'::integer[] AND ids IS NULL THEN
      indexed := indexed || ' AND liskeban.text_bigrams(t.title, t.description, t.address) OPERATOR(pg_catalog.@>) $2';
    ELSIF ids IS NULL AND place IS NULL THEN
      RAISE EXCEPTION 'words of one character are not looked for alone'
        USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a word of two characters or more.';
    END IF;
    compared := ' AND liskeban.text_contains($3, t.title, t.description, t.address)';
  END IF;
  IF place IS NOT NULL THEN
    IF ST_SRID(place) <> 4490 OR ST_IsEmpty(place) THEN
      RAISE EXCEPTION 'place must be a geometry of SRID 4490, and not empty' USING ERRCODE = 'invalid_parameter_value',
        HINT = 'See liskeban.to_cgcs2000(geometry, datum).';
    END IF;
    IF radius_m IS NULL OR NOT radius_m BETWEEN 0::double precision AND 100000::double precision THEN
      RAISE EXCEPTION 'radius_m must lie between 0 and 100000' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- a degree of latitude has 110.5 km at least
    box := ST_Expand(ST_Envelope(place),
                     radius_m / (degree * cos(radians(least(abs(ST_Y(ST_Centroid(ST_Envelope(place)))) + 1::double precision, 89::double precision)))),
                     radius_m / degree);
    indexed := indexed || ' AND t.geom && $4';
    compared := compared || ' AND ST_Distance(t.geom::geography, $5::geography, false) <= $6';
  END IF;
  indexed := substr(indexed, 6);

  IF ids IS NULL THEN
    newest := 'SELECT pg_catalog.array_agg(n.ticket_id) FROM (SELECT t.ticket_id FROM liskeban.ticket AS t'
              ' WHERE t.ticket_id > (SELECT max(x.ticket_id) - $8 FROM liskeban.ticket AS x)' ||
              CASE WHEN place IS NOT NULL THEN ' AND (t.geom && $4) IS TRUE' ELSE '' END || compared ||
              ' ORDER BY t.ticket_id DESC LIMIT $7) AS n';
    EXECUTE newest INTO ids USING ids, keys, by_words, box, place, radius_m, max_rows, 3000;
    IF pg_catalog.cardinality(ids) = max_rows THEN
      many := true;
    ELSE
      EXECUTE 'SELECT count(*) > 5000 FROM (SELECT FROM liskeban.ticket AS t WHERE ' || indexed || ' LIMIT 5001) AS p'
        INTO many USING ids, keys, by_words, box;
      IF many THEN
        EXECUTE newest INTO ids USING ids, keys, by_words, box, place, radius_m, max_rows, 50000;
        many := pg_catalog.cardinality(ids) = max_rows;
      END IF;
    END IF;
    IF many THEN
      indexed := 't.ticket_id = ANY ($1)';
    END IF;
  END IF;
  RETURN QUERY EXECUTE
    'SELECT f.* FROM (SELECT t.ticket_id, t.ticket_no, t.state, t.category, t.title, t.received_at, t.area, t.responsible_area,'
    ' t.department, t.source, t.external_id, ' ||
    CASE WHEN place IS NULL THEN 'NULL::double precision' ELSE 'ST_Distance(t.geom::geography, $5::geography, false)' END ||
    ' AS distance_m FROM liskeban.ticket AS t WHERE ' || indexed || compared || ' ORDER BY t.ticket_id + 0 DESC LIMIT $7) AS f'
    ' ORDER BY f.received_at DESC, f.ticket_id DESC'
    USING ids, keys, by_words, box, place, radius_m, max_rows;
END
$$;
COMMENT ON FUNCTION liskeban.find_tickets(text, text, text, geometry, double precision, integer) IS '查单 the tickets that are all of what is asked: whose reporter has the phone (for administrators and dispatchers only: 42501), whose number it is (ticket_id, ticket_no or how it begins or ends, the source''s own), in whose title, description or address each of the words stands, that lie within radius_m metres (on the sphere) of the place (SRID 4490). Newest first, at most max_rows; of a phone, or a number that may mean many, among the newest thousand. 22023 where nothing is asked, only a word of one character, or a place of another SRID';
REVOKE ALL ON FUNCTION liskeban.find_tickets(text, text, text, geometry, double precision, integer) FROM PUBLIC;
$_46_search$)
,('platform/48_desk', $_48_desk$
-- The desk: final answers, attachments, replies from templates, who goes, and each one's own list.

CREATE TABLE liskeban.final_answer (
  ticket_id   bigint PRIMARY KEY,
  reply       text NOT NULL,
  reason      text NOT NULL,
  answered_by text NOT NULL,
  answered_at timestamptz NOT NULL,
  seq         integer NOT NULL
);
COMMENT ON TABLE liskeban.final_answer IS '终结答复 matters answered for good after a rework or another run: they are not reopened, and the same said again may be rejected as repeat_final';
COMMENT ON COLUMN liskeban.final_answer.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.final_answer.reply IS '答复 what the citizen is told; the ticket''s reply from then on';
COMMENT ON COLUMN liskeban.final_answer.reason IS '理由 why nothing more can be done';
COMMENT ON COLUMN liskeban.final_answer.answered_by IS '答复人 the dispatcher (kept by a trigger)';
COMMENT ON COLUMN liskeban.final_answer.answered_at IS '答复时间 when (kept by a trigger)';
COMMENT ON COLUMN liskeban.final_answer.seq IS '序号 its event in history (kept by a trigger)';
CREATE TRIGGER final_answer_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.final_answer
  FOR EACH ROW EXECUTE FUNCTION liskeban.final_answer_guard();
ALTER TABLE liskeban.final_answer ENABLE ALWAYS TRIGGER final_answer_guard;

CREATE FUNCTION liskeban.final_answer(ticket_id bigint, reply text, reason text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  seq integer;
BEGIN
  INSERT INTO liskeban.final_answer AS f (ticket_id, reply, reason)
  VALUES (final_answer.ticket_id, final_answer.reply, final_answer.reason) RETURNING f.seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.final_answer(bigint, text, text) IS '终结答复 answer a resolved or closed matter for good, after a rework or another run: it is not reopened any more, and a dissatisfied citizen makes no request. Returns the event''s seq. P0002 no such ticket, 22004 NULL, LK001 in another state, LK002 no reply, no reason or a first result, 42501 not a dispatcher''s, 23505 answered for good already';
REVOKE ALL ON FUNCTION liskeban.final_answer(bigint, text, text) FROM PUBLIC;

-- The ticket as its caller sees it, or the error that there is none.
CREATE FUNCTION liskeban._visible_ticket(ticket_id bigint) RETURNS liskeban.ticket
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_ticket liskeban.ticket;
BEGIN
  IF ticket_id IS NULL THEN
    RAISE EXCEPTION 'ticket_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT t.* INTO found_ticket FROM liskeban.ticket AS t WHERE t.ticket_id = _visible_ticket.ticket_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no ticket %', ticket_id USING ERRCODE = 'no_data_found';
  END IF;
  RETURN found_ticket;
END
$$;
COMMENT ON FUNCTION liskeban._visible_ticket(bigint) IS 'the ticket; 22004 NULL, P0002 there is none that the caller may see';
REVOKE ALL ON FUNCTION liskeban._visible_ticket(bigint) FROM PUBLIC;

CREATE FUNCTION liskeban.attach(ticket_id bigint, stage text, uri text, sha256 bytea DEFAULT NULL,
  taken_at timestamptz DEFAULT NULL, geom geometry DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ticket constant liskeban.ticket := liskeban._visible_ticket(ticket_id);
  attachment bigint;
BEGIN
  PERFORM liskeban._require_reach(ticket, 'attach something to');
  INSERT INTO liskeban.attachment AS a (ticket_id, stage, uri, sha256, taken_at, geom)
  VALUES (attach.ticket_id, attach.stage, attach.uri, attach.sha256, attach.taken_at, attach.geom)
  RETURNING a.attachment_id INTO attachment;
  RETURN attachment;
END
$$;
COMMENT ON FUNCTION liskeban.attach(bigint, text, text, bytea, timestamptz, geometry) IS '附件 a photo or paper of a ticket by reference; stage is report, arrival, progress, resolution or feedback. Returns attachment_id. P0002 no such ticket, 22004 NULL, 42501 not within the actor''s reach, 23514 another stage or no uri';
REVOKE ALL ON FUNCTION liskeban.attach(bigint, text, text, bytea, timestamptz, geometry) FROM PUBLIC;

-- A plain INSERT says no more than attach(); what a source attaches, submit() has looked at.
CREATE FUNCTION liskeban._attachment_reach() RETURNS trigger
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ticket liskeban.ticket;
BEGIN
  SELECT t.* INTO ticket FROM liskeban.ticket AS t WHERE t.ticket_id = NEW.ticket_id;
  IF FOUND THEN
    PERFORM liskeban._require_reach(ticket, 'attach something to');
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION liskeban._attachment_reach() IS 'BEFORE ROW trigger of liskeban.attachment: 42501 unless the actor''s duty reaches the ticket';
REVOKE ALL ON FUNCTION liskeban._attachment_reach() FROM PUBLIC;
CREATE TRIGGER attachment_reach BEFORE INSERT ON liskeban.attachment
  FOR EACH ROW WHEN (current_user <> 'liskeban_owner'::name) EXECUTE FUNCTION liskeban._attachment_reach();
ALTER TABLE liskeban.attachment ENABLE ALWAYS TRIGGER attachment_reach;

CREATE FUNCTION liskeban.draft_reply(ticket_id bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ticket constant liskeban.ticket := liskeban._visible_ticket(ticket_id);
  draft text;
BEGIN
  WITH field(name, value) AS (
    SELECT f.name, f.value
      FROM liskeban.platform AS p
      LEFT JOIN liskeban.category AS c ON c.code = ticket.category
      LEFT JOIN liskeban.department AS d ON d.code = coalesce(ticket.department, c.department)
      LEFT JOIN liskeban.department AS holder ON holder.code = ticket.department
      LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) ticket.area
      LEFT JOIN liskeban.area AS r ON r.code OPERATOR(liskeban.=) ticket.responsible_area
     CROSS JOIN LATERAL (VALUES
           ('ticket_no', ticket.ticket_no),
           ('place', coalesce(nullif(ticket.address, ''), a.name)),
           ('on_site_at', to_char(ticket.on_site_at AT TIME ZONE p.time_zone, 'FMMM"月"FMDD"日"HH24:MI')),
           ('contacted_at', to_char(ticket.contacted_at AT TIME ZONE p.time_zone, 'FMMM"月"FMDD"日"HH24:MI')),
           ('promised_at', to_char(coalesce(ticket.promised_at, ticket.resolve_due) AT TIME ZONE p.time_zone, 'FMMM"月"FMDD"日"')),
           ('finding', (SELECT e.note FROM liskeban.ticket_event AS e
                         WHERE e.ticket_id = ticket.ticket_id AND e.run = ticket.run AND e.action IN ('arrive', 'contact', 'progress')
                           AND e.note IS NOT NULL
                         ORDER BY array_position('{arrive,progress,contact}', e.action), e.seq DESC LIMIT 1)),
           ('action', coalesce(nullif(ticket.resolution, ''), nullif(ticket.plan, ''))),
           ('department', coalesce(holder.name, r.name, d.name)),
           ('phone', d.duty_phone)) AS f(name, value)
  )
  SELECT string_agg(coalesce(f.value, piece.text[1]), '' ORDER BY piece.nth) INTO draft
    FROM liskeban.category AS c
   CROSS JOIN LATERAL regexp_matches(c.reply_template, '\{[a-z_]+\}|[^{]+|\{', 'g') WITH ORDINALITY AS piece(text, nth)
    LEFT JOIN field AS f ON piece.text[1] = '{' || f.name || '}'
   WHERE c.code = ticket.category;
  RETURN draft;
END
$$;
COMMENT ON FUNCTION liskeban.draft_reply(bigint) IS '答复草稿 the reply template of a ticket''s category with what is known filled in: ticket_no, place, on_site_at, contacted_at, promised_at (else resolve_due), finding (what was noted on arrival, else with progress or contact), action (resolution, else plan), department, phone. What is not known stays in braces; NULL where the category has no template. P0002 no such ticket, 22004 NULL';
REVOKE ALL ON FUNCTION liskeban.draft_reply(bigint) FROM PUBLIC;

-- Who goes: the phones of people are not open to everybody, but to those who work on the ticket.
CREATE FUNCTION liskeban._dispatch_team(ticket liskeban.ticket)
RETURNS TABLE (nth bigint, role text, area liskeban.area_code, department text, network text, person text, phone text, police boolean)
LANGUAGE plpgsql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  at constant timestamptz := liskeban.liskeban_now();
  cell constant liskeban.area_code := coalesce(ticket.area, ticket.responsible_area);
BEGIN
  RETURN QUERY
  WITH on_duty AS (
    SELECT d.area, d.department, d.person, d.phone
      FROM liskeban.duty AS d
     WHERE d.begins_at <= at AND (d.ends_at IS NULL OR d.ends_at > at)
       AND (d.department = ticket.department
            OR ticket.department IS NULL AND ticket.responsible_area OPERATOR(liskeban.<@) d.area)
  ), team AS (
    -- the holder's desk, or the finest above it that is manned; of a department at least its telephone
    SELECT 1 AS part, 'duty' AS role, o.area, o.department, NULL::text AS network, o.person, o.phone, false AS police
      FROM on_duty AS o
     WHERE o.department IS NOT NULL OR liskeban.area_level(o.area) = (SELECT max(liskeban.area_level(x.area)) FROM on_duty AS x)
    UNION ALL
    SELECT 1, 'duty', NULL, d.code, NULL, NULL, d.duty_phone, false
      FROM liskeban.department AS d
     WHERE d.code = ticket.department AND d.duty_phone IS NOT NULL AND NOT EXISTS (SELECT FROM on_duty)
    UNION ALL
    SELECT 2, CASE WHEN g.police THEN 'police' ELSE 'grid' END, g.area, NULL, g.network, g.person, g.phone, g.police
      FROM liskeban.grid_member AS g
     WHERE cell OPERATOR(liskeban.<@) g.area AND liskeban.area_level(g.area) >= 'village'
       AND g.begins_at <= at AND (g.ends_at IS NULL OR g.ends_at > at)
  )
  SELECT row_number() OVER (ORDER BY t.part,
           t.police <> (SELECT c.domain = 'public_safety' FROM liskeban.category AS c WHERE c.code = ticket.category),
           liskeban.area_level(t.area) DESC NULLS LAST, t.network NULLS FIRST, t.person, t.phone),
         t.role, t.area, t.department, t.network, t.person, t.phone, t.police
    FROM team AS t ORDER BY 1;
END
$$;
COMMENT ON FUNCTION liskeban._dispatch_team(liskeban.ticket) IS 'dispatch_team() of a row of liskeban.ticket, whoever asks';
REVOKE ALL ON FUNCTION liskeban._dispatch_team(liskeban.ticket) FROM PUBLIC;

CREATE FUNCTION liskeban.dispatch_team(ticket_id bigint)
RETURNS TABLE (nth bigint, role text, area liskeban.area_code, department text, network text, person text, phone text, police boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ticket constant liskeban.ticket := liskeban._visible_ticket(ticket_id);
BEGIN
  PERFORM liskeban._require_reach(ticket, 'send somebody to');
  RETURN QUERY SELECT t.* FROM liskeban._dispatch_team(ticket) AS t ORDER BY t.nth;
END
$$;
COMMENT ON FUNCTION liskeban.dispatch_team(bigint) IS '出动人员 who goes, in the order in which they are called: who is on duty for the holder (else for the finest area above it, or the department''s telephone), then the grid workers of the cell up to its village with the police beside them, who go before them where public safety is concerned. P0002 no such ticket, 22004 NULL, 42501 not within the actor''s reach';
REVOKE ALL ON FUNCTION liskeban.dispatch_team(bigint) FROM PUBLIC;

CREATE VIEW liskeban.my_list WITH (security_invoker) AS
SELECT w.ticket_id, t.ticket_no, w.state, w.tier, w.priority, k.lamp::liskeban.lamp AS lamp, k.next_due, u.urge_count, t.category, c.name AS category_name,
       t.title, t.address, w.area, w.responsible_area, w.department, w.co_departments, w.received_at, w.resolve_due, w.due,
       t.confidential
  FROM liskeban.worklist AS w
  JOIN liskeban.ticket AS t ON t.ticket_id = w.ticket_id
  LEFT JOIN liskeban.category AS c ON c.code = t.category
 CROSS JOIN LATERAL liskeban.ticket_lamp(t) AS k
 CROSS JOIN LATERAL (SELECT count(*)::integer AS urge_count FROM liskeban.ticket_event AS e
                      WHERE e.ticket_id = w.ticket_id AND e.action = 'urge') AS u
 WHERE liskeban.may_work_on(w.state, w.area, w.responsible_area, w.department, w.co_departments)
 ORDER BY w.priority, k.next_due NULLS LAST, w.ticket_id;
COMMENT ON VIEW liskeban.my_list IS '我的待办 the open tickets that the actor may work on: a dispatcher''s in every state, a handler''s (of the area, of the department that leads or co-handles) from dispatch until they are resolved; most urgent first';
COMMENT ON COLUMN liskeban.my_list.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.my_list.ticket_no IS '工单号 number told to the citizen';
COMMENT ON COLUMN liskeban.my_list.state IS '状态 where it stands';
COMMENT ON COLUMN liskeban.my_list.tier IS '层级 rung it is on; NULL until dispatched';
COMMENT ON COLUMN liskeban.my_list.priority IS '优先级 1 highest to 4';
COMMENT ON COLUMN liskeban.my_list.lamp IS '亮灯 the worst lamp of its running clocks now';
COMMENT ON COLUMN liskeban.my_list.next_due IS '最近时限 the earliest due of its running clocks; NULL while none runs';
COMMENT ON COLUMN liskeban.my_list.urge_count IS '催单次数 how often the citizen asked again, by a source or at the desk';
COMMENT ON COLUMN liskeban.my_list.category IS '事项代码 category';
COMMENT ON COLUMN liskeban.my_list.category_name IS '事项 name of the category';
COMMENT ON COLUMN liskeban.my_list.title IS '标题 personal data may stand in it';
COMMENT ON COLUMN liskeban.my_list.address IS '地址 personal data may stand in it';
COMMENT ON COLUMN liskeban.my_list.area IS '所在区域 finest area that covers it; NULL in the pool';
COMMENT ON COLUMN liskeban.my_list.responsible_area IS '承办区域 the area that must act';
COMMENT ON COLUMN liskeban.my_list.department IS '承办部门 department that leads';
COMMENT ON COLUMN liskeban.my_list.co_departments IS '协办部门 departments that co-handle';
COMMENT ON COLUMN liskeban.my_list.received_at IS '接收时间 when the platform received it';
COMMENT ON COLUMN liskeban.my_list.resolve_due IS '办结时限 when it must be resolved';
COMMENT ON COLUMN liskeban.my_list.due IS '办理时限 resolve_due, of a hard ticket without a plan plan_due; NULL while suspended or resolved';
COMMENT ON COLUMN liskeban.my_list.confidential IS '保密 kept from the unit concerned';
$_48_desk$)
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
-- What is wrong with the platform itself: sources that fell silent, refused requests that nobody handles, dispatch rules
-- whose target is gone.

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
  UNION ALL
  SELECT 'dispatch_rule', p.rule_id::text, p.since, p.problem FROM liskeban.dispatch_rule_problem AS p
$$;
COMMENT ON FUNCTION liskeban._platform_problems() IS 'sources not heard of for longer than their heartbeat, refused requests unhandled for 15 minutes, and dispatch rules whose target is gone, each with the time since when it is an alarm';
REVOKE ALL ON FUNCTION liskeban._platform_problems() FROM PUBLIC;

-- Raise what is wrong and end what is well again, or is another silence than the one that is open.
CREATE FUNCTION liskeban._settle_platform_alarms(kinds text[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  raised bigint;
BEGIN
  PERFORM liskeban._clear_platform_alarm(a.kind, a.subject)
    FROM liskeban.platform_alarm AS a
   WHERE a.resolved_at IS NULL AND a.kind = ANY (kinds)
     AND NOT EXISTS (SELECT FROM liskeban._platform_problems() AS p
                      WHERE p.kind = a.kind AND p.subject = a.subject AND p.at = a.at);
  PERFORM liskeban._raise_platform_alarm(p.kind, p.subject, p.at, p.detail)
    FROM liskeban._platform_problems() AS p
   WHERE p.kind = ANY (kinds)
     AND NOT EXISTS (SELECT FROM liskeban.platform_alarm AS a
                      WHERE a.kind = p.kind AND a.subject = p.subject AND a.resolved_at IS NULL)
   ORDER BY p.at, p.kind, p.subject;
  GET DIAGNOSTICS raised = ROW_COUNT;
  RETURN raised;
END
$$;
COMMENT ON FUNCTION liskeban._settle_platform_alarms(text[]) IS 'raises the alarms of those kinds that should be open and ends those that should not; returns how many were raised';
REVOKE ALL ON FUNCTION liskeban._settle_platform_alarms(text[]) FROM PUBLIC;

-- A rule's target may go, or come back, with a change of the rule, of the department or of the area.
CREATE FUNCTION liskeban._dispatch_rules_settled() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM liskeban.dispatch_rule) THEN
    PERFORM liskeban._settle_platform_alarms('{dispatch_rule}');
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION liskeban._dispatch_rules_settled() IS 'AFTER STATEMENT trigger of dispatch_rule, department, area and category: raises and ends the alarms of dispatch rules';
REVOKE ALL ON FUNCTION liskeban._dispatch_rules_settled() FROM PUBLIC;
DO $$
DECLARE
  registry text;
BEGIN
  FOREACH registry IN ARRAY '{dispatch_rule,department,area,category}'::text[] LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER rules_settled AFTER INSERT OR UPDATE ON liskeban.%I '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban._dispatch_rules_settled()', registry);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER rules_settled', registry);
  END LOOP;
END
$$;

CREATE FUNCTION liskeban.check_platform() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  now constant timestamptz := liskeban.liskeban_now();
  doubted text[];
  since timestamptz;
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

  RETURN liskeban._settle_platform_alarms('{quiet_source,unhandled_reject,dispatch_rule}');
END
$$;
COMMENT ON FUNCTION liskeban.check_platform() IS '自检 raise an alarm for each source that was silent for longer than its heartbeat (quiet_source), and for each refused request that nobody handled for 15 minutes (unhandled_reject), for each dispatch rule whose target is gone (dispatch_rule), and end those that are well again; returns how many were raised. May run any number of times at once';
REVOKE ALL ON FUNCTION liskeban.check_platform() FROM PUBLIC;
$_55_check_platform$)
,('platform/60_kpi', $_60_kpi$
-- Figures from history alone: what every ticket's events up to an instant say, counted by what is asked for.

-- Who was merged into whom is asked of the few tickets that ever were.
CREATE INDEX ticket_event_merge_idx ON liskeban.ticket_event (ticket_id) WHERE action = 'merge';

-- So are whistles asked of the few tickets that ever blew one.
CREATE INDEX ticket_event_whistle_idx ON liskeban.ticket_event (at, ticket_id) WHERE action = 'blow_whistle';

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

-- A whistle of a village's, blown in the span: what became of it by as_of, as its ticket's events tell. A decline counts
-- as upheld when its appeal was declined too, or when nobody appealed within a working day.
CREATE FUNCTION liskeban._kpi_whistles(from_ts timestamptz, to_ts timestamptz, as_of timestamptz, kinds liskeban.ticket_kind[])
RETURNS TABLE (ticket_id bigint, raised_at timestamptz, source text, fact liskeban._ticket_fact, upheld boolean, solved boolean)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
  WITH known AS MATERIALIZED (
    SELECT e.*
      FROM (SELECT DISTINCT b.ticket_id FROM liskeban.ticket_event AS b
             WHERE b.action = 'blow_whistle' AND b.at >= from_ts AND b.at < to_ts AND b.at <= as_of AND b.recorded_at <= as_of) AS w
      JOIN liskeban.ticket AS t ON t.ticket_id = w.ticket_id AND t.kind = ANY (kinds) AND t.parent_id IS NULL
      JOIN liskeban.ticket_event AS e ON e.ticket_id = w.ticket_id
     WHERE e.at <= as_of AND e.recorded_at <= as_of
  ), reverted AS (
    SELECT k.ticket_id, (k.detail ->> 'reverts')::integer AS seq FROM known AS k WHERE k.action = 'revert'
  ), happened AS (
    SELECT k.* FROM known AS k WHERE NOT EXISTS (SELECT FROM reverted AS r WHERE r.ticket_id = k.ticket_id AND r.seq = k.seq)
  ), fact AS (
    SELECT k.ticket_id, liskeban._ticket_facts(k.seq, k.run, k.at, k.from_state, k.to_state, k.action, k.actor, k.detail, as_of) AS fact
      FROM known AS k GROUP BY k.ticket_id
  )
  SELECT b.ticket_id, b.at, t.source, f.fact,
         d.seq IS NOT NULL
           AND (d.until < as_of AND coalesce(a.at > d.until, true)
                OR EXISTS (SELECT FROM happened AS x WHERE x.ticket_id = b.ticket_id AND x.seq > a.seq AND x.action = 'decline_whistle'
                              AND NOT EXISTS (SELECT FROM happened AS y WHERE y.ticket_id = b.ticket_id AND y.seq > a.seq AND y.seq < x.seq
                                                 AND y.action IN ('blow_whistle', 'hand_down', 'resolve', 'answer')))),
         (f.fact).state IN ('resolved', 'closed')
           AND EXISTS (SELECT FROM happened AS x WHERE x.ticket_id = b.ticket_id AND x.seq > b.seq AND x.action IN ('resolve', 'answer'))
           AND NOT EXISTS (SELECT FROM happened AS x WHERE x.ticket_id = b.ticket_id AND x.seq > b.seq AND x.action = 'reopen')
    FROM happened AS b
    JOIN liskeban.ticket AS t ON t.ticket_id = b.ticket_id
    JOIN fact AS f ON f.ticket_id = b.ticket_id
    LEFT JOIN LATERAL (SELECT x.seq, x.at, x.action FROM happened AS x
                        WHERE x.ticket_id = b.ticket_id AND x.seq > b.seq
                          AND x.action IN ('decline_whistle', 'hand_down', 'blow_whistle', 'resolve', 'answer', 'withdraw', 'merge', 'reject')
                        ORDER BY x.seq LIMIT 1) AS n ON true
    LEFT JOIN LATERAL (SELECT n.seq, liskeban.add_working_time(n.at, '1 day', 'working_day') AS until WHERE n.action = 'decline_whistle') AS d ON true
    LEFT JOIN LATERAL (SELECT x.seq, x.at FROM happened AS x
                        WHERE x.ticket_id = b.ticket_id AND x.seq > d.seq AND x.action = 'appeal_whistle'
                          AND NOT EXISTS (SELECT FROM happened AS y WHERE y.ticket_id = b.ticket_id AND y.seq > d.seq AND y.seq < x.seq AND y.action = 'blow_whistle')
                        ORDER BY x.seq LIMIT 1) AS a ON true
   WHERE b.action = 'blow_whistle' AND b.at >= from_ts AND b.at < to_ts AND b.detail -> 'tier' ->> 0 = 'village'
$$;
COMMENT ON FUNCTION liskeban._kpi_whistles(timestamptz, timestamptz, timestamptz, liskeban.ticket_kind[]) IS
  'the whistles that villages blew in [from_ts, to_ts) for tickets of those kinds, with what their ticket''s events up to as_of say: whether a decline of it was upheld, and whether the ticket is solved and was not reopened';
REVOKE ALL ON FUNCTION liskeban._kpi_whistles(timestamptz, timestamptz, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;

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
  whistle_num bigint, whistle_den bigint, whistle numeric,
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
  ), blown AS (
    SELECT coalesce(CASE kpi.by
             WHEN 'district' THEN district
             WHEN 'town' THEN CASE WHEN length((w.fact).area) >= 9 THEN left((w.fact).area, 9) END
             WHEN 'village' THEN CASE WHEN length((w.fact).area) >= 12 THEN left((w.fact).area, 12) END
             WHEN 'category' THEN (w.fact).category
             WHEN 'domain' THEN (w.fact).domain
             WHEN 'source' THEN w.source
             WHEN 'department' THEN (w.fact).department
             WHEN 'tier' THEN (w.fact).tier
             WHEN 'holder' THEN coalesce((w.fact).responsible_area, (w.fact).department)
           END, '(pool)') AS case_key,
           count(*) FILTER (WHERE w.solved AND NOT w.upheld) AS solved, count(*) FILTER (WHERE NOT w.upheld) AS raised
    FROM liskeban._kpi_whistles(kpi.from_day::timestamp AT TIME ZONE zone, (kpi.to_day + 1)::timestamp AT TIME ZONE zone, until,
                                coalesce(kpi.kinds, enum_range(NULL::liskeban.ticket_kind))) w
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
           coalesce(w.solved, 0) AS whistles_solved, coalesce(w.raised, 0) AS whistles,
           coalesce(b.breaches, 0) AS breaches,
           CASE WHEN kpi.by = 'department' THEN coalesce(co.co, 0) END AS co
    FROM (SELECT o.case_key FROM own o UNION SELECT b.case_key FROM breaches b UNION SELECT co.case_key FROM co
          UNION SELECT w.case_key FROM blown w) k
    LEFT JOIN own o ON o.case_key = k.case_key
    LEFT JOIN breaches b ON b.case_key = k.case_key
    LEFT JOIN co ON co.case_key = k.case_key
    LEFT JOIN blown w ON w.case_key = k.case_key
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
         s.whistles_solved, s.whistles, s.whistles_solved / nullif(s.whistles, 0)::numeric,
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
whistle 吹哨办结率: of the whistles that villages blew from from_day to to_day (whenever their tickets were received), those whose ticket is solved and was not reopened since / all but those whose decline was upheld: by the decline of its appeal, or by a working day without one.
breach_num 超期次数: resolve_due that passed while its clock ran, once for each time it was set.
town and village are those of the ticket''s area; an area coarser than asked, and no area, department, holder or tier, count under (pool), so that keys add up to the district.
holder: a ticket counts under who held it (responsible_area, else department) at its first breach, without one under its present holder; breach_num counts each breach under who held the ticket then.
co_num 协办: with by department, received tickets that it co-handles; else NULL.
settled 已定: a final watermark was noted at or after as_of, so nothing recorded up to it can come any more: asked again, the figures are the same. Promised while the clock is not set back.';
REVOKE ALL ON FUNCTION liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;
$_60_kpi$)
,('platform/61_figures', $_61_figures$
-- Figures beside kpi(): how long the stages take, who stands where, and what one, three and seven days come to.

CREATE FUNCTION liskeban.stage_times(from_day date, to_day date, as_of timestamptz DEFAULT NULL,
  kinds liskeban.ticket_kind[] DEFAULT '{demand}')
RETURNS TABLE (stage text, n bigint, mean interval, p50 interval, p90 interval)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  zone text;
  until timestamptz := coalesce(stage_times.as_of, liskeban.liskeban_now());
BEGIN
  PERFORM liskeban._kpi_check(stage_times.from_day, stage_times.to_day, 'district');
  SELECT p.time_zone INTO STRICT zone FROM liskeban.platform AS p;
  RETURN QUERY
  WITH reverted AS (
    SELECT e.ticket_id, (e.detail ->> 'reverts')::integer AS seq FROM liskeban.ticket_event AS e JOIN liskeban.ticket AS t ON t.ticket_id = e.ticket_id
     WHERE e.action = 'revert' AND e.at <= until AND e.recorded_at <= until
       AND t.received_at >= stage_times.from_day::timestamp AT TIME ZONE zone AND t.received_at < (stage_times.to_day + 1)::timestamp AT TIME ZONE zone
  ), first_time AS (
    SELECT t.ticket_id, t.received_at AS reported,
           min(e.at) FILTER (WHERE e.action = 'accept') AS accepted,
           min(e.at) FILTER (WHERE e.action = 'dispatch') AS dispatched,
           min(e.at) FILTER (WHERE e.action = 'arrive') AS arrived,
           min(e.at) FILTER (WHERE e.action = 'contact') AS contacted,
           min(e.at) FILTER (WHERE e.action = 'plan') AS planned,
           min(e.at) FILTER (WHERE e.action IN ('resolve', 'answer')) AS resolved,
           min(e.at) FILTER (WHERE e.action = 'close') AS closed
      FROM liskeban.ticket AS t JOIN liskeban.ticket_event AS e ON e.ticket_id = t.ticket_id
     WHERE t.received_at >= stage_times.from_day::timestamp AT TIME ZONE zone AND t.received_at < (stage_times.to_day + 1)::timestamp AT TIME ZONE zone
       AND t.kind = ANY (coalesce(stage_times.kinds, enum_range(NULL::liskeban.ticket_kind))) AND t.parent_id IS NULL
       AND e.run = 1 AND e.at <= until AND e.recorded_at <= until
       AND NOT EXISTS (SELECT FROM reverted AS r WHERE r.ticket_id = e.ticket_id AND r.seq = e.seq)
     GROUP BY t.ticket_id
  ), span AS (
    SELECT s.*
      FROM first_time AS f
     CROSS JOIN LATERAL (VALUES (1, 'accept', f.accepted - f.reported), (2, 'dispatch', f.dispatched - f.accepted),
                                (3, 'arrive', f.arrived - f.dispatched), (4, 'respond', f.arrived - f.reported),
                                (5, 'contact', f.contacted - f.reported), (6, 'plan', f.planned - f.reported),
                                (7, 'handle', f.resolved - f.dispatched), (8, 'resolve', f.resolved - f.reported),
                                (9, 'close', f.closed - f.resolved)) AS s(ord, stage, took)
     WHERE s.took IS NOT NULL
  )
  SELECT s.stage, count(*), date_trunc('second', avg(s.took)),
         date_trunc('second', percentile_cont(0.5) WITHIN GROUP (ORDER BY s.took)),
         date_trunc('second', percentile_cont(0.9) WITHIN GROUP (ORDER BY s.took))
    FROM span AS s GROUP BY s.ord, s.stage ORDER BY s.ord;
END
$$;
COMMENT ON FUNCTION liskeban.stage_times(date, date, timestamptz, liskeban.ticket_kind[]) IS
'环节时长 how long the stages of the first run took for the tickets received from from_day to to_day, as history up to as_of (NULL: now) tells it, each to its first time: number, mean, median and 90th percentile.
accept 受理: from receipt; dispatch 派单: from acceptance; arrive 到场: from dispatch; respond 响应: arrival from receipt; contact 联系: from receipt; plan 方案: from receipt; handle 办理: resolved from dispatch; resolve 办结: from receipt; close 关闭: from resolved. A stage that no ticket reached has no row. Errors as kpi()';
REVOKE ALL ON FUNCTION liskeban.stage_times(date, date, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;

CREATE FUNCTION liskeban.scoreboard(from_day date, to_day date, as_of timestamptz DEFAULT NULL,
  kinds liskeban.ticket_kind[] DEFAULT '{demand}')
RETURNS TABLE (difficulty liskeban.difficulty, received bigint, due bigint, on_time_num bigint, on_time_den bigint, on_time numeric,
  plan_num bigint, plan_den bigint, promise_num bigint, promise_den bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  zone text;
BEGIN
  PERFORM liskeban._kpi_check(scoreboard.from_day, scoreboard.to_day, 'district');
  SELECT p.time_zone INTO STRICT zone FROM liskeban.platform AS p;
  RETURN QUERY
  SELECT d.difficulty, count(k.ticket_id), count(*) FILTER (WHERE (k.fact).due),
         count(*) FILTER (WHERE (k.fact).on_time), count(*) FILTER (WHERE (k.fact).due),
         count(*) FILTER (WHERE (k.fact).on_time) / nullif(count(*) FILTER (WHERE (k.fact).due), 0)::numeric,
         count(*) FILTER (WHERE (k.fact).plan), count(*) FILTER (WHERE (k.fact).plan_due),
         count(*) FILTER (WHERE (k.fact).promise), count(*) FILTER (WHERE (k.fact).promise_due)
    FROM unnest(enum_range(NULL::liskeban.difficulty)) AS d(difficulty)
    LEFT JOIN liskeban._kpi_facts(scoreboard.from_day::timestamp AT TIME ZONE zone, (scoreboard.to_day + 1)::timestamp AT TIME ZONE zone,
                coalesce(scoreboard.as_of, liskeban.liskeban_now()),
                coalesce(scoreboard.kinds, enum_range(NULL::liskeban.ticket_kind))) AS k ON (k.fact).difficulty = d.difficulty::text
   GROUP BY d.difficulty ORDER BY d.difficulty;
END
$$;
COMMENT ON FUNCTION liskeban.scoreboard(date, date, timestamptz, liskeban.ticket_kind[]) IS '一三七记分牌 what the promise of one day (simple), three days (general) and plan within seven (hard) came to, by difficulty as history up to as_of leaves it; columns as in kpi(). Errors as kpi()';
REVOKE ALL ON FUNCTION liskeban.scoreboard(date, date, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;

-- ---- league tables ----

CREATE TABLE liskeban.score_policy (
  by     text NOT NULL,
  rate   text NOT NULL,
  weight numeric NOT NULL,
  floor  numeric NOT NULL DEFAULT 0,
  PRIMARY KEY (by, rate),
  CONSTRAINT score_policy_by_check CHECK (by IN ('town', 'village', 'department')),
  CONSTRAINT score_policy_rate_check CHECK (rate IN ('completion', 'on_time', 'on_time_original', 'response', 'answered', 'solved', 'satisfaction',
                                                     'rework', 'first_time', 'plan', 'promise')),
  CONSTRAINT score_policy_weight_check CHECK (weight > 0),
  CONSTRAINT score_policy_floor_check CHECK (floor >= 0 AND floor < 1)
);
COMMENT ON TABLE liskeban.score_policy IS '考核规则 how the rates of kpi() make a score of 0 to 100';
COMMENT ON COLUMN liskeban.score_policy.by IS '考核对象 town, village or department';
COMMENT ON COLUMN liskeban.score_policy.rate IS '指标 a rate of kpi(); rework counts as what was not reworked';
COMMENT ON COLUMN liskeban.score_policy.weight IS '权重 weight beside the others; a rate without cases is left out';
COMMENT ON COLUMN liskeban.score_policy.floor IS '底线 rate that gives nothing; from it to 1 the points rise evenly';
INSERT INTO liskeban.score_policy (by, rate, weight, floor)
SELECT b.by, r.rate, r.weight, r.floor
  FROM (VALUES ('town'), ('village'), ('department')) AS b(by),
       (VALUES ('response', 20, 0.5), ('on_time', 30, 0.5), ('solved', 20, 0.3), ('satisfaction', 20, 0.3), ('rework', 10, 0.5)) AS r(rate, weight, floor)
    ON CONFLICT DO NOTHING;

CREATE TABLE liskeban.score_appeal (
  appeal_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ticket_id  bigint NOT NULL,
  rate       text NOT NULL,
  reason     text NOT NULL,
  filed_by   text NOT NULL DEFAULT liskeban.actor(),
  filed_at   timestamptz NOT NULL DEFAULT liskeban.liskeban_now(),
  granted    boolean,
  decided_by text,
  decided_at timestamptz,
  note       text,
  CONSTRAINT score_appeal_rate_check CHECK (rate IN ('completion', 'on_time', 'on_time_original', 'response', 'answered', 'solved', 'satisfaction',
                                                     'rework', 'first_time', 'plan', 'promise')),
  CONSTRAINT score_appeal_reason_check CHECK (reason <> ''),
  CONSTRAINT score_appeal_decided_check CHECK (pg_catalog.num_nulls(granted, decided_by, decided_at) IN (0, 3)),
  CONSTRAINT score_appeal_decided_by_check CHECK (decided_by <> filed_by),
  CONSTRAINT score_appeal_key UNIQUE (ticket_id, rate)
);
COMMENT ON TABLE liskeban.score_appeal IS '考核申诉 that a ticket shall not count in a rate of a league table; once granted it counts in neither part of it. kpi() does not heed it';
COMMENT ON COLUMN liskeban.score_appeal.appeal_id IS '编号 key';
COMMENT ON COLUMN liskeban.score_appeal.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.score_appeal.rate IS '指标 the rate, as in score_policy';
COMMENT ON COLUMN liskeban.score_appeal.reason IS '理由 why';
COMMENT ON COLUMN liskeban.score_appeal.filed_by IS '申诉人 who filed it';
COMMENT ON COLUMN liskeban.score_appeal.filed_at IS '申诉时间 when';
COMMENT ON COLUMN liskeban.score_appeal.granted IS '是否支持 NULL while open';
COMMENT ON COLUMN liskeban.score_appeal.decided_by IS '裁定人 who decided: another than filed';
COMMENT ON COLUMN liskeban.score_appeal.decided_at IS '裁定时间 when';
COMMENT ON COLUMN liskeban.score_appeal.note IS '裁定意见 what was said with it';

CREATE FUNCTION liskeban._score_appeal_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM liskeban._require_reach(liskeban._visible_ticket(NEW.ticket_id), 'appeal against a score');
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION liskeban._score_appeal_guard() IS 'an appeal is about a ticket that there is (P0002), by whose duty reaches it (42501)';
REVOKE ALL ON FUNCTION liskeban._score_appeal_guard() FROM PUBLIC;
CREATE TRIGGER score_appeal_guard BEFORE INSERT OR UPDATE OF ticket_id ON liskeban.score_appeal
  FOR EACH ROW EXECUTE FUNCTION liskeban._score_appeal_guard();
ALTER TABLE liskeban.score_appeal ENABLE ALWAYS TRIGGER score_appeal_guard;

CREATE FUNCTION liskeban.decide_score_appeal(appeal_id bigint, granted boolean, note text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  appeal liskeban.score_appeal;
BEGIN
  IF appeal_id IS NULL OR granted IS NULL THEN
    RAISE EXCEPTION 'appeal_id and granted must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT a.* INTO appeal FROM liskeban.score_appeal AS a WHERE a.appeal_id = decide_score_appeal.appeal_id FOR UPDATE;
  IF appeal.appeal_id IS NULL THEN
    RAISE EXCEPTION 'there is no appeal %', appeal_id USING ERRCODE = 'no_data_found';
  ELSIF appeal.granted IS NOT NULL THEN
    RAISE EXCEPTION 'appeal % has been decided', appeal_id USING ERRCODE = 'object_not_in_prerequisite_state';
  ELSIF appeal.filed_by = liskeban.actor() THEN
    RAISE EXCEPTION '"%" may not decide appeal %', appeal.filed_by, appeal_id
      USING ERRCODE = 'insufficient_privilege', DETAIL = 'Another decides than filed.';
  END IF;
  UPDATE liskeban.score_appeal AS a
     SET granted = decide_score_appeal.granted, note = decide_score_appeal.note, decided_by = liskeban.actor(),
         decided_at = liskeban.liskeban_now()
   WHERE a.appeal_id = appeal.appeal_id;
END
$$;
COMMENT ON FUNCTION liskeban.decide_score_appeal(bigint, boolean, text) IS '考核申诉裁定 grant or refuse an appeal against a score; by another than filed (42501). 22004 NULL, P0002 no such appeal, 55000 decided already';
REVOKE ALL ON FUNCTION liskeban.decide_score_appeal(bigint, boolean, text) FROM PUBLIC;

CREATE FUNCTION liskeban.league(from_day date, to_day date, by text, as_of timestamptz DEFAULT NULL,
  kinds liskeban.ticket_kind[] DEFAULT '{demand}')
RETURNS TABLE (rank bigint, key text, name text, score numeric, cases bigint, appeals bigint, rates jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  zone text;
BEGIN
  PERFORM liskeban._kpi_check(league.from_day, league.to_day, league.by);
  IF league.by NOT IN ('town', 'village', 'department') THEN
    RAISE EXCEPTION 'there is no league table by "%"', league.by
      USING ERRCODE = 'invalid_parameter_value', HINT = 'by is one of town, village, department.';
  END IF;
  SELECT p.time_zone INTO STRICT zone FROM liskeban.platform AS p;
  RETURN QUERY
  WITH appealed AS MATERIALIZED (
    SELECT a.rate, coalesce(CASE league.by WHEN 'town' THEN CASE WHEN length((k.fact).area) >= 9 THEN left((k.fact).area, 9) END
                                           WHEN 'village' THEN CASE WHEN length((k.fact).area) >= 12 THEN left((k.fact).area, 12) END
                                           ELSE (k.fact).department END, '(pool)') AS key,
           sum(r.num) AS num, sum(r.den) AS den, count(*) AS appeals
      FROM liskeban.score_appeal AS a
      JOIN liskeban._kpi_facts(league.from_day::timestamp AT TIME ZONE zone, (league.to_day + 1)::timestamp AT TIME ZONE zone,
             coalesce(league.as_of, liskeban.liskeban_now()), coalesce(league.kinds, enum_range(NULL::liskeban.ticket_kind))) AS k ON k.ticket_id = a.ticket_id
     CROSS JOIN LATERAL (VALUES
             ('completion', (k.fact).complete::integer, (k.fact).due::integer), ('on_time', (k.fact).on_time::integer, (k.fact).due::integer),
             ('on_time_original', (k.fact).on_time_original::integer, (k.fact).due::integer),
             ('response', (k.fact).response::integer, (k.fact).response_due::integer), ('answered', k.answered, k.asked),
             ('solved', k.solved, k.answered), ('satisfaction', k.satisfied, k.answered),
             ('rework', ((k.fact).resolved AND NOT (k.fact).reworked)::integer, (k.fact).resolved::integer),
             ('first_time', (k.fact).first_time::integer, (k.fact).resolved::integer),
             ('plan', (k.fact).plan::integer, (k.fact).plan_due::integer), ('promise', (k.fact).promise::integer, (k.fact).promise_due::integer)
           ) AS r(rate, num, den)
     WHERE a.granted AND a.decided_at <= coalesce(league.as_of, liskeban.liskeban_now()) AND r.rate = a.rate
     GROUP BY a.rate, 2
  ), part AS (
    SELECT k.key, k.name, k.reported, r.rate, r.num - coalesce(a.num, 0) AS num, r.den - coalesce(a.den, 0) AS den, a.appeals, p.weight, p.floor
      FROM liskeban.kpi(league.from_day, league.to_day, league.by, league.as_of, league.kinds) AS k
     CROSS JOIN LATERAL (VALUES
             ('completion', k.completion_num, k.completion_den), ('on_time', k.on_time_num, k.on_time_den),
             ('on_time_original', k.on_time_original_num, k.on_time_original_den), ('response', k.response_num, k.response_den),
             ('answered', k.answered_num, k.answered_den), ('solved', k.solved_num, k.solved_den),
             ('satisfaction', k.satisfaction_num, k.satisfaction_den), ('rework', k.rework_den - k.rework_num, k.rework_den),
             ('first_time', k.first_time_num, k.first_time_den), ('plan', k.plan_num, k.plan_den), ('promise', k.promise_num, k.promise_den)
           ) AS r(rate, num, den)
      JOIN liskeban.score_policy AS p ON p.by = league.by AND p.rate = r.rate
      LEFT JOIN appealed AS a ON a.key = k.key AND a.rate = r.rate
     WHERE k.key <> '(pool)'
  ), scored AS (
    SELECT p.key, p.name, max(p.reported) AS cases, coalesce(sum(p.appeals), 0)::bigint AS appeals,
           round(100 * sum(p.weight * greatest(p.num / p.den::numeric - p.floor, 0) / (1 - p.floor)) FILTER (WHERE p.den > 0)
                 / nullif(sum(p.weight) FILTER (WHERE p.den > 0), 0), 2) AS score,
           jsonb_object_agg(p.rate, jsonb_build_object('num', p.num, 'den', p.den)) AS rates
      FROM part AS p GROUP BY p.key, p.name
  )
  SELECT CASE WHEN s.score IS NOT NULL THEN pg_catalog.rank() OVER (ORDER BY s.score DESC NULLS LAST) END, s.key, s.name, s.score, s.cases, s.appeals, s.rates
    FROM scored AS s ORDER BY s.score DESC NULLS LAST, s.key COLLATE "C";
END
$$;
COMMENT ON FUNCTION liskeban.league(date, date, text, timestamptz, liskeban.ticket_kind[]) IS
'考核排名 towns, villages or departments by score over the tickets received from from_day to to_day as history up to as_of tells them: score = 100 × Σ weight × max(rate − floor, 0) / (1 − floor) ÷ Σ weight over the rates of liskeban.score_policy that have cases, to two places; rework counts as what was not reworked. Equal scores share a rank, the next is skipped; without any case score and rank are NULL. What a granted score_appeal takes out counts in neither part of its rate. rates: num and den of each. 22023 another by, and errors as kpi()';
REVOKE ALL ON FUNCTION liskeban.league(date, date, text, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;

-- Month on month (环比) and year on year (同比): the same span one span, and one year, before, each as its own morning knew it.
CREATE FUNCTION liskeban.kpi_compared(from_day date, to_day date, by text, as_of timestamptz DEFAULT NULL,
  kinds liskeban.ticket_kind[] DEFAULT '{demand}')
RETURNS TABLE (key text, name text, figure text, num bigint, den bigint, previous_num bigint, previous_den bigint,
  last_year_num bigint, last_year_den bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  until constant timestamptz := coalesce(kpi_compared.as_of, liskeban.liskeban_now());
  zone text;
  days integer;
  whole_months integer;
BEGIN
  PERFORM liskeban._kpi_check(kpi_compared.from_day, kpi_compared.to_day, kpi_compared.by);
  SELECT p.time_zone INTO STRICT zone FROM liskeban.platform AS p;
  days := kpi_compared.to_day - kpi_compared.from_day + 1;
  -- whole months are compared with as many months before, other spans with as many days
  whole_months := CASE WHEN extract(day FROM kpi_compared.from_day) = 1 AND extract(day FROM kpi_compared.to_day + 1) = 1
                       THEN (extract(year FROM age(kpi_compared.to_day + 1, kpi_compared.from_day)) * 12
                             + extract(month FROM age(kpi_compared.to_day + 1, kpi_compared.from_day)))::integer END;
  RETURN QUERY
  WITH span AS (
    -- days of the platform's zone, whatever that of the session
    SELECT s.ord, s.first_day, s.last_day,
           (until AT TIME ZONE zone - (kpi_compared.to_day - s.last_day) * interval '1 day') AT TIME ZONE zone AS as_of
      FROM (VALUES (1, kpi_compared.from_day, kpi_compared.to_day),
                   (2, CASE WHEN whole_months > 0 THEN (kpi_compared.from_day - make_interval(months => whole_months))::date ELSE kpi_compared.from_day - days END,
                       kpi_compared.from_day - 1),
                   (3, (kpi_compared.from_day - interval '1 year')::date,
                       -- a February ends with its month, the 28th of a leap year's has the 28th beside it
                       CASE WHEN whole_months > 0 THEN ((kpi_compared.to_day + 1) - interval '1 year')::date - 1
                            ELSE (kpi_compared.to_day - interval '1 year')::date END)) AS s(ord, first_day, last_day)
  ), figures AS (
    SELECT s.ord, k.key, k.name, f.nth, f.figure, f.num, f.den
      FROM span AS s
     CROSS JOIN LATERAL liskeban.kpi(s.first_day, s.last_day, kpi_compared.by, s.as_of, kpi_compared.kinds) AS k
     CROSS JOIN LATERAL (VALUES (1, 'received', k.received, NULL::bigint), (2, 'reported', k.reported, NULL), (3, 'completion', k.completion_num, k.completion_den),
             (4, 'on_time', k.on_time_num, k.on_time_den), (5, 'response', k.response_num, k.response_den), (6, 'answered', k.answered_num, k.answered_den),
             (7, 'solved', k.solved_num, k.solved_den), (8, 'satisfaction', k.satisfaction_num, k.satisfaction_den),
             (9, 'rework', k.rework_num, k.rework_den), (10, 'first_time', k.first_time_num, k.first_time_den),
             (11, 'plan', k.plan_num, k.plan_den), (12, 'promise', k.promise_num, k.promise_den)) AS f(nth, figure, num, den)
  )
  SELECT f.key, max(f.name), f.figure,
         coalesce(max(f.num) FILTER (WHERE f.ord = 1), 0), coalesce(max(f.den) FILTER (WHERE f.ord = 1), CASE WHEN f.nth > 2 THEN 0 END),
         coalesce(max(f.num) FILTER (WHERE f.ord = 2), 0), coalesce(max(f.den) FILTER (WHERE f.ord = 2), CASE WHEN f.nth > 2 THEN 0 END),
         coalesce(max(f.num) FILTER (WHERE f.ord = 3), 0), coalesce(max(f.den) FILTER (WHERE f.ord = 3), CASE WHEN f.nth > 2 THEN 0 END)
    FROM figures AS f GROUP BY f.key, f.nth, f.figure ORDER BY f.key COLLATE "C", f.nth;
END
$$;
COMMENT ON FUNCTION liskeban.kpi_compared(date, date, text, timestamptz, liskeban.ticket_kind[]) IS
'环比同比 the figures of kpi() beside those of the span before (as many days, or months where the span is whole months) and of the same span a year before, each as it stood as long after its last day as as_of is after to_day; den NULL: a number, no rate. Errors as kpi()';
REVOKE ALL ON FUNCTION liskeban.kpi_compared(date, date, text, timestamptz, liskeban.ticket_kind[]) FROM PUBLIC;
$_61_figures$)
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
  PERFORM liskeban._find_signals(analyse_day.day);
  PERFORM liskeban._follow_signals(analyse_day.day);
  RETURN (SELECT count(*) FROM liskeban.stat_daily AS s WHERE s.day = analyse_day.day)
       + (SELECT count(*) FROM liskeban.flow_daily AS f WHERE f.day = analyse_day.day)
       + (SELECT count(*) FROM liskeban.signal AS g WHERE g.day = analyse_day.day)
       + (SELECT count(*) FROM liskeban.risk_item AS r WHERE r.last_day = analyse_day.day);
END
$$;
COMMENT ON FUNCTION liskeban.analyse_day(date) IS '日分析 bring what is kept of a day up to date: stat_daily and flow_daily have all of it that is final, signal what is unusual in it, risk_item what lasts of that and what to do; returns how many rows of theirs the day has. Again, it gives the same rows; what came late, or was recorded late, is in the figures it belongs to and in no others. analysed_day says whether all of the day was final. 22004 NULL, 22023 a day that has not begun, 25001 outside READ COMMITTED';
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
,('platform/67_observation', $_67_observation$
-- What is no ticket: police incidents, air, water, patrols, cameras online, by day and area, as their sources report it.

CREATE TABLE liskeban.observation (
  indicator   text NOT NULL REFERENCES liskeban.indicator,
  area        liskeban.area_code NOT NULL REFERENCES liskeban.area,
  day         date NOT NULL,
  value       double precision NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT liskeban.liskeban_now(),
  PRIMARY KEY (indicator, area, day),
  CONSTRAINT observation_value_check CHECK (value > '-Infinity' AND value < 'Infinity')
);
CREATE INDEX observation_day_idx ON liskeban.observation (day);
COMMENT ON TABLE liskeban.observation IS '观测值 one value of an indicator for a day and an area; a source that reports it again corrects it';
COMMENT ON COLUMN liskeban.observation.indicator IS '指标 indicator';
COMMENT ON COLUMN liskeban.observation.area IS '区域 the area it is about';
COMMENT ON COLUMN liskeban.observation.day IS '日期 the day it is about, in the platform''s zone';
COMMENT ON COLUMN liskeban.observation.value IS '数值 in the indicator''s unit';
COMMENT ON COLUMN liskeban.observation.recorded_at IS '记录时间 when this value was learned';

CREATE FUNCTION liskeban._read_observation(fields text[], columns integer[], source text,
    OUT indicator text, OUT area liskeban.area_code, OUT day date, OUT value double precision, OUT reason text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, YMD' AS $$
DECLARE
  given text[];
BEGIN
  IF fields IS NULL THEN
    reason := 'a quote is not closed, or something follows a closing one';
    RETURN;
  END IF;
  given := ARRAY(SELECT nullif(btrim(fields[c]), '') FROM unnest(columns) WITH ORDINALITY AS u(c, ord) ORDER BY u.ord);
  IF array_position(given, NULL) IS NOT NULL THEN
    reason := 'value is missing: ' || ('{indicator,area,day,value}'::text[])[array_position(given, NULL)];
    RETURN;
  END IF;
  SELECT i.code, CASE WHEN i.retired_at IS NOT NULL THEN 'indicator ' || i.code || ' is retired'
                      WHEN i.source <> _read_observation.source THEN 'indicator ' || i.code || ' is reported by source ' || i.source END
    INTO indicator, reason FROM liskeban.indicator AS i WHERE i.code = given[1];
  IF indicator IS NULL THEN
    reason := 'indicator is not registered: ' || left(given[1], 64);
  END IF;
  IF reason IS NOT NULL THEN
    RETURN;
  END IF;
  area := given[2]::liskeban.area_code;
  IF NOT EXISTS (SELECT FROM liskeban.area AS a WHERE a.code OPERATOR(liskeban.=) _read_observation.area) THEN
    reason := 'area is not registered: ' || area;
    RETURN;
  END IF;
  IF given[3] !~ '^\d{4}-\d{1,2}-\d{1,2}$' THEN
    reason := 'day is no date like 2026-11-24: ' || left(given[3], 64);
    RETURN;
  END IF;
  day := given[3]::date;
  IF day > (liskeban.liskeban_now() AT TIME ZONE (SELECT p.time_zone FROM liskeban.platform AS p))::date THEN
    reason := 'day has not come yet: ' || day;
    RETURN;
  END IF;
  value := given[4]::double precision;
  IF value IN ('NaN', 'Infinity', '-Infinity') THEN
    reason := 'value is no number: ' || left(given[4], 64);
  END IF;
EXCEPTION WHEN data_exception THEN
  reason := SQLERRM;
END
$$;
COMMENT ON FUNCTION liskeban._read_observation(text[], integer[], text) IS 'the fields of one record as an observation, or the reason why not; columns say where indicator, area, day and value stand';
REVOKE ALL ON FUNCTION liskeban._read_observation(text[], integer[], text) FROM PUBLIC;

-- One batch of a file. Of two records for one day, area and indicator the later in the file holds.
CREATE FUNCTION liskeban._load_observations(from_source text, file text, header text, lines bigint[], raws text[], faults text[],
    OUT created bigint, OUT updated bigint, OUT rejected bigint, OUT complaints text[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named constant text[] := ARRAY(SELECT lower(btrim(f)) FROM unnest(liskeban._csv_fields(header)) WITH ORDINALITY AS u(f, ord) ORDER BY u.ord);
  columns constant integer[] := ARRAY(SELECT array_position(named, w.name)
                                        FROM unnest('{indicator,area,day,value}'::text[]) WITH ORDINALITY AS w(name, ord) ORDER BY w.ord);
BEGIN
  PERFORM liskeban._require_loader(from_source, true);
  IF NOT EXISTS (SELECT FROM liskeban.source_system AS s WHERE s.code = from_source AND s.retired_at IS NULL) THEN
    RAISE EXCEPTION 'source "%" is not registered, or retired', from_source
      USING ERRCODE = 'foreign_key_violation', HINT = 'See liskeban.source_system.';
  END IF;
  IF array_position(columns, NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'column "%" is not in the header of "%"', ('{indicator,area,day,value}'::text[])[array_position(columns, NULL)], file
      USING ERRCODE = 'undefined_column', HINT = 'Observations have the columns indicator, area, day and value.';
  END IF;
  WITH record AS MATERIALIZED (
    SELECT u.line_no, u.raw, u.ord, r.indicator, r.area, r.day, r.value, coalesce(u.fault, r.reason) AS reason
      FROM unnest(lines, raws, faults) WITH ORDINALITY AS u(line_no, raw, fault, ord)
      LEFT JOIN LATERAL liskeban._read_observation(liskeban._csv_fields(u.raw), columns, from_source) AS r ON u.fault IS NULL
  ), written AS (
    INSERT INTO liskeban.observation AS o (indicator, area, day, value)
    SELECT DISTINCT ON (r.indicator, r.area, r.day) r.indicator, r.area, r.day, r.value
      FROM record AS r WHERE r.reason IS NULL ORDER BY r.indicator, r.area, r.day, r.ord DESC
    ON CONFLICT (indicator, area, day) DO UPDATE
       SET value = excluded.value,
           recorded_at = CASE WHEN o.value = excluded.value THEN o.recorded_at ELSE excluded.recorded_at END
    RETURNING (xmax = 0) AS is_new
  ), kept AS (
    INSERT INTO liskeban.intake_reject (source, at, file, line_no, raw, reason)
    SELECT from_source, liskeban.liskeban_now(), _load_observations.file, r.line_no, r.raw, r.reason
      FROM record AS r WHERE r.reason IS NOT NULL ORDER BY r.ord
    ON CONFLICT DO NOTHING
  )
  SELECT (SELECT count(*) FROM written AS w WHERE w.is_new),
         (SELECT count(*) FROM record AS r WHERE r.reason IS NULL) - (SELECT count(*) FROM written AS w WHERE w.is_new),
         (SELECT count(*) FROM record AS r WHERE r.reason IS NOT NULL),
         (SELECT array_agg(r.line_no || ': ' || r.reason ORDER BY r.ord) FROM record AS r WHERE r.reason IS NOT NULL)
    INTO created, updated, rejected, complaints;
  complaints := complaints[1:20];
END
$$;
COMMENT ON FUNCTION liskeban._load_observations(text, text, text, bigint[], text[], text[]) IS 'one batch of a file of observations: lines and raw records as liskeban_load cut them, faults what it found wrong with them; how many are new, were there (corrected or the same) and were rejected into intake_reject, and the first complaints. 23503 no such source, 42703 a column is missing in the header, 42501 not a loader of that source';
REVOKE ALL ON FUNCTION liskeban._load_observations(text, text, text, bigint[], text[], text[]) FROM PUBLIC;
$_67_observation$)
,('platform/68_risk', $_68_risk$
-- What is going wrong and what to do: the signals of each day, the risk items they add up to, and the measures for them.

CREATE TABLE liskeban.measure (
  measure_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind       text,
  domain     text REFERENCES liskeban.domain,
  category   text REFERENCES liskeban.category,
  days       integer NOT NULL,
  measure    text NOT NULL,
  suggestion text NOT NULL,
  CONSTRAINT measure_for_check CHECK (category IS NOT NULL OR pg_catalog.num_nonnulls(kind, domain) = 2),
  CONSTRAINT measure_days_check CHECK (days BETWEEN 0 AND 365),
  CONSTRAINT measure_measure_check CHECK (measure <> ''),
  CONSTRAINT measure_suggestion_check CHECK (suggestion <> ''),
  CONSTRAINT measure_key UNIQUE NULLS NOT DISTINCT (kind, domain, category)
);
COMMENT ON TABLE liskeban.measure IS '对策措施 what to do about a kind of risk in a domain, or about a category; users edit it. {place} {category} {count} {expected} {days_seen} {department} {lead} {days} {due} are filled in';
COMMENT ON COLUMN liskeban.measure.measure_id IS '编号 key';
COMMENT ON COLUMN liskeban.measure.kind IS '风险类型 as in risk_item; NULL with a category: any';
COMMENT ON COLUMN liskeban.measure.domain IS '领域 domain that the kind is of; NULL with a category';
COMMENT ON COLUMN liskeban.measure.category IS '事项 category; NULL for a kind and domain';
COMMENT ON COLUMN liskeban.measure.days IS '天数 days that it may take';
COMMENT ON COLUMN liskeban.measure.measure IS '对策措施 what to do';
COMMENT ON COLUMN liskeban.measure.suggestion IS '工作建议 who does it, by when';

CREATE TABLE liskeban.signal (
  day       date NOT NULL,
  kind      text NOT NULL,
  domain    text NOT NULL,
  area      liskeban.area_code NOT NULL,
  category  text,
  subject   text,
  count     double precision NOT NULL,
  expected  double precision,
  p_value   double precision,
  severity  integer NOT NULL,
  evidence  jsonb NOT NULL,
  CONSTRAINT signal_key UNIQUE NULLS NOT DISTINCT (day, kind, area, domain, category, subject),
  CONSTRAINT signal_kind_check CHECK (kind IN ('surge', 'cluster', 'repeat_place', 'repeat_reporter', 'overdue', 'whistle',
                                               'dissatisfied', 'indicator')),
  CONSTRAINT signal_severity_check CHECK (severity BETWEEN 1 AND 4)
);
COMMENT ON TABLE liskeban.signal IS '异常信号 what analyse_day() found on a day; written anew each time that day is analysed';
COMMENT ON COLUMN liskeban.signal.day IS '日期 the day';
COMMENT ON COLUMN liskeban.signal.kind IS '类型 surge 突增, cluster 聚集, repeat_place 同址反复, repeat_reporter 重复诉求, overdue 超期积压, whistle 吹哨未应, dissatisfied 不满意集中, indicator 指标异常';
COMMENT ON COLUMN liskeban.signal.domain IS '领域 domain';
COMMENT ON COLUMN liskeban.signal.area IS '区域 where';
COMMENT ON COLUMN liskeban.signal.category IS '事项 category; NULL of several';
COMMENT ON COLUMN liskeban.signal.subject IS '对象 the spot (lon,lat to 0.0005 degrees), the reporter''s first ticket, or the indicator; NULL none';
COMMENT ON COLUMN liskeban.signal.count IS '数量 what was seen: tickets, or the indicator''s value';
COMMENT ON COLUMN liskeban.signal.expected IS '预期 what would be usual; NULL where a number alone makes the signal';
COMMENT ON COLUMN liskeban.signal.p_value IS '概率 of seeing as much by chance, adjusted for the number of tests of the day; NULL without a test';
COMMENT ON COLUMN liskeban.signal.severity IS '严重程度 1 most severe to 4';
COMMENT ON COLUMN liskeban.signal.evidence IS '依据 the figures behind it';

CREATE TABLE liskeban.risk_item (
  risk_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  day          date NOT NULL,
  last_day     date NOT NULL,
  kind         text NOT NULL,
  domain       text NOT NULL,
  area         liskeban.area_code NOT NULL,
  category     text,
  subject      text,
  evidence     jsonb NOT NULL,
  severity     integer NOT NULL,
  measure      text NOT NULL,
  suggestion   text NOT NULL,
  owner        text NOT NULL,
  due          date NOT NULL,
  status       text NOT NULL DEFAULT 'open',
  closed_day   date,
  directive_id bigint,
  ticket_id    bigint,
  ordered_by   text,
  ordered_at   timestamptz,
  CONSTRAINT risk_item_last_day_check CHECK (last_day >= day),
  CONSTRAINT risk_item_status_check CHECK (status IN ('open', 'ordered', 'closed')),
  CONSTRAINT risk_item_closed_day_check CHECK ((status = 'closed') = (closed_day IS NOT NULL)),
  CONSTRAINT risk_item_ordered_check CHECK (pg_catalog.num_nonnulls(directive_id, ticket_id) <= 1),
  CONSTRAINT risk_item_key UNIQUE NULLS NOT DISTINCT (kind, area, domain, category, subject, day)
);
CREATE UNIQUE INDEX risk_item_one_open ON liskeban.risk_item (kind, area, domain, category, subject) NULLS NOT DISTINCT WHERE status <> 'closed';
CREATE INDEX risk_item_last_day_idx ON liskeban.risk_item (last_day);
COMMENT ON TABLE liskeban.risk_item IS '风险事项 what is going wrong, from the day it was first seen while it lasts, with what to do; closes by itself when its signal is gone';
COMMENT ON COLUMN liskeban.risk_item.risk_id IS '编号 key';
COMMENT ON COLUMN liskeban.risk_item.day IS '首现日 day on which it was first seen';
COMMENT ON COLUMN liskeban.risk_item.last_day IS '末现日 last day on which it was seen';
COMMENT ON COLUMN liskeban.risk_item.kind IS '类型 as in signal';
COMMENT ON COLUMN liskeban.risk_item.domain IS '领域 domain';
COMMENT ON COLUMN liskeban.risk_item.area IS '区域 where';
COMMENT ON COLUMN liskeban.risk_item.category IS '事项 category; NULL of several';
COMMENT ON COLUMN liskeban.risk_item.subject IS '对象 as in signal';
COMMENT ON COLUMN liskeban.risk_item.evidence IS '依据 the figures of its last day';
COMMENT ON COLUMN liskeban.risk_item.severity IS '严重程度 1 most severe to 4, on its last day';
COMMENT ON COLUMN liskeban.risk_item.measure IS '对策措施 what to do';
COMMENT ON COLUMN liskeban.risk_item.suggestion IS '工作建议 who does it, by when';
COMMENT ON COLUMN liskeban.risk_item.owner IS '责任单位 department or area that it is for';
COMMENT ON COLUMN liskeban.risk_item.due IS '期限 day by which it shall be done';
COMMENT ON COLUMN liskeban.risk_item.status IS '状态 open, ordered (made a directive or ticket) or closed (its signal is gone)';
COMMENT ON COLUMN liskeban.risk_item.closed_day IS '消除日 day on which its signal was gone';
COMMENT ON COLUMN liskeban.risk_item.directive_id IS '指令 directive that order_from_risk() made of it';
COMMENT ON COLUMN liskeban.risk_item.ticket_id IS '工单编号 ticket that order_from_risk() made of it';
COMMENT ON COLUMN liskeban.risk_item.ordered_by IS '下令人 who ordered it';
COMMENT ON COLUMN liskeban.risk_item.ordered_at IS '下令时间 when';

-- ---- the signals of a day, one function a kind ----

CREATE FUNCTION liskeban._signal_row(day date, kind text, domain text, area liskeban.area_code, category text, subject text,
    count double precision, expected double precision, p_value double precision, severity integer, evidence jsonb)
RETURNS liskeban.signal LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT ROW(day, kind, domain, area, category, subject, count, expected, p_value, severity,
             jsonb_strip_nulls(jsonb_build_object('count', count, 'expected', round(expected::numeric, 2), 'p_value', p_value) || evidence))::liskeban.signal
$$;
COMMENT ON FUNCTION liskeban._signal_row(date, text, text, liskeban.area_code, text, text, double precision, double precision, double precision, integer, jsonb) IS 'a row of signal whose evidence holds its figures';
REVOKE ALL ON FUNCTION liskeban._signal_row(date, text, text, liskeban.area_code, text, text, double precision, double precision, double precision, integer, jsonb) FROM PUBLIC;

-- What class a day is of: 1 Monday to 7 Sunday, 8 a holiday, 9 a make-up working day.
CREATE FUNCTION liskeban._day_class(day date) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce((SELECT CASE WHEN c.is_working THEN 9 ELSE 8 END FROM liskeban.calendar_day AS c WHERE c.day = _day_class.day),
                  extract(isodow FROM day)::integer)
$$;
COMMENT ON FUNCTION liskeban._day_class(date) IS 'class of a day for a seasonal baseline: 1 Monday to 7 Sunday, 8 a holiday, 9 a make-up working day';
REVOKE ALL ON FUNCTION liskeban._day_class(date) FROM PUBLIC;

-- Counts of the last one to seven days, town by category and category in all towns, against nine weeks (count_signals). What
-- would come out as often as twice a month by chance is let pass. Four weeks of history have to be there.
CREATE FUNCTION liskeban._signals_of_counts(day date) RETURNS SETOF liskeban.signal
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH counted AS (
    SELECT liskeban._town(s.area)::text AS town, s.category, s.day, sum(s.received)::integer AS received
      FROM liskeban.stat_daily AS s
     WHERE s.day > _signals_of_counts.day - 63 AND s.day <= _signals_of_counts.day AND s.kind IN ('demand', 'hazard')
       AND s.received > 0 AND liskeban._town(s.area) IS NOT NULL
     GROUP BY 1, 2, 3
  ), numbered AS (
    SELECT c.*, dense_rank() OVER (ORDER BY c.town)::integer AS town_no, dense_rank() OVER (ORDER BY c.category)::integer AS category_no
      FROM counted AS c
  ), series AS (
    SELECT array_agg(n.town_no) AS towns, array_agg(n.category_no) AS categories, array_agg(n.day - _signals_of_counts.day + 63) AS days,
           array_agg(n.received) AS cases
      FROM numbered AS n
     WHERE (SELECT min(s.day) FROM liskeban.stat_daily AS s) <= _signals_of_counts.day - 28
    HAVING count(*) > 0
  ), class AS (
    SELECT array_agg(liskeban._day_class(g.d::date) ORDER BY g.d) AS classes
      FROM generate_series((_signals_of_counts.day - 62)::timestamp, _signals_of_counts.day::timestamp, interval '1 day') AS g(d)
  ), found AS MATERIALIZED (
    SELECT f.* FROM series AS s CROSS JOIN class AS k CROSS JOIN LATERAL liskeban.count_signals(s.towns, s.categories, s.days, s.cases, k.classes) AS f
     WHERE f.chance <= 0.08
  )
  SELECT liskeban._signal_row(_signals_of_counts.day, 'surge', c.domain, coalesce(t.town::liskeban.area_code, p.district), c.code, NULL,
                              f.observed, f.expected, f.adjusted,
                              CASE WHEN f.chance <= 0.0005 THEN 1 WHEN f.chance <= 0.01 THEN 2 ELSE 3 END,
                              jsonb_build_object('days_seen', f.days, 'chance', f.chance))
    FROM found AS f CROSS JOIN liskeban.platform AS p
    JOIN (SELECT DISTINCT n.category_no, n.category FROM numbered AS n) AS g ON g.category_no = f.category
    JOIN liskeban.category AS c ON c.code = g.category
    LEFT JOIN (SELECT DISTINCT n.town_no, n.town FROM numbered AS n) AS t ON t.town_no = f.town
    -- what one town explains is no matter of the whole district
   WHERE f.town IS NOT NULL
      OR NOT EXISTS (SELECT FROM found AS o
                      WHERE o.town IS NOT NULL AND o.category = f.category AND o.observed - o.expected >= 0.6 * (f.observed - f.expected))
$$;
COMMENT ON FUNCTION liskeban._signals_of_counts(date) IS 'towns and categories, and categories in the whole district, of which the last one to seven days brought too many: liskeban.count_signals() over nine weeks, chance <= 0.08 (about one in two weeks by chance)';
REVOKE ALL ON FUNCTION liskeban._signals_of_counts(date) FROM PUBLIC;

-- Villages close together that no count of one shows: the space-time scan over each category that has a case today (60 days)
-- and over all cases (30 days), within 2 km and 7 days. The day is the seed, so that a day gives the same again.
CREATE FUNCTION liskeban._signals_of_clusters(day date) RETURNS SETOF liskeban.signal
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  WITH village AS MATERIALIZED (
    SELECT v.code, row_number() OVER (ORDER BY v.code::text)::integer AS cell,
           -- metres on the sphere, about the middle of the district
           ST_X(v.point) * 111320 * cos(radians(avg(ST_Y(v.point)) OVER ())) AS x, ST_Y(v.point) * 110946 AS y
      FROM (SELECT a.code, ST_PointOnSurface(a.geom) AS point FROM liskeban.area AS a
             WHERE liskeban.area_level(a.code) = 'village' AND a.geom IS NOT NULL AND NOT ST_IsEmpty(a.geom)
               AND (a.valid_to IS NULL OR a.valid_to > liskeban.liskeban_now())) AS v
  ), point AS (
    SELECT array_agg(v.x ORDER BY v.cell) AS xs, array_agg(v.y ORDER BY v.cell) AS ys FROM village AS v HAVING count(*) > 1
  ), counted AS MATERIALIZED (
    SELECT v.cell, s.category, s.day - _signals_of_clusters.day + 60 AS day_no, sum(s.received)::integer AS cases
      FROM liskeban.stat_daily AS s
      JOIN village AS v ON v.code OPERATOR(liskeban.=) CASE WHEN liskeban.area_level(s.area) >= 'village' THEN liskeban.area_parent(s.area, 'village') END
     WHERE s.day > _signals_of_clusters.day - 60 AND s.day <= _signals_of_clusters.day AND s.kind IN ('demand', 'hazard') AND s.received > 0
       AND (SELECT min(m.day) FROM liskeban.stat_daily AS m) <= _signals_of_clusters.day - 28
     GROUP BY 1, 2, 3
  ), matter AS (
    SELECT c.category, array_agg(c.cell) AS cells, array_agg(c.day_no) AS days, array_agg(c.cases) AS cases
      FROM counted AS c GROUP BY c.category HAVING max(c.day_no) = 60
    UNION ALL
    SELECT NULL, array_agg(c.cell), array_agg(c.day_no), array_agg(c.cases)
      FROM (SELECT c.cell, c.day_no, sum(c.cases)::integer AS cases FROM counted AS c WHERE c.day_no > 30 GROUP BY 1, 2) AS c
    HAVING max(c.day_no) = 60
  ), found AS (
    SELECT m.category, count(*) FILTER (WHERE m.category IS NOT NULL) OVER () AS scans, f.*
      FROM point AS p CROSS JOIN matter AS m
     CROSS JOIN LATERAL liskeban.space_time_scan(p.xs, p.ys, m.cells, m.days, m.cases, 60, 2000, 7, 999,
                          (_signals_of_clusters.day - date '2000-01-01')::bigint, CASE WHEN m.category IS NULL THEN 3 ELSE 1 END) AS f
  )
  SELECT liskeban._signal_row(_signals_of_clusters.day, 'cluster', coalesce(c.domain, d.domain), v.code, f.category, NULL,
                              f.observed, f.expected, f.p, CASE WHEN f.p_gumbel <= 0.00001 THEN 1 WHEN f.p_gumbel <= 0.001 THEN 2 ELSE 3 END,
                              jsonb_build_object('days_seen', f.last_day - f.first_day + 1, 'radius', round(f.radius),
                                 'villages', (SELECT jsonb_agg(w.code::text ORDER BY w.cell) FROM village AS w WHERE w.cell = ANY (f.cells))))
    FROM found AS f
    JOIN village AS v ON v.cell = f.centre
    LEFT JOIN liskeban.category AS c ON c.code = f.category
    -- of several matters, the domain that most of them are of
    LEFT JOIN LATERAL (SELECT k.domain FROM counted AS x JOIN liskeban.category AS k ON k.code = x.category
                        WHERE f.category IS NULL AND x.cell = ANY (f.cells) AND x.day_no >= f.first_day GROUP BY k.domain ORDER BY sum(x.cases) DESC, k.domain LIMIT 1) AS d ON true
   WHERE CASE WHEN f.category IS NULL THEN f.p_gumbel <= 0.04 ELSE f.observed > 2 AND f.p_gumbel * f.scans <= 0.02 END
$$;
COMMENT ON FUNCTION liskeban._signals_of_clusters(date) IS 'circles of villages within 2 km with too many cases in the last one to seven days: liskeban.space_time_scan() over each category (p of the day''s scans together 0.02) and over all cases (0.04)';
REVOKE ALL ON FUNCTION liskeban._signals_of_clusters(date) FROM PUBLIC;

-- The same spot (a square of 0.0005 degrees, some 50 m) and category three times in thirty days, the last of them today.
CREATE FUNCTION liskeban._signals_of_places(day date, from_ts timestamptz, to_ts timestamptz) RETURNS SETOF liskeban.signal
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT liskeban._signal_row(day, 'repeat_place', c.domain, r.area, r.category, r.spot, r.n, NULL, NULL,
                              CASE WHEN r.n >= 8 THEN 1 WHEN r.n >= 5 THEN 2 ELSE 3 END,
                              jsonb_build_object('days_seen', r.days_seen, 'today', r.today, 'tickets', r.tickets))
    FROM (SELECT min(t.area::text)::liskeban.area_code AS area, t.category,
                 concat_ws(',', round((ST_X(t.geom) / 0.0005::double precision)::numeric) * 0.0005, round((ST_Y(t.geom) / 0.0005::double precision)::numeric) * 0.0005) AS spot,
                 count(*) AS n, count(*) FILTER (WHERE t.received_at >= to_ts - interval '1 day') AS today,
                 (extract(epoch FROM max(t.received_at) - min(t.received_at)) / 86400.0)::integer + 1 AS days_seen,
                 to_jsonb((array_agg(t.ticket_id ORDER BY t.received_at DESC))[1:20]) AS tickets
            FROM liskeban.ticket AS t
           WHERE t.received_at >= from_ts AND t.received_at < to_ts AND t.geom IS NOT NULL AND t.area IS NOT NULL
             AND t.parent_id IS NULL AND t.kind IN ('demand', 'hazard') AND t.state NOT IN ('rejected', 'withdrawn')
           GROUP BY t.category, 3) AS r
    JOIN liskeban.category AS c ON c.code = r.category
   WHERE r.n >= 3 AND r.today > 0
$$;
COMMENT ON FUNCTION liskeban._signals_of_places(date, timestamptz, timestamptz) IS 'same place, many times: tickets of one category in a square of 0.0005 degrees, three or more in [from_ts, to_ts), one of them on its last day';
REVOKE ALL ON FUNCTION liskeban._signals_of_places(date, timestamptz, timestamptz) FROM PUBLIC;

-- The same reporter four times in thirty days. What stands for the reporter is the first of the tickets, not the phone.
CREATE FUNCTION liskeban._signals_of_reporters(day date, from_ts timestamptz, to_ts timestamptz) RETURNS SETOF liskeban.signal
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT liskeban._signal_row(day, 'repeat_reporter', c.domain, r.area, r.category, r.first_ticket::text, r.n, NULL, NULL,
                              CASE WHEN r.n >= 10 THEN 2 ELSE 3 END,
                              jsonb_build_object('days_seen', r.days_seen, 'today', r.today, 'tickets', r.tickets))
    FROM (SELECT (array_agg(coalesce(t.area, t.responsible_area, p.district) ORDER BY t.received_at DESC))[1] AS area,
                 (array_agg(t.category ORDER BY t.received_at DESC))[1] AS category,
                 (SELECT min(f.ticket_id) FROM liskeban.reporter AS f WHERE f.phone_hash = o.phone_hash) AS first_ticket,
                 count(*) AS n, count(*) FILTER (WHERE t.received_at >= to_ts - interval '1 day') AS today,
                 (extract(epoch FROM max(t.received_at) - min(t.received_at)) / 86400.0)::integer + 1 AS days_seen,
                 to_jsonb((array_agg(t.ticket_id ORDER BY t.received_at DESC))[1:20]) AS tickets
            FROM liskeban.ticket AS t JOIN liskeban.reporter AS o ON o.ticket_id = t.ticket_id CROSS JOIN liskeban.platform AS p
           WHERE t.received_at >= from_ts AND t.received_at < to_ts AND o.phone_hash IS NOT NULL AND t.parent_id IS NULL
             AND t.kind IN ('demand', 'hazard') AND t.state <> 'withdrawn'
           GROUP BY o.phone_hash) AS r
    JOIN liskeban.category AS c ON c.code = r.category
   WHERE r.n >= 4 AND r.today > 0
$$;
COMMENT ON FUNCTION liskeban._signals_of_reporters(date, timestamptz, timestamptz) IS 'same reporter, many times: four tickets or more in [from_ts, to_ts), one of them on its last day; the subject is the reporter''s first ticket';
REVOKE ALL ON FUNCTION liskeban._signals_of_reporters(date, timestamptz, timestamptz) FROM PUBLIC;

-- A town whose overdue backlog at the day's end stands half above its mean of the four weeks before, and at five or more.
CREATE FUNCTION liskeban._signals_of_overdue(day date) RETURNS SETOF liskeban.signal
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH level AS (
    SELECT f.town, d.day, sum(f.overdue_change) AS overdue
      FROM liskeban.flow_daily AS f CROSS JOIN generate_series(_signals_of_overdue.day - 28, _signals_of_overdue.day, interval '1 day') AS d(day)
     WHERE f.day <= d.day AND f.town IS NOT NULL AND f.kind IN ('demand', 'hazard')
     GROUP BY f.town, d.day
  ), judged AS (
    SELECT l.town, max(l.overdue) FILTER (WHERE l.day = _signals_of_overdue.day) AS today,
           avg(l.overdue) FILTER (WHERE l.day < _signals_of_overdue.day) AS before
      FROM level AS l GROUP BY l.town
  )
  SELECT liskeban._signal_row(_signals_of_overdue.day, 'overdue', 'grid_management', j.town, NULL, NULL, j.today, j.before::double precision, NULL,
                              CASE WHEN j.today >= 30 THEN 1 WHEN j.today >= 15 THEN 2 ELSE 3 END, '{}')
    FROM judged AS j WHERE j.today >= 5 AND j.today > 1.5 * coalesce(j.before, 0)
$$;
COMMENT ON FUNCTION liskeban._signals_of_overdue(date) IS 'towns with five or more tickets overdue at the day''s end, more than half above the mean of the 28 days before';
REVOKE ALL ON FUNCTION liskeban._signals_of_overdue(date) FROM PUBLIC;

-- Whistles that nobody signed, or that their rung did not solve, by the day's end.
CREATE FUNCTION liskeban._signals_of_whistles(day date, to_ts timestamptz) RETURNS SETOF liskeban.signal
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT liskeban._signal_row(day, 'whistle', w.domain, w.area, NULL, NULL, w.n, NULL, NULL,
                              CASE WHEN w.district THEN 1 WHEN w.n >= 5 THEN 2 ELSE 3 END,
                              jsonb_build_object('unsigned', w.unsigned, 'unsolved', w.n - w.unsigned, 'tickets', w.tickets))
    FROM (SELECT c.domain,
                 CASE WHEN liskeban.area_level(coalesce(t.area, t.responsible_area, p.district)) >= 'town'
                      THEN liskeban.area_parent(coalesce(t.area, t.responsible_area, p.district), 'town') ELSE p.district END AS area,
                 count(*) AS n, count(*) FILTER (WHERE h.signed_at IS NULL OR h.signed_at >= to_ts) AS unsigned,
                 bool_or(h.to_tier >= 'district') AS district,
                 to_jsonb((array_agg(t.ticket_id ORDER BY h.raised_at))[1:20]) AS tickets
            FROM liskeban.whistle AS h JOIN liskeban.ticket AS t ON t.ticket_id = h.ticket_id
            JOIN liskeban.category AS c ON c.code = t.category CROSS JOIN liskeban.platform AS p
           WHERE h.raised_at < to_ts AND (h.ended_at IS NULL OR h.ended_at >= to_ts)
             AND ((h.signed_at IS NULL OR h.signed_at >= to_ts) AND h.sign_due < to_ts OR h.handle_due < to_ts)
           GROUP BY 1, 2) AS w
$$;
COMMENT ON FUNCTION liskeban._signals_of_whistles(date, timestamptz) IS 'whistles unsigned after sign_due or unsolved after handle_due at to_ts, by domain and town';
REVOKE ALL ON FUNCTION liskeban._signals_of_whistles(date, timestamptz) FROM PUBLIC;

-- Three or more dissatisfied answers in a day of a domain and town, half or more of those given, twice the share of before.
CREATE FUNCTION liskeban._signals_of_answers(day date, from_ts timestamptz, to_ts timestamptz) RETURNS SETOF liskeban.signal
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT liskeban._signal_row(day, 'dissatisfied', a.domain, a.area, NULL, NULL, a.bad, a.given * a.share_before, NULL,
                              CASE WHEN a.bad >= 8 THEN 2 ELSE 3 END,
                              jsonb_build_object('answered', a.given, 'tickets', a.tickets))
    FROM (SELECT c.domain, liskeban.area_parent(t.area, 'town') AS area,
                 count(*) FILTER (WHERE f.at >= to_ts - interval '1 day') AS given,
                 count(*) FILTER (WHERE f.at >= to_ts - interval '1 day' AND bad.is_bad) AS bad,
                 (count(*) FILTER (WHERE f.at < to_ts - interval '1 day' AND bad.is_bad))::double precision
                   / nullif(count(*) FILTER (WHERE f.at < to_ts - interval '1 day'), 0) AS share_before,
                 to_jsonb((array_agg(t.ticket_id ORDER BY f.at DESC) FILTER (WHERE bad.is_bad))[1:20]) AS tickets
            FROM liskeban.feedback AS f JOIN liskeban.ticket AS t ON t.ticket_id = f.ticket_id
            JOIN liskeban.category AS c ON c.code = t.category
           CROSS JOIN LATERAL (SELECT f.satisfaction = 'dissatisfied' OR f.solved IS FALSE) AS bad(is_bad)
           WHERE f.at >= from_ts AND f.at < to_ts AND f.satisfaction <> 'unreachable'
             AND t.area IS NOT NULL AND liskeban.area_level(t.area) >= 'town'
           GROUP BY 1, 2) AS a
   WHERE a.bad >= 3 AND a.bad * 2 >= a.given AND a.bad > 2 * a.given * coalesce(a.share_before, 0)
$$;
COMMENT ON FUNCTION liskeban._signals_of_answers(date, timestamptz, timestamptz) IS 'domains and towns with three or more dissatisfied or unsolved answers on the last day of [from_ts, to_ts), half or more of its answers and more than twice the share of the days before';
REVOKE ALL ON FUNCTION liskeban._signals_of_answers(date, timestamptz, timestamptz) FROM PUBLIC;

-- An indicator's value against the median of its eight weeks before: three and a half times its spread (1.4826 MAD, and not
-- less than a twentieth of the median) on the bad side; Iglewicz and Hoaglin 1993. Fewer than 14 values say nothing.
CREATE FUNCTION liskeban._signals_of_indicators(day date) RETURNS SETOF liskeban.signal
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH middle AS (
    SELECT o.indicator, o.area, count(*) AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY o.value) AS median
      FROM liskeban.observation AS o
     WHERE o.day >= _signals_of_indicators.day - 56 AND o.day < _signals_of_indicators.day
     GROUP BY o.indicator, o.area HAVING count(*) >= 14
  ), spread AS (
    SELECT m.indicator, m.area, m.n, m.median,
           greatest(1.4826 * percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(o.value - m.median)), abs(m.median) / 20) AS sigma
      FROM middle AS m JOIN liskeban.observation AS o ON o.indicator = m.indicator AND o.area OPERATOR(liskeban.=) m.area
     WHERE o.day >= _signals_of_indicators.day - 56 AND o.day < _signals_of_indicators.day
     GROUP BY m.indicator, m.area, m.n, m.median
  ), judged AS (
    SELECT i.code, i.domain, i.unit, s.area, o.value, s.median, s.n,
           (o.value - s.median) / nullif(s.sigma, 0) * CASE i.direction WHEN 'higher_is_better' THEN -1 ELSE 1 END AS score
      FROM spread AS s JOIN liskeban.indicator AS i ON i.code = s.indicator
      JOIN liskeban.observation AS o ON o.indicator = s.indicator AND o.area OPERATOR(liskeban.=) s.area AND o.day = _signals_of_indicators.day
     WHERE i.direction <> 'neither' AND i.retired_at IS NULL
  )
  SELECT liskeban._signal_row(_signals_of_indicators.day, 'indicator', j.domain, j.area, NULL, j.code, j.value, j.median, NULL,
                              CASE WHEN j.score >= 10 THEN 2 ELSE 3 END,
                              jsonb_build_object('score', round(j.score::numeric, 1), 'days', j.n, 'unit', j.unit))
    FROM judged AS j WHERE j.score >= 3.5
$$;
COMMENT ON FUNCTION liskeban._signals_of_indicators(date) IS 'indicators on the bad side of their median of the 56 days before by 3.5 robust standard deviations (1.4826 MAD, at least a twentieth of the median; Iglewicz and Hoaglin 1993); 14 values are needed';
REVOKE ALL ON FUNCTION liskeban._signals_of_indicators(date) FROM PUBLIC;

-- All signals of a day. A day analysed again has them anew: what came late is in them.
CREATE FUNCTION liskeban._find_signals(day date) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  zone constant text := (SELECT p.time_zone FROM liskeban.platform AS p);
  to_ts constant timestamptz := (_find_signals.day + 1)::timestamp AT TIME ZONE zone;
  from_ts constant timestamptz := (_find_signals.day - 29)::timestamp AT TIME ZONE zone;
  found_now bigint;
BEGIN
  DELETE FROM liskeban.signal AS s WHERE s.day = _find_signals.day;
  INSERT INTO liskeban.signal
  SELECT * FROM liskeban._signals_of_counts(_find_signals.day)
  UNION ALL SELECT * FROM liskeban._signals_of_clusters(_find_signals.day)
  UNION ALL SELECT * FROM liskeban._signals_of_places(_find_signals.day, from_ts, to_ts)
  UNION ALL SELECT * FROM liskeban._signals_of_reporters(_find_signals.day, from_ts, to_ts)
  UNION ALL SELECT * FROM liskeban._signals_of_overdue(_find_signals.day)
  UNION ALL SELECT * FROM liskeban._signals_of_whistles(_find_signals.day, to_ts)
  UNION ALL SELECT * FROM liskeban._signals_of_answers(_find_signals.day, from_ts, to_ts)
  UNION ALL SELECT * FROM liskeban._signals_of_indicators(_find_signals.day);
  GET DIAGNOSTICS found_now = ROW_COUNT;
  RETURN found_now;
END
$$;
COMMENT ON FUNCTION liskeban._find_signals(date) IS 'signals of a day, found anew; returns their number';
REVOKE ALL ON FUNCTION liskeban._find_signals(date) FROM PUBLIC;

-- ---- from signals to risk items ----

CREATE FUNCTION liskeban._area_path(area liskeban.area_code) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(string_agg(a.name, '' ORDER BY length(a.code::text)), _area_path.area::text)
    FROM liskeban.area AS a, liskeban.platform AS p
   WHERE a.code OPERATOR(liskeban.@>) _area_path.area
     AND (a.code OPERATOR(liskeban.<>) p.district OR _area_path.area OPERATOR(liskeban.=) p.district)
$$;
COMMENT ON FUNCTION liskeban._area_path(liskeban.area_code) IS 'an area by the names of its town, village and cell, one after the other';
REVOKE ALL ON FUNCTION liskeban._area_path(liskeban.area_code) FROM PUBLIC;

CREATE FUNCTION liskeban._fill_measure(template text, field jsonb) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT string_agg(CASE WHEN u.ord % 2 = 1 THEN u.piece ELSE coalesce(field ->> u.piece, '{' || u.piece || '}') END, '' ORDER BY u.ord)
    FROM regexp_split_to_table(template, '[{}]') WITH ORDINALITY AS u(piece, ord)
$$;
COMMENT ON FUNCTION liskeban._fill_measure(text, jsonb) IS 'a text with each {name} replaced by that field; one that there is not stays';
REVOKE ALL ON FUNCTION liskeban._fill_measure(text, jsonb) FROM PUBLIC;

-- What to do about a signal: of the matter where its category is known, of the pattern else; who and by when of both.
CREATE FUNCTION liskeban._signal_measure(s liskeban.signal, OUT measure text, OUT suggestion text, OUT owner text, OUT due date)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  matter liskeban.measure;
  pattern liskeban.measure;
  category liskeban.category;
  department liskeban.department;
  lead liskeban.area_code;
  field jsonb;
BEGIN
  SELECT c.* INTO category FROM liskeban.category AS c WHERE c.code = s.category;
  SELECT m.* INTO matter FROM liskeban.measure AS m
   WHERE m.category = s.category AND (m.kind = s.kind OR m.kind IS NULL) ORDER BY m.kind NULLS LAST LIMIT 1;
  SELECT m.* INTO pattern FROM liskeban.measure AS m WHERE m.kind = s.kind AND m.domain = s.domain AND m.category IS NULL;
  IF pattern.measure_id IS NULL AND matter.measure_id IS NULL THEN
    SELECT m.* INTO pattern FROM liskeban.measure AS m WHERE m.kind = s.kind AND m.category IS NULL ORDER BY m.measure_id LIMIT 1;
  END IF;
  SELECT d.* INTO department FROM liskeban.department AS d WHERE d.code = category.department;
  lead := CASE WHEN liskeban.area_level(s.area) > 'town' AND category.lead IS DISTINCT FROM 'village'
               THEN liskeban.area_parent(s.area, 'town') ELSE s.area END;
  due := s.day + 1 + least(matter.days, pattern.days);
  owner := CASE WHEN category.lead = 'department' THEN category.department ELSE lead::text END;
  field := jsonb_build_object('place', liskeban._area_path(s.area),
    'category', coalesce(category.name, (SELECT i.name FROM liskeban.indicator AS i WHERE i.code = s.subject), '事项'),
    'count', trim_scale(round(s.count::numeric, 2)), 'expected', trim_scale(round(s.expected::numeric, 1)),
    'days_seen', coalesce(s.evidence ->> 'days_seen', '1'), 'lead', liskeban._area_path(lead),
    'department', coalesce(department.name, liskeban._area_path(lead)),
    'days', least(matter.days, pattern.days), 'due', to_char(due, 'FMMM"月"FMDD"日"'));
  measure := liskeban._fill_measure(coalesce(matter.measure, pattern.measure), field);
  suggestion := concat_ws('；', liskeban._fill_measure(pattern.suggestion, field), liskeban._fill_measure(matter.suggestion, field));
END
$$;
COMMENT ON FUNCTION liskeban._signal_measure(liskeban.signal) IS 'measure, suggestion, owner and due of a signal: the measure is its category''s, else its kind''s and domain''s; the suggestion is both';
REVOKE ALL ON FUNCTION liskeban._signal_measure(liskeban.signal) FROM PUBLIC;

CREATE FUNCTION liskeban._follow_signals(day date) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  followed bigint;
BEGIN
  -- An item lasts while its signal is seen on the next day too; a day analysed again corrects the item that ends with it.
  WITH seen AS (
    SELECT s AS row, s.*, m.measure, m.suggestion, m.owner, m.due,
           (SELECT r.risk_id FROM liskeban.risk_item AS r
             WHERE r.kind = s.kind AND r.area OPERATOR(liskeban.=) s.area AND r.domain = s.domain
               AND r.category IS NOT DISTINCT FROM s.category AND r.subject IS NOT DISTINCT FROM s.subject
               AND r.day <= s.day AND (r.last_day >= s.day - 1 OR r.status <> 'closed')
             ORDER BY r.day DESC LIMIT 1) AS risk_id
      FROM liskeban.signal AS s CROSS JOIN LATERAL liskeban._signal_measure(s) AS m
     WHERE s.day = _follow_signals.day
  ), lasting AS (
    UPDATE liskeban.risk_item AS r
       SET last_day = s.day, evidence = s.evidence, severity = s.severity, measure = s.measure, suggestion = s.suggestion,
           owner = s.owner,
           status = CASE WHEN r.status = 'closed' THEN CASE WHEN pg_catalog.num_nonnulls(r.directive_id, r.ticket_id) > 0 THEN 'ordered' ELSE 'open' END ELSE r.status END,
           closed_day = NULL
      FROM seen AS s
     WHERE r.risk_id = s.risk_id AND r.last_day <= s.day
    RETURNING r.risk_id
  ), fresh AS (
    INSERT INTO liskeban.risk_item (day, last_day, kind, domain, area, category, subject, evidence, severity, measure, suggestion, owner, due)
    SELECT s.day, s.day, s.kind, s.domain, s.area, s.category, s.subject, s.evidence, s.severity, s.measure, s.suggestion, s.owner, s.due
      FROM seen AS s WHERE s.risk_id IS NULL
    ON CONFLICT DO NOTHING
    RETURNING risk_id
  )
  SELECT (SELECT count(*) FROM lasting) + (SELECT count(*) FROM fresh) INTO followed;
  UPDATE liskeban.risk_item AS r SET status = 'closed', closed_day = _follow_signals.day
   WHERE r.status <> 'closed' AND r.last_day < _follow_signals.day;
  RETURN followed;
END
$$;
COMMENT ON FUNCTION liskeban._follow_signals(date) IS 'risk items as the signals of a day have them: new ones, lasting ones, and those whose signal is gone closed; returns the first two';
REVOKE ALL ON FUNCTION liskeban._follow_signals(date) FROM PUBLIC;

-- ---- from risk items to orders ----

CREATE FUNCTION liskeban.order_from_risk(risk_id bigint, kind text DEFAULT 'directive', note text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  item liskeban.risk_item;
  title text;
  reply_due timestamptz;
  made bigint;
BEGIN
  IF risk_id IS NULL OR kind IS NULL THEN
    RAISE EXCEPTION 'risk_id and kind must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF kind NOT IN ('directive', 'ticket') THEN
    RAISE EXCEPTION 'an order is no "%"', kind USING ERRCODE = 'invalid_parameter_value', HINT = 'It is a directive or a ticket.';
  END IF;
  SELECT r.* INTO item FROM liskeban.risk_item AS r WHERE r.risk_id = order_from_risk.risk_id FOR UPDATE;
  IF item.risk_id IS NULL THEN
    RAISE EXCEPTION 'there is no risk item %', risk_id USING ERRCODE = 'no_data_found';
  ELSIF item.status = 'closed' OR num_nonnulls(item.directive_id, item.ticket_id) > 0 THEN
    RAISE EXCEPTION 'risk item % is closed, or has been ordered', risk_id USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  title := concat_ws(' ', liskeban._area_path(item.area), coalesce((SELECT c.name FROM liskeban.category AS c WHERE c.code = item.category),
                     (SELECT d.name FROM liskeban.domain AS d WHERE d.code = item.domain)));
  IF kind = 'directive' THEN
    reply_due := (item.due + 1)::timestamp AT TIME ZONE (SELECT p.time_zone FROM liskeban.platform AS p);
    IF reply_due <= liskeban.liskeban_now() THEN
      reply_due := NULL;
    END IF;
    made := liskeban.issue_directive(title, concat_ws(E'\n', item.measure, item.suggestion, note),
              CASE WHEN item.owner ~ '^[0-9]+$' THEN ARRAY[item.owner::liskeban.area_code] ELSE '{}' END,
              CASE WHEN item.owner ~ '^[0-9]+$' THEN '{}' ELSE ARRAY[item.owner] END, reply_due, false);
  ELSE
    -- the platform's own source, beside those of the seed
    INSERT INTO liskeban.source_system (code, name, name_en, kind) VALUES ('situation', '态势分析', 'Daily analysis', 'platform') ON CONFLICT DO NOTHING;
    INSERT INTO liskeban.ticket AS t (kind, source, category, title, description, geom, extra)
    SELECT 'task', 'situation', coalesce(item.category, 'uncategorised'), title, concat_ws(E'\n', item.measure, item.suggestion, note),
           ST_PointOnSurface(a.geom), jsonb_build_object('risk_id', item.risk_id)
      FROM liskeban.area AS a WHERE a.code OPERATOR(liskeban.=) item.area
    RETURNING t.ticket_id INTO made;
    PERFORM liskeban.accept(made);
    -- unless a rule has dispatched it by then
    IF (SELECT t.state FROM liskeban.ticket AS t WHERE t.ticket_id = made) = 'accepted' THEN
      IF item.owner ~ '^[0-9]+$' THEN
        PERFORM liskeban.dispatch(made, responsible_area => item.owner::liskeban.area_code, note => concat('risk ', item.risk_id));
      ELSE
        PERFORM liskeban.dispatch(made, department => item.owner, note => concat('risk ', item.risk_id));
      END IF;
    END IF;
  END IF;
  UPDATE liskeban.risk_item AS r
     SET status = 'ordered', ordered_by = liskeban.actor(), ordered_at = liskeban.liskeban_now(),
         directive_id = CASE WHEN order_from_risk.kind = 'directive' THEN made END, ticket_id = CASE WHEN order_from_risk.kind = 'ticket' THEN made END
   WHERE r.risk_id = item.risk_id;
  RETURN made;
END
$$;
COMMENT ON FUNCTION liskeban.order_from_risk(bigint, text, text) IS '风险下令 make of a risk item a directive to its owner, or a ticket of kind task dispatched to it, with measure and suggestion; returns directive_id or ticket_id. As the rules of directives and tickets let the caller. 22004 NULL, 22023 another kind, P0002 no such item, 55000 closed or ordered already';
REVOKE ALL ON FUNCTION liskeban.order_from_risk(bigint, text, text) FROM PUBLIC;

CREATE VIEW liskeban.risk_outcome AS
  SELECT r.risk_id, r.day, r.last_day, r.kind, r.domain, r.area, r.category, r.severity, r.owner, r.due, r.status, r.closed_day,
         CASE WHEN r.status = 'closed' THEN 'gone'
              WHEN r.directive_id IS NOT NULL THEN
                CASE WHEN bool_and(t.done_at IS NOT NULL) THEN 'done' WHEN bool_or(t.replied_at IS NOT NULL) THEN 'answered'
                     WHEN bool_or(t.signed_at IS NOT NULL) THEN 'signed' ELSE 'unsigned' END
              WHEN k.ticket_id IS NOT NULL THEN k.state::text
              ELSE 'not ordered' END AS outcome,
         r.directive_id, r.ticket_id
    FROM liskeban.risk_item AS r
    LEFT JOIN liskeban.directive_target AS t ON t.directive_id = r.directive_id
    LEFT JOIN liskeban.ticket AS k ON k.ticket_id = r.ticket_id
   GROUP BY r.risk_id, k.ticket_id;
COMMENT ON VIEW liskeban.risk_outcome IS '风险跟踪 what became of each risk item';
COMMENT ON COLUMN liskeban.risk_outcome.risk_id IS '编号 the risk item';
COMMENT ON COLUMN liskeban.risk_outcome.day IS '首现日 day on which it was first seen';
COMMENT ON COLUMN liskeban.risk_outcome.last_day IS '末现日 last day on which it was seen';
COMMENT ON COLUMN liskeban.risk_outcome.kind IS '类型 as in risk_item';
COMMENT ON COLUMN liskeban.risk_outcome.domain IS '领域 domain';
COMMENT ON COLUMN liskeban.risk_outcome.area IS '区域 where';
COMMENT ON COLUMN liskeban.risk_outcome.category IS '事项 category; NULL of several';
COMMENT ON COLUMN liskeban.risk_outcome.severity IS '严重程度 1 most severe to 4';
COMMENT ON COLUMN liskeban.risk_outcome.owner IS '责任单位 department or area that it is for';
COMMENT ON COLUMN liskeban.risk_outcome.due IS '期限 day by which it shall be done';
COMMENT ON COLUMN liskeban.risk_outcome.status IS '状态 open, ordered or closed';
COMMENT ON COLUMN liskeban.risk_outcome.closed_day IS '消除日 day on which its signal was gone';
COMMENT ON COLUMN liskeban.risk_outcome.outcome IS '结果 gone 已消除, done 已落实, answered 已回复, signed 已签收, unsigned 未签收, the ticket''s state, or not ordered 未下令';
COMMENT ON COLUMN liskeban.risk_outcome.directive_id IS '指令 directive made of it';
COMMENT ON COLUMN liskeban.risk_outcome.ticket_id IS '工单编号 ticket made of it';
$_68_risk$)
,('platform/69_situation', $_69_situation$
-- The running day: where it stands, and where it would stand by this hour as usual.

CREATE FUNCTION liskeban.situation_now()
RETURNS TABLE (indicator text, name text, name_en text, value double precision, expected double precision, low double precision, high double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  now   constant timestamptz := liskeban.liskeban_now();
  zone  text;
  today date;
  gone  interval;
  k     record;
BEGIN
  SELECT p.time_zone INTO STRICT zone FROM liskeban.platform AS p;
  today := (now AT TIME ZONE zone)::date;
  gone := (now AT TIME ZONE zone) - today::timestamp;
  SELECT * INTO k FROM liskeban.kpi(today, today, 'district', now);
  RETURN QUERY
  WITH past AS (
    -- the same weekday of the eight weeks before, as far as there is any history of them
    SELECT today - 7 * n AS day FROM generate_series(1, 8) AS n
     WHERE today - 7 * n >= (SELECT min(f.day) FROM liskeban.flow_daily AS f)
  ), by_now AS (
    SELECT d.day, count(t.ticket_id) FILTER (WHERE t.received_at < (d.day::timestamp + gone) AT TIME ZONE zone) AS so_far, count(t.ticket_id) AS whole
      FROM past AS d
      LEFT JOIN liskeban.ticket AS t
             ON t.received_at >= d.day::timestamp AT TIME ZONE zone AND t.received_at < (d.day + 1)::timestamp AT TIME ZONE zone
            AND t.kind = 'demand' AND t.parent_id IS NULL
     GROUP BY d.day
  ), share AS (
    SELECT sum(b.so_far) / nullif(sum(b.whole), 0)::double precision AS so_far FROM by_now AS b
  ), usual AS (
    SELECT 'received' AS indicator, avg(b.so_far)::double precision AS mean, stddev_samp(b.so_far)::double precision AS sd FROM by_now AS b
    UNION ALL
    SELECT u.indicator, avg(u.whole * s.so_far), stddev_samp(u.whole * s.so_far)
      FROM share AS s,
           -- a day on which nothing changed has no row
           (SELECT v.indicator, d.day, coalesce(sum(v.whole), 0)::double precision AS whole
              FROM past AS d LEFT JOIN liskeban.flow_daily AS f ON f.day = d.day AND f.kind = 'demand'
             CROSS JOIN LATERAL (VALUES ('resolved', f.resolved), ('closed', f.closed)) AS v(indicator, whole)
             GROUP BY v.indicator, d.day) AS u
     GROUP BY u.indicator
  ), flow AS (
    SELECT f.* FROM liskeban.flow(today, today) AS f
  ), present AS (
    SELECT 1 AS nth, 'received' AS indicator, '今日受理' AS name, 'received today' AS name_en, (SELECT f.received FROM flow AS f)::double precision AS value
    UNION ALL SELECT 2, 'resolved', '今日办结', 'resolved today', (SELECT f.resolved FROM flow AS f)
    UNION ALL SELECT 3, 'closed', '今日关闭', 'closed today', (SELECT f.closed FROM flow AS f)
    UNION ALL SELECT 4, 'open', '在办', 'open', (SELECT f.open_end FROM flow AS f)
    UNION ALL SELECT 5, 'overdue', '超期在办', 'overdue open', (SELECT f.overdue_open FROM flow AS f)
    UNION ALL SELECT 6, 'response', '今日响应率', 'response rate of those received today', k.response
    UNION ALL SELECT 7, 'on_time', '今日按期办结率', 'on-time rate of those received today', k.on_time
    UNION ALL SELECT 8, 'whistles_raised', '今日吹哨', 'whistles raised today',
                     (SELECT count(*) FROM liskeban.whistle AS w WHERE w.raised_at >= today::timestamp AT TIME ZONE zone AND w.raised_at <= now)
    UNION ALL SELECT 9, 'whistles_open', '在途哨声', 'whistles open', (SELECT count(*) FROM liskeban.whistle AS w WHERE w.ended_at IS NULL)
    UNION ALL SELECT 10, 'supervisions_open', '在办督办', 'supervisions not struck off',
                     (SELECT count(*) FROM liskeban.supervision AS s WHERE s.struck_at IS NULL)
    UNION ALL SELECT 11, 'risks_open', '风险事项', 'risk items not gone', (SELECT count(*) FROM liskeban.risk_item AS r WHERE r.status <> 'closed')
  )
  SELECT p.indicator, p.name, p.name_en, p.value, round(u.mean::numeric, 1)::double precision,
         CASE WHEN u.sd IS NOT NULL THEN round(greatest(u.mean - 2 * u.sd, 0)::numeric, 1)::double precision END, round((u.mean + 2 * u.sd)::numeric, 1)::double precision
    FROM present AS p LEFT JOIN usual AS u ON u.indicator = p.indicator ORDER BY p.nth;
END
$$;
COMMENT ON FUNCTION liskeban.situation_now() IS
'实时态势 the running day up to liskeban_now(), with what is usual by this hour. received: mean of the same weekday of the eight weeks before up to the same time of day, low and high two standard deviations to each side; resolved and closed: the same of their whole days, times the share of the receipts that had come by this hour. Rates are those of liskeban.kpi() for the tickets received today. NULL expected: none, or no history';
REVOKE ALL ON FUNCTION liskeban.situation_now() FROM PUBLIC;
$_69_situation$)
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
,('platform/75_wall', $_75_wall$
-- The wall: what is open now, for the screen in the command hall. Each view reads the worklist, or what is open of
-- whistles, directives and supervisions, and never history; no text, no personal data. Their figures of open tickets add
-- up to all of them: what lies in no town, or with nobody yet, stands in the row (pool). The time is asked once a view
-- (OFFSET 0), the town of an area once an area.

GRANT SELECT (ticket_id, state, tier, area, responsible_area, department, co_departments, priority, received_at, due)
  ON liskeban.worklist TO liskeban_reader;
GRANT SELECT (whistle_id, ticket_id, from_tier, to_tier, auto, raised_at, sign_due, signed_at, handle_due, ended_at, from_area, from_department)
  ON liskeban.whistle TO liskeban_reader;
GRANT SELECT (directive_id, issued_at, reply_due, revoked_at) ON liskeban.directive TO liskeban_reader;
GRANT SELECT (target_id, directive_id, area, department, signed_at, replied_at, done_at) ON liskeban.directive_target TO liskeban_reader;
GRANT SELECT (supervision_id, ticket_id, target_id, clock, level, kind, area, department, issued_at, reply_due, replied_at, struck_at)
  ON liskeban.supervision TO liskeban_reader;

CREATE VIEW liskeban_report.open_by_tier WITH (security_barrier) AS
  SELECT r.tier, r.name AS tier_name, r.name_en AS tier_name_en,
         coalesce(o.open, 0) AS open, coalesce(o.reported, 0) AS reported, coalesce(o.accepted, 0) AS accepted,
         coalesce(o.dispatched, 0) AS dispatched, coalesce(o.on_site, 0) AS on_site, coalesce(o.planned, 0) AS planned,
         coalesce(o.suspended, 0) AS suspended, coalesce(o.resolved, 0) AS resolved, coalesce(o.overdue, 0) AS overdue
    FROM (VALUES (0, '(pool)', '未派单', 'not dispatched yet'), (1, 'village', '村社区', 'village'), (2, 'town', '镇街或部门', 'town or department'),
                 (3, 'district', '区', 'district'), (4, 'principal', '主要领导', 'principal')) AS r(nth, tier, name, name_en)
    LEFT JOIN (SELECT coalesce(w.tier::text, '(pool)') AS tier, count(*) AS open,
                      count(*) FILTER (WHERE w.state = 'reported') AS reported, count(*) FILTER (WHERE w.state = 'accepted') AS accepted,
                      count(*) FILTER (WHERE w.state = 'dispatched') AS dispatched, count(*) FILTER (WHERE w.state = 'on_site') AS on_site,
                      count(*) FILTER (WHERE w.state = 'planned') AS planned, count(*) FILTER (WHERE w.state = 'suspended') AS suspended,
                      count(*) FILTER (WHERE w.state = 'resolved') AS resolved, count(*) FILTER (WHERE w.due <= n.now) AS overdue
                 FROM (SELECT liskeban.liskeban_now() AS now OFFSET 0) AS n CROSS JOIN liskeban.worklist AS w GROUP BY w.tier) AS o ON o.tier = r.tier
   ORDER BY r.nth;
COMMENT ON VIEW liskeban_report.open_by_tier IS '各层级在办 open tickets by the rung they are on and where they stand; a row for each rung; key tier';
COMMENT ON COLUMN liskeban_report.open_by_tier.tier IS '层级代码 key: village, town, district, principal; (pool) not dispatched yet';
COMMENT ON COLUMN liskeban_report.open_by_tier.tier_name IS '层级 the rung in Chinese';
COMMENT ON COLUMN liskeban_report.open_by_tier.tier_name_en IS '层级英文名 the rung in English';
COMMENT ON COLUMN liskeban_report.open_by_tier.open IS '在办量 open tickets; summed up they are all there are';
COMMENT ON COLUMN liskeban_report.open_by_tier.reported IS '待受理 of these to be accepted';
COMMENT ON COLUMN liskeban_report.open_by_tier.accepted IS '待派单 of these to be dispatched';
COMMENT ON COLUMN liskeban_report.open_by_tier.dispatched IS '已派单 of these dispatched';
COMMENT ON COLUMN liskeban_report.open_by_tier.on_site IS '已到场 of these with someone there';
COMMENT ON COLUMN liskeban_report.open_by_tier.planned IS '有方案 of these with a plan';
COMMENT ON COLUMN liskeban_report.open_by_tier.suspended IS '挂账 of these suspended';
COMMENT ON COLUMN liskeban_report.open_by_tier.resolved IS '待回访 of these resolved and not closed';
COMMENT ON COLUMN liskeban_report.open_by_tier.overdue IS '超期量 of these past the due of resolution (hard without a plan: of the plan)';

CREATE VIEW liskeban_report.overdue WITH (security_barrier) AS
  SELECT coalesce(w.town::text, '(pool)') AS town,
         CASE WHEN w.town IS NULL THEN '公共池' ELSE a.name END AS town_name,
         CASE WHEN w.town IS NULL THEN 'pool' ELSE a.name_en END AS town_name_en,
         w.open, w.overdue, w.open - w.overdue AS not_overdue, w.overdue_1, w.overdue_3, w.overdue_7, w.overdue_over_7,
         w.overdue::double precision / w.open AS overdue_rate, w.longest_due
    FROM (SELECT CASE WHEN liskeban.area_level(o.area) >= 'town' THEN liskeban.area_parent(o.area, 'town') END AS town,
                 sum(o.open)::bigint AS open, sum(o.overdue)::bigint AS overdue, sum(o.overdue - o.over_1)::bigint AS overdue_1,
                 sum(o.over_1 - o.over_3)::bigint AS overdue_3, sum(o.over_3 - o.over_7)::bigint AS overdue_7,
                 sum(o.over_7)::bigint AS overdue_over_7, min(o.longest_due) AS longest_due
            FROM (SELECT w.area, count(*) AS open, count(*) FILTER (WHERE w.due <= n.now) AS overdue,
                         count(*) FILTER (WHERE w.due <= n.over_1) AS over_1, count(*) FILTER (WHERE w.due <= n.over_3) AS over_3,
                         count(*) FILTER (WHERE w.due <= n.over_7) AS over_7, min(w.due) FILTER (WHERE w.due <= n.now) AS longest_due
                    FROM (SELECT t.now, t.now - interval '24 hours' AS over_1, t.now - interval '72 hours' AS over_3,
                                 t.now - interval '168 hours' AS over_7
                            FROM (SELECT liskeban.liskeban_now() AS now) AS t OFFSET 0) AS n
                   CROSS JOIN liskeban.worklist AS w GROUP BY w.area) AS o
           GROUP BY 1) AS w
    LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) w.town
   ORDER BY w.overdue DESC, w.town NULLS LAST;
COMMENT ON VIEW liskeban_report.overdue IS '超期在办 open tickets past the due of resolution (hard without a plan: of the plan), by the town they lie in and for how long; key town';
COMMENT ON COLUMN liskeban_report.overdue.town IS '镇街代码 key: code of the town; (pool) what lies in none';
COMMENT ON COLUMN liskeban_report.overdue.town_name IS '镇街 its name in Chinese';
COMMENT ON COLUMN liskeban_report.overdue.town_name_en IS '镇街英文名 its name in English';
COMMENT ON COLUMN liskeban_report.overdue.open IS '在办量 open tickets; summed up they are all there are';
COMMENT ON COLUMN liskeban_report.overdue.overdue IS '超期量 of these overdue';
COMMENT ON COLUMN liskeban_report.overdue.not_overdue IS '未超期量 of these not overdue: ahead of their due, suspended or resolved';
COMMENT ON COLUMN liskeban_report.overdue.overdue_1 IS '超期1天内 overdue for less than a day';
COMMENT ON COLUMN liskeban_report.overdue.overdue_3 IS '超期1至3天 overdue for less than 3 days, and not counted before';
COMMENT ON COLUMN liskeban_report.overdue.overdue_7 IS '超期3至7天 overdue for less than 7 days, and not counted before';
COMMENT ON COLUMN liskeban_report.overdue.overdue_over_7 IS '超期7天以上 overdue for 7 days and more';
COMMENT ON COLUMN liskeban_report.overdue.overdue_rate IS '超期率 overdue / open';
COMMENT ON COLUMN liskeban_report.overdue.longest_due IS '最早时限 the due that passed first; NULL where none did';

CREATE VIEW liskeban_report.due_soon WITH (security_barrier) AS
  SELECT coalesce(w.town::text, '(pool)') AS town,
         CASE WHEN w.town IS NULL THEN '公共池' ELSE a.name END AS town_name,
         CASE WHEN w.town IS NULL THEN 'pool' ELSE a.name_en END AS town_name_en,
         w.open, w.overdue, w.due_1_hour, w.due_4_hours, w.due_1_day, w.due_3_days, w.due_later, w.no_due, w.next_due
    FROM (SELECT CASE WHEN liskeban.area_level(o.area) >= 'town' THEN liskeban.area_parent(o.area, 'town') END AS town,
                 sum(o.open)::bigint AS open, sum(o.overdue)::bigint AS overdue, sum(o.to_1_hour - o.overdue)::bigint AS due_1_hour,
                 sum(o.to_4_hours - o.to_1_hour)::bigint AS due_4_hours, sum(o.to_1_day - o.to_4_hours)::bigint AS due_1_day,
                 sum(o.to_3_days - o.to_1_day)::bigint AS due_3_days, sum(o.with_due - o.to_3_days)::bigint AS due_later,
                 sum(o.open - o.with_due)::bigint AS no_due, min(o.next_due) AS next_due
            FROM (SELECT w.area, count(*) AS open, count(w.due) AS with_due, count(*) FILTER (WHERE w.due <= n.now) AS overdue,
                         count(*) FILTER (WHERE w.due <= n.to_1_hour) AS to_1_hour, count(*) FILTER (WHERE w.due <= n.to_4_hours) AS to_4_hours,
                         count(*) FILTER (WHERE w.due <= n.to_1_day) AS to_1_day, count(*) FILTER (WHERE w.due <= n.to_3_days) AS to_3_days,
                         min(w.due) FILTER (WHERE w.due > n.now) AS next_due
                    FROM (SELECT t.now, t.now + interval '1 hour' AS to_1_hour, t.now + interval '4 hours' AS to_4_hours,
                                 t.now + interval '24 hours' AS to_1_day, t.now + interval '72 hours' AS to_3_days
                            FROM (SELECT liskeban.liskeban_now() AS now) AS t OFFSET 0) AS n
                   CROSS JOIN liskeban.worklist AS w GROUP BY w.area) AS o
           GROUP BY 1) AS w
    LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) w.town
   ORDER BY w.next_due NULLS LAST, w.town NULLS LAST;
COMMENT ON VIEW liskeban_report.due_soon IS '临期在办 open tickets by how soon they are due (hard without a plan: the plan), and by the town they lie in; key town';
COMMENT ON COLUMN liskeban_report.due_soon.town IS '镇街代码 key: code of the town; (pool) what lies in none';
COMMENT ON COLUMN liskeban_report.due_soon.town_name IS '镇街 its name in Chinese';
COMMENT ON COLUMN liskeban_report.due_soon.town_name_en IS '镇街英文名 its name in English';
COMMENT ON COLUMN liskeban_report.due_soon.open IS '在办量 open tickets, the sum of the following; summed up they are all there are';
COMMENT ON COLUMN liskeban_report.due_soon.overdue IS '已超期 past the due';
COMMENT ON COLUMN liskeban_report.due_soon.due_1_hour IS '1小时内到期 due within an hour';
COMMENT ON COLUMN liskeban_report.due_soon.due_4_hours IS '4小时内到期 due within 4 hours, and not counted before';
COMMENT ON COLUMN liskeban_report.due_soon.due_1_day IS '1天内到期 due within 24 hours, and not counted before';
COMMENT ON COLUMN liskeban_report.due_soon.due_3_days IS '3天内到期 due within 72 hours, and not counted before';
COMMENT ON COLUMN liskeban_report.due_soon.due_later IS '3天以上到期 due later than that';
COMMENT ON COLUMN liskeban_report.due_soon.no_due IS '不计时 suspended or resolved';
COMMENT ON COLUMN liskeban_report.due_soon.next_due IS '最近时限 the next due ahead';

CREATE VIEW liskeban_report.workload WITH (security_barrier) AS
  SELECT k.kind || '/' || k.holder AS workload_key, k.holder, k.kind,
         CASE k.kind WHEN 'area' THEN a.name WHEN 'department' THEN d.name ELSE '公共池' END AS holder_name,
         CASE k.kind WHEN 'area' THEN a.name_en WHEN 'department' THEN d.name_en ELSE 'pool' END AS holder_name_en,
         coalesce(h.open, 0) AS open, coalesce(h.to_do, 0) AS to_do, coalesce(h.overdue, 0) AS overdue, coalesce(h.due_1_day, 0) AS due_1_day,
         coalesce(h.urgent, 0) AS urgent, coalesce(h.suspended, 0) AS suspended, coalesce(h.resolved, 0) AS resolved,
         coalesce(c.co_open, 0) AS co_open
    FROM (SELECT o.responsible_area AS area, CASE WHEN o.responsible_area IS NULL THEN o.department END AS department,
                 count(*) AS open, count(*) FILTER (WHERE o.state IN ('dispatched', 'on_site', 'planned')) AS to_do,
                 count(*) FILTER (WHERE o.due <= n.now) AS overdue,
                 count(*) FILTER (WHERE o.due > n.now AND o.due <= n.to_1_day) AS due_1_day,
                 count(*) FILTER (WHERE o.priority = 1) AS urgent, count(*) FILTER (WHERE o.state = 'suspended') AS suspended,
                 count(*) FILTER (WHERE o.state = 'resolved') AS resolved
            FROM (SELECT t.now, t.now + interval '24 hours' AS to_1_day
                    FROM (SELECT liskeban.liskeban_now() AS now) AS t OFFSET 0) AS n
           CROSS JOIN liskeban.worklist AS o GROUP BY 1, 2) AS h
    FULL JOIN (SELECT u.department, count(*) AS co_open
                 FROM liskeban.worklist AS o CROSS JOIN LATERAL unnest(o.co_departments) AS u(department)
                WHERE cardinality(o.co_departments) > 0 GROUP BY u.department) AS c ON c.department = h.department
    LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) h.area
    LEFT JOIN liskeban.department AS d ON d.code = coalesce(h.department, c.department)
   CROSS JOIN LATERAL (SELECT CASE WHEN h.area IS NOT NULL THEN 'area' WHEN coalesce(h.department, c.department) IS NOT NULL THEN 'department' ELSE 'pool' END AS kind,
                              coalesce(h.area::text, h.department, c.department, '(pool)') AS holder) AS k
   ORDER BY coalesce(h.open, 0) DESC, h.area, coalesce(h.department, c.department);
COMMENT ON VIEW liskeban_report.workload IS '承办负荷 open tickets by who holds them (responsible area, else department), and where a department co-handles; key workload_key';
COMMENT ON COLUMN liskeban_report.workload.workload_key IS '主键 key: kind and holder';
COMMENT ON COLUMN liskeban_report.workload.holder IS '承办单位代码 code of the area, else of the department; (pool) nobody yet';
COMMENT ON COLUMN liskeban_report.workload.kind IS '承办单位类别 area 区域, department 部门, pool 公共池';
COMMENT ON COLUMN liskeban_report.workload.holder_name IS '承办单位 its name in Chinese';
COMMENT ON COLUMN liskeban_report.workload.holder_name_en IS '承办单位英文名 its name in English';
COMMENT ON COLUMN liskeban_report.workload.open IS '在办量 open tickets that it holds, or that lie with it until they are dispatched; summed up they are all there are';
COMMENT ON COLUMN liskeban_report.workload.to_do IS '应办量 of these dispatched, on site or planned';
COMMENT ON COLUMN liskeban_report.workload.overdue IS '超期量 of these past the due of resolution (hard without a plan: of the plan)';
COMMENT ON COLUMN liskeban_report.workload.due_1_day IS '1天内到期 of these due within 24 hours';
COMMENT ON COLUMN liskeban_report.workload.urgent IS '紧急量 of these of priority 1';
COMMENT ON COLUMN liskeban_report.workload.suspended IS '挂账 of these suspended';
COMMENT ON COLUMN liskeban_report.workload.resolved IS '待回访 of these resolved and not closed';
COMMENT ON COLUMN liskeban_report.workload.co_open IS '协办量 open tickets of others in which it co-handles; beside open';

CREATE VIEW liskeban_report.backlog_by_age WITH (security_barrier) AS
  SELECT b.age, b.name AS age_name, b.name_en AS age_name_en,
         coalesce(o.open, 0) AS open, coalesce(o.pool, 0) AS pool, coalesce(o.village, 0) AS village, coalesce(o.town, 0) AS town,
         coalesce(o.district, 0) AS district, coalesce(o.principal, 0) AS principal, coalesce(o.overdue, 0) AS overdue
    FROM (VALUES (1, 1, '1天以内', 'up to a day'), (2, 3, '1至3天', 'up to 3 days'), (3, 7, '3至7天', 'up to 7 days'),
                 (4, 30, '7至30天', 'up to 30 days'), (5, NULL, '30天以上', 'over 30 days')) AS b(age, days, name, name_en)
    LEFT JOIN (SELECT CASE WHEN w.received_at >= n.day_1 THEN 1 WHEN w.received_at >= n.day_3 THEN 2 WHEN w.received_at >= n.day_7 THEN 3
                           WHEN w.received_at >= n.day_30 THEN 4 ELSE 5 END AS age,
                      count(*) AS open, count(*) FILTER (WHERE w.tier IS NULL) AS pool, count(*) FILTER (WHERE w.tier = 'village') AS village,
                      count(*) FILTER (WHERE w.tier = 'town') AS town, count(*) FILTER (WHERE w.tier = 'district') AS district,
                      count(*) FILTER (WHERE w.tier = 'principal') AS principal, count(*) FILTER (WHERE w.due <= n.now) AS overdue
                 FROM (SELECT t.now, t.now - interval '24 hours' AS day_1, t.now - interval '72 hours' AS day_3,
                              t.now - interval '168 hours' AS day_7, t.now - interval '720 hours' AS day_30
                         FROM (SELECT liskeban.liskeban_now() AS now) AS t OFFSET 0) AS n
                CROSS JOIN liskeban.worklist AS w GROUP BY 1) AS o ON o.age = b.age
   ORDER BY b.age;
COMMENT ON VIEW liskeban_report.backlog_by_age IS '积案账龄 open tickets by how long ago they were received; a row for each age; key age';
COMMENT ON COLUMN liskeban_report.backlog_by_age.age IS '账龄段 key: 1 up to a day, 2 up to 3 days, 3 up to 7 days, 4 up to 30 days, 5 over 30 days';
COMMENT ON COLUMN liskeban_report.backlog_by_age.age_name IS '账龄 its name in Chinese';
COMMENT ON COLUMN liskeban_report.backlog_by_age.age_name_en IS '账龄英文名 its name in English';
COMMENT ON COLUMN liskeban_report.backlog_by_age.open IS '在办量 open tickets, the sum of pool and the rungs; summed up they are all there are';
COMMENT ON COLUMN liskeban_report.backlog_by_age.pool IS '未派单 not dispatched yet';
COMMENT ON COLUMN liskeban_report.backlog_by_age.village IS '村社区 on the rung of villages';
COMMENT ON COLUMN liskeban_report.backlog_by_age.town IS '镇街或部门 on that of towns and departments';
COMMENT ON COLUMN liskeban_report.backlog_by_age.district IS '区 on that of the district';
COMMENT ON COLUMN liskeban_report.backlog_by_age.principal IS '主要领导 on the highest';
COMMENT ON COLUMN liskeban_report.backlog_by_age.overdue IS '超期量 of these past the due of resolution (hard without a plan: of the plan)';

CREATE VIEW liskeban_report.whistles_open WITH (security_barrier) AS
  SELECT w.whistle_id, w.ticket_id, w.from_tier::text AS from_tier, w.to_tier::text AS to_tier, w.auto,
         coalesce(w.from_area::text, w.from_department) AS raised_from, coalesce(a.name, d.name) AS raised_from_name,
         coalesce(a.name_en, d.name_en) AS raised_from_name_en,
         w.raised_at, w.sign_due, w.signed_at, w.handle_due,
         w.signed_at IS NULL AND w.sign_due <= n.now AS sign_overdue, w.handle_due <= n.now AS handle_overdue
    FROM liskeban.whistle AS w
   CROSS JOIN (SELECT liskeban.liskeban_now() AS now OFFSET 0) AS n
    LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) w.from_area
    LEFT JOIN liskeban.department AS d ON w.from_area IS NULL AND d.code = w.from_department
   WHERE w.ended_at IS NULL
   ORDER BY w.handle_due, w.whistle_id;
COMMENT ON VIEW liskeban_report.whistles_open IS '在办吹哨 whistles that have not ended; key whistle_id';
COMMENT ON COLUMN liskeban_report.whistles_open.whistle_id IS '吹哨编号 key';
COMMENT ON COLUMN liskeban_report.whistles_open.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban_report.whistles_open.from_tier IS '原层级 rung it was raised from';
COMMENT ON COLUMN liskeban_report.whistles_open.to_tier IS '现层级 rung it was raised to';
COMMENT ON COLUMN liskeban_report.whistles_open.auto IS '自动 whether an overdue clock raised it';
COMMENT ON COLUMN liskeban_report.whistles_open.raised_from IS '吹哨单位代码 code of the area, else of the department, that held the ticket';
COMMENT ON COLUMN liskeban_report.whistles_open.raised_from_name IS '吹哨单位 its name in Chinese';
COMMENT ON COLUMN liskeban_report.whistles_open.raised_from_name_en IS '吹哨单位英文名 its name in English';
COMMENT ON COLUMN liskeban_report.whistles_open.raised_at IS '吹哨时间 when it was raised';
COMMENT ON COLUMN liskeban_report.whistles_open.sign_due IS '签收时限 by when it is to be signed';
COMMENT ON COLUMN liskeban_report.whistles_open.signed_at IS '签收时间 when it was signed; NULL not yet';
COMMENT ON COLUMN liskeban_report.whistles_open.handle_due IS '办理时限 by when it is to be solved';
COMMENT ON COLUMN liskeban_report.whistles_open.sign_overdue IS '签收超期 whether it should have been signed';
COMMENT ON COLUMN liskeban_report.whistles_open.handle_overdue IS '办理超期 whether it should have been solved';

CREATE VIEW liskeban_report.directives_open WITH (security_barrier) AS
  SELECT d.directive_id, d.issued_at, d.reply_due, count(*) AS receivers, count(t.signed_at) AS signed, count(t.replied_at) AS replied,
         count(t.done_at) AS done, count(*) - count(t.done_at) AS open,
         count(*) FILTER (WHERE t.replied_at IS NULL AND d.reply_due <= n.now) AS overdue
    FROM liskeban.directive AS d
   CROSS JOIN (SELECT liskeban.liskeban_now() AS now OFFSET 0) AS n
    JOIN liskeban.directive_target AS t ON t.directive_id = d.directive_id
   WHERE d.revoked_at IS NULL
   GROUP BY d.directive_id, d.issued_at, d.reply_due, n.now
  HAVING count(t.done_at) < count(*)
   ORDER BY d.reply_due, d.directive_id;
COMMENT ON VIEW liskeban_report.directives_open IS '在办指令 directives in force that not every receiver has done; key directive_id';
COMMENT ON COLUMN liskeban_report.directives_open.directive_id IS '指令编号 key';
COMMENT ON COLUMN liskeban_report.directives_open.issued_at IS '签发时间 when it was issued';
COMMENT ON COLUMN liskeban_report.directives_open.reply_due IS '回复时限 by when each receiver answers';
COMMENT ON COLUMN liskeban_report.directives_open.receivers IS '接收单位数 areas and departments that it is for';
COMMENT ON COLUMN liskeban_report.directives_open.signed IS '已签收 of these that have signed';
COMMENT ON COLUMN liskeban_report.directives_open.replied IS '已回复 of these that have answered';
COMMENT ON COLUMN liskeban_report.directives_open.done IS '已办结 of these that have done it';
COMMENT ON COLUMN liskeban_report.directives_open.open IS '未办结 of these that have not';
COMMENT ON COLUMN liskeban_report.directives_open.overdue IS '超期未回复 of these that should have answered and have not';

CREATE VIEW liskeban_report.supervisions_open WITH (security_barrier) AS
  SELECT concat_ws('/', s.kind, coalesce(s.clock, 'none'), s.unit) AS supervisions_open_key,
         s.kind, s.clock, s.unit, s.unit_kind, coalesce(a.name, d.name) AS unit_name, coalesce(a.name_en, d.name_en) AS unit_name_en,
         s.open, s.unanswered, s.overdue, s.oldest_at
    FROM (SELECT s.kind, s.clock::text AS clock, coalesce(s.area::text, s.department, '(pool)') AS unit,
                 CASE WHEN s.area IS NOT NULL THEN 'area' WHEN s.department IS NOT NULL THEN 'department' ELSE 'pool' END AS unit_kind,
                 count(*) AS open, count(*) FILTER (WHERE s.replied_at IS NULL AND s.reply_due IS NOT NULL) AS unanswered,
                 count(*) FILTER (WHERE s.replied_at IS NULL AND s.reply_due <= n.now) AS overdue, min(s.issued_at) AS oldest_at
            FROM liskeban.supervision AS s CROSS JOIN (SELECT liskeban.liskeban_now() AS now OFFSET 0) AS n
           WHERE s.struck_at IS NULL
           GROUP BY s.kind, s.clock, s.area, s.department) AS s
    LEFT JOIN liskeban.area AS a ON s.unit_kind = 'area' AND a.code::text = s.unit
    LEFT JOIN liskeban.department AS d ON s.unit_kind = 'department' AND d.code = s.unit
   ORDER BY s.open DESC, s.kind, s.clock, s.unit;
COMMENT ON VIEW liskeban_report.supervisions_open IS '在办督办 supervisions that were not struck off, by kind, clock and who is supervised; key supervisions_open_key';
COMMENT ON COLUMN liskeban_report.supervisions_open.supervisions_open_key IS '主键 key: kind, clock and unit';
COMMENT ON COLUMN liskeban_report.supervisions_open.kind IS '方式 urge 催办, order 督办, notice 通报';
COMMENT ON COLUMN liskeban_report.supervisions_open.clock IS '时钟 the overdue clock; NULL by hand';
COMMENT ON COLUMN liskeban_report.supervisions_open.unit IS '被督办单位代码 code of the area, else of the department; (pool) the desk';
COMMENT ON COLUMN liskeban_report.supervisions_open.unit_kind IS '被督办单位类别 area 区域, department 部门, pool 公共池';
COMMENT ON COLUMN liskeban_report.supervisions_open.unit_name IS '被督办单位 its name in Chinese';
COMMENT ON COLUMN liskeban_report.supervisions_open.unit_name_en IS '被督办单位英文名 its name in English';
COMMENT ON COLUMN liskeban_report.supervisions_open.open IS '在办量 supervisions not struck off';
COMMENT ON COLUMN liskeban_report.supervisions_open.unanswered IS '待回复 of these that wait for an answer';
COMMENT ON COLUMN liskeban_report.supervisions_open.overdue IS '超期未回复 of these whose answer is overdue';
COMMENT ON COLUMN liskeban_report.supervisions_open.oldest_at IS '最早发出 when the oldest was issued';

-- As in 70_report.sql: the views' owner may read no more than what is granted.
GRANT CREATE ON SCHEMA liskeban_report TO liskeban_reader;
DO $$
DECLARE
  wall text;
BEGIN
  FOREACH wall IN ARRAY '{open_by_tier,overdue,due_soon,whistles_open,directives_open,workload,supervisions_open,backlog_by_age}'::text[] LOOP
    EXECUTE pg_catalog.format('ALTER VIEW liskeban_report.%I OWNER TO liskeban_reader', wall);
  END LOOP;
END
$$;
REVOKE CREATE ON SCHEMA liskeban_report FROM liskeban_reader;
$_75_wall$)
,('platform/76_bi', $_76_bi$
-- For BI, GIS and dashboards: what is open on the map, what happened when, what is wrong, who stands where; see 70_report.sql
-- for the kind of view. Geometry has one type and CGCS2000 (EPSG:4490); series have a column "time".

GRANT SELECT (code, kind, geom, valid_from, valid_to) ON liskeban.area TO liskeban_reader;
GRANT SELECT ON liskeban.calendar_day, liskeban.flow_daily, liskeban.risk_item, liskeban.risk_outcome, liskeban.observation TO liskeban_reader;
GRANT SELECT (code, name, name_en, domain, unit, direction) ON liskeban.indicator TO liskeban_reader;
GRANT SELECT (whistle_id, ticket_id, from_tier, to_tier, auto, raised_at, sign_due, signed_at, handle_due, ended_at, outcome) ON liskeban.whistle TO liskeban_reader;
GRANT SELECT (supervision_id, ticket_id, clock, level, kind, area, department, issued_at, reply_due, replied_at, struck_at) ON liskeban.supervision TO liskeban_reader;
GRANT USAGE, CREATE ON SCHEMA liskeban_report TO liskeban_reader;

CREATE VIEW liskeban_report.area WITH (security_barrier) AS
SELECT a.code::text AS code, liskeban.area_level(a.code)::text AS level, a.kind, a.name, a.name_en,
         liskeban.area_parent(a.code)::text AS parent,
         ST_Multi(ST_CollectionExtract(a.geom, 3))::geometry(MultiPolygon, 4490) AS geom
    FROM liskeban.area AS a
   WHERE a.valid_to IS NULL OR a.valid_to > liskeban.liskeban_now();
COMMENT ON VIEW liskeban_report.area IS '区域 areas in force with their outlines; key code';
COMMENT ON COLUMN liskeban_report.area.code IS '区划代码 key';
COMMENT ON COLUMN liskeban_report.area.level IS '区域层级 district, town, village, grid or microgrid';
COMMENT ON COLUMN liskeban_report.area.kind IS '类别 plain or dedicated (专属网格)';
COMMENT ON COLUMN liskeban_report.area.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban_report.area.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban_report.area.parent IS '上级代码 code of the area it lies in';
COMMENT ON COLUMN liskeban_report.area.geom IS '范围 outline, CGCS2000 (EPSG:4490); NULL covers nothing';
ALTER VIEW liskeban_report.area OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.district WITH (security_barrier) AS
SELECT p.district::text AS code, p.name, p.time_zone FROM liskeban.platform AS p;
COMMENT ON VIEW liskeban_report.district IS '区 the district this database commands; one row, key code';
COMMENT ON COLUMN liskeban_report.district.code IS '区划代码 key';
COMMENT ON COLUMN liskeban_report.district.name IS '名称 name';
COMMENT ON COLUMN liskeban_report.district.time_zone IS '时区 zone in which days begin';
ALTER VIEW liskeban_report.district OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.domain WITH (security_barrier) AS
SELECT d.code, d.name, d.name_en FROM liskeban.domain AS d;
COMMENT ON VIEW liskeban_report.domain IS '领域 domains of the daily analysis; key code';
COMMENT ON COLUMN liskeban_report.domain.code IS '代码 key';
COMMENT ON COLUMN liskeban_report.domain.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban_report.domain.name_en IS '英文名称 name in English';
ALTER VIEW liskeban_report.domain OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.event WITH (security_barrier) AS
SELECT pg_catalog.concat_ws('/', e.ticket_id, e.seq) AS event_key, e.ticket_id, e.seq, e.run, e.at AS "time", e.recorded_at, e.action,
         e.from_state::text AS from_state, e.to_state::text AS to_state
    FROM liskeban.ticket_event AS e;
COMMENT ON VIEW liskeban_report.event IS '办理记录 what happened to tickets, without notes; key event_key';
COMMENT ON COLUMN liskeban_report.event.event_key IS '主键 key: ticket and seq';
COMMENT ON COLUMN liskeban_report.event.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban_report.event.seq IS '序号 within the ticket';
COMMENT ON COLUMN liskeban_report.event.run IS '轮次 run of the ticket after it';
COMMENT ON COLUMN liskeban_report.event.time IS '时间 when it happened';
COMMENT ON COLUMN liskeban_report.event.recorded_at IS '记录时间 when the database learned it';
COMMENT ON COLUMN liskeban_report.event.action IS '动作 what happened';
COMMENT ON COLUMN liskeban_report.event.from_state IS '原状态 state before; NULL at the first';
COMMENT ON COLUMN liskeban_report.event.to_state IS '新状态 state after';
ALTER VIEW liskeban_report.event OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.open_ticket_point WITH (security_barrier) AS
SELECT t.ticket_id, t.ticket_no, t.kind, t.state, t.received_at AS "time", t.category, t.category_name, t.category_name_en,
         t.domain, t.town, t.town_name, t.town_name_en, t.tier, t.priority, t.resolve_due, t.resolve_lamp AS lamp, t.geom
    FROM liskeban_report.ticket AS t
   WHERE t.state NOT IN ('closed', 'rejected', 'withdrawn', 'merged') AND t.geom IS NOT NULL;
COMMENT ON VIEW liskeban_report.open_ticket_point IS '在办工单点位 open tickets on the map; key ticket_id';
COMMENT ON COLUMN liskeban_report.open_ticket_point.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban_report.open_ticket_point.ticket_no IS '工单号 number told to the citizen';
COMMENT ON COLUMN liskeban_report.open_ticket_point.kind IS '类型 demand 群众诉求, hazard 隐患, clue 线索, service 服务, policy 找人, patrol 自采, task 指令';
COMMENT ON COLUMN liskeban_report.open_ticket_point.state IS '状态 where the ticket stands';
COMMENT ON COLUMN liskeban_report.open_ticket_point.time IS '接收时间 when the platform received it';
COMMENT ON COLUMN liskeban_report.open_ticket_point.category IS '事项代码 code of the category';
COMMENT ON COLUMN liskeban_report.open_ticket_point.category_name IS '事项 name of the category in Chinese';
COMMENT ON COLUMN liskeban_report.open_ticket_point.category_name_en IS '事项英文名 name of the category in English';
COMMENT ON COLUMN liskeban_report.open_ticket_point.domain IS '领域代码 code of the domain';
COMMENT ON COLUMN liskeban_report.open_ticket_point.town IS '镇街代码 code of the town; NULL where the area is none of a town';
COMMENT ON COLUMN liskeban_report.open_ticket_point.town_name IS '镇街 name of the town in Chinese';
COMMENT ON COLUMN liskeban_report.open_ticket_point.town_name_en IS '镇街英文名 name of the town in English';
COMMENT ON COLUMN liskeban_report.open_ticket_point.tier IS '层级 village 村社区, town 镇街或部门, district 区, principal 主要领导';
COMMENT ON COLUMN liskeban_report.open_ticket_point.priority IS '优先级 1 highest to 4';
COMMENT ON COLUMN liskeban_report.open_ticket_point.resolve_due IS '办结时限 when it must be resolved';
COMMENT ON COLUMN liskeban_report.open_ticket_point.lamp IS '亮灯 green, yellow, red, red2 or red3 of the resolve clock; NULL where it does not run';
COMMENT ON COLUMN liskeban_report.open_ticket_point.geom IS '位置 point, CGCS2000 (EPSG:4490)';
ALTER VIEW liskeban_report.open_ticket_point OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.hot_spot WITH (security_barrier) AS
SELECT pg_catalog.concat_ws('/', s.i, s.j) AS hot_spot_key, s.received, s.open, s.top_category, c.name AS top_category_name, c.name_en AS top_category_name_en,
         ST_MakeEnvelope(s.i::numeric * 0.005, s.j::numeric * 0.005, (s.i + 1)::numeric * 0.005, (s.j + 1)::numeric * 0.005, 4490)::geometry(Polygon, 4490) AS geom
    FROM (SELECT floor(ST_X(t.geom) / 0.005::double precision)::integer AS i, floor(ST_Y(t.geom) / 0.005::double precision)::integer AS j, count(*) AS received,
                 count(*) FILTER (WHERE t.state NOT IN ('closed', 'rejected', 'withdrawn', 'merged')) AS open,
                 mode() WITHIN GROUP (ORDER BY t.category) AS top_category
            FROM liskeban.ticket AS t
           WHERE t.received_at >= liskeban.liskeban_now() - interval '30 days' AND t.geom IS NOT NULL AND t.parent_id IS NULL
             AND t.placement IN ('inside', 'snapped')
           GROUP BY 1, 2 HAVING count(*) >= 5) AS s
    LEFT JOIN liskeban.category AS c ON c.code = s.top_category;
COMMENT ON VIEW liskeban_report.hot_spot IS '热点 squares of 0.005 degrees (some 500 m) with the tickets of the last thirty days, five or more; key hot_spot_key';
COMMENT ON COLUMN liskeban_report.hot_spot.hot_spot_key IS '主键 key: column and row of the square';
COMMENT ON COLUMN liskeban_report.hot_spot.received IS '受理量 tickets received there in thirty days';
COMMENT ON COLUMN liskeban_report.hot_spot.open IS '在办量 of these still open';
COMMENT ON COLUMN liskeban_report.hot_spot.top_category IS '最多事项代码 the category there is most of';
COMMENT ON COLUMN liskeban_report.hot_spot.top_category_name IS '最多事项 its name in Chinese';
COMMENT ON COLUMN liskeban_report.hot_spot.top_category_name_en IS '最多事项英文名 its name in English';
COMMENT ON COLUMN liskeban_report.hot_spot.geom IS '范围 the square, CGCS2000 (EPSG:4490)';
ALTER VIEW liskeban_report.hot_spot OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.risk_item WITH (security_barrier) AS
SELECT r.risk_id, r.day, r.last_day, r.last_day::timestamp AT TIME ZONE p.time_zone AS "time", r.kind, r.domain, d.name AS domain_name, d.name_en AS domain_name_en,
         r.area::text AS area, a.name AS area_name, a.name_en AS area_name_en,
         r.category, c.name AS category_name, c.name_en AS category_name_en,
         r.severity, r.measure, r.suggestion, r.owner, coalesce(o.name, w.name) AS owner_name, coalesce(o.name_en, w.name_en) AS owner_name_en,
         r.due, r.status, r.closed_day, r.directive_id, r.ticket_id, r.evidence - 'tickets' AS evidence
    FROM liskeban.risk_item AS r
   CROSS JOIN liskeban.platform AS p
    LEFT JOIN liskeban.domain AS d ON d.code = r.domain
    LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) r.area
    LEFT JOIN liskeban.category AS c ON c.code = r.category
    LEFT JOIN liskeban.department AS o ON o.code = r.owner
    LEFT JOIN liskeban.area AS w ON w.code::text = r.owner;
COMMENT ON VIEW liskeban_report.risk_item IS '风险事项 what is going wrong and what to do; key risk_id';
COMMENT ON COLUMN liskeban_report.risk_item.risk_id IS '编号 key';
COMMENT ON COLUMN liskeban_report.risk_item.day IS '首现日 day on which it was first seen';
COMMENT ON COLUMN liskeban_report.risk_item.last_day IS '末现日 last day on which it was seen';
COMMENT ON COLUMN liskeban_report.risk_item.time IS '末现时间 beginning of last_day';
COMMENT ON COLUMN liskeban_report.risk_item.kind IS '类型 surge 突增, cluster 聚集, repeat_place 同址反复, repeat_reporter 重复诉求, overdue 超期积压, whistle 吹哨未应, dissatisfied 不满意集中, indicator 指标异常';
COMMENT ON COLUMN liskeban_report.risk_item.domain IS '领域代码 code of the domain';
COMMENT ON COLUMN liskeban_report.risk_item.domain_name IS '领域 name of the domain in Chinese';
COMMENT ON COLUMN liskeban_report.risk_item.domain_name_en IS '领域英文名 name of the domain in English';
COMMENT ON COLUMN liskeban_report.risk_item.area IS '区域代码 code of the area';
COMMENT ON COLUMN liskeban_report.risk_item.area_name IS '区域 name of the area in Chinese';
COMMENT ON COLUMN liskeban_report.risk_item.area_name_en IS '区域英文名 name of the area in English';
COMMENT ON COLUMN liskeban_report.risk_item.category IS '事项代码 code of the category';
COMMENT ON COLUMN liskeban_report.risk_item.category_name IS '事项 name of the category in Chinese';
COMMENT ON COLUMN liskeban_report.risk_item.category_name_en IS '事项英文名 name of the category in English';
COMMENT ON COLUMN liskeban_report.risk_item.severity IS '严重程度 1 most severe to 4';
COMMENT ON COLUMN liskeban_report.risk_item.measure IS '对策措施 what to do';
COMMENT ON COLUMN liskeban_report.risk_item.suggestion IS '工作建议 who does it, by when';
COMMENT ON COLUMN liskeban_report.risk_item.owner IS '责任单位代码 department or area that it is for';
COMMENT ON COLUMN liskeban_report.risk_item.owner_name IS '责任单位 its name in Chinese';
COMMENT ON COLUMN liskeban_report.risk_item.owner_name_en IS '责任单位英文名 its name in English';
COMMENT ON COLUMN liskeban_report.risk_item.due IS '期限 day by which it shall be done';
COMMENT ON COLUMN liskeban_report.risk_item.status IS '状态 open, ordered or closed';
COMMENT ON COLUMN liskeban_report.risk_item.closed_day IS '消除日 day on which its signal was gone';
COMMENT ON COLUMN liskeban_report.risk_item.directive_id IS '指令 directive made of it';
COMMENT ON COLUMN liskeban_report.risk_item.ticket_id IS '工单编号 ticket made of it';
COMMENT ON COLUMN liskeban_report.risk_item.evidence IS '依据 the figures of its last day';
ALTER VIEW liskeban_report.risk_item OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.risk_outcome WITH (security_barrier) AS
SELECT o.risk_id, o.day, o.last_day, o.last_day::timestamp AT TIME ZONE p.time_zone AS "time", o.kind, o.domain, o.area::text AS area, o.category,
         o.severity, o.owner, o.due, o.status, o.closed_day, o.outcome, o.directive_id, o.ticket_id
    FROM liskeban.risk_outcome AS o CROSS JOIN liskeban.platform AS p;
COMMENT ON VIEW liskeban_report.risk_outcome IS '风险跟踪 what became of each risk item; key risk_id';
COMMENT ON COLUMN liskeban_report.risk_outcome.risk_id IS '编号 key';
COMMENT ON COLUMN liskeban_report.risk_outcome.day IS '首现日 day on which it was first seen';
COMMENT ON COLUMN liskeban_report.risk_outcome.last_day IS '末现日 last day on which it was seen';
COMMENT ON COLUMN liskeban_report.risk_outcome.time IS '末现时间 beginning of last_day';
COMMENT ON COLUMN liskeban_report.risk_outcome.kind IS '类型 as in risk_item';
COMMENT ON COLUMN liskeban_report.risk_outcome.domain IS '领域代码 code of the domain';
COMMENT ON COLUMN liskeban_report.risk_outcome.area IS '区域代码 code of the area';
COMMENT ON COLUMN liskeban_report.risk_outcome.category IS '事项代码 code of the category';
COMMENT ON COLUMN liskeban_report.risk_outcome.severity IS '严重程度 1 most severe to 4';
COMMENT ON COLUMN liskeban_report.risk_outcome.owner IS '责任单位代码 department or area that it is for';
COMMENT ON COLUMN liskeban_report.risk_outcome.due IS '期限 day by which it shall be done';
COMMENT ON COLUMN liskeban_report.risk_outcome.status IS '状态 open, ordered or closed';
COMMENT ON COLUMN liskeban_report.risk_outcome.closed_day IS '消除日 day on which its signal was gone';
COMMENT ON COLUMN liskeban_report.risk_outcome.outcome IS '结果 gone, done, answered, signed, unsigned, the state of the ticket, or not ordered';
COMMENT ON COLUMN liskeban_report.risk_outcome.directive_id IS '指令 directive made of it';
COMMENT ON COLUMN liskeban_report.risk_outcome.ticket_id IS '工单编号 ticket made of it';
ALTER VIEW liskeban_report.risk_outcome OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.whistle WITH (security_barrier) AS
SELECT w.whistle_id, w.ticket_id, w.raised_at AS "time", w.from_tier::text AS from_tier, w.to_tier::text AS to_tier, w.auto, w.sign_due, w.signed_at,
         w.handle_due, w.ended_at, w.outcome, t.category, t.category_name, t.category_name_en, t.town, t.town_name, t.town_name_en
    FROM liskeban.whistle AS w LEFT JOIN liskeban_report.ticket AS t ON t.ticket_id = w.ticket_id;
COMMENT ON VIEW liskeban_report.whistle IS '吹哨 every whistle, without its reason; key whistle_id';
COMMENT ON COLUMN liskeban_report.whistle.whistle_id IS '编号 key';
COMMENT ON COLUMN liskeban_report.whistle.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban_report.whistle.time IS '吹哨时间 when it was raised';
COMMENT ON COLUMN liskeban_report.whistle.from_tier IS '原层级 rung it came from';
COMMENT ON COLUMN liskeban_report.whistle.to_tier IS '新层级 rung it went to';
COMMENT ON COLUMN liskeban_report.whistle.auto IS '自动 whether the ticket climbed by itself';
COMMENT ON COLUMN liskeban_report.whistle.sign_due IS '签收时限 when it must be signed';
COMMENT ON COLUMN liskeban_report.whistle.signed_at IS '签收时间 when it was signed';
COMMENT ON COLUMN liskeban_report.whistle.handle_due IS '办理时限 when that rung must have solved it';
COMMENT ON COLUMN liskeban_report.whistle.ended_at IS '结束时间 when it ended; NULL open';
COMMENT ON COLUMN liskeban_report.whistle.outcome IS '结果 solved, handed_down, declined or overtaken';
COMMENT ON COLUMN liskeban_report.whistle.category IS '事项代码 code of the category';
COMMENT ON COLUMN liskeban_report.whistle.category_name IS '事项 name of the category in Chinese';
COMMENT ON COLUMN liskeban_report.whistle.category_name_en IS '事项英文名 name of the category in English';
COMMENT ON COLUMN liskeban_report.whistle.town IS '镇街代码 code of the town; NULL where the area is none of a town';
COMMENT ON COLUMN liskeban_report.whistle.town_name IS '镇街 name of the town in Chinese';
COMMENT ON COLUMN liskeban_report.whistle.town_name_en IS '镇街英文名 name of the town in English';
ALTER VIEW liskeban_report.whistle OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.supervision WITH (security_barrier) AS
SELECT s.supervision_id, s.ticket_id, s.issued_at AS "time", s.kind, s.clock::text AS clock, s.level::text AS level, s.area::text AS area, a.name AS area_name, a.name_en AS area_name_en,
         s.department, d.name AS department_name, d.name_en AS department_name_en, s.reply_due, s.replied_at, s.struck_at
    FROM liskeban.supervision AS s
    LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) s.area
    LEFT JOIN liskeban.department AS d ON d.code = s.department;
COMMENT ON VIEW liskeban_report.supervision IS '督办 every supervision, without its text; key supervision_id';
COMMENT ON COLUMN liskeban_report.supervision.supervision_id IS '编号 key';
COMMENT ON COLUMN liskeban_report.supervision.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban_report.supervision.time IS '下发时间 when it was issued';
COMMENT ON COLUMN liskeban_report.supervision.kind IS '方式 urge 催办, order 督办, notice 通报';
COMMENT ON COLUMN liskeban_report.supervision.clock IS '时钟 the clock that set it off; NULL by hand';
COMMENT ON COLUMN liskeban_report.supervision.level IS '级别 level that set it off';
COMMENT ON COLUMN liskeban_report.supervision.area IS '区域代码 code of the area';
COMMENT ON COLUMN liskeban_report.supervision.area_name IS '区域 name of the area in Chinese';
COMMENT ON COLUMN liskeban_report.supervision.area_name_en IS '区域英文名 name of the area in English';
COMMENT ON COLUMN liskeban_report.supervision.department IS '部门代码 code of the department';
COMMENT ON COLUMN liskeban_report.supervision.department_name IS '部门 name of the department in Chinese';
COMMENT ON COLUMN liskeban_report.supervision.department_name_en IS '部门英文名 name of the department in English';
COMMENT ON COLUMN liskeban_report.supervision.reply_due IS '回复时限 when the reply is due';
COMMENT ON COLUMN liskeban_report.supervision.replied_at IS '回复时间 when it was answered';
COMMENT ON COLUMN liskeban_report.supervision.struck_at IS '销号时间 when it was struck off; NULL open';
ALTER VIEW liskeban_report.supervision OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.department_league WITH (security_barrier) AS
SELECT pg_catalog.concat_ws('/', to_char(m.day, 'YYYYMM'), l.key) AS department_league_key, m.day AS month, m.day::timestamp AT TIME ZONE p.time_zone AS "time",
         l.key AS department, d.name AS department_name, d.name_en AS department_name_en, l.rank, l.score, l.cases, l.appeals, l.rates
    FROM liskeban.platform AS p
   CROSS JOIN LATERAL (SELECT (date_trunc('month', liskeban.liskeban_now() AT TIME ZONE p.time_zone) - n * interval '1 month')::date AS day
                         FROM generate_series(0, 1) AS n) AS m
   CROSS JOIN LATERAL liskeban.league(m.day, (m.day + interval '1 month')::date - 1, 'department') AS l
    LEFT JOIN liskeban.department AS d ON d.code = l.key;
COMMENT ON VIEW liskeban_report.department_league IS '部门考核排名 departments by score over the tickets received in this month and in the one before, as liskeban.league() tells; key department_league_key';
COMMENT ON COLUMN liskeban_report.department_league.department_league_key IS '主键 key: month and department';
COMMENT ON COLUMN liskeban_report.department_league.month IS '月份 its first day';
COMMENT ON COLUMN liskeban_report.department_league.time IS '时间 when the month begins';
COMMENT ON COLUMN liskeban_report.department_league.department IS '部门代码 code of the department';
COMMENT ON COLUMN liskeban_report.department_league.department_name IS '部门 name of the department in Chinese';
COMMENT ON COLUMN liskeban_report.department_league.department_name_en IS '部门英文名 name of the department in English';
COMMENT ON COLUMN liskeban_report.department_league.rank IS '名次 place; equal scores share it; NULL without any case';
COMMENT ON COLUMN liskeban_report.department_league.score IS '得分 0 to 100 by the rules of score_policy; NULL without any case';
COMMENT ON COLUMN liskeban_report.department_league.cases IS '应计 tickets that count';
COMMENT ON COLUMN liskeban_report.department_league.appeals IS '申诉成立 appeals that were granted';
COMMENT ON COLUMN liskeban_report.department_league.rates IS '各项指标 num and den of each rate that makes the score';
ALTER VIEW liskeban_report.department_league OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.day WITH (security_barrier) AS
SELECT d.day::date AS day, d.day::date::timestamp AT TIME ZONE p.time_zone AS "time",
         extract(isoyear FROM d.day)::integer AS iso_year, extract(week FROM d.day)::integer AS iso_week, extract(isodow FROM d.day)::integer AS weekday,
         extract(year FROM d.day)::integer AS year, extract(quarter FROM d.day)::integer AS quarter, extract(month FROM d.day)::integer AS month,
         coalesce(c.is_working, extract(isodow FROM d.day) <= 5) AS is_working,
         CASE WHEN c.is_working THEN 'make_up' WHEN NOT c.is_working THEN 'holiday' WHEN extract(isodow FROM d.day) > 5 THEN 'weekend' ELSE 'working' END AS class,
         c.name AS holiday
    FROM liskeban.platform AS p
   CROSS JOIN LATERAL generate_series(timestamp '2018-01-01', date_trunc('year', liskeban.liskeban_now() AT TIME ZONE p.time_zone) + interval '2 years - 1 day', interval '1 day') AS d(day)
    LEFT JOIN liskeban.calendar_day AS c ON c.day = d.day::date;
COMMENT ON VIEW liskeban_report.day IS '日期维度 a date dimension: working days, holidays, ISO weeks, from 2018 to the end of next year; key day';
COMMENT ON COLUMN liskeban_report.day.day IS '日期 key';
COMMENT ON COLUMN liskeban_report.day.time IS '时间 when it begins in the zone of the platform';
COMMENT ON COLUMN liskeban_report.day.iso_year IS 'ISO 年 year of its ISO week';
COMMENT ON COLUMN liskeban_report.day.iso_week IS 'ISO 周 week';
COMMENT ON COLUMN liskeban_report.day.weekday IS '星期 1 Monday to 7 Sunday';
COMMENT ON COLUMN liskeban_report.day.year IS '年 year';
COMMENT ON COLUMN liskeban_report.day.quarter IS '季度 quarter';
COMMENT ON COLUMN liskeban_report.day.month IS '月 month';
COMMENT ON COLUMN liskeban_report.day.is_working IS '是否工作日 whether it is a working day';
COMMENT ON COLUMN liskeban_report.day.class IS '类别 working 工作日, weekend 周末, holiday 节假日, make_up 调休上班';
COMMENT ON COLUMN liskeban_report.day.holiday IS '节日 name of the holiday it belongs to; NULL none';
ALTER VIEW liskeban_report.day OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.backlog_daily WITH (security_barrier) AS
SELECT pg_catalog.concat_ws('/', to_char(b.day, 'YYYYMMDD'), coalesce(b.town::text, '(pool)'), b.kind) AS backlog_daily_key, b.day, b.day::timestamp AT TIME ZONE p.time_zone AS "time",
         coalesce(b.town::text, '(pool)') AS town, CASE WHEN b.town IS NULL THEN '公共池' ELSE a.name END AS town_name,
         CASE WHEN b.town IS NULL THEN 'pool' ELSE a.name_en END AS town_name_en, b.kind::text AS kind,
         b.overdue, b.open_1, b.open_3, b.open_7, b.open_30, b.open_over_30,
         b.open_1 + b.open_3 + b.open_7 + b.open_30 + b.open_over_30 AS open
    FROM liskeban.platform AS p
   CROSS JOIN LATERAL (
         SELECT g.day, g.town, g.kind, sum(f.overdue_change) OVER so_far AS overdue, sum(f.open_1_change) OVER so_far AS open_1,
                sum(f.open_3_change) OVER so_far AS open_3, sum(f.open_7_change) OVER so_far AS open_7,
                sum(f.open_30_change) OVER so_far AS open_30, sum(f.open_over_30_change) OVER so_far AS open_over_30
           FROM (SELECT k.town, k.kind, d.day::date AS day
                   FROM (SELECT f.town, f.kind, min(f.day) AS first_day FROM liskeban.flow_daily AS f GROUP BY f.town, f.kind) AS k
                  CROSS JOIN LATERAL generate_series(k.first_day, ((liskeban.liskeban_now() AT TIME ZONE p.time_zone)::date - 1)::timestamp, interval '1 day') AS d(day)) AS g
           LEFT JOIN liskeban.flow_daily AS f ON f.day = g.day AND f.kind = g.kind AND f.town::text IS NOT DISTINCT FROM g.town::text
         WINDOW so_far AS (PARTITION BY g.town, g.kind ORDER BY g.day)) AS b
    LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) b.town;
COMMENT ON VIEW liskeban_report.backlog_daily IS '每日在办 what was open at the end of each day that is rolled up, by town and kind; key backlog_daily_key';
COMMENT ON COLUMN liskeban_report.backlog_daily.backlog_daily_key IS '主键 key: day, town and kind';
COMMENT ON COLUMN liskeban_report.backlog_daily.day IS '日期 the day';
COMMENT ON COLUMN liskeban_report.backlog_daily.time IS '时间 when it begins';
COMMENT ON COLUMN liskeban_report.backlog_daily.town IS '镇街代码 code of the town; (pool) where the area is none of a town';
COMMENT ON COLUMN liskeban_report.backlog_daily.town_name IS '镇街 name of the town in Chinese';
COMMENT ON COLUMN liskeban_report.backlog_daily.town_name_en IS '镇街英文名 name of the town in English';
COMMENT ON COLUMN liskeban_report.backlog_daily.kind IS '类型 demand 群众诉求, hazard 隐患, clue 线索, service 服务, policy 找人, patrol 自采, task 指令';
COMMENT ON COLUMN liskeban_report.backlog_daily.overdue IS '超期在办 overdue at its end';
COMMENT ON COLUMN liskeban_report.backlog_daily.open_1 IS '1 日内 open, received on that day';
COMMENT ON COLUMN liskeban_report.backlog_daily.open_3 IS '3 日内 open on its 2nd or 3rd day';
COMMENT ON COLUMN liskeban_report.backlog_daily.open_7 IS '7 日内 open on its 4th to 7th day';
COMMENT ON COLUMN liskeban_report.backlog_daily.open_30 IS '30 日内 open on its 8th to 30th day';
COMMENT ON COLUMN liskeban_report.backlog_daily.open_over_30 IS '30 日以上 open on its 31st day or later';
COMMENT ON COLUMN liskeban_report.backlog_daily.open IS '在办 all of them';
ALTER VIEW liskeban_report.backlog_daily OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.observation WITH (security_barrier) AS
SELECT pg_catalog.concat_ws('/', o.indicator, o.area, to_char(o.day, 'YYYYMMDD')) AS observation_key, o.day, o.day::timestamp AT TIME ZONE p.time_zone AS "time",
         o.indicator, i.name AS indicator_name, i.name_en AS indicator_name_en, i.domain, i.unit, i.direction,
         o.area::text AS area, a.name AS area_name, a.name_en AS area_name_en, o.value
    FROM liskeban.observation AS o
   CROSS JOIN liskeban.platform AS p
    JOIN liskeban.indicator AS i ON i.code = o.indicator
    LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) o.area;
COMMENT ON VIEW liskeban_report.observation IS '观测值 indicators by day and area; key observation_key';
COMMENT ON COLUMN liskeban_report.observation.observation_key IS '主键 key: indicator, area and day';
COMMENT ON COLUMN liskeban_report.observation.day IS '日期 the day it is about';
COMMENT ON COLUMN liskeban_report.observation.time IS '时间 when that day begins';
COMMENT ON COLUMN liskeban_report.observation.indicator IS '指标代码 code of the indicator';
COMMENT ON COLUMN liskeban_report.observation.indicator_name IS '指标 its name in Chinese';
COMMENT ON COLUMN liskeban_report.observation.indicator_name_en IS '指标英文名 its name in English';
COMMENT ON COLUMN liskeban_report.observation.domain IS '领域代码 code of the domain';
COMMENT ON COLUMN liskeban_report.observation.unit IS '单位 of value';
COMMENT ON COLUMN liskeban_report.observation.direction IS '方向 which way is better';
COMMENT ON COLUMN liskeban_report.observation.area IS '区域代码 code of the area';
COMMENT ON COLUMN liskeban_report.observation.area_name IS '区域 name of the area in Chinese';
COMMENT ON COLUMN liskeban_report.observation.area_name_en IS '区域英文名 name of the area in English';
COMMENT ON COLUMN liskeban_report.observation.value IS '数值 value';
ALTER VIEW liskeban_report.observation OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.open311_request WITH (security_barrier) AS
SELECT t.ticket_id AS service_request_id,
         CASE WHEN t.state IN ('closed', 'rejected', 'withdrawn', 'merged', 'resolved') THEN 'closed' ELSE 'open' END AS status,
         t.state AS status_notes, t.category_name AS service_name, t.category AS service_code,
         coalesce(t.department_name, t.responsible_area_name) AS agency_responsible,
         t.received_at AS requested_datetime, t.updated_at AS updated_datetime,
         CASE WHEN t.state IN ('closed', 'rejected', 'withdrawn', 'merged', 'resolved') THEN NULL ELSE coalesce(t.resolve_due, t.plan_due) END AS expected_datetime,
         ST_Y(t.geom) AS lat, ST_X(t.geom) AS long, t.geom
    FROM liskeban_report.ticket AS t
   WHERE t.kind = 'demand' AND t.parent_id IS NULL;
COMMENT ON VIEW liskeban_report.open311_request IS 'Open311 工单 tickets by the names and meanings of GeoReport v2; without text; key service_request_id';
COMMENT ON COLUMN liskeban_report.open311_request.service_request_id IS '工单编号 key';
COMMENT ON COLUMN liskeban_report.open311_request.status IS '状态 open or closed; resolved counts as closed';
COMMENT ON COLUMN liskeban_report.open311_request.status_notes IS '状态说明 the real state';
COMMENT ON COLUMN liskeban_report.open311_request.service_name IS '事项 name of the category';
COMMENT ON COLUMN liskeban_report.open311_request.service_code IS '事项代码 code of the category';
COMMENT ON COLUMN liskeban_report.open311_request.agency_responsible IS '承办单位 who holds it';
COMMENT ON COLUMN liskeban_report.open311_request.requested_datetime IS '接收时间 when the platform received it';
COMMENT ON COLUMN liskeban_report.open311_request.updated_datetime IS '更新时间 when something last happened';
COMMENT ON COLUMN liskeban_report.open311_request.expected_datetime IS '预计时间 the due in force; NULL once done';
COMMENT ON COLUMN liskeban_report.open311_request.lat IS '纬度 latitude, CGCS2000';
COMMENT ON COLUMN liskeban_report.open311_request.long IS '经度 longitude, CGCS2000';
COMMENT ON COLUMN liskeban_report.open311_request.geom IS '位置 point, CGCS2000 (EPSG:4490)';
ALTER VIEW liskeban_report.open311_request OWNER TO liskeban_reader;

REVOKE CREATE ON SCHEMA liskeban_report FROM liskeban_reader;

-- Map tiles, by the one signature that pg_tileserv and Martin both discover. Far out tickets are counted by square.
CREATE FUNCTION liskeban.tile(z integer, x integer, y integer, query jsonb DEFAULT '{}') RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
  envelope geometry;
  bounds geometry;
  side double precision;
  tile bytea;
BEGIN
  IF z IS NULL OR x IS NULL OR y IS NULL OR z < 0 OR z > 24 OR x < 0 OR y < 0 OR x >= 2.0 ^ z OR y >= 2.0 ^ z THEN
    RAISE EXCEPTION 'there is no tile %/%/%', z, x, y USING ERRCODE = 'invalid_parameter_value';
  END IF;
  envelope := ST_TileEnvelope(z, x, y);
  bounds := ST_Transform(envelope, 4490);
  SELECT ST_AsMVT(a, 'area', 4096, 'geom') INTO tile
    FROM (SELECT r.code, r.level, r.name, ST_AsMVTGeom(ST_Transform(r.geom, 3857), envelope, 4096, 64, true) AS geom
            FROM liskeban_report.area AS r
           WHERE r.geom && bounds AND r.level = CASE WHEN z < 8 THEN 'district' WHEN z < 12 THEN 'town' WHEN z < 15 THEN 'village' ELSE 'grid' END) AS a
   WHERE a.geom IS NOT NULL;
  IF z >= 13 THEN
    tile := coalesce(tile, '') || (
      SELECT coalesce(ST_AsMVT(t, 'ticket', 4096, 'geom'), '')
        FROM (SELECT p.ticket_id, p.ticket_no, p.kind, p.state, p.category, p.category_name, p.tier, p.priority, p.lamp,
                     ST_AsMVTGeom(ST_Transform(p.geom, 3857), envelope, 4096, 64, true) AS geom
                FROM liskeban_report.open_ticket_point AS p
               WHERE p.geom && bounds
                 AND (NOT query ? 'kind' OR p.kind = query ->> 'kind') AND (NOT query ? 'category' OR p.category = query ->> 'category')
                 AND (NOT query ? 'tier' OR p.tier = query ->> 'tier') AND (NOT query ? 'domain' OR p.domain = query ->> 'domain')) AS t
       WHERE t.geom IS NOT NULL);
  ELSE
    -- sixteen squares a side
    side := (ST_XMax(bounds) - ST_XMin(bounds)) / 16;
    tile := coalesce(tile, '') || (
      SELECT coalesce(ST_AsMVT(c, 'cluster', 4096, 'geom'), '')
        FROM (SELECT count(*)::integer AS tickets, count(*) FILTER (WHERE p.lamp LIKE 'red%')::integer AS overdue,
                     ST_AsMVTGeom(ST_Transform(ST_SetSRID(ST_MakePoint(avg(ST_X(p.geom)), avg(ST_Y(p.geom))), 4490), 3857), envelope, 4096, 64, true) AS geom
                FROM liskeban_report.open_ticket_point AS p
               WHERE p.geom && bounds
                 AND (NOT query ? 'kind' OR p.kind = query ->> 'kind') AND (NOT query ? 'category' OR p.category = query ->> 'category')
                 AND (NOT query ? 'tier' OR p.tier = query ->> 'tier') AND (NOT query ? 'domain' OR p.domain = query ->> 'domain')
               GROUP BY floor(ST_X(p.geom) / side), floor(ST_Y(p.geom) / side)) AS c
       WHERE c.geom IS NOT NULL);
  END IF;
  RETURN tile;
END
$$;
COMMENT ON FUNCTION liskeban.tile(integer, integer, integer, jsonb) IS '矢量瓦片 a Mapbox vector tile in Web Mercator: layer area (district to zoom 7, towns to 11, villages to 14, then grids), ticket (open tickets, from zoom 13), cluster (their number by square, before); query may hold kind, category, domain and tier to filter by. 22023 no such tile';
REVOKE ALL ON FUNCTION liskeban.tile(integer, integer, integer, jsonb) FROM PUBLIC;
$_76_bi$)
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
      OR (w.state, w.tier, w.area::text, w.responsible_area::text, w.department, w.co_departments, w.priority, w.received_at,
          w.resolve_due, w.due)
         IS DISTINCT FROM
         (t.state, t.tier, t.area::text, t.responsible_area::text, t.department, t.co_departments, t.priority, t.received_at,
          t.resolve_due, CASE WHEN t.state NOT IN ('suspended', 'resolved') THEN coalesce(t.resolve_due, t.plan_due) END);

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

  -- Also of what hangs on a ticket: whistles, parties, progress, supervisions; and of what it does at a due itself.
  RETURN QUERY
  SELECT 'the sweep knows what comes', w.ticket_id, format('%s %s of %s is at %s, the sweep looks at %s', c.clock, l.level, c.subject,
                                                           l.at, coalesce(w.next_alarm_at::text, 'nothing'))
    FROM liskeban.worklist AS w,
         LATERAL (SELECT k.*, k.clock = 'progress' AND w.state = 'planned'
                      OR k.clock = 'handle' AND w.state IN ('dispatched', 'on_site', 'planned')
                         AND coalesce((SELECT e.auto FROM liskeban.escalation_policy AS e WHERE e.tier > w.tier ORDER BY e.tier LIMIT 1), false) AS acts,
                         liskeban.working_time_between(k.begins_at, k.due, k.basis) AS given
                    FROM liskeban.subject_clock AS k WHERE k.ticket_id = w.ticket_id AND k.due > k.begins_at) AS c,
         LATERAL (VALUES ('red', c.due), ('red2', liskeban.add_working_time(c.due, c.given / 2, c.basis)),
                         ('red3', liskeban.add_working_time(c.due, c.given, c.basis))) AS l(level, at)
   WHERE (w.next_alarm_at IS NULL OR w.next_alarm_at > l.at)
     AND CASE WHEN c.acts THEN l.level = 'red'
              ELSE NOT EXISTS (SELECT FROM liskeban.alarm AS a
                                WHERE a.ticket_id = w.ticket_id AND a.clock = c.clock AND a.level = l.level::liskeban.lamp
                                  AND a.run = c.run AND a.subject = c.subject) END
     AND NOT (c.clock = 'sign' AND EXISTS (SELECT FROM liskeban.whistle AS v WHERE v.whistle_id = c.subject AND v.handle_due < l.at));

  -- The ladder: an open whistle is of the rung its ticket is on, and of one that is worked on.
  RETURN QUERY
  SELECT 'a whistle stands on its rung', v.ticket_id, format('whistle %s is open to %s, the ticket is %s on %s', v.whistle_id, v.to_tier, t.state, t.tier)
    FROM liskeban.whistle AS v JOIN liskeban.ticket AS t ON t.ticket_id = v.ticket_id
   WHERE v.ended_at IS NULL
     AND (v.to_tier IS DISTINCT FROM t.tier OR t.state NOT IN ('accepted', 'dispatched', 'on_site', 'planned', 'suspended'));

  RETURN QUERY
  SELECT 'an alarm belongs to a ticket', a.ticket_id, format('alarm %s of %s has none', a.alarm_id, a.at)
    FROM liskeban.alarm AS a LEFT JOIN liskeban.ticket AS t ON t.ticket_id = a.ticket_id
   WHERE a.ticket_id IS NOT NULL AND t.ticket_id IS NULL;

  -- What the platform supervises is what its alarm says, at its instant.
  RETURN QUERY
  SELECT 'a supervision is its alarm''s', s.ticket_id, format('supervision %s of alarm %s', s.supervision_id, s.alarm_id)
    FROM liskeban.supervision AS s
   WHERE s.alarm_id IS NOT NULL
     AND NOT EXISTS (SELECT FROM liskeban.alarm AS a
                      WHERE a.alarm_id = s.alarm_id AND a.ticket_id IS NOT DISTINCT FROM s.ticket_id
                        AND a.clock = s.clock AND a.level = s.level AND a.at = s.issued_at);

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

  -- co_departments are the departments that take part, the lead's party is the holder.
  RETURN QUERY
  SELECT 'parties are as the ticket', t.ticket_id, format('co_departments are %s, its parties say %s', t.co_departments, p.co)
    FROM liskeban.ticket AS t
    LEFT JOIN (SELECT c.ticket_id, array_agg(DISTINCT c.department COLLATE "C" ORDER BY c.department COLLATE "C") AS co
                 FROM liskeban.party AS c
                WHERE c.role = 'co' AND c.refused_at IS NULL AND c.department IS NOT NULL GROUP BY c.ticket_id) AS p
      ON p.ticket_id = t.ticket_id
   WHERE t.co_departments <> coalesce(p.co, '{}')
  UNION ALL
  SELECT 'parties are as the ticket', t.ticket_id, format('party %s leads, %s holds the ticket', p.party_id,
                                                          coalesce(t.department, t.responsible_area::text, 'nobody'))
    FROM liskeban.party AS p JOIN liskeban.ticket AS t USING (ticket_id)
   WHERE p.role = 'lead' AND num_nonnulls(t.department, t.responsible_area) > 0
     AND (p.department, p.area::text) IS DISTINCT FROM
         (t.department, CASE WHEN t.department IS NULL THEN t.responsible_area::text END);

  -- A report of progress runs on planned tickets only.
  RETURN QUERY
  SELECT 'progress is due while planned', g.ticket_id, format('report %s runs on a ticket that is %s', g.progress_id, t.state)
    FROM liskeban.progress AS g LEFT JOIN liskeban.ticket AS t USING (ticket_id)
   WHERE g.ended_at IS NULL AND t.state IS DISTINCT FROM 'planned';

  -- Guard and log stand, and bind replication roles too.
  RETURN QUERY
  SELECT 'guard and log are enabled always', NULL::bigint, format('trigger %s of liskeban.%s', w.trigger, w.relation)
    FROM (VALUES ('ticket', 'zz_guard'), ('ticket', 'zz_guard_truncate'), ('ticket', 'log_insert'),
                 ('ticket', 'log_update'), ('ticket_event', 'history_kept'), ('worklist', 'history_kept'),
                 ('alarm', 'history_kept'), ('outbox', 'outbox_kept'), ('alarm', 'outbox_insert'),
                 ('whistle', 'outbox_insert'), ('whistle', 'outbox_update'), ('supervision', 'outbox_insert'),
                 ('directive_target', 'outbox_insert'), ('watermark', 'history_kept'), ('seal', 'history_kept'),
                 ('sla_policy', 'rule_lock'), ('sla_policy', 'rules_changed'), ('calendar_day', 'rule_lock'),
                 ('calendar_day', 'rules_changed'), ('work_shift', 'rule_lock'), ('work_shift', 'rules_changed'),
                 ('category', 'rule_lock'), ('category', 'rules_changed'),
                 ('directive', 'zz_guard'), ('directive', 'zz_guard_truncate'),
                 ('directive_target', 'zz_guard'), ('directive_target', 'zz_guard_truncate'),
                 ('supervision', 'zz_guard'), ('supervision', 'zz_guard_truncate'),
                 ('party', 'party_guard'), ('party', 'party_guard_truncate'), ('party', 'party_log_insert'),
                 ('party', 'party_log_update'),
                 ('reporter', 'reporter_changed'), ('task_force', 'task_force_guard')
          UNION ALL SELECT h.relation, h.trigger
            FROM (SELECT r, g FROM unnest('{whistle,party,progress,supervision}'::text[]) AS r,
                                   unnest('{subject_settle,subject_insert,subject_update,subject_delete}'::text[]) AS g) AS h(relation, trigger)) AS w(relation, trigger)
   WHERE NOT EXISTS (SELECT FROM pg_trigger AS g
                      WHERE g.tgrelid = format('liskeban.%I', w.relation)::regclass AND g.tgname = w.trigger
                        AND g.tgenabled = 'A')
  UNION ALL
  SELECT 'guard and log are enabled always', NULL, format('trigger history_kept of partition %s', i.inhrelid::regclass)
    FROM pg_inherits AS i
   WHERE i.inhparent IN ('liskeban.ticket_event'::regclass, 'liskeban.alarm'::regclass, 'liskeban.outbox'::regclass)
     AND NOT EXISTS (SELECT FROM pg_trigger AS g
                      WHERE g.tgrelid = i.inhrelid AND g.tgname = 'history_kept' AND g.tgenabled = 'A');
END
$$;
COMMENT ON FUNCTION liskeban.check_invariants() IS '一致性检查 what does not hold, named; empty when all is well: state and last_seq are the last event''s, history is a chain, hashes and seals hold, worklist = open tickets, sources'' messages in history, due times and roll-up = recomputation, the sweep knows what comes, whistles on their rungs, parties as the ticket says, progress due while planned, guard and log ENABLE ALWAYS. Reads the whole history';
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
  ('partitions', '分区 make the partitions that will be needed, drop those of the outbox that no longer are', NULL, '00:20', false,
   ARRAY['SELECT liskeban.make_partitions()', 'SELECT liskeban.drop_outbox()']),
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
  liskeban.indicator, liskeban.area, liskeban.department, liskeban.category, liskeban.transition, liskeban.sla_policy, liskeban.plan_policy,
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
GRANT SELECT, INSERT, UPDATE ON liskeban.reporter TO liskeban_admin, liskeban_dispatcher;
GRANT SELECT, UPDATE ON liskeban.ticket TO liskeban_job;
GRANT SELECT ON liskeban.worklist, liskeban.request TO liskeban_job;

-- What an admin keeps.
GRANT INSERT, UPDATE ON liskeban.domain, liskeban.network, liskeban.reject_reason, liskeban.source_system, liskeban.indicator, liskeban.area,
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
GRANT EXECUTE ON FUNCTION liskeban._load_observations(text, text, text, bigint[], text[], text[])
  TO liskeban_admin, liskeban_source;
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

-- Notifications out: the functions say who reads as whom.
GRANT SELECT ON liskeban.outbox, liskeban.outbox_consumer, liskeban.outbox_backlog TO liskeban_admin, liskeban_job;
GRANT UPDATE (outbox_retention) ON liskeban.platform TO liskeban_admin;
GRANT EXECUTE ON FUNCTION liskeban.register_outbox_consumer(text, text[], text, text, boolean),
  liskeban.drop_outbox_consumer(text) TO liskeban_admin;
GRANT EXECUTE ON FUNCTION liskeban.take_outbox(text, integer), liskeban.ack_outbox(text, bigint)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_source, liskeban_analyst, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.public_state(liskeban.ticket_state)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_source, liskeban_analyst, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.notify_outbox(), liskeban.drop_outbox(timestamptz) TO liskeban_admin, liskeban_job;

-- Feedback, duplicates, reverts.
GRANT SELECT ON liskeban.feedback TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.record_feedback(bigint, text, boolean, text, text),
  liskeban.record_feedback(bigint, liskeban.satisfaction, boolean, text, text)
  TO liskeban_admin, liskeban_dispatcher, liskeban_source;
GRANT EXECUTE ON FUNCTION liskeban.revert(bigint, text) TO liskeban_admin, liskeban_dispatcher;
GRANT EXECUTE ON FUNCTION liskeban.begin_merge(bigint, bigint)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.similar_tickets(bigint, double precision, double precision),
  liskeban._similar_tickets(bigint, double precision, double precision),
  liskeban._text_similarity(text, text), liskeban._point_distance(geometry, geometry)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;

-- The ladder.
GRANT SELECT ON liskeban.whistle, liskeban.task_force, liskeban.subject_clock
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT, UPDATE, DELETE ON liskeban.task_force TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.blow_whistle(bigint, text), liskeban.sign_whistle(bigint),
  liskeban.decline_whistle(bigint, text), liskeban.appeal_whistle(bigint, text), liskeban.hand_down(bigint, text),
  liskeban.set_task_force(bigint, text, text[]) TO liskeban_admin, liskeban_dispatcher, liskeban_handler;

-- Jobs, as pg_cron runs them.
GRANT SELECT ON liskeban.job, liskeban.platform TO liskeban_job;
GRANT SELECT ON liskeban.job TO liskeban_admin;
GRANT UPDATE (daily_at, active) ON liskeban.job TO liskeban_admin;
GRANT EXECUTE ON FUNCTION liskeban._begin_job(text), liskeban._run_step(text, date),
  liskeban._end_job(text, timestamptz, text, boolean), liskeban._missed_jobs(), liskeban._unlock_job(text) TO liskeban_job;
GRANT EXECUTE ON PROCEDURE liskeban.run_job(text), liskeban.run_missed_jobs() TO liskeban_job;

-- Dispatch and the desk.
GRANT SELECT ON liskeban.dispatch_rule, liskeban.dispatch_rule_problem TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT, UPDATE ON liskeban.dispatch_rule TO liskeban_admin;
GRANT SELECT ON liskeban.final_answer TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT (ticket_id, reply, reason) ON liskeban.final_answer TO liskeban_admin, liskeban_dispatcher;
GRANT EXECUTE ON FUNCTION liskeban.note(bigint, text) TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.urge(bigint, text), liskeban.final_answer(bigint, text, text) TO liskeban_admin, liskeban_dispatcher;
-- The situation.
GRANT SELECT ON liskeban.signal, liskeban.risk_item, liskeban.risk_outcome, liskeban.measure TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT, UPDATE, DELETE ON liskeban.measure, liskeban.score_policy TO liskeban_admin;
GRANT SELECT ON liskeban.score_policy, liskeban.score_appeal TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT (ticket_id, rate, reason) ON liskeban.score_appeal TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.order_from_risk(bigint, text, text) TO liskeban_admin, liskeban_dispatcher;
GRANT EXECUTE ON FUNCTION liskeban.decide_score_appeal(bigint, boolean, text) TO liskeban_admin;
GRANT EXECUTE ON FUNCTION liskeban.situation_now() TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_analyst;
GRANT EXECUTE ON FUNCTION liskeban.stage_times(date, date, timestamptz, liskeban.ticket_kind[]), liskeban.scoreboard(date, date, timestamptz, liskeban.ticket_kind[]),
  liskeban.league(date, date, text, timestamptz, liskeban.ticket_kind[]), liskeban.kpi_compared(date, date, text, timestamptz, liskeban.ticket_kind[])
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_analyst, liskeban_job;
GRANT SELECT ON liskeban.observation TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_analyst;

-- Maps.
GRANT EXECUTE ON FUNCTION liskeban.tile(integer, integer, integer, jsonb)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_analyst;
GRANT EXECUTE ON FUNCTION liskeban._visible_ticket(bigint), liskeban._require_reach(record, text),
  liskeban.attach(bigint, text, text, bytea, timestamptz, geometry), liskeban.draft_reply(bigint), liskeban.dispatch_team(bigint),
  liskeban.find_tickets(text, text, text, geometry, double precision, integer), liskeban._tickets_of_phone(text),
  liskeban._tickets_of_number(text) TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT SELECT ON liskeban.my_list TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
-- The wall, for all who work here.
GRANT USAGE ON SCHEMA liskeban_report TO liskeban_dispatcher, liskeban_handler;
GRANT SELECT ON liskeban_report.open_by_tier, liskeban_report.overdue, liskeban_report.due_soon, liskeban_report.whistles_open,
  liskeban_report.directives_open, liskeban_report.workload, liskeban_report.supervisions_open, liskeban_report.backlog_by_age
  TO liskeban_dispatcher, liskeban_handler;

-- Days.
GRANT EXECUTE ON FUNCTION liskeban.roll_up(), liskeban.analyse_day(date) TO liskeban_admin, liskeban_job;
GRANT EXECUTE ON FUNCTION liskeban.flow(date, date)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_analyst, liskeban_job;
GRANT SELECT ON liskeban.stat_daily, liskeban.flow_daily, liskeban.analysed_day
  TO liskeban_admin, liskeban_dispatcher, liskeban_analyst, liskeban_job;
GRANT SELECT ON liskeban.roll_up_state TO liskeban_admin, liskeban_job;

-- Directives: whoever works here may ask; the guards say whose each is to issue, and to answer.
GRANT SELECT ON liskeban.directive, liskeban.directive_target, liskeban.directive_pending, liskeban.directive_status
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT (title, body, issued_by, reply_due, expand), UPDATE (revoked_at, revoke_reason)
  ON liskeban.directive TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT (directive_id, area, department, within), UPDATE (signed_at, reply, done_at, note)
  ON liskeban.directive_target TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.issue_directive(text, text, liskeban.area_code[], text[], timestamptz, boolean),
  liskeban._address_directive(bigint, liskeban.area_code[], text[]), liskeban.sign_directive(bigint),
  liskeban.reply_directive(bigint, text), liskeban.directive_done(bigint, text), liskeban.revoke_directive(bigint, text)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;

-- Joint handling, and the progress of plans. An attachment is taken down when it is.
GRANT SELECT ON liskeban.party, liskeban.progress TO liskeban_admin, liskeban_dispatcher, liskeban_handler, liskeban_job;
GRANT INSERT (ticket_id, department, area, role, due, note),
  UPDATE (due, done_at, refused_at, refused_reason, note) ON liskeban.party TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.add_party(bigint, liskeban.area_code, text, timestamptz, text),
  liskeban.party_done(bigint, text), liskeban.refuse_party(bigint, text), liskeban.progress(bigint, text, integer)
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
REVOKE INSERT ON liskeban.attachment FROM liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT (ticket_id, stage, uri, sha256, taken_at, geom) ON liskeban.attachment
  TO liskeban_admin, liskeban_dispatcher, liskeban_handler;

-- Supervision: likewise.
GRANT SELECT ON liskeban.supervision, liskeban.supervision_open TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT INSERT (ticket_id, kind, reason, basis, reply_due, issued_by), UPDATE (reply, struck_at, note)
  ON liskeban.supervision TO liskeban_admin, liskeban_dispatcher, liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.supervise(bigint, text, text, interval), liskeban.reply_supervision(bigint, text),
  liskeban.strike_off(bigint, text) TO liskeban_admin, liskeban_dispatcher, liskeban_handler;

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

-- There is no rung above the principal: its row repeats the district's, so that progress stays due there too. A run may
-- be suspended for a quarter of a year altogether, wherever it is.
INSERT INTO liskeban.plan_policy (tier, max_promise, progress_every, max_replans, max_suspend) VALUES
  ('village',   '30 days', '7 days', 1, '90 days'),
  ('town',      '60 days', '7 days', 1, '90 days'),
  ('district',  '90 days', '7 days', 1, '90 days'),
  ('principal', '90 days', '7 days', 1, '90 days');

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
,('seed/65_indicators', $_65_indicators$
-- What the four domains watch beside the tickets; a DBA adds more.
INSERT INTO liskeban.indicator (code, name, name_en, domain, unit, direction) VALUES
  ('police_incidents',    '接警数',         'Police incidents',                'public_safety',   '起',      'lower_is_better'),
  ('theft_cases',         '盗窃警情',       'Thefts reported',                 'public_safety',   '起',      'lower_is_better'),
  ('fraud_cases',         '电信诈骗警情',   'Telecom frauds reported',         'public_safety',   '起',      'lower_is_better'),
  ('traffic_accidents',   '交通事故',       'Traffic accidents',               'public_safety',   '起',      'lower_is_better'),
  ('fire_calls',          '火警',           'Fire calls',                      'public_safety',   '起',      'lower_is_better'),
  ('cameras_online',      '视频在线率',     'Cameras online',                  'city_operation',  '%',       'higher_is_better'),
  ('road_congestion',     '道路拥堵指数',   'Road congestion index',           'city_operation',  '',        'lower_is_better'),
  ('water_outages',       '停水户数',       'Households without water',        'city_operation',  '户',      'lower_is_better'),
  ('power_outages',       '停电户数',       'Households without power',        'city_operation',  '户',      'lower_is_better'),
  ('waste_collected',     '生活垃圾清运量', 'Household waste collected',       'city_operation',  '吨',      'neither'),
  ('pm25',                'PM2.5 浓度',     'PM2.5',                           'ecology',         'μg/m³',   'lower_is_better'),
  ('ozone',               '臭氧浓度',       'Ozone, 8 hours',                  'ecology',         'μg/m³',   'lower_is_better'),
  ('aqi',                 '空气质量指数',   'Air quality index',               'ecology',         '',        'lower_is_better'),
  ('water_ammonia',       '断面氨氮',       'Ammonia nitrogen of the river',   'ecology',         'mg/L',    'lower_is_better'),
  ('water_phosphorus',    '断面总磷',       'Total phosphorus of the river',   'ecology',         'mg/L',    'lower_is_better'),
  ('straw_fires',         '秸秆焚烧火点',   'Straw fires seen',                'ecology',         '处',      'lower_is_better'),
  ('patrol_coverage',     '网格巡查覆盖率', 'Cells patrolled',                 'grid_management', '%',       'higher_is_better'),
  ('grid_reports',        '网格上报数',     'Findings of the grid workers',    'grid_management', '件',      'neither'),
  ('visits_made',         '走访户数',       'Households visited',              'grid_management', '户',      'higher_is_better'),
  ('disputes_settled',    '矛盾纠纷化解率', 'Disputes settled',                'grid_management', '%',       'higher_is_better')
ON CONFLICT DO NOTHING;
$_65_indicators$)
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
,('seed/80_measures', $_80_measures$
-- What to do about a risk, and who by when; the texts are there to be edited. First the patterns, domain by domain.
-- {place} {category} {count} {expected} {days_seen} {department} {days} {due} {lead} are filled in (liskeban._fill_measure).

INSERT INTO liskeban.measure (kind, domain, days, measure, suggestion) VALUES
  ('surge', 'public_safety', 1, '对{place}{category}开展当日集中排查，逐件核实苗头，危险部位先封控后处置', '{department}今日带队到{place}，{due}前报排查清单；{count}件逐件明确责任人'),
  ('surge', 'city_operation', 1, '按同一原因合并处置{place}{category}，先恢复使用再查根源，向周边居民公告预计恢复时间', '{department}{due}前查明{count}件的共同原因并公布，镇街配合疏导解释'),
  ('surge', 'ecology', 2, '在高发时段到{place}开展{category}溯源检查，取样留证，先停排后整改', '{department}{due}前完成溯源并反馈{count}件诉求人，逾期转联合执法'),
  ('surge', 'grid_management', 2, '网格员对{place}{category}逐户入户走访，把{count}件按起因归类，能当场调处的当场办', '{lead}组织网格长{due}前完成走访，{department}派人到场指导'),
  ('surge', 'livelihood', 2, '统一{place}{category}的答复口径，集中接待诉求人，政策原因的公开解释，执行原因的立即纠正', '{department}{due}前发布统一答复，安排专人集中接待{count}件诉求'),
  ('cluster', 'public_safety', 1, '以{place}为中心划定重点管控圈，加密巡逻，核查{days_seen}日内{count}件是否同源', '{department}会同属地派出所今日进驻{place}，{due}前报研判结论'),
  ('cluster', 'city_operation', 1, '查{place}周边管线、道路、设施的共用部位，按片而不按件抢修', '{department}{due}前完成片区排查，{days_seen}日内{count}件一并销号'),
  ('cluster', 'ecology', 2, '对{place}下风向、下游逐家排查，联合走航或采样，锁定{count}件的同一源头', '{department}{due}前锁定污染源并责令整改，属地镇街每日复查'),
  ('cluster', 'grid_management', 3, '在{place}召开现场议事会，把{days_seen}日内{count}件合并为一个事项协商', '{lead}{due}前召集现场会，{department}到会答复并公示办理时限'),
  ('cluster', 'livelihood', 3, '组成专班到{place}现场办公，同一群体的{count}件并案办理，防止反复投诉', '{department}{due}前派专班现场办公，结果向{place}公示'),
  ('repeat_place', 'public_safety', 3, '对{place}{days_seen}日内反复出现的{category}挂牌整治，装设固定防护或监控', '{department}{due}前提出根治办法，安排三次回头看'),
  ('repeat_place', 'city_operation', 5, '对{place}反复报修{count}次的部位做一次性改造评估，停止零星修补', '{department}{due}前给出改造方案和资金渠道，区里列入微更新清单'),
  ('repeat_place', 'ecology', 5, '对{place}反复{count}次的污染点位实行一点一档，错时抽查，屡犯从重处罚', '{department}{due}前完成一次夜间突击检查并建档，镇街每周复核'),
  ('repeat_place', 'grid_management', 5, '把{place}列为难点网格，网格长包点，查清{count}次反复的真正诉求', '{lead}{due}前完成包点走访并提出根治方案，需上级协调的吹哨'),
  ('repeat_place', 'livelihood', 5, '复盘{place}{count}次办理过程，找出只答复不解决的环节，换人重办', '{department}{due}前复盘并重新答复，领导到场见面'),
  ('repeat_reporter', 'public_safety', 2, '由民警或安全员与反复反映{count}次的诉求人见面，核实风险，一次讲清处置结果', '{department}{due}前约见诉求人并留存记录，有危险的先行管控'),
  ('repeat_reporter', 'city_operation', 3, '邀请诉求人到{place}现场共同查看{count}次反映的问题，当面确认修复标准', '{department}{due}前约诉求人现场验收，不合格的返工'),
  ('repeat_reporter', 'ecology', 3, '按诉求人指认的时段到{place}监测，监测结果当面告知，达标也要提出减扰措施', '{department}{due}前完成指定时段监测并当面反馈'),
  ('repeat_reporter', 'grid_management', 3, '由网格长、法律顾问与诉求人约谈，把{count}次诉求梳理为一件事一次办', '{lead}{due}前完成约谈，确属无理的按程序作出终结答复'),
  ('repeat_reporter', 'livelihood', 3, '实行领导包案，核对{count}次答复是否一致，应享未享的立即补办', '{department}{due}前由分管领导包案见面，政策不允许的书面说明'),
  ('overdue', 'public_safety', 1, '{place}超期{count}件逐件提级，由分管领导签批处置时限，先消除现实危险', '{department}今日清零无人处置的件，{due}前报其余件的承诺时间'),
  ('overdue', 'city_operation', 2, '{place}超期{count}件按卡点分类：缺人、缺钱、缺权，分别调度', '{department}{due}前报卡点清单，区指挥中心每日调度'),
  ('overdue', 'ecology', 2, '{place}超期{count}件实行联合执法，一次取证、一次处罚、一次复查', '{department}{due}前牵头联合执法，镇街提供现场保障'),
  ('overdue', 'grid_management', 2, '{place}超期{count}件召开调度会逐件过堂，村里办不了的当日吹哨', '{lead}{due}前逐件明确办结或吹哨，不得无故挂着'),
  ('overdue', 'livelihood', 2, '{place}超期{count}件逐件联系诉求人说明进展，补办延期或抓紧办结', '{department}{due}前逐件回电，能办结的三日内办结'),
  ('whistle', 'public_safety', 1, '{place}吹哨未签收或未办结{count}件，区领导直接点调责任单位到场', '{department}负责人{due}前到场签收，晚报影响由指挥中心通报'),
  ('whistle', 'city_operation', 1, '{place}待处置哨声{count}件由牵头部门组织会办，缺位单位当场补位', '{department}{due}前组织现场会办并明确每家时限'),
  ('whistle', 'ecology', 1, '{place}待处置哨声{count}件实行专班研判，界定主责，防止推诿', '{department}{due}前明确主责单位，逾期由区领导指定'),
  ('whistle', 'grid_management', 1, '{place}待处置哨声{count}件由镇街主要负责人签收，当面回应村社区', '{lead}{due}前签收并反馈村社区，退回的要说明理由'),
  ('whistle', 'livelihood', 1, '{place}待处置哨声{count}件由职能部门下沉办理，不得要求村里代办', '{department}{due}前派员下沉，办理结果同时告知村和诉求人'),
  ('dissatisfied', 'public_safety', 2, '对{place}不满意的{count}件由另一名人员复核处置是否到位，未消除隐患的立即返工', '{department}{due}前完成复核，复核人不得是原办理人'),
  ('dissatisfied', 'city_operation', 3, '对{place}不满意的{count}件现场复验工程质量和恢复效果，拍照对比', '{department}{due}前现场复验，不合格的由原单位免费返修'),
  ('dissatisfied', 'ecology', 3, '对{place}不满意的{count}件在扰民时段复测，公开复测数据', '{department}{due}前复测并公开，仍扰民的提出限时整改'),
  ('dissatisfied', 'grid_management', 3, '对{place}不满意的{count}件由镇街干部上门回访，分清没办好还是没讲清', '{lead}{due}前逐件上门，没办好的返工，没讲清的重新答复'),
  ('dissatisfied', 'livelihood', 3, '对{place}不满意的{count}件复核政策适用和答复用语，答非所问的重新答复', '{department}{due}前复核并重新答复，由分管领导签发'),
  ('indicator', 'public_safety', 1, '{place}{category}为{count}，平时约{expected}：加密巡逻防控，发布预警提示', '{department}{due}前调整警力部署并发布提示，连续三日跟踪'),
  ('indicator', 'city_operation', 1, '{place}{category}为{count}，平时约{expected}：核查设备和数据，抢修在前、核查在后', '{department}{due}前查明原因并恢复正常，影响居民的及时公告'),
  ('indicator', 'ecology', 1, '{place}{category}为{count}，平时约{expected}：启动源头管控，查工地、企业、露天焚烧', '{department}{due}前完成重点源检查，超标持续的启动应急减排'),
  ('indicator', 'grid_management', 2, '{place}{category}为{count}，平时约{expected}：核查网格巡查和走访是否落实，补齐漏格', '{lead}{due}前补巡补访，连续两日不达标的约谈'),
  ('indicator', 'livelihood', 2, '{place}{category}为{count}，平时约{expected}：核对数据来源，涉及停水停电停气的先保障', '{department}{due}前核实并公布处置安排')
ON CONFLICT DO NOTHING;

-- Then the matters: what to do about each of the listed ones.
INSERT INTO liskeban.measure (category, days, measure, suggestion) VALUES
  -- 社会治安
  ('bottled_gas', 3, '对{place}餐饮、出租房用气逐户查瓶、查管、查阀，地下和高层一律停用瓶装气', '{department}牵头，燃气、市场监管配合，{days}日内完成{place}全覆盖检查并收缴超期气瓶'),
  ('ebike_charging', 3, '在{place}清理楼道停放充电，同步补建集中充电棚，堵疏结合', '{department}会同镇街{days}日内清零飞线并提出充电设施选点'),
  ('falling_objects', 2, '对{place}外墙和高空抛物高发楼栋设警戒、装仰视监控，排查松动附着物', '{department}牵头、住建配合，{days}日内完成外墙隐患排查并公告'),
  ('fire_equipment', 5, '对{place}消防设施逐栋测压、试水、试报警，停用的限期恢复', '{department}{days}日内下发整改清单，逾期移送处罚'),
  ('fire_lane_blocked', 1, '对{place}消防通道划线、立牌、拖移占道车辆，疏散通道当场清空', '{department}会同交警、物业{days}日内清障，夜间再查一次'),
  ('fire_unapproved_premises', 7, '对{place}未经消防验收的场所停止使用，疏散人员，限期补办', '{department}{days}日内逐家下达法律文书并抄送行业主管部门'),
  ('gambling', 3, '对{place}麻将馆、游戏机厅错时突查，查抽头和赌资，保护举报人', '{department}{days}日内完成两次错时检查并反馈镇街'),
  ('gas_leak', 1, '对{place}庭院管和户内管全线检漏，先关阀后修复，停气公告到户', '{department}{days}日内完成检漏报告，复气前逐户确认'),
  ('hazardous_goods', 2, '对{place}疑似储存点先疏散后核查，查清来源去向，整治“黑窝点”', '{department}会同公安、消防{days}日内查处并通报'),
  ('illegal_fundraising', 3, '对{place}涉嫌非法集资主体核查资金账户，提示投资人依法登记', '{department}会同公安{days}日内出具风险研判，社区张贴警示'),
  ('lift_fault', 3, '对{place}故障频发电梯停梯检修，倒查维保记录，必要时更换维保单位', '{department}{days}日内完成专项检查，老旧电梯列入更新计划'),
  ('pyramid_selling', 3, '对{place}出租房和授课点清查，解救被控人员，追查组织者', '{department}会同公安{days}日内开展清查，房东责任一并追究'),
  ('site_safety', 2, '对{place}工地临边、脚手架、塔吊逐项检查，危险部位停工', '{department}{days}日内完成检查，总包负责人约谈'),
  ('street_racing', 2, '在{place}高发时段设卡，核查改装车，夜间定点测噪', '{department}{days}日内组织两次夜查并公布结果'),
  ('unsafe_building', 1, '对{place}裂缝房屋先撤人后鉴定，周边设围挡，安排过渡住处', '{department}{days}日内委托鉴定，镇街落实人员转移'),
  ('workshop_safety', 3, '对{place}小作坊“三合一”场所清人断电，查粉尘、动火和有限空间', '{department}{days}日内完成拉网检查，重大隐患挂牌督办'),
  -- 城市运行
  ('drain_blocked', 2, '对{place}管网分段疏通并用内窥镜查断点，错接混接一并改正', '{department}{days}日内完成疏通，反复堵塞段列入改造'),
  ('gas_connection', 10, '公布{place}通气计划和收费标准，缺条件的小区逐项说明', '{department}{days}日内到小区集中受理，开发企业限期移交'),
  ('illegal_building', 3, '对{place}在建违建当场停工断料，已建的依程序限拆', '{department}{days}日内完成认定，镇街落实日巡查'),
  ('illegal_parking', 2, '对{place}占道停车集中劝离、拖移，公布周边可停车位', '{department}{days}日内完成三次整治，城管补划车位'),
  ('manhole_cover', 1, '对{place}缺损井盖先设围挡后换盖，同路段井盖一次查清', '{department}{days}日内更换到位，权属不清的先修后清算'),
  ('parking_shortage', 15, '在{place}推错时共享和闲置地块建停车场，小区内挖潜划位', '{department}{days}日内拿出共享方案，交警同步研究夜停'),
  ('planning_enquiry', 5, '公开{place}地块规划条件和建设时序，集中答疑', '{department}{days}日内发布说明，社区设公示栏'),
  ('power_facility', 5, '对{place}电力设施测距、查斜、加固，能迁的列计划', '{department}{days}日内完成安全检查并答复迁改条件'),
  ('power_outage', 1, '对{place}停电先发电保障后抢修，频停台区做负荷分析', '{department}{days}日内恢复供电并公布改造安排'),
  ('public_transport', 7, '核对{place}公交准点和满载，增加高峰班次或调整站点', '{department}{days}日内提出班次调整并征求意见'),
  ('road_damage', 3, '对{place}坑槽先冷补后整修，占挖未恢复的追究施工单位', '{department}{days}日内完成修补，同路段一次补齐'),
  ('road_marking', 7, '补划{place}标线和人行过街，学校门口优先设减速设施', '{department}{days}日内现场踏勘并排期施工'),
  ('road_project', 15, '公布{place}道路工程节点，卡在征迁和管线的由区领导协调', '{department}{days}日内明确开通时间并设临时便道'),
  ('rural_road', 15, '对{place}破损农路先通后畅，列入养护或提档计划', '{department}{days}日内完成踏勘，年度计划向村民公示'),
  ('rural_water', 7, '对{place}缺水户先送水后接管，水质同步送检', '{department}{days}日内确定供水方案，缺水期间每日送水'),
  ('street_light', 2, '对{place}路灯按回路夜查夜修，无灯路段纳入增补', '{department}{days}日内恢复照明，未移交路段明确代管'),
  ('street_vendors', 2, '在{place}设疏导点，堵疏结合，油污随清', '{department}{days}日内划定疏导时段和点位，固定岗值守'),
  ('taxi_service', 5, '调取{place}出租车、网约车轨迹，查拒载绕路和非法营运', '{department}{days}日内查处并公开曝光典型'),
  ('telecom_signal', 10, '对{place}弱信号楼栋测试补点，乱线同步梳理', '{department}{days}日内组织三家运营商现场测试并排期'),
  ('traffic_signal', 5, '实测{place}路口流量，调整配时，故障灯当日修复', '{department}{days}日内完成配时优化并向反映人说明'),
  ('water_outage', 1, '对{place}停水先送水后抢修，泵房故障由物业立即修复', '{department}{days}日内恢复供水并公布原因'),
  ('waterlogging', 1, '对{place}积水点架泵强排、封闭危险路段，清掏雨水口', '{department}{days}日内排干并查管网瓶颈，列入汛前整治'),
  -- 生态环保
  ('cooking_fumes', 5, '在饭点到{place}查净化设备运行和烟道走向，居民楼内违规经营的停业整改', '{department}{days}日内完成逐店检查，生态环境提供监测'),
  ('garbage_pile', 1, '对{place}垃圾当日清运、冲洗消杀，加桶加趟并查偷倒', '{department}{days}日内调整清运班次，网格员每日两巡'),
  ('greenery_damage', 5, '制止{place}毁绿，核查审批，限期补种', '{department}{days}日内立案或补绿，社区竖牌公示'),
  ('industrial_fumes', 3, '对{place}企业错时突查治污设施，厂界采样，异味时段走航', '{department}{days}日内锁定源头并公开监测结果'),
  ('livestock_pollution', 5, '对{place}养殖场封堵外排口，粪污清运还田，禁养区限期退出', '{department}{days}日内核对台账，直排的移送执法'),
  ('mixing_plant', 7, '对{place}搅拌站、采石场查手续、查密闭、查冲洗，缺手续的停产', '{department}{days}日内牵头联合检查，一次列清问题'),
  ('muck_truck', 2, '在{place}设夜间联合卡口，查密闭、超载、路线，倒查工地和消纳场', '{department}会同交警{days}日内设卡整治，偷倒的追查到底'),
  ('noise_construction', 1, '对{place}夜间施工现场取证，无证明的立即停工，公告作业时段', '{department}{days}日内约谈施工单位，公布夜间作业许可'),
  ('noise_equipment', 7, '对{place}风机、水泵、外机测低频噪声，加减振或移位', '{department}{days}日内完成监测并督促整改'),
  ('noise_social', 2, '与{place}广场舞队、场所签音量和时段约定，超时劝止', '{department}会同社区{days}日内签约，屡劝不改的依法处理'),
  ('noise_traffic', 15, '在{place}限速、禁鸣、测噪，论证声屏障或隔声窗', '{department}{days}日内公布监测数据和降噪安排'),
  ('open_burning', 1, '对{place}火点先灭后查，秸秆打捆离田，责任到田块', '{department}会同镇街{days}日内落实包片巡查'),
  ('river_pollution', 3, '沿{place}河段溯源封堵排口，取样送检，河长现场督办', '{department}{days}日内查清排口并公示治理时间'),
  ('sewage_overflow', 1, '对{place}外溢点围挡消毒、抽排疏通，查破损错接', '{department}{days}日内止溢，责任不清的先处置后追责'),
  ('site_dust', 2, '对照六个百分百检查{place}工地，裸土当日覆盖，出入口冲洗', '{department}{days}日内完成检查，不达标停工'),
  ('spray_paint', 5, '对{place}敞开喷涂当场停工，查环评和危废去向', '{department}{days}日内完成检查，紧邻住户的引导搬迁'),
  -- 网格管理
  ('corridor_clutter', 3, '对{place}楼道逐层清堆，孤老户帮清，定期回看', '{department}指导社区{days}日内清零并建立楼栋公约'),
  ('dogs', 3, '在{place}定点收容流浪犬，查办证牵绳，提醒接种', '{department}{days}日内联合整治两次，伤人的依法处理'),
  ('grid_worker_conduct', 5, '由上级单位核查{place}反映的作风问题，回避原单位，限期反馈', '{department}{days}日内完成核查，属实的调整岗位并致歉'),
  ('home_leak', 5, '到{place}渗漏户做关水、蓄水试验，定责后签维修约定', '{department}指导社区{days}日内完成定责，公共部位启动维修资金'),
  ('land_dispute', 10, '对{place}争议地先停争、再指界、后调解，调处不成引导裁决', '{department}{days}日内查档指界，镇街调委会全程参与'),
  ('lift_installation', 10, '对{place}加梯分歧逐户协商，优化井道和补偿', '{department}{days}日内组织设计和法律顾问到场协商'),
  ('neighbour_dispute', 3, '对{place}纠纷双方分别走访，稳控情绪，人民调解签约', '{department}指导村社区{days}日内调解，涉暴的报派出所'),
  ('old_estate_renewal', 15, '公开{place}改造清单、工期和质量责任，设居民监督员', '{department}{days}日内现场答疑，未列入的说明排序'),
  ('owners_committee', 10, '指导{place}业委会组建换届，公示筹备组名单和时间表', '{department}指导镇街{days}日内成立筹备组或说明理由'),
  ('property_fee', 5, '核对{place}收费公示和公共收益账目，违规的责令退还', '{department}{days}日内约谈物业并公开账目'),
  ('property_service', 5, '对照合同逐项检查{place}物业服务，公示整改清单', '{department}指导社区{days}日内复查，仍不到位的扣信用分'),
  ('residence_certificate', 2, '清理{place}不该出的证明，能核验的不让群众跑', '{department}{days}日内公布证明清单和替代办法'),
  ('residential_to_commercial', 5, '对{place}群租、民宿入户核查，拆隔断、断违规用电用气', '{department}会同住建、市场监管{days}日内联合检查'),
  ('village_affairs', 10, '由镇街直接核查{place}村务账目，公示资金去向', '{department}会同镇街{days}日内完成核查并向村民代表公布'),
  -- 民生
  ('consumer_refund', 5, '对{place}集中退费商家约谈并锁定预付资金，组织集体调解', '{department}{days}日内组织集中调解，失联的移送公安'),
  ('elderly_care', 3, '对{place}独居老人逐户探访，装呼叫器，接助餐', '{department}{days}日内完成探访并建立包户名单'),
  ('food_safety', 2, '对{place}问题食品封存抽检，同类门店一并检查', '{department}{days}日内公布抽检结果，有病例的即报疾控'),
  ('home_purchase_policy', 3, '发布{place}购房、补贴政策问答，窗口一次告知', '{department}{days}日内更新问答并设咨询专席'),
  ('hospital_service', 5, '核查{place}医院排队、收费和沟通环节，多收的退还', '{department}{days}日内约谈医院并公布改进措施'),
  ('house_quality', 10, '对{place}楼盘逐户验房建台账，主体问题委托检测，维修限期销号', '{department}{days}日内约谈开发企业，预留质保金'),
  ('household_registration', 2, '增设{place}户籍、车驾管窗口时段，公布材料清单', '{department}{days}日内增加预约号源并答复退件原因'),
  ('housing_fund', 5, '对{place}欠缴单位催缴，公布提取贷款条件', '{department}{days}日内逐件核对账户并反馈'),
  ('kindergarten', 7, '测算{place}学位缺口，督促配套园移交，公示普惠收费', '{department}{days}日内公布学位安排'),
  ('labour_rights', 5, '对{place}投诉集中的企业核查用工台账，组织集体调解', '{department}{days}日内立案或调解，提示仲裁时效'),
  ('medical_insurance', 5, '对{place}报销退件集中原因统一答复，系统问题当日对账', '{department}{days}日内补付并公布口径'),
  ('paid_tutoring', 3, '对{place}学校突查补课和收费，清退违规费用，保护举报人', '{department}{days}日内查处并通报'),
  ('pension', 5, '集中复核{place}待遇核定和转移接续，错的补发', '{department}{days}日内逐件复核并告知计算依据'),
  ('property_certificate', 10, '对{place}办证卡点实行证缴分离，逐项打通', '{department}{days}日内公布楼盘办证时间表'),
  ('relocation', 10, '公开{place}征收补偿台账，漏登补登，过渡费按月发放', '{department}会同镇街{days}日内与户主当面对账'),
  ('sales_practices', 5, '对{place}售楼处暗访，查捆绑和监管账户，违规暂停网签', '{department}{days}日内约谈开发企业并公布处理'),
  ('school_admission', 5, '公布{place}学位余量和录取顺序，材料不全的一次告知', '{department}{days}日内集中接待家长'),
  ('school_food', 1, '对{place}校园食堂封存抽检，陪餐查后厨，有症状的先送医', '{department}会同教育{days}日内公布结果，更换不合格供餐单位'),
  ('subsistence_aid', 3, '对{place}困难家庭入户核查，急难先救助后补手续', '{department}{days}日内完成核查，应保尽保'),
  ('training_refund', 5, '核查{place}机构资金监管账户，按未消课时退费，组织分流', '{department}{days}日内公布退费方案，失联的移送公安'),
  ('veterans', 5, '逐人核对{place}退役军人待遇和安置，漏发补发', '{department}{days}日内见面答复，岗位不落实的专人跟踪'),
  ('wage_arrears', 2, '对{place}欠薪项目查专户和保证金，总包先行垫付', '{department}会同住建{days}日内组织兑付，恶意欠薪移送公安')
ON CONFLICT DO NOTHING;
$_80_measures$)
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
,('upgrade/platform--0.2.0--0.3.0', $_platform020030$
-- Ordinary objects, 0.2.0 to 0.3.0: what the scripts of sql/platform, run again, do not bring by themselves.

ALTER TABLE liskeban.worklist ADD COLUMN own_alarm_at timestamptz, ADD COLUMN subject_alarm_at timestamptz;

-- What the wall counts by.
ALTER TABLE liskeban.worklist ADD COLUMN area liskeban.area_code, ADD COLUMN received_at timestamptz, ADD COLUMN due timestamptz;
ALTER TABLE liskeban.worklist DISABLE TRIGGER history_kept;
UPDATE liskeban.worklist AS w SET area = t.area, received_at = t.received_at,
       due = CASE WHEN t.state NOT IN ('suspended', 'resolved') THEN coalesce(t.resolve_due, t.plan_due) END
  FROM liskeban.ticket AS t WHERE t.ticket_id = w.ticket_id;
ALTER TABLE liskeban.worklist ENABLE ALWAYS TRIGGER history_kept;

-- Dispatch rules raise alarms of their own.
ALTER TABLE IF EXISTS liskeban.platform_alarm DROP CONSTRAINT platform_alarm_kind_check;
ALTER TABLE IF EXISTS liskeban.platform_alarm ADD CONSTRAINT platform_alarm_kind_check
  CHECK (kind IN ('quiet_source', 'unhandled_reject', 'job_failed', 'dispatch_rule'));
ALTER TABLE liskeban.platform ADD COLUMN outbox_retention interval NOT NULL DEFAULT '30 days',
  ADD CONSTRAINT platform_outbox_retention_check CHECK (outbox_retention >= interval '0');

-- Plans: how long a run may be suspended. What was given in months or years is days from now on.
ALTER TABLE liskeban.plan_policy ADD COLUMN max_suspend interval;
UPDATE liskeban.plan_policy SET max_suspend = interval '90 days',
  max_promise = CASE WHEN extract(month FROM max_promise) <> 0 OR extract(year FROM max_promise) <> 0
                     THEN make_interval(days => (extract(epoch FROM max_promise) / 86400)::integer) ELSE max_promise END,
  progress_every = CASE WHEN extract(month FROM progress_every) <> 0 OR extract(year FROM progress_every) <> 0
                        THEN make_interval(days => (extract(epoch FROM progress_every) / 86400)::integer) ELSE progress_every END;
ALTER TABLE liskeban.plan_policy ALTER max_suspend SET NOT NULL,
  ADD CONSTRAINT plan_policy_max_suspend_check CHECK (max_suspend >= interval '0'),
  ADD CONSTRAINT plan_policy_months_check CHECK (extract(month FROM max_promise) = 0 AND extract(year FROM max_promise) = 0
    AND extract(month FROM progress_every) = 0 AND extract(year FROM progress_every) = 0
    AND extract(month FROM max_suspend) = 0 AND extract(year FROM max_suspend) = 0);

-- The ladder likewise: months would keep every sweep and every whistle from its work.
UPDATE liskeban.escalation_policy SET
  sign_within = CASE WHEN extract(month FROM sign_within) <> 0 OR extract(year FROM sign_within) <> 0
                     THEN make_interval(days => (extract(epoch FROM sign_within) / 86400)::integer) ELSE sign_within END,
  handle_within = CASE WHEN extract(month FROM handle_within) <> 0 OR extract(year FROM handle_within) <> 0
                       THEN make_interval(days => (extract(epoch FROM handle_within) / 86400)::integer) ELSE handle_within END;
ALTER TABLE liskeban.escalation_policy
  ADD CONSTRAINT escalation_policy_months_check CHECK (extract(month FROM sign_within) = 0 AND extract(year FROM sign_within) = 0
    AND extract(month FROM handle_within) = 0 AND extract(year FROM handle_within) = 0);

-- Attachments: when each was taken down, as far as anything says so.
ALTER TABLE liskeban.attachment ADD COLUMN created_at timestamptz;
UPDATE liskeban.attachment AS a
   SET created_at = coalesce(a.taken_at, (SELECT t.received_at FROM liskeban.ticket AS t WHERE t.ticket_id = a.ticket_id), liskeban.liskeban_now());
ALTER TABLE liskeban.attachment ALTER created_at SET DEFAULT liskeban.liskeban_now(), ALTER created_at SET NOT NULL;

-- An alarm may be a directive's: those have a partition of their own.
ALTER TABLE IF EXISTS liskeban.alarm ALTER ticket_id DROP NOT NULL;

-- kpi() tells of whistles: another result is another function. The step before may have dropped it already.
DROP FUNCTION IF EXISTS liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[]);
$_platform020030$)
,('upgrade/rows--0.2.0--0.3.0', $_rows020030$
-- Rows, 0.2.0 to 0.3.0: what the library brings to a platform that was made before.

-- From now on the progress of what is planned is due.
INSERT INTO liskeban.progress (ticket_id, opened_at, due)
SELECT w.ticket_id, liskeban.liskeban_now(),
       liskeban.add_working_time(liskeban.liskeban_now(), y.progress_every, 'calendar'::liskeban.time_basis)
  FROM liskeban.worklist AS w JOIN liskeban.plan_policy AS y ON y.tier = w.tier WHERE w.state = 'planned'
ON CONFLICT DO NOTHING;

-- Indicators and measures, as create_platform() loads them.
DO $$
DECLARE
  seed text;
BEGIN
  FOR seed IN SELECT s.script FROM liskeban._platform_scripts() AS s WHERE s.topic IN ('seed/65_indicators', 'seed/80_measures') ORDER BY s.topic LOOP
    EXECUTE seed;
  END LOOP;
END
$$;
$_rows020030$)
$_scripts$;
COMMENT ON FUNCTION liskeban._platform_scripts() IS 'the scripts under sql/platform and sql/seed in the order create_platform() runs them, and the deltas of upgrade_platform()';
REVOKE ALL ON FUNCTION liskeban._platform_scripts() FROM PUBLIC;

