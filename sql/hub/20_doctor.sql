-- What doctor() finds of a hub.

CREATE FUNCTION liskeban._hub_findings(OUT severity text, OUT finding text, OUT subject text, OUT message text, OUT message_en text,
                                       OUT mend text, OUT mend_in name, OUT restart boolean)
RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT 'error', CASE WHEN s.enabled IS NULL THEN 'not_subscribed' WHEN NOT s.enabled THEN 'subscription_off' ELSE 'district_problem' END, s.district,
         format(CASE WHEN s.enabled IS NULL THEN '%s 区没有订阅：接入后须执行 add_district() 返回的语句；不再接入则移出'
                     WHEN NOT s.enabled THEN '%s 区的订阅已停用' ELSE '%s 区：%s' END, s.district, s.problem),
         format('district %s: %s', s.district, s.problem),
         CASE WHEN s.enabled IS NULL THEN format('SELECT liskeban.remove_district(%L);', s.district)
              WHEN NOT s.enabled THEN format('ALTER SUBSCRIPTION %I ENABLE;', 'liskeban_' || s.district)
              WHEN s.problem ~ '^no worker' THEN format('ALTER SUBSCRIPTION %I REFRESH PUBLICATION;', 'liskeban_' || s.district)
              WHEN s.problem ~ '^days begin' THEN (SELECT format('UPDATE liskeban.hub SET time_zone = %L;', p.time_zone) FROM liskeban.platform AS p
                                                    WHERE p.district::text = s.district) END,
         current_database(), false
    FROM liskeban.hub_status AS s WHERE s.problem IS NOT NULL
  UNION ALL
  SELECT 'warning', 'setting_off', n,
         format('本库未启用 %s：按区汇总会慢', n), format('%s is off in this database: figures by district are slow', n),
         format('ALTER DATABASE %I SET %I = on;', current_database(), n), current_database(), false
    FROM unnest('{enable_partitionwise_aggregate,enable_partitionwise_join}'::text[]) AS n
   WHERE NOT EXISTS (SELECT FROM pg_db_role_setting AS d JOIN pg_database AS b ON b.oid = d.setdatabase, unnest(d.setconfig) AS c
                      WHERE b.datname = current_database() AND d.setrole = 0 AND c = n || '=on')
  UNION ALL
  SELECT 'error', 'public_rights', current_database(), '所有人（PUBLIC）可连接本库', 'everybody (PUBLIC) may connect to this database',
         format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC;', current_database()), current_database(), false
   WHERE has_database_privilege(0::oid, (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database()), 'CONNECT')
$$;
COMMENT ON FUNCTION liskeban._hub_findings() IS 'what doctor() finds of a hub: a district that does not tell it, a setting that a copy has lost';
REVOKE ALL ON FUNCTION liskeban._hub_findings() FROM PUBLIC;
