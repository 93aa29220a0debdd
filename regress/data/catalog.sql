-- What a platform consists of, one line a thing, in an order that does not depend on how it came to be: fresh, upgraded and
-- restored databases give the same lines. Columns are named, not counted; rights are listed one by one; of rows, those that
-- the library brings. For psql -X -A -t.

SET search_path = pg_catalog, pg_temp;
SET quote_all_identifiers = off;

WITH ours AS (
  SELECT n.* FROM pg_namespace AS n WHERE n.nspname IN ('liskeban', 'liskeban_report')
), relation AS (
  SELECT c.*, c.oid::regclass::text AS name FROM pg_class AS c JOIN ours AS o ON o.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'i', 'I')
), "column" AS (
  SELECT a.*, format('%s.%I', r.name, a.attname) AS name FROM relation AS r JOIN pg_attribute AS a ON a.attrelid = r.oid
   WHERE r.relkind NOT IN ('S', 'i', 'I') AND a.attnum > 0 AND NOT a.attisdropped
), routine AS (
  SELECT p.*, p.oid::regprocedure::text AS name FROM pg_proc AS p JOIN ours AS o ON o.oid = p.pronamespace
), type AS (
  SELECT t.*, t.oid::regtype::text AS name FROM pg_type AS t JOIN ours AS o ON o.oid = t.typnamespace
   WHERE t.typelem = 0 AND (t.typrelid = 0 OR t.typrelid IN (SELECT c.oid FROM pg_class AS c WHERE c.relkind = 'c'))
), trigger AS (
  SELECT g.*, format('%s of %s', quote_ident(g.tgname), r.name) AS name FROM relation AS r JOIN pg_trigger AS g ON g.tgrelid = r.oid
   WHERE NOT g.tgisinternal
), "constraint" AS (
  SELECT c.*, format('%s of %s', quote_ident(c.conname), coalesce(nullif(c.conrelid, 0)::regclass::text, c.contypid::regtype::text)) AS name
    FROM pg_constraint AS c JOIN ours AS o ON o.oid = c.connamespace
), policy AS (
  SELECT p.*, format('%s of %s', quote_ident(p.polname), r.name) AS name FROM relation AS r JOIN pg_policy AS p ON p.polrelid = r.oid
), acl(name, acl) AS (
  SELECT 'schema ' || o.nspname, coalesce(o.nspacl, acldefault('n', o.nspowner)) FROM ours AS o
  UNION ALL SELECT 'relation ' || r.name, coalesce(r.relacl, acldefault(CASE r.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", r.relowner))
    FROM relation AS r WHERE r.relkind NOT IN ('i', 'I')
  UNION ALL SELECT 'column ' || c.name, c.attacl FROM "column" AS c
  UNION ALL SELECT 'routine ' || p.name, coalesce(p.proacl, acldefault('f', p.proowner)) FROM routine AS p
  UNION ALL SELECT 'type ' || t.name, coalesce(t.typacl, acldefault('T', t.typowner)) FROM type AS t
  UNION ALL SELECT format('default of %s for %s', d.defaclrole::regrole, d.defaclobjtype), d.defaclacl FROM pg_default_acl AS d
   WHERE d.defaclrole = 'liskeban_owner'::regrole
), commented(name, comment) AS (
  SELECT 'schema ' || o.nspname, obj_description(o.oid, 'pg_namespace') FROM ours AS o
  UNION ALL SELECT 'relation ' || r.name, obj_description(r.oid, 'pg_class') FROM relation AS r
  UNION ALL SELECT 'column ' || c.name, col_description(c.attrelid, c.attnum) FROM "column" AS c
  UNION ALL SELECT 'routine ' || p.name, obj_description(p.oid, 'pg_proc') FROM routine AS p
  UNION ALL SELECT 'type ' || t.name, obj_description(t.oid, 'pg_type') FROM type AS t
  UNION ALL SELECT 'trigger ' || g.name, obj_description(g.oid, 'pg_trigger') FROM trigger AS g
  UNION ALL SELECT 'constraint ' || c.name, obj_description(c.oid, 'pg_constraint') FROM "constraint" AS c
), report(line) AS (
  SELECT format('extension %s %s', e.extname, e.extversion) FROM pg_extension AS e WHERE e.extname = 'liskeban'
  UNION ALL
  SELECT format('extension %s requires %s', e.extname, r.extname)
    FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.objid JOIN pg_extension AS r ON r.oid = d.refobjid
   WHERE d.classid = 'pg_extension'::regclass AND d.refclassid = 'pg_extension'::regclass AND e.extname = 'liskeban'
  UNION ALL
  SELECT 'member ' || pg_describe_object(d.classid, d.objid, d.objsubid)
    FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid
   WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'liskeban'
  UNION ALL
  SELECT format('schema %s: owner %s', o.nspname, o.nspowner::regrole) FROM ours AS o
  UNION ALL
  SELECT format('relation %s: kind %s, owner %s, options %s, row security %s %s, persistence %s, key %s, partition of %s %s, view %s', r.name, r.relkind,
                r.relowner::regrole, r.reloptions, r.relrowsecurity, r.relforcerowsecurity, r.relpersistence,
                CASE r.relkind WHEN 'p' THEN pg_get_partkeydef(r.oid) END,
                (SELECT i.inhparent::regclass FROM pg_inherits AS i WHERE i.inhrelid = r.oid), pg_get_expr(r.relpartbound, r.oid),
                CASE WHEN r.relkind IN ('v', 'm') THEN md5(pg_get_viewdef(r.oid)) END)
    FROM relation AS r
  UNION ALL
  SELECT format('column %s: %s, not null %s, default %s, identity "%s", generated "%s", storage %s, statistics %s', c.name,
                format_type(c.atttypid, c.atttypmod), c.attnotnull,
                (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef AS d WHERE d.adrelid = c.attrelid AND d.adnum = c.attnum),
                c.attidentity, c.attgenerated, c.attstorage, c.attstattarget)
    FROM "column" AS c
  UNION ALL
  SELECT format('sequence %s: %s to %s by %s from %s, cache %s, cycle %s, of %s', r.name, s.seqmin, s.seqmax, s.seqincrement,
                s.seqstart, s.seqcache, s.seqcycle,
                (SELECT c.name FROM pg_depend AS d JOIN "column" AS c ON c.attrelid = d.refobjid AND c.attnum = d.refobjsubid
                  WHERE d.objid = r.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')))
    FROM relation AS r JOIN pg_sequence AS s ON s.seqrelid = r.oid
  UNION ALL
  SELECT format('constraint %s: %s, validated %s', c.name, pg_get_constraintdef(c.oid), c.convalidated) FROM "constraint" AS c
  UNION ALL
  SELECT format('index %s: %s, valid %s', r.name, pg_get_indexdef(r.oid), i.indisvalid)
    FROM relation AS r JOIN pg_index AS i ON i.indexrelid = r.oid
  UNION ALL
  SELECT format('trigger %s: %s, enabled %s', g.name, pg_get_triggerdef(g.oid), g.tgenabled) FROM trigger AS g
  UNION ALL
  SELECT format('policy %s: %s %s to %s using %s with %s', p.name, p.polcmd, p.polpermissive,
                (SELECT string_agg(m::regrole::text, ', ' ORDER BY m::regrole::text) FROM unnest(p.polroles) AS m),
                pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
    FROM policy AS p
  UNION ALL
  SELECT format('routine %s: owner %s, %s', p.name, p.proowner::regrole,
                CASE WHEN p.prokind = 'a' THEN (SELECT format('%s %s %s %s %s %s %s %s', a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
                                                                 a.aggsortop::regoperator, a.aggtranstype::regtype, a.agginitval)
                                                     FROM pg_aggregate AS a WHERE a.aggfnoid = p.oid)
                     ELSE translate(split_part(pg_get_functiondef(p.oid), E'\nAS ', 1), E'\n', ' ') || ' ' || md5(pg_get_functiondef(p.oid)) END)
    FROM routine AS p
  UNION ALL
  SELECT format('type %s: %s, owner %s, %s', t.name, t.typtype, t.typowner::regrole,
                coalesce((SELECT string_agg(e.enumlabel, ' ' ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = t.oid),
                         (SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum)
                            FROM pg_attribute AS a WHERE a.attrelid = t.typrelid AND t.typrelid <> 0 AND NOT a.attisdropped)))
    FROM type AS t
  UNION ALL
  SELECT format('right %s: %s to %s by %s%s', a.name, x.privilege_type, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END,
                x.grantor::regrole, CASE WHEN x.is_grantable THEN ' with grant option' END)
    FROM acl AS a, aclexplode(a.acl) AS x
  UNION ALL
  SELECT format('comment %s: %s', c.name, translate(c.comment, E'\n', ' ')) FROM commented AS c WHERE c.comment IS NOT NULL
  UNION ALL
  SELECT 'row platform: ' || (to_jsonb(t) - '{created_at,database,system_identifier,rules_event,rules_at}'::text[])::text FROM liskeban.platform AS t
  UNION ALL SELECT 'row domain: ' || to_jsonb(t)::text FROM liskeban.domain AS t
  UNION ALL SELECT 'row network: ' || to_jsonb(t)::text FROM liskeban.network AS t
  UNION ALL SELECT 'row reject_reason: ' || to_jsonb(t)::text FROM liskeban.reject_reason AS t
  UNION ALL SELECT 'row source_system: ' || to_jsonb(t)::text FROM liskeban.source_system AS t
  UNION ALL SELECT 'row department: ' || to_jsonb(t)::text FROM liskeban.department AS t
  UNION ALL SELECT 'row category: ' || to_jsonb(t)::text FROM liskeban.category AS t
  UNION ALL SELECT 'row transition: ' || to_jsonb(t)::text FROM liskeban.transition AS t
  UNION ALL SELECT 'row sla_policy: ' || to_jsonb(t)::text FROM liskeban.sla_policy AS t
  UNION ALL SELECT 'row plan_policy: ' || to_jsonb(t)::text FROM liskeban.plan_policy AS t
  UNION ALL SELECT 'row escalation_policy: ' || to_jsonb(t)::text FROM liskeban.escalation_policy AS t
  UNION ALL SELECT 'row supervision_policy: ' || to_jsonb(t)::text FROM liskeban.supervision_policy AS t
  UNION ALL SELECT 'row calendar_day: ' || to_jsonb(t)::text FROM liskeban.calendar_day AS t
  UNION ALL SELECT 'row work_shift: ' || to_jsonb(t)::text FROM liskeban.work_shift AS t
  UNION ALL SELECT 'row job: ' || (to_jsonb(t) - '{last_success_for,last_started,last_finished,last_error}'::text[])::text FROM liskeban.job AS t
)
SELECT r.line FROM report AS r ORDER BY r.line COLLATE "C";
