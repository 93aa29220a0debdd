-- Signals over arrays of counts, against vectors that can be derived by hand and figures of R.
CREATE DATABASE regress_liskeban_signal TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_signal
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
RESET client_min_messages;
SET extra_float_digits = 0;

-- EARS. Days 1 to 7, 2 to 8 and 3 to 9 have mean 4 and deviation 1; so c2 of days 10 to 12 is the count less 4, and exactly 3
-- (c3: exactly 2) is no alarm yet
SELECT day, c1, c2, c3, c1_alarm, c2_alarm, c3_alarm FROM liskeban.ears('{3,5,3,5,3,5,4,3,5,6,5,6}') ORDER BY day;
SELECT day, c2, c3, c2_alarm, c3_alarm FROM liskeban.ears('{3,5,3,5,3,5,4,3,5,6,5,7}') WHERE day > 9 ORDER BY day;
SELECT counts, c1, c1_alarm FROM unnest('{7,8}'::float8[]) AS counts, liskeban.ears('{3,5,3,5,3,5,4}'::float8[] || counts) WHERE day = 8 ORDER BY counts;
-- without deviation: the limit; with a least deviation: that
SELECT day, c1, c2, c3, c1_alarm, c2_alarm, c3_alarm FROM liskeban.ears('{2,2,2,2,2,2,2,2,2,2,3,1}') WHERE day > 7 ORDER BY day;
SELECT day, c1, c2, c3, c1_alarm FROM liskeban.ears('{2,2,2,2,2,2,2,2,2,2,3,1}', min_sd => 0.5) WHERE day > 10 ORDER BY day;
-- a baseline of three days: mean 2, deviation 1
SELECT day, c1, c2, c3 FROM liskeban.ears('{1,2,3,5,2,8}', 3) ORDER BY day;
SELECT count(*) FROM liskeban.ears('{}');
SELECT liskeban.ears('{1,NULL,3}');
SELECT liskeban.ears('{{1,2},{3,4}}');
SELECT liskeban.ears('{1,NaN,3}');
SELECT liskeban.ears('{1,2,3}', 1);
SELECT liskeban.ears('{1,2,3}', min_sd => -1);

-- tails: ppois and pnbinom of R 4.2.2, to eleven digits
SELECT count(*), count(*) FILTER (WHERE abs(liskeban.poisson_tail(k, m) - p) > 1e-11 * p) AS differ
  FROM (VALUES
    (0, 0.001, 1.0), (1, 0.001, 0.0009995001666250082), (3, 0.001, 1.6654171665278078e-10), (20, 0.001, 4.106404902830124e-79),
    (0, 0.05, 1.0), (1, 0.05, 0.04877057549928599), (3, 0.05, 2.0067493624397955e-05), (20, 0.05, 3.7376265043110903e-45),
    (0, 2.5, 1.0), (1, 2.5, 0.9179150013761012), (3, 2.5, 0.4561868841166704), (20, 2.5, 3.480448752116279e-12), (0, 40.0, 1.0),
    (1, 40.0, 1.0), (3, 40.0, 0.9999999999999964), (20, 40.0, 0.9998236971022614), (600, 500.0, 7.785272561879597e-06),
    (10, 1e-06, 2.7557294171888994e-67), (1, 500.0, 1.0), (150, 40.0, 2.0587951899818667e-40),
    (1000, 800.0, 5.5014197761792284e-12)) AS r (k, m, p);
