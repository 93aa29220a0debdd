-- The safety chains that ship (一件事): themes, chains, their steps, and the rules by which signals become hazards. Days are
-- calendar days for a step; regress/data/hazard_signals has a sample of each rule's signal.

INSERT INTO liskeban.theme (code, name, name_en) VALUES
  ('production', '生产安全', 'Safety of production'),
  ('public',     '公共安全', 'Public safety'),
  ('disaster',   '防灾减灾', 'Prevention of disasters')
ON CONFLICT DO NOTHING;

INSERT INTO liskeban.hazard_chain (code, theme, name, name_en, object_name, object_name_en, department) VALUES
  ('gas',        'public',     '燃气安全一件事',         'Gas',                        '燃气用户',       'gas user',                       'housing_construction'),
  ('ebike',      'public',     '电动自行车安全一件事',   'Electric bicycles',          '停放充电场所',   'parking and charging place',     'fire_rescue'),
  ('workshop',   'production', '厂中厂安全一件事',       'Workshops inside factories', '厂中厂',         'workshop inside a factory',      'emergency_management'),
  ('chemical',   'production', '危险化学品安全一件事',   'Dangerous chemicals',        '危化品企业',     'enterprise with dangerous chemicals', 'emergency_management'),
  ('highrise',   'public',     '高层建筑消防安全一件事', 'Fire in high-rises',         '高层建筑',       'high-rise',                      'fire_rescue'),
  ('insulation', 'disaster',   '建筑外墙保温安全一件事', 'Exterior insulation',        '外墙保温建筑',   'building with exterior insulation', 'housing_construction')
ON CONFLICT DO NOTHING;

