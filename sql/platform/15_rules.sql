-- The rules, as rows: who may move a ticket, by when, in whose working time.

CREATE TABLE liskeban.transition (
  from_state liskeban.ticket_state NOT NULL,
  to_state   liskeban.ticket_state NOT NULL,
  action     text NOT NULL,
  roles      text[] NOT NULL,
  requires   text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (from_state, to_state, action),
  CONSTRAINT transition_action_check CHECK (action ~ '^[a-z_]{1,32}$'),
  CONSTRAINT transition_roles_check CHECK (roles <@ '{dispatcher,handler,source,platform}' AND roles <> '{}')
);
COMMENT ON TABLE liskeban.transition IS '流转规则 the moves a ticket may make, who makes them and what they need';
COMMENT ON COLUMN liskeban.transition.from_state IS '原状态 state before';
COMMENT ON COLUMN liskeban.transition.to_state IS '新状态 state after';
COMMENT ON COLUMN liskeban.transition.action IS '动作 name of the move, as in ticket_event';
COMMENT ON COLUMN liskeban.transition.roles IS '角色 duties that may make it (dispatcher, handler, source, platform)';
COMMENT ON COLUMN liskeban.transition.requires IS '要件 what must be there: a column, a|b for either, or an @check that README explains';

CREATE TABLE liskeban.sla_policy (
  difficulty liskeban.difficulty NOT NULL,
  clock      liskeban.clock NOT NULL,
  within     interval NOT NULL,
  basis      liskeban.time_basis NOT NULL DEFAULT 'calendar',
  valid_from timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (difficulty, clock, valid_from),
  CONSTRAINT sla_policy_clock_check CHECK (clock IN ('accept', 'dispatch', 'respond', 'contact', 'plan', 'resolve', 'feedback')),
  CONSTRAINT sla_policy_within_check CHECK (within > interval '0' AND extract(year FROM within) = 0 AND extract(month FROM within) = 0)
);
COMMENT ON TABLE liskeban.sla_policy IS '时限规则 how long each clock of a ticket gives; the row in force at received_at holds';
COMMENT ON COLUMN liskeban.sla_policy.difficulty IS '难度 simple, general or hard';
COMMENT ON COLUMN liskeban.sla_policy.clock IS '时钟 which clock; contact is respond for a category that is not on_site';
COMMENT ON COLUMN liskeban.sla_policy.within IS '时限 time given, without months or years';
COMMENT ON COLUMN liskeban.sla_policy.basis IS '计时方式 calendar (1 day = 24 hours), working_day or working_hour';
COMMENT ON COLUMN liskeban.sla_policy.valid_from IS '生效时间 tickets received from then on';

CREATE TABLE liskeban.plan_policy (
  tier           liskeban.tier PRIMARY KEY,
  max_promise    interval NOT NULL,
  progress_every interval NOT NULL,
  max_replans    integer NOT NULL,
  max_suspend    interval NOT NULL,
  CONSTRAINT plan_policy_max_promise_check CHECK (max_promise > interval '0'),
  CONSTRAINT plan_policy_progress_every_check CHECK (progress_every > interval '0'),
  CONSTRAINT plan_policy_max_replans_check CHECK (max_replans >= 0),
  CONSTRAINT plan_policy_max_suspend_check CHECK (max_suspend >= interval '0'),
  CONSTRAINT plan_policy_months_check CHECK (extract(month FROM max_promise) = 0 AND extract(year FROM max_promise) = 0
    AND extract(month FROM progress_every) = 0 AND extract(year FROM progress_every) = 0
    AND extract(month FROM max_suspend) = 0 AND extract(year FROM max_suspend) = 0)
);
COMMENT ON TABLE liskeban.plan_policy IS '方案规则 how far a rung may promise, how often it reports and plans anew';
COMMENT ON COLUMN liskeban.plan_policy.tier IS '层级 rung';
COMMENT ON COLUMN liskeban.plan_policy.max_promise IS '最长承诺 longest promise without the next rung''s consent, without months or years';
COMMENT ON COLUMN liskeban.plan_policy.progress_every IS '进展间隔 how often progress is due while planned, without months or years';
COMMENT ON COLUMN liskeban.plan_policy.max_replans IS '重订次数 plans after the first on this rung, each on a granted extension';
COMMENT ON COLUMN liskeban.plan_policy.max_suspend IS '最长挂账 how long a run may be suspended altogether, without months or years';

