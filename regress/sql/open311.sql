-- Open311 GeoReport v2 both ways: the shape of its published examples, its limits, its errors; and nobody's words.
CREATE DATABASE regress_liskeban_open311 TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_open311
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
SET liskeban.now = '2024-06-01 08:00:00+08';
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'America/New_York';
\getenv srcdir PG_ABS_SRCDIR
\set district :srcdir '/data/guard_district.sql'
\set ECHO none
\i :district
\set ECHO all
-- Services: the members of the published example, and no more
SELECT array_agg(DISTINCT k ORDER BY k) FROM jsonb_array_elements(liskeban.open311_services()) s, jsonb_object_keys(s) k;
SELECT s FROM jsonb_array_elements(liskeban.open311_services()) s WHERE s ->> 'service_code' = 'general';
SELECT jsonb_array_length(liskeban.open311_services()) = count(*) AS all_in_force FROM liskeban.category WHERE retired_at IS NULL;

-- In: as its example has it
SELECT liskeban.act_as('hotline');
SELECT liskeban.open311_submit('{"service_code": "general", "lat": "31.02", "long": "119.02", "address_string": "大东门街1号", "email": "smit333@sfgov.edu", "device_id": "tt222111",
  "account_id": "123456", "first_name": "三", "last_name": "张", "phone": "13800000000", "description": "13800000000 a large sinkhole", "media_url": "http://example.com/1.jpg"}') -> 0 AS answer \gset
SELECT liskeban.act_as(NULL);
SELECT :'answer'::jsonb;
SELECT source, category, title, area, address, has_reporter, extra FROM liskeban.ticket;
SELECT r.name, a.uri FROM liskeban.reporter r JOIN liskeban.attachment a USING (ticket_id);
SELECT n, act.r FROM (VALUES (1, NULL), (2, '[]'), (3, '{"lat": 1, "long": 2}'), (4, '{"service_code": "nosuch", "lat": 1, "long": 2}'), (5, '{"service_code": "general"}'),
  (6, '{"service_code": "general", "lat": 1}'), (7, '{"service_code": "general", "lat": "north", "long": 2}'), (8, '{"service_code": "general", "lat": 1e300, "long": 2}'),
  (9, '{"service_code": "general", "address_id": "x", "source": "nosuch"}')) v(n, r), LATERAL (SELECT liskeban.open311_submit(v.r::jsonb)) act(r) ORDER BY n;
SELECT liskeban.open311_submit(jsonb_build_object('service_code', 'general', 'address_string', 'x', 'description', repeat('长', 4001)));
-- Out: every member of the example, states as open and closed with the real one beside, the due in force
SELECT jsonb_pretty(liskeban.open311_request((:'answer'::jsonb ->> 'service_request_id')::bigint));
SELECT make('closed', 'general') AS closed, make('dispatched', 'call') AS sent, make('rejected', 'general') AS rejected \gset
SELECT q ->> 'status' AS status, q ->> 'status_notes' AS notes, q ->> 'expected_datetime' AS expected, t.resolve_due AT TIME ZONE 'UTC' AS due FROM jsonb_array_elements(liskeban.open311_requests()) q
  JOIN liskeban.ticket t ON t.ticket_id = (q ->> 'service_request_id')::bigint ORDER BY t.ticket_id;
SELECT f, jsonb_array_length(liskeban.open311_requests(f::jsonb)) FROM unnest(ARRAY['{"status": "open"}', '{"status": "closed"}', '{"status": "open,closed"}', '{"service_code": "call"}', '{"service_code": "call,general"}',
  '{"service_code": "call", "status": "closed"}', format('{"service_request_id": "%s,%s,1", "status": "none", "start_date": "never"}', :closed, :sent), '{"jurisdiction_id": "x", "api_key": "y"}',
  '{"start_date": "2024-06-01T00:05:00Z"}', '{"end_date": "2024-05-31T00:00:00Z"}']) f;
