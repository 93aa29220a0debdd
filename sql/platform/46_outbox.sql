-- Notifications out: a log that consumers read with a cursor each, not a queue. Nothing is deleted but by partition.
--
-- Topics: alarm, whistle, supervision, directive, dispatch, and source.<code> for what a source that reads back is told of
-- its tickets. Payloads carry ids, codes and times (UTC); of texts only the reply, which the source passes on to the citizen.

CREATE TABLE liskeban.outbox (
  id      bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE),
  at      timestamptz NOT NULL,
  topic   text NOT NULL,
  payload jsonb NOT NULL,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX outbox_at_idx ON liskeban.outbox USING brin (at) WITH (pages_per_range = 32, autosummarize = on);
COMMENT ON TABLE liskeban.outbox IS '发件箱 what is told outside, in order: each alarm, step of a whistle, supervision, directive (one a receiver), dispatch, and each change of state of a ticket whose source reads back; never changed, old entries go by partition. Read it with take_outbox(), which passes nothing by';
COMMENT ON COLUMN liskeban.outbox.id IS '编号 six digits of the district × 10^10 + n, in the order drawn';
COMMENT ON COLUMN liskeban.outbox.at IS '时间 when it was appended; the time of the thing itself stands in payload';
COMMENT ON COLUMN liskeban.outbox.topic IS '主题 alarm, whistle, supervision, directive, dispatch, or source.<code>';
COMMENT ON COLUMN liskeban.outbox.payload IS '内容 ids, codes and times. alarm: alarm_id, ticket_id, ticket_no, clock, level, run, subject, at, fired_at, state, tier, area and department it concerns. whistle: whistle_id, ticket_id, ticket_no, step (raised, signed, solved, handed_down, declined, overtaken), at, by, from_tier, to_tier, auto, appeal_of, from_area, from_department, responsible_area, department, sign_due, handle_due. supervision: supervision_id, ticket_id, ticket_no, target_id, alarm_id, clock, level, kind, area, department, issued_by, issued_at, reply_due. directive: directive_id, target_id, area, department, issued_by, issued_at, reply_due. dispatch: ticket_id, ticket_no, seq, at, action, state, tier, priority, category, responsible_area, department, respond_due, plan_due, resolve_due; take_outbox() adds team, who goes. source.<code>: external_id, ticket_id, ticket_no, seq, at, public_state (public_state()), state, reply';

CREATE TRIGGER outbox_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.outbox
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.outbox_kept();
ALTER TABLE liskeban.outbox ENABLE ALWAYS TRIGGER outbox_kept;
CREATE TABLE liskeban.outbox_default PARTITION OF liskeban.outbox DEFAULT;
COMMENT ON TABLE liskeban.outbox_default IS '分区 of outbox: what none was made for in time; make_partitions() moves it';
CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.outbox_default
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.outbox_default ENABLE ALWAYS TRIGGER history_kept;

-- The last id of which NOTIFY told: a sequence, which no transaction locks and none takes back.
CREATE SEQUENCE liskeban.outbox_told;
COMMENT ON SEQUENCE liskeban.outbox_told IS '已通知编号 the last id that notify_outbox() told of';

