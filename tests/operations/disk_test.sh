#!/bin/sh
# A slow disk, on real processes under load: it costs nothing, whether it is a follower's
# or the leader's; the metrics say whose it is. Nobody else comes to lead by itself.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the programs, as common.sh has them.
# shellcheck disable=SC1090,SC1091,SC2034,SC2154
set -eu

. tests/operations/common.sh

# How many syncs server $1 has made.
syncs_of() {
	"$ctl" "$base/$1" metrics |
	    awk '/^outrigger_fsync_seconds_count / { print $2 }'
}

has_synced() {
	[ "$(syncs_of "$1")" -ge "$2" ]
}

# Additions of eight clients, each of which waits for its own, while server $1 syncs some
# times; in $done how many.
measure() {
	before=$acknowledged made=$(syncs_of "$1")
	load_start
	await "$patience" has_synced "$1" $((made + 4)) || fail "no syncs"
	end_load
	done=$((acknowledged - before)) made=$(($(syncs_of "$1") - made))
	say "$done additions in the time of $made syncs"
	# Each of them would have waited for at least one.
	[ "$done" -gt $((16 * made)) ] || fail "they wait for the disk of $1"
}

# A sync of server $1, in milliseconds, of all that it has made so far.
sync_ms() {
	"$ctl" "$base/$1" metrics | awk '/^outrigger_fsync_seconds_sum / { sum = $2 }
	    /^outrigger_fsync_seconds_count / { count = $2 }
	    END { printf "%d", 1000 * sum / count }'
}

servers_new 3 --election-timeout 2000
servers_start
find_leader
reign_before=$(reign)
for slow in $ids; do
	[ "$slow" = "$leader" ] || break
done
echo 1000 >"$base/$slow/SLOW"
say "$slow, which follows, is slow"
measure "$slow"
[ "$(reign)" = "$reign_before" ] || fail "from $reign_before to $(reign)"
echo 0 >"$base/$slow/SLOW"
server_change "$leader" transfer "$slow" >/dev/null 2>&1 || fail "no transfer"
find_leader
[ "$leader" = "$slow" ] || fail "$leader leads, and not $slow"
reign_before=$(reign)
echo 1000 >"$base/$slow/SLOW"
say "it leads"
measure "$slow"
[ "$(reign)" = "$reign_before" ] || fail "from $reign_before to $(reign)"
[ "$(sync_ms "$slow")" -gt 100 ] || fail "the metrics do not show the slow disk"
server_change "$slow" step-down >/dev/null 2>&1 || fail "it leads on"
find_leader
[ "$leader" != "$slow" ] || fail "it leads again"
[ "$(sync_ms "$leader")" -lt 100 ] || fail "the metrics show another disk as slow"
echo 0 >"$base/$slow/SLOW"
expect_all
[ "$unknown" -eq 0 ] || fail "additions were left open"
