-- For BI, GIS and dashboards: what is open on the map, what happened when, what is wrong, who stands where; see 70_report.sql
-- for the kind of view. Geometry has one type and CGCS2000 (EPSG:4490); series have a column "time", by
-- which day_start or an index of the instant finds the rows.

GRANT SELECT (code, kind, geom, valid_from, valid_to) ON liskeban.area TO liskeban_reader;
GRANT SELECT ON liskeban.calendar_day, liskeban.day_start, liskeban.flow_daily, liskeban.risk_item, liskeban.observation TO liskeban_reader;
GRANT SELECT (code, name, name_en, domain, unit, direction) ON liskeban.indicator TO liskeban_reader;
GRANT SELECT (whistle_id, ticket_id, from_tier, to_tier, auto, raised_at, sign_due, signed_at, handle_due, ended_at, outcome) ON liskeban.whistle TO liskeban_reader;
GRANT SELECT (supervision_id, ticket_id, clock, level, kind, area, department, issued_at, reply_due, replied_at, struck_at) ON liskeban.supervision TO liskeban_reader;
GRANT USAGE, CREATE ON SCHEMA liskeban_report TO liskeban_reader;

CREATE VIEW liskeban_report.area WITH (security_barrier) AS
SELECT a.code::text AS code, liskeban.area_level(a.code)::text AS level, a.kind, a.name, a.name_en,
         liskeban.area_parent(a.code)::text AS parent,
         ST_Multi(ST_CollectionExtract(a.geom, 3))::geometry(MultiPolygon, 4490) AS geom
    FROM liskeban.area AS a
   WHERE a.valid_to IS NULL OR a.valid_to > liskeban.liskeban_now();
COMMENT ON VIEW liskeban_report.area IS '区域 areas in force with their outlines; key code';
COMMENT ON COLUMN liskeban_report.area.code IS '区划代码 key';
COMMENT ON COLUMN liskeban_report.area.level IS '区域层级 district, town, village, grid or microgrid';
COMMENT ON COLUMN liskeban_report.area.kind IS '类别 plain or dedicated (专属网格)';
COMMENT ON COLUMN liskeban_report.area.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban_report.area.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban_report.area.parent IS '上级代码 code of the area it lies in';
COMMENT ON COLUMN liskeban_report.area.geom IS '范围 outline, CGCS2000 (EPSG:4490); NULL covers nothing';
ALTER VIEW liskeban_report.area OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.district WITH (security_barrier) AS
SELECT p.district::text AS code, p.name, p.time_zone, p.version FROM liskeban.platform AS p;
COMMENT ON VIEW liskeban_report.district IS '区 the district this database commands; one row, key code';
COMMENT ON COLUMN liskeban_report.district.code IS '区划代码 key';
COMMENT ON COLUMN liskeban_report.district.name IS '名称 name';
COMMENT ON COLUMN liskeban_report.district.time_zone IS '时区 zone in which days begin';
COMMENT ON COLUMN liskeban_report.district.version IS '版本 version of the platform';
ALTER VIEW liskeban_report.district OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.domain WITH (security_barrier) AS
SELECT d.code, d.name, d.name_en FROM liskeban.domain AS d;
COMMENT ON VIEW liskeban_report.domain IS '领域 domains of the daily analysis; key code';
COMMENT ON COLUMN liskeban_report.domain.code IS '代码 key';
COMMENT ON COLUMN liskeban_report.domain.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban_report.domain.name_en IS '英文名称 name in English';
ALTER VIEW liskeban_report.domain OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.event WITH (security_barrier) AS
SELECT pg_catalog.concat_ws('/', e.ticket_id, e.seq) AS event_key, e.ticket_id, e.seq, e.run, e.at AS "time", e.recorded_at, e.action,
         e.from_state::text AS from_state, e.to_state::text AS to_state, pg_catalog.left(e.ticket_id::text, 6) AS district
    FROM liskeban.ticket_event AS e;
COMMENT ON VIEW liskeban_report.event IS '办理记录 what happened to tickets, without notes; key event_key';
COMMENT ON COLUMN liskeban_report.event.event_key IS '主键 key: ticket and seq';
COMMENT ON COLUMN liskeban_report.event.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban_report.event.seq IS '序号 within the ticket';
COMMENT ON COLUMN liskeban_report.event.run IS '轮次 run of the ticket after it';
COMMENT ON COLUMN liskeban_report.event.time IS '时间 when it happened';
COMMENT ON COLUMN liskeban_report.event.recorded_at IS '记录时间 when the database learned it';
COMMENT ON COLUMN liskeban_report.event.action IS '动作 what happened';
COMMENT ON COLUMN liskeban_report.event.from_state IS '原状态 state before; NULL at the first';
COMMENT ON COLUMN liskeban_report.event.to_state IS '新状态 state after';
COMMENT ON COLUMN liskeban_report.event.district IS '区划代码 code of the district, for whoever reads several';
ALTER VIEW liskeban_report.event OWNER TO liskeban_reader;

