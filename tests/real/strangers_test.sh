#!/bin/sh
# Strangers hold every connection to the clients' ports that they can get, or talk as fast
# as they can: a peer that was restarted gets in all the same, and so do clients; and
# after a while without descriptors clients are taken again.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: counter, own, docs/tls.md, flood.
# shellcheck disable=SC1091,SC2034,SC2154,SC3045
set -eu

counter=$1
flood=$4
. "$(dirname -- "$0")/common.sh"

# So few that strangers could have them all.
descriptors=120

client_ports() {
	for id in $ids; do
		server_address "$id"
	done | sed 's/.*://'
}

descriptors_of() {
	find "/proc/$(server_pid "$1")/fd" -mindepth 1 | wc -l
}

first_free() {
	free=0
	while [ -e "/proc/$(server_pid "$1")/fd/$free" ]; do
		free=$((free + 1))
	done
	echo "$free"
}

follows() {
	[ "$(server_field "$other" leader)" = "$leader" ]
}

can_add() {
	server_ask "$leader" "add 1" | grep -q "^ok"
}

ulimit -S -n "$descriptors"
servers_new 3
servers_start
find_leader
before=$(descriptors_of "$leader")

# shellcheck disable=SC2046
(ulimit -S -n 1000 && exec "$flood" hold 16 2 4 $(client_ports)) >/dev/null &
flood_pid=$!
sleep 1
held=$(($(descriptors_of "$leader") - before))
say "strangers hold $held of the leader's $descriptors descriptors"
[ "$held" -ge 10 ] || fail "there are no strangers"
[ "$held" -le $((descriptors / 4 + 2)) ] || fail "so many of them"
for id in $ids; do
	[ "$id" = "$leader" ] || other=$id
done
kill_one "$other"
server_start "$other"
await 10 follows || fail "server $other does not get in, or no client does"
await 10 can_add || fail "nothing can be added"
say "a peer got in, and clients"
kill "$flood_pid" || fail "the strangers have left"
wait "$flood_pid" 2>/dev/null || :

# Those who talk, as fast as they can, get answers, and no more than that.
term=$(server_field "$leader" term)
# shellcheck disable=SC2046
(ulimit -S -n 1000 && exec "$flood" noise 4 2 4 $(client_ports)) \
    >"$base/flood" &
flood_pid=$!
sleep 1
held=$(($(descriptors_of "$leader") - before))
[ "$held" -le $((descriptors / 4 + 2)) ] || fail "so many who talk"
await 10 can_add || fail "nothing can be added while they talk"
wait "$flood_pid" || fail "the flood did not last"
[ "$(server_field "$leader" term)" = "$term" ] || fail "they deposed the leader"
say "$(cat "$base/flood") of those who talk; the same server leads"

# Below the first descriptor that is free: not one more client.
prlimit --pid "$(server_pid "$leader")" --nofile="$(first_free "$leader"):"
! can_add || fail "there was one left"
prlimit --pid "$(server_pid "$leader")" --nofile="$descriptors:"
await 10 can_add || fail "no client is taken any more"
say "without descriptors no client came in, and then they did again"
for id in $ids; do
	kill_one "$id"
done
