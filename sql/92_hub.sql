-- A hub: a city's database, fed by the platforms of its districts through logical replication. What leaves a district is
-- said once, here, for the publication and for the hub's tables.

CREATE FUNCTION liskeban._published(OUT relation text, OUT key text, OUT columns text[], OUT filter text) RETURNS SETOF record
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 12 SET search_path = pg_catalog, pg_temp AS $$
  VALUES ('platform', NULL, NULL::text[], NULL),
         ('domain', NULL, NULL, NULL),
         ('source_system', NULL, NULL, NULL),
         ('area', NULL, '{code,name,name_en,kind,valid_from,valid_to}', NULL),
         ('department', NULL, '{code,name,name_en,level,area,parent,retired_at}', NULL),
         ('category', NULL, '{code,name,name_en,domain,difficulty,lead,department,on_site,listed,retired_at}', NULL),
         ('calendar_day', NULL, NULL, NULL),
         ('work_shift', NULL, NULL, NULL),
         -- no title, description, address, position, plan, resolution, reply, note, nor who resolved or checked
         ('ticket', 'ticket_id', '{ticket_id,parent_id,received_at,reported_at,discovered_at,area,responsible_area,merged_into,
             accept_due,dispatch_due,respond_due,plan_due,resolve_due,resolve_due_original,feedback_due,clocks_stopped_at,
             dispatched_at,contacted_at,on_site_at,promised_at,suspend_until,resolved_at,closed_at,updated_at,kind,state,
             difficulty,placement,tier,satisfaction,solved,priority,run,last_seq,rework_count,reopen_count,return_count,
             confidential,late_entry,has_reporter,ticket_no,source,category,department,co_departments,arrival_proof,reject_reason}', NULL),
         -- no note, no login; the fold compares actors
         ('ticket_event', 'ticket_id', '{event_id,ticket_id,at,recorded_at,seq,run,from_state,to_state,action,actor,detail}', NULL),
         -- those of before 0.4.0 bear no district in their key
         ('watermark', 'watermark_id', '{watermark_id,last_event_id,noted_at,final_at}', 'watermark_id > 1000000000'),
         ('archive', 'archive_id', '{archive_id,name,first_ticket,last_ticket,received,whistled,restored_at}', NULL)
$$;
COMMENT ON FUNCTION liskeban._published() IS 'what a district tells its hub: the tables, the key that begins with the six digits of the district (× 10^9; NULL a registry, whose rows districts share), the columns (NULL all), and which rows (NULL all). No personal data, no free text';
REVOKE ALL ON FUNCTION liskeban._published() FROM PUBLIC;

CREATE FUNCTION liskeban.told_again() RETURNS trigger
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  -- the operators of a type lie beside it
  same constant text := (SELECT string_agg(format('t.%1$I OPERATOR(%2$I.=) ($1).%1$I', a.attname, n.nspname), ' AND ')
                           FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
                           JOIN pg_type AS y ON y.oid = a.atttypid JOIN pg_namespace AS n ON n.oid = y.typnamespace
                          WHERE i.indrelid = TG_RELID AND i.indisprimary);
BEGIN
  -- Two first copies at once would both find nothing.
  PERFORM pg_advisory_xact_lock(TG_RELID::bigint);
  EXECUTE format('DELETE FROM %s AS t WHERE %s', TG_RELID::regclass, same) USING NEW;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION liskeban.told_again() IS 'BEFORE INSERT row trigger of a hub''s registry: a row that another district told before gives way, for what is told last holds';
REVOKE ALL ON FUNCTION liskeban.told_again() FROM PUBLIC;

-- The tables as the platform's own scripts define them: the columns that are published, with their types, keys and
-- comments, as plain columns without identity, checks and references. A column that is new is added, one that is
-- published no more goes.
CREATE PROCEDURE liskeban._make_hub_tables()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  definitions constant text := (SELECT string_agg(s.script, E'\n' ORDER BY s.topic) FROM liskeban._platform_scripts() AS s
                                 WHERE s.topic LIKE 'platform/%');
  postgis constant name := (SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'postgis');
  wanted record;
  attribute record;
  template regclass;
  statement text;
