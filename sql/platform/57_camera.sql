-- Flood points and cameras: where water gathers, which cameras see it, who watched which point when.
--
-- A camera sees a flood point that lies within the point's reach; one of a flood-prone kind (low_lying, underpass, …) with no
-- flood point in sight is a place of its own. Boxes of degrees find them by the index, the distance on the sphere decides.

CREATE TABLE liskeban.camera_kind (
  code        text PRIMARY KEY,
  name        text NOT NULL,
  name_en     text NOT NULL,
  flood_prone boolean NOT NULL DEFAULT false,
  retired_at  timestamptz,
  CONSTRAINT camera_kind_code_check CHECK (code ~ '^[a-z0-9_]{1,64}$')
);
COMMENT ON TABLE liskeban.camera_kind IS '摄像机点位类型 what kinds of places cameras watch; an open list';
COMMENT ON COLUMN liskeban.camera_kind.code IS '代码 key';
COMMENT ON COLUMN liskeban.camera_kind.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.camera_kind.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.camera_kind.flood_prone IS '易涝 whether every camera of this kind belongs into the rotation of an emergency';
COMMENT ON COLUMN liskeban.camera_kind.retired_at IS '停用时间 when it was retired; NULL in force';
INSERT INTO liskeban.camera_kind (code, name, name_en, flood_prone) VALUES
  ('road',              '道路',       'Road',                false),
  ('trunk_road',        '主干道',     'Trunk road',          false),
  ('low_lying',         '低洼地',     'Low-lying ground',    true),
  ('underpass',         '下穿通道',   'Underpass',           true),
  ('tunnel',            '隧道',       'Tunnel',              true),
  ('bridge',            '桥梁',       'Bridge',              false),
  ('river',             '河道闸站',   'River and sluice',    false),
  ('reservoir',         '水库',       'Reservoir',           false),
  ('metro',             '地铁站',     'Metro station',       false),
  ('bus_station',       '公交场站',   'Bus station',         false),
  ('community',         '小区',       'Residential community', false),
  ('village',           '村庄',       'Village',             false),
  ('mall',              '商场',       'Mall',                false),
  ('market',            '农贸市场',   'Market',              false),
  ('school',            '学校',       'School',              false),
  ('hospital',          '医院',       'Hospital',            false),
  ('park',              '公园广场',   'Park or square',      false),
  ('construction_site', '建筑工地',   'Construction site',   false),
  ('factory',           '厂区',       'Factory',             false),
  ('chemical_plant',    '危化企业',   'Chemical plant',      false),
  ('gas_station',       '加油加气站', 'Filling station',     false),
  ('high_point',        '高空瞭望',   'High look-out',       false),
  ('farmland',          '农田',       'Farmland',            false),
  ('other',             '其他',       'Other',               false)
ON CONFLICT DO NOTHING;

CREATE TABLE liskeban.flood_point (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text,
  kind       text NOT NULL DEFAULT 'low_lying' REFERENCES liskeban.camera_kind,
  area       liskeban.area_code,
  reach      double precision NOT NULL DEFAULT 150,
  department text REFERENCES liskeban.department,
  geom       geometry(Point, 4490) NOT NULL,
  retired_at timestamptz,
  CONSTRAINT flood_point_code_check CHECK (code <> ''),
  CONSTRAINT flood_point_reach_check CHECK (reach > 0 AND reach <= 5000)
);
CREATE INDEX flood_point_geom_idx ON liskeban.flood_point USING gist (geom);
CREATE INDEX flood_point_area_idx ON liskeban.flood_point (area);
COMMENT ON TABLE liskeban.flood_point IS '易涝点 places where water gathers';
COMMENT ON COLUMN liskeban.flood_point.code IS '代码 key';
COMMENT ON COLUMN liskeban.flood_point.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.flood_point.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.flood_point.kind IS '类型 camera_kind: what kind of place it is';
COMMENT ON COLUMN liskeban.flood_point.area IS '所在区域 finest area that covers it; NULL outside all (kept by the platform)';
COMMENT ON COLUMN liskeban.flood_point.reach IS '可视距离 metres within which a camera sees it';
COMMENT ON COLUMN liskeban.flood_point.department IS '责任部门 who drains it';
COMMENT ON COLUMN liskeban.flood_point.geom IS '位置 point, CGCS2000 (EPSG:4490)';
COMMENT ON COLUMN liskeban.flood_point.retired_at IS '销号时间 when it was struck off; NULL in force';
CREATE TRIGGER point_placed BEFORE INSERT OR UPDATE ON liskeban.flood_point
  FOR EACH ROW EXECUTE FUNCTION liskeban._point_placed();
