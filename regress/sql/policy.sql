-- Policies that find people: rules refused when they are written, who is entitled to what and why, incremental matching equal
-- to looking at everybody anew, what comes of it, and what is told to whom.
CREATE DATABASE regress_liskeban_policy TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
ALTER DATABASE regress_liskeban_policy SET liskeban.identity_key_file = 'policy_test.key';
\c regress_liskeban_policy
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
SET liskeban.now = '2026-03-02 09:00+08';
\set VERBOSITY terse
\set ON_ERROR_STOP 0
\getenv srcdir PG_ABS_SRCDIR
\set people :srcdir '/data/people.sql'
\set ECHO none
\i :people
\set ECHO all
INSERT INTO liskeban.area (code, name, geom)
SELECT a.code::liskeban.area_code, a.name, ST_MakeEnvelope(a.west, 31, a.west + 0.05, 31.1, 4490)
  FROM (VALUES ('320117001', '甲镇', 119.0), ('320117001001', '甲村', 119.0), ('320117001002', '乙村', 119.05)) AS a(code, name, west);
SELECT liskeban.make_identity_key();

-- sixteen, at least five of which need facts of two departments
SELECT count(*), count(*) FILTER (WHERE amount IS NULL OR amount_is_sample) AS samples, count(*) FILTER (WHERE s.sources >= 2) >= 5 AS two_sources, bool_and(legal_basis <> '' AND scene IS NOT NULL) AS based
  FROM liskeban.policy AS p CROSS JOIN LATERAL (SELECT count(DISTINCT t.source) AS sources FROM unnest(p.attributes) AS u(code) JOIN liskeban.attribute AS a ON a.code = u.code
                                                  JOIN liskeban.attribute_trust AS t ON t.attribute = coalesce(a.since, a.code) AND t.rank = 1) AS s;

-- ---- refused when it is written ----
CREATE FUNCTION written(rule text, attributes text[] DEFAULT '{age,local_register}') RETURNS text LANGUAGE sql AS $$
  SELECT code(format('UPDATE liskeban.policy SET eligibility = %L, attributes = %L WHERE code = ''old_age_allowance''', rule, attributes))
$$;
SET statement_timeout = '5s';
SELECT what, written(rule, coalesce(attributes, '{age,local_register}')) FROM (VALUES
  ('does not compile', '$.age >=', NULL::text[]),
  ('no predicate', '$.age', NULL), ('no predicate, a number', '1', NULL), ('reads nothing', '1 == 1', NULL),
  ('undeclared', '$.age >= 80 && $.income_per_head < 5', NULL),
  ('undeclared in a filter', 'exists($.age ? (@ > $.income_per_head))', NULL),
  ('undeclared in a subscript', '$.age[$.income_per_head] == 1', NULL),
  ('declared, but no attribute', '$.shoe_size > 40', '{shoe_size}'),
  ('declared without a purpose', '$.age >= 80 && $.income_per_head < 5', '{age,income_per_head}'),
  ('all of a person', '$ == 1', NULL), ('any key', '$.* == 1', NULL), ('at any depth', '$.** == 1', NULL), ('a filter on all', 'exists($ ? (@.age > 80))', NULL),
  ('a variable', '$.age > $limit', NULL), ('a date', '$.age.datetime() > "2020-01-01".datetime()', NULL),
  ('a broken pattern', '$.age like_regex "("', NULL),
  ('too long', '$.age == ' || repeat('1', 5000), NULL),
  ('nested deeply', repeat('(', 200000) || '$.age > 1' || repeat(')', 200000), NULL),
  ('nested in nots', repeat('!(', 100000) || '$.age > 1' || repeat(')', 100000), NULL)) AS t(what, rule, attributes);
