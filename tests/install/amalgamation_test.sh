#!/bin/sh
# The amalgamation compiles by itself, without a warning, by every C compiler here, with
# each module switched off, and with somebody's own; README's program runs with it.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: outrigger.c, outrigger.h, README.md, the files of a module.
set -eu

failed=0
for file in "$@"; do
	cp "$file" "$TEST_TMPDIR"
done
cd "$TEST_TMPDIR"

no() {
	echo "$*"
	failed=1
}

awk '/^```/ { here = $2 == "first.c"; next } here' README.md |
    sed 's|"raft/raft.h"|"outrigger.h"|' >first.c
awk '/^```text$/ { here = 1; next } /^```/ { here = 0 } here' README.md >expected
[ -s first.c ] && [ -s expected ] || no "README's program was not found"

for compiler in gcc clang musl-gcc; do
	"$compiler" -c -std=c11 -pedantic -Wall -Wextra -Werror outrigger.c \
	    -o "$compiler.o" || { no "$compiler does not compile it"; continue; }
	"$compiler" -std=c11 first.c "$compiler.o" -o first && ./first >said ||
	    no "README's program does not run, by $compiler"
	cmp said expected || no "it says something else, by $compiler"
done
echo '#include "outrigger.h"' >header.cc
g++ -std=c++17 -pedantic -Wall -Wextra -Werror -fsyntax-only header.cc ||
    no "its header is none of C++"

# A program that says its build.
cat >build.c <<'END'
#include <stdio.h>
#include "outrigger.h"
int main(void) { return puts(raft_build()) < 0; }
END
builds() {
	shown=$1
	shift
	gcc -std=c11 -pedantic -Wall -Wextra -Werror "$@" build.c outrigger.c \
	    -o build || { no "it does not compile with $*"; return; }
	[ "$(./build)" = "$shown" ] || no "with $* it is $(./build), not $shown"
}
builds stickiness+prevote+checkquorum+learners
builds stickiness+checkquorum+learners -DRAFT_WITH_PREVOTE=0
builds prevote+learners -DRAFT_WITH_STICKINESS=0 -DRAFT_WITH_CHECKQUORUM=0
builds stickiness+prevote+checkquorum -DRAFT_WITH_LEARNERS=0
builds stickiness+prevote+checkquorum+learners+split_vote -DRAFT_WITH_SPLIT_VOTE=1
builds stickiness+prevote+checkquorum+learners+disconnect+fencing \
    -DRAFT_WITH_DISCONNECT=1 -DRAFT_WITH_FENCING=1
builds stickiness+prevote+checkquorum+learners+catchup -DRAFT_WITH_CATCHUP=1
builds baseline -DRAFT_WITH_STICKINESS=0 -DRAFT_WITH_CHECKQUORUM=0 \
    -DRAFT_WITH_PREVOTE=0 -DRAFT_WITH_LEARNERS=0

# What a module includes is in the file already.
sed -i '/^#include "raft\//d; s|extensions/template/||' template.[ch]
builds stickiness+prevote+checkquorum+learners+template -DRAFT_WITH_MODULE=template
exit $failed
