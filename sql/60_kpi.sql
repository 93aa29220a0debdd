-- Figures: the fold of one ticket's history into what liskeban.kpi() counts.

CREATE TYPE liskeban._ticket_fact AS (
  state             text,
  run               integer,
  category          text,
  domain            text,
  difficulty        text,
  area              text,
  responsible_area  text,
  department        text,
  co_departments    text[],
  tier              text,
  merged_into       bigint,
  has_reporter      boolean,
  satisfaction      text,
  solved            boolean,
  reported          boolean,
  self_handled      boolean,
  due               boolean,
  complete          boolean,
  on_time           boolean,
  on_time_original  boolean,
  response_due      boolean,
  response          boolean,
  response_proven   boolean,
  resolved          boolean,
  reworked          boolean,
  first_time        boolean,
  plan_due          boolean,
  plan              boolean,
  promise_due       boolean,
  promise           boolean,
  breach_holders    text[]
);
COMMENT ON TYPE liskeban._ticket_fact IS '工单事实 what a ticket''s history says at an instant: where it stood, and which figures it counts in (see liskeban.kpi)';
COMMENT ON COLUMN liskeban._ticket_fact.state IS '状态 state';
COMMENT ON COLUMN liskeban._ticket_fact.run IS '轮次 run';
COMMENT ON COLUMN liskeban._ticket_fact.category IS '事项 category';
COMMENT ON COLUMN liskeban._ticket_fact.domain IS '领域 domain of the category';
COMMENT ON COLUMN liskeban._ticket_fact.difficulty IS '难度 difficulty';
COMMENT ON COLUMN liskeban._ticket_fact.area IS '所在区域 area code; NULL in the pool';
COMMENT ON COLUMN liskeban._ticket_fact.responsible_area IS '承办区域 area code';
COMMENT ON COLUMN liskeban._ticket_fact.department IS '承办部门 department';
COMMENT ON COLUMN liskeban._ticket_fact.co_departments IS '协办部门 departments that co-handle';
COMMENT ON COLUMN liskeban._ticket_fact.tier IS '层级 rung of the ladder; NULL until dispatched';
COMMENT ON COLUMN liskeban._ticket_fact.merged_into IS '并入工单 the lead ticket';
COMMENT ON COLUMN liskeban._ticket_fact.has_reporter IS '有诉求人 whether a reporter was known';
COMMENT ON COLUMN liskeban._ticket_fact.satisfaction IS '满意度 the last answer';
COMMENT ON COLUMN liskeban._ticket_fact.solved IS '是否解决 the last answer';
COMMENT ON COLUMN liskeban._ticket_fact.reported IS '应计 of the cohort: not merged, not rejected, not withdrawn before the first red of resolve or plan';
COMMENT ON COLUMN liskeban._ticket_fact.self_handled IS '自采自办 patrol, and every resolve by who reported it; outside the rates';
COMMENT ON COLUMN liskeban._ticket_fact.due IS '应办结 of the cohort, and ever resolved or overdue while its clock ran';
COMMENT ON COLUMN liskeban._ticket_fact.complete IS '已办结 due, and resolved or closed';
COMMENT ON COLUMN liskeban._ticket_fact.on_time IS '按期办结 complete, and every resolve at or before the due then in force';
COMMENT ON COLUMN liskeban._ticket_fact.on_time_original IS '按原时限办结 the same against resolve_due_original';
COMMENT ON COLUMN liskeban._ticket_fact.response_due IS '应响应 on_site category, and arrived in the first run or respond_due passed while somebody was waited for';
COMMENT ON COLUMN liskeban._ticket_fact.response IS '按时响应 first arrival at or before respond_due';
COMMENT ON COLUMN liskeban._ticket_fact.response_proven IS '按时响应有凭证 that arrival by gps or photo, and no late entry';
COMMENT ON COLUMN liskeban._ticket_fact.resolved IS '曾办结 ever resolved';
COMMENT ON COLUMN liskeban._ticket_fact.reworked IS '曾返工 ever reworked or reopened';
COMMENT ON COLUMN liskeban._ticket_fact.first_time IS '一次办结 resolved with no return, redispatch, rework or reopen';
COMMENT ON COLUMN liskeban._ticket_fact.plan_due IS '应有方案 hard, and planned, resolved, or plan_due passed while its clock ran';
COMMENT ON COLUMN liskeban._ticket_fact.plan IS '按时方案 first plan at or before plan_due';
COMMENT ON COLUMN liskeban._ticket_fact.promise_due IS '承诺到期 resolved since the first promise, or that promise passed while the clock ran';
COMMENT ON COLUMN liskeban._ticket_fact.promise IS '承诺兑现 first resolve since then at or before the first promise';
COMMENT ON COLUMN liskeban._ticket_fact.breach_holders IS '超期承办方 one element for each resolve_due that passed while its clock ran: who held it then; NULL nobody';

