-- What is going wrong and what to do: the signals of each day, the risk items they add up to, and the measures for them.

CREATE TABLE liskeban.measure (
  measure_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind       text,
  domain     text REFERENCES liskeban.domain,
  category   text REFERENCES liskeban.category,
  days       integer NOT NULL,
  measure    text NOT NULL,
  suggestion text NOT NULL,
  measure_en text,
  suggestion_en text,
  CONSTRAINT measure_for_check CHECK (category IS NOT NULL OR pg_catalog.num_nonnulls(kind, domain) = 2),
  CONSTRAINT measure_days_check CHECK (days BETWEEN 0 AND 365),
  CONSTRAINT measure_measure_check CHECK (measure <> ''),
  CONSTRAINT measure_suggestion_check CHECK (suggestion <> ''),
  CONSTRAINT measure_measure_en_check CHECK (measure_en <> ''),
  CONSTRAINT measure_suggestion_en_check CHECK (suggestion_en <> ''),
  CONSTRAINT measure_key UNIQUE NULLS NOT DISTINCT (kind, domain, category)
);
COMMENT ON TABLE liskeban.measure IS '对策措施 what to do about a kind of risk in a domain, or about a category; users edit it. {place} {category} {count} {expected} {days_seen} {department} {lead} {days} {due} are filled in';
COMMENT ON COLUMN liskeban.measure.measure_id IS '编号 key';
COMMENT ON COLUMN liskeban.measure.kind IS '风险类型 as in risk_item; NULL with a category: any';
COMMENT ON COLUMN liskeban.measure.domain IS '领域 domain that the kind is of; NULL with a category';
COMMENT ON COLUMN liskeban.measure.category IS '事项 category; NULL for a kind and domain';
COMMENT ON COLUMN liskeban.measure.days IS '天数 days that it may take';
COMMENT ON COLUMN liskeban.measure.measure IS '对策措施 what to do, in Chinese';
COMMENT ON COLUMN liskeban.measure.suggestion IS '工作建议 who does it, by when, in Chinese';
COMMENT ON COLUMN liskeban.measure.measure_en IS '对策措施英文 what to do, in English; NULL where nobody has written it';
COMMENT ON COLUMN liskeban.measure.suggestion_en IS '工作建议英文 who does it, by when, in English; NULL where nobody has written it';

CREATE TABLE liskeban.signal (
  day       date NOT NULL,
  kind      text NOT NULL,
  domain    text NOT NULL,
  area      liskeban.area_code NOT NULL,
  category  text,
  subject   text,
  count     double precision NOT NULL,
  expected  double precision,
  p_value   double precision,
  severity  integer NOT NULL,
  evidence  jsonb NOT NULL,
  CONSTRAINT signal_key UNIQUE NULLS NOT DISTINCT (day, kind, area, domain, category, subject),
  CONSTRAINT signal_kind_check CHECK (kind IN ('surge', 'cluster', 'repeat_place', 'repeat_reporter', 'overdue', 'whistle',
                                               'dissatisfied', 'indicator')),
  CONSTRAINT signal_severity_check CHECK (severity BETWEEN 1 AND 4)
);
COMMENT ON TABLE liskeban.signal IS '异常信号 what analyse_day() found on a day; written anew each time that day is analysed';
COMMENT ON COLUMN liskeban.signal.day IS '日期 the day';
COMMENT ON COLUMN liskeban.signal.kind IS '类型 surge 突增, cluster 聚集, repeat_place 同址反复, repeat_reporter 重复诉求, overdue 超期积压, whistle 吹哨未应, dissatisfied 不满意集中, indicator 指标异常';
COMMENT ON COLUMN liskeban.signal.domain IS '领域 domain';
COMMENT ON COLUMN liskeban.signal.area IS '区域 where';
COMMENT ON COLUMN liskeban.signal.category IS '事项 category; NULL of several';
COMMENT ON COLUMN liskeban.signal.subject IS '对象 the spot (lon,lat to 0.0005 degrees), the reporter''s first ticket, or the indicator; NULL none';
COMMENT ON COLUMN liskeban.signal.count IS '数量 what was seen: tickets, or the indicator''s value';
COMMENT ON COLUMN liskeban.signal.expected IS '预期 what would be usual; NULL where a number alone makes the signal';
COMMENT ON COLUMN liskeban.signal.p_value IS '概率 of seeing as much by chance, adjusted for the number of tests of the day; NULL without a test';
COMMENT ON COLUMN liskeban.signal.severity IS '严重程度 1 most severe to 4';
COMMENT ON COLUMN liskeban.signal.evidence IS '依据 the figures behind it';

CREATE TABLE liskeban.risk_item (
  risk_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  day          date NOT NULL,
  last_day     date NOT NULL,
  kind         text NOT NULL,
  domain       text NOT NULL,
  area         liskeban.area_code NOT NULL,
  category     text,
  subject      text,
  evidence     jsonb NOT NULL,
  severity     integer NOT NULL,
  measure      text NOT NULL,
  suggestion   text NOT NULL,
  owner        text NOT NULL,
  due          date NOT NULL,
  status       text NOT NULL DEFAULT 'open',
  closed_day   date,
  directive_id bigint,
  ticket_id    bigint,
  ordered_by   text,
  ordered_at   timestamptz,
  measure_en   text,
  suggestion_en text,
  CONSTRAINT risk_item_last_day_check CHECK (last_day >= day),
  CONSTRAINT risk_item_status_check CHECK (status IN ('open', 'ordered', 'closed')),
  CONSTRAINT risk_item_closed_day_check CHECK ((status = 'closed') = (closed_day IS NOT NULL)),
  CONSTRAINT risk_item_ordered_check CHECK (pg_catalog.num_nonnulls(directive_id, ticket_id) <= 1),
  CONSTRAINT risk_item_key UNIQUE NULLS NOT DISTINCT (kind, area, domain, category, subject, day)
);
CREATE UNIQUE INDEX risk_item_one_open ON liskeban.risk_item (kind, area, domain, category, subject) NULLS NOT DISTINCT WHERE status <> 'closed';
CREATE INDEX risk_item_last_day_idx ON liskeban.risk_item (last_day);
COMMENT ON TABLE liskeban.risk_item IS '风险事项 what is going wrong, from the day it was first seen while it lasts, with what to do; closes by itself when its signal is gone';
COMMENT ON COLUMN liskeban.risk_item.risk_id IS '编号 key';
COMMENT ON COLUMN liskeban.risk_item.day IS '首现日 day on which it was first seen';
COMMENT ON COLUMN liskeban.risk_item.last_day IS '末现日 last day on which it was seen';
COMMENT ON COLUMN liskeban.risk_item.kind IS '类型 as in signal';
COMMENT ON COLUMN liskeban.risk_item.domain IS '领域 domain';
COMMENT ON COLUMN liskeban.risk_item.area IS '区域 where';
COMMENT ON COLUMN liskeban.risk_item.category IS '事项 category; NULL of several';
COMMENT ON COLUMN liskeban.risk_item.subject IS '对象 as in signal';
COMMENT ON COLUMN liskeban.risk_item.evidence IS '依据 the figures of its last day';
COMMENT ON COLUMN liskeban.risk_item.severity IS '严重程度 1 most severe to 4, on its last day';
COMMENT ON COLUMN liskeban.risk_item.measure IS '对策措施 what to do, in Chinese';
COMMENT ON COLUMN liskeban.risk_item.suggestion IS '工作建议 who does it, by when, in Chinese';
COMMENT ON COLUMN liskeban.risk_item.measure_en IS '对策措施英文 what to do, in English; NULL where the measure has none';
COMMENT ON COLUMN liskeban.risk_item.suggestion_en IS '工作建议英文 who does it, by when, in English; NULL where a measure has none';
COMMENT ON COLUMN liskeban.risk_item.owner IS '责任单位 department or area that it is for';
COMMENT ON COLUMN liskeban.risk_item.due IS '期限 day by which it shall be done';
COMMENT ON COLUMN liskeban.risk_item.status IS '状态 open, ordered (made a directive or ticket) or closed (its signal is gone)';
COMMENT ON COLUMN liskeban.risk_item.closed_day IS '消除日 day on which its signal was gone';
COMMENT ON COLUMN liskeban.risk_item.directive_id IS '指令 directive that order_from_risk() made of it';
COMMENT ON COLUMN liskeban.risk_item.ticket_id IS '工单编号 ticket that order_from_risk() made of it';
COMMENT ON COLUMN liskeban.risk_item.ordered_by IS '下令人 who ordered it';
COMMENT ON COLUMN liskeban.risk_item.ordered_at IS '下令时间 when';

