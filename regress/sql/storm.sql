-- Storms and the weather: what is fed and how it is superseded, the swath by quarters, hours and winds by area, and every error. Bebinca: t/180_storm.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE DATABASE regress_liskeban_storm TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_storm
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
SET liskeban.now = '2026-07-20 08:00+08';
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
\i regress/data/guard_district.sql

-- It goes north along 118.5° E with 100 km of gale to the north-east, 50 to the south-east, none to the west; the district begins 48 km to the east.
CREATE FUNCTION point(local text, lat double precision, wind real, issued text DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object('at', ('2026-07-' || local || '+08')::timestamptz, 'lon', 118.5, 'lat', lat, 'wind', wind, 'radii_34', '[100, 50, 0, 0]'::jsonb,
    'forecast', CASE WHEN issued IS NOT NULL THEN true END, 'issued_at', ('2026-07-' || issued || '+08')::timestamptz)) $$;
SELECT liskeban.load_storm('2605', '甲', 'A', jsonb_build_array(point('20 02:00', 29, 30), point('20 08:00', 30, 30), point('20 14:00', 31, 28, '20 08:00'), point('20 20:00', 32, 25, '20 08:00'))) AS points;
SELECT liskeban.load_storm('2605', '甲', 'A', jsonb_build_array(point('20 08:00', 30, 30))) AS again;
SELECT "time", forecast, issued_at, wind FROM liskeban_report.storm_point ORDER BY "time";
SELECT storm_line_key, "time", ends_at FROM liskeban_report.storm_line ORDER BY 1;
-- quarter by quarter: a hundred kilometres to the north-east are swept, as far to the west nothing
SELECT p.place, ST_Covers(s.geom, ST_Project(ST_SetSRID(ST_MakePoint(118.5, p.lat), 4490)::geography, p.km * 1000, radians(p.bearing))::geometry) AS swept
  FROM liskeban.storm_swath('2605') AS s(geom), (VALUES (1, '99 km to the east', 31, 99, 90.0), (2, '101 km', 31, 101, 90.0), (3, '10 km to the west', 31, 10, 270.0),
    (4, '99 km north-east of its end', 32, 99, 45.0), (5, '101 km', 32, 101, 45.0), (6, '49 km south-east of its start', 29, 49, 135.0), (7, '51 km', 29, 51, 135.0)) AS p(nth, place, lat, km, bearing) ORDER BY p.nth;
SELECT liskeban.storm_swath('2605', 50) IS NULL AS no_storm_force;
SELECT area, first_hour, last_hour, peak_wind BETWEEN 17.5 AND 30 AS plausible FROM liskeban.storm_impact('2605') WHERE liskeban.area_level(area) <= 'town' ORDER BY area;

-- A later issue supersedes a forecast, an observation what was forecast for its time; all stays
SELECT later('6 hours');
SELECT liskeban.load_storm('2605', '甲', 'A', jsonb_build_array(point('20 14:00', 30.5, 29), point('20 20:00', 31.2, 25, '20 14:00'), point('21 02:00', 31.8, 20, '20 14:00'))) AS points;
SELECT "time", forecast, issued_at, ST_Y(geom) AS lat FROM liskeban_report.storm_point ORDER BY "time";
SELECT count(*), count(*) FILTER (WHERE forecast) AS forecasts FROM liskeban.storm_track;
-- the agency mends an observation: the last issue holds, only once it is issued
SELECT liskeban.load_storm('2605', '甲', 'A', jsonb_build_array(point('20 08:00', 30.1, 31) || '{"issued_at": "2026-07-20T13:00+08"}')) AS mended;
SELECT "time", ST_Y(geom) AS lat, wind FROM liskeban_report.storm_point WHERE "time" = '2026-07-20 08:00+08';

-- Weather: the last warning of a phenomenon and area, until it ends or is lifted
INSERT INTO liskeban.weather (kind, phenomenon, area, begins_at, ends_at, issued_at, colour, value) VALUES
  ('warning', 'typhoon', '320117', '2026-07-20 08:00+08', NULL, '2026-07-20 08:00+08', 'blue', NULL),
  ('warning', 'typhoon', '320117', '2026-07-20 12:00+08', NULL, '2026-07-20 12:00+08', 'orange', NULL),
  ('warning', 'rainstorm', '320117001', '2026-07-20 12:00+08', '2026-07-20 13:00+08', '2026-07-20 12:00+08', 'red', NULL),
  ('observed', 'rain', '320117001', '2026-07-20 13:00+08', NULL, '2026-07-20 13:00+08', NULL, 41.5),
  ('forecast', 'wind', '320117', '2026-07-20 18:00+08', '2026-07-21 00:00+08', '2026-07-20 14:00+08', NULL, 24);
