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
COMMENT ON AGGREGATE liskeban.min(liskeban.area_code) IS '最小区划 the first in the order of the tree';
CREATE AGGREGATE liskeban.max(liskeban.area_code) (SFUNC = liskeban.area_code_larger, STYPE = liskeban.area_code,
  COMBINEFUNC = liskeban.area_code_larger, SORTOP = OPERATOR(liskeban.>), PARALLEL = SAFE);
COMMENT ON AGGREGATE liskeban.max(liskeban.area_code) IS '最大区划 the last in the order of the tree';

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
COMMENT ON FUNCTION liskeban.area_level(liskeban.area_code) IS '区划层级 level of an area code';
CREATE FUNCTION liskeban.area_parent(liskeban.area_code) RETURNS liskeban.area_code
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_parent_sql';
COMMENT ON FUNCTION liskeban.area_parent(liskeban.area_code) IS '上级区划 the area one level up; NULL for a province';
CREATE FUNCTION liskeban.area_parent(liskeban.area_code, liskeban.area_level) RETURNS liskeban.area_code
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_parent_level_sql';
COMMENT ON FUNCTION liskeban.area_parent(liskeban.area_code, liskeban.area_level) IS '上级区划 the area of that level that it lies in, itself for its own level; NULL for a deeper one';

-- An untyped literal would be read as a cast to the enum of the same name.
CREATE FUNCTION liskeban.area_level(unknown) RETURNS liskeban.area_level
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'area_code_level_literal';
COMMENT ON FUNCTION liskeban.area_level(unknown) IS '区划层级 level of an area code written as an untyped literal; 22P02';
