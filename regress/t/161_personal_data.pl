
# Personal data that was cleared is in no dump any more, while the figures, hashes and seals are as they were; and who read it
# is known to the server's log, also where the transaction was rolled back.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $node = PostgreSQL::Test::Cluster->new('personal_data');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\nlog_statement = none");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE p');
$node->safe_psql('p', "SET liskeban.now = '2023-03-01 08:00+08'; CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', '溧水区');\n"
	  . slurp_file("$root/regress/data/guard_district.sql"));

# Three hundred citizens with their telephones and identity numbers in everything that anybody may write.
my $phone = "('139' || lpad((10000000 + n * 7919)::text, 8, '0'))";
my $identity = "('320124199001' || lpad((1 + n % 28)::text, 2, '0') || lpad((n % 1000)::text, 3, '0') || CASE WHEN n % 2 = 0 THEN 'X' ELSE '3' END)";
my $name = "('赵' || chr(20000 + n))";
$node->safe_psql('p', <<"SQL");
SET liskeban.now = '2023-03-02 08:00+08';
CREATE TABLE citizen AS SELECT n, $phone AS phone, $identity AS identity, $name AS name FROM generate_series(1, 300) n;
SELECT liskeban.submit(jsonb_build_object('source', 'wechat', 'external_id', 'p' || n, 'category', 'general', 'title', name || '的诉求' || phone,
  'description', '证件 ' || identity || ' 电话 ' || phone, 'address', '村口，' || phone, 'reporter_name', name, 'reporter_phone', phone,
  'lon', 119.02, 'lat', 31.02, 'datum', 'cgcs2000', 'reported_at', '2023-03-02T07:00:00+08:00')) FROM citizen;
SELECT liskeban.submit(jsonb_build_object('source', 'wechat', 'external_id', 'p' || n, 'event', 'supplement', 'text', '或打 ' || phone)) FROM citizen;
SELECT liskeban.submit(jsonb_build_object('source', 'wechat', 'external_id', 'p' || n, 'category', 'simple', 'title', identity, 'reporter_phone', phone)) FROM citizen WHERE n % 10 = 0;
SELECT liskeban.submit(jsonb_build_object('source', 'wechat', 'external_id', 'q' || n, 'event', 'supplement', 'text', phone)) FROM citizen WHERE n % 50 = 0;
CREATE TABLE whose AS SELECT t.ticket_id, c.* FROM liskeban.ticket t JOIN citizen c ON t.external_id = 'p' || c.n;
UPDATE liskeban.ticket t SET state = 'accepted', note = '已联系 ' || phone FROM whose w WHERE w.ticket_id = t.ticket_id;
UPDATE liskeban.ticket t SET state = 'dispatched', responsible_area = '320117001001', note = '派' || identity FROM whose w WHERE w.ticket_id = t.ticket_id;
SELECT liskeban.ask(ticket_id, 'extend', '等' || phone, '2023-03-06 08:00+08') FROM whose WHERE n % 10 = 1;
SELECT liskeban.blow_whistle(ticket_id, '找不到' || phone) FROM whose WHERE n % 10 = 2;
SELECT liskeban.add_party(ticket_id, NULL, 'data', NULL, phone) FROM whose WHERE n % 10 = 3;
SELECT liskeban.party_done(party_id, phone) FROM liskeban.party JOIN whose USING (ticket_id) WHERE role = 'co' AND n % 10 = 3;
SELECT liskeban.supervise(ticket_id, 'order', '为何不办' || phone) FROM whose WHERE n % 10 = 4;
SELECT liskeban.attach(ticket_id, 'report', 's3://photos/' || phone || '.jpg') FROM whose WHERE n % 10 = 5;
SELECT liskeban.read_reporter(ticket_id, '核对' || phone) FROM whose WHERE n % 10 = 6;
UPDATE liskeban.ticket t SET state = 'on_site', extra = jsonb_build_object('tel', phone, 'n', phone::bigint, 'l', jsonb_build_array(identity)) FROM whose w WHERE w.ticket_id = t.ticket_id;
SELECT liskeban.note(ticket_id, '在场 ' || identity) FROM whose;
UPDATE liskeban.ticket t SET state = 'resolved', resolution = '电话告知' || phone, reply = name || '您好' FROM whose w WHERE w.ticket_id = t.ticket_id AND n % 10 <> 3;
SELECT liskeban.act_as('desk');
SELECT liskeban.record_feedback(ticket_id, 'satisfied', true, '用' || phone, 'phone') FROM whose WHERE n % 10 <> 3;
SELECT liskeban.close(ticket_id, '回访' || phone) FROM whose WHERE n % 10 <> 3;
SELECT liskeban.withdraw(ticket_id, '撤' || phone) FROM whose WHERE n % 10 = 3;
SQL
# one that is not over keeps what it needs
$node->safe_psql('p', "SET liskeban.now = '2023-03-03 08:00+08'; SELECT liskeban.submit('{\"source\": \"wechat\", \"external_id\": \"open\", \"category\": \"hard\", \"title\": \"open\", \"reporter_phone\": \"13600000001\"}');
	CALL liskeban.run_sweep(); SELECT liskeban.note_watermark(); SELECT liskeban.seal_history(); SELECT liskeban.seal_ledgers(); SELECT liskeban.seal_ledgers(); SELECT liskeban.roll_up()");

my @numbers = split /\n/, $node->safe_psql('p', 'SELECT phone FROM citizen UNION ALL SELECT identity FROM citizen UNION ALL SELECT name FROM citizen');
$node->safe_psql('p', 'DROP TABLE citizen, whose');

sub found_in_dump
{
	my $dump = $node->basedir . '/dump.sql';

	$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('p') ], 'dumped');
	my $text = slurp_file($dump);
	return scalar grep { index($text, $_) >= 0 } @numbers;
}

