-- submit: what it makes of a payload, what it refuses, and that it never raises for what the payload says.
CREATE DATABASE regress_liskeban_submit TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_submit
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
\set VERBOSITY terse
SET liskeban.now = '2026-06-01 10:00:00+08';

-- a square village of the town 320117001
INSERT INTO liskeban.area (code, name, geom) VALUES
  ('320117001', 'town', ST_SetSRID(ST_MakeEnvelope(119.0, 31.6, 119.1, 31.7), 4490)),
  ('320117001001', 'village', ST_SetSRID(ST_MakeEnvelope(119.0, 31.6, 119.05, 31.7), 4490));

CREATE FUNCTION pg_temp.try(payload text) RETURNS text LANGUAGE sql AS $$
  SELECT s.outcome || coalesce(' ' || s.ticket_id % 1000000000, '') || coalesce(': ' || s.reason, '')
  FROM liskeban.submit(payload::jsonb) s
$$;

-- created, known again, more to it, something else
SELECT pg_temp.try('{"source": "hotline_12345", "external_id": "a1", "category": "noise_construction", "lon": 119.02,
  "lat": 31.65, "reported_at": "2026-06-01T09:00:00+08:00", "description": "at night", "reporter_name": "Zhang",
  "reporter_phone": "139 0000 0000"}');
SELECT pg_temp.try('{"source": "hotline_12345", "event": "create", "external_id": "a1", "category": "noise_construction",
  "lon": "119.020", "lat": 31.65, "reported_at": "2026-06-01T01:00:00Z", "description": "at night",
  "reporter_name": "Zhang", "reporter_phone": "139 0000 0000", "address": null, "title": ""}');
SET liskeban.now = '2026-06-01 10:05:00+08';
SELECT pg_temp.try('{"source": "hotline_12345", "external_id": "a1", "category": "noise_construction", "lon": 119.02,
  "lat": 31.65, "reported_at": "2026-06-01T09:00:00+08:00", "description": "and on Sunday",
  "reporter_phone": "138 1111 1111"}');
SELECT pg_temp.try('{"source": "hotline_12345", "external_id": "a1", "category": "noise_social", "lon": 119.02,
  "lat": 31.65, "reported_at": "2026-06-01T09:00:00+08:00"}');
SELECT pg_temp.try('{"source": "hotline_12345", "external_id": "a1", "category": "noise_construction", "lon": 119.03,
  "lat": 31.65, "reported_at": "2026-06-01T09:00:00+08:00"}');
SELECT pg_temp.try('{"source": "hotline_12345", "external_id": "a1", "category": "noise_construction", "lon": 119.02,
  "lat": 31.65, "reported_at": "2026-06-01T09:00:01+08:00"}');
SELECT title, description, area, placement, state, received_at, reported_at, has_reporter FROM liskeban.ticket;
SELECT name, phone FROM liskeban.reporter;
SELECT seq, action, at, note FROM liskeban.ticket_event ORDER BY seq;

-- the same key of another source is another request, one without a key always is
SELECT pg_temp.try('{"source": "wechat", "external_id": "a1", "title": "hello"}');
SELECT pg_temp.try('{"source": "wechat", "title": "hello"}');
SELECT pg_temp.try('{"source": "wechat", "title": "hello"}');

-- a live demand is never refused for its category or its place
SELECT pg_temp.try(p) FROM (VALUES
  ('{"source": "wechat", "external_id": "p1", "category": "no such thing"}'),
  ('{"source": "wechat", "external_id": "p2", "lon": 0, "lat": 0}'),
  ('{"source": "wechat", "external_id": "p3", "lon": 200, "lat": 31}'),
  ('{"source": "wechat", "external_id": "p4", "lon": 119.02, "lat": "north"}'),
  ('{"source": "wechat", "external_id": "p5", "lon": 119.02}'),
  ('{"source": "wechat", "external_id": "p6", "lon": {"deg": 119}, "lat": 31.6}'),
  ('{"source": "wechat", "external_id": "p7", "lon": "119.02", "lat": " 31.65 "}'),
  ('{"source": "wechat", "external_id": "p8", "lon": 119.02, "lat": 31.65, "datum": "mars"}'),
  ('{"source": "wechat", "external_id": "p9", "lon": 119.02, "lat": 31.65, "datum": "GCJ02"}'),
  ('{"source": "wechat", "external_id": "p10", "lon": 120.5, "lat": 31.65}'),
  ('{"source": "wechat", "external_id": "p11", "lon": 1e400, "lat": "1e400"}')) v (p);
