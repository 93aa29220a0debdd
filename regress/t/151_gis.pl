
# Maps and BI: GDAL opens every spatial view with its type, zone, extent and key; tiles decode to what the tables hold; tile
# servers find the function by their own rules; an analyst reads every view, and no view shows persons or text.

use strict;
use warnings;

use File::Path qw(make_path);
use FindBin;
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $now = "SET liskeban.now = '2024-10-28 08:00+08';";

my $node = PostgreSQL::Test::Cluster->new('gis');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\nliskeban.identity_key_file = 'gis.key'");
$node->start;
$node->safe_psql('postgres', "CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', '溧水区');");
command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', "$root/jobs/demo/district.sql" ],
	'the district is loaded');

# Three hundred tickets of a fortnight all over the district and a dozen at one spot, in every state that a map shows; whistles,
# supervisions, a directive, an observation; two days analysed
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE bi LOGIN IN ROLE liskeban_analyst;
CREATE ROLE nobody LOGIN;
ALTER DATABASE postgres SET timezone = 'Asia/Shanghai';
SET liskeban.now = '2024-10-26 09:00+08';
INSERT INTO liskeban.ticket (source, external_id, category, title, description, geom)
SELECT 'hotline_12345', i::text, (ARRAY['street_light', 'garbage_pile', 'noise_construction'])[1 + i % 3], '张三', '13900001111',
       CASE WHEN i <= 12 THEN ST_PointOnSurface(v.geom) ELSE ST_PointOnSurface(g.geom) END
  FROM generate_series(1, 312) AS i
  JOIN (SELECT a.geom, row_number() OVER (ORDER BY a.code) AS n, count(*) OVER () AS c FROM liskeban.area AS a WHERE liskeban.area_level(a.code) = 'grid') AS g ON g.n = 1 + i * 7 % g.c
 CROSS JOIN (SELECT a.geom FROM liskeban.area AS a WHERE liskeban.area_level(a.code) = 'village' ORDER BY a.code LIMIT 1) AS v;
INSERT INTO liskeban.reporter (ticket_id, name, phone) SELECT ticket_id, '张三', '13900001111' FROM liskeban.ticket LIMIT 20;
INSERT INTO liskeban.ticket (source, category, title) VALUES ('hotline_12345', 'street_light', 'nowhere');
SELECT liskeban.accept(ticket_id), liskeban.dispatch(ticket_id, liskeban.area_parent(area, 'village'), note => 'near') FROM liskeban.ticket WHERE ticket_id % 10 < 8 AND area IS NOT NULL AND liskeban.area_level(area) >= 'village' ORDER BY 1;
SELECT liskeban.withdraw(ticket_id, 'taken back') FROM liskeban.ticket WHERE ticket_id % 10 = 9 ORDER BY ticket_id;
SELECT liskeban.accept(ticket_id), liskeban.dispatch(ticket_id, NULL, d.code, 'theirs') FROM liskeban.ticket, (SELECT min(code) AS code FROM liskeban.department) AS d WHERE ticket_id % 10 = 8 ORDER BY ticket_id LIMIT 9;
SELECT liskeban.arrive(ticket_id) FROM liskeban.ticket WHERE state = 'dispatched' AND ticket_id % 10 < 6 ORDER BY ticket_id;
SELECT liskeban.blow_whistle(ticket_id, '13900001111') FROM liskeban.ticket WHERE tier = 'village' AND ticket_id % 10 = 4 ORDER BY ticket_id;
INSERT INTO liskeban.attachment (ticket_id, stage, uri) SELECT ticket_id, 'resolution', 'x:' || ticket_id FROM liskeban.ticket WHERE ticket_id % 10 < 2;
SELECT liskeban.resolve(ticket_id, 'done') FROM liskeban.ticket WHERE state = 'on_site' AND ticket_id % 10 < 2 ORDER BY ticket_id;
SELECT liskeban.issue_directive('13900001111', '张三', ARRAY['320117001'::liskeban.area_code], expand => false);
INSERT INTO liskeban.observation (indicator, area, day, value) SELECT 'police_incidents', '320117', day::date, 5 FROM generate_series('2024-10-20'::timestamp, '2024-10-26', '1 day') AS day;
SQL
$node->safe_psql('postgres', "SET liskeban.now = '2024-10-27 23:50+08'; SELECT liskeban.sweep();");
$node->safe_psql('postgres', "SET liskeban.now = '2024-10-28 00:1$_+08'; SELECT liskeban.roll_up(), liskeban.note_watermark();") for 0 .. 1;
$node->safe_psql('postgres', "SET liskeban.now = '2024-10-28 00:20+08'; SELECT liskeban.analyse_day('2024-10-26'), liskeban.analyse_day('2024-10-27');");
$node->safe_psql('postgres', "SET liskeban.now = '2024-10-28 00:20+08'; SELECT liskeban.seal();") if
	$node->safe_psql('postgres', "SELECT count(*) FROM pg_proc WHERE pronamespace = 'liskeban'::regnamespace AND proname = 'seal' AND pronargs = 0");

