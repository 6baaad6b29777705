#!/bin/sh
# The counter of docs/service.md under load, on real processes: whoever leads is killed,
# again and again, and no addition that was acknowledged is lost.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the counter, and its client. RAFT_REAL_ROUNDS=n kills n times instead of
# three.
set -eu

counter=$PWD/$1
ask=$PWD/$2
# Ports of this run alone, below those that the kernel gives away.
ports=$(($(date +%N | sed 's/^0*//') % 2200 + 1024))
cd "$TEST_TMPDIR"

fail() {
	echo "FAILED: $*"
	tail -n 20 ./*.log
	exit 1
}

start() {
	"$counter" run "$1" "$ports$(($1 + 3))" >>"$1.log" 2>&1 &
	echo $! >"$1.pid"
}

end() {
	: >stop
	for file in *.pid; do
		kill -9 "$(cat "$file")" 2>/dev/null || :
	done
}
trap end EXIT

# What server $1 answers to the line $2.
say() {
	"$ask" "$ports$(($1 + 3))" "$2" 2>/dev/null || echo nothing
}

# Additions to server $1, one after another: how many are done, and of how many that
# is not known.
add_on() {
	done=0 unknown=0
	while [ ! -f stop ]; do
		case $(say "$1" 'add 1') in
		ok*) done=$((done + 1)) ;;
		NO_LEADER* | OVERLOADED* | CLOSED*) ;;
		*) unknown=$((unknown + 1)) ;;
		esac
	done
	echo "$done $unknown" >"added.$1.$2"
}

# Who leads, as server $1 knows.
leader() {
	say "$1" members | tr , '\n' | sed -n 's/^ *\([0-9]*\) at .* leads/\1/p'
}

await_leader() {
	tries=0
	while led=$(leader "$1") && [ -z "$led" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 600 ] || fail "nobody leads"
		sleep 0.1
	done
}

"$counter" make 1 1 "127.0.0.1:${ports}1"
"$counter" make 2 2 "127.0.0.1:${ports}2" "1=127.0.0.1:${ports}1"
"$counter" make 3 3 "127.0.0.1:${ports}3" "1=127.0.0.1:${ports}1"
for id in 1 2 3; do
	start "$id"
done
tries=0
until [ "$(say 1 members | grep -o votes | wc -l)" -eq 3 ]; do
	tries=$((tries + 1))
	[ "$tries" -lt 600 ] || fail "they are no three"
	sleep 0.1
done

writers=
for id in 1 2 3; do
	for each in 1 2; do
		add_on "$id" "$each" &
		writers="$writers $!"
	done
done
round=0
while [ "$round" -lt "${RAFT_REAL_ROUNDS:-3}" ]; do
	round=$((round + 1))
	sleep 1
	await_leader $((round % 3 + 1))
	killed=$led
	kill -9 "$(cat "$killed.pid")"
	await_leader $((killed % 3 + 1))
	start "$killed"
	echo "round $round: $killed was killed"
done
sleep 1
: >stop
# shellcheck disable=SC2086
wait $writers

done=0 unknown=0
for file in added.*; do
	read -r more doubtful <"$file"
	done=$((done + more)) unknown=$((unknown + doubtful))
done
said=$(say 1 get)
value=${said#ok }
echo "acknowledged=$done unknown=$unknown value=$value"
[ "$done" -ge 20 ] || fail "too few additions were acknowledged"
[ "$value" -ge "$done" ] || fail "an acknowledged addition is lost"
[ "$value" -le $((done + unknown)) ] || fail "an addition counted twice"
for id in 2 3; do
	[ "$(say "$id" get)" = "$said" ] || fail "server $id has another value"
done
