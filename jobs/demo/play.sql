-- Plays the sample district's days of requests through the loop, in replay time:
--
--   psql -X -q -v ON_ERROR_STOP=1 [-v from=2024-10-21] [-v days=7] -d DATABASE -f jobs/demo/play.sql
--
-- as a superuser, after district.sql. Every step is made by a fitting identity (liskeban.act_as) at its own time
-- (liskeban.now) through submit() and the named functions, in order of time, committed in batches. What people do,
-- and how long they take, is drawn from the request's number: the same script each time. What the platform makes of
-- it is not touched: only people act here. Steps after the last day are not made, so tickets are open at the end.
-- One arrival in twenty is entered late. Prints a line a day. Playing the same days again is refused by submit()
-- as existing requests, and ends there.

\set ON_ERROR_STOP on
\if :{?from}
\else
  \set from 2024-10-21
\endif
\if :{?days}
\else
  \set days 7
\endif
SET client_min_messages = warning;
SET jit = off;
SELECT set_config('search_path', 'pg_catalog, ' || quote_ident(nspname) || ', liskeban, pg_temp', false)
  FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
 WHERE e.extname = 'postgis'
\g /dev/null
\ir requests.sql
SELECT pg_temp.demo_generate(:'from'::date, :'from'::date + :days - 1)
\g /dev/null

CREATE TEMP TABLE demo_step (
  at        timestamptz NOT NULL,
  n         bigint NOT NULL,
  k         integer NOT NULL,
  step      text NOT NULL,
  a         jsonb NOT NULL,
  PRIMARY KEY (at, n, k)
);
-- Its ticket, and who gave it back last.
CREATE TEMP TABLE demo_ticket (n bigint PRIMARY KEY, ticket_id bigint NOT NULL, area text, department text);

-- What people do about one request: rows of demo_step. Draws 40 and up of the request are its own.
CREATE FUNCTION pg_temp.demo_script(r pg_temp.demo_request) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  t         timestamptz := r.at;
  k         integer := 0;
  hard      boolean := r.difficulty = 'hard';
  desk      text := 'desk_' || 1 + r.n % 4;
  other     text := 'desk_' || 1 + (r.n + 1) % 4;
  fate      float8 := pg_temp.demo_u(r.n, 40);
  stage     float8 := pg_temp.demo_u(r.n, 41);
  kind      text;
  -- some teams are quick, some slow
  pace      float8 := 0.6 + 0.9 * pg_temp.demo_u(right(r.home, 6)::bigint, 4, 7);
  visited   boolean := false;
  planned   boolean := false;
  promised  timestamptz;
  entered   timestamptz;
  until     timestamptz;
  said      jsonb;
  run       integer := 1;
