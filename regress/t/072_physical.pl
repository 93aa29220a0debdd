
# A base backup and its WAL, recovered to a named point; a streaming standby that serves every report as its primary does,
# and is promoted under load without losing what was acknowledged; pg_amcheck, and the order of area codes in indexes.

use strict;
use warnings;

use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $demo = "$FindBin::RealBin/../../jobs/demo";
my $noon = '2024-10-24T12:00+08';

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ], allows_streaming => 1, has_archiving => 1);
$primary->append_conf('postgresql.conf', "jit = off\nfsync = off");
$primary->start;
$primary->safe_psql('postgres', 'CREATE DATABASE lishui TEMPLATE template0');
$primary->safe_psql('lishui', "CREATE EXTENSION liskeban CASCADE; CREATE EXTENSION amcheck; CALL liskeban.create_platform('320117', '溧水区')");
command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $primary->connstr('lishui'), '-f', "$demo/district.sql" ], 'the sample district');
command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-v', 'days=1', '-d', $primary->connstr('lishui'), '-f', "$demo/play.sql" ], 'a day of its life');

sub sql
{
	my ($node, $sql) = @_;
	return $node->safe_psql('lishui', "SET search_path = ''; SET timezone = 'UTC'; SET liskeban.now = '$noon'; $sql");
}
my $views = q{
	SELECT string_agg(format('SELECT %L, count(*), md5(string_agg(md5(t::text), '''' ORDER BY md5(t::text))) FROM %s AS t',
	                         c.oid::regclass, c.oid::regclass), ' UNION ALL ' ORDER BY c.oid::regclass::text COLLATE "C") || ' ORDER BY 1'
	  FROM pg_class AS c
	 WHERE c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^liskeban') AND c.relkind = 'v'
	   -- each server has its own health
	   AND c.oid <> 'liskeban_report.health'::regclass};
my @figures = ("SELECT * FROM liskeban.kpi('2024-10-21', '2024-10-22', 'town', '2024-10-23 00:00+08')", "SELECT * FROM liskeban.flow('2024-10-21', '2024-10-24')",
	"SELECT * FROM liskeban.stage_times('2024-10-21', '2024-10-22')", "SELECT * FROM liskeban.league('2024-10-21', '2024-10-22', 'town')",
	'SELECT * FROM liskeban.situation_now()', 'SELECT md5(liskeban.tile(10, 849, 417))', 'SELECT * FROM liskeban.verify_history()',
	'SELECT liskeban.locate(geom) FROM liskeban.ticket WHERE geom IS NOT NULL ORDER BY ticket_id LIMIT 50');

sql($primary, 'SELECT liskeban.seal_history(); SELECT liskeban.roll_up()');
$primary->backup('base');

# To a point in time: what happened up to it, and nothing that did afterwards

my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
sql($primary, "SELECT (liskeban.submit(jsonb_build_object('source', 'hotline_12345', 'external_id', 'before' || n, 'title', '路灯不亮'))).outcome FROM generate_series(1, 20) AS n");
sql($primary, 'SELECT liskeban.seal_history()');
my $root = sql($primary, 'SELECT root FROM liskeban_report.seal_root');
my $states = 'SELECT state, count(*), max(ticket_id) FROM liskeban.ticket GROUP BY 1 ORDER BY 1';
my $tickets = sql($primary, $states);
$primary->safe_psql('postgres', "SELECT pg_create_restore_point('before_the_mistake')");
cmp_ok(sql($primary, "WITH w AS (UPDATE liskeban.ticket SET state = 'withdrawn', note = 'all of them' WHERE state IN ('reported', 'accepted', 'dispatched', 'resolved') RETURNING 1) SELECT count(*) FROM w"),
	'>', 20, 'a mistake');
$primary->safe_psql('postgres', 'SELECT pg_switch_wal()');
my $recovered = PostgreSQL::Test::Cluster->new('recovered');
$recovered->init_from_backup($primary, 'base', has_restoring => 1, standby => 0);
$recovered->append_conf('postgresql.conf', "recovery_target_name = 'before_the_mistake'\nrecovery_target_action = 'promote'\narchive_mode = off");
$recovered->start;
$recovered->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()') or die 'it does not come up';
is(sql($recovered, $states), $tickets, 'recovered to just before it');
is(sql($recovered, 'SELECT * FROM liskeban.verify_history()'), '', 'history is as it was sealed');
is(sql($recovered, 'SELECT root FROM liskeban_report.seal_root'), $root, 'up to the last root');
is(sql($recovered, 'SELECT * FROM liskeban.check_invariants()'), '', 'nothing is wrong');
is(sql($recovered, "SELECT (liskeban.submit('{\"source\": \"hotline_12345\", \"title\": \"路灯不亮\"}')).outcome"), 'created', 'and life goes on');
sql($recovered, 'SELECT liskeban.seal_history()');
is(sql($recovered, 'SELECT * FROM liskeban.verify_history()'), '', 'with the same chain');
$recovered->stop('immediate');

# The standby serves all that the primary shows

$primary->wait_for_catchup($standby, 'replay');
my $shown = sql($primary, $views);
is(sql($standby, $shown), sql($primary, $shown), 'every view shows the same on a standby');
is(sql($standby, $_), sql($primary, $_), "as does $_") for @figures;
{
	local $ENV{PGOPTIONS} = "-c liskeban.now=$noon";
	my $out = PostgreSQL::Test::Utils::tempdir;
	command_ok([ 'liskeban_report', '2024-10-22', '--out', "$out/$_->[0]", '-d', $_->[1]->connstr('lishui') ], "the report, from the $_->[0]") for [ 'primary', $primary ], [ 'standby', $standby ];
	is(slurp_file("$out/standby/report-2024-10-22.json"), slurp_file("$out/primary/report-2024-10-22.json"), 'and its figures');
}
my ($ret, $stdout, $stderr) = $standby->psql('lishui', "\\set VERBOSITY sqlstate\nSELECT liskeban.submit('{\"source\": \"hotline_12345\", \"title\": \"x\"}')");
like($stderr, qr/25006/, 'but takes nothing in');

# Promoted under load: what was acknowledged is there

$primary->append_conf('postgresql.conf', "synchronous_standby_names = 'standby'");
$primary->reload;
$primary->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'") or die 'not synchronous';
my $load = PostgreSQL::Test::Utils::tempdir;
my @clients;
for my $client (1 .. 3)
{
	my $run = { out => '', err => '' };
	append_to_file("$load/$client.sql", join '', map { "INSERT INTO liskeban.ticket (source, external_id, category, title) VALUES ('wechat', 'load-$client-$_', 'road_damage', 'load') RETURNING external_id;\n" } 1 .. 20000);
	$run->{psql} = IPC::Run::start([ 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', $primary->connstr('lishui'), '-f', "$load/$client.sql" ], '<', \undef, '>', \$run->{out}, '2>', \$run->{err});
	push @clients, $run;
}
for my $run (@clients)
{
	$run->{psql}->pump until $run->{out} =~ /(?:.*\n){30}/ || !$run->{psql}->pumpable;
}
$primary->stop('immediate');
for my $run (@clients)
{
	$run->{psql}->finish;
	like($run->{err}, qr/server closed the connection|terminating|could not/i, 'a client was cut off');
}
$standby->promote;
$standby->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()') or die 'it is not promoted';
my @acknowledged = map { grep { /^load-\d+-\d+$/ } split /\n/, $_->{out} } @clients;
cmp_ok(scalar @acknowledged, '>=', 90, scalar(@acknowledged) . ' tickets were acknowledged');
my %there = map { $_ => 1 } split /\n/, sql($standby, "SELECT external_id FROM liskeban.ticket WHERE external_id LIKE 'load-%'");
is(join(' ', grep { !$there{$_} } @acknowledged), '', 'each of them is on the promoted standby');
cmp_ok(scalar(keys %there), '<=', @acknowledged + 3, 'and at most one more of each client');
sql($standby, 'SELECT liskeban.seal_history()');
is(sql($standby, 'SELECT * FROM liskeban.check_invariants()'), '', 'nothing is wrong');
is(sql($standby, "SELECT (liskeban.submit('{\"source\": \"hotline_12345\", \"title\": \"路灯不亮\"}')).outcome"), 'created', 'the platform goes on there');

# Indexes

command_ok([ 'pg_amcheck', '--heapallindexed', '--parent-check', '--rootdescend', '-h', $standby->host, '-p', $standby->port, '-d', 'lishui', '-s', 'liskeban' ], 'pg_amcheck finds nothing');
$standby->safe_psql('lishui', q{
	SET search_path = public, liskeban;
	CREATE TABLE code AS SELECT left(s.digits, l.n)::liskeban.area_code AS code
	  FROM (SELECT format('%s%s%s', 11 + i % 55, lpad((1 + i * 7919 % 99)::text, 2, '0') || lpad((1 + i * 104729 % 99)::text, 2, '0'),
	               lpad((1 + i * 15485863::bigint % 999)::text, 3, '0') || lpad((1 + i * 32452843::bigint % 999)::text, 3, '0')
	               || lpad((1 + i * 49979687::bigint % 999)::text, 3, '0') || lpad((1 + i * 67867967::bigint % 999)::text, 3, '0')) AS digits, i
	          FROM generate_series(1, 4000) AS i) AS s,
	       (SELECT (ARRAY[2, 4, 6, 9, 12, 15, 18])[n] AS n FROM generate_series(1, 7) AS n) AS l;
	CREATE INDEX code_btree ON code (code);
	CREATE INDEX code_hash ON code USING hash (code);
	ANALYZE code;});
is($standby->safe_psql('lishui', "SELECT public.bt_index_parent_check('code_btree', true, true)"), '', 'a btree of area codes is in order');
is($standby->safe_psql('lishui', "SELECT count(*) FROM (SELECT code::text AS c, lag(code::text) OVER (ORDER BY code) AS before FROM code) AS o WHERE o.before COLLATE \"C\" > o.c COLLATE \"C\""),
	'0', 'which is that of their digits');
is($standby->safe_psql('lishui', "SET search_path = public, liskeban; SET enable_seqscan = off; SET enable_bitmapscan = off;
	SELECT count(*) FROM (SELECT c.code, (SELECT count(*) FROM code AS i WHERE i.code = c.code) AS by_index, count(*) OVER (PARTITION BY c.code::text) AS by_text
	  FROM (SELECT * FROM code WHERE substr(code::text, 3, 1) = '1') AS c) AS x WHERE x.by_index > 0 AND x.by_index < x.by_text"),
	'0', 'each code is found by its index as often as it is there');
is($standby->safe_psql('lishui', "SET search_path = public, liskeban; SELECT count(*) FROM (SELECT code FROM code GROUP BY code) AS a FULL JOIN (SELECT code::text AS t FROM code GROUP BY 1) AS b ON a.code::text = b.t WHERE a.code IS NULL OR b.t IS NULL"),
	'0', 'and equal are those that read alike');

$standby->stop;
done_testing();
