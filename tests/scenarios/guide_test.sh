#!/bin/sh
# The guide that `./run demo` begins with: every scenario of it is there and goes
# as it expects, and builds differ in each.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: raft-scenario, the guide.
set -eu

run=$1
guide=$2
out=$TEST_TMPDIR/out

die() {
	echo "$1; it said:"
	cat "$out"
	exit 1
}

"$run" --guide "$guide" --quiet --matrix >"$out" 2>&1 || die "it fails"
shown=$(grep -c '^show ' "$guide")
[ "$shown" -ge 12 ] || die "it shows no more than $shown"
# Where a build is best, a title stands above, and another one is not best.
best=$(awk '/^\* / && !/^\* did best/ && !seen { best++; seen = 1 } /^$/ { seen = 0 }
    END { print best + 0 }' "$out")
[ "$best" -eq "$shown" ] || die "in $((shown - best)) no builds differ"
for module in prevote checkquorum stickiness learners disconnect split_vote fencing \
    catchup; do
	grep -q "lacks .*$module" "$out" ||
	    die "it does not show what $module is for"
done
! awk 'length > 84' "$guide" | grep -v '^show ' >"$out" ||
    die "lines are too long for a terminal"
