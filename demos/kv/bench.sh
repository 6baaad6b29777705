#!/bin/bash
# Keys and values on three servers beside a lone Redis that syncs each write, and beside
# etcd on three servers: what 50 clients get, with one request at a time and with 16.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# bench.sh KV [--requests N] [--plot FILE.svg]. Redis, and kv, are asked by
# redis-benchmark; etcd by h2load, with the same keys and values in gRPC. With --plot,
# gnuplot draws the table. Exit status: 1 if somebody failed.
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

usage="usage: bench.sh KV [--requests N] [--plot FILE.svg]"
kv=${1:?$usage}
shift
requests=100000
plot=
while [ $# -ge 2 ]; do
	case $1 in
	--requests) requests=$2 ;;
	--plot) plot=$2 ;;
	*) break ;;
	esac
	shift 2
done
[ $# -eq 0 ] || { echo "$usage" >&2; exit 2; }
demos=$(dirname -- "$0")/..
. "$demos/kv/servers.sh"
. "$demos/kv/etcd.sh"

clients=50
others=
end_others() {
	for pid in $others; do
		kill -9 "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	others=
}
end() {
	end_others
	servers_end
}
trap end EXIT

fail() {
	echo "bench: $*" >&2
	tail -n 3 "$base"/*.log >&2
	exit 1
}

say() {
	printf 'bench: %s\n' "$*" >&2
}

# So many: 16 at once are faster, and last as long.
count_for() {
	if [ "$1" -eq 1 ]; then
		echo "$requests"
	else
		echo $((requests * 4))
	fi
}

# Requests a second of kind $2, $3 at once, of who listens at port $1.
benchmark() {
	redis-benchmark -p "$1" -c "$clients" -P "$3" -n "$(count_for "$3")" \
	    -r 100000 -t "$2" --csv 2>>"$base/benchmark.log" |
	    awk -F '"' 'NR == 2 { printf "%d\n", $4 }' | grep .
}

# A line of the table: who, and what each kind gives.
rows=
row() {
	local who=$1 at_once kind
	shift
	line=$who
	for at_once in 1 16; do
		for kind in set get; do
			got=$("$@" $kind $at_once) || fail "$who: $kind, $at_once at once"
			say "$who: $kind, $at_once at once: $got a second"
			line="$line|$got"
		done
	done
	rows="$rows$line
"
}

# ------------------------------------------------------------------------- who

# Redis' server, which Debian's redis-tools have under another name.
start_redis() {
	ln -sf "$(command -v redis-server || command -v redis-check-rdb)" \
	    "$base/redis-server"
	"$base/redis-server" --port $((port + 18)) --dir "$base" --save '' \
	    --appendonly yes --appendfsync always >"$base/redis.log" 2>&1 &
	others=$!
	await 20 redis-cli -p $((port + 18)) ping >/dev/null 2>&1 || fail "no Redis"
}

start_kv() {
	for id in "$@"; do
		server_start "$id"
	done
	leader=$(await 20 servers_leader) || fail "nobody leads"
}

start_etcd() {
	etcd_start
	others=$etcd_pids
	await 30 etcd_leader >/dev/null || fail "nobody leads etcd"
	etcd_port=$((port + $(etcd_leader) + 6))
}

# A message of gRPC: PUT of the key and the value that redis-benchmark sets, or RANGE.
make_messages() {
	printf '\0\0\0\0\27\12\20key:000000000001\22\3VXK' >"$base/set"
	printf '\0\0\0\0\22\12\20key:000000000001' >"$base/get"
}

# As benchmark. Each request is answered, and each PUT is done.
benchmark_etcd() {
	local kind=$1 at_once=$2 count before after method=Range
	count=$(count_for "$at_once")
	[ "$kind" = get ] || method=Put
	before=$(etcd_metric "$(etcd_leader)" etcd_mvcc_put_total)
	h2load -c "$clients" -m "$at_once" -n "$count" -d "$base/$kind" \
	    -H 'content-type: application/grpc' -H 'te: trailers' \
	    "http://127.0.0.1:$etcd_port/etcdserverpb.KV/$method" \
	    >"$base/h2load.log" 2>&1
	after=$(etcd_metric "$(etcd_leader)" etcd_mvcc_put_total)
	grep -q " $count succeeded, 0 failed" "$base/h2load.log" || return 1
	[ "$kind" = get ] ||
	    awk "BEGIN { exit !($after - $before >= $count) }" || return 1
	sed -n 's/^finished in .*, \([0-9]*\)[0-9.]* req\/s.*/\1/p' \
	    "$base/h2load.log" | grep .
}

# ----------------------------------------------------------------------- what

servers_new 3
start_redis
row 'Redis alone, appendfsync always' benchmark $((port + 18))
end_others
start_kv 1 2 3
row 'kv, three servers' benchmark "$(client_port "$leader")"
for id in $ids; do
	server_kill "$id" || fail "server $id ended by itself"
done
rm -rf "$base"/[1-3]
if command -v etcd >/dev/null && command -v h2load >/dev/null; then
	make_messages
	start_etcd
	row 'etcd, three servers' benchmark_etcd
	end_others
fi

echo "$clients clients, requests a second; $(nproc) processors, $(
    sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), Linux $(uname -r)"
echo
echo "| | SET | GET | SET, 16 at once | GET, 16 at once |"
echo "|---|---|---|---|---|"
printf %s "$rows" | sed 's/|/ | /g; s/^/| /; s/$/ |/'

if [ -n "$plot" ]; then
	printf %s "$rows" | tr ' |' '_ ' >"$base/rows"
	gnuplot <<-END
		set terminal svg size 720,400
		set output "$plot"
		set style data histograms
		set style fill solid 0.7
		set logscale y
		set ylabel "requests a second"
		set key top left
		plot "$base/rows" using 2:xtic(1) title "SET", \
		    "" using 3 title "GET", \
		    "" using 4 title "SET, 16 at once", \
		    "" using 5 title "GET, 16 at once"
	END
fi
