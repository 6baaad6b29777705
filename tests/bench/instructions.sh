#!/bin/sh
# Instructions an entry of the core alone, as callgrind counts them.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
#     instructions.sh HEADERS           prints them, as instructions.txt has them
#     instructions.sh HEADERS RECORD    compares them with it: within 3 %?
#
# Each line has those of all, and of them the core's own and its modules'; the
# rest is the benchmark's: its logs, and what it copies of payloads and messages.
# HEADERS is the folder of raft_extensions.h. Unlike time they do not depend on
# who else uses the machine; but they are those of one compiler, with plain -O2 and
# without invariants, on one kind of processor. For another there is nothing to
# compare with, and that is said. Exit status: 1 if a figure differs.
set -eu

percent=3

[ $# -eq 1 ] || [ $# -eq 2 ] ||
    { echo "usage: instructions.sh HEADERS [RECORD]" >&2; exit 2; }
headers=$1
record=${2:-}
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
compiler="$(gcc --version | head -n 1), $(uname -m)"
# Which memcpy the C library takes must not depend on the processor.
GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX512VL,-AVX_Fast_Unaligned_Load,-ERMS
export GLIBC_TUNABLES

if [ -n "$record" ] && ! grep -qxF "compiler: $compiler" "$record"; then
	echo "not compared: the record is not of $compiler"
	exit 0
fi

# Those of the build that the headers are of.
modules=$(sed -n 's|^#include "\(extensions/.*\)/.*|\1/*.c|p' \
    "$headers/raft_extensions.h")
# shellcheck disable=SC2086
(cd "$top" && gcc -g -std=c11 -D_GNU_SOURCE -fvisibility=hidden -O2 -DNDEBUG -I. \
    -I"$headers" raft/*.c $modules tests/bench/core.c -lbsd \
    -o "$scratch/core")

# Those executed within run_measured alone.
count() {
	entries=$("$scratch/core" --voters "$1" --load "$2" --entries "$3")
	valgrind --tool=callgrind --callgrind-out-file="$scratch/counts" \
	    --toggle-collect='run_measured*' "$scratch/core" --voters "$1" \
	    --load "$2" --entries "$3" >"$scratch/out" 2>&1 ||
	    { cat "$scratch/out" >&2; exit 2; }
	callgrind_annotate --auto=no --threshold=100 "$scratch/counts" |
	    tr -d , | awk -v entries="$entries" '
		/PROGRAM TOTALS/ { all = $1 }
		/ (\.\/)?(raft|extensions)\/[^ ]*\.[ch]:/ { core += $1 }
		END { printf "%.0f %.0f\n", all / entries, core / entries }'
}

# compare WHAT IS WAS
compare() {
	awk -v what="$1" -v is="$2" -v was="${3:-1}" -v percent=$percent 'BEGIN {
		change = 100 * (is - was) / was
		printf "%s: %d, recorded %d: %+.1f %%\n", what, is, was, change
		exit change > percent || change < -percent
	    }' || failed=1
}

if [ -z "$record" ]; then
	echo "# What ./run bench core --instructions printed: voters, load,"
	echo "# instructions an entry, and of them the core's;"
	echo "# tests/bench:instructions_test holds them."
	echo "compiler: $compiler"
fi
failed=0
for voters in 3 5 101; do
	for load in single batch calls; do
		entries=4096
		[ "$voters" != 101 ] || entries=1024
		counted=$(count "$voters" "$load" "$entries")
		if [ -z "$record" ]; then
			echo "$voters $load $counted"
			continue
		fi
		recorded=$(sed -n "s/^$voters $load //p" "$record")
		compare "$voters voters, $load" "${counted% *}" "${recorded% *}"
		compare "of them the core's" "${counted#* }" "${recorded#* }"
	done
done
[ $failed -eq 0 ] || {
	echo "more than $percent % off; if that is meant:"
	echo "./run bench core --instructions >tests/bench/instructions.txt"
}
exit $failed
