-- Who acts: act_as and its gateways, SET ROLE, duties and how far they reach.
CREATE DATABASE regress_liskeban_identity TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_identity
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
-- run again after a failure
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_lk_gate, regress_lk_town, regress_lk_clerk, regress_lk_admin, regress_lk_nobody, regress_lk_web;
RESET client_min_messages;

CREATE ROLE regress_lk_gate LOGIN IN ROLE liskeban_dispatcher;
CREATE ROLE regress_lk_town LOGIN IN ROLE liskeban_handler;
CREATE ROLE regress_lk_clerk LOGIN IN ROLE liskeban_dispatcher;
CREATE ROLE regress_lk_admin LOGIN IN ROLE liskeban_admin;
CREATE ROLE regress_lk_nobody LOGIN;
INSERT INTO liskeban.membership (role_name, duty, area, gateway) VALUES
  ('regress_lk_gate', 'dispatcher', NULL, true), ('regress_lk_gate', 'handler', '320117', true), ('regress_lk_town', 'handler', '320117001', true),
  ('regress_lk_clerk', 'dispatcher', '320117', false);
INSERT INTO liskeban.membership (role_name, duty, area, department) VALUES ('both', 'dispatcher', '320117', NULL), ('both', 'handler', '320117002', NULL), ('left', 'handler', '320117001001', NULL), ('bureau_v1', 'handler', '320117001001', 'data');
UPDATE liskeban.membership SET retired_at = liskeban.liskeban_now() WHERE role_name = 'left';

-- A superuser may act for anybody who has a duty; NULL ends it
SELECT liskeban.actor() = session_user AS myself, liskeban.act_as('v1'), liskeban.actor(), liskeban.act_as(NULL), liskeban.actor() = session_user AS myself;
SELECT liskeban.act_as('nobody');
SELECT liskeban.act_as('left');
SELECT liskeban.act_as('');
SELECT liskeban.act_as(repeat('x', 64));
-- for the transaction, or what is left of a savepoint
BEGIN;
SELECT liskeban.act_as('v1', true), liskeban.actor();
SAVEPOINT s;
SELECT liskeban.act_as('desk', true), liskeban.actor();
ROLLBACK TO s;
SELECT liskeban.actor();
COMMIT;
SELECT liskeban.actor() = session_user AS myself;
BEGIN;
SELECT liskeban.act_as('v1');
ROLLBACK;
SELECT liskeban.actor() = session_user AS myself;
-- nothing but act_as() writes the setting
SET liskeban.acting_as = 'chief';
SELECT set_config('liskeban.acting_as', 'chief', true);
ALTER ROLE regress_lk_clerk SET liskeban.acting_as = 'chief';
CREATE FUNCTION pg_temp.as_chief() RETURNS text LANGUAGE sql SET liskeban.acting_as = 'chief' AS 'SELECT liskeban.actor()';
SELECT liskeban.actor() = session_user AS myself;
-- a parallel worker inherits it
BEGIN;
SET LOCAL force_parallel_mode = on;
SELECT liskeban.act_as('v1', true);
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT DISTINCT liskeban.actor() FROM liskeban.category;
COMMIT;

-- A gateway acts for those whose duties all lie within its own
SET SESSION AUTHORIZATION regress_lk_gate;
SELECT liskeban.actor(), liskeban.act_as('v1'), liskeban.actor(), liskeban.act_as('desk_t2'), liskeban.actor(), liskeban.act_as('both'), liskeban.actor();
SELECT liskeban.act_as('hotline');
SELECT liskeban.act_as('chief');
SELECT liskeban.act_as('reader');
SELECT liskeban.act_as('databureau');
SELECT liskeban.actor();
SELECT liskeban.act_as(NULL);
SET SESSION AUTHORIZATION regress_lk_town;
SELECT liskeban.act_as('v2'), liskeban.actor(), liskeban.act_as('bureau_v1'), liskeban.actor();
SELECT liskeban.act_as('both');
SELECT liskeban.act_as(NULL);
-- without a gateway for nobody but itself
SET SESSION AUTHORIZATION regress_lk_clerk;
SELECT liskeban.act_as('v1');
SELECT liskeban.act_as('regress_lk_clerk'), liskeban.actor();
SET SESSION AUTHORIZATION regress_lk_nobody;
SELECT liskeban.act_as('v1');
-- an admin for anybody
SET SESSION AUTHORIZATION regress_lk_admin;
SELECT liskeban.act_as('hotline'), liskeban.actor(), liskeban.act_as(NULL);
RESET SESSION AUTHORIZATION;