-- ---- the signals of a day, one function a kind ----

CREATE FUNCTION liskeban._signal_row(day date, kind text, domain text, area liskeban.area_code, category text, subject text,
    count double precision, expected double precision, p_value double precision, severity integer, evidence jsonb)
RETURNS liskeban.signal LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT ROW(day, kind, domain, area, category, subject, count, expected, p_value, severity,
             jsonb_strip_nulls(jsonb_build_object('count', count, 'expected', round(expected::numeric, 2), 'p_value', p_value) || evidence))::liskeban.signal
$$;
COMMENT ON FUNCTION liskeban._signal_row(date, text, text, liskeban.area_code, text, text, double precision, double precision, double precision, integer, jsonb) IS 'a row of signal whose evidence holds its figures';
REVOKE ALL ON FUNCTION liskeban._signal_row(date, text, text, liskeban.area_code, text, text, double precision, double precision, double precision, integer, jsonb) FROM PUBLIC;

-- What class a day is of: 1 Monday to 7 Sunday, 8 a holiday, 9 a make-up working day.
CREATE FUNCTION liskeban._day_class(day date) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce((SELECT CASE WHEN c.is_working THEN 9 ELSE 8 END FROM liskeban.calendar_day AS c WHERE c.day = _day_class.day),
                  extract(isodow FROM day)::integer)
$$;
COMMENT ON FUNCTION liskeban._day_class(date) IS 'class of a day for a seasonal baseline: 1 Monday to 7 Sunday, 8 a holiday, 9 a make-up working day';
REVOKE ALL ON FUNCTION liskeban._day_class(date) FROM PUBLIC;

-- Counts of the last one to seven days, town by category and category in all towns, against nine weeks (count_signals). What
-- would come out more often than once in twenty days by chance is let pass. Four weeks of history have to be there.
CREATE FUNCTION liskeban._signals_of_counts(day date) RETURNS SETOF liskeban.signal
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH counted AS (
    SELECT liskeban._town(s.area)::text AS town, s.category, s.day, sum(s.received)::integer AS received
      FROM liskeban.stat_daily AS s
     WHERE s.day > _signals_of_counts.day - 63 AND s.day <= _signals_of_counts.day AND s.kind IN ('demand', 'hazard')
       AND s.received > 0 AND liskeban._town(s.area) IS NOT NULL
     GROUP BY 1, 2, 3
  ), numbered AS (
    SELECT c.*, dense_rank() OVER (ORDER BY c.town)::integer AS town_no, dense_rank() OVER (ORDER BY c.category)::integer AS category_no
      FROM counted AS c
  ), series AS (
    SELECT array_agg(n.town_no) AS towns, array_agg(n.category_no) AS categories, array_agg(n.day - _signals_of_counts.day + 63) AS days,
           array_agg(n.received) AS cases
      FROM numbered AS n
     WHERE (SELECT min(s.day) FROM liskeban.stat_daily AS s) <= _signals_of_counts.day - 28
    HAVING count(*) > 0
  ), class AS (
    SELECT array_agg(liskeban._day_class(g.d::date) ORDER BY g.d) AS classes
      FROM generate_series((_signals_of_counts.day - 62)::timestamp, _signals_of_counts.day::timestamp, interval '1 day') AS g(d)
  ), found AS MATERIALIZED (
    SELECT f.* FROM series AS s CROSS JOIN class AS k CROSS JOIN LATERAL liskeban.count_signals(s.towns, s.categories, s.days, s.cases, k.classes) AS f
     WHERE f.chance <= 0.05
  )
  SELECT liskeban._signal_row(_signals_of_counts.day, 'surge', c.domain, coalesce(t.town::liskeban.area_code, p.district), c.code, NULL,
                              f.observed, f.expected, f.adjusted,
                              CASE WHEN f.chance <= 0.0005 THEN 1 WHEN f.chance <= 0.01 THEN 2 ELSE 3 END,
                              jsonb_build_object('days_seen', f.days, 'chance', f.chance))
    FROM found AS f CROSS JOIN liskeban.platform AS p
    JOIN (SELECT DISTINCT n.category_no, n.category FROM numbered AS n) AS g ON g.category_no = f.category
    JOIN liskeban.category AS c ON c.code = g.category
    LEFT JOIN (SELECT DISTINCT n.town_no, n.town FROM numbered AS n) AS t ON t.town_no = f.town
    -- what one town explains is no matter of the whole district
   WHERE f.town IS NOT NULL
      OR NOT EXISTS (SELECT FROM found AS o
                      WHERE o.town IS NOT NULL AND o.category = f.category AND o.observed - o.expected >= 0.6 * (f.observed - f.expected))
$$;
COMMENT ON FUNCTION liskeban._signals_of_counts(date) IS 'towns and categories, and categories in the whole district, of which the last one to seven days brought too many: liskeban.count_signals() over nine weeks, chance <= 0.05 (about one in three weeks by chance)';
REVOKE ALL ON FUNCTION liskeban._signals_of_counts(date) FROM PUBLIC;

