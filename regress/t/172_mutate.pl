
# Mutated files through liskeban_load: CSV and lines of JSON (requests, history), observations, GeoJSON and maps, their bytes
# changed as a seed draws it. Whatever a file says, the loader accounts for each of its records and loses none that was
# whole, the server lives, and the platform stays as its rules want it. LISKEBAN_MUTATIONS says how many (400),
# LISKEBAN_SEED from which seed on (1).

use strict;
use warnings;

use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $mutations = $ENV{LISKEBAN_MUTATIONS} // 400;
my $seed = $ENV{LISKEBAN_SEED} // 1;
# Long runs take longer files: most of a short one is starting programs.
my $rows = $mutations > 5000 ? 400 : 40;
my $loader = "$FindBin::RealBin/../../jobs/liskeban_load";
my $dir = PostgreSQL::Test::Utils::tempdir;

my $node = PostgreSQL::Test::Cluster->new('mutate');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\nsynchronous_commit = off\nlog_error_verbosity = verbose\nlog_statement = none\n");
$node->start;
$node->safe_psql('postgres',
	"SET liskeban.now = '2026-06-01 10:00+08';
	 CREATE EXTENSION liskeban CASCADE;
	 CALL liskeban.create_platform('320117', '溧水区');
	 ALTER DATABASE postgres SET liskeban.now = '2026-06-01 10:00+08';
	 ALTER DATABASE postgres SET timezone = 'Asia/Shanghai';
	 INSERT INTO liskeban.source_system (code, name, kind) VALUES ('mutant_air', '空气', 'iot');
	 INSERT INTO liskeban.indicator (code, name, name_en, domain, unit, source) VALUES ('mutant_pm', '颗粒物', 'PM2.5', 'ecology', 'µg/m³', 'mutant_air');
	 INSERT INTO liskeban.area (code, name, geom) VALUES
	   ('320117001', 'town', ST_SetSRID(ST_MakeEnvelope(119.0, 31.6, 119.1, 31.7), 4490));");
# what the checks find of the made platform itself is not a file's doing
my $before = $node->safe_psql('postgres', 'SELECT * FROM liskeban.check_invariants()');

# What breaks readers: quotes, ends of lines, bytes of no character, numbers and instants at the edge, nesting.
my @pieces = ('"', '""', ',', "\n", "\r\n", "\r", "\0", "\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xef\xbb\xbf",
	'\\', '\u0000', '\ud800', '{', '}', '[', ']', ':', 'null', 'true', '-0', '1e309', '1e400000', '-1e-400000', '9' x 25, 'NaN', 'Infinity', '0x1f',
	'2026-02-30', '294277-01-01', '4714-11-24 BC', 'infinity', 'now', 'epoch', '2026-06-01T10:00:00+99', '24:00:00', '[' x 200, '{"a":' x 100, '[' x 20000 . ']' x 20000,
	'溧水', "\xf0\x9f\x92\xa7", ' ' x 70, 'x' x 5000, "\t", "\x01", "'", '$$', '%', '320117001', '999', 'withdraw', 'urge', 'supplement', 'attach');
my @tokens = ('null', 'true', '""', '"x"', '0', '-1', '1e308', '1e400', '[]', '{}', '[[]]', '[[[[1,2]]]]', '"\u0000"', '"\ud83d\ude00"', '"320117001"',
	'"Polygon"', '"Point"', '"GeometryCollection"', '"MultiPolygon"', '180.0001', '"320117"', '99999999999999999999999999', '"NaN"');

sub pick { return $_[ int rand @_ ] }

sub mutate
{
	my ($bytes, @others) = @_;
	my $at = int rand(length($bytes) + 1);
	my $span = 1 + int rand 8;
	my $what = int rand 8;
	if ($what == 0 && $at < length $bytes) { substr($bytes, $at, 1) = chr(ord(substr($bytes, $at, 1)) ^ (1 << int rand 8)) }
	elsif ($what == 1) { substr($bytes, $at, $span) = '' if $at < length $bytes }
	elsif ($what == 2) { substr($bytes, $at, 0) = substr($bytes, int rand(length($bytes) + 1), $span * 4) }
	elsif ($what == 3) { $bytes = substr($bytes, 0, $at) }
	elsif ($what == 4) { my $other = pick(@others); $bytes = substr($bytes, 0, $at) . substr($other, int rand(length($other) + 1)) }
	else { substr($bytes, $at, int rand 3) = pick(@pieces) if $at < length $bytes }
	return rand() < 0.3 ? mutate($bytes, @others) : $bytes;
}

# Another value in the place of one of a document's: it is still JSON.
sub mutate_tokens
{
	my ($json) = @_;
	my @places;
	while ($json =~ /"(?:[^"\\]|\\.)*"(\s*:)?|-?\d+(?:\.\d+)?(?:e\d+)?|\[[^"\[\]]*\]/g) { push @places, [ $-[0], $+[0] - $-[0] ] unless defined $1 }
	my $place = pick(@places);
	substr($json, $place->[0], $place->[1]) = pick(@tokens);
	return rand() < 0.3 ? mutate_tokens($json) : $json;
}

