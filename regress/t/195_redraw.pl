
# A real annual change of the national codes: the villages of 320117 in the edition of 2023, against one before it that is
# made here, with seven villages fewer and one under another code and name. It goes through with tickets open; figures by
# town agree before and after, and by village as of before.

use strict;
use warnings;

use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $shared = $ENV{LISKEBAN_SHARED} || "$root/../shared";
my $areas = "$shared/data/areas";
plan skip_all => "no area codes in $areas" unless -r "$areas/lishui_villages.csv" && -r "$areas/lishui_towns.csv";

# What the edition before lacks, and whose land that was; and what the renamed one was called.
my %parted = (
	'320117001018' => '320117001017', '320117001004' => '320117001003', '320117002014' => '320117002013', '320117002019' => '320117002018',
	'320117003005' => '320117003004', '320117003201' => '320117003200', '320117004002' => '320117004001');
my ($now_called, $was_called) = ('320117001002', '320117001099');

my $node = PostgreSQL::Test::Cluster->new('redraw');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off");
$node->start;
my $dir = PostgreSQL::Test::Utils::tempdir;
my $clock = '2024-09-16 08:00:00+08';

sub value
{
	my ($sql) = @_;

	return $node->safe_psql('postgres', "SET liskeban.now = '$clock'; $sql");
}

sub load_areas
{
	my ($edition, @more) = @_;
	my $file = "$dir/$edition.geojson";
	my ($stdout, $stderr);

	open my $handle, '>:raw', $file or die "could not write $file: $!";
	print $handle $node->safe_psql('postgres',
		"SELECT json_build_object('type', 'FeatureCollection', 'features',
		   json_agg(json_build_object('type', 'Feature', 'properties', json_build_object('code', code, 'name', name),
		                              'geometry', ST_AsGeoJSON(geom, 15)::json) ORDER BY code)) FROM $edition");
	close $handle;
	IPC::Run::run([ "$root/jobs/liskeban_load", 'areas', $file, '--code', 'code', '--name', 'name', '--make-valid', '-d', $node->connstr('postgres'), @more ],
		'<', \'', '>', \$stdout, '2>', \$stderr);
	chomp $stdout;
	return $stdout;
}

