-- Areas from GeoJSON, as liskeban_load brings them: all of a file in one statement.

CREATE FUNCTION liskeban._read_area(feature json, code_field text, name_field text, srid integer, datum text,
    make_valid boolean, district liskeban.area_code,
    OUT code liskeban.area_code, OUT name text, OUT geom geometry, OUT reason text)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
  code := btrim(feature -> 'properties' ->> code_field)::liskeban.area_code;
  name := btrim(feature -> 'properties' ->> name_field);
  IF code IS NULL OR coalesce(name, '') = '' THEN
    reason := 'property is missing: ' || CASE WHEN code IS NULL THEN code_field ELSE name_field END;
    RETURN;
  END IF;
  IF NOT code OPERATOR(liskeban.<@) district THEN
    reason := 'code ' || code || ' does not lie in district ' || district;
    RETURN;
  END IF;
  IF coalesce(json_typeof(feature -> 'geometry'), 'null') = 'null' THEN
    RETURN;
  END IF;
  geom := ST_Force2D(ST_GeomFromGeoJSON((feature -> 'geometry')::text));
  IF datum IS NOT NULL THEN
    geom := liskeban.to_cgcs2000(ST_SetSRID(geom, 4490), datum);
  ELSIF coalesce(srid, 4326) IN (4326, 4490) THEN
    geom := ST_SetSRID(geom, 4490);
  ELSE
    geom := ST_Transform(ST_SetSRID(geom, srid), 4490);
  END IF;
  IF GeometryType(geom) NOT IN ('POLYGON', 'MULTIPOLYGON') THEN
    reason := 'geometry is no polygon: ' || GeometryType(geom);
  ELSIF ST_IsEmpty(geom) THEN
    reason := 'polygon is empty';
  ELSIF ST_XMin(geom) < -180 OR ST_XMax(geom) > 180 OR ST_YMin(geom) < -90 OR ST_YMax(geom) > 90 THEN
    reason := 'coordinates are no longitude and latitude';
  ELSIF NOT ST_IsValid(geom) THEN
    IF make_valid THEN
      geom := ST_CollectionExtract(ST_MakeValid(geom), 3);
    END IF;
    IF NOT make_valid THEN
      reason := 'polygon is invalid: ' || ST_IsValidReason(geom);
    ELSIF ST_IsEmpty(geom) OR NOT ST_IsValid(geom) THEN
      reason := 'polygon is invalid and cannot be repaired';
    END IF;
  END IF;
EXCEPTION WHEN data_exception OR invalid_parameter_value OR internal_error THEN
  -- what PostGIS and the types say of this one feature
  reason := SQLERRM;
END
$$;
COMMENT ON FUNCTION liskeban._read_area(json, text, text, integer, text, boolean, liskeban.area_code) IS 'one feature of GeoJSON as an area in CGCS2000, or the reason why not';
REVOKE ALL ON FUNCTION liskeban._read_area(json, text, text, integer, text, boolean, liskeban.area_code) FROM PUBLIC;

CREATE FUNCTION liskeban.load_areas(file text, document text, code_field text, name_field text,
    srid integer DEFAULT NULL, datum text DEFAULT NULL, make_valid boolean DEFAULT false, valid_from timestamptz DEFAULT NULL,
    OUT read bigint, OUT created bigint, OUT updated bigint, OUT rejected bigint, OUT complaints text[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT SET client_min_messages = warning AS $$
DECLARE
  collection constant json := document::json;
  features json;
  district constant liskeban.area_code := (SELECT p.district FROM liskeban.platform p);
BEGIN
  PERFORM liskeban._require_admin('load areas');
  features := CASE collection ->> 'type' WHEN 'FeatureCollection' THEN collection -> 'features'
                                         WHEN 'Feature' THEN json_build_array(collection) END;
  IF coalesce(json_typeof(features), '') <> 'array' THEN
    RAISE EXCEPTION '%', liskeban.message('the document is no FeatureCollection of GeoJSON') USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- files from before RFC 7946 may name their own coordinate system
  IF srid IS NULL AND datum IS NULL THEN
    srid := substring(collection #>> '{crs,properties,name}' FROM 'EPSG:+([0-9]{4,6})$')::integer;
  END IF;

  WITH feature AS MATERIALIZED (
    SELECT f.ordinality AS ord, f.value AS raw, a.code, a.name, a.geom, a.reason
    FROM json_array_elements(features) WITH ORDINALITY f
    CROSS JOIN LATERAL liskeban._read_area(f.value, code_field, name_field, srid, datum, make_valid, district) a
  ), checked AS MATERIALIZED (
    SELECT f.ord, f.raw, f.code, f.name, f.geom, EXISTS (SELECT FROM liskeban.area a WHERE a.code OPERATOR(liskeban.=) f.code) AS known,
      coalesce(f.reason, CASE WHEN row_number() OVER (PARTITION BY f.code, f.reason IS NULL ORDER BY f.ord) > 1
                              THEN 'code occurs more than once in the file: ' || f.code END) AS reason
    FROM feature f
  ), put AS (
    INSERT INTO liskeban.area AS a (code, name, geom, valid_from)
      SELECT c.code, c.name, c.geom, coalesce(load_areas.valid_from, '-infinity') FROM checked c WHERE c.reason IS NULL ORDER BY c.code
      ON CONFLICT ON CONSTRAINT area_pkey DO UPDATE
        SET name = excluded.name, geom = coalesce(excluded.geom, a.geom)
        WHERE a.name <> excluded.name OR a.geom IS DISTINCT FROM coalesce(excluded.geom, a.geom)
  ), kept AS (
    INSERT INTO liskeban.intake_reject (source, at, file, line_no, raw, reason)
      SELECT 'areas', liskeban.liskeban_now(), load_areas.file, c.ord, c.raw::text, c.reason
      FROM checked c WHERE c.reason IS NOT NULL ORDER BY c.ord
      ON CONFLICT DO NOTHING
  )
  SELECT count(*), count(*) FILTER (WHERE c.reason IS NULL AND NOT c.known),
      count(*) FILTER (WHERE c.reason IS NULL AND c.known), count(*) FILTER (WHERE c.reason IS NOT NULL),
      array_agg(c.ord || ': ' || c.reason ORDER BY c.ord) FILTER (WHERE c.reason IS NOT NULL)
    INTO read, created, updated, rejected, complaints
    FROM checked c;
END
$$;
COMMENT ON FUNCTION liskeban.load_areas(text, text, text, text, integer, text, boolean, timestamptz) IS '区域导入 the features of a GeoJSON document as areas, in one statement; code_field and name_field are their properties; srid (4326) or datum says what the coordinates are in; invalid polygons are rejected into intake_reject, or repaired; a known code is updated, a new one in force from valid_from (always; infinity: not before redraw_area() names it); 42501 unless an administrator, 22023 for what is no FeatureCollection';
REVOKE ALL ON FUNCTION liskeban.load_areas(text, text, text, text, integer, text, boolean, timestamptz) FROM PUBLIC;
