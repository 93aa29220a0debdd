
# The morning that make check-clients takes every client through (regress/clients/clients), with the two that cost nothing:
# psql, and psycopg where it is installed.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $clients = "$FindBin::RealBin/../clients";
my $expected = slurp_file("$clients/expected");

my $node = PostgreSQL::Test::Cluster->new('clients');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off");
$node->start;
$node->safe_psql('postgres', "CREATE DATABASE scenario TEMPLATE template0 ENCODING 'UTF8'");
command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('scenario'), '-f', "$clients/scenario.sql" ], 'the scenario is loaded');

for ([ 'psql', "$clients/psql.sh" ], [ 'psycopg', '/usr/bin/python3', "$clients/psycopg.py" ])
{
	my ($client, @command) = @$_;
  SKIP:
	{
		skip 'python3 has no psycopg2', 1 if $client eq 'psycopg' && system('/usr/bin/python3 -c "import psycopg2" 2>/dev/null') != 0;
		$node->safe_psql('postgres', "CREATE DATABASE $client TEMPLATE scenario");
		local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => $client, PGUSER => 'app', PYTHONIOENCODING => 'UTF-8');
		my ($out, $err) = run_command(\@command);
		is("$out\n", $expected, "$client: the morning") or diag($err);
	}
}

done_testing();
