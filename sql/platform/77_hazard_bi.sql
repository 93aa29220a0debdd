-- Hazards for analysts: which there are, what step they stand at, how many by theme, chain, severity and town, and what was
-- received; see 70_report.sql for the kind of view.

GRANT SELECT ON liskeban.theme, liskeban.hazard_chain, liskeban.hazard_step, liskeban.hazard_task, liskeban.hazard_signal_day TO liskeban_reader;
GRANT SELECT (hazard_id, ticket_id, chain, rule, object_id, severity, steps, source, storm, area, geom, opened_at, closed_at, outcome, signals_gone,
  listed_at, listed_until, delisted_at) ON liskeban.hazard TO liskeban_reader;
GRANT USAGE, CREATE ON SCHEMA liskeban_report TO liskeban_reader;
GRANT SELECT (signal_id, at, hazard_id, source, rule, outcome) ON liskeban.hazard_signal TO liskeban_reader;

CREATE VIEW liskeban_report.hazard WITH (security_barrier) AS
SELECT h.hazard_id, h.ticket_id, h.chain, c.name AS chain_name, c.name_en AS chain_name_en, c.theme, m.name AS theme_name, m.name_en AS theme_name_en,
         h.severity, h.source, h.rule, h.object_id, h.storm, h.area::text AS area, town.code::text AS town, a.name AS town_name, a.name_en AS town_name_en,
         h.opened_at AS "time", h.closed_at, h.outcome, h.listed_at, h.listed_until, h.delisted_at, k.step, k.kind AS step_kind, k.due AS step_due,
         h.signals_gone + (SELECT count(*) FROM liskeban.hazard_signal AS s WHERE s.hazard_id = h.hazard_id) AS signals,
         h.geom::geometry(Point, 4490) AS geom
    FROM liskeban.hazard AS h
    JOIN liskeban.hazard_chain AS c ON c.code = h.chain
    JOIN liskeban.theme AS m ON m.code = c.theme
    LEFT JOIN liskeban.hazard_task AS k ON k.hazard_id = h.hazard_id AND k.ended_at IS NULL
   CROSS JOIN LATERAL (SELECT CASE WHEN liskeban.area_level(h.area) >= 'town' THEN liskeban.area_parent(h.area, 'town') END) AS town(code)
    LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) town.code;
COMMENT ON VIEW liskeban_report.hazard IS '隐患 hazards of the safety chains, with the step each stands at; key hazard_id';
COMMENT ON COLUMN liskeban_report.hazard.hazard_id IS '编号 key';
COMMENT ON COLUMN liskeban_report.hazard.ticket_id IS '工单编号 its ticket';
COMMENT ON COLUMN liskeban_report.hazard.chain IS '链条代码 code of the chain';
COMMENT ON COLUMN liskeban_report.hazard.chain_name IS '链条 name of the chain in Chinese';
COMMENT ON COLUMN liskeban_report.hazard.chain_name_en IS '链条英文名 name of the chain in English';
COMMENT ON COLUMN liskeban_report.hazard.theme IS '专题代码 code of the theme';
COMMENT ON COLUMN liskeban_report.hazard.theme_name IS '专题 name of the theme in Chinese';
COMMENT ON COLUMN liskeban_report.hazard.theme_name_en IS '专题英文名 name of the theme in English';
COMMENT ON COLUMN liskeban_report.hazard.severity IS '隐患等级 general 一般, major 重大';
COMMENT ON COLUMN liskeban_report.hazard.source IS '来源系统 that reported it';
COMMENT ON COLUMN liskeban_report.hazard.rule IS '规则 that found it; NULL none did';
COMMENT ON COLUMN liskeban_report.hazard.object_id IS '对象 record of the register it stands on; NULL not known';
COMMENT ON COLUMN liskeban_report.hazard.storm IS '信号风暴 whether it takes a gateway''s storm of signals';
COMMENT ON COLUMN liskeban_report.hazard.area IS '区域代码 where it was found; NULL in the pool';
COMMENT ON COLUMN liskeban_report.hazard.town IS '镇街代码 code of the town; NULL where the area is none of a town';
COMMENT ON COLUMN liskeban_report.hazard.town_name IS '镇街 name of the town in Chinese';
COMMENT ON COLUMN liskeban_report.hazard.town_name_en IS '镇街英文名 name of the town in English';
COMMENT ON COLUMN liskeban_report.hazard.time IS '发现时间 when it was found';
COMMENT ON COLUMN liskeban_report.hazard.closed_at IS '结束时间 when it was over; NULL open';
COMMENT ON COLUMN liskeban_report.hazard.outcome IS '结果 closed 销号, withdrawn 撤回, rejected 不予受理, merged 并案; NULL open';
COMMENT ON COLUMN liskeban_report.hazard.listed_at IS '挂牌时间 since when it is listed for supervision by name; NULL never was';
COMMENT ON COLUMN liskeban_report.hazard.listed_until IS '整改期限 by when one that is listed is to be closed';
COMMENT ON COLUMN liskeban_report.hazard.delisted_at IS '摘牌时间 when it was taken off the list';
COMMENT ON COLUMN liskeban_report.hazard.step IS '当前步骤 number of the step that is open; NULL none';
COMMENT ON COLUMN liskeban_report.hazard.step_kind IS '当前环节 find, inspect, rectify, review or close';
COMMENT ON COLUMN liskeban_report.hazard.step_due IS '步骤时限 by when that step was to be resolved when it was opened';
COMMENT ON COLUMN liskeban_report.hazard.signals IS '信号数 signals that made it or were counted on it';
COMMENT ON COLUMN liskeban_report.hazard.geom IS '位置 point, CGCS2000 (EPSG:4490)';
ALTER VIEW liskeban_report.hazard OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.hazard_count WITH (security_barrier) AS
SELECT pg_catalog.concat_ws('/', h.theme, h.chain, h.severity, coalesce(h.town, '-')) AS hazard_count_key, h.theme, h.theme_name, h.theme_name_en,
         h.chain, h.chain_name, h.chain_name_en, h.severity, h.town, h.town_name, h.town_name_en, count(*) AS found,
         count(*) FILTER (WHERE h.closed_at IS NULL) AS open, count(*) FILTER (WHERE h.outcome = 'closed') AS closed,
         count(*) FILTER (WHERE h.closed_at IS NULL AND h.step_due < liskeban.liskeban_now()) AS step_overdue,
         count(*) FILTER (WHERE h.listed_at IS NOT NULL AND h.delisted_at IS NULL) AS listed
    FROM liskeban_report.hazard AS h
   GROUP BY h.theme, h.theme_name, h.theme_name_en, h.chain, h.chain_name, h.chain_name_en, h.severity, h.town, h.town_name, h.town_name_en;
