
# Nobody touches it, and it climbs: a simple ticket that its village leaves alone reaches town at its resolve_due, district
# an hour and three working days later, the principal an hour and five working days after that, and no rung earlier.
# Swept each minute for a month, or once at its end, what happened is the same: alarms, whistles, supervisions, parties,
# progress and history, but for when it was found out. Over weekends, the holidays of May and their make-up days.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('climb');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\nautovacuum = off\ntimezone = 'UTC'");
$node->start;

$node->safe_psql('postgres', 'CREATE DATABASE before');
$node->safe_psql('before', "CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', '溧水区');");
$node->safe_psql('before', q{
	INSERT INTO liskeban.area (code, name) VALUES ('320117001', 'T1'), ('320117001001', 'T1 V1');
	INSERT INTO liskeban.category (code, name, domain, difficulty, lead, on_site) VALUES
	  ('simple', 'simple', 'livelihood', 'simple', 'village', true), ('hard', 'hard', 'livelihood', 'hard', 'village', true);
	INSERT INTO liskeban.membership (role_name, duty, area) VALUES
	  ('desk', 'dispatcher', '320117'), ('v1', 'handler', '320117001001');

	-- All that is done to a ticket is done within its first hour.
	CREATE TABLE act (at timestamptz, n integer, actor text, life text, act text);
	INSERT INTO act
	SELECT l.begins + s.n * interval '7 minutes', s.n, s.actor, l.life, s.act
	  FROM (VALUES
	    ('left before a weekend', timestamptz '2026-04-24 10:00+08', 'simple', 'accept dispatch'),
	    ('left in the week', '2026-04-23 15:30+08', 'simple', 'accept dispatch'),
	    ('left before the holidays', '2026-04-30 09:59:13.5+08', 'simple', 'accept dispatch'),
	    ('left at night', '2026-04-26 23:40+08', 'simple', 'accept dispatch'),
	    ('never planned', '2026-04-23 11:00+08', 'hard', 'accept dispatch arrive'),
	    ('planned and left', '2026-04-23 12:00+08', 'hard', 'accept dispatch arrive plan'),
	    ('on hold', '2026-04-24 09:00+08', 'simple', 'accept dispatch arrive ask grant hold'),
	    ('whistled and left', '2026-04-24 11:00+08', 'simple', 'accept dispatch whistle'),
	    ('nobody answers', '2026-04-23 10:00+08', 'simple', 'accept dispatch arrive resolve')) AS l(life, begins, category, acts),
	  LATERAL (SELECT 0 AS n, NULL AS actor, format($a$WITH t AS (INSERT INTO liskeban.ticket (source, external_id, category, title)
	             VALUES ('wechat', %L, %L, 'x') RETURNING ticket_id) INSERT INTO liskeban.reporter (ticket_id, name)
	             SELECT ticket_id, 'somebody' FROM t$a$, l.life, l.category) AS act
	           UNION ALL
	           SELECT w.n::integer, d.actor, d.act FROM string_to_table(l.acts, ' ') WITH ORDINALITY AS w(word, n)
	             JOIN (VALUES ('accept', 'desk', 'SELECT liskeban.accept($T)'),
	                          ('dispatch', 'desk', $a$SELECT liskeban.dispatch($T, '320117001001')$a$),
	                          ('arrive', 'v1', 'SELECT liskeban.arrive($T)'),
	                          ('plan', 'v1', $a$SELECT liskeban.plan($T, 'a plan', liskeban.liskeban_now() + interval '29 days')$a$),
	                          ('ask', 'v1', $a$SELECT liskeban.ask($T, 'suspend', 'rain', liskeban.liskeban_now() + interval '9 days')$a$),
	                          ('grant', 'desk', $a$SELECT liskeban.decide((SELECT max(request_id) FROM liskeban.request WHERE ticket_id = $T), true, 'yes')$a$),
	                          ('hold', 'desk', $a$SELECT liskeban.suspend($T, liskeban.liskeban_now() + interval '8 days 0.3 seconds', 'rain')$a$),
	                          ('whistle', 'v1', $a$SELECT liskeban.blow_whistle($T, 'too much for us')$a$),
	                          ('resolve', 'v1', $a$SELECT liskeban.resolve($T, 'done')$a$)) AS d(word, actor, act) ON d.word = w.word) AS s;

	CREATE PROCEDURE play(begins timestamptz, ends timestamptz, step interval) LANGUAGE plpgsql AS $$
	DECLARE
	  now timestamptz := begins;
	  a record;
	BEGIN
	  WHILE now < ends LOOP
	    FOR a IN SELECT x.* FROM act AS x WHERE x.at >= now AND x.at < least(now + step, ends) ORDER BY x.at, x.n LOOP
	      PERFORM set_config('liskeban.now', a.at::text, false);
	      PERFORM liskeban.act_as(a.actor);
	      EXECUTE replace(a.act, '$T', format('(SELECT ticket_id FROM liskeban.ticket WHERE external_id = %L)', a.life));
	      PERFORM liskeban.act_as(NULL);
	    END LOOP;
	    now := least(now + step, ends);
	    -- as of just now, so that the platform's own alarms are left out of it
	    PERFORM set_config('liskeban.now', (now + interval '1 us')::text, false);
	    PERFORM liskeban.sweep(now);
	    IF now = date_trunc('hour', now) THEN
	      COMMIT;
	    END IF;
	  END LOOP;
	END
	$$;
});

