-- The running day: where it stands, and where it would stand by this hour as usual.

CREATE FUNCTION liskeban.situation_now()
RETURNS TABLE (indicator text, name text, name_en text, value double precision, expected double precision, low double precision, high double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  now   constant timestamptz := liskeban.liskeban_now();
  zone  text;
  today date;
  gone  interval;
  k     record;
BEGIN
  SELECT p.time_zone INTO STRICT zone FROM liskeban.platform AS p;
  today := (now AT TIME ZONE zone)::date;
  gone := (now AT TIME ZONE zone) - today::timestamp;
  SELECT * INTO k FROM liskeban.kpi(today, today, 'district', now);
  RETURN QUERY
  WITH past AS (
    -- the same weekday of the eight weeks before, as far as there is any history of them
    SELECT today - 7 * n AS day FROM generate_series(1, 8) AS n
     WHERE today - 7 * n >= (SELECT min(f.day) FROM liskeban.flow_daily AS f)
  ), by_now AS (
    SELECT d.day, count(t.ticket_id) FILTER (WHERE t.received_at < (d.day::timestamp + gone) AT TIME ZONE zone) AS so_far, count(t.ticket_id) AS whole
      FROM past AS d
      LEFT JOIN liskeban.ticket AS t
             ON t.received_at >= d.day::timestamp AT TIME ZONE zone AND t.received_at < (d.day + 1)::timestamp AT TIME ZONE zone
            AND t.kind = 'demand' AND t.parent_id IS NULL
     GROUP BY d.day
  ), share AS (
    SELECT sum(b.so_far) / nullif(sum(b.whole), 0)::double precision AS so_far FROM by_now AS b
  ), usual AS (
    SELECT 'received' AS indicator, avg(b.so_far)::double precision AS mean, stddev_samp(b.so_far)::double precision AS sd FROM by_now AS b
    UNION ALL
    SELECT u.indicator, avg(u.whole * s.so_far), stddev_samp(u.whole * s.so_far)
      FROM share AS s,
           -- a day on which nothing changed has no row
           (SELECT v.indicator, d.day, coalesce(sum(v.whole), 0)::double precision AS whole
              FROM past AS d LEFT JOIN liskeban.flow_daily AS f ON f.day = d.day AND f.kind = 'demand'
             CROSS JOIN LATERAL (VALUES ('resolved', f.resolved), ('closed', f.closed)) AS v(indicator, whole)
             GROUP BY v.indicator, d.day) AS u
     GROUP BY u.indicator
  ), flow AS (
    SELECT f.* FROM liskeban.flow(today, today) AS f
  ), present AS (
    SELECT 1 AS nth, 'received' AS indicator, '今日受理' AS name, 'received today' AS name_en, (SELECT f.received FROM flow AS f)::double precision AS value
    UNION ALL SELECT 2, 'resolved', '今日办结', 'resolved today', (SELECT f.resolved FROM flow AS f)
    UNION ALL SELECT 3, 'closed', '今日关闭', 'closed today', (SELECT f.closed FROM flow AS f)
    UNION ALL SELECT 4, 'open', '在办', 'open', (SELECT f.open_end FROM flow AS f)
    UNION ALL SELECT 5, 'overdue', '超期在办', 'overdue open', (SELECT f.overdue_open FROM flow AS f)
    UNION ALL SELECT 6, 'response', '今日响应率', 'response rate of those received today', k.response
    UNION ALL SELECT 7, 'on_time', '今日按期办结率', 'on-time rate of those received today', k.on_time
    UNION ALL SELECT 8, 'whistles_raised', '今日吹哨', 'whistles raised today',
                     (SELECT count(*) FROM liskeban.whistle AS w WHERE w.raised_at >= today::timestamp AT TIME ZONE zone AND w.raised_at <= now)
    UNION ALL SELECT 9, 'whistles_open', '在途哨声', 'whistles open', (SELECT count(*) FROM liskeban.whistle AS w WHERE w.ended_at IS NULL)
    UNION ALL SELECT 10, 'supervisions_open', '在办督办', 'supervisions not struck off',
                     (SELECT count(*) FROM liskeban.supervision AS s WHERE s.struck_at IS NULL)
    UNION ALL SELECT 11, 'risks_open', '风险事项', 'risk items not gone', (SELECT count(*) FROM liskeban.risk_item AS r WHERE r.status <> 'closed')
  )
  SELECT p.indicator, p.name, p.name_en, p.value, round(u.mean::numeric, 1)::double precision,
         CASE WHEN u.sd IS NOT NULL THEN round(greatest(u.mean - 2 * u.sd, 0)::numeric, 1)::double precision END, round((u.mean + 2 * u.sd)::numeric, 1)::double precision
    FROM present AS p LEFT JOIN usual AS u ON u.indicator = p.indicator ORDER BY p.nth;
END
$$;
COMMENT ON FUNCTION liskeban.situation_now() IS
'实时态势 the running day up to liskeban_now(), with what is usual by this hour. received: mean of the same weekday of the eight weeks before up to the same time of day, low and high two standard deviations to each side; resolved and closed: the same of their whole days, times the share of the receipts that had come by this hour. Rates are those of liskeban.kpi() for the tickets received today. NULL expected: none, or no history';
REVOKE ALL ON FUNCTION liskeban.situation_now() FROM PUBLIC;
