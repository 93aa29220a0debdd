-- Safety chains: what ships, each chain from a signal to its end with a review that fails, listing, hazards over early, errors.
CREATE DATABASE regress_liskeban_hazard_chain TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_hazard_chain
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
SET liskeban.now = '2024-09-18 09:00:00+08';
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
\getenv srcdir PG_ABS_SRCDIR
\set district :srcdir '/data/guard_district.sql'
\set samples :srcdir '/data/hazard_signals'
\set ECHO none
\i :district
\set ECHO all
INSERT INTO liskeban.membership (role_name, duty, department) SELECT DISTINCT i || s.department, 'handler', s.department FROM liskeban.hazard_step s, unnest('{h_,m_,r_}'::text[]) i;
CREATE TABLE sample (rule text, source text, payload jsonb);
COPY sample FROM :'samples';

-- What ships: six chains with a theme, five steps or more in order, three rules or more with a sample each
SELECT c.code, c.theme, c.name, c.object_name,
  (SELECT string_agg(s.kind, ' ' ORDER BY s.step) FROM liskeban.hazard_step s WHERE s.chain = c.code) AS steps,
  (SELECT sum(s.days) FROM liskeban.hazard_step s WHERE s.chain = c.code) AS days,
  (SELECT count(*) FROM liskeban.hazard_rule r WHERE r.chain = c.code) AS rules,
  (SELECT count(*) FROM liskeban.hazard_rule r JOIN sample ON sample.rule = r.code WHERE r.chain = c.code) AS sampled
  FROM liskeban.hazard_chain c ORDER BY c.code;
SELECT r.code FROM liskeban.hazard_rule r WHERE NOT EXISTS (SELECT FROM sample s WHERE s.rule = r.code AND s.source = r.source);
-- each sample is known by its own rule
SELECT r.outcome, count(*) FROM sample s CROSS JOIN LATERAL liskeban.receive_signal(s.source, s.payload) r GROUP BY 1;
SELECT s.rule, t.category, t.department, t.difficulty, t.priority, h.severity, t.state, t.title
  FROM sample s LEFT JOIN liskeban.hazard h ON h.rule = s.rule LEFT JOIN liskeban.ticket t ON t.ticket_id = h.ticket_id ORDER BY s.rule;

