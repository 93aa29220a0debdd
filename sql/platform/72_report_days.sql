-- The roll-up for analysts and BI, with names; see 70_report.sql.

GRANT SELECT ON liskeban.stat_daily, liskeban.day_start TO liskeban_reader;

CREATE VIEW liskeban_report.stat_daily WITH (security_barrier) AS
  SELECT concat_ws('/', to_char(s.day, 'YYYYMMDD'), coalesce(s.area::text, '(pool)'), s.category, s.source, s.kind) AS stat_daily_key,
         s.day, s.kind::text AS kind,
         coalesce(s.area::text, '(pool)') AS area,
         CASE WHEN s.area IS NULL THEN '公共池' ELSE a.name END AS area_name,
         CASE WHEN s.area IS NULL THEN 'pool' ELSE a.name_en END AS area_name_en,
         coalesce(t.code::text, '(pool)') AS town,
         CASE WHEN t.code IS NULL THEN '公共池' ELSE town.name END AS town_name,
         CASE WHEN t.code IS NULL THEN 'pool' ELSE town.name_en END AS town_name_en,
         s.category, c.name AS category_name, c.name_en AS category_name_en,
         c.domain, d.name AS domain_name, d.name_en AS domain_name_en,
         s.source, o.name AS source_name, o.name_en AS source_name_en,
         s.received, s.accepted, s.dispatched, s.redispatched, s.returned, s.suspended, s.resolved,
         s.resolved_late, s.reworked, s.closed, s.reopened, s.rejected, s.withdrawn, s.merged, s.unmerged,
         s.opened, s.ended, b.begins_at AS "time"
  FROM liskeban.stat_daily AS s
  LEFT JOIN liskeban.day_start AS b ON b.day = s.day
  CROSS JOIN LATERAL (SELECT CASE WHEN liskeban.area_level(s.area) >= 'town' THEN liskeban.area_parent(s.area, 'town') END) AS t(code)
  LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) s.area
  LEFT JOIN liskeban.area AS town ON town.code OPERATOR(liskeban.=) t.code
  LEFT JOIN liskeban.category AS c ON c.code = s.category
  LEFT JOIN liskeban.domain AS d ON d.code = c.domain
  LEFT JOIN liskeban.source_system AS o ON o.code = s.source;
COMMENT ON VIEW liskeban_report.stat_daily IS '每日统计 what happened on a day, by the area, category, source and kind of the tickets it happened to, up to the last roll-up; every count may be summed up; key stat_daily_key';
COMMENT ON COLUMN liskeban_report.stat_daily.stat_daily_key IS '主键 key: day, area, category, source and kind';
COMMENT ON COLUMN liskeban_report.stat_daily.day IS '日期 day of the platform''s zone on which it happened';
COMMENT ON COLUMN liskeban_report.stat_daily.kind IS '类型 demand 群众诉求, hazard 隐患, clue 线索, service 服务, policy 找人, patrol 自采, task 指令';
COMMENT ON COLUMN liskeban_report.stat_daily.area IS '所在区域代码 code of the area of the tickets; (pool) without one';
COMMENT ON COLUMN liskeban_report.stat_daily.area_name IS '所在区域 its name in Chinese';
COMMENT ON COLUMN liskeban_report.stat_daily.area_name_en IS '所在区域英文名 its name in English';
COMMENT ON COLUMN liskeban_report.stat_daily.town IS '镇街代码 code of its town; (pool) where the area is none of a town';
COMMENT ON COLUMN liskeban_report.stat_daily.town_name IS '镇街 name of the town in Chinese';
COMMENT ON COLUMN liskeban_report.stat_daily.town_name_en IS '镇街英文名 name of the town in English';
COMMENT ON COLUMN liskeban_report.stat_daily.category IS '事项代码 code of the category';
COMMENT ON COLUMN liskeban_report.stat_daily.category_name IS '事项 name of the category in Chinese';
COMMENT ON COLUMN liskeban_report.stat_daily.category_name_en IS '事项英文名 name of the category in English';
COMMENT ON COLUMN liskeban_report.stat_daily.domain IS '领域代码 code of the category''s domain';
COMMENT ON COLUMN liskeban_report.stat_daily.domain_name IS '领域 name of the domain in Chinese';
COMMENT ON COLUMN liskeban_report.stat_daily.domain_name_en IS '领域英文名 name of the domain in English';
COMMENT ON COLUMN liskeban_report.stat_daily.source IS '来源系统代码 code of the source system';
COMMENT ON COLUMN liskeban_report.stat_daily.source_name IS '来源系统 name of the source system in Chinese';
COMMENT ON COLUMN liskeban_report.stat_daily.source_name_en IS '来源系统英文名 name of the source system in English';
COMMENT ON COLUMN liskeban_report.stat_daily.received IS '受理 tickets received';
COMMENT ON COLUMN liskeban_report.stat_daily.accepted IS '接单 taken on by the desk, also after a rejection';
COMMENT ON COLUMN liskeban_report.stat_daily.dispatched IS '派单 dispatched from the desk';
COMMENT ON COLUMN liskeban_report.stat_daily.redispatched IS '改派 given to another holder';
COMMENT ON COLUMN liskeban_report.stat_daily.returned IS '退单 given back to the desk';
COMMENT ON COLUMN liskeban_report.stat_daily.suspended IS '挂账 suspended';
COMMENT ON COLUMN liskeban_report.stat_daily.resolved IS '办结 resolved or answered directly, each time';
COMMENT ON COLUMN liskeban_report.stat_daily.resolved_late IS '超期办结 of these after the due then in force (hard without a plan: plan_due)';
COMMENT ON COLUMN liskeban_report.stat_daily.reworked IS '返工 sent back from resolved';
COMMENT ON COLUMN liskeban_report.stat_daily.closed IS '关闭 closed, each time';
COMMENT ON COLUMN liskeban_report.stat_daily.reopened IS '重办 reopened';
COMMENT ON COLUMN liskeban_report.stat_daily.rejected IS '不予受理 rejected';
COMMENT ON COLUMN liskeban_report.stat_daily.withdrawn IS '撤回 withdrawn';
COMMENT ON COLUMN liskeban_report.stat_daily.merged IS '并案 merged into another';
COMMENT ON COLUMN liskeban_report.stat_daily.unmerged IS '撤销并案 unmerged';
COMMENT ON COLUMN liskeban_report.stat_daily.opened IS '转入 came to be open: received, reopened, unmerged, taken on after all; summed over all days, less ended, it is what is open';
COMMENT ON COLUMN liskeban_report.stat_daily.ended IS '转出 ceased to be open: closed, rejected, withdrawn, merged';
COMMENT ON COLUMN liskeban_report.stat_daily.time IS '时间 when the day begins';

-- As in 70_report.sql: the view's owner may read no more than what is granted.
GRANT CREATE ON SCHEMA liskeban_report TO liskeban_reader;
ALTER VIEW liskeban_report.stat_daily OWNER TO liskeban_reader;
REVOKE CREATE ON SCHEMA liskeban_report FROM liskeban_reader;
