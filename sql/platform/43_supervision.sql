-- Supervision: what an overdue clock, or a leader, demands of who is late, until its issuer strikes it off.

CREATE TABLE liskeban.supervision (
  supervision_id bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  ticket_id      bigint,
  target_id      bigint REFERENCES liskeban.directive_target,
  alarm_id       bigint,
  clock          liskeban.clock,
  level          liskeban.lamp,
  kind           text NOT NULL,
  area           liskeban.area_code,
  department     text,
  issued_by      text NOT NULL,
  issued_at      timestamptz NOT NULL,
  reason         text,
  basis          liskeban.time_basis NOT NULL DEFAULT 'working_day',
  reply_due      timestamptz,
  reply          text,
  replied_at     timestamptz,
  replied_by     text,
  late           boolean GENERATED ALWAYS AS (replied_at > reply_due) STORED,
  struck_at      timestamptz,
  struck_by      text,
  note           text,
  CONSTRAINT supervision_kind_check CHECK (kind IN ('urge', 'order', 'notice')),
  CONSTRAINT supervision_of_check CHECK (pg_catalog.num_nonnulls(ticket_id, target_id) = 1),
  CONSTRAINT supervision_whom_check CHECK (pg_catalog.num_nonnulls(area, department) > 0),
  CONSTRAINT supervision_ground_check CHECK (alarm_id IS NOT NULL AND clock IS NOT NULL AND level IS NOT NULL OR reason <> ''),
  CONSTRAINT supervision_reply_due_check CHECK (reply_due > issued_at),
  CONSTRAINT supervision_replied_check CHECK (pg_catalog.num_nulls(reply, replied_at, replied_by) IN (0, 3)),
  CONSTRAINT supervision_struck_check CHECK (pg_catalog.num_nulls(struck_at, struck_by) IN (0, 2))
);
CREATE INDEX supervision_ticket_id_idx ON liskeban.supervision (ticket_id);
CREATE INDEX supervision_target_id_idx ON liskeban.supervision (target_id) WHERE target_id IS NOT NULL;
CREATE UNIQUE INDEX supervision_one_an_alarm ON liskeban.supervision (alarm_id);
CREATE INDEX supervision_open_idx ON liskeban.supervision (area, department) WHERE struck_at IS NULL;
CREATE INDEX supervision_open_department_idx ON liskeban.supervision (department) WHERE struck_at IS NULL;
CREATE INDEX supervision_issued_by_idx ON liskeban.supervision (issued_by) WHERE issued_by <> 'platform';
COMMENT ON TABLE liskeban.supervision IS '督办 what an overdue clock (liskeban.supervision_policy), or somebody above, demands of who is late; open until it is struck off, never deleted';
COMMENT ON COLUMN liskeban.supervision.supervision_id IS '编号 key, in the district''s range';
COMMENT ON COLUMN liskeban.supervision.ticket_id IS '工单编号 the ticket, or';
COMMENT ON COLUMN liskeban.supervision.target_id IS '指令接收编号 the receiver of a directive that did not answer';
COMMENT ON COLUMN liskeban.supervision.alarm_id IS '告警编号 the alarm that set it off, once each; NULL when somebody issued it';
COMMENT ON COLUMN liskeban.supervision.clock IS '时钟 the clock of that alarm';
COMMENT ON COLUMN liskeban.supervision.level IS '级别 the level of that alarm';
COMMENT ON COLUMN liskeban.supervision.kind IS '方式 urge 催办, order 督办 or notice 通报';
COMMENT ON COLUMN liskeban.supervision.area IS '被督办区域 whom it addresses: the area that held the ticket then, the district for its desk, and';
COMMENT ON COLUMN liskeban.supervision.department IS '被督办部门 the department that did';
COMMENT ON COLUMN liskeban.supervision.issued_by IS '签发人 platform, or who issued it';
COMMENT ON COLUMN liskeban.supervision.issued_at IS '签发时间 the instant of the alarm, also when it was found out later; else when it was issued';
COMMENT ON COLUMN liskeban.supervision.reason IS '理由 why; NULL when an alarm says so';
COMMENT ON COLUMN liskeban.supervision.basis IS '计时方式 basis in which the levels of its reply clock are reckoned';
COMMENT ON COLUMN liskeban.supervision.reply_due IS '回复时限 by when it is to be answered; NULL asks for no answer';
COMMENT ON COLUMN liskeban.supervision.reply IS '回复 the answer';
COMMENT ON COLUMN liskeban.supervision.replied_at IS '回复时间 when it was answered (kept by the platform)';
COMMENT ON COLUMN liskeban.supervision.replied_by IS '回复人 who answered (kept by the platform)';
COMMENT ON COLUMN liskeban.supervision.late IS '是否逾期 whether it was answered after reply_due; NULL when it was not answered, or asks for no answer';
COMMENT ON COLUMN liskeban.supervision.struck_at IS '销号时间 when it was struck off: whatever is given, the time it was; NULL open';
COMMENT ON COLUMN liskeban.supervision.struck_by IS '销号人 who struck it off; platform when its ticket was merged, withdrawn or rejected (kept by the platform)';
COMMENT ON COLUMN liskeban.supervision.note IS '销号说明 what was said with it';

