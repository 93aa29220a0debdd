
# Random queries against a loaded platform as an analyst, a handler and a source: whatever sqlsmith thinks of, no backend ends,
# no code of ours comes to an internal error, and nothing is other than before. LISKEBAN_SQLSMITH says how many queries
# there are in all (300), LISKEBAN_SEED from which seed on (1).

use strict;
use warnings;

use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $queries = $ENV{LISKEBAN_SQLSMITH} // 300;
my $seed = $ENV{LISKEBAN_SEED} // 1;
my $root = "$FindBin::RealBin/../..";

plan skip_all => 'sqlsmith is not installed here' if system('sqlsmith --version >/dev/null 2>&1') != 0;

my $node = PostgreSQL::Test::Cluster->new('sqlsmith');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\nsynchronous_commit = off\nautovacuum = off\nlog_error_verbosity = verbose\nlog_statement = none\n"
	  . "log_min_error_statement = panic\ntimezone = 'Asia/Shanghai'\nstatement_timeout = '5s'\nrestart_after_crash = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE lives');
my $setup = "SET statement_timeout = 0; SET client_min_messages = warning;\n";
$node->safe_psql('lives', "$setup SET liskeban.now = '2018-01-01 08:00+08'; CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', '溧水区')");
$node->safe_psql('lives', $setup . slurp_file("$root/regress/data/$_.sql")) for qw(guard_district random_model);
$node->safe_psql('lives', "$setup SELECT l FROM generate_series(1, 40) AS s, LATERAL random.life(s, 30) AS l");
$node->safe_psql('lives', "$setup
	CREATE ROLE smith_reader LOGIN IN ROLE liskeban_analyst;
	CREATE ROLE smith_v1 LOGIN IN ROLE liskeban_handler;
	CREATE ROLE smith_web LOGIN IN ROLE liskeban_source;
	INSERT INTO liskeban.membership (role_name, duty, area, source) VALUES ('smith_reader', 'analyst', '320117', NULL),
	  ('smith_v1', 'handler', '320117001001', NULL), ('smith_web', 'source', NULL, 'web_message');");
cmp_ok($node->safe_psql('lives', 'SELECT count(*) FROM liskeban.ticket'), '>', 30, 'a platform with tickets');

# A digest of every table of every schema that is not the server's.
my $digests = $node->safe_psql('lives',
	"SELECT string_agg(format('SELECT %L, md5(string_agg(t::text, E''\\n'' ORDER BY t::text)) FROM ONLY %s t', oid::regclass, oid::regclass), ' UNION ALL ' ORDER BY oid::regclass::text)
	   FROM pg_class WHERE relkind = 'r' AND relnamespace <> ALL ('{pg_catalog,information_schema,pg_toast}'::regnamespace[]) AND relpersistence <> 't'");
my $before = join "\n", sort split /\n/, $node->safe_psql('lives', "$setup $digests");
like($before, qr/^(?:liskeban\.)?ticket\|[0-9a-f]{32}$/m, 'what there is before');

my @roles = qw(smith_reader smith_v1 smith_web);
for my $role (@roles)
{
	my ($stdout, $stderr);
	my $done = IPC::Run::run([ 'sqlsmith', '--target=' . $node->connstr('lives') . " user=$role", '--exclude-catalog', "--seed=$seed",
			'--max-queries=' . int($queries / @roles) ], '<', \'', '>', \$stdout, '2>', \$stderr);
	ok($done, int($queries / @roles) . " queries as $role") or diag(substr($stderr, -2000));
}

is(join("\n", sort split /\n/, $node->safe_psql('lives', "$setup $digests")), $before, 'nothing is other than before');
is($node->safe_psql('lives', "$setup SELECT * FROM liskeban.check_invariants()"), '', 'all invariants hold');
my $log = slurp_file($node->logfile);
unlike($log, qr/terminated by signal|PANIC:|TRAP:/, 'no backend ended');
my %ours = map { m{([^/]+)$} => 1 } glob("$root/extension/*.c");
my @internal;
while ($log =~ /ERROR:  (XX\d\d\d: [^\n]*)\n(?:(?!ERROR:)[^\n]*\n)*?[^\n]*LOCATION:  \w+, ([^:\n]+):(\d+)/g) { push @internal, "$2:$3 $1" if $ours{ $2 =~ s{.*/}{}r } }
is_deeply(\@internal, [], 'no internal error of ours');

$node->stop;
done_testing();
