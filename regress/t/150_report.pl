
# liskeban_report: the figures on its page are those of kpi(), values stay text, and a browser shows it as it is meant.

use strict;
use warnings;

use Encode;
use FindBin;
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $program = "$root/jobs/liskeban_report";

my $node = PostgreSQL::Test::Cluster->new('report');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\n");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
ALTER DATABASE postgres SET search_path = liskeban, public;
INSERT INTO liskeban.area (code, name, name_en, geom)
  SELECT c::liskeban.area_code, n, e, ST_MakeEnvelope(x, 31.5, x + 0.1, 31.7, 4490)
    FROM (VALUES ('320117001', '永阳<b>街道</b>', 'Yongyang', 119.0), ('320117002', '柘塘街道', 'Zhetang', 119.1)) AS v(c, n, e, x);
UPDATE liskeban.area SET geom = ST_MakeEnvelope(119.0, 31.5, 119.2, 31.7, 4490) WHERE code = '320117';
INSERT INTO liskeban.source_system (code, name) VALUES ('desk', '坐席');
CREATE ROLE reader LOGIN IN ROLE liskeban_analyst;
SQL

# Two days of tickets: some resolved in time, some late, some open; five at one spot.
sub play
{
	my ($day, $n) = @_;
	$node->safe_psql('postgres', <<SQL);
SET liskeban.now = '$day 09:00+08';
INSERT INTO liskeban.ticket (source, external_id, category, title, geom)
  SELECT 'desk', '$day/' || i, CASE WHEN i % 2 = 0 THEN 'street_light' ELSE 'garbage_pile' END, '<script>alert(' || i || ')</script>',
         CASE WHEN i <= 5 THEN ST_Point(119.0501, 31.6001, 4490) ELSE ST_Point(119.01 + i * 0.007, 31.55, 4490) END
    FROM generate_series(1, $n) AS i;
SELECT liskeban.accept(ticket_id), liskeban.dispatch(ticket_id) FROM liskeban.ticket WHERE state = 'reported' ORDER BY ticket_id;
SET liskeban.now = '$day 09:10+08';
SELECT liskeban.arrive(ticket_id) FROM liskeban.ticket WHERE state = 'dispatched' AND ticket_id % 3 <> 0 ORDER BY ticket_id;
SET liskeban.now = '$day 17:00+08';
INSERT INTO liskeban.attachment (ticket_id, stage, uri) SELECT ticket_id, 'resolution', 'x:' || ticket_id FROM liskeban.ticket WHERE state = 'on_site' AND ticket_id % 4 <> 0;
SELECT liskeban.resolve(ticket_id, 'done') FROM liskeban.ticket WHERE state = 'on_site' AND ticket_id % 4 <> 0 ORDER BY ticket_id;
SQL
	$node->safe_psql('postgres', "SET liskeban.now = '$day 23:59+08'; SELECT liskeban.sweep();");
}
play('2024-03-04', 12);
play('2024-03-05', 18);
$node->safe_psql('postgres', <<'SQL');
SET liskeban.now = '2024-03-06 00:10+08';
SELECT liskeban.sweep(), liskeban.note_watermark();
SQL
$node->safe_psql('postgres', <<'SQL');
SET liskeban.now = '2024-03-06 00:11+08';
SELECT liskeban.note_watermark();
SELECT liskeban.analyse_day('2024-03-04'), liskeban.analyse_day('2024-03-05');
SQL
my $twice = $node->safe_psql('postgres', "SELECT md5(string_agg(s::text, '|' ORDER BY s::text)) FROM liskeban.signal AS s") . $node->safe_psql('postgres', "SELECT md5(string_agg(r::text, '|' ORDER BY r.risk_id)) FROM liskeban.risk_item AS r");
$node->safe_psql('postgres', "SET liskeban.now = '2024-03-06 00:12+08'; SELECT liskeban.analyse_day('2024-03-05');");
is($node->safe_psql('postgres', "SELECT md5(string_agg(s::text, '|' ORDER BY s::text)) FROM liskeban.signal AS s") . $node->safe_psql('postgres', "SELECT md5(string_agg(r::text, '|' ORDER BY r.risk_id)) FROM liskeban.risk_item AS r"),
	$twice, 'a day analysed twice gives the same rows');
cmp_ok($node->safe_psql('postgres', "SELECT count(*) FROM liskeban.risk_item WHERE kind = 'repeat_place' AND measure <> '' AND suggestion <> ''"),
	'>', 0, 'the spot that is reported again and again is a risk with a measure and a suggestion');
