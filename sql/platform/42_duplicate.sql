-- Duplicates: which other tickets may be of the same matter. Nothing is merged but by a person.
-- What matches any argument is named with its schema, and numbers are of one kind: in the schema of PostGIS somebody may
-- have planted what fits better. It runs as the owner, for behind row security no index of places is used: what the policy of the
-- ticket asks, it asks itself.

CREATE FUNCTION liskeban._similar_tickets(mine_id bigint, radius_m double precision, days double precision,
  OUT ticket_id bigint, OUT score double precision, OUT text_similarity double precision, OUT distance_m double precision,
  OUT days_apart double precision, OUT state liskeban.ticket_state, OUT lead_id bigint, OUT ticket_no text, OUT title text,
  OUT received_at timestamptz)
RETURNS SETOF record LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20 SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
  none constant double precision := 0;
  whole constant double precision := 1;
  mine record;
  span interval;
  lat_reach double precision;
  lon_reach double precision;
  box geometry;
BEGIN
  IF pg_catalog.num_nulls(mine_id, radius_m, days) > 0 THEN
    RAISE EXCEPTION '%', liskeban.message('ticket_id, radius_m and days must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  IF NOT (radius_m > none AND radius_m <= 1000000::double precision AND days > none AND days <= 36500::double precision) THEN
    RAISE EXCEPTION '%', liskeban.message('radius_m must lie in (0, 1000000], days in (0, 36500]') USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT t.ticket_id, t.category, t.received_at, t.geom, pg_catalog.concat_ws(' ', t.title, t.description) AS words,
         t.placement OPERATOR(pg_catalog.<>) 'unknown' AS placed
    INTO mine
    FROM liskeban.ticket AS t WHERE t.ticket_id = mine_id AND liskeban.ticket_in_scope(mine_id);
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('there is no ticket %s, or it is not yours to see', mine_id) USING ERRCODE = 'no_data_found';
  END IF;
  span := days * interval '1 day';
  -- A box that holds the circle finds them by the index; the distance then decides.
  IF mine.placed THEN
    lat_reach := radius_m / 110500::double precision;
    lon_reach := LEAST(radius_m / (111000::double precision
                                   * GREATEST(cosd(LEAST(abs(ST_Y(mine.geom)) + lat_reach, 89.9::double precision)), 0.001::double precision)),
                       180::double precision);
    box := ST_MakeEnvelope(ST_X(mine.geom) - lon_reach, ST_Y(mine.geom) - lat_reach,
                           ST_X(mine.geom) + lon_reach, ST_Y(mine.geom) + lat_reach, 4490);
  END IF;

  RETURN QUERY
  WITH candidate AS (
    SELECT t.ticket_id, t.state, t.merged_into, t.ticket_no, t.title, t.description, t.received_at, t.category,
           liskeban._point_distance(t.geom, mine.geom) AS metres, t.responsible_area, t.area, t.department, t.co_departments,
           t.confidential, t.tier
      FROM liskeban.ticket AS t WHERE mine.placed AND t.geom && box
    UNION ALL
    -- one of them has no place: the pool of those without, or all
    SELECT t.ticket_id, t.state, t.merged_into, t.ticket_no, t.title, t.description, t.received_at, t.category, NULL,
           t.responsible_area, t.area, t.department, t.co_departments, t.confidential, t.tier
      FROM liskeban.ticket AS t WHERE mine.placed AND t.area IS NULL AND t.placement OPERATOR(pg_catalog.=) 'unknown'
    UNION ALL
    SELECT t.ticket_id, t.state, t.merged_into, t.ticket_no, t.title, t.description, t.received_at, t.category, NULL,
           t.responsible_area, t.area, t.department, t.co_departments, t.confidential, t.tier
      FROM liskeban.ticket AS t WHERE NOT mine.placed
  ), compared AS MATERIALIZED (
    SELECT c.*, liskeban._text_similarity(mine.words, pg_catalog.concat_ws(' ', c.title, c.description)) AS alike,
           abs(EXTRACT(epoch FROM c.received_at - mine.received_at)::double precision) / 86400::double precision AS apart
      FROM candidate AS c
     WHERE c.category = mine.category AND c.ticket_id <> mine_id AND c.state OPERATOR(pg_catalog.<>) ALL ('{withdrawn,rejected}')
       AND c.received_at BETWEEN mine.received_at - span AND mine.received_at + span
       AND (c.metres IS NULL OR c.metres <= radius_m)
       AND (c.ticket_id >= liskeban.scope_from() OR c.ticket_id = ANY (liskeban.scope_held())
            OR liskeban.in_scope(c.responsible_area, c.area, c.department, c.co_departments, c.confidential, c.category, c.tier))
  )
  SELECT c.ticket_id,
         CASE WHEN c.metres IS NULL THEN 0.9::double precision * c.alike + 0.1::double precision * (whole - c.apart / days)
              ELSE 0.6::double precision * c.alike + 0.3::double precision * (whole - c.metres / radius_m)
                   + 0.1::double precision * (whole - c.apart / days) END AS score,
         c.alike, c.metres, c.apart, c.state, CASE WHEN c.state OPERATOR(pg_catalog.=) 'merged' THEN c.merged_into END, c.ticket_no, c.title,
         c.received_at
    FROM compared AS c
   WHERE c.metres IS NOT NULL OR c.alike >= 0.3::double precision
   ORDER BY score DESC, c.ticket_id;
END
$$;
COMMENT ON FUNCTION liskeban._similar_tickets(bigint, double precision, double precision) IS 'what liskeban.similar_tickets() gives';
REVOKE ALL ON FUNCTION liskeban._similar_tickets(bigint, double precision, double precision) FROM PUBLIC;

CREATE FUNCTION liskeban.similar_tickets(ticket_id bigint, radius_m double precision DEFAULT 500, days double precision DEFAULT 30)
RETURNS TABLE (ticket_id bigint, score double precision, text_similarity double precision, distance_m double precision,
               days_apart double precision, state liskeban.ticket_state, lead_id bigint, ticket_no text, title text,
               received_at timestamptz)
LANGUAGE sql STABLE ROWS 20 SET search_path = pg_catalog, pg_temp AS $$
  SELECT * FROM liskeban._similar_tickets($1, $2, $3)
$$;
COMMENT ON FUNCTION liskeban.similar_tickets(bigint, double precision, double precision) IS '相似工单 tickets that may be of the same matter, best first: of the same category, received within ± days, within radius_m metres on the ellipsoid; neither withdrawn nor rejected, open or not; a merged one with its lead. score, 0 to 1: 0.6 × text_similarity + 0.3 × (1 − distance_m / radius_m) + 0.1 × (1 − days_apart / days); where either has no position, distance_m is NULL, text_similarity at least 0.3 and the score 0.9 × text_similarity + 0.1 × (1 − days_apart / days). text_similarity: trigrams of title and description in common / in either (pg_trgm). Merges nothing. P0002 no such ticket, 22004 NULL, 22023 radius_m not in (0, 1000000] or days not in (0, 36500]';
REVOKE ALL ON FUNCTION liskeban.similar_tickets(bigint, double precision, double precision) FROM PUBLIC;
