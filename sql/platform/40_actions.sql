-- Named functions over UPDATE liskeban.ticket: conveniences, with no rule of their own. Each runs with the caller's
-- rights and returns the seq of the event it made. liskeban.begin_move() locks the ticket and sees that the named
-- action can be taken from where it stands: 22004 for a NULL id, P0002 for a ticket that is not there or not visible,
-- LK001 for another state.

CREATE FUNCTION liskeban.accept(ticket_id bigint, note text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'accept');
  UPDATE liskeban.ticket AS t SET state = 'accepted', note = accept.note
   WHERE t.ticket_id = accept.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.accept(bigint, text) IS '受理 take a reported ticket on; a rejected one with a note. Where a rule of liskeban.dispatch_rule matches, the platform dispatches it at once: another event, after the one whose seq is returned';

CREATE FUNCTION liskeban.answer(ticket_id bigint, reply text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'answer');
  UPDATE liskeban.ticket AS t SET state = 'resolved', reply = answer.reply
   WHERE t.ticket_id = answer.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.answer(bigint, text) IS '直接答复 resolve an enquiry at the desk with a reply';

CREATE FUNCTION liskeban.reject(ticket_id bigint, reason text, reply text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'reject');
  UPDATE liskeban.ticket AS t SET state = 'rejected', reject_reason = reject.reason, reply = reject.reply
   WHERE t.ticket_id = reject.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.reject(bigint, text, text) IS '不予受理 turn a ticket down for a reason of liskeban.reject_reason, with a reply';

CREATE FUNCTION liskeban.withdraw(ticket_id bigint, note text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'withdraw');
  UPDATE liskeban.ticket AS t SET state = 'withdrawn', note = withdraw.note
   WHERE t.ticket_id = withdraw.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.withdraw(bigint, text) IS '撤回 end a ticket that its reporter, or the desk, takes back';

-- With neither target given none stands in the SET list, and the guard takes the category's.
CREATE FUNCTION liskeban.dispatch(ticket_id bigint, responsible_area liskeban.area_code DEFAULT NULL,
  department text DEFAULT NULL, note text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'dispatch');
  IF dispatch.responsible_area IS NULL AND dispatch.department IS NULL THEN
    UPDATE liskeban.ticket AS t SET state = 'dispatched', note = dispatch.note
     WHERE t.ticket_id = dispatch.ticket_id RETURNING t.last_seq INTO seq;
  ELSE
    UPDATE liskeban.ticket AS t
       SET state = 'dispatched', responsible_area = dispatch.responsible_area, department = dispatch.department,
           note = dispatch.note
     WHERE t.ticket_id = dispatch.ticket_id RETURNING t.last_seq INTO seq;
  END IF;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.dispatch(bigint, liskeban.area_code, text, text) IS '派单 hand an accepted ticket to exactly the area and department given; with neither, to the category''s department, or to the finest of the area it lies in (the town where towns lead) and those above it for which somebody is on duty, in the end the district; where no roster is kept, to that area itself. LK002 where the target returned it before, until the desk designates after the second return';

CREATE FUNCTION liskeban.redispatch(ticket_id bigint, responsible_area liskeban.area_code DEFAULT NULL,
  department text DEFAULT NULL, note text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_redispatch(ticket_id, responsible_area, department);
  UPDATE liskeban.ticket AS t
     SET state = 'dispatched', responsible_area = redispatch.responsible_area, department = redispatch.department,
         note = redispatch.note
   WHERE t.ticket_id = redispatch.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.redispatch(bigint, liskeban.area_code, text, text) IS '改派 hand a dispatched ticket to another area or department, with a note; LK002 where that returned it before, until the desk designates';

CREATE FUNCTION liskeban."return"(ticket_id bigint, note text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'return');
  UPDATE liskeban.ticket AS t SET state = 'accepted', note = "return".note
   WHERE t.ticket_id = "return".ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban."return"(bigint, text) IS '退单 take a ticket back to the desk on a granted request';

CREATE FUNCTION liskeban.arrive(ticket_id bigint, proof text DEFAULT 'declared', geom geometry DEFAULT NULL,
  at timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'arrive');
  UPDATE liskeban.ticket AS t
     SET state = 'on_site', arrival_proof = arrive.proof, arrived_geom = arrive.geom, on_site_at = arrive.at
   WHERE t.ticket_id = arrive.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.arrive(bigint, text, geometry, timestamptz) IS '到场 someone is there: proof gps (geom within platform.arrival_distance of the ticket), photo or declared; at, now unless given, lies between dispatch and now (LK006)';

CREATE FUNCTION liskeban.plan(ticket_id bigint, plan text, promised_at timestamptz) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'plan');
  UPDATE liskeban.ticket AS t SET state = 'planned', plan = plan.plan, promised_at = plan.promised_at
   WHERE t.ticket_id = plan.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.plan(bigint, text, timestamptz) IS '定方案 plan a hard ticket and promise by when; the promise is its resolve_due';

