
# What an operator reads: doctor() finds nothing on a sound platform, finds each thing that is broken, and the statements it
# gives mend it; the health of the platform, as liskeban_monitor and a running prometheus-postgres-exporter read it.

use strict;
use warnings;

use FindBin;
use IO::Socket::INET;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $top = "$FindBin::RealBin/../..";
my $node = PostgreSQL::Test::Cluster->new('operate');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "fsync = off\njit = off\ntimezone = 'UTC'\nmax_worker_processes = 20\nwal_level = replica\nmax_wal_senders = 5\nmax_replication_slots = 5\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE p; CREATE DATABASE bare');

sub value { return $node->safe_psql('p', $_[0]); }

# Statements as a person runs them: one by one, in the database that is said.
sub run_in
{
	my ($db, $statements) = @_;
	my $err;
	IPC::Run::run([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($db) ], '<', \$statements, '>', '/dev/null', '2>', \$err);
	diag("$statements\n$err") if $?;
	return $? == 0;
}

my ($ret, $out, $err) = $node->psql('bare', "\\set VERBOSITY sqlstate\nSET client_min_messages = warning; CREATE EXTENSION liskeban CASCADE; SELECT * FROM liskeban.doctor()");
like($err, qr/\b55000\b/, 'without a platform there is nobody to look at');

# A small district, sound: areas that fit, each cell served, all jobs run.
$node->safe_psql('p', "SET client_min_messages = warning; CREATE EXTENSION liskeban CASCADE; SET liskeban.now = '2026-06-01 09:55+08'; CALL liskeban.create_platform('320117', '溧水区')");
$node->safe_psql('postgres', "ALTER DATABASE p SET liskeban.now = '2026-06-01 10:00+08'");
value(q{
UPDATE liskeban.area SET geom = ST_MakeEnvelope(119, 31, 119.1, 31.1, 4490) WHERE code::text = '320117';
INSERT INTO liskeban.area (code, name, geom) VALUES
  ('320117001', 'T1', ST_MakeEnvelope(119, 31, 119.1, 31.1, 4490)),
  ('320117001001', 'V1', ST_MakeEnvelope(119, 31, 119.04, 31.1, 4490)),
  ('320117001002', 'V2', ST_MakeEnvelope(119.04, 31, 119.1, 31.1, 4490));
INSERT INTO liskeban.grid_member (area, network, person, begins_at) VALUES
  ('320117001001', 'party', 'A', '2026-01-01'), ('320117001002', 'safety', 'B', '2026-01-01');
UPDATE liskeban.source_system SET heartbeat = NULL;
INSERT INTO liskeban.ticket (source, category, title) SELECT min(s.code), 'uncategorised', 'x' FROM liskeban.source_system AS s;
});
run_in('p', join '', map { "CALL liskeban.run_job('$_');\n" } split /\n/, value("SELECT name FROM liskeban.job ORDER BY name"));

sub findings { return value("SELECT severity, finding, subject FROM liskeban.doctor()"); }

is(findings(), '', 'a sound platform has no findings');
is(value("SELECT string_agg(measure || ' ' || value, ', ') FROM liskeban_report.health WHERE state <> 'ok'"), '', 'and is well');
is(value("SELECT string_agg(m.measure, ', ') FROM liskeban.health_measure AS m FULL JOIN liskeban._health_values() AS v USING (measure) WHERE m.measure IS NULL OR v.measure IS NULL OR v.value IS NULL AND v.measure !~ '_(lag|age)\$'"),
	'', 'each measure has its thresholds, and each threshold its measure');
