-- What the rewards came to: clues, what was rewarded, how much; see 70_report.sql for the kind of view.

GRANT SELECT (ticket_id, chain, reported_at, decided_at, valid, refusal, tier, hazard_ticket) ON liskeban.clue TO liskeban_reader;
GRANT SELECT (reward_id, at, ticket_id, kind, tier, amount, month, hazard_ticket, expires_at) ON liskeban.reward TO liskeban_reader;
GRANT USAGE, CREATE ON SCHEMA liskeban_report TO liskeban_reader;

CREATE VIEW liskeban_report.reward_monthly WITH (security_barrier) AS
SELECT m.month, m.month::timestamp AT TIME ZONE p.time_zone AS "time", sum(m.clues)::bigint AS clues, sum(m.verified)::bigint AS verified,
       sum(m.refused)::bigint AS refused, sum(m.rewarded)::bigint AS rewarded, sum(m.amount) AS amount, sum(m.paid)::bigint AS paid,
       sum(m.paid_amount) AS paid_amount, sum(m.lapsed)::bigint AS lapsed
  FROM liskeban.platform AS p
 CROSS JOIN LATERAL (
       SELECT date_trunc('month', c.reported_at AT TIME ZONE p.time_zone)::date AS month, 1 AS clues, c.valid::integer AS verified,
              (NOT c.valid)::integer AS refused, 0 AS rewarded, 0::numeric AS amount, 0 AS paid, 0::numeric AS paid_amount, 0 AS lapsed
         FROM liskeban.clue AS c
       UNION ALL
       SELECT r.month, 0, 0, 0, (r.kind = 'award')::integer, CASE r.kind WHEN 'award' THEN r.amount ELSE 0 END,
              (r.kind = 'payment')::integer, CASE r.kind WHEN 'payment' THEN r.amount ELSE 0 END, (r.kind = 'expiry')::integer
         FROM liskeban.reward AS r) AS m
 GROUP BY m.month, p.time_zone;
ALTER VIEW liskeban_report.reward_monthly OWNER TO liskeban_reader;
COMMENT ON VIEW liskeban_report.reward_monthly IS '有奖上报月报 clues by the month in which they came, rewards by that of the award; summed up they are reward_total; key month';
COMMENT ON COLUMN liskeban_report.reward_monthly.month IS '月份 key: its first day';
COMMENT ON COLUMN liskeban_report.reward_monthly."time" IS '月初时刻 when it began';
COMMENT ON COLUMN liskeban_report.reward_monthly.clues IS '线索数 clues that came';
COMMENT ON COLUMN liskeban_report.reward_monthly.verified IS '属实数 of these found true';
COMMENT ON COLUMN liskeban_report.reward_monthly.refused IS '不采纳数 of these refused';
COMMENT ON COLUMN liskeban_report.reward_monthly.rewarded IS '奖励数 awards of the month';
COMMENT ON COLUMN liskeban_report.reward_monthly.amount IS '奖励金额 what they come to, in yuan';
COMMENT ON COLUMN liskeban_report.reward_monthly.paid IS '兑付数 of these paid so far';
COMMENT ON COLUMN liskeban_report.reward_monthly.paid_amount IS '兑付金额 what was paid, in yuan';
COMMENT ON COLUMN liskeban_report.reward_monthly.lapsed IS '作废数 of these not claimed in time';

CREATE VIEW liskeban_report.reward_total WITH (security_barrier) AS
SELECT p.district::text AS district, coalesce(m.clues, 0) AS clues, coalesce(m.verified, 0) AS verified, coalesce(m.refused, 0) AS refused,
       coalesce(m.rewarded, 0) AS rewarded, coalesce(m.amount, 0) AS amount, coalesce(m.paid, 0) AS paid, coalesce(m.paid_amount, 0) AS paid_amount,
       coalesce(m.lapsed, 0) AS lapsed
  FROM liskeban.platform AS p
 CROSS JOIN (SELECT sum(r.clues)::bigint AS clues, sum(r.verified)::bigint AS verified, sum(r.refused)::bigint AS refused,
                    sum(r.rewarded)::bigint AS rewarded, sum(r.amount) AS amount, sum(r.paid)::bigint AS paid, sum(r.paid_amount) AS paid_amount,
                    sum(r.lapsed)::bigint AS lapsed
               FROM liskeban_report.reward_monthly AS r) AS m;
ALTER VIEW liskeban_report.reward_total OWNER TO liskeban_reader;
COMMENT ON VIEW liskeban_report.reward_total IS '有奖上报累计 clues, rewards and their amount so far; one row; key district';
COMMENT ON COLUMN liskeban_report.reward_total.district IS '区划代码 key: the district';
COMMENT ON COLUMN liskeban_report.reward_total.clues IS '线索数 clues that came';
COMMENT ON COLUMN liskeban_report.reward_total.verified IS '属实数 of these found true';
COMMENT ON COLUMN liskeban_report.reward_total.refused IS '不采纳数 of these refused';
COMMENT ON COLUMN liskeban_report.reward_total.rewarded IS '奖励数 awards';
COMMENT ON COLUMN liskeban_report.reward_total.amount IS '奖励金额 what they come to, in yuan';
COMMENT ON COLUMN liskeban_report.reward_total.paid IS '兑付数 of these paid';
COMMENT ON COLUMN liskeban_report.reward_total.paid_amount IS '兑付金额 what was paid, in yuan';
COMMENT ON COLUMN liskeban_report.reward_total.lapsed IS '作废数 of these not claimed in time';

REVOKE CREATE ON SCHEMA liskeban_report FROM liskeban_reader;
