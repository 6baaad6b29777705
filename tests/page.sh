#!/bin/sh
# Follows a page of docs/ in the current folder: makes its files, runs its commands
# in order, and sees that they say what the page says they do: to the number in blocks
# that promise it, but for the numbers in others.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the page, how many files and commands it has. A block of the page
# whose language is followed by a path is a file, one of `console` or `console exactly`
# has commands behind "$ ", each with what it says; a line "..." there stands for any
# number of lines.
set -eu

page=$1
expected="$2 $3"
steps=$(mktemp -d)
trap 'rm -rf "$steps"' EXIT
failed=0

# Step by step, in the page's order: N.file, N.command or N.exactly, whose first line is
# the path or the command.
awk -v to="$steps" '
	function begin(kind, first) {
		close(step)
		step = sprintf("%s/%03d.%s", to, ++steps, kind)
		print first >step
	}
	/^```console( exactly)?$/ {
		console = $2 == "" ? "command" : $2
		inside = 1
		step = ""
		next
	}
	/^```[a-z]+ [^ ]+$/ { files++; begin("file", $2); inside = 1; next }
	/^```/ { inside = 0; console = step = ""; next }
	console != "" && /^\$ / { commands++; begin(console, substr($0, 3)); next }
	inside && step != "" { print >step }
	END { print files + 0, commands + 0 }' "$page" >"$steps/counts"
[ "$(cat "$steps/counts")" = "$expected" ] || {
	echo "files and commands on the page: $(cat "$steps/counts")," \
	    "not $expected"
	exit 1
}

# What a step, $1, is compared by.
comparable() {
	case $1 in
	*.exactly) sed 's/  *$//' ;;
	*) sed 's/[0-9][0-9.]*/N/g; s/  *$//' ;;
	esac
}

# Every line of $1 is in $2, in that order and, but for "...", one after another.
matches() {
	awk 'FILENAME == ARGV[1] { said[++count] = $0; next }
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

find "$steps" -name '*.file' -o -name '*.command' -o -name '*.exactly' |
    sort >"$steps/order"
while read -r step; do
	read -r first <"$step"
	sed 1d "$step" >"$steps/rest"
	case $step in
	*.file)
		mkdir -p "$(dirname "$first")"
		cp "$steps/rest" "$first"
		;;
	*)
		sh -c "$first" >"$steps/output" 2>&1 </dev/null || :
		comparable "$step" <"$steps/rest" >"$steps/shown"
		comparable "$step" <"$steps/output" >"$steps/said"
		matches "$steps/shown" "$steps/said" || {
			echo "\$ $first"
			cat "$steps/output"
			failed=1
		}
		;;
	esac
done <"$steps/order"
exit $failed
