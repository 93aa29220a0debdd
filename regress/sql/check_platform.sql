-- Sources that fall silent, refused requests that nobody handles.
CREATE DATABASE regress_liskeban_check_platform TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_check_platform
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
DROP ROLE IF EXISTS regress_liskeban_sensor, regress_liskeban_desk;
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
\set VERBOSITY terse
CREATE ROLE regress_liskeban_sensor LOGIN IN ROLE liskeban_source;
CREATE ROLE regress_liskeban_desk LOGIN IN ROLE liskeban_dispatcher;
INSERT INTO liskeban.membership (role_name, duty, source) VALUES ('regress_liskeban_sensor', 'source', 'gas_iot');
INSERT INTO liskeban.membership (role_name, duty, area) VALUES ('regress_liskeban_desk', 'dispatcher', '320117');
CREATE VIEW pg_temp.open AS SELECT kind, subject, at, fired_at, detail FROM liskeban.platform_alarm WHERE resolved_at IS NULL ORDER BY at, kind, subject;
CREATE VIEW pg_temp.ended AS SELECT kind, subject, at, fired_at, resolved_at FROM liskeban.platform_alarm WHERE resolved_at IS NOT NULL ORDER BY at, kind, subject;

-- Three sources are watched; the others never
UPDATE liskeban.source_system SET heartbeat = NULL;
UPDATE liskeban.source_system SET heartbeat = '10 minutes' WHERE code = 'gas_iot';
UPDATE liskeban.source_system SET heartbeat = '2 hours' WHERE code = 'hotline_12345';
UPDATE liskeban.source_system SET heartbeat = '1 hour' WHERE code = 'wechat';

-- Nobody has been silent who was not watched before
SET liskeban.now = '2026-06-01 10:00+08';
SELECT liskeban.check_platform();
SELECT source, at FROM liskeban.source_heartbeat ORDER BY source;

-- Signs of life: a heartbeat, a request, a ticket that was inserted
SET liskeban.now = '2026-06-01 10:07+08';
SET SESSION AUTHORIZATION regress_liskeban_sensor;
SELECT liskeban.heartbeat('gas_iot');
SELECT liskeban.heartbeat('wechat');
RESET SESSION AUTHORIZATION;
SELECT outcome FROM liskeban.submit('{"source": "wechat", "external_id": "w1", "title": "x"}');
SET liskeban.now = '2026-06-01 10:09+08';
INSERT INTO liskeban.ticket (source, category, title) VALUES ('hotline_12345', 'uncategorised', 'x');
SET liskeban.now = '2026-06-01 10:17+08';
SELECT liskeban.check_platform();
SELECT source, at FROM liskeban.source_heartbeat ORDER BY source;
SELECT * FROM pg_temp.open;
SET liskeban.now = '2026-06-01 10:20+08';
SELECT liskeban.check_platform(), liskeban.check_platform();
SELECT * FROM pg_temp.open;

-- It lasts as long as the silence, from its own beginning
SET liskeban.now = '2026-06-01 11:30+08';
SET ROLE liskeban_job;
SELECT liskeban.check_platform();
RESET ROLE;
SELECT * FROM pg_temp.open;
SET SESSION AUTHORIZATION regress_liskeban_sensor;
SELECT liskeban.heartbeat();
RESET SESSION AUTHORIZATION;
SET liskeban.now = '2026-06-01 11:35+08';
SELECT liskeban.check_platform();
SELECT * FROM pg_temp.open;
SELECT * FROM pg_temp.ended;
-- silent again by the next check, it is another silence
SET liskeban.now = '2026-06-01 11:50+08';
SELECT liskeban.check_platform();
SET liskeban.now = '2026-06-01 11:51+08';
SELECT liskeban.heartbeat('gas_iot');
SET liskeban.now = '2026-06-01 12:05+08';
SELECT liskeban.check_platform();
SELECT * FROM pg_temp.open;
SELECT * FROM pg_temp.ended;
-- no longer watched, or retired
UPDATE liskeban.source_system SET heartbeat = NULL WHERE code = 'gas_iot';
UPDATE liskeban.source_system SET retired_at = now() WHERE code = 'wechat';
SELECT liskeban.check_platform();
SELECT * FROM pg_temp.open;
SELECT count(*) FROM pg_temp.ended;
SELECT liskeban.heartbeat('wechat');
SELECT liskeban.heartbeat('nobody');
SELECT liskeban.heartbeat(NULL);

