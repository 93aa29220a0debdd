-- Makes the steps of play.sql: who acts, what they call, how they take it when the rules say no. Read by it, after life.sql.

-- Who acts for the holder of a ticket.
CREATE FUNCTION pg_temp.demo_handler(area text, department text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN department IS NOT NULL THEN 'dept_' || department
              WHEN length(area) >= 12 THEN 'village_' || substr(area, 7, 6)
              WHEN length(area) = 9 THEN 'town_' || right(area, 3) || '_team'
              ELSE 'district_team' END
$$;

-- What the citizen says when asked: by how long it took, how often it was done, what was borne, and whether it was done well.
CREATE FUNCTION pg_temp.demo_said(r pg_temp.demo_request, b pg_temp.demo_b, took interval, again integer, turn integer, OUT satisfaction text, OUT solved boolean)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  patience float8 := CASE r.difficulty WHEN 'simple' THEN b.patience_simple_d WHEN 'hard' THEN b.patience_hard_d ELSE b.patience_general_d END
                     * exp(b.patience_spread * pg_temp.demo_normal(r.n, 180));
  odds     float8 := b.mood + b.mood_wait * ln(greatest(extract(epoch FROM took)::float8 / 86400, 0.01) / patience) + b.mood_again * again;
  half     float8 := b.half_done + b.half_done_spread * pg_temp.demo_normal((hashtext(r.worker) & 1048575)::bigint, 3);
  u        float8 := pg_temp.demo_u(r.n, 700 + turn % 20);
BEGIN
  solved := pg_temp.demo_u(r.n, 720 + turn % 20) >= 1 / (1 + exp(-half));
  IF NOT solved THEN
    odds := odds + 2;
  END IF;
  satisfaction := CASE WHEN u < 1 / (1 + exp(-odds)) THEN 'dissatisfied' WHEN u < 1 / (1 + exp(-odds)) + b.neutral THEN 'neutral' ELSE 'satisfied' END;
END
$$;

-- Makes one step.
CREATE FUNCTION pg_temp.demo_do(s pg_temp.demo_step, b pg_temp.demo_b) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  r       pg_temp.demo_request;
  w       liskeban.whistle;
  said    record;
  lead    bigint;
  done    timestamptz;
  speed   float8;
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
    INSERT INTO demo_ticket (n, ticket_id) VALUES (s.n, id);
    RETURN;
  ELSIF s.step = 'clue' THEN
    PERFORM liskeban.act_as('source_wechat');
    SELECT c.ticket_id INTO STRICT id
      FROM liskeban.report_clue(s.a->>'chain', s.a->>'words', ST_Point((s.a->>'x')::float8, (s.a->>'y')::float8, 4490), s.a->'who', r.category) AS c;
    INSERT INTO demo_ticket (n, ticket_id) VALUES (s.n, id);
    RETURN;
  END IF;

  SELECT q.ticket_id, q.state, q.geom, q.responsible_area::text AS area, q.department, q.has_reporter, q.category, d.area AS returned_area,
         q.area AS place, q.received_at, q.resolved_at, q.rework_count + q.reopen_count AS again, q.tier, d.turns
    INTO STRICT t FROM liskeban.ticket AS q JOIN demo_ticket AS d USING (ticket_id) WHERE d.n = s.n;
  id := t.ticket_id;
  -- what others have ended meanwhile
  IF t.state IN ('withdrawn', 'merged', 'rejected') AND s.step <> 'accept' OR t.state = 'closed' AND s.step NOT IN ('ask', 'decide', 'reopen', 'award', 'pay', 'reply', 'strike') THEN
    RETURN;
  END IF;
  PERFORM liskeban.act_as(coalesce(s.a->>'by', pg_temp.demo_handler(t.area, t.department)));

  CASE s.step
    WHEN 'accept' THEN PERFORM liskeban.accept(id, s.a->>'note');
    WHEN 'answer' THEN PERFORM liskeban.answer(id, s.a->>'reply');
    WHEN 'reject' THEN PERFORM liskeban.reject(id, s.a->>'reason', s.a->>'reply');
    WHEN 'withdraw' THEN PERFORM liskeban.withdraw(id, s.a->>'note');
    WHEN 'classify' THEN UPDATE liskeban.ticket AS q SET category = r.category, note = s.a->>'note' WHERE q.ticket_id = id;
    WHEN 'dispatch' THEN
      -- what has no place goes to the village that its words are about, what was returned to another
      IF NOT s.a ? 'another' AND pg_temp.demo_u(s.n, 170) < b.notices_twin THEN
        SELECT min(q.ticket_id) INTO lead FROM liskeban.ticket AS q
         WHERE q.area = t.place AND q.received_at > s.at - interval '2 days' AND q.category = t.category AND q.ticket_id <> id AND q.kind = 'demand'
           AND q.state IN ('dispatched', 'on_site', 'planned') AND q.merged_into IS NULL;
      END IF;
      IF lead IS NOT NULL THEN
        PERFORM liskeban.merge(id, lead);
        DELETE FROM demo_step AS q WHERE q.n = s.n AND q.at > s.at;
      ELSIF NOT s.a ? 'another' THEN
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
                              least((s.a->>'at')::timestamptz, s.at));
    WHEN 'progress' THEN
      IF t.state = 'planned' THEN
        PERFORM liskeban.progress(id, '按方案推进', least(95, (s.a->>'percent')::integer));
      END IF;
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
      ELSIF (s.a->>'nobody')::boolean THEN
        PERFORM liskeban.record_feedback(id, 'unreachable', NULL, NULL, 'phone');
      ELSE
        SELECT q.* INTO said FROM pg_temp.demo_said(r, b, t.resolved_at - t.received_at, t.again, t.turns) AS q;
        IF coalesce((s.a->>'content')::boolean, false) THEN
          said.satisfaction := 'satisfied';
          said.solved := true;
        END IF;
        PERFORM liskeban.record_feedback(id, said.satisfaction::liskeban.satisfaction, said.solved, NULL, 'phone');
        -- a complaint is heard by another of the desk
        IF EXISTS (SELECT FROM liskeban.request AS q WHERE q.ticket_id = id AND q.kind = 'rework' AND q.decided_at IS NULL) THEN
          PERFORM liskeban.act_as('desk_' || 1 + (s.n + 2) % 4);
          IF pg_temp.demo_u(s.n, 740 + t.turns % 20) < (CASE WHEN said.solved THEN b.gives_in ELSE b.admits END) THEN
            PERFORM liskeban.decide(q.request_id, true, '同意返工')
               FROM liskeban.request AS q WHERE q.ticket_id = id AND q.kind = 'rework' AND q.decided_at IS NULL;
            DELETE FROM demo_step AS q WHERE q.n = s.n AND q.at > s.at;
            PERFORM pg_temp.demo_work(r, b, s.at + interval '10 minutes', 'dispatched');
            RETURN;
          END IF;
          PERFORM liskeban.decide(q.request_id, false, '经复核，处置到位')
             FROM liskeban.request AS q WHERE q.ticket_id = id AND q.kind = 'rework' AND q.decided_at IS NULL;
        END IF;
      END IF;
      IF s.step = 'close' AND (SELECT q.state FROM liskeban.ticket AS q WHERE q.ticket_id = id) = 'resolved' THEN
        PERFORM liskeban.act_as(s.a->>'by'), liskeban.close(id);
      END IF;
    WHEN 'rework' THEN PERFORM liskeban.rework(id, s.a->>'note');
    WHEN 'reopen' THEN PERFORM liskeban.reopen(id, s.a->>'note');

    -- The ladder
    WHEN 'whistle' THEN PERFORM liskeban.blow_whistle(id, s.a->>'reason');
    WHEN 'sign', 'decline' THEN
      SELECT q.* INTO STRICT w FROM liskeban.whistle AS q WHERE q.whistle_id = (s.a->>'whistle')::bigint;
      IF w.ended_at IS NOT NULL OR w.signed_at IS NOT NULL THEN
        RETURN;
      ELSIF s.step = 'decline' THEN
        PERFORM liskeban.decline_whistle(w.whistle_id, '属本级职责范围，请继续办理');
        IF pg_temp.demo_u(s.n, 801) < b.appeals THEN
          INSERT INTO demo_step VALUES (s.at + interval '2 hours', s.n, 900, 'appeal', jsonb_build_object('by', w.raised_by, 'whistle', w.whistle_id));
        END IF;
        RETURN;
      END IF;
      IF w.to_tier >= 'district' THEN
        PERFORM liskeban.set_task_force(w.whistle_id, CASE w.to_tier WHEN 'principal' THEN 'leader_1' ELSE 'leader_' || c.domain END, ARRAY['district_team'])
           FROM liskeban.category AS c WHERE c.code = t.category;
      END IF;
      PERFORM liskeban.sign_whistle(w.whistle_id);
      IF pg_temp.demo_u(s.n, 802 + s.k % 50) < b.hands_down THEN
        INSERT INTO demo_step VALUES (s.at + interval '50 minutes', s.n, 901, 'hand_down', s.a);
      END IF;
      -- with the upper rung's hands what is left of the work takes a share of its time; what comes after it follows
      SELECT min(q.at) INTO done FROM demo_step AS q WHERE q.n = s.n AND q.at > s.at AND q.step = 'resolve';
      speed := least(1, b.help_speeds * exp(b.help_spread * pg_temp.demo_normal(s.n, 803)));
      UPDATE demo_step AS q
         SET at = date_trunc('second', CASE WHEN q.at <= done THEN s.at + interval '1 second' + (q.at - s.at) * speed ELSE q.at - (done - s.at) * (1 - speed) END)
       WHERE done IS NOT NULL AND q.n = s.n AND q.at > s.at AND q.step NOT IN ('hand_down', 'reply', 'strike');
    WHEN 'appeal' THEN PERFORM liskeban.appeal_whistle((s.a->>'whistle')::bigint, '确需上级统筹');
    WHEN 'hand_down' THEN
      IF EXISTS (SELECT FROM liskeban.whistle AS q WHERE q.whistle_id = (s.a->>'whistle')::bigint AND q.ended_at IS NULL) THEN
        PERFORM liskeban.hand_down((s.a->>'whistle')::bigint, '已协调相关单位到场，由你处继续办结');
      END IF;

    WHEN 'reply' THEN
      PERFORM liskeban.reply_supervision((s.a->>'supervision')::bigint, '已督促承办人到场，限期办结');
      INSERT INTO demo_step VALUES (s.at + interval '2 hours', s.n, s.k, 'strike', s.a || jsonb_build_object('by', 'desk_' || 1 + s.n % 4));
    WHEN 'strike' THEN PERFORM liskeban.strike_off((s.a->>'supervision')::bigint, '已落实');

    -- Clues
    WHEN 'verify' THEN
      IF s.a ? 'twin' THEN
        SELECT c.hazard_ticket INTO lead FROM liskeban.clue AS c
         WHERE c.valid AND c.chain = s.a->>'chain' AND c.decided_at > s.at - interval '20 days' ORDER BY c.decided_at DESC LIMIT 1;
      END IF;
      lead := liskeban.verify_clue(id, s.a->>'tier', lead);
      IF NOT EXISTS (SELECT FROM demo_ticket AS q WHERE q.ticket_id = lead) THEN
        r.n := s.n + 100000000;
        INSERT INTO demo_request SELECT r.*;
        INSERT INTO demo_ticket (n, ticket_id) VALUES (r.n, lead);
        PERFORM pg_temp.demo_work(r, b, s.at + interval '5 minutes', 'dispatched');
      END IF;
    WHEN 'refuse' THEN PERFORM liskeban.refuse_clue(id, s.a->>'refusal', '经核查，您反映的情况未予采纳，感谢关注。');
    WHEN 'award' THEN PERFORM liskeban.award_clue(id);
    WHEN 'pay' THEN
      PERFORM liskeban.pay_reward(q.token) FROM liskeban.reward AS q WHERE q.ticket_id = id AND q.kind = 'award';
  END CASE;
