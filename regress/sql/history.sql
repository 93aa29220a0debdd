-- What history says, whoever wrote and however, and that nobody else writes it.
CREATE DATABASE regress_liskeban_history TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_history
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
SET liskeban.now = '2024-09-16 08:00:00+08';
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
\getenv srcdir PG_ABS_SRCDIR
\set district :srcdir '/data/guard_district.sql'
\set ECHO none
\i :district
\set ECHO all

-- A life, as history tells it
SELECT make('closed') AS life \gset
SELECT seq, at, action, moved, actor, note FROM history(:life);
SELECT seq, jsonb_pretty(detail) AS detail FROM history(:life);
-- made in this session: by whom it was acted for, and by whom it was written
SELECT count(*), bool_and(login = session_user) AS login, bool_and(recorded_at = at) AS at_once, min(event_id), count(DISTINCT event_id) FROM liskeban.ticket_event;

-- The hash, recomputed by its definition: version byte 1, then each field as length and bytes
CREATE FUNCTION field(b bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT CASE WHEN b IS NULL THEN '\xffffffff'::bytea ELSE int4send(length(b)) || b END $$;
CREATE FUNCTION field(t text) RETURNS bytea LANGUAGE sql AS $$ SELECT field(convert_to(t, 'UTF8')) $$;
CREATE FUNCTION micros(t timestamptz) RETURNS bytea LANGUAGE sql AS $$ SELECT field(int8send((extract(epoch FROM t) * 1000000)::bigint)) $$;
CREATE FUNCTION hash_of(e liskeban.ticket_event) RETURNS bytea LANGUAGE sql AS $$
  SELECT sha256('\x01'::bytea || field(int8send(e.event_id)) || field(int8send(e.ticket_id)) || field(int4send(e.seq)) || field(int4send(e.run))
    || micros(e.at) || micros(e.recorded_at) || field(e.action) || field(e.from_state::text) || field(e.to_state::text) || field(e.actor) || field(e.login)
    || field(sha256(convert_to(e.note, 'UTF8'))) || field(sha256(convert_to(e.detail::text, 'UTF8')))) $$;
SELECT make('planned') AS id \gset
UPDATE liskeban.ticket SET note = '群众已联系，''"\u0000" — ünïcödé', priority = 1 WHERE ticket_id = :id;
SELECT report(c) FROM unnest('{general,call,bureau}'::text[]) c;
SELECT count(*) > 14 AS several, bool_and(hash = hash_of(e)) AS hashes_hold, bool_and(note_digest IS NOT DISTINCT FROM sha256(convert_to(note, 'UTF8'))) AS digests_hold,
  count(note) AS notes, count(*) FILTER (WHERE detail IS NULL) AS without_detail FROM liskeban.ticket_event e;
-- frozen: these never change
SELECT liskeban.event_hash(3201170000000001, 320117000000001, 1, 1, '2024-09-16 08:00+08', '2024-09-16 08:00:00.000001+08', 'report', NULL, 'reported', 'v1', 'postgres', NULL, '{"run": [null, 1]}');
SELECT liskeban.event_hash(3201170000000002, 320117000000001, 2, 1, '1969-12-31 23:59:59.5+00', '2024-09-16 08:00+08', 'note', 'reported', 'reported', '网格员', 'gateway', sha256('说明'::bytea), NULL);

-- note: of this statement only
SELECT report() AS id \gset
UPDATE liskeban.ticket SET note = 'first' WHERE ticket_id = :id;
UPDATE liskeban.ticket SET title = 'a clearer title' WHERE ticket_id = :id RETURNING note, last_seq;
UPDATE liskeban.ticket SET note = 'first' WHERE ticket_id = :id RETURNING note, last_seq;
UPDATE liskeban.ticket SET priority = 2 WHERE ticket_id = :id RETURNING note, last_seq;
UPDATE liskeban.ticket SET note = '' WHERE ticket_id = :id RETURNING last_seq;
UPDATE liskeban.ticket SET description = 'd', address = 'a', extra = '{"k": 1}' WHERE ticket_id = :id RETURNING note, last_seq;
-- amendments: what changed of what is recorded
UPDATE liskeban.ticket SET category = 'hard', confidential = true, note = 'it is more than it seemed' WHERE ticket_id = :id;
UPDATE liskeban.ticket SET geom = ST_SetSRID(ST_MakePoint(119.08, 31.08), 4490) WHERE ticket_id = :id;
UPDATE liskeban.ticket SET geom = ST_SetSRID(ST_MakePoint(120, 32), 4490) WHERE ticket_id = :id;
UPDATE liskeban.ticket SET geom = NULL WHERE ticket_id = :id;
UPDATE liskeban.ticket SET geom = here() WHERE ticket_id = :id;
UPDATE liskeban.ticket SET geom = north(1) WHERE ticket_id = :id;
INSERT INTO liskeban.reporter (ticket_id, phone) VALUES (:id, '139 1234 5678');
SELECT seq, action, note, detail FROM history(:id);
SELECT has_reporter, phone_hash = sha256('13912345678') AS phone_hash FROM liskeban.ticket JOIN liskeban.reporter USING (ticket_id) WHERE ticket_id = :id;

-- what hangs on a ticket hangs on one there is
SELECT code('INSERT INTO liskeban.reporter (ticket_id, name) VALUES (5, ''n'')'), code('INSERT INTO liskeban.attachment (ticket_id, stage, uri) VALUES (5, ''report'', ''u'')'),
  code('INSERT INTO liskeban.request (ticket_id, kind, asked_by, asked_at, reason) VALUES (5, ''return'', ''v1'', now(), ''r'')'), code('UPDATE liskeban.reporter SET ticket_id = 5'),
  code('UPDATE liskeban.reporter SET name = ''n''');

-- partitions are made once, and not without a number
SELECT code('SELECT liskeban.make_partitions(NULL)') AS no_number, code('SELECT liskeban.make_partitions(-1)') AS negative, liskeban.make_partitions() AS second_call;

-- at never runs backwards, recorded_at is what the clock said
SELECT later('-1 hour');
UPDATE liskeban.ticket t SET note = 'by a clock that was set back' FROM (SELECT max(at) AS at FROM liskeban.ticket_event WHERE ticket_id = :id) l WHERE ticket_id = :id RETURNING updated_at = l.at AS same_at;
SELECT at - recorded_at AS ahead FROM liskeban.ticket_event WHERE ticket_id = :id ORDER BY seq DESC LIMIT 1;
SELECT later('1 hour');

-- One statement, one event a ticket, however it is written
CREATE TABLE incoming (external_id text PRIMARY KEY, title text, new_state liskeban.ticket_state);
INSERT INTO incoming VALUES ('a', 'a, again', 'accepted'), ('b', 'b', 'accepted'), ('c', 'c', 'accepted');
INSERT INTO liskeban.ticket (source, category, title, external_id) VALUES ('web_message', 'simple', 'a', 'a');
CREATE VIEW told AS SELECT t.external_id, t.title, e.seq, e.action, e.from_state, e.to_state, e.detail IS NULL AS no_detail FROM liskeban.ticket t JOIN liskeban.ticket_event e USING (ticket_id)
  WHERE t.source = 'web_message' AND t.external_id IS NOT NULL;
BEGIN;
INSERT INTO liskeban.ticket (source, category, title, external_id) SELECT 'web_message', 'simple', title, external_id FROM incoming ORDER BY external_id ON CONFLICT DO NOTHING;
SELECT * FROM told ORDER BY external_id, seq;
SELECT * FROM liskeban.check_invariants();
ROLLBACK;
BEGIN;
INSERT INTO liskeban.ticket AS t (source, category, title, external_id) SELECT 'web_message', 'simple', title, external_id FROM incoming ORDER BY external_id
  ON CONFLICT (source, external_id) DO UPDATE SET state = 'accepted', title = excluded.title;
SELECT * FROM told ORDER BY external_id, seq;
SELECT * FROM liskeban.check_invariants();
ROLLBACK;
INSERT INTO liskeban.ticket AS t (source, category, title, external_id) VALUES ('web_message', 'simple', 'x', 'a') ON CONFLICT (source, external_id) DO UPDATE SET tier = 'town';
INSERT INTO liskeban.ticket AS t (source, category, title, external_id) VALUES ('web_message', 'simple', 'x', 'a') ON CONFLICT (source, external_id) DO UPDATE SET state = 'closed';
BEGIN;
MERGE INTO liskeban.ticket AS t USING incoming AS i ON t.source = 'web_message' AND t.external_id = i.external_id
WHEN MATCHED THEN UPDATE SET state = i.new_state, title = i.title
WHEN NOT MATCHED THEN INSERT (source, category, title, external_id) VALUES ('web_message', 'simple', i.title, i.external_id);
SELECT * FROM told ORDER BY external_id, seq;
MERGE INTO liskeban.ticket AS t USING incoming AS i ON t.source = 'web_message' AND t.external_id = i.external_id
WHEN MATCHED AND i.external_id = 'a' THEN UPDATE SET state = 'dispatched', responsible_area = '320117001'
WHEN MATCHED AND i.external_id = 'b' THEN DO NOTHING
WHEN MATCHED THEN UPDATE SET note = 'n';
SELECT * FROM told ORDER BY external_id, seq;
SELECT * FROM liskeban.check_invariants();
SELECT code($$MERGE INTO liskeban.ticket AS t USING incoming AS i ON t.external_id = i.external_id WHEN MATCHED THEN DELETE$$);
ROLLBACK;
COPY liskeban.ticket (source, category, title, external_id, geom) FROM stdin;
web_message	hard	by copy	k1	SRID=4490;POINT(119.02 31.02)
web_message	call	by copy, too	k2	\N
\.
COPY liskeban.ticket (ticket_id, source, category, title) FROM stdin;
320117000000901	web_message	hard	with a number
\.
COPY liskeban.ticket (source, category, title, resolve_due) FROM stdin;
web_message	hard	with a due	2030-01-01
\.
SELECT * FROM told WHERE external_id LIKE 'k%' ORDER BY external_id, seq;
-- in a data-modifying CTE, with the reporter's row and a ticket that hangs on another
WITH i AS (INSERT INTO liskeban.ticket (source, category, title, external_id) VALUES ('web_message', 'general', 'cte', 'm1'), ('web_message', 'general', 'cte', 'm2') RETURNING ticket_id, external_id),
  r AS (INSERT INTO liskeban.reporter (ticket_id, name) SELECT ticket_id, 'somebody' FROM i WHERE external_id = 'm1' RETURNING ticket_id),
  u AS (UPDATE liskeban.ticket SET state = 'accepted' WHERE external_id = 'k1' RETURNING ticket_id)
INSERT INTO liskeban.ticket (source, category, title, external_id, kind) SELECT 'web_message', 'general', 'after ' || i.external_id, 'n' || i.external_id, 'hazard' FROM i ORDER BY i.external_id;
SELECT * FROM told WHERE external_id ~ '^(k1|m|nm)' ORDER BY external_id, seq;
SELECT external_id, has_reporter, kind FROM liskeban.ticket WHERE external_id ~ '^(m|nm)' ORDER BY 1;
WITH p AS (INSERT INTO liskeban.ticket (source, category, title) VALUES ('web_message', 'general', 'whole') RETURNING ticket_id)
INSERT INTO liskeban.ticket (source, category, title, parent_id) SELECT 'web_message', 'general', 'part', ticket_id FROM p;
-- many at once; none at all
UPDATE liskeban.ticket SET priority = 4, note = 'all' WHERE external_id LIKE 'm%' OR external_id LIKE 'k%';
SELECT external_id, seq, action FROM told WHERE external_id ~ '^[km]' AND seq > 1 ORDER BY 1, 2;
UPDATE liskeban.ticket SET priority = 1 WHERE false;
INSERT INTO liskeban.ticket (source, category, title) SELECT 'web_message', 'general', 't' WHERE false;
SELECT * FROM liskeban.check_invariants();

SET client_min_messages = warning;
-- Nobody else writes history: not the superuser, not a replication role, not through a partition
SELECT statement, code(statement) AS comes_to FROM (VALUES
  ('UPDATE liskeban.ticket_event SET note = note'), ('UPDATE liskeban.ticket_event SET note = note WHERE false'), ('DELETE FROM liskeban.ticket_event'), ('TRUNCATE liskeban.ticket_event'),
  ('INSERT INTO liskeban.ticket_event SELECT * FROM liskeban.ticket_event'), ('INSERT INTO liskeban.ticket_event OVERRIDING SYSTEM VALUE SELECT * FROM liskeban.ticket_event'),
  ('MERGE INTO liskeban.ticket_event e USING liskeban.ticket t ON e.ticket_id = t.ticket_id WHEN MATCHED THEN DELETE'),
  ('WITH d AS (DELETE FROM liskeban.ticket_event RETURNING 1) SELECT * FROM d'), ('UPDATE liskeban.ticket_event_p000 SET note = note'), ('DELETE FROM liskeban.ticket_event_p000'), ('TRUNCATE liskeban.ticket_event_p000'),
  ('INSERT INTO liskeban.ticket_event_p000 SELECT * FROM liskeban.ticket_event'), ('DELETE FROM liskeban.ticket_event_p002'), ('DELETE FROM liskeban.ticket WHERE ticket_id < 0'),
  ('DELETE FROM liskeban.ticket'), ('TRUNCATE liskeban.ticket'), ('TRUNCATE liskeban.ticket CASCADE'), ('TRUNCATE liskeban.reporter, liskeban.ticket'),
  ('MERGE INTO liskeban.ticket t USING (SELECT) x ON true WHEN MATCHED THEN DELETE'),
  ('DELETE FROM liskeban.worklist'), ('UPDATE liskeban.worklist SET priority = 1'), ('INSERT INTO liskeban.worklist SELECT * FROM liskeban.worklist'), ('TRUNCATE liskeban.worklist')) v (statement);
COPY liskeban.ticket_event (ticket_id, seq) FROM stdin;
\.
COPY liskeban.ticket_event_p000 (ticket_id, seq) FROM stdin;
\.
SET session_replication_role = replica;
SELECT code('UPDATE liskeban.ticket_event SET note = note'), code('DELETE FROM liskeban.ticket_event_p000'), code('TRUNCATE liskeban.ticket_event'), code('DELETE FROM liskeban.ticket'),
  code('TRUNCATE liskeban.ticket'), code('UPDATE liskeban.ticket SET tier = ''town'''), code('UPDATE liskeban.ticket SET state = ''closed'''), code('DELETE FROM liskeban.worklist');
UPDATE liskeban.ticket SET note = 'as a replica' WHERE external_id = 'k1';
SELECT external_id, seq, action FROM told WHERE external_id = 'k1' ORDER BY seq DESC LIMIT 1;
RESET session_replication_role;
-- a trigger of somebody's on ticket does not open history either
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM liskeban.ticket_event; RETURN NEW; END $$;
CREATE TRIGGER aa_meddle BEFORE UPDATE ON liskeban.ticket FOR EACH ROW EXECUTE FUNCTION meddle();
SELECT code('UPDATE liskeban.ticket SET note = ''n''');
DROP TRIGGER aa_meddle ON liskeban.ticket;
CREATE FUNCTION append_too() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO liskeban.ticket_event (ticket_id, at, recorded_at, seq, run, to_state, action, actor, login, hash) VALUES (NEW.ticket_id, now(), now(), 99, 1, 'closed', 'x', 'x', 'x', ''); RETURN NULL; END $$;
CREATE TRIGGER aa_append AFTER INSERT ON liskeban.ticket_event FOR EACH ROW WHEN (NEW.seq < 99) EXECUTE FUNCTION append_too();
SELECT code('UPDATE liskeban.ticket SET note = ''n'' WHERE external_id = ''k1''');
DROP TRIGGER aa_append ON liskeban.ticket_event;

-- Triggers of somebody's that move a ticket before the statement's log has run: history and worklist are of the last word
CREATE FUNCTION further() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.state = 'reported' AND NEW.title = 'urgent' THEN UPDATE liskeban.ticket SET state = 'accepted', priority = 1 WHERE ticket_id = NEW.ticket_id;
  ELSIF NEW.note = 'close it' THEN UPDATE liskeban.ticket SET state = 'withdrawn', note = 'closed' WHERE ticket_id = NEW.ticket_id; END IF;
  RETURN NULL; END $$;
CREATE TRIGGER aa_further AFTER INSERT OR UPDATE ON liskeban.ticket FOR EACH ROW EXECUTE FUNCTION further();
INSERT INTO liskeban.ticket (source, category, title, external_id) SELECT 'web_message', 'general', t, 'z' || n FROM unnest('{urgent,other,urgent}'::text[]) WITH ORDINALITY u (t, n) ORDER BY n;
UPDATE liskeban.ticket SET note = CASE external_id WHEN 'z1' THEN 'close it' ELSE 'not this' END, priority = 2 WHERE external_id IN ('z1', 'z3');
SELECT external_id, seq, action, from_state, to_state FROM told WHERE external_id LIKE 'z%' ORDER BY external_id, seq;
SELECT t.external_id, t.state, t.priority, w.state AS listed, w.priority AS listed_priority FROM liskeban.ticket t LEFT JOIN liskeban.worklist w USING (ticket_id) WHERE external_id LIKE 'z%' ORDER BY 1;
DROP TRIGGER aa_further ON liskeban.ticket;
WITH i AS (INSERT INTO liskeban.ticket (source, category, title, external_id) VALUES ('web_message', 'general', 'one', 'y1'), ('web_message', 'general', 'two', 'y2') RETURNING ticket_id)
INSERT INTO liskeban.reporter (ticket_id, name) SELECT ticket_id, 'the first of them' FROM i LIMIT 1;
SELECT external_id, seq, action FROM told WHERE external_id LIKE 'y%' ORDER BY external_id, seq;
SELECT * FROM liskeban.check_invariants();

-- After a failure nothing stays open: a failed step, a savepoint, an error caught
SELECT make('dispatched', 'call') AS id \gset
BEGIN;
SAVEPOINT s;
SELECT liskeban.contact(:id, repeat('n', 10));
UPDATE liskeban.ticket SET state = 'closed' WHERE ticket_id = :id;
ROLLBACK TO s;
UPDATE liskeban.ticket SET resolve_due = '2030-01-01' WHERE ticket_id = :id;
ROLLBACK TO s;
SELECT contacted_at, last_seq FROM liskeban.ticket WHERE ticket_id = :id;
UPDATE liskeban.ticket SET note = 'still here' WHERE ticket_id = :id;
COMMIT;
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER aa_fail BEFORE UPDATE ON liskeban.ticket FOR EACH ROW WHEN (NEW.note = 'fail') EXECUTE FUNCTION fail();
SELECT code(format('SELECT liskeban.contact(%s, ''fail'')', :id)), code(format('UPDATE liskeban.ticket SET resolve_due = ''2030-01-01'' WHERE ticket_id = %s', :id)) AS afterwards,
  code('DELETE FROM liskeban.ticket_event') AS history;
DROP TRIGGER aa_fail ON liskeban.ticket;
SELECT seq, action, note FROM history(:id);

-- A column of the DBA's own, and one that is gone again
ALTER TABLE liskeban.ticket ADD COLUMN gone integer DEFAULT 7, ADD COLUMN local_tag text DEFAULT 'x';
UPDATE liskeban.ticket SET local_tag = 'y', note = 'tagged' WHERE ticket_id = :id RETURNING gone, local_tag, last_seq;
ALTER TABLE liskeban.ticket DROP COLUMN gone;
UPDATE liskeban.ticket SET local_tag = 'z' WHERE ticket_id = :id RETURNING local_tag, last_seq;
SELECT act('v1', format('SELECT liskeban.contact(%s, ''spoke'')', :id));
INSERT INTO liskeban.ticket (source, category, title, local_tag) VALUES ('web_message', 'general', 't', 'own') RETURNING local_tag, last_seq;
ALTER TABLE liskeban.ticket DROP COLUMN local_tag;
SELECT act('v1', format('SELECT liskeban.resolve(%s, ''done'')', :id));
SELECT seq, action, detail FROM history(:id) WHERE seq > 4;
SELECT * FROM liskeban.check_invariants();

\c postgres
DROP DATABASE regress_liskeban_history;
