#!/bin/sh
# Real servers of the counter whose disks spoil what they keep: bits are changed in old
# files of the log of one server after the other, of followers and of the leader, while they
# run and while they are down. Others give them what they have lost; nobody stops, and all
# agree, also after all were started again.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# RAFT_SEED says which bits.
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

counter=$1
. "$(dirname -- "$0")/common.sh"
random_run 20

# The first file of a log, all of which is written.
old=log

# Change a bit of byte $3 of file $2 of server $1's log.
spoil_at() {
	file=$base/$1/log/$2
	byte=$(od -An -tu1 -j "$3" -N 1 "$file" | tr -d ' ')
	# shellcheck disable=SC2059
	printf "\\$(printf %03o $(((byte ^ 16) % 256)))" |
	    dd of="$file" bs=1 seek="$3" conv=notrunc 2>/dev/null
	say "server $1: a bit of byte $3 of its $2 has changed"
}

# $2 sectors of it, but none at its ends, which a start reads. No two servers lose the same
# one: whoever is server $1 loses those that leave that rest when they are divided by three.
spoil_some() {
	count=0
	while [ "$count" -lt "$2" ]; do
		draw 2000
		spoil_at "$1" "$old" $(((100 + 3 * drawn + $1) * 512 + 100))
		count=$((count + 1))
	done
}

mended() {
	"$ctl" "$base/$1" metrics |
	    sed -n 's/^outrigger_log_mended_entries_total.* //p' | grep .
}

has_mended() {
	[ "$(mended "$1")" -gt 0 ]
}

# Another one follows it, which says where it begins.
is_full() {
	od -An -tu8 -j 48 -N 8 "$base/$1/log/log.1" | grep -q '[1-9]'
}

all_are_full() {
	for id in $ids; do
		is_full "$id" || return 1
	done
}

has_applied() {
	applied_now=$(server_field "$1" applied_index)
	[ "${applied_now:-0}" -ge "$2" ]
}

nobody_has_stopped() {
	for id in $ids; do
		! server_has_ended "$id" ||
		    fail "server $id has ended by itself"
		! grep -q 'cannot be read back: .*and no other' "$base/$id.log" ||
		    fail "server $id has given up"
	done
}

servers_new 3 --election-timeout 500
for id in $ids; do
	# No snapshot stands for what is spoilt.
	server_set "$id" snapshot-bytes 1000000000
	server_set "$id" scrub-bytes 67108864
done
servers_start
find_leader
# shellcheck disable=SC2086
"$load" --workers 64 --seconds 3600 $places >"$base/load" &
load_pid=$!
await 300 all_are_full || fail "the logs do not grow"
check_load
for id in $ids; do
	await "$patience" server_value "$id" >/dev/null || fail "$id cannot tell"
done

# A follower's and the leader's, while they run: who reads all through finds it.
find_leader
for id in $(others "$leader" | head -n 1) "$leader"; do
	await "$patience" server_value "$id" >/dev/null || fail "$id cannot tell"
	spoil_some "$id" 1
	await "$patience" has_mended "$id" ||
	    fail "server $id does not find that"
	say "server $id: $(mended "$id") entries are kept in another place"
	grep -q 'are not as they were written' "$base/$id.log" ||
	    fail "server $id does not say what it has found"
done
nobody_has_stopped

# One after the other: it is down while its disk spoils what it has to apply.
for id in $ids; do
	applied=$(server_field "$id" applied_index)
	kill_one "$id"
	rm -f "$base/$id/snapshots"/*
	server_set "$id" scrub-bytes 0
	spoil_some "$id" 6
	server_start "$id"
	await "$patience" has_applied "$id" "$applied" ||
	    fail "server $id does not get what it has lost"
	has_mended "$id" || fail "server $id has lost nothing"
	say "server $id: $(mended "$id") entries were given to it"
done
nobody_has_stopped

# They go on, and start again with all that they have.
load_start
sleep 2
check_load "$value"
for id in $ids; do
	kill_one "$id"
done
servers_start
await "$patience" servers_agree "$value" || fail "they do not agree after all"
nobody_has_stopped
