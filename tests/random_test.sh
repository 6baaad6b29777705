#!/bin/sh
# What random.sh prints does the same again, and is given the time for it.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# The argument is random.sh.
# shellcheck disable=SC1090,SC2034,SC2154
set -eu

. "./$1"

fail() {
	echo "FAILED: $*"
	exit 1
}

# A run of $1 seconds by itself, and how it is done again.
TEST_TARGET=//some:test
for wanted in 4 1800; do
	unset RAFT_SEED RAFT_REAL_SECONDS
	random_run "$wanted" >"$TEST_TMPDIR/said"
	[ "$seconds" -eq "$wanted" ] || fail "$seconds s, not $wanted"
	first=$seed
	command=$(sed '1d; s/\\$//' "$TEST_TMPDIR/said" | tr -d '\n')
	timeout=
	for word in $command; do
		case $word in
		--test_env=*) export "${word#--test_env=}" ;;
		--test_timeout=*) timeout=${word#*=} ;;
		//some:test | ./run | test) ;;
		*) fail "what is $word?" ;;
		esac
	done
	[ "${timeout:-0}" -gt "$wanted" ] || fail "it is not over before: $command"
	random_run 77 >"$TEST_TMPDIR/said"
	[ "$seed $seconds" = "$first $wanted" ] || fail "not the same again: $command"
done

# A seed draws the same again, and another one something else.
numbers() {
	seed=$1
	for _ in 1 2 3 4 5 6 7 8; do
		draw 1000
		[ "$drawn" -lt 1000 ] || fail "$drawn"
		printf ' %s' "$drawn"
	done
}
[ "$(numbers 7)" = "$(numbers 7)" ] || fail "one seed, other numbers"
[ "$(numbers 7)" != "$(numbers 8)" ] || fail "another seed, the same numbers"

begin_time 100
has_time || fail "a hundred seconds are over at once"
begin_time 0
! has_time || fail "no time is some"
echo "passed"
