#!/bin/sh
# The counter of docs/service.md under load, on real processes: whoever leads is killed,
# again and again, and no addition that was acknowledged is lost.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: common.sh, the counter, and its client. RAFT_REAL_ROUNDS=n kills n times
# instead of three.
# shellcheck disable=SC1090,SC2154
set -eu

. "$PWD/$1"

three
load_start
round=0
while [ "$round" -lt "${RAFT_REAL_ROUNDS:-3}" ]; do
	round=$((round + 1))
	sleep 1
	await_leader $((round % 3 + 1))
	killed=$led
	kill -9 "$(cat "data/$killed.pid")"
	await_leader $((killed % 3 + 1))
	start "$killed"
	echo "round $round: $killed was killed"
done
sleep 1
load_end