-- Villages close together that no count of one shows: the space-time scan over each category that has a case today (60 days)
-- and over all cases (30 days), within 2 km and 7 days. The day is the seed, so that a day gives the same again.
CREATE FUNCTION liskeban._signals_of_clusters(day date) RETURNS SETOF liskeban.signal
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  WITH village AS MATERIALIZED (
    SELECT v.code, row_number() OVER (ORDER BY v.code::text)::integer AS cell,
           -- metres on the sphere, about the middle of the district
           ST_X(v.point) * 111320 * cos(radians(avg(ST_Y(v.point)) OVER ())) AS x, ST_Y(v.point) * 110946 AS y
      FROM (SELECT a.code, ST_PointOnSurface(a.geom) AS point FROM liskeban.area AS a
             WHERE liskeban.area_level(a.code) = 'village' AND a.geom IS NOT NULL AND NOT ST_IsEmpty(a.geom)
               AND (a.valid_to IS NULL OR a.valid_to > liskeban.liskeban_now())) AS v
  ), point AS (
    SELECT array_agg(v.x ORDER BY v.cell) AS xs, array_agg(v.y ORDER BY v.cell) AS ys FROM village AS v HAVING count(*) > 1
  ), counted AS MATERIALIZED (
    SELECT v.cell, s.category, s.day - _signals_of_clusters.day + 60 AS day_no, sum(s.received)::integer AS cases
      FROM liskeban.stat_daily AS s
      JOIN village AS v ON v.code OPERATOR(liskeban.=) CASE WHEN liskeban.area_level(s.area) >= 'village' THEN liskeban.area_parent(s.area, 'village') END
     WHERE s.day > _signals_of_clusters.day - 60 AND s.day <= _signals_of_clusters.day AND s.kind IN ('demand', 'hazard') AND s.received > 0
       AND (SELECT min(m.day) FROM liskeban.stat_daily AS m) <= _signals_of_clusters.day - 28
     GROUP BY 1, 2, 3
  ), matter AS (
    SELECT c.category, array_agg(c.cell) AS cells, array_agg(c.day_no) AS days, array_agg(c.cases) AS cases
      FROM counted AS c GROUP BY c.category HAVING max(c.day_no) = 60
    UNION ALL
    SELECT NULL, array_agg(c.cell), array_agg(c.day_no), array_agg(c.cases)
      FROM (SELECT c.cell, c.day_no, sum(c.cases)::integer AS cases FROM counted AS c WHERE c.day_no > 30 GROUP BY 1, 2) AS c
    HAVING max(c.day_no) = 60
  ), found AS (
    SELECT m.category, count(*) FILTER (WHERE m.category IS NOT NULL) OVER () AS scans, f.*
      FROM point AS p CROSS JOIN matter AS m
     CROSS JOIN LATERAL liskeban.space_time_scan(p.xs, p.ys, m.cells, m.days, m.cases, 60, 2000, 7, 999,
                          (_signals_of_clusters.day - date '2000-01-01')::bigint, CASE WHEN m.category IS NULL THEN 3 ELSE 1 END) AS f
  )
  SELECT liskeban._signal_row(_signals_of_clusters.day, 'cluster', coalesce(c.domain, d.domain), v.code, f.category, NULL,
                              f.observed, f.expected, f.p, CASE WHEN f.p_gumbel <= 0.00001 THEN 1 WHEN f.p_gumbel <= 0.001 THEN 2 ELSE 3 END,
                              jsonb_build_object('days_seen', f.last_day - f.first_day + 1, 'radius', round(f.radius),
                                 'villages', (SELECT jsonb_agg(w.code::text ORDER BY w.cell) FROM village AS w WHERE w.cell = ANY (f.cells))))
    FROM found AS f
    JOIN village AS v ON v.cell = f.centre
    LEFT JOIN liskeban.category AS c ON c.code = f.category
    -- of several matters, the domain that most of them are of
    LEFT JOIN LATERAL (SELECT k.domain FROM counted AS x JOIN liskeban.category AS k ON k.code = x.category
                        WHERE f.category IS NULL AND x.cell = ANY (f.cells) AND x.day_no >= f.first_day GROUP BY k.domain ORDER BY sum(x.cases) DESC, k.domain LIMIT 1) AS d ON true
   WHERE CASE WHEN f.category IS NULL THEN f.p_gumbel <= 0.07 ELSE f.observed > 2 AND f.p_gumbel * f.scans <= 0.02 END
$$;
COMMENT ON FUNCTION liskeban._signals_of_clusters(date) IS 'circles of villages within 2 km with too many cases in the last one to seven days: liskeban.space_time_scan() over each category (p of the day''s scans together 0.02) and over all cases (0.07)';
REVOKE ALL ON FUNCTION liskeban._signals_of_clusters(date) FROM PUBLIC;

-- The same spot (a square of 0.0005 degrees, some 50 m) and category three times in thirty days, the last of them today.
CREATE FUNCTION liskeban._signals_of_places(day date, from_ts timestamptz, to_ts timestamptz) RETURNS SETOF liskeban.signal
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT liskeban._signal_row(day, 'repeat_place', c.domain, r.area, r.category, r.spot, r.n, NULL, NULL,
                              CASE WHEN r.n >= 8 THEN 1 WHEN r.n >= 5 THEN 2 ELSE 3 END,
                              jsonb_build_object('days_seen', r.days_seen, 'today', r.today, 'tickets', r.tickets))
    FROM (SELECT min(t.area::text)::liskeban.area_code AS area, t.category,
                 concat_ws(',', round((ST_X(t.geom) / 0.0005::double precision)::numeric) * 0.0005, round((ST_Y(t.geom) / 0.0005::double precision)::numeric) * 0.0005) AS spot,
                 count(*) AS n, count(*) FILTER (WHERE t.received_at >= to_ts - interval '1 day') AS today,
                 (extract(epoch FROM max(t.received_at) - min(t.received_at)) / 86400.0)::integer + 1 AS days_seen,
                 to_jsonb((array_agg(t.ticket_id ORDER BY t.received_at DESC))[1:20]) AS tickets
            FROM liskeban.ticket AS t
           WHERE t.received_at >= from_ts AND t.received_at < to_ts AND t.geom IS NOT NULL AND t.area IS NOT NULL
             AND t.parent_id IS NULL AND t.kind IN ('demand', 'hazard') AND t.state NOT IN ('rejected', 'withdrawn')
           GROUP BY t.category, 3) AS r
    JOIN liskeban.category AS c ON c.code = r.category
   WHERE r.n >= 3 AND r.today > 0
$$;
COMMENT ON FUNCTION liskeban._signals_of_places(date, timestamptz, timestamptz) IS 'same place, many times: tickets of one category in a square of 0.0005 degrees, three or more in [from_ts, to_ts), one of them on its last day';
REVOKE ALL ON FUNCTION liskeban._signals_of_places(date, timestamptz, timestamptz) FROM PUBLIC;

