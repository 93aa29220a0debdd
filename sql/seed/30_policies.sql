-- How long each clock gives, how far a rung may promise, how a ticket climbs, what an overdue clock sets off.

INSERT INTO liskeban.sla_policy (difficulty, clock, within, basis) VALUES
  ('simple',  'accept',   '5 minutes',  'calendar'),
  ('simple',  'dispatch', '10 minutes', 'calendar'),
  ('simple',  'respond',  '15 minutes', 'calendar'),
  ('simple',  'contact',  '24 hours',   'calendar'),
  ('simple',  'resolve',  '1 day',      'calendar'),
  ('simple',  'feedback', '3 days',     'working_day'),
  ('general', 'accept',   '5 minutes',  'calendar'),
  ('general', 'dispatch', '10 minutes', 'calendar'),
  ('general', 'respond',  '15 minutes', 'calendar'),
  ('general', 'contact',  '24 hours',   'calendar'),
  ('general', 'resolve',  '3 days',     'calendar'),
  ('general', 'feedback', '3 days',     'working_day'),
  ('hard',    'accept',   '5 minutes',  'calendar'),
  ('hard',    'dispatch', '10 minutes', 'calendar'),
  ('hard',    'respond',  '15 minutes', 'calendar'),
  ('hard',    'contact',  '24 hours',   'calendar'),
  ('hard',    'plan',     '7 days',     'calendar'),
  ('hard',    'feedback', '3 days',     'working_day');

-- There is no rung above the principal: its row repeats the district's, so that progress stays due there too. A run may
-- be suspended for a quarter of a year altogether, wherever it is.
INSERT INTO liskeban.plan_policy (tier, max_promise, progress_every, max_replans, max_suspend) VALUES
  ('village',   '30 days', '7 days', 1, '90 days'),
  ('town',      '60 days', '7 days', 1, '90 days'),
  ('district',  '90 days', '7 days', 1, '90 days'),
  ('principal', '90 days', '7 days', 1, '90 days');

INSERT INTO liskeban.escalation_policy (tier, sign_within, handle_within, basis, auto, max_declined) VALUES
  ('town',      '1 hour', '3 days', 'working_day', true, 3),
  ('district',  '1 hour', '5 days', 'working_day', true, 3),
  ('principal', '1 hour', '7 days', 'working_day', true, 3);

-- contact is the respond clock of a category that needs no arrival; reply is the clock of an order that nobody answered.
INSERT INTO liskeban.supervision_policy (clock, level, kind, reply_within, basis) VALUES
  ('accept',   'red',  'urge',   NULL,    'working_day'),
  ('dispatch', 'red',  'urge',   NULL,    'working_day'),
  ('respond',  'red',  'urge',   NULL,    'working_day'),
  ('contact',  'red',  'urge',   NULL,    'working_day'),
  ('feedback', 'red',  'urge',   NULL,    'working_day'),
  ('progress', 'red',  'urge',   NULL,    'working_day'),
  ('plan',     'red',  'order',  '1 day', 'working_day'),
  ('resolve',  'red',  'order',  '1 day', 'working_day'),
  ('handle',   'red',  'order',  '1 day', 'working_day'),
  ('reply',    'red',  'notice', NULL,    'working_day'),
  ('plan',     'red2', 'notice', NULL,    'working_day'),
  ('resolve',  'red2', 'notice', NULL,    'working_day'),
  ('handle',   'red2', 'notice', NULL,    'working_day');
