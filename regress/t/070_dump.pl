
# A backup by a member of liskeban_backup, restored into an empty database of this and of another cluster, as a script
# and as an archive: the same rows, the same catalog, the same rules, the next numbers, and every answer the same.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $demo = "$FindBin::RealBin/../../jobs/demo";
my $dumps = PostgreSQL::Test::Utils::tempdir;
my $noon = '2024-10-24 12:00:00+08';

# One line for each table of the platform: rows and a digest of them all. Sequences with their state.
my $digests = q{
	SELECT string_agg(format('SELECT %L, count(*), md5(string_agg(md5(t::text), '''' ORDER BY md5(t::text))) FROM (SELECT %s FROM %s) AS t',
	                         c.oid::regclass, CASE c.relkind WHEN 'S' THEN 'last_value, is_called' ELSE '*' END, c.oid::regclass), ' UNION ALL ' ORDER BY c.oid::regclass::text COLLATE "C") || ' ORDER BY 1'
	  FROM pg_class AS c
	 WHERE c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^liskeban') AND c.relkind IN ('r', 'p', 'm', 'S')};

# Views as an operator at noon sees them, with nothing in the search path.
my $views = q{
	SELECT string_agg(format('SELECT %L, count(*), md5(string_agg(md5(t::text), '''' ORDER BY md5(t::text))) FROM %s AS t',
	                         c.oid::regclass, c.oid::regclass), ' UNION ALL ' ORDER BY c.oid::regclass::text COLLATE "C") || ' ORDER BY 1'
	  FROM pg_class AS c
	 WHERE c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^liskeban') AND c.relkind = 'v'
	   -- each database has its own health
	   AND c.oid <> 'liskeban_report.health'::regclass};

my $catalog = slurp_file("$FindBin::RealBin/../data/catalog.sql");

sub values_of
{
	my ($node, $database, $sql) = @_;
	return $node->safe_psql($database, "SET search_path = ''; SET timezone = 'UTC'; SET liskeban.now = '$noon'; $sql");
}

# What a query that was made by a query says.
sub spread
{
	my ($node, $database, $sql) = @_;
	return values_of($node, $database, values_of($node, $database, $sql));
}

sub sqlstate_of
{
	my ($node, $database, $sql) = @_;
	my ($status, $out, $err) = $node->psql($database, "\\set VERBOSITY sqlstate\nSET search_path = ''; SET liskeban.now = '$noon'; $sql");
	return $err =~ /ERROR:\s+(\w+)/ ? $1 : 'none';
}

# Long reports are compared line by line, so that a failure shows the line.
sub same
{
	my ($got, $expected, $name) = @_;
	is_deeply([ split /\n/, $got ], [ split /\n/, $expected ], $name) or diag(
		join "\n", map { "only here: $_" } only($got, $expected), map { "missing: $_" } only($expected, $got));
	return;
}

sub only
{
	my ($in, $not_in) = @_;
	my %there = map { $_ => 1 } split /\n/, $not_in;
	my @lines = grep { !$there{$_} } split /\n/, $in;
	return splice @lines, 0, 5;
}

sub source
{
	my ($node, $database, $postgis) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database,
		($postgis eq 'public' ? '' : "CREATE SCHEMA $postgis; CREATE EXTENSION postgis SCHEMA $postgis;")
		. "CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', '溧水区');");
	my @psql = ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($database));
	command_ok([ @psql, '-f', "$demo/district.sql" ], "$database: the sample district");
	command_ok([ @psql, '-v', 'days=2', '-f', "$demo/play.sql" ], "$database: two days of its life");

	# Requests in quarantine, for a table's index may rest on a function that the restore has not granted yet.
	is(values_of($node, $database, q{
		SELECT r.outcome FROM unnest('{电话一,电话二,""}'::text[]) WITH ORDINALITY AS u(title, n),
		  LATERAL liskeban.submit(jsonb_build_object('source', 'hotline_12345', 'external_id', 'same', 'title', u.title, 'lon', 118.9 + n / 100.0, 'lat', 31.6, 'datum', 'cgcs2000')) AS r ORDER BY n}),
		"created\nconflict\nconflict", "$database: a request and two that contradict it");
	# Numbers drawn and not used, a setting of the district's own, a grant and a category by its admin.
	$node->psql($database, "BEGIN; SELECT liskeban.submit('{\"source\": \"hotline_12345\", \"title\": \"路灯不亮\"}'); ROLLBACK;");
	$node->safe_psql($database, q{
		UPDATE liskeban.platform SET arrival_distance = 150;
		INSERT INTO liskeban.category (code, name, name_en, domain) VALUES ('own_matter', '自定事项', 'a matter of one''s own', 'livelihood');
		INSERT INTO liskeban.calendar_day (day, is_working, name) VALUES ('2026-12-31', false, '试验');
		GRANT SELECT (code, name) ON liskeban.category TO liskeban_analyst;
		REVOKE EXECUTE ON FUNCTION liskeban.merge(bigint, bigint) FROM liskeban_handler;});
	is(values_of($node, $database, 'SELECT * FROM liskeban.check_invariants()'), '', "$database: nothing is wrong before");
	return;
}