CREATE FUNCTION liskeban.resolve(ticket_id bigint, resolution text, reply text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'resolve');
  UPDATE liskeban.ticket AS t
     SET state = 'resolved', resolution = resolve.resolution, reply = coalesce(resolve.reply, t.reply)
   WHERE t.ticket_id = resolve.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.resolve(bigint, text, text) IS '办结 say what was done, and what the citizen is told';

CREATE FUNCTION liskeban.suspend(ticket_id bigint, until timestamptz, note text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'suspend');
  UPDATE liskeban.ticket AS t SET state = 'suspended', suspend_until = suspend.until, note = suspend.note
   WHERE t.ticket_id = suspend.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.suspend(bigint, timestamptz, text) IS '挂账 let plan and resolve stand still until then, on a granted request asked before the due';

CREATE FUNCTION liskeban.resume(ticket_id bigint) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'resume');
  UPDATE liskeban.ticket AS t SET state = coalesce(t.suspended_from, 'on_site')
   WHERE t.ticket_id = resume.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.resume(bigint) IS '恢复 go on with a suspended ticket where it stopped';

CREATE FUNCTION liskeban.close(ticket_id bigint, note text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'close');
  UPDATE liskeban.ticket AS t SET state = 'closed', note = close.note
   WHERE t.ticket_id = close.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.close(bigint, text) IS '关闭 close a resolved ticket once the citizen has answered, or another has checked it';

CREATE FUNCTION liskeban.rework(ticket_id bigint, note text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'rework');
  UPDATE liskeban.ticket AS t SET state = 'dispatched', note = rework.note
   WHERE t.ticket_id = rework.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.rework(bigint, text) IS '返工 send a resolved ticket back to its holder';

CREATE FUNCTION liskeban.reopen(ticket_id bigint, note text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'reopen');
  UPDATE liskeban.ticket AS t SET state = 'dispatched', note = reopen.note
   WHERE t.ticket_id = reopen.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.reopen(bigint, text) IS '重办 begin a closed ticket''s next run, on a granted request within platform.reopen_within';

CREATE FUNCTION liskeban.merge(ticket_id bigint, lead_id bigint) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_merge(ticket_id, lead_id);
  UPDATE liskeban.ticket AS t SET state = 'merged', merged_into = merge.lead_id
   WHERE t.ticket_id = merge.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.merge(bigint, bigint) IS '并案 make a duplicate silent behind another open ticket, its lead, itself not merged; what was merged into it goes along. Locks the lower number first; 55P03 where another session is merging the same two';

CREATE FUNCTION liskeban.unmerge(ticket_id bigint, note text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE seq integer;
BEGIN
  PERFORM liskeban.begin_move(ticket_id, 'unmerge');
  UPDATE liskeban.ticket AS t SET state = 'accepted', note = unmerge.note
   WHERE t.ticket_id = unmerge.ticket_id RETURNING t.last_seq INTO seq;
  RETURN seq;
END
$$;
COMMENT ON FUNCTION liskeban.unmerge(bigint, text) IS '撤销并案 let a merged ticket go on by itself with what was left of its clocks';
