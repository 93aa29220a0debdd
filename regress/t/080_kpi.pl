
# The figures equal a brute force that replays history row by row (regress/data/kpi_replay.sql): on lives that nobody
# leads yet, on the sample week, on a load of real history; by every key, as of several instants; with nothing rolled up,
# with a part of history, and with all. And the report's views say the same, and show nobody's words.

use strict;
use warnings;

use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $shared = $ENV{LISKEBAN_SHARED} || "$root/../shared";
my @keys = qw(district town village category domain source department holder tier);
my $kinds = "'{demand,hazard,clue,service,policy,patrol,task}'";

my $node = PostgreSQL::Test::Cluster->new('kpi');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off");
$node->start;

sub create_platform
{
	my ($db) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db,
		"CREATE EXTENSION liskeban CASCADE;
		 CALL liskeban.create_platform('320117', '溧水区');");
	$node->safe_psql($db, slurp_file("$root/regress/data/kpi_replay.sql"));
}

# Where the figures differ from what was replayed last, by every key, of all that was received; prints what differs.
sub same_as_replayed
{
	my ($db, $as_of, $name) = @_;
	my $difference = join(' UNION ALL ',
		map { "SELECT '$_' AS by, d.* FROM kpi_difference('2000-01-01', '2100-01-01', '$_', '$as_of', $kinds) AS d" } @keys);

	is($node->safe_psql($db, "$difference ORDER BY 1, 2"), '', $name);
}

# The same of a part of the days, for the keys' figures of which days are summed up.
sub same_days
{
	my ($db, $from, $to, $as_of, $name) = @_;

	is( $node->safe_psql(
			$db,
			join(' UNION ALL ',
				map { "SELECT '$_' AS by, d.* FROM kpi_difference('$from', '$to', '$_', '$as_of', '{demand}') AS d" } qw(village holder department))
			  . ' ORDER BY 1, 2'),
		'', $name);
}

sub same_as_replay
{
	my ($db, $as_of, $name) = @_;

	$node->safe_psql($db, "SELECT kpi_replay('$as_of')");
	same_as_replayed($db, $as_of, $name);
}

