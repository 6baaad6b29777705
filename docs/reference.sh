#!/bin/sh
# The reference: HTML of every header that exports something, and manual pages
# of the core. Fails if a symbol is not documented.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the folder to make; it is replaced. From the root of the sources.
set -eu

out=$1
headers=$(grep -l '^RAFT_API' raft/*.h assists/*/*.h)
rm -rf "$out"
mkdir -p "$out/man3"
cp docs/raft.3 "$out/man3"
# shellcheck disable=SC2046
docs/man.sh "$out/man3" $(grep -l '^RAFT_API' raft/*.h)
{
	cat docs/Doxyfile
	echo "INPUT =" $headers
	echo "OUTPUT_DIRECTORY = $out"
	echo "HTML_OUTPUT = ."
} | doxygen -
