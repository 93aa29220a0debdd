-- A mixed load for the roll-up: steps drawn at random, by whoever calls load_steps(), in a district of three towns.
-- Needs a platform of 320117. Time passes as load_clock says; a step that a rule refuses is undone by itself, and its
-- event ids stay unused.

INSERT INTO liskeban.area (code, name, geom)
SELECT a.code::liskeban.area_code, a.code, ST_MakeEnvelope(a.west, 31.6, a.east, 31.7, 4490)
FROM (SELECT '32011700' || t AS code, 119 + t * 0.1 AS west, 119.1 + t * 0.1 AS east FROM generate_series(1, 3) t
      UNION ALL
      SELECT '32011700' || t || '00' || v, 119 + t * 0.1 + (v - 1) * 0.025, 119 + t * 0.1 + v * 0.025
      FROM generate_series(1, 3) t, generate_series(1, 4) v) a
ORDER BY a.code;
INSERT INTO liskeban.membership (role_name, duty) SELECT 'person_' || n, 'admin' FROM generate_series(1, 6) n;

CREATE TABLE load_clock (began timestamptz NOT NULL, starts timestamptz NOT NULL, speed double precision NOT NULL);

CREATE FUNCTION load_pick(VARIADIC choice text[]) RETURNS text LANGUAGE sql AS $$
  SELECT choice[1 + floor(random() * cardinality(choice))::integer]
$$;

-- A point of the district, now and then beyond it.
CREATE FUNCTION load_point() RETURNS geometry LANGUAGE sql AS $$
  SELECT ST_SetSRID(ST_MakePoint(119.09 + random() * 0.33, 31.6 + random() * 0.1), 4490)
$$;

CREATE FUNCTION load_target() RETURNS liskeban.area_code LANGUAGE sql AS $$
  SELECT ('32011700' || 1 + floor(random() * 3)::integer || load_pick('', '001', '002', '003', '004'))::liskeban.area_code
$$;

CREATE FUNCTION load_category() RETURNS text LANGUAGE sql AS $$
  SELECT code FROM liskeban.category WHERE retired_at IS NULL AND NOT about_staff AND NOT needs_photo ORDER BY random() LIMIT 1
$$;

-- Reports something, or takes some ticket a step further.
CREATE FUNCTION load_step() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  id     bigint;
  other  bigint;
  last   bigint := pg_sequence_last_value('liskeban.ticket_ticket_id_seq');
  t      liskeban.ticket;
  act    text;
  point  geometry := load_point();
  now    timestamptz := liskeban.liskeban_now();
