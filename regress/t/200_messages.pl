
# Messages in the operator's language: the catalogs have all that the sources say, and the server and the programs speak by
# them, with the same SQLSTATEs.

use strict;
use warnings;
use utf8;

use Encode;
use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $work = PostgreSQL::Test::Utils::tempdir;

# What a program writes, and how it ended.
sub run
{
	my ($out, $err) = ('', '');

	IPC::Run::run([@_], '<', \undef, '>', \$out, '2>', \$err);
	return ($? >> 8, decode('UTF-8', $out), decode('UTF-8', $err));
}

SKIP:
{
	skip 'gettext is not here (apt: gettext)', 3 if (run('sh', '-c', 'command -v xgettext && command -v msgcmp'))[0] != 0;

	my ($status, $template, $err) = run("$root/extension/po/template");

	is("$status $err", '0 ', 'every message of the sources can be drawn for a catalog');
	append_to_file("$work/liskeban.pot", encode('UTF-8', $template));
	for my $po (glob("$root/extension/po/*.po"))
	{
		($status, undef, $err) = run('msgcmp', $po, "$work/liskeban.pot");
		is("$status $err", '0 ', "$po has a translation of each (make update-po, then translate)");
		($status, undef, $err) = run('msgfmt', '--check', '-o', '/dev/null', $po);
		is("$status $err", '0 ', "$po takes the arguments that the messages take");
	}
}

# The locale is the machine's, or made here; the C library finds it by LOCPATH then.
my $locale = 'zh_CN.UTF-8';
if (!grep { /^zh_CN\.utf-?8$/i } split("\n", (run('locale', '-a'))[1]))
{
	my (undef, undef, $err) = run('localedef', '--no-archive', '-i', 'zh_CN', '-f', 'UTF-8', "$work/$locale");

	if (!-e "$work/$locale/LC_MESSAGES")
	{
		diag("there is no locale $locale, and localedef cannot make it (apt: locales): $err");
		done_testing();
		exit;
	}
	$ENV{LOCPATH} = $work;
}

# Preloaded, and the database in locale C, where gettext by itself would write question marks.
my $node = PostgreSQL::Test::Cluster->new('messages');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\nshared_preload_libraries = 'liskeban'\n");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION liskeban CASCADE;
CALL liskeban.create_platform('320117', '溧水区');
INSERT INTO liskeban.source_system (code, name, name_en) VALUES ('desk', '坐席', 'Desk');
INSERT INTO liskeban.ticket (source, external_id, category, title) VALUES ('desk', '1', 'street_light', 'x');
CREATE ROLE clerk IN ROLE liskeban_handler;
GRANT EXECUTE ON FUNCTION liskeban.try_policy(text, jsonpath, date) TO clerk;
SQL

# SQLSTATE, message, detail and hint of a statement's error.
sub error_of
{
	my ($lc_messages, $sql) = @_;
	my (undef, undef, $err) = $node->psql('postgres', "SET lc_messages = '$lc_messages';\n\\set VERBOSITY verbose\n$sql");
	my @lines = split("\n", decode('UTF-8', $err));
	my @told;

	for (@lines)
	{
		push @told, $1 if /^psql:[^ ]+ [^ ]+\s+(.*)$/ && !@told;
		push @told, $1 if /^(?:DETAIL|HINT|详细信息|提示)\s*[:：]\s*(.*)$/;
	}
	return join("\n", @told);
}

for my $case (
	[ 'what C reports, with DETAIL', "SELECT '12x'::liskeban.area_code;",
		"22P02: invalid input syntax for type area_code: \"12x\"\nA code has 2, 4, 6, 9, 12, 15 or 18 digits and nothing else.",
		"22P02: 类型 area_code 的输入语法无效: \"12x\"\n区划代码只能是 2、4、6、9、12、15 或 18 位数字。" ],
	[ 'what a trigger in C refuses, with HINT',
		"UPDATE liskeban.ticket SET state = 'closed';",
		"LK001: ticket 320117000000001 cannot go from \"reported\" to \"closed\"\nThere is no such row in liskeban.transition.\nFrom \"reported\" it may go to: accepted (accept), resolved (answer), rejected (reject), withdrawn (withdraw), merged (merge).",
		"LK001: 工单 320117000000001 不能从 \"reported\" 流转到 \"closed\"\nliskeban.transition 中没有这一行。\n从 \"reported\" 可以流转到: accepted (accept), resolved (answer), rejected (reject), withdrawn (withdraw), merged (merge)。" ],
	[ 'what is missing',
		"UPDATE liskeban.ticket SET state = 'resolved';",
		"LK002: ticket 320117000000001 lacks what \"answer\" requires\nMissing: reply.",
		"LK002: 工单 320117000000001 缺少 \"answer\" 所需的内容\n缺少: reply。" ],
	[ 'what PL/pgSQL raises, with HINT', "SELECT liskeban.nearest_service('nothing', NULL);",
		"P0002: there is no service \"nothing\"\nSee liskeban.service_item.",
		"P0002: 服务 \"nothing\" 不存在\n见 liskeban.service_item。" ],
	[ 'what SQL hands on to an error of C', "SET ROLE clerk; SELECT liskeban.try_policy('x', '\$.age > 1');",
		"42501: \"clerk\" may not do this: try a policy\nIt is for administrators (liskeban_admin).",
		"42501: \"clerk\" 无权试算政策\n仅限管理员 (liskeban_admin)。" ],
  )
{
	my ($what, $sql, $english, $chinese) = @$case;

	is(error_of('C', $sql), $english, "$what, in English");
	is(error_of($locale, $sql), $chinese, "$what, in Chinese");
}
is($node->safe_psql('postgres', "SET lc_messages = '$locale'; SELECT liskeban.message(''), liskeban.message(NULL) IS NULL, liskeban.message('100%%'),
    liskeban.message('no such %s in any %s', 1, 'catalog')"),
	'|t|100%|no such 1 in any catalog', 'what no catalog has stays as it is');

$node->safe_psql('postgres', "ALTER DATABASE postgres SET lc_messages = '$locale'");
like(decode('UTF-8', ($node->psql('postgres', 'CALL liskeban.run_job(NULL)'))[2]), qr/任务名称不能为 NULL/, 'a database may have its language');
$node->safe_psql('postgres', 'ALTER DATABASE postgres RESET lc_messages');

# The programs go by the environment.
{
	local $ENV{LC_ALL} = $locale;
	my ($status, $out, $err) = run("$root/jobs/liskeban_load", 'plays');

	is($status, 2, 'the exit status is the same');
	like($err, qr/^liskeban_load: 未知命令 "plays"\n请用 "liskeban_load --help" /, 'liskeban_load says in Chinese what is wrong');
	(undef, $out, undef) = run("$root/jobs/liskeban_archive", '--help');
	like($out, qr/^liskeban_archive 将平台的旧办理记录移出到文件。.*连接选项:.*退出状态: 0 完成/s, 'and its help is Chinese');
}
like((run("$root/jobs/liskeban_load", 'plays'))[2], qr/^liskeban_load: unknown command "plays"/, 'in English otherwise');

$node->stop;
done_testing();
