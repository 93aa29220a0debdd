-- Rows, 0.2.0 to 0.3.0: what the library brings to a platform that was made before.

-- From now on the progress of what is planned is due.
INSERT INTO liskeban.progress (ticket_id, opened_at, due)
SELECT w.ticket_id, liskeban.liskeban_now(),
       liskeban.add_working_time(liskeban.liskeban_now(), y.progress_every, 'calendar'::liskeban.time_basis)
  FROM liskeban.worklist AS w JOIN liskeban.plan_policy AS y ON y.tier = w.tier WHERE w.state = 'planned'
ON CONFLICT DO NOTHING;

-- Indicators and measures, as create_platform() loads them.
DO $$
DECLARE
  seed text;
BEGIN
  FOR seed IN SELECT s.script FROM liskeban._platform_scripts() AS s WHERE s.topic IN ('seed/65_indicators', 'seed/80_measures') ORDER BY s.topic LOOP
    EXECUTE seed;
  END LOOP;
END
$$;
