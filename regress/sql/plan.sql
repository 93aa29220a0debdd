-- Plans and promises: how far a rung promises, when it plans anew; progress; how long a run is suspended; photos; requests.
CREATE DATABASE regress_liskeban_plan TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_plan
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
INSERT INTO liskeban.membership (role_name, duty, area, department) VALUES ('t1', 'handler', '320117001', NULL), ('t2', 'handler', '320117002', NULL), ('d', 'handler', '320117', NULL),
  ('desk_t1', 'dispatcher', '320117001', NULL), ('first', 'analyst', NULL, NULL), ('leader', 'analyst', NULL, NULL), ('mayor', 'analyst', NULL, NULL);
INSERT INTO liskeban.official (role_name, name, title, tier, retired_at) VALUES ('first', 'F', 'secretary', 'principal', NULL), ('leader', 'L', 'deputy', 'district', NULL),
  ('mayor', 'M', 'townhead', 'town', NULL), ('reader', 'R', 'former', 'principal', '2024-01-01');
INSERT INTO liskeban.category (code, name, domain, needs_photo) VALUES ('shown', 'general, with a photo', 'ecology', true);
CREATE FUNCTION plan(id bigint, days numeric, identity text DEFAULT 'v1') RETURNS text LANGUAGE sql AS $$
  SELECT try(format('SELECT liskeban.plan(%s, ''a plan'', liskeban.liskeban_now() + %L)', id, days * interval '1 day'), identity) $$;
CREATE FUNCTION plans(id bigint, days numeric, identity text DEFAULT 'v1') RETURNS void LANGUAGE sql AS $$
  SELECT act(identity, format('SELECT liskeban.plan(%s, ''a plan'', liskeban.liskeban_now() + %L)', id, days * interval '1 day')) $$;
CREATE FUNCTION asks(id bigint, kind text, days numeric DEFAULT NULL, identity text DEFAULT 'v1') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE request bigint;
BEGIN
  PERFORM liskeban.act_as(identity);
  request := liskeban.ask(id, kind, 'for a reason', liskeban.liskeban_now() + days * interval '1 day');
  PERFORM liskeban.act_as(NULL);
  RETURN request;
END $$;
CREATE FUNCTION reports(id bigint) RETURNS TABLE (opened text, due text, ended text, reported text, percent integer, note text) LANGUAGE sql STABLE AS $$
  SELECT local(p.opened_at), local(p.due), local(p.ended_at), concat_ws(' ', p.reported_by, local(p.reported_at)), p.percent, p.note
  FROM liskeban.progress p WHERE p.ticket_id = id ORDER BY p.progress_id $$;
CREATE FUNCTION stands(id bigint) RETURNS TABLE (state text, tier text, promised text, resolve text, original text, resets integer) LANGUAGE sql STABLE AS $$
  SELECT t.state, t.tier, local(t.promised_at), local(t.resolve_due), local(t.resolve_due_original), t.resolve_resets FROM liskeban.ticket t WHERE t.ticket_id = id $$;
\set ECHO all
SELECT tier, max_promise, progress_every, max_replans, max_suspend FROM liskeban.plan_policy ORDER BY tier;

