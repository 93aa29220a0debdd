-- Partitions: made ahead, the net beneath them, cut by age; what may leave for an archive, what stays and why; the floors.
CREATE DATABASE regress_liskeban_archive TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_archive
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
\set VERBOSITY terse
SET liskeban.now = '2020-01-06 09:00:00+08';
CREATE FUNCTION code(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN EXECUTE statement; RETURN 'none'; EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END $$;
CREATE FUNCTION later(span interval) RETURNS timestamptz LANGUAGE sql AS $$
  SELECT set_config('liskeban.now', (liskeban.liskeban_now() + span)::text, false)::timestamptz $$;
CREATE FUNCTION make(n integer) RETURNS void LANGUAGE sql AS $$
  INSERT INTO liskeban.ticket (source, category, title) SELECT 'wechat', 'road_damage', 'ticket' FROM generate_series(1, n) $$;
CREATE FUNCTION withdraw_all() RETURNS void LANGUAGE sql AS $$
  SELECT liskeban.withdraw(ticket_id, 'no more') FROM liskeban.ticket WHERE state = 'reported' $$;
CREATE PROCEDURE settle() LANGUAGE plpgsql AS $$
BEGIN
  LOOP
    PERFORM liskeban.seal_history();
    COMMIT;
    EXIT WHEN liskeban.last_final_event() = pg_sequence_last_value('liskeban.ticket_event_event_id_seq');
    PERFORM pg_sleep(0.01);
  END LOOP;
  PERFORM liskeban.roll_up();
END $$;
CREATE VIEW parts AS
  SELECT r.partition, r.first, r.beyond, obj_description(('liskeban.' || r.partition)::regclass, 'pg_class') AS comment,
         has_table_privilege('liskeban_backup', ('liskeban.' || r.partition)::regclass, 'SELECT') AS backed_up
    FROM unnest('{ticket_event,alarm}'::text[]) AS p(parent), liskeban._partition_ranges(('liskeban.' || p.parent)::regclass) AS r;

-- Floors: what must be kept is kept, and that only rises
SELECT audit_retention, retention, history_span, outbox_archived FROM liskeban.platform;
SELECT code('UPDATE liskeban.platform SET audit_retention = ''182 days''') AS too_short, code('UPDATE liskeban.platform SET retention = ''182 days''') AS too_short_either,
       code('UPDATE liskeban.platform SET audit_retention = NULL') AS none, code('UPDATE liskeban.platform SET audit_retention = ''1 year''') AS not_in_days;
UPDATE liskeban.platform SET audit_retention = '365 days';
UPDATE liskeban.platform SET audit_retention = '364 days';
SET session_replication_role = replica;
UPDATE liskeban.platform SET audit_retention = '183 days';
RESET session_replication_role;
UPDATE liskeban.platform SET audit_retention = audit_retention, history_span = '1 month';
SELECT code('UPDATE liskeban.platform SET history_span = ''1 hour''') AS too_short;

-- The partition in use is ended by age
SELECT make(3);
SELECT liskeban.cut_history() AS few, liskeban.cut_history(3) AS young, code('SELECT liskeban.cut_history(0)') AS none, code('SELECT liskeban.cut_history(NULL)') AS no_number;
SELECT withdraw_all(), later('31 days');
SELECT liskeban.cut_history(4) AS few, liskeban.cut_history(3) AS cut, liskeban.cut_history(1) AS nothing_new;
SELECT make(2);
SELECT liskeban.cut_history(1) AS young, liskeban.cut_history(1, '0') AS cut;
SELECT make(2), withdraw_all(), make(1);
SELECT * FROM parts ORDER BY partition;
SELECT tableoid::regclass, count(*) FROM liskeban.ticket_event GROUP BY 1 ORDER BY 1;
SELECT liskeban.make_partitions() AS none_missing;
SELECT code('DELETE FROM liskeban.ticket_event_to_000000003') AS kept, code('INSERT INTO liskeban.ticket_event_p000 SELECT * FROM liskeban.ticket_event_p000') AS kept_too;
SELECT * FROM liskeban.check_invariants();

-- What nobody made a partition for falls into a net, which is an alarm, and is taken out of it
SELECT liskeban.check_platform() AS nothing_wrong;
SELECT setval('liskeban.ticket_ticket_id_seq', 320117030000010), setval('liskeban.outbox_id_seq', 3201170011000000);
SELECT make(2), later('10 minutes');
SELECT liskeban.sweep() > 0 AS alarms;
SELECT (SELECT count(*) FROM liskeban.ticket_event_default) AS events, (SELECT count(*) FROM liskeban.alarm_directive) > 0 AS alarms,
       (SELECT count(*) FROM liskeban.outbox_default) > 0 AS entries;
SELECT code('DELETE FROM liskeban.ticket_event_default') AS kept, code('DELETE FROM liskeban.outbox_default') AS kept_too;
SELECT liskeban.check_platform();
SELECT kind, subject, at, regexp_replace(detail, '\d+', 'n') AS detail, resolved_at FROM liskeban.platform_alarm WHERE kind = 'no_partition' ORDER BY subject;
CREATE TABLE before AS SELECT 'e' AS what, to_jsonb(e) AS line FROM liskeban.ticket_event AS e UNION ALL SELECT 'a', to_jsonb(a) FROM liskeban.alarm AS a
  UNION ALL SELECT 'o', to_jsonb(o) FROM liskeban.outbox AS o;
SELECT liskeban.make_partitions() AS made;
SELECT (SELECT count(*) FROM liskeban.ticket_event_default) AS events, (SELECT count(*) FROM liskeban.alarm_directive) AS alarms,
       (SELECT count(*) FROM liskeban.outbox_default) AS entries, to_regclass('liskeban.ticket_event_stray') AS left_over;
SELECT count(*) AS lost_or_changed FROM (TABLE before EXCEPT ALL (SELECT 'e' AS what, to_jsonb(e) AS line FROM liskeban.ticket_event AS e
  UNION ALL SELECT 'a', to_jsonb(a) FROM liskeban.alarm AS a UNION ALL SELECT 'o', to_jsonb(o) FROM liskeban.outbox AS o)) AS d;
SELECT DISTINCT tableoid::regclass AS where_they_are FROM liskeban.ticket_event WHERE ticket_id > 320117030000000;
SELECT liskeban.check_platform() AS nothing_new;
SELECT subject, resolved_at FROM liskeban.platform_alarm WHERE kind = 'no_partition' ORDER BY subject;
SELECT code('DELETE FROM liskeban.ticket_event_default') AS kept, code('DELETE FROM liskeban.outbox_default') AS kept_too;
SELECT * FROM liskeban.check_invariants();

-- What may leave, and what keeps the rest here
CREATE VIEW candidates AS SELECT first_ticket % 1000000000 AS first, last_ticket % 1000000000 AS last, tickets, problem FROM liskeban.archive_candidates();
SELECT later('2 years');
SELECT * FROM candidates;
SELECT later('2 years');
SELECT first, last, regexp_replace(problem, 'event \d+', 'event n') AS problem FROM candidates WHERE last < 100;
CALL settle();
-- not before their personal data has been cleared
SELECT first, last, regexp_replace(problem, 'event \d+', 'event n') AS problem FROM candidates WHERE last < 100;
SELECT liskeban.anonymise_before('2020-01-01') AS none_yet;
SELECT first, last, regexp_replace(problem, '\d+', 'n') AS problem FROM candidates WHERE last < 100;
SELECT code($$SELECT liskeban._archive_let_go('x', 320117000000000, 320117000000003, NULL, 6, 0, '', '')$$) AS kept;
SELECT liskeban.anonymise_before('2021-01-01') AS cleared;
SELECT * FROM candidates;
SELECT count(*) FROM liskeban.archive_candidates('2020-01-08') WHERE problem IS NULL;
SELECT code('SELECT * FROM liskeban.archive_candidates(''2021-06-01'')') AS kept_that_long;
UPDATE liskeban.platform SET retention = '200 days';
SELECT code('SELECT * FROM liskeban.archive_candidates(''2023-12-01'')') AS kept_that_long, code('SELECT * FROM liskeban.archive_candidates(''2023-01-01'')') AS not_that_long;
SET ROLE liskeban_handler;
SELECT * FROM liskeban.archive_candidates();
RESET ROLE;
-- a ticket merged into one that is not final stays; so does what is open
SELECT later('1 day');
SELECT liskeban.accept(ticket_id), liskeban.merge(ticket_id, 320117030000011) FROM liskeban.ticket WHERE state = 'reported' AND ticket_id < 320117000000100;
SELECT later('300 days');
CALL settle();
SELECT liskeban.anonymise_before((liskeban.liskeban_now() - interval '200 days')::date) AS cleared;
SELECT liskeban.cut_history(1) % 1000000000 AS cut;
SELECT * FROM candidates;

-- Let go by hand, as liskeban_archive does: what is not what was written stays
CREATE FUNCTION let_go(events integer, digest bytea, root bytea) RETURNS bigint LANGUAGE sql AS $$
  SELECT liskeban._archive_let_go('by hand', 320117000000000, 320117000000003, NULL, events, 0, digest, root) $$;
SELECT events, digest FROM liskeban._history_digest('liskeban.ticket_event_to_000000003') \gset
SELECT root FROM liskeban.seal ORDER BY seal_id LIMIT 1 \gset
SELECT code(format('SELECT let_go(%s, %L, %L)', :events - 1, :'digest', :'root')) AS fewer, code(format('SELECT let_go(%s, %L, %L)', :events, 'x', :'root')) AS other_hashes,
       code(format('SELECT let_go(%s, %L, %L)', :events, :'digest', 'x')) AS other_seals,
       code($$SELECT liskeban._archive_let_go('x', 320117000000000, 320117000000004, NULL, 6, 0, '', '')$$) AS no_range,
       code($$SELECT liskeban._archive_let_go('x', 320117000000004, 320117000000005, NULL, 6, 0, '', '')$$) AS not_old;
SELECT to_jsonb(f) AS line INTO flow_before FROM liskeban.flow('2020-01-01', '2020-02-28') AS f;
SELECT DISTINCT day FROM liskeban_report.kpi_daily ORDER BY day;
SELECT let_go(:events, :'digest', :'root');
SELECT DISTINCT day FROM liskeban_report.kpi_daily ORDER BY day;
SELECT name, first_ticket, last_ticket, tickets, events, alarms, received, whistled, archived_by = current_user AS by_me, restored_at FROM liskeban.archive;
SELECT * FROM parts WHERE first < 320117000000100 ORDER BY partition;
-- the rest is proved by the same seals, the figures of days are what they were, nothing is made of what is away
SELECT * FROM liskeban.verify_history();
SELECT * FROM liskeban.check_invariants();
SELECT count(*) AS changed FROM flow_before WHERE line NOT IN (SELECT to_jsonb(f) FROM liskeban.flow('2020-01-01', '2020-02-28') AS f);
SELECT received FROM liskeban.kpi('2020-01-06', '2020-01-06', 'district');
SELECT received FROM liskeban.kpi('2020-02-01', '2020-02-29', 'district');
SELECT * FROM liskeban.stage_times('2020-01-06', '2020-01-06');
SELECT * FROM liskeban.scoreboard('2020-01-06', '2020-01-06');
SELECT * FROM liskeban.verify_history(320117000000001);
SELECT liskeban.note(320117000000001, 'too late');
UPDATE liskeban.ticket SET state = 'accepted', note = 'too late' WHERE ticket_id = 320117000000001;
UPDATE liskeban.platform SET time_zone = 'Asia/Urumqi';
SELECT liskeban.roll_up();
UPDATE liskeban.platform SET time_zone = 'Asia/Shanghai';
SELECT code($$SELECT liskeban._archive_let_go('x', 320117000000000, 320117000000003, NULL, 6, 0, '', '')$$) AS away_already;
SELECT code('INSERT INTO liskeban.ticket_event_to_000000003 SELECT * FROM liskeban.ticket_event') AS kept;
-- tampering with what is left is found, by the hashes that the seals kept of what is not
BEGIN;
ALTER TABLE liskeban.ticket_event DISABLE TRIGGER history_kept;
DELETE FROM liskeban.ticket_event WHERE ticket_id = 320117000000004 AND seq = 1;
SELECT problem, ticket_id % 1000000000 AS ticket, seq FROM liskeban.verify_history();
ROLLBACK;
BEGIN;
UPDATE liskeban.archived_seal SET hashes = overlay(hashes PLACING '\x00' FROM 30) WHERE hashes IS NOT NULL;
SELECT problem, ticket_id, seq, detail FROM liskeban.verify_history();
ROLLBACK;
-- the kept hashes of a seal that others share are needed; of one that nobody shares the root is enough
SELECT a.seal_id, a.events, s.events AS of, length(a.hashes) FROM liskeban.archived_seal AS a JOIN liskeban.seal AS s USING (seal_id);

SELECT code('SELECT liskeban._archive_begin_return(320117000000004, 320117000000005)') AS not_away;
\c postgres
DROP DATABASE regress_liskeban_archive;
