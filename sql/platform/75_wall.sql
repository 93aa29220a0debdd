-- The wall: what is open now, for the screen in the command hall. Each view reads the worklist, or what is open of
-- whistles, directives and supervisions, and never history; no text, no personal data. Their figures of open tickets add
-- up to all of them: what lies in no town, or with nobody yet, stands in the row (pool). The time is asked once a view
-- (OFFSET 0), the town of an area once an area.

GRANT SELECT (ticket_id, state, tier, area, responsible_area, department, co_departments, priority, received_at, due)
  ON liskeban.worklist TO liskeban_reader;
GRANT SELECT (whistle_id, ticket_id, from_tier, to_tier, auto, raised_at, sign_due, signed_at, handle_due, ended_at, from_area, from_department)
  ON liskeban.whistle TO liskeban_reader;
GRANT SELECT (directive_id, issued_at, reply_due, revoked_at) ON liskeban.directive TO liskeban_reader;
GRANT SELECT (target_id, directive_id, area, department, signed_at, replied_at, done_at) ON liskeban.directive_target TO liskeban_reader;
GRANT SELECT (supervision_id, ticket_id, target_id, clock, level, kind, area, department, issued_at, reply_due, replied_at, struck_at)
  ON liskeban.supervision TO liskeban_reader;

CREATE VIEW liskeban_report.open_by_tier WITH (security_barrier) AS
  SELECT r.tier, r.name AS tier_name, r.name_en AS tier_name_en,
         coalesce(o.open, 0) AS open, coalesce(o.reported, 0) AS reported, coalesce(o.accepted, 0) AS accepted,
         coalesce(o.dispatched, 0) AS dispatched, coalesce(o.on_site, 0) AS on_site, coalesce(o.planned, 0) AS planned,
         coalesce(o.suspended, 0) AS suspended, coalesce(o.resolved, 0) AS resolved, coalesce(o.overdue, 0) AS overdue
    FROM (VALUES (0, '(pool)', '未派单', 'not dispatched yet'), (1, 'village', '村社区', 'village'), (2, 'town', '镇街或部门', 'town or department'),
                 (3, 'district', '区', 'district'), (4, 'principal', '主要领导', 'principal')) AS r(nth, tier, name, name_en)
    LEFT JOIN (SELECT coalesce(w.tier::text, '(pool)') AS tier, count(*) AS open,
                      count(*) FILTER (WHERE w.state = 'reported') AS reported, count(*) FILTER (WHERE w.state = 'accepted') AS accepted,
                      count(*) FILTER (WHERE w.state = 'dispatched') AS dispatched, count(*) FILTER (WHERE w.state = 'on_site') AS on_site,
                      count(*) FILTER (WHERE w.state = 'planned') AS planned, count(*) FILTER (WHERE w.state = 'suspended') AS suspended,
                      count(*) FILTER (WHERE w.state = 'resolved') AS resolved, count(*) FILTER (WHERE w.due <= n.now) AS overdue
                 FROM (SELECT liskeban.liskeban_now() AS now OFFSET 0) AS n CROSS JOIN liskeban.worklist AS w GROUP BY w.tier) AS o ON o.tier = r.tier
   ORDER BY r.nth;
COMMENT ON VIEW liskeban_report.open_by_tier IS '各层级在办 open tickets by the rung they are on and where they stand; a row for each rung; key tier';
COMMENT ON COLUMN liskeban_report.open_by_tier.tier IS '层级代码 key: village, town, district, principal; (pool) not dispatched yet';
COMMENT ON COLUMN liskeban_report.open_by_tier.tier_name IS '层级 the rung in Chinese';
COMMENT ON COLUMN liskeban_report.open_by_tier.tier_name_en IS '层级英文名 the rung in English';
COMMENT ON COLUMN liskeban_report.open_by_tier.open IS '在办量 open tickets; summed up they are all there are';
COMMENT ON COLUMN liskeban_report.open_by_tier.reported IS '待受理 of these to be accepted';
COMMENT ON COLUMN liskeban_report.open_by_tier.accepted IS '待派单 of these to be dispatched';
COMMENT ON COLUMN liskeban_report.open_by_tier.dispatched IS '已派单 of these dispatched';
COMMENT ON COLUMN liskeban_report.open_by_tier.on_site IS '已到场 of these with someone there';
COMMENT ON COLUMN liskeban_report.open_by_tier.planned IS '有方案 of these with a plan';
COMMENT ON COLUMN liskeban_report.open_by_tier.suspended IS '挂账 of these suspended';
COMMENT ON COLUMN liskeban_report.open_by_tier.resolved IS '待回访 of these resolved and not closed';
COMMENT ON COLUMN liskeban_report.open_by_tier.overdue IS '超期量 of these past the due of resolution (hard without a plan: of the plan)';

