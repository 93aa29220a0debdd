-- The wall: what is open now, adding up to all that is open.
CREATE DATABASE regress_liskeban_wall TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_wall
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
UPDATE liskeban.area SET name_en = 'Town One' WHERE code::text = '320117001';

-- Nothing open: the rungs and ages are there all the same
SELECT tier, open FROM liskeban_report.open_by_tier;
SELECT age, open FROM liskeban_report.backlog_by_age;
SELECT (SELECT count(*) FROM liskeban_report.overdue) + (SELECT count(*) FROM liskeban_report.due_soon) + (SELECT count(*) FROM liskeban_report.workload) + (SELECT count(*) FROM liskeban_report.whistles_open)
     + (SELECT count(*) FROM liskeban_report.directives_open) + (SELECT count(*) FROM liskeban_report.supervisions_open) AS rows_of_nothing;

-- A ticket in every state, received over forty days; the pool, two towns, a department, one that co-handles
CREATE FUNCTION fill(day text, states text[], category text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  PERFORM at(day);
  PERFORM make(s, category) FROM unnest(states) s;
END $$;
SELECT fill('2024-09-16 09:00', '{reported,accepted,dispatched,on_site,planned,suspended,resolved,closed,rejected,withdrawn,merged}', 'hard'), fill('2024-10-20 09:00', '{dispatched,on_site,resolved}', 'general'),
  fill('2024-10-23 09:00', '{accepted,dispatched}', 'simple'), fill('2024-10-24 18:00', '{reported,on_site}', 'general');
SELECT at('2024-10-25 09:00');
INSERT INTO liskeban.ticket (source, category, title, geom, priority) VALUES ('hotline_12345', 'general', 'outside', ST_SetSRID(ST_MakePoint(120, 32), 4490), 1), ('hotline_12345', 'bureau', 'nowhere', NULL, 3), ('hotline_12345', 'general', 'T2', ST_SetSRID(ST_MakePoint(119.08, 31.02), 4490), 3);
UPDATE liskeban.ticket SET state = 'accepted' WHERE title IN ('nowhere', 'T2');
UPDATE liskeban.ticket SET state = 'dispatched', department = 'data' WHERE title = 'nowhere';
UPDATE liskeban.ticket SET state = 'dispatched', responsible_area = '320117002' WHERE title = 'T2';
INSERT INTO liskeban.party (ticket_id, department, due) SELECT ticket_id, 'data', '2024-10-28 09:00+08' FROM liskeban.ticket WHERE title = 'T2';
SELECT at('2024-10-25 12:00');
SELECT * FROM liskeban_report.open_by_tier;
SELECT * FROM liskeban_report.overdue;
SELECT * FROM liskeban_report.due_soon;
SELECT * FROM liskeban_report.workload;
SELECT * FROM liskeban_report.backlog_by_age;

-- They add up to what is open, by the tickets themselves
CREATE VIEW open AS SELECT t.*, CASE WHEN t.state NOT IN ('suspended', 'resolved') THEN coalesce(t.resolve_due, t.plan_due) END AS due FROM liskeban.ticket t WHERE t.state NOT IN ('closed', 'rejected', 'withdrawn', 'merged');
CREATE VIEW sums AS SELECT v.view, v.sum, o.open, v.overdue, o.overdue AS overdue_tickets, v.sum = o.open AND v.overdue = o.overdue AS alike
FROM (SELECT count(*) AS open, count(*) FILTER (WHERE due <= liskeban.liskeban_now()) AS overdue FROM open) o,
  (SELECT 'open_by_tier' AS view, sum(open) AS sum, sum(overdue) AS overdue FROM liskeban_report.open_by_tier
   UNION ALL SELECT 'open_by_tier, by state', sum(reported + accepted + dispatched + on_site + planned + suspended + resolved), sum(overdue) FROM liskeban_report.open_by_tier
   UNION ALL SELECT 'overdue', sum(overdue + not_overdue), sum(overdue_1 + overdue_3 + overdue_7 + overdue_over_7) FROM liskeban_report.overdue
   UNION ALL SELECT 'due_soon', sum(overdue + due_1_hour + due_4_hours + due_1_day + due_3_days + due_later + no_due), sum(overdue) FROM liskeban_report.due_soon
   UNION ALL SELECT 'workload', sum(open), sum(overdue) FROM liskeban_report.workload
   UNION ALL SELECT 'backlog_by_age', sum(open), sum(overdue) FROM liskeban_report.backlog_by_age
   UNION ALL SELECT 'backlog_by_age, by tier', sum(pool + village + town + district + principal), sum(overdue) FROM liskeban_report.backlog_by_age) v;
SELECT * FROM sums;
-- at any time: a due is overdue from its instant on
CREATE FUNCTION sums_at(t text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
  PERFORM at(t);
  RETURN (SELECT string_agg(DISTINCT concat_ws(' ', s.sum, s.overdue, s.alike), ', ') FROM sums s);
END $$;
SELECT t AS at, sums_at(t) AS open_and_overdue FROM unnest('{2024-10-27 17:59:59.999999,2024-10-27 18:00,2024-10-28 08:59:59,2024-10-28 09:00,2024-12-01 00:00}'::text[]) t;
SELECT at('2024-10-25 12:00');
-- a hard ticket without a plan is measured by its plan's due, a suspended one and a resolved one by none; resumed it is again
SELECT t.state, t.difficulty, local(w.due) AS due, w.due = t.plan_due AS the_plans FROM liskeban.worklist w JOIN liskeban.ticket t USING (ticket_id) WHERE t.difficulty = 'hard' ORDER BY t.ticket_id;
SELECT ticket_id AS id FROM liskeban.ticket WHERE state = 'suspended' \gset
SELECT act('desk', format('SELECT liskeban.resume(%s)', :id));
SELECT w.due = t.resolve_due AS resumed FROM liskeban.worklist w JOIN liskeban.ticket t USING (ticket_id) WHERE ticket_id = :id;

-- Whistles, directives and supervisions that are not over
INSERT INTO liskeban.directive (title, reply_due) VALUES ('检查', '2024-10-28 12:00+08'), ('演练', '2024-10-28 12:00+08');
INSERT INTO liskeban.directive_target (directive_id, area) SELECT directive_id, '320117' FROM liskeban.directive;
UPDATE liskeban.directive_target SET signed_at = liskeban.liskeban_now() WHERE area::text = '320117001';
UPDATE liskeban.directive_target t SET reply = '已办', done_at = liskeban.liskeban_now() FROM liskeban.directive d WHERE d.directive_id = t.directive_id AND (d.title = '演练' OR t.area::text = '320117002');
SELECT directive_id % 1000 AS directive, local(reply_due) AS reply_due, receivers, signed, replied, done, open, overdue FROM liskeban_report.directives_open;
SELECT at('2024-10-28 12:00');
SELECT overdue FROM liskeban_report.directives_open;
SELECT ticket_id AS id FROM liskeban.ticket WHERE title = 'a matter' AND state = 'on_site' ORDER BY ticket_id DESC LIMIT 1 \gset
SELECT act('v1', format('SELECT liskeban.blow_whistle(%s, ''too big for us'')', :id));
SELECT w.ticket_id = :id AS of_the_ticket, from_tier, to_tier, auto, raised_from, raised_from_name, local(raised_at) AS raised, signed_at, sign_overdue, handle_overdue FROM liskeban_report.whistles_open w;
SELECT at('2024-10-28 13:00');
SELECT sign_overdue, handle_overdue FROM liskeban_report.whistles_open;
SELECT act('desk', format('SELECT liskeban.withdraw(%s, ''taken back'')', :id));
SELECT count(*) AS over FROM liskeban_report.whistles_open;
SELECT liskeban.sweep() > 0 AS swept;
SELECT (SELECT sum(open) FROM liskeban_report.supervisions_open) = (SELECT count(*) FROM liskeban.supervision WHERE struck_at IS NULL) AS adds_up, count(*) > 0 AS some, count(*) = count(DISTINCT supervisions_open_key) AS unique_key FROM liskeban_report.supervisions_open;
SELECT supervisions_open_key, unit_name, open, unanswered, overdue FROM liskeban_report.supervisions_open WHERE clock = 'accept';
SELECT * FROM sums WHERE NOT alike;
UPDATE liskeban.supervision SET struck_at = liskeban.liskeban_now();
SELECT count(*) AS struck_off FROM liskeban_report.supervisions_open;
SELECT * FROM sums WHERE NOT alike;

-- Never history: the worklist, or what is open of the small tables
CREATE FUNCTION reads(view text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  plan text;
BEGIN
  EXECUTE format('EXPLAIN (FORMAT JSON) SELECT * FROM liskeban_report.%I', view) INTO plan;
  RETURN (SELECT string_agg(DISTINCT m[1], ' ' ORDER BY m[1]) FROM regexp_matches(plan, '"Relation Name": "(\w+)"', 'g') m);
END $$;
SELECT v AS view, reads(v) FROM unnest('{open_by_tier,overdue,due_soon,workload,backlog_by_age,whistles_open,directives_open,supervisions_open}'::text[]) v;
-- whistles that are over, and supervisions struck off, are not read: by the partial index, once there are many
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT whistle_id FROM liskeban.whistle WHERE ended_at IS NULL;
EXPLAIN (COSTS OFF) SELECT kind FROM liskeban.supervision WHERE struck_at IS NULL;
RESET enable_seqscan;

-- Names in both languages, a comment on every column, a key that is unique, no text and no persons; who reads them
SELECT c.relname, count(*) AS columns, count(*) FILTER (WHERE col_description(c.oid, a.attnum) IS NULL) AS without_comment, obj_description(c.oid) IS NOT NULL AS comment, c.reloptions, c.relowner::regrole AS owner,
  has_table_privilege('liskeban_dispatcher', c.oid, 'SELECT') AND has_table_privilege('liskeban_handler', c.oid, 'SELECT') AND has_table_privilege('liskeban_analyst', c.oid, 'SELECT') AND has_table_privilege('liskeban_admin', c.oid, 'SELECT') AS for_all_who_work_here,
  has_table_privilege('liskeban_source', c.oid, 'SELECT') AS for_sources, string_agg(a.attname, ' ') FILTER (WHERE a.attname ~ 'title|note|reason|body|reply$|plan$|by$|actor|person|phone|address') AS text_columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace = 'liskeban_report'::regnamespace AND c.relname IN ('open_by_tier','overdue','due_soon','workload','backlog_by_age','whistles_open','directives_open','supervisions_open') GROUP BY c.oid ORDER BY c.relname;
SET ROLE liskeban_analyst;
SELECT sum(open) > 0 AS analyst FROM liskeban_report.workload;
RESET ROLE;
SELECT * FROM liskeban.check_invariants();

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_liskeban_wall;
