-- Services at the door: what is offered, at which points, when they are open, and how much of it a village has in reach.
-- A request for a service is a ticket of kind service.

CREATE FUNCTION liskeban.open_minutes(hours text) RETURNS int4multirange
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  part text;
  m integer[];
  minutes int4multirange := int4multirange();
BEGIN
  FOREACH part IN ARRAY string_to_array(hours, ' ') LOOP
    m := regexp_match(part, '^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$')::integer[];
    IF m IS NULL OR m[3] * 60 + m[4] > 1440 OR m[1] * 60 + m[2] = m[3] * 60 + m[4] THEN
      RAISE EXCEPTION '%', liskeban.message('hours cannot be read: "%s"', hours) USING ERRCODE = 'invalid_parameter_value',
        HINT = liskeban.message('Write them as 09:00-12:00 13:30-17:00; 22:00-06:00 ends the next day, 00:00-24:00 is all day; nothing is closed.');
    END IF;
    minutes := minutes + int4multirange(int4range(m[1] * 60 + m[2], m[3] * 60 + m[4] + CASE WHEN m[3] * 60 + m[4] < m[1] * 60 + m[2] THEN 1440 ELSE 0 END));
  END LOOP;
  RETURN minutes;
END
$$;
COMMENT ON FUNCTION liskeban.open_minutes(text) IS '开放时段 hours of a day, 09:00-12:00 13:30-17:00, as minutes since its midnight, beyond 1440 where they end the next day; empty text: closed; 22023 what cannot be read';
REVOKE ALL ON FUNCTION liskeban.open_minutes(text) FROM PUBLIC;

CREATE TABLE liskeban.service_item (
  code       text PRIMARY KEY,
  field      text NOT NULL,
  name       text NOT NULL,
  name_en    text NOT NULL,
  provider   text NOT NULL,
  channels   text[] NOT NULL,
  papers     text[] NOT NULL DEFAULT '{}',
  work_hours text NOT NULL,
  rest_hours text NOT NULL DEFAULT '',
  reach      double precision NOT NULL DEFAULT 3000,
  retired_at timestamptz,
  CONSTRAINT service_item_code_check CHECK (code ~ '^[a-z0-9_]{1,64}$'),
  CONSTRAINT service_item_channels_check CHECK (channels <> '{}' AND channels <@ '{window,self_service,online,phone,home_visit}'),
  CONSTRAINT service_item_work_hours_check CHECK (liskeban.open_minutes(work_hours) IS NOT NULL),
  CONSTRAINT service_item_rest_hours_check CHECK (liskeban.open_minutes(rest_hours) IS NOT NULL),
  CONSTRAINT service_item_reach_check CHECK (reach > 0 AND reach <= 100000)
);
COMMENT ON TABLE liskeban.service_item IS '便民服务事项 public services brought down to the villages; the shipped 56 are samples of what a district offers';
COMMENT ON COLUMN liskeban.service_item.code IS '代码 key';
COMMENT ON COLUMN liskeban.service_item.field IS '领域 water 供水, power 供电, gas 燃气, bank 银行, telecom 通信, post 邮政, medical_insurance 医保, social_security 社保, civil_affairs 民政, household 户籍, housing 住建, convenience 便民; an open list';
COMMENT ON COLUMN liskeban.service_item.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.service_item.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.service_item.provider IS '服务单位 who provides it';
COMMENT ON COLUMN liskeban.service_item.channels IS '渠道 window 窗口, self_service 自助, online 网上, phone 电话, home_visit 上门: how it can be had at all';
COMMENT ON COLUMN liskeban.service_item.papers IS '所需材料 what to bring';
COMMENT ON COLUMN liskeban.service_item.work_hours IS '工作日时段 hours on working days, make-up days included, as open_minutes() reads them; where an offer says none';
COMMENT ON COLUMN liskeban.service_item.rest_hours IS '休息日时段 the same on days off; empty is closed';
COMMENT ON COLUMN liskeban.service_item.reach IS '服务半径 metres within which a point counts as within reach of a village';
COMMENT ON COLUMN liskeban.service_item.retired_at IS '停用时间 when it was retired; NULL in force';

