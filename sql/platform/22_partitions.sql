-- Partitions of history and alarms, ten million tickets each at most, and of the outbox and of signals, a million each: made
-- ahead, of these five times as many, for they may be used up faster. What comes when none was made ahead goes into the
-- default partition, is an alarm of check_platform(), and is moved by the next make_partitions().
--
-- History leaves by whole partitions (86_archive.sql), so a partition must not be a lifetime's: cut_history() ends the one
-- in use once it is platform.history_span old, and what comes goes into another. A partition that was ended is named after
-- the number of its last ticket.

CREATE TABLE liskeban.ticket_event_default PARTITION OF liskeban.ticket_event DEFAULT;
COMMENT ON TABLE liskeban.ticket_event_default IS '分区 of ticket_event: what none was made for in time; make_partitions() moves it';
CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.ticket_event_default
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.ticket_event_default ENABLE ALWAYS TRIGGER history_kept;

CREATE FUNCTION liskeban._keep_partition(partition name, comment text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER history_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.%I '
                 'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept()', partition);
  EXECUTE format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER history_kept', partition);
  EXECUTE format('COMMENT ON TABLE liskeban.%I IS %L', partition, comment);
  EXECUTE format('GRANT SELECT ON liskeban.%I TO liskeban_backup', partition);
END
$$;
COMMENT ON FUNCTION liskeban._keep_partition(name, text) IS 'gives a new partition what each has: the trigger that keeps it, its comment, and that backups read it';
REVOKE ALL ON FUNCTION liskeban._keep_partition(name, text) FROM PUBLIC;

CREATE FUNCTION liskeban._partition_ranges(parent regclass, OUT partition name, OUT first bigint, OUT beyond bigint)
RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT p.partition, p.bounds[1]::bigint, p.bounds[2]::bigint
    FROM (SELECT c.relname AS partition, regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''?(\d+)''?\) TO \(''?(\d+)''?\)') AS bounds
            FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = parent) AS p
   WHERE p.bounds IS NOT NULL
   ORDER BY p.bounds[1]::bigint
$$;
COMMENT ON FUNCTION liskeban._partition_ranges(regclass) IS 'the names of the partitions of history, alarms or outbox but for the default one, each with the first key of its range and the first beyond it';
REVOKE ALL ON FUNCTION liskeban._partition_ranges(regclass) FROM PUBLIC;

-- What goes is counted first, where anything is: nobody writes to it then, and who reads is not kept waiting meanwhile.
CREATE FUNCTION liskeban._drop_partition(partition name, before text[] DEFAULT '{}') RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  statement text;
BEGIN
  EXECUTE format('LOCK TABLE liskeban.%I IN SHARE MODE', partition);
  FOREACH statement IN ARRAY before LOOP
    EXECUTE format(statement, partition);
  END LOOP;
  EXECUTE format('DROP TABLE liskeban.%I', partition);
  RETURN true;
EXCEPTION WHEN lock_not_available THEN
  RAISE NOTICE '%', liskeban.message('liskeban.%s is in use, and stays until the next time', partition);
  RETURN false;
END
$$;
COMMENT ON FUNCTION liskeban._drop_partition(name, text[]) IS 'drop a partition after statements about it (%I is its name), all or nothing; false, and a notice, where it is in use for more than 2 s';
REVOKE ALL ON FUNCTION liskeban._drop_partition(name, text[]) FROM PUBLIC;

CREATE FUNCTION liskeban.make_partitions(ahead integer DEFAULT 2) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  district constant bigint := (SELECT p.district::text::bigint FROM liskeban.platform AS p);
  strays constant text[] := ARRAY(SELECT s.parent FROM liskeban._stray_rows() AS s);
  made integer := 0;
  kind record;
  wanted record;
  partition text;
  stray text;
