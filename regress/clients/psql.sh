#!/usr/bin/env bash
# psql: variables of \gset, act_as() until the transaction ends, SQLSTATE in :SQLSTATE.
set -euo pipefail
psql -X -q -A -t -F ' ' -U app <<'SQL'
SET client_min_messages = error;
\set payload '{"source": "hotline_12345", "external_id": "A-1", "category": "home_leak", "title": "楼上漏水", "lon": 119.02, "lat": 31.02, "reporter_phone": "13800000000"}'
BEGIN;
SELECT liskeban.act_as('hall', true) \g /dev/null
SELECT ticket_id, outcome FROM liskeban.submit(:'payload') \gset
\echo submit :outcome
SELECT outcome FROM liskeban.submit(:'payload') \gset
\echo again :outcome
COMMIT;
BEGIN;
SELECT liskeban.act_as('desk', true) \g /dev/null
SELECT 'accept', liskeban.accept(:ticket_id);
SELECT 'dispatch', liskeban.dispatch(:ticket_id, '320117001001');
SELECT 'due', to_char(resolve_due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') FROM liskeban.ticket WHERE ticket_id = :ticket_id;
COMMIT;
BEGIN;
SELECT liskeban.act_as('zhang', true) \g /dev/null
SELECT 'arrive', liskeban.arrive(:ticket_id, 'gps', ST_SetSRID(ST_MakePoint(119.02, 31.02), 4490));
SELECT 'resolve', liskeban.resolve(:ticket_id, '换了水管', reply => '已修好');
COMMIT;
\set ECHO none
BEGIN;
SELECT liskeban.act_as('desk', true) \g /dev/null
SELECT liskeban.accept(:ticket_id) \g /dev/null
\echo twice :SQLSTATE
ROLLBACK;
BEGIN;
SELECT liskeban.act_as('li', true) \g /dev/null
SELECT liskeban.arrive(:ticket_id) \g /dev/null
\echo stranger :SQLSTATE
ROLLBACK;
SELECT liskeban.submit(:'payload') \g /dev/null
\echo nobody :SQLSTATE
\connect - bi
SELECT 'events', string_agg(to_state, ',' ORDER BY seq) FROM liskeban_report.event WHERE ticket_id = :ticket_id;
SELECT 'kpi', key, name, received, completion_num, round(completion, 1) FROM liskeban.kpi('2024-10-28', '2024-10-28', 'district');
SELECT 'ticket', category_name, village_name, state, received_day FROM liskeban_report.ticket WHERE ticket_id = :ticket_id;
SQL
