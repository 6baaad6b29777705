#!/bin/sh
# A module keeps to its room: it compiles where only the public headers,
# raft_extension.h and raft_module.h are there, and the member's inside is not.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the headers of the room, and the files of the modules.
set -eu

room=$TEST_TMPDIR/room
failed=0
modules=0

no() {
	echo "$*"
	failed=1
}

# The file, and what is to be added to it.
compiles() {
	{ cat "$1"; echo "$2"; } | gcc -std=c11 -D_GNU_SOURCE -Wall -Werror \
	    -DRAFT_MODULE_OPAQUE -I "$room" -x c -c -o /dev/null - \
	    2>"$TEST_TMPDIR/errors"
}

for file; do
	mkdir -p "$room/$(dirname "$file")"
	cp "$file" "$room/$file"
done
for file; do
	case $file in
	*.c) ;;
	*) continue ;;
	esac
	modules=$((modules + 1))
	compiles "$file" '' ||
	    { no "$file leaves its room:"; cat "$TEST_TMPDIR/errors"; }
	# And whoever does is seen.
	compiles "$file" 'uint64_t f(struct raft *r) { return r->term; }' &&
	    no "$file could read the member"
	compiles "$file" 'void f(struct raft *r) { raft__enter_term(r, 1); }' &&
	    no "$file could call the core"
	compiles "$file" '#include "raft/state.h"' &&
	    no "$file could include the core"
done
[ "$modules" -ge 4 ] || no "our modules were expected, not $modules"
exit $failed