-- wrong types are no error, but not so either
SELECT written('$.age > "x" && $.local_register > 5 && $.age.size() == "a" && -$.local_register == 1'), written('$.age / 0 > 1');
-- a pattern that explodes is cut off by the timeout
SELECT code($$INSERT INTO liskeban.attribute (code, name, name_en, kind) VALUES ('remark', '备注', 'Remark', 'text')$$), code($$INSERT INTO liskeban.attribute_trust VALUES ('remark', 'civil_affairs', 1)$$),
       code($$INSERT INTO liskeban.purpose VALUES ('old_age_allowance', 'remark', 'test')$$);
SELECT written('$.remark like_regex "^(a+)(a+)(a+)(a+)(a+)(a+)\\1\\2\\3\\4\\5\\6a$"', '{remark}');
BEGIN;
SELECT created FROM liskeban.load_residents('civil_affairs', ARRAY[jsonb_build_object('identity_number', check_digit('32011719500101001'), 'attributes', jsonb_build_object('remark', repeat('a', 190), 'home_area', '320117001001'))]);
SET LOCAL statement_timeout = '1s';
SELECT code('SELECT liskeban.match_policies()');
ROLLBACK;
RESET statement_timeout;
SELECT written('$.age >= 80 && $.local_register == true');
SELECT code('DELETE FROM liskeban.purpose WHERE policy = ''old_age_allowance'' AND attribute = ''age'''), code('DELETE FROM liskeban.purpose WHERE policy = ''old_age_allowance'' AND attribute = ''remark''');
SELECT version > 1 AS counted, (SELECT count(*) FROM liskeban.policy_version AS v WHERE v.policy = p.code) = p.version AS kept FROM liskeban.policy AS p WHERE p.code = 'old_age_allowance';

