-- What the catalog of a platform must not have: rule and object, nothing when all is well. Rights stand in privileges.sql.
WITH own(oid) AS (VALUES ('liskeban'::regnamespace), ('liskeban_report'::regnamespace)),
routine AS (
  SELECT p.*, l.lanname, EXISTS (SELECT FROM pg_depend AS d WHERE (d.classid, d.objid, d.deptype) = ('pg_proc'::regclass, p.oid, 'e')) AS member
    FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang WHERE p.pronamespace IN (SELECT oid FROM own)
), relation AS (
  SELECT c.* FROM pg_class AS c WHERE c.relnamespace IN (SELECT oid FROM own) AND NOT c.relispartition
), reads AS (
  -- what a view reads, itself and through others
  SELECT DISTINCT r.ev_class AS viewer, d.refobjid AS read, d.refobjsubid AS attnum
    FROM pg_rewrite AS r JOIN pg_depend AS d ON (d.classid, d.objid, d.refclassid) = ('pg_rewrite'::regclass, r.oid, 'pg_class'::regclass)
   WHERE d.refobjid <> r.ev_class
), personal AS (
  SELECT format('liskeban.%I', p.relation)::regclass AS relid, p."column" FROM liskeban._personal_text() AS p
  UNION ALL
  SELECT r.relid, n FROM unnest('{liskeban.reporter,liskeban.clue_reporter}'::regclass[]) AS r(relid), unnest('{name,phone,phone_hash}'::text[]) AS n
), written AS (
  -- what people write into what hangs on a ticket, or what they might
  SELECT a.attrelid::regclass AS relid, a.attname, col_description(a.attrelid, a.attnum) AS comment
    FROM pg_attribute AS a JOIN relation AS c ON c.oid = a.attrelid
   WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid IN ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype)
     AND (EXISTS (SELECT FROM pg_attribute AS t WHERE t.attrelid = c.oid AND t.attname = 'ticket_id') OR col_description(a.attrelid, a.attnum) ~ 'personal data')
)
SELECT 'a member is SECURITY DEFINER' AS rule, p.oid::regprocedure::text AS object FROM routine AS p WHERE p.member AND p.prosecdef
UNION ALL
SELECT 'a definer belongs to another than the owner', p.oid::regprocedure::text FROM routine AS p
 WHERE p.prosecdef AND p.proowner <> 'liskeban_owner'::regrole
UNION ALL
-- what commits can have no path: its names are all written out
SELECT 'no fixed path with pg_temp last', p.oid::regprocedure::text FROM routine AS p
 WHERE (p.lanname = 'plpgsql' OR p.prosecdef) AND p.oid NOT IN ('liskeban.run_job(text)'::regprocedure, 'liskeban.run_missed_jobs()'::regprocedure)
   AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS s WHERE s ~ '^search_path=pg_catalog, (public, )?pg_temp$')
UNION ALL
SELECT 'no comment', p.oid::regprocedure::text FROM routine AS p WHERE obj_description(p.oid, 'pg_proc') IS NULL
UNION ALL
-- of the two kinds of views: the caller's rights, or the reader's columns behind a barrier
SELECT 'a view over protected rows is neither security_invoker nor the reader''s', c.oid::regclass::text
  FROM relation AS c
 WHERE c.relkind = 'v' AND NOT coalesce(c.reloptions @> '{security_invoker=true}' OR c.reloptions @> '{security_invoker=on}', false)
   AND NOT (c.relowner = 'liskeban_reader'::regrole AND coalesce(c.reloptions @> '{security_barrier=true}' OR c.reloptions @> '{security_barrier=on}', false))
   AND EXISTS (SELECT FROM reads AS r JOIN pg_class AS t ON t.oid = r.read WHERE r.viewer = c.oid AND t.relrowsecurity)
UNION ALL
SELECT 'a view that is the reader''s has personal data', format('%s reads %s.%s', c.oid::regclass, p.relid, p."column")
  FROM relation AS c JOIN reads AS r ON r.viewer = c.oid
  JOIN pg_attribute AS a ON a.attrelid = r.read AND a.attnum = r.attnum
  JOIN personal AS p ON p.relid = r.read AND p."column" = a.attname
 WHERE c.relkind = 'm' OR c.relowner = 'liskeban_reader'::regrole
UNION ALL
SELECT 'a materialised view has a column that is said to hold personal data', format('%s.%s', c.oid::regclass, a.attname)
  FROM relation AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
 WHERE c.relkind = 'm' AND col_description(c.oid, a.attnum) ~ 'personal data'
UNION ALL
SELECT 'a policy asks another table', format('%s on %s', p.polname, p.polrelid::regclass) FROM pg_policy AS p
 WHERE p.polrelid IN (SELECT oid FROM relation) AND (p.polqual::text ~ 'SUBLINK' OR p.polwithcheck::text ~ 'SUBLINK')
