-- The roll-up: what of history is final, added up by day. A ticket counts, with all that ever happened to it, in the cell
-- in which its history leaves it, as it does in liskeban.kpi(); what a new event changes is the fold of the ticket's
-- events with it less the fold without it. So placed anew, or given another category, a ticket moves as a whole, and
-- every cell of stat_daily adds up by itself: opened less ended, over all days, is what is open.

CREATE TABLE liskeban.stat_daily (
  day           date NOT NULL,
  area          liskeban.area_code,
  category      text NOT NULL,
  source        text NOT NULL,
  kind          liskeban.ticket_kind NOT NULL,
  received      integer NOT NULL DEFAULT 0,
  accepted      integer NOT NULL DEFAULT 0,
  dispatched    integer NOT NULL DEFAULT 0,
  redispatched  integer NOT NULL DEFAULT 0,
  returned      integer NOT NULL DEFAULT 0,
  suspended     integer NOT NULL DEFAULT 0,
  resolved      integer NOT NULL DEFAULT 0,
  resolved_late integer NOT NULL DEFAULT 0,
  reworked      integer NOT NULL DEFAULT 0,
  closed        integer NOT NULL DEFAULT 0,
  reopened      integer NOT NULL DEFAULT 0,
  rejected      integer NOT NULL DEFAULT 0,
  withdrawn     integer NOT NULL DEFAULT 0,
  merged        integer NOT NULL DEFAULT 0,
  unmerged      integer NOT NULL DEFAULT 0,
  opened        integer NOT NULL DEFAULT 0,
  ended         integer NOT NULL DEFAULT 0,
  CONSTRAINT stat_daily_key UNIQUE NULLS NOT DISTINCT (day, kind, source, category, area)
) WITH (fillfactor = 85);
CREATE INDEX stat_daily_area_day_idx ON liskeban.stat_daily (area, day);
COMMENT ON TABLE liskeban.stat_daily IS '每日统计 what happened on a day, by the area, category, source and kind of the tickets it happened to; children are not counted; no row without a count; every count may be summed up (kept by roll_up)';
COMMENT ON COLUMN liskeban.stat_daily.day IS '日期 day of the platform''s zone on which it happened';
COMMENT ON COLUMN liskeban.stat_daily.area IS '所在区域 area of the tickets, as history up to the last roll-up leaves them; NULL in the pool';
COMMENT ON COLUMN liskeban.stat_daily.category IS '事项 category of the tickets, likewise';
COMMENT ON COLUMN liskeban.stat_daily.source IS '来源系统 source of the tickets';
COMMENT ON COLUMN liskeban.stat_daily.kind IS '类型 kind of the tickets';
COMMENT ON COLUMN liskeban.stat_daily.received IS '受理 tickets received';
COMMENT ON COLUMN liskeban.stat_daily.accepted IS '接单 taken on by the desk, also after a rejection';
COMMENT ON COLUMN liskeban.stat_daily.dispatched IS '派单 dispatched from the desk';
COMMENT ON COLUMN liskeban.stat_daily.redispatched IS '改派 given to another holder';
COMMENT ON COLUMN liskeban.stat_daily.returned IS '退单 given back to the desk';
COMMENT ON COLUMN liskeban.stat_daily.suspended IS '挂账 suspended';
COMMENT ON COLUMN liskeban.stat_daily.resolved IS '办结 resolved or answered directly, each time';
COMMENT ON COLUMN liskeban.stat_daily.resolved_late IS '超期办结 of these after the due then in force (hard without a plan: plan_due)';
COMMENT ON COLUMN liskeban.stat_daily.reworked IS '返工 sent back from resolved';
COMMENT ON COLUMN liskeban.stat_daily.closed IS '关闭 closed, each time';
COMMENT ON COLUMN liskeban.stat_daily.reopened IS '重办 reopened';
COMMENT ON COLUMN liskeban.stat_daily.rejected IS '不予受理 rejected';
COMMENT ON COLUMN liskeban.stat_daily.withdrawn IS '撤回 withdrawn';
COMMENT ON COLUMN liskeban.stat_daily.merged IS '并案 merged into another';
COMMENT ON COLUMN liskeban.stat_daily.unmerged IS '撤销并案 unmerged';
COMMENT ON COLUMN liskeban.stat_daily.opened IS '转入 came to be open: received, reopened, unmerged, taken on after all; summed over all days, less ended, it is what is open';
COMMENT ON COLUMN liskeban.stat_daily.ended IS '转出 ceased to be open: closed, rejected, withdrawn, merged';

CREATE TABLE liskeban.flow_daily (
  day                 date NOT NULL,
  town                liskeban.area_code,
  kind                liskeban.ticket_kind NOT NULL,
  received            integer NOT NULL DEFAULT 0,
  resolved            integer NOT NULL DEFAULT 0,
  closed              integer NOT NULL DEFAULT 0,
  overdue_change      integer NOT NULL DEFAULT 0,
  open_1_change       integer NOT NULL DEFAULT 0,
  open_3_change       integer NOT NULL DEFAULT 0,
  open_7_change       integer NOT NULL DEFAULT 0,
  open_30_change      integer NOT NULL DEFAULT 0,
  open_over_30_change integer NOT NULL DEFAULT 0,
  CONSTRAINT flow_daily_key UNIQUE NULLS NOT DISTINCT (day, kind, town)
) WITH (fillfactor = 85);
COMMENT ON TABLE liskeban.flow_daily IS '每日流量 what came in and went out on a day, and by how much what is open at its end changes from the day before: summed up from the first day to a day, the changes are that day''s closing backlog. Days ahead say what will be if nothing happens (kept by roll_up)';
COMMENT ON COLUMN liskeban.flow_daily.day IS '日期 day of the platform''s zone';
COMMENT ON COLUMN liskeban.flow_daily.town IS '镇街 town of the tickets'' area, as history up to the last roll-up leaves them; NULL where it is none of a town';
COMMENT ON COLUMN liskeban.flow_daily.kind IS '类型 kind of the tickets';
COMMENT ON COLUMN liskeban.flow_daily.received IS '受理 tickets received';
COMMENT ON COLUMN liskeban.flow_daily.resolved IS '办结 resolved or answered directly, each time';
COMMENT ON COLUMN liskeban.flow_daily.closed IS '关闭 closed, each time';
COMMENT ON COLUMN liskeban.flow_daily.overdue_change IS '超期在办变化 change of tickets overdue at the day''s end: neither resolved nor suspended, and the due in force (hard without a plan: plan_due) lies before it';
COMMENT ON COLUMN liskeban.flow_daily.open_1_change IS '1 日内在办变化 change of tickets open at the day''s end, received on that day';
COMMENT ON COLUMN liskeban.flow_daily.open_3_change IS '2 至 3 日在办变化 change of tickets open on its 2nd or 3rd day, that of receipt being the 1st';
COMMENT ON COLUMN liskeban.flow_daily.open_7_change IS '4 至 7 日在办变化 change of tickets open on its 4th to 7th day';
COMMENT ON COLUMN liskeban.flow_daily.open_30_change IS '8 至 30 日在办变化 change of tickets open on its 8th to 30th day';
COMMENT ON COLUMN liskeban.flow_daily.open_over_30_change IS '30 日以上在办变化 change of tickets open on its 31st day or later';

