-- The ticket and what hangs on it. The guard and the log (30_triggers.sql) keep it; nobody else writes what is maintained.

CREATE TABLE liskeban.ticket (
  ticket_id            bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE),
  parent_id            bigint,
  received_at          timestamptz NOT NULL,
  reported_at          timestamptz NOT NULL,
  discovered_at        timestamptz,
  area                 liskeban.area_code,
  responsible_area     liskeban.area_code,
  merged_into          bigint,
  emergency            bigint,
  -- due times
  accept_due           timestamptz,
  dispatch_due         timestamptz,
  respond_due          timestamptz,
  plan_due             timestamptz,
  resolve_due          timestamptz,
  resolve_due_original timestamptz,
  feedback_due         timestamptz,
  clocks_stopped_at    timestamptz,
  -- what happened when
  dispatched_at        timestamptz,
  contacted_at         timestamptz,
  on_site_at           timestamptz,
  promised_at          timestamptz,
  suspend_until        timestamptz,
  resolved_at          timestamptz,
  closed_at            timestamptz,
  updated_at           timestamptz NOT NULL,
  -- where it stands
  kind                 liskeban.ticket_kind NOT NULL DEFAULT 'demand',
  state                liskeban.ticket_state NOT NULL DEFAULT 'reported',
  suspended_from       liskeban.ticket_state,
  difficulty           liskeban.difficulty NOT NULL,
  placement            liskeban.placement NOT NULL,
  tier                 liskeban.tier,
  satisfaction         liskeban.satisfaction,
  priority             integer NOT NULL DEFAULT 3,
  run                  integer NOT NULL DEFAULT 1,
  last_seq             integer NOT NULL,
  rework_count         integer NOT NULL DEFAULT 0,
  reopen_count         integer NOT NULL DEFAULT 0,
  return_count         integer NOT NULL DEFAULT 0,
  resolve_resets       integer NOT NULL DEFAULT 0,
  confidential         boolean NOT NULL DEFAULT false,
  designated           boolean NOT NULL DEFAULT false,
  late_entry           boolean NOT NULL DEFAULT false,
  has_reporter         boolean NOT NULL DEFAULT false,
  solved               boolean,
  resolve_given        interval,
  ticket_no            text NOT NULL,
  source               text NOT NULL,
  external_id          text,
  category             text NOT NULL,
  department           text,
  co_departments       text[] NOT NULL DEFAULT '{}',
  arrival_proof        text,
  reject_reason        text,
  transferred_to       text,
  resolved_by          text,
  checked_by           text,
  title                text NOT NULL DEFAULT '无标题',
  description          text,
  address              text,
  plan                 text,
  resolution           text,
  reply                text,
  note                 text,
  extra                jsonb,
  geom                 geometry(Point, 4490),
  arrived_geom         geometry(Point, 4490),
  CONSTRAINT ticket_pkey PRIMARY KEY (ticket_id),
  CONSTRAINT ticket_ticket_no_key UNIQUE (ticket_no),
  CONSTRAINT ticket_source_external_id_key UNIQUE (source, external_id),
  CONSTRAINT ticket_priority_check CHECK (priority BETWEEN 1 AND 4),
  CONSTRAINT ticket_title_check CHECK (title <> ''),
  CONSTRAINT ticket_arrival_proof_check CHECK (arrival_proof IN ('gps', 'photo', 'declared')),
  CONSTRAINT ticket_merged_into_check CHECK (merged_into <> ticket_id),
  CONSTRAINT ticket_parent_id_check CHECK (parent_id <> ticket_id)
)
-- A statement that moves every ticket of a page finds room for them there only if half of it is free: none of the old
-- versions goes before the statement is over. Where there is none, all indexes take the new ones, too.
-- Autovacuum's shares are of all there ever were: after millions of tickets it would not know of those of the last weeks.
WITH (fillfactor = 50, autovacuum_analyze_scale_factor = 0.005, autovacuum_vacuum_scale_factor = 0.02,
      autovacuum_vacuum_insert_scale_factor = 0.02);