SELECT external_id, category, placement, area, extra, ST_AsText(geom, 3) FROM liskeban.ticket
  WHERE external_id LIKE 'p%' ORDER BY ticket_id;

-- what else may be given
SELECT pg_temp.try('{"source": "grid_app", "external_id": "k1", "kind": "hazard", "priority": 1, "confidential": true,
  "difficulty": "hard", "title": "t", "address": "a", "discovered_at": "2026-06-01 08:30", "extra": {"cam": 7}}');
SELECT kind, priority, confidential, difficulty, title, address, discovered_at, reported_at, received_at, extra
  FROM liskeban.ticket WHERE external_id = 'k1';

-- refused, and kept
SELECT pg_temp.try(p) FROM (VALUES
  ('{"source": "wechat", "external_id": "r1", "reported_at": "2026-06-01T10:05:01+08:00"}'),
  ('{"source": "wechat", "external_id": "r2", "reported_at": "yesterday"}'),
  ('{"source": "wechat", "external_id": "r3", "reported_at": 1748736000}'),
  ('{"source": "wechat", "external_id": "r4", "reported_at": "06/01/2026"}'),
  ('{"source": "wechat", "external_id": "r5", "reported_at": "2026-02-30"}'),
  ('{"source": "wechat", "external_id": "r6", "kind": "riot"}'),
  ('{"source": "wechat", "external_id": "r7", "priority": 9}'),
  ('{"source": "wechat", "external_id": "r8", "title": ["a"]}'),
  ('{"source": "wechat", "external_id": "r9", "extra": 1}'),
  ('{"source": "wechat", "external_id": "r10", "event": "urge"}'),
  ('{"source": "nobody", "external_id": "r11"}'),
  ('{"external_id": "r12"}'),
  ('{"source": "wechat", "external_id": "' || repeat('x', 201) || '"}'),
  ('[]'), ('"text"'), ('null'), (NULL)) v (p);
SELECT pg_temp.try('{"source": "wechat", "external_id": "r1", "reported_at": "2026-06-01T10:05:01+08:00"}');
SELECT source, left(raw, 60) AS raw, reason, at FROM liskeban.intake_reject ORDER BY reject_id;

-- a ticket made beside submit is not overwritten
INSERT INTO liskeban.ticket (source, external_id, category, title) VALUES ('wechat', 'direct', 'uncategorised', 't');
SELECT pg_temp.try('{"source": "wechat", "external_id": "direct"}') ~ '^conflict \d+: a ticket with this external_id was made without submit$';

-- a closed one takes no more
SET liskeban.now = '2026-06-01 10:10:00+08';
SELECT liskeban.reject(ticket_id, 'unclear', 'no') FROM liskeban.ticket WHERE external_id = 'a1' AND source = 'hotline_12345';
SELECT pg_temp.try('{"source": "hotline_12345", "external_id": "a1", "category": "noise_construction", "lon": 119.02,
  "lat": 31.65, "reported_at": "2026-06-01T09:00:00+08:00", "description": "still"}');

-- the source of a caller is the one of its membership
CREATE ROLE regress_liskeban_source IN ROLE liskeban_source;
CREATE ROLE regress_liskeban_nobody IN ROLE liskeban_source;
INSERT INTO liskeban.membership (role_name, duty, source) VALUES ('regress_liskeban_source', 'source', 'wechat');
SET ROLE regress_liskeban_source;
SELECT pg_temp.try('{"external_id": "m1"}');
SELECT pg_temp.try('{"source": "wechat", "external_id": "m1"}');
SELECT pg_temp.try('{"external_id": "m1", "description": "and more", "reporter_phone": "137"}');
SELECT pg_temp.try('{"source": "grid_app", "external_id": "m1"}');
SELECT title FROM liskeban.ticket;
SELECT * FROM liskeban.load_history('wechat', '{}');
SET ROLE regress_liskeban_nobody;
SELECT pg_temp.try('{"source": "wechat", "external_id": "m2"}');
RESET ROLE;
SELECT source, external_id, has_reporter FROM liskeban.ticket WHERE external_id = 'm1';
SELECT actor FROM liskeban.ticket_event JOIN liskeban.ticket USING (ticket_id) WHERE external_id = 'm1';

SELECT * FROM liskeban.check_invariants();

\c postgres
DROP DATABASE regress_liskeban_submit;
DROP ROLE regress_liskeban_source, regress_liskeban_nobody;