is($node->safe_psql('postgres', "SELECT count(*) FROM liskeban.risk_item WHERE measure LIKE '%{%' OR suggestion LIKE '%{%'"), '0', 'with everything filled in');

# one of the day before's is made a directive
my $ordered = $node->safe_psql('postgres', "SELECT min(risk_id) FROM liskeban.risk_item WHERE day = '2024-03-04' AND status <> 'closed'");
like($ordered, qr/^\d+$/, 'the day before had a risk that lasts');
my $directive = $node->safe_psql('postgres', "SET liskeban.now = '2024-03-06 00:20+08'; SELECT liskeban.order_from_risk($ordered);");

my $dir = PostgreSQL::Test::Utils::tempdir;
local $ENV{PGOPTIONS} = '-c liskeban.now=2024-03-06T08:00+08';

sub report
{
	my ($out, @args) = @_;
	my ($stdout, $stderr);
	IPC::Run::run([ $program, '-d', $node->connstr('postgres'), '--out', "$dir/$out", @args ], '>', \$stdout, '2>', \$stderr);
	return ($? >> 8, $stdout, $stderr);
}

sub slurp
{
	my ($path) = @_;
	open my $handle, '<:raw', $path or die "could not read $path: $!";
	local $/;
	return <$handle>;
}

my ($status, $stdout, $stderr) = report('zh', '2024-03-05', '-v', '-U', 'postgres');
is($status, 0, 'a report is written') or diag($stderr);
like($stdout, qr/report-2024-03-05\.html\n/, 'and named with -v');
my $page = slurp("$dir/zh/report-2024-03-05.html");
my $json = decode_json(slurp("$dir/zh/report-2024-03-05.json"));

my ($received, $num, $den) = split /\|/, $node->safe_psql('postgres',
	"SELECT received, on_time_num, on_time_den FROM liskeban.kpi('2024-03-05', '2024-03-05', 'district', '2024-03-06 08:00+08')");
