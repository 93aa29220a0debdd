-- The desk: final answers, attachments, replies from templates, who goes, and each one's own list.

CREATE TABLE liskeban.final_answer (
  ticket_id   bigint PRIMARY KEY,
  reply       text NOT NULL,
  reason      text NOT NULL,
  answered_by text NOT NULL,
  answered_at timestamptz NOT NULL,
  seq         integer NOT NULL
);
COMMENT ON TABLE liskeban.final_answer IS '终结答复 matters answered for good after a rework or another run: they are not reopened, and the same said again may be rejected as repeat_final';
COMMENT ON COLUMN liskeban.final_answer.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.final_answer.reply IS '答复 what the citizen is told; the ticket''s reply from then on';
COMMENT ON COLUMN liskeban.final_answer.reason IS '理由 why nothing more can be done';
COMMENT ON COLUMN liskeban.final_answer.answered_by IS '答复人 the dispatcher (kept by a trigger)';
COMMENT ON COLUMN liskeban.final_answer.answered_at IS '答复时间 when (kept by a trigger)';
COMMENT ON COLUMN liskeban.final_answer.seq IS '序号 its event in history (kept by a trigger)';
CREATE TRIGGER final_answer_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.final_answer
  FOR EACH ROW EXECUTE FUNCTION liskeban.final_answer_guard();
ALTER TABLE liskeban.final_answer ENABLE ALWAYS TRIGGER final_answer_guard;

