-- Rows, 0.3.0 to 0.4.0: what the library brings to a platform that was made before.

-- The months of what has been rolled up by day.
INSERT INTO liskeban.flow_monthly
SELECT date_trunc('month', f.day::timestamp)::date, f.town, f.kind, sum(f.received), sum(f.resolved), sum(f.closed),
       sum(f.overdue_change), sum(f.open_1_change), sum(f.open_3_change), sum(f.open_7_change), sum(f.open_30_change), sum(f.open_over_30_change)
  FROM liskeban.flow_daily AS f
 GROUP BY 1, 2, 3
HAVING (sum(f.received), sum(f.resolved), sum(f.closed), sum(f.overdue_change), sum(f.open_1_change), sum(f.open_3_change),
        sum(f.open_7_change), sum(f.open_30_change), sum(f.open_over_30_change)) <> (0, 0, 0, 0, 0, 0, 0, 0, 0)
ON CONFLICT DO NOTHING;

-- Safety chains, as create_platform() loads them.
DO $$
BEGIN
  EXECUTE (SELECT s.script FROM liskeban._platform_scripts() AS s WHERE s.topic = 'seed/75_hazard_chains');
END
$$;

-- Emergencies, likewise: none is declared yet, so nothing is to be swept before.
ALTER TABLE liskeban.emergency_sla DISABLE TRIGGER rule_lock;
DO $$
BEGIN
  EXECUTE (SELECT s.script FROM liskeban._platform_scripts() AS s WHERE s.topic = 'seed/76_emergency');
END
$$;
ALTER TABLE liskeban.emergency_sla ENABLE ALWAYS TRIGGER rule_lock;

-- The services that ship.
DO $$
BEGIN
  EXECUTE (SELECT s.script FROM liskeban._platform_scripts() AS s WHERE s.topic = 'seed/85_services');
END
$$;

-- The English of the measures that stand as they were shipped; what was deleted of them stays so.
DO $$
DECLARE
  newest constant bigint := (SELECT coalesce(max(m.measure_id), 0) FROM liskeban.measure AS m);
BEGIN
  EXECUTE (SELECT s.script FROM liskeban._platform_scripts() AS s WHERE s.topic = 'seed/80_measures');
  DELETE FROM liskeban.measure AS m WHERE m.measure_id > newest;
END
$$;

-- The English names of holidays; no due time hangs on them.
ALTER TABLE liskeban.calendar_day DISABLE TRIGGER rule_lock, DISABLE TRIGGER rules_changed;
DO $$
BEGIN
  EXECUTE (SELECT s.script FROM liskeban._platform_scripts() AS s WHERE s.topic = 'seed/41_calendar_names');
END
$$;
ALTER TABLE liskeban.calendar_day ENABLE ALWAYS TRIGGER rule_lock, ENABLE ALWAYS TRIGGER rules_changed;
