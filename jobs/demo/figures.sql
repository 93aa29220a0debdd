-- What was played, in figures: from kpi, the ledgers and history, and from nothing else. Read by article; needs from_day,
-- to_day and as_of as psql variables. Leaves pg_temp.figure: value is num / den where den is there.

SET liskeban.now = :'as_of';
CREATE TEMP TABLE figure (no serial, key text PRIMARY KEY, zh text, en text, unit text, kind text, num numeric, den numeric,
                          value numeric GENERATED ALWAYS AS (CASE WHEN den IS NULL THEN num WHEN den > 0 THEN num / den END) STORED);

INSERT INTO figure (key, zh, en, unit, kind, num, den)
WITH k AS MATERIALIZED (SELECT * FROM liskeban.kpi(:'from_day', :'to_day', 'district', :'as_of')),
     m AS (SELECT coalesce(sum(unreachable), 0) AS unreachable, coalesce(sum(response_proven_num), 0) AS proven FROM k)
SELECT v.* FROM k CROSS JOIN m CROSS JOIN LATERAL (VALUES
  ('demands', '群众诉求', 'citizens'' demands', '件', 'volume', k.received::numeric, NULL::numeric),
  ('reported', '计入考核', 'of these in the rates', '件', 'count', k.reported, NULL),
  ('response', '响应率（15分钟到场）', 'someone there within 15 minutes', '%', 'rate', k.response_num, k.response_den),
  ('response_proven', '其中有定位或照片', 'proven by position or photo', '%', 'rate', m.proven, k.response_den),
  ('completion', '办结率', 'completed of what was due', '%', 'rate', k.completion_num, k.completion_den),
  ('on_time', '按期办结率', 'completed on time', '%', 'rate', k.on_time_num, k.on_time_den),
  ('on_time_original', '按原时限办结率', 'by the due first given', '%', 'rate', k.on_time_original_num, k.on_time_original_den),
  ('answered', '回访率', 'citizens who were asked and answered', '%', 'rate', k.answered_num, k.answered_den),
  ('solved', '解决率', 'solved, say those who answered', '%', 'rate', k.solved_num, k.solved_den),
  ('satisfaction', '满意率', 'satisfied, say those who answered', '%', 'rate', k.satisfaction_num, k.satisfaction_den),
  ('rework', '返工率', 'done again', '%', 'rate', k.rework_num, k.rework_den),
  ('first_time', '一次办结率', 'done at the first go', '%', 'rate', k.first_time_num, k.first_time_den),
  ('plan', '难事按期有方案', 'hard matters planned in time', '%', 'rate', k.plan_num, k.plan_den),
  ('promise', '承诺兑现率', 'promises kept', '%', 'rate', k.promise_num, k.promise_den),
  ('whistle', '吹哨解决率', 'villages'' whistles whose ticket was solved', '%', 'rate', k.whistle_num, k.whistle_den)) AS v (key, zh, en, unit, kind, num, den);

-- by difficulty, as each ticket was in the end
INSERT INTO figure (key, zh, en, unit, kind, num, den)
SELECT 'completed_' || d.code, d.zh || '办结率', d.en || ' matters completed', '%', 'rate', count(*) FILTER (WHERE t.state IN ('resolved', 'closed')), count(*)
  FROM (VALUES ('simple', '简单', 'simple'), ('general', '一般', 'general'), ('hard', '难', 'hard')) AS d (code, zh, en)
  LEFT JOIN liskeban.ticket AS t ON t.kind = 'demand' AND t.difficulty::text = d.code AND t.state NOT IN ('rejected', 'withdrawn', 'merged')
       AND coalesce(t.resolve_due, t.plan_due) <= :'as_of' AND t.received_at < :'as_of'
 GROUP BY d.code, d.zh, d.en ORDER BY d.code DESC;

INSERT INTO figure (key, zh, en, unit, kind, num)
SELECT 'arrival_median', '到场用时中位数', 'from the call until someone is there, median', '分钟', 'time',
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM a.at - r.at)::float8 / 60)::numeric, 2)
  FROM liskeban.ticket_event AS r JOIN liskeban.ticket_event AS a ON a.ticket_id = r.ticket_id AND a.action = 'arrive' AND a.run = 1
 WHERE r.seq = 1 AND NOT EXISTS (SELECT FROM liskeban.ticket_event AS b WHERE b.ticket_id = a.ticket_id AND b.action = 'arrive' AND b.seq < a.seq);
INSERT INTO figure (key, zh, en, unit, kind, num)
SELECT 'resolve_median', '办结用时中位数', 'from the call until it is resolved, median', '小时', 'time',
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM t.resolved_at - t.received_at)::float8 / 3600)::numeric, 2)
  FROM liskeban.ticket AS t WHERE t.kind = 'demand' AND t.resolved_at IS NOT NULL;

