-- Directives, downwards: what the district wants of its areas and departments, signed, answered and done by each.

CREATE TABLE liskeban.directive (
  directive_id  bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  title         text NOT NULL,
  body          text,
  issued_by     text NOT NULL,
  issued_at     timestamptz NOT NULL,
  reply_due     timestamptz NOT NULL,
  expand        boolean NOT NULL DEFAULT true,
  revoked_at    timestamptz,
  revoked_by    text,
  revoke_reason text,
  CONSTRAINT directive_title_check CHECK (title <> ''),
  CONSTRAINT directive_reply_due_check CHECK (reply_due > issued_at),
  CONSTRAINT directive_revoked_check CHECK (pg_catalog.num_nulls(revoked_at, revoked_by, revoke_reason) IN (0, 3))
);
CREATE INDEX directive_issued_at_idx ON liskeban.directive (issued_at);
CREATE INDEX directive_issued_by_idx ON liskeban.directive (issued_by);
COMMENT ON TABLE liskeban.directive IS '指令 what the district, or a town, wants of those below it; revoked, never changed or deleted';
COMMENT ON COLUMN liskeban.directive.directive_id IS '编号 key, in the district''s range';
COMMENT ON COLUMN liskeban.directive.title IS '标题 what it is about';
COMMENT ON COLUMN liskeban.directive.body IS '内容 what is wanted';
COMMENT ON COLUMN liskeban.directive.issued_by IS '签发人 who issued it: whoever inserts it; an admin may name another';
COMMENT ON COLUMN liskeban.directive.issued_at IS '签发时间 when (kept by the platform)';
COMMENT ON COLUMN liskeban.directive.reply_due IS '回复时限 by when each receiver answers; one working day after issued_at unless given';
COMMENT ON COLUMN liskeban.directive.expand IS '是否下发至下一级 whether an area among its receivers stands for what lies in it one level down';
COMMENT ON COLUMN liskeban.directive.revoked_at IS '撤销时间 when it was revoked; NULL in force';
COMMENT ON COLUMN liskeban.directive.revoked_by IS '撤销人 who revoked it (kept by the platform)';
COMMENT ON COLUMN liskeban.directive.revoke_reason IS '撤销理由 why';

CREATE TABLE liskeban.directive_target (
  target_id    bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  directive_id bigint NOT NULL REFERENCES liskeban.directive,
  area         liskeban.area_code REFERENCES liskeban.area,
  department   text REFERENCES liskeban.department,
  within       liskeban.area_code REFERENCES liskeban.area,
  signed_at    timestamptz,
  signed_by    text,
  reply        text,
  replied_at   timestamptz,
  replied_by   text,
  done_at      timestamptz,
  done_by      text,
  note         text,
  CONSTRAINT directive_target_who_check CHECK (pg_catalog.num_nonnulls(area, department) = 1),
  CONSTRAINT directive_target_within_check CHECK (within IS NULL OR area OPERATOR(liskeban.<@) within),
  CONSTRAINT directive_target_signed_check CHECK (pg_catalog.num_nulls(signed_at, signed_by) IN (0, 2)),
  CONSTRAINT directive_target_replied_check CHECK (pg_catalog.num_nulls(reply, replied_at, replied_by) IN (0, 3)),
  CONSTRAINT directive_target_done_check CHECK (pg_catalog.num_nulls(done_at, done_by) IN (0, 2)),
  CONSTRAINT directive_target_order_check CHECK (signed_at <= replied_at AND replied_at <= done_at),
  CONSTRAINT directive_target_key UNIQUE NULLS NOT DISTINCT (directive_id, area, department)
);
CREATE INDEX directive_target_area_idx ON liskeban.directive_target (area);
CREATE INDEX directive_target_department_idx ON liskeban.directive_target (department);
COMMENT ON TABLE liskeban.directive_target IS '指令接收单位 one row for each receiver: an area inserted here becomes a row for each area in force one level below it, or stays itself where there is none (directive.expand)';
COMMENT ON COLUMN liskeban.directive_target.target_id IS '编号 key, in the district''s range';
COMMENT ON COLUMN liskeban.directive_target.directive_id IS '指令编号 the directive';
COMMENT ON COLUMN liskeban.directive_target.area IS '接收区域 the area that receives it, or';
COMMENT ON COLUMN liskeban.directive_target.department IS '接收部门 the department';
COMMENT ON COLUMN liskeban.directive_target.within IS '下发自 the area that was named and stood for this one; NULL where this one was named itself';
COMMENT ON COLUMN liskeban.directive_target.signed_at IS '签收时间 when it was signed for: whatever is given, the time it was';
COMMENT ON COLUMN liskeban.directive_target.signed_by IS '签收人 who signed (kept by the platform)';
COMMENT ON COLUMN liskeban.directive_target.reply IS '回复 the answer; it signs too';
COMMENT ON COLUMN liskeban.directive_target.replied_at IS '回复时间 when it was answered (kept by the platform)';
COMMENT ON COLUMN liskeban.directive_target.replied_by IS '回复人 who answered (kept by the platform)';
COMMENT ON COLUMN liskeban.directive_target.done_at IS '办结时间 when it was done: whatever is given, the time it was';
COMMENT ON COLUMN liskeban.directive_target.done_by IS '办结人 who said that it is done (kept by the platform)';
COMMENT ON COLUMN liskeban.directive_target.note IS '办结说明 what was done';

