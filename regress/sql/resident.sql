-- Residents: what is taken in and what is kept apart, whose word holds, every error that the room declares, what nasty rules
-- come to, who reads what and what is noted of it, and that analysts see no count small enough to name a person.
CREATE DATABASE regress_liskeban_resident TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
ALTER DATABASE regress_liskeban_resident SET liskeban.identity_key_file = 'resident_test.key';
\c regress_liskeban_resident
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
SET liskeban.now = '2026-03-02 09:00+08';
\set VERBOSITY terse
\getenv srcdir PG_ABS_SRCDIR
\set people :srcdir '/data/people.sql'
\set ECHO none
\i :people
\set ECHO all
CREATE FUNCTION said(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  RETURN 'ok';
EXCEPTION WHEN OTHERS OR query_canceled THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
INSERT INTO liskeban.area (code, name, geom)
SELECT a.code::liskeban.area_code, a.name, ST_MakeEnvelope(a.west, 31, a.west + 0.05, 31.1, 4490)
  FROM (VALUES ('320117001', '甲镇', 119.0), ('320117001001', '甲村', 119.0), ('320117001002', '乙村', 119.05), ('320117002', '乙镇', 119.1), ('320117002001', '丙村', 119.1)) AS a(code, name, west);
SELECT said('SELECT liskeban.load_residents(''health'', ''{}'')') ~ '^58P01' AS no_key;
SELECT liskeban.make_identity_key();

-- ---- what is taken in ----
CREATE FUNCTION one(n integer, source text, attributes jsonb, as_of text DEFAULT NULL, more jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  l record;
BEGIN
  SELECT * INTO l FROM liskeban.load_residents(source, ARRAY[jsonb_strip_nulls(jsonb_build_object('identity_number', check_digit('3201171900010' || to_char(1000 + n, 'FM0000')), 'as_of', as_of))
                                                             || jsonb_build_object('attributes', attributes) || more]);
  RETURN CASE WHEN l.rejected = 1 THEN (SELECT r.reason FROM liskeban.resident_reject AS r ORDER BY r.reject_id DESC LIMIT 1)
              ELSE format('%s created, %s changed, %s unchanged', l.created, l.changed, l.unchanged) END;
END $$;
CREATE FUNCTION person(n integer) RETURNS liskeban.resident LANGUAGE sql AS $$
  SELECT r FROM liskeban.resident AS r WHERE r.identity_hash = liskeban._keyed_hash(check_digit('3201171900010' || to_char(1000 + n, 'FM0000')), liskeban._identity_key()) $$;
SELECT what, one(1, source, attributes, as_of, coalesce(more, '{}')) FROM (VALUES
  ('no object', 'health', '[]'::jsonb, NULL, NULL::jsonb), ('another key', 'health', '{}', NULL, '{"sex": "1"}'), ('no day', 'health', '{}', '2026-02-30', NULL), ('to come', 'health', '{}', '2026-03-03', NULL),
  ('not registered', 'health', '{"shoe_size": 40}', NULL, NULL), ('a number as a key', 'health', '{"110101199003070011": 1}', NULL, NULL), ('not its to say', 'health', '{"aid_class": "dibao"}', NULL, NULL),
  ('reckoned', 'public_security', '{"age": 80}', NULL, NULL), ('no number', 'civil_affairs', '{"income_per_head": "1000"}', NULL, NULL), ('a number that is one', 'civil_affairs', '{"income_per_head": 110101199003070011}', NULL, NULL),
  ('neither', 'civil_affairs', '{"orphan": "true"}', NULL, NULL), ('no date', 'public_security', '{"birth_date": "1990-2-3"}', NULL, NULL), ('29 February of none', 'public_security', '{"birth_date": "1990-02-29"}', NULL, NULL),
  ('born to come', 'public_security', '{"birth_date": "2026-03-03"}', NULL, NULL), ('died to come', 'health', '{"died_on": "2026-03-03"}', NULL, NULL), ('no code', 'health', '{"disability_level": "5"}', NULL, NULL), ('a number as a code', 'health', '{"disability_level": 1}', NULL, NULL),
  ('no text', 'health', '{"name": 5}', NULL, NULL), ('long', 'health', jsonb_build_object('name', repeat('名', 201)), NULL, NULL), ('just not', 'health', jsonb_build_object('name', repeat('名', 200)), NULL, NULL),
  ('a number in a name', 'health', '{"name": "张三 110101 19900307 001x"}', NULL, NULL), ('full width', 'health', '{"name": "１１０１０１１９９００３０７００１Ｘ"}', NULL, NULL), ('of before 1999', 'health', '{"name": "110101900307001"}', NULL, NULL), ('a phone', 'health', '{"name": "13912345678"}', NULL, NULL),
  ('no area', 'public_security', '{"home_area": "3201170010"}', NULL, NULL), ('no such area', 'public_security', '{"home_area": "320117001009"}', NULL, NULL), ('a number as an area', 'public_security', '{"home_area": "110101199003070011"}', NULL, NULL), ('elsewhere', 'public_security', '{"home_area": "110101001001"}', NULL, NULL)) AS t(what, source, attributes, as_of, more);
SELECT said($$SELECT liskeban.load_residents('health', ARRAY['5', '"x"', '[]', 'null', '{}', '{"identity_number": 5, "attributes": {}}', '{"identity_number": "1"}', NULL]::jsonb[])$$);
SELECT row_no, reason, raw FROM liskeban.resident_reject ORDER BY reject_id DESC LIMIT 8;
SELECT count(*) AS numbers FROM liskeban.resident_reject AS r WHERE r::text ~ '[0-9]{15}' OR r::text ~ '１１０';
-- the same as the pattern that it is
SELECT count(*) AS differ FROM unnest('{1234567890123,12345678901234,123456789012345,12345678901234x,1234567890123x,1-2-3-4-5-6-7-8-9-0-1-2-3-4-5,1--234567890123456,１２３４５６７８９０１２３４Ｘ,a123456789012345678b1,1234567890 12345 6,""}'::text[]) AS u(t)
 WHERE liskeban._without_numbers(t) <> regexp_replace(t, '[0-9０-９](?:[ -]?[0-9０-９]){13,}[ -]?[0-9０-９XxＸｘ]', '[证件号]', 'g');
SELECT count(*) AS differ FROM (SELECT translate(md5(n::text), 'abcdef', '12x- 3') AS t FROM generate_series(1, 3000) AS n) AS u
 WHERE liskeban._without_numbers(t) <> regexp_replace(t, '[0-9０-９](?:[ -]?[0-9０-９]){13,}[ -]?[0-9０-９XxＸｘ]', '[证件号]', 'g');

-- ---- whose word holds ----
CREATE FUNCTION holds(n integer, attribute text) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' | ', p.facts ->> attribute, (SELECT string_agg(concat_ws(' ', c ->> 'source', c ->> 'date', c ->> 'value'), ', ' ORDER BY nth) FROM jsonb_array_elements(p.claims -> attribute) WITH ORDINALITY AS c(c, nth)))
    FROM person(n) AS p $$;
SELECT one(2, 'civil_affairs', '{"birth_date": "1950-01-01"}', '2026-02-01'), one(2, 'health', '{"birth_date": "1951-01-01"}', '2026-01-01'), one(2, 'public_security', '{"birth_date": "1952-01-01"}', '2020-01-01');
SELECT holds(2, 'birth_date') AS by_trust;
SELECT one(2, 'public_security', '{"birth_date": "1953-01-01"}', '2019-01-01') AS older, one(2, 'public_security', '{"birth_date": "1952-01-02"}', '2020-01-01') AS same_day, one(2, 'public_security', '{"birth_date": null}', '2026-01-01') AS withdrawn;
SELECT holds(2, 'birth_date') AS the_next;
SELECT one(2, 'public_security', '{"birth_date": null}', '2026-01-01') AS again;
-- of equals the newest, and of the same day one order
INSERT INTO liskeban.attribute_trust VALUES ('sex', 'civil_affairs', 2);
SELECT one(3, 'civil_affairs', '{"sex": "1"}', '2026-01-01'), one(3, 'health', '{"sex": "2"}', '2026-01-02');
SELECT holds(3, 'sex') AS newest;
SELECT one(3, 'civil_affairs', '{"sex": "1"}', '2026-01-02');
SELECT holds(3, 'sex') AS tie;
UPDATE liskeban.attribute_trust SET rank = 3 WHERE attribute = 'sex' AND source = 'civil_affairs';
SELECT holds(3, 'sex') AS trusted_less;
DELETE FROM liskeban.attribute_trust WHERE attribute = 'sex' AND source = 'health';
SELECT holds(3, 'sex') AS trusted_no_more;
-- a batch that says it twice: the newest, else the last
SELECT created, changed, unchanged, rejected FROM liskeban.load_residents('public_security', ARRAY(SELECT jsonb_build_object('identity_number', check_digit('32011719000101004'), 'as_of', d, 'attributes', jsonb_build_object('name', v))
  FROM (VALUES (1, '2026-01-02', 'b'), (2, '2026-01-03', 'c'), (3, '2026-01-03', 'd'), (4, '2026-01-01', 'a')) AS t(o, d, v) ORDER BY o));
SELECT holds(4, 'name');

-- ---- each error that is declared ----
SET client_min_messages = warning;
DO $$ DECLARE r text; BEGIN
  FOREACH r IN ARRAY '{chief:admin,desk:dispatcher,civil:handler,v1:handler,v3:handler,reader:analyst,feed:source}'::text[] LOOP
    EXECUTE format('DROP ROLE IF EXISTS %I', 're_' || split_part(r, ':', 1));
    EXECUTE format('CREATE ROLE %I LOGIN IN ROLE %I', 're_' || split_part(r, ':', 1), 'liskeban_' || split_part(r, ':', 2));
  END LOOP;
END $$;
RESET client_min_messages;
INSERT INTO liskeban.membership (role_name, duty, area, department) VALUES ('re_chief', 'admin', NULL, NULL), ('re_desk', 'dispatcher', '320117', NULL), ('re_civil', 'handler', NULL, 'civil_affairs'),
  ('re_v1', 'handler', '320117001001', NULL), ('re_v3', 'handler', '320117002001', NULL), ('re_reader', 'analyst', NULL, NULL), ('re_feed', 'source', NULL, 'health');
SELECT count(say(n, '{"home_area": "320117001001", "name": "某人", "birth_date": "1940-01-01", "local_register": true, "disability_level": "1", "income_per_head": 100, "orphan": false, "owns_home": false, "aid_class": "dibao", "medical_insured": true, "medical_self_paid": 9000}')) FROM generate_series(11, 14) AS n;
SELECT entitled FROM liskeban.match_policies();
SELECT (person(11)).resident_id AS p11, (person(12)).resident_id AS p12 \gset
CREATE FUNCTION held(policy text, who bigint) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER AS $$ SELECT max(e.entitlement_id) FROM liskeban.entitlement AS e WHERE e.policy = held.policy AND e.resident_id = who $$;
SELECT n, who, said(format('SET LOCAL ROLE %I; ', who) || s) FROM (VALUES
  (1, 're_feed', $$SELECT liskeban.load_residents(NULL, '{}')$$), (2, 're_feed', $$SELECT liskeban.load_residents('health', NULL)$$), (3, 're_feed', $$SELECT liskeban.load_residents('civil_affairs', '{}')$$),
  (4, 're_v1', $$SELECT liskeban.load_residents('health', '{}')$$), (5, 're_chief', $$SELECT liskeban.load_residents('nobody', '{}')$$), (6, 're_feed', $$SELECT liskeban.load_residents('health', '{}')$$),
  (11, 're_v1', format('SELECT liskeban.read_resident(NULL, %L, %L)', 'old_age_allowance', 'x')), (12, 're_v1', format('SELECT liskeban.read_resident(%s, NULL, %L)', :p11, 'x')), (13, 're_v1', format('SELECT liskeban.read_resident(%s, %L, NULL)', :p11, 'old_age_allowance')),
  (14, 're_v1', format('SELECT liskeban.read_resident(%s, %L, %L)', :p11, 'old_age_allowance', ' ')), (15, 're_v1', format('SELECT liskeban.read_resident(%s, %L, %L)', :p11, 'nothing', 'x')), (16, 're_v1', format('SELECT liskeban.read_resident(%s, %L, %L)', 5, 'old_age_allowance', 'x')),
  (17, 're_v3', format('SELECT liskeban.read_resident(%s, %L, %L)', :p11, 'old_age_allowance', 'x')), (18, 're_v1', format('SELECT liskeban.read_resident(%s, %L, %L, %L)', :p11, 'old_age_allowance', 'x', '{name,income_per_head}')),
  (19, 're_reader', format('SELECT liskeban.read_resident(%s, %L, %L)', :p11, 'old_age_allowance', 'x')), (20, 're_v1', 'SELECT facts FROM liskeban.resident'), (21, 're_v1', 'SELECT why FROM liskeban.entitlement'), (22, 're_v1', 'SELECT liskeban._rule_words()'),
  (31, 're_v1', $$SELECT liskeban.find_resident(NULL, 'old_age_allowance', 'x')$$), (32, 're_v1', $$SELECT liskeban.find_resident('123', 'old_age_allowance', 'x')$$), (33, 're_v1', $$SELECT liskeban.find_resident('32011719000101101X', 'old_age_allowance', 'x')$$),
  (34, 're_v1', $$SELECT liskeban.find_resident(check_digit('32011719001301011'), 'old_age_allowance', 'x')$$), (35, 're_v1', $$SELECT liskeban.find_resident(check_digit('32011719000101011'), 'nothing', 'x')$$), (36, 're_v1', $$SELECT liskeban.find_resident(check_digit('32011719000101011'), 'old_age_allowance', '')$$),
  (41, 're_v1', 'SELECT liskeban.notify_entitlement(NULL)'), (42, 're_v1', 'SELECT liskeban.apply_entitlement(NULL)'), (43, 're_v1', 'SELECT liskeban.explain_entitlement(NULL, ''x'')'), (44, 're_v1', 'SELECT liskeban.notify_entitlement(5)'),
  (45, 're_v3', format('SELECT liskeban.apply_entitlement(%s)', held('minimum_living', :p11))), (46, 're_v1', format('SELECT liskeban.notify_entitlement(%s)', held('old_age_allowance', :p11))), (47, 're_v1', format('SELECT liskeban.apply_entitlement(%s)', held('old_age_allowance', :p11))),
  (48, 're_v1', format('SELECT liskeban.apply_scene(%s, NULL)', :p11)), (49, 're_v1', 'SELECT liskeban.apply_scene(NULL, ''relief'')'), (50, 're_v1', format('SELECT liskeban.apply_scene(%s, ''housing'')', :p11)), (51, 're_v1', format('SELECT liskeban.apply_scene(%s, ''employment'')', :p11)),
  (52, 're_v1', format('SELECT liskeban.explain_entitlement(%s, NULL)', held('minimum_living', :p11))), (53, 're_v1', format('SELECT liskeban.explain_entitlement(%s, '' '')', held('minimum_living', :p11))),
  (61, 're_civil', format('SELECT liskeban.decide_entitlement(%s, true, ''x'')', held('minimum_living', :p11))), (62, 're_civil', format('SELECT liskeban.decide_entitlement(%s, NULL, ''x'')', held('minimum_living', :p11))), (63, 're_civil', format('SELECT liskeban.decide_entitlement(%s, true, NULL)', held('minimum_living', :p11))),
  (64, 're_civil', format('SELECT liskeban.decide_entitlement(%s, true, ''  '')', held('minimum_living', :p11))), (65, 're_civil', 'SELECT liskeban.decide_entitlement(NULL, true, ''x'')'),
  (71, 're_chief', 'SELECT liskeban.try_policy(NULL, ''$.age > 1'')'), (72, 're_chief', 'SELECT liskeban.try_policy(''old_age_allowance'', NULL)'), (73, 're_chief', 'SELECT liskeban.try_policy(''nothing'', ''$.age > 1'')'), (74, 're_chief', 'SELECT liskeban.try_policy(''old_age_allowance'', ''$.income_per_head > 1'')'),
  (75, 're_chief', 'SELECT liskeban.try_policy(''old_age_allowance'', ''$.age'')'), (76, 're_chief', 'SELECT liskeban.try_policy(''old_age_allowance'', ''$.age > 1'', ''infinity'')'), (77, 're_desk', 'SELECT liskeban.try_policy(''old_age_allowance'', ''$.age > 1'')'),
  (81, 're_chief', 'SELECT liskeban.match_policies(''2026-03-01'')'), (82, 're_chief', 'SELECT liskeban.match_policies(''2026-03-03'')'), (83, 're_chief', 'SELECT liskeban.match_policies(''-infinity'')'), (84, 're_desk', 'SELECT liskeban.match_policies()'),
  (85, 're_chief', 'SELECT liskeban.raise_policy_tickets(NULL)'), (86, 're_chief', 'SELECT liskeban.raise_policy_tickets(-1)'), (87, 're_desk', 'SELECT liskeban.raise_policy_tickets()'),
  (91, 're_chief', $$UPDATE liskeban.policy SET attributes = '{age}' WHERE code = 'old_age_allowance'$$), (92, 're_chief', $$UPDATE liskeban.policy SET attributes = attributes || '{nothing}' WHERE code = 'old_age_allowance'$$), (93, 're_chief', $$UPDATE liskeban.policy SET attributes = attributes || '{orphan}' WHERE code = 'old_age_allowance'$$),
  (94, 're_chief', $$DELETE FROM liskeban.purpose WHERE (policy, attribute) = ('old_age_allowance', 'age')$$), (95, 're_chief', $$UPDATE liskeban.purpose SET attribute = 'orphan' WHERE (policy, attribute) = ('old_age_allowance', 'age')$$), (96, 're_chief', $$UPDATE liskeban.platform SET small_count = 2$$),
  (97, 're_chief', 'DELETE FROM liskeban.resident'), (98, 're_chief', 'UPDATE liskeban.policy SET valid_to = ''1999-01-01'' WHERE code = ''old_age_allowance'''), (99, 're_desk', 'UPDATE liskeban.policy SET amount = 1')) AS v(n, who, s) ORDER BY n;
SELECT said($$SELECT liskeban._facts_on('[]', '{}', '{}', '{}', '2026-01-01')$$), said($$SELECT liskeban._facts_on('{}', '{a}', '{}', '{}', '2026-01-01')$$), said($$SELECT liskeban._facts_change('{}', '{}', '{}', '{}', 'infinity')$$), said($$SELECT liskeban._rule_text('$.age > 1', '[]')$$),
  said($$SELECT liskeban._merged_claims('[]', '{}', '{}')$$), said($$SELECT liskeban._merged_claims('{"a": [5]}', '{}', '{}')$$);
SELECT n, said(s) FROM (VALUES (1, $$INSERT INTO liskeban.attribute (code, name, name_en, kind) VALUES ('Bad', 'x', 'x', 'text')$$), (2, $$INSERT INTO liskeban.attribute (code, name, name_en, kind) VALUES ('b', 'x', 'x', 'bytes')$$),
  (3, $$INSERT INTO liskeban.attribute (code, name, name_en, kind, "values") VALUES ('b', 'x', 'x', 'code', '[]')$$), (4, $$INSERT INTO liskeban.attribute (code, name, name_en, kind) VALUES ('b', 'x', 'x', 'passed')$$), (5, $$INSERT INTO liskeban.attribute_trust VALUES ('sex', 'health', 0)$$),
  (6, $$INSERT INTO liskeban.purpose VALUES ('old_age_allowance', 'orphan', '')$$), (7, $$UPDATE liskeban.entitlement SET state = 'lapsed' WHERE state = 'found'$$), (8, $$UPDATE liskeban.entitlement SET state = 'gone'$$), (9, $$UPDATE liskeban.policy SET period = 'week'$$), (10, $$UPDATE liskeban.policy SET legal_basis = ''$$),
  (11, $$INSERT INTO liskeban.purpose VALUES ('contact', 'age', 'x'); INSERT INTO liskeban.policy (code, name, name_en, department, legal_basis, eligibility, attributes, period) VALUES ('contact', 'x', 'x', 'health', 'x', '$.age > 1', '{age}', 'month')$$)) AS v(n, s) ORDER BY n;
-- who took the application does not decide, nor another department, nor when it no longer holds
SELECT held('minimum_living', :p12) AS mine, held('medical_aid', :p12) AS theirs \gset
SET SESSION AUTHORIZATION re_civil;
SELECT liskeban.apply_entitlement(:mine, '代 320117190001010112 申请');
SELECT liskeban.decide_entitlement(:mine, true, '同意');
SET SESSION AUTHORIZATION re_desk;
SELECT liskeban.apply_entitlement(:theirs);
SELECT liskeban.decide_entitlement(:mine, false, '材料不全，320117190001010112');
SET SESSION AUTHORIZATION re_civil;
SELECT liskeban.decide_entitlement(:theirs, true, '同意');
RESET SESSION AUTHORIZATION;
SELECT state, note, liskeban._explained(e) ~ '不予享受，理由：材料不全，\[证件号\]。$' AS told FROM liskeban.entitlement AS e WHERE entitlement_id = :mine;

-- ---- nasty rules ----
SET statement_timeout = '3s';
CREATE FUNCTION ruled(rule text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  began constant timestamptz := clock_timestamp();
  came text;
BEGIN
  BEGIN
    UPDATE liskeban.policy SET eligibility = rule::jsonpath, attributes = '{age,local_register,name}' WHERE code = 'old_age_allowance';
    BEGIN
      came := 'written, ' || (SELECT 'entitled ' || m.entitled || ', lapsed ' || m.lapsed FROM liskeban.match_policies() AS m);
    EXCEPTION WHEN OTHERS THEN
      came := 'written, then ' || SQLSTATE;
    END;
    RAISE EXCEPTION USING ERRCODE = 'PX001';
  EXCEPTION WHEN SQLSTATE 'PX001' THEN NULL;
    WHEN OTHERS THEN came := SQLSTATE;
  END;
  RETURN came || CASE WHEN clock_timestamp() - began > interval '10 s' THEN ', late' ELSE '' END;
END $$;
SELECT what, ruled(rule) FROM (VALUES
  ('nested in brackets', repeat('(', 900) || '$.age > 1' || repeat(')', 900)), ('nested in nots', repeat('!(', 900) || '$.age > 1' || repeat(')', 900)), ('nested in filters', 'exists($.name' || repeat(' ? (exists(@', 200) || repeat('))', 200) || ')'),
  ('nested deeply', repeat('!(', 50000) || '$.age > 1' || repeat(')', 50000)), ('a long chain', '$.age > 0' || repeat(' && $.age > 0', 300)), ('a longer one', '$.age > 0' || repeat(' && $.age > 0', 100000)),
  ('a regex that is large', '$.name like_regex "((a{1,250}){1,250}){1,250}"'), ('a regex that nests', '$.name like_regex "' || repeat('(', 1000) || 'a' || repeat(')', 1000) || '*"'), ('a regex that is broken', '$.name like_regex "[z-a]"'),
  ('text above a number', '$.age > "x"'), ('an object of a number', '$.age.keyvalue().key == "x"'), ('an index of a number', '$.age[5] == 1'), ('strict', 'strict $.age[5] == 1'), ('strict and not there', 'strict $.name.first == "x"'),
  ('by nothing', '$.age / 0 > 1'), ('a number that is none', '$.name.double() > 1'), ('huge', '$.age * 1e300 * 1e300 * 1e300 > 1'), ('huge modulo', '$.age % 0 == 1'), ('not a literal', '$.age == null'), ('unknown', '($.age > "x") is unknown'), ('last', '$.age[last - 5] == 1'), ('a range', '$.age[0 to 999999999] == 1'),
  ('a variable in a filter', 'exists($.age ? (@ > $x))'), ('another root', 'exists($.name ? ($ == 1))'), ('a wild key', 'exists($.name.*)'), ('any depth', 'exists($.name.**{5 to last})'), ('methods', '$.age.type() == "number" && $.age.abs().floor().ceiling() > 0')) AS t(what, rule);
RESET statement_timeout;

-- ---- who reads what, and what is noted of it ----
SELECT count(*) AS before FROM liskeban.access_log \gset
SET SESSION AUTHORIZATION re_v1;
-- several rows are one reading
SELECT attribute, value, source, in_force FROM liskeban.read_resident(:p11, 'old_age_allowance', '上门核对');
SELECT count(*) FROM liskeban.read_resident(:p11, 'minimum_living', '核对 320117190001010112', '{name}');
SELECT count(x) FROM unnest(ARRAY[:p11, :p12]) AS u(id), LATERAL liskeban.read_resident(u.id, 'old_age_allowance', '两人') AS x;
SELECT liskeban.find_resident(check_digit('32011719000101011'), 'old_age_allowance', '窗口') = :p11 AS found, liskeban.find_resident(check_digit('32011719990101011'), 'old_age_allowance', '窗口') AS nobody;
SELECT liskeban.explain_entitlement(held('minimum_living', :p11), '答复') ~ '最低生活保障' AS told;
SET SESSION AUTHORIZATION re_v3;
SELECT liskeban.find_resident(check_digit('32011719000101011'), 'old_age_allowance', '打听') AS not_mine;
SET SESSION AUTHORIZATION re_chief;
SELECT count(*) FROM liskeban.try_policy('old_age_allowance', '$.age == 86');
RESET SESSION AUTHORIZATION;
SELECT access_id - min(access_id) OVER () AS n, actor, purpose, reason, CASE resident_id WHEN :p11 THEN 'p11' WHEN :p12 THEN 'p12' ELSE resident_id::text END AS resident FROM liskeban.access_log ORDER BY access_id OFFSET :before;
-- what is undone leaves its line in the server's log, not its row; where nothing can be noted nothing is read
SET SESSION AUTHORIZATION re_v1;
BEGIN; SELECT count(*) FROM liskeban.read_resident(:p11, 'old_age_allowance', '撤销'); ROLLBACK;
BEGIN READ ONLY; SELECT count(*) FROM liskeban.read_resident(:p11, 'old_age_allowance', '只读'); ROLLBACK;
BEGIN READ ONLY; SELECT liskeban.find_resident(check_digit('32011719000101011'), 'old_age_allowance', '只读'); ROLLBACK;
BEGIN READ ONLY; SELECT liskeban.explain_entitlement(held('minimum_living', :p11), '只读'); ROLLBACK;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM liskeban.access_log WHERE reason IN ('撤销', '只读');

-- ---- no count that names a person ----
SELECT count(say(n, jsonb_build_object('home_area', CASE WHEN n < 212 THEN '320117001001' WHEN n < 219 THEN '320117001002' WHEN n < 222 THEN '320117002001' ELSE '320117001' END, 'birth_date', '1930-01-01', 'local_register', true))) FROM generate_series(200, 224) AS n;
SELECT count(say(n, '{"home_area": "320117002001", "birth_date": "2015-01-01", "orphan": true}')) FROM generate_series(300, 302) AS n;
SELECT entitled FROM liskeban.match_policies();
SET SESSION AUTHORIZATION re_reader;
SELECT area, area_name, state, rest, entitlements FROM liskeban_report.entitlement_count WHERE policy IN ('old_age_allowance', 'orphan_support') ORDER BY policy, area, rest;
SELECT min(entitlements) >= 10 AS none_small FROM liskeban_report.entitlement_count;
SELECT count(*) - count(DISTINCT entitlement_count_key) AS twice FROM liskeban_report.entitlement_count;
SELECT code('SELECT count(*) FROM liskeban.entitlement'), code('SELECT count(*) FROM liskeban.resident');
SET SESSION AUTHORIZATION re_chief;
UPDATE liskeban.platform SET small_count = 3;
RESET SESSION AUTHORIZATION;
SELECT area, rest, entitlements FROM liskeban_report.entitlement_count WHERE policy IN ('old_age_allowance', 'orphan_support') ORDER BY policy, area, rest;
SELECT (SELECT sum(entitlements) FROM liskeban_report.entitlement_count) <= (SELECT count(*) FROM liskeban.entitlement) AS once;

-- ---- lapsed, and so again ----
SET liskeban.now = '2026-03-05 09:00+08';
SELECT one(300, 'civil_affairs', '{"orphan": false}');
SELECT entitled, lapsed FROM liskeban.match_policies();
SELECT one(300, 'civil_affairs', '{"orphan": true}');
SELECT entitled, lapsed FROM liskeban.match_policies();
SELECT state, since, until FROM liskeban.entitlement WHERE policy = 'orphan_support' AND resident_id = (person(300)).resident_id ORDER BY entitlement_id;
-- dead by mistake, and not
SELECT one(301, 'health', '{"died_on": "2026-03-01"}');
SELECT lapsed FROM liskeban.match_policies();
SELECT one(301, 'health', '{"died_on": null}');
SELECT entitled FROM liskeban.match_policies();
SELECT state, since, until, why -> 'lapsed' ->> 'reason' AS reason FROM liskeban.entitlement WHERE resident_id = (person(301)).resident_id ORDER BY entitlement_id;
-- a policy that is over has nobody to gain it
UPDATE liskeban.policy SET valid_to = '2026-03-04' WHERE code = 'orphan_support';
SELECT change, count(*) FROM liskeban.try_policy('orphan_support', '$.age < 90 && $.orphan == true') GROUP BY 1;
SELECT differences('2026-03-05') > 0 AS not_yet, (SELECT lapsed FROM liskeban.match_policies()) AS lapsed, differences('2026-03-05') AS then_none;
SELECT * FROM liskeban.check_invariants();
SELECT * FROM liskeban.verify_ledgers();
\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_liskeban_resident;
