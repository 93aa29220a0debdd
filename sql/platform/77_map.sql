-- One map (城市安全电子一张图): hazards, flood points and warnings by the three themes of safety, police incidents as a source of
-- their own, and what helps: cameras and depots. See 70_report.sql for the kind of view; emergencies and storms have theirs.

GRANT SELECT (code, name, name_en, retired_at) ON liskeban.theme TO liskeban_reader;
GRANT SELECT (code, theme, name, name_en) ON liskeban.hazard_chain TO liskeban_reader;
GRANT SELECT (hazard_id, ticket_id, chain, severity, source, area, geom, opened_at, closed_at) ON liskeban.hazard TO liskeban_reader;
GRANT SELECT (code, kind) ON liskeban.source_system TO liskeban_reader;
GRANT SELECT (code, name, name_en, flood_prone) ON liskeban.camera_kind TO liskeban_reader;
GRANT SELECT (camera_id, code, name, kind, area, status, status_at, geom, retired_at) ON liskeban.camera TO liskeban_reader;
GRANT SELECT (code, name, name_en, kind, area, geom, retired_at) ON liskeban.flood_point TO liskeban_reader;
GRANT SELECT (code, name, name_en, department, area, geom, retired_at) ON liskeban.supply_depot TO liskeban_reader;
GRANT SELECT ON liskeban.supply_stock TO liskeban_reader;
GRANT SELECT (watch_id, flood_point, began_at) ON liskeban.watch_log TO liskeban_reader;
GRANT USAGE, CREATE ON SCHEMA liskeban_report TO liskeban_reader;

CREATE VIEW liskeban_report.camera WITH (security_barrier) AS
SELECT c.camera_id, c.code, c.name, c.kind, k.name AS kind_name, k.name_en AS kind_name_en, k.flood_prone, c.area::text AS area, c.status, c.status_at AS "time",
       c.geom::geometry(Point, 4490) AS geom
  FROM liskeban.camera AS c JOIN liskeban.camera_kind AS k ON k.code = c.kind WHERE c.retired_at IS NULL;
ALTER VIEW liskeban_report.camera OWNER TO liskeban_reader;
COMMENT ON VIEW liskeban_report.camera IS '摄像机点位 cameras in use; key camera_id';
COMMENT ON COLUMN liskeban_report.camera.camera_id IS '编号 key';
COMMENT ON COLUMN liskeban_report.camera.code IS '设备编码 code of the video platform';
COMMENT ON COLUMN liskeban_report.camera.name IS '名称 where it stands';
COMMENT ON COLUMN liskeban_report.camera.kind IS '类型代码 camera_kind';
COMMENT ON COLUMN liskeban_report.camera.kind_name IS '类型 its name in Chinese';
COMMENT ON COLUMN liskeban_report.camera.kind_name_en IS '类型英文名 its name in English';
COMMENT ON COLUMN liskeban_report.camera.flood_prone IS '易涝 whether places of this kind are flood-prone';
COMMENT ON COLUMN liskeban_report.camera.area IS '所在区域 finest area that covers it';
COMMENT ON COLUMN liskeban_report.camera.status IS '状态 working, broken, offline, maintenance';
COMMENT ON COLUMN liskeban_report.camera."time" IS '状态时间 since when';
COMMENT ON COLUMN liskeban_report.camera.geom IS '位置 point, CGCS2000 (EPSG:4490)';

CREATE VIEW liskeban_report.flood_point WITH (security_barrier) AS
SELECT f.code, f.name, f.name_en, f.kind, k.name AS kind_name, k.name_en AS kind_name_en, f.area::text AS area,
       (SELECT max(w.began_at) FROM liskeban.watch_log AS w WHERE w.flood_point = f.code) AS "time", f.geom::geometry(Point, 4490) AS geom
  FROM liskeban.flood_point AS f JOIN liskeban.camera_kind AS k ON k.code = f.kind WHERE f.retired_at IS NULL;
