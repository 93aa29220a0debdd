-- The registry: what the platform knows of the district, its sources, departments, categories and people.
-- Rows are retired, never deleted; every change invalidates the caches of all backends (liskeban.registry_changed).

CREATE TABLE liskeban.platform (
  district          liskeban.area_code PRIMARY KEY,
  name              text NOT NULL,
  ticket_prefix     text NOT NULL,
  time_zone         text NOT NULL,
  version           text NOT NULL,
  database          name NOT NULL,
  system_identifier bigint NOT NULL,
  created_at        timestamptz NOT NULL,
  snap_distance     double precision NOT NULL DEFAULT 50,
  arrival_distance  double precision NOT NULL DEFAULT 200,
  reopen_within     interval NOT NULL DEFAULT '30 days',
  rework_floor      interval NOT NULL DEFAULT '1 day',
  rework_floor_hard interval NOT NULL DEFAULT '3 days',
  retention         interval NOT NULL DEFAULT '3 years',
  rules_event       bigint,
  rules_at          timestamptz,
  outbox_retention  interval NOT NULL DEFAULT '30 days',
  audit_retention   interval NOT NULL DEFAULT '183 days',
  history_span      interval NOT NULL DEFAULT '6 months',
  outbox_archived   boolean NOT NULL DEFAULT false,
  signal_retention  interval NOT NULL DEFAULT '30 days',
  small_count       integer NOT NULL DEFAULT 10,
  CONSTRAINT platform_district_check CHECK (liskeban.area_level(district) = 'district'),
  -- an unknown zone is an error of its own (22023)
  CONSTRAINT platform_time_zone_check CHECK ((timestamptz 'epoch' AT TIME ZONE time_zone) IS NOT NULL),
  CONSTRAINT platform_ticket_prefix_check CHECK (ticket_prefix ~ '^[0-9A-Za-z]{1,12}$'),
  CONSTRAINT platform_snap_distance_check CHECK (snap_distance >= 0 AND snap_distance <= 10000),
  CONSTRAINT platform_arrival_distance_check CHECK (arrival_distance >= 0 AND arrival_distance <= 100000),
  CONSTRAINT platform_reopen_within_check CHECK (reopen_within >= interval '0'),
  CONSTRAINT platform_rework_floor_check CHECK (rework_floor >= interval '0' AND extract(year FROM rework_floor) = 0 AND extract(month FROM rework_floor) = 0),
  CONSTRAINT platform_rework_floor_hard_check CHECK (rework_floor_hard >= interval '0' AND extract(year FROM rework_floor_hard) = 0 AND extract(month FROM rework_floor_hard) = 0),
  CONSTRAINT platform_retention_check CHECK (retention >= interval '183 days'),
  CONSTRAINT platform_outbox_retention_check CHECK (outbox_retention >= interval '0'),
  CONSTRAINT platform_audit_retention_check CHECK (audit_retention >= interval '183 days' AND extract(year FROM audit_retention) = 0 AND extract(month FROM audit_retention) = 0),
  CONSTRAINT platform_history_span_check CHECK (history_span >= interval '1 day'),
  CONSTRAINT platform_signal_retention_check CHECK (signal_retention >= interval '1 day'),
  CONSTRAINT platform_small_count_check CHECK (small_count >= 3)
);
CREATE UNIQUE INDEX platform_one_row ON liskeban.platform ((true));
COMMENT ON TABLE liskeban.platform IS '平台 the one row that says which district this database commands, and what is not a session''s matter';
COMMENT ON COLUMN liskeban.platform.district IS '区划代码 code of the district';
COMMENT ON COLUMN liskeban.platform.name IS '名称 name of the district';
COMMENT ON COLUMN liskeban.platform.ticket_prefix IS '工单号前缀 what every ticket_no begins with';
COMMENT ON COLUMN liskeban.platform.time_zone IS '时区 the zone in which days begin and shifts are kept, whatever the session says';
COMMENT ON COLUMN liskeban.platform.version IS '版本 version of the ordinary objects (tables, views, SQL functions)';
COMMENT ON COLUMN liskeban.platform.database IS '数据库 database that the jobs were adopted in';
COMMENT ON COLUMN liskeban.platform.system_identifier IS '集群标识 cluster (pg_control_system) that the jobs were adopted in';
COMMENT ON COLUMN liskeban.platform.created_at IS '建立时间 when create_platform() ran';
COMMENT ON COLUMN liskeban.platform.snap_distance IS '吸附距离 metres within which a point outside every area takes the nearest cell';
COMMENT ON COLUMN liskeban.platform.arrival_distance IS '到场距离 metres from the ticket within which a GPS fix proves arrival';
COMMENT ON COLUMN liskeban.platform.reopen_within IS '重办期限 how long after closed_at a ticket may be reopened';
COMMENT ON COLUMN liskeban.platform.rework_floor IS '返工时限下限 least time that a reworked simple or general ticket is given';
COMMENT ON COLUMN liskeban.platform.rework_floor_hard IS '疑难返工时限下限 least time that a reworked hard ticket is given';
COMMENT ON COLUMN liskeban.platform.retention IS '留存期 how long closed tickets keep personal data; at least 183 days';

