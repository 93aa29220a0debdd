
# The seed against facts of the world: the calendar equals the announced one row by row, and the words of
# the listed categories are words that citizens write.

use strict;
use warnings;

use FindBin;
use IO::Uncompress::Gunzip qw(gunzip $GunzipError);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $shared = $ENV{LISKEBAN_SHARED} || "$root/../shared";

my $node = PostgreSQL::Test::Cluster->new('seed');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->start;
$node->safe_psql('postgres',
	"CREATE EXTENSION liskeban CASCADE;
	 CALL liskeban.create_platform('320117', '溧水区');");

my $calendar = "$shared/data/calendar/cn_2018_2026.csv";
SKIP:
{
	skip "no calendar in $shared/data", 2 unless -r $calendar;

	$node->safe_psql('postgres', 'CREATE TABLE announced (day date, name text, is_off boolean)');
	$node->safe_psql('postgres',
		"COPY announced FROM STDIN (FORMAT csv, HEADER);\n" . slurp_file($calendar));
	is( $node->safe_psql(
			'postgres',
			"SELECT count(*) > 300 AND count(*) = (SELECT count(*) FROM liskeban.calendar_day) FROM announced"
		),
		't',
		'the calendar has as many rows as were announced');
	is( $node->safe_psql(
			'postgres',
			"SELECT * FROM ((SELECT day, NOT is_off, name FROM announced
			                 EXCEPT SELECT day, is_working, name FROM liskeban.calendar_day)
			                UNION ALL
			                (SELECT day, is_working, name FROM liskeban.calendar_day
			                 EXCEPT SELECT day, NOT is_off, name FROM announced)) AS differs"
		),
		'',
		'and each of them is equal');
}

my $messages = "$shared/data/requests/cn_messages.csv.gz";
SKIP:
{
	skip "no messages in $shared/data", 2 unless -r $messages;

	my $csv = $node->basedir . '/messages.csv';
	gunzip($messages => $csv) or die "could not read $messages: $GunzipError";
	$node->safe_psql(
		'postgres',
		"CREATE TABLE message (id text, citizen text, subject text, at text, body text, dislikes text, likes text);
		 COPY message FROM '$csv' (FORMAT csv, HEADER);
		 CREATE TABLE hit AS
		 SELECT c.code, count(m.id) AS hits
		   FROM liskeban.category AS c
		   LEFT JOIN message AS m ON EXISTS (SELECT FROM unnest(c.words) AS w WHERE strpos(concat_ws(' ', m.subject, m.body), w) > 0)
		  WHERE c.listed GROUP BY c.code");
	cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM hit WHERE hits > 0'),
		'>=', 60, 'at least 60 of the listed categories are found by their words');
	is( $node->safe_psql('postgres', 'SELECT code FROM hit WHERE hits > (SELECT count(*) / 4 FROM message)'),
		'', 'and none by words that stand in everything');
}

is($node->safe_psql('postgres', 'SELECT * FROM liskeban.check_invariants()'), '', 'all invariants hold');

$node->stop;
done_testing();
