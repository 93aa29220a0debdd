
# A day without sweeps and then one gives the same alarms, at their own instants, as sweeping minute by minute; and both
# are what the rules make fire, worked out from history alone (regress/data/sweep_day.sql). Only fired_at differs, and
# when the database learned that a ticket on hold was resumed.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $node = PostgreSQL::Test::Cluster->new('day_sweep');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\nautovacuum = off\ntimezone = 'UTC'");
$node->start;

my $end = '2026-03-11 08:00+08';
my %minutes = (minute => 1, hour => 61, once => 'NULL');

$node->safe_psql('postgres', 'CREATE DATABASE before');
$node->safe_psql('before', "CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', '溧水区');");
$node->safe_psql('before', slurp_file("$root/regress/data/sweep_day.sql"));
cmp_ok($node->safe_psql('before', 'SELECT sweep_day_make(12)'), '>', 2000, 'a day is drawn');

# The keys of supervisions are drawn in the order of finding out.
my $alarms = "SELECT ticket_id, clock, level, run, subject IS NULL, at FROM liskeban.alarm ORDER BY 1, 2, 3, 4, 5, 6";
my $events = "SELECT ticket_id, seq, run, at, action, from_state, to_state, actor, note, detail FROM liskeban.ticket_event ORDER BY 1, 2";
my %of = (
	alarms => $alarms,
	events => $events,
	tickets => 'SELECT t.* FROM liskeban.ticket AS t ORDER BY ticket_id',
	worklist => 'SELECT w.* FROM liskeban.worklist AS w ORDER BY ticket_id',
	refusals => 'SELECT r.* FROM sweep_day_refused AS r ORDER BY at',
	figures => "SELECT k.* FROM liskeban.kpi('2026-03-01', '2026-03-31', 'holder', '$end') AS k");
my %digest;

for my $db (sort keys %minutes)
{
	$node->safe_psql('postgres', "CREATE DATABASE $db TEMPLATE before");
	$node->safe_psql($db, "CALL sweep_day_play($minutes{$db})");
	for my $what (sort keys %of)
	{
		$digest{$db}{$what} = $node->safe_psql($db, "SELECT count(*) || ' ' || md5(coalesce(string_agg(r::text, '|'), '')) FROM ($of{$what}) AS r");
	}
	is($node->safe_psql($db, "SELECT sweep_day_difference('$end')"), '', "$db: the alarms are what the rules make fire");
	is($node->safe_psql($db, 'SELECT * FROM liskeban.check_invariants()'), '', "$db: all invariants hold");
}
for my $what (sort keys %of)
{
	is($digest{once}{$what}, $digest{minute}{$what}, "$what: one sweep at the end is as one each minute");
	is($digest{hour}{$what}, $digest{minute}{$what}, "$what: one each hour is as one each minute");
}

# That there was something to compare
my $count = "SELECT count(*) > 20 FROM liskeban.alarm WHERE clock = '%s' AND level = '%s'";
for my $clock (qw(accept dispatch respond plan resolve feedback))
{
	for my $level (qw(yellow red))
	{
		is($node->safe_psql('once', sprintf($count, $clock, $level)), 't', "$clock fired $level");
	}
}
is( $node->safe_psql(
		'once',
		"SELECT count(*) >= 48, bool_and(at < recorded_at), bool_and(actor = 'platform') FROM liskeban.ticket_event
		  WHERE action = 'resume' AND actor <> 'hand'"),
	't|t|t', 'tickets on hold were resumed by the platform, later than they say');
is( $node->safe_psql(
		'once',
		"SELECT count(*) FROM liskeban.ticket_event AS r JOIN liskeban.ticket_event AS s ON s.ticket_id = r.ticket_id AND s.seq = r.seq - 1
		  WHERE r.action = 'resume' AND r.actor = 'platform' AND r.at IS DISTINCT FROM (s.detail -> 'suspend_until' ->> 1)::timestamptz"),
	'0', 'at the end of their suspension');
is($node->safe_psql('once', 'SELECT count(*) FROM sweep_day_refused'), '0', 'and nothing was refused');
is( $node->safe_psql(
		'minute',
		"SELECT max(a.fired_at - a.at) < interval '1 minute' FROM liskeban.alarm AS a JOIN liskeban.ticket AS t USING (ticket_id)
		  WHERE t.external_id !~ 'easier|harder|reclassified'"),
	't', 'swept each minute, an alarm is at most a minute late, but for what another class moved to before it');
is( $node->safe_psql('once', "SELECT count(*) > 500 FROM liskeban.alarm WHERE fired_at = '$end'"),
	't', 'swept once, most come at the end');

# The same day with rules that change on it: what passed until then passed by the rules until then

$node->safe_psql('before', 'SELECT sweep_day_rules()');
for my $db (qw(rules_minute rules_once))
{
	$node->safe_psql('postgres', "CREATE DATABASE $db TEMPLATE before");
	$node->safe_psql($db, 'CALL sweep_day_play(' . ($db eq 'rules_once' ? 'NULL' : 1) . ')');
	for my $what (sort keys %of)
	{
		$digest{$db}{$what} = $node->safe_psql($db, "SELECT count(*) || ' ' || md5(coalesce(string_agg(r::text, '|'), '')) FROM ($of{$what}) AS r");
	}
	is($node->safe_psql($db, 'SELECT * FROM liskeban.check_invariants()'), '', "$db: all invariants hold");
}
for my $what (sort keys %of)
{
	is($digest{rules_once}{$what}, $digest{rules_minute}{$what}, "$what: also where rules change");
}
is($node->safe_psql('rules_once', "SELECT count(*) FROM liskeban._replayed_dues((SELECT rules_event FROM liskeban.platform))"),
	'0', 'dues are those of a replay');
cmp_ok($node->safe_psql('rules_once', "SELECT count(*) FROM liskeban.ticket_event WHERE action = 'recompute'"),
	'>', 1000, 'which moved many');

$node->stop;
done_testing();
