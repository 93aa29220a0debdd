-- What the report's views need that SQL alone does not give.

CREATE FUNCTION liskeban.clock_lamp(due timestamptz, given interval, basis liskeban.time_basis, as_of timestamptz)
RETURNS liskeban.lamp
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'clock_lamp';
COMMENT ON FUNCTION liskeban.clock_lamp(timestamptz, interval, liskeban.time_basis, timestamptz) IS
  '亮灯 lamp at as_of of a clock that runs: due, and the time of the basis it was given with. Errors: 22023 given with months';
