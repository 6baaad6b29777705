#!/bin/sh
# A replicated counter whose servers have no connections with each other: their messages
# go over an MQTT broker, which is killed, and stands still. A second cluster is on the
# same broker.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# The argument is the program. Exit status: 0 all was as promised; 1 something was not.
# shellcheck disable=SC1091,SC2034,SC2119,SC2154
set -eu

[ $# -eq 1 ] || { echo "usage: demo.sh QUEUE" >&2; exit 2; }
queue=$1
demos=$(dirname -- "$0")/..
. "$demos/queue/broker.sh"

blue_pids=
end() {
	for pid in $blue_pids; do
		kill -s KILL "$pid" 2>/dev/null || :
	done
	broker_end
}
trap end EXIT

show() {
	last=$(tail -n 1 "$base/client")
	printf '%3s s   %s\n' "$seconds" "${last:-nothing is acknowledged yet}"
}

seconds=0
watch() {
	for _ in $(seq "$1"); do
		sleep 1
		seconds=$((seconds + 1))
		show
	done
}

acknowledges_more() {
	more=$(client_field acknowledged)
	[ "${more:-0}" -gt "$1" ]
}

goes_on() {
	await 30 acknowledges_more "$(client_field acknowledged)" ||
	    fail "nothing is acknowledged any more"
}

find_leader() {
	leader=$(await 20 cluster_leader) || fail "nobody leads"
}

start_servers() {
	cluster_new 3 "$1" --election-timeout 500 --qos 1
	cluster_start
	find_leader
	echo "cluster $1: three servers, of which $leader leads; folders $base/$1-*"
}

echo "A broker, three servers, and a client that adds 1, again and again"
echo
broker_new
broker_start
echo "broker: $(ps -o user= -p "$broker_pid" | tr -d ' ') runs mosquitto on $place"
start_servers blue
blue_pids="$pid_1 $pid_2 $pid_3"
blue_1=$pid_1 blue_2=$pid_2 blue_3=$pid_3 blue_life=$life
[ "$(ask "add 7 0 0")" = "ok 7" ] || fail "blue does not add"
start_servers red
echo
client_start
watch 2

echo "        kill -9 of the broker; it is started again after a second"
broker_kill
sleep 1
broker_start
watch 2
goes_on
find_leader
echo "        kill -9 of server $leader, which leads; it is started again"
server_kill "$leader"
sleep 1
server_start "$leader"
watch 2
goes_on
echo "        the broker stands still for three seconds (SIGSTOP)"
broker_signal STOP
sleep 3
broker_signal CONT
watch 2
goes_on

client_stop || fail "a client saw the counter go back"
acknowledged=$(client_field acknowledged)
value=$(ask "add 0 0 0") || fail "nobody tells the value"
value=${value#ok }
[ "$value" = "$acknowledged" ] ||
    fail "$acknowledged were acknowledged, and the value is $value"
await 30 cluster_has "$value" || fail "they do not agree"
cluster_stop || fail "a server ended by itself"
foreign=0
for id in 1 2 3; do
	foreign=$((foreign + $(server_told "$id" foreign)))
done

cluster=blue life=$blue_life pid_1=$blue_1 pid_2=$blue_2 pid_3=$blue_3
[ "$(ask "add 1 0 0")" = "ok 8" ] || fail "blue has forgotten, or does not go on"
await 30 cluster_has 8 || fail "blue does not agree"
cluster_stop || fail "a server of blue ended by itself"
blue_pids=
for id in 1 2 3; do
	foreign=$((foreign + $(server_told "$id" foreign)))
done
[ "$foreign" -eq 0 ] || fail "clusters heard each other"

cat <<END

Result:  $acknowledged additions were acknowledged while the broker was killed, the leader
         was killed, and the broker stood still for three seconds; none was lost, none
         counted twice: the 3 servers agree on $value. $(client_field asked_again) had to be asked again, and
         $(client_field longest_gap_ms) ms was the longest time without an answer.
         On the same broker cluster blue went from 7 to 8, and nobody heard a word
         of the other cluster.
END
