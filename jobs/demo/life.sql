-- What people do about a matter, drawn before it happens: steps of play.sql. Read by it, after behaviour.sql and requests.sql.

-- How much longer than the median a team takes that begins now: its own pace, short hands, night, days off, a storm near.
CREATE FUNCTION pg_temp.demo_pace(worker text, t timestamptz, b pg_temp.demo_b) RETURNS float8 LANGUAGE sql STABLE AS $$
  SELECT exp(b.person_spread * pg_temp.demo_normal(w.id, 1))
         * CASE WHEN worker ~ '^[a-z]' THEN b.department_slows ELSE 1 END
         * CASE WHEN pg_temp.demo_u(w.id * 8192 + (w.l::date - date '2000-01-01') % 8192, 2) < b.absent THEN b.absent_slows ELSE 1 END
         * CASE WHEN extract(hour FROM w.l) < 6 OR extract(hour FROM w.l) >= 22 THEN b.night_slows ELSE 1 END
         * CASE WHEN coalesce((SELECT c.is_working FROM liskeban.calendar_day AS c WHERE c.day = w.l::date), extract(isodow FROM w.l) < 6) THEN 1 ELSE b.day_off_slows END
         * CASE WHEN EXISTS (SELECT FROM demo_storm AS s WHERE t >= s.begins AND t < s.ends) THEN b.storm_slows ELSE 1 END
    FROM (SELECT (hashtext(worker) & 1048575)::bigint AS id, t AT TIME ZONE 'Asia/Shanghai' AS l) AS w
$$;

-- Work and calls back wait for the morning.
CREATE FUNCTION pg_temp.demo_daytime(t timestamptz, u float8) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT date_trunc('second', CASE
           WHEN extract(hour FROM l) < 8 THEN (date_trunc('day', l) + interval '8 hours' + interval '2 hours' * u) AT TIME ZONE 'Asia/Shanghai'
           WHEN extract(hour FROM l) >= 21 THEN (date_trunc('day', l) + interval '32 hours' + interval '2 hours' * u) AT TIME ZONE 'Asia/Shanghai'
           ELSE t END)
    FROM (SELECT t AT TIME ZONE 'Asia/Shanghai' AS l) AS l
$$;

