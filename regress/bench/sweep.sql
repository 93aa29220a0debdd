-- What the row about the sweep starts from: open tickets of which some come due, behind a history of closed ones.
-- psql variables: open, due, history (how many).

\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION postgis;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');

-- History first, as time would have it, behind the guard's back: three events and an alarm each.
ALTER TABLE liskeban.ticket DISABLE TRIGGER USER;
ALTER TABLE liskeban.ticket_event DISABLE TRIGGER USER;
ALTER TABLE liskeban.alarm DISABLE TRIGGER USER;
INSERT INTO liskeban.ticket (received_at, reported_at, updated_at, closed_at, state, difficulty, placement, last_seq, ticket_no,
                             source, category, title, accept_due, respond_due, resolve_due, resolve_due_original, resolve_given)
SELECT t, t, t + interval '5 hours', t + interval '5 hours', 'closed', 'general', 'unknown', 3, 'bench-' || i,
       'hotline_12345', 'uncategorised', '历史工单' || i, t + interval '5 minutes', t + interval '15 minutes', t + interval '3 days',
       t + interval '3 days', '3 days'
  FROM (SELECT i, timestamptz '2026-03-01 00:00+08' - (:history - i) * interval '20 seconds' AS t FROM generate_series(1, :history) AS i) AS h;
INSERT INTO liskeban.ticket_event (ticket_id, at, recorded_at, seq, run, from_state, to_state, action, actor, login, detail, hash)
SELECT t.ticket_id, t.received_at, t.received_at, s.seq, 1, s.from_state::liskeban.ticket_state, s.to_state::liskeban.ticket_state,
       s.action, 'x', 'x', '{}', '\x00'
  FROM liskeban.ticket AS t,
       (VALUES (1, NULL, 'reported', 'report'), (2, 'reported', 'resolved', 'answer'), (3, 'resolved', 'closed', 'close'))
       AS s(seq, from_state, to_state, action);
INSERT INTO liskeban.alarm (ticket_id, at, fired_at, clock, level, run)
SELECT t.ticket_id, t.accept_due, t.accept_due, 'accept', 'red', 1 FROM liskeban.ticket AS t;
ALTER TABLE liskeban.ticket ENABLE ALWAYS TRIGGER zz_guard;
ALTER TABLE liskeban.ticket ENABLE ALWAYS TRIGGER log_insert;
ALTER TABLE liskeban.ticket_event ENABLE ALWAYS TRIGGER history_kept;
ALTER TABLE liskeban.alarm ENABLE ALWAYS TRIGGER history_kept;
ALTER TABLE liskeban.alarm ENABLE ALWAYS TRIGGER outbox_insert;

-- Of the due ones accept is yellow, red and half as late again at 10:00; the others came a moment ago.
SET liskeban.now = '2026-03-10 09:52+08';
INSERT INTO liskeban.ticket (source, category, title) SELECT 'hotline_12345', 'uncategorised', '到期' || i FROM generate_series(1, :due) AS i;
SET liskeban.now = '2026-03-10 10:00+08';
INSERT INTO liskeban.ticket (source, category, title) SELECT 'hotline_12345', 'uncategorised', '在办' || i FROM generate_series(1, :open - :due) AS i;
VACUUM (FREEZE, ANALYZE);
