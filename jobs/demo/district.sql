-- Loads the sample district, areas and people, into a database that has a platform of 320117:
--
--   psql -X -v ON_ERROR_STOP=1 -d DATABASE -f jobs/demo/district.sql
--
-- as a superuser or a member of liskeban_admin. All of it or nothing; loading it again changes nothing.

\set ON_ERROR_STOP on
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL jit = off;
SELECT set_config('search_path', 'pg_catalog, ' || quote_ident(nspname) || ', liskeban, pg_temp', true)
  FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
 WHERE e.extname = 'postgis'
\g /dev/null
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM liskeban.platform WHERE district = '320117') THEN
    RAISE EXCEPTION 'the sample district needs a platform of 320117'
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'CALL liskeban.create_platform(''320117'', ''溧水区'');';
  END IF;
END
$$;
\ir areas.sql
\ir people.sql
COMMIT;
DROP TABLE pg_temp.demo_outline, pg_temp.demo_town, pg_temp.demo_village, pg_temp.demo_dedicated, pg_temp.demo_cell_town,
  pg_temp.demo_cell_village, pg_temp.demo_cell_grid, pg_temp.demo_cell_fine, pg_temp.demo_face, pg_temp.demo_person;