-- What was refused is an alarm after fifteen minutes, until somebody deals with it
SELECT liskeban.heartbeat('hotline_12345');
SET liskeban.now = '2026-06-01 12:10+08';
SELECT outcome FROM liskeban.submit('{"source": "hotline_12345", "external_id": "h1", "reported_at": "one day"}');
SET liskeban.now = '2026-06-01 12:20+08';
SELECT outcome FROM liskeban.submit('{"source": "hotline_12345", "external_id": "h2", "reported_at": "one day"}');
SET liskeban.now = '2026-06-01 12:24:59+08';
SELECT liskeban.check_platform();
SELECT * FROM pg_temp.open;
SET liskeban.now = '2026-06-01 12:25+08';
SELECT liskeban.check_platform();
SELECT * FROM pg_temp.open;
UPDATE liskeban.intake_reject SET resolved_at = liskeban.liskeban_now();
SET liskeban.now = '2026-06-01 12:40+08';
SELECT liskeban.check_platform();
SELECT * FROM pg_temp.open;
SELECT * FROM pg_temp.ended WHERE kind = 'unhandled_reject';

-- Thousands at once, and others' alarms are left alone
INSERT INTO liskeban.intake_reject (source, at, raw, reason) SELECT 'x', '2026-06-01 10:00+08', i::text, 'y' FROM generate_series(1, 3000) AS i;
SELECT liskeban._raise_platform_alarm('job_failed', 'sweep', '2026-06-01 10:00+08', 'z');
SELECT liskeban.check_platform();
SELECT liskeban.check_platform();
DELETE FROM liskeban.intake_reject WHERE source = 'x';
SELECT liskeban.check_platform();
SELECT * FROM pg_temp.open;
SELECT kind, count(*) FROM pg_temp.ended GROUP BY kind ORDER BY 1;

-- A sweep of the present looks after the platform too, and waits for nobody who does; one of the past does not
INSERT INTO liskeban.intake_reject (source, at, raw, reason) VALUES ('x', '2026-06-01 12:24+08', 'swept', 'y');
SELECT liskeban.sweep('2026-06-01 12:39:59+08');
SELECT kind, at, fired_at FROM pg_temp.open WHERE kind = 'unhandled_reject';
SELECT liskeban.sweep();
SELECT kind, at, fired_at FROM pg_temp.open WHERE kind = 'unhandled_reject';
UPDATE liskeban.intake_reject SET resolved_at = liskeban.liskeban_now() WHERE raw = 'swept';
CALL liskeban.run_sweep();
SELECT kind, at, fired_at FROM pg_temp.open WHERE kind = 'unhandled_reject';

-- A silence of days is looked through once, not with each check
SET liskeban.now = '2026-06-05 00:00+08';
INSERT INTO liskeban.ticket (source, category, title) SELECT 'web_forum', 'uncategorised', 'x' FROM generate_series(1, 3000);
VACUUM ANALYZE liskeban.ticket;
SET liskeban.now = '2026-06-08 00:00+08';
SELECT liskeban.check_platform();
SET liskeban.now = '2026-06-08 00:01+08';
BEGIN;
SELECT seq_tup_read + idx_tup_fetch AS before FROM pg_stat_xact_user_tables WHERE relid = 'liskeban.ticket'::regclass \gset
SELECT liskeban.check_platform();
SELECT seq_tup_read + idx_tup_fetch - :before < 1000 AS few FROM pg_stat_xact_user_tables WHERE relid = 'liskeban.ticket'::regclass;
COMMIT;
-- and its end is seen
INSERT INTO liskeban.ticket (source, category, title) VALUES ('hotline_12345', 'uncategorised', 'x');
SELECT liskeban.check_platform();
SELECT source, at FROM liskeban.source_heartbeat WHERE source = 'hotline_12345';

-- Who may
SET SESSION AUTHORIZATION regress_liskeban_desk;
SELECT liskeban.heartbeat('hotline_12345');
SELECT liskeban.check_platform();
RESET SESSION AUTHORIZATION;

\c postgres
DROP DATABASE regress_liskeban_check_platform;
DROP ROLE regress_liskeban_sensor, regress_liskeban_desk;
