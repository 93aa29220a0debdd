-- What time alone brings: the day before and the day of birthdays, of 28 and 29 February in leap years and in common ones,
-- of months that have no such day; death and moving away; the same whether each day is matched or only the last.
CREATE DATABASE regress_liskeban_birthday TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
ALTER DATABASE regress_liskeban_birthday SET liskeban.identity_key_file = 'policy_birthday_test.key';
\c regress_liskeban_birthday
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'America/New_York';
SET datestyle = 'ISO, YMD';
\set VERBOSITY terse
\getenv srcdir PG_ABS_SRCDIR
\set people :srcdir '/data/people.sql'
\set ECHO none
\i :people
\set ECHO all
INSERT INTO liskeban.area (code, name) VALUES ('320117001', '甲镇'), ('320117001001', '甲村');
SELECT liskeban.make_identity_key();
SET liskeban.now = '2026-02-01 09:00+08';
CREATE TABLE life (n integer PRIMARY KEY, what text, facts jsonb);
INSERT INTO life VALUES
  (1, 'eighty, born 28 February', '{"birth_date": "1948-02-28", "local_register": true}'),
  (2, 'eighty, born 29 February', '{"birth_date": "1948-02-29", "local_register": true}'),
  (3, 'eighty, born 1 March', '{"birth_date": "1948-03-01", "local_register": true}'),
  (4, 'eighteen, born 28 February', '{"birth_date": "2008-02-28", "orphan": true}'),
  (5, 'eighteen, born 29 February', '{"birth_date": "2008-02-29", "orphan": true}'),
  (6, 'eighteen, born 1 March', '{"birth_date": "2008-03-01", "orphan": true}'),
  (7, 'eighteen, who rents', '{"birth_date": "2008-02-29", "local_register": true, "owns_home": false, "income_per_head": 2000}'),
  (8, 'forty-nine, born 29 February', '{"birth_date": "1976-02-29", "sex": "2", "family_loss": "died"}'),
  (9, 'forty-nine, born 28 February', '{"birth_date": "1977-02-28", "sex": "2", "family_loss": "died"}'),
  (10, 'three, born 29 February', '{"birth_date": "2024-02-29", "local_register": true}'),
  (11, 'three, born 28 February', '{"birth_date": "2025-02-28", "local_register": true}'),
  (12, 'half a year since 31 August', '{"hardship_on": "2025-08-31", "income_per_head": 2000}'),
  (13, 'half a year since 28 August', '{"hardship_on": "2025-08-28", "income_per_head": 2000}'),
  (14, 'half a year since 1 September', '{"hardship_on": "2025-09-01", "income_per_head": 2000}'),
  (15, 'two years since 29 February', '{"employment": "unemployed", "involuntary": true, "unemployment_insured_months": 60, "unemployed_since": "2024-02-29"}'),
  (16, 'a year since 28 February', '{"maternity_insured": true, "gave_birth_on": "2025-02-28"}'),
  (17, 'sixteen and destitute, born 1 March', '{"birth_date": "2010-03-01", "income_per_head": 0, "has_supporter": false}'),
  (18, 'sixty and destitute, born 29 February', '{"birth_date": "1968-02-29", "income_per_head": 0, "has_supporter": false}'),
  (19, 'sixty, who served, born 28 February', '{"birth_date": "1968-02-28", "veteran_kind": "rural_soldier"}'),
  (20, 'dies on his eightieth birthday', '{"birth_date": "1946-02-28", "local_register": true, "died_on": "2026-02-28"}'),
  (21, 'dies the day after it', '{"birth_date": "1946-02-28", "local_register": true, "died_on": "2026-03-01"}'),
  (22, 'moves away on it', '{"birth_date": "1946-02-28", "local_register": true, "moved_away_on": "2026-02-28"}'),
  (23, 'is eighty, and moves away', '{"birth_date": "1940-02-28", "local_register": true, "moved_away_on": "2026-03-02"}');
