#!/bin/sh
# Real servers of the counter, killed and stopped: whatever its clients were answered,
# by whichever server, can be explained by one counter.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# RAFT_SEED and RAFT_REAL_SECONDS set the seed and how long it takes.
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

counter=$1
. "$(dirname -- "$0")/common.sh"
random_run 4
record=${bin}tests/real/record
linearizable=${bin}tests/history/linearizable

# Long enough for another to be elected, or not.
sleep_some() {
	draw 12
	sleep "$((drawn / 10)).$((drawn % 10))"
}

stop_leader() {
	find_leader
	say "SIGSTOP of the leader, $leader"
	server_signal "$leader" STOP
	sleep_some
	server_signal "$leader" CONT
}

kill_leader() {
	find_leader
	say "kill -9 of the leader, $leader"
	kill_one "$leader"
	sleep_some
	server_start "$leader"
}

kill_all() {
	say "kill -9 of all"
	for id in $ids; do
		kill_one "$id"
	done
	servers_start
}

servers_new 3 --election-timeout 300
servers_start
find_leader
first_seed=$seed
# A file of a reasonable size, also after half an hour.
pause=$((1000 + seconds * 20))
"$record" --seconds 86400 --seed "$seed" --pause $pause "$base/history" \
    "$(server_address 1)" "$(server_address 2)" "$(server_address 3)" \
    >"$base/recorded" &
load_pid=$!
begin_time "$seconds"
round=0
while has_time || [ "$round" -lt 3 ]; do
	draw 5
	[ "$round" -ge 3 ] || drawn=$((round + 1))
	case $drawn in
	0 | 1) stop_leader ;;
	2 | 4) kill_leader ;;
	3) kill_all ;;
	esac
	find_leader
	sleep 0.5
	round=$((round + 1))
done
load_end || fail "the clients ended with an error"
say "$(cat "$base/recorded")"
"$linearizable" "$base/history" >"$base/verdict" || {
	cp "$base/history" "${TEST_UNDECLARED_OUTPUTS_DIR:-/tmp}/counter.history"
	cat "$base/verdict"
	fail "what the clients were answered is not that of one counter"
}
say "$(cat "$base/verdict")"
[ "$(sed 's/answered=\([0-9]*\).*/\1/' "$base/recorded")" -ge 200 ] ||
    fail "hardly anything was answered"
# What the checker is for is seen: an answer from before is not one of now. In a long
# history there are many ways to do what is unknown, and all of them would be tried.
last=$(grep ' get - [0-9]' "$base/history" | tail -n 1)
echo "$last" | awk '{ $5 = 1; print }' >"$base/stale"
status=1
[ "$seconds" -gt 30 ] || {
	status=0
	"$linearizable" "$base/history" "$base/stale" >"$base/verdict" ||
	    status=$?
}
[ "$status" -eq 1 ] || fail "a stale answer is not found: $(cat "$base/verdict")"
say "passed: $round times, from seed $first_seed"