CREATE TABLE liskeban.flow_monthly (
  month               date NOT NULL,
  town                liskeban.area_code,
  kind                liskeban.ticket_kind NOT NULL,
  received            integer NOT NULL DEFAULT 0,
  resolved            integer NOT NULL DEFAULT 0,
  closed              integer NOT NULL DEFAULT 0,
  overdue_change      integer NOT NULL DEFAULT 0,
  open_1_change       integer NOT NULL DEFAULT 0,
  open_3_change       integer NOT NULL DEFAULT 0,
  open_7_change       integer NOT NULL DEFAULT 0,
  open_30_change      integer NOT NULL DEFAULT 0,
  open_over_30_change integer NOT NULL DEFAULT 0,
  CONSTRAINT flow_monthly_key UNIQUE NULLS NOT DISTINCT (month, kind, town)
) WITH (fillfactor = 85);
COMMENT ON TABLE liskeban.flow_monthly IS '每月流量 flow_daily summed up by month, so that a day''s closing backlog is a few months and a few days away (kept by roll_up)';
COMMENT ON COLUMN liskeban.flow_monthly.month IS '月份 its first day';
COMMENT ON COLUMN liskeban.flow_monthly.town IS '镇街 as in flow_daily';
COMMENT ON COLUMN liskeban.flow_monthly.kind IS '类型 as in flow_daily';
COMMENT ON COLUMN liskeban.flow_monthly.received IS '受理 sum of flow_daily.received';
COMMENT ON COLUMN liskeban.flow_monthly.resolved IS '办结 sum of flow_daily.resolved';
COMMENT ON COLUMN liskeban.flow_monthly.closed IS '关闭 sum of flow_daily.closed';
COMMENT ON COLUMN liskeban.flow_monthly.overdue_change IS '超期在办变化 sum of flow_daily.overdue_change';
COMMENT ON COLUMN liskeban.flow_monthly.open_1_change IS '1 日内在办变化 sum of flow_daily.open_1_change';
COMMENT ON COLUMN liskeban.flow_monthly.open_3_change IS '2 至 3 日在办变化 sum of flow_daily.open_3_change';
COMMENT ON COLUMN liskeban.flow_monthly.open_7_change IS '4 至 7 日在办变化 sum of flow_daily.open_7_change';
COMMENT ON COLUMN liskeban.flow_monthly.open_30_change IS '8 至 30 日在办变化 sum of flow_daily.open_30_change';
COMMENT ON COLUMN liskeban.flow_monthly.open_over_30_change IS '30 日以上在办变化 sum of flow_daily.open_over_30_change';

CREATE TABLE liskeban.analysed_day (
  day           date PRIMARY KEY,
  analysed_at   timestamptz NOT NULL,
  last_event_id bigint NOT NULL,
  settled       boolean NOT NULL
);
COMMENT ON TABLE liskeban.analysed_day IS '已分析日 the days that analyse_day() has been asked for';
COMMENT ON COLUMN liskeban.analysed_day.day IS '日期 key';
COMMENT ON COLUMN liskeban.analysed_day.analysed_at IS '分析时间 when last';
COMMENT ON COLUMN liskeban.analysed_day.last_event_id IS '末事件编号 up to where history was rolled up then';
COMMENT ON COLUMN liskeban.analysed_day.settled IS '已定 whether all that was recorded on that day was final then';

-- The numbers of the plan come from the two ids, so it is made for them each time: a few events must not read all history.
CREATE FUNCTION liskeban._day_changes(after_event_id bigint, up_to_event_id bigint, tickets int8range DEFAULT NULL) RETURNS SETOF liskeban._day_change
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE
  zone text := (SELECT p.time_zone FROM liskeban.platform AS p);
  last constant bigint := coalesce(up_to_event_id, 9223372036854775807);
BEGIN
  RETURN QUERY
  WITH touched AS MATERIALIZED (
    SELECT DISTINCT e.ticket_id FROM liskeban.ticket_event AS e
     WHERE e.event_id > after_event_id AND e.event_id <= last
       AND (tickets IS NULL OR e.ticket_id >= lower(tickets) AND e.ticket_id < upper(tickets))
  ), fold AS (
    SELECT liskeban._ticket_days(e.seq, e.run, e.at, e.from_state, e.to_state, e.action, e.actor, e.detail, zone)
             FILTER (WHERE e.event_id <= after_event_id) AS without,
           liskeban._ticket_days(e.seq, e.run, e.at, e.from_state, e.to_state, e.action, e.actor, e.detail, zone) AS with_them
      FROM touched AS t JOIN liskeban.ticket_event AS e ON e.ticket_id = t.ticket_id
     WHERE e.event_id <= last
     GROUP BY e.ticket_id
  ), change AS (
    SELECT d.day, (c.days).area::liskeban.area_code AS area, (c.days).category, (c.days).source,
           (c.days).kind::liskeban.ticket_kind AS kind,
           sum(c.sign * d.received)::integer AS received, sum(c.sign * d.accepted)::integer AS accepted,
           sum(c.sign * d.dispatched)::integer AS dispatched,
           sum(c.sign * d.redispatched)::integer AS redispatched, sum(c.sign * d.returned)::integer AS returned,
           sum(c.sign * d.suspended)::integer AS suspended, sum(c.sign * d.resolved)::integer AS resolved,
           sum(c.sign * d.resolved_late)::integer AS resolved_late, sum(c.sign * d.reworked)::integer AS reworked,
           sum(c.sign * d.closed)::integer AS closed, sum(c.sign * d.reopened)::integer AS reopened,
           sum(c.sign * d.rejected)::integer AS rejected, sum(c.sign * d.withdrawn)::integer AS withdrawn,
           sum(c.sign * d.merged)::integer AS merged, sum(c.sign * d.unmerged)::integer AS unmerged,
           sum(c.sign * d.opened)::integer AS opened, sum(c.sign * d.ended)::integer AS ended,
           sum(c.sign * d.overdue)::integer AS overdue, sum(c.sign * d.open_1)::integer AS open_1,
           sum(c.sign * d.open_3)::integer AS open_3, sum(c.sign * d.open_7)::integer AS open_7,
           sum(c.sign * d.open_30)::integer AS open_30, sum(c.sign * d.open_over_30)::integer AS open_over_30
      FROM fold AS f
     CROSS JOIN LATERAL (VALUES (-1, f.without), (1, f.with_them)) AS c(sign, days)
     CROSS JOIN LATERAL unnest((c.days).days) AS d
     GROUP BY d.day, (c.days).area, (c.days).category, (c.days).source, (c.days).kind
  )
  SELECT c.*
    FROM change AS c
   WHERE (c.received, c.accepted, c.dispatched, c.redispatched, c.returned, c.suspended, c.resolved,
          c.resolved_late, c.reworked, c.closed, c.reopened, c.rejected, c.withdrawn, c.merged, c.unmerged,
          c.opened, c.ended, c.overdue, c.open_1, c.open_3, c.open_7, c.open_30, c.open_over_30)
         <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
