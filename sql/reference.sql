-- The reference of what there is for users, in Markdown, from the catalog and its comments: what sql/reference prints, which says how
-- it is called. For psql -X -A -t -q, in a new platform (or, with hub set, in a new hub: then only what no platform has). Private
-- objects (_name), triggers and what only the type area_code needs are left out. The tables made here are the session's own.

\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET search_path = liskeban, public, pg_catalog, pg_temp;
SET quote_all_identifiers = off;
SET timezone = 'UTC';
CREATE TEMP TABLE since_version (version text, kind text, name text);
\copy since_version FROM PROGRAM 'cat "$LISKEBAN_SINCE"'
CREATE TEMP TABLE elsewhere (name text);
\copy elsewhere FROM PROGRAM 'cat "$LISKEBAN_ELSEWHERE"'

-- a text as Markdown shows it, in a paragraph or in a cell
CREATE FUNCTION pg_temp.said(t text) RETURNS text LANGUAGE sql AS $$
  SELECT pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(t, '&', '&amp;'), '<', '&lt;'), '*', '\*'), '|', '\|'), '$', '&#36;'), E'\n', '<br>') $$;
-- a signature without the casts of its defaults
CREATE FUNCTION pg_temp.plain(t text) RETURNS text LANGUAGE sql AS $$
  SELECT pg_catalog.regexp_replace(pg_catalog.regexp_replace(t, '\mNULL::[a-z_ .]+(\[\])?', 'NULL', 'g'), '(''[^'']*'')::[a-z_ .]+(\[\])?', '\1', 'g') $$;
CREATE FUNCTION pg_temp.since(k text, n text) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce((SELECT min(s.version COLLATE "C") FROM pg_temp.since_version AS s WHERE s.kind = k AND s.name = n),
                  (SELECT e.extversion FROM pg_catalog.pg_extension AS e WHERE e.extname = 'liskeban')) $$;
CREATE FUNCTION pg_temp.may(k text, o oid) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce((SELECT string_agg(pg_catalog.substr(r.rolname, 10), ', ' ORDER BY r.rolname COLLATE "C") FROM pg_catalog.pg_roles AS r
          WHERE r.rolname ~ '^liskeban_(admin|dispatcher|handler|source|analyst|job|hub|backup)$'
            AND CASE k WHEN 'f' THEN pg_catalog.has_function_privilege(r.oid, o, 'EXECUTE') ELSE pg_catalog.has_any_column_privilege(r.oid, o, 'SELECT') END),
         'superusers') $$;

CREATE TEMP TABLE routine AS
SELECT p.oid, p.proname::text AS name, p.prokind,
       CASE p.proacl IS NULL OR EXISTS (SELECT FROM pg_catalog.aclexplode(p.proacl) AS x WHERE x.grantee = 0 AND x.privilege_type = 'EXECUTE')
         WHEN true THEN 'everyone' ELSE pg_temp.may('f', p.oid) END AS may,
       pg_catalog.obj_description(p.oid, 'pg_proc') AS comment,
       pg_temp.plain(pg_catalog.format('%s(%s)%s', p.proname, pg_catalog.pg_get_function_arguments(p.oid),
         CASE WHEN p.prokind = 'p' THEN '' ELSE ' → ' || CASE WHEN p.proretset AND pg_catalog.pg_get_function_result(p.oid) ~ '^SETOF record$' THEN 'rows'
              WHEN pg_catalog.pg_get_function_result(p.oid) = 'record' THEN 'a row' ELSE pg_catalog.pg_get_function_result(p.oid) END END)) AS signature
  FROM pg_catalog.pg_proc AS p
 WHERE p.pronamespace = 'liskeban'::regnamespace AND p.proname !~ '^_' AND p.prorettype NOT IN ('trigger'::regtype, 'internal'::regtype, 'cstring'::regtype)
   AND NOT p.proargtypes::oid[] && ARRAY['internal'::regtype, 'cstring'::regtype]::oid[]
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_operator AS o WHERE o.oprcode = p.oid)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_amproc AS a WHERE a.amproc = p.oid)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS t WHERE p.oid IN (t.typsend, t.typreceive))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_aggregate AS a WHERE a.aggtransfn = p.oid OR a.aggcombinefn = p.oid)
   AND NOT EXISTS (SELECT FROM elsewhere AS e WHERE e.name = 'f ' || p.oid::regprocedure);

