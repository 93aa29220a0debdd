
# Placing on real outlines, the 5,199 election districts: locate() equals ST_Covers (deepest level, dedicated first,
# smallest code) on random points, vertices and edges; what is invalid among them is refused with its reason.

use strict;
use warnings;

use FindBin;
use IO::Uncompress::Gunzip qw(gunzip $GunzipError);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $shared = $ENV{LISKEBAN_SHARED} || "$root/../shared";
my $districts = "$shared/data/areas/nyc_election_districts.geojson.gz";
plan skip_all => "no election districts in $shared/data" unless -r $districts;

my $node = PostgreSQL::Test::Cluster->new('locate');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nmax_parallel_workers_per_gather = 0\nfsync = off\n");
$node->start;
$node->safe_psql('postgres',
	"CREATE EXTENSION liskeban CASCADE;
	 CALL liskeban.create_platform('320117', '溧水区');
	 ALTER DATABASE postgres SET search_path = liskeban, public;");

sub value
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# The districts as grids of 65 towns by the first two digits of their number (the assembly district)

my $geojson;
gunzip($districts => \$geojson) or die "could not read $districts: $GunzipError";
$geojson =~ s/\s+/ /g;
my $file = $node->basedir . '/districts.geojson';
append_to_file($file, $geojson);
value(
	"CREATE TABLE raw (doc text);
	 COPY raw FROM '$file' (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02');
	 CREATE TABLE district AS
	 SELECT (320117001001 + n / 1000 * 1000)::text || lpad((n % 1000)::text, 3, '0') AS code, n::text AS name,
	        ST_SetSRID(ST_GeomFromGeoJSON(f ->> 'geometry'), 4490) AS geom
	   FROM raw, jsonb_array_elements(doc::jsonb -> 'features') AS f, CAST(f #>> '{properties,ElectDist}' AS integer) AS n;");
is(value('SELECT count(*), count(*) FILTER (WHERE NOT ST_IsValid(geom)) FROM district'),
	'5199|42', '5,199 districts, 42 of them invalid as published');

# Nothing of them in memory before the first question

my $memory = q{SELECT coalesce(sum(total_bytes), 0) FROM pg_backend_memory_contexts
	WHERE name LIKE 'liskeban area%' OR parent LIKE 'liskeban area%'};
cmp_ok((split /\n/, value("SELECT liskeban_now() IS NULL; $memory"))[1],
	'<', 1024 * 1024, 'less than 1 MB before the first use');

# Invalid ones are refused, with the reason and the place, one by one; repaired they are taken

is( value(
		"DO \$\$
		 DECLARE d record; reason text;
		 BEGIN
		   FOR d IN SELECT * FROM district LOOP
		     BEGIN
		       INSERT INTO area (code, name, geom) VALUES (d.code::area_code, d.name, d.geom);
		       IF NOT ST_IsValid(d.geom) THEN RAISE 'district % was taken', d.code; END IF;
		       IF _area_geom_problem(d.geom) IS NOT NULL THEN RAISE 'district % has a problem', d.code; END IF;
		     EXCEPTION WHEN invalid_parameter_value THEN
		       GET STACKED DIAGNOSTICS reason = PG_EXCEPTION_DETAIL;
		       IF reason IS DISTINCT FROM ST_IsValidReason(d.geom) OR reason IS DISTINCT FROM _area_geom_problem(d.geom)
		       THEN RAISE 'district %: %', d.code, reason; END IF;
		     END;
		   END LOOP;
		 END \$\$;
		 SELECT count(*) FROM area WHERE geom IS NOT NULL"),
	'5157', 'each invalid one is refused with the reason that ST_IsValidReason gives');
value(
	"INSERT INTO area (code, name, geom)
	 SELECT code::area_code, name, ST_CollectionExtract(ST_MakeValid(geom), 3) FROM district WHERE NOT ST_IsValid(geom)");
is(value('SELECT count(*) FROM area WHERE geom IS NOT NULL'), '5199', 'repaired, all are there');

# A million random points

value(
	"SELECT setseed(0.311);
	 CREATE TABLE point AS
	 SELECT id, ST_SetSRID(ST_MakePoint(-74.2556 + random() * 0.5556, 40.4961 + random() * 0.4185), 4490) AS geom
	   FROM generate_series(1, 1000000) AS id;
	 CREATE INDEX ON point USING gist (geom);
	 ANALYZE point;");

# What is best among those that cover a point of a table, by PostGIS alone; how often locate() says something else.
sub differing
{
	my ($table) = @_;
	return value(
		"WITH covering AS MATERIALIZED (
		   SELECT p.id, a.code, area_level(a.code) AS level, a.kind = 'dedicated' AS dedicated
		     FROM area AS a CROSS JOIN LATERAL (SELECT id FROM $table WHERE ST_Covers(a.geom, geom) OFFSET 0) AS p
		 ), best AS (
		   SELECT DISTINCT ON (id) id, code FROM covering ORDER BY id, level DESC, dedicated DESC, code
		 )
		 SELECT count(*) FILTER (WHERE best.code IS DISTINCT FROM locate(p.geom)), count(best.code) > 0
		   FROM $table AS p LEFT JOIN best USING (id)");
}
is(differing('point'), '0|t', 'a million random points: as ST_Covers');
cmp_ok(
	(split /\n/, value("SELECT count(locate(geom)) FROM point WHERE id < 100; $memory"))[1],
	'<',
	16 * 1024 * 1024,
	'in less than 16 MB');

# The same with levels above, some dedicated, and what overlaps; every vertex and points on edges of 200 districts

value(
	"INSERT INTO area (code, name, geom)
	 SELECT area_parent(code, 'town'), 'town', ST_UnaryUnion(ST_Collect(geom)) FROM area
	  WHERE area_level(code) = 'grid' GROUP BY 1;
	 UPDATE area SET geom = (SELECT ST_UnaryUnion(ST_Collect(geom)) FROM area WHERE area_level(code) = 'town') WHERE code = '320117';
	 UPDATE area SET kind = 'dedicated' WHERE area_level(code) = 'grid' AND hashtext(code::text) % 10 = 0;
	 CREATE TABLE chosen AS
	 SELECT code, geom FROM area WHERE area_level(code) = 'grid' ORDER BY md5(code::text) LIMIT 200;
	 CREATE TABLE vertex AS
	 SELECT row_number() OVER () AS id, geom FROM (SELECT (ST_DumpPoints(geom)).geom FROM chosen) AS v;
	 CREATE TABLE edge AS
	 SELECT row_number() OVER () AS id, ST_LineInterpolatePoint(s.geom, f) AS geom
	   FROM (SELECT (ST_DumpSegments(geom)).geom FROM chosen) AS s, unnest(ARRAY[0.1, 0.5, 0.77]) AS f;
	 CREATE TABLE few AS SELECT id, geom FROM point WHERE id % 10 = 0;
	 CREATE INDEX ON vertex USING gist (geom);
	 CREATE INDEX ON edge USING gist (geom);
	 CREATE INDEX ON few USING gist (geom);
	 ANALYZE;");
cmp_ok(value('SELECT count(*) FROM vertex'), '>', 1000, 'vertices of 200 districts');
is(differing('vertex'), '0|t', 'every vertex: as ST_Covers');
is(differing('edge'), '0|t', 'points on edges: as ST_Covers');
is(differing('few'), '0|t', 'random points under several levels: as ST_Covers');
is( value("SELECT count(*) FROM vertex WHERE locate(geom) IS NULL OR (place(geom)).placement <> 'inside'"),
	'0', 'and every vertex lies inside');

# Snapped: within 50 m of a grid and covered by nothing, as ST_Distance on the ellipsoid has it

value(
	"CREATE TABLE stray AS
	 SELECT p.geom, q.area, q.placement, n.code, n.distance
	   FROM (SELECT geom FROM point WHERE id <= 200000) AS p, place(p.geom) AS q,
	        LATERAL (SELECT a.code, ST_Distance(a.geom::geography, p.geom::geography) AS distance FROM area AS a
	                  WHERE area_level(a.code) = 'grid' AND ST_DWithin(a.geom, p.geom, 0.001) ORDER BY 2, 1 LIMIT 1) AS n
	  WHERE q.placement <> 'inside';
	 DELETE FROM stray WHERE abs(distance - 50) < 0.05;");
cmp_ok(value("SELECT count(*) FROM stray WHERE placement = 'snapped'"), '>', 500, 'points beside the districts');
is(value("SELECT count(*) FROM stray WHERE (placement = 'snapped') <> (distance <= 50)"),
	'0', 'those within 50 m are snapped');
is( value(
		"SELECT count(*) FROM stray AS s JOIN area AS a ON a.code = s.area
		  WHERE ST_Distance(a.geom::geography, s.geom::geography) > s.distance + 0.01"),
	'0',
	'to the nearest');

is(value('SELECT * FROM liskeban.check_invariants()'), '', 'all invariants hold');

$node->stop;
done_testing();