-- What people do about one request: rows of demo_step. Draws 40 and up of the request are its own.
CREATE FUNCTION pg_temp.demo_script(r pg_temp.demo_request, b pg_temp.demo_b) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  t         timestamptz := r.at;
  k         integer := 0;
  hard      boolean := r.difficulty = 'hard';
  desk      text := 'desk_' || 1 + r.n % 4;
  other     text := 'desk_' || 1 + (r.n + 1) % 4;
  fate      float8 := pg_temp.demo_u(r.n, 40);
  stage     float8 := pg_temp.demo_u(r.n, 41);
  kind      text;
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
    fate := b.hard_twice * fate;
  END IF;
  kind := CASE WHEN r.placed = 'beyond' AND stage < 0.6 THEN 'reject'
               ELSE (ARRAY['reject', 'answer', 'withdraw', 'redispatch', 'return', 'suspend', 'rework', 'reopen', 'extend', 'plain'])
                    [1 + width_bucket(fate, (SELECT array_agg(v.upto ORDER BY v.upto) FROM (SELECT sum(u.share) OVER (ORDER BY u.no) AS upto
                         FROM unnest(ARRAY[b.rejects, b.answers, b.withdraws, b.redispatches, b.returns, b.suspends, b.reworks, b.reopens, b.extends]) WITH ORDINALITY AS u (share, no)) AS v))] END;
  k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'submit', jsonb_build_object('by', 'source_' || r.source));

  -- The desk: intake
  IF kind = 'withdraw' AND stage < 0.08 THEN
    t := t + interval '1 second' * ceil(30 + 60 * pg_temp.demo_u(r.n, 42));
    k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'withdraw', jsonb_build_object('by', 'source_' || r.source, 'note', '诉求人来电撤回'));
    RETURN;
  END IF;
  t := t + interval '1 second' * ceil(5 + b.desk_accept_s * exp(b.desk_accept_spread * pg_temp.demo_normal(r.n, 43)));
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
    t := t + interval '1 second' * ceil(10 + b.desk_dispatch_s * exp(b.desk_dispatch_spread * pg_temp.demo_normal(r.n, 47)));
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
    IF NOT r.on_site AND NOT (run = 1 AND pg_temp.demo_u(r.n, 49 + 20 * run) < b.forgets_contact) THEN
      t := t + interval '1 second' * ceil(120 + b.contact_s * pg_temp.demo_pace(r.worker, t, b) * exp(b.contact_spread * pg_temp.demo_normal(r.n, 51 + 20 * run)));
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'contact', jsonb_build_object('note', '已电话联系诉求人'));
    END IF;
    IF visited THEN
      t := t + interval '1 second' * ceil(60 + b.way_s * pg_temp.demo_pace(r.worker, t, b) * exp(b.way_spread * pg_temp.demo_normal(r.n, 52 + 20 * run)));
      entered := t + interval '1 minute' * CASE WHEN pg_temp.demo_u(r.n, 56 + 20 * run) < 0.15 THEN ceil(8 * pg_temp.demo_u(r.n, 57 + 20 * run)) ELSE 0 END;
      k := k + 1; INSERT INTO demo_step VALUES (entered, r.n, k, 'arrive', jsonb_build_object(
        'proof', CASE WHEN pg_temp.demo_u(r.n, 53 + 20 * run) < 0.75 THEN 'gps' WHEN pg_temp.demo_u(r.n, 53 + 20 * run) < 0.9 THEN 'photo' ELSE 'declared' END,
        'east', round(((CASE WHEN pg_temp.demo_u(r.n, 59 + 20 * run) < b.wrong_place THEN 600 ELSE 40 END) * pg_temp.demo_normal(r.n, 54 + 20 * run))::numeric, 1), 'north', round((40 * pg_temp.demo_normal(r.n, 55 + 20 * run))::numeric, 1),
        'at', CASE WHEN entered > t THEN t END));
      t := entered;
    END IF;
    t := t + interval '1 minute' * ceil(10 * pg_temp.demo_u(r.n, 58 + 20 * run));

    -- Who sees that it is beyond them, whistles.
    IF kind = 'plain' AND visited AND pg_temp.demo_u(r.n, 60 + 20 * run) < (CASE r.difficulty WHEN 'hard' THEN b.too_much_hard WHEN 'simple' THEN b.too_much_simple ELSE b.too_much_general END) THEN
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'whistle', '{"reason": "超出本级能力，需上级协调"}');
      t := t + interval '5 minutes';
    END IF;

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
    IF hard AND NOT planned AND pg_temp.demo_u(r.n, 116) < b.plans THEN
      t := pg_temp.demo_daytime(t + interval '1 hour' * (2 + b.plan_h * pg_temp.demo_pace(r.worker, t, b) * exp(b.plan_spread * pg_temp.demo_normal(r.n, 117))), pg_temp.demo_u(r.n, 118));
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
      until := t + (promised - t) * (0.3 + (b.late_promise - 0.3) * pg_temp.demo_u(r.n, 125));
      -- each week how far it is
      FOR i IN 1 .. floor(extract(epoch FROM until - t) / 86400 / 6)::integer LOOP
        IF pg_temp.demo_u(r.n, 840 + i) < b.progresses THEN
          k := k + 1; INSERT INTO demo_step VALUES (pg_temp.demo_daytime(date_trunc('second', t) + i * interval '6 days', pg_temp.demo_u(r.n, 870 + i)), r.n, k, 'progress', jsonb_build_object('percent', 15 * i));
        END IF;
      END LOOP;
      t := until;
    ELSIF kind = 'extend' AND NOT hard THEN
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'ask', jsonb_build_object('kind', 'extend', 'reason', '需协调多家单位', 'until', r.at + interval '5 days'));
      t := t + interval '30 minutes';
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'decide', jsonb_build_object('by', other, 'kind', 'extend', 'granted', stage < 0.7));
      t := t + interval '1 hour' * (1 + 2 * b.general_h * pg_temp.demo_pace(r.worker, t, b) * exp(b.general_spread * pg_temp.demo_normal(r.n, 126)));
    ELSE
      t := t + interval '1 hour' * CASE WHEN kind IN ('rework', 'reopen') OR run > 1 THEN 1 + 3 * pg_temp.demo_u(r.n, 127 + run)
                                        WHEN r.difficulty = 'simple' THEN b.simple_h * pg_temp.demo_pace(r.worker, t, b) * exp(b.simple_spread * pg_temp.demo_normal(r.n, 130))
                                        ELSE b.general_h * pg_temp.demo_pace(r.worker, t, b) * exp(b.general_spread * pg_temp.demo_normal(r.n, 130)) END;
    END IF;
    t := pg_temp.demo_daytime(t + interval '1 minute', pg_temp.demo_u(r.n, 131 + run));
    k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'resolve', jsonb_build_object('resolution', '已现场处置完毕，并回访确认。', 'reply', '您反映的问题已处理完毕，感谢监督。'));

    -- After the work
    IF run = 1 AND kind = 'rework' THEN
      t := pg_temp.demo_daytime(t + interval '1 hour' * (2 + 8 * pg_temp.demo_u(r.n, 134)), pg_temp.demo_u(r.n, 135));
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'rework', jsonb_build_object('by', desk, 'note', '回访发现未处理到位，返工'));
    ELSE
      t := pg_temp.demo_daytime(t + interval '1 hour' * CASE kind WHEN 'reopen' THEN 1 + pg_temp.demo_u(r.n, 136) ELSE b.asked_h * exp(b.asked_spread * pg_temp.demo_normal(r.n, 137)) END,
                                pg_temp.demo_u(r.n, 138 + run));
      IF kind = 'withdraw' THEN
        k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'withdraw', jsonb_build_object('by', desk, 'note', '诉求人主动撤回'));
        RETURN;
      END IF;
      said := jsonb_build_object('by', 'feedback_' || 1 + r.n % 2, 'nobody', pg_temp.demo_u(r.n, 141 + 3 * run) < b.no_answer, 'content', kind = 'reopen' AND run = 1);
      -- who does not answer is called twice more, the last time on another day
      IF (said->>'nobody')::boolean THEN
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
    said := jsonb_build_object('by', 'feedback_' || 1 + r.n % 2, 'nobody', pg_temp.demo_u(r.n, 156) < b.no_answer);
    IF (said->>'nobody')::boolean THEN
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'call', said);
      t := t + interval '2 hours';
      k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'call', said);
      t := pg_temp.demo_daytime(t + interval '20 hours', pg_temp.demo_u(r.n, 157));
    END IF;
    k := k + 1; INSERT INTO demo_step VALUES (t, r.n, k, 'close', said);
  END IF;
