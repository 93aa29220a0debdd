-- For BI, GIS and the daily report: emergencies and what they caught, storms and where their winds reach, warnings in
-- force; see 70_report.sql for the kind of view.

GRANT SELECT ON liskeban.emergency, liskeban.emergency_kind, liskeban.weather TO liskeban_reader;
GRANT EXECUTE ON FUNCTION liskeban.storm_swath(text, integer) TO liskeban_reader;
GRANT USAGE, CREATE ON SCHEMA liskeban_report TO liskeban_reader;

CREATE VIEW liskeban_report.emergency WITH (security_barrier) AS
SELECT e.emergency_id, e.kind, k.name AS kind_name, k.name_en AS kind_name_en, e.level, e.area::text AS area, a.name AS area_name, a.name_en AS area_name_en,
         e.begins_at AS "time", e.ends_at, e.begins_at <= n.now AND (e.ends_at IS NULL OR e.ends_at > n.now) AS running,
         coalesce(c.caught, 0) AS caught, coalesce(c.open, 0) AS open, coalesce(c.overdue, 0) AS overdue,
         coalesce(c.completed, 0) AS completed, coalesce(c.on_time_num, 0) AS on_time_num, coalesce(c.on_time_den, 0) AS on_time_den,
         ST_Multi(ST_CollectionExtract(a.geom, 3))::geometry(MultiPolygon, 4490) AS geom
    FROM liskeban.emergency AS e
   CROSS JOIN (SELECT liskeban.liskeban_now() AS now OFFSET 0) AS n
    JOIN liskeban.emergency_kind AS k ON k.code = e.kind
    JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) e.area
    LEFT JOIN (SELECT t.emergency, count(*) AS caught, count(*) FILTER (WHERE t.resolved_at IS NULL) AS open,
                      count(*) FILTER (WHERE t.resolved_at IS NULL AND t.resolve_due <= m.now) AS overdue,
                      count(t.resolved_at) AS completed,
                      count(*) FILTER (WHERE t.resolved_at <= t.resolve_due) AS on_time_num,
                      count(*) FILTER (WHERE t.resolved_at IS NOT NULL OR t.resolve_due <= m.now) AS on_time_den
                 FROM liskeban.ticket AS t CROSS JOIN (SELECT liskeban.liskeban_now() AS now OFFSET 0) AS m
                WHERE t.emergency IS NOT NULL AND t.state NOT IN ('rejected', 'withdrawn', 'merged')
                GROUP BY t.emergency) AS c ON c.emergency = e.emergency_id;
COMMENT ON VIEW liskeban_report.emergency IS '应急响应 what was declared, where, and the tickets that it caught as they stand (without rejected, withdrawn and merged ones); key emergency_id';
COMMENT ON COLUMN liskeban_report.emergency.emergency_id IS '编号 key';
COMMENT ON COLUMN liskeban_report.emergency.kind IS '类型代码 code of the kind';
COMMENT ON COLUMN liskeban_report.emergency.kind_name IS '应急类型 kind in Chinese';
COMMENT ON COLUMN liskeban_report.emergency.kind_name_en IS '应急类型英文名 kind in English';
COMMENT ON COLUMN liskeban_report.emergency.level IS '响应等级 I 特别重大 particularly serious, II 重大 serious, III 较大 major, IV 一般 ordinary';
COMMENT ON COLUMN liskeban_report.emergency.area IS '区域代码 code of the area';
COMMENT ON COLUMN liskeban_report.emergency.area_name IS '区域 name of the area in Chinese';
COMMENT ON COLUMN liskeban_report.emergency.area_name_en IS '区域英文名 name of the area in English';
COMMENT ON COLUMN liskeban_report.emergency.time IS '开始时间 from when';
COMMENT ON COLUMN liskeban_report.emergency.ends_at IS '结束时间 until when; NULL until it is ended';
COMMENT ON COLUMN liskeban_report.emergency.running IS '是否响应中 whether it runs now';
COMMENT ON COLUMN liskeban_report.emergency.caught IS '应急工单 tickets whose due it set';
COMMENT ON COLUMN liskeban_report.emergency.open IS '未办结 of these not resolved yet';
COMMENT ON COLUMN liskeban_report.emergency.overdue IS '超期未办结 of those past their due';
COMMENT ON COLUMN liskeban_report.emergency.completed IS '已办结 of these resolved';
COMMENT ON COLUMN liskeban_report.emergency.on_time_num IS '按期办结 resolved not later than the due';
COMMENT ON COLUMN liskeban_report.emergency.on_time_den IS '应办结 resolved, or past the due';
COMMENT ON COLUMN liskeban_report.emergency.geom IS '范围 outline of the area, CGCS2000 (EPSG:4490)';
ALTER VIEW liskeban_report.emergency OWNER TO liskeban_reader;

-- The forecast's line begins where the observations end.
CREATE VIEW liskeban_report.storm_line WITH (security_barrier) AS
SELECT pg_catalog.concat_ws('/', l.storm, l.forecast) AS storm_line_key, l.storm, s.name AS storm_name, s.name_en AS storm_name_en, l.forecast, l.begins_at AS "time", l.ends_at,
         l.geom::geometry(LineString, 4490) AS geom
    FROM (SELECT p.storm, p.forecast, min(p.at) AS begins_at, max(p.at) AS ends_at, ST_MakeLine(p.geom ORDER BY p.at) AS geom
            FROM (SELECT q.storm, q.forecast, q."time" AS at, q.geom FROM liskeban_report.storm_point AS q
                  UNION ALL
                  SELECT q.storm, true, max(q."time"), (array_agg(q.geom ORDER BY q."time" DESC))[1] FROM liskeban_report.storm_point AS q
                   WHERE NOT q.forecast AND EXISTS (SELECT FROM liskeban_report.storm_point AS f WHERE f.storm = q.storm AND f.forecast) GROUP BY q.storm) AS p
           GROUP BY p.storm, p.forecast HAVING count(*) > 1) AS l
    JOIN liskeban.storm AS s ON s.code = l.storm;