# What a copy must answer just as its source; where points lie and working time use the caches of a new backend.
sub answers
{
	my ($node, $database, $postgis) = @_;
	return join "\n",
	  map { values_of($node, $database, $_) }
	  "SELECT * FROM liskeban.kpi('2024-10-21', '2024-10-22', 'town', '2024-10-23 00:00+08')",
	  "SELECT * FROM liskeban.kpi('2024-10-21', '2024-10-22', 'holder', '2024-10-24 00:00+08')",
	  "SELECT n, liskeban.locate($postgis.ST_SetSRID($postgis.ST_MakePoint(118.85 + (n * 37 % 400) / 1000.0, 31.4 + (n * 91 % 500) / 1000.0), 4490))
	     FROM generate_series(1, 400) AS n ORDER BY n",
	  "SELECT count(DISTINCT liskeban.locate(geom)) > 20 FROM liskeban.ticket",
	  "SELECT n, liskeban.add_working_time('2024-09-27 15:00+08', n * interval '1 hour', 'working_hour') FROM generate_series(1, 40) AS n ORDER BY n",
	  "SELECT liskeban.to_cgcs2000(geom, 'gcj02') FROM liskeban.ticket WHERE geom IS NOT NULL ORDER BY ticket_id LIMIT 20";
}

# The rules bind, the numbers go on, a ticket lives: last of all, for it writes.
sub alive
{
	my ($node, $database, $postgis, $last) = @_;
	my ($ticket, $event) = @$last;
	my $closed = values_of($node, $database, "SELECT min(ticket_id) FROM liskeban.ticket WHERE state = 'closed'");
	my $partition = values_of($node, $database, 'SELECT min(tableoid::regclass::text) FROM liskeban.ticket_event');

	is(sqlstate_of($node, $database, "UPDATE liskeban.ticket SET state = 'on_site' WHERE ticket_id = $closed"), 'LK001', "$database: LK001");
	is(sqlstate_of($node, $database, "UPDATE liskeban.ticket SET state = 'dispatched' WHERE ticket_id = $closed"), 'LK002', "$database: LK002");
	is(sqlstate_of($node, $database, "UPDATE liskeban.ticket SET rework_count = 7 WHERE ticket_id = $closed"), 'LK003', "$database: LK003");
	is(sqlstate_of($node, $database, $_), 'LK004', "$database: LK004 for $_")
	  for "DELETE FROM liskeban.ticket WHERE ticket_id = $closed", 'TRUNCATE liskeban.ticket CASCADE',
	  "UPDATE liskeban.ticket_event SET actor = 'x' WHERE ticket_id = $closed", "DELETE FROM liskeban.ticket_event WHERE ticket_id = $closed",
	  "TRUNCATE liskeban.ticket_event", "DELETE FROM $partition WHERE ticket_id = $closed",
	  "INSERT INTO $partition SELECT * FROM $partition LIMIT 1", 'DELETE FROM liskeban.worklist',
	  "SET session_replication_role = replica; DELETE FROM liskeban.ticket WHERE ticket_id = $closed";
	is(sqlstate_of($node, $database, "BEGIN; SET LOCAL ROLE liskeban_analyst; SELECT liskeban.accept($closed)"), '42501', "$database: 42501");

	my $life = "SELECT outcome FROM liskeban.submit('{\"source\": \"hotline_12345\", \"title\": \"路灯不亮\", \"lon\": 119.03, \"lat\": 31.65, \"datum\": \"cgcs2000\", \"reporter_phone\": \"13800000000\"}');
		SELECT ticket_id, area IS NOT NULL, placement, has_reporter, accept_due FROM liskeban.ticket WHERE ticket_id = @{[ $ticket + 1 ]};
		SELECT liskeban.accept(@{[ $ticket + 1 ]}), liskeban.dispatch(@{[ $ticket + 1 ]}, '320117001');
		SELECT min(event_id), max(event_id), count(*) FROM liskeban.ticket_event WHERE ticket_id = @{[ $ticket + 1 ]};";
	my @lived = split /\n/, values_of($node, $database, $life);
	is($lived[0], 'created', "$database: a new request is taken in");
	is($lived[1], $ticket + 1 . '|t|inside|t|2024-10-24 04:05:00+00', "$database: as the next ticket, placed and timed");
	is($lived[2], '2|3', "$database: and goes its way");
	is($lived[3], join('|', $event + 1, $event + 3, 3), "$database: with the next events");
	is(values_of($node, $database, "INSERT INTO liskeban.membership (role_name, duty) VALUES ('x', 'handler') RETURNING membership_id = (SELECT max(membership_id) + 1 FROM liskeban.membership)"),
		't', "$database: a registry row gets the next key");
	is(values_of($node, $database, 'SELECT liskeban.make_partitions(3)'), '12', "$database: the next partitions of history, alarms, outbox and signals are made");
	is(values_of($node, $database, 'SELECT * FROM liskeban.check_invariants()'), '', "$database: nothing is wrong after");
	return;
}

