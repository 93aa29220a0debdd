
# Data alone, restored between begin_restore() and end_restore(), as a script and by pg_restore --disable-triggers, with
# history that was cut and archived; a restore over a platform that is there (--clean); a platform beside pg_cron. Each is
# the same rows, and triggers that bind replication roles too.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $demo = "$FindBin::RealBin/../../jobs/demo";
my $dumps = PostgreSQL::Test::Utils::tempdir;
my $now = '2026-06-01T09:00+08';
my $catalog = slurp_file("$FindBin::RealBin/../data/catalog.sql");
my $has_cron = -e "@{[ `pg_config --sharedir` =~ s/\s+$//r ]}/extension/pg_cron.control";

my $node = PostgreSQL::Test::Cluster->new('restore');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nautovacuum = off\nfsync = off");
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_cron'\ncron.database_name = 'lishui'\ncron.use_background_workers = on") if $has_cron;
$node->start;
$ENV{PGOPTIONS} = "-c liskeban.now=$now";

sub sql
{
	my ($database, $sql) = @_;
	return $node->safe_psql($database, "SET search_path = ''; SET timezone = 'UTC'; $sql");
}

sub sqlstate_of
{
	my ($database, $sql) = @_;
	my ($status, $out, $err) = $node->psql($database, "\\set VERBOSITY sqlstate\nSET search_path = ''; $sql");
	return $err =~ /ERROR:\s+(\w+)/ ? $1 : 'none';
}

