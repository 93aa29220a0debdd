
# Who may do what: the group roles times every schema, table, view, sequence and function. The catalog is as regress/data/privileges
# says, and what it says is true: whatever is not granted there ends in 42501, what is does not. A new object is not in the matrix
# until somebody has decided and written it down: the test prints the lines that are missing.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = "$FindBin::RealBin/../data";
my $node = PostgreSQL::Test::Cluster->new('privileges');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "fsync = off\njit = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE p');
$node->safe_psql('p', "SET client_min_messages = warning; CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', '溧水区')");

# ---- the catalog is the matrix ----

my %found = map { /^([^|]+)\|/ ? ($1 => $_) : () } split /\n/, $node->safe_psql('p', slurp_file("$data/privileges.sql"));
my %wanted = map { /^([^|]+)\|/ ? ($1 => $_) : () } split /\n/, slurp_file("$data/privileges");
my @missing = grep { !exists $wanted{$_} } sort keys %found;
my @gone = grep { !exists $found{$_} } sort keys %wanted;
my @other = grep { exists $wanted{$_} && $wanted{$_} ne $found{$_} } sort keys %found;
is(scalar(@missing), 0, 'every object is in the matrix')
  or diag("decide who may what, and add to regress/data/privileges (regress/data/privileges.sql prints it whole):\n", map { "$found{$_}\n" } @missing);
is(scalar(@gone), 0, 'every object of the matrix is there') or diag(map { "no longer: $wanted{$_}\n" } @gone);
is(scalar(@other), 0, 'the privileges are those of the matrix')
  or diag(map { "is:     $found{$_}\nshould: $wanted{$_}\n" } @other);

# ---- what the matrix says is true ----

