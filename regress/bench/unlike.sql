-- Indexes that only one of the platform's tables and the bare ones has.
SELECT string_agg(def, '; ')
  FROM (SELECT relname || ': ' || regexp_replace(def, ' INDEX \S+ ON', ' INDEX ON') AS def
          FROM (SELECT t.relname, replace(pg_get_indexdef(i.indexrelid), n.nspname || '.', '') AS def
                  FROM pg_index AS i JOIN pg_class AS t ON t.oid = i.indrelid
                  JOIN pg_namespace AS n ON n.oid = t.relnamespace
                 WHERE t.relname IN ('ticket', 'ticket_event', 'worklist', 'outbox') AND n.nspname IN ('liskeban', 'bench_bare')) AS x
         GROUP BY 1 HAVING count(*) % 2 <> 0) AS u;
