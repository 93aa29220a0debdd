
# The kernels of the signals against R, and the p-values of the scan where there is no cluster.
#
# R with the package surveillance (Debian: r-cran-surveillance) is no dependency: without it that part skips.
# LISKEBAN_SCAN_RUNS says over how many seeded runs the scan's p-values are held against the uniform distribution (500).

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $runs = $ENV{LISKEBAN_SCAN_RUNS} || 500;

my $node = PostgreSQL::Test::Cluster->new('signal');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "jit = off\nextra_float_digits = 1");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION liskeban CASCADE');

# ---- the scan without a cluster ----

# Place and day are independent, neither of them even: 118 villages in clumps, 30 days, 1,500 cases. p = k / 200 is as
# likely as any other k, so the greatest distance of the two distribution functions is that at these points.
my $null = q{
	SELECT setseed(0.5772);
	CREATE TABLE village AS
	SELECT v, (v % 9) * 3000 + random() * 4000 AS x, (v % 4) * 3000 + random() * 4000 AS y, 0.2 + random() * 2 AS weight
	  FROM generate_series(1, 118) AS v;
	CREATE TABLE share AS
	SELECT array_agg(upto ORDER BY v) AS upto FROM (SELECT v, sum(weight) OVER (ORDER BY v) / sum(weight) OVER () AS upto FROM village) AS s;
	CREATE TABLE run AS
	SELECT r, s.p, s.p_gumbel
	  FROM (SELECT array_agg(x ORDER BY v) AS xs, array_agg(y ORDER BY v) AS ys FROM village) AS p,
	       LATERAL (SELECT r, array_agg(c) AS cs, array_agg(d) AS ds, array_agg(1) AS ns
	                  FROM (SELECT r, width_bucket(random(), upto) + 1 AS c, 1 + floor(30 * random() ^ 1.3)::integer AS d
	                          FROM share, generate_series(1, %d) AS r, generate_series(1, 1500)) AS q
	                 GROUP BY r) AS a,
	       LATERAL liskeban.space_time_scan(xs, ys, cs, ds, ns, 30, replications => 199, seed => r) AS s;
};
$node->safe_psql('postgres', sprintf($null, $runs));
is($node->safe_psql('postgres', 'SELECT count(*) FROM run'), $runs, "$runs scans of cases without a cluster");
my ($distance) = split /\|/, $node->safe_psql('postgres', q{
	SELECT max(abs((SELECT count(*) FROM run WHERE p <= k / 200.0 + 1e-9)::float8 / (SELECT count(*) FROM run) - k / 200.0))
	  FROM generate_series(1, 200) AS k});
my $limit = 1.628 / sqrt($runs);
cmp_ok($distance, '<', $limit, sprintf 'their p-values are uniform: Kolmogorov and Smirnov\'s D %.4f of %.4f at 1 %%', $distance, $limit);
($distance) = $node->safe_psql('postgres', q{
	SELECT max(abs(n / (SELECT count(*) FROM run)::float8 - p_gumbel)) FROM (SELECT p_gumbel, row_number() OVER (ORDER BY p_gumbel) AS n FROM run) AS r});
cmp_ok($distance, '<', $limit + 0.02, sprintf 'those by the Gumbel distribution nearly: D %.4f', $distance);

# The district's day: 118 villages, 30 days, 360 cases a day, 999 replications.
my $seconds = $node->safe_psql('postgres', q{
	CREATE TABLE timed AS
	SELECT clock_timestamp() AS began, xs, ys, cs, ds, ns
	  FROM (SELECT array_agg(x ORDER BY v) AS xs, array_agg(y ORDER BY v) AS ys FROM village) AS p,
	       (SELECT array_agg(c) AS cs, array_agg(d) AS ds, array_agg(n) AS ns
	          FROM (SELECT 1 + floor(118 * random())::integer AS c, 1 + floor(30 * random())::integer AS d, count(*)::integer AS n
	                  FROM generate_series(1, 10800) GROUP BY 1, 2) AS q) AS a;
	WITH t AS MATERIALIZED (SELECT clock_timestamp() AS began), s AS MATERIALIZED (
	  SELECT s.* FROM t, timed, LATERAL liskeban.space_time_scan(xs, ys, cs, ds, ns, 30) AS s WHERE t.began IS NOT NULL)
	SELECT round(extract(epoch FROM clock_timestamp() - (SELECT began FROM t))::numeric, 2) FROM s;
});
cmp_ok($seconds, '<', 5, "a district's scan takes $seconds s");

# Parallel workers give the same.
my $ask = 'SELECT md5(string_agg(s::text, chr(10) ORDER BY seed)) FROM generate_series(1, 6) AS seed, timed, LATERAL liskeban.space_time_scan(xs, ys, cs, ds, ns, 30, replications => 99, seed => seed, clusters => 3) AS s';
my $alone = $node->safe_psql('postgres', $ask);
is($node->safe_psql('postgres', "SET force_parallel_mode = on; $ask"), $alone, 'a parallel worker finds the same clusters');

# ---- R ----

