-- Much history, written as liskeban_load --history writes it: the guard plays what each ticket went through and the log
-- writes its events (extension/ticket_past.c). Only the payloads are left out: what _load_history_steps() reads of them
-- stands here as an INSERT of rows that are made. Nineteen of twenty tickets the desk answers, with four events each; the
-- twentieth is dispatched, visited, resolved and closed, with six; and of the last tenth of days some are still open.
-- In a database with a platform and the sample district. psql variables: tickets (of all the history there could be),
-- days (that they are spread over, up to 2026-03-10), open (how many of the last tenth of them are open), first (where the
-- history of this database begins; 1 for all of it). bench.load_history(share, of) loads batches; bench.indexes holds
-- what is to be built after.

\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE SCHEMA bench;

CREATE TABLE bench.cell AS
  SELECT row_number() OVER (ORDER BY a.code) - 1 AS no, a.code, ST_PointOnSurface(a.geom) AS geom
    FROM liskeban.area AS a
   WHERE liskeban.area_level(a.code) >= 'village' AND a.geom IS NOT NULL;
CREATE TABLE bench.matter AS
  SELECT row_number() OVER (ORDER BY c.code) - 1 AS no, c.code, c.name
    FROM liskeban.category AS c WHERE c.listed AND c.retired_at IS NULL;
CREATE TABLE bench.origin AS
  SELECT row_number() OVER (ORDER BY s.code) - 1 AS no, s.code
    FROM liskeban.source_system AS s WHERE s.retired_at IS NULL AND NOT s.reads_back;

-- Closed three days after they came: the last of the history leave room for it.
CREATE TABLE bench.setting AS
  SELECT :tickets::bigint AS tickets, timestamptz '2026-03-06 23:59:59+08' AS until, interval '1 day' * :days / :tickets AS pace,
         greatest(:tickets / 10 * 19 / 20 / :open, 1) AS open_every,
         (SELECT count(*) FROM bench.matter) AS matters;

-- The tickets from first to last of the history, as rows to be inserted. A ticket is what its number makes it, so that
-- what two databases have both of is the same in them. Some matters and places are much more frequent than others, and
-- three of four come by the hotline, as in life.
CREATE FUNCTION bench.made(first bigint, last bigint)
RETURNS TABLE (i bigint, source text, external_id text, category text, title text, address text, geom geometry,
  reported_at timestamptz, has_reporter boolean, accepted_at timestamptz, dispatched_at timestamptz,
  on_site_at timestamptz, resolved_at timestamptz, resolution text, closed_at timestamptz,
  satisfaction liskeban.satisfaction, solved boolean)
