#!/bin/sh
# A server's folder in which something of another server is left, or a snapshot is
# damaged: neither is ever taken up, and a sentence says what to do.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

counter=$1
. "$(dirname -- "$0")/common.sh"
every=12

start_all() {
	for id in $ids; do
		server_start "$id" --snapshot-every "$every"
	done
	find_leader
}

# $1 additions of $2.
add() {
	for one in $(seq "$1"); do
		told=$(server_ask "$leader" "add $2")
		[ "${told% *}" = ok ] || fail "addition $one is refused: $told"
	done
}

# Its value, after it was killed and started again.
assert_value() {
	server_kill 1
	start_all
	value=$(await "$patience" servers_value) || fail "nobody can tell"
	[ "$value" = "$1" ] || fail "its value is $value, not $1"
}

# One byte of the newest snapshots of server $1, $2 of them, is another one.
spoil_newest() {
	for newest in $(find "$base/$1/snapshots" -name '0*' | sort |
	    tail -n "$2"); do
		printf X | dd of="$newest" bs=1 seek=100 conv=notrunc \
		    2>/dev/null
	done
	[ -n "${newest:-}" ] || fail "server $1 has no snapshot"
}

# A new cluster where another one was, whose log is gone and whose snapshots are
# not.
make_anew() {
	rm -rf "$base/1/log" "$base/1/server"
	"$counter" new --dir "$base" --nodes "$nodes" >"$base/said" 2>&1
}

is_refused() {
	! timeout "$patience" "$counter" run --dir "$base/1" \
	    >"$base/said" 2>&1 &&
	    grep -q "$1" "$base/said" && return 0
	cat "$base/said"
	fail "'$1' was expected"
}

# ------------------------------------------------------------- another's files

servers_new 1
start_all
add 12 1000
kill_one 1
[ -n "$(ls "$base/1/snapshots")" ] || fail "no snapshot was taken"
if make_anew; then
	start_all
	add 15 1
	assert_value 15
	fail "what another cluster has left is no hindrance"
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
start_all
add 15 1
assert_value 15
say "what another cluster has left is refused"

# ---------------------------------------------------------- damaged at a start

add 30 1
kill_one 1
spoil_newest 1 1
start_all
assert_value 45
[ -e "$base/1/snapshots/damaged" ] || fail "it was not set aside"
kill_one 1
spoil_newest 1 9
is_refused 'what is here is damaged'
servers_end
say "the snapshot before a damaged one is taken"

# ------------------------------------------------------- damaged at its leader

# Server $1 has applied as much as the leader.
has_caught_up() {
	[ "$(server_field "$1" value)" = "$2" ]
}

# Server $1 relies on the last snapshot that $2 entries call for: its log begins
# behind the one before.
has_snapshot_of() {
	[ "$(($(server_field "$1" snapshot) + 2 * every))" -gt "$2" ]
}

servers_new 3
start_all
for id in $ids; do
	[ "$id" = "$leader" ] || sleeper=$id
done
kill_one "$sleeper"
add 40 1
await "$patience" has_snapshot_of "$leader" 40 ||
    fail "the leader has taken no snapshot of late"
# Who begins to lead now has sent nothing of it yet.
for id in $ids; do
	[ "$id" = "$sleeper" ] || kill_one "$id"
done
for id in $ids; do
	[ "$id" = "$sleeper" ] ||
	    server_start "$id" --snapshot-every "$every"
done
find_leader
spoil_newest "$leader" 1
server_start "$sleeper" --snapshot-every "$every"
await "$patience" has_caught_up "$sleeper" 40 ||
    fail "server $sleeper waits for a sound snapshot"
grep -q 'is damaged, says' "$base/$leader.log" ||
    fail "the leader was not told"
grep -q 'begins behind the snapshot' "$base/$sleeper.log" ||
    fail "server $sleeper needed none"
transfers=$(grep -c 'of a newer version' "$base/$sleeper.log")
[ "$transfers" -le 2 ] || fail "it was sent $transfers times"
say "passed"
