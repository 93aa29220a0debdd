-- A day of tickets, one a transaction, each moved as in life, with the jobs beside them as often as schedule_jobs() runs
-- them: what it leaves behind. psql variable: tickets (that come in on the day), spread over it by the hour.

\set ON_ERROR_STOP on
CREATE TABLE bench.life (at timestamptz NOT NULL, ticket_id bigint NOT NULL, next text NOT NULL);
CREATE INDEX ON bench.life (at);

CREATE TABLE bench.came AS SELECT 0 AS tickets;

-- An hour of it: what a session has done is told to autovacuum once its statement is over.
CREATE PROCEDURE bench.live(day timestamptz, hour integer, tickets integer) LANGUAGE plpgsql AS $$
DECLARE
  now timestamptz;
  done integer := (SELECT c.tickets FROM bench.came AS c);
  id bigint;
  m record;
  n bigint;
BEGIN
  FOR minute IN hour * 60 .. hour * 60 + 59 LOOP
    now := day + minute * interval '1 minute';
    PERFORM set_config('liskeban.now', now::text, false);
    -- twice as many by day as by night
    WHILE done < live.tickets::bigint * (2 * (minute + 1) + 2 * greatest(least(minute + 1, 1200) - 480, 0)) / 4320 LOOP
      done := done + 1;
      INSERT INTO liskeban.ticket (source, category, title, address, geom)
      SELECT r.source, CASE WHEN c.needs_photo OR c.difficulty = 'hard' THEN 'uncategorised' ELSE r.category END, r.title, r.address, r.geom
        FROM bench.made(done, done) AS r JOIN liskeban.category AS c ON c.code = r.category RETURNING ticket_id INTO id;
      INSERT INTO bench.life VALUES (now + interval '2 minutes', id, 'accepted');
      COMMIT;
    END LOOP;
    FOR m IN SELECT l.* FROM bench.life AS l WHERE l.at <= now ORDER BY l.at, l.ticket_id LOOP
      IF m.next = 'accepted' THEN
        UPDATE liskeban.ticket AS t SET state = 'accepted' WHERE t.ticket_id = m.ticket_id;
      ELSIF m.next = 'resolved' THEN
        UPDATE liskeban.ticket AS t SET state = 'resolved', reply = '已答复', resolution = '已处理' WHERE t.ticket_id = m.ticket_id;
      ELSIF m.next = 'dispatched' THEN
        UPDATE liskeban.ticket AS t SET state = 'dispatched', responsible_area = coalesce(t.area, (SELECT p.district FROM liskeban.platform AS p)),
               note = '交办' WHERE t.ticket_id = m.ticket_id;
      ELSE
        UPDATE liskeban.ticket AS t SET state = 'on_site' WHERE t.ticket_id = m.ticket_id;
      END IF;
      DELETE FROM bench.life AS l WHERE l.ticket_id = m.ticket_id AND l.at = m.at;
      IF m.next <> 'resolved' THEN
        INSERT INTO bench.life
        SELECT now + v.after, m.ticket_id, v.next
          FROM (VALUES ('accepted', true, interval '5 minutes', 'dispatched'), ('accepted', false, interval '4 minutes', 'resolved'),
                       ('dispatched', true, interval '30 minutes', 'on_site'), ('on_site', true, interval '6 hours', 'resolved')) AS v(state, handled, after, next)
         WHERE v.state = m.next AND v.handled = (m.ticket_id % 2 = 0);
      END IF;
      COMMIT;
    END LOOP;
    PERFORM liskeban.sweep();
    COMMIT;
    PERFORM liskeban.seal_history();
    COMMIT;
    IF minute % 5 = 0 THEN
      PERFORM liskeban.roll_up();
      COMMIT;
    END IF;
  END LOOP;
  UPDATE bench.came SET tickets = done;
END
$$;

-- Bytes of a table with its partitions, and of their indexes.
CREATE FUNCTION bench.sizes() RETURNS TABLE (relation text, heap bigint, indexes bigint) LANGUAGE sql AS $$
  SELECT c.relname::text, sum(pg_relation_size(p.relid))::bigint, sum(pg_indexes_size(p.relid))::bigint
    FROM pg_class AS c CROSS JOIN LATERAL pg_partition_tree(c.oid) AS p
   WHERE c.oid IN ('liskeban.ticket'::regclass, 'liskeban.ticket_event'::regclass, 'liskeban.worklist'::regclass,
                   'liskeban.alarm'::regclass, 'liskeban.outbox'::regclass, 'liskeban.stat_daily'::regclass)
   GROUP BY c.relname
  UNION ALL
  SELECT c.relname::text, pg_relation_size(c.oid), pg_indexes_size(c.oid) FROM pg_class AS c
   WHERE c.oid IN ('liskeban.ticket'::regclass, 'liskeban.worklist'::regclass, 'liskeban.stat_daily'::regclass)
     AND NOT EXISTS (SELECT FROM pg_partition_tree(c.oid))
$$;
