-- How the people of the sample district behave: all that play.sql draws from, and the volumes that requests.sql draws.
-- Nothing here is a result: what the platform makes of it is nowhere written, and article.csv is never read with it.
-- Times are medians of lognormal draws unless said otherwise, shares are of those who face the choice.

CREATE SCHEMA IF NOT EXISTS demo;
CREATE TABLE IF NOT EXISTS demo.behaviour (key text PRIMARY KEY, value float8 NOT NULL, unit text NOT NULL, note text);
TRUNCATE demo.behaviour;
INSERT INTO demo.behaviour (key, value, unit, note) VALUES
  ('requests_a_day', 353, 'a day', '诉求量 demands of a mean day; each day, hour and place draws its own'),
  ('clues_a_day', 15.6, 'a day', '线索量 clues of a mean day'),
  ('storm_calls', 2.1, 'an hour', '台风来电 calls in an hour of a wind of 17.2 m/s; they go with its cube'),
  ('season', 0.09, 'share', '季节 more in high summer, fewer in deep winter'),
  ('season_peak', 205, 'day of the year', '季节峰日 middle of the summer'),

  ('desk_accept_s', 65, 's', '坐席受理 until a call is accepted'),
  ('desk_accept_spread', 0.8, 'sigma', NULL),
  ('desk_dispatch_s', 110, 's', '坐席派单 from there until it is dispatched'),
  ('desk_dispatch_spread', 0.7, 'sigma', NULL),
  ('notices_twin', 0.55, 'share', '识别重复 of twins that are open, the desk notices'),

  ('person_spread', 0.3, 'sigma', '人员快慢 from one team to another, for as long as the demo lasts'),
  ('absent', 0.035, 'share', '缺勤 days on which a team is short of hands'),
  ('absent_slows', 2.6, 'times', '缺勤时耗时 longer on such a day'),
  ('night_slows', 1.5, 'times', '夜间耗时 from 22 to 6 o''clock'),
  ('day_off_slows', 1.25, 'times', '休息日耗时 on days off'),
  ('storm_slows', 1.9, 'times', '台风日耗时 ordinary work while a storm is near'),
  ('department_slows', 1.15, 'times', '部门耗时 a department beside a village'),

  ('way_s', 330, 's', '到场 until someone is there'),
  ('way_spread', 0.55, 'sigma', NULL),
  ('contact_s', 5400, 's', '联系 until the citizen is called, where nobody need go'),
  ('contact_spread', 1.0, 'sigma', NULL),
  ('entered_late', 0.05, 'share', '补录 arrivals entered 12 to 90 minutes after'),
  ('wrong_place', 0.012, 'share', '定位错误 arrivals signed in at the wrong place'),
  ('forgets_contact', 0.02, 'share', '漏联系 matters at a desk whose citizen nobody calls at first'),

  ('simple_h', 4, 'h', '简单事项处置 work of a simple matter'),
  ('simple_spread', 0.85, 'sigma', NULL),
  ('general_h', 19, 'h', '一般事项处置 work of a general matter'),
  ('general_spread', 0.75, 'sigma', NULL),
  ('plan_h', 26, 'h', '制定方案 until a hard matter has a plan'),
  ('plan_spread', 0.6, 'sigma', NULL),
  ('plans', 0.93, 'share', '有方案 hard matters that are planned rather than just done'),
  ('late_promise', 1.01, 'times', '承诺兑现 of the promised time, the most that is used'),
  ('progresses', 0.92, 'share', '进度填报 of the weeks of a plan, those in which progress is told'),

  ('rejects', 0.03, 'share', '不予受理'),
  ('answers', 0.06, 'share', '直接答复'),
  ('withdraws', 0.03, 'share', '撤回'),
  ('redispatches', 0.045, 'share', '改派'),
  ('returns', 0.03, 'share', '退单'),
  ('suspends', 0.03, 'share', '挂账'),
  ('reworks', 0.02, 'share', '回访发现未到位 found undone before the citizen says so'),
  ('reopens', 0.015, 'share', '反弹 matters that come back after they were closed'),
  ('extends', 0.03, 'share', '延期'),
  ('hard_twice', 0.5, 'times', '难事折腾 hard matters take such turns this much of the draw'),

  ('too_much_simple', 0.003, 'share', '吹哨（简单） a team finds a simple matter beyond it'),
  ('too_much_general', 0.011, 'share', '吹哨（一般）'),
  ('too_much_hard', 0.07, 'share', '吹哨（难事）'),
  ('sign_min', 22, 'min', '签收哨声'),
  ('sign_spread', 0.8, 'sigma', NULL),
  ('declines', 0.05, 'share', '退哨 whistles by hand that the upper rung declines'),
  ('appeals', 0.3, 'share', '申诉 of those declined'),
  ('hands_down', 0.06, 'share', '交办 signed whistles that go down again with an instruction'),
  ('help_speeds', 0.45, 'times', '报到提速 of the time that was left, once the upper rung helps'),
  ('help_spread', 0.5, 'sigma', NULL),
  ('replies', 0.93, 'share', '督办答复 orders and notices that are answered'),
  ('reply_h', 5, 'h', '答复用时'),
  ('reply_spread', 0.7, 'sigma', NULL),

  ('asked_h', 14, 'h', '回访 until the citizen is asked'),
  ('asked_spread', 0.6, 'sigma', NULL),
  ('no_answer', 0.055, 'share', '无人接听 calls back that nobody takes'),
  ('mood', -3.1, 'log odds', '不满（基准） of discontent where it took as long as was borne'),
  ('mood_wait', 0.55, 'log odds', '不满（等待） for each e-fold of time beyond'),
  ('mood_again', 0.9, 'log odds', '不满（返工） for each time it was done again'),
  ('patience_simple_d', 0.9, 'd', '耐心（简单）'),
  ('patience_general_d', 2.2, 'd', '耐心（一般）'),
  ('patience_hard_d', 13, 'd', '耐心（难事）'),
  ('patience_spread', 0.8, 'sigma', NULL),
  ('neutral', 0.08, 'share', '一般 of the rest who say so-so'),
  ('half_done', -3.6, 'log odds', '未彻底 that work was but half done, of a middling team'),
  ('half_done_spread', 0.5, 'sigma', NULL),
  ('admits', 0.85, 'share', '认账 complaints of half done work that the desk grants'),
  ('gives_in', 0.12, 'share', '迁就 other complaints that it grants'),

  ('clue_true', 0.58, 'share', '线索属实'),
  ('clue_twin', 0.07, 'share', '线索重复 of true ones, that tell of a hazard known from another'),
  ('clue_general', 0.24, 'share', '一般隐患 of true ones'),
  ('clue_serious', 0.05, 'share', '较大隐患'),
  ('clue_major', 0.004, 'share', '重大隐患'),
  ('clue_checked_h', 9, 'h', '线索核查'),
  ('clue_checked_spread', 0.7, 'sigma', NULL),
  ('clue_claimed', 0.94, 'share', '领奖 awards that are claimed'),
  ('reward_cap', 90000, 'yuan a month', '奖励预算 set by the district'),

  ('storm_way_min', 6.5, 'min', '台风到场'),
  ('pump_min', 13, 'min', '抽排 to drain a flooded place'),
  ('clear_min', 4.2, 'min', '清障 to clear a road'),
  ('storm_spread', 0.45, 'sigma', NULL);
-- as one row with a column each, to be read at once
SELECT format('DROP TABLE IF EXISTS pg_temp.demo_b; CREATE TEMP TABLE demo_b AS SELECT %s', string_agg(format('%s::float8 AS %I', value, key), ', ' ORDER BY key))
  FROM demo.behaviour
\gexec