BEGIN
  PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', postgis), true);
  FOR wanted IN SELECT p.* FROM liskeban._published() AS p LOOP
    EXECUTE 'CREATE TEMPORARY TABLE _template '
            || regexp_replace((regexp_match(definitions, format('^CREATE TABLE liskeban\.%s (\(.*?\n\))', wanted.relation), 'w'))[1],
                              ' REFERENCES liskeban\.\w+', '', 'g');
    template := to_regclass('pg_temp._template');
    EXECUTE (SELECT format('CREATE TABLE IF NOT EXISTS liskeban.%I (%s, %s)%s', wanted.relation,
                           string_agg(format('%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END),
                                      ', ' ORDER BY a.attnum),
                           (SELECT pg_get_constraintdef(c.oid) FROM pg_constraint AS c WHERE c.conrelid = template AND c.contype = 'p'),
                           ' PARTITION BY RANGE (' || quote_ident(wanted.key) || ')')
               FROM pg_attribute AS a
              WHERE a.attrelid = template AND a.attnum > 0 AND (wanted.columns IS NULL OR a.attname = ANY (wanted.columns)));
    FOR attribute IN
      SELECT coalesce(t.attname, h.attname) AS name, format_type(t.atttypid, t.atttypmod) AS type, h.attname IS NOT NULL AS there
        FROM (SELECT a.* FROM pg_attribute AS a
               WHERE a.attrelid = template AND a.attnum > 0 AND (wanted.columns IS NULL OR a.attname = ANY (wanted.columns))) AS t
        FULL JOIN (SELECT a.* FROM pg_attribute AS a
                    WHERE a.attrelid = format('liskeban.%I', wanted.relation)::regclass AND a.attnum > 0 AND NOT a.attisdropped) AS h ON h.attname = t.attname
       WHERE t.attname IS NULL OR h.attname IS NULL
    LOOP
      EXECUTE format('ALTER TABLE liskeban.%I ', wanted.relation)
              || CASE WHEN attribute.there THEN format('DROP COLUMN %I', attribute.name) ELSE format('ADD COLUMN %I %s', attribute.name, attribute.type) END;
    END LOOP;
    DROP TABLE pg_temp._template;
    FOR statement IN
      SELECT m[1] FROM regexp_matches(definitions, format('^(COMMENT ON (?:TABLE|COLUMN) liskeban\.%s(?:\.(\w+))? IS .*;)$', wanted.relation), 'gn') AS m
       WHERE m[2] IS NULL OR wanted.columns IS NULL OR m[2] = ANY (wanted.columns)
    LOOP
      EXECUTE statement;
    END LOOP;
    -- Logical replication fires row triggers that are ALWAYS enabled, and no others.
    IF wanted.key IS NULL THEN
      EXECUTE format('CREATE OR REPLACE TRIGGER told_again BEFORE INSERT ON liskeban.%I FOR EACH ROW EXECUTE FUNCTION liskeban.told_again()', wanted.relation);
      EXECUTE format('CREATE OR REPLACE TRIGGER registry_changed AFTER INSERT OR UPDATE OR DELETE ON liskeban.%I FOR EACH ROW EXECUTE FUNCTION liskeban.registry_changed()',
                     wanted.relation);
      EXECUTE format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER told_again, ENABLE ALWAYS TRIGGER registry_changed', wanted.relation);
    END IF;
  END LOOP;
END
$$;
COMMENT ON PROCEDURE liskeban._make_hub_tables() IS 'the tables of a hub, as the platform''s scripts define them';
REVOKE ALL ON PROCEDURE liskeban._make_hub_tables() FROM PUBLIC;

-- What create_hub() and, in a hub, upgrade_platform() have in common.
CREATE PROCEDURE liskeban._make_hub()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  postgis constant name := (SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'postgis');
  role_before constant text := current_setting('role');
  piece record;
BEGIN
  CALL liskeban.create_roles();
  GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA liskeban TO liskeban_owner;
  GRANT EXECUTE ON ALL PROCEDURES IN SCHEMA liskeban TO liskeban_owner;
  PERFORM set_config('role', 'liskeban_owner', true);
  CALL liskeban._make_hub_tables();
  PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', postgis), true);
  FOR piece IN
    SELECT s.topic, liskeban._repeatable(s.script) AS script FROM liskeban._platform_scripts() AS s
     WHERE s.topic IN ('platform/58_fact', 'platform/60_kpi') OR s.topic LIKE 'hub/%'
     ORDER BY s.topic = 'hub/90_grants', s.topic LIKE 'hub/%', s.topic
  LOOP
    IF piece.topic = 'hub/90_grants' THEN
      PERFORM set_config('role', role_before, true);
    END IF;
    EXECUTE piece.script;
  END LOOP;
END
$$;
COMMENT ON PROCEDURE liskeban._make_hub() IS 'the ordinary objects of a hub, made or brought to the version of the extension';
REVOKE ALL ON PROCEDURE liskeban._make_hub() FROM PUBLIC;

CREATE PROCEDURE liskeban.create_hub(name text, time_zone text DEFAULT 'Asia/Shanghai')
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  postgis name;
  role_before constant text := current_setting('role');
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
    RAISE EXCEPTION '%', liskeban.message('only a superuser can create a hub') USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF create_hub.name IS NULL OR create_hub.time_zone IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('name and time zone must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_timezone_names AS z WHERE z.name = create_hub.time_zone) THEN
    RAISE EXCEPTION '%', liskeban.message('time zone "%s" is not known', time_zone) USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF getdatabaseencoding() <> 'UTF8' THEN
    RAISE EXCEPTION '%', liskeban.message('the encoding of the database is %s, not UTF8', getdatabaseencoding()) USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF to_regclass('liskeban.hub') IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('there is a hub in this database already') USING ERRCODE = 'duplicate_object';
  END IF;
  IF to_regclass('liskeban.platform') IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('there is a platform in this database') USING ERRCODE = 'duplicate_object',
      HINT = liskeban.message('A platform never subscribes to its own tables: give the hub a database of its own.');
  END IF;
  SELECT n.nspname INTO STRICT postgis
    FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'postgis';

  CALL liskeban.create_roles();
  GRANT USAGE, CREATE ON SCHEMA liskeban TO liskeban_owner;
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', postgis);
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO liskeban_owner, liskeban_backup, liskeban_admin, liskeban_analyst', postgis);
  EXECUTE format('CREATE EXTENSION IF NOT EXISTS postgres_fdw SCHEMA %I', postgis);
  CREATE SCHEMA liskeban_report AUTHORIZATION liskeban_owner;
  PERFORM set_config('role', 'liskeban_owner', true);
  ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
  PERFORM set_config('role', role_before, true);
  CALL liskeban._make_hub();
  EXECUTE format('INSERT INTO liskeban.hub (name, time_zone, version, created_at) '
                 'SELECT %L, %L, e.extversion, liskeban.liskeban_now() FROM pg_extension AS e WHERE e.extname = %L',
                 create_hub.name, create_hub.time_zone, 'liskeban');
  EXECUTE format('ALTER DATABASE %I SET enable_partitionwise_aggregate = on', current_database());
  EXECUTE format('ALTER DATABASE %I SET enable_partitionwise_join = on', current_database());
  EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO liskeban_backup, liskeban_admin, liskeban_analyst', current_database());
END
$$;
COMMENT ON PROCEDURE liskeban.create_hub(text, text) IS '建立汇聚库 make this database the hub of a city: the published columns of its districts'' tables, without guard and log, a partition for each district, and kpi() over all of them. Then liskeban.add_district(). Superuser, once. 42710 a hub or a platform is here; 22023 an unknown time zone; 55000 a database that is not UTF8';
REVOKE ALL ON PROCEDURE liskeban.create_hub(text, text) FROM PUBLIC;
