#!/bin/sh
# The program in the README is hello.c, and it prints what the README says.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: README.md, hello.c, the program.
set -eu

# The first fenced block of this language.
block() {
	awk -v fence="\`\`\`$1" '
		$0 == fence { inside = 1; next }
		$0 == "```" && inside { exit }
		inside { print }' "$readme"
}

readme=$1
block "c first.c" >"$TEST_TMPDIR/shown.c"
diff -u "$2" "$TEST_TMPDIR/shown.c"
block text >"$TEST_TMPDIR/shown.out"
"$3" >"$TEST_TMPDIR/said.out"
diff -u "$TEST_TMPDIR/shown.out" "$TEST_TMPDIR/said.out"
