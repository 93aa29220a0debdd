-- What must hold whatever happened: an empty answer is the good one.

CREATE VIEW liskeban.ticket_clock WITH (security_invoker) AS
SELECT t.ticket_id, c.clock::liskeban.clock AS clock, c.due, c.given, c.basis::liskeban.time_basis AS basis,
       c.yellow_at, c.red_at, c.red2_at, c.red3_at, c.lamp::liskeban.lamp AS lamp
  FROM liskeban.worklist AS w JOIN liskeban.ticket AS t USING (ticket_id),
       LATERAL liskeban.ticket_clocks(t) AS c;
COMMENT ON VIEW liskeban.ticket_clock IS '运行时钟 every running clock of every open ticket, with the instants of its levels and its lamp now';
COMMENT ON COLUMN liskeban.ticket_clock.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.ticket_clock.clock IS '时钟 which clock';
COMMENT ON COLUMN liskeban.ticket_clock.due IS '时限 when it is due';
COMMENT ON COLUMN liskeban.ticket_clock.given IS '给定时间 the time it was given with, in basis';
COMMENT ON COLUMN liskeban.ticket_clock.basis IS '计时方式 calendar, working_day or working_hour';
COMMENT ON COLUMN liskeban.ticket_clock.yellow_at IS '黄灯 due - 20 % of given';
COMMENT ON COLUMN liskeban.ticket_clock.red_at IS '红灯 the due';
COMMENT ON COLUMN liskeban.ticket_clock.red2_at IS '二级红灯 due + 50 % of given';
COMMENT ON COLUMN liskeban.ticket_clock.red3_at IS '三级红灯 due + 100 % of given';
COMMENT ON COLUMN liskeban.ticket_clock.lamp IS '亮灯 at liskeban_now()';