-- Read from the worklist, so that it costs what is open, however long the history.
CREATE VIEW liskeban_report.open_ticket_point WITH (security_barrier) AS
SELECT t.ticket_id, t.ticket_no, t.kind::text AS kind, t.state::text AS state, t.received_at AS "time",
         t.category, c.name AS category_name, c.name_en AS category_name_en, c.domain,
         town.code::text AS town, a.name AS town_name, a.name_en AS town_name_en, t.tier::text AS tier, t.priority, t.resolve_due,
         CASE WHEN t.state IN ('reported', 'accepted', 'dispatched', 'on_site', 'planned') THEN
           liskeban.clock_lamp(t.resolve_due, coalesce(t.resolve_given, '0'), CASE WHEN t.difficulty <> 'hard' AND t.emergency IS NULL THEN
             (SELECT q.basis FROM liskeban.sla_policy AS q
               WHERE q.difficulty = t.difficulty AND q.clock = 'resolve' AND q.valid_from <= t.received_at
               ORDER BY q.valid_from DESC LIMIT 1) ELSE 'calendar' END, n.now)::text END AS lamp,
         t.geom::geometry(Point, 4490) AS geom,
         coalesce(w.due <= n.now, false) AS overdue
    FROM (SELECT liskeban.liskeban_now() AS now OFFSET 0) AS n
   CROSS JOIN liskeban.worklist AS w
    JOIN liskeban.ticket AS t ON t.ticket_id = w.ticket_id
    LEFT JOIN liskeban.category AS c ON c.code = t.category
   CROSS JOIN LATERAL (SELECT CASE WHEN liskeban.area_level(t.area) >= 'town' THEN liskeban.area_parent(t.area, 'town') END) AS town(code)
    LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) town.code
   WHERE t.geom IS NOT NULL;
COMMENT ON VIEW liskeban_report.open_ticket_point IS '在办工单点位 open tickets on the map; key ticket_id';
COMMENT ON COLUMN liskeban_report.open_ticket_point.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban_report.open_ticket_point.ticket_no IS '工单号 number told to the citizen';
COMMENT ON COLUMN liskeban_report.open_ticket_point.kind IS '类型 demand 群众诉求, hazard 隐患, clue 线索, service 服务, policy 找人, patrol 自采, task 指令';
COMMENT ON COLUMN liskeban_report.open_ticket_point.state IS '状态 where the ticket stands';
COMMENT ON COLUMN liskeban_report.open_ticket_point.time IS '接收时间 when the platform received it';
COMMENT ON COLUMN liskeban_report.open_ticket_point.category IS '事项代码 code of the category';
COMMENT ON COLUMN liskeban_report.open_ticket_point.category_name IS '事项 name of the category in Chinese';
COMMENT ON COLUMN liskeban_report.open_ticket_point.category_name_en IS '事项英文名 name of the category in English';
COMMENT ON COLUMN liskeban_report.open_ticket_point.domain IS '领域代码 code of the domain';
COMMENT ON COLUMN liskeban_report.open_ticket_point.town IS '镇街代码 code of the town; NULL where the area is none of a town';
COMMENT ON COLUMN liskeban_report.open_ticket_point.town_name IS '镇街 name of the town in Chinese';
COMMENT ON COLUMN liskeban_report.open_ticket_point.town_name_en IS '镇街英文名 name of the town in English';
COMMENT ON COLUMN liskeban_report.open_ticket_point.tier IS '层级 village 村社区, town 镇街或部门, district 区, principal 主要领导';
COMMENT ON COLUMN liskeban_report.open_ticket_point.priority IS '优先级 1 highest to 4';
COMMENT ON COLUMN liskeban_report.open_ticket_point.resolve_due IS '办结时限 when it must be resolved';
COMMENT ON COLUMN liskeban_report.open_ticket_point.lamp IS '亮灯 green, yellow, red, red2 or red3 of the resolve clock; NULL where it does not run';
COMMENT ON COLUMN liskeban_report.open_ticket_point.geom IS '位置 point, CGCS2000 (EPSG:4490)';
COMMENT ON COLUMN liskeban_report.open_ticket_point.overdue IS '是否超期 past the due of resolution (hard without a plan: of the plan); not while suspended or resolved';
ALTER VIEW liskeban_report.open_ticket_point OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.hot_spot WITH (security_barrier) AS
SELECT pg_catalog.concat_ws('/', s.i, s.j) AS hot_spot_key, s.received, s.open, s.top_category, c.name AS top_category_name, c.name_en AS top_category_name_en,
         ST_MakeEnvelope(s.i::numeric * 0.005, s.j::numeric * 0.005, (s.i + 1)::numeric * 0.005, (s.j + 1)::numeric * 0.005, 4490)::geometry(Polygon, 4490) AS geom
    FROM (SELECT floor(ST_X(t.geom) / 0.005::double precision)::integer AS i, floor(ST_Y(t.geom) / 0.005::double precision)::integer AS j, count(*) AS received,
                 count(*) FILTER (WHERE t.state NOT IN ('closed', 'rejected', 'withdrawn', 'merged')) AS open,
                 mode() WITHIN GROUP (ORDER BY t.category) AS top_category
            FROM liskeban.ticket AS t
           WHERE t.received_at >= liskeban.liskeban_now() - interval '30 days' AND t.geom IS NOT NULL AND t.parent_id IS NULL
             AND t.placement IN ('inside', 'snapped')
           GROUP BY 1, 2 HAVING count(*) >= 5) AS s
    LEFT JOIN liskeban.category AS c ON c.code = s.top_category;
