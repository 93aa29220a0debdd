-- Personal data: masked wherever it is shown, read for a purpose and a reason that are noted, and cleared when its time is up.

CREATE TABLE liskeban.access_log (
  access_id     bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  at            timestamptz NOT NULL,
  ticket_id     bigint,
  actor         text NOT NULL,
  login         text NOT NULL,
  purpose       text NOT NULL,
  reason        text NOT NULL,
  reason_digest bytea NOT NULL,
  hash          bytea NOT NULL,
  resident_id   bigint,
  CONSTRAINT access_log_purpose_check CHECK (ticket_id IS NULL OR purpose IN ('contact', 'feedback', 'verify', 'inspection', 'anonymise')),
  CONSTRAINT access_log_subject_check CHECK (ticket_id IS NULL OR resident_id IS NULL),
  CONSTRAINT access_log_reason_check CHECK (reason <> '')
);
CREATE INDEX access_log_ticket_id_idx ON liskeban.access_log (ticket_id, access_id);
CREATE INDEX access_log_resident_id_idx ON liskeban.access_log (resident_id, access_id) WHERE resident_id IS NOT NULL;
COMMENT ON TABLE liskeban.access_log IS '查阅记录 who read the personal data of which ticket or resident, when and why, and when such data was cleared; never changed or deleted';
COMMENT ON COLUMN liskeban.access_log.access_id IS '编号 six digits of the district × 10^10 + n, in the order drawn';
COMMENT ON COLUMN liskeban.access_log.at IS '时间 when';
COMMENT ON COLUMN liskeban.access_log.ticket_id IS '工单编号 the ticket; NULL of a resident, or a clearing';
COMMENT ON COLUMN liskeban.access_log.actor IS '操作人 identity acted for (act_as), else the role';
COMMENT ON COLUMN liskeban.access_log.login IS '登录名 session_user';
COMMENT ON COLUMN liskeban.access_log.purpose IS '用途 contact 联系, feedback 回访, verify 核实, inspection 检查; anonymise 匿名化 a clearing; of a resident the policy it was read for';
COMMENT ON COLUMN liskeban.access_log.reason IS '理由 why; may be redacted, reason_digest stays';
COMMENT ON COLUMN liskeban.access_log.reason_digest IS '理由摘要 SHA-256 of reason as it was given, in UTF-8';
COMMENT ON COLUMN liskeban.access_log.hash IS '摘要 SHA-256 over the row in a fixed binary form: liskeban.event_hash() of it as an event whose action is the purpose and whose to_state is "access"; of a resident ticket_id is resident_id, and to_state "resident"';
COMMENT ON COLUMN liskeban.access_log.resident_id IS '居民编号 the resident; NULL of a ticket, or a clearing';
CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.access_log
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.access_log ENABLE ALWAYS TRIGGER history_kept;

