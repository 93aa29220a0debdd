
# Random lives: each draws its steps from a seed, takes them on the platform and on a simple model of the rules, and compares
# what came of each: SQLSTATE, state, counters, due times, whistles, parties. LISKEBAN_RANDOM says how many (200),
# LISKEBAN_SEED from which seed on (1), LISKEBAN_STEPS how long (30). A life that differs is told step by step.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $root = "$FindBin::RealBin/../..";
my $lives = $ENV{LISKEBAN_RANDOM} // 200;
my $first = $ENV{LISKEBAN_SEED} // 1;
my $steps = $ENV{LISKEBAN_STEPS} // 30;

my $node = PostgreSQL::Test::Cluster->new('random');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\nsynchronous_commit = off\ntimezone = 'Asia/Shanghai'");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE lives');
$node->safe_psql('lives', "SET liskeban.now = '2018-01-01 08:00+08'; CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', '溧水区')");
$node->safe_psql('lives', slurp_file("$root/regress/data/$_.sql")) for qw(guard_district random_model);

sub lives
{
	my ($from, $to) = @_;
	return $node->safe_psql('lives', "SELECT l FROM generate_series($from, $to) AS s, LATERAL random.life(s, $steps) AS l");
}

my $began = time;
my $problems = '';
# Ten at a time, each batch a transaction
for (my $seed = $first; $seed < $first + $lives && $problems eq ''; $seed += 10)
{
	$problems = lives($seed, $seed + 9 < $first + $lives ? $seed + 9 : $first + $lives - 1);
}
is($problems, '', "$lives random lives from seed $first on are as the model says");
note(sprintf('%d lives of %d steps in %.1f s', $lives, $steps, time - $began));
note($node->safe_psql('lives', "SELECT action || ': ' || string_agg(format('%s %s', code, n), ', ' ORDER BY code) FROM random.reached GROUP BY action ORDER BY action"));
is($node->safe_psql('lives', 'SELECT * FROM liskeban.check_invariants()'), '', 'all invariants hold');

SKIP:
{
	skip 'too few lives to reach all', 2 if $lives < 100;
	is($node->safe_psql('lives', "SELECT string_agg(DISTINCT code, ' ' ORDER BY code) FROM random.reached WHERE code ~ '^LK|42501'"),
		'42501 LK001 LK002 LK003 LK004 LK005 LK006', 'every code is reached');
	is($node->safe_psql('lives', "SELECT string_agg(DISTINCT action, ' ' ORDER BY action) FROM random.reached WHERE action NOT IN (SELECT action FROM random.reached WHERE code = 'ok')"),
		'delete rewrite_history write_tier', 'every action is done');
}

# The comparison can fail: another rule in the model is found out.
$node->safe_psql('lives', "CREATE OR REPLACE FUNCTION model.respond(t model.ticket, at timestamptz) RETURNS timestamptz LANGUAGE sql AS 'SELECT at + interval ''16 minutes'''");
like(lives(1, 1), qr/respond_due of \d+ is .*, the model says/, 'a model with another rule differs');

$node->stop;
done_testing();
