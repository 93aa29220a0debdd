
# What is written of the platform is what it is: the definitions of figures in comments and views, sql/REFERENCE.md, sql/ERRORS.md.

use strict;
use warnings;

use File::Basename;
use FindBin;
use IPC::Run qw(run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";

my $node = PostgreSQL::Test::Cluster->new('definition');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off");
$node->start;
$node->safe_psql('postgres', "CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_platform('320117', '溧水区');");

sub lines { return split /\n/, $node->safe_psql('postgres', $_[0]) }

my @defined = lines('SELECT figure FROM liskeban_report.kpi_definition');
cmp_ok(scalar @defined, '>=', 20, 'there are definitions');

# sql/REFERENCE.md is what the catalog says, of a platform and of a hub
$node->safe_psql('postgres', 'CREATE DATABASE hub TEMPLATE template0');
$node->safe_psql('hub', "SET client_min_messages = warning; CREATE EXTENSION liskeban CASCADE; CALL liskeban.create_hub('南京市')");
sub printed
{
	my ($out, $err) = ('', '');
	local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port);
	my $ok = run([ "$root/sql/reference", 'print', 'postgres', 'hub' ], '>', \$out, '2>', \$err);
	return $ok ? $out : "failed: $err";
}
my $made = printed();
my (%here, %there);
$here{$_}++ for split /\n/, slurp_file("$root/sql/REFERENCE.md");
$there{$_}++ for split /\n/, $made;
ok($made eq slurp_file("$root/sql/REFERENCE.md"), 'sql/REFERENCE.md is not stale')
  or diag(join "\n", 'call make docs; there is', (grep { !$there{$_} } sort keys %here), 'and should be', (grep { !$here{$_} } sort keys %there));
