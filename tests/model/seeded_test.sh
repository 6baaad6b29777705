#!/bin/sh
# A bug is found, and the way to it is one.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the checker of a core with the bug, that of the right core, and perhaps
# raft-scenario of each; --; the promise that the bug breaks; bounds.
set -eu

seeded=$1
right=$2
seeded_scenario=
[ "$3" = -- ] || {
	seeded_scenario=$3
	right_scenario=$4
	shift 2
}
broken=$4
shift 4
trace=$TEST_TMPDIR/trace

"$seeded" "$@" --trace "$trace" --scenario "$trace.scenario" \
    --find "$broken" || {
	echo "it is not found that a member $broken"
	exit 1
}
cat "$trace"
"$seeded" "$@" --replay "$trace" --find "$broken" >"$TEST_TMPDIR/again" || {
	echo "the trace does not lead there again:"
	cat "$TEST_TMPDIR/again"
	exit 1
}
"$right" "$@" --replay "$trace" >"$TEST_TMPDIR/right" || {
	echo "the right core breaks it too:"
	cat "$TEST_TMPDIR/right"
	exit 1
}
grep -q '^cannot be\|^.*: all of' "$TEST_TMPDIR/right"
[ -n "$seeded_scenario" ] || exit 0

"$right_scenario" --build baseline "$trace.scenario" || {
	echo "the right core fails in the scenario"
	exit 1
}
status=0
"$seeded_scenario" --build baseline "$trace.scenario" || status=$?
[ "$status" = 1 ] || {
	echo "raft-scenario does not notice it:"
	cat "$trace.scenario"
	exit 1
}
