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

# $1 additions of $2.
add() {
	for one in $(seq "$1"); do
		told=$(server_ask "$leader" "add $2")
		[ "${told% *}" = ok ] || fail "addition $one is refused: $told"
	done
}

take_snapshot() {
	server_change "$1" snapshot >/dev/null ||
	    fail "server $1 takes no snapshot"
}

begin() {
	servers_start
	find_leader
}

# Its value, after it was killed and started again.
assert_value() {
	kill_one 1
	begin
	value=$(await "$patience" servers_value) || fail "nobody can tell"
	[ "$value" = "$1" ] || fail "its value is $value, not $1"
}

# One byte of the newest snapshots of server $1, $2 of them, is another one.
spoil_newest() {
	newest=
	for newest in $(find "$base/$1/snapshots" -name '0*' | sort |
	    tail -n "$2"); do
		printf X | dd of="$newest" bs=1 seek=100 conv=notrunc \
		    2>/dev/null
	done
	[ -n "$newest" ] || fail "server $1 has no snapshot"
}

# A new server where another one was, whose log is gone and whose snapshots are
# not.
make_anew() {
	rm -rf "$base/1/log" "$base/1/server.conf"
	"$counter" make "$base/1" --id 1 --cluster another \
	    --address "$(server_place 1)" >"$base/said" 2>&1
}

is_refused() {
	! timeout "$patience" "$counter" run "$base/1" "$(server_address 1)" \
	    >"$base/said" 2>&1 &&
	    grep -q "$1" "$base/said" && return 0
	cat "$base/said"
	fail "'$1' was expected"
}

# ------------------------------------------------------------- another's files

servers_new 1
server_set 1 snapshot-tail 1
begin
add 12 1000
take_snapshot 1
kill_one 1
[ -n "$(ls "$base/1/snapshots")" ] || fail "no snapshot was taken"
! make_anew || fail "what another cluster has left is no hindrance"
grep -q 'another cluster' "$base/said" ||
    fail "counter make does not say why: $(cat "$base/said")"
[ ! -e "$base/1/log" ] || fail "what was refused has left a log"

# The same, if the folder of snapshots comes from elsewhere later.
mv "$base/1/snapshots" "$base/others"
make_anew || fail "$(cat "$base/said")"
rm -r "$base/1/snapshots"
mv "$base/others" "$base/1/snapshots"
is_refused 'belongs to another cluster'
rm -r "$base/1/snapshots"
server_set 1 snapshot-tail 1
begin
add 15 1
assert_value 15
say "what another cluster has left is refused"

# ---------------------------------------------------------- damaged at a start

take_snapshot 1
add 29 1
take_snapshot 1
# With this, the log is trimmed on the disk, too.
add 1 1
kill_one 1
spoil_newest 1 1
begin
assert_value 45
[ -e "$base/1/snapshots/damaged" ] || fail "it was not set aside"
kill_one 1
spoil_newest 1 9
is_refused 'what is here is damaged'
servers_end
say "the snapshot before a damaged one is taken"

# ------------------------------------------------------- damaged at its leader

# The log of server $1 begins behind all that a server has which is new.
begins_late() {
	[ "$(server_field "$1" compacted_index)" -gt 5 ]
}

servers_new 3
for id in $ids; do
	server_set "$id" snapshot-tail 1
done
begin
sleeper=$(others "$leader" | head -n 1)
kill_one "$sleeper"
add 20 1
for id in $(others "$sleeper"); do
	take_snapshot "$id"
done
add 19 1
for id in $(others "$sleeper"); do
	take_snapshot "$id"
	await "$patience" begins_late "$id" || fail "no log was trimmed"
done
add 1 1
# Who begins to lead now has sent nothing of it yet.
for id in $(others "$sleeper"); do
	kill_one "$id"
done
for id in $(others "$sleeper"); do
	server_start "$id"
done
find_leader
spoil_newest "$leader" 1
server_start "$sleeper"
[ "$(await "$patience" server_value "$sleeper")" = 40 ] ||
    fail "server $sleeper waits for a sound snapshot"
grep -q 'is damaged, says' "$base/$leader.log" ||
    fail "the leader was not told"
grep -q 'begins behind the snapshot' "$base/$sleeper.log" ||
    fail "server $sleeper needed none"
transfers=$(grep -c 'of a newer version' "$base/$sleeper.log")
[ "$transfers" -le 2 ] || fail "it was sent $transfers times"
say "passed"