COMMENT ON VIEW liskeban_report.hot_spot IS '热点 squares of 0.005 degrees (some 500 m) with the tickets of the last thirty days, five or more; key hot_spot_key';
COMMENT ON COLUMN liskeban_report.hot_spot.hot_spot_key IS '主键 key: column and row of the square';
COMMENT ON COLUMN liskeban_report.hot_spot.received IS '受理量 tickets received there in thirty days';
COMMENT ON COLUMN liskeban_report.hot_spot.open IS '在办量 of these still open';
COMMENT ON COLUMN liskeban_report.hot_spot.top_category IS '最多事项代码 the category there is most of';
COMMENT ON COLUMN liskeban_report.hot_spot.top_category_name IS '最多事项 its name in Chinese';
COMMENT ON COLUMN liskeban_report.hot_spot.top_category_name_en IS '最多事项英文名 its name in English';
COMMENT ON COLUMN liskeban_report.hot_spot.geom IS '范围 the square, CGCS2000 (EPSG:4490)';
ALTER VIEW liskeban_report.hot_spot OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.risk_item WITH (security_barrier) AS
SELECT r.risk_id, r.day, r.last_day, b.begins_at AS "time", r.kind, r.domain, d.name AS domain_name, d.name_en AS domain_name_en,
         r.area::text AS area, a.name AS area_name, a.name_en AS area_name_en,
         r.category, c.name AS category_name, c.name_en AS category_name_en,
         r.severity, r.measure, r.suggestion, r.owner, coalesce(o.name, w.name) AS owner_name, coalesce(o.name_en, w.name_en) AS owner_name_en,
         r.due, r.status, r.closed_day, r.directive_id, r.ticket_id, r.evidence - 'tickets' AS evidence,
         r.measure_en, r.suggestion_en
    FROM liskeban.risk_item AS r
    LEFT JOIN liskeban.day_start AS b ON b.day = r.last_day
    LEFT JOIN liskeban.domain AS d ON d.code = r.domain
    LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) r.area
    LEFT JOIN liskeban.category AS c ON c.code = r.category
    LEFT JOIN liskeban.department AS o ON o.code = r.owner
    LEFT JOIN liskeban.area AS w ON w.code::text = r.owner;
COMMENT ON VIEW liskeban_report.risk_item IS '风险事项 what is going wrong and what to do; key risk_id';
COMMENT ON COLUMN liskeban_report.risk_item.risk_id IS '编号 key';
COMMENT ON COLUMN liskeban_report.risk_item.day IS '首现日 day on which it was first seen';
COMMENT ON COLUMN liskeban_report.risk_item.last_day IS '末现日 last day on which it was seen';
COMMENT ON COLUMN liskeban_report.risk_item.time IS '末现时间 beginning of last_day';
COMMENT ON COLUMN liskeban_report.risk_item.kind IS '类型 surge 突增, cluster 聚集, repeat_place 同址反复, repeat_reporter 重复诉求, overdue 超期积压, whistle 吹哨未应, dissatisfied 不满意集中, indicator 指标异常';
COMMENT ON COLUMN liskeban_report.risk_item.domain IS '领域代码 code of the domain';
COMMENT ON COLUMN liskeban_report.risk_item.domain_name IS '领域 name of the domain in Chinese';
COMMENT ON COLUMN liskeban_report.risk_item.domain_name_en IS '领域英文名 name of the domain in English';
COMMENT ON COLUMN liskeban_report.risk_item.area IS '区域代码 code of the area';
COMMENT ON COLUMN liskeban_report.risk_item.area_name IS '区域 name of the area in Chinese';
COMMENT ON COLUMN liskeban_report.risk_item.area_name_en IS '区域英文名 name of the area in English';
COMMENT ON COLUMN liskeban_report.risk_item.category IS '事项代码 code of the category';
COMMENT ON COLUMN liskeban_report.risk_item.category_name IS '事项 name of the category in Chinese';
COMMENT ON COLUMN liskeban_report.risk_item.category_name_en IS '事项英文名 name of the category in English';
COMMENT ON COLUMN liskeban_report.risk_item.severity IS '严重程度 1 most severe to 4';
COMMENT ON COLUMN liskeban_report.risk_item.measure IS '对策措施 what to do, in Chinese';
COMMENT ON COLUMN liskeban_report.risk_item.suggestion IS '工作建议 who does it, by when, in Chinese';
COMMENT ON COLUMN liskeban_report.risk_item.measure_en IS '对策措施英文 what to do, in English; NULL where the measure has none';
COMMENT ON COLUMN liskeban_report.risk_item.suggestion_en IS '工作建议英文 who does it, by when, in English; NULL where a measure has none';
COMMENT ON COLUMN liskeban_report.risk_item.owner IS '责任单位代码 department or area that it is for';
COMMENT ON COLUMN liskeban_report.risk_item.owner_name IS '责任单位 its name in Chinese';
COMMENT ON COLUMN liskeban_report.risk_item.owner_name_en IS '责任单位英文名 its name in English';
COMMENT ON COLUMN liskeban_report.risk_item.due IS '期限 day by which it shall be done';
COMMENT ON COLUMN liskeban_report.risk_item.status IS '状态 open, ordered or closed';
COMMENT ON COLUMN liskeban_report.risk_item.closed_day IS '消除日 day on which its signal was gone';
COMMENT ON COLUMN liskeban_report.risk_item.directive_id IS '指令 directive made of it';
COMMENT ON COLUMN liskeban_report.risk_item.ticket_id IS '工单编号 ticket made of it';
COMMENT ON COLUMN liskeban_report.risk_item.evidence IS '依据 the figures of its last day';
ALTER VIEW liskeban_report.risk_item OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.risk_outcome WITH (security_barrier) AS
SELECT o.risk_id, o.day, o.last_day, b.begins_at AS "time", o.kind, o.domain, o.area::text AS area, o.category,
         o.severity, o.owner, o.due, o.status, o.closed_day,
         liskeban._risk_outcome(o.status, o.directive_id IS NOT NULL OR o.ticket_id IS NOT NULL,
                                bool_and(t.done_at IS NOT NULL) FILTER (WHERE t.target_id IS NOT NULL),
                                bool_or(t.replied_at IS NOT NULL), bool_or(t.signed_at IS NOT NULL), k.state) AS outcome,
         o.directive_id, o.ticket_id
    FROM liskeban.risk_item AS o
    LEFT JOIN liskeban.day_start AS b ON b.day = o.last_day
    LEFT JOIN liskeban.directive_target AS t ON t.directive_id = o.directive_id
    LEFT JOIN liskeban.ticket AS k ON k.ticket_id = o.ticket_id
   GROUP BY o.risk_id, b.begins_at, k.ticket_id, k.state;
