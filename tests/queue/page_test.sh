#!/bin/sh
# docs/queue.md shows what was changed in the assists that were taken: it is what diff
# says.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# The argument is the page. Run from the project's top folder; with --write the page is
# mended.
set -eu

page=$1
work=${TEST_TMPDIR:-$(mktemp -d)}
taken=assists/transport_local/transport_local
mine=demos/queue/transport_queue

# As the page says that it is made.
changes() {
	sed 's/local/queue/g; s/LOCAL/QUEUE/g' "$taken.$1" |
	    diff -U 1 - "$mine.$1" | tail -n +3
}

# The page with these two in place of what is there.
mend() {
	for end in h c; do
		changes "$end" >"$work/transport_queue.$end"
	done
	cp demos/queue/log_sealed.diff "$work/log_sealed"
	awk -v work="$work" '
		!skips { print }
		/^```/ && skips { skips = 0; print; next }
		/^```diff / {
			while ((getline line <(work "/" $2)) > 0)
				print line
			skips = 1
		}' "$page"
}

mend >"$work/page"
if [ "${2:-}" = --write ]; then
	cp "$work/page" "$page"
	exit
fi
diff "$page" "$work/page" || {
	echo "the page shows something else than what was changed; to mend it:" \
	    "tests/queue/page_test.sh docs/queue.md --write"
	exit 1
}
# And each is there, and short, as the page says.
for name in transport_queue.h transport_queue.c log_sealed; do
	grep -q "^\`\`\`diff $name$" "$page" || {
		echo "the page does not show what was changed in $name"
		exit 1
	}
	added=$(sed '/^+++ /d' "$work/$name" | grep -c '^+')
	removed=$(sed '/^--- /d' "$work/$name" | grep -c '^-')
	grep -q "$added lines come and $removed go" "$page" || {
		echo "the page does not say that $added lines come and $removed" \
		    "go ($name)"
		exit 1
	}
	[ "$added" -le 120 ] || { echo "$added lines are not short"; exit 1; }
done
