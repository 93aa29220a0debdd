-- Coverage of services by village, for BI; see 70_report.sql for the kind of view.

GRANT EXECUTE ON FUNCTION liskeban.service_coverage(double precision) TO liskeban_reader, liskeban_analyst, liskeban_backup;
GRANT CREATE ON SCHEMA liskeban_report TO liskeban_reader;
CREATE VIEW liskeban_report.service_coverage WITH (security_barrier) AS
SELECT c.village::text AS village, c.village_name, liskeban.area_parent(c.village)::text AS town, c.items_num, c.items_den,
       c.coverage, c.missing
  FROM liskeban.service_coverage() AS c;
COMMENT ON VIEW liskeban_report.service_coverage IS '服务覆盖 share of the public services within reach of each village; key village';
COMMENT ON COLUMN liskeban_report.service_coverage.village IS '村社区代码 key';
COMMENT ON COLUMN liskeban_report.service_coverage.village_name IS '村社区 name';
COMMENT ON COLUMN liskeban_report.service_coverage.town IS '镇街代码 the town it lies in';
COMMENT ON COLUMN liskeban_report.service_coverage.items_num IS '可及事项数 services with a point within reach';
COMMENT ON COLUMN liskeban_report.service_coverage.items_den IS '事项总数 services in force';
COMMENT ON COLUMN liskeban_report.service_coverage.coverage IS '覆盖率 items_num / items_den';
COMMENT ON COLUMN liskeban_report.service_coverage.missing IS '缺项 codes of those not within reach';
ALTER VIEW liskeban_report.service_coverage OWNER TO liskeban_reader;
REVOKE CREATE ON SCHEMA liskeban_report FROM liskeban_reader;
