#!/bin/sh
# A slow disk, on real processes under load: where it is a follower's, it costs nothing;
# where it is the leader's, all wait, the metrics say so, and another leader is the cure.
# Nobody else comes to lead by itself.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the programs, as common.sh has them.
# shellcheck disable=SC1090,SC1091,SC2034,SC2154
set -eu

. tests/operations/common.sh

# Additions that are done in some seconds, in $done.
measure() {
	before=$acknowledged
	load_for 2
	done=$((acknowledged - before))
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
echo 300 >"$base/$slow/SLOW"
measure
follows=$done
say "while $slow, which follows, is slow: $follows"
[ "$(reign)" = "$reign_before" ] || fail "from $reign_before to $(reign)"
server_change "$leader" transfer "$slow" >/dev/null 2>&1 || fail "no transfer"
find_leader
[ "$leader" = "$slow" ] || fail "$leader leads, and not $slow"
reign_before=$(reign)
measure
leads=$done
say "while it leads: $leads"
[ "$(reign)" = "$reign_before" ] || fail "from $reign_before to $(reign)"
[ "$(sync_ms "$slow")" -gt 100 ] || fail "the metrics do not show the slow disk"
server_change "$slow" step-down >/dev/null 2>&1 || fail "it leads on"
find_leader
[ "$leader" != "$slow" ] || fail "it leads again"
[ "$(sync_ms "$leader")" -lt 100 ] || fail "the metrics show another disk as slow"
measure
say "and when it follows again: $done"
[ "$follows" -gt $((2 * leads)) ] || fail "a slow follower costs something"
[ "$done" -gt $((2 * leads)) ] || fail "another leader is no cure"
echo 0 >"$base/$slow/SLOW"
expect_all
[ "$unknown" -eq 0 ] || fail "additions were left open"
