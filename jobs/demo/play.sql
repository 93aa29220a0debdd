-- Plays the sample district's days through the loop, in replay time:
--
--   psql -X -q -v ON_ERROR_STOP=1 [-v from=2024-10-21] [-v days=7] [-v share=1] [-v seed=0] [-v every=1] [-v clues=0] [-v jobs=0]
--        [-v storm=FILE] -d DATABASE -f jobs/demo/play.sql
--
-- as a superuser, after district.sql. Every step is made by a fitting identity (liskeban.act_as) at its own time
-- (liskeban.now) through submit() and the named functions, in order of time, committed at each sweep, which comes every so
-- many minutes. share scales how much happens, seed draws another district's worth of it, clues=1 adds citizens' clues,
-- storm the track of a storm that passes, jobs=1 the daily jobs after each midnight. What people do, and how long they
-- take, is drawn from the request's number by behaviour.sql: the same each time. What the platform makes of it is not
-- touched: only people act here, and answer what it asks of them: whistles, complaints, what was left lying. Steps after
-- the last day are not made, so tickets are open at the end. Schema demo keeps the behaviour, what was played and what
-- the rules refused. Prints a line a day. Playing the same days again is refused by submit() as existing requests, and
-- ends there.

\set ON_ERROR_STOP on
\if :{?from}
\else
  \set from 2024-10-21
\endif
\if :{?days}
\else
  \set days 7
\endif
\if :{?share}
\else
  \set share 1
\endif
\if :{?seed}
\else
  \set seed 0
\endif
\if :{?every}
\else
  \set every 1
\endif
\if :{?clues}
\else
  \set clues 0
\endif
\if :{?jobs}
\else
  \set jobs 0
\endif
\set track ''
\if :{?storm}
  \set track `cat "$DEMO_STORM"`
\endif
SET client_min_messages = warning;
SET jit = off;
SET temp_buffers = '64MB';
SELECT set_config('search_path', 'pg_catalog, ' || quote_ident(nspname) || ', liskeban, pg_temp', false), set_config('demo.seed', :'seed', false),
       set_config('demo.track', :'track', false)
  FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
 WHERE e.extname = 'postgis'
\g /dev/null
\ir behaviour.sql
CREATE TABLE IF NOT EXISTS demo.played (day date PRIMARY KEY, requests integer, steps integer, refused integer, alarms bigint, left_lying integer, seconds numeric);
CREATE TABLE IF NOT EXISTS demo.refused (step text, sqlstate text, message text, times bigint NOT NULL, PRIMARY KEY (step, sqlstate, message));
-- whoever dumps the database dumps this too
GRANT USAGE ON SCHEMA demo TO liskeban_backup;
GRANT SELECT ON ALL TABLES IN SCHEMA demo TO liskeban_backup;
\ir requests.sql
SELECT pg_temp.demo_generate(:'from'::date, :'from'::date + :days - 1, b.requests_a_day * :share, b.season, b.season_peak) FROM demo_b AS b
\g /dev/null

CREATE TEMP TABLE demo_step (
  at        timestamptz NOT NULL,
  n         bigint NOT NULL,
  k         integer NOT NULL,
  step      text NOT NULL,
  a         jsonb NOT NULL,
  PRIMARY KEY (at, n, k)
);
CREATE INDEX demo_step_of ON pg_temp.demo_step (n, k);
-- Its ticket, who gave it back last, how often it was begun anew.
CREATE TEMP TABLE demo_ticket (n bigint PRIMARY KEY, ticket_id bigint NOT NULL, area text, department text, turns integer NOT NULL DEFAULT 0);
CREATE INDEX demo_ticket_of ON pg_temp.demo_ticket (ticket_id);
CREATE INDEX demo_request_at ON pg_temp.demo_request (at);
-- The last whistle and the last order that were heard, and the storm.
CREATE TEMP TABLE demo_mark AS
  SELECT (SELECT coalesce(max(whistle_id), 0) FROM liskeban.whistle) AS whistle_id, (SELECT coalesce(max(supervision_id), 0) FROM liskeban.supervision) AS supervision_id;
CREATE TEMP TABLE demo_point (at timestamptz, lon float8, lat float8, wind float8, radii float8[]);
CREATE TEMP TABLE demo_wind (at timestamptz, wind float8);
CREATE TEMP TABLE demo_storm (begins timestamptz, ends timestamptz);
\ir life.sql
\ir act.sql
\ir rooms.sql