CREATE INDEX ticket_area_received_at_idx ON liskeban.ticket (area, received_at);
CREATE INDEX ticket_received_at_idx ON liskeban.ticket USING brin (received_at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX ticket_geom_idx ON liskeban.ticket USING gist (geom);
CREATE INDEX ticket_responsible_area_idx ON liskeban.ticket (responsible_area);
CREATE INDEX ticket_department_idx ON liskeban.ticket (department);
CREATE INDEX ticket_co_departments_idx ON liskeban.ticket USING gin (co_departments) WHERE co_departments <> '{}';
CREATE INDEX ticket_merged_into_idx ON liskeban.ticket (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX ticket_parent_id_idx ON liskeban.ticket (parent_id) WHERE parent_id IS NOT NULL;

COMMENT ON TABLE liskeban.ticket IS '工单 every citizen''s demand, hazard, clue, service, patrol finding and task; UPDATE … SET state is the basic API';
COMMENT ON COLUMN liskeban.ticket.ticket_id IS '工单编号 key: six digits of the district × 10^9 + n';
COMMENT ON COLUMN liskeban.ticket.parent_id IS '父工单 ticket of which this is a part; never counted beside it';
COMMENT ON COLUMN liskeban.ticket.received_at IS '受理时间起点 when the platform received it; starts every clock (maintained)';
COMMENT ON COLUMN liskeban.ticket.reported_at IS '上报时间 what the source says; received_at unless given; never changed';
COMMENT ON COLUMN liskeban.ticket.discovered_at IS '发现时间 when the matter was seen';
COMMENT ON COLUMN liskeban.ticket.area IS '所在区域 finest area that covers geom; NULL in the pool (maintained)';
COMMENT ON COLUMN liskeban.ticket.responsible_area IS '承办区域 the area that must act';
COMMENT ON COLUMN liskeban.ticket.merged_into IS '并入工单 the lead ticket of a duplicate';
COMMENT ON COLUMN liskeban.ticket.emergency IS '应急事件 the emergency that caught it (maintained)';
COMMENT ON COLUMN liskeban.ticket.accept_due IS '受理时限 when acceptance is due (maintained)';
COMMENT ON COLUMN liskeban.ticket.dispatch_due IS '派单时限 when dispatch is due, from acceptance (maintained)';
COMMENT ON COLUMN liskeban.ticket.respond_due IS '响应时限 when someone must be there, or have spoken to the citizen (maintained)';
COMMENT ON COLUMN liskeban.ticket.plan_due IS '方案时限 when the plan of a hard ticket is due (maintained)';
COMMENT ON COLUMN liskeban.ticket.resolve_due IS '办结时限 when it must be resolved; the promise of a hard ticket (maintained)';
COMMENT ON COLUMN liskeban.ticket.resolve_due_original IS '原办结时限 the first resolve_due of this run, before extensions (maintained)';
COMMENT ON COLUMN liskeban.ticket.feedback_due IS '回访时限 when the citizen must have been asked (maintained)';
COMMENT ON COLUMN liskeban.ticket.clocks_stopped_at IS '计时停止时间 since when plan and resolve stand still (maintained)';
COMMENT ON COLUMN liskeban.ticket.dispatched_at IS '派单时间 when last dispatched (maintained)';
COMMENT ON COLUMN liskeban.ticket.contacted_at IS '联系时间 when the citizen was first contacted in this run (maintained)';
COMMENT ON COLUMN liskeban.ticket.on_site_at IS '到场时间 when someone was there';
COMMENT ON COLUMN liskeban.ticket.promised_at IS '承诺时间 by when the plan of a hard ticket promises to resolve it';
COMMENT ON COLUMN liskeban.ticket.suspend_until IS '挂账至 until when it is suspended';
COMMENT ON COLUMN liskeban.ticket.resolved_at IS '办结时间 when last resolved (maintained)';
COMMENT ON COLUMN liskeban.ticket.closed_at IS '关闭时间 when closed (maintained)';
COMMENT ON COLUMN liskeban.ticket.updated_at IS '更新时间 at of its last event (maintained)';
COMMENT ON COLUMN liskeban.ticket.kind IS '类型 demand 群众诉求, hazard 隐患, clue 线索, service 服务, policy 找人, patrol 自采, task 指令; never changed';
COMMENT ON COLUMN liskeban.ticket.state IS '状态 where it stands; liskeban.transition says where it may go';
COMMENT ON COLUMN liskeban.ticket.suspended_from IS '挂账前状态 state to which it resumes (maintained)';
COMMENT ON COLUMN liskeban.ticket.difficulty IS '难度 simple, general or hard; the category''s unless given';
COMMENT ON COLUMN liskeban.ticket.placement IS '定位方式 inside, snapped, outside or unknown (maintained)';
COMMENT ON COLUMN liskeban.ticket.tier IS '层级 rung of the ladder it is on; NULL until dispatched (maintained)';
COMMENT ON COLUMN liskeban.ticket.satisfaction IS '满意度 the citizen''s last answer';
COMMENT ON COLUMN liskeban.ticket.priority IS '优先级 1 highest to 4';
COMMENT ON COLUMN liskeban.ticket.run IS '轮次 1, and one more with each reopening (maintained)';
COMMENT ON COLUMN liskeban.ticket.last_seq IS '末序号 seq of its last event (maintained)';
COMMENT ON COLUMN liskeban.ticket.rework_count IS '返工次数 (maintained)';
COMMENT ON COLUMN liskeban.ticket.reopen_count IS '重办次数 (maintained)';
COMMENT ON COLUMN liskeban.ticket.return_count IS '退单次数 (maintained)';
COMMENT ON COLUMN liskeban.ticket.resolve_resets IS '办结重置次数 how often resolve_due was set anew, by plan, rework, reopening, extension or another difficulty (maintained)';
COMMENT ON COLUMN liskeban.ticket.confidential IS '保密 kept from the unit concerned';
COMMENT ON COLUMN liskeban.ticket.designated IS '指定承办 may not be returned any more (maintained)';
COMMENT ON COLUMN liskeban.ticket.late_entry IS '补录 arrival recorded more than 10 minutes after it happened (maintained)';
COMMENT ON COLUMN liskeban.ticket.has_reporter IS '有诉求人 whether a reporter is known (maintained)';
COMMENT ON COLUMN liskeban.ticket.solved IS '是否解决 what the citizen says';
COMMENT ON COLUMN liskeban.ticket.resolve_given IS '办结给定时间 the time that the present resolve_due was given with, from which its levels are reckoned (maintained)';
COMMENT ON COLUMN liskeban.ticket.ticket_no IS '工单号 prefix, day and number: what is told to the citizen (maintained)';
COMMENT ON COLUMN liskeban.ticket.source IS '来源系统 source_system; never changed';
COMMENT ON COLUMN liskeban.ticket.external_id IS '来源单号 the source''s own key, unique with it; never changed';
COMMENT ON COLUMN liskeban.ticket.category IS '事项 category';
COMMENT ON COLUMN liskeban.ticket.department IS '承办部门 department that leads';
COMMENT ON COLUMN liskeban.ticket.co_departments IS '协办部门 departments that co-handle (maintained)';
COMMENT ON COLUMN liskeban.ticket.arrival_proof IS '到场凭证 gps, photo or declared';
COMMENT ON COLUMN liskeban.ticket.reject_reason IS '不予受理理由 reject_reason';
COMMENT ON COLUMN liskeban.ticket.transferred_to IS '转交 where a matter of another jurisdiction went';
COMMENT ON COLUMN liskeban.ticket.resolved_by IS '办结人 who last resolved it (maintained)';
COMMENT ON COLUMN liskeban.ticket.checked_by IS '核查人 who checked a ticket without a reporter';
COMMENT ON COLUMN liskeban.ticket.title IS '标题 personal data may stand in it; 无标题 where none is given';
COMMENT ON COLUMN liskeban.ticket.description IS '内容 personal data may stand in it';
COMMENT ON COLUMN liskeban.ticket.address IS '地址 personal data may stand in it';
COMMENT ON COLUMN liskeban.ticket.plan IS '方案 how a hard matter will be solved';
COMMENT ON COLUMN liskeban.ticket.resolution IS '办理结果 what was done';
COMMENT ON COLUMN liskeban.ticket.reply IS '答复 what the citizen is told';
COMMENT ON COLUMN liskeban.ticket.note IS '备注 note of the last UPDATE that gave one; cleared by the next that does not';
COMMENT ON COLUMN liskeban.ticket.extra IS '附加信息 whatever else the source says';
COMMENT ON COLUMN liskeban.ticket.geom IS '位置 point, CGCS2000 (EPSG:4490)';
COMMENT ON COLUMN liskeban.ticket.arrived_geom IS '到场位置 point of arrival, CGCS2000 (EPSG:4490)';

CREATE TABLE liskeban.reporter (
  ticket_id  bigint PRIMARY KEY,
  name       text,
  phone      text,
  phone_hash bytea,
  anonymised_at timestamptz,
  CONSTRAINT reporter_someone_check CHECK ((pg_catalog.num_nonnulls(name, phone, phone_hash) > 0) = (anonymised_at IS NULL))
);
CREATE INDEX reporter_phone_hash_idx ON liskeban.reporter (phone_hash);
COMMENT ON TABLE liskeban.reporter IS '诉求人 who reported a ticket: personal data, apart from it';
COMMENT ON COLUMN liskeban.reporter.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.reporter.name IS '姓名 personal data';
COMMENT ON COLUMN liskeban.reporter.phone IS '电话 personal data';
COMMENT ON COLUMN liskeban.reporter.phone_hash IS '电话摘要 SHA-256 of the digits of phone, to find the same reporter again (kept by a trigger)';
COMMENT ON COLUMN liskeban.reporter.anonymised_at IS '匿名化时间 when the rest was cleared (anonymise_before); NULL while it is there';

CREATE TABLE liskeban.attachment (
  attachment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ticket_id     bigint NOT NULL,
  stage         text NOT NULL,
  uri           text NOT NULL,
  sha256        bytea,
  taken_at      timestamptz,
  geom          geometry(Point, 4490),
  created_at    timestamptz NOT NULL DEFAULT liskeban.liskeban_now(),
  CONSTRAINT attachment_stage_check CHECK (stage IN ('report', 'arrival', 'progress', 'resolution', 'feedback')),
  CONSTRAINT attachment_uri_check CHECK (uri <> ''),
  CONSTRAINT attachment_sha256_check CHECK (pg_catalog.length(sha256) = 32)
);
CREATE INDEX attachment_ticket_id_idx ON liskeban.attachment (ticket_id);
COMMENT ON TABLE liskeban.attachment IS '附件 photos and papers of a ticket, by reference';
COMMENT ON COLUMN liskeban.attachment.attachment_id IS '编号 key';
COMMENT ON COLUMN liskeban.attachment.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.attachment.stage IS '环节 report, arrival, progress, resolution or feedback';
COMMENT ON COLUMN liskeban.attachment.uri IS '地址 where the file is';
COMMENT ON COLUMN liskeban.attachment.sha256 IS '摘要 SHA-256 of the file';
COMMENT ON COLUMN liskeban.attachment.taken_at IS '拍摄时间 when it was taken';
COMMENT ON COLUMN liskeban.attachment.geom IS '拍摄位置 where it was taken, CGCS2000 (EPSG:4490)';
COMMENT ON COLUMN liskeban.attachment.created_at IS '登记时间 when the platform took it down; a photo of an earlier result serves no later one';

CREATE TABLE liskeban.request (
  request_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ticket_id  bigint NOT NULL,
  kind       text NOT NULL,
  asked_by   text NOT NULL,
  asked_at   timestamptz NOT NULL,
  until      timestamptz,
  reason     text NOT NULL,
  decided_by text,
  decided_at timestamptz,
  granted    boolean,
  note       text,
  used_seq   integer,
  CONSTRAINT request_kind_check CHECK (kind IN ('return', 'suspend', 'extend', 'reopen', 'rework', 'promise')),
  CONSTRAINT request_reason_check CHECK (reason <> ''),
  CONSTRAINT request_decided_check CHECK (pg_catalog.num_nulls(decided_by, decided_at, granted) IN (0, 3)),
  CONSTRAINT request_decided_by_check CHECK (decided_by <> asked_by),
  CONSTRAINT request_used_seq_check CHECK (used_seq IS NULL OR granted)
);
CREATE UNIQUE INDEX request_one_open ON liskeban.request (ticket_id, kind) WHERE decided_at IS NULL;
CREATE INDEX request_ticket_id_idx ON liskeban.request (ticket_id);
COMMENT ON TABLE liskeban.request IS '申请 what a handler asks for and another decides; one granted request permits one use';
COMMENT ON COLUMN liskeban.request.request_id IS '编号 key';
COMMENT ON COLUMN liskeban.request.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.request.kind IS '类别 return 退单, suspend 挂账, extend 延期, reopen 重办, rework 返工, promise 超期承诺';
COMMENT ON COLUMN liskeban.request.asked_by IS '申请人 who asked';
COMMENT ON COLUMN liskeban.request.asked_at IS '申请时间 when';
COMMENT ON COLUMN liskeban.request.until IS '申请至 until when (suspend, extend, promise)';
COMMENT ON COLUMN liskeban.request.reason IS '理由 why';
COMMENT ON COLUMN liskeban.request.decided_by IS '审批人 who decided: another than asked; platform where it lapsed with the work it was asked for';
COMMENT ON COLUMN liskeban.request.decided_at IS '审批时间 when';
COMMENT ON COLUMN liskeban.request.granted IS '是否批准 NULL while open';
COMMENT ON COLUMN liskeban.request.note IS '审批意见 what was said with the decision';
COMMENT ON COLUMN liskeban.request.used_seq IS '使用序号 seq of the event that used it up';

CREATE TABLE liskeban.ticket_event (
  event_id    bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE),
  ticket_id   bigint NOT NULL,
  at          timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  seq         integer NOT NULL,
  run         integer NOT NULL,
  from_state  liskeban.ticket_state,
  to_state    liskeban.ticket_state NOT NULL,
  action      text NOT NULL,
  actor       text NOT NULL,
  login       text NOT NULL,
  note        text,
  note_digest bytea,
  detail      jsonb,
  hash        bytea NOT NULL,
  PRIMARY KEY (ticket_id, seq)
) PARTITION BY RANGE (ticket_id);
CREATE INDEX ticket_event_event_id_idx ON liskeban.ticket_event (event_id);
COMMENT ON TABLE liskeban.ticket_event IS '办理记录 history: one row for each thing that happened to a ticket; never changed';
COMMENT ON COLUMN liskeban.ticket_event.event_id IS '编号 six digits of the district × 10^10 + n, in the order drawn';
COMMENT ON COLUMN liskeban.ticket_event.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.ticket_event.at IS '发生时间 when it happened; never runs backwards within a ticket';
COMMENT ON COLUMN liskeban.ticket_event.recorded_at IS '记录时间 when the database learned it';
COMMENT ON COLUMN liskeban.ticket_event.seq IS '序号 1, 2, 3, … within the ticket, without gaps';
COMMENT ON COLUMN liskeban.ticket_event.run IS '轮次 the ticket''s run after it';
COMMENT ON COLUMN liskeban.ticket_event.from_state IS '原状态 NULL at the first';
COMMENT ON COLUMN liskeban.ticket_event.to_state IS '新状态 state after';
COMMENT ON COLUMN liskeban.ticket_event.action IS '动作 report, a move of liskeban.transition, else what was done: contact, extend, progress, add_party, party_done, party_refused, blow_whistle and the other steps of a whistle, supervise, feedback, revert, amend, note, supplement, urge, emergency (one caught it), recompute';
COMMENT ON COLUMN liskeban.ticket_event.actor IS '操作人 identity acted for (act_as), else the role';
COMMENT ON COLUMN liskeban.ticket_event.login IS '登录名 session_user';
COMMENT ON COLUMN liskeban.ticket_event.note IS '备注 may be redacted; note_digest stays';
COMMENT ON COLUMN liskeban.ticket_event.note_digest IS '备注摘要 SHA-256 of note in UTF-8; NULL without one';
COMMENT ON COLUMN liskeban.ticket_event.detail IS '变更 {column: [old, new]} of what changed; no free text and no position';
COMMENT ON COLUMN liskeban.ticket_event.hash IS '摘要 SHA-256 over the row in a fixed binary form (liskeban.event_hash)';

CREATE TABLE liskeban.worklist (
  ticket_id        bigint PRIMARY KEY,
  state            liskeban.ticket_state NOT NULL,
  tier             liskeban.tier,
  responsible_area liskeban.area_code,
  department       text,
  co_departments   text[] NOT NULL,
  priority         integer NOT NULL,
  resolve_due      timestamptz,
  next_alarm_at    timestamptz,
  own_alarm_at     timestamptz,
  subject_alarm_at timestamptz,
  area             liskeban.area_code,
  received_at      timestamptz,
  due              timestamptz,
  confidential     boolean,
  category         text
) WITH (fillfactor = 60);
CREATE INDEX worklist_next_alarm_at_idx ON liskeban.worklist (next_alarm_at, ticket_id);
CREATE INDEX worklist_responsible_area_idx ON liskeban.worklist (responsible_area);
CREATE INDEX worklist_department_idx ON liskeban.worklist (department);
CREATE INDEX worklist_area_idx ON liskeban.worklist (area);
CREATE INDEX worklist_co_departments_idx ON liskeban.worklist USING gin (co_departments) WHERE co_departments <> '{}';
COMMENT ON TABLE liskeban.worklist IS '在办清单 one narrow row for each open ticket; everything that is searched by and changes stands here (kept by the log)';
COMMENT ON COLUMN liskeban.worklist.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban.worklist.state IS '状态 as in ticket';
COMMENT ON COLUMN liskeban.worklist.tier IS '层级 as in ticket';
COMMENT ON COLUMN liskeban.worklist.responsible_area IS '承办区域 as in ticket';
COMMENT ON COLUMN liskeban.worklist.department IS '承办部门 as in ticket';
COMMENT ON COLUMN liskeban.worklist.co_departments IS '协办部门 as in ticket';
COMMENT ON COLUMN liskeban.worklist.priority IS '优先级 as in ticket';
COMMENT ON COLUMN liskeban.worklist.resolve_due IS '办结时限 as in ticket';
COMMENT ON COLUMN liskeban.worklist.next_alarm_at IS '下次告警时间 earliest level of a running clock that the sweep has not seen, its own or its subjects''; NULL none';
COMMENT ON COLUMN liskeban.worklist.own_alarm_at IS '自身告警时间 the same of the ticket''s own clocks alone';
COMMENT ON COLUMN liskeban.worklist.subject_alarm_at IS '对象告警时间 the same of its whistles, parties, supervisions and progress alone (liskeban.subject_clock)';
COMMENT ON COLUMN liskeban.worklist.area IS '所在区域 as in ticket';
COMMENT ON COLUMN liskeban.worklist.received_at IS '接收时间 as in ticket';
COMMENT ON COLUMN liskeban.worklist.due IS '办理时限 the due that it is measured by: resolve_due, of a hard ticket without a plan plan_due; NULL while suspended or resolved';
COMMENT ON COLUMN liskeban.worklist.confidential IS '保密 as in ticket: row security asks for it';
COMMENT ON COLUMN liskeban.worklist.category IS '事项 as in ticket: row security asks whether it is about staff';
