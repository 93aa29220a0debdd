
# History leaves for an archive and comes back: nothing is lost when the program or the server is killed in between, an
# archive is verified without a server, whatever is changed in it is named, and the figures of days stay what they were.

use strict;
use warnings;

use File::Copy qw(copy);
use File::Path qw(make_path remove_tree);
use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $node = PostgreSQL::Test::Cluster->new('archive');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nautovacuum = off\nsynchronous_commit = off");
$node->start;
$node->safe_psql('postgres', "CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', '溧水区');");

my $dir = PostgreSQL::Test::Utils::tempdir;
my $later = '2026-06-01 09:00+08';
$ENV{PGOPTIONS} = "-c liskeban.now=2026-06-01T09:00+08";
delete $ENV{PGDATABASE};

# What the job does; history that was put back is cleared again before it may leave.
my $clear = 'SELECT liskeban.anonymise_before((liskeban.liskeban_now() - (SELECT retention FROM liskeban.platform))::date)';

sub sql
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', "SET liskeban.now = '$later'; SET timezone = 'UTC'; $sql");
}

# The program and what it said: its exit status, standard output and standard error.
sub archive
{
	my @args = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'liskeban_archive', @args ], '<', \undef, '>', \$out, '2>', \$err);
	return ($? >> 8, $out, $err);
}
my @db = ('-d', $node->connstr('postgres'));

