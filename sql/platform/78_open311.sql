-- Open311 GeoReport v2 both ways (wiki.open311.org/GeoReport_v2): what a gateway puts behind GET services, GET services/<code>,
-- GET requests, GET requests/<id> and POST requests; GET tokens it needs not, for each POST answers with its id. What is wrong with a request is an answer, [{"code", "description"}], never an error. No
-- personal data goes out: neither texts nor reporters; confidential tickets not at all.

CREATE FUNCTION liskeban._open311_error(code integer, description text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_build_array(jsonb_build_object('code', _open311_error.code, 'description', _open311_error.description))
$$;
COMMENT ON FUNCTION liskeban._open311_error(integer, text) IS 'an error as GeoReport v2 writes it';
REVOKE ALL ON FUNCTION liskeban._open311_error(integer, text) FROM PUBLIC;

CREATE FUNCTION liskeban._open311_time(t timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
$$;
COMMENT ON FUNCTION liskeban._open311_time(timestamptz) IS 'an instant as GeoReport v2 writes it: ISO 8601 with its zone, to the second';
REVOKE ALL ON FUNCTION liskeban._open311_time(timestamptz) FROM PUBLIC;

-- The W3C's note of ISO 8601, that the standard asks for, and nothing else that PostgreSQL would take for a time.
CREATE FUNCTION liskeban._open311_instant(written text) RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF written ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN
    RETURN written::timestamp AT TIME ZONE (SELECT p.time_zone FROM liskeban.platform AS p);
  ELSIF written ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})$' THEN
    RETURN written::timestamptz;
  END IF;
  RETURN NULL;
EXCEPTION WHEN data_exception THEN
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION liskeban._open311_instant(text) IS 'an instant that GeoReport v2 allows, with its zone or a mere day of the platform''s zone; NULL what is none';
REVOKE ALL ON FUNCTION liskeban._open311_instant(text) FROM PUBLIC;

CREATE FUNCTION liskeban._open311_given(request jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(jsonb_object_agg(g.key, g.value), '{}') FROM jsonb_each(request) AS g WHERE g.value NOT IN ('null', '""')
$$;
COMMENT ON FUNCTION liskeban._open311_given(jsonb) IS 'the arguments that have a value: forms send empty ones too';
REVOKE ALL ON FUNCTION liskeban._open311_given(jsonb) FROM PUBLIC;

CREATE FUNCTION liskeban.open311_services() RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('service_code', c.code, 'service_name', c.name, 'description', coalesce(c.name_en, c.name),
                                               'metadata', false, 'type', 'realtime', 'keywords', array_to_string(c.words, ', '),
                                               'group', d.name) ORDER BY c.code), '[]')
    FROM liskeban.category AS c JOIN liskeban.domain AS d ON d.code = c.domain
   WHERE c.retired_at IS NULL
$$;
COMMENT ON FUNCTION liskeban.open311_services() IS 'Open311 服务清单 GET services of GeoReport v2: the categories in force, in the order of their codes; none has metadata';
REVOKE ALL ON FUNCTION liskeban.open311_services() FROM PUBLIC;

CREATE FUNCTION liskeban.open311_service(service_code text) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN coalesce(open311_service.service_code, '') = '' THEN liskeban._open311_error(400, 'service_code was not provided')
              WHEN c.code IS NULL THEN liskeban._open311_error(404, 'service_code was not found')
              ELSE jsonb_build_object('service_code', c.code, 'attributes', '[]'::jsonb) END
    FROM (SELECT) AS one LEFT JOIN liskeban.category AS c ON c.code = open311_service.service_code AND c.retired_at IS NULL
$$;
COMMENT ON FUNCTION liskeban.open311_service(text) IS 'Open311 服务定义 GET services/<service_code> of GeoReport v2: a category in force, which asks for no attributes; or [{code 400 or 404, description}]';
REVOKE ALL ON FUNCTION liskeban.open311_service(text) FROM PUBLIC;

