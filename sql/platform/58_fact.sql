-- Facts: one row a ticket with what liskeban.kpi() asks of its history, one a whistle, and their sums by day. All are kept
-- by roll_up() from what is final, as stat_daily is, and are at any time what the history up to there folds into.
--
-- Time passes without events. So a fact is what its history comes to when nothing else happens and every due has passed,
-- and "since" says from when on that is so: the last event, or the last due that still changed something. For an as_of from
-- then on the row is the answer, before it history is. The sums hold the rows whose since lay behind the last roll-up
-- ("summed"); the rest are the open tickets whose clocks run, and are few.

CREATE TABLE liskeban.roll_up_state (
  name          text PRIMARY KEY,
  last_event_id bigint NOT NULL,
  time_zone     text,
  rolled_at     timestamptz
);
COMMENT ON TABLE liskeban.roll_up_state IS '汇总进度 how far history has been rolled up; its row is locked while that goes on';
COMMENT ON COLUMN liskeban.roll_up_state.name IS '名称 key: stat_daily, with which go flow_daily and flow_monthly; ticket_fact, with which go whistle_fact and figure_daily';
COMMENT ON COLUMN liskeban.roll_up_state.last_event_id IS '末事件编号 every event up to it has been added, none beyond';
COMMENT ON COLUMN liskeban.roll_up_state.time_zone IS '时区 the zone whose days were added up: another one begins anew; NULL not begun';
COMMENT ON COLUMN liskeban.roll_up_state.rolled_at IS '汇总时间 when last; of ticket_fact the latest ever: up to there its clocks have been run';
INSERT INTO liskeban.roll_up_state (name, last_event_id) VALUES ('stat_daily', 0) ON CONFLICT DO NOTHING;

