-- What the row about sealing starts from: two writers of single tickets (writer.sql, run by pgbench), who each take one
-- of the requests, and one session that seals beside them.

CREATE UNIQUE INDEX ON bench.request (n);

-- Processor time of a backend so far, in clock ticks (Linux).
CREATE FUNCTION bench.ticks(pid integer) RETURNS bigint LANGUAGE sql VOLATILE
RETURN (SELECT split_part(s, ' ', 12)::bigint + split_part(s, ' ', 13)::bigint
          FROM split_part(pg_read_file('/proc/' || pid || '/stat', 0, 4096, true), ') ', 2) AS s);

-- Seal every few seconds beside the writers, and tell: seconds, events sealed, processor time of the writers and of
-- this backend (clock ticks).
CREATE PROCEDURE bench.seal_beside(seconds integer, every integer, INOUT events bigint, INOUT writers bigint, INOUT sealer bigint)
LANGUAGE plpgsql AS $$
DECLARE
  began bigint;
  own bigint;
BEGIN
  -- The first seal reads what was there before, and makes the plans.
  PERFORM liskeban.seal_history();
  COMMIT;
  PERFORM liskeban.seal_history();
  COMMIT;
  began := (SELECT sum(bench.ticks(a.pid)) FROM pg_stat_activity AS a WHERE a.application_name = 'writer');
  own := bench.ticks(pg_backend_pid());
  events := 0;
  FOR i IN 1 .. seconds / every LOOP
    PERFORM pg_sleep(every);
    events := events + liskeban.seal_history();
    COMMIT;
  END LOOP;
  sealer := bench.ticks(pg_backend_pid()) - own;
  writers := (SELECT sum(bench.ticks(a.pid)) FROM pg_stat_activity AS a WHERE a.application_name = 'writer') - began;
END
$$;
