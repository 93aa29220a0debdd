-- Clusters in space and time.

CREATE FUNCTION liskeban.space_time_scan(x double precision[], y double precision[], cell integer[], day integer[], cases integer[],
  today integer DEFAULT NULL, max_radius double precision DEFAULT 2000, max_days integer DEFAULT 7,
  replications integer DEFAULT 999, seed bigint DEFAULT 0, clusters integer DEFAULT 1,
  OUT cluster integer, OUT centre integer, OUT cells integer[], OUT radius double precision, OUT first_day integer,
  OUT last_day integer, OUT observed integer, OUT expected double precision, OUT llr double precision,
  OUT p double precision, OUT p_gumbel double precision) RETURNS SETOF record
LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 1 COST 100000 AS 'MODULE_PATHNAME', 'space_time_scan';
COMMENT ON FUNCTION liskeban.space_time_scan(double precision[], double precision[], integer[], integer[], integer[], integer,
  double precision, integer, integer, bigint, integer) IS
  '时空聚集扫描 the prospective space-time permutation scan statistic (Kulldorff and others, PLoS Medicine 2 (2005) e59). x and y are the cells'' points in metres (as ST_Transform gives them); cell (subscript of x), day and cases (numbers of cases) belong together by position; cylinders are circles around a cell up to max_radius metres times 1 to max_days days that end today (NULL: the last day with cases). The most likely cluster and, up to clusters of them, the next that share no cell with it: its cells nearest first, its radius, expected = cases of the cells times cases of the days / all, llr the log likelihood ratio, p by Monte Carlo over replications permutations of the days among the cases, p_gumbel its smooth approximation (Abrams and others 2010) for what lies below 1/(replications + 1). The same seed gives the same answer. No row without an excess. Errors: 22004 NULL, 2202E lengths differ or no such cell, 22023 value out of range or a day after today, 54000 over 50 million cases';
