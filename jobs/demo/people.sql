-- Sample people: who sits at which desk, handles what, leads where. Every name and phone number is made up (no number
-- begins with 0 after the area code). Identities are not login roles: a gateway, or a superuser, acts for them by
-- liskeban.act_as(). Loading it again adds nothing. Read by district.sql.
--
--   desk_1 … desk_4          dispatchers of the district's duty desk
--   feedback_1, feedback_2   dispatchers who ask citizens back and close
--   town_TTT_desk            dispatcher of a town (TTT = the town's digits)
--   town_TTT_team            handlers of a town;  district_team those of the district
--   village_TTTVVV           handlers of a village
--   dept_CODE                handlers of a department
--   leader_1, leader_2       the first two of the district, who declare emergencies and sign what is whistled up to them
--   source_CODE              what a source system reports as
--   analyst, auditor_1, auditor_2, admin_demo, cashier_demo (who pays out what the other awarded)

CREATE FUNCTION pg_temp.demo_name(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT substr('王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕', 1 + (n * 7 % 40)::integer, 1)
         || substr('建国志明秀英桂兰海涛晓红文博雅婷立新春华永康思远佳宁子轩雨晨长青玉梅德胜美玲', 1 + (n * 11 % 18)::integer * 2, 2)
$$;

CREATE TEMP TABLE demo_person AS
  SELECT role_name, duty, area, department, source, row_number() OVER (ORDER BY role_name, duty) AS n
    FROM (SELECT 'desk_' || i AS role_name, 'dispatcher' AS duty, NULL AS area, NULL AS department, NULL AS source
            FROM generate_series(1, 4) AS i
          UNION ALL SELECT 'feedback_' || i, 'dispatcher', NULL, NULL, NULL FROM generate_series(1, 2) AS i
          UNION ALL SELECT 'town_' || right(code, 3) || '_desk', 'dispatcher', code, NULL, NULL FROM demo_town
          UNION ALL SELECT 'town_' || right(code, 3) || '_team', 'handler', code, NULL, NULL FROM demo_town
          UNION ALL SELECT 'district_team', 'handler', district::text, NULL, NULL FROM liskeban.platform
          UNION ALL SELECT 'village_' || right(code, 6), 'handler', code, NULL, NULL FROM demo_village
          UNION ALL SELECT 'dept_' || code, 'handler', NULL, code, NULL FROM liskeban.department WHERE level = 'district'
          UNION ALL SELECT 'source_' || code, 'source', NULL, NULL, code FROM liskeban.source_system
          UNION ALL SELECT unnest(ARRAY['analyst', 'auditor_1', 'auditor_2']), 'analyst', NULL, NULL, NULL
          UNION ALL SELECT unnest(ARRAY['leader_1', 'leader_2']), 'dispatcher', NULL, NULL, NULL
          UNION ALL SELECT unnest(ARRAY['admin_demo', 'cashier_demo']), 'admin', NULL, NULL, NULL) AS p;

INSERT INTO liskeban.membership (role_name, duty, area, department, source)
  SELECT p.role_name, p.duty, p.area::liskeban.area_code, p.department, p.source
    FROM demo_person AS p
   WHERE NOT EXISTS (SELECT FROM liskeban.membership AS m WHERE m.role_name = p.role_name AND m.duty = p.duty AND m.retired_at IS NULL)
   ORDER BY p.n;

-- Leaders: the first two of the district, five in charge of a domain each, one for every town, village and department.
INSERT INTO liskeban.official (role_name, name, title, tier, area, department, portfolio)
  SELECT o.role_name, pg_temp.demo_name(1000 + row_number() OVER (ORDER BY o.tier DESC, o.role_name)), o.title, o.tier::liskeban.tier,
         o.area::liskeban.area_code, o.department, o.portfolio
    FROM (SELECT 'leader_1' AS role_name, '区委书记' AS title, 'principal' AS tier, district::text AS area, NULL AS department, '{}'::text[] AS portfolio
            FROM liskeban.platform
          UNION ALL SELECT 'leader_2', '区长', 'principal', district::text, NULL, '{}' FROM liskeban.platform
          UNION ALL SELECT 'leader_' || d.code, '副区长', 'district', p.district::text, NULL, ARRAY[d.code]
                      FROM liskeban.platform AS p, liskeban.domain AS d WHERE d.retired_at IS NULL
          UNION ALL SELECT 'leader_' || right(code, 3), '党（工）委书记', 'town', code, NULL, '{}' FROM demo_town
          UNION ALL SELECT 'leader_' || right(code, 6), '村（社区）书记', 'village', code, NULL, '{}' FROM demo_village
          UNION ALL SELECT 'leader_' || code, '主要负责人', 'town', NULL, code, '{}' FROM liskeban.department WHERE level = 'district') AS o
   WHERE NOT EXISTS (SELECT FROM liskeban.official AS x WHERE x.role_name = o.role_name);

-- Duty desks: the district's, every town's, every village's, every department's; a dedicated cell has its own.
INSERT INTO liskeban.duty (area, department, person, phone, begins_at)
  SELECT d.area::liskeban.area_code, d.department, pg_temp.demo_name(2000 + d.n), '025-0' || lpad((1000000 + d.n)::text, 7, '0'),
         timestamptz '2023-01-01 00:00:00+08'
    FROM (SELECT a.area, a.department, row_number() OVER (ORDER BY a.area, a.department) AS n
            FROM (SELECT district::text AS area, NULL::text AS department FROM liskeban.platform
                  UNION ALL SELECT code, NULL FROM demo_town
                  UNION ALL SELECT code, NULL FROM demo_village
                  UNION ALL SELECT code, NULL FROM demo_dedicated
                  UNION ALL SELECT NULL, code FROM liskeban.department WHERE level = 'district') AS a) AS d
   WHERE NOT EXISTS (SELECT FROM liskeban.duty AS x
                      WHERE x.area IS NOT DISTINCT FROM d.area::liskeban.area_code AND x.department IS NOT DISTINCT FROM d.department);

-- The four networks on one grid: a governance and a service worker on every grid; party and safety (a police officer)
-- on the first grid of every village for the whole of it.
INSERT INTO liskeban.grid_member (area, network, person, phone, police, begins_at)
  SELECT m.code::liskeban.area_code, m.network, pg_temp.demo_name(4000 + m.n), '025-0' || lpad((2000000 + m.n)::text, 7, '0'),
         m.network = 'safety', timestamptz '2023-01-01 00:00:00+08'
    FROM (SELECT g.code, w.code AS network, row_number() OVER (ORDER BY g.code, w.code) AS n
            FROM (SELECT code::text AS code, kind FROM liskeban.area) AS g
            JOIN liskeban.network AS w ON w.code IN ('governance', 'service') OR (w.code IN ('party', 'safety') AND right(g.code, 3) = '001')
           WHERE length(g.code) = 15 AND g.kind = 'plain' AND left(g.code, 12) IN (SELECT code FROM demo_village)) AS m
   WHERE NOT EXISTS (SELECT FROM liskeban.grid_member AS x WHERE x.area = m.code::liskeban.area_code AND x.network = m.network);
