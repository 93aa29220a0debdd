-- What becomes of signals and of the hazards they make. receive_signal() (extension/hazard_signal.c) takes one in; what makes a
-- hazard, and what a chain does at each of its steps, stands here.

CREATE INDEX hazard_signal_at_idx ON liskeban.hazard_signal USING brin (at) WITH (pages_per_range = 32, autosummarize = on);

CREATE FUNCTION liskeban._quarantine_signal(source text, payload jsonb, reason text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  sent constant text := coalesce(payload::text, 'null');
BEGIN
  RETURN coalesce(liskeban._quarantine(source, 'hazard_signal', NULL, sent, reason, NULL),
                  (SELECT r.reject_id FROM liskeban.intake_reject AS r
                    WHERE r.source = _quarantine_signal.source AND liskeban._text_digest(r.raw) = liskeban._text_digest(sent)));
END
$$;
COMMENT ON FUNCTION liskeban._quarantine_signal(text, jsonb, text) IS 'keep a signal that could not be taken in; the same again is the same row. Returns its reject_id, NULL where another session is keeping it right now';
REVOKE ALL ON FUNCTION liskeban._quarantine_signal(text, jsonb, text) FROM PUBLIC;

-- The steps that a hazard takes, and how long all of them may take.
CREATE FUNCTION liskeban._hazard_plan(chain text, wanted integer[], at timestamptz, OUT steps integer[], OUT due timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  days integer;
BEGIN
  SELECT array_agg(s.step ORDER BY s.step), sum(s.days) INTO steps, days
    FROM liskeban.hazard_step AS s WHERE s.chain = _hazard_plan.chain AND (wanted IS NULL OR s.step = ANY (wanted));
  due := liskeban.add_working_time(at, make_interval(days => days), 'calendar');
  steps := coalesce(steps, '{}');
END
$$;
COMMENT ON FUNCTION liskeban._hazard_plan(text, integer[], timestamptz) IS 'those steps of a chain (NULL all) that there are, in order, and when all are due; NULL where there are none';
REVOKE ALL ON FUNCTION liskeban._hazard_plan(text, integer[], timestamptz) FROM PUBLIC;

CREATE FUNCTION liskeban._report_hazard(rule text, source text, device text, gateway text, storm boolean, payload jsonb, at timestamptz,
  OUT hazard_id bigint, OUT ticket_id bigint, OUT department text, OUT due timestamptz, OUT first_step integer)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  r liskeban.hazard_rule;
  o record;
  said record;
  taken integer[];
  major constant boolean := (SELECT x.severity = 'major' FROM liskeban.hazard_rule AS x WHERE x.code = _report_hazard.rule);
BEGIN
  SELECT x.* INTO STRICT r FROM liskeban.hazard_rule AS x WHERE x.code = _report_hazard.rule;
  SELECT x.object_id, x.name, x.address, x.department, x.geom INTO o
    FROM liskeban.hazard_object AS x
   WHERE x.chain = r.chain AND x.retired_at IS NULL AND NOT storm
     AND (x.code = payload ->> 'object' OR x.devices @> ARRAY[_report_hazard.device])
   ORDER BY x.code = payload ->> 'object' DESC NULLS LAST, x.object_id LIMIT 1;
  -- When and where, as far as it can be read: a device that keeps no time reports now, one without a place where its object is.
  SELECT f.lon, f.lat, f.datum, f.address, CASE WHEN f.reason IS NULL THEN f.reported_at END AS reported_at INTO said
    FROM liskeban._request_fields(jsonb_strip_nulls(jsonb_build_object('lon', payload -> 'lon', 'lat', payload -> 'lat', 'datum', payload -> 'datum',
           'address', payload -> 'address', 'reported_at', payload -> 'at')), (SELECT p.time_zone FROM liskeban.platform AS p), at, false) AS f;
  department := coalesce(r.department, o.department, (SELECT c.department FROM liskeban.hazard_chain AS c WHERE c.code = r.chain));
  SELECT p.steps, p.due INTO taken, due FROM liskeban._hazard_plan(r.chain, r.steps, at) AS p;
  first_step := taken[1];

  INSERT INTO liskeban.ticket AS t (kind, source, category, difficulty, priority, title, description, address, geom, reported_at, extra)
  VALUES ('hazard', source, r.category, r.difficulty, CASE WHEN major THEN 1 ELSE 2 END,
          CASE WHEN storm THEN format('%s：网关 %s 信号风暴', r.name, gateway) ELSE concat_ws('：', r.name, coalesce(o.name, regexp_replace(device, '^object:', ''))) END,
          left(payload::text, 2000), coalesce(said.address, o.address),
          CASE WHEN said.lon IS NOT NULL THEN liskeban._request_position(said.lon, said.lat, said.datum) ELSE o.geom END, said.reported_at,
          jsonb_strip_nulls(jsonb_build_object('chain', r.chain, 'rule', r.code, 'device', CASE WHEN NOT storm THEN device END, 'gateway', gateway)))
  RETURNING t.ticket_id INTO ticket_id;
  INSERT INTO liskeban.hazard AS h (ticket_id, chain, rule, object_id, severity, steps, source, device, gateway, storm, area, geom, opened_at)
  SELECT t.ticket_id, r.chain, r.code, o.object_id, 'general', taken, t.source, CASE WHEN NOT _report_hazard.storm THEN _report_hazard.device END,
         _report_hazard.gateway, _report_hazard.storm,
         t.area, t.geom, at
    FROM liskeban.ticket AS t WHERE t.ticket_id = _report_hazard.ticket_id
  RETURNING h.hazard_id INTO hazard_id;
END
$$;
COMMENT ON FUNCTION liskeban._report_hazard(text, text, text, text, boolean, jsonb, timestamptz) IS 'the ticket and the hazard of a signal that a rule knows; with whom it goes to, when its chain is due (NULL: it has no steps), and the first step';
REVOKE ALL ON FUNCTION liskeban._report_hazard(text, text, text, text, boolean, jsonb, timestamptz) FROM PUBLIC;

CREATE FUNCTION liskeban._open_hazard_step(hazard_id bigint, step integer, OUT ticket_id bigint, OUT department text, OUT due timestamptz)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  h liskeban.hazard;
  s liskeban.hazard_step;
  attempt integer;
  opened_at timestamptz;
BEGIN
  SELECT x.* INTO STRICT h FROM liskeban.hazard AS x WHERE x.hazard_id = _open_hazard_step.hazard_id;
  SELECT x.* INTO STRICT s FROM liskeban.hazard_step AS x WHERE x.chain = h.chain AND x.step = _open_hazard_step.step;
  attempt := (SELECT count(*) + 1 FROM liskeban.hazard_task AS k WHERE k.hazard_id = h.hazard_id AND k.step = s.step);
  INSERT INTO liskeban.ticket AS t (kind, parent_id, source, category, difficulty, priority, confidential, title, address, geom)
  SELECT 'hazard', p.ticket_id, p.source, p.category, 'general', p.priority, p.confidential,
         CASE WHEN attempt > 1 THEN format('%s（第%s次）', s.name, attempt) ELSE s.name END, p.address, p.geom
    FROM liskeban.ticket AS p WHERE p.ticket_id = h.ticket_id
  RETURNING t.ticket_id, t.received_at INTO ticket_id, opened_at;
  department := s.department;
  due := liskeban.add_working_time(opened_at, make_interval(days => s.days), 'calendar');
  INSERT INTO liskeban.hazard_task (ticket_id, hazard_id, step, attempt, kind, opened_at, due)
  VALUES (_open_hazard_step.ticket_id, h.hazard_id, s.step, attempt, s.kind, opened_at, _open_hazard_step.due);
END
$$;
COMMENT ON FUNCTION liskeban._open_hazard_step(bigint, integer) IS 'the child ticket of a step of a hazard; with whom it goes to, and when it is due';
REVOKE ALL ON FUNCTION liskeban._open_hazard_step(bigint, integer) FROM PUBLIC;

-- A step's ticket that is closed opens the next; a review closed with solved = false the last rectify before it. One that the
-- desk took back is passed over. The hazard's own ticket is resolved and closed with the last, unless its reporter is to be asked.
CREATE FUNCTION liskeban._note_hazard(ticket_id bigint, action text, at timestamptz, actor text, OUT hazard_id bigint, OUT step integer)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  h liskeban.hazard;
  k liskeban.hazard_task;
  t record;
  went text;
BEGIN
  SELECT x.* INTO h FROM liskeban.hazard AS x WHERE x.ticket_id = _note_hazard.ticket_id FOR UPDATE;
  IF FOUND THEN
    IF action IN ('reopen', 'unmerge') THEN
      -- What is found meanwhile stands on the other; this one goes on with its last work.
      UPDATE liskeban.hazard AS x SET closed_at = NULL, outcome = NULL
       WHERE x.hazard_id = h.hazard_id AND x.closed_at IS NOT NULL
         AND NOT EXISTS (SELECT FROM liskeban.hazard AS o WHERE o.source = x.source AND o.chain = x.chain AND o.closed_at IS NULL
                            AND (o.device = x.device OR o.storm AND x.storm AND o.gateway = x.gateway));
      IF FOUND THEN
        hazard_id := h.hazard_id;
        step := (SELECT x.step FROM liskeban.hazard_task AS x WHERE x.hazard_id = h.hazard_id ORDER BY x.kind = 'rectify' DESC, x.opened_at DESC, x.step DESC LIMIT 1);
      END IF;
      RETURN;
    END IF;
    UPDATE liskeban.hazard AS x
       SET closed_at = greatest(at, x.opened_at), outcome = CASE action WHEN 'close' THEN 'closed' WHEN 'withdraw' THEN 'withdrawn' WHEN 'reject' THEN 'rejected' ELSE 'merged' END
     WHERE x.hazard_id = h.hazard_id AND x.closed_at IS NULL;
    UPDATE liskeban.ticket AS c SET state = 'withdrawn', note = '隐患已结束 its hazard is over'
      FROM liskeban.hazard_task AS x
     WHERE x.hazard_id = h.hazard_id AND x.ended_at IS NULL AND c.ticket_id = x.ticket_id AND c.state NOT IN ('closed', 'withdrawn', 'rejected', 'merged');
    RETURN;
  END IF;

  SELECT x.* INTO k FROM liskeban.hazard_task AS x WHERE x.ticket_id = _note_hazard.ticket_id AND x.ended_at IS NULL FOR UPDATE;
  IF NOT FOUND OR action IN ('reopen', 'unmerge') THEN
    RETURN;
  END IF;
  SELECT c.solved INTO t FROM liskeban.ticket AS c WHERE c.ticket_id = k.ticket_id;
  went := CASE WHEN action <> 'close' THEN 'skipped' WHEN k.kind = 'review' AND t.solved IS FALSE THEN 'failed' ELSE 'passed' END;
  UPDATE liskeban.hazard_task AS x SET ended_at = greatest(at, x.opened_at), outcome = went WHERE x.ticket_id = k.ticket_id;
  SELECT x.* INTO STRICT h FROM liskeban.hazard AS x WHERE x.hazard_id = k.hazard_id FOR UPDATE;
  IF h.closed_at IS NOT NULL THEN
    RETURN;
  END IF;
  IF went = 'failed' THEN
    step := coalesce((SELECT s.step FROM liskeban.hazard_step AS s
                       WHERE s.chain = h.chain AND s.step = ANY (h.steps) AND s.step < k.step AND s.kind = 'rectify' ORDER BY s.step DESC LIMIT 1), k.step);
  ELSE
    step := (SELECT s.step FROM liskeban.hazard_step AS s WHERE s.chain = h.chain AND s.step = ANY (h.steps) AND s.step > k.step ORDER BY s.step LIMIT 1);
  END IF;
  IF step IS NOT NULL THEN
    hazard_id := h.hazard_id;
    RETURN;
  END IF;
  SELECT c.state, c.suspended_from, c.has_reporter INTO t FROM liskeban.ticket AS c WHERE c.ticket_id = h.ticket_id;
  IF t.state = 'reported' THEN
    UPDATE liskeban.ticket AS c SET state = 'accepted' WHERE c.ticket_id = h.ticket_id;
  ELSIF t.state = 'suspended' THEN
    UPDATE liskeban.ticket AS c SET state = t.suspended_from WHERE c.ticket_id = h.ticket_id;
  END IF;
  IF t.state <> 'resolved' THEN
    UPDATE liskeban.ticket AS c SET state = 'resolved', resolution = '链条各步骤已完成 all steps of its chain are done', reply = coalesce(c.reply, '隐患已整改销号')
     WHERE c.ticket_id = h.ticket_id;
  END IF;
  IF NOT t.has_reporter THEN
    UPDATE liskeban.ticket AS c SET state = 'closed', checked_by = actor WHERE c.ticket_id = h.ticket_id;
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._note_hazard(bigint, text, timestamptz, text) IS 'note the end of a step, or of a hazard, by a move of its ticket; the step of which hazard is to be opened, NULL none';
REVOKE ALL ON FUNCTION liskeban._note_hazard(bigint, text, timestamptz, text) FROM PUBLIC;

-- Listed for supervision by name (挂牌督办).

CREATE FUNCTION liskeban._list_hazard(hazard_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  h liskeban.hazard;
  now constant timestamptz := liskeban.liskeban_now();
  until timestamptz;
BEGIN
  SELECT x.* INTO h FROM liskeban.hazard AS x WHERE x.hazard_id = _list_hazard.hazard_id FOR UPDATE;
  IF NOT FOUND OR h.closed_at IS NOT NULL OR h.severity = 'major' THEN
    RETURN;
  END IF;
  until := coalesce((SELECT p.due FROM liskeban._hazard_plan(h.chain, h.steps, h.opened_at) AS p WHERE p.due > now), liskeban.add_working_time(now, '7 days', 'calendar'));
  UPDATE liskeban.hazard AS x
     SET severity = 'major', listed_at = now, listed_by = liskeban.actor(), listed_until = until,
         listed_name = concat_ws('·', (SELECT c.name FROM liskeban.hazard_chain AS c WHERE c.code = h.chain),
           coalesce((SELECT o.name FROM liskeban.hazard_object AS o WHERE o.object_id = h.object_id), regexp_replace(h.device, '^object:', ''), h.gateway))
   WHERE x.hazard_id = h.hazard_id;
  UPDATE liskeban.ticket AS t SET priority = 1, note = '重大隐患，挂牌督办 a major hazard, listed for supervision' WHERE t.ticket_id = h.ticket_id;
  INSERT INTO liskeban.supervision (ticket_id, kind, area, department, issued_by, issued_at, basis, reply_due, reason)
  SELECT t.ticket_id, 'order', coalesce(t.responsible_area, CASE WHEN t.department IS NULL THEN (SELECT p.district FROM liskeban.platform AS p) END),
         t.department, liskeban.actor(), greatest(now, t.updated_at), 'working_day',
         liskeban.add_working_time(greatest(now, t.updated_at), '1 day', 'working_day'), '重大隐患挂牌督办'
    FROM liskeban.ticket AS t WHERE t.ticket_id = h.ticket_id AND t.state NOT IN ('suspended', 'closed', 'withdrawn', 'rejected', 'merged');
END
$$;
COMMENT ON FUNCTION liskeban._list_hazard(bigint) IS 'make an open hazard major: listed by name until its chain is due, its ticket first, its holder ordered to answer within a working day; one that is major stays as it is';
REVOKE ALL ON FUNCTION liskeban._list_hazard(bigint) FROM PUBLIC;

CREATE FUNCTION liskeban._require_hazard(hazard_id bigint, what text) RETURNS liskeban.hazard
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  h liskeban.hazard;
BEGIN
  IF hazard_id IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('hazard_id must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  PERFORM liskeban._require_desk(what);
  SELECT x.* INTO h FROM liskeban.hazard AS x
   WHERE x.hazard_id = _require_hazard.hazard_id AND (x.hazard_id >= liskeban.scope_from() OR liskeban.ticket_in_scope(x.ticket_id));
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('there is no hazard %s', hazard_id) USING ERRCODE = 'no_data_found';
  END IF;
  RETURN h;
END
$$;
COMMENT ON FUNCTION liskeban._require_hazard(bigint, text) IS 'the hazard; 22004 NULL, 42501 not a dispatcher''s or administrator''s, P0002 there is none that the actor may see';
REVOKE ALL ON FUNCTION liskeban._require_hazard(bigint, text) FROM PUBLIC;

CREATE FUNCTION liskeban.list_hazard(hazard_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  h constant liskeban.hazard := liskeban._require_hazard(hazard_id, 'list a hazard for supervision');
BEGIN
  IF h.closed_at IS NOT NULL OR h.severity = 'major' THEN
    RAISE EXCEPTION '%', liskeban.message('hazard %s is %s', hazard_id, CASE WHEN h.closed_at IS NOT NULL THEN h.outcome ELSE 'listed already' END)
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  PERFORM liskeban._begin_hazard(h.hazard_id, NULL, NULL, NULL, NULL, true);
END
$$;
COMMENT ON FUNCTION liskeban.list_hazard(bigint) IS '挂牌督办 make an open hazard a major one: it is listed by name, and its holder ordered to answer within a working day. Administrators and dispatchers. 22004 NULL, P0002 no such hazard, 55000 over, or listed already, 42501';
REVOKE ALL ON FUNCTION liskeban.list_hazard(bigint) FROM PUBLIC;

CREATE FUNCTION liskeban.delist_hazard(hazard_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  h constant liskeban.hazard := liskeban._require_hazard(hazard_id, 'take a hazard off the list');
BEGIN
  IF h.listed_at IS NULL OR h.delisted_at IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('hazard %s is not listed', hazard_id) USING ERRCODE = 'object_not_in_prerequisite_state';
  ELSIF h.closed_at IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('hazard %s is open', hazard_id) USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = liskeban.message('It is taken off the list once its chain is closed.');
  END IF;
  UPDATE liskeban.hazard AS x SET delisted_at = liskeban.liskeban_now(), delisted_by = liskeban.actor()
   WHERE x.hazard_id = delist_hazard.hazard_id AND x.delisted_at IS NULL;
END
$$;
COMMENT ON FUNCTION liskeban.delist_hazard(bigint) IS '摘牌 take a hazard that is over off the list. Administrators and dispatchers. 22004 NULL, P0002 no such hazard, 55000 not listed, or open, 42501';
REVOKE ALL ON FUNCTION liskeban.delist_hazard(bigint) FROM PUBLIC;

CREATE FUNCTION liskeban.begin_hazard(ticket_id bigint, chain text, object_id bigint DEFAULT NULL, severity text DEFAULT 'general',
  steps integer[] DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  t liskeban.ticket;
  c liskeban.hazard_chain;
  plan record;
  made bigint;
BEGIN
  PERFORM liskeban._require_desk('begin a chain of safety');
  PERFORM liskeban._reachable_ticket(ticket_id, 'begin a chain of safety for');
  SELECT x.* INTO t FROM liskeban.ticket AS x WHERE x.ticket_id = begin_hazard.ticket_id FOR UPDATE;
  IF t.kind <> 'hazard' OR t.parent_id IS NOT NULL OR severity NOT IN ('general', 'major') OR severity IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('ticket %s cannot begin a chain of severity "%s"', ticket_id, coalesce(severity, 'NULL'))
      USING ERRCODE = 'invalid_parameter_value', DETAIL = liskeban.message('It takes a ticket of kind hazard that is no part of another; severity is general or major.');
  ELSIF t.state IN ('resolved', 'closed', 'withdrawn', 'rejected', 'merged') THEN
    RAISE EXCEPTION '%', liskeban.message('ticket %s is %s', ticket_id, t.state) USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  SELECT x.* INTO c FROM liskeban.hazard_chain AS x WHERE x.code = begin_hazard.chain AND x.retired_at IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('chain "%s" is not registered, or retired', coalesce(chain, 'NULL')) USING ERRCODE = 'foreign_key_violation', HINT = liskeban.message('See liskeban.hazard_chain.');
  END IF;
  SELECT p.steps, p.due INTO plan FROM liskeban._hazard_plan(c.code, begin_hazard.steps, liskeban.liskeban_now()) AS p;
  INSERT INTO liskeban.hazard AS h (ticket_id, chain, object_id, severity, steps, source, area, geom, opened_at)
  VALUES (t.ticket_id, c.code, begin_hazard.object_id, 'general', plan.steps, t.source, t.area, t.geom, liskeban.liskeban_now())
  RETURNING h.hazard_id INTO made;
  PERFORM liskeban._begin_hazard(made, t.ticket_id, c.department, plan.due, plan.steps[1], severity = 'major');
  RETURN made;
END
$$;
COMMENT ON FUNCTION liskeban.begin_hazard(bigint, text, bigint, text, integer[]) IS '启动链条 put an open ticket of kind hazard, however it was reported, onto a chain: it is dispatched to the chain''s department unless it lies with somebody, and the first of the steps (NULL all) opened. Returns hazard_id. Administrators and dispatchers. 22004, P0002 no such ticket, 22023 not of kind hazard, or another severity, 23503 no such chain or object, 23505 it has one, 55000 resolved or over, 42501';
REVOKE ALL ON FUNCTION liskeban.begin_hazard(bigint, text, bigint, text, integer[]) FROM PUBLIC;

-- ---- counts and retention ----

CREATE VIEW liskeban.hazard_signal_count WITH (security_invoker) AS
SELECT n.day, n.source, n.outcome, sum(n.signals)::bigint AS signals
  FROM (SELECT d.day, d.source, d.outcome, d.signals FROM liskeban.hazard_signal_day AS d
        UNION ALL
        SELECT (s.at AT TIME ZONE p.time_zone)::date, s.source, s.outcome, count(*)
          FROM liskeban.hazard_signal AS s CROSS JOIN liskeban.platform AS p GROUP BY 1, 2, 3) AS n
 GROUP BY n.day, n.source, n.outcome;
COMMENT ON VIEW liskeban.hazard_signal_count IS '信号计数 every signal that ever was received, by day, source and outcome: each call of receive_signal() is counted once, in the transaction that made it';
COMMENT ON COLUMN liskeban.hazard_signal_count.day IS '日期 day in the platform''s zone';
COMMENT ON COLUMN liskeban.hazard_signal_count.source IS '来源系统';
COMMENT ON COLUMN liskeban.hazard_signal_count.outcome IS '结果 ticketed 成单, attached 并入, ignored 规则忽略, quarantined 隔离';
COMMENT ON COLUMN liskeban.hazard_signal_count.signals IS '信号数';

CREATE VIEW liskeban.hazard_listed WITH (security_invoker) AS
SELECT h.hazard_id, h.listed_name, h.chain, c.name AS chain_name, h.object_id, t.ticket_no, h.area, t.department, h.listed_at, h.listed_by, h.listed_until,
       h.closed_at, k.step, k.kind AS step_kind, k.due AS step_due
  FROM liskeban.hazard AS h
  JOIN liskeban.hazard_chain AS c ON c.code = h.chain
  JOIN liskeban.ticket AS t ON t.ticket_id = h.ticket_id
  LEFT JOIN liskeban.hazard_task AS k ON k.hazard_id = h.hazard_id AND k.ended_at IS NULL
 WHERE h.listed_at IS NOT NULL AND h.delisted_at IS NULL;
COMMENT ON VIEW liskeban.hazard_listed IS '重大隐患挂牌督办清单 the major hazards by name that are listed, with where each stands';
COMMENT ON COLUMN liskeban.hazard_listed.hazard_id IS '编号 key';
COMMENT ON COLUMN liskeban.hazard_listed.listed_name IS '挂牌名称 the name it is listed by';
COMMENT ON COLUMN liskeban.hazard_listed.chain IS '链条代码';
COMMENT ON COLUMN liskeban.hazard_listed.chain_name IS '链条 its name in Chinese';
COMMENT ON COLUMN liskeban.hazard_listed.object_id IS '对象 hazard_object';
COMMENT ON COLUMN liskeban.hazard_listed.ticket_no IS '工单号 of its ticket';
COMMENT ON COLUMN liskeban.hazard_listed.area IS '所在区域';
COMMENT ON COLUMN liskeban.hazard_listed.department IS '承办部门 that leads';
COMMENT ON COLUMN liskeban.hazard_listed.listed_at IS '挂牌时间';
COMMENT ON COLUMN liskeban.hazard_listed.listed_by IS '挂牌人';
COMMENT ON COLUMN liskeban.hazard_listed.listed_until IS '整改期限';
COMMENT ON COLUMN liskeban.hazard_listed.closed_at IS '销号时间 when it was over: it may be taken off the list; NULL open';
COMMENT ON COLUMN liskeban.hazard_listed.step IS '当前步骤 the step that is open; NULL none';
COMMENT ON COLUMN liskeban.hazard_listed.step_kind IS '当前环节';
COMMENT ON COLUMN liskeban.hazard_listed.step_due IS '步骤时限';

CREATE FUNCTION liskeban.drop_hazard_signals(before timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  until constant timestamptz := coalesce(before, liskeban.liskeban_now() - (SELECT p.signal_retention FROM liskeban.platform AS p));
  last constant bigint := pg_sequence_last_value(pg_get_serial_sequence('liskeban.hazard_signal', 'signal_id')::regclass);
  old record;
  newest timestamptz;
  dropped integer := 0;
BEGIN
  FOR old IN SELECT r.* FROM liskeban._partition_ranges('liskeban.hazard_signal') AS r WHERE r.beyond <= last ORDER BY r.first LOOP
    EXECUTE format('SELECT max(s.at) FROM liskeban.%I AS s', old.partition) INTO newest;
    EXIT WHEN newest >= until;
    EXIT WHEN NOT liskeban._drop_partition(old.partition, ARRAY[
      'INSERT INTO liskeban.hazard_signal_day AS d (day, source, outcome, signals) '
      'SELECT (s.at AT TIME ZONE p.time_zone)::date, s.source, s.outcome, count(*) FROM liskeban.%I AS s CROSS JOIN liskeban.platform AS p GROUP BY 1, 2, 3 '
      'ON CONFLICT (day, source, outcome) DO UPDATE SET signals = d.signals + excluded.signals',
      'UPDATE liskeban.hazard AS h SET signals_gone = h.signals_gone + n.signals '
      'FROM (SELECT s.hazard_id, count(*) AS signals FROM liskeban.%I AS s WHERE s.hazard_id IS NOT NULL GROUP BY 1) AS n '
      'WHERE h.hazard_id = n.hazard_id']);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END
$$;
COMMENT ON FUNCTION liskeban.drop_hazard_signals(timestamptz) IS '清理信号 drop the partitions of hazard_signal whose signals are all older than before (NULL: platform.signal_retention ago), once what they had is counted in hazard_signal_day and hazard.signals_gone; returns how many. The one in use stays. Waits 2 s for who reads, and leaves the rest to the next time';
REVOKE ALL ON FUNCTION liskeban.drop_hazard_signals(timestamptz) FROM PUBLIC;
