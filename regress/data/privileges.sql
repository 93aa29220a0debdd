-- The privileges of the platform's group roles as the database has them, a line for each schema, table, view, sequence and
-- function, in the form of regress/data/privileges. To bring that file up to date after a change that is meant, in a database with
-- nothing but a fresh platform:
--
--   psql -X -q -A -t -d DATABASE -f regress/data/privileges.sql > regress/data/privileges
--
-- and read the difference. Fields are separated by |: the object; what liskeban_admin, _dispatcher, _handler, _source, _analyst and
-- _job may, as in an aclitem (r SELECT, a INSERT, w UPDATE, d DELETE, D TRUNCATE, x REFERENCES, t TRIGGER, X EXECUTE, U USAGE),
-- with the columns in brackets where it is not all of them; of a table what governs its rows: its policies, or open. Partitions are not
-- listed: nobody has any right to them.
SET search_path = pg_catalog;
WITH role(nth, name) AS (
  SELECT nth, 'liskeban_' || name FROM unnest('{admin,dispatcher,handler,source,analyst,job}'::text[]) WITH ORDINALITY AS r(name, nth)
), object AS (
  SELECT 1 AS kind, 'schema ' || n.nspname AS name, n.oid, NULL::"char" AS relkind FROM pg_namespace AS n WHERE n.nspname LIKE 'liskeban%'
  UNION ALL
  SELECT 2, CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'S' THEN 'sequence ' ELSE 'table ' END || c.oid::regclass, c.oid, c.relkind
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE n.nspname LIKE 'liskeban%' AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND NOT c.relispartition
  UNION ALL
  SELECT 3, CASE p.prokind WHEN 'p' THEN 'procedure ' WHEN 'a' THEN 'aggregate ' ELSE 'function ' END || p.oid::regprocedure, p.oid, NULL
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE n.nspname LIKE 'liskeban%'
), held AS (
  SELECT o.kind, o.name, o.oid, o.relkind, r.nth,
         CASE WHEN o.kind = 1 THEN CASE WHEN has_schema_privilege(r.name, o.oid, 'USAGE') THEN 'U' ELSE '' END
                                   || CASE WHEN has_schema_privilege(r.name, o.oid, 'CREATE') THEN 'C' ELSE '' END
              WHEN o.kind = 3 THEN CASE WHEN has_function_privilege(r.name, o.oid, 'EXECUTE') THEN 'X' ELSE '' END
              WHEN o.relkind = 'S' THEN (SELECT string_agg(v.letter, '' ORDER BY v.nth)
                                           FROM (VALUES (1, 'r', 'SELECT'), (2, 'w', 'UPDATE'), (3, 'U', 'USAGE')) AS v(nth, letter, privilege)
                                          WHERE has_sequence_privilege(r.name, o.oid, v.privilege))
              ELSE (SELECT string_agg(CASE WHEN has_table_privilege(r.name, o.oid, v.privilege) THEN v.letter
                                           ELSE v.letter || '(' || c.columns || ')' END, '' ORDER BY v.nth)
                      FROM (VALUES (1, 'r', 'SELECT'), (2, 'a', 'INSERT'), (3, 'w', 'UPDATE'), (4, 'd', 'DELETE'), (5, 'D', 'TRUNCATE'),
                                   (6, 'x', 'REFERENCES'), (7, 't', 'TRIGGER')) AS v(nth, letter, privilege)
                     CROSS JOIN LATERAL (SELECT string_agg(a.attname, ',' ORDER BY a.attnum) AS columns
                                           FROM pg_attribute AS a
                                          WHERE a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped AND v.letter NOT IN ('d', 'D', 't')
                                            AND has_column_privilege(r.name, o.oid, a.attnum, CASE WHEN v.letter IN ('d', 'D', 't') THEN 'SELECT' ELSE v.privilege END)) AS c
                     WHERE has_table_privilege(r.name, o.oid, v.privilege) OR c.columns IS NOT NULL) END AS may
    FROM object AS o CROSS JOIN role AS r
)
SELECT h.name || '|' || string_agg(coalesce(nullif(h.may, ''), '-'), '|' ORDER BY h.nth)
       || CASE WHEN h.relkind IN ('r', 'p') THEN '|' || coalesce((SELECT string_agg(p.polname, ' ' ORDER BY p.polname) FROM pg_policy AS p WHERE p.polrelid = h.oid), 'open') ELSE '' END
  FROM held AS h
 GROUP BY h.kind, h.name, h.oid, h.relkind
 ORDER BY h.kind, h.name COLLATE "C";
