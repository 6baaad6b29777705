#!/bin/sh
# Whether `./run catalogue` tells what did not run: with a stand-in that dies.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Argument: catalogue.sh.
set -eu

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/extensions/some/scenarios" "$tree/demos/scenarios" \
    "$tree/tests/scenarios"
cp "$1" "$tree/tests/scenarios/catalogue.sh"
for name in extensions/some/scenarios/good demos/scenarios/weak \
    tests/scenarios/dead tests/scenarios/unread; do
	echo "# Catalogue: S1" >"$tree/$name.scenario"
done
echo "# Not of it." >"$tree/tests/scenarios/other.scenario"

# The last argument is the scenario, whose text says whether it goes wrong.
cat >"$tree/stand-in" <<'END'
#!/bin/sh
for file; do :; done
case $file in
*weak* | *dead* | *unread*) grep -q broken "$file" || file=good ;;
esac
case $file in
*weak*)
	echo "FAILED $file"
	echo "2 runs: 1 ok, 1 failed, 0 skipped"
	exit 1
	;;
*dead*) kill -SEGV $$ ;;
*unread*)
	echo "$file:1: what is this" >&2
	exit 2
	;;
*) echo "2 runs: 1 ok, 0 failed, 1 skipped" ;;
esac
END
chmod +x "$tree/stand-in"

failures=0

# STATUS LAST-LINES
check() {
	status=0
	said=$("$tree/tests/scenarios/catalogue.sh" "$tree/stand-in" 2 \
	    2>"$tree/errors") || status=$?
	if [ "$status" -ne "$1" ] ||
	    [ "$(echo "$said" | sed -n '/^the catalogue/,$p')" != "$2" ]; then
		echo "not $1 but $status: $said"
		failures=$((failures + 1))
	fi
}

# NAME...: these go wrong now, and no others.
break_only() {
	for name in weak dead unread; do
		echo "# Catalogue: S1" >"$(find "$tree" -name $name.scenario)"
	done
	for name; do
		echo broken >>"$(find "$tree" -name "$name.scenario")"
	done
}

check 0 "the catalogue: 8 runs: 4 ok, 0 failed, 4 skipped"
break_only weak
check 1 "the catalogue: 8 runs: 4 ok, 1 failed, 3 skipped"
break_only dead
check 1 "the catalogue: 6 runs: 3 ok, 0 failed, 3 skipped
1 of 4 files did not run to their end"
break_only dead unread
check 1 "the catalogue: 4 runs: 2 ok, 0 failed, 2 skipped
2 of 4 files did not run to their end"

[ "$failures" -eq 0 ]
