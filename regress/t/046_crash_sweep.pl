
# 100,000 open tickets of which 5,000 come due: two sweeps at once fire each alarm once; a sweep whose backend, and then
# whose server is killed, run again, leaves the same rows as an undisturbed one.

use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $node = PostgreSQL::Test::Cluster->new('crash_sweep');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', q{
jit = off
fsync = off
autovacuum = off
shared_buffers = 256MB
restart_after_crash = on
});
$node->start;

# 95,000 came in a moment ago; of 4,800 everything about acceptance and response passed; 200 on hold are to be resumed,
# and their yellow passed between the end of the hold and now.
$node->safe_psql('postgres', 'CREATE DATABASE before');
$node->safe_psql('before', <<'SQL');
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
INSERT INTO liskeban.category (code, name, domain, difficulty, lead) VALUES ('s', 'simple', 'livelihood', 'simple', 'village');
SET liskeban.now = '2026-03-09 00:00+08';
INSERT INTO liskeban.ticket (source, category, title) SELECT 'wechat', 's', 'hold' FROM generate_series(1, 200);
UPDATE liskeban.ticket SET state = 'accepted';
UPDATE liskeban.ticket SET state = 'dispatched', responsible_area = '320117';
UPDATE liskeban.ticket SET state = 'on_site';
INSERT INTO liskeban.request (ticket_id, kind, asked_by, asked_at, until, reason, decided_by, decided_at, granted)
SELECT ticket_id, 'suspend', 'a', '2026-03-09 00:00+08', '2026-03-10 00:00+08', 'rain', 'b', '2026-03-09 00:00+08', true FROM liskeban.ticket;
UPDATE liskeban.ticket SET state = 'suspended', suspend_until = '2026-03-09 10:00+08'::timestamptz + (1 + ticket_id % 7) * interval '1 minute';
SET liskeban.now = '2026-03-10 09:40+08';
INSERT INTO liskeban.ticket (source, category, title) SELECT 'wechat', 's', 'due' FROM generate_series(1, 4800);
SET liskeban.now = '2026-03-10 10:00+08';
INSERT INTO liskeban.ticket (source, category, title) SELECT 'wechat', 's', 'not yet' FROM generate_series(1, 95000);
VACUUM ANALYZE;
SQL
my $now = "SET liskeban.now = '2026-03-10 10:00:30+08';";
my $expected = 4800 * 6 + 200;

sub digest
{
	my ($db) = @_;

	return $node->safe_psql($db, <<'SQL');
SELECT 'alarm', count(*), md5(string_agg(a::text, '|'))
  FROM (SELECT ticket_id, clock, level, run, subject, at FROM liskeban.alarm ORDER BY 1, 2, 3, 4, 5) AS a
UNION ALL
SELECT 'worklist', count(*), md5(string_agg(w::text, '|')) FROM (SELECT * FROM liskeban.worklist ORDER BY ticket_id) AS w
UNION ALL
SELECT 'ticket', count(*), md5(string_agg(t::text, '|')) FROM (SELECT * FROM liskeban.ticket WHERE title <> 'not yet' ORDER BY ticket_id) AS t
UNION ALL
SELECT 'event', count(*), md5(string_agg(e::text, '|'))
  FROM (SELECT ticket_id, seq, run, at, action, from_state, to_state, actor, detail FROM liskeban.ticket_event ORDER BY 1, 2) AS e
SQL
}

# A sweep that a test holds up after each batch, so that it can be caught in the middle.
sub begin_slow_sweep
{
	my ($db) = @_;
	my %sweep = (out => '', err => '', in => "$now\nSELECT 'backend ' || pg_backend_pid();\nCALL liskeban.run_sweep();\n\\q\n");

	$sweep{run} = IPC::Run::start([ 'psql', '-X', '-A', '-t', '-q', '-d', $node->connstr($db) ],
		'<', \$sweep{in}, '>', \$sweep{out}, '2>', \$sweep{err}, IPC::Run::timeout(180));
	$sweep{run}->pump until $sweep{out} =~ /backend (\d+)/;
	$sweep{pid} = $1;
	return \%sweep;
}

sub wait_for_alarms
{
	my ($db, $more_than) = @_;

	for (1 .. 1000)
	{
		my $count = $node->safe_psql($db, 'SELECT count(*) FROM liskeban.alarm');
		return $count if $count > $more_than;
		usleep(20_000);
	}
	return 0;
}

sub wait_for_server
{
	for (1 .. 1000)
	{
		return 1 if $node->psql('postgres', 'SELECT 1') == 0;
		usleep(50_000);
	}
	return 0;
}

