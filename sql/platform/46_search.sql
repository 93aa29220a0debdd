-- Finding tickets: by the citizen's telephone, by number, by words, by place.

-- Chinese words of two characters are searched by pairs of characters (extension/text_bigram.c). What changes with the
-- life of a ticket is none of it, so its moves stay within the page.
CREATE INDEX ticket_words_idx ON liskeban.ticket USING gin (liskeban.text_bigrams(title, description, address));

-- A telephone is found by its digest, with and without the country's code, for those who may know it.
CREATE FUNCTION liskeban._tickets_of_phone(phone text) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  digits constant text := regexp_replace(regexp_replace(phone, '[^0-9]', '', 'g'), '^(?:00)?86(?=1[0-9]{10}$)', '');
BEGIN
  PERFORM liskeban._require_desk('find tickets by telephone');
  IF digits = '' THEN
    RAISE EXCEPTION '%', liskeban.message('phone has no digits') USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN ARRAY(SELECT r.ticket_id FROM liskeban.reporter AS r
                WHERE r.phone_hash = ANY (ARRAY(SELECT sha256(convert_to(code || digits, 'UTF8')) FROM unnest('{"",86,0086}'::text[]) AS code))
                ORDER BY r.ticket_id DESC LIMIT 1000);
END
$$;
COMMENT ON FUNCTION liskeban._tickets_of_phone(text) IS 'the newest thousand tickets whose reporter has that telephone; 42501 unless the caller administers the platform or dispatches';
REVOKE ALL ON FUNCTION liskeban._tickets_of_phone(text) FROM PUBLIC;

-- What a number may mean, each by an index: a ticket_id, a source's own number, a ticket_no, how one begins (prefix, day,
-- figures) or how it ends (figures). Where it may mean many, the newest thousand.
CREATE FUNCTION liskeban._tickets_of_number(number text) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  platform liskeban.platform;
  base bigint;
  newest bigint;
  parts text[];
  begins date;
  ends date;
  step bigint;
  ids bigint[];
BEGIN
  SELECT p.* INTO STRICT platform FROM liskeban.platform AS p;
  base := left(rpad(platform.district::text, 6, '0'), 6)::bigint * 1000000000;
  ids := ARRAY(SELECT t.ticket_id FROM liskeban.ticket AS t WHERE t.ticket_no = number
               UNION ALL
               SELECT t.ticket_id FROM liskeban.source_system AS s
                 JOIN liskeban.ticket AS t ON t.source = s.code AND t.external_id = number);
  IF number ~ '^[0-9]{10,18}$' THEN
    ids := ids || number::bigint;
  ELSIF number ~ '^-?[0-9]{1,9}$' THEN
    -- the figures that a number ends with
    number := ltrim(number, '-');
    step := 10 ^ length(number);
    newest := (SELECT max(t.ticket_id) FROM liskeban.ticket AS t) - base;
    ids := ids || ARRAY(SELECT base + number::bigint + k * step
                          FROM generate_series((newest - number::bigint) / step, greatest((newest - number::bigint) / step - 999, 0), -1) AS k
                         WHERE newest >= number::bigint);
  ELSE
    parts := regexp_match(number, '^(?:' || platform.ticket_prefix || '-([0-9]{4,8})|(?:' || platform.ticket_prefix || '-)?([0-9]{8})-([0-9]*))$', 'i');
    IF length(parts[3]) >= 6 THEN
      ids := ids || ARRAY(SELECT t.ticket_id FROM liskeban.ticket AS t
                           WHERE t.ticket_id = base + left(parts[3], 9)::bigint AND t.ticket_no LIKE '%' || parts[2] || '-' || parts[3]);
    ELSIF parts IS NOT NULL THEN
      parts[1] := coalesce(parts[1], parts[2]);
      begins := to_date(rpad(left(parts[1], 4 + (length(parts[1]) - 4) / 2 * 2), 8, '0101'), 'YYYYMMDD');
      ends := begins + CASE WHEN length(parts[1]) >= 8 THEN interval '1 day' WHEN length(parts[1]) >= 6 THEN interval '1 month' ELSE interval '1 year' END;
      ids := ids || ARRAY(SELECT t.ticket_id FROM liskeban.ticket AS t
                           WHERE t.received_at >= begins::timestamp AT TIME ZONE platform.time_zone
                             AND t.received_at < ends::timestamp AT TIME ZONE platform.time_zone
                             AND t.ticket_no LIKE platform.ticket_prefix || '-' || parts[1] || coalesce('-' || parts[3], '') || '%'
                           ORDER BY t.ticket_id DESC LIMIT 1000);
    END IF;
  END IF;
  RETURN ids;