CREATE TABLE liskeban.escalation_policy (
  tier          liskeban.tier PRIMARY KEY,
  sign_within   interval NOT NULL,
  handle_within interval NOT NULL,
  basis         liskeban.time_basis NOT NULL DEFAULT 'working_day',
  auto          boolean NOT NULL DEFAULT true,
  max_declined  integer NOT NULL DEFAULT 3,
  CONSTRAINT escalation_policy_tier_check CHECK (tier <> 'village'),
  CONSTRAINT escalation_policy_sign_within_check CHECK (sign_within > interval '0'),
  CONSTRAINT escalation_policy_handle_within_check CHECK (handle_within > interval '0'),
  CONSTRAINT escalation_policy_max_declined_check CHECK (max_declined > 0),
  CONSTRAINT escalation_policy_months_check CHECK (extract(month FROM sign_within) = 0 AND extract(year FROM sign_within) = 0
    AND extract(month FROM handle_within) = 0 AND extract(year FROM handle_within) = 0)
);
COMMENT ON TABLE liskeban.escalation_policy IS '吹哨规则 how soon a rung signs and handles what was whistled up to it';
COMMENT ON COLUMN liskeban.escalation_policy.tier IS '层级 rung that is whistled up';
COMMENT ON COLUMN liskeban.escalation_policy.sign_within IS '签收时限 time to sign, calendar, without months or years';
COMMENT ON COLUMN liskeban.escalation_policy.handle_within IS '办理时限 time to handle, in basis, without months or years';
COMMENT ON COLUMN liskeban.escalation_policy.basis IS '计时方式 basis of handle_within';
COMMENT ON COLUMN liskeban.escalation_policy.auto IS '自动升级 whether an overdue ticket climbs to it by itself';
COMMENT ON COLUMN liskeban.escalation_policy.max_declined IS '退回上限 declined whistles of one raiser in 30 days before the guard bars more';

CREATE TABLE liskeban.supervision_policy (
  clock        liskeban.clock NOT NULL,
  level        liskeban.lamp NOT NULL,
  kind         text NOT NULL,
  reply_within interval,
  basis        liskeban.time_basis NOT NULL DEFAULT 'working_day',
  PRIMARY KEY (clock, level),
  CONSTRAINT supervision_policy_kind_check CHECK (kind IN ('urge', 'order', 'notice')),
  CONSTRAINT supervision_policy_level_check CHECK (level IN ('red', 'red2', 'red3')),
  CONSTRAINT supervision_policy_reply_within_check CHECK (reply_within > interval '0')
);
COMMENT ON TABLE liskeban.supervision_policy IS '督办规则 what an overdue clock sets off';
COMMENT ON COLUMN liskeban.supervision_policy.clock IS '时钟 the overdue clock';
COMMENT ON COLUMN liskeban.supervision_policy.level IS '级别 level at which it happens';
COMMENT ON COLUMN liskeban.supervision_policy.kind IS '方式 urge 催办, order 督办 or notice 通报';
COMMENT ON COLUMN liskeban.supervision_policy.reply_within IS '回复时限 time to reply; NULL asks for none';
COMMENT ON COLUMN liskeban.supervision_policy.basis IS '计时方式 basis of reply_within';

CREATE TABLE liskeban.calendar_day (
  day        date PRIMARY KEY,
  is_working boolean NOT NULL,
  name       text,
  name_en    text
);
COMMENT ON TABLE liskeban.calendar_day IS '工作日历 exceptions to Monday-to-Friday: holidays and make-up working days (调休)';
COMMENT ON COLUMN liskeban.calendar_day.day IS '日期 the day';
COMMENT ON COLUMN liskeban.calendar_day.is_working IS '是否工作 false a holiday, true a make-up working day';
COMMENT ON COLUMN liskeban.calendar_day.name IS '名称 name of the holiday it belongs to, in Chinese';
COMMENT ON COLUMN liskeban.calendar_day.name_en IS '英文名称 its name in English';

CREATE TABLE liskeban.work_shift (
  weekday integer NOT NULL,
  starts  time NOT NULL,
  ends    time NOT NULL,
  PRIMARY KEY (weekday, starts),
  CONSTRAINT work_shift_weekday_check CHECK (weekday BETWEEN 1 AND 7),
  CONSTRAINT work_shift_ends_check CHECK (ends > starts)
);
COMMENT ON TABLE liskeban.work_shift IS '工作时段 office hours by weekday; kept on the working days only, so Saturday and Sunday rows serve the make-up days';
COMMENT ON COLUMN liskeban.work_shift.weekday IS '星期 1 Monday to 7 Sunday (ISO 8601)';
COMMENT ON COLUMN liskeban.work_shift.starts IS '开始 local time';
COMMENT ON COLUMN liskeban.work_shift.ends IS '结束 local time';
