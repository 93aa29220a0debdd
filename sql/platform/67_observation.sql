-- What is no ticket: police incidents, air, water, patrols, cameras online, by day and area, as their sources report it.

CREATE TABLE liskeban.observation (
  indicator   text NOT NULL REFERENCES liskeban.indicator,
  area        liskeban.area_code NOT NULL REFERENCES liskeban.area,
  day         date NOT NULL,
  value       double precision NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT liskeban.liskeban_now(),
  PRIMARY KEY (indicator, area, day),
  CONSTRAINT observation_value_check CHECK (value > '-Infinity' AND value < 'Infinity')
);
CREATE INDEX observation_day_idx ON liskeban.observation (day);
COMMENT ON TABLE liskeban.observation IS '观测值 one value of an indicator for a day and an area; a source that reports it again corrects it';
COMMENT ON COLUMN liskeban.observation.indicator IS '指标 indicator';
COMMENT ON COLUMN liskeban.observation.area IS '区域 the area it is about';
COMMENT ON COLUMN liskeban.observation.day IS '日期 the day it is about, in the platform''s zone';
COMMENT ON COLUMN liskeban.observation.value IS '数值 in the indicator''s unit';
COMMENT ON COLUMN liskeban.observation.recorded_at IS '记录时间 when this value was learned';

