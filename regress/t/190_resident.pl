
# No identity number anywhere: not in a dump, not in the data directory's log, whatever was loaded, found, refused or masked;
# the key is in no dump; each reading by a person is one row of the access log.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('resident');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "fsync = off\njit = off\nlog_statement = none\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE p');
$node->safe_psql('p', "SET client_min_messages = warning; CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', '溧水区');
	INSERT INTO liskeban.area (code, name) VALUES ('320117001', '甲镇'), ('320117001001', '甲村')");

# ---- the key ----

sub fails
{
	my ($sql, $like, $name) = @_;
	my ($ret, $out, $err) = $node->psql('p', $sql);
	like($err, $like, $name);
}
my $load = "SELECT liskeban.load_residents('public_security', '{}')";
my $key = $node->data_dir . '/liskeban_identity.key';
fails($load, qr/could not open the file of the identity key/, 'nothing is loaded without a key');
fails("CREATE ROLE nobody LOGIN; GRANT USAGE ON SCHEMA liskeban TO nobody; GRANT EXECUTE ON FUNCTION liskeban.make_identity_key() TO nobody; SET ROLE nobody; SELECT liskeban.make_identity_key()",
	qr/only a superuser can make the identity key/, 'a superuser makes it');
$node->safe_psql('p', 'SELECT liskeban.make_identity_key()');
fails('SELECT liskeban.make_identity_key()', qr/File exists/, 'once');
is(sprintf('%o', (stat $key)[2] & 0777), '600', 'its file is the server\'s alone');
$node->safe_psql('p', $load);
chmod 0644, $key;
fails($load, qr/open to others/, 'not when others can read it');
chmod 0600, $key;
my $secret = slurp_file($key);
chomp $secret;
open my $file, '>', $key or die;
print $file 'f' x 63;
close $file;
fails($load, qr/does not hold 64 hexadecimal digits/, 'not when it is broken');
open $file, '>', $key or die;
print $file 'f' x 64;
close $file;
fails($load, qr/another than the one that residents are known by/, 'nor by another key');
open $file, '>', $key or die;
print $file "$secret\n";
close $file;
my ($ret, $shown, $err) = $node->psql('p', 'SET ROLE nobody; SHOW liskeban.identity_key_file');
like($err, qr/must be superuser|unrecognized configuration parameter/, 'not everybody sees where it is');
fails('SET ROLE nobody; SELECT liskeban._identity_key()', qr/permission denied/, 'nor reads it');

# ---- the numbers ----

sub number
{
	my ($stem) = @_;
	my @weight = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2);
	my $sum = 0;
	$sum += substr($stem, $_, 1) * $weight[$_] for 0 .. 16;
	return $stem . substr('10X98765432', $sum % 11, 1);
}
my @numbers = map { number(sprintf '320117%04d%02d%02d%03d', 1920 + $_ % 100, 1 + $_ % 12, 1 + $_ % 28, $_) } 1 .. 300;
my @broken = ('32011719400303001', '3201171940030300199', substr($numbers[0], 0, 17) . (substr($numbers[0], 17) eq '0' ? 1 : 0), '320117194013030012', '32011719400303001Q');
# as a client should: parameters, or COPY, and not in a statement's text
my $rows = join "\n", map { sprintf '{"identity_number": "%s", "as_of": "2026-01-01", "attributes": {"name": "居民%d", "birth_date": "%s", "home_area": "320117001001", "local_register": true}}',
	$numbers[$_], $_, join '-', unpack 'x6A4A2A2', $numbers[$_] } 0 .. $#numbers;