# Each statement as each role, undone whatever it comes to: 'denied' where the server refuses the right itself.
$node->safe_psql('p', <<'SQL');
CREATE SCHEMA attempt;
CREATE FUNCTION attempt.attempt(role_name text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  state text;
  said text;
BEGIN
  BEGIN
    PERFORM set_config('role', role_name, true);
    EXECUTE statement;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000';
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, said = MESSAGE_TEXT;
  END;
  RETURN CASE WHEN state = '42501' AND said LIKE 'permission denied for %' THEN 'denied'
              WHEN state = '55000' AND said LIKE 'cannot % view %' THEN 'denied' ELSE 'let through: ' || state || ' ' || said END;
END $$;
CREATE TABLE attempt.made (role_name text, object text, privilege text, allowed boolean, statement text);

-- tables and views, as a whole
INSERT INTO attempt.made
SELECT r.name, c.oid::regclass::text, v.privilege,
       has_table_privilege(r.name, c.oid, v.privilege) OR v.privilege IN ('INSERT') AND has_any_column_privilege(r.name, c.oid, v.privilege),
       format(v.statement, c.oid::regclass)
  FROM unnest('{liskeban_admin,liskeban_dispatcher,liskeban_handler,liskeban_source,liskeban_analyst,liskeban_job}'::text[]) AS r(name),
       pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace,
       (VALUES ('SELECT', 'SELECT * FROM %s LIMIT 0'), ('INSERT', 'INSERT INTO %s DEFAULT VALUES'), ('DELETE', 'DELETE FROM %s WHERE false'),
               ('TRUNCATE', 'TRUNCATE %s')) AS v(privilege, statement)
 WHERE n.nspname IN ('liskeban', 'liskeban_report') AND c.relkind IN ('r', 'p', 'v', 'm')
   AND NOT (v.privilege = 'TRUNCATE' AND c.relkind = 'v');
-- column by column
INSERT INTO attempt.made
SELECT r.name, c.oid::regclass || '.' || a.attname, v.privilege, has_column_privilege(r.name, c.oid, a.attnum, v.privilege),
       format(v.statement, c.oid::regclass, quote_ident(a.attname))
  FROM unnest('{liskeban_admin,liskeban_dispatcher,liskeban_handler,liskeban_source,liskeban_analyst,liskeban_job}'::text[]) AS r(name),
       pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped,
       (VALUES ('SELECT', 'SELECT %2$s FROM %1$s LIMIT 0'), ('UPDATE', 'UPDATE %1$s SET %2$s = DEFAULT WHERE false')) AS v(privilege, statement)
 WHERE n.nspname IN ('liskeban', 'liskeban_report') AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
   AND NOT (v.privilege = 'UPDATE' AND c.relkind = 'v');
-- sequences
INSERT INTO attempt.made
SELECT r.name, c.oid::regclass::text, v.privilege, has_sequence_privilege(r.name, c.oid, v.privilege), format(v.statement, c.oid::regclass)
  FROM unnest('{liskeban_admin,liskeban_dispatcher,liskeban_handler,liskeban_source,liskeban_analyst,liskeban_job}'::text[]) AS r(name),
       pg_class AS c, (VALUES ('SELECT', 'SELECT last_value FROM %s'), ('UPDATE', 'SELECT setval(%L, 1)')) AS v(privilege, statement)
 WHERE c.relnamespace = 'liskeban'::regnamespace AND c.relkind = 'S';
-- functions, called with NULLs that are not folded away; a procedure that is let through is not called, for it may commit
INSERT INTO attempt.made
SELECT r.name, p.oid::regprocedure::text, 'EXECUTE', has_function_privilege(r.name, p.oid, 'EXECUTE'),
       CASE WHEN p.prokind = 'p' THEN format('CALL %s(%s)', p.oid::regproc, (SELECT string_agg(format('NULL::%s', format_type(a, NULL)), ', ' ORDER BY nth) FROM unnest(p.proargtypes) WITH ORDINALITY AS t(a, nth)))
            ELSE format('SELECT %s.%I(%s) FROM (SELECT %s OFFSET 0) AS x', p.pronamespace::regnamespace, p.proname,
                        (SELECT string_agg('x.a' || nth, ', ' ORDER BY nth) FROM unnest(p.proargtypes) WITH ORDINALITY AS t(a, nth)),
                        (SELECT string_agg(format('NULL::%s AS a%s', format_type(a, NULL), nth), ', ' ORDER BY nth) FROM unnest(p.proargtypes) WITH ORDINALITY AS t(a, nth))) END
  FROM unnest('{liskeban_admin,liskeban_dispatcher,liskeban_handler,liskeban_source,liskeban_analyst,liskeban_job}'::text[]) AS r(name),
       pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
 WHERE n.nspname IN ('liskeban', 'liskeban_report') AND NOT (p.proargtypes::oid[] && '{internal,cstring}'::regtype[]::oid[]) AND p.prorettype <> 'trigger'::regtype
   AND NOT (p.prokind = 'p' AND has_function_privilege(r.name, p.oid, 'EXECUTE'));
SQL
my $checked = $node->safe_psql('p', <<'SQL');
SET client_min_messages = error;
SET search_path = pg_catalog, public, liskeban;
SELECT concat_ws(' ', m.role_name, m.privilege, m.object, CASE WHEN m.allowed THEN 'is granted and' ELSE 'is not granted and' END, t.came_to)
  FROM attempt.made AS m CROSS JOIN LATERAL attempt.attempt(m.role_name, m.statement) AS t(came_to)
 WHERE (t.came_to <> 'denied') IS DISTINCT FROM m.allowed
 ORDER BY 1;
SQL
is($checked, '', 'whoever is granted something is let through, whoever is not gets 42501');
my ($made, $allowed) = split /\|/, $node->safe_psql('p', 'SELECT count(*), count(*) FILTER (WHERE allowed) FROM attempt.made');
cmp_ok($made, '>', 5000, "$made attempts, of which $allowed granted");
cmp_ok($allowed, '>', 500, 'some of them are granted');

# ---- nobody gets round it ----

is($node->safe_psql('p', <<'SQL'), '', 'PUBLIC and the group roles have nothing on partitions, and PUBLIC nothing on any relation');
SELECT c.oid::regclass, coalesce(r.rolname, 'PUBLIC'), a.privilege_type
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL aclexplode(c.relacl) AS a LEFT JOIN pg_roles AS r ON r.oid = a.grantee
 WHERE n.nspname LIKE 'liskeban%' AND c.relkind <> 'i' AND (a.grantee = 0 OR c.relispartition AND r.rolname NOT IN ('liskeban_owner', 'liskeban_backup', 'liskeban_reader'))
   AND c.relkind NOT IN ('c', 't');
SQL
is($node->safe_psql('p', q{SELECT string_agg(m.member::regrole::text, ' ') FROM pg_auth_members AS m WHERE m.roleid = 'liskeban_owner'::regrole}),
	'', 'nobody is a member of the owner');
is($node->safe_psql('p', <<'SQL'), '', 'views are of the two kinds: the reader\'s with a barrier, the caller\'s own');
SELECT c.oid::regclass, c.relowner::regrole, c.reloptions
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname LIKE 'liskeban%' AND c.relkind = 'v'
   AND NOT CASE n.nspname WHEN 'liskeban_report' THEN c.relowner = 'liskeban_reader'::regrole AND c.reloptions @> '{security_barrier=true}'
                          ELSE c.relowner = 'liskeban_owner'::regrole AND c.reloptions @> '{security_invoker=true}' END;
SQL
is($node->safe_psql('p', <<'SQL'), '', 'the reader has none of the columns that may hold personal data');
SELECT c.oid::regclass, a.attname
  FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relnamespace = 'liskeban'::regnamespace AND c.relkind IN ('r', 'p') AND has_column_privilege('liskeban_reader', c.oid, a.attnum, 'SELECT')
   AND (c.relname IN ('reporter', 'attachment', 'request', 'feedback', 'ticket_intake', 'ticket_message', 'intake_reject')
        OR a.attname IN ('title', 'description', 'address', 'note', 'plan', 'resolution', 'reply', 'answer', 'body', 'phone', 'raw', 'extra'));
SQL
# area_check says what an outline may be; it protects nothing.
is($node->safe_psql('p', <<'SQL'), 'area|area_check', 'triggers that guard fire for replication too');
SELECT t.tgrelid::regclass, t.tgname
  FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
 WHERE c.relnamespace = 'liskeban'::regnamespace AND NOT t.tgisinternal AND t.tgenabled <> 'A';
SQL

# ---- a backup reads everything, a restore protects it again ----

$node->safe_psql('p', 'DROP SCHEMA attempt CASCADE');
$node->safe_psql('postgres', 'CREATE ROLE dumper LOGIN IN ROLE liskeban_backup');
$node->safe_psql('p', q{INSERT INTO liskeban.ticket (source, category, title) SELECT 'hotline_12345', 'uncategorised', 'n' || n FROM generate_series(1, 5) AS n});
my $dump = $node->basedir . '/p.dump';
$node->command_ok([ 'pg_dump', '-Fc', '-U', 'dumper', '--role=liskeban_backup', '-f', $dump, '-d', $node->connstr('p') ], 'a member of liskeban_backup dumps as it');
$node->command_fails([ 'pg_dump', '-Fc', '-U', 'dumper', '-f', "$dump.less", '-d', $node->connstr('p') ], 'as itself it is refused, not given less');
$node->safe_psql('postgres', 'CREATE DATABASE q');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('q'), $dump ], 'and it is restored');
is($node->safe_psql('q', 'SELECT count(*) FROM liskeban.ticket'), '5', 'with every row');
my $policies = q{SET search_path = pg_catalog; SELECT polrelid::regclass, polname, polcmd, polroles::regrole[], pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid), c.relforcerowsecurity
  FROM pg_policy JOIN pg_class AS c ON c.oid = polrelid ORDER BY polrelid::regclass::text, polname};
is($node->safe_psql('q', $policies), $node->safe_psql('p', $policies), 'and every policy');
is($node->safe_psql('q', 'SET ROLE liskeban_handler; SELECT count(*) FROM liskeban.ticket'), '0', 'that holds');

done_testing();