COMMENT ON VIEW liskeban_report.risk_outcome IS '风险跟踪 what became of each risk item; key risk_id';
COMMENT ON COLUMN liskeban_report.risk_outcome.risk_id IS '编号 key';
COMMENT ON COLUMN liskeban_report.risk_outcome.day IS '首现日 day on which it was first seen';
COMMENT ON COLUMN liskeban_report.risk_outcome.last_day IS '末现日 last day on which it was seen';
COMMENT ON COLUMN liskeban_report.risk_outcome.time IS '末现时间 beginning of last_day';
COMMENT ON COLUMN liskeban_report.risk_outcome.kind IS '类型 as in risk_item';
COMMENT ON COLUMN liskeban_report.risk_outcome.domain IS '领域代码 code of the domain';
COMMENT ON COLUMN liskeban_report.risk_outcome.area IS '区域代码 code of the area';
COMMENT ON COLUMN liskeban_report.risk_outcome.category IS '事项代码 code of the category';
COMMENT ON COLUMN liskeban_report.risk_outcome.severity IS '严重程度 1 most severe to 4';
COMMENT ON COLUMN liskeban_report.risk_outcome.owner IS '责任单位代码 department or area that it is for';
COMMENT ON COLUMN liskeban_report.risk_outcome.due IS '期限 day by which it shall be done';
COMMENT ON COLUMN liskeban_report.risk_outcome.status IS '状态 open, ordered or closed';
COMMENT ON COLUMN liskeban_report.risk_outcome.closed_day IS '消除日 day on which its signal was gone';
COMMENT ON COLUMN liskeban_report.risk_outcome.outcome IS '结果 gone, done, answered, signed, unsigned, the state of the ticket, or not ordered';
COMMENT ON COLUMN liskeban_report.risk_outcome.directive_id IS '指令 directive made of it';
COMMENT ON COLUMN liskeban_report.risk_outcome.ticket_id IS '工单编号 ticket made of it';
ALTER VIEW liskeban_report.risk_outcome OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.whistle WITH (security_barrier) AS
SELECT w.whistle_id, w.ticket_id, w.raised_at AS "time", w.from_tier::text AS from_tier, w.to_tier::text AS to_tier, w.auto, w.sign_due, w.signed_at,
         w.handle_due, w.ended_at, w.outcome, t.category, t.category_name, t.category_name_en, t.town, t.town_name, t.town_name_en
    FROM liskeban.whistle AS w LEFT JOIN liskeban_report.ticket AS t ON t.ticket_id = w.ticket_id;
COMMENT ON VIEW liskeban_report.whistle IS '吹哨 every whistle, without its reason; key whistle_id';
COMMENT ON COLUMN liskeban_report.whistle.whistle_id IS '编号 key';
COMMENT ON COLUMN liskeban_report.whistle.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban_report.whistle.time IS '吹哨时间 when it was raised';
COMMENT ON COLUMN liskeban_report.whistle.from_tier IS '原层级 rung it came from';
COMMENT ON COLUMN liskeban_report.whistle.to_tier IS '新层级 rung it went to';
COMMENT ON COLUMN liskeban_report.whistle.auto IS '自动 whether the ticket climbed by itself';
COMMENT ON COLUMN liskeban_report.whistle.sign_due IS '签收时限 when it must be signed';
COMMENT ON COLUMN liskeban_report.whistle.signed_at IS '签收时间 when it was signed';
COMMENT ON COLUMN liskeban_report.whistle.handle_due IS '办理时限 when that rung must have solved it';
COMMENT ON COLUMN liskeban_report.whistle.ended_at IS '结束时间 when it ended; NULL open';
COMMENT ON COLUMN liskeban_report.whistle.outcome IS '结果 solved, handed_down, declined or overtaken';
COMMENT ON COLUMN liskeban_report.whistle.category IS '事项代码 code of the category';
COMMENT ON COLUMN liskeban_report.whistle.category_name IS '事项 name of the category in Chinese';
COMMENT ON COLUMN liskeban_report.whistle.category_name_en IS '事项英文名 name of the category in English';
COMMENT ON COLUMN liskeban_report.whistle.town IS '镇街代码 code of the town; NULL where the area is none of a town';
COMMENT ON COLUMN liskeban_report.whistle.town_name IS '镇街 name of the town in Chinese';
COMMENT ON COLUMN liskeban_report.whistle.town_name_en IS '镇街英文名 name of the town in English';
ALTER VIEW liskeban_report.whistle OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.supervision WITH (security_barrier) AS
SELECT s.supervision_id, s.ticket_id, s.issued_at AS "time", s.kind, s.clock::text AS clock, s.level::text AS level, s.area::text AS area, a.name AS area_name, a.name_en AS area_name_en,
         s.department, d.name AS department_name, d.name_en AS department_name_en, s.reply_due, s.replied_at, s.struck_at
    FROM liskeban.supervision AS s
    LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) s.area
    LEFT JOIN liskeban.department AS d ON d.code = s.department;