CREATE VIEW liskeban_report.overdue WITH (security_barrier) AS
  SELECT coalesce(w.town::text, '(pool)') AS town,
         CASE WHEN w.town IS NULL THEN '公共池' ELSE a.name END AS town_name,
         CASE WHEN w.town IS NULL THEN 'pool' ELSE a.name_en END AS town_name_en,
         w.open, w.overdue, w.open - w.overdue AS not_overdue, w.overdue_1, w.overdue_3, w.overdue_7, w.overdue_over_7,
         w.overdue::double precision / w.open AS overdue_rate, w.longest_due
    FROM (SELECT CASE WHEN liskeban.area_level(o.area) >= 'town' THEN liskeban.area_parent(o.area, 'town') END AS town,
                 sum(o.open)::bigint AS open, sum(o.overdue)::bigint AS overdue, sum(o.overdue - o.over_1)::bigint AS overdue_1,
                 sum(o.over_1 - o.over_3)::bigint AS overdue_3, sum(o.over_3 - o.over_7)::bigint AS overdue_7,
                 sum(o.over_7)::bigint AS overdue_over_7, min(o.longest_due) AS longest_due
            FROM (SELECT w.area, count(*) AS open, count(*) FILTER (WHERE w.due <= n.now) AS overdue,
                         count(*) FILTER (WHERE w.due <= n.over_1) AS over_1, count(*) FILTER (WHERE w.due <= n.over_3) AS over_3,
                         count(*) FILTER (WHERE w.due <= n.over_7) AS over_7, min(w.due) FILTER (WHERE w.due <= n.now) AS longest_due
                    FROM (SELECT t.now, t.now - interval '24 hours' AS over_1, t.now - interval '72 hours' AS over_3,
                                 t.now - interval '168 hours' AS over_7
                            FROM (SELECT liskeban.liskeban_now() AS now) AS t OFFSET 0) AS n
                   CROSS JOIN liskeban.worklist AS w GROUP BY w.area) AS o
           GROUP BY 1) AS w
    LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) w.town
   ORDER BY w.overdue DESC, w.town NULLS LAST;
COMMENT ON VIEW liskeban_report.overdue IS '超期在办 open tickets past the due of resolution (hard without a plan: of the plan), by the town they lie in and for how long; key town';
COMMENT ON COLUMN liskeban_report.overdue.town IS '镇街代码 key: code of the town; (pool) what lies in none';
COMMENT ON COLUMN liskeban_report.overdue.town_name IS '镇街 its name in Chinese';
COMMENT ON COLUMN liskeban_report.overdue.town_name_en IS '镇街英文名 its name in English';
COMMENT ON COLUMN liskeban_report.overdue.open IS '在办量 open tickets; summed up they are all there are';
COMMENT ON COLUMN liskeban_report.overdue.overdue IS '超期量 of these overdue';
COMMENT ON COLUMN liskeban_report.overdue.not_overdue IS '未超期量 of these not overdue: ahead of their due, suspended or resolved';
COMMENT ON COLUMN liskeban_report.overdue.overdue_1 IS '超期1天内 overdue for less than a day';
COMMENT ON COLUMN liskeban_report.overdue.overdue_3 IS '超期1至3天 overdue for less than 3 days, and not counted before';
COMMENT ON COLUMN liskeban_report.overdue.overdue_7 IS '超期3至7天 overdue for less than 7 days, and not counted before';
COMMENT ON COLUMN liskeban_report.overdue.overdue_over_7 IS '超期7天以上 overdue for 7 days and more';
COMMENT ON COLUMN liskeban_report.overdue.overdue_rate IS '超期率 overdue / open';
COMMENT ON COLUMN liskeban_report.overdue.longest_due IS '最早时限 the due that passed first; NULL where none did';

