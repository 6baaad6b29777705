#!/bin/sh
# docs/scenarios.md shows what is so: its scenarios are run by its commands, and
# say what it says they do, but for the numbers.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: raft-scenario, the page. A line "..." on the page stands for any
# number of lines.
set -eu

PATH=$(cd "$(dirname "$1")" && pwd):$PATH
page=$PWD/$2
failed=0
cd "$TEST_TMPDIR"

# Its scenarios become files, each command a file with what it shows.
awk '
	/^```scenario / { file = $2; scenarios++; next }
	/^```console/ { inside = 1; next }
	/^```/ { file = ""; inside = 0; next }
	file != "" { print >file }
	inside && /^\$ / { shown = "shown" (++commands); print substr($0, 3) >shown }
	inside && !/^\$ / { print >shown }
	END { print scenarios + 0, commands + 0 }' "$page" >counts
[ "$(cat counts)" = "9 11" ] || {
	echo "scenarios and commands on the page: $(cat counts), not 9 11"
	exit 1
}

without_numbers() {
	sed 's/[0-9][0-9.]*/N/g; s/  *$//'
}

# Every line of $1 is in $2, in that order and, but for "...", one after another.
matches() {
	awk 'NR == FNR { said[++count] = $0; next }
	$0 == "..." { skips = 1; next }
	{
		at++
		while (skips && at <= count && said[at] != $0)
			at++
		skips = 0
		if (said[at] != $0) {
			print "not said: " $0
			exit wrong = 1
		}
	}
	END { exit wrong || !skips && at != count }' "$2" "$1"
}

for number in $(seq 1 "$(cut -d ' ' -f 2 counts)"); do
	read -r command <"shown$number"
	sed 1d "shown$number" | without_numbers >shown
	sh -c "$command" 2>&1 | without_numbers >said
	matches shown said || {
		echo "\$ $command"
		cat said
		failed=1
	}
done
exit $failed