END
$$;

-- One arrival in twenty is entered late: 12 to 90 minutes after it happened, and what follows waits for it.
CREATE FUNCTION pg_temp.demo_life(r pg_temp.demo_request, b pg_temp.demo_b) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  l    record;
  wait interval;
BEGIN
  PERFORM pg_temp.demo_script(r, b);
  FOR l IN SELECT s.k FROM demo_step AS s WHERE s.n = r.n AND s.step = 'arrive' AND pg_temp.demo_u(r.n, 500 + s.k) < b.entered_late LOOP
    wait := interval '1 minute' * ceil(12 + 78 * pg_temp.demo_u(r.n, 600 + l.k));
    UPDATE demo_step AS s SET a = s.a || jsonb_build_object('at', coalesce(s.a->>'at', s.at::text)) WHERE s.n = r.n AND s.k = l.k;
    UPDATE demo_step AS s SET at = s.at + wait WHERE s.n = r.n AND s.k >= l.k;
  END LOOP;
END
$$;

-- The same from where a ticket stands: what is done again, what came from a clue, what a storm brought, what was left lying.
CREATE FUNCTION pg_temp.demo_work(r pg_temp.demo_request, b pg_temp.demo_b, begins timestamptz, state text, storm boolean DEFAULT false) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  t    timestamptz := date_trunc('second', begins);
  turn integer;
  k    integer;
  d    integer;
  desk text := 'desk_' || 1 + r.n % 4;
