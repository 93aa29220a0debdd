
# What each figure of kpi() means is said in one place: README's table, the comments of the code and the view say the same.

use strict;
use warnings;

use Encode;
use FindBin;
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

# README: | `figure` | 名称 name | counted | out of |
open my $readme, '<', "$root/README.md" or die "could not read README.md: $!";
my (@table, $in);
while (<$readme>)
{
	$in = 1, next if /^\| figure \| name \| counts \| out of \|$/;
	next if $in && /^\|---/;
	last if $in && !/^\|/;
	push @table, $_ =~ s/\s*\n//r if $in;
}
close $readme;
my @defined = lines(q{SELECT format('| `%s` | %s %s | %s | %s |', figure, name, name_en, counted_en, out_of_en) FROM liskeban_report.kpi_definition ORDER BY nth});
cmp_ok(scalar @defined, '>=', 20, 'there are definitions');
is(join("\n", @table), join("\n", @defined), 'README\'s table has each of them, word for word, and no other');

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
