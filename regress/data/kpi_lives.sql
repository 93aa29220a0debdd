-- Lives that nobody leads yet, for the figures: merged and unmerged, reverted, split into children, and much else in an
-- order in which it would not happen, many acts at the very instant of a due. Written into history behind the guard's
-- back (its triggers are off in this database), in the form in which the log writes; drawn from a fixed seed.
-- Needs a platform of 320117 without tickets. SELECT kpi_lives(number of lives).

CREATE FUNCTION kpi_pick(VARIADIC choice text[]) RETURNS text LANGUAGE sql AS $$
  SELECT choice[1 + floor(random() * cardinality(choice))::integer]
$$;
CREATE FUNCTION kpi_time(t timestamptz) RETURNS jsonb LANGUAGE sql AS $$
  SELECT to_jsonb(to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
$$;

CREATE FUNCTION kpi_lives(lives integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  base  CONSTANT bigint := 320117000000000;
  -- what may follow, and where it leads; some choices stand twice to be drawn more often
  next  CONSTANT jsonb := '{"reported": ["accept", "accept", "accept", "accept", "accept", "accept", "accept", "answer", "reject", "withdraw", "merge"],
    "accepted": ["dispatch", "dispatch", "dispatch", "dispatch", "dispatch", "dispatch", "dispatch", "answer", "withdraw", "merge"],
    "dispatched": ["arrive", "arrive", "arrive", "arrive", "arrive", "arrive", "redispatch", "return", "plan", "resolve", "merge"],
    "on_site": ["resolve", "resolve", "resolve", "plan", "suspend", "return", "withdraw"],
    "planned": ["resolve", "resolve", "plan", "suspend"], "suspended": ["resume"],
    "resolved": ["close", "close", "close", "close", "rework", "withdraw"], "closed": ["reopen", "note", "note", "note"],
    "rejected": ["accept"], "merged": ["unmerge", "withdraw", "amend", "amend", "note"], "withdrawn": ["note"]}';
  leads CONSTANT jsonb := '{"accept": "accepted", "answer": "resolved", "reject": "rejected", "withdraw": "withdrawn",
    "merge": "merged", "dispatch": "dispatched", "redispatch": "dispatched", "return": "accepted", "arrive": "on_site",
    "plan": "planned", "suspend": "suspended", "resume": "on_site", "resolve": "resolved", "close": "closed",
    "rework": "dispatched", "reopen": "dispatched", "unmerge": "accepted"}';
  id     bigint;
  t      timestamptz;
  kind   text;
  change jsonb;
  known  jsonb;
  state  text;
  after  text;
  act    text;
  seq    integer;
  run    integer;
  moved  integer;      -- seq of the last move, which a revert undoes
  undone record;