EXCEPTION
  WHEN datetime_field_overflow OR invalid_datetime_format THEN
    RETURN ids;
END
$$;
COMMENT ON FUNCTION liskeban._tickets_of_number(text) IS 'the tickets that a number may mean: ticket_id, ticket_no, how one begins or ends, external_id; numbers of tickets that there are not may be among them';
REVOKE ALL ON FUNCTION liskeban._tickets_of_number(text) FROM PUBLIC;

-- Numbers are drawn as tickets come in: the newest are those with the greatest. What is frequent is soon found among the
-- newest tickets, looked through from the newest on; what is rare by the indexes, and sorted. Which it is, is tried out, not
-- left to what the planner thinks of two words that never meet: the newest 3,000 tickets first, then the indexes for up to
-- 5,000, then the newest 50,000, then all that the indexes find. In the schema of PostGIS somebody may have planted what fits
-- arguments better than what matches any, or than numbers of two kinds do: the former is named with its schema, the latter
-- are of one kind. It runs as the owner, for behind row security no index of words or places is used, whose operators might tell
-- of what they saw: what the policy of the ticket asks, it asks itself, of every ticket that it looks at.
CREATE FUNCTION liskeban.find_tickets(phone text DEFAULT NULL, number text DEFAULT NULL, words text DEFAULT NULL,
  place geometry DEFAULT NULL, radius_m double precision DEFAULT 200, max_rows integer DEFAULT 100)
