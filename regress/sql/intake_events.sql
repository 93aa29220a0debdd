-- What a source says of its ticket after the create, in whatever order it comes: supplement, urge, withdraw, attach;
-- and the mending of what was refused.
CREATE DATABASE regress_liskeban_events TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_events
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
\set VERBOSITY terse
SET liskeban.now = '2026-06-01 10:00:00+08';

CREATE FUNCTION pg_temp.try(payload text) RETURNS text LANGUAGE sql AS $$
  SELECT s.outcome || coalesce(': ' || s.reason, '') FROM liskeban.submit('{"source": "wechat"}' || payload::jsonb) s
$$;
CREATE VIEW pg_temp.final AS
  SELECT t.external_id AS key, t.state, t.description, r.name, r.phone, t.has_reporter AS rep,
    (SELECT string_agg(e.action, ' ' ORDER BY e.seq) FROM liskeban.ticket_event e WHERE e.ticket_id = t.ticket_id) AS actions,
    (SELECT string_agg(a.uri, ' ' ORDER BY a.uri) FROM liskeban.attachment a WHERE a.ticket_id = t.ticket_id) AS attachments
  FROM liskeban.ticket t LEFT JOIN liskeban.reporter r USING (ticket_id);

-- in order, each twice
SELECT n, pg_temp.try(p), pg_temp.try(p) AS again FROM (VALUES
  (1, '{"external_id": "a", "category": "noise_social", "description": "loud music", "reported_at": "2026-06-01T08:00:00+08:00",
    "reporter_name": "Li", "attachments": [{"uri": "s3://a/1.jpg", "taken_at": "2026-06-01T07:59:00+08:00", "lon": 119.02,
    "lat": 31.65, "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]}'),
  (2, '{"event": "supplement", "external_id": "a", "text": "it goes on", "reported_at": "2026-06-01T08:30:00+08:00"}'),
  (3, '{"event": "supplement", "external_id": "a", "reporter_phone": "137", "reported_at": "2026-06-01T08:31:00+08:00"}'),
  (4, '{"event": "urge", "external_id": "a", "text": "hurry", "reported_at": "2026-06-01T08:40:00+08:00"}'),
  (5, '{"event": "urge", "external_id": "a", "text": "hurry", "reported_at": "2026-06-01T08:50:00+08:00"}'),
  (6, '{"event": "urge", "external_id": "a"}'),
  (7, '{"event": "attach", "external_id": "a", "attachments": ["s3://a/2.jpg", {"uri": "s3://a/2.jpg"}]}'),
  (8, '{"event": "withdraw", "external_id": "a", "text": "it is quiet now", "reported_at": "2026-06-01T09:00:00+08:00"}'),
  (9, '{"event": "withdraw", "external_id": "a", "text": "really"}')) v (n, p) ORDER BY n;
SELECT * FROM pg_temp.final;
SELECT seq, action, from_state, to_state, note, actor FROM liskeban.ticket_event WHERE action NOT IN ('report', 'amend') ORDER BY seq;
SELECT uri, stage, left(encode(sha256, 'hex'), 8) AS sha256, taken_at, ST_AsText(geom, 2) FROM liskeban.attachment ORDER BY uri;
SELECT event, said_at, outcome, seq, words, gives_name, gives_phone, request FROM liskeban.ticket_message ORDER BY message_id;

-- of a withdrawal and a word said after it the one that comes second is a conflict; said before it, it is none
SELECT n, pg_temp.try(p) FROM (VALUES
  (1, '{"event": "supplement", "external_id": "a", "text": "and there was a smell", "reported_at": "2026-06-01T08:20:00+08:00"}'),
  (2, '{"event": "supplement", "external_id": "a", "text": "it began again", "reported_at": "2026-06-01T09:10:00+08:00"}'),
  (3, '{"event": "urge", "external_id": "a", "text": "no time given"}'),
  (4, '{"event": "urge", "external_id": "a", "text": "no time given"}'),
  (5, '{"external_id": "b", "description": "b"}'),
  (6, '{"event": "urge", "external_id": "b", "reported_at": "2026-06-01T09:10:00+08:00"}'),
  (7, '{"event": "withdraw", "external_id": "b", "reported_at": "2026-06-01T09:00:00+08:00"}')) v (n, p) ORDER BY n;
SELECT * FROM pg_temp.final ORDER BY key;
SELECT count(*) FROM liskeban.worklist;

-- before the create: in quarantine, taken in with it; the result is that of the right order
SELECT n, pg_temp.try(p) FROM (VALUES
  (1, '{"event": "withdraw", "external_id": "c", "text": "it is quiet now", "reported_at": "2026-06-01T09:00:00+08:00"}'),
  (2, '{"event": "urge", "external_id": "c", "text": "hurry", "reported_at": "2026-06-01T08:50:00+08:00"}'),
  (3, '{"event": "urge", "external_id": "c", "text": "hurry", "reported_at": "2026-06-01T08:50:00+08:00"}'),
  (4, '{"event": "supplement", "external_id": "c", "text": "it goes on", "reported_at": "2026-06-01T08:30:00+08:00"}'),
  (5, '{"event": "supplement", "external_id": "c", "text": "and there was a smell", "reporter_phone": "136",
    "reported_at": "2026-06-01T08:20:00+08:00"}'),
  (6, '{"event": "supplement", "external_id": "c", "reporter_phone": "137", "reported_at": "2026-06-01T08:19:00+08:00"}'),
  (7, '{"event": "supplement", "external_id": "c", "text": "another matter", "category": "noise_construction"}'),
  (8, '{"event": "supplement", "external_id": "c", "text": "this is where", "lon": 119.01, "lat": 31.61}'),
  (9, '{"event": "supplement", "external_id": "c", "text": "in full", "category": "noise_social",
    "reported_at": "2026-06-01T08:35:00+08:00"}')) v (n, p) ORDER BY n;
SELECT external_id, event, outcome, request IS NOT NULL AS kept FROM liskeban.ticket_message WHERE external_id = 'c' ORDER BY message_id;
SELECT count(*) FROM liskeban.ticket WHERE external_id = 'c';
SELECT pg_temp.try('{"external_id": "c", "category": "noise_social", "description": "loud music", "reporter_name": "Li",
  "reported_at": "2026-06-01T08:00:00+08:00"}');
SELECT * FROM pg_temp.final WHERE key = 'c';
SELECT raw ->> 'event' AS event, reason, resolved_at IS NOT NULL AS resolved
  FROM (SELECT raw::jsonb, reason, resolved_at, reject_id FROM liskeban.intake_reject) r
  WHERE raw ->> 'external_id' = 'c' ORDER BY reject_id;
SELECT pg_temp.try('{"event": "urge", "external_id": "c", "text": "hurry", "reported_at": "2026-06-01T08:50:00+08:00"}');

-- a resend of the create with more to it counts once, and what stands in another text is not said twice
SELECT n, pg_temp.try(p) FROM (VALUES
  (1, '{"external_id": "d", "description": "the lamp is out"}'),
  (2, '{"external_id": "d", "description": "the lamp is out since Monday"}'),
  (3, '{"external_id": "d", "description": "the lamp is out since Monday, both sides"}'),
  (4, '{"external_id": "d", "description": "the lamp is out"}'),
  (5, '{"external_id": "d", "description": "the lamp is out since Monday"}'),
  (6, '{"event": "supplement", "external_id": "d", "text": "both sides"}')) v (n, p) ORDER BY n;
SELECT key, description, actions FROM pg_temp.final WHERE key = 'd';
-- where the desk has rewritten the description, more is added at its end
UPDATE liskeban.ticket SET description = 'lamps 7 and 8 are out' WHERE external_id = 'd';
SELECT pg_temp.try('{"event": "supplement", "external_id": "d", "text": "and 9"}');
SELECT key, description FROM pg_temp.final WHERE key = 'd';

-- what the desk made final takes no more; a ticket made without submit is one all the same
INSERT INTO liskeban.ticket (source, external_id, category, title) VALUES ('wechat', 'e', 'uncategorised', 'e');
SELECT liskeban.reject(ticket_id, 'unclear', 'no') FROM liskeban.ticket WHERE external_id = 'd';
SELECT n, pg_temp.try(p) FROM (VALUES
  (1, '{"event": "urge", "external_id": "d"}'),
  (2, '{"event": "withdraw", "external_id": "d"}'),
  (3, '{"event": "urge", "external_id": "e"}'),
  (4, '{"external_id": "e", "title": "e"}')) v (n, p) ORDER BY n;
SELECT key, state, actions FROM pg_temp.final WHERE key IN ('d', 'e') ORDER BY key;
-- withdrawn by the desk already: the source's own word changes nothing, but then it has withdrawn
SELECT liskeban.withdraw(ticket_id, 'told by phone') FROM liskeban.ticket WHERE external_id = 'e';
SELECT n, pg_temp.try(p) FROM (VALUES
  (1, '{"event": "urge", "external_id": "e", "text": "again"}'),
  (2, '{"event": "withdraw", "external_id": "e"}'),
  (3, '{"event": "urge", "external_id": "e", "text": "again"}')) v (n, p) ORDER BY n;
SELECT key, state, actions FROM pg_temp.final WHERE key = 'e';

-- what cannot be read
SELECT n, pg_temp.try(p) FROM (VALUES
  (1, '{"event": "urge"}'),
  (2, '{"event": "cancel", "external_id": "e"}'),
  (3, '{"event": "supplement", "external_id": "e"}'),
  (4, '{"event": "attach", "external_id": "e", "text": "t"}'),
  (5, '{"event": "attach", "external_id": "e", "attachments": []}'),
  (6, '{"external_id": "f", "attachments": [{"sha256": "00"}]}'),
  (7, '{"external_id": "f", "attachments": [{"uri": "u", "sha256": "00"}]}'),
  (8, '{"external_id": "f", "attachments": [{"uri": "u", "taken_at": "then"}]}'),
  (9, '{"external_id": "f", "attachments": 7}'),
  (10, '{"external_id": "f", "attachments": [null]}'),
  (11, '{"external_id": "f", "attachments": "u"}'),
  (12, '{"event": "urge", "external_id": "e", "reported_at": "2026-06-02T00:00:00+08:00"}')) v (n, p) ORDER BY n;

-- a source's own clerk may withdraw, unless he handled it; one of another source may not
CREATE ROLE regress_liskeban_clerk IN ROLE liskeban_source;
CREATE ROLE regress_liskeban_desk IN ROLE liskeban_dispatcher;
CREATE ROLE regress_liskeban_hand IN ROLE liskeban_handler;
INSERT INTO liskeban.membership (role_name, duty, source) VALUES ('regress_liskeban_clerk', 'source', 'wechat');
INSERT INTO liskeban.membership (role_name, duty, area) VALUES ('regress_liskeban_desk', 'dispatcher', '320117'),
  ('regress_liskeban_hand', 'handler', '320117');
SET ROLE regress_liskeban_clerk;
SELECT n, (SELECT s.outcome FROM liskeban.submit(p::jsonb) s) FROM (VALUES
  (1, '{"external_id": "g", "description": "g"}'),
  (2, '{"event": "urge", "external_id": "g"}'),
  (3, '{"event": "withdraw", "external_id": "g", "source": "grid_app"}'),
  (4, '{"event": "withdraw", "external_id": "g"}')) v (n, p) ORDER BY n;
SELECT * FROM liskeban.retry_reject(1, '{}');
RESET ROLE;
SELECT key, state, actions FROM pg_temp.final WHERE key = 'g';
SELECT DISTINCT actor FROM liskeban.ticket_event JOIN liskeban.ticket USING (ticket_id) WHERE external_id = 'g';

-- mending
SELECT pg_temp.try('{"event": "urge", "external_id": "h", "text": "where are you"}');
SELECT pg_temp.try('{"external_id": "i", "reported_at": "yesterday"}');
SELECT reject_id AS waiting FROM liskeban.intake_reject WHERE raw::jsonb ->> 'external_id' = 'h' \gset
SELECT reject_id AS unread FROM liskeban.intake_reject WHERE raw::jsonb ->> 'external_id' = 'i' \gset
SET ROLE regress_liskeban_hand;
SELECT * FROM liskeban.retry_reject(:unread, '{}');
SET ROLE regress_liskeban_desk;
SELECT outcome, reason FROM liskeban.retry_reject(:unread, '{"external_id": "i", "reported_at": "the day before"}');
SELECT outcome, reason FROM liskeban.retry_reject(:unread, NULL);
SELECT outcome, reason FROM liskeban.retry_reject(:unread, '{"external_id": "i", "reported_at": "2026-05-31"}');
SELECT outcome, reason FROM liskeban.retry_reject(:unread, '{"external_id": "i", "reported_at": "2026-05-31"}');
-- a waiting message: still without its create, then it turns out to be another's
SELECT outcome, reason FROM liskeban.retry_reject(:waiting, '{"event": "urge", "external_id": "H", "text": "where are you"}');
SELECT outcome, reason FROM liskeban.retry_reject(:waiting, '{"event": "urge", "external_id": "i", "text": "where are you"}');
-- or its create is what was missing
RESET ROLE;
SELECT pg_temp.try('{"event": "urge", "external_id": "j"}');
SET ROLE regress_liskeban_desk;
SELECT reject_id AS waiting_j FROM liskeban.intake_reject WHERE raw::jsonb ->> 'external_id' = 'j' \gset
SELECT outcome, reason FROM liskeban.retry_reject(:waiting_j, '{"external_id": "j"}');
-- what was written down on a withdrawn ticket is there: to try it again is to have seen it
SELECT reject_id AS seen FROM liskeban.intake_reject WHERE raw::jsonb ->> 'text' = 'it began again' \gset
SELECT outcome, reason FROM liskeban.retry_reject(:seen, (SELECT raw::jsonb FROM liskeban.intake_reject WHERE reject_id = :seen));
SELECT resolved_at FROM liskeban.intake_reject WHERE reject_id IN (:waiting_j, :seen);
SELECT outcome FROM liskeban.retry_reject(0, '{}');
SELECT outcome FROM liskeban.retry_reject(NULL, '{}');
RESET ROLE;
SELECT pg_temp.try('{"external_id": "h"}');
SELECT pg_temp.try('{"external_id": "H"}');
SELECT key, actions FROM pg_temp.final WHERE key IN ('h', 'H', 'i', 'j') ORDER BY key;
SELECT reject_id = :unread AS unread, source, reason, resolved_at FROM liskeban.intake_reject
  WHERE reject_id IN (:waiting, :unread) ORDER BY reject_id;

-- a file brings them too: events before and after their create, the same one twice
SELECT * FROM liskeban._load_begin('wechat', 'id,event,text,att', '{"external_id": "id", "event": "event", "text": "text", "attachments": "att"}', false);
SELECT * FROM liskeban._load_requests('wechat', 'f.csv', 'id,event,text,att',
  '{"external_id": "id", "event": "event", "text": "text", "attachments": "att"}', false, '{2,3,4,5,6,7,8,9}',
  '{"x1,urge,hurry,","x1,,no water,","x2,,no light,s3://x","x1,urge,hurry,","x1,urge,at last,","x2,withdraw,,","x3,urge,hurry,","x3,jump,,"}',
  '{NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL}');
SELECT key, state, description, actions, attachments FROM pg_temp.final WHERE key LIKE 'x%' ORDER BY key;
SELECT line_no, raw, reason, resolved_at IS NOT NULL AS resolved FROM liskeban.intake_reject WHERE file = 'f.csv' ORDER BY line_no;
SELECT * FROM liskeban.load_history('wechat', ARRAY['{"external_id": "x3", "reported_at": "2026-05-01", "attachments": "s3://y"}',
  '{"external_id": "x4", "reported_at": "2026-05-01", "event": "urge"}']::jsonb[]);
SELECT key, state, actions, attachments FROM pg_temp.final WHERE key IN ('x3', 'x4') ORDER BY key;

SELECT * FROM liskeban.check_invariants();

\c postgres
DROP DATABASE regress_liskeban_events;
DROP ROLE regress_liskeban_clerk, regress_liskeban_desk, regress_liskeban_hand;
