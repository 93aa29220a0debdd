-- Joint handling: who else takes part in a ticket, by when, and who would not.

CREATE TABLE liskeban.party (
  party_id       bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  ticket_id      bigint NOT NULL,
  department     text REFERENCES liskeban.department,
  area           liskeban.area_code REFERENCES liskeban.area,
  role           text NOT NULL DEFAULT 'co',
  added_by       text NOT NULL,
  added_at       timestamptz NOT NULL,
  due            timestamptz,
  given_at       timestamptz NOT NULL,
  run            integer NOT NULL DEFAULT 1,
  done_at        timestamptz,
  done_by        text,
  refused_at     timestamptz,
  refused_by     text,
  refused_reason text,
  note           text,
  CONSTRAINT party_who_check CHECK (pg_catalog.num_nonnulls(department, area) = 1),
  CONSTRAINT party_role_check CHECK (role IN ('lead', 'co')),
  CONSTRAINT party_run_check CHECK (run > 0),
  CONSTRAINT party_done_check CHECK ((done_at IS NULL) = (done_by IS NULL)),
  CONSTRAINT party_refused_check CHECK (pg_catalog.num_nulls(refused_at, refused_by, refused_reason) IN (0, 3)),
  CONSTRAINT party_ended_check CHECK (done_at IS NULL OR refused_at IS NULL)
);
CREATE INDEX party_ticket_id_idx ON liskeban.party (ticket_id);
CREATE UNIQUE INDEX party_one_open ON liskeban.party (ticket_id, department, area) NULLS NOT DISTINCT
  WHERE role = 'co' AND done_at IS NULL AND refused_at IS NULL;
CREATE INDEX party_area_open_idx ON liskeban.party (area)
  WHERE area IS NOT NULL AND done_at IS NULL AND refused_at IS NULL;
CREATE UNIQUE INDEX party_one_lead ON liskeban.party (ticket_id) WHERE role = 'lead';
COMMENT ON TABLE liskeban.party IS '会办单位 who takes part in a ticket beside, or as, its lead; INSERT and UPDATE are the API, add_party() and party_done() stand on them';
COMMENT ON COLUMN liskeban.party.party_id IS '编号 six digits of the district × 10^9 + n';
COMMENT ON COLUMN liskeban.party.ticket_id IS '工单编号 the ticket; never changes';
COMMENT ON COLUMN liskeban.party.department IS '部门 the department that takes part; NULL for an area';
COMMENT ON COLUMN liskeban.party.area IS '区域 the area that takes part; NULL for a department';
COMMENT ON COLUMN liskeban.party.role IS '角色 co 会办, or lead 牵头: who holds the ticket, a row that the platform keeps from the first co party on';
COMMENT ON COLUMN liskeban.party.added_by IS '添加人 who added it (stamped)';
COMMENT ON COLUMN liskeban.party.added_at IS '添加时间 when (stamped)';
COMMENT ON COLUMN liskeban.party.due IS '时限 by when its part is to be done: the ticket''s own term unless given, else 3 days; NULL for the lead, and for a former holder, who assists without a term and holds nothing up';
COMMENT ON COLUMN liskeban.party.given_at IS '给定时间 when the present due was given, from which its levels are reckoned (maintained)';
COMMENT ON COLUMN liskeban.party.run IS '轮次 how often due was set, from 1 (maintained)';
COMMENT ON COLUMN liskeban.party.done_at IS '完成时间 when it had done its part (stamped, whatever is given)';
COMMENT ON COLUMN liskeban.party.done_by IS '完成人 who said so (stamped)';
COMMENT ON COLUMN liskeban.party.refused_at IS '拒绝时间 when it refused (stamped)';
COMMENT ON COLUMN liskeban.party.refused_by IS '拒绝人 who refused (stamped)';
COMMENT ON COLUMN liskeban.party.refused_reason IS '拒绝理由 why it does not take part; the desk insists by setting it to NULL';
COMMENT ON COLUMN liskeban.party.note IS '备注 what was said with the last step';

CREATE TRIGGER party_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.party
  FOR EACH ROW EXECUTE FUNCTION liskeban.party_guard();
CREATE TRIGGER party_guard_truncate BEFORE TRUNCATE ON liskeban.party
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.party_guard();
CREATE TRIGGER party_log_insert AFTER INSERT ON liskeban.party REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.party_log();
CREATE TRIGGER party_log_update AFTER UPDATE ON liskeban.party REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.party_log();
ALTER TABLE liskeban.party ENABLE ALWAYS TRIGGER party_guard;
ALTER TABLE liskeban.party ENABLE ALWAYS TRIGGER party_guard_truncate;
ALTER TABLE liskeban.party ENABLE ALWAYS TRIGGER party_log_insert;
ALTER TABLE liskeban.party ENABLE ALWAYS TRIGGER party_log_update;
