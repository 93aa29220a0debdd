-- The citizen's word: every answer, and every attempt to get one.

CREATE TABLE liskeban.feedback (
  feedback_id  bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  ticket_id    bigint NOT NULL,
  run          integer NOT NULL,
  at           timestamptz NOT NULL,
  recorded_by  text NOT NULL,
  channel      text,
  satisfaction liskeban.satisfaction NOT NULL,
  solved       boolean,
  comment      text,
  request_id   bigint
);
CREATE INDEX feedback_ticket_id_idx ON liskeban.feedback (ticket_id);