# What the safety map and the people's rooms show, this morning: cameras, flood points, a depot, an emergency, a warning, a storm,
# incidents of the police, signals of sensors, a clue that is true and its reward, a resident who is entitled
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE chief SUPERUSER;
SET liskeban.now = '2024-10-28 07:00+08';
CREATE VIEW spot AS SELECT row_number() OVER (ORDER BY a.code) AS n, a.code::text AS code, ST_PointOnSurface(a.geom) AS geom FROM liskeban.area AS a WHERE liskeban.area_level(a.code) = 'village' ORDER BY a.code LIMIT 3;
INSERT INTO liskeban.camera (code, name, kind, geom) SELECT 'c' || n, 'camera ' || n, 'road', geom FROM spot;
INSERT INTO liskeban.flood_point (code, name, geom) SELECT 'f' || n, 'point ' || n, geom FROM spot;
INSERT INTO liskeban.supply_depot (code, name, geom) SELECT 'd' || n, 'depot ' || n, geom FROM spot;
SELECT liskeban.receive_supplies('d1', 'pump', 3);
SELECT liskeban.declare_emergency('typhoon', 'II', '320117'), liskeban.declare_emergency('typhoon', 'III', '320117001');
INSERT INTO liskeban.weather (kind, phenomenon, area, begins_at, issued_at, colour) VALUES ('warning', 'rainstorm', '320117', '2024-10-28 06:00+08', '2024-10-28 06:00+08', 'yellow');
SELECT liskeban.load_storm('2421', '康妮', 'Kong-rey', '[{"at": "2024-10-28T00:00+08", "lon": 119, "lat": 31, "wind": 30, "pressure": 980, "radii_34": [100, 100, 80, 80]},
  {"at": "2024-10-28T06:00+08", "lon": 119.5, "lat": 32, "wind": 28, "pressure": 985, "radii_34": [90, 90, 70, 70]}]');
INSERT INTO liskeban.ticket (source, category, title, description, geom) SELECT 'police_110', 'noise_construction', '张三', '13900001111', geom FROM spot;
SELECT liskeban.receive_signal('gas_iot', jsonb_build_object('device', 'g' || n, 'lel', 35, 'lon', ST_X(geom), 'lat', ST_Y(geom), 'datum', 'cgcs2000', 'contact', '张三 13900001111')) FROM spot;
INSERT INTO liskeban.reward_budget (month, cap) VALUES ('2024-10-01', 10000);
SELECT c.ticket_id AS clue FROM spot, LATERAL liskeban.report_clue('gas', '张三', geom, '[{"name": "张三", "phone": "13900001111"}]', 'gas_leak', source => 'wechat') AS c WHERE n = 1 \gset
SELECT liskeban.verify_clue(:clue, 'minor');
SET SESSION AUTHORIZATION chief;
SELECT liskeban.award_clue(:clue);
RESET SESSION AUTHORIZATION;
SELECT liskeban.make_identity_key();
SELECT liskeban.load_residents('public_security', ARRAY[jsonb_build_object('identity_number', '320117193001010018', 'attributes',
  jsonb_build_object('name', '张三', 'birth_date', '1930-01-01', 'local_register', true, 'home_area', code))]) FROM spot WHERE n = 1;
SELECT liskeban.match_policies();
SQL