CREATE TABLE liskeban.ticket_fact (
  ticket_id        bigint PRIMARY KEY,
  received_at      timestamptz NOT NULL,
  since            timestamptz NOT NULL,
  area             liskeban.area_code,
  responsible_area liskeban.area_code,
  merged_into      bigint,
  day              date NOT NULL,
  kind             liskeban.ticket_kind NOT NULL,
  state            liskeban.ticket_state NOT NULL,
  run              integer NOT NULL,
  difficulty       liskeban.difficulty,
  tier             liskeban.tier,
  satisfaction     liskeban.satisfaction,
  asked            integer NOT NULL,
  answered         integer NOT NULL,
  unreachable      integer NOT NULL,
  satisfied        integer NOT NULL,
  said_solved      integer NOT NULL,
  summed           boolean NOT NULL,
  has_reporter     boolean NOT NULL,
  solved           boolean,
  reported         boolean NOT NULL,
  self_handled     boolean NOT NULL,
  due              boolean NOT NULL,
  complete         boolean NOT NULL,
  on_time          boolean NOT NULL,
  on_time_original boolean NOT NULL,
  response_due     boolean NOT NULL,
  response         boolean NOT NULL,
  response_proven  boolean NOT NULL,
  resolved         boolean NOT NULL,
  reworked         boolean NOT NULL,
  first_time       boolean NOT NULL,
  plan_due         boolean NOT NULL,
  plan_in_time     boolean NOT NULL,
  promise_due      boolean NOT NULL,
  promise          boolean NOT NULL,
  source           text NOT NULL,
  category         text,
  domain           text,
  department       text,
  co_departments   text[],
  breach_holders   text[]
) WITH (fillfactor = 85);
CREATE INDEX ticket_fact_day_idx ON liskeban.ticket_fact (day);
CREATE INDEX ticket_fact_pending_idx ON liskeban.ticket_fact (day) WHERE NOT summed;
COMMENT ON TABLE liskeban.ticket_fact IS '工单事实 one row a ticket, children without: what its final history says at any as_of from since on, if nothing else happens; the figures of kpi() count these rows (kept by roll_up)';
COMMENT ON COLUMN liskeban.ticket_fact.ticket_id IS '工单编号 key';
COMMENT ON COLUMN liskeban.ticket_fact.received_at IS '接收时间 when the platform received it';
COMMENT ON COLUMN liskeban.ticket_fact.since IS '定于 from when on it is so: the last event as it happened and was recorded, also of tickets ever merged into it, and the last due that changed something';
COMMENT ON COLUMN liskeban.ticket_fact.area IS '所在区域 area; NULL in the pool';
COMMENT ON COLUMN liskeban.ticket_fact.responsible_area IS '承办区域 area that holds it';
COMMENT ON COLUMN liskeban.ticket_fact.merged_into IS '并入工单 the lead';
COMMENT ON COLUMN liskeban.ticket_fact.day IS '日期 day of receipt in the platform''s zone';
COMMENT ON COLUMN liskeban.ticket_fact.kind IS '类型 kind';
COMMENT ON COLUMN liskeban.ticket_fact.state IS '状态 state';
COMMENT ON COLUMN liskeban.ticket_fact.run IS '轮次 run';
COMMENT ON COLUMN liskeban.ticket_fact.difficulty IS '难度 difficulty';
COMMENT ON COLUMN liskeban.ticket_fact.tier IS '层级 rung; NULL until dispatched';
COMMENT ON COLUMN liskeban.ticket_fact.satisfaction IS '满意度 the last answer';
COMMENT ON COLUMN liskeban.ticket_fact.asked IS '应回访 reporters asked: its own, and those merged into it; 0 unless closed and counted';
COMMENT ON COLUMN liskeban.ticket_fact.answered IS '回访成功 of these who answered';
COMMENT ON COLUMN liskeban.ticket_fact.unreachable IS '联系不上 of these who could not be reached';
COMMENT ON COLUMN liskeban.ticket_fact.satisfied IS '满意 of these who are satisfied';
COMMENT ON COLUMN liskeban.ticket_fact.said_solved IS '解决 of these who say it is solved';
COMMENT ON COLUMN liskeban.ticket_fact.summed IS '已汇总 whether figure_daily holds it: since lay behind the last roll-up';
COMMENT ON COLUMN liskeban.ticket_fact.has_reporter IS '有诉求人 whether a reporter was known';
COMMENT ON COLUMN liskeban.ticket_fact.solved IS '是否解决 the last answer';
COMMENT ON COLUMN liskeban.ticket_fact.reported IS '应计 see liskeban.kpi()';
COMMENT ON COLUMN liskeban.ticket_fact.self_handled IS '自采自办 likewise';
COMMENT ON COLUMN liskeban.ticket_fact.due IS '应办结 likewise';
COMMENT ON COLUMN liskeban.ticket_fact.complete IS '已办结 likewise';
COMMENT ON COLUMN liskeban.ticket_fact.on_time IS '按期办结 likewise';
COMMENT ON COLUMN liskeban.ticket_fact.on_time_original IS '按原时限办结 likewise';
COMMENT ON COLUMN liskeban.ticket_fact.response_due IS '应响应 likewise';
COMMENT ON COLUMN liskeban.ticket_fact.response IS '按时响应 likewise';
COMMENT ON COLUMN liskeban.ticket_fact.response_proven IS '按时响应有凭证 likewise';
COMMENT ON COLUMN liskeban.ticket_fact.resolved IS '曾办结 likewise';
COMMENT ON COLUMN liskeban.ticket_fact.reworked IS '曾返工 likewise';
COMMENT ON COLUMN liskeban.ticket_fact.first_time IS '一次办结 likewise';
COMMENT ON COLUMN liskeban.ticket_fact.plan_due IS '应有方案 likewise';
COMMENT ON COLUMN liskeban.ticket_fact.plan_in_time IS '按时方案 likewise';
COMMENT ON COLUMN liskeban.ticket_fact.promise_due IS '承诺到期 likewise';
COMMENT ON COLUMN liskeban.ticket_fact.promise IS '承诺兑现 likewise';
COMMENT ON COLUMN liskeban.ticket_fact.source IS '来源系统 source';
COMMENT ON COLUMN liskeban.ticket_fact.category IS '事项 category';
COMMENT ON COLUMN liskeban.ticket_fact.domain IS '领域 domain of the category';
COMMENT ON COLUMN liskeban.ticket_fact.department IS '承办部门 department that holds it';
COMMENT ON COLUMN liskeban.ticket_fact.co_departments IS '协办部门 departments that co-handle; NULL none';
COMMENT ON COLUMN liskeban.ticket_fact.breach_holders IS '超期承办方 one element for each resolve_due that passed while its clock ran: who held it then; NULL none';