CREATE FUNCTION liskeban.open311_requests(filters jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  asked jsonb := coalesce(filters, '{}');
  now constant timestamptz := liskeban.liskeban_now();
  ids bigint[];
  codes text[];
  states text[];
  from_at timestamptz;
  to_at timestamptz;
  unknown text;
BEGIN
  IF jsonb_typeof(asked) <> 'object' THEN
    RETURN liskeban._open311_error(400, 'filters is no object');
  END IF;
  asked := liskeban._open311_given(asked);
  SELECT string_agg(k.k, ', ' ORDER BY k.k) INTO unknown FROM jsonb_object_keys(asked) AS k(k)
   WHERE NOT k.k = ANY ('{service_request_id,service_code,start_date,end_date,status,jurisdiction_id,api_key}');
  IF unknown IS NOT NULL THEN
    RETURN liskeban._open311_error(400, 'unknown argument: ' || unknown);
  END IF;
  -- ids go before all else
  IF asked ->> 'service_request_id' IS NOT NULL THEN
    IF asked ->> 'service_request_id' !~ '^[0-9]{1,18}(,[0-9]{1,18})*$' THEN
      RETURN liskeban._open311_error(400, 'service_request_id is no list of numbers');
    END IF;
    ids := string_to_array(asked ->> 'service_request_id', ',')::bigint[];
    from_at := '-infinity';
    to_at := 'infinity';
  ELSE
    codes := string_to_array(asked ->> 'service_code', ',');
    states := string_to_array(asked ->> 'status', ',');
    IF NOT states <@ '{open,closed}' THEN
      RETURN liskeban._open311_error(400, 'status is open or closed');
    END IF;
    from_at := liskeban._open311_instant(asked ->> 'start_date');
    to_at := liskeban._open311_instant(asked ->> 'end_date');
    IF from_at IS NULL AND asked ? 'start_date' OR to_at IS NULL AND asked ? 'end_date' THEN
      RETURN liskeban._open311_error(400, 'start_date or end_date is no time with its zone');
    END IF;
    -- days of 24 hours, whatever the session's zone does to its clocks
    to_at := coalesce(to_at, least(from_at + interval '2160 hours', now), now);
    from_at := coalesce(from_at, to_at - interval '2160 hours');
    IF from_at > to_at OR to_at - from_at > interval '90 days' THEN
      RETURN liskeban._open311_error(400, 'start_date to end_date spans 0 to 90 days');
    END IF;
  END IF;

  RETURN coalesce((
    SELECT jsonb_agg(jsonb_build_object(
             'service_request_id', r.service_request_id::text, 'status', r.status, 'status_notes', r.status_notes,
             'service_name', r.service_name, 'service_code', r.service_code, 'description', r.description,
             'agency_responsible', r.agency_responsible, 'service_notice', r.service_notice,
             'requested_datetime', liskeban._open311_time(r.requested_datetime), 'updated_datetime', liskeban._open311_time(r.updated_datetime),
             'expected_datetime', liskeban._open311_time(r.expected_datetime), 'address', r.address, 'address_id', r.address_id,
             'zipcode', r.zipcode, 'lat', r.lat, 'long', r.long, 'media_url', r.media_url)
             ORDER BY r.requested_datetime DESC, r.service_request_id DESC)
      FROM (SELECT o.* FROM liskeban_report.open311_request AS o
             WHERE o.requested_datetime >= from_at AND o.requested_datetime <= to_at
               AND (ids IS NULL OR o.service_request_id = ANY (ids))
               AND (codes IS NULL OR o.service_code = ANY (codes))
               AND (states IS NULL OR o.status = ANY (states))
             ORDER BY o.requested_datetime DESC, o.service_request_id DESC
             LIMIT 1000) AS r), '[]');
END
$$;
COMMENT ON FUNCTION liskeban.open311_requests(jsonb) IS 'Open311 工单查询 GET requests of GeoReport v2: service_request_id (a list; goes before all else), service_code, status (lists), start_date and end_date (ISO 8601 with the zone, or a day, which begins in the platform''s; at most 90 days; the last 90 unless given); an empty one is as not given; jurisdiction_id and api_key are the gateway''s. The newest first, 1,000 at most. open or closed in status, the real state in status_notes, the due in force in expected_datetime. What is wrong: [{code 400, description}]';
REVOKE ALL ON FUNCTION liskeban.open311_requests(jsonb) FROM PUBLIC;

CREATE FUNCTION liskeban.open311_request(service_request_id bigint) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN q.service_request_id IS NULL THEN liskeban._open311_error(400, 'service_request_id was not provided')
              WHEN r.found = '[]' THEN liskeban._open311_error(404, 'service_request_id was not found') ELSE r.found END
    FROM (SELECT open311_request.service_request_id) AS q,
         LATERAL (SELECT liskeban.open311_requests(jsonb_build_object('service_request_id', q.service_request_id::text)) AS found) AS r
$$;
COMMENT ON FUNCTION liskeban.open311_request(bigint) IS 'Open311 工单 GET requests/<id> of GeoReport v2: the one, or [{code 404, description}]';
REVOKE ALL ON FUNCTION liskeban.open311_request(bigint) FROM PUBLIC;

CREATE FUNCTION liskeban._open311_category(code text) RETURNS text
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.name FROM liskeban.category AS c WHERE c.code = _open311_category.code AND c.retired_at IS NULL
$$;
COMMENT ON FUNCTION liskeban._open311_category(text) IS 'name of the category in force; NULL there is none';
REVOKE ALL ON FUNCTION liskeban._open311_category(text) FROM PUBLIC;

CREATE FUNCTION liskeban.open311_submit(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  given jsonb;
  name text;
  taken record;
BEGIN
  IF jsonb_typeof(request) IS DISTINCT FROM 'object' THEN
    RETURN liskeban._open311_error(400, 'the request is no object');
  END IF;
  given := liskeban._open311_given(request);
  name := liskeban._open311_category(given ->> 'service_code');
  IF NOT given ? 'service_code' THEN
    RETURN liskeban._open311_error(400, 'service_code was not provided');
  ELSIF name IS NULL THEN
    RETURN liskeban._open311_error(404, 'service_code was not found');
  ELSIF num_nulls(given ->> 'lat', given ->> 'long') = 1
        OR num_nulls(given ->> 'lat', given ->> 'address_string', given ->> 'address_id') = 3 THEN
    RETURN liskeban._open311_error(400, 'lat and long, address_string or address_id was not provided');
  ELSIF NOT (given ->> 'lat' ~ '^-?[0-9]{1,2}(\.[0-9]{1,20})?$' AND given ->> 'long' ~ '^-?[0-9]{1,3}(\.[0-9]{1,20})?$') THEN
    RETURN liskeban._open311_error(400, 'lat or long is no number of degrees');
  ELSIF abs((given ->> 'lat')::numeric) > 90 OR abs((given ->> 'long')::numeric) > 180 THEN
    RETURN liskeban._open311_error(400, 'lat or long is no number of degrees');
  ELSIF length(given ->> 'description') > 4000 THEN
    RETURN liskeban._open311_error(400, 'description is longer than 4000 characters');
  END IF;
  SELECT s.* INTO taken FROM liskeban.submit(jsonb_strip_nulls(jsonb_build_object(
    'source', given ->> 'source', 'external_id', given ->> 'external_id', 'category', given ->> 'service_code', 'title', name,
    'description', given ->> 'description', 'address', coalesce(given ->> 'address_string', given ->> 'address_id'),
    'lat', given ->> 'lat', 'lon', given ->> 'long', 'datum', CASE WHEN given ->> 'lat' IS NOT NULL THEN 'wgs84' END,
    'reporter_name', nullif(concat(given ->> 'last_name', given ->> 'first_name'), ''), 'reporter_phone', given ->> 'phone',
    'attachments', CASE WHEN given ? 'media_url' THEN jsonb_build_array(jsonb_build_object('uri', given ->> 'media_url')) END))) AS s;
  IF taken.ticket_id IS NULL OR taken.outcome IN ('conflict', 'rejected') THEN
    RETURN liskeban._open311_error(400, coalesce(taken.reason, taken.outcome));
  END IF;
  RETURN jsonb_build_array(jsonb_build_object('service_request_id', taken.ticket_id::text, 'service_notice', NULL, 'account_id', NULL));
END
$$;
COMMENT ON FUNCTION liskeban.open311_submit(jsonb) IS 'Open311 上报 POST requests of GeoReport v2, through submit(): service_code (a category), lat and long (WGS 84), address_string or address_id, description (4,000 characters), first_name, last_name, phone, media_url; of ours source, where the caller is none, and external_id, by which a resend is known. An empty one is as not given; e-mail, device, account and attributes are not kept. [{service_request_id}], or [{code 400 or 404, description}]; 42501 where the caller is no source';
REVOKE ALL ON FUNCTION liskeban.open311_submit(jsonb) FROM PUBLIC;
