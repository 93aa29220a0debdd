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
  done_at        timestamptz,
  done_by        text,
  refused_at     timestamptz,
  refused_reason text,
  note           text,
  CONSTRAINT party_who_check CHECK (pg_catalog.num_nonnulls(department, area) = 1),
  CONSTRAINT party_role_check CHECK (role IN ('lead', 'co'))
);
CREATE INDEX party_ticket_id_idx ON liskeban.party (ticket_id);
