#!/bin/sh
# The reference of the public headers, as HTML: raft.h, and of each assist the
# header that is named as its folder. Fails if a symbol is not documented.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the folder to make; it is replaced. From the root of the sources.
set -eu

out=$1
headers=raft/raft.h
for header in assists/*/*.h; do
	name=$(basename "$header" .h)
	[ "$name" != "$(basename "$(dirname "$header")")" ] ||
	    headers="$headers $header"
done
rm -rf "$out"
mkdir -p "$out"
{
	cat docs/Doxyfile
	echo "INPUT = $headers"
	echo "OUTPUT_DIRECTORY = $out"
	echo "HTML_OUTPUT = ."
} | doxygen -
