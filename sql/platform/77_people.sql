-- For analysts: how many are entitled to what, by area; of persons nothing.

GRANT CREATE ON SCHEMA liskeban_report TO liskeban_reader;

-- Each entitlement counts in one row, so that none is the difference of two others: of a village where there are enough,
-- else with the rest of the town, else with the rest of the district, else nowhere.
CREATE VIEW liskeban_report.entitlement_count WITH (security_barrier) AS
WITH cell AS (
  SELECT e.policy, e.area, e.state, count(DISTINCT e.resident_id) AS residents, count(*) AS entitlements, p.small_count, p.district
    FROM liskeban.entitlement AS e CROSS JOIN liskeban.platform AS p GROUP BY e.policy, e.area, e.state, p.small_count, p.district
), town AS (
  SELECT c.policy, coalesce(liskeban.area_parent(c.area, 'town'::liskeban.area_level), c.district) AS area, c.state, sum(c.residents)::bigint AS residents,
         sum(c.entitlements)::bigint AS entitlements, c.small_count, c.district
    FROM cell AS c WHERE c.residents < c.small_count GROUP BY c.policy, 2, c.state, c.small_count, c.district
), district AS (
  SELECT t.policy, t.district AS area, t.state, sum(t.residents)::bigint AS residents, sum(t.entitlements)::bigint AS entitlements, t.small_count
    FROM town AS t WHERE t.residents < t.small_count OR t.area OPERATOR(liskeban.=) t.district GROUP BY t.policy, t.district, t.state, t.small_count
), shown AS (
  SELECT c.policy, c.area, c.state, c.entitlements, false AS rest FROM cell AS c WHERE c.residents >= c.small_count
  UNION ALL
  SELECT t.policy, t.area, t.state, t.entitlements, true FROM town AS t WHERE t.residents >= t.small_count AND t.area OPERATOR(liskeban.<>) t.district
  UNION ALL
  SELECT d.policy, d.area, d.state, CASE WHEN d.residents >= d.small_count THEN d.entitlements END, true FROM district AS d
)
SELECT pg_catalog.concat_ws('/', s.policy, s.area, s.state, CASE WHEN s.rest THEN 'rest'::text END) AS entitlement_count_key, s.policy, p.name AS policy_name, p.name_en AS policy_name_en,
       s.area::text AS area, a.name AS area_name, s.state, s.rest, s.entitlements
  FROM shown AS s
  JOIN liskeban.policy AS p ON p.code = s.policy
  LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) s.area;
ALTER VIEW liskeban_report.entitlement_count OWNER TO liskeban_reader;
GRANT SELECT (resident_id, entitlement_id, policy, area, state) ON liskeban.entitlement TO liskeban_reader;
GRANT SELECT (small_count) ON liskeban.platform TO liskeban_reader;
GRANT SELECT (code, name, name_en) ON liskeban.policy TO liskeban_reader;
COMMENT ON VIEW liskeban_report.entitlement_count IS '应享待遇统计 how many entitlements there are, by policy, area and state; where they are fewer than platform.small_count persons'' they are counted with the rest of the town (rest), else of the district, and where that is too few still the number is NULL; key entitlement_count_key';
COMMENT ON COLUMN liskeban_report.entitlement_count.entitlement_count_key IS '主键 key: policy, area, state, and rest';
COMMENT ON COLUMN liskeban_report.entitlement_count.policy IS '政策 policy';
COMMENT ON COLUMN liskeban_report.entitlement_count.policy_name IS '政策名称 its name in Chinese';
COMMENT ON COLUMN liskeban_report.entitlement_count.policy_name_en IS '政策英文名称 its name in English';
COMMENT ON COLUMN liskeban_report.entitlement_count.area IS '住所区域 where the homes are';
COMMENT ON COLUMN liskeban_report.entitlement_count.area_name IS '区域名称 its name';
COMMENT ON COLUMN liskeban_report.entitlement_count.state IS '状态 found, notified, applied, granted, refused or lapsed';
COMMENT ON COLUMN liskeban_report.entitlement_count.rest IS '其余 whether these are those of the area''s parts that are too few for a row of their own';
COMMENT ON COLUMN liskeban_report.entitlement_count.entitlements IS '件数 how many; NULL too few to be told';
REVOKE CREATE ON SCHEMA liskeban_report FROM liskeban_reader;