CREATE TABLE liskeban.whistle_fact (
  ticket_id        bigint NOT NULL,
  seq              integer NOT NULL,
  raised_at        timestamptz NOT NULL,
  since            timestamptz NOT NULL,
  day              date NOT NULL,
  kind             liskeban.ticket_kind NOT NULL,
  tier             liskeban.tier,
  area             liskeban.area_code,
  responsible_area liskeban.area_code,
  summed           boolean NOT NULL,
  upheld           boolean NOT NULL,
  solved           boolean NOT NULL,
  source           text NOT NULL,
  category         text,
  domain           text,
  department       text,
  PRIMARY KEY (ticket_id, seq)
) WITH (fillfactor = 85);
CREATE INDEX whistle_fact_day_idx ON liskeban.whistle_fact (day);
CREATE INDEX whistle_fact_pending_idx ON liskeban.whistle_fact (day) WHERE NOT summed;
COMMENT ON TABLE liskeban.whistle_fact IS '吹哨事实 one row a whistle that a village blew, as its ticket''s final history says at any as_of from since on (kept by roll_up)';
COMMENT ON COLUMN liskeban.whistle_fact.ticket_id IS '工单编号 key: the ticket';
COMMENT ON COLUMN liskeban.whistle_fact.seq IS '序号 key: the event with which it was blown';
COMMENT ON COLUMN liskeban.whistle_fact.raised_at IS '吹哨时间 when';
COMMENT ON COLUMN liskeban.whistle_fact.since IS '定于 from when on it is so: the ticket''s last event, or the end of the time in which a decline could be appealed';
COMMENT ON COLUMN liskeban.whistle_fact.day IS '日期 day of the whistle in the platform''s zone';
COMMENT ON COLUMN liskeban.whistle_fact.kind IS '类型 kind of the ticket';
COMMENT ON COLUMN liskeban.whistle_fact.tier IS '层级 rung of the ticket';
COMMENT ON COLUMN liskeban.whistle_fact.area IS '所在区域 area of the ticket';
COMMENT ON COLUMN liskeban.whistle_fact.responsible_area IS '承办区域 area that holds it';
COMMENT ON COLUMN liskeban.whistle_fact.summed IS '已汇总 whether figure_daily holds it';
COMMENT ON COLUMN liskeban.whistle_fact.upheld IS '驳回成立 whether a decline of it was upheld';
COMMENT ON COLUMN liskeban.whistle_fact.solved IS '已解决 whether its ticket is solved and was not reopened since';
COMMENT ON COLUMN liskeban.whistle_fact.source IS '来源系统 source of the ticket';
COMMENT ON COLUMN liskeban.whistle_fact.category IS '事项 category of the ticket';
COMMENT ON COLUMN liskeban.whistle_fact.domain IS '领域 domain of the category';
COMMENT ON COLUMN liskeban.whistle_fact.department IS '承办部门 department that holds it';

