-- Tickets found by phone, number, words and place.
CREATE DATABASE regress_liskeban_search TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_search
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
SET liskeban.now = '2024-09-16 08:00:00+08';
CALL liskeban.create_platform('320117', '溧水区');
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
\getenv srcdir PG_ABS_SRCDIR
\set district :srcdir '/data/guard_district.sql'
\set ECHO none
\i :district
\set ECHO all

-- Keys of pairs of characters: on disk, so they never change
SELECT liskeban.text_bigrams('漏水'), liskeban.text_bigrams('AB', NULL, 'ａｂ'), liskeban.text_bigrams('一，二 三'), liskeban.text_bigrams(NULL), liskeban.text_bigrams('𠀀𠀁'), liskeban.text_bigrams('人々〇九', '3号楼-201室。(乙)');
SELECT md5(liskeban.text_bigrams(string_agg(chr(c), '' ORDER BY c))::text) FROM generate_series(1, 65535) c WHERE c NOT BETWEEN 55296 AND 57343;
SELECT cardinality(liskeban.text_bigrams(string_agg(chr(19968 + n), '' ORDER BY n))) AS up_to_10000_characters FROM generate_series(0, 19999) n;
SELECT w AS words, liskeban.text_contains(w, '楼上漏水', 'Room Ａ１2, 物业不管', NULL) FROM unnest('{漏水,水,水R,"a12 物业","物业，漏水","漏水 噪音","，",""}'::text[]) w;
SELECT liskeban.text_contains(NULL, 'a') AS null_words, liskeban.text_contains('a', NULL) AS null_text;

-- Tickets: t1 … t6, a minute each
CREATE FUNCTION add(name text, title text, description text DEFAULT NULL, address text DEFAULT NULL, phone text DEFAULT NULL, geom geometry DEFAULT here()) RETURNS void LANGUAGE plpgsql AS $$
DECLARE id bigint;
BEGIN
  INSERT INTO liskeban.ticket (source, external_id, category, title, description, address, geom) VALUES ('hotline_12345', name, 'general', add.title, add.description, add.address, add.geom) RETURNING ticket_id INTO id;
  IF phone IS NOT NULL THEN INSERT INTO liskeban.reporter (ticket_id, phone) VALUES (id, add.phone); END IF;
  PERFORM later('1 minute');
END $$;
SELECT add('t1', '楼上漏水', '家里天花板漏水，物业不管', '永阳街道３号', '138-1234-5678'), add('t2', '广场噪音', '夜里太吵', NULL, '+86 138 1234 5678', north(300)),
  add('t3', '漏水', NULL, '秦淮路5号', '025-57212345', north(1000)), add('t4', 'Wi-Fi 坏了', 'no WIFI here', NULL, NULL, NULL), add('t5', '路灯不亮', '永阳街道3号门前', NULL, NULL, north(-50)), add('t6', '漏 水', '屋漏。水大');
