
# Typhoon Bebinca over the sample district, in replay time: its track fed as it was observed and forecast, the hours and winds
# against a brute force over a grid, an emergency with 76 tickets through its clocks, and its figures in the daily report.

use strict;
use warnings;

use Encode;
use FindBin;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $shared = $ENV{LISKEBAN_SHARED} || "$root/../shared";
my ($radii, $best) = map { "$shared/data/storms/$_" } qw(bebinca_2024_ibtracs_radii.csv bebinca_2413_cma.csv);
plan skip_all => "no tracks of Bebinca in $shared/data/storms" unless -r $radii && -r $best;

# Metres between points of the grid, and minutes between looks at it.
my $metres = $ENV{STORM_METRES} || 1000;
my $minutes = $ENV{STORM_MINUTES} || 5;

my $node = PostgreSQL::Test::Cluster->new('storm');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\n");
$node->start;
$node->safe_psql('postgres', <<'SQL');
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
ALTER DATABASE postgres SET search_path = liskeban, public;
CREATE ROLE reader LOGIN IN ROLE liskeban_analyst;
SQL
$node->command_ok([ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), '-f', "$root/jobs/demo/district.sql" ], 'the sample district');
sub sql { return $node->safe_psql('postgres', $_[0]) }

sub rows_of
{
	my ($file) = @_;
	my ($header, @lines) = split /\r?\n/, slurp_file($file);
	my @names = split /,/, $header;
	return map { my %row; @row{@names} = split /,/, $_, -1; \%row } @lines;
}

sub points
{
	my (@points) = @_;
	return JSON::PP->new->canonical->encode(\@points);
}

# ---- the track, fed point by point ----

my @track = map {
	my $r = $_;
	my %p = (at => $r->{time_utc}, lon => $r->{lon} + 0, lat => $r->{lat} + 0, wind => $r->{usa_wind_kt} * 0.514444, pressure => $r->{usa_pres_hpa} + 0);
	for my $kt (34, 50, 64)
	{
		my @quadrants = map { $r->{"r${kt}_${_}_nm"} } qw(ne se sw nw);
		$p{"radii_$kt"} = [ map { $_ eq '' ? undef : $_ * 1.852 } @quadrants ] if grep { $_ ne '' } @quadrants;
	}
	\%p
} rows_of($radii);
my @cma = map { { at => $_->{time_utc}, lon => $_->{lon} + 0, lat => $_->{lat} + 0, wind => $_->{wind_ms} + 0, pressure => $_->{pres_hpa} + 0 } } rows_of($best);
is(sql("SET liskeban.now = '2024-09-20 00:00+00'; SELECT liskeban.load_storm('2413 CMA', '贝碧嘉', 'Bebinca', '" . points(@cma) . "')"), scalar(@cma), 'the best track of CMA');
is(sql("SET liskeban.now = '2024-09-20 00:00+00'; SELECT liskeban.load_storm('2413 CMA', '贝碧嘉', 'Bebinca', '" . points(@cma) . "')"), 0, 'its points are there once');
is(sql("SELECT liskeban.storm_swath('2413 CMA', 34) IS NULL"), 't', 'without radii there is no swath');

