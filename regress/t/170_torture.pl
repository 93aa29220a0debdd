
# Faults under load. Eight clients write at random, each keeping a journal of what it was told; meanwhile backends and the
# postmaster are killed, connections cut off in the middle of a COPY and of a statement, slots used up, locks held, a disk
# filled, the clock put forward and back, areas and rules taken away and given back. After every fault all invariants hold,
# and history has every write that was acknowledged, once, in the order in which it was acknowledged, and none that was
# refused; of what nobody was told the outcome it has all or nothing.
#
# LISKEBAN_TORTURE_SECONDS says how long (60), LISKEBAN_SEED what is drawn (1). LISKEBAN_SMALL_DISK is a small file system
# that may be filled; without one that fault is left out. make torture gives one where it may mount it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";
use IO::Handle;
use List::Util qw(shuffle);
use POSIX qw(_exit strftime WNOHANG);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC sleep time);
use Wire;

my $root = "$FindBin::RealBin/../..";
my $seconds = $ENV{LISKEBAN_TORTURE_SECONDS} || 60;
my $seed = $ENV{LISKEBAN_SEED} || 1;
my $small_disk = $ENV{LISKEBAN_SMALL_DISK};
my $faults_a_round = $ENV{LISKEBAN_TORTURE_ROUND} || 25;
my $writers = 7;    # and one who COPYs

my $node = PostgreSQL::Test::Cluster->new('torture');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', q{
jit = off
fsync = off
max_connections = 30
restart_after_crash = on
deadlock_timeout = 200ms
shared_buffers = 64MB
log_min_messages = fatal
});
$node->start;
my $socket = $node->host . '/.s.PGSQL.' . $node->port;
my $folder = $node->basedir;
my $began = time;

$node->safe_psql('postgres', 'CREATE DATABASE before');
$node->safe_psql('before', "SET liskeban.now = '2026-03-02 08:00+08'; CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', '溧水区');\n"
	  . slurp_file("$root/regress/data/guard_district.sql"));
$node->safe_psql('before', "CREATE ROLE writer_$_ LOGIN IN ROLE liskeban_admin; INSERT INTO liskeban.membership (role_name, duty) VALUES ('writer_$_', 'admin')")
  for 1 .. $writers + 2;
if (defined $small_disk)
{
	$node->safe_psql('postgres', "CREATE TABLESPACE small LOCATION '$small_disk/space'") if mkdir "$small_disk/space";
	$node->safe_psql('before', "ALTER TABLE liskeban.$_ SET TABLESPACE small") for qw(ticket_event_p000 ticket);
}

# ---- the clock: a second is two minutes, and a fault may put it elsewhere ----

sub set_clock
{
	my ($offset) = @_;

	open my $f, '>', "$folder/clock.new" or die;
	print $f "$offset\n";
	close $f;
	rename "$folder/clock.new", "$folder/clock" or die;
	return;
}

sub clock
{
	open my $f, '<', "$folder/clock" or die;
	my $offset = <$f>;
	close $f;
	# from 2026-03-02 00:00 UTC
	my $t = 1772409600 + $offset + (time - $began) * 120;
	return strftime('%Y-%m-%d %H:%M:%S', gmtime $t) . sprintf('.%03d+00', ($t - int $t) * 1000);
}

# ---- the clients ----

sub pick { return $_[ int rand @_ ]; }

my $base = 320117000000000;
my %move = (
	reported => [ [ 7, "state = 'accepted'" ], [ 1, "state = 'resolved', reply = 'r'" ], [ 1, "state = 'rejected', reject_reason = 'unclear', reply = 'r'" ] ],
	accepted => [ [ 7, "state = 'dispatched', responsible_area = '320117001001'" ], [ 2, "state = 'dispatched', department = 'data'" ], [ 1, "state = 'withdrawn'" ] ],
	dispatched => [ [ 6, "state = 'on_site'" ], [ 1, "state = 'dispatched', responsible_area = '320117002001'" ], [ 1, "state = 'withdrawn'" ] ],
	on_site => [ [ 6, "state = 'resolved', resolution = 'done'" ], [ 2, "state = 'planned', plan = 'p', promised_at = liskeban.liskeban_now() + interval '3 days'" ] ],
	planned => [ [ 3, "state = 'resolved', resolution = 'done'" ] ],
	resolved => [
		[ 4, "state = 'closed', satisfaction = CASE WHEN has_reporter THEN 'satisfied'::liskeban.satisfaction END, solved = CASE WHEN has_reporter THEN true END, checked_by = CASE WHEN NOT has_reporter THEN 'chief' END" ],
		[ 2, "state = 'dispatched'" ] ],
	rejected => [ [ 1, "state = 'accepted'" ] ]);