-- Makes the steps of a day, and sweeps every so many minutes as the job does.
CREATE PROCEDURE pg_temp.demo_play(day date, every integer, INOUT line text DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
  s        pg_temp.demo_step;
  b        pg_temp.demo_b;
  steps    integer := 0;
  refused  integer := 0;
  requests integer := 0;
  alarms   bigint := 0;
  lying    integer := 0;
  slot     timestamptz := day::timestamp AT TIME ZONE 'Asia/Shanghai';
  midnight constant timestamptz := (day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai';
  until    timestamptz;
  clock    timestamptz := slot;
  began    timestamptz := clock_timestamp();
  seconds  numeric;
BEGIN
  SELECT q.* INTO STRICT b FROM demo_b AS q;
  PERFORM pg_temp.demo_life(q, b) FROM demo_request AS q WHERE q.at >= slot AND q.at < midnight AND q.n < 1000000000;
  WHILE slot < midnight LOOP
    until := slot + make_interval(mins => every);
    LOOP
      -- what a step brings about may be due before the sweep
      FOR s IN SELECT q.* FROM demo_step AS q WHERE q.at >= slot AND q.at < until ORDER BY q.at, q.n, q.k LOOP
        clock := greatest(clock, s.at);
        PERFORM set_config('liskeban.now', clock::text, false);
        DELETE FROM demo_step AS q WHERE q.at = s.at AND q.n = s.n AND q.k = s.k;
        CONTINUE WHEN NOT FOUND;
        steps := steps + 1;
        requests := requests + (s.step = 'submit')::integer;
        IF s.n = 0 THEN
          PERFORM pg_temp.demo_district(s);
        ELSIF NOT pg_temp.demo_try(s, b) THEN
          refused := refused + 1;
        END IF;
      END LOOP;
      EXIT WHEN NOT FOUND;
    END LOOP;
    slot := until;
    PERFORM set_config('liskeban.now', slot::text, false);
    PERFORM liskeban.act_as(NULL);
    alarms := alarms + liskeban.sweep();
    PERFORM pg_temp.demo_hear(slot, b);
    IF (slot AT TIME ZONE 'Asia/Shanghai')::time = '08:30' THEN
      lying := lying + pg_temp.demo_list(slot, b);
    END IF;
    COMMIT;
  END LOOP;
  seconds := round(extract(epoch FROM clock_timestamp() - began), 1);
  INSERT INTO demo.played VALUES (day, requests, steps, refused, alarms, lying, seconds);
  line := format('%s %s: %s requests, %s steps, %s refused, %s alarms, %s s', day, to_char(day, 'Dy'), requests, steps, refused, alarms, seconds);
END
$$;

SELECT pg_temp.demo_storm_hours(:'from'::date, :'from'::date + :days - 1) WHERE :'track' <> ''
\g /dev/null
SELECT pg_temp.demo_storm_calls(b, :share) FROM demo_b AS b WHERE :'track' <> ''
\g /dev/null
SELECT pg_temp.demo_clues(:'from'::date, :'from'::date + :days - 1, b, :share) FROM demo_b AS b WHERE :clues = 1
\g /dev/null
ANALYZE demo_step, demo_request, demo_ticket;

\pset format unaligned
\pset tuples_only on
SELECT s.statement
  FROM generate_series(:'from'::timestamp, :'from'::timestamp + make_interval(days => :days - 1), interval '1 day') WITH ORDINALITY AS d (day, no)
 CROSS JOIN LATERAL (VALUES (1, format('CALL pg_temp.demo_play(%L, %s)', d.day::date, :every)),
                            (4, CASE WHEN :jobs = 1 THEN format('SET liskeban.now = %L', (d.day + interval '1 day 10 minutes') AT TIME ZONE 'Asia/Shanghai') END),
                            (5, CASE WHEN :jobs = 1 THEN $$CALL liskeban.run_job('seal')$$ END),
                            (6, CASE WHEN :jobs = 1 THEN $$CALL liskeban.run_job('roll_up')$$ END),
                            (7, CASE WHEN :jobs = 1 THEN $$CALL liskeban.run_job('analyse')$$ END),
                            (8, CASE WHEN :jobs = 1 THEN format('SET liskeban.now = %L', (d.day + interval '1 day 20 minutes') AT TIME ZONE 'Asia/Shanghai') END),
                            (9, CASE WHEN :jobs = 1 THEN $$CALL liskeban.run_job('partitions')$$ END),
                            (10, CASE WHEN d.no % 7 = 1 THEN 'VACUUM (ANALYZE) pg_temp.demo_step, pg_temp.demo_ticket, pg_temp.demo_request' END)) AS s (no, statement)
 WHERE s.statement IS NOT NULL
 ORDER BY d.no, s.no
\gexec
SELECT liskeban.act_as(NULL)
\g /dev/null
RESET liskeban.now;
RESET demo.seed;
RESET demo.track;
\pset format aligned
\pset tuples_only off
DROP TABLE pg_temp.demo_request CASCADE;
DROP TABLE pg_temp.demo_step CASCADE;
DROP TABLE pg_temp.demo_b CASCADE;
DROP TABLE pg_temp.demo_ticket, pg_temp.demo_mark, pg_temp.demo_point, pg_temp.demo_wind, pg_temp.demo_storm, pg_temp.demo_town_weight, pg_temp.demo_channel,
  pg_temp.demo_hour, pg_temp.demo_corner, pg_temp.demo_beyond, pg_temp.demo_share;
RESET search_path;
RESET client_min_messages;
RESET jit;
RESET temp_buffers;
