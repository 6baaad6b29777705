#!/bin/sh
# A page that is not so fails (page.sh): to the number where it promises one.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: page.sh, pages that promise numbers.
set -eu

follow=$PWD/$1
shift
failed=0

no() {
	echo "$*"
	failed=1
}

# --------------------------------------------------------- pages that there are

# One whose blocks were renamed would promise nothing any more.
for page; do
	grep -q '^```console exactly$' "$page" || no "$page promises no number"
done

# ------------------------------------------------------------ a page of our own

cd "$TEST_TMPDIR"
cat >page.md <<'END'
# A page

```text said
ok 9
took 12.5 ms
the end
```

A number that is promised, behind others that are passed over:

```console exactly
$ cat said
ok 9
...
$ sed 's/^ok/not ok/' said | grep -c '^ok'
0
$ tail -n 1 said
the end
```

And numbers that are not:

```console
$ grep took said
took 13 ms
$ cat said
...
took 1.25 ms
the end
```
END

# The page fits, or after sed has done $3 to it does not; $1 files and $2 commands.
fits() {
	sed "${3-}" page.md >changed.md
	[ $# -lt 3 ] || ! cmp -s page.md changed.md || no "nothing changes: $3"
	"$follow" changed.md "$1" "$2" >output 2>&1
}

fits 1 5 || { no "it is so, and fails:"; cat output; }
fits 1 5 's/^took 13 ms/took 7 ms/' || no "any number would do"
fits 1 5 's/^```console exactly/```console/' || no "it is so as well"

while read -r edit; do
	! fits 1 5 "$edit" || no "it is not so after $edit"
	grep -q '^\$ ' output || { no "no command is named:"; cat output; }
done <<'END'
/^```console exactly/,/^```$/s/^ok 9/ok 8/
/^```console exactly/,/^```$/s/^0$/1/
s/^took 13 ms/took 13 us/
/^took 13 ms/d
/^took 1.25 ms/{n;d}
/^\.\.\.$/d
s/^took 1.25 ms/&\nand more/
/^```console exactly/,/^```$/s/^ok 9/&\nok 9/
END
# In a block without a promise the same number goes by.
fits 1 5 '/^```console exactly/,/^```$/{s/ exactly//;s/^ok 9/ok 8/}' ||
    no "no number was promised"

for counts in '2 5' '1 4' '1 6' '0 5'; do
	# shellcheck disable=SC2086
	! fits $counts || no "it has not $counts files and commands"
	grep -q '^files and commands on the page: 1 5' output ||
	    { no "not said:"; cat output; }
done
! fits 1 5 's/^```console exactly/```consle exactly/' ||
    no "a block that nobody runs was passed over"
exit $failed
