
# Caches lost all the time: the pg_regress files that rest on them, while another session fills the queue of invalidations over
# and over, so that every backend drops all it knows at its next statement. What they say does not change.

use strict;
use warnings;

use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $regress = "$FindBin::RealBin/..";
my @tests = qw(calendar dispatch intake_events recompute);
my $dir = PostgreSQL::Test::Utils::tempdir;

my $node = PostgreSQL::Test::Cluster->new('invalidation');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\nsynchronous_commit = off\nautovacuum = off\ntimezone = 'UTC'\n");
$node->start;

# Every row of pg_proc is told anew: more messages than the queue holds (4096), in another database, where it locks nobody out.
$node->safe_psql('postgres', 'CREATE DATABASE storm');
open my $handle, '>', "$dir/storm.sql" or die $!;
print $handle "SET allow_system_table_mods = on;\nUPDATE pg_catalog.pg_proc SET prosrc = prosrc;\nVACUUM pg_catalog.pg_proc;\n";
close $handle;
my ($out, $err);
my $storm = IPC::Run::start([ 'pgbench', '-n', '-c', 1, '-T', 600, '-f', "$dir/storm.sql", $node->connstr('storm') ], '>', \$out, '2>', \$err);

# It reaches a session: the server says at DEBUG4 when a backend drops all.
my $resets = 0;
for (my $try = 0; $try < 100 && $resets < 5; $try++)
{
	$node->safe_psql('postgres', "SET log_min_messages = debug4; DO 'BEGIN FOR i IN 1 .. 2000 LOOP COMMIT; END LOOP; END'");
	$resets = () = slurp_file($node->logfile) =~ /cache state reset/g;
}
cmp_ok($resets, '>=', 5, 'a session loses what it knows, again and again');

my $bindir = $node->config_data('--bindir');
my $run = IPC::Run::run([ $ENV{PG_REGRESS}, "--inputdir=$regress", "--outputdir=$dir", "--bindir=$bindir", '--host=' . $node->host, '--port=' . $node->port,
		'--user=' . $node->safe_psql('postgres', 'SELECT current_user'), '--use-existing', '--dbname=postgres', '--encoding=UTF8', @tests ], '>', \my $stdout, '2>', \my $stderr);
ok($run, "@tests say the same") or diag($stdout, -e "$dir/regression.diffs" ? slurp_file("$dir/regression.diffs") : $stderr);
ok($storm->pumpable, 'to the end');
$storm->kill_kill;

$node->stop;
done_testing();
