-- Time passes.

CREATE FUNCTION liskeban.sweep(as_of timestamptz DEFAULT NULL, max_tickets bigint DEFAULT NULL) RETURNS bigint
  AS 'MODULE_PATHNAME', 'sweep' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.sweep(timestamptz, bigint) IS '巡检 fire every level of a running clock that has passed by as_of (NULL: now), each once and at its own instant, and do what follows at that instant: what was suspended until then resumes, what is overdue on its rung climbs (auto of liskeban.escalation_policy), missed progress is due again, what nobody could be reached about is closed; at most that many tickets, and the directives. One sweep after a month does what one each minute would have done. A sweep of the present ends with check_platform(), unless another is at it. Returns the alarms fired. Any number at once are safe. 22023 as_of after liskeban_now(), or max_tickets not positive';

CREATE PROCEDURE liskeban.run_sweep(as_of timestamptz DEFAULT NULL)
  AS 'MODULE_PATHNAME', 'run_sweep' LANGUAGE C;
COMMENT ON PROCEDURE liskeban.run_sweep(timestamptz) IS '巡检作业 sweep() for the job: commits each batch of 1,000 tickets, unless called within a transaction block';

REVOKE ALL ON FUNCTION liskeban.sweep(timestamptz, bigint) FROM PUBLIC;
REVOKE ALL ON PROCEDURE liskeban.run_sweep(timestamptz) FROM PUBLIC;

-- Rules change under load.

CREATE FUNCTION liskeban.rule_lock() RETURNS trigger
  AS 'MODULE_PATHNAME', 'rule_lock' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.rule_lock() IS 'BEFORE STATEMENT trigger of what decides due times: waits for who writes or locks tickets (EXCLUSIVE), then sweeps, so that what passed does so by the rules it passed under; 25001 outside READ COMMITTED';

CREATE FUNCTION liskeban.rules_changed() RETURNS trigger
  AS 'MODULE_PATHNAME', 'rules_changed' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.rules_changed() IS 'AFTER STATEMENT trigger of what decides due times: replays the open tickets under the new rules and moves the dues that are still ahead, each with an event recompute';

CREATE FUNCTION liskeban._replayed_dues(since bigint, OUT ticket_id bigint, OUT due text, OUT stored timestamptz,
  OUT replayed timestamptz) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'replayed_dues' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban._replayed_dues(bigint) IS 'due times that a replay of history under the present rules gives otherwise: of tickets reported after that event all, of older ones those still ahead';

REVOKE ALL ON FUNCTION liskeban.rule_lock(), liskeban.rules_changed(), liskeban._replayed_dues(bigint) FROM PUBLIC;