# One line for each table: rows and a digest of them all, whatever partition each is in; sequences with their state.
my $digests = q{
	SELECT string_agg(format('SELECT %L, count(*), md5(string_agg(md5(t::text), '''' ORDER BY md5(t::text))) FROM (SELECT %s FROM %s) AS t',
	                         c.oid::regclass, CASE c.relkind WHEN 'S' THEN 'last_value, is_called' ELSE '*' END, c.oid::regclass), ' UNION ALL ' ORDER BY c.oid::regclass::text COLLATE "C") || ' ORDER BY 1'
	  FROM pg_class AS c
	 WHERE c.relnamespace = 'liskeban'::regnamespace AND c.relkind IN ('r', 'p', 'S') AND NOT c.relispartition};

sub rows_of
{
	my ($database) = @_;
	return sql($database, sql($database, $digests));
}

my $not_always = "SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'A' AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'liskeban'::regnamespace) ORDER BY 1, 2";

sub platform
{
	my ($database) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0");
	$node->safe_psql($database, "CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', '溧水区')");
	return;
}

sub bound
{
	my ($database) = @_;
	my $any = sql($database, "SELECT min(ticket_id) FROM liskeban.ticket WHERE state = 'closed'");
	is(sql($database, $not_always), sql('fresh', $not_always), "$database: every trigger stands as in a new platform");
	is(sqlstate_of($database, "UPDATE liskeban.ticket SET rework_count = 7 WHERE ticket_id = $any"), 'LK003', "$database: LK003");
	is(sqlstate_of($database, "SET session_replication_role = replica; $_"), 'LK004', "$database: LK004 for replicas, too: $_")
	  for "DELETE FROM liskeban.ticket WHERE ticket_id = $any", 'DELETE FROM liskeban.ticket_event', 'TRUNCATE liskeban.seal', 'DELETE FROM liskeban.alarm';
	is(sqlstate_of($database, "UPDATE liskeban.platform SET audit_retention = '183 days'"), '23514', "$database: floors hold");
	return;
}

platform('fresh');
platform('lishui');
command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('lishui'), '-f', "$demo/district.sql" ], 'the sample district');
{
	local $ENV{PGOPTIONS} = '';
	command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-v', 'days=1', '-d', $node->connstr('lishui'), '-f', "$demo/play.sql" ], 'a day of its life');
}

sql('lishui', "UPDATE liskeban.platform SET audit_retention = '200 days', retention = '200 days'");

# A dump from before, whose partitions are those of a new platform
# what the demo keeps of its own is no platform's
my @dump = ('pg_dump', '-a', '-N', 'demo', '--load-via-partition-root', '-d', $node->connstr('lishui'));
command_ok([ @dump, '-Fc', '-f', "$dumps/early.dump" ], 'data alone, while partitions are as they were made');
my %rows = (early => rows_of('lishui'));
like($rows{early}, qr/^liskeban\.ticket\|\d{3}\|/m, 'there is something to restore');

# Some of it is old and archived, so that partitions are not those of a new platform
sql('lishui', q{SELECT liskeban.sweep();
	SELECT liskeban.withdraw(ticket_id, 'x') FROM liskeban.ticket WHERE state NOT IN ('closed', 'rejected', 'withdrawn', 'merged') ORDER BY ticket_id});
sql('lishui', 'SELECT liskeban.cut_history(1)');
sql('lishui', "SET liskeban.now = '2027-06-01 09:00+08'; SELECT liskeban.seal_history(); SELECT liskeban.roll_up(); SELECT liskeban.anonymise_before((liskeban.liskeban_now() - (SELECT retention FROM liskeban.platform))::date)");
sql('lishui', "SET liskeban.now = '2027-06-01 09:00+08'; SELECT (liskeban.submit(jsonb_build_object('source', 'hotline_12345', 'external_id', 'new' || n, 'title', '路灯不亮'))).outcome FROM generate_series(1, 5) AS n");
$now = '2027-06-02T09:00+08';
$ENV{PGOPTIONS} = "-c liskeban.now=$now";
mkdir "$dumps/archive" or die;
command_like([ 'liskeban_archive', 'history', "$dumps/archive", '-d', $node->connstr('lishui') ], qr/archived 1, kept 1$/, 'a range of it is archived');
is(sql('lishui', 'SELECT * FROM liskeban.check_invariants()'), '', 'nothing is wrong before');
$rows{$_} = rows_of('lishui') for 'script', 'archive';
like($rows{script}, qr/^liskeban\.archive\|1\|/m, 'the archive is noted');

# What is refused

is(sqlstate_of('lishui', 'SELECT liskeban.begin_restore()'), '55000', 'a platform with tickets is not emptied');
is(sqlstate_of('fresh', 'SELECT * FROM liskeban.end_restore()'), '55000', 'what was not begun is not ended');
is(sqlstate_of('fresh', 'SET ROLE liskeban_owner; SELECT liskeban.begin_restore()'), '42501', 'nobody but a superuser begins');

command_ok([ @dump, '-f', "$dumps/data.sql" ], 'data alone, as a script');
command_ok([ @dump, '-Fc', '-f', "$dumps/data.dump" ], 'and as an archive');
my %restore = (
	early => [ 'pg_restore', '-a', '--disable-triggers', '-e', "$dumps/early.dump" ],
	script => [ 'psql', '-Xq', '-o', '/dev/null', '-v', 'ON_ERROR_STOP=1', '-1', '-f', "$dumps/data.sql" ],
	archive => [ 'pg_restore', '-a', '-e', "$dumps/data.dump" ]);
for my $database ('early', 'script', 'archive')
{
	platform($database);
	is(sql($database, "SELECT liskeban.begin_restore()"), '', "$database: begun");
	is(sqlstate_of($database, 'SELECT liskeban.begin_restore()'), '55000', "$database: once");
	is(sqlstate_of($database, 'SELECT * FROM liskeban.end_restore()'), '55000', "$database: and not ended with nothing in it");
	local $ENV{PGOPTIONS} = '';
	command_checks_all([ @{ $restore{$database} }, '-d', $node->connstr($database) ], 0, [qr/^$/], [qr/^$/], "$database: loaded without a word");
	isnt(sql($database, $not_always), sql('fresh', $not_always), "$database: which leaves triggers down") ;
	$ENV{PGOPTIONS} = "-c liskeban.now=$now";
	is(sql($database, 'SELECT * FROM liskeban.end_restore()'), '', "$database: ended, and nothing is wrong");
	is(rows_of($database), $rows{$database}, "$database: every table and sequence is equal");
	is(sql($database, "SELECT count(*) FROM liskeban.ticket_event_default"), '0', "$database: every row has its partition");
	bound($database);
	is(sqlstate_of($database, "SELECT liskeban.note((SELECT first_ticket FROM liskeban.archive) + 5, 'x')"), '55000', "$database: what was archived is away here, too") if $database ne 'early';
	is(sql($database, "SELECT (liskeban.submit('{\"source\": \"hotline_12345\", \"title\": \"路灯不亮\"}')).outcome"), 'created', "$database: life goes on");
	is(sql($database, 'SELECT * FROM liskeban.check_invariants()'), '', "$database: well");
	is(sql($database, "CALL liskeban.run_job('seal'); SELECT last_started FROM liskeban.job WHERE name = 'seal'"), '', "$database: no job runs in a copy");
}
command_like([ 'liskeban_archive', 'restore', glob("$dumps/archive/*"), '-d', $node->connstr('script') ], qr/^restored/, 'an archive goes back into such a copy');
is(sql('script', 'SELECT * FROM liskeban.check_invariants()'), '', 'and nothing is wrong');

# A dump that was bent: it is armed all the same, and what does not hold is named

platform('bent');
sql('bent', 'SELECT liskeban.begin_restore()');
{
	local $ENV{PGOPTIONS} = '';
	command_ok([ 'pg_restore', '-a', '-d', $node->connstr('bent'), "$dumps/data.dump" ], 'loaded');
}
my $one = sql('bent', 'SELECT max(ticket_id) FROM liskeban.ticket');
sql('bent', "ALTER TABLE liskeban.ticket_event DISABLE TRIGGER USER; UPDATE liskeban.ticket_event SET actor = 'nobody' WHERE ticket_id = $one");
like(sql('bent', 'SELECT * FROM liskeban.end_restore()'), qr/^hash holds\|$one\|/m, 'what was bent is named');
bound('bent');

# Over a platform that is there: the database itself is made anew, for PostgreSQL cannot drop the keys of partitions one by one

command_ok([ 'pg_dump', '-Fc', '-d', $node->connstr('archive'), '-f', "$dumps/whole.dump" ], 'a whole dump');
$rows{whole} = rows_of('archive');
my $listed = sql('archive', $catalog);
sql('archive', "SELECT (liskeban.submit(jsonb_build_object('source', 'hotline_12345', 'title', '路灯不亮'))).outcome FROM generate_series(1, 10)");
isnt(rows_of('archive'), $rows{whole}, 'things go on');
{
	local $ENV{PGOPTIONS} = '';
	command_checks_all([ 'pg_restore', '--clean', '--if-exists', '-C', '-e', '-d', $node->connstr('postgres'), "$dumps/whole.dump" ], 0, [qr/^$/], [qr/^$/], '--clean -C');
	is(sql('archive', $catalog), $listed, 'the catalog is equal');
}
is(rows_of('archive'), $rows{whole}, 'every table and sequence is equal');
is(sql('archive', 'SELECT * FROM liskeban.check_invariants()'), '', 'nothing is wrong');
bound('archive');

# Beside pg_cron in the platform's own database, which no second database of a cluster can have: dumped without it

SKIP:
{
	skip 'pg_cron is not installed', 6 if !$has_cron;
	$node->safe_psql('lishui', 'CREATE EXTENSION pg_cron');
	is(sql('lishui', 'SELECT count(*) FROM liskeban.schedule_jobs()'), '0', 'pg_cron is told at once');
	cmp_ok(sql('lishui', 'SELECT count(*) FROM cron.job'), '>', 5, 'of every job');
	my @extensions = map { ('-e', $_) } split /\n/, sql('lishui', "SELECT extname FROM pg_extension WHERE extname NOT IN ('pg_cron', 'plpgsql')");
	command_ok([ 'pg_dump', '-Fc', @extensions, '-N', 'cron', '-d', $node->connstr('lishui'), '-f', "$dumps/cron.dump" ], 'dumped without it');
	$node->safe_psql('postgres', 'CREATE DATABASE beside TEMPLATE template0');
	local $ENV{PGOPTIONS} = '';
	command_checks_all([ 'pg_restore', '-1', '-d', $node->connstr('beside'), "$dumps/cron.dump" ], 0, [qr/^$/], [qr/^$/], 'restored beside it');
	is(sql('beside', 'SELECT count(*) FROM liskeban.ticket'), sql('lishui', 'SELECT count(*) FROM liskeban.ticket'), 'with its tickets');
	like(sql('beside', "SET client_min_messages = error; SELECT * FROM liskeban.schedule_jobs()"), qr/^SELECT cron.schedule_in_database\('liskeban:beside:sweep'/m, 'and says what pg_cron is to run for it');
}

done_testing();