CREATE TABLE liskeban.service_point (
  point_id   bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  name       text NOT NULL,
  name_en    text,
  kind       text NOT NULL DEFAULT 'station',
  address    text,
  phone      text,
  geom       geometry(Point, 4490) NOT NULL,
  area       liskeban.area_code REFERENCES liskeban.area,
  retired_at timestamptz,
  CONSTRAINT service_point_name_check CHECK (name <> ''),
  CONSTRAINT service_point_kind_check CHECK (kind IN ('hall', 'town_hall', 'station', 'branch', 'self_service'))
);
CREATE INDEX service_point_geog_idx ON liskeban.service_point USING gist ((geom::geography)) WHERE retired_at IS NULL;
CREATE INDEX service_point_area_idx ON liskeban.service_point (area);
COMMENT ON TABLE liskeban.service_point IS '服务点 where services are offered';
COMMENT ON COLUMN liskeban.service_point.point_id IS '编号 six digits of the district × 10^9 + n';
COMMENT ON COLUMN liskeban.service_point.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.service_point.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.service_point.kind IS '类别 hall 区政务服务中心, town_hall 镇街便民服务中心, station 村社区便民服务站, branch 营业厅网点, self_service 自助点';
COMMENT ON COLUMN liskeban.service_point.address IS '地址 where to go';
COMMENT ON COLUMN liskeban.service_point.phone IS '电话 of the point';
COMMENT ON COLUMN liskeban.service_point.geom IS '位置 point, CGCS2000 (EPSG:4490)';
COMMENT ON COLUMN liskeban.service_point.area IS '所在区域 the finest area that covers geom, as place() says; whatever is given; NULL outside';
COMMENT ON COLUMN liskeban.service_point.retired_at IS '撤销时间 when it was closed for good; NULL in service';

CREATE TABLE liskeban.service_offer (
  point_id   bigint NOT NULL REFERENCES liskeban.service_point,
  item       text NOT NULL REFERENCES liskeban.service_item,
  channel    text NOT NULL DEFAULT 'window',
  work_hours text,
  rest_hours text,
  queue      integer,
  queue_at   timestamptz,
  retired_at timestamptz,
  CONSTRAINT service_offer_pkey PRIMARY KEY (item, point_id, channel),
  CONSTRAINT service_offer_channel_check CHECK (channel IN ('window', 'self_service', 'home_visit')),
  CONSTRAINT service_offer_work_hours_check CHECK (liskeban.open_minutes(work_hours) IS NOT NULL OR work_hours IS NULL),
  CONSTRAINT service_offer_rest_hours_check CHECK (liskeban.open_minutes(rest_hours) IS NOT NULL OR rest_hours IS NULL),
  CONSTRAINT service_offer_hours_check CHECK (pg_catalog.num_nulls(work_hours, rest_hours) IN (0, 2)),
  CONSTRAINT service_offer_queue_check CHECK (queue >= 0 AND queue_at IS NOT NULL OR pg_catalog.num_nulls(queue, queue_at) = 2)
);
CREATE INDEX service_offer_point_id_idx ON liskeban.service_offer (point_id);
COMMENT ON TABLE liskeban.service_offer IS '服务提供 which point offers which service, when, and how long the queue is';
COMMENT ON COLUMN liskeban.service_offer.point_id IS '服务点编号 the point';
COMMENT ON COLUMN liskeban.service_offer.item IS '事项 the service';
COMMENT ON COLUMN liskeban.service_offer.channel IS '渠道 window 窗口, self_service 自助, home_visit 上门 from there';
COMMENT ON COLUMN liskeban.service_offer.work_hours IS '工作日时段 hours there on working days; NULL, with rest_hours: the item''s';
COMMENT ON COLUMN liskeban.service_offer.rest_hours IS '休息日时段 the same on days off';
COMMENT ON COLUMN liskeban.service_offer.queue IS '排队人数 how many wait; NULL not known';
COMMENT ON COLUMN liskeban.service_offer.queue_at IS '排队时间 as of when';
COMMENT ON COLUMN liskeban.service_offer.retired_at IS '停办时间 when it ended there; NULL offered';

