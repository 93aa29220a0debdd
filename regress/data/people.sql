-- Synthetic residents, drawn from a seed: households (alone, couples, parents with children, three generations), ages and
-- sexes that follow from who is who, and what each department knows of them; and what policies come to by looking at everybody.
--
--   SELECT * FROM people(households, seed, today, villages)     rows as load_residents() takes them, by source
--   SELECT * FROM brute_force(day)                              who is entitled to what, by another way than the platform's
--   SELECT differences(day)                                     between that and the entitlements that stand
--   SELECT say(n, facts)                                        has resident n told of by those who are trusted most
--   SELECT code(statement)                                      its SQLSTATE, or ok
CREATE FUNCTION check_digit(stem text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT stem || substr('10X98765432', (SELECT sum(substr(stem, i, 1)::integer * ('{7,9,10,5,8,4,2,1,6,3,7,9,10,5,8,4,2}'::integer[])[i])::integer
                                          FROM generate_series(1, 17) AS i) % 11 + 1, 1)
$$;
-- one of [0, 1) for each number, salt and seed
CREATE FUNCTION draw(n bigint, salt integer, seed integer) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (hashint8extended(n * 64 + salt, seed) & 2147483647) / 2147483648.0
$$;
-- Of a hundred households 18 are one person; the head's age rises from 24 to 90; children are 22 to 36 years
-- younger and leave by 30, a grandparent is 22 to 31 years older; the median of income a head is 4,500.
CREATE FUNCTION people(households integer, seed integer, today date, villages text[])
RETURNS TABLE (person bigint, number text, source text, attributes jsonb) LANGUAGE sql STABLE AS $$
  WITH household AS (
    SELECT h, draw(h, 1, seed) AS size_drawn, 24 + floor(66 * draw(h, 2, seed) ^ 1.5) AS head_age, villages[1 + floor(cardinality(villages) * draw(h, 3, seed))::integer] AS village,
           draw(h, 4, seed) AS local_drawn, round((4500 * (d / (1 - d)) ^ 0.45)::numeric) AS income, draw(h, 33, seed) < 0.8 AS man_heads
      FROM generate_series(1, households) AS h CROSS JOIN LATERAL (SELECT least(greatest(draw(h, 6, seed), 0.0005), 0.9995) AS d) AS x
  ), member AS (
    SELECT h.*, m, h.h * 8 + m AS person,
           -- head, spouse, child, child, grandparent
           CASE m WHEN 1 THEN man_heads WHEN 2 THEN NOT man_heads WHEN 5 THEN draw(h.h * 8 + 5, 5, seed) < 0.35 ELSE draw(h.h * 8 + m, 5, seed) < 0.525 END AS man,
           floor(CASE m WHEN 1 THEN h.head_age WHEN 2 THEN greatest(22, h.head_age - 5 + 8 * draw(h.h * 8 + m, 7, seed))
                        WHEN 5 THEN h.head_age + 22 + 9 * draw(h.h * 8 + m, 7, seed)
                        ELSE h.head_age - 22 - 14 * draw(h.h * 8 + m, 7, seed) END)::integer AS age
      FROM household AS h
     CROSS JOIN LATERAL generate_series(1, CASE WHEN h.size_drawn < 0.18 THEN 1 WHEN h.size_drawn < 0.38 THEN 2 WHEN h.size_drawn < 0.65 THEN 3 WHEN h.size_drawn < 0.87 THEN 4 ELSE 5 END) AS m
  ), born AS (
    SELECT m.*, today - (m.age * 365.2425)::integer - floor(365 * draw(m.person, 8, seed))::integer AS birth FROM member AS m
     WHERE m.age BETWEEN 0 AND CASE WHEN m.m IN (3, 4) THEN 30 ELSE 102 END
  ), one AS MATERIALIZED (
    SELECT b.*, extract(year FROM age(today, b.birth))::integer AS years, check_digit('320117' || to_char(b.birth, 'YYYYMMDD') || to_char(b.seq, 'FM000')) AS number,
           max(b.birth) FILTER (WHERE b.m IN (3, 4)) OVER (PARTITION BY b.h) AS youngest
      -- the order's last digit is odd for a man
      FROM (SELECT k.*, 2 * row_number() OVER (PARTITION BY k.birth, k.man ORDER BY k.person) - k.man::integer AS seq FROM born AS k) AS b
     WHERE b.seq < 1000
  )
  SELECT o.person, o.number, x.source, x.attributes
    FROM one AS o
   CROSS JOIN LATERAL (VALUES
     ('public_security', jsonb_build_object('name', '居民' || o.person, 'sex', CASE WHEN o.man THEN '1' ELSE '2' END, 'birth_date', o.birth, 'home_area', o.village,
        'local_register', o.local_drawn < 0.8), true),
     ('civil_affairs', jsonb_build_object('income_per_head', o.income, 'aid_class', CASE WHEN o.income < 1055 THEN 'dibao' WHEN o.income < 1600 THEN 'marginal' ELSE 'none' END,
        'has_supporter', o.size_drawn >= 0.18 OR draw(o.person, 10, seed) < 0.7)
      || CASE WHEN o.years < 18 THEN jsonb_build_object('orphan', draw(o.person, 11, seed) < 0.01, 'unattended', draw(o.person, 12, seed) < 0.02) ELSE '{}' END
      || CASE WHEN draw(o.person, 13, seed) < 0.05 THEN jsonb_build_object('hardship_on', today - floor(400 * draw(o.person, 14, seed))::integer) ELSE '{}' END, o.income < 3000),
     ('health', jsonb_strip_nulls(jsonb_build_object('disability_level', CASE WHEN draw(o.person, 15, seed) < 0.06 THEN (1 + floor(4 * draw(o.person, 16, seed)))::text END,
        'family_loss', CASE WHEN o.years > 45 AND draw(o.person, 17, seed) < 0.01 THEN 'died' END,
        'gave_birth_on', CASE WHEN o.m <= 2 AND NOT o.man AND o.youngest > today - 730 THEN o.youngest END)),
        draw(o.person, 15, seed) < 0.06 OR o.years > 45 AND draw(o.person, 17, seed) < 0.01 OR o.m <= 2 AND NOT o.man AND o.youngest > today - 730),
     ('human_resources', jsonb_build_object('employment', CASE WHEN o.years >= 60 THEN 'retired' WHEN draw(o.person, 20, seed) < 0.05 THEN 'unemployed' WHEN draw(o.person, 20, seed) < 0.3 THEN 'flexible' ELSE 'employed' END,
        'involuntary', draw(o.person, 21, seed) < 0.5, 'unemployment_insured_months', floor(120 * draw(o.person, 22, seed)), 'employment_difficulty', draw(o.person, 23, seed) < 0.1, 'social_insured', true,
        'unemployed_since', today - floor(1000 * draw(o.person, 24, seed))::integer), o.years BETWEEN 18 AND 64 AND draw(o.person, 20, seed) < 0.35),
     ('medical_security', jsonb_build_object('medical_insured', draw(o.person, 25, seed) < 0.95, 'medical_self_paid', round((20000 * draw(o.person, 26, seed) ^ 4)::numeric), 'maternity_insured', draw(o.person, 27, seed) < 0.7), draw(o.person, 28, seed) < 0.3),
     ('housing_construction', jsonb_build_object('owns_home', draw(o.h, 29, seed) < 0.9), o.m = 1 AND draw(o.h, 30, seed) < 0.5),
     ('veterans', jsonb_build_object('veteran_kind', CASE WHEN draw(o.person, 31, seed) < 0.5 THEN 'rural_soldier' ELSE 'other' END), o.man AND o.years > 25 AND draw(o.person, 32, seed) < 0.05)
   ) AS x(source, attributes, known)
   WHERE x.known
$$;
-- Knows nothing of what the platform goes by: _facts_on(), next_change, match_pending.
CREATE FUNCTION full_periods(since date, day date, step integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN since <= day THEN n - (since + n * step * interval '1 month' > day)::integer END
    FROM (SELECT ((extract(year FROM day) - extract(year FROM since)) * 12 + extract(month FROM day) - extract(month FROM since))::integer / step) AS m(n)
$$;
CREATE FUNCTION brute_force(day date) RETURNS TABLE (resident_id bigint, policy text) LANGUAGE sql AS $$
  SELECT r.resident_id, p.code
    FROM (SELECT r.*, r.facts || jsonb_strip_nulls(jsonb_build_object(
            'age', full_periods((r.facts ->> 'birth_date')::date, day, 12), 'hardship_months', full_periods((r.facts ->> 'hardship_on')::date, day, 1),
            'unemployed_months', full_periods((r.facts ->> 'unemployed_since')::date, day, 1), 'birth_months', full_periods((r.facts ->> 'gave_birth_on')::date, day, 1))) AS known
            FROM liskeban.resident AS r OFFSET 0) AS r, liskeban.policy AS p
   WHERE r.area IS NOT NULL AND coalesce((r.facts ->> 'died_on')::date > day, true) AND coalesce((r.facts ->> 'moved_away_on')::date > day, true)
     AND day BETWEEN p.valid_from AND coalesce(p.valid_to, 'infinity') AND jsonb_path_match(r.known, p.eligibility, silent => true)
$$;
CREATE FUNCTION differences(day date) RETURNS bigint LANGUAGE sql AS $$
  SELECT count(*) FROM (SELECT resident_id, policy FROM brute_force(day)) AS b FULL JOIN (SELECT resident_id, policy FROM liskeban.entitlement WHERE until IS NULL) AS e USING (resident_id, policy)
   WHERE b.policy IS NULL OR e.policy IS NULL
$$;
-- The n-th resident of the tests; each fact is said by the department that is trusted most of it.
CREATE FUNCTION say(n integer, facts jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  part record;
BEGIN
  FOR part IN SELECT t.source, jsonb_object_agg(f.key, f.value) AS attributes FROM jsonb_each(facts) AS f JOIN liskeban.attribute_trust AS t ON t.attribute = f.key AND t.rank = 1 GROUP BY t.source ORDER BY 1 LOOP
    IF (SELECT l.rejected FROM liskeban.load_residents(part.source, ARRAY[jsonb_build_object('identity_number', check_digit('3201171900010' || to_char(1000 + n, 'FM0000')), 'attributes', part.attributes)]) AS l) > 0 THEN
      RAISE EXCEPTION '% % %', n, part.source, (SELECT r.reason FROM liskeban.resident_reject AS r ORDER BY r.reject_id DESC LIMIT 1);
    END IF;
  END LOOP;
END $$;
CREATE FUNCTION code(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  RETURN 'ok';
EXCEPTION WHEN OTHERS OR query_canceled THEN
  RETURN SQLSTATE;
END $$;
