
# Setting up: what somebody planted beforehand changes nothing, what cannot be set up is refused, and what stands then
# keeps to the rules for functions, rights and comments.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $catalog = slurp_file("$FindBin::RealBin/../data/catalog.sql");

my $node = PostgreSQL::Test::Cluster->new('install');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\ntimezone = 'Pacific/Auckland'");
$node->start;

sub database
{
	my ($name, @options) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name TEMPLATE template0 @options");
	return;
}

sub sqlstate_of
{
	my ($database, $sql) = @_;
	my ($status, $out, $err) = $node->psql($database, "\\set VERBOSITY sqlstate\n$sql");
	return $err =~ /ERROR:\s+(\w+)/ ? $1 : 'none';
}

sub value
{
	my ($database, $sql) = @_;
	return $node->safe_psql($database, $sql);
}

# Everything that was written, but for when and where.
my $rows = q{
	SELECT string_agg(format('SELECT %L, count(*), md5(string_agg(md5(t::text), '''' ORDER BY md5(t::text))) FROM %s AS t',
	                         c.oid::regclass, c.oid::regclass), ' UNION ALL ' ORDER BY c.oid::regclass::text COLLATE "C") || ' ORDER BY 1'
	  FROM pg_catalog.pg_class AS c
	 WHERE c.relnamespace = 'liskeban'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition AND c.relname NOT IN ('platform', 'watermark', 'ledger')};

sub same
{
	my ($got, $expected, $name) = @_;
	my %got = map { $_ => 1 } split /\n/, $got;
	my %expected = map { $_ => 1 } split /\n/, $expected;
	ok($got eq $expected, $name) or diag(join "\n", 'differs:', (grep { !$expected{$_} } keys %got), 'from:', (grep { !$got{$_} } keys %expected));
	return;
}

# A platform in a clean database, and in one where others were first: in public, and in the temporary schema of the
# session that sets it up, there are tables, types, functions and operators that would be taken by a loose name.

my $hostile = q{
	SET client_min_messages = warning;
	CREATE FUNCTION public.trap() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a planted object was used' USING ERRCODE = 'XX999'; END $$;
	GRANT CREATE ON SCHEMA public TO PUBLIC;
	CREATE TYPE public.area_code AS (trap integer);
	CREATE TYPE public.ticket_state AS ENUM ('reported');
	CREATE TABLE public.platform (district text);
	CREATE TABLE public.ticket (ticket_id bigint);
	DO $$
	DECLARE
	  f text;
	BEGIN
	  FOREACH f IN ARRAY '{format(text\, name),format(text\, bigint),format(text\, text),format(text\, text\, text),rpad(text\, integer\, varchar),
	      left(text\, bigint),substr(text\, bigint),to_regclass(varchar),current_setting(varchar),set_config(varchar\, text\, boolean),
	      set_config(text\, name\, boolean),length(varchar),num_nonnulls(text\, text),lower(varchar),sha256(text),
	      concat_ws(text\, text\, text),num_nulls(bigint\, double precision\, double precision),cardinality(bigint[]),unnest(bigint[]),
	      area_level(text),liskeban_now(),actor(),add_working_time(timestamptz\, interval\, text)}'::text[] LOOP
	    EXECUTE pg_catalog.format('CREATE FUNCTION public.%s RETURNS text LANGUAGE plpgsql AS $f$ BEGIN PERFORM public.trap(); RETURN NULL; END $f$', f);
	  END LOOP;
	  FOREACH f IN ARRAY '{"text,name","name,text","text,varchar","bigint,text","\"char\",text","varchar,varchar","integer[],integer[]"}'::text[] LOOP
	    EXECUTE pg_catalog.format('CREATE FUNCTION public.trapped(%s) RETURNS boolean LANGUAGE plpgsql AS $f$ BEGIN PERFORM public.trap(); RETURN NULL; END $f$', f);
	    f := pg_catalog.format('(FUNCTION = public.trapped, LEFTARG = %s, RIGHTARG = %s)', split_part(f, ','::text, 1), split_part(f, ','::text, 2));
	    EXECUTE pg_catalog.format('CREATE OPERATOR public.= %1$s; CREATE OPERATOR public.<> %1$s; CREATE OPERATOR public.|| %1$s; CREATE OPERATOR public.@> %1$s', f);
	  END LOOP;
	  FOREACH f IN ARRAY '{"double precision,integer","integer,double precision","numeric,double precision"}'::text[] LOOP
	    EXECUTE pg_catalog.format('CREATE FUNCTION public.trapped(%s) RETURNS double precision LANGUAGE plpgsql AS $f$ BEGIN PERFORM public.trap(); RETURN NULL; END $f$', f);
	    f := pg_catalog.format('(FUNCTION = public.trapped, LEFTARG = %s, RIGHTARG = %s)', split_part(f, ','::text, 1), split_part(f, ','::text, 2));
	    EXECUTE pg_catalog.format('CREATE OPERATOR public.+ %1$s; CREATE OPERATOR public.- %1$s; CREATE OPERATOR public.* %1$s; CREATE OPERATOR public./ %1$s', f);
	  END LOOP;
	END
	$$;
	CREATE DOMAIN pg_temp.text AS integer;
	CREATE DOMAIN pg_temp.timestamptz AS integer;
	CREATE TEMP TABLE pg_roles (rolname name, rolsuper boolean);
	CREATE TEMP TABLE pg_extension (extname name, extnamespace oid, extversion text);
	CREATE TEMP TABLE pg_namespace (oid oid, nspname name);
	CREATE TEMP TABLE pg_timezone_names (name text);
	CREATE TEMP TABLE pg_class (oid oid, relname name);
	CREATE TEMP TABLE pg_trigger (tgname name);
	CREATE TEMP TABLE platform (district text);
	CREATE TEMP TABLE ticket (ticket_id bigint);
	CREATE TEMP TABLE transition (action text);
	CREATE TEMP TABLE area (code text);
	SET search_path = public, pg_temp, pg_catalog;
};
my $setup = "CREATE EXTENSION liskeban CASCADE; SET liskeban.now = '2024-09-16 08:00:00+08'; CALL liskeban.create_platform('320117', '溧水区');";
my $life = q{
	SELECT outcome FROM liskeban.submit('{"source": "hotline_12345", "title": "路灯不亮", "lon": 119.03, "lat": 31.65, "reporter_phone": "13800000000"}');
	SELECT liskeban.accept(320117000000001::bigint), liskeban.dispatch(320117000000001::bigint, '320117', NULL, NULL), liskeban.arrive(320117000000001::bigint),
	       liskeban.resolve(320117000000001::bigint, 'x');
	SELECT seq, action, to_state, at, detail, encode(hash, 'hex') FROM liskeban.ticket_event ORDER BY ticket_id, seq;
	SELECT key, received, reported, completion_num FROM liskeban.kpi('2024-09-16', '2024-09-16', 'district', '2024-09-17 00:00+08');
	CALL liskeban.run_job('sweep');
	CALL liskeban.run_job('seal');
	CALL liskeban.run_job('roll_up');
	SELECT name, last_success_for, last_error FROM liskeban.job WHERE last_started IS NOT NULL ORDER BY name;
	SELECT clock, level, at FROM liskeban.alarm ORDER BY ticket_id, at;
	SELECT outcome, reason FROM liskeban.submit('{"source": "hotline_12345", "title": "路灯又不亮", "lon": 119.03, "lat": 31.65}');
	SELECT ticket_no, score FROM liskeban.similar_tickets(320117000000001);
	SELECT ticket_no, distance_m FROM liskeban.find_tickets(words => '路灯', place => 'SRID=4490;POINT(119.03 31.65)');
	SELECT ticket_no FROM liskeban.find_tickets(phone => '13800000000', number => '1');
	SELECT name, phone FROM liskeban.ticket_reporter;
	SELECT name, phone FROM liskeban.read_reporter(320117000000001::bigint, 'of a life');
	SELECT liskeban.seal_ledgers(), liskeban.seal_ledgers();
	SELECT liskeban.anonymise_before('2024-09-18');
	SELECT liskeban._redacted('打13800000000'::pg_catalog.text), liskeban._redacted('{"a": ["13800000000"], "n": 1}'::pg_catalog.jsonb);
	SELECT * FROM liskeban.verify_ledgers();
	SELECT * FROM liskeban.verify_history();
	SELECT * FROM liskeban.check_invariants();
};

database('clean');
database('hostile');
value('clean', $setup);
my $lived = value('hostile', "$hostile $setup $life");
same($lived, value('clean', "SET liskeban.now = '2024-09-16 08:00:00+08'; $life"), 'what was planted changes nothing in the life of a ticket');
like($lived, qr/^created\n2\|3\|4\|5\n1\|report\|reported\|.*^320117\|1\|1\|1$/ms, 'which went its way');
same(value('hostile', "$catalog"), value('clean', "$catalog"), 'nor in the catalog');
same(value('hostile', "SET search_path = pg_catalog; " . value('hostile', "SET search_path = pg_catalog; $rows")),
	value('clean', "SET search_path = pg_catalog; " . value('clean', "SET search_path = pg_catalog; $rows")), 'nor in the rows');
is(value('clean', "SELECT district, name, ticket_prefix, time_zone, version, database, created_at, system_identifier = (pg_control_system()).system_identifier FROM liskeban.platform"),
	'320117|溧水区|320117|Asia/Shanghai|' . value('clean', "SELECT extversion FROM pg_extension WHERE extname = 'liskeban'") . '|clean|2024-09-16 12:00:00+12|t', 'the platform knows itself');

# What cannot be set up

is(sqlstate_of('clean', "CALL liskeban.create_platform('320118', '高淳区')"), '42710', 'a second platform');
is(sqlstate_of('clean', 'DROP EXTENSION liskeban'), '2BP01', 'DROP EXTENSION without CASCADE');
is(sqlstate_of('clean', 'DROP EXTENSION postgis'), '2BP01', 'nor of PostGIS');
is(value('clean', 'CALL liskeban.create_roles(); CALL liskeban.create_roles(); SELECT 1'), '1', 'create_roles() may be called again');

database('bare');
value('bare', 'CREATE EXTENSION liskeban CASCADE; CREATE ROLE stranger LOGIN; GRANT USAGE ON SCHEMA liskeban TO stranger;
	GRANT EXECUTE ON ALL PROCEDURES IN SCHEMA liskeban TO stranger;');
my %refused = (
	"'32', '江苏省'" => '22023', "'3201', '南京市'" => '22023', "'320117001', '永阳街道'" => '22023', "'320117', 'x', 'Mars/Olympus'" => '22023', "'320117', 'x', ''" => '22023',
	"'x', 'x'" => '22P02', "'', 'x'" => '22P02', "'000000', 'x'" => '22P02',
	"NULL, 'x'" => '22004', "'320117', NULL" => '22004', "'320117', 'x', NULL" => '22004');
is(sqlstate_of('bare', "CALL liskeban.create_platform($_)"), $refused{$_}, "create_platform($_)") for sort keys %refused;
is(sqlstate_of('bare', "SET SESSION AUTHORIZATION stranger; CALL liskeban.create_platform('320117', '溧水区')"), '42501', 'create_platform by another than a superuser');
is(sqlstate_of('bare', 'SET SESSION AUTHORIZATION stranger; CALL liskeban.create_roles()'), '42501', 'create_roles too');
is(value('bare', "SELECT count(*) FROM pg_class WHERE relnamespace = 'liskeban'::regnamespace AND relkind IN ('r', 'p', 'v', 'S')"), '0', 'nothing is left of what was refused');
is( value('bare', "CREATE ROLE dba LOGIN SUPERUSER; SET ROLE dba; SET search_path = public; BEGIN; CALL liskeban.create_platform('320117000000', '溧水区', 'Asia/Urumqi'); COMMIT;
		SELECT current_user, current_setting('search_path'), current_setting('role'), current_setting('liskeban.now', true) IS NULL OR current_setting('liskeban.now') = '';
		SELECT district, ticket_prefix, time_zone FROM liskeban.platform; SELECT * FROM liskeban.check_invariants();
		SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace IN ('liskeban'::regnamespace, 'liskeban_report'::regnamespace) AND relkind IN ('r', 'p', 'S')"),
	"dba|public, liskeban|dba|t\n320117|320117|Asia/Urumqi\nliskeban_owner", 'another superuser, in a role, with the code in twelve digits: and the session is as it was, but for the path to the operators');

database('ascii', "ENCODING 'SQL_ASCII' LOCALE 'C'");
is(sqlstate_of('ascii', "CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', 'Lishui')"), '55000', 'a database that is not UTF8');
database('squatted');
is(sqlstate_of('squatted', 'CREATE EXTENSION postgis; CREATE EXTENSION pg_trgm; CREATE EXTENSION pgcrypto; CREATE SCHEMA liskeban; CREATE FUNCTION liskeban.accept() RETURNS integer RETURN 1; CREATE EXTENSION liskeban'), '55000', 'a schema that is not empty');

# Rules for what stands: functions, rights, comments

my $own = "IN ('liskeban'::regnamespace, 'liskeban_report'::regnamespace)";
my $member = "EXISTS (SELECT FROM pg_depend AS d WHERE (d.classid, d.objid, d.deptype) = ('pg_proc'::regclass, p.oid, 'e'))";
is(value('clean', "SELECT p.oid::regprocedure FROM pg_proc AS p WHERE p.prosecdef AND $member AND p.pronamespace $own"), '', 'no member is SECURITY DEFINER');
is( value('clean', "SELECT p.oid::regprocedure FROM pg_proc AS p WHERE p.prosecdef AND p.proowner <> 'liskeban_owner'::regrole AND p.pronamespace $own"),
	'', 'what is SECURITY DEFINER belongs to liskeban_owner');
is( value('clean',
		"SELECT p.oid::regprocedure FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang
		  WHERE p.pronamespace $own AND (l.lanname = 'plpgsql' OR p.prosecdef)
		    AND p.oid NOT IN ('liskeban.run_job(text)'::regprocedure, 'liskeban.run_missed_jobs()'::regprocedure)
		    AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE setting ~ '^search_path=pg_catalog, (public, )?pg_temp\$')"),
	'', 'whatever is plpgsql or SECURITY DEFINER has a search_path with pg_temp last, but for what commits and can have none');
is( value('clean',
		"SELECT p.oid::regprocedure FROM pg_proc AS p
		  WHERE p.pronamespace $own AND has_function_privilege('public', p.oid, 'EXECUTE')
		    AND (NOT $member OR p.prosecdef OR (p.proname LIKE '\\_%' AND p.proname NOT IN ('_area_code_last', '_ticket_facts', '_text_digest')) OR p.prokind = 'p'
		         OR p.prorettype = 'trigger'::regtype OR (p.provolatile = 'v' AND p.proname <> 'act_as'))
		  ORDER BY 1"),
	'', 'PUBLIC has nothing but readers and type support');
is( value('clean',
		"SELECT c.oid::regclass, x.privilege_type FROM pg_class AS c, LATERAL aclexplode(c.relacl) AS x WHERE c.relnamespace $own AND x.grantee = 0
		  UNION ALL SELECT NULL, n.nspname FROM pg_namespace AS n, LATERAL aclexplode(n.nspacl) AS x WHERE n.oid $own AND x.grantee = 0
		  UNION ALL SELECT NULL, d.datname FROM pg_database AS d, LATERAL aclexplode(d.datacl) AS x WHERE d.datname = current_database() AND x.grantee = 0 AND x.privilege_type = 'CONNECT'"),
	'', 'and no table, no schema, no way in');
is(value('hostile', "SELECT has_schema_privilege('public', 'public', 'CREATE')"), 'f', 'nor may all put things where PostGIS is');
is( value('clean',
		"SELECT 'relation', c.oid::regclass::text FROM pg_class AS c
		  WHERE c.relnamespace $own AND c.relkind IN ('r', 'p', 'v', 'm') AND obj_description(c.oid, 'pg_class') IS NULL
		  UNION ALL
		 SELECT 'column', format('%s.%s', a.attrelid::regclass, a.attname) FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
		  WHERE c.relnamespace $own AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
		    AND col_description(a.attrelid, a.attnum) IS NULL
		  UNION ALL
		 SELECT 'routine', p.oid::regprocedure::text FROM pg_proc AS p WHERE p.pronamespace $own AND obj_description(p.oid, 'pg_proc') IS NULL
		  UNION ALL
		 SELECT 'type', t.oid::regtype::text FROM pg_type AS t LEFT JOIN pg_class AS c ON c.oid = t.typrelid
		  WHERE t.typnamespace $own AND (t.typrelid = 0 OR c.relkind = 'c') AND t.typcategory <> 'A' AND obj_description(t.oid, 'pg_type') IS NULL
		  UNION ALL
		 SELECT 'operator', o.oid::regoperator::text FROM pg_operator AS o WHERE o.oprnamespace $own AND obj_description(o.oid, 'pg_operator') IS NULL
		  UNION ALL
		 SELECT 'operator class', o.opcname FROM pg_opclass AS o WHERE o.opcnamespace $own AND obj_description(o.oid, 'pg_opclass') IS NULL
		 ORDER BY 1, 2"),
	'', 'everything has a comment');
is( value('clean',
		"SELECT r.rolname, r.rolcanlogin, r.rolbypassrls, r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication FROM pg_roles AS r WHERE r.rolname ~ '^liskeban_' ORDER BY 1"),
	join("\n", map { "liskeban_$_|" . ($_ =~ /^(hub|job|monitor)$/ ? 't' : 'f') . '|' . ($_ =~ /^(backup|hub)$/ ? 't' : 'f') . '|' . ($_ eq 'hub' ? 't' : 'f') }
		  qw(admin analyst backup dispatcher handler hub job monitor owner reader source)),
	'the roles may what they need');

is(value('clean', slurp_file("$FindBin::RealBin/../data/lint.sql")), '', 'the linter of the catalog finds nothing');

SKIP:
{
	skip 'plpgsql_check is not installed', 1 if value('clean', "SELECT count(*) FROM pg_available_extensions WHERE name = 'plpgsql_check'") eq '0';
	# Temporary tables are made by the functions themselves; what a record argument consists of, their callers know.
	is( value('clean',
			"BEGIN; CREATE SCHEMA checker; CREATE EXTENSION plpgsql_check SCHEMA checker;
			 SELECT p.oid::regprocedure, c.lineno, c.message FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang LEFT JOIN pg_trigger AS g ON g.tgfoid = p.oid,
			   LATERAL checker.plpgsql_check_function_tb(p.oid, coalesce(g.tgrelid, 0), extra_warnings => false, performance_warnings => false) AS c
			  WHERE p.pronamespace $own AND l.lanname = 'plpgsql' AND (p.prorettype <> 'trigger'::regtype OR g.oid IS NOT NULL)
			    AND c.message !~ '^relation \"pg_temp\\.'
			    AND NOT ('record'::regtype = ANY (p.proargtypes) AND c.message ~ '^record \".*\" is not assigned yet')
			  ORDER BY 1, 2; ROLLBACK;"),
		'', 'plpgsql_check finds nothing');
}

is(value($_, 'SELECT * FROM liskeban.check_invariants()'), '', "$_: nothing is wrong at the end") for 'clean', 'hostile', 'bare';

done_testing();
