-- History leaves for an archive, and comes back: what liskeban_archive calls. Rows leave in one transaction, once the
-- program has written them into files, has had these on disk, and has verified them against the seals.

CREATE FUNCTION liskeban._archive_before(before timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  latest constant timestamptz := liskeban.liskeban_now() - (SELECT greatest(p.retention, p.audit_retention) FROM liskeban.platform AS p);
BEGIN
  IF before > latest THEN
    RAISE EXCEPTION '%', liskeban.message('what happened since %s is kept here', latest) USING ERRCODE = 'invalid_parameter_value',
      DETAIL = liskeban.message('platform.retention and platform.audit_retention say for how long.');
  END IF;
  RETURN coalesce(before, latest);
END
$$;
COMMENT ON FUNCTION liskeban._archive_before(timestamptz) IS 'up to when what happened may leave: before, or NULL the latest there may be; 22023 where that is later than platform.retention and platform.audit_retention let it be';
REVOKE ALL ON FUNCTION liskeban._archive_before(timestamptz) FROM PUBLIC;

CREATE FUNCTION liskeban._archive_problem(first bigint, last bigint, before timestamptz) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  now constant timestamptz := liskeban.liskeban_now();
  reopen constant interval := (SELECT p.reopen_within FROM liskeban.platform AS p);
  t record;
  e record;
BEGIN
  SELECT o.ticket_id, o.state, o.updated_at, m.ticket_id AS lead INTO t
    FROM liskeban.ticket AS o LEFT JOIN liskeban.ticket AS m ON m.ticket_id = o.merged_into AND o.state = 'merged'
   WHERE o.ticket_id BETWEEN first AND last
     AND (o.state NOT IN ('closed', 'rejected', 'withdrawn', 'merged') OR o.state = 'merged' AND o.closed_at IS NULL
          OR o.updated_at >= before OR o.closed_at + reopen >= now
          OR m.state NOT IN ('closed', 'rejected', 'withdrawn') OR m.updated_at >= before OR m.closed_at + reopen >= now)
   ORDER BY o.ticket_id LIMIT 1;
  IF FOUND THEN
    RETURN CASE WHEN t.state NOT IN ('closed', 'rejected', 'withdrawn', 'merged') THEN format('ticket %s is %s', t.ticket_id, t.state)
                WHEN t.lead IS NOT NULL AND t.updated_at < before THEN format('ticket %s, into which %s was merged, is not final, or not for long enough', t.lead, t.ticket_id)
                ELSE format('ticket %s is not final for long enough', t.ticket_id) END;
  END IF;
  SELECT max(h.event_id) AS event_id, max(h.recorded_at) AS recorded_at INTO e FROM liskeban.ticket_event AS h WHERE h.ticket_id BETWEEN first AND last;
  RETURN CASE
    WHEN e.event_id IS NULL THEN 'it has no events'
    WHEN e.recorded_at >= before THEN format('an event was recorded at %s', e.recorded_at)
    WHEN e.event_id > (SELECT coalesce(max(s.to_event_id), 0) FROM liskeban.seal AS s) THEN format('event %s is not sealed', e.event_id)
    WHEN EXISTS (SELECT FROM liskeban.roll_up_state AS s CROSS JOIN liskeban.platform AS p
                  WHERE s.last_event_id < e.event_id OR s.time_zone IS DISTINCT FROM p.time_zone) THEN format('event %s is not rolled up', e.event_id)
    WHEN EXISTS (SELECT FROM liskeban.alarm AS a WHERE a.ticket_id BETWEEN first AND last AND a.fired_at >= before) THEN 'an alarm fired later'
    -- all of it is older than platform.retention
    WHEN e.event_id > (SELECT coalesce(max(c.last_event_id), 0) FROM liskeban.cleared AS c) THEN format('event %s has not been looked at for personal data', e.event_id)
    ELSE (SELECT format('personal data of ticket %s has not been cleared', min(c.ticket_id)) FROM liskeban.clearing AS c
           WHERE c.ticket_id BETWEEN first AND last AND c.since < before HAVING count(*) > 0)
  END;
END
$$;
COMMENT ON FUNCTION liskeban._archive_problem(bigint, bigint, timestamptz) IS 'why the history of these tickets may not leave; NULL where it may: all are final, as are those that they were merged into, since before; nothing was recorded of them since; all of it is sealed and rolled up; and the job anonymise has cleared their personal data, which is due by then';
REVOKE ALL ON FUNCTION liskeban._archive_problem(bigint, bigint, timestamptz) FROM PUBLIC;

CREATE FUNCTION liskeban.archive_candidates(before timestamptz DEFAULT NULL)
RETURNS TABLE (first_ticket bigint, last_ticket bigint, tickets bigint, problem text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  until constant timestamptz := liskeban._archive_before(before);
  drawn constant bigint := pg_sequence_last_value(pg_get_serial_sequence('liskeban.ticket', 'ticket_id')::regclass);
BEGIN
  PERFORM liskeban._require_admin('archive history');
  RETURN QUERY
  SELECT r.first, r.beyond - 1, (SELECT count(*) FROM liskeban.ticket AS t WHERE t.ticket_id >= r.first AND t.ticket_id < r.beyond),
         CASE WHEN drawn >= r.beyond - 1 THEN liskeban._archive_problem(r.first, r.beyond - 1, until)
              ELSE 'it is in use' END
    FROM liskeban._partition_ranges('liskeban.ticket_event') AS r
   WHERE r.first <= drawn
     AND NOT EXISTS (SELECT FROM liskeban.archive AS a WHERE a.restored_at IS NULL AND r.first BETWEEN a.first_ticket AND a.last_ticket)
   ORDER BY r.first;
END
$$;
COMMENT ON FUNCTION liskeban.archive_candidates(timestamptz) IS '可归档范围 the ranges of tickets whose history is here, partition by partition, and what keeps each here: problem is NULL where it may leave, all of its tickets being final since before, and their personal data cleared (NULL: platform.retention, and at least platform.audit_retention, ago). Administrators. 22023 a before that is later than that';
REVOKE ALL ON FUNCTION liskeban.archive_candidates(timestamptz) FROM PUBLIC;

CREATE FUNCTION liskeban._archive_seals(first bigint, last bigint)
RETURNS TABLE (seal_id bigint, from_event_id bigint, to_event_id bigint, events bigint, sealed_at timestamptz, previous bytea, root bytea, hashes bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM liskeban._require_admin('archive history');
  RETURN QUERY
  SELECT s.seal_id, s.from_event_id, s.to_event_id, s.events, s.sealed_at, s.previous, s.root,
         (SELECT string_agg(int8send(h.event_id) || int8send(h.ticket_id) || int4send(h.seq) || h.hash, '' ORDER BY h.event_id, h.ticket_id, h.seq)
            FROM liskeban._sealed_events(s.seal_id, s.from_event_id, s.to_event_id) AS h)
    FROM liskeban.seal AS s,
         (SELECT min(e.event_id) AS first, max(e.event_id) AS last FROM liskeban.ticket_event AS e WHERE e.ticket_id BETWEEN _archive_seals.first AND _archive_seals.last) AS m
   WHERE s.to_event_id >= m.first AND s.from_event_id <= m.last
     AND EXISTS (SELECT FROM liskeban.ticket_event AS e
                  WHERE e.event_id BETWEEN s.from_event_id AND s.to_event_id AND e.ticket_id BETWEEN _archive_seals.first AND _archive_seals.last)
   ORDER BY s.seal_id;
END
$$;
COMMENT ON FUNCTION liskeban._archive_seals(bigint, bigint) IS 'the seals that have an event of these tickets, each with 52 bytes for every event it seals (event_id, ticket_id, seq, hash), so that its root can be computed from them';
REVOKE ALL ON FUNCTION liskeban._archive_seals(bigint, bigint) FROM PUBLIC;

CREATE FUNCTION liskeban._history_digest(history regclass, OUT events bigint, OUT first_event_id bigint, OUT last_event_id bigint, OUT digest bytea)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('SELECT sum(b.n), min(b.first), max(b.last), sha256(string_agg(b.digest, '''' ORDER BY b.block)) '
                 'FROM (SELECT e.event_id / 1000 AS block, count(*) AS n, min(e.event_id) AS first, max(e.event_id) AS last, '
                 'sha256(string_agg(e.hash, '''' ORDER BY e.event_id)) AS digest FROM %s AS e GROUP BY 1) AS b', history)
    INTO events, first_event_id, last_event_id, digest;
END
$$;
COMMENT ON FUNCTION liskeban._history_digest(regclass) IS 'how many events a partition of history has, from which to which, and the digest of their hashes (see liskeban.archive.digest)';
REVOKE ALL ON FUNCTION liskeban._history_digest(regclass) FROM PUBLIC;

CREATE FUNCTION liskeban._history_archived() RETURNS trigger
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '%', liskeban.message('history of ticket %s has been archived', NEW.ticket_id) USING ERRCODE = 'object_not_in_prerequisite_state',
    DETAIL = liskeban.message('Nothing more can happen to the ticket.'), HINT = liskeban.message('Put its history back with liskeban_archive restore.');
END
$$;
COMMENT ON FUNCTION liskeban._history_archived() IS 'BEFORE ROW trigger of the empty partition that stands where history was archived: refuses what would be added to it (55000)';
REVOKE ALL ON FUNCTION liskeban._history_archived() FROM PUBLIC;

CREATE FUNCTION liskeban._mark_archived(parent name, partition name, first bigint, last bigint, archive text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('CREATE TABLE liskeban.%I PARTITION OF liskeban.%I FOR VALUES FROM (%L) TO (%L)', partition, parent, first, last + 1);
  PERFORM liskeban._keep_partition(partition, format('分区 of %s: those of the tickets %s to %s have been archived: %s', parent, first, last, archive));
  EXECUTE format('CREATE TRIGGER history_archived BEFORE INSERT ON liskeban.%I FOR EACH ROW EXECUTE FUNCTION liskeban._history_archived()', partition);
  EXECUTE format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER history_archived', partition);
END
$$;
COMMENT ON FUNCTION liskeban._mark_archived(name, name, bigint, bigint, text) IS 'makes the empty partition that stands where history was archived';
REVOKE ALL ON FUNCTION liskeban._mark_archived(name, name, bigint, bigint, text) FROM PUBLIC;

-- The parents are locked last and shortly; until then only writers to the old tickets wait.
CREATE FUNCTION liskeban._archive_let_go(name text, first bigint, last bigint, before timestamptz, events bigint, alarms bigint,
  digest bytea, root bytea) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
  until constant timestamptz := liskeban._archive_before(before);
  history name;
  alarm name;
  problem text;
  here record;
  alarms_here bigint;
  last_seal record;
  new_id bigint;
  part record;
BEGIN
  PERFORM liskeban._require_admin('archive history');
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE EXCEPTION '%', liskeban.message('history is let go under READ COMMITTED only') USING ERRCODE = 'active_sql_transaction';
  END IF;
  SELECT r.partition INTO history FROM liskeban._partition_ranges('liskeban.ticket_event') AS r WHERE r.first = _archive_let_go.first AND r.beyond = last + 1;
  SELECT r.partition INTO alarm FROM liskeban._partition_ranges('liskeban.alarm') AS r WHERE r.first = _archive_let_go.first AND r.beyond = last + 1;
  IF history IS NULL OR alarm IS NULL OR NOT coalesce(pg_sequence_last_value(pg_get_serial_sequence('liskeban.ticket', 'ticket_id')::regclass) >= last, false)
     OR EXISTS (SELECT FROM liskeban.archive AS a WHERE a.restored_at IS NULL AND a.first_ticket = first) THEN
    RAISE EXCEPTION '%', liskeban.message('tickets %s to %s are no range whose history may leave', first, last) USING ERRCODE = 'invalid_parameter_value',
      HINT = liskeban.message('See liskeban.archive_candidates().');
  END IF;
  EXECUTE format('LOCK TABLE liskeban.%I, liskeban.%I IN SHARE MODE', history, alarm);
  problem := liskeban._archive_problem(first, last, until);
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('history of tickets %s to %s may not leave: %s', first, last, problem) USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;

  -- What was written is what is here, and sealed by what is sealed here.
  SELECT d.* INTO here FROM liskeban._history_digest(format('liskeban.%I', history)::regclass) AS d;
  EXECUTE format('SELECT count(*) FROM liskeban.%I', alarm) INTO alarms_here;
  IF (here.events, here.digest, alarms_here) IS DISTINCT FROM (_archive_let_go.events, _archive_let_go.digest, _archive_let_go.alarms) THEN
    RAISE EXCEPTION '%', liskeban.message('history of tickets %s to %s is not what was archived', first, last) USING ERRCODE = 'object_not_in_prerequisite_state',
      DETAIL = liskeban.message('Here are %s events and %s alarms, in the archive %s and %s.', here.events, alarms_here, _archive_let_go.events, _archive_let_go.alarms),
      HINT = liskeban.message('Something may have happened to one of them meanwhile: archive it anew.');
  END IF;
  SELECT s.seal_id, s.root INTO last_seal FROM liskeban.seal AS s WHERE s.to_event_id >= here.last_event_id ORDER BY s.to_event_id LIMIT 1;
  IF last_seal.root IS DISTINCT FROM _archive_let_go.root THEN
    RAISE EXCEPTION '%', liskeban.message('the seals are not those of the archive') USING ERRCODE = 'object_not_in_prerequisite_state',
      DETAIL = liskeban.message('The root of seal %s is %s.', last_seal.seal_id, encode(last_seal.root, 'hex'));
  END IF;

  INSERT INTO liskeban.archive (name, first_ticket, last_ticket, tickets, events, alarms, first_event_id, last_event_id, digest, seal_id, root,
                                received, whistled, archived_at, archived_by)
  SELECT _archive_let_go.name, first, last, count(*), here.events, alarms_here, here.first_event_id, here.last_event_id, here.digest,
         last_seal.seal_id, last_seal.root,
         tstzrange(least(min(t.received_at), min(m.received_at)), greatest(max(t.received_at), max(m.received_at)), '[]'),
         coalesce((SELECT tstzrange(min(e.at), max(e.at), '[]') FROM liskeban.ticket_event AS e
                    WHERE e.ticket_id BETWEEN first AND last AND e.action = 'blow_whistle' HAVING count(*) > 0), 'empty'),
         liskeban.liskeban_now(), liskeban.actor()
    FROM liskeban.ticket AS t LEFT JOIN liskeban.ticket AS m ON m.ticket_id = t.merged_into AND t.state = 'merged'
   WHERE t.ticket_id BETWEEN first AND last
  RETURNING archive_id INTO new_id;
  EXECUTE format('INSERT INTO liskeban.archived_seal (archive_id, seal_id, events, hashes) '
                 'SELECT $1, s.seal_id, h.n, CASE WHEN h.n < s.events THEN h.hashes END FROM liskeban.seal AS s, '
                 'LATERAL (SELECT count(*) AS n, string_agg(int8send(e.event_id) || int8send(e.ticket_id) || int4send(e.seq) || e.hash, '''' ORDER BY e.event_id) AS hashes '
                 'FROM liskeban.%I AS e WHERE e.event_id BETWEEN s.from_event_id AND s.to_event_id) AS h '
                 'WHERE s.to_event_id >= $2 AND s.from_event_id <= $3 AND h.n > 0', history)
    USING new_id, here.first_event_id, here.last_event_id;
  INSERT INTO liskeban.archived_day SELECT new_id, c.* FROM liskeban._day_changes(0, NULL, int8range(first, last, '[]')) AS c;

  LOCK TABLE liskeban.ticket_event, liskeban.alarm IN ACCESS EXCLUSIVE MODE;
  FOR part IN SELECT * FROM (VALUES ('ticket_event'::name, history), ('alarm', alarm)) AS v(parent, partition) LOOP
    EXECUTE format('DROP TABLE liskeban.%I', part.partition);
    PERFORM liskeban._mark_archived(part.parent, part.partition, first, last, name);
  END LOOP;
  RETURN new_id;
END
$$;
COMMENT ON FUNCTION liskeban._archive_let_go(text, bigint, bigint, timestamptz, bigint, bigint, bytea, bytea) IS 'lets the history of a range go that has been written: notes the archive, keeps what its seals and the figures of days need, and drops the partitions; returns its id. 55000 where what is here is not what was written, or may not leave; 22023 no such range';
REVOKE ALL ON FUNCTION liskeban._archive_let_go(text, bigint, bigint, timestamptz, bigint, bigint, bytea, bytea) FROM PUBLIC;

CREATE FUNCTION liskeban._archive_begin_return(first bigint, last bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  id bigint;
BEGIN
  PERFORM liskeban._require_admin('put archived history back');
  SELECT a.archive_id INTO id FROM liskeban.archive AS a
   WHERE a.restored_at IS NULL AND a.first_ticket = first AND a.last_ticket = last FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('history of tickets %s to %s is not away', first, last) USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = liskeban.message('Table liskeban.archive lists what is.');
  END IF;
  CREATE TABLE liskeban.ticket_event_returned (LIKE liskeban.ticket_event);
  CREATE TABLE liskeban.alarm_returned (LIKE liskeban.alarm INCLUDING CONSTRAINTS);
  GRANT INSERT ON liskeban.ticket_event_returned, liskeban.alarm_returned TO liskeban_admin;
  RETURN id;
END
$$;
COMMENT ON FUNCTION liskeban._archive_begin_return(bigint, bigint) IS 'makes the tables ticket_event_returned and alarm_returned, into which liskeban_archive copies the history of these tickets within the same transaction; returns the archive''s id. 55000 where it is not away';
REVOKE ALL ON FUNCTION liskeban._archive_begin_return(bigint, bigint) FROM PUBLIC;

CREATE FUNCTION liskeban._archive_end_return(id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
  a liskeban.archive;
  here record;
  alarms_here bigint;
  changed bigint;
  part record;
BEGIN
  PERFORM liskeban._require_admin('put archived history back');
  SELECT r.* INTO STRICT a FROM liskeban.archive AS r WHERE r.archive_id = id AND r.restored_at IS NULL;
  -- The tables are of this transaction: no plan of theirs may stay.
  SELECT d.* INTO here FROM liskeban._history_digest(format('liskeban.%I', 'ticket_event_returned')::regclass) AS d;
  EXECUTE format('SELECT count(*) FROM liskeban.%I AS r WHERE r.ticket_id BETWEEN $1 AND $2', 'alarm_returned') INTO alarms_here USING a.first_ticket, a.last_ticket;
  EXECUTE format('SELECT count(*) FROM liskeban.%I AS e WHERE e.ticket_id NOT BETWEEN $1 AND $2 '
          'OR e.hash IS DISTINCT FROM liskeban.event_hash(e.event_id, e.ticket_id, e.seq, e.run, e.at, e.recorded_at, e.action, '
          'e.from_state::text, e.to_state::text, e.actor, e.login, e.note_digest, e.detail) '
          'OR e.note_digest <> sha256(convert_to(e.note, ''UTF8''))', 'ticket_event_returned') INTO changed USING a.first_ticket, a.last_ticket;
  IF (here.events, here.digest, alarms_here, changed) IS DISTINCT FROM (a.events, a.digest, a.alarms, 0) THEN
    RAISE EXCEPTION '%', liskeban.message('what is to be put back is not what was archived') USING ERRCODE = 'object_not_in_prerequisite_state',
      DETAIL = liskeban.message('Archive %s had %s events and %s alarms; these are %s and %s, or of another digest.', a.name, a.events, a.alarms,
                      here.events, alarms_here);
  END IF;

  LOCK TABLE liskeban.ticket_event, liskeban.alarm IN ACCESS EXCLUSIVE MODE;
  FOR part IN
    SELECT v.parent::name, v.returned, r.partition
      FROM (VALUES ('ticket_event', 'ticket_event_returned'), ('alarm', 'alarm_returned')) AS v(parent, returned),
           LATERAL liskeban._partition_ranges(('liskeban.' || v.parent)::regclass) AS r
     WHERE r.first = a.first_ticket AND r.beyond = a.last_ticket + 1
  LOOP
    EXECUTE format('DROP TABLE liskeban.%I', part.partition);
    EXECUTE format('REVOKE ALL ON liskeban.%I FROM liskeban_admin', part.returned);
    EXECUTE format('ALTER TABLE liskeban.%I RENAME TO %I', part.returned, part.partition);
    EXECUTE format('ALTER TABLE liskeban.%I ATTACH PARTITION liskeban.%I FOR VALUES FROM (%L) TO (%L)', part.parent, part.partition,
                   a.first_ticket, a.last_ticket + 1);
    PERFORM liskeban._keep_partition(part.partition, format('分区 of %s: the tickets %s to %s', part.parent, a.first_ticket, a.last_ticket));
  END LOOP;
  DELETE FROM liskeban.archived_seal AS s WHERE s.archive_id = id;
  DELETE FROM liskeban.archived_day AS d WHERE d.archive_id = id;
  UPDATE liskeban.archive AS r SET restored_at = liskeban.liskeban_now() WHERE r.archive_id = id;
  -- It may have been written before its notes were cleared.
  INSERT INTO liskeban.clearing (ticket_id, since)
  SELECT t.ticket_id, t.updated_at FROM liskeban.ticket AS t WHERE t.ticket_id BETWEEN a.first_ticket AND a.last_ticket
  ON CONFLICT (ticket_id) DO UPDATE SET since = excluded.since;
END
$$;
COMMENT ON FUNCTION liskeban._archive_end_return(bigint) IS 'puts the history back that liskeban_archive has copied into ticket_event_returned and alarm_returned, if it is what was archived, row by row. 55000 where it is not';
REVOKE ALL ON FUNCTION liskeban._archive_end_return(bigint) FROM PUBLIC;
