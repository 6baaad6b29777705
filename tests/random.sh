# What tests of real servers that do something at random have in common, for scripts that
# read this file with `.`. They say each thing that was done, with the seconds since $start.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck shell=sh disable=SC2034,SC2154
start=$(date +%s)

say() {
	printf '%3s s  %s\n' "$(($(date +%s) - start))" "$*"
}

# What is done to which server when follows from RAFT_SEED; how the processes take
# it does not. For RAFT_REAL_SECONDS, or $1. Sets $seconds, and $seed, for draw.
random_run() {
	seconds=${RAFT_REAL_SECONDS:-$1}
	seed=${RAFT_SEED:-$(date +%N | sed 's/^0*//')}
	cat <<-END
	seed $seed, $seconds s; the same again:
	  ./run test --test_env=RAFT_SEED=$seed --test_env=RAFT_REAL_SECONDS=$seconds \\
	      --test_timeout=$((seconds * 2 + 300)) $TEST_TARGET
	END
}

# A number below $1, in $drawn.
draw() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	drawn=$((seed / 65536 % $1))
}

# From now on there is time for so many seconds.
begin_time() {
	time_ends=$(($(date +%s) + $1))
}

has_time() {
	[ "$(date +%s)" -lt "$time_ends" ]
}
