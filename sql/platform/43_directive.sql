-- Directives, downwards: what the district wants of its areas and departments, signed, answered and done by each.

CREATE TABLE liskeban.directive (
  directive_id bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  title        text NOT NULL,
  body         text,
  issued_by    text NOT NULL,
  issued_at    timestamptz NOT NULL,
  reply_due    timestamptz,
  revoked_at   timestamptz,
  CONSTRAINT directive_title_check CHECK (title <> '')
);

CREATE TABLE liskeban.directive_target (
  target_id    bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  directive_id bigint NOT NULL REFERENCES liskeban.directive,
  area         liskeban.area_code REFERENCES liskeban.area,
  department   text REFERENCES liskeban.department,
  signed_at    timestamptz,
  signed_by    text,
  reply        text,
  replied_at   timestamptz,
  done_at      timestamptz,
  CONSTRAINT directive_target_who_check CHECK (pg_catalog.num_nonnulls(area, department) = 1),
  CONSTRAINT directive_target_key UNIQUE NULLS NOT DISTINCT (directive_id, area, department)
);