CREATE TABLE liskeban.figure_daily (
  day              date NOT NULL,
  by               text NOT NULL,
  kind             liskeban.ticket_kind NOT NULL,
  key              text NOT NULL,
  received         integer NOT NULL,
  reported         integer NOT NULL,
  self_handled     integer NOT NULL,
  due              integer NOT NULL,
  complete         integer NOT NULL,
  on_time          integer NOT NULL,
  on_time_original integer NOT NULL,
  response_due     integer NOT NULL,
  response         integer NOT NULL,
  response_proven  integer NOT NULL,
  asked            integer NOT NULL,
  answered         integer NOT NULL,
  unreachable      integer NOT NULL,
  satisfied        integer NOT NULL,
  solved           integer NOT NULL,
  resolved         integer NOT NULL,
  reworked         integer NOT NULL,
  first_time       integer NOT NULL,
  plan_due         integer NOT NULL,
  plan             integer NOT NULL,
  promise_due      integer NOT NULL,
  promise          integer NOT NULL,
  whistles         integer NOT NULL,
  whistles_solved  integer NOT NULL,
  breaches         integer NOT NULL,
  co               integer NOT NULL,
  PRIMARY KEY (by, kind, day, key)
) WITH (fillfactor = 85);
CREATE INDEX figure_daily_day_idx ON liskeban.figure_daily (day);
COMMENT ON TABLE liskeban.figure_daily IS '每日指标 sums of ticket_fact by day of receipt and of whistle_fact by day of the whistle, for each key of each by of kpi(); no row without a count; the district is the sum over its rungs (kept by roll_up)';
COMMENT ON COLUMN liskeban.figure_daily.day IS '日期 day of receipt, of a whistle its own';
COMMENT ON COLUMN liskeban.figure_daily.by IS '口径 town, village, category, domain, source, department, holder or tier';
COMMENT ON COLUMN liskeban.figure_daily.kind IS '类型 kind of the tickets';
COMMENT ON COLUMN liskeban.figure_daily.key IS '键 as in kpi()';
COMMENT ON COLUMN liskeban.figure_daily.received IS '受理 tickets received';
COMMENT ON COLUMN liskeban.figure_daily.reported IS '应计 of these neither merged nor rejected, nor withdrawn before the first red';
COMMENT ON COLUMN liskeban.figure_daily.self_handled IS '自采自办 of these patrol findings solved by who found them';
COMMENT ON COLUMN liskeban.figure_daily.due IS '应办结 ever resolved, or overdue while the clock ran';
COMMENT ON COLUMN liskeban.figure_daily.complete IS '办结 due, and resolved or closed';
COMMENT ON COLUMN liskeban.figure_daily.on_time IS '按期办结 complete, and every resolve in time';
COMMENT ON COLUMN liskeban.figure_daily.on_time_original IS '按原时限办结 the same against the due before extensions';
COMMENT ON COLUMN liskeban.figure_daily.response_due IS '应响应 arrived, or respond_due passed';
COMMENT ON COLUMN liskeban.figure_daily.response IS '按时响应 first arrival in time';
COMMENT ON COLUMN liskeban.figure_daily.response_proven IS '有凭证按时响应 the same by gps or photo, no late entry';
COMMENT ON COLUMN liskeban.figure_daily.asked IS '应回访 reporters of closed tickets, a merged ticket''s under its lead';
COMMENT ON COLUMN liskeban.figure_daily.answered IS '回访成功 of these who answered';
COMMENT ON COLUMN liskeban.figure_daily.unreachable IS '联系不上 of these who could not be reached';
COMMENT ON COLUMN liskeban.figure_daily.satisfied IS '满意 of these who are satisfied';
COMMENT ON COLUMN liskeban.figure_daily.solved IS '解决 of these who say it is solved';
COMMENT ON COLUMN liskeban.figure_daily.resolved IS '曾办结 ever resolved';
COMMENT ON COLUMN liskeban.figure_daily.reworked IS '曾返工 ever reworked or reopened';
COMMENT ON COLUMN liskeban.figure_daily.first_time IS '一次办结 resolved with no return, redispatch, rework or reopen';
COMMENT ON COLUMN liskeban.figure_daily.plan_due IS '应有方案 hard, and planned, resolved, or plan_due passed';
COMMENT ON COLUMN liskeban.figure_daily.plan IS '按时方案 first plan in time';
COMMENT ON COLUMN liskeban.figure_daily.promise_due IS '承诺到期 resolved since the first promise, or that promise passed';
COMMENT ON COLUMN liskeban.figure_daily.promise IS '承诺兑现 kept it';
COMMENT ON COLUMN liskeban.figure_daily.whistles IS '吹哨 whistles that villages blew on that day, less declines upheld';
COMMENT ON COLUMN liskeban.figure_daily.whistles_solved IS '吹哨办结 of these whose ticket is solved and was not reopened';
COMMENT ON COLUMN liskeban.figure_daily.breaches IS '超期次数 resolve_due that passed while its clock ran, under who held it then where by is holder';
COMMENT ON COLUMN liskeban.figure_daily.co IS '协办 received tickets that the department co-handles; 0 but by department';