BEGIN
  UPDATE demo_ticket AS q SET turns = q.turns + 1 WHERE q.n = r.n RETURNING q.turns INTO turn;
  turn := coalesce(turn, 0);
  k := 1000 + 10 * turn;
  d := 200 + 10 * (turn % 20);
  IF state IN ('reported', 'rejected') THEN
    t := t + interval '1 second' * ceil(5 + b.desk_accept_s * exp(b.desk_accept_spread * pg_temp.demo_normal(r.n, d)));
    INSERT INTO demo_step VALUES (t, r.n, k + 1, 'accept', jsonb_build_object('by', desk));
  END IF;
  IF state IN ('reported', 'rejected', 'accepted') THEN
    t := t + interval '1 second' * ceil(10 + b.desk_dispatch_s * exp(b.desk_dispatch_spread * pg_temp.demo_normal(r.n, d + 1)));
    INSERT INTO demo_step VALUES (t, r.n, k + 2, 'dispatch', jsonb_build_object('by', desk));
    state := 'dispatched';
  END IF;
  IF state = 'suspended' THEN
    INSERT INTO demo_step VALUES (t, r.n, k + 3, 'resume', '{}');
    t := t + interval '10 minutes';
  END IF;
  IF state = 'dispatched' AND r.on_site THEN
    t := t + interval '1 second' * ceil(60 + CASE WHEN storm THEN 60 * b.storm_way_min * exp(b.storm_spread * pg_temp.demo_normal(r.n, d + 2))
                                                  ELSE b.way_s * pg_temp.demo_pace(r.worker, t, b) * exp(b.way_spread * pg_temp.demo_normal(r.n, d + 2)) END);
    INSERT INTO demo_step VALUES (t, r.n, k + 4, 'arrive', '{"proof": "gps", "east": 12, "north": -9}');
  ELSIF state = 'dispatched' THEN
    t := t + interval '1 second' * ceil(120 + b.contact_s * pg_temp.demo_pace(r.worker, t, b) * exp(b.contact_spread * pg_temp.demo_normal(r.n, d + 2)));
    INSERT INTO demo_step VALUES (t, r.n, k + 4, 'contact', '{"note": "已电话联系诉求人"}');
  END IF;
  IF state <> 'resolved' THEN
    IF storm THEN
      t := t + interval '1 second' * ceil(60 * CASE r.category WHEN 'road_clearance' THEN b.clear_min ELSE b.pump_min END * exp(b.storm_spread * pg_temp.demo_normal(r.n, d + 3)));
    ELSE
      t := pg_temp.demo_daytime(t + interval '1 minute' + interval '1 hour' * pg_temp.demo_pace(r.worker, t, b)
             * CASE r.difficulty WHEN 'simple' THEN b.simple_h * exp(b.simple_spread * pg_temp.demo_normal(r.n, d + 3)) ELSE b.general_h * exp(b.general_spread * pg_temp.demo_normal(r.n, d + 3)) END,
             pg_temp.demo_u(r.n, d + 4));
    END IF;
    INSERT INTO demo_step VALUES (t, r.n, k + 5, 'resolve', '{"resolution": "已处置完毕", "reply": "您反映的问题已处理完毕，感谢监督。"}');
  END IF;
  t := pg_temp.demo_daytime(t + interval '1 hour' * b.asked_h * exp(b.asked_spread * pg_temp.demo_normal(r.n, d + 5)), pg_temp.demo_u(r.n, d + 6));
  INSERT INTO demo_step VALUES (t, r.n, k + 6, 'close', jsonb_build_object('by', 'feedback_' || 1 + r.n % 2, 'nobody', false));
END
$$;
