
# similar_tickets() on real messages to a city's government: who wrote the same text twice is found, on top.

use strict;
use warnings;

use FindBin;
use IO::Uncompress::Gunzip qw(gunzip $GunzipError);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $loader = "$root/jobs/liskeban_load";
my $messages = ($ENV{LISKEBAN_SHARED} || "$root/../shared") . '/data/requests/cn_messages.csv.gz';
plan skip_all => "no $messages" if !-r $messages;

# The file's records, by a reader of the test's own: quotes, doubled quotes, newlines within.
my $text;
gunzip($messages => \$text) or die $GunzipError;
$text =~ s/^\xEF\xBB\xBF//;
my @records;
my @record;
while ($text =~ /\G(?:"((?:[^"]|"")*)"|([^,"\r\n]*))(,|\r?\n|\z)/g)
{
	my ($quoted, $plain, $end) = ($1, $2, $3);
	$quoted =~ s/""/"/g if defined $quoted;
	push @record, $quoted // $plain;
	if ($end ne ',')
	{
		push @records, [@record] if @record > 1;
		@record = ();
	}
	last if $end eq '';
}
my $header = shift @records;
is(scalar(grep { @$_ != @$header } @records), 0, scalar(@records) . ' records, each with every field');
my %at;
@at{@$header} = 0 .. $#$header;
my ($id, $title, $body) = map { $at{$_} } "\xE7\x95\x99\xE8\xA8\x80\xE7\xBC\x96\xE5\x8F\xB7",
  "\xE7\x95\x99\xE8\xA8\x80\xE4\xB8\xBB\xE9\xA2\x98", "\xE7\x95\x99\xE8\xA8\x80\xE8\xAF\xA6\xE6\x83\x85";

# Posted twice: the same text but for blanks.
sub twice
{
	my %of;
	for my $r (@records)
	{
		my $key = join '|', map { s/(?:[ \t\r\n]|\xE3\x80\x80)+//gr } @$r[@_];
		push @{ $of{$key} }, $r->[$id];
	}
	return grep { @$_ > 1 } values %of;
}
my @same = twice($title, $body);
my @same_body = twice($body);
cmp_ok(scalar(@same), '>=', 50, scalar(@same) . ' texts were posted twice or more, title and all');

my $dir = PostgreSQL::Test::Utils::tempdir;
open my $handle, '>:raw', "$dir/map.json" or die $!;
print $handle <<"JSON";
{"external_id": "\xE7\x95\x99\xE8\xA8\x80\xE7\xBC\x96\xE5\x8F\xB7", "category": {"const": "uncategorised"},
 "title": "\xE7\x95\x99\xE8\xA8\x80\xE4\xB8\xBB\xE9\xA2\x98", "description": "\xE7\x95\x99\xE8\xA8\x80\xE8\xAF\xA6\xE6\x83\x85",
 "reported_at": "\xE7\x95\x99\xE8\xA8\x80\xE6\x97\xB6\xE9\x97\xB4"}
JSON
close $handle;

# In a database whose ctype knows what a letter is pg_trgm compares; in one of ctype C the library does by itself.
for my $locale ('C.UTF-8', 'C')
{
	my $node = PostgreSQL::Test::Cluster->new("similar_$locale");
	$node->init(extra => [ '--encoding=UTF8', "--locale=$locale" ]);
	$node->append_conf('postgresql.conf', "jit = off\nfsync = off\nshared_buffers = 256MB\n");
	$node->start;
	$node->safe_psql('postgres',
		"CREATE EXTENSION liskeban CASCADE;
		 CALL liskeban.create_platform('320117', '\xE6\xBA\xA7\xE6\xB0\xB4\xE5\x8C\xBA');
		 ALTER DATABASE postgres SET search_path = liskeban, public;");
	my ($out, $err);
	IPC::Run::run([ $loader, '-d', $node->connstr('postgres'), 'requests', $messages, '--source', 'messages', '--map', "$dir/map.json", '--history' ],
		\undef, \$out, \$err);
	is(($? >> 8) . " $out", '0 read ' . @records . ', created ' . @records . ", existing 0, rejected 0\n", "$locale: loaded")
	  or diag($err);

	# Every text that was posted twice: is another of the same text found, and no other better?
	my $found = sub {
		my @groups = @_;
		my $values = join ',', map { my $g = $_; map { "($g, '$_')" } @{ $groups[$g] } } 0 .. $#groups;
		return split /\|/, $node->safe_psql('postgres',
			"DROP TABLE IF EXISTS mine, likes;
			 CREATE TEMP TABLE mine AS
			   SELECT p.g, t.ticket_id, ceil(extract(epoch FROM max(t.received_at) OVER w - min(t.received_at) OVER w) / 86400) AS span
			     FROM (VALUES $values) AS p(g, external_id) JOIN ticket t USING (external_id)
			    WHERE t.source = 'messages' WINDOW w AS (PARTITION BY p.g);
			 CREATE TEMP TABLE likes AS
			   SELECT m.g, m.ticket_id, s.ticket_id AS other, s.score, max(s.score) OVER (PARTITION BY m.ticket_id) AS best
			     FROM mine m, similar_tickets(m.ticket_id, days => greatest(30, m.span + 1)) s;
			 SELECT count(*), count(*) FILTER (WHERE b.found), count(*) FILTER (WHERE b.top)
			   FROM (SELECT m.ticket_id, bool_or(o.g = m.g) AS found, bool_or(o.g = m.g AND s.score = s.best) AS top
			           FROM mine m LEFT JOIN likes s ON s.ticket_id = m.ticket_id
			           LEFT JOIN mine o ON o.ticket_id = s.other GROUP BY 1) b");
	};
	my $began = time;
	my ($texts, $any, $top) = $found->(@same);
	note(sprintf '%s: of %d texts posted twice %d are found, %d as the top score, in %d s', $locale, $texts, $any, $top, time - $began);
	is($top, $texts, "$locale: each of the $texts texts posted twice finds its like as the top score");
	if ($locale eq 'C')
	{
		($texts, $any, $top) = $found->(@same_body);
		note(sprintf '%s: of %d texts posted twice under any title %d are found, %d as the top score', $locale, $texts, $any, $top);
		cmp_ok($top / $texts, '>=', 0.95, "$locale: and $top of $texts under whatever title");
	}
	is($node->safe_psql('postgres', "SELECT count(*) FROM ticket_event WHERE action = 'merge'"), 0, "$locale: nothing is merged");
	is( $node->safe_psql('postgres',
			"SELECT count(*) FROM (SELECT ticket_id FROM ticket ORDER BY ticket_id LIMIT 20) t, similar_tickets(t.ticket_id) s
			  WHERE s.ticket_id = t.ticket_id OR s.score NOT BETWEEN 0 AND 1 OR s.distance_m IS NOT NULL OR s.text_similarity < 0.3"),
		0, "$locale: never itself, never without words in common");
	$node->stop;
}
done_testing();
