-- Partitions of history and alarms, ten million tickets each, and of the outbox, a million entries each: made ahead, of the
-- outbox five times as many, for it may be used up faster.

CREATE FUNCTION liskeban.make_partitions(ahead integer DEFAULT 2) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  district constant bigint := (SELECT p.district::text::bigint FROM liskeban.platform AS p);
  made integer := 0;
  wanted record;
  partition text;
BEGIN
  IF ahead IS NULL OR ahead < 0 THEN
    RAISE EXCEPTION 'ahead must be a number of partitions, not negative and not NULL' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- Old ones of the outbox have gone for good.
  FOR wanted IN
    SELECT p.parent, p.what, p.digits, p.base + n * p.width AS first, p.base + (n + 1) * p.width AS beyond, n
      FROM (SELECT v.*, (coalesce(pg_sequence_last_value(pg_get_serial_sequence('liskeban.' || v.counted, v.key)::regclass), v.base) + 1 - v.base)
                        / v.width AS used
              FROM (VALUES ('ticket_event', 'tickets', 'ticket', 'ticket_id', district * 1000000000, 10000000, 100, 3, ahead, true),
                           ('alarm', 'tickets', 'ticket', 'ticket_id', district * 1000000000, 10000000, 100, 3, ahead, true),
                           ('outbox', 'entries', 'outbox', 'id', district * 10000000000, 1000000, 10000, 4, ahead * 5, false))
                     AS v(parent, what, counted, key, base, width, most, digits, ahead, all_kept)) AS p,
           generate_series(CASE WHEN p.all_kept THEN 0 ELSE p.used END, least(p.used + p.ahead, p.most - 1)) AS n
     ORDER BY p.parent, n
  LOOP
    partition := format('%s_p%s', wanted.parent, lpad(wanted.n::text, wanted.digits, '0'));
    CONTINUE WHEN to_regclass(format('liskeban.%I', partition)) IS NOT NULL;
    EXECUTE format('CREATE TABLE liskeban.%I PARTITION OF liskeban.%I FOR VALUES FROM (%L) TO (%L)',
                   partition, wanted.parent, wanted.first, wanted.beyond);
    EXECUTE format('CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept()', partition);
    EXECUTE format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER history_kept', partition);
    EXECUTE format('COMMENT ON TABLE liskeban.%I IS %L', partition,
                   format('分区 of %s: the %s %s to %s', wanted.parent, wanted.what, wanted.first, wanted.beyond - 1));
    made := made + 1;
  END LOOP;
  RETURN made;
END
$$;
COMMENT ON FUNCTION liskeban.make_partitions(integer) IS '建立分区 make the partitions of history and alarms up to that many beyond the one in use, of the outbox up to five times as many; returns how many were missing';
REVOKE ALL ON FUNCTION liskeban.make_partitions(integer) FROM PUBLIC;
