-- What comes in from the sources: requests as rows, files of them, histories; and what could not be taken in. One request
-- at a time, and what is said of it later: 52_message.sql.

CREATE TABLE liskeban.ticket_intake (
  source      text NOT NULL,
  external_id text NOT NULL,
  digest      bytea,
  core        bytea,
  ticket_id   bigint,
  at          timestamptz NOT NULL,
  PRIMARY KEY (source, external_id)
);
COMMENT ON TABLE liskeban.ticket_intake IS '接入登记 what each source has sent: by digest, so that the same request sent again is known; its messages lock its row';
COMMENT ON COLUMN liskeban.ticket_intake.source IS '来源系统 source_system';
COMMENT ON COLUMN liskeban.ticket_intake.external_id IS '来源单号 the source''s own key; a file''s row without one is known by "sha256:" and its digest';
COMMENT ON COLUMN liskeban.ticket_intake.digest IS '摘要 SHA-256 of the payload that made the ticket; NULL where none did (yet)';
COMMENT ON COLUMN liskeban.ticket_intake.core IS '主体摘要 SHA-256 of what a resend may not change: all but title, description, text, reporter and attachments; NULL as digest';
COMMENT ON COLUMN liskeban.ticket_intake.ticket_id IS '工单编号 the ticket it became; NULL while messages wait for their create';
COMMENT ON COLUMN liskeban.ticket_intake.at IS '接入时间 when it, or a message of it, was last taken in';