CREATE TEMP TABLE relation AS
SELECT c.oid, c.relkind, n.nspname::text AS schema, c.relname::text AS name, pg_catalog.obj_description(c.oid, 'pg_class') AS comment, pg_temp.may('r', c.oid) AS may,
       (SELECT k.conkey FROM pg_catalog.pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'p') AS key
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname IN ('liskeban', 'liskeban_report') AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND c.relname !~ '^_'
   AND NOT EXISTS (SELECT FROM elsewhere AS e WHERE e.name = 'r ' || c.oid::regclass);

CREATE TEMP TABLE line (part integer, name text COLLATE "C", nth integer, text text);

\if :{?hub}
\else
INSERT INTO line
SELECT 1, '', 0, E'## Types\n\n| type | since | what | values, in their order |\n|---|---|---|---|'
UNION ALL
SELECT 1, t.typname, 1, pg_catalog.format('| `%s` | %s | %s | %s |', t.typname, pg_temp.since('type', t.typname), pg_temp.said(pg_catalog.obj_description(t.oid, 'pg_type')),
       coalesce((SELECT string_agg('`' || e.enumlabel || '`', ', ' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid), ''))
  FROM pg_catalog.pg_type AS t
 WHERE t.typnamespace = 'liskeban'::regnamespace AND t.typrelid = 0 AND t.typelem = 0 AND t.typname !~ '^_'
UNION ALL
SELECT 2, '', 0, E'\n## Operators\n\n| operator | what |\n|---|---|'
UNION ALL
SELECT 2, o.oprname || pg_catalog.format_type(o.oprleft, NULL) || pg_catalog.format_type(o.oprright, NULL), 1,
       pg_catalog.format('| `%s %s %s` | %s |', pg_catalog.format_type(o.oprleft, NULL), o.oprname, pg_catalog.format_type(o.oprright, NULL), pg_temp.said(pg_catalog.obj_description(o.oid, 'pg_operator')))
  FROM pg_catalog.pg_operator AS o WHERE o.oprnamespace = 'liskeban'::regnamespace
UNION ALL
SELECT 4, '', 0, E'\n## Figures of kpi()\n\nOf a rate R there are `R_num`, `R_den` and `R`.\n\n| figure | name | counts | out of |\n|---|---|---|---|'
UNION ALL
SELECT 4, '', d.nth, pg_catalog.format('| `%s` | %s %s | %s<br>%s | %s |', d.figure, d.name, d.name_en, pg_temp.said(d.counted), pg_temp.said(d.counted_en),
       pg_temp.said(d.out_of || E'\n' || d.out_of_en))
  FROM liskeban_report.kpi_definition AS d
UNION ALL
SELECT 8, '', 0, E'\n## Settings\n\n| setting | default | who | what |\n|---|---|---|---|'
UNION ALL
SELECT 8, s.name, 1, pg_catalog.format('| `%s` | %s | %s | %s |', s.name, CASE WHEN s.boot_val = '' THEN '' ELSE '`' || s.boot_val || '`' END,
       CASE WHEN s.name = 'liskeban.acting_as' THEN '`act_as()` alone'
            WHEN s.context = 'user' THEN 'everyone'
            ELSE s.context || coalesce((SELECT string_agg(', ' || pg_catalog.substr(x.grantee::regrole::text, 10), '' ORDER BY x.grantee::regrole::text COLLATE "C")
                                          FROM pg_catalog.pg_parameter_acl AS a, pg_catalog.aclexplode(a.paracl) AS x
                                         WHERE a.parname = s.name AND x.privilege_type = 'SET' AND x.grantee::regrole::text ~ '^liskeban_'), '') END,
       pg_temp.said(pg_catalog.concat_ws(' ', s.short_desc, s.extra_desc)))
  FROM pg_catalog.pg_settings AS s WHERE s.name LIKE 'liskeban.%'
UNION ALL
SELECT 9, '', 0, E'\n## Jobs\n\n| job | when | what |\n|---|---|---|'
UNION ALL
SELECT 9, j.name, 1, pg_catalog.format('| `%s` | %s | %s |', j.name, coalesce('`' || j.schedule || '`', pg_catalog.to_char(j.daily_at, 'HH24:MI'::text)), pg_temp.said(j.title))
  FROM liskeban.job AS j
UNION ALL
SELECT 10, '', 0, E'\n## SQLSTATEs\n\nWhat each means and what to do is in [ERRORS.md](ERRORS.md); here is which function says that it raises it.\n\n| SQLSTATE | functions |\n|---|---|'
UNION ALL
SELECT 10, m.code, 1, pg_catalog.format('| `%s` | %s |', m.code, string_agg(DISTINCT pg_catalog.format('`%s`', r.name) COLLATE "C", ', ' ORDER BY pg_catalog.format('`%s`', r.name) COLLATE "C"))
  FROM routine AS r CROSS JOIN LATERAL pg_catalog.regexp_matches(r.comment, '\m(?:LK\d{3}|[0-9][0-9A-Z]{4}|P0\d{3}|[FX][0-9A-Z]0\d{2})\M', 'g') AS w(found)
 CROSS JOIN LATERAL (SELECT w.found[1]) AS m(code)
 WHERE m.code ~ '^(LK\d{3}|(0[18A]|2[1-8DBF]|3[489DF]|4[024]|5[34578])[0-9A-Z]{3}|P000\d|F0000|XX00\d)$'
 GROUP BY m.code;
\endif

INSERT INTO line
SELECT 3, '', 0, E'\n## Functions and procedures' WHERE EXISTS (SELECT FROM routine)
UNION ALL
SELECT 3, r.name, 1, pg_catalog.format(E'\n### %s\n\n%s\n\nsince %s, for %s\n\n%s', r.name,
         string_agg(DISTINCT CASE r.prokind WHEN 'p' THEN '`CALL ' ELSE '`' END || r.signature || '`', E'<br>\n'),
         pg_temp.since('routine', r.name), string_agg(DISTINCT r.may, '; '), string_agg(DISTINCT pg_temp.said(r.comment), E'\n\n'))
  FROM routine AS r GROUP BY r.name
UNION ALL
SELECT CASE WHEN r.schema = 'liskeban_report' THEN 7 WHEN r.relkind IN ('v', 'm') THEN 6 ELSE 5 END, r.name, 1,
       pg_catalog.format(E'\n### %s\n\n%s\n\nsince %s, read by %s\n\n| column | type | what |\n|---|---|---|\n%s', CASE r.schema WHEN 'liskeban' THEN r.name ELSE r.schema || '.' || r.name END,
         pg_temp.said(r.comment), pg_temp.since('relation', r.schema || '.' || r.name), r.may,
         (SELECT string_agg(pg_catalog.format(CASE WHEN a.attnum = ANY (r.key) THEN '| **`%s`** | `%s`%s | %s |' ELSE '| `%s` | `%s`%s | %s |' END, a.attname,
                              pg_catalog.format_type(a.atttypid, a.atttypmod),
                              (SELECT ' → ' || k.confrelid::regclass FROM pg_catalog.pg_constraint AS k WHERE k.conrelid = r.oid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum]
                                ORDER BY k.conname LIMIT 1), pg_temp.said(pg_catalog.col_description(a.attrelid, a.attnum))), E'\n' ORDER BY a.attnum)
            FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped))
  FROM relation AS r
