-- Notifications out: a log that consumers read with a cursor each, not a queue.

CREATE TABLE liskeban.outbox (
  id      bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE),
  at      timestamptz NOT NULL,
  topic   text NOT NULL,
  payload jsonb NOT NULL,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);
