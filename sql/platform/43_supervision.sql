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
  struck_at      timestamptz,
  struck_by      text,
  note           text,
  CONSTRAINT supervision_kind_check CHECK (kind IN ('urge', 'order', 'notice'))
);
CREATE INDEX supervision_ticket_id_idx ON liskeban.supervision (ticket_id);