is( value("BEGIN; SELECT count(*) * 0 FROM liskeban.doctor(); SELECT count(*) * 0 FROM liskeban_report.health;
	SELECT coalesce(sum(seq_scan), 0) FROM pg_stat_xact_user_tables WHERE relid IN ('liskeban.ticket'::regclass, 'liskeban.worklist'::regclass) OR relname LIKE 'ticket\\_event\\_p%'; COMMIT"),
	"0\n0\n0", 'neither reads the tickets or their history through');

# Each thing that may be wrong: how it is broken, what is found, of what. Then its statements are run, and nothing is wrong.
my $libraries = value('SHOW shared_preload_libraries');
for my $broken (
	[ 'not_adopted', 'p', "UPDATE liskeban.platform SET database = 'elsewhere'" ],
	[ 'job_failed', 'broken', "INSERT INTO liskeban.job (name, title, schedule, steps) VALUES ('broken', 't', '* * * * *', '{SELECT 1/0}');
		SET client_min_messages = error; CALL liskeban.run_job('broken'); UPDATE liskeban.job SET steps = '{SELECT 1}' WHERE name = 'broken'" ],
	[ 'job_late', 'roll_up', "UPDATE liskeban.job SET last_success_for = '2026-06-01 09:39+08' WHERE name = 'roll_up'" ],
	[ 'job_late', 'analyse', "UPDATE liskeban.job SET last_success_for = '2026-05-30 16:10Z' WHERE name = 'analyse'; UPDATE liskeban.platform SET created_at = '2026-05-01'" ],
	[ 'job_off', 'policies', "UPDATE liskeban.job SET active = false WHERE name = 'policies'" ],
	[ 'partition_missing', 'ticket_event', 'DROP TABLE liskeban.ticket_event_p001' ],
	[ 'partition_missing', 'outbox', 'DROP TABLE liskeban.outbox_p0000' ],
	[ 'index_invalid', 'liskeban.ticket_department_idx', "SET allow_system_table_mods = on; UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'liskeban.ticket_department_idx'::regclass" ],
	[ 'autovacuum_off', 'liskeban.worklist', 'ALTER TABLE liskeban.worklist SET (autovacuum_enabled = false)' ],
	[ 'autovacuum_off', 'autovacuum', 'ALTER SYSTEM SET autovacuum = off; SELECT pg_reload_conf()', until => "SELECT current_setting('autovacuum') = 'off'" ],
	[ 'trigger_off', 'guard on liskeban.ticket', sub { 'ALTER TABLE liskeban.ticket ENABLE TRIGGER ' . $_[0] } ],
	[ 'trigger_off', 'history_kept on liskeban.seal', 'ALTER TABLE liskeban.seal DISABLE TRIGGER history_kept' ],
	[ 'row_security_off', 'liskeban.ticket', 'ALTER TABLE liskeban.ticket NO FORCE ROW LEVEL SECURITY' ],
	[ 'calendar_missing', '2026', "DELETE FROM liskeban.calendar_day WHERE extract(year FROM day) = 2026" ],
	[ 'time_zone', 'America/New_York', "UPDATE liskeban.platform SET time_zone = 'America/New_York'" ],
	[ 'zone_not_rolled', 'stat_daily', "UPDATE liskeban.roll_up_state SET time_zone = 'UTC' WHERE name = 'stat_daily'" ],
	[ 'area_overlap', '320117001001 320117001002', "UPDATE liskeban.area SET geom = ST_MakeEnvelope(119, 31, 119.05, 31.1, 4490) WHERE code::text = '320117001001'" ],
	[ 'area_gap', '320117001', "UPDATE liskeban.area SET geom = ST_MakeEnvelope(119, 31, 119.03, 31.1, 4490) WHERE code::text = '320117001001'" ],
	[ 'area_outside', '320117001002 320117001', "UPDATE liskeban.area SET geom = ST_MakeEnvelope(119.05, 31, 119.12, 31.1, 4490) WHERE code::text = '320117001002'" ],
	[ 'category_department', undef, "UPDATE liskeban.department SET retired_at = liskeban.liskeban_now()
		WHERE code = (SELECT c.department FROM liskeban.category AS c WHERE c.listed GROUP BY 1 ORDER BY count(*), 1 LIMIT 1)" ],
	[ 'cell_unserved', 'p', "UPDATE liskeban.grid_member SET ends_at = '2026-05-31' WHERE person = 'B'" ],
	[ 'role_rights', 'liskeban_handler', 'ALTER ROLE liskeban_handler LOGIN CREATEROLE' ],
	[ 'role_member', 'mallory in liskeban_owner', 'CREATE ROLE mallory LOGIN IN ROLE liskeban_owner' ],
	[ 'public_rights', 'liskeban.ticket', 'GRANT SELECT ON liskeban.ticket TO PUBLIC' ],
	[ 'public_rights', 'p', 'GRANT CONNECT ON DATABASE p TO PUBLIC' ],
	[ 'public_rights', 'liskeban', 'GRANT CREATE ON SCHEMA liskeban TO PUBLIC' ],
	[ 'cannot_connect', 'liskeban_source', 'REVOKE CONNECT ON DATABASE p FROM liskeban_source' ],
	[ 'slot_idle', 'gone', "SELECT pg_create_physical_replication_slot('gone', true); UPDATE liskeban.health_measure SET threshold = 0 WHERE measure = 'slot_lag'" ],
	[ 'identity_key', 'liskeban.identity_key_file', "INSERT INTO liskeban.membership (role_name, duty, department) SELECT 'feed', 'source', min(d.code) FROM liskeban.department AS d WHERE d.retired_at IS NULL" ],
  )
{
	my ($finding, $subject, $break, %option) = @$broken;
	# the guard's trigger has a name that sorts last
	if (ref $break)
	{
		my $trigger = value("SELECT tgname FROM pg_trigger WHERE tgrelid = 'liskeban.ticket'::regclass AND NOT tgisinternal ORDER BY tgname COLLATE \"C\" DESC LIMIT 1");
		($subject, $break) = ("$trigger on liskeban.ticket", $break->($trigger));
	}
	ok(run_in('p', $break), "$finding: broken");
	$node->poll_query_until('p', $option{until}) if $option{until};
	my $found = value("SELECT count(*) FROM liskeban.doctor() WHERE finding = '$finding'" . (defined $subject ? " AND subject = '$subject'" : ''));
	cmp_ok($found, '>=', 1, "$finding: found" . (defined $subject ? " of $subject" : '')) or diag(findings());
	is(value("SELECT count(*) FROM liskeban.doctor() WHERE message !~ '[一-龥]' OR message_en ~ '[一-龥]' OR message_en !~ '^[a-z0-9]' OR strpos(message || message_en, '%s') > 0 OR mend_in <> 'p' OR restart OR severity NOT IN ('error', 'warning', 'notice')"),
		'0', "$finding: said in both languages");
	ok(run_in('p', value("SELECT string_agg(DISTINCT mend, E'\\n') FROM liskeban.doctor() WHERE finding = '$finding'")), "$finding: its statements run");
	$node->poll_query_until('p', "SELECT NOT EXISTS (SELECT FROM liskeban.doctor())") if $option{until};
	is(findings(), '', "$finding: mended");
}
value("UPDATE liskeban.health_measure SET threshold = 1073741824 WHERE measure = 'slot_lag'");

# A disk that is full is not mended by running the job again alone.
value("SET client_min_messages = error; UPDATE liskeban.job SET steps = ARRAY['DO \$d\$ BEGIN RAISE disk_full; END \$d\$'] WHERE name = 'broken'; CALL liskeban.run_job('broken')");
like(value("SELECT message_en FROM liskeban.doctor() WHERE finding = 'job_failed'"), qr/\(53100\); first give the server the room it lacks$/, 'a job that lacked room says so');
value("UPDATE liskeban.job SET steps = '{SELECT 1}' WHERE name = 'broken'; CALL liskeban.run_job('broken')");

# Of residents who are known by a key, no statement brings back the one that is lost.
value("SELECT liskeban._resident_key(true)");
my $key = $node->data_dir . '/liskeban_identity.key';
rename $key, "$key.away" or die "rename: $!";
like(value("SELECT severity, finding, mend IS NULL, message_en FROM liskeban.doctor()"), qr/^error\|identity_key\|t\|.*put the old file back/, 'a key that is lost is to be put back');
rename "$key.away", $key or die "rename: $!";
is(findings(), '', 'and when it is, all is well');

# Versions that do not belong together, within a transaction.
like(value("BEGIN; UPDATE liskeban.platform SET version = '0.3.0'; SELECT finding, mend FROM liskeban.doctor(); ROLLBACK"),
	qr/^platform_old\|CALL liskeban\.upgrade_platform\(\);$/, 'a platform older than its extension is upgraded first');
like(value("BEGIN; SET LOCAL allow_system_table_mods = on; UPDATE pg_extension SET extversion = '0.3.0' WHERE extname = 'liskeban'; SELECT finding, mend FROM liskeban.doctor(); ROLLBACK"),
	qr/^platform_old\|ALTER EXTENSION liskeban UPDATE;\nextension_old\|ALTER EXTENSION|^extension_old\|ALTER EXTENSION liskeban UPDATE; .*\nplatform_old\|ALTER EXTENSION liskeban UPDATE;$/,
	'and an extension older than the platform, or than the server has');

# An administrator is told of the platform, others of nothing.
is(value("GRANT CONNECT ON DATABASE p TO PUBLIC; SET ROLE liskeban_admin; SELECT finding FROM liskeban.doctor(); RESET ROLE; REVOKE CONNECT ON DATABASE p FROM PUBLIC"),
	'public_rights', 'an administrator may ask');
($ret, $out, $err) = $node->psql('p', "\\set VERBOSITY sqlstate\nSET ROLE liskeban_analyst; SELECT * FROM liskeban.doctor()");
like($err, qr/\b42501\b/, 'an analyst may not');

# ---- health ----

# What a monitor may: one view.
sub as_monitor
{
	my ($sql) = @_;
	return $node->psql('p', "\\set VERBOSITY sqlstate\n$sql", extra_params => [ '-U', 'liskeban_monitor' ]);
}
($ret, $out, $err) = as_monitor("SELECT count(*) > 20, bool_and(state = 'ok') FROM liskeban_report.health");
is("$out$err", 't|t', 'a monitor reads how the platform does');
for my $other ('liskeban.health_measure', 'liskeban_report.ticket', 'liskeban.ticket', 'liskeban.platform', 'liskeban_report.kpi_daily')
{
	($ret, $out, $err) = as_monitor("SELECT * FROM $other");
	like($err, qr/\b42501\b/, "but not $other");
}
is(value("SELECT string_agg(r.rolname, ' ') FROM pg_auth_members AS m JOIN pg_roles AS r ON r.oid = m.roleid WHERE m.member = 'liskeban_monitor'::regrole"), '', 'and is a member of no role');

# Each that can be made worse is worse.
sub health { my ($measure) = @_; return value("SELECT value, state FROM liskeban_report.health WHERE measure = '$measure'"); }
is(value('SELECT min(next_alarm_at) FROM liskeban.worklist'), '2026-06-01 02:04:00+00', 'the first alarm is ahead');
is(value("SET liskeban.now = '2026-06-01 10:24+08'; SELECT value, state FROM liskeban_report.health WHERE measure = 'sweep_lag'"), '1200|critical', 'the sweep is 20 minutes behind');
is(value("SET liskeban.now = '2026-06-01 10:09+08'; SELECT value, state FROM liskeban_report.health WHERE measure = 'sweep_lag'"), '300|warning', 'or five');
value("INSERT INTO liskeban.ticket (source, category, title) SELECT min(s.code), 'uncategorised', 'y' FROM liskeban.source_system AS s");
for my $measure (qw(final_lag seal_lag roll_up_lag))
{
	is(value("SET liskeban.now = '2026-06-01 12:30+08'; SELECT value, state FROM liskeban_report.health WHERE measure = '$measure'"),
		'9000|critical', "two hours and a half later $measure is bad");
}
is(value("SET liskeban.now = '2026-06-04 12:30+08'; SELECT value, state FROM liskeban_report.health WHERE measure = 'analyse_lag'"), '3|warning', 'three days are to be analysed');
value("SELECT liskeban.submit(format('{\"source\": \"hotline_12345\", \"external_id\": \"q%s\", \"title\": 1, \"event\": \"dance\"}', n)::jsonb) FROM generate_series(1, 21) AS n");
is(health('quarantine'), '21|warning', 'requests in quarantine');
like(value("SET liskeban.now = '2026-06-01 11:00+08'; SELECT liskeban.check_platform(); SELECT state FROM liskeban_report.health WHERE measure IN ('quarantine_age', 'platform_alarms') ORDER BY measure"),
	qr/^21\ncritical\nwarning$/, 'that nobody deals with');
value("SELECT liskeban.register_outbox_consumer('slow'); SET liskeban.now = '2026-06-01 10:06+08'; CALL liskeban.run_sweep()");
cmp_ok(value("SELECT value FROM liskeban_report.health WHERE measure = 'outbox_depth'"), '>=', 1, 'a consumer that does not come');
is(value("SET liskeban.now = '2026-06-01 12:06+08'; SELECT value, state FROM liskeban_report.health WHERE measure = 'outbox_lag'"), '7200|warning', 'falls behind');
is(value("SET liskeban.now = '2026-07-15 10:00+08'; SELECT value, state FROM liskeban_report.health WHERE measure = 'dead_letters'"), '1|warning', 'and leaves letters for longer than they are kept');
value("DROP TABLE liskeban.hazard_signal_p0000");
is(health('partitions_ahead'), '0|critical', 'a partition is missing');
value("SELECT liskeban.make_partitions()");
is(value("UPDATE liskeban.health_measure SET threshold = 100, critical = 200 WHERE measure = 'quarantine'; SELECT state FROM liskeban_report.health WHERE measure = 'quarantine'"), 'ok', 'a threshold is for the DBA to set');

# ---- schedules ----

# pg_cron's day begins where its setting says: GMT where it has none (1.4), else cron.timezone (1.6).
sub cron_time { my ($set) = @_; return value("$set SELECT (regexp_match(statement, '\\d+ \\d+ [*] [*] [*]'))[1] FROM liskeban._cron_statements() WHERE statement ~ '^SELECT cron.schedule_in_database.*:analyse'"); }
is(cron_time(''), '10 16 * * *', 'ten past midnight in Shanghai, in GMT');
is(cron_time("SET cron.timezone = 'Asia/Shanghai';"), '10 0 * * *', 'in the zone of pg_cron');
is(cron_time("SET cron.timezone = 'America/New_York';"), '10 12 * * *', 'which may be another, in summer');
is(cron_time("SET cron.timezone = 'America/New_York'; SET liskeban.now = '2026-01-10 10:00+08';"), '10 11 * * *', 'and in winter');

# Where the platform's clocks change, what was told in summer comes an hour early in winter: nothing is due then, and the job is
# run, once, by catch_up. What was missed for days is run for each day, in order.
value(q{
UPDATE liskeban.job SET active = false WHERE daily_at IS NOT NULL;
UPDATE liskeban.platform SET time_zone = 'America/New_York';
CREATE TABLE public.seen (n integer GENERATED ALWAYS AS IDENTITY, day date);
INSERT INTO liskeban.job (name, title, daily_at, each_day, steps, last_success_for)
VALUES ('daily', 't', '00:10', true, '{INSERT INTO public.seen (day) VALUES ($1)}', timestamp '2026-10-31 00:10' AT TIME ZONE 'America/New_York')});
sub run_at
{
	my ($job, $at) = @_;
	run_in('p', "SET liskeban.now = '$at';\nCALL liskeban.run_job('$job');");
	return value("SELECT string_agg(to_char(day, 'MM-DD'), ' ' ORDER BY n) FROM public.seen");
}
is(run_at('daily', '2026-11-01 04:10Z'), '11-01', 'in summer it comes at its time');
is(run_at('daily', '2026-11-02 04:10Z'), '11-01', 'the next night an hour early, when nothing is due');
is(run_at('catch_up', '2026-11-02 05:15Z'), '11-01', 'it is not missed before it is late');
is(run_at('catch_up', '2026-11-02 05:21Z'), '11-01 11-02', 'then it is caught up');
is(run_at('catch_up', '2026-11-02 05:22Z'), '11-01 11-02', 'once');
is(run_at('catch_up', '2026-11-06 12:00Z'), '11-01 11-02 11-03 11-04 11-05 11-06', 'after four days without a server each day has its run, in order');
is(run_at('daily', '2026-11-06 12:01Z'), '11-01 11-02 11-03 11-04 11-05 11-06', 'and no other');
value("UPDATE liskeban.job SET active = (name <> 'daily'); UPDATE liskeban.platform SET time_zone = 'Asia/Shanghai'");

# The reports that are due: of each day that has been analysed, once, in order.
my $reports = $node->basedir . '/reports';
sub due_reports
{
	my ($at) = @_;
	my ($written, $said);
	$node->safe_psql('postgres', "ALTER DATABASE p SET liskeban.now = '$at'");
	IPC::Run::run([ "$top/jobs/liskeban_report", 'due', '--out', $reports, '-v', '-d', $node->connstr('p') ], '>', \$written, '2>', \$said);
	my $status = $? >> 8;
	diag($said) if $status;
	return join ' ', $status, $written =~ /report-([0-9-]+)\.html$/mg;
}
$node->safe_psql('postgres', "ALTER DATABASE p SET liskeban.now = '2026-06-03 00:20+08'");
run_in('p', "CALL liskeban.run_job('roll_up');\nCALL liskeban.run_job('analyse');");
is(value("SELECT max(day) FROM liskeban.analysed_day"), '2026-06-02', 'the day that ended has been analysed');
is(due_reports('2026-06-03 00:30+08'), '0 2026-06-02', 'its report is written');
is(due_reports('2026-06-03 12:00+08'), '0', 'once');
is(due_reports('2026-06-04 00:05+08'), '0', 'nothing before the next day is analysed');
$node->safe_psql('postgres', "ALTER DATABASE p SET liskeban.now = '2026-06-06 08:00+08'");
run_in('p', "CALL liskeban.run_job('catch_up');");
is(due_reports('2026-06-06 08:05+08'), '0 2026-06-03 2026-06-04 2026-06-05', 'after three days those that were missed, in order');
unlink "$reports/report-2026-06-05.html" or die "unlink: $!";
is(due_reports('2026-06-06 08:06+08'), '0 2026-06-05', 'one that was cut off before its page is written anew');
command_fails_like([ "$top/jobs/liskeban_report", 'due', '--period', 'week', '--out', $reports, '-d', $node->connstr('p') ],
	qr/due is of days: --period week/, 'weeks are asked for by a day');
$node->safe_psql('postgres', "ALTER DATABASE p SET liskeban.now = '2026-06-01 10:00+08'");

SKIP:
{
	skip 'systemd-analyze is not installed (apt: systemd)', 1 unless grep { -x "$_/systemd-analyze" } split /:/, $ENV{PATH};
	my ($bindir, $units) = ("$top/jobs", $node->basedir . '/units');
	mkdir $units or die "mkdir: $!";
	for my $file (glob "$top/jobs/systemd/*")
	{
		my ($name) = $file =~ m|([^/]+?)(?:\.in)?$|;
		$name =~ s/@/\@lishui/;
		append_to_file("$units/$name", slurp_file($file) =~ s/\@bindir\@/$bindir/gr);
	}
	my $said;
	IPC::Run::run([ 'systemd-analyze', 'verify', glob "$units/*" ], '>', \$said, '2>&1');
	is(join('|', $?, grep { /liskeban/ } split /\n/, $said), '0', 'the units are as systemd wants them');
}

# ---- the exporter ----

SKIP:
{
	my ($exporter) = grep { -x } ($ENV{LISKEBAN_EXPORTER} || (), map { "$_/prometheus-postgres-exporter" } split /:/, $ENV{PATH});
	skip 'prometheus-postgres-exporter is not installed (apt: prometheus-postgres-exporter)', 5 unless $exporter;
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	my $due = value('SELECT min(next_alarm_at) FROM liskeban.worklist');
	$node->safe_psql('postgres', "ALTER DATABASE p SET liskeban.now = '" . value("SELECT timestamptz '$due' + interval '5 minutes'") . "'");
	local $ENV{DATA_SOURCE_NAME} = "user=liskeban_monitor dbname=p host=" . $node->host . " port=" . $node->port . " sslmode=disable";
	my $log = '';
	my $run = IPC::Run::start([ $exporter, "--web.listen-address=127.0.0.1:$port", '--disable-default-metrics', '--disable-settings-metrics',
			"--extend.query-path=$top/jobs/prometheus/liskeban.yaml" ], '<', \undef, '>', \$log, '2>&1');
	my $scrape = sub {
		my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or return '';
		print $socket "GET /metrics HTTP/1.0\r\n\r\n";
		local $/;
		return scalar(<$socket>) // '';
	};
	my $page = '';
	for (1 .. 300)
	{
		$run->pump_nb;
		last if ($page = $scrape->()) =~ /^liskeban_health_value/m || !$run->pumpable;
		select(undef, undef, undef, 0.1);
	}
	like($page, qr/^liskeban_health_value\{[^}]*measure="sweep_lag"[^}]*unit="seconds"[^}]*\} 300$/m, 'the exporter tells the lag of the sweep') or diag($log);
	like($page, qr/^liskeban_health_state\{[^}]*measure="sweep_lag"[^}]*\} 1$/m, 'and that it is a warning');
	is(scalar(() = $page =~ /^liskeban_health_value\{/mg), value("SELECT count(*) FROM liskeban.health_measure"), 'each measure has its series');
	value("UPDATE liskeban.health_measure SET critical = 200 WHERE measure = 'sweep_lag'");
	like($scrape->(), qr/^liskeban_health_state\{[^}]*measure="sweep_lag"[^}]*\} 2$/m, 'what is worse is worse at the next scrape');
	unlike($page, qr/collector_success\{[^}]*\} 0|user_queries_load_error\{[^}]*\} 1|^pg_exporter_last_scrape_error [^0]/m, 'without an error');
	$run->kill_kill;
}

$node->stop;
done_testing();