COMMENT ON COLUMN liskeban.platform.outbox_retention IS '发件箱留存期 how long notifications that all have acknowledged are kept at least';
COMMENT ON COLUMN liskeban.platform.audit_retention IS '审计留存期 how long what happened, and who read what, stays in this database at least: 183 days or more (Cybersecurity Law, art. 21: six months), in days, and never lowered';
COMMENT ON COLUMN liskeban.platform.outbox_archived IS '发件箱归档 whether old entries of the outbox leave by liskeban_archive, which writes them into files first; else the job partitions drops them';
COMMENT ON COLUMN liskeban.platform.history_span IS '历史分区跨度 how long a partition of history is filled before cut_history() begins another: history is archived by whole partitions';
COMMENT ON COLUMN liskeban.platform.small_count IS '小数下限 fewer persons than this are shown to analysts in no cell of their own, but with the rest of the town or the district; 3 or more';
COMMENT ON COLUMN liskeban.platform.signal_retention IS '信号留存期 how long signals are kept at least (drop_hazard_signals); what they came to stays counted';
COMMENT ON COLUMN liskeban.platform.rules_event IS '规则变更点 last event_id when policy, calendar, shifts or a category last changed (kept by their triggers)';
COMMENT ON COLUMN liskeban.platform.rules_at IS '规则变更时间 when they last changed: dues that had passed by then did not move (kept by their triggers)';

CREATE TABLE liskeban.domain (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text NOT NULL,
  retired_at timestamptz
);
COMMENT ON TABLE liskeban.domain IS '领域 domains of the daily analysis; an open list';
COMMENT ON COLUMN liskeban.domain.code IS '代码 key';
COMMENT ON COLUMN liskeban.domain.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.domain.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.domain.retired_at IS '停用时间 when it was retired; NULL in force';

CREATE TABLE liskeban.network (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text NOT NULL,
  retired_at timestamptz
);
COMMENT ON TABLE liskeban.network IS '网络 the four networks on one grid: party, governance, service, safety';
COMMENT ON COLUMN liskeban.network.code IS '代码 key';
COMMENT ON COLUMN liskeban.network.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.network.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.network.retired_at IS '停用时间 when it was retired; NULL in force';

CREATE TABLE liskeban.reject_reason (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text NOT NULL,
  retired_at timestamptz
);
COMMENT ON TABLE liskeban.reject_reason IS '不予受理理由 why a demand is not taken on';
COMMENT ON COLUMN liskeban.reject_reason.code IS '代码 key';
COMMENT ON COLUMN liskeban.reject_reason.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.reject_reason.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.reject_reason.retired_at IS '停用时间 when it was retired; NULL in force';

CREATE TABLE liskeban.source_system (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text,
  kind       text NOT NULL DEFAULT 'other',
  heartbeat  interval,
  reads_back boolean NOT NULL DEFAULT false,
  retired_at timestamptz,
  CONSTRAINT source_system_code_check CHECK (code ~ '^[A-Za-z0-9_.-]{1,64}$'),
  CONSTRAINT source_system_heartbeat_check CHECK (heartbeat > interval '0')
);
COMMENT ON TABLE liskeban.source_system IS '来源系统 upstream systems that report into the platform';
COMMENT ON COLUMN liskeban.source_system.code IS '代码 key';
COMMENT ON COLUMN liskeban.source_system.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.source_system.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.source_system.kind IS '类别 hotline, grid, police, iot, web, …';
COMMENT ON COLUMN liskeban.source_system.heartbeat IS '心跳间隔 longest silence that is normal; NULL is never watched';
COMMENT ON COLUMN liskeban.source_system.reads_back IS '回传 whether it is told of each change of state of its tickets';
COMMENT ON COLUMN liskeban.source_system.retired_at IS '停用时间 when it was retired; NULL in force';

