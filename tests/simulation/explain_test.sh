#!/bin/sh
# A trial that fails comes with a small scenario that fails in the same way.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: a sweep, and a raft-scenario, with a module by which no group has a
# leader.
set -eu

sweep=$PWD/$1
run=$PWD/$2
cd "$TEST_TMPDIR"
TEST_UNDECLARED_OUTPUTS_DIR=$PWD
export TEST_UNDECLARED_OUTPUTS_DIR

die() {
	echo "$1; it said:"
	cat out
	exit 1
}

! "$sweep" --build stingy --seed 2 --seconds 5 >out 2>&1 ||
    die "no trial has failed"
file=$(sed -n 's/^    as a scenario: //p' out)
[ -s "$file" ] || die "there is no scenario"
statements=$(sed -n 's/.*, of \([0-9]*\) statements these are left:$/\1/p' out)
[ "$statements" -ge 20 ] || die "there was little to make smaller"
[ "$(grep -c . "$file")" -le 20 ] || die "it is long"
# What is on the screen is what is in the file.
sed -n '/^# raft-scenario/,/^$/p' out | grep . | diff - "$file" ||
    die "the file is another"

# As it says at its top, it fails, and by the statement in its title.
options=$(sed -n '1s/^# raft-scenario //p' "$file")
cause=$(sed -n 's/^title   Fails: //p' "$file")
[ -n "$cause" ] || die "nothing says how it fails"
# shellcheck disable=SC2086
! "$run" $options "$file" >out 2>&1 || die "it does not fail"
grep -qF "$cause: did not happen" out || die "it fails in another way"
# And it is the module that it needs.
# shellcheck disable=SC2086
"$run" $options --build baseline "$file" >out 2>&1 || :
grep -q "^ok .* baseline " out || die "without the module it fails, too"