CREATE VIEW liskeban_report.due_soon WITH (security_barrier) AS
  SELECT coalesce(w.town::text, '(pool)') AS town,
         CASE WHEN w.town IS NULL THEN '公共池' ELSE a.name END AS town_name,
         CASE WHEN w.town IS NULL THEN 'pool' ELSE a.name_en END AS town_name_en,
         w.open, w.overdue, w.due_1_hour, w.due_4_hours, w.due_1_day, w.due_3_days, w.due_later, w.no_due, w.next_due
    FROM (SELECT CASE WHEN liskeban.area_level(o.area) >= 'town' THEN liskeban.area_parent(o.area, 'town') END AS town,
                 sum(o.open)::bigint AS open, sum(o.overdue)::bigint AS overdue, sum(o.to_1_hour - o.overdue)::bigint AS due_1_hour,
                 sum(o.to_4_hours - o.to_1_hour)::bigint AS due_4_hours, sum(o.to_1_day - o.to_4_hours)::bigint AS due_1_day,
                 sum(o.to_3_days - o.to_1_day)::bigint AS due_3_days, sum(o.with_due - o.to_3_days)::bigint AS due_later,
                 sum(o.open - o.with_due)::bigint AS no_due, min(o.next_due) AS next_due
            FROM (SELECT w.area, count(*) AS open, count(w.due) AS with_due, count(*) FILTER (WHERE w.due <= n.now) AS overdue,
                         count(*) FILTER (WHERE w.due <= n.to_1_hour) AS to_1_hour, count(*) FILTER (WHERE w.due <= n.to_4_hours) AS to_4_hours,
                         count(*) FILTER (WHERE w.due <= n.to_1_day) AS to_1_day, count(*) FILTER (WHERE w.due <= n.to_3_days) AS to_3_days,
                         min(w.due) FILTER (WHERE w.due > n.now) AS next_due
                    FROM (SELECT t.now, t.now + interval '1 hour' AS to_1_hour, t.now + interval '4 hours' AS to_4_hours,
                                 t.now + interval '24 hours' AS to_1_day, t.now + interval '72 hours' AS to_3_days
                            FROM (SELECT liskeban.liskeban_now() AS now) AS t OFFSET 0) AS n
                   CROSS JOIN liskeban.worklist AS w GROUP BY w.area) AS o
           GROUP BY 1) AS w
    LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) w.town
   ORDER BY w.next_due NULLS LAST, w.town NULLS LAST;
COMMENT ON VIEW liskeban_report.due_soon IS '临期在办 open tickets by how soon they are due (hard without a plan: the plan), and by the town they lie in; key town';
COMMENT ON COLUMN liskeban_report.due_soon.town IS '镇街代码 key: code of the town; (pool) what lies in none';
COMMENT ON COLUMN liskeban_report.due_soon.town_name IS '镇街 its name in Chinese';
COMMENT ON COLUMN liskeban_report.due_soon.town_name_en IS '镇街英文名 its name in English';
COMMENT ON COLUMN liskeban_report.due_soon.open IS '在办量 open tickets, the sum of the following; summed up they are all there are';
COMMENT ON COLUMN liskeban_report.due_soon.overdue IS '已超期 past the due';
COMMENT ON COLUMN liskeban_report.due_soon.due_1_hour IS '1小时内到期 due within an hour';
COMMENT ON COLUMN liskeban_report.due_soon.due_4_hours IS '4小时内到期 due within 4 hours, and not counted before';
COMMENT ON COLUMN liskeban_report.due_soon.due_1_day IS '1天内到期 due within 24 hours, and not counted before';
COMMENT ON COLUMN liskeban_report.due_soon.due_3_days IS '3天内到期 due within 72 hours, and not counted before';
COMMENT ON COLUMN liskeban_report.due_soon.due_later IS '3天以上到期 due later than that';
COMMENT ON COLUMN liskeban_report.due_soon.no_due IS '不计时 suspended or resolved';
COMMENT ON COLUMN liskeban_report.due_soon.next_due IS '最近时限 the next due ahead';

