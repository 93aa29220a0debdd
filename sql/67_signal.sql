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
  '分镇分事项异常 which counts of the last day are too many, town by category, most of which expect far less than one a day. town, category (both from 1), day (1 to the last, which is today) and cases belong together by position, what is not there is 0; day_class has the class of every day (1 to 32: weekdays, holiday, make-up day). Baseline: the days before the last guard days (eight weeks and seven days of guard are meant), each series drawn towards town''s share * category''s level by a Gamma prior, each class of days towards the category''s and the district''s, days on which the district or the category elsewhere is loud discounted, dispersion by moments, past outbreaks cut (DuMouchel 1999; Noufaily and others 2013; extension/baseline.c). One row a series, and one with town NULL for each category in all towns, most surprising first: of its sums over the last 1 to max_days days the one with the least tail p = P(X >= observed), negative binomial with this expected and dispersion; chance: how many tests of the day would come out at p or below if nothing were wrong, counting what each can attain (Tarone 1990); adjusted: the false discovery rate of Benjamini and Hochberg in Heyse''s form for counts (2011). An alarm wherever chance <= 0.05 spends that many false alarms a day. Only rows with adjusted <= max_adjusted. Errors: 22004 NULL, 2202E lengths differ, 22023 numbers out of range or too few days, 54000 over 100000 series or 50 million counts';
