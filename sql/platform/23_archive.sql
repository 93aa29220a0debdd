-- What of history has been archived: which tickets' events and alarms have left, what their seals need, and what the
-- figures of days had of them. liskeban_archive writes the files; 86_archive.sql lets the rows go and takes them back.
--
-- The ticket stays. Where its events were, an empty partition stands that takes no others. Figures of days that were
-- rolled up stay as they are; whoever asks history itself for what has left is told so (55000).

CREATE TABLE liskeban.archive (
  archive_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name           text NOT NULL,
  first_ticket   bigint NOT NULL,
  last_ticket    bigint NOT NULL,
  tickets        bigint NOT NULL,
  events         bigint NOT NULL,
  alarms         bigint NOT NULL,
  first_event_id bigint NOT NULL,
  last_event_id  bigint NOT NULL,
  digest         bytea NOT NULL,
  seal_id        bigint NOT NULL,
  root           bytea NOT NULL,
  received       tstzrange NOT NULL,
  whistled       tstzrange NOT NULL,
  archived_at    timestamptz NOT NULL,
  archived_by    text NOT NULL,
  restored_at    timestamptz,
  CONSTRAINT archive_range_check CHECK (first_ticket <= last_ticket),
  CONSTRAINT archive_digest_check CHECK (length(digest) = 32),
  CONSTRAINT archive_range_excl EXCLUDE USING gist (int8range(first_ticket, last_ticket, '[]') WITH &&) WHERE (restored_at IS NULL)
);
COMMENT ON TABLE liskeban.archive IS '归档 each range of tickets whose history left for a file (kept by liskeban_archive)';
COMMENT ON COLUMN liskeban.archive.archive_id IS '编号 key';
COMMENT ON COLUMN liskeban.archive.name IS '名称 of the folder that it was written into';
COMMENT ON COLUMN liskeban.archive.first_ticket IS '起始工单 first ticket_id of the range';
COMMENT ON COLUMN liskeban.archive.last_ticket IS '截止工单 last ticket_id of the range; numbers in it may be unused';
COMMENT ON COLUMN liskeban.archive.tickets IS '工单数 tickets of the range, which stay in liskeban.ticket';
COMMENT ON COLUMN liskeban.archive.events IS '事件数 their events';
COMMENT ON COLUMN liskeban.archive.alarms IS '告警数 their alarms';
COMMENT ON COLUMN liskeban.archive.first_event_id IS '起始事件编号 the least event_id of those';
COMMENT ON COLUMN liskeban.archive.last_event_id IS '截止事件编号 the greatest';
COMMENT ON COLUMN liskeban.archive.digest IS '摘要 SHA-256 of, for each thousand event_ids in order, the SHA-256 of the hashes of the events in the order of event_id';
COMMENT ON COLUMN liskeban.archive.seal_id IS '封存编号 the last seal that has one of the events';
COMMENT ON COLUMN liskeban.archive.root IS '根摘要 the root of that seal, as it was then';
COMMENT ON COLUMN liskeban.archive.received IS '受理时间 from the first to the last time at which a ticket of the range, or one that a ticket of the range was merged into, was received';
COMMENT ON COLUMN liskeban.archive.whistled IS '吹哨时间 from the first to the last whistle in the range; empty where none was blown';
COMMENT ON COLUMN liskeban.archive.archived_at IS '归档时间 when the rows left';
COMMENT ON COLUMN liskeban.archive.archived_by IS '归档人 whose program let them go';
COMMENT ON COLUMN liskeban.archive.restored_at IS '恢复时间 when the rows were put back; NULL while they are away';

CREATE TABLE liskeban.archived_seal (
  archive_id bigint NOT NULL REFERENCES liskeban.archive,
  seal_id    bigint NOT NULL,
  events     bigint NOT NULL,
  hashes     bytea,
  PRIMARY KEY (seal_id, archive_id)
);
ALTER TABLE liskeban.archived_seal ALTER hashes SET STORAGE EXTERNAL;
COMMENT ON TABLE liskeban.archived_seal IS '归档封存 what a seal needs of events that have left, so that it still proves those that have not';
COMMENT ON COLUMN liskeban.archived_seal.archive_id IS '归档编号 the archive that has the events';
COMMENT ON COLUMN liskeban.archived_seal.seal_id IS '封存编号 the seal that they are in';
COMMENT ON COLUMN liskeban.archived_seal.events IS '事件数 how many of its events';
COMMENT ON COLUMN liskeban.archived_seal.hashes IS '摘要 52 bytes an event, in the order of event_id: event_id, ticket_id (8 each) and seq (4), big-endian, and its hash; NULL where all of the seal''s events are in this archive, and its root is what remains of them';

CREATE TABLE liskeban.archived_day (
  archive_id bigint NOT NULL REFERENCES liskeban.archive,
  LIKE liskeban._day_change INCLUDING COMMENTS
);
CREATE INDEX archived_day_archive_id_idx ON liskeban.archived_day (archive_id);
COMMENT ON TABLE liskeban.archived_day IS '归档日数 what the figures of days have of events that have left: stat_daily and flow_daily are these and what the events that are here add up to';
COMMENT ON COLUMN liskeban.archived_day.archive_id IS '归档编号 the archive that has the events';

CREATE FUNCTION liskeban._is_archived(of_ticket bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM liskeban.archive AS a WHERE a.restored_at IS NULL AND of_ticket BETWEEN a.first_ticket AND a.last_ticket)
$$;
COMMENT ON FUNCTION liskeban._is_archived(bigint) IS 'whether the history of a ticket has been archived';
REVOKE ALL ON FUNCTION liskeban._is_archived(bigint) FROM PUBLIC;
