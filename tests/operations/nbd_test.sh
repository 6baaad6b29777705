#!/bin/sh
# A disk that takes 2 s a sync, a block device that is slow indeed, under one of three real
# servers and a load: nobody else comes to lead, and no client waits for it. Under the one
# that leads, disk_test has one.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the programs, as common.sh has them. RAFT_REAL_SECONDS: how long (15). It needs
# root, nbdkit and nbdfuse.
# shellcheck disable=SC1090,SC1091,SC2034,SC2154
set -eu

. tests/operations/common.sh

seconds=${RAFT_REAL_SECONDS:-15}
# Of each of the two or three writes that a sync of ext4 makes of it.
write_ms=900
bound_ms=100

[ "$(id -u)" -eq 0 ] || fail "a file system is mounted here, which needs root"
for tool in nbdkit nbdfuse mkfs.ext4; do
	command -v $tool >/dev/null || fail "$tool is missing"
done

unmount() {
	umount "$base/$slow" 2>/dev/null || :
	umount "$base/fuse" 2>/dev/null || :
	[ ! -e "$base/nbdkit.pid" ] || kill "$(cat "$base/nbdkit.pid")" || :
}

trap 'server_kill "$slow" 2>/dev/null || :; unmount; servers_end' EXIT

# The folder of server $1, which does not run, is on that disk from now on.
slow_down() {
	mkdir "$base/fuse" "$base/kept"
	truncate -s 64M "$base/disk"
	mkfs.ext4 -q -O ^has_journal -d "$base/$1" "$base/disk"
	nbdkit --unix "$base/nbd" --pidfile "$base/nbdkit.pid" --filter=delay \
	    file "$base/disk" "delay-write=${write_ms}ms"
	nbdfuse "$base/fuse/disk" --unix "$base/nbd" &
	await "$patience" test -s "$base/fuse/disk" || fail "no device"
	mv "$base/$1" "$base/kept/"
	mkdir "$base/$1"
	mount -o loop,noatime "$base/fuse/disk" "$base/$1"
}

# The longest time in which no client had an answer, of a load of $1 seconds, in $gap.
gap_of() {
	load_for "$1"
	gap=$(load_field longest_gap_ms)
}

sync_ms() {
	"$ctl" "$base/$slow" metrics |
	    awk '/^outrigger_fsync_seconds_sum / { sum = $2 }
	    /^outrigger_fsync_seconds_count / { count = $2 }
	    END { printf "%d", 1000 * sum / count }'
}

servers_new 3
servers_start
find_leader
for slow in $ids; do
	[ "$slow" = "$leader" ] || break
done
gap_of 3
healthy=$gap
[ $((2 * healthy)) -le $bound_ms ] || bound_ms=$((2 * healthy))
server_kill "$slow"
slow_down "$slow"
server_start "$slow"
value=$(await "$patience" servers_value) || fail "nobody tells the value"
await "$patience" servers_agree "$value" || fail "it does not catch up"
find_leader
reign_before=$(reign)
say "$slow, which follows, has a disk that takes ${write_ms} ms a write"
gap_of "$seconds"
[ "$(reign)" = "$reign_before" ] || fail "from $reign_before to $(reign)"
say "for $seconds s nobody waited for longer than $gap ms" \
    "($healthy ms on a quick disk)"
[ "$gap" -le $bound_ms ] || fail "that is more than $bound_ms ms"
[ "$(sync_ms)" -ge 1500 ] || fail "its syncs take $(sync_ms) ms"

expect_all
[ "$unknown" -eq 0 ] || fail "additions were left open"
say "a sync took $(sync_ms) ms"