-- ---- three who qualify for each, and three who do not ----
CREATE TABLE example (n integer GENERATED ALWAYS AS IDENTITY, policy text, qualifies boolean, facts jsonb);
INSERT INTO example (policy, qualifies, facts) VALUES
  ('old_age_allowance', true, '{"birth_date": "1946-03-02", "local_register": true}'), ('old_age_allowance', true, '{"birth_date": "1930-01-01", "local_register": true}'), ('old_age_allowance', true, '{"birth_date": "1944-02-29", "local_register": true}'),
  ('old_age_allowance', false, '{"birth_date": "1946-03-03", "local_register": true}'), ('old_age_allowance', false, '{"birth_date": "1930-01-01", "local_register": false}'), ('old_age_allowance', false, '{"local_register": true}'),
  ('disabled_living_subsidy', true, '{"disability_level": "4", "aid_class": "dibao", "local_register": true}'), ('disabled_living_subsidy', true, '{"disability_level": "1", "aid_class": "marginal", "local_register": true}'), ('disabled_living_subsidy', true, '{"disability_level": "2", "aid_class": "dibao", "local_register": true}'),
  ('disabled_living_subsidy', false, '{"disability_level": "1", "aid_class": "none", "local_register": true}'), ('disabled_living_subsidy', false, '{"aid_class": "dibao", "local_register": true}'), ('disabled_living_subsidy', false, '{"disability_level": "1", "local_register": true}'),
  ('disabled_care_subsidy', true, '{"disability_level": "1", "local_register": true}'), ('disabled_care_subsidy', true, '{"disability_level": "2", "local_register": true}'), ('disabled_care_subsidy', true, '{"disability_level": "2", "aid_class": "none", "local_register": true}'),
  ('disabled_care_subsidy', false, '{"disability_level": "3", "local_register": true}'), ('disabled_care_subsidy', false, '{"disability_level": "1"}'), ('disabled_care_subsidy', false, '{"disability_level": "1", "local_register": false}'),
  ('child_hardship', true, '{"birth_date": "2008-03-03", "unattended": true}'), ('child_hardship', true, '{"birth_date": "2020-01-01", "unattended": true}'), ('child_hardship', true, '{"birth_date": "2026-03-02", "unattended": true}'),
  ('child_hardship', false, '{"birth_date": "2008-03-02", "unattended": true}'), ('child_hardship', false, '{"birth_date": "2020-01-01", "unattended": false}'), ('child_hardship', false, '{"unattended": true}'),
  ('orphan_support', true, '{"birth_date": "2008-03-03", "orphan": true}'), ('orphan_support', true, '{"birth_date": "2012-02-29", "orphan": true}'), ('orphan_support', true, '{"birth_date": "2025-12-31", "orphan": true}'),
  ('orphan_support', false, '{"birth_date": "2008-03-02", "orphan": true}'), ('orphan_support', false, '{"birth_date": "2012-02-29", "orphan": false}'), ('orphan_support', false, '{"birth_date": "2012-02-29"}'),
  ('minimum_living', true, '{"local_register": true, "income_per_head": 1054.99}'), ('minimum_living', true, '{"local_register": true, "income_per_head": 0}'), ('minimum_living', true, '{"local_register": true, "income_per_head": 1000}'),
  ('minimum_living', false, '{"local_register": true, "income_per_head": 1055}'), ('minimum_living', false, '{"local_register": false, "income_per_head": 0}'), ('minimum_living', false, '{"local_register": true}'),
  ('destitute_support', true, '{"birth_date": "1966-03-02", "income_per_head": 0, "has_supporter": false}'), ('destitute_support', true, '{"birth_date": "2010-03-03", "income_per_head": 0, "has_supporter": false}'), ('destitute_support', true, '{"birth_date": "1980-01-01", "disability_level": "2", "income_per_head": 0, "has_supporter": false}'),
  ('destitute_support', false, '{"birth_date": "1966-03-03", "income_per_head": 0, "has_supporter": false}'), ('destitute_support', false, '{"birth_date": "2010-03-02", "income_per_head": 0, "has_supporter": false}'), ('destitute_support', false, '{"birth_date": "1950-01-01", "income_per_head": 0, "has_supporter": true}'),
  ('temporary_relief', true, '{"hardship_on": "2026-03-02", "income_per_head": 2000}'), ('temporary_relief', true, '{"hardship_on": "2025-09-03", "income_per_head": 0}'), ('temporary_relief', true, '{"hardship_on": "2026-01-31", "income_per_head": 2109}'),
  ('temporary_relief', false, '{"hardship_on": "2025-09-02", "income_per_head": 0}'), ('temporary_relief', false, '{"hardship_on": "2026-03-01", "income_per_head": 2110}'), ('temporary_relief', false, '{"income_per_head": 0}'),
  ('medical_aid', true, '{"medical_insured": true, "medical_self_paid": 3001, "aid_class": "dibao"}'), ('medical_aid', true, '{"medical_insured": true, "medical_self_paid": 9000, "aid_class": "destitute"}'), ('medical_aid', true, '{"medical_insured": true, "medical_self_paid": 9000, "aid_class": "marginal"}'),
  ('medical_aid', false, '{"medical_insured": true, "medical_self_paid": 3000, "aid_class": "dibao"}'), ('medical_aid', false, '{"medical_insured": false, "medical_self_paid": 9000, "aid_class": "dibao"}'), ('medical_aid', false, '{"medical_insured": true, "medical_self_paid": 9000, "aid_class": "none"}'),
  ('unemployment_benefit', true, '{"employment": "unemployed", "involuntary": true, "unemployment_insured_months": 12, "unemployed_since": "2026-01-01"}'), ('unemployment_benefit', true, '{"employment": "unemployed", "involuntary": true, "unemployment_insured_months": 100, "unemployed_since": "2024-03-03"}'), ('unemployment_benefit', true, '{"employment": "unemployed", "involuntary": true, "unemployment_insured_months": 60, "unemployed_since": "2026-03-02"}'),
  ('unemployment_benefit', false, '{"employment": "unemployed", "involuntary": true, "unemployment_insured_months": 11, "unemployed_since": "2026-01-01"}'), ('unemployment_benefit', false, '{"employment": "unemployed", "involuntary": false, "unemployment_insured_months": 60, "unemployed_since": "2026-01-01"}'), ('unemployment_benefit', false, '{"employment": "unemployed", "involuntary": true, "unemployment_insured_months": 60, "unemployed_since": "2024-03-02"}'),
  ('hard_employment_insurance', true, '{"employment_difficulty": true, "employment": "flexible", "social_insured": true}'), ('hard_employment_insurance', true, '{"employment_difficulty": true, "employment": "flexible", "social_insured": true, "sex": "1"}'), ('hard_employment_insurance', true, '{"employment_difficulty": true, "employment": "flexible", "social_insured": true, "sex": "2"}'),
  ('hard_employment_insurance', false, '{"employment_difficulty": false, "employment": "flexible", "social_insured": true}'), ('hard_employment_insurance', false, '{"employment_difficulty": true, "employment": "employed", "social_insured": true}'), ('hard_employment_insurance', false, '{"employment_difficulty": true, "employment": "flexible", "social_insured": false}'),
  ('veteran_allowance', true, '{"birth_date": "1966-03-02", "veteran_kind": "rural_soldier"}'), ('veteran_allowance', true, '{"birth_date": "1950-05-05", "veteran_kind": "rural_soldier"}'), ('veteran_allowance', true, '{"birth_date": "1964-02-29", "veteran_kind": "rural_soldier"}'),
  ('veteran_allowance', false, '{"birth_date": "1966-03-03", "veteran_kind": "rural_soldier"}'), ('veteran_allowance', false, '{"birth_date": "1950-05-05", "veteran_kind": "other"}'), ('veteran_allowance', false, '{"birth_date": "1950-05-05"}'),
  ('family_planning_support', true, '{"birth_date": "1977-03-02", "sex": "2", "family_loss": "died"}'), ('family_planning_support', true, '{"birth_date": "1960-01-01", "sex": "2", "family_loss": "disabled"}'), ('family_planning_support', true, '{"birth_date": "1976-02-29", "sex": "2", "family_loss": "died"}'),
  ('family_planning_support', false, '{"birth_date": "1977-03-03", "sex": "2", "family_loss": "died"}'), ('family_planning_support', false, '{"birth_date": "1960-01-01", "sex": "1", "family_loss": "died"}'), ('family_planning_support', false, '{"birth_date": "1960-01-01", "sex": "2"}'),
  ('maternity_allowance', true, '{"maternity_insured": true, "gave_birth_on": "2026-03-02"}'), ('maternity_allowance', true, '{"maternity_insured": true, "gave_birth_on": "2025-03-03"}'), ('maternity_allowance', true, '{"maternity_insured": true, "gave_birth_on": "2025-10-31"}'),
  ('maternity_allowance', false, '{"maternity_insured": true, "gave_birth_on": "2025-03-02"}'), ('maternity_allowance', false, '{"maternity_insured": false, "gave_birth_on": "2026-03-01"}'), ('maternity_allowance', false, '{"maternity_insured": true}'),
  ('childcare_subsidy', true, '{"birth_date": "2023-03-03", "local_register": true}'), ('childcare_subsidy', true, '{"birth_date": "2026-03-02", "local_register": true}'), ('childcare_subsidy', true, '{"birth_date": "2024-02-29", "local_register": true}'),
  ('childcare_subsidy', false, '{"birth_date": "2023-03-02", "local_register": true}'), ('childcare_subsidy', false, '{"birth_date": "2025-01-01", "local_register": false}'), ('childcare_subsidy', false, '{"birth_date": "1990-01-01", "local_register": true}'),
  ('public_rental_subsidy', true, '{"birth_date": "2008-03-02", "local_register": true, "owns_home": false, "income_per_head": 3499}'), ('public_rental_subsidy', true, '{"birth_date": "1990-01-01", "local_register": true, "owns_home": false, "income_per_head": 0}'), ('public_rental_subsidy', true, '{"birth_date": "1960-01-01", "local_register": true, "owns_home": false, "income_per_head": 2000}'),
  ('public_rental_subsidy', false, '{"birth_date": "2008-03-03", "local_register": true, "owns_home": false, "income_per_head": 0}'), ('public_rental_subsidy', false, '{"birth_date": "1990-01-01", "local_register": true, "owns_home": true, "income_per_head": 0}'), ('public_rental_subsidy', false, '{"birth_date": "1990-01-01", "local_register": true, "owns_home": false, "income_per_head": 3500}');
