-- Watermarks, seals, and what verify_history() says of a history that was tampered with.
CREATE DATABASE regress_liskeban_seal TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_seal
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
\set VERBOSITY terse
SET liskeban.now = '2026-06-01 09:00:00+08';

-- autovacuum, in whatever database, may hold a mark back for an instant
CREATE PROCEDURE pg_temp.seal_all() LANGUAGE plpgsql AS $$
BEGIN
  LOOP
    PERFORM liskeban.seal_history();
    COMMIT;
    EXIT WHEN liskeban.last_final_event() = coalesce(pg_sequence_last_value('liskeban.ticket_event_event_id_seq'), 3201170000000000);
    PERFORM pg_sleep(0.01);
  END LOOP;
END
$$;
CREATE VIEW pg_temp.seals AS
  SELECT s.seal_id, s.from_event_id % 10000000000 AS from_event, s.to_event_id % 10000000000 AS to_event, s.events, s.sealed_at,
         s.root = sha256(coalesce(s.previous, '') || (SELECT string_agg(e.hash, '' ORDER BY e.event_id) FROM liskeban.ticket_event AS e
                          WHERE e.event_id BETWEEN s.from_event_id AND s.to_event_id)) AS root_holds,
         s.previous IS NOT DISTINCT FROM (SELECT b.root FROM liskeban.seal AS b WHERE b.seal_id = s.seal_id - 1) AS follows
    FROM liskeban.seal AS s;

-- nothing yet
SELECT liskeban.last_final_event(), liskeban.note_watermark();
CALL pg_temp.seal_all();
SELECT * FROM pg_temp.seals;
SELECT * FROM liskeban_report.seal_root;

-- a first range, then another
INSERT INTO liskeban.ticket (source, category, title) SELECT 'wechat', 'road_damage', 'ticket ' || g FROM generate_series(1, 4) AS g;
UPDATE liskeban.ticket SET state = 'accepted', note = 'ours' WHERE title <> 'ticket 4';
CALL pg_temp.seal_all();
SELECT * FROM pg_temp.seals;
SET liskeban.now = '2026-06-01 09:01:00+08';
CALL pg_temp.seal_all();
UPDATE liskeban.ticket SET priority = 1 WHERE title = 'ticket 1';
CALL pg_temp.seal_all();
SELECT * FROM pg_temp.seals ORDER BY seal_id;
SELECT r.seal_id, r.district, r.district_name, r.sealed_at, r.to_event_id, r.root = encode(s.root, 'hex') AS root
  FROM liskeban_report.seal_root AS r JOIN liskeban.seal AS s ON s.seal_id = r.seal_id;
SELECT event_id % 10000000000 AS event, ticket_id % 1000000000 AS ticket, seq, hash_start = (SELECT substr(e.hash, 1, 4) FROM liskeban.ticket_event AS e
         WHERE e.event_id = m.event_id) AS hash
  FROM liskeban.seal AS s, liskeban._seal_marks(s.marks, NULL) AS m ORDER BY 1;

-- a thousand events at most, ranges without gaps
INSERT INTO liskeban.ticket (source, category, title) SELECT 'wechat', 'road_damage', 'more' FROM generate_series(1, 1500) AS g;
CALL pg_temp.seal_all();
SELECT * FROM pg_temp.seals WHERE seal_id > 2 ORDER BY seal_id;
SELECT * FROM liskeban.verify_history();
SELECT * FROM liskeban.verify_history(320117000000001);
SELECT * FROM liskeban.check_invariants();

-- what is aborted leaves a hole and no event
BEGIN;
UPDATE liskeban.ticket SET priority = 2 WHERE title = 'ticket 1';
ROLLBACK;
UPDATE liskeban.ticket SET priority = 2 WHERE title = 'ticket 2';
CALL pg_temp.seal_all();
SELECT * FROM pg_temp.seals WHERE seal_id > 4 ORDER BY seal_id;

-- a transaction does not call its own work final
BEGIN;
UPDATE liskeban.ticket SET priority = 2 WHERE title = 'ticket 3';
SELECT liskeban.note_watermark() < max(event_id) AS held_back, liskeban.seal_history() AS sealed FROM liskeban.ticket_event;
ROLLBACK;

