-- Storms: the track, fed point by point as it is observed and forecast, and where its winds reach when; and the weather.

CREATE TABLE liskeban.storm (
  code    text PRIMARY KEY,
  name    text NOT NULL,
  name_en text NOT NULL,
  CONSTRAINT storm_code_check CHECK (code <> '')
);
COMMENT ON TABLE liskeban.storm IS '台风 storms; one that is followed by two agencies is two of them';
COMMENT ON COLUMN liskeban.storm.code IS '编号 key, such as 2413';
COMMENT ON COLUMN liskeban.storm.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.storm.name_en IS '英文名称 name in English';

-- Radii in kilometres, in the order NE, SE, SW, NW, each of its quarter of the compass; NULL or 0: no such wind there.
CREATE TABLE liskeban.storm_track (
  storm       text NOT NULL REFERENCES liskeban.storm,
  at          timestamptz NOT NULL,
  forecast    boolean NOT NULL DEFAULT false,
  issued_at   timestamptz NOT NULL,
  wind        real NOT NULL,
  pressure    real,
  radii_34    real[],
  radii_50    real[],
  radii_64    real[],
  recorded_at timestamptz NOT NULL DEFAULT liskeban.liskeban_now(),
  geom        geometry(Point, 4490) NOT NULL,
  PRIMARY KEY (storm, at, forecast, issued_at),
  CONSTRAINT storm_track_issued_at_check CHECK (CASE WHEN forecast THEN at > issued_at ELSE at <= issued_at END),
  CONSTRAINT storm_track_recorded_at_check CHECK (issued_at <= recorded_at),
  CONSTRAINT storm_track_wind_check CHECK (wind BETWEEN 0 AND 150),
  CONSTRAINT storm_track_pressure_check CHECK (pressure BETWEEN 800 AND 1100),
  CONSTRAINT storm_track_radii_34_check CHECK (array_length(radii_34, 1) = 4 AND 0 <= ALL (radii_34) AND 2000 >= ALL (radii_34)),
  CONSTRAINT storm_track_radii_50_check CHECK (array_length(radii_50, 1) = 4 AND 0 <= ALL (radii_50) AND 2000 >= ALL (radii_50)),
  CONSTRAINT storm_track_radii_64_check CHECK (array_length(radii_64, 1) = 4 AND 0 <= ALL (radii_64) AND 2000 >= ALL (radii_64)),
  CONSTRAINT storm_track_geom_check CHECK (NOT ST_IsEmpty(geom) AND ST_X(geom) BETWEEN -180 AND 180 AND ST_Y(geom) BETWEEN -85 AND 85)
);
CREATE INDEX storm_track_geom_idx ON liskeban.storm_track USING gist (geom);
COMMENT ON TABLE liskeban.storm_track IS '台风路径 where the eye was, or will be, and how far its winds reach; a row is never changed: a later issue supersedes it (liskeban_report.storm_point)';
COMMENT ON COLUMN liskeban.storm_track.storm IS '台风编号 the storm';
COMMENT ON COLUMN liskeban.storm_track.at IS '时刻 time of the position';
COMMENT ON COLUMN liskeban.storm_track.forecast IS '是否预报 true a forecast, false an observation';
COMMENT ON COLUMN liskeban.storm_track.issued_at IS '发布时间 when the agency issued it: a forecast before at, an observation not before';
COMMENT ON COLUMN liskeban.storm_track.wind IS '最大风速 highest sustained wind, m/s';
COMMENT ON COLUMN liskeban.storm_track.pressure IS '中心气压 hPa';
COMMENT ON COLUMN liskeban.storm_track.radii_34 IS '八级风圈半径 km to which winds of 34 knots (17.5 m/s, Beaufort 8) reach: NE, SE, SW, NW';
COMMENT ON COLUMN liskeban.storm_track.radii_50 IS '十级风圈半径 of 50 knots (25.7 m/s, Beaufort 10), likewise';
COMMENT ON COLUMN liskeban.storm_track.radii_64 IS '十二级风圈半径 of 64 knots (32.9 m/s, Beaufort 12), likewise';
COMMENT ON COLUMN liskeban.storm_track.recorded_at IS '记录时间 when the platform learned it';
COMMENT ON COLUMN liskeban.storm_track.geom IS '位置 the eye, CGCS2000 (EPSG:4490)';