BEGIN
  -- what is hard takes more turns
  IF hard THEN
    fate := 0.5 * fate;
  END IF;
  kind := CASE WHEN r.placed = 'beyond' AND stage < 0.6 THEN 'reject'
               WHEN fate < 0.030 THEN 'reject' WHEN fate < 0.090 THEN 'answer' WHEN fate < 0.120 THEN 'withdraw'
               WHEN fate < 0.165 THEN 'redispatch' WHEN fate < 0.195 THEN 'return' WHEN fate < 0.225 THEN 'suspend'
               WHEN fate < 0.265 THEN 'rework' WHEN fate < 0.295 THEN 'reopen' WHEN fate < 0.325 THEN 'extend'
               ELSE 'plain' END;
  k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'submit', jsonb_build_object('by', 'source_' || r.source));

  -- The desk: intake
  IF kind = 'withdraw' AND stage < 0.08 THEN
    t := t + interval '1 second' * ceil(30 + 60 * pg_temp.demo_u(r.n, 42));
    k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'withdraw', jsonb_build_object('by', 'source_' || r.source, 'note', '诉求人来电撤回'));
    RETURN;
  END IF;
  t := t + interval '1 second' * ceil(5 + 65 * exp(0.8 * pg_temp.demo_normal(r.n, 43)));
  IF kind = 'answer' AND stage < 0.4 THEN
    k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'answer', jsonb_build_object('by', desk, 'reply', '您咨询的事项，政策规定如下，已向您说明。'));
  ELSIF kind = 'reject' AND stage < 0.5 THEN
    k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'reject', jsonb_build_object('by', desk,
      'reason', CASE WHEN r.placed = 'beyond' THEN 'other_jurisdiction' ELSE (ARRAY['petition_or_court', 'unclear'])[1 + floor(2 * pg_temp.demo_u(r.n, 44))::integer] END,
      'reply', '您的诉求不属于本平台受理范围，已告知办理渠道。'));
    -- The citizen insists; a fifth of the time the desk takes it on after all.
    IF pg_temp.demo_u(r.n, 45) >= 0.2 THEN
      RETURN;
    END IF;
    t := t + interval '1 minute' * ceil(20 + 200 * pg_temp.demo_u(r.n, 46));
    k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'accept', jsonb_build_object('by', other, 'note', '经复核，予以受理'));
  ELSE
    k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'accept', jsonb_build_object('by', desk));
    t := t + interval '1 second' * ceil(10 + 110 * exp(0.7 * pg_temp.demo_normal(r.n, 47)));
    IF kind = 'answer' THEN
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'answer', jsonb_build_object('by', desk, 'reply', '经核实，该问题今日上午已处理完毕。'));
    ELSIF kind = 'reject' THEN
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'reject', jsonb_build_object('by', desk, 'reason', 'emergency_number', 'reply', '情况紧急，已转110处置。'));
      RETURN;
    ELSIF kind = 'withdraw' AND stage < 0.16 THEN
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'withdraw', jsonb_build_object('by', desk, 'note', '诉求人表示问题已自行解决'));
      RETURN;
    END IF;
  END IF;

  -- From dispatch to resolved; a second time after rework or reopening.
  LOOP
    EXIT WHEN kind = 'answer' AND run = 1;
    IF run = 1 THEN
      IF r.category <> r.payload->>'category' THEN
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'classify', jsonb_build_object('by', desk, 'note', '坐席归类'));
        t := t + interval '30 seconds';
      END IF;
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'dispatch', jsonb_build_object('by', desk));
      IF kind = 'redispatch' AND stage < 0.4 THEN
        t := t + interval '1 minute' * ceil(3 + 20 * pg_temp.demo_u(r.n, 48));
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'redispatch', jsonb_build_object('by', desk, 'note', '权属不清，改派'));
      ELSIF kind = 'withdraw' AND stage < 0.32 THEN
        t := t + interval '1 minute' * ceil(2 + 10 * pg_temp.demo_u(r.n, 48));
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'withdraw', jsonb_build_object('by', 'source_' || r.source, 'note', '来源系统撤单'));
        RETURN;
      ELSIF kind = 'return' AND stage < 0.5 THEN
        t := t + interval '1 minute' * ceil(5 + 30 * pg_temp.demo_u(r.n, 48));
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'ask', jsonb_build_object('kind', 'return', 'reason', '不属本单位职责'));
        t := t + interval '1 minute' * ceil(2 + 20 * pg_temp.demo_u(r.n, 49));
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'decide', jsonb_build_object('by', desk, 'kind', 'return', 'granted', true));
        t := t + interval '20 seconds';
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'return', jsonb_build_object('by', desk, 'note', '同意退单'));
        t := t + interval '1 minute';
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'dispatch', jsonb_build_object('by', desk, 'another', true, 'note', '改由其他单位承办'));
      END IF;
    END IF;

    -- Contact, for a matter that needs no arrival; some of those are visited all the same.
    visited := r.on_site OR kind = 'suspend' OR pg_temp.demo_u(r.n, 50 + 20 * run) < 0.05;
    IF hard AND NOT r.on_site AND stage < 0.5 THEN
      visited := false;
    END IF;
    IF NOT r.on_site THEN
      t := t + interval '1 second' * ceil(120 + 5400 * pace * exp(1.0 * pg_temp.demo_normal(r.n, 51 + 20 * run)));
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'contact', jsonb_build_object('note', '已电话联系诉求人'));
    END IF;
    IF visited THEN
      t := t + interval '1 second' * ceil(60 + 330 * pace * exp(0.75 * pg_temp.demo_normal(r.n, 52 + 20 * run)));
      entered := t + interval '1 minute' * CASE WHEN pg_temp.demo_u(r.n, 56 + 20 * run) < 0.15 THEN ceil(8 * pg_temp.demo_u(r.n, 57 + 20 * run)) ELSE 0 END;
      k := k + 1; INSERT INTO demo_step VALUES (entered, r.n, k, 'arrive', jsonb_build_object(
        'proof', CASE WHEN pg_temp.demo_u(r.n, 53 + 20 * run) < 0.75 THEN 'gps' WHEN pg_temp.demo_u(r.n, 53 + 20 * run) < 0.9 THEN 'photo' ELSE 'declared' END,
        'east', round((40 * pg_temp.demo_normal(r.n, 54 + 20 * run))::numeric, 1), 'north', round((40 * pg_temp.demo_normal(r.n, 55 + 20 * run))::numeric, 1),
        'at', CASE WHEN entered > t THEN t END));
      t := entered;
    END IF;
    t := t + interval '1 minute' * ceil(10 * pg_temp.demo_u(r.n, 58 + 20 * run));

    IF run = 1 AND visited AND kind = 'redispatch' AND stage >= 0.4 AND NOT (hard AND stage >= 0.7) THEN
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'redispatch', jsonb_build_object('by', desk, 'note', '现场核实后改派'));
      t := t + interval '1 minute' * ceil(10 + 40 * pg_temp.demo_u(r.n, 110));
      IF NOT r.on_site THEN
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'contact', jsonb_build_object('note', '新承办单位已联系诉求人'));
      ELSE
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'arrive', jsonb_build_object('proof', 'gps', 'east', 15, 'north', -20));
      END IF;
      t := t + interval '30 minutes';
    ELSIF run = 1 AND visited AND kind = 'withdraw' AND stage < (CASE WHEN hard THEN 0.4 ELSE 0.6 END) THEN
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'withdraw', jsonb_build_object('by', desk, 'note', '现场当事人和解，撤回'));
      RETURN;
    ELSIF run = 1 AND visited AND kind = 'return' AND stage >= 0.5 THEN
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'ask', jsonb_build_object('kind', 'return', 'reason', '现场核实不在本辖区'));
      t := t + interval '1 minute' * ceil(5 + 20 * pg_temp.demo_u(r.n, 111));
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'decide', jsonb_build_object('by', desk, 'kind', 'return', 'granted', true));
      t := t + interval '30 seconds';
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'return', jsonb_build_object('by', desk, 'note', '同意退单'));
      t := t + interval '1 minute';
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'dispatch', jsonb_build_object('by', desk, 'another', true, 'note', '改由其他单位承办'));
      t := t + interval '1 minute' * ceil(10 + 40 * pg_temp.demo_u(r.n, 112));
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'arrive', jsonb_build_object('proof', 'photo'));
      t := t + interval '30 minutes';
    END IF;

    IF run = 1 AND visited AND (kind = 'suspend' AND NOT (hard AND stage < 0.8) OR kind = 'withdraw' AND stage BETWEEN 0.6 AND 0.85 AND NOT hard) THEN
      until := t + interval '30 hours';
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'ask', jsonb_build_object('kind', 'suspend', 'reason', '需待产权单位配合', 'until', until));
      t := t + interval '1 minute' * ceil(5 + 30 * pg_temp.demo_u(r.n, 113));
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'decide', jsonb_build_object('by', other, 'kind', 'suspend', 'granted', true));
      t := t + interval '1 minute';
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'suspend', jsonb_build_object('by', desk, 'until', until, 'note', '同意挂账'));
      IF kind = 'withdraw' THEN
        t := t + interval '5 hours';
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'withdraw', jsonb_build_object('by', desk, 'note', '挂账期间诉求人撤回'));
        RETURN;
      END IF;
      t := t + interval '1 hour' * ceil(4 + 24 * pg_temp.demo_u(r.n, 114));
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'resume', CASE WHEN pg_temp.demo_u(r.n, 115) < 0.5 THEN jsonb_build_object('by', desk) ELSE '{}' END);
    END IF;

    -- The plan of a hard matter
    IF hard AND NOT planned AND pg_temp.demo_u(r.n, 116) < 0.93 THEN
      t := pg_temp.demo_daytime(t + interval '1 hour' * (2 + 26 * pace * exp(0.6 * pg_temp.demo_normal(r.n, 117))), pg_temp.demo_u(r.n, 118));
      promised := date_trunc('hour', t) + CASE WHEN pg_temp.demo_u(r.n, 119) < 0.4 THEN interval '1 day' ELSE interval '5 days' + interval '20 days' * pg_temp.demo_u(r.n, 120) END;
      promised := date_trunc('hour', promised);
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'plan', jsonb_build_object('plan', '牵头单位会同有关部门现场勘查，分三步整改到位', 'promised', promised));
      planned := true;
      IF kind = 'redispatch' AND stage >= 0.7 THEN
        t := t + interval '1 hour';
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'redispatch', jsonb_build_object('by', desk, 'note', '方案涉及上级事权，改派'));
        planned := false;
        t := t + interval '1 minute' * ceil(10 + 40 * pg_temp.demo_u(r.n, 121));
        IF r.on_site THEN
          k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'arrive', jsonb_build_object('proof', 'gps', 'east', -10, 'north', 25));
        ELSE
          k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'contact', jsonb_build_object('note', '新承办单位已联系诉求人'));
        END IF;
        t := t + interval '2 hours';
      ELSIF kind = 'withdraw' THEN
        t := t + interval '2 hours';
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'withdraw', jsonb_build_object('by', desk, 'note', '诉求人认可方案后撤回'));
        RETURN;
      ELSIF kind = 'suspend' AND stage < 0.8 THEN
        t := t + interval '1 hour';
        until := t + interval '48 hours';
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'ask', jsonb_build_object('kind', 'suspend', 'reason', '需待资金到位', 'until', until));
        t := t + interval '30 minutes';
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'decide', jsonb_build_object('by', other, 'kind', 'suspend', 'granted', true));
        t := t + interval '1 minute';
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'suspend', jsonb_build_object('by', desk, 'until', until, 'note', '同意挂账'));
        t := t + interval '1 hour' * ceil(4 + 16 * pg_temp.demo_u(r.n, 122));
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'resume', '{}');
      ELSIF pg_temp.demo_u(r.n, 123) < 0.15 THEN
        t := t + interval '1 hour' * ceil(2 + 6 * pg_temp.demo_u(r.n, 124));
        promised := promised + interval '3 days';
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'ask', jsonb_build_object('kind', 'extend', 'reason', '施工遇管线迁改', 'until', promised));
        t := t + interval '30 minutes';
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'decide', jsonb_build_object('by', other, 'kind', 'extend', 'granted', true));
        t := t + interval '10 minutes';
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'plan', jsonb_build_object('plan', '重订方案：先行临时处置，管线迁改后完成', 'promised', promised));
      END IF;
      t := t + (promised - t) * (0.3 + 0.75 * pg_temp.demo_u(r.n, 125));
    ELSIF kind = 'extend' AND NOT hard THEN
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'ask', jsonb_build_object('kind', 'extend', 'reason', '需协调多家单位', 'until', r.at + interval '5 days'));
      t := t + interval '30 minutes';
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'decide', jsonb_build_object('by', other, 'kind', 'extend', 'granted', stage < 0.7));
      t := t + interval '1 hour' * (1 + 40 * pace * exp(0.7 * pg_temp.demo_normal(r.n, 126)));
    ELSE
      t := t + interval '1 hour' * CASE WHEN kind IN ('rework', 'reopen') OR run > 1 THEN 1 + 3 * pg_temp.demo_u(r.n, 127 + run)
                                        WHEN r.difficulty = 'simple' THEN 4 * pace * exp(0.9 * pg_temp.demo_normal(r.n, 130))
                                        ELSE 24 * pace * exp(0.8 * pg_temp.demo_normal(r.n, 130)) END;
    END IF;
    t := pg_temp.demo_daytime(t + interval '1 minute', pg_temp.demo_u(r.n, 131 + run));
    k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'resolve', jsonb_build_object('resolution', '已现场处置完毕，并回访确认。', 'reply', '您反映的问题已处理完毕，感谢监督。'));

    -- After the work
    IF run = 1 AND kind = 'rework' THEN
      t := pg_temp.demo_daytime(t + interval '1 hour' * (2 + 8 * pg_temp.demo_u(r.n, 134)), pg_temp.demo_u(r.n, 135));
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'rework', jsonb_build_object('by', desk, 'note', '回访发现未处理到位，返工'));
    ELSE
      t := pg_temp.demo_daytime(t + interval '1 hour' * CASE kind WHEN 'reopen' THEN 1 + pg_temp.demo_u(r.n, 136) ELSE 14 * exp(0.6 * pg_temp.demo_normal(r.n, 137)) END,
                                pg_temp.demo_u(r.n, 138 + run));
      IF kind = 'withdraw' THEN
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'withdraw', jsonb_build_object('by', desk, 'note', '诉求人主动撤回'));
        RETURN;
      END IF;
      said := pg_temp.demo_feedback(r.n, 141 + 3 * run, kind = 'reopen' AND run = 1);
      -- who does not answer is called twice more, the last time on another day
      IF said->>'satisfaction' = 'unreachable' THEN
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'call', said);
        t := t + interval '2 hours';
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'call', said);
        t := pg_temp.demo_daytime(t + interval '20 hours', pg_temp.demo_u(r.n, 139 + run));
      END IF;
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'close', said);
      EXIT WHEN kind <> 'reopen' OR run = 2;
      t := pg_temp.demo_daytime(t + interval '1 hour' * (2 + 10 * pg_temp.demo_u(r.n, 151)), pg_temp.demo_u(r.n, 152));
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'ask', jsonb_build_object('by', other, 'kind', 'reopen', 'reason', '诉求人反映问题反弹'));
      t := t + interval '1 minute' * ceil(5 + 40 * pg_temp.demo_u(r.n, 153));
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'decide', jsonb_build_object('by', desk, 'kind', 'reopen', 'granted', true));
      t := t + interval '1 minute';
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'reopen', jsonb_build_object('by', desk, 'note', '同意重办'));
    END IF;
    run := run + 1;
    EXIT WHEN run > 2;
    t := t + interval '1 minute';
  END LOOP;
  IF kind = 'answer' THEN
    t := pg_temp.demo_daytime(t + interval '1 hour' * (2 + 20 * pg_temp.demo_u(r.n, 154)), pg_temp.demo_u(r.n, 155));
    said := pg_temp.demo_feedback(r.n, 156, false);
    IF said->>'satisfaction' = 'unreachable' THEN
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'call', said);
      t := t + interval '2 hours';
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'call', said);
      t := pg_temp.demo_daytime(t + interval '20 hours', pg_temp.demo_u(r.n, 157));
    END IF;
    k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'close', said);
  END IF;
