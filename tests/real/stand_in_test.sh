#!/bin/sh
# A learner takes the place of a voter that was killed, and writes go on when a
# second voter dies: real servers of the counter, under load.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

counter=$1
. "$(dirname -- "$0")/common.sh"
# Seconds: longer than a server is silent on a busy machine.
patience_of_stand_in=2

stands_in() {
	[ "$(server_members_who "$(servers_leader)" '"role":"learner"')" = "$1" ]
}

stand_in=4
servers_new 3 --election-timeout 500
servers_start
find_leader
server_new "$stand_in" "$leader" --stands-in "$patience_of_stand_in"
server_start "$stand_in"
await "$patience" stands_in "$stand_in" || fail "it is not let in"
load_start
sleep $((patience_of_stand_in + 1))
are_voters 1,2,3 || fail "who votes has changed, and nobody is dead"
stands_in "$stand_in" || fail "server $stand_in does not stand in"
say "server $stand_in has joined, and does not vote while all are there"

find_leader
first=$(others "$leader" "$stand_in" | head -n 1)
second=$(others "$leader" "$stand_in" "$first")
kill_one "$first"
await_voters "$leader" "$second" "$stand_in"
stands_in "$first" || fail "the dead voter, $first, has not changed places"
say "server $stand_in votes in the place of $first, which is dead"

kill_one "$second"
before=$(await "$patience" servers_value) || fail "no write goes on"
sleep 1
after=$(await "$patience" servers_value) || fail "no write goes on"
[ "$after" -gt "$before" ] || fail "nothing was added with two dead"
say "server $second is dead, too, and $((after - before)) were added since"

server_start "$first"
await_voters "$leader" "$stand_in" "$first"
server_start "$second"
await "$patience" stands_in "$second" || fail "$second does not stand in"
say "server $first is back, and stood in for server $second"
check_load
