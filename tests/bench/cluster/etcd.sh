#!/bin/bash
# etcd under the same load, as far as its own clients can give it: PUT of 128 bytes by
# h2load, from outside. It takes the options and prints the line of the other contenders.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# etcd.sh [--in-flight N] [--seconds S] [--folder DIR]. Exit status: 1 if it failed.
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

usage="usage: etcd.sh [--in-flight N] [--seconds S] [--folder DIR]"
in_flight=1
seconds=2
TMPDIR=/var/tmp
while [ $# -ge 2 ]; do
	case $1 in
	--in-flight) in_flight=$2 ;;
	--seconds) seconds=$2 ;;
	--folder) TMPDIR=$2 ;;
	*) break ;;
	esac
	shift 2
done
[ $# -eq 0 ] || { echo "$usage" >&2; exit 2; }
demos=$(dirname -- "$0")/../../../demos
. "$demos/common.sh"
. "$demos/kv/etcd.sh"

ids='1 2 3'
etcd_pids=
base=$(mktemp -d "$TMPDIR/outrigger-bench.XXXXXX")
end() {
	for pid in $etcd_pids; do
		kill -9 "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	rm -rf "$base"
}
trap end EXIT

fail() {
	echo "etcd: $*" >&2
	tail -n 3 "$base"/*.log >&2
	exit 1
}

# As many connections as h2load can use, then more at once on each.
clients=$((in_flight < 64 ? in_flight : 64))

# PUT for $1 milliseconds.
put() {
	h2load -c "$clients" -m $((in_flight / clients)) -D "$1ms" -d "$base/put" \
	    -H 'content-type: application/grpc' -H 'te: trailers' \
	    --log-file "$base/requests" \
	    "http://127.0.0.1:$((port + leader + 6))/etcdserverpb.KV/Put" \
	    >"$base/h2load.log" 2>&1
}

# Ticks of all servers' processors.
ticks() {
	for pid in $etcd_pids; do
		sed 's/.*) //' "/proc/$pid/stat"
	done | awk '{ sum += $12 + $13 } END { print sum }'
}

syncs() {
	etcd_metric "$leader" etcd_disk_wal_fsync_duration_seconds_count
}

puts() {
	etcd_metric "$leader" etcd_mvcc_put_total
}

choose_ports
etcd_start
leader=$(await 30 etcd_leader) || fail "nobody leads"
# A message of gRPC: field 1 is the key, field 2 the value.
{
	printf '\0\0\0\0\225\12\20key:000000000001\22\200\1'
	printf '%0128d' 0
} >"$base/put"
put 500 || fail "h2load: $(tail -n 1 "$base/h2load.log")"
rm "$base/requests"
syncs_before=$(syncs)
puts_before=$(puts)
ticks_before=$(ticks)
put "$(awk "BEGIN { print int(1000 * $seconds) }")" ||
    fail "h2load: $(tail -n 1 "$base/h2load.log")"
ticks_after=$(ticks)
done_there=$(awk "BEGIN { print $(puts) - $puts_before }")
sort -n -k 3 "$base/requests" | awk -v in_flight="$in_flight" \
    -v seconds="$seconds" -v puts="$done_there" \
    -v ticks=$((ticks_after - ticks_before)) -v second="$(getconf CLK_TCK)" \
    -v syncs="$(awk "BEGIN { print $(syncs) - $syncs_before }")" '
	$2 == 200 { us[++count] = $3 }
	END {
		if (count == 0 || puts < count)
			exit 1
		printf "etcd in_flight=%d ops=%.0f p50_us=%d p99_us=%d ", in_flight,
		    count / seconds, us[int((count - 1) * 0.5) + 1],
		    us[int((count - 1) * 0.99) + 1]
		printf "p999_us=%d cpu_us=%.2f syncs=%.0f\n",
		    us[int((count - 1) * 0.999) + 1],
		    1e6 * ticks / second / puts, syncs / seconds
	}' || fail "not all was done: $done_there"