SKIP:
{
	my $rscript = `which Rscript 2>/dev/null`;
	chomp $rscript;
	skip 'R is not installed', 4 unless $rscript;
	skip "R's surveillance is not installed (Debian: r-cran-surveillance)", 4
	  if system("$rscript -e 'suppressMessages(library(surveillance))' >/dev/null 2>&1") != 0;

	my $folder = PostgreSQL::Test::Utils::tempdir;
	my $export = sub {
		my ($name, $query) = @_;
		append_to_file("$folder/$name.csv", $node->safe_psql('postgres', "COPY ($query) TO STDOUT (FORMAT csv, HEADER)") . "\n");
	};
	$node->safe_psql('postgres', q{
		SELECT setseed(0.1414);
		CREATE TABLE series AS
		SELECT s, d, floor(-ln(1 - random()) * (s % 10 + 0.3) * CASE WHEN random() < 0.03 THEN 5 ELSE 1 END)::integer AS n
		  FROM generate_series(1, 40) AS s, generate_series(1, 200) AS d;
		CREATE TABLE tail AS
		SELECT floor(exp(random() * 7) - 1)::integer AS k, exp(random() * 13 - 7) AS m, exp(random() * 20 - 16) AS d FROM generate_series(1, 5000);
		CREATE TABLE p AS SELECT i, random() ^ (1 + i % 4) AS p FROM generate_series(1, 900) AS i;
	});
	$export->('ears', q{SELECT s, d, n, c1, c2, c3, c1_alarm, c2_alarm FROM series JOIN (
		SELECT s, e.* FROM (SELECT s, array_agg(n::float8 ORDER BY d) AS counts FROM series GROUP BY s) AS q, liskeban.ears(counts) AS e) AS e
		USING (s) WHERE d = e.day ORDER BY s, d});
	$export->('tail', 'SELECT k, m, d, liskeban.poisson_tail(k, m) AS poisson, liskeban.negative_binomial_tail(k, m, d) AS nb FROM tail');
	$export->('bh', 'SELECT p, q FROM (SELECT array_agg(p ORDER BY i) AS ps FROM p) AS a, unnest(ps, liskeban.benjamini_hochberg(ps)) AS u (p, q)');

	# Of earsC, C1 and C2 are compared with its bounds: at alpha 1/2 the bound is the mean, at that of one deviation it is one
	# deviation above. Its own C3 (1.20.3) leaves out the term of today, so C3 is summed from its C2 as published.
	append_to_file("$folder/compare.R", <<'R');
suppressMessages(library(surveillance))
folder <- commandArgs(trailingOnly = TRUE)[1]
ears <- read.csv(file.path(folder, "ears.csv"))
far <- 0
alarms <- 0
differ <- 0
for (s in split(ears, ears$s)) {
	for (method in c("C1", "C2")) {
		bound <- function(z) {
			r <- earsC(sts(s$n), control = list(method = method, alpha = pnorm(-z)))
			list(at = r@control$range, upper = as.vector(upperbound(r)), alarm = as.vector(r@alarm))
		}
		zero <- bound(0); one <- bound(1); three <- bound(3)
		deviation <- one$upper - zero$upper
		theirs <- ifelse(deviation > 1e-9, (s$n[zero$at] - zero$upper) / deviation, sign(round(s$n[zero$at] - zero$upper, 9)) * Inf)
		theirs[is.nan(theirs)] <- 0
		ours <- s[[tolower(method)]][zero$at]
		off <- ifelse(theirs == ours, 0, abs(theirs - ours) / (1 + abs(theirs)))
		far <- max(far, off)
		edge <- abs(ours - 3) < 1e-9
		alarms <- alarms + sum(three$alarm)
		differ <- differ + sum((three$alarm != (s[[paste0(tolower(method), "_alarm")]][zero$at] == "t")) & !edge)
		if (method == "C2") {
			excess <- pmax(0, theirs - 1)
			n <- length(excess)
			c3 <- excess[3:n] + excess[2:(n - 1)] + excess[1:(n - 2)]
			ours3 <- s$c3[zero$at[3:n]]
			far <- max(far, ifelse(c3 == ours3, 0, abs(c3 - ours3) / (1 + c3)))
		}
	}
}
cat("ears", far < 1e-9, alarms > 100, differ, "\n")
tail <- read.csv(file.path(folder, "tail.csv"))
compare <- function(ours, theirs) max(ifelse(theirs < 1e-290, 0, abs(ours - theirs) / theirs))
cat("poisson", compare(tail$poisson, ppois(tail$k - 1, tail$m, lower.tail = FALSE)), "\n")
cat("nb", compare(tail$nb, pnbinom(tail$k - 1, mu = tail$m, size = 1 / tail$d, lower.tail = FALSE)), "\n")
bh <- read.csv(file.path(folder, "bh.csv"))
cat("bh", max(abs(bh$q - p.adjust(bh$p, "BH")) / bh$q), "\n")
R
	my ($out, $err) = run_command([ $rscript, "$folder/compare.R", $folder ]);
	my %r = map { /^(\w+) (.*?)\s*$/ ? ($1 => $2) : () } split /\n/, $out;
	is($r{ears}, 'TRUE TRUE 0', 'EARS: statistics and alarms equal those of surveillance::earsC on 40 series of 200 days') or diag($err);
	cmp_ok($r{poisson} // 1, '<', 1e-10, 'Poisson tails equal ppois on 5,000 points to ' . ($r{poisson} // 'nothing'));
	cmp_ok($r{nb} // 1, '<', 1e-9, 'negative binomial tails equal pnbinom to ' . ($r{nb} // 'nothing'));
	cmp_ok($r{bh} // 1, '<', 1e-12, 'Benjamini and Hochberg equal p.adjust');
}

$node->stop;
done_testing();
