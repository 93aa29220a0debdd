-- Partitions of history and alarms: ten million tickets each, made ahead.

CREATE FUNCTION liskeban.make_partitions(ahead integer DEFAULT 2) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  width constant bigint := 10000000;
  base constant bigint := (SELECT p.district::text::bigint * 1000000000 FROM liskeban.platform AS p);
  used bigint;
  made integer := 0;
  parent text;
  k bigint;
  partition text;
BEGIN
  IF ahead IS NULL OR ahead < 0 THEN
    RAISE EXCEPTION 'ahead must be a number of partitions, not negative and not NULL' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  used := coalesce(pg_sequence_last_value(pg_get_serial_sequence('liskeban.ticket', 'ticket_id')::regclass) - base, 0) / width;
  FOR parent, k IN SELECT p, n FROM unnest('{ticket_event,alarm}'::text[]) AS p,
                     generate_series(0, least(used + ahead, 1000000000 / width - 1)) AS n ORDER BY p, n LOOP
    partition := format('%s_p%s', parent, lpad(k::text, 3, '0'));
    CONTINUE WHEN to_regclass(format('liskeban.%I', partition)) IS NOT NULL;
    EXECUTE format('CREATE TABLE liskeban.%I PARTITION OF liskeban.%I FOR VALUES FROM (%L) TO (%L)',
                   partition, parent, base + k * width, base + (k + 1) * width);
    EXECUTE format('CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept()', partition);
    EXECUTE format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER history_kept', partition);
    EXECUTE format('COMMENT ON TABLE liskeban.%I IS %L', partition,
                   format('分区 of %s: the tickets %s to %s', parent, base + k * width, base + (k + 1) * width - 1));
    made := made + 1;
  END LOOP;
  RETURN made;
END
$$;
COMMENT ON FUNCTION liskeban.make_partitions(integer) IS '建立分区 make the partitions of history and alarms up to that many beyond the one in use; returns how many were missing';
REVOKE ALL ON FUNCTION liskeban.make_partitions(integer) FROM PUBLIC;
