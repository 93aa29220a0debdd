
# What row security costs is an index's: each view of the operators, asked by a village, a town, a department, a source and the
# desk of the district on a platform with a history, reads no table of that history from one end to the other. What the
# plan shows, EXPLAIN tells; what functions do beneath it, the server's counts of rows read by sequential scans.

use strict;
use warnings;

use FindBin;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $bench = "$FindBin::RealBin/../bench";
my ($open, $history) = (400, 20000);

my $node = PostgreSQL::Test::Cluster->new('scope_plan');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\nsynchronous_commit = off\nautovacuum = off\nlog_statement = none\ntimezone = 'Asia/Shanghai'\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE scope');
$node->command_ok([ 'psql', '-X', '-q', '-d', $node->connstr('scope'), '-v', "open=$open", '-v', "history=$history", '-v', "top=$FindBin::RealBin/../..", '-f', "$bench/$_" ],
	"$_: $open open tickets behind a history of $history") for qw(wall.sql scope.sql);
# The history itself: events, alarms and whistles of what is closed, behind the guard's back.
$node->safe_psql('scope',
	"SET session_replication_role = replica;
	 ALTER TABLE liskeban.ticket_event DISABLE TRIGGER USER;
	 ALTER TABLE liskeban.alarm DISABLE TRIGGER USER;
	 ALTER TABLE liskeban.whistle DISABLE TRIGGER USER;
	 INSERT INTO liskeban.ticket_event (ticket_id, seq, run, at, recorded_at, action, from_state, to_state, actor, login, hash)
	 SELECT t.ticket_id, n, 1, t.received_at, t.received_at, 'note', t.state, t.state, 'a', 'a', '' FROM liskeban.ticket AS t, generate_series(1, 3) AS n;
	 INSERT INTO liskeban.alarm (ticket_id, clock, level, run, at, fired_at)
	 SELECT t.ticket_id, 'resolve', 'red', 1, t.received_at, t.received_at FROM liskeban.ticket AS t;
	 INSERT INTO liskeban.whistle (ticket_id, from_tier, to_tier, from_area, raised_by, reason, raised_at, sign_due, handle_due, signed_at, ended_at, outcome)
	 SELECT t.ticket_id, 'village', 'town', t.responsible_area, 'v', 'r', t.received_at, t.received_at, t.received_at, t.received_at, t.closed_at, 'solved'
	   FROM liskeban.ticket AS t WHERE t.closed_at IS NOT NULL AND t.responsible_area IS NOT NULL;
	 VACUUM ANALYZE");

# What grows with the history, and is read whole by nobody who asks for what is his.
my @long = qw(ticket ticket_event alarm reporter whistle ticket_intake ticket_fact outbox access_log);
# What is of closed tickets too: who sees the district is told all of it.
my %whole_district = map { $_ => 1 } qw(ticket_reporter ticket);

my $ask = "SET liskeban.now = '2026-03-10 10:00:30+08'; SELECT liskeban.act_as('%1\$s') \\g /dev/null\nSET ROLE %1\$s;\n";
my @views = split /\n/, $node->safe_psql('scope', "SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = 'liskeban'::regnamespace ORDER BY 1");
for my $view (qw(my_list supervision_open directive_status directive_pending ticket_clock subject_clock))
{
	ok((grep { $_ eq $view } @views), "$view is a view");
}

sub scans
{
	my ($plan) = @_;
	my $here = $plan->{'Node Type'} =~ /Seq Scan/ ? [ $plan->{'Relation Name'} ] : [];
	return (@$here, map { scans($_) } @{ $plan->{Plans} // [] });
}

sub counted
{
	return { map { split /\|/ } split /\n/, $node->safe_psql('scope',
		"SELECT pg_stat_clear_snapshot() \\g /dev/null
		SELECT regexp_replace(relname, '_(p\\d+|default|directive)\$', ''), sum(seq_tup_read) FROM pg_stat_user_tables WHERE schemaname = 'liskeban' GROUP BY 1") };
}

# Of a partition without rows the planner takes what it likes.
my %empty = map { $_ => 1 } split /\n/, $node->safe_psql('scope', "SELECT relname FROM pg_class WHERE relnamespace = 'liskeban'::regnamespace AND relpages = 0");
my %may = map { $_ => 1 } split /\n/, $node->safe_psql('scope',
	"SELECT r.rolname || ' ' || c.relname FROM pg_roles AS r, pg_class AS c
	  WHERE r.rolname LIKE 'bench%' AND c.relnamespace = 'liskeban'::regnamespace AND c.relkind IN ('r', 'v') AND has_table_privilege(r.oid, c.oid, 'SELECT')");
my $asked = 0;
my $before = counted();
for my $who (qw(bench_village bench_town bench_department bench_district bench_source))
{
	for my $view (@views, 'ticket')
	{
		next if !$may{"$who $view"};
		next if $who eq 'bench_district' && $whole_district{$view};
		$asked++;
		my $as = sprintf($ask, $who);
		my (undef, $stdout, $stderr) = $node->psql('scope',
			"$as EXPLAIN (FORMAT JSON, COSTS OFF) TABLE liskeban.$view;\nTABLE liskeban.$view \\g /dev/null\nRESET ROLE; SELECT pg_stat_force_next_flush() \\g /dev/null", on_error_stop => 0);
		my %seen = map { (s/_(?:p\d+|default|directive)$//r => 1) } grep { !$empty{$_} } scans(decode_json($stdout)->[0]{Plan});
		# a ticket may be seen from where it lies, its reporter only by whose it is
		is($stderr, '', "$view as $who") if $stderr ne '' && !($view eq 'ticket_reporter' && $stderr =~ /may not see the reporter of/);
		my $after = counted();
		is(join(' ', grep { $seen{$_} || $after->{$_} > $before->{$_} } @long), '', "$view as $who reads no history whole");
		$before = $after;
	}
}
cmp_ok($asked, '>', 30, "$asked questions");

# The counts do tell: without indexes the plan falls to a whole scan.
$before = counted();
$node->safe_psql('scope', sprintf($ask, 'bench_village') . "SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off;
	SELECT count(*) FROM liskeban.ticket \\g /dev/null\nSELECT pg_stat_force_next_flush() \\g /dev/null");
cmp_ok(counted()->{ticket}, '>', $before->{ticket}, 'a whole scan is counted');

$node->stop;
done_testing();
