-- The fold of a ticket's history into facts, on lives made by hand: minutes from Monday 2026-01-05 09:00 in Shanghai.
CREATE DATABASE regress_liskeban_kpi TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_liskeban_kpi
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
RESET client_min_messages;
SET timezone = 'Asia/Shanghai';

CREATE TEMP TABLE life (life text, seq integer, run integer, at timestamptz, from_state liskeban.ticket_state,
  to_state liskeban.ticket_state, action text, actor text, detail jsonb);

CREATE FUNCTION pg_temp.minute(m numeric) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT timestamptz '2026-01-05 09:00+08' + m * interval '1 minute'
$$;

-- One more event; a number under a key that ends in _due or _at is a minute.
CREATE FUNCTION pg_temp.say(life text, minute numeric, action text, state text DEFAULT NULL, detail jsonb DEFAULT NULL,
  actor text DEFAULT 'x') RETURNS void LANGUAGE sql AS $$
  INSERT INTO life
  SELECT say.life, coalesce(last.seq, 0) + 1, coalesce(last.run, 1) + (say.action = 'reopen')::integer, pg_temp.minute(say.minute),
         last.to_state, coalesce(say.state::liskeban.ticket_state, last.to_state), say.action, say.actor,
         (SELECT jsonb_object_agg(d.key, CASE
                   WHEN d.key = 'reverts' THEN d.value
                   WHEN d.key ~ '(_due|_original|_at)$' AND jsonb_typeof(d.value) = 'number'
                   THEN jsonb_build_array(NULL, to_char(pg_temp.minute(d.value::numeric) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
                   ELSE jsonb_build_array(NULL, d.value) END)
          FROM jsonb_each(say.detail) d)
  FROM (SELECT) one LEFT JOIN LATERAL (SELECT l.* FROM life l WHERE l.life = say.life ORDER BY l.seq DESC LIMIT 1) last ON true
$$;

-- A general ticket on the spot: respond in 15 minutes, resolve in a day; a hard one: plan in 7 days.
CREATE FUNCTION pg_temp.begin_life(life text, extra jsonb DEFAULT '{}') RETURNS void LANGUAGE sql AS $$
  SELECT pg_temp.say(begin_life.life, 0, 'report', 'reported', '{"kind":"demand","source":"12345","category":"C01","domain":"ecology",
    "difficulty":"general","on_site":true,"area":"320117001001","has_reporter":true,"respond_due":15,"resolve_due":1440,
    "resolve_due_original":1440}'::jsonb || begin_life.extra);
  SELECT pg_temp.say(begin_life.life, 2, 'accept', 'accepted');
  SELECT pg_temp.say(begin_life.life, 5, 'dispatch', 'dispatched', '{"responsible_area":"320117001001","tier":"village"}')
$$;

-- What the first events up to a minute say at it.
CREATE FUNCTION pg_temp.facts(life text, minute numeric) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', (f).state, CASE WHEN (f).reported THEN 'reported' END, CASE WHEN (f).self_handled THEN 'self_handled' END,
    CASE WHEN (f).due THEN 'due' END, CASE WHEN (f).complete THEN 'complete' END, CASE WHEN (f).on_time THEN 'on_time' END,
    CASE WHEN (f).on_time_original THEN 'on_time_original' END,
    CASE WHEN (f).response_due THEN 'response ' || (f).response::integer || (f).response_proven::integer END,
    CASE WHEN (f).reworked THEN 'reworked' END, CASE WHEN (f).first_time THEN 'first_time' END,
    CASE WHEN (f).plan_due THEN 'plan ' || (f).plan::integer END, CASE WHEN (f).promise_due THEN 'promise ' || (f).promise::integer END,
    CASE WHEN cardinality((f).breach_holders) > 0 THEN (f).breach_holders::text END)
  FROM (SELECT liskeban._ticket_facts(l.seq, l.run, l.at, l.from_state, l.to_state, l.action, l.actor, l.detail, pg_temp.minute(facts.minute)) AS f
        FROM life l WHERE l.life = facts.life AND l.at <= pg_temp.minute(facts.minute)) x
$$;

DO $$
BEGIN
  -- solved in time, and at the last instant
  PERFORM pg_temp.begin_life('good');
  PERFORM pg_temp.say('good', 12, 'arrive', 'on_site', '{"on_site_at":12,"arrival_proof":"gps"}');
  PERFORM pg_temp.say('good', 600, 'resolve', 'resolved');
  PERFORM pg_temp.say('good', 700, 'close', 'closed', '{"satisfaction":"satisfied","solved":true}');
  PERFORM pg_temp.begin_life('at the due');
  PERFORM pg_temp.say('at the due', 15, 'arrive', 'on_site', '{"on_site_at":15,"arrival_proof":"photo"}');
  PERFORM pg_temp.say('at the due', 1440, 'resolve', 'resolved');
  PERFORM pg_temp.begin_life('late');
  PERFORM pg_temp.say('late', 16, 'arrive', 'on_site', '{"on_site_at":16,"arrival_proof":"gps"}');
  PERFORM pg_temp.say('late', 1441, 'resolve', 'resolved');
  -- entered late: there in time, though the event and its proof are not
  PERFORM pg_temp.begin_life('late entry');
  PERFORM pg_temp.say('late entry', 30, 'note');
  PERFORM pg_temp.say('late entry', 30, 'arrive', 'on_site', '{"on_site_at":10,"arrival_proof":"gps","late_entry":true}');
  -- a hold, over the due
  PERFORM pg_temp.begin_life('hold');
  PERFORM pg_temp.say('hold', 12, 'arrive', 'on_site', '{"on_site_at":12,"arrival_proof":"declared"}');
  PERFORM pg_temp.say('hold', 1000, 'suspend', 'suspended');
  PERFORM pg_temp.say('hold', 2000, 'resume', 'on_site', '{"resolve_due":2440}');
  PERFORM pg_temp.say('hold', 2440, 'resolve', 'resolved');
  -- an extension
  PERFORM pg_temp.begin_life('extension');
  PERFORM pg_temp.say('extension', 12, 'arrive', 'on_site', '{"on_site_at":12,"arrival_proof":"gps"}');
  PERFORM pg_temp.say('extension', 1000, 'extend', NULL, '{"resolve_due":2880}');
  PERFORM pg_temp.say('extension', 2000, 'resolve', 'resolved');
  -- two holders, one breach; the second breach after rework under the other
  PERFORM pg_temp.begin_life('two holders');
  PERFORM pg_temp.say('two holders', 1500, 'redispatch', 'dispatched', '{"responsible_area":null,"department":"water"}');
  PERFORM pg_temp.say('two holders', 1600, 'arrive', 'on_site', '{"on_site_at":1600,"arrival_proof":"gps"}');
  PERFORM pg_temp.say('two holders', 1700, 'resolve', 'resolved');
  PERFORM pg_temp.say('two holders', 1800, 'rework', 'dispatched', '{"resolve_due":3240}');
  PERFORM pg_temp.say('two holders', 3300, 'resolve', 'resolved');
  -- direct answer before and after respond_due
  PERFORM pg_temp.say('answered', 0, 'report', 'reported', '{"kind":"demand","difficulty":"general","on_site":true,"respond_due":15,"resolve_due":1440}');
  PERFORM pg_temp.say('answered', 14, 'answer', 'resolved');
  PERFORM pg_temp.say('answered late', 0, 'report', 'reported', '{"kind":"demand","difficulty":"general","on_site":true,"respond_due":15,"resolve_due":1440}');
  PERFORM pg_temp.say('answered late', 16, 'answer', 'resolved');
  -- returned: the first arrival counts
  PERFORM pg_temp.begin_life('returned');
  PERFORM pg_temp.say('returned', 12, 'arrive', 'on_site', '{"on_site_at":12,"arrival_proof":"gps"}');
  PERFORM pg_temp.say('returned', 20, 'return', 'accepted', '{"on_site_at":null,"arrival_proof":null}');
  PERFORM pg_temp.say('returned', 30, 'dispatch', 'dispatched', '{"responsible_area":"320117001002"}');
  PERFORM pg_temp.say('returned', 60, 'arrive', 'on_site', '{"on_site_at":60,"arrival_proof":"declared"}');
  PERFORM pg_temp.say('returned', 90, 'resolve', 'resolved');
  -- reopened: response is the first run's, every resolve counts
  PERFORM pg_temp.begin_life('reopened');
  PERFORM pg_temp.say('reopened', 20, 'arrive', 'on_site', '{"on_site_at":20,"arrival_proof":"gps"}');
  PERFORM pg_temp.say('reopened', 100, 'resolve', 'resolved');
  PERFORM pg_temp.say('reopened', 200, 'close', 'closed', '{"satisfaction":"dissatisfied","solved":false}');
  PERFORM pg_temp.say('reopened', 300, 'reopen', 'dispatched', '{"resolve_due":1740,"resolve_due_original":1740,"respond_due":315}');
  PERFORM pg_temp.say('reopened', 310, 'arrive', 'on_site', '{"on_site_at":310,"arrival_proof":"gps"}');
  PERFORM pg_temp.say('reopened', 1741, 'resolve', 'resolved');
  -- out of the cohort
  PERFORM pg_temp.begin_life('withdrawn');
  PERFORM pg_temp.say('withdrawn', 1440, 'withdraw', 'withdrawn');
  PERFORM pg_temp.begin_life('withdrawn red');
  PERFORM pg_temp.say('withdrawn red', 1441, 'withdraw', 'withdrawn');
  PERFORM pg_temp.begin_life('merged');
  PERFORM pg_temp.say('merged', 14, 'merge', 'merged', '{"merged_into":7}');
  PERFORM pg_temp.say('merged', 4000, 'unmerge', 'accepted', '{"resolve_due":5400,"respond_due":4001,"merged_into":null}');
  PERFORM pg_temp.say('rejected', 0, 'report', 'reported', '{"kind":"demand","difficulty":"general","on_site":true,"respond_due":15,"resolve_due":1440}');
  PERFORM pg_temp.say('rejected', 3, 'reject', 'rejected');
  -- hard: no plan; solved without one; a promise kept; a first promise broken
  PERFORM pg_temp.begin_life('no plan', '{"difficulty":"hard","on_site":false,"plan_due":10080,"resolve_due":null,"resolve_due_original":null}');
  PERFORM pg_temp.begin_life('solved at once', '{"difficulty":"hard","on_site":false,"plan_due":10080,"resolve_due":null,"resolve_due_original":null}');
  PERFORM pg_temp.say('solved at once', 10080, 'resolve', 'resolved');
  PERFORM pg_temp.begin_life('kept', '{"difficulty":"hard","on_site":false,"plan_due":10080,"resolve_due":null,"resolve_due_original":null}');
  PERFORM pg_temp.say('kept', 10080, 'plan', 'planned', '{"promised_at":20000,"resolve_due":20000,"resolve_due_original":20000}');
  PERFORM pg_temp.say('kept', 20000, 'resolve', 'resolved');
  PERFORM pg_temp.begin_life('promised again', '{"difficulty":"hard","on_site":false,"plan_due":10080,"resolve_due":null,"resolve_due_original":null}');
  PERFORM pg_temp.say('promised again', 10081, 'plan', 'planned', '{"promised_at":20000,"resolve_due":20000,"resolve_due_original":20000}');
  PERFORM pg_temp.say('promised again', 15000, 'plan', 'planned', '{"promised_at":30000,"resolve_due":30000}');
  PERFORM pg_temp.say('promised again', 29000, 'resolve', 'resolved');
  -- patrol
  PERFORM pg_temp.begin_life('own find', '{"kind":"patrol"}');
  PERFORM pg_temp.say('own find', 12, 'arrive', 'on_site', '{"on_site_at":12,"arrival_proof":"gps"}');
  PERFORM pg_temp.say('own find', 20, 'resolve', 'resolved');
  PERFORM pg_temp.begin_life('another''s find', '{"kind":"patrol"}');
  PERFORM pg_temp.say('another''s find', 12, 'arrive', 'on_site', '{"on_site_at":12,"arrival_proof":"gps"}');
  PERFORM pg_temp.say('another''s find', 20, 'resolve', 'resolved', NULL, 'y');
  -- a resolve taken back: the clock had run on
  PERFORM pg_temp.begin_life('reverted');
  PERFORM pg_temp.say('reverted', 12, 'arrive', 'on_site', '{"on_site_at":12,"arrival_proof":"gps"}');
  PERFORM pg_temp.say('reverted', 1435, 'resolve', 'resolved');
  PERFORM pg_temp.say('reverted', 1442, 'note');
  PERFORM pg_temp.say('reverted', 1443, 'revert', 'on_site', '{"reverts":5}');
  PERFORM pg_temp.say('reverted', 1500, 'resolve', 'resolved');
END
$$;

SELECT c.life, c.minute, pg_temp.facts(c.life, c.minute)
FROM (VALUES (1, 'good', 11), (2, 'good', 14), (3, 'good', 599), (4, 'good', 600), (5, 'good', 9999), (6, 'at the due', 14.999),
  (7, 'at the due', 1439.999), (8, 'at the due', 1440), (9, 'late', 14.999), (10, 'late', 15), (11, 'late', 16), (12, 'late', 1440),
  (13, 'late', 1441), (14, 'late entry', 29), (15, 'late entry', 30), (16, 'hold', 1999), (17, 'hold', 2440), (18, 'extension', 1999),
  (19, 'extension', 2000), (20, 'two holders', 1440), (21, 'two holders', 1700), (22, 'two holders', 1800), (23, 'two holders', 3300),
  (24, 'answered', 9999), (25, 'answered late', 9999), (26, 'returned', 90), (27, 'reopened', 200), (28, 'reopened', 1740),
  (29, 'reopened', 1741), (30, 'withdrawn', 1440), (31, 'withdrawn red', 1440), (32, 'withdrawn red', 1441), (33, 'merged', 3999),
  (34, 'merged', 4000), (35, 'merged', 4001), (36, 'rejected', 9999), (37, 'no plan', 10079), (38, 'no plan', 10080),
  (39, 'solved at once', 10080), (40, 'kept', 10080), (41, 'kept', 19999), (42, 'kept', 20000), (43, 'promised again', 10080),
  (44, 'promised again', 15000), (45, 'promised again', 20000), (46, 'promised again', 30000), (47, 'own find', 19), (48, 'own find', 20),
  (49, 'another''s find', 20), (50, 'reverted', 1441), (51, 'reverted', 1443), (52, 'reverted', 1500), (53, 'good', -1)) AS c(n, life, minute)
ORDER BY c.n;

-- Any order of the events gives the same; without the first there is nothing to say; no event, no fact.
SELECT count(*) FILTER (WHERE f.up IS NOT DISTINCT FROM f.down) AS same, count(*) AS lives
FROM (SELECT l.life,
             liskeban._ticket_facts(seq, run, at, from_state, to_state, action, actor, detail, pg_temp.minute(50000) ORDER BY seq)::text AS up,
             liskeban._ticket_facts(seq, run, at, from_state, to_state, action, actor, detail, pg_temp.minute(50000) ORDER BY seq DESC)::text AS down
      FROM life l GROUP BY l.life) f;
SELECT liskeban._ticket_facts(seq, run, at, from_state, to_state, action, actor, detail, pg_temp.minute(50000)) IS NULL AS nothing
FROM life WHERE life = 'good' AND seq > 1;
SELECT liskeban._ticket_facts(seq, run, at, from_state, to_state, action, actor, detail, pg_temp.minute(50000)) IS NULL AS nothing
FROM life WHERE false;

-- Times in another form than the log's, details of another shape, keys that are not followed.
SELECT (f).resolved, (f).on_time, (f).area, (f).co_departments, (f).merged_into, (f).solved
FROM (SELECT liskeban._ticket_facts(v.seq, 1, v.at, v.before::liskeban.ticket_state, v.state::liskeban.ticket_state, v.action, 'x', v.detail::jsonb, '2026-02-01') AS f
      FROM (VALUES (1, timestamptz '2026-01-05', NULL, 'reported', 'report',
                    '{"resolve_due":[null,"2026-01-06 00:00:00.5+08"],"area":[null,"320117001"],"other":[null,{"a":[1,2]}],"solved":[null,false],
                      "co_departments":[null,["a","b"]],"merged_into":[null,320117000000001],"difficulty":"hard","kind":[1,2,3],"tier":[null,1]}'),
                   (2, timestamptz '2026-01-06 00:00:00.5+08', 'reported', 'resolved', 'answer', NULL),
                   (3, timestamptz '2026-01-06 00:00:01+08', 'resolved', 'resolved', 'note', '[]')) AS v(seq, at, before, state, action, detail)) x;

-- What kpi() is asked must make sense.
SELECT liskeban._kpi_check('2026-01-02', '2026-01-01', 'town');
SELECT liskeban._kpi_check('2026-01-01', '2026-01-01', 'street');
SELECT liskeban._kpi_check('2026-01-01', NULL, 'town');
SELECT liskeban._kpi_check('2026-01-01', '2026-01-01', 'holder');

\c postgres
DROP DATABASE regress_liskeban_kpi;
