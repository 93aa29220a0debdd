-- liskeban: members of the extension. Tables are not among them: liskeban.create_platform() makes those.
\echo Use "CREATE EXTENSION liskeban CASCADE" to load this file. \quit

-- A schema that somebody filled beforehand could put its own functions in the way of ours.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE relnamespace = 'liskeban'::pg_catalog.regnamespace)
     OR EXISTS (SELECT FROM pg_catalog.pg_proc WHERE pronamespace = 'liskeban'::pg_catalog.regnamespace)
     OR EXISTS (SELECT FROM pg_catalog.pg_type WHERE typnamespace = 'liskeban'::pg_catalog.regnamespace) THEN
    RAISE EXCEPTION 'schema "liskeban" is not empty' USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'Create the extension in a database where nobody has made objects in that schema.';
  END IF;
END
$$;
REVOKE ALL ON SCHEMA liskeban FROM PUBLIC;
