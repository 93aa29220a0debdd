-- Time passes.

CREATE FUNCTION liskeban.sweep(as_of timestamptz DEFAULT NULL, max_tickets bigint DEFAULT NULL) RETURNS bigint
  AS 'MODULE_PATHNAME', 'sweep' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.sweep(timestamptz, bigint) IS '巡检 fire every level of a running clock that has passed by as_of (NULL: now), each once and at its own instant, and resume what was suspended until then; at most that many tickets. Returns the alarms fired. Any number at once are safe. 22023 as_of after liskeban_now(), or max_tickets not positive';

CREATE PROCEDURE liskeban.run_sweep(as_of timestamptz DEFAULT NULL)
  AS 'MODULE_PATHNAME', 'run_sweep' LANGUAGE C;
COMMENT ON PROCEDURE liskeban.run_sweep(timestamptz) IS '巡检作业 sweep() for the job: commits each batch of 1,000 tickets, unless called within a transaction block';

REVOKE ALL ON FUNCTION liskeban.sweep(timestamptz, bigint) FROM PUBLIC;
REVOKE ALL ON PROCEDURE liskeban.run_sweep(timestamptz) FROM PUBLIC;
