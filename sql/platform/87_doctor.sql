-- What doctor() finds of a platform. Each finding has the statement that mends it, which the test of doctor() runs.

-- Of the parts of an area, the one that a gap among them has the longest border with.
CREATE FUNCTION liskeban._gap_taker(parent liskeban.area_code) RETURNS liskeban.area_code
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  WITH part AS (
    SELECT a.code, a.geom FROM liskeban.area AS a
     WHERE liskeban.area_parent(a.code) OPERATOR(liskeban.=) parent AND a.geom IS NOT NULL AND a.valid_from <= liskeban.liskeban_now()
       AND (a.valid_to IS NULL OR a.valid_to > liskeban.liskeban_now())
  ), gap AS (
    SELECT ST_Difference(o.geom, (SELECT ST_Union(c.geom) FROM part AS c)) AS geom FROM liskeban.area AS o WHERE o.code OPERATOR(liskeban.=) parent
  )
  SELECT c.code FROM part AS c, gap AS g
   ORDER BY ST_Length(ST_CollectionExtract(ST_Intersection(c.geom, g.geom), 2)) DESC, c.code::text LIMIT 1
$$;
COMMENT ON FUNCTION liskeban._gap_taker(liskeban.area_code) IS 'of the parts of an area the one that what they leave open has the longest border with';
REVOKE ALL ON FUNCTION liskeban._gap_taker(liskeban.area_code) FROM PUBLIC;

-- A union of many kinds: each says what is wrong and how it is mended, nothing here changes anything.
CREATE FUNCTION liskeban._platform_findings(OUT severity text, OUT finding text, OUT subject text, OUT message text, OUT message_en text,
                                            OUT mend text, OUT mend_in name, OUT restart boolean)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  here constant name := current_database();
  now constant timestamptz := liskeban.liskeban_now();
  key_error text;
  p liskeban.platform;
