-- For analysts, BI and GIS: views that need no join and show no personal data. They read through liskeban_reader, who
-- may read just the columns named here: no title, description, address, note, plan, resolution, reply or reporter.

COMMENT ON SCHEMA liskeban_report IS '报表 views for analysts, BI and GIS; no free text, no personal data';

GRANT SELECT (district, name, time_zone, version) ON liskeban.platform TO liskeban_reader;
GRANT SELECT (received, restored_at) ON liskeban.archive TO liskeban_reader;
GRANT SELECT (code, name, name_en) ON liskeban.area, liskeban.department, liskeban.domain, liskeban.source_system
  TO liskeban_reader;
GRANT SELECT (difficulty, clock, basis, valid_from) ON liskeban.sla_policy TO liskeban_reader;
GRANT SELECT (code, name, name_en, domain, listed) ON liskeban.category TO liskeban_reader;
GRANT SELECT (ticket_id, ticket_no, parent_id, merged_into, received_at, reported_at, discovered_at, area, responsible_area,
    accept_due, dispatch_due, respond_due, plan_due, resolve_due, resolve_due_original, feedback_due, clocks_stopped_at,
    dispatched_at, contacted_at, on_site_at, promised_at, suspend_until, resolved_at, closed_at, updated_at, kind, state,
    difficulty, placement, tier, satisfaction, solved, priority, run, rework_count, reopen_count, return_count, confidential,
    late_entry, has_reporter, resolve_given, emergency, source, category, department, co_departments, arrival_proof, reject_reason, geom)
  ON liskeban.ticket TO liskeban_reader;
GRANT SELECT (ticket_id, seq, run, at, recorded_at, from_state, to_state, action, actor, detail) ON liskeban.ticket_event
  TO liskeban_reader;

CREATE VIEW liskeban_report.ticket WITH (security_barrier) AS
  SELECT t.ticket_id,
         t.ticket_no,
         t.kind::text AS kind,
         t.state::text AS state,
         t.received_at,
         (t.received_at AT TIME ZONE p.time_zone)::date AS received_day,
         t.reported_at,
         t.discovered_at,
         t.source, s.name AS source_name, s.name_en AS source_name_en,
         t.category, c.name AS category_name, c.name_en AS category_name_en,
         c.domain, d.name AS domain_name, d.name_en AS domain_name_en,
         c.listed,
         t.difficulty::text AS difficulty,
         t.priority,
         t.placement::text AS placement,
         t.area::text AS area, a.name AS area_name, a.name_en AS area_name_en,
         town.code AS town, town_area.name AS town_name, town_area.name_en AS town_name_en,
         village.code AS village, village_area.name AS village_name, village_area.name_en AS village_name_en,
         t.responsible_area::text AS responsible_area, r.name AS responsible_area_name, r.name_en AS responsible_area_name_en,
         t.department, dep.name AS department_name, dep.name_en AS department_name_en,
         t.co_departments,
         t.tier::text AS tier,
         t.run,
         t.accept_due, t.dispatch_due, t.respond_due, t.plan_due, t.resolve_due, t.resolve_due_original, t.feedback_due,
         t.clocks_stopped_at, t.dispatched_at, t.contacted_at, t.on_site_at, t.arrival_proof, t.late_entry, t.promised_at,
         t.suspend_until, t.resolved_at, t.closed_at, t.updated_at,
         CASE WHEN t.state IN ('reported', 'accepted', 'dispatched', 'on_site', 'planned') THEN
           liskeban.clock_lamp(t.resolve_due, coalesce(t.resolve_given, '0'), CASE WHEN t.difficulty <> 'hard' AND t.emergency IS NULL THEN
             (SELECT q.basis FROM liskeban.sla_policy q
              WHERE q.difficulty = t.difficulty AND q.clock = 'resolve' AND q.valid_from <= t.received_at
              ORDER BY q.valid_from DESC LIMIT 1) ELSE 'calendar' END, liskeban.liskeban_now())::text END AS resolve_lamp,
         t.reject_reason, t.merged_into, t.parent_id, t.has_reporter,
         t.satisfaction::text AS satisfaction, t.solved,
         t.return_count, t.rework_count, t.reopen_count,
         t.geom::geometry(Point, 4490) AS geom,
         p.district::text AS district
  FROM liskeban.ticket t
  CROSS JOIN liskeban.platform p
  LEFT JOIN liskeban.source_system s ON s.code = t.source
  LEFT JOIN liskeban.category c ON c.code = t.category
  LEFT JOIN liskeban.domain d ON d.code = c.domain
  LEFT JOIN liskeban.area a ON a.code OPERATOR(liskeban.=) t.area
  CROSS JOIN LATERAL (SELECT CASE WHEN liskeban.area_level(t.area) >= 'town' THEN liskeban.area_parent(t.area, 'town') END) AS tc(code)
  LEFT JOIN liskeban.area town_area ON town_area.code OPERATOR(liskeban.=) tc.code
  CROSS JOIN LATERAL (SELECT tc.code::text) AS town(code)
  CROSS JOIN LATERAL (SELECT CASE WHEN liskeban.area_level(t.area) >= 'village' THEN liskeban.area_parent(t.area, 'village') END) AS vc(code)
  LEFT JOIN liskeban.area village_area ON village_area.code OPERATOR(liskeban.=) vc.code
  CROSS JOIN LATERAL (SELECT vc.code::text) AS village(code)
  LEFT JOIN liskeban.area r ON r.code OPERATOR(liskeban.=) t.responsible_area
  LEFT JOIN liskeban.department dep ON dep.code = t.department;