END
$$;


-- What people try and the rules refuse is counted; who was at the wrong place signs in again.
CREATE FUNCTION pg_temp.demo_try(s pg_temp.demo_step, b pg_temp.demo_b) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_temp.demo_do(s, b);
  RETURN true;
EXCEPTION WHEN OTHERS THEN
  IF SQLSTATE !~ '^LK' AND SQLSTATE NOT IN ('42501', '55000', '23505', 'P0002') THEN
    RAISE;
  END IF;
  INSERT INTO demo.refused AS f (step, sqlstate, message, times) VALUES (s.step, SQLSTATE, regexp_replace(SQLERRM, '[0-9]{4,}', 'N', 'g'), 1)
  ON CONFLICT ON CONSTRAINT refused_pkey DO UPDATE SET times = f.times + 1;
  IF s.step = 'arrive' AND s.k < 900 THEN
    UPDATE demo_step AS q SET at = q.at + interval '20 minutes' WHERE q.n = s.n AND q.at > s.at;
    INSERT INTO demo_step VALUES (date_trunc('second', s.at + interval '15 minutes'), s.n, 900 + s.k, 'arrive', '{"proof": "photo"}');
  END IF;
  RETURN false;
END
$$;

-- Whistles that were blown since, and orders and notices of supervision: who is called answers.
CREATE FUNCTION pg_temp.demo_hear(now timestamptz, b pg_temp.demo_b) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  w     record;
  who   text;
  k     integer;
  heard bigint := (SELECT m.whistle_id FROM demo_mark AS m);