sub file
{
	my ($name, $content) = @_;
	open my $handle, '>:raw', "$dir/$name" or die "could not write $dir/$name: $!";
	print $handle $content;
	close $handle;
	return "$dir/$name";
}

sub load
{
	my (@args) = @_;
	my ($stdout, $stderr);
	IPC::Run::run([ $loader, '-d', $node->connstr('postgres'), @args ], '<', \'', '>', \$stdout, '2>', \$stderr);
	return ($?, $stdout, $stderr);
}

my %tried;
my @wrong;

sub wrong
{
	my ($file, $what) = @_;
	push @wrong, "$file: $what";
	system('cp', $file, "$ENV{TESTDATADIR}/mutate-" . scalar @wrong) if defined $ENV{TESTDATADIR} && -e $file;
	return;
}

sub number { return $node->safe_psql('postgres', $_[0]) + 0 }

my %columns = (
	plain => [qw(id what text x y at phone)],
	history => [qw(id what text x y at done ended)]);
my %map = (
	plain => '{"external_id": "id", "category": {"column": "what", "values": {"Noise": "noise_social"}, "default": "uncategorised"}, "description": "text", "lon": "x", "lat": "y", "datum": {"const": "gcj02"}, "reported_at": "at", "reporter_phone": "phone", "extra": ["what"]}',
	history => '{"external_id": "id", "category": {"column": "what", "create": true}, "description": "text", "lon": "x", "lat": "y", "reported_at": {"column": "at", "time_zone": "Asia/Shanghai"}, "resolved_at": "done", "closed_at": {"column": "ended", "format": "YYYY-MM-DD HH24:MI"}}');

# Before a file, so that what it did is told apart without reading all that came before.
my ($tickets, $last_ticket, $rejects) = (0, 0, 0);

