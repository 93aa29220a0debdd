-- Duplicates: what two tickets have in common (extension/similarity.c), and their merging (extension/duplicate.c).

CREATE FUNCTION liskeban.begin_merge(ticket_id bigint, lead_id bigint) RETURNS void
  AS 'MODULE_PATHNAME', 'begin_merge' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION liskeban.begin_merge(bigint, bigint) IS '准备并案 begin_move() for a merge: locks the two tickets, the lower number first; 55P03 where another session is merging the same two';

CREATE FUNCTION liskeban._text_similarity(text, text) RETURNS double precision
  AS 'MODULE_PATHNAME', 'text_similarity' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION liskeban._text_similarity(text, text) IS '0..1, the similarity() of pg_trgm: trigrams in common / trigrams of either; in a database whose ctype is C, for which Chinese has no letters, the same reckoned with everything beyond ASCII a letter but punctuation';

CREATE FUNCTION liskeban._point_distance(geometry, geometry) RETURNS double precision
  AS 'MODULE_PATHNAME', 'point_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION liskeban._point_distance(geometry, geometry) IS 'metres on the ellipsoid between two points of SRID 4490; NULL when either is empty; 22023 for anything else';

REVOKE ALL ON FUNCTION liskeban.begin_merge(bigint, bigint), liskeban._text_similarity(text, text),
  liskeban._point_distance(geometry, geometry) FROM PUBLIC;