CREATE FUNCTION liskeban._read_observation(fields text[], columns integer[], source text,
    OUT indicator text, OUT area liskeban.area_code, OUT day date, OUT value double precision, OUT reason text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, YMD' AS $$
DECLARE
  given text[];
BEGIN
  IF fields IS NULL THEN
    reason := 'a quote is not closed, or something follows a closing one';
    RETURN;
  END IF;
  given := ARRAY(SELECT nullif(btrim(fields[c]), '') FROM unnest(columns) WITH ORDINALITY AS u(c, ord) ORDER BY u.ord);
  IF array_position(given, NULL) IS NOT NULL THEN
    reason := 'value is missing: ' || ('{indicator,area,day,value}'::text[])[array_position(given, NULL)];
    RETURN;
  END IF;
  SELECT i.code, CASE WHEN i.retired_at IS NOT NULL THEN 'indicator ' || i.code || ' is retired'
                      WHEN i.source <> _read_observation.source THEN 'indicator ' || i.code || ' is reported by source ' || i.source END
    INTO indicator, reason FROM liskeban.indicator AS i WHERE i.code = given[1];
  IF indicator IS NULL THEN
    reason := 'indicator is not registered: ' || left(given[1], 64);
  END IF;
  IF reason IS NOT NULL THEN
    RETURN;
  END IF;
  area := given[2]::liskeban.area_code;
  IF NOT EXISTS (SELECT FROM liskeban.area AS a WHERE a.code OPERATOR(liskeban.=) _read_observation.area) THEN
    reason := 'area is not registered: ' || area;
    RETURN;
  END IF;
  IF given[3] !~ '^\d{4}-\d{1,2}-\d{1,2}$' THEN
    reason := 'day is no date like 2026-11-24: ' || left(given[3], 64);
    RETURN;
  END IF;
  day := given[3]::date;
  IF day > (liskeban.liskeban_now() AT TIME ZONE (SELECT p.time_zone FROM liskeban.platform AS p))::date THEN
    reason := 'day has not come yet: ' || day;
    RETURN;
  END IF;
  value := given[4]::double precision;
  IF value IN ('NaN', 'Infinity', '-Infinity') THEN
    reason := 'value is no number: ' || left(given[4], 64);
  END IF;
EXCEPTION WHEN data_exception THEN
  reason := SQLERRM;
END
$$;
COMMENT ON FUNCTION liskeban._read_observation(text[], integer[], text) IS 'the fields of one record as an observation, or the reason why not; columns say where indicator, area, day and value stand';
REVOKE ALL ON FUNCTION liskeban._read_observation(text[], integer[], text) FROM PUBLIC;

-- One batch of a file. Of two records for one day, area and indicator the later in the file holds.
CREATE FUNCTION liskeban._load_observations(from_source text, file text, header text, lines bigint[], raws text[], faults text[],
    OUT created bigint, OUT updated bigint, OUT rejected bigint, OUT complaints text[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named constant text[] := ARRAY(SELECT lower(btrim(f)) FROM unnest(liskeban._csv_fields(header)) WITH ORDINALITY AS u(f, ord) ORDER BY u.ord);
  columns constant integer[] := ARRAY(SELECT array_position(named, w.name)
                                        FROM unnest('{indicator,area,day,value}'::text[]) WITH ORDINALITY AS w(name, ord) ORDER BY w.ord);
BEGIN
  PERFORM liskeban._require_loader(from_source, true);
  IF NOT EXISTS (SELECT FROM liskeban.source_system AS s WHERE s.code = from_source AND s.retired_at IS NULL) THEN
    RAISE EXCEPTION '%', liskeban.message('source "%s" is not registered, or retired', from_source)
      USING ERRCODE = 'foreign_key_violation', HINT = liskeban.message('See liskeban.source_system.');
  END IF;
  IF array_position(columns, NULL) IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('column "%s" is not in the header of "%s"', ('{indicator,area,day,value}'::text[])[array_position(columns, NULL)], file)
      USING ERRCODE = 'undefined_column', HINT = liskeban.message('Observations have the columns indicator, area, day and value.');
  END IF;
  WITH record AS MATERIALIZED (
    SELECT u.line_no, u.raw, u.ord, r.indicator, r.area, r.day, r.value, coalesce(u.fault, r.reason) AS reason
      FROM unnest(lines, raws, faults) WITH ORDINALITY AS u(line_no, raw, fault, ord)
      LEFT JOIN LATERAL liskeban._read_observation(liskeban._csv_fields(u.raw), columns, from_source) AS r ON u.fault IS NULL
  ), written AS (
    INSERT INTO liskeban.observation AS o (indicator, area, day, value)
    SELECT DISTINCT ON (r.indicator, r.area, r.day) r.indicator, r.area, r.day, r.value
      FROM record AS r WHERE r.reason IS NULL ORDER BY r.indicator, r.area, r.day, r.ord DESC
    ON CONFLICT (indicator, area, day) DO UPDATE
       SET value = excluded.value,
           recorded_at = CASE WHEN o.value = excluded.value THEN o.recorded_at ELSE excluded.recorded_at END
    RETURNING (xmax = 0) AS is_new
  ), kept AS (
    INSERT INTO liskeban.intake_reject (source, at, file, line_no, raw, reason)
    SELECT from_source, liskeban.liskeban_now(), _load_observations.file, r.line_no, r.raw, r.reason
      FROM record AS r WHERE r.reason IS NOT NULL ORDER BY r.ord
    ON CONFLICT DO NOTHING
  )
  SELECT (SELECT count(*) FROM written AS w WHERE w.is_new),
         (SELECT count(*) FROM record AS r WHERE r.reason IS NULL) - (SELECT count(*) FROM written AS w WHERE w.is_new),
         (SELECT count(*) FROM record AS r WHERE r.reason IS NOT NULL),
         (SELECT array_agg(r.line_no || ': ' || r.reason ORDER BY r.ord) FROM record AS r WHERE r.reason IS NOT NULL)
    INTO created, updated, rejected, complaints;
  complaints := complaints[1:20];
END
$$;
COMMENT ON FUNCTION liskeban._load_observations(text, text, text, bigint[], text[], text[]) IS 'one batch of a file of observations: lines and raw records as liskeban_load cut them, faults what it found wrong with them; how many are new, were there (corrected or the same) and were rejected into intake_reject, and the first complaints. 23503 no such source, 42703 a column is missing in the header, 42501 not a loader of that source';
REVOKE ALL ON FUNCTION liskeban._load_observations(text, text, text, bigint[], text[], text[]) FROM PUBLIC;
