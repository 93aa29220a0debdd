-- Notifications out: what is told of whom, once each; who may read; how far; what goes when.
CREATE DATABASE regress_liskeban_outbox TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_outbox
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

-- What was told since the last look
CREATE TABLE looked (at bigint);
INSERT INTO looked VALUES (0);
CREATE FUNCTION news(topics text) RETURNS TABLE (topic text, told jsonb) LANGUAGE plpgsql AS $$
DECLARE
  since bigint;
BEGIN
  SELECT l.at INTO since FROM looked AS l;
  UPDATE looked SET at = coalesce((SELECT max(o.id) FROM liskeban.outbox AS o), 0);
  RETURN QUERY SELECT o.topic, o.payload - '{ticket_id,ticket_no}'::text[] FROM liskeban.outbox AS o
                WHERE o.id > since AND o.topic ~ news.topics ORDER BY o.id;
END $$;

-- A source that reads back hears of each change of state, and of the reply; a dispatch is told with its dues
SELECT report('general') AS id \gset
SELECT * FROM news('.');
SELECT act('desk', format('SELECT liskeban.accept(%s)', :id));
SELECT * FROM news('source');
SELECT act('desk', format('SELECT liskeban.dispatch(%s, ''320117001001'')', :id));
SELECT * FROM news('dispatch|source');
-- to others, without another state
SELECT act('desk', format('SELECT liskeban.redispatch(%s, ''320117001002'', NULL, ''they know the place'')', :id));
SELECT * FROM news('dispatch|source');
SELECT act('v2', format('SELECT liskeban.arrive(%s)', :id));
SELECT * FROM news('dispatch|source');
-- neither a note nor another priority is anybody's
SELECT act('desk', format('UPDATE liskeban.ticket SET note = ''n'', priority = 1 WHERE ticket_id = %s', :id));
SELECT * FROM news('dispatch|source');
SELECT act('v2', format('SELECT liskeban.resolve(%s, ''mended'', ''it is mended'')', :id));
SELECT told -> 'public_state' AS public, told -> 'reply' AS reply FROM news('dispatch|source');
-- a reply put right is told, too
SELECT act('desk', format('UPDATE liskeban.ticket SET reply = ''it is mended, and painted'' WHERE ticket_id = %s', :id));
SELECT told -> 'public_state' AS public, told -> 'reply' AS reply FROM news('dispatch|source');
-- back to its holder
SELECT act('desk', format('SELECT liskeban.rework(%s, ''it is not'')', :id));
SELECT topic, told -> 'action' AS action, told -> 'responsible_area' AS holder, told -> 'public_state' AS public FROM news('dispatch|source');
SELECT enumlabel AS state, liskeban.public_state(enumlabel::text::liskeban.ticket_state) AS public
  FROM pg_enum WHERE enumtypid = 'liskeban.ticket_state'::regtype ORDER BY enumsortorder;

-- A merged one's source hears of its lead's end, with the lead's reply
SELECT make('on_site', 'simple') AS lead \gset
SELECT make('accepted', 'simple') AS merged \gset
SELECT act('desk', format('SELECT liskeban.merge(%s, %s)', :merged, :lead));
SELECT act('v1', format('SELECT liskeban.resolve(%s, ''mended'', ''it is mended'')', :lead));
SELECT count(*) > 0 AS some FROM news('.');
SELECT act('desk', format('UPDATE liskeban.ticket SET state = ''closed'', checked_by = ''desk'' WHERE ticket_id = %s', :lead));
SELECT told -> 'state' AS state, told -> 'public_state' AS public, told -> 'reply' AS reply FROM news('source') ORDER BY 1;
-- and that it was not the end
SELECT request FROM liskeban.ask(:lead, 'reopen', 'it is not mended') AS request \gset
SELECT act('desk', format('SELECT liskeban.decide(%s, true, ''so be it'')', :request)), act('desk', format('SELECT liskeban.reopen(%s, ''once more'')', :lead));
SELECT told -> 'state' AS state, told -> 'public_state' AS public, told -> 'reply' AS reply FROM news('source') ORDER BY 1;

-- A whistle, step by step, with the hands it goes through
SELECT make('dispatched', 'simple') AS id \gset
SELECT count(*) > 0 AS some FROM news('.');
SELECT act('v1', format('SELECT liskeban.blow_whistle(%s, ''beyond our means'')', :id));
SELECT act('chief', format('SELECT liskeban.decline_whistle(w.whistle_id, ''it is not'') FROM liskeban.whistle AS w WHERE w.ticket_id = %s', :id));
SELECT topic, coalesce(told -> 'step', told -> 'action') AS step, told -> 'responsible_area' AS holder, told -> 'by' AS by, told -> 'at' AS at FROM news('whistle|dispatch');

