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

CREATE TRIGGER zz_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.emergency
  FOR EACH ROW EXECUTE FUNCTION liskeban.emergency_guard();
CREATE TRIGGER zz_guard_truncate BEFORE TRUNCATE ON liskeban.emergency
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.emergency_guard();
ALTER TABLE liskeban.emergency ENABLE ALWAYS TRIGGER zz_guard;
ALTER TABLE liskeban.emergency ENABLE ALWAYS TRIGGER zz_guard_truncate;

-- A rule like others: it waits for the writers of tickets, is known at once, and catches what is open.
CREATE TRIGGER rule_lock BEFORE INSERT OR UPDATE OF kind, area, begins_at, ends_at ON liskeban.emergency
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.rule_lock();
CREATE TRIGGER registry_changed AFTER INSERT OR UPDATE OF kind, area, begins_at, ends_at ON liskeban.emergency
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.registry_changed();
CREATE TRIGGER rules_changed AFTER INSERT OR UPDATE OF kind, area, begins_at, ends_at ON liskeban.emergency
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.emergency_changed();
ALTER TABLE liskeban.emergency ENABLE ALWAYS TRIGGER rule_lock;
ALTER TABLE liskeban.emergency ENABLE ALWAYS TRIGGER registry_changed;
ALTER TABLE liskeban.emergency ENABLE ALWAYS TRIGGER rules_changed;
CREATE TRIGGER rule_lock BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.emergency_sla
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.rule_lock();
CREATE TRIGGER registry_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.emergency_sla
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.registry_changed();
CREATE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON liskeban.emergency_sla
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.emergency_changed();
ALTER TABLE liskeban.emergency_sla ENABLE ALWAYS TRIGGER rule_lock;
ALTER TABLE liskeban.emergency_sla ENABLE ALWAYS TRIGGER registry_changed;
ALTER TABLE liskeban.emergency_sla ENABLE ALWAYS TRIGGER rules_changed;

CREATE FUNCTION liskeban.declare_emergency(kind text, level text, area liskeban.area_code,
  begins_at timestamptz DEFAULT NULL, ends_at timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  id bigint;
BEGIN
  INSERT INTO liskeban.emergency AS e (kind, level, area, begins_at, ends_at)
  VALUES (declare_emergency.kind, declare_emergency.level, declare_emergency.area, declare_emergency.begins_at, declare_emergency.ends_at)
  RETURNING e.emergency_id INTO id;
  RETURN id;
END
$$;
COMMENT ON FUNCTION liskeban.declare_emergency(text, text, liskeban.area_code, timestamptz, timestamptz) IS '启动应急响应 declare an emergency of a kind and level (I to IV) for an area and what lies in it, from begins_at (NULL: now; may lie ahead) until ends_at (NULL: until end_emergency()). What emergency_sla says of the kind holds from then on, also for tickets that are open. Returns emergency_id. 23503 an unknown kind, or an area that is not in force; 22023 another level, an area outside the district; 23505 declared already; LK006 ends_at not after begins_at, or not ahead; 25001 outside READ COMMITTED; 42501 not a dispatcher''s or leader''s of the area';
REVOKE ALL ON FUNCTION liskeban.declare_emergency(text, text, liskeban.area_code, timestamptz, timestamptz) FROM PUBLIC;
