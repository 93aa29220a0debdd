-- What stat_daily and flow() must say, from ticket_event alone, event by event in plain SQL: nothing of the roll-up's own
-- code is used. Events that a later one reverts are left out; a ticket is counted where its last events leave it.

-- One row for each event that stands, with the state before it, and what was known before and after it.
CREATE TABLE roll_up_story (ticket_id bigint, seq integer, at timestamptz, day date, action text, before text, after text,
  known_before jsonb, known jsonb, PRIMARY KEY (ticket_id, seq));

-- Tells the story of every ticket anew, from the events up to that id.
CREATE FUNCTION roll_up_replay(up_to bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  zone constant text := (SELECT p.time_zone FROM liskeban.platform p);
  e record;
  ticket bigint;
  state text;
  after text;
  known jsonb;
  known_before jsonb;
BEGIN
  DELETE FROM roll_up_story;
  FOR e IN
    WITH undone AS (
      SELECT r.ticket_id, (CASE jsonb_typeof(r.detail -> 'reverts') WHEN 'array' THEN r.detail #>> '{reverts,1}' ELSE r.detail ->> 'reverts' END)::integer AS seq
      FROM liskeban.ticket_event r WHERE r.event_id <= up_to AND r.detail ? 'reverts')
    SELECT v.* FROM liskeban.ticket_event v LEFT JOIN undone u ON u.ticket_id = v.ticket_id AND u.seq = v.seq
    WHERE v.event_id <= up_to AND u.seq IS NULL ORDER BY v.ticket_id, v.seq
  LOOP
    IF ticket IS DISTINCT FROM e.ticket_id THEN
      ticket := e.ticket_id;
      state := NULL;
      known := '{}';
    END IF;
    known_before := known;
    known := jsonb_strip_nulls(known || coalesce((SELECT jsonb_object_agg(d.key, d.value -> 1) FROM jsonb_each(e.detail) d
                                                  WHERE jsonb_typeof(d.value) = 'array'), '{}'));
    -- what does not move it leaves its state alone, also between a move and its undoing
    after := CASE WHEN e.from_state IS DISTINCT FROM e.to_state THEN e.to_state::text ELSE state END;
    INSERT INTO roll_up_story VALUES (ticket, e.seq, e.at, (e.at AT TIME ZONE zone)::date, e.action, state, after, known_before, known);
    state := after;
  END LOOP;
  ANALYZE roll_up_story;
END
$$;

-- The due that resolving is held to.
CREATE FUNCTION roll_up_due(known jsonb) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT coalesce(known ->> 'resolve_due', CASE WHEN known ->> 'difficulty' = 'hard' THEN known ->> 'plan_due' END)::timestamptz
$$;

CREATE VIEW roll_up_replay_stat (day, area, category, source, kind, received, accepted, dispatched, redispatched, returned, suspended, resolved, resolved_late,
  reworked, closed, reopened, rejected, withdrawn, merged, unmerged, opened, ended) AS
  WITH cell AS (SELECT DISTINCT ON (s.ticket_id) s.ticket_id, s.known FROM roll_up_story s ORDER BY s.ticket_id, s.seq DESC)
  SELECT s.day, (c.known ->> 'area')::liskeban.area_code, c.known ->> 'category', c.known ->> 'source',
         (c.known ->> 'kind')::liskeban.ticket_kind,
         count(*) FILTER (WHERE s.before IS NULL),
         count(*) FILTER (WHERE s.after = 'accepted' AND s.before IN ('reported', 'rejected')),
         count(*) FILTER (WHERE s.after = 'dispatched' AND s.before = 'accepted'),
         count(*) FILTER (WHERE s.action = 'redispatch'),
         count(*) FILTER (WHERE s.action = 'return'),
         count(*) FILTER (WHERE s.after = 'suspended' AND s.before <> 'suspended'),
         count(*) FILTER (WHERE s.after = 'resolved' AND s.before <> 'resolved'),
         count(*) FILTER (WHERE s.after = 'resolved' AND s.before <> 'resolved' AND s.at > roll_up_due(s.known_before)),
         count(*) FILTER (WHERE s.after = 'dispatched' AND s.before = 'resolved'),
         count(*) FILTER (WHERE s.after = 'closed' AND s.before <> 'closed'),
         count(*) FILTER (WHERE s.after = 'dispatched' AND s.before = 'closed'),
         count(*) FILTER (WHERE s.after = 'rejected' AND s.before <> 'rejected'),
         count(*) FILTER (WHERE s.after = 'withdrawn' AND s.before <> 'withdrawn'),
         count(*) FILTER (WHERE s.after = 'merged' AND s.before <> 'merged'),
         count(*) FILTER (WHERE s.after = 'accepted' AND s.before = 'merged'),
         count(*) FILTER (WHERE s.after <> ALL (f.final) AND (s.before IS NULL OR s.before = ANY (f.final))),
         count(*) FILTER (WHERE s.after = ANY (f.final) AND s.before <> ALL (f.final))
  FROM roll_up_story s
  JOIN cell c ON c.ticket_id = s.ticket_id
  CROSS JOIN (VALUES ('{closed,rejected,withdrawn,merged}'::text[])) f(final)
  WHERE NOT c.known ? 'parent_id'
  GROUP BY 1, 2, 3, 4, 5;

-- Where stat_daily is not what the replay of the events up to its last says; nothing when it is.
CREATE FUNCTION roll_up_difference() RETURNS TABLE (side text, line text) LANGUAGE sql STABLE AS $$
  WITH kept AS MATERIALIZED (SELECT s::text AS line FROM liskeban.stat_daily s),
       -- a row without a count is no row
       replayed AS MATERIALIZED (SELECT r::text AS line FROM roll_up_replay_stat r WHERE r::text !~ '(,0){17}[)]$')
  (SELECT 'kept', d.line FROM (SELECT line FROM kept EXCEPT ALL SELECT line FROM replayed) d)
  UNION ALL
  (SELECT 'replayed', d.line FROM (SELECT line FROM replayed EXCEPT ALL SELECT line FROM kept) d)
  ORDER BY 2, 1
$$;

-- flow() of days that have ended, day by day: each demand as its last event before the day's end left it.
CREATE FUNCTION roll_up_replay_flow(from_day date, to_day date)
RETURNS TABLE (day date, received bigint, resolved bigint, closed bigint, open_end bigint, overdue_open bigint,
  open_1 bigint, open_3 bigint, open_7 bigint, open_30 bigint, open_over_30 bigint)
LANGUAGE sql STABLE AS $$
  WITH story AS (
    SELECT s.*, t.received_at FROM roll_up_story s JOIN liskeban.ticket t ON t.ticket_id = s.ticket_id
    WHERE t.kind = 'demand' AND t.parent_id IS NULL
  ), zone AS (SELECT p.time_zone FROM liskeban.platform p),
  days AS (SELECT from_day + n AS day, (from_day + n + 1)::timestamp AT TIME ZONE z.time_zone AS ends
           FROM zone z, generate_series(0, to_day - from_day) n),
  at_end AS (
    SELECT DISTINCT ON (d.day, s.ticket_id) d.day, d.ends, s.ticket_id, s.after, s.known,
           d.ends - s.received_at AS age
    FROM days d JOIN story s ON s.at < d.ends
    ORDER BY d.day, s.ticket_id, s.seq DESC
  ), open AS (
    SELECT a.*, roll_up_due(a.known) AS due
    FROM at_end a WHERE a.after NOT IN ('closed', 'rejected', 'withdrawn', 'merged')
  )
  SELECT d.day, f.received, f.resolved, f.closed, o.*
  FROM days d
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE s.before IS NULL) AS received,
           count(*) FILTER (WHERE s.after = 'resolved' AND s.before <> 'resolved') AS resolved,
           count(*) FILTER (WHERE s.after = 'closed' AND s.before <> 'closed') AS closed
    FROM story s WHERE s.day = d.day) f
  CROSS JOIN LATERAL (
    SELECT count(*), count(*) FILTER (WHERE o.after NOT IN ('resolved', 'suspended') AND o.due < o.ends),
           count(*) FILTER (WHERE o.age <= interval '24 hours'),
           count(*) FILTER (WHERE o.age > interval '24 hours' AND o.age <= interval '72 hours'),
           count(*) FILTER (WHERE o.age > interval '72 hours' AND o.age <= interval '168 hours'),
           count(*) FILTER (WHERE o.age > interval '168 hours' AND o.age <= interval '720 hours'),
           count(*) FILTER (WHERE o.age > interval '720 hours')
    FROM open o WHERE o.day = d.day) o
  ORDER BY d.day
$$;