SELECT count(say(n, facts || '{"home_area": "320117001001"}')) AS residents FROM example;
ALTER TABLE example ADD resident_id bigint;
UPDATE example SET resident_id = r.resident_id FROM liskeban.resident AS r WHERE r.identity_hash = liskeban._keyed_hash(check_digit('3201171900010' || to_char(1000 + n, 'FM0000')), liskeban._identity_key());
SELECT entitled > 48 AS entitled, lapsed FROM liskeban.match_policies();
SELECT x.policy, count(*) FILTER (WHERE x.qualifies AND e.entitlement_id IS NOT NULL) AS qualify, count(*) FILTER (WHERE NOT x.qualifies AND e.entitlement_id IS NULL) AS do_not
  FROM example AS x LEFT JOIN liskeban.entitlement AS e ON (e.resident_id, e.policy) = (x.resident_id, x.policy) AND e.until IS NULL GROUP BY 1 ORDER BY 1;
SELECT liskeban.match_policies();
-- why, in words: of each policy its first example
SELECT liskeban._explained(e) FROM example AS x JOIN liskeban.entitlement AS e ON (e.resident_id, e.policy) = (x.resident_id, x.policy) WHERE x.n % 6 = 1 ORDER BY x.n;
SELECT count(*) FROM liskeban.entitlement AS e WHERE liskeban._explained(e) IS NULL OR liskeban._explained(e) ~ '[a-z$@]';

