
# The ledgers of supplies and rewards under eight clients, and a server that is stopped at once in their midst: no stock is
# overdrawn, what went out is what is gone, a hazard is rewarded once, a reward paid once, no budget is passed.
# LEDGER_SECONDS (4) says how long.

use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $seconds = $ENV{LEDGER_SECONDS} || 4;
my $node = PostgreSQL::Test::Cluster->new('ledger');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nautovacuum = off\nlog_min_messages = fatal\n");
$node->start;
$node->safe_psql('postgres', <<'SQL');
SET client_min_messages = warning;
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
UPDATE liskeban.area SET geom = ST_MakeEnvelope(119, 31, 119.1, 31.1, 4490);
INSERT INTO liskeban.supply_depot (code, name, geom)
SELECT 'd' || n, '库' || n, ST_SetSRID(ST_MakePoint(119 + n * 0.01, 31.05), 4490) FROM generate_series(1, 6) AS n;
SELECT liskeban.receive_supplies('d' || n, i, 200) FROM generate_series(1, 6) AS n, unnest('{pump,sandbag}'::text[]) AS i;
INSERT INTO liskeban.ticket (source, category, title, geom)
SELECT 'hotline_12345', 'uncategorised', 't' || n, ST_SetSRID(ST_MakePoint(119 + n * 0.0009, 31.05), 4490) FROM generate_series(1, 100) AS n;

-- 120 valid clues to 60 hazards; the budget is enough for 40. The second of each pair may be asked for as well as the first.
INSERT INTO liskeban.membership (role_name, duty) VALUES ('chief', 'admin'), ('payer', 'admin');
CREATE TABLE pair (n integer, hazard bigint);
DO $$
DECLARE
  clue bigint;
  hazard bigint;
BEGIN
  FOR n IN 1 .. 60 LOOP
    clue := (SELECT c.ticket_id FROM liskeban.report_clue('gas', 'a clue', reporters => '[{"phone": "13800000000"}]', source => 'wechat') AS c);
    hazard := liskeban.verify_clue(clue, 'general');
    clue := (SELECT c.ticket_id FROM liskeban.report_clue('gas', 'the same', reporters => '[{"phone": "13900000000"}]', source => 'wechat') AS c);
    PERFORM liskeban.verify_clue(clue, 'general', hazard);
    INSERT INTO pair VALUES (n, hazard);
  END LOOP;
END $$;
INSERT INTO liskeban.reward_budget (month, cap)
SELECT date_trunc('month', (liskeban.liskeban_now() + m * interval '1 day') AT TIME ZONE 'Asia/Shanghai')::date, 8000 FROM generate_series(0, 1) AS m ON CONFLICT DO NOTHING;