CREATE TRIGGER zz_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.supervision
  FOR EACH ROW EXECUTE FUNCTION liskeban.supervision_guard();
CREATE TRIGGER zz_guard_truncate BEFORE TRUNCATE ON liskeban.supervision
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.supervision_guard();
ALTER TABLE liskeban.supervision ENABLE ALWAYS TRIGGER zz_guard;
ALTER TABLE liskeban.supervision ENABLE ALWAYS TRIGGER zz_guard_truncate;

CREATE VIEW liskeban.supervision_open WITH (security_invoker = true) AS
SELECT s.supervision_id, s.ticket_id, s.target_id, s.kind, s.clock, s.level, s.area, s.department,
       coalesce(d.name, a.name) AS addressee, s.issued_by, s.issued_at, s.reason, s.reply_due, s.replied_at,
       coalesce(s.replied_at, liskeban.liskeban_now()) > s.reply_due AS late,
       CASE WHEN s.replied_at IS NOT NULL OR s.reply_due IS NULL THEN 'green'
            ELSE liskeban.clock_lamp(s.reply_due, liskeban.working_time_between(s.issued_at, s.reply_due, s.basis), s.basis,
                                     liskeban.liskeban_now()) END AS lamp
  FROM liskeban.supervision AS s
  LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) s.area
  LEFT JOIN liskeban.department AS d ON d.code = s.department
 WHERE s.struck_at IS NULL;
COMMENT ON VIEW liskeban.supervision_open IS '未销号督办 supervisions that have not been struck off';
COMMENT ON COLUMN liskeban.supervision_open.supervision_id IS '编号 key';
COMMENT ON COLUMN liskeban.supervision_open.ticket_id IS '工单编号 the ticket, or';
COMMENT ON COLUMN liskeban.supervision_open.target_id IS '指令接收编号 the receiver of a directive';
COMMENT ON COLUMN liskeban.supervision_open.kind IS '方式 urge, order or notice';
COMMENT ON COLUMN liskeban.supervision_open.clock IS '时钟 the clock that set it off; NULL issued by hand';
COMMENT ON COLUMN liskeban.supervision_open.level IS '级别 the level that set it off';
COMMENT ON COLUMN liskeban.supervision_open.area IS '被督办区域 whom it addresses: an area, and';
COMMENT ON COLUMN liskeban.supervision_open.department IS '被督办部门 a department';
COMMENT ON COLUMN liskeban.supervision_open.addressee IS '被督办单位 its name';
COMMENT ON COLUMN liskeban.supervision_open.issued_by IS '签发人 platform, or who issued it';
COMMENT ON COLUMN liskeban.supervision_open.issued_at IS '签发时间 when';
COMMENT ON COLUMN liskeban.supervision_open.reason IS '理由 why, where somebody issued it';
COMMENT ON COLUMN liskeban.supervision_open.reply_due IS '回复时限 by when it is to be answered; NULL asks for no answer';
COMMENT ON COLUMN liskeban.supervision_open.replied_at IS '回复时间 when it was answered';
COMMENT ON COLUMN liskeban.supervision_open.late IS '是否逾期 whether it was answered late, or is late by now; NULL asks for no answer';
COMMENT ON COLUMN liskeban.supervision_open.lamp IS '亮灯 of the time to reply; green once answered, and where no answer is asked for';
