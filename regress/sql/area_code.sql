-- The type area_code: its forms, its order, its hash, what lies in what, and the index ranges made of that.
CREATE DATABASE regress_liskeban_area_code TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_area_code
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
RESET client_min_messages;
SET liskeban.now = '2024-09-16 08:00:00+08';
SET search_path = liskeban, public;

-- Text: 2, 4, 6, 9, 12, 15 or 18 digits; segments of zeros at the end are padding
SELECT text, text::area_code AS code, area_level(text::area_code) AS level
FROM unnest(ARRAY['32', '3201', '320117', '320117001', '320117001002', '320117001002003', '320117001002003004',
  '320000', '320117000000', '320117001000', '320117001002003000', '999999999999999999', '100000000000000000']) WITH ORDINALITY AS u (text, n)
ORDER BY n;
\set VERBOSITY sqlstate
SELECT '00'::area_code;
\set VERBOSITY default
SELECT '00'::area_code;
SELECT '000000'::area_code;
SELECT '320017'::area_code;
SELECT '320117000002'::area_code;
SELECT ''::area_code;
SELECT '3'::area_code;
SELECT '32011'::area_code;
SELECT '3201170010020030040'::area_code;
SELECT ' 320117'::area_code;
SELECT '32011７'::area_code;
SELECT '+20117'::area_code;
SELECT '-20117'::area_code;
SELECT '0x1117'::area_code;
SELECT area_level('320117001000'), area_level('x');

-- Binary: eight bytes, the padded digits times 8 plus the level
SELECT area_code_send('320117'), area_code_send('999999999999999999');
CREATE TEMP TABLE wire (code area_code);
\set good `mktemp`
\set write '\\copy (VALUES (''32''::liskeban.area_code), (''320117001002003004'')) TO ' :'good' ' (FORMAT binary)'
:write
\set read '\\copy wire FROM ' :'good' ' (FORMAT binary)'
:read
SELECT code FROM wire ORDER BY code;
\set bad `mktemp`
\setenv BAD :bad
\set read '\\copy wire FROM ' :'bad' ' (FORMAT binary)'
-- a district that says it is a town
\! printf 'PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0\0\1\0\0\0\10\043\212\105\271\074\202\200\003\377\377' > "$BAD"
:read
-- a town that says it is a district
\! printf 'PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0\0\1\0\0\0\10\043\212\105\273\031\130\320\002\377\377' > "$BAD"
:read
-- a level that there is not
\! printf 'PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0\0\1\0\0\0\10\043\212\105\271\074\202\200\007\377\377' > "$BAD"
:read
-- a province 00
\! printf 'PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0\0\1\0\0\0\10\000\000\000\000\000\000\000\000\377\377' > "$BAD"
:read
-- a town
\! printf 'PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0\0\1\0\0\0\10\043\212\105\273\031\130\320\003\377\377' > "$BAD"
:read
SELECT code FROM wire ORDER BY code;
\setenv GOOD :good
\! rm -f "$GOOD" "$BAD"
SELECT pg_typeof('320117'::area_code), (SELECT typbyval FROM pg_type WHERE oid = 'area_code'::regtype),
  (SELECT typlen FROM pg_type WHERE oid = 'area_code'::regtype);

-- Parents
SELECT code, area_parent(code), area_parent(code, 'district') AS district, area_parent(code, 'village') AS village
FROM unnest(ARRAY['32', '3201', '320117', '320117001', '320117001002', '320117001002003', '320117001002003004']::area_code[]) AS u (code)
ORDER BY code;
SELECT area_parent(NULL), area_parent('32'::area_code, NULL);

-- Order of the tree: an area, then what lies in it
CREATE TABLE area_sample AS
SELECT code FROM unnest(ARRAY['33', '320118', '320117002', '320117001002', '3201', '32', '320117', '320117001', '320117001001001001']::area_code[]) AS u (code);
SELECT code FROM area_sample ORDER BY code;
SELECT min(code), max(code), count(DISTINCT code) FROM area_sample;
SELECT count(*) FROM area_sample a, area_sample b
WHERE (a.code < b.code) <> (b.code > a.code) OR (a.code <= b.code) <> NOT (a.code > b.code) OR (a.code = b.code) = (a.code <> b.code)
   OR (a.code >= b.code) <> NOT (a.code < b.code) OR sign(area_code_cmp(a.code, b.code)) <> (a.code > b.code)::int - (a.code < b.code)::int
   OR (a.code < b.code) <> (rpad(a.code::text, 18, '0') || length(a.code::text) < rpad(b.code::text, 18, '0') || length(b.code::text));

