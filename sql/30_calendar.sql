-- Working time over calendar_day and work_shift, in the platform's zone.

CREATE FUNCTION liskeban.add_working_time(ts timestamptz, amount interval, basis liskeban.time_basis) RETURNS timestamptz
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'calendar_add_working_time';
COMMENT ON FUNCTION liskeban.add_working_time(timestamptz, interval, liskeban.time_basis) IS
  '加工作时间 the due that lies amount after ts: calendar, 1 day = 24 hours; working_day, local wall-clock days without days off (never due on one); working_hour, the earliest instant at which the amount is used up within the shifts, 1 day = 24 hours of shift. In the platform''s zone. Errors: 22023 amount negative or with months, 22008 out of range, 55000 no shifts to count in';

CREATE FUNCTION liskeban.working_time_between(a timestamptz, b timestamptz, basis liskeban.time_basis) RETURNS interval
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'calendar_working_time_between';
COMMENT ON FUNCTION liskeban.working_time_between(timestamptz, timestamptz, liskeban.time_basis) IS
  '工作时间差 time of the basis from a to b, the inverse of add_working_time, as days of 24 hours of that basis and the rest; negative when b is before a. Errors: 22008 infinity or out of range';

CREATE FUNCTION liskeban.is_working_day(day date) RETURNS boolean
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'calendar_is_working_day';
COMMENT ON FUNCTION liskeban.is_working_day(date) IS
  '是否工作日 whether the day works: as calendar_day says, elsewhere Monday to Friday. Errors: 22008 infinity';