-- nobody dies before it has come; one may have said that he will move
SELECT count(say(n, (facts || '{"home_area": "320117001001"}') - 'died_on')) FROM life;
ALTER TABLE life ADD resident_id bigint;
UPDATE life SET resident_id = r.resident_id FROM liskeban.resident AS r WHERE r.identity_hash = liskeban._keyed_hash(check_digit('3201171900010' || to_char(1000 + n, 'FM0000')), liskeban._identity_key());
SELECT entitled, lapsed FROM liskeban.match_policies();
CREATE FUNCTION stands() RETURNS TABLE (n integer, policy text, since date, until date, reason text) LANGUAGE sql STABLE AS $$
  SELECT l.n, e.policy, e.since, e.until, e.why -> 'lapsed' ->> 'reason' FROM life AS l JOIN liskeban.entitlement AS e USING (resident_id) ORDER BY 1, 2, 3 $$;
CREATE FUNCTION die(day date) RETURNS bigint LANGUAGE sql AS $$ SELECT count(say(n, jsonb_build_object('died_on', day))) FROM life WHERE facts ->> 'died_on' = day::text $$;

-- only at the end, in a transaction that is undone
BEGIN;
SET LOCAL liskeban.now = '2026-03-02 00:01+08';
SELECT sum(die(d::date)) AS died FROM generate_series('2026-02-28'::date, '2026-03-01', '1 day') AS d;
SET LOCAL liskeban.now = '2028-03-01 23:59+08';
SELECT entitled, lapsed FROM liskeban.match_policies();
SELECT md5(string_agg(s::text, E'\n')) AS at_once FROM stands() AS s \gset
ROLLBACK;

-- day by day, with a minute to go and with a minute gone
CREATE FUNCTION on_day(day date) RETURNS TABLE (entitled bigint, lapsed bigint) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('liskeban.now', day || ' 23:59+08', false), die(day);
  RETURN QUERY SELECT m.entitled, m.lapsed FROM liskeban.match_policies() AS m;
END $$;
SELECT d::date AS day, m.* FROM unnest('{2026-02-27,2026-02-28,2026-03-01,2026-03-02,2027-02-27,2027-02-28,2027-03-01,2028-02-27,2028-02-28,2028-02-29,2028-03-01}'::date[]) AS d
 CROSS JOIN LATERAL on_day(d) AS m;
SELECT l.what, s.policy, s.since, s.until, s.reason FROM life AS l JOIN stands() AS s USING (n) WHERE s.since > '2026-02-01' OR s.until IS NOT NULL ORDER BY n, 2;
SELECT md5(string_agg(s::text, E'\n')) = :'at_once' AS alike FROM stands() AS s;
SELECT differences('2028-03-01');

-- Matched as of a day before that on which it was said: what changes between is not lost
SET liskeban.now = '2028-06-10 09:00+08';
SELECT say(100, '{"birth_date": "1948-06-08", "local_register": true, "home_area": "320117001001"}'), say(101, '{"birth_date": "1948-06-10", "local_register": true, "home_area": "320117001001"}'),
  say(102, '{"birth_date": "2010-06-09", "orphan": true, "home_area": "320117001001", "moved_away_on": "2028-06-11"}');
SELECT entitled, lapsed FROM liskeban.match_policies('2028-06-07');
SELECT differences('2028-06-07');
SELECT entitled, lapsed FROM liskeban.match_policies('2028-06-08');
SELECT entitled, lapsed FROM liskeban.match_policies('2028-06-09');
SELECT entitled, lapsed FROM liskeban.match_policies();
SELECT differences('2028-06-10');
-- and so the first time
TRUNCATE liskeban.entitlement, liskeban.match_pending;
UPDATE liskeban.match_state SET matched_on = NULL;
SELECT entitled > 0 AS entitled, lapsed FROM liskeban.match_policies('2028-06-07');
SELECT entitled, lapsed FROM liskeban.match_policies();
SELECT differences('2028-06-10');
-- a date that other months are counted from
SELECT code($$INSERT INTO liskeban.attribute (code, name, name_en, kind, unit, since, months) VALUES ('orphan_months', '成为孤儿至今', 'Months since', 'passed', '个月', 'birth_date', 3)$$);
SET liskeban.now = '2028-09-08 09:00+08';
SELECT count(*) > 0 FROM liskeban.match_policies();
SELECT differences('2028-09-08');
SELECT min(next_change) > '2028-09-08' AS none_missed FROM liskeban.resident;
SELECT * FROM liskeban.check_invariants();
\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_liskeban_birthday;