BEGIN
  PERFORM setseed(0.2024);
  FOR i IN 1..lives LOOP
    id := base + i;
    t := timestamptz '2026-01-05 00:00+08' + floor(random() * 864000) * interval '1 second';
    kind := kpi_pick('demand', 'demand', 'demand', 'patrol');
    change := jsonb_build_object('kind', kind, 'source', kpi_pick('s1', 's2'), 'category', kpi_pick('c1', 'c2', 'c3'),
      'domain', kpi_pick('ecology', 'livelihood'), 'difficulty', kpi_pick('simple', 'general', 'hard'),
      'area', kpi_pick('320117', '320117001', '320117001001', '320117002003', '320117002003004', NULL),
      'respond_due', kpi_time(t + interval '15 minutes'), 'responsible_area', kpi_pick('320117001', '320117002', NULL),
      'accept_due', kpi_time(t + interval '5 minutes'), 'priority', 3)
      || CASE WHEN random() < 0.7 THEN '{"has_reporter": true}' ELSE '{}' END::jsonb
      || CASE WHEN random() < 0.8 THEN '{"on_site": true}' ELSE '{}' END::jsonb;
    change := change || CASE WHEN change ->> 'difficulty' = 'hard' THEN jsonb_build_object('plan_due', kpi_time(t + interval '2 days'))
      ELSE jsonb_build_object('resolve_due', kpi_time(t + interval '1 day'), 'resolve_due_original', kpi_time(t + interval '1 day')) END;
    INSERT INTO liskeban.ticket (ticket_id, parent_id, received_at, reported_at, updated_at, kind, difficulty, placement, last_seq,
                                 ticket_no, source, category, title)
      OVERRIDING SYSTEM VALUE
      VALUES (id, CASE WHEN i % 40 = 0 THEN id - 1 END, t, t, t, kind::liskeban.ticket_kind, 'general', 'unknown', 1, 'life' || i,
              change ->> 'source', 'c1', 'x');
    INSERT INTO liskeban.ticket_event (ticket_id, at, recorded_at, seq, run, to_state, action, actor, login, detail, hash)
      VALUES (id, t, t + CASE WHEN i % 10 = 0 THEN interval '1 hour' ELSE '0' END, 1, 1, 'reported', 'report', kpi_pick('a', 'b', 'c'), 'x',
              (SELECT jsonb_object_agg(c.key, jsonb_build_array(NULL, c.value)) FROM jsonb_each(change) c WHERE c.value <> 'null'), '');
    known := change;
    state := 'reported';
    seq := 1;
    run := 1;
    moved := NULL;

    FOR step IN 1..3 + floor(random() * 18) LOOP
      seq := seq + 1;
      t := t + CASE WHEN random() < 0.7 THEN floor(random() * 300) * interval '1 second' WHEN random() < 0.1 THEN interval '0'
                    ELSE floor(random() * 72000) * interval '1 second' END;
      IF random() < 0.06 AND (known ->> 'resolve_due')::timestamptz > t THEN
        t := (known ->> 'resolve_due')::timestamptz;
      ELSIF random() < 0.06 AND (known ->> 'respond_due')::timestamptz > t THEN
        t := (known ->> 'respond_due')::timestamptz;
      ELSIF random() < 0.06 AND (known ->> 'plan_due')::timestamptz > t THEN
        t := (known ->> 'plan_due')::timestamptz;
      END IF;

      act := CASE WHEN moved IS NOT NULL AND random() < 0.05 THEN 'revert' WHEN random() < 0.1 THEN kpi_pick('note', 'amend', 'contact', 'extend')
                  ELSE (SELECT kpi_pick(VARIADIC array_agg(a)) FROM jsonb_array_elements_text(next -> state) a) END;
      IF state IN ('dispatched', 'on_site', 'planned') AND act NOT IN ('revert', 'extend') AND random() < 0.3 THEN
        act := kpi_pick('blow_whistle', 'blow_whistle', 'decline_whistle', 'decline_whistle', 'appeal_whistle', 'hand_down');
      END IF;
      after := coalesce(leads ->> act, state);
      change := CASE act
        WHEN 'merge' THEN jsonb_build_object('merged_into', base + 1 + floor(random() * lives)::integer)
        WHEN 'unmerge' THEN jsonb_build_object('merged_into', NULL, 'resolve_due', kpi_time(t + interval '9 hours'))
        WHEN 'dispatch' THEN jsonb_build_object('responsible_area', kpi_pick('320117001', '320117002', NULL),
                                                'department', kpi_pick('water', 'roads', NULL), 'tier', kpi_pick('village', 'town'))
        WHEN 'redispatch' THEN jsonb_build_object('responsible_area', kpi_pick('320117001', '320117002', NULL),
                                                  'department', kpi_pick('water', 'roads', NULL))
        WHEN 'arrive' THEN jsonb_build_object('on_site_at', kpi_time(t - CASE WHEN random() < 0.3 THEN interval '11 minutes' ELSE '0' END),
                                              'arrival_proof', kpi_pick('gps', 'gps', 'photo', 'declared'), 'late_entry', random() < 0.1)
        WHEN 'plan' THEN (SELECT jsonb_build_object('promised_at', p, 'resolve_due', p, 'resolve_due_original', p)
                          FROM kpi_time(t + floor(random() * 72) * interval '1 hour') p)
        WHEN 'rework' THEN jsonb_build_object('resolve_due', kpi_time(t + interval '10 hours'))
        WHEN 'resume' THEN jsonb_build_object('resolve_due', kpi_time(t + interval '10 hours'))
        WHEN 'reopen' THEN jsonb_build_object('resolve_due', kpi_time(t + interval '1 day'), 'respond_due', kpi_time(t + interval '15 minutes'),
                                              'resolve_due_original', kpi_time(t + interval '1 day'))
        WHEN 'blow_whistle' THEN jsonb_build_object('tier', CASE known ->> 'tier' WHEN 'village' THEN 'town' ELSE 'district' END)
        WHEN 'appeal_whistle' THEN '{"tier": "district"}'
        WHEN 'decline_whistle' THEN '{"tier": "village"}'
        WHEN 'hand_down' THEN '{"tier": "village"}'
        WHEN 'extend' THEN jsonb_build_object('resolve_due', kpi_time(t + interval '2 days'))
        WHEN 'close' THEN jsonb_build_object('satisfaction', kpi_pick('satisfied', 'satisfied', 'neutral', 'dissatisfied', 'unreachable', NULL),
                                             'solved', random() < 0.7)
        WHEN 'amend' THEN CASE WHEN state = 'merged' THEN '{"satisfaction": "satisfied", "solved": true}'
                               WHEN random() < 0.3 THEN jsonb_build_object('difficulty', kpi_pick('hard', 'general'), 'on_site', random() < 0.5)
                               ELSE jsonb_build_object('area', kpi_pick('320117001001', '320117002003', NULL), 'category', kpi_pick('c1', 'c4'),
                                      'co_departments', jsonb_build_array(kpi_pick('water', 'roads'), kpi_pick('parks', 'fire'))) END
        ELSE '{}' END;
      IF act = 'revert' THEN
        SELECT e.from_state, before.run, (SELECT coalesce(jsonb_object_agg(d.key, d.value -> 0), '{}') FROM jsonb_each(e.detail) d) AS change
          INTO undone FROM liskeban.ticket_event e JOIN liskeban.ticket_event before ON before.ticket_id = id AND before.seq = moved - 1
          WHERE e.ticket_id = id AND e.seq = moved;
        after := undone.from_state;
        run := undone.run;
        change := undone.change;
      ELSIF act = 'reopen' THEN
        run := run + 1;
      END IF;
      INSERT INTO liskeban.ticket_event (ticket_id, at, recorded_at, seq, run, from_state, to_state, action, actor, login, detail, hash)
        VALUES (id, t, t, seq, run, state::liskeban.ticket_state, after::liskeban.ticket_state, act, kpi_pick('a', 'b', 'c'), 'x',
                coalesce((SELECT jsonb_object_agg(c.key, jsonb_build_array(known -> c.key, c.value)) FROM jsonb_each(change) c), '{}')
                  || CASE WHEN act = 'revert' THEN jsonb_build_object('reverts', moved) ELSE '{}' END, '');
      -- nobody reverts what a whistle went on from
      moved := CASE WHEN act IN ('revert', 'blow_whistle', 'appeal_whistle', 'decline_whistle', 'hand_down') THEN NULL WHEN leads ? act THEN seq ELSE moved END;
      known := known || change;
      state := after;
    END LOOP;
  END LOOP;
END
$$;