for my $db (qw(alone two jobs killed))
{
	$node->safe_psql('postgres', "CREATE DATABASE $db TEMPLATE before STRATEGY file_copy");
}
is($node->safe_psql('before', 'SELECT count(*) FROM liskeban.worklist'), '100000', '100,000 tickets are open');
is($node->safe_psql('before', 'SELECT count(*) FROM liskeban.alarm'), '0', 'and nothing fired');

# Undisturbed

$node->safe_psql('alone', "$now CALL liskeban.run_sweep()");
is($node->safe_psql('alone', 'SELECT count(*) FROM liskeban.alarm'), $expected, "$expected levels of 5,000 tickets fire");
is($node->safe_psql('alone', "$now SELECT liskeban.sweep()"), '0', 'once');
is($node->safe_psql('alone', "SELECT count(*) FROM liskeban.ticket WHERE title = 'hold' AND state = 'on_site'"), '200', 'and 200 are resumed');
my $alone = digest('alone');

# Two at once, and a third when they are done

my @sweeps = map { { out => '', err => '' } } 1 .. 2;
$_->{run} = IPC::Run::start([ 'psql', '-X', '-A', '-t', '-q', '-d', $node->connstr('two'), '-c', "$now SELECT liskeban.sweep()" ],
	'>', \$_->{out}, '2>', \$_->{err}, IPC::Run::timeout(180)) for @sweeps;
$_->{run}->finish for @sweeps;
is($sweeps[0]{err} . $sweeps[1]{err}, '', 'two sweeps at once go well');
my $rest = $node->safe_psql('two', "$now SELECT liskeban.sweep()");
note "the two fired " . join(' and ', map { chomp; $_ } map { $_->{out} } @sweeps) . ", one after them $rest";
is($sweeps[0]{out} + $sweeps[1]{out} + $rest, $expected, 'together they fire each alarm once');
is($rest, '0', 'and leave none');
is(digest('two'), $alone, 'the same rows as of one');

# Two jobs at once, which commit page by page

@sweeps = map { { out => '', err => '' } } 1 .. 2;
$_->{run} = IPC::Run::start([ 'psql', '-X', '-A', '-t', '-q', '-d', $node->connstr('jobs'), '-c', $now, '-c', 'CALL liskeban.run_sweep()' ],
	'>', \$_->{out}, '2>', \$_->{err}, IPC::Run::timeout(180)) for @sweeps;
$_->{run}->finish for @sweeps;
is($sweeps[0]{err} . $sweeps[1]{err}, '', 'two jobs at once go well');
is(digest('jobs'), $alone, 'and leave the same rows as one');

# Killed

$node->safe_psql('killed', <<'SQL');
CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.7); RETURN NULL; END $$;
CREATE TRIGGER hold_up AFTER INSERT ON liskeban.alarm FOR EACH STATEMENT EXECUTE FUNCTION hold_up();
SQL
my $sweep = begin_slow_sweep('killed');
my $fired = wait_for_alarms('killed', 0);
cmp_ok($fired, '>', 0, 'a sweep has done some');
kill 'KILL', $sweep->{pid};
$sweep->{run}->finish;
like($sweep->{err}, qr/server closed the connection|terminat/, 'when its backend is killed');
ok(wait_for_server(), 'the server recovers');
my $after = $node->safe_psql('killed', 'SELECT count(*) FROM liskeban.alarm');
cmp_ok($after, '>=', $fired, 'what was committed is there');
cmp_ok($after, '<', $expected, 'and not all of it is');

$sweep = begin_slow_sweep('killed');
cmp_ok(wait_for_alarms('killed', $after), '>', $after, 'the next goes on where it was cut off');
$node->kill9;
$sweep->{run}->finish;
# Its backends go on for a while, and keep the next server from starting.
for (1 .. 600)
{
	last if $node->start(fail_ok => 1);
	usleep(100_000);
	$node->stop('fast', fail_ok => 1);
}
$after = $node->safe_psql('killed', 'SELECT count(*) FROM liskeban.alarm');
cmp_ok($after, '<', $expected, 'until the server is killed under it');
$node->safe_psql('killed', 'DROP TRIGGER hold_up ON liskeban.alarm');
$node->safe_psql('killed', "$now CALL liskeban.run_sweep()");
is(digest('killed'), $alone, 'run again, it ends in the same rows as undisturbed');

for my $db (qw(two killed))
{
	is($node->safe_psql($db, 'SELECT * FROM liskeban.check_invariants()'), '', "$db: all invariants hold");
}

$node->stop;
done_testing();