my $impact_forecast;
for my $i (0 .. $#track)
{
	my $now = $track[$i]{at};
	my @feed = ($track[$i]);
	# Every twelve hours what comes is forecast, each time a little less to the south.
	if ($i % 4 == 0)
	{
		my $off = 0.3 * (1 - $i / @track);
		push @feed, map { { %$_, forecast => JSON::PP::true, issued_at => $now, lat => $_->{lat} - $off } } @track[ $i + 1 .. $#track ];
	}
	sql("SET liskeban.now = '$now'; SELECT liskeban.load_storm('2413', '贝碧嘉', 'Bebinca', '" . points(@feed) . "')");
	if ($now eq '2024-09-15T06:00:00Z')
	{
		is(sql("SET liskeban.now = '$now'; SELECT count(*) FILTER (WHERE NOT forecast), count(*) FILTER (WHERE forecast), count(DISTINCT issued_at) FILTER (WHERE forecast) FROM liskeban_report.storm_point WHERE storm = '2413'"),
			($i + 1) . '|' . ($#track - $i) . '|1', 'what was observed, and after it the last forecast');
		$impact_forecast = sql("SET liskeban.now = '$now'; SELECT count(*) FROM liskeban.storm_impact('2413', 34) WHERE liskeban.area_level(area) = 'town'");
		is(sql("SET liskeban.now = '$now'; SELECT storm_line_key FROM liskeban_report.storm_line WHERE storm = '2413' ORDER BY 1"), "2413/f\n2413/t", 'two lines on the map');
	}
}
is($impact_forecast, 9, 'a day ahead it is forecast to reach every town');
is(sql("SELECT count(*), count(*) FILTER (WHERE forecast) FROM liskeban_report.storm_point WHERE storm = '2413'"), scalar(@track) . '|0', 'in the end everything was observed');
is(sql("SELECT count(DISTINCT issued_at) FROM liskeban.storm_track WHERE storm = '2413' AND forecast"), 7, 'and every forecast is kept');

# ---- every error ----

sub fails
{
	my ($statement, $code, $name) = @_;
	my ($ret, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$statement");
	like($err, qr/ERROR:  $code:/, $name);
}
fails("SELECT liskeban.storm_swath('2413', 35)", '22023', 'another threshold');
fails("SELECT * FROM liskeban.storm_impact('2413', NULL)", '22023', 'no threshold');
fails("SELECT liskeban.storm_swath('9999', 34)", 'P0002', 'an unknown storm');
fails("UPDATE liskeban.storm_track SET wind = 0", 'LK004', 'a point is never changed');
fails("DELETE FROM liskeban.storm_track", 'LK004', 'nor deleted');
fails("DELETE FROM liskeban.weather", 'LK004', 'nor is the weather');
my $point = "INSERT INTO liskeban.storm_track (storm, at, forecast, issued_at, wind, radii_34, geom) VALUES ('2413',";
fails("SET liskeban.now = '2024-09-18 00:00+00'; $point '2024-09-18 00:00+00', true, '2024-09-18 00:00+00', 10, NULL, ST_Point(119, 31, 4490))", '23514', 'a forecast of what has been');
fails("SET liskeban.now = '2024-09-18 00:00+00'; $point '2024-09-19 00:00+00', false, '2024-09-18 00:00+00', 10, NULL, ST_Point(119, 31, 4490))", '23514', 'an observation of what will be');
fails("SET liskeban.now = '2024-09-18 00:00+00'; $point '2024-09-20 00:00+00', false, '2024-09-20 00:00+00', 10, NULL, ST_Point(119, 31, 4490))", '23514', 'an issue that has not come');
fails("SET liskeban.now = '2024-09-18 00:00+00'; $point '2024-09-18 00:00+00', false, '2024-09-18 00:00+00', 10, '{1,2,3}', ST_Point(119, 31, 4490))", '23514', 'three quadrants');
fails("SET liskeban.now = '2024-09-18 00:00+00'; $point '2024-09-18 00:00+00', false, '2024-09-18 00:00+00', 10, '{1,2,3,-4}', ST_Point(119, 31, 4490))", '23514', 'a negative radius');
my $weather = "SET liskeban.now = '2024-09-15 16:00+08'; INSERT INTO liskeban.weather (kind, phenomenon, area, begins_at, ends_at, issued_at, colour, value) VALUES";
fails("$weather ('warning', 'typhoon', '320117', '2024-09-15 16:00+08', NULL, '2024-09-15 16:00+08', 'purple', NULL)", '23514', 'a fifth colour');
fails("$weather ('warning', 'typhoon', '320117', '2024-09-15 16:00+08', NULL, '2024-09-15 16:00+08', NULL, NULL)", '23514', 'a warning without colour');
fails("$weather ('observed', 'rain', '320117', '2024-09-15 16:00+08', NULL, '2024-09-15 16:00+08', 'red', 3)", '23514', 'a measurement with one');
fails("$weather ('forecast', 'rain', '320117', '2024-09-15 16:00+08', '2024-09-15 16:00+08', '2024-09-15 16:00+08', NULL, 3)", '23514', 'a forecast of what has been');
sql("$weather ('warning', 'typhoon', '320117', '2024-09-15 16:00+08', NULL, '2024-09-15 16:00+08', 'orange', NULL)");
is(sql("SET liskeban.now = '2024-09-15 18:00+08'; SELECT colour, ST_NPoints(geom) > 3 FROM liskeban_report.weather_warning"), 'orange|t', 'the warning in force');
sql("SET liskeban.now = '2024-09-16 08:00+08'; INSERT INTO liskeban.weather (kind, phenomenon, area, begins_at, issued_at, colour) VALUES ('warning', 'typhoon', '320117', '2024-09-16 08:00+08', '2024-09-16 08:00+08', 'red')");
is(sql("SET liskeban.now = '2024-09-16 09:00+08'; SELECT colour FROM liskeban_report.weather_warning"), 'red', 'a later one supersedes it');

# ---- hours and winds against a brute force ----

# Great circles on the sphere and nothing of the platform's own: each point, at each instant, by its distance and bearing.
sql(<<SQL);
CREATE TABLE grid AS
SELECT row_number() OVER () AS n, g.geom, radians(ST_X(g.geom)) AS lon, radians(ST_Y(g.geom)) AS lat
  FROM (SELECT ST_SetSRID(ST_MakePoint(118.80 + i * $metres / (111195 * cosd(31.6)), 31.35 + j * $metres / 111195.0), 4490) AS geom
          FROM generate_series(0, (45000 / $metres)::integer) AS i, generate_series(0, (52000 / $metres)::integer) AS j) AS g
  JOIN liskeban.area AS d ON d.code = '320117' AND ST_Covers(d.geom, g.geom);
CREATE TABLE look AS
WITH p AS (
  SELECT at, lead(at) OVER w AS until, radians(ST_X(geom)) AS lon_a, radians(ST_Y(geom)) AS lat_a, lead(radians(ST_X(geom))) OVER w AS lon_b,
         lead(radians(ST_Y(geom))) OVER w AS lat_b, wind AS wind_a, lead(wind) OVER w AS wind_b,
         radii_34 AS a34, lead(radii_34) OVER w AS b34, radii_50 AS a50, lead(radii_50) OVER w AS b50, radii_64 AS a64, lead(radii_64) OVER w AS b64
    FROM liskeban.storm_track WHERE storm = '2413' AND NOT forecast WINDOW w AS (ORDER BY at)
), s AS (
  SELECT t, p.*, extract(epoch FROM t - at)::float8 / extract(epoch FROM until - at)::float8 AS f,
         acos(sin(lat_a) * sin(lat_b) + cos(lat_a) * cos(lat_b) * cos(lon_b - lon_a)) AS arc
    FROM p CROSS JOIN LATERAL generate_series(at, until - interval '1 second', interval '$minutes minutes') AS t
   WHERE t BETWEEN '2024-09-15 12:00+00' AND '2024-09-17 06:00+00'
), v AS (
  SELECT s.*, sin((1 - f) * arc) / sin(arc) AS ka, sin(f * arc) / sin(arc) AS kb FROM s
)
SELECT t, atan2(ka * cos(lat_a) * sin(lon_a) + kb * cos(lat_b) * sin(lon_b), ka * cos(lat_a) * cos(lon_a) + kb * cos(lat_b) * cos(lon_b)) AS lon,
       asin(ka * sin(lat_a) + kb * sin(lat_b)) AS lat, wind_a + (wind_b - wind_a) * f AS wind, q,
       coalesce(a34[q], 0) + (coalesce(b34[q], 0) - coalesce(a34[q], 0)) * f AS r34,
       coalesce(a50[q], 0) + (coalesce(b50[q], 0) - coalesce(a50[q], 0)) * f AS r50,
       coalesce(a64[q], 0) + (coalesce(b64[q], 0) - coalesce(a64[q], 0)) * f AS r64
  FROM v, generate_series(1, 4) AS q;
CREATE TABLE felt AS
SELECT g.n, l.t, CASE WHEN d.km <= l.r64 THEN greatest(l.wind, 32.9) + (32.9 - greatest(l.wind, 32.9)) * d.km / l.r64
                      WHEN d.km <= l.r50 THEN CASE WHEN l.r64 > 0 THEN 32.9 + (25.7 - 32.9) * (d.km - l.r64) / (l.r50 - l.r64)
                                                   ELSE greatest(l.wind, 25.7) + (25.7 - greatest(l.wind, 25.7)) * d.km / l.r50 END
                      ELSE CASE WHEN l.r50 > 0 THEN 25.7 + (17.5 - 25.7) * (d.km - l.r50) / (l.r34 - l.r50)
                                ELSE greatest(l.wind, 17.5) + (17.5 - greatest(l.wind, 17.5)) * d.km / l.r34 END END AS wind, km <= r50 AS storm
  FROM grid AS g
 CROSS JOIN LATERAL (SELECT DISTINCT t, lon, lat FROM look) AS e
 CROSS JOIN LATERAL (SELECT 6371.0088 * 2 * asin(sqrt(sin((e.lat - g.lat) / 2) ^ 2 + cos(e.lat) * cos(g.lat) * sin((e.lon - g.lon) / 2) ^ 2)),
                            (degrees(atan2(sin(g.lon - e.lon) * cos(g.lat), cos(e.lat) * sin(g.lat) - sin(e.lat) * cos(g.lat) * cos(g.lon - e.lon))) + 360)::numeric % 360) AS d(km, bearing)
  JOIN look AS l ON l.t = e.t AND l.q = floor(d.bearing / 90) + 1
 WHERE d.km <= l.r34;
CREATE TABLE brute AS
SELECT a.code, k.threshold, count(DISTINCT g.n) AS points, min(f.t) AS first, max(f.t) AS last, max(f.wind) AS peak
  FROM liskeban.area AS a JOIN grid AS g ON ST_Covers(a.geom, g.geom) JOIN felt AS f ON f.n = g.n
  JOIN (VALUES (34), (50)) AS k(threshold) ON k.threshold = 34 OR f.storm
 WHERE liskeban.area_level(a.code) IN ('district', 'town', 'village') GROUP BY a.code, k.threshold;
CREATE TABLE impact AS
SELECT k.threshold, i.* FROM (VALUES (34), (50)) AS k(threshold), liskeban.storm_impact('2413', k.threshold) AS i;
SQL
for my $kt (34, 50)
{
	my $both = "FROM brute AS b LEFT JOIN impact AS i ON i.area = b.code AND i.threshold = b.threshold WHERE b.threshold = $kt";
	cmp_ok(sql("SELECT count(*) $both"), '>', 50, "$kt kt: the grid feels it in the areas");
	is(sql("SELECT count(*) $both AND i.area IS NULL"), 0, "$kt kt: and so does storm_impact()");
	is(sql("SELECT b.code, b.first, i.first_hour $both AND NOT i.first_hour BETWEEN date_trunc('hour', b.first - interval '30 minutes') AND date_trunc('hour', b.first)"),
		'', "$kt kt: from the same hour, or what the grid cannot see before it");
	is(sql("SELECT b.code, b.last, i.last_hour $both AND NOT i.last_hour BETWEEN date_trunc('hour', b.last) AND date_trunc('hour', b.last + interval '30 minutes')"),
		'', "$kt kt: until the same hour, likewise");
	is(sql("SELECT b.code, b.peak, i.peak_wind $both AND abs(b.peak - i.peak_wind) > 1.5"), '', "$kt kt: with the same wind to 1.5 m/s");
	note("$kt kt, areas, same first hour, same last hour, greatest difference of winds: ", sql("SELECT count(*), count(*) FILTER (WHERE i.first_hour = date_trunc('hour', b.first)), count(*) FILTER (WHERE i.last_hour = date_trunc('hour', b.last)), max(abs(b.peak - i.peak_wind)) $both"));
	is(sql("WITH swath AS MATERIALIZED (SELECT liskeban.storm_swath('2413', $kt) AS geom) SELECT count(*) FROM grid AS g, swath AS s
	         WHERE (EXISTS (SELECT FROM felt AS f WHERE f.n = g.n AND ($kt = 34 OR f.storm))) <> ST_Covers(s.geom, g.geom)
	           AND ST_Distance(ST_Boundary(s.geom)::geography, g.geom::geography) > 2000"), 0, "$kt kt: the swath is where the grid felt it");
}

# ---- 76 tickets through the emergency's clocks ----

my $id = sql(<<'SQL');
SET liskeban.now = '2024-09-15 20:00+08';
SELECT liskeban.declare_emergency('typhoon', 'II', '320117', '2024-09-16 06:00+08');
SQL
sql(<<'SQL');
-- Every so many minutes one, of five two of roads; a few before it begins. Some are handled late: within 4 to 55 minutes of when it counts.
CREATE TABLE plan AS
SELECT i, CASE WHEN i % 5 IN (1, 3) THEN 'road_clearance' ELSE 'waterlogging' END AS category,
       timestamptz '2024-09-16 04:00:20+08' + i * interval '13 minutes' AS received, (4 + i * 37 % 52) * interval '1 minute' + interval '7 seconds' AS takes,
       (SELECT g.geom FROM grid AS g WHERE g.n = 1 + i * 17 % (SELECT count(*) FROM grid)) AS geom
  FROM generate_series(1, 76) AS i;
ALTER TABLE plan ADD resolved timestamptz, ADD due timestamptz;
UPDATE plan SET resolved = greatest(received, '2024-09-16 06:00+08') + takes,
                due = greatest(received, '2024-09-16 06:00+08') + CASE category WHEN 'waterlogging' THEN interval '30 minutes' ELSE '15 minutes' END;
CREATE PROCEDURE play() LANGUAGE plpgsql AS $$
DECLARE
  e record;
  id bigint;
BEGIN
  FOR e IN SELECT received AS at, 1 AS step, p.* FROM plan AS p UNION ALL SELECT received + '1 minute', 2, p.* FROM plan AS p
           UNION ALL SELECT resolved, 3, p.* FROM plan AS p UNION ALL SELECT t, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM generate_series(timestamptz '2024-09-16 04:00+08', '2024-09-16 23:55+08', '5 minutes') AS t
           ORDER BY at, step, i LOOP
    PERFORM set_config('liskeban.now', e.at::text, false);
    IF e.step = 0 THEN
      PERFORM liskeban.sweep();
    ELSIF e.step = 1 THEN
      INSERT INTO liskeban.ticket (source, external_id, category, title, geom) VALUES ('hotline_12345', 'typhoon/' || e.i, e.category, '台风来电', e.geom);
    ELSE
      SELECT t.ticket_id INTO id FROM liskeban.ticket AS t WHERE t.external_id = 'typhoon/' || e.i;
      IF e.step = 2 THEN
        PERFORM liskeban.accept(id), liskeban.dispatch(id), liskeban.arrive(id);
      ELSE
        PERFORM liskeban.resolve(id, '已排除', '已排除');
      END IF;
    END IF;
  END LOOP;
END $$;
CALL play();
SQL
is(sql("SELECT count(*), count(*) FILTER (WHERE t.emergency = $id), count(*) FILTER (WHERE t.priority = 1) FROM liskeban.ticket AS t WHERE t.external_id LIKE 'typhoon/%'"), '76|76|76', 'all 76 are caught');
is(sql("SELECT t.external_id, t.resolve_due, p.due FROM plan AS p JOIN liskeban.ticket AS t ON t.external_id = 'typhoon/' || p.i WHERE t.resolve_due <> p.due OR t.resolve_due_original <> p.due OR t.resolved_at <> p.resolved"),
	'', 'each due 30 or 15 minutes after it came, or after it began');
is(sql(<<'SQL'), '', 'the alarms are those of the clocks, each at its instant');
WITH expected AS (
  SELECT 'typhoon/' || p.i AS ticket, l.level, p.due + g.given * l.part AS at
    FROM plan AS p CROSS JOIN LATERAL (SELECT CASE p.category WHEN 'waterlogging' THEN interval '30 minutes' ELSE '15 minutes' END) AS g(given)
   CROSS JOIN (VALUES ('yellow', -0.2), ('red', 0), ('red2', 0.5), ('red3', 1)) AS l(level, part)
   WHERE p.due + g.given * l.part < p.resolved
), fired AS (
  SELECT t.external_id AS ticket, a.level::text, a.at FROM liskeban.alarm AS a JOIN liskeban.ticket AS t USING (ticket_id)
   WHERE t.external_id LIKE 'typhoon/%' AND a.clock = 'resolve'
)
(SELECT 'lacks', e.* FROM (TABLE expected EXCEPT ALL TABLE fired) AS e) UNION ALL (SELECT 'has', f.* FROM (TABLE fired EXCEPT ALL TABLE expected) AS f) ORDER BY 2, 3
SQL
my $late = sql("SELECT count(*) FROM plan WHERE resolved > due");
cmp_ok($late, '>', 10, 'some were late');
is(sql("SET liskeban.now = '2024-09-17 00:00+08'; SELECT liskeban.end_emergency($id); SELECT ended_by IS NOT NULL, ends_at = liskeban.liskeban_now() FROM liskeban.emergency"), "\nt|t", 'it is ended');
fails("SET liskeban.now = '2024-09-17 00:01+08'; SELECT liskeban.end_emergency($id)", '55000', 'once');
sql("SET liskeban.now = '2024-09-17 00:05+08'; SELECT liskeban.sweep(), liskeban.note_watermark()");
sql("SET liskeban.now = '2024-09-17 00:06+08'; SELECT liskeban.note_watermark(), liskeban.roll_up()");
is(sql("SET liskeban.now = '2024-09-17 01:00+08'; SELECT settled_at IS NOT NULL FROM liskeban.emergency"), 't', 'and settled');
is(sql("SET liskeban.now = '2024-09-17 01:00+08'; SELECT * FROM liskeban.check_invariants()"), '', 'all invariants hold');
is(sql("SET liskeban.now = '2024-09-17 01:00+08'; SELECT received, completion_num, on_time_num, on_time_den FROM liskeban.kpi('2024-09-16', '2024-09-16', 'district', NULL, '{demand}')"),
	'76|76|' . (76 - $late) . '|76', 'kpi counts them by that due');

# ---- the daily report ----

my $dir = PostgreSQL::Test::Utils::tempdir;
sub report
{
	my ($day) = @_;
	local $ENV{PGOPTIONS} = '-c liskeban.now=2024-09-17T01:00+08';
	$node->command_ok([ "$root/jobs/liskeban_report", '-d', $node->connstr('postgres'), '-U', 'postgres', '--out', "$dir/$day", $day ], "a report of $day");
	return decode('UTF-8', slurp_file("$dir/$day/report-$day.html"));
}
unlike(report('2024-09-13'), qr/id=emergency/, 'no section without an emergency');
my $page = report('2024-09-16');
my ($section) = $page =~ m{<section id=emergency>(.*?)</section>}s;
ok(defined $section, 'a section in one');
my @cells = ($section // '') =~ m{<t[dh][^>]*>(.*?)</t[dh]>}gs;
s/<[^>]*>//g for @cells;
is(encode('UTF-8', join('|', @cells[ 7 .. 12 ])), '台风 II|溧水区|09-16 06:00 – 09-17 00:00|76|76|0', 'says what was declared, where, when, and what it came to');
like($section // '', qr/title="@{[76 - $late]} \/ 76"/, 'and how many were in time');
if ($ENV{STORM_PAGE})
{
	open my $handle, '>:utf8', $ENV{STORM_PAGE} or die $!;
	print $handle $page;
}

$node->stop;
done_testing();
