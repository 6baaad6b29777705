#!/bin/bash
# Whatever a stranger says to a server of streams, it goes on.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the program, and strangers. RAFT_SEED says again what was said.
# shellcheck disable=SC1091,SC2154
set -eu

streams=$1
strangers=$PWD/$2
. tests/streams/common.sh
seed=${RAFT_SEED:-$(date +%N | sed 's/^0*//')}
echo "seed $seed; the same again:" \
    "./run test --test_env=RAFT_SEED=$seed //tests/streams:strangers_test"

servers_new 1 --election-timeout 500
servers_start
await "$patience" servers_do topic events 2 1 >/dev/null 2>&1 || fail "no topic"
"$strangers" "$(server_address 1)" 1 "$seed" || fail "it takes whatever it is told"
load_start --seconds 1 --producers 2 --consumers 1
wait "$load_pid" || fail "records are not as they should be"
load_pid=
cat "$base/load"

# Whoever says nothing gives way to others, however many there are.
place=$(server_address 1)
for _ in $(seq 600); do
	exec {fd}<>"/dev/tcp/${place%:*}/${place#*:}"
done
servers_do where events >/dev/null || fail "there is no place beside who is silent"
server_kill 1 || fail "it has ended"