INSERT INTO liskeban.hazard_step (chain, step, kind, name, name_en, department, days) VALUES
  ('gas', 1, 'find',    '核实报警、关阀通风、疏散警戒',             'Confirm the alarm, shut off, air, clear the place',   'gas_supply',           1),
  ('gas', 2, 'inspect', '入户检查管线、软管、灶具和报警器',         'Inspect pipes, hose, stove and alarm in the home',    'gas_supply',           1),
  ('gas', 3, 'rectify', '更换软管灶具、修复管线、加装切断装置',     'Replace hose and stove, mend pipes, fit a cut-off',   'gas_supply',           3),
  ('gas', 4, 'review',  '保压复测、点火复查',                       'Test pressure again, review at the flame',            'housing_construction', 2),
  ('gas', 5, 'close',   '更新一户一档、恢复供气、销号',             'Bring the record up to date, supply again, close',    'housing_construction', 1),
  ('ebike', 1, 'find',    '核实报警、断电、移出车辆和电池',         'Confirm, cut the power, take bicycle and battery out', 'fire_rescue',         1),
  ('ebike', 2, 'inspect', '检查充电设施、线路、电池和改装情况',     'Inspect chargers, wiring, battery and alterations',   'market_regulation',    2),
  ('ebike', 3, 'rectify', '拆除飞线、修复设施、更换不合格电池',     'Take down wires, mend, replace bad batteries',        'housing_construction', 3),
  ('ebike', 4, 'review',  '夜间复查',                               'Review at night',                                     'fire_rescue',          2),
  ('ebike', 5, 'close',   '登记车主告知、更新场所档案、销号',       'Note the owner told, bring the record up to date, close', 'fire_rescue',      1),
  ('workshop', 1, 'find',    '上门核实承租关系、从业人数和用途',    'Confirm tenancy, number of workers and use',          'emergency_management', 1),
  ('workshop', 2, 'inspect', '联合检查用电、消防、粉尘和有限空间',  'Inspect power, fire, dust and confined spaces together', 'emergency_management', 2),
  ('workshop', 3, 'rectify', '落实出租方统一管理、隔断清人、限期整改', 'Put it under the owner''s management, partition, clear, mend', 'fire_rescue', 7),
  ('workshop', 4, 'review',  '对照清单逐项复查',                    'Review item by item',                                 'emergency_management', 3),
  ('workshop', 5, 'close',   '纳入园区厂中厂台账、销号',            'Enter it in the register, close',                     'emergency_management', 1),
  ('chemical', 1, 'find',    '核实监测报警、启动企业应急处置',      'Confirm the alarm, start the enterprise''s response',  'emergency_management', 1),
  ('chemical', 2, 'inspect', '专家会诊、检查装置储罐和联锁',        'Experts examine plant, tanks and interlocks',         'emergency_management', 2),
  ('chemical', 3, 'rectify', '停用检修、消除泄漏超压、恢复联锁',    'Stop, repair, end leak or pressure, restore interlocks', 'emergency_management', 5),
  ('chemical', 4, 'review',  '环境监测、开车前安全复查',            'Measure the air, review before the restart',          'ecology_environment',  2),
  ('chemical', 5, 'close',   '更新重大危险源档案、销号',            'Bring the record of major sources up to date, close', 'emergency_management', 1),
  ('highrise', 1, 'find',    '消控室确认火警、疏散、到场核实',      'Confirm in the control room, clear, be there',        'fire_rescue',          1),
  ('highrise', 2, 'inspect', '检查水压、报警、防排烟和疏散通道',    'Inspect pressure, alarm, smoke and escape ways',      'fire_rescue',          2),
  ('highrise', 3, 'rectify', '维修消防设施、清理通道、恢复联动',    'Repair, clear the ways, restore the linkage',         'housing_construction', 5),
  ('highrise', 4, 'review',  '试水试报警复查',                      'Review by water and alarm tests',                     'fire_rescue',          2),
  ('highrise', 5, 'close',   '更新一楼一档、销号',                  'Bring the building''s record up to date, close',       'fire_rescue',          1),
  ('insulation', 1, 'find',    '拉警戒、清空坠落区、核实范围',      'Cordon off, clear below, find the extent',            'city_management',      1),
  ('insulation', 2, 'inspect', '检测空鼓脱落和材料燃烧性能',        'Test for hollows and for how the material burns',     'housing_construction', 3),
  ('insulation', 3, 'rectify', '清除松动层、加固或更换保温层',      'Take off what is loose, fasten or replace',           'housing_construction', 7),
  ('insulation', 4, 'review',  '复测粘结强度、核验材料',            'Test the bond again, verify the material',            'housing_construction', 3),
  ('insulation', 5, 'close',   '更新楼栋档案、撤除警戒、销号',      'Bring the record up to date, lift the cordon, close', 'housing_construction', 1)
ON CONFLICT DO NOTHING;

