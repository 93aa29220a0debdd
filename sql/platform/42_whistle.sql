-- The ladder: whistles that carry a ticket up a rung, and the task forces that handle it there.

CREATE TABLE liskeban.whistle (
  whistle_id      bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  ticket_id       bigint NOT NULL,
  from_tier       liskeban.tier NOT NULL,
  to_tier         liskeban.tier NOT NULL,
  from_area       liskeban.area_code,
  from_department text,
  raised_by       text NOT NULL,
  reason          text NOT NULL,
  auto            boolean NOT NULL DEFAULT false,
  raised_at       timestamptz NOT NULL,
  sign_due        timestamptz NOT NULL,
  signed_at       timestamptz,
  signed_by       text,
  handle_due      timestamptz NOT NULL,
  ended_at        timestamptz,
  outcome         text,
  ended_by        text,
  answer          text,
  appeal_of       bigint REFERENCES liskeban.whistle,
  CONSTRAINT whistle_to_tier_check CHECK (to_tier > from_tier),
  CONSTRAINT whistle_reason_check CHECK (reason <> ''),
  CONSTRAINT whistle_outcome_check CHECK (outcome IN ('solved', 'handed_down', 'declined', 'overtaken')),
  CONSTRAINT whistle_ended_check CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX whistle_ticket_id_idx ON liskeban.whistle (ticket_id);
CREATE UNIQUE INDEX whistle_one_open ON liskeban.whistle (ticket_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX whistle_one_appeal ON liskeban.whistle (appeal_of) WHERE appeal_of IS NOT NULL;

CREATE TABLE liskeban.task_force (
  whistle_id bigint NOT NULL REFERENCES liskeban.whistle,
  role_name  text NOT NULL,
  role       text NOT NULL DEFAULT 'member',
  PRIMARY KEY (whistle_id, role_name),
  CONSTRAINT task_force_role_check CHECK (role IN ('leader', 'member'))
);
CREATE UNIQUE INDEX task_force_one_leader ON liskeban.task_force (whistle_id) WHERE role = 'leader';
CREATE INDEX whistle_declined_idx ON liskeban.whistle (raised_by, ended_at) WHERE outcome = 'declined';
COMMENT ON TABLE liskeban.whistle IS '吹哨 a ticket''s way up a rung: by hand, or by itself when the clock of its rung was overdue (kept by the named functions and the sweep)';
COMMENT ON COLUMN liskeban.whistle.whistle_id IS '编号 key';
COMMENT ON COLUMN liskeban.whistle.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.whistle.from_tier IS '原层级 rung it came from';
COMMENT ON COLUMN liskeban.whistle.to_tier IS '目标层级 rung that was whistled up';
COMMENT ON COLUMN liskeban.whistle.from_area IS '原承办区域 area that held the ticket';
COMMENT ON COLUMN liskeban.whistle.from_department IS '原承办部门 department that held the ticket';
COMMENT ON COLUMN liskeban.whistle.raised_by IS '吹哨人 who raised it; platform where it climbed by itself';
COMMENT ON COLUMN liskeban.whistle.reason IS '理由 why';
COMMENT ON COLUMN liskeban.whistle.auto IS '自动 whether the ticket climbed by itself';
COMMENT ON COLUMN liskeban.whistle.raised_at IS '吹哨时间 when; an automatic one at the instant its clock was due';
COMMENT ON COLUMN liskeban.whistle.sign_due IS '签收时限 raised_at + sign_within of the rung';
COMMENT ON COLUMN liskeban.whistle.signed_at IS '签收时间 when the rung took it on; NULL not yet';
COMMENT ON COLUMN liskeban.whistle.signed_by IS '签收人 who signed';
COMMENT ON COLUMN liskeban.whistle.handle_due IS '办理时限 the earlier of signed_at and sign_due + handle_within of the rung, in its basis';
COMMENT ON COLUMN liskeban.whistle.ended_at IS '结束时间 NULL while it is open';
COMMENT ON COLUMN liskeban.whistle.outcome IS '结果 solved 已解决, handed_down 交办, declined 退回, overtaken 由其他流转取代; NULL while it is open';
COMMENT ON COLUMN liskeban.whistle.ended_by IS '结束人 by whose doing it ended';
COMMENT ON COLUMN liskeban.whistle.answer IS '答复 reason of a decline, instruction of a handing down';
COMMENT ON COLUMN liskeban.whistle.appeal_of IS '申诉 the declined whistle that this one appeals';
COMMENT ON TABLE liskeban.task_force IS '专班 who handles what was whistled up to the district or the principal';
COMMENT ON COLUMN liskeban.task_force.whistle_id IS '吹哨编号 the whistle, while it is open';
COMMENT ON COLUMN liskeban.task_force.role_name IS '身份 the identity; a leader''s as in official';
COMMENT ON COLUMN liskeban.task_force.role IS '角色 leader 组长 (one) or member 成员';

CREATE TRIGGER task_force_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.task_force
  FOR EACH ROW EXECUTE FUNCTION liskeban.task_force_guard();
ALTER TABLE liskeban.task_force ENABLE ALWAYS TRIGGER task_force_guard;

-- What happened is not undone, not even by who passes every grant.
CREATE TRIGGER history_kept BEFORE DELETE OR TRUNCATE ON liskeban.whistle
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.history_kept();
ALTER TABLE liskeban.whistle ENABLE ALWAYS TRIGGER history_kept;