ALTER VIEW liskeban_report.flood_point OWNER TO liskeban_reader;
COMMENT ON VIEW liskeban_report.flood_point IS '易涝点位 flood points in force; key code';
COMMENT ON COLUMN liskeban_report.flood_point.code IS '代码 key';
COMMENT ON COLUMN liskeban_report.flood_point.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban_report.flood_point.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban_report.flood_point.kind IS '类型代码 camera_kind';
COMMENT ON COLUMN liskeban_report.flood_point.kind_name IS '类型 its name in Chinese';
COMMENT ON COLUMN liskeban_report.flood_point.kind_name_en IS '类型英文名 its name in English';
COMMENT ON COLUMN liskeban_report.flood_point.area IS '所在区域 finest area that covers it';
COMMENT ON COLUMN liskeban_report.flood_point."time" IS '最近轮巡时间 when it was last watched; NULL never';
COMMENT ON COLUMN liskeban_report.flood_point.geom IS '位置 point, CGCS2000 (EPSG:4490)';

CREATE VIEW liskeban_report.supply_depot WITH (security_barrier) AS
SELECT d.code, d.name, d.name_en, d.department, d.area::text AS area,
       (SELECT count(*) FROM liskeban.supply_stock AS s WHERE s.depot = d.code AND s.quantity > 0) AS items,
       (SELECT jsonb_object_agg(s.item, s.quantity) FROM liskeban.supply_stock AS s WHERE s.depot = d.code AND s.quantity > 0) AS stock,
       d.geom::geometry(Point, 4490) AS geom
  FROM liskeban.supply_depot AS d WHERE d.retired_at IS NULL;
ALTER VIEW liskeban_report.supply_depot OWNER TO liskeban_reader;
COMMENT ON VIEW liskeban_report.supply_depot IS '物资仓库点位 depots in use and what lies there; key code';
COMMENT ON COLUMN liskeban_report.supply_depot.code IS '代码 key';
COMMENT ON COLUMN liskeban_report.supply_depot.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban_report.supply_depot.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban_report.supply_depot.department IS '管理部门 who keeps it';
COMMENT ON COLUMN liskeban_report.supply_depot.area IS '所在区域 finest area that covers it';
COMMENT ON COLUMN liskeban_report.supply_depot.items IS '物资种数 kinds of items in stock';
COMMENT ON COLUMN liskeban_report.supply_depot.stock IS '库存 {item: quantity} of these; NULL empty';
COMMENT ON COLUMN liskeban_report.supply_depot.geom IS '位置 point, CGCS2000 (EPSG:4490)';

-- A hazard is one of a chain's, or the ticket that a valid clue became.
CREATE VIEW liskeban_report.open_hazard WITH (security_barrier) AS
SELECT h.ticket_id, h.chain, c.name AS chain_name, c.name_en AS chain_name_en, c.theme, h.severity, h.source, h.opened_at AS "time", h.area::text AS area,
       h.geom::geometry(Point, 4490) AS geom
  FROM (SELECT x.ticket_id, x.chain, x.severity, x.source, x.opened_at, x.area, x.geom FROM liskeban.hazard AS x WHERE x.closed_at IS NULL
        UNION ALL
        SELECT t.ticket_id, k.chain, k.severity, t.source, t.received_at, t.area, t.geom
          FROM (SELECT DISTINCT ON (l.hazard_ticket) l.hazard_ticket, l.chain, CASE l.tier WHEN 'major' THEN 'major' ELSE 'general' END AS severity
                  FROM liskeban.clue AS l WHERE l.valid ORDER BY l.hazard_ticket, l.ticket_id) AS k
          JOIN liskeban.worklist AS w ON w.ticket_id = k.hazard_ticket
          JOIN liskeban.ticket AS t ON t.ticket_id = w.ticket_id
         WHERE NOT EXISTS (SELECT FROM liskeban.hazard AS o WHERE o.ticket_id = t.ticket_id)) AS h
  JOIN liskeban.hazard_chain AS c ON c.code = h.chain;
