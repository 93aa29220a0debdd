-- Supplies: the split by distance, a ledger that adds up to the stock, and nothing that is not there.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE DATABASE regress_liskeban_supply TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_supply
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
SET liskeban.now = '2026-07-20 08:00+08';
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
\i regress/data/guard_district.sql
INSERT INTO liskeban.supply_depot (code, name, geom) VALUES
  ('near', '近库', north(500)), ('middle', '中库', north(2000)), ('far', '远库', north(6000)), ('shut', '旧库', north(100));
SELECT code, area FROM liskeban.supply_depot ORDER BY code;
SELECT report() AS a \gset
SELECT liskeban.receive_supplies('near', 'pump', 5) % 100 AS move, liskeban.receive_supplies('middle', 'pump', 10) % 100 AS move,
  liskeban.receive_supplies('far', 'pump', 20) % 100 AS move, liskeban.receive_supplies('shut', 'pump', 50) % 100 AS move,
  liskeban.receive_supplies('near', 'pump', 1) % 100 AS move;
UPDATE liskeban.supply_depot SET retired_at = liskeban.liskeban_now() WHERE code = 'shut';

-- the split covers the quantity by distance; where there is not enough it says how much there is
SELECT nth, depot, in_stock, take, round(distance) AS metres FROM liskeban.nearest_supplies(:a, 'pump', 4) ORDER BY nth;
SELECT nth, depot, in_stock, take, round(distance) AS metres FROM liskeban.nearest_supplies(:a, 'pump', 20) ORDER BY nth;
SELECT nth, depot, take FROM liskeban.nearest_supplies(:a, 'pump', 100) ORDER BY nth;
SELECT nth, depot, take FROM liskeban.nearest_supplies(:a, 'sandbag', 1) ORDER BY nth;
INSERT INTO liskeban.ticket (source, category, title) VALUES ('hotline_12345', 'general', 'nowhere') RETURNING ticket_id AS nowhere \gset
SELECT nth, depot, take, distance FROM liskeban.nearest_supplies(:nowhere, 'pump', 25) ORDER BY nth;
-- it promises nothing
SELECT depot, quantity FROM liskeban.supply_stock ORDER BY depot;

SELECT move_id % 100 AS move, depot, issued, round(distance) AS metres FROM liskeban.issue_supplies(:a, 'pump', 8) ORDER BY 1;
SELECT depot, quantity FROM liskeban.supply_stock ORDER BY depot;
SELECT liskeban.return_supplies(3201170000000006, 4) % 100 AS move;
SELECT move_id % 100 AS move, depot, kind, quantity, ticket_id = :a AS for_it, issue_id % 100 AS of_issue, nullif(actor, session_user) AS actor
  FROM liskeban.supply_move ORDER BY move_id;
SELECT sum(quantity) FILTER (WHERE kind = 'issue') - sum(quantity) FILTER (WHERE kind = 'return') AS out,
  sum(quantity) FILTER (WHERE kind = 'receipt') - (SELECT sum(quantity) FROM liskeban.supply_stock) AS drop FROM liskeban.supply_move;