COMMENT ON VIEW liskeban_report.hazard_count IS '隐患统计 hazards by theme, chain, severity and town; additive; key hazard_count_key';
COMMENT ON COLUMN liskeban_report.hazard_count.hazard_count_key IS '主键 key: theme, chain, severity and town';
COMMENT ON COLUMN liskeban_report.hazard_count.theme IS '专题代码 code of the theme';
COMMENT ON COLUMN liskeban_report.hazard_count.theme_name IS '专题 name of the theme in Chinese';
COMMENT ON COLUMN liskeban_report.hazard_count.theme_name_en IS '专题英文名 name of the theme in English';
COMMENT ON COLUMN liskeban_report.hazard_count.chain IS '链条代码 code of the chain';
COMMENT ON COLUMN liskeban_report.hazard_count.chain_name IS '链条 name of the chain in Chinese';
COMMENT ON COLUMN liskeban_report.hazard_count.chain_name_en IS '链条英文名 name of the chain in English';
COMMENT ON COLUMN liskeban_report.hazard_count.severity IS '隐患等级 general 一般, major 重大';
COMMENT ON COLUMN liskeban_report.hazard_count.town IS '镇街代码 code of the town; NULL where the area is none of a town';
COMMENT ON COLUMN liskeban_report.hazard_count.town_name IS '镇街 name of the town in Chinese';
COMMENT ON COLUMN liskeban_report.hazard_count.town_name_en IS '镇街英文名 name of the town in English';
COMMENT ON COLUMN liskeban_report.hazard_count.found IS '发现数 hazards ever found';
COMMENT ON COLUMN liskeban_report.hazard_count.open IS '在治数 of these still open';
COMMENT ON COLUMN liskeban_report.hazard_count.closed IS '销号数 of these closed by their chain';
COMMENT ON COLUMN liskeban_report.hazard_count.step_overdue IS '步骤超期数 of the open ones those whose step is past its term';
COMMENT ON COLUMN liskeban_report.hazard_count.listed IS '挂牌数 of these listed for supervision by name now';
ALTER VIEW liskeban_report.hazard_count OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.hazard_step_open WITH (security_barrier) AS
SELECT k.ticket_id, k.hazard_id, h.chain, c.name AS chain_name, c.name_en AS chain_name_en, h.severity, k.step, k.attempt, k.kind, s.name AS step_name,
         s.name_en AS step_name_en, t.department, d.name AS department_name, d.name_en AS department_name_en, t.state::text AS state,
         k.opened_at AS "time", t.resolve_due, coalesce(t.resolve_due < liskeban.liskeban_now(), false) AS overdue
    FROM liskeban.hazard_task AS k
    JOIN liskeban.hazard AS h ON h.hazard_id = k.hazard_id
    JOIN liskeban.hazard_chain AS c ON c.code = h.chain
    JOIN liskeban.ticket AS t ON t.ticket_id = k.ticket_id
    LEFT JOIN liskeban.hazard_step AS s ON s.chain = h.chain AND s.step = k.step
    LEFT JOIN liskeban.department AS d ON d.code = t.department
   WHERE k.ended_at IS NULL;