BEGIN
  SELECT q.* INTO STRICT p FROM liskeban.platform AS q;

  -- ---- jobs ----
  RETURN QUERY
  SELECT 'error', 'not_adopted', here::text,
         format('本库是副本，任务不在此运行：任务登记在数据库 %s', p.database),
         format('this is a copy, in which no job runs: the jobs were adopted in database %s', p.database),
         'SELECT * FROM liskeban.schedule_jobs();', here, false
   WHERE NOT liskeban._is_adopted()
  UNION ALL
  SELECT 'error', 'job_failed', a.subject, format('任务 %s 失败：%s', a.subject, a.detail) || CASE WHEN a.detail ~ '\(53\d{3}\)$' THEN '；请先腾出磁盘空间等资源' ELSE '' END,
         format('job %s failed: %s', a.subject, a.detail) || CASE WHEN a.detail ~ '\(53\d{3}\)$' THEN '; first give the server the room it lacks' ELSE '' END,
         format('CALL liskeban.run_job(%L);', a.subject), here, false
    FROM liskeban.platform_alarm AS a WHERE a.kind = 'job_failed' AND a.resolved_at IS NULL
  UNION ALL
  SELECT 'error', 'job_late', l.name,
         format('任务 %s 逾时未完成（自 %s）', l.name, to_char(l.since AT TIME ZONE p.time_zone, 'YYYY-MM-DD HH24:MI')),
         format('job %s is late since %s', l.name, to_char(l.since AT TIME ZONE p.time_zone, 'YYYY-MM-DD HH24:MI')),
         format('CALL liskeban.run_job(%L);', l.name), here, false
    FROM liskeban._late_jobs() AS l
   WHERE liskeban._is_adopted()
     AND NOT EXISTS (SELECT FROM liskeban.platform_alarm AS a WHERE a.kind = 'job_failed' AND a.subject = l.name AND a.resolved_at IS NULL)
  UNION ALL
  SELECT 'notice', 'job_off', j.name, format('任务 %s 已停用', j.name), format('job %s is switched off', j.name),
         format('UPDATE liskeban.job SET active = true WHERE name = %L; SELECT * FROM liskeban.schedule_jobs();', j.name), here, false
    FROM liskeban.job AS j WHERE NOT j.active;

  -- ---- partitions and indexes ----
  RETURN QUERY
  SELECT CASE WHEN s.parent IS NOT NULL OR a.missing > 0 THEN 'error' ELSE 'warning' END, 'partition_missing', a.parent,
         format('%s 缺少分区：缺 %s 个，已预建 %s 个，默认分区中有 %s 行', a.parent, a.missing, a.ahead, coalesce(s.n, 0))
         || CASE WHEN a.missing > 0 THEN '；若分区是被删除的，其中数据已失，verify_history() 会指出' ELSE '' END,
         format('%s lacks partitions: %s missing, %s ahead, %s rows in the default partition', a.parent, a.missing, a.ahead, coalesce(s.n, 0))
         || CASE WHEN a.missing > 0 THEN '; what a dropped one held is lost, which verify_history() names' ELSE '' END,
         'SELECT liskeban.make_partitions();', here, false
    FROM liskeban._partitions_ahead() AS a LEFT JOIN liskeban._stray_rows() AS s ON s.parent = a.parent
   WHERE a.missing > 0 OR s.parent IS NOT NULL
      OR a.ahead < (SELECT m.threshold FROM liskeban.health_measure AS m WHERE m.measure = 'partitions_ahead')
  UNION ALL
  SELECT 'error', 'index_invalid', i.indexrelid::regclass::text,
         format('索引 %s 无效，不会被使用', i.indexrelid::regclass), format('index %s is invalid, and not used', i.indexrelid::regclass),
         format('REINDEX INDEX %s;', i.indexrelid::regclass), here, false
    FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
   WHERE c.relnamespace = 'liskeban'::regnamespace AND NOT i.indisvalid AND c.relkind = 'i'
  UNION ALL
  SELECT 'warning', 'autovacuum_off', c.oid::regclass::text,
         format('表 %s 关闭了自动清理，会膨胀', c.oid::regclass), format('autovacuum is off for table %s, which bloats', c.oid::regclass),
         format('ALTER TABLE %s RESET (autovacuum_enabled);', c.oid::regclass), here, false
    FROM pg_class AS c, pg_options_to_table(c.reloptions) AS o
   WHERE c.relnamespace = 'liskeban'::regnamespace AND c.relkind = 'r' AND o.option_name = 'autovacuum_enabled'
     AND NOT o.option_value::boolean
  UNION ALL
  -- pg_restore --disable-triggers leaves them so, and logical replication and session_replication_role pass them by
  SELECT 'error', 'trigger_off', format('%s on %s', g.tgname, g.tgrelid::regclass),
         format('触发器 %s（表 %s）不是 ENABLE ALWAYS，规则可能被绕过', g.tgname, g.tgrelid::regclass),
         format('trigger %s of table %s is not ENABLE ALWAYS: its rule may be passed by', g.tgname, g.tgrelid::regclass),
         format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I;', g.tgrelid::regclass, g.tgname), here, false
    FROM pg_trigger AS g JOIN pg_class AS c ON c.oid = g.tgrelid JOIN pg_proc AS f ON f.oid = g.tgfoid
   WHERE c.relnamespace = 'liskeban'::regnamespace AND f.pronamespace = c.relnamespace AND NOT g.tgisinternal AND g.tgparentid = 0
     AND (g.tgenabled = 'D' OR g.tgenabled <> 'A' AND g.tgname <> 'area_check')
  UNION ALL
  SELECT 'error', 'row_security_off', c.oid::regclass::text,
         format('表 %s 的行级安全未启用或未强制', c.oid::regclass), format('row security of table %s is not enabled, or not forced', c.oid::regclass),
         format('ALTER TABLE %1$s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;', c.oid::regclass), here, false
    FROM pg_class AS c
   WHERE c.relnamespace = 'liskeban'::regnamespace AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
     AND EXISTS (SELECT FROM pg_policy AS o WHERE o.polrelid = c.oid);

  -- ---- calendar and time zone ----
  RETURN QUERY
  SELECT CASE WHEN y.year > extract(year FROM now AT TIME ZONE p.time_zone) THEN 'warning' ELSE 'error' END, 'calendar_missing', y.year::text,
         format('%s 年没有工作日历，节假日会被当作工作日；语句录入法定的固定日期，农历节日与调休请按国务院办公厅通知补录', y.year),
         format('there is no calendar for %s, so holidays count as working days; the statement enters the holidays of fixed date, those of the lunar calendar and the make-up days are to be added as the State Council''s notice has them', y.year),
         format('INSERT INTO liskeban.calendar_day (day, is_working, name) SELECT make_date(%s, h.month, h.day), false, h.name '
                'FROM (VALUES (1, 1, ''元旦''), (5, 1, ''劳动节''), (5, 2, ''劳动节''), (10, 1, ''国庆节''), (10, 2, ''国庆节''), (10, 3, ''国庆节'')) AS h(month, day, name);', y.year),
         here, false
    FROM (SELECT extract(year FROM now AT TIME ZONE p.time_zone)::integer AS year
          UNION ALL
          -- the notice for the year to come is published in autumn
          SELECT extract(year FROM now AT TIME ZONE p.time_zone + interval '2 months')::integer
           WHERE extract(month FROM now AT TIME ZONE p.time_zone) > 10) AS y
   WHERE NOT EXISTS (SELECT FROM liskeban.calendar_day AS d WHERE d.day BETWEEN make_date(y.year, 1, 1) AND make_date(y.year, 12, 31))
  UNION ALL
  SELECT 'error', 'time_zone', p.time_zone,
         format('平台时区为 %s，与区划所在地不符：日界、班次和时限会错', p.time_zone),
         format('the platform''s time zone is %s, which is not that of the district: days, shifts and dues are wrong', p.time_zone),
         'UPDATE liskeban.platform SET time_zone = ''Asia/Shanghai'';', here, false
   WHERE (now AT TIME ZONE p.time_zone) - (now AT TIME ZONE 'UTC') <> interval '8 hours'
     AND NOT (p.time_zone = 'Asia/Urumqi' AND p.district::text ~ '^65')
  UNION ALL
  SELECT 'warning', 'zone_not_rolled', s.name,
         format('日统计 %s 仍按时区 %s 汇总', s.name, s.time_zone), format('the daily figures of %s are still those of zone %s', s.name, s.time_zone),
         'SELECT liskeban.roll_up();', here, false
    FROM liskeban.roll_up_state AS s WHERE s.time_zone <> p.time_zone;

  -- ---- areas, categories, cells ----
  RETURN QUERY
  SELECT CASE a.problem WHEN 'gap' THEN 'notice' ELSE 'warning' END, 'area_' || a.problem, concat_ws(' ', a.code::text, a.other::text),
         format(CASE a.problem WHEN 'overlap' THEN '区域 %1$s 与 %2$s 重叠 %3$s 平方米' WHEN 'gap' THEN '区域 %1$s 有 %3$s 平方米不属于任何下级'
                               ELSE '区域 %1$s 有 %3$s 平方米在上级 %2$s 之外' END, a.code, a.other, round(a.size)),
         format(CASE a.problem WHEN 'overlap' THEN 'areas %1$s and %2$s overlap by %3$s square metres' WHEN 'gap' THEN '%3$s square metres of area %1$s belong to none of its parts'
                               ELSE '%3$s square metres of area %1$s lie outside %2$s' END, a.code, a.other, round(a.size)),
         -- the one with the greater code gives way; a gap goes to the part it has the longest border with; what is outside is cut off
         format(CASE a.problem
           WHEN 'overlap' THEN
             'UPDATE liskeban.area AS a SET geom = %4$I.ST_Multi(%4$I.ST_CollectionExtract(%4$I.ST_Difference(a.geom, o.geom), 3)) '
             'FROM liskeban.area AS o WHERE a.code::text = %2$L AND o.code::text = %1$L;'
           WHEN 'gap' THEN
             'UPDATE liskeban.area AS a SET geom = %4$I.ST_Multi(%4$I.ST_CollectionExtract(%4$I.ST_Union(a.geom, %4$I.ST_Difference(o.geom, '
             '(SELECT %4$I.ST_Union(c.geom) FROM liskeban.area AS c WHERE liskeban.area_parent(c.code)::text = %1$L AND c.valid_to IS NULL))), 3)) '
             'FROM liskeban.area AS o WHERE o.code::text = %1$L AND a.code::text = %5$L;'
           ELSE
             'UPDATE liskeban.area AS a SET geom = %4$I.ST_Multi(%4$I.ST_CollectionExtract(%4$I.ST_Intersection(a.geom, o.geom), 3)) '
             'FROM liskeban.area AS o WHERE a.code::text = %1$L AND o.code::text = %2$L;' END,
           a.code::text, a.other::text, NULL, (SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'postgis'),
           CASE WHEN a.problem = 'gap' THEN liskeban._gap_taker(a.code)::text END), here, false
    FROM liskeban.area_problem AS a
  UNION ALL
  SELECT 'warning', 'category_department', c.code,
         CASE WHEN d.code IS NULL THEN format('事项 %s（%s）没有主管部门', c.code, c.name) ELSE format('事项 %s（%s）的主管部门 %s 已停用', c.code, c.name, d.name) END,
         CASE WHEN d.code IS NULL THEN format('category %s has no department', c.code) ELSE format('department %s of category %s is retired', d.code, c.code) END,
         format('UPDATE liskeban.category SET department = %L WHERE code = %L;',
                -- whoever has most of the domain
                (SELECT o.department FROM liskeban.category AS o JOIN liskeban.department AS t ON t.code = o.department
                  WHERE o.retired_at IS NULL AND t.retired_at IS NULL
                  GROUP BY o.department ORDER BY count(*) FILTER (WHERE o.domain = c.domain) DESC, o.department LIMIT 1), c.code), here, false
    FROM liskeban.category AS c LEFT JOIN liskeban.department AS d ON d.code = c.department
   WHERE c.retired_at IS NULL AND c.listed AND (d.code IS NULL OR d.retired_at IS NOT NULL)
  UNION ALL
  SELECT 'notice', 'cell_unserved', here::text,
         format('%s 个网格没有任何人员，如 %s%s', g.cells, g.example, CASE WHEN NOT g.any_serves THEN '；全区尚无人员，请录入 liskeban.grid_member' ELSE '' END),
         format('%s cells have nobody who serves them, such as %s%s', g.cells, g.example,
                CASE WHEN NOT g.any_serves THEN '; nobody serves anywhere: enter who does into liskeban.grid_member' ELSE '' END),
         -- who serves nearest steps in
         CASE WHEN g.any_serves THEN
           'INSERT INTO liskeban.grid_member (area, network, person, phone, police, begins_at) '
           'SELECT g.area, m.network, m.person, m.phone, m.police, liskeban.liskeban_now() FROM '
           '(SELECT v.area FROM liskeban.grid_gap AS v GROUP BY v.area HAVING count(*) = (SELECT count(*) FROM liskeban.network AS n WHERE n.retired_at IS NULL)) AS g CROSS JOIN LATERAL '
           '(SELECT s.network, s.person, s.phone, s.police FROM liskeban.grid_member AS s JOIN liskeban.network AS n ON n.code = s.network AND n.retired_at IS NULL WHERE s.begins_at <= liskeban.liskeban_now() '
           'AND (s.ends_at IS NULL OR s.ends_at > liskeban.liskeban_now()) ORDER BY left(s.area::text, 12) = left(g.area::text, 12) DESC, '
           'left(s.area::text, 9) = left(g.area::text, 9) DESC, s.area::text, s.person, s.network LIMIT 1) AS m;' END, here, false
    FROM (SELECT count(*) AS cells, min(c.area) AS example,
                 EXISTS (SELECT FROM liskeban.grid_member AS m JOIN liskeban.network AS n ON n.code = m.network
                          WHERE n.retired_at IS NULL AND m.begins_at <= now AND (m.ends_at IS NULL OR m.ends_at > now)) AS any_serves
            FROM (SELECT v.area::text AS area FROM liskeban.grid_gap AS v GROUP BY v.area
                  HAVING count(*) = (SELECT count(*) FROM liskeban.network AS n WHERE n.retired_at IS NULL)) AS c) AS g
   WHERE g.cells > 0;

  -- ---- who may what ----
  RETURN QUERY
  SELECT 'error', 'role_rights', r.rolname::text,
         format('角色 %s 权限过大：%s', r.rolname, w.too_many), format('role %s has too many rights: %s', r.rolname, w.too_many),
         format('ALTER ROLE %I %s;', r.rolname, w.mend), here, false
    FROM pg_roles AS r
   CROSS JOIN LATERAL (
     SELECT string_agg(o.what, ', ' ORDER BY o.what) AS too_many, string_agg('NO' || o.what, ' ' ORDER BY o.what) AS mend
       FROM (VALUES ('SUPERUSER', r.rolsuper, true), ('CREATEDB', r.rolcreatedb, true), ('CREATEROLE', r.rolcreaterole, true),
                    ('REPLICATION', r.rolreplication, r.rolname <> 'liskeban_hub'), ('BYPASSRLS', r.rolbypassrls, r.rolname NOT IN ('liskeban_hub', 'liskeban_backup')),
                    ('LOGIN', r.rolcanlogin, r.rolname NOT IN ('liskeban_hub', 'liskeban_job', 'liskeban_monitor'))) AS o(what, has, forbidden)
      WHERE o.has AND o.forbidden) AS w
   WHERE r.rolname IN ('liskeban_owner', 'liskeban_reader', 'liskeban_backup', 'liskeban_admin', 'liskeban_dispatcher', 'liskeban_handler',
                       'liskeban_source', 'liskeban_analyst', 'liskeban_job', 'liskeban_monitor', 'liskeban_hub') AND w.mend IS NOT NULL
  UNION ALL
  SELECT 'error', 'role_member', format('%s in %s', b.rolname, g.rolname),
         format('%s 是 %s 的成员：可绕过一切规则', b.rolname, g.rolname), format('%s is a member of %s, and so passes by every rule', b.rolname, g.rolname),
         format('REVOKE %I FROM %I;', g.rolname, b.rolname), here, false
    FROM pg_auth_members AS m JOIN pg_roles AS g ON g.oid = m.roleid JOIN pg_roles AS b ON b.oid = m.member
   WHERE (g.rolname = 'liskeban_owner' OR g.rolname IN ('liskeban_job', 'liskeban_hub') OR g.rolname = 'liskeban_reader' AND b.rolname <> 'liskeban_owner')
     AND NOT b.rolsuper
  UNION ALL
  SELECT 'error', 'public_rights', c.oid::regclass::text,
         format('所有人（PUBLIC）可访问 %s：%s', c.oid::regclass, string_agg(DISTINCT x.privilege_type, ', ')),
         format('everybody (PUBLIC) may %s on %s', string_agg(DISTINCT x.privilege_type, ', '), c.oid::regclass),
         format('REVOKE ALL ON %s FROM PUBLIC;', c.oid::regclass), here, false
    FROM pg_class AS c, aclexplode(c.relacl) AS x
   WHERE c.relnamespace IN ('liskeban'::regnamespace, 'liskeban_report'::regnamespace) AND x.grantee = 0 AND c.relkind <> 'S' GROUP BY c.oid
  UNION ALL
  SELECT 'error', 'public_rights', here::text, '所有人（PUBLIC）可连接本库', 'everybody (PUBLIC) may connect to this database',
         format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC;', here), here, false
    FROM pg_database AS d
   WHERE d.datname = here AND has_database_privilege(0::oid, d.oid, 'CONNECT')
  UNION ALL
  SELECT 'error', 'public_rights', n.nspname::text,
         format('所有人（PUBLIC）可在模式 %s 中建对象', n.nspname), format('everybody (PUBLIC) may create objects in schema %s', n.nspname),
         format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC;', n.nspname), here, false
    FROM pg_namespace AS n, aclexplode(n.nspacl) AS x
   WHERE x.grantee = 0 AND x.privilege_type = 'CREATE'
     AND (n.nspname IN ('liskeban', 'liskeban_report') OR n.oid IN (SELECT e.extnamespace FROM pg_extension AS e WHERE e.extname IN ('postgis', 'pgcrypto')))
  UNION ALL
  SELECT 'error', 'cannot_connect', r.rolname::text,
         format('角色 %s 不能连接本库', r.rolname), format('role %s may not connect to this database', r.rolname),
         format('GRANT CONNECT ON DATABASE %I TO %I;', here, r.rolname), here, false
    FROM pg_roles AS r
   WHERE r.rolname IN ('liskeban_backup', 'liskeban_admin', 'liskeban_dispatcher', 'liskeban_handler', 'liskeban_source', 'liskeban_analyst', 'liskeban_job', 'liskeban_monitor')
     AND NOT has_database_privilege(r.oid, here, 'CONNECT');

  -- ---- what a hub reads, what it holds up ----
  RETURN QUERY
  SELECT 'warning', 'slot_idle', s.slot_name::text,
         format('复制槽 %s 无人读取，已积压 %s；若对端已撤销，请删除', s.slot_name, pg_size_pretty(l.held)),
         format('nobody reads replication slot %s, which holds %s of write-ahead log: drop it if whoever did is gone', s.slot_name, pg_size_pretty(l.held)),
         format('SELECT pg_drop_replication_slot(%L);', s.slot_name), here, false
    FROM pg_replication_slots AS s
   CROSS JOIN LATERAL (SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn) END AS held) AS l
   WHERE NOT s.active AND (s.database IS NULL OR s.database = here)
     AND l.held > (SELECT m.threshold FROM liskeban.health_measure AS m WHERE m.measure = 'slot_lag')::numeric;

  -- ---- the key of residents ----
  IF EXISTS (SELECT FROM liskeban.identity_check) OR EXISTS (SELECT FROM liskeban.membership AS m WHERE m.duty = 'source' AND m.department IS NOT NULL) THEN
    BEGIN
      PERFORM liskeban._resident_key(false);
    EXCEPTION WHEN OTHERS THEN
      key_error := SQLERRM;
    END;
    RETURN QUERY
    SELECT 'error', 'identity_key', 'liskeban.identity_key_file',
           format('居民身份密钥不可用：%s', key_error) || CASE WHEN k.known THEN '；请放回原密钥文件，新密钥认不出已有居民' ELSE '' END,
           format('the key of residents cannot be used: %s', key_error) || CASE WHEN k.known THEN '; put the old file back, for by another nobody is known' ELSE '' END,
           CASE WHEN NOT k.known THEN 'SELECT liskeban.make_identity_key();' END, here, false
      FROM (SELECT EXISTS (SELECT FROM liskeban.identity_check) AS known) AS k WHERE key_error IS NOT NULL;
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._platform_findings() IS 'what doctor() finds of a platform';
REVOKE ALL ON FUNCTION liskeban._platform_findings() FROM PUBLIC;