value("CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', '溧水区');
	CREATE TABLE town (code text, name text, a text, b text, c text);
	CREATE TABLE village (code text, name text, town text, a text, b text, c text)");
$node->safe_psql('postgres', "COPY town FROM STDIN (FORMAT csv, HEADER);\n" . slurp_file("$areas/lishui_towns.csv"));
$node->safe_psql('postgres', "COPY village FROM STDIN (FORMAT csv, HEADER);\n" . slurp_file("$areas/lishui_villages.csv"));

# The codes have no outlines: each village is a square, each town the row of its villages.
my $squares = "SELECT v.code, v.name, v.town, ST_MakeEnvelope(119 + (n % 12) / 100.0, 31.5 + (n / 12) / 100.0, 119.01 + (n % 12) / 100.0, 31.51 + (n / 12) / 100.0, 4490) AS geom
	FROM (SELECT village.*, row_number() OVER (ORDER BY code) - 1 AS n FROM village) AS v";
my $parted = join(', ', map { "('$_', '$parted{$_}')" } sort keys %parted);
value("CREATE TABLE later AS SELECT code, name, geom FROM ($squares) AS s;
	CREATE TABLE parted AS SELECT * FROM (VALUES $parted) AS p(code, was);
	CREATE TABLE earlier AS
	  SELECT CASE l.code WHEN '$now_called' THEN '$was_called' ELSE l.code END AS code, CASE l.code WHEN '$now_called' THEN '旧名居委会' ELSE l.name END AS name,
	         ST_Union(l.geom, p.geom) AS geom
	    FROM later AS l
	    LEFT JOIN (SELECT p.was, ST_Union(x.geom) AS geom FROM parted AS p JOIN later AS x USING (code) GROUP BY p.was) AS p ON p.was = l.code
	   WHERE l.code NOT IN (SELECT code FROM parted);
	UPDATE earlier AS e SET geom = l.geom FROM later AS l WHERE l.code = CASE e.code WHEN '$was_called' THEN '$now_called' ELSE e.code END AND e.geom IS NULL;
	CREATE TABLE towns AS SELECT t.code, t.name, (SELECT ST_Union(l.geom) FROM later AS l WHERE l.code LIKE t.code || '%') AS geom FROM town AS t");
is(value('SELECT count(*) FILTER (WHERE e.code IS NULL), count(*) FILTER (WHERE l.code IS NULL), count(l.code), count(e.code) FROM later AS l FULL JOIN earlier AS e USING (code)'),
	'8|1|118|111', 'seven more and one renamed lie between the editions');
is(load_areas('towns'), 'read 9, created 9, updated 0, rejected 0', 'the towns are loaded');
is(load_areas('earlier'), 'read 111, created 111, updated 0, rejected 0', 'and the villages of the edition before');

# A day's tickets in every state, five a village of the edition to come, held by village, town or department.
value(
	"INSERT INTO liskeban.category (code, name, domain) VALUES ('matter', 'a matter', 'livelihood');
	 INSERT INTO liskeban.membership (role_name, duty, area) SELECT 'v' || code, 'handler', code FROM liskeban.area WHERE liskeban.area_level(code) = 'village';
	 INSERT INTO liskeban.grid_member (area, network, person, begins_at) SELECT a.code, n.code, '网格员' || a.code, '2024-01-01' FROM liskeban.area AS a, liskeban.network AS n WHERE liskeban.area_level(a.code) = 'village';
	 INSERT INTO liskeban.ticket (source, category, title, geom)
	   SELECT 'hotline_12345', 'matter', l.code, ST_Translate(ST_Centroid(l.geom), i / 1000.0, -i / 1000.0)
	     FROM later AS l, generate_series(-2, 2) AS i ORDER BY l.code, i;
	 INSERT INTO liskeban.ticket (source, category, title) SELECT 'hotline_12345', 'matter', 'pool' FROM generate_series(1, 9)");
$clock = '2024-09-16 08:03:00+08';
value("UPDATE liskeban.ticket SET state = 'accepted' WHERE ticket_id % 11 > 0");
value("UPDATE liskeban.ticket SET state = 'dispatched', responsible_area = CASE ticket_id % 5 WHEN 0 THEN liskeban.area_parent(area, 'town') ELSE area END, note = 'sent'
	WHERE state = 'accepted' AND ticket_id % 7 > 0 AND area IS NOT NULL;
	UPDATE liskeban.ticket SET state = 'dispatched', responsible_area = '$was_called', note = 'sent' WHERE state = 'accepted' AND area IS NULL");
$clock = '2024-09-16 08:10:00+08';
value("UPDATE liskeban.ticket SET state = 'on_site' WHERE state = 'dispatched' AND ticket_id % 3 > 0");
value("UPDATE liskeban.ticket SET state = 'resolved', resolution = 'done' WHERE state = 'on_site' AND ticket_id % 4 > 0");
value("CREATE ROLE checker SUPERUSER; SET ROLE checker; UPDATE liskeban.ticket SET state = 'closed', checked_by = 'checker' WHERE state = 'resolved' AND ticket_id % 4 = 1");
cmp_ok(value("SELECT count(DISTINCT state) FROM liskeban.ticket"), '>=', 6, 'tickets are in every state');
value("SELECT liskeban.roll_up()");

$clock = '2024-09-16 09:00:00+08';
my $kinds = "'2024-09-16', '2024-09-16'";
value("CREATE TABLE before AS SELECT b.by, to_jsonb(k) - 'settled' AS k FROM (VALUES ('town'), ('village'), ('district'), ('holder')) AS b(by), LATERAL liskeban.kpi($kinds, b.by, '$clock') AS k;
	CREATE TABLE was AS SELECT ticket_id, state, tier, resolve_due, respond_due, dispatched_at, area FROM liskeban.ticket");
sub differs
{
	my ($by, $as_of) = @_;

	return value("SELECT count(*) FROM (SELECT to_jsonb(k) - 'settled' AS k FROM liskeban.kpi($kinds, '$by', '$as_of') AS k) AS a
		FULL JOIN (SELECT k FROM before WHERE by = '$by') AS b USING (k) WHERE a.k IS NULL OR b.k IS NULL");
}

# The new edition, loaded ahead: what is new is not in force before it is named.
is(load_areas('later', '--valid-from', 'infinity'), 'read 118, created 8, updated 110, rejected 0', 'the new edition is loaded ahead')
  or diag(value("SELECT reason FROM liskeban.intake_reject"));
$clock = '2024-09-16 09:00:01+08';
value("BEGIN; " . join('; ', map { "SELECT liskeban.redraw_area('{$parted{$_}}', '{$parted{$_},$_}')" } sort keys %parted)
	  . "; SELECT liskeban.redraw_area('{$was_called}', '{$now_called}'); COMMIT");
is(differs('town', $clock), '0', 'figures by town are what they were');
is(differs('district', $clock), '0', 'and those of the district');
cmp_ok(differs('village', $clock), '>', 0, 'those by village are not');
is(differs($_, '2024-09-16 09:00:00+08'), '0', "by $_ as of before they are") foreach qw(town village holder);
value("SELECT liskeban.roll_up()");
is(differs($_, '2024-09-16 09:00:00+08'), '0', "by $_ too when all is rolled up") foreach qw(town village holder);
is(differs('town', $clock), '0', 'and by town now');

my $open = "state NOT IN ('closed', 'rejected', 'withdrawn')";
is(value("SELECT count(*) FROM liskeban.ticket WHERE $open AND area IS DISTINCT FROM liskeban.locate(geom)"), '0', 'what is open lies where it lies');
is(value("SELECT count(*) FROM liskeban.ticket AS t WHERE $open AND responsible_area IS NOT NULL
		AND NOT EXISTS (SELECT FROM liskeban.area AS a WHERE a.code = t.responsible_area AND a.valid_to IS NULL AND a.valid_from <= '$clock')"),
	'0', 'and is held by an area in force');
is(value("SELECT count(*) FROM liskeban.ticket AS t JOIN was AS w USING (ticket_id) WHERE t.state = 'closed' AND t.area IS DISTINCT FROM w.area"), '0', 'what is closed stays under its code');
is(value("SELECT count(*) FROM liskeban.ticket AS t JOIN was AS w USING (ticket_id)
		WHERE (t.state, t.tier, t.resolve_due, t.respond_due, t.dispatched_at) IS DISTINCT FROM (w.state, w.tier, w.resolve_due, w.respond_due, w.dispatched_at)"),
	'0', 'no clock moved, nothing was dispatched');
cmp_ok(value("SELECT sum(tickets) FROM liskeban.area_redraw"), '>', 20, 'tickets did move');
is(value("SELECT count(*) FROM liskeban.ticket_event WHERE action = 'recompute'"), value("SELECT sum(tickets) FROM liskeban.area_redraw"), 'an event each');
is(value("SELECT string_agg(liskeban.successor_area(c::liskeban.area_code)::text, ' ' ORDER BY c) FROM unnest('{$was_called,320117001003}'::text[]) AS c"),
	"320117001003 $now_called", 'an old code says what it has become');
is(value("SELECT count(*) FROM liskeban.grid_gap"), '0', 'nobody\'s land is without someone of each network');
is(value("SELECT count(*) FROM liskeban.membership WHERE role_name = 'v$was_called' AND area = '$now_called' AND retired_at IS NULL"), '1', 'and the handler of the renamed village is still there');
is(value("SELECT count(*) FROM liskeban.check_invariants()"), '0', 'the invariants hold');
is(value("SELECT count(*) FROM liskeban.verify_history()"), '0', 'and so does history');
is(value("SELECT count(*) FROM liskeban.area_problem AS p WHERE p.problem = 'overlap'"), '0', 'no villages overlap');

$node->stop;
done_testing();