END
$$;
COMMENT ON FUNCTION liskeban._day_changes(bigint, bigint, int8range) IS 'what the events after one id and up to another (NULL: all there are), of some tickets (NULL: all), change in the figures of days that the events up to the first add up to';
REVOKE ALL ON FUNCTION liskeban._day_changes(bigint, bigint, int8range) FROM PUBLIC;

-- What has been archived is kept as it added up then.
CREATE FUNCTION liskeban._all_day_changes(up_to_event_id bigint) RETURNS SETOF liskeban._day_change
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.day, c.area, c.category, c.source, c.kind,
         sum(c.received)::integer, sum(c.accepted)::integer, sum(c.dispatched)::integer, sum(c.redispatched)::integer,
         sum(c.returned)::integer, sum(c.suspended)::integer, sum(c.resolved)::integer, sum(c.resolved_late)::integer,
         sum(c.reworked)::integer, sum(c.closed)::integer, sum(c.reopened)::integer, sum(c.rejected)::integer,
         sum(c.withdrawn)::integer, sum(c.merged)::integer, sum(c.unmerged)::integer, sum(c.opened)::integer,
         sum(c.ended)::integer, sum(c.overdue)::integer, sum(c.open_1)::integer, sum(c.open_3)::integer,
         sum(c.open_7)::integer, sum(c.open_30)::integer, sum(c.open_over_30)::integer
    FROM (SELECT d.* FROM liskeban._day_changes(0, up_to_event_id) AS d
          UNION ALL
          SELECT a.day, a.area, a.category, a.source, a.kind, a.received, a.accepted, a.dispatched, a.redispatched, a.returned,
                 a.suspended, a.resolved, a.resolved_late, a.reworked, a.closed, a.reopened, a.rejected,
                 a.withdrawn, a.merged, a.unmerged, a.opened, a.ended, a.overdue, a.open_1, a.open_3,
                 a.open_7, a.open_30, a.open_over_30
            FROM liskeban.archived_day AS a) AS c
   GROUP BY c.day, c.area, c.category, c.source, c.kind
$$;
COMMENT ON FUNCTION liskeban._all_day_changes(bigint) IS 'what the events up to that id (NULL: all there are), archived or not, add up to in the figures of days';
REVOKE ALL ON FUNCTION liskeban._all_day_changes(bigint) FROM PUBLIC;

-- Without a path of its own, and all its names qualified, it is inlined into the statements that group by it.
CREATE FUNCTION liskeban._town(area liskeban.area_code) RETURNS liskeban.area_code
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN liskeban.area_level(area) OPERATOR(pg_catalog.>=) 'town'::liskeban.area_level THEN liskeban.area_parent(area, 'town'::liskeban.area_level) END
$$;
COMMENT ON FUNCTION liskeban._town(liskeban.area_code) IS 'the town of an area; NULL where it is none of a town';
REVOKE ALL ON FUNCTION liskeban._town(liskeban.area_code) FROM PUBLIC;

CREATE FUNCTION liskeban._stat_daily_recomputed(up_to_event_id bigint) RETURNS SETOF liskeban.stat_daily
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.day, c.area, c.category, c.source, c.kind,
         c.received, c.accepted, c.dispatched, c.redispatched, c.returned, c.suspended, c.resolved,
         c.resolved_late, c.reworked, c.closed, c.reopened, c.rejected, c.withdrawn, c.merged, c.unmerged,
         c.opened, c.ended
    FROM liskeban._all_day_changes(up_to_event_id) AS c
   WHERE (c.received, c.accepted, c.dispatched, c.redispatched, c.returned, c.suspended, c.resolved,
          c.resolved_late, c.reworked, c.closed, c.reopened, c.rejected, c.withdrawn, c.merged, c.unmerged,
          c.opened, c.ended)
         <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
$$;
COMMENT ON FUNCTION liskeban._stat_daily_recomputed(bigint) IS 'stat_daily from the events up to that id (NULL: all there are), all at once';
REVOKE ALL ON FUNCTION liskeban._stat_daily_recomputed(bigint) FROM PUBLIC;

CREATE FUNCTION liskeban._flow_daily_recomputed(up_to_event_id bigint) RETURNS SETOF liskeban.flow_daily
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT f.*
    FROM (SELECT c.day, liskeban._town(c.area), c.kind,
                 sum(c.received)::integer, sum(c.resolved)::integer, sum(c.closed)::integer,
                 sum(c.overdue)::integer, sum(c.open_1)::integer, sum(c.open_3)::integer, sum(c.open_7)::integer,
                 sum(c.open_30)::integer, sum(c.open_over_30)::integer
            FROM liskeban._all_day_changes(up_to_event_id) AS c
           GROUP BY c.day, liskeban._town(c.area), c.kind) AS f(day, town, kind, n1, n2, n3, n4, n5, n6, n7, n8, n9)
   WHERE (f.n1, f.n2, f.n3, f.n4, f.n5, f.n6, f.n7, f.n8, f.n9) <> (0, 0, 0, 0, 0, 0, 0, 0, 0)
$$;
COMMENT ON FUNCTION liskeban._flow_daily_recomputed(bigint) IS 'flow_daily from the events up to that id (NULL: all there are), all at once';
REVOKE ALL ON FUNCTION liskeban._flow_daily_recomputed(bigint) FROM PUBLIC;