-- Many at once, each once; the one that is undone is not told
BEGIN;
SELECT make('dispatched', 'simple') FROM generate_series(1, 5);
SELECT topic, count(*) FROM news('dispatch|source') GROUP BY topic ORDER BY topic;
ROLLBACK;
SELECT count(*) FROM liskeban.outbox AS o LEFT JOIN liskeban.ticket AS t ON t.ticket_id = (o.payload ->> 'ticket_id')::bigint WHERE t.ticket_id IS NULL;

-- Whether a source reads back holds from the next statement on
UPDATE liskeban.source_system SET reads_back = false WHERE code = 'hotline_12345';
SELECT make('accepted', 'simple') AS other \gset
SELECT count(*) FROM news('source');
UPDATE liskeban.source_system SET reads_back = true WHERE code = 'hotline_12345';
SELECT act('desk', format('SELECT liskeban.dispatch(%s, ''320117001001'')', :other));
SELECT count(*) FROM news('source');

-- A loaded history is no news
SELECT count(*) FROM liskeban.load_history('hotline_12345', ARRAY['{"external_id": "old", "category": "simple", "title": "t", "reported_at": "2024-09-01T08:00:00+08:00",
  "accepted_at": "2024-09-01T08:01:00+08:00", "dispatched_at": "2024-09-01T08:02:00+08:00", "resolved_at": "2024-09-01T09:00:00+08:00", "resolution": "done"}'::jsonb]);
SELECT * FROM news('.');

-- Every alarm, step of a whistle, supervision and receiver of a directive, once each
SELECT later('30 days');
SELECT liskeban.sweep() > 10 AS fired;
SELECT act('chief', 'SELECT liskeban.issue_directive(''flood drill'', ''all take part'', ARRAY[''320117001'', ''320117002'']::liskeban.area_code[], ARRAY[''data''], liskeban.liskeban_now() + interval ''5 days'')');
CREATE FUNCTION untold() RETURNS TABLE (topic text, things bigint, told bigint, differ bigint) LANGUAGE sql AS $$
  WITH thing AS (
    SELECT 'alarm' AS topic, a.alarm_id AS id, 'fired' AS step FROM liskeban.alarm AS a
    UNION ALL SELECT 'whistle', w.whistle_id, s FROM liskeban.whistle AS w,
      unnest(ARRAY['raised', CASE WHEN w.signed_at IS NOT NULL THEN 'signed' END, w.outcome]) AS s WHERE s IS NOT NULL
    UNION ALL SELECT 'supervision', s.supervision_id, 'issued' FROM liskeban.supervision AS s
    UNION ALL SELECT 'directive', d.target_id, 'issued' FROM liskeban.directive_target AS d
  ), told AS (
    SELECT o.topic, (o.payload ->> CASE o.topic WHEN 'directive' THEN 'target_id' ELSE o.topic || '_id' END)::bigint AS id,
           coalesce(o.payload ->> 'step', CASE o.topic WHEN 'alarm' THEN 'fired' ELSE 'issued' END) AS step
      FROM liskeban.outbox AS o WHERE o.topic IN ('alarm', 'whistle', 'supervision', 'directive')
  )
  SELECT topic, count(*) FILTER (WHERE n > 0), sum(m)::bigint, count(*) FILTER (WHERE n <> m)
    FROM (SELECT topic, id, step, (SELECT count(*) FROM thing AS x WHERE (x.topic, x.id, x.step) = (u.topic, u.id, u.step)) AS n,
                 (SELECT count(*) FROM told AS x WHERE (x.topic, x.id, x.step) = (u.topic, u.id, u.step)) AS m
            FROM (SELECT * FROM thing UNION SELECT * FROM told) AS u) AS c
   GROUP BY topic ORDER BY topic $$;
SELECT topic, things > 0 AS some, things = told AS each_once, differ FROM untold();
SELECT DISTINCT told -> 'area' AS area, told -> 'department' AS department, told -> 'reply_due' AS reply_due FROM news('directive') ORDER BY 1, 2;
SELECT DISTINCT (SELECT string_agg(k, ' ' ORDER BY k) FROM jsonb_object_keys(o.payload) AS k) AS keys, o.topic
  FROM liskeban.outbox AS o WHERE o.topic !~ 'source' ORDER BY o.topic;
SELECT count(*) FROM liskeban.outbox WHERE payload::text ~ 'a matter|flood drill|all take part|it is not|they know';

-- Nobody writes it, whoever he is and whichever way
SELECT statement, code(statement) FROM unnest(ARRAY[
  'INSERT INTO liskeban.outbox (at, topic, payload) VALUES (now(), ''alarm'', ''{}'')',
  'UPDATE liskeban.outbox SET topic = ''x''', 'DELETE FROM liskeban.outbox', 'TRUNCATE liskeban.outbox',
  'INSERT INTO liskeban.outbox_p0000 OVERRIDING SYSTEM VALUE SELECT 3201170000099999, o.at, o.topic, o.payload FROM liskeban.outbox AS o LIMIT 1',
  'DELETE FROM liskeban.outbox_p0000', 'SET LOCAL ROLE liskeban_owner; DELETE FROM liskeban.outbox',
  'SET LOCAL session_replication_role = replica; DELETE FROM liskeban.outbox']) AS statement;
-- not even beside an entry of the platform's own
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO liskeban.outbox (at, topic, payload) VALUES (now(), 'mine', '{}');
  RETURN NULL;
END $$;
CREATE TRIGGER meddle AFTER INSERT ON liskeban.outbox FOR EACH ROW EXECUTE FUNCTION meddle();
SELECT code(format('UPDATE liskeban.ticket SET state = ''withdrawn'', note = ''n'' WHERE ticket_id = %s', :other));
DROP TRIGGER meddle ON liskeban.outbox;

-- Reading: in order, from a cursor of one's own, the same again until it is acknowledged
SELECT liskeban.register_outbox_consumer('wall', '{dispatch}');
SELECT count(*), count(*) = (SELECT count(*) FROM liskeban.outbox WHERE topic = 'dispatch') AS all_of_them, bool_and(topic = 'dispatch') AS no_others
  FROM liskeban.take_outbox('wall');
SELECT min(id) AS first, max(id) AS second FROM liskeban.take_outbox('wall', 2) \gset
SELECT count(*), min(id) = :first AS the_same FROM liskeban.take_outbox('wall', 3);
SELECT liskeban.ack_outbox('wall', :first) = :first AS moved, liskeban.ack_outbox('wall', :first - 1) = :first AS stays;
SELECT id = :second AS next FROM liskeban.take_outbox('wall', 1);
SELECT liskeban.ack_outbox('wall', max(id)) = max(id) AS done FROM liskeban.take_outbox('wall');
SELECT count(*) FROM liskeban.take_outbox('wall');
SELECT acked = taken AS level, acked >= (SELECT max(id) FROM liskeban.outbox) AS past_what_is_not_for_it, lease_until, lease_by FROM liskeban.outbox_consumer WHERE consumer = 'wall';
SELECT consumer, next_id, behind FROM liskeban.outbox_backlog;
-- with the people who go
INSERT INTO liskeban.duty (area, person, phone, begins_at) VALUES ('320117001001', '张三', '025-1', '2024-01-01');
INSERT INTO liskeban.grid_member (area, network, person, phone, police, begins_at) VALUES
  ('320117001001', 'governance', '李四', '025-2', false, '2024-01-01'), ('320117001001', 'safety', '王五', '025-3', true, '2024-01-01');
SELECT make('dispatched', 'simple') AS id \gset
SELECT payload ->> 'team' AS team FROM liskeban.take_outbox('wall');
SELECT payload ? 'team' AS kept FROM liskeban.outbox WHERE topic = 'dispatch' ORDER BY id DESC LIMIT 1;

-- A name that is new: an administrator's for all, a source's for its own; nobody else's
SELECT liskeban.act_as('chief');
SELECT count(*) > 30 AS much FROM liskeban.take_outbox('all', 1000);
SELECT liskeban.act_as('hotline');
SELECT DISTINCT topic FROM liskeban.take_outbox('readback');
SELECT liskeban.ack_outbox('readback', max(id)) = max(id) AS acknowledged FROM liskeban.take_outbox('readback', 3);
SELECT liskeban.act_as(NULL);
SELECT consumer, topics, source, role_name, registered_by FROM liskeban.outbox_consumer ORDER BY consumer;
SELECT who, statement, try(statement, who) FROM (VALUES
  ('web', 'SELECT * FROM liskeban.take_outbox(''readback'')'), ('web', 'SELECT liskeban.ack_outbox(''readback'', 0)'),
  ('hotline', 'SELECT * FROM liskeban.take_outbox(''wall'')'), ('desk', 'SELECT * FROM liskeban.take_outbox(''wall'')'),
  ('desk', 'SELECT * FROM liskeban.take_outbox(''new'')'), ('v1', 'SELECT * FROM liskeban.take_outbox(''new'')'),
  ('desk', 'SELECT liskeban.register_outbox_consumer(''new'')'), ('desk', 'SELECT liskeban.drop_outbox_consumer(''wall'')'),
  ('chief', 'SELECT * FROM liskeban.take_outbox(''readback'')')) AS v(who, statement);
-- or whom it was registered for
SELECT liskeban.register_outbox_consumer('pager', '{alarm,whistle}', role_name => 'pager', from_now => true);
INSERT INTO liskeban.membership (role_name, duty, area) VALUES ('pager', 'analyst', '320117');
SELECT try('SELECT * FROM liskeban.take_outbox(''pager'')', 'pager'), try('SELECT * FROM liskeban.take_outbox(''pager'')', 'v1');
SET ROLE liskeban_handler;
SELECT count(*) FROM liskeban.outbox;
RESET ROLE;

-- What cannot be
SELECT statement, try(statement) FROM unnest(ARRAY[
  'SELECT * FROM liskeban.take_outbox(NULL)', 'SELECT * FROM liskeban.take_outbox('''')', 'SELECT * FROM liskeban.take_outbox(''wall'', 0)',
  'SELECT * FROM liskeban.take_outbox(''wall'', NULL)', 'SELECT liskeban.ack_outbox(''wall'', NULL)', 'SELECT liskeban.ack_outbox(''nobody'', 1)',
  'SELECT liskeban.register_outbox_consumer(NULL)', 'SELECT liskeban.register_outbox_consumer(''x'', ''{}'')',
  'SELECT liskeban.register_outbox_consumer(''x'', ''{alarms}'')', 'SELECT liskeban.register_outbox_consumer(''x'', ''{source.nowhere}'')',
  'SELECT liskeban.register_outbox_consumer(''x'', NULL, ''nowhere'')', 'SELECT liskeban.register_outbox_consumer(''x'', ''{alarm}'', ''wechat'')',
  'SELECT liskeban.register_outbox_consumer(''wall'')', 'SELECT liskeban.drop_outbox_consumer(''nobody'')']) AS statement;
SELECT code('SELECT liskeban.ack_outbox(''pager'', c.acked + 1) FROM liskeban.outbox_consumer AS c WHERE consumer = ''pager''') AS beyond_what_was_taken;
ALTER SEQUENCE liskeban.outbox_id_seq CACHE 10;
SELECT * FROM liskeban.take_outbox('wall');
ALTER SEQUENCE liskeban.outbox_id_seq CACHE 1;

-- What is old and acknowledged by all goes, by partition
SELECT inhrelid::regclass, obj_description(inhrelid, 'pg_class') FROM pg_inherits WHERE inhparent = 'liskeban.outbox'::regclass ORDER BY 1 LIMIT 2;
SELECT liskeban.drop_outbox(), liskeban.make_partitions();
-- the sequence goes on in the third million
SELECT setval('liskeban.outbox_id_seq', 3201170002000000);
SELECT liskeban.make_partitions();
SELECT make('accepted', 'simple') AS id \gset
SELECT liskeban.drop_outbox();
SELECT later('29 days');
SELECT liskeban.drop_outbox();
SELECT later('2 days');
SELECT liskeban.drop_outbox();
SELECT liskeban.drop_outbox_consumer(c) FROM unnest('{readback,pager}'::text[]) AS c;
SELECT count(*) > 0 AS taken, max(id) FILTER (WHERE id < 3201170001000000) AS until FROM liskeban.take_outbox('all', 10000) \gset
SELECT liskeban.ack_outbox('all', :until - 1) = :until - 1 AS acknowledged;
SELECT liskeban.drop_outbox();
SELECT liskeban.ack_outbox('all', :until) = :until AS acknowledged;
SELECT liskeban.drop_outbox();
SELECT liskeban.ack_outbox('wall', max(id)) = max(id) AS caught_up FROM liskeban.take_outbox('wall', 10000);
UPDATE liskeban.platform SET outbox_retention = '90 days';
SELECT liskeban.drop_outbox();
UPDATE liskeban.platform SET outbox_retention = '30 days';
SELECT liskeban.drop_outbox();
SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'liskeban.outbox'::regclass ORDER BY 1 LIMIT 1;
SELECT liskeban.make_partitions(), min(id) > 3201170002000000 AS only_new FROM liskeban.outbox;
-- who is new begins with what is kept
SELECT min(id) = (SELECT min(id) FROM liskeban.outbox) AS first FROM liskeban.take_outbox('late', 1);
SELECT code('UPDATE liskeban.platform SET outbox_retention = ''-1 day''');

SELECT * FROM liskeban.check_invariants();
\c postgres
DROP DATABASE regress_liskeban_outbox;
