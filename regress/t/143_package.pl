
# What a package is made of: make install puts what an extension has and nothing else, META.json is what PGXN's Meta Spec 1.0.0
# asks for and says the same as the control file, an archive has META.json at its top and nothing of how it is developed.

use strict;
use warnings;

use FindBin;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $pg_config = $ENV{PG_CONFIG};
my ($version) = slurp_file("$root/liskeban.control") =~ /^default_version = '([^']+)'$/m;

# ---- what is installed ----

my $folder = PostgreSQL::Test::Utils::tempdir();
delete @ENV{qw(MAKEFLAGS MAKELEVEL)};
system_or_bail('make', '-s', '-C', $root, 'install', "PG_CONFIG=$pg_config", "DESTDIR=$folder", 'with_llvm=no');
my %place = map { my $place = `$pg_config --$_`; chomp $place; $_ => $place } qw(bindir sharedir pkglibdir localedir);
my @other = grep { !m{^\Q$place{bindir}\E/liskeban_(?:load|report|archive)$} && $_ ne "$place{pkglibdir}/liskeban.so" &&
	!m{^\Q$place{sharedir}\E/extension/liskeban(?:\.control|--[0-9.]+(?:--\Q$version\E)?\.sql)$} && !m{^\Q$place{localedir}\E/\w+/LC_MESSAGES/\S*liskeban\S*\.mo$} &&
	!m{^\Q$place{sharedir}\E/liskeban/liskeban\S*\.(?:yaml|service|timer)$} }
  map { s/^\Q$folder\E//r } split /\n/, `find '$folder' -type f`;
is(join("\n", @other), '', 'make install puts the library, scripts, programs and messages, and nothing else');
ok(-s "$folder$place{sharedir}/extension/liskeban--$version.sql", 'the script of this version among them');
my @from = map { /--([0-9.]+)\.sql$/ ? $1 : () } grep { !/--\Q$version\E\.sql$/ } glob "$root/sql/upgrade/released/liskeban--*.sql";
ok(-s "$folder$place{sharedir}/extension/liskeban--$_--$version.sql", "and the way from $_") for @from;

# ---- META.json ----

my $meta = JSON::PP->new->utf8->decode(slurp_file("$root/extension/META.json"));
my $semantic = qr/^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-?[A-Za-z][0-9A-Za-z-]*)?$/;
my @wrong;
for (qw(name abstract version maintainer license provides meta-spec)) { push @wrong, "no $_" unless defined $meta->{$_} && length $meta->{$_} }
for (keys %$meta)
{
	push @wrong, "$_ is no key of the specification"
	  unless /^(?:name|abstract|version|maintainer|license|provides|meta-spec|description|generated_by|tags|no_index|prereqs|release_status|resources)$/ || /^x_/i;
}
push @wrong, 'name' unless $meta->{name} =~ m{^[^\s/\\[:cntrl:]]{2,}$};
push @wrong, 'version' unless $meta->{version} =~ $semantic;
push @wrong, 'license' unless $meta->{license} =~ /^(?:agpl_3|apache_[12]_[01]|artistic_[12]|bsd|freebsd|gpl_[123]|lgpl_[23]_[01]|mit|mozilla_1_[01]|perl_5|postgresql|open_source|restricted|unrestricted)$/;
push @wrong, 'release_status' unless $meta->{release_status} =~ /^(?:stable|testing|unstable)$/;
push @wrong, 'meta-spec' unless $meta->{'meta-spec'}{version} eq '1.0.0';
for my $provided (values %{ $meta->{provides} })
{
	push @wrong, 'a version of what is provided' unless $provided->{version} =~ $semantic;
	for (qw(file docfile)) { push @wrong, "$_ is not there" unless -s "$root/$provided->{$_}" }
}
for my $phase (keys %{ $meta->{prereqs} })
{
	push @wrong, "phase $phase" unless $phase =~ /^(?:configure|runtime|build|test|develop)$/;
	while (my ($relation, $needed) = each %{ $meta->{prereqs}{$phase} })
	{
		push @wrong, "relation $relation" unless $relation =~ /^(?:requires|recommends|suggests|conflicts)$/;
		for (values %$needed) { push @wrong, "version $_" unless $_ eq '0' || /$semantic/ }
	}
}
is(join(', ', @wrong), '', 'META.json is as the specification has it');
is($meta->{version}, $version, 'its version is that of the control file');
is($meta->{provides}{liskeban}{version}, $version, 'so is what it provides');
my ($requires) = slurp_file("$root/liskeban.control") =~ /^requires = '([^']+)'$/m;
is(join(', ', grep { $_ ne 'PostgreSQL' } sort keys %{ $meta->{prereqs}{runtime}{requires} }), join(', ', sort split /, /, $requires), 'it requires what the control file does');
like(slurp_file("$root/README.md"), qr/^Version \Q$version\E\b/m, 'README speaks of this version');

# ---- the archive ----

SKIP:
{
	skip 'no git checkout', 3 if !-d "$root/.git" || system("git -C '$root' rev-parse -q --verify HEAD >/dev/null 2>&1");
	my @files = split /\n/, `git -C '$root' archive --prefix=p/ --add-file=extension/META.json HEAD | tar -tf -`;
	ok((grep { $_ eq 'p/META.json' } @files), 'META.json is at the top of an archive');
	is(join(' ', grep { m{^p/\.(?:ci|git)} } @files), '', 'how it is developed is not in it');
	is(join(' ', grep { /\.(?:o|so|bc|gcda|gcno|mo)$/ } @files), '', 'nor is what was built');
}

done_testing();
