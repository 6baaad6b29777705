#!/bin/sh
# That servers may trade names loses no state: as many are visited as there are among
# all states, where servers are told apart, that differ in more than names.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: checkers.
set -eu

compare() {
	visited=$("$@" | sed -n 's/^.*: all of [0-9]* steps, \([0-9]*\) states .*/\1/p')
	apart=$("$@" --apart 1 | tee "$TEST_TMPDIR/apart" |
	    sed -n 's/^\([0-9]*\) states but for names$/\1/p')
	cat "$TEST_TMPDIR/apart"
	[ -n "$visited" ] && [ "$visited" = "$apart" ] || {
		echo "$*: $visited states are visited of $apart"
		exit 1
	}
}

for checker in "$@"; do
	compare "$checker" --bounds elections --expire 2
	compare "$checker" --bounds writes --expire 1
	compare "$checker" --bounds reads --expire 1 --propose 1
	compare "$checker" --bounds transfer --expire 1
	compare "$checker" --bounds single --expire 1
	compare "$checker" --bounds snapshots --expire 0 --propose 1
	compare "$checker" --bounds closed --tick 1
done