CREATE TABLE liskeban.intake_reject (
  reject_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source      text NOT NULL,
  at          timestamptz NOT NULL,
  file        text,
  line_no     bigint,
  raw         text NOT NULL,
  reason      text NOT NULL,
  resolved_at timestamptz
);
CREATE UNIQUE INDEX intake_reject_key ON liskeban.intake_reject (source, liskeban._text_digest(raw));
CREATE INDEX intake_reject_at_idx ON liskeban.intake_reject USING brin (at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX intake_reject_open_idx ON liskeban.intake_reject (at) WHERE resolved_at IS NULL;
COMMENT ON TABLE liskeban.intake_reject IS '隔离区 what could not be taken in: conflicts and what cannot be read; the same again is the same row';
COMMENT ON COLUMN liskeban.intake_reject.reject_id IS '编号 key';
COMMENT ON COLUMN liskeban.intake_reject.source IS '来源系统 the source that sent it, as it was given; "areas" for areas';
COMMENT ON COLUMN liskeban.intake_reject.at IS '时间 when it was first refused';
COMMENT ON COLUMN liskeban.intake_reject.file IS '文件 file it stood in; NULL when submitted; "hazard_signal" of a signal';
COMMENT ON COLUMN liskeban.intake_reject.line_no IS '行号 line on which it began, for areas the number of the feature';
COMMENT ON COLUMN liskeban.intake_reject.raw IS '原文 what was sent; personal data may stand in it';
COMMENT ON COLUMN liskeban.intake_reject.reason IS '原因 why it was refused';
COMMENT ON COLUMN liskeban.intake_reject.resolved_at IS '处理时间 when somebody dealt with it, or the create that it waited for came; NULL open';

CREATE FUNCTION liskeban._request_position(lon double precision, lat double precision, datum text)
RETURNS geometry LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN lon IS NULL THEN NULL
            WHEN datum IS NULL THEN ST_SetSRID(ST_MakePoint(lon, lat), 4490)
            ELSE liskeban.to_cgcs2000(ST_SetSRID(ST_MakePoint(lon, lat), 4490), datum) END;
COMMENT ON FUNCTION liskeban._request_position(double precision, double precision, text) IS 'position of a request in CGCS2000; NULL without one';
REVOKE ALL ON FUNCTION liskeban._request_position(double precision, double precision, text) FROM PUBLIC;

-- Attachments as sources give them: a list of {"uri", "sha256", "taken_at", "lon", "lat", "datum"}, or of mere addresses.
CREATE FUNCTION liskeban._read_attachments(attachments jsonb)
RETURNS TABLE (uri text, sha256 bytea, taken_at timestamptz, geom geometry, fault text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 SET search_path FROM CURRENT AS $$
  SELECT f.text, CASE WHEN f.title ~ '^[0-9A-Fa-f]{64}$' THEN decode(f.title, 'hex') END, f.discovered_at,
    liskeban._request_position(f.lon, f.lat, f.datum),
    CASE WHEN f.reason LIKE 'discovered_at%' THEN 'taken_at of an attachment' || substr(f.reason, length('discovered_at') + 1)
         WHEN f.text IS NULL THEN 'an attachment has no uri'
         WHEN f.reason IS NOT NULL OR f.title !~ '^[0-9A-Fa-f]{64}$' THEN 'sha256 of an attachment is not 64 hexadecimal digits' END
  FROM (SELECT p.time_zone, liskeban.liskeban_now() AS now FROM liskeban.platform p OFFSET 0) p
  CROSS JOIN jsonb_array_elements(CASE coalesce(jsonb_typeof(attachments), 'null') WHEN 'array' THEN attachments WHEN 'null' THEN '[]'
                                  ELSE jsonb_build_array(attachments) END) a (item)
  CROSS JOIN LATERAL liskeban._request_fields(
    CASE jsonb_typeof(a.item)
      WHEN 'object' THEN jsonb_build_object('text', a.item -> 'uri', 'title', a.item -> 'sha256', 'discovered_at',
        a.item -> 'taken_at', 'lon', a.item -> 'lon', 'lat', a.item -> 'lat', 'datum', a.item -> 'datum')
      WHEN 'string' THEN jsonb_build_object('text', a.item)
      ELSE '{}' END, p.time_zone, p.now, false) f
  WHERE a.item <> '""'
$$;
COMMENT ON FUNCTION liskeban._read_attachments(jsonb) IS 'the member attachments of a payload as rows for liskeban.attachment; fault says why one cannot be read; an impossible position is none';
REVOKE ALL ON FUNCTION liskeban._read_attachments(jsonb) FROM PUBLIC;

CREATE FUNCTION liskeban._message_fault(event text, external_id text, has_words boolean, attachments jsonb, history boolean)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  fault text;
  number bigint;
BEGIN
  IF event NOT IN ('create', 'supplement', 'urge', 'withdraw', 'attach') THEN
    RETURN 'event is not known: ' || event;
  ELSIF event <> 'create' AND history THEN
    RETURN 'event is not for a history: ' || event;
  ELSIF event <> 'create' AND external_id IS NULL THEN
    RETURN 'external_id is missing';
  END IF;
  SELECT max(a.fault), count(*) INTO fault, number FROM liskeban._read_attachments(attachments) a;
  RETURN CASE WHEN fault IS NOT NULL THEN fault
              WHEN event = 'attach' AND number = 0 THEN 'attachments are missing'
              WHEN event = 'supplement' AND number = 0 AND NOT has_words THEN 'there is nothing to add' END;
END
$$;
COMMENT ON FUNCTION liskeban._message_fault(text, text, boolean, jsonb, boolean) IS 'why a payload that brings attachments or another event than create cannot be read; NULL where it can';
REVOKE ALL ON FUNCTION liskeban._message_fault(text, text, boolean, jsonb, boolean) FROM PUBLIC;

-- Payloads as rows for liskeban.ticket and what goes with it. A live demand is never refused for an unknown category
-- (uncategorised, what was given stays in extra) or an impossible position (none).
CREATE FUNCTION liskeban._read_requests(requests jsonb[], history boolean)
RETURNS TABLE (ord bigint, reason text, digest bytea, core bytea, event text, external_id text,
  kind liskeban.ticket_kind, category text, difficulty liskeban.difficulty, priority integer, confidential boolean,
  title text, description text, address text, geom geometry, discovered_at timestamptz, reported_at timestamptz,
  extra jsonb, reporter_name text, reporter_phone text, attachments jsonb,
  given_category boolean, given_title text, given_description text, given_text text,
  accepted_at timestamptz, dispatched_at timestamptz, on_site_at timestamptz, planned_at timestamptz, plan text,
  promised_at timestamptz, resolved_at timestamptz, resolution text, closed_at timestamptz,
  satisfaction liskeban.satisfaction, solved boolean)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1000 SET search_path FROM CURRENT AS $$
DECLARE
  -- not joined: nobody can estimate how many rows a table without statistics has
  zone constant text := (SELECT p.time_zone FROM liskeban.platform p);
  now constant timestamptz := liskeban.liskeban_now();
BEGIN
  RETURN QUERY SELECT r.ord,
    coalesce(f.reason, CASE WHEN f.event <> 'create' OR r.request ? 'attachments' THEN
      liskeban._message_fault(coalesce(f.event, 'create'), f.external_id,
        num_nonnulls(f.title, f.description, f.text, f.reporter_name, f.reporter_phone) > 0,
        r.request -> 'attachments', history) END),
    f.digest, f.core, f.event, f.external_id,
    coalesce(f.kind, 'demand')::liskeban.ticket_kind, c.code,
    coalesce(f.difficulty::liskeban.difficulty, c.difficulty), coalesce(f.priority, 3), coalesce(f.confidential, false),
    coalesce(f.title, c.name),
    CASE WHEN f.text IS NULL OR position(f.text IN f.description) > 0 THEN f.description
         WHEN position(f.description IN f.text) > 0 THEN f.text
         ELSE concat_ws(E'\n', f.description, f.text) END,
    f.address, liskeban._request_position(f.lon, f.lat, f.datum), f.discovered_at, f.reported_at,
    CASE WHEN f.category IS NOT NULL AND f.category <> c.code
         THEN coalesce(f.extra, '{}') || jsonb_build_object('category', f.category) ELSE f.extra END,
    f.reporter_name, f.reporter_phone, r.request -> 'attachments', f.category IS NOT NULL, f.title, f.description, f.text,
    f.accepted_at, f.dispatched_at, f.on_site_at, f.planned_at, f.plan, f.promised_at, f.resolved_at, f.resolution,
    f.closed_at, f.satisfaction::liskeban.satisfaction, f.solved
  FROM unnest(requests) WITH ORDINALITY r (request, ord)
  CROSS JOIN LATERAL liskeban._request_fields(r.request, zone, now, history) f
  LEFT JOIN liskeban.category given ON given.code = f.category AND given.retired_at IS NULL
  JOIN liskeban.category c ON c.code = coalesce(given.code, 'uncategorised');
END
$$;
COMMENT ON FUNCTION liskeban._read_requests(jsonb[], boolean) IS 'payloads of submit() as rows for liskeban.ticket; reason says why one cannot be taken in; given_ are the words as they came; with history the stamps are there and complete';
REVOKE ALL ON FUNCTION liskeban._read_requests(jsonb[], boolean) FROM PUBLIC;

-- Files. The loader brings records as raw text; a batch is one statement for all that is new, the rest goes one by one
-- as by submit(), and so does a batch that failed.

CREATE FUNCTION liskeban._load_begin(source text, header text, map jsonb, history boolean) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF history THEN
    PERFORM liskeban._require_admin('load a history');
  END IF;
  IF (map #> '{category,create}') = 'true' THEN
    PERFORM liskeban._require_admin('create categories');
  END IF;
  PERFORM liskeban._require_loader(_load_begin.source,
    EXISTS (SELECT FROM liskeban.source_system s WHERE s.code = _load_begin.source));
  PERFORM liskeban._record_payload(NULL, header, map, (SELECT p.time_zone FROM liskeban.platform p), history);
  INSERT INTO liskeban.source_system AS s (code, name, kind) VALUES (source, source, 'other')
    ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION liskeban._load_begin(text, text, jsonb, boolean) IS 'before the first batch of a file: checks the map against its header (22023, 42703) and registers an unseen source; 42501 where the caller may not load for it';
REVOKE ALL ON FUNCTION liskeban._load_begin(text, text, jsonb, boolean) FROM PUBLIC;

CREATE FUNCTION liskeban._load_one_by_one(from_source text, file text, lines bigint[], raws text[],
    faults text[], payloads jsonb[], only_ords bigint[],
    OUT created bigint, OUT existing bigint, OUT rejected bigint, OUT complaints text[])
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  r record;
  result record;
BEGIN
  created := 0;
  existing := 0;
  rejected := 0;
  complaints := '{}';
  FOR r IN
    SELECT u.* FROM unnest(lines, raws, faults, payloads) WITH ORDINALITY u (line_no, raw, fault, payload, ord)
    WHERE only_ords IS NULL OR u.ord = ANY (only_ords) ORDER BY u.ord
  LOOP
    IF r.fault IS NOT NULL THEN
      SELECT 'rejected' AS outcome, r.fault AS reason, NULL::bigint AS message_id INTO result;
    ELSE
      SELECT t.outcome, t.reason, t.message_id INTO result FROM liskeban._take_in(r.payload, from_source, true) t;
    END IF;
    IF result.outcome = 'created' THEN
      created := created + 1;
    ELSIF result.outcome IN ('existing', 'supplemented', 'urged', 'withdrawn') THEN
      existing := existing + 1;
    ELSE
      rejected := rejected + 1;
      IF rejected <= 20 THEN
        complaints := complaints || (r.line_no || ': ' || result.reason);
      END IF;
      PERFORM liskeban._quarantine(from_source, file, r.line_no, r.raw, result.reason, result.message_id);
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION liskeban._load_one_by_one(text, text, bigint[], text[], text[], jsonb[], bigint[]) IS 'the records of a batch (those of the given places, NULL all) one by one, each as by submit()';
REVOKE ALL ON FUNCTION liskeban._load_one_by_one(text, text, bigint[], text[], text[], jsonb[], bigint[]) FROM PUBLIC;

-- Histories. The INSERT says what the tickets went through, accepted_at as updated_at, and the guard plays it
-- (liskeban._load_history_batch runs the steps as such a write).

CREATE FUNCTION liskeban._load_history_steps(batch text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $$
DECLARE
  from_source constant text := batch::jsonb ->> 'source';
  district constant liskeban.area_code := (SELECT p.district FROM liskeban.platform p);
BEGIN
  CREATE TEMPORARY TABLE liskeban_load_history ON COMMIT DROP AS
    SELECT q.*, coalesce(q.external_id, 'sha256:' || encode(q.digest, 'hex')) AS key, NULL::bigint AS ticket_id
    FROM liskeban._read_requests(ARRAY(SELECT r.value FROM jsonb_array_elements(batch::jsonb -> 'requests')
                                         WITH ORDINALITY r ORDER BY r.ordinality), true) q;
  ANALYZE pg_temp.liskeban_load_history (key);

  WITH made AS (
    INSERT INTO liskeban.ticket AS t (kind, source, external_id, category, difficulty, priority, confidential,
        title, description, address, geom, discovered_at, reported_at, received_at, extra, has_reporter,
        updated_at, dispatched_at, on_site_at, plan, promised_at, resolved_at, resolution, closed_at, satisfaction, solved)
      SELECT h.kind, from_source, h.key, h.category, h.difficulty, h.priority, h.confidential, h.title,
        h.description, h.address, h.geom, h.discovered_at, h.reported_at, h.reported_at, h.extra,
        num_nonnulls(h.reporter_name, h.reporter_phone) > 0,
        h.accepted_at, h.dispatched_at, h.on_site_at, CASE WHEN h.planned_at IS NOT NULL THEN h.plan END,
        CASE WHEN h.planned_at IS NOT NULL THEN h.promised_at END, h.resolved_at, h.resolution, h.closed_at,
        h.satisfaction, h.solved
      FROM pg_temp.liskeban_load_history h ORDER BY h.ord
      RETURNING t.ticket_id, t.external_id
  )
  UPDATE pg_temp.liskeban_load_history h SET ticket_id = m.ticket_id FROM made m WHERE m.external_id = h.key;
  INSERT INTO liskeban.ticket_intake (source, external_id, digest, core, ticket_id, at)
    SELECT from_source, h.key, h.digest, h.core, h.ticket_id, liskeban.liskeban_now()
    FROM pg_temp.liskeban_load_history h
    ON CONFLICT ON CONSTRAINT ticket_intake_pkey DO UPDATE
      SET digest = excluded.digest, core = excluded.core, ticket_id = excluded.ticket_id, at = excluded.at;
  INSERT INTO liskeban.reporter (ticket_id, name, phone)
    SELECT h.ticket_id, h.reporter_name, h.reporter_phone FROM pg_temp.liskeban_load_history h
    WHERE num_nonnulls(h.reporter_name, h.reporter_phone) > 0;
  INSERT INTO liskeban.attachment (ticket_id, stage, uri, sha256, taken_at, geom)
    SELECT DISTINCT h.ticket_id, 'report', a.uri, a.sha256, a.taken_at, a.geom
    FROM pg_temp.liskeban_load_history h CROSS JOIN LATERAL liskeban._read_attachments(h.attachments) a
    WHERE h.attachments IS NOT NULL;
  DROP TABLE pg_temp.liskeban_load_history;
END
$$;
COMMENT ON FUNCTION liskeban._load_history_steps(text) IS 'tickets with all that happened to them: batch is {"source", "requests": [payloads that _read_requests() finds nothing wrong with]}; run by _load_history_batch() only';
REVOKE ALL ON FUNCTION liskeban._load_history_steps(text) FROM PUBLIC;

CREATE FUNCTION liskeban.load_history(source text, requests jsonb[],
    OUT created bigint, OUT existing bigint, OUT rejected bigint, OUT reasons text[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  unknown text;
  keys text[];
  digests bytea[];
  fresh boolean[];
  failed_state text;
  message text;
  one record;
BEGIN
  PERFORM liskeban._require_admin('load a history');
  unknown := CASE WHEN NOT EXISTS (SELECT FROM liskeban.source_system s WHERE s.code = load_history.source)
                  THEN 'source is not known: ' || coalesce(source, '') END;
  SELECT array_agg(coalesce(unknown, q.reason, CASE WHEN q.digest IS NULL THEN 'there is no request' END) ORDER BY q.ord),
      array_agg(coalesce(q.external_id, 'sha256:' || encode(q.digest, 'hex')) ORDER BY q.ord),
      array_agg(q.digest ORDER BY q.ord)
    INTO reasons, keys, digests
    FROM liskeban._read_requests(requests, true) q;
  -- put side by side, for an element of an array of that size is not had for nothing
  SELECT array_agg(k.reason IS NULL AND k.nth = 1 AND NOT EXISTS (SELECT FROM liskeban.ticket_intake i
      WHERE i.source = load_history.source AND i.external_id = k.key AND i.ticket_id IS NOT NULL OFFSET 0) ORDER BY k.ord)
    INTO fresh
    FROM (SELECT u.*, row_number() OVER (PARTITION BY u.key, u.reason IS NULL ORDER BY u.ord) AS nth
          FROM unnest(keys, reasons) WITH ORDINALITY u (key, reason, ord)) k;

  IF true = ANY (fresh) THEN
    BEGIN
      PERFORM liskeban._load_history_batch(jsonb_build_object('source', source, 'requests',
        (SELECT jsonb_agg(u.request ORDER BY u.ord) FROM unnest(requests, fresh) WITH ORDINALITY u (request, fresh, ord)
         WHERE u.fresh))::text);
    EXCEPTION WHEN others THEN
      GET STACKED DIAGNOSTICS failed_state = RETURNED_SQLSTATE;
      IF left(failed_state, 2) IN ('08', '25', '40', '42', '53', '54', '55', '57', '58', 'F0', 'XX') THEN
        RAISE;
      END IF;
      -- whatever it was, it is one ticket's
      FOR one IN SELECT u.request, u.ord FROM unnest(requests, fresh) WITH ORDINALITY u (request, fresh, ord) WHERE u.fresh LOOP
        BEGIN
          PERFORM liskeban._load_history_batch(jsonb_build_object('source', source, 'requests',
            jsonb_build_array(one.request))::text);
        EXCEPTION WHEN others THEN
          GET STACKED DIAGNOSTICS failed_state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
          reasons[one.ord] := message;
          IF left(failed_state, 2) IN ('08', '25', '40', '42', '53', '54', '55', '57', '58', 'F0', 'XX') THEN
            RAISE;
          END IF;
        END;
      END LOOP;
    END;
  END IF;

  -- what was said of them before they were there
  PERFORM liskeban._replay_messages(i) FROM liskeban.ticket_intake i
    WHERE i.source = load_history.source AND i.ticket_id IS NOT NULL AND i.external_id IN
      (SELECT m.external_id FROM liskeban.ticket_message m WHERE m.source = load_history.source AND m.request IS NOT NULL);

  -- what is there by now under the same key is the same, or a conflict
  SELECT array_agg(coalesce(u.reason, CASE WHEN u.digest IS DISTINCT FROM
             (SELECT i.digest FROM liskeban.ticket_intake i WHERE i.source = load_history.source AND i.external_id = u.key)
             THEN 'the same external_id came before with something else' END) ORDER BY u.ord)
    INTO reasons
    FROM unnest(keys, digests, reasons) WITH ORDINALITY u (key, digest, reason, ord);
  reasons := coalesce(reasons, '{}');
  rejected := cardinality(reasons) - cardinality(array_positions(reasons, NULL));
  SELECT count(*) INTO created FROM unnest(fresh, reasons) u (fresh, reason) WHERE u.fresh AND u.reason IS NULL;
  existing := cardinality(reasons) - rejected - created;
END
$$;
COMMENT ON FUNCTION liskeban.load_history(text, jsonb[]) IS '历史导入 payloads of submit() with their stamps (accepted_at … closed_at) straight to their last state, in a few statements for all of them: received_at = reported_at, recorded_at = now, roles and requirements do not apply; reasons says for each why it was rejected (NULL where it was not); 42501 unless an administrator';
REVOKE ALL ON FUNCTION liskeban.load_history(text, jsonb[]) FROM PUBLIC;

CREATE FUNCTION liskeban._load_requests(from_source text, file text, header text, map jsonb, history boolean,
    lines bigint[], raws text[], faults text[],
    OUT created bigint, OUT existing bigint, OUT rejected bigint, OUT complaints text[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET work_mem = '64MB' AS $$
DECLARE
  payloads jsonb[];
  failed boolean := false;
  in_step boolean;
  reporters bigint[];
  names text[];
  phones text[];
  attached bigint[];
  papers jsonb[];
  rest bigint[];
  failed_state text;
  more record;
BEGIN
  PERFORM liskeban._require_loader(from_source, true);
  SELECT array_agg(r.payload), array_agg(r.fault)
    INTO payloads, faults
    FROM (SELECT p.payload, coalesce(u.fault, p.reason) AS fault
          FROM unnest(raws, faults) WITH ORDINALITY u (raw, fault, ord)
          CROSS JOIN (SELECT p.time_zone FROM liskeban.platform p OFFSET 0) z
          CROSS JOIN LATERAL liskeban._record_payload(CASE WHEN u.fault IS NULL THEN u.raw END, header, map, z.time_zone,
            history) p
          ORDER BY u.ord) r;

  IF (map #> '{category,create}') = 'true' THEN
    PERFORM liskeban._require_admin('create categories');
    INSERT INTO liskeban.category (code, name, domain, difficulty)
      SELECT DISTINCT p ->> 'category', p ->> 'category', c.domain, 'general'::liskeban.difficulty
      FROM unnest(payloads) p JOIN liskeban.category c ON c.code = 'uncategorised'
      WHERE jsonb_typeof(p -> 'category') = 'string' AND length(p ->> 'category') <= 200
        AND btrim(p ->> 'category') <> ''
        AND NOT EXISTS (SELECT FROM liskeban.category known WHERE known.code = p ->> 'category')
      ORDER BY 1
      ON CONFLICT DO NOTHING;
  END IF;

  IF history THEN
    SELECT h.created, h.existing, h.rejected, h.reasons INTO created, existing, rejected, complaints
      FROM liskeban.load_history(from_source, payloads) h;
    INSERT INTO liskeban.intake_reject (source, at, file, line_no, raw, reason)
      SELECT from_source, liskeban.liskeban_now(), _load_requests.file, u.line_no, u.raw, coalesce(u.fault, u.reason)
      FROM unnest(lines, raws, faults, complaints) WITH ORDINALITY u (line_no, raw, fault, reason, ord)
      WHERE u.reason IS NOT NULL ORDER BY u.ord
      ON CONFLICT DO NOTHING;
    complaints := (SELECT array_agg(u.line_no || ': ' || coalesce(u.fault, u.reason) ORDER BY u.ord)
      FROM unnest(lines, faults, complaints) WITH ORDINALITY u (line_no, fault, reason, ord)
      WHERE u.reason IS NOT NULL);
    complaints := complaints[1:20];
    RETURN;
  END IF;

  BEGIN
    PERFORM liskeban._reporters_follow(true);
    -- No joins among the batch's rows, whose number nobody can estimate: what belongs together is put side by side, as
    -- arrays in the same order, each made from one sorted list: an aggregate that is told its order sorts for itself.
    -- Numbers are drawn in the order in which the tickets are inserted; whether it was that one, their keys tell.
    WITH request AS MATERIALIZED (
      SELECT q.*, row_number() OVER (PARTITION BY q.key COLLATE "C", q.reason IS NULL ORDER BY q.ord) AS nth,
        CASE WHEN q.reason IS NULL AND q.digest IS NOT NULL THEN
          CASE WHEN q.event <> 'create' OR q.given_text IS NOT NULL THEN 'other' ELSE
            coalesce((SELECT CASE WHEN i.digest = q.digest THEN 'same' ELSE 'other' END FROM liskeban.ticket_intake i
                      WHERE i.source = from_source AND i.external_id = q.key), 'fresh') END END AS standing
      FROM (SELECT r.*, coalesce(r.external_id, 'sha256:' || encode(r.digest, 'hex')) AS key
            FROM liskeban._read_requests(payloads, false) r OFFSET 0) q
    ), made AS (
      INSERT INTO liskeban.ticket AS t (kind, source, external_id, category, difficulty, priority, confidential,
          title, description, address, geom, discovered_at, reported_at, extra, has_reporter)
        SELECT q.kind, from_source, q.key, q.category, q.difficulty, q.priority, q.confidential,
          q.title, q.description, q.address, q.geom, q.discovered_at, q.reported_at, q.extra,
          num_nonnulls(q.reporter_name, q.reporter_phone) > 0
        FROM request q WHERE q.standing = 'fresh' AND q.nth = 1 ORDER BY q.ord
        RETURNING t.ticket_id, t.external_id
    ), fresh AS MATERIALIZED (
      SELECT u.* FROM
        (SELECT array_agg(m.ticket_id) AS ids, array_agg(m.external_id) AS made_keys
         FROM (SELECT * FROM made m ORDER BY m.ticket_id) m) m,
        (SELECT array_agg(q.key) AS keys, array_agg(q.digest) AS digests, array_agg(q.core) AS cores,
           array_agg(q.reporter_name) AS names, array_agg(q.reporter_phone) AS phones, array_agg(q.attachments) AS papers
         FROM (SELECT q.key, q.digest, q.core, q.reporter_name, q.reporter_phone, q.attachments
               FROM request q WHERE q.standing = 'fresh' AND q.nth = 1 ORDER BY q.ord) q) f,
        unnest(m.ids, m.made_keys, f.keys, f.digests, f.cores, f.names, f.phones, f.papers)
          u (ticket_id, made_key, key, digest, core, name, phone, papers)
    ), noted AS (
      INSERT INTO liskeban.ticket_intake AS i (source, external_id, digest, core, ticket_id, at)
        SELECT from_source, f.key, f.digest, f.core, f.ticket_id, liskeban.liskeban_now() FROM fresh f
        RETURNING i.ticket_id
    ), refused AS MATERIALIZED (
      SELECT u.ord, u.line_no, u.raw, coalesce(u.fault, u.reason) AS reason
      FROM (SELECT array_agg(q.reason ORDER BY q.ord) AS reasons FROM request q) q,
        unnest(lines, raws, faults, q.reasons) WITH ORDINALITY u (line_no, raw, fault, reason, ord)
      WHERE u.fault IS NOT NULL OR u.reason IS NOT NULL
    ), kept AS (
      INSERT INTO liskeban.intake_reject (source, at, file, line_no, raw, reason)
        SELECT from_source, liskeban.liskeban_now(), _load_requests.file, x.line_no, x.raw, x.reason
        FROM refused x ORDER BY x.ord
        ON CONFLICT DO NOTHING
    )
    SELECT (SELECT count(*) FROM noted), (SELECT count(*) FROM request q WHERE q.standing = 'same' AND q.nth = 1),
      (SELECT count(*) FROM refused), (SELECT array_agg(x.line_no || ': ' || x.reason ORDER BY x.ord) FROM refused x),
      (SELECT array_agg(q.ord ORDER BY q.ord) FROM request q
        WHERE q.standing = 'other' OR q.standing IS NOT NULL AND q.nth > 1),
      f.reporters, f.names, f.phones, f.attached, f.papers, f.in_step
      INTO created, existing, rejected, complaints, rest, reporters, names, phones, attached, papers, in_step
      FROM (SELECT array_agg(f.ticket_id) FILTER (WHERE num_nonnulls(f.name, f.phone) > 0) AS reporters,
              array_agg(f.name) FILTER (WHERE num_nonnulls(f.name, f.phone) > 0) AS names,
              array_agg(f.phone) FILTER (WHERE num_nonnulls(f.name, f.phone) > 0) AS phones,
              array_agg(f.ticket_id) FILTER (WHERE f.papers IS NOT NULL) AS attached,
              array_agg(f.papers) FILTER (WHERE f.papers IS NOT NULL) AS papers,
              coalesce(bool_and(f.made_key IS NOT DISTINCT FROM f.key), true) AS in_step
            FROM fresh f) f;
    -- a trigger of somebody's may have kept one back, or given it another key
    IF NOT in_step THEN
      RAISE EXCEPTION '%', liskeban.message('not every new ticket was made as it was sent') USING ERRCODE = 'data_exception';
    END IF;
    complaints := complaints[1:20];

    IF reporters IS NOT NULL THEN
      INSERT INTO liskeban.reporter (ticket_id, name, phone)
        SELECT p.* FROM unnest(reporters, names, phones) p ORDER BY 1;
    END IF;
    IF attached IS NOT NULL THEN
      INSERT INTO liskeban.attachment (ticket_id, stage, uri, sha256, taken_at, geom)
        SELECT DISTINCT u.ticket_id, 'report', a.uri, a.sha256, a.taken_at, a.geom
        FROM unnest(attached, papers) u (ticket_id, papers) CROSS JOIN LATERAL liskeban._read_attachments(u.papers) a;
    END IF;
    PERFORM liskeban._reporters_follow(false);
  EXCEPTION WHEN others THEN
    GET STACKED DIAGNOSTICS failed_state = RETURNED_SQLSTATE;
    IF left(failed_state, 2) IN ('08', '25', '40', '42', '53', '54', '55', '57', '58', 'F0', 'XX') THEN
      RAISE;
    END IF;
    created := 0;
    existing := 0;
    rejected := 0;
    complaints := '{}';
    rest := NULL;
    failed := true;
  END;

  IF failed OR rest IS NOT NULL THEN
    SELECT * INTO more FROM liskeban._load_one_by_one(from_source, file, lines, raws, faults, payloads, rest);
    created := created + more.created;
    existing := existing + more.existing;
    rejected := rejected + more.rejected;
    complaints := complaints || more.complaints;
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._load_requests(text, text, text, jsonb, boolean, bigint[], text[], text[]) IS 'one batch of a file: lines and raw records as liskeban_load cut them, faults what it found wrong with them; how many were created, existing and rejected, and the first complaints';
REVOKE ALL ON FUNCTION liskeban._load_requests(text, text, text, jsonb, boolean, bigint[], text[], text[]) FROM PUBLIC;