COMMENT ON VIEW liskeban_report.supervision IS '督办 every supervision, without its text; key supervision_id';
COMMENT ON COLUMN liskeban_report.supervision.supervision_id IS '编号 key';
COMMENT ON COLUMN liskeban_report.supervision.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban_report.supervision.time IS '下发时间 when it was issued';
COMMENT ON COLUMN liskeban_report.supervision.kind IS '方式 urge 催办, order 督办, notice 通报';
COMMENT ON COLUMN liskeban_report.supervision.clock IS '时钟 the clock that set it off; NULL by hand';
COMMENT ON COLUMN liskeban_report.supervision.level IS '级别 level that set it off';
COMMENT ON COLUMN liskeban_report.supervision.area IS '区域代码 code of the area';
COMMENT ON COLUMN liskeban_report.supervision.area_name IS '区域 name of the area in Chinese';
COMMENT ON COLUMN liskeban_report.supervision.area_name_en IS '区域英文名 name of the area in English';
COMMENT ON COLUMN liskeban_report.supervision.department IS '部门代码 code of the department';
COMMENT ON COLUMN liskeban_report.supervision.department_name IS '部门 name of the department in Chinese';
COMMENT ON COLUMN liskeban_report.supervision.department_name_en IS '部门英文名 name of the department in English';
COMMENT ON COLUMN liskeban_report.supervision.reply_due IS '回复时限 when the reply is due';
COMMENT ON COLUMN liskeban_report.supervision.replied_at IS '回复时间 when it was answered';
COMMENT ON COLUMN liskeban_report.supervision.struck_at IS '销号时间 when it was struck off; NULL open';
ALTER VIEW liskeban_report.supervision OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.department_league WITH (security_barrier) AS
SELECT pg_catalog.concat_ws('/', to_char(m.day, 'YYYYMM'), l.key) AS department_league_key, m.day AS month, m.day::timestamp AT TIME ZONE p.time_zone AS "time",
         l.key AS department, d.name AS department_name, d.name_en AS department_name_en, l.rank, l.score, l.cases, l.appeals, l.rates
    FROM liskeban.platform AS p
   CROSS JOIN LATERAL (SELECT (date_trunc('month', liskeban.liskeban_now() AT TIME ZONE p.time_zone) - n * interval '1 month')::date AS day
                         FROM generate_series(0, 1) AS n) AS m
   CROSS JOIN LATERAL liskeban.league(m.day, (m.day + interval '1 month')::date - 1, 'department') AS l
    LEFT JOIN liskeban.department AS d ON d.code = l.key;
COMMENT ON VIEW liskeban_report.department_league IS '部门考核排名 departments by score over the tickets received in this month and in the one before, as liskeban.league() tells; key department_league_key';
COMMENT ON COLUMN liskeban_report.department_league.department_league_key IS '主键 key: month and department';
COMMENT ON COLUMN liskeban_report.department_league.month IS '月份 its first day';
COMMENT ON COLUMN liskeban_report.department_league.time IS '时间 when the month begins';
COMMENT ON COLUMN liskeban_report.department_league.department IS '部门代码 code of the department';
COMMENT ON COLUMN liskeban_report.department_league.department_name IS '部门 name of the department in Chinese';
COMMENT ON COLUMN liskeban_report.department_league.department_name_en IS '部门英文名 name of the department in English';
COMMENT ON COLUMN liskeban_report.department_league.rank IS '名次 place; equal scores share it; NULL without any case';
COMMENT ON COLUMN liskeban_report.department_league.score IS '得分 0 to 100 by the rules of score_policy; NULL without any case';
COMMENT ON COLUMN liskeban_report.department_league.cases IS '应计 tickets that count';
COMMENT ON COLUMN liskeban_report.department_league.appeals IS '申诉成立 appeals that were granted';
COMMENT ON COLUMN liskeban_report.department_league.rates IS '各项指标 num and den of each rate that makes the score';
ALTER VIEW liskeban_report.department_league OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.day WITH (security_barrier) AS
SELECT d.day, d.begins_at AS "time",
         extract(isoyear FROM d.day)::integer AS iso_year, extract(week FROM d.day)::integer AS iso_week, extract(isodow FROM d.day)::integer AS weekday,
         extract(year FROM d.day)::integer AS year, extract(quarter FROM d.day)::integer AS quarter, extract(month FROM d.day)::integer AS month,
         coalesce(c.is_working, extract(isodow FROM d.day) <= 5) AS is_working,
         CASE WHEN c.is_working THEN 'make_up' WHEN NOT c.is_working THEN 'holiday' WHEN extract(isodow FROM d.day) > 5 THEN 'weekend' ELSE 'working' END AS class,
         c.name AS holiday, c.name_en AS holiday_en
    FROM liskeban.day_start AS d
    LEFT JOIN liskeban.calendar_day AS c ON c.day = d.day;