my $here = PostgreSQL::Test::Cluster->new('here');
$here->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$here->append_conf('postgresql.conf', 'jit = off');
$here->start;
my $there = PostgreSQL::Test::Cluster->new('there');
$there->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$there->append_conf('postgresql.conf', 'jit = off');
$there->start;

# The other cluster's roles come from a database that is then thrown away.
$there->safe_psql('postgres', 'CREATE DATABASE scratch');
$there->safe_psql('scratch', 'CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_roles(); CALL liskeban.create_roles();');
$there->safe_psql('postgres', 'DROP DATABASE scratch');

source($here, 'lishui', 'public');
source($here, 'apart', 'gis');

# One backup inherits what it may from the group, the other steps into its role.
$here->safe_psql('postgres', 'CREATE ROLE nightly LOGIN BYPASSRLS IN ROLE liskeban_backup; CREATE ROLE weekly LOGIN NOINHERIT IN ROLE liskeban_backup;
	GRANT CONNECT ON DATABASE apart TO weekly; CREATE ROLE nobody_special LOGIN;');
command_fails([ 'pg_dump', '-U', 'nobody_special', '-d', $here->connstr('lishui'), '-f', '/dev/null' ], 'nobody else makes a backup');
command_ok([ 'pg_dump', '-U', 'nightly', '-d', $here->connstr('lishui'), '-f', "$dumps/lishui.sql" ], 'a script, as a member of liskeban_backup');
command_ok([ 'pg_dump', '-U', 'nightly', '-Fc', '-d', $here->connstr('lishui'), '-f', "$dumps/lishui.dump" ], 'an archive');
command_ok([ 'pg_dump', '-U', 'weekly', '--role=liskeban_backup', '-Fc', '-d', $here->connstr('apart'), '-f', "$dumps/apart.dump" ],
	'an archive with --role=liskeban_backup, PostGIS in a schema of its own');
is(sqlstate_of($here, 'lishui', "SET SESSION AUTHORIZATION nightly; $_"), '42501', "a backup may not: $_")
  for "UPDATE liskeban.ticket SET title = 'x'", "DELETE FROM liskeban.category", "SELECT liskeban.submit('{}')", "CREATE TABLE liskeban.t ()";

for my $copy ([ $here, 'script_here', 'lishui', 'public' ], [ $here, 'archive_here', 'lishui', 'public' ],
	[ $there, 'script_there', 'lishui', 'public' ], [ $there, 'archive_there', 'lishui', 'public' ],
	[ $there, 'apart_there', 'apart', 'gis' ])
{
	my ($node, $database, $from, $postgis) = @$copy;
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0");
	my @restore =
	  $database =~ /^script/
	  ? ('psql', '-X', '-q', '-o', '/dev/null', '-v', 'ON_ERROR_STOP=1', '-f', "$dumps/$from.sql")
	  : ('pg_restore', '-1', "$dumps/$from.dump");
	command_checks_all([ @restore, '-d', $node->connstr($database) ], 0, [qr/^$/], [qr/^$/], "$database: restored without a word");

	like(spread($here, $from, $digests), qr/^liskeban\.intake_reject\|2\|.*^liskeban\.ticket\|7\d\d\|\w{32}$/ms, "$from: there is something to compare");
	same(spread($node, $database, $digests), spread($here, $from, $digests), "$database: every table and sequence is equal");
	same(values_of($node, $database, $catalog), values_of($here, $from, $catalog), "$database: the catalog is equal");
	same(spread($node, $database, $views), spread($here, $from, $views), "$database: every view shows the same");
	same(answers($node, $database, $postgis), answers($here, $from, $postgis), "$database: every answer is the same");
	is(values_of($node, $database, 'SELECT * FROM liskeban.check_invariants()'), '', "$database: nothing is wrong");
	alive($node, $database, $postgis,
		[ split /\|/, values_of($here, $from, 'SELECT (SELECT last_value FROM liskeban.ticket_ticket_id_seq), (SELECT last_value FROM liskeban.ticket_event_event_id_seq)') ]);
}

# With -C the database itself comes too: who may connect, and its search path.
command_ok([ 'pg_restore', '-C', '-d', $there->connstr('postgres'), "$dumps/lishui.dump" ], 'lishui is made in the other cluster');
my $settings = "SELECT s.setconfig, ARRAY(SELECT x.grantee || x.privilege_type FROM aclexplode(d.datacl) AS x WHERE x.grantee = 0 ORDER BY 1),
	has_database_privilege('liskeban_handler', d.oid, 'CONNECT')
	FROM pg_catalog.pg_database AS d JOIN pg_catalog.pg_db_role_setting AS s ON s.setdatabase = d.oid WHERE d.datname = current_database()";
is(values_of($there, 'lishui', $settings), '{"search_path=\\"$user\\", public, liskeban"}|{0TEMPORARY}|t', 'with who may connect and its search path');
is(values_of($here, 'lishui', $settings), values_of($there, 'lishui', $settings), 'as they are here');
same(spread($there, 'lishui', $digests), spread($here, 'lishui', $digests), 'and every table');

is(values_of($here, $_, 'SELECT * FROM liskeban.check_invariants()'), '', "$_: nothing is wrong at the end") for 'lishui', 'apart';

done_testing();