# One file of requests: some of its records mutated, the others must all be told of.
sub try_requests
{
	my ($format, $kind, $file_no) = @_;
	my @columns = @{ $columns{$kind} };
	my @records;
	for my $n (1 .. $rows)
	{
		my %value = (id => "$kind-$file_no-$n", what => pick('Noise', 'Water', '井盖'), text => pick('噪声 很大', 'said "no", twice', "two\nlines", ''),
			x => 119 + rand 0.2, y => 31.6 + rand 0.2, at => sprintf('2026-05-%02d 0%d:00:00', 1 + rand 20, rand 10),
			phone => 13800000000 + int rand 1000, done => '2026-05-25 10:00:00', ended => '2026-05-26 11:30');
		my $text = $value{text};
		if ($format eq 'csv')
		{
			push @records, join ',', map { my $v = $value{$_}; $v =~ s/"/""/g; $v =~ /[",\n]/ ? qq("$v") : $v } @columns;
		}
		else
		{
			$value{text} =~ s/(["\\])/\\$1/g;
			$value{text} =~ s/\n/\\n/g;
			push @records, '{' . join(', ', map { qq("$_": ) . (/^[xy]$/ ? $value{$_} : qq("$value{$_}")) } @columns) . '}';
		}
	}
	my @mutated = map { rand() < 0.6 ? 1 : 0 } @records;
	my @file = map { $mutated[$_] ? mutate($records[$_], @records) : $records[$_] } 0 .. $#records;
	my $count = grep { $_ } @mutated;
	my $map = $map{$kind};
	my $map_mutated = rand() < 0.1;
	$map = rand() < 0.5 ? mutate($map, @records) : mutate_tokens($map) if $map_mutated;
	my $map_path = file("map-$file_no.json", $map);
	my $path = file("$kind-$file_no.$format", ($format eq 'csv' ? join(',', @columns) . "\n" : '') . join("\n", @file) . "\n");
	my ($status, $stdout, $stderr) = load('requests', $path, '--source', 'mutant', '--map', $map_path, '--format', $format,
		$kind eq 'history' ? '--history' : ());
	my ($tickets_before, $last_before, $rejects_before) = ($tickets, $last_ticket, $rejects);
	($tickets, $last_ticket, $rejects) = split /\|/, $node->safe_psql('postgres',
		'SELECT count(*), coalesce(max(ticket_id), 0), (SELECT coalesce(max(reject_id), 0) FROM liskeban.intake_reject) FROM liskeban.ticket');
	$tried{"$format, $kind"} += $count;
	$tried{maps}++ if $map_mutated;
	return wrong($path, "exit status $status: $stderr") if $status != 0 && !($map_mutated && ($status == 256 || $status == 512) && $stderr =~ /\b(22023|22P02|22P05|42703|42702|54001|invalid byte sequence|invalid input syntax)/);
	return if $status != 0;
	my ($read, $created, $existing, $rejected) = $stdout =~ /^read (\d+), created (\d+), existing (\d+), rejected (\d+)$/
	  or return wrong($path, "said $stdout");
	wrong($path, "said $stdout") if $read != $created + $existing + $rejected;
	my $lines = grep { s/\r$//r ne '' } split /\n/, join("\n", @file);
	wrong($path, "read $read of $lines lines") if $format eq 'json' && $read != $lines;
	wrong($path, "created $created, but there are " . ($tickets - $tickets_before) . ' more') if $tickets - $tickets_before != $created;
	return if $map_mutated;
	# a record that was left alone is in, or is told of within what was rejected; or it stands in the text of another, whose
	# quotes, one of them stray, make it a full record by the rules of CSV
	my $lost = $node->safe_psql('postgres',
		"SELECT string_agg(id, ' ') FROM unnest('{" . join(',', map { "$kind-$file_no-" . ($_ + 1) } grep { !$mutated[$_] } 0 .. $#records) . "}'::text[]) id
		  WHERE NOT EXISTS (SELECT FROM liskeban.ticket WHERE source = 'mutant' AND external_id = id)
		    AND NOT EXISTS (SELECT FROM liskeban.intake_reject WHERE reject_id > $rejects_before AND source = 'mutant' AND position(id IN raw) > 0)
		    AND NOT EXISTS (SELECT FROM liskeban.ticket WHERE ticket_id > $last_before AND position(E'\\n' || id || ',' IN description) > 0)");
	wrong($path, "lost $lost") if $lost ne '';
	return;
}

sub try_observations
{
	my ($file_no) = @_;
	my @records = map { sprintf('mutant_pm,320117001,2026-05-%02d,%.1f', 1 + rand 30, rand 90) } 1 .. $rows;
	my @mutated = map { rand() < 0.6 ? 1 : 0 } @records;
	my $path = file("observations-$file_no.csv", "indicator,area,day,value\n" . join("\n", map { $mutated[$_] ? mutate($records[$_], @records) : $records[$_] } 0 .. $#records));
	my ($status, $stdout, $stderr) = load('observations', $path, '--source', 'mutant_air');
	$tried{observations} += grep { $_ } @mutated;
	return wrong($path, "exit status $status: $stderr") if $status != 0;
	my ($read, $created, $updated, $rejected) = $stdout =~ /^read (\d+), created (\d+), updated (\d+), rejected (\d+)$/
	  or return wrong($path, "said $stdout");
	wrong($path, "said $stdout") if $read != $created + $updated + $rejected;
	return;
}

# Areas go in as one document: it is JSON and each feature is accounted for, or it is none and nothing changes.
sub try_areas
{
	my ($file_no) = @_;
	my @features = map {
		my ($x, $y) = (119 + rand 0.5, 31 + rand 0.5);
		sprintf('{"type": "Feature", "properties": {"code": "320117%03d", "name": "town %d"}, "geometry": {"type": "Polygon", "coordinates": [[[%3$f, %4$f], [%5$f, %4$f], [%5$f, %6$f], [%3$f, %4$f]]]}}',
			2 + rand 900, $_, $x, $y, $x + 0.01, $y + 0.01)
	} 1 .. 10;
	my $whole = rand() < 0.7;
	my @mutated = map { rand() < 0.6 ? 1 : 0 } @features;
	$_ = 0 for ($whole ? () : @mutated[ 1 .. $#mutated ]);
	my @file = map { !$mutated[$_] ? $features[$_] : $whole ? mutate_tokens($features[$_]) : mutate($features[$_], @features) } 0 .. $#features;
	my $path = file("areas-$file_no.geojson", '{"type": "FeatureCollection", "features": [' . join(',', @file) . ']}');
	my @args = (pick([], [ '--make-valid' ], [ '--datum', 'bd09' ], [ '--srid', '4490' ]));
	my $areas = number('SELECT count(*) FROM liskeban.area');
	my ($status, $stdout, $stderr) = load('areas', $path, '--code', 'code', '--name', 'name', @{ $args[0] });
	$tried{areas} += grep { $_ } @mutated;
	my $more = number('SELECT count(*) FROM liskeban.area') - $areas;
	if ($status != 0)
	{
		# JSON of the type json cannot hold \u0000
		wrong($path, "exit status $status: $stderr") if ($whole && $stderr !~ /22P05/) || $status != 256 || $stderr !~ /\b(22P02|22021|22P05|22023|54001|zero byte)\b/;
		wrong($path, "failed, but there are $more more areas") if $more != 0;
		return;
	}
	my ($read, $created, $updated, $rejected) = $stdout =~ /^read (\d+), created (\d+), updated (\d+), rejected (\d+)$/
	  or return wrong($path, "said $stdout");
	wrong($path, "said $stdout of 10 features") if $read != $created + $updated + $rejected || ($whole && $read != 10);
	wrong($path, "created $created, but there are $more more") if $more != $created;
	return;
}

my $file_no = 0;
my $total = 0;
for (; $total < $mutations && @wrong < 10; $file_no++)
{
	srand($seed + $file_no);
	my $turn = $file_no % 8;
	if ($turn == 6) { try_observations($file_no) }
	elsif ($turn == 7) { try_areas($file_no) }
	else { try_requests($turn % 2 ? 'json' : 'csv', $turn < 4 ? 'plain' : 'history', $file_no) }
	$total = 0;
	$total += $_ for values %tried;
}
is_deeply(\@wrong, [], "$total mutations in $file_no files from seed $seed on: each record is accounted for") or diag(join "\n", @wrong);
note("$_: $tried{$_}") for sort keys %tried;

is($node->safe_psql('postgres', 'SELECT * FROM liskeban.check_invariants()'), $before, 'all invariants hold');
my $log = slurp_file($node->logfile);
unlike($log, qr/terminated by signal|PANIC:|TRAP:/, 'no backend ended');
unlike($log, qr/ERROR:  XX\d\d\d:.*/, 'no internal error');

# A record whose quote is not closed ends where the next full one begins, also where the reader's buffer (256 kB) ends with its line.
my $head = "id,text\n";
my $filler = join '', map { sprintf("%05d,%s\n", $_, 'x' x 93) } 1 .. 2621;
my $open = qq(open,"never closed);
$open .= 'y' x (262144 - length($head) - length($filler) - length($open) - 1);
my $boundary = file('boundary.csv', "$head$filler$open\nno record\nlast,good\n");
my ($status, $stdout, $stderr) = load('requests', $boundary, '--source', 'boundary', '--map',
	file('boundary.json', '{"external_id": "id", "description": "text", "category": {"const": "noise_social"}}'));
is($stdout, "read 2623, created 2622, existing 0, rejected 1\n", 'a stray quote at the end of the buffer costs one record') or diag($stderr);

# What the server would raise for one record costs that record.
my $json = '{"external_id": "id", "description": "text", "category": {"const": "noise_social"}, "extra": "more"}';
my $edge = file('edge.json', join "\n", '{"id": "good", "text": "a", "more": {"n": 1e131071}}', '{"id": "large", "text": "b", "more": {"n": 1e400000}}',
	'{"id": "small", "text": "c", "more": {"n": -1.5e-16383}}', '{"id": "deep", "more": ' . '[' x 20000 . ']' x 20000 . '}');
($status, $stdout, $stderr) = load('requests', $edge, '--source', 'edge', '--map', file('edge_map.json', $json), '-v');
is($stdout, "read 4, created 1, existing 0, rejected 3\n", 'numbers out of range and deep nesting');
is(() = $stderr =~ /has a number out of range|is nested too deep/g, 3, 'said why');
my $zone = file('zone.csv', "id,text,at\n1,a,2026-05-20 10:00:00 e4000000\n2,b,2026-05-20 10:00:00 Asia/Nowhere\n3,c,2026-05-20 10:00:00 Asia/Shanghai\n");
($status, $stdout, $stderr) = load('requests', $zone, '--source', 'zone', '--history', '--map',
	file('zone_map.json', '{"external_id": "id", "description": "text", "reported_at": "at", "category": {"const": "noise_social"}}'));
is($stdout, "read 3, created 1, existing 0, rejected 2\n", 'a zone that is not known') or diag($stderr);

$node->stop;
done_testing();
