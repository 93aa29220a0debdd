# What the rows of the bench share. Sourced by regress/bench/bench, and before each file of regress/bench/rows and rooms:
#
#   say TEXT...                      progress, on standard error
#   sql ARG...                       psql, quiet, bare values, stops at the first error
#   cluster [SETTING=VALUE...]       the bench's server with its usual settings and these; restarted if it ran with others
#   fresh DATABASE [TEMPLATE]        makes DATABASE anew, as a copy of TEMPLATE
#   platform DATABASE                the same with PostGIS, the extension and an empty platform in it
#   drop DATABASE...
#   timed DATABASE BEFORE MEASURED   seconds|processor seconds (of the backend) that the statements MEASURED take in one
#                                    transaction, after BEFORE and a checkpoint in the same session; statements or
#                                    meta-commands, one a line
#   clocked COMMAND...               seconds that a command takes; what it says is in $bench_dir/said
#   rate DATABASE CLIENTS SECONDS SCRIPT [ARG...]
#                                    transactions a second that pgbench reports, prepared, with further arguments|server
#                                    processes' microseconds of processor time for each
#   interleave NAME=COMMAND...       calls each command in turn, RUNS times over; each prints one figure (or
#                                    figure|figure...), which becomes the next of the series NAME
#   keep NAME FIGURE...              a series of its own
#   derive NAME EXPRESSION SERIES... run by run, an awk expression over a, b, c, d: the figures of up to four series;
#                                    SERIES@2 is its second figure
#   median SERIES                    median, least and greatest
#   spelt SERIES UNIT                the same in words
#   emit [-u UNIT] WHAT BASE OWN RATIO SIGN GOAL
#                                    a row of the table: medians and spread of two series, the median of what RATIO (own/base
#                                    or base/own) gives in each run, and whether it is <= or >= GOAL; of seconds that
#                                    timed gave the same by processor time is told
#   emit_figure [-u UNIT] WHAT BASELINE SERIES SIGN GOAL
#                                    a row about a figure that is no ratio; BASELINE is text
#   emit_text WHAT BASELINE OWN RATIO GOAL MET
#                                    a row as it stands
#   note TEXT...                     a line below the table
#
# A file rows/NN_NAME sets its variables (: "${TICKETS:=100000}"), defines row_run, which measures and emits, and may define
# row_needs, which prints the gigabytes and the minutes that it takes with these variables. Sourcing it does nothing
# else. It runs in a shell of its own (set -eu), after the files before it, and drops its databases; $top is the working tree, $here
# regress/bench, $bench_dir a folder for its files, $family its NAME.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
export PG_CONFIG=${PG_CONFIG:-pg_config}
: "${RUNS:=7}" "${SCALE:=1000000}" "${BENCH_PORT:=5518}"
bench_dir=${BENCH_DIR:-$top/.bench}
shared=${LISKEBAN_SHARED:-$top/../shared}
. "$top/jobs/demo/cluster.sh"
PATH=$cluster_bin:$PATH
export PGTZ=Asia/Shanghai PGAPPNAME=bench LC_ALL=C.UTF-8

settings=("fsync=off" "shared_buffers='512MB'" "max_wal_size='16GB'" "checkpoint_timeout='1h'" "autovacuum=off"
	"jit=off" "max_parallel_workers_per_gather=0" "work_mem='64MB'" "maintenance_work_mem='256MB'")

say() {
	printf '[%5ds] %s%s\n' $(($(date +%s) - ${BENCH_BEGAN:-$(date +%s)})) "${family:+$family: }" "$*" >&2
}

sql() {
	psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"
}

cluster() {
	local given

	# A setting that is given replaces the usual one; of two lines the last counts.
	cluster_init "$bench_dir"
	cluster_start "$bench_dir" "$BENCH_PORT" "${settings[@]}" "$@"
}

fresh() {
	drop "$1"
	if [ $# -gt 1 ]; then
		sql -d postgres -c "CREATE DATABASE $1 TEMPLATE $2 STRATEGY file_copy"
	else
		sql -d postgres -c "CREATE DATABASE $1"
	fi
}

drop() {
	local database

	for database in "$@"; do
		PGOPTIONS="-c client_min_messages=warning" sql -d postgres -c "DROP DATABASE IF EXISTS $database WITH (FORCE)"
	done
}

platform() {
	fresh "$1"
	PGOPTIONS="-c client_min_messages=warning" sql -d "$1" -c "CREATE EXTENSION postgis" -c "CREATE EXTENSION liskeban CASCADE" \
		-c "CALL liskeban.create_platform('320117', '溧水区')"
}

# What psql asks before and after: the time, and the processor time that the backend has had (clock ticks; Linux).
ticks="(SELECT split_part(s, ' ', 12)::bigint + split_part(s, ' ', 13)::bigint
	FROM split_part(pg_read_file('/proc/self/stat', 0, 4096, true), ') ', 2) AS s)"

timed() {
	sql -d "$1" <<-SQL
		SET client_min_messages = warning;
		$2
		CHECKPOINT;
		SELECT clock_timestamp() AS began, $ticks AS ticks \\gset
		BEGIN;
		$3
		COMMIT;
		SELECT extract(epoch FROM clock_timestamp() - :'began'::timestamptz),
		       coalesce(($ticks - NULLIF(:'ticks', '')::bigint) / $(getconf CLK_TCK).0, 'NaN');
	SQL
}