CREATE TABLE liskeban.weather (
  weather_id  bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  kind        text NOT NULL,
  phenomenon  text NOT NULL,
  area        liskeban.area_code NOT NULL REFERENCES liskeban.area,
  begins_at   timestamptz NOT NULL,
  ends_at     timestamptz,
  issued_at   timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT liskeban.liskeban_now(),
  colour      text,
  value       double precision,
  CONSTRAINT weather_key UNIQUE (kind, phenomenon, area, begins_at, issued_at),
  CONSTRAINT weather_kind_check CHECK (kind IN ('observed', 'forecast', 'warning')),
  CONSTRAINT weather_phenomenon_check CHECK (phenomenon ~ '^[a-z_]{1,32}$'),
  CONSTRAINT weather_ends_at_check CHECK (ends_at >= begins_at),
  CONSTRAINT weather_issued_at_check CHECK (issued_at <= recorded_at AND CASE kind WHEN 'observed' THEN begins_at <= issued_at WHEN 'forecast' THEN ends_at > issued_at ELSE true END),
  CONSTRAINT weather_colour_check CHECK (CASE kind WHEN 'warning' THEN colour IS NOT NULL AND colour IN ('blue', 'yellow', 'orange', 'red') ELSE colour IS NULL END),
  CONSTRAINT weather_value_check CHECK (CASE kind WHEN 'warning' THEN true ELSE value IS NOT NULL AND value > '-Infinity' AND value < 'Infinity' END)
);
CREATE INDEX weather_area_begins_at_idx ON liskeban.weather (area, begins_at);
COMMENT ON TABLE liskeban.weather IS '气象 what was measured, is forecast, and is warned of, by area; a later issue supersedes an earlier one, which stays';
COMMENT ON COLUMN liskeban.weather.weather_id IS '编号 key, in the district''s range';
COMMENT ON COLUMN liskeban.weather.kind IS '类别 observed 实况, forecast 预报, warning 预警';
COMMENT ON COLUMN liskeban.weather.phenomenon IS '现象 such as typhoon, rainstorm, wind, rain, temperature, heat, fog';
COMMENT ON COLUMN liskeban.weather.area IS '区域 where';
COMMENT ON COLUMN liskeban.weather.begins_at IS '开始时间 from when it holds';
COMMENT ON COLUMN liskeban.weather.ends_at IS '结束时间 until when, that instant excluded; NULL at that instant, or a warning until it is lifted';
COMMENT ON COLUMN liskeban.weather.issued_at IS '发布时间 when it was issued';
COMMENT ON COLUMN liskeban.weather.recorded_at IS '记录时间 when the platform learned it';
COMMENT ON COLUMN liskeban.weather.colour IS '预警颜色 blue 蓝, yellow 黄, orange 橙, red 红 of a warning; else NULL';
COMMENT ON COLUMN liskeban.weather.value IS '数值 in SI units as the phenomenon has: m/s, mm, °C';

-- What is fed stays as it was.
CREATE FUNCTION liskeban._weather_kept() RETURNS trigger
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '%', liskeban.message('what was observed or forecast is never changed') USING ERRCODE = 'LK004',
    DETAIL = liskeban.message('Rows of "%s" are superseded by a later issue.', TG_TABLE_NAME), HINT = liskeban.message('Insert it again with another issued_at.');
END
$$;
COMMENT ON FUNCTION liskeban._weather_kept() IS 'BEFORE STATEMENT trigger of liskeban.storm_track and weather: never changed or deleted (LK004)';
REVOKE ALL ON FUNCTION liskeban._weather_kept() FROM PUBLIC;
CREATE TRIGGER weather_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON liskeban.storm_track
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban._weather_kept();
CREATE TRIGGER weather_kept BEFORE DELETE OR TRUNCATE OR UPDATE ON liskeban.weather
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban._weather_kept();
ALTER TABLE liskeban.storm_track ENABLE ALWAYS TRIGGER weather_kept;
ALTER TABLE liskeban.weather ENABLE ALWAYS TRIGGER weather_kept;

