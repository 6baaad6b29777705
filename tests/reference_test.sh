#!/bin/sh
# Every exported symbol is documented, and the manual pages are complete and
# well-formed.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# From the root of the sources. Doxygen is not needed. Pages are read by mandoc
# or man, whichever is there.
set -eu

scratch=${TEST_TMPDIR:-$(mktemp -d)}
failed=0

no() {
	echo "reference: $*" >&2
	failed=1
}

# One of each kind of symbol, and what tells of it.
cat >"$scratch/bare.h" <<'END'
/** Documented. */
#define RAFT_FINE 1
#define RAFT_BARE 2
enum raft_bare_enum {
	RAFT_BARE_VALUE = 1,
};
struct raft_bare {
	/** Documented. */
	int fine;
	int bare_member;
	void (*bare_function)(int argument,
			      int another);
};
/** Documented. */
RAFT_API void raft_fine(void);
RAFT_API int *raft_bare_verb(int argument,
			     int another);
RAFT_API RAFT_MUST_USE enum raft_bare_enum
raft_bare_result(void);
/** Documented, but not what follows the blank line. */

static inline void
raft_bare_inline(void)
{
}
END
awk -f tests/undocumented.awk "$scratch/bare.h" |
    sed 's/.*: \([^ ]*\) .*/\1/' >"$scratch/found" || true
cat >"$scratch/wanted" <<'END'
RAFT_BARE
raft_bare_enum
RAFT_BARE_VALUE
raft_bare
bare_member
bare_function
raft_bare_verb
raft_bare_result
raft_bare_inline
END
diff "$scratch/wanted" "$scratch/found" ||
    no "what is not documented would not be found"

# shellcheck disable=SC2046
awk -f tests/undocumented.awk $(grep -l '^RAFT_API' raft/*.h assists/*/*.h) ||
    failed=1

# A page for each function, and a way to it from raft(3).
docs/man.sh "$scratch/man3" raft/*.h
cp docs/raft.3 "$scratch/man3"
sed -n 's/^\.Xr \([a-z_]*\) 3.*/\1/p' docs/raft.3 | sort -u >"$scratch/named"
ls "$scratch/man3" | sed -n '/^raft_/s/\.3$//p' | sort >"$scratch/pages"
diff "$scratch/named" "$scratch/pages" ||
    no "docs/raft.3 (<) does not name the functions that there are (>)"

for page in "$scratch"/man3/*.3 assists/*/*.[15] demos/*/*.1; do
	if command -v mandoc >/dev/null; then
		mandoc -T lint -W warning "$page"
	elif command -v man >/dev/null; then
		man --warnings -l "$page" 2>&1 >/dev/null
	fi >"$scratch/complaints" || true
	[ ! -s "$scratch/complaints" ] || {
		cat "$scratch/complaints"
		no "a manual page is not well-formed"
	}
done
exit $failed
