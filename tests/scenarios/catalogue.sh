#!/bin/sh
# Runs the scenarios of docs/catalogue.md on every build.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: raft-scenario, and how many seeds. As many run at a time as there are
# processors, and a line is printed for each as it ends.
set -eu

if [ "$1" = --one ]; then
	status=0
	out=$(nice "$2" --every-build --quiet --seeds "$3" "$4") || status=1
	printf '%s: %s\n' "$4" "$out"
	exit $status
fi

self=$(readlink -f -- "$0")
cd "$(dirname -- "$self")/../.."
results=$(mktemp)
trap 'rm -f "$results"' EXIT
grep -l '^# Catalogue: ' extensions/*/scenarios/*.scenario \
    demos/scenarios/*.scenario tests/scenarios/*.scenario |
    xargs -P "$(nproc)" -n 1 "$self" --one "$1" "$2" | tee "$results"
awk '
/ runs?: / {
	sub(/^.*scenario: /, "")
	runs += $1
	ok += $3
	failed += $5
	skipped += $7
}
END {
	printf "the catalogue: %d runs: %d ok, %d failed, %d skipped\n", runs,
	    ok, failed, skipped
	exit runs == 0 || ok + skipped != runs
}' "$results"