SELECT count(*), count(*) FILTER (WHERE abs(liskeban.negative_binomial_tail(k, m, d) - p) > 1e-11 * p) AS differ
  FROM (VALUES
    (1, 0.05, 0.001, 0.048769386501395375), (4, 0.05, 0.001, 2.516779906784082e-07), (30, 0.05, 0.001, 5.139061178858576e-72),
    (1, 2.5, 0.001, 0.9176585125924269), (4, 2.5, 0.001, 0.24255708829466052), (30, 2.5, 0.001, 4.1895913275582203e-22),
    (1, 40.0, 0.001, 1.0), (4, 40.0, 0.001, 0.9999999999999047), (30, 40.0, 0.001, 0.9537206607690372),
    (1, 0.05, 0.1, 0.04865205930393123), (4, 0.05, 0.1, 4.2261448337027554e-07), (30, 0.05, 0.1, 1.627108255882888e-61),
    (1, 2.5, 0.1, 0.8926258175999999), (4, 2.5, 0.1, 0.25267569049600025), (30, 2.5, 0.1, 3.290303769731471e-14),
    (1, 40.0, 0.1, 0.9999998976), (4, 40.0, 0.1, 0.999983939584), (30, 40.0, 0.1, 0.7586405487192078),
    (1, 0.05, 2.0, 0.04653741075440768), (4, 0.05, 2.0, 1.9396562720493732e-05), (30, 0.05, 2.0, 6.1556365710872186e-33),
    (1, 2.5, 2.0, 0.591751709536137), (4, 2.5, 2.0, 0.24150397191306), (30, 2.5, 2.0, 0.0009880110067192938),
    (1, 40.0, 2.0, 0.8888888888888888), (4, 40.0, 2.0, 0.7599229683487392), (30, 40.0, 2.0, 0.3899260968607744),
    (1, 0.05, 50.0, 0.02474398149379567), (4, 0.05, 50.0, 0.003295457366677442), (30, 0.05, 50.0, 9.473108461157144e-08),
    (1, 2.5, 50.0, 0.09219496095094475), (4, 2.5, 50.0, 0.05898220721270765), (30, 2.5, 50.0, 0.021849872475397127),
    (1, 40.0, 50.0, 0.14103581070049442), (4, 40.0, 50.0, 0.1092219065561893), (30, 40.0, 50.0, 0.07076836015312789),
    (600, 500.0, 0.02, 0.0948365605463647), (12, 0.2, 0.1, 8.05453977654391e-16), (3, 0.01, 0.5, 4.907364155517148e-07),
    (100, 100.0, 1e-09, 0.5132987962860994), (2, 1e-05, 5.0, 2.9997800131992586e-10),
    (1000, 800.0, 1e-05, 6.726792445075354e-12)) AS r (k, m, d, p);
-- they are the sums of their terms: 1 - e^-2 (1 + 2 + 2); the geometric (1/2)^k; and continuous where one turns into the other
SELECT liskeban.poisson_tail(3, 2) - (1 - exp(-2) * 5) < 1e-15 AS poisson,
       (SELECT bool_and(abs(liskeban.negative_binomial_tail(k, 1, 1) * 2 ^ k - 1) < 1e-12) FROM generate_series(0, 200) AS k) AS geometric,
       (SELECT bool_and(abs(liskeban.negative_binomial_tail(k, m, 1.01e-12 / greatest(m, 1)) / liskeban.poisson_tail(k, m) - 1) < 1e-7)
          FROM generate_series(1, 60, 7) AS k, unnest('{0.05,3,40}'::float8[]) AS m) AS limit,
       (SELECT bool_and(liskeban.negative_binomial_tail(k + 1, m, d) < liskeban.negative_binomial_tail(k, m, d))
          FROM generate_series(1, 80) AS k, unnest('{0.05,3,40}'::float8[]) AS m, unnest('{0,0.01,1}'::float8[]) AS d
         WHERE k > m) AS falls;
SELECT liskeban.poisson_tail(-1, 2), liskeban.poisson_tail(0, 0), liskeban.poisson_tail(1, 0), liskeban.negative_binomial_tail(0, 2, 1),
       liskeban.negative_binomial_tail(1, 0, 1), liskeban.poisson_tail(NULL, 1);
SELECT liskeban.poisson_tail(1, -1);
SELECT liskeban.poisson_tail(1, 'NaN');
SELECT liskeban.negative_binomial_tail(1, 1, 'Infinity');

-- Benjamini and Hochberg's own example: at 5 % the first four are discoveries
SELECT q.n, p, round(adjusted::numeric, 6) AS adjusted, adjusted <= 0.05 AS found
  FROM (SELECT '{0.0001,0.0004,0.0019,0.0095,0.0201,0.0278,0.0298,0.0344,0.0459,0.3240,0.4262,0.5719,0.6528,0.7590,1}'::float8[] AS ps) AS e,
       LATERAL unnest(ps, liskeban.benjamini_hochberg(ps)) WITH ORDINALITY AS q (p, adjusted, n) ORDER BY n;