ALTER VIEW liskeban_report.open_hazard OWNER TO liskeban_reader;
COMMENT ON VIEW liskeban_report.open_hazard IS '在办隐患 the hazards of the safety chains that are open, of signals and of clues; key ticket_id';
COMMENT ON COLUMN liskeban_report.open_hazard.ticket_id IS '工单编号 key: its ticket';
COMMENT ON COLUMN liskeban_report.open_hazard.chain IS '链条代码 hazard_chain';
COMMENT ON COLUMN liskeban_report.open_hazard.chain_name IS '链条 its name in Chinese';
COMMENT ON COLUMN liskeban_report.open_hazard.chain_name_en IS '链条英文名 its name in English';
COMMENT ON COLUMN liskeban_report.open_hazard.theme IS '主题代码 theme of the chain';
COMMENT ON COLUMN liskeban_report.open_hazard.severity IS '等级 general 一般, major 重大';
COMMENT ON COLUMN liskeban_report.open_hazard.source IS '来源系统 what reported it';
COMMENT ON COLUMN liskeban_report.open_hazard."time" IS '发现时间 when it was opened';
COMMENT ON COLUMN liskeban_report.open_hazard.area IS '所在区域 where it lies; NULL unknown';
COMMENT ON COLUMN liskeban_report.open_hazard.geom IS '位置 point, CGCS2000 (EPSG:4490); NULL unknown';

CREATE VIEW liskeban_report.police_incident WITH (security_barrier) AS
SELECT t.ticket_id, t.ticket_no, t.source, t.category, c.name AS category_name, c.name_en AS category_name_en, t.state::text AS state, t.received_at AS "time",
       t.area::text AS area, t.geom::geometry(Point, 4490) AS geom
  FROM liskeban.worklist AS w
  JOIN liskeban.ticket AS t ON t.ticket_id = w.ticket_id
  JOIN liskeban.source_system AS s ON s.code = t.source AND s.kind = 'police'
  LEFT JOIN liskeban.category AS c ON c.code = t.category;
ALTER VIEW liskeban_report.police_incident OWNER TO liskeban_reader;
COMMENT ON VIEW liskeban_report.police_incident IS '在办警情 what the police handed over and is open: tickets whose source is of kind police; key ticket_id';
COMMENT ON COLUMN liskeban_report.police_incident.ticket_id IS '工单编号 key';
COMMENT ON COLUMN liskeban_report.police_incident.ticket_no IS '工单号 number told to the citizen';
COMMENT ON COLUMN liskeban_report.police_incident.source IS '来源系统 source_system';
COMMENT ON COLUMN liskeban_report.police_incident.category IS '事项代码 category';
COMMENT ON COLUMN liskeban_report.police_incident.category_name IS '事项 its name in Chinese';
COMMENT ON COLUMN liskeban_report.police_incident.category_name_en IS '事项英文名 its name in English';
COMMENT ON COLUMN liskeban_report.police_incident.state IS '状态 where it stands';
COMMENT ON COLUMN liskeban_report.police_incident."time" IS '接收时间 when it was received';
COMMENT ON COLUMN liskeban_report.police_incident.area IS '所在区域 where it lies; NULL in the pool';
COMMENT ON COLUMN liskeban_report.police_incident.geom IS '位置 point, CGCS2000 (EPSG:4490); NULL unknown';

