
# The outbox: beside writers that commit in any order, roll back and take their time, a consumer that is killed again and
# again between taking and acknowledging gets every entry, in order; a prepared transaction holds back what is above it,
# also over a restart; NOTIFY comes once a sweep; old partitions go without keeping anybody.

use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

my $node = PostgreSQL::Test::Cluster->new('outbox');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\nautovacuum = off\nmax_prepared_transactions = 5");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
INSERT INTO liskeban.area (code, name) VALUES ('320117001', 'T1'), ('320117002', 'T2');
INSERT INTO liskeban.category (code, name, domain, difficulty, lead) VALUES ('s', 'simple', 'livelihood', 'simple', 'town');
SET liskeban.now = '2026-06-01 09:00+08';
INSERT INTO liskeban.ticket (source, category, title) SELECT 'web_forum', 's', 't' FROM generate_series(1, 400);
UPDATE liskeban.ticket SET state = 'accepted';
UPDATE liskeban.ticket SET state = 'dispatched', responsible_area = '320117001', note = 'n';
SELECT liskeban.register_outbox_consumer('push', '{dispatch}');
SQL

sub psql
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', "SET liskeban.now = '2026-06-01 09:00+08'; $sql");
}

# Writers of tickets of their own: short transactions, slow ones with entries before and after a rest, and those that
# think better of it, in whole or in part.
my $dir = PostgreSQL::Test::Utils::tempdir();
my $move = q{UPDATE liskeban.ticket SET state = 'dispatched', note = 'n', responsible_area = CASE WHEN responsible_area = '320117001' THEN '320117002' ELSE '320117001' END::liskeban.area_code
 WHERE ticket_id = 320117000000001 + :client_id * 100 + :i;};
$move =~ s/\n//g;
my %script = (
	short => "\\set i random(0, 99)\n$move\n",
	slow => "\\set i random(0, 49)\nBEGIN;\n$move\n\\sleep 30 ms\n\\set i random(50, 99)\n$move\nEND;\n",
	undone => "\\set i random(0, 99)\nBEGIN;\n$move\n\\sleep 5 ms\nROLLBACK;\n",
	half => "\\set i random(0, 49)\nBEGIN;\nSAVEPOINT s;\n$move\nROLLBACK TO s;\n\\sleep 5 ms\n\\set i random(50, 99)\n$move\nEND;\n");
append_to_file("$dir/$_.sql", $script{$_}) for keys %script;
my $seconds = 15;
my $before = psql("SELECT count(*) FROM liskeban.outbox WHERE topic = 'dispatch'");
my ($writers_out, $writers_err) = ('', '');
local $ENV{PGOPTIONS} = '-c liskeban.now=2026-06-01T09:00+08';
my $writers = IPC::Run::start(
	[ 'pgbench', '-n', '-c', '4', '-j', '2', '-T', $seconds, map({ ('-f', "$dir/$_->[0].sql\@$_->[1]") } [ short => 8 ], [ slow => 2 ], [ undone => 2 ], [ half => 2 ]),
		'-d', 'postgres', '-h', $node->host, '-p', $node->port ],
	'>', \$writers_out, '2>', \$writers_err);

delete $ENV{PGOPTIONS};

