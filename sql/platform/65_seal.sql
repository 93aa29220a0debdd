-- What is final of history, sealed: watermarks, seals, and what finds whatever does not hold.

CREATE TABLE liskeban.watermark (
  watermark_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  last_event_id     bigint NOT NULL,
  next_xid          xid8 NOT NULL,
  noted_at          timestamptz NOT NULL,
  system_identifier bigint NOT NULL,
  final_at          timestamptz
);
COMMENT ON TABLE liskeban.watermark IS '水位 marks up to which history is final, once no transaction is open that could add to it; each day keeps its last final one (kept by note_watermark)';
COMMENT ON COLUMN liskeban.watermark.watermark_id IS '编号 key';
COMMENT ON COLUMN liskeban.watermark.last_event_id IS '末事件编号 last event_id drawn when noted: once final, no event up to it appears or goes any more';
COMMENT ON COLUMN liskeban.watermark.next_xid IS '下一事务号 the transaction id that was next, read after last_event_id: final once every older one is over; means nothing in another cluster';
COMMENT ON COLUMN liskeban.watermark.noted_at IS '记录时间 once final, no event with recorded_at up to it appears any more, unless the clock is set back';
COMMENT ON COLUMN liskeban.watermark.system_identifier IS '集群标识 of the cluster that noted it; what comes from another one is final at once';
COMMENT ON COLUMN liskeban.watermark.final_at IS '确定时间 when it was found final; NULL not yet';

CREATE FUNCTION liskeban._settled(as_of timestamptz) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM liskeban.watermark w WHERE w.final_at IS NOT NULL AND w.noted_at >= _settled.as_of)
$$;
COMMENT ON FUNCTION liskeban._settled(timestamptz) IS 'whether nothing recorded up to as_of can come any more';
REVOKE ALL ON FUNCTION liskeban._settled(timestamptz) FROM PUBLIC;

CREATE TABLE liskeban.seal (
  seal_id       bigint PRIMARY KEY,
  from_event_id bigint NOT NULL,
  to_event_id   bigint NOT NULL,
  events        bigint NOT NULL,
  sealed_at     timestamptz NOT NULL,
  root          bytea NOT NULL,
  previous      bytea,
  marks         bytea NOT NULL,
  CONSTRAINT seal_to_event_id_key UNIQUE (to_event_id),
  CONSTRAINT seal_range_check CHECK (from_event_id <= to_event_id),
  CONSTRAINT seal_events_check CHECK (events > 0),
  CONSTRAINT seal_root_check CHECK (length(root) = 32),
  CONSTRAINT seal_previous_check CHECK ((previous IS NULL) = (seal_id = 1))
);
-- Digests do not compress; trying to would cost more than all the rest of sealing.
ALTER TABLE liskeban.seal ALTER marks SET STORAGE EXTERNAL;
COMMENT ON TABLE liskeban.seal IS '封存 a chain over history: each row seals a final range of event ids, at most 1,000 events, and the seal before (kept by seal_history)';
COMMENT ON COLUMN liskeban.seal.seal_id IS '编号 1, 2, 3, … without gaps';
COMMENT ON COLUMN liskeban.seal.from_event_id IS '起始事件编号 follows the to_event_id of the seal before';
COMMENT ON COLUMN liskeban.seal.to_event_id IS '截止事件编号 last event_id of the range; ids in it may be unused';
COMMENT ON COLUMN liskeban.seal.events IS '事件数 events in the range';
COMMENT ON COLUMN liskeban.seal.sealed_at IS '封存时间 when';
COMMENT ON COLUMN liskeban.seal.root IS '根摘要 SHA-256 of previous and then the hash of each event in the order of event_id';
COMMENT ON COLUMN liskeban.seal.previous IS '前根摘要 root of the seal before; NULL at the first';
COMMENT ON COLUMN liskeban.seal.marks IS '标记 what was sealed, 24 bytes an event: event_id (8), ticket_id (8), seq (4), first bytes of its hash (4), big-endian; by them what is changed, missing or added is named';

CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.watermark
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.seal
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.watermark ENABLE ALWAYS TRIGGER history_kept;
ALTER TABLE liskeban.seal ENABLE ALWAYS TRIGGER history_kept;

CREATE FUNCTION liskeban.last_final_event() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce((SELECT max(w.last_event_id) FROM liskeban.watermark AS w WHERE w.final_at IS NOT NULL),
                  (SELECT s.seqmin - 1 FROM pg_sequence AS s WHERE s.seqrelid = 'liskeban.ticket_event_event_id_seq'::regclass))
