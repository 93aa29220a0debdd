
# liskeban_load requests: what it makes of CSV and JSON, good and bad, and that a stopped load is simply run again.

use strict;
use warnings;

use FindBin;
use IO::Compress::Gzip qw(gzip);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $loader = "$FindBin::RealBin/../../jobs/liskeban_load";

my $node = PostgreSQL::Test::Cluster->new('load');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\n");
$node->start;
$node->safe_psql('postgres',
	"SET liskeban.now = '2026-06-01 10:00+08';
	 CREATE EXTENSION liskeban CASCADE;
	 CALL liskeban.create_platform('320117', '溧水区');
	 ALTER DATABASE postgres SET liskeban.now = '2026-06-01 10:00+08';
	 ALTER DATABASE postgres SET timezone = 'Asia/Shanghai';
	 INSERT INTO liskeban.area (code, name, geom) VALUES
	   ('320117001', 'town', ST_SetSRID(ST_MakeEnvelope(119.0, 31.6, 119.1, 31.7), 4490));");

my $dir = PostgreSQL::Test::Utils::tempdir;

sub value
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# A file of the test's own, bytes as they are.
sub file
{
	my ($name, $content) = @_;
	open my $handle, '>:raw', "$dir/$name" or die "could not write $dir/$name: $!";
	print $handle $content;
	close $handle;
	return "$dir/$name";
}

# Run the loader: exit status, standard output, standard error.
sub load
{
	my ($stdin, @args) = @_;
	my ($stdout, $stderr);
	IPC::Run::run([ $loader, '-d', $node->connstr('postgres'), @args ], \$stdin, \$stdout, \$stderr);
	return ($? >> 8, $stdout, $stderr);
}

sub loads_as
{
	my ($args, $line, $name, $stdin) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($status, $stdout, $stderr) = load($stdin // '', @$args);
	is("$status $stdout", "0 $line\n", $name) or diag($stderr);
	return $stderr;
}

sub fails_with
{
	my ($args, $status, $pattern, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($got, $stdout, $stderr) = load('', @$args);
	is($got, $status, "$name: exit status $status");
	is($stdout, '', "$name: nothing on standard output");
	like($stderr, $pattern, "$name: said why");
	return;
}

# Usage

my $map = file('map.json', <<'JSON');
{"external_id": "id", "category": {"column": "what", "values": {"Noise": "noise_social"}, "default": "uncategorised"},
 "description": "text", "lon": "x", "lat": "y", "datum": {"const": "wgs84"},
 "reported_at": {"column": "at", "format": "MM/DD/YYYY HH12:MI:SS AM", "time_zone": "America/New_York"}}
JSON
my $good = file('good.csv', "id,what,text,x,y,at\n1,Noise,a,119.05,31.65,05/01/2026 03:11:07 PM\n");

is((load('', '--help'))[0], 0, '--help');
like((load('', '--help'))[1], qr/liskeban_load requests FILE/, '--help says how');
like((load('', '--version'))[1], qr/^liskeban_load \d+\.\d+\.\d+$/, '--version');
for my $wrong (
	[], ['nonsense'], ['requests'], [ 'requests', $good ],
	[ 'requests', $good, '--source', 'a' ], [ 'requests', '--source', 'a', '--map', $map ],
	[ 'requests', $good, '--source', 'a b', '--map', $map ],
	[ 'requests', $good, '--source', 'a', '--map', $map, '--batch', '0' ],
	[ 'requests', $good, '--source', 'a', '--map', $map, '--batch', 'many' ],
	[ 'requests', $good, '--source', 'a', '--map', $map, '--format', 'xml' ],
	[ 'requests', $good, '--source', 'a', '--map', $map, '--code', 'c' ],
	[ 'requests', $good, '--source', 'a', '--map', $map, '--no-such-option' ],
	[ 'requests', $good, '--source', 'a', '--map' ])
{
	is((load('', @$wrong))[0], 2, 'wrong usage: ' . join(' ', map { s/.*\///r } @$wrong));
}
my @good = ('requests', $good, '--source', 'a');
fails_with([ @good, '--map', "$dir/none" ], 1, qr/none.*No such file/, 'no map');
fails_with([ @good, '--map', file('no.json', '{"external_id"') ], 2, qr/22P02/, 'a map that is no JSON');
fails_with([ @good, '--map', file('no.json', '[]') ], 2, qr/22023: invalid map/, 'a map that is no object');
fails_with([ @good, '--map', file('no.json', '{"colour": "id"}') ], 2, qr/"colour"/, 'a map with an unknown member');
fails_with([ @good, '--map', file('no.json', '{"closed_at": "at"}') ], 2, qr/history only/, 'stamps without --history');
fails_with([ @good, '--map', file('no.json', '{"title": {"column": "id", "const": "x"}}') ],
	2, qr/not both/, 'a map that contradicts itself');
fails_with([ @good, '--map', file('no.json', '{"reported_at": {"column": "at", "time_zone": "Mars"}}') ],
	2, qr/Mars/, 'a map with an unknown time zone');
fails_with([ @good, '--map', file('no.json', '{"title": "name"}') ], 1, qr/42703.*"name"/, 'a column that is not there');
fails_with([ 'requests', "$dir/none", '--source', 'a', '--map', $map ], 1, qr/none.*No such file/, 'no file');
fails_with([ 'requests', $dir, '--source', 'a', '--map', $map ], 1, qr/directory/, 'a directory');
fails_with([ 'requests', file('empty', ''), '--source', 'a', '--map', $map ], 1, qr/empty/, 'an empty file');
is(value('SELECT count(*) FROM liskeban.ticket'), 0, 'nothing of that made a ticket');

# CSV as it comes: byte order mark, CRLF, quoted newlines and quotes, blank lines, empty cells

my $csv = file('csv.csv', "\xEF\xBB\xBFid,what,text,x,y,at\r\n"
	  . qq{1,Noise,"he said ""stop"",\r\nthen left",119.05,31.65,05/01/2026 03:11:07 PM\r\n}
	  . "\r\n"
	  . "2,Else,\xE6\xB1\xBD\xE8\xBD\xA6 5\" pipe,0.0,0.0,05/01/2026 12:00:00 AM\r\n"
	  . qq{"3",,,119.05,,"05/01/2026 03:11:07 PM"\r\n}
	  . qq{4,Noise,"",120,31,05/01/2026 03:11:07 PM});
my @csv = ('requests', $csv, '--source', 'csv', '--map', $map);
my $stderr = loads_as([ @csv, '-n' ], 'read 4, created 4, existing 0, rejected 0', 'dry run');
like($stderr, qr/nothing was changed/, 'a dry run says so');
is(value(q{SELECT count(*) FROM liskeban.source_system WHERE code = 'csv'}), 0, 'and leaves nothing, not even the source');
$stderr = loads_as(\@csv, 'read 4, created 4, existing 0, rejected 0', 'four records');
is($stderr, '', 'and no progress where standard error is no terminal');
is( value(
		q{SELECT external_id, category, replace(replace(description, E'\r', '\r'), E'\n', '\n'), title, placement, area, reported_at
		  FROM liskeban.ticket WHERE source = 'csv' ORDER BY ticket_id}),
	join("\n",
		'1|noise_social|he said "stop",\r\nthen left|' . value(q{SELECT name FROM liskeban.category WHERE code = 'noise_social'})
		  . '|inside|320117001|2026-05-02 03:11:07+08',
		"2|uncategorised|\xE6\xB1\xBD\xE8\xBD\xA6 5\" pipe|\xE6\x9C\xAA\xE5\x88\x86\xE7\xB1\xBB|unknown||2026-05-01 12:00:00+08",
		"3|uncategorised||\xE6\x9C\xAA\xE5\x88\x86\xE7\xB1\xBB|unknown||2026-05-02 03:11:07+08",
		'4|noise_social||' . value(q{SELECT name FROM liskeban.category WHERE code = 'noise_social'}) . '|outside||2026-05-02 03:11:07+08'),
	'the tickets they became');
is(value(q{SELECT kind FROM liskeban.source_system WHERE code = 'csv'}), 'other', 'the source is registered');
loads_as(\@csv, 'read 4, created 0, existing 4, rejected 0', 'the same again creates nothing');
loads_as([ 'requests', '-', '--source', 'csv', '--map', $map ],
	'read 4, created 0, existing 4, rejected 0', 'the same from standard input', slurp_file($csv));
gzip($csv => "$dir/csv.csv.gz");
loads_as([ 'requests', "$dir/csv.csv.gz", $csv, '--source', 'csv', '--map', $map ],
	'read 8, created 0, existing 8, rejected 0', 'the same gzipped, and a second file');
loads_as([ 'requests', '-', '--source', 'csv', '--map', $map ],
	'read 4, created 0, existing 4, rejected 0', 'gzipped from standard input', slurp_file("$dir/csv.csv.gz"));
my $cut = substr(slurp_file("$dir/csv.csv.gz"), 0, -12);
is((load('', 'requests', file('cut.gz', $cut), '--source', 'csv', '--map', $map))[0], 1, 'a gzipped file cut off fails');

# What cannot be read is one reject each, and everything else a ticket

my $bad = file('bad.csv', "id,what,text,x,y,at\n"
	  . "1,Noise,ok,119.05,31.65,05/01/2026 03:11:07 PM\n"
	  . "2,Noise,few,119.05\n"
	  . "3,Noise,many,119.05,31.65,05/01/2026 03:11:07 PM,7,8\n"
	  . qq{4,Noise,"quo"te,119.05,31.65,05/01/2026 03:11:07 PM\n}
	  . "5,Noise,when,119.05,31.65,2026-05-01\n"
	  . "6,Noise,future,119.05,31.65,06/02/2026 03:11:07 PM\n"
	  . "7,Noise,\xB3\xB5,119.05,31.65,05/01/2026 03:11:07 PM\n"
	  . "8,Noise,a\0b,119.05,31.65,05/01/2026 03:11:07 PM\n"
	  . "9,Noise,back\\slash\ttab,119.05,31.65,05/01/2026 03:11:07 PM\n"
	  . "1,Noise,ok,119.05,31.65,05/01/2026 03:11:07 PM\n"
	  . "1,Noise,other place,119.06,31.65,05/01/2026 03:11:07 PM\n"
	  . "1,Noise,more,119.05,31.65,05/01/2026 03:11:07 PM\n"
	  . ",Noise,no key,119.05,31.65,05/01/2026 03:11:07 PM\n");
my @bad = ('requests', $bad, '--source', 'bad', '--map', $map);
$stderr = loads_as([ @bad, '-v' ], 'read 13, created 3, existing 2, rejected 8', 'bad records are rejected one by one');
like($stderr, qr/bad\.csv:3: has 4 fields where the header has 6/, '-v says which and why');
is( value(q{SELECT line_no, reason FROM liskeban.intake_reject WHERE source = 'bad' ORDER BY line_no}),
	join("\n",
		'3|has 4 fields where the header has 6',
		'4|has 8 fields where the header has 6',
		'5|something follows a closing quote',
		'6|reported_at is no time as the map says: 2026-05-01',
		'7|reported_at is in the future: 2026-06-03 03:11:07+08',
		'8|not valid UTF-8',
		'9|not valid UTF-8',
		'12|the same external_id came before with another category, place, time or kind'),
	'each with its line and reason');
is(value(q{SELECT raw FROM liskeban.intake_reject WHERE source = 'bad' AND line_no = 3}), '2,Noise,few,119.05', 'and as it was');
is(value(q{SELECT file FROM liskeban.intake_reject WHERE source = 'bad' AND line_no = 3}), $bad, 'and where it stood');
is( value(q{SELECT external_id, description FROM liskeban.ticket WHERE source = 'bad' AND external_id !~ '^sha256:' ORDER BY 1}),
	"1|ok\nmore\n9|back\\slash\ttab", 'the others are tickets');
is(value(q{SELECT count(*) FROM liskeban.ticket WHERE source = 'bad' AND external_id ~ '^sha256:'}), 1,
	'a record without a key is known by its digest');
my ($status, $out) = load('', @bad);
like($out, qr/^read 13, created 0, existing \d+, rejected \d+$/, 'the same again creates nothing');
is(value(q{SELECT count(*) FROM liskeban.intake_reject WHERE source = 'bad'}), value(q{SELECT count(DISTINCT raw) FROM liskeban.intake_reject WHERE source = 'bad'}),
	'and a reject is kept once');

# An unclosed quote ends at the next line on which a full record begins

my $open = file('open.csv', "id,what,text,x,y,at\n"
	  . qq{1,Noise,"open,119.05,31.65,05/01/2026 03:11:07 PM\n}
	  . "2,Noise,next,119.05,31.65,05/01/2026 03:11:07 PM\n"
	  . qq{3,Noise,"two\nlines",119.05,31.65,05/01/2026 03:11:07 PM\n}
	  . qq{4,Noise,"open again\n}
	  . "over, lines\n"
	  . qq{5,Noise,"two\nmore, lines",119.05,31.65,05/01/2026 03:11:07 PM\n}
	  . "6,Noise,ok,119.05,31.65,05/01/2026 03:11:07 PM\n"
	  . qq{7,Noise,"to the end,119.05,31.65,05/01/2026 03:11:07 PM\n}
	  . "nothing full\n");
loads_as([ 'requests', $open, '--source', 'open', '--map', $map ],
	'read 7, created 4, existing 0, rejected 3', 'unclosed quotes');
is( value(
		q{SELECT line_no, reason, replace(raw, E'\n', '/') FROM liskeban.intake_reject WHERE source = 'open' ORDER BY line_no}),
	join("\n",
		'2|a quote is not closed|1,Noise,"open,119.05,31.65,05/01/2026 03:11:07 PM',
		'6|a quote is not closed|4,Noise,"open again/over, lines',
		'11|a quote is not closed|7,Noise,"to the end,119.05,31.65,05/01/2026 03:11:07 PM/nothing full'),
	'cost the record they stand in');
is(value(q{SELECT string_agg(external_id, ',' ORDER BY external_id) FROM liskeban.ticket WHERE source = 'open'}),
	'2,3,5,6', 'and no other');

# JSON, an object a line

my $json = file('j.ndjson', <<'JSON');
{"id": 1, "what": "Noise", "x": 119.05, "y": 31.65, "at": "2026-05-01T08:00:00Z", "who": {"name": "Zhang"}, "seen": "2026-05-01"}

{"id": "2", "what": "Brand new", "x": null, "y": 31.65, "at": "2026-05-01 08:00:00", "extra": 1}
{"id": 3, "at": "2026-05-01T08:00:00+08:00", "deep": {"a": [1, 2]}}
{"id": 4, "at":
[1, 2]
{"id": 5, "what": "Noise", "at": 17}
{"id": 6, "what": "bad \u0000"}
JSON
my $json_map = file('j.json', <<'JSON');
{"external_id": "id", "category": {"column": "what", "create": true}, "lon": "x", "lat": "y", "reported_at": "at",
 "discovered_at": "seen", "title": {"const": "t"}, "extra": "deep", "priority": {"const": 2}}
JSON
loads_as([ 'requests', $json, '--source', 'json', '--map', $json_map ],
	'read 7, created 3, existing 0, rejected 4', 'JSON');
is( value(
		q{SELECT external_id, category, title, priority, placement, reported_at, discovered_at, extra FROM liskeban.ticket
		  WHERE source = 'json' ORDER BY ticket_id}),
	join("\n",
		'1|Noise|t|2|inside|2026-05-01 16:00:00+08|2026-05-01 00:00:00+08|',
		'2|Brand new|t|2|unknown|2026-05-01 08:00:00+08||',
		'3|uncategorised|t|2|unknown|2026-05-01 08:00:00+08||{"a": [1, 2]}'),
	'JSON rows as tickets');
is(value(q{SELECT name, difficulty, listed FROM liskeban.category WHERE code = 'Brand new'}),
	'Brand new|general|f', 'an unseen category is created where the map says so');
is(value(q{SELECT string_agg(line_no::text, ',' ORDER BY line_no) FROM liskeban.intake_reject WHERE source = 'json'}),
	'5,6,7,8', 'what is no JSON object is rejected');

# The same result in batches of any size, and where a batch as a whole cannot go in

my $mixed = "id,what,text,x,y,at\n";
$mixed .= "$_," . ($_ % 3 ? 'Noise' : 'Else') . ",text $_,119.0" . $_ % 10 . ",31.65,05/01/2026 03:11:07 PM\n"
  . ($_ % 7 ? '' : "broken $_\n") . ($_ % 11 ? '' : "$_,Noise,again,119,31,05/01/2026 03:11:07 PM\n")
  for 1 .. 100;
my $rows = q{SELECT external_id, category, title, description, geom, area, placement, received_at, reported_at, state
	FROM liskeban.ticket WHERE source = '%s' ORDER BY ticket_id};
my $first;
for my $batch (1, 7, 10000)
{
	loads_as([ 'requests', file('mixed.csv', $mixed), '--source', "mixed$batch", '--map', $map, '--batch', $batch ],
		'read 123, created 100, existing 0, rejected 23', "in batches of $batch");
	my $got = value(sprintf($rows, "mixed$batch")) . value(
		"SELECT line_no, reason, raw FROM liskeban.intake_reject WHERE source = 'mixed$batch' ORDER BY line_no");
	$first //= $got;
	is($got, $first, "the same rows in batches of $batch");
}
value(q{INSERT INTO liskeban.source_system (code, name) VALUES ('taken', 't');
	INSERT INTO liskeban.ticket (source, external_id, category, title) VALUES ('taken', '50', 'uncategorised', 't')});
loads_as([ 'requests', "$dir/mixed.csv", '--source', 'taken', '--map', $map ],
	'read 123, created 99, existing 0, rejected 24', 'one that stands in the way costs itself only');

# Who may

value(q{CREATE ROLE reporter LOGIN IN ROLE liskeban_source; CREATE ROLE stranger LOGIN IN ROLE liskeban_source;
	CREATE ROLE boss LOGIN IN ROLE liskeban_admin;
	INSERT INTO liskeban.membership (role_name, duty, source) VALUES ('reporter', 'source', 'csv')});
loads_as([ @csv, '-U', 'reporter' ], 'read 4, created 0, existing 4, rejected 0', 'a source loads its own');
fails_with([ @bad, '-U', 'reporter' ], 1, qr/42501/, 'but not another');
fails_with([ @csv, '-U', 'stranger' ], 1, qr/42501/, 'who reports for no source loads nothing');
fails_with([ 'requests', $json, '--source', 'csv', '--map', $json_map, '-U', 'reporter' ],
	1, qr/42501/, 'only an administrator creates categories');
fails_with([ 'requests', $csv, '--source', 'csv', '--map', $map, '--history', '-U', 'reporter' ],
	1, qr/42501/, 'only an administrator loads histories');
loads_as([ 'requests', $csv, '--source', 'unseen', '--map', $map, '-U', 'boss' ],
	'read 4, created 4, existing 0, rejected 0', 'an administrator loads what is unseen');

# Histories

my $lives = file('lives.csv', <<'CSV');
id,at,there,done,closed,said
1,2026-05-01T08:00:00+08:00,2026-05-01T08:10:00+08:00,2026-05-02T08:00:00+08:00,2026-05-03T08:00:00+08:00,satisfied
2,2026-05-01T08:00:00+08:00,,2026-05-02T08:00:00+08:00,,
3,2026-05-01T08:00:00+08:00,,,2026-05-03T08:00:00+08:00,
4,2026-05-01T08:00:00+08:00,,2026-04-02T08:00:00+08:00,,
5,2026-05-01T08:00:00+08:00,,,,
CSV
my $lives_map = file('lives.json',
	'{"external_id": "id", "reported_at": "at", "on_site_at": "there", "resolved_at": "done", "closed_at": "closed", "satisfaction": "said"}');
my @lives = ('requests', $lives, '--source', 'lives', '--map', $lives_map, '--history');
loads_as(\@lives, 'read 5, created 3, existing 0, rejected 2', 'histories');
is( value(q{SELECT external_id, state, received_at, on_site_at, closed_at FROM liskeban.ticket WHERE source = 'lives' ORDER BY 1}),
	join("\n",
		'1|closed|2026-05-01 08:00:00+08|2026-05-01 08:10:00+08|2026-05-03 08:00:00+08',
		'2|resolved|2026-05-01 08:00:00+08|2026-05-01 08:00:00+08|',
		'5|reported|2026-05-01 08:00:00+08||'),
	'end in their last state');
loads_as(\@lives, 'read 5, created 0, existing 3, rejected 2', 'histories again create nothing');

# Killed half-way and run again, it ends with the rows of an undisturbed run

my $many = "id,what,text,x,y,at\n";
$many .= "$_,Kind " . $_ % 40 . ",\"text\n$_\",119.0" . $_ % 10 . ",31.65,05/01/2026 03:11:07 PM\n" . ($_ % 500 ? '' : "broken $_\n")
  for 1 .. 12000;
my $create = file('create.json',
	'{"external_id": "id", "category": {"column": "what", "create": true}, "description": "text", "lon": "x", "lat": "y"}');
my @many = ('requests', file('many.csv', $many), '--map', $create, '--batch', '200');
loads_as([ @many, '--source', 'calm' ], 'read 12024, created 12000, existing 0, rejected 24', 'an undisturbed run');
my $handle = IPC::Run::start([ $loader, @many, '--source', 'killed', '-d', $node->connstr('postgres') ],
	\undef, \my $killed_out, \my $killed_err);
$node->poll_query_until('postgres', q{SELECT count(*) > 1000 FROM liskeban.ticket WHERE source = 'killed'})
  or die 'the load did not begin';
$handle->kill_kill(grace => 0);
$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'liskeban_load'})
  or die 'the killed session did not end';
my $half = value(q{SELECT count(*) FROM liskeban.ticket WHERE source = 'killed'});
cmp_ok($half, '<', 12000, "killed half-way, after $half");
is(($half + value(q{SELECT count(*) FROM liskeban.intake_reject WHERE source = 'killed'})) % 200,
	0, 'only whole batches are in');
is($killed_out // '', '', 'a killed run counts nothing');
($status, $out) = load('', @many, '--source', 'killed');
is($out, "read 12024, created " . (12000 - $half) . ", existing $half, rejected 24\n", 'the second run does the rest');
is(value(sprintf($rows, 'killed')), value(sprintf($rows, 'calm')), 'the tickets are those of the undisturbed run');
my $rejects = q{SELECT line_no, reason, raw FROM liskeban.intake_reject WHERE source = '%s' ORDER BY line_no};
is(value(sprintf($rejects, 'killed')), value(sprintf($rejects, 'calm')), 'and so are the rejects');

# Two loaders of one file at once

my @both = map {
	my ($o, $e);
	+{ out => \$o, err => \$e, run => IPC::Run::start([ $loader, @many, '--source', 'both', '-d', $node->connstr('postgres') ],
			\undef, \$o, \$e) }
} 1 .. 2;
$_->{run}->finish for @both;
my ($created, $existing) = (0, 0);
for (@both)
{
	like(${ $_->{out} }, qr/^read 12024, created \d+, existing \d+, rejected 24$/, 'one of two loaders at once') or diag(${ $_->{err} });
	$created += $1 if ${ $_->{out} } =~ /created (\d+)/;
	$existing += $1 if ${ $_->{out} } =~ /existing (\d+)/;
}
is("$created $existing", '12000 12000', 'between them they created each ticket once');

is(value('SELECT * FROM liskeban.check_invariants() LIMIT 5'), '', 'every invariant holds');
$node->stop;
done_testing();
