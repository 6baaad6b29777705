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
	*/libclock.so) clock=$PWD/$program ;;
	esac
done
. demos/counter/servers.sh
patience=60
begun=$(date +%s)
trap servers_end EXIT

say() {
	printf '%3s s  %s\n' "$(($(date +%s) - begun))" "$*"
}

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

# What the load was told to be done is there, once.
end_load() {
	load_end || fail "a client saw the counter go back"
	acknowledged=$((acknowledged + $(load_field acknowledged)))
	unknown=$((unknown + $(load_field unknown)))
	[ "$(load_field acknowledged)" -gt 0 ] || fail "nothing was acknowledged"
}

expect_all() {
	value=$(await "$patience" servers_value) || fail "nobody tells the value"
	say "acknowledged $acknowledged, unknown $unknown, value $value"
	[ "$acknowledged" -le "$value" ] || fail "acknowledged, and lost"
	[ "$value" -le $((acknowledged + unknown)) ] || fail "added twice"
	await "$patience" servers_agree "$value" || fail "the servers do not agree"
}

acknowledged=0 unknown=0