COMMENT ON VIEW liskeban_report.ticket IS '工单 one row for each ticket, open or closed, without text and persons; key ticket_id';
COMMENT ON COLUMN liskeban_report.ticket.ticket_id IS '工单编号 key: six digits of the district × 10^9 + n';
COMMENT ON COLUMN liskeban_report.ticket.ticket_no IS '工单号 number told to the citizen';
COMMENT ON COLUMN liskeban_report.ticket.kind IS '类型 demand 群众诉求, hazard 隐患, clue 线索, service 服务, policy 找人, patrol 自采, task 指令';
COMMENT ON COLUMN liskeban_report.ticket.state IS '状态 reported 待受理, accepted 已受理, dispatched 已派单, on_site 已到场, planned 有方案, suspended 挂账, resolved 已办结, closed 已关闭, rejected 不予受理, withdrawn 已撤回, merged 已并案';
COMMENT ON COLUMN liskeban_report.ticket.received_at IS '接收时间 when the platform received it';
COMMENT ON COLUMN liskeban_report.ticket.received_day IS '接收日期 its day in the platform''s zone';
COMMENT ON COLUMN liskeban_report.ticket.reported_at IS '上报时间 what the source says';
COMMENT ON COLUMN liskeban_report.ticket.discovered_at IS '发现时间 when the matter was seen';
COMMENT ON COLUMN liskeban_report.ticket.source IS '来源系统代码 code of the source system';
COMMENT ON COLUMN liskeban_report.ticket.source_name IS '来源系统 name of the source system in Chinese';
COMMENT ON COLUMN liskeban_report.ticket.source_name_en IS '来源系统英文名 name of the source system in English';
COMMENT ON COLUMN liskeban_report.ticket.category IS '事项代码 code of the category';
COMMENT ON COLUMN liskeban_report.ticket.category_name IS '事项 name of the category in Chinese';
COMMENT ON COLUMN liskeban_report.ticket.category_name_en IS '事项英文名 name of the category in English';
COMMENT ON COLUMN liskeban_report.ticket.domain IS '领域代码 code of the category''s domain';
COMMENT ON COLUMN liskeban_report.ticket.domain_name IS '领域 name of the domain in Chinese';
COMMENT ON COLUMN liskeban_report.ticket.domain_name_en IS '领域英文名 name of the domain in English';
COMMENT ON COLUMN liskeban_report.ticket.listed IS '清单事项 whether the category is one of the listed matters';
COMMENT ON COLUMN liskeban_report.ticket.difficulty IS '难度 simple 简单, general 一般, hard 疑难';
COMMENT ON COLUMN liskeban_report.ticket.priority IS '优先级 1 highest to 4';
COMMENT ON COLUMN liskeban_report.ticket.placement IS '定位方式 inside 区域内, snapped 吸附, outside 辖区外, unknown 无位置';
COMMENT ON COLUMN liskeban_report.ticket.area IS '所在区域代码 code of the finest area that covers it; NULL in the pool';
COMMENT ON COLUMN liskeban_report.ticket.area_name IS '所在区域 name of that area in Chinese';
COMMENT ON COLUMN liskeban_report.ticket.area_name_en IS '所在区域英文名 name of that area in English';
COMMENT ON COLUMN liskeban_report.ticket.town IS '镇街代码 code of its town; NULL where the area is none of a town';
COMMENT ON COLUMN liskeban_report.ticket.town_name IS '镇街 name of its town in Chinese';
COMMENT ON COLUMN liskeban_report.ticket.town_name_en IS '镇街英文名 name of its town in English';
COMMENT ON COLUMN liskeban_report.ticket.village IS '村社区代码 code of its village; NULL where the area is none of a village';
COMMENT ON COLUMN liskeban_report.ticket.village_name IS '村社区 name of its village in Chinese';
COMMENT ON COLUMN liskeban_report.ticket.village_name_en IS '村社区英文名 name of its village in English';
COMMENT ON COLUMN liskeban_report.ticket.responsible_area IS '承办区域代码 code of the area that must act';
COMMENT ON COLUMN liskeban_report.ticket.responsible_area_name IS '承办区域 its name in Chinese';
COMMENT ON COLUMN liskeban_report.ticket.responsible_area_name_en IS '承办区域英文名 its name in English';
COMMENT ON COLUMN liskeban_report.ticket.department IS '承办部门代码 code of the department that leads';
COMMENT ON COLUMN liskeban_report.ticket.department_name IS '承办部门 its name in Chinese';
COMMENT ON COLUMN liskeban_report.ticket.department_name_en IS '承办部门英文名 its name in English';
COMMENT ON COLUMN liskeban_report.ticket.co_departments IS '协办部门代码 codes of the departments that co-handle';
COMMENT ON COLUMN liskeban_report.ticket.tier IS '层级 village 村社区, town 镇街或部门, district 区, principal 主要领导; NULL until dispatched';
COMMENT ON COLUMN liskeban_report.ticket.run IS '轮次 1, and one more with each reopening';
COMMENT ON COLUMN liskeban_report.ticket.accept_due IS '受理时限 when acceptance is due';
COMMENT ON COLUMN liskeban_report.ticket.dispatch_due IS '派单时限 when dispatch is due';
COMMENT ON COLUMN liskeban_report.ticket.respond_due IS '响应时限 when someone must be there, or have spoken to the citizen';
COMMENT ON COLUMN liskeban_report.ticket.plan_due IS '方案时限 when the plan of a hard ticket is due';
COMMENT ON COLUMN liskeban_report.ticket.resolve_due IS '办结时限 when it must be resolved';
COMMENT ON COLUMN liskeban_report.ticket.resolve_due_original IS '原办结时限 the same before extensions';
COMMENT ON COLUMN liskeban_report.ticket.feedback_due IS '回访时限 when the citizen must have been asked';
COMMENT ON COLUMN liskeban_report.ticket.clocks_stopped_at IS '计时停止时间 since when plan and resolve stand still';
COMMENT ON COLUMN liskeban_report.ticket.dispatched_at IS '派单时间 when last dispatched';
COMMENT ON COLUMN liskeban_report.ticket.contacted_at IS '联系时间 when the citizen was first contacted in this run';
COMMENT ON COLUMN liskeban_report.ticket.on_site_at IS '到场时间 when someone was there';
COMMENT ON COLUMN liskeban_report.ticket.arrival_proof IS '到场凭证 gps 定位, photo 照片, declared 自报';
COMMENT ON COLUMN liskeban_report.ticket.late_entry IS '补录 arrival recorded more than 10 minutes after it happened';
COMMENT ON COLUMN liskeban_report.ticket.promised_at IS '承诺时间 by when the plan promises to resolve it';
COMMENT ON COLUMN liskeban_report.ticket.suspend_until IS '挂账至 until when it is suspended';
COMMENT ON COLUMN liskeban_report.ticket.resolved_at IS '办结时间 when last resolved';
COMMENT ON COLUMN liskeban_report.ticket.closed_at IS '关闭时间 when closed';
COMMENT ON COLUMN liskeban_report.ticket.updated_at IS '更新时间 when something last happened';
COMMENT ON COLUMN liskeban_report.ticket.resolve_lamp IS '办结亮灯 lamp of the resolve clock now: green 绿, yellow 黄, red 红, red2, red3 二次、三次红灯; NULL while it does not run';
COMMENT ON COLUMN liskeban_report.ticket.reject_reason IS '不予受理理由 code of the reason';
COMMENT ON COLUMN liskeban_report.ticket.merged_into IS '并入工单 ticket_id of the lead';
COMMENT ON COLUMN liskeban_report.ticket.parent_id IS '父工单 ticket_id of the ticket of which this is a part';
COMMENT ON COLUMN liskeban_report.ticket.has_reporter IS '有诉求人 whether a reporter is known';
COMMENT ON COLUMN liskeban_report.ticket.satisfaction IS '满意度 satisfied 满意, neutral 一般, dissatisfied 不满意, unreachable 联系不上';
COMMENT ON COLUMN liskeban_report.ticket.solved IS '是否解决 what the citizen says';
COMMENT ON COLUMN liskeban_report.ticket.return_count IS '退单次数 how often it was returned';
COMMENT ON COLUMN liskeban_report.ticket.rework_count IS '返工次数 how often it was reworked';
COMMENT ON COLUMN liskeban_report.ticket.reopen_count IS '重办次数 how often it was reopened';
COMMENT ON COLUMN liskeban_report.ticket.geom IS '位置 point, CGCS2000 (EPSG:4490)';
COMMENT ON COLUMN liskeban_report.ticket.district IS '区划代码 code of the district, for whoever reads several';

