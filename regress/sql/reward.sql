-- Rewards for clues: the first valid report, once, within the budget and the time, to a token; who it was is told to an administrator alone.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE DATABASE regress_liskeban_reward TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_reward
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
SET liskeban.now = '2026-07-20 08:00+08';
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
\i regress/data/guard_district.sql
INSERT INTO liskeban.membership (role_name, duty, department) VALUES ('chief2', 'admin', NULL);
INSERT INTO liskeban.duty (department, person, phone, begins_at, ends_at) VALUES
  ('gas_supply', '值班员', '139 0000 0001', '2026-07-20 00:00+08', '2026-07-21 00:00+08'), ('education', '校长', '13900000002', '2026-07-01 00:00+08', NULL);
INSERT INTO liskeban.grid_member (area, network, person, phone, begins_at) VALUES
  ('320117001001', 'safety', '安全员', NULL, '2026-01-01 00:00+08'), ('320117001002', 'safety', '邻村员', '13900000003', '2026-01-01 00:00+08');
SELECT code, amount, claim_within FROM liskeban.reward_tier ORDER BY amount;
INSERT INTO liskeban.reward_budget (month, cap) VALUES ('2026-07-01', 1300), ('2026-08-01', 10000);

CREATE FUNCTION clue(who text, phone text, chain text DEFAULT 'gas', at geometry DEFAULT here()) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  PERFORM later('1 minute');
  RETURN (SELECT c.ticket_id FROM liskeban.report_clue(clue.chain, '闻到燃气味', clue.at, jsonb_build_array(jsonb_build_object('name', who, 'phone', phone)), 'general', '某小区', 'wechat') AS c);
