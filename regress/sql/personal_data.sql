-- Personal data: masked, read for a purpose and a reason, cleared in time; and the ledgers that tell of it.
\set VERBOSITY terse
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
SET liskeban.now = '2026-03-02 08:00+08';
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
\i regress/data/guard_district.sql
DO $$
DECLARE r text;
BEGIN
  FOREACH r IN ARRAY '{desk:dispatcher,v1:handler,v2:handler,web:source,reader:analyst,chief:admin}'::text[] LOOP
    EXECUTE format('DROP ROLE IF EXISTS %I', 'pd_' || split_part(r, ':', 1));
    EXECUTE format('CREATE ROLE %I LOGIN IN ROLE %I', 'pd_' || split_part(r, ':', 1), 'liskeban_' || split_part(r, ':', 2));
    INSERT INTO liskeban.membership (role_name, duty, area, department, source)
      SELECT 'pd_' || m.role_name, m.duty, m.area, m.department, m.source FROM liskeban.membership AS m WHERE m.role_name = split_part(r, ':', 1);
  END LOOP;
END $$;

-- the one place that masks
SELECT n, liskeban.mask_name(n) FROM unnest('{张三,欧阳修,Li,李,NULL}'::text[]) AS n;
SELECT p, liskeban.mask_phone(p) FROM unnest('{13912341234,+86 139-1234-1234,025-57212345,5721234,12345,"",NULL}'::text[]) AS p;

SELECT outcome FROM liskeban.submit('{"source": "wechat", "external_id": "a", "category": "general", "title": "张三丰投诉", "lon": 119.02, "lat": 31.02, "datum": "cgcs2000",
  "description": "电话１３９１２３４１２３４，身份证320124199001011234；旧证320124700101123", "address": "0086 139 1234 1234", "reporter_name": "张三丰", "reporter_phone": "139 1234 1234", "reported_at": "2026-03-02T07:00:00+08:00"}');
SELECT outcome FROM liskeban.submit('{"source": "wechat", "external_id": "a", "event": "supplement", "text": "or call 025-57212345", "reported_at": "2026-03-02T07:30:00+08:00"}');
SELECT outcome FROM liskeban.submit('{"source": "wechat", "external_id": "b", "category": "general", "title": "again", "lon": 119.02, "lat": 31.02, "datum": "cgcs2000", "reporter_name": "李四", "reporter_phone": "+8613912341234"}');
SELECT outcome FROM liskeban.submit('{"source": "wechat", "external_id": "a", "category": "simple", "title": "x", "reporter_phone": "13912341234", "lon": 119.02, "lat": 31.02}');
SELECT 320117000000001 AS a, 320117000000002 AS b \gset

-- the desk finds by telephone, sees it masked, and reads it for a reason
SET SESSION AUTHORIZATION pd_desk;
SELECT ticket_id % 1000 AS n FROM liskeban.find_tickets(phone => '139-1234-1234');
SELECT ticket_id % 1000 AS n, name, phone FROM liskeban.ticket_reporter ORDER BY 1;
SELECT * FROM liskeban.reporter;
SELECT phone_hash FROM liskeban.reporter;
SELECT * FROM liskeban.read_reporter(:a, '回访前核对');
SELECT * FROM liskeban.read_reporter(:a, '接到110，电话13912341234', 'verify');
SELECT * FROM liskeban.read_reporter(:a, ' ');
SELECT * FROM liskeban.read_reporter(:a, 'why', 'curiosity');
SELECT * FROM liskeban.read_reporter(:a, NULL);
SELECT * FROM liskeban.read_reporter(5, 'why');
-- the digest is nobody's to give
UPDATE liskeban.reporter SET phone_hash = '\x00' WHERE ticket_id = :a;
INSERT INTO liskeban.reporter (ticket_id, phone_hash) VALUES (:b, '\x00');
UPDATE liskeban.reporter SET phone = '13912341235' WHERE ticket_id = :b;
SELECT ticket_id % 1000 AS n FROM liskeban.find_tickets(phone => '13912341235');
UPDATE liskeban.reporter SET phone = NULL WHERE ticket_id = :b;
SELECT count(*) FROM liskeban.find_tickets(phone => '13912341235');
UPDATE liskeban.reporter SET phone = '13912341234' WHERE ticket_id = :b;
SELECT count(*) FROM liskeban.access_log;
-- who is not concerned
SET SESSION AUTHORIZATION pd_v1;
SELECT phone FROM liskeban.masked_reporter(:a);
SELECT phone FROM liskeban.read_reporter(:a, '上门');
SET SESSION AUTHORIZATION pd_v2;
SELECT phone FROM liskeban.masked_reporter(:a);
SELECT phone FROM liskeban.read_reporter(:a, '上门');
SET SESSION AUTHORIZATION pd_web;
SELECT phone FROM liskeban.read_reporter(:a, 'mine');
SET SESSION AUTHORIZATION pd_reader;
SELECT phone FROM liskeban.read_reporter(:a, 'statistics');
SELECT liskeban.anonymise_before('2026-03-05');
SET SESSION AUTHORIZATION pd_chief;
SELECT * FROM liskeban.reporter;
SELECT ticket_id % 1000 AS n, actor, login, purpose, reason FROM liskeban.access_log ORDER BY access_id;
RESET SESSION AUTHORIZATION;
BEGIN READ ONLY;
SELECT phone FROM liskeban.read_reporter(:a, 'without a trace');
ROLLBACK;

