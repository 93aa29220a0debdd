-- Ledgers: tables that only grow. What is final of each is sealed in a chain, as history is, so that what is changed, missing
-- or added later is found and named.
--
-- A mark is noted with the next transaction id; once every older transaction is over, what was drawn up to it is final:
-- whoever draws an id of a ledger has a transaction id by then (extension/watermark.c has the proof). A mark of another
-- cluster is begun anew.

CREATE TABLE liskeban.ledger (
  name       text PRIMARY KEY,
  key        text NOT NULL,
  redactable text[] NOT NULL DEFAULT '{}',
  last_id    bigint,
  next_xid   xid8,
  system_identifier bigint,
  CONSTRAINT ledger_mark_check CHECK (pg_catalog.num_nulls(last_id, next_xid, system_identifier) IN (0, 3))
);
COMMENT ON TABLE liskeban.ledger IS '台账 the tables that seal_ledgers() seals, and how far each was drawn when it came by last';
COMMENT ON COLUMN liskeban.ledger.name IS '名称 table in schema liskeban';
COMMENT ON COLUMN liskeban.ledger.key IS '主键 its identity column';
COMMENT ON COLUMN liskeban.ledger.redactable IS '可匿名化列 columns that are not sealed, for anonymise_before() may clear them; each has its digest beside it';
COMMENT ON COLUMN liskeban.ledger.last_id IS '末编号 last key drawn when the mark was noted';
COMMENT ON COLUMN liskeban.ledger.next_xid IS '下一事务号 the transaction id that was next then, read after last_id';
COMMENT ON COLUMN liskeban.ledger.system_identifier IS '集群标识 the cluster whose transaction id it is';

-- The rows are the library's, but for the marks.
INSERT INTO liskeban.ledger AS l (name, key, redactable) VALUES
  ('alarm', 'alarm_id', '{}'),
  ('access_log', 'access_id', '{reason}'),
  ('reward', 'reward_id', '{}'),
  ('supply_move', 'move_id', '{}')
ON CONFLICT (name) DO UPDATE SET key = excluded.key, redactable = excluded.redactable;

CREATE TABLE liskeban.ledger_seal (
  ledger    text NOT NULL,
  seal_id   bigint NOT NULL,
  from_id   bigint NOT NULL,
  to_id     bigint NOT NULL,
  entries   integer NOT NULL,
  sealed_at timestamptz NOT NULL,
  root      bytea NOT NULL,
  previous  bytea,
  marks     bytea NOT NULL,
  PRIMARY KEY (ledger, seal_id),
  CONSTRAINT ledger_seal_range_check CHECK (from_id <= to_id),
  CONSTRAINT ledger_seal_entries_check CHECK (entries > 0),
  CONSTRAINT ledger_seal_previous_check CHECK ((previous IS NULL) = (seal_id = 1))
);
ALTER TABLE liskeban.ledger_seal ALTER marks SET STORAGE EXTERNAL;
COMMENT ON TABLE liskeban.ledger_seal IS '台账封存 a chain over each ledger: each row seals a final range of its keys, and the seal before (kept by seal_ledgers)';
COMMENT ON COLUMN liskeban.ledger_seal.ledger IS '台账 which ledger';
COMMENT ON COLUMN liskeban.ledger_seal.seal_id IS '编号 1, 2, 3, … of the ledger, without gaps';
COMMENT ON COLUMN liskeban.ledger_seal.from_id IS '起始编号 follows the to_id of the seal before';
COMMENT ON COLUMN liskeban.ledger_seal.to_id IS '截止编号 last key of the range; keys in it may be unused';
COMMENT ON COLUMN liskeban.ledger_seal.entries IS '条数 entries in the range';
COMMENT ON COLUMN liskeban.ledger_seal.sealed_at IS '封存时间 when';
COMMENT ON COLUMN liskeban.ledger_seal.root IS '根摘要 SHA-256 of previous and then the digest of each entry in the order of its key: SHA-256 of the row as jsonb without NULLs and what is redactable, times in UTC';
COMMENT ON COLUMN liskeban.ledger_seal.previous IS '前根摘要 root of the seal before; NULL at the first';
COMMENT ON COLUMN liskeban.ledger_seal.marks IS '标记 24 bytes an entry: its key (8), its ticket (8; 0 none) and the first bytes of its digest (8), big-endian';
CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.ledger_seal
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.ledger_seal ENABLE ALWAYS TRIGGER history_kept;

CREATE FUNCTION liskeban._ledger_entries(of_ledger text, from_id bigint, to_id bigint) RETURNS TABLE (id bigint, ticket_id bigint, digest bytea)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  l liskeban.ledger;
BEGIN
  SELECT k.* INTO STRICT l FROM liskeban.ledger AS k WHERE k.name = of_ledger;
  RETURN QUERY EXECUTE
    format('SELECT x.%1$I, (to_jsonb(x) ->> ''ticket_id'')::bigint, sha256(convert_to(jsonb_strip_nulls(to_jsonb(x) - $3)::text, ''UTF8'')) FROM liskeban.%2$I AS x'
           ' WHERE x.%1$I BETWEEN $1 AND $2 ORDER BY 1, 3', l.key, l.name)
    USING from_id, to_id, l.redactable;
