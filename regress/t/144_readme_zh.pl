
# The same of README in Chinese.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

our @documents = ('jobs/README.zh-CN.md');
do "$FindBin::RealBin/142_readme.pl" or die $@ || $!;
