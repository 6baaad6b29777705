#!/bin/sh
# A long sweep that is interrupted, and one whose process dies, lose nothing of
# what they know.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: sweep.
set -eu

sweep=$1
out=$TEST_TMPDIR/out

die() {
	echo "$1; it said:"
	cat "$out"
	exit 1
}

begin() {
	"$sweep" --minutes 5 --jobs 2 --seconds 1 >"$out" &
	pid=$!
	sleep 1
}

begin
kill -INT $pid
wait $pid || die "an interrupted sweep without a failure exits with $?"
grep -q '^interrupted' "$out" || die "it does not say that it was interrupted"
grep -q '^[1-9][0-9]* trials, 0 failed$' "$out" || die "its result is missing"

begin
# shellcheck disable=SC2046
kill -ABRT $(cut -d ' ' -f 1 "/proc/$pid/task/$pid/children")
sleep 1
kill -TERM $pid
! wait $pid || die "a sweep in which a process died exits with 0"
grep -q 'again: ./run sim --build [^ ]* --seed [0-9]* ' "$out" ||
    die "it does not say how to repeat the trial"
grep -q ' trials, 1 failed$' "$out" || die "the failure is not counted"
