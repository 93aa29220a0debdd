-- For analysts: how many are entitled to what, by area; of persons nothing.

GRANT CREATE ON SCHEMA liskeban_report TO liskeban_reader;

CREATE VIEW liskeban_report.entitlement_count WITH (security_barrier) AS
SELECT pg_catalog.concat_ws('/', e.policy, e.area, e.state) AS entitlement_count_key, e.policy, p.name AS policy_name, p.name_en AS policy_name_en, e.area::text AS area, a.name AS area_name, e.state, count(*) AS entitlements
  FROM liskeban.entitlement AS e
  JOIN liskeban.policy AS p ON p.code = e.policy
  JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) e.area
 GROUP BY e.policy, e.area, e.state, p.name, p.name_en, a.name;
ALTER VIEW liskeban_report.entitlement_count OWNER TO liskeban_reader;
GRANT SELECT (entitlement_id, policy, area, state) ON liskeban.entitlement TO liskeban_reader;
GRANT SELECT (code, name, name_en) ON liskeban.policy TO liskeban_reader;
COMMENT ON VIEW liskeban_report.entitlement_count IS '应享待遇统计 how many entitlements there are, by policy, area and state; key entitlement_count_key';
COMMENT ON COLUMN liskeban_report.entitlement_count.entitlement_count_key IS '主键 key: policy, area and state';
COMMENT ON COLUMN liskeban_report.entitlement_count.policy IS '政策 policy';
COMMENT ON COLUMN liskeban_report.entitlement_count.policy_name IS '政策名称 its name in Chinese';
COMMENT ON COLUMN liskeban_report.entitlement_count.policy_name_en IS '政策英文名称 its name in English';
COMMENT ON COLUMN liskeban_report.entitlement_count.area IS '住所区域 where the homes are';
COMMENT ON COLUMN liskeban_report.entitlement_count.area_name IS '区域名称 its name';
COMMENT ON COLUMN liskeban_report.entitlement_count.state IS '状态 found, notified, applied, granted, refused or lapsed';
COMMENT ON COLUMN liskeban_report.entitlement_count.entitlements IS '件数 how many';
REVOKE CREATE ON SCHEMA liskeban_report FROM liskeban_reader;
