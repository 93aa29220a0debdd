
# Sealed history: a prepared transaction holds it back; whatever is changed, removed or added behind the triggers' back
# is named; a crash in the middle of sealing leaves nothing half; a restored copy goes on with the same chain.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $node = PostgreSQL::Test::Cluster->new('seal');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nmax_prepared_transactions = 5\nautovacuum = off\nsynchronous_commit = off");
$node->start;
$node->safe_psql('postgres',
	"CREATE EXTENSION liskeban CASCADE;
	 CALL liskeban.create_platform('320117', '溧水区');");

my $bad = 'SELECT * FROM liskeban.verify_history()';
my $sealed_to = 'SELECT coalesce(max(to_event_id), 0) % 10000000000 FROM liskeban.seal';

# Some tickets of one to four events, with holes that aborted transactions left.
$node->safe_psql('postgres', q{
	CREATE PROCEDURE live(tickets integer) LANGUAGE plpgsql AS $$
	BEGIN
	  FOR i IN 1 .. tickets LOOP
	    INSERT INTO liskeban.ticket (source, category, title) VALUES ('wechat', 'road_damage', 'ticket');
	    COMMIT;
	    IF i % 3 = 0 THEN
	      UPDATE liskeban.ticket SET priority = 1 WHERE ticket_id = 320117000000000 + i;
	      ROLLBACK;
	    END IF;
	    UPDATE liskeban.ticket SET state = 'accepted', note = 'note' WHERE state = 'reported' AND i % 2 = 0;
	    COMMIT;
	    UPDATE liskeban.ticket SET priority = 2 WHERE ticket_id % 3 = 0 AND priority = 3 AND i % 5 = 0;
	    COMMIT;
	  END LOOP;
	END
	$$;
	CALL live(40);
});
my $events = $node->safe_psql('postgres', 'SELECT count(*) FROM liskeban.ticket_event');
is($node->safe_psql('postgres', 'SELECT liskeban.seal_history()'), $events, 'all of history is sealed at once when nothing is open');

# A prepared transaction

my $before = $node->safe_psql('postgres', $sealed_to);
$node->safe_psql('postgres',
	"BEGIN; INSERT INTO liskeban.ticket (source, category, title) VALUES ('wechat', 'road_damage', 'prepared'); PREPARE TRANSACTION 'p';
	 INSERT INTO liskeban.ticket (source, category, title) VALUES ('wechat', 'road_damage', 'above');");
is($node->safe_psql('postgres', 'SELECT liskeban.seal_history()'), '0', 'a prepared transaction holds the seal back');
is($node->safe_psql('postgres', 'SELECT liskeban.seal_history()'), '0', 'and again');
$node->restart;
is($node->safe_psql('postgres', 'SELECT liskeban.seal_history()'), '0', 'also after a restart');
is($node->safe_psql('postgres', "SELECT settled FROM liskeban.kpi('2000-01-01', '2100-01-01', 'district', now() - interval '1 ms')"),
	'f', 'no figures are settled meanwhile');
is($node->safe_psql('postgres', $sealed_to), $before, 'nothing was sealed');
$node->safe_psql('postgres', "COMMIT PREPARED 'p'");
is($node->safe_psql('postgres', 'SELECT liskeban.seal_history()'), '2', 'once it is over both are sealed');
is($node->safe_psql('postgres', $bad), '', 'and none is called added');
is( $node->safe_psql('postgres',
		"SELECT settled FROM liskeban.kpi('2000-01-01', '2100-01-01', 'district', (SELECT max(recorded_at) FROM liskeban.ticket_event))"),
	't', 'figures up to the last event are settled');

# Tampering: each of many events, in each way, with triggers off; what verify_history() says of all and of its ticket

$node->safe_psql('postgres', q{
	CREATE FUNCTION hashed(e liskeban.ticket_event) RETURNS bytea LANGUAGE sql AS $$
	  SELECT liskeban.event_hash(e.event_id, e.ticket_id, e.seq, e.run, e.at, e.recorded_at, e.action, e.from_state::text,
	                             e.to_state::text, e.actor, e.login, e.note_digest, e.detail)
	$$;
	CREATE TABLE way (way text, named text, statement text);
	INSERT INTO way VALUES
	  ('changed', 'changed', 'UPDATE liskeban.ticket_event SET login = login || ''x'' WHERE ticket_id = $1 AND seq = $2'),
	  ('changed and hashed anew', 'changed', 'WITH x AS (UPDATE liskeban.ticket_event AS e SET login = login || ''x'',
	     hash = liskeban.event_hash(e.event_id, e.ticket_id, e.seq, e.run, e.at, e.recorded_at, e.action, e.from_state::text,
	     e.to_state::text, e.actor, e.login || ''x'', e.note_digest, e.detail) WHERE ticket_id = $1 AND seq = $2 RETURNING 1) SELECT FROM x'),
	  ('given another hash', 'changed', 'UPDATE liskeban.ticket_event SET hash = sha256(hash) WHERE ticket_id = $1 AND seq = $2'),
	  ('given another note', 'changed', 'UPDATE liskeban.ticket_event SET note = ''other'' WHERE ticket_id = $1 AND seq = $2'),
	  ('given another time', 'changed', 'UPDATE liskeban.ticket_event SET recorded_at = recorded_at + interval ''1 us'' WHERE ticket_id = $1 AND seq = $2'),
	  ('removed', 'missing', 'DELETE FROM liskeban.ticket_event WHERE ticket_id = $1 AND seq = $2'),
	  ('removed with all that follows and the ticket put back', 'missing', 'WITH x AS (DELETE FROM liskeban.ticket_event
	     WHERE ticket_id = $1 AND seq >= $2 RETURNING 1), y AS (UPDATE liskeban.ticket AS t SET last_seq = e.seq, state = e.to_state, updated_at = e.at
	     FROM liskeban.ticket_event AS e WHERE t.ticket_id = $1 AND e.ticket_id = $1 AND e.seq = $2 - 1 RETURNING 1) SELECT FROM x, y'),
	  ('removed with its ticket', 'missing', 'WITH x AS (DELETE FROM liskeban.ticket_event WHERE ticket_id = $1 RETURNING 1),
	     y AS (DELETE FROM liskeban.ticket WHERE ticket_id = $1 RETURNING 1) SELECT FROM x, y');
	CREATE TABLE result (way text, event_id bigint, named boolean, else_named bigint, by_ticket boolean);
	CREATE PROCEDURE tamper(only_sealed boolean, every integer) LANGUAGE plpgsql AS $$
	DECLARE
	  w way;
	  e liskeban.ticket_event;
	  found boolean;
	  others bigint;
	  by_ticket boolean;
	BEGIN
	  FOR e IN SELECT v.* FROM liskeban.ticket_event AS v
	            WHERE v.event_id % every = 0 AND (v.event_id <= (SELECT max(to_event_id) FROM liskeban.seal)) = only_sealed ORDER BY v.event_id LOOP
	    FOR w IN SELECT * FROM way WHERE only_sealed OR way IN ('changed', 'given another hash', 'given another note', 'given another time', 'removed') LOOP
	      BEGIN
	        EXECUTE w.statement USING e.ticket_id, e.seq;
	        SELECT bool_or(v.problem = w.named AND v.ticket_id = e.ticket_id AND v.seq = e.seq
	                       AND (NOT only_sealed OR v.event_id = e.event_id)),
	               count(*) FILTER (WHERE v.ticket_id IS DISTINCT FROM e.ticket_id)
	          INTO found, others FROM liskeban.verify_history() AS v;
	        SELECT bool_or(v.problem = w.named AND v.seq = e.seq) INTO by_ticket FROM liskeban.verify_history(e.ticket_id) AS v;
	        RAISE SQLSTATE 'XX999';
	      EXCEPTION WHEN SQLSTATE 'XX999' THEN
	        NULL;
	      END;
	      INSERT INTO result VALUES (w.way, e.event_id, found, others, by_ticket);
	    END LOOP;
	  END LOOP;
	END
	$$;
});
my $off = "ALTER TABLE liskeban.ticket DISABLE TRIGGER USER; ALTER TABLE liskeban.ticket_event DISABLE TRIGGER USER;";
my $on = join '', map { my ($table, $trigger) = split / /; "ALTER TABLE liskeban.$table ENABLE ALWAYS TRIGGER $trigger;" }
  ('ticket zz_guard', 'ticket zz_guard_truncate', 'ticket log_insert', 'ticket log_update', 'ticket_event history_kept');
$node->safe_psql('postgres', "BEGIN; $off CALL tamper(true, 4); $on COMMIT;");
my $missed = "SELECT way, count(*) FROM result WHERE named IS NOT TRUE OR else_named > 0 OR by_ticket IS NOT TRUE GROUP BY way ORDER BY way";
is($node->safe_psql('postgres', $missed), '', 'sealed: each event changed or removed is named, and no other ticket is');
cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM result'), '>', 150, 'many were tried');

# The same between two seals, where only the row and its neighbours tell.
$node->safe_psql('postgres', 'TRUNCATE result');
$node->safe_psql('postgres', "UPDATE liskeban.ticket SET priority = 4 WHERE ticket_id % 2 = 0");
$node->safe_psql('postgres', "BEGIN; $off CALL tamper(false, 4); $on COMMIT;");
is($node->safe_psql('postgres', $missed), '', 'not sealed yet: the same, but for what was hashed anew');
cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM result'), '>', 20, 'several were tried');
is($node->safe_psql('postgres', $bad), '', 'it was all undone');
$node->safe_psql('postgres', 'SELECT liskeban.seal_history()');

# Added into each hole of what is sealed, well hashed, with the ticket brought into line.
is( $node->safe_psql(
		'postgres', "
		BEGIN; $off
		DO \$\$
		DECLARE
		  hole bigint;
		  e liskeban.ticket_event;
		  found boolean;
		  others bigint;
		BEGIN
		  FOR hole IN SELECT h FROM generate_series(3201170000000001, (SELECT max(to_event_id) FROM liskeban.seal)) AS h
		               WHERE NOT EXISTS (SELECT FROM liskeban.ticket_event AS v WHERE v.event_id = h) LOOP
		    BEGIN
		      SELECT v.* INTO e FROM liskeban.ticket_event AS v JOIN liskeban.ticket AS t ON t.ticket_id = v.ticket_id AND t.last_seq = v.seq
		       WHERE v.ticket_id = 320117000000001 + hole % 40;
		      e.event_id := hole; e.seq := e.seq + 1; e.from_state := e.to_state; e.hash := hashed(e);
		      INSERT INTO liskeban.ticket_event OVERRIDING SYSTEM VALUE VALUES (e.*);
		      UPDATE liskeban.ticket SET last_seq = e.seq WHERE ticket_id = e.ticket_id;
		      SELECT bool_or(v.problem = 'added' AND v.ticket_id = e.ticket_id AND v.seq = e.seq AND v.event_id = hole),
		             count(*) FILTER (WHERE v.ticket_id IS DISTINCT FROM e.ticket_id) INTO found, others FROM liskeban.verify_history() AS v;
		      RAISE SQLSTATE 'XX999';
		    EXCEPTION WHEN SQLSTATE 'XX999' THEN
		      NULL;
		    END;
		    INSERT INTO result VALUES ('added', hole, found, others, true);
		  END LOOP;
		END
		\$\$;
		$on COMMIT;
		SELECT count(*) > 5, coalesce(bool_and(named), false), sum(else_named) FROM result WHERE way = 'added'"),
	't|t|0', 'each event added into a sealed range is named, and no other');
is($node->safe_psql('postgres', $bad), '', 'it was all undone again');

# A crash in the middle

$node->safe_psql('postgres',
	"INSERT INTO liskeban.ticket (source, category, title) SELECT 'wechat', 'road_damage', 'many' FROM generate_series(1, 20000);
	 UPDATE liskeban.ticket SET state = 'accepted' WHERE state = 'reported'");
$before = $node->safe_psql('postgres', $sealed_to);
my ($in, $out, $err) = ('', '', '');
for my $round (1 .. 3)
{
	my $psql = IPC::Run::start(
		[ 'psql', '-X', '-q', '-A', '-t', '-d', $node->connstr('postgres') ], '<', \$in, '>', \$out, '2>', \$err);
	$in = "SELECT pg_backend_pid();\n";
	pump_until($psql, IPC::Run::timeout(60), \$out, qr/^\d+\n/m);
	my ($pid) = $out =~ /^(\d+)\n/m;
	# Twice within the loop that seals, once with all sealed and nothing committed.
	$in .= $round < 3 ? "SELECT liskeban.seal_history();\n" : "BEGIN; SELECT liskeban.seal_history(); \\echo done\n";
	if ($round < 3)
	{
		$psql->pump_nb;
		usleep(20_000 + 12_000 * $round);
	}
	else
	{
		pump_until($psql, IPC::Run::timeout(60), \$out, qr/^done$/m);
	}
	kill 'KILL', $pid;
	$node->kill9;
	$psql->finish;
	($in, $out, $err) = ('', '', '');
	# The postmaster's orphans take a moment to leave.
	for (1 .. 100)
	{
		last if $node->start(fail_ok => 1);
		undef $node->{_pid};
		usleep(100_000);
	}
	my $now = $node->safe_psql('postgres', $sealed_to);
	ok($now == $before || $now == $node->safe_psql('postgres', 'SELECT max(event_id) % 10000000000 FROM liskeban.ticket_event'),
		"killed in the middle ($round): all or nothing was sealed, to $before, now $now");
	is($node->safe_psql('postgres', "SELECT * FROM liskeban._verify_seals(NULL)"), '', 'the seals hold');
}
$node->safe_psql('postgres', 'SELECT liskeban.seal_history()');
is( $node->safe_psql('postgres', 'SELECT sum(s.events) = (SELECT count(*) FROM liskeban.ticket_event) FROM liskeban.seal AS s'),
	't', 'the next run seals the rest');
is($node->safe_psql('postgres', $bad), '', 'and history holds');

# A copy in another cluster, dumped beside an open transaction

my $copy = PostgreSQL::Test::Cluster->new('copy');
$copy->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$copy->append_conf('postgresql.conf', "jit = off\nautovacuum = off");
$copy->start;
$copy->safe_psql('postgres', 'CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_roles(); CREATE DATABASE restored TEMPLATE template0;');
my $open = $node->background_psql('postgres');
$open->query_safe("BEGIN; INSERT INTO liskeban.ticket (source, category, title) VALUES ('wechat', 'road_damage', 'open')");
$node->safe_psql('postgres', "INSERT INTO liskeban.ticket (source, category, title) VALUES ('wechat', 'road_damage', 'above')");
is($node->safe_psql('postgres', 'SELECT liskeban.seal_history()'), '0', 'the open transaction holds the seal back');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump';
command_ok([ 'pg_dump', '-Fc', '-f', $dump, $node->connstr('postgres') ], 'dumped');
command_ok([ 'pg_restore', '--exit-on-error', '-d', $copy->connstr('restored'), $dump ], 'restored into another cluster');
is($copy->safe_psql('restored', $bad), '', 'history holds in the copy');
is($copy->safe_psql('restored', 'SELECT root FROM liskeban_report.seal_root'),
	$node->safe_psql('postgres', 'SELECT root FROM liskeban_report.seal_root'), 'with the same root');
is($copy->safe_psql('restored', 'SELECT liskeban.seal_history()'), '1', 'what the dump holds is final there at once');
$copy->safe_psql('restored', "INSERT INTO liskeban.ticket (source, category, title) VALUES ('wechat', 'road_damage', 'in the copy')");
is($copy->safe_psql('restored', 'SELECT liskeban.seal_history()'), '1', 'and the chain goes on');
is($copy->safe_psql('restored', $bad), '', 'it holds');
is($copy->safe_psql('restored', 'SELECT count(*) FROM liskeban.check_invariants()'), '0', 'as do the invariants');
is($node->safe_psql('postgres', 'SELECT liskeban.seal_history()'), '0', 'where it came from, the transaction still holds it back');
$open->query_safe('COMMIT');
$open->quit;
is($node->safe_psql('postgres', 'SELECT liskeban.seal_history()'), '2', 'until it is over');
is($node->safe_psql('postgres', $bad), '', 'and nothing is called added');

done_testing();
