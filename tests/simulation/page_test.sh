#!/bin/sh
# docs/testing-your-machine.md shows a test of a server's machine as it is here, and a
# rule for it that is no other than the one it is built by.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the page, counter.c, and the BUILD file beside it.
set -eu

page=$1
work=${TEST_TMPDIR:-$(mktemp -d)}

# What stands in the page in blocks of the language $1 that name no file.
block() {
	awk -v fence="\`\`\`$1" '
		$0 == fence { inside = 1; next }
		/^```/ { inside = 0 }
		inside' "$page"
}

same() {
	diff "$work/page" "$work/here" || {
		echo "$page shows another $1 than there is"
		exit 1
	}
}

block c >"$work/page"
cp "$2" "$work/here"
same counter.c

# But for how many trials there are, and what a reader's program has instead.
block python | sed 's,@outrigger,,; /And what the program/d' >"$work/page"
sed -n '/^    name = "counter",$/,/^)$/p' "$3" | sed '1i cc_test(' |
    sed '/ args = \[/,/ \],/d; /demos\/counter:program/d' >"$work/here"
same "rule of counter"