my ($begins, $ends) = ('2026-04-23 09:00+08', '2026-05-23 09:00+08');
my %step = (minute => '1 minute', day => '1 day', once => '100 days');
my %seen;
for my $db (sort keys %step)
{
	$node->safe_psql('postgres', "CREATE DATABASE $db TEMPLATE before");
	$node->safe_psql($db, "CALL play('$begins', '$ends', '$step{$db}')");
	is($node->safe_psql($db, 'SELECT * FROM liskeban.check_invariants()'), '', "$db: all invariants hold");

	# The four instants
	for my $life ('left before a weekend', 'left in the week', 'left before the holidays', 'left at night')
	{
		my $instants = $node->safe_psql($db, qq{
			SET timezone = 'Asia/Shanghai';
			SELECT concat_ws(' ', e.detail -> 'tier' ->> 1, e.at) FROM liskeban.ticket_event AS e JOIN liskeban.ticket AS t USING (ticket_id)
			 WHERE t.external_id = '$life' AND e.detail ? 'tier' ORDER BY e.seq});
		my $expected = $node->safe_psql($db, qq{
			SET timezone = 'Asia/Shanghai';
			SELECT concat_ws(' ', x.tier, x.at)
			  FROM liskeban.ticket AS t,
			       LATERAL (SELECT t.resolve_due AS town) AS a,
			       LATERAL (SELECT liskeban.add_working_time(a.town + interval '1 hour', '3 days', 'working_day') AS district) AS b,
			       LATERAL (SELECT liskeban.add_working_time(b.district + interval '1 hour', '5 days', 'working_day') AS principal) AS c,
			       LATERAL (VALUES (1, 'village', t.dispatched_at), (2, 'town', a.town), (3, 'district', b.district), (4, 'principal', c.principal)) AS x(n, tier, at)
			 WHERE t.external_id = '$life' ORDER BY x.n});
		is($instants, $expected, "$db: $life: each rung at its instant, and no earlier");
		note "$life: $_" for split /\n/, $instants;
	}

	# Keys are drawn in the order of finding out: a subject is named by what it is.
	for my $what ('whistle', 'supervision', 'party', 'progress')
	{
		my $key = "${what}_id";
		my $table = "liskeban.$what";
		my $by = { whistle => 'w.to_tier', supervision => 'w.clock, w.level, w.issued_at', party => 'w.added_at, w.role',
			progress => 'w.due' }->{$what};
		$node->safe_psql($db, "CREATE TABLE name_$what AS SELECT w.$key AS id,
			concat_ws(' ', '$what', t.external_id, $by) AS name FROM $table AS w JOIN liskeban.ticket AS t USING (ticket_id)");
	}
	my $subject = q{(SELECT name FROM name_whistle WHERE id = a.subject AND a.clock IN ('sign', 'handle')
		UNION ALL SELECT name FROM name_supervision WHERE id = a.subject AND a.clock = 'reply'
		UNION ALL SELECT name FROM name_progress WHERE id = a.subject AND a.clock = 'progress'
		UNION ALL SELECT name FROM name_party WHERE id = a.subject AND a.clock = 'party')};
	my %rows = (
		alarms => "SELECT concat_ws('|', t.external_id, a.clock, a.level, a.run, $subject, a.at) FROM liskeban.alarm AS a JOIN liskeban.ticket AS t USING (ticket_id)",
		whistles => q{SELECT t.external_id || (to_jsonb(w) - 'whistle_id') FROM liskeban.whistle AS w JOIN liskeban.ticket AS t USING (ticket_id)},
		supervisions => q{SELECT t.external_id || (to_jsonb(s) - '{alarm_id,supervision_id}'::text[]) FROM liskeban.supervision AS s JOIN liskeban.ticket AS t USING (ticket_id)},
		parties => q{SELECT t.external_id || (to_jsonb(p) - 'party_id') FROM liskeban.party AS p JOIN liskeban.ticket AS t USING (ticket_id)},
		progress => q{SELECT t.external_id || (to_jsonb(p) - 'progress_id') FROM liskeban.progress AS p JOIN liskeban.ticket AS t USING (ticket_id)},
		tickets => 'SELECT to_jsonb(t) FROM liskeban.ticket AS t',
		worklist => 'SELECT to_jsonb(w) FROM liskeban.worklist AS w',
		events => q{SELECT to_jsonb(e) - '{event_id,recorded_at,hash}'::text[] FROM liskeban.ticket_event AS e});
	$seen{$db}{$_} = $node->safe_psql($db, "SELECT r FROM ($rows{$_}) AS x(r) ORDER BY r::text COLLATE \"C\"") for keys %rows;
}
for my $what (sort keys %{ $seen{minute} })
{
	isnt($seen{minute}{$what}, '', "there are $what");
	is($seen{once}{$what}, $seen{minute}{$what}, "$what: one sweep at the end is as one each minute");
	is($seen{day}{$what}, $seen{minute}{$what}, "$what: one each day is as one each minute");
}

# That there was something to compare
is($node->safe_psql('minute', q{SELECT max(fired_at - at) <= interval '1 minute' FROM liskeban.alarm}), 't', 'swept each minute, none is late');
is($node->safe_psql('once', q{SELECT count(*) > 200 FROM liskeban.alarm WHERE fired_at - at > interval '1 day'}), 't', 'swept once, most are');
is($node->safe_psql('once', q{
	SELECT string_agg(t.external_id || ' ' || t.state || ' ' || t.tier, '; ' ORDER BY t.external_id COLLATE "C") FROM liskeban.ticket AS t WHERE t.external_id !~ 'left (b|i|at)'}),
	'never planned on_site principal; nobody answers closed village; on hold on_site principal; planned and left planned town; whistled and left dispatched principal',
	'and so the others ended');
is($node->safe_psql('once', q{SELECT count(*) FROM liskeban.progress WHERE reported_at IS NULL AND ended_at = due}), '4', 'progress was missed four times');
is($node->safe_psql('once', q{SELECT count(*) FROM liskeban.alarm WHERE clock = 'progress' AND level = 'red'}), '4', 'and noted each time');
is($node->safe_psql('once', q{
	SELECT e.action || ' ' || e.actor || ' ' || (e.at = (SELECT feedback_due FROM liskeban.ticket AS t WHERE t.ticket_id = e.ticket_id))
	  FROM liskeban.ticket_event AS e WHERE e.to_state = 'closed'}), 'close platform true', 'nobody answered: closed when the feedback was due');

$node->stop;
done_testing();
