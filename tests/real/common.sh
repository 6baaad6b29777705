# What the tests of real servers have in common, for scripts that read this file
# with `.` and have $counter, the program.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck shell=sh disable=SC1091,SC2034,SC2154
case $counter in /*) ;; *) counter=$PWD/$counter ;; esac
demos=$(dirname -- "$0")/../../demos
. "$demos/counter/servers.sh"
. "$(dirname -- "$0")/../random.sh"

# For a leader or a value, at worst: sanitizers, and a busy machine.
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

# The commands of the block $1 of docs/tls.md, $manual.
manual_says() {
	awk -v fence="\`\`\`sh $1" '/^```/ { inside = $0 == fence; next }
	    inside { print }' "$manual" | grep .
}

# Do what the block $1 says, in folder $2. It finds outrigger-certs, and $cluster.
manual_do() {
	manual_says "$1" >"$base/commands" || fail "docs/tls.md: no $1"
	(cd "$2" && cluster=$cluster \
	    PATH=$(dirname -- "$certs"):$PATH sh -eu "$base/commands") \
	    >"$base/said" 2>&1 || fail "$1: $(cat "$base/said")"
}

# Every server reads its files again, and says so.
reload() {
	for id in $ids; do
		before=$(grep -c "certificates: read again" "$base/$id.log" || :)
		server_signal "$id" HUP
		await "$patience" has_reloaded "$id" "$before" ||
		    fail "server $id did not read its files again"
	done
}

has_reloaded() {
	[ "$(grep -c "certificates: read again" "$base/$1.log")" -gt "$2" ]
}

find_leader() {
	leader=$(await "$patience" servers_leader) || fail "nobody leads"
}

kill_one() {
	server_kill "$1" || fail "server $1 was dead before it was killed"
}

# Those but these, one a line.
others() {
	others_of=" $* "
	for server_id in $ids; do
		case $others_of in
		*" $server_id "*) ;;
		*) echo "$server_id" ;;
		esac
	done
}

# Whether the leader has these, with commas between, as its voters, and so is it
# decided.
are_voters() {
	voting=$(server_members_who "$(servers_leader)" '"role":"voter"')
	[ "$voting" = "$1" ] &&
	    [ "$(server_field "$(servers_leader)" changing)" = false ]
}

await_voters() {
	voters=$(echo "$@" | tr ' ' '\n' | sort -n | paste -s -d , -)
	await "$patience" are_voters "$voters" || fail "$voters do not vote"
}

# Have some server change the cluster, whoever leads.
change() {
	server_change "$(await "$patience" servers_leader)" "$@" \
	    >"$base/changed" 2>&1 || fail "$*: $(cat "$base/changed")"
}

# What the load found out is so, and all agree.
check_load() {
	load_end || fail "a client saw the counter go back"
	acknowledged=$(load_field acknowledged)
	value=$(await "$patience" servers_value) || fail "nobody can tell"
	say "acknowledged $acknowledged, value $value, said again" \
	    "$(load_field retried), longest gap $(load_field longest_gap_ms) ms"
	[ "$acknowledged" -ge 100 ] || fail "hardly anything was acknowledged"
	[ "$(load_field unknown)" -eq 0 ] || fail "additions were left open"
	[ "$acknowledged" -le $((value - ${1:-0})) ] ||
	    fail "acknowledged additions were lost"
	[ "$acknowledged" -ge $((value - ${1:-0})) ] ||
	    fail "something was added twice"
	[ "$(load_field highest)" -le "$value" ] ||
	    fail "a value that was told was lost"
	await "$patience" servers_agree "$value" || fail "they do not agree"
}