-- ---- incremental matching is looking at everybody anew ----
CREATE FUNCTION load_people(households integer, seed integer, day date, part double precision, salt integer) RETURNS TABLE (source text, read bigint, rejected bigint) LANGUAGE sql AS $$
  SELECT g.source, l.read, l.rejected
    FROM (SELECT p.source, array_agg(jsonb_build_object('identity_number', p.number, 'as_of', day, 'attributes', p.attributes) ORDER BY p.person) AS rows
            FROM people(households, seed, day, '{320117001001,320117001002}') AS p WHERE draw(p.person, salt, seed) < part GROUP BY p.source) AS g
   CROSS JOIN LATERAL liskeban.load_residents(g.source, g.rows) AS l
$$;
SELECT count(*) AS sources, sum(read) > 2000 AS many, sum(rejected) AS rejected FROM load_people(500, 7, '2026-03-02', 1, 60);
SELECT entitled > 150 AS many FROM liskeban.match_policies();
SELECT differences('2026-03-02');
-- a week: each day some are told of anew with other draws, some die, some move, a rule changes, a policy ends and one begins
SET liskeban.now = '2026-03-03 09:00+08';
SELECT sum(rejected) FROM load_people(40, 7, '2026-03-03', 0.3, 61);
SELECT created + changed > 0 FROM liskeban.load_residents('health', ARRAY(SELECT jsonb_build_object('identity_number', p.number, 'attributes', '{"died_on": "2026-03-03"}'::jsonb)
  FROM people(500, 7, '2026-03-02', '{320117001001,320117001002}') AS p WHERE p.source = 'public_security' AND draw(p.person, 62, 7) < 0.02));
