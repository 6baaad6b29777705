#!/bin/sh
# The manual page of the language has every word of it, and its examples do as
# they say on every build.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: raft-scenario, raft-scenario.5, sim.h, the sources of the reader.
set -eu

run=$1
page=$2
metrics=$3
shift 3
failed=0

no() {
	echo "$*"
	failed=1
}

# A line of a list has it.
has() {
	grep -q "^\.It.*Cm \([a-z-]* , \)*$1\( \|$\)" "$page" ||
	    no "the page has no entry for $2: $1"
}

words=$(for source; do
	case $source in
	*/parse/*.c) sed -n 's/^	{ "\([a-z-]*\)".*/\1/p' "$source" ;;
	esac
done | sort -u)
[ "$(echo "$words" | wc -l)" -ge 60 ] || no "too few words: $words"
for word in $words when end; do
	has "$word" "a word of the language"
done

# Each metric with its unit.
sed -n 's/^	X([A-Z_]*, "\([a-z-]*\)", \([A-Z]*\)).*/\1 \2/p' "$metrics" |
    sort -u >"$TEST_TMPDIR/metrics"
[ "$(wc -l <"$TEST_TMPDIR/metrics")" -ge 20 ] || no "too few metrics"
while read -r metric unit; do
	unit=$(echo "$unit" | tr '[:upper:]' '[:lower:]')
	grep -q "^\.It Cm $metric Pq $unit$" "$page" ||
	    no "the page has no entry for the metric $metric, a $unit"
done <"$TEST_TMPDIR/metrics"

# Its examples, each a file.
awk -v to="$TEST_TMPDIR/example" '
	/^\.Sh/ { examples = $2 == "EXAMPLES" }
	!examples { next }
	/^\.Bd -literal/ { file = to (++count) ".scenario"; next }
	/^\.Ed/ { close(file); file = ""; next }
	file != "" { print >file }' "$page"
count=0
for file in "$TEST_TMPDIR"/example*.scenario; do
	count=$((count + 1))
	"$run" --quiet --every-build --seeds "${RAFT_MANUAL_SEEDS:-1}" "$file" ||
	    { cat "$file"; no "an example does not do as it says"; }
done
[ $count -eq 6 ] || no "there are $count examples, not 6"
exit $failed