CREATE FUNCTION liskeban._ticket_facts_step(internal, integer, integer, timestamptz, liskeban.ticket_state,
  liskeban.ticket_state, text, text, jsonb, timestamptz) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ticket_facts_step';
COMMENT ON FUNCTION liskeban._ticket_facts_step(internal, integer, integer, timestamptz, liskeban.ticket_state,
  liskeban.ticket_state, text, text, jsonb, timestamptz) IS 'transition function of _ticket_facts';

CREATE FUNCTION liskeban._ticket_facts_final(internal) RETURNS liskeban._ticket_fact
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ticket_facts_final';
COMMENT ON FUNCTION liskeban._ticket_facts_final(internal) IS 'final function of _ticket_facts';

CREATE FUNCTION liskeban._ticket_settles_at_final(internal) RETURNS timestamptz
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ticket_settles_at_final';
COMMENT ON FUNCTION liskeban._ticket_settles_at_final(internal) IS 'final function of _ticket_settles_at';

CREATE AGGREGATE liskeban._ticket_settles_at(seq integer, run integer, at timestamptz, from_state liskeban.ticket_state,
  to_state liskeban.ticket_state, action text, actor text, detail jsonb, as_of timestamptz) (
  SFUNC = liskeban._ticket_facts_step, STYPE = internal, SSPACE = 4096,
  FINALFUNC = liskeban._ticket_settles_at_final, FINALFUNC_MODIFY = SHAREABLE, PARALLEL = SAFE);
COMMENT ON AGGREGATE liskeban._ticket_settles_at(integer, integer, timestamptz, liskeban.ticket_state, liskeban.ticket_state,
  text, text, jsonb, timestamptz) IS 'of the same events the instant from which _ticket_facts says the same at any later as_of up to the one given, so long as nothing else happens: the last due that passes after the last event and changes a fact; NULL none';

REVOKE ALL ON FUNCTION liskeban._ticket_facts_step(internal, integer, integer, timestamptz, liskeban.ticket_state,
  liskeban.ticket_state, text, text, jsonb, timestamptz), liskeban._ticket_facts_final(internal),
  liskeban._ticket_settles_at_final(internal),
  liskeban._ticket_settles_at(integer, integer, timestamptz, liskeban.ticket_state, liskeban.ticket_state, text, text, jsonb, timestamptz) FROM PUBLIC;

-- Left to PUBLIC: it sees nothing but what it is given, and the readers of liskeban_report.kpi_daily run it.
CREATE AGGREGATE liskeban._ticket_facts(seq integer, run integer, at timestamptz, from_state liskeban.ticket_state,
  to_state liskeban.ticket_state, action text, actor text, detail jsonb, as_of timestamptz) (
  SFUNC = liskeban._ticket_facts_step, STYPE = internal, SSPACE = 4096,
  FINALFUNC = liskeban._ticket_facts_final, FINALFUNC_MODIFY = SHAREABLE, PARALLEL = SAFE);
COMMENT ON AGGREGATE liskeban._ticket_facts(integer, integer, timestamptz, liskeban.ticket_state, liskeban.ticket_state,
  text, text, jsonb, timestamptz) IS 'what the events of one ticket, in any order, say at as_of; give it only those with at and recorded_at up to as_of; NULL when the first event is not among them';

CREATE FUNCTION liskeban._kpi_check(from_day date, to_day date, by text) RETURNS void
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'kpi_check';
COMMENT ON FUNCTION liskeban._kpi_check(date, date, text) IS 'refuses what kpi() cannot answer: 22004 for NULL, 22023 for a last day before the first and for an unknown key';
REVOKE ALL ON FUNCTION liskeban._kpi_check(date, date, text) FROM PUBLIC;
