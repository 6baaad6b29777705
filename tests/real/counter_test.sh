#!/bin/sh
# Real servers of the counter, killed, stopped and ended under load: every addition
# counts exactly once, however often it was sent, and all agree in the end.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# RAFT_SEED and RAFT_REAL_SECONDS set the seed and how long it takes.
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

counter=$1
. "$(dirname -- "$0")/common.sh"
random_run 12

# Some 0 to 2 s, with tenths.
sleep_some() {
	draw 20
	sleep "$((drawn / 10)).$((drawn % 10))"
}

# ------------------------------------------------------------ what is done

kill_leader() {
	find_leader
	say "kill -9 of the leader, $leader"
	kill_one "$leader"
	sleep_some
	server_start "$leader"
}

kill_any() {
	draw 3
	victim=$((drawn + 1))
	say "kill -9 of server $victim"
	kill_one "$victim"
	sleep_some
	server_start "$victim"
}

# Two of three: nothing can be added until one is back.
kill_most() {
	draw 3
	spared=$((drawn + 1))
	say "kill -9 of all but server $spared"
	for id in $ids; do
		[ "$id" = "$spared" ] || kill_one "$id"
	done
	sleep_some
	for id in $ids; do
		[ "$id" = "$spared" ] || server_start "$id"
	done
}

kill_all() {
	say "kill -9 of all"
	for id in $ids; do
		kill_one "$id"
	done
	servers_start
}

# Long enough for another to be elected.
stop_leader() {
	find_leader
	say "SIGSTOP of the leader, $leader"
	server_signal "$leader" STOP
	sleep 2
	sleep_some
	server_signal "$leader" CONT
}

# It hands over, answers its clients, and ends.
end_leader() {
	find_leader
	say "SIGTERM to the leader, $leader"
	server_signal "$leader" TERM
	await "$patience" server_has_ended "$leader" ||
	    fail "server $leader does not end"
	status=0
	wait "$(server_pid "$leader")" || status=$?
	[ "$status" -eq 0 ] || fail "server $leader ends with status $status"
	server_start "$leader"
}

do_something() {
	case $1 in
	0) kill_leader ;;
	1) stop_leader ;;
	2) kill_any ;;
	3) kill_all ;;
	4) kill_most ;;
	5) end_leader ;;
	esac
	find_leader
}

# ---------------------------------------------------------------- the test

# What is said twice counts once, and after a change of leader, too; any server
# tells.
check_session() {
	session=$(server_ask "$leader" session | sed -n 's/^ok //p')
	first=$(server_ask "$leader" "add 5 $session 1")
	kill_leader
	again=$(await "$patience" added_again)
	[ "$first" = "ok 5" ] || fail "5 were not added: $first"
	[ "$again" = "$first" ] || fail "said again, it is told: $again"
	for id in $ids; do
		told=$(await "$patience" server_value "$id") ||
		    fail "server $id cannot tell"
		[ "$told" = 5 ] || fail "server $id has $told"
	done
	for bad in "add" "add x" "add -1" "add 1 $session" "add 1 2 3 4" \
	    "add 1  2" "add 1 $session 2x"; do
		case $(server_ask "$leader" "$bad") in
		say:*) ;;
		*) fail "'$bad' was taken" ;;
		esac
	done
	for late in "add 1 1 1:EXPIRED" "add 1 $session 0:STALE"; do
		case $(server_ask "$leader" "${late%:*}") in
		"${late##*:}"*) ;;
		*) fail "'${late%:*}' adds" ;;
		esac
	done
}

# Many questions in one piece from a client that does not wait for the answers.
check_rude_client() {
	address=$(server_address "$1")
	for rude in 1 2 3 4 5 6 7 8 9 10; do
		bash -c "exec 3<>/dev/tcp/${address%:*}/${address#*:}
		    printf 'get\\n%.0s' 1 2 3 4 5 6 7 8 9 >&3" || :
	done
	sleep 0.2
	[ -n "$(server_value "$1")" ] ||
	    fail "a client that went away took server $1 along"
	# Not "add 1": nobody meant that.
	told=$(bash -c "exec 3<>/dev/tcp/${address%:*}/${address#*:}
	    printf 'add 1\\0 2\\n' >&3; read -r line <&3; echo \"\$line\"")
	case $told in
	say:*) ;;
	*) fail "a line with a NUL was taken: $told" ;;
	esac
}

added_again() {
	server_ask "$(servers_leader)" "add 5 $session 1" | grep '^ok '
}

servers_new 3 --election-timeout 500
servers_start
find_leader
check_session
check_rude_client "$leader"
load_start
begin_time "$seconds"
round=0
while has_time || [ "$round" -lt 6 ]; do
	# Each of the six once, then any.
	draw 6
	[ "$round" -ge 6 ] || drawn=$round
	do_something "$drawn"
	round=$((round + 1))
done
# With the five of before.
check_load 5
[ "$(load_field retried)" -ge 1 ] || fail "nothing had to be said again"
# Nothing of it was in memory only.
kill_all
await "$patience" servers_value >/dev/null || fail "nobody leads after all"
await "$patience" servers_agree "$value" || fail "they do not agree after all"
for id in $ids; do
	kill_one "$id"
done
say "passed: $round times"
