#!/bin/sh
# The table of outrigger-ctl in README.md is what it shows of such a cluster: three
# servers under load, one of which was killed.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: counter, own, docs/tls.md, flood, README.md.
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

counter=$1
readme=$5
. "$(dirname -- "$0")/common.sh"

# Numbers with their units, and places, are whatever they are; so is the room between.
shape() {
	sed 's/127\.0\.0\.1:[0-9]*/PLACE/g; s/[0-9][0-9.]*/N/g
	    s/N \(us\|ms\|s\|B\|KiB\|MiB\)\( \|$\)/N\2/g; s/  */ /g; s/ *$//'
}

awk '/^```/ { here = $0 == "```text watch"; next } here' "$readme" |
    sed 1d | grep . >"${TEST_TMPDIR:-/tmp}/shown"
servers_new 3 --election-timeout 500
[ "$(wc -l <"$TEST_TMPDIR/shown")" -eq 9 ] || fail "README.md shows no watch"
shape <"$TEST_TMPDIR/shown" | sort >"$base/shown"
servers_start
find_leader
load_start
begin_time "$patience"
dead=$(others "$leader" | head -n 1)
kill_one "$dead"
is_shown=false
while has_time && ! $is_shown; do
	server_change "$leader" watch --count 1 | grep . >"$base/now" ||
	    fail "nothing is shown"
	shape <"$base/now" | sort >"$base/seen"
	! cmp -s "$base/shown" "$base/seen" || is_shown=true
done
$is_shown || {
	diff "$base/shown" "$base/seen" || :
	fail "README.md shows something else"
}
say "it is as it is shown"
