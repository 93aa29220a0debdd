-- Where a point lies, and the datums that coordinates come in.

CREATE FUNCTION liskeban.locate(geometry) RETURNS liskeban.area_code
LANGUAGE c STABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'area_locate_sql';
COMMENT ON FUNCTION liskeban.locate(geometry) IS '定位 the finest area in force (at liskeban_now()) that covers the point, boundary included: deeper level first, dedicated before plain, then the smallest code; NULL where none does; never snaps; 22023 for what is no Point of SRID 4490';

CREATE FUNCTION liskeban.place(geometry, OUT area liskeban.area_code, OUT placement liskeban.placement) RETURNS record
LANGUAGE c STABLE PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'area_place_sql';
COMMENT ON FUNCTION liskeban.place(geometry) IS '落格 inside as locate(); else snapped to the nearest of the deepest-level areas within platform.snap_distance metres on the ellipsoid; else outside; unknown for NULL, an empty point or coordinates that are none; 22023 for what is no Point of SRID 4490';

CREATE FUNCTION liskeban.to_cgcs2000(geometry, datum text) RETURNS geometry
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'datum_to_cgcs2000';
COMMENT ON FUNCTION liskeban.to_cgcs2000(geometry, text) IS '坐标转换 coordinates of datum gcj02, bd09, wgs84 or cgcs2000 as CGCS2000 (SRID 4490), degrees; Z and M are kept; the inverse of from_cgcs2000() to 1e-9 degrees; 22023 for another datum or an SRID other than 0, 4326, 4490. Formulas: the published eviltransform of GCJ-02 (ellipsoid of Krasovsky 1940) and the polar shift of BD-09; WGS 84 is taken as CGCS2000, from which it differs by centimetres';

CREATE FUNCTION liskeban.from_cgcs2000(geometry, datum text) RETURNS geometry
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'datum_from_cgcs2000';
COMMENT ON FUNCTION liskeban.from_cgcs2000(geometry, text) IS '坐标转换 coordinates of CGCS2000 in datum gcj02, bd09, wgs84 or cgcs2000, degrees; Z and M are kept; the SRID of the result is 4490 all the same; outside China GCJ-02 is CGCS2000; 22023 for another datum or an SRID other than 0, 4326, 4490';

CREATE FUNCTION liskeban._area_geom_problem(geometry) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'area_geom_problem_sql';
COMMENT ON FUNCTION liskeban._area_geom_problem(geometry) IS 'why a geometry cannot be the outline of an area (no polygon, empty, no degrees, or what ST_IsValidReason says); NULL when it can';

CREATE FUNCTION liskeban.area_check() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'area_check';
COMMENT ON FUNCTION liskeban.area_check() IS 'BEFORE trigger of liskeban.area: an area lies in the platform''s district, its outline is a valid polygon; 22023';
REVOKE ALL ON FUNCTION liskeban._area_geom_problem(geometry), liskeban.area_check() FROM PUBLIC;
