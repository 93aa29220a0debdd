-- Closed sets. What a DBA may extend is a registry table with a text key instead.

CREATE TYPE liskeban.area_level AS ENUM ('province', 'city', 'district', 'town', 'village', 'grid', 'microgrid');
COMMENT ON TYPE liskeban.area_level IS '区域层级 levels of the national hierarchical code, coarse to fine';

CREATE TYPE liskeban.ticket_state AS ENUM ('reported', 'accepted', 'dispatched', 'on_site', 'planned', 'suspended',
  'resolved', 'closed', 'rejected', 'withdrawn', 'merged');
COMMENT ON TYPE liskeban.ticket_state IS '工单状态 reported 待受理, accepted 已受理, dispatched 已派单, on_site 已到场, planned 有方案, suspended 挂账, resolved 已办结, closed 已关闭, rejected 不予受理, withdrawn 已撤回, merged 已并案';

CREATE TYPE liskeban.ticket_kind AS ENUM ('demand', 'hazard', 'clue', 'service', 'policy', 'patrol', 'task');
COMMENT ON TYPE liskeban.ticket_kind IS '工单类型 demand 群众诉求, hazard 隐患, clue 线索, service 服务, policy 找人, patrol 自采, task 指令';

CREATE TYPE liskeban.tier AS ENUM ('village', 'town', 'district', 'principal');
COMMENT ON TYPE liskeban.tier IS '层级 rungs of the ladder: village 村社区, town 镇街或部门, district 区, principal 主要领导';

CREATE TYPE liskeban.difficulty AS ENUM ('simple', 'general', 'hard');
COMMENT ON TYPE liskeban.difficulty IS '难度 simple 简单 (1 day), general 一般 (3 days), hard 疑难 (plan within 7 days, then the promise)';

CREATE TYPE liskeban.clock AS ENUM ('accept', 'dispatch', 'respond', 'contact', 'plan', 'resolve', 'feedback',
  'sign', 'handle', 'reply', 'party', 'progress');
COMMENT ON TYPE liskeban.clock IS '时钟 accept 受理, dispatch 派单, respond 响应, contact 联系, plan 方案, resolve 办结, feedback 回访, sign 签收, handle 办理, reply 回复, party 会办, progress 进展';

CREATE TYPE liskeban.time_basis AS ENUM ('calendar', 'working_day', 'working_hour');
COMMENT ON TYPE liskeban.time_basis IS '计时方式 calendar (1 day = 24 hours), working_day (wall-clock days without days off), working_hour (within the shifts)';

CREATE TYPE liskeban.lamp AS ENUM ('green', 'yellow', 'red', 'red2', 'red3');
COMMENT ON TYPE liskeban.lamp IS '亮灯 green before due - 20 %, yellow from then, red at the due, red2 and red3 at due + 50 % and + 100 % of the time given';

CREATE TYPE liskeban.satisfaction AS ENUM ('satisfied', 'neutral', 'dissatisfied', 'unreachable');
COMMENT ON TYPE liskeban.satisfaction IS '满意度 satisfied 满意, neutral 一般, dissatisfied 不满意, unreachable 联系不上';

CREATE TYPE liskeban.placement AS ENUM ('inside', 'snapped', 'outside', 'unknown');
COMMENT ON TYPE liskeban.placement IS '定位方式 inside 区域内, snapped 吸附, outside 辖区外, unknown 无位置';
