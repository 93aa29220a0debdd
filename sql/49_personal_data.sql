-- Personal data: who reads it is noted, and in time it goes (extension/ledger.c, extension/maintain.c).

CREATE FUNCTION liskeban._log_access(ticket_id bigint, purpose text, reason text, resident_id bigint DEFAULT NULL) RETURNS bigint
  AS 'MODULE_PATHNAME', 'log_access' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban._log_access(bigint, text, text, bigint) IS 'appends to liskeban.access_log, and tells the server''s log, which no rollback takes back; returns access_id. 22004 without purpose or reason';

CREATE FUNCTION liskeban._append_ledger(ledger text, entry jsonb) RETURNS bigint
  AS 'MODULE_PATHNAME', 'append_ledger' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban._append_ledger(text, jsonb) IS 'appends an entry to a table of liskeban.ledger that only the platform writes, with its key and at, actor and login as they are; returns the key. 22004 NULL';

CREATE FUNCTION liskeban._seal_ledger(ledger text, to_id bigint) RETURNS bigint
  AS 'MODULE_PATHNAME', 'seal_ledger' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban._seal_ledger(text, bigint) IS 'appends the seal over the entries of a ledger up to an id that is final; 0 where there are none';

CREATE FUNCTION liskeban._anonymise_batch(ids bigint[], before timestamptz) RETURNS void
  AS 'MODULE_PATHNAME', 'anonymise_batch' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban._anonymise_batch(bigint[], timestamptz) IS '_anonymise_steps() with the right to change texts, and texts only, of history too. 22004 NULL';

REVOKE ALL ON FUNCTION liskeban._log_access(bigint, text, text, bigint), liskeban._append_ledger(text, jsonb), liskeban._seal_ledger(text, bigint),
  liskeban._anonymise_batch(bigint[], timestamptz) FROM PUBLIC;
