-- Rows of the moved tickets in the platform's tables and in the bare ones, and how many differ: none, or the bare
-- statements do less than liskeban, or more.

\set ON_ERROR_STOP on
SELECT (SELECT count(*) || '|' || count(*) FILTER (WHERE a IS DISTINCT FROM b)
          FROM (SELECT t.ticket_id, to_jsonb(t) AS a FROM liskeban.ticket AS t) AS a
          FULL JOIN (SELECT t.ticket_id, to_jsonb(t) AS b FROM bench_bare.ticket AS t) AS b USING (ticket_id))
       || '|' ||
       (SELECT count(*) || '|' || count(*) FILTER (WHERE a IS DISTINCT FROM b)
          FROM (SELECT e.ticket_id, e.seq, to_jsonb(e) AS a FROM liskeban.ticket_event AS e) AS a
          FULL JOIN (SELECT e.ticket_id, e.seq, to_jsonb(e) AS b FROM bench_bare.ticket_event AS e) AS b USING (ticket_id, seq))
       || '|' ||
       (SELECT count(*) || '|' || count(*) FILTER (WHERE a IS DISTINCT FROM b)
          FROM (SELECT w.ticket_id, to_jsonb(w) AS a FROM liskeban.worklist AS w) AS a
          FULL JOIN (SELECT w.ticket_id, to_jsonb(w) AS b FROM bench_bare.worklist AS w) AS b USING (ticket_id))
       || '|' ||
       (SELECT count(*) || '|' || count(*) FILTER (WHERE a IS DISTINCT FROM b)
          FROM (SELECT o.id, to_jsonb(o) AS a FROM liskeban.outbox AS o) AS a
          FULL JOIN (SELECT o.id, to_jsonb(o) AS b FROM bench_bare.outbox AS o) AS b USING (id));
