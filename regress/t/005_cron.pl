
# The jobs, as pg_cron really runs them from a database of its own: the first runs after the server was down catch up, a job
# that fails stops no other, a restored copy runs nothing until it is adopted. It waits for one turn of pg_cron; with
# LISKEBAN_TEST_STOP the server stays down for that many seconds (130 are over two turns).

use strict;
use warnings;

use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

chomp(my $libraries = `$ENV{PG_CONFIG} --pkglibdir`);
plan skip_all => 'pg_cron is not installed (apt: postgresql-15-cron)' unless -e "$libraries/pg_cron.so";

my $node = PostgreSQL::Test::Cluster->new('cron');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', <<'CONF');
jit = off
fsync = off
max_worker_processes = 20
shared_preload_libraries = 'pg_cron'
cron.database_name = 'postgres'
cron.use_background_workers = on
CONF
$node->start;

my $db = "li'shui";
$node->safe_psql('postgres', qq{CREATE EXTENSION pg_cron; CREATE DATABASE "$db"; CREATE DATABASE copy});

sub value { return $node->safe_psql($db, $_[0]); }

# Runs what schedule_jobs() or unschedule_jobs() returns in pg_cron's database, as its documentation says.
sub tell_cron
{
	my ($function, $in) = @_;
	IPC::Run::run([ 'psql', '-XAtq', '-d', $node->connstr($in), '-c', "SELECT * FROM liskeban.$function()" ],
		'|', [ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres') ], '>', '/dev/null');
	return $? == 0;
}

value("CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', '溧水区')");

# Ten tickets nobody takes on, two days ago.
value(q{
SET liskeban.now = '} . value("SELECT now() - interval '2 days'") . q{';
INSERT INTO liskeban.ticket (source, external_id, category, title)
SELECT s.code, n, c.code, '无人受理'
  FROM generate_series(1, 10) AS n, (SELECT min(code) AS code FROM liskeban.source_system) AS s,
       (SELECT code FROM liskeban.category WHERE difficulty = 'simple' AND NOT about_staff ORDER BY code LIMIT 1) AS c;
});

# What pg_cron is told

my $statements = value('SELECT * FROM liskeban.schedule_jobs()');
my $name = "li''shui";
like($statements, qr/^SELECT cron\.schedule_in_database\('liskeban:$name:sweep', '\* \* \* \* \*', 'CALL liskeban\.run_job\(''sweep''\)', '$name', 'liskeban_job'\);$/m,
	'the sweep runs each minute');
like($statements, qr/^SELECT cron\.schedule_in_database\('liskeban:$name:analyse', '10 16 \* \* \*', /m,
	'the analysis at ten past midnight in Shanghai, in GMT');
is(value('SELECT * FROM liskeban.schedule_jobs()'), $statements, 'asked again it says the same');
my ($ret, $out, $err) = $node->psql($db, "\\set VERBOSITY sqlstate\nSET ROLE liskeban_admin; SELECT liskeban.schedule_jobs()");
like($err, qr/\b42501\b/, 'only a superuser schedules');
# Nothing runs the jobs yet: doctor() says so, and with what it gives pg_cron is told.
my $silent = "SELECT %s FROM liskeban.doctor() WHERE finding = 'cron_silent'";
is(value(sprintf $silent, 'severity, subject, mend_in, restart'), 'error|postgres|postgres|f', 'doctor() finds that pg_cron runs nothing');
$node->safe_psql('postgres', value(sprintf $silent, 'mend'));
ok(tell_cron('schedule_jobs', $db), 'and told again');
my $of_ours = 'FROM cron.job WHERE starts_with(jobname::text, $$liskeban:li\'shui:$$)';
is( $node->safe_psql('postgres', "SELECT count(*) - count(DISTINCT jobname), bool_and(username = 'liskeban_job' AND active) $of_ours"),
	'0|t', 'which leaves one of each, as liskeban_job');
is($node->safe_psql('postgres', "SELECT count(*) $of_ours"), value('SELECT count(*) + 1 FROM liskeban.job'), 'all jobs, and the pruning of its log');

# A copy

command_ok([ 'pg_dump', '-Fc', '-f', $node->basedir . '/dump', $node->connstr($db) ], 'the platform is dumped');
command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('copy'), $node->basedir . '/dump' ], 'and restored beside itself');
($ret, $out, $err) = $node->psql('copy', "CALL liskeban.run_job('sweep')");
like($err, qr/NOTICE:  job "sweep" does not run in this copy/, 'the copy runs no job');
is($node->safe_psql('copy', "SELECT count(*) FROM liskeban.alarm"), '0', 'and has no alarm');
like($node->safe_psql('copy', 'SELECT * FROM liskeban.schedule_jobs()'), qr/'liskeban:copy:sweep'.*'copy'/, 'until it is adopted');
$node->safe_psql('copy', "CALL liskeban.run_job('sweep')");
cmp_ok($node->safe_psql('copy', "SELECT count(*) FROM liskeban.alarm WHERE clock = 'accept' AND level = 'red'"), '==', 10, 'then it does');

# Jobs of the test's own: a daily one that last ran three days ago, one that fails, one that is cut off.
value(q{
CREATE TABLE public.seen (n integer GENERATED ALWAYS AS IDENTITY, day date, by name);
GRANT INSERT ON public.seen TO liskeban_job;
INSERT INTO liskeban.job (name, title, daily_at, each_day, steps, last_success_for)
VALUES ('test_daily', 't', '00:30', true, ARRAY['INSERT INTO public.seen (day, by) VALUES ($1, current_user)'],
        ((now() AT TIME ZONE 'Asia/Shanghai')::date - 3 + time '00:30') AT TIME ZONE 'Asia/Shanghai');
INSERT INTO liskeban.job (name, title, schedule, steps) VALUES
  ('test_broken', 't', '* * * * *', ARRAY['INSERT INTO public.seen (day) VALUES (NULL)', 'SELECT 1 / 0']);
INSERT INTO liskeban.job (name, title, schedule, steps, last_started) VALUES
  ('test_cut_off', 't', '* * * * *', ARRAY['SELECT 1'], now() - interval '1 hour');
});
my $expected = value("SELECT string_agg(d::date::text, ' ' ORDER BY d) FROM (SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date AS today) AS t,
	generate_series(today - 2, today - CASE WHEN (now() AT TIME ZONE 'Asia/Shanghai')::time < '00:30' THEN 1 ELSE 0 END, interval '1 day') AS d");
ok(tell_cron('schedule_jobs', $db), 'pg_cron is told of new jobs');

# The server is down for a while, then pg_cron's first turn comes.

$node->stop;
my $down_until = time + ($ENV{LISKEBAN_TEST_STOP} || 0);
sleep 1 while time < $down_until;
$node->start;
my $restarted = value('SELECT now()');
my $done = $node->poll_query_until(
	$db,
	"SELECT (SELECT count(*) >= 10 FROM liskeban.alarm)
	    AND (SELECT count(*) >= 2 FROM public.seen WHERE day IS NOT NULL)
	    AND (SELECT bool_and(last_finished >= '$restarted') FROM liskeban.job
	          WHERE name IN ('sweep', 'seal', 'catch_up', 'test_broken', 'test_cut_off'))");
ok($done, 'pg_cron had its first turn');
is(value(sprintf $silent, 'count(*)'), '0', 'and doctor() no longer misses it');
is( value(
		"SELECT count(*), bool_and(a.at = t.accept_due), bool_and(a.fired_at >= t.accept_due + interval '1 day')
		   FROM liskeban.alarm AS a JOIN liskeban.ticket AS t USING (ticket_id) WHERE a.clock = 'accept' AND a.level = 'red'"),
	'10|t|t', 'the sweep fired what fell due two days ago, at its own instant');
is(value("SELECT string_agg(day::text, ' ' ORDER BY n) FROM public.seen WHERE day IS NOT NULL"), $expected,
	'the daily job ran for each day that it missed, in order');
is(value("SELECT DISTINCT by FROM public.seen WHERE day IS NOT NULL"), 'liskeban_job', 'as liskeban_job');
like(value("SELECT kind, subject, resolved_at IS NULL, detail FROM liskeban.platform_alarm WHERE subject = 'test_broken'"),
	qr/^job_failed\|test_broken\|t\|SELECT 1 \/ 0: division by zero \(22012\)$/, 'the job that failed is an alarm');
is(value("SELECT last_success_for IS NULL, last_error FROM liskeban.job WHERE name = 'test_broken'"),
	't|SELECT 1 / 0: division by zero (22012)', 'and says why');
is(value("SELECT count(*) > 0 FROM public.seen WHERE day IS NULL"), 't', 'what its first step did stays');
like(value("SELECT detail, resolved_at IS NULL FROM liskeban.platform_alarm WHERE subject = 'test_cut_off'"),
	qr/did not come to its end\|f$/, 'a run that was cut off was an alarm until the next went well');
is(value("SELECT subject, detail FROM liskeban.platform_alarm WHERE kind = 'job_failed' AND subject NOT LIKE 'test\\_%'"), '', 'no other job failed');
is( $node->safe_psql('postgres', "SELECT count(*) > 0 FROM cron.job_run_details
	WHERE username = 'liskeban_job' AND command = 'CALL liskeban.run_job(''sweep'')' AND status = 'succeeded'"),
	't', 'as pg_cron says too');
my $prune = $node->safe_psql('postgres', "SELECT command $of_ours AND jobname LIKE '%:cron_log'");
like($prune, qr/^DELETE FROM cron\.job_run_details WHERE end_time < /, 'whose log is pruned');
is($node->safe_psql('postgres', "SET ROLE liskeban_job; $prune; SELECT count(*) > 0 FROM cron.job_run_details"), 't', 'of what is old, by liskeban_job');

# By hand

value("UPDATE liskeban.job SET steps = ARRAY['SELECT 1'] WHERE name = 'test_broken'; CALL liskeban.run_job('test_broken')");
is(value("SELECT last_error IS NULL, (SELECT resolved_at IS NOT NULL FROM liskeban.platform_alarm WHERE subject = 'test_broken')
	FROM liskeban.job WHERE name = 'test_broken'"), 't|t', 'a success ends the alarm');
my $other = $node->background_psql($db);
$other->query_safe("SELECT liskeban._lock_job('test_broken')");
($ret, $out, $err) = $node->psql($db, "CALL liskeban.run_job('test_broken')");
like($err, qr/NOTICE:  job "test_broken" is running already/, 'a job does not run beside itself');
$other->quit;
($ret, $out, $err) = $node->psql($db, "\\set VERBOSITY sqlstate\nCALL liskeban.run_job('nothing')");
like($err, qr/\b22023\b/, 'there must be such a job');
value("UPDATE liskeban.job SET active = false WHERE name = 'test_broken'");
($ret, $out, $err) = $node->psql($db, "CALL liskeban.run_job('test_broken')");
like($err, qr/NOTICE:  job "test_broken" is switched off/, 'one that is switched off does not run');
ok(tell_cron('schedule_jobs', $db), 'pg_cron is told');
is($node->safe_psql('postgres', "SELECT count(*) $of_ours AND jobname LIKE '%test_broken'"), '0', 'and has it no more');
ok(tell_cron('unschedule_jobs', $db), 'pg_cron is told to stop');
is($node->safe_psql('postgres', "SELECT count(*) $of_ours"), '0', 'and has none');

$node->stop;
done_testing();
