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
certs=$3
. "$(dirname -- "$0")/common.sh"
random_run 18
every=300

# One of these, in $drawn.
draw_of() {
	draw $#
	shift "$drawn"
	drawn=$1
}

start_one() {
	server_start "$1" --snapshot-every "$every"
}

refused() {
	answer=$(server_ask "$leader" "$1")
	case $answer in
	*"$2"*) ;;
	*) fail "'$1' is answered: $answer" ;;
	esac
}

# ------------------------------------------------------------ what is done

# A server joins, and is killed while it catches up.
join_one() {
	find_leader
	server_new "$leader"
	[ -z "${pki:-}" ] || make_certificate "$pki" "$joining"
	start_one "$joining"
	tell_leader "$line" "^ok\|see members$"
	sleep 0.1
	kill_one "$joining"
	start_one "$joining"
}

# The leader leaves: it hands over, and nobody else campaigns.
let_leader_leave() {
	find_leader
	gone=$leader
	term=$(server_field "$gone" term)
	tell_leader "leave $gone" '^ok'
	server_wait "$gone" "$patience" || fail "server $gone does not end"
	grep -q 'has left the cluster, and ends' "$base/$gone.log" ||
	    fail "server $gone does not say that it has left"
	find_leader
	[ "$(server_field "$leader" term)" -eq $((term + 1)) ] ||
	    fail "leadership changed more than once when $gone left"
	say "the leader, $gone, has left; server $leader leads, one term later"
}

# Nothing that was there is believed when the disk was lost.
lose_disk() {
	lost=$1
	find_leader
	if [ "$leader" = "$lost" ]; then
		kill_one "$lost"
		find_leader
	else
		kill_one "$lost"
	fi
	rm -rf "${base:?}/$lost"
	start_one "$lost"
	status=0
	wait "$(server_pid "$lost")" || status=$?
	eval "pid_$lost="
	[ "$status" -eq 1 ] || fail "without a disk: status $status"
	tail -n 1 "$base/$lost.log" | grep -q 'leave ID.*counter new --join' ||
	    fail "without a disk: it is not said what to do"
	place=$(echo "$nodes" | tr , '\n' | grep "^$lost=")
	! "$counter" new --dir "$base" --join "$(server_address "$leader")" \
	    --nodes "$place" 2>"$base/refusal" || fail "its ID is free"
	grep -q "first: leave $lost" "$base/refusal" ||
	    fail "it is not said how its ID becomes free"
	refused "join $place 12ab" "leave ID"
	tell_leader "leave $lost" '^ok\|no server has this ID'
	line=$(await "$patience" rejoins "$place") || fail "no folder for server $lost"
	start_one "$lost"
	tell_leader "$line" '^ok\|see members$'
	say "server $lost lost its disk, and joins again"
}

rejoins() {
	"$counter" new --dir "$base" --nodes "$1" \
	    --join "$(server_address "$(servers_leader)")" 2>/dev/null
}

check_refusals() {
	find_leader
	refused "leave 77" "see members"
	refused "join 3=a:1:2 abc" "leave ID"
	refused "join 9=$(echo "$nodes" | sed 's/^1=\([^,]*\).*/\1/') abc" \
	    "at this place"
	for bad in "join" "join x" "join 4=a:1:2" "join 4=a:1:2 0" \
	    "join 4=a:1:2 xyz" "join 4=a:1:2 ab stands-in 0" \
	    "join 4=a:1:2 ab stays" "join 4=a:1:2,5=a:3:4 ab" "leave" "leave x" \
	    "members x"; do
		case $(server_ask "$leader" "$bad") in
		what*) ;;
		*) fail "'$bad' was taken" ;;
		esac
	done
	follower=$(others "$leader" | head -n 1)
	case $(server_ask "$follower" "leave 1") in
	"not leader"*) ;;
	*) fail "a follower changes the members" ;;
	esac
}

check_value() {
	load_end || fail "a client saw the counter go back"
	acknowledged=$(load_field acknowledged)
	value=$(await "$patience" servers_value) || fail "nobody can tell"
	say "acknowledged $acknowledged, value $value, longest gap" \
	    "$(load_field longest_gap_ms) ms"
	[ "$acknowledged" -ge 100 ] || fail "hardly anything was acknowledged"
	[ "$(load_field unknown)" -eq 0 ] || fail "additions were left open"
	[ "$acknowledged" -eq "$value" ] ||
	    fail "$acknowledged were acknowledged, $value were counted"
	await "$patience" servers_agree "$value" || fail "they do not agree"
	# Each log is trimmed as soon as it is opened, for no tail is to be kept.
	for id in $ids; do
		kill_one "$id"
		server_start "$id" --snapshot-every 9
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
	start_one "$1"
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
	load_start "$1"
	find_leader
	sleeper=$(others "$leader" | head -n 1)
	third=$(others "$leader" "$sleeper")
	kill_one "$sleeper"
	join_one
	newcomer=$joining
	await_voters "$sleeper" "$third" "$leader" "$newcomer"
	say "server $newcomer has joined, while server $sleeper sleeps"
	let_leader_leave
	refused "leave $third" "no majority"
	kill_one "$third"
	start_one "$sleeper"
	await "$patience" servers_leader >/dev/null ||
	    fail "the sleeper and the newcomer do not find each other"
	value=$(await "$patience" servers_value) || fail "nobody can tell"
	say "server $sleeper woke, knows the newcomer, and counts on"
	start_one "$third"
	lose_disk "$third"
	await_voters "$sleeper" "$third" "$newcomer"
	while load_is_running; do
		do_something
	done
	check_value
}

run_cluster() {
	start=$(date +%s)
	echo "over $2"
	servers_new 3
	[ "$2" != TLS ] || servers_secure
	for id in $ids; do
		start_one "$id"
	done
	check_refusals
	change_members "$1"
	servers_end
}

run_cluster $((seconds / 2)) TCP
run_cluster $((seconds / 2)) TLS
