-- Row security: who sees which tickets, and what hangs on them; through which index; and whom a pooled client acts for.
CREATE DATABASE regress_liskeban_row_security TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_row_security
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
SET liskeban.now = '2024-09-16 09:00:00+08';
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
\getenv srcdir PG_ABS_SRCDIR
\set district :srcdir '/data/guard_district.sql'
\set ECHO none
\i :district
\set ECHO all
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_rs_v1, regress_rs_v2, regress_rs_two, regress_rs_t1, regress_rs_bureau, regress_rs_desk, regress_rs_web, regress_rs_hotline,
  regress_rs_gate, regress_rs_chief, regress_rs_nobody, regress_rs_leader, regress_rs_analyst;
RESET client_min_messages;

CREATE ROLE regress_rs_v1 LOGIN IN ROLE liskeban_handler;
CREATE ROLE regress_rs_v2 LOGIN IN ROLE liskeban_handler;
CREATE ROLE regress_rs_two LOGIN IN ROLE liskeban_handler;
CREATE ROLE regress_rs_t1 LOGIN IN ROLE liskeban_dispatcher;
CREATE ROLE regress_rs_bureau LOGIN IN ROLE liskeban_handler;
CREATE ROLE regress_rs_desk LOGIN IN ROLE liskeban_dispatcher;
CREATE ROLE regress_rs_web LOGIN IN ROLE liskeban_source;
CREATE ROLE regress_rs_hotline LOGIN IN ROLE liskeban_source;
CREATE ROLE regress_rs_gate LOGIN IN ROLE liskeban_handler, liskeban_dispatcher;
CREATE ROLE regress_rs_chief LOGIN IN ROLE liskeban_admin;
CREATE ROLE regress_rs_nobody LOGIN IN ROLE liskeban_handler;
CREATE ROLE regress_rs_leader LOGIN IN ROLE liskeban_handler;
CREATE ROLE regress_rs_analyst LOGIN IN ROLE liskeban_analyst;
INSERT INTO liskeban.membership (role_name, duty, area, department, source, gateway) VALUES
  ('regress_rs_v1', 'handler', '320117001001', NULL, NULL, false),
  ('regress_rs_v2', 'handler', '320117001002', NULL, NULL, false),
  ('regress_rs_two', 'handler', '320117001002', NULL, NULL, false),
  ('regress_rs_two', 'handler', '320117002002', NULL, NULL, false),
  ('regress_rs_t1', 'dispatcher', '320117001', NULL, NULL, false),
  ('regress_rs_bureau', 'handler', NULL, 'data', NULL, false),
  ('regress_rs_desk', 'dispatcher', '320117', NULL, NULL, false),
  ('regress_rs_web', 'source', NULL, NULL, 'web_message', false),
  ('regress_rs_hotline', 'source', NULL, NULL, 'hotline_12345', false),
  ('regress_rs_gate', 'handler', '320117', NULL, NULL, true),
  ('regress_rs_gate', 'dispatcher', '320117', NULL, NULL, true),
  ('regress_rs_analyst', 'analyst', NULL, NULL, NULL, false);
INSERT INTO liskeban.official (role_name, name, title, tier, area) VALUES ('regress_rs_leader', 'the mayor', 'town leader', 'town', '320117001');
INSERT INTO liskeban.category (code, name, domain, difficulty, lead, about_staff, on_site) VALUES ('staff', 'about staff', 'livelihood', 'general', 'village', true, false);

-- One ticket of each kind; what it is stands in its title
CREATE FUNCTION put(title text, lon double precision, lat double precision, category text DEFAULT 'general', source text DEFAULT 'hotline_12345', confidential boolean DEFAULT false)
RETURNS bigint LANGUAGE sql AS $$
  INSERT INTO liskeban.ticket (source, category, title, geom, confidential)
  VALUES (put.source, put.category, put.title, ST_SetSRID(ST_MakePoint(lon, lat), 4490), put.confidential) RETURNING ticket_id $$;