-- Everything that belongs to a theme, on the map or not.
CREATE VIEW liskeban_report.safety_item WITH (security_barrier) AS
SELECT pg_catalog.concat_ws('/', i.layer, i.item) AS safety_item_key, i.theme, h.name AS theme_name, h.name_en AS theme_name_en, i.layer, i.subject, i.severity, i.source,
       i."time", i.geom::geometry(Point, 4490) AS geom
  FROM (SELECT 'hazard'::text AS layer, o.ticket_id::text AS item, o.theme, o.chain AS subject, o.severity, o.source, o."time", o.geom FROM liskeban_report.open_hazard AS o
        UNION ALL
        SELECT 'flood_point'::text, f.code, 'disaster'::text, f.kind, NULL::text, NULL::text, NULL::timestamptz, f.geom FROM liskeban.flood_point AS f WHERE f.retired_at IS NULL
        UNION ALL
        SELECT 'warning'::text, w.weather_id::text, 'disaster'::text, w.phenomenon, w.colour, NULL::text, w."time", ST_PointOnSurface(w.geom)
          FROM liskeban_report.weather_warning AS w
        UNION ALL
        SELECT 'police'::text, p.ticket_id::text, 'public'::text, p.category, NULL::text, p.source, p."time", p.geom FROM liskeban_report.police_incident AS p) AS i
  JOIN liskeban.theme AS h ON h.code = i.theme;
ALTER VIEW liskeban_report.safety_item OWNER TO liskeban_reader;
COMMENT ON VIEW liskeban_report.safety_item IS '城市安全电子一张图 every open hazard, flood point, warning in force and open police incident, by theme; key safety_item_key';
COMMENT ON COLUMN liskeban_report.safety_item.safety_item_key IS '主键 key: layer and number';
COMMENT ON COLUMN liskeban_report.safety_item.theme IS '主题代码 production 生产安全, public 公共安全, disaster 防灾减灾: the layer group';
COMMENT ON COLUMN liskeban_report.safety_item.theme_name IS '主题 its name in Chinese';
COMMENT ON COLUMN liskeban_report.safety_item.theme_name_en IS '主题英文名 its name in English';
COMMENT ON COLUMN liskeban_report.safety_item.layer IS '图层 hazard 隐患, flood_point 易涝点, warning 预警, police 警情';
COMMENT ON COLUMN liskeban_report.safety_item.subject IS '对象 the chain, kind of place, phenomenon or category';
COMMENT ON COLUMN liskeban_report.safety_item.severity IS '等级 of a hazard general or major, of a warning its colour';
COMMENT ON COLUMN liskeban_report.safety_item.source IS '来源系统 what reported it; NULL none did';
COMMENT ON COLUMN liskeban_report.safety_item."time" IS '时间 since when';
COMMENT ON COLUMN liskeban_report.safety_item.geom IS '位置 point, CGCS2000 (EPSG:4490), of a warning one within its area; NULL unknown';

CREATE VIEW liskeban_report.safety_theme WITH (security_barrier) AS
SELECT t.code AS theme, t.name, t.name_en, coalesce(i.items, 0) AS items, coalesce(i.on_map, 0) AS on_map, coalesce(i.hazards, 0) AS hazards, coalesce(i.major, 0) AS major,
       coalesce(i.flood_points, 0) AS flood_points, coalesce(i.warnings, 0) AS warnings, coalesce(i.police, 0) AS police
  FROM liskeban.theme AS t
  LEFT JOIN (SELECT s.theme, count(*) AS items, count(s.geom) AS on_map, count(*) FILTER (WHERE s.layer = 'hazard') AS hazards,
                    count(*) FILTER (WHERE s.layer = 'hazard' AND s.severity = 'major') AS major, count(*) FILTER (WHERE s.layer = 'flood_point') AS flood_points,
                    count(*) FILTER (WHERE s.layer = 'warning') AS warnings, count(*) FILTER (WHERE s.layer = 'police') AS police
               FROM liskeban_report.safety_item AS s GROUP BY s.theme) AS i ON i.theme = t.code
 WHERE t.retired_at IS NULL OR i.items > 0;