CREATE TRIGGER zz_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.directive
  FOR EACH ROW EXECUTE FUNCTION liskeban.directive_guard();
CREATE TRIGGER zz_guard_truncate BEFORE TRUNCATE ON liskeban.directive
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.directive_guard();
ALTER TABLE liskeban.directive ENABLE ALWAYS TRIGGER zz_guard;
ALTER TABLE liskeban.directive ENABLE ALWAYS TRIGGER zz_guard_truncate;
CREATE TRIGGER zz_guard BEFORE INSERT OR UPDATE OR DELETE ON liskeban.directive_target
  FOR EACH ROW EXECUTE FUNCTION liskeban.directive_target_guard();
CREATE TRIGGER zz_guard_truncate BEFORE TRUNCATE ON liskeban.directive_target
  FOR EACH STATEMENT EXECUTE FUNCTION liskeban.directive_target_guard();
ALTER TABLE liskeban.directive_target ENABLE ALWAYS TRIGGER zz_guard;
ALTER TABLE liskeban.directive_target ENABLE ALWAYS TRIGGER zz_guard_truncate;

-- Named functions over these tables, with no rule of their own.
CREATE FUNCTION liskeban.issue_directive(title text, body text, areas liskeban.area_code[] DEFAULT '{}',
  departments text[] DEFAULT '{}', reply_due timestamptz DEFAULT NULL, expand boolean DEFAULT true) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  id bigint;
BEGIN
  INSERT INTO liskeban.directive AS d (title, body, reply_due, expand)
  VALUES (issue_directive.title, issue_directive.body, issue_directive.reply_due, coalesce(issue_directive.expand, true))
  RETURNING d.directive_id INTO id;
  PERFORM liskeban._address_directive(id, issue_directive.areas, issue_directive.departments);
  RETURN id;
END
$$;
COMMENT ON FUNCTION liskeban.issue_directive(text, text, liskeban.area_code[], text[], timestamptz, boolean) IS '下达指令 issue a directive to areas and departments; an area stands for what lies in it one level down (a town for its villages) unless expand is false or nothing does. reply_due NULL: in one working day. Returns directive_id. LK002 no title, or nobody to receive it; LK006 reply_due not in the future; 23503 a receiver that is not registered or no longer in force; 42501 not a dispatcher''s or leader''s who directs every receiver';
REVOKE ALL ON FUNCTION liskeban.issue_directive(text, text, liskeban.area_code[], text[], timestamptz, boolean) FROM PUBLIC;

