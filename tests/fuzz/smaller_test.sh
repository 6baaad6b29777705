#!/bin/sh
# A cluster that breaks a promise comes with the few steps that it takes.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Argument: an explorer with a module by which no group has a leader.
set -eu

die() {
	echo "$1; it said:"
	cat "$TEST_TMPDIR/out"
	exit 1
}

! "$1" 1 100 >"$TEST_TMPDIR/out" 2>&1 || die "nothing has failed"
grep -q "not true: c->now < end" "$TEST_TMPDIR/out" || die "it fails in another way"
steps=$(sed -n 's/.*, of \([0-9]*\) steps these [0-9]* are left:$/\1/p' \
    "$TEST_TMPDIR/out")
[ "$steps" -ge 200 ] || die "there was little to make smaller"
few='of [0-9]* steps these 1\{0,1\}[0-9] are left:$'
grep -q "$few" "$TEST_TMPDIR/out" || die "it is long"
grep -q "nothing more happens to it" "$TEST_TMPDIR/out" || die "it is not told"

# As the line before it says, that seed alone fails in the same way. How many are
# left may differ, since the search ends after a minute.
seed=$(sed -n 's/^seed \([0-9]*\), of .*/\1/p' "$TEST_TMPDIR/out")
! "$1" --explain "$seed" >"$TEST_TMPDIR/again" 2>&1 ||
    die "it does not fail again"
grep "of $steps steps " "$TEST_TMPDIR/again" | grep -q "$few" ||
    die "something else is left"