like($made, qr/^### accept\n\n`accept\(ticket_id bigint, note text DEFAULT NULL\) → integer`\n\nsince 0\.1\.0, for admin, dispatcher, handler, job\n\n受理 /m, 'which tells signature, version, who and what of a function');
like($made, qr/^\| \*\*`ticket_id`\*\* \| `bigint` \| 工单编号 /m, 'and of a column type and meaning');
$node->safe_psql('postgres', 'COMMENT ON COLUMN liskeban.ticket.note IS NULL');
like(printed(), qr/^failed: .*no comment with a Chinese name: ticket\.note$/m, 'a column without a comment is named');
$node->safe_psql('postgres', "COMMENT ON COLUMN liskeban.ticket.note IS '备注'; CREATE TABLE liskeban.bare ()");
like(printed(), qr/^failed: .*no comment with a Chinese name: bare$/m, 'so is a table');
$node->safe_psql('postgres', 'DROP TABLE liskeban.bare');

# sql/ERRORS.md lists each SQLSTATE that C or SQL raises, and no other as the library's own
my %code;
for (split /\n/, slurp_file($node->config_data('--sharedir') . '/errcodes.txt'))
{
	next unless /^([0-9A-Z]{5})\s+[EWS]\s+(ERRCODE_\w+)(?:\s+(\w+))?/;
	$code{$2} = $1;
	$code{$3} //= $1 if defined $3;
}
for (split /\n/, slurp_file("$root/extension/liskeban.h"))
{
	$code{$1} = join('', split /[', ]+/, $2) if /^#define (ERRCODE_LK_\w+) MAKE_SQLSTATE\((.*)\)/;
}
my %raised;
for my $file (glob "$root/extension/*.c $root/extension/*.h")
{
	my $text = slurp_file($file);
	$raised{ $code{$1} // $1 } = $file while $text =~ /(?:\berrcode\(|\*code = )(ERRCODE_[A-Z_]+)/g;
}
for my $file (glob "$root/sql/[0-9]*.sql $root/sql/platform/*.sql $root/sql/hub/*.sql")
{
	my $text = slurp_file($file);
	$raised{ $code{$1} // $1 } = $file while $text =~ /\bERRCODE\s*=\s*'(\w+)'/gi;
	unlike($text, qr/RAISE EXCEPTION(?:(?!ERRCODE)(?:'[^']*'|[^';]))*;/, basename($file) . ': every error has an SQLSTATE') if $text =~ /RAISE EXCEPTION/;
}
my ($ours, $others) = split /^## Of PostgreSQL itself.*$/m, slurp_file("$root/sql/ERRORS.md");
my %listed = map { $_ => 1 } $ours =~ /^\| `(\w{5})` \| [^|]*\S[^|]* \| [^|]*\S[^|]* \|$/mg;
my %besides = map { $_ => 1 } $others =~ /^\| `(\w{5})` \| [^|]*\S[^|]* \| [^|]*\S[^|]* \|$/mg;
is(join(' ', sort keys %listed), join(' ', sort keys %raised), 'sql/ERRORS.md lists what the sources raise')
  or diag(map { "$_ is raised by $raised{$_} and not listed\n" } grep { !$listed{$_} } sort keys %raised);
is(join(' ', grep { $listed{$_} } sort keys %besides), '', 'and nothing twice');
cmp_ok(scalar(grep { /^LK/ } keys %listed), '>=', 6, 'codes of its own among them');
my %said = map { $_ => 1 } $made =~ /^\| `([0-9A-Z]{5})` \| `/mg;
is(join(' ', grep { !$listed{$_} && !$besides{$_} } sort keys %said), '', 'what the comments name is explained');

# the comment of kpi() has a line for each, and nothing says it again
my $comment = join "\n", lines("SELECT obj_description('liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[])'::regprocedure)");
my ($figures) = $comment =~ /\nFigures:\n(.*)\z/s;
is($figures, join("\n", lines(q{SELECT figure || ' ' || name || ': ' || counted_en || coalesce(' / ' || out_of_en, '') FROM liskeban_report.kpi_definition ORDER BY nth})),
	'the comment of kpi() defines each in the same words');

# every column of kpi() that is a figure is defined, and every definition has its columns
my $columns = "SELECT unnest(p.proargnames) AS name, unnest(p.proargmodes) AS mode FROM pg_proc AS p WHERE p.oid = 'liskeban.kpi'::regproc";
is($node->safe_psql('postgres', "SELECT string_agg(c.name, ' ' ORDER BY c.name) FROM ($columns) AS c
	 WHERE c.mode = 't' AND c.name NOT IN ('key', 'name', 'settled')
	   AND NOT EXISTS (SELECT FROM liskeban_report.kpi_definition AS d WHERE c.name IN (d.figure || '_num', CASE WHEN d.out_of IS NULL THEN d.figure END)
	                                                                     OR d.out_of IS NOT NULL AND c.name IN (d.figure, d.figure || '_den'))"),
	'', 'no column of kpi() lacks a definition');
is($node->safe_psql('postgres', "SELECT string_agg(d.figure, ' ' ORDER BY d.figure) FROM liskeban_report.kpi_definition AS d
	 WHERE d.out_of IS NOT NULL AND (SELECT count(*) FROM ($columns) AS c WHERE c.name IN (d.figure, d.figure || '_num', d.figure || '_den')) <> 3
	    OR d.out_of IS NULL AND (SELECT count(*) FROM ($columns) AS c WHERE c.name IN (d.figure, d.figure || '_num')) <> 1"),
	'', 'and no definition its columns: three of a rate, one of a number');
is($node->safe_psql('postgres', "SELECT count(*) FROM liskeban_report.kpi_definition AS d WHERE (d.out_of IS NULL) <> (d.out_of_en IS NULL)"), '0', 'both languages know which are rates');

# so do the comments of the view that BI reads
is($node->safe_psql('postgres', "SELECT string_agg(a.attname, ' ' ORDER BY a.attname) FROM liskeban_report.kpi_definition AS d
	  JOIN pg_attribute AS a ON a.attrelid = 'liskeban_report.kpi_daily'::regclass AND a.attname IN (d.figure, d.figure || '_num', d.figure || '_den')
	 WHERE NOT coalesce(CASE WHEN a.attname = d.figure || '_den' THEN col_description(a.attrelid, a.attnum) LIKE '%' || d.out_of || ' – ' || d.out_of_en
	                         WHEN a.attname = d.figure AND d.out_of IS NOT NULL THEN col_description(a.attrelid, a.attnum) LIKE d.name || '%'
	                         ELSE col_description(a.attrelid, a.attnum) LIKE '%' || d.counted || ' – ' || d.counted_en END, false)"),
	'', 'the comments of kpi_daily say the same, in Chinese and English');

# what is scored and appealed against are rates of kpi(), every one but for what proves none
for my $table ('score_policy', 'score_appeal')
{
	is($node->safe_psql('postgres', "SELECT string_agg(r, ' ' ORDER BY r) FROM (SELECT DISTINCT (regexp_matches(pg_get_constraintdef(c.oid), '''([a-z_]+)''::text', 'g'))[1] AS r
		  FROM pg_constraint AS c WHERE c.conname = '${table}_rate_check') AS r"),
		$node->safe_psql('postgres', "SELECT string_agg(figure, ' ' ORDER BY figure) FROM liskeban_report.kpi_definition WHERE out_of IS NOT NULL"), "$table knows every rate");
}
$node->safe_psql('postgres', "SELECT * FROM liskeban.kpi('2024-01-01', '2024-01-02', 'town')");

# an upgrade says it again, not twice
$node->safe_psql('postgres', "CALL liskeban.upgrade_platform()");
is(join("\n", lines("SELECT obj_description('liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[])'::regprocedure)")), $comment, 'after an upgrade the comment is the same');

$node->stop;
done_testing();
