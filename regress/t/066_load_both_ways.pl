# liskeban_load takes a batch in as a set, what is no plain create one by one: the same file loaded by batches and line
# by line as by submit() comes to the same outcomes and rows.  Real requests, and among them duplicates, corrections,
# conflicts, other events, lines that cannot be read and one that breaks the batch's INSERT.

use strict;
use warnings;

use FindBin;
use IO::Uncompress::Gunzip qw(gunzip $GunzipError);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $messages = ($ENV{LISKEBAN_SHARED} || "$root/../shared") . '/data/requests/cn_messages.csv.gz';
plan skip_all => "no real requests in $messages" if !-r $messages;

my $node = PostgreSQL::Test::Cluster->new('both_ways');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\ntimezone = 'Asia/Shanghai'\n");
$node->start;
$node->safe_psql('postgres',
	"CREATE EXTENSION liskeban CASCADE;
	 CALL liskeban.create_platform('320117', '溧水区');
	 ALTER DATABASE postgres SET liskeban.now = '2026-06-01 09:00:00+08';");
my $dir = PostgreSQL::Test::Utils::tempdir;
gunzip($messages => "$dir/messages.csv") or die "could not read $messages: $GunzipError";

# Each real request, and at some places of the file what else may come of it: ord says where.

$node->safe_psql('postgres', <<"SQL");
CREATE SCHEMA made;
CREATE TABLE made.message (id text, who text, title text, at text, words text, against text, liked text);
COPY made.message FROM '$dir/messages.csv' (FORMAT csv, HEADER);
CREATE TABLE made.request AS
  SELECT m.n, jsonb_strip_nulls(jsonb_build_object('external_id', m.id, 'reporter_name', m.who, 'title', m.title,
           'description', btrim(m.words, E' \\t\\r\\n'), 'reported_at', m.at, 'reporter_phone', CASE m.n % 4 WHEN 0 THEN '139-' || m.n WHEN 1 THEN '无' END,
           'category', (ARRAY['road_damage', 'street_lamp', '没有的事项', NULL])[m.n % 4 + 1],
           'lon', CASE m.n % 5 WHEN 0 THEN 'x' WHEN 1 THEN '0' ELSE (119 + m.n * 0.0001)::text END, 'lat', CASE m.n % 5 WHEN 1 THEN '0' ELSE '31.6' END,
           'datum', (ARRAY['gcj02', 'BD09', 'wgs84', NULL, '?'])[m.n % 5 + 1],
           'attachments', CASE m.n % 6 WHEN 0 THEN '["s3://a/1", "s3://a/1"]'::jsonb
             WHEN 1 THEN ('[{"uri": "s3://a/2", "sha256": "' || repeat('0f', 32) || '", "taken_at": "2019-01-01", "lon": 119, "lat": 31.5}]')::jsonb END)) AS r
    FROM (SELECT row_number() OVER (ORDER BY id COLLATE "C") AS n, m.* FROM made.message m) m WHERE m.n <= 900;
CREATE TABLE made.line AS SELECT row_number() OVER (ORDER BY l.ord, l.raw COLLATE "C") AS line_no, l.raw FROM (
  SELECT n * 1.0 AS ord, r::text AS raw FROM made.request
  UNION ALL SELECT n + 0.1, r::text FROM made.request WHERE n % 9 = 0
  UNION ALL SELECT n + 300.2, r::text FROM made.request WHERE n % 9 = 1
  UNION ALL SELECT n + 20.3, (r || '{"description": "又来反映", "reporter_phone": "13800000000"}')::text FROM made.request WHERE n % 10 = 0
  UNION ALL SELECT n + 0.4, (r || '{"category": "waterlogging", "reported_at": "2020-01-01"}')::text FROM made.request WHERE n % 11 = 0
  UNION ALL SELECT n + (n % 3 - 1) * 150 + 0.5, jsonb_build_object('external_id', r -> 'external_id', 'event', 'urge', 'text', '催 ' || n)::text
    FROM made.request WHERE n % 12 = 0
  UNION ALL SELECT n + (n % 2) * 200 - 100.4, jsonb_build_object('external_id', r -> 'external_id', 'event', 'supplement', 'text', '补充 ' || n,
    'attachments', '["s3://a/3"]'::jsonb)::text FROM made.request WHERE n % 13 = 0
  UNION ALL SELECT n + 40.6, jsonb_build_object('external_id', r -> 'external_id', 'event', 'withdraw')::text FROM made.request WHERE n % 17 = 0
  UNION ALL SELECT n + 0.7, (r - 'external_id')::text FROM made.request WHERE n % 14 = 0
  UNION ALL SELECT n + 2.7, (r - 'external_id')::text FROM made.request WHERE n % 28 = 0
  UNION ALL SELECT n + 0.8, (r || jsonb_build_object('external_id', 'odd-' || n, CASE n % 8 WHEN 0 THEN 'reported_at' WHEN 1 THEN 'priority'
      WHEN 2 THEN 'kind' WHEN 3 THEN 'attachments' WHEN 4 THEN 'text' WHEN 5 THEN 'event' WHEN 6 THEN 'discovered_at' ELSE 'confidential' END,
      CASE n % 8 WHEN 3 THEN '[{"sha256": "00"}]'::jsonb WHEN 0 THEN '"2027-01-01"' ELSE '"2x"' END))::text FROM made.request WHERE n % 15 < 2
  UNION ALL SELECT n + 0.9, left(r::text, 40) FROM made.request WHERE n % 50 = 0
  UNION ALL SELECT 450.5, '{"external_id": "by-hand", "title": "先有其单", "reported_at": "2026-01-01"}'
  UNION ALL SELECT 450.6, '[1]') l;
INSERT INTO liskeban.ticket (source, external_id, category, title) VALUES ('hotline_12345', 'by-hand', 'road_damage', '手工登记');
SQL

my $map = '{' . join(', ', map { qq("$_": "$_") } qw(event external_id category title description text address lon lat datum
	discovered_at reported_at reporter_name reporter_phone attachments kind priority confidential)) . '}';
open my $handle, '>', "$dir/map.json" or die "could not write: $!";
print $handle $map;
close $handle;
$node->safe_psql('postgres', "COPY (SELECT raw FROM made.line ORDER BY line_no) TO '$dir/lines.json' (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')");
$node->safe_psql('postgres', 'CREATE DATABASE alone TEMPLATE postgres');
$node->safe_psql('postgres', "ALTER DATABASE alone SET liskeban.now = '2026-06-01 09:00:00+08'");

# Both ways

my ($stdout, $stderr);
IPC::Run::run([ "$root/jobs/liskeban_load", 'requests', "$dir/lines.json", '--source', 'hotline_12345', '--map', "$dir/map.json",
		'--batch', '250', '-d', $node->connstr('postgres') ], \undef, \$stdout, \$stderr);
is($? >> 8, 0, 'loaded by batches') or diag($stderr);
my ($counts) = $stdout =~ /(created.*)\n/;
my $alone = $node->safe_psql('alone', <<"SQL");
SELECT format('created %s, existing %s, rejected %s', l.created, l.existing, l.rejected)
  FROM (SELECT array_agg(line_no) AS lines, array_agg(raw) AS raws, array_agg(p.payload) AS payloads, array_agg(p.reason) AS faults
          FROM (SELECT * FROM made.line ORDER BY line_no) l, LATERAL liskeban._record_payload(l.raw, NULL, '$map', 'Asia/Shanghai', false) p) b,
       LATERAL liskeban._load_one_by_one('hotline_12345', '$dir/lines.json', b.lines, b.raws, b.faults, b.payloads, NULL) l
SQL
is($counts, $alone, "the same counts: $alone");

# Every kind of row, without the numbers that are drawn

my $key = "SELECT t.external_id FROM liskeban.ticket t WHERE t.ticket_id = x.ticket_id";
my %rows = (
	ticket => "SELECT to_jsonb(x) - '{ticket_id,ticket_no}'::text[] FROM liskeban.ticket x",
	ticket_event => "SELECT jsonb_build_array(($key), to_jsonb(x) - '{ticket_id,event_id,hash}'::text[]) FROM liskeban.ticket_event x",
	worklist => "SELECT jsonb_build_array(($key), to_jsonb(x) - 'ticket_id') FROM liskeban.worklist x",
	reporter => "SELECT jsonb_build_array(($key), to_jsonb(x) - 'ticket_id') FROM liskeban.reporter x",
	attachment => "SELECT jsonb_build_array(($key), to_jsonb(x) - '{ticket_id,attachment_id}'::text[]) FROM liskeban.attachment x",
	ticket_intake => "SELECT jsonb_build_array(($key), to_jsonb(x) - 'ticket_id') FROM liskeban.ticket_intake x",
	ticket_message => "SELECT jsonb_build_array(($key), to_jsonb(x) - '{ticket_id,message_id,reject_id}'::text[],
		(SELECT r.raw FROM liskeban.intake_reject r WHERE r.reject_id = x.reject_id)) FROM liskeban.ticket_message x",
	intake_reject => "SELECT to_jsonb(x) - 'reject_id' FROM liskeban.intake_reject x",
);
for my $table (sort keys %rows)
{
	my @sets = map { [ split /\n/, $node->safe_psql($_, "SELECT q.j FROM ($rows{$table}) q (j) ORDER BY q.j::text COLLATE \"C\"") ] } qw(postgres alone);
	my ($n, $differ, $first) = (scalar @{ $sets[0] }, 0, '');
	for my $i (0 .. ($n > @{ $sets[1] } ? $n : @{ $sets[1] }) - 1)
	{
		next if ($sets[0][$i] // '') eq ($sets[1][$i] // '');
		$first = "batch: " . ($sets[0][$i] // '') . "\nalone: " . ($sets[1][$i] // '') if !$differ++;
	}
	cmp_ok($n, '>', 0, "$table: $n rows");
	is($differ, 0, "$table: none differ") or diag($first);
}
is($node->safe_psql('postgres', "SELECT x FROM liskeban.check_invariants() x"), $node->safe_psql('alone', "SELECT x FROM liskeban.check_invariants() x"),
	'invariants');
$node->stop;
done_testing();
