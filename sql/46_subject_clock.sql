-- The clocks of what hangs on a ticket: whistles, parties, progress, supervisions (extension/subject.c).

CREATE FUNCTION liskeban.subject_settle() RETURNS trigger
  AS 'MODULE_PATHNAME', 'subject_settle' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.subject_settle() IS 'BEFORE ROW trigger of what has clocks and hangs on a ticket: levels that passed fire before the change hides them';

CREATE FUNCTION liskeban.subject_changed() RETURNS trigger
  AS 'MODULE_PATHNAME', 'subject_changed' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.subject_changed() IS 'AFTER STATEMENT trigger of the same, with transition table changed_rows: keeps subject_alarm_at of the worklist';

REVOKE ALL ON FUNCTION liskeban.subject_settle(), liskeban.subject_changed() FROM PUBLIC;