CREATE TABLE liskeban.indicator (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text NOT NULL,
  domain     text NOT NULL REFERENCES liskeban.domain,
  unit       text NOT NULL,
  direction  text NOT NULL DEFAULT 'lower_is_better',
  source     text REFERENCES liskeban.source_system,
  retired_at timestamptz,
  CONSTRAINT indicator_code_check CHECK (code ~ '^[a-z0-9_]{1,64}$'),
  CONSTRAINT indicator_direction_check CHECK (direction IN ('lower_is_better', 'higher_is_better', 'neither'))
);
COMMENT ON TABLE liskeban.indicator IS '指标 what is counted or measured by day and area, and is no ticket';
COMMENT ON COLUMN liskeban.indicator.code IS '代码 key';
COMMENT ON COLUMN liskeban.indicator.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.indicator.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.indicator.domain IS '领域 domain of the daily analysis';
COMMENT ON COLUMN liskeban.indicator.unit IS '单位 unit of its values, as it is printed';
COMMENT ON COLUMN liskeban.indicator.direction IS '方向 which way is better: lower_is_better, higher_is_better or neither';
COMMENT ON COLUMN liskeban.indicator.source IS '来源系统 the one source that reports it; NULL any';
COMMENT ON COLUMN liskeban.indicator.retired_at IS '停用时间 when it was retired; NULL in force';

CREATE TABLE liskeban.area (
  code       liskeban.area_code PRIMARY KEY,
  name       text NOT NULL,
  name_en    text,
  kind       text NOT NULL DEFAULT 'plain',
  geom       geometry(Geometry, 4490),
  valid_from timestamptz NOT NULL DEFAULT '-infinity',
  valid_to   timestamptz,
  CONSTRAINT area_kind_check CHECK (kind IN ('plain', 'dedicated')),
  CONSTRAINT area_valid_check CHECK (valid_to > valid_from)
);
COMMENT ON TABLE liskeban.area IS '区域 district, towns, villages, grids and microgrids with their outlines';
COMMENT ON COLUMN liskeban.area.code IS '区划代码 key; its segments name its parents';
COMMENT ON COLUMN liskeban.area.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.area.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.area.kind IS '类别 plain, or dedicated (专属网格: park, mall, school), which goes before a plain one of its level';
COMMENT ON COLUMN liskeban.area.geom IS '范围 polygon or multipolygon, CGCS2000 (EPSG:4490); NULL covers nothing';
COMMENT ON COLUMN liskeban.area.valid_from IS '启用时间 from when it is in force';
COMMENT ON COLUMN liskeban.area.valid_to IS '废止时间 until when it is in force; NULL in force';

CREATE TABLE liskeban.department (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text,
  level      text NOT NULL DEFAULT 'district',
  area       liskeban.area_code REFERENCES liskeban.area,
  parent     text REFERENCES liskeban.department,
  duty_phone text,
  retired_at timestamptz,
  CONSTRAINT department_level_check CHECK (level IN ('district', 'town'))
);
COMMENT ON TABLE liskeban.department IS '部门 departments of the district and offices of its towns';
COMMENT ON COLUMN liskeban.department.code IS '代码 key';
COMMENT ON COLUMN liskeban.department.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.department.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.department.level IS '层级 district or town';
COMMENT ON COLUMN liskeban.department.area IS '所属区域 the town of a town''s office; NULL for the district''s';
COMMENT ON COLUMN liskeban.department.parent IS '上级部门 the department above it';
COMMENT ON COLUMN liskeban.department.duty_phone IS '值班电话 phone that is always answered';
COMMENT ON COLUMN liskeban.department.retired_at IS '撤销时间 when it was retired; NULL in force';

