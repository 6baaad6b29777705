#!/bin/bash
# demos/kv on real servers that are killed, stopped, cut off from each other, and change
# places: whatever clients were replied to, by whichever server, can be explained by one
# server; and what was read by READONLY was so within its bound.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# RAFT_SEED and RAFT_REAL_SECONDS set the seed and how long it takes.
# shellcheck disable=SC1091,SC2034,SC2119,SC2154
set -eu

. tests/network.sh
. tests/random.sh
clients=$PWD/tests/kv/faults_clients
linearizable=$PWD/tests/history/linearizable
. tests/kv/common.sh

random_run 5
RANDOM=$((seed % 32768))

# Some tenths of a second, up to $1.
sleep_some() {
	local tenths=$((RANDOM % $1 + 1))
	sleep $((tenths / 10)).$((tenths % 10))
}

if [ -n "$network" ]; then
	host() {
		network_host "$1"
	}
	on() {
		exec nsenter -t "$(holder "$1")" -n "${@:2}"
	}
	network_begin
	for id in 1 2 3 4; do
		network_add "$id"
	done
	trap 'end; network_end' EXIT
fi

# --------------------------------------------------------------- what is done

find_leader() {
	local id
	leader=
	for id in 1 2 3; do
		[ -n "$leader" ] || is_led $id || :
	done
	[ -n "$leader" ]
}

kill_leader() {
	say "kill -9 of server $leader, which leads"
	kill_server "$leader"
	sleep_some 12
	start "$leader"
}

kill_follower() {
	local victim=$((leader % 3 + 1))
	say "kill -9 of server $victim"
	kill_server "$victim"
	sleep_some 12
	start "$victim"
}

kill_all() {
	local id
	say "kill -9 of all"
	for id in 1 2 3; do
		kill_server $id
	done
	for id in 1 2 3; do
		start $id
	done
}

stop_leader() {
	say "SIGSTOP of server $leader, which leads"
	kill -STOP "$(cat "$leader.pid")"
	sleep_some 15
	kill -CONT "$(cat "$leader.pid")"
}

# One way, the other way, or both, between the leader and another.
cut_leader() {
	local other=$((leader % 3 + 1)) ways=$((RANDOM % 3))
	say "server $leader, which leads, and server $other are cut, ways $ways"
	[ $ways -eq 1 ] || cut "$leader" $other
	[ $ways -eq 0 ] || cut $other "$leader"
	sleep_some 20
	[ $ways -eq 1 ] || mend "$leader" $other
	[ $ways -eq 0 ] || mend $other "$leader"
}

isolate_leader() {
	local one=$((leader % 3 + 1)) other=$(((leader + 1) % 3 + 1))
	say "server $leader, which leads, is cut off from the others"
	cut "$leader" $one
	cut "$leader" $other
	cut $one "$leader"
	cut $other "$leader"
	sleep_some 25
	mend "$leader" $one
	mend "$leader" $other
	mend $one "$leader"
	mend $other "$leader"
}

transfer() {
	local other=$((leader % 3 + 1))
	say "transfer from server $leader to server $other"
	"$ctl" "$leader" transfer $other >>ctl.log 2>&1 || :
}

votes() {
	"$ctl" 1 status 2>/dev/null | grep -q '^[* ]*4  voter'
}
has_ended() {
	! kill -0 "$(cat 4.pid)" 2>/dev/null
}

# Server 4 joins, and goes again.
change_members() {
	say "server 4 joins, and is removed"
	rm -rf 4
	"$kv" make 4 --id 4 --cluster kv --address "$(address 4)" \
	    --note "$(client_address 4)" --join "1=$(address 1)"
	start 4
	await votes
	sleep_some 5
	until "$ctl" 1 remove 4 >>ctl.log 2>&1; do sleep 0.1; done
	await has_ended
}

deeds=(kill_leader change_members stop_leader transfer kill_all kill_follower)
[ -z "$network" ] ||
    deeds=(isolate_leader "${deeds[@]:0:2}" cut_leader "${deeds[@]:2}" cut_leader)

# ---------------------------------------------------------------- the test

make_three
for id in 1 2 3; do
	start $id
done
await find_leader
# A file of a reasonable size, also after half an hour.
"$clients" --seconds 86400 --seed "$seed" --clients 9 \
    --pause $((1500 + seconds * 30)) history "$(client_address 1)" \
    "$(client_address 2)" "$(client_address 3)" "$(client_address 4)" \
    >recorded 2>complaints &
clients_pid=$!
echo $clients_pid >clients.pid
begin_time "$seconds"
round=0
while has_time || [ $round -lt 4 ]; do
	drawn=$((RANDOM % ${#deeds[@]}))
	[ $round -ge 4 ] || drawn=$round
	await find_leader
	"${deeds[drawn]}"
	sleep_some 8
	round=$((round + 1))
done
kill $clients_pid
wait $clients_pid || fail "the clients ended with an error: $(cat complaints)"
say "$(cat recorded)"
[ ! -s complaints ] || fail "replies that nobody understands: $(cat complaints)"
"$linearizable" history >verdict || {
	cp history "${TEST_UNDECLARED_OUTPUTS_DIR:-/tmp}/kv.history"
	cat verdict
	fail "what the clients were replied to is not what one server would reply"
}
say "$(cat verdict)"
[ "$(sed 's/answered=\([0-9]*\).*/\1/' recorded)" -ge 200 ] ||
    fail "hardly anything was answered"
say "passed: $round times"