-- The track as it is known now, which is anybody's to read who may read this view: of an observation its last issue; after the last of them, the last forecast.
GRANT USAGE, CREATE ON SCHEMA liskeban_report TO liskeban_reader;
GRANT SELECT ON liskeban.storm, liskeban.storm_track TO liskeban_reader;
CREATE VIEW liskeban_report.storm_point WITH (security_barrier) AS
WITH known AS (
  SELECT t.*, max(t.at) FILTER (WHERE NOT t.forecast) OVER storm AS observed_to,
         max(t.issued_at) FILTER (WHERE t.forecast) OVER storm AS forecast_of,
         row_number() OVER (PARTITION BY t.storm, t.at, t.forecast ORDER BY t.issued_at DESC) AS issue
    FROM liskeban.storm_track AS t
   WHERE t.issued_at <= liskeban.liskeban_now()
  WINDOW storm AS (PARTITION BY t.storm)
)
SELECT pg_catalog.concat_ws('/', k.storm, k.at AT TIME ZONE 'UTC') AS storm_point_key, k.storm, s.name AS storm_name, s.name_en AS storm_name_en,
         k.at AS "time", k.forecast, k.issued_at, k.wind, k.pressure, k.radii_34, k.radii_50, k.radii_64, k.geom::geometry(Point, 4490) AS geom
    FROM known AS k
    JOIN liskeban.storm AS s ON s.code = k.storm
   WHERE k.issue = 1 AND (NOT k.forecast OR k.issued_at = k.forecast_of AND (k.observed_to IS NULL OR k.at > k.observed_to));
COMMENT ON VIEW liskeban_report.storm_point IS '台风路径点 each storm''s track as known at liskeban_now(), point by point: what was observed, the last issue of each, then what the last forecast says of the time after it; key storm_point_key';
COMMENT ON COLUMN liskeban_report.storm_point.storm_point_key IS '主键 key: storm and time in UTC';
COMMENT ON COLUMN liskeban_report.storm_point.storm IS '台风编号 the storm';
COMMENT ON COLUMN liskeban_report.storm_point.storm_name IS '台风 name in Chinese';
COMMENT ON COLUMN liskeban_report.storm_point.storm_name_en IS '台风英文名 name in English';
COMMENT ON COLUMN liskeban_report.storm_point.time IS '时刻 time of the position';
COMMENT ON COLUMN liskeban_report.storm_point.forecast IS '是否预报 true a forecast';
COMMENT ON COLUMN liskeban_report.storm_point.issued_at IS '发布时间 when it was issued';
COMMENT ON COLUMN liskeban_report.storm_point.wind IS '最大风速 highest sustained wind, m/s';
COMMENT ON COLUMN liskeban_report.storm_point.pressure IS '中心气压 hPa';
COMMENT ON COLUMN liskeban_report.storm_point.radii_34 IS '八级风圈半径 km, NE, SE, SW, NW';
COMMENT ON COLUMN liskeban_report.storm_point.radii_50 IS '十级风圈半径 km, likewise';
COMMENT ON COLUMN liskeban_report.storm_point.radii_64 IS '十二级风圈半径 km, likewise';
COMMENT ON COLUMN liskeban_report.storm_point.geom IS '位置 the eye, CGCS2000 (EPSG:4490)';
ALTER VIEW liskeban_report.storm_point OWNER TO liskeban_reader;
REVOKE CREATE ON SCHEMA liskeban_report FROM liskeban_reader;

-- ---- where its winds reach ----

-- Between two points of a track the eye moves along the great circle, its winds and radii change evenly; a radius that one
-- of the two does not give is 0 there.
CREATE FUNCTION liskeban._storm_steps(storm text, step interval, OUT segment timestamptz, OUT at timestamptz, OUT eye geography,
    OUT wind double precision, OUT r34 double precision[], OUT r50 double precision[], OUT r64 double precision[])
