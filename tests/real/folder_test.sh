#!/bin/sh
# A server's folder in which something of another server is left: it is never
# taken up, and a sentence says what to do.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

counter=$1
. "$(dirname -- "$0")/common.sh"
every=12

start_one() {
	server_start 1 --snapshot-every "$every"
	await "$patience" servers_leader >/dev/null || fail "nobody leads"
}

# $1 additions of $2.
add() {
	for one in $(seq "$1"); do
		told=$(server_ask 1 "add $2")
		[ "${told% *}" = ok ] || fail "addition $one is refused: $told"
	done
}

# A new cluster where another one was, whose log is gone and whose snapshots are
# not.
make_anew() {
	rm -r "$base/1/log" "$base/1/server"
	"$counter" new --dir "$base" --nodes "$nodes" >"$base/said" 2>&1
}

is_refused() {
	! "$counter" run --dir "$base/1" >"$base/said" 2>&1 &&
	    grep -q "$1" "$base/said" && return 0
	cat "$base/said"
	fail "'$1' was expected"
}

servers_new 1
start_one
add 12 1000
kill_one 1
[ -n "$(ls "$base/1/snapshots")" ] || fail "no snapshot was taken"
if make_anew; then
	start_one
	add 15 1
	kill_one 1
	start_one
	value=$(await "$patience" servers_value) || fail "nobody can tell"
	fail "15 were added to a new cluster, whose value is $value"
fi
grep -q 'another cluster' "$base/said" ||
    fail "counter new does not say why: $(cat "$base/said")"
[ ! -e "$base/1/log" ] || fail "what was refused has left a log"

# The same, if the folder of snapshots comes from elsewhere later.
mv "$base/1/snapshots" "$base/others"
make_anew || fail "$(cat "$base/said")"
rm -r "$base/1/snapshots"
mv "$base/others" "$base/1/snapshots"
is_refused 'belongs to another cluster'
rm -r "$base/1/snapshots"
start_one
add 15 1
kill_one 1
start_one
value=$(await "$patience" servers_value) || fail "nobody can tell"
[ "$value" = 15 ] || fail "15 were added, and $value counted"
kill_one 1
say "passed"
