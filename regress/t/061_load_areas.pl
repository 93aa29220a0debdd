
# liskeban_load areas: GeoJSON into areas, the good, the repaired and the rejected, in whatever coordinates.

use strict;
use warnings;

use FindBin;
use IO::Compress::Gzip qw(gzip);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $loader = "$root/jobs/liskeban_load";

my $node = PostgreSQL::Test::Cluster->new('load_areas');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\n");
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

sub load
{
	my ($stdin, @args) = @_;
	my ($stdout, $stderr);
	IPC::Run::run([ $loader, '-d', $node->connstr('postgres'), @args ], \$stdin, \$stdout, \$stderr);
	return ($? >> 8, $stdout, $stderr);
}

sub loads_as
{
	my ($args, $line, $name, $stdin) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($status, $stdout, $stderr) = load($stdin // '', @$args);
	is("$status $stdout", "0 $line\n", $name) or diag($stderr);
	return $stderr;
}

sub fails_with
{
	my ($args, $status, $pattern, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($got, $stdout, $stderr) = load('', @$args);
	is("$got $stdout", "$status ", "$name: exit status $status");
	like($stderr, $pattern, "$name: said why");
	return;
}

# One feature: its properties and rings as they stand in GeoJSON.
sub feature
{
	my ($code, $name, $geometry) = @_;
	return qq({"type": "Feature", "properties": {"c": $code, "n": $name}, "geometry": $geometry});
}

sub square
{
	my ($x, $y, $size) = @_;
	my ($r, $t) = ($x + $size, $y + $size);
	return qq({"type": "Polygon", "coordinates": [[[$x,$y],[$r,$y],[$r,$t],[$x,$t],[$x,$y]]]});
}

sub collection
{
	return '{"type": "FeatureCollection", "features": [' . join(",\n", @_) . ']}';
}

my @fields = ('--code', 'c', '--name', 'n');

# Usage, and what is no GeoJSON

my $one = file('one.geojson', feature('"320117001"', '"A"', square(119, 31.6, 0.1)));
for my $wrong (
	['areas'], [ 'areas', $one ], [ 'areas', $one, '--code', 'c' ], [ 'areas', $one, '--name', 'n' ],
	[ 'areas', $one, $one, @fields ],
	[ 'areas', $one, @fields, '--srid', 'wgs84' ],
	[ 'areas', $one, @fields, '--datum', 'mars' ],
	[ 'areas', $one, @fields, '--srid', '4326', '--datum', 'gcj02' ],
	[ 'areas', $one, @fields, '--history' ])
{
	is((load('', @$wrong))[0], 2, 'wrong usage: ' . join(' ', map { s/.*\///r } @$wrong));
}
fails_with([ 'areas', "$dir/none", @fields ], 1, qr/none.*No such file/, 'no file');
fails_with([ 'areas', file('no', 'x,y'), @fields ], 1, qr/22P02/, 'no JSON');
fails_with([ 'areas', file('no', '{"type": "Point"}'), @fields ], 1, qr/22023.*FeatureCollection/, 'no FeatureCollection');
is(value('SELECT count(*) FROM area'), 1, 'nothing of that made an area');

# Good and bad in one file

my $mixed = file(
	'mixed.geojson',
	collection(
		feature('"320117001"', '"A"', square(119, 31.6, 0.1)),
		feature('320117001001', '"A1"', square(119, 31.6, 0.05)),
		feature('"320117002"', '"bow tie"', '{"type": "Polygon", "coordinates": [[[119.2,31.6],[119.3,31.7],[119.3,31.6],[119.2,31.7],[119.2,31.6]]]}'),
		feature('"320117003"', '"open"', '{"type": "Polygon", "coordinates": [[[119.2,31.6],[119.3,31.7],[119.3,31.6]]]}'),
		feature('"320117004"', '"point"', '{"type": "Point", "coordinates": [119.2,31.6]}'),
		feature('"320117005"', '"nowhere"', 'null'),
		feature('"320117006"', '"metres"', square(1190000, 310000, 10)),
		feature('"320118001"', '"other district"', square(119, 31.6, 0.1)),
		feature('"32011"', '"no code"', square(119, 31.6, 0.1)),
		feature('null', '"null"', square(119, 31.6, 0.1)),
		feature('"320117007"', 'null', square(119, 31.6, 0.1)),
		feature('"320117001"', '"A again"', square(119, 31.6, 0.1)),
		feature('"320117008"', '"empty"', '{"type": "Polygon", "coordinates": []}'),
		feature('"320117009"', '"three dimensions"',
			'{"type": "MultiPolygon", "coordinates": [[[[119.4,31.6,5],[119.5,31.6,5],[119.5,31.7,5],[119.4,31.6,5]]]]}')));
my @mixed = ('areas', $mixed, @fields);
like(loads_as([ @mixed, '-n' ], 'read 14, created 4, updated 0, rejected 10', 'dry run'),
	qr/nothing was changed/, 'a dry run says so');
is(value('SELECT count(*) FROM area') . value('SELECT count(*) FROM intake_reject'), '10', 'and changes nothing');
my $stderr = loads_as([ @mixed, '-v' ], 'read 14, created 4, updated 0, rejected 10', 'areas, good and bad');
like($stderr, qr/mixed\.geojson:3: polygon is invalid: Self-intersection/, '-v says which and why');
is( value('SELECT code, name, ST_SRID(geom), ST_AsText(geom) FROM area WHERE code <> $$320117$$ ORDER BY code'),
	join("\n",
		'320117001|A|4490|POLYGON((119 31.6,119.1 31.6,119.1 31.7,119 31.7,119 31.6))',
		'320117001001|A1|4490|POLYGON((119 31.6,119.05 31.6,119.05 31.65,119 31.65,119 31.6))',
		'320117005|nowhere||',
		'320117009|three dimensions|4490|MULTIPOLYGON(((119.4 31.6,119.5 31.6,119.5 31.7,119.4 31.6)))'),
	'the good ones are areas');
is( value(q{SELECT line_no, regexp_replace(reason, '\[.*|: (Self|Illegal).*', '') FROM intake_reject WHERE source = 'areas' ORDER BY line_no}),
	join("\n",
		'3|polygon is invalid',
		'4|polygon is invalid',
		'5|geometry is no polygon: POINT',
		'7|coordinates are no longitude and latitude',
		'8|code 320118001 does not lie in district 320117',
		'9|invalid input syntax for type area_code: "32011"',
		'10|property is missing: c',
		'11|property is missing: n',
		'12|code occurs more than once in the file: 320117001',
		'13|polygon is empty'),
	'the others are rejected, each with its reason');
loads_as(\@mixed, 'read 14, created 0, updated 4, rejected 10', 'the same again creates nothing');
is(value('SELECT count(*) FROM intake_reject'), 10, 'and a reject is kept once');
gzip($mixed => "$dir/mixed.gz");
loads_as([ 'areas', "$dir/mixed.gz", @fields ], 'read 14, created 0, updated 4, rejected 10', 'the same gzipped');
loads_as([ 'areas', '-', @fields ],
	'read 14, created 0, updated 4, rejected 10', 'the same from standard input', slurp_file($mixed));
loads_as([ @mixed, '--make-valid' ], 'read 14, created 2, updated 4, rejected 8', '--make-valid repairs what can be');
is(value(q{SELECT ST_IsValid(geom), GeometryType(geom), round(ST_Area(geom)::numeric, 6) FROM area WHERE code = '320117002'}),
	't|MULTIPOLYGON|0.005000', 'into polygons');
loads_as([ 'areas', file('new.geojson', collection(feature('"320117001"', '"B"', square(119, 31.6, 0.2)))), @fields ],
	'read 1, created 0, updated 1, rejected 0', 'a known code is updated');
is(value(q{SELECT name, ST_XMax(geom) FROM area WHERE code = '320117001'}), 'B|119.2', 'name and outline');

# Coordinates of all kinds

my $metres = '{"type": "Polygon", "coordinates": [[[13246957.0,3711000.0],[13258000.0,3711000.0],[13258000.0,3722000.0],[13246957.0,3711000.0]]]}';
loads_as([ 'areas', file('m.geojson', feature('"320117010"', '"metres"', $metres)), @fields, '--srid', '3857' ],
	'read 1, created 1, updated 0, rejected 0', '--srid');
is(value(q{SELECT ST_SRID(geom), round(ST_XMin(geom)::numeric, 3), round(ST_YMin(geom)::numeric, 3) FROM area WHERE code = '320117010'}),
	'4490|118.999|31.601', 'transforms');
my $named = '{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}, "features": ['
  . feature('"320117011"', '"metres"', $metres) . ']}';
loads_as([ 'areas', file('m.geojson', $named), @fields ],
	'read 1, created 1, updated 0, rejected 0', 'a file that names its coordinate system');
is(value(q{SELECT a.geom = b.geom FROM area a, area b WHERE a.code = '320117010' AND b.code = '320117011'}), 't', 'is believed');
for my $datum (qw(gcj02 bd09 wgs84 cgcs2000))
{
	loads_as([ 'areas', $one, @fields, '--datum', $datum ], 'read 1, created 0, updated 1, rejected 0', "--datum $datum");
	is(value("SELECT ST_Equals(geom, to_cgcs2000(ST_SetSRID('" . 'POLYGON((119 31.6,119.1 31.6,119.1 31.7,119 31.7,119 31.6))'
			  . "'::geometry, 4490), '$datum')) FROM area WHERE code = '320117001'"), 't', "is $datum");
}

# Who may

value(q{CREATE ROLE boss LOGIN IN ROLE liskeban_admin; CREATE ROLE other LOGIN IN ROLE liskeban_dispatcher});
loads_as([ 'areas', $one, @fields, '-U', 'boss' ], 'read 1, created 0, updated 1, rejected 0', 'an administrator may');
fails_with([ 'areas', $one, @fields, '-U', 'other' ], 1, qr/42501/, 'others');

# The real outline of the district, published in the datum of web maps

SKIP:
{
	my $outline = ($ENV{LISKEBAN_SHARED} || "$root/../shared") . '/data/areas/lishui_outline_gcj02.geojson';
	skip "no $outline", 3 unless -r $outline;
	loads_as([ 'areas', $outline, '--code', 'adcode', '--name', 'name', '--datum', 'gcj02' ],
		'read 1, created 0, updated 1, rejected 0', 'the outline of the district');
	is(value(q{SELECT name, ST_IsValid(geom) FROM area WHERE code = '320117'}), "\xE6\xBA\xA7\xE6\xB0\xB4\xE5\x8C\xBA|t", 'is taken');
	cmp_ok(abs(value(q{SELECT ST_Area(geom::geography) / 1e6 FROM area WHERE code = '320117'}) - 1069), '<', 5, 'with its size in km2');
}

$node->stop;
done_testing();