SELECT lapsed > 0 AS lapsed FROM liskeban.match_policies();
SELECT differences('2026-03-03');
SELECT count(*) > 0 AS some, bool_and(e.until = '2026-03-03' AND e.why -> 'lapsed' ->> 'reason' = 'died') AS same_day FROM liskeban.entitlement AS e JOIN liskeban.resident AS r USING (resident_id) WHERE r.facts ? 'died_on';
UPDATE liskeban.policy SET eligibility = '$.age >= 75 && $.local_register == true' WHERE code = 'old_age_allowance';
UPDATE liskeban.policy SET valid_to = '2026-03-05' WHERE code = 'minimum_living';
UPDATE liskeban.policy SET valid_from = '2026-03-07' WHERE code = 'childcare_subsidy';
SELECT entitled > 0 AS entitled, lapsed > 0 AS lapsed FROM liskeban.match_policies();
SELECT differences('2026-03-03');
SET liskeban.now = '2026-03-05 09:00+08';
SELECT sum(rejected) FROM load_people(60, 8, '2026-03-05', 0.5, 63);
SELECT created + changed > 0 FROM liskeban.load_residents('public_security', ARRAY(SELECT jsonb_build_object('identity_number', p.number, 'attributes', '{"moved_away_on": "2026-03-06"}'::jsonb)
  FROM people(500, 7, '2026-03-02', '{320117001001,320117001002}') AS p WHERE p.source = 'public_security' AND draw(p.person, 64, 7) < 0.02));
SELECT entitled > 0 AS entitled FROM liskeban.match_policies();
SELECT differences('2026-03-05');
SET liskeban.now = '2026-03-09 09:00+08';
SELECT entitled > 0 AS entitled, lapsed > 0 AS lapsed FROM liskeban.match_policies();
SELECT differences('2026-03-09');
-- what time brought stands at its own day
SELECT policy, min(until), max(until) FROM liskeban.entitlement WHERE policy = 'minimum_living' AND why -> 'lapsed' ->> 'reason' = 'policy_ended' GROUP BY 1;
SELECT policy, min(since) FROM liskeban.entitlement WHERE policy = 'childcare_subsidy' AND since > '2026-03-05' GROUP BY 1;
SELECT count(*) > 0, bool_and(e.until = '2026-03-06') FROM liskeban.entitlement AS e JOIN liskeban.resident AS r USING (resident_id) WHERE r.facts ->> 'moved_away_on' = '2026-03-06' AND e.why -> 'lapsed' ->> 'reason' = 'moved_away';
-- a change of trust
DELETE FROM liskeban.attribute_trust WHERE attribute = 'income_per_head' AND source = 'human_resources';
UPDATE liskeban.attribute_trust SET rank = 5 WHERE attribute = 'birth_date' AND source = 'public_security';
SELECT entitled, lapsed FROM liskeban.match_policies();
SELECT differences('2026-03-09');
SELECT count(*) FROM liskeban.entitlement AS e WHERE why IS NULL OR liskeban._explained(e) IS NULL;
SELECT code('SELECT liskeban.match_policies(''2026-03-08'')'), code('SELECT liskeban.match_policies(''2026-03-10'')'), code('SELECT liskeban.match_policies(''infinity'')');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT liskeban.match_policies();
ROLLBACK;

-- ---- a dry run is what would come of it ----
CREATE TEMP TABLE tried AS SELECT * FROM liskeban.try_policy('old_age_allowance', '$.age >= 90 || $.age == 70');
SELECT change, count(*) > 0 FROM tried GROUP BY 1 ORDER BY 1;
CREATE TEMP TABLE stood AS SELECT resident_id FROM liskeban.entitlement WHERE policy = 'old_age_allowance' AND until IS NULL;
UPDATE liskeban.policy SET eligibility = '$.age >= 90 || $.age == 70' WHERE code = 'old_age_allowance';
SELECT t.n = m.entitled + m.lapsed AS alike FROM (SELECT count(*) AS n FROM tried) AS t, liskeban.match_policies() AS m;
SELECT count(*) FROM (SELECT resident_id FROM stood EXCEPT SELECT resident_id FROM tried WHERE change = 'loses' UNION ALL SELECT resident_id FROM tried WHERE change = 'gains') AS w
  FULL JOIN (SELECT resident_id FROM liskeban.entitlement WHERE policy = 'old_age_allowance' AND until IS NULL) AS e USING (resident_id) WHERE (w.resident_id IS NULL) <> (e.resident_id IS NULL);
