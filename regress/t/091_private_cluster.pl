
# The private clusters of the demo: started twice, left behind by a reboot, stopped twice.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Utils;
use Test::More;

my $functions = "$FindBin::RealBin/../../jobs/demo/cluster.sh";
my $dir = PostgreSQL::Test::Utils::tempdir_short() . '/cluster';
my $port = 20000 + $$ % 10000;

# Runs a script that knows the functions; returns what it printed.
sub shell
{
	my ($script) = @_;
	my $output = '';
	my $ok = run_log([ 'bash', '-euc', ". '$functions'; $script", 'shell', $dir, $port ], '>', \$output);
	chomp $output;
	return $ok ? $output : "failed: $output";
}

my $ask = 'PATH=$cluster_bin:$PATH psql -X -A -t -d postgres -c "SHOW port" -c "SHOW jit"';
my $start = 'cluster_init "$1"; cluster_start "$1" "$2" jit=off fsync=off';

is(shell("$start; $ask"), "$port\noff", 'a cluster is made and started with its settings');
my $pid = (split /\n/, slurp_file("$dir/data/postmaster.pid"))[0];
is(shell("$start; $ask"), "$port\noff", 'and started again');
is((split /\n/, slurp_file("$dir/data/postmaster.pid"))[0], $pid, 'which leaves it running');
is(shell('cluster_start "$1" "$2" jit=on fsync=off; ' . $ask), "$port\non", 'other settings restart it');

# A reboot: the server is gone without a word, so is what lay under /tmp, and its number belongs to another process.
is(shell('socket=$(cat "$1/socket"); cluster_stop "$1"; rm -rf "$socket"; echo stopped'), 'stopped', 'it is stopped');
my $pidfile = "$dir/data/postmaster.pid";
append_to_file($pidfile, "$$\n$dir/data\n1\n$port\n/tmp/liskeban.gone\n\n");
chmod 0600, $pidfile;
is(shell('cluster_running "$1" && echo yes || echo no'), 'no', 'another process is not taken for it');
is(shell("$start; $ask"), "$port\noff", 'it starts after a reboot');
is(shell('cluster_stop "$1"; cluster_stop "$1"; cluster_running "$1" || echo no'), 'no', 'it is stopped, and stopped again');

my $closed = PostgreSQL::Test::Utils::tempdir_short();
chmod 0000, $closed;
like(shell("cluster_init '$closed/cluster' 2>&1"), qr/^failed: \Q$closed\E cannot be entered/, 'a tree that the server cannot enter is refused early');
chmod 0700, $closed;

done_testing();
