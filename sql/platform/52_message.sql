-- One request at a time: submit(), what a source says later of its ticket, and the mending of what was refused.
--
-- A message other than the create names its ticket by source and external_id, and may come before it, twice, or at the
-- same time as another. What holds: the final ticket follows from the set of its messages, not from their order.
--   - Each message counts once, known by its event and digest (ticket_message).
--   - What comes before the create waits in quarantine and is taken in with it; a row of ticket_intake without a ticket
--     keeps the place, so that create and message, whichever is later, wait for each other.
--   - The description is what all of them say: creates first, then as it was said (reported_at; undated words first, by
--     digest), without what stands in another. Name and phone of the reporter are those said last.
--   - A withdrawn ticket stays withdrawn. What else is said of it is written down all the same; of a withdrawal and a
--     word said after it the one that comes second is a conflict besides, so that the desk looks at it.
-- The order of arrival decides where there is nothing else to go by: of two creates that contradict each other the first
-- is the ticket and the other a conflict; of two creates that differ in title, name or phone only, or of undated
-- supplements that do in name or phone, the last stands. What the desk made final (closed, rejected, merged) takes no
-- more words: conflict.

CREATE TABLE liskeban.ticket_message (
  message_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source      text NOT NULL,
  external_id text NOT NULL,
  event       text NOT NULL,
  digest      bytea NOT NULL,
  said_at     timestamptz,
  at          timestamptz NOT NULL,
  ticket_id   bigint,
  seq         integer,
  outcome     text NOT NULL,
  words       text[],
  gives_name  boolean NOT NULL,
  gives_phone boolean NOT NULL,
  request     jsonb,
  reject_id   bigint,
  CONSTRAINT ticket_message_key UNIQUE (source, external_id, event, digest),
  CONSTRAINT ticket_message_event_check CHECK (event IN ('create', 'supplement', 'urge', 'withdraw', 'attach')),
  CONSTRAINT ticket_message_outcome_check
    CHECK (outcome IN ('waiting', 'created', 'supplemented', 'urged', 'withdrawn', 'existing', 'conflict', 'rejected'))
);
CREATE INDEX ticket_message_at_idx ON liskeban.ticket_message USING brin (at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX ticket_message_ticket_id_idx ON liskeban.ticket_message (ticket_id) WHERE words IS NOT NULL;
CREATE INDEX ticket_message_waiting_idx ON liskeban.ticket_message (source, external_id) WHERE request IS NOT NULL;
CREATE INDEX ticket_message_reject_id_idx ON liskeban.ticket_message (reject_id) WHERE request IS NOT NULL;
COMMENT ON TABLE liskeban.ticket_message IS '后续消息 what sources said of their tickets besides the create, each message once; the create too, where there are words to put together';
COMMENT ON COLUMN liskeban.ticket_message.message_id IS '编号 key';
COMMENT ON COLUMN liskeban.ticket_message.source IS '来源系统 source_system';
COMMENT ON COLUMN liskeban.ticket_message.external_id IS '来源单号 the ticket''s key at its source';
COMMENT ON COLUMN liskeban.ticket_message.event IS '消息类型 supplement 追加, urge 催单, withdraw 撤单, attach 附件; create sent again with more to it';
COMMENT ON COLUMN liskeban.ticket_message.digest IS '摘要 SHA-256 of the payload: the same message again is known by it';
COMMENT ON COLUMN liskeban.ticket_message.said_at IS '陈述时间 reported_at of the message; NULL where it gave none';
COMMENT ON COLUMN liskeban.ticket_message.at IS '接入时间 when it first came';
COMMENT ON COLUMN liskeban.ticket_message.ticket_id IS '工单编号 the ticket; NULL while it waits for its create';
COMMENT ON COLUMN liskeban.ticket_message.seq IS '序号 the event that it became in the ticket''s history; NULL while it was not taken in';
COMMENT ON COLUMN liskeban.ticket_message.outcome IS '结果 waiting, or what became of it';
COMMENT ON COLUMN liskeban.ticket_message.words IS '陈述内容 its words, of which the description is put together; personal data may stand in it';
COMMENT ON COLUMN liskeban.ticket_message.gives_name IS '含姓名 whether it gives the reporter''s name';
COMMENT ON COLUMN liskeban.ticket_message.gives_phone IS '含电话 whether it gives the reporter''s phone';
COMMENT ON COLUMN liskeban.ticket_message.request IS '原文 the payload while it waits for its create; personal data may stand in it';
COMMENT ON COLUMN liskeban.ticket_message.reject_id IS '隔离编号 its row of intake_reject';

CREATE FUNCTION liskeban._quarantine(source text, file text, line_no bigint, raw text, reason text, message_id bigint)
RETURNS bigint LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  kept bigint;
BEGIN
  INSERT INTO liskeban.intake_reject AS r (source, at, file, line_no, raw, reason)
    VALUES (source, liskeban.liskeban_now(), file, line_no, raw, reason)
    ON CONFLICT DO NOTHING RETURNING r.reject_id INTO kept;
  IF message_id IS NOT NULL THEN
    UPDATE liskeban.ticket_message m SET reject_id = coalesce(kept, (SELECT r.reject_id FROM liskeban.intake_reject r
          WHERE r.source = _quarantine.source AND liskeban._text_digest(r.raw) = liskeban._text_digest(_quarantine.raw)))
      WHERE m.message_id = _quarantine.message_id;
  END IF;
  RETURN kept;
END
$$;
COMMENT ON FUNCTION liskeban._quarantine(text, text, bigint, text, text, bigint) IS 'keep what could not be taken in, and which message it was; the same again changes nothing. Returns reject_id, NULL where it was there';
REVOKE ALL ON FUNCTION liskeban._quarantine(text, text, bigint, text, text, bigint) FROM PUBLIC;

CREATE FUNCTION liskeban._said_words(source text, external_id text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (
  WITH word AS MATERIALIZED (
    SELECT w.word, min(w.place) AS place
    FROM (SELECT u.word, row_number() OVER (ORDER BY m.event <> 'create', m.said_at NULLS FIRST, m.digest, u.nth) AS place
          FROM liskeban.ticket_message m, unnest(m.words) WITH ORDINALITY u (word, nth)
          WHERE m.source = _said_words.source AND m.external_id = _said_words.external_id AND m.seq IS NOT NULL) w
    GROUP BY w.word
  )
  SELECT string_agg(w.word, E'\n' ORDER BY w.place) FROM word w
  WHERE NOT EXISTS (SELECT FROM word o WHERE o.word <> w.word AND position(w.word IN o.word) > 0)
  );
END
$$;
COMMENT ON FUNCTION liskeban._said_words(text, text) IS 'what the messages of a key that were taken in say together: creates first, then in the order in which it was said, without what stands in another; NULL nothing';
REVOKE ALL ON FUNCTION liskeban._said_words(text, text) FROM PUBLIC;

-- Name and phone that a message gives, unless one said later gave others.
CREATE FUNCTION liskeban._tell_reporter(message liskeban.ticket_message, name text, phone text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name_overtaken boolean;
  phone_overtaken boolean;
BEGIN
  SELECT bool_or(m.gives_name), bool_or(m.gives_phone) INTO name_overtaken, phone_overtaken
    FROM liskeban.ticket_message m
    WHERE m.source = message.source AND m.external_id = message.external_id AND m.seq IS NOT NULL
      AND m.said_at > message.said_at;
  IF name_overtaken THEN
    name := NULL;
  END IF;
  IF phone_overtaken THEN
    phone := NULL;
  END IF;
  IF name IS NOT NULL OR phone IS NOT NULL THEN
    INSERT INTO liskeban.reporter AS r (ticket_id, name, phone)
      VALUES (message.ticket_id, _tell_reporter.name, _tell_reporter.phone)
      ON CONFLICT ON CONSTRAINT reporter_pkey DO UPDATE
        SET name = coalesce(excluded.name, r.name), phone = coalesce(excluded.phone, r.phone)
        WHERE (r.name, r.phone) IS DISTINCT FROM (coalesce(excluded.name, r.name), coalesce(excluded.phone, r.phone));
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._tell_reporter(liskeban.ticket_message, text, text) IS 'name and phone of a ticket''s reporter from a message, unless one said later gave them';
REVOKE ALL ON FUNCTION liskeban._tell_reporter(liskeban.ticket_message, text, text) FROM PUBLIC;

CREATE FUNCTION liskeban._attach(ticket_id bigint, attachments jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO liskeban.attachment (ticket_id, stage, uri, sha256, taken_at, geom)
    SELECT DISTINCT _attach.ticket_id, 'report', a.uri, a.sha256, a.taken_at, a.geom
    FROM liskeban._read_attachments(attachments) a
    WHERE NOT EXISTS (SELECT FROM liskeban.attachment known WHERE known.ticket_id = _attach.ticket_id
      AND (known.uri, known.sha256, known.taken_at, known.geom::text)
          IS NOT DISTINCT FROM (a.uri, a.sha256, a.taken_at, a.geom::text));
END
$$;
COMMENT ON FUNCTION liskeban._attach(bigint, jsonb) IS 'the attachments of a payload to a ticket, each once';
REVOKE ALL ON FUNCTION liskeban._attach(bigint, jsonb) FROM PUBLIC;

-- The create as a message, once there are others whose words go beside its own.
CREATE FUNCTION liskeban._note_create(source text, external_id text, ticket_id bigint, words text[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO liskeban.ticket_message
      (source, external_id, event, digest, said_at, at, ticket_id, seq, outcome, words, gives_name, gives_phone)
    SELECT i.source, i.external_id, 'create', coalesce(i.digest, ''), t.reported_at, i.at, t.ticket_id, 1, 'created',
      array_remove(words, NULL), false, false
    FROM liskeban.ticket_intake i JOIN liskeban.ticket t ON t.ticket_id = i.ticket_id
    WHERE i.source = _note_create.source AND i.external_id = _note_create.external_id
      AND i.ticket_id = _note_create.ticket_id
      AND NOT EXISTS (SELECT FROM liskeban.ticket_message m WHERE m.source = i.source AND m.external_id = i.external_id
        AND m.event = 'create' AND m.outcome = 'created');
END
$$;
COMMENT ON FUNCTION liskeban._note_create(text, text, bigint, text[]) IS 'a ticket''s create as a row of ticket_message, where there is none yet';
REVOKE ALL ON FUNCTION liskeban._note_create(text, text, bigint, text[]) FROM PUBLIC;

-- What a message adds: the description becomes what all of them say, unless the desk has rewritten it: then the words go
-- to its end.
CREATE FUNCTION liskeban._add_words(message liskeban.ticket_message, present liskeban.ticket, title text, given text[])
RETURNS integer LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  rewritten boolean;
BEGIN
  PERFORM liskeban._note_create(message.source, message.external_id, present.ticket_id, ARRAY[present.description]);
  rewritten := present.description IS DISTINCT FROM liskeban._said_words(message.source, message.external_id);
  UPDATE liskeban.ticket_message m SET words = array_remove(given, NULL), seq = present.last_seq + 1
    WHERE m.message_id = message.message_id;
  RETURN liskeban._ticket_word(present.ticket_id, 'supplement', '追加 supplemented by ' || message.source, title,
    CASE WHEN NOT rewritten THEN liskeban._said_words(message.source, message.external_id)
         ELSE concat_ws(E'\n', present.description, (SELECT string_agg(g.word, E'\n' ORDER BY g.nth)
           FROM unnest(given) WITH ORDINALITY g (word, nth) WHERE position(g.word IN coalesce(present.description, '')) = 0)) END);
END
$$;
COMMENT ON FUNCTION liskeban._add_words(liskeban.ticket_message, liskeban.ticket, text, text[]) IS 'a message''s words into the description of its ticket, as an event of history; returns its seq';
REVOKE ALL ON FUNCTION liskeban._add_words(liskeban.ticket_message, liskeban.ticket, text, text[]) FROM PUBLIC;

-- What a message does to its ticket, which is locked here. Raises what the guard raises.
CREATE FUNCTION liskeban._apply_message(message liskeban.ticket_message, fields record,
    OUT outcome text, OUT reason text, OUT seq integer)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  present liskeban.ticket;
  withdrawn_seq integer;
  withdrawal_said timestamptz;
  words text;
BEGIN
  SELECT t.* INTO present FROM liskeban.ticket t WHERE t.ticket_id = message.ticket_id FOR UPDATE;
  SELECT min(m.seq), max(m.said_at) INTO withdrawn_seq, withdrawal_said
    FROM liskeban.ticket_message m
    WHERE m.source = message.source AND m.external_id = message.external_id AND m.event = 'withdraw' AND m.seq IS NOT NULL;
  words := nullif(concat_ws(E'\n', fields.given_title, fields.given_description, fields.given_text), '');

  IF message.event = 'withdraw' THEN
    IF present.state = 'withdrawn' THEN
      outcome := 'existing';
      seq := coalesce(withdrawn_seq, present.last_seq);
      RETURN;
    END IF;
    UPDATE liskeban.ticket t SET state = 'withdrawn', note = coalesce(words, '撤单 withdrawn by ' || message.source)
      WHERE t.ticket_id = message.ticket_id RETURNING t.last_seq INTO seq;
    outcome := 'withdrawn';
    IF EXISTS (SELECT FROM liskeban.ticket_message m
               WHERE m.source = message.source AND m.external_id = message.external_id AND m.event <> 'withdraw'
                 AND m.seq IS NOT NULL AND m.said_at > message.said_at) THEN
      outcome := 'conflict';
      reason := 'the request is withdrawn, but something said after that had come before';
    END IF;
    RETURN;
  END IF;

  IF present.state IN ('closed', 'rejected', 'withdrawn', 'merged') AND
      NOT (present.state = 'withdrawn' AND withdrawn_seq IS NOT NULL) THEN
    outcome := 'conflict';
    reason := 'the ticket is ' || present.state || ', more cannot be added to it';
    RETURN;
  END IF;
  IF message.event = 'supplement' AND (
      fields.geom IS NOT NULL AND fields.geom::text IS DISTINCT FROM present.geom::text OR
      fields.given_category AND NOT EXISTS (SELECT FROM liskeban.ticket_event e
        WHERE e.ticket_id = present.ticket_id AND e.seq = 1 AND e.detail #>> '{category,1}' = fields.category)) THEN
    outcome := 'conflict';
    reason := 'the supplement names another category or place than the ticket''s';
    RETURN;
  END IF;

  IF message.event = 'urge' THEN
    seq := liskeban._ticket_word(present.ticket_id, 'urge', coalesce(words, '催单 urged by ' || message.source),
      present.title, present.description);
    outcome := 'urged';
  ELSE
    -- the create again may correct the title; another's is a word like others
    seq := liskeban._add_words(message, present,
      CASE WHEN message.event = 'create' THEN coalesce(fields.given_title, present.title) ELSE present.title END,
      ARRAY[CASE WHEN message.event <> 'create' THEN nullif(fields.given_title, present.title) END,
        fields.given_description, fields.given_text]);
    outcome := 'supplemented';
  END IF;
  IF fields.attachments IS NOT NULL THEN
    PERFORM liskeban._attach(present.ticket_id, fields.attachments);
  END IF;
  IF message.gives_name OR message.gives_phone THEN
    PERFORM liskeban._tell_reporter(message, fields.reporter_name, fields.reporter_phone);
  END IF;
  IF present.state = 'withdrawn' AND (message.said_at <= withdrawal_said) IS NOT TRUE THEN
    outcome := 'conflict';
    reason := 'the request had been withdrawn: this was written down on the ticket, on which nobody acts';
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._apply_message(liskeban.ticket_message, record) IS 'a message''s effect on its ticket: outcome, and the event it became (seq NULL: it was not taken in)';
REVOKE ALL ON FUNCTION liskeban._apply_message(liskeban.ticket_message, record) FROM PUBLIC;

-- A message of a key whose row of ticket_intake is locked: known before, to wait, or to be taken in.
CREATE FUNCTION liskeban._take_message(known liskeban.ticket_intake, request jsonb, fields record,
    OUT outcome text, OUT reason text, OUT message_id bigint)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  message liskeban.ticket_message;
  message_event text;
  event_seq integer;
  failed_state text;
BEGIN
  message_event := coalesce(fields.event, 'create');
  IF message_event = 'create' THEN
    outcome := CASE WHEN known.digest = fields.digest THEN 'existing' ELSE 'conflict' END;
    reason := CASE WHEN known.core IS NULL THEN 'a ticket with this external_id was made without submit'
                   WHEN known.core <> fields.core
                   THEN 'the same external_id came before with another category, place, time or kind' END;
    IF outcome = 'existing' OR reason IS NOT NULL THEN
      RETURN;
    END IF;
  END IF;

  SELECT m.* INTO message FROM liskeban.ticket_message m
    WHERE m.source = known.source AND m.external_id = known.external_id AND m.event = message_event
      AND m.digest = fields.digest;
  IF message.seq IS NOT NULL THEN
    outcome := 'existing';
    RETURN;
  ELSIF NOT FOUND THEN
    INSERT INTO liskeban.ticket_message AS m (source, external_id, event, digest, said_at, at, outcome, gives_name, gives_phone)
      VALUES (known.source, known.external_id, message_event, fields.digest, fields.reported_at, liskeban.liskeban_now(),
        'waiting', fields.reporter_name IS NOT NULL, fields.reporter_phone IS NOT NULL)
      RETURNING m.* INTO message;
  END IF;
  message_id := message.message_id;
  message.ticket_id := known.ticket_id;

  IF known.ticket_id IS NULL THEN
    outcome := 'rejected';
    reason := 'it waits for the create of its external_id';
    UPDATE liskeban.ticket_message m SET outcome = 'waiting', request = _take_message.request
      WHERE m.message_id = message.message_id;
    RETURN;
  END IF;
  BEGIN
    SELECT a.outcome, a.reason, a.seq INTO outcome, reason, event_seq FROM liskeban._apply_message(message, fields) a;
  EXCEPTION WHEN others THEN
    GET STACKED DIAGNOSTICS failed_state = RETURNED_SQLSTATE, reason = MESSAGE_TEXT;
    -- what is neither the payload's doing nor a matter of who may: the caller's to know
    IF failed_state <> '42501' AND
        left(failed_state, 2) IN ('08', '25', '40', '42', '53', '54', '55', '57', '58', 'F0', 'XX') THEN
      RAISE;
    END IF;
    outcome := CASE left(failed_state, 2) WHEN 'LK' THEN 'conflict' ELSE 'rejected' END;
    event_seq := NULL;
  END;
  UPDATE liskeban.ticket_message m
    SET ticket_id = known.ticket_id, seq = event_seq, outcome = _take_message.outcome, request = NULL
    WHERE m.message_id = message.message_id;
  IF event_seq IS NOT NULL THEN
    UPDATE liskeban.ticket_intake i SET at = liskeban.liskeban_now()
      WHERE i.source = known.source AND i.external_id = known.external_id;
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._take_message(liskeban.ticket_intake, jsonb, record) IS 'what a message of a known key, read by _read_requests(), comes to: existing, supplemented, urged, withdrawn, conflict, or rejected while it waits for its create';
REVOKE ALL ON FUNCTION liskeban._take_message(liskeban.ticket_intake, jsonb, record) FROM PUBLIC;

-- What came before its create, in the order in which it was said; what somebody has dealt with in the meantime stays out.
CREATE FUNCTION liskeban._replay_messages(known liskeban.ticket_intake) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  waiting record;
  fields record;
  result record;
BEGIN
  FOR waiting IN
    SELECT m.request, m.reject_id
    FROM liskeban.ticket_message m LEFT JOIN liskeban.intake_reject r ON r.reject_id = m.reject_id
    WHERE m.source = known.source AND m.external_id = known.external_id AND m.request IS NOT NULL AND r.resolved_at IS NULL
    ORDER BY m.event = 'withdraw' AND m.said_at IS NULL, m.said_at NULLS FIRST, m.event = 'withdraw', m.digest
  LOOP
    SELECT * INTO fields FROM liskeban._read_requests(ARRAY[waiting.request], false);
    SELECT t.outcome, t.reason INTO result FROM liskeban._take_message(known, waiting.request, fields) t;
    UPDATE liskeban.intake_reject r
      SET reason = coalesce(result.reason, r.reason),
          resolved_at = CASE WHEN result.outcome NOT IN ('conflict', 'rejected') THEN liskeban.liskeban_now() END
      WHERE r.reject_id = waiting.reject_id;
  END LOOP;
END
$$;
COMMENT ON FUNCTION liskeban._replay_messages(liskeban.ticket_intake) IS 'takes in what waited for the create of a key; its rows of intake_reject are resolved, or say what is wrong now';
REVOKE ALL ON FUNCTION liskeban._replay_messages(liskeban.ticket_intake) FROM PUBLIC;

-- One request of a known source. Two sessions with the same key: the second waits for the first, then finds its row.
CREATE FUNCTION liskeban._take_in(request jsonb, from_source text, from_file boolean,
    OUT ticket_id bigint, OUT outcome text, OUT reason text, OUT message_id bigint)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  fields record;
  key text;
  is_create boolean;
  known liskeban.ticket_intake;
  waited boolean;
  failed_state text;
BEGIN
  outcome := 'rejected';
  SELECT * INTO fields FROM liskeban._read_requests(ARRAY[request], false);
  reason := fields.reason;
  IF reason IS NOT NULL THEN
    RETURN;
  END IF;
  is_create := coalesce(fields.event, 'create') = 'create';
  key := fields.external_id;
  IF key IS NULL AND from_file THEN
    key := 'sha256:' || encode(fields.digest, 'hex');
  END IF;

  FOR attempt IN 1 .. 2 LOOP
    BEGIN
      reason := NULL;
      SELECT i.* INTO known FROM liskeban.ticket_intake i WHERE i.source = from_source AND i.external_id = key;
      waited := FOUND AND known.ticket_id IS NULL;
      IF is_create AND known.digest = fields.digest THEN
        ticket_id := known.ticket_id;
        outcome := 'existing';
        RETURN;
      END IF;

      IF FOUND OR NOT is_create THEN
        -- a writer from the start: a change of rules waits for it, instead of for its rows
        LOCK TABLE liskeban.ticket IN ROW EXCLUSIVE MODE;
        IF known.source IS NULL THEN
          INSERT INTO liskeban.ticket_intake (source, external_id, at) VALUES (from_source, key, liskeban.liskeban_now())
            ON CONFLICT DO NOTHING;
        END IF;
        SELECT i.* INTO known FROM liskeban.ticket_intake i
          WHERE i.source = from_source AND i.external_id = key FOR UPDATE;
        IF known.ticket_id IS NULL THEN
          -- made without submit it is a ticket all the same
          UPDATE liskeban.ticket_intake i SET ticket_id = t.ticket_id FROM liskeban.ticket t
            WHERE i.source = from_source AND i.external_id = key AND t.source = from_source AND t.external_id = key
            RETURNING i.* INTO known;
          IF NOT FOUND THEN
            SELECT i.* INTO known FROM liskeban.ticket_intake i WHERE i.source = from_source AND i.external_id = key;
          ELSIF waited THEN
            PERFORM liskeban._replay_messages(known);
          END IF;
        END IF;
      END IF;

      IF known.ticket_id IS NOT NULL OR NOT is_create THEN
        SELECT t.outcome, t.reason, t.message_id INTO outcome, reason, message_id
          FROM liskeban._take_message(known, request, fields) t;
        ticket_id := known.ticket_id;
        RETURN;
      END IF;

      PERFORM liskeban._reporters_follow(true);
      INSERT INTO liskeban.ticket AS t (kind, source, external_id, category, difficulty, priority, confidential,
          title, description, address, geom, discovered_at, reported_at, extra, has_reporter)
        VALUES (fields.kind, from_source, key, fields.category, fields.difficulty, fields.priority,
          fields.confidential, fields.title, fields.description, fields.address, fields.geom, fields.discovered_at,
          fields.reported_at, fields.extra, num_nonnulls(fields.reporter_name, fields.reporter_phone) > 0)
        RETURNING t.ticket_id INTO ticket_id;
      PERFORM liskeban._reporters_follow(false);
      IF known.source IS NOT NULL THEN
        UPDATE liskeban.ticket_intake i
          SET digest = fields.digest, core = fields.core, ticket_id = _take_in.ticket_id, at = liskeban.liskeban_now()
          WHERE i.source = from_source AND i.external_id = key RETURNING i.* INTO known;
      ELSIF key IS NOT NULL THEN
        INSERT INTO liskeban.ticket_intake (source, external_id, digest, core, ticket_id, at)
          VALUES (from_source, key, fields.digest, fields.core, _take_in.ticket_id, liskeban.liskeban_now());
      END IF;
      IF fields.reporter_name IS NOT NULL OR fields.reporter_phone IS NOT NULL THEN
        INSERT INTO liskeban.reporter (ticket_id, name, phone)
          VALUES (_take_in.ticket_id, fields.reporter_name, fields.reporter_phone);
      END IF;
      IF fields.attachments IS NOT NULL THEN
        PERFORM liskeban._attach(_take_in.ticket_id, fields.attachments);
      END IF;
      IF fields.given_text IS NOT NULL AND key IS NOT NULL THEN
        PERFORM liskeban._note_create(from_source, key, _take_in.ticket_id, ARRAY[fields.given_description, fields.given_text]);
      END IF;
      IF known.source IS NOT NULL THEN
        PERFORM liskeban._replay_messages(known);
      END IF;
      outcome := 'created';
      RETURN;
    EXCEPTION WHEN others THEN
      GET STACKED DIAGNOSTICS failed_state = RETURNED_SQLSTATE, reason = MESSAGE_TEXT;
      -- what is not the payload's doing is the caller's to know: to be tried again, no room, shutting down, a fault
      IF left(failed_state, 2) IN ('08', '25', '40', '42', '53', '54', '55', '57', '58', 'F0', 'XX') THEN
        RAISE;
      END IF;
      ticket_id := NULL;
      outcome := 'rejected';
      IF failed_state <> '23505' THEN
        RETURN;
      END IF;
    END;
  END LOOP;
  SELECT t.ticket_id INTO ticket_id FROM liskeban.ticket t WHERE t.source = from_source AND t.external_id = key;
  IF FOUND THEN
    outcome := 'conflict';
    reason := 'a ticket with this external_id was made without submit';
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._take_in(jsonb, text, boolean) IS 'what submit() does once the source is known; a file''s request without external_id is known by its digest; message_id is what is to be told the reject_id of its quarantine';
REVOKE ALL ON FUNCTION liskeban._take_in(jsonb, text, boolean) FROM PUBLIC;

CREATE FUNCTION liskeban._submit(request jsonb, from_source text, fault text,
    OUT ticket_id bigint, OUT outcome text, OUT reason text, OUT message_id bigint)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  reason := CASE WHEN request IS NULL THEN 'there is no request'
                 WHEN jsonb_typeof(request) <> 'object' THEN 'the request is no JSON object'
                 WHEN fault IS NOT NULL THEN fault
                 WHEN NOT EXISTS (SELECT FROM liskeban.source_system s WHERE s.code = from_source AND s.retired_at IS NULL)
                 THEN 'source is not known: ' || from_source END;
  IF reason IS NOT NULL THEN
    outcome := 'rejected';
    RETURN;
  END IF;
  SELECT t.* INTO ticket_id, outcome, reason, message_id FROM liskeban._take_in(request, from_source, false) t;
END
$$;
COMMENT ON FUNCTION liskeban._submit(jsonb, text, text) IS 'a request of a source, or the fault that was found with the source';
REVOKE ALL ON FUNCTION liskeban._submit(jsonb, text, text) FROM PUBLIC;

CREATE FUNCTION liskeban.submit(request jsonb, OUT ticket_id bigint, OUT outcome text, OUT reason text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  from_source text;
  fault text;
  message bigint;
BEGIN
  SELECT s.source, s.reason INTO from_source, fault FROM liskeban._intake_source(request ->> 'source') s;
  SELECT s.* INTO ticket_id, outcome, reason, message FROM liskeban._submit(request, from_source, fault) s;
  IF outcome IN ('conflict', 'rejected') THEN
    PERFORM liskeban._quarantine(coalesce(from_source, request ->> 'source', ''), NULL, NULL,
      coalesce(request::text, 'null'), submit.reason, message);
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban.submit(jsonb) IS '接入 take in one request of a source, or what it says later of one (event supplement, urge, withdraw, attach, which name it by external_id): outcome created, existing, supplemented, urged, withdrawn, conflict or rejected, with the reason. The final ticket follows from the set of its messages, not from their order or number: what comes before its create waits in intake_reject and is taken in with it; of two creates that contradict each other the first to come is the ticket. Never raises for what the payload says: what is refused is kept in intake_reject. 42501 where the caller is no source';
REVOKE ALL ON FUNCTION liskeban.submit(jsonb) FROM PUBLIC;

CREATE FUNCTION liskeban.retry_reject(reject_id bigint, request jsonb, OUT ticket_id bigint, OUT outcome text, OUT reason text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  kept liskeban.intake_reject;
  message bigint;
BEGIN
  PERFORM liskeban._require_desk('mend what was refused');
  IF reject_id IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('reject_id must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT r.* INTO kept FROM liskeban.intake_reject r WHERE r.reject_id = retry_reject.reject_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('there is no refused request %s', reject_id) USING ERRCODE = 'no_data_found';
  ELSIF kept.resolved_at IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('refused request %s was dealt with at %s', reject_id, kept.resolved_at)
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;

  -- A signal is received anew, and counted as what it comes to now.
  IF kept.file = 'hazard_signal' THEN
    SELECT s.* INTO ticket_id, outcome, reason FROM liskeban._receive_signal(kept.source, request) AS s;
    UPDATE liskeban.intake_reject r
      SET resolved_at = CASE WHEN outcome <> 'quarantined' THEN liskeban.liskeban_now() END, reason = coalesce(retry_reject.reason, r.reason)
      WHERE r.reject_id = retry_reject.reject_id AND r.resolved_at IS NULL;
    RETURN;
  END IF;

  SELECT s.* INTO ticket_id, outcome, reason, message
    FROM liskeban._submit(request, coalesce(nullif(btrim(request ->> 'source'), ''), kept.source), NULL) s;
  -- Only now, for the key of the request is locked before its row here. A retry of the same waiting message may have
  -- resolved it already, as the message's create does.
  UPDATE liskeban.intake_reject r
    SET resolved_at = CASE WHEN outcome NOT IN ('conflict', 'rejected') THEN liskeban.liskeban_now() END,
        reason = coalesce(retry_reject.reason, r.reason)
    WHERE r.reject_id = retry_reject.reject_id AND r.resolved_at IS NULL;
  IF NOT FOUND AND NOT EXISTS (SELECT FROM liskeban.ticket_message m
      WHERE m.reject_id = retry_reject.reject_id AND m.seq IS NOT NULL) THEN
    RAISE EXCEPTION '%', liskeban.message('refused request %s was dealt with in the meantime', reject_id)
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF outcome IN ('conflict', 'rejected') THEN
    UPDATE liskeban.ticket_message m SET reject_id = retry_reject.reject_id WHERE m.message_id = message;
  ELSE
    DELETE FROM liskeban.ticket_message m WHERE m.reject_id = retry_reject.reject_id AND m.request IS NOT NULL;
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban.retry_reject(bigint, jsonb) IS '隔离重试 take in a mended payload in place of one that was refused, as its source (or the one that the payload names): what submit() returns, of a signal what receive_signal() does; resolved_at is set unless it is refused again, then the reason is the new one. For administrators and dispatchers (42501). P0002 no such row, 55000 dealt with already, 22004 NULL';
REVOKE ALL ON FUNCTION liskeban.retry_reject(bigint, jsonb) FROM PUBLIC;