clocked() {
	local began=$EPOCHREALTIME

	"$@" >"$bench_dir/said" 2>&1 || { cat "$bench_dir/said" >&2; return 1; }
	awk -v began="$began" -v ended="$EPOCHREALTIME" 'BEGIN { printf "%.6f\n", ended - began }'
}

rate() {
	local database=$1 clients=$2 seconds=$3 script=$4 before

	shift 4
	sql -d "$database" -c CHECKPOINT
	before=$(reaped)
	PGAPPNAME=pgbench pgbench -n -M prepared -c "$clients" -j 2 -T "$seconds" -f "$script" "$@" "$database" >"$bench_dir/pgbench" 2>&1 || true
	if ! grep -q '^number of failed transactions: 0 ' "$bench_dir/pgbench" || grep -q 'aborted' "$bench_dir/pgbench"; then
		cat "$bench_dir/pgbench" >&2
		return 1
	fi
	awk -v ticks=$(($(reaped) - before)) -v hz="$(getconf CLK_TCK)" '/^number of transactions actually processed/ { n = $NF }
		/^tps = / { printf "%s|%.2f\n", $3, ticks / hz / n * 1e6 }' "$bench_dir/pgbench"
}

# Clock ticks that server processes which are over have had, once those of pgbench are.
reaped() {
	until [ "$(sql -d postgres -c "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgbench'")" = 0 ]; do :; done
	awk '{ print $16 + $17 }' "/proc/$(head -n 1 "$bench_dir/data/postmaster.pid")/stat"
}

interleave() {
	local run each figure

	for run in $(seq "$RUNS"); do
		say "run $run of $RUNS"
		for each in "$@"; do
			figure=$(${each#*=})
			if [ -n "${BENCH_VERBOSE:-}" ]; then
				say "${each%%=*} $figure"
			fi
			if ! [[ $figure =~ ^[0-9.]+(\|[0-9.NaN-]+)*$ ]]; then
				echo "${each%%=*} gave no figure: $figure" >&2
				return 1
			fi
			echo "$figure" >>"$bench_dir/runs/$family.${each%%=*}"
		done
	done
}

keep() {
	local name=$1

	shift
	printf '%s\n' "$@" >"$bench_dir/runs/$family.$name"
}

series() {
	local field=1

	case $1 in
		*@*) field=${1#*@} ;;
	esac
	cut -d'|' -f"$field" "$bench_dir/runs/$family.${1%@*}"
}

derive() {
	local name=$1 expression=$2 each
	local columns=()

	shift 2
	for each in "$@"; do
		columns+=("<(series '$each')")
	done
	eval "paste ${columns[*]}" | awk "{ a = \$1; b = \$2; c = \$3; d = \$4; printf \"%.9g\\n\", ($expression) }" >"$bench_dir/runs/$family.$name"
}

median() {
	series "$1" | sort -g | awk '{ v[NR] = $1 } END { print (NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2), v[1], v[NR] }'
}

# "median unit (least to greatest)", with three digits or so
spelt() {
	median "$1" | awk -v unit="$2" '
		function digits(x) { return sprintf(x >= 100 || x <= -100 ? "%.0f" : x >= 10 || x <= -10 ? "%.1f" : x >= 1 || x <= -1 || x == 0 ? "%.2f" : "%.3g", x) }
		{ printf "%s%s (%s to %s)", digits($1), unit == "" ? "" : " " unit, digits($2), digits($3) }'
}

met() {
	median "$1" | awk -v sign="$2" -v goal="$3" '{ print (sign == "<=" ? $1 <= goal : $1 >= goal) ? "yes" : "no" }'
}

emit_text() {
	printf '| %s | %s | %s | %s | %s | %s |\n' "$@" | tee -a "$bench_dir/table"
}

emit() {
	local unit=s expression processor

	if [ "$1" = -u ]; then
		unit=$2
		shift 2
	fi
	case $4 in
		own/base) expression='b / a' ;;
		base/own) expression='a / b' ;;
		*)
			echo "no ratio: $4" >&2
			return 2
			;;
	esac
	derive ratio "$expression" "$2" "$3"
	if [ "$unit" = s ] && grep -q '|' "$bench_dir/runs/$family.$2" && grep -q '|' "$bench_dir/runs/$family.$3"; then
		derive processor "$expression" "$2@2" "$3@2"
		processor="; by processor time $(median processor | awk '{ printf "%.2f", $1 }')"
	fi
	emit_text "$1" "$(spelt "$2" "$unit")" "$(spelt "$3" "$unit")" "$(spelt ratio "")${processor:-}" "$(sign "$5") $6" "$(met ratio "$5" "$6")"
}

emit_figure() {
	local unit=

	if [ "$1" = -u ]; then
		unit=$2
		shift 2
	fi
	emit_text "$1" "$2" "$(spelt "$3" "$unit")" "" "$(sign "$4") $5${unit:+ $unit}" "$(met "$3" "$4" "$5")"
}

sign() {
	[ "$1" = "<=" ] && echo ≤ || echo ≥
}

note() {
	printf '%s\n' "$*" >>"$bench_dir/notes"
}