CREATE FUNCTION liskeban._point_placed() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.area := (liskeban.place(NEW.geom)).area;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION liskeban._point_placed() IS 'BEFORE ROW trigger of what stands somewhere (service_point, flood_point, supply_depot): area is the finest that covers geom';
REVOKE ALL ON FUNCTION liskeban._point_placed() FROM PUBLIC;
CREATE TRIGGER placed BEFORE INSERT OR UPDATE OF geom, area ON liskeban.service_point
  FOR EACH ROW EXECUTE FUNCTION liskeban._point_placed();
ALTER TABLE liskeban.service_point ENABLE ALWAYS TRIGGER placed;
DO $$
DECLARE
  registry text;
BEGIN
  FOREACH registry IN ARRAY '{service_item,service_point,service_offer}'::text[] LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER registry_kept BEFORE DELETE OR TRUNCATE ON liskeban.%I '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.registry_changed()', registry);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER registry_kept', registry);
  END LOOP;
END
$$;

-- Hours are of days as the platform's zone and the working calendar have them, and may end the next day.
CREATE FUNCTION liskeban.closes_at(work_hours text, rest_hours text, at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT max((d.day + make_interval(mins => upper(r.r))) AT TIME ZONE p.time_zone)
    FROM liskeban.platform AS p
   CROSS JOIN LATERAL (SELECT closes_at.at AT TIME ZONE p.time_zone) AS l(now)
   CROSS JOIN LATERAL (SELECT l.now::date - n AS day FROM generate_series(0, 1) AS n) AS d
   CROSS JOIN LATERAL unnest(liskeban.open_minutes(CASE WHEN liskeban.is_working_day(d.day) THEN work_hours ELSE rest_hours END)) AS r(r)
   WHERE l.now >= d.day + make_interval(mins => lower(r.r)) AND l.now < d.day + make_interval(mins => upper(r.r))
$$;
COMMENT ON FUNCTION liskeban.closes_at(text, text, timestamptz) IS '关门时间 when what is open at that time closes, of hours on working days and on days off; NULL it is closed. Days, make-up days and holidays are those of the working calendar in the platform''s zone';
REVOKE ALL ON FUNCTION liskeban.closes_at(text, text, timestamptz) FROM PUBLIC;

CREATE FUNCTION liskeban.nearest_service(item text, here geometry, at timestamptz DEFAULT NULL, max_points integer DEFAULT 5,
  OUT point_id bigint, OUT name text, OUT address text, OUT phone text, OUT area liskeban.area_code, OUT distance double precision,
  OUT channel text, OUT hours text, OUT closes_at timestamptz, OUT queue integer, OUT geom geometry)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 5 SET search_path FROM CURRENT AS $$
DECLARE
  wanted constant timestamptz := coalesce(nearest_service.at, liskeban.liskeban_now());
  today constant boolean := liskeban.is_working_day((wanted AT TIME ZONE (SELECT p.time_zone FROM liskeban.platform AS p))::date);
BEGIN
  IF NOT EXISTS (SELECT FROM liskeban.service_item AS i WHERE i.code = nearest_service.item AND i.retired_at IS NULL) THEN
    RAISE EXCEPTION '%', liskeban.message('there is no service "%s"', item) USING ERRCODE = 'no_data_found', HINT = liskeban.message('See liskeban.service_item.');
  ELSIF GeometryType(here) <> 'POINT' OR ST_SRID(here) <> 4490 OR ST_IsEmpty(here) OR here IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('services are near a point of SRID 4490') USING ERRCODE = 'invalid_parameter_value';
  ELSIF max_points < 0 OR max_points IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('max_points must not be negative or NULL') USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN QUERY
  SELECT n.point_id, n.name, n.address, n.phone, n.area, ST_Distance(n.geom::geography, here::geography) AS distance,
         n.channel, n.hours, n.closes_at, n.queue, n.geom
    FROM (SELECT p.point_id, p.name, p.address, p.phone, p.area, o.channel,
                 CASE WHEN today THEN coalesce(o.work_hours, i.work_hours) ELSE coalesce(o.rest_hours, i.rest_hours) END AS hours,
                 c.closes_at, o.queue, p.geom
            FROM liskeban.service_point AS p
            JOIN liskeban.service_offer AS o ON o.point_id = p.point_id AND o.item = nearest_service.item AND o.retired_at IS NULL
            JOIN liskeban.service_item AS i ON i.code = o.item
           CROSS JOIN LATERAL (SELECT liskeban.closes_at(coalesce(o.work_hours, i.work_hours), coalesce(o.rest_hours, i.rest_hours), wanted)) AS c(closes_at)
           WHERE p.retired_at IS NULL AND c.closes_at IS NOT NULL
           ORDER BY p.geom::geography <-> here::geography
           LIMIT max_points) AS n
   ORDER BY 6, 1, 7;
END
$$;
COMMENT ON FUNCTION liskeban.nearest_service(text, geometry, timestamptz, integer) IS '附近服务 the nearest points that offer a service and are open at that time (now): metres on the ellipsoid, hours of that day (of the day that began before, for what is open over midnight, closes_at says until when), people waiting where known. P0002 no such service, 22023 no point of SRID 4490';
REVOKE ALL ON FUNCTION liskeban.nearest_service(text, geometry, timestamptz, integer) FROM PUBLIC;

-- A village has a service within reach when a point that offers it lies in it, or within the service's reach of it.
CREATE FUNCTION liskeban.service_coverage(reach double precision DEFAULT NULL,
  OUT village liskeban.area_code, OUT village_name text, OUT items_num integer, OUT items_den integer, OUT coverage numeric, OUT missing text[])
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT AS $$
  WITH item AS MATERIALIZED (
    SELECT i.code, coalesce(service_coverage.reach, i.reach) AS reach FROM liskeban.service_item AS i WHERE i.retired_at IS NULL
  ), village AS MATERIALIZED (
    SELECT a.code, a.name, a.geom FROM liskeban.area AS a
     WHERE liskeban.area_level(a.code) = 'village' AND a.valid_from <= liskeban.liskeban_now()
       AND (a.valid_to IS NULL OR a.valid_to > liskeban.liskeban_now())
  ), near AS MATERIALIZED (
    SELECT v.code, p.point_id, CASE WHEN p.area OPERATOR(liskeban.<@) v.code THEN 0 ELSE ST_Distance(v.geom::geography, p.geom::geography) END AS distance
      FROM village AS v
      JOIN liskeban.service_point AS p
        ON p.retired_at IS NULL
       AND (p.area OPERATOR(liskeban.<@) v.code OR ST_DWithin(p.geom::geography, v.geom::geography, (SELECT max(i.reach) FROM item AS i)))
  ), has AS (
    SELECT DISTINCT n.code, i.code AS item
      FROM near AS n JOIN liskeban.service_offer AS o ON o.point_id = n.point_id AND o.retired_at IS NULL
      JOIN item AS i ON i.code = o.item AND n.distance <= i.reach
  )
  SELECT v.code, v.name, count(h.item)::integer, count(*)::integer, round(count(h.item)::numeric / count(*)::numeric, 4),
         coalesce(array_agg(i.code ORDER BY i.code) FILTER (WHERE h.item IS NULL), '{}')
    FROM village AS v CROSS JOIN item AS i LEFT JOIN has AS h ON h.code OPERATOR(liskeban.=) v.code AND h.item = i.code
   GROUP BY v.code, v.name
   ORDER BY v.code
$$;
COMMENT ON FUNCTION liskeban.service_coverage(double precision) IS '服务覆盖 of each village in force how many of the services in force have a point within reach, how many there are, the share, and which are missing; a point in the village, or within so many metres (service_item.reach) of its outline, on the ellipsoid';
REVOKE ALL ON FUNCTION liskeban.service_coverage(double precision) FROM PUBLIC;
