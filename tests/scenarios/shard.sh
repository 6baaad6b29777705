#!/bin/sh
# Runs this shard's share of a scenario's seeds.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: raft-scenario and its own. Of the K in the last --seeds K, shard i
# of n has those from K * i / n + 1 to K * (i + 1) / n.
set -eu

index=${TEST_SHARD_INDEX:-0}
total=${TEST_TOTAL_SHARDS:-1}
[ -z "${TEST_SHARD_STATUS_FILE:-}" ] || : >"$TEST_SHARD_STATUS_FILE"
seeds=1
before=
for argument; do
	[ "$before" != --seeds ] || seeds=$argument
	before=$argument
done
first=$((seeds * index / total))
count=$((seeds * (index + 1) / total - first))
[ $count -gt 0 ] || exit 0
exec "$@" --seed $((first + 1)) --seeds $count