CREATE FUNCTION liskeban.final_answer(ticket_id bigint, reply text, reason text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  seq integer;
BEGIN
  INSERT INTO liskeban.final_answer AS f (ticket_id, reply, reason)
  VALUES (final_answer.ticket_id, final_answer.reply, final_answer.reason) RETURNING f.seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.final_answer(bigint, text, text) IS '终结答复 answer a resolved or closed matter for good, after a rework or another run: it is not reopened any more, and a dissatisfied citizen makes no request. Returns the event''s seq. P0002 no such ticket, 22004 NULL, LK001 in another state, LK002 no reply, no reason or a first result, 42501 not a dispatcher''s, 23505 answered for good already';
REVOKE ALL ON FUNCTION liskeban.final_answer(bigint, text, text) FROM PUBLIC;

-- The ticket as its caller sees it, or the error that there is none.
CREATE FUNCTION liskeban._visible_ticket(ticket_id bigint) RETURNS liskeban.ticket
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_ticket liskeban.ticket;
BEGIN
  IF ticket_id IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('ticket_id must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT t.* INTO found_ticket FROM liskeban.ticket AS t WHERE t.ticket_id = _visible_ticket.ticket_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION '%', liskeban.message('there is no ticket %s', ticket_id) USING ERRCODE = 'no_data_found';
  END IF;
  RETURN found_ticket;
END
$$;
COMMENT ON FUNCTION liskeban._visible_ticket(bigint) IS 'the ticket; 22004 NULL, P0002 there is none that the caller may see';
REVOKE ALL ON FUNCTION liskeban._visible_ticket(bigint) FROM PUBLIC;

CREATE FUNCTION liskeban.attach(ticket_id bigint, stage text, uri text, sha256 bytea DEFAULT NULL,
  taken_at timestamptz DEFAULT NULL, geom geometry DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ticket constant liskeban.ticket := liskeban._visible_ticket(ticket_id);
  attachment bigint;
BEGIN
  PERFORM liskeban._require_reach(ticket, 'attach something to');
  INSERT INTO liskeban.attachment AS a (ticket_id, stage, uri, sha256, taken_at, geom)
  VALUES (attach.ticket_id, attach.stage, attach.uri, attach.sha256, attach.taken_at, attach.geom)
  RETURNING a.attachment_id INTO attachment;
  RETURN attachment;
END
$$;
COMMENT ON FUNCTION liskeban.attach(bigint, text, text, bytea, timestamptz, geometry) IS '附件 a photo or paper of a ticket by reference; stage is report, arrival, progress, resolution or feedback. Returns attachment_id. P0002 no such ticket, 22004 NULL, 42501 not within the actor''s reach, 23514 another stage or no uri';
REVOKE ALL ON FUNCTION liskeban.attach(bigint, text, text, bytea, timestamptz, geometry) FROM PUBLIC;

-- A plain INSERT says no more than attach(); what a source attaches, submit() has looked at.
CREATE FUNCTION liskeban._attachment_reach() RETURNS trigger
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ticket liskeban.ticket;
BEGIN
  SELECT t.* INTO ticket FROM liskeban.ticket AS t WHERE t.ticket_id = NEW.ticket_id;
  IF FOUND THEN
    PERFORM liskeban._require_reach(ticket, 'attach something to');
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION liskeban._attachment_reach() IS 'BEFORE ROW trigger of liskeban.attachment: 42501 unless the actor''s duty reaches the ticket';
REVOKE ALL ON FUNCTION liskeban._attachment_reach() FROM PUBLIC;
CREATE TRIGGER attachment_reach BEFORE INSERT ON liskeban.attachment
  FOR EACH ROW WHEN (current_user <> 'liskeban_owner'::name) EXECUTE FUNCTION liskeban._attachment_reach();
ALTER TABLE liskeban.attachment ENABLE ALWAYS TRIGGER attachment_reach;

CREATE FUNCTION liskeban.draft_reply(ticket_id bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ticket constant liskeban.ticket := liskeban._visible_ticket(ticket_id);
  draft text;
BEGIN
  WITH field(name, value) AS (
    SELECT f.name, f.value
      FROM liskeban.platform AS p
      LEFT JOIN liskeban.category AS c ON c.code = ticket.category
      LEFT JOIN liskeban.department AS d ON d.code = coalesce(ticket.department, c.department)
      LEFT JOIN liskeban.department AS holder ON holder.code = ticket.department
      LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) ticket.area
      LEFT JOIN liskeban.area AS r ON r.code OPERATOR(liskeban.=) ticket.responsible_area
     CROSS JOIN LATERAL (VALUES
           ('ticket_no', ticket.ticket_no),
           ('place', coalesce(nullif(ticket.address, ''), a.name)),
           ('on_site_at', to_char(ticket.on_site_at AT TIME ZONE p.time_zone, 'FMMM"月"FMDD"日"HH24:MI')),
           ('contacted_at', to_char(ticket.contacted_at AT TIME ZONE p.time_zone, 'FMMM"月"FMDD"日"HH24:MI')),
           ('promised_at', to_char(coalesce(ticket.promised_at, ticket.resolve_due) AT TIME ZONE p.time_zone, 'FMMM"月"FMDD"日"')),
           ('finding', (SELECT e.note FROM liskeban.ticket_event AS e
                         WHERE e.ticket_id = ticket.ticket_id AND e.run = ticket.run AND e.action IN ('arrive', 'contact', 'progress')
                           AND e.note IS NOT NULL
                         ORDER BY array_position('{arrive,progress,contact}', e.action), e.seq DESC LIMIT 1)),
           ('action', coalesce(nullif(ticket.resolution, ''), nullif(ticket.plan, ''))),
           ('department', coalesce(holder.name, r.name, d.name)),
           ('phone', d.duty_phone)) AS f(name, value)
  )
  SELECT string_agg(coalesce(f.value, piece.text[1]), '' ORDER BY piece.nth) INTO draft
    FROM liskeban.category AS c
   CROSS JOIN LATERAL regexp_matches(c.reply_template, '\{[a-z_]+\}|[^{]+|\{', 'g') WITH ORDINALITY AS piece(text, nth)
    LEFT JOIN field AS f ON piece.text[1] = '{' || f.name || '}'
   WHERE c.code = ticket.category;
  RETURN draft;
END
$$;
COMMENT ON FUNCTION liskeban.draft_reply(bigint) IS '答复草稿 the reply template of a ticket''s category with what is known filled in: ticket_no, place, on_site_at, contacted_at, promised_at (else resolve_due), finding (what was noted on arrival, else with progress or contact), action (resolution, else plan), department, phone. What is not known stays in braces; NULL where the category has no template. P0002 no such ticket, 22004 NULL';
REVOKE ALL ON FUNCTION liskeban.draft_reply(bigint) FROM PUBLIC;

-- Who goes: the phones of people are not open to everybody, but to those who work on the ticket.
CREATE FUNCTION liskeban._dispatch_team(ticket liskeban.ticket)
RETURNS TABLE (nth bigint, role text, area liskeban.area_code, department text, network text, person text, phone text, police boolean)
LANGUAGE plpgsql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  at constant timestamptz := liskeban.liskeban_now();
  cell constant liskeban.area_code := coalesce(ticket.area, ticket.responsible_area);
BEGIN
  RETURN QUERY
  WITH on_duty AS (
    SELECT d.area, d.department, d.person, d.phone
      FROM liskeban.duty AS d
     WHERE d.begins_at <= at AND (d.ends_at IS NULL OR d.ends_at > at)
       AND (d.department = ticket.department
            OR ticket.department IS NULL AND ticket.responsible_area OPERATOR(liskeban.<@) d.area)
  ), team AS (
    -- the holder's desk, or the finest above it that is manned; of a department at least its telephone
    SELECT 1 AS part, 'duty' AS role, o.area, o.department, NULL::text AS network, o.person, o.phone, false AS police
      FROM on_duty AS o
     WHERE o.department IS NOT NULL OR liskeban.area_level(o.area) = (SELECT max(liskeban.area_level(x.area)) FROM on_duty AS x)
    UNION ALL
    SELECT 1, 'duty', NULL, d.code, NULL, NULL, d.duty_phone, false
      FROM liskeban.department AS d
     WHERE d.code = ticket.department AND d.duty_phone IS NOT NULL AND NOT EXISTS (SELECT FROM on_duty)
    UNION ALL
    SELECT 2, CASE WHEN g.police THEN 'police' ELSE 'grid' END, g.area, NULL, g.network, g.person, g.phone, g.police
      FROM liskeban.grid_member AS g
     WHERE cell OPERATOR(liskeban.<@) g.area AND liskeban.area_level(g.area) >= 'village'
       AND g.begins_at <= at AND (g.ends_at IS NULL OR g.ends_at > at)
  )
  SELECT row_number() OVER (ORDER BY t.part,
           t.police <> (SELECT c.domain = 'public_safety' FROM liskeban.category AS c WHERE c.code = ticket.category),
           liskeban.area_level(t.area) DESC NULLS LAST, t.network NULLS FIRST, t.person, t.phone),
         t.role, t.area, t.department, t.network, t.person, t.phone, t.police
    FROM team AS t ORDER BY 1;
END
$$;
COMMENT ON FUNCTION liskeban._dispatch_team(liskeban.ticket) IS 'dispatch_team() of a row of liskeban.ticket, whoever asks';
REVOKE ALL ON FUNCTION liskeban._dispatch_team(liskeban.ticket) FROM PUBLIC;

CREATE FUNCTION liskeban.dispatch_team(ticket_id bigint)
RETURNS TABLE (nth bigint, role text, area liskeban.area_code, department text, network text, person text, phone text, police boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ticket constant liskeban.ticket := liskeban._visible_ticket(ticket_id);
BEGIN
  -- The owner sees every ticket: what the actor sees is asked for.
  IF NOT liskeban.ticket_in_scope(ticket_id) THEN
    RAISE EXCEPTION '%', liskeban.message('there is no ticket %s', ticket_id) USING ERRCODE = 'no_data_found';
  END IF;
  PERFORM liskeban._require_reach(ticket, 'send somebody to');
  RETURN QUERY SELECT t.* FROM liskeban._dispatch_team(ticket) AS t ORDER BY t.nth;
END
$$;
COMMENT ON FUNCTION liskeban.dispatch_team(bigint) IS '出动人员 who goes, in the order in which they are called: who is on duty for the holder (else for the finest area above it, or the department''s telephone), then the grid workers of the cell up to its village with the police beside them, who go before them where public safety is concerned. P0002 no such ticket, 22004 NULL, 42501 not within the actor''s reach';
REVOKE ALL ON FUNCTION liskeban.dispatch_team(bigint) FROM PUBLIC;

CREATE VIEW liskeban.my_list WITH (security_invoker) AS
SELECT w.ticket_id, t.ticket_no, w.state, w.tier, w.priority, k.lamp::liskeban.lamp AS lamp, k.next_due, u.urge_count, t.category, c.name AS category_name,
       t.title, t.address, w.area, w.responsible_area, w.department, w.co_departments, w.received_at, w.resolve_due, w.due,
       t.confidential
  FROM liskeban.worklist AS w
  JOIN liskeban.ticket AS t ON t.ticket_id = w.ticket_id
  LEFT JOIN liskeban.category AS c ON c.code = t.category
 CROSS JOIN LATERAL liskeban.ticket_lamp(t) AS k
 CROSS JOIN LATERAL (SELECT count(*)::integer AS urge_count FROM liskeban.ticket_event AS e
                      WHERE e.ticket_id = w.ticket_id AND e.action = 'urge') AS u
 WHERE liskeban.may_work_on(w.state, w.area, w.responsible_area, w.department, w.co_departments)
 ORDER BY w.priority, k.next_due NULLS LAST, w.ticket_id;
COMMENT ON VIEW liskeban.my_list IS '我的待办 the open tickets that the actor may work on: a dispatcher''s in every state, a handler''s (of the area, of the department that leads or co-handles) from dispatch until they are resolved; most urgent first';
COMMENT ON COLUMN liskeban.my_list.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.my_list.ticket_no IS '工单号 number told to the citizen';
COMMENT ON COLUMN liskeban.my_list.state IS '状态 where it stands';
COMMENT ON COLUMN liskeban.my_list.tier IS '层级 rung it is on; NULL until dispatched';
COMMENT ON COLUMN liskeban.my_list.priority IS '优先级 1 highest to 4';
COMMENT ON COLUMN liskeban.my_list.lamp IS '亮灯 the worst lamp of its running clocks now';
COMMENT ON COLUMN liskeban.my_list.next_due IS '最近时限 the earliest due of its running clocks; NULL while none runs';
COMMENT ON COLUMN liskeban.my_list.urge_count IS '催单次数 how often the citizen asked again, by a source or at the desk';
COMMENT ON COLUMN liskeban.my_list.category IS '事项代码 category';
COMMENT ON COLUMN liskeban.my_list.category_name IS '事项 name of the category';
COMMENT ON COLUMN liskeban.my_list.title IS '标题 personal data may stand in it';
COMMENT ON COLUMN liskeban.my_list.address IS '地址 personal data may stand in it';
COMMENT ON COLUMN liskeban.my_list.area IS '所在区域 finest area that covers it; NULL in the pool';
COMMENT ON COLUMN liskeban.my_list.responsible_area IS '承办区域 the area that must act';
COMMENT ON COLUMN liskeban.my_list.department IS '承办部门 department that leads';
COMMENT ON COLUMN liskeban.my_list.co_departments IS '协办部门 departments that co-handle';
COMMENT ON COLUMN liskeban.my_list.received_at IS '接收时间 when the platform received it';
COMMENT ON COLUMN liskeban.my_list.resolve_due IS '办结时限 when it must be resolved';
COMMENT ON COLUMN liskeban.my_list.due IS '办理时限 resolve_due, of a hard ticket without a plan plan_due; NULL while suspended or resolved';
COMMENT ON COLUMN liskeban.my_list.confidential IS '保密 kept from the unit concerned';