-- The facts in the sums, and what is to be added and taken off for what is not: a condition on the day reads those days.
GRANT SELECT (day, kind, area, category, domain, source, summed, reported, self_handled, due, complete, on_time, on_time_original, response_due, response, response_proven, asked, answered, unreachable, satisfied, said_solved, resolved, reworked, first_time, plan_due, plan_in_time, promise_due, promise, breach_holders)
  ON liskeban.ticket_fact TO liskeban_reader;
GRANT SELECT ON liskeban.roll_up_state TO liskeban_reader;
CREATE VIEW liskeban_report.kpi_daily WITH (security_barrier) AS
  WITH cell AS (
    SELECT p.day, p.kind, p.town, p.category, p.domain, p.source,
           sum(p.received) AS received, sum(p.reported) AS reported, sum(p.self_handled) AS self_handled,
           sum(p.due) AS due, sum(p.complete) AS complete, sum(p.on_time) AS on_time,
           sum(p.on_time_original) AS on_time_original, sum(p.response_due) AS response_due,
           sum(p.response) AS response, sum(p.response_proven) AS response_proven, sum(p.asked) AS asked,
           sum(p.answered) AS answered, sum(p.unreachable) AS unreachable, sum(p.satisfied) AS satisfied,
           sum(p.solved) AS solved, sum(p.resolved) AS resolved, sum(p.reworked) AS reworked,
           sum(p.first_time) AS first_time, sum(p.plan_due) AS plan_due, sum(p.plan) AS plan,
           sum(p.promise_due) AS promise_due, sum(p.promise) AS promise, sum(p.breaches) AS breaches
    FROM (SELECT f.day, f.kind, coalesce(CASE WHEN length(f.area::text) >= 9 THEN left(f.area::text, 9) END, '(pool)') AS town,
                 f.category, f.domain, f.source,
                 1 AS received, f.reported::integer AS reported, f.self_handled::integer AS self_handled,
                 f.due::integer AS due, f.complete::integer AS complete, f.on_time::integer AS on_time,
                 f.on_time_original::integer AS on_time_original, f.response_due::integer AS response_due,
                 f.response::integer AS response, f.response_proven::integer AS response_proven, f.asked AS asked,
                 f.answered AS answered, f.unreachable AS unreachable, f.satisfied AS satisfied,
                 f.said_solved AS solved, f.resolved::integer AS resolved, f.reworked::integer AS reworked,
                 f.first_time::integer AS first_time, f.plan_due::integer AS plan_due, f.plan_in_time::integer AS plan,
                 f.promise_due::integer AS promise_due, f.promise::integer AS promise,
                 CASE WHEN f.reported AND NOT f.self_handled THEN coalesce(pg_catalog.cardinality(f.breach_holders), 0) ELSE 0 END AS breaches
          FROM liskeban.ticket_fact f
          WHERE f.summed
            AND (SELECT s.time_zone = p.time_zone AND s.rolled_at <= liskeban.liskeban_now()
                   FROM liskeban.roll_up_state s CROSS JOIN liskeban.platform p WHERE s.name = 'ticket_fact')
            -- of days whose history is not all here nothing, as kpi() tells nothing of them
            AND NOT EXISTS (SELECT FROM liskeban.archive AS x CROSS JOIN liskeban.platform AS p
                             WHERE x.restored_at IS NULL
                               AND f.day >= (pg_catalog.lower(x.received) AT TIME ZONE p.time_zone)::date
                               AND f.day <= (pg_catalog.upper(x.received) AT TIME ZONE p.time_zone)::date)
          UNION ALL
          SELECT * FROM liskeban._kpi_corrections()) p
    GROUP BY p.day, p.kind, p.town, p.category, p.domain, p.source
    HAVING sum(p.received) <> 0
  )
  SELECT pg_catalog.concat_ws('/', to_char(c.day, 'YYYYMMDD'), c.town, c.category, c.domain, c.source, c.kind) AS kpi_daily_key,
         c.day, c.kind::text AS kind,
         c.town, CASE c.town WHEN '(pool)' THEN '公共池' ELSE a.name END AS town_name,
         CASE c.town WHEN '(pool)' THEN 'pool' ELSE a.name_en END AS town_name_en,
         c.category, g.name AS category_name, g.name_en AS category_name_en,
         c.domain, d.name AS domain_name, d.name_en AS domain_name_en,
         c.source, s.name AS source_name, s.name_en AS source_name_en,
         c.received, c.reported, c.self_handled, c.due,
         c.complete AS completion_num, c.due AS completion_den, c.complete / nullif(c.due, 0)::numeric AS completion,
         c.on_time AS on_time_num, c.due AS on_time_den, c.on_time / nullif(c.due, 0)::numeric AS on_time,
         c.on_time_original AS on_time_original_num, c.due AS on_time_original_den,
         c.on_time_original / nullif(c.due, 0)::numeric AS on_time_original,
         c.response AS response_num, c.response_due AS response_den, c.response / nullif(c.response_due, 0)::numeric AS response,
         c.response_proven AS response_proven_num,
         c.answered AS answered_num, c.asked AS answered_den, c.answered / nullif(c.asked, 0)::numeric AS answered, c.unreachable,
         c.solved AS solved_num, c.answered AS solved_den, c.solved / nullif(c.answered, 0)::numeric AS solved,
         c.satisfied AS satisfaction_num, c.answered AS satisfaction_den, c.satisfied / nullif(c.answered, 0)::numeric AS satisfaction,
         c.reworked AS rework_num, c.resolved AS rework_den, c.reworked / nullif(c.resolved, 0)::numeric AS rework,
         c.first_time AS first_time_num, c.resolved AS first_time_den, c.first_time / nullif(c.resolved, 0)::numeric AS first_time,
         c.plan AS plan_num, c.plan_due AS plan_den, c.plan / nullif(c.plan_due, 0)::numeric AS plan,
         c.promise AS promise_num, c.promise_due AS promise_den, c.promise / nullif(c.promise_due, 0)::numeric AS promise,
         c.breaches AS breach_num,
         (SELECT p.district::text FROM liskeban.platform p) AS district, b.begins_at AS "time"
  FROM cell c
  LEFT JOIN liskeban.day_start b ON b.day = c.day
  LEFT JOIN liskeban.area a ON a.code::text = c.town
  LEFT JOIN liskeban.category g ON g.code = c.category
  LEFT JOIN liskeban.domain d ON d.code = c.domain
  LEFT JOIN liskeban.source_system s ON s.code = c.source;
