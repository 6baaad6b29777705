#!/bin/sh
# The program that tries a machine: what it says, what it leaves behind, and that
# what it says to type does what it says.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Argument: cells_trials.
set -u

trials=$PWD/$1
forgetful=6
dying=13
cd "$TEST_TMPDIR" || exit 1
unset TEST_UNDECLARED_OUTPUTS_DIR TEST_TARGET
failed=0

# Run with a mistake: MISTAKE STATUS ARGUMENTS...
tries() {
	MISTAKE=$1
	expected=$2
	shift 2
	export MISTAKE
	"$trials" "$@" >out 2>&1
	status=$?
	[ $status = "$expected" ] && return
	echo "mistake $MISTAKE, $*: status $status, not $expected"
	cat out
	failed=1
}

says() {
	grep -q "$@" out || {
		echo "it does not say $*:"
		cat out
		failed=1
	}
}

tries 0 0 --seeds 5
says '^5 trials, 0 failed: [0-9]* writes acknowledged, [0-9]* snapshots'
tries 0 0 --seed 3
says '^1 trials, 0 failed'
tries 0 0 --seed 4 --seeds 2
says '^2 trials, 0 failed'

# What is found is a small file, and all that is on the screen.
tries $forgetful 1 --seeds 20
says '^seed [0-9]* fails: trial:[0-9]*: .*: machine: n[0-9] loaded a snapshot'
file=$(echo trial-*.scenario)
[ "$(grep -c . "$file")" -le 12 ] || { cat "$file"; failed=1; }
sed -n '/^# /,/^$/p' out | grep . | diff - "$file" || failed=1
statements=$(sed -n 's/^of its \([0-9]*\) statements these are left:$/\1/p' out)
[ "$statements" -gt 12 ] || { echo "of $statements few are left"; failed=1; }
why=$(sed -n "s/^\($file:[0-9]*: .*\)/\1/p" out)
again=$(sed -n 's/^again: //p' out)
[ -n "$why" ] || { echo "there is no reason"; failed=1; }

# What it says to type fails in the same way; and the machine that is right does
# not.
sh -c "$again" >out 2>&1 && { echo "not again: $again"; failed=1; }
says "^failed  $file"
says -Fx "$why"
[ "$again" = "$(sed -n '1s/^# //p' "$file")" ] || failed=1
tries 0 0 "$file"
says "^ok      $file"
tries 0 0 --trace "$file"
says ' n[0-9] leader in term '

# From a seed on.
tries $forgetful 1 --seed 3 --seeds 20
first=$(sed -n 's/^seed \([0-9]*\) fails: .*/\1/p' out)
[ "$first" -ge 3 ] || { echo "seed $first is the first"; failed=1; }

# Where the file is elsewhere, the command names it there.
mkdir outputs back
TEST_UNDECLARED_OUTPUTS_DIR=$PWD/outputs
export TEST_UNDECLARED_OUTPUTS_DIR
tries $forgetful 1 --seed "$first"
again=$(sed -n 's/^again: //p' out)
[ "$again" = "$trials --seed $first $PWD/outputs/trial-$first.scenario" ] ||
    { echo "not there: $again"; failed=1; }
why=$(grep "^$PWD/outputs/trial-$first.scenario:[0-9]*: " out)
[ -n "$why" ] || { echo "there is no reason"; failed=1; }
(cd / && sh -c "$again") >out 2>&1 && { echo "not again: $again"; failed=1; }
says -Fx "$why"

# A test of Bazel's leaves nothing where it was: then Bazel is to run it, which
# tells where it was called.
TEST_TARGET=//some:cells_trials
export TEST_TARGET
tries $forgetful 1 --seed "$first"
says "^again: bazel run //some:cells_trials -- --seed $first\$"
says "^# bazel run //some:cells_trials -- --seed $first\$"
BUILD_WORKING_DIRECTORY=$PWD/back
export BUILD_WORKING_DIRECTORY
tries $forgetful 1 --seed "$first"
says "^again: $trials --seed $first $PWD/back/trial-$first.scenario\$"
[ -s "back/trial-$first.scenario" ] || { echo "it is not there"; failed=1; }
unset TEST_UNDECLARED_OUTPUTS_DIR TEST_TARGET BUILD_WORKING_DIRECTORY

# Whoever dies in a trial is seen to, and explained.
tries $dying 1
says '^seed 1 fails: the process died'
says '^again: '
[ "$(grep -c . trial-1.scenario)" -le 12 ] || { cat trial-1.scenario; failed=1; }

# Bad usage.
tries 0 0 --help
says '^usage: '
for options in "--seeds 0" "--seeds x" "--seeds 2 $file" \
    --trace --what "no such file"; do
	# shellcheck disable=SC2086
	tries 0 2 $options
done
echo nonsense >bad.scenario
tries 0 2 bad.scenario
says '^.*bad.scenario:1: '
exit $failed
