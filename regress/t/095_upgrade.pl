
# A platform of each released version, with tickets in it, is updated and upgraded under an open connection: then its
# catalog report is that of a fresh one, its rows are as they were, and so is a copy restored from its dump. Between the
# two steps the new library serves the old tables. An upgrade changes nothing where there is nothing to change.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my ($version) = slurp_file("$root/liskeban.control") =~ /^default_version = '(.*)'/m;
my @released = grep { $_ ne $version } map { m{liskeban--([0-9.]+)\.sql$} } sort glob "$root/sql/upgrade/released/liskeban--*.sql";

my $node = PostgreSQL::Test::Cluster->new('upgrade');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off");
$node->start;

my $report = slurp_file("$root/regress/data/catalog.sql");

# The first lines in which two reports differ; none when they are alike.
sub difference
{
	my ($one, $other) = @_;
	my (%in_one, %in_other);
	@in_one{ split /\n/, $one } = ();
	@in_other{ split /\n/, $other } = ();
	my @lines = ((map { "- $_" } grep { !exists $in_other{$_} } sort keys %in_one),
		(map { "+ $_" } grep { !exists $in_one{$_} } sort keys %in_other));
	return join "\n", @lines[ 0 .. ($#lines < 20 ? $#lines : 20) ];
}

# Tables with their columns and rows, but for what the library brings (the version, what jobs do, jobs and categories that are new), and a
# digest of what those hold.
sub tables
{
	my ($db) = @_;
	return map { [ split /\|/ ] } split /\n/, $node->safe_psql(
		$db, "SELECT format('liskeban.%I', c.relname), string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname COLLATE \"C\")
		        FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
		       WHERE c.relnamespace = 'liskeban'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
		         AND a.attnum > 0 AND NOT a.attisdropped AND NOT (c.relname = 'platform' AND a.attname = 'version')
		         AND NOT (c.relname = 'job' AND a.attname IN ('title', 'schedule', 'each_day', 'steps'))
		       GROUP BY c.oid ORDER BY 1");
}

sub rows_of
{
	my ($db, @tables) = @_;
	return join "\n", map {
		"$_->[0] " . $node->safe_psql($db, "SELECT count(*), md5(string_agg(r, '' ORDER BY r)) FROM (SELECT md5(($_->[1])::text) AS r FROM $_->[0]" . ($_->[2] // '') . ') AS r')
	} @tables;
}

sub tickets
{
	my ($db) = @_;
	$node->safe_psql(
		$db, q{
SET search_path = public, liskeban;
SET liskeban.now = '2024-10-21 09:00+08';
INSERT INTO liskeban.area (code, name) VALUES ('320117001', '甲'), ('320117002', '乙');
INSERT INTO liskeban.membership (role_name, duty) VALUES ('desk', 'dispatcher');
INSERT INTO liskeban.ticket (source, external_id, category, title, difficulty, geom)
SELECT s.code, 'u' || n, c.code, '事项' || n, 'general', CASE WHEN n % 3 > 0 THEN ST_SetSRID(ST_MakePoint(119, 31 + n / 1000.0), 4490) END
  FROM generate_series(1, 200) AS n, (SELECT min(code) AS code FROM liskeban.source_system) AS s,
       (SELECT code FROM liskeban.category WHERE on_site AND NOT about_staff ORDER BY code LIMIT 1) AS c;
INSERT INTO liskeban.reporter (ticket_id, name, phone)
SELECT ticket_id, '某人', '025' || ticket_id FROM liskeban.ticket WHERE ticket_id % 2 = 0;
SET liskeban.now = '2024-10-21 09:03+08';
SELECT count(liskeban.accept(ticket_id)) FROM liskeban.ticket WHERE ticket_id % 5 > 0;
SET liskeban.now = '2024-10-21 09:05+08';
SELECT count(liskeban.dispatch(ticket_id, '320117001')) FROM liskeban.ticket WHERE ticket_id % 5 > 1;
SET liskeban.now = '2024-10-21 09:12+08';
SELECT count(liskeban.arrive(ticket_id)) FROM liskeban.ticket WHERE ticket_id % 5 > 2;
SET liskeban.now = '2024-10-22 09:00+08';
SELECT count(liskeban.resolve(ticket_id, '办好了')) FROM liskeban.ticket WHERE ticket_id % 5 > 3;
SELECT count(liskeban.ask(ticket_id, 'return', '不归我管')) FROM liskeban.ticket WHERE ticket_id % 5 = 3;
SELECT liskeban.submit('{"source": "nobody"}');
-- hard ones: planned, suspended, and what overdue ones may climb from
INSERT INTO liskeban.ticket (source, external_id, category, title, difficulty)
SELECT t.source, 'h' || n, t.category, '难事' || n, 'hard' FROM generate_series(1, 6) AS n, liskeban.ticket AS t WHERE t.external_id = 'u1';
SELECT count(liskeban.accept(ticket_id)), count(liskeban.dispatch(ticket_id, '320117001')), count(liskeban.arrive(ticket_id)) FROM liskeban.ticket WHERE external_id ~ '^h';
SELECT count(liskeban.plan(ticket_id, '方案', '2024-11-10 09:00+08')) FROM liskeban.ticket WHERE external_id IN ('h1', 'h2', 'h3');
SELECT count(liskeban.ask(ticket_id, 'suspend', '等材料', '2024-11-20 09:00+08')) FROM liskeban.ticket WHERE external_id IN ('h2', 'h4');
SELECT liskeban.act_as('desk');
SELECT count(liskeban.decide(request_id, true, '同意')) FROM liskeban.request WHERE kind = 'suspend';
SELECT liskeban.act_as(NULL);
SELECT count(liskeban.suspend(ticket_id, '2024-11-05 09:00+08', '等材料')) FROM liskeban.ticket WHERE external_id IN ('h2', 'h4');
SELECT count(liskeban.merge(ticket_id, (SELECT ticket_id FROM liskeban.ticket WHERE external_id = 'h1'))) FROM liskeban.ticket WHERE external_id = 'h5';
});
}

# Whatever a version before may do, done with the new library upon its tables, and undone.
sub old_tables
{
	my ($db) = @_;
	return $node->safe_psql(
		$db, q{
BEGIN;
SET LOCAL search_path = public, liskeban;
SET LOCAL liskeban.now = '2024-10-23 10:00+08';
INSERT INTO liskeban.ticket (source, external_id, category, title, difficulty)
SELECT source, 'hard', category, '难事', 'hard' FROM liskeban.ticket WHERE external_id = 'u1';
INSERT INTO liskeban.reporter (ticket_id, phone) SELECT ticket_id, '13800000000' FROM liskeban.ticket WHERE external_id = 'hard';
SELECT ticket_id AS id FROM liskeban.ticket WHERE external_id = 'hard' \gset
SELECT liskeban.accept(:id) + liskeban.dispatch(:id, '320117001') + liskeban.arrive(:id) + liskeban.plan(:id, '方案', '2024-11-20 10:00+08') > 0;
SELECT liskeban.act_as('desk', true);
SELECT liskeban.ask(:id, 'suspend', '等材料', '2024-10-30 10:00+08') AS request \gset
SELECT liskeban.act_as(NULL, true);
SELECT liskeban.decide(:request, true, '同意');
SELECT liskeban.suspend(:id, '2024-10-30 10:00+08', '等材料') > 0;
UPDATE liskeban.ticket SET priority = 1 WHERE ticket_id = :id;
SET LOCAL liskeban.now = '2024-10-30 11:00+08';
SELECT liskeban.sweep() > 100 OR to_regclass('liskeban.alarm') IS NULL;
SELECT liskeban.resolve(:id, '办好了') > 0;
SELECT liskeban.rework(:id, '没办好') > 0;
SELECT liskeban.merge(min(ticket_id), max(ticket_id)) > 0 FROM liskeban.ticket WHERE state = 'accepted';
SELECT liskeban.unmerge(ticket_id, '分开') > 0 FROM liskeban.ticket WHERE state = 'merged';
SELECT liskeban.act_as('desk', true);
SELECT liskeban.withdraw(:id, '撤回') > 0;
SELECT liskeban.act_as(NULL, true);
SELECT outcome = CASE WHEN to_regclass('liskeban.ticket_message') IS NULL THEN 'rejected' ELSE 'urged' END
  FROM liskeban.submit(jsonb_build_object('source', (SELECT source FROM liskeban.ticket WHERE ticket_id = :id), 'external_id', 'u9', 'event', 'urge', 'text', '怎么还没来'));
SELECT string_agg(action, ' ' ORDER BY seq) FROM liskeban.ticket_event WHERE ticket_id = :id;
SELECT * FROM liskeban.check_invariants();
ROLLBACK;
});
}

$node->safe_psql('postgres', 'CREATE DATABASE fresh');
$node->safe_psql('fresh', "CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', '溧水区')");
my $fresh = $node->safe_psql('fresh', $report);
like($fresh, qr/^extension liskeban \Q$version\E$/m, "a fresh platform is of version $version");
cmp_ok(scalar(split /\n/, $fresh), '>', 2500, 'and has a catalog report');
$node->safe_psql('fresh', 'CALL liskeban.upgrade_platform()');
is(difference($fresh, $node->safe_psql('fresh', $report)), '', 'which an upgrade leaves alone');
$node->safe_psql('fresh',
	"DROP VIEW liskeban.area_problem; DROP TRIGGER zz_guard ON liskeban.ticket; REVOKE SELECT ON liskeban.ticket FROM liskeban_handler;
	 DROP INDEX liskeban.ticket_geom_idx; CREATE OR REPLACE FUNCTION liskeban.accept(ticket_id bigint, note text DEFAULT NULL)
	 RETURNS integer LANGUAGE sql AS 'SELECT 1'; CALL liskeban.upgrade_platform()");
is(difference($fresh, $node->safe_psql('fresh', $report)), '', 'or repairs');

for my $from (@released)
{
	(my $db = "from_$from") =~ tr/./_/;
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db, "CREATE EXTENSION liskeban VERSION '$from' CASCADE; CALL liskeban.create_platform('320117', '溧水区')");
	is($node->safe_psql($db, 'SELECT version FROM liskeban.platform'), $from, "a platform of version $from");
	tickets($db);
	is($node->safe_psql($db, 'SELECT count(*) FROM liskeban.ticket_event'), '730', 'with history');
	# What has been rolled up stays; what is kept beside it now is made of it, or of history.
	$node->safe_psql($db, "SET liskeban.now = '2024-10-23 08:00+08'; SELECT liskeban.roll_up()") if $from !~ /^0\.1\./;
	my @tables = tables($db);
	for my $job (grep { $_->[0] eq 'liskeban.job' } @tables)
	{
		$job->[2] = " WHERE name IN ('" . join("', '", split /\n/, $node->safe_psql($db, 'SELECT name FROM liskeban.job')) . "')";
	}
	$_->[2] = " WHERE code <> 'road_clearance'" for grep { $_->[0] eq 'liskeban.category' } @tables;
	my $rows = rows_of($db, @tables);

	# A session that has the old rules in its caches, and the old tables in its plans.
	my $open = $node->background_psql($db, on_error_stop => 1);
	$open->query_safe("SET liskeban.now = '2024-10-23 09:00+08'");
	$open->query_safe("PREPARE amend(bigint) AS UPDATE liskeban.ticket SET priority = 2 WHERE ticket_id = \$1 RETURNING last_seq");
	my $one = $node->safe_psql($db, "SELECT min(ticket_id) FROM liskeban.ticket WHERE state = 'dispatched'");
	$open->query_safe("BEGIN; EXECUTE amend($one); SELECT count(*) FROM liskeban.ticket_clock; ROLLBACK");

	if ($from =~ /^0\.[12]\./)
	{
		# Up to 0.2.0 nothing needed pg_trgm.
		$node->safe_psql($db, q{
DELETE FROM pg_depend WHERE classid = 'pg_extension'::regclass AND refclassid = 'pg_extension'::regclass
   AND objid = (SELECT oid FROM pg_extension WHERE extname = 'liskeban') AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_trgm');
DROP EXTENSION pg_trgm});
		my ($ret, $out, $err) = $node->psql($db, "ALTER EXTENSION liskeban UPDATE");
		like($err, qr/required extension "pg_trgm" is not installed/, 'the update asks for what is new');
		$node->safe_psql($db, "CREATE EXTENSION pg_trgm");
	}
	{
		# Up to 0.3.0 nothing needed pgcrypto.
		$node->safe_psql($db, q{
DELETE FROM pg_depend WHERE classid = 'pg_extension'::regclass AND refclassid = 'pg_extension'::regclass
   AND objid = (SELECT oid FROM pg_extension WHERE extname = 'liskeban') AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pgcrypto');
DROP EXTENSION pgcrypto});
		my ($ret, $out, $err) = $node->psql($db, "ALTER EXTENSION liskeban UPDATE");
		like($err, qr/required extension "pgcrypto" is not installed/, 'the update asks for what is new');
		$node->safe_psql($db, "CREATE EXTENSION pgcrypto");
	}
	$node->safe_psql($db, "ALTER EXTENSION liskeban UPDATE");
	like($open->query_safe("BEGIN; EXECUTE amend($one); ROLLBACK"), qr/^\d+$/m, 'the library works with the tables of before');
	my ($done) = old_tables($db) =~ /^[t\n]+(.*)/s;
	is($done, 'report amend accept dispatch arrive plan suspend amend resume resolve rework withdraw', 'and does with them whatever it did');
	$node->safe_psql($db, 'CALL liskeban.upgrade_platform()');
	is($node->safe_psql($db, 'SELECT version FROM liskeban.platform'), $version, "it is upgraded to $version");
	is(difference($fresh, $node->safe_psql($db, $report)), '', 'its catalog report is that of a fresh platform');
	is(rows_of($db, @tables), $rows, 'its rows are as they were');
	is($node->safe_psql($db, 'SELECT * FROM liskeban.check_invariants()'), '', 'all invariants hold');

	$node->safe_psql($db, 'CALL liskeban.upgrade_platform()');
	is(difference($fresh, $node->safe_psql($db, $report)), '', 'another upgrade changes nothing in the catalog');
	is(rows_of($db, @tables), $rows, 'nor in the rows');

	like($open->query_safe("EXECUTE amend($one)"), qr/^\d+$/m, 'the open session goes on');
	is($open->query_safe("SELECT liskeban.accept(min(ticket_id)) FROM liskeban.ticket WHERE state = 'reported'"), '2', 'with other moves too');
	$open->quit;
	for my $job (split /\n/, $node->safe_psql($db, "SELECT name FROM liskeban.job ORDER BY name"))
	{
		$node->safe_psql($db, "CALL liskeban.run_job('$job')");
	}
	is($node->safe_psql($db, "SELECT subject, detail FROM liskeban.platform_alarm WHERE kind = 'job_failed'"), '', 'the jobs run');
	is($node->safe_psql($db, 'SELECT count(*) > 100 FROM liskeban.alarm'), 't', 'and fire alarms');
	is($node->safe_psql($db, 'SELECT * FROM liskeban.check_invariants()'), '', 'and all invariants hold');

	my $dump = $node->basedir . "/$db.dump";
	$node->safe_psql('postgres', "CREATE DATABASE ${db}_restored");
	command_ok([ 'pg_dump', '-Fc', '-f', $dump, $node->connstr($db) ], 'it is dumped');
	command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr("${db}_restored"), $dump ], 'and restored');
	is(difference($fresh, $node->safe_psql("${db}_restored", $report)), '', "the copy's catalog report is that of a fresh platform");
	is(rows_of("${db}_restored", @tables), rows_of($db, @tables), 'its rows are the same');
	is($node->safe_psql("${db}_restored", 'SELECT * FROM liskeban.check_invariants()'), '', 'and all invariants hold');
}

# What is refused

my ($ret, $out, $err);
$node->safe_psql('postgres', 'CREATE DATABASE bare');
$node->safe_psql('bare', 'CREATE EXTENSION liskeban CASCADE');
($ret, $out, $err) = $node->psql('bare', "\\set VERBOSITY sqlstate\nCALL liskeban.upgrade_platform()");
like($err, qr/\b55000\b/, 'a database without a platform');
$node->safe_psql('fresh', "UPDATE liskeban.platform SET version = '999.0'");
($ret, $out, $err) = $node->psql('fresh', "\\set VERBOSITY sqlstate\nCALL liskeban.upgrade_platform()");
like($err, qr/\b55000\b/, 'a platform newer than the extension');
($ret, $out, $err) = $node->psql('fresh', "\\set VERBOSITY sqlstate\nSET ROLE liskeban_admin;\nCALL liskeban.upgrade_platform()");
like($err, qr/\b42501\b/, 'whoever is no superuser');

$node->stop;
done_testing();
