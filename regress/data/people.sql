-- Synthetic residents, drawn from a seed: households of one to five (alone, couples, parents with children, three generations),
-- ages that follow from who is who, and what each department knows of them.
--
--   SELECT * FROM people(households, seed, today, villages)     rows as load_residents() takes them, by source
CREATE FUNCTION check_digit(stem text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT stem || substr('10X98765432', (SELECT sum(substr(stem, i, 1)::integer * ('{7,9,10,5,8,4,2,1,6,3,7,9,10,5,8,4,2}'::integer[])[i])::integer
                                          FROM generate_series(1, 17) AS i) % 11 + 1, 1)
$$;
-- one of [0, 1) for each number, salt and seed
CREATE FUNCTION draw(n bigint, salt integer, seed integer) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (hashint8extended(n * 64 + salt, seed) & 2147483647) / 2147483648.0
$$;
CREATE FUNCTION people(households integer, seed integer, today date, villages text[])
RETURNS TABLE (person bigint, number text, source text, attributes jsonb) LANGUAGE sql STABLE AS $$
  WITH household AS (
    SELECT h, draw(h, 1, seed) AS size_drawn, 24 + floor(66 * draw(h, 2, seed) ^ 1.3) AS head_age, villages[1 + floor(cardinality(villages) * draw(h, 3, seed))::integer] AS village,
           draw(h, 4, seed) AS local_drawn, draw(h, 5, seed) AS poor_drawn, round((300 + 9000 * draw(h, 6, seed) ^ 2)::numeric) AS income
      FROM generate_series(1, households) AS h
  ), member AS (
    SELECT h.*, m, h.h * 8 + m AS person,
           -- head, spouse, child, child, grandparent
           greatest(0, least(104, floor(CASE m WHEN 1 THEN h.head_age WHEN 2 THEN h.head_age - 4 + 8 * draw(h.h * 8 + m, 7, seed)
                                               WHEN 5 THEN h.head_age + 24 + 8 * draw(h.h * 8 + m, 7, seed)
                                               ELSE h.head_age - 24 - 12 * draw(h.h * 8 + m, 7, seed) END)))::integer AS age
      FROM household AS h
     CROSS JOIN LATERAL generate_series(1, CASE WHEN h.size_drawn < 0.15 THEN 1 WHEN h.size_drawn < 0.45 THEN 2 WHEN h.size_drawn < 0.72 THEN 3 WHEN h.size_drawn < 0.87 THEN 4 ELSE 5 END) AS m
  ), born AS (
    SELECT m.*, today - (m.age * 365.2425)::integer - floor(365 * draw(m.person, 8, seed))::integer AS birth FROM member AS m
  ), one AS MATERIALIZED (
    SELECT b.*, extract(year FROM age(today, b.birth))::integer AS years, s.seq, check_digit('320117' || to_char(b.birth, 'YYYYMMDD') || to_char(s.seq % 1000, 'FM000')) AS number,
           '2026-01-01'::date + floor(50 * draw(b.person, 9, seed))::integer AS said
      FROM born AS b CROSS JOIN LATERAL (SELECT b.person AS seq) AS p
      JOIN (SELECT k.person, row_number() OVER (PARTITION BY k.birth ORDER BY k.person) AS seq FROM born AS k) AS s USING (person)
     WHERE s.seq < 1000
  )
  SELECT o.person, o.number, x.source, x.attributes
    FROM one AS o
   CROSS JOIN LATERAL (VALUES
     ('public_security', jsonb_build_object('name', '居民' || o.person, 'sex', CASE WHEN o.seq % 2 = 1 THEN '1' ELSE '2' END, 'birth_date', o.birth, 'home_area', o.village,
        'local_register', o.local_drawn < 0.8), true),
     ('civil_affairs', jsonb_build_object('income_per_head', o.income, 'aid_class', CASE WHEN o.income < 1055 THEN 'dibao' WHEN o.income < 1600 THEN 'marginal' ELSE 'none' END,
        'has_supporter', o.size_drawn >= 0.15 OR draw(o.person, 10, seed) < 0.7)
      || CASE WHEN o.years < 18 THEN jsonb_build_object('orphan', draw(o.person, 11, seed) < 0.01, 'unattended', draw(o.person, 12, seed) < 0.02) ELSE '{}' END
      || CASE WHEN draw(o.person, 13, seed) < 0.05 THEN jsonb_build_object('hardship_on', today - floor(400 * draw(o.person, 14, seed))::integer) ELSE '{}' END, o.income < 3000),
     ('health', jsonb_strip_nulls(jsonb_build_object('disability_level', CASE WHEN draw(o.person, 15, seed) < 0.06 THEN (1 + floor(4 * draw(o.person, 16, seed)))::text END,
        'family_loss', CASE WHEN o.years > 45 AND draw(o.person, 17, seed) < 0.01 THEN 'died' END,
        'gave_birth_on', CASE WHEN o.seq % 2 = 0 AND o.years BETWEEN 22 AND 40 AND draw(o.person, 18, seed) < 0.1 THEN today - floor(700 * draw(o.person, 19, seed))::integer END)),
        draw(o.person, 15, seed) < 0.06 OR o.years > 45 AND draw(o.person, 17, seed) < 0.01 OR o.seq % 2 = 0 AND o.years BETWEEN 22 AND 40 AND draw(o.person, 18, seed) < 0.1),
     ('human_resources', jsonb_build_object('employment', CASE WHEN o.years >= 60 THEN 'retired' WHEN draw(o.person, 20, seed) < 0.05 THEN 'unemployed' WHEN draw(o.person, 20, seed) < 0.3 THEN 'flexible' ELSE 'employed' END,
        'involuntary', draw(o.person, 21, seed) < 0.5, 'unemployment_insured_months', floor(120 * draw(o.person, 22, seed)), 'employment_difficulty', draw(o.person, 23, seed) < 0.1, 'social_insured', true,
        'unemployed_since', today - floor(1000 * draw(o.person, 24, seed))::integer), o.years BETWEEN 18 AND 64 AND draw(o.person, 20, seed) < 0.35),
     ('medical_security', jsonb_build_object('medical_insured', draw(o.person, 25, seed) < 0.95, 'medical_self_paid', round((20000 * draw(o.person, 26, seed) ^ 4)::numeric), 'maternity_insured', draw(o.person, 27, seed) < 0.7), draw(o.person, 28, seed) < 0.3),
     ('housing_construction', jsonb_build_object('owns_home', draw(o.h, 29, seed) < 0.9), o.m = 1 AND draw(o.h, 30, seed) < 0.5),
     ('veterans', jsonb_build_object('veteran_kind', CASE WHEN draw(o.person, 31, seed) < 0.5 THEN 'rural_soldier' ELSE 'other' END), o.seq % 2 = 1 AND o.years > 25 AND draw(o.person, 32, seed) < 0.05)
   ) AS x(source, attributes, known)
   WHERE x.known
$$;