END
$$;
COMMENT ON FUNCTION liskeban._ledger_entries(text, bigint, bigint) IS 'the entries of a ledger in a range of its key, the ticket and the digest of each';
REVOKE ALL ON FUNCTION liskeban._ledger_entries(text, bigint, bigint) FROM PUBLIC;

CREATE FUNCTION liskeban._ledger_origin(of_ledger text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.seqmin - 1 FROM liskeban.ledger AS l
    JOIN pg_sequence AS s ON s.seqrelid = pg_get_serial_sequence(format('liskeban.%I', l.name), l.key)::regclass
   WHERE l.name = of_ledger
$$;
COMMENT ON FUNCTION liskeban._ledger_origin(text) IS 'one less than the first key of a ledger';
REVOKE ALL ON FUNCTION liskeban._ledger_origin(text) FROM PUBLIC;

-- What _seal_ledger() appends; no row where the range has no entry.
CREATE FUNCTION liskeban._next_ledger_seal(of_ledger text, up_to bigint) RETURNS SETOF liskeban.ledger_seal
LANGUAGE plpgsql VOLATILE ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  s liskeban.ledger_seal;
  last liskeban.ledger_seal;
BEGIN
  SELECT k.* INTO last FROM liskeban.ledger_seal AS k WHERE k.ledger = of_ledger ORDER BY k.seal_id DESC LIMIT 1;
  s.ledger := of_ledger;
  s.seal_id := coalesce(last.seal_id, 0) + 1;
  s.from_id := coalesce(last.to_id, liskeban._ledger_origin(of_ledger)) + 1;
  s.to_id := up_to;
  s.sealed_at := liskeban.liskeban_now();
  s.previous := last.root;
  SELECT count(*), sha256(coalesce(s.previous, '') || string_agg(e.digest, '' ORDER BY e.id)),
         string_agg(int8send(e.id) || int8send(coalesce(e.ticket_id, 0)) || substr(e.digest, 1, 8), '' ORDER BY e.id)
    INTO s.entries, s.root, s.marks
    FROM liskeban._ledger_entries(of_ledger, s.from_id, s.to_id) AS e;
  IF s.entries > 0 THEN
    RETURN NEXT s;
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._next_ledger_seal(text, bigint) IS 'the seal that follows the last of a ledger, up to a key that is final';
REVOKE ALL ON FUNCTION liskeban._next_ledger_seal(text, bigint) FROM PUBLIC;

CREATE FUNCTION liskeban.seal_ledgers() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  cluster constant bigint := (SELECT c.system_identifier FROM pg_control_system() AS c);
  -- In this order, and before the locks below, which give this transaction an id and would hold its own mark back.
  drawn constant jsonb := (SELECT jsonb_object_agg(k.name, pg_sequence_last_value(pg_get_serial_sequence(format('liskeban.%I', k.name), k.key)::regclass))
                             FROM liskeban.ledger AS k);
  next constant xid8 := liskeban._next_transaction_id();
  l liskeban.ledger;
  last bigint;
  sealed bigint := 0;
BEGIN
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE EXCEPTION '%', liskeban.message('ledgers are sealed under READ COMMITTED only') USING ERRCODE = 'active_sql_transaction';
  END IF;
  FOR l IN SELECT k.* FROM liskeban.ledger AS k ORDER BY k.name FOR UPDATE LOOP
    last := (drawn ->> l.name)::bigint;
    IF l.system_identifier = cluster AND pg_snapshot_xmin(pg_current_snapshot()) >= l.next_xid THEN
      sealed := sealed + liskeban._seal_ledger(l.name, l.last_id);
    ELSIF l.system_identifier = cluster THEN
      -- still waiting for somebody
      CONTINUE;
    END IF;
    -- Another sealer may have been here since, and know of more.
    UPDATE liskeban.ledger AS k
       SET last_id = last, next_xid = CASE WHEN last IS NOT NULL THEN next END, system_identifier = CASE WHEN last IS NOT NULL THEN cluster END
     WHERE k.name = l.name AND (l.last_id IS NULL OR last > l.last_id OR l.system_identifier IS DISTINCT FROM cluster);
  END LOOP;
  RETURN sealed;
END
$$;
COMMENT ON FUNCTION liskeban.seal_ledgers() IS '封存台账 seal what is final of alarms, of the access log, of rewards and of supplies since it came by last, and note how far they have been drawn; returns how many seals. For a job, each minute; any number at once. 25001 outside READ COMMITTED';
REVOKE ALL ON FUNCTION liskeban.seal_ledgers() FROM PUBLIC;

CREATE FUNCTION liskeban.verify_ledgers() RETURNS TABLE (ledger text, problem text, id bigint, detail text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT c.ledger, 'seal', c.from_id,
         CASE WHEN c.seal_id <> c.seal_before + 1 THEN format('seal %s does not follow seal %s', c.seal_id, c.seal_before)
              WHEN c.from_id <> c.to_before + 1 THEN format('seal %s begins at %s, the one before it ends at %s', c.seal_id, c.from_id, c.to_before)
              ELSE format('seal %s does not follow the root of the one before it', c.seal_id) END
    FROM (SELECT s.ledger, s.seal_id, s.from_id, s.previous, lag(s.seal_id, 1, 0::bigint) OVER chain AS seal_before,
                 lag(s.to_id, 1, liskeban._ledger_origin(s.ledger)) OVER chain AS to_before, lag(s.root) OVER chain AS root_before
            FROM liskeban.ledger_seal AS s WINDOW chain AS (PARTITION BY s.ledger ORDER BY s.seal_id)) AS c
   WHERE c.seal_id <> c.seal_before + 1 OR c.from_id <> c.to_before + 1 OR c.previous IS DISTINCT FROM c.root_before;

  RETURN QUERY
  WITH broken AS MATERIALIZED (
    SELECT s.*, now.root = s.root AND now.entries = s.entries AS only_marks
      FROM liskeban.ledger_seal AS s
     CROSS JOIN LATERAL (
       SELECT count(*) AS entries, sha256(coalesce(s.previous, '') || coalesce(string_agg(e.digest, '' ORDER BY e.id, e.digest), '')) AS root,
              string_agg(int8send(e.id) || int8send(coalesce(e.ticket_id, 0)) || substr(e.digest, 1, 8), '' ORDER BY e.id, e.digest) AS marks
         FROM liskeban._ledger_entries(s.ledger, s.from_id, s.to_id) AS e) AS now
     WHERE now.entries <> s.entries OR now.root <> s.root OR now.marks IS DISTINCT FROM s.marks
  ), entry AS MATERIALIZED (
    -- Alarms of tickets whose history was archived are gone by right: what is left is known by the marks.
    SELECT b.ledger, b.seal_id, d.*, d.problem = 'missing' AND b.ledger = 'alarm' AND liskeban._is_archived(d.ticket_id) AS by_right
      FROM broken AS b
     CROSS JOIN LATERAL (
       SELECT coalesce(e.id, m.id) AS id, coalesce(nullif(m.ticket_id, 0), e.ticket_id) AS ticket_id,
              CASE WHEN e.id IS NULL THEN 'missing' WHEN m.id IS NULL THEN 'added' ELSE 'changed' END AS problem
         FROM (SELECT ('x' || encode(substr(b.marks, 24 * n + 1, 8), 'hex'))::bit(64)::bigint AS id,
                      ('x' || encode(substr(b.marks, 24 * n + 9, 8), 'hex'))::bit(64)::bigint AS ticket_id, substr(b.marks, 24 * n + 17, 8) AS digest_start
                 FROM generate_series(0, length(b.marks) / 24 - 1) AS n) AS m
         FULL JOIN liskeban._ledger_entries(b.ledger, b.from_id, b.to_id) AS e ON e.id = m.id
        WHERE e.id IS NULL OR m.id IS NULL OR substr(e.digest, 1, 8) <> m.digest_start) AS d
     WHERE NOT b.only_marks
  )
  SELECT v.ledger, v.problem, v.id, concat_ws(', ', 'ticket ' || v.ticket_id, 'by seal ' || v.seal_id) FROM entry AS v WHERE NOT v.by_right
  UNION ALL
  SELECT b.ledger, 'seal', b.from_id,
         format(CASE WHEN b.only_marks THEN 'seal %s has other marks than the entries %s to %s'
                     ELSE 'seal %s does not hold for the entries %s to %s' END, b.seal_id, b.from_id, b.to_id)
    FROM broken AS b WHERE NOT EXISTS (SELECT FROM entry AS v WHERE v.ledger = b.ledger AND v.seal_id = b.seal_id);

  -- The access log row by row, also before it is sealed.
  RETURN QUERY
  SELECT 'access_log', CASE WHEN a.access_id > coalesce(pg_sequence_last_value('liskeban.access_log_access_id_seq'), 0) THEN 'added' ELSE 'changed' END,
         a.access_id, 'by its hash'
    FROM liskeban.access_log AS a
   WHERE a.hash IS DISTINCT FROM liskeban.event_hash(a.access_id, coalesce(a.resident_id, a.ticket_id, 0), 0, 0, a.at, a.at, a.purpose, NULL,
                                                     CASE WHEN a.resident_id IS NULL THEN 'access' ELSE 'resident' END,
                                                     a.actor, a.login, a.reason_digest, NULL)
      OR a.access_id > coalesce(pg_sequence_last_value('liskeban.access_log_access_id_seq'), 0)
      OR a.reason_digest <> sha256(convert_to(a.reason, 'UTF8')) AND a.reason <> '[已匿名]';
END
$$;
COMMENT ON FUNCTION liskeban.verify_ledgers() IS '核验台账 what does not hold of the sealed ledgers, alarms, the access log, rewards and supplies; no rows when all is well. problem: changed, missing, added (an entry, named by its key), seal (a seal that is broken or missing). Alarms whose tickets'' history was archived are not missed. What no seal covers yet is known row by row in the access log, by its hash, and not in the others';
REVOKE ALL ON FUNCTION liskeban.verify_ledgers() FROM PUBLIC;
