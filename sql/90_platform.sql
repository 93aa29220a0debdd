-- Setting a platform up: roles, then the ordinary objects of sql/platform and the rows of sql/seed.

CREATE PROCEDURE liskeban.create_roles()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  role_name text;
  wanted constant text[] := ARRAY['liskeban_owner', 'liskeban_reader', 'liskeban_backup', 'liskeban_admin',
    'liskeban_dispatcher', 'liskeban_handler', 'liskeban_source', 'liskeban_analyst'];
BEGIN
  FOREACH role_name IN ARRAY wanted LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
    END IF;
  END LOOP;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'liskeban_job') THEN
    CREATE ROLE liskeban_job LOGIN;
  END IF;
  -- A monitor reads liskeban_report.health as this one, and nothing else.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'liskeban_monitor') THEN
    CREATE ROLE liskeban_monitor LOGIN;
  END IF;
  -- A hub logs in as this one: columns are what it is granted, but of every row.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'liskeban_hub') THEN
    CREATE ROLE liskeban_hub LOGIN REPLICATION BYPASSRLS IN ROLE liskeban_analyst;
  END IF;
  ALTER ROLE liskeban_backup BYPASSRLS;
  IF NOT EXISTS (SELECT FROM pg_auth_members AS m
                  WHERE m.roleid = 'liskeban_reader'::regrole AND m.member = 'liskeban_owner'::regrole) THEN
    GRANT liskeban_reader TO liskeban_owner;
  END IF;
  GRANT SET ON PARAMETER "liskeban.now" TO liskeban_admin;
END
$$;
COMMENT ON PROCEDURE liskeban.create_roles() IS '建立角色 the cluster''s roles and parameter grants of liskeban; may be called again, and before a restore into another cluster. Needs a superuser';
REVOKE ALL ON PROCEDURE liskeban.create_roles() FROM PUBLIC;