ALTER VIEW liskeban_report.safety_theme OWNER TO liskeban_reader;
COMMENT ON VIEW liskeban_report.safety_theme IS '安全主题统计 how many of safety_item each theme has; key theme';
COMMENT ON COLUMN liskeban_report.safety_theme.theme IS '主题代码 key';
COMMENT ON COLUMN liskeban_report.safety_theme.name IS '主题 name in Chinese';
COMMENT ON COLUMN liskeban_report.safety_theme.name_en IS '主题英文名 name in English';
COMMENT ON COLUMN liskeban_report.safety_theme.items IS '总数 all of them';
COMMENT ON COLUMN liskeban_report.safety_theme.on_map IS '上图数 of these with a position';
COMMENT ON COLUMN liskeban_report.safety_theme.hazards IS '隐患数 open hazards';
COMMENT ON COLUMN liskeban_report.safety_theme.major IS '重大隐患数 of these major';
COMMENT ON COLUMN liskeban_report.safety_theme.flood_points IS '易涝点数 flood points in force';
COMMENT ON COLUMN liskeban_report.safety_theme.warnings IS '预警数 weather warnings in force';
COMMENT ON COLUMN liskeban_report.safety_theme.police IS '警情数 open police incidents';

CREATE VIEW liskeban_report.emergency_area WITH (security_barrier) AS
SELECT e.emergency_id, e.kind, e.level, e.area, e."time", e.ends_at, e.geom FROM liskeban_report.emergency AS e WHERE e.running;
ALTER VIEW liskeban_report.emergency_area OWNER TO liskeban_reader;
COMMENT ON VIEW liskeban_report.emergency_area IS '应急范围 where an emergency is running; key emergency_id';
COMMENT ON COLUMN liskeban_report.emergency_area.emergency_id IS '编号 key';
COMMENT ON COLUMN liskeban_report.emergency_area.kind IS '类型 emergency_kind';
COMMENT ON COLUMN liskeban_report.emergency_area.level IS '级别 I to IV';
COMMENT ON COLUMN liskeban_report.emergency_area.area IS '区域 the area it was declared for';
COMMENT ON COLUMN liskeban_report.emergency_area."time" IS '开始时间 when it began';
COMMENT ON COLUMN liskeban_report.emergency_area.ends_at IS '结束时间 when it will end; NULL until it is ended';
COMMENT ON COLUMN liskeban_report.emergency_area.geom IS '范围 multipolygon, CGCS2000 (EPSG:4490); NULL where the area has no outline';

CREATE VIEW liskeban_report.platform_signal WITH (security_barrier) AS
SELECT h.hazard_id, h.ticket_id, h.source, s.name AS source_name, s.name_en AS source_name_en, s.kind AS source_kind, h.rule, h.chain, h.chain_name, h.chain_name_en,
       h.theme, h.severity, h.storm, h.signals, h."time", (SELECT g.at FROM liskeban.hazard_signal AS g WHERE g.hazard_id = h.hazard_id ORDER BY g.signal_id DESC LIMIT 1) AS last_at,
       h.area, h.geom
  FROM liskeban_report.hazard AS h JOIN liskeban.source_system AS s ON s.code = h.source
 WHERE h.rule IS NOT NULL AND h.closed_at IS NULL;
ALTER VIEW liskeban_report.platform_signal OWNER TO liskeban_reader;
COMMENT ON VIEW liskeban_report.platform_signal IS '平台信号 what devices and other platforms signal now: each open hazard that a rule found, with the signals counted on it; what no rule knows is in hazard_signal_daily alone; key hazard_id';
COMMENT ON COLUMN liskeban_report.platform_signal.hazard_id IS '编号 key: the hazard';
COMMENT ON COLUMN liskeban_report.platform_signal.ticket_id IS '工单编号 its ticket';
COMMENT ON COLUMN liskeban_report.platform_signal.source IS '来源系统代码 source_system';
COMMENT ON COLUMN liskeban_report.platform_signal.source_name IS '来源系统 its name in Chinese';
COMMENT ON COLUMN liskeban_report.platform_signal.source_name_en IS '来源系统英文名 its name in English';
COMMENT ON COLUMN liskeban_report.platform_signal.source_kind IS '来源类别 its kind: iot, web, …';
COMMENT ON COLUMN liskeban_report.platform_signal.rule IS '规则 hazard_rule that found it';
COMMENT ON COLUMN liskeban_report.platform_signal.chain IS '链条代码 hazard_chain';
COMMENT ON COLUMN liskeban_report.platform_signal.chain_name IS '链条 its name in Chinese';
COMMENT ON COLUMN liskeban_report.platform_signal.chain_name_en IS '链条英文名 its name in English';
COMMENT ON COLUMN liskeban_report.platform_signal.theme IS '主题代码 theme of the chain';
COMMENT ON COLUMN liskeban_report.platform_signal.severity IS '等级 general 一般, major 重大';
COMMENT ON COLUMN liskeban_report.platform_signal.storm IS '信号风暴 whether it takes a gateway''s storm of signals';
COMMENT ON COLUMN liskeban_report.platform_signal.signals IS '信号数 signals that made it or were counted on it';
COMMENT ON COLUMN liskeban_report.platform_signal."time" IS '首次时间 when the first came';
COMMENT ON COLUMN liskeban_report.platform_signal.last_at IS '最近时间 when the last came; NULL where it is no longer kept';
COMMENT ON COLUMN liskeban_report.platform_signal.area IS '区域代码 where; NULL unknown';
COMMENT ON COLUMN liskeban_report.platform_signal.geom IS '位置 point, CGCS2000 (EPSG:4490); NULL unknown';

