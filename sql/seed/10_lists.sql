-- The short open lists: domains of the daily analysis, the four networks on one grid, reasons for not taking a demand on.

INSERT INTO liskeban.domain (code, name, name_en) VALUES
  ('public_safety',   '公共安全', 'Public safety'),
  ('city_operation',  '城市运行', 'City operation'),
  ('ecology',         '生态环境', 'Ecology and environment'),
  ('grid_management', '网格治理', 'Grid management'),
  ('livelihood',      '民生保障', 'Livelihood');

INSERT INTO liskeban.network (code, name, name_en) VALUES
  ('party',      '党建网', 'Party building'),
  ('governance', '治理网', 'Governance'),
  ('service',    '服务网', 'Service'),
  ('safety',     '平安网', 'Safety');

INSERT INTO liskeban.reject_reason (code, name, name_en) VALUES
  ('other_jurisdiction', '不属于本区管辖',               'Matter of another jurisdiction'),
  ('petition_or_court',  '已进入信访、仲裁或诉讼程序',   'Before the petition office, an arbitrator or a court'),
  ('emergency_number',   '应拨打110、119、120等紧急电话', 'Belongs to an emergency number'),
  ('unclear',            '诉求不清且无法联系核实',       'Unclear, and the citizen cannot be asked'),
  ('repeat_final',       '已终结答复且无新事实的重复诉求', 'Repeated after a final answer without new facts');