END
$$;

-- Work and calls back wait for the morning.
CREATE FUNCTION pg_temp.demo_daytime(t timestamptz, u float8) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT date_trunc('second', CASE
           WHEN extract(hour FROM l) < 8 THEN (date_trunc('day', l) + interval '8 hours' + interval '2 hours' * u) AT TIME ZONE 'Asia/Shanghai'
           WHEN extract(hour FROM l) >= 21 THEN (date_trunc('day', l) + interval '32 hours' + interval '2 hours' * u) AT TIME ZONE 'Asia/Shanghai'
           ELSE t END)
    FROM (SELECT t AT TIME ZONE 'Asia/Shanghai' AS l) AS l
$$;

-- What the citizen will say when asked.
CREATE FUNCTION pg_temp.demo_feedback(n bigint, k integer, content boolean) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object(
    'satisfaction', CASE WHEN content OR pg_temp.demo_u(n, k) < 0.76 THEN 'satisfied' WHEN pg_temp.demo_u(n, k) < 0.88 THEN 'neutral'
                         WHEN pg_temp.demo_u(n, k) < 0.94 THEN 'dissatisfied' ELSE 'unreachable' END,
    'solved', content OR pg_temp.demo_u(n, k + 1) < CASE WHEN pg_temp.demo_u(n, k) < 0.88 THEN 0.97 ELSE 0.5 END,
    'by', 'feedback_' || 1 + n % 2)