-- the access log is kept as history is, and only the library writes it
SELECT code('UPDATE liskeban.access_log SET reason = ''x'''), code('DELETE FROM liskeban.access_log'), code('TRUNCATE liskeban.access_log'),
  code('INSERT INTO liskeban.access_log (at, actor, login, purpose, reason, reason_digest, hash) VALUES (now(), ''a'', ''a'', ''verify'', ''x'', ''x'', ''x'')'),
  code('UPDATE liskeban.ledger_seal SET entries = 0'), code('INSERT INTO liskeban.ledger_seal SELECT * FROM liskeban.ledger_seal');
SELECT code('UPDATE liskeban.ticket_event SET note = NULL');

-- a life full of it; another that will be late
SELECT report() IS NOT NULL AS late;
SELECT liskeban.accept(:a, '联系 13912341234'), liskeban.dispatch(:a, '320117001001', NULL, 'to the village'), liskeban.arrive(:a);
UPDATE liskeban.ticket SET note = 'ask 张三丰', extra = '{"tel": 13912341234, "who": ["张三丰"], "n": 5}' WHERE ticket_id = :a;
SELECT liskeban.resolve(:a, '已联系320124199001011234', '张三丰同志您好');
SELECT liskeban.act_as('desk');
SELECT liskeban.record_feedback(:a, 'satisfied', true, '打13912341234', 'phone');
SELECT liskeban.close(:a, 'call 13912341234'), liskeban.withdraw(:b, 'nothing of anybody');
SELECT liskeban.act_as(NULL);
SET liskeban.now = '2026-03-04 08:00+08';
CALL liskeban.run_sweep();
SELECT liskeban.note_watermark() > 0;
SELECT liskeban.seal_ledgers();
SELECT liskeban.seal_ledgers();
SELECT liskeban.note_watermark() > 0, liskeban.seal_history() > 0;
SELECT ledger, seal_id, entries = (SELECT count(*) FROM liskeban.alarm) AS all_of_it FROM liskeban.ledger_seal WHERE ledger = 'alarm';
SELECT * FROM liskeban.verify_ledgers();
CREATE TEMP TABLE before AS SELECT k.* FROM liskeban.kpi('2026-03-01', '2026-03-05', 'village') AS k;
CREATE TEMP TABLE hashes AS SELECT event_id, note_digest, hash FROM liskeban.ticket_event;

SELECT liskeban.anonymise_before('2026-03-02');
SELECT liskeban.anonymise_before('2026-03-04');
SELECT liskeban.anonymise_before('2026-03-04');
SELECT ticket_id % 1000 AS n, name, phone, phone_hash, anonymised_at FROM liskeban.reporter ORDER BY 1;
SELECT ticket_id % 1000 AS n, title, description, address, resolution, reply, note, extra, last_seq FROM liskeban.ticket ORDER BY 1;
SELECT ticket_id % 1000 AS n, seq, action, note, note_digest IS NOT NULL AS digest FROM liskeban.ticket_event WHERE note_digest IS NOT NULL ORDER BY 1, 2;
SELECT words, request FROM liskeban.ticket_message ORDER BY message_id;
SELECT comment FROM liskeban.feedback;
SELECT left(raw, 15) AS raw, reason FROM liskeban.intake_reject;
SELECT purpose, reason FROM liskeban.access_log ORDER BY access_id;
-- nothing else changed, and nothing is said to have
SELECT count(*) FROM hashes AS h JOIN liskeban.ticket_event AS e USING (event_id)
 WHERE (h.hash, h.note_digest) IS DISTINCT FROM (e.hash, e.note_digest);
