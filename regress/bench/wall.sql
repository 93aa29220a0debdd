-- What the rows about the wall and the search start from: open tickets behind a history of closed ones, with words, places,
-- telephones, whistles, directives and supervisions.
-- psql variables: open, history (how many), top (folder of the working tree).

\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION postgis;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
\i :top/jobs/demo/district.sql

-- Behind the guard's back, as time would have it: the last of them are open.
ALTER TABLE liskeban.ticket DISABLE TRIGGER USER;
ALTER TABLE liskeban.ticket_event DISABLE TRIGGER USER;
ALTER TABLE liskeban.worklist DISABLE TRIGGER USER;
ALTER TABLE liskeban.reporter DISABLE TRIGGER USER;
CREATE TEMP TABLE cell AS
  SELECT a.code, row_number() OVER (ORDER BY a.code) - 1 AS no, count(*) OVER () AS of, ST_PointOnSurface(a.geom) AS geom
    FROM liskeban.area AS a WHERE liskeban.area_level(a.code) >= 'village' AND a.geom IS NOT NULL;
CREATE TEMP TABLE matter AS
  SELECT c.code, c.name, c.difficulty, row_number() OVER (ORDER BY c.code) - 1 AS no, count(*) OVER () AS of
    FROM liskeban.category AS c WHERE c.listed;
INSERT INTO liskeban.ticket (received_at, reported_at, updated_at, closed_at, dispatched_at, resolved_at, state, tier, difficulty, placement,
                             last_seq, ticket_no, source, external_id, category, title, description, address, area, responsible_area, geom,
                             resolve_due, resolve_due_original, resolve_given, plan_due, has_reporter)
SELECT h.t, h.t, h.t + interval '5 hours', CASE WHEN h.open IS NULL THEN h.t + interval '5 hours' END,
       CASE WHEN h.state >= 'dispatched' THEN h.t + interval '10 minutes' END, CASE WHEN h.state >= 'resolved' THEN h.t + interval '4 hours' END,
       h.state, CASE WHEN h.state >= 'dispatched' THEN (ARRAY['village', 'village', 'town', 'district'])[1 + h.i % 4]::liskeban.tier END,
       m.difficulty, CASE WHEN h.i % 50 = 0 THEN 'unknown' ELSE 'inside' END::liskeban.placement, 3,
       format('320117-%s-%s', to_char(h.t AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD'), lpad(h.i::text, 6, '0')), 'hotline_12345', 'W' || h.i, m.code, m.name,
       m.name || '，市民来电反映' || (ARRAY['楼上漏水', '路灯不亮', '垃圾堆放', '噪音扰民', '井盖缺失', '流浪犬只', '占道经营', '违章停车'])[1 + h.i * 7 % 8]
         || '，希望尽快处理，编号' || h.i || '。', '溧水区永阳街道' || h.i % 997 || '号',
       CASE WHEN h.i % 50 <> 0 THEN c.code END, CASE WHEN h.i % 50 <> 0 THEN c.code END,
       CASE WHEN h.i % 50 <> 0 THEN ST_Translate(c.geom, (h.i * 0.6180339887 - floor(h.i * 0.6180339887) - 0.5) / 50, (h.i * 0.7548776662 - floor(h.i * 0.7548776662) - 0.5) / 50) END,
       d.due, d.due, d.given, CASE WHEN m.difficulty = 'hard' THEN h.t + interval '7 days' END, true
  FROM (SELECT i, o.open, timestamptz '2026-03-10 10:00+08' - (:history - i) * interval '20 seconds' - o.old AS t,
               CASE WHEN o.open IS NULL THEN 'closed' ELSE (ARRAY['reported', 'accepted', 'dispatched', 'dispatched', 'on_site', 'planned', 'suspended', 'resolved'])[1 + i % 8] END::liskeban.ticket_state AS state
          FROM generate_series(1, :history) AS i
         CROSS JOIN LATERAL (SELECT CASE WHEN i > :history - :open THEN true END AS open,
                                    CASE WHEN i > :history - :open THEN (i % 40) * interval '1 day' ELSE interval '40 days' END AS old) AS o) AS h
  JOIN matter AS m ON m.no = h.i % m.of
  JOIN cell AS c ON c.no = h.i * 31 % c.of
 CROSS JOIN LATERAL (SELECT g.given, h.t + g.given AS due
                       FROM (SELECT CASE m.difficulty WHEN 'simple' THEN interval '1 day' WHEN 'general' THEN interval '3 days' END AS given) AS g) AS d
 ORDER BY h.i;
INSERT INTO liskeban.worklist (ticket_id, state, tier, responsible_area, department, co_departments, priority, resolve_due, area, received_at, due,
                              confidential, category)
SELECT t.ticket_id, t.state, t.tier, t.responsible_area, t.department, t.co_departments, t.priority, t.resolve_due, t.area, t.received_at,
       CASE WHEN t.state NOT IN ('suspended', 'resolved') THEN coalesce(t.resolve_due, t.plan_due) END,
       t.confidential, t.category
  FROM liskeban.ticket AS t WHERE t.closed_at IS NULL;
INSERT INTO liskeban.reporter (ticket_id, name, phone, phone_hash)
SELECT t.ticket_id, '市民', p.phone, sha256(convert_to(p.phone, 'UTF8'))
  FROM liskeban.ticket AS t CROSS JOIN LATERAL (SELECT '139' || lpad((t.ticket_id * 7919 % 300000)::text, 8, '0') AS phone) AS p;
ALTER TABLE liskeban.ticket ENABLE ALWAYS TRIGGER zz_guard;
ALTER TABLE liskeban.ticket ENABLE ALWAYS TRIGGER log_insert;
ALTER TABLE liskeban.worklist ENABLE ALWAYS TRIGGER history_kept;
VACUUM (FREEZE, ANALYZE);