$$;

-- Who acts for the holder of a ticket.
CREATE FUNCTION pg_temp.demo_handler(area text, department text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN department IS NOT NULL THEN 'dept_' || department
              WHEN length(area) >= 12 THEN 'village_' || substr(area, 7, 6)
              WHEN length(area) = 9 THEN 'town_' || right(area, 3) || '_team'
              ELSE 'district_team' END
$$;

-- Makes one step.
CREATE FUNCTION pg_temp.demo_do(s pg_temp.demo_step) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  r       pg_temp.demo_request;
  t       record;
  id      bigint;
  outcome text;
  here    geometry;
BEGIN
  SELECT q.* INTO STRICT r FROM demo_request AS q WHERE q.n = s.n;
  IF s.step = 'submit' THEN
    PERFORM liskeban.act_as(s.a->>'by');
    SELECT q.ticket_id, q.outcome INTO STRICT id, outcome FROM liskeban.submit(r.payload) AS q;
    IF outcome <> 'created' THEN
      RAISE EXCEPTION 'request % was not created but %', r.payload->>'external_id', outcome
        USING HINT = 'A district plays the same days only once.';
    END IF;
    INSERT INTO demo_ticket VALUES (s.n, id);
    RETURN;
  END IF;

  SELECT q.ticket_id, q.state, q.geom, q.responsible_area::text AS area, q.department, q.has_reporter, q.category, d.area AS returned_area
    INTO STRICT t FROM liskeban.ticket AS q JOIN demo_ticket AS d USING (ticket_id) WHERE d.n = s.n;
  id := t.ticket_id;
  PERFORM liskeban.act_as(coalesce(s.a->>'by', pg_temp.demo_handler(t.area, t.department)));

  CASE s.step
    WHEN 'accept' THEN PERFORM liskeban.accept(id, s.a->>'note');
    WHEN 'answer' THEN PERFORM liskeban.answer(id, s.a->>'reply');
    WHEN 'reject' THEN PERFORM liskeban.reject(id, s.a->>'reason', s.a->>'reply');
    WHEN 'withdraw' THEN PERFORM liskeban.withdraw(id, s.a->>'note');
    WHEN 'classify' THEN UPDATE liskeban.ticket AS q SET category = r.category, note = s.a->>'note' WHERE q.ticket_id = id;
    WHEN 'dispatch' THEN
      -- what has no place goes to the village that its words are about, what was returned to another
      IF NOT s.a ? 'another' THEN
        PERFORM liskeban.dispatch(id, CASE WHEN t.area IS NULL THEN r.home::liskeban.area_code END, NULL, CASE WHEN t.area IS NULL THEN '按诉求内容派至属地' END);
      ELSIF length(t.returned_area) = 9 THEN
        PERFORM liskeban.dispatch(id, r.home::liskeban.area_code, NULL, s.a->>'note');
      ELSE
        PERFORM liskeban.dispatch(id, left(r.home, 9)::liskeban.area_code, NULL, s.a->>'note');
      END IF;
    WHEN 'redispatch' THEN
      -- a village's to its town, a town's to the category's department, a department's to the village
      IF t.department IS NOT NULL THEN
        PERFORM liskeban.redispatch(id, r.home::liskeban.area_code, NULL, s.a->>'note');
      ELSIF length(t.area) >= 12 THEN
        PERFORM liskeban.redispatch(id, left(t.area, 9)::liskeban.area_code, NULL, s.a->>'note');
      ELSE
        PERFORM liskeban.redispatch(id, NULL, coalesce((SELECT c.department FROM liskeban.category AS c WHERE c.code = t.category), 'city_management'), s.a->>'note');
      END IF;
    WHEN 'return' THEN
      UPDATE demo_ticket AS d SET area = t.area, department = t.department WHERE d.n = s.n;
      PERFORM liskeban.return(id, s.a->>'note');
    WHEN 'contact' THEN PERFORM liskeban.contact(id, s.a->>'note');
    WHEN 'arrive' THEN
      IF s.a->>'proof' = 'gps' AND t.geom IS NOT NULL AND s.a ? 'east' THEN
        here := ST_Point(ST_X(t.geom) + (s.a->>'east')::float8 / 94800, ST_Y(t.geom) + (s.a->>'north')::float8 / 110900, 4490);
      ELSIF s.a->>'proof' = 'photo' THEN
        INSERT INTO liskeban.attachment (ticket_id, stage, uri, taken_at, geom)
          VALUES (id, 'arrival', format('demo:///%s/arrival.jpg', id), coalesce((s.a->>'at')::timestamptz, s.at), t.geom);
      END IF;
      PERFORM liskeban.arrive(id, CASE WHEN s.a->>'proof' = 'gps' AND here IS NULL THEN 'declared' ELSE s.a->>'proof' END, here,
                              (s.a->>'at')::timestamptz);
    WHEN 'plan' THEN PERFORM liskeban.plan(id, s.a->>'plan', (s.a->>'promised')::timestamptz);
    WHEN 'resolve' THEN
      IF (SELECT c.needs_photo FROM liskeban.category AS c WHERE c.code = t.category) THEN
        INSERT INTO liskeban.attachment (ticket_id, stage, uri, taken_at, geom)
          VALUES (id, 'resolution', format('demo:///%s/resolution.jpg', id), s.at, t.geom);
      END IF;
      PERFORM liskeban.resolve(id, s.a->>'resolution', s.a->>'reply');
    WHEN 'suspend' THEN PERFORM liskeban.suspend(id, (s.a->>'until')::timestamptz, s.a->>'note');
    WHEN 'resume' THEN
      -- where the sweep has not been first
      IF t.state = 'suspended' THEN
        PERFORM liskeban.resume(id);
      END IF;
    WHEN 'ask' THEN PERFORM liskeban.ask(id, s.a->>'kind', s.a->>'reason', (s.a->>'until')::timestamptz);
    WHEN 'decide' THEN
      PERFORM liskeban.decide(q.request_id, (s.a->>'granted')::boolean, CASE WHEN (s.a->>'granted')::boolean THEN '同意' ELSE '理由不充分' END)
         FROM liskeban.request AS q WHERE q.ticket_id = id AND q.kind = s.a->>'kind' AND q.decided_at IS NULL;
    WHEN 'call', 'close' THEN
      -- the platform closes what nobody could be asked about in time
      IF t.state <> 'resolved' THEN
        RETURN;
      END IF;
      IF NOT t.has_reporter THEN
        UPDATE liskeban.ticket AS q SET checked_by = s.a->>'by' WHERE q.ticket_id = id;
      ELSE
        PERFORM liskeban.record_feedback(id, s.a->>'satisfaction',
                                         CASE WHEN s.a->>'satisfaction' <> 'unreachable' THEN (s.a->>'solved')::boolean END, NULL, 'phone');
      END IF;
      -- a complaint is heard by another of the desk, who finds the work done
      PERFORM liskeban.act_as('desk_' || 1 + (s.n + 2) % 4), liskeban.decide(q.request_id, false, '经复核，处置到位')
         FROM liskeban.request AS q WHERE q.ticket_id = id AND q.kind = 'rework' AND q.decided_at IS NULL;
      IF s.step = 'close' AND (SELECT q.state FROM liskeban.ticket AS q WHERE q.ticket_id = id) = 'resolved' THEN
        PERFORM liskeban.close(id);
      END IF;
    WHEN 'rework' THEN PERFORM liskeban.rework(id, s.a->>'note');
    WHEN 'reopen' THEN PERFORM liskeban.reopen(id, s.a->>'note');
  END CASE;
END
$$;

-- Makes the steps of a day, committing every 500, and sweeps each minute as the job does.
CREATE PROCEDURE pg_temp.demo_play(day date, INOUT line text DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
  s        pg_temp.demo_step;
  steps    integer := 0;
  requests integer := 0;
  alarms   bigint := 0;
  minute   timestamptz := day::timestamp AT TIME ZONE 'Asia/Shanghai';
  midnight constant timestamptz := (day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai';
  began    timestamptz := clock_timestamp();
BEGIN
  FOR s IN SELECT q.* FROM demo_step AS q
            WHERE q.at >= day::timestamp AT TIME ZONE 'Asia/Shanghai' AND q.at < (day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
            ORDER BY q.at, q.n, q.k LOOP
    steps := steps + 1;
    requests := requests + (s.step = 'submit')::integer;
    WHILE minute <= s.at LOOP
      PERFORM set_config('liskeban.now', minute::text, false);
      alarms := alarms + liskeban.sweep();
      minute := minute + interval '1 minute';
    END LOOP;
    PERFORM set_config('liskeban.now', s.at::text, false);
    PERFORM pg_temp.demo_do(s);
    IF steps % 500 = 0 THEN
      COMMIT;
    END IF;
  END LOOP;
  WHILE minute <= midnight LOOP
    PERFORM set_config('liskeban.now', minute::text, false);
    alarms := alarms + liskeban.sweep();
    minute := minute + interval '1 minute';
  END LOOP;
  COMMIT;
  line := format('%s %s: %s requests, %s steps, %s alarms, %s s', day, to_char(day, 'Dy'), requests, steps, alarms,
                 round(extract(epoch FROM clock_timestamp() - began), 1));
END
$$;

SELECT count(pg_temp.demo_script(q)) FROM pg_temp.demo_request AS q
\g /dev/null

-- One arrival in twenty is entered late: 12 to 90 minutes after it happened, and what follows waits for it.
DO $$
DECLARE
  l    record;
  wait interval;
BEGIN
  FOR l IN SELECT q.n, q.k FROM (SELECT s.n, s.k, row_number() OVER (ORDER BY s.at, s.n) AS no FROM demo_step AS s WHERE s.step = 'arrive') AS q
            WHERE q.no % 20 = 10 LOOP
    wait := interval '1 minute' * ceil(12 + 78 * pg_temp.demo_u(l.n, 160));
    UPDATE demo_step AS s SET a = s.a || jsonb_build_object('at', coalesce(s.a->>'at', s.at::text)) WHERE s.n = l.n AND s.k = l.k;
    UPDATE demo_step AS s SET at = s.at + wait WHERE s.n = l.n AND s.k >= l.k;
  END LOOP;
END
$$;
ANALYZE demo_step;

\pset format unaligned
\pset tuples_only on
SELECT format('CALL pg_temp.demo_play(%L)', d::date) FROM generate_series(:'from'::timestamp, :'from'::timestamp + make_interval(days => :days - 1), interval '1 day') AS d
\gexec
SELECT liskeban.act_as(NULL)
\g /dev/null
RESET liskeban.now;
\pset format aligned
\pset tuples_only off
DROP TABLE pg_temp.demo_request CASCADE;
DROP TABLE pg_temp.demo_step CASCADE;
DROP TABLE pg_temp.demo_ticket, pg_temp.demo_town_weight, pg_temp.demo_channel, pg_temp.demo_hour, pg_temp.demo_corner, pg_temp.demo_beyond, pg_temp.demo_share;
RESET search_path;
RESET client_min_messages;
RESET jit;