RETURNS SETOF record LANGUAGE sql STABLE ROWS 1000 SET search_path FROM CURRENT AS $$
  WITH point AS (
    SELECT p."time" AS at, lead(p."time") OVER track AS until, p.geom::geography AS a, (lead(p.geom) OVER track)::geography AS b,
           p.wind AS wind_a, lead(p.wind) OVER track AS wind_b,
           p.radii_34 AS a34, lead(p.radii_34) OVER track AS b34, p.radii_50 AS a50, lead(p.radii_50) OVER track AS b50,
           p.radii_64 AS a64, lead(p.radii_64) OVER track AS b64
      FROM liskeban_report.storm_point AS p WHERE p.storm = _storm_steps.storm
    WINDOW track AS (ORDER BY p."time")
  ), instant AS (
    SELECT i.at AS moment, p.*, (extract(epoch FROM i.at - p.at) / extract(epoch FROM p.until - p.at))::double precision AS part
      FROM point AS p CROSS JOIN LATERAL (SELECT t FROM generate_series(p.at, p.until, step) AS t UNION SELECT p.until) AS i(at)
     WHERE p.until IS NOT NULL
  )
  SELECT i.at, i.moment,
         CASE WHEN i.part = 0 OR ST_DWithin(i.a, i.b, 1) THEN i.a
              ELSE ST_Project(i.a, ST_Distance(i.a, i.b) * i.part, ST_Azimuth(i.a, i.b)) END,
         i.wind_a + (i.wind_b - i.wind_a) * i.part,
         ARRAY(SELECT coalesce(i.a34[q], 0) + (coalesce(i.b34[q], 0) - coalesce(i.a34[q], 0)) * i.part FROM generate_series(1, 4) AS q ORDER BY q),
         ARRAY(SELECT coalesce(i.a50[q], 0) + (coalesce(i.b50[q], 0) - coalesce(i.a50[q], 0)) * i.part FROM generate_series(1, 4) AS q ORDER BY q),
         ARRAY(SELECT coalesce(i.a64[q], 0) + (coalesce(i.b64[q], 0) - coalesce(i.a64[q], 0)) * i.part FROM generate_series(1, 4) AS q ORDER BY q)
    FROM instant AS i
$$;
COMMENT ON FUNCTION liskeban._storm_steps(text, interval) IS 'a storm''s path in steps: of each segment the instants from its first point to its last, the eye, its wind (m/s) and its radii (km; NE, SE, SW, NW), interpolated on the ellipsoid';
REVOKE ALL ON FUNCTION liskeban._storm_steps(text, interval) FROM PUBLIC;

-- A quarter of a disc, as its corner and points of its arc two degrees apart: within 0.02 % of the radius.
CREATE FUNCTION liskeban._storm_sector(eye geography, quadrant integer, km double precision) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path FROM CURRENT AS $$
  SELECT ST_Collect(ARRAY(SELECT ST_Project(eye, km * 1000, radians(a::double precision))::geometry
                            FROM generate_series(quadrant * 90 - 90, quadrant * 90, 2) AS a ORDER BY a) || eye::geometry)
$$;
COMMENT ON FUNCTION liskeban._storm_sector(geography, integer, double precision) IS 'points that span a quarter of a disc: 1 NE, 2 SE, 3 SW, 4 NW; the radius in km on the ellipsoid';
REVOKE ALL ON FUNCTION liskeban._storm_sector(geography, integer, double precision) FROM PUBLIC;

-- What a quarter sweeps in a step: it is convex and changes evenly, so just the hull of its beginning and its end.
CREATE FUNCTION liskeban._storm_pieces(storm text, threshold integer, step interval, near geometry DEFAULT NULL,
    OUT at timestamptz, OUT until timestamptz, OUT quadrant integer, OUT geom geometry)
RETURNS SETOF record LANGUAGE plpgsql STABLE ROWS 1000 SET search_path FROM CURRENT AS $$
BEGIN
  IF threshold IS NULL OR threshold NOT IN (34, 50, 64) THEN
    RAISE EXCEPTION '%', liskeban.message('threshold %s is none of 34, 50 and 64 knots', threshold) USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF NOT EXISTS (SELECT FROM liskeban.storm AS k WHERE k.code = _storm_pieces.storm) THEN
    RAISE EXCEPTION '%', liskeban.message('there is no storm "%s"', storm) USING ERRCODE = 'no_data_found', HINT = liskeban.message('See liskeban.storm.');
  END IF;
  RETURN QUERY
  WITH quarter AS MATERIALIZED (
    SELECT s.segment, s.at AS begins, q, CASE threshold WHEN 34 THEN s.r34[q] WHEN 50 THEN s.r50[q] ELSE s.r64[q] END AS km, s.eye
      FROM liskeban._storm_steps(_storm_pieces.storm, step) AS s CROSS JOIN generate_series(1, 4) AS q
  ), close AS (
    SELECT c.*, lead(c.begins) OVER w AS ends, lead(c.km) OVER w AS km_after, lead(c.eye) OVER w AS eye_after
      FROM quarter AS c
     WHERE near IS NULL OR ST_DWithin(c.eye, near::geography, c.km * 1000 + 100000)
    WINDOW w AS (PARTITION BY c.segment, c.q ORDER BY c.begins)
  )
  SELECT c.begins, c.ends, c.q, ST_ConvexHull(ST_Collect(liskeban._storm_sector(c.eye, c.q, c.km), liskeban._storm_sector(c.eye_after, c.q, c.km_after)))
    FROM close AS c
   WHERE c.ends IS NOT NULL AND (c.km > 0 OR c.km_after > 0);
