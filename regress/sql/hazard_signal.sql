-- Signals: what becomes of each, storms, what is malformed, broken rules, who may send, counts that add up, retention.
CREATE DATABASE regress_liskeban_hazard_signal TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_hazard_signal
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
SET liskeban.now = '2024-09-18 09:00:00+08';
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
\getenv srcdir PG_ABS_SRCDIR
\set district :srcdir '/data/guard_district.sql'
\set ECHO none
\i :district
\set ECHO all
CREATE FUNCTION signal(payload text, source text DEFAULT 'gas_iot') RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', r.ticket_id % 1000000000, r.outcome, r.reason) FROM liskeban.receive_signal(source, payload::jsonb) r $$;
-- received = ticketed + attached + ignored + quarantined, whatever they are asked of
CREATE FUNCTION counted() RETURNS TABLE (received numeric, ticketed numeric, attached numeric, ignored numeric, quarantined numeric, holds boolean) LANGUAGE sql AS $$
  SELECT sum(signals), sum(signals) FILTER (WHERE outcome = 'ticketed'), sum(signals) FILTER (WHERE outcome = 'attached'),
         sum(signals) FILTER (WHERE outcome = 'ignored'), sum(signals) FILTER (WHERE outcome = 'quarantined'),
         sum(signals) = pg_sequence_last_value('liskeban.hazard_signal_signal_id_seq'::regclass) - 3201170000000000
    FROM liskeban.hazard_signal_count $$;

-- A first alarm is a ticket, dispatched; the same device's next is counted on it; what is within bounds is ignored
SELECT signal('{"device": "d1", "lel": 8}') AS first, signal('{"device": "d1", "lel": 9}') AS again, signal('{"device": "d1", "lel": 1}') AS within, signal('{"device": "d2", "lel": 8}') AS other;
-- numbers name devices too; another chain's hazard of the same device is another; a source without rules is ignored
SELECT signal('{"device": 17, "lel": 8}') AS number, signal('{"device": "17", "lel": 8}') AS text, signal('{"device": "d1", "battery_celsius": 80}', 'ebike_iot') AS source, signal('{"device": "d1", "lel": 80}', 'river_station') AS no_rules;
-- a worse one makes the hazard major, once
SELECT signal('{"device": "d2", "lel": 40}') AS worse, signal('{"device": "d2", "lel": 50}') AS still;
SELECT h.device, h.severity, h.rule, h.listed_by, t.priority, (SELECT count(*) FROM liskeban.supervision s WHERE s.ticket_id = h.ticket_id) AS orders
  FROM liskeban.hazard h JOIN liskeban.ticket t USING (ticket_id) WHERE h.source = 'gas_iot' ORDER BY h.hazard_id;
-- where and when, as far as it can be read
SELECT signal('{"device": "d3", "lel": 8, "lon": 119.02, "lat": 31.02, "datum": "cgcs2000", "at": "2024-09-18T08:59:00+08:00", "address": "3-201"}') AS full,
  signal('{"device": "d4", "lel": 8, "lon": 999, "lat": "x", "at": "2031-01-01T00:00:00+08:00"}') AS clock_ahead, signal('{"device": "d5", "lel": 8, "at": "noon"}') AS no_clock;
SELECT t.extra ->> 'device' AS device, t.area, t.placement, local(t.reported_at) AS reported, t.address, t.kind FROM liskeban.ticket t WHERE t.extra ->> 'device' IN ('d3', 'd4', 'd5') ORDER BY 1;

-- What cannot be read is quarantined with its reason, each text once, and the feed goes on
SELECT signal('[1, 2]') AS "array", signal('"x"') AS scalar, signal(NULL) AS missing;
SELECT signal('{"lel": 90}') AS no_device, signal('{"device": {"id": 1}, "lel": 90}') AS device, signal('{"device": "", "lel": 90}') AS empty, signal('{"device": "d", "gateway": [1]}') AS gateway;
SELECT left(signal(format('{"device": "%s", "lel": 9}', repeat('长', 100))), 60) AS long, signal('{"lel": 90}') AS again, signal('{"device": null, "object": "U-1", "lel": 8}') AS object;
SELECT r.source, r.file, left(r.raw, 30) AS raw, r.reason, (SELECT count(*) FROM liskeban.hazard_signal s WHERE s.reject_id = r.reject_id) AS signals FROM liskeban.intake_reject r ORDER BY r.reject_id;
SELECT * FROM counted();

-- A broken rule: what it raises, and where it leads, is quarantined; another rule may still know the signal
INSERT INTO liskeban.hazard_rule (code, priority, chain, source, name, name_en, condition, category, department)
  VALUES ('dated', 1, 'gas', 'gas_iot', '过期', 'out of date', '$.checked.datetime() < "2024-01-01T00:00:00+08:00".datetime()', 'gas_leak', NULL);