CREATE FUNCTION liskeban._add_day_changes(changes liskeban._day_change[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  empty tid[];
BEGIN
  -- A row whose every number has come to 0 goes, by where it lies: nothing is searched for, however many changes there are.
  WITH added AS (
    INSERT INTO liskeban.stat_daily AS s (day, area, category, source, kind,
        received, accepted, dispatched, redispatched, returned, suspended, resolved, resolved_late, reworked, closed,
        reopened, rejected, withdrawn, merged, unmerged, opened, ended)
    SELECT c.day, c.area, c.category, c.source, c.kind,
           c.received, c.accepted, c.dispatched, c.redispatched, c.returned, c.suspended, c.resolved,
           c.resolved_late, c.reworked, c.closed, c.reopened, c.rejected, c.withdrawn, c.merged, c.unmerged,
           c.opened, c.ended
      FROM unnest(changes) AS c
     WHERE (c.received, c.accepted, c.dispatched, c.redispatched, c.returned, c.suspended, c.resolved,
            c.resolved_late, c.reworked, c.closed, c.reopened, c.rejected, c.withdrawn, c.merged, c.unmerged,
            c.opened, c.ended)
           <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
     ORDER BY c.day, c.kind, c.source, c.category, c.area
    ON CONFLICT ON CONSTRAINT stat_daily_key DO UPDATE SET
      received = s.received + excluded.received, accepted = s.accepted + excluded.accepted,
      dispatched = s.dispatched + excluded.dispatched, redispatched = s.redispatched + excluded.redispatched,
      returned = s.returned + excluded.returned, suspended = s.suspended + excluded.suspended,
      resolved = s.resolved + excluded.resolved, resolved_late = s.resolved_late + excluded.resolved_late,
      reworked = s.reworked + excluded.reworked, closed = s.closed + excluded.closed,
      reopened = s.reopened + excluded.reopened, rejected = s.rejected + excluded.rejected,
      withdrawn = s.withdrawn + excluded.withdrawn, merged = s.merged + excluded.merged,
      unmerged = s.unmerged + excluded.unmerged, opened = s.opened + excluded.opened,
      ended = s.ended + excluded.ended
    RETURNING s.ctid, (s.received, s.accepted, s.dispatched, s.redispatched, s.returned, s.suspended, s.resolved, s.resolved_late,
                       s.reworked, s.closed, s.reopened, s.rejected, s.withdrawn, s.merged, s.unmerged, s.opened, s.ended)
                      = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) AS is_empty
  )
  SELECT array_agg(a.ctid) INTO empty FROM added AS a WHERE a.is_empty;
  DELETE FROM liskeban.stat_daily AS s WHERE s.ctid = ANY (empty);

  WITH added AS (
    INSERT INTO liskeban.flow_daily AS f (day, town, kind, received, resolved, closed,
        overdue_change, open_1_change, open_3_change, open_7_change, open_30_change, open_over_30_change)
    SELECT c.day, liskeban._town(c.area), c.kind,
           sum(c.received), sum(c.resolved), sum(c.closed), sum(c.overdue), sum(c.open_1), sum(c.open_3),
           sum(c.open_7), sum(c.open_30), sum(c.open_over_30)
      FROM unnest(changes) AS c
     GROUP BY c.day, liskeban._town(c.area), c.kind
    ON CONFLICT ON CONSTRAINT flow_daily_key DO UPDATE SET
      received = f.received + excluded.received, resolved = f.resolved + excluded.resolved,
      closed = f.closed + excluded.closed, overdue_change = f.overdue_change + excluded.overdue_change,
      open_1_change = f.open_1_change + excluded.open_1_change,
      open_3_change = f.open_3_change + excluded.open_3_change,
      open_7_change = f.open_7_change + excluded.open_7_change,
      open_30_change = f.open_30_change + excluded.open_30_change,
      open_over_30_change = f.open_over_30_change + excluded.open_over_30_change
    RETURNING f.ctid, (f.received, f.resolved, f.closed, f.overdue_change, f.open_1_change, f.open_3_change, f.open_7_change,
                       f.open_30_change, f.open_over_30_change)
                      = (0, 0, 0, 0, 0, 0, 0, 0, 0) AS is_empty
  )
  SELECT array_agg(a.ctid) INTO empty FROM added AS a WHERE a.is_empty;
  DELETE FROM liskeban.flow_daily AS f WHERE f.ctid = ANY (empty);

  WITH added AS (
    INSERT INTO liskeban.flow_monthly AS f (month, town, kind, received, resolved, closed,
        overdue_change, open_1_change, open_3_change, open_7_change, open_30_change, open_over_30_change)
    SELECT date_trunc('month', c.day::timestamp)::date, liskeban._town(c.area), c.kind,
           sum(c.received), sum(c.resolved), sum(c.closed), sum(c.overdue), sum(c.open_1), sum(c.open_3),
           sum(c.open_7), sum(c.open_30), sum(c.open_over_30)
      FROM unnest(changes) AS c
     GROUP BY 1, 2, 3
    ON CONFLICT ON CONSTRAINT flow_monthly_key DO UPDATE SET
      received = f.received + excluded.received, resolved = f.resolved + excluded.resolved,
      closed = f.closed + excluded.closed, overdue_change = f.overdue_change + excluded.overdue_change,
      open_1_change = f.open_1_change + excluded.open_1_change,
      open_3_change = f.open_3_change + excluded.open_3_change,
      open_7_change = f.open_7_change + excluded.open_7_change,
      open_30_change = f.open_30_change + excluded.open_30_change,
      open_over_30_change = f.open_over_30_change + excluded.open_over_30_change
    RETURNING f.ctid, (f.received, f.resolved, f.closed, f.overdue_change, f.open_1_change, f.open_3_change, f.open_7_change,
                       f.open_30_change, f.open_over_30_change)
                      = (0, 0, 0, 0, 0, 0, 0, 0, 0) AS is_empty
  )
  SELECT array_agg(a.ctid) INTO empty FROM added AS a WHERE a.is_empty;
  DELETE FROM liskeban.flow_monthly AS f WHERE f.ctid = ANY (empty);
END
$$;
COMMENT ON FUNCTION liskeban._add_day_changes(liskeban._day_change[]) IS 'adds changes to stat_daily, flow_daily and flow_monthly; a row whose every number comes to 0 goes';
REVOKE ALL ON FUNCTION liskeban._add_day_changes(liskeban._day_change[]) FROM PUBLIC;

-- Facts and their sums. A ticket that events touch is folded anew; what it added to the sums is taken out, what it adds now
-- is put in, and the same of its whistles.
CREATE FUNCTION liskeban._add_figures(changes liskeban.figure_daily[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  empty tid[];
BEGIN
  WITH added AS (
    INSERT INTO liskeban.figure_daily AS s SELECT c.* FROM unnest(changes) AS c ORDER BY c.by, c.kind, c.day, c.key
    ON CONFLICT (by, kind, day, key) DO UPDATE SET
      received = s.received + excluded.received, reported = s.reported + excluded.reported,
      self_handled = s.self_handled + excluded.self_handled, due = s.due + excluded.due,
      complete = s.complete + excluded.complete, on_time = s.on_time + excluded.on_time,
      on_time_original = s.on_time_original + excluded.on_time_original,
      response_due = s.response_due + excluded.response_due, response = s.response + excluded.response,
      response_proven = s.response_proven + excluded.response_proven, asked = s.asked + excluded.asked,
      answered = s.answered + excluded.answered, unreachable = s.unreachable + excluded.unreachable,
      satisfied = s.satisfied + excluded.satisfied, solved = s.solved + excluded.solved,
      resolved = s.resolved + excluded.resolved, reworked = s.reworked + excluded.reworked,
      first_time = s.first_time + excluded.first_time, plan_due = s.plan_due + excluded.plan_due,
      plan = s.plan + excluded.plan, promise_due = s.promise_due + excluded.promise_due,
      promise = s.promise + excluded.promise, whistles = s.whistles + excluded.whistles,
      whistles_solved = s.whistles_solved + excluded.whistles_solved, breaches = s.breaches + excluded.breaches,
      co = s.co + excluded.co
    RETURNING s.ctid, (s.received, s.reported, s.self_handled, s.due, s.complete, s.on_time, s.on_time_original, s.response_due,
                       s.response, s.response_proven, s.asked, s.answered, s.unreachable, s.satisfied, s.solved, s.resolved,
                       s.reworked, s.first_time, s.plan_due, s.plan, s.promise_due, s.promise, s.whistles, s.whistles_solved,
                       s.breaches, s.co)
                      = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) AS is_empty
  )
  SELECT array_agg(a.ctid) INTO empty FROM added AS a WHERE a.is_empty;
  DELETE FROM liskeban.figure_daily AS s WHERE s.ctid = ANY (empty);
END
$$;
COMMENT ON FUNCTION liskeban._add_figures(liskeban.figure_daily[]) IS 'adds changes, one a cell, to figure_daily; a row whose every number comes to 0 goes';
REVOKE ALL ON FUNCTION liskeban._add_figures(liskeban.figure_daily[]) FROM PUBLIC;

CREATE FUNCTION liskeban._figure_changes(gone liskeban.ticket_fact[], come liskeban.ticket_fact[],
  whistles_gone liskeban.whistle_fact[], whistles_come liskeban.whistle_fact[]) RETURNS SETOF liskeban.figure_daily
LANGUAGE sql STABLE ROWS 1000 SET search_path = pg_catalog, pg_temp AS $$
  SELECT g.day, g.by, g.kind, g.key,
         sum(g.sign * g.received)::integer, sum(g.sign * g.reported)::integer, sum(g.sign * g.self_handled)::integer,
         sum(g.sign * g.due)::integer, sum(g.sign * g.complete)::integer, sum(g.sign * g.on_time)::integer,
         sum(g.sign * g.on_time_original)::integer, sum(g.sign * g.response_due)::integer,
         sum(g.sign * g.response)::integer, sum(g.sign * g.response_proven)::integer, sum(g.sign * g.asked)::integer,
         sum(g.sign * g.answered)::integer, sum(g.sign * g.unreachable)::integer, sum(g.sign * g.satisfied)::integer,
         sum(g.sign * g.solved)::integer, sum(g.sign * g.resolved)::integer, sum(g.sign * g.reworked)::integer,
         sum(g.sign * g.first_time)::integer, sum(g.sign * g.plan_due)::integer, sum(g.sign * g.plan)::integer,
         sum(g.sign * g.promise_due)::integer, sum(g.sign * g.promise)::integer, sum(g.sign * g.whistles)::integer,
         sum(g.sign * g.whistles_solved)::integer, sum(g.sign * g.breaches)::integer, sum(g.sign * g.co)::integer
    FROM (SELECT -1 AS sign, g.* FROM unnest(gone) AS f CROSS JOIN LATERAL liskeban._fact_figures(f, NULL) AS g WHERE f.summed
          UNION ALL
          SELECT 1, g.* FROM unnest(come) AS f CROSS JOIN LATERAL liskeban._fact_figures(f, NULL) AS g WHERE f.summed
          UNION ALL
          SELECT -1, g.* FROM unnest(whistles_gone) AS w CROSS JOIN LATERAL liskeban._whistle_figures(w, NULL) AS g WHERE w.summed
          UNION ALL
          SELECT 1, g.* FROM unnest(whistles_come) AS w CROSS JOIN LATERAL liskeban._whistle_figures(w, NULL) AS g WHERE w.summed) AS g
   GROUP BY g.day, g.by, g.kind, g.key
  HAVING (sum(g.sign * g.received), sum(g.sign * g.reported), sum(g.sign * g.self_handled), sum(g.sign * g.due),
          sum(g.sign * g.complete), sum(g.sign * g.on_time), sum(g.sign * g.on_time_original),
          sum(g.sign * g.response_due), sum(g.sign * g.response), sum(g.sign * g.response_proven),
          sum(g.sign * g.asked), sum(g.sign * g.answered), sum(g.sign * g.unreachable), sum(g.sign * g.satisfied),
          sum(g.sign * g.solved), sum(g.sign * g.resolved), sum(g.sign * g.reworked), sum(g.sign * g.first_time),
          sum(g.sign * g.plan_due), sum(g.sign * g.plan), sum(g.sign * g.promise_due), sum(g.sign * g.promise),
          sum(g.sign * g.whistles), sum(g.sign * g.whistles_solved), sum(g.sign * g.breaches), sum(g.sign * g.co))
         <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
$$;
COMMENT ON FUNCTION liskeban._figure_changes(liskeban.ticket_fact[], liskeban.ticket_fact[], liskeban.whistle_fact[], liskeban.whistle_fact[]) IS 'what the sums lose with the first of each and win with the second, one row a cell; rows that are not to be summed count as none';
REVOKE ALL ON FUNCTION liskeban._figure_changes(liskeban.ticket_fact[], liskeban.ticket_fact[], liskeban.whistle_fact[], liskeban.whistle_fact[]) FROM PUBLIC;

CREATE FUNCTION liskeban._roll_up_facts(after_event_id bigint, up_to_event_id bigint, until timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE
  ids           constant bigint[] := liskeban._touched_tickets(after_event_id, up_to_event_id);
  gone          constant liskeban.ticket_fact[] := ARRAY(SELECT f FROM liskeban.ticket_fact AS f WHERE f.ticket_id = ANY (ids));
  come          constant liskeban.ticket_fact[] := ARRAY(SELECT f FROM liskeban._fold_facts(ids, 'infinity', up_to_event_id, until) AS f);
  whistles_gone constant liskeban.whistle_fact[] := ARRAY(SELECT w FROM liskeban.whistle_fact AS w WHERE w.ticket_id = ANY (ids));
  whistles_come constant liskeban.whistle_fact[] := ARRAY(SELECT w FROM liskeban._fold_whistles(ids, 'infinity', up_to_event_id, until) AS w);
BEGIN
  PERFORM liskeban._add_figures(ARRAY(SELECT c FROM liskeban._figure_changes(gone, come, whistles_gone, whistles_come) AS c));
  -- What is there is updated, for most of it keeps its place and its indexes.
  INSERT INTO liskeban.ticket_fact AS f SELECT n.* FROM unnest(come) AS n
  ON CONFLICT (ticket_id) DO UPDATE
     SET (since, area, responsible_area, merged_into, state, run, difficulty, tier, satisfaction, asked, answered,
          unreachable, satisfied, said_solved, summed, has_reporter, solved, reported, self_handled, due, complete,
          on_time, on_time_original, response_due, response, response_proven, resolved, reworked, first_time, plan_due,
          plan_in_time, promise_due, promise, category, domain, department, co_departments, breach_holders)
       = (excluded.since, excluded.area, excluded.responsible_area, excluded.merged_into, excluded.state, excluded.run,
          excluded.difficulty, excluded.tier, excluded.satisfaction, excluded.asked, excluded.answered,
          excluded.unreachable, excluded.satisfied, excluded.said_solved, excluded.summed, excluded.has_reporter,
          excluded.solved, excluded.reported, excluded.self_handled, excluded.due, excluded.complete, excluded.on_time,
          excluded.on_time_original, excluded.response_due, excluded.response, excluded.response_proven,
          excluded.resolved, excluded.reworked, excluded.first_time, excluded.plan_due, excluded.plan_in_time,
          excluded.promise_due, excluded.promise, excluded.category, excluded.domain, excluded.department,
          excluded.co_departments, excluded.breach_holders);
  IF whistles_gone <> '{}' THEN
    DELETE FROM liskeban.whistle_fact AS w WHERE w.ticket_id = ANY (ids);
  END IF;
  INSERT INTO liskeban.whistle_fact SELECT n.* FROM unnest(whistles_come) AS n;
END
$$;
COMMENT ON FUNCTION liskeban._roll_up_facts(bigint, bigint, timestamptz) IS 'brings the facts of the tickets that the events after one id and up to another touch, and the sums, up to the second; the sums hold what is so since until';
REVOKE ALL ON FUNCTION liskeban._roll_up_facts(bigint, bigint, timestamptz) FROM PUBLIC;

-- Time has passed: what waited for a due, or for an appeal, is in the sums from now on.
CREATE FUNCTION liskeban._sum_facts(until timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  come          liskeban.ticket_fact[];
  whistles_come liskeban.whistle_fact[];
BEGIN
  WITH due AS (
    UPDATE liskeban.ticket_fact AS f SET summed = true WHERE NOT f.summed AND f.since <= until RETURNING f
  )
  SELECT array_agg(d.f) INTO come FROM due AS d;
  WITH due AS (
    UPDATE liskeban.whistle_fact AS w SET summed = true WHERE NOT w.summed AND w.since <= until RETURNING w
  )
  SELECT array_agg(d.w) INTO whistles_come FROM due AS d;
  IF come <> '{}' OR whistles_come <> '{}' THEN
    PERFORM liskeban._add_figures(ARRAY(SELECT c FROM liskeban._figure_changes('{}', come, '{}', whistles_come) AS c));
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._sum_facts(timestamptz) IS 'adds the facts that are so since until to the sums';
REVOKE ALL ON FUNCTION liskeban._sum_facts(timestamptz) FROM PUBLIC;

CREATE FUNCTION liskeban._roll_up_to(final bigint, batch integer DEFAULT 50000) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  zone constant text := (SELECT p.time_zone FROM liskeban.platform AS p);
  now constant timestamptz := liskeban.liskeban_now();
  state liskeban.roll_up_state;
  last bigint;
  events bigint;
  consumed bigint := 0;
BEGIN
  -- An upgraded platform has none yet: its facts begin with the first event.
  INSERT INTO liskeban.roll_up_state (name, last_event_id) VALUES ('ticket_fact', 0) ON CONFLICT DO NOTHING;
  FOR state IN SELECT s.* FROM liskeban.roll_up_state AS s ORDER BY s.name = 'stat_daily' DESC, s.name FOR UPDATE LOOP
    IF state.time_zone IS DISTINCT FROM zone THEN
      IF EXISTS (SELECT FROM liskeban.archived_day) THEN
        RAISE EXCEPTION '%', liskeban.message('days cannot be rolled up anew in time zone "%s": history has been archived', zone)
          USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = liskeban.message('They are kept in time zone "%s".', state.time_zone),
                HINT = liskeban.message('Set platform.time_zone back, or put the archives back with liskeban_archive restore.');
      END IF;
      state.last_event_id := 0;
      state.rolled_at := NULL;
      IF state.name = 'stat_daily' THEN
        DELETE FROM liskeban.stat_daily;
        DELETE FROM liskeban.flow_daily;
        DELETE FROM liskeban.flow_monthly;
      ELSE
        DELETE FROM liskeban.ticket_fact;
        DELETE FROM liskeban.whistle_fact;
        DELETE FROM liskeban.figure_daily;
      END IF;
    END IF;
    IF state.name = 'ticket_fact' THEN
      state.rolled_at := greatest(state.rolled_at, now);
      PERFORM liskeban._sum_facts(state.rolled_at);
    ELSE
      state.rolled_at := now;
    END IF;
    LOOP
      SELECT max(b.event_id), count(*) INTO last, events
        FROM (SELECT e.event_id FROM liskeban.ticket_event AS e
               WHERE e.event_id > state.last_event_id AND e.event_id <= final ORDER BY e.event_id LIMIT batch) AS b;
      EXIT WHEN events = 0;
      IF state.name = 'stat_daily' THEN
        PERFORM liskeban._add_day_changes(ARRAY(SELECT c FROM liskeban._day_changes(state.last_event_id, last) AS c));
        consumed := consumed + events;
      ELSE
        PERFORM liskeban._roll_up_facts(state.last_event_id, last, state.rolled_at);
      END IF;
      state.last_event_id := last;
    END LOOP;
    UPDATE liskeban.roll_up_state AS s
       SET last_event_id = greatest(state.last_event_id, final), time_zone = zone, rolled_at = state.rolled_at
     WHERE s.name = state.name;
  END LOOP;
  RETURN consumed;
END
$$;
COMMENT ON FUNCTION liskeban._roll_up_to(bigint, integer) IS 'adds the history up to an event id, which must be final, a batch of events at a time; returns how many events the daily figures had not had yet';
REVOKE ALL ON FUNCTION liskeban._roll_up_to(bigint, integer) FROM PUBLIC;

CREATE FUNCTION liskeban.roll_up() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN liskeban._roll_up_to(liskeban.note_watermark());
END
$$;
COMMENT ON FUNCTION liskeban.roll_up() IS '汇总 add the history that became final since the last time to stat_daily, flow_daily and flow_monthly, and to ticket_fact, whistle_fact and figure_daily; returns how many events. Any number at once are safe: one goes after the other. What is not yet final, because a transaction is open that may add to it, comes with a later call. After a change of the platform''s zone it begins anew. 25001 outside READ COMMITTED';
REVOKE ALL ON FUNCTION liskeban.roll_up() FROM PUBLIC;

-- What the signals of a day ask for by time, so that their cost is that of their days and not of all history.
CREATE INDEX whistle_ended_at_idx ON liskeban.whistle (ended_at);

CREATE FUNCTION liskeban.analyse_day(day date) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  zone constant text := (SELECT p.time_zone FROM liskeban.platform AS p);
BEGIN
  PERFORM liskeban._check_day(analyse_day.day, (liskeban.liskeban_now() AT TIME ZONE zone)::date);
  PERFORM liskeban.roll_up();
  INSERT INTO liskeban.analysed_day (day, analysed_at, last_event_id, settled)
  SELECT analyse_day.day, liskeban.liskeban_now(), s.last_event_id,
         EXISTS (SELECT FROM liskeban.watermark AS w
                  WHERE w.final_at IS NOT NULL AND w.noted_at >= (analyse_day.day + 1)::timestamp AT TIME ZONE zone)
    FROM liskeban.roll_up_state AS s WHERE s.name = 'stat_daily'
  ON CONFLICT ON CONSTRAINT analysed_day_pkey DO UPDATE
    SET analysed_at = excluded.analysed_at, last_event_id = excluded.last_event_id, settled = excluded.settled;
  PERFORM liskeban._find_signals(analyse_day.day);
  PERFORM liskeban._follow_signals(analyse_day.day);
  RETURN (SELECT count(*) FROM liskeban.stat_daily AS s WHERE s.day = analyse_day.day)
       + (SELECT count(*) FROM liskeban.flow_daily AS f WHERE f.day = analyse_day.day)
       + (SELECT count(*) FROM liskeban.signal AS g WHERE g.day = analyse_day.day)
       + (SELECT count(*) FROM liskeban.risk_item AS r WHERE r.last_day = analyse_day.day);
END
$$;
COMMENT ON FUNCTION liskeban.analyse_day(date) IS '日分析 bring what is kept of a day up to date: stat_daily and flow_daily have all of it that is final, signal what is unusual in it, risk_item what lasts of that and what to do; returns how many rows of theirs the day has. Again, it gives the same rows; what came late, or was recorded late, is in the figures it belongs to and in no others. analysed_day says whether all of the day was final. 22004 NULL, 22023 a day that has not begun, 25001 outside READ COMMITTED';
REVOKE ALL ON FUNCTION liskeban.analyse_day(date) FROM PUBLIC;

CREATE FUNCTION liskeban.flow(from_day date, to_day date)
RETURNS TABLE (day date, received bigint, resolved bigint, closed bigint, open_end bigint, overdue_open bigint,
  open_1 bigint, open_3 bigint, open_7 bigint, open_30 bigint, open_over_30 bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  now      constant timestamptz := liskeban.liskeban_now();
  zone     text;
  today    date;
  last_day date;
  rolled   bigint;
  -- the months before its own are summed up
  first    constant date := date_trunc('month', (flow.from_day - 1)::timestamp)::date;
BEGIN
  PERFORM liskeban._check_days(flow.from_day, flow.to_day);
  SELECT p.time_zone INTO STRICT zone FROM liskeban.platform AS p;
  today := (now AT TIME ZONE zone)::date;
  last_day := least(flow.to_day, today);
  SELECT s.last_event_id INTO rolled FROM liskeban.roll_up_state AS s WHERE s.name = 'stat_daily' AND s.time_zone = zone;

  RETURN QUERY
  WITH change AS (
    SELECT f.day, f.received, f.resolved, f.closed,
           f.overdue_change, f.open_1_change, f.open_3_change, f.open_7_change, f.open_30_change,
           f.open_over_30_change
      FROM liskeban.flow_daily AS f
     WHERE f.kind = 'demand' AND f.day >= first AND f.day <= last_day AND rolled IS NOT NULL
    UNION ALL
    SELECT m.month, m.received, m.resolved, m.closed,
           m.overdue_change, m.open_1_change, m.open_3_change, m.open_7_change, m.open_30_change, m.open_over_30_change
      FROM liskeban.flow_monthly AS m
     WHERE m.kind = 'demand' AND m.month < first AND rolled IS NOT NULL
    UNION ALL
    SELECT c.day, c.received, c.resolved, c.closed,
           c.overdue, c.open_1, c.open_3, c.open_7, c.open_30, c.open_over_30
      FROM liskeban._day_changes(coalesce(rolled, 0), NULL) AS c
     WHERE c.kind = 'demand' AND c.day <= last_day
  ), on_day (day, received, resolved, closed, overdue, open_1, open_3, open_7, open_30, open_over_30) AS (
    SELECT greatest(c.day, flow.from_day - 1),
           sum(c.received), sum(c.resolved), sum(c.closed), sum(c.overdue_change), sum(c.open_1_change),
           sum(c.open_3_change), sum(c.open_7_change), sum(c.open_30_change), sum(c.open_over_30_change)
      FROM change AS c
     GROUP BY greatest(c.day, flow.from_day - 1)
  ), running AS (
    SELECT (flow.from_day + g.n) AS day, coalesce(d.received, 0) AS received, coalesce(d.resolved, 0) AS resolved, coalesce(d.closed, 0) AS closed,
           coalesce(sum(d.overdue) OVER so_far, 0) AS overdue, coalesce(sum(d.open_1) OVER so_far, 0) AS open_1,
           coalesce(sum(d.open_3) OVER so_far, 0) AS open_3, coalesce(sum(d.open_7) OVER so_far, 0) AS open_7,
           coalesce(sum(d.open_30) OVER so_far, 0) AS open_30,
           coalesce(sum(d.open_over_30) OVER so_far, 0) AS open_over_30
      FROM generate_series(-1, last_day - flow.from_day) AS g(n)
      LEFT JOIN on_day AS d ON d.day = flow.from_day + g.n
    WINDOW so_far AS (ORDER BY g.n)
  )
  SELECT r.day, r.received::bigint, r.resolved::bigint, r.closed::bigint,
         (r.open_1 + r.open_3 + r.open_7 + r.open_30 + r.open_over_30)::bigint,
         CASE WHEN r.day < today THEN r.overdue::bigint ELSE
           -- what falls due later today is not overdue yet
           (SELECT count(*)
              FROM liskeban.worklist AS w JOIN liskeban.ticket AS t ON t.ticket_id = w.ticket_id
             WHERE t.kind = 'demand' AND t.parent_id IS NULL AND t.state <= 'planned'
               AND CASE WHEN t.resolve_due IS NULL AND t.difficulty = 'hard' THEN t.plan_due ELSE t.resolve_due END <= now) END,
         r.open_1::bigint, r.open_3::bigint, r.open_7::bigint, r.open_30::bigint, r.open_over_30::bigint
    FROM running AS r
   WHERE r.day >= flow.from_day
   ORDER BY r.day;
END
$$;
COMMENT ON FUNCTION liskeban.flow(date, date) IS
'流量 what came in and went out on each day from from_day to to_day (both inclusive, days of the platform''s zone; those that have not begun have no row), and what was open at its end; demands, their children not counted beside them.
received 受理, resolved 办结 (each time, direct answers too), closed 关闭 (each time): on that day.
open_end 日末在办: neither closed, rejected, withdrawn nor merged at the end of the day.
overdue_open 超期在办: of these, neither resolved nor suspended, with a due in force (hard without a plan: plan_due) before the end of the day, today before now.
open_1, open_3, open_7, open_30, open_over_30 按时长: of open_end those that are at most 1, 3, 7, 30, or more than 30 days old, each in one of them; days are counted from that of receipt, which is the first.
Tells all of history there is: what is rolled up from flow_daily, the rest from its events. 22004 NULL, 22023 the last day before the first, or a first day that is none.';
REVOKE ALL ON FUNCTION liskeban.flow(date, date) FROM PUBLIC;

-- In another zone everything is added up anew at the next roll-up.
CREATE FUNCTION liskeban._roll_up_problems() RETURNS TABLE (relation text, problem text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
  rolled bigint;
  facts  liskeban.roll_up_state;
  ids    bigint[];
BEGIN
  SELECT s.last_event_id INTO rolled
    FROM liskeban.roll_up_state AS s JOIN liskeban.platform AS p ON p.time_zone = s.time_zone
   WHERE s.name = 'stat_daily';
  IF rolled IS NOT NULL THEN
    RETURN QUERY
    WITH kept AS (SELECT m::text AS line FROM liskeban.flow_monthly AS m),
         recomputed AS (
           SELECT f::text AS line
             FROM (SELECT date_trunc('month', f.day::timestamp)::date, f.town, f.kind, sum(f.received), sum(f.resolved), sum(f.closed),
                          sum(f.overdue_change), sum(f.open_1_change), sum(f.open_3_change), sum(f.open_7_change), sum(f.open_30_change),
                          sum(f.open_over_30_change)
                     FROM liskeban.flow_daily AS f GROUP BY 1, 2, 3) AS f(month, town, kind, n1, n2, n3, n4, n5, n6, n7, n8, n9)
            WHERE (f.n1, f.n2, f.n3, f.n4, f.n5, f.n6, f.n7, f.n8, f.n9) <> (0, 0, 0, 0, 0, 0, 0, 0, 0))
    (SELECT 'flow_monthly', 'has ' || d.line FROM (SELECT k.line FROM kept AS k EXCEPT ALL SELECT r.line FROM recomputed AS r) AS d)
    UNION ALL
    (SELECT 'flow_monthly', 'lacks ' || d.line FROM (SELECT r.line FROM recomputed AS r EXCEPT ALL SELECT k.line FROM kept AS k) AS d);
    RETURN QUERY
    WITH kept AS (SELECT s::text AS line FROM liskeban.stat_daily AS s),
         recomputed AS (SELECT s::text AS line FROM liskeban._stat_daily_recomputed(rolled) AS s)
    (SELECT 'stat_daily', 'has ' || d.line FROM (SELECT k.line FROM kept AS k EXCEPT ALL SELECT r.line FROM recomputed AS r) AS d)
    UNION ALL
    (SELECT 'stat_daily', 'lacks ' || d.line FROM (SELECT r.line FROM recomputed AS r EXCEPT ALL SELECT k.line FROM kept AS k) AS d);
    RETURN QUERY
    WITH kept AS (SELECT f::text AS line FROM liskeban.flow_daily AS f),
         recomputed AS (SELECT f::text AS line FROM liskeban._flow_daily_recomputed(rolled) AS f)
    (SELECT 'flow_daily', 'has ' || d.line FROM (SELECT k.line FROM kept AS k EXCEPT ALL SELECT r.line FROM recomputed AS r) AS d)
    UNION ALL
    (SELECT 'flow_daily', 'lacks ' || d.line FROM (SELECT r.line FROM recomputed AS r EXCEPT ALL SELECT k.line FROM kept AS k) AS d);
  END IF;

  SELECT s.* INTO facts
    FROM liskeban.roll_up_state AS s JOIN liskeban.platform AS p ON p.time_zone = s.time_zone
   WHERE s.name = 'ticket_fact';
  IF facts.name IS NOT NULL THEN
    -- those whose history, or whose reporters', is archived stay as they were
    ids := ARRAY(SELECT t.ticket_id FROM liskeban.ticket AS t
                  WHERE NOT liskeban._is_archived(t.ticket_id)
                    AND NOT EXISTS (SELECT FROM liskeban.ticket AS m WHERE m.merged_into = t.ticket_id AND liskeban._is_archived(m.ticket_id)));
    RETURN QUERY
    WITH kept AS (SELECT f::text AS line FROM liskeban.ticket_fact AS f WHERE f.ticket_id = ANY (ids)),
         recomputed AS (SELECT f::text AS line FROM liskeban._fold_facts(ids, 'infinity', facts.last_event_id, facts.rolled_at) AS f)
    (SELECT 'ticket_fact', 'has ' || d.line FROM (SELECT k.line FROM kept AS k EXCEPT ALL SELECT r.line FROM recomputed AS r) AS d)
    UNION ALL
    (SELECT 'ticket_fact', 'lacks ' || d.line FROM (SELECT r.line FROM recomputed AS r EXCEPT ALL SELECT k.line FROM kept AS k) AS d);
    RETURN QUERY
    WITH kept AS (SELECT w::text AS line FROM liskeban.whistle_fact AS w WHERE w.ticket_id = ANY (ids)),
         recomputed AS (SELECT w::text AS line FROM liskeban._fold_whistles(ids, 'infinity', facts.last_event_id, facts.rolled_at) AS w)
    (SELECT 'whistle_fact', 'has ' || d.line FROM (SELECT k.line FROM kept AS k EXCEPT ALL SELECT r.line FROM recomputed AS r) AS d)
    UNION ALL
    (SELECT 'whistle_fact', 'lacks ' || d.line FROM (SELECT r.line FROM recomputed AS r EXCEPT ALL SELECT k.line FROM kept AS k) AS d);
    -- the sums against the facts, which are right or named above
    RETURN QUERY
    WITH kept AS (SELECT s::text AS line FROM liskeban.figure_daily AS s),
         recomputed AS (SELECT c::text AS line
                          FROM liskeban._figure_changes('{}', ARRAY(SELECT f FROM liskeban.ticket_fact AS f WHERE f.summed), '{}',
                                                        ARRAY(SELECT w FROM liskeban.whistle_fact AS w WHERE w.summed)) AS c)
    (SELECT 'figure_daily', 'has ' || d.line FROM (SELECT k.line FROM kept AS k EXCEPT ALL SELECT r.line FROM recomputed AS r) AS d)
    UNION ALL
    (SELECT 'figure_daily', 'lacks ' || d.line FROM (SELECT r.line FROM recomputed AS r EXCEPT ALL SELECT k.line FROM kept AS k) AS d);
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._roll_up_problems() IS 'rows of stat_daily, flow_daily, flow_monthly, ticket_fact, whistle_fact and figure_daily that are not what the events up to the last roll-up add up to, row by row';
REVOKE ALL ON FUNCTION liskeban._roll_up_problems() FROM PUBLIC;
