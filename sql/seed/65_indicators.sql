-- What the four domains watch beside the tickets; a DBA adds more.
INSERT INTO liskeban.indicator (code, name, name_en, domain, unit, direction) VALUES
  ('police_incidents',    '接警数',         'Police incidents',                'public_safety',   '起',      'lower_is_better'),
  ('theft_cases',         '盗窃警情',       'Thefts reported',                 'public_safety',   '起',      'lower_is_better'),
  ('fraud_cases',         '电信诈骗警情',   'Telecom frauds reported',         'public_safety',   '起',      'lower_is_better'),
  ('traffic_accidents',   '交通事故',       'Traffic accidents',               'public_safety',   '起',      'lower_is_better'),
  ('fire_calls',          '火警',           'Fire calls',                      'public_safety',   '起',      'lower_is_better'),
  ('cameras_online',      '视频在线率',     'Cameras online',                  'city_operation',  '%',       'higher_is_better'),
  ('road_congestion',     '道路拥堵指数',   'Road congestion index',           'city_operation',  '',        'lower_is_better'),
  ('water_outages',       '停水户数',       'Households without water',        'city_operation',  '户',      'lower_is_better'),
  ('power_outages',       '停电户数',       'Households without power',        'city_operation',  '户',      'lower_is_better'),
  ('waste_collected',     '生活垃圾清运量', 'Household waste collected',       'city_operation',  '吨',      'neither'),
  ('pm25',                'PM2.5 浓度',     'PM2.5',                           'ecology',         'μg/m³',   'lower_is_better'),
  ('ozone',               '臭氧浓度',       'Ozone, 8 hours',                  'ecology',         'μg/m³',   'lower_is_better'),
  ('aqi',                 '空气质量指数',   'Air quality index',               'ecology',         '',        'lower_is_better'),
  ('water_ammonia',       '断面氨氮',       'Ammonia nitrogen of the river',   'ecology',         'mg/L',    'lower_is_better'),
  ('water_phosphorus',    '断面总磷',       'Total phosphorus of the river',   'ecology',         'mg/L',    'lower_is_better'),
  ('straw_fires',         '秸秆焚烧火点',   'Straw fires seen',                'ecology',         '处',      'lower_is_better'),
  ('patrol_coverage',     '网格巡查覆盖率', 'Cells patrolled',                 'grid_management', '%',       'higher_is_better'),
  ('grid_reports',        '网格上报数',     'Findings of the grid workers',    'grid_management', '件',      'neither'),
  ('visits_made',         '走访户数',       'Households visited',              'grid_management', '户',      'higher_is_better'),
  ('disputes_settled',    '矛盾纠纷化解率', 'Disputes settled',                'grid_management', '%',       'higher_is_better')
ON CONFLICT DO NOTHING;
