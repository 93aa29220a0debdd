-- Restoring data alone into a platform that is there: begin_restore() empties it and lays its triggers down, the dump is
-- loaded, end_restore() arms it again and says what does not hold. pg_restore --disable-triggers turns ENABLE ALWAYS into
-- plain enable; what was before is kept in a table that is there in between only.

CREATE FUNCTION liskeban.begin_restore() RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  relation record;
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
    RAISE EXCEPTION '%', liskeban.message('only a superuser can restore a platform') USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF to_regclass('liskeban.restoring') IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('this platform is being restored already') USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = liskeban.message('Load the dump, then call liskeban.end_restore().');
  END IF;
  IF EXISTS (SELECT FROM liskeban.ticket) THEN
    RAISE EXCEPTION '%', liskeban.message('this platform has tickets') USING ERRCODE = 'object_not_in_prerequisite_state',
      DETAIL = liskeban.message('What it holds would be lost.'), HINT = liskeban.message('Restore into a platform that was newly created.');
  END IF;
  -- A restored platform is another's: no job runs until schedule_jobs() adopts it.
  EXECUTE 'CREATE TABLE liskeban.restoring AS '
          'SELECT c.relname, g.tgname, g.tgenabled, p.district::text AS district, p.version FROM liskeban.platform AS p, pg_class AS c JOIN pg_trigger AS g ON g.tgrelid = c.oid '
          'WHERE c.relnamespace = ''liskeban''::regnamespace AND c.relkind IN (''r'', ''p'') AND NOT g.tgisinternal';
  REVOKE ALL ON liskeban.restoring FROM PUBLIC;
  COMMENT ON TABLE liskeban.restoring IS '恢复中 how the triggers stood when begin_restore() was called; gone with end_restore()';
  FOR relation IN SELECT DISTINCT c.relname FROM pg_class AS c JOIN pg_trigger AS g ON g.tgrelid = c.oid
                   WHERE c.relnamespace = 'liskeban'::regnamespace AND c.relkind IN ('r', 'p') AND NOT g.tgisinternal LOOP
    EXECUTE format('ALTER TABLE liskeban.%I DISABLE TRIGGER USER', relation.relname);
  END LOOP;
  EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('liskeban.%I', c.relname), ', ') FROM pg_class AS c
            WHERE c.relnamespace = 'liskeban'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'restoring');
END
$$;
COMMENT ON FUNCTION liskeban.begin_restore() IS '开始恢复 empty this newly created platform, rows of the library included, and lay its triggers down, so that a dump of data alone can be loaded; until end_restore() nothing guards it. Superuser. 55000 where it has tickets, or is being restored already';
REVOKE ALL ON FUNCTION liskeban.begin_restore() FROM PUBLIC;

CREATE FUNCTION liskeban.end_restore() RETURNS TABLE (invariant text, ticket_id bigint, problem text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  role_before constant text := current_setting('role');
  base constant bigint := (SELECT p.district::text::bigint FROM liskeban.platform AS p) * 1000000000;
  relation_name name;
  trigger_name name;
  enabled "char";
  archived record;
  cover record;
  district_before text;
  version_before text;
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
    RAISE EXCEPTION '%', liskeban.message('only a superuser can restore a platform') USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF to_regclass('liskeban.restoring') IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('this platform is not being restored') USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = liskeban.message('Call liskeban.begin_restore() first.');
  END IF;
  IF base IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('the row of liskeban.platform has not been restored') USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = liskeban.message('Load the dump, then call liskeban.end_restore().');
  END IF;
  EXECUTE format('SELECT district, version FROM liskeban.%I LIMIT 1', 'restoring') INTO district_before, version_before;

  -- Partitions as the archives have it: what stands in one that an archive is part of is dealt out anew.
  PERFORM set_config('role', 'liskeban_owner', true);
  FOR archived IN SELECT a.* FROM liskeban.archive AS a WHERE a.restored_at IS NULL ORDER BY a.first_ticket LOOP
    FOR cover IN
      SELECT p.parent, p.fallback, r.partition, r.first, r.beyond
        FROM (VALUES ('ticket_event'::name, 'ticket_event_default'::name), ('alarm', 'alarm_directive')) AS p(parent, fallback),
             LATERAL liskeban._partition_ranges(('liskeban.' || p.parent)::regclass) AS r
       WHERE r.first <= archived.last_ticket AND r.beyond > archived.first_ticket
    LOOP
      EXECUTE format('ALTER TABLE liskeban.%I DETACH PARTITION liskeban.%I', cover.parent, cover.partition);
      EXECUTE format('ALTER TABLE liskeban.%I DISABLE TRIGGER USER', cover.fallback);
      EXECUTE format('INSERT INTO liskeban.%I OVERRIDING SYSTEM VALUE SELECT * FROM liskeban.%I', cover.fallback, cover.partition);
      EXECUTE format('DROP TABLE liskeban.%I', cover.partition);
    END LOOP;
    FOR cover IN SELECT p.parent FROM (VALUES ('ticket_event'::name), ('alarm')) AS p(parent) LOOP
      PERFORM liskeban._mark_archived(cover.parent, format('%s_to_%s', cover.parent, lpad((archived.last_ticket - base)::text, 9, '0'))::name,
                                      archived.first_ticket, archived.last_ticket, archived.name);
    END LOOP;
  END LOOP;
  PERFORM set_config('role', role_before, true);
  PERFORM liskeban.make_partitions();

  -- Armed as before; what has been made meanwhile as all of ours are.
  FOR relation_name, trigger_name, enabled IN
    EXECUTE format('SELECT c.relname, g.tgname, coalesce(s.tgenabled, ''A'') FROM pg_class AS c JOIN pg_trigger AS g ON g.tgrelid = c.oid '
            'LEFT JOIN liskeban.%I AS s ON s.relname = c.relname AND s.tgname = g.tgname '
            'WHERE c.relnamespace = ''liskeban''::regnamespace AND c.relkind IN (''r'', ''p'') AND NOT g.tgisinternal', 'restoring')
  LOOP
    EXECUTE format('ALTER TABLE liskeban.%I %s TRIGGER %I', relation_name,
                   CASE enabled WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'D' THEN 'DISABLE' ELSE 'ENABLE' END, trigger_name);
  END LOOP;
  DROP TABLE liskeban.restoring;

  RETURN QUERY
  SELECT 'the dump is of this platform', NULL::bigint, format('it is of %s, version %s; here are %s and %s', p.district, p.version, district_before, version_before)
    FROM liskeban.platform AS p WHERE p.district::text <> district_before OR p.version <> version_before;
  UPDATE liskeban.platform AS p SET version = version_before WHERE p.version <> version_before;
  RETURN QUERY SELECT c.* FROM liskeban.check_invariants() AS c;
END
$$;
COMMENT ON FUNCTION liskeban.end_restore() IS '结束恢复 arm a platform again whose data has been restored: triggers as they were before begin_restore(), whatever pg_restore --disable-triggers made of them, partitions as the rows need them; and verify it: what does not hold, as check_invariants() names it, no rows when all is well. Superuser. 55000 where it is not being restored, or the row of liskeban.platform is missing';
REVOKE ALL ON FUNCTION liskeban.end_restore() FROM PUBLIC;