# Tickets of three half-years, worked on to their end, with all that a text may hold; some later on, one never.
$node->safe_psql('postgres', q{
	CREATE PROCEDURE live(tickets integer) LANGUAGE plpgsql AS $$
	BEGIN
	  FOR i IN 1 .. tickets LOOP
	    INSERT INTO liskeban.ticket (source, category, title) SELECT 'wechat', 'road_damage', 'ticket' FROM generate_series(1, 5);
	    PERFORM set_config('liskeban.now', (liskeban.liskeban_now() + interval '20 minutes')::text, false);
	    PERFORM liskeban.sweep();
	    UPDATE liskeban.ticket SET state = 'accepted', note = E'tab\there, line\nthere, back\\slash, 引号“”, "\\N"' WHERE state = 'reported';
	    UPDATE liskeban.ticket SET state = 'resolved', reply = 'said', note = '' WHERE state = 'accepted' AND ticket_id % 5 > 0;
	    PERFORM liskeban.dispatch(ticket_id, '320117') FROM liskeban.ticket WHERE state = 'accepted';
	    PERFORM set_config('liskeban.now', (liskeban.liskeban_now() + interval '1 day')::text, false);
	    UPDATE liskeban.ticket SET state = 'withdrawn', note = E'\\.' WHERE state IN ('resolved', 'dispatched') AND ticket_id % 5 > 1;
	    COMMIT;
	  END LOOP;
	END
	$$;
	SET liskeban.now = '2021-01-04 09:00+08';
	CALL live(70);
	SELECT liskeban.cut_history(1, '1 month');
	SELECT liskeban.seal_history();
	SET liskeban.now = '2021-07-05 09:00+08';
	UPDATE liskeban.ticket SET state = 'withdrawn', note = 'at last' WHERE state IN ('resolved', 'dispatched');
	CALL live(60);
	UPDATE liskeban.ticket SET state = 'withdrawn', note = 'at last' WHERE state IN ('resolved', 'dispatched');
	SELECT liskeban.cut_history(1, '1 month');
	SET liskeban.now = '2022-01-03 09:00+08';
	CALL live(10);
});
sql('SELECT liskeban.seal_history(); SELECT liskeban.roll_up(); ' . $clear);
my @ranges = map { [ split /\|/ ] } split /\n/, sql('SELECT first_ticket, last_ticket, problem FROM liskeban.archive_candidates()');
is(scalar @ranges, 3, 'three ranges');
is(join(',', map { $_->[2] // '' } @ranges), ',,it is in use', 'of which two may leave');
my ($one, $two) = map { "$dir/history-$_->[0]-$_->[1]" } @ranges;
my $history = q{SELECT count(*), md5(string_agg(e::text, '' ORDER BY e.event_id)) FROM liskeban.ticket_event AS e UNION ALL
	SELECT count(*), md5(string_agg(a::text, '' ORDER BY a.alarm_id)) FROM liskeban.alarm AS a};
my $flow = q{SELECT md5(string_agg(f::text, '' ORDER BY f.day)) FROM liskeban.flow('2021-01-01', '2022-12-31') AS f UNION ALL
	SELECT md5(string_agg(s::text, '' ORDER BY s::text)) FROM liskeban.stat_daily AS s};
my $kpi = "SELECT k.* FROM liskeban.kpi('%s', '%s', 'category') AS k";
my $whole = sql($history);
my $days = sql($flow);
my $kpi_kept = sql(sprintf $kpi, '2022-01-01', '2022-12-31');
my $kpi_one = sql(sprintf $kpi, '2021-01-01', '2021-02-28');
like($whole, qr/^\d{4}\|.*\n\d{3,}\|/, 'history and alarms');
cmp_ok(sql("SELECT count(*) FROM (SELECT s.seal_id FROM liskeban.seal AS s JOIN liskeban.ticket_event AS e ON e.event_id BETWEEN s.from_event_id AND s.to_event_id GROUP BY 1
	HAVING count(DISTINCT e.tableoid) > 1) AS s"), '>', 0, 'of which some seals have more than one range');
is(sql('SELECT * FROM liskeban.check_invariants()'), '', 'nothing is wrong before');

# Wrong usage, and a dry run

for my $wrong ([], ['history'], ['history', $dir, $dir], ['nothing', $dir], ['verify', '--before', '2020-01-01', $dir], ['history', $dir, '--root', '1'],
	['verify', $dir, '-n'], ['verify', $dir, '--root', 'x'], ['history', $dir, '--into', 'x'], ['history', $dir, '--what'])
{
	my ($status, $out, $err) = archive(@$wrong);
	is("$status $out", '2 ', 'wrong usage: ' . join ' ', map { $_ eq $dir ? 'DIR' : $_ } @$wrong);
}
my ($status, $out, $err) = archive('--help');
like("$status $out", qr/^0 liskeban_archive moves/, 'help');
($status, $out, $err) = archive('history', $dir, @db, '-n');
is($status, 0, 'a dry run');
like($out, qr/^tickets $ranges[0][0] to $ranges[0][1] may leave \(350\)\n.*stay: it is in use\narchived 2, kept 1\n$/s, 'says what would happen');
is(join(' ', glob "$dir/*"), '', 'and writes nothing');
is(sql($history), $whole, 'and changes nothing');
($status, $out, $err) = archive('history', $dir, @db, '--before', '2020-01-01');
is("$status $out", "0 archived 0, kept 3\n", 'nothing has been final since 2020');
($status, $out, $err) = archive('history', $dir, @db, '--before', '2025-01-01');
like("$status $err", qr/^1 .*22023/, 'what is kept by law is no choice');
($status, $out, $err) = archive('history', "$dir/nowhere", @db);
is("$status $out", '1 ', 'a folder that is not there');
is(sql($history), $whole, 'costs nothing');
sql('CREATE ROLE worker LOGIN IN ROLE liskeban_handler; CREATE ROLE keeper LOGIN IN ROLE liskeban_admin');
($status, $out, $err) = archive('history', $dir, '-d', $node->connstr('postgres') . ' user=worker options=');
like("$status $err", qr/^1 .*42501/, 'not everybody archives');

# Two at once: one is refused

my $other = $node->background_psql('postgres');
$other->query_safe("SELECT pg_advisory_lock(x'4c4b6172'::int, 0)");
($status, $out, $err) = archive('history', $dir, @db);
is("$status $err", "1 liskeban_archive: another liskeban_archive is at work in this database\n", 'one at a time');
$other->quit;

# Somebody is about to add to a ticket of the range: he ends first, and what was written is of no use

make_path("$one.part");
append_to_file("$one.part/ticket_event.copy.gz", 'left by one that was killed');
my $writer = $node->background_psql('postgres');
$writer->query_safe("SET liskeban.now = '$later'; BEGIN; SELECT liskeban.note($ranges[0][0] + 1, 'still here')");
my ($pout, $perr) = ('', '');
my $program = IPC::Run::start([ 'liskeban_archive', 'history', $dir, @db ], '<', \undef, '>', \$pout, '2>', \$perr);
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE query ~ 'liskeban._archive_let_go' AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()") or die 'it does not wait';
ok(-d $one, 'it is written and in its place before anything is let go');
$writer->query_safe('ROLLBACK');
$program->finish;
is($program->result(0), 0, 'what was taken back changes nothing');
like($pout, qr/^\Q$one\E\n\Q$two\E\narchived 2, kept 1\n$/, 'and both ranges leave');
$writer->quit;
ok(!-e "$one.part" && !-e "$two.part", 'nothing half is left');

# What is left is proved, and the figures of days are what they were

is(sql("SELECT count(*), min(ticket_id) FROM liskeban.ticket_event WHERE ticket_id <= $ranges[1][1]"), '0|', 'their events are gone');
is(sql('SELECT * FROM liskeban.check_invariants()'), '', 'nothing is wrong');
is(sql('SELECT * FROM liskeban.verify_history()'), '', 'what is left is as it was sealed');
is(sql($flow), $days, 'the figures of days are what they were');
is(sql(sprintf $kpi, '2022-01-01', '2022-12-31'), $kpi_kept, 'as are those of tickets that are here');
my ($ret, $stdout, $stderr) = $node->psql('postgres', "\\set VERBOSITY sqlstate\nSET liskeban.now = '$later'; " . sprintf $kpi, '2021-01-01', '2021-02-28');
like($stderr, qr/55000/, 'those of tickets that are away are refused');
($ret, $stdout, $stderr) = $node->psql('postgres', "\\set VERBOSITY sqlstate\nSET liskeban.now = '$later'; SELECT liskeban.note($ranges[0][0] + 1, 'x')");
like($stderr, qr/55000/, 'nothing more happens to them');
is(sql("SELECT count(*) FROM liskeban.archived_seal WHERE hashes IS NULL"), sql("SELECT count(*) FROM liskeban.archived_seal AS a JOIN liskeban.seal AS s USING (seal_id) WHERE a.events = s.events"),
	'hashes are kept of seals that others share alone');
sql("INSERT INTO liskeban.ticket (source, category, title) VALUES ('wechat', 'road_damage', 'new')");
sql('SELECT liskeban.seal_history(); SELECT liskeban.roll_up(); ' . $clear);
is(sql('SELECT * FROM liskeban.check_invariants()'), '', 'life goes on');

# The archive by itself, without any server

{
	local $ENV{PGHOST} = '/nonexistent';
	($status, $out, $err) = archive('verify', $one, $two);
	is("$status $err", '0 ', 'an archive holds by itself');
	my ($root) = $out =~ /root (\w{64})$/m;
	is((archive('verify', $one, '--root', $root))[0], 0, 'against a root that was printed');
	is((archive('verify', $one, '--root', '0' x 64))[0], 1, 'not against another');
}
is((archive('verify', $one, $two, @db))[0], 0, 'its seals are those of the platform');
is(sql("SELECT count(*) FROM liskeban.archive AS a JOIN liskeban.seal AS s USING (seal_id) WHERE a.root = s.root"), '2', 'whose chain goes on from its root');
system_or_bail('bash', '-c', "cd '$one' && for f in *.gz; do grep -q \$(sha256sum < \$f | cut -c1-64) manifest.json || exit 1; done");
pass('sha256sum says what the manifest does');
is(oct(sprintf '%04o', (stat "$one/ticket_event.copy.gz")[2] & 07777), oct('0600'), 'nobody else reads it');

# Whatever is changed in it is found; the manifest brought into line so that its sums do not tell

sub tampered
{
	my ($name, $table, $change, $expected, %also) = @_;
	my $copy = "$dir/copy";
	remove_tree($copy);
	make_path($copy);
	copy($_, $copy) for glob "$one/*";
	my @lines = split /^/, `zcat '$copy/$table'`;
	$change->(\@lines);
	open my $gz, '|-', "gzip > '$copy/$table'" or die;
	print $gz @lines;
	close $gz or die;
	my ($sum) = `sha256sum '$copy/$table'` =~ /^(\w+)/;
	my $manifest = slurp_file("$copy/manifest.json");
	my $size = -s "$copy/$table";
	my $rows = @lines;
	$manifest =~ s/("\Q$table\E".*?"rows": )\d+(.*?"bytes": )\d+(.*?"sha256": ")\w+/$1$rows$2$size$3$sum/s;
	$also{manifest}->($manifest) if $also{manifest};
	unlink "$copy/manifest.json";
	append_to_file("$copy/manifest.json", $manifest);
	my ($status, $out, $err) = archive('verify', $copy);
	is("$status $out", "1 $copy: does not hold\n", $name);
	like($err, $expected, "$name: it is named");
	return;
}
my ($event) = `zcat '$one/ticket_event.copy.gz' | sed -n 7p` =~ /^(\d+)/;
tampered('an actor', 'ticket_event.copy.gz', sub { $_[0][6] =~ s/\tpostgres\t/\tsomeone\t/ or die }, qr/event $event, .*changed: its hash/);
tampered('a time', 'ticket_event.copy.gz', sub { $_[0][6] =~ s/\t2021-/\t2020-/ or die }, qr/event $event, .*changed: its hash/);
my ($noted) = `zcat '$one/ticket_event.copy.gz' | grep -m1 'back'` =~ /^(\d+)/;
tampered('a note', 'ticket_event.copy.gz', sub { s/^($noted\t.*)back/$1front/ for @{ $_[0] } }, qr/event $noted, .*changed: its note/);
tampered('an event away', 'ticket_event.copy.gz', sub { splice @{ $_[0] }, 6, 1 }, qr/event $event, .*missing/);
tampered('the last ones away', 'ticket_event.copy.gz', sub { splice @{ $_[0] }, -2 }, qr/missing/);
tampered('an event twice', 'ticket_event.copy.gz', sub { splice @{ $_[0] }, 6, 0, $_[0][6] }, qr/event $event, .*added/);
tampered('two events in turn', 'ticket_event.copy.gz', sub { @{ $_[0] }[ 6, 7 ] = @{ $_[0] }[ 7, 6 ] }, qr/missing/);
tampered('a seal away', 'seal.copy.gz', sub { splice @{ $_[0] }, 0, 1 }, qr/added: no seal has it/);
tampered('a hash of a seal', 'seal.copy.gz', sub { $_[0][0] =~ s/([0-9a-f])$/$1 eq '0' ? '1' : '0'/e or die }, qr/root of seal 1 is not/);
tampered('a root', 'seal.copy.gz', sub { my @f = split /\t/, $_[0][0]; $f[6] =~ s/(.)$/$1 eq '0' ? '1' : '0'/e; $_[0][0] = join "\t", @f }, qr/root of seal 1 is not/);
tampered('an alarm of another ticket', 'alarm.copy.gz', sub { $_[0][0] =~ s/^\d+/1/ }, qr/not of its range/);
tampered('half a line', 'ticket_event.copy.gz', sub { chop $_[0][-1]; chop $_[0][-1] }, qr/ends within a line/);
tampered('no fields', 'ticket_event.copy.gz', sub { $_[0][3] = "x\n" }, qr/line 4 of .* is no event/);
tampered('the digest of the manifest', 'alarm.copy.gz', sub { }, qr/digest of its events/,
	manifest => sub { $_[0] =~ s/("digest": ")\w{8}/${1}ffffffff/ });
{
	my $copy = "$dir/copy";
	remove_tree($copy);
	make_path($copy);
	copy($_, $copy) for glob "$one/*";
	truncate "$copy/ticket_event.copy.gz", 1000;
	($status, $out, $err) = archive('verify', $copy);
	like("$status $err", qr/^1 .*has 1000 bytes/, 'a file cut short');
	unlink "$copy/seal.copy.gz";
	is((archive('verify', $copy))[0], 1, 'a file that is not there');
	unlink "$copy/manifest.json";
	append_to_file("$copy/manifest.json", '{"format": 2, "kind": "history"}');
	like((archive('verify', $copy))[2], qr/format 2/, 'a format of later days');
	($status, $out, $err) = archive('restore', $copy, @db);
	is($status, 1, 'nothing of the kind is restored');
	remove_tree($copy);
}

# Back: into a schema beside, and into its place

sql('CREATE SCHEMA old');
($status, $out, $err) = archive('restore', $one, '--into', 'old', @db);
like("$status $out$err", qr/^0 restored \d+ events and \d+ alarms/, 'restored beside the platform');
is(sql("SELECT count(*) FROM old.ticket_event"), sql("SELECT events FROM liskeban.archive ORDER BY archive_id LIMIT 1"), 'as many events');
is(sql("SELECT count(*) FROM old.ticket_event AS e WHERE e.hash IS DISTINCT FROM liskeban.event_hash(e.event_id, e.ticket_id, e.seq, e.run, e.at, e.recorded_at, e.action,
	e.from_state::text, e.to_state::text, e.actor, e.login, e.note_digest, e.detail)"), '0', 'each as it was');
($status, $out, $err) = archive('restore', $one, @db, '-n');
is($status, 0, 'a dry run of putting back');
is(sql("SELECT count(*) FROM liskeban.archive WHERE restored_at IS NULL"), '2', 'changes nothing');
($status, $out, $err) = archive('restore', $one, '-d', $node->connstr('postgres') . ' user=keeper');
is("$status $err", '0 ', 'put back by an administrator');
is(sql('SELECT * FROM liskeban.check_invariants()'), '', 'nothing is wrong with one back and the other away');
is(sql('SELECT * FROM liskeban.verify_history()'), '', 'history is as it was sealed');
is(sql(sprintf $kpi, '2021-01-01', '2021-02-28'), $kpi_one, 'its figures are what they were');
is((archive('restore', $one, @db))[0], 1, 'it is put back once');
is((archive('restore', $two, @db))[0], 0, 'the other too');
is(sql("SELECT count(*) FROM liskeban.archived_day") . sql('SELECT count(*) FROM liskeban.archived_seal'), '00', 'nothing of them is kept apart');
is(sql(sprintf('SELECT * FROM (%s) AS h', $history =~ s/AS e UNION/AS e WHERE ticket_id <= $ranges[2][0] + 49 UNION/r =~ s/AS a$/AS a WHERE ticket_id <= $ranges[2][0] + 49/r)), $whole, 'every row is what it was');

is(sql('SELECT * FROM liskeban.check_invariants()'), '', 'and nothing is wrong');

# Killed in between: the program once what it wrote is in its place, then the server as it lets go

is(sql('SELECT count(*) FROM liskeban.archive_candidates() WHERE problem LIKE $$%personal data%$$'), '2', 'it does not leave again before it is cleared');
sql($clear);
remove_tree($one, $two);
my $reader = $node->background_psql('postgres');
$reader->query_safe('BEGIN; LOCK TABLE liskeban.ticket_event IN ACCESS SHARE MODE');
($pout, $perr) = ('', '');
$program = IPC::Run::start([ 'liskeban_archive', 'history', $dir, @db ], '<', \undef, '>', \$pout, '2>', \$perr);
my $waits = "SELECT pid FROM pg_stat_activity WHERE query ~ 'liskeban._archive_let_go' AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()";
$node->poll_query_until('postgres', "SELECT EXISTS ($waits)") or die 'it does not wait';
$program->signal('KILL');
$program->finish;
sql("SELECT pg_terminate_backend(pid) FROM ($waits) AS w");
$node->poll_query_until('postgres', "SELECT NOT EXISTS ($waits)") or die 'it does not end';
ok(-d $one && !-d $two, 'the program was killed with the first in its place');
is(sql("SELECT count(*) FROM liskeban.archive WHERE restored_at IS NULL"), '0', 'the platform has let nothing go');
$reader->query_safe('COMMIT');
$reader->query_safe('BEGIN; LOCK TABLE liskeban.ticket_event IN ACCESS SHARE MODE');
($pout, $perr) = ('', '');
$program = IPC::Run::start([ 'liskeban_archive', 'history', $dir, @db ], '<', \undef, '>', \$pout, '2>', \$perr);
$node->poll_query_until('postgres', "SELECT EXISTS ($waits)") or die 'it does not wait';
$node->kill9;
$program->finish;
isnt($program->result(0), 0, 'the server was killed as it let go');
$reader->{run}->kill_kill;
for (1 .. 100)
{
	last if $node->start(fail_ok => 1);
	undef $node->{_pid};
	usleep(100_000);
}
is(sql("SELECT count(*) FROM liskeban.archive WHERE restored_at IS NULL"), '0', 'and has let nothing go');
is(sql('SELECT * FROM liskeban.verify_history()'), '', 'all of history is there');
my $written = (stat "$one/manifest.json")[9];
($status, $out, $err) = archive('history', $dir, @db);
is("$status $out", "0 $one\n$two\narchived 2, kept 1\n", 'the next run goes on');
is((stat "$one/manifest.json")[9], $written, 'with what lay there, verified again');
is(sql('SELECT * FROM liskeban.check_invariants()'), '', 'nothing is wrong');

# A platform whose history is away is dumped and restored as any other, and its archives go back into the copy

$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE template0');
command_ok([ 'pg_dump', '-Fc', '-f', "$dir/dump", $node->connstr('postgres') ], 'dumped');
command_ok([ 'pg_restore', '-1', '-d', $node->connstr('copy'), "$dir/dump" ], 'restored');
is($node->safe_psql('copy', "SET liskeban.now = '$later'; SELECT * FROM liskeban.check_invariants()"), '', 'nothing is wrong in the copy');
is((archive('restore', $two, '-d', $node->connstr('copy')))[0], 0, 'an archive is put back there');
is($node->safe_psql('copy', "SET liskeban.now = '$later'; SELECT * FROM liskeban.verify_history()"), '', 'and history holds');
$node->safe_psql('copy', "SET liskeban.now = '$later'; $clear");

# An archive of another platform of the same name lies in the way: it is not touched

$node->safe_psql('copy', "SET liskeban.now = '$later'; SELECT liskeban.note(max(ticket_id), 'x') FROM liskeban.ticket");
my $manifest = slurp_file("$two/manifest.json");
(my $wrong = $manifest) =~ s/"rows": (\d)/"rows": 9$1/;
unlink "$two/manifest.json";
append_to_file("$two/manifest.json", $wrong);
($status, $out, $err) = archive('history', $dir, '-d', $node->connstr('copy'));
is($status, 1, 'what lies in the place and does not hold stops it');
ok(-e "$two/ticket_event.copy.gz", 'and stays');
is($node->safe_psql('copy', "SELECT count(*) > 0 FROM liskeban.ticket_event WHERE ticket_id = $ranges[1][0]"), 't', 'as does history');
unlink "$two/manifest.json";
append_to_file("$two/manifest.json", $manifest);
is((archive('history', $dir, '-d', $node->connstr('copy')))[0], 0, 'put right it serves the copy, too');

# The outbox, by the million

sql(q{UPDATE liskeban.platform SET outbox_archived = true;
	SELECT setval('liskeban.outbox_id_seq', 3201170001000000); SELECT liskeban.make_partitions();
	INSERT INTO liskeban.ticket (source, category, title) VALUES ('wechat', 'road_damage', 'new');
	SELECT liskeban.register_outbox_consumer('wall');});
my $entries = sql('SELECT count(*) FROM liskeban.outbox WHERE id < 3201170001000000');
($status, $out, $err) = archive('outbox', $dir, @db, '-v');
is($status, 0, 'the outbox of who has not read it');
like($out, qr/stay: consumer "wall" has not acknowledged all of it\narchived 0, kept 1\n$/, 'stays');
sql("SELECT liskeban.ack_outbox('wall', max(id)) FROM liskeban.take_outbox('wall', 1000000)");
is(sql('SELECT liskeban.drop_outbox()'), '0', 'the job leaves it alone');
($status, $out, $err) = archive('outbox', $dir, @db);
is("$status $out", "0 $dir/outbox-3201170000000000-3201170000999999\narchived 1, kept 0\n", 'then it leaves');
is(sql('SELECT count(*) FROM liskeban.outbox WHERE id < 3201170001000000'), '0', 'and is gone');
is((archive('verify', "$dir/outbox-3201170000000000-3201170000999999"))[1], "$dir/outbox-3201170000000000-3201170000999999: holds, $entries entries of the outbox from 3201170000000000 to 3201170000999999\n", 'into a file with all of it');
is((archive('restore', "$dir/outbox-3201170000000000-3201170000999999", @db))[0], 1, 'from where it is not put back');

done_testing();