ALTER TABLE liskeban.flood_point ENABLE ALWAYS TRIGGER point_placed;

CREATE TABLE liskeban.camera (
  camera_id  bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  code       text NOT NULL,
  name       text NOT NULL,
  kind       text NOT NULL REFERENCES liskeban.camera_kind,
  area       liskeban.area_code,
  status     text NOT NULL DEFAULT 'working',
  status_at  timestamptz NOT NULL,
  geom       geometry(Point, 4490) NOT NULL,
  retired_at timestamptz,
  CONSTRAINT camera_code_key UNIQUE (code),
  CONSTRAINT camera_code_check CHECK (code <> ''),
  CONSTRAINT camera_status_check CHECK (status IN ('working', 'broken', 'offline', 'maintenance'))
);
CREATE INDEX camera_geom_idx ON liskeban.camera USING gist (geom);
CREATE INDEX camera_not_working_idx ON liskeban.camera (status) WHERE status <> 'working';
CREATE INDEX camera_kind_area_idx ON liskeban.camera (kind, area);
COMMENT ON TABLE liskeban.camera IS '摄像机 the cameras that the platform may look through';
COMMENT ON COLUMN liskeban.camera.camera_id IS '编号 key, in the district''s range';
COMMENT ON COLUMN liskeban.camera.code IS '设备编码 the code of the video platform (GB/T 28181: 20 digits), unique';
COMMENT ON COLUMN liskeban.camera.name IS '名称 where it stands, as it is shown';
COMMENT ON COLUMN liskeban.camera.kind IS '类型 camera_kind';
COMMENT ON COLUMN liskeban.camera.area IS '所在区域 finest area that covers it; NULL outside all (kept by the platform)';
COMMENT ON COLUMN liskeban.camera.status IS '状态 working 正常, broken 故障, offline 离线, maintenance 检修: only one that is working is shown';
COMMENT ON COLUMN liskeban.camera.status_at IS '状态时间 since when (kept by the platform)';
COMMENT ON COLUMN liskeban.camera.geom IS '位置 point, CGCS2000 (EPSG:4490)';
COMMENT ON COLUMN liskeban.camera.retired_at IS '拆除时间 when it was taken down; NULL in use';

CREATE FUNCTION liskeban._camera_changed() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.area := (liskeban.place(NEW.geom)).area;
  IF TG_OP = 'INSERT' THEN
    NEW.status_at := liskeban.liskeban_now();
  ELSE
    NEW.status_at := CASE WHEN NEW.status = OLD.status THEN OLD.status_at ELSE liskeban.liskeban_now() END;
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION liskeban._camera_changed() IS 'BEFORE ROW trigger of liskeban.camera: area is the finest that covers geom, status_at when status last changed';
REVOKE ALL ON FUNCTION liskeban._camera_changed() FROM PUBLIC;
CREATE TRIGGER camera_changed BEFORE INSERT OR UPDATE ON liskeban.camera
  FOR EACH ROW EXECUTE FUNCTION liskeban._camera_changed();
ALTER TABLE liskeban.camera ENABLE ALWAYS TRIGGER camera_changed;
DO $$
DECLARE
  registry text;
BEGIN
  FOREACH registry IN ARRAY '{camera_kind,flood_point,camera}'::text[] LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER registry_kept BEFORE DELETE OR TRUNCATE ON liskeban.%I '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.registry_changed()', registry);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER registry_kept', registry);
  END LOOP;
END
$$;

-- Other outlines, other areas. The trigger's name makes it the last: places are looked up as the areas are now.
CREATE FUNCTION liskeban._points_replaced() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  relation text;
BEGIN
  FOREACH relation IN ARRAY '{flood_point,camera,supply_depot}'::text[] LOOP
    EXECUTE format('UPDATE liskeban.%I AS p SET geom = p.geom WHERE p.area::text IS DISTINCT FROM (liskeban.place(p.geom)).area::text', relation);
  END LOOP;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION liskeban._points_replaced() IS 'AFTER STATEMENT trigger of liskeban.area: cameras, flood points and depots lie where the areas now say';