(TABLE before EXCEPT SELECT k.* FROM liskeban.kpi('2026-03-01', '2026-03-05', 'village') AS k)
UNION ALL (SELECT k.* FROM liskeban.kpi('2026-03-01', '2026-03-05', 'village') AS k EXCEPT TABLE before);
SELECT * FROM liskeban.verify_history();
SELECT * FROM liskeban.check_invariants();
SELECT name, phone FROM liskeban.read_reporter(:a, 'once more');
SELECT count(*) FROM liskeban.find_tickets(phone => '13912341234');
-- a clearing looks at what newly fell due, and no more
SET enable_seqscan = off;
BEGIN;
SELECT seq_tup_read + idx_tup_fetch AS before FROM pg_stat_xact_user_tables WHERE schemaname = 'liskeban' AND relname = 'ticket' \gset
SELECT liskeban.anonymise_before('2026-03-04');
SELECT seq_tup_read + idx_tup_fetch - :before AS read FROM pg_stat_xact_user_tables WHERE schemaname = 'liskeban' AND relname = 'ticket';
COMMIT;
RESET enable_seqscan;
SELECT ticket_id % 1000 AS n, since FROM liskeban.clearing ORDER BY 1;
-- what was said of it later goes in its turn, in a note and beside history
SELECT name FROM liskeban.read_reporter(:a, '又打13912341234');
SELECT liskeban.attach(:a, 'feedback', 'tel:13912341234') IS NOT NULL AS attached;
UPDATE liskeban.ticket SET note = 'once more 13912341234' WHERE ticket_id = :b;
SELECT ticket_id % 1000 AS n, since FROM liskeban.clearing ORDER BY 1;
SET liskeban.now = '2026-03-05 08:00+08';
SELECT liskeban.act_as('desk');
SELECT liskeban.ask(:a, 'reopen', 'not done'); SELECT liskeban.act_as('chief'); SELECT liskeban.decide(request_id, true, 'so be it') FROM liskeban.request WHERE kind = 'reopen'; SELECT liskeban.act_as('desk');
SELECT liskeban.reopen(:a, 'call 13912341234');
-- reopened: not until it is over again; a retention that was longer meanwhile changes nothing
SELECT liskeban.anonymise_before('2026-03-03'), liskeban.anonymise_before('2026-03-06');
SELECT note FROM liskeban.ticket WHERE ticket_id = :b;
SELECT reason FROM liskeban.access_log WHERE ticket_id = :a ORDER BY access_id DESC LIMIT 1;
SELECT liskeban.withdraw(:a, 'no, 13912341234');
SELECT liskeban.act_as(NULL);
SELECT note FROM liskeban.ticket_event WHERE ticket_id = :a AND action IN ('reopen', 'withdraw') ORDER BY seq;
SET liskeban.now = '2026-03-07 08:00+08';
SELECT liskeban.anonymise_before('2026-03-07');
SELECT note, note_digest IS NOT NULL AS digest FROM liskeban.ticket_event WHERE ticket_id = :a AND action IN ('reopen', 'withdraw') ORDER BY seq;
SELECT reason FROM liskeban.access_log WHERE ticket_id = :a ORDER BY access_id DESC LIMIT 1;
SELECT uri FROM liskeban.attachment WHERE ticket_id = :a;
SELECT ticket_id % 1000 AS n, since FROM liskeban.clearing ORDER BY 1;
-- what is cleared is found by an index, never by reading all there is
SELECT DISTINCT p.relation, p.found_by FROM liskeban._personal_text() AS p
 WHERE NOT EXISTS (SELECT FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                    WHERE i.indrelid = ('liskeban.' || p.relation)::regclass AND a.attname = CASE p.found_by WHEN 'at' THEN 'at' ELSE 'ticket_id' END
                      AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) IN ('(ticket_id IS NOT NULL)', format('(%I IS NOT NULL)', p."column")))) ORDER BY 1, 2;