REVOKE CREATE ON SCHEMA liskeban_report FROM liskeban_reader;

-- What is not secret of a camera goes to a tile by the index on its place, which a view that is a barrier would not let be used.
CREATE FUNCTION liskeban._camera_tile(envelope geometry, bounds geometry, kind text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path FROM CURRENT SET jit = off AS $$
  SELECT coalesce(ST_AsMVT(x, 'camera', 4096, 'geom'), '')
    FROM (SELECT c.camera_id, c.name, c.kind, c.status, ST_AsMVTGeom(ST_Transform(c.geom, 3857), envelope, 4096, 64, true) AS geom
            FROM liskeban.camera AS c
           WHERE c.geom && bounds AND c.retired_at IS NULL AND (_camera_tile.kind IS NULL OR c.kind = _camera_tile.kind)) AS x
   WHERE x.geom IS NOT NULL
$$;
COMMENT ON FUNCTION liskeban._camera_tile(geometry, geometry, text) IS 'the layer of the cameras in use, of a kind or all (NULL), of a tile';
REVOKE ALL ON FUNCTION liskeban._camera_tile(geometry, geometry, text) FROM PUBLIC;

-- Swaths are worked out for the tile: what sweeps in sight of it, of the storm that is named, else of those whose path has
-- points of the last three days, or ahead.
CREATE FUNCTION liskeban._swath_tile(envelope geometry, bounds geometry, storm text, threshold integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path FROM CURRENT SET jit = off AS $$
  SELECT coalesce(ST_AsMVT(x, 'storm_swath', 4096, 'geom'), '')
    FROM (SELECT s.code AS storm, s.name, k.threshold,
                 ST_AsMVTGeom(ST_Transform(liskeban._storm_swath(s.code, k.threshold, interval '3 hours', bounds), 3857), envelope, 4096, 64, true) AS geom
            FROM liskeban.storm AS s CROSS JOIN (VALUES (34), (50), (64)) AS k(threshold)
           WHERE CASE WHEN _swath_tile.storm IS NOT NULL THEN s.code = _swath_tile.storm
                      ELSE EXISTS (SELECT FROM liskeban_report.storm_point AS p WHERE p.storm = s.code AND p."time" > liskeban.liskeban_now() - interval '3 days') END
             AND (_swath_tile.threshold IS NULL OR k.threshold = _swath_tile.threshold)
           ORDER BY s.code, k.threshold) AS x
   WHERE x.geom IS NOT NULL
$$;
COMMENT ON FUNCTION liskeban._swath_tile(geometry, geometry, text, integer) IS 'the layer of the swaths, of a storm or those of these days (NULL), of a threshold or all (NULL), of a tile';
REVOKE ALL ON FUNCTION liskeban._swath_tile(geometry, geometry, text, integer) FROM PUBLIC;

CREATE FUNCTION liskeban._safety_tile(envelope geometry, bounds geometry, layers text[], query jsonb) RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
  tile bytea := ''::bytea;
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY layers LOOP
    tile := tile || CASE wanted
      WHEN 'camera' THEN liskeban._camera_tile(envelope, bounds, query ->> 'kind')
      WHEN 'depot' THEN (
        SELECT coalesce(ST_AsMVT(x, 'depot', 4096, 'geom'), '')
          FROM (SELECT d.code, d.name, d.items, ST_AsMVTGeom(ST_Transform(d.geom, 3857), envelope, 4096, 64, true) AS geom
                  FROM liskeban_report.supply_depot AS d WHERE d.geom && bounds) AS x WHERE x.geom IS NOT NULL)
      WHEN 'emergency' THEN (
        SELECT coalesce(ST_AsMVT(x, 'emergency', 4096, 'geom'), '')
          FROM (SELECT e.emergency_id, e.kind, e.level, ST_AsMVTGeom(ST_Transform(e.geom, 3857), envelope, 4096, 64, true) AS geom
                  FROM liskeban_report.emergency_area AS e WHERE e.geom && bounds) AS x WHERE x.geom IS NOT NULL)
      WHEN 'storm_swath' THEN liskeban._swath_tile(envelope, bounds, query ->> 'storm', (query ->> 'threshold')::integer)
      WHEN 'storm_point' THEN (
        SELECT coalesce(ST_AsMVT(x, 'storm_point', 4096, 'geom'), '')
          FROM (SELECT p.storm, p.storm_name, p.forecast, p.wind, extract(epoch FROM p."time")::bigint AS at, ST_AsMVTGeom(ST_Transform(p.geom, 3857), envelope, 4096, 64, true) AS geom
                  FROM liskeban_report.storm_point AS p WHERE p.geom && bounds AND (NOT query ? 'storm' OR p.storm = query ->> 'storm')) AS x WHERE x.geom IS NOT NULL)
      WHEN 'signal' THEN (
        SELECT coalesce(ST_AsMVT(x, 'signal', 4096, 'geom'), '')
          FROM (SELECT h.hazard_id, h.source, h.chain, h.theme, h.severity, h.signals, extract(epoch FROM h.last_at)::bigint AS last_at, ST_AsMVTGeom(ST_Transform(h.geom, 3857), envelope, 4096, 64, true) AS geom
                  FROM liskeban_report.platform_signal AS h
                 WHERE h.geom && bounds AND (NOT query ? 'theme' OR h.theme = query ->> 'theme') AND (NOT query ? 'chain' OR h.chain = query ->> 'chain')
                   AND (NOT query ? 'severity' OR h.severity = query ->> 'severity')) AS x WHERE x.geom IS NOT NULL)
      ELSE (
        SELECT coalesce(ST_AsMVT(x, wanted, 4096, 'geom'), '')
          FROM (SELECT s.safety_item_key, s.theme, s.subject, s.severity, s.source, ST_AsMVTGeom(ST_Transform(s.geom, 3857), envelope, 4096, 64, true) AS geom
                  FROM liskeban_report.safety_item AS s
                 WHERE s.geom && bounds AND s.layer = wanted AND (NOT query ? 'theme' OR s.theme = query ->> 'theme')
                   AND (NOT query ? 'chain' OR s.subject = query ->> 'chain') AND (NOT query ? 'severity' OR s.severity = query ->> 'severity')) AS x WHERE x.geom IS NOT NULL)
      END;
  END LOOP;
  RETURN tile;
END
$$;
COMMENT ON FUNCTION liskeban._safety_tile(geometry, geometry, text[], jsonb) IS 'the layers of the safety map that are named, of a tile: camera, depot, emergency, storm_swath, storm_point, signal, and hazard, flood_point, warning, police of safety_item; with the filters of tile()';
REVOKE ALL ON FUNCTION liskeban._safety_tile(geometry, geometry, text[], jsonb) FROM PUBLIC;
