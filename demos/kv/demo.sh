#!/bin/sh
# Keys and values on three servers, by the clients of Redis: redis-cli talks to them,
# writers go on while whoever leads is killed, and redis-benchmark measures.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# The argument is the program. Exit status: 0 all was as promised; 1 something was not.
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

[ $# -eq 1 ] || { echo "usage: demo.sh KV" >&2; exit 2; }
kv=$1
demos=$(dirname -- "$0")/..
. "$demos/kv/servers.sh"

writers=4
writer_pids=
end() {
	[ -z "$writer_pids" ] || writers_end
	servers_end
}
trap end EXIT

# ------------------------------------------------------------------- redis-cli

# Shows what is asked of server $1, and the replies, which end with $2.
show() {
	asked=$1 wanted=$2
	shift 2
	echo "\$ redis-cli -p $(client_port "$asked") $*"
	said=$(server_ask "$asked" "$@" 2>&1) || :
	echo "$said" | sed '/^$/d; s/^/    /'
	case $said in
	*"$wanted"*) ;;
	*) fail "not: $wanted" ;;
	esac
}

show_session() {
	head_line "1. Three servers, and redis-cli"
	servers_new 3
	for id in $ids; do
		server_start "$id"
		echo "server $id: for clients at port $(client_port "$id"), folder" \
		    "$base/$id"
	done
	leader=$(await 20 servers_leader) || fail "nobody leads"
	follower=$((leader % 3 + 1))
	echo "server $leader leads"
	echo
	show "$leader" OK set name Ada
	show "$leader" OK set guest Bob px 300 nx
	show "$leader" 2 incrby visits 2
	show "$follower" MOVED get name
	show "$follower" Ada -c get name
	sleep 0.5
	show "$leader" visits scan 0
	[ "$(echo "$said" | grep -c guest)" -eq 0 ] || fail "the guest is still there"
	echo "The guest is gone, for an entry of the log said that it was time."
}

# --------------------------------------------------------------------- a kill

# Say the keys of writer $1, from number $2 on, as long as they are acknowledged. Which is
# next then stands in at.$1: the one that was not acknowledged may be there or not.
note_keys() {
	number=$2
	while read -r reply && [ "$reply" = OK ]; do
		echo "writer:$1:$number"
		number=$((number + 1))
	done
	echo $((number + 1)) >"$base/at.$1"
	# It would try the same server for ever.
	kill "$(cat "$base/pid.$1")" 2>/dev/null || :
}

# Writer $1 sets keys one after another, with redis-cli. When something else is said than
# OK, it goes on with the next server.
write_on() {
	at=$1
	echo 1 >"$base/at.$1"
	while [ ! -f "$base/stop" ]; do
		at=$((at % 3 + 1))
		number=$(cat "$base/at.$1")
		seq -f "set writer:$1:%.0f 1" "$number" 100000000 2>/dev/null |
		    sh -c "echo \$\$ >'$base/pid.$1'
			exec stdbuf -oL redis-cli -c -p $(client_port "$at")" 2>&1 |
		    note_keys "$1" "$number" >>"$base/acknowledged.$1"
		sleep 0.1
	done
}

writers_start() {
	for id in $(seq "$writers"); do
		: >"$base/acknowledged.$id"
		write_on "$id" 2>/dev/null &
		writer_pids="$writer_pids $!"
	done
}

writers_end() {
	: >"$base/stop"
	for id in $(seq "$writers"); do
		kill "$(cat "$base/pid.$id")" 2>/dev/null || :
	done
	for pid in $writer_pids; do
		wait "$pid" || :
	done
	writer_pids=
}

count_acknowledged() {
	cat "$base"/acknowledged.* | wc -l
}

# Seconds, keys that were acknowledged, and who leads.
watch_writers() {
	for _ in $(seq "$1"); do
		sleep 1
		seconds=$((seconds + 1))
		printf '%3s s   %6s keys are set   leader: %s\n' "$seconds" \
		    "$(count_acknowledged)" "$(servers_leader || echo nobody)"
	done
}

# All that were acknowledged are there.
check_keys() {
	cat "$base"/acknowledged.* >"$base/all"
	acknowledged=$(wc -l <"$base/all")
	there=$(xargs -n 400 echo exists <"$base/all" |
	    server_ask "$1" -c | awk '{ sum += $1 } END { print sum + 0 }')
	[ "$there" -eq "$acknowledged" ] ||
	    fail "of $acknowledged keys that were acknowledged there are $there"
}

caught_up() {
	[ "$(printf 'readonly 1000\nexists %s\n' "$(tail -n 1 "$base/all")" |
	    server_ask "$1" | tail -n 1)" = 1 ]
}

show_kill() {
	head_line "2. Whoever leads is killed while $writers clients write"
	seconds=0
	writers_start
	watch_writers 3
	victim=$(await 10 servers_leader) || fail "nobody leads"
	echo "        kill -9 of server $victim, which leads"
	server_kill "$victim" || fail "it was dead before"
	before=$(count_acknowledged)
	watch_writers 3
	leader=$(await 10 servers_leader) || fail "nobody leads after it"
	[ "$(count_acknowledged)" -gt "$before" ] || fail "nobody can write any more"
	echo "        server $victim is started again"
	server_start "$victim"
	watch_writers 2
	writers_end
	leader=$(await 10 servers_leader) || fail "nobody leads"
	check_keys "$leader"
	await 10 caught_up "$victim" || fail "server $victim does not catch up"
	echo
	echo "$acknowledged keys were acknowledged, and all of them are there."
}

# ------------------------------------------------------------- redis-benchmark

# Requests a second, and how long nine of ten take, with so many at once (-P).
measure() {
	redis-benchmark -p "$(client_port "$leader")" -c 50 -P "$1" -n "$2" \
	    -r 100000 -t set,get,incr --csv 2>/dev/null |
	    awk -F '"' -v at_once="$1" 'NR > 1 {
		printf "%-16s %4d %12d %9.1f ms\n", $2, at_once, $4, $10 }'
}

show_benchmark() {
	head_line "3. redis-benchmark, 50 clients, with server $leader, which leads"
	echo "request          each   a second   95 % within"
	{ measure 1 10000; measure 16 100000; } | tee "$base/table"
	[ "$(wc -l <"$base/table")" -eq 6 ] ||
	    fail "redis-benchmark ended early: did somebody else come to lead?"
}

show_session
show_kill
show_benchmark
head_line "Result"
cat <<END
$acknowledged keys were set by redis-cli while the leader was killed and came back: each
that was acknowledged is there. redis-cli was redirected to whoever led, and
redis-benchmark took the servers for Redis.
END