# The consumer: a life each until it is killed. A minute passes between its lives.
my (@lives, %first, @got);
my $kills = 0;
my $minutes = 0;
my $until = time + $seconds + 60;
while (time < $until)
{
	my ($in, $out, $err) = ("SET client_min_messages = warning; SET liskeban.now = '2026-06-01 09:00+08'::timestamptz + interval '61 seconds' * $minutes;\n", '', '');
	$in =~ s/SET liskeban\.now = (.*);\n/SELECT set_config('liskeban.now', ($1)::text, false) \\g \/dev\/null\n/;
	$minutes++;
	my $consumer = IPC::Run::start([ 'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres') ],
		'<', \$in, '>', \$out, '2>', \$err, IPC::Run::timeout(120));
	my $rounds = 1 + int rand 12;
	my $done = 0;
	my @life;
	while ($rounds-- > 0)
	{
		$out = '';
		my $max = 1 + int rand 60;
		$in .= "SELECT id FROM liskeban.take_outbox('push', $max);\n\\echo taken\n";
		$consumer->pump until $out =~ /^taken$/m || $err =~ /ERROR/;
		die $err if $err =~ /ERROR/;
		my @ids = $out =~ /^(\d+)$/mg;
		push @life, \@ids;
		last if $rounds == 0;
		if (@ids)
		{
			# All of it, or a part.
			my $acked = rand() < 0.8 ? $ids[-1] : $ids[int rand @ids];
			$out = '';
			$in .= "SELECT liskeban.ack_outbox('push', $acked);\n\\echo acked\n";
			$consumer->pump until $out =~ /^acked$/m || $err =~ /ERROR/;
			die $err if $err =~ /ERROR/;
			push @life, $acked;
		}
		elsif (!$writers->pumpable)
		{
			$done = 1;
			last;
		}
		$writers->pump_nb if $writers->pumpable;
		usleep(2_000);
	}
	push @lives, \@life;
	$consumer->kill_kill(grace => 0);
	$kills++ unless $done;
	last if $done;
}
$writers->finish;
unlike($writers_err, qr/ERROR|error/, 'the writers had no error') or diag($writers_err);
my ($transactions) = $writers_out =~ /transactions actually processed: (\d+)/;

# What it got: each batch in order, the first time of each after all before; what it had acknowledged never again.
my $disordered = 0;
my $again = 0;
my $last_new = 0;
my $cursor = 0;
for my $life (@lives)
{
	my $taken = $cursor;
	for my $batch (@$life)
	{
		if (!ref $batch) { $cursor = $taken = $batch; next; }
		my $previous = $cursor;
		for my $id (@$batch)
		{
			$disordered++ if $id <= $previous;
			$previous = $id;
			if ($first{$id}++) { $again++; next; }
			$disordered++ if $id <= $last_new;
			$last_new = $id;
			push @got, $id;
		}
	}
}
my @there = split /\n/, psql("SELECT id FROM liskeban.outbox WHERE topic = 'dispatch' ORDER BY id");
cmp_ok(scalar @there - $before, '>', 1000, "$transactions transactions of writers left " . (@there - $before) . ' entries');
cmp_ok(psql('SELECT max(id) - min(id) + 1 - count(*) FROM liskeban.outbox'), '>', 100, 'with gaps between them');
cmp_ok($kills, '>', 5, "the consumer was killed $kills times between taking and acknowledging");
cmp_ok($again, '>', 0, "and was given $again entries again");
is($disordered, 0, 'everything came in order');
is_deeply([ sort { $a <=> $b } @got ], \@there, 'nothing was passed by, and nothing came that is not there');
is(psql("SELECT count(*) FROM liskeban.take_outbox('all', 1000000)") + 0, psql('SELECT count(*) FROM liskeban.outbox') + 0, 'a new consumer is given the same');

# Nothing is held back for good.
is(psql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), '0', 'no lock is left');

# A prepared transaction

psql("SELECT liskeban.register_outbox_consumer('later', from_now => true)");
psql("BEGIN; UPDATE liskeban.ticket SET state = 'dispatched', note = 'prepared', responsible_area = '320117' WHERE ticket_id = 320117000000001; PREPARE TRANSACTION 'p'");
psql("UPDATE liskeban.ticket SET state = 'dispatched', note = 'above', responsible_area = '320117' WHERE ticket_id = 320117000000002");
my $take = "SELECT string_agg(payload ->> 'ticket_id', ' ' ORDER BY id) FROM liskeban.take_outbox('later')";
is(psql($take), '', 'a prepared transaction holds back what is above it');
$node->restart;
is(psql($take), '', 'also after a restart');
psql("COMMIT PREPARED 'p'");
is(psql($take), '320117000000001 320117000000002', 'once it is over, both come');

# NOTIFY

