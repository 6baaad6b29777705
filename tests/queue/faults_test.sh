#!/bin/sh
# The counter over a broker that is killed, and stands still, while everything comes
# twice: whatever was acknowledged is there, once. RAFT_REAL_SECONDS: how long, at
# random; RAFT_SEED: once more.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: queue, relay, flood.
# shellcheck disable=SC1091,SC2034,SC2119,SC2154
set -eu

. tests/queue/common.sh
flood=$PWD/$3

kill_broker() {
	broker_kill
	sleep "0.$1"
	broker_start
	goes_on "the broker was killed"
	say "the broker was killed, and is back"
}

stop_broker() {
	broker_signal STOP
	sleep "$1"
	broker_signal CONT
	goes_on "the broker stood still"
	say "the broker stood still for $1 s"
}

restart_server() {
	server_kill "$1"
	sleep 0.1
	server_start "$1"
	goes_on "server $1 was killed"
	say "server $1 was killed, and is back"
}

# Slow: it works for a moment now and then.
slow_broker() {
	for _ in 1 2 3 4 5 6; do
		broker_signal STOP
		sleep 0.15
		broker_signal CONT
		sleep 0.05
	done
	goes_on "the broker was slow"
	say "the broker was slow for a while"
}

# No server has kept more than it may.
check_waiting() {
	for each_id in 1 2 3; do
		[ "$(server_told "$each_id" waiting_bytes_max)" -le 1400000 ] ||
		    fail "server $each_id kept too much"
		[ "$(server_told "$each_id" damaged)" -eq 0 ] ||
		    fail "server $each_id was sent nonsense"
	done
}

begin() {
	broker_new
	broker_start
	# Two of them encrypt their logs.
	(umask 077; openssl rand -hex 32 >"$base/keys")
	more_1="--keys $base/keys"
	more_2=$more_1
	cluster_new 3 red --election-timeout 400 --qos "$1"
	cluster_start
	find_leader
	client_start
	goes_on "the beginning"
}

finish() {
	[ -z "$relay_pid" ] || relay_stop
	check
	check_waiting
	broker_end
}

with_qos() {
	say "QoS $1; everything comes twice"
	begin "$1"
	relay_start red red
	goes_on "everything comes twice"
	kill_broker 3
	if [ "$1" -eq 0 ]; then
		restart_server "$leader"
		slow_broker
	else
		stop_broker 2
	fi
	finish
}

at_random() {
	random_run "$RAFT_REAL_SECONDS"
	draw 2
	begin "$drawn"
	begin_time "$seconds"
	while has_time; do
		draw 4
		case $drawn in
		0) draw 10; kill_broker "$drawn" ;;
		1) draw 6; stop_broker "$drawn" ;;
		2) draw 3; restart_server $((drawn + 1)) ;;
		3) slow_broker ;;
		esac
	done
	finish
}

if [ -n "${RAFT_REAL_SECONDS:-}" ]; then
	at_random
	exit
fi
broker_new
broker_start
for qos in 0 1; do
	for bytes in 300 10000; do
		"$flood" "$place" "$broker_pid" "$qos" "$bytes" ||
		    fail "memory is not bounded at QoS $qos"
	done
done
broker_end
with_qos 0
with_qos 1
echo "passed"