$$;
COMMENT ON FUNCTION liskeban.last_final_event() IS '最后确定事件 the event_id up to which history is final, as note_watermark last found it';
REVOKE ALL ON FUNCTION liskeban.last_final_event() FROM PUBLIC;

-- The events of a seal, those that have been archived by what is kept of them.
CREATE FUNCTION liskeban._sealed_events(of_seal bigint, from_event_id bigint, to_event_id bigint)
RETURNS TABLE (event_id bigint, ticket_id bigint, seq integer, hash bytea)
LANGUAGE sql STABLE ROWS 1000 AS $$
  SELECT e.event_id, e.ticket_id, e.seq, e.hash FROM liskeban.ticket_event AS e
   WHERE e.event_id OPERATOR(pg_catalog.>=) from_event_id AND e.event_id OPERATOR(pg_catalog.<=) to_event_id
  UNION ALL
  SELECT h.event_id, h.ticket_id, h.seq, h.hash
    FROM liskeban.archived_seal AS a, LATERAL liskeban._seal_hashes(a.hashes) AS h WHERE a.seal_id OPERATOR(pg_catalog.=) of_seal
$$;
COMMENT ON FUNCTION liskeban._sealed_events(bigint, bigint, bigint) IS 'the events between two ids, which a seal covers, with those of them that have been archived, unless all have';
REVOKE ALL ON FUNCTION liskeban._sealed_events(bigint, bigint, bigint) FROM PUBLIC;