-- Inlined where it stands in a FROM: what one row adds to the sums. Everything counts under the ticket's key, but for
-- breaches, which count under each holder, and co-handling, under each department.
CREATE FUNCTION liskeban._fact_figures(f liskeban.ticket_fact, by text) RETURNS SETOF liskeban.figure_daily
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 10 AS $$
  SELECT f.day, k.by, f.kind, coalesce(k.key, '(pool)'), k.own,
         k.own * f.reported::integer, k.own * f.self_handled::integer, k.own * f.due::integer,
         k.own * f.complete::integer, k.own * f.on_time::integer, k.own * f.on_time_original::integer,
         k.own * f.response_due::integer, k.own * f.response::integer, k.own * f.response_proven::integer,
         k.own * f.asked, k.own * f.answered, k.own * f.unreachable, k.own * f.satisfied, k.own * f.said_solved,
         k.own * f.resolved::integer, k.own * f.reworked::integer, k.own * f.first_time::integer,
         k.own * f.plan_due::integer, k.own * f.plan_in_time::integer, k.own * f.promise_due::integer,
         k.own * f.promise::integer,
         0, 0,
         CASE WHEN k.by = 'holder' THEN 1 - k.own WHEN f.reported AND NOT f.self_handled THEN k.own * coalesce(cardinality(f.breach_holders), 0) ELSE 0 END,
         CASE WHEN k.by = 'department' THEN 1 - k.own ELSE 0 END
    FROM (SELECT u.by, u.key, (u.nth <= CASE WHEN _fact_figures.by IS NULL THEN 8 ELSE 1 END)::integer AS own
            FROM unnest(
                   CASE WHEN _fact_figures.by IS NULL THEN '{town,village,category,domain,source,department,tier,holder}' ELSE ARRAY[_fact_figures.by] END
                   || CASE WHEN coalesce(_fact_figures.by, 'holder') = 'holder' AND f.reported AND NOT f.self_handled AND f.breach_holders IS NOT NULL
                           THEN array_fill('holder'::text, ARRAY[cardinality(f.breach_holders)]) END
                   || CASE WHEN coalesce(_fact_figures.by, 'department') = 'department' AND f.co_departments IS NOT NULL
                           THEN array_fill('department'::text, ARRAY[cardinality(f.co_departments)]) END,
                   CASE WHEN _fact_figures.by IS NULL THEN
                     ARRAY[CASE WHEN length(f.area::text) >= 9 THEN left(f.area::text, 9) END,
                           CASE WHEN length(f.area::text) >= 12 THEN left(f.area::text, 12) END,
                           f.category, f.domain, f.source, f.department, f.tier::text,
                           coalesce(f.breach_holders[1], CASE WHEN f.breach_holders IS NULL THEN coalesce(f.responsible_area::text, f.department) END)]
                   ELSE
                     ARRAY[CASE _fact_figures.by
                             WHEN 'district' THEN left(f.ticket_id::text, 6)
                             WHEN 'town' THEN CASE WHEN length(f.area::text) >= 9 THEN left(f.area::text, 9) END
                             WHEN 'village' THEN CASE WHEN length(f.area::text) >= 12 THEN left(f.area::text, 12) END
                             WHEN 'category' THEN f.category WHEN 'domain' THEN f.domain WHEN 'source' THEN f.source
                             WHEN 'department' THEN f.department WHEN 'tier' THEN f.tier::text
                             ELSE coalesce(f.breach_holders[1], CASE WHEN f.breach_holders IS NULL THEN coalesce(f.responsible_area::text, f.department) END) END]
                   END
                   || CASE WHEN coalesce(_fact_figures.by, 'holder') = 'holder' AND f.reported AND NOT f.self_handled THEN f.breach_holders END
                   || CASE WHEN coalesce(_fact_figures.by, 'department') = 'department' THEN f.co_departments END)
                 WITH ORDINALITY AS u(by, key, nth)) AS k
$$;
COMMENT ON FUNCTION liskeban._fact_figures(liskeban.ticket_fact, text) IS 'what a row of ticket_fact adds to figure_daily, under one by (NULL: all that are kept)';
REVOKE ALL ON FUNCTION liskeban._fact_figures(liskeban.ticket_fact, text) FROM PUBLIC;

CREATE FUNCTION liskeban._whistle_figures(w liskeban.whistle_fact, by text) RETURNS SETOF liskeban.figure_daily
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 8 AS $$
  SELECT w.day, k.by, w.kind, coalesce(k.key, '(pool)'), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
         (NOT w.upheld)::integer, (w.solved AND NOT w.upheld)::integer, 0, 0
    FROM (VALUES ('town', CASE WHEN length(w.area::text) >= 9 THEN left(w.area::text, 9) END),
                 ('village', CASE WHEN length(w.area::text) >= 12 THEN left(w.area::text, 12) END),
                 ('category', w.category), ('domain', w.domain), ('source', w.source), ('department', w.department),
                 ('tier', w.tier::text), ('holder', coalesce(w.responsible_area::text, w.department)),
                 ('district', left(w.ticket_id::text, 6))) AS k(by, key)
   WHERE CASE WHEN _whistle_figures.by IS NULL THEN k.by <> 'district' ELSE k.by = _whistle_figures.by END
$$;
COMMENT ON FUNCTION liskeban._whistle_figures(liskeban.whistle_fact, text) IS 'what a row of whistle_fact adds to figure_daily, under one by (NULL: all that are kept)';
REVOKE ALL ON FUNCTION liskeban._whistle_figures(liskeban.whistle_fact, text) FROM PUBLIC;