CREATE TABLE liskeban.category (
  code           text PRIMARY KEY,
  name           text NOT NULL,
  name_en        text,
  domain         text NOT NULL REFERENCES liskeban.domain,
  difficulty     liskeban.difficulty NOT NULL DEFAULT 'general',
  lead           text NOT NULL DEFAULT 'village',
  department     text REFERENCES liskeban.department,
  on_site        boolean NOT NULL DEFAULT true,
  listed         boolean NOT NULL DEFAULT false,
  about_staff    boolean NOT NULL DEFAULT false,
  needs_photo    boolean NOT NULL DEFAULT false,
  steps          text[] NOT NULL DEFAULT '{}',
  reply_template text,
  words          text[] NOT NULL DEFAULT '{}',
  retired_at     timestamptz,
  CONSTRAINT category_code_check CHECK (code <> '' AND length(code) <= 200),
  CONSTRAINT category_lead_check CHECK (lead IN ('village', 'town', 'department')),
  CONSTRAINT category_department_check CHECK (lead <> 'department' OR department IS NOT NULL)
);
COMMENT ON TABLE liskeban.category IS '事项 kinds of matter, with who leads, how hard they are and what to do';
COMMENT ON COLUMN liskeban.category.code IS '代码 key';
COMMENT ON COLUMN liskeban.category.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.category.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.category.domain IS '领域 domain of the daily analysis';
COMMENT ON COLUMN liskeban.category.difficulty IS '难度 simple (1 day), general (3 days) or hard (plan and promise)';
COMMENT ON COLUMN liskeban.category.lead IS '牵头层级 who leads by default: village, town or department';
COMMENT ON COLUMN liskeban.category.department IS '主管部门 department that leads or advises';
COMMENT ON COLUMN liskeban.category.on_site IS '需到场 whether response means that someone is there';
COMMENT ON COLUMN liskeban.category.listed IS '清单事项 one of the listed matters (事项清单)';
COMMENT ON COLUMN liskeban.category.about_staff IS '涉及工作人员 whether it is about the unit that would handle it';
COMMENT ON COLUMN liskeban.category.needs_photo IS '需照片 whether resolving needs a photo of the result';
COMMENT ON COLUMN liskeban.category.steps IS '办理步骤 what to do, in order';
COMMENT ON COLUMN liskeban.category.reply_template IS '答复模板 text to begin a reply from';
COMMENT ON COLUMN liskeban.category.words IS '检索词 words by which a text is recognised';
COMMENT ON COLUMN liskeban.category.retired_at IS '停用时间 when it was retired; NULL in force';

CREATE TABLE liskeban.membership (
  membership_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  role_name     text NOT NULL,
  duty          text NOT NULL,
  area          liskeban.area_code REFERENCES liskeban.area,
  department    text REFERENCES liskeban.department,
  source        text REFERENCES liskeban.source_system,
  gateway       boolean NOT NULL DEFAULT false,
  retired_at    timestamptz,
  CONSTRAINT membership_role_name_check CHECK (role_name <> ''),
  CONSTRAINT membership_duty_check CHECK (duty IN ('admin', 'dispatcher', 'handler', 'source', 'analyst')),
  CONSTRAINT membership_source_check CHECK (source IS NULL OR duty = 'source')
);
CREATE UNIQUE INDEX membership_key ON liskeban.membership
  (role_name, duty, area, department, source, gateway) NULLS NOT DISTINCT WHERE retired_at IS NULL;
COMMENT ON TABLE liskeban.membership IS '岗位 who has which duty, and where';
COMMENT ON COLUMN liskeban.membership.membership_id IS '编号 key';
COMMENT ON COLUMN liskeban.membership.role_name IS '身份 a login role, or an identity that a gateway acts for (act_as)';
COMMENT ON COLUMN liskeban.membership.duty IS '职责 admin, dispatcher, handler, source or analyst';
COMMENT ON COLUMN liskeban.membership.area IS '区域 area within which the duty holds; NULL the whole district, unless a department is given';
COMMENT ON COLUMN liskeban.membership.department IS '部门 department for which the duty holds';
COMMENT ON COLUMN liskeban.membership.source IS '来源系统 source system for which a source reports; NULL any';
COMMENT ON COLUMN liskeban.membership.gateway IS '代办 true: no duty of its own, but the login may act for identities whose duties lie within this row';
COMMENT ON COLUMN liskeban.membership.retired_at IS '离岗时间 when the duty ended; NULL in force';