END
$$;
COMMENT ON FUNCTION liskeban._storm_pieces(text, integer, interval, geometry) IS 'what each quarter of a storm''s winds sweeps in each step; of the whole path, or where it comes near a geometry. 22023 another threshold than 34, 50, 64; P0002 no such storm';
REVOKE ALL ON FUNCTION liskeban._storm_pieces(text, integer, interval, geometry) FROM PUBLIC;

-- The hull of two quarters between which all changes evenly is just what is swept: a longer step only cuts the bend of the great circle.
CREATE FUNCTION liskeban._storm_swath(storm text, threshold integer, step interval, near geometry DEFAULT NULL) RETURNS geometry
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT ST_Multi(ST_Union(p.geom)) FROM liskeban._storm_pieces(storm, threshold, step, near) AS p
$$;
COMMENT ON FUNCTION liskeban._storm_swath(text, integer, interval, geometry) IS 'storm_swath() found in such steps; near a geometry, where one is given, and anything beyond';
REVOKE ALL ON FUNCTION liskeban._storm_swath(text, integer, interval, geometry) FROM PUBLIC;

CREATE FUNCTION liskeban.storm_swath(storm text, threshold integer DEFAULT 34) RETURNS geometry
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT SET jit = off AS $$
  SELECT liskeban._storm_swath(storm, threshold, interval '1 hour')
$$;
COMMENT ON FUNCTION liskeban.storm_swath(text, integer) IS '风圈扫过范围 where winds of 34, 50 or 64 knots came, or will come, along the path known now: quarter by quarter, interpolated along it, on the ellipsoid; MultiPolygon of CGCS2000 (EPSG:4490), NULL where the path has no such winds. A path over the meridian of 180° is not cut there. 22023 another threshold, P0002 no such storm';
REVOKE ALL ON FUNCTION liskeban.storm_swath(text, integer) FROM PUBLIC;

-- Wind at a distance from the eye: even between the highest wind there and the radii of its quarter.
CREATE FUNCTION liskeban._storm_wind(km double precision, wind double precision, r34 double precision, r50 double precision, r64 double precision)
RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT max(CASE WHEN k.outer_km > k.inner_km AND km BETWEEN k.inner_km AND k.outer_km
                  THEN k.inner_wind + (k.outer_wind - k.inner_wind) * (km - k.inner_km) / (k.outer_km - k.inner_km) END)
    FROM (VALUES (0, greatest(wind, 32.9), r64, 32.9, r64 > 0),
                 (r64, CASE WHEN r64 > 0 THEN 32.9 ELSE greatest(wind, 25.7) END, r50, 25.7, r50 > 0),
                 (greatest(r64, r50), CASE WHEN r50 > 0 THEN 25.7 WHEN r64 > 0 THEN 32.9 ELSE greatest(wind, 17.5) END, r34, 17.5, r34 > 0))
         AS k(inner_km, inner_wind, outer_km, outer_wind, there)
   WHERE k.there
$$;
COMMENT ON FUNCTION liskeban._storm_wind(double precision, double precision, double precision, double precision, double precision) IS 'wind (m/s) at so many km from the eye, where its highest is wind and 34, 50, 64 knots reach as far as given (0: nowhere): linear in between; NULL beyond. A coarse profile: no eye wall, no terrain';
REVOKE ALL ON FUNCTION liskeban._storm_wind(double precision, double precision, double precision, double precision, double precision) FROM PUBLIC;

CREATE FUNCTION liskeban.storm_impact(storm text, threshold integer DEFAULT 34,
    OUT area liskeban.area_code, OUT first_hour timestamptz, OUT last_hour timestamptz, OUT peak_wind double precision)
