
# Due times against a plain-SQL brute force over every day of 2018 to 2026, with the holidays and make-up days
# as they were announced: working days numbered one by one, working hours minute by minute.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $shared = $ENV{LISKEBAN_SHARED} || "$root/../shared";
my $announced = "$shared/data/calendar/cn_2018_2026.csv";

my $node = PostgreSQL::Test::Cluster->new('calendar');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "timezone = 'Pacific/Auckland'");
$node->start;
$node->safe_psql('postgres',
	"CREATE EXTENSION liskeban CASCADE;
	 CALL liskeban.create_platform('320117', '溧水区');");

SKIP:
{
	skip "no calendar in $shared/data", 5 unless -r $announced;

	# Nothing here asks the platform's own tables or functions.
	$node->safe_psql('postgres', 'CREATE TABLE announced (day date, name text, is_off boolean)');
	$node->safe_psql('postgres',
		"COPY announced FROM STDIN (FORMAT csv, HEADER);\n" . slurp_file($announced));
	$node->safe_psql('postgres', q{
		CREATE TABLE working AS
		SELECT d::date AS day, row_number() OVER (ORDER BY d) AS n
		  FROM generate_series(timestamp '2017-01-01', '2028-12-31', '1 day') AS d LEFT JOIN announced AS f ON f.day = d::date
		 WHERE coalesce(NOT f.is_off, extract(isodow FROM d) < 6);
		CREATE UNIQUE INDEX ON working (day);
		CREATE UNIQUE INDEX ON working (n);
		CREATE TABLE minute AS
		SELECT at, row_number() OVER (ORDER BY at) AS n
		  FROM working, LATERAL (
		       SELECT generate_series(day + time '09:00', day + time '11:59', '1 minute')
		       UNION ALL SELECT generate_series(day + time '13:30', day + time '16:59', '1 minute')) AS m (at);
		CREATE UNIQUE INDEX ON minute (at);
		CREATE UNIQUE INDEX ON minute (n);
		ANALYZE working, minute;

		CREATE TABLE start AS
		SELECT (d + t) AT TIME ZONE 'Asia/Shanghai' AS ts, d::date AS day, t - time '00:00' AS clock,
		       (SELECT n FROM working AS w WHERE w.day >= d::date ORDER BY w.day LIMIT 1) AS first_day,
		       (SELECT n FROM minute AS m WHERE m.at >= d + t ORDER BY m.at LIMIT 1) AS first_minute
		  FROM generate_series(timestamp '2018-01-01', '2026-12-31', '1 day') AS d,
		       unnest('{00:00,08:59,09:00,11:59,12:00,13:00,13:30,16:59,17:00,23:59}'::time[]) AS t;
		ANALYZE start;

		CREATE TABLE brute AS
		SELECT ts, amount, 'calendar'::liskeban.time_basis AS basis,
		       to_timestamp(extract(epoch FROM ts) + extract(epoch FROM amount)) AS due
		  FROM start, unnest('{0,1 minute,1 day,3 days,7 days 05:30}'::interval[]) AS amount
		UNION ALL
		SELECT ts, amount, 'working_day',
		       (w.day + (used - floor(used / 86400) * 86400) * interval '1 second') AT TIME ZONE 'Asia/Shanghai'
		  FROM start AS s
		 CROSS JOIN unnest('{0,1 minute,12:00,1 day,3 days,7 days 05:30,20 days -00:01}'::interval[]) AS amount
		 CROSS JOIN LATERAL (
		       SELECT extract(epoch FROM amount) +
		              CASE WHEN EXISTS (SELECT FROM working AS x WHERE x.day = s.day) THEN extract(epoch FROM clock) ELSE 0 END) AS u (used)
		  JOIN working AS w ON w.n = first_day + floor(used / 86400)
		UNION ALL
		SELECT ts, amount, 'working_hour', (m.at + interval '1 minute') AT TIME ZONE 'Asia/Shanghai'
		  FROM start, unnest('{1 minute,03:00,03:30,06:30,1 day,3 days,7 days 05:30}'::interval[]) AS amount,
		       minute AS m
		 WHERE m.n = first_minute + extract(epoch FROM amount) / 60 - 1;
	});

	is( $node->safe_psql('postgres', q{
			SELECT day, liskeban.is_working_day(day), w.day IS NOT NULL
			  FROM generate_series(0, 3286) AS n, date(date '2018-01-01' + n) AS d (day) LEFT JOIN working AS w USING (day)
			 WHERE liskeban.is_working_day(day) <> (w.day IS NOT NULL)}),
		'', 'every day of 2018 to 2026 works as announced');
	is( $node->safe_psql('postgres', 'SELECT basis, count(*) FROM brute GROUP BY basis ORDER BY basis'),
		"calendar|164350\nworking_day|230090\nworking_hour|230090", 'the brute force reckoned a due for each of them');
	is( $node->safe_psql('postgres', q{
			SELECT ts, amount, basis, due, liskeban.add_working_time(ts, amount, basis) FROM brute
			 WHERE due <> liskeban.add_working_time(ts, amount, basis) ORDER BY basis, ts, amount LIMIT 10}),
		'', 'due times equal it');
	is( $node->safe_psql('postgres', q{
			SELECT ts, amount, basis, due, liskeban.working_time_between(ts, due, basis) FROM brute
			 WHERE extract(epoch FROM liskeban.working_time_between(ts, due, basis)) <> extract(epoch FROM amount)
			    OR extract(epoch FROM liskeban.working_time_between(due, ts, basis)) <> - extract(epoch FROM amount)
			 ORDER BY basis, ts, amount LIMIT 10}),
		'', 'and the time between is the amount, with its sign');
	is( $node->safe_psql('postgres', q{
			SELECT a.ts, b.ts, liskeban.working_time_between(a.ts, b.ts, 'working_hour')
			  FROM start AS a JOIN start AS b ON b.clock = a.clock AND b.day = a.day + hashint8(extract(epoch FROM a.ts)::bigint) % 400
			 WHERE extract(epoch FROM liskeban.working_time_between(a.ts, b.ts, 'working_hour')) / 60 <> b.first_minute - a.first_minute}),
		'', 'working minutes between any two instants are as many as were counted');
}

# A hold from 17:00 to 09:00, over every night of nine years.
is( $node->safe_psql('postgres', q{
		SELECT day FROM generate_series(0, 3286) AS n, date(date '2018-01-01' + n) AS day
		 WHERE liskeban.working_time_between((day + time '17:00') AT TIME ZONE 'Asia/Shanghai',
		                                     (day + 1 + time '09:00') AT TIME ZONE 'Asia/Shanghai', 'working_hour') <> interval '0'}),
	'', 'a hold from 17:00 to 09:00 costs a clock of working hours nothing');

# Any microsecond of these years and the ones beyond the calendar.
is( $node->safe_psql('postgres', q{
		SELECT setseed(0.2718);
		CREATE TEMP TABLE draw AS
		SELECT timestamptz '2010-01-01 00:00Z' + random() * interval '9000 days' AS a, random() * interval '400 days' AS x,
		       random() * interval '400 days' AS y
		  FROM generate_series(1, 40000);
		SELECT basis, a, x, y, due
		  FROM draw, unnest(enum_range(NULL::liskeban.time_basis)) AS basis,
		       LATERAL (SELECT liskeban.add_working_time(a, x, basis) AS due OFFSET 0) AS d
		 WHERE extract(epoch FROM liskeban.working_time_between(a, due, basis)) <> extract(epoch FROM x)
		    OR liskeban.add_working_time(due, y, basis) <> liskeban.add_working_time(a, x + y, basis)
		    OR liskeban.add_working_time(a, x + y, basis) < due
		    OR liskeban.add_working_time(a + y, x, basis) < due
		    OR basis = 'working_day' AND NOT liskeban.is_working_day((due AT TIME ZONE 'Asia/Shanghai')::date)
		 LIMIT 10}),
	'', 'between undoes add, adding is monotone and needs no certain number of steps');

# The cost does not follow the span: a thousand spans of seven centuries are a matter of a moment.
$node->safe_psql('postgres', q{
	SET statement_timeout = '10s';
	SELECT count(liskeban.add_working_time(timestamptz '2024-01-01' + n * interval '1 hour', '90000 days', 'working_hour'))
	  FROM generate_series(1, 1000) AS n});
pass('long spans are not walked day by day');

# A change is seen by a session that had the calendar in its cache before.
my $session = $node->background_psql('postgres');
my $ask = "SELECT liskeban.is_working_day('2031-01-06'), "
  . "liskeban.working_time_between('2031-01-06 09:00+08', '2031-01-06 12:00+08', 'working_hour');";
is($session->query($ask), 't|03:00:00', 'a Monday works');
$node->safe_psql('postgres', "INSERT INTO liskeban.calendar_day VALUES ('2031-01-06', false, '测试')");
is($session->query($ask), 'f|00:00:00', 'until it is a holiday');
$node->safe_psql('postgres', "UPDATE liskeban.calendar_day SET is_working = true WHERE day = '2031-01-06'");
is($session->query($ask), 't|03:00:00', 'and again when it is none');
$session->quit;

is($node->safe_psql('postgres', 'SELECT * FROM liskeban.check_invariants()'), '', 'all invariants hold');

$node->stop;
done_testing();