SELECT f, liskeban.open311_requests(f::jsonb) FROM unnest('{"[]","{\"status\": \"shut\"}","{\"start_date\": \"never\"}","{\"start_date\": \"infinity\"}","{\"start_date\": \"2024-01-01T00:00:00Z\", \"end_date\": \"2024-03-31T00:00:01Z\"}","{\"start_date\": \"2024-02-01\", \"end_date\": \"2024-01-01\"}","{\"service_request_id\": \"1; DROP\"}","{\"page\": 2}"}'::text[]) f;
SELECT liskeban.open311_requests('{"start_date": "2024-01-01T00:00:00Z", "end_date": "2024-03-31T00:00:00Z"}') AS ninety_days, liskeban.open311_request(1), liskeban.open311_request(NULL);
-- a confidential one is not published
UPDATE liskeban.ticket SET confidential = true, note = 'keep it' WHERE ticket_id = :sent;
SELECT liskeban.open311_request(:sent);
SET ROLE liskeban_analyst;
SELECT service_request_id = :closed AS published, count(*) FROM liskeban_report.open311_request WHERE service_request_id IN (:closed, :sent) GROUP BY 1;
RESET ROLE;
-- A definition: what the standard asks for where metadata is true, and where it is not nothing more is asked
SELECT liskeban.open311_service('general'), liskeban.open311_service('nosuch') -> 0 -> 'code' AS unknown, liskeban.open311_service('') -> 0 -> 'code' AS none, liskeban.open311_service(NULL) -> 0 -> 'code' AS null_;
-- Times: with the zone, as the standard has them; a mere day is the platform's; nothing else that PostgreSQL knows for one
SELECT t, liskeban._open311_instant(t) AT TIME ZONE 'UTC' AS utc FROM unnest('{1994-11-05T08:15:30-05:00,1994-11-05T13:15:30Z,1994-11-05T13:15Z,1994-11-05T13:15:30.25Z,1994-11-05,1994-11-05T13:15:30,1994-11-05 13:15:30Z,1994-13-05T00:00:00Z,1994-02-30,1994-11-05T25:00:00Z,1994-11-05T13:15:30+99:99,now,yesterday,infinity,epoch,19941105}'::text[]) WITH ORDINALITY AS u(t, n) ORDER BY n;
SELECT bool_and(v ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$') AS zoned, count(DISTINCT k) AS kinds FROM jsonb_array_elements(liskeban.open311_requests()) q, jsonb_each_text(q) e(k, v) WHERE k LIKE '%datetime' AND v IS NOT NULL;
-- both ends belong to the span
SELECT jsonb_array_length(liskeban.open311_requests(jsonb_build_object('start_date', t, 'end_date', t))) > 0 AS at_the_instant FROM (SELECT liskeban.open311_request(:closed) -> 0 ->> 'requested_datetime') v(t);
-- A form sends what was not filled in as well
SELECT liskeban.open311_requests('{"service_request_id": "", "service_code": "", "status": "", "start_date": "", "end_date": "", "jurisdiction_id": ""}') = liskeban.open311_requests() AS as_if_not_given,
  liskeban.open311_requests('{"status": null, "service_request_id": null}') = liskeban.open311_requests() AS nor_null;
SELECT liskeban.act_as('hotline');
SELECT n, r -> 0 ? 'service_request_id' AS taken, r -> 0 ->> 'code' AS code, r -> 0 ->> 'description' AS description FROM (VALUES
  (1, '{"service_code": "general", "lat": "", "long": "", "address_string": "x", "phone": "", "media_url": "", "attribute": {"WHISHETN": "a"}}'),
  (2, '{"service_code": "general", "lat": "", "long": "", "address_string": "", "address_id": ""}'), (3, '{"service_code": ""}'),
  (4, '{"service_code": "general", "lat": "31.02", "long": "", "address_string": "x"}'), (5, '{"service_code": "general", "lat": "91", "long": "119"}'),
  (6, '{"service_code": "general", "lat": "31", "long": "-180.1"}'), (7, '{"service_code": "general", "lat": 31.02, "long": 119.02}'), (8, '{"service_code": "general", "address_id": "320117001001"}'))
  v(n, p), LATERAL (SELECT liskeban.open311_submit(p::jsonb)) a(r) ORDER BY n;
SELECT liskeban.act_as(NULL);
-- updated_datetime of a closed one is when it was closed, whatever is noted afterwards
SELECT later('2 hours') IS NOT NULL;
UPDATE liskeban.ticket SET note = 'filed' WHERE ticket_id IN (:closed, :rejected);
SELECT q ->> 'status_notes' AS state, (q ->> 'updated_datetime')::timestamptz = date_trunc('second', closed.at) AS when_closed, t.updated_at > closed.at AS noted_since
  FROM liskeban.ticket t, LATERAL (SELECT liskeban.open311_request(t.ticket_id) -> 0) l(q), LATERAL (SELECT max(e.at) FROM liskeban.ticket_event e WHERE e.ticket_id = t.ticket_id AND e.action IN ('resolve', 'reject')) closed(at)
 WHERE t.ticket_id IN (:closed, :rejected) ORDER BY t.ticket_id;
-- ninety days back and no more; a thousand and no more, the newest
SELECT later('90 days') IS NOT NULL;
INSERT INTO liskeban.ticket (source, category, title, geom) SELECT 'hotline_12345', 'general', '13800000000', here() FROM generate_series(1, 1001);
SELECT jsonb_array_length(r) AS n, (r -> 0 ->> 'service_request_id')::bigint = (SELECT max(ticket_id) FROM liskeban.ticket) AS newest_first FROM liskeban.open311_requests() r;
SELECT jsonb_array_length(liskeban.open311_requests('{"status": "closed"}')) AS of_ninety_days;
-- nobody's words, names or numbers
SELECT liskeban.open311_requests()::text || liskeban.open311_services()::text ~ '13800000000|张三|sinkhole|大东门街|a matter|example.com' AS leaks;
SELECT g, code($$SELECT liskeban.open311_submit('{"service_code": "general", "address_string": "x"}')$$, g) AS submits FROM unnest('{hotline,desk,v1}'::text[]) g;
\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_liskeban_open311;