SELECT code($$SELECT liskeban.try_policy('old_age_allowance', '$.income_per_head > 1')$$), code($$SELECT liskeban.try_policy('nothing', '$.age > 1')$$), code($$SELECT liskeban.try_policy(NULL, '$.age > 1')$$), code($$SELECT liskeban.try_policy('old_age_allowance', '$.age')$$);

-- ---- what comes of it ----
SET client_min_messages = warning;
DO $$ DECLARE r text; BEGIN
  FOREACH r IN ARRAY '{chief:admin,desk:dispatcher,civil:handler,v1:handler,v2:handler,reader:analyst,feed:source}'::text[] LOOP
    EXECUTE format('DROP ROLE IF EXISTS %I', 'po_' || split_part(r, ':', 1));
    EXECUTE format('CREATE ROLE %I LOGIN IN ROLE %I', 'po_' || split_part(r, ':', 1), 'liskeban_' || split_part(r, ':', 2));
  END LOOP;
END $$;
RESET client_min_messages;
INSERT INTO liskeban.membership (role_name, duty, area, department) VALUES ('po_chief', 'admin', NULL, NULL), ('po_desk', 'dispatcher', '320117', NULL), ('po_civil', 'handler', NULL, 'civil_affairs'),
  ('po_v1', 'handler', '320117001001', NULL), ('po_v2', 'handler', '320117001002', NULL), ('po_reader', 'analyst', NULL, NULL);