-- The same reporter four times in thirty days. What stands for the reporter is the first of the tickets, not the phone.
CREATE FUNCTION liskeban._signals_of_reporters(day date, from_ts timestamptz, to_ts timestamptz) RETURNS SETOF liskeban.signal
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT liskeban._signal_row(day, 'repeat_reporter', c.domain, r.area, r.category, r.first_ticket::text, r.n, NULL, NULL,
                              CASE WHEN r.n >= 10 THEN 2 ELSE 3 END,
                              jsonb_build_object('days_seen', r.days_seen, 'today', r.today, 'tickets', r.tickets))
    FROM (SELECT (array_agg(coalesce(t.area, t.responsible_area, p.district) ORDER BY t.received_at DESC))[1] AS area,
                 (array_agg(t.category ORDER BY t.received_at DESC))[1] AS category,
                 (SELECT min(f.ticket_id) FROM liskeban.reporter AS f WHERE f.phone_hash = o.phone_hash) AS first_ticket,
                 count(*) AS n, count(*) FILTER (WHERE t.received_at >= to_ts - interval '1 day') AS today,
                 (extract(epoch FROM max(t.received_at) - min(t.received_at)) / 86400.0)::integer + 1 AS days_seen,
                 to_jsonb((array_agg(t.ticket_id ORDER BY t.received_at DESC))[1:20]) AS tickets
            FROM liskeban.ticket AS t JOIN liskeban.reporter AS o ON o.ticket_id = t.ticket_id CROSS JOIN liskeban.platform AS p
           WHERE t.received_at >= from_ts AND t.received_at < to_ts AND o.phone_hash IS NOT NULL AND t.parent_id IS NULL
             AND t.kind IN ('demand', 'hazard') AND t.state <> 'withdrawn'
           GROUP BY o.phone_hash) AS r
    JOIN liskeban.category AS c ON c.code = r.category
   WHERE r.n >= 4 AND r.today > 0
$$;
COMMENT ON FUNCTION liskeban._signals_of_reporters(date, timestamptz, timestamptz) IS 'same reporter, many times: four tickets or more in [from_ts, to_ts), one of them on its last day; the subject is the reporter''s first ticket';
REVOKE ALL ON FUNCTION liskeban._signals_of_reporters(date, timestamptz, timestamptz) FROM PUBLIC;

-- A town whose overdue backlog at the day's end stands half above its mean of the four weeks before, and at five or more.
CREATE FUNCTION liskeban._signals_of_overdue(day date) RETURNS SETOF liskeban.signal
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH change AS (
    -- what was before the four weeks counts on their first day: whole months, and days
    SELECT f.town, greatest(f.day, _signals_of_overdue.day - 28) AS day, sum(f.overdue_change) AS change
      FROM (SELECT d.town, d.day, d.overdue_change, d.kind FROM liskeban.flow_daily AS d
             WHERE d.day >= date_trunc('month', (_signals_of_overdue.day - 28)::timestamp)::date AND d.day <= _signals_of_overdue.day
            UNION ALL
            SELECT m.town, m.month, m.overdue_change, m.kind FROM liskeban.flow_monthly AS m
             WHERE m.month < date_trunc('month', (_signals_of_overdue.day - 28)::timestamp)::date) AS f
     WHERE f.town IS NOT NULL AND f.kind IN ('demand', 'hazard')
     GROUP BY 1, 2
  ), level AS (
    SELECT t.town, d.day, sum(c.change) OVER (PARTITION BY t.town ORDER BY d.day) AS overdue
      FROM (SELECT DISTINCT c.town FROM change AS c) AS t
     CROSS JOIN (SELECT _signals_of_overdue.day - n AS day FROM generate_series(0, 28) AS n) AS d
      LEFT JOIN change AS c ON c.town OPERATOR(liskeban.=) t.town AND c.day = d.day
  ), judged AS (
    SELECT l.town, max(l.overdue) FILTER (WHERE l.day = _signals_of_overdue.day) AS today,
           avg(l.overdue) FILTER (WHERE l.day < _signals_of_overdue.day) AS before
      FROM level AS l GROUP BY l.town
  )
  SELECT liskeban._signal_row(_signals_of_overdue.day, 'overdue', 'grid_management', j.town, NULL, NULL, j.today, j.before::double precision, NULL,
                              CASE WHEN j.today >= 30 THEN 1 WHEN j.today >= 15 THEN 2 ELSE 3 END, '{}')
    FROM judged AS j WHERE j.today >= 5 AND j.today > 1.5 * coalesce(j.before, 0)
$$;
COMMENT ON FUNCTION liskeban._signals_of_overdue(date) IS 'towns with five or more tickets overdue at the day''s end, more than half above the mean of the 28 days before';
REVOKE ALL ON FUNCTION liskeban._signals_of_overdue(date) FROM PUBLIC;

-- Whistles that nobody signed, or that their rung did not solve, by the day's end.
CREATE FUNCTION liskeban._signals_of_whistles(day date, to_ts timestamptz) RETURNS SETOF liskeban.signal
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT liskeban._signal_row(day, 'whistle', w.domain, w.area, NULL, NULL, w.n, NULL, NULL,
                              CASE WHEN w.district THEN 1 WHEN w.n >= 5 THEN 2 ELSE 3 END,
                              jsonb_build_object('unsigned', w.unsigned, 'unsolved', w.n - w.unsigned, 'tickets', w.tickets))
    FROM (SELECT c.domain,
                 CASE WHEN liskeban.area_level(coalesce(t.area, t.responsible_area, p.district)) >= 'town'
                      THEN liskeban.area_parent(coalesce(t.area, t.responsible_area, p.district), 'town') ELSE p.district END AS area,
                 count(*) AS n, count(*) FILTER (WHERE h.signed_at IS NULL OR h.signed_at >= to_ts) AS unsigned,
                 bool_or(h.to_tier >= 'district') AS district,
                 to_jsonb((array_agg(t.ticket_id ORDER BY h.raised_at))[1:20]) AS tickets
            FROM liskeban.whistle AS h JOIN liskeban.ticket AS t ON t.ticket_id = h.ticket_id
            JOIN liskeban.category AS c ON c.code = t.category CROSS JOIN liskeban.platform AS p
           WHERE h.raised_at < to_ts AND (h.ended_at IS NULL OR h.ended_at >= to_ts)
             AND ((h.signed_at IS NULL OR h.signed_at >= to_ts) AND h.sign_due < to_ts OR h.handle_due < to_ts)
           GROUP BY 1, 2) AS w
$$;
COMMENT ON FUNCTION liskeban._signals_of_whistles(date, timestamptz) IS 'whistles unsigned after sign_due or unsolved after handle_due at to_ts, by domain and town';
REVOKE ALL ON FUNCTION liskeban._signals_of_whistles(date, timestamptz) FROM PUBLIC;