BEGIN
  PERFORM liskeban.act_as('person_' || 1 + floor(random() * 6)::integer, true);
  IF last IS NULL OR random() < 0.25 THEN
    IF last IS NOT NULL AND random() < 0.05 THEN
      INSERT INTO liskeban.ticket (parent_id, source, category, title) VALUES (last, 'grid_app', load_category(), 'part');
    ELSE
      PERFORM liskeban.submit(jsonb_build_object('source', load_pick('hotline_12345', 'wechat', 'grid_app'),
        'external_id', gen_random_uuid(), 'category', load_category(), 'title', 'load',
        'kind', load_pick('demand', 'demand', 'demand', 'patrol', 'hazard'), 'reporter_phone', load_pick('13900000000', NULL))
        || CASE WHEN random() < 0.9 THEN jsonb_build_object('lon', ST_X(point), 'lat', ST_Y(point), 'datum', 'cgcs2000') ELSE '{}' END);
    END IF;
    RETURN;
  END IF;

  id := 320117000000001 + floor((last - 320117000000000) * sqrt(random()));
  SELECT * INTO t FROM liskeban.ticket q WHERE q.ticket_id = id FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  act := CASE t.state
    WHEN 'reported' THEN load_pick('accept', 'accept', 'accept', 'accept', 'accept', 'accept', 'accept', 'answer', 'reject', 'withdraw', 'change')
    WHEN 'accepted' THEN load_pick('dispatch', 'dispatch', 'dispatch', 'dispatch', 'dispatch', 'dispatch', 'withdraw', 'merge', 'change')
    WHEN 'dispatched' THEN load_pick('arrive', 'arrive', 'arrive', 'contact', 'resolve', 'plan', 'redispatch', 'merge', 'return', 'change')
    WHEN 'on_site' THEN load_pick('resolve', 'resolve', 'resolve', 'plan', 'suspend', 'return', 'redispatch', 'change')
    WHEN 'planned' THEN load_pick('resolve', 'resolve', 'plan', 'suspend', 'redispatch')
    WHEN 'suspended' THEN load_pick('resume', 'note')
    WHEN 'resolved' THEN load_pick('close', 'close', 'close', 'rework', 'change')
    WHEN 'closed' THEN load_pick('reopen', 'note', 'note', 'note')
    WHEN 'rejected' THEN load_pick('accept', 'note')
    WHEN 'merged' THEN load_pick('unmerge', 'withdraw', 'note')
    ELSE 'note' END;
  CASE act
    WHEN 'accept' THEN PERFORM liskeban.accept(id, 'load');
    WHEN 'answer' THEN PERFORM liskeban.answer(id, 'load');
    WHEN 'reject' THEN PERFORM liskeban.reject(id, 'unclear', 'load');
    WHEN 'withdraw' THEN PERFORM liskeban.withdraw(id, 'load');
    WHEN 'dispatch' THEN PERFORM liskeban.dispatch(id, load_target(), NULL, 'load');
    WHEN 'redispatch' THEN PERFORM liskeban.redispatch(id, load_target(), NULL, 'load');
    WHEN 'contact' THEN PERFORM liskeban.contact(id, 'load');
    -- some are entered late, on another day than they happened
    WHEN 'arrive' THEN PERFORM liskeban.arrive(id, 'declared', NULL, greatest(t.dispatched_at, now - random() * interval '9 hours'));
    WHEN 'plan' THEN
      -- once on a rung, for nobody extends anything here
      BEGIN
        PERFORM liskeban.plan(id, 'load', now + random() * interval '4 days');
      EXCEPTION WHEN SQLSTATE 'LK002' THEN
        UPDATE liskeban.ticket q SET note = 'load' WHERE q.ticket_id = id;
      END;
    WHEN 'resolve' THEN PERFORM liskeban.resolve(id, 'load', 'load');
    WHEN 'suspend' THEN
      PERFORM liskeban.act_as('person_1', true);
      other := liskeban.ask(id, 'suspend', 'load', now + interval '1 day');
      PERFORM liskeban.act_as('person_2', true);
      PERFORM liskeban.decide(other, true, 'load');
      PERFORM liskeban.suspend(id, now + interval '1 day', 'load');
    WHEN 'resume' THEN PERFORM liskeban.resume(id);
    WHEN 'close' THEN
      UPDATE liskeban.ticket q
      SET satisfaction = CASE WHEN q.has_reporter THEN 'satisfied'::liskeban.satisfaction END,
          solved = CASE WHEN q.has_reporter THEN true END, checked_by = CASE WHEN q.has_reporter THEN NULL ELSE 'person_1' END
      WHERE q.ticket_id = id;
      PERFORM liskeban.close(id, 'load');
    WHEN 'rework' THEN PERFORM liskeban.rework(id, 'load');
    WHEN 'return', 'reopen' THEN
      PERFORM liskeban.act_as('person_1', true);
      other := liskeban.ask(id, act, 'load');
      PERFORM liskeban.act_as('person_2', true);
      PERFORM liskeban.decide(other, true, 'load');
      IF act = 'return' THEN
        PERFORM liskeban.return(id, 'load');
      ELSE
        PERFORM liskeban.reopen(id, 'load');
      END IF;
    WHEN 'merge' THEN
      SELECT q.ticket_id INTO other FROM liskeban.ticket q
      WHERE q.ticket_id < id AND q.state IN ('reported', 'accepted', 'dispatched', 'on_site') ORDER BY q.ticket_id DESC LIMIT 1
      FOR UPDATE SKIP LOCKED;
      PERFORM liskeban.merge(id, other);
    WHEN 'unmerge' THEN PERFORM liskeban.unmerge(id, 'load');
    WHEN 'change' THEN
      IF random() < 0.5 THEN
        UPDATE liskeban.ticket q SET geom = point WHERE q.ticket_id = id;
      ELSE
        UPDATE liskeban.ticket q SET category = load_category(), note = 'load' WHERE q.ticket_id = id;
      END IF;
    ELSE UPDATE liskeban.ticket q SET note = 'load' WHERE q.ticket_id = id;
  END CASE;
END
$$;

CREATE TABLE load_refused (sqlstate text, message text);

-- The instant that the clock of the load shows becomes the session's, or the transaction's.
CREATE FUNCTION load_time(local boolean) RETURNS text LANGUAGE sql AS $$
  SELECT set_config('liskeban.now', (c.starts + (clock_timestamp() - c.began) * c.speed)::text, local) FROM load_clock c
$$;

-- That many steps, at the instant that the clock of the load shows; those that are refused are undone one by one.
CREATE FUNCTION load_steps(steps integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1..steps LOOP
    PERFORM load_time(true);
    BEGIN
      PERFORM load_step();
    EXCEPTION WHEN OTHERS THEN
      INSERT INTO load_refused VALUES (SQLSTATE, SQLERRM);
    END;
  END LOOP;
END
$$;

-- What the figures of those days by one key would be were nothing rolled up, and are not; as of now.
CREATE FUNCTION figures_unlike_history(by text, from_day date, to_day date)
RETURNS TABLE (key text, received bigint, due bigint, on_time bigint, response bigint, breaches bigint, co bigint, whistles bigint)
LANGUAGE sql AS $$
  WITH every AS (
    SELECT array_agg(t.ticket_id) AS ids, liskeban.liskeban_now() AS now FROM liskeban.ticket t
  ), told AS (
    SELECT f.key, f.received, f.due, f.on_time, f.response, f.breaches, f.co, f.whistles
      FROM every, liskeban._figures(from_day, to_day, by, every.now, enum_range(NULL::liskeban.ticket_kind)) f
  ), folded AS (
    SELECT g.key, sum(g.received), sum(g.due), sum(g.on_time), sum(g.response), sum(g.breaches), sum(g.co), sum(g.whistles)
      FROM every, LATERAL (
        SELECT g.* FROM liskeban._fold_facts(every.ids, every.now, 9223372036854775807, NULL) f, liskeban._fact_figures(f, by) g
        UNION ALL
        SELECT g.* FROM liskeban._fold_whistles(every.ids, every.now, 9223372036854775807, NULL) w, liskeban._whistle_figures(w, by) g) g
     WHERE g.day BETWEEN from_day AND to_day
     GROUP BY g.key HAVING (sum(g.received), sum(g.breaches), sum(g.co), sum(g.whistles)) <> (0, 0, 0, 0)
  )
  (TABLE told EXCEPT ALL TABLE folded) UNION ALL (TABLE folded EXCEPT ALL TABLE told)
$$;