-- ---- from history to facts ----

-- Who was merged into whom is asked by the lead.
CREATE INDEX ticket_event_lead_idx ON liskeban.ticket_event ((((detail -> 'merged_into') ->> 1)::bigint)) WHERE action = 'merge';

-- The tickets that events touch: a merged one's lead is touched with it, for its reporter counts there.
CREATE FUNCTION liskeban._touched_tickets(after_event_id bigint, up_to_event_id bigint) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE
  ids bigint[];
  leads bigint[];
BEGIN
  -- no number has been drawn since: nothing to look for in every partition
  IF (SELECT q.last_value FROM liskeban.ticket_event_event_id_seq AS q) <= after_event_id THEN
    RETURN ARRAY[]::bigint[];
  END IF;
  ids := ARRAY(SELECT DISTINCT e.ticket_id FROM liskeban.ticket_event AS e WHERE e.event_id > after_event_id AND e.event_id <= up_to_event_id);
  IF ids <> '{}' THEN
    leads := ARRAY(SELECT DISTINCT ((e.detail -> 'merged_into') ->> 1)::bigint FROM liskeban.ticket_event AS e
                    WHERE e.action = 'merge' AND e.ticket_id = ANY (ids) AND e.event_id <= up_to_event_id);
    IF leads <> '{}' THEN
      ids := ARRAY(SELECT DISTINCT i.id FROM unnest(ids || leads) AS i(id) WHERE i.id IS NOT NULL);
    END IF;
  END IF;
  RETURN ids;
END
$$;
COMMENT ON FUNCTION liskeban._touched_tickets(bigint, bigint) IS 'the tickets that the events after one id and up to another are about, and those that they were ever merged into';
REVOKE ALL ON FUNCTION liskeban._touched_tickets(bigint, bigint) FROM PUBLIC;

CREATE FUNCTION liskeban._fold_facts(ids bigint[], as_of timestamptz, up_to_event_id bigint, summed_until timestamptz)
RETURNS SETOF liskeban.ticket_fact
LANGUAGE plpgsql STABLE ROWS 1000 SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE
  zone text := (SELECT min(p.time_zone) FROM liskeban.platform AS p);