REVOKE ALL ON FUNCTION liskeban._points_replaced() FROM PUBLIC;
CREATE TRIGGER zz_points_replaced AFTER INSERT OR UPDATE ON liskeban.area
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban._points_replaced();
ALTER TABLE liskeban.area ENABLE ALWAYS TRIGGER zz_points_replaced;

CREATE TABLE liskeban.watch_log (
  watch_id    bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  camera_id   bigint NOT NULL REFERENCES liskeban.camera,
  flood_point text REFERENCES liskeban.flood_point,
  emergency   bigint,
  began_at    timestamptz NOT NULL,
  seconds     integer NOT NULL,
  ticket_id   bigint,
  actor       text NOT NULL,
  CONSTRAINT watch_log_seconds_check CHECK (seconds > 0)
);
CREATE INDEX watch_log_flood_point_idx ON liskeban.watch_log (flood_point, began_at);
CREATE INDEX watch_log_camera_id_idx ON liskeban.watch_log (camera_id, began_at);
COMMENT ON TABLE liskeban.watch_log IS '轮巡记录 who looked through which camera when, a row for each flood point that it sees (kept by watch_camera and report_from_camera)';
COMMENT ON COLUMN liskeban.watch_log.watch_id IS '编号 key, in the district''s range';
COMMENT ON COLUMN liskeban.watch_log.camera_id IS '摄像机 camera';
COMMENT ON COLUMN liskeban.watch_log.flood_point IS '易涝点 the point that was seen; NULL where the camera sees none';
COMMENT ON COLUMN liskeban.watch_log.emergency IS '应急事件 the emergency in which it was; NULL in none';
COMMENT ON COLUMN liskeban.watch_log.began_at IS '开始时间 from when';
COMMENT ON COLUMN liskeban.watch_log.seconds IS '时长 for how many seconds';
COMMENT ON COLUMN liskeban.watch_log.ticket_id IS '工单编号 the ticket that was made of what was seen';
COMMENT ON COLUMN liskeban.watch_log.actor IS '值守人 who watched';

-- A degree of latitude has 110.5 km at least.
CREATE FUNCTION liskeban._box(geom geometry, radius double precision) RETURNS geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ST_Expand(geom, radius / (110500::double precision * cos(radians(least(abs(ST_Y(geom)) + 1::double precision, 89::double precision)))),
                 radius / 110500::double precision);
COMMENT ON FUNCTION liskeban._box(geometry, double precision) IS 'a box of degrees that holds what lies within so many metres of a point, for the index of a geometry';
REVOKE ALL ON FUNCTION liskeban._box(geometry, double precision) FROM PUBLIC;