-- Three or more dissatisfied answers in a day of a domain and town, half or more of those given, twice the share of before.
CREATE FUNCTION liskeban._signals_of_answers(day date, from_ts timestamptz, to_ts timestamptz) RETURNS SETOF liskeban.signal
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT liskeban._signal_row(day, 'dissatisfied', a.domain, a.area, NULL, NULL, a.bad, a.given * a.share_before, NULL,
                              CASE WHEN a.bad >= 8 THEN 2 ELSE 3 END,
                              jsonb_build_object('answered', a.given, 'tickets', a.tickets))
    FROM (SELECT c.domain, liskeban.area_parent(t.area, 'town') AS area,
                 count(*) FILTER (WHERE f.at >= to_ts - interval '1 day') AS given,
                 count(*) FILTER (WHERE f.at >= to_ts - interval '1 day' AND bad.is_bad) AS bad,
                 (count(*) FILTER (WHERE f.at < to_ts - interval '1 day' AND bad.is_bad))::double precision
                   / nullif(count(*) FILTER (WHERE f.at < to_ts - interval '1 day'), 0) AS share_before,
                 to_jsonb((array_agg(t.ticket_id ORDER BY f.at DESC) FILTER (WHERE bad.is_bad))[1:20]) AS tickets
            FROM liskeban.feedback AS f JOIN liskeban.ticket AS t ON t.ticket_id = f.ticket_id
            JOIN liskeban.category AS c ON c.code = t.category
           CROSS JOIN LATERAL (SELECT f.satisfaction = 'dissatisfied' OR f.solved IS FALSE) AS bad(is_bad)
           WHERE f.at >= from_ts AND f.at < to_ts AND f.satisfaction <> 'unreachable'
             AND t.area IS NOT NULL AND liskeban.area_level(t.area) >= 'town'
           GROUP BY 1, 2) AS a
   WHERE a.bad >= 3 AND a.bad * 2 >= a.given AND a.bad > 2 * a.given * coalesce(a.share_before, 0)
$$;
COMMENT ON FUNCTION liskeban._signals_of_answers(date, timestamptz, timestamptz) IS 'domains and towns with three or more dissatisfied or unsolved answers on the last day of [from_ts, to_ts), half or more of its answers and more than twice the share of the days before';
REVOKE ALL ON FUNCTION liskeban._signals_of_answers(date, timestamptz, timestamptz) FROM PUBLIC;

-- An indicator's value against what it should be, on the bad side, as the tickets' counts are: by its last eight days of the
-- same class (weekdays of nine weeks; holidays and make-up days of 400 days) where there are five; else by EARS C2 with its
-- seven days of baseline and two of guard, where there are ten values in four weeks. What is counted (whole numbers, fewer is
-- better) is negative binomial, what is measured Student's. All indicators of a day are tests of one family.
CREATE FUNCTION liskeban._signals_of_indicators(day date) RETURNS SETOF liskeban.signal
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH near AS MATERIALIZED (
    SELECT d.day, d.class, d.class = l.class AND (d.class >= 8 OR d.day > _signals_of_indicators.day - 63) AS alike
      FROM (SELECT g.d::date AS day, liskeban._day_class(g.d::date) AS class
              FROM generate_series((_signals_of_indicators.day - 399)::timestamp, _signals_of_indicators.day::timestamp, interval '1 day') AS g(d)) AS d
     CROSS JOIN (SELECT liskeban._day_class(_signals_of_indicators.day) AS class) AS l
     WHERE d.day > _signals_of_indicators.day - 28 OR d.class = l.class AND (d.class >= 8 OR d.day > _signals_of_indicators.day - 63)
  ), series AS (
    SELECT i.code, i.domain, i.unit, t.area, t.value AS today, CASE i.direction WHEN 'higher_is_better' THEN -1 ELSE 1 END AS side,
           i.direction = 'lower_is_better' AND bool_and(o.value >= 0 AND o.value <= 1000000 AND o.value = floor(o.value)) AS counted,
           array_agg(o.value ORDER BY o.day) FILTER (WHERE n.alike) AS alike,
           (array_agg(o.value ORDER BY o.day DESC) FILTER (WHERE o.day > _signals_of_indicators.day - 28))[1:10] AS latest
      FROM liskeban.indicator AS i
      JOIN liskeban.observation AS t ON t.indicator = i.code AND t.day = _signals_of_indicators.day
     CROSS JOIN near AS n
      JOIN liskeban.observation AS o ON o.indicator = t.indicator AND o.area OPERATOR(liskeban.=) t.area AND o.day = n.day
     WHERE i.direction <> 'neither' AND i.retired_at IS NULL
     GROUP BY i.code, t.area, t.value
  ), judged AS (
    -- of ten values the latest comes last, after seven of baseline
    SELECT s.*, cardinality(s.alike) > 5 AS seasonal,
           CASE WHEN cardinality(s.alike) > 5 THEN s.alike
                ELSE ARRAY[s.latest[10], s.latest[9], s.latest[8], s.latest[7], s.latest[6], s.latest[5], s.latest[4], s.latest[1]] END AS own
      FROM series AS s WHERE cardinality(s.alike) > 5 OR cardinality(s.latest) = 10
  ), tested AS (
    SELECT j.*, t.expected, t.days, t.p,
           CASE WHEN NOT j.seasonal THEN
             (SELECT e.c2 FROM liskeban.ears(ARRAY(SELECT j.side * v FROM unnest(j.latest) WITH ORDINALITY AS u(v, n) ORDER BY u.n DESC), 7, abs(t.expected) / 20) AS e
               ORDER BY e.day DESC LIMIT 1) END AS c2
      FROM judged AS j
     CROSS JOIN LATERAL (SELECT array_fill(1, ARRAY[cardinality(j.own)]) AS class) AS k
     CROSS JOIN LATERAL (
           SELECT c.expected, c.days, c.p FROM liskeban.seasonal_count(j.own::integer[], k.class) AS c WHERE j.counted
            UNION ALL
           SELECT v.expected, v.days, CASE j.side WHEN 1 THEN v.p_above ELSE v.p_below END
             FROM liskeban.seasonal_value(j.own, k.class) AS v WHERE NOT j.counted) AS t
  ), adjusted AS (
    SELECT t.*, b.p AS adjusted
      FROM (SELECT u.*, row_number() OVER (ORDER BY u.code, u.area::text) AS nth FROM tested AS u) AS t
      JOIN (SELECT u.p, u.n FROM (SELECT array_agg(t.p ORDER BY t.code, t.area::text) AS ps FROM tested AS t) AS a
             CROSS JOIN LATERAL unnest(liskeban.benjamini_hochberg(a.ps)) WITH ORDINALITY AS u(p, n)) AS b ON b.n = t.nth
  )
  SELECT liskeban._signal_row(_signals_of_indicators.day, 'indicator', j.domain, j.area, NULL, j.code, j.today, j.expected, j.adjusted,
                              CASE WHEN j.adjusted <= 0.001 THEN 2 ELSE 3 END,
                              jsonb_build_object('method', CASE WHEN j.seasonal THEN 'season' ELSE 'ears' END, 'days', j.days, 'unit', j.unit))
    FROM adjusted AS j
   WHERE j.adjusted <= 0.05 AND (j.seasonal OR j.c2 > 3) AND j.side * (j.today - j.expected) >= 3 * abs(j.expected) / 20
$$;
COMMENT ON FUNCTION liskeban._signals_of_indicators(date) IS 'indicators on the bad side of what is usual: by their last eight days of the same class (liskeban.seasonal_count() or seasonal_value(), five days are needed), else by EARS C2 over ten values of four weeks; adjusted p (Benjamini-Hochberg over the day''s indicators) <= 0.05, and off by three twentieths of what was expected or more';
REVOKE ALL ON FUNCTION liskeban._signals_of_indicators(date) FROM PUBLIC;