is($received, 18, 'kpi counts the day');
my ($shown) = $page =~ /id="f-received">([^<]*)</;
is($shown, $received, 'the page shows what kpi counts');
($shown) = $page =~ /id="f-on_time">([^<]*)</;
is($shown, sprintf('%.1f%%', 100 * $num / $den), 'and its on-time rate');
($shown) = $page =~ /id=f-overdue_open>([^<]*)</;
is($shown, $node->safe_psql('postgres', "SELECT overdue_open FROM liskeban.flow('2024-03-05', '2024-03-05')"), 'and what is overdue');
my ($figure) = grep { $_->{figure} eq 'received' } @{ $json->{tables}{figures}{rows} };
is("$figure->{num} $figure->{previous_num}", '18 12', 'JSON has it too, beside the day before');
ok(!grep({ !$_->{query} || !$_->{definition} } values %{ $json->{tables} }), 'every table has its query and its definition');
unlike($page, qr/<script|<b>街道/, 'what is text stays text');
like($page, qr/永阳&lt;b&gt;街道/, 'and is shown as it is');
unlike($page, qr{(?:src|href)=(?!"?(?:#|data:))}, 'nothing comes from elsewhere');
my $csv = slurp("$dir/zh/report-2024-03-05-league.csv");
like($csv, qr/^\xEF\xBB\xBF"rank","key"/, 'CSV begins with a byte order mark and a header');
like($csv, qr/"=""320117001"""/, 'and its codes stay text in a spreadsheet');


# Each figure of the page, read off its table, against kpi() of the span, of the one before and of last year; by domain too.
# what kpi() says of a span, as the page prints it; nothing of a span in which nothing was received
sub kpi_figures
{
	my ($from, $to, $as_of) = @_;
	my $row = decode_json($node->safe_psql('postgres', "SELECT coalesce((SELECT to_jsonb(k) FROM liskeban.kpi('$from', '$to', 'district', '$as_of') AS k), '{}')"));
	my @figures = split /\|/, $node->safe_psql('postgres',
		"SELECT string_agg(figure, '|' ORDER BY nth) FROM liskeban_report.kpi_definition WHERE out_of IS NOT NULL OR figure IN ('received', 'reported')");
	return { map { my ($num, $den) = @$row{ "${_}_num", "${_}_den" }; $_ => $den ? sprintf('%.1f%%', 100 * $num / $den) : $row->{received} && $row->{$_} || '–' } @figures };
}
my $checked = 0;
for (
	[ 'zh', '2024-03-05.html', [ '2024-03-05', '2024-03-05', '2024-03-06 08:00+08' ], [ '2024-03-04', '2024-03-04', '2024-03-05 08:00+08' ] ],
	[ 'week', '2024-03-10.html', [ '2024-03-04', '2024-03-10', '2024-03-11 08:00+08' ], [ '2024-02-26', '2024-03-03', '2024-03-04 08:00+08' ] ],
	[ 'month', '2024-03-31.html', [ '2024-03-01', '2024-03-31', '2024-04-01 08:00+08' ], [ '2024-02-01', '2024-02-29', '2024-03-01 08:00+08' ] ])
{
	my ($name, $file, $now, $before) = @$_;
	if ($name ne 'zh')
	{
		local $ENV{PGOPTIONS} = "-c liskeban.now=" . $now->[2] =~ s/ /T/r;
		is((report($name, '2024-03-06', '--period', $name, '-U', 'postgres'))[0], 0, "a report of the $name");
	}
	my ($first, $last) = map { kpi_figures(@$_) } $now, $before;
	my %row = map { my ($figure, $cells) = @$_; $figure => [ $cells =~ /<td class=n>([^<]*)</g ] }
	  map { [ /^"(\w+)">(.*?)<\/tr>/s ] } grep { /^"\w+">/ } split /<tr data-figure=/, slurp("$dir/$name/report-$file");
	is(join(' ', sort keys %row), join(' ', sort keys %$first), "$name: the page has received, reported and every rate");
	for my $figure (sort keys %$first)
	{
		$checked += grep { $_ ne '–' } @{ $row{$figure} };
		is(join(' ', @{ $row{$figure} }), "$first->{$figure} $last->{$figure} –", "$name: $figure is that of kpi(), beside the $name before and last year's");
	}
}
cmp_ok($checked, '>=', 20, "$checked of them say something");
for (split /\n/, $node->safe_psql('postgres', "SELECT key, received, CASE WHEN on_time_den > 0 THEN round(100 * on_time, 1) || '%' ELSE '–' END FROM liskeban.kpi('2024-03-05', '2024-03-05', 'domain', '2024-03-06 08:00+08')"))
{
	my ($domain, $count, $rate) = split /\|/;
	my ($cells) = $page =~ /<tr data-domain="\Q$domain\E">(.*?)<\/tr>/s;
	my @cells = map { s/<[^>]*>//gr } $cells =~ /<td class=n[^>]*>([^<]*)</g;
	is("$cells[0] $cells[3]", "$count $rate", "$domain: received and on time as kpi() has them");
}

# what each counts is on hover and in the footnotes, in the words of the database
for my $figure (qw(on_time whistle received))
{
	my ($zh, $en) = split /\|/, $node->safe_psql('postgres', "SELECT name || '：' || counted || coalesce('；占 ' || out_of, ''), name_en || ': ' || counted_en || coalesce('; out of ' || out_of_en, '') FROM liskeban_report.kpi_definition WHERE figure = '$figure'");
	like($page, qr/<tr data-figure="$figure"><td title="\Q$zh\E">/, "$figure tells on hover what it counts");
	like($page, qr/<li>\Q$zh\E<\/li>/, 'and in the footnotes');
	report('hover', '2024-03-05', '--lang', 'en', '-U', 'postgres');
	like(slurp("$dir/hover/report-2024-03-05.html"), qr/<li>\Q$en\E<\/li>/, 'in English too');
}

# what became of the risks of the day before, in a word; the word changes when they move
sub outcome { my ($page) = @_; my ($cells) = $page =~ /<tr data-outcome=$ordered>(.*?)<\/tr>/s; return ($cells // '') =~ />([^<]*)<\/td>$/ ? $1 : 'none'; }
is(outcome($page), '已下令未签收', 'what was ordered is seen the next morning');
is(() = $page =~ /<tr data-outcome=/g, $node->safe_psql('postgres', "SELECT count(*) FROM liskeban.risk_item WHERE day <= '2024-03-04' AND last_day >= '2024-03-04'"), 'with every other risk of that day');
$node->safe_psql('postgres', "SET liskeban.now = '2024-03-06 07:00+08'; UPDATE liskeban.directive_target SET signed_at = liskeban.liskeban_now(), signed_by = 'x' WHERE directive_id = $directive");
report('signed', '2024-03-05', '-U', 'postgres');
is(outcome(slurp("$dir/signed/report-2024-03-05.html")), '已签收', 'and what became of it since');

# the first screen: the three worst, each with place, owner and measure
my ($worst) = $page =~ m{<div class=worst>(.*?)\n}s;
my @worst = split /(?=<div class="risk )/, $worst;
is(scalar @worst, 3, 'three risks are on the first screen');
like($_, qr{<b>[^<]+ · [^<]+</b>.*<p>[^<]+</p>.*责任：[^<]+ · 期限 2024-03-\d\d}s, 'a risk has its place, its measure, its owner and its term') for @worst;

my $english = $node->safe_psql('postgres', "SELECT measure_en FROM liskeban.risk_item WHERE last_day = '2024-03-05' AND status <> 'closed' AND measure_en !~ '[<>&''\"]' ORDER BY severity, risk_id LIMIT 1");
isnt($english, '', 'a measure has its English');
like(slurp("$dir/hover/report-2024-03-05.html"), qr{<p>\Q$english\E</p>}, 'which the English report tells');

my %anchor = map { $_ => 1 } $page =~ /href="#([\w-]+)"/g;
is(join(' ', grep { $page !~ /id="$_"/ } sort keys %anchor), '', 'what leads down leads somewhere');
cmp_ok(scalar keys %anchor, '>=', 10, 'from every part of the page');

($status) = report('en', '2024-02-28', '--lang', 'en', '--period', 'week', '-U', 'postgres');
is($status, 0, 'a week in English');
like(slurp("$dir/en/report-2024-03-03.html"), qr/Weekly report/, 'has its title');
($status, $stdout, $stderr) = report('later', '2024-03-07');
is($status, 1, 'a day that has not ended');
like($stderr, qr/2024-03-07 has not come yet/, 'is said');
($status) = report('wrong', '5 March');
is($status, 2, 'a day that is none is wrong usage');
($status, $stdout, $stderr) = report('reader', '2024-03-05', '-U', 'reader');
is($status, 0, 'an analyst may write it') or diag($stderr);

SKIP:
{
	my ($browser) = grep { -x $_ } map { "/usr/bin/$_" } qw(chromium chromium-browser google-chrome);
	skip 'there is no Chromium (apt: chromium)', 18 unless $browser;
	my $look = sub {
		my (@args) = @_;
		my ($out, $err);
		IPC::Run::run([ $browser, qw(--headless --no-sandbox --disable-gpu --hide-scrollbars --enable-logging=stderr), "--user-data-dir=$dir/browser", @args ],
			'>', \$out, '2>', \$err, IPC::Run::timeout(120));
		return ($out, $err);
	};

	# what the page itself would not say: how wide it came out, and where what the first screen must have stands
	report('english', '2024-03-05', '--lang', 'en', '-U', 'postgres');
	for my $language ('zh', 'english')
	{
		# in a frame, for a window of its own is never narrower than 500 pixels
		my $framed = slurp("$dir/$language/report-2024-03-05.html") =~ s/&/&amp;/gr =~ s/"/&quot;/gr;
		for my $width (390, 1280)
		{
			open my $handle, '>:raw', "$dir/probe.html" or die $!;
			print $handle qq{<!DOCTYPE html><meta charset="utf-8"><iframe srcdoc="$framed" style="border:0;width:${width}px;height:1400px"></iframe><script>
				onload = () => { const w = frames[0], d = w.document; document.title = [d.documentElement.scrollWidth, w.innerWidth, Math.round(Math.max(0,
				...[...d.querySelectorAll('#f-received, #f-on_time, .rungs, .worst .risk')].map(r => r.getBoundingClientRect().bottom)))].join(' ') }</script>};
			close $handle;
			my ($dom, $err) = $look->('--window-size=1400,1500', '--dump-dom', "file://$dir/probe.html");
			my ($scroll, $inner, $bottom) = ($dom // '') =~ /<title>(\d+) (\d+) (\d+)</;
			is($inner, $width, "$language: at $width pixels");
			cmp_ok($scroll // 9999, '<=', $inner // 0, 'no horizontal scroll');
			unlike($err, qr/CONSOLE/, 'and nothing on the console');
			cmp_ok($bottom // 9999, '<=', 700, 'figures, rungs and the worst risks are on the first screen of a phone') if $width == 390;
		}
	}
	my ($dom) = $look->('--window-size=390,1400', '--dump-dom', "file://$dir/zh/report-2024-03-05.html");
	my ($seen) = ($dom // '') =~ /id="f-received">([^<]*)</;
	is($seen, $received, 'the browser shows the figure');
	$look->("--print-to-pdf=$dir/report.pdf", "file://$dir/zh/report-2024-03-05.html");
	my $pdf = -e "$dir/report.pdf" ? slurp("$dir/report.pdf") : '';
	like($pdf, qr/^%PDF-/, 'it prints');
	like($pdf, qr{/MediaBox \[0 0 59[45][.\d]* 84[12][.\d]*\]}, 'on A4');
	cmp_ok(scalar(() = $pdf =~ m{/Type /Page\b}g), '<=', 10, 'on few pages');
}

$node->stop;
done_testing();