CREATE FUNCTION liskeban.cameras_near(geom geometry, radius double precision DEFAULT 500, kind text DEFAULT NULL)
RETURNS TABLE (camera_id bigint, code text, name text, camera_kind text, status text, distance double precision, location geometry)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 50 SET search_path FROM CURRENT SET jit = off AS $$
BEGIN
  IF geom IS NULL OR radius IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('geom and radius must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  ELSIF ST_SRID(geom) <> 4490 OR GeometryType(geom) <> 'POINT' OR ST_IsEmpty(geom) THEN
    RAISE EXCEPTION '%', liskeban.message('geom must be a point of SRID 4490, and not empty') USING ERRCODE = 'invalid_parameter_value',
      HINT = liskeban.message('See liskeban.to_cgcs2000(geometry, datum).');
  ELSIF NOT radius BETWEEN 0::double precision AND 100000::double precision THEN
    RAISE EXCEPTION '%', liskeban.message('radius must lie between 0 and 100000') USING ERRCODE = 'invalid_parameter_value';
  ELSIF kind IS NOT NULL AND NOT EXISTS (SELECT FROM liskeban.camera_kind AS k WHERE k.code = cameras_near.kind) THEN
    RAISE EXCEPTION '%', liskeban.message('camera kind "%s" is not registered', kind) USING ERRCODE = 'foreign_key_violation', HINT = liskeban.message('See liskeban.camera_kind.');
  END IF;
  RETURN QUERY
  SELECT n.* FROM (
    SELECT c.camera_id, c.code, c.name, c.kind, c.status, ST_Distance(c.geom::geography, cameras_near.geom::geography, false) AS metres, c.geom
      FROM liskeban.camera AS c
     WHERE c.geom && liskeban._box(cameras_near.geom, radius) AND c.retired_at IS NULL
       AND (cameras_near.kind IS NULL OR c.kind = cameras_near.kind)) AS n
   WHERE n.metres <= radius ORDER BY n.metres, n.camera_id;
END
$$;
COMMENT ON FUNCTION liskeban.cameras_near(geometry, double precision, text) IS '周边摄像机 the cameras within radius metres of a point (SRID 4490), of a kind where one is given, whatever their status, nearest first; distance in metres on the sphere. 22004 NULL, 22023 another geometry or a radius outside 0 to 100000, 23503 no such kind';
REVOKE ALL ON FUNCTION liskeban.cameras_near(geometry, double precision, text) FROM PUBLIC;

-- Of an area each flood-prone place with each camera that sees it, near first; a point that none sees with none.
CREATE FUNCTION liskeban._flood_cameras(area liskeban.area_code)
RETURNS TABLE (place text, flood_point text, camera_id bigint, code text, name text, problem text, status_at timestamptz, distance double precision, location geometry,
  watched_at timestamptz)
LANGUAGE plpgsql STABLE ROWS 500 SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET jit = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH seen AS MATERIALIZED (
    SELECT f.code AS place, f.watched_at, c.*
      FROM (SELECT p.code, p.geom, p.reach, (SELECT max(w.began_at) FROM liskeban.watch_log AS w WHERE w.flood_point = p.code) AS watched_at
              FROM liskeban.flood_point AS p WHERE p.area OPERATOR(liskeban.<@) _flood_cameras.area AND p.retired_at IS NULL OFFSET 0) AS f
      LEFT JOIN LATERAL (
        SELECT n.* FROM (SELECT k.camera_id, k.code, k.name, k.status, k.status_at, ST_Distance(k.geom::geography, f.geom::geography, false) AS metres, k.geom
                           FROM liskeban.camera AS k
                          WHERE k.geom && liskeban._box(f.geom, f.reach) AND k.retired_at IS NULL OFFSET 0) AS n WHERE n.metres <= f.reach) AS c ON true
  )
  SELECT s.place, s.place, s.camera_id, s.code, s.name, CASE WHEN s.status <> 'working' THEN pg_catalog.format('camera %s is %s', s.camera_id, s.status) END, s.status_at, s.metres, s.geom, s.watched_at FROM seen AS s
  UNION ALL
  SELECT k.code, NULL, k.camera_id, k.code, k.name, CASE WHEN k.status <> 'working' THEN pg_catalog.format('camera %s is %s', k.camera_id, k.status) END, k.status_at, 0::double precision, k.geom,
         (SELECT max(w.began_at) FROM liskeban.watch_log AS w WHERE w.camera_id = k.camera_id)
    FROM liskeban.camera AS k
   WHERE k.kind = ANY (ARRAY(SELECT d.code FROM liskeban.camera_kind AS d WHERE d.flood_prone)) AND k.area OPERATOR(liskeban.<@) _flood_cameras.area
     AND k.retired_at IS NULL AND NOT EXISTS (SELECT FROM seen AS s WHERE s.camera_id = k.camera_id);
END
$$;
COMMENT ON FUNCTION liskeban._flood_cameras(liskeban.area_code) IS 'the flood-prone places of an area: its flood points, each with the cameras that see it (a row without a camera where none does), and the cameras of flood-prone kinds that see no flood point; problem is NULL where a camera works, watched_at when the place was last watched';
REVOKE ALL ON FUNCTION liskeban._flood_cameras(liskeban.area_code) FROM PUBLIC;

CREATE FUNCTION liskeban._running_emergency(emergency_id bigint) RETURNS liskeban.emergency
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  e liskeban.emergency;
BEGIN
  IF emergency_id IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('emergency_id must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT x.* INTO e FROM liskeban.emergency AS x WHERE x.emergency_id = _running_emergency.emergency_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('there is no emergency %s', emergency_id) USING ERRCODE = 'no_data_found';
  ELSIF e.begins_at > liskeban.liskeban_now() OR e.ends_at <= liskeban.liskeban_now() THEN
    RAISE EXCEPTION '%', liskeban.message('emergency %s is not running', emergency_id) USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN e;
END
$$;
COMMENT ON FUNCTION liskeban._running_emergency(bigint) IS 'the emergency; 22004 NULL, P0002 there is none, 55000 it has not begun, or is over';
REVOKE ALL ON FUNCTION liskeban._running_emergency(bigint) FROM PUBLIC;

-- One look at the places gives both, what is shown and what is reported.
CREATE FUNCTION liskeban.camera_playlist(emergency_id bigint, seconds integer DEFAULT 15)
RETURNS TABLE (nth bigint, starts interval, seconds_shown integer, flood_point text, camera_id bigint, code text, name text, location geometry)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 200 SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
  e constant liskeban.emergency := liskeban._running_emergency(camera_playlist.emergency_id);
  reports constant boolean := NOT current_setting('transaction_read_only')::boolean;
  seen record;
BEGIN
  IF seconds IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('seconds must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  ELSIF NOT seconds BETWEEN 1 AND 3600 THEN
    RAISE EXCEPTION '%', liskeban.message('seconds must lie between 1 and 3600') USING ERRCODE = 'invalid_parameter_value';
  END IF;
  seconds_shown := seconds;
  FOR seen IN
    SELECT p.*, row_number() OVER (PARTITION BY p.works ORDER BY p.round, p.watched_at NULLS FIRST, p.flood_point IS NULL, p.place, p.camera_id) AS nth
      FROM (SELECT o.*, row_number() OVER (PARTITION BY o.works, o.place ORDER BY o.distance, o.camera_id) AS round
              -- a camera that sees several is shown once, for the nearest
              FROM (SELECT DISTINCT ON (f.camera_id) f.*, f.problem IS NULL AS works
                      FROM liskeban._flood_cameras(e.area) AS f WHERE f.camera_id IS NOT NULL
                     ORDER BY f.camera_id, f.distance, f.place) AS o) AS p
     -- alarms always in one order, so that nobody waits in a circle
     ORDER BY p.works, CASE WHEN NOT p.works THEN p.camera_id END, nth
  LOOP
    IF seen.works THEN
      nth := seen.nth;
      starts := (seen.nth - 1) * seconds_shown * interval '1 second';
      flood_point := seen.flood_point;
      camera_id := seen.camera_id;
      code := seen.code;
      name := seen.name;
      location := seen.location;
      RETURN NEXT;
    ELSIF reports AND NOT EXISTS (SELECT FROM liskeban.platform_alarm AS a
                                   WHERE a.kind = 'broken_camera' AND a.subject = seen.camera_id::text AND a.resolved_at IS NULL) THEN
      PERFORM liskeban._raise_platform_alarm('broken_camera', seen.camera_id::text, seen.status_at, seen.problem);
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION liskeban.camera_playlist(bigint, integer) IS '视频轮巡 a rotation over the cameras of the flood-prone places in an emergency''s area, each shown for so many seconds: the nearest camera of each place first, then its others; of each round what was watched longest ago, or never, first, flood points before other places. starts is when it comes within the rotation. A camera that does not work is left out and reported: a platform alarm (broken_camera), once, until it works again. 22004 NULL, 22023 seconds outside 1 to 3600, P0002 no such emergency, 55000 it is not running';
REVOKE ALL ON FUNCTION liskeban.camera_playlist(bigint, integer) FROM PUBLIC;

CREATE FUNCTION liskeban._watch_camera(camera_id bigint, seconds integer, emergency_id bigint, ticket_id bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  c liskeban.camera;
  e liskeban.emergency;
  points bigint;
BEGIN
  IF camera_id IS NULL OR seconds IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('camera_id and seconds must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  ELSIF NOT seconds BETWEEN 1 AND 86400 THEN
    RAISE EXCEPTION '%', liskeban.message('seconds must lie between 1 and 86400') USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF emergency_id IS NOT NULL THEN
    e := liskeban._running_emergency(emergency_id);
  END IF;
  SELECT k.* INTO c FROM liskeban.camera AS k WHERE k.camera_id = _watch_camera.camera_id AND k.retired_at IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('there is no camera %s', camera_id) USING ERRCODE = 'no_data_found';
  ELSIF c.status <> 'working' THEN
    RAISE EXCEPTION '%', liskeban.message('camera %s is %s', camera_id, c.status) USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  WITH seen AS (
    SELECT f.code FROM liskeban.flood_point AS f
     -- no reach is longer than this
     WHERE f.geom && liskeban._box(c.geom, 5000) AND ST_Distance(f.geom::geography, c.geom::geography, false) <= f.reach AND f.retired_at IS NULL
  ), noted AS (
    INSERT INTO liskeban.watch_log AS l (camera_id, flood_point, emergency, began_at, seconds, ticket_id, actor)
    SELECT c.camera_id, s.code, e.emergency_id, liskeban.liskeban_now(), _watch_camera.seconds, _watch_camera.ticket_id, liskeban.actor()
      FROM (SELECT) AS one LEFT JOIN seen AS s ON true ORDER BY s.code
    RETURNING l.flood_point
  )
  SELECT count(n.flood_point) INTO points FROM noted AS n;
  RETURN points;
END
$$;
COMMENT ON FUNCTION liskeban._watch_camera(bigint, integer, bigint, bigint) IS 'what watch_camera() writes, and for which ticket';
REVOKE ALL ON FUNCTION liskeban._watch_camera(bigint, integer, bigint, bigint) FROM PUBLIC;

CREATE FUNCTION liskeban.watch_camera(camera_id bigint, seconds integer DEFAULT 15, emergency_id bigint DEFAULT NULL) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT liskeban._watch_camera(camera_id, seconds, emergency_id, NULL)
$$;
COMMENT ON FUNCTION liskeban.watch_camera(bigint, integer, bigint) IS '记录轮巡 note that the actor looks through a camera for so many seconds, in an emergency where one is given; returns how many flood points are watched thereby. 22004 NULL, 22023 seconds outside 1 to 86400, P0002 no such camera or emergency, 55000 the camera does not work, or the emergency is not running';
REVOKE ALL ON FUNCTION liskeban.watch_camera(bigint, integer, bigint) FROM PUBLIC;

-- A source of the platform's own, beside those of the seed.
CREATE FUNCTION liskeban._own_source(code text, name text, name_en text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM liskeban.source_system AS s WHERE s.code = _own_source.code) THEN
    INSERT INTO liskeban.source_system (code, name, name_en, kind)
    VALUES (_own_source.code, _own_source.name, _own_source.name_en, 'platform') ON CONFLICT DO NOTHING;
  END IF;
  RETURN code;
END
$$;
COMMENT ON FUNCTION liskeban._own_source(text, text, text) IS 'the code of a source of kind platform, registered where it is not yet';
REVOKE ALL ON FUNCTION liskeban._own_source(text, text, text) FROM PUBLIC;

-- Who may report, accept and dispatch is for the guard, which asks the actor.
CREATE FUNCTION liskeban.report_from_camera(camera_id bigint, category text, note text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c liskeban.camera;
  made bigint;
BEGIN
  IF camera_id IS NULL OR category IS NULL OR note IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('camera_id, category and note must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  ELSIF btrim(note) = '' THEN
    RAISE EXCEPTION '%', liskeban.message('a finding is described') USING ERRCODE = 'invalid_parameter_value', HINT = liskeban.message('Say in note what is seen.');
  END IF;
  SELECT k.* INTO c FROM liskeban.camera AS k WHERE k.camera_id = report_from_camera.camera_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('there is no camera %s', camera_id) USING ERRCODE = 'no_data_found';
  END IF;
  IF NOT EXISTS (SELECT FROM liskeban.category AS g WHERE g.code = report_from_camera.category AND g.retired_at IS NULL) THEN
    RAISE EXCEPTION '%', liskeban.message('category "%s" is not registered, or retired', category) USING ERRCODE = 'foreign_key_violation', HINT = liskeban.message('See liskeban.category.');
  END IF;
  INSERT INTO liskeban.ticket AS t (kind, source, category, title, description, address, geom, discovered_at, extra)
  VALUES ('patrol', liskeban._own_source('video_patrol', '视频巡查', 'Patrol by video'), report_from_camera.category,
          concat_ws(' ', c.name, (SELECT g.name FROM liskeban.category AS g WHERE g.code = report_from_camera.category)),
          report_from_camera.note, c.name, c.geom, liskeban.liskeban_now(), jsonb_build_object('camera_id', c.camera_id, 'camera', c.code))
  RETURNING t.ticket_id INTO made;
  PERFORM liskeban._watch_camera(c.camera_id, 1, (SELECT t.emergency FROM liskeban.ticket AS t WHERE t.ticket_id = made), made);
  PERFORM liskeban.accept(made);
  -- unless a rule has dispatched it by then
  IF (SELECT t.state FROM liskeban.ticket AS t WHERE t.ticket_id = made) = 'accepted' THEN
    PERFORM liskeban.dispatch(made, note => concat('camera ', c.code));
  END IF;
  RETURN made;
END
$$;
COMMENT ON FUNCTION liskeban.report_from_camera(bigint, text, text) IS '视频巡查上报 make a ticket (kind patrol, source video_patrol) of what is seen through a camera, where the camera stands, and dispatch it at once (发现问题立即整改); returns ticket_id. watch_log says which camera it was. 22004 NULL, 22023 an empty note, P0002 no such camera, 23503 no such category, 55000 the camera does not work, 42501 not a dispatcher';
REVOKE ALL ON FUNCTION liskeban.report_from_camera(bigint, text, text) FROM PUBLIC;

CREATE VIEW liskeban.flood_point_watch WITH (security_invoker) AS
SELECT pg_catalog.concat_ws('/', e.emergency_id, f.code) AS flood_point_watch_key, e.emergency_id, f.code AS flood_point, f.name, f.area,
       c.cameras, c.working, w.watches, w.first_watched_at, w.last_watched_at
  FROM liskeban.emergency AS e
  JOIN liskeban.flood_point AS f ON f.area OPERATOR(liskeban.<@) e.area AND f.retired_at IS NULL
 CROSS JOIN LATERAL (SELECT count(*) AS cameras, count(*) FILTER (WHERE k.status = 'working') AS working
                       FROM liskeban.camera AS k
                      WHERE k.geom && liskeban._box(f.geom, f.reach) AND k.retired_at IS NULL AND ST_Distance(k.geom::geography, f.geom::geography, false) <= f.reach) AS c
 CROSS JOIN LATERAL (SELECT count(*) AS watches, min(l.began_at) AS first_watched_at, max(l.began_at) AS last_watched_at
                       FROM liskeban.watch_log AS l WHERE l.flood_point = f.code AND l.began_at >= e.begins_at) AS w
 WHERE e.begins_at <= liskeban.liskeban_now() AND (e.ends_at IS NULL OR e.ends_at > liskeban.liskeban_now());
COMMENT ON VIEW liskeban.flood_point_watch IS '易涝点轮巡 each flood point in the area of each emergency that is running: how often, and when, it was watched since that began; not at all where watches is 0';
COMMENT ON COLUMN liskeban.flood_point_watch.flood_point_watch_key IS '主键 key: emergency and flood point';
COMMENT ON COLUMN liskeban.flood_point_watch.emergency_id IS '应急事件 the emergency';
COMMENT ON COLUMN liskeban.flood_point_watch.flood_point IS '易涝点代码 the flood point';
COMMENT ON COLUMN liskeban.flood_point_watch.name IS '易涝点 its name';
COMMENT ON COLUMN liskeban.flood_point_watch.area IS '所在区域 where it lies';
COMMENT ON COLUMN liskeban.flood_point_watch.cameras IS '摄像机数 cameras that see it';
COMMENT ON COLUMN liskeban.flood_point_watch.working IS '正常摄像机数 of these working';
COMMENT ON COLUMN liskeban.flood_point_watch.watches IS '轮巡次数 how often it was watched since the emergency began';
COMMENT ON COLUMN liskeban.flood_point_watch.first_watched_at IS '首次轮巡时间 when first; NULL not yet';
COMMENT ON COLUMN liskeban.flood_point_watch.last_watched_at IS '最近轮巡时间 when last; NULL not yet';

CREATE VIEW liskeban.flood_point_unwatched WITH (security_invoker) AS
SELECT w.flood_point_watch_key, w.emergency_id, w.flood_point, w.name, w.area, w.cameras, w.working
  FROM liskeban.flood_point_watch AS w WHERE w.watches = 0;
COMMENT ON VIEW liskeban.flood_point_unwatched IS '未轮巡易涝点 the flood points that nobody has watched in an emergency that is running';
COMMENT ON COLUMN liskeban.flood_point_unwatched.flood_point_watch_key IS '主键 key: emergency and flood point';
COMMENT ON COLUMN liskeban.flood_point_unwatched.emergency_id IS '应急事件 the emergency';
COMMENT ON COLUMN liskeban.flood_point_unwatched.flood_point IS '易涝点代码 the flood point';
COMMENT ON COLUMN liskeban.flood_point_unwatched.name IS '易涝点 its name';
COMMENT ON COLUMN liskeban.flood_point_unwatched.area IS '所在区域 where it lies';
COMMENT ON COLUMN liskeban.flood_point_unwatched.cameras IS '摄像机数 cameras that see it';
COMMENT ON COLUMN liskeban.flood_point_unwatched.working IS '正常摄像机数 of these working; 0: somebody has to go there';