BEGIN;
ALTER TABLE liskeban.outbox DISABLE TRIGGER outbox_kept;
INSERT INTO liskeban.outbox (at, topic, payload) SELECT '2026-01-01 08:00+08'::timestamptz + n * interval '1 minute', 'alarm', '{"alarm_id": 1, "clock": "resolve", "level": "red"}' FROM generate_series(1, 50000) AS n;
INSERT INTO liskeban.ticket_message (source, external_id, event, digest, at, ticket_id, outcome, words, gives_name, gives_phone)
SELECT 'wechat', 'x' || n, 'supplement', '', '2026-01-01 08:00+08', 1000 + n, 'supplemented', '{words}', false, false FROM generate_series(1, 20000) AS n;
ANALYZE liskeban.outbox;
ANALYZE liskeban.ticket_message;
CREATE FUNCTION found(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
  EXECUTE 'EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF, SUMMARY OFF) ' || statement INTO plan;
  RETURN CASE WHEN jsonb_path_exists(plan, '$.** ? (@."Node Type" == "Seq Scan" && (@."Actual Rows" > 100 || @."Rows Removed by Filter" > 100))') THEN 'all of it' ELSE 'by index' END;
END $$;
SELECT found('UPDATE liskeban.outbox AS x SET payload = liskeban._redacted(x.payload - ''reply'', y.name) FROM (VALUES (NULL::text)) AS y(name) WHERE x.at >= ''2026-01-20 08:00+08'' AND x.at < ''2026-01-21 08:00+08'' AND (liskeban._redacted(x.payload - ''reply'', y.name) <> x.payload)') AS outbox,
       found('UPDATE liskeban.ticket_message AS x SET words = liskeban._redacted(x.words, y.name) FROM unnest(''{1500,1600}''::bigint[], ''{a,b}''::text[]) AS y(ticket_id, name) WHERE x.ticket_id = y.ticket_id AND (liskeban._redacted(x.words, y.name) <> x.words)') AS ticket_message;
ROLLBACK;
-- nobody else may open that door
SELECT code('SELECT liskeban._anonymise_steps(ARRAY[1::bigint], now())');
SELECT has_function_privilege(g, 'liskeban._anonymise_batch(bigint[], timestamptz)', 'EXECUTE') AS batch, has_function_privilege(g, 'liskeban._log_access(bigint, text, text, bigint)', 'EXECUTE') AS log
  FROM unnest('{liskeban_admin,liskeban_dispatcher,liskeban_job,public}'::text[]) AS g;

-- what is not personal stays
SELECT liskeban._redacted(t) FROM unnest('{单号 320117000000001 event 3201170000000001,2026-03-02 08:00:00,金额123456789012元,12345热线,110,第20260302号,网格32011700100100101}'::text[]) AS t;
SELECT liskeban._redacted(t) FROM unnest('{+86-139 1234 1234,(025)57212345,02557212345,32012419900101123X,320124 19900101 1234,号码１３９１２３４１２３４。,tel:13912341234/13912341235}'::text[]) AS t;

-- tampering with triggers off: each is found and named
SELECT liskeban.seal_ledgers(), liskeban.seal_ledgers();
CREATE FUNCTION tampered(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  found text;
BEGIN
  BEGIN
    ALTER TABLE liskeban.alarm DISABLE TRIGGER USER;
    ALTER TABLE liskeban.alarm_p000 DISABLE TRIGGER USER;
    ALTER TABLE liskeban.access_log DISABLE TRIGGER USER;
    ALTER TABLE liskeban.ledger_seal DISABLE TRIGGER USER;
    EXECUTE statement;
    found := (SELECT string_agg(format('%s %s %s', v.problem, v.ledger, v.id % 1000), ', ' ORDER BY v.ledger, v.id) FROM liskeban.verify_ledgers() AS v)
             || ' / ' || (SELECT count(*) FROM liskeban.check_invariants() AS c WHERE c.invariant = 'ledger holds');
    RAISE EXCEPTION USING ERRCODE = 'ZZ000';
  EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
  END;
  RETURN found;
END $$;
SELECT s, tampered(s) FROM unnest(ARRAY[
  'UPDATE liskeban.alarm SET at = at - interval ''1 second'' WHERE alarm_id = 3201170000000002',
  'UPDATE liskeban.alarm SET clock = ''handle'' WHERE alarm_id = 3201170000000003',
  'DELETE FROM liskeban.alarm WHERE alarm_id = 3201170000000001',
  'INSERT INTO liskeban.alarm (alarm_id, ticket_id, at, fired_at, clock, level, run) OVERRIDING SYSTEM VALUE SELECT alarm_id, ticket_id, at, fired_at, clock, level, run + 50 FROM liskeban.alarm WHERE alarm_id = 3201170000000001',
  'UPDATE liskeban.access_log SET actor = ''nobody'' WHERE access_id = 3201170000000001',
  'UPDATE liskeban.access_log SET reason = ''a good one'' WHERE access_id = 3201170000000001',
  'UPDATE liskeban.access_log SET at = at + interval ''1 day'', hash = ''\x00'' WHERE access_id = 3201170000000001',
  'DELETE FROM liskeban.access_log WHERE access_id = 3201170000000002',
  'INSERT INTO liskeban.access_log OVERRIDING SYSTEM VALUE SELECT access_id + 900, at, ticket_id, actor, login, purpose, reason, reason_digest, hash FROM liskeban.access_log WHERE access_id = 3201170000000002',
  'DELETE FROM liskeban.ledger_seal WHERE ledger = ''access_log'' AND seal_id = 1',
  'UPDATE liskeban.ledger_seal SET marks = marks || ''\x00'' WHERE ledger = ''alarm'' AND seal_id = 1',
  'UPDATE liskeban.ledger_seal SET root = sha256(''x'') WHERE ledger = ''access_log'' AND seal_id = 1']) AS s;
SELECT * FROM liskeban.check_invariants();