-- All signals of a day. A day analysed again has them anew: what came late is in them.
CREATE FUNCTION liskeban._find_signals(day date) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  zone constant text := (SELECT p.time_zone FROM liskeban.platform AS p);
  to_ts constant timestamptz := (_find_signals.day + 1)::timestamp AT TIME ZONE zone;
  from_ts constant timestamptz := (_find_signals.day - 29)::timestamp AT TIME ZONE zone;
  found_now bigint;
BEGIN
  DELETE FROM liskeban.signal AS s WHERE s.day = _find_signals.day;
  INSERT INTO liskeban.signal
  SELECT * FROM liskeban._signals_of_counts(_find_signals.day)
  UNION ALL SELECT * FROM liskeban._signals_of_clusters(_find_signals.day)
  UNION ALL SELECT * FROM liskeban._signals_of_places(_find_signals.day, from_ts, to_ts)
  UNION ALL SELECT * FROM liskeban._signals_of_reporters(_find_signals.day, from_ts, to_ts)
  UNION ALL SELECT * FROM liskeban._signals_of_overdue(_find_signals.day)
  UNION ALL SELECT * FROM liskeban._signals_of_whistles(_find_signals.day, to_ts)
  UNION ALL SELECT * FROM liskeban._signals_of_answers(_find_signals.day, from_ts, to_ts)
  UNION ALL SELECT * FROM liskeban._signals_of_indicators(_find_signals.day);
  GET DIAGNOSTICS found_now = ROW_COUNT;
  RETURN found_now;
END
$$;
COMMENT ON FUNCTION liskeban._find_signals(date) IS 'signals of a day, found anew; returns their number';
REVOKE ALL ON FUNCTION liskeban._find_signals(date) FROM PUBLIC;

-- ---- from signals to risk items ----

CREATE FUNCTION liskeban._area_path(area liskeban.area_code) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(string_agg(a.name, '' ORDER BY length(a.code::text)), _area_path.area::text)
    FROM liskeban.area AS a, liskeban.platform AS p
   WHERE a.code OPERATOR(liskeban.@>) _area_path.area
     AND (a.code OPERATOR(liskeban.<>) p.district OR _area_path.area OPERATOR(liskeban.=) p.district)
$$;
COMMENT ON FUNCTION liskeban._area_path(liskeban.area_code) IS 'an area by the names of its town, village and cell, one after the other';
REVOKE ALL ON FUNCTION liskeban._area_path(liskeban.area_code) FROM PUBLIC;

CREATE FUNCTION liskeban._area_path_en(area liskeban.area_code) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(string_agg(coalesce(a.name_en, a.name), ', ' ORDER BY length(a.code::text) DESC), _area_path_en.area::text)
    FROM liskeban.area AS a, liskeban.platform AS p
   WHERE a.code OPERATOR(liskeban.@>) _area_path_en.area
     AND (a.code OPERATOR(liskeban.<>) p.district OR _area_path_en.area OPERATOR(liskeban.=) p.district)
$$;
COMMENT ON FUNCTION liskeban._area_path_en(liskeban.area_code) IS 'an area by the English names of its cell, village and town, the finest first';
REVOKE ALL ON FUNCTION liskeban._area_path_en(liskeban.area_code) FROM PUBLIC;

CREATE FUNCTION liskeban._fill_measure(template text, field jsonb) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT string_agg(CASE WHEN u.ord % 2 = 1 THEN u.piece ELSE coalesce(field ->> u.piece, '{' || u.piece || '}') END, '' ORDER BY u.ord)
    FROM regexp_split_to_table(template, '[{}]') WITH ORDINALITY AS u(piece, ord)
$$;
COMMENT ON FUNCTION liskeban._fill_measure(text, jsonb) IS 'a text with each {name} replaced by that field; one that there is not stays';
REVOKE ALL ON FUNCTION liskeban._fill_measure(text, jsonb) FROM PUBLIC;