my $listener = $node->background_psql('postgres');
$listener->query_safe('LISTEN liskeban_outbox');
sub heard
{
	my $out = $listener->query_safe('SELECT 1');
	return [ $out =~ /notification "liskeban_outbox" with payload "(\d+)"/g ];
}
psql('SELECT liskeban.drop_outbox_consumer(consumer) FROM liskeban.outbox_consumer');
$node->safe_psql('postgres', "SET liskeban.now = '2026-06-01 09:10+08'; CALL liskeban.run_sweep()");
my $sweep = "SET liskeban.now = '2026-06-02 12:00+08'; CALL liskeban.run_sweep();";
heard();
my $alarms = $node->safe_psql('postgres', "SELECT count(*) FROM liskeban.alarm");
$node->safe_psql('postgres', $sweep);
cmp_ok($node->safe_psql('postgres', "SELECT count(*) FROM liskeban.alarm"), '>', $alarms + 100, 'a sweep fires alarms');
my $last = $node->safe_psql('postgres', 'SELECT max(id) FROM liskeban.outbox');
is_deeply(heard(), [$last], 'and notifies once, of the last of them');
$node->safe_psql('postgres', $sweep);
is_deeply(heard(), [], 'a sweep with nothing new does not');
psql("UPDATE liskeban.ticket SET state = 'dispatched', note = 'n', responsible_area = '320117' WHERE ticket_id BETWEEN 320117000000010 AND 320117000000020");
is_deeply(heard(), [], 'nor does what is written between sweeps');
$node->safe_psql('postgres', $sweep);
is(scalar @{ heard() }, 1, 'the next sweep tells of it');
$node->safe_psql('postgres', "SELECT liskeban.register_outbox_consumer('behind')");
$node->safe_psql('postgres', $sweep);
is(scalar @{ heard() }, 1, 'and each sweep as long as a consumer is behind');
$node->safe_psql('postgres', "SELECT liskeban.ack_outbox('behind', max(id)) FROM liskeban.take_outbox('behind', 1000000)");
$node->safe_psql('postgres', "SELECT liskeban.take_outbox('behind')");
$node->safe_psql('postgres', $sweep);
is_deeply(heard(), [], 'no longer');
$node->safe_psql('postgres', "BEGIN; SET LOCAL liskeban.now = '2026-06-05 12:00+08'; SELECT liskeban.sweep(); ROLLBACK;");
is_deeply(heard(), [], 'a sweep that is undone does not tell');
$node->safe_psql('postgres', "BEGIN; SET LOCAL liskeban.now = '2026-06-05 12:00+08'; SELECT liskeban.sweep(); COMMIT;");
is(scalar @{ heard() }, 1, 'the next does');
$listener->quit;

# From one partition into the next, in one statement

$node->safe_psql('postgres', "SELECT setval('liskeban.outbox_id_seq', 3201170000999990)");
psql("UPDATE liskeban.ticket SET state = 'dispatched', note = 'n', responsible_area = '320117' WHERE ticket_id BETWEEN 320117000000021 AND 320117000000051");
is($node->safe_psql('postgres', "SELECT string_agg(p || ' ' || n, ', ' ORDER BY p) FROM (SELECT tableoid::regclass::text AS p, count(*) AS n FROM liskeban.outbox
	WHERE id > 3201170000999990 GROUP BY 1) AS c"), 'outbox_p0000 9, outbox_p0001 22', 'a statement goes from one partition into the next');

# Old partitions: readers keep them, writers are not kept

my $drop = "SET client_min_messages = warning; SET liskeban.now = '2026-09-01 12:00+08'; SELECT liskeban.drop_outbox();";
is($node->safe_psql('postgres', $drop), '0', 'a consumer that is behind keeps the partition');
$node->safe_psql('postgres', "SELECT liskeban.ack_outbox('behind', max(id)) FROM liskeban.take_outbox('behind', 1000000)");
my $reader = $node->background_psql('postgres');
$reader->query_safe('BEGIN; SELECT count(*) FROM liskeban.outbox');
my $began = time;
is($node->safe_psql('postgres', $drop), '0', 'so does a reader');
cmp_ok(time - $began, '<', 30, 'for which nobody waits long');
psql("UPDATE liskeban.ticket SET state = 'dispatched', note = 'n', responsible_area = '320117002' WHERE ticket_id = 320117000000100");
$reader->query_safe('COMMIT');
$reader->quit;
is($node->safe_psql('postgres', $drop), '1', 'then it goes');
is($node->safe_psql('postgres', 'SELECT min(id) FROM liskeban.outbox'), '3201170001000000', 'and what is left begins with the next');
is($node->safe_psql('postgres', "SET liskeban.now = '2026-09-01 12:00+08'; SELECT * FROM liskeban.check_invariants()"), '', 'nothing is wrong');

done_testing();
