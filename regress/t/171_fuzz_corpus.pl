
# The inputs that fuzzing the C parsers kept (regress/fuzz/corpus), given to them again under the sanitizers: what once broke one stays mended.

use strict;
use warnings;

use FindBin;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;

my $fuzz = "$FindBin::RealBin/../fuzz";
my $out = PostgreSQL::Test::Utils::tempdir;
my ($stdout, $stderr);

plan skip_all => 'no gcc with AddressSanitizer here'
  if system("echo 'int main(void) { return 0; }' | gcc -fsanitize=address,undefined -x c - -o '$out/probe' 2>/dev/null && '$out/probe'") != 0;

$ENV{FUZZ_SECONDS} = 0;
$ENV{FUZZ_OUT} = $out;
my $held = IPC::Run::run([ "$fuzz/fuzz" ], '>', \$stdout, '2>', \$stderr);
ok($held, 'every parser holds') or diag($stdout, $stderr);
my @parsers = map { m{([^/]+)$} } glob("$fuzz/corpus/*");
is_deeply([ $stdout =~ /^(\w+): held/mg ], \@parsers, 'each of them was tried');

# The replay can fail: an input that aborts is told.
open my $handle, '>', "$out/broken.c" or die $!;
print $handle "#include <stdlib.h>\nint LLVMFuzzerTestOneInput(const unsigned char *d, size_t n) { return n > 0 && d[n] == 7; }\n";
close $handle;
is(system('gcc', '-g', '-fsanitize=address', "$fuzz/replay.c", "$out/broken.c", '-o', "$out/broken"), 0, 'a parser that reads past its end');
isnt(system("'$out/broken' '$fuzz/fuzz' >/dev/null 2>&1"), 0, 'is found out');

done_testing();
