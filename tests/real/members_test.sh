#!/bin/sh
# Real servers of the counter that join and leave under load, the leader among
# them; one sleeps meanwhile, and one loses its disk. Servers are killed all along,
# and every addition counts exactly once.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# RAFT_SEED and RAFT_REAL_SECONDS set the seed and how long it takes. It is done
# once over TCP and once over TLS.
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

counter=$1
. "$(dirname -- "$0")/common.sh"
random_run 10
# A snapshot every few hundred entries.
bytes=20000

# One of these, in $drawn.
draw_of() {
	draw $#
	shift "$drawn"
	drawn=$1
}

make_one() {
	[ -z "${pki:-}" ] || [ -e "$pki/node-$1.pem" ] ||
	    make_certificate "$pki" "$1"
	server_new "$1" "$2"
	server_set "$1" snapshot-bytes "$bytes"
	server_set "$1" snapshot-tail 30
}

# Of a change that is refused, and what is said.
refused() {
	sentence=$1
	shift
	! server_change "$leader" "$@" >"$base/refusal" 2>&1 ||
	    fail "$* was done"
	grep -q "$sentence" "$base/refusal" ||
	    fail "$*: $(cat "$base/refusal")"
}

# ------------------------------------------------------------ what is done

# A server joins, and is killed while it catches up.
join_one() {
	find_leader
	make_one "$1" "$leader"
	server_start "$1"
	sleep 0.1
	kill_one "$1"
	server_start "$1"
}

# The leader leaves: it hands over, and nobody else campaigns.
let_leader_leave() {
	find_leader
	gone=$leader
	term=$(server_field "$gone" term)
	change remove "$gone"
	server_wait "$gone" "$patience" || fail "server $gone does not end"
	grep -q 'this server has left the cluster' "$base/$gone.log" ||
	    fail "server $gone does not say that it has left"
	find_leader
	[ "$(server_field "$leader" term)" -eq $((term + 1)) ] ||
	    fail "leadership changed more than once when $gone left"
	say "the leader, $gone, has left; server $leader leads, one term later"
}

is_told() {
	grep -q "$2" "$base/$1.log"
}

# Nothing that was there is believed when the disk was lost.
lose_disk() {
	lost=$1
	kill_one "$lost"
	rm -rf "${base:?}/$lost"
	server_start "$lost"
	status=0
	wait "$(server_pid "$lost")" || status=$?
	eval "pid_$lost="
	[ "$status" -eq 1 ] || fail "without a disk: status $status"
	tail -n 1 "$base/$lost.log" |
	    grep -q 'remove it from its cluster, then make it anew, to join' ||
	    fail "without a disk: it is not said what to do"
	find_leader
	make_one "$lost" "$leader"
	: >"$base/$lost.log"
	server_start "$lost"
	await "$patience" is_told "$lost" 'disk is lost, remove it first' ||
	    fail "it is not said how its ID becomes free"
	change remove "$lost"
	say "server $lost lost its disk, and joins again"
}

check_refusals() {
	find_leader
	follower=$(others "$leader" | head -n 1)
	refused "another disk is in the cluster" \
	    add "$follower" abc "$(server_place "$follower")"
	refused "server $follower is at this place" \
	    add 9 abc "$(server_place "$follower")"
	# Whoever is asked: it is for the leader to say.
	leader=$follower
	refused "no server has ID 77" demote 77
}

check_value() {
	check_load
	# Each log is trimmed as soon as it is opened, for no tail is to be kept.
	for id in $ids; do
		kill_one "$id"
		server_set "$id" snapshot-bytes 600
		server_set "$id" snapshot-tail 1
		server_start "$id"
	done
	await "$patience" servers_agree "$value" ||
	    fail "they do not agree after all"
	for id in $ids; do
		kill_one "$id"
	done
}

kill_and_start() {
	kill_one "$1"
	draw 10
	sleep "0.$drawn"
	server_start "$1"
	find_leader
}

do_something() {
	# shellcheck disable=SC2086
	draw_of $ids
	victim=$drawn
	draw 3
	if [ "$drawn" -gt 0 ]; then
		kill_and_start "$victim"
	else
		lose_disk "$victim"
		# shellcheck disable=SC2086
		await_voters $ids
	fi
}

# The plan: 4 joins while one sleeps; the leader leaves; the sleeper wakes when
# of those whom it knows none is left that answers; that one has lost its disk.
change_members() {
	load_start
	begin_time "$1"
	find_leader
	sleeper=$(others "$leader" | head -n 1)
	third=$(others "$leader" "$sleeper")
	kill_one "$sleeper"
	join_one 4
	await_voters "$sleeper" "$third" "$leader" 4
	say "server 4 has joined, while server $sleeper sleeps"
	let_leader_leave
	refused "no majority" remove "$third"
	kill_one "$third"
	server_start "$sleeper"
	await "$patience" servers_leader >/dev/null ||
	    fail "the sleeper and the newcomer do not find each other"
	value=$(await "$patience" servers_value) || fail "nobody can tell"
	say "server $sleeper woke, knows the newcomer, and counts on"
	server_start "$third"
	lose_disk "$third"
	# On a busy machine another one may have led, and left.
	# shellcheck disable=SC2086
	await_voters $ids
	while has_time; do
		do_something
	done
	check_value
}

run_cluster() {
	start=$(date +%s)
	echo "over $2"
	servers_new 3 --election-timeout 500
	[ "$2" != TLS ] || servers_secure
	for id in $ids; do
		server_set "$id" snapshot-bytes "$bytes"
		server_set "$id" snapshot-tail 30
	done
	servers_start
	check_refusals
	change_members "$1"
	servers_end
}

run_cluster $((seconds / 2)) TCP
run_cluster $((seconds / 2)) TLS