INSERT INTO liskeban.hazard_rule (code, priority, chain, source, name, name_en, condition, category, department, difficulty, severity) VALUES
  ('gas_leak_major',     10, 'gas', 'gas_iot', '燃气泄漏浓度达爆炸下限20%以上', 'Gas at 20 % of the explosive limit or more', '$.lel >= 20', 'gas_leak', 'gas_supply', 'general', 'major'),
  ('gas_leak',           20, 'gas', 'gas_iot', '燃气泄漏报警', 'Gas leak alarm', '$.lel >= 5 && $.lel < 20', 'gas_leak', 'gas_supply', NULL, 'general'),
  ('gas_hose',           30, 'gas', 'gas_iot', '燃气软管老化、灶具无熄火保护', 'Hose aged, or stove without flame guard', '$.finding == "hose_aged" || $.finding == "no_flame_guard"', 'gas_leak', 'gas_supply', NULL, 'general'),
  ('gas_valve',          40, 'gas', 'gas_iot', '切断阀故障', 'Cut-off valve out of order', '$.valve == "fault"', 'gas_leak', 'gas_supply', NULL, 'general'),
  ('ebike_battery_hot',  10, 'ebike', 'ebike_iot', '充电电池温度异常', 'Battery too hot while charging', '$.battery_celsius >= 60', 'ebike_charging', 'fire_rescue', 'general', 'major'),
  ('ebike_indoors',      20, 'ebike', 'ebike_iot', '电动自行车进楼入户', 'E-bike taken indoors', '$.event == "in_lift" || $.event == "indoor_charging"', 'ebike_charging', 'fire_rescue', NULL, 'general'),
  ('ebike_overload',     30, 'ebike', 'ebike_iot', '充电线路过载、漏电', 'Charging line overloaded or leaking', '$.ampere > 16 || $.leakage_ma > 30', 'ebike_charging', 'housing_construction', NULL, 'general'),
  ('workshop_dwelling',  10, 'workshop', 'grid_app', '厂中厂违规住人', 'People live in a workshop inside a factory', '$.finding == "hidden_workshop" && $.sleeping == true', 'workshop_safety', 'emergency_management', 'general', 'major'),
  ('workshop_hidden',    20, 'workshop', 'grid_app', '未登记的厂中厂', 'Workshop in a factory that is not registered', '$.finding == "hidden_workshop"', 'workshop_safety', 'emergency_management', NULL, 'general'),
  ('workshop_load',      30, 'workshop', 'hotline_95598', '厂房夜间用电异常', 'Unusual load of a factory at night', '$.night_kw > 50 && $.registered == false', 'workshop_safety', 'emergency_management', NULL, 'general'),
  ('chemical_gas',       10, 'chemical', 'chemical_iot', '可燃有毒气体浓度超限', 'Flammable or toxic gas over the limit', '$.lel >= 25 || $.toxic_ratio >= 1', 'hazardous_goods', 'emergency_management', 'general', 'major'),
  ('chemical_pressure',  20, 'chemical', 'chemical_iot', '储罐超压、超温', 'Tank over its pressure or temperature', '$.pressure_ratio >= 0.95 || $.temperature_ratio >= 0.95', 'hazardous_goods', 'emergency_management', NULL, 'general'),
  ('chemical_level',     30, 'chemical', 'chemical_iot', '储罐液位异常、联锁摘除', 'Tank level wrong, or interlock taken out', '$.level_ratio >= 0.9 || $.interlock == "bypassed"', 'hazardous_goods', 'emergency_management', NULL, 'general'),
  ('highrise_fire',      10, 'highrise', 'highrise_fire', '高层建筑火警', 'Fire alarm in a high-rise', '$.event == "fire_alarm" && $.confirmed == true', 'fire_equipment', 'fire_rescue', 'general', 'major'),
  ('highrise_water',     20, 'highrise', 'highrise_fire', '消火栓、喷淋水压不足', 'Hydrant or sprinkler pressure too low', '$.mpa < 0.1', 'fire_equipment', 'fire_rescue', NULL, 'general'),
  ('highrise_fault',     30, 'highrise', 'highrise_fire', '消防泵、报警主机故障', 'Fire pump or alarm panel out of order', '$.pump == "fault" || $.panel == "fault"', 'fire_equipment', 'fire_rescue', NULL, 'general'),
  ('highrise_way',       40, 'highrise', 'highrise_fire', '疏散通道堵塞、防火门常开', 'Escape way blocked or fire door left open', '$.event == "way_blocked" || $.door == "open"', 'fire_lane_blocked', 'fire_rescue', NULL, 'general'),
  ('insulation_falling', 10, 'insulation', 'city_camera', '外墙保温层脱落', 'Exterior insulation comes down', '$.event == "facade_falling"', 'falling_objects', 'housing_construction', 'general', 'major'),
  ('insulation_hot_work', 20, 'insulation', 'city_camera', '外墙保温施工违规动火', 'Hot work on exterior insulation', '$.event == "facade_hot_work"', 'site_safety', 'housing_construction', NULL, 'general'),
  ('insulation_hollow',  30, 'insulation', 'grid_app', '外墙保温空鼓开裂', 'Exterior insulation hollow or cracked', '$.finding == "insulation_hollow" && $.square_metres >= 1', 'falling_objects', 'housing_construction', NULL, 'general')
ON CONFLICT DO NOTHING;
