-- The moves a ticket may make. What stands in requires is checked in its order; the DETAIL of LK002 names the first that is missing.

-- The desk: intake
INSERT INTO liskeban.transition (from_state, to_state, action, roles, requires) VALUES
  ('reported',   'accepted',   'accept',     '{dispatcher,platform}', '{}'),
  ('rejected',   'accepted',   'accept',     '{dispatcher,platform}', '{note}'),
  ('reported',   'resolved',   'answer',     '{dispatcher}',          '{reply}'),
  ('accepted',   'resolved',   'answer',     '{dispatcher}',          '{reply}'),
  ('reported',   'rejected',   'reject',     '{dispatcher}',          '{reject_reason,reply}'),
  ('accepted',   'rejected',   'reject',     '{dispatcher}',          '{reject_reason,reply}'),
  ('reported',   'withdrawn',  'withdraw',   '{dispatcher,source}',   '{note}'),
  ('accepted',   'withdrawn',  'withdraw',   '{dispatcher,source}',   '{note}'),
  ('dispatched', 'withdrawn',  'withdraw',   '{dispatcher,source}',   '{note}'),
  ('on_site',    'withdrawn',  'withdraw',   '{dispatcher,source}',   '{note}'),
  ('planned',    'withdrawn',  'withdraw',   '{dispatcher,source}',   '{note}'),
  ('suspended',  'withdrawn',  'withdraw',   '{dispatcher,source}',   '{note}'),
  ('resolved',   'withdrawn',  'withdraw',   '{dispatcher,source}',   '{note}'),
  ('merged',     'withdrawn',  'withdraw',   '{dispatcher,source}',   '{note}');

-- The desk: who holds it
INSERT INTO liskeban.transition (from_state, to_state, action, roles, requires) VALUES
  ('accepted',   'dispatched', 'dispatch',   '{dispatcher,platform}', '{responsible_area|department}'),
  ('dispatched', 'dispatched', 'redispatch', '{dispatcher}',          '{@another_holder,note}'),
  ('on_site',    'dispatched', 'redispatch', '{dispatcher}',          '{@another_holder,note}'),
  ('planned',    'dispatched', 'redispatch', '{dispatcher}',          '{@another_holder,note}'),
  ('dispatched', 'accepted',   'return',     '{dispatcher}',          '{@has_request,note,@not_designated}'),
  ('on_site',    'accepted',   'return',     '{dispatcher}',          '{@has_request,note,@not_designated}');

-- The handler: arrive, plan, resolve
INSERT INTO liskeban.transition (from_state, to_state, action, roles, requires) VALUES
  ('dispatched', 'on_site',    'arrive',     '{handler}',             '{}'),
  ('dispatched', 'planned',    'plan',       '{handler}',             '{@off_site,@hard,plan,promised_at}'),
  ('on_site',    'planned',    'plan',       '{handler}',             '{@hard,plan,promised_at}'),
  ('planned',    'planned',    'plan',       '{handler}',             '{@hard,plan,promised_at}'),
  ('dispatched', 'resolved',   'resolve',    '{handler}',             '{@off_site,@contacted,resolution,@parties_done,@photo}'),
  ('on_site',    'resolved',   'resolve',    '{handler}',             '{resolution,@parties_done,@photo}'),
  ('planned',    'resolved',   'resolve',    '{handler}',             '{resolution,@parties_done,@photo}');

-- On hold and back
INSERT INTO liskeban.transition (from_state, to_state, action, roles, requires) VALUES
  ('on_site',    'suspended',  'suspend',    '{dispatcher}',          '{@has_request,suspend_until}'),
  ('planned',    'suspended',  'suspend',    '{dispatcher}',          '{@has_request,suspend_until}'),
  ('suspended',  'on_site',    'resume',     '{handler,dispatcher,platform}', '{@suspended_from}'),
  ('suspended',  'planned',    'resume',     '{handler,dispatcher,platform}', '{@suspended_from}');

-- After the work: the citizen's answer
INSERT INTO liskeban.transition (from_state, to_state, action, roles, requires) VALUES
  ('resolved',   'closed',     'close',      '{dispatcher,source,platform}', '{@reporter_answered}'),
  ('resolved',   'dispatched', 'rework',     '{dispatcher}',          '{note}'),
  ('closed',     'dispatched', 'reopen',     '{dispatcher}',          '{@has_request,@reopen_window}');

-- Duplicates
INSERT INTO liskeban.transition (from_state, to_state, action, roles, requires) VALUES
  ('reported',   'merged',     'merge',      '{dispatcher}',          '{merged_into}'),
  ('accepted',   'merged',     'merge',      '{dispatcher}',          '{merged_into}'),
  ('dispatched', 'merged',     'merge',      '{dispatcher}',          '{merged_into}'),
  ('on_site',    'merged',     'merge',      '{dispatcher}',          '{merged_into}'),
  ('merged',     'accepted',   'unmerge',    '{dispatcher,platform}', '{note}');