CREATE FUNCTION found(arguments text, identity text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  names text;
BEGIN
  PERFORM liskeban.act_as(identity, true);
  EXECUTE format('SELECT string_agg(f.external_id, '' '' ORDER BY f.nth) FROM liskeban.find_tickets(%s) WITH ORDINALITY AS f(ticket_id, ticket_no, state, category, title, received_at, area, responsible_area, department, source, external_id, distance_m, nth)', arguments) INTO names;
  PERFORM liskeban.act_as(NULL, true);
  RETURN names;
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END $$;
-- by words, newest first
SELECT w AS words, found(format('words => %L', w)) FROM unnest('{漏水,"漏水 物业",永阳街道3号,wifi,ＷＩＦＩ,吵,"吵 噪音","漏水 路灯",没有这样的词,天花板,花板漏}'::text[]) w;
SELECT found($$words => '漏水', max_rows => 1$$) AS newest, found($$words => '号', number => '1'$$) AS one_character_and_a_number, found($$words => '号', place => here()$$) AS and_a_place;
-- by number
SELECT n AS number, found(format('number => %L', n)) FROM unnest('{320117000000003,320117000000099,t2,T2,320117-20240916-000003,320117-20240916-000009,20240916-000004,320117-20240916,320117-20240917,320117-202409,320117-2024,320117-2023,320117-20240916-00000,4,04,000004,-000004,7,"  5 ",999999999,9999999999999999999999,20240931-1,320117-20249999,%}'::text[]) n;
-- by phone, with the country's code and without
SELECT p AS phone, found(format('phone => %L', p)) FROM unnest('{13812345678,"+86 138-1234-5678",008613812345678,02557212345,57212345,13900000000,none}'::text[]) p;
-- by place, on the sphere
SELECT r AS radius, found(format('place => here(), radius_m => %s', r)) FROM unnest('{0,49,51,200,299,302,2000}'::float8[]) r;
SELECT external_id, round(distance_m) AS distance FROM liskeban.find_tickets(place => here(), radius_m => 2000) ORDER BY distance_m;
SELECT found($$place => ST_MakeEnvelope(119, 31.01, 119.05, 31.0205, 4490), radius_m => 0$$) AS within_an_area, found($$place => ST_SetSRID(ST_MakePoint(119.02, 31.029), 4490), radius_m => 10$$) AS beside;
-- together: all that is asked
SELECT found($$words => '漏水', phone => '13812345678'$$), found($$words => '漏水', number => '3', place => here(), radius_m => 1100$$), found($$words => '漏水', number => '3', place => here()$$), found($$phone => '13812345678', number => '2'$$), found($$phone => '13812345678', number => '3'$$);
-- what makes no sense
SELECT a AS arguments, found(a) FROM unnest(ARRAY['', $$words => '  '$$, $$phone => ''$$, $$words => '水'$$, $$words => '，'$$, $$phone => 'none'$$, 'place => ST_SetSRID(ST_MakePoint(119, 31), 4326)', $$place => 'SRID=4490;POINT EMPTY'$$, 'place => here(), radius_m => -1', 'place => here(), radius_m => NULL', $$words => '漏水', max_rows => 0$$, $$words => '漏水', max_rows => NULL$$]) a;
-- telephones are for the desk
SELECT i AS identity, found($$phone => '13812345678'$$, i) AS phone, found($$words => '漏水'$$, i) AS words FROM unnest('{desk,desk_t2,chief,v1,hotline,reader}'::text[]) i;
SELECT g, has_function_privilege(g, 'liskeban.find_tickets(text, text, text, geometry, double precision, integer)', 'EXECUTE') FROM unnest('{liskeban_admin,liskeban_dispatcher,liskeban_handler,liskeban_source,liskeban_analyst,public}'::text[]) g;
-- with the rights of who asks: one who may not read tickets finds none
CREATE ROLE regress_search_handler IN ROLE liskeban_handler;
CREATE ROLE regress_search_desk IN ROLE liskeban_dispatcher;
INSERT INTO liskeban.membership (role_name, duty) VALUES ('regress_search_desk', 'dispatcher'), ('regress_search_handler', 'handler');
SET ROLE regress_search_handler;
SELECT external_id FROM liskeban.find_tickets(words => '漏水');
SELECT external_id FROM liskeban.find_tickets(phone => '13812345678');
SET ROLE regress_search_desk;
SELECT external_id FROM liskeban.find_tickets(phone => '13812345678');
RESET ROLE;

-- What is frequent, and what is rare, among many: the same as by looking at all of them
CREATE TABLE wanted AS SELECT n, (ARRAY['漏水','路灯','垃圾','噪音'])[1 + n % 4] || CASE WHEN n % 2000 = 7 THEN '，窨井' WHEN n < 7000 THEN '，老旧' ELSE '' END AS title FROM generate_series(1, 14000) n;
INSERT INTO liskeban.ticket (source, category, title, geom) SELECT 'hotline_12345', 'general', title, CASE n % 3 WHEN 0 THEN north(n / 10.0) END FROM wanted ORDER BY n;
VACUUM ANALYZE liskeban.ticket;
SELECT w AS words, r AS rows, (SELECT count(*) FROM liskeban.find_tickets(words => w, max_rows => r)) AS found,
  (SELECT array_agg(f.ticket_id) FROM liskeban.find_tickets(words => w, max_rows => r) f) IS NOT DISTINCT FROM
  (SELECT array_agg(t.ticket_id ORDER BY t.received_at DESC, t.ticket_id DESC) FROM (SELECT t.* FROM liskeban.ticket t WHERE liskeban.text_contains(w, t.title, t.description, t.address) ORDER BY t.ticket_id DESC LIMIT r) t) AS alike
FROM unnest('{漏水,窨井,老旧,"漏水 路灯","漏水 老旧","路灯 窨井"}'::text[]) w, unnest('{10,1000,10000}'::integer[]) r ORDER BY 1, 2;
SELECT w AS words, r AS radius, (SELECT count(*) FROM liskeban.find_tickets(words => w, place => here(), radius_m => r)) AS found,
  (SELECT array_agg(f.ticket_id) FROM liskeban.find_tickets(words => w, place => here(), radius_m => r) f) IS NOT DISTINCT FROM
  (SELECT array_agg(t.ticket_id ORDER BY t.received_at DESC, t.ticket_id DESC) FROM (SELECT t.* FROM liskeban.ticket t WHERE (w IS NULL OR liskeban.text_contains(w, t.title, t.description, t.address)) AND ST_Distance(t.geom::geography, here()::geography, false) <= r ORDER BY t.ticket_id DESC LIMIT 100) t) AS alike
FROM unnest('{NULL,漏水,窨井,老旧}'::text[]) w, unnest('{20,100,1300}'::float8[]) r ORDER BY 1 NULLS FIRST, 2;
-- each by an index
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT FROM liskeban.ticket t WHERE liskeban.text_bigrams(t.title, t.description, t.address) @> liskeban.text_bigrams('窨井');
EXPLAIN (COSTS OFF) SELECT FROM liskeban.reporter r WHERE r.phone_hash = ANY ('{"\\x00","\\x01"}'::bytea[]);
RESET enable_seqscan;
-- the index stays out of the way of a ticket's moves
SELECT pg_stat_force_next_flush();
SELECT pg_stat_reset_single_table_counters('liskeban.ticket'::regclass) IS NOT NULL AS reset, make('resolved', 'general') > 0 AS moved;
SELECT pg_stat_force_next_flush();
SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relid = 'liskeban.ticket'::regclass;
SELECT * FROM liskeban.check_invariants();

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_liskeban_search;
DROP ROLE regress_search_handler, regress_search_desk;
