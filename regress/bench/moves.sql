-- What the row about transitions starts from: the tickets that there are, with their history and worklist, in the bare
-- tables as well. What liskeban makes of them comes later into bench.moved_event,
-- bench.moved_worklist and bench.moved_outbox.

\set ON_ERROR_STOP on
INSERT INTO bench_bare.ticket OVERRIDING SYSTEM VALUE SELECT * FROM liskeban.ticket ORDER BY ticket_id;
INSERT INTO bench_bare.ticket_event OVERRIDING SYSTEM VALUE SELECT * FROM liskeban.ticket_event ORDER BY ticket_id;
INSERT INTO bench_bare.worklist SELECT * FROM liskeban.worklist ORDER BY ticket_id;
CREATE TABLE bench.moved_event (LIKE liskeban.ticket_event);
CREATE TABLE bench.moved_worklist (LIKE liskeban.worklist);
CREATE TABLE bench.moved_outbox (ticket_id bigint, LIKE liskeban.outbox);
-- What copies of the database need not carry.
DROP TABLE bench.request, bench.made_ticket, bench.made_event, bench.made_worklist;