BEGIN
  IF ids IS NULL OR ids = '{}' THEN
    RETURN;
  END IF;
  RETURN QUERY
  WITH mergers AS MATERIALIZED (
    SELECT DISTINCT ((e.detail -> 'merged_into') ->> 1)::bigint AS lead, e.ticket_id
      FROM liskeban.ticket_event AS e
     WHERE e.action = 'merge' AND ((e.detail -> 'merged_into') ->> 1)::bigint = ANY (ids)
       AND e.at <= as_of AND e.recorded_at <= as_of AND e.event_id <= up_to_event_id
  ), fold AS MATERIALIZED (
    SELECT e.ticket_id,
           liskeban._ticket_facts(e.seq, e.run, e.at, e.from_state, e.to_state, e.action, e.actor, e.detail, as_of) AS fact,
           greatest(max(e.at), max(e.recorded_at),
                    liskeban._ticket_settles_at(e.seq, e.run, e.at, e.from_state, e.to_state, e.action, e.actor, e.detail, as_of)) AS since
      FROM (SELECT i.id FROM unnest(ids) AS i(id) UNION SELECT m.ticket_id FROM mergers AS m) AS wanted
      JOIN liskeban.ticket_event AS e ON e.ticket_id = wanted.id
     WHERE e.at <= as_of AND e.recorded_at <= as_of AND e.event_id <= up_to_event_id
     GROUP BY e.ticket_id
  ), merged AS (
    SELECT m.lead, max(f.since) AS since,
           count(*) FILTER (WHERE c.counts) AS asked,
           count(*) FILTER (WHERE c.counts AND (f.fact).satisfaction <> 'unreachable') AS answered,
           count(*) FILTER (WHERE c.counts AND (f.fact).satisfaction = 'unreachable') AS unreachable,
           count(*) FILTER (WHERE c.counts AND (f.fact).satisfaction = 'satisfied') AS satisfied,
           count(*) FILTER (WHERE c.counts AND (f.fact).satisfaction <> 'unreachable' AND (f.fact).solved) AS solved
      FROM mergers AS m JOIN fold AS f ON f.ticket_id = m.ticket_id
     CROSS JOIN LATERAL (SELECT (f.fact).state = 'merged' AND (f.fact).has_reporter AND (f.fact).merged_into = m.lead) AS c(counts)
     GROUP BY m.lead
  )
  SELECT t.ticket_id, t.received_at, s.since, (f.fact).area::liskeban.area_code, (f.fact).responsible_area::liskeban.area_code,
         (f.fact).merged_into, (t.received_at AT TIME ZONE zone)::date, t.kind, (f.fact).state::liskeban.ticket_state, (f.fact).run,
         (f.fact).difficulty::liskeban.difficulty, (f.fact).tier::liskeban.tier, (f.fact).satisfaction::liskeban.satisfaction,
         coalesce(o.own + coalesce(m.asked, 0), 0)::integer,
         coalesce(o.own * ((f.fact).satisfaction IS NOT NULL AND (f.fact).satisfaction <> 'unreachable')::integer
                  + CASE WHEN o.own IS NOT NULL THEN coalesce(m.answered, 0) END, 0)::integer,
         coalesce(o.own * ((f.fact).satisfaction IS NOT NULL AND (f.fact).satisfaction = 'unreachable')::integer
                  + CASE WHEN o.own IS NOT NULL THEN coalesce(m.unreachable, 0) END, 0)::integer,
         coalesce(o.own * ((f.fact).satisfaction IS NOT NULL AND (f.fact).satisfaction = 'satisfied')::integer
                  + CASE WHEN o.own IS NOT NULL THEN coalesce(m.satisfied, 0) END, 0)::integer,
         coalesce(o.own * ((f.fact).satisfaction IS NOT NULL AND (f.fact).satisfaction <> 'unreachable' AND (f.fact).solved IS TRUE)::integer
                  + CASE WHEN o.own IS NOT NULL THEN coalesce(m.solved, 0) END, 0)::integer,
         coalesce(s.since <= summed_until, false), (f.fact).has_reporter, (f.fact).solved,
         (f.fact).reported, (f.fact).self_handled, (f.fact).due, (f.fact).complete, (f.fact).on_time,
         (f.fact).on_time_original, (f.fact).response_due, (f.fact).response, (f.fact).response_proven,
         (f.fact).resolved, (f.fact).reworked, (f.fact).first_time, (f.fact).plan_due, (f.fact).plan,
         (f.fact).promise_due, (f.fact).promise,
         t.source, (f.fact).category, (f.fact).domain, (f.fact).department,
         nullif((f.fact).co_departments, '{}'), nullif((f.fact).breach_holders, '{}')
    FROM fold AS f
    JOIN liskeban.ticket AS t ON t.ticket_id = f.ticket_id
    LEFT JOIN merged AS m ON m.lead = f.ticket_id
   CROSS JOIN LATERAL (SELECT greatest(f.since, m.since)) AS s(since)
   -- own: NULL while nobody is asked, else whether this ticket has a reporter of its own
   CROSS JOIN LATERAL (SELECT CASE WHEN (f.fact).state = 'closed' AND (f.fact).reported AND NOT (f.fact).self_handled
                                   THEN (f.fact).has_reporter::integer END) AS o(own)
   WHERE f.ticket_id = ANY (ids) AND t.parent_id IS NULL AND (f.fact).state IS NOT NULL;
END
$$;
COMMENT ON FUNCTION liskeban._fold_facts(bigint[], timestamptz, bigint, timestamptz) IS 'rows of ticket_fact for those tickets as their events up to as_of, and up to that id, say at as_of; children have none; summed: since is not after summed_until (NULL: never)';
REVOKE ALL ON FUNCTION liskeban._fold_facts(bigint[], timestamptz, bigint, timestamptz) FROM PUBLIC;

-- A decline counts as upheld when its appeal was declined too, or when nobody appealed within a working day, whose end the
-- decline wrote down; of one from before it did so, the calendar is asked.
CREATE FUNCTION liskeban._fold_whistles(ids bigint[], as_of timestamptz, up_to_event_id bigint, summed_until timestamptz)
RETURNS SETOF liskeban.whistle_fact
LANGUAGE plpgsql STABLE ROWS 100 SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE
  zone text := (SELECT min(p.time_zone) FROM liskeban.platform AS p);
