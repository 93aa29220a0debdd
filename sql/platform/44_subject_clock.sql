-- The clocks of what hangs on a ticket: whistles, parties, progress, supervisions. The sweep reads them here.

CREATE VIEW liskeban.subject_clock WITH (security_invoker) AS
SELECT w.ticket_id, 'sign'::liskeban.clock AS clock, w.whistle_id AS subject, 1 AS run, w.raised_at AS begins_at,
       w.sign_due AS due, 'calendar'::liskeban.time_basis AS basis
  FROM liskeban.whistle AS w WHERE w.ended_at IS NULL AND w.signed_at IS NULL
UNION ALL
SELECT w.ticket_id, 'handle', w.whistle_id, 1, LEAST(w.signed_at, w.sign_due), w.handle_due,
       COALESCE((SELECT e.basis FROM liskeban.escalation_policy AS e WHERE e.tier = w.to_tier), 'working_day')
  FROM liskeban.whistle AS w WHERE w.ended_at IS NULL
UNION ALL
SELECT p.ticket_id, 'party', p.party_id, p.run, p.given_at, p.due, 'calendar'
  FROM liskeban.party AS p WHERE p.role = 'co' AND p.due IS NOT NULL AND p.done_at IS NULL AND p.refused_at IS NULL
UNION ALL
SELECT g.ticket_id, 'progress', g.progress_id, 1, g.opened_at, g.due, 'calendar'
  FROM liskeban.progress AS g WHERE g.ended_at IS NULL
UNION ALL
SELECT s.ticket_id, 'reply', s.supervision_id, 1, s.issued_at, s.reply_due, s.basis
  FROM liskeban.supervision AS s
 WHERE s.ticket_id IS NOT NULL AND s.reply_due IS NOT NULL AND s.replied_at IS NULL AND s.struck_at IS NULL
UNION ALL
SELECT NULL, 'reply', t.target_id, 1, d.issued_at, d.reply_due, 'working_day'
  FROM liskeban.directive_target AS t JOIN liskeban.directive AS d USING (directive_id)
 WHERE d.reply_due IS NOT NULL AND d.revoked_at IS NULL AND t.replied_at IS NULL;
COMMENT ON VIEW liskeban.subject_clock IS '对象时钟 running clocks of whistles (sign, handle), parties, progress, supervisions and directives (reply; ticket_id NULL): from when, until when, on which basis';
COMMENT ON COLUMN liskeban.subject_clock.ticket_id IS '工单编号 the ticket; NULL for a directive';
COMMENT ON COLUMN liskeban.subject_clock.clock IS '时钟 sign, handle, party, progress or reply';
COMMENT ON COLUMN liskeban.subject_clock.subject IS '对象 whistle_id, party_id, progress_id, supervision_id or target_id, as in alarm';
COMMENT ON COLUMN liskeban.subject_clock.run IS '轮次 how often the clock had been set, from 1';
COMMENT ON COLUMN liskeban.subject_clock.begins_at IS '开始 from when the time given is reckoned';
COMMENT ON COLUMN liskeban.subject_clock.due IS '时限 when it is due';
COMMENT ON COLUMN liskeban.subject_clock.basis IS '计时方式 basis in which its levels are reckoned';

-- Before a row of these changes, what its clocks say by then fires; then the worklist follows.
DO $$
DECLARE
  hangs_on text;
BEGIN
  FOREACH hangs_on IN ARRAY '{whistle,party,progress,supervision}'::text[] LOOP
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER subject_settle BEFORE UPDATE OR DELETE ON liskeban.%I '
                              'FOR EACH ROW EXECUTE FUNCTION liskeban.subject_settle()', hangs_on);
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER subject_insert AFTER INSERT ON liskeban.%I REFERENCING NEW TABLE AS changed_rows '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.subject_changed()', hangs_on);
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER subject_update AFTER UPDATE ON liskeban.%I REFERENCING NEW TABLE AS changed_rows '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.subject_changed()', hangs_on);
    EXECUTE pg_catalog.format('CREATE OR REPLACE TRIGGER subject_delete AFTER DELETE ON liskeban.%I REFERENCING OLD TABLE AS changed_rows '
                              'FOR EACH STATEMENT EXECUTE FUNCTION liskeban.subject_changed()', hangs_on);
    EXECUTE pg_catalog.format('ALTER TABLE liskeban.%1$I ENABLE ALWAYS TRIGGER subject_settle, ENABLE ALWAYS TRIGGER subject_insert, '
                              'ENABLE ALWAYS TRIGGER subject_update, ENABLE ALWAYS TRIGGER subject_delete', hangs_on);
  END LOOP;
END
$$;

-- By whose rules whistles, and what the platform itself orders, are due. What a person told another to answer by stays as told:
-- directives, and supervisions by hand.
CREATE FUNCTION liskeban._ruled_dues() RETURNS TABLE (ticket_id bigint, clock liskeban.clock, subject bigint, due timestamptz, ruled timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT w.ticket_id, d.clock, w.whistle_id, d.due, d.ruled
    FROM liskeban.whistle AS w
    JOIN liskeban.escalation_policy AS e ON e.tier = w.to_tier
   CROSS JOIN (SELECT liskeban.liskeban_now() AS now OFFSET 0) AS n
   CROSS JOIN LATERAL (SELECT CASE WHEN w.signed_at IS NULL AND w.sign_due > n.now
                                   THEN liskeban.add_working_time(w.raised_at, e.sign_within, 'calendar') ELSE w.sign_due END AS sign) AS s
   CROSS JOIN LATERAL (VALUES ('sign'::liskeban.clock, w.sign_due, s.sign),
                              ('handle', w.handle_due, CASE WHEN w.handle_due > n.now THEN
                                 liskeban.add_working_time(LEAST(w.signed_at, s.sign), e.handle_within, e.basis) ELSE w.handle_due END)) AS d(clock, due, ruled)
   WHERE w.ended_at IS NULL
  UNION ALL
  SELECT s.ticket_id, 'reply'::liskeban.clock, s.supervision_id, s.reply_due, liskeban.add_working_time(s.issued_at, p.reply_within, s.basis)
    FROM liskeban.supervision AS s
    JOIN liskeban.supervision_policy AS p ON p.clock = s.clock AND p.level = s.level
   WHERE s.reply_due > liskeban.liskeban_now() AND s.replied_at IS NULL AND s.struck_at IS NULL AND p.reply_within IS NOT NULL
$$;
COMMENT ON FUNCTION liskeban._ruled_dues() IS 'dues of open whistles and of the platform''s own supervisions, as they stand and as the rules of now give them; what has passed stands';
REVOKE ALL ON FUNCTION liskeban._ruled_dues() FROM PUBLIC;