COMMENT ON VIEW liskeban_report.hazard_step_open IS '在办步骤 the steps of hazards that are open, with whom and until when; key ticket_id';
COMMENT ON COLUMN liskeban_report.hazard_step_open.ticket_id IS '工单编号 ticket of the step; key';
COMMENT ON COLUMN liskeban_report.hazard_step_open.hazard_id IS '隐患 the hazard';
COMMENT ON COLUMN liskeban_report.hazard_step_open.chain IS '链条代码 code of the chain';
COMMENT ON COLUMN liskeban_report.hazard_step_open.chain_name IS '链条 name of the chain in Chinese';
COMMENT ON COLUMN liskeban_report.hazard_step_open.chain_name_en IS '链条英文名 name of the chain in English';
COMMENT ON COLUMN liskeban_report.hazard_step_open.severity IS '隐患等级 general 一般, major 重大';
COMMENT ON COLUMN liskeban_report.hazard_step_open.step IS '步骤序号 place in the chain';
COMMENT ON COLUMN liskeban_report.hazard_step_open.attempt IS '次数 1, and one more each time a failed review goes back to it';
COMMENT ON COLUMN liskeban_report.hazard_step_open.kind IS '环节 find, inspect, rectify, review or close';
COMMENT ON COLUMN liskeban_report.hazard_step_open.step_name IS '步骤 name of the step in Chinese';
COMMENT ON COLUMN liskeban_report.hazard_step_open.step_name_en IS '步骤英文名 name of the step in English';
COMMENT ON COLUMN liskeban_report.hazard_step_open.department IS '承办部门代码 code of the department that has it';
COMMENT ON COLUMN liskeban_report.hazard_step_open.department_name IS '承办部门 its name in Chinese';
COMMENT ON COLUMN liskeban_report.hazard_step_open.department_name_en IS '承办部门英文名 its name in English';
COMMENT ON COLUMN liskeban_report.hazard_step_open.state IS '状态 where its ticket stands';
COMMENT ON COLUMN liskeban_report.hazard_step_open.time IS '开始时间 when it was opened';
COMMENT ON COLUMN liskeban_report.hazard_step_open.resolve_due IS '办结时限 when it must be resolved';
COMMENT ON COLUMN liskeban_report.hazard_step_open.overdue IS '是否超期 past that';
ALTER VIEW liskeban_report.hazard_step_open OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.hazard_signal_daily WITH (security_barrier) AS
SELECT pg_catalog.concat_ws('/', n.day, n.source, n.outcome) AS hazard_signal_key, n.day, b.begins_at AS "time", n.source, n.outcome, sum(n.signals)::bigint AS signals
    FROM (SELECT d.day, d.source, d.outcome, d.signals FROM liskeban.hazard_signal_day AS d
          UNION ALL
          SELECT (s.at AT TIME ZONE p.time_zone)::date, s.source, s.outcome, count(*)
            FROM liskeban.hazard_signal AS s CROSS JOIN liskeban.platform AS p GROUP BY 1, 2, 3) AS n
    LEFT JOIN liskeban.day_start AS b ON b.day = n.day
   GROUP BY n.day, b.begins_at, n.source, n.outcome;
COMMENT ON VIEW liskeban_report.hazard_signal_daily IS '信号日统计 signals by day, source and what became of them; additive; key hazard_signal_key';
COMMENT ON COLUMN liskeban_report.hazard_signal_daily.hazard_signal_key IS '主键 key: day, source and outcome';
COMMENT ON COLUMN liskeban_report.hazard_signal_daily.day IS '日期 day in the platform''s zone';
COMMENT ON COLUMN liskeban_report.hazard_signal_daily.time IS '时间 beginning of the day; NULL where it has not been filled in';
COMMENT ON COLUMN liskeban_report.hazard_signal_daily.source IS '来源系统 that sent them';
COMMENT ON COLUMN liskeban_report.hazard_signal_daily.outcome IS '结果 ticketed 成单, attached 并入, ignored 规则忽略, quarantined 隔离';
COMMENT ON COLUMN liskeban_report.hazard_signal_daily.signals IS '信号数 how many';
ALTER VIEW liskeban_report.hazard_signal_daily OWNER TO liskeban_reader;
REVOKE CREATE ON SCHEMA liskeban_report FROM liskeban_reader;
