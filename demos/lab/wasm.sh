#!/bin/sh
# Compiles to WebAssembly: one module that a page instantiates.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the module to write, the folder of raft_extensions.h, the modules'
# names, sources. Headers among these are passed over. Each source is compiled by
# itself, as many at once as there are processors.
set -eu

module=$1
list=$2
names=$3
shift 3
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT

for source in "$@"; do
	case $source in
	*.c) printf '%s\n' "$source" ;;
	esac
done | xargs -P "$(nproc)" -I '{}' sh -c '
	set -eu
	source=$1 objects=$2 list=$3 names=$4
	clang-14 --target=wasm32-wasi -Oz -std=c11 -D_GNU_SOURCE -I. \
	    -iquote "$list" -Wall -Wextra -Werror \
	    "-DRAFT_SCENARIO_OURS=\"$names\"" -c "$source" \
	    -o "$objects/$(echo "$source" | tr / _).o"' \
    - '{}' "$objects" "$list" "$names"
# What runs away is stopped: half a gigabyte is more than any scenario needs, and a
# stack that is full has nothing below it.
clang-14 --target=wasm32-wasi -mexec-model=reactor -Oz \
    -Wl,--strip-all -Wl,--max-memory=536870912 -Wl,-z,stack-size=1048576 \
    -Wl,--stack-first \
    "$objects"/*.o -o "$module"