CREATE TABLE liskeban.outbox_consumer (
  consumer      text PRIMARY KEY,
  topics        text[],
  source        text REFERENCES liskeban.source_system,
  role_name     text,
  registered_by text NOT NULL,
  registered_at timestamptz NOT NULL,
  acked         bigint NOT NULL,
  taken         bigint NOT NULL,
  taken_at      timestamptz,
  lease_until   timestamptz,
  lease_by      text,
  lost_by       text,
  CONSTRAINT outbox_consumer_consumer_check CHECK (consumer <> ''),
  CONSTRAINT outbox_consumer_topics_check CHECK (cardinality(topics) > 0),
  CONSTRAINT outbox_consumer_taken_check CHECK (taken >= acked)
) WITH (fillfactor = 50);
COMMENT ON TABLE liskeban.outbox_consumer IS '订阅者 who reads the outbox, and how far (kept by take_outbox and ack_outbox)';
COMMENT ON COLUMN liskeban.outbox_consumer.consumer IS '名称 key';
COMMENT ON COLUMN liskeban.outbox_consumer.topics IS '主题 topics it is given; NULL all';
COMMENT ON COLUMN liskeban.outbox_consumer.source IS '来源系统 source_system whose logins may read it, which is given its own topic only; NULL none';
COMMENT ON COLUMN liskeban.outbox_consumer.role_name IS '身份 login or identity that may read it besides administrators; NULL none';
COMMENT ON COLUMN liskeban.outbox_consumer.registered_by IS '登记人 who registered it';
COMMENT ON COLUMN liskeban.outbox_consumer.registered_at IS '登记时间 when';
COMMENT ON COLUMN liskeban.outbox_consumer.acked IS '已确认编号 its cursor: everything up to this id is done with';
COMMENT ON COLUMN liskeban.outbox_consumer.taken IS '已取编号 the last id it was given';
COMMENT ON COLUMN liskeban.outbox_consumer.taken_at IS '最近取用时间 when it was last given any';
COMMENT ON COLUMN liskeban.outbox_consumer.lease_until IS '租约至 until when what was taken is the taker''s alone; NULL when all of it is acknowledged';
COMMENT ON COLUMN liskeban.outbox_consumer.lease_by IS '租约会话 session that took it, as %c in the server''s log';
COMMENT ON COLUMN liskeban.outbox_consumer.lost_by IS '失约会话 session whose lease ran out before it acknowledged, and went to another';

-- ---- what is told ----

CREATE TRIGGER outbox_insert AFTER INSERT ON liskeban.alarm REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.outbox_follow('alarm');
CREATE TRIGGER outbox_insert AFTER INSERT ON liskeban.whistle REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.outbox_follow('whistle');
CREATE TRIGGER outbox_update AFTER UPDATE ON liskeban.whistle REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.outbox_follow('whistle');
CREATE TRIGGER outbox_insert AFTER INSERT ON liskeban.supervision REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.outbox_follow('supervision');
CREATE TRIGGER outbox_insert AFTER INSERT ON liskeban.directive_target REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.outbox_follow('directive');
ALTER TABLE liskeban.alarm ENABLE ALWAYS TRIGGER outbox_insert;
ALTER TABLE liskeban.whistle ENABLE ALWAYS TRIGGER outbox_insert;
ALTER TABLE liskeban.whistle ENABLE ALWAYS TRIGGER outbox_update;
ALTER TABLE liskeban.supervision ENABLE ALWAYS TRIGGER outbox_insert;
ALTER TABLE liskeban.directive_target ENABLE ALWAYS TRIGGER outbox_insert;

-- ---- who reads ----

