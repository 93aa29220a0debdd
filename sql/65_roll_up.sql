-- The roll-up: the fold of one ticket's history into what it adds to the figures of days.

CREATE TYPE liskeban._ticket_day AS (
  day           date,
  received      integer,
  accepted      integer,
  dispatched    integer,
  redispatched  integer,
  returned      integer,
  suspended     integer,
  resolved      integer,
  resolved_late integer,
  reworked      integer,
  closed        integer,
  reopened      integer,
  rejected      integer,
  withdrawn     integer,
  merged        integer,
  unmerged      integer,
  opened        integer,
  ended         integer,
  overdue       integer,
  open_1        integer,
  open_3        integer,
  open_7        integer,
  open_30       integer,
  open_over_30  integer
);
COMMENT ON TYPE liskeban._ticket_day IS '工单日贡献 what a ticket adds to the figures of a day: how often something happened, and by how much what is open at the day''s end changes from the day before';
COMMENT ON COLUMN liskeban._ticket_day.day IS '日期 day of the zone; may lie ahead: what will be if nothing happens';
COMMENT ON COLUMN liskeban._ticket_day.received IS '受理 received';
COMMENT ON COLUMN liskeban._ticket_day.accepted IS '接单 moves to accepted by the desk, also from rejected';
COMMENT ON COLUMN liskeban._ticket_day.dispatched IS '派单 dispatches from accepted';
COMMENT ON COLUMN liskeban._ticket_day.redispatched IS '改派 given to another holder';
COMMENT ON COLUMN liskeban._ticket_day.returned IS '退单 given back to the desk';
COMMENT ON COLUMN liskeban._ticket_day.suspended IS '挂账 suspended';
COMMENT ON COLUMN liskeban._ticket_day.resolved IS '办结 resolved or answered directly, each time';
COMMENT ON COLUMN liskeban._ticket_day.resolved_late IS '超期办结 of these after the due then in force (hard without a plan: plan_due)';
COMMENT ON COLUMN liskeban._ticket_day.reworked IS '返工 sent back from resolved';
COMMENT ON COLUMN liskeban._ticket_day.closed IS '关闭 closed, each time';
COMMENT ON COLUMN liskeban._ticket_day.reopened IS '重办 reopened';
COMMENT ON COLUMN liskeban._ticket_day.rejected IS '不予受理 rejected';
COMMENT ON COLUMN liskeban._ticket_day.withdrawn IS '撤回 withdrawn';
COMMENT ON COLUMN liskeban._ticket_day.merged IS '并案 merged into another';
COMMENT ON COLUMN liskeban._ticket_day.unmerged IS '撤销并案 unmerged';
COMMENT ON COLUMN liskeban._ticket_day.opened IS '转入 came to be open: received, reopened, unmerged, taken on after all';
COMMENT ON COLUMN liskeban._ticket_day.ended IS '转出 ceased to be open: closed, rejected, withdrawn, merged';
COMMENT ON COLUMN liskeban._ticket_day.overdue IS '超期变化 change of overdue at the day''s end: its clock runs and the due in force lies before it';
COMMENT ON COLUMN liskeban._ticket_day.open_1 IS '1 日内在办变化 change of open at the day''s end and received on that day';
COMMENT ON COLUMN liskeban._ticket_day.open_3 IS '2 至 3 日在办变化 the same, on its 2nd or 3rd day, that of receipt being the 1st';
COMMENT ON COLUMN liskeban._ticket_day.open_7 IS '4 至 7 日在办变化 the same, on its 4th to 7th day';
COMMENT ON COLUMN liskeban._ticket_day.open_30 IS '8 至 30 日在办变化 the same, on its 8th to 30th day';
COMMENT ON COLUMN liskeban._ticket_day.open_over_30 IS '30 日以上在办变化 the same, on its 31st day or later';

CREATE TYPE liskeban._ticket_days AS (
  area     text,
  category text,
  source   text,
  kind     text,
  days     liskeban._ticket_day[]
);
COMMENT ON TYPE liskeban._ticket_days IS '工单逐日贡献 the cell in which a ticket is counted, and what it adds to each day';
COMMENT ON COLUMN liskeban._ticket_days.area IS '所在区域 area code after the last of the events; NULL in the pool';
COMMENT ON COLUMN liskeban._ticket_days.category IS '事项 category after the last of the events';
COMMENT ON COLUMN liskeban._ticket_days.source IS '来源系统 source';
COMMENT ON COLUMN liskeban._ticket_days.kind IS '类型 kind';
COMMENT ON COLUMN liskeban._ticket_days.days IS '逐日 one element for each day to which something is added';