CREATE VIEW liskeban_report.workload WITH (security_barrier) AS
  SELECT k.kind || '/' || k.holder AS workload_key, k.holder, k.kind,
         CASE k.kind WHEN 'area' THEN a.name WHEN 'department' THEN d.name ELSE '公共池' END AS holder_name,
         CASE k.kind WHEN 'area' THEN a.name_en WHEN 'department' THEN d.name_en ELSE 'pool' END AS holder_name_en,
         coalesce(h.open, 0) AS open, coalesce(h.to_do, 0) AS to_do, coalesce(h.overdue, 0) AS overdue, coalesce(h.due_1_day, 0) AS due_1_day,
         coalesce(h.urgent, 0) AS urgent, coalesce(h.suspended, 0) AS suspended, coalesce(h.resolved, 0) AS resolved,
         coalesce(c.co_open, 0) AS co_open
    FROM (SELECT o.responsible_area AS area, CASE WHEN o.responsible_area IS NULL THEN o.department END AS department,
                 count(*) AS open, count(*) FILTER (WHERE o.state IN ('dispatched', 'on_site', 'planned')) AS to_do,
                 count(*) FILTER (WHERE o.due <= n.now) AS overdue,
                 count(*) FILTER (WHERE o.due > n.now AND o.due <= n.to_1_day) AS due_1_day,
                 count(*) FILTER (WHERE o.priority = 1) AS urgent, count(*) FILTER (WHERE o.state = 'suspended') AS suspended,
                 count(*) FILTER (WHERE o.state = 'resolved') AS resolved
            FROM (SELECT t.now, t.now + interval '24 hours' AS to_1_day
                    FROM (SELECT liskeban.liskeban_now() AS now) AS t OFFSET 0) AS n
           CROSS JOIN liskeban.worklist AS o GROUP BY 1, 2) AS h
    FULL JOIN (SELECT u.department, count(*) AS co_open
                 FROM liskeban.worklist AS o CROSS JOIN LATERAL unnest(o.co_departments) AS u(department)
                WHERE cardinality(o.co_departments) > 0 GROUP BY u.department) AS c ON c.department = h.department
    LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) h.area
    LEFT JOIN liskeban.department AS d ON d.code = coalesce(h.department, c.department)
   CROSS JOIN LATERAL (SELECT CASE WHEN h.area IS NOT NULL THEN 'area' WHEN coalesce(h.department, c.department) IS NOT NULL THEN 'department' ELSE 'pool' END AS kind,
                              coalesce(h.area::text, h.department, c.department, '(pool)') AS holder) AS k
   ORDER BY coalesce(h.open, 0) DESC, h.area, coalesce(h.department, c.department);
COMMENT ON VIEW liskeban_report.workload IS '承办负荷 open tickets by who holds them (responsible area, else department), and where a department co-handles; key workload_key';
COMMENT ON COLUMN liskeban_report.workload.workload_key IS '主键 key: kind and holder';
COMMENT ON COLUMN liskeban_report.workload.holder IS '承办单位代码 code of the area, else of the department; (pool) nobody yet';
COMMENT ON COLUMN liskeban_report.workload.kind IS '承办单位类别 area 区域, department 部门, pool 公共池';
COMMENT ON COLUMN liskeban_report.workload.holder_name IS '承办单位 its name in Chinese';
COMMENT ON COLUMN liskeban_report.workload.holder_name_en IS '承办单位英文名 its name in English';
COMMENT ON COLUMN liskeban_report.workload.open IS '在办量 open tickets that it holds, or that lie with it until they are dispatched; summed up they are all there are';
COMMENT ON COLUMN liskeban_report.workload.to_do IS '应办量 of these dispatched, on site or planned';
COMMENT ON COLUMN liskeban_report.workload.overdue IS '超期量 of these past the due of resolution (hard without a plan: of the plan)';
COMMENT ON COLUMN liskeban_report.workload.due_1_day IS '1天内到期 of these due within 24 hours';
COMMENT ON COLUMN liskeban_report.workload.urgent IS '紧急量 of these of priority 1';
COMMENT ON COLUMN liskeban_report.workload.suspended IS '挂账 of these suspended';
COMMENT ON COLUMN liskeban_report.workload.resolved IS '待回访 of these resolved and not closed';
COMMENT ON COLUMN liskeban_report.workload.co_open IS '协办量 open tickets of others in which it co-handles; beside open';

