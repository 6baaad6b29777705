#!/bin/sh
# A build without a module has no symbol and no string of it, and one with the
# module has; no line of the core's code names a module. And no file of the core
# is longer than one can keep in mind.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: our modules, --, the core's sources, and the archives of builds, each
# named by its modules.
set -eu

lines_max=600
failed=0
archives=0
sources=0
modules=

no() {
	echo "$*"
	failed=1
}

# The words of a module, in a symbol or in a sentence: check-quorum, too.
words() {
	echo "$1" | sed 's/./&[-_ ]?/g'
}

judge_archive() {
	symbols=$(nm "$1")
	strings=$(strings -a "$1")
	for module in $modules; do
		found=$(printf '%s\n' "$symbols" "$strings" |
		    grep -iE "$(words "$module")" || :)
		case $(basename "$1") in
		*"$module"*)
			[ -n "$found" ] || no "$1: nothing of $module in it"
			;;
		*)
			[ -z "$found" ] || no "$1: has of $module: $found"
			;;
		esac
	done
}

# What is left of the code without its comments.
judge_source() {
	length=$(wc -l <"$1")
	[ "$length" -le "$lines_max" ] ||
	    no "$1: $length lines, at most $lines_max: split it by its nouns"
	for module in $modules; do
		gcc -w -fpreprocessed -dD -E -P "$1" |
		    grep -iE "$(words "$module")" &&
		    no "$1: names $module"
	done
	return 0
}

while [ "$1" != -- ]; do
	modules="$modules $1"
	shift
done
shift
for file in "$@"; do
	case $file in
	*.lo) judge_archive "$file"; archives=$((archives + 1)) ;;
	*) judge_source "$file"; sources=$((sources + 1)) ;;
	esac
done
[ "$archives" -ge 6 ] || no "builds were expected, not $archives"
[ "$sources" -gt 5 ] || no "the core was expected, not $sources files"
exit $failed