-- What a client tries; what is refused is no error of the client's, but a deadlock is.
CREATE FUNCTION attempt(statement text, identity text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF identity IS NOT NULL THEN
    PERFORM liskeban.act_as(identity, true);
  END IF;
  EXECUTE statement;
  RETURN 'ok';
EXCEPTION WHEN object_not_in_prerequisite_state OR invalid_parameter_value OR no_data_found OR null_value_not_allowed OR unique_violation THEN
  RETURN SQLSTATE;
END $$;
SQL

my $dir = $node->basedir;
my %script = (
	issue => q{
\set ticket random(1, 100)
\set quantity random(1, 60)
SELECT attempt(format('SELECT liskeban.issue_supplies(%s, %L, %s)', 320117000000000 + :ticket, CASE WHEN :ticket % 2 = 0 THEN 'pump' ELSE 'sandbag' END, :quantity));
},
	back => q{
\set quantity random(1, 40)
SELECT attempt(format('SELECT liskeban.return_supplies((SELECT m.move_id FROM liskeban.supply_move AS m WHERE m.kind = ''issue'' ORDER BY m.move_id DESC OFFSET %s LIMIT 1), %s)', :quantity % 5, :quantity));
},
	receive => q{
\set depot random(1, 6)
SELECT liskeban.receive_supplies('d' || :depot, 'pump', 5);
},
	award => q{
\set nth random(1, 120)
BEGIN;
SELECT attempt(format('SELECT liskeban.award_clue((SELECT c.ticket_id FROM liskeban.clue AS c ORDER BY c.ticket_id OFFSET %s LIMIT 1))', :nth - 1), 'chief');
COMMIT;
},
	pay => q{
\set nth random(0, 5)
BEGIN;
SELECT attempt(format('SELECT liskeban.pay_reward((SELECT r.token FROM liskeban.reward AS r WHERE r.kind = ''award'' ORDER BY r.reward_id DESC OFFSET %s LIMIT 1))', :nth), 'payer');
COMMIT;
},
	seal => "SELECT liskeban.seal_ledgers();\n");
append_to_file("$dir/$_.sql", $script{$_}) for keys %script;
my @bench = ('pgbench', '-n', '-c', 8, '-j', 1, map({ ('-f', "$dir/$_->[0].sql\@$_->[1]") } [ issue => 6 ], [ back => 4 ], [ receive => 1 ], [ award => 5 ], [ pay => 5 ], [ seal => 1 ]));

sub held
{
	my ($when) = @_;

	is($node->safe_psql('postgres', 'SELECT count(*) FROM liskeban.supply_stock WHERE quantity < 0'), '0', "$when: no stock is negative");
	is( $node->safe_psql('postgres', q{
		SELECT s.item, sum(s.quantity), m.quantity FROM liskeban.supply_stock AS s
		  JOIN (SELECT item, sum(quantity) FILTER (WHERE kind = 'receipt') - coalesce(sum(quantity) FILTER (WHERE kind = 'issue'), 0)
		                     + coalesce(sum(quantity) FILTER (WHERE kind = 'return'), 0) AS quantity
		          FROM liskeban.supply_move GROUP BY item) AS m ON m.item = s.item
		 GROUP BY s.item, m.quantity HAVING sum(s.quantity) <> m.quantity}),
		'', "$when: what went out, less what came back, is what is gone");
	is( $node->safe_psql('postgres', q{
		SELECT ticket_id FROM liskeban.reward GROUP BY ticket_id
		HAVING count(*) FILTER (WHERE kind = 'award') <> 1 OR count(*) FILTER (WHERE kind <> 'award') > 1
		UNION ALL SELECT hazard_ticket FROM liskeban.reward WHERE kind = 'award' GROUP BY hazard_ticket HAVING count(*) > 1}),
		'', "$when: one award a clue and a hazard, one payment");
	is( $node->safe_psql('postgres', q{
		SELECT r.ticket_id FROM liskeban.reward AS r JOIN liskeban.clue AS c ON c.hazard_ticket = r.hazard_ticket WHERE c.ticket_id < r.ticket_id}),
		'', "$when: only the first report is rewarded");
	is( $node->safe_psql('postgres', q{
		SELECT count(*) FROM liskeban.reward_budget AS b
		 WHERE b.awarded > b.cap OR b.awarded <> (SELECT coalesce(sum(r.amount), 0) FROM liskeban.reward AS r WHERE r.month = b.month AND r.kind = 'award')}),
		'0', "$when: no budget is passed, and it is what was awarded");
	is($node->safe_psql('postgres', 'SELECT * FROM liskeban.verify_ledgers()'), '', "$when: the ledgers hold");
	is($node->safe_psql('postgres', "SELECT * FROM liskeban.check_invariants() WHERE invariant NOT LIKE 'due times%'"), '', "$when: so do the invariants");
}

# Stopped at once in the middle.
my ($out, $err) = ('', '');
my $bench = IPC::Run::start([ @bench, '-T', $seconds + 60, $node->connstr('postgres') ], '>', \$out, '2>', \$err);
usleep(500_000 * $seconds);
$node->stop('immediate');
$bench->finish;
$node->start;
cmp_ok($node->safe_psql('postgres', "SELECT count(*) FROM liskeban.supply_move WHERE kind = 'issue'"), '>', 0, 'some had gone out by then');
held('after the crash');

# And to the end.
($out, $err) = ('', '');
my $ok = IPC::Run::run([ @bench, '-T', int(($seconds + 1) / 2), $node->connstr('postgres') ], '>', \$out, '2>', \$err);
ok($ok && $err !~ /error|aborted/i, 'eight clients come to the end') or diag($err);
held('at the end');
# Each is asked for once more, so that none is left to chance.
$node->safe_psql('postgres', q{
	SELECT attempt(format('SELECT liskeban.award_clue(%s)', c.ticket_id), 'chief') FROM liskeban.clue AS c ORDER BY c.ticket_id});
is($node->safe_psql('postgres', q{SELECT bool_or(awarded = cap) AND sum(awarded) <= 12000 FROM liskeban.reward_budget}), 't', 'the budget is used to the cap');
is( $node->safe_psql('postgres', q{
	SELECT count(*) > 100, count(*) FILTER (WHERE kind = 'return') > 0, (SELECT count(*) > 10 FROM liskeban.reward WHERE kind = 'payment') FROM liskeban.supply_move}),
	't|t|t', 'much was tried');
held('after that');
my ($moves, $rewards) = split /\|/, $node->safe_psql('postgres', 'SELECT (SELECT count(*) FROM liskeban.supply_move), (SELECT count(*) FROM liskeban.reward)');
note("$moves moves of supplies, $rewards of rewards");

done_testing();
