# What the tests of a cluster's days have in common, for scripts that read this file with
# `.`, with the programs as their arguments, outrigger-log and the counter among them.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck shell=sh disable=SC1091,SC2034,SC2154
for program; do
	case $program in
	*/counter/counter) counter=$PWD/$program ;;
	*/outrigger-log) log=$PWD/$program ;;
	*/libmachine.so) machine=$PWD/$program ;;
	esac
done
demos=$PWD/demos
. demos/counter/servers.sh
. tests/random.sh
patience=60
trap servers_end EXIT

fail() {
	echo "FAILED: $*"
	for id in $ids; do
		echo "--- server $id: $(server_status "$id")"
		tail -n 20 "$base/$id.log" || :
	done
	exit 1
}

find_leader() {
	leader=$(await "$patience" servers_leader) || fail "nobody leads"
}

# Who leads, and since when.
reign() {
	echo "$(server_field "$leader" term) $leader"
}

# In the place of that of servers.sh: a server whose clock and disk are as its files AHEAD
# and SLOW say (machine.c).
server_start() {
	LD_PRELOAD=$machine MACHINE=$base/$1 \
	    ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 \
	    "$counter" run "$base/$1" "$(server_address "$1")" \
	    >>"$base/$1.log" 2>&1 &
	eval "pid_$1=\$!"
}

# The load ends: what it was told to be done is counted.
end_load() {
	load_end || fail "a client saw the counter go back"
	acknowledged=$((acknowledged + $(load_field acknowledged)))
	unknown=$((unknown + $(load_field unknown)))
	[ "$(load_field acknowledged)" -gt 0 ] || fail "nothing was acknowledged"
}

# A load for $1 seconds.
load_for() {
	load_start
	sleep "$1"
	end_load
}

# What was acknowledged is there, once.
expect_all() {
	value=$(await "$patience" servers_value) || fail "nobody tells the value"
	say "acknowledged $acknowledged, unknown $unknown, value $value"
	[ "$acknowledged" -le "$value" ] || fail "acknowledged, and lost"
	[ "$value" -le $((acknowledged + unknown)) ] || fail "added twice"
	await "$patience" servers_agree "$value" || fail "the servers do not agree"
}

acknowledged=0 unknown=0