# Roll up that share of the events, the clock standing at that instant; 0 takes back what was rolled up.
sub roll_up_share
{
	my ($db, $share, $now) = @_;

	if ($share == 0)
	{
		$node->safe_psql($db, "UPDATE liskeban.roll_up_state SET time_zone = NULL, last_event_id = 0, rolled_at = NULL");
		return;
	}
	$node->safe_psql(
		$db,
		"SET liskeban.now = '$now';
		 SELECT liskeban._roll_up_to(max(e.event_id), 700) FROM (SELECT x.event_id FROM liskeban.ticket_event AS x ORDER BY x.event_id
		   LIMIT (SELECT (count(*) * $share)::bigint FROM liskeban.ticket_event)) AS e");
	is($node->safe_psql($db, 'SELECT * FROM liskeban._roll_up_problems() LIMIT 5'), '', "$db: $share of it rolled up is the recomputation");
}

# Every key's rows add up to the district's.
sub adds_up
{
	my ($db, $as_of, $name) = @_;
	my $sums = join(' UNION ALL ',
		map {
			"SELECT sum(received), sum(reported), sum(due), sum(completion_num), sum(on_time_num), sum(response_den),
			        sum(answered_den), sum(promise_den), sum(breach_num), sum(whistle_num), sum(whistle_den)
			   FROM liskeban.kpi('2000-01-01', '2100-01-01', '$_', '$as_of', $kinds)"
		} @keys);

	is($node->safe_psql($db, "SELECT count(*) FROM (SELECT DISTINCT * FROM ($sums) AS s) AS d"), '1', $name);
}

# Lives drawn at random, in histories that the guard would not let happen

create_platform('lives');
$node->safe_psql('lives', slurp_file("$root/regress/data/kpi_lives.sql"));
$node->safe_psql('lives',
	"ALTER TABLE liskeban.ticket DISABLE TRIGGER USER;
	 ALTER TABLE liskeban.ticket_event DISABLE TRIGGER USER;
	 SELECT kpi_lives(1800);
	 -- numbered as they came to be known, not life by life
	 CREATE TEMP TABLE numbered AS SELECT e.*, row_number() OVER (ORDER BY e.recorded_at, e.ticket_id, e.seq) AS n FROM liskeban.ticket_event AS e;
	 DELETE FROM liskeban.ticket_event;
	 INSERT INTO liskeban.ticket_event (event_id, ticket_id, at, recorded_at, seq, run, from_state, to_state, action, actor, login, detail, hash)
	   OVERRIDING SYSTEM VALUE
	   SELECT n, ticket_id, at, recorded_at, seq, run, from_state, to_state, action, actor, login, detail, hash FROM numbered;");
for my $as_of ('2026-01-08 11:17+08', '2026-01-12 00:00+08', '2027-01-01')
{
	same_as_replay('lives', $as_of, "drawn lives as of $as_of");
	# Half of it when the clock stood before, or after; then with clocks that ran on; then all of it, later than asked.
	roll_up_share('lives', 0.5, '2026-01-07 09:00+08');
	same_as_replayed('lives', $as_of, "half of it rolled up, as of $as_of");
	same_days('lives', '2026-01-06', '2026-01-09', $as_of, "and some days of it");
	roll_up_share('lives', 0.5, '2026-01-08 00:00+08');
	same_as_replayed('lives', $as_of, "the clock went on, as of $as_of");
	roll_up_share('lives', 0.9, '2026-01-11 12:00+08');
	same_as_replayed('lives', $as_of, "nine in ten rolled up, as of $as_of");
	roll_up_share('lives', 1, '2026-01-13 12:00+08');
	same_as_replayed('lives', $as_of, "all rolled up, as of $as_of");
	same_days('lives', '2026-01-06', '2026-01-09', $as_of, "and some days of it");
	roll_up_share('lives', 0) if $as_of lt '2027';
}
is( $node->safe_psql(
		'lives',
		"SELECT count(*) FILTER (WHERE summed) > 1000, count(*) FILTER (WHERE NOT summed) > 10,
		        (SELECT count(*) FROM liskeban.figure_daily WHERE whistles > 0) > 20 FROM liskeban.ticket_fact"),
	't|t|t', 'most are in the sums, some clocks still run, and whistles are there');
adds_up('lives', '2027-01-01', 'keys add up to the district');
is( $node->safe_psql(
		'lives',
		"SELECT received > 1000 AND reported < received AND due < reported AND self_handled > 10 AND completion_num < due
		        AND on_time_num < completion_num AND on_time_original_num < on_time_num AND response_num > 10
		        AND response_proven_num < response_num AND unreachable > 5 AND solved_num < answered_num
		        AND satisfaction_num < answered_num AND rework_num > 10 AND first_time_num > 10 AND plan_num > 10
		        AND promise_num > 10 AND promise_num < promise_den AND breach_num > 100 AND whistle_num > 10 AND whistle_num < whistle_den
		   FROM liskeban.kpi('2000-01-01', '2100-01-01', 'district', '2027-01-01', $kinds)"),
	't', 'and every figure had something to count');
is( $node->safe_psql(
		'lives',
		"SELECT count(*) > 5 FROM liskeban._kpi_facts('-infinity', 'infinity', '2027-01-01', $kinds) AS f
		  WHERE f.asked > (f.fact).has_reporter::integer"),
	't', 'reporters of merged tickets among them');
is( $node->safe_psql(
		'lives',
		"SELECT count(*) > 20 AND count(*) FILTER (WHERE solved) > 5 FROM kpi_whistle WHERE upheld"),
	't', 'declines of whistles that were upheld, too');

# What is asked must make sense

my ($ret, $out, $err);
for my $case (
	[ "'2026-01-02', '2026-01-01', 'town'", '22023' ],
	[ "'2026-01-01', '2026-01-01', 'street'", '22023' ],
	[ "NULL, '2026-01-01', 'town'", '22004' ])
{
	($ret, $out, $err) = $node->psql('lives', "\\set VERBOSITY sqlstate\nSELECT liskeban.kpi($case->[0])");
	like($err, qr/\b$case->[1]\b/, "kpi($case->[0]) is refused with $case->[1]");
}
is( $node->safe_psql('lives', "SELECT count(*) FROM liskeban.kpi('2001-01-01', '2001-01-01', 'town')"),
	'0', 'no case, no row');
is( $node->safe_psql('lives', "SELECT bool_and(key >= before) FROM (SELECT key COLLATE \"C\" AS key, lag(key) OVER () COLLATE \"C\" AS before
	FROM liskeban.kpi('2000-01-01', '2100-01-01', 'village', '2027-01-01')) AS k"),
	't', 'rows come ordered by key');
is( $node->safe_psql('lives', "SELECT bool_and(completion IS NOT DISTINCT FROM completion_num / nullif(completion_den, 0)::numeric)
	FROM liskeban.kpi('2000-01-01', '2100-01-01', 'village', '2027-01-01')"),
	't', 'a rate is its num over its den');

# The sample week

create_platform('week');
my @psql = ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('week'));
command_ok([ @psql, '-f', "$root/jobs/demo/district.sql" ], 'the district is loaded');
command_ok([ @psql, '-f', "$root/jobs/demo/play.sql" ], 'the week is played');
$node->safe_psql('week', 'VACUUM ANALYZE');
for my $as_of ('2024-10-23 15:00:00+08', '2024-10-28 00:00:00+08')
{
	roll_up_share('week', 0);
	same_as_replay('week', $as_of, "the sample week as of $as_of");
	roll_up_share('week', 0.4, '2024-10-24 00:05+08');
	same_as_replayed('week', $as_of, "less than half of it rolled up, as of $as_of");
	roll_up_share('week', 1, '2024-10-27 22:00+08');
	same_as_replayed('week', $as_of, "all of it rolled up, as of $as_of");
}
adds_up('week', '2024-10-28 00:00:00+08', 'keys of the week add up to the district');

# What was known then is known still: what came later changes nothing in figures as of before.
my $then = "SELECT md5(string_agg(k::text, '|' ORDER BY k.key)) FROM liskeban.kpi('2024-10-21', '2024-10-27', 'village', '2024-10-26 12:00+08') AS k";
my $before = $node->safe_psql('week', $then);
$node->safe_psql('week',
	"SET liskeban.now = '2024-10-28 09:00+08';
	 UPDATE liskeban.ticket SET note = 'later', priority = 1 WHERE state IN ('reported', 'accepted', 'dispatched');
	 UPDATE liskeban.ticket SET state = 'withdrawn', note = 'later' WHERE state = 'accepted';");
is($node->safe_psql('week', $then), $before, 'figures as of before do not move');

# The report

my $now = "SET liskeban.now = '2024-10-28 10:00+08';";
for my $count (qw(received reported due completion_num on_time_num response_num response_den answered_num answered_den solved_num
	satisfaction_num rework_num first_time_num plan_den promise_den breach_num))
{
	is( $node->safe_psql('week', "$now SELECT sum($count) FROM liskeban_report.kpi_daily"),
		$node->safe_psql('week', "$now SELECT $count FROM liskeban.kpi('2000-01-01', '2100-01-01', 'district', kinds => $kinds)"),
		"kpi_daily: $count adds up to the district's");
}
is( $node->safe_psql('week', "$now SELECT count(*) - count(DISTINCT kpi_daily_key) FROM liskeban_report.kpi_daily"),
	'0', 'its key is unique');
is( $node->safe_psql(
		'week',
		"$now SELECT count(*) FROM (SELECT town, sum(received), sum(due), sum(on_time_num) FROM liskeban_report.kpi_daily GROUP BY town
		   EXCEPT SELECT key, received, due, on_time_num FROM liskeban.kpi('2000-01-01', '2100-01-01', 'town', kinds => $kinds)) AS d"),
	'0', 'and its towns are the towns of kpi');
is( $node->safe_psql(
		'week',
		"$now SELECT count(*) FROM liskeban_report.ticket AS r FULL JOIN liskeban.ticket AS t USING (ticket_id)
		  WHERE r.ticket_id IS NULL OR t.ticket_id IS NULL OR r.area IS DISTINCT FROM t.area::text OR r.state <> t.state::text"),
	'0', 'the report has every ticket once');
is( $node->safe_psql(
		'week',
		"$now SELECT count(*) FROM liskeban_report.ticket AS r JOIN liskeban.ticket AS t USING (ticket_id)
		   LEFT JOIN LATERAL (SELECT c.lamp FROM liskeban.ticket_clocks(t) AS c WHERE c.clock = 'resolve') AS c ON true
		  WHERE r.resolve_lamp IS DISTINCT FROM c.lamp"),
	'0', 'with the lamp of its resolve clock');
is( $node->safe_psql(
		'week',
		"SELECT c.relname, a.attname FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
		  WHERE c.relnamespace = 'liskeban_report'::regnamespace AND a.attnum > 0
		    AND (col_description(c.oid, a.attnum) IS NULL
		         OR c.relname <> 'open311_request'
		            AND a.attname IN ('title', 'description', 'address', 'note', 'plan_text', 'resolution', 'reply', 'extra'))"),
	'', 'every column has a comment, none is free text');
is( $node->safe_psql(
		'week',
		"SELECT count(*) FILTER (WHERE r.description IS NOT NULL OR r.service_notice IS NOT NULL OR r.media_url IS NOT NULL),
		        count(*) FILTER (WHERE NOT EXISTS (SELECT FROM liskeban.area AS a WHERE a.name = r.address)) FROM liskeban_report.open311_request AS r
		  WHERE r.address IS NOT NULL OR num_nonnulls(r.description, r.service_notice, r.media_url) > 0"),
	'0|0', 'what GeoReport calls by such names is the name of an area, or nothing');
is( $node->safe_psql('week', "SELECT string_agg(f_table_name || ' ' || type || ' ' || srid, ',' ORDER BY f_table_name) FROM geometry_columns WHERE f_table_schema = 'liskeban_report'"),
	'area MULTIPOLYGON 4490,camera POINT 4490,emergency MULTIPOLYGON 4490,emergency_area MULTIPOLYGON 4490,flood_point POINT 4490,hazard POINT 4490,'
	. 'hot_spot POLYGON 4490,open311_request POINT 4490,open_hazard POINT 4490,open_ticket_point POINT 4490,platform_signal POINT 4490,police_incident POINT 4490,safety_item POINT 4490,'
	. 'storm_line LINESTRING 4490,storm_point POINT 4490,storm_swath MULTIPOLYGON 4490,supply_depot POINT 4490,ticket POINT 4490,weather_warning MULTIPOLYGON 4490', 'a spatial view has one geometry column of fixed type');
for my $view (qw(ticket kpi_daily))
{
	is( $node->safe_psql('week', "SET ROLE liskeban_analyst; SELECT count(*) > 0 FROM liskeban_report.$view"),
		't', "an analyst reads $view");
}
is( $node->safe_psql('week', "SET ROLE liskeban_analyst; SELECT count(*) > 5 FROM liskeban.kpi('2024-10-21', '2024-10-27', 'town')"),
	't', 'and the figures');
for my $sql ("SELECT title FROM liskeban.ticket", "SELECT note FROM liskeban.ticket_event", "SELECT * FROM liskeban.reporter")
{
	($ret, $out, $err) = $node->psql('week', "SET ROLE liskeban_reader; $sql");
	like($err, qr/permission denied/, "the views' owner is refused: $sql");
}

# Real history

SKIP:
{
	my $file = "$shared/data/requests/sf311.csv.gz";
	skip "no $file", 6 unless -r $file;

	create_platform('sf');
	my $map = $node->basedir . '/sf311.json';
	append_to_file($map, <<'JSON');
{"external_id": "unique_key", "category": {"column": "complaint_type", "create": true}, "title": "complaint_type",
 "description": "descriptor", "address": "incident_address", "lon": "longitude", "lat": "latitude", "datum": {"const": "wgs84"},
 "reported_at": "created_date", "accepted_at": "created_date", "dispatched_at": "created_date", "resolved_at": "closed_date",
 "closed_at": "closed_date"}
JSON
	my $log = '';
	my $done = IPC::Run::run(
		[ "$root/jobs/liskeban_load", 'requests', $file, '--source', 'sf311', '--map', $map, '--history', '-d', $node->connstr('sf') ],
		'>', \$log);
	ok($done, 'a history is loaded');
	like($log, qr/^read 10000, created \d+, existing \d+, rejected \d+$/m, 'and says how much');
	cmp_ok($node->safe_psql('sf', 'SELECT count(*) FROM liskeban.ticket'), '>', 9000, 'with its tickets');
	$node->safe_psql('sf', 'VACUUM ANALYZE');
	same_as_replay('sf', $node->safe_psql('sf', 'SELECT liskeban.liskeban_now()'), 'the figures of the loaded history');
	cmp_ok($node->safe_psql('sf', 'SELECT liskeban.roll_up()'), '>', 30000, 'it is rolled up');
	same_as_replayed('sf', $node->safe_psql('sf', 'SELECT liskeban.liskeban_now()'), 'and its figures are the same');
	is( $node->safe_psql('sf', "SELECT count(*) FROM liskeban.kpi('2000-01-01', '2100-01-01', 'district', '2020-01-01')"),
		'0', 'which was not known before it was loaded');
	is($node->safe_psql('sf', 'SELECT * FROM liskeban.check_invariants()'), '', 'all invariants hold there');
}

is($node->safe_psql('week', 'SELECT * FROM liskeban.check_invariants()'), '', 'all invariants hold');

$node->stop;
done_testing();
