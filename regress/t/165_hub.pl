
# A hub: two districts publish, a city subscribes. kpi() over the hub is the sum of the districts for every key and instant,
# nothing personal arrives, a crash of a district under load loses nothing, the drill-down says the same, and what makes no
# sense is refused.

use strict;
use warnings;

use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my %name = ('320117' => '溧水区', '320118' => '高淳区');
my @districts = sort keys %name;

my $districts = PostgreSQL::Test::Cluster->new('districts');
$districts->init(allows_streaming => 'logical', extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$districts->append_conf('postgresql.conf', "jit = off\nfsync = off\nrestart_after_crash = off");
$districts->start;
my $city = PostgreSQL::Test::Cluster->new('city');
$city->init(allows_streaming => 'logical', extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$city->append_conf('postgresql.conf', "jit = off\nfsync = off\nwal_retrieve_retry_interval = 100ms");
$city->start;

sub error_of
{
	my ($node, $database, $sql) = @_;
	my ($status, $out, $err) = $node->psql($database, "\\set VERBOSITY verbose\n$sql");
	return $err =~ /ERROR:  (\w+): ([^\n]*)/ ? "$1 $2" : 'none';
}

sub hub { return $city->safe_psql('hub', shift); }
sub conninfo { return $districts->connstr("d$_[0]") . ' user=liskeban_hub'; }

sub add_district
{
	my ($code) = @_;
	my $conninfo = conninfo($code);
	return $city->safe_psql('hub', "SELECT * FROM liskeban.add_district(\$\$$conninfo\$\$, '$code') \\gexec");
}

# All that was committed in the districts has arrived.
sub caught_up
{
	$districts->poll_query_until('postgres',
		"SELECT count(*) = " . @districts . " AND bool_and(s.confirmed_flush_lsn >= l.lsn AND s.active)
		   FROM pg_replication_slots s, (SELECT pg_current_wal_lsn() AS lsn OFFSET 0) l WHERE s.slot_name LIKE 'liskeban_hub_%'")
	  or die 'the hub does not catch up';
	$city->poll_query_until('hub', 'SELECT bool_and(pending = 0) FROM liskeban.hub_status') or die 'a first copy does not end';
	return;
}

# What may be summed up of kpi() by every key and at those instants, one line a figure.
sub figures
{
	my ($node, $database, @as_of) = @_;
	my $as_of = join ', ', map { "'$_'" } @as_of;
	my %figures = map { m/^(.*)\|(\d+)$/ ? ($1 => $2) : die } split /\n/, $node->safe_psql(
		$database,
		"SELECT at, by, k.key, f.key, f.value
		   FROM unnest(ARRAY[$as_of]) AS at, unnest('{district,town,village,category,domain,source,department,holder,tier}'::text[]) AS by,
		        liskeban.kpi('2026-01-01', '2026-03-31', by, at::timestamptz, NULL) k, jsonb_each(to_jsonb(k)) f
		  WHERE jsonb_typeof(f.value) = 'number' AND NOT to_jsonb(k) ? (f.key || '_den')");
	return \%figures;
}

sub same_figures
{
	my ($name, @as_of) = @_;
	my %expected;
	for my $code (@districts)
	{
		my $own = figures($districts, "d$code", @as_of);
		$expected{$_} += $own->{$_} for keys %$own;
	}
	my $got = figures($city, 'hub', @as_of);
	my @differ = map { "$_: " . ($got->{$_} // 'none') . ' instead of ' . ($expected{$_} // 'none') }
	  grep { ($got->{$_} // '') ne ($expected{$_} // '') } sort keys %{ { %expected, %$got } };
	my $count = keys %expected;
	ok(!@differ && $count > 300 * @as_of, "$name: kpi() over the hub is the sum of the districts in each of $count figures")
	  or diag(join "\n", @differ > 20 ? @differ[ 0 .. 19 ] : @differ);
	return $got;
}

# Two districts: lives drawn at random, and some that were led, with words that shall stay at home.

$districts->safe_psql('postgres', "CREATE DATABASE d$_") for @districts;
$city->safe_psql('postgres', 'CREATE DATABASE hub');
for my $code (@districts)
{
	my $lives = slurp_file("$root/regress/data/kpi_lives.sql");
	$lives =~ s/320117/$code/g;
	$districts->safe_psql("d$code", "CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('$code', '$name{$code}');");
	$districts->safe_psql("d$code", $lives);
	$districts->safe_psql(
		"d$code",
		"ALTER TABLE liskeban.ticket DISABLE TRIGGER USER;
		 ALTER TABLE liskeban.ticket_event DISABLE TRIGGER USER;
		 SELECT kpi_lives(200 + $code % 100);
		 ALTER TABLE liskeban.ticket ENABLE TRIGGER USER;
		 ALTER TABLE liskeban.ticket_event ENABLE TRIGGER USER;
		 ALTER SEQUENCE liskeban.ticket_ticket_id_seq RESTART WITH ${code}000001001;
		 INSERT INTO liskeban.area (code, name) VALUES ('${code}001', 'a town'), ('${code}001001', 'a village');
		 INSERT INTO liskeban.category (code, name, domain) VALUES ('c1', 'of $code', 'ecology');");
	# The second whistle is declined, which stands after a working day.
	$districts->safe_psql(
		"d$code", q{
		CREATE PROCEDURE lead_lives(lives integer, day text) LANGUAGE plpgsql AS $$
		DECLARE
		  id bigint;
		  whistle bigint;
		BEGIN
		  PERFORM set_config('liskeban.now', day || ' 09:00+08', false);
		  FOR i IN 1 .. lives LOOP
		    INSERT INTO liskeban.ticket (source, category, title, description, address, extra, difficulty)
		    VALUES ('hotline_12345', 'noise_social', 'SECRET title', 'SECRET description', 'SECRET address', '{"SECRET": 1}', 'general') RETURNING ticket_id INTO id;
		    INSERT INTO liskeban.reporter (ticket_id, name, phone) VALUES (id, 'SECRET name', '13912345678');
		    PERFORM liskeban.accept(id, 'SECRET note'), liskeban.dispatch(id, (SELECT (p.district::text || '001001')::liskeban.area_code FROM liskeban.platform p), NULL, 'SECRET note');
		    PERFORM liskeban.arrive(id);
		    IF i % 3 > 0 THEN
		      whistle := liskeban.blow_whistle(id, 'SECRET reason');
		    END IF;
		    IF i % 3 = 2 THEN
		      PERFORM liskeban.decline_whistle(whistle, 'SECRET reason');
		    ELSE
		      PERFORM liskeban.resolve(id, 'SECRET resolution', 'SECRET reply');
		    END IF;
		    COMMIT;
		  END LOOP;
		END
		$$;
	});
	$districts->safe_psql("d$code", "CALL lead_lives(6, '2026-02-13')");
}

# What makes no sense

my $bare = "CREATE EXTENSION liskeban CASCADE;";
like(error_of($districts, 'd320117', "CALL liskeban.create_hub('南京市')"), qr/^42710 there is a platform in this database$/, 'no hub in a platform');
hub($bare);
is(error_of($city, 'hub', "SET ROLE pg_monitor; CALL liskeban._make_hub()"), '42501 permission denied for schema liskeban', 'nobody else makes a hub');
like(error_of($city, 'hub', "CALL liskeban.create_hub(NULL)"), qr/^22004 /, 'a hub has a name');
like(error_of($city, 'hub', "CALL liskeban.create_hub('南京市', 'Asia/Nanjing')"), qr/^22023 time zone "Asia\/Nanjing" is not known$/, 'and a zone');
hub("CALL liskeban.create_hub('南京市')");
like(error_of($city, 'hub', "CALL liskeban.create_hub('南京市')"), qr/^42710 there is a hub in this database already$/, 'but one');
like(error_of($city, 'hub', "CALL liskeban.create_platform('320117', '溧水区')"), qr/^42710 there is a hub in this database$/, 'no platform in a hub');
is(hub("SELECT count(*) FROM liskeban.kpi('2026-01-01', '2026-01-31', 'district')"), '0', 'a hub without districts has no figures');
for (
	[ '22023 connection string "d320117" has no server', "SELECT liskeban.add_district('d320117', '320117')" ],
	[ '22023 area code "320117001" is not that of a district', "SELECT liskeban.add_district('dbname=x', '320117001')" ],
	[ '22004 district must not be NULL', "SELECT liskeban.link_district('dbname=x', NULL)" ],
	[ '08001 could not connect to server "liskeban_320117"', "SELECT liskeban.add_district('host=/nowhere dbname=x', '320117')" ],
	[ '42704 district 320117 is not in this hub', "SELECT liskeban.remove_district('320117')" ],
	[ '42501 permission denied for function add_district', "SET ROLE liskeban_admin; SELECT liskeban.add_district('dbname=x', '320117')" ])
{
	my ($expected, $sql) = @$_;
	is(error_of($city, 'hub', $sql), $expected, "refused: $expected");
}
$districts->safe_psql('d320117', 'CALL liskeban.publish_to_hub(); CALL liskeban.publish_to_hub();');
$districts->safe_psql('d320118', 'CALL liskeban.publish_to_hub()');
like(error_of($districts, 'd320117', 'SET ROLE liskeban_admin; CALL liskeban.publish_to_hub()'), qr/^42501 /, 'an admin does not publish');
my $other = conninfo('320118');
is(error_of($city, 'hub', "SELECT liskeban.add_district(\$\$$other\$\$, '320117')"),
	'55000 the platform behind the connection is that of 320118, not of 320117', 'refused: another district');
for ([ 'version', "'0.0.9'", 'district 320118 is of version 0.0.9, the hub of ' . hub('SELECT version FROM liskeban.hub') ],
	[ 'time_zone', "'Asia/Urumqi'", "days of district 320118 begin in zone Asia/Urumqi, the hub's in Asia/Shanghai" ])
{
	my ($column, $value, $expected) = @$_;
	my $was = $districts->safe_psql('d320118', "SELECT $column FROM liskeban.platform");
	$districts->safe_psql('d320118', "UPDATE liskeban.platform SET $column = $value");
	is(error_of($city, 'hub', "SELECT liskeban.add_district(\$\$$other\$\$, '320118')"), "55000 $expected", "refused: another $column");
	$districts->safe_psql('d320118', "UPDATE liskeban.platform SET $column = '$was'");
}
is(hub("SELECT count(*) FROM pg_foreign_server") . hub("SELECT count(*) FROM liskeban.hub_status"), '00', 'what was refused left nothing behind');

# The first copy

add_district($_) for @districts;
like(error_of($city, 'hub', "SELECT liskeban.add_district(\$\$$other\$\$, '320118')"), qr/^42710 district 320118 is in this hub already$/, 'a district is added once');
like(error_of($city, 'hub', "SELECT liskeban.remove_district('320118')"), qr/^55006 district 320118 is still subscribed to$/, 'nor removed while it is subscribed to');
caught_up();
is(hub('SELECT district, name, enabled, pending, problem FROM liskeban.hub_status ORDER BY 1'),
	"320117|溧水区|t|0|\n320118|高淳区|t|0|", 'the hub has both districts');
my @instants = ('2026-01-09 12:00+08', '2026-02-13 10:00+08', '2026-03-01 00:00+08');
my $figures = same_figures('first copy', @instants);
my @whistles = map { $figures->{"$_|district|320117|whistle_den"} } @instants;
cmp_ok($whistles[1], '>', $whistles[2], 'with whistles, some of which do not count once their decline stands');
cmp_ok($whistles[2], '>', 0, 'though others do');

# What goes on

$districts->safe_psql("d$_", "CALL lead_lives(6, '2026-02-14')") for @districts;
$districts->safe_psql('d320118', "UPDATE liskeban.category SET name = 'told last' WHERE code = 'c1'");
caught_up();
same_figures('later changes', $instants[2]);
is(hub("SELECT name FROM liskeban.category WHERE code = 'c1'"), 'told last', 'of a registry row that districts share, what was told last holds');
is(hub("SELECT settled FROM liskeban.kpi('2026-01-01', '2026-03-31', 'district', '2026-02-14 09:00+08') LIMIT 1"), 'f', 'nothing is settled');
$districts->safe_psql('d320117', "SET liskeban.now = '2026-02-15 00:00+08'; SELECT liskeban.note_watermark(), liskeban.note_watermark()");
caught_up();
is(hub("SELECT settled FROM liskeban.kpi('2026-01-01', '2026-03-31', 'district', '2026-02-14 09:00+08') LIMIT 1"), 'f', 'nor by one district');
$districts->safe_psql('d320118', "SET liskeban.now = '2026-02-15 00:00+08'; SELECT liskeban.note_watermark(), liskeban.note_watermark()");
caught_up();
is(hub("SELECT DISTINCT settled FROM liskeban.kpi('2026-01-01', '2026-03-31', 'district', '2026-02-14 09:00+08')"), 't', 'but by both');

# A calendar that changes reaches the caches of an open session.
my $session = $city->background_psql('hub');
is($session->query_safe("SELECT liskeban.is_working_day('2026-02-25')"), 't', 'a working day');
$districts->safe_psql($_, "INSERT INTO liskeban.calendar_day (day, is_working, name) VALUES ('2026-02-25', false, 'snow')") for 'd320117', 'd320118';
caught_up();
is($session->query_safe("SELECT liskeban.is_working_day('2026-02-25')"), 'f', 'is none in a session that was open');
$session->quit;
same_figures('another calendar', $instants[2]);

# Nothing personal: neither a column nor a word

is( hub("SELECT string_agg(DISTINCT a.attname, ', ') FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		  WHERE c.relnamespace IN ('liskeban'::regnamespace, 'liskeban_report'::regnamespace) AND c.relkind IN ('r', 'p') AND a.attnum > 0
		    AND (a.attname IN ('title', 'description', 'address', 'phone', 'phone_hash', 'note', 'note_digest', 'resolution', 'reply', 'extra', 'login',
		                      'external_id', 'resolved_by', 'checked_by', 'transferred_to', 'arrived_geom', 'duty_phone', 'reason', 'role_name', 'person', 'actor') OR a.attname = 'plan' AND a.atttypid = 'text'::regtype)"),
	'actor', 'no column for what is personal, but who acted, which the figures compare');
is( hub("SELECT string_agg(c.relname, ', ' ORDER BY c.relname) FROM pg_class c WHERE c.relnamespace = 'liskeban'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"),
	'archive, area, calendar_day, category, department, domain, figure_daily, hub, platform, roll_up_state, source_system, ticket, ticket_event, ticket_fact, watermark, whistle_fact, work_shift', 'and no other tables');
my $dump = "$PostgreSQL::Test::Utils::tmp_check/hub.sql";
$city->command_ok([ 'pg_dump', '--no-sync', '-a', '-n', 'liskeban', '-f', $dump, $city->connstr('hub') ], 'all that the hub holds');
my $held = slurp_file($dump);
ok($held =~ /${\ $districts[0]}000001001/ && $held !~ /SECRET|13912345678/, 'has the tickets, and not a word of what was said');
is( $districts->safe_psql(
		'd320117',
		"SELECT string_agg(p.relation || '.' || c, ', ') FROM liskeban._published() p, unnest(p.columns) c
		  WHERE p.relation IN ('ticket', 'ticket_event') AND c NOT IN ('event_id', 'last_seq') AND NOT has_column_privilege('liskeban_reader', 'liskeban.' || p.relation, c, 'SELECT')"),
	'', 'nothing is published that analysts may not read');
is(error_of($districts, 'd320117', 'SET ROLE liskeban_hub; SELECT title FROM liskeban.ticket'), '42501 permission denied for table ticket', "nor may the hub's login read it");

# A district crashes under load

my @load = map { IPC::Run::start([ 'psql', '-X', '-q', '-d', $districts->connstr($_), '-c', "CALL lead_lives(100000, '2026-02-16')" ], '<', \undef, '>', \my $out, '2>', \my $err) }
  'd320117', 'd320118';
my $before = hub('SELECT count(*) FROM liskeban.ticket');
$city->poll_query_until('hub', "SELECT count(*) > $before + 60 FROM liskeban.ticket") or die 'the load does not arrive';
$districts->stop('immediate');
$_->finish for @load;
is(hub("SELECT sum(received) >= $before FROM liskeban.kpi('2026-01-01', '2026-03-31', 'district', '2026-03-01', NULL)"), 't', 'with its districts down the hub goes on answering');
$districts->start;
$districts->safe_psql("d$_", "CALL lead_lives(6, '2026-02-17')") for @districts;
caught_up();
same_figures('after a crash under load', $instants[2]);
is(hub('SELECT count(*) FROM liskeban.ticket'), $districts->safe_psql('d320117', 'SELECT count(*) FROM liskeban.ticket') +
	  $districts->safe_psql('d320118', 'SELECT count(*) FROM liskeban.ticket'), 'no ticket is missing or there twice');

# The hub crashes, and what it had applied it does not apply again.
$districts->safe_psql("d$_", "CALL lead_lives(30, '2026-02-18')") for @districts;
$city->stop('immediate');
$city->start;
caught_up();
same_figures('after a crash of the hub', $instants[2]);

# The drill-down

my $now = "SET liskeban.now = '$instants[2]'";
my $group = 'SELECT district, count(*), count(*) FILTER (WHERE state = \'resolved\') FROM liskeban_report.ticket GROUP BY district ORDER BY district';
is(hub($group), join("\n", map { "$_|" . $districts->safe_psql("d$_", "SELECT count(*), count(*) FILTER (WHERE state = 'resolved') FROM liskeban.ticket") } @districts),
	'postgres_fdw counts the same');
is( hub("SELECT district, sum(received), sum(due), sum(completion_num), sum(breach_num) FROM liskeban_report.kpi_daily GROUP BY district ORDER BY 1"),
	hub("SELECT key, received, due, completion_num, breach_num FROM liskeban.kpi('2026-01-01', '2026-03-31', 'district', NULL, NULL)"), 'and kpi_daily tells what kpi() does');
my $plan = hub("EXPLAIN (VERBOSE, COSTS OFF) $group");
is(() = $plan =~ /Async Foreign Scan/g, 2, 'one asynchronous scan a district') or diag($plan);
is(() = $plan =~ /Relations: Aggregate on /g, 2, 'each of which counts over there');
is(hub('SELECT count(*) FROM liskeban_320118.risk_item'), '0', 'views that do not say whose they are stand in the schema of their district');
is(hub("SELECT col_description('liskeban_report.ticket'::regclass, 1)"), $districts->safe_psql('d320117', "SELECT col_description('liskeban_report.ticket'::regclass, 1)"),
	'columns say what they are');
hub('SET ROLE liskeban_analyst; SELECT count(*) FROM liskeban_report.ticket');
is(error_of($city, 'hub', 'SET ROLE liskeban_analyst; SELECT count(*) FROM liskeban.ticket'), '42501 permission denied for table ticket', 'analysts read the reports');
is(error_of($city, 'hub', 'SET ROLE liskeban_admin; UPDATE liskeban.ticket SET priority = 1'), '42501 permission denied for table ticket', 'nobody writes in a hub');

# An upgrade: columns that came are added, those that went are dropped, what was changed by hand is set right

my $catalog = q{
	SELECT string_agg(line, E'\n' ORDER BY line COLLATE "C") FROM (
	  SELECT format('%s %s %s %s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), col_description(a.attrelid, a.attnum)) AS line FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
	   WHERE c.relnamespace = 'liskeban'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
	  UNION ALL SELECT format('%s %s', p.oid::regprocedure, md5(pg_get_functiondef(p.oid))) FROM pg_proc p WHERE p.pronamespace = 'liskeban'::regnamespace AND p.prokind <> 'a'
	  UNION ALL SELECT pg_get_triggerdef(g.oid) || g.tgenabled::text FROM pg_trigger g) AS c};
my $fresh = hub($catalog);
hub('CALL liskeban.upgrade_platform()');
is(hub($catalog), $fresh, 'upgrade_platform() changes nothing in a hub of this version');
hub(q{
	ALTER TABLE liskeban.ticket DROP COLUMN late_entry, ADD COLUMN gone text;
	ALTER TABLE liskeban.department DROP COLUMN parent;
	DROP VIEW liskeban.hub_status;
	UPDATE liskeban.hub SET version = '0.0.9';
	CALL liskeban.upgrade_platform();});
is(hub($catalog), $fresh, 'and makes one of another version what it would be');
is(hub('SELECT h.version = e.extversion FROM liskeban.hub h, pg_extension e WHERE e.extname = \'liskeban\''), 't', 'which it says');
$districts->safe_psql('d320117', 'CALL liskeban.upgrade_platform()');
$districts->safe_psql("d$_", "CALL lead_lives(3, '2026-02-19')") for @districts;
caught_up();
same_figures('after the upgrade', $instants[2]);

# A district leaves

hub('DROP SUBSCRIPTION liskeban_320118');
is(hub("SELECT problem FROM liskeban.hub_status WHERE district = '320118'"), 'not subscribed to', 'the status says who is not subscribed to');
hub("SELECT liskeban.remove_district('320118')");
is(hub("SELECT string_agg(key, ' ') FROM liskeban.kpi('2026-01-01', '2026-03-31', 'district', '2026-03-01', NULL)"), '320117', 'a district that was removed is gone');
is(hub("SELECT count(*) FROM pg_foreign_server"), '1', 'with its link');
add_district('320118');
caught_up();
same_figures('added again', $instants[2]);

done_testing();
