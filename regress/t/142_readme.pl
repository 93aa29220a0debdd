
# What README says to do is done, block by block, from an empty server to the end: every command in it is run here, or by the test
# that it names. Comments that a reader does not see say how, before a block:
#
#   <!-- tested by FILE -->      not here
#   <!-- first SQL -->           what has to be there, in the database of the block
#   <!-- as ROLE -->             who runs it; the superuser unless given
#   <!-- fails SQLSTATE -->      how it ends; without an error unless given
#   <!-- shows -->               the block that follows is what the one before printed; with "last", its last lines
#
# Blocks of SQL run in database lishui, those of a shell in a folder with the files they name.

use strict;
use warnings;

use FindBin;
use IPC::Run qw(run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";
# a test of other documents of the kind runs this with their names
our @documents;
@documents = ('README.md', 'sql/hub/CITY.md') if !@documents;
my $node = PostgreSQL::Test::Cluster->new('readme');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8', '--username=postgres' ]);
$node->append_conf('postgresql.conf', "jit = off\nfsync = off");
$node->start;

my $folder = PostgreSQL::Test::Utils::tempdir();
sub area
{
	my ($code, $west, $east) = @_;
	return qq({"type": "Feature", "properties": {"code": "$code", "name": "$code"}, "geometry": {"type": "Polygon", "coordinates":
		[[[$west, 31.4], [$east, 31.4], [$east, 31.45], [$west, 31.45], [$west, 31.4]]]}});
}
sub file
{
	my ($name, @lines) = @_;
	append_to_file("$folder/$name", join("\n", @lines, ''));
	return;
}
file('towns.geojson', '{"type": "FeatureCollection", "features": [', area('320117100', 119.0, 119.1), ',', area('320117101', 119.1, 119.2), ']}');
file('villages_2025.geojson', '{"type": "FeatureCollection", "features": [', area('320117001019', 119.0, 119.1), ']}');
file('requests.csv', 'unique_key,descriptor,complaint_type,longitude,latitude,created_date',
	'1,Pothole,Street Condition,119.03,31.65,2024-10-21T08:00:00', '2,Noise,Noise - Street,119.04,31.64,2024-10-21T09:00:00',
	'2,Noise,Noise - Street,119.04,31.64,2024-10-21T09:00:00');
system_or_bail('gzip', "$folder/requests.csv");

local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGUSER => 'postgres', PGDATABASE => 'lishui', PAGER => 'cat');

# The blocks, each with what was said of it.
my (@blocks, %said, $block);
for my $file (@documents)
{
	my $line = 0;
	for (split /\n/, slurp_file("$root/$file"))
	{
		$line++;
		if ($block)
		{
			if (/^```$/) { push @blocks, $block; undef $block }
			else { $block->{text} .= "$_\n" }
		}
		elsif (/^```(\w*)$/) { $block = { %said, language => $1, line => "$file, line $line", text => '' }; %said = () }
		elsif (/^<!-- (tested by|first|as|fails|shows)\s*(.*?) -->$/) { $said{$1} = $2 }
		elsif (%said) { die "$file, line $line: what was said of a block belongs right before it" }
	}
	is($block, undef, "every block of $file ends");
}
cmp_ok(scalar @blocks, '>=', 20, 'there are blocks');

my $printed = '';
for my $b (@blocks)
{
	my $where = $b->{line};

	if (defined $b->{shows})
	{
		my $shown = $b->{shows} eq 'last' ? substr($printed, -length $b->{text}) : $printed;
		is($shown, $b->{text}, "$where: what is shown is what comes");
	}
	next unless $b->{language} =~ /^(?:sql|sh)$/;
	if (defined $b->{'tested by'})
	{
		ok(-s "$root/$b->{'tested by'}", "$where: $b->{'tested by'} is there to test it");
		next;
	}
	$node->safe_psql('lishui', $b->{first}) if defined $b->{first};
	my ($out, $err) = ('', '');
	my @command = $b->{language} eq 'sh' ? ('bash', '-euc', "cd '$folder'\n$b->{text}") : ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=default', '-U', $b->{as} // 'postgres', '-f', '-');
	my $ok = run(\@command, '<', \($b->{language} eq 'sh' ? '' : $b->{text}), '>', \$out, '2>', \$err);
	$err =~ s/^psql:<stdin>:\d+: //mg;
	if (defined $b->{fails})
	{
		my $again = '';
		run([ @command[ 0 .. $#command - 4 ], '-v', 'VERBOSITY=sqlstate', @command[ -4 .. -1 ] ], '<', \$b->{text}, '>', \my $nothing, '2>', \$again);
		ok(!$ok, "$where: is refused");
		like($again, qr/ERROR:  $b->{fails}$/m, "... with $b->{fails}");
		$printed = $err;
	}
	else
	{
		ok($ok, "$where: runs") or diag($b->{text}, $err);
		$printed = $out;
	}
}

is($node->safe_psql('lishui', 'SELECT * FROM liskeban.check_invariants()'), '', 'and nothing is wrong at the end');

$node->stop;
done_testing();