$rows .= "\n" . join "\n", map { sprintf '{"identity_number": "%s", "attributes": {"name": "居民"}}', $_ } @broken;
$rows .= "\n" . sprintf '{"identity_number": "%s", "attributes": {"name": "张三 %s", "address": "%s 号"}}', @numbers[ 0, 1, 2 ];
$rows .= "\n" . sprintf '{"identity_number": "%s", "%s": 1, "attributes": {"%s": true}}', @numbers[ 0, 1, 2 ];
sub load
{
	my ($source, $rows) = @_;
	return $node->safe_psql('p', "CREATE TEMP TABLE given (n integer GENERATED ALWAYS AS IDENTITY, row text);
COPY given (row) FROM STDIN WITH (DELIMITER E'\\x01');
$rows
\\.
SELECT * FROM liskeban.load_residents('$source', ARRAY(SELECT row::jsonb FROM given ORDER BY n))");
}
is(load('public_security', $rows), '307|300|0|0|7', 'three hundred are new, what is broken is kept apart');
is(load('public_security', join "\n", (split /\n/, $rows)[ 0 .. 299 ]), '300|0|0|300|0', 'again changes nothing');
is($node->safe_psql('p', "SELECT count(*), bool_and(raw ->> 'identity_number' ~ '^(320117)?[*]{12}\$') FROM liskeban.resident_reject"), '7|t', 'with the number masked');
# another department speaks of the same persons
is(load('civil_affairs', sprintf '{"identity_number": "%s", "as_of": "2026-02-01", "attributes": {"name": "居民零", "birth_date": "1921-02-03"}}', lc $numbers[0]), '1|0|1|0|0', 'one person across sources');
is($node->safe_psql('p', "SELECT jsonb_array_length(claims -> 'name'), facts ->> 'name' FROM liskeban.resident WHERE jsonb_array_length(claims -> 'name') > 1"), '2|居民0',
	'what they say stands side by side, the most trusted holds');
$node->psql('p', "SELECT liskeban.find_resident('$_', 'old_age_allowance', '窗口核对')") for @broken;
my $id = $node->safe_psql('p', "SELECT liskeban.find_resident(NULLIF('$numbers[5]', ''), 'old_age_allowance', '窗口核对')");
like($id, qr/^320117\d{9}$/, 'found by the number');

# ---- who reads ----

$node->safe_psql('p', "CREATE ROLE v1 LOGIN IN ROLE liskeban_handler; INSERT INTO liskeban.membership (role_name, duty, area) VALUES ('v1', 'handler', '320117001001')");
my $before = $node->safe_psql('p', 'SELECT count(*) FROM liskeban.access_log');
is($node->safe_psql('p', "SET ROLE v1; SELECT count(*) FROM liskeban.read_resident($id, 'old_age_allowance', '上门'); SELECT string_agg(attribute, ',') FROM liskeban.read_resident($id, 'old_age_allowance', '上门', '{name}')"),
	"3\nname", 'a village reads for a purpose what the purpose allows');
is($node->safe_psql('p', 'SELECT count(*) FROM liskeban.access_log') - $before, 2, 'one row each');
fails("SET ROLE v1; SELECT * FROM liskeban.read_resident($id, 'old_age_allowance', '上门', '{income_per_head}')", qr/may not read: income_per_head/, 'not beyond it');
fails("SET ROLE v1; SELECT * FROM liskeban.resident", qr/permission denied/, 'nor the table');
fails("SET ROLE v1; SELECT liskeban.load_residents('public_security', '{}')", qr/permission denied/, 'nor loads');
is($node->safe_psql('p', 'SELECT count(*) FROM liskeban.access_log') - $before, 2, 'what was refused is no reading');
$node->safe_psql('p', 'SELECT * FROM liskeban.match_policies()');

# ---- and nowhere else ----

$node->run_log([ 'pg_dumpall', '-h', $node->host, '-p', $node->port, '-f', "$PostgreSQL::Test::Utils::tmp_check/all.sql" ]);
my $dump = slurp_file("$PostgreSQL::Test::Utils::tmp_check/all.sql");
cmp_ok(length $dump, '>', 500000, 'a dump of all there is');
is(scalar(grep { index($dump, $_) >= 0 } @numbers, $broken[3], $broken[4]), 0, 'has no identity number');
is(index($dump, $secret), -1, 'nor the key');
# the log has the statements of find_resident() that failed without their text
my $log = slurp_file($node->logfile);
is(scalar(grep { index($log, $_) >= 0 } @numbers, @broken), 0, 'nor has the server\'s log');
like($log, qr/accesses personal data for "old_age_allowance", resident $id/, 'which tells of each reading');

$node->stop;
done_testing();