-- Lies in: the prefix of the digits
SELECT a.code, array_agg(b.code ORDER BY b.code) AS lies_in FROM area_sample a JOIN area_sample b ON a.code <@ b.code GROUP BY a.code ORDER BY a.code;
SELECT count(*) FROM area_sample a, area_sample b
WHERE (a.code <@ b.code) <> starts_with(a.code::text, b.code::text) OR (a.code <@ b.code) <> (b.code @> a.code);

-- Frozen: indexes and hash partitions of users rest on these
SELECT code, area_code_hash(code), area_code_hash_extended(code, 0), area_code_hash_extended(code, 42) FROM area_sample ORDER BY code;
SELECT count(*) FROM area_sample
WHERE area_code_hash(code) <> ((area_code_hash_extended(code, 0) & 4294967295)::bit(32))::int;
SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_operator o ON o.oprcode = p.oid
WHERE o.oprleft = 'area_code'::regtype AND NOT (p.proleakproof AND p.proisstrict AND p.provolatile = 'i' AND p.proparallel = 's');

-- Index ranges
CREATE TABLE cell (code area_code, n integer);
INSERT INTO cell SELECT (320117000000000 + i * 1000000 + j * 1000 + k)::text::area_code, i
FROM generate_series(1, 9) i, generate_series(1, 20) j, generate_series(1, 50) k;
CREATE INDEX cell_code_idx ON cell (code);
ANALYZE cell;
SET my.area = '320117004005';
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM cell WHERE code <@ '320117003';
EXPLAIN (COSTS OFF) SELECT * FROM cell WHERE '320117003' @> code;
EXPLAIN (COSTS OFF) SELECT * FROM cell WHERE area_within(code, '320117003');
EXPLAIN (COSTS OFF) SELECT * FROM cell WHERE code <@ current_setting('my.area')::area_code;
EXPLAIN (COSTS OFF) SELECT * FROM cell WHERE code <@ (SELECT min(code) FROM area_sample);
EXPLAIN (COSTS OFF) SELECT * FROM area_sample s JOIN cell c ON c.code <@ s.code WHERE s.code = '320117002';
-- ancestors are no range, a volatile bound is no condition, a hash index knows no range
SET enable_seqscan = on;
EXPLAIN (COSTS OFF) SELECT * FROM cell WHERE code @> '320117003002001';
EXPLAIN (COSTS OFF) SELECT * FROM cell WHERE code <@ CASE WHEN random() < 2 THEN '320117003' END::area_code;
BEGIN;
DROP INDEX cell_code_idx;
CREATE INDEX cell_code_hash ON cell USING hash (code);
SET LOCAL enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM cell WHERE code <@ '320117003';
EXPLAIN (COSTS OFF) SELECT * FROM cell WHERE code = '320117003002001';
SELECT count(*) FROM cell WHERE code = '320117003002001';
ROLLBACK;
SET enable_seqscan = off;
SELECT count(*), min(code), max(code) FROM cell WHERE code <@ '320117003';
SELECT count(*), min(code), max(code) FROM cell WHERE '320117' @> code;
SELECT count(*), min(code), max(code) FROM cell WHERE code <@ current_setting('my.area')::area_code;
SELECT s.code, count(c.code) FROM area_sample s LEFT JOIN cell c ON c.code <@ s.code GROUP BY s.code ORDER BY s.code;
SELECT count(*) FROM cell WHERE code <@ NULL;
RESET enable_seqscan;
RESET enable_bitmapscan;

-- What the planner makes of it: near enough to the truth
CREATE FUNCTION pg_temp.estimate(query text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
  RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
END
$$;
SELECT area, abs(pg_temp.estimate(format('SELECT * FROM cell WHERE code <@ %L', area)) - rows) <= greatest(rows / 10, 100) AS close
FROM (VALUES ('320117', 9000), ('320117003', 1000), ('320117003004', 50), ('33', 0)) AS v (area, rows);

\c postgres
DROP DATABASE regress_liskeban_area_code;