RETURNS TABLE (ticket_id bigint, ticket_no text, state liskeban.ticket_state, category text, title text, received_at timestamptz,
  area liskeban.area_code, responsible_area liskeban.area_code, department text, source text, external_id text,
  distance_m double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT SET enable_seqscan = off SET work_mem = '32MB' AS $$
DECLARE
  by_phone constant text := nullif(btrim(phone), '');
  by_number constant text := nullif(btrim(number), '');
  by_words constant text := nullif(btrim(words), '');
  keys constant integer[] := liskeban.text_bigrams(words);
  ids bigint[];
  degree constant double precision := 110500;
  box geometry;
  indexed text := '';
  compared text := '';
  newest text;
  many boolean;
  seen constant text := ' AND (t.ticket_id >= liskeban.scope_from() OR liskeban.in_scope(t.responsible_area, t.area, t.department,'
                        ' t.co_departments, t.confidential, t.category, t.tier) OR t.ticket_id = ANY (liskeban.scope_held()))';
BEGIN
  IF pg_catalog.num_nonnulls(by_phone, by_number, by_words, place) = 0 THEN
    RAISE EXCEPTION '%', liskeban.message('find_tickets needs something to look for')
      USING ERRCODE = 'invalid_parameter_value', HINT = liskeban.message('Give a phone, a number, words or a place.');
  END IF;
  IF max_rows IS NULL OR max_rows < 1 THEN
    RAISE EXCEPTION '%', liskeban.message('max_rows must be at least 1') USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF by_phone IS NOT NULL THEN
    ids := liskeban._tickets_of_phone(by_phone);
  END IF;
  IF by_number IS NOT NULL THEN
    ids := CASE WHEN ids IS NULL THEN liskeban._tickets_of_number(by_number)
                ELSE ARRAY(SELECT pg_catalog.unnest(ids) INTERSECT SELECT pg_catalog.unnest(liskeban._tickets_of_number(by_number))) END;
  END IF;
  IF ids IS NOT NULL THEN
    indexed := ' AND t.ticket_id = ANY ($1)';
  END IF;
  IF by_words IS NOT NULL THEN
    IF keys OPERATOR(pg_catalog.<>) '{}'::integer[] AND ids IS NULL THEN
      indexed := indexed || ' AND liskeban.text_bigrams(t.title, t.description, t.address) OPERATOR(pg_catalog.@>) $2';
    ELSIF ids IS NULL AND place IS NULL THEN
      RAISE EXCEPTION '%', liskeban.message('words of one character are not looked for alone')
        USING ERRCODE = 'invalid_parameter_value', HINT = liskeban.message('Give a word of two characters or more.');
    END IF;
    compared := ' AND liskeban.text_contains($3, t.title, t.description, t.address)';
  END IF;
  IF place IS NOT NULL THEN
    IF ST_SRID(place) <> 4490 OR ST_IsEmpty(place) THEN
      RAISE EXCEPTION '%', liskeban.message('place must be a geometry of SRID 4490, and not empty') USING ERRCODE = 'invalid_parameter_value',
        HINT = liskeban.message('See liskeban.to_cgcs2000(geometry, datum).');
    END IF;
    IF radius_m IS NULL OR NOT radius_m BETWEEN 0::double precision AND 100000::double precision THEN
      RAISE EXCEPTION '%', liskeban.message('radius_m must lie between 0 and 100000') USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- a degree of latitude has 110.5 km at least
    box := ST_Expand(ST_Envelope(place),
                     radius_m / (degree * cos(radians(least(abs(ST_Y(ST_Centroid(ST_Envelope(place)))) + 1::double precision, 89::double precision)))),
                     radius_m / degree);
    indexed := indexed || ' AND t.geom && $4';
    compared := compared || ' AND ST_Distance(t.geom::geography, $5::geography, false) <= $6';
  END IF;
  indexed := substr(indexed, 6);

  IF ids IS NULL THEN
    newest := 'SELECT pg_catalog.array_agg(n.ticket_id) FROM (SELECT t.ticket_id FROM liskeban.ticket AS t'
              ' WHERE t.ticket_id > (SELECT max(x.ticket_id) - $8 FROM liskeban.ticket AS x)' ||
              CASE WHEN place IS NOT NULL THEN ' AND (t.geom && $4) IS TRUE' ELSE '' END || compared || seen ||
              ' ORDER BY t.ticket_id DESC LIMIT $7) AS n';
    EXECUTE newest INTO ids USING ids, keys, by_words, box, place, radius_m, max_rows, 3000;
    IF pg_catalog.cardinality(ids) = max_rows THEN
      many := true;
    ELSE
      EXECUTE 'SELECT count(*) > 5000 FROM (SELECT FROM liskeban.ticket AS t WHERE ' || indexed || ' LIMIT 5001) AS p'
        INTO many USING ids, keys, by_words, box;
      IF many THEN
        EXECUTE newest INTO ids USING ids, keys, by_words, box, place, radius_m, max_rows, 50000;
        many := pg_catalog.cardinality(ids) = max_rows;
      END IF;
    END IF;
    IF many THEN
      indexed := 't.ticket_id = ANY ($1)';
    END IF;
  END IF;
  RETURN QUERY EXECUTE
    'SELECT f.* FROM (SELECT t.ticket_id, t.ticket_no, t.state, t.category, t.title, t.received_at, t.area, t.responsible_area,'
    ' t.department, t.source, t.external_id, ' ||
    CASE WHEN place IS NULL THEN 'NULL::double precision' ELSE 'ST_Distance(t.geom::geography, $5::geography, false)' END ||
    ' AS distance_m FROM liskeban.ticket AS t WHERE ' || indexed || compared || seen || ' ORDER BY t.ticket_id + 0 DESC LIMIT $7) AS f'
    ' ORDER BY f.received_at DESC, f.ticket_id DESC'
    USING ids, keys, by_words, box, place, radius_m, max_rows;
END
$$;
COMMENT ON FUNCTION liskeban.find_tickets(text, text, text, geometry, double precision, integer) IS '查单 the tickets that are all of what is asked: whose reporter has the phone (for administrators and dispatchers only: 42501), whose number it is (ticket_id, ticket_no or how it begins or ends, the source''s own), in whose title, description or address each of the words stands, that lie within radius_m metres (on the sphere) of the place (SRID 4490). Newest first, at most max_rows; of a phone, or a number that may mean many, among the newest thousand. 22023 where nothing is asked, only a word of one character, or a place of another SRID';
REVOKE ALL ON FUNCTION liskeban.find_tickets(text, text, text, geometry, double precision, integer) FROM PUBLIC;