CREATE VIEW liskeban_report.backlog_by_age WITH (security_barrier) AS
  SELECT b.age, b.name AS age_name, b.name_en AS age_name_en,
         coalesce(o.open, 0) AS open, coalesce(o.pool, 0) AS pool, coalesce(o.village, 0) AS village, coalesce(o.town, 0) AS town,
         coalesce(o.district, 0) AS district, coalesce(o.principal, 0) AS principal, coalesce(o.overdue, 0) AS overdue
    FROM (VALUES (1, 1, '1天以内', 'up to a day'), (2, 3, '1至3天', 'up to 3 days'), (3, 7, '3至7天', 'up to 7 days'),
                 (4, 30, '7至30天', 'up to 30 days'), (5, NULL, '30天以上', 'over 30 days')) AS b(age, days, name, name_en)
    LEFT JOIN (SELECT CASE WHEN w.received_at >= n.day_1 THEN 1 WHEN w.received_at >= n.day_3 THEN 2 WHEN w.received_at >= n.day_7 THEN 3
                           WHEN w.received_at >= n.day_30 THEN 4 ELSE 5 END AS age,
                      count(*) AS open, count(*) FILTER (WHERE w.tier IS NULL) AS pool, count(*) FILTER (WHERE w.tier = 'village') AS village,
                      count(*) FILTER (WHERE w.tier = 'town') AS town, count(*) FILTER (WHERE w.tier = 'district') AS district,
                      count(*) FILTER (WHERE w.tier = 'principal') AS principal, count(*) FILTER (WHERE w.due <= n.now) AS overdue
                 FROM (SELECT t.now, t.now - interval '24 hours' AS day_1, t.now - interval '72 hours' AS day_3,
                              t.now - interval '168 hours' AS day_7, t.now - interval '720 hours' AS day_30
                         FROM (SELECT liskeban.liskeban_now() AS now) AS t OFFSET 0) AS n
                CROSS JOIN liskeban.worklist AS w GROUP BY 1) AS o ON o.age = b.age
   ORDER BY b.age;
COMMENT ON VIEW liskeban_report.backlog_by_age IS '积案账龄 open tickets by how long ago they were received; a row for each age; key age';
COMMENT ON COLUMN liskeban_report.backlog_by_age.age IS '账龄段 key: 1 up to a day, 2 up to 3 days, 3 up to 7 days, 4 up to 30 days, 5 over 30 days';
COMMENT ON COLUMN liskeban_report.backlog_by_age.age_name IS '账龄 its name in Chinese';
COMMENT ON COLUMN liskeban_report.backlog_by_age.age_name_en IS '账龄英文名 its name in English';
COMMENT ON COLUMN liskeban_report.backlog_by_age.open IS '在办量 open tickets, the sum of pool and the rungs; summed up they are all there are';
COMMENT ON COLUMN liskeban_report.backlog_by_age.pool IS '未派单 not dispatched yet';
COMMENT ON COLUMN liskeban_report.backlog_by_age.village IS '村社区 on the rung of villages';
COMMENT ON COLUMN liskeban_report.backlog_by_age.town IS '镇街或部门 on that of towns and departments';
COMMENT ON COLUMN liskeban_report.backlog_by_age.district IS '区 on that of the district';
COMMENT ON COLUMN liskeban_report.backlog_by_age.principal IS '主要领导 on the highest';
COMMENT ON COLUMN liskeban_report.backlog_by_age.overdue IS '超期量 of these past the due of resolution (hard without a plan: of the plan)';