UNION ALL
SELECT v.part, '', 0, v.title FROM (VALUES (5, E'\n## Tables\n\nThe key is bold; → names the table referred to.', false, 'liskeban'), (6, E'\n## Views', true, 'liskeban'), (7, E'\n## Views for analysts', true, 'liskeban_report')) AS v(part, title, view, schema)
 WHERE EXISTS (SELECT FROM relation AS r WHERE r.schema = v.schema AND (r.relkind IN ('v', 'm')) = v.view);

SELECT l.text FROM line AS l ORDER BY l.part, l.name, l.nth, l.text COLLATE "C";

-- what has no comment, and what has none in Chinese
DO $$
DECLARE
  missing text;
BEGIN
  SELECT string_agg(o.name, ', ' ORDER BY o.name) INTO missing
    FROM (SELECT r.oid::regprocedure::text, r.comment FROM routine AS r UNION ALL SELECT r.oid::regclass::text, r.comment FROM relation AS r
          UNION ALL SELECT t.typname::text, pg_catalog.obj_description(t.oid, 'pg_type') FROM pg_catalog.pg_type AS t WHERE t.typnamespace = 'liskeban'::regnamespace AND t.typrelid = 0 AND t.typelem = 0
          UNION ALL SELECT pg_catalog.format('%s.%s', r.oid::regclass, a.attname), pg_catalog.col_description(a.attrelid, a.attnum)
            FROM relation AS r JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped) AS o(name, comment)
   WHERE coalesce(o.comment, '') !~ '[一-龥]';
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'no comment with a Chinese name: %', missing;
  END IF;
END $$;

\if :{?objects}
\o :objects
SELECT 'f ' || p.oid::regprocedure FROM pg_catalog.pg_proc AS p WHERE p.pronamespace = 'liskeban'::regnamespace
UNION ALL
SELECT 'r ' || c.oid::regclass FROM pg_catalog.pg_class AS c WHERE c.relnamespace IN ('liskeban'::regnamespace, 'liskeban_report'::regnamespace);
\o
\endif
