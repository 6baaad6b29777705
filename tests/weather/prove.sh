#!/bin/bash
# Scenarios in both worlds: those of twenty.txt must hold in either, with clients that
# read from all servers (with_clients.awk), and what these were answered must be
# linearizable, in each run with some reads that show what was written. What did not
# hold on a machine that was too busy is asked again by itself, with more time.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: raft-scenario, the checker of histories, and options of raft-scenario.
# From the root of the sources. Each is run by two builds; exit status 2: it cannot be
# had here.
set -eu -o pipefail

program=$(realpath "$1")
linearizable=$(realpath "$2")
shift 2
# shellcheck source=tests/weather/judge.sh
. tests/weather/judge.sh
TEST_TMPDIR=$(mktemp -d)
trap 'rm -rf "$TEST_TMPDIR"' EXIT

fail() {
	echo "FAILED: $*"
	exit 1
}

# For must_hold().
real() {
	local folder=$TEST_TMPDIR/$1 timeout=$2
	shift 2
	mkdir "$folder"
	(cd "$TEST_TMPDIR" && exec "$program" --real --timeout "$timeout" \
	    --history "$folder" "$@") >"$folder/out" 2>&1
}

status=0
all=$TEST_TMPDIR/all
mkdir "$all"
files=$(sed 's/#.*//' tests/weather/twenty.txt)
for file in $files; do
	mkdir -p "$TEST_TMPDIR/$(dirname "$file")"
	awk -f tests/weather/with_clients.awk "$file" >"$TEST_TMPDIR/$file"
done
# shellcheck disable=SC2086
(cd "$TEST_TMPDIR" && exec "$program" --real --matrix --build baseline \
    --build default --history "$all" --jobs 2 "$@" $files) | tee "$all/out" ||
    status=$?
[ "$status" -ne 2 ] || exit 2

# What they were answered is true, and is something.
judge "$all" >"$all/said" || { cat "$all/said"; status=3; }
echo "$histories histories of clients were judged: $operations operations," \
    "$reads of them reads of what was written"
has_reads "$all" || status=3
! tell_broken "$all/out" || status=3

# Only those that were late have another chance.
if [ "$status" -eq 1 ] && was_late "$all/out"; then
	status=0
	late=0
	while read -r file build seed; do
		late=$((late + 1))
		(must_hold "again.$late" 1000 --build "$build" --seed "$seed" \
		    "$file") || status=1
	done < <(awk '/^FAILED .*  real$/ { print $2, $3, $5 }' "$all/out")
	echo "$late runs did not hold on a machine that was too busy, and were" \
	    "asked again"
fi
[ "$status" -eq 0 ] || {
	echo "again: awk -f tests/weather/with_clients.awk FILE >clients.scenario &&" \
	    "raft-scenario --real --timeline --build BUILD clients.scenario"
	exit 1
}