UNION ALL
SELECT 'a policy asks a setting', format('%s on %s', p.polname, p.polrelid::regclass) FROM pg_policy AS p
 WHERE p.polrelid IN (SELECT oid FROM relation) AND coalesce(pg_get_expr(p.polqual, p.polrelid), '') || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') ~ 'current_setting'
UNION ALL
SELECT 'row security is not forced', c.oid::regclass::text FROM relation AS c WHERE c.relrowsecurity AND NOT c.relforcerowsecurity
UNION ALL
-- a statement is a text as it stands, or made by format() with %I and %L; what is put together otherwise has been read
SELECT 'dynamic SQL that is neither a text nor format()', format('%s: EXECUTE %s', p.oid::regproc, left(e.statement[1], 60))
  FROM routine AS p
 CROSS JOIN LATERAL regexp_matches(p.prosrc, '\mEXECUTE\s+(?!FUNCTION|PROCEDURE|ON )([^;]*)', 'g') AS e(statement)
 WHERE p.lanname = 'plpgsql' AND NOT (e.statement[1] ~ '^(pg_catalog\.)?format\(' OR e.statement[1] ~ '^(''|\$_[a-z_]+\$)' AND e.statement[1] !~ '\|\|')
   -- scripts of the library and statements of its jobs; what puts together texts and names of its own
   AND p.proname NOT IN ('_create_platform', 'upgrade_platform', '_make_hub', '_run_step', 'schedule_jobs', 'unschedule_jobs',
                         'find_tickets', '_make_hub_tables', 'begin_restore', 'publish_to_hub')
UNION ALL
-- a free text is cleared in time (liskeban._personal_text), or is none: a code, a name of a role, a unit
SELECT 'a text that is neither cleared nor known to be a code', format('%s.%s', w.relid, w.attname) FROM written AS w
 WHERE NOT EXISTS (SELECT FROM personal AS p WHERE p.relid = w.relid AND p."column" = w.attname)
   AND w.attname !~ '(_by|^actor|^login|department|departments|^external_id|^source|^kind|^category|^action|^outcome|^event|^purpose|^role)$'
   AND (SELECT c.relname FROM pg_class AS c WHERE c.oid = w.relid) || '.' || w.attname <> ALL (ARRAY[
     -- closed lists, numbers of ours, words of a registry; ticket_event.detail has no texts
     'attachment.stage', 'feedback.channel', 'score_appeal.rate', 'ticket.arrival_proof', 'ticket.reject_reason', 'ticket.ticket_no',
     'ticket.transferred_to', 'ticket_event.detail',
     -- what history tells of a ticket: codes of areas, departments and domains
     'clue.chain', 'clue.refusal', 'clue.tier', 'reward.tier', 'supply_move.depot', 'supply_move.item', 'watch_log.flood_point',
     'ticket_fact.breach_holders', 'ticket_fact.domain', 'whistle_fact.domain',
     -- of hazards: codes of the registry and of devices, and names of premises
     'hazard.chain', 'hazard.rule', 'hazard.severity', 'hazard.device', 'hazard.gateway', 'hazard.listed_name',
     -- cleared whole
     'intake_reject.raw', 'entitlement.why', 'resident.facts', 'resident.claims',
     -- closed lists, codes
     'entitlement.policy', 'entitlement.state',
     -- written by the analysis, of figures and registry
     'risk_item.domain', 'risk_item.evidence', 'risk_item.measure', 'risk_item.measure_en', 'risk_item.owner', 'risk_item.status', 'risk_item.subject', 'risk_item.suggestion', 'risk_item.suggestion_en'])
UNION ALL
SELECT 'what is cleared is no column', format('%s.%s', p.relid, p."column") FROM personal AS p
 WHERE NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = p.relid AND a.attname = p."column" AND NOT a.attisdropped)
UNION ALL
SELECT 'a trigger of the platform''s is not ENABLE ALWAYS', format('%s on %s', g.tgname, g.tgrelid::regclass) FROM pg_trigger AS g
 WHERE g.tgrelid IN (SELECT oid FROM relation) AND NOT g.tgisinternal AND g.tgenabled <> 'A'
   -- a restored area was looked at when it was made
   AND g.tgname <> 'area_check'
UNION ALL
SELECT 'a view for BI has a column of a type that BI does not know', format('%s.%s', c.oid::regclass, a.attname)
  FROM relation AS c JOIN pg_attribute AS a ON a.attrelid = c.oid JOIN pg_type AS t ON t.oid = a.atttypid
 WHERE c.relnamespace = 'liskeban_report'::regnamespace AND c.relkind IN ('v', 'm') AND a.attnum > 0
   AND t.typnamespace <> 'pg_catalog'::regnamespace AND t.typname <> 'geometry'
ORDER BY 1, 2;