BEGIN
  IF ahead IS NULL OR ahead < 0 THEN
    RAISE EXCEPTION '%', liskeban.message('ahead must be a number of partitions, not negative and not NULL') USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR kind IN
    SELECT v.*, (coalesce(pg_sequence_last_value(pg_get_serial_sequence('liskeban.' || v.counted, v.key)::regclass), v.base) + 1 - v.base)
                / v.width AS used
      FROM (VALUES ('ticket_event', 'ticket_event_default', 'tickets', 'ticket', 'ticket_id',
                    district * 1000000000, 10000000, 100, 3, ahead, true),
                   ('alarm', 'alarm_directive', 'tickets', 'ticket', 'ticket_id',
                    district * 1000000000, 10000000, 100, 3, ahead, true),
                   ('outbox', 'outbox_default', 'entries', 'outbox', 'id',
                    district * 10000000000, 1000000, 10000, 4, ahead * 5, false),
                   ('hazard_signal', 'hazard_signal_default', 'signals', 'hazard_signal', 'signal_id',
                    district * 10000000000, 1000000, 10000, 4, ahead * 5, false))
             AS v(parent, fallback, what, counted, key, base, width, most, digits, ahead, all_kept)
     ORDER BY v.parent
  LOOP
    stray := NULL;
    -- What came when there was no partition for it waits outside while they are made.
    IF kind.parent = ANY (strays) THEN
      stray := kind.parent || '_stray';
      EXECUTE format('LOCK TABLE liskeban.%I IN ACCESS EXCLUSIVE MODE', kind.parent);
      EXECUTE format('CREATE TABLE liskeban.%I AS TABLE liskeban.%I', stray, kind.fallback);
      EXECUTE format('ALTER TABLE liskeban.%I DISABLE TRIGGER history_kept', kind.fallback);
      EXECUTE format('DELETE FROM liskeban.%I WHERE %I IS NOT NULL', kind.fallback, kind.key);
    END IF;
    -- Old ones of the outbox have gone for good; of the others some may have been cut in two.
    FOR wanted IN
      SELECT n, gap.first, gap.beyond, kind.base + (n + 1) * kind.width AS until
        FROM generate_series(CASE WHEN kind.all_kept OR stray IS NOT NULL THEN 0 ELSE kind.used END,
                             least(kind.used + kind.ahead, kind.most - 1)) AS n,
             LATERAL (SELECT greatest(lag(r.beyond) OVER (ORDER BY r.first), kind.base + n * kind.width) AS first, r.first AS beyond
                        FROM (SELECT p.first, p.beyond FROM liskeban._partition_ranges(('liskeban.' || kind.parent)::regclass) AS p
                               WHERE p.first < kind.base + (n + 1) * kind.width AND p.beyond > kind.base + n * kind.width
                              UNION ALL SELECT kind.base + (n + 1) * kind.width, NULL) AS r) AS gap
       WHERE gap.first < gap.beyond
       ORDER BY n, gap.first
    LOOP
      partition := CASE WHEN wanted.beyond = wanted.until THEN format('%s_p%s', kind.parent, lpad(wanted.n::text, kind.digits, '0'))
                        ELSE format('%s_to_%s', kind.parent, lpad((wanted.beyond - 1 - kind.base)::text, 9, '0')) END;
      IF NOT kind.all_kept AND stray IS NOT NULL AND wanted.n < kind.used THEN
        EXECUTE format('SELECT FROM liskeban.%I AS s WHERE s.%I >= $1 AND s.%2$I < $2 LIMIT 1', stray, kind.key) USING wanted.first, wanted.beyond;
        CONTINUE WHEN NOT FOUND;
      END IF;
      EXECUTE format('CREATE TABLE liskeban.%I PARTITION OF liskeban.%I FOR VALUES FROM (%L) TO (%L)',
                     partition, kind.parent, wanted.first, wanted.beyond);
      IF stray IS NOT NULL THEN
        EXECUTE format('WITH moved AS (DELETE FROM liskeban.%I AS s WHERE s.%I >= $1 AND s.%2$I < $2 RETURNING s.*) '
                       'INSERT INTO liskeban.%I OVERRIDING SYSTEM VALUE SELECT * FROM moved', stray, kind.key, partition)
          USING wanted.first, wanted.beyond;
      END IF;
      PERFORM liskeban._keep_partition(partition, format('分区 of %s: the %s %s to %s', kind.parent, kind.what, wanted.first, wanted.beyond - 1));
      made := made + 1;
    END LOOP;
    IF stray IS NOT NULL THEN
      -- Keys that no range is for stay where they were.
      EXECUTE format('INSERT INTO liskeban.%I OVERRIDING SYSTEM VALUE SELECT * FROM liskeban.%I AS s WHERE s.%I IS NOT NULL',
                     kind.fallback, stray, kind.key);
      EXECUTE format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER history_kept', kind.fallback);
      EXECUTE format('DROP TABLE liskeban.%I', stray);
    END IF;
  END LOOP;
  RETURN made;
