# What the tests of demos/queue have in common, for scripts that read this file with
# `.`; their first argument is the program, the second the relay.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck shell=sh disable=SC1091,SC2034,SC2154
queue=$PWD/$1
relay=$PWD/$2
demos=$PWD/demos
. demos/queue/broker.sh
. tests/random.sh

# For whatever is waited for, at worst: sanitizers, and a busy machine.
patience=60
relay_pid=
# Processes of a test's own, which end with it.
own_pids=

end() {
	# shellcheck disable=SC2086
	[ -z "$own_pids" ] || kill -s KILL $own_pids 2>/dev/null || :
	[ -z "$relay_pid" ] || kill -s KILL "$relay_pid" 2>/dev/null || :
	broker_end
}
trap end EXIT

fail() {
	echo "FAILED: $*"
	for log in "$base"/*.log; do
		echo "--- $log"
		tail -n 15 "$log"
	done
	exit 1
}

# Whatever is published under the one name is, under the other, too.
relay_start() {
	"$relay" "$port" "$1" "$2" >"$base/relay.log" 2>&1 &
	relay_pid=$!
	await "$patience" grep -q ready "$base/relay.log" || fail "no relay"
}

# How many it has said again.
relayed() {
	grep -c '^\.$' "$base/relay.log" || :
}

relays_more() {
	[ "$(relayed)" -gt "$1" ]
}

# Messages go on coming twice.
relay_goes_on() {
	await "$patience" relays_more "$(($(relayed) + 10))" ||
	    fail "$*: nothing comes twice"
}

relay_stop() {
	kill -s KILL "$relay_pid"
	wait "$relay_pid" 2>/dev/null || :
	relay_pid=
}

find_leader() {
	leader=$(await "$patience" cluster_leader) || fail "nobody leads"
}

acknowledges_more() {
	more=$(client_field acknowledged)
	[ "${more:-0}" -gt "$1" ]
}

# The client's additions go on.
goes_on() {
	await "$patience" acknowledges_more "$(($(client_field acknowledged) + 10))" ||
	    fail "$*: nothing is acknowledged any more"
	[ -z "$relay_pid" ] || relay_goes_on "$*"
}

# What the client was told is so, on every server; beside it, $1 was added.
check() {
	client_stop || fail "a client saw the counter go back"
	acknowledged=$(client_field acknowledged)
	value=$(ask "add 0 0 0") || fail "nobody tells the value"
	value=${value#ok }
	[ "$value" -eq $((acknowledged + ${1:-0})) ] ||
	    fail "acknowledged $acknowledged, and the value is $value"
	await "$patience" cluster_has "$value" || fail "they do not agree"
	cluster_stop || fail "a server ended by itself, or not well"
	say "acknowledged $acknowledged, asked again $(client_field asked_again)," \
	    "longest gap $(client_field longest_gap_ms) ms; all have $value"
}

# Server $1 ends by itself, with status 1, having said $2.
expect_end() {
	await "$patience" has_ended "$1" || fail "server $1 does not end: $2"
	ended=0
	wait "$(server_pid "$1")" || ended=$?
	eval "pid_$1="
	[ "$ended" -eq 1 ] || fail "server $1 ended with status $ended: $2"
	grep -q "$2" "$(server_folder "$1").log" || fail "not said: $2"
}

has_ended() {
	! kill -0 "$(server_pid "$1")" 2>/dev/null
}

has_said() {
	grep -q "$2" "$(server_folder "$1").log"
}