CREATE PROCEDURE liskeban._create_platform(district text, name text, time_zone text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  code liskeban.area_code;
  digits bigint;
  postgis name;
  role_before constant text := current_setting('role');
  piece record;
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
    RAISE EXCEPTION '%', liskeban.message('only a superuser can create a platform') USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF district IS NULL OR _create_platform.name IS NULL OR time_zone IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('district, name and time zone must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  code := district::liskeban.area_code;
  IF liskeban.area_level(code) <> 'district' THEN
    RAISE EXCEPTION '%', liskeban.message('area code "%s" is not that of a district', district)
      USING ERRCODE = 'invalid_parameter_value', HINT = liskeban.message('Give the six digits of the district, such as 320117.');
  END IF;
  IF NOT EXISTS (SELECT FROM pg_timezone_names AS z WHERE z.name = _create_platform.time_zone) THEN
    RAISE EXCEPTION '%', liskeban.message('time zone "%s" is not known', time_zone) USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF getdatabaseencoding() <> 'UTF8' THEN
    RAISE EXCEPTION '%', liskeban.message('the encoding of the database is %s, not UTF8', getdatabaseencoding())
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = liskeban.message('History is hashed as UTF-8: create the database with ENCODING ''UTF8''.');
  END IF;
  IF to_regclass('liskeban.hub') IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('there is a hub in this database') USING ERRCODE = 'duplicate_object',
      HINT = liskeban.message('One district, one database, and another for the city.');
  END IF;
  IF to_regclass('liskeban.platform') IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('there is a platform in this database already') USING ERRCODE = 'duplicate_object',
      HINT = liskeban.message('One district, one database.');
  END IF;
  SELECT n.nspname INTO STRICT postgis
    FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'postgis';

  CALL liskeban.create_roles();
  GRANT USAGE, CREATE ON SCHEMA liskeban TO liskeban_owner;
  -- Functions that run as the owner have that schema in their path, so not everybody may put things there.
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', postgis);
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO liskeban_owner, liskeban_reader, liskeban_backup, liskeban_admin, '
                 'liskeban_dispatcher, liskeban_handler, liskeban_source, liskeban_analyst, liskeban_job', postgis);
  -- What is kept under a key is hashed by pgcrypto, wherever the DBA has it.
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO liskeban_owner',
                 (SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'pgcrypto'));
  GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA liskeban TO liskeban_owner;
  CREATE SCHEMA liskeban_report AUTHORIZATION liskeban_owner;

  -- From here on everything belongs to the owner, nothing is PUBLIC's, and PostGIS is in the path: what would match any
  -- argument is named with its schema, for somebody may have planted a closer match there.
  PERFORM set_config('role', 'liskeban_owner', true);
  ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
  PERFORM set_config('search_path', pg_catalog.format('pg_catalog, %I, pg_temp', postgis), true);
  FOR piece IN SELECT s.topic, s.script FROM liskeban._platform_scripts() AS s WHERE s.topic LIKE 'platform/%' ORDER BY s.topic LOOP
    CONTINUE WHEN piece.topic = 'platform/90_grants';
    EXECUTE piece.script;
  END LOOP;

  digits := left(pg_catalog.rpad(district, 6, '0'), 6)::bigint;
  PERFORM liskeban._set_key_ranges(code::text);
  INSERT INTO liskeban.platform (district, name, ticket_prefix, time_zone, version, database, system_identifier, created_at)
  SELECT code, _create_platform.name, digits::text, _create_platform.time_zone, e.extversion, current_database(),
         s.system_identifier, liskeban.liskeban_now()
    FROM pg_extension AS e, pg_control_system() AS s WHERE e.extname = 'liskeban';
  PERFORM liskeban.make_partitions();
  INSERT INTO liskeban.area (code, name) VALUES (code, _create_platform.name);
  FOR piece IN SELECT s.topic, s.script FROM liskeban._platform_scripts() AS s WHERE s.topic LIKE 'seed/%' ORDER BY s.topic LOOP
    EXECUTE piece.script;
  END LOOP;

  -- The grants come last, and as the superuser: members of the extension are not the owner's to grant.
  PERFORM set_config('role', role_before, true);
  SELECT s.topic, s.script INTO STRICT piece FROM liskeban._platform_scripts() AS s WHERE s.topic = 'platform/90_grants';
  EXECUTE piece.script;
  -- So that "area <@ '320117001'" finds its operator for whoever connects, as PostGIS's are found.
  IF NOT EXISTS (SELECT FROM pg_db_role_setting AS s JOIN pg_database AS d ON d.oid = s.setdatabase,
                             unnest(s.setconfig) AS setting
                  WHERE d.datname = current_database() AND s.setrole = 0 AND setting LIKE 'search_path=%') THEN
    EXECUTE pg_catalog.format('ALTER DATABASE %I SET search_path = "$user", public, %s liskeban', current_database(),
                              CASE WHEN postgis <> 'public' THEN pg_catalog.format('%I,', postgis) ELSE '' END);
  END IF;
  EXECUTE pg_catalog.format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database());
END
$$;
COMMENT ON PROCEDURE liskeban._create_platform(text, text, text) IS 'what create_platform() does, with a path of its own';
REVOKE ALL ON PROCEDURE liskeban._create_platform(text, text, text) FROM PUBLIC;

-- The session that made the platform finds the operators of area codes as later ones do (ALTER DATABASE … SET).
CREATE PROCEDURE liskeban.create_platform(district text, name text, time_zone text DEFAULT 'Asia/Shanghai')
LANGUAGE sql AS $$
  CALL liskeban._create_platform(district, name, time_zone);
  SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', NULLIF(pg_catalog.current_setting('search_path'), ''), 'liskeban'), false)
   WHERE NOT 'liskeban' OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false));
$$;
COMMENT ON PROCEDURE liskeban.create_platform(text, text, text) IS '建立平台 make the tables, rules, views and rows of a district''s platform in this database, owned by liskeban_owner. Superuser, once (42710). 22023 a code that is no district''s, an unknown time zone; 55000 a database that is not UTF8';
REVOKE ALL ON PROCEDURE liskeban.create_platform(text, text, text) FROM PUBLIC;