-- What a step is worked by: a handler of its department arrives and resolves, another one mends, a third reviews; the desk closes it, saying of a review whether it passed.
CREATE FUNCTION work(hazard bigint, passed boolean DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE t record;
BEGIN
  SELECT k.ticket_id, k.kind, k.attempt, CASE k.kind WHEN 'rectify' THEN 'm_' WHEN 'review' THEN 'r_' ELSE 'h_' END || x.department AS who, x.category INTO t
    FROM liskeban.hazard_task k JOIN liskeban.ticket x ON x.ticket_id = k.ticket_id WHERE k.hazard_id = hazard AND k.ended_at IS NULL;
  PERFORM later('1 hour');
  PERFORM act(t.who, format('SELECT liskeban.arrive(%s)', t.ticket_id));
  IF (SELECT c.needs_photo FROM liskeban.category c WHERE c.code = t.category) THEN
    PERFORM act(t.who, format('SELECT liskeban.attach(%s, ''resolution'', ''s3://photo'')', t.ticket_id));
  END IF;
  PERFORM act(t.who, format('SELECT liskeban.resolve(%s, ''done'')', t.ticket_id));
  PERFORM act('desk', format('UPDATE liskeban.ticket SET state = ''closed'', checked_by = ''desk'', solved = %L WHERE ticket_id = %s', passed, t.ticket_id));
  RETURN t.kind;
END $$;
CREATE FUNCTION steps(hazard bigint) RETURNS TABLE (step integer, attempt integer, kind text, department text, title text, due text, outcome text, state liskeban.ticket_state)
LANGUAGE sql AS $$
  SELECT k.step, k.attempt, k.kind, t.department, t.title, local(t.resolve_due), k.outcome, t.state
    FROM liskeban.hazard_task k JOIN liskeban.ticket t ON t.ticket_id = k.ticket_id WHERE k.hazard_id = hazard ORDER BY k.ticket_id $$;

CREATE FUNCTION seen(identity text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE counts text;
BEGIN
  PERFORM liskeban.act_as(identity, true);
  SET LOCAL ROLE liskeban_handler;
  SELECT concat_ws(' ', (SELECT count(*) FROM liskeban.hazard), (SELECT count(*) FROM liskeban.hazard_task), (SELECT count(*) FROM liskeban.hazard_object)) INTO counts;
  RESET ROLE;
  PERFORM liskeban.act_as(NULL, true);
  RETURN counts;
END $$;

-- One of each chain to its end, its first review failing: back to rectify, then on
CREATE TEMP TABLE life AS SELECT DISTINCT ON (h.chain) h.chain, h.hazard_id FROM liskeban.hazard h ORDER BY h.chain, h.hazard_id;
SELECT l.chain, (SELECT string_agg(work(l.hazard_id, CASE n WHEN 4 THEN false WHEN 6 THEN true END), ' ' ORDER BY n) FROM generate_series(1, 7) n) AS worked FROM life l ORDER BY l.chain;
SELECT l.chain, s.* FROM life l, steps(l.hazard_id) s ORDER BY l.chain, s.step, s.attempt;
SELECT l.chain, h.outcome, h.closed_at = t.closed_at AS then, t.state, t.checked_by, t.resolved_by, local(t.resolve_due_original) AS own_due, local(t.resolve_due) AS chain_due
  FROM life l JOIN liskeban.hazard h USING (hazard_id) JOIN liskeban.ticket t USING (ticket_id) ORDER BY l.chain;
SELECT h.seq, h.action, h.moved, h.actor, h.note FROM life l JOIN liskeban.hazard x USING (hazard_id), history(x.ticket_id) h WHERE l.chain = 'gas' ORDER BY h.seq;
-- who rectified neither resolves the review, nor closes it, nor is named as who checked it
SELECT h.hazard_id AS mine FROM liskeban.hazard h WHERE h.chain = 'insulation' AND h.closed_at IS NULL ORDER BY h.hazard_id LIMIT 1 \gset
SELECT string_agg(work(:mine), ' ' ORDER BY n) AS worked FROM generate_series(1, 3) n;
SELECT k.ticket_id AS review, t.department FROM liskeban.hazard_task k JOIN liskeban.ticket t USING (ticket_id) WHERE k.hazard_id = :mine AND k.ended_at IS NULL \gset
SELECT act('m_' || :'department', format('SELECT liskeban.arrive(%s)', :review));
SELECT try(format('SELECT liskeban.resolve(%s, ''as good as new'')', :review), 'm_' || :'department') AS resolves;
SELECT act('r_' || :'department', format('SELECT liskeban.resolve(%s, ''seen'')', :review));
INSERT INTO liskeban.membership (role_name, duty) VALUES ('m_' || :'department', 'dispatcher');
SELECT try(format('UPDATE liskeban.ticket SET state = ''closed'', checked_by = ''desk'', solved = true WHERE ticket_id = %s', :review), 'm_' || :'department') AS closes,
  try(format('UPDATE liskeban.ticket SET state = ''closed'', checked_by = %L, solved = true WHERE ticket_id = %s', 'm_' || :'department', :review), 'desk') AS is_named;
UPDATE liskeban.membership SET retired_at = liskeban.liskeban_now() WHERE role_name = 'm_' || :'department' AND duty = 'dispatcher';
SELECT act('desk', format('UPDATE liskeban.ticket SET state = ''closed'', checked_by = ''desk'', solved = true WHERE ticket_id = %s', :review));
SELECT step, kind, outcome FROM steps(:mine);
-- children never count beside their parent
SELECT key, received FROM liskeban.kpi('2024-09-18', '2024-09-18', 'district', NULL, '{hazard}');

-- Listed by name, ordered to answer, taken off once over
SELECT d.listed_name, d.department, d.listed_by, d.listed_until, d.closed_at IS NOT NULL AS over, d.step_kind FROM liskeban.hazard_listed d ORDER BY d.listed_name;
SELECT count(*) FROM liskeban.supervision s JOIN liskeban.hazard h USING (ticket_id) WHERE s.kind = 'order' AND s.issued_by = 'platform' AND h.listed_at IS NOT NULL;
SELECT h.hazard_id AS listed FROM liskeban.hazard h JOIN life l USING (hazard_id) WHERE l.chain = 'gas' \gset
SELECT h.hazard_id AS open FROM liskeban.hazard h WHERE h.listed_at IS NULL AND h.closed_at IS NULL ORDER BY h.hazard_id LIMIT 1 \gset
SELECT try(format('SELECT liskeban.delist_hazard(%s)', :open), 'desk') AS not_listed, try(format('SELECT liskeban.list_hazard(%s)', :listed), 'desk') AS over,
  try('SELECT liskeban.list_hazard(NULL)', 'desk') AS "null", try('SELECT liskeban.list_hazard(1)', 'desk') AS none, try(format('SELECT liskeban.delist_hazard(%s)', :listed), 'v1') AS no_desk;
SELECT act('desk', format('SELECT liskeban.list_hazard(%s)', :open));
SELECT try(format('SELECT liskeban.list_hazard(%s)', :open), 'desk') AS again, try(format('SELECT liskeban.delist_hazard(%s)', :open), 'desk') AS open;
SELECT h.severity, h.listed_name, h.listed_by, t.priority, s.kind, s.issued_by FROM liskeban.hazard h JOIN liskeban.ticket t USING (ticket_id) JOIN liskeban.supervision s USING (ticket_id) WHERE h.hazard_id = :open;
SELECT act('desk', format('SELECT liskeban.delist_hazard(%s)', :listed));
SELECT h.delisted_by, (SELECT count(*) FROM liskeban.hazard_listed d WHERE d.hazard_id = h.hazard_id) AS on_the_list FROM liskeban.hazard h WHERE h.hazard_id = :listed;

-- Nobody resolves the whole while a step is open; a hazard that is taken back takes its step along; one that is skipped goes on
SELECT h.ticket_id AS parent, h.hazard_id AS hazard, t.department FROM liskeban.hazard h JOIN liskeban.ticket t USING (ticket_id) WHERE h.rule = 'gas_valve' \gset
SELECT act('h_' || :'department', format('SELECT liskeban.arrive(%s)', :parent));
SELECT try(format('SELECT liskeban.resolve(%s, ''done'')', :parent), 'h_' || :'department') AS step_open;
SELECT act('desk', format('SELECT liskeban.withdraw(%s, ''seen already'')', (SELECT ticket_id FROM liskeban.hazard_task WHERE hazard_id = :hazard AND ended_at IS NULL)));
SELECT step, kind, outcome FROM steps(:hazard);
SELECT act('desk', format('SELECT liskeban.withdraw(%s, ''false alarm'')', :parent));
SELECT h.outcome, s.step, s.outcome AS step_outcome, s.state FROM liskeban.hazard h, steps(h.hazard_id) s WHERE h.hazard_id = :hazard;
-- the device alarms again: another hazard
SELECT r.outcome, r.ticket_id <> :parent AS another FROM sample s, liskeban.receive_signal(s.source, s.payload) r WHERE s.rule = 'gas_valve';

-- Reopened: the hazard goes on with its last work
SELECT h.ticket_id AS parent, h.hazard_id AS hazard FROM liskeban.hazard h JOIN life l USING (hazard_id) WHERE l.chain = 'highrise' \gset
SELECT granted(:parent, 'reopen', NULL, 'desk2');
SELECT act('desk', format('SELECT liskeban.reopen(%s, ''it smokes again'')', :parent));
SELECT h.outcome, (SELECT string_agg(format('%s/%s', s.kind, s.attempt), ' ') FROM steps(h.hazard_id) s WHERE s.outcome IS NULL) AS open FROM liskeban.hazard h WHERE h.hazard_id = :hazard;

-- A hazard that somebody reported onto a chain, some of its steps, on an object
INSERT INTO liskeban.hazard_object (chain, code, name, address, geom, devices) VALUES ('highrise', 'L-1', '天生桥大厦', '中大街1号', here(), '{SMOKE-1}') RETURNING object_id AS object, area \gset
INSERT INTO liskeban.ticket (kind, source, category, title, geom) VALUES ('hazard', 'hotline_12345', 'fire_equipment', 'sprinkler', here()) RETURNING ticket_id AS told \gset
SELECT act('desk', format('SELECT liskeban.begin_hazard(%s, ''highrise'', %s, ''major'', ''{2,4}'')', :told, :object));
SELECT h.chain, h.rule, h.steps, h.severity, h.listed_name, t.state, t.department FROM liskeban.hazard h JOIN liskeban.ticket t USING (ticket_id) WHERE h.ticket_id = :told;
SELECT string_agg(work(h.hazard_id, n <> 2), ' ' ORDER BY n) FROM liskeban.hazard h, generate_series(1, 3) n WHERE h.ticket_id = :told;
SELECT s.step, s.attempt, s.outcome FROM liskeban.hazard h, steps(h.hazard_id) s WHERE h.ticket_id = :told;
SELECT report() AS demand \gset
SELECT try(format('SELECT liskeban.begin_hazard(%s, ''gas'')', :demand), 'desk') AS no_hazard, try(format('SELECT liskeban.begin_hazard(%s, ''gas'')', :told), 'desk') AS over,
  try(format('SELECT liskeban.begin_hazard(%s, ''gas'')', h.ticket_id), 'desk') AS again, try(format('SELECT liskeban.begin_hazard(%s, ''rain'')', h.ticket_id), 'desk') AS no_chain,
  try(format('SELECT liskeban.begin_hazard(%s, ''gas'', NULL, ''small'')', h.ticket_id), 'desk') AS severity, try('SELECT liskeban.begin_hazard(NULL, ''gas'')', 'desk') AS "null",
  try('SELECT liskeban.begin_hazard(1, ''gas'')', 'desk') AS none, try(format('SELECT liskeban.begin_hazard(%s, ''gas'')', h.ticket_id), 'v1') AS no_desk
  FROM liskeban.hazard h WHERE h.hazard_id = :open;
-- a signal of the object's device stands on it, where it lies
SELECT outcome FROM liskeban.receive_signal('highrise_fire', '{"device": "SMOKE-1", "mpa": 0.01}');
SELECT o.name, h.chain, t.title, t.address, t.area FROM liskeban.hazard_object o JOIN liskeban.hazard h USING (object_id) JOIN liskeban.ticket t USING (ticket_id) ORDER BY h.hazard_id;

-- Rules: what does not compile, is no predicate, may take for ever, or names a step that is not there
CREATE FUNCTION rule(condition text, steps text DEFAULT 'NULL', category text DEFAULT 'gas_leak') RETURNS text LANGUAGE sql AS $$
  SELECT try(format($q$INSERT INTO liskeban.hazard_rule (code, chain, source, name, name_en, condition, category, steps) VALUES ('x', 'gas', 'gas_iot', 'x', 'x', %L, %L, %s)$q$, condition, category, steps)) $$;
SELECT rule('$.lel >') AS syntax, rule('$.lel') AS no_predicate, rule('strict $.a.b > 1') AS strict, rule('exists($.a)') AS exists;
SELECT rule('$.a like_regex "^(a+)+\\1$"') AS back_reference, rule('$.a like_regex "^gas.*[0-9]$"') AS regex, rule('$.a like_regex "("') AS bad_regex;
SELECT rule('$.a > 1', '''{1,9}''') AS no_step, rule('$.a > 1', '''{}''') AS no_steps, rule('$.a > 1', '''{1,5}''') AS two, rule('$.a > 1', 'NULL', 'nothing') AS no_category;
SELECT code('DELETE FROM liskeban.hazard_rule') AS deleted, code('UPDATE liskeban.hazard_chain SET code = code || ''x''') AS key, code('DELETE FROM liskeban.hazard_object') AS object, code('DELETE FROM liskeban.theme') AS theme;
-- For analysts
SET ROLE liskeban_analyst;
SELECT theme, chain, severity, town, found, open, closed, listed FROM liskeban_report.hazard_count ORDER BY hazard_count_key;
SELECT chain, step, attempt, kind, department, state, overdue FROM liskeban_report.hazard_step_open ORDER BY ticket_id;
SELECT source, outcome, signals FROM liskeban_report.hazard_signal_daily ORDER BY hazard_signal_key;
SELECT sum(signals) FROM liskeban_report.hazard;
RESET ROLE;
-- Who sees which: the department its steps' hazards, another none; an object whoever serves there
SELECT i AS identity, seen(i) FROM unnest('{desk,v1,v2,h_gas_supply}'::text[]) i;
SELECT * FROM liskeban.check_invariants();
\c postgres
DROP DATABASE regress_liskeban_hazard_chain;
