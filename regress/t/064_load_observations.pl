
# liskeban_load observations: what is no ticket, corrected when it is reported again, and nothing lost of what cannot be read.

use strict;
use warnings;

use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $loader = "$root/jobs/liskeban_load";

my $node = PostgreSQL::Test::Cluster->new('load_observations');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\n");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
ALTER DATABASE postgres SET search_path = liskeban, public;
INSERT INTO liskeban.source_system (code, name) VALUES ('air', '空气站'), ('river', '水质站');
INSERT INTO liskeban.area (code, name) VALUES ('320117001', '永阳');
INSERT INTO liskeban.indicator (code, name, name_en, domain, unit, source) VALUES ('noise', '噪声', 'Noise', 'ecology', 'dB', 'air');
UPDATE liskeban.indicator SET retired_at = '2026-01-01' WHERE code = 'ozone';
CREATE ROLE station LOGIN IN ROLE liskeban_source;
INSERT INTO liskeban.membership (role_name, duty, source) VALUES ('station', 'source', 'air');
SQL
my $dir = PostgreSQL::Test::Utils::tempdir;

sub load
{
	my ($content, @args) = @_;
	my ($stdout, $stderr);
	open my $handle, '>:raw', "$dir/file.csv" or die "could not write $dir/file.csv: $!";
	print $handle $content;
	close $handle;
	IPC::Run::run([ $loader, 'observations', "$dir/file.csv", '-d', $node->connstr('postgres'), @args ],
		'>', \$stdout, '2>', \$stderr);
	$stderr =~ s/\Q$dir\E\///g;
	return (($? >> 8) . " $stdout", $stderr);
}

my $file = <<'CSV';
day,area,indicator,value,remark
2026-01-02,320117000000,pm25,31.5,first
2026-01-02,320117,pm25,32,"holds,
over two lines"
2026-01-02,320117001,noise,55,
2026-13-02,320117,pm25,32,
2126-01-02,320117,pm25,32,
2026-01-03,320118,pm25,32,
2026-01-03,320117,pm26,32,
2026-01-03,320117,ozone,32,
2026-01-03,320117,pm25,abc,
2026-01-03,320117,pm25,NaN,
2026-01-03,32011,pm25,3,
2026-01-03,320117,aqi,,
2026-01-03,320117,aqi,80,
2026-01-04,320117,aqi,"8
CSV
my ($result, $complaints) = load($file, '--source', 'air', '-v');
is($result, "0 read 14, created 3, updated 1, rejected 10\n", 'every record is accounted for');
is($node->safe_psql('postgres', "SELECT indicator, area, day, value FROM liskeban.observation ORDER BY 1, 2, 3"),
	"aqi|320117|2026-01-03|80\nnoise|320117001|2026-01-02|55\npm25|320117|2026-01-02|32", 'of two records for one day the later holds');
like($complaints, qr/file\.csv:6: date\/time field value out of range/, 'a day that is none');
like($complaints, qr/file\.csv:7: day has not come yet: 2126-01-02/, 'a day to come');
like($complaints, qr/file\.csv:8: area is not registered: 320118/, 'an area nobody knows');
like($complaints, qr/file\.csv:9: indicator is not registered: pm26/, 'an indicator nobody knows');
like($complaints, qr/file\.csv:10: indicator ozone is retired/, 'a retired one');
like($complaints, qr/file\.csv:12: value is no number: NaN/, 'no number');
like($complaints, qr/file\.csv:14: value is missing: value/, 'an empty cell');
is($node->safe_psql('postgres', 'SELECT count(*) FROM liskeban.intake_reject'), '10', 'what was rejected is in quarantine');

my $recorded = $node->safe_psql('postgres', "SELECT recorded_at FROM liskeban.observation WHERE indicator = 'noise'");
($result) = load("indicator,area,day,value\nnoise,320117001,2026-01-02,55\npm25,320117,2026-01-02,40\n", '--source', 'air');
is($result, "0 read 2, created 0, updated 2, rejected 0\n", 'reported again');
is($node->safe_psql('postgres', "SELECT value FROM liskeban.observation WHERE indicator = 'pm25'"), '40', 'the newest value holds');
is($node->safe_psql('postgres', "SELECT recorded_at FROM liskeban.observation WHERE indicator = 'noise'"), $recorded,
	'the same value is not learned again');

($result, $complaints) = load("indicator,area,day,value\nnoise,320117,2026-01-02,5\n", '--source', 'river', '-v');
is($result, "0 read 1, created 0, updated 0, rejected 1\n", 'an indicator is its source\'s alone');
like($complaints, qr/indicator noise is reported by source air/, 'and the reason says whose');

($result) = load("indicator,area,day,value\npm25,320117,2026-01-05,5\n", '--source', 'air', '-n');
is($result, "0 read 1, created 1, updated 0, rejected 0\n", 'a dry run says what would happen');
is($node->safe_psql('postgres', "SELECT count(*) FROM liskeban.observation WHERE day = '2026-01-05'"), '0', 'and changes nothing');

($result, $complaints) = load("indicator,area,value\npm25,320117,5\n", '--source', 'air');
is($result, '1 ', 'a header without a column');
like($complaints, qr/column "day" is not in the header of/, 'is said');
($result, $complaints) = load($file, '--source', 'nobody');
is($result, '1 ', 'a source that is not registered');
like($complaints, qr/source "nobody" is not registered/, 'is said');
($result) = load("indicator,area,day,value\npm25,320117,2026-01-06,5\n", '--source', 'air', '-U', 'station');
is($result, "0 read 1, created 1, updated 0, rejected 0\n", 'a source loads its own');
($result, $complaints) = load("indicator,area,day,value\npm25,320117,2026-01-06,5\n", '--source', 'river', '-U', 'station');
is($result, '1 ', 'and not another\'s');
like($complaints, qr/42501/, 'which is 42501');
($result) = load($file, '--source', 'air', '--map', 'x');
is($result, '2 ', 'a map is wrong usage');
($result) = load($file);
is($result, '2 ', 'no source is wrong usage');

$node->stop;
done_testing();