-- Who has not: a row for each receiver with something still to do.
CREATE VIEW liskeban.directive_pending WITH (security_invoker = true) AS
SELECT t.target_id, d.directive_id, d.title, d.issued_by, d.issued_at, d.reply_due, t.area, t.department,
       coalesce(a.name, p.name) AS receiver,
       CASE WHEN t.signed_at IS NULL THEN 'sign' WHEN t.replied_at IS NULL THEN 'reply' ELSE 'done' END AS waiting_for,
       t.signed_at, t.replied_at,
       CASE WHEN t.replied_at IS NULL
            THEN liskeban.clock_lamp(d.reply_due, liskeban.working_time_between(d.issued_at, d.reply_due, 'working_day'),
                                'working_day', liskeban.liskeban_now())
            ELSE 'green' END AS lamp
  FROM liskeban.directive_target AS t
  JOIN liskeban.directive AS d ON d.directive_id = t.directive_id
  LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) t.area
  LEFT JOIN liskeban.department AS p ON p.code = t.department
 WHERE d.revoked_at IS NULL AND t.done_at IS NULL;
COMMENT ON VIEW liskeban.directive_pending IS '待办指令 who has not signed, answered or done a directive in force: a row for each receiver';
COMMENT ON COLUMN liskeban.directive_pending.target_id IS '编号 key, as in directive_target';
COMMENT ON COLUMN liskeban.directive_pending.directive_id IS '指令编号 the directive';
COMMENT ON COLUMN liskeban.directive_pending.title IS '标题 what it is about';
COMMENT ON COLUMN liskeban.directive_pending.issued_by IS '签发人 who issued it';
COMMENT ON COLUMN liskeban.directive_pending.issued_at IS '签发时间 when';
COMMENT ON COLUMN liskeban.directive_pending.reply_due IS '回复时限 by when it is to be answered';
COMMENT ON COLUMN liskeban.directive_pending.area IS '接收区域 the area that received it, or';
COMMENT ON COLUMN liskeban.directive_pending.department IS '接收部门 the department';
COMMENT ON COLUMN liskeban.directive_pending.receiver IS '接收单位 its name';
COMMENT ON COLUMN liskeban.directive_pending.waiting_for IS '待办环节 sign, reply or done: what comes next';
COMMENT ON COLUMN liskeban.directive_pending.signed_at IS '签收时间 when it was signed for';
COMMENT ON COLUMN liskeban.directive_pending.replied_at IS '回复时间 when it was answered';
COMMENT ON COLUMN liskeban.directive_pending.lamp IS '亮灯 of the time to reply; green once it was answered';

CREATE VIEW liskeban.directive_status WITH (security_invoker = true) AS
SELECT d.directive_id, d.title, d.issued_by, d.issued_at, d.reply_due, d.revoked_at,
       count(t.target_id) AS receivers, count(t.signed_at) AS signed, count(t.replied_at) AS replied,
       count(t.done_at) AS done,
       count(t.target_id) FILTER (WHERE coalesce(t.replied_at, d.revoked_at, liskeban.liskeban_now()) > d.reply_due) AS late
  FROM liskeban.directive AS d LEFT JOIN liskeban.directive_target AS t ON t.directive_id = d.directive_id
 GROUP BY d.directive_id;
COMMENT ON VIEW liskeban.directive_status IS '指令进度 each directive, and how many of its receivers have signed, answered and done it';
COMMENT ON COLUMN liskeban.directive_status.directive_id IS '指令编号 key';
COMMENT ON COLUMN liskeban.directive_status.title IS '标题 what it is about';
COMMENT ON COLUMN liskeban.directive_status.issued_by IS '签发人 who issued it';
COMMENT ON COLUMN liskeban.directive_status.issued_at IS '签发时间 when';
COMMENT ON COLUMN liskeban.directive_status.reply_due IS '回复时限 by when it is to be answered';
COMMENT ON COLUMN liskeban.directive_status.revoked_at IS '撤销时间 when it was revoked; NULL in force';
COMMENT ON COLUMN liskeban.directive_status.receivers IS '接收数 how many receive it';
COMMENT ON COLUMN liskeban.directive_status.signed IS '签收数 how many signed for it';
COMMENT ON COLUMN liskeban.directive_status.replied IS '回复数 how many answered';
COMMENT ON COLUMN liskeban.directive_status.done IS '办结数 how many have done it';
COMMENT ON COLUMN liskeban.directive_status.late IS '逾期数 how many answered after reply_due, or have not by now';