BEGIN
  FOR w IN SELECT q.whistle_id, q.to_tier, q.auto, q.sign_due, d.n, t.responsible_area::text AS area
             FROM liskeban.whistle AS q JOIN liskeban.ticket AS t USING (ticket_id) JOIN demo_ticket AS d USING (ticket_id)
            WHERE q.whistle_id > heard ORDER BY q.whistle_id LOOP
    heard := w.whistle_id;
    k := 800 + (w.whistle_id % 90)::integer;
    who := CASE WHEN w.to_tier = 'principal' THEN 'leader_1' WHEN w.to_tier = 'district' THEN 'district_team' ELSE 'town_' || right(left(w.area, 9), 3) || '_team' END;
    INSERT INTO demo_step VALUES (
      date_trunc('second', now + interval '1 minute' * b.sign_min * exp(b.sign_spread * pg_temp.demo_normal(w.n, 780 + k % 20)) * pg_temp.demo_pace(who, now, b)),
      w.n, k, CASE WHEN NOT w.auto AND pg_temp.demo_u(w.n, 760 + k % 20) < b.declines THEN 'decline' ELSE 'sign' END,
      jsonb_build_object('by', who, 'whistle', w.whistle_id));
  END LOOP;
  UPDATE demo_mark AS m SET whistle_id = heard WHERE m.whistle_id <> heard;

  heard := (SELECT m.supervision_id FROM demo_mark AS m);
  FOR w IN SELECT q.supervision_id, q.area::text AS area, q.department, d.n
             FROM liskeban.supervision AS q JOIN demo_ticket AS d USING (ticket_id)
            WHERE q.supervision_id > heard AND q.kind <> 'urge' ORDER BY q.supervision_id LOOP
    heard := w.supervision_id;
    k := 3000 + (w.supervision_id % 900)::integer;
    CONTINUE WHEN pg_temp.demo_u(w.n, k % 1000) >= b.replies;
    who := pg_temp.demo_handler(w.area, w.department);
    INSERT INTO demo_step VALUES (
      pg_temp.demo_daytime(date_trunc('second', now + interval '1 hour' * b.reply_h * exp(b.reply_spread * pg_temp.demo_normal(w.n, k % 1000)) * pg_temp.demo_pace(who, now, b)), pg_temp.demo_u(w.n, 830)),
      w.n, k, 'reply', jsonb_build_object('by', who, 'supervision', w.supervision_id));
  END LOOP;
  UPDATE demo_mark AS m SET supervision_id = heard WHERE m.supervision_id <> heard;
END
$$;

-- Each morning everybody looks at what is open and in nobody's hands.
CREATE FUNCTION pg_temp.demo_list(now timestamptz, b pg_temp.demo_b) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  l     record;
  found integer := 0;
BEGIN
  FOR l IN SELECT r, t.state FROM liskeban.ticket AS t JOIN demo_ticket AS d USING (ticket_id) JOIN demo_request AS r ON r.n = d.n
            WHERE t.state NOT IN ('closed', 'withdrawn', 'merged', 'rejected') AND t.ticket_id IN (SELECT w.ticket_id FROM liskeban.worklist AS w)
              AND (t.state <> 'resolved' OR t.kind <> 'clue')
              AND NOT EXISTS (SELECT FROM demo_step AS s WHERE s.n = d.n AND s.at > now AND s.step NOT IN ('reply', 'strike')) ORDER BY d.n LOOP
    PERFORM pg_temp.demo_work(l.r, b, now + interval '1 minute' * (1 + 90 * pg_temp.demo_u((l.r).n, 820)), l.state::text);
    found := found + 1;
  END LOOP;
  RETURN found;
END
$$;