-- SET ROLE is seen, a definer function is not; the gateway itself has no duty
CREATE TABLE t AS SELECT make('reported', 'general') AS one, make('reported', 'general') AS two, make('dispatched', 'general') AS three, make('dispatched', 'general') AS four;
GRANT SELECT ON t TO PUBLIC;
SELECT one, two, three, four FROM t \gset
CREATE FUNCTION as_definer(id bigint) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$ UPDATE liskeban.ticket SET note = 'by a definer function' WHERE ticket_id = id $$;
SELECT code(format('UPDATE liskeban.ticket SET note = ''n'' WHERE ticket_id = %s', one)) AS superuser FROM t;
SET ROLE regress_lk_gate;
SELECT liskeban.accept(:one);
SELECT liskeban.act_as('desk');
SELECT liskeban.accept(:one);
SELECT liskeban.act_as(NULL);
SET ROLE regress_lk_clerk;
SELECT liskeban.accept(:two);
SELECT as_definer(:two);
SET ROLE regress_lk_nobody;
SELECT as_definer(:two);
UPDATE liskeban.ticket SET note = 'n' WHERE ticket_id = :two;
RESET ROLE;
SELECT ticket_id = :one AS one, seq, action, nullif(actor, session_user) AS actor, login = session_user AS login, note FROM liskeban.ticket_event WHERE ticket_id IN (:one, :two) ORDER BY ticket_id, seq;
SET SESSION AUTHORIZATION regress_lk_gate;
SELECT liskeban.act_as('desk');
UPDATE liskeban.ticket SET note = 'through the gate' WHERE ticket_id = :two;
SELECT liskeban.act_as(NULL);
RESET SESSION AUTHORIZATION;
SELECT actor, login FROM liskeban.ticket_event WHERE ticket_id = :two ORDER BY seq DESC LIMIT 1;

-- How far a duty reaches: the holder's area, a department that leads or helps, a source's own; a dispatcher also what lies in the area
SELECT act('desk', format('SELECT liskeban.redispatch(%s, ''320117002001'', NULL, ''theirs'')', :three));
SELECT act('desk', format('SELECT liskeban.redispatch(%s, NULL, ''data'', ''theirs'')', :four));
INSERT INTO liskeban.membership (role_name, duty, area) VALUES ('desk_t1', 'dispatcher', '320117001'), ('t2', 'handler', '320117002'), ('everywhere', 'handler', NULL);
CREATE VIEW reach AS SELECT i.identity, x.ticket, try(format('UPDATE liskeban.ticket SET note = ''n'' WHERE ticket_id = %s', x.id), i.identity) AS comes_to
FROM unnest('{desk,desk_t1,desk_t2,v1,v2,t2,everywhere,databureau,bureau_v1,hotline,web,reader}'::text[]) i (identity),
  (VALUES ('v1 reported', :one), ('t2 holds', :three), ('bureau holds', :four)) x (ticket, id);
SELECT identity, string_agg(ticket, ', ' ORDER BY ticket) FILTER (WHERE comes_to = 'ok') AS reaches, string_agg(DISTINCT comes_to, ' ') FILTER (WHERE comes_to <> 'ok') AS else_it_is FROM reach GROUP BY identity ORDER BY identity;
-- a duty that ended ends at once, one that began begins
SELECT try(format('UPDATE liskeban.ticket SET note = ''n'' WHERE ticket_id = %s', :three), 't2');
BEGIN;
SELECT liskeban.act_as('t2', true);
UPDATE liskeban.membership SET retired_at = now() WHERE role_name = 't2';
UPDATE liskeban.ticket SET note = 'n' WHERE ticket_id = :three;
ROLLBACK;
-- who may change what without a move: the holder's target is the desk's, the citizen's answer the desk's or the source's
SELECT i AS identity, code(format('UPDATE liskeban.ticket SET responsible_area = ''320117001002'' WHERE ticket_id = %s', make('accepted')), i) AS target,
  code(format('UPDATE liskeban.ticket SET satisfaction = ''neutral'', solved = true WHERE ticket_id = %s', make('resolved')), i) AS answer,
  code(format('UPDATE liskeban.ticket SET title = ''clearer'', priority = 2 WHERE ticket_id = %s', make('on_site')), i) AS title,
  code(format('UPDATE liskeban.ticket SET category = ''hard'', note = ''n'' WHERE ticket_id = %s', make('on_site', 'general')), i) AS harder,
  code(format('UPDATE liskeban.ticket SET category = ''simple'' WHERE ticket_id = %s', make('on_site', 'general')), i) AS simpler,
  code(format('SELECT liskeban.contact(%s, ''spoke'')', make('dispatched', 'call')), i) AS contact