COMMENT ON VIEW liskeban_report.storm_line IS '台风路径线 what was observed of each storm''s path, and what is forecast; key storm_line_key';
COMMENT ON COLUMN liskeban_report.storm_line.storm_line_key IS '主键 key: storm and whether it is forecast';
COMMENT ON COLUMN liskeban_report.storm_line.storm IS '台风编号 the storm';
COMMENT ON COLUMN liskeban_report.storm_line.storm_name IS '台风 name in Chinese';
COMMENT ON COLUMN liskeban_report.storm_line.storm_name_en IS '台风英文名 name in English';
COMMENT ON COLUMN liskeban_report.storm_line.forecast IS '是否预报 true the forecast';
COMMENT ON COLUMN liskeban_report.storm_line.time IS '开始时间 of its first point';
COMMENT ON COLUMN liskeban_report.storm_line.ends_at IS '结束时间 of its last point';
COMMENT ON COLUMN liskeban_report.storm_line.geom IS '路径 line, CGCS2000 (EPSG:4490)';
ALTER VIEW liskeban_report.storm_line OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.storm_swath WITH (security_barrier) AS
SELECT pg_catalog.concat_ws('/', s.code, k.threshold) AS storm_swath_key, s.code AS storm, s.name AS storm_name, s.name_en AS storm_name_en, k.threshold,
         g.geom::geometry(MultiPolygon, 4490) AS geom
    FROM liskeban.storm AS s CROSS JOIN (VALUES (34), (50), (64)) AS k(threshold)
   CROSS JOIN LATERAL liskeban.storm_swath(s.code, k.threshold) AS g(geom)
   WHERE g.geom IS NOT NULL;
COMMENT ON VIEW liskeban_report.storm_swath IS '风圈扫过范围 where winds of 34, 50 and 64 knots of each storm came, or will come, worked out when read (half a second a row); key storm_swath_key';
COMMENT ON COLUMN liskeban_report.storm_swath.storm_swath_key IS '主键 key: storm and threshold';
COMMENT ON COLUMN liskeban_report.storm_swath.storm IS '台风编号 the storm';
COMMENT ON COLUMN liskeban_report.storm_swath.storm_name IS '台风 name in Chinese';
COMMENT ON COLUMN liskeban_report.storm_swath.storm_name_en IS '台风英文名 name in English';
COMMENT ON COLUMN liskeban_report.storm_swath.threshold IS '风速阈值 34 (八级), 50 (十级) or 64 knots (十二级)';
COMMENT ON COLUMN liskeban_report.storm_swath.geom IS '范围 swath, CGCS2000 (EPSG:4490)';
ALTER VIEW liskeban_report.storm_swath OWNER TO liskeban_reader;

CREATE VIEW liskeban_report.weather_warning WITH (security_barrier) AS
SELECT w.weather_id, w.phenomenon, w.colour, w.area, w.area_name, w.area_name_en, w.begins_at AS "time", w.ends_at, w.issued_at, w.geom
    FROM (SELECT DISTINCT ON (x.phenomenon, x.area) x.weather_id, x.phenomenon, x.colour, x.area::text AS area, a.name AS area_name, a.name_en AS area_name_en,
                 x.begins_at, x.ends_at, x.issued_at, ST_Multi(ST_CollectionExtract(a.geom, 3))::geometry(MultiPolygon, 4490) AS geom
            FROM liskeban.weather AS x JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) x.area
           WHERE x.kind = 'warning' AND x.issued_at <= liskeban.liskeban_now()
           ORDER BY x.phenomenon, x.area, x.issued_at DESC, x.weather_id DESC) AS w
   WHERE w.ends_at IS NULL OR w.ends_at > liskeban.liskeban_now();
COMMENT ON VIEW liskeban_report.weather_warning IS '生效预警 of each phenomenon and area the last warning, until it ends; one that lifts it (ends_at = begins_at) supersedes it; key weather_id';
COMMENT ON COLUMN liskeban_report.weather_warning.weather_id IS '编号 key';
COMMENT ON COLUMN liskeban_report.weather_warning.phenomenon IS '现象 typhoon, rainstorm, …';
COMMENT ON COLUMN liskeban_report.weather_warning.colour IS '预警颜色 blue 蓝, yellow 黄, orange 橙, red 红';
COMMENT ON COLUMN liskeban_report.weather_warning.area IS '区域代码 code of the area';
COMMENT ON COLUMN liskeban_report.weather_warning.area_name IS '区域 name of the area in Chinese';
COMMENT ON COLUMN liskeban_report.weather_warning.area_name_en IS '区域英文名 name of the area in English';
COMMENT ON COLUMN liskeban_report.weather_warning.time IS '开始时间 from when';
COMMENT ON COLUMN liskeban_report.weather_warning.ends_at IS '结束时间 until when; NULL until it is lifted';
COMMENT ON COLUMN liskeban_report.weather_warning.issued_at IS '发布时间 when it was issued';
COMMENT ON COLUMN liskeban_report.weather_warning.geom IS '范围 outline of the area, CGCS2000 (EPSG:4490)';
ALTER VIEW liskeban_report.weather_warning OWNER TO liskeban_reader;

REVOKE CREATE ON SCHEMA liskeban_report FROM liskeban_reader;