END $$;
-- who did what, and whom the ledger knows by which number
CREATE FUNCTION did(identity text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  message text; state text; detail text; value text;
BEGIN
  PERFORM liskeban.act_as(identity);
  EXECUTE statement INTO value;
  PERFORM liskeban.act_as(NULL);
  RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
  RETURN concat_ws(' ', state, message, nullif('(' || detail || ')', '()'));
END $$;
CREATE VIEW token AS SELECT ticket_id, token FROM liskeban.clue_reporter WHERE nth = 1;
CREATE VIEW told AS SELECT r.reward_id % 100 AS n, r.kind, r.ticket_id % 100 AS clue, r.hazard_ticket % 100 AS hazard, r.tier, r.amount, r.month, local(r.at) AS at, local(r.expires_at) AS expires,
  (SELECT t.ticket_id % 100 FROM token AS t WHERE t.token = r.token) AS first_signer_of, nullif(r.actor, session_user) AS actor FROM liskeban.reward AS r ORDER BY r.reward_id;

-- joint report: three sign, the first is the one
SELECT c.ticket_id AS joint, c.token FROM liskeban.report_clue('gas', '夜间有人倒燃气瓶', here(), '[{"name": "张一", "phone": "13800000001"}, {"name": "李二", "phone": "13800000002"}, {"name": "王三"}]', 'general', NULL, 'wechat') AS c \gset
SELECT kind, state, confidential, has_reporter, title, source FROM liskeban.ticket WHERE ticket_id = :joint;
SELECT nth, name, phone, phone_hash IS NOT NULL AS hashed, token = :'token' AS told FROM liskeban.clue_reporter WHERE ticket_id = :joint ORDER BY nth;
SELECT chain, valid, tier FROM liskeban.clue WHERE ticket_id = :joint;

-- verified: a hazard ticket, dispatched to the department of the chain; the clue's is answered
SELECT did('desk', format('SELECT liskeban.verify_clue(%s, ''serious'')', :joint));
SELECT c.valid, c.tier, c.decided_by, h.kind, h.state, h.source, h.department, h.extra ->> 'chain' AS chain, c.hazard_ticket AS hazard, t.state AS clue_state
  FROM liskeban.clue AS c JOIN liskeban.ticket AS h ON h.ticket_id = c.hazard_ticket JOIN liskeban.ticket AS t ON t.ticket_id = c.ticket_id WHERE c.ticket_id = :joint \gset
\echo :valid :tier :decided_by :kind :state :source :department :chain :clue_state

-- another clue to the same hazard is valid and earns nothing, whichever is verified or awarded first
SELECT clue('赵四', '13800000004') AS second \gset
SELECT did('desk', format('SELECT liskeban.verify_clue(%s, ''major'', %s)', :second, :hazard));
SELECT did('chief', format('SELECT liskeban.award_clue(%s)', :second));
SELECT did('desk', format('SELECT liskeban.award_clue(%s)', :joint));
SELECT did('chief', format('SELECT liskeban.award_clue(%s)', :joint)), did('chief', format('SELECT liskeban.award_clue(%s)', :joint)),
  did('chief', format('SELECT liskeban.award_clue(%s)', :second));
SELECT * FROM told;

-- a hazard that was known before the clue came
INSERT INTO liskeban.ticket (kind, source, category, title, geom) VALUES ('hazard', 'gas_iot', 'general', 'a sensor', here()) RETURNING ticket_id AS known \gset
SELECT clue('钱五', '13800000005') AS late \gset
SELECT did('desk', format('SELECT liskeban.verify_clue(%s, ''general'', %s)', :late, :known)), did('chief', format('SELECT liskeban.award_clue(%s)', :late));

-- staff: on duty for a department of the chain, or in the safety network there; not who is off duty, of another chain, or elsewhere
SELECT s.who, clue(s.who, s.phone, s.chain) AS ticket_id INTO TABLE staff
  FROM (VALUES (1, '不相干', '13900000001', 'gas'), (2, '校长', '13900000002', 'gas'), (3, '安全员', '13700000000', 'gas'), (4, '邻村员', '13900000003', 'gas'), (5, '值班员', '13900000001', 'workshop')) AS s(nth, who, phone, chain);
SELECT who, did('desk', format('SELECT liskeban.verify_clue(%s, ''minor'')', ticket_id)) AS verified, did('chief', format('SELECT liskeban.award_clue(%s)', ticket_id)) AS awarded
  FROM staff ORDER BY ticket_id;

-- the cap of the month: 1,000 + 3 × 50 of 1,300 are gone; a month without a budget has none
SELECT clue('孙六', '13800000006') AS costly \gset
SELECT did('desk', format('SELECT liskeban.verify_clue(%s, ''general'')', :costly)), did('chief', format('SELECT liskeban.award_clue(%s)', :costly));
SELECT month, cap, awarded FROM liskeban.reward_budget ORDER BY month;
SELECT at('2026-09-01 00:00');
SELECT did('chief', format('SELECT liskeban.award_clue(%s)', :costly));
SELECT at('2026-08-31 23:59');
SELECT did('chief', format('SELECT liskeban.award_clue(%s)', :costly));
SELECT month, cap, awarded FROM liskeban.reward_budget ORDER BY month;
SELECT code('UPDATE liskeban.reward_budget SET cap = 1000 WHERE month = ''2026-07-01'''), code('UPDATE liskeban.reward_budget SET cap = 1150 WHERE month = ''2026-07-01'''),
  code('INSERT INTO liskeban.reward_budget (month, cap) VALUES (''2026-07-02'', 1)');

-- paid once, by another than awarded it, to the token, in time
SELECT did('chief', format('SELECT liskeban.pay_reward(%L)', (SELECT token FROM token WHERE ticket_id = :joint))),
  did('chief2', format('SELECT liskeban.pay_reward(%L)', (SELECT token FROM liskeban.clue_reporter WHERE ticket_id = :joint AND nth = 2))),
  did('chief2', format('SELECT liskeban.pay_reward(%L)', (SELECT token FROM token WHERE ticket_id = :joint))),
  did('chief2', format('SELECT liskeban.pay_reward(%L)', (SELECT token FROM token WHERE ticket_id = :joint)));
SELECT liskeban.expire_rewards();
SELECT at('2026-09-18 09:00');
SELECT did('chief2', format('SELECT liskeban.pay_reward(%L)', (SELECT t.token FROM token AS t JOIN staff AS s USING (ticket_id) WHERE s.who = '校长')));
SELECT liskeban.expire_rewards(), liskeban.expire_rewards();
SELECT did('chief2', format('SELECT liskeban.pay_reward(%L)', (SELECT t.token FROM token AS t JOIN staff AS s USING (ticket_id) WHERE s.who = '校长')));
SELECT did('chief2', format('SELECT liskeban.pay_reward(%L)', (SELECT token FROM token WHERE ticket_id = :costly)));
SELECT * FROM told;

-- refused
SELECT clue('周七', '13800000007') AS bad \gset
SELECT did('desk', format('SELECT liskeban.refuse_clue(%s, ''untrue'', ''现场未发现'')', :bad)), did('desk', format('SELECT liskeban.verify_clue(%s, ''minor'')', :bad)),
  did('chief', format('SELECT liskeban.award_clue(%s)', :bad));
SELECT c.valid, c.refusal, t.state, t.reply FROM liskeban.clue AS c JOIN liskeban.ticket AS t USING (ticket_id) WHERE ticket_id = :bad;

-- a clue that came another way; anonymous ones are welcome
SELECT ticket_id AS submitted FROM liskeban.submit('{"source": "wechat", "external_id": "c", "kind": "clue", "category": "general", "title": "飞线充电", "lon": 119.02, "lat": 31.02, "datum": "cgcs2000", "reporter_name": "吴八", "reporter_phone": "13800000008"}') \gset
SELECT did('desk', format('SELECT liskeban.verify_clue(%s, ''minor'')', :submitted)), did('desk', format('SELECT liskeban.register_clue(%s, ''ebike'')', :submitted));
SELECT name, phone FROM liskeban.clue_reporter WHERE ticket_id = :submitted;
SELECT name, phone, phone_hash, anonymised_at IS NOT NULL AS moved FROM liskeban.reporter WHERE ticket_id = :submitted;
SELECT c.token IS NOT NULL AS token FROM liskeban.report_clue('gas', 'somebody says', NULL, source => 'wechat') AS c;

-- every error
SELECT s.nth, try(format(s.statement, s.arg)) FROM (VALUES
  (1, 'SELECT liskeban.report_clue(''x'', ''y'', source => ''wechat'')', 0), (2, 'SELECT liskeban.report_clue(NULL, ''y'')', 0), (3, 'SELECT liskeban.report_clue(''gas'', '' '')', 0),
  (4, 'SELECT liskeban.report_clue(''gas'', ''y'', reporters => ''{}'', source => ''wechat'')', 0), (5, 'SELECT liskeban.report_clue(''gas'', ''y'', reporters => ''[1]'', source => ''wechat'')', 0),
  (6, 'SELECT liskeban.report_clue(''gas'', ''y'', category => ''x'', source => ''wechat'')', 0),
  (7, 'SELECT liskeban.register_clue(%s, ''gas'')', :known), (8, 'SELECT liskeban.register_clue(%s, ''gas'')', :submitted), (9, 'SELECT liskeban.register_clue(NULL, ''gas'')', 0),
  (10, 'SELECT liskeban.register_clue(5, ''gas'')', 0), (11, 'SELECT liskeban.register_clue(%s, NULL)', :known),
  (12, 'SELECT liskeban.verify_clue(%s, NULL)', :submitted), (13, 'SELECT liskeban.verify_clue(%s, ''x'')', :submitted), (14, 'SELECT liskeban.verify_clue(%s, ''minor'', 5)', :submitted),
  (15, 'SELECT liskeban.verify_clue(%1$s, ''minor'', %1$s)', :submitted), (16, 'SELECT liskeban.verify_clue(%s, ''minor'', NULL, ''x'')', :submitted), (17, 'SELECT liskeban.verify_clue(NULL, ''minor'')', 0),
  (18, 'SELECT liskeban.verify_clue(%s, ''minor'')', :known), (19, 'SELECT liskeban.refuse_clue(%s, ''bored'', ''no'')', :submitted), (20, 'SELECT liskeban.refuse_clue(%s, ''known'', '' '')', :submitted),
  (21, 'SELECT liskeban.refuse_clue(%s, ''known'', NULL)', :submitted), (22, 'SELECT liskeban.award_clue(NULL)', 0), (23, 'SELECT liskeban.award_clue(5)', 0), (24, 'SELECT liskeban.award_clue(%s)', :submitted),
  (25, 'SELECT liskeban.pay_reward(NULL)', 0), (26, 'SELECT liskeban.pay_reward(gen_random_uuid())', 0), (27, 'SELECT liskeban.read_clue_reporter(NULL, ''x'')', 0),
  (28, 'SELECT liskeban.read_clue_reporter(gen_random_uuid(), ''x'')', 0), (29, 'SELECT liskeban.read_clue_reporter(gen_random_uuid(), '' '')', 0),
  (30, 'UPDATE liskeban.reward SET amount = 1', 0), (31, 'DELETE FROM liskeban.reward', 0), (32, 'TRUNCATE liskeban.reward', 0), (33, 'DELETE FROM liskeban.reward_tier', 0)) AS s(nth, statement, arg) ORDER BY s.nth;

-- kept secret: nobody reads who it was but an administrator, and that is noted
DO $$
DECLARE r text;
BEGIN
  FOREACH r IN ARRAY '{desk:dispatcher,web:source,reader:analyst,chief:admin}'::text[] LOOP
    EXECUTE format('DROP ROLE IF EXISTS %I', 'rw_' || split_part(r, ':', 1));
    EXECUTE format('CREATE ROLE %I LOGIN IN ROLE %I', 'rw_' || split_part(r, ':', 1), 'liskeban_' || split_part(r, ':', 2));
    INSERT INTO liskeban.membership (role_name, duty, area, department, source)
      SELECT 'rw_' || m.role_name, m.duty, m.area, m.department, m.source FROM liskeban.membership AS m WHERE m.role_name = split_part(r, ':', 1);
  END LOOP;
END $$;
SET SESSION AUTHORIZATION rw_chief;
SELECT count(*) FROM liskeban.clue_reporter;
SELECT ticket_id % 100 AS clue, nth, name, phone FROM liskeban.read_clue_reporter(:'token', '核对领奖人');
SELECT ticket_id % 100 AS clue, actor, purpose, reason FROM liskeban.access_log ORDER BY access_id;
SET SESSION AUTHORIZATION rw_desk;
SELECT name FROM liskeban.read_clue_reporter(:'token', 'who was it');
SELECT count(*) FROM liskeban.clue_reporter;
SELECT count(*) FROM liskeban.reward;
SELECT liskeban.award_clue(:joint);
SELECT count(*) > 0 AS clues FROM liskeban.clue;
SELECT name, phone FROM liskeban.read_reporter(:joint, 'who was it');
SET SESSION AUTHORIZATION rw_reader;
SELECT * FROM liskeban_report.reward_total;
SELECT month, clues, verified, refused, rewarded, amount, paid, paid_amount, lapsed FROM liskeban_report.reward_monthly ORDER BY month;
SELECT count(*) FROM liskeban.clue;
RESET SESSION AUTHORIZATION;
BEGIN READ ONLY;
SELECT name FROM liskeban.read_clue_reporter(:'token', 'without a trace');
ROLLBACK;

-- tampering is found and named
SELECT * FROM liskeban.check_invariants() ORDER BY 1, 2, 3;
SELECT count(*) FROM (SELECT liskeban.seal_ledgers() UNION ALL SELECT liskeban.seal_ledgers()) AS twice;
BEGIN;
ALTER TABLE liskeban.reward DISABLE TRIGGER USER;
UPDATE liskeban.reward SET amount = 5000 WHERE reward_id % 100 = 1;
UPDATE liskeban.reward SET actor = 'nobody' WHERE reward_id % 100 = 2;
DELETE FROM liskeban.reward WHERE reward_id % 100 = 6;
SELECT ledger, problem, id % 100 AS reward FROM liskeban.verify_ledgers() ORDER BY 1, 2, 3;
SELECT invariant, ticket_id % 100 AS clue, regexp_replace(problem, '\d{12,}', 'N', 'g') AS problem FROM liskeban.check_invariants() ORDER BY 1, 2, 3;
ROLLBACK;
SELECT * FROM liskeban.verify_ledgers();

-- in time it goes
SELECT act('desk2', format('UPDATE liskeban.ticket SET state = ''closed'', checked_by = ''desk2'' WHERE ticket_id = %s', :joint));
SELECT at('2026-11-01 00:00');
SELECT liskeban.anonymise_before('2026-10-31') >= 0 AS cleared;
SELECT nth, name, phone, phone_hash, anonymised_at IS NOT NULL AS cleared FROM liskeban.clue_reporter WHERE ticket_id = :joint ORDER BY nth;
SELECT * FROM liskeban.verify_ledgers();
\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_liskeban_reward;
DROP ROLE rw_desk, rw_web, rw_reader, rw_chief;