-- What to do about a signal: of the matter where its category is known, of the pattern else; who and by when of both.
CREATE FUNCTION liskeban._signal_measure(s liskeban.signal, OUT measure text, OUT suggestion text, OUT owner text, OUT due date,
  OUT measure_en text, OUT suggestion_en text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  matter liskeban.measure;
  pattern liskeban.measure;
  category liskeban.category;
  department liskeban.department;
  lead liskeban.area_code;
  field jsonb;
BEGIN
  SELECT c.* INTO category FROM liskeban.category AS c WHERE c.code = s.category;
  SELECT m.* INTO matter FROM liskeban.measure AS m
   WHERE m.category = s.category AND (m.kind = s.kind OR m.kind IS NULL) ORDER BY m.kind NULLS LAST LIMIT 1;
  SELECT m.* INTO pattern FROM liskeban.measure AS m WHERE m.kind = s.kind AND m.domain = s.domain AND m.category IS NULL;
  IF pattern.measure_id IS NULL AND matter.measure_id IS NULL THEN
    SELECT m.* INTO pattern FROM liskeban.measure AS m WHERE m.kind = s.kind AND m.category IS NULL ORDER BY m.measure_id LIMIT 1;
  END IF;
  SELECT d.* INTO department FROM liskeban.department AS d WHERE d.code = category.department;
  lead := CASE WHEN liskeban.area_level(s.area) > 'town' AND category.lead IS DISTINCT FROM 'village'
               THEN liskeban.area_parent(s.area, 'town') ELSE s.area END;
  due := s.day + 1 + least(matter.days, pattern.days);
  owner := CASE WHEN category.lead = 'department' THEN category.department ELSE lead::text END;
  field := jsonb_build_object('place', liskeban._area_path(s.area),
    'category', coalesce(category.name, (SELECT i.name FROM liskeban.indicator AS i WHERE i.code = s.subject), '事项'),
    'count', trim_scale(round(s.count::numeric, 2)), 'expected', trim_scale(round(s.expected::numeric, 1)),
    'days_seen', coalesce(s.evidence ->> 'days_seen', '1'), 'lead', liskeban._area_path(lead),
    'department', coalesce(department.name, liskeban._area_path(lead)),
    'days', least(matter.days, pattern.days), 'due', to_char(due, 'FMMM"月"FMDD"日"'));
  measure := liskeban._fill_measure(coalesce(matter.measure, pattern.measure), field);
  suggestion := concat_ws('；', liskeban._fill_measure(pattern.suggestion, field), liskeban._fill_measure(matter.suggestion, field));
  field := field || jsonb_build_object('place', liskeban._area_path_en(s.area),
    'category', coalesce(category.name_en, (SELECT i.name_en FROM liskeban.indicator AS i WHERE i.code = s.subject), category.name, 'Matters'),
    'lead', liskeban._area_path_en(lead), 'department', coalesce(department.name_en, department.name, liskeban._area_path_en(lead)),
    'due', to_char(due, 'FMDD Mon'));
  measure_en := liskeban._fill_measure(CASE WHEN matter.measure IS NULL THEN pattern.measure_en ELSE matter.measure_en END, field);
  IF num_nulls(pattern.suggestion_en, matter.suggestion_en) = num_nulls(pattern.suggestion, matter.suggestion) THEN
    suggestion_en := concat_ws('; ', liskeban._fill_measure(pattern.suggestion_en, field), liskeban._fill_measure(matter.suggestion_en, field));
  END IF;
END
$$;
COMMENT ON FUNCTION liskeban._signal_measure(liskeban.signal) IS 'measure, suggestion, owner and due of a signal: the measure is its category''s, else its kind''s and domain''s; the suggestion is both; in English where all of it is';
REVOKE ALL ON FUNCTION liskeban._signal_measure(liskeban.signal) FROM PUBLIC;

CREATE FUNCTION liskeban._follow_signals(day date) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  followed bigint;
BEGIN
  -- An item lasts while its signal is seen on the next day too; a day analysed again corrects the item that ends with it.
  WITH seen AS (
    SELECT s AS row, s.*, m.measure, m.suggestion, m.owner, m.due, m.measure_en, m.suggestion_en,
           (SELECT r.risk_id FROM liskeban.risk_item AS r
             WHERE r.kind = s.kind AND r.area OPERATOR(liskeban.=) s.area AND r.domain = s.domain
               AND r.category IS NOT DISTINCT FROM s.category AND r.subject IS NOT DISTINCT FROM s.subject
               AND r.day <= s.day AND (r.last_day >= s.day - 1 OR r.status <> 'closed')
             ORDER BY r.day DESC LIMIT 1) AS risk_id
      FROM liskeban.signal AS s CROSS JOIN LATERAL liskeban._signal_measure(s) AS m
     WHERE s.day = _follow_signals.day
  ), lasting AS (
    UPDATE liskeban.risk_item AS r
       SET last_day = s.day, evidence = s.evidence, severity = s.severity, measure = s.measure, suggestion = s.suggestion,
           measure_en = s.measure_en, suggestion_en = s.suggestion_en, owner = s.owner,
           -- one that a later day has closed stays so
           status = CASE WHEN r.closed_day <= s.day THEN CASE WHEN pg_catalog.num_nonnulls(r.directive_id, r.ticket_id) > 0 THEN 'ordered' ELSE 'open' END ELSE r.status END,
           closed_day = CASE WHEN r.closed_day > s.day THEN r.closed_day END
      FROM seen AS s
     WHERE r.risk_id = s.risk_id AND r.last_day <= s.day
    RETURNING r.risk_id
  ), fresh AS (
    INSERT INTO liskeban.risk_item (day, last_day, kind, domain, area, category, subject, evidence, severity, measure, suggestion, owner, due,
                                    measure_en, suggestion_en)
    SELECT s.day, s.day, s.kind, s.domain, s.area, s.category, s.subject, s.evidence, s.severity, s.measure, s.suggestion, s.owner, s.due,
           s.measure_en, s.suggestion_en
      FROM seen AS s WHERE s.risk_id IS NULL
    ON CONFLICT DO NOTHING
    RETURNING risk_id
  )
  SELECT (SELECT count(*) FROM lasting) + (SELECT count(*) FROM fresh) INTO followed;
  -- gone, or, when the day is analysed again, known by now not to have been there
  UPDATE liskeban.risk_item AS r SET status = 'closed', closed_day = _follow_signals.day
   WHERE r.status <> 'closed'
     AND (r.last_day < _follow_signals.day
          OR r.last_day = _follow_signals.day
             AND NOT EXISTS (SELECT FROM liskeban.signal AS s
                              WHERE s.day = r.last_day AND s.kind = r.kind AND s.area OPERATOR(liskeban.=) r.area AND s.domain = r.domain
                                AND s.category IS NOT DISTINCT FROM r.category AND s.subject IS NOT DISTINCT FROM r.subject));
  RETURN followed;
END
$$;
COMMENT ON FUNCTION liskeban._follow_signals(date) IS 'risk items as the signals of a day have them: new ones, lasting ones, and those whose signal is gone closed; returns the first two';
REVOKE ALL ON FUNCTION liskeban._follow_signals(date) FROM PUBLIC;

-- Observations come later than tickets, by hours or days: the indicators of a day are looked at again when more of it is known.
CREATE FUNCTION liskeban.analyse_late() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  late date;
  looked_at bigint := 0;
BEGIN
  -- one at a time, and not beside analyse_day()
  PERFORM FROM liskeban.roll_up_state AS s WHERE s.name = 'stat_daily' FOR UPDATE;
  FOR late IN
    SELECT d.day FROM liskeban.analysed_day AS d
     WHERE d.day >= (SELECT min(l.day) FROM liskeban.analysed_day AS l
                      WHERE l.day > (SELECT max(m.day) FROM liskeban.analysed_day AS m) - 30
                        AND EXISTS (SELECT FROM liskeban.observation AS o WHERE o.day = l.day AND o.recorded_at > l.analysed_at))
     ORDER BY d.day
  LOOP
    DELETE FROM liskeban.signal AS s WHERE s.day = late AND s.kind = 'indicator';
    INSERT INTO liskeban.signal SELECT * FROM liskeban._signals_of_indicators(late);
    PERFORM liskeban._follow_signals(late);
    UPDATE liskeban.analysed_day AS d SET analysed_at = liskeban.liskeban_now() WHERE d.day = late;
    looked_at := looked_at + 1;
  END LOOP;
  RETURN looked_at;
END
$$;
COMMENT ON FUNCTION liskeban.analyse_late() IS '补分析 look at the indicators again of days that were analysed before their observations came (of the last 30 days), and of the days since; returns how many days. Their other signals stay as they were';
REVOKE ALL ON FUNCTION liskeban.analyse_late() FROM PUBLIC;

-- ---- from risk items to orders ----

CREATE FUNCTION liskeban.order_from_risk(risk_id bigint, kind text DEFAULT 'directive', note text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  item liskeban.risk_item;
  title text;
  reply_due timestamptz;
  made bigint;
BEGIN
  IF risk_id IS NULL OR kind IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('risk_id and kind must not be NULL') USING ERRCODE = 'null_value_not_allowed';
  ELSIF kind NOT IN ('directive', 'ticket') THEN
    RAISE EXCEPTION '%', liskeban.message('an order is no "%s"', kind) USING ERRCODE = 'invalid_parameter_value', HINT = liskeban.message('It is a directive or a ticket.');
  END IF;
  SELECT r.* INTO item FROM liskeban.risk_item AS r WHERE r.risk_id = order_from_risk.risk_id FOR UPDATE;
  IF item.risk_id IS NULL THEN
    RAISE EXCEPTION '%', liskeban.message('there is no risk item %s', risk_id) USING ERRCODE = 'no_data_found';
  ELSIF item.status = 'closed' OR num_nonnulls(item.directive_id, item.ticket_id) > 0 THEN
    RAISE EXCEPTION '%', liskeban.message('risk item %s is closed, or has been ordered', risk_id) USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  title := concat_ws(' ', liskeban._area_path(item.area), coalesce((SELECT c.name FROM liskeban.category AS c WHERE c.code = item.category),
                     (SELECT d.name FROM liskeban.domain AS d WHERE d.code = item.domain)));
  IF kind = 'directive' THEN
    reply_due := (item.due + 1)::timestamp AT TIME ZONE (SELECT p.time_zone FROM liskeban.platform AS p);
    IF reply_due <= liskeban.liskeban_now() THEN
      reply_due := NULL;
    END IF;
    made := liskeban.issue_directive(title, concat_ws(E'\n', item.measure, item.suggestion, note),
              CASE WHEN item.owner ~ '^[0-9]+$' THEN ARRAY[item.owner::liskeban.area_code] ELSE '{}' END,
              CASE WHEN item.owner ~ '^[0-9]+$' THEN '{}' ELSE ARRAY[item.owner] END, reply_due, false);
  ELSE
    -- the platform's own source, beside those of the seed
    INSERT INTO liskeban.source_system (code, name, name_en, kind) VALUES ('situation', '态势分析', 'Daily analysis', 'platform') ON CONFLICT DO NOTHING;
    INSERT INTO liskeban.ticket AS t (kind, source, category, title, description, geom, extra)
    SELECT 'task', 'situation', coalesce(item.category, 'uncategorised'), title, concat_ws(E'\n', item.measure, item.suggestion, note),
           ST_PointOnSurface(a.geom), jsonb_build_object('risk_id', item.risk_id)
      FROM liskeban.area AS a WHERE a.code OPERATOR(liskeban.=) item.area
    RETURNING t.ticket_id INTO made;
    PERFORM liskeban.accept(made);
    -- unless a rule has dispatched it by then
    IF (SELECT t.state FROM liskeban.ticket AS t WHERE t.ticket_id = made) = 'accepted' THEN
      IF item.owner ~ '^[0-9]+$' THEN
        PERFORM liskeban.dispatch(made, responsible_area => item.owner::liskeban.area_code, note => concat('risk ', item.risk_id));
      ELSE
        PERFORM liskeban.dispatch(made, department => item.owner, note => concat('risk ', item.risk_id));
      END IF;
    END IF;
  END IF;
  UPDATE liskeban.risk_item AS r
     SET status = 'ordered', ordered_by = liskeban.actor(), ordered_at = liskeban.liskeban_now(),
         directive_id = CASE WHEN order_from_risk.kind = 'directive' THEN made END, ticket_id = CASE WHEN order_from_risk.kind = 'ticket' THEN made END
   WHERE r.risk_id = item.risk_id;
  RETURN made;
END
$$;
COMMENT ON FUNCTION liskeban.order_from_risk(bigint, text, text) IS '风险下令 make of a risk item a directive to its owner, or a ticket of kind task dispatched to it, with measure and suggestion; returns directive_id or ticket_id. As the rules of directives and tickets let the caller. 22004 NULL, 22023 another kind, P0002 no such item, 55000 closed or ordered already';
REVOKE ALL ON FUNCTION liskeban.order_from_risk(bigint, text, text) FROM PUBLIC;

-- What became of an item, for operators' view and analysts' alike: of those that the reader sees of the receivers of its directive,
-- have all done it (NULL: none is seen), has one answered, signed; the state of its ticket.
CREATE FUNCTION liskeban._risk_outcome(status text, ordered boolean, done boolean, answered boolean, signed boolean, state liskeban.ticket_state)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN status = 'closed' THEN 'gone' WHEN done THEN 'done' WHEN answered THEN 'answered' WHEN signed THEN 'signed'
              WHEN done IS NOT NULL THEN 'unsigned' WHEN state IS NOT NULL THEN state::text WHEN ordered THEN 'ordered'
              ELSE 'not ordered' END
$$;
COMMENT ON FUNCTION liskeban._risk_outcome(text, boolean, boolean, boolean, boolean, liskeban.ticket_state) IS 'column outcome of liskeban.risk_outcome and liskeban_report.risk_outcome';
REVOKE ALL ON FUNCTION liskeban._risk_outcome(text, boolean, boolean, boolean, boolean, liskeban.ticket_state) FROM PUBLIC;

CREATE VIEW liskeban.risk_outcome WITH (security_invoker) AS
  SELECT r.risk_id, r.day, r.last_day, r.kind, r.domain, r.area, r.category, r.severity, r.owner, r.due, r.status, r.closed_day,
         liskeban._risk_outcome(r.status, r.directive_id IS NOT NULL OR r.ticket_id IS NOT NULL,
                                bool_and(t.done_at IS NOT NULL) FILTER (WHERE t.target_id IS NOT NULL),
                                bool_or(t.replied_at IS NOT NULL), bool_or(t.signed_at IS NOT NULL), k.state) AS outcome,
         r.directive_id, r.ticket_id
    FROM liskeban.risk_item AS r
    LEFT JOIN liskeban.directive_target AS t ON t.directive_id = r.directive_id
    LEFT JOIN liskeban.ticket AS k ON k.ticket_id = r.ticket_id
   GROUP BY r.risk_id, k.ticket_id, k.state;
COMMENT ON VIEW liskeban.risk_outcome IS '风险跟踪 what became of each risk item';
COMMENT ON COLUMN liskeban.risk_outcome.risk_id IS '编号 the risk item';
COMMENT ON COLUMN liskeban.risk_outcome.day IS '首现日 day on which it was first seen';
COMMENT ON COLUMN liskeban.risk_outcome.last_day IS '末现日 last day on which it was seen';
COMMENT ON COLUMN liskeban.risk_outcome.kind IS '类型 as in risk_item';
COMMENT ON COLUMN liskeban.risk_outcome.domain IS '领域 domain';
COMMENT ON COLUMN liskeban.risk_outcome.area IS '区域 where';
COMMENT ON COLUMN liskeban.risk_outcome.category IS '事项 category; NULL of several';
COMMENT ON COLUMN liskeban.risk_outcome.severity IS '严重程度 1 most severe to 4';
COMMENT ON COLUMN liskeban.risk_outcome.owner IS '责任单位 department or area that it is for';
COMMENT ON COLUMN liskeban.risk_outcome.due IS '期限 day by which it shall be done';
COMMENT ON COLUMN liskeban.risk_outcome.status IS '状态 open, ordered or closed';
COMMENT ON COLUMN liskeban.risk_outcome.closed_day IS '消除日 day on which its signal was gone';
COMMENT ON COLUMN liskeban.risk_outcome.outcome IS '结果 gone 已消除, done 已落实, answered 已回复, signed 已签收, unsigned 未签收, the ticket''s state, ordered 已下令 where what was made of it is not the reader''s to see, or not ordered 未下令';
COMMENT ON COLUMN liskeban.risk_outcome.directive_id IS '指令 directive made of it';
COMMENT ON COLUMN liskeban.risk_outcome.ticket_id IS '工单编号 ticket made of it';