-- refused
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT liskeban.note_watermark();
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT liskeban.seal_history();
ROLLBACK;
ALTER SEQUENCE liskeban.ticket_event_event_id_seq CACHE 10;
SELECT liskeban.note_watermark();
ALTER SEQUENCE liskeban.ticket_event_event_id_seq CACHE 1;
\set VERBOSITY sqlstate
INSERT INTO liskeban.watermark (last_event_id, next_xid, noted_at, system_identifier) VALUES (1, '1', now(), 1);
UPDATE liskeban.watermark SET final_at = NULL;
DELETE FROM liskeban.watermark;
TRUNCATE liskeban.watermark;
INSERT INTO liskeban.seal (seal_id, from_event_id, to_event_id, events, root, sealed_at, marks) VALUES (9, 1, 1, 1, sha256(''), now(), '');
UPDATE liskeban.seal SET root = sha256('');
DELETE FROM liskeban.seal;
TRUNCATE liskeban.seal;
SET ROLE liskeban_handler;
SELECT liskeban.note_watermark();
SELECT liskeban.seal_history();
SELECT * FROM liskeban.verify_history();
RESET ROLE;
\set VERBOSITY terse
SET ROLE liskeban_job;
SELECT liskeban.note_watermark() > 0 AS noted, liskeban.seal_history() AS sealed, count(*) AS problems FROM liskeban.verify_history();
RESET ROLE;
SET ROLE liskeban_analyst;
SELECT seal_id, length(root) FROM liskeban_report.seal_root;
RESET ROLE;

-- of the final marks each day keeps its last
SET liskeban.now = '2026-06-01 23:59:00+08';
CALL pg_temp.seal_all();
SET liskeban.now = '2026-06-02 00:01:00+08';
CALL pg_temp.seal_all();
SET liskeban.now = '2026-06-02 10:00:00+08';
CALL pg_temp.seal_all();
SELECT last_event_id % 10000000000 AS last_event, noted_at, final_at IS NOT NULL AS final FROM liskeban.watermark ORDER BY watermark_id;

-- figures are settled up to the last final mark
SELECT as_of, settled FROM unnest('{2026-06-01 09:00+08,2026-06-02 10:00+08,2026-06-02 10:00:01+08}'::timestamptz[]) AS as_of
  LEFT JOIN LATERAL (SELECT settled FROM liskeban.kpi('2026-06-01', '2026-06-01', 'district', as_of)) AS k ON true ORDER BY as_of;

-- a mark that came from another cluster is final at once; one of this cluster waits for its transaction id
SET liskeban.now = '2026-06-03 10:00:00+08';
BEGIN;
ALTER TABLE liskeban.watermark DISABLE TRIGGER history_kept;
INSERT INTO liskeban.watermark (last_event_id, next_xid, noted_at, system_identifier)
SELECT 3201170000000777, '18446744073709551615', '2026-05-31 09:00:00+08', s.system_identifier + n
  FROM pg_control_system() AS s, generate_series(0, 1) AS n;
ALTER TABLE liskeban.watermark ENABLE ALWAYS TRIGGER history_kept;
COMMIT;
SELECT liskeban.note_watermark() > 0 AS noted;
SELECT w.system_identifier = s.system_identifier AS own, w.final_at FROM liskeban.watermark AS w, pg_control_system() AS s
 WHERE w.last_event_id = 3201170000000777 ORDER BY own;

-- tampered with, by whoever may switch triggers off
CREATE PROCEDURE pg_temp.tamper(how text) LANGUAGE plpgsql AS $$
DECLARE
  found record;
BEGIN
  ALTER TABLE liskeban.ticket DISABLE TRIGGER USER;
  ALTER TABLE liskeban.ticket_event DISABLE TRIGGER USER;
  ALTER TABLE liskeban.seal DISABLE TRIGGER USER;
  EXECUTE how;
  FOR found IN SELECT * FROM liskeban.verify_history() LOOP
    RAISE NOTICE '% ticket % seq % event %: %', found.problem, found.ticket_id % 1000000000, found.seq, found.event_id % 10000000000,
      regexp_replace(found.detail, '320117\d{3}0*(\d+)', '\1', 'g');
  END LOOP;
  ROLLBACK;
END
$$;
CREATE FUNCTION pg_temp.hashed(e liskeban.ticket_event) RETURNS bytea LANGUAGE sql AS $$
  SELECT liskeban.event_hash(e.event_id, e.ticket_id, e.seq, e.run, e.at, e.recorded_at, e.action, e.from_state::text,
                             e.to_state::text, e.actor, e.login, e.note_digest, e.detail)