INSERT INTO figure (key, zh, en, unit, kind, num)
SELECT 'whistles_' || r.code, r.zh, r.en, '次', 'count', count(w.whistle_id)
  FROM (VALUES (1, 'town', '吹到镇街的哨', 'whistles to the towns'), (2, 'district', '吹到区级的哨', 'whistles to the district'),
               (3, 'principal', '吹到主要领导的哨', 'whistles to the first leader')) AS r (no, code, zh, en)
  LEFT JOIN liskeban.whistle AS w ON w.to_tier::text = r.code
 GROUP BY r.no, r.code, r.zh, r.en ORDER BY r.no;
INSERT INTO figure (key, zh, en, unit, kind, num, den)
SELECT 'whistles_auto', '其中自动升级', 'of all whistles, those that climbed by themselves', '%', 'rate', count(*) FILTER (WHERE w.auto), count(*) FROM liskeban.whistle AS w
UNION ALL
SELECT 'whistles_signed', '按时签收', 'signed within the hour, of those due', '%', 'rate', count(*) FILTER (WHERE w.signed_at <= w.sign_due), count(*)
  FROM liskeban.whistle AS w WHERE (w.signed_at IS NOT NULL OR w.ended_at IS NULL) AND w.sign_due <= :'as_of'
UNION ALL
SELECT 'whistles_declined', '退哨', 'declined', '%', 'rate', count(*) FILTER (WHERE w.outcome = 'declined'), count(*) FROM liskeban.whistle AS w;
INSERT INTO figure (key, zh, en, unit, kind, num)
SELECT 'alarms_' || l.level, l.zh, l.en, '次', 'count', count(a.alarm_id)
  FROM (VALUES (1, 'yellow', '黄牌预警', 'yellow alarms'), (2, 'red', '红牌预警', 'red alarms'), (3, 'red2', '超期50%', 'alarms at half as much again'), (4, 'red3', '超期一倍', 'alarms at twice the time')) AS l (no, level, zh, en)
  LEFT JOIN liskeban.alarm AS a ON a.level::text = l.level
 GROUP BY l.no, l.level, l.zh, l.en ORDER BY l.no;
INSERT INTO figure (key, zh, en, unit, kind, num)
SELECT 'supervisions', '督办', 'supervisions', '件', 'count', count(*) FROM liskeban.supervision
UNION ALL SELECT 'merged', '合并重复', 'merged as duplicates', '件', 'count', count(*) FROM liskeban.ticket AS t WHERE t.state = 'merged'
UNION ALL SELECT 'open_end', '期末在办', 'open at the end', '件', 'count', count(*) FROM liskeban.ticket AS t WHERE t.kind = 'demand' AND t.state NOT IN ('closed', 'rejected', 'withdrawn', 'merged', 'resolved')
UNION ALL SELECT 'events', '过程记录', 'rows of history', '条', 'count', count(*) FROM liskeban.ticket_event;

INSERT INTO figure (key, zh, en, unit, kind, num)
SELECT v.* FROM liskeban_report.reward_total AS r CROSS JOIN LATERAL (VALUES
  ('clues', '有奖线索', 'clues', '条', 'volume', r.clues::numeric), ('clues_verified', '查实线索', 'clues found true', '条', 'count', r.verified),
  ('rewarded', '奖励人次', 'clues rewarded', '条', 'count', r.rewarded), ('reward_amount', '奖励金额', 'awarded', '元', 'count', r.amount),
  ('reward_paid', '兑付金额', 'paid out', '元', 'count', r.paid_amount)) AS v (key, zh, en, unit, kind, num);

INSERT INTO figure (key, zh, en, unit, kind, num, den)
SELECT v.* FROM (SELECT sum(e.caught)::numeric AS caught, sum(e.on_time_num)::numeric AS num, sum(e.on_time_den)::numeric AS den FROM liskeban_report.emergency AS e) AS e
 CROSS JOIN LATERAL (VALUES ('storm_tickets', '台风应急工单', 'tickets of the typhoon', '件', 'volume', e.caught, NULL::numeric),
                            ('storm_on_time', '台风工单按时完成', 'of these completed in time', '%', 'rate', e.num, e.den)) AS v (key, zh, en, unit, kind, num, den)
 WHERE e.caught IS NOT NULL;
INSERT INTO figure (key, zh, en, unit, kind, num)
SELECT 'storm_' || t.category, CASE t.category WHEN 'road_clearance' THEN '道路清障用时中位数' ELSE '积水抽排用时中位数' END,
       CASE t.category WHEN 'road_clearance' THEN 'from the call until the road is clear, median' ELSE 'from the call until it is drained, median' END, '分钟', 'time',
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM t.resolved_at - t.received_at)::float8 / 60)::numeric, 2)
  FROM liskeban.ticket AS t WHERE t.emergency IS NOT NULL AND t.resolved_at IS NOT NULL AND t.category IN ('waterlogging', 'road_clearance')
 GROUP BY t.category ORDER BY t.category DESC;