CREATE TYPE liskeban._day_change AS (
  day           date,
  area          liskeban.area_code,
  category      text,
  source        text,
  kind          liskeban.ticket_kind,
  received      integer,
  accepted      integer,
  dispatched    integer,
  redispatched  integer,
  returned      integer,
  suspended     integer,
  resolved      integer,
  resolved_late integer,
  reworked      integer,
  closed        integer,
  reopened      integer,
  rejected      integer,
  withdrawn     integer,
  merged        integer,
  unmerged      integer,
  opened        integer,
  ended         integer,
  overdue       integer,
  open_1        integer,
  open_3        integer,
  open_7        integer,
  open_30       integer,
  open_over_30  integer
);
COMMENT ON TYPE liskeban._day_change IS '日变化 what is to be added to a cell of a day; its counts are those of liskeban._ticket_day';
COMMENT ON COLUMN liskeban._day_change.day IS '日期 day';
COMMENT ON COLUMN liskeban._day_change.area IS '所在区域 area; NULL in the pool';
COMMENT ON COLUMN liskeban._day_change.category IS '事项 category';
COMMENT ON COLUMN liskeban._day_change.source IS '来源系统 source';
COMMENT ON COLUMN liskeban._day_change.kind IS '类型 kind';
COMMENT ON COLUMN liskeban._day_change.received IS '受理 received';
COMMENT ON COLUMN liskeban._day_change.accepted IS '接单 moves to accepted by the desk, also from rejected';
COMMENT ON COLUMN liskeban._day_change.dispatched IS '派单 dispatches from accepted';
COMMENT ON COLUMN liskeban._day_change.redispatched IS '改派 given to another holder';
COMMENT ON COLUMN liskeban._day_change.returned IS '退单 given back to the desk';
COMMENT ON COLUMN liskeban._day_change.suspended IS '挂账 suspended';
COMMENT ON COLUMN liskeban._day_change.resolved IS '办结 resolved or answered directly, each time';
COMMENT ON COLUMN liskeban._day_change.resolved_late IS '超期办结 of these after the due then in force (hard without a plan: plan_due)';
COMMENT ON COLUMN liskeban._day_change.reworked IS '返工 sent back from resolved';
COMMENT ON COLUMN liskeban._day_change.closed IS '关闭 closed, each time';
COMMENT ON COLUMN liskeban._day_change.reopened IS '重办 reopened';
COMMENT ON COLUMN liskeban._day_change.rejected IS '不予受理 rejected';
COMMENT ON COLUMN liskeban._day_change.withdrawn IS '撤回 withdrawn';
COMMENT ON COLUMN liskeban._day_change.merged IS '并案 merged into another';
COMMENT ON COLUMN liskeban._day_change.unmerged IS '撤销并案 unmerged';
COMMENT ON COLUMN liskeban._day_change.opened IS '转入 came to be open: received, reopened, unmerged, taken on after all';
COMMENT ON COLUMN liskeban._day_change.ended IS '转出 ceased to be open: closed, rejected, withdrawn, merged';
COMMENT ON COLUMN liskeban._day_change.overdue IS '超期变化 change of overdue at the day''s end: its clock runs and the due in force lies before it';
COMMENT ON COLUMN liskeban._day_change.open_1 IS '1 日内在办变化 change of open at the day''s end and received on that day';
COMMENT ON COLUMN liskeban._day_change.open_3 IS '2 至 3 日在办变化 the same, on its 2nd or 3rd day, that of receipt being the 1st';
COMMENT ON COLUMN liskeban._day_change.open_7 IS '4 至 7 日在办变化 the same, on its 4th to 7th day';
COMMENT ON COLUMN liskeban._day_change.open_30 IS '8 至 30 日在办变化 the same, on its 8th to 30th day';
COMMENT ON COLUMN liskeban._day_change.open_over_30 IS '30 日以上在办变化 the same, on its 31st day or later';

CREATE FUNCTION liskeban._ticket_days_step(internal, integer, integer, timestamptz, liskeban.ticket_state,
  liskeban.ticket_state, text, text, jsonb, text) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ticket_days_step';
COMMENT ON FUNCTION liskeban._ticket_days_step(internal, integer, integer, timestamptz, liskeban.ticket_state,
  liskeban.ticket_state, text, text, jsonb, text) IS 'transition function of _ticket_days';

CREATE FUNCTION liskeban._ticket_days_final(internal) RETURNS liskeban._ticket_days
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ticket_days_final';
COMMENT ON FUNCTION liskeban._ticket_days_final(internal) IS 'final function of _ticket_days';

CREATE AGGREGATE liskeban._ticket_days(seq integer, run integer, at timestamptz, from_state liskeban.ticket_state,
  to_state liskeban.ticket_state, action text, actor text, detail jsonb, zone text) (
  SFUNC = liskeban._ticket_days_step, STYPE = internal, SSPACE = 4096,
  FINALFUNC = liskeban._ticket_days_final, FINALFUNC_MODIFY = SHAREABLE, PARALLEL = SAFE);
COMMENT ON AGGREGATE liskeban._ticket_days(integer, integer, timestamptz, liskeban.ticket_state, liskeban.ticket_state,
  text, text, jsonb, text) IS 'what the events of one ticket, in any order, add to the days of the zone; NULL for a child, which is never counted beside its parent, and when the first event is not among them. Errors: 22023 an unknown zone';

CREATE FUNCTION liskeban._check_day(day date, today date) RETURNS void
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'check_day';
COMMENT ON FUNCTION liskeban._check_day(date, date) IS 'refuses a day that is NULL (22004), infinite or after today (22023)';

CREATE FUNCTION liskeban._check_days(from_day date, to_day date) RETURNS void
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'check_days';
COMMENT ON FUNCTION liskeban._check_days(date, date) IS 'refuses a range of days with a NULL (22004), with the last before the first, or that begins at an infinity (22023)';

REVOKE ALL ON FUNCTION liskeban._ticket_days_step(internal, integer, integer, timestamptz, liskeban.ticket_state,
  liskeban.ticket_state, text, text, jsonb, text), liskeban._ticket_days_final(internal),
  liskeban._ticket_days(integer, integer, timestamptz, liskeban.ticket_state, liskeban.ticket_state, text, text, jsonb, text),
  liskeban._check_day(date, date), liskeban._check_days(date, date) FROM PUBLIC;
