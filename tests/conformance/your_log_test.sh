#!/bin/sh
# docs/your-log.md shows tests that are so, and names every rule as it is told.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the page; then of a log, and of snapshots, the test, the header of the rules,
# and the head of their table.
set -eu

page=$1
shift
failed=0
scratch=${TEST_TMPDIR:-$(mktemp -d)}

while [ $# -gt 0 ]; do
	awk -v "test=${1##*/}" '/^```c / { here = $2 == test; next }
	    /^```/ { here = 0 } here' "$page" >"$scratch/shown"
	sed -n '/^#include/,$p' "$1" >"$scratch/is"
	diff -u "$scratch/shown" "$scratch/is" || failed=1
	[ -s "$scratch/shown" ] || { echo "the page shows no ${1##*/}"; failed=1; }

	# Of each X(NAME, "text", "place"), the text.
	{ tr -d '\n\\' <"$2"; echo; } | sed 's/"[[:space:]]*"//g; s/X([A-Z]*,/\n&/g' |
	    sed -n 's/^X([A-Z]*,[[:space:]]*"\([^"]*\)",[[:space:]]*"\([^"]*\)".*/| \1 | `\2/p' |
	    sed 's/\.h, /.h`, /; s/$/ |/' >"$scratch/rules"
	sed -n "/^| $3 | from |/,/^\$/p" "$page" | sed '1,2d; /^$/d' >"$scratch/named"
	diff -u "$scratch/named" "$scratch/rules" || failed=1
	[ "$(wc -l <"$scratch/rules")" -ge 15 ] || { echo "where are the rules?"; failed=1; }
	shift 3
done
exit $failed