$$;
SET liskeban.now = '2026-06-04 10:00:00+08';
UPDATE liskeban.ticket SET state = 'accepted' WHERE title = 'ticket 4';
-- changed: sealed or not, hashed anew or not
CALL pg_temp.tamper($$UPDATE liskeban.ticket_event SET actor = 'nobody' WHERE event_id = 3201170000000005$$);
CALL pg_temp.tamper($$UPDATE liskeban.ticket_event SET note = 'theirs' WHERE event_id = 3201170000000005$$);
CALL pg_temp.tamper($$UPDATE liskeban.ticket_event AS e SET actor = 'nobody' WHERE event_id = 3201170000000005;
                      UPDATE liskeban.ticket_event AS e SET hash = pg_temp.hashed(e) WHERE event_id = 3201170000000005$$);
CALL pg_temp.tamper($$UPDATE liskeban.ticket_event SET at = at - interval '1 hour' WHERE action = 'accept' AND ticket_id = 320117000000004$$);
-- redacted: the note may go, its digest stays
CALL pg_temp.tamper($$UPDATE liskeban.ticket_event SET note = NULL$$);
-- missing: in the middle, the last, a whole ticket; with the ticket put back to the event before
CALL pg_temp.tamper($$DELETE FROM liskeban.ticket_event WHERE ticket_id = 320117000000001 AND seq = 2$$);
CALL pg_temp.tamper($$DELETE FROM liskeban.ticket_event WHERE ticket_id = 320117000000002 AND seq = 3$$);
CALL pg_temp.tamper($$DELETE FROM liskeban.ticket_event WHERE ticket_id = 320117000000004 AND seq = 2$$);
CALL pg_temp.tamper($$DELETE FROM liskeban.ticket_event WHERE ticket_id = 320117000000003;
                      DELETE FROM liskeban.ticket WHERE ticket_id = 320117000000003$$);
CALL pg_temp.tamper($$DELETE FROM liskeban.ticket_event WHERE ticket_id = 320117000000003 AND seq = 2;
                      UPDATE liskeban.ticket AS t SET last_seq = 1, state = e.to_state, updated_at = e.at FROM liskeban.ticket_event AS e
                       WHERE e.ticket_id = t.ticket_id AND t.ticket_id = 320117000000003$$);
-- added: beyond the last; of no ticket; into a hole of a sealed range, hashed, with the ticket brought into line
CALL pg_temp.tamper($$INSERT INTO liskeban.ticket_event (ticket_id, at, recorded_at, seq, run, from_state, to_state, action, actor, login, hash)
                      VALUES (320117000000004, now(), now(), 3, 1, 'accepted', 'closed', 'close', 'x', 'x', '')$$);
CALL pg_temp.tamper($$INSERT INTO liskeban.ticket_event (ticket_id, at, recorded_at, seq, run, to_state, action, actor, login, hash)
                      VALUES (320117000009999, now(), now(), 1, 1, 'reported', 'report', 'x', 'x', '')$$);
CALL pg_temp.tamper($$INSERT INTO liskeban.ticket_event (event_id, ticket_id, at, recorded_at, seq, run, from_state, to_state, action, actor, login, hash)
                      OVERRIDING SYSTEM VALUE
                      SELECT 3201170000001509, ticket_id, at, recorded_at, 3, 1, to_state, 'closed', 'close', actor, login, '' FROM liskeban.ticket_event
                       WHERE ticket_id = 320117000000003 AND seq = 2;
                      UPDATE liskeban.ticket_event AS e SET hash = pg_temp.hashed(e) WHERE ticket_id = 320117000000003 AND seq = 3;
                      UPDATE liskeban.ticket SET last_seq = 3, state = 'closed' WHERE ticket_id = 320117000000003$$);
CALL pg_temp.tamper($$INSERT INTO liskeban.ticket_event (event_id, ticket_id, at, recorded_at, seq, run, from_state, to_state, action, actor, login, hash)
                      OVERRIDING SYSTEM VALUE VALUES (3201170000099999, 320117000000004, now(), now(), 3, 1, 'accepted', 'closed', 'close', 'x', 'x', '')$$);
-- a ticket
CALL pg_temp.tamper($$UPDATE liskeban.ticket SET state = 'closed' WHERE ticket_id = 320117000000004$$);
CALL pg_temp.tamper($$UPDATE liskeban.ticket SET last_seq = 1 WHERE ticket_id = 320117000000003$$);
-- a seal
CALL pg_temp.tamper($$UPDATE liskeban.seal SET root = sha256('') WHERE seal_id = 4$$);
CALL pg_temp.tamper($$UPDATE liskeban.seal SET marks = overlay(marks PLACING '\x00' FROM 3) WHERE seal_id = 4$$);
CALL pg_temp.tamper($$DELETE FROM liskeban.seal WHERE seal_id = 3$$);
CALL pg_temp.tamper($$DELETE FROM liskeban.seal WHERE seal_id = 1$$);
SELECT * FROM liskeban.verify_history();