my $figures = "SELECT md5(string_agg(k::text, '|' ORDER BY k::text)) FROM (SELECT k FROM unnest('{district,village,category,source,department,holder,tier}'::text[]) b, LATERAL liskeban.kpi('2023-03-01', '2023-03-31', b) k) x
	UNION ALL SELECT md5(string_agg(s::text, '|' ORDER BY s::text)) FROM liskeban.stat_daily s
	UNION ALL SELECT md5(string_agg(e.hash::text || e.note_digest::text, '|' ORDER BY e.event_id)) FROM liskeban.ticket_event e
	UNION ALL SELECT md5(string_agg(s::text, '|' ORDER BY s.seal_id)) FROM liskeban.seal s";
my $later = "SET liskeban.now = '2026-03-10 08:00+08'; ";
is(found_in_dump(), scalar @numbers, 'what people wrote is in a dump');
my $before = $node->safe_psql('p', "$later $figures");

# as the job does it
$node->safe_psql('p', "$later SELECT liskeban._run_step(s, '2026-03-10') FROM liskeban.job, unnest(steps) s WHERE name = 'anonymise'");
is($node->safe_psql('p', 'SELECT purpose, reason FROM liskeban.access_log ORDER BY access_id DESC LIMIT 1'),
	'anonymise|before 2023-03-10: 300 reporters', 'the job clears those of three years ago');
is(found_in_dump(), 0, 'and none of it is in a dump any more');
is($node->safe_psql('p', "$later $figures"), $before, 'figures, hashes and seals are as they were');
is($node->safe_psql('p', "$later SELECT * FROM liskeban.verify_history() UNION ALL SELECT NULL, ticket_id, NULL, NULL, invariant || problem FROM liskeban.check_invariants()"),
	'', 'nothing is found wrong');
is($node->safe_psql('p', "SELECT phone FROM liskeban.reporter WHERE anonymised_at IS NULL"), '13600000001', 'what is not over keeps its reporter');

# Rolled back, but read
my $offset = -s $node->logfile;
$node->safe_psql('p', "BEGIN; SELECT phone FROM liskeban.read_reporter((SELECT max(ticket_id) FROM liskeban.ticket), 'curious'); ROLLBACK");
like(slurp_file($node->logfile, $offset), qr/LOG:  "\w+" \(login "\w+"\) accesses personal data for "contact", ticket 320117000000\d+/, 'the log knows who read what was rolled back');
unlike(slurp_file($node->logfile, $offset), qr/13600000001/, 'and not what');

$node->stop;
done_testing();
