#!/bin/sh
# Real servers of the counter that take a snapshot every few hundred entries: one
# that slept through them gets the leader's, servers are killed while they take,
# send and install them, and every addition counts exactly once.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# RAFT_SEED and RAFT_REAL_SECONDS set the seed and how long it takes. Half of the
# time the servers speak TLS to each other.
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

counter=$1
. "$(dirname -- "$0")/common.sh"
random_run 8
bytes=4000

# How many snapshots of a leader server $1 has installed.
installed() {
	grep -c 'begins behind the snapshot' "$base/$1.log" || :
}

has_installed_more() {
	[ "$(installed "$1")" -gt "$2" ]
}

is_far() {
	trimmed=$(server_field "$(servers_leader)" compacted_index)
	[ "${trimmed:-0}" -gt "$1" ]
}

# Server $1 sleeps until the log that the others have begins behind what it has.
let_sleep() {
	before=$(installed "$1")
	applied=$(server_field "$1" applied_index)
	kill_one "$1"
	await "$patience" is_far "${applied:-0}" >/dev/null ||
	    fail "the leader's log was not trimmed"
	server_start "$1"
}

# Killed at any moment of getting it, again and again.
kill_while_installing() {
	for moment in 0.0 0.1 0.3; do
		sleep "$moment"
		kill_one "$1"
		server_start "$1"
	done
}

run_under_load() {
	load_start
	begin_time "$1"
	for id in $ids; do
		let_sleep "$id"
		[ "$id" != 2 ] || kill_while_installing "$id"
		await "$patience" has_installed_more "$id" "$before" ||
		    fail "server $id has not installed the leader's snapshot"
	done
	while has_time; do
		draw 3
		victim=$((drawn + 1))
		kill_one "$victim"
		draw 10
		sleep "0.$drawn"
		server_start "$victim"
		await "$patience" servers_leader >/dev/null ||
		    fail "nobody leads"
	done
	check_load
	say "$2: snapshots installed: $(installed 1) $(installed 2)" \
	    "$(installed 3)"
}

has_few_snapshots() {
	# The newest, a spare one, and one that is being taken.
	[ "$(find "$base/$1/snapshots" -type f | wc -l)" -le 3 ]
}

run_cluster() {
	servers_new 3 --election-timeout 500
	[ "$2" != TLS ] || servers_secure
	for id in $ids; do
		server_set "$id" snapshot-bytes "$bytes"
		server_set "$id" snapshot-tail 15
	done
	servers_start
	await "$patience" servers_leader >/dev/null || fail "nobody leads"
	run_under_load "$1" "$2"
	# Some are kept while they are being sent.
	for id in $ids; do
		await "$patience" has_few_snapshots "$id" ||
		    fail "server $id keeps old snapshots"
	done
	# Nothing of it was in memory only.
	for id in $ids; do
		kill_one "$id"
	done
	for id in $ids; do
		server_start "$id"
	done
	await "$patience" servers_agree "$value" ||
	    fail "they do not agree after all"
	servers_end
}

run_cluster $((seconds / 2)) TCP
run_cluster $((seconds / 2)) TLS