my @change = ("priority = 1 + (priority + 1) % 4", "category = 'general'", "category = 'call'", "title = 'another'",
	"geom = ST_SetSRID(ST_MakePoint(119.03, 31.07), 4490)", "geom = ST_SetSRID(ST_MakePoint(119.07, 31.02), 4490)");

sub drawn
{
	my (@choice) = @_;
	my $sum = 0;
	$sum += $_->[0] for @choice;
	my $at = rand $sum;
	for (@choice)
	{
		return $_->[1] if ($at -= $_->[0]) < 0;
	}
}

# A client's life: journal lines are "I op time token…" before something is sent, then "A op time token=ticket/seq…" when it
# was acknowledged, "R op time SQLSTATE" when it was refused; neither, when the connection was lost in between.
sub run_writer
{
	my ($k, $database, $round) = @_;
	my $user = $k > $writers ? 'postgres' : "writer_$k";
	my ($op, $wire, @own, @known, @retry, $newest) = (0);
	my (%seen, %lost);

	srand($seed * 1000003 + $round * 1009 + $k);
	open my $journal, '>>', "$folder/journal.$round.$k" or die;
	$journal->autoflush(1);
	while (!-e "$folder/stop.$round")
	{
		if (!$wire)
		{
			$wire = Wire->connect($socket, $user, $database);
			sleep 0.05 unless $wire;
			next unless $wire;
			$wire->query("SET lock_timeout = '2s'");
		}
		$op++;
		my $token = "t:$round.$k.$op";
		my $now = clock();
		my $set = "SET liskeban.now = '$now'; ";
		my ($kind, $sql, @tokens, @tickets, @rows) = ('');
		my $draw = rand;

		if (@retry && $draw < 0.5)
		{
			# Nobody knows whether it came in: the source sends it again.
			($kind, $token) = ('submit', shift @retry);
		}
		elsif ($k > $writers)
		{
			$kind = 'copy';
			@rows = map { "$token.$_" } 1 .. 1 + int rand 12;
		}
		elsif ($draw < 0.25 || !$newest)
		{
			$kind = 'submit';
		}
		if ($kind eq 'submit')
		{
			my ($lon, $lat) = (119 + rand(0.11), 31 + rand(0.11));
			my ($phone, $category) = (pick('"13800000000"', 'null'), pick('simple', 'simple', 'hard'));
			# the same request whenever it is sent
			($lon, $lat, $phone, $category) = @{ $seen{$token} ||= [ $lon, $lat, $phone, $category ] };
			@tokens = ($token);
			$sql = "SELECT ticket_id, outcome FROM liskeban.submit('{\"source\": \"wechat\", \"external_id\": \"$token\", \"category\": \"$category\", \"title\": \"torture\", \"reporter_phone\": $phone, \"lon\": $lon, \"lat\": $lat, \"datum\": \"cgcs2000\"}')";
		}
		elsif ($kind eq 'copy')
		{
			@tokens = @rows;
		}
		else
		{
			my $id = $draw < 0.6 && @own ? pick(@own[ ($#own > 20 ? $#own - 20 : 0) .. $#own ]) : $base + 1 + int rand($newest - $base);
			if ($draw < 0.32)
			{
				# two tickets in one transaction, the lower one first
				my @two = sort { $a <=> $b } (pick(@known, $newest), pick(@known, $newest));
				next if $two[0] == $two[1];
				@tokens = ("$token.1", "$token.2");
				@tickets = @two;
				$kind = 'both';
				$sql = "BEGIN; UPDATE liskeban.ticket SET note = '$token.1' WHERE ticket_id = $two[0] RETURNING last_seq; "
				  . "UPDATE liskeban.ticket SET note = '$token.2' WHERE ticket_id = $two[1] RETURNING last_seq; COMMIT";
			}
			elsif ($draw < 0.36)
			{
				@tokens = ($token);
				$kind = 'whistle';
				$sql = "SELECT liskeban.blow_whistle($id, '$token')";
			}
			elsif ($draw < 0.40)
			{
				$kind = 'other';
				$sql = pick("SELECT liskeban.sign_whistle(whistle_id) FROM liskeban.whistle WHERE signed_at IS NULL AND ended_at IS NULL LIMIT 1",
					"SELECT liskeban.add_party($id, NULL, 'data')", "SELECT liskeban.party_done($id, 'd')", "SELECT liskeban.contact($id, 'c')",
					"SELECT liskeban.supervise($id, 'order', 'why')", "SELECT liskeban.revert($id, 'back')", "SELECT liskeban.merge($id, $id - 1)");
			}
			else
			{
				my $answer = $wire->query("SELECT state FROM liskeban.ticket WHERE ticket_id = $id");
				my $state = $answer->{rows}[0] ? $answer->{rows}[0][0] : undef;
				if (!defined $answer->{ready})
				{
					undef $wire;
					next;
				}
				next unless defined $state;
				push @known, $id;
				shift @known if @known > 40;
				my $to = $move{$state} && rand() < 0.75 ? drawn(@{ $move{$state} }) : pick(@change, 'priority = priority');
				@tokens = ($token);
				@tickets = ($id);
				$kind = 'update';
				$sql = "UPDATE liskeban.ticket SET note = '$token', $to WHERE ticket_id = $id RETURNING last_seq";
			}
		}

		print $journal join("\t", 'I', $op, clock_gettime(CLOCK_MONOTONIC), $kind, @tokens), "\n";
		my $answer;
		if ($kind eq 'copy')
		{
			$answer = $wire->query("SET liskeban.now = '$now'");
			$answer = $wire->query("COPY liskeban.ticket (source, external_id, category, title) FROM STDIN") if $answer->{ready};
			if (($answer->{ready} || '') eq 'G')
			{
				$wire->copy_rows(map { "wechat\t$_\tsimple\tcopied" } @rows);
				$answer = $wire->copy_end;
			}
		}
		elsif ($kind ne 'update' && $kind ne 'both' && rand() < 0.02)
		{
			$wire->send_and_cut($set . $sql);
			$answer = {};
		}
		else
		{
			$answer = $wire->query($set . $sql);
		}
		my $ended = clock_gettime(CLOCK_MONOTONIC);
		my $rows = $answer->{rows} || [];
		if (!$answer->{ready})
		{
			push @retry, $token if $kind eq 'submit';
			$lost{$token} = 1;
			$wire->cut;
			undef $wire;
			print $journal join("\t", 'L', $op, $ended), "\n";
		}
		elsif (defined $answer->{sqlstate})
		{
			print $journal join("\t", 'R', $op, $ended, $answer->{sqlstate}), "\n";
			push @retry, $token if $lost{$token};
			print $journal join("\t", 'V', "unexpected error $answer->{sqlstate} $answer->{message} of $sql"), "\n"
			  unless $answer->{sqlstate} =~ /^(?:LK...|42501|P0002|55P03|40P01|57014|53100|53300|55000|23503|23505|57P0.)$/;
			$wire->query('ROLLBACK') if $kind eq 'both';
		}
		else
		{
			my @told;
			if ($kind eq 'submit')
			{
				my ($id, $outcome) = @{ $rows->[0] };
				print $journal join("\t", 'V', "submit of $token: $outcome"), "\n" unless $outcome =~ /^(?:created|existing)$/ && $id;
				@told = ("$token=$id/1");
				push @own, $id;
				$newest = $id if !$newest || $id > $newest;
			}
			elsif ($kind eq 'whistle') { @told = "$token=$rows->[0][0]/0"; }
			elsif ($kind eq 'copy') { @told = map { "$_=/1" } @tokens; }
			elsif (@$rows == @tickets)
			{
				@told = map { "$tokens[$_]=$tickets[$_]/$rows->[$_][0]" } 0 .. $#tickets;
			}
			else
			{
				# the ticket number was never used
				print $journal join("\t", 'R', $op, $ended, 'none'), "\n";
				next;
			}
			print $journal join("\t", 'A', $op, $ended, @told), "\n";
		}
		sleep rand 0.1;
	}
	return;
}

# The platform's jobs, and whoever reads the outbox, in the order that was promised.
sub run_jobs
{
	my ($database, $round) = @_;
	my ($wire, $acked) = (undef, 0);

	srand($seed * 7 + $round);
	open my $journal, '>>', "$folder/journal.$round.0" or die;
	$journal->autoflush(1);
	while (!-e "$folder/stop.$round")
	{
		$wire ||= Wire->connect($socket, 'writer_' . ($writers + 1), $database);
		sleep 0.05 unless $wire;
		next unless $wire;
		$wire->query("SET liskeban.now = '" . clock() . "'");
		for my $job (pick('SELECT liskeban.sweep()', 'CALL liskeban.run_sweep()'), 'SELECT liskeban.note_watermark()', 'SELECT liskeban.seal_history()',
			pick('SELECT liskeban.roll_up()', 'SELECT liskeban.check_platform()'))
		{
			my $answer = $wire->query($job);
			if (!$answer->{ready})
			{
				undef $wire;
				last;
			}
			print $journal join("\t", 'V', "unexpected error $answer->{sqlstate} $answer->{message} of $job"), "\n"
			  if defined $answer->{sqlstate} && $answer->{sqlstate} !~ /^(?:55P03|40P01|57014|53100|57P0.)$/;
		}
		next unless $wire;
		my $answer = $wire->query("SELECT id FROM liskeban.take_outbox('torture', 20)");
		my @ids = map { $_->[0] } @{ $answer->{rows} };
		if (!$answer->{ready})
		{
			undef $wire;
			next;
		}
		next if defined $answer->{sqlstate} || !@ids;
		my $last = $acked;
		for my $id (@ids)
		{
			print $journal join("\t", 'V', "outbox entry $id was given after $last"), "\n" if $id <= $last;
			$last = $id;
		}
		$answer = $wire->query("SELECT liskeban.ack_outbox('torture', $last)");
		print $journal join("\t", 'O', @ids), "\n";
		$acked = $last if $answer->{ready} && !defined $answer->{sqlstate};
		undef $wire unless $answer->{ready};
		sleep rand 0.2;
	}
	return;
}

my %clients;

sub start_clients
{
	my ($database, $round) = @_;

	for my $k (0 .. $writers + 1)
	{
		my $pid = fork;
		die "could not fork" unless defined $pid;
		if ($pid == 0)
		{
			$k == 0 ? run_jobs($database, $round) : run_writer($k, $database, $round);
			_exit(0);
		}
		$clients{$pid} = $k;
	}
	return;
}

sub stop_clients
{
	my ($round) = @_;

	append_to_file("$folder/stop.$round", "\n");
	my $badly = 0;
	for my $pid (keys %clients)
	{
		waitpid $pid, 0;
		$badly++ if $? != 0;
		delete $clients{$pid};
	}
	return $badly;
}

# ---- what the journals say ----

my (%offset, %state);    # of a round: by token what came of it

sub read_journals
{
	my ($round) = @_;
	my @violations;

	for my $k (0 .. $writers + 1)
	{
		open my $f, '<', "$folder/journal.$round.$k" or next;
		seek $f, $offset{$k} || 0, 0;
		while (my $line = <$f>)
		{
			last unless $line =~ /\n\z/;
			$offset{$k} += length $line;
			chomp $line;
			my ($what, $op, $at, @rest) = split /\t/, $line;
			if ($what eq 'I')
			{
				my ($kind, @tokens) = @rest;
				$state{open}{"$k.$op"} = \@tokens;
				for my $token (@tokens)
				{
					# sent again, it began when it was first sent
					$state{token}{$token} ||= { begin => $at, kind => $kind, group => \@tokens, client => $k };
				}
			}
			elsif ($what eq 'A')
			{
				for (@rest)
				{
					my ($token, $ticket, $seq) = m{^(.*)=(\d*)/(\d+)$} or die "journal: $_";
					my $t = $state{token}{$token};
					@$t{qw(end ticket seq)} = ($at, $ticket, $seq);
					delete $t->{refused};
					$state{acknowledged}++;
				}
			}
			elsif ($what eq 'R')
			{
				# of what was sent twice, the first may have come in
				for my $token (@{ $state{open}{"$k.$op"} })
				{
					my $t = $state{token}{$token};
					$t->{refused} = $rest[0] unless $t->{unknown};
				}
				$state{refused}++;
			}
			elsif ($what eq 'L')
			{
				$state{token}{$_}{unknown} = 1 for @{ $state{open}{"$k.$op"} };
				$state{lost}++;
			}
			elsif ($what eq 'O')
			{
				$state{outbox}{$_} = 1 for split /\t/, $line =~ s/^O\t//r;
			}
			elsif ($what eq 'V')
			{
				push @violations, "client $k: " . substr($line, 2);
			}
		}
		close $f;
	}
	return @violations;
}

# What is wrong, by one snapshot of the database.
sub violations
{
	my ($wire, $round, $still) = @_;
	my @wrong = read_journals($round);

	$wire->query("SET liskeban.now = '" . clock() . "'; SET datestyle = iso");
	$wire->query('BEGIN ISOLATION LEVEL ' . ($still ? 'READ COMMITTED' : 'REPEATABLE READ'));
	my $ask = sub {
		my $answer = $wire->query($_[0], 300);
		return @{ $answer->{rows} } if $answer->{ready} && !defined $answer->{sqlstate};
		push @wrong, "not answered: $_[0]: " . ($answer->{message} || 'connection lost');
		return;
	};
	# the journals first: what they know by now is in the snapshot
	my @events = $ask->("SELECT note, ticket_id, seq FROM liskeban.ticket_event WHERE note LIKE 't:%'");
	my %given = map { $_->[0] => $_->[1] } $ask->("SELECT external_id, ticket_id FROM liskeban.ticket WHERE external_id LIKE 't:%'");
	my %whistle = map { $_->[0] => $_->[1] } $ask->("SELECT reason, whistle_id FROM liskeban.whistle WHERE reason LIKE 't:%'");
	push @wrong, map { "$_->[0]: " . ($_->[1] || '') . " $_->[2]" } $ask->('SELECT * FROM liskeban.check_invariants()');
	push @wrong, map { join ' ', 'history', map { defined ? $_ : '' } @$_ } $ask->('SELECT * FROM liskeban.verify_history()') if $still;
	$wire->query('COMMIT');

	my (%there, %of_ticket);
	for my $event (@events)
	{
		my ($token, $ticket, $seq) = @$event;
		# what a whistle says stands in history, too, as often as it says something
		next if exists $whistle{$token} || ($state{token}{$token} && $state{token}{$token}{kind} eq 'whistle');
		push @wrong, "$token is in history twice" if exists $there{$token};
		$there{$token} = [ $ticket, $seq ];
		push @{ $of_ticket{$ticket} }, [ $seq, $token ];
	}
	$there{$_} = [ $given{$_}, 1 ] for keys %given;
	$there{$_} = [ $whistle{$_}, 0 ] for keys %whistle;
	while (my ($token, $t) = each %{ $state{token} })
	{
		my $found = $there{$token};
		if (defined $t->{end})
		{
			if (!$found)
			{
				push @wrong, "$token was acknowledged and is not there";
			}
			elsif ($found->[1] != $t->{seq} || ($t->{ticket} && $found->[0] != $t->{ticket}))
			{
				push @wrong, "$token was acknowledged as $t->{ticket}/$t->{seq} and is $found->[0]/$found->[1]";
			}
		}
		elsif ($t->{refused} && $found)
		{
			push @wrong, "$token was refused ($t->{refused}) and is there";
		}
		push @wrong, "$token is there without " . join(' ', @{ $t->{group} })
		  if $found && @{ $t->{group} } > 1 && grep { !$there{$_} } @{ $t->{group} };
	}
	for my $token (keys %there)
	{
		# what has been sent since the journals were read
		push @wrong, "$token is there and nobody sent it" if $still && !$state{token}{$token};
	}
	# Nothing that was acknowledged before another was sent stands behind it.
	while (my ($ticket, $list) = each %of_ticket)
	{
		my ($latest, $by) = (0, '');
		for (sort { $a->[0] <=> $b->[0] } @$list)
		{
			my $t = $state{token}{ $_->[1] } or next;
			push @wrong, "$_->[1] stands after $by in ticket $ticket" if defined $t->{end} && $t->{end} < $latest;
			($latest, $by) = ($t->{begin}, $_->[1]) if $t->{begin} > $latest;
		}
	}
	return @wrong;
}

# ---- the faults ----

sub connection
{
	my ($database) = @_;
	my $until = time + 120;

	while (time < $until)
	{
		my $wire = Wire->connect($socket, 'postgres', $database);
		return $wire if $wire;
		sleep 0.05;
	}
	die "the server did not come up again";
}

# Its backends go on for a while, and keep the next server from starting.
sub kill_postmaster
{
	my $postmaster = (split /\n/, slurp_file($node->data_dir . '/postmaster.pid'))[0];
	my @children = split ' ', `ps -o pid= --ppid $postmaster`;
	my $until = time + 120;

	$node->kill9;
	while (grep { kill 0, $_ } @children)
	{
		die "backends of the postmaster that was killed stay" if time > $until;
		sleep 0.02;
	}
	return $node->start;
}

# One of those who write, as the server knows it.
sub some_backend
{
	my ($wire, $busy) = @_;
	my $rows = $wire->query("SELECT pid FROM pg_stat_activity WHERE usename ~ '^writer' AND datname = current_database()"
		  . ($busy ? " AND state = 'active'" : '') . ' ORDER BY random() LIMIT 1')->{rows};
	return $rows->[0] ? $rows->[0][0] : undef;
}

# What had passed when rules changed is ahead again where the clock is set back, and then goes on from what it was: no replay
# under the new rules tells that. So a round has the one or the other.
my $set_back;

my %fault = (
	'backend killed' => sub {
		my ($wire) = @_;
		my $pid = some_backend($wire, rand() < 0.7);
		return 0 unless $pid && kill 'KILL', $pid;
		# the postmaster ends all others, this one too
		for (1 .. 1000)
		{
			return 1 unless $wire->query('SELECT 1')->{ready};
			sleep 0.01;
		}
		return 0;
	},
	'postmaster killed' => sub {
		return kill_postmaster();
	},
	'server stopped at once' => sub {
		$node->stop('immediate');
		return $node->start;
	},
	'backend terminated' => sub {
		my ($wire) = @_;
		my $pid = some_backend($wire, 1);
		return 0 unless $pid;
		$wire->query("SELECT pg_terminate_backend($pid)");
		return 1;
	},
	'statement cancelled' => sub {
		my ($wire) = @_;
		my $pid = some_backend($wire, 1);
		return 0 unless $pid;
		$wire->query("SELECT pg_cancel_backend($pid)");
		return 1;
	},
	'cut off in COPY' => sub {
		my ($wire, $database, $round) = @_;
		my $other = Wire->connect($socket, 'postgres', $database) or return 0;
		$other->query("SET liskeban.now = '" . clock() . "'");
		my $answer = $other->query('COPY liskeban.ticket (source, external_id, category, title) FROM STDIN');
		return 0 unless ($answer->{ready} || '') eq 'G';
		# none of it may be found: nobody's journal knows it
		$other->copy_rows(map { "wechat\tt:cut.$round." . rand() . "\tsimple\tcut" } 1 .. 1 + int rand 200);
		$other->put(substr Wire::message('d', "wechat\thalf a row"), 0, 9);
		$other->cut;
		return 1;
	},
	'cut off in a transaction' => sub {
		my ($wire, $database, $round) = @_;
		my $other = Wire->connect($socket, 'postgres', $database) or return 0;
		$other->query("BEGIN; INSERT INTO liskeban.ticket (source, external_id, category, title) SELECT 'wechat', 't:open.$round.' || random(), 'simple', 'x' FROM generate_series(1, 20)");
		$other->send_and_cut("UPDATE liskeban.ticket SET note = 't:never' WHERE title = 'x'");
		return 1;
	},
	'no connections left' => sub {
		my ($wire, $database) = @_;
		my @others;
		while (@others < 60)
		{
			my $other = Wire->connect($socket, 'writer_' . ($writers + 2), $database) or last;
			push @others, $other;
		}
		my $full = $Wire::error eq '53300';
		# who is cut off now does not come in
		my $pid = some_backend($wire);
		$wire->query("SELECT pg_terminate_backend($pid)") if $pid;
		sleep 0.2;
		$_->cut for @others;
		return $full;
	},
	'lock held' => sub {
		my ($wire, $database) = @_;
		my $other = Wire->connect($socket, 'postgres', $database) or return 0;
		$other->query("SET lock_timeout = '3s'; BEGIN; " . pick(
			'LOCK TABLE liskeban.ticket IN SHARE ROW EXCLUSIVE MODE', 'LOCK TABLE liskeban.ticket_event IN SHARE MODE',
			'SELECT FROM liskeban.ticket ORDER BY random() LIMIT 30 FOR UPDATE', 'LOCK TABLE liskeban.worklist IN ACCESS EXCLUSIVE MODE'));
		sleep 0.3;
		rand() < 0.5 ? $other->query('COMMIT') : $other->cut;
		return 1;
	},
	'clock moved' => sub {
		open my $f, '<', "$folder/clock" or die;
		my $offset = <$f>;
		close $f;
		set_clock($offset + pick($set_back ? (-86400, -7200, -600) : (), 600, 7200, 21600));
		sleep 0.1;
		return 1;
	},
	'areas taken away' => sub {
		my ($wire) = @_;
		$wire->query("SET lock_timeout = '5s'");
		my $town = pick('320117001', '320117002');
		my @answers = ($wire->query("SET liskeban.now = '" . clock() . "'; UPDATE liskeban.area SET valid_to = '2026-01-01' WHERE code::text LIKE '$town%'"));
		sleep 0.15;
		push @answers, $wire->query("UPDATE liskeban.area SET geom = ST_Translate(geom, (random() - 0.5) * 0.001, 0) WHERE code::text LIKE '$town' || '0%'");
		push @answers, $wire->query("UPDATE liskeban.area SET valid_to = NULL WHERE code::text LIKE '$town%'");
		$wire->query("UPDATE liskeban.area SET valid_to = NULL WHERE valid_to IS NOT NULL") for 1 .. 3;
		return 1;
	},
	'rules changed' => sub {
		my ($wire) = @_;
		return 0 if $set_back;
		$wire->query("SET lock_timeout = '5s'");
		$wire->query("SET liskeban.now = '" . clock() . "'; " . pick(
			"INSERT INTO liskeban.calendar_day (day, is_working, name) VALUES ('2026-03-' || (3 + floor(random() * 20))::integer, random() < 0.5, 'x') ON CONFLICT (day) DO UPDATE SET is_working = excluded.is_working",
			"UPDATE liskeban.sla_policy SET within = within * (0.8 + random() * 0.5) WHERE clock = 'respond'",
			"UPDATE liskeban.category SET difficulty = difficulty WHERE code = 'simple'"));
		return 1;
	},
	'disk full' => sub {
		my $chunk = 'x' x 65536;
		open my $f, '>', "$small_disk/ballast" or die;
		1 while syswrite $f, $chunk;
		my $full = $!{ENOSPC};
		sleep 0.4;
		close $f;
		unlink "$small_disk/ballast";
		return $full;
	});
my @bag = (('postmaster killed') x 3, ('backend killed') x 3, 'server stopped at once', ('backend terminated') x 3, ('statement cancelled') x 3,
	('cut off in COPY') x 3, ('cut off in a transaction') x 2, ('no connections left') x 2, ('lock held') x 3, ('clock moved') x 4, ('areas taken away') x 2, 'rules changed',
	(defined $small_disk ? ('disk full') x 2 : ()));

# ---- rounds ----

my (%count, %total);
my @problems;

sub run_round
{
	my ($round, $until) = @_;
	my $database = "round_$round";
	my $done = 0;

	(%offset, %state) = ();
	$set_back = ($seed + $round) % 2;
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE before");
	set_clock(-(time - $began) * 120);
	start_clients($database, $round);
	my $wire = connection($database);
	# until there is something to lose
	for (1 .. 200)
	{
		push @problems, read_journals($round);
		last if ($state{acknowledged} || 0) > 60;
		sleep 0.1;
	}
	my @faults;
	while ($done < $faults_a_round && time < $until && !@problems)
	{
		@faults = shuffle @bag unless @faults;
		my $name = pop @faults;
		my $struck = $fault{$name}->($wire, $database, $round);
		if ($struck)
		{
			$count{$name}++;
			$done++;
		}
		# the load goes on
		my $before = $state{acknowledged};
		for (1 .. 300)
		{
			push @problems, map { "after $name: $_" } read_journals($round);
			last if $state{acknowledged} >= $before + 8;
			sleep 0.03;
		}
		push @problems, "after $name: the load does not go on" if $state{acknowledged} < $before + 8;
		$wire = connection($database) unless $wire && $wire->query('SELECT 1')->{ready};
		push @problems, map { "round $round, after $done faults, $name: $_" } violations($wire, $round);
	}
	my $badly = stop_clients($round);
	push @problems, "round $round: $badly clients ended badly" if $badly;
	$wire = connection($database);
	# what a client that is gone had sent last may still be on its way
	for (1 .. 600)
	{
		last if $wire->query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'")->{rows}[0][0] == 0;
		sleep 0.05;
	}
	push @problems, map { "round $round, when all was still: $_" } violations($wire, $round, 1);
	for my $job ('CALL liskeban.run_sweep()', 'SELECT liskeban.note_watermark()', 'SELECT liskeban.note_watermark()', 'SELECT liskeban.seal_history()', 'SELECT liskeban.roll_up()')
	{
		my $answer = $wire->query("SET liskeban.now = '" . clock() . "'");
		$answer = $wire->query($job, 300);
		push @problems, "round $round: $job: $answer->{message}" if defined $answer->{sqlstate};
	}
	push @problems, map { "round $round, after its jobs: $_" } violations($wire, $round, 1);
	# the outbox, to its end: nothing was passed over
	while (1)
	{
		my @ids = map { $_->[0] } @{ $wire->query("SELECT id FROM liskeban.take_outbox('torture', 1000)")->{rows} };
		last unless @ids;
		$state{outbox}{$_} = 1 for @ids;
		$wire->query("SELECT liskeban.ack_outbox('torture', $ids[-1])");
	}
	my @missed = grep { !$state{outbox}{$_} } map { $_->[0] } @{ $wire->query('SELECT id FROM liskeban.outbox ORDER BY id')->{rows} };
	push @problems, "round $round: the reader of the outbox never got @missed" if @missed;
	my $numbers = $wire->query('SELECT (SELECT count(*) FROM liskeban.ticket), (SELECT count(*) FROM liskeban.ticket_event), (SELECT count(*) FROM liskeban.alarm), (SELECT count(*) FROM liskeban.outbox)')->{rows}[0];
	$total{$_} += shift @$numbers for qw(tickets events alarms entries);
	$total{$_} += $state{$_} || 0 for qw(acknowledged refused lost);
	$wire->cut;
	if (!@problems)
	{
		$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = '$database'");
		$node->safe_psql('postgres', "DROP DATABASE $database");
		unlink glob "$folder/journal.$round.*";
	}
	return;
}

srand($seed);
my $round = 0;
my $until = time + $seconds;
while (time < $until && !@problems)
{
	run_round(++$round, $until);
}
my $faults = 0;
$faults += $_ for values %count;
is(join("\n", @problems[ 0 .. ($#problems > 20 ? 20 : $#problems) ]), '', 'after every fault all invariants hold, and every acknowledged write is there, once and in order');
diag(sprintf('seed %d, %d s, %d rounds: %d faults (%s); %d writes acknowledged, %d refused, %d cut off; %d tickets, %d events, %d alarms, %d outbox entries',
		$seed, time - $began, $round, $faults, join(', ', map { "$_ $count{$_}" } sort keys %count),
		@total{qw(acknowledged refused lost tickets events alarms entries)}));
cmp_ok($faults, '>', 5, "$faults faults");
cmp_ok($total{acknowledged}, '>', 100, "$total{acknowledged} writes acknowledged");

# The comparison can fail: a write that is lost, one that stands twice, one out of order.
my $wire;
$node->safe_psql('postgres', 'CREATE DATABASE lost TEMPLATE before');
set_clock(0);
$wire = connection('lost');
$wire->query("SET liskeban.now = '" . clock() . "'; INSERT INTO liskeban.ticket (source, external_id, category) SELECT 'wechat', 't:0.1.' || n, 'simple' FROM generate_series(1, 2) n");
$wire->query("UPDATE liskeban.ticket SET note = 't:0.1.' || (n + 2) FROM generate_series(1, 1) n WHERE ticket_id = $base + 1; UPDATE liskeban.ticket SET note = 't:0.1.4' WHERE ticket_id = $base + 1");
(%offset, %state) = ();
append_to_file("$folder/journal.0.1", join '', map { "$_\n" }
	"I\t1\t1\tsubmit\tt:0.1.1", "A\t1\t2\tt:0.1.1=" . ($base + 1) . '/1', "I\t2\t3\tsubmit\tt:0.1.2", "A\t2\t4\tt:0.1.2=" . ($base + 2) . '/1',
	"I\t4\t5\tupdate\tt:0.1.4", "A\t4\t6\tt:0.1.4=" . ($base + 1) . '/3', "I\t3\t7\tupdate\tt:0.1.3", "A\t3\t8\tt:0.1.3=" . ($base + 1) . '/2');
is(join("\n", violations($wire, 0, 1)), "t:0.1.4 stands after t:0.1.3 in ticket " . ($base + 1), 'two that changed places are found');
append_to_file("$folder/journal.0.2", "I\t1\t9\tupdate\tt:0.2.1\nA\t1\t10\tt:0.2.1=" . ($base + 2) . "/2\n");
like(join("\n", violations($wire, 0, 1)), qr/^t:0\.2\.1 was acknowledged and is not there$/m, 'one that is lost');
$wire->query("UPDATE liskeban.ticket SET note = 't:0.1.4' WHERE ticket_id = $base + 2");
like(join("\n", violations($wire, 0, 1)), qr/^t:0\.1\.4 is in history twice$/m, 'one that stands twice');

$node->stop;
done_testing();