sub one
{
	my ($sql, @params) = @_;
	return $node->safe_psql('postgres', "$now $sql", @params);
}
$node->safe_psql('postgres', "ALTER ROLE bi SET liskeban.now = '2024-10-28 08:00+08'");
my $as_bi = $node->connstr('postgres') . ' user=bi';

# The views that a map opens, each with one geometry
my %spatial = (
	(map { $_ => 'POINT' } qw(camera flood_point hazard open311_request open_hazard open_ticket_point platform_signal police_incident safety_item storm_point supply_depot ticket)),
	storm_line => 'LINESTRING',
	hot_spot => 'POLYGON',
	(map { $_ => 'MULTIPOLYGON' } qw(area emergency emergency_area storm_swath weather_warning)));

# Every view

my @views = split /\n/, one("SELECT relname FROM pg_class WHERE relnamespace = 'liskeban_report'::regnamespace AND relkind IN ('v', 'm') ORDER BY 1");
cmp_ok(scalar @views, '>', 20, 'there are views');
is(one("SELECT string_agg(n, ' ' ORDER BY n) FROM unnest('{ticket,event,kpi_daily,area,open_ticket_point,hot_spot,risk_item,whistle,supervision,department_league,day,backlog_daily,open311_request}'::text[]) AS n
	 WHERE to_regclass('liskeban_report.' || n) IS NULL"), '', 'none is missing');
is(one("SELECT c.relname, a.attname FROM pg_class AS c LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
	 WHERE c.relnamespace = 'liskeban_report'::regnamespace AND (obj_description(c.oid) IS NULL OR col_description(c.oid, a.attnum) IS NULL
	       OR obj_description(c.oid) !~ '[一-龥]' OR obj_description(c.oid) !~ '[a-z]{2}' OR col_description(c.oid, a.attnum) !~ '[一-龥]' OR col_description(c.oid, a.attnum) !~ '[a-z]')"),
	'', 'every view and column has a comment, in Chinese and in English');
is(one("SELECT relname FROM pg_class AS c WHERE relnamespace = 'liskeban_report'::regnamespace AND NOT coalesce(c.reloptions::text ~ 'security_(barrier|invoker)', false)"), '',
	'a view is a barrier, or its caller\'s');
for my $view (@views)
{
	my ($key, $comment) = split /\|/, one("SELECT a.attname, obj_description(a.attrelid) FROM pg_attribute AS a WHERE a.attrelid = 'liskeban_report.$view'::regclass AND a.attnum = 1");
	like($comment, qr/; key \Q$key\E$|, key \Q$key\E$/, "$view names its key, the first column") unless $view eq 'seal_root';
	my ($rows, $keys) = split /\|/, one("SELECT count(*), count(DISTINCT $key) FROM liskeban_report.$view");
	is($keys, $rows, "$view: $key is unique");
	cmp_ok($rows, '>', 0, "$view: over some rows") unless $view eq 'seal_root';
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-XAtq', '-d', $as_bi, '-c', "SELECT * FROM liskeban_report.$view" ], '>', \$out, '2>', \$err);
	is($err, '', "$view: an analyst reads it");
	unlike($out, qr/13900001111|张三/, "$view: and finds no person and no text");
}
is(one("SELECT c.relname || '.' || a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
	 WHERE c.relnamespace = 'liskeban_report'::regnamespace AND c.relname IN ('event', 'open_ticket_point', 'whistle', 'supervision', 'backlog_daily', 'observation', 'risk_item', 'risk_outcome', 'stat_daily', 'department_league', 'day')
	   AND a.attname = 'time' AND a.atttypid <> 'timestamptz'::regtype"), '', 'time is an instant');
# A dashboard asks for a span of time; an index answers, through the views and their barriers, with an analyst's rights
for ([ 'event', 'at' ], [ 'open_ticket_point', 'received_at' ], [ 'whistle', 'raised_at' ], [ 'supervision', 'issued_at' ], map { [ $_, 'begins_at' ] } qw(stat_daily observation risk_item risk_outcome day))
{
	my ($view, $column) = @$_;
	my ($ret, $plan) = $node->psql('postgres', "SET enable_seqscan = off; SET ROLE bi; $now
		EXPLAIN (COSTS OFF) SELECT * FROM liskeban_report.$view WHERE \"time\" BETWEEN '2024-10-26T00:00:00Z' AND '2024-10-27T00:00:00Z'");
	like($plan, qr/Index Cond: \(\($column >= '2024-10-26/, "$view: a span of time is found by an index");
}
is(one("SELECT count(*) || ' ' || count(*) FILTER (WHERE \"time\" = day::timestamp AT TIME ZONE 'Asia/Shanghai') FROM liskeban_report.stat_daily WHERE \"time\" >= '2024-10-26 00:00+08' AND \"time\" < '2024-10-27 00:00+08'"),
	one("SELECT count(*) || ' ' || count(*) FROM liskeban_report.stat_daily WHERE day = '2024-10-26'"), 'time is when the day begins');
is(one("BEGIN; UPDATE liskeban.platform SET time_zone = 'Asia/Tokyo'; SELECT \"time\" AT TIME ZONE 'UTC' FROM liskeban_report.day WHERE day = '2024-10-26'; ROLLBACK;"), '2024-10-25 15:00:00', 'and follows the zone');
is(one('SELECT liskeban.fill_days()'), '0', 'every day is there');
is($node->safe_psql('postgres', "SET liskeban.now = '2027-01-01 00:30+08'; SELECT liskeban.fill_days();"), '365', 'and each new year one year more');

# What Open311 calls things
is(one("SELECT string_agg(f, ' ') FROM unnest('{service_request_id,status,status_notes,service_name,service_code,description,agency_responsible,service_notice,requested_datetime,updated_datetime,expected_datetime,address,address_id,zipcode,lat,long,media_url}'::text[]) AS f
	 WHERE NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = 'liskeban_report.open311_request'::regclass AND a.attname = f)"), '', 'open311_request has every field of a GeoReport v2 request');
is(one("SELECT string_agg(DISTINCT status, ' ' ORDER BY status) || ' ' || count(*) FILTER (WHERE (status = 'closed') <> (expected_datetime IS NULL)) || ' ' || count(*) FILTER (WHERE round(long::numeric, 6) <> round(ST_X(geom)::numeric, 6)) FROM liskeban_report.open311_request"),
	'closed open 0 0', 'open ones have a due, closed ones none');

is(one("SELECT string_agg(f_table_name || ' ' || f_geometry_column || ' ' || type || ' ' || srid || ' ' || coord_dimension, ',' ORDER BY f_table_name) FROM geometry_columns WHERE f_table_schema = 'liskeban_report'"),
	join(',', map { "$_ geom $spatial{$_} 4490 2" } sort keys %spatial),
	'a spatial view has one geometry of one type');

# Discovery, as the tile servers do it: z, x and y are integers and named so, what comes back is bytea, and pg_tileserv asks
# for the rights; Martin asks information_schema, and takes one more parameter, json or jsonb.

my $tileserv = "SELECT n.nspname || '.' || p.proname FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
	 WHERE p.proargtypes[0:2] = ARRAY[23::oid, 23::oid, 23::oid] AND p.proargnames[1:3] = ARRAY['z', 'x', 'y'] AND p.prorettype = 17
	   AND has_schema_privilege(n.oid, 'usage') AND has_function_privilege(p.oid, 'execute') ORDER BY 1";
my $martin = "SELECT r.specific_schema || '.' || r.routine_name
	  FROM information_schema.routines AS r
	  JOIN (SELECT specific_name, jsonb_agg(coalesce(parameter_name::text, '_') ORDER BY ordinal_position) AS names, jsonb_agg(data_type::text ORDER BY ordinal_position) AS types
	          FROM information_schema.parameters WHERE parameter_mode = 'IN' GROUP BY specific_name) AS p USING (specific_name)
	 WHERE jsonb_array_length(p.names) IN (3, 4) AND p.names ->> 0 IN ('z', 'zoom') AND p.names ->> 1 = 'x' AND p.names ->> 2 = 'y'
	   AND p.types ->> 0 = 'integer' AND p.types ->> 1 = 'integer' AND p.types ->> 2 = 'integer' AND coalesce(p.types ->> 3, 'jsonb') IN ('json', 'jsonb') AND r.data_type = 'bytea'
	   AND r.specific_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1";
my $layers = "SELECT string_agg(c.relname, ',' ORDER BY c.relname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_attribute AS a ON a.attrelid = c.oid
	  JOIN pg_type AS t ON t.oid = a.atttypid WHERE n.nspname LIKE 'liskeban%' AND c.relkind IN ('r', 'v', 'm', 'p', 'f') AND t.typname = 'geometry' AND a.attnum > 0 AND NOT a.attisdropped
	   AND has_schema_privilege(n.oid, 'usage') AND has_table_privilege(c.oid, 'select') AND postgis_typmod_srid(a.atttypmod) > 0";
for ([ 'pg_tileserv', $tileserv ], [ 'Martin', $martin ])
{
	my ($server, $sql) = @$_;
	my ($ret, $out) = $node->psql('postgres', "SET ROLE bi; $sql");
	is($out, 'liskeban.tile', "$server finds the tiles by its own rules");
	($ret, $out) = $node->psql('postgres', "SET ROLE nobody; $sql");
	is($out, '', "and not as one who may not ask for them") if $server eq 'pg_tileserv';
}
is(one("SET ROLE bi; $layers"), join(',', sort keys %spatial), 'and the views, of which each is a layer');
is(one("SELECT pg_get_function_arguments('liskeban.tile'::regproc)"), "z integer, x integer, y integer, query jsonb DEFAULT '{}'::jsonb", 'the signature is the one that both know');
for my $tile ('-1, 0, 0', '1, 2, 0', '1, 0, 2', '1, -1, 0', '25, 0, 0', 'NULL, 0, 0')
{
	my ($ret, $out, $err) = $node->psql('postgres', "\\set VERBOSITY sqlstate\nSELECT liskeban.tile($tile)");
	like($err, qr/\b22023\b/, "there is no tile ($tile)");
}

# What GDAL sees

SKIP:
{
	skip 'ogrinfo is not installed (Debian: gdal-bin)', 1 unless eval { IPC::Run::run([ 'ogrinfo', '--version' ], '>', \my $out, '2>', \my $err) };
	my $dir = PostgreSQL::Test::Utils::tempdir;

	# What ogrinfo says of a source, and its exit status.
	my $ogrinfo = sub {
		my ($out, $err) = ('', '');
		IPC::Run::run([ 'ogrinfo', '-ro', @_ ], '>', \$out, '2>', \$err);
		diag($err) if $?;
		return $out;
	};
	my %type = (POINT => 'Point', LINESTRING => 'Line String', POLYGON => 'Polygon', MULTIPOLYGON => 'Multi Polygon');
	# A view whose key is a number is known by it; one whose key is text has no FID.
	my %fid = map { split /\|/ } split /\n/, one("SELECT c.relname, a.attname FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
		 WHERE c.relnamespace = 'liskeban_report'::regnamespace AND a.attnum = 1 AND a.atttypid IN ('bigint'::regtype, 'integer'::regtype)");
	for my $view (sort keys %spatial)
	{
		my ($type, $fid) = ($type{ $spatial{$view} }, $fid{$view});
		my @config = $fid ? ('--config', 'PGSQL_OGR_FID', $fid) : ();
		my $out = $ogrinfo->("PG:$as_bi active_schema=liskeban_report", @config, '-so', "liskeban_report.$view");
		like($out, qr/^Geometry: \Q$type\E$/m, "$view opens as $type");
		like($out, qr/ID\["EPSG",4490\]\]\n/, "$view: in CGCS2000");
		my ($rows, @extent) = split /\|/, one("SELECT count, ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM (SELECT count(*), ST_Extent(geom) AS e FROM liskeban_report.$view) AS v");
		my ($count) = $out =~ /^Feature Count: (\d+)$/m;
		is($count, $rows, "$view: with every row");
		my @seen = $out =~ /^Extent: \(([-\d.]+), ([-\d.]+)\) - \(([-\d.]+), ([-\d.]+)\)$/m;
		is(join(' ', map { sprintf '%.6f', $_ } @seen), join(' ', map { sprintf '%.6f', $_ } @extent), "$view: and its extent");
		if ($fid)
		{
			like($out, qr/^FID Column = $fid$/m, "$view: known by $fid");
			my $id = one("SELECT max($fid) FROM liskeban_report.$view WHERE geom IS NOT NULL");
			like($ogrinfo->("PG:$as_bi active_schema=liskeban_report", @config, '-fid', $id, "liskeban_report.$view"), qr/^OGRFeature\([\w.]+\):$id$/m, "$view: which finds a row");
		}
		else
		{
			my ($key) = split /\|/, one("SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = 'liskeban_report.$view'::regclass AND a.attnum = 1");
			like($out, qr/^$key: String/m, "$view: known by $key");
		}
	}

	# A tile's layers, by name, each a list of features as hashes
	my $tile = sub {
		my ($z, $x, $y, $query) = @_;
		my $hex = one("SET ROLE bi; SELECT encode(liskeban.tile($z, $x, $y" . ($query ? ", '$query'" : '') . "), 'hex')");
		my $path = "$dir/$z/$x";
		my %layer;
		my $in;
		make_path($path);
		open my $file, '>:raw', "$path/$y.pbf" or die "could not write $path/$y.pbf: $!";
		print $file pack('H*', $hex);
		close $file;
		return \%layer if $hex eq '';
		for (split /\n/, $ogrinfo->('-al', "$path/$y.pbf", '-oo', "X=$x", '-oo', "Y=$y", '-oo', "Z=$z", '-oo', 'METADATA_FILE='))
		{
			$in = $layer{$1} = [] if /^Layer name: (\S+)/;
			push @$in, {} if $in && /^OGRFeature/;
			$in->[-1]{$1} = $2 if $in && @$in && /^  (\w+) \(\w+\) = (.*)$/;
			$in->[-1]{geom} = $1 if $in && @$in && /^  (POINT|POLYGON|MULTIPOLYGON) /;
		}
		return \%layer;
	};
	my $sum = sub { my ($field, @features) = @_; my $sum = 0; $sum += $_->{$field} for @features; return $sum; };
	# All tiles of a zoom that the district touches
	my $tiles = sub {
		my ($z) = @_;
		return map { [ split /\|/ ] } split /\n/, one(
			"SELECT x, y FROM (SELECT ST_Extent(ST_Transform(geom, 3857)) AS e FROM liskeban_report.area) AS d, LATERAL (SELECT 40075016.685578488 / 2 ^ $z AS w, 20037508.342789244 AS half) AS s,
			 generate_series(floor((ST_XMin(e) + half) / w)::integer, floor((ST_XMax(e) + half) / w)::integer) AS x,
			 generate_series(floor((half - ST_YMax(e)) / w)::integer, floor((half - ST_YMin(e)) / w)::integer) AS y");
	};
	my ($open, $overdue) = split /\|/, one("SELECT count(*), count(*) FILTER (WHERE overdue) FROM liskeban_report.open_ticket_point");
	cmp_ok($overdue, '>', 0, 'some are overdue');
	cmp_ok($open, '>', $overdue, 'some are not');

	my $world = $tile->(0, 0, 0);
	is(join(' ', sort keys %$world), 'area cluster', 'the world has the district and one cluster');
	is(scalar @{ $world->{area} }, 1, 'the district alone') or diag(explain($world));
	is($sum->('tickets', @{ $world->{cluster} }), $open, 'with every open ticket');
	my %level = (7 => 'district', 10 => 'town', 12 => 'village');
	for my $z (sort { $a <=> $b } keys %level)
	{
		my (%seen, $tickets, $late);
		for ($tiles->($z))
		{
			my $layer = $tile->($z, @$_);
			ok(!$layer->{ticket}, "no single tickets at zoom $z");
			$seen{ $_->{code} } = $_->{level} for @{ $layer->{area} // [] };
			is(join(' ', keys %{ { map { $_->{geom} => 1 } @{ $layer->{cluster} // [] } } }), $layer->{cluster} ? 'POINT' : '', 'a cluster is a point');
			cmp_ok(scalar @{ $layer->{cluster} // [] }, '<=', 17 * 17, 'of sixteen squares a side');
			$tickets += $sum->('tickets', @{ $layer->{cluster} // [] });
			$late += $sum->('overdue', @{ $layer->{cluster} // [] });
		}
		is(join(' ', keys %{ { reverse %seen } }), $level{$z}, "areas at zoom $z are of level $level{$z}");
		is(scalar keys %seen, one("SELECT count(*) FROM liskeban_report.area WHERE level = '$level{$z}' AND geom IS NOT NULL"), 'every one of them');
		is("$tickets $late", "$open $overdue", "clusters at zoom $z add up to the open tickets, and the overdue");
	}
	my ($z, %seen, %codes) = (13);
	for ($tiles->($z))
	{
		my $layer = $tile->($z, @$_);
		ok(!$layer->{cluster}, "no clusters at zoom $z") if $layer->{ticket};
		$seen{ $_->{ticket_id} }++ for @{ $layer->{ticket} // [] };
		$codes{ $_->{code} } = 1 for @{ $layer->{area} // [] };
	}
	is(join(' ', sort { $a <=> $b } keys %seen), one("SELECT string_agg(ticket_id::text, ' ' ORDER BY ticket_id) FROM liskeban_report.open_ticket_point"), "every open ticket at zoom $z");
	is(scalar(grep { $_ > 1 } values %seen), 0, 'each in one tile');
	is(scalar keys %codes, one("SELECT count(*) FROM liskeban_report.area WHERE level = 'village' AND geom IS NOT NULL"), 'and every village');

	# at a place: what it says of each, where, and the filters
	my ($id, $x, $y, $lon, $lat) = split /\|/, one("SELECT ticket_id, floor((ST_X(geom) + 180) / 360 * 2 ^ 16)::integer, floor((1 - asinh(tan(radians(ST_Y(geom)))) / pi()) / 2 * 2 ^ 16)::integer, ST_X(geom), ST_Y(geom)
		FROM liskeban_report.open_ticket_point ORDER BY ticket_id LIMIT 1");
	my $here = $tile->(16, $x, $y);
	my ($feature) = grep { $_->{ticket_id} eq $id } @{ $here->{ticket} };
	is(join('|', @$feature{qw(kind state category tier priority)}), one("SELECT kind, state, category, tier, priority FROM liskeban_report.open_ticket_point WHERE ticket_id = $id"), 'a ticket carries its attributes')
		or diag(explain($here));
	is(join(' ', keys %{ { map { $_->{level} => 1 } @{ $here->{area} } } }), 'grid', 'among grids');
	for my $field (qw(kind category tier domain))
	{
		my $value = one("SELECT $field FROM liskeban_report.open_ticket_point WHERE ticket_id = $id");
		next if $value eq '';
		my $query = "{\"$field\": \"$value\"}";
		is(scalar @{ $tile->(16, $x, $y, $query)->{ticket} // [] },
			one("SELECT count(*) FROM liskeban_report.open_ticket_point AS p WHERE p.geom && ST_Transform(ST_TileEnvelope(16, $x, $y), 4490) AND p.$field = '$value'"), "filtered by $field");
		is(scalar @{ $tile->(16, $x, $y, "{\"$field\": \"no such\"}")->{ticket} // [] }, 0, "and by a $field that there is none of");
		is($sum->('tickets', @{ $tile->(0, 0, 0, $query)->{cluster} // [] }), one("SELECT count(*) FROM liskeban_report.open_ticket_point WHERE $field = '$value'"), 'clusters too');
	}
	is(join(' ', keys %{ $tile->(16, 0, 0) }), '', 'elsewhere there is nothing');
}

# What QGIS sees, by its own provider, as an analyst: each layer as its data source manager would add it, known by the view's key

SKIP:
{
	my $python = '/usr/bin/python3';
	local $ENV{QT_QPA_PLATFORM} = 'offscreen';
	skip 'QGIS is not installed (Debian: python3-qgis)', 1 unless -x $python && system("$python -c 'import qgis.core' >/dev/null 2>&1") == 0;
	my $dir = PostgreSQL::Test::Utils::tempdir;
	local $ENV{XDG_RUNTIME_DIR} = $dir;
	local $ENV{HOME} = $dir;
	append_to_file("$dir/layers.py", <<'PY');
import json, sys
from qgis.core import Qgis, QgsApplication, QgsDataSourceUri, QgsFeatureRequest, QgsProviderRegistry, QgsVectorLayer, QgsWkbTypes
QgsApplication.setPrefixPath('/usr', True)
application = QgsApplication([], False)
application.initQgis()
host, port, database, wanted = sys.argv[1:5]
uri = QgsDataSourceUri()
uri.setConnection(host, port, database, 'bi', '')
found = {}
for table in QgsProviderRegistry.instance().providerMetadata('postgres').createConnection(uri.uri(), {}).tables('liskeban_report'):
    if table.geometryColumn():
        found[table.tableName()] = [table.geometryColumn(), [[QgsWkbTypes.displayString(t.wkbType), t.crs.authid()] for t in table.geometryColumnTypes()]]
layers = {}
for view, key in json.loads(wanted).items():
    uri.setDataSource('liskeban_report', view, 'geom', '', key)
    layer = QgsVectorLayer(uri.uri(False), view, 'postgres')
    layers[view] = {'valid': layer.isValid(), 'error': layer.error().message()}
    if not layer.isValid():
        continue
    e = layer.extent()
    drawn = list(layer.getFeatures(QgsFeatureRequest().setFilterRect(e)))
    last = max(f.id() for f in drawn)
    layers[view].update(type=QgsWkbTypes.displayString(layer.wkbType()), crs=layer.crs().authid(), count=layer.featureCount(),
        extent='%.6f %.6f %.6f %.6f' % (e.xMinimum(), e.yMinimum(), e.xMaximum(), e.yMaximum()), drawn=len(drawn),
        key=[layer.fields()[i].name() for i in layer.primaryKeyAttributes()], keys=len({str(f[key]) for f in layer.getFeatures()}),
        again=str(layer.getFeature(last)[key]) == str([f for f in drawn if f.id() == last][0][key]),
        editable=bool(layer.dataProvider().capabilities() & layer.dataProvider().ChangeAttributeValues))
print('RESULT ' + json.dumps({'version': Qgis.QGIS_VERSION, 'found': found, 'layers': layers}))
application.exitQgis()
PY
	my %key = map { split /\|/ } split /\n/, one("SELECT c.relname, a.attname FROM geometry_columns AS g JOIN pg_class AS c ON c.relname = g.f_table_name
		  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = 1
		 WHERE g.f_table_schema = 'liskeban_report' AND c.relnamespace = 'liskeban_report'::regnamespace");
	my ($out, $err) = ('', '');
	IPC::Run::run([ $python, "$dir/layers.py", $node->host, $node->port, 'postgres', encode_json(\%key) ], '>', \$out, '2>', \$err, IPC::Run::timeout(180));
	my ($result) = $out =~ /^RESULT (.*)$/m;
	ok($result, 'QGIS opens the database') or diag($err);
	skip 'QGIS said nothing', 1 unless $result;
	$result = decode_json($result);
	note("QGIS $result->{version}");
	for my $view (sort keys %key)
	{
		my ($type, $srid) = split /\|/, one("SELECT type, srid FROM geometry_columns WHERE f_table_schema = 'liskeban_report' AND f_table_name = '$view'");
		$type = { POINT => 'Point', LINESTRING => 'LineString', POLYGON => 'Polygon', MULTIPOLYGON => 'MultiPolygon' }->{$type};
		is_deeply($result->{found}{$view}, [ 'geom', [ [ $type, "EPSG:$srid" ] ] ], "QGIS finds $view by itself, a layer of $type in EPSG:$srid");
		my $layer = $result->{layers}{$view};
		ok($layer->{valid}, "$view opens") or diag($layer->{error});
		is("$layer->{type} $layer->{crs}", "$type EPSG:4490", "$view: of that type, in CGCS2000");
		my ($rows, $drawn, @extent) = split /\|/, one("SELECT count(*), count(geom), ST_XMin(ST_Extent(geom)), ST_YMin(ST_Extent(geom)), ST_XMax(ST_Extent(geom)), ST_YMax(ST_Extent(geom)) FROM liskeban_report.$view");
		is($layer->{extent}, sprintf('%.6f %.6f %.6f %.6f', @extent), "$view: in its extent");
		is("$layer->{count} $layer->{keys} $layer->{drawn}", "$rows $rows $drawn", "$view: every row, each of another key, and every shape on the canvas");
		is("@{ $layer->{key} }", $key{$view}, "$view: known by $key{$view}");
		ok($layer->{again}, "$view: which finds a row again");
		ok(!$layer->{editable}, "$view: and nobody edits it");
	}
}

$node->stop;
done_testing();
