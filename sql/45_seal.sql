-- How far history is final, and the seals over what is.

CREATE FUNCTION liskeban.note_watermark() RETURNS bigint
  AS 'MODULE_PATHNAME', 'note_watermark' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.note_watermark() IS '水位 note how far history has been drawn, make final what no open or prepared transaction can add to any more, and return the last final event_id (one less than the first while nothing is). For a job, each minute; any number at once. 25001 outside READ COMMITTED, 55000 when the sequence of event ids is not CACHE 1';

CREATE FUNCTION liskeban.seal_history() RETURNS bigint
  AS 'MODULE_PATHNAME', 'seal_history' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.seal_history() IS '封存 note a watermark and seal what is final and not sealed yet; returns how many events. For a job, each minute; any number at once. 25001 outside READ COMMITTED';

CREATE FUNCTION liskeban._seal_marks(marks bytea, of_ticket bigint, OUT event_id bigint, OUT ticket_id bigint, OUT seq integer,
  OUT hash_start bytea) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'seal_marks' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1000;
COMMENT ON FUNCTION liskeban._seal_marks(bytea, bigint) IS 'the marks of a seal, one row an event with the first four bytes of its hash; those of one ticket unless NULL';

CREATE FUNCTION liskeban._seal_hashes(hashes bytea, OUT event_id bigint, OUT ticket_id bigint, OUT seq integer, OUT hash bytea)
  RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'seal_hashes' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1000;
COMMENT ON FUNCTION liskeban._seal_hashes(bytea) IS 'what liskeban.archived_seal keeps of events that have left, one row an event';

CREATE FUNCTION liskeban._next_transaction_id() RETURNS xid8
  AS 'MODULE_PATHNAME', 'next_transaction_id' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban._next_transaction_id() IS 'the transaction id that will be given out next, above that of all who run; pg_snapshot_xmax() is not: it follows the last that is over';

REVOKE ALL ON FUNCTION liskeban.note_watermark(), liskeban.seal_history(), liskeban._seal_marks(bytea, bigint), liskeban._next_transaction_id(),
  liskeban._seal_hashes(bytea) FROM PUBLIC;
