#!/bin/sh
# docs/streams.md shows what is so: every command of it, on real processes.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the page, page.sh, and the program.
set -eu

follow=$PWD/$2
# Ports of this run alone, below those that the kernel gives away.
ports=$(($(date +%N | sed 's/^0*//') % 200 + 104))
sed "s/127\.0\.0\.1:70/127.0.0.1:$ports/g
    s/127\.0\.0\.1:80/127.0.0.1:$((ports + 1))/g" "$1" >"$TEST_TMPDIR/page.md"
mkdir "$TEST_TMPDIR/bin"
cp "$3" "$TEST_TMPDIR/bin"
cd "$TEST_TMPDIR"
PATH=$PWD/bin:$PATH

end() {
	for file in data/*.pid; do
		kill -9 "$(cat "$file")" 2>/dev/null || :
	done
}
trap end EXIT

"$follow" page.md 0 10 || {
	tail -n 20 data/*.log
	exit 1
}