-- The one place that masks.
CREATE FUNCTION liskeban.mask_name(name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT left(mask_name.name, 1) || '*'
$$;
COMMENT ON FUNCTION liskeban.mask_name(text) IS '姓名脱敏 the first character and a star, 张*, whatever the length; NULL of NULL';
REVOKE ALL ON FUNCTION liskeban.mask_name(text) FROM PUBLIC;

CREATE FUNCTION liskeban.mask_phone(phone text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN length(d.digits) >= 11 THEN left(d.digits, 3) || repeat('*', length(d.digits) - 7) || right(d.digits, 4)
              WHEN length(d.digits) >= 7 THEN repeat('*', length(d.digits) - 2) || right(d.digits, 2)
              ELSE '***' END
    FROM (SELECT regexp_replace(regexp_replace(mask_phone.phone, '[^0-9]', '', 'g'), '^(?:00)?86(?=1[0-9]{10}$)', '') AS digits) AS d
$$;
COMMENT ON FUNCTION liskeban.mask_phone(text) IS '电话脱敏 of a mobile number the first three and the last four digits, 139****1234, of a shorter one the last two; without the code of the country; NULL of NULL';
REVOKE ALL ON FUNCTION liskeban.mask_phone(text) FROM PUBLIC;

-- The ticket, where the actor sees it and its duty reaches it: what row security and the guard say, for who reads as the owner.
CREATE FUNCTION liskeban._reachable_ticket(ticket_id bigint, what text) RETURNS liskeban.ticket
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ticket constant liskeban.ticket := liskeban._visible_ticket(ticket_id);
BEGIN
  IF NOT (ticket_id >= liskeban.scope_from() OR liskeban.ticket_in_scope(ticket_id)) THEN
    RAISE EXCEPTION '%', liskeban.message('there is no ticket %s', ticket_id) USING ERRCODE = 'no_data_found';
  END IF;
  PERFORM liskeban._require_reach(ticket, what);
  RETURN ticket;
END
$$;
COMMENT ON FUNCTION liskeban._reachable_ticket(bigint, text) IS 'the ticket; P0002 there is none that the actor may see, 22004 NULL, 42501 not within its reach; what it was about to do is said in the message';
REVOKE ALL ON FUNCTION liskeban._reachable_ticket(bigint, text) FROM PUBLIC;

CREATE FUNCTION liskeban.masked_reporter(ticket_id bigint, OUT name text, OUT phone text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM liskeban._reachable_ticket(ticket_id, 'see the reporter of');
  SELECT liskeban.mask_name(r.name), liskeban.mask_phone(r.phone) INTO name, phone
    FROM liskeban.reporter AS r WHERE r.ticket_id = masked_reporter.ticket_id;
END
$$;
COMMENT ON FUNCTION liskeban.masked_reporter(bigint) IS '诉求人（脱敏） the name and phone of a ticket''s reporter, masked; NULL where they are not known or were cleared. P0002 no such ticket, 22004 NULL, 42501 not within the actor''s reach';
REVOKE ALL ON FUNCTION liskeban.masked_reporter(bigint) FROM PUBLIC;

CREATE FUNCTION liskeban.read_reporter(ticket_id bigint, reason text, purpose text DEFAULT 'contact', OUT name text, OUT phone text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF reason IS NULL OR purpose IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('reason and purpose must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  IF btrim(reason) = '' OR purpose NOT IN ('contact', 'feedback', 'verify', 'inspection') THEN
    RAISE EXCEPTION '%', liskeban.message('personal data is read for a purpose and a reason') USING ERRCODE = 'invalid_parameter_value',
      HINT = liskeban.message('Say why; the purpose is contact, feedback, verify or inspection.');
  END IF;
  PERFORM liskeban._reachable_ticket(ticket_id, 'read the reporter of');
  PERFORM liskeban._log_access(ticket_id, purpose, reason);
  SELECT r.name, r.phone INTO name, phone FROM liskeban.reporter AS r WHERE r.ticket_id = read_reporter.ticket_id;
END
$$;
COMMENT ON FUNCTION liskeban.read_reporter(bigint, text, text) IS '查阅诉求人 the name and phone of a ticket''s reporter, for a purpose (contact, feedback, verify, inspection) and a reason: each reading is a row of liskeban.access_log, and a line of the server''s log, which stays where the transaction is rolled back. NULL where they are not known or were cleared. P0002 no such ticket, 22004 NULL, 22023 no reason or another purpose, 42501 not within the actor''s reach, 25006 in a read-only transaction';
REVOKE ALL ON FUNCTION liskeban.read_reporter(bigint, text, text) FROM PUBLIC;

CREATE VIEW liskeban.ticket_reporter WITH (security_invoker) AS
SELECT t.ticket_id, t.ticket_no, r.name, r.phone
  FROM liskeban.ticket AS t CROSS JOIN LATERAL liskeban.masked_reporter(t.ticket_id) AS r
 WHERE t.has_reporter;
COMMENT ON VIEW liskeban.ticket_reporter IS '工单诉求人（脱敏） the reporters of the tickets that the caller sees, masked; read_reporter() tells more to whom it concerns. 42501 where a ticket is not within the actor''s reach';
COMMENT ON COLUMN liskeban.ticket_reporter.ticket_id IS '工单编号 key';
COMMENT ON COLUMN liskeban.ticket_reporter.ticket_no IS '工单号 number told to the citizen';
COMMENT ON COLUMN liskeban.ticket_reporter.name IS '姓名 masked, 张*';
COMMENT ON COLUMN liskeban.ticket_reporter.phone IS '电话 masked, 139****1234';

-- ---- clearing ----

-- Tickets that are over, and since when: filled from what of history came since the last clearing, so that a clearing costs
-- what newly fell due.
CREATE TABLE liskeban.clearing (
  ticket_id bigint PRIMARY KEY,
  since     timestamptz NOT NULL
);
CREATE INDEX clearing_since_idx ON liskeban.clearing (since);
COMMENT ON TABLE liskeban.clearing IS '待匿名化 tickets that are over and whose personal data is still to be cleared, as far as liskeban.cleared says (kept by anonymise_before())';
COMMENT ON COLUMN liskeban.clearing.ticket_id IS '工单编号 key';
COMMENT ON COLUMN liskeban.clearing.since IS '起算时间 the last thing that happened to it, from which its time runs';

CREATE TABLE liskeban.cleared (
  last_event_id bigint,
  until         timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE UNIQUE INDEX cleared_one_row ON liskeban.cleared ((true));
INSERT INTO liskeban.cleared DEFAULT VALUES ON CONFLICT DO NOTHING;
COMMENT ON TABLE liskeban.cleared IS '匿名化进度 how far clearing is; its row is locked while that goes on';
COMMENT ON COLUMN liskeban.cleared.last_event_id IS '末事件编号 every event up to it has been looked at for liskeban.clearing; NULL not begun';
COMMENT ON COLUMN liskeban.cleared.until IS '截止时间 what was refused or notified before then has been cleared';

-- Whatever is hung on a ticket that was cleared before, without being an event of it.
CREATE FUNCTION liskeban._clear_again() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO liskeban.clearing (ticket_id, since)
  SELECT t.ticket_id, liskeban.liskeban_now() FROM liskeban.ticket AS t
   WHERE t.ticket_id = NEW.ticket_id AND t.state IN ('closed', 'rejected', 'withdrawn', 'merged')
  ON CONFLICT (ticket_id) DO NOTHING;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION liskeban._clear_again() IS 'AFTER ROW trigger of what people write of a ticket without its history telling of it: where the ticket is over, it is to be cleared in time';
REVOKE ALL ON FUNCTION liskeban._clear_again() FROM PUBLIC;
CREATE TRIGGER clear_again AFTER INSERT ON liskeban.access_log
  FOR EACH ROW EXECUTE FUNCTION liskeban._clear_again();
ALTER TABLE liskeban.access_log ENABLE ALWAYS TRIGGER clear_again;
CREATE TRIGGER clear_again AFTER INSERT ON liskeban.attachment
  FOR EACH ROW EXECUTE FUNCTION liskeban._clear_again();
ALTER TABLE liskeban.attachment ENABLE ALWAYS TRIGGER clear_again;
CREATE TRIGGER clear_again AFTER INSERT OR UPDATE OF decided_at ON liskeban.request
  FOR EACH ROW EXECUTE FUNCTION liskeban._clear_again();
ALTER TABLE liskeban.request ENABLE ALWAYS TRIGGER clear_again;

-- Where people write what they like, and how its rows are found: by their ticket, or by when they came.
CREATE FUNCTION liskeban._personal_text(OUT relation text, OUT "column" text, OUT kind text, OUT found_by text) RETURNS SETOF record
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 40 SET search_path = pg_catalog, pg_temp AS $$
  VALUES ('ticket', 'title', 'text', 'ticket'), ('ticket', 'description', 'text', 'ticket'), ('ticket', 'address', 'text', 'ticket'),
         ('ticket', 'plan', 'text', 'ticket'), ('ticket', 'resolution', 'text', 'ticket'), ('ticket', 'reply', 'text', 'ticket'),
         ('ticket', 'note', 'text', 'ticket'), ('ticket', 'extra', 'jsonb', 'ticket'),
         ('ticket_event', 'note', 'note', 'ticket'),
         ('attachment', 'uri', 'text', 'ticket'),
         ('request', 'reason', 'text', 'ticket'), ('request', 'note', 'text', 'ticket'),
         ('whistle', 'reason', 'text', 'ticket'), ('whistle', 'answer', 'text', 'ticket'),
         ('party', 'refused_reason', 'text', 'ticket'), ('party', 'note', 'text', 'ticket'),
         ('progress', 'note', 'text', 'ticket'),
         ('supervision', 'reason', 'text', 'ticket'), ('supervision', 'reply', 'text', 'ticket'), ('supervision', 'note', 'text', 'ticket'),
         ('feedback', 'comment', 'text', 'ticket'),
         ('final_answer', 'reply', 'text', 'ticket'), ('final_answer', 'reason', 'text', 'ticket'),
         ('score_appeal', 'reason', 'text', 'ticket'), ('score_appeal', 'note', 'text', 'ticket'),
         ('ticket_message', 'words', 'text[]', 'ticket'),
         ('access_log', 'reason', 'reason', 'ticket'),
         ('entitlement', 'note', 'text', 'ticket'),
         ('ticket_message', 'request', 'jsonb', 'at'),
         ('intake_reject', 'reason', 'text', 'at'), ('hazard_signal', 'payload', 'jsonb', 'at'),
         ('resident_reject', 'raw', 'jsonb', 'at'), ('resident_reject', 'reason', 'text', 'at'),
         ('outbox', 'payload', 'payload', 'at')
$$;
COMMENT ON FUNCTION liskeban._personal_text() IS 'the columns in which personal data may stand beside liskeban.reporter: relation, column, kind (text, text[], jsonb; payload of a notification, of which the reply goes; note of history and reason of an access, of which the digest stays), and how anonymise_before() finds its rows (by ticket, or by at)';
REVOKE ALL ON FUNCTION liskeban._personal_text() FROM PUBLIC;

-- Identity numbers have 18 digits, the last may be X, or 15 (until 1999); telephones eleven from 1 on, or an area code from 0
-- on and seven or eight; with blanks or hyphens between groups, in wide digits too.
CREATE FUNCTION liskeban._redacted(value text, name text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  value := regexp_replace(value, '(?<![0-9０-９])[0-9０-９]{6}[ -]?[0-9０-９]{8}[ -]?[0-9０-９]{3}[0-9０-９XxＸｘ](?![0-9０-９])', '[证件号]', 'g');
  value := regexp_replace(value, '(?<![0-9０-９])[1-9１-９][0-9０-９]{5}[2-9２-９][0-9０-９](?:[0０][1-9１-９]|[1１][0-2０-２])(?:[0０][1-9１-９]|[12１２][0-9０-９]|[3３][01０１])[0-9０-９]{3}(?![0-9０-９])', '[证件号]', 'g');
  value := regexp_replace(value, '(?<![0-9０-９])(?:(?:[+＋]|00|００)?(?:86|８６)[ -]?)?[1１][0-9０-９]{2}[ -]?[0-9０-９]{4}[ -]?[0-9０-９]{4}(?![0-9０-９])', '[电话]', 'g');
  value := regexp_replace(value, '(?<![0-9０-９])[(（]?[0０][0-9０-９]{2,3}[)）]?[ -]?[0-9０-９]{3,4}[ -]?[0-9０-９]{4}(?![0-9０-９])', '[电话]', 'g');
  RETURN CASE WHEN length(name) > 1 THEN replace(value, name, '[姓名]') ELSE value END;
END
$$;
COMMENT ON FUNCTION liskeban._redacted(text, text) IS 'the text without telephones, identity numbers and that name, where it has two characters or more; NULL of NULL';
REVOKE ALL ON FUNCTION liskeban._redacted(text, text) FROM PUBLIC;

CREATE FUNCTION liskeban._redacted(value text[], name text DEFAULT NULL) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN value IS NOT NULL
              THEN ARRAY(SELECT liskeban._redacted(v.value, _redacted.name) FROM unnest(_redacted.value) WITH ORDINALITY AS v(value, nth) ORDER BY v.nth) END
$$;
COMMENT ON FUNCTION liskeban._redacted(text[], text) IS 'each of the texts redacted; NULL of NULL';
REVOKE ALL ON FUNCTION liskeban._redacted(text[], text) FROM PUBLIC;

CREATE FUNCTION liskeban._redacted(value jsonb, name text DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  text_before constant text := value #>> '{}';
  text_after text;
BEGIN
  CASE jsonb_typeof(value)
    WHEN 'object' THEN
      RETURN (SELECT coalesce(jsonb_object_agg(m.key, CASE WHEN m.key IN ('reporter_name', 'reporter_phone') THEN 'null'
                                                           ELSE liskeban._redacted(m.value, name) END), '{}')
                FROM jsonb_each(value) AS m);
    WHEN 'array' THEN
      RETURN (SELECT coalesce(jsonb_agg(liskeban._redacted(m.value, name) ORDER BY m.nth), '[]')
                FROM jsonb_array_elements(value) WITH ORDINALITY AS m(value, nth));
    WHEN 'string', 'number' THEN
      text_after := liskeban._redacted(text_before, name);
      RETURN CASE WHEN text_after = text_before THEN value ELSE to_jsonb(text_after) END;
    ELSE
      RETURN value;
  END CASE;
END
$$;
COMMENT ON FUNCTION liskeban._redacted(jsonb, text) IS 'the document with each text, and each number that looks like one, redacted, and without reporter_name and reporter_phone; NULL of NULL';
REVOKE ALL ON FUNCTION liskeban._redacted(jsonb, text) FROM PUBLIC;

CREATE FUNCTION liskeban._anonymise_steps(ids bigint[], before timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  part record;
  -- of each ticket the name to look for
  names text[];
  -- what came before then has been looked at
  cleared constant timestamptz := (SELECT c.until FROM liskeban.cleared AS c);
BEGIN
  names := ARRAY(SELECT r.name FROM unnest(ids) WITH ORDINALITY AS u(ticket_id, nth)
                   LEFT JOIN liskeban.reporter AS r ON r.ticket_id = u.ticket_id ORDER BY u.nth);
  FOR part IN
    SELECT p.relation, p.found_by,
           -- a notification does not say whose name its reply may have
           string_agg(format('%I = %s', p."column",
             CASE p.kind WHEN 'payload' THEN format('liskeban._redacted(x.%I - ''reply'', y.name)', p."column")
                         WHEN 'reason' THEN format('CASE WHEN liskeban._redacted(x.%1$I, y.name) = x.%1$I THEN x.%1$I ELSE ''[已匿名]'' END', p."column")
                         WHEN 'note' THEN format('CASE WHEN liskeban._redacted(x.%1$I, y.name) = x.%1$I THEN x.%1$I END', p."column")
                         ELSE format('liskeban._redacted(x.%I, y.name)', p."column") END), ', ') AS changes,
           string_agg(format(CASE p.kind WHEN 'payload' THEN 'liskeban._redacted(x.%1$I - ''reply'', y.name) <> x.%1$I'
                                         ELSE 'liskeban._redacted(x.%1$I, y.name) <> x.%1$I' END, p."column"), ' OR ') AS changed
      FROM liskeban._personal_text() AS p
     WHERE to_regclass(format('liskeban.%I', p.relation)) IS NOT NULL
     GROUP BY p.relation, p.found_by ORDER BY p.relation, p.found_by
  LOOP
    IF part.found_by = 'ticket' THEN
      EXECUTE format('UPDATE liskeban.%I AS x SET %s FROM unnest($1, $2) AS y(ticket_id, name) WHERE x.ticket_id = y.ticket_id AND (%s)',
                     part.relation, part.changes, part.changed) USING ids, names;
    ELSIF cardinality(ids) = 0 THEN
      EXECUTE format('UPDATE liskeban.%I AS x SET %s FROM (VALUES (NULL::text)) AS y(name) WHERE x.at >= $1 AND x.at < $2 AND (%s)',
                     part.relation, part.changes, part.changed) USING cleared, before;
    END IF;
  END LOOP;

  -- Who it was is no longer known, nor whether it was the same as of another.
  UPDATE liskeban.reporter AS r SET name = NULL, phone = NULL, phone_hash = NULL, anonymised_at = liskeban.liskeban_now()
   WHERE r.ticket_id = ANY (ids) AND r.anonymised_at IS NULL;
  UPDATE liskeban.clue_reporter AS r SET name = NULL, phone = NULL, phone_hash = NULL, anonymised_at = liskeban.liskeban_now()
   WHERE r.ticket_id = ANY (ids) AND r.anonymised_at IS NULL;
  -- What was refused stands in no form that could be told apart: all of it goes, but for what knows it again.
  IF cardinality(ids) = 0 THEN
    UPDATE liskeban.intake_reject AS r SET raw = '[已匿名] sha256:' || encode(liskeban._text_digest(r.raw), 'hex')
     WHERE r.at >= cleared AND r.at < before AND NOT starts_with(r.raw, '[已匿名] sha256:');
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._anonymise_steps(bigint[], timestamptz) IS 'clears personal data from those tickets and all that hangs on them; without any, from what hangs on none and came before then, from liskeban.cleared.until on. Called by _anonymise_batch()';
REVOKE ALL ON FUNCTION liskeban._anonymise_steps(bigint[], timestamptz) FROM PUBLIC;

-- Events that are not final yet are read again the next time; a day more of what is found by its time likewise.
CREATE FUNCTION liskeban._note_clearing() RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  mark constant bigint := (SELECT c.last_event_id FROM liskeban.cleared AS c);
  final constant bigint := liskeban.last_final_event();
  ids bigint[];
BEGIN
  IF mark IS NOT NULL THEN
    ids := ARRAY(SELECT DISTINCT e.ticket_id FROM liskeban.ticket_event AS e WHERE e.event_id > mark);
  END IF;
  INSERT INTO liskeban.clearing AS c (ticket_id, since)
  SELECT t.ticket_id, t.updated_at FROM liskeban.ticket AS t
   WHERE (mark IS NULL OR t.ticket_id = ANY (ids))
     AND (t.state IN ('closed', 'rejected', 'withdrawn') OR t.state = 'merged' AND t.closed_at IS NOT NULL)
  ON CONFLICT (ticket_id) DO UPDATE SET since = excluded.since WHERE c.since <> excluded.since;
  UPDATE liskeban.cleared AS c SET last_event_id = final WHERE final > coalesce(c.last_event_id, 0);
END
$$;
COMMENT ON FUNCTION liskeban._note_clearing() IS 'adds to liskeban.clearing the tickets that are over and to which something happened since the last time (the first time: all that are over), and moves that to what is final';
REVOKE ALL ON FUNCTION liskeban._note_clearing() FROM PUBLIC;

CREATE FUNCTION liskeban.anonymise_before(before date) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  due timestamptz;
  cleared bigint := 0;
  gone bigint;
  ids bigint[];
BEGIN
  IF before IS NULL OR NOT isfinite(before) THEN
    RAISE EXCEPTION '%', liskeban.message('before must be a day') USING ERRCODE = CASE WHEN before IS NULL THEN 'null_value_not_allowed' ELSE 'invalid_parameter_value' END;
  END IF;
  due := (SELECT before::timestamp AT TIME ZONE p.time_zone FROM liskeban.platform AS p);
  -- one clearing after the other
  PERFORM FROM liskeban.cleared FOR UPDATE;
  PERFORM liskeban._note_clearing();
  PERFORM liskeban._anonymise_batch('{}', due);
  UPDATE liskeban.cleared AS c SET until = greatest(c.until, least(due, liskeban.liskeban_now() - interval '1 day'));
  LOOP
    ids := ARRAY(SELECT c.ticket_id FROM liskeban.clearing AS c WHERE c.since < due ORDER BY c.since, c.ticket_id LIMIT 5000);
    EXIT WHEN cardinality(ids) = 0;
    DELETE FROM liskeban.clearing AS c WHERE c.ticket_id = ANY (ids);
    -- What was reopened meanwhile comes again when it is over.
    ids := ARRAY(SELECT t.ticket_id FROM liskeban.ticket AS t
                  WHERE t.ticket_id = ANY (ids) AND t.updated_at < due
                    AND (t.state IN ('closed', 'rejected', 'withdrawn') OR t.state = 'merged' AND t.closed_at IS NOT NULL)
                  ORDER BY t.ticket_id);
    cleared := cleared + (SELECT count(*) FROM liskeban.reporter AS r WHERE r.ticket_id = ANY (ids) AND r.anonymised_at IS NULL);
    PERFORM liskeban._anonymise_batch(ids, due);
  END LOOP;
  gone := liskeban._clear_residents(before);
  PERFORM liskeban._log_access(NULL, 'anonymise', format('before %s: %s reporters%s', to_char(before, 'YYYY-MM-DD'), cleared,
                                                         CASE WHEN gone > 0 THEN format(', %s residents', gone) ELSE '' END));
  RETURN cleared + gone;
END
$$;
COMMENT ON FUNCTION liskeban.anonymise_before(date) IS '匿名化 clear the personal data of tickets that are over (closed, rejected, withdrawn) and to which nothing has happened since before that day began in the platform''s zone: the reporter''s row, and telephones, identity numbers and the reporter''s name in their texts, messages, feedback and history, of which a note that has any is removed whole; and of refused payloads and notifications that old. Hashes, seals and figures stay as they are. What is known of residents who died or moved away before that day goes too. Returns how many reporters and residents were cleared; a row of access_log says so. Costs what newly fell due: see liskeban.clearing. Not undone. A job does it by platform.retention. 22004 NULL, 22023 infinite';
REVOKE ALL ON FUNCTION liskeban.anonymise_before(date) FROM PUBLIC;
