
# The article's table in its small form: two days with three seeds and with the storm, through the public functions; no figure
# is an input; counts add up; the table is there, with every figure of the article.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $demo = "$FindBin::RealBin/../../jobs/demo";
my $shared = $ENV{LISKEBAN_SHARED} || "$FindBin::RealBin/../../../shared";
$ENV{LISKEBAN_SHARED} = $shared;
my $storm = -r "$shared/data/storms/bebinca_2024_ibtracs_radii.csv";

my $node = PostgreSQL::Test::Cluster->new('article');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE lishui');
$node->safe_psql('lishui', "CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', '溧水区');");
local $ENV{PGHOST} = $node->host;
local $ENV{PGPORT} = $node->port;
local $ENV{PGUSER} = getpwuid($<);
command_ok([ 'psql', '-X', '-q', '-d', 'lishui', '-f', "$demo/district.sql" ], 'the sample district');
my $dir = PostgreSQL::Test::Utils::tempdir;

sub value { return $node->safe_psql('lishui', $_[0]) }

# No figure is an input

my ($proof, $err) = run_command([ "$demo/article", 'prove', 'lishui', 'SHARE=0.12', 'SEEDS=1 2 3' ]);
like($err, qr/every figure of 20 or more moved with the seed/, 'other seeds, other figures');
like($proof, qr/^1,demands,1,/, 'they are listed');
append_to_file("$dir/proof.csv", "$proof\n");

# The period

command_ok([ "$demo/article", 'play', 'lishui', 'FROM=2024-09-15', 'DAYS=2', 'SHARE=0.12' ], 'two days are played');
command_ok([ "$demo/article", 'table', 'lishui', "$dir/article.md", "PROOF=$dir/proof.csv" ], 'the table is written');
my $table = slurp_file("$dir/article.md");
my @given = grep { !/^key,/ && ($storm || !/^storm_/) } split /\n/, slurp_file("$demo/article.csv");
for my $line (@given)
{
	my ($key, $number) = split /,/, $line;
	1 while $number =~ s/^(\d+)(\d{3})/$1,$2/;
	like($table, qr/^\| [^|]+ \| [^|]+ \| [^|]+ \| \Q$number\E(\.0)? \| [\d,.]+ \|/m, "$key stands beside what was computed");
}
my ($requests) = $table =~ /^\| 群众诉求 \|[^|]*\|[^|]*\|[^|]*\| ([\d,]+) \|/m;
is($requests, value("SELECT count(*) FROM liskeban.ticket WHERE kind = 'demand'"), 'demands are the tickets there are');
is(value("SELECT sum(requests) FROM demo.played"), $requests, 'and those who called');
is( value("SELECT sum(received) FROM liskeban.kpi('2024-09-15', '2024-09-16', 'town', '2024-09-17 00:00+08')"),
	$requests, 'the towns add up to them');
like($table, qr/^\| late_promise \|/m, 'the parameters are listed');

# People act, and the platform; nobody else writes

is(value("SELECT DISTINCT actor FROM liskeban.ticket_event WHERE actor <> 'platform' EXCEPT SELECT role_name FROM liskeban.membership"), '', 'only people of the district acted, and the platform');
is(value("SELECT count(*) FROM liskeban.ticket_event AS e WHERE e.recorded_at < e.at - interval '1 second'"), '0', 'nothing was recorded before it happened');
is(value("SELECT count(*) > 0 FROM liskeban.alarm WHERE fired_at - at <= interval '5 minutes'"), 't', 'alarms fired at their sweep');
is(value("SELECT count(*) FROM liskeban.alarm WHERE fired_at - at > interval '5 minutes'"), '0', 'all of them');
is(value("SELECT count(*) FROM demo.refused WHERE sqlstate NOT IN ('LK002', 'LK001', 'LK005', '55000')"), '0', 'what the rules refused is what people get wrong');
is(value("SELECT string_agg(name, ' ' ORDER BY name) FROM liskeban.job WHERE last_error IS NULL AND last_success_for IS NOT NULL"), 'analyse partitions roll_up seal', 'the daily jobs ran');
SKIP:
{
	skip 'no track of Bebinca', 2 unless $storm;
	is(value("SELECT caught FROM liskeban_report.emergency"),
		value("SELECT count(*) FROM liskeban.ticket WHERE category IN (SELECT category FROM liskeban.emergency_sla WHERE kind = 'typhoon') AND (resolved_at IS NULL OR resolved_at >= (SELECT begins_at FROM liskeban.emergency)) AND state NOT IN ('rejected', 'withdrawn', 'merged')"),
		'the emergency caught its tickets');
	is(value("SELECT count(*) FROM liskeban.ticket WHERE emergency IS NOT NULL AND resolve_due - greatest(received_at, (SELECT begins_at FROM liskeban.emergency)) NOT IN ('30 minutes', '15 minutes')"), '0', 'each by its own clock');
}
is(value('SELECT * FROM liskeban.check_invariants()'), '', 'all invariants hold');

# What is an input is told

$node->safe_psql('lishui', "UPDATE demo.behaviour SET value = $requests WHERE key = 'reward_cap'");
command_fails_like([ "$demo/article", 'table', 'lishui', "$dir/none.md" ], qr/figures are inputs: demands as computed is the parameter reward_cap/, 'a figure that is a parameter makes no table');
ok(!-e "$dir/none.md", 'none');

$node->stop;
done_testing();
