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
files=$(grep -l '^# Catalogue: ' extensions/*/scenarios/*.scenario \
    demos/scenarios/*.scenario tests/scenarios/*.scenario)
echo "$files" |
    xargs -P "$(nproc)" -n 1 "$self" --one "$1" "$2" | tee "$results"
# A run that crashes, and a file that does not parse, have no summary.
awk -v files="$(echo "$files" | wc -l)" '
/ runs?: / {
	summaries++
	sub(/^.*scenario: /, "")
	runs += $1
	ok += $3
	failed += $5
	skipped += $7
}
END {
	printf "the catalogue: %d runs: %d ok, %d failed, %d skipped\n", runs,
	    ok, failed, skipped
	if (summaries != files)
		printf "%d of %d files did not run to their end\n",
		    files - summaries, files
	exit runs == 0 || ok + skipped != runs || summaries != files
}' "$results"
