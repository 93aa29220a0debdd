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
COMMENT ON TABLE liskeban.storm_track IS '台风路径 where the eye was, or will be, and how far its winds reach; a row is never changed: a later issue supersedes it (storm_path)';
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
  RAISE EXCEPTION 'what was observed or forecast is never changed' USING ERRCODE = 'LK004',
    DETAIL = format('Rows of "%s" are superseded by a later issue.', TG_TABLE_NAME), HINT = 'Insert it again with another issued_at.';
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

-- The track as it is known now: of an observation its last issue; after the last of them, the last forecast.
CREATE VIEW liskeban.storm_path WITH (security_invoker = true) AS
WITH known AS (
  SELECT t.*, max(t.at) FILTER (WHERE NOT t.forecast) OVER storm AS observed_to,
         max(t.issued_at) FILTER (WHERE t.forecast) OVER storm AS forecast_of,
         row_number() OVER (PARTITION BY t.storm, t.at, t.forecast ORDER BY t.issued_at DESC) AS issue
    FROM liskeban.storm_track AS t
   WHERE t.issued_at <= liskeban.liskeban_now()
  WINDOW storm AS (PARTITION BY t.storm)
)
SELECT k.storm, k.at, k.forecast, k.issued_at, k.wind, k.pressure, k.radii_34, k.radii_50, k.radii_64, k.geom
  FROM known AS k
 WHERE k.issue = 1 AND (NOT k.forecast OR k.issued_at = k.forecast_of AND (k.observed_to IS NULL OR k.at > k.observed_to));
COMMENT ON VIEW liskeban.storm_path IS '台风路径现状 each storm''s track as known at liskeban_now(): what was observed, the last issue of each, then what the last forecast says of the time after it; key storm, at';
COMMENT ON COLUMN liskeban.storm_path.storm IS '台风编号 the storm';
COMMENT ON COLUMN liskeban.storm_path.at IS '时刻 time of the position';
COMMENT ON COLUMN liskeban.storm_path.forecast IS '是否预报 true a forecast';
COMMENT ON COLUMN liskeban.storm_path.issued_at IS '发布时间 when it was issued';
COMMENT ON COLUMN liskeban.storm_path.wind IS '最大风速 highest sustained wind, m/s';
COMMENT ON COLUMN liskeban.storm_path.pressure IS '中心气压 hPa';
COMMENT ON COLUMN liskeban.storm_path.radii_34 IS '八级风圈半径 km, NE, SE, SW, NW';
COMMENT ON COLUMN liskeban.storm_path.radii_50 IS '十级风圈半径 km, likewise';
COMMENT ON COLUMN liskeban.storm_path.radii_64 IS '十二级风圈半径 km, likewise';
COMMENT ON COLUMN liskeban.storm_path.geom IS '位置 the eye, CGCS2000 (EPSG:4490)';
