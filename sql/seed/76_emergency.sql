-- Emergencies: kinds, and within what time their matters are completed: flooding drained in 30 minutes, roads cleared in 15.

INSERT INTO liskeban.emergency_kind (code, name, name_en) VALUES
  ('typhoon',    '台风',     'Typhoon'),
  ('rainstorm',  '暴雨',     'Rainstorm'),
  ('flood',      '洪涝',     'Flood'),
  ('gale',       '大风',     'Gale'),
  ('snow',       '低温雨雪冰冻', 'Snow and ice'),
  ('earthquake', '地震',     'Earthquake')
ON CONFLICT DO NOTHING;

INSERT INTO liskeban.category (code, name, name_en, domain, difficulty, lead, department, listed, on_site, needs_photo, about_staff,
                               steps, reply_template, words) VALUES
('road_clearance', '树木倒伏、坠物和积雪阻断道路', 'Roads blocked by fallen trees, debris or snow',
 'city_operation', 'simple', 'town', 'city_management', false, true, false, false,
 ARRAY['到场封控，疏导车辆，确认有无人员和电线受损',
       '有电线缠绕的先请供电断电，再锯截、吊离',
       '清出一条车道即先放行，余下的清运干净',
       '检查两侧树木、广告牌和围挡，松动的加固或拆除'],
 '您反映的{place}道路受阻（{ticket_no}），抢险人员{on_site_at}到场：{finding}。已{action}，道路已恢复通行。',
 '{树倒了,大树倒,断枝,倒伏,路被堵,道路中断,广告牌掉}')
ON CONFLICT DO NOTHING;

INSERT INTO liskeban.emergency_sla (kind, category, within)
SELECT k.kind, s.category, s.within
  FROM unnest('{typhoon,rainstorm,flood,gale,snow,earthquake}'::text[]) AS k(kind)
 CROSS JOIN (VALUES ('waterlogging', interval '30 minutes'), ('drain_blocked', '30 minutes'),
                    ('road_clearance', '15 minutes')) AS s(category, within)
 WHERE s.category = 'road_clearance' OR k.kind IN ('typhoon', 'rainstorm', 'flood')
ON CONFLICT DO NOTHING;
