-- What this district tells the hub of its city: the columns that liskeban._published() names, by logical replication.

CREATE PROCEDURE liskeban.publish_to_hub()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  published record;
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
    RAISE EXCEPTION '%', liskeban.message('only a superuser can publish to a hub') USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_publication AS p WHERE p.pubname = 'liskeban_hub') THEN
    CREATE PUBLICATION liskeban_hub WITH (publish = 'insert, update, delete', publish_via_partition_root = true);
    COMMENT ON PUBLICATION liskeban_hub IS '汇聚发布 what the hub of the city is told, by liskeban.publish_to_hub()';
  END IF;
  EXECUTE (SELECT 'ALTER PUBLICATION liskeban_hub SET TABLE '
                  || string_agg(format('liskeban.%I%s%s', p.relation, ' (' || (SELECT string_agg(quote_ident(c), ', ') FROM unnest(p.columns) AS c) || ')',
                                       ' WHERE (' || p.filter || ')'), ', ')
             FROM liskeban._published() AS p);
  -- The first copy and the drill-down read as liskeban_hub: just that.
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO liskeban_hub', current_database());
  EXECUTE format('GRANT USAGE ON SCHEMA liskeban, %I TO liskeban_hub',
                 (SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'postgis'));
  REVOKE ALL ON ALL TABLES IN SCHEMA liskeban FROM liskeban_hub;
  FOR published IN SELECT p.* FROM liskeban._published() AS p LOOP
    EXECUTE format('GRANT SELECT%s ON liskeban.%I TO liskeban_hub',
                   ' (' || (SELECT string_agg(quote_ident(c), ', ') FROM unnest(published.columns) AS c) || ')', published.relation);
  END LOOP;
END
$$;
COMMENT ON PROCEDURE liskeban.publish_to_hub() IS '发布至汇聚库 make publication liskeban_hub, or bring it to what this version publishes, and let liskeban_hub (a login for the hub; give it a password) read that and the views of liskeban_report. No personal data, no free text. Superuser; may be called again. wal_level must be logical';
REVOKE ALL ON PROCEDURE liskeban.publish_to_hub() FROM PUBLIC;