SELECT signal('{"device": "b1", "checked": "2023-05-01"}') AS fails, signal('{"device": "b1", "checked": "2023-05-01", "lel": 8}') AS another_knows, signal('{"device": "b2", "checked": "2023-05-01T00:00:00+08:00"}') AS holds;
UPDATE liskeban.hazard_rule SET retired_at = liskeban.liskeban_now() WHERE code = 'dated';
SELECT signal('{"device": "b3", "checked": "2023-05-01"}') AS retired;
UPDATE liskeban.department SET retired_at = liskeban.liskeban_now() WHERE code = 'gas_supply';
SELECT signal('{"device": "b4", "lel": 8}') AS no_department, signal('{"device": "d1", "lel": 8}') AS attached_all_the_same;
UPDATE liskeban.department SET retired_at = NULL WHERE code = 'gas_supply';
UPDATE liskeban.category SET retired_at = liskeban.liskeban_now() WHERE code = 'gas_leak';
SELECT signal('{"device": "b5", "lel": 8}') AS no_category;
UPDATE liskeban.category SET retired_at = NULL WHERE code = 'gas_leak';
SELECT left(signal('{"device": "b6", "lel": 8}'), 20) AS goes_on;
-- the desk mends one: it is received anew
SELECT r.reject_id AS refused FROM liskeban.intake_reject r WHERE r.raw LIKE '%"b4"%' \gset
SELECT act('desk', format($$SELECT liskeban.retry_reject(%s, '{"device": "b4"}')$$, :refused));
SELECT r.resolved_at IS NOT NULL AS resolved, (SELECT s.outcome FROM liskeban.hazard_signal s ORDER BY s.signal_id DESC LIMIT 1) AS outcome FROM liskeban.intake_reject r WHERE r.reject_id = :refused;
SELECT try(format($$SELECT liskeban.retry_reject(%s, '{"device": "b4"}')$$, :refused), 'desk') AS dealt_with;
SELECT * FROM counted();

-- A storm of one device, ten thousand in a minute: one ticket with a count
SELECT at('2024-09-18 10:00:00');
SELECT count(*) AS signals, count(DISTINCT r.ticket_id) AS tickets, string_agg(DISTINCT r.outcome, ' ') AS outcomes
  FROM generate_series(1, 10000) n CROSS JOIN LATERAL liskeban.receive_signal('chemical_iot', jsonb_build_object('device', 's1', 'gateway', 'gw1', 'lel', 30, 'n', n)) r;
-- of a gateway's ten thousand devices: as many as the rule lets through, and one for all others, which loses nothing
SELECT count(*) AS signals, count(DISTINCT r.ticket_id) AS tickets, count(*) FILTER (WHERE r.outcome = 'ticketed') AS ticketed, count(*) FILTER (WHERE r.outcome = 'attached') AS attached
  FROM generate_series(1, 10000) n CROSS JOIN LATERAL liskeban.receive_signal('chemical_iot', jsonb_build_object('device', 'x' || n, 'gateway', 'gw2', 'pressure_ratio', 0.99)) r;
SELECT h.gateway, h.device, h.storm, t.title, (SELECT count(*) FROM liskeban.hazard_signal s WHERE s.hazard_id = h.hazard_id) AS signals
  FROM liskeban.hazard h JOIN liskeban.ticket t USING (ticket_id) WHERE h.source = 'chemical_iot' ORDER BY h.hazard_id;
SELECT count(DISTINCT s.payload ->> 'device') AS devices_kept FROM liskeban.hazard_signal s WHERE s.payload ->> 'gateway' = 'gw2';
UPDATE liskeban.hazard_rule SET burst = 0 WHERE source = 'chemical_iot';
SELECT count(*) AS signals, count(DISTINCT r.ticket_id) AS tickets
  FROM generate_series(1, 1000) n CROSS JOIN LATERAL liskeban.receive_signal('chemical_iot', jsonb_build_object('device', 'y' || n, 'gateway', 'gw3', 'pressure_ratio', 0.99)) r;
UPDATE liskeban.hazard_rule SET burst = 5 WHERE source = 'chemical_iot';
-- while it lasts others of the gateway are counted there; once a minute was quiet they are hazards of their own
SELECT later('50 seconds');
SELECT signal('{"device": "late", "gateway": "gw2", "pressure_ratio": 0.99}', 'chemical_iot') AS still;
SELECT later('59 seconds');
SELECT signal('{"device": "later", "gateway": "gw2", "pressure_ratio": 0.99}', 'chemical_iot') AS still;
SELECT later('61 seconds');
SELECT signal('{"device": "later", "gateway": "gw2", "pressure_ratio": 0.99}', 'chemical_iot') AS over, signal('{"device": "x7", "gateway": "gw2", "pressure_ratio": 0.99}', 'chemical_iot') AS of_the_storm;
SELECT * FROM counted();

