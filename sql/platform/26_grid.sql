-- The grid: who serves on which cell for which network, now and then; who is on duty; where nobody serves.

CREATE FUNCTION liskeban.serving_at(area liskeban.area_code, at timestamptz DEFAULT NULL,
  OUT person text, OUT phone text, OUT police boolean, OUT networks text[], OUT on_duty boolean, OUT begins_at timestamptz, OUT ends_at timestamptz)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.person, s.phone, bool_or(s.police), coalesce(array_agg(DISTINCT s.network ORDER BY s.network) FILTER (WHERE s.network IS NOT NULL), '{}'),
         bool_or(s.network IS NULL), min(s.begins_at), CASE WHEN bool_and(s.ends_at IS NOT NULL) THEN max(s.ends_at) END
    FROM (SELECT g.person, g.phone, g.police, g.network, g.begins_at, g.ends_at FROM liskeban.grid_member AS g
           WHERE g.area OPERATOR(liskeban.=) serving_at.area
          UNION ALL
          SELECT d.person, d.phone, false, NULL, d.begins_at, d.ends_at FROM liskeban.duty AS d
           WHERE d.area OPERATOR(liskeban.=) serving_at.area) AS s
   WHERE s.begins_at <= coalesce(serving_at.at, liskeban.liskeban_now())
     AND (s.ends_at IS NULL OR s.ends_at > coalesce(serving_at.at, liskeban.liskeban_now()))
   GROUP BY s.person, s.phone
   ORDER BY s.person, s.phone
$$;
COMMENT ON FUNCTION liskeban.serving_at(liskeban.area_code, timestamptz) IS '在岗人员 who served an area at that time (now): a row a person with the networks it served (精网微格, 警网融合: one person may serve several), whether it was on duty, since when and until when at the latest; also of a code that has ended, for a time before it did';
REVOKE ALL ON FUNCTION liskeban.serving_at(liskeban.area_code, timestamptz) FROM PUBLIC;

CREATE VIEW liskeban.grid_roster WITH (security_invoker) AS
SELECT a.code AS area, a.name AS area_name, liskeban.area_level(a.code) AS level, g.person, g.phone,
       bool_or(g.police) AS police, array_agg(DISTINCT g.network ORDER BY g.network) AS networks, min(g.begins_at) AS begins_at
  FROM liskeban.grid_member AS g JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) g.area
 WHERE g.begins_at <= liskeban.liskeban_now() AND (g.ends_at IS NULL OR g.ends_at > liskeban.liskeban_now())
 GROUP BY a.code, a.name, g.person, g.phone;
COMMENT ON VIEW liskeban.grid_roster IS '网格名册 who serves now: a row a person and cell, with the networks';
COMMENT ON COLUMN liskeban.grid_roster.area IS '网格 the cell';
COMMENT ON COLUMN liskeban.grid_roster.area_name IS '网格名称 its name';
COMMENT ON COLUMN liskeban.grid_roster.level IS '层级 its level';
COMMENT ON COLUMN liskeban.grid_roster.person IS '姓名 who serves';
COMMENT ON COLUMN liskeban.grid_roster.phone IS '电话 phone';
COMMENT ON COLUMN liskeban.grid_roster.police IS '民警 whether a police officer (警网融合)';
COMMENT ON COLUMN liskeban.grid_roster.networks IS '网络 the networks the person serves there';
COMMENT ON COLUMN liskeban.grid_roster.begins_at IS '开始 since when, on the first of these';

-- A cell is an area in force, a village or finer, in which none lies that is in force.
CREATE VIEW liskeban.grid_gap WITH (security_invoker) AS
WITH area AS MATERIALIZED (
  SELECT a.code, a.name, liskeban.area_level(a.code) AS level, liskeban.area_parent(a.code) AS parent
    FROM liskeban.area AS a
   WHERE liskeban.area_level(a.code) >= 'village' AND a.valid_from <= liskeban.liskeban_now()
     AND (a.valid_to IS NULL OR a.valid_to > liskeban.liskeban_now())
), serves AS MATERIALIZED (
  SELECT DISTINCT g.area, g.network FROM liskeban.grid_member AS g
   WHERE g.begins_at <= liskeban.liskeban_now() AND (g.ends_at IS NULL OR g.ends_at > liskeban.liskeban_now())
), cell AS (
  SELECT c.code, c.name, c.level FROM area AS c WHERE NOT EXISTS (SELECT FROM area AS x WHERE x.parent OPERATOR(liskeban.=) c.code)
)
SELECT c.code AS area, c.name AS area_name, c.level, n.code AS network, n.name AS network_name,
       (SELECT max(g.ends_at) FROM liskeban.grid_member AS g
         WHERE g.area OPERATOR(liskeban.=) c.code AND g.network = n.code AND g.ends_at <= liskeban.liskeban_now()) AS since
  FROM cell AS c CROSS JOIN liskeban.network AS n
 WHERE n.retired_at IS NULL
   AND NOT EXISTS (SELECT FROM serves AS s WHERE s.network = n.code AND s.area OPERATOR(liskeban.=) c.code)
   AND NOT (c.level = 'microgrid' AND EXISTS (SELECT FROM serves AS s WHERE s.network = n.code AND s.area OPERATOR(liskeban.=) liskeban.area_parent(c.code)));
COMMENT ON VIEW liskeban.grid_gap IS '网格缺员 cells (areas in force, a village or finer, that no other divides) and the networks that nobody serves there now; a microgrid is served by its grid''s people too';
COMMENT ON COLUMN liskeban.grid_gap.area IS '网格 the cell';
COMMENT ON COLUMN liskeban.grid_gap.area_name IS '网格名称 its name';
COMMENT ON COLUMN liskeban.grid_gap.level IS '层级 its level';
COMMENT ON COLUMN liskeban.grid_gap.network IS '网络 the network without anyone';
COMMENT ON COLUMN liskeban.grid_gap.network_name IS '网络名称 its name';
COMMENT ON COLUMN liskeban.grid_gap.since IS '空缺自 since when; NULL nobody ever served it there';
