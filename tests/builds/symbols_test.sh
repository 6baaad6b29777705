#!/bin/sh
# The shared object shows what the public headers declare and no other symbol.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
set -eu

object=$1
shift
failed=0

# Those with a leading underscore are the linker's and the sanitizers'.
shown=$(nm -D --defined-only "$object" | awk '$3 !~ /^_/ { print $3 }')
for symbol in $shown; do
	cat "$@" | grep -qw "$symbol" || {
		echo "in no public header: $symbol"
		failed=1
	}
done
for symbol in raft_start raft_receive raft_duties raft_saved; do
	echo "$shown" | grep -qx "$symbol" || {
		echo "not in the shared object: $symbol"
		failed=1
	}
done
exit $failed
