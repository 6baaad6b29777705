#!/bin/sh
# Trials and scenarios do what they did: of each line of a list the sum and the length
# of all that was traced, and what ran. Nothing in them is left to chance, so that a
# message, a moment or a decision that becomes another is found here.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: a sweep, a raft-scenario, the list. After a change that is meant, this
# writes the list anew:
#
#     bazel run //tests/simulation:kept_test -- --write
set -eu

sweep=$1 scenario=$2 list=$3
now=$TEST_TMPDIR/now

while read -r _ _ program arguments; do
	# shellcheck disable=SC2086
	case $program in
	sweep) "$sweep" --trace $arguments ;;
	scenario) "$scenario" --trace - --json $arguments ;;
	esac | cksum | tr '\n' ' '
	echo "$program $arguments"
done <"$list" >"$now"
if [ "${4:-}" = --write ]; then
	exec cp "$now" "$BUILD_WORKSPACE_DIRECTORY/$list"
fi
diff "$list" "$now" || {
	echo "These do what they did not. Meant? bazel run" \
	    "//tests/simulation:kept_test -- --write"
	echo "What it is: ./run sim --trace, or raft-scenario --trace -, as the lines say."
	exit 1
}
