#!/bin/sh
# A disk that fills, on real processes under load: its server says so ahead, leads no
# more, and goes on by itself when there is room again. When nothing is left at all the
# cluster goes on, and a member that stops for that comes back once there is room.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the programs, as common.sh has them. The disk is a small file system of the
# test's own, if this system lets anybody have one; else a library makes its writes fail.
# shellcheck disable=SC1090,SC1091,SC2034,SC2154
set -eu

if [ -z "${FULL_TEST_INSIDE:-}" ] &&
    unshare --user --map-root-user --mount sh -c \
        'mount -t tmpfs -o size=1m none /mnt' 2>/dev/null; then
	FULL_TEST_INSIDE=yes exec unshare --user --map-root-user --mount \
	    "$0" "$@"
fi

. tests/operations/common.sh

megabytes() {
	df --output=avail -B 1M "$base/$1" | tail -n 1
}

# All of server $1's disk but $2 MiB is somebody else's.
fill() {
	if [ -n "${FULL_TEST_INSIDE:-}" ]; then
		fallocate -l "$(($(megabytes "$1") - $2))M" "$base/$1/else"
	else
		echo "$2" >"$base/$1/FREE"
	fi
}

# Nothing is left at all.
fill_up() {
	if [ -n "${FULL_TEST_INSIDE:-}" ]; then
		cat /dev/zero >"$base/$1/more" 2>/dev/null || :
	else
		echo 0 >"$base/$1/FREE"
	fi
}

make_room() {
	rm -f "$base/$1/else" "$base/$1/more" "$base/$1/FREE"
}

said() {
	grep -q "event=$2" "$base/$1.log"
}

small=2
trap 'umount -l "$base/$small" 2>/dev/null || :; servers_end' EXIT
servers_new 3 --election-timeout 2000
if [ -n "${FULL_TEST_INSIDE:-}" ]; then
	mv "$base/$small" "$base/kept"
	mkdir "$base/$small"
	mount -t tmpfs -o size=32m none "$base/$small"
	cp -a "$base/kept/." "$base/$small"
	say "server $small has a disk of 32 MiB"
fi
for each_id in $ids; do
	server_set "$each_id" room-bytes 8388608
	server_set "$each_id" snapshot-bytes 1048576
	server_set "$each_id" snapshot-tail 10
done
servers_start
find_leader
[ "$leader" = "$small" ] || {
	server_change "$leader" transfer "$small" >/dev/null 2>&1 ||
	    fail "no transfer"
	find_leader
}
load_for 1

# ------------------------------------------------------------- nearly full
fill "$small" 4
await "$patience" said "$small" room-short || fail "nobody noticed"
await "$patience" servers_other_leader "$small" >/dev/null ||
    fail "it leads on"
load_for 1
make_room "$small"
await "$patience" said "$small" room-again || fail "nobody noticed the room"
find_leader
server_change "$leader" transfer "$small" >/dev/null 2>&1 || fail "no transfer"
load_for 1
say "nearly full: it handed over, and took commands again when there was room"

# -------------------------------------------------------------------- full
# It could write nothing, of whatever kind.
has_failed() {
	grep -q "No space left on device" "$base/$small.log"
}

fill_up "$small"
load_start
await "$patience" has_failed || fail "nothing failed on a full disk"
await "$patience" servers_other_leader "$small" >/dev/null ||
    fail "it leads on"
sleep 1
end_load
make_room "$small"
if server_has_ended "$small"; then
	wait "$(server_pid "$small")" 2>/dev/null || :
	said "$small" stopped || fail "it did not say that it stopped"
	server_start "$small"
	say "full: it stopped, and was started again"
fi
expect_all
say "the others went on, and it came back"