SELECT resident_id AS kid, min(entitlement_id) FILTER (WHERE policy = 'orphan_support') AS orphan FROM liskeban.entitlement WHERE resident_id = (SELECT resident_id FROM example WHERE policy = 'orphan_support' AND n % 6 = 2) GROUP BY 1 \gset
SET SESSION AUTHORIZATION po_v1;
SELECT count(*) > 0 AS own, bool_and(area::text = '320117001001') AS only_own FROM liskeban.entitlement;
SELECT why FROM liskeban.entitlement;
SELECT * FROM liskeban.resident;
SELECT liskeban.notify_entitlement(:orphan, '已上门告知');
SELECT liskeban.notify_entitlement(:orphan);
SELECT count(*) FROM liskeban.apply_scene(:kid, 'child', '监护人申请');
SELECT count(*) FROM liskeban.apply_scene(:kid, 'child', '再次');
SELECT liskeban.decide_entitlement(:orphan, true, '同意');
SET SESSION AUTHORIZATION po_v2;
SELECT liskeban.notify_entitlement(:orphan);
SELECT liskeban.explain_entitlement(:orphan, '看看');
SET SESSION AUTHORIZATION po_civil;
SELECT bool_and(department = 'civil_affairs') FROM liskeban.entitlement;
SELECT liskeban.decide_entitlement(:orphan, true, ' ');
SELECT liskeban.decide_entitlement(:orphan, NULL, 'x');
SELECT liskeban.decide_entitlement(:orphan, true, '符合条件');
SELECT liskeban.decide_entitlement(:orphan, false, '改判');
SELECT liskeban.explain_entitlement(:orphan, '答复咨询');
SELECT liskeban.explain_entitlement(:orphan, '');
SELECT liskeban.match_policies();
SET SESSION AUTHORIZATION po_desk;
SELECT entitlement_id AS other FROM liskeban.entitlement WHERE policy = 'family_planning_support' AND state = 'found' ORDER BY 1 LIMIT 1 \gset
SELECT liskeban.apply_entitlement(:other), liskeban.apply_entitlement(NULL);
SELECT liskeban.apply_entitlement(:other);
SELECT liskeban.decide_entitlement(:other, true, '自批');
SET SESSION AUTHORIZATION po_reader;
SELECT sum(entitlements) > 0 FROM liskeban_report.entitlement_count;
SELECT * FROM liskeban.entitlement;
SELECT liskeban.explain_entitlement(:orphan, '统计');
SET SESSION AUTHORIZATION po_chief;
SELECT code('UPDATE liskeban.policy SET amount = 120 WHERE code = ''old_age_allowance'''), code('UPDATE liskeban.entitlement SET state = ''granted'''), code('DELETE FROM liskeban.policy'), code('SELECT why FROM liskeban.entitlement');
RESET SESSION AUTHORIZATION;
-- granted no longer holds: it lapses with the reason, and what it was granted on is still told
SELECT changed FROM liskeban.load_residents('civil_affairs', ARRAY(SELECT jsonb_build_object('identity_number', check_digit('3201171900010' || to_char(1000 + n, 'FM0000')), 'attributes', '{"orphan": null}'::jsonb) FROM example WHERE resident_id = :kid));
SELECT * FROM liskeban.match_policies();
SELECT liskeban._explained(e) FROM liskeban.entitlement AS e WHERE entitlement_id = :orphan;
-- applied for, and no longer so
SELECT liskeban.act_as('po_v1');
SELECT entitlement_id AS late FROM liskeban.entitlement WHERE policy = 'disabled_care_subsidy' AND state = 'found' AND area::text = '320117001001' AND until IS NULL AND resident_id = (SELECT resident_id FROM example WHERE policy = 'disabled_care_subsidy' ORDER BY n LIMIT 1) \gset
SELECT liskeban.apply_entitlement(:late);
SELECT liskeban.act_as(NULL);
SELECT changed FROM liskeban.load_residents('health', ARRAY(SELECT jsonb_build_object('identity_number', check_digit('3201171900010' || to_char(1000 + n, 'FM0000')), 'attributes', '{"disability_level": "4"}'::jsonb) FROM example WHERE policy = 'disabled_care_subsidy' ORDER BY n LIMIT 1));
SELECT liskeban.decide_entitlement(:late, true, '同意');
SELECT liskeban.decide_entitlement(:late, false, '等级变化');
SELECT lapsed FROM liskeban.match_policies();
SELECT state, until FROM liskeban.entitlement WHERE entitlement_id = :late;

-- ---- tickets to the villages, beside the figures of demands ----
SELECT liskeban.raise_policy_tickets(3), liskeban.raise_policy_tickets(0), code('SELECT liskeban.raise_policy_tickets(-1)'), code('SELECT liskeban.raise_policy_tickets(NULL)');
SELECT t.kind, t.state, t.responsible_area = e.area AS village, t.area = e.area AS placed, t.title ~ '^政策找人：' AS titled, t.description ~ '[0-9]{15}' AS numbers
  FROM liskeban.ticket AS t JOIN liskeban.entitlement AS e USING (ticket_id) ORDER BY t.ticket_id;
SELECT sum(received) FROM liskeban.kpi('2026-03-01', '2026-03-09', 'district');
SELECT * FROM liskeban.check_invariants();

-- ---- in time it goes ----
SELECT count(*) > 0 AS gone FROM liskeban.resident WHERE gone_on < '2026-03-09';
SET liskeban.now = '2026-12-01 09:00+08';
SELECT liskeban.anonymise_before('2026-03-09') > 0;
SELECT count(*) FROM liskeban.resident WHERE gone_on < '2026-03-09' AND (identity_hash IS NOT NULL OR facts <> '{}' OR claims <> '{}');
SELECT count(*) FROM liskeban.entitlement AS e JOIN liskeban.resident AS r USING (resident_id) WHERE r.cleared_at IS NOT NULL AND (e.why IS NOT NULL OR e.note IS NOT NULL);
SELECT * FROM liskeban.verify_ledgers();
\c postgres
DROP DATABASE regress_liskeban_policy;
