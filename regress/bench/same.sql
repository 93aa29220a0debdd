-- Rows that the twin and liskeban make of the same requests and that differ: none, or the twin is no twin.
-- Numbers (ticket_id, event_id, ticket_no's last part, hash) are each one's own.

\set ON_ERROR_STOP on
SELECT 'ticket' AS what, count(*) AS rows,
       count(*) FILTER (WHERE to_jsonb(a) - '{ticket_id,ticket_no}'::text[] IS DISTINCT FROM to_jsonb(b) - '{ticket_id,ticket_no}'::text[]) AS differ
  FROM liskeban.ticket AS a FULL JOIN bench_twin.ticket AS b USING (external_id)
UNION ALL
SELECT 'ticket_event', count(*),
       count(*) FILTER (WHERE to_jsonb(a) - '{event_id,ticket_id,hash}'::text[] IS DISTINCT FROM to_jsonb(b) - '{event_id,ticket_id,hash}'::text[])
  FROM (SELECT t.external_id, e.* FROM liskeban.ticket AS t JOIN liskeban.ticket_event AS e USING (ticket_id)) AS a
  FULL JOIN (SELECT t.external_id, e.* FROM bench_twin.ticket AS t JOIN bench_twin.ticket_event AS e USING (ticket_id)) AS b USING (external_id)
UNION ALL
SELECT 'worklist', count(*),
       count(*) FILTER (WHERE to_jsonb(a) - '{ticket_id}'::text[] IS DISTINCT FROM to_jsonb(b) - '{ticket_id}'::text[])
  FROM (SELECT t.external_id, w.* FROM liskeban.ticket AS t JOIN liskeban.worklist AS w USING (ticket_id)) AS a
  FULL JOIN (SELECT t.external_id, w.* FROM bench_twin.ticket AS t JOIN bench_twin.worklist AS w USING (ticket_id)) AS b USING (external_id);
