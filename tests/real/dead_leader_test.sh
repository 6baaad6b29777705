#!/bin/sh
# How long nothing is acknowledged when the leader is killed, where the others look at
# their connections (disconnect): real servers of the counter, with the timeouts that
# they have unless told otherwise, and clients that have nothing else to wait for.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# RAFT_ROUNDS: how often a leader is killed. The median of an idle machine is some
# milliseconds; here it must only be less than half of what the shortest election timer
# waits, which no build without the module can do.
#
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

counter=$1
rounds=${RAFT_ROUNDS:-5}
looks_at_connections=$PWD/$6
. "$(dirname -- "$0")/common.sh"
counter=$looks_at_connections
bound_ms=500

# Into $gap: the longest time without an acknowledgement while the leader was killed.
one_round() {
	value=$(await "$patience" servers_value) || fail "nobody can tell"
	await "$patience" servers_agree "$value" || fail "they do not agree"
	find_leader
	load_start
	await "$patience" grown "$value" || fail "nothing is added"
	kill_one "$leader"
	value=$(await "$patience" servers_value) || fail "nobody can tell"
	await "$patience" grown "$value" || fail "nothing is added any more"
	load_end || fail "a client saw the counter go back"
	gap=$(load_field longest_gap_ms)
	server_start "$leader"
}

grown() {
	now=$(servers_value) && [ "$now" -gt "$(($1 + 5))" ]
}

# Of so many gaps as there were rounds.
median() {
	sort -n "$base/gaps" | sed -n "$(((rounds + 1) / 2))p"
}

servers_new 3
servers_start
find_leader
: >"$base/gaps"
for round in $(seq "$rounds"); do
	one_round
	echo "$gap" >>"$base/gaps"
	say "round $round of $rounds: server $leader was killed, and nothing was" \
	    "acknowledged for $gap ms"
done
say "median $(median) ms, least $(sort -n "$base/gaps" | head -n 1), most" \
    "$(sort -n "$base/gaps" | tail -n 1)"
[ "$(median)" -lt $bound_ms ] ||
    fail "the median is $(median) ms, not less than $bound_ms"