COMMENT ON VIEW liskeban_report.kpi_daily IS '每日指标 the figures of liskeban.kpi() as of now, one row for each day of receipt, town, category, domain, source and kind that has a case; every count may be summed up, a rate is the sum of its num / the sum of its den; days from the first to the last of what has been archived have no row; key kpi_daily_key';
COMMENT ON COLUMN liskeban_report.kpi_daily.kpi_daily_key IS '主键 key: day, town, category, domain, source and kind';
COMMENT ON COLUMN liskeban_report.kpi_daily.day IS '接收日期 day of receipt in the platform''s zone';
COMMENT ON COLUMN liskeban_report.kpi_daily.kind IS '类型 demand 群众诉求, hazard 隐患, clue 线索, service 服务, policy 找人, patrol 自采, task 指令';
COMMENT ON COLUMN liskeban_report.kpi_daily.town IS '镇街代码 code of the town; (pool) where the area is none of a town';
COMMENT ON COLUMN liskeban_report.kpi_daily.town_name IS '镇街 name of the town in Chinese';
COMMENT ON COLUMN liskeban_report.kpi_daily.town_name_en IS '镇街英文名 name of the town in English';
COMMENT ON COLUMN liskeban_report.kpi_daily.category IS '事项代码 code of the category';
COMMENT ON COLUMN liskeban_report.kpi_daily.category_name IS '事项 name of the category in Chinese';
COMMENT ON COLUMN liskeban_report.kpi_daily.category_name_en IS '事项英文名 name of the category in English';
COMMENT ON COLUMN liskeban_report.kpi_daily.domain IS '领域代码 code of the domain';
COMMENT ON COLUMN liskeban_report.kpi_daily.domain_name IS '领域 name of the domain in Chinese';
COMMENT ON COLUMN liskeban_report.kpi_daily.domain_name_en IS '领域英文名 name of the domain in English';
COMMENT ON COLUMN liskeban_report.kpi_daily.source IS '来源系统代码 code of the source system';
COMMENT ON COLUMN liskeban_report.kpi_daily.source_name IS '来源系统 name of the source system in Chinese';
COMMENT ON COLUMN liskeban_report.kpi_daily.source_name_en IS '来源系统英文名 name of the source system in English';
COMMENT ON COLUMN liskeban_report.kpi_daily.district IS '区划代码 code of the district, for whoever reads several';
COMMENT ON COLUMN liskeban_report.kpi_daily.time IS '时间 when the day begins';
-- the figures: 71_kpi_definition.sql

-- The views' owner may read no more than what is granted above.
GRANT USAGE, CREATE ON SCHEMA liskeban_report TO liskeban_reader;
ALTER VIEW liskeban_report.ticket OWNER TO liskeban_reader;
ALTER VIEW liskeban_report.kpi_daily OWNER TO liskeban_reader;
ALTER VIEW liskeban_report.seal_root OWNER TO liskeban_reader;
REVOKE CREATE ON SCHEMA liskeban_report FROM liskeban_reader;
