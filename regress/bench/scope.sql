-- What the rows about row security add to wall.sql: departments that lead and help, what hangs on open tickets, directives, and a
-- login each for a village, a town, a department, the desk of the district and a source.
-- psql variables: open, history (as wall.sql was given).

\set ON_ERROR_STOP on
SET client_min_messages = warning;
SELECT pg_catalog.format('ALTER TABLE liskeban.%I DISABLE TRIGGER USER', t)
  FROM unnest('{ticket,worklist,whistle,party,progress,supervision,directive,directive_target}'::text[]) AS t \gexec
-- A tenth is led by a bureau, a twenty-fifth helped by it.
UPDATE liskeban.ticket SET department = 'data', responsible_area = NULL WHERE ticket_id % 10 = 0;
UPDATE liskeban.ticket SET co_departments = '{data}' WHERE ticket_id % 25 = 1;
UPDATE liskeban.worklist AS w SET department = t.department, responsible_area = t.responsible_area, co_departments = t.co_departments
  FROM liskeban.ticket AS t WHERE t.ticket_id = w.ticket_id;
INSERT INTO liskeban.whistle (ticket_id, from_tier, to_tier, from_area, raised_by, reason, raised_at, sign_due, handle_due)
SELECT w.ticket_id, 'village', 'town', w.responsible_area, 'v', 'r', timestamptz '2026-03-09 10:00+08', '2026-03-09 11:00+08', '2026-03-12 10:00+08'
  FROM liskeban.worklist AS w WHERE w.ticket_id % 40 = 2;
INSERT INTO liskeban.party (ticket_id, department, role, added_by, added_at, due, given_at)
SELECT w.ticket_id, 'data', 'co', 'd', timestamptz '2026-03-09 10:00+08', '2026-03-12 10:00+08', '2026-03-09 10:00+08'
  FROM liskeban.worklist AS w WHERE w.co_departments <> '{}';
INSERT INTO liskeban.progress (ticket_id, opened_at, due)
SELECT w.ticket_id, timestamptz '2026-03-09 10:00+08', '2026-03-16 10:00+08' FROM liskeban.worklist AS w WHERE w.state = 'planned' AND w.ticket_id % 2 = 0;
INSERT INTO liskeban.supervision (ticket_id, kind, area, department, issued_by, issued_at, reason, reply_due)
SELECT w.ticket_id, 'order', w.responsible_area, w.department, 'platform', timestamptz '2026-03-09 10:00+08', 'r', '2026-03-10 10:00+08'
  FROM liskeban.worklist AS w WHERE w.ticket_id % 8 = 3 AND num_nonnulls(w.responsible_area, w.department) > 0;
INSERT INTO liskeban.directive (title, issued_by, issued_at, reply_due)
SELECT 'directive ' || n, 'desk', timestamptz '2026-03-09 10:00+08' - n * interval '1 hour', timestamptz '2026-03-10 10:00+08' - n * interval '1 hour' FROM generate_series(1, 500) AS n;
INSERT INTO liskeban.directive_target (directive_id, area, department)
SELECT d.directive_id, CASE WHEN d.directive_id % 5 <> 0 THEN a.code END, CASE WHEN d.directive_id % 5 = 0 THEN 'data' END
  FROM liskeban.directive AS d JOIN liskeban.area AS a ON CASE d.directive_id % 5 WHEN 0 THEN liskeban.area_level(a.code) = 'district' ELSE liskeban.area_level(a.code) = 'town' END;
SELECT pg_catalog.format('ALTER TABLE liskeban.%I ENABLE ALWAYS TRIGGER %I', t.tgrelid::regclass::text, t.tgname)
  FROM pg_trigger AS t WHERE t.tgrelid = 'liskeban.directive'::regclass AND NOT t.tgisinternal AND false \gexec

DO $$
DECLARE
  who text;
BEGIN
  FOREACH who IN ARRAY '{bench_village,bench_town,bench_department,bench_district,bench_source}'::text[] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = who) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', who);
    END IF;
  END LOOP;
  GRANT liskeban_handler TO bench_village, bench_department;
  GRANT liskeban_dispatcher TO bench_town, bench_district;
  GRANT liskeban_source TO bench_source;
END
$$;
INSERT INTO liskeban.membership (role_name, duty, area, department, source)
SELECT 'bench_village', 'handler', (SELECT w.village FROM (SELECT liskeban.area_parent(w.area, 'village') AS village, count(*) FROM liskeban.worklist AS w
                                                          WHERE liskeban.area_level(w.area) >= 'village' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1) AS w), NULL, NULL
UNION ALL SELECT 'bench_town', 'dispatcher', '320117004', NULL, NULL
UNION ALL SELECT 'bench_department', 'handler', NULL, 'data', NULL
UNION ALL SELECT 'bench_district', 'dispatcher', '320117', NULL, NULL
UNION ALL SELECT 'bench_source', 'source', NULL, NULL, 'hotline_12345';
VACUUM (ANALYZE);