END
$$;
COMMENT ON FUNCTION liskeban.make_partitions(integer) IS '建立分区 make the partitions of history and alarms up to that many beyond the one in use, of the outbox and of signals up to five times as many, and move into them what has come into a default partition meanwhile; returns how many were missing';
REVOKE ALL ON FUNCTION liskeban.make_partitions(integer) FROM PUBLIC;

CREATE FUNCTION liskeban.cut_history(min_tickets bigint DEFAULT 10000, age interval DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  old_enough constant timestamptz := liskeban.liskeban_now() - coalesce(age, (SELECT p.history_span FROM liskeban.platform AS p));
  district constant bigint := (SELECT p.district::text::bigint FROM liskeban.platform AS p) * 1000000000;
  range record;
  part record;
  last bigint;
  ended text;
BEGIN
  IF min_tickets IS NULL OR min_tickets < 1 THEN
    RAISE EXCEPTION '%', liskeban.message('min_tickets must be positive and not NULL') USING ERRCODE = 'invalid_parameter_value';
  END IF;
  last := pg_sequence_last_value(pg_get_serial_sequence('liskeban.ticket', 'ticket_id')::regclass);
  SELECT r.* INTO range FROM liskeban._partition_ranges('liskeban.ticket_event') AS r WHERE last >= r.first AND last < r.beyond - 1;
  IF range IS NULL OR last - greatest(range.first, district + 1) + 1 < min_tickets
     OR NOT EXISTS (SELECT FROM liskeban.ticket AS t WHERE t.ticket_id >= range.first AND t.ticket_id < range.beyond AND t.received_at <= old_enough) THEN
    RETURN NULL;
  END IF;
  -- Both or none. Who is writing ends first; who draws a number meanwhile draws one beyond, and waits for the new partition.
  BEGIN
    LOCK TABLE liskeban.ticket_event, liskeban.alarm IN ACCESS EXCLUSIVE MODE;
  EXCEPTION WHEN lock_not_available THEN
    RAISE NOTICE '%', liskeban.message('history is in use, and is cut the next time');
    RETURN NULL;
  END;
  last := pg_sequence_last_value(pg_get_serial_sequence('liskeban.ticket', 'ticket_id')::regclass);
  IF last >= range.beyond - 1 THEN
    RETURN NULL;
  END IF;
  FOR part IN
    SELECT p.parent, r.partition AS name, r.first, r.beyond
      FROM unnest('{ticket_event,alarm}'::text[]) AS p(parent), LATERAL liskeban._partition_ranges(('liskeban.' || p.parent)::regclass) AS r
     WHERE r.first = range.first AND r.beyond = range.beyond
  LOOP
    ended := format('%s_to_%s', part.parent, lpad((last - district)::text, 9, '0'));
    EXECUTE format('ALTER TABLE liskeban.%I DETACH PARTITION liskeban.%I', part.parent, part.name);
    EXECUTE format('ALTER TABLE liskeban.%I RENAME TO %I', part.name, ended);
    EXECUTE format('ALTER TABLE liskeban.%I ATTACH PARTITION liskeban.%I FOR VALUES FROM (%L) TO (%L)', part.parent, ended, part.first, last + 1);
    EXECUTE format('COMMENT ON TABLE liskeban.%I IS %L', ended,
                   format('分区 of %s: the tickets %s to %s', part.parent, part.first, last));
    EXECUTE format('CREATE TABLE liskeban.%I PARTITION OF liskeban.%I FOR VALUES FROM (%L) TO (%L)',
                   part.name, part.parent, last + 1, part.beyond);
    PERFORM liskeban._keep_partition(part.name,
                                     format('分区 of %s: the tickets %s to %s', part.parent, last + 1, part.beyond - 1));
  END LOOP;
  RETURN last + 1;
END
$$;
COMMENT ON FUNCTION liskeban.cut_history(bigint, interval) IS '截断历史 end the partition of history and alarms in use, and begin another with the next ticket, if it has that many tickets and its first was received age (NULL: platform.history_span) ago; returns the first ticket_id of the new one, NULL where nothing was cut. So that whole partitions come of age, for liskeban_archive. Reads the partition once while nobody writes; waits 2 s for who is writing, and leaves it to the next time. 22023 min_tickets not positive';
REVOKE ALL ON FUNCTION liskeban.cut_history(bigint, interval) FROM PUBLIC;
