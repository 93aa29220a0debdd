-- The platform's catalog as text: what each object is, whose, and what others may do with it. Databases that should be
-- alike give the same lines.

WITH own AS (SELECT oid, nspname FROM pg_namespace WHERE nspname ~ '^liskeban'),
relation AS (SELECT c.* FROM pg_class AS c JOIN own ON own.oid = c.relnamespace WHERE c.relkind <> 'i'),
routine AS (SELECT p.*, p.oid::regprocedure::text AS name FROM pg_proc AS p JOIN own ON own.oid = p.pronamespace),
acl(name, acl) AS (
  SELECT 'schema ' || n.nspname, coalesce(n.nspacl, acldefault('n', n.nspowner)) FROM pg_namespace AS n JOIN own USING (oid)
  UNION ALL SELECT 'relation ' || oid::regclass, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)) FROM relation
  UNION ALL SELECT format('column %s.%I', a.attrelid::regclass, a.attname), a.attacl FROM pg_attribute AS a JOIN relation AS r ON r.oid = a.attrelid
  UNION ALL SELECT 'routine ' || name, coalesce(proacl, acldefault('f', proowner)) FROM routine
  UNION ALL SELECT 'type ' || t.oid::regtype, coalesce(t.typacl, acldefault('T', t.typowner)) FROM pg_type AS t JOIN own ON own.oid = t.typnamespace
  UNION ALL SELECT format('default of %s for %s', d.defaclrole::regrole, d.defaclobjtype), d.defaclacl FROM pg_default_acl AS d
)
SELECT format('relation %s %s of %s, %s, comment %s', r.relkind, r.oid::regclass, r.relowner::regrole, r.reloptions, obj_description(r.oid, 'pg_class')) FROM relation AS r
UNION ALL
SELECT format('column %s.%I %s %s %s %s %s, comment %s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
              a.attgenerated, pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum))
  FROM pg_attribute AS a JOIN relation AS r ON r.oid = a.attrelid LEFT JOIN pg_attrdef AS d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
 WHERE a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT format('sequence %s %s %s %s %s %s %s', seqrelid::regclass, seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle) FROM pg_sequence JOIN relation AS r ON r.oid = seqrelid
UNION ALL
SELECT format('constraint %s of %s: %s', k.conname, k.conrelid::regclass, pg_get_constraintdef(k.oid)) FROM pg_constraint AS k JOIN relation AS r ON r.oid = k.conrelid
UNION ALL
SELECT 'index ' || pg_get_indexdef(i.indexrelid) FROM pg_index AS i JOIN relation AS r ON r.oid = i.indrelid
UNION ALL
SELECT format('trigger %s %s', g.tgenabled, pg_get_triggerdef(g.oid)) FROM pg_trigger AS g JOIN relation AS r ON r.oid = g.tgrelid WHERE NOT g.tgisinternal
UNION ALL
SELECT format('view %s: %s', r.oid::regclass, pg_get_viewdef(r.oid)) FROM relation AS r WHERE r.relkind IN ('v', 'm')
UNION ALL
SELECT format('policy %s of %s: %s %s %s', p.polname, p.polrelid::regclass, p.polcmd, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
  FROM pg_policy AS p JOIN relation AS r ON r.oid = p.polrelid
UNION ALL
SELECT format('partition %s of %s: %s', r.oid::regclass, i.inhparent::regclass, pg_get_expr(r.relpartbound, r.oid)) FROM pg_inherits AS i JOIN relation AS r ON r.oid = i.inhrelid
UNION ALL
SELECT format('routine %s of %s, member %s, comment %s: %s', p.name, p.proowner::regrole,
              EXISTS (SELECT FROM pg_depend AS d WHERE (d.classid, d.objid, d.deptype) = ('pg_proc'::regclass, p.oid, 'e')),
              obj_description(p.oid, 'pg_proc'), CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END) FROM routine AS p
UNION ALL
SELECT format('%s: %s by %s may %s %s', acl.name, coalesce(nullif(x.grantee, 0)::regrole::text, 'PUBLIC'), x.grantor::regrole, x.privilege_type, x.is_grantable)
  FROM acl, LATERAL aclexplode(acl.acl) AS x
ORDER BY 1;
