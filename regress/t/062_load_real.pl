
# liskeban_load on real files: New York's complaints onto its boroughs, community and election districts; San
# Francisco's with quoted newlines and many positions at 0,0. Every row is a ticket or a reject.

use strict;
use warnings;

use FindBin;
use IO::Uncompress::Gunzip qw(gunzip $GunzipError);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $loader = "$root/jobs/liskeban_load";
my $shared = ($ENV{LISKEBAN_SHARED} || "$root/../shared") . '/data';
my @complaints = sort glob "$shared/requests/nyc311_to_*.csv.gz";
my $san_francisco = "$shared/requests/sf311.csv.gz";
my @outlines = map { "$shared/areas/nyc_$_.geojson.gz" } qw(boroughs community_districts election_districts);
plan skip_all => "no real requests and areas in $shared" if grep { !-r } @outlines, $san_francisco, $complaints[0] // '';

my $node = PostgreSQL::Test::Cluster->new('load_real');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\nshared_buffers = 256MB\n");
$node->start;
$node->safe_psql('postgres',
	"CREATE EXTENSION liskeban CASCADE;
	 CALL liskeban.create_platform('320117', '溧水区');
	 ALTER DATABASE postgres SET search_path = liskeban, public;");
my $dir = PostgreSQL::Test::Utils::tempdir;

sub value
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

sub file
{
	my ($name, $content) = @_;
	open my $handle, '>:raw', "$dir/$name" or die "could not write $dir/$name: $!";
	print $handle $content;
	close $handle;
	return "$dir/$name";
}

sub loads_as
{
	my ($args, $line, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($stdout, $stderr);
	IPC::Run::run([ $loader, '-d', $node->connstr('postgres'), @$args ], \undef, \$stdout, \$stderr);
	is(($? >> 8) . " $stdout", "0 $line\n", $name) or diag($stderr);
	return $stderr;
}

# An outline file of New York with codes made up from a property; the grid's village must be found first.
sub with_codes
{
	my ($path, $name, $code_of) = @_;
	my $text;
	gunzip($path => \$text) or die "could not read $path: $GunzipError";
	$text =~ s/("properties"\s*:\s*\{)([^}]*)\}/my ($open, $p) = ($1, $2); "$open$p, \"code\": \"" . $code_of->($p) . '"}'/ge;
	return file($name, $text);
}

# Towns and villages by their published numbers

my $towns = with_codes($outlines[0], 'towns.geojson',
	sub { my ($n) = $_[0] =~ /"BoroCode":\s*(\d+)/; return sprintf('320117%03d', $n) });
my $villages = with_codes($outlines[1], 'villages.geojson',
	sub { my ($n) = $_[0] =~ /"BoroCD":\s*(\d+)/; return sprintf('320117%03d%03d', $n / 100, $n % 100) });
loads_as([ 'areas', $towns, '--code', 'code', '--name', 'BoroName' ],
	'read 5, created 5, updated 0, rejected 0', 'boroughs as towns');
loads_as([ 'areas', $villages, '--code', 'code', '--name', 'BoroCD' ],
	'read 71, created 71, updated 0, rejected 0', 'community districts as villages');

# Election districts as grids of the village in which their point on surface lies, numbered within it

my $districts;
gunzip($outlines[2] => \$districts) or die "could not read $outlines[2]: $GunzipError";
my $plain = file('districts.geojson', $districts =~ s/\s+/ /gr);
my %village = map { split /\|/ } split /\n/, value(
	"CREATE TEMP TABLE raw (doc text);
	 COPY raw FROM '$plain' (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02');
	 SELECT d.idx, coalesce(liskeban.area_parent(a.area, 'village')::text, '320117999999')
	   FROM (SELECT f #>> '{properties,idx}' AS idx,
	                ST_PointOnSurface(ST_MakeValid(ST_SetSRID(ST_GeomFromGeoJSON(f ->> 'geometry'), 4490))) AS point
	           FROM raw, jsonb_array_elements(doc::jsonb -> 'features') AS f) AS d,
	        LATERAL (SELECT coalesce(liskeban.locate(d.point),
	                   (SELECT v.code FROM liskeban.area v WHERE liskeban.area_level(v.code) = 'village'
	                    ORDER BY v.geom <-> d.point LIMIT 1)) AS area) AS a
	  WHERE liskeban.area_level(a.area) >= 'village'");
my %number;
my $grids = with_codes($outlines[2], 'grids.geojson',
	sub {
		my ($idx) = $_[0] =~ /"idx":\s*(\d+)/;
		my $of = $village{$idx} // '320117999999';
		return $of . sprintf('%03d', ++$number{$of});
	});
loads_as([ 'areas', $grids, '--code', 'code', '--name', 'ElectDist' ],
	'read 5199, created 5157, updated 0, rejected 42', 'election districts as grids: 42 are invalid as published');
is(value("SELECT count(*) FROM intake_reject WHERE source = 'areas' AND reason LIKE 'polygon is invalid: %'"), 42,
	'and are rejected with the reason');
loads_as([ 'areas', $grids, '--code', 'code', '--name', 'ElectDist', '--make-valid' ],
	'read 5199, created 42, updated 5157, rejected 0', '--make-valid takes them too');
is(value('SELECT count(*), count(*) FILTER (WHERE ST_IsValid(geom)) FROM area WHERE geom IS NOT NULL'), '5275|5275',
	'all of them are valid');

# The complaints

my $map = file('nyc.json', <<'JSON');
{"external_id": "unique_key", "category": {"column": "complaint_type", "create": true}, "description": "descriptor",
 "lon": "longitude", "lat": "latitude", "datum": {"const": "wgs84"},
 "reported_at": {"column": "created_date", "time_zone": "America/New_York"}, "extra": ["borough", "agency"]}
JSON
my $rows = 10000 * @complaints;
my $before = time;
loads_as([ 'requests', @complaints, '--source', 'nyc311', '--map', $map ],
	"read $rows, created $rows, existing 0, rejected 0", "$rows complaints");
note('in ' . (time - $before) . ' s');
is(value("SELECT count(*) FROM ticket WHERE source = 'nyc311'"), $rows, 'every row is a ticket');
my ($both, $equal) = split /\|/, value(
	"SELECT count(*), count(*) FILTER (WHERE upper(town.name) = t.extra ->> 'borough')
	   FROM ticket t LEFT JOIN area town ON town.code = area_parent(t.area, 'town')
	  WHERE t.source = 'nyc311' AND t.geom IS NOT NULL AND t.extra ->> 'borough' <> 'Unspecified'");
cmp_ok($both, '>', $rows * 0.9, 'nearly all have a position and a borough');
cmp_ok($equal / $both, '>=', 0.997, "the town is the borough that the file says for $equal of $both");
is(value("SELECT count(*) FROM ticket WHERE source = 'nyc311' AND (geom IS NULL) <> (placement = 'unknown')"), 0,
	'unknown are those without a position');
is( value(
		"SELECT count(*) FROM (SELECT * FROM ticket WHERE placement = 'inside' ORDER BY ticket_id LIMIT 2000) t
		  WHERE NOT EXISTS (SELECT FROM area a WHERE a.code = t.area AND ST_Covers(a.geom, t.geom))"),
	0, 'inside is inside');
loads_as([ 'requests', @complaints, '--source', 'nyc311', '--map', $map ],
	"read $rows, created 0, existing $rows, rejected 0", 'the second load creates nothing');

# San Francisco

$map = file('sf.json', <<'JSON');
{"external_id": "unique_key", "category": {"column": "category", "create": true}, "title": "complaint_type",
 "description": "descriptor", "address": "incident_address", "lon": "longitude", "lat": "latitude",
 "datum": {"const": "wgs84"}, "reported_at": "created_date", "extra": ["status_notes", "neighborhood"]}
JSON
loads_as([ 'requests', $san_francisco, '--source', 'sf311', '--map', $map ],
	'read 10000, created 10000, existing 0, rejected 0', "San Francisco's requests");
is(value("SELECT count(*) FROM ticket WHERE source = 'sf311' AND placement = 'unknown'"), 4264,
	'those at 0,0 or without a position are placed nowhere');
is(value("SELECT count(*) FROM ticket WHERE geom = 'SRID=4490;POINT(0 0)' OR source = 'sf311' AND placement IN ('inside', 'snapped')"),
	0, 'and none at 0,0 is inside');
cmp_ok(value("SELECT count(*) FROM ticket WHERE source = 'sf311' AND extra ->> 'status_notes' LIKE E'%\\n%'"),
	'>', 0, 'quoted newlines are kept');

# The same as histories

$map = file('lives.json', <<'JSON');
{"external_id": "unique_key", "category": {"column": "category", "create": true}, "title": "complaint_type",
 "lon": "longitude", "lat": "latitude", "reported_at": "created_date", "resolved_at": "closed_date",
 "closed_at": "closed_date", "resolution": "status_notes"}
JSON
my ($out, $err);
IPC::Run::run([ $loader, '-d', $node->connstr('postgres'), 'requests', $san_francisco, '--source', 'lives', '--map', $map, '--history' ],
	\undef, \$out, \$err);
is($? >> 8, 0, 'as histories') or diag($err);
like($out, qr/^read 10000, created \d+, existing 0, rejected \d+$/, 'all of them are accounted for');
is( value(
		"SELECT (SELECT count(*) FROM ticket WHERE source = 'lives') + (SELECT count(*) FROM intake_reject WHERE source = 'lives'),
		        (SELECT count(*) FROM ticket WHERE source = 'lives' AND (state = 'closed') <> (closed_at IS NOT NULL)),
		        (SELECT count(*) FROM intake_reject WHERE source = 'lives' AND reason NOT LIKE '% is before the stamp that goes before it: %')"),
	'10000|0|0', 'a ticket each, but for those closed before they were reported');

is(value('SELECT * FROM check_invariants() LIMIT 5'), '', 'every invariant holds');
$node->stop;
done_testing();
