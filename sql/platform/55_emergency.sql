-- Emergencies: while one lasts, what it is about is completed within minutes, day and night. The guard of the ticket
-- (extension/emergency.c) enforces it; the sweep catches what was open when one begins that was declared ahead.

CREATE TABLE liskeban.emergency_kind (
  code       text PRIMARY KEY,
  name       text NOT NULL,
  name_en    text NOT NULL,
  retired_at timestamptz,
  CONSTRAINT emergency_kind_code_check CHECK (code ~ '^[a-z_]{1,32}$')
);
COMMENT ON TABLE liskeban.emergency_kind IS '应急类型 kinds of emergencies; an open list';
COMMENT ON COLUMN liskeban.emergency_kind.code IS '代码 key';
COMMENT ON COLUMN liskeban.emergency_kind.name IS '名称 name in Chinese';
COMMENT ON COLUMN liskeban.emergency_kind.name_en IS '英文名称 name in English';
COMMENT ON COLUMN liskeban.emergency_kind.retired_at IS '停用时间 since when none is declared any more; NULL in use';

CREATE TABLE liskeban.emergency_sla (
  kind     text NOT NULL REFERENCES liskeban.emergency_kind,
  category text NOT NULL REFERENCES liskeban.category,
  clock    liskeban.clock NOT NULL DEFAULT 'resolve',
  within   interval NOT NULL,
  PRIMARY KEY (kind, category, clock),
  CONSTRAINT emergency_sla_clock_check CHECK (clock = 'resolve'),
  CONSTRAINT emergency_sla_within_check CHECK (within > interval '0' AND extract(year FROM within) = 0 AND extract(month FROM within) = 0)
);
COMMENT ON TABLE liskeban.emergency_sla IS '应急时限 which categories an emergency of a kind catches, and within what time they are completed; of the whole emergency, also what it caught before';
COMMENT ON COLUMN liskeban.emergency_sla.kind IS '应急类型 kind of emergency';
COMMENT ON COLUMN liskeban.emergency_sla.category IS '事项 category that it catches';
COMMENT ON COLUMN liskeban.emergency_sla.clock IS '时钟 resolve: the time is one to completion';
COMMENT ON COLUMN liskeban.emergency_sla.within IS '时限 from the later of received_at and begins_at, by the calendar (1 day = 24 hours), without months or years';

CREATE TABLE liskeban.emergency (
  emergency_id bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  kind         text NOT NULL REFERENCES liskeban.emergency_kind,
  level        text NOT NULL,
  area         liskeban.area_code NOT NULL REFERENCES liskeban.area,
  begins_at    timestamptz NOT NULL,
  ends_at      timestamptz,
  declared_at  timestamptz NOT NULL,
  declared_by  text NOT NULL,
  ended_by     text,
  settled_at   timestamptz,
  CONSTRAINT emergency_level_check CHECK (level IN ('I', 'II', 'III', 'IV')),
  CONSTRAINT emergency_begins_at_check CHECK (begins_at > '-infinity' AND begins_at < 'infinity'),
  CONSTRAINT emergency_ends_at_check CHECK (ends_at >= begins_at AND ends_at < 'infinity')
);
CREATE INDEX emergency_settled_at_idx ON liskeban.emergency (begins_at) WHERE settled_at IS NULL;
COMMENT ON TABLE liskeban.emergency IS '应急响应 what was declared, where, from when to when; ended, never deleted';
COMMENT ON COLUMN liskeban.emergency.emergency_id IS '编号 key, in the district''s range';
COMMENT ON COLUMN liskeban.emergency.kind IS '应急类型 kind';
COMMENT ON COLUMN liskeban.emergency.level IS '响应等级 I 特别重大, II 重大, III 较大, IV 一般; may be changed while it lasts';
COMMENT ON COLUMN liskeban.emergency.area IS '区域 where: tickets there and below';
COMMENT ON COLUMN liskeban.emergency.begins_at IS '开始时间 from when, may lie ahead';
COMMENT ON COLUMN liskeban.emergency.ends_at IS '结束时间 until when, that instant excluded; NULL until it is ended; begins_at where it was called off before it began';
COMMENT ON COLUMN liskeban.emergency.declared_at IS '宣布时间 when it was declared (kept by the platform)';
COMMENT ON COLUMN liskeban.emergency.declared_by IS '宣布人 who declared it (kept by the platform)';
COMMENT ON COLUMN liskeban.emergency.ended_by IS '终止人 who ended it; NULL where it ended by itself (kept by the platform)';
COMMENT ON COLUMN liskeban.emergency.settled_at IS '收尾时间 when the sweep caught the last that was open while it lasted (kept by the platform)';