-- A rung promises so far and no farther; an endless promise is an impossible time
SELECT make('on_site') AS id \gset
SELECT plan(:id, 30) AS thirty, plan(:id, 30.00001) AS more, try(format('SELECT liskeban.plan(%s, ''p'', ''infinity'')', :id), 'v1') AS endless, plan(:id, 0) AS now;
CREATE FUNCTION held_by(area text, department text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE id bigint := make('accepted');
BEGIN
  PERFORM act('desk', format('SELECT liskeban.dispatch(%s, %L, %L, ''n'')', id, area, department));
  PERFORM act('chief', format('SELECT liskeban.arrive(%s)', id));
  RETURN id;
END $$;
SELECT v.rung, plan(id, days, who) AS cap, plan(id, days + 0.00001, who) AS more
FROM (VALUES (1, 'town', '320117001', NULL, 60, 't1'), (2, 'department', NULL, 'data', 60, 'databureau'), (3, 'district', '320117', NULL, 90, 'd')) v (n, rung, area, department, days, who), LATERAL (SELECT held_by(area, department) AS id OFFSET 0) m ORDER BY v.n;
-- farther with what the next rung grants: whoever stands there or above
SELECT asks(:id, 'promise', 45) AS request \gset
SELECT i AS identity, code(format('SELECT liskeban.decide(%s, true, ''n'')', :request), i) AS comes_to FROM unnest('{v1,v2,t1,t2,desk_t1,desk_t2,databureau,desk,d,mayor,leader,first,hotline,reader,chief}'::text[]) i;
SELECT act('t1', format('SELECT liskeban.decide(%s, true, ''n'')', :request));
SELECT plan(:id, 45.00001) AS more, plan(:id, 20) AS less, plans(:id, 40);
SELECT request_id = :request AS that, used_seq FROM liskeban.request WHERE ticket_id = :id AND kind = 'promise';
SELECT * FROM stands(:id);
-- less than the cap needs none, and uses none up
SELECT make('on_site') AS id2 \gset
SELECT act('desk', format('SELECT liskeban.decide(%s, true, ''n'')', asks(:id2, 'promise', 45))), plans(:id2, 20);
SELECT used_seq FROM liskeban.request WHERE ticket_id = :id2;

-- Another plan on the same rung: on an extension, and once
SELECT make('planned') AS id \gset
SELECT * FROM stands(:id);
SELECT later('1 day'), plan(:id, 12) AS without;
SELECT try(format('UPDATE liskeban.ticket SET plan = ''in other words'' WHERE ticket_id = %s', :id), 'v1') AS words_too;
SELECT act('desk', format('SELECT liskeban.decide(%s, false, ''no'')', asks(:id, 'extend', 14))), plan(:id, 12) AS refused;
SELECT act('desk', format('SELECT liskeban.decide(%s, true, ''yes'')', asks(:id, 'extend', 14)));
-- the extension moves the due, the plan gives the new promise
SELECT * FROM stands(:id);
SELECT later('1 day'), plans(:id, 12);
SELECT * FROM stands(:id);
SELECT later('1 day'), plan(:id, 13) AS a_third, granted(:id, 'extend', liskeban.liskeban_now() + interval '20 days');
SELECT plan(:id, 13) AS a_third_on_an_extension;
-- the DBA's figure
UPDATE liskeban.plan_policy SET max_replans = 2 WHERE tier = 'village';
SELECT plan(:id, 13);
UPDATE liskeban.plan_policy SET max_replans = 0 WHERE tier = 'village';
SELECT plan(:id, 13);
UPDATE liskeban.plan_policy SET max_replans = 1 WHERE tier = 'village';
UPDATE liskeban.plan_policy SET max_promise = '1 month' WHERE tier = 'village';
-- another rung, another plan; a whistled one once it has signed
SELECT act('desk', format('SELECT liskeban.redispatch(%s, ''320117001'', note => ''the town must'')', :id));
SELECT act('t1', format('SELECT liskeban.arrive(%s)', :id));
SELECT plans(:id, 50, 't1');
SELECT plan(:id, 51, 't1') AS again;
SELECT * FROM stands(:id);
SELECT make('planned') AS id \gset
SELECT later('1 hour'), act('v1', format('SELECT liskeban.blow_whistle(%s, ''too big for us'')', :id));
SELECT plan(:id, 40, 't1') AS unsigned;
SELECT later('10 minutes'), act('t1', format('SELECT liskeban.sign_whistle(%s)', whistle_id)) FROM liskeban.whistle WHERE ticket_id = :id;
SELECT plans(:id, 40, 't1');
SELECT * FROM stands(:id);
SELECT plan(:id, 41, 't1') AS again, plan(:id, 41) AS by_the_village;

-- a plan that was reverted was none, and gives back what it used up
SELECT make('on_site') AS id \gset
SELECT act('t1', format('SELECT liskeban.decide(%s, true, ''n'')', asks(:id, 'promise', 45))), plans(:id, 40);
SELECT later('1 minute'), act('desk', format('SELECT liskeban.revert(%s, ''not this one'')', :id));
SELECT used_seq, (SELECT count(*) FROM reports(:id) r WHERE r.ended IS NULL) AS reports_due FROM liskeban.request WHERE ticket_id = :id;
SELECT later('1 minute'), plans(:id, 41);
SELECT plan(:id, 20) AS again, used_seq FROM liskeban.request WHERE ticket_id = :id;
-- an extension is no transition, and stays
SELECT granted(:id, 'extend', liskeban.liskeban_now() + interval '50 days'), code(format('SELECT liskeban.revert(%s, ''n'')', :id), 'desk') AS revert;

-- Progress: due every week while it is planned
SELECT make('planned') AS id \gset
SELECT * FROM reports(:id);
SELECT clock, run, local(begins_at) AS begins, local(due) AS due, basis FROM liskeban.subject_clock WHERE ticket_id = :id;
SELECT i AS identity, code(format('SELECT liskeban.progress(%s, ''n'', 10)', :id), i) AS comes_to FROM unnest('{v1,v2,t1,desk,hotline,chief}'::text[]) i;
SELECT code('SELECT liskeban.progress(NULL, ''n'', 1)') AS null_id, code('SELECT liskeban.progress(5, ''n'', 1)') AS unknown, try(format('SELECT liskeban.progress(%s, NULL, 1)', :id), 'v1') AS note, try(format('SELECT liskeban.progress(%s, '''', 1)', :id), 'v1') AS empty,
  try(format('SELECT liskeban.progress(%s, ''n'', 101)', :id), 'v1') AS too_much, try(format('SELECT liskeban.progress(%s, ''n'', -1)', :id), 'v1') AS too_little, code(format('SELECT liskeban.progress(%s, ''n'')', :id), 'v1') AS no_figure, code(format('SELECT liskeban.progress(%s, ''n'', 1)', make('on_site')), 'v1') AS not_planned;
SELECT later('3 days'), act('v1', format('SELECT liskeban.progress(%s, ''dug'', 40)', :id));
SELECT later('1 day'), act('v1', format('SELECT liskeban.progress(%s, ''the wall fell in'', 20)', :id));
SELECT * FROM reports(:id);
SELECT seq, at, action, moved, actor, note, detail FROM history(:id) WHERE seq > 5;
-- on hold it is not due; resumed, it is in a week; planned anew too; resolved, no more
SELECT granted(:id, 'suspend', liskeban.liskeban_now() + interval '5 days'), later('1 day'), act('desk', format('SELECT liskeban.suspend(%s, liskeban.liskeban_now() + interval ''3 days'', ''rain'')', :id));
SELECT code(format('SELECT liskeban.progress(%s, ''n'', 1)', :id), 'v1') AS suspended, count(*) FROM liskeban.subject_clock WHERE ticket_id = :id;
SELECT later('1 day'), act('v1', format('SELECT liskeban.resume(%s)', :id));
SELECT later('1 hour'), granted(:id, 'extend', liskeban.liskeban_now() + interval '20 days'), plans(:id, 20);
SELECT later('1 hour'), act('v1', format('SELECT liskeban.resolve(%s, ''done'')', :id));
SELECT * FROM reports(:id);
SELECT count(*) FROM liskeban.subject_clock WHERE ticket_id = :id;
SELECT make('planned') AS w, make('planned') AS r \gset
SELECT act('desk', format('SELECT liskeban.withdraw(%s, ''n'')', :w)), act('desk', format('SELECT liskeban.redispatch(%s, ''320117001002'', note => ''n'')', :r));
SELECT ended IS NOT NULL AS over FROM unnest(ARRAY[:w, :r]::bigint[]) id, reports(id);

-- what was missed, and seen by no sweep, was missed all the same, each at its due
SELECT make('planned') AS p, make('planned') AS r \gset
SELECT later('15 days 1 hour'), act('v1', format('SELECT liskeban.progress(%s, ''late'', 5)', :p)), act('v1', format('SELECT liskeban.resolve(%s, ''late'')', :r));
SELECT CASE id WHEN :p THEN 'reported' ELSE 'resolved' END AS at_last, r.* FROM unnest(ARRAY[:p, :r]::bigint[]) id, reports(id) r;
SELECT CASE a.ticket_id WHEN :p THEN 'reported' ELSE 'resolved' END AS at_last, a.level, local(a.at) AS at FROM liskeban.alarm a WHERE a.clock = 'progress' AND a.ticket_id IN (:p, :r) ORDER BY a.ticket_id, a.at;

-- How long a run may be suspended altogether
UPDATE liskeban.plan_policy SET max_suspend = '5 days' WHERE tier = 'village';
SELECT make('on_site') AS id \gset
SELECT granted(:id, 'suspend', liskeban.liskeban_now() + interval '30 days'), granted(:id, 'suspend', liskeban.liskeban_now() + interval '30 days'), granted(:id, 'suspend', liskeban.liskeban_now() + interval '30 days');
SELECT d AS days, try(format('SELECT liskeban.suspend(%s, liskeban.liskeban_now() + %L, ''n'')', :id, d * interval '1 day'), 'desk') FROM unnest('{5, 5.00001}'::numeric[]) d;
SELECT act('desk', format('SELECT liskeban.suspend(%s, liskeban.liskeban_now() + interval ''3 days'', ''n'')', :id));
SELECT later('2 days'), act('v1', format('SELECT liskeban.resume(%s)', :id));
SELECT d AS days, try(format('SELECT liskeban.suspend(%s, liskeban.liskeban_now() + %L, ''n'')', :id, d * interval '1 day'), 'desk') FROM unnest('{3, 3.5}'::numeric[]) d;
SELECT act('desk', format('SELECT liskeban.suspend(%s, liskeban.liskeban_now() + interval ''3 days'', ''n'')', :id));
SELECT later('3 days'), act('desk', format('SELECT liskeban.resume(%s)', :id));
SELECT try(format('SELECT liskeban.suspend(%s, liskeban.liskeban_now() + interval ''1 minute'', ''n'')', :id), 'desk') AS all_used;
-- a suspension that was reverted took no time
SELECT make('on_site') AS id \gset
SELECT granted(:id, 'suspend', liskeban.liskeban_now() + interval '30 days'), act('desk', format('SELECT liskeban.suspend(%s, liskeban.liskeban_now() + interval ''3 days'', ''n'')', :id));
SELECT later('5 minutes'), act('desk', format('SELECT liskeban.revert(%s, ''the wrong one'')', :id));
SELECT try(format('SELECT liskeban.suspend(%s, liskeban.liskeban_now() + interval ''5 days'', ''n'')', :id), 'desk') AS all_of_it;
UPDATE liskeban.plan_policy SET max_suspend = '90 days' WHERE tier = 'village';
-- of several grants the one that serves
SELECT make('on_site') AS id \gset
SELECT granted(:id, 'suspend', liskeban.liskeban_now() + interval '1 day'), granted(:id, 'suspend', liskeban.liskeban_now() + interval '3 days');
SELECT try(format('SELECT liskeban.suspend(%s, liskeban.liskeban_now() + interval ''4 days'', ''n'')', :id), 'desk') AS none, act('desk', format('SELECT liskeban.suspend(%s, liskeban.liskeban_now() + interval ''2 days'', ''n'')', :id));
SELECT local(until) AS until, used_seq FROM liskeban.request WHERE ticket_id = :id ORDER BY request_id;

-- The photo of the result, of this time
SELECT make('on_site', 'shown') AS id \gset
SELECT try(format('SELECT liskeban.resolve(%s, ''r'')', :id), 'v1') AS without;
INSERT INTO liskeban.attachment (ticket_id, stage, uri) VALUES (:id, 'arrival', 'file:a');
SELECT try(format('SELECT liskeban.resolve(%s, ''r'')', :id), 'v1') AS of_arrival;
INSERT INTO liskeban.attachment (ticket_id, stage, uri) VALUES (:id, 'resolution', 'file:b');
SELECT later('1 hour'), act('v1', format('SELECT liskeban.resolve(%s, ''r'')', :id));
SELECT later('1 hour'), act('desk', format('SELECT liskeban.rework(%s, ''n'')', :id)), act('v1', format('SELECT liskeban.arrive(%s)', :id)), try(format('SELECT liskeban.resolve(%s, ''r'')', :id), 'v1') AS the_old_one;
INSERT INTO liskeban.attachment (ticket_id, stage, uri) VALUES (:id, 'resolution', 'file:c') RETURNING local(created_at);
SELECT later('1 hour'), act('v1', format('SELECT liskeban.resolve(%s, ''r'')', :id));
SELECT has_column_privilege('liskeban_handler', 'liskeban.attachment', 'created_at', 'INSERT') AS handlers_give_the_time;

-- What was asked lapses with the work it was asked for
SELECT v.n, make('on_site') AS id INTO TEMP lapse FROM (VALUES (1), (2), (3), (4)) v (n);
SELECT asks(id, 'return'), asks(id, 'suspend', 3), asks(id, 'promise', 40) FROM lapse ORDER BY n;
SELECT act('desk', format('SELECT liskeban.decide(%s, true, ''theirs'')', request_id)) FROM liskeban.request JOIN lapse ON ticket_id = id AND n = 4 AND kind = 'return';
SELECT n, act(v.i, format(v.s, id)) FROM lapse JOIN (VALUES (1, 'desk', 'SELECT liskeban.withdraw(%s, ''n'')'), (2, 'v1', 'SELECT liskeban.resolve(%s, ''n'')'), (4, 'desk', 'SELECT liskeban."return"(%s, ''n'')')) v (n, i, s) USING (n) ORDER BY n;
SELECT act('desk', format('SELECT liskeban.merge(%s, %s)', l.id, o.id)) FROM lapse l, (SELECT make('on_site') AS id) o WHERE l.n = 3;
SELECT n, t.state, r.kind, r.granted, r.decided_by, r.note FROM lapse JOIN liskeban.request r ON ticket_id = id JOIN liskeban.ticket t USING (ticket_id) ORDER BY n, r.request_id;
SELECT liskeban.decide(request_id, true, 'late') FROM liskeban.request JOIN lapse ON ticket_id = id AND n = 1 AND kind = 'return';

SELECT * FROM liskeban.check_invariants();
\c postgres
DROP DATABASE regress_liskeban_plan;
