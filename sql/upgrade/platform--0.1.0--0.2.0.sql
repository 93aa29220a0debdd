-- Ordinary objects, 0.1.0 to 0.2.0: what the scripts of sql/platform, run again, do not bring by themselves.

ALTER TABLE liskeban.platform ADD COLUMN rules_event bigint;

-- Partitions are made by make_partitions(), each once.
DO $$
DECLARE
  partition record;
BEGIN
  FOR partition IN
    SELECT c.oid::regclass AS name, regexp_match(pg_get_expr(c.relpartbound, c.oid), '(\d+)\D+(\d+)') AS bounds
      FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = 'liskeban.ticket_event'::regclass
  LOOP
    EXECUTE pg_catalog.format('COMMENT ON TABLE %s IS %L', partition.name,
                              pg_catalog.format('分区 of ticket_event: the tickets %s to %s', partition.bounds[1], partition.bounds[2]::bigint - 1));
  END LOOP;
END
$$;

-- kpi() says whether its figures are settled: another result is another function.
DROP FUNCTION liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[]);

-- A message may come before its create, and a message brings more than it did.
ALTER TABLE liskeban.ticket_intake ALTER digest DROP NOT NULL, ALTER core DROP NOT NULL, ALTER ticket_id DROP NOT NULL;
DROP FUNCTION liskeban._submit_again(liskeban.ticket_intake, jsonb);
DROP FUNCTION liskeban._submit(jsonb, text, boolean);
DROP FUNCTION liskeban._quarantine(text, text, bigint, text, text);
DROP FUNCTION liskeban._read_requests(jsonb[], boolean);
