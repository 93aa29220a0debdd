-- Areas: what is refused when one is written, and what is loaded all the same but listed.

CREATE TRIGGER area_check BEFORE INSERT OR UPDATE OF code, geom ON liskeban.area
  FOR EACH ROW EXECUTE FUNCTION liskeban.area_check();

CREATE INDEX area_geom_idx ON liskeban.area USING gist (geom);

-- A sliver is what digitising leaves between two outlines that are meant to share a border: up to 10 square metres.
CREATE VIEW liskeban.area_problem WITH (security_invoker) AS
WITH area AS MATERIALIZED (
  SELECT a.code, liskeban.area_parent(a.code) AS parent, a.kind, a.geom
  FROM liskeban.area a
  WHERE a.geom IS NOT NULL AND a.valid_from <= liskeban.liskeban_now()
    AND (a.valid_to IS NULL OR a.valid_to > liskeban.liskeban_now())
), found AS (
  SELECT a.code, b.code AS other, 'overlap' AS problem,
    ST_Area(ST_Intersection(a.geom, b.geom)::geography) AS size
  FROM area a
  JOIN area b ON b.parent OPERATOR(liskeban.=) a.parent AND b.code OPERATOR(liskeban.>) a.code AND b.geom && a.geom
  WHERE a.kind = 'plain' AND b.kind = 'plain'
  UNION ALL
  SELECT p.code, NULL AS other, 'gap' AS problem, ST_Area(ST_Difference(p.geom, c.geom)::geography) AS size
  FROM area p
  JOIN (SELECT area.parent, ST_Union(area.geom) AS geom FROM area GROUP BY area.parent) c
    ON c.parent OPERATOR(liskeban.=) p.code
  UNION ALL
  SELECT c.code, p.code AS other, 'outside' AS problem, ST_Area(ST_Difference(c.geom, p.geom)::geography) AS size
  FROM area c
  JOIN area p ON p.code OPERATOR(liskeban.=) c.parent
  WHERE NOT ST_CoveredBy(c.geom, p.geom)
)
SELECT found.code, found.other, found.problem, found.size FROM found WHERE found.size > 10;
COMMENT ON VIEW liskeban.area_problem IS '区域问题 what does not fit among the areas in force: overlaps of plain siblings, parts of a parent that its children leave open, children outside their parent; beyond 10 m². A parent without row or outline is no problem';
COMMENT ON COLUMN liskeban.area_problem.code IS '区划代码 the area; of an overlap the smaller code, of a gap the parent';
COMMENT ON COLUMN liskeban.area_problem.other IS '另一区域 of an overlap the sibling, of a child outside the parent; NULL for a gap';
COMMENT ON COLUMN liskeban.area_problem.problem IS '问题 overlap 重叠, gap 空缺, outside 超出上级';
COMMENT ON COLUMN liskeban.area_problem.size IS '面积 square metres on the ellipsoid';