CREATE VIEW liskeban_report.whistles_open WITH (security_barrier) AS
  SELECT w.whistle_id, w.ticket_id, w.from_tier::text AS from_tier, w.to_tier::text AS to_tier, w.auto,
         coalesce(w.from_area::text, w.from_department) AS raised_from, coalesce(a.name, d.name) AS raised_from_name,
         coalesce(a.name_en, d.name_en) AS raised_from_name_en,
         w.raised_at, w.sign_due, w.signed_at, w.handle_due,
         w.signed_at IS NULL AND w.sign_due <= n.now AS sign_overdue, w.handle_due <= n.now AS handle_overdue
    FROM liskeban.whistle AS w
   CROSS JOIN (SELECT liskeban.liskeban_now() AS now OFFSET 0) AS n
    LEFT JOIN liskeban.area AS a ON a.code OPERATOR(liskeban.=) w.from_area
    LEFT JOIN liskeban.department AS d ON w.from_area IS NULL AND d.code = w.from_department
   WHERE w.ended_at IS NULL
   ORDER BY w.handle_due, w.whistle_id;
COMMENT ON VIEW liskeban_report.whistles_open IS '在办吹哨 whistles that have not ended; key whistle_id';
COMMENT ON COLUMN liskeban_report.whistles_open.whistle_id IS '吹哨编号 key';
COMMENT ON COLUMN liskeban_report.whistles_open.ticket_id IS '工单编号 the ticket';
COMMENT ON COLUMN liskeban_report.whistles_open.from_tier IS '原层级 rung it was raised from';
COMMENT ON COLUMN liskeban_report.whistles_open.to_tier IS '现层级 rung it was raised to';
COMMENT ON COLUMN liskeban_report.whistles_open.auto IS '自动 whether an overdue clock raised it';
COMMENT ON COLUMN liskeban_report.whistles_open.raised_from IS '吹哨单位代码 code of the area, else of the department, that held the ticket';
COMMENT ON COLUMN liskeban_report.whistles_open.raised_from_name IS '吹哨单位 its name in Chinese';
COMMENT ON COLUMN liskeban_report.whistles_open.raised_from_name_en IS '吹哨单位英文名 its name in English';
COMMENT ON COLUMN liskeban_report.whistles_open.raised_at IS '吹哨时间 when it was raised';
COMMENT ON COLUMN liskeban_report.whistles_open.sign_due IS '签收时限 by when it is to be signed';
COMMENT ON COLUMN liskeban_report.whistles_open.signed_at IS '签收时间 when it was signed; NULL not yet';
COMMENT ON COLUMN liskeban_report.whistles_open.handle_due IS '办理时限 by when it is to be solved';
COMMENT ON COLUMN liskeban_report.whistles_open.sign_overdue IS '签收超期 whether it should have been signed';
COMMENT ON COLUMN liskeban_report.whistles_open.handle_overdue IS '办理超期 whether it should have been solved';

CREATE VIEW liskeban_report.directives_open WITH (security_barrier) AS
  SELECT d.directive_id, d.issued_at, d.reply_due, count(*) AS receivers, count(t.signed_at) AS signed, count(t.replied_at) AS replied,
         count(t.done_at) AS done, count(*) - count(t.done_at) AS open,
         count(*) FILTER (WHERE t.replied_at IS NULL AND d.reply_due <= n.now) AS overdue
    FROM liskeban.directive AS d
   CROSS JOIN (SELECT liskeban.liskeban_now() AS now OFFSET 0) AS n
    JOIN liskeban.directive_target AS t ON t.directive_id = d.directive_id
   WHERE d.revoked_at IS NULL
   GROUP BY d.directive_id, d.issued_at, d.reply_due, n.now
  HAVING count(t.done_at) < count(*)
   ORDER BY d.reply_due, d.directive_id;
COMMENT ON VIEW liskeban_report.directives_open IS '在办指令 directives in force that not every receiver has done; key directive_id';
COMMENT ON COLUMN liskeban_report.directives_open.directive_id IS '指令编号 key';
COMMENT ON COLUMN liskeban_report.directives_open.issued_at IS '签发时间 when it was issued';
COMMENT ON COLUMN liskeban_report.directives_open.reply_due IS '回复时限 by when each receiver answers';
COMMENT ON COLUMN liskeban_report.directives_open.receivers IS '接收单位数 areas and departments that it is for';
COMMENT ON COLUMN liskeban_report.directives_open.signed IS '已签收 of these that have signed';
COMMENT ON COLUMN liskeban_report.directives_open.replied IS '已回复 of these that have answered';
COMMENT ON COLUMN liskeban_report.directives_open.done IS '已办结 of these that have done it';
COMMENT ON COLUMN liskeban_report.directives_open.open IS '未办结 of these that have not';
COMMENT ON COLUMN liskeban_report.directives_open.overdue IS '超期未回复 of these that should have answered and have not';