CREATE TABLE liskeban.official (
  official_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  role_name   text NOT NULL,
  name        text NOT NULL,
  title       text NOT NULL,
  tier        liskeban.tier NOT NULL,
  area        liskeban.area_code REFERENCES liskeban.area,
  department  text REFERENCES liskeban.department,
  portfolio   text[] NOT NULL DEFAULT '{}',
  retired_at  timestamptz
);
COMMENT ON TABLE liskeban.official IS '领导 leaders who sign, lead task forces and supervise';
COMMENT ON COLUMN liskeban.official.official_id IS '编号 key';
COMMENT ON COLUMN liskeban.official.role_name IS '身份 the identity as in membership';
COMMENT ON COLUMN liskeban.official.name IS '姓名 name';
COMMENT ON COLUMN liskeban.official.title IS '职务 title';
COMMENT ON COLUMN liskeban.official.tier IS '层级 the rung on which the official leads';
COMMENT ON COLUMN liskeban.official.area IS '区域 area the official answers for';
COMMENT ON COLUMN liskeban.official.department IS '部门 department the official heads';
COMMENT ON COLUMN liskeban.official.portfolio IS '分管 domains or categories in the official''s charge';
COMMENT ON COLUMN liskeban.official.retired_at IS '离任时间 when the office ended; NULL in office';

CREATE TABLE liskeban.duty (
  duty_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  area       liskeban.area_code REFERENCES liskeban.area,
  department text REFERENCES liskeban.department,
  person     text NOT NULL,
  phone      text,
  begins_at  timestamptz NOT NULL,
  ends_at    timestamptz,
  CONSTRAINT duty_for_check CHECK (pg_catalog.num_nonnulls(area, department) = 1),
  CONSTRAINT duty_ends_at_check CHECK (ends_at > begins_at)
);
CREATE INDEX duty_area_idx ON liskeban.duty (area, begins_at);
CREATE INDEX duty_department_idx ON liskeban.duty (department, begins_at);
COMMENT ON TABLE liskeban.duty IS '值班 who is on duty for an area or a department, and when';
COMMENT ON COLUMN liskeban.duty.duty_id IS '编号 key';
COMMENT ON COLUMN liskeban.duty.area IS '区域 the area whose desk it is';
COMMENT ON COLUMN liskeban.duty.department IS '部门 the department whose desk it is';
COMMENT ON COLUMN liskeban.duty.person IS '值班人 who is on duty';
COMMENT ON COLUMN liskeban.duty.phone IS '电话 phone of the desk';
COMMENT ON COLUMN liskeban.duty.begins_at IS '开始 from when';
COMMENT ON COLUMN liskeban.duty.ends_at IS '结束 until when; NULL until further notice';

CREATE TABLE liskeban.grid_member (
  grid_member_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  area           liskeban.area_code NOT NULL REFERENCES liskeban.area,
  network        text NOT NULL REFERENCES liskeban.network,
  person         text NOT NULL,
  phone          text,
  police         boolean NOT NULL DEFAULT false,
  begins_at      timestamptz NOT NULL,
  ends_at        timestamptz,
  CONSTRAINT grid_member_ends_at_check CHECK (ends_at > begins_at),
  -- nobody serves one cell twice at a time for one network: a code is a number of its own, a name has a digest of 64 bits
  CONSTRAINT grid_member_once EXCLUDE USING gist (
    int8range((area::text)::bigint, (area::text)::bigint, '[]') WITH &&,
    int8range(hashtextextended(person || ' ' || network, 0), hashtextextended(person || ' ' || network, 0), '[]') WITH &&,
    tstzrange(begins_at, ends_at) WITH &&)
);
CREATE INDEX grid_member_area_idx ON liskeban.grid_member (area, network);
COMMENT ON TABLE liskeban.grid_member IS '网格员 who serves on which cell, for which network';
COMMENT ON COLUMN liskeban.grid_member.grid_member_id IS '编号 key';
COMMENT ON COLUMN liskeban.grid_member.area IS '网格 the cell';
COMMENT ON COLUMN liskeban.grid_member.network IS '网络 party, governance, service or safety';
COMMENT ON COLUMN liskeban.grid_member.person IS '姓名 who serves';
COMMENT ON COLUMN liskeban.grid_member.phone IS '电话 phone';
COMMENT ON COLUMN liskeban.grid_member.police IS '民警 whether the member is a police officer (警网融合)';
COMMENT ON COLUMN liskeban.grid_member.begins_at IS '开始 from when';
COMMENT ON COLUMN liskeban.grid_member.ends_at IS '结束 until when; NULL until further notice';
