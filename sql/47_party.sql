-- Joint handling and the progress of plans.

CREATE FUNCTION liskeban.party_guard() RETURNS trigger
  AS 'MODULE_PATHNAME', 'party_guard' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.party_guard() IS 'BEFORE trigger of liskeban.party: locks the ticket, checks LK003, LK001, 42501, LK002, LK006 in this order, gives the default due and stamps what happened';

CREATE FUNCTION liskeban.party_log() RETURNS trigger
  AS 'MODULE_PATHNAME', 'party_log' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION liskeban.party_log() IS 'AFTER STATEMENT trigger of liskeban.party: appends add_party, party_done and party_refused to the ticket''s history, keeps its co_departments and adds the lead''s row';

CREATE FUNCTION liskeban.add_party(ticket_id bigint, area liskeban.area_code DEFAULT NULL, department text DEFAULT NULL,
  due timestamptz DEFAULT NULL, note text DEFAULT NULL) RETURNS bigint
  AS 'MODULE_PATHNAME', 'party_add' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.add_party(bigint, liskeban.area_code, text, timestamptz, text) IS '会办 let a department, or an area, take part in a ticket until due (the ticket''s own term unless given, else 3 days); the ticket is not resolved before it has done its part or refused. Returns party_id. P0002 no such ticket, LK001 nobody is at work on it, 42501 neither the desk nor the holder, LK002 not exactly one of both, 23503 unknown or retired, 23505 takes part already, LK006 due not in the future';

CREATE FUNCTION liskeban.party_done(party_id bigint, note text DEFAULT NULL) RETURNS void
  AS 'MODULE_PATHNAME', 'party_done' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.party_done(bigint, text) IS '会办完成 say that a party has done its part: its own people, or the desk (42501). P0002 no such party, LK001 nobody is at work on the ticket, 55000 done or refused already';

CREATE FUNCTION liskeban.refuse_party(party_id bigint, reason text) RETURNS void
  AS 'MODULE_PATHNAME', 'party_refuse' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.refuse_party(bigint, text) IS '拒绝会办 say that a party does not take part, with a reason (LK002): its own people, or the desk (42501), which may insist by setting refused_reason to NULL. P0002 no such party, LK001 nobody is at work on the ticket, 55000 done or refused already';

CREATE FUNCTION liskeban.progress(ticket_id bigint, note text, percent integer DEFAULT NULL) RETURNS integer
  AS 'MODULE_PATHNAME', 'plan_progress' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.progress(bigint, text, integer) IS '进展 report how far the plan of a ticket has come, which is due every plan_policy.progress_every while it is planned; percent may fall, for a setback is to be told too. Returns the event''s seq. P0002 no such ticket, LK001 not planned, 42501 not the handler, LK002 no note, 22023 percent not between 0 and 100';

REVOKE ALL ON FUNCTION liskeban.party_guard(), liskeban.party_log(),
  liskeban.add_party(bigint, liskeban.area_code, text, timestamptz, text), liskeban.party_done(bigint, text),
  liskeban.refuse_party(bigint, text), liskeban.progress(bigint, text, integer) FROM PUBLIC;
