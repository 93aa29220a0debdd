-- Histories: straight to the last state, with every event in its place.
CREATE DATABASE regress_liskeban_history TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_history
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
\set VERBOSITY terse
SET liskeban.now = '2026-06-01 10:00:00+08';
INSERT INTO liskeban.area (code, name, geom) VALUES
  ('320117001', 'town', ST_SetSRID(ST_MakeEnvelope(119.0, 31.6, 119.1, 31.7), 4490));

SELECT created, existing, rejected, u.* FROM liskeban.load_history('web_message', ARRAY[
  '{"external_id": "all", "category": "noise_construction", "lon": 119.05, "lat": 31.65, "reported_at": "2026-05-01 08:00",
    "accepted_at": "2026-05-01 08:04", "dispatched_at": "2026-05-01 08:10", "on_site_at": "2026-05-01 08:20",
    "resolved_at": "2026-05-02 09:00", "resolution": "stopped", "closed_at": "2026-05-03 09:00",
    "satisfaction": "satisfied", "solved": true, "reporter_name": "Zhang"}',
  '{"external_id": "plan", "difficulty": "hard", "reported_at": "2026-05-01 08:00", "dispatched_at": "2026-05-01 08:10",
    "plan": "in three steps", "promised_at": "2026-05-20 18:00", "resolved_at": "2026-05-19 09:00"}',
  '{"external_id": "planned", "difficulty": "hard", "reported_at": "2026-05-01 08:00", "on_site_at": "2026-05-01 08:30",
    "plan": "in three steps", "promised_at": "2026-07-20 18:00"}',
  '{"external_id": "ends", "reported_at": "2026-05-01 08:00", "resolved_at": "2026-05-02 08:00", "closed_at": "2026-05-02 08:00"}',
  '{"external_id": "open", "reported_at": "2026-05-31 08:00", "dispatched_at": "2026-05-31 08:00"}',
  '{"external_id": "new", "reported_at": "2026-05-31 08:00"}',
  '{"reported_at": "2026-05-31 08:00", "title": "no key"}',
  '{"external_id": "new", "reported_at": "2026-05-31 08:00"}',
  '{"external_id": "new", "reported_at": "2026-05-31 09:00"}',
  '{"external_id": "x1"}',
  '{"external_id": "x2", "reported_at": "2026-05-01 08:00", "closed_at": "2026-05-02 08:00"}',
  '{"external_id": "x3", "reported_at": "2026-05-01 08:00", "dispatched_at": "2026-04-30 08:00"}',
  '{"external_id": "x4", "reported_at": "2026-05-01 08:00", "resolved_at": "2026-06-01 10:01"}',
  '{"external_id": "x5", "reported_at": "2026-05-01 08:00", "on_site_at": "2026-05-03 08:00", "resolved_at": "2026-05-02 08:00"}',
  '{"external_id": "x6", "reported_at": "2026-05-01 08:00", "satisfaction": "happy"}',
  '{"external_id": "x7", "reported_at": "soon"}',
  '[1]', NULL]::jsonb[]) h, unnest(h.reasons) WITH ORDINALITY u (reason, place) ORDER BY place;

SELECT external_id, state, received_at, area, responsible_area, tier, has_reporter FROM liskeban.ticket ORDER BY ticket_id;
SELECT external_id, dispatched_at, on_site_at, resolved_at, closed_at, satisfaction, solved, promised_at, late_entry
  FROM liskeban.ticket ORDER BY ticket_id;
SELECT external_id, resolve_due, respond_due, plan_due FROM liskeban.ticket ORDER BY ticket_id;
SELECT external_id, seq, action, to_state, at FROM liskeban.ticket_event JOIN liskeban.ticket USING (ticket_id) ORDER BY ticket_id, seq;
SELECT DISTINCT recorded_at FROM liskeban.ticket_event;
SELECT external_id, w.state, w.resolve_due FROM liskeban.worklist w JOIN liskeban.ticket USING (ticket_id) ORDER BY ticket_id;
SELECT name FROM liskeban.reporter;

-- the same again creates nothing
SELECT created, existing, rejected, reasons FROM liskeban.load_history('web_message', ARRAY[
  '{"external_id": "open", "reported_at": "2026-05-31 08:00", "dispatched_at": "2026-05-31 08:00"}',
  '{"external_id": "open", "reported_at": "2026-05-31 08:00", "dispatched_at": "2026-05-31 08:01"}',
  '{"reported_at": "2026-05-31 08:00", "title": "no key"}']::jsonb[]);
SELECT * FROM liskeban.load_history('nobody', ARRAY['{"external_id": "y", "reported_at": "2026-05-31 08:00"}']::jsonb[]);
SELECT * FROM liskeban.load_history('web_message', '{}');

-- one that cannot be does not keep the others out: its ticket is there without an intake
INSERT INTO liskeban.ticket (source, external_id, category, title) VALUES ('web_message', 'z2', 'uncategorised', 't');
SELECT created, existing, rejected, reasons FROM liskeban.load_history('web_message', ARRAY[
  '{"external_id": "z1", "reported_at": "2026-05-31 08:00", "resolved_at": "2026-05-31 09:00"}',
  '{"external_id": "z2", "reported_at": "2026-05-31 08:00", "resolved_at": "2026-05-31 09:00"}',
  '{"external_id": "z3", "reported_at": "2026-05-31 08:00", "resolved_at": "2026-05-31 09:00"}']::jsonb[]);

-- afterwards the rules hold again
UPDATE liskeban.ticket SET state = 'on_site' WHERE external_id = 'new';
UPDATE liskeban.ticket SET resolved_at = '2026-05-01' WHERE external_id = 'all';
SELECT * FROM liskeban.check_invariants();

\c postgres
DROP DATABASE regress_liskeban_history;