-- Who may send: the source itself, by membership; an administrator; nobody else
CREATE ROLE regress_gas LOGIN IN ROLE liskeban_source;
INSERT INTO liskeban.membership (role_name, duty, source) VALUES ('regress_gas', 'source', 'gas_iot');
SET ROLE regress_gas;
SELECT outcome FROM liskeban.receive_signal(NULL, '{"device": "own", "lel": 8}');
SELECT outcome FROM liskeban.receive_signal('gas_iot', '{"device": "own", "lel": 8}');
\set VERBOSITY terse
SELECT outcome FROM liskeban.receive_signal('ebike_iot', '{"device": "own", "lel": 8}');
SELECT count(*) FROM liskeban.hazard_signal;
SELECT outcome FROM liskeban._receive_signal('ebike_iot', '{}');
RESET ROLE;
SELECT t.actor FROM liskeban.ticket_event t JOIN liskeban.hazard h USING (ticket_id) WHERE h.device = 'own' ORDER BY t.seq;
SELECT try($$SELECT liskeban.receive_signal('gas_iot', '{}')$$, 'v1') AS handler, try($$SELECT liskeban.receive_signal('gas_iot', '{}')$$, 'hotline') AS another, try($$SELECT liskeban.receive_signal('nobody', '{}')$$) AS unknown, try($$SELECT liskeban.receive_signal(NULL, '{}')$$) AS admin_without;
-- what was written is nobody's to bend
SELECT code('UPDATE liskeban.hazard_signal SET outcome = ''ignored''') AS bent, code('DELETE FROM liskeban.hazard_signal') AS deleted, code('INSERT INTO liskeban.hazard_signal (at, source, outcome) VALUES (now(), ''gas_iot'', ''ignored'')') AS forged;

-- While the session lasts an open hazard is found by its device, also where the plan was made with few hazards there
BEGIN;
CREATE TEMP TABLE scanned AS SELECT i.indexrelid AS index, pg_stat_get_xact_numscans(i.indexrelid) AS before FROM pg_index AS i WHERE i.indrelid = 'liskeban.hazard'::regclass;
SELECT count(*) FILTER (WHERE r.outcome = 'attached') AS attached FROM generate_series(1, 50) AS n, LATERAL liskeban.receive_signal('gas_iot', jsonb_build_object('device', 'own', 'lel', 8 + n % 2)) AS r;
SELECT s.index::regclass, pg_stat_get_xact_numscans(s.index) - s.before AS scans FROM scanned AS s WHERE pg_stat_get_xact_numscans(s.index) > s.before ORDER BY 1;
COMMIT;

-- A source that sends signals lives
UPDATE liskeban.source_system SET heartbeat = '10 minutes' WHERE code = 'gas_iot';
SELECT liskeban.check_platform() > 0 AS looked;
SELECT count(*) AS quiet FROM liskeban.platform_alarm WHERE kind = 'quiet_source' AND subject = 'gas_iot';

-- Retention: partitions go, counts stay
SELECT * FROM counted();
SELECT sum(n) AS of_hazards FROM (SELECT h.signals_gone + (SELECT count(*) FROM liskeban.hazard_signal s WHERE s.hazard_id = h.hazard_id) AS n FROM liskeban.hazard h) x;
SELECT setval('liskeban.hazard_signal_signal_id_seq', 3201170001000000);
SELECT liskeban.make_partitions() AS made;
SELECT signal('{"device": "d1", "lel": 8}');
SELECT liskeban.drop_hazard_signals() AS young;
SELECT later('31 days');
SELECT liskeban.drop_hazard_signals() AS dropped, liskeban.drop_hazard_signals() AS again;
SELECT count(*) AS left FROM liskeban.hazard_signal;
SELECT received, ticketed, attached, ignored, quarantined FROM counted();
SELECT sum(n) AS of_hazards FROM (SELECT h.signals_gone + (SELECT count(*) FROM liskeban.hazard_signal s WHERE s.hazard_id = h.hazard_id) AS n FROM liskeban.hazard h) x;
SELECT try('UPDATE liskeban.platform SET signal_retention = ''1 hour''') AS too_short;
SELECT * FROM liskeban.check_invariants();
\c postgres
DROP DATABASE regress_liskeban_hazard_signal;
DROP ROLE regress_gas;