CREATE FUNCTION liskeban.check_invariants(OUT invariant text, OUT ticket_id bigint, OUT problem text)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- A ticket's state, run and last_seq are its last event's, and its events are 1, 2, 3, … in time.
  RETURN QUERY
  SELECT 'ticket is its last event', t.ticket_id,
         format('ticket has %s/%s/%s at %s, history %s/%s/%s at %s', t.state, t.run, t.last_seq, t.updated_at,
                e.to_state, e.run, e.seq, e.at)
    FROM liskeban.ticket AS t
    LEFT JOIN liskeban.ticket_event AS e ON e.ticket_id = t.ticket_id AND e.seq = t.last_seq
   WHERE (t.state, t.run, t.updated_at) IS DISTINCT FROM (e.to_state, e.run, e.at)
     AND NOT (e.ticket_id IS NULL AND liskeban._is_archived(t.ticket_id));

  RETURN QUERY
  SELECT 'history is a chain', w.ticket_id, format('event %s does not follow the one before it', w.seq)
    FROM (SELECT e.ticket_id, e.seq, e.at, e.from_state, e.to_state,
                 lag(e.seq, 1, 0) OVER ticket AS seq_before, lag(e.at) OVER ticket AS at_before,
                 lag(e.to_state) OVER ticket AS state_before
            FROM liskeban.ticket_event AS e WINDOW ticket AS (PARTITION BY e.ticket_id ORDER BY e.seq)) AS w
   WHERE w.seq <> w.seq_before + 1 OR w.at < w.at_before OR w.from_state IS DISTINCT FROM w.state_before;

  RETURN QUERY
  SELECT 'history belongs to a ticket', e.ticket_id, format('event %s is beyond the ticket''s last, or has no ticket', e.seq)
    FROM liskeban.ticket_event AS e LEFT JOIN liskeban.ticket AS t ON t.ticket_id = e.ticket_id
   WHERE t.ticket_id IS NULL OR e.seq > t.last_seq;

  -- Hashes hold.
  RETURN QUERY
  SELECT 'hash holds', e.ticket_id, format('event %s has been changed', e.seq)
    FROM liskeban.ticket_event AS e
   WHERE e.hash IS DISTINCT FROM liskeban.event_hash(e.event_id, e.ticket_id, e.seq, e.run, e.at, e.recorded_at, e.action,
           e.from_state::text, e.to_state::text, e.actor, e.login, e.note_digest, e.detail)
      OR e.note_digest <> sha256(convert_to(e.note, 'UTF8'));

  -- Seals hold.
  RETURN QUERY
  SELECT 'seal holds', s.ticket_id, format('%s: event %s, seq %s: %s', s.problem, s.event_id, s.seq, s.detail)
    FROM liskeban._verify_seals(NULL) AS s;

  -- So do those of alarms, of the access log, of rewards and of supplies.
  RETURN QUERY
  SELECT 'ledger holds', NULL::bigint, format('%s: %s %s: %s', l.problem, l.ledger, l.id, l.detail)
    FROM liskeban.verify_ledgers() AS l;

  -- Stock is what its ledger adds up to, rewards are those of valid clues, within their budgets.
  RETURN QUERY
  SELECT 'stock is its ledger', NULL::bigint, format('%s in %s: %s', p.item, p.depot, p.problem) FROM liskeban._supply_problems() AS p
  UNION ALL
  SELECT 'rewards are awarded once', p.ticket_id, p.problem FROM liskeban._reward_problems() AS p;

  -- Hazards and their steps are over when their tickets are; what signals came to agrees with itself.
  RETURN QUERY
  SELECT 'hazards as their tickets', t.ticket_id, format('the ticket is %s, the %s %s', t.state, x.what, CASE WHEN x.over THEN 'is over' ELSE 'is open' END)
    FROM (SELECT h.ticket_id, 'hazard' AS what, h.closed_at IS NOT NULL AS over FROM liskeban.hazard AS h
          UNION ALL SELECT k.ticket_id, 'step', k.ended_at IS NOT NULL FROM liskeban.hazard_task AS k) AS x
    JOIN liskeban.ticket AS t ON t.ticket_id = x.ticket_id
   WHERE t.state IN ('closed', 'withdrawn', 'rejected', 'merged') AND NOT x.over;
  RETURN QUERY
  SELECT 'signals came to what they say', NULL::bigint, format('signal %s: %s', s.signal_id, s.outcome)
    FROM liskeban.hazard_signal AS s
   WHERE s.outcome NOT IN ('ticketed', 'attached', 'ignored', 'quarantined')
      OR (s.hazard_id IS NOT NULL) <> (s.outcome IN ('ticketed', 'attached')) OR s.reject_id IS NOT NULL AND s.outcome <> 'quarantined';

  -- The worklist is the open tickets.
  RETURN QUERY
  SELECT 'worklist is the open tickets', coalesce(w.ticket_id, t.ticket_id),
         CASE WHEN w.ticket_id IS NULL THEN 'an open ticket is missing'
              WHEN t.ticket_id IS NULL THEN 'a row without an open ticket'
              ELSE 'the row is not as the ticket is' END
    FROM liskeban.worklist AS w
    FULL JOIN (SELECT s.* FROM liskeban.ticket AS s
                WHERE s.state NOT IN ('closed', 'rejected', 'withdrawn', 'merged')) AS t ON t.ticket_id = w.ticket_id
   WHERE w.ticket_id IS NULL OR t.ticket_id IS NULL
      OR (w.state, w.tier, w.area::text, w.responsible_area::text, w.department, w.co_departments, w.priority, w.received_at,
          w.resolve_due, w.due, w.confidential, w.category)
         IS DISTINCT FROM
         (t.state, t.tier, t.area::text, t.responsible_area::text, t.department, t.co_departments, t.priority, t.received_at,
          t.resolve_due, CASE WHEN t.state NOT IN ('suspended', 'resolved') THEN coalesce(t.resolve_due, t.plan_due) END,
          t.confidential, t.category);

  -- Due times are what a replay of history gives.
  RETURN QUERY
  SELECT 'due times are recomputed alike', d.ticket_id, format('%s is %s, a replay gives %s', d.due, d.stored, d.replayed)
    FROM liskeban._replayed_dues((SELECT p.rules_event FROM liskeban.platform AS p)) AS d
  -- before 0.4.0 a change of rules left these where they were: an upgraded platform has them right from its next change on
  UNION ALL
  SELECT 'due times are recomputed alike', d.ticket_id, format('%s of %s is at %s, by the rules at %s', d.clock, d.subject, d.due, d.ruled)
    FROM liskeban._ruled_dues() AS d WHERE d.due IS DISTINCT FROM d.ruled AND d.due > (SELECT p.rules_at FROM liskeban.platform AS p);

  -- The sweep will see every level since a ticket's last event that has not fired, and the end of every suspension.
  RETURN QUERY
  SELECT 'the sweep knows what comes', w.ticket_id, format('%s %s is at %s, the sweep looks at %s', c.clock, c.level, c.at,
                                                           coalesce(w.next_alarm_at::text, 'nothing'))
    FROM liskeban.worklist AS w JOIN liskeban.ticket AS t ON t.ticket_id = w.ticket_id,
         LATERAL (SELECT k.clock, l.level, l.at
                    FROM liskeban.ticket_clocks(t) AS k,
                         LATERAL (VALUES ('yellow', k.yellow_at), ('red', k.red_at), ('red2', k.red2_at), ('red3', k.red3_at)) AS l(level, at)
                   WHERE l.at >= t.updated_at
                     AND NOT EXISTS (SELECT FROM liskeban.alarm AS a
                                      WHERE a.ticket_id = w.ticket_id AND a.clock = k.clock::liskeban.clock
                                        AND a.level = l.level::liskeban.lamp)
                  UNION ALL
                  SELECT 'suspension', 'ends', t.suspend_until WHERE t.state = 'suspended' AND t.suspend_until IS NOT NULL) AS c
   WHERE w.next_alarm_at IS NULL OR w.next_alarm_at > c.at;

  -- Also of what hangs on a ticket: whistles, parties, progress, supervisions; and of what it does at a due itself.
  RETURN QUERY
  SELECT 'the sweep knows what comes', w.ticket_id, format('%s %s of %s is at %s, the sweep looks at %s', c.clock, l.level, c.subject,
                                                           l.at, coalesce(w.next_alarm_at::text, 'nothing'))
    FROM liskeban.worklist AS w,
         LATERAL (SELECT k.*, k.clock = 'progress' AND w.state = 'planned'
                      OR k.clock = 'handle' AND w.state IN ('dispatched', 'on_site', 'planned')
                         AND coalesce((SELECT e.auto FROM liskeban.escalation_policy AS e WHERE e.tier > w.tier ORDER BY e.tier LIMIT 1), false) AS acts,
                         liskeban.working_time_between(k.begins_at, k.due, k.basis) AS given
                    FROM liskeban.subject_clock AS k WHERE k.ticket_id = w.ticket_id AND k.due > k.begins_at) AS c,
         LATERAL (VALUES ('red', c.due), ('red2', liskeban.add_working_time(c.due, c.given / 2, c.basis)),
                         ('red3', liskeban.add_working_time(c.due, c.given, c.basis))) AS l(level, at)
   -- What passed while a closed ticket was off the list is seen from when it was reopened.
   WHERE (w.next_alarm_at IS NULL OR w.next_alarm_at > GREATEST(l.at, (SELECT t.updated_at FROM liskeban.ticket AS t WHERE t.ticket_id = w.ticket_id)))
     AND CASE WHEN c.acts THEN l.level = 'red'
              ELSE NOT EXISTS (SELECT FROM liskeban.alarm AS a
                                WHERE a.ticket_id = w.ticket_id AND a.clock = c.clock AND a.level = l.level::liskeban.lamp
                                  AND a.run = c.run AND a.subject = c.subject) END
     AND NOT (c.clock = 'sign' AND EXISTS (SELECT FROM liskeban.whistle AS v WHERE v.whistle_id = c.subject AND v.handle_due < l.at));

  -- The ladder: an open whistle is of the rung its ticket is on, and of one that is worked on.
  RETURN QUERY
  SELECT 'a whistle stands on its rung', v.ticket_id, format('whistle %s is open to %s, the ticket is %s on %s', v.whistle_id, v.to_tier, t.state, t.tier)
    FROM liskeban.whistle AS v JOIN liskeban.ticket AS t ON t.ticket_id = v.ticket_id
   WHERE v.ended_at IS NULL
     AND (v.to_tier IS DISTINCT FROM t.tier OR t.state NOT IN ('accepted', 'dispatched', 'on_site', 'planned', 'suspended'));

  RETURN QUERY
  SELECT 'an alarm belongs to a ticket', a.ticket_id, format('alarm %s of %s has none', a.alarm_id, a.at)
    FROM liskeban.alarm AS a LEFT JOIN liskeban.ticket AS t ON t.ticket_id = a.ticket_id
   WHERE a.ticket_id IS NOT NULL AND t.ticket_id IS NULL;

  -- What the platform supervises is what its alarm says, at its instant.
  RETURN QUERY
  SELECT 'a supervision is its alarm''s', s.ticket_id, format('supervision %s of alarm %s', s.supervision_id, s.alarm_id)
    FROM liskeban.supervision AS s
   WHERE s.alarm_id IS NOT NULL
     AND NOT EXISTS (SELECT FROM liskeban.alarm AS a
                      WHERE a.alarm_id = s.alarm_id AND a.ticket_id IS NOT DISTINCT FROM s.ticket_id
                        AND a.clock = s.clock AND a.level = s.level AND a.at = s.issued_at)
     AND NOT coalesce(liskeban._is_archived(s.ticket_id), false);

  -- What was rolled up is what its events add up to.
  RETURN QUERY
  SELECT 'roll-up is recomputation', NULL::bigint, format('%s %s', p.relation, p.problem)
    FROM liskeban._roll_up_problems() AS p;

  -- What a source said later of a ticket is in its history, and nothing waits for a create that is there.
  RETURN QUERY
  SELECT 'messages are in history', m.ticket_id, format('message %s is no event %s of its ticket', m.message_id, m.seq)
    FROM liskeban.ticket_message AS m
   WHERE m.seq IS NOT NULL
     AND NOT EXISTS (SELECT FROM liskeban.ticket_event AS e WHERE e.ticket_id = m.ticket_id AND e.seq = m.seq)
     AND NOT liskeban._is_archived(m.ticket_id)
  UNION ALL
  SELECT 'messages are in history', i.ticket_id, format('message %s waits for a create that has come', m.message_id)
    FROM liskeban.ticket_message AS m JOIN liskeban.ticket_intake AS i USING (source, external_id)
    LEFT JOIN liskeban.intake_reject AS r USING (reject_id)
   WHERE m.request IS NOT NULL AND i.ticket_id IS NOT NULL AND r.resolved_at IS NULL;

  -- co_departments are the departments that take part, the lead's party is the holder.
  RETURN QUERY
  SELECT 'parties are as the ticket', t.ticket_id, format('co_departments are %s, its parties say %s', t.co_departments, p.co)
    FROM liskeban.ticket AS t
    LEFT JOIN (SELECT c.ticket_id, array_agg(DISTINCT c.department COLLATE "C" ORDER BY c.department COLLATE "C") AS co
                 FROM liskeban.party AS c
                WHERE c.role = 'co' AND c.refused_at IS NULL AND c.department IS NOT NULL GROUP BY c.ticket_id) AS p
      ON p.ticket_id = t.ticket_id
   WHERE t.co_departments <> coalesce(p.co, '{}')
  UNION ALL
  SELECT 'parties are as the ticket', t.ticket_id, format('party %s leads, %s holds the ticket', p.party_id,
                                                          coalesce(t.department, t.responsible_area::text, 'nobody'))
    FROM liskeban.party AS p JOIN liskeban.ticket AS t USING (ticket_id)
   WHERE p.role = 'lead' AND num_nonnulls(t.department, t.responsible_area) > 0
     AND (p.department, p.area::text) IS DISTINCT FROM
         (t.department, CASE WHEN t.department IS NULL THEN t.responsible_area::text END);

  -- What an emergency caught has a due, and comes first while it lasts.
  RETURN QUERY
  SELECT 'an emergency puts first what it caught', t.ticket_id,
         format('priority is %s, resolve_due %s, under emergency %s', t.priority, coalesce(t.resolve_due::text, 'none'), t.emergency)
    FROM liskeban.ticket AS t JOIN liskeban.emergency AS e ON e.emergency_id = t.emergency
   WHERE t.resolve_due IS NULL
      OR t.state IN ('reported', 'accepted', 'dispatched', 'on_site', 'planned') AND t.priority <> 1
         AND t.updated_at >= e.begins_at AND liskeban.liskeban_now() < coalesce(e.ends_at, 'infinity');

  -- A report of progress runs on planned tickets only.
  RETURN QUERY
  SELECT 'progress is due while planned', g.ticket_id, format('report %s runs on a ticket that is %s', g.progress_id, t.state)
    FROM liskeban.progress AS g LEFT JOIN liskeban.ticket AS t USING (ticket_id)
   WHERE g.ended_at IS NULL AND t.state IS DISTINCT FROM 'planned';

  -- Row security stands, and binds the owner too.
  RETURN QUERY
  SELECT 'row security is forced', NULL::bigint, format('table liskeban.%s', p.relation)
    FROM unnest('{ticket,worklist,ticket_event,alarm,request,attachment,reporter,whistle,task_force,party,progress,feedback,final_answer,
                  score_appeal,supervision,directive,directive_target,ticket_intake,ticket_message,intake_reject,outbox,outbox_consumer,
                  ticket_fact,whistle_fact,clearing,clue,clue_reporter,reward,resident,resident_reject,entitlement,match_pending,hazard_object,hazard,hazard_task,hazard_signal}'::text[])
         AS p(relation)
    JOIN pg_class AS c ON c.oid = format('liskeban.%I', p.relation)::regclass
   WHERE NOT (c.relrowsecurity AND c.relforcerowsecurity);

  -- Guard and log stand, and bind replication roles too.
  RETURN QUERY
  SELECT 'guard and log are enabled always', NULL::bigint, format('trigger %s of liskeban.%s', w.trigger, w.relation)
    FROM (VALUES ('ticket', 'zz_guard'), ('ticket', 'zz_guard_truncate'), ('ticket', 'log_insert'),
                 ('ticket', 'log_update'), ('ticket_event', 'history_kept'), ('worklist', 'history_kept'),
                 ('alarm', 'history_kept'), ('hazard_signal', 'history_kept'), ('outbox', 'outbox_kept'), ('alarm', 'outbox_insert'),
                 ('whistle', 'outbox_insert'), ('whistle', 'outbox_update'), ('supervision', 'outbox_insert'),
                 ('directive_target', 'outbox_insert'), ('watermark', 'history_kept'), ('seal', 'history_kept'),
                 ('access_log', 'history_kept'), ('ledger_seal', 'history_kept'), ('reward', 'history_kept'), ('supply_move', 'history_kept'), ('reporter', 'reporter_digest'),
                 ('sla_policy', 'rule_lock'), ('sla_policy', 'rules_changed'), ('calendar_day', 'rule_lock'),
                 ('calendar_day', 'rules_changed'), ('work_shift', 'rule_lock'), ('work_shift', 'rules_changed'),
                 ('escalation_policy', 'rule_lock'), ('escalation_policy', 'rules_changed'),
                 ('supervision_policy', 'rule_lock'), ('supervision_policy', 'rules_changed'),
                 ('category', 'rule_lock'), ('category', 'rules_changed'),
                 ('emergency', 'zz_guard'), ('emergency', 'rule_lock'), ('emergency', 'rules_changed'),
                 ('emergency_sla', 'rule_lock'), ('emergency_sla', 'rules_changed'),
                 ('directive', 'zz_guard'), ('directive', 'zz_guard_truncate'),
                 ('directive_target', 'zz_guard'), ('directive_target', 'zz_guard_truncate'),
                 ('supervision', 'zz_guard'), ('supervision', 'zz_guard_truncate'),
                 ('party', 'party_guard'), ('party', 'party_guard_truncate'), ('party', 'party_log_insert'),
                 ('party', 'party_log_update'),
                 ('reporter', 'reporter_changed'), ('task_force', 'task_force_guard'),
                 ('policy', 'policy_guard'), ('policy', 'policy_changed'), ('purpose', 'purpose_guard'),
                 ('attribute', 'attribute_changed'), ('attribute_trust', 'attribute_changed')
          UNION ALL SELECT h.relation, h.trigger
            FROM (SELECT r, g FROM unnest('{whistle,party,progress,supervision}'::text[]) AS r,
                                   unnest('{subject_settle,subject_insert,subject_update,subject_delete}'::text[]) AS g) AS h(relation, trigger)) AS w(relation, trigger)
   WHERE NOT EXISTS (SELECT FROM pg_trigger AS g
                      WHERE g.tgrelid = format('liskeban.%I', w.relation)::regclass AND g.tgname = w.trigger
                        AND g.tgenabled = 'A')
  UNION ALL
  SELECT 'guard and log are enabled always', NULL, format('trigger history_kept of partition %s', i.inhrelid::regclass)
    FROM pg_inherits AS i
   WHERE i.inhparent IN ('liskeban.ticket_event'::regclass, 'liskeban.alarm'::regclass, 'liskeban.outbox'::regclass,
                        'liskeban.hazard_signal'::regclass)
     AND NOT EXISTS (SELECT FROM pg_trigger AS g
                      WHERE g.tgrelid = i.inhrelid AND g.tgname = 'history_kept' AND g.tgenabled = 'A');
END
$$;
COMMENT ON FUNCTION liskeban.check_invariants() IS '一致性检查 what does not hold, named; empty when all is well: state and last_seq are the last event''s, history is a chain, hashes and seals hold (those of alarms, the access log, rewards and supplies too), stock = its ledger, rewards once, hazards as their tickets, worklist = open tickets, sources'' messages in history, due times and roll-up = recomputation, the sweep knows what comes, whistles on their rungs, parties as the ticket says, emergencies put first what they caught, progress due while planned, row security forced, guard and log ENABLE ALWAYS. Reads the whole history';
REVOKE ALL ON FUNCTION liskeban.check_invariants() FROM PUBLIC;