SELECT liskeban.benjamini_hochberg('{0.5,0.01,0.03,0.02,0.01}'), liskeban.benjamini_hochberg('{}'), liskeban.benjamini_hochberg('{0.2}');
SELECT liskeban.benjamini_hochberg('{0.5,1.01}');
SELECT liskeban.benjamini_hochberg('{0.5,NULL}');

-- a series by its days of the same class: those of class 1 before the last are 1, 3, 2; half a count more without a prior
SELECT * FROM liskeban.seasonal_count('{1,9,3,8,2,7,12}', '{1,2,1,2,1,2,1}');
SELECT * FROM liskeban.seasonal_count('{1,9,3,8,2,7,12}', '{1,2,1,2,1,2,1}', max_days => 2);
-- prior of mean 4 worth 3 days: (6 + 12) / (3 + 3)
SELECT * FROM liskeban.seasonal_count('{1,9,3,8,2,7,12}', '{1,2,1,2,1,2,1}', 4, 3);
-- more spread than a Poisson: variance 1400 of 100 (and R's qnbinom and pnbinom)
SELECT * FROM liskeban.seasonal_count('{100,90,110,150,50,175}', '{1,1,1,1,1,1}');
-- nothing but zeros, no day of the class, no day and a prior
SELECT * FROM liskeban.seasonal_count('{0,0,3,0,0,0,3}', '{1,1,2,1,1,1,1}');
SELECT * FROM liskeban.seasonal_count('{0,0,3,0,0,0,3}', '{1,1,2,1,1,1,3}');
SELECT * FROM liskeban.seasonal_count('{3}', '{1}', 0.05, 10);
SELECT liskeban.seasonal_count('{1,2}', '{1}');
SELECT liskeban.seasonal_count('{}', '{}');
SELECT liskeban.seasonal_count('{1,-2}', '{1,1}');
SELECT liskeban.seasonal_count('{1,2}', '{1,1}', 0);
SELECT liskeban.seasonal_count('{1,2}', NULL);
-- a measured value: mean 2, deviation sqrt(4/3); R: pt(3.5 / sqrt(4/3), 2, lower = FALSE) = 0.04689155539779
SELECT * FROM liskeban.seasonal_value('{1,9,3,8,2,7,5.5}', '{1,2,1,2,1,2,1}');
SELECT * FROM liskeban.seasonal_value('{1,9,3,8,2,7,2.1}', '{1,2,1,2,1,2,1}');
SELECT * FROM liskeban.seasonal_value('{5,5,5,6}', '{1,1,1,1}');
SELECT * FROM liskeban.seasonal_value('{5,6}', '{1,1}');
SELECT * FROM liskeban.seasonal_value('{5,6}', '{1,2}');

-- Town by category: 3 towns, 4 categories, 63 days in weeks; town t and category k expect t * k / 24 * 2 on a weekday and half of
-- that on class 6 and 7, dealt without chance so that every sum is near to what is expected
CREATE TABLE day AS SELECT d, 1 + (d - 1) % 7 AS class FROM generate_series(1, 63) AS d;
CREATE FUNCTION dealt(scale float8) RETURNS TABLE (t integer, k integer, d integer, n integer) LANGUAGE sql AS $$
  SELECT t, k, d, (floor(upto + shift) - floor(upto - mean + shift))::integer
    FROM (SELECT t, k, d, mean, t * 0.31 + k * 0.17 AS shift, sum(mean) OVER (PARTITION BY t, k ORDER BY d) AS upto
            FROM day, generate_series(1, 3) AS t, generate_series(1, 4) AS k,
                 LATERAL (SELECT scale * t * k / 24.0 * CASE WHEN class > 5 THEN 1 ELSE 2 END AS mean) AS m) AS s $$;
CREATE FUNCTION signals(query text, VARIADIC args integer[] DEFAULT '{7,7}')
RETURNS TABLE (town integer, category integer, days integer, observed integer, expected numeric, p double precision, chance numeric, adjusted numeric)
LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format('SELECT s.town, s.category, s.days, s.observed, round(s.expected::numeric, 2), s.p, round(s.chance::numeric, 4), round(s.adjusted::numeric, 4)
    FROM (SELECT array_agg(t) AS t, array_agg(k) AS k, array_agg(d) AS d, array_agg(n) AS n FROM (%s) AS q) AS a,
         (SELECT array_agg(class ORDER BY d) AS classes FROM day) AS c,
         liskeban.count_signals(t, k, d, n, classes, %s, %s) AS s', query, args[1], args[2]);
END $$;
\set quiet 'SELECT t, k, d, n FROM dealt(1) WHERE n > 0'
-- one row a series and one a category; nothing to say
SELECT count(*), count(*) FILTER (WHERE town IS NULL) AS categories, min(chance) > 1 AS calm FROM signals(:'quiet');
-- eight more yesterday and today in the sparsest series: that one, over two days; not its neighbours
SELECT town, category, days, observed, expected, p < 1e-6 AS sure, chance < 0.001 AS rare, adjusted < 0.001 AS found
  FROM signals(:'quiet' || ' UNION ALL VALUES (1, 1, 62, 4), (1, 1, 63, 4)') WHERE chance <= 0.2 AND town IS NOT NULL;
-- the same five days ago, then silence: the window that holds it; nine days ago: none, and the past is cut, not believed
SELECT town, category, days, observed, chance < 0.01 AS rare FROM signals(:'quiet' || ' UNION ALL VALUES (1, 1, 59, 8)') WHERE chance <= 0.2 AND town IS NOT NULL;
SELECT count(*) FROM signals(:'quiet' || ' UNION ALL VALUES (1, 1, 54, 8)') WHERE chance <= 0.2;
SELECT town, category, expected < 0.5 AS low FROM signals(:'quiet' || ' UNION ALL VALUES (1, 1, 54, 8), (1, 1, 63, 4)', 1, 7) WHERE chance <= 0.2 AND town IS NOT NULL;
-- a storm: category 4 twofold in all towns is the category's, in the district
SELECT town, category, days FROM signals('SELECT t, k, d, CASE WHEN k = 4 AND d > 60 THEN n * 2 ELSE n END AS n FROM dealt(10)', 3, 7) WHERE chance <= 0.2;
-- a category that the past has never seen: one case is none to speak of, four are
SELECT count(*) FROM signals(:'quiet' || ' UNION ALL VALUES (2, 5, 63, 1)') WHERE chance <= 0.1;
SELECT town, category, days, observed FROM signals(:'quiet' || ' UNION ALL VALUES (2, 5, 63, 4)') WHERE chance <= 0.1 ORDER BY town;
-- the order of the elements and how they are split does not matter
SELECT count(*) FROM (SELECT * FROM signals(:'quiet') EXCEPT SELECT * FROM signals('SELECT t, k, d, 1 AS n FROM dealt(1), generate_series(1, n) ORDER BY d DESC, k, t')) AS differ;
SELECT count(*) FROM liskeban.count_signals('{}', '{}', '{}', '{}', array_fill(1, '{20}'));
SELECT count(*) FROM liskeban.count_signals('{1}', '{1}', '{1}', '{0}', array_fill(1, '{20}'));
SELECT liskeban.count_signals('{1}', '{1}', '{1}', '{}', array_fill(1, '{20}'));
SELECT liskeban.count_signals('{1}', '{1}', '{21}', '{1}', array_fill(1, '{20}'));
SELECT liskeban.count_signals('{1}', '{1}', '{1}', '{1}', array_fill(33, '{20}'));
SELECT liskeban.count_signals('{1}', '{1}', '{1}', '{1}', array_fill(1, '{13}'));
SELECT liskeban.count_signals('{1}', '{1}', '{1}', '{1}', array_fill(1, '{20}'), 32);
SELECT liskeban.count_signals('{1}', '{1}', '{1}', '{1}', array_fill(1, '{20}'), 7, 0);
SELECT liskeban.count_signals('{2000}', '{2000}', '{1}', '{1}', array_fill(1, '{20}'));

\c postgres
DROP DATABASE regress_liskeban_signal;