LANGUAGE sql STABLE ROWS 20000 SET search_path FROM CURRENT AS $$
  SELECT r.i, CASE WHEN r.h & 3 > 0 THEN 'hotline_12345' ELSE o.sources[1 + (r.h >> 2 & 1023) % cardinality(o.sources)] END,
         'H' || lpad(r.i::text, 9, '0'), o.codes[r.matter], o.names[r.matter], '溧水区' || (r.h >> 3 & 511) || '号',
         CASE WHEN r.h & 63 > 0 THEN
           ST_Translate(o.places[1 + trunc(power((r.h >> 32 & 65535) / 65536::float8, 2) * cardinality(o.places))::integer],
                        ((r.h >> 16 & 255) - 127.5::float8) * 4e-6::float8, ((r.h >> 24 & 255) - 127.5::float8) * 4e-6::float8) END,
         r.t, r.i % 20 = 0,
         CASE WHEN NOT r.open OR r.h >> 40 & 7 > 0 THEN r.t + interval '3 minutes' END,
         CASE WHEN NOT r.open AND r.i % 20 = 0 OR r.open AND r.h >> 40 & 7 > 1 THEN r.t + interval '9 minutes' END,
         CASE WHEN NOT r.open AND r.i % 20 = 0 OR r.open AND r.h >> 40 & 7 > 4 THEN r.t + interval '50 minutes' END,
         CASE WHEN NOT r.open THEN r.t + CASE WHEN r.i % 20 = 0 THEN (1 + (r.h >> 8 & 63)) * interval '1 hour' ELSE interval '6 minutes' END END,
         CASE WHEN NOT r.open THEN '已处理' END,
         CASE WHEN NOT r.open THEN r.t + interval '3 days' END,
         CASE WHEN NOT r.open AND r.i % 20 = 0 THEN CASE WHEN r.h >> 12 & 15 > 1 THEN 'satisfied' ELSE 'dissatisfied' END END::liskeban.satisfaction,
         CASE WHEN NOT r.open AND r.i % 20 = 0 THEN r.h >> 12 & 15 > 0 END
    FROM (SELECT h.*, 1 + trunc(power((h.h >> 48 & 16383) / 16384::float8, 3) * s.matters)::integer AS matter,
                 s.until - (s.tickets - h.i) * s.pace AS t,
                 h.i > s.tickets - s.tickets / 10 AND h.i % s.open_every = 0 AND h.i % 20 <> 0 AS open
            FROM bench.setting AS s
           CROSS JOIN (SELECT i, hashint8extended(i, 7) & 9223372036854775807 AS h
                         FROM generate_series(made.first, made.last) AS i) AS h) AS r
   CROSS JOIN (SELECT (SELECT array_agg(code ORDER BY no) FROM bench.origin) AS sources,
                      (SELECT array_agg(code ORDER BY no) FROM bench.matter) AS codes,
                      (SELECT array_agg(name ORDER BY no) FROM bench.matter) AS names,
                      (SELECT array_agg(geom ORDER BY no) FROM bench.cell) AS places) AS o
$$;

-- In the place of the platform's own, in this database: batch is "FIRST LAST".
CREATE OR REPLACE FUNCTION liskeban._load_history_steps(batch text) RETURNS void
LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
  INSERT INTO liskeban.ticket (source, external_id, category, title, address, geom, reported_at, received_at, has_reporter,
                               updated_at, dispatched_at, on_site_at, resolved_at, resolution, closed_at, satisfaction, solved)
  SELECT m.source, m.external_id, m.category, m.title, m.address, m.geom, m.reported_at, m.reported_at, m.has_reporter,
         m.accepted_at, m.dispatched_at, m.on_site_at, m.resolved_at, m.resolution, m.closed_at, m.satisfaction, m.solved
    FROM bench.made(split_part(batch, ' ', 1)::bigint, split_part(batch, ' ', 2)::bigint) AS m;
  INSERT INTO liskeban.reporter (ticket_id, name, phone)
  SELECT t.ticket_id, '市民', '139' || lpad((m.i * 7919 % 100000000)::text, 8, '0')
    FROM bench.made(split_part(batch, ' ', 1)::bigint, split_part(batch, ' ', 2)::bigint) AS m
    JOIN liskeban.ticket AS t ON t.source = m.source AND t.external_id = m.external_id
   WHERE m.has_reporter
$$;
GRANT USAGE ON SCHEMA bench TO liskeban_owner;
GRANT SELECT ON ALL TABLES IN SCHEMA bench TO liskeban_owner;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bench TO liskeban_owner;

-- Every of-th batch of the history, beginning with the share-th (from 0), each in its transaction.
CREATE PROCEDURE bench.load_history(first bigint, batch integer, share integer, of integer) LANGUAGE plpgsql AS $$
DECLARE
  last constant bigint := (SELECT s.tickets FROM bench.setting AS s);
  k bigint := load_history.first + share * batch::bigint;
BEGIN
  WHILE k <= last LOOP
    PERFORM liskeban._load_history_batch(k || ' ' || least(k + batch - 1, last));
    COMMIT;
    k := k + of * batch::bigint;
  END LOOP;
END
$$;

-- What is better built over all rows than row by row.
CREATE TABLE bench.indexes AS
  SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
    FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_am AS a ON a.oid = c.relam
   WHERE i.indrelid = 'liskeban.ticket'::regclass AND NOT i.indisunique AND a.amname <> 'brin';
SELECT format('DROP INDEX %s', name) FROM bench.indexes \gexec
