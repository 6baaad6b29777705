#!/bin/sh
# No two folders of what these files are include each other, not even by way of
# a third.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: sources and headers.
set -eu

# Of each include of another folder's header, the two folders.
pairs() {
	grep -H '^#include "' "$@" |
	    sed -n 's|^\(.*\)/[^/]*:#include "\(.*\)/[^/]*"|\1 \2|p' |
	    awk '$1 != $2' | sort -u
}

has_circle() {
	! pairs "$@" | tsort >/dev/null 2>"$TEST_TMPDIR/circle"
}

[ $# -ge 20 ] || { echo "more files were expected than $#"; exit 1; }
! has_circle "$@" || {
	echo "a circle of folders:"
	sed 's/^tsort: //' "$TEST_TMPDIR/circle"
	exit 1
}

# And one is seen.
cd "$TEST_TMPDIR"
mkdir a b c
for pair in a/b b/c c/a; do
	echo "#include \"${pair#*/}/x.h\"" >"${pair%/*}/x.h"
done
has_circle a/x.h b/x.h c/x.h || { echo "a circle is not seen"; exit 1; }
