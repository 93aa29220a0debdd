-- Progress of a plan: a row for each report that is due while a ticket is planned.

CREATE TABLE liskeban.progress (
  progress_id bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  ticket_id   bigint NOT NULL,
  opened_at   timestamptz NOT NULL,
  due         timestamptz NOT NULL,
  ended_at    timestamptz,
  reported_at timestamptz,
  reported_by text,
  percent     integer,
  note        text,
  CONSTRAINT progress_percent_check CHECK (percent BETWEEN 0 AND 100)
);
CREATE INDEX progress_ticket_id_idx ON liskeban.progress (ticket_id);
CREATE UNIQUE INDEX progress_one_open ON liskeban.progress (ticket_id) WHERE ended_at IS NULL;