CREATE VIEW liskeban_report.supervisions_open WITH (security_barrier) AS
  SELECT concat_ws('/', s.kind, coalesce(s.clock, 'none'), s.unit) AS supervisions_open_key,
         s.kind, s.clock, s.unit, s.unit_kind, coalesce(a.name, d.name) AS unit_name, coalesce(a.name_en, d.name_en) AS unit_name_en,
         s.open, s.unanswered, s.overdue, s.oldest_at
    FROM (SELECT s.kind, s.clock::text AS clock, coalesce(s.area::text, s.department, '(pool)') AS unit,
                 CASE WHEN s.area IS NOT NULL THEN 'area' WHEN s.department IS NOT NULL THEN 'department' ELSE 'pool' END AS unit_kind,
                 count(*) AS open, count(*) FILTER (WHERE s.replied_at IS NULL AND s.reply_due IS NOT NULL) AS unanswered,
                 count(*) FILTER (WHERE s.replied_at IS NULL AND s.reply_due <= n.now) AS overdue, min(s.issued_at) AS oldest_at
            FROM liskeban.supervision AS s CROSS JOIN (SELECT liskeban.liskeban_now() AS now OFFSET 0) AS n
           WHERE s.struck_at IS NULL
           GROUP BY s.kind, s.clock, s.area, s.department) AS s
    LEFT JOIN liskeban.area AS a ON s.unit_kind = 'area' AND a.code::text = s.unit
    LEFT JOIN liskeban.department AS d ON s.unit_kind = 'department' AND d.code = s.unit
   ORDER BY s.open DESC, s.kind, s.clock, s.unit;
COMMENT ON VIEW liskeban_report.supervisions_open IS '在办督办 supervisions that were not struck off, by kind, clock and who is supervised; key supervisions_open_key';
COMMENT ON COLUMN liskeban_report.supervisions_open.supervisions_open_key IS '主键 key: kind, clock and unit';
COMMENT ON COLUMN liskeban_report.supervisions_open.kind IS '方式 urge 催办, order 督办, notice 通报';
COMMENT ON COLUMN liskeban_report.supervisions_open.clock IS '时钟 the overdue clock; NULL by hand';
COMMENT ON COLUMN liskeban_report.supervisions_open.unit IS '被督办单位代码 code of the area, else of the department; (pool) the desk';
COMMENT ON COLUMN liskeban_report.supervisions_open.unit_kind IS '被督办单位类别 area 区域, department 部门, pool 公共池';
COMMENT ON COLUMN liskeban_report.supervisions_open.unit_name IS '被督办单位 its name in Chinese';
COMMENT ON COLUMN liskeban_report.supervisions_open.unit_name_en IS '被督办单位英文名 its name in English';
COMMENT ON COLUMN liskeban_report.supervisions_open.open IS '在办量 supervisions not struck off';
COMMENT ON COLUMN liskeban_report.supervisions_open.unanswered IS '待回复 of these that wait for an answer';
COMMENT ON COLUMN liskeban_report.supervisions_open.overdue IS '超期未回复 of these whose answer is overdue';
COMMENT ON COLUMN liskeban_report.supervisions_open.oldest_at IS '最早发出 when the oldest was issued';

-- As in 70_report.sql: the views' owner may read no more than what is granted.
GRANT CREATE ON SCHEMA liskeban_report TO liskeban_reader;
DO $$
DECLARE
  wall text;
BEGIN
  FOREACH wall IN ARRAY '{open_by_tier,overdue,due_soon,whistles_open,directives_open,workload,supervisions_open,backlog_by_age}'::text[] LOOP
    EXECUTE pg_catalog.format('ALTER VIEW liskeban_report.%I OWNER TO liskeban_reader', wall);
  END LOOP;
END
$$;
REVOKE CREATE ON SCHEMA liskeban_report FROM liskeban_reader;