-- every error
SELECT m.move_id AS issue FROM liskeban.supply_move AS m WHERE m.kind = 'issue' AND m.depot = 'middle' \gset
SELECT s.what, try(format(s.statement, s.arg)) FROM (VALUES
  (1, 'none', 'SELECT liskeban.nearest_supplies(%s, ''pump'', 0)', :a), (2, 'negative', 'SELECT liskeban.issue_supplies(%s, ''pump'', -1)', :a),
  (3, 'NULL', 'SELECT liskeban.issue_supplies(%s, ''pump'', NULL)', :a), (4, 'NULL', 'SELECT liskeban.issue_supplies(%s, NULL, 1)', :a),
  (5, 'NULL', 'SELECT liskeban.issue_supplies(NULL, ''pump'', 1)', :a), (6, 'no item', 'SELECT liskeban.issue_supplies(%s, ''gold'', 1)', :a),
  (7, 'no ticket', 'SELECT liskeban.issue_supplies(5, ''pump'', 1)', :a), (8, 'not enough', 'SELECT liskeban.issue_supplies(%s, ''pump'', 33)', :a),
  (9, 'no ticket', 'SELECT liskeban.nearest_supplies(5, ''pump'', 1)', :a), (10, 'no depot', 'SELECT liskeban.receive_supplies(''x'', ''pump'', 1)', :a),
  (11, 'retired', 'SELECT liskeban.receive_supplies(''shut'', ''pump'', 1)', :a), (12, 'NULL', 'SELECT liskeban.receive_supplies(NULL, ''pump'', 1)', :a),
  (13, 'no item', 'SELECT liskeban.receive_supplies(''near'', ''gold'', 1)', :a), (14, 'none', 'SELECT liskeban.receive_supplies(''near'', ''pump'', 0)', :a),
  (15, 'all of it', 'SELECT liskeban.return_supplies(%s, 2)', :issue), (16, 'too much', 'SELECT liskeban.return_supplies(%s, 3)', :issue),
  (17, 'none', 'SELECT liskeban.return_supplies(%s, 0)', :issue), (18, 'NULL', 'SELECT liskeban.return_supplies(%s, NULL)', :issue),
  (19, 'NULL', 'SELECT liskeban.return_supplies(NULL, 1)', :a), (20, 'no issue', 'SELECT liskeban.return_supplies(1, 1)', :a),
  (21, 'all there is', 'SELECT liskeban.issue_supplies(%s, ''pump'', 32)', :a),
  (22, 'overdrawn', 'UPDATE liskeban.supply_stock SET quantity = -1', :a),
  (23, 'ledger', 'UPDATE liskeban.supply_move SET quantity = 1', :a), (24, 'ledger', 'DELETE FROM liskeban.supply_move', :a),
  (25, 'ledger', 'INSERT INTO liskeban.supply_move (at, depot, item, kind, quantity, actor, login) VALUES (now(), ''near'', ''pump'', ''receipt'', 1, ''a'', ''a'')', :a),
  (26, 'registry', 'DELETE FROM liskeban.supply_depot', :a), (27, 'registry', 'TRUNCATE liskeban.supply_item CASCADE', :a)) AS s(nth, what, statement, arg) ORDER BY s.nth;
SELECT identity, code(format('SELECT liskeban.issue_supplies(%s, ''pump'', 1)', :a), identity) AS issue,
  code(format('SELECT liskeban.nearest_supplies(%s, ''pump'', 1)', :a), identity) AS look, code(format('SELECT liskeban.return_supplies(%s, 1)', :issue), identity) AS return
  FROM unnest('{desk,v1,v2,reader}'::text[]) AS identity;
SELECT make('closed', 'simple') AS closed \gset
SELECT try(format('SELECT liskeban.issue_supplies(%s, ''pump'', 1)', :closed));

-- a depot lies where the areas say
UPDATE liskeban.area SET valid_to = liskeban.liskeban_now() WHERE code::text = '320117001002';
SELECT code, area FROM liskeban.supply_depot ORDER BY code;

-- what does not add up is found
SELECT * FROM liskeban.check_invariants() ORDER BY 1, 2, 3;
BEGIN;
UPDATE liskeban.supply_stock SET quantity = quantity + 1 WHERE depot = 'far';
SELECT * FROM liskeban.check_invariants() ORDER BY 1, 2, 3;
ROLLBACK;
SELECT count(*) FROM (SELECT liskeban.seal_ledgers() UNION ALL SELECT liskeban.seal_ledgers()) AS twice;
SELECT ledger, entries FROM liskeban.ledger_seal WHERE ledger = 'supply_move';
BEGIN;
ALTER TABLE liskeban.supply_move DISABLE TRIGGER USER;
UPDATE liskeban.supply_move SET quantity = quantity + 1 WHERE move_id % 100 = 2;
DELETE FROM liskeban.supply_move WHERE move_id % 100 = 8;
SELECT ledger, problem, id % 100 AS move FROM liskeban.verify_ledgers() ORDER BY 1, 2, 3;
ROLLBACK;
SELECT * FROM liskeban.verify_ledgers();
\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_liskeban_supply;
