#!/bin/bash
# demos/kv --sqlite on three real servers: the log and the keys of each are in a database.
# Servers are killed while they write, and start again behind what their tables have.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck disable=SC1091,SC2034,SC2119,SC2154
set -eu

. tests/kv/common.sh

store=--sqlite
make_three
for id in 1 2 3; do
	start $id
done
await is_led 1
# One of which clients know where it is.
if [ "$leader" -eq 3 ]; then
	"$ctl" 1 transfer 1 >/dev/null 2>&1
	until [ "$leader" -eq 1 ]; do await is_led 1; done
fi
follower=$((3 - leader))
echo "server $leader leads"

replies "$leader" OK set name value
replies "$leader" OK set empty ''
replies "$leader" OK set brief 1 px 100
replies "$leader" OK set long 1 ex 1000
replies "$leader" 2 del name none empty
is_gone() {
	[ "$(ask "$leader" exists brief)" = 0 ]
}
await is_gone

# One by one, while a follower is killed, and starts again: each counts once.
count() {
	local n
	for n in $(seq 40); do
		replies "$leader" "$((counted + n))" incr counter
	done
	counted=$((counted + 40))
}
counted=0
for _ in 1 2; do
	count &
	counting=$!
	kill_server "$follower"
	start "$follower"
	wait "$counting" || fail "an addition was lost, or counted twice"
	counted=$((counted + 40))
done
has_counted() {
	[ "$({ echo "readonly 1000"; echo "get counter"; } | ask "$1" |
	    tail -n 1)" = "$counted" ]
}
await has_counted "$follower"

# All are killed at once. The keys are in the tables, and no snapshot is loaded.
for id in 1 2 3; do
	kill_server $id
done
for id in 1 2 3; do
	[ -z "$(ls $id/snapshots)" ] || fail "server $id has a snapshot"
	start $id
done
await is_led 1
for id in 1 2; do
	await has_counted $id
done
if [ "$leader" -eq 3 ]; then
	"$ctl" 1 transfer 1 >/dev/null 2>&1
	until [ "$leader" -eq 1 ]; do await is_led 1; done
fi
follower=$((3 - leader))
replies "$leader" 1 exists long
replies "$leader" '' get name
echo "all were killed, and have counted $counted"

# One that was away for longer than the logs reach gets a snapshot: all tables.
kill_server "$follower"
others=$(for id in 1 2 3; do [ $id -eq "$follower" ] || echo $id; done)
for _ in 1 2; do
	redis-benchmark -p "$(client_port "$leader")" -n 1500 -c 50 -r 100 \
	    --csv -t set >benchmark.csv 2>benchmark.log
	! grep -q 'rror' benchmark.csv benchmark.log || fail "$(cat benchmark.log)"
	for id in $others; do
		"$ctl" "$id" snapshot >/dev/null
	done
done
start "$follower"
count
await has_counted "$follower"
grep -q raft-snapshot-installed "$follower.log" || fail "$follower has loaded none"
kill_server "$follower"
start "$follower"
await has_counted "$follower"
echo "server $follower was away, got a snapshot, and has counted $counted"

# The log of the one kind is none of the other.
store=
kill_server "$follower"
start "$follower"
is_dead() {
	! kill -0 "$(cat "$follower.pid")" 2>/dev/null
}
await is_dead
echo "without --sqlite: $(tail -n 1 "$follower.log")"