COMMENT ON VIEW liskeban_report.day IS '日期维度 a date dimension: working days, holidays (as far as calendar_day knows them), ISO weeks, from 2000 to the end of the year after next; key day';
COMMENT ON COLUMN liskeban_report.day.day IS '日期 key';
COMMENT ON COLUMN liskeban_report.day.time IS '时间 when it begins in the zone of the platform';
COMMENT ON COLUMN liskeban_report.day.iso_year IS 'ISO 年 year of its ISO week';
COMMENT ON COLUMN liskeban_report.day.iso_week IS 'ISO 周 week';
COMMENT ON COLUMN liskeban_report.day.weekday IS '星期 1 Monday to 7 Sunday';
COMMENT ON COLUMN liskeban_report.day.year IS '年 year';
COMMENT ON COLUMN liskeban_report.day.quarter IS '季度 quarter';
COMMENT ON COLUMN liskeban_report.day.month IS '月 month';
COMMENT ON COLUMN liskeban_report.day.is_working IS '是否工作日 whether it is a working day';
COMMENT ON COLUMN liskeban_report.day.class IS '类别 working 工作日, weekend 周末, holiday 节假日, make_up 调休上班';
COMMENT ON COLUMN liskeban_report.day.holiday IS '节日 name of the holiday it belongs to, in Chinese; NULL none';
COMMENT ON COLUMN liskeban_report.day.holiday_en IS '节日英文名 its name in English; NULL none';
ALTER VIEW liskeban_report.day OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.backlog_daily WITH (security_barrier) AS
SELECT pg_catalog.concat_ws('/', to_char(b.day, 'YYYYMMDD'), coalesce(b.town::text, '(pool)'), b.kind) AS backlog_daily_key, b.day, b.day::timestamp AT TIME ZONE p.time_zone AS "time",
         coalesce(b.town::text, '(pool)') AS town, CASE WHEN b.town IS NULL THEN '公共池' ELSE a.name END AS town_name,
         CASE WHEN b.town IS NULL THEN 'pool' ELSE a.name_en END AS town_name_en, b.kind::text AS kind,
         b.overdue, b.open_1, b.open_3, b.open_7, b.open_30, b.open_over_30,
         b.open_1 + b.open_3 + b.open_7 + b.open_30 + b.open_over_30 AS open
    FROM liskeban.platform AS p
   CROSS JOIN LATERAL (
         SELECT g.day, g.town, g.kind, sum(f.overdue_change) OVER so_far AS overdue, sum(f.open_1_change) OVER so_far AS open_1,
                sum(f.open_3_change) OVER so_far AS open_3, sum(f.open_7_change) OVER so_far AS open_7,
                sum(f.open_30_change) OVER so_far AS open_30, sum(f.open_over_30_change) OVER so_far AS open_over_30
           FROM (SELECT k.town, k.kind, d.day::date AS day
                   FROM (SELECT f.town, f.kind, min(f.day) AS first_day FROM liskeban.flow_daily AS f GROUP BY f.town, f.kind) AS k
                  CROSS JOIN LATERAL generate_series(k.first_day, ((liskeban.liskeban_now() AT TIME ZONE p.time_zone)::date - 1)::timestamp, interval '1 day') AS d(day)) AS g
           LEFT JOIN liskeban.flow_daily AS f ON f.day = g.day AND f.kind = g.kind AND f.town::text IS NOT DISTINCT FROM g.town::text
         WINDOW so_far AS (PARTITION BY g.town, g.kind ORDER BY g.day)) AS b
    LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) b.town;
COMMENT ON VIEW liskeban_report.backlog_daily IS '每日在办 what was open at the end of each day that is rolled up, by town and kind; key backlog_daily_key';
COMMENT ON COLUMN liskeban_report.backlog_daily.backlog_daily_key IS '主键 key: day, town and kind';
COMMENT ON COLUMN liskeban_report.backlog_daily.day IS '日期 the day';
COMMENT ON COLUMN liskeban_report.backlog_daily.time IS '时间 when it begins';
COMMENT ON COLUMN liskeban_report.backlog_daily.town IS '镇街代码 code of the town; (pool) where the area is none of a town';
COMMENT ON COLUMN liskeban_report.backlog_daily.town_name IS '镇街 name of the town in Chinese';
COMMENT ON COLUMN liskeban_report.backlog_daily.town_name_en IS '镇街英文名 name of the town in English';
COMMENT ON COLUMN liskeban_report.backlog_daily.kind IS '类型 demand 群众诉求, hazard 隐患, clue 线索, service 服务, policy 找人, patrol 自采, task 指令';
COMMENT ON COLUMN liskeban_report.backlog_daily.overdue IS '超期在办 overdue at its end';
COMMENT ON COLUMN liskeban_report.backlog_daily.open_1 IS '1 日内 open, received on that day';
COMMENT ON COLUMN liskeban_report.backlog_daily.open_3 IS '3 日内 open on its 2nd or 3rd day';
COMMENT ON COLUMN liskeban_report.backlog_daily.open_7 IS '7 日内 open on its 4th to 7th day';
COMMENT ON COLUMN liskeban_report.backlog_daily.open_30 IS '30 日内 open on its 8th to 30th day';
COMMENT ON COLUMN liskeban_report.backlog_daily.open_over_30 IS '30 日以上 open on its 31st day or later';
COMMENT ON COLUMN liskeban_report.backlog_daily.open IS '在办 all of them';
ALTER VIEW liskeban_report.backlog_daily OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.observation WITH (security_barrier) AS
SELECT pg_catalog.concat_ws('/', o.indicator, o.area, to_char(o.day, 'YYYYMMDD')) AS observation_key, o.day, b.begins_at AS "time",
         o.indicator, i.name AS indicator_name, i.name_en AS indicator_name_en, i.domain, i.unit, i.direction,
         o.area::text AS area, a.name AS area_name, a.name_en AS area_name_en, o.value
    FROM liskeban.observation AS o
    LEFT JOIN liskeban.day_start AS b ON b.day = o.day
    JOIN liskeban.indicator AS i ON i.code = o.indicator
    LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) o.area;
