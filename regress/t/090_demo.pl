
# The sample district and the week played in it: the areas tile, the week is the same each time, and every
# transition, every placement and the late arrivals are there, counted from history.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $demo = "$FindBin::RealBin/../../jobs/demo";

my $node = PostgreSQL::Test::Cluster->new('demo');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->start;
$node->safe_psql('postgres',
	"CREATE EXTENSION liskeban CASCADE;
	 CALL liskeban.create_platform('320117', '溧水区');");

sub value
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', "SET search_path = public, liskeban; $sql");
}

my @psql = ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'));
my $people = "SELECT (SELECT count(*) FROM liskeban.membership), (SELECT count(*) FROM liskeban.official),
	(SELECT count(*) FROM liskeban.duty), (SELECT count(*) FROM liskeban.grid_member), (SELECT count(*) FROM liskeban.area)";

# The areas

command_ok([ @psql, '-f', "$demo/district.sql" ], 'the district is loaded');
my $loaded = value($people);
command_ok([ @psql, '-f', "$demo/district.sql" ], 'and loaded again');
is(value($people), $loaded, 'which adds nothing');
is( value(
		"SELECT liskeban.area_level(code), kind, count(*), bool_and(geom IS NOT NULL) FROM liskeban.area
		  GROUP BY 1, 2 ORDER BY 1, 2 DESC"),
	"district|plain|1|t\ntown|plain|9|t\nvillage|plain|118|t\ngrid|plain|472|t\ngrid|dedicated|8|t\nmicrogrid|plain|354|t",
	'9 towns, 118 villages, 4 grids each');
is(value('SELECT * FROM liskeban.area_problem'), '', 'no area has a problem');
is( value(
		"SELECT p.code, c.level FROM liskeban.area AS p
		   JOIN (SELECT liskeban.area_parent(code) AS parent, liskeban.area_level(code) AS level, ST_Union(geom) AS geom, sum(ST_Area(geom)) AS area
		           FROM liskeban.area WHERE kind = 'plain' AND code <> '320117' GROUP BY 1, 2) AS c ON c.parent = p.code
		  WHERE NOT ST_Equals(p.geom, c.geom) OR abs(ST_Area(p.geom) - c.area) > 1e-12"),
	'', 'and what lies in one fills it, without gap or overlap');
is( value(
		"SELECT count(*) FROM liskeban.area AS a WHERE a.kind = 'dedicated' AND liskeban.locate(ST_PointOnSurface(a.geom)) <> a.code"),
	'0', 'a dedicated grid goes before the plain one around it');
is( value(
		"SELECT count(*) FROM liskeban.area AS a WHERE liskeban.area_level(a.code) = 'village'
		    AND NOT EXISTS (SELECT FROM liskeban.membership AS m WHERE m.area = a.code AND m.duty = 'handler')"),
	'0', 'every village has a handler');

# The week

command_ok([ @psql, '-f', "$demo/play.sql" ], 'a week is played');
my $tickets = value('SELECT count(*) FROM liskeban.ticket');
cmp_ok($tickets, '>', 2300, "$tickets requests in it");
cmp_ok($tickets, '<', 2700, 'and not too many');
is( value("SELECT count(DISTINCT (received_at AT TIME ZONE 'Asia/Shanghai')::date), min((received_at AT TIME ZONE 'Asia/Shanghai')::date) FROM liskeban.ticket"),
	'7|2024-10-21', 'on seven days');

# The generator: the same requests whatever the session's zone and whatever other days are asked for

my @drawn = map {
	my ($zone, $from, $to) = @$_;
	my ($out, $err) = run_command(
		[   @psql, '-A', '-t', '-c', "SET search_path = pg_catalog, public, liskeban, pg_temp",
			'-c', "SET client_min_messages = warning", '-c', "SET TimeZone = '$zone'", '-f', "$demo/requests.sql",
			'-c', "SELECT pg_temp.demo_generate('$from', '$to') > 0",
			'-c', "SELECT md5(string_agg(payload::text, '|' ORDER BY n)) FROM pg_temp.demo_request WHERE n / 1000 = date '2024-03-13' - date '2000-01-01'" ]);
	$out;
} ([ 'Asia/Shanghai', '2024-03-13', '2024-03-13' ], [ 'America/New_York', '2024-03-11', '2024-03-14' ]);
like($drawn[0], qr/^t\n[0-9a-f]{32}$/, 'a day is drawn');
is($drawn[1], $drawn[0], 'and drawn again');

# Counted from history

is( value(
		"SELECT t.from_state, t.to_state, t.action FROM liskeban.transition AS t
		  WHERE 'merged' NOT IN (t.from_state, t.to_state)
		    AND NOT EXISTS (SELECT FROM liskeban.ticket_event AS e
		                     WHERE e.from_state = t.from_state AND e.to_state = t.to_state AND e.action = t.action)"),
	'', 'every transition but those of merging occurs');
is( value(
		"SELECT DISTINCT (detail #>> '{placement,1}')::liskeban.placement FROM liskeban.ticket_event WHERE seq = 1 ORDER BY 1"),
	"inside\nsnapped\noutside\nunknown",
	'every placement occurs');
my $share = value(
	"SELECT round(100.0 * count(*) FILTER (WHERE recorded_at > at + interval '10 minutes') / count(*), 2)
	   FROM liskeban.ticket_event WHERE action = 'arrive'");
cmp_ok($share, '>=', 3.5, "$share % of arrivals are entered late");
cmp_ok($share, '<=', 6.5, 'about one in twenty');
is( value(
		"SELECT count(*) FROM liskeban.ticket_event
		  WHERE action = 'arrive' AND (recorded_at > at + interval '10 minutes') IS DISTINCT FROM coalesce((detail #>> '{late_entry,1}')::boolean,
		        (SELECT (p.detail #>> '{late_entry,1}')::boolean FROM liskeban.ticket_event AS p
		          WHERE p.ticket_id = ticket_event.ticket_id AND p.seq < ticket_event.seq AND p.detail ? 'late_entry' ORDER BY p.seq DESC LIMIT 1), false)"),
	'0', 'and say so');
is( value("SELECT actor FROM liskeban.ticket_event WHERE actor <> 'platform' EXCEPT SELECT role_name FROM liskeban.membership"),
	'', 'only people of the district acted, and the platform');
is( value(
		"SELECT count(*) FROM liskeban.ticket_event AS r JOIN liskeban.ticket_event AS c USING (ticket_id, actor)
		  WHERE r.action IN ('resolve', 'answer') AND c.action = 'close' AND c.seq > r.seq"),
	'0', 'nobody closed what he resolved');

# Playing twice

command_fails([ @psql, '-v', 'days=1', '-f', "$demo/play.sql" ], 'the same days are not played again');
is(value('SELECT count(*) FROM liskeban.ticket'), $tickets, 'and nothing was added');

# The figures

my $figures = "liskeban.kpi('2024-10-21', '2024-10-27', '%s', '2024-10-28 00:00:00+08')";
is( value(sprintf("SELECT sum(received), sum(on_time_num), sum(on_time_den) FROM $figures", 'town')),
	value(sprintf("SELECT sum(received), sum(on_time_num), sum(on_time_den) FROM $figures", 'district')),
	'the towns add up to the district');
is(value(sprintf("SELECT count(*) FROM $figures WHERE key <> '(pool)' AND response BETWEEN 0.3 AND 0.99 AND completion BETWEEN 0.5 AND 1", 'town')),
	'9', 'every town has its figures');

is(value('SELECT * FROM liskeban.check_invariants()'), '', 'all invariants hold');

$node->stop;
done_testing();
