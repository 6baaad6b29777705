#!/bin/sh
# The page says what each file of the demo is for, and names none that is not there; and
# how many scenarios there are, and cannot be real.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: docs/weather.md, raft-scenario, the files of the demo, and the scenarios of
# the catalogue.
set -eu

page=$1
run=$2
shift 2
failed=0
# shellcheck disable=SC2046
"$run" --real --list $(printf '%s\n' "$@" | grep '\.scenario$') >"$TEST_TMPDIR/list"
refused=$(grep -c ': not in reality: ' "$TEST_TMPDIR/list")
all=$(($(wc -l <"$TEST_TMPDIR/list") - refused))
grep -q "Of the $all scenarios of the catalogue $refused say what cannot be real" "$page" || {
	echo "$page: there are $all scenarios, of which $refused cannot be real"
	failed=1
}
# shellcheck disable=SC2016
sed -n '/^## How it is done/,$p' "$page" | grep '^| ' | cut -d '|' -f 2 |
    grep -o '`[^`]*`' | tr -d '`' | sort >"$TEST_TMPDIR/named"
printf '%s\n' "$@" | grep -v '\.scenario$' | sed 's|.*/||' | sort >"$TEST_TMPDIR/there"
[ "$(wc -l <"$TEST_TMPDIR/there")" -ge 20 ] || {
	echo "too few files: $*"
	failed=1
}
diff "$TEST_TMPDIR/there" "$TEST_TMPDIR/named" || {
	echo "$page: its table of files is not the files of the demo"
	failed=1
}
exit "$failed"