COMMENT ON VIEW liskeban_report.observation IS '观测值 indicators by day and area; key observation_key';
COMMENT ON COLUMN liskeban_report.observation.observation_key IS '主键 key: indicator, area and day';
COMMENT ON COLUMN liskeban_report.observation.day IS '日期 the day it is about';
COMMENT ON COLUMN liskeban_report.observation.time IS '时间 when that day begins';
COMMENT ON COLUMN liskeban_report.observation.indicator IS '指标代码 code of the indicator';
COMMENT ON COLUMN liskeban_report.observation.indicator_name IS '指标 its name in Chinese';
COMMENT ON COLUMN liskeban_report.observation.indicator_name_en IS '指标英文名 its name in English';
COMMENT ON COLUMN liskeban_report.observation.domain IS '领域代码 code of the domain';
COMMENT ON COLUMN liskeban_report.observation.unit IS '单位 of value';
COMMENT ON COLUMN liskeban_report.observation.direction IS '方向 which way is better';
COMMENT ON COLUMN liskeban_report.observation.area IS '区域代码 code of the area';
COMMENT ON COLUMN liskeban_report.observation.area_name IS '区域 name of the area in Chinese';
COMMENT ON COLUMN liskeban_report.observation.area_name_en IS '区域英文名 name of the area in English';
COMMENT ON COLUMN liskeban_report.observation.value IS '数值 value';
ALTER VIEW liskeban_report.observation OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.open311_request WITH (security_barrier) AS
SELECT t.ticket_id AS service_request_id,
         CASE WHEN t.state IN ('closed', 'rejected', 'withdrawn', 'merged', 'resolved') THEN 'closed' ELSE 'open' END AS status,
         t.state AS status_notes, t.category_name AS service_name, t.category AS service_code,
         coalesce(t.department_name, t.responsible_area_name) AS agency_responsible,
         t.received_at AS requested_datetime,
         CASE WHEN t.state IN ('resolved', 'closed') THEN t.resolved_at WHEN t.state IN ('rejected', 'withdrawn', 'merged') THEN
           coalesce(t.closed_at, (SELECT max(e.at) FROM liskeban.ticket_event AS e WHERE e.ticket_id = t.ticket_id AND e.to_state::text = t.state AND e.from_state <> e.to_state))
              ELSE t.updated_at END AS updated_datetime,
         CASE WHEN t.state IN ('closed', 'rejected', 'withdrawn', 'merged', 'resolved') THEN NULL ELSE coalesce(t.resolve_due, t.plan_due) END AS expected_datetime,
         ST_Y(t.geom) AS lat, ST_X(t.geom) AS long, t.geom,
         coalesce(t.village_name, t.town_name) AS address, coalesce(t.village, t.town) AS address_id, NULL::text AS zipcode,
         NULL::text AS description, NULL::text AS service_notice, NULL::text AS media_url
    FROM liskeban_report.ticket AS t
   WHERE t.kind = 'demand' AND t.parent_id IS NULL
     AND EXISTS (SELECT FROM liskeban.ticket AS k WHERE k.ticket_id = t.ticket_id AND NOT k.confidential);
COMMENT ON VIEW liskeban_report.open311_request IS 'Open311 工单 tickets that may be published, by the names and meanings of GeoReport v2: demands but for confidential ones; without text; key service_request_id';
COMMENT ON COLUMN liskeban_report.open311_request.service_request_id IS '工单编号 key';
COMMENT ON COLUMN liskeban_report.open311_request.status IS '状态 open or closed; resolved counts as closed';
COMMENT ON COLUMN liskeban_report.open311_request.status_notes IS '状态说明 the real state';
COMMENT ON COLUMN liskeban_report.open311_request.service_name IS '事项 name of the category';
COMMENT ON COLUMN liskeban_report.open311_request.service_code IS '事项代码 code of the category';
COMMENT ON COLUMN liskeban_report.open311_request.agency_responsible IS '承办单位 who holds it';
COMMENT ON COLUMN liskeban_report.open311_request.requested_datetime IS '接收时间 when the platform received it';
COMMENT ON COLUMN liskeban_report.open311_request.updated_datetime IS '更新时间 when something last happened; of a closed one when it was closed';
COMMENT ON COLUMN liskeban_report.open311_request.expected_datetime IS '预计时间 the due in force; NULL once done';
COMMENT ON COLUMN liskeban_report.open311_request.lat IS '纬度 latitude, CGCS2000';
COMMENT ON COLUMN liskeban_report.open311_request.long IS '经度 longitude, CGCS2000';
COMMENT ON COLUMN liskeban_report.open311_request.geom IS '位置 point, CGCS2000 (EPSG:4490)';
COMMENT ON COLUMN liskeban_report.open311_request.address IS '地址 village, else town, where it is; the address that was given is personal';
COMMENT ON COLUMN liskeban_report.open311_request.address_id IS '地址代码 code of that area';
COMMENT ON COLUMN liskeban_report.open311_request.zipcode IS '邮编 NULL: the platform has none';
COMMENT ON COLUMN liskeban_report.open311_request.description IS '描述 NULL: what citizens wrote is not published';
COMMENT ON COLUMN liskeban_report.open311_request.service_notice IS '办理说明 NULL: plans are not published';
COMMENT ON COLUMN liskeban_report.open311_request.media_url IS '附件 NULL: attachments are not published';
ALTER VIEW liskeban_report.open311_request OWNER TO liskeban_reader;

