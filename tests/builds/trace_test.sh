#!/bin/sh
# A real build and the same modules behind a mask do the same, byte for byte.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the masked program, the real one, the build's name, the names of all
# our modules, scenarios.
# What the scenarios expect is not the point here: only a trace is.
set -eu

masked=$1
real=$2
build=$3
modules=$4
shift 4
failed=0

trace() {
	status=0
	"$1" --quiet --build "$build" --trace "$TEST_TMPDIR/$2" "$scenario" \
	    >"$TEST_TMPDIR/$2.out" 2>&1 || status=$?
	[ "$status" -lt 2 ] && [ -s "$TEST_TMPDIR/$2" ] && return
	cat "$TEST_TMPDIR/$2.out"
	echo "$2: no trace of $scenario with $build (status $status)"
	exit 1
}

# What the real one has not, it says, and runs nothing.
for module in $modules; do
	case +$build+ in
	*"+$module+"*) continue ;;
	esac
	status=0
	"$real" --build "$module" "$1" >"$TEST_TMPDIR/said" 2>&1 || status=$?
	[ $status -eq 2 ] &&
	    grep -q ": this binary lacks $module, expected modules out of" \
	    "$TEST_TMPDIR/said" && continue
	cat "$TEST_TMPDIR/said"
	echo "$build: it does not say that it lacks $module (status $status)"
	failed=1
done
[ $# -ge 5 ] || { echo "five scenarios were expected, not $#"; exit 1; }
for scenario in "$@"; do
	trace "$masked" masked
	trace "$real" real
	cmp "$TEST_TMPDIR/masked" "$TEST_TMPDIR/real" || {
		echo "again: raft-scenario --build $build --trace - $scenario"
		failed=1
	}
done
exit $failed