FROM unnest('{desk,v1,v2,hotline,web,reader,chief}'::text[]) i ORDER BY i;

-- a source's own login takes back and closes what it sent: nobody else's, and it reads no text of them
CREATE ROLE regress_lk_web LOGIN IN ROLE liskeban_source;
INSERT INTO liskeban.membership (role_name, duty, source) VALUES ('regress_lk_web', 'source', 'web_message');
INSERT INTO liskeban.ticket (source, external_id, category, title) SELECT s, 'own', 'call', 'sent' FROM unnest('{web_message,hotline_12345}'::text[]) s;
SELECT max(ticket_id) FILTER (WHERE source = 'web_message') AS own, max(ticket_id) FILTER (WHERE source = 'hotline_12345') AS other FROM liskeban.ticket WHERE external_id = 'own' \gset
SET ROLE regress_lk_web;
SELECT source, external_id, state FROM liskeban.ticket WHERE ticket_id = :own;
SELECT title FROM liskeban.ticket WHERE ticket_id = :own;
SELECT liskeban.withdraw(:other, 'the citizen asks to');
SELECT liskeban.withdraw(:own, NULL);
SELECT liskeban.withdraw(:own, 'the citizen asks to');
SELECT liskeban.close(:own);
SELECT liskeban.accept(:own);
UPDATE liskeban.ticket SET title = 'mine' WHERE ticket_id = :own;
RESET ROLE;
SELECT action, actor, note FROM liskeban.ticket_event WHERE ticket_id = :own ORDER BY seq DESC LIMIT 1;

-- What the groups may touch: no maintained table by any of them, no reporter's name by a handler
SELECT g AS role, has_table_privilege(g, 'liskeban.ticket_event', 'INSERT, UPDATE, DELETE, TRUNCATE') AS history, has_table_privilege(g, 'liskeban.worklist', 'INSERT, UPDATE, DELETE, TRUNCATE') AS worklist,
  has_table_privilege(g, 'liskeban.ticket', 'DELETE, TRUNCATE') AS delete_ticket, has_table_privilege(g, 'liskeban.request', 'INSERT, UPDATE, DELETE') AS request, has_any_column_privilege(g, 'liskeban.reporter', 'SELECT') AS reporter,
  has_table_privilege(g, 'liskeban.membership', 'INSERT, UPDATE') AS membership, has_table_privilege(g, 'liskeban.transition', 'INSERT, UPDATE') AS transition
FROM unnest('{liskeban_admin,liskeban_dispatcher,liskeban_handler,liskeban_source,liskeban_analyst,liskeban_job,liskeban_backup}'::text[]) g;
SELECT p.oid::regprocedure AS open_to_public FROM pg_proc p WHERE p.pronamespace = 'liskeban'::regnamespace AND has_function_privilege('public', p.oid, 'EXECUTE')
  AND (p.provolatile = 'v' AND p.prorettype <> 'trigger'::regtype OR p.prosecdef) ORDER BY 1;
SELECT p.oid::regprocedure AS without_path FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = 'liskeban'::regnamespace AND (l.lanname = 'plpgsql' OR p.prosecdef)
  AND NOT coalesce(p.proconfig::text LIKE '%search_path=%pg_catalog%pg_temp%', false)
  AND p.oid NOT IN ('liskeban.run_job(text)'::regprocedure, 'liskeban.run_missed_jobs()'::regprocedure) /* they commit, and a SET clause would bar that */ ORDER BY 1;
SELECT p.oid::regprocedure AS definer_member FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e' WHERE p.pronamespace = 'liskeban'::regnamespace AND p.prosecdef;
SELECT * FROM liskeban.check_invariants();

DROP ROLE regress_lk_gate, regress_lk_town, regress_lk_clerk, regress_lk_admin, regress_lk_nobody, regress_lk_web;
\c postgres
DROP DATABASE regress_liskeban_identity;