REVOKE CREATE ON SCHEMA liskeban_report FROM liskeban_reader;

-- Map tiles, by the one signature that pg_tileserv and Martin both discover. Far out tickets are counted by square.
-- A tile costs what is open and in sight: without sequential scans the planner goes from the worklist or the spatial index to
-- tickets by key; with them it reads all of a history that is not yet long enough to frighten it.
CREATE FUNCTION liskeban.tile(z integer, x integer, y integer, query jsonb DEFAULT '{}') RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
  envelope geometry;
  bounds geometry;
  side double precision;
  tile bytea;
BEGIN
  IF z IS NULL OR x IS NULL OR y IS NULL OR z < 0 OR z > 24 OR x < 0 OR y < 0 OR x >= 2.0 ^ z OR y >= 2.0 ^ z THEN
    RAISE EXCEPTION '%', liskeban.message('there is no tile %s/%s/%s', z, x, y) USING ERRCODE = 'invalid_parameter_value';
  END IF;
  envelope := ST_TileEnvelope(z, x, y);
  bounds := ST_Transform(envelope, 4490);
  SELECT ST_AsMVT(a, 'area', 4096, 'geom') INTO tile
    FROM (SELECT r.code, r.level, r.name, ST_AsMVTGeom(ST_Transform(r.geom, 3857), envelope, 4096, 64, true) AS geom
            FROM liskeban_report.area AS r
           WHERE r.geom && bounds AND r.level = CASE WHEN z < 8 THEN 'district' WHEN z < 12 THEN 'town' WHEN z < 15 THEN 'village' ELSE 'grid' END) AS a
   WHERE a.geom IS NOT NULL;
  IF z >= 13 THEN
    tile := coalesce(tile, '') || (
      SELECT coalesce(ST_AsMVT(t, 'ticket', 4096, 'geom'), '')
        FROM (SELECT p.ticket_id, p.ticket_no, p.kind, p.state, p.category, p.category_name, p.tier, p.priority, p.lamp,
                     ST_AsMVTGeom(ST_Transform(p.geom, 3857), envelope, 4096, 64, true) AS geom
                FROM liskeban_report.open_ticket_point AS p
               WHERE p.geom && bounds
                 AND (NOT query ? 'kind' OR p.kind = query ->> 'kind') AND (NOT query ? 'category' OR p.category = query ->> 'category')
                 AND (NOT query ? 'tier' OR p.tier = query ->> 'tier') AND (NOT query ? 'domain' OR p.domain = query ->> 'domain')) AS t
       WHERE t.geom IS NOT NULL);
  ELSE
    -- sixteen squares a side
    side := (ST_XMax(bounds) - ST_XMin(bounds)) / 16;
    tile := coalesce(tile, '') || (
      SELECT coalesce(ST_AsMVT(c, 'cluster', 4096, 'geom'), '')
        FROM (SELECT count(*)::integer AS tickets, count(*) FILTER (WHERE p.overdue)::integer AS overdue,
                     ST_AsMVTGeom(ST_Transform(ST_SetSRID(ST_MakePoint(avg(ST_X(p.geom)), avg(ST_Y(p.geom))), 4490), 3857), envelope, 4096, 64, true) AS geom
                FROM liskeban_report.open_ticket_point AS p
               WHERE p.geom && bounds
                 AND (NOT query ? 'kind' OR p.kind = query ->> 'kind') AND (NOT query ? 'category' OR p.category = query ->> 'category')
                 AND (NOT query ? 'tier' OR p.tier = query ->> 'tier') AND (NOT query ? 'domain' OR p.domain = query ->> 'domain')
               GROUP BY floor(ST_X(p.geom) / side), floor(ST_Y(p.geom) / side)) AS c
       WHERE c.geom IS NOT NULL);
  END IF;
  IF query ->> 'layers' <> '' THEN
    tile := tile || liskeban._safety_tile(envelope, bounds, string_to_array(replace(query ->> 'layers', ' ', ''), ','), query);
  END IF;
  RETURN tile;
END
$$;
COMMENT ON FUNCTION liskeban.tile(integer, integer, integer, jsonb) IS '矢量瓦片 a Mapbox vector tile in Web Mercator: layer area (district to zoom 7, towns to 11, villages to 14, then grids), ticket (open tickets, from zoom 13), cluster (their number by square, before); query may hold kind, category, domain and tier to filter by; and layers, a list of the safety map''s (hazard, flood_point, warning, police, signal, camera, depot, emergency, storm_swath, storm_point) to bring beside, filtered by theme, chain, severity, of cameras by kind, of storms by storm (else those of the last three days and to come) and threshold. 22023 no such tile';
REVOKE ALL ON FUNCTION liskeban.tile(integer, integer, integer, jsonb) FROM PUBLIC;