BEGIN
  IF ids IS NULL OR ids = '{}' THEN
    RETURN;
  END IF;
  RETURN QUERY
  -- Of each ticket its own events are looked through, however many others there are.
  WITH fold AS MATERIALIZED (
    SELECT e.ticket_id, array_agg(e ORDER BY e.seq) AS events,
           liskeban._ticket_facts(e.seq, e.run, e.at, e.from_state, e.to_state, e.action, e.actor, e.detail, as_of) AS fact,
           greatest(max(e.at), max(e.recorded_at)) AS since
      FROM (SELECT DISTINCT b.ticket_id FROM liskeban.ticket_event AS b
             WHERE b.action = 'blow_whistle' AND b.ticket_id = ANY (ids) AND b.at <= as_of AND b.recorded_at <= as_of
               AND b.event_id <= up_to_event_id) AS w
      JOIN liskeban.ticket_event AS e ON e.ticket_id = w.ticket_id
     WHERE e.at <= as_of AND e.recorded_at <= as_of AND e.event_id <= up_to_event_id
     GROUP BY e.ticket_id
  )
  SELECT b.ticket_id, b.seq, b.at, greatest(f.since, d.until + interval '1 microsecond'), (b.at AT TIME ZONE zone)::date, t.kind,
         (f.fact).tier::liskeban.tier, (f.fact).area::liskeban.area_code, (f.fact).responsible_area::liskeban.area_code,
         coalesce(greatest(f.since, d.until + interval '1 microsecond') <= summed_until, false),
         d.seq IS NOT NULL
           AND (d.until < as_of AND coalesce(a.at > d.until, true)
                OR EXISTS (SELECT FROM unnest(h.events) AS x WHERE x.seq > a.seq AND x.action = 'decline_whistle'
                              AND NOT EXISTS (SELECT FROM unnest(h.events) AS y WHERE y.seq > a.seq AND y.seq < x.seq
                                                 AND y.action IN ('blow_whistle', 'hand_down', 'resolve', 'answer')))),
         (f.fact).state IN ('resolved', 'closed')
           AND EXISTS (SELECT FROM unnest(h.events) AS x WHERE x.seq > b.seq AND x.action IN ('resolve', 'answer'))
           AND NOT EXISTS (SELECT FROM unnest(h.events) AS x WHERE x.seq > b.seq AND x.action = 'reopen'),
         t.source, (f.fact).category, (f.fact).domain, (f.fact).department
    FROM fold AS f
    JOIN liskeban.ticket AS t ON t.ticket_id = f.ticket_id AND t.parent_id IS NULL
   CROSS JOIN LATERAL (SELECT array_agg(x) AS events FROM unnest(f.events) AS x
                        WHERE NOT EXISTS (SELECT FROM unnest(f.events) AS r
                                           WHERE r.action = 'revert' AND (r.detail ->> 'reverts')::integer = x.seq)) AS h
   CROSS JOIN LATERAL unnest(h.events) AS b
    LEFT JOIN LATERAL (SELECT x.seq, x.at, x.action, x.detail FROM unnest(h.events) AS x
                        WHERE x.seq > b.seq
                          AND x.action IN ('decline_whistle', 'hand_down', 'blow_whistle', 'resolve', 'answer', 'withdraw', 'merge', 'reject')
                        ORDER BY x.seq LIMIT 1) AS n ON true
    LEFT JOIN LATERAL (SELECT n.seq, coalesce(((n.detail -> 'appeal_until') ->> 1)::timestamptz,
                                              liskeban.add_working_time(n.at, '1 day', 'working_day')) AS until
                        WHERE n.action = 'decline_whistle') AS d ON true
    LEFT JOIN LATERAL (SELECT x.seq, x.at FROM unnest(h.events) AS x
                        WHERE x.seq > d.seq AND x.action = 'appeal_whistle'
                          AND NOT EXISTS (SELECT FROM unnest(h.events) AS y WHERE y.seq > d.seq AND y.seq < x.seq AND y.action = 'blow_whistle')
                        ORDER BY x.seq LIMIT 1) AS a ON true
   WHERE b.action = 'blow_whistle' AND (b.detail -> 'tier') ->> 0 = 'village' AND (f.fact).state IS NOT NULL;
END
$$;
COMMENT ON FUNCTION liskeban._fold_whistles(bigint[], timestamptz, bigint, timestamptz) IS 'rows of whistle_fact for the whistles that villages blew for those tickets, as their events up to as_of, and up to that id, say at as_of; arguments as _fold_facts()';
REVOKE ALL ON FUNCTION liskeban._fold_whistles(bigint[], timestamptz, bigint, timestamptz) FROM PUBLIC;
