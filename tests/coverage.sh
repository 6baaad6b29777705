#!/bin/sh
# What of the core the tests of the core alone execute (gcov, lcov).
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the folder of raft_extensions.h, and where the report goes. Exit
# status: 1 if it falls short of the thresholds.
#
# Only tests/core counts: a program that stumbles through a line, as the
# simulator does, shows no promise that the line keeps. Left out, since there
# is no way to take them: the branch of an assertion (RAFT_COVERAGE) and with it
# invariants.c, which has nothing else (NDEBUG); and the branches of a list of
# modules, which stand in one line and are decided when a build is compiled.
set -eu

lines_min=98
branches_min=90

[ $# -eq 2 ] || { echo "usage: coverage.sh HEADERS REPORT" >&2; exit 2; }
headers=$1
report=$2
top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$top"
mkdir "$scratch/core"

# Its warnings are those of Perl 5.36 about itself.
lcov_quietly() {
	lcov --quiet --rc lcov_branch_coverage=1 "$@" 2>"$scratch/lcov" ||
	    { cat "$scratch/lcov" >&2; exit 2; }
}

compile() {
	gcc -std=c11 -D_GNU_SOURCE -g -O0 -I. -I"$headers" "$@"
}

# Those of the build that the headers are of.
modules=$(sed -n 's|^#include "\(extensions/.*\)/.*|\1/*.c|p' \
    "$headers/raft_extensions.h")
# shellcheck disable=SC2086
for source in raft/*.c $modules; do
	compile --coverage -DRAFT_COVERAGE -DNDEBUG -c "$source" \
	    -o "$scratch/core/$(basename "$source" .c).o"
done
for source in rig group; do
	compile -c "tests/core/$source.c" -o "$scratch/$source.o"
done
for source in tests/core/*_test.c; do
	compile -c "$source" -o "$scratch/test.o"
	gcc --coverage "$scratch/test.o" "$scratch/rig.o" "$scratch/group.o" \
	    "$scratch"/core/*.o \
	    -lcmocka -o "$scratch/test"
	"$scratch/test" >"$scratch/out" 2>&1 || { cat "$scratch/out"; exit 1; }
done

lcov_quietly --capture --base-directory "$top" \
    --rc lcov_excl_br_line='RAFT_EXTENSIONS\(' \
    --directory "$scratch/core" --output-file "$scratch/all"
lcov_quietly --extract "$scratch/all" "$top/raft/*" "$top/extensions/*" \
    --output-file "$scratch/ours"
lcov_quietly --extract "$scratch/all" "$top/raft/*" \
    --output-file "$scratch/raft"
genhtml --quiet --branch-coverage --prefix "$top" --title Outrigger \
    --output-directory "$report" "$scratch/ours" 2>"$scratch/lcov" ||
    { cat "$scratch/lcov" >&2; exit 2; }

# A line a file and the sum; LF, LH, BRF and BRH are found and hit.
awk -F: -v lines_min=$lines_min -v branches_min=$branches_min '
function percent(hit, found) { return found == 0 ? 100 : 100 * hit / found }
function show(name, lh, lf, bh, bf) {
	printf "%-20s %6.1f%% of %5d %6.1f%% of %5d\n", name,
	    percent(lh, lf), lf, percent(bh, bf), bf
}
BEGIN { printf "%-20s %16s %16s\n", "", "lines", "branches" }
$1 == "SF" { sub(".*/raft/", "raft/"); name = $0 }
$1 ~ /^(LF|LH|BRF|BRH)$/ { of[$1] = $2; sum[$1] += $2 }
/^end_of_record/ {
	show(name, of["LH"], of["LF"], of["BRH"], of["BRF"])
	split("", of)
}
END {
	show("the core", sum["LH"], sum["LF"], sum["BRH"], sum["BRF"])
	if (percent(sum["LH"], sum["LF"]) >= lines_min &&
	    percent(sum["BRH"], sum["BRF"]) >= branches_min)
		exit
	printf "short of %d%% of lines, %d%% of branches\n", lines_min,
	    branches_min
	exit 1
}' "$scratch/raft"
