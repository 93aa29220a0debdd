# Private PostgreSQL clusters for the demo, the tests and the benchmarks. To be sourced by bash:
#
#   PG_CONFIG=/path/to/pg_config     which server; pg_config of the PATH unless set
#   . jobs/demo/cluster.sh
#
#   as_postgres CMD [ARG...]         runs CMD in / as the user that owns the clusters: postgres when called by
#                                    root, since servers refuse to run as root, else whoever calls
#   cluster_reachable FOLDER         fails, naming the folder that is in the way, unless that user can enter FOLDER
#   cluster_init DIR                 makes an empty cluster in DIR/data (superuser postgres, UTF8, trust over the
#                                    socket, no TCP); does nothing where one is already
#   cluster_start DIR PORT [OPTION...]
#                                    starts it with the given settings (each name=value, value quoted as in
#                                    postgresql.conf), or restarts it if it runs with others; exports PGHOST, PGPORT
#                                    and PGUSER so that psql reaches it; the log is DIR/log
#   cluster_running DIR              whether it runs
#   cluster_stop DIR                 stops it (fast) and removes its socket folder; no error if it does not run
#
# The socket lies in a folder of its own under /tmp, readable by its owner only, for a socket's path may have no more
# than 107 bytes and a working tree's may be longer. DIR/socket says where. Every function returns non-zero and
# says why on standard error when it fails.

cluster_bin=$("${PG_CONFIG:-pg_config}" --bindir) || return 1

as_postgres() {
	if [ "$(id -u)" = 0 ]; then
		(cd / && exec runuser -u postgres -- "$@")
	else
		(cd / && exec "$@")
	fi
}

cluster_reachable() {
	local folder step part=

	if ! id -u postgres >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
		echo "there is no user postgres, and a server does not run as root: install postgresql first" >&2
		return 1
	fi
	folder=$(realpath -m -- "$1")
	local IFS=/
	for step in $folder; do
		[ -n "$step" ] || continue
		part=$part/$step
		[ -e "$part" ] || return 0
		if ! as_postgres test -x "$part"; then
			echo "$part cannot be entered by the user postgres (try: chmod o+x '$part', or a copy of the tree elsewhere, such as under /srv)" >&2
			return 1
		fi
	done
}

# The postmaster works in its data folder, so a process id that was given anew after a reboot is not mistaken for it.
cluster_running() {
	local pid

	[ -r "$1/data/postmaster.pid" ] || return 1
	pid=$(head -n 1 "$1/data/postmaster.pid")
	[ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd")" = "$(realpath -- "$1/data")" ]
}

cluster_init() {
	local dir

	dir=$(realpath -m -- "$1")
	cluster_reachable "$(dirname "$dir")" && cluster_reachable "$cluster_bin" || return 1
	[ -s "$dir/data/PG_VERSION" ] && return 0
	mkdir -p -- "$dir" || return 1
	if [ "$(id -u)" = 0 ]; then
		chown postgres -- "$dir" || return 1
	fi
	as_postgres "$cluster_bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N >"$dir/initdb.log" 2>&1 ||
		{ cat "$dir/initdb.log" >&2; return 1; }
	echo "include_if_exists 'cluster.conf'" >>"$dir/data/postgresql.conf"
}

cluster_start() {
	local dir port=$2 socket option conf pid

	dir=$(realpath -- "$1") || return 1
	shift 2
	socket=$(cat "$dir/socket" 2>/dev/null) || true
	if [ -z "$socket" ] || ! as_postgres test -O "$socket" -a -d "$socket"; then
		socket=$(as_postgres mktemp -d /tmp/liskeban.XXXXXX) || return 1
		echo "$socket" >"$dir/socket"
	fi
	conf="unix_socket_directories = '$socket'
port = $port
listen_addresses = ''"
	for option in "$@"; do
		conf="$conf
${option%%=*} = ${option#*=}"
	done
	export PGHOST=$socket PGPORT=$port PGUSER=postgres
	if cluster_running "$dir"; then
		[ "$conf" = "$(cat "$dir/data/cluster.conf" 2>/dev/null)" ] && return 0
		as_postgres "$cluster_bin/pg_ctl" -D "$dir/data" -s -w -m fast stop || return 1
	elif [ -e "$dir/data/postmaster.pid" ]; then
		# Left behind by a reboot: a server would take any live process of its user that has this id for its own.
		pid=$(head -n 1 "$dir/data/postmaster.pid")
		if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
			rm -f -- "$dir/data/postmaster.pid"
		fi
	fi
	echo "$conf" | as_postgres tee "$dir/data/cluster.conf" >/dev/null || return 1
	if ! as_postgres "$cluster_bin/pg_ctl" -D "$dir/data" -s -w -t 120 -l "$dir/log" start >/dev/null; then
		echo "the server in $dir did not start; its log ends with:" >&2
		tail -n 20 "$dir/log" >&2
		return 1
	fi
}

cluster_stop() {
	local dir socket

	[ -d "$1" ] || return 0
	dir=$(realpath -- "$1")
	if cluster_running "$dir"; then
		as_postgres "$cluster_bin/pg_ctl" -D "$dir/data" -s -w -t 120 -m fast stop || return 1
	fi
	socket=$(cat "$dir/socket" 2>/dev/null) || true
	case $socket in
		/tmp/liskeban.??????) rm -rf -- "$socket" ;;
	esac
	rm -f -- "$dir/socket"
}
