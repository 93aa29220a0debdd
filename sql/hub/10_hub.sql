-- What a hub has besides the tables of its districts.

CREATE TABLE liskeban.hub (
  name       text NOT NULL,
  time_zone  text NOT NULL,
  version    text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX hub_one_row ON liskeban.hub ((true));
COMMENT ON TABLE liskeban.hub IS '汇聚库 the one row that says which city this is';
COMMENT ON COLUMN liskeban.hub.name IS '名称 name of the city';
COMMENT ON COLUMN liskeban.hub.time_zone IS '时区 the zone in which days begin, here and in each district';
COMMENT ON COLUMN liskeban.hub.version IS '版本 version of the ordinary objects';
COMMENT ON COLUMN liskeban.hub.created_at IS '建立时间 when create_hub() ran';
UPDATE liskeban.hub AS h SET version = e.extversion FROM pg_extension AS e WHERE e.extname = 'liskeban' AND h.version <> e.extversion;

-- Rows of a district come in the order in which they were received.
CREATE INDEX ticket_received_at_idx ON liskeban.ticket USING brin (received_at) WITH (pages_per_range = 32, autosummarize = on);

CREATE FUNCTION liskeban._district_code(district text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
    RAISE EXCEPTION '%', liskeban.message('only a superuser can add, link or remove a district') USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF district IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('district must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  END IF;
  IF liskeban.area_level(district::liskeban.area_code) <> 'district' THEN
    RAISE EXCEPTION '%', liskeban.message('area code "%s" is not that of a district', district) USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN district::liskeban.area_code::text;
END
$$;
COMMENT ON FUNCTION liskeban._district_code(text) IS 'the six digits of a district, for a superuser';
REVOKE ALL ON FUNCTION liskeban._district_code(text) FROM PUBLIC;

CREATE FUNCTION liskeban.link_district(conninfo text, district text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  code constant text := liskeban._district_code(district);
  link constant text := 'liskeban_' || code;
  server_options text;
  user_options text;
  there record;
  view_name name;
  statement text;
BEGIN
  SELECT string_agg(format('%I %L', o.name, o.value), ', ') FILTER (WHERE NOT o.of_user),
         string_agg(format('%I %L', o.name, o.value), ', ') FILTER (WHERE o.of_user)
    INTO server_options, user_options
    FROM (SELECT m[1] AS name, regexp_replace(trim(m[2], ''''), '\\(.)', '\1', 'g') AS value,
                 m[1] IN ('user', 'password') AS of_user
            FROM regexp_matches(link_district.conninfo, '(\w+)\s*=\s*(''(?:[^''\\]|\\.)*''|[^\s'']\S*)', 'g') AS m) AS o;
  IF server_options IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('connection string "%s" has no server', regexp_replace(conninfo, 'password\s*=\s*\S+', 'password=…'))
      USING ERRCODE = 'invalid_parameter_value', HINT = liskeban.message('Write key = value pairs, such as host=… dbname=… user=liskeban_hub password=….');
  END IF;

  -- A link that was there is made anew.
  EXECUTE format('DROP SERVER IF EXISTS %I CASCADE', link);
  EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', link);
  EXECUTE format('CREATE SERVER %I FOREIGN DATA WRAPPER postgres_fdw OPTIONS (%s, async_capable ''true'', fetch_size ''10000'', extensions ''liskeban, postgis'')',
                 link, server_options);
  EXECUTE format('CREATE USER MAPPING FOR PUBLIC SERVER %I OPTIONS (%s)', link,
                 concat_ws(', ', user_options, CASE WHEN strpos(coalesce(user_options, ''), 'password ') = 0 THEN 'password_required ''false''' END));
  EXECUTE format('CREATE SCHEMA %I AUTHORIZATION liskeban_owner', link);
  EXECUTE format('IMPORT FOREIGN SCHEMA liskeban_report FROM SERVER %I INTO %I', link, link);

  IF NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = to_regclass(format('%I.district', link)) AND a.attname = 'version') THEN
    RAISE EXCEPTION '%', liskeban.message('there is no platform of this version behind the connection') USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = liskeban.message('Upgrade the platform, and call liskeban.publish_to_hub() there.');
  END IF;
  EXECUTE format('SELECT d.code, d.version, d.time_zone FROM %I.district AS d', link) INTO there;
  IF there.code IS DISTINCT FROM code THEN
    RAISE EXCEPTION '%', liskeban.message('the platform behind the connection is that of %s, not of %s', there.code, code) USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF there.version <> (SELECT h.version FROM liskeban.hub AS h) THEN
    RAISE EXCEPTION '%', liskeban.message('district %s is of version %s, the hub of %s', code, there.version, (SELECT h.version FROM liskeban.hub AS h))
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = liskeban.message('Upgrade both: first the hub, then its districts.');
  END IF;
  IF there.time_zone <> (SELECT h.time_zone FROM liskeban.hub AS h) THEN
    RAISE EXCEPTION '%', liskeban.message('days of district %s begin in zone %s, the hub''s in %s', code, there.time_zone, (SELECT h.time_zone FROM liskeban.hub AS h))
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;

  -- What says whose it is becomes a partition of one table for the city.
  FOR view_name IN
    SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'district' AND a.atttypid = 'text'::regtype
     WHERE c.relnamespace = link::regnamespace AND c.relkind = 'f' ORDER BY c.relname
  LOOP
    IF to_regclass(format('liskeban_report.%I', view_name)) IS NULL THEN
      EXECUTE format('CREATE TABLE liskeban_report.%I (LIKE %I.%1$I) PARTITION BY LIST (district)', view_name, link);
      EXECUTE format('ALTER TABLE liskeban_report.%I OWNER TO liskeban_owner', view_name);
      EXECUTE format('GRANT SELECT ON liskeban_report.%I TO liskeban_backup, liskeban_admin, liskeban_analyst', view_name);
    END IF;
    FOR statement IN
      SELECT format('ALTER TABLE liskeban_report.%I ADD COLUMN %I %s', view_name, a.attname, format_type(a.atttypid, a.atttypmod))
        FROM pg_attribute AS a
       WHERE a.attrelid = format('%I.%I', link, view_name)::regclass AND a.attnum > 0 AND NOT a.attisdropped
         AND NOT EXISTS (SELECT FROM pg_attribute AS p WHERE p.attrelid = format('liskeban_report.%I', view_name)::regclass AND p.attname = a.attname)
      UNION ALL
      SELECT replace(m[1], 'COMMENT ON VIEW', 'COMMENT ON TABLE')
        FROM liskeban._platform_scripts() AS s,
             regexp_matches(s.script, format('^(COMMENT ON (?:VIEW|COLUMN) liskeban_report\.%s(?:\.\w+)? IS .*;)$', view_name), 'gn') AS m
       WHERE s.topic LIKE 'platform/%'
    LOOP
      EXECUTE statement;
    END LOOP;
    EXECUTE format('ALTER TABLE liskeban_report.%1$I ATTACH PARTITION %2$I.%1$I FOR VALUES IN (%3$L)', view_name, link, code);
  END LOOP;
END
$$;
COMMENT ON FUNCTION liskeban.link_district(text, text) IS '连接区库 drill down into a district by postgres_fdw: its views in schema liskeban_<code>, those with a column district of text as partitions of liskeban_report.<view>. conninfo is key = value pairs, of the district or of a read replica of it; without a password the login needs none. Called again it makes the link anew, as after an upgrade. Superuser. 55000 no platform, that of another district, version or time zone; 22023, 22004';
REVOKE ALL ON FUNCTION liskeban.link_district(text, text) FROM PUBLIC;

CREATE FUNCTION liskeban.add_district(conninfo text, district text) RETURNS SETOF text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  code constant text := liskeban._district_code(district);
  role_before constant text := current_setting('role');
BEGIN
  IF to_regclass('liskeban.ticket_' || code) IS NOT NULL THEN
    RAISE EXCEPTION '%', liskeban.message('district %s is in this hub already', code) USING ERRCODE = 'duplicate_object',
      HINT = liskeban.message('Call liskeban.link_district() to change its connection for drill-down.');
  END IF;
  PERFORM liskeban.link_district(conninfo, code);
  PERFORM set_config('role', 'liskeban_owner', true);
  EXECUTE (SELECT string_agg(format('CREATE TABLE liskeban.%1$I PARTITION OF liskeban.%2$I FOR VALUES FROM (%3$s) TO (%4$s); COMMENT ON TABLE liskeban.%1$I IS %5$L',
                                    p.relation || '_' || code, p.relation, code::bigint * 1000000000, (code::bigint + 1) * 1000000000,
                                    '分区 of ' || p.relation || ': district ' || code), '; ')
             FROM liskeban._published() AS p WHERE p.key IS NOT NULL);
  PERFORM set_config('role', role_before, true);
  -- It makes a slot there, so it runs in no transaction, and in no function.
  RETURN NEXT format('CREATE SUBSCRIPTION %I CONNECTION %L PUBLICATION liskeban_hub WITH (slot_name = %L)', 'liskeban_' || code, conninfo,
                     format('liskeban_hub_%s_%s', code, substr(md5((SELECT h.name || h.created_at FROM liskeban.hub AS h)), 1, 8)));
END
$$;
COMMENT ON FUNCTION liskeban.add_district(text, text) IS '加入区 make room for a district and link it (link_district); returns the statement that subscribes to its publication, to be run by psql''s \gexec. conninfo is that of its primary, as liskeban_hub. Superuser. 42710 it is here already; otherwise as link_district';
REVOKE ALL ON FUNCTION liskeban.add_district(text, text) FROM PUBLIC;

CREATE FUNCTION liskeban.remove_district(district text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  leaving constant text := liskeban._district_code(district);
BEGIN
  IF to_regclass('liskeban.ticket_' || leaving) IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('district %s is not in this hub', leaving) USING ERRCODE = 'undefined_object';
  END IF;
  IF EXISTS (SELECT FROM pg_subscription AS s JOIN pg_database AS d ON d.oid = s.subdbid
              WHERE d.datname = current_database() AND s.subname = 'liskeban_' || leaving) THEN
    RAISE EXCEPTION '%', liskeban.message('district %s is still subscribed to', leaving) USING ERRCODE = 'object_in_use',
      HINT = liskeban.message('Call DROP SUBSCRIPTION liskeban_%s first.', leaving);
  END IF;
  EXECUTE format('DROP SERVER %I CASCADE', 'liskeban_' || leaving);
  EXECUTE format('DROP SCHEMA %I CASCADE', 'liskeban_' || leaving);
  EXECUTE (SELECT 'DROP TABLE ' || string_agg(format('liskeban.%I', p.relation || '_' || leaving), ', ')
             FROM liskeban._published() AS p WHERE p.key IS NOT NULL);
  DELETE FROM liskeban.area AS a WHERE a.code OPERATOR(liskeban.<@) leaving::liskeban.area_code;
  DELETE FROM liskeban.platform AS p WHERE p.district::text = leaving;
END
$$;
COMMENT ON FUNCTION liskeban.remove_district(text) IS '移出区 forget a district that is no longer subscribed to: its rows, areas and link. Superuser. 42704 it is not here; 55006 it is subscribed to';
REVOKE ALL ON FUNCTION liskeban.remove_district(text) FROM PUBLIC;

CREATE VIEW liskeban.hub_status AS
SELECT d.district, p.name, p.version, s.subenabled AS enabled,
       CASE WHEN s.oid IS NOT NULL THEN (SELECT count(*) FROM pg_catalog.pg_subscription_rel AS r WHERE r.srsubid = s.oid AND r.srsubstate <> 'r') END AS pending,
       w.last_msg_receipt_time AS last_message_at, m.settled_until,
       CASE WHEN s.oid IS NULL THEN 'not subscribed to'
            WHEN NOT s.subenabled THEN 'subscription disabled'
            WHEN w.pid IS NULL THEN 'no worker: see the server log'
            WHEN p.version <> h.version THEN pg_catalog.format('of version %s, the hub of %s', p.version, h.version)
            WHEN p.time_zone <> h.time_zone THEN pg_catalog.format('days begin in %s, the hub''s in %s', p.time_zone, h.time_zone) END AS problem
  FROM liskeban.hub AS h
 CROSS JOIN (SELECT pg_catalog.right(i.inhrelid::pg_catalog.regclass::text, 6) AS district FROM pg_catalog.pg_inherits AS i
              WHERE i.inhparent = 'liskeban.ticket'::pg_catalog.regclass) AS d
  LEFT JOIN liskeban.platform AS p ON p.district::text = d.district
  LEFT JOIN pg_catalog.pg_subscription AS s ON s.subname = ('liskeban_' || d.district)::name
                                           AND s.subdbid = (SELECT b.oid FROM pg_catalog.pg_database AS b WHERE b.datname = pg_catalog.current_database())
  LEFT JOIN pg_catalog.pg_stat_subscription AS w ON w.subid = s.oid AND w.relid IS NULL
  LEFT JOIN LATERAL (SELECT max(k.noted_at) AS settled_until FROM liskeban.watermark AS k
                      WHERE k.watermark_id >= d.district::bigint * 1000000000 AND k.watermark_id < (d.district::bigint + 1) * 1000000000
                        AND k.final_at IS NOT NULL) AS m ON true;
COMMENT ON VIEW liskeban.hub_status IS '汇聚状态 how far each district has told the hub, and what is in the way';
COMMENT ON COLUMN liskeban.hub_status.district IS '区划代码 code of the district; key';
COMMENT ON COLUMN liskeban.hub_status.name IS '名称 its name; NULL before its first copy';
COMMENT ON COLUMN liskeban.hub_status.version IS '版本 version of its platform';
COMMENT ON COLUMN liskeban.hub_status.enabled IS '启用 whether its subscription is';
COMMENT ON COLUMN liskeban.hub_status.pending IS '待复制 tables whose first copy is not done';
COMMENT ON COLUMN liskeban.hub_status.last_message_at IS '末次消息时间 when something last came from there, on this server''s clock';
COMMENT ON COLUMN liskeban.hub_status.settled_until IS '确定至 nothing recorded up to then can come any more';
COMMENT ON COLUMN liskeban.hub_status.problem IS '问题 what is in the way; NULL nothing';

CREATE FUNCTION liskeban._settled(as_of timestamptz) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(bool_and(coalesce(s.pending = 0 AND s.settled_until >= _settled.as_of, false)), false) FROM liskeban.hub_status AS s
$$;
COMMENT ON FUNCTION liskeban._settled(timestamptz) IS 'whether every district has told all that was recorded up to as_of';
REVOKE ALL ON FUNCTION liskeban._settled(timestamptz) FROM PUBLIC;