CREATE FUNCTION liskeban.register_outbox_consumer(consumer text, topics text[] DEFAULT NULL, source text DEFAULT NULL,
  role_name text DEFAULT NULL, from_now boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  wanted text[] := topics;
  wrong text;
  cursor_at bigint;
BEGIN
  PERFORM liskeban._require_admin('register a consumer of the outbox');
  IF consumer IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('the name of a consumer must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  ELSIF consumer = '' OR cardinality(topics) = 0 THEN
    RAISE EXCEPTION '%', liskeban.message('a consumer needs a name, and a topic unless topics is NULL') USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF source IS NOT NULL THEN
    wanted := ARRAY['source.' || source];
    IF NOT EXISTS (SELECT FROM liskeban.source_system AS s WHERE s.code = register_outbox_consumer.source) THEN
      RAISE EXCEPTION '%', liskeban.message('source "%s" is not known', source) USING ERRCODE = 'foreign_key_violation', HINT = liskeban.message('See liskeban.source_system.');
    ELSIF topics IS NOT NULL AND topics <> wanted THEN
      RAISE EXCEPTION '%', liskeban.message('a consumer of source "%s" is given topic "%s" only', source, wanted[1]) USING ERRCODE = 'invalid_parameter_value';
    END IF;
  END IF;
  SELECT t INTO wrong FROM unnest(wanted) AS t
   WHERE t IS NULL OR t <> ALL ('{alarm,whistle,supervision,directive,dispatch}'::text[])
                      AND NOT EXISTS (SELECT FROM liskeban.source_system AS s WHERE t = 'source.' || s.code)
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('there is no topic "%s"', wrong) USING ERRCODE = 'invalid_parameter_value',
      HINT = liskeban.message('Topics are alarm, whistle, supervision, directive, dispatch and source.<code of a source>.');
  END IF;
  IF from_now THEN
    cursor_at := liskeban._outbox_final();
  ELSE
    cursor_at := coalesce((SELECT min(o.id) FROM liskeban.outbox AS o),
                          (SELECT s.seqmin FROM pg_sequence AS s WHERE s.seqrelid = 'liskeban.outbox_id_seq'::regclass)) - 1;
  END IF;
  INSERT INTO liskeban.outbox_consumer (consumer, topics, source, role_name, registered_by, registered_at, acked, taken)
  VALUES (consumer, wanted, source, role_name, liskeban.actor(), liskeban.liskeban_now(), cursor_at, cursor_at);
EXCEPTION WHEN unique_violation THEN
  RAISE EXCEPTION '%', liskeban.message('there is a consumer "%s" already', consumer) USING ERRCODE = 'duplicate_object';
END
$$;
COMMENT ON FUNCTION liskeban.register_outbox_consumer(text, text[], text, text, boolean) IS '登记订阅者 a consumer of the outbox, of all topics or of these; of a source, whose logins read it, its own topic; role_name may read it besides administrators. It begins with the oldest entry kept, or with what comes from now on. Administrators. 42710 there is one of that name, 22023 no such topic, 23503 no such source';
REVOKE ALL ON FUNCTION liskeban.register_outbox_consumer(text, text[], text, text, boolean) FROM PUBLIC;

CREATE FUNCTION liskeban.drop_outbox_consumer(consumer text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM liskeban._require_admin('drop a consumer of the outbox');
  DELETE FROM liskeban.outbox_consumer AS c WHERE c.consumer = drop_outbox_consumer.consumer;
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('there is no consumer "%s"', consumer) USING ERRCODE = 'invalid_parameter_value',
      HINT = liskeban.message('Table liskeban.outbox_consumer lists them.');
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban.drop_outbox_consumer(text) IS '注销订阅者 forget a consumer, so that it holds nothing back any more. Administrators. 22023 there is none of that name';
REVOKE ALL ON FUNCTION liskeban.drop_outbox_consumer(text) FROM PUBLIC;

-- Administrators and jobs read as any consumer; others as their own.
CREATE FUNCTION liskeban._require_consumer(c liskeban.outbox_consumer) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  problem text;
BEGIN
  IF c.role_name = liskeban.actor() THEN
    RETURN;
  END IF;
  IF c.source IS NULL THEN
    PERFORM liskeban._require_admin(liskeban.message('read the outbox as "%s"', c.consumer));
    RETURN;
  END IF;
  SELECT s.reason INTO problem FROM liskeban._intake_source(c.source) AS s;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION '%', problem USING ERRCODE = 'insufficient_privilege';
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._require_consumer(liskeban.outbox_consumer) IS '42501 unless the caller is an administrator, the role of the consumer, or reports for its source';
REVOKE ALL ON FUNCTION liskeban._require_consumer(liskeban.outbox_consumer) FROM PUBLIC;

-- Who asks under a name that is not registered: an administrator for everything, a source for its own.
CREATE FUNCTION liskeban._new_consumer(consumer text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  own_source text;
  admin boolean := true;
BEGIN
  BEGIN
    PERFORM liskeban._require_admin('read the outbox');
  EXCEPTION WHEN insufficient_privilege THEN
    admin := false;
  END;
  IF NOT admin THEN
    SELECT s.source INTO own_source FROM liskeban._intake_source(NULL) AS s;
    IF own_source IS NULL THEN
      RAISE EXCEPTION '%', liskeban.message('there is no consumer "%s"', consumer) USING ERRCODE = 'insufficient_privilege',
        HINT = liskeban.message('An administrator registers it with liskeban.register_outbox_consumer().');
    END IF;
    -- Each that is behind keeps the old entries: one is a source's to make.
    IF EXISTS (SELECT FROM liskeban.outbox_consumer AS c WHERE c.source = own_source) THEN
      RAISE EXCEPTION '%', liskeban.message('there is no consumer "%s", and source "%s" has another', consumer, own_source) USING ERRCODE = 'insufficient_privilege',
        HINT = liskeban.message('An administrator registers more with liskeban.register_outbox_consumer().');
    END IF;
  END IF;
  INSERT INTO liskeban.outbox_consumer AS c (consumer, topics, source, registered_by, registered_at, acked, taken)
  SELECT consumer, CASE WHEN own_source IS NOT NULL THEN ARRAY['source.' || own_source] END, own_source, liskeban.actor(),
         liskeban.liskeban_now(), o.before, o.before
    FROM (SELECT coalesce((SELECT min(o.id) FROM liskeban.outbox AS o),
                          (SELECT s.seqmin FROM pg_sequence AS s WHERE s.seqrelid = 'liskeban.outbox_id_seq'::regclass)) - 1 AS before) AS o
  ON CONFLICT ON CONSTRAINT outbox_consumer_pkey DO NOTHING;
  RAISE NOTICE '%', liskeban.message('consumer "%s" is registered, and begins with the oldest entry', consumer);
END
$$;
COMMENT ON FUNCTION liskeban._new_consumer(text) IS 'registers a consumer that asks for the first time: an administrator''s for all topics, a source''s one for its own; 42501 for others';
REVOKE ALL ON FUNCTION liskeban._new_consumer(text) FROM PUBLIC;

-- The people and their phones are looked up for whoever takes it, by who is on duty then; the log keeps codes only.
CREATE FUNCTION liskeban._with_team(payload jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ticket liskeban.ticket;
BEGIN
  SELECT t.* INTO ticket FROM liskeban.ticket AS t WHERE t.ticket_id = (payload ->> 'ticket_id')::bigint;
  ticket.responsible_area := (payload ->> 'responsible_area')::liskeban.area_code;
  ticket.department := payload ->> 'department';
  RETURN payload || jsonb_build_object('team',
    (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(p) - 'nth') ORDER BY p.nth), '[]') FROM liskeban._dispatch_team(ticket) AS p));
END
$$;
COMMENT ON FUNCTION liskeban._with_team(jsonb) IS 'the payload of a dispatch with team: who goes, in the order in which they are called, as dispatch_team() would say of its holder now';
REVOKE ALL ON FUNCTION liskeban._with_team(jsonb) FROM PUBLIC;

CREATE FUNCTION liskeban.take_outbox(consumer text, max integer DEFAULT 100)
RETURNS TABLE (id bigint, at timestamptz, topic text, payload jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  now constant timestamptz := liskeban.liskeban_now();
  me constant text := liskeban._session_id();
  lease constant interval := interval '60 seconds';
  c liskeban.outbox_consumer;
  final bigint;
  last bigint;
BEGIN
  IF consumer IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('the name of a consumer must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  ELSIF consumer = '' OR take_outbox.max IS NULL OR take_outbox.max <= 0 THEN
    RAISE EXCEPTION '%', liskeban.message('the name of a consumer must not be empty, and max must be positive') USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- An older snapshot does not see what became final meanwhile.
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE EXCEPTION '%', liskeban.message('the outbox is taken under READ COMMITTED only') USING ERRCODE = 'active_sql_transaction';
  END IF;

  SELECT o.* INTO c FROM liskeban.outbox_consumer AS o WHERE o.consumer = take_outbox.consumer;
  IF NOT FOUND THEN
    PERFORM liskeban._new_consumer(consumer);
    SELECT o.* INTO c FROM liskeban.outbox_consumer AS o WHERE o.consumer = take_outbox.consumer;
  END IF;
  PERFORM liskeban._require_consumer(c);

  -- A lease that lies further ahead than any can was given by another clock.
  SELECT o.* INTO c FROM liskeban.outbox_consumer AS o WHERE o.consumer = take_outbox.consumer FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RAISE NOTICE '%', liskeban.message('another session is taking the outbox as "%s"', consumer);
    RETURN;
  ELSIF c.lease_by <> me AND now < c.lease_until AND c.lease_until <= now + lease THEN
    RAISE NOTICE '%', liskeban.message('session %s has taken the outbox as "%s", and has until %s to acknowledge', c.lease_by, consumer, c.lease_until);
    RETURN;
  END IF;

  -- In this order: the snapshot of the query is taken once it is known what is final.
  final := liskeban._outbox_final();
  FOR id, at, topic, payload IN
    SELECT o.id, o.at, o.topic, o.payload
      FROM liskeban.outbox AS o
     WHERE o.id > c.acked AND o.id <= final AND (c.topics IS NULL OR o.topic = ANY (c.topics))
     ORDER BY o.id
     LIMIT take_outbox.max
  LOOP
    last := id;
    IF topic = 'dispatch' THEN
      payload := liskeban._with_team(payload);
    END IF;
    RETURN NEXT;
  END LOOP;

  IF last IS NOT NULL THEN
    UPDATE liskeban.outbox_consumer AS o
       SET taken = greatest(o.taken, last), taken_at = now, lease_until = now + lease, lease_by = me,
           lost_by = CASE WHEN o.lease_by <> me THEN o.lease_by WHEN o.lost_by <> me THEN o.lost_by END
     WHERE o.consumer = c.consumer;
  ELSIF final > c.acked THEN
    -- Nothing in between is for this one.
    UPDATE liskeban.outbox_consumer AS o SET acked = final, taken = final, lease_until = NULL, lease_by = NULL, lost_by = NULL
     WHERE o.consumer = c.consumer;
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban.take_outbox(text, integer) IS '取通知 what comes next for a consumer, in the order of id, at most max entries, and nothing while a transaction is open that may bring a lower id; a dispatch with team, the people who go, as dispatch_team() names them now. What is taken is this session''s for 60 s by liskeban_now(): meanwhile another session is given nothing (with a NOTICE), this one the same again; what is not acknowledged by then is given again, to whoever asks. A name that is new is registered: an administrator''s for all topics, the first of a source''s for its own. 42501 not the caller''s consumer, 22004 NULL, 22023 max not positive, 25001 outside READ COMMITTED';
REVOKE ALL ON FUNCTION liskeban.take_outbox(text, integer) FROM PUBLIC;

CREATE FUNCTION liskeban.ack_outbox(consumer text, up_to bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  now constant timestamptz := liskeban.liskeban_now();
  me constant text := liskeban._session_id();
  c liskeban.outbox_consumer;
BEGIN
  IF consumer IS NULL OR up_to IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('the name of a consumer and the id must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT o.* INTO c FROM liskeban.outbox_consumer AS o WHERE o.consumer = ack_outbox.consumer FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('there is no consumer "%s"', consumer) USING ERRCODE = 'invalid_parameter_value',
      HINT = liskeban.message('Table liskeban.outbox_consumer lists them; take_outbox() registers a new one.');
  END IF;
  PERFORM liskeban._require_consumer(c);
  IF up_to > c.taken THEN
    RAISE EXCEPTION '%', liskeban.message('consumer "%s" has not taken %s yet', consumer, up_to) USING ERRCODE = 'invalid_parameter_value',
      DETAIL = liskeban.message('The last that it was given is %s.', c.taken);
  END IF;
  IF up_to <= c.acked THEN
    RETURN c.acked;
  END IF;
  IF c.lost_by = me THEN
    RAISE EXCEPTION '%', liskeban.message('the lease of this session on the outbox as "%s" has run out', consumer)
      USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = liskeban.message('Session %s has taken the same since.', c.lease_by),
            HINT = liskeban.message('What is not acknowledged is given again: call take_outbox().');
  END IF;
  UPDATE liskeban.outbox_consumer AS o
     SET acked = up_to,
         lease_until = CASE WHEN up_to < o.taken THEN now + interval '60 seconds' END,
         lease_by = CASE WHEN up_to < o.taken THEN me END,
         lost_by = CASE WHEN up_to < o.taken THEN o.lost_by END
   WHERE o.consumer = c.consumer;
  RETURN up_to;
END
$$;
COMMENT ON FUNCTION liskeban.ack_outbox(text, bigint) IS '确认通知 everything up to this id is done with: moves the consumer''s cursor, forward only, and returns it; from any session, as pools give them. With all that was taken the lease ends, else it begins anew for this session. 22023 beyond what was taken, or no such consumer; 55000 this session''s lease ran out and another has taken the same since; 42501 not the caller''s consumer, 22004 NULL';
REVOKE ALL ON FUNCTION liskeban.ack_outbox(text, bigint) FROM PUBLIC;

CREATE VIEW liskeban.outbox_backlog WITH (security_invoker) AS
SELECT c.consumer, c.acked, o.id AS next_id, o.at AS next_at, liskeban.liskeban_now() - o.at AS behind,
       c.taken, c.taken_at, c.lease_until, c.lease_by
  FROM liskeban.outbox_consumer AS c
  LEFT JOIN LATERAL (SELECT n.id, n.at FROM liskeban.outbox AS n
                      WHERE n.id > c.acked AND (c.topics IS NULL OR n.topic = ANY (c.topics)) ORDER BY n.id LIMIT 1) AS o ON true;
COMMENT ON VIEW liskeban.outbox_backlog IS '订阅积压 how far each consumer of the outbox is behind; who is behind for good holds its partitions back';
COMMENT ON COLUMN liskeban.outbox_backlog.consumer IS '名称 the consumer';
COMMENT ON COLUMN liskeban.outbox_backlog.acked IS '已确认编号 its cursor';
COMMENT ON COLUMN liskeban.outbox_backlog.next_id IS '下一编号 the first entry for it that is not acknowledged; NULL none';
COMMENT ON COLUMN liskeban.outbox_backlog.next_at IS '下一时间 when that was appended';
COMMENT ON COLUMN liskeban.outbox_backlog.behind IS '落后 how long that has been waiting';
COMMENT ON COLUMN liskeban.outbox_backlog.taken IS '已取编号 the last id it was given';
COMMENT ON COLUMN liskeban.outbox_backlog.taken_at IS '最近取用时间 when it was last given any';
COMMENT ON COLUMN liskeban.outbox_backlog.lease_until IS '租约至 until when what was taken is the taker''s alone';
COMMENT ON COLUMN liskeban.outbox_backlog.lease_by IS '租约会话 session that took it, as %c in the server''s log';

-- ---- old entries ----

-- The old partitions in order, up to the first that is needed, with why it is.
CREATE FUNCTION liskeban._old_outbox(before timestamptz, OUT partition name, OUT first bigint, OUT last bigint, OUT problem text, OUT slowest text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  until constant timestamptz := coalesce(before, liskeban.liskeban_now() - (SELECT p.outbox_retention FROM liskeban.platform AS p));
  final constant bigint := liskeban._outbox_final();
  newest timestamptz;
BEGIN
  FOR partition, first, last IN
    SELECT r.partition, r.first, r.beyond - 1 FROM liskeban._partition_ranges('liskeban.outbox') AS r WHERE r.beyond - 1 <= final ORDER BY r.first
  LOOP
    problem := NULL;
    EXECUTE format('SELECT o.at FROM liskeban.%I AS o ORDER BY o.id DESC LIMIT 1', partition) INTO newest;
    IF newest >= until THEN
      problem := 'it is not old enough';
    END IF;
    -- A consumer that has nothing to do with what is left of it holds nothing back.
    SELECT c.consumer INTO slowest
      FROM liskeban.outbox_consumer AS c
     WHERE problem IS NULL AND c.acked < last
       AND EXISTS (SELECT FROM liskeban.outbox AS o
                    WHERE o.id > c.acked AND o.id <= last AND (c.topics IS NULL OR o.topic = ANY (c.topics)))
     ORDER BY c.acked, c.consumer LIMIT 1;
    IF slowest IS NOT NULL THEN
      problem := format('consumer "%s" has not acknowledged all of it', slowest);
    END IF;
    RETURN NEXT;
    EXIT WHEN problem IS NOT NULL;
  END LOOP;
END
$$;
COMMENT ON FUNCTION liskeban._old_outbox(timestamptz) IS 'the partitions of the outbox that nobody needs any more, in order, and then the first that is full and still needed, with why: what is in it is not older than before (NULL: platform.outbox_retention ago), or who has not acknowledged it';
REVOKE ALL ON FUNCTION liskeban._old_outbox(timestamptz) FROM PUBLIC;

CREATE FUNCTION liskeban.drop_outbox(before timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  old record;
  dropped integer := 0;
BEGIN
  IF (SELECT p.outbox_archived FROM liskeban.platform AS p) THEN
    RETURN 0;
  END IF;
  FOR old IN SELECT o.* FROM liskeban._old_outbox(before) AS o LOOP
    IF old.slowest IS NOT NULL THEN
      RAISE NOTICE '%', liskeban.message('consumer "%s" has not acknowledged all of liskeban.%s', old.slowest, old.partition)
        USING HINT = liskeban.message('It is given what it missed when it asks; one that will not come back is forgotten with liskeban.drop_outbox_consumer().');
    END IF;
    EXIT WHEN old.problem IS NOT NULL OR NOT liskeban._drop_partition(old.partition);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END
$$;
COMMENT ON FUNCTION liskeban.drop_outbox(timestamptz) IS '清理发件箱 drop the partitions of the outbox whose entries are all older than before (NULL: platform.outbox_retention ago) and acknowledged by every consumer; returns how many. The one in use stays; all do where platform.outbox_archived says that liskeban_archive writes them into files first. Waits 2 s for readers at most, and leaves the rest to the next time';
REVOKE ALL ON FUNCTION liskeban.drop_outbox(timestamptz) FROM PUBLIC;

CREATE FUNCTION liskeban.outbox_candidates(before timestamptz DEFAULT NULL)
RETURNS TABLE (first_id bigint, last_id bigint, entries bigint, problem text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM liskeban._require_admin('archive the outbox');
  RETURN QUERY
  SELECT o.first, o.last, (SELECT count(*) FROM liskeban.outbox AS e WHERE e.id BETWEEN o.first AND o.last), o.problem
    FROM liskeban._old_outbox(before) AS o ORDER BY o.first;
END
$$;
COMMENT ON FUNCTION liskeban.outbox_candidates(timestamptz) IS '可归档发件箱 the partitions of the outbox that liskeban_archive may write into files and drop: as drop_outbox() says, in order, and the first that stays, with why. Administrators';
REVOKE ALL ON FUNCTION liskeban.outbox_candidates(timestamptz) FROM PUBLIC;

CREATE FUNCTION liskeban._outbox_let_go(first bigint, last bigint, before timestamptz, entries bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
  old record;
  here bigint;
BEGIN
  PERFORM liskeban._require_admin('archive the outbox');
  SELECT o.* INTO old FROM liskeban._old_outbox(before) AS o WHERE o.first = _outbox_let_go.first AND o.last = _outbox_let_go.last AND o.problem IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('the entries %s to %s of the outbox may not leave', first, last) USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = liskeban.message('See liskeban.outbox_candidates().');
  END IF;
  EXECUTE format('SELECT count(*) FROM liskeban.%I', old.partition) INTO here;
  IF here <> entries THEN
    RAISE EXCEPTION '%', liskeban.message('the outbox is not what was archived') USING ERRCODE = 'object_not_in_prerequisite_state',
      DETAIL = liskeban.message('From %s to %s it has %s entries, not %s.', first, last, here, entries);
  END IF;
  EXECUTE format('DROP TABLE liskeban.%I', old.partition);
END
$$;
COMMENT ON FUNCTION liskeban._outbox_let_go(bigint, bigint, timestamptz, bigint) IS 'drops a partition of the outbox that liskeban_archive has written; 55000 where it is needed, or is not what was written';
REVOKE ALL ON FUNCTION liskeban._outbox_let_go(bigint, bigint, timestamptz, bigint) FROM PUBLIC;