CREATE FUNCTION liskeban._verify_seals(of_ticket bigint)
RETURNS TABLE (problem text, ticket_id bigint, seq integer, event_id bigint, detail text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  origin constant bigint := (SELECT s.seqmin - 1 FROM pg_sequence AS s
                              WHERE s.seqrelid = 'liskeban.ticket_event_event_id_seq'::regclass);
BEGIN
  IF of_ticket IS NULL THEN
    RETURN QUERY
    SELECT 'seal', NULL::bigint, NULL::integer, c.from_event_id,
           CASE WHEN c.seal_id <> c.seal_before + 1
                THEN format('seal %s is missing before it', CASE WHEN c.seal_id = c.seal_before + 2 THEN (c.seal_before + 1)::text
                                                              ELSE format('%s to %s', c.seal_before + 1, c.seal_id - 1) END)
                WHEN c.from_event_id <> c.to_before + 1
                THEN format('seal %s begins at event %s, the one before it ends at %s', c.seal_id, c.from_event_id, c.to_before)
                ELSE format('seal %s does not follow the root of the one before it', c.seal_id) END
      FROM (SELECT s.seal_id, s.from_event_id, s.previous, lag(s.seal_id, 1, 0::bigint) OVER chain AS seal_before,
                   lag(s.to_event_id, 1, origin) OVER chain AS to_before, lag(s.root) OVER chain AS root_before
              FROM liskeban.seal AS s WINDOW chain AS (ORDER BY s.seal_id)) AS c
     WHERE c.seal_id <> c.seal_before + 1 OR c.from_event_id <> c.to_before + 1
        OR c.previous IS DISTINCT FROM c.root_before;
  END IF;

  RETURN QUERY
  WITH chosen AS MATERIALIZED (
    SELECT s.*
      FROM liskeban.seal AS s
     -- Of a seal whose events have all left, the chain of roots is what remains.
     WHERE NOT EXISTS (SELECT FROM liskeban.archived_seal AS a WHERE a.seal_id = s.seal_id AND a.hashes IS NULL)
       AND (of_ticket IS NULL
            OR EXISTS (SELECT FROM liskeban._seal_marks(s.marks, of_ticket))
            OR EXISTS (SELECT FROM liskeban.ticket_event AS e
                        WHERE e.ticket_id = of_ticket AND e.event_id BETWEEN s.from_event_id AND s.to_event_id))
  ), broken AS MATERIALIZED (
    -- Where the root holds, and each row is as its hash says, it is the marks that were changed.
    SELECT c.*, now.root = c.root AND now.events = c.events
           AND NOT EXISTS (SELECT FROM liskeban.ticket_event AS e
                            WHERE e.event_id BETWEEN c.from_event_id AND c.to_event_id
                              AND e.hash IS DISTINCT FROM liskeban.event_hash(e.event_id, e.ticket_id, e.seq, e.run, e.at,
                                    e.recorded_at, e.action, e.from_state::text, e.to_state::text, e.actor, e.login,
                                    e.note_digest, e.detail)) AS only_marks
      FROM chosen AS c
     CROSS JOIN LATERAL (
       SELECT count(*) AS events, sha256(coalesce(c.previous, '') || coalesce(string_agg(h.hash, ''), '')) AS root,
              string_agg(int8send(h.event_id) || int8send(h.ticket_id) || int4send(h.seq) || substr(h.hash, 1, 4), '') AS marks
         FROM (SELECT e.* FROM liskeban._sealed_events(c.seal_id, c.from_event_id, c.to_event_id) AS e
                ORDER BY e.event_id, e.ticket_id, e.seq) AS h) AS now
     WHERE now.events <> c.events OR now.root <> c.root OR now.marks IS DISTINCT FROM c.marks
  ), event AS MATERIALIZED (
    -- Which of its events, by the marks.
    SELECT b.seal_id, d.*
      FROM broken AS b
     CROSS JOIN LATERAL (
       SELECT CASE WHEN e.event_id IS NULL THEN 'missing' WHEN m.event_id IS NULL THEN 'added' ELSE 'changed' END AS problem,
              coalesce(e.ticket_id, m.ticket_id) AS ticket_id, coalesce(e.seq, m.seq) AS seq,
              coalesce(e.event_id, m.event_id) AS event_id
         FROM liskeban._seal_marks(b.marks, NULL) AS m
         FULL JOIN liskeban._sealed_events(b.seal_id, b.from_event_id, b.to_event_id) AS e
           ON e.ticket_id = m.ticket_id AND e.seq = m.seq
        WHERE e.event_id IS NULL OR m.event_id IS NULL OR e.event_id <> m.event_id OR substr(e.hash, 1, 4) <> m.hash_start) AS d
     WHERE NOT b.only_marks
  )
  SELECT v.problem, v.ticket_id, v.seq, v.event_id,
         CASE v.problem WHEN 'missing' THEN format('seal %s has an event that is not there', v.seal_id)
                        WHEN 'added' THEN format('seal %s, whose range it is in, has no such event', v.seal_id)
                        ELSE format('its hash is not the one that seal %s has', v.seal_id) END
    FROM event AS v
   WHERE of_ticket IS NULL OR v.ticket_id = of_ticket
  UNION ALL
  SELECT 'added', e.ticket_id, e.seq, e.event_id, format('all events of seal %s, whose range it is in, have been archived', s.seal_id)
    FROM liskeban.archived_seal AS a
    JOIN liskeban.seal AS s ON s.seal_id = a.seal_id
    JOIN liskeban.ticket_event AS e ON e.event_id BETWEEN s.from_event_id AND s.to_event_id
   WHERE a.hashes IS NULL AND (of_ticket IS NULL OR e.ticket_id = of_ticket)
  UNION ALL
  SELECT 'seal', NULL, NULL, b.from_event_id,
         format(CASE WHEN b.only_marks THEN 'seal %s has other marks than the events %s to %s'
                     ELSE 'seal %s does not hold for the events %s to %s' END, b.seal_id, b.from_event_id, b.to_event_id)
    FROM broken AS b
   WHERE NOT EXISTS (SELECT FROM event AS v WHERE v.seal_id = b.seal_id);
END
$$;
COMMENT ON FUNCTION liskeban._verify_seals(bigint) IS 'what does not hold of the seals: of all, or of those over one ticket''s events; an event that is changed, missing or added is named by the marks, else the seal is';
REVOKE ALL ON FUNCTION liskeban._verify_seals(bigint) FROM PUBLIC;

CREATE FUNCTION liskeban.verify_history(ticket bigint DEFAULT NULL)
RETURNS TABLE (problem text, ticket_id bigint, seq integer, event_id bigint, detail text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  origin constant bigint := (SELECT s.seqmin - 1 FROM pg_sequence AS s
                              WHERE s.seqrelid = 'liskeban.ticket_event_event_id_seq'::regclass);
  drawn constant bigint := coalesce(pg_sequence_last_value('liskeban.ticket_event_event_id_seq'), origin);
  sealed constant bigint := coalesce((SELECT max(s.to_event_id) FROM liskeban.seal AS s), origin);
  gone liskeban.archive;
BEGIN
  SELECT a.* INTO gone FROM liskeban.archive AS a
   WHERE a.restored_at IS NULL AND verify_history.ticket BETWEEN a.first_ticket AND a.last_ticket;
  IF FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('history of ticket %s has been archived', verify_history.ticket) USING ERRCODE = 'object_not_in_prerequisite_state',
      DETAIL = liskeban.message('It is in archive %s.', gone.name), HINT = liskeban.message('liskeban_archive verify tells whether that is as it was sealed.');
  END IF;
  RETURN QUERY
  WITH away AS MATERIALIZED (
    SELECT a.first_ticket, a.last_ticket FROM liskeban.archive AS a WHERE a.restored_at IS NULL
  ), found AS (
    SELECT 1 AS rank, s.* FROM liskeban._verify_seals(verify_history.ticket) AS s
    UNION ALL
    -- Row by row. What a seal vouches for was not added; then it is the ticket that is not as it was.
    SELECT 2,
           CASE WHEN f.fault IN ('alone', 'beyond') AND f.event_id <= sealed THEN 'ticket'
                WHEN f.fault IN ('alone', 'beyond', 'undrawn', 'archived') THEN 'added' ELSE 'changed' END,
           f.ticket_id, f.seq, f.event_id,
           CASE f.fault WHEN 'alone' THEN 'the event is of a ticket that is not there'
                        WHEN 'beyond' THEN format('the event is beyond the ticket''s last, %s', f.last_seq)
                        WHEN 'undrawn' THEN 'its event_id has never been drawn'
                     WHEN 'archived' THEN 'the events of its ticket have been archived'
                        WHEN 'hash' THEN 'its hash is not that of the row'
                        WHEN 'note' THEN 'its note is not that of its digest'
                        ELSE 'it does not follow the event before it' END
      FROM (SELECT h.ticket_id, h.seq, h.event_id, t.last_seq,
                   CASE WHEN h.event_id > drawn OR h.event_id <= origin THEN 'undrawn'
                        WHEN t.ticket_id IS NULL THEN 'alone'
                        WHEN EXISTS (SELECT FROM away AS a WHERE h.ticket_id BETWEEN a.first_ticket AND a.last_ticket) THEN 'archived'
                        WHEN h.seq NOT BETWEEN 1 AND t.last_seq THEN 'beyond'
                        WHEN h.hash IS DISTINCT FROM liskeban.event_hash(h.event_id, h.ticket_id, h.seq, h.run, h.at, h.recorded_at,
                               h.action, h.from_state::text, h.to_state::text, h.actor, h.login, h.note_digest, h.detail) THEN 'hash'
                        WHEN h.note IS NOT NULL AND h.note_digest IS DISTINCT FROM sha256(convert_to(h.note, 'UTF8')) THEN 'note'
                        WHEN h.seq = h.seq_before + 1 AND (h.from_state IS DISTINCT FROM h.state_before OR h.at < h.at_before) THEN 'order'
                   END AS fault
              FROM (SELECT e.*, lag(e.seq, 1, 0) OVER ticket AS seq_before, lag(e.to_state) OVER ticket AS state_before,
                           lag(e.at) OVER ticket AS at_before
                      FROM liskeban.ticket_event AS e
                     WHERE verify_history.ticket IS NULL OR e.ticket_id = verify_history.ticket
                    WINDOW ticket AS (PARTITION BY e.ticket_id ORDER BY e.seq)) AS h
              LEFT JOIN liskeban.ticket AS t ON t.ticket_id = h.ticket_id) AS f
     WHERE f.fault IS NOT NULL
    UNION ALL
    -- Two of the same number, where no seal tells yet which is the right one.
    SELECT 3, 'added', e.ticket_id, e.seq, e.event_id, 'its event_id stands twice'
      FROM liskeban.ticket_event AS e
     WHERE e.event_id > sealed AND (verify_history.ticket IS NULL OR e.ticket_id = verify_history.ticket)
       AND EXISTS (SELECT FROM liskeban.ticket_event AS o
                    WHERE o.event_id = e.event_id AND (o.ticket_id <> e.ticket_id OR o.seq <> e.seq))
    UNION ALL
    -- Numbers that are not there, between events and up to the ticket's last; a thousand of a gap are named.
    SELECT 4, 'missing', g.ticket_id, n.seq, NULL, format('the ticket has %s events', g.last_seq)
      FROM (SELECT h.ticket_id, t.last_seq, h.seq_before AS after, least(h.seq - 1, t.last_seq) AS until
              FROM (SELECT e.ticket_id, e.seq, lag(e.seq, 1, 0) OVER (PARTITION BY e.ticket_id ORDER BY e.seq) AS seq_before
                      FROM liskeban.ticket_event AS e
                     WHERE verify_history.ticket IS NULL OR e.ticket_id = verify_history.ticket) AS h
              JOIN liskeban.ticket AS t ON t.ticket_id = h.ticket_id
             WHERE h.seq > h.seq_before + 1
            UNION ALL
            SELECT t.ticket_id, t.last_seq, greatest(coalesce(h.seq, 0), 0), t.last_seq
              FROM liskeban.ticket AS t
              LEFT JOIN (SELECT e.ticket_id, max(e.seq) AS seq
                           FROM liskeban.ticket_event AS e
                          WHERE verify_history.ticket IS NULL OR e.ticket_id = verify_history.ticket
                          GROUP BY e.ticket_id) AS h ON h.ticket_id = t.ticket_id
             WHERE (verify_history.ticket IS NULL OR t.ticket_id = verify_history.ticket)
               AND t.last_seq > coalesce(h.seq, 0)
               AND NOT EXISTS (SELECT FROM away AS a WHERE t.ticket_id BETWEEN a.first_ticket AND a.last_ticket)) AS g
     CROSS JOIN LATERAL generate_series(g.after + 1, least(g.until, g.after + 1000)) AS n(seq)
    UNION ALL
    -- A ticket is its last event.
    SELECT 5, 'ticket', t.ticket_id, t.last_seq, e.event_id,
           format('the ticket is %s, run %s, as of %s; its last event leaves it %s, run %s, at %s',
                  t.state, t.run, t.updated_at, e.to_state, e.run, e.at)
      FROM liskeban.ticket AS t JOIN liskeban.ticket_event AS e ON e.ticket_id = t.ticket_id AND e.seq = t.last_seq
     WHERE (verify_history.ticket IS NULL OR t.ticket_id = verify_history.ticket)
       AND (t.state <> e.to_state OR t.run <> e.run OR t.updated_at <> e.at)
  )
  -- What is found in several ways is told once, in the surest.
  SELECT d.problem, d.ticket_id, d.seq, d.event_id, d.detail
    FROM (SELECT DISTINCT ON (f.ticket_id, f.seq, CASE WHEN f.ticket_id IS NULL THEN f.detail END) f.*
            FROM found AS f
           ORDER BY f.ticket_id, f.seq, CASE WHEN f.ticket_id IS NULL THEN f.detail END, f.rank, f.problem) AS d
   ORDER BY d.ticket_id NULLS FIRST, d.seq, d.event_id, d.problem;
END
$$;
COMMENT ON FUNCTION liskeban.verify_history(bigint) IS '核验历史 what does not hold of history, of all or of one ticket; no rows when all is well. problem: changed, missing, added (an event, named by ticket, seq and, where a seal or the row tells it, event_id), seal (a seal that is broken or missing; event_id is where its range begins), ticket (it is not what its last event left). Row by row by hash, number by number, and, for what is sealed, against the seals; what no seal covers yet and whoever tampered hashed anew cannot be told. Of what has been archived, the seals'' chain of roots, and the hashes that seals over other events need, are verified; liskeban_archive verify does the rest. 55000 for a ticket whose history has been archived. Reads the whole history when no ticket is given';
REVOKE ALL ON FUNCTION liskeban.verify_history(bigint) FROM PUBLIC;

-- The latest root, for an anchor that nobody here can reach.
GRANT SELECT (seal_id, to_event_id, sealed_at, root) ON liskeban.seal TO liskeban_reader;
CREATE VIEW liskeban_report.seal_root WITH (security_barrier) AS
  SELECT s.seal_id, p.district::text AS district, p.name AS district_name, s.sealed_at, s.to_event_id, encode(s.root, 'hex') AS root
    FROM liskeban.seal AS s CROSS JOIN liskeban.platform AS p
   ORDER BY s.seal_id DESC LIMIT 1;
COMMENT ON VIEW liskeban_report.seal_root IS '封存根 the latest root: print it, mail it or publish it, day by day, where this server''s administrators cannot change it. History is what it was then while verify_history() is empty and liskeban.seal still has that root';
COMMENT ON COLUMN liskeban_report.seal_root.seal_id IS '封存编号 key';
COMMENT ON COLUMN liskeban_report.seal_root.district IS '区划代码 district';
COMMENT ON COLUMN liskeban_report.seal_root.district_name IS '区名 name of the district';
COMMENT ON COLUMN liskeban_report.seal_root.sealed_at IS '封存时间 when it was sealed';
COMMENT ON COLUMN liskeban_report.seal_root.to_event_id IS '截止事件编号 the last event_id it vouches for';
COMMENT ON COLUMN liskeban_report.seal_root.root IS '根摘要 64 hexadecimal digits';