RETURNS SETOF record LANGUAGE sql STABLE SECURITY DEFINER ROWS 200 SET search_path FROM CURRENT SET jit = off AS $$
  WITH place AS MATERIALIZED (
    SELECT a.code, a.geom FROM liskeban.area AS a
     WHERE a.geom IS NOT NULL AND a.valid_from <= liskeban.liskeban_now() AND (a.valid_to IS NULL OR a.valid_to > liskeban.liskeban_now())
  ), reached AS MATERIALIZED (
    SELECT a.code, a.geom, p.at FROM liskeban._storm_pieces(storm, threshold, interval '5 minutes',
                                                            (SELECT ST_SetSRID(ST_Extent(e.geom)::geometry, 4490) FROM place AS e)) AS p
      JOIN place AS a ON a.geom && p.geom AND ST_Intersects(a.geom, p.geom)
     GROUP BY a.code, a.geom, p.at
  ), blown AS (
    SELECT r.code, r.at, liskeban._storm_wind(d.km, s.wind, s.r34[d.quadrant], s.r50[d.quadrant], s.r64[d.quadrant]) AS wind
      FROM reached AS r
      JOIN (SELECT DISTINCT ON (t.at) t.at, t.eye, t.wind, t.r34, t.r50, t.r64
              FROM liskeban._storm_steps(storm, interval '5 minutes') AS t ORDER BY t.at, t.segment DESC) AS s ON s.at = r.at
     CROSS JOIN LATERAL (SELECT ST_Distance(s.eye, n.point::geography) / 1000,
                                coalesce(floor(degrees(ST_Azimuth(s.eye::geometry, n.point)) / 90)::integer % 4 + 1, 1)
                           FROM ST_ClosestPoint(r.geom, s.eye::geometry) AS n(point)) AS d(km, quadrant)
  )
  SELECT b.code, date_trunc('hour', min(b.at), p.time_zone), date_trunc('hour', max(b.at), p.time_zone),
         greatest(max(b.wind), CASE threshold WHEN 34 THEN 17.5 WHEN 50 THEN 25.7 ELSE 32.9 END)
    FROM blown AS b CROSS JOIN liskeban.platform AS p
   GROUP BY b.code, p.time_zone
$$;
COMMENT ON FUNCTION liskeban.storm_impact(text, integer) IS '台风影响 the areas in force that winds of 34, 50 or 64 knots reach along the path known now: the first and the last hour (found in steps of five minutes), and the highest wind (m/s) at the point of the area nearest to the eye, by a profile that is linear between the radii. 22023 another threshold, P0002 no such storm';
REVOKE ALL ON FUNCTION liskeban.storm_impact(text, integer) FROM PUBLIC;

-- ---- feeding ----

CREATE FUNCTION liskeban.load_storm(code text, name text, name_en text, points jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $$
DECLARE
  fresh bigint;
BEGIN
  INSERT INTO liskeban.storm AS k (code, name, name_en) VALUES (load_storm.code, load_storm.name, load_storm.name_en) ON CONFLICT DO NOTHING;
  INSERT INTO liskeban.storm_track (storm, at, forecast, issued_at, wind, pressure, radii_34, radii_50, radii_64, geom)
  SELECT load_storm.code, p.at, coalesce(p.forecast, false), coalesce(p.issued_at, p.at), p.wind, p.pressure, p.radii_34, p.radii_50, p.radii_64,
         ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4490)
    FROM jsonb_to_recordset(points) AS p(at timestamptz, forecast boolean, issued_at timestamptz, lon double precision, lat double precision,
                                         wind real, pressure real, radii_34 real[], radii_50 real[], radii_64 real[])
      ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS fresh = ROW_COUNT;
  RETURN fresh;
END
$$;
COMMENT ON FUNCTION liskeban.load_storm(text, text, text, jsonb) IS '导入台风路径 a storm and an array of its points: at, lon, lat, wind (m/s), pressure (hPa), radii_34, radii_50, radii_64 (km: NE, SE, SW, NW), forecast (false) and issued_at (at). Returns how many are new: what is there, of the same at and issue, stays. 23514 what cannot be; 42501 not the desk''s or a source''s';
REVOKE ALL ON FUNCTION liskeban.load_storm(text, text, text, jsonb) FROM PUBLIC;