CREATE FUNCTION sent(id bigint, area text DEFAULT NULL, department text DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  PERFORM act('desk', format('SELECT liskeban.accept(%s)', id));
  PERFORM act('desk', format('SELECT liskeban.dispatch(%s, %L, %L, ''so'')', id, area, department));
  RETURN id;
END $$;
CREATE TABLE kept AS SELECT * FROM (VALUES
  ('v1 new', put('v1 new', 119.02, 31.02)),
  ('v1 sent', sent(put('v1 sent', 119.02, 31.02), '320117001001')),
  ('v2 sent', sent(put('v2 sent', 119.02, 31.08, source => 'web_message'), '320117001002')),
  ('t2v2 sent', sent(put('t2v2 sent', 119.08, 31.08), '320117002002')),
  ('v1 bureau', sent(put('v1 bureau', 119.02, 31.02, 'bureau'), NULL, 'data')),
  ('pool', put('pool', 120, 32)),
  ('secret v1 new', put('secret v1 new', 119.02, 31.02, confidential => true)),
  ('secret v1 sent', sent(put('secret v1 sent', 119.02, 31.02, confidential => true), '320117001001')),
  ('staff v1 sent', sent(put('staff v1 sent', 119.02, 31.02, 'staff'), '320117001001')),
  ('secret bureau', sent(put('secret bureau', 119.02, 31.02, 'bureau', confidential => true), NULL, 'data')),
  ('helped', sent(put('helped', 119.08, 31.02), '320117002001'))) AS k(title, id);
SELECT act('desk', format('SELECT liskeban.add_party(%s, NULL, ''data'')', id)) FROM kept WHERE title = 'helped';
-- reported elsewhere, it was handed to v1, which carried it up and still has its part in it
SELECT sent(put('v1 carried up', 119.08, 31.08), '320117001001') AS carried \gset
INSERT INTO kept VALUES ('v1 carried up', :carried);
SELECT act('v1', format('SELECT liskeban.blow_whistle(%s, ''too big for us'')', :carried));
SELECT state, tier, area, responsible_area, department, co_departments, confidential, title FROM liskeban.ticket ORDER BY ticket_id;

-- What a role sees, of the ticket and of the worklist
CREATE FUNCTION sees(who name) RETURNS TABLE (tickets text, worklist bigint, events bigint) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('role', who, true);
  RETURN QUERY SELECT (SELECT string_agg(t.title, ', ' ORDER BY t.ticket_id) FROM liskeban.ticket t),
    (SELECT count(*) FROM liskeban.worklist), (SELECT count(DISTINCT e.ticket_id) FROM liskeban.ticket_event e);
  PERFORM set_config('role', 'none', true);
END $$;
SELECT r.who, s.* FROM unnest('{regress_rs_v1,regress_rs_v2,regress_rs_two,regress_rs_t1,regress_rs_leader,regress_rs_bureau,regress_rs_desk,regress_rs_chief,regress_rs_nobody,regress_rs_gate}'::name[]) WITH ORDINALITY AS r(who, nth), sees(r.who) AS s ORDER BY r.nth;
-- A source sees what it sent
SET ROLE regress_rs_web;
SELECT source, state FROM liskeban.ticket;
SELECT liskeban.withdraw(:carried, 'not mine');
SET ROLE regress_rs_hotline;
SELECT source, count(*) FROM liskeban.ticket GROUP BY source;
INSERT INTO liskeban.ticket (source, category) VALUES ('hotline_12345', 'general');
SELECT count(*) FROM liskeban.worklist;
-- an analyst reads liskeban_report, of all rows
SET ROLE regress_rs_analyst;
SELECT count(*) FROM liskeban.ticket;
SELECT count(*) FROM liskeban.stat_daily;
SELECT count(*) AS tickets FROM liskeban_report.ticket;
SELECT sum(open) AS open FROM liskeban_report.open_by_tier;
SELECT received FROM liskeban.kpi('2024-09-16', '2024-09-16', 'district');
RESET ROLE;

-- What hangs on a ticket goes with it; what is addressed to a unit is its own and of those above it
SELECT later('1 minute') IS NOT NULL AS later;
SELECT act('v1', format('SELECT liskeban.ask(%s, ''extend'', ''rain'', liskeban.liskeban_now() + interval ''9 days'')', id)) FROM kept WHERE title = 'v1 sent';
INSERT INTO liskeban.attachment (ticket_id, stage, uri) SELECT id, 'report', 'file:' || replace(title, ' ', '_') FROM kept;
INSERT INTO liskeban.reporter (ticket_id, name, phone) SELECT id, 'somebody', '13900000000' FROM kept;
SELECT act('desk', format('SELECT liskeban.supervise(%s, ''order'', ''be quick'')', id)) FROM kept WHERE title IN ('v1 sent', 't2v2 sent', 'v1 bureau');
SELECT act('desk', 'SELECT liskeban.issue_directive(''sweep the snow'', ''all of it'', ''{320117001}'')');
SELECT act('desk', 'SELECT liskeban.issue_directive(''count the files'', NULL, NULL, ''{data}'')');
SELECT count(liskeban.sweep(liskeban.liskeban_now())) AS swept, later('30 hours') IS NOT NULL AS later;
SELECT liskeban.sweep() > 0 AS alarms;
CREATE FUNCTION counts(who name) RETURNS TABLE (attachments bigint, requests bigint, parties bigint, whistles bigint, supervisions bigint, directives bigint, targets bigint, alarms bigint,
  clocks bigint, subjects bigint, mine bigint) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('role', who, true);
  RETURN QUERY SELECT (SELECT count(*) FROM liskeban.attachment), (SELECT count(*) FROM liskeban.request), (SELECT count(*) FROM liskeban.party), (SELECT count(*) FROM liskeban.whistle),
    (SELECT count(*) FROM liskeban.supervision_open WHERE issued_by <> 'platform'), (SELECT count(*) FROM liskeban.directive_status), (SELECT count(*) FROM liskeban.directive_pending),
    (SELECT count(DISTINCT ticket_id) FROM liskeban.alarm), (SELECT count(DISTINCT ticket_id) FROM liskeban.ticket_clock),
    (SELECT count(DISTINCT s.ticket_id) FROM liskeban.subject_clock s), (SELECT count(*) FROM liskeban.my_list);
  PERFORM set_config('role', 'none', true);
END $$;
SELECT r.who, s.* FROM unnest('{regress_rs_v1,regress_rs_v2,regress_rs_two,regress_rs_t1,regress_rs_leader,regress_rs_bureau,regress_rs_desk,regress_rs_chief,regress_rs_nobody,regress_rs_gate}'::name[]) WITH ORDINALITY AS r(who, nth), counts(r.who) AS s ORDER BY r.nth;
-- the desk of a town knows the reporters of its own, and nothing of what was refused
SET ROLE regress_rs_t1;
SELECT count(*) AS reporters FROM liskeban.reporter;
SELECT count(*) AS rejects FROM liskeban.intake_reject;
RESET ROLE;

-- nor do functions that run as the owner tell the unit concerned of a confidential ticket that still lies with it
SELECT k.title, r.who, code(format('SELECT * FROM liskeban.masked_reporter(%s)', k.id), r.who) AS reporter, code(format('SELECT * FROM liskeban.dispatch_team(%s)', k.id), r.who) AS team
  FROM kept k, unnest('{v1,desk}'::text[]) r(who) WHERE k.title IN ('v1 sent', 'secret v1 new', 'secret v1 sent') ORDER BY 1, 2;
-- nor does a search, or a likeness, tell of what is not seen
SET ROLE regress_rs_v1;
SELECT string_agg(title, ', ' ORDER BY title) AS found FROM liskeban.find_tickets(words => 'sent');
SELECT string_agg(title, ', ' ORDER BY title) AS near FROM liskeban.find_tickets(place => here());
SELECT string_agg(s.title, ', ' ORDER BY s.title) AS alike FROM liskeban.ticket AS t, liskeban.similar_tickets(t.ticket_id, 100000, 30) AS s WHERE t.title = 'v1 sent';
SET ROLE regress_rs_t1;
SELECT string_agg(title, ', ' ORDER BY title) AS near FROM liskeban.find_tickets(place => here());
SELECT string_agg(s.title, ', ' ORDER BY s.title) AS alike FROM liskeban.ticket AS t, liskeban.similar_tickets(t.ticket_id, 100000, 30) AS s WHERE t.title = 'v1 sent';
RESET ROLE;

-- What is not seen is not written: no ticket there, and no row about it
CREATE FUNCTION tries(who name, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE n bigint; state text; said text;
BEGIN
  BEGIN
    PERFORM set_config('role', who, true);
    EXECUTE statement;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000';
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, said = MESSAGE_TEXT;
  END;
  RETURN CASE WHEN state = 'ZZ000' THEN n || ' rows' ELSE state || ' ' || regexp_replace(said, '[0-9]{15}', '…') END;
END $$;
SELECT k.title, s.what, tries('regress_rs_v1', format(s.statement, k.id)) FROM kept k,
  (VALUES (1, 'update', 'UPDATE liskeban.ticket SET note = ''n'' WHERE ticket_id = %s'), (2, 'arrive', 'SELECT liskeban.arrive(%s)'), (3, 'note', 'SELECT liskeban.note(%s, ''n'')'),
    (4, 'attach', 'INSERT INTO liskeban.attachment (ticket_id, stage, uri) VALUES (%s, ''report'', ''file:x'')'), (5, 'whistle', 'SELECT liskeban.blow_whistle(%s, ''help'')'),
    (6, 'ask', 'SELECT liskeban.ask(%s, ''return'', ''no'')'), (7, 'party', 'SELECT liskeban.add_party(%s, NULL, ''data'')'), (8, 'team', 'SELECT * FROM liskeban.dispatch_team(%s)'),
    (9, 'similar', 'SELECT * FROM liskeban.similar_tickets(%s)'), (10, 'child', 'INSERT INTO liskeban.ticket (source, category, parent_id) VALUES (''hotline_12345'', ''general'', %s)')) AS s(nth, what, statement)
 WHERE k.title IN ('v1 sent', 'v2 sent', 'secret v1 sent') ORDER BY s.nth, k.title;
-- history, alarms and the worklist are nobody's to write, seen or not
SELECT t, tries('regress_rs_v1', format('UPDATE liskeban.%I SET ticket_id = ticket_id', t)), tries('regress_rs_chief', format('DELETE FROM liskeban.%I', t)) FROM unnest('{ticket_event,alarm,worklist}'::text[]) t;

-- Who moves a ticket out of its sight is not refused, and sees it until the transaction ends
SELECT sent(put('far', 119.08, 31.08), '320117001') AS far \gset
SET ROLE regress_rs_t1;
BEGIN;
SELECT liskeban.redispatch(:far, '320117002002', NULL, 'it lies there') > 0 AS moved;
SELECT title, responsible_area FROM liskeban.ticket WHERE ticket_id = :far;
SELECT w.responsible_area, (SELECT count(*) FROM liskeban.ticket_event e WHERE e.ticket_id = :far) AS events FROM liskeban.worklist w WHERE w.ticket_id = :far;
SELECT liskeban.arrive(:far);
ROLLBACK;
-- what a savepoint takes back is not held, what was moved within one that is kept is, until the one around it is taken back
BEGIN;
SAVEPOINT outer_one;
SAVEPOINT inner_one;
SELECT liskeban.redispatch(:far, '320117002002', NULL, 'it lies there') > 0 AS moved;
ROLLBACK TO inner_one;
SELECT :far = ANY (liskeban.scope_held()) AS held;
SELECT liskeban.redispatch(:far, '320117002002', NULL, 'it lies there') > 0 AS moved;
RELEASE inner_one;
SELECT :far = ANY (liskeban.scope_held()) AS held;
SAVEPOINT another;
ROLLBACK TO another;
SELECT :far = ANY (liskeban.scope_held()) AS held;
ROLLBACK TO outer_one;
SELECT :far = ANY (liskeban.scope_held()) AS held;
COMMIT;
UPDATE liskeban.ticket SET state = 'dispatched', responsible_area = '320117002002', note = 'it lies there' WHERE ticket_id = :far RETURNING title, responsible_area;
SELECT title, responsible_area FROM liskeban.ticket WHERE ticket_id = :far;
UPDATE liskeban.ticket SET note = 'still there?' WHERE ticket_id = :far;
RESET ROLE;
-- so does who reports one that lies beyond
SET ROLE regress_rs_v1;
BEGIN;
INSERT INTO liskeban.ticket (kind, source, category, title, geom) VALUES ('patrol', 'grid_app', 'general', 'over there', ST_SetSRID(ST_MakePoint(119.08, 31.08), 4490)) RETURNING area;
SELECT count(*) FROM liskeban.ticket WHERE title = 'over there';
COMMIT;
SELECT count(*) FROM liskeban.ticket WHERE title = 'over there';
RESET ROLE;

-- A pooled client sees what whom it acts for sees, and less without: RESET, DISCARD ALL, the end of the transaction, a duty that ended
SELECT current_database() AS db, current_user AS superuser \gset
\c :db regress_rs_gate
SELECT count(*) FROM liskeban.ticket;
SELECT liskeban.act_as('v1');
PREPARE seen AS SELECT string_agg(title, ', ' ORDER BY ticket_id) FROM liskeban.ticket;
EXECUTE seen;
SELECT liskeban.act_as('desk_t2');
EXECUTE seen;
SET liskeban.acting_as = 'desk';
RESET liskeban.acting_as;
EXECUTE seen;
RESET ALL;
EXECUTE seen;
SELECT liskeban.act_as('v1');
DISCARD ALL;
SELECT liskeban.actor(), (SELECT count(*) FROM liskeban.ticket) AS seen;
BEGIN;
SELECT liskeban.act_as('v1', true);
SELECT count(*) FROM liskeban.ticket;
COMMIT;
SELECT count(*) FROM liskeban.ticket;
-- in parallel workers too
BEGIN;
SELECT liskeban.act_as('v1', true);
SET LOCAL force_parallel_mode = on;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL enable_indexscan = off;
SET LOCAL enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM liskeban.ticket_event WHERE ticket_id < 320117010000000;
SELECT count(*), count(DISTINCT ticket_id) AS tickets FROM liskeban.ticket_event WHERE action <> 'recompute';
SELECT string_agg(title, ', ' ORDER BY ticket_id) FROM liskeban.ticket;
COMMIT;
\c :db :superuser
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
SET liskeban.now = '2024-09-18 09:00:00+08';
-- a plan that was kept goes by the duties of the moment
SET ROLE regress_rs_v2;
PREPARE mine AS SELECT string_agg(title, ', ' ORDER BY ticket_id) FROM liskeban.ticket;
EXECUTE mine;
RESET ROLE;
INSERT INTO liskeban.membership (role_name, duty, area) VALUES ('regress_rs_v2', 'handler', '320117002002');
SET ROLE regress_rs_v2;
EXECUTE mine;
RESET ROLE;
UPDATE liskeban.membership SET retired_at = liskeban.liskeban_now() WHERE role_name = 'regress_rs_v2';
SET ROLE regress_rs_v2;
EXECUTE mine;
RESET ROLE;
-- nor does an expression that lives longer than a statement keep whom it was first asked for
CREATE FUNCTION lowest(who text) RETURNS liskeban.area_code LANGUAGE plpgsql AS $$ BEGIN PERFORM liskeban.act_as(who, true); RETURN liskeban.scope_low(); END $$;
SELECT lowest('v1'), lowest('v2'), lowest('desk_t2'), lowest(NULL) IS NULL AS everything;
SELECT scope_low() IS NULL AND scope_from() = 0 AS everything;
-- a town may direct its own, and sees what it issued
SET ROLE regress_rs_t1;
SELECT liskeban.issue_directive('mind the ice', 'all of it', '{320117001002}') > 0 AS issued;
SELECT title, receivers FROM liskeban.directive_status ORDER BY directive_id;
SELECT liskeban.issue_directive('mind the ice', 'all of it', '{320117002002}') > 0 AS issued;
RESET ROLE;
-- a category that becomes one about staff is hidden at once
UPDATE liskeban.category SET about_staff = true WHERE code = 'bureau';
SET ROLE regress_rs_v1;
SELECT string_agg(title, ', ' ORDER BY ticket_id) FROM liskeban.ticket;
RESET ROLE;

-- In bulk: each policy finds what it lets through by an index: of a village, a department, a source; who sees the district reads it all
INSERT INTO liskeban.ticket (source, category, title, geom) SELECT 'hotline_12345', 'call', 'many', ST_SetSRID(ST_MakePoint(119.001 + (n % 97) / 1000.0, 31.001 + (n % 89) / 1000.0), 4490) FROM generate_series(1, 5000) n;
ANALYZE liskeban.ticket;
ANALYZE liskeban.worklist;
CREATE FUNCTION planned(who name, statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('role', who, true);
  RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || statement;
  PERFORM set_config('role', 'none', true);
END $$;
SET enable_seqscan = off;
SELECT planned('regress_rs_v1', 'SELECT count(*) FROM liskeban.ticket');
SELECT planned('regress_rs_v1', 'SELECT count(*) FROM liskeban.worklist');
SELECT planned('regress_rs_web', 'SELECT state FROM liskeban.ticket');
SELECT planned('regress_rs_v1', 'SELECT state FROM liskeban.ticket WHERE ticket_id = 320117000000001');
SELECT planned('regress_rs_v1', 'SELECT note FROM liskeban.ticket_event WHERE ticket_id = 320117000000001 ORDER BY seq');
RESET enable_seqscan;
SELECT planned('regress_rs_chief', 'SELECT count(*) FROM liskeban.ticket');
-- One by one: no policy has a sub-select, reads a setting or is of PUBLIC; and what it asks for is stable and may run in workers
SELECT c.relname, p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
 WHERE p.polqual::text ~ 'SUBLINK' OR p.polwithcheck::text ~ 'SUBLINK' OR pg_get_expr(p.polqual, p.polrelid) ~ 'current_setting' OR p.polroles = '{0}';
SELECT p.proname FROM pg_depend d JOIN pg_proc p ON p.oid = d.refobjid JOIN pg_namespace n ON n.oid = p.pronamespace WHERE d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_proc'::regclass AND (p.provolatile <> 's' OR p.proparallel <> 's');
SELECT o.oprname FROM pg_depend d JOIN pg_operator o ON o.oid = d.refobjid JOIN pg_proc p ON p.oid = o.oprcode WHERE d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_operator'::regclass AND NOT p.proleakproof;
-- tables with a row for a ticket are protected, but for one that is a figure, one that only administrators read, and ledgers of things that tell of a ticket but its number; the owner has no members
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'ticket_id' AND NOT a.attisdropped
 WHERE c.relnamespace = 'liskeban'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1;
SELECT count(*) AS members FROM pg_auth_members WHERE roleid = 'liskeban_owner'::regrole;
SELECT * FROM liskeban.check_invariants();
