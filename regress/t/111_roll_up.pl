
# The roll-up is what its events add up to, row by row, whatever goes on: under mixed load from several clients, with
# transactions that abort, that stay open, that two crashes of the server cut off, and two roll-ups at once. A replay in
# plain SQL (regress/data/roll_up_replay.sql) says the same. LISKEBAN_LOAD_SECONDS sets how long the load lasts.

use strict;
use warnings;

use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $root = "$FindBin::RealBin/../..";
my $seconds = $ENV{LISKEBAN_LOAD_SECONDS} || 24;
my $kinds = "'{demand,hazard,clue,service,policy,patrol,task}'";

my $node = PostgreSQL::Test::Cluster->new('roll_up');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\nmax_connections = 40\nrestart_after_crash = off");
$node->start;

sub create_platform
{
	my ($db, @files) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db, "CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', '溧水区');");
	$node->safe_psql($db, slurp_file("$root/regress/data/$_")) for 'roll_up_replay.sql', @files;
}

# stat_daily against the replay, flow() against it for every day that something happened on, and for a while before and after.
sub same_as_replay
{
	my ($db, $name) = @_;

	$node->safe_psql($db, "SELECT roll_up_replay((SELECT last_event_id FROM liskeban.roll_up_state WHERE name = 'stat_daily'))");
	is($node->safe_psql($db, 'SELECT * FROM roll_up_difference() LIMIT 5'), '', "$name: stat_daily is as the replay says");
	my ($from, $to) = split /\|/, $node->safe_psql($db, 'SELECT min(day) - 2, max(day) + 35 FROM liskeban.stat_daily');
	is( $node->safe_psql(
			$db,
			"WITH f AS MATERIALIZED (SELECT * FROM liskeban.flow('$from', '$to')),
			      r AS MATERIALIZED (SELECT * FROM roll_up_replay_flow('$from', '$to'))
			 (TABLE f EXCEPT TABLE r) UNION ALL (TABLE r EXCEPT TABLE f) ORDER BY 1"),
		'', "$name: so is flow(), day by day");
	is( $node->safe_psql(
			$db,
			"SELECT sum(opened) - sum(ended) = (SELECT count(*) FROM liskeban.worklist w JOIN liskeban.ticket t USING (ticket_id) WHERE t.parent_id IS NULL)
			   FROM liskeban.stat_daily"),
		't', "$name: what was opened and not ended is open");
}

# Lives drawn at random, in histories that the guard would not let happen: reverts, merges, children

create_platform('lives', 'kpi_lives.sql');
$node->safe_psql('lives',
	"ALTER TABLE liskeban.ticket DISABLE TRIGGER USER;
	 ALTER TABLE liskeban.ticket_event DISABLE TRIGGER USER;
	 SELECT kpi_lives(600);
	 UPDATE liskeban.ticket_event e SET detail = e.detail || jsonb_build_object('parent_id', jsonb_build_array(NULL, t.parent_id))
	   FROM liskeban.ticket t WHERE t.ticket_id = e.ticket_id AND e.seq = 1 AND t.parent_id IS NOT NULL;");
# They bear the ids they like: those that are there are rolled up in three parts, as the watermark would.
for my $third (1 .. 3)
{
	$node->safe_psql(
		'lives',
		"SELECT liskeban._roll_up_to(max(p.event_id), 500)
		   FROM (SELECT e.event_id FROM liskeban.ticket_event e ORDER BY e.event_id
		          LIMIT (SELECT count(*) * $third / 3 FROM liskeban.ticket_event)) p");
	is($node->safe_psql('lives', 'SELECT * FROM liskeban._roll_up_problems() LIMIT 5'),
		'', "drawn lives, $third third: the roll-up is the recomputation");
	$node->safe_psql('lives', "SELECT roll_up_replay((SELECT last_event_id FROM liskeban.roll_up_state WHERE name = 'stat_daily'))");
	is($node->safe_psql('lives', 'SELECT * FROM roll_up_difference() LIMIT 5'), '', 'and the replay');
}
my $flows = $node->safe_psql('lives', "SELECT * FROM liskeban.flow('2026-01-01', '2026-03-31')");
is($node->safe_psql('lives', "SELECT * FROM roll_up_replay_flow('2026-01-01', '2026-03-31') WHERE day <= current_date"),
	$flows, 'flow() is as the replay says');
$node->safe_psql('lives', "UPDATE liskeban.roll_up_state SET last_event_id = 0 WHERE name = 'stat_daily'; DELETE FROM liskeban.stat_daily; DELETE FROM liskeban.flow_daily");
is($node->safe_psql('lives', "SELECT * FROM liskeban.flow('2026-01-01', '2026-03-31')"), $flows, 'and the same where nothing is rolled up yet');

# The load

create_platform('load', 'roll_up_load.sql');
# The load lasts six days of its own time.
$node->safe_psql('load', "INSERT INTO load_clock VALUES (clock_timestamp(), '2024-09-02 08:00+08', 6 * 86400.0 / $seconds)");
my %scripts = (
	# One transaction in seven aborts, one in twelve stays open for a while, after it has drawn event ids.
	writer => <<'SQL',
\set steps random(1, 6)
\set fate random(1, 84)
\set nap random(300, 3000)
BEGIN;
SELECT load_steps(:steps);
\if :fate <= 7
\sleep :nap ms
SELECT load_steps(2);
\endif
\if :fate > 72
ROLLBACK;
\else
COMMIT;
\endif
SQL
	# by the clock of the load, so that dues pass with which nothing happens
	roller => <<'SQL');
BEGIN;
SELECT load_time(true);
SELECT liskeban.roll_up();
COMMIT;
\set nap random(50, 400)
\sleep :nap ms
SQL
append_to_file($node->basedir . "/$_.sql", $scripts{$_}) for keys %scripts;

my $log = $node->basedir . '/load.log';

sub run_load
{
	return map {
		my ($script, $clients) = @$_;
		IPC::Run::start(
			[   'pgbench', '-n', '-c', $clients, '-j', 1, '-T', $seconds * 2 + 60, '-f', $node->basedir . "/$script.sql",
				'-h', $node->host, '-p', $node->port, 'load' ],
			'<', \undef, '>', '/dev/null', '2>>', $log);
	} ([ 'writer', 5 ], [ 'roller', 2 ]);
}

sub end_load
{
	for my $load (@_)
	{
		$load->kill_kill(grace => 5);
	}
}

# The postmaster is killed like that; its children see it and go, and the server comes up again.
sub crash
{
	$node->kill9;
	my $until = time + 120;
	until ($node->start(fail_ok => 1))
	{
		die "the server did not come up again" if time > $until;
		sleep 0.5;
		$node->stop('fast', fail_ok => 1);
	}
}

my ($compared, $behind, $running, $wrong) = (0, 0, 0, '');
for my $part (1 .. 3)
{
	my @load = run_load();
	my $until = time + $seconds / 3;
	while (time < $until)
	{
		# All in one statement, hence with one snapshot, while all goes on: what is rolled up, and what kpi() makes of it.
		my $seen = $node->safe_psql(
			'load',
			"SELECT load_time(false);
			 SELECT concat((SELECT string_agg(p::text, ' ') FROM liskeban._roll_up_problems() p),
			               (SELECT string_agg(d::text, ' ') FROM unnest('{town,department,holder,tier}'::text[]) b, figures_unlike_history(b, '2024-09-01', '2024-09-04') d)),
			        EXISTS (SELECT FROM liskeban.ticket_event e, liskeban.roll_up_state s WHERE e.event_id > s.last_event_id),
			        (SELECT count(*) FROM liskeban.ticket_fact f WHERE NOT f.summed)");
		$seen =~ s/^.*\n//;
		$running = 1 if $seen =~ s/\|(\d+)$// && $1 > 0;
		$compared++;
		$behind++ if $seen =~ /t$/;
		$wrong .= $seen unless $seen =~ /^\|/;
		sleep 0.3;
	}
	if ($part < 3)
	{
		crash();
		my $problems = $node->safe_psql('load', 'SELECT * FROM liskeban._roll_up_problems() LIMIT 5');
		is($problems, '', "crash $part: the roll-up is what its events add up to");
	}
	end_load(@load);
}
is($wrong, '', "under load: the same each of the $compared times");
cmp_ok($compared, '>', 5, 'it was looked at more than a few times');
cmp_ok($behind, '>', 0, 'and was behind what was there');
ok($running, 'with clocks that ran');
like(slurp_file($log), qr/server closed the connection|could not connect|terminat/, 'the crashes hit the clients');

# The writers are gone as soon as the server has seen it.
$node->poll_query_until('load',
	"SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'load' AND backend_type = 'client backend' AND pid <> pg_backend_pid()")
  or die 'clients stay';
$node->safe_psql('load', 'SELECT liskeban.roll_up()');
is( $node->safe_psql('load', 'SELECT count(*) FROM liskeban.ticket_event e, liskeban.roll_up_state s WHERE e.event_id > s.last_event_id'),
	'0', 'in the end everything is rolled up');
is($node->safe_psql('load', 'SELECT * FROM liskeban._roll_up_problems() LIMIT 5'), '', 'and is the recomputation, row by row');
same_as_replay('load', 'after the load');

my ($tickets, $events, $unused, $late, $refused) = split /\|/, $node->safe_psql(
	'load',
	"SELECT (SELECT count(*) FROM liskeban.ticket), count(*), max(event_id) - 3201170000000000 - count(*),
	        count(*) FILTER (WHERE recorded_at > at + interval '10 minutes'), (SELECT count(*) FROM load_refused)
	   FROM liskeban.ticket_event");
diag("$seconds s: $tickets tickets, $events events, $unused event ids unused, $late events recorded late, $refused steps refused, compared $compared times");
cmp_ok($events, '>', 200, "$events events");
cmp_ok($unused, '>', 20, "$unused event ids that nothing came of");
cmp_ok($late, '>', 0, "$late events entered late");
my $nothing = $node->safe_psql(
	'load',
	"SELECT key FROM liskeban.stat_daily s, jsonb_each(to_jsonb(s) - '{day,area,category,source,kind}'::text[])
	  GROUP BY key HAVING sum(value::integer) = 0 ORDER BY key");
my @nothing = split /\n/, $nothing;
cmp_ok(scalar @nothing, '<=', 3, 'nearly every count had something to count' . (@nothing ? ", but for @nothing" : ''));
is( $node->safe_psql(
		'load',
		"SELECT count(*) FROM (SELECT sum(received), 'c' || category FROM liskeban.stat_daily GROUP BY category
		   UNION ALL SELECT sum(received), 't' || coalesce(left(area::text, 9), '(pool)') FROM liskeban.stat_daily GROUP BY left(area::text, 9)
		   EXCEPT SELECT received, 'c' || key FROM liskeban.kpi('2024-09-01', '2024-10-01', 'category', kinds => $kinds)
		   EXCEPT SELECT received, 't' || key FROM liskeban.kpi('2024-09-01', '2024-10-01', 'town', kinds => $kinds)) d"),
	'0', 'received is kpi\'s, by category and by town');
is($node->safe_psql('load', 'SELECT * FROM liskeban.check_invariants() LIMIT 5'), '', 'all invariants hold');

# It goes on after a restore, and after a change of zone

my $dump = $node->basedir . '/load.dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, $node->connstr('load') ], 'the platform is dumped');
$node->safe_psql('postgres', 'CREATE DATABASE copy');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('copy'), $dump ], 'and restored');
is($node->safe_psql('copy', 'SELECT liskeban.roll_up()'), '0', 'nothing is added twice');
$node->safe_psql('copy', "INSERT INTO load_clock VALUES (clock_timestamp(), '2024-09-09 08:00+08', 60000)") ;
$node->safe_psql('copy', 'DELETE FROM load_clock WHERE speed <> 60000; SELECT load_steps(50)');
cmp_ok($node->safe_psql('copy', 'SELECT liskeban.roll_up()'), '>', 0, 'what comes then is');
is($node->safe_psql('copy', 'SELECT * FROM liskeban._roll_up_problems() LIMIT 5'), '', 'and all is the recomputation');
$node->safe_psql('copy', "UPDATE liskeban.platform SET time_zone = 'America/New_York'");
is( $node->safe_psql('copy', 'SELECT liskeban.roll_up() = (SELECT count(*) FROM liskeban.ticket_event)'),
	't', 'days of another zone are added up anew');
same_as_replay('copy', 'another zone');

$node->stop;
done_testing();
