-- Signals: kernels that reckon over arrays of counts. They read nothing but their arguments.

CREATE FUNCTION liskeban.poisson_tail(count integer, mean double precision) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tail_poisson_sql';
COMMENT ON FUNCTION liskeban.poisson_tail(integer, double precision) IS
  '泊松尾概率 P(X >= count) of a Poisson count of this mean, exact: the regularised incomplete gamma function P(count, mean), DLMF 8.11.4 and 8.9. Errors: 22023 mean negative or not finite';

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

CREATE FUNCTION liskeban.count_signals(town integer[], category integer[], day integer[], cases integer[], day_class integer[],
  max_days integer DEFAULT 7, guard integer DEFAULT 7, max_adjusted double precision DEFAULT 1,
  OUT town integer, OUT category integer, OUT days integer, OUT observed integer, OUT expected double precision,
  OUT dispersion double precision, OUT p double precision, OUT chance double precision, OUT adjusted double precision) RETURNS SETOF record
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'count_signals';
