#!/bin/sh
# The counter without assists, again and again: whatever the leader was doing
# when it was killed, nothing that was acknowledged is lost.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# The program is the second argument. RAFT_OWN_RUNS: how often it is run.
set -eu

own=$2
runs=${RAFT_OWN_RUNS:-8}

fail() {
	printf 'FAILED: %s\n%s\n' "$*" "${output:-}"
	exit 1
}

# Its own verdict is not taken on trust: the numbers of it are compared again.
check_verdict() {
	numbers=$(printf '%s\n' "$output" | sed -n \
	    's/^verdict: right: .*acknowledged \([0-9]*\) <= value \([0-9]*\) <= \([0-9]*\) = .*$/\1 \2 \3/p')
	# shellcheck disable=SC2086
	set -- $numbers
	[ $# -eq 3 ] || fail "no verdict of the form that is documented"
	[ "$1" -ge 300 ] || fail "less was acknowledged than it waits for"
	[ "$1" -le "$2" ] || fail "acknowledged increments were lost"
	[ "$2" -le "$3" ] || fail "something was counted twice"
}

# Who was killed came back with what it had, without what was torn.
check_restart() {
	killed=$(printf '%s\n' "$output" | sed -n 's/^\(node [1-3]\): killed.*/\1/p')
	[ -n "$killed" ] || fail "nobody was killed"
	printf '%s\n' "$output" |
	    grep -q "^$killed: starts with [1-9][0-9]* entries, [1-9][0-9]* torn" ||
	    fail "$killed did not restart from its log"
	[ "$(printf '%s\n' "$output" | grep -c 'elected by a majority')" -ge 2 ] ||
	    fail "nobody was elected after $killed"
}

run=0
while [ "$run" -lt "$runs" ]; do
	run=$((run + 1))
	status=0
	output=$(timeout 20 "$own" 2>&1) || status=$?
	[ "$status" -eq 0 ] || fail "run $run: status $status"
	check_verdict
	check_restart
done

# A disk that takes no more is an error of the node, and told as such.
status=0
output=$(trap '' XFSZ; ulimit -f 16; timeout 20 "$own" 2>&1) || status=$?
[ "$status" -eq 1 ] || fail "a full disk: status $status, not 1"
printf '%s\n' "$output" | grep -q '^node [1-3]: the log failed in term' ||
    fail "a full disk: not said"

output=$(timeout 20 "$own" --help) || fail "--help: status $?"
printf '%s\n' "$output" | grep -q '^usage: own' || fail "--help: no usage"
status=0
output=$(timeout 20 "$own" --nonsense) || status=$?
[ "$status" -eq 2 ] || fail "a wrong argument: status $status, not 2"
echo "passed: $runs runs"