SELECT phenomenon, colour, area, "time" FROM liskeban_report.weather_warning ORDER BY 1;
SELECT later('1 hour');
INSERT INTO liskeban.weather (kind, phenomenon, area, begins_at, ends_at, issued_at, colour) VALUES ('warning', 'typhoon', '320117', '2026-07-20 15:00+08', '2026-07-20 15:00+08', '2026-07-20 15:00+08', 'blue');
SELECT count(*) AS lifted FROM liskeban_report.weather_warning;

-- Every error
SELECT s.nth, try(s.statement) FROM (VALUES
  (1, 'SELECT liskeban.storm_swath(''2605'', 35)'), (2, 'SELECT liskeban.storm_swath(''2605'', NULL)'), (3, 'SELECT liskeban.storm_swath(''nobody'')'), (4, 'SELECT liskeban.storm_swath(NULL)'),
  (5, 'SELECT * FROM liskeban.storm_impact(''2605'', 51)'), (6, 'SELECT * FROM liskeban.storm_impact(''nobody'', 34)'),
  (7, 'UPDATE liskeban.storm_track SET wind = 0'), (8, 'DELETE FROM liskeban.storm_track'), (9, 'TRUNCATE liskeban.storm_track'), (10, 'UPDATE liskeban.weather SET value = 0'), (11, 'DELETE FROM liskeban.weather'), (12, 'TRUNCATE liskeban.weather')) AS s(nth, statement) ORDER BY s.nth;
CREATE FUNCTION fed(change jsonb) RETURNS text LANGUAGE sql AS $$ SELECT try(format('SELECT liskeban.load_storm(''2606'', ''乙'', ''B'', %L)', jsonb_build_array(point('20 08:00', 30, 30) || change))) $$;
SELECT c AS change, fed(c) FROM unnest(ARRAY['{"at": null}', '{"at": "2026-07-21T08:00+08"}', '{"at": "2026-07-20T08:00+08", "forecast": true}', '{"issued_at": "2026-07-21T08:00+08"}', '{"wind": -1}', '{"wind": null}',
  '{"pressure": 1}', '{"radii_34": [1, 2, 3]}', '{"radii_50": [1, 2, 3, -4]}', '{"radii_64": [1, 2, 3, 2001]}', '{"lat": 86}', '{"lon": 181}', '{"lon": null}', '{"wind": "gale"}']::jsonb[]) WITH ORDINALITY AS u(c, nth) ORDER BY u.nth;
SELECT count(*) AS none FROM liskeban.storm WHERE code = '2606';
SELECT try('SELECT liskeban.load_storm('''', ''x'', ''x'', ''[]'')') AS no_code, try('SELECT liskeban.load_storm(''2606'', NULL, ''x'', ''[]'')') AS no_name, try('SELECT liskeban.load_storm(''2606'', ''x'', ''x'', ''{}'')') AS no_array;
CREATE FUNCTION forecast(phenomenon text, "columns" text) RETURNS text LANGUAGE sql AS $$
  SELECT try(format('INSERT INTO liskeban.weather (phenomenon, area, begins_at, kind, ends_at, issued_at, colour, value) VALUES (%L, ''320117'', ''2026-07-20 15:00+08'', %s)', phenomenon, "columns")) $$;
SELECT forecast('gale', '''warning'', NULL, ''2026-07-20 15:00+08'', ''purple'', NULL') AS colour, forecast('gale', '''warning'', NULL, ''2026-07-20 15:00+08'', NULL, NULL') AS none,
  forecast('rain', '''observed'', NULL, ''2026-07-20 15:00+08'', ''red'', 3') AS measured, forecast('rain', '''observed'', NULL, ''2026-07-20 15:00+08'', NULL, NULL') AS nothing,
  forecast('rain', '''forecast'', ''2026-07-20 15:00+08'', ''2026-07-20 15:00+08'', NULL, 3') AS has_been, forecast('rain', '''forecast'', ''2026-07-20 16:00+08'', ''2026-07-20 16:00+08'', NULL, 3') AS to_come,
  forecast('Rain', '''warning'', NULL, ''2026-07-20 15:00+08'', ''red'', NULL') AS phenomenon, forecast('rain', '''warning'', ''2026-07-20 14:00+08'', ''2026-07-20 15:00+08'', ''red'', NULL') AS backwards;
\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_liskeban_storm;
