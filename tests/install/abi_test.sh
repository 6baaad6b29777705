#!/bin/sh
# What an installed library exports is what packaging/abi says, so that a change is
# noticed; and a public header declares it.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the files of the libraries, and the lists; --write writes the lists anew.
set -eu

failed=0
count=0
headers=
lists=${TEST_TMPDIR:-$(mktemp -d)}
for file in "$@"; do
	case $file in
	*.h) headers="$headers $file" ;;
	esac
done
for file in "$@"; do
	case $file in
	*.so.*) ;;
	*) continue ;;
	esac
	name=${file##*/lib}
	list=packaging/abi/${name%.so.*}.symbols
	nm -D --defined-only "$file" | awk '$3 !~ /^_/ { print $3 }' |
	    sort >"$lists/now"
	# shellcheck disable=SC2086
	cat $headers | gcc -fpreprocessed -dD -E -P - 2>/dev/null |
	    grep -o '[a-z_0-9]*' | sort -u >"$lists/declared"
	[ -s "$lists/now" ] || { echo "$file exports nothing"; failed=1; }
	comm -23 "$lists/now" "$lists/declared" >"$lists/hidden"
	[ ! -s "$lists/hidden" ] || {
		echo "$name exports what no public header has:"
		cat "$lists/hidden"
		failed=1
	}
	count=$((count + 1))
	case " $* " in
	*' --write '*)
		cp "$lists/now" "$BUILD_WORKSPACE_DIRECTORY/$list"
		continue
		;;
	esac
	diff -u "$list" "$lists/now" || {
		echo "$name exports something else than $list says; if that is" \
		    "meant: bazel run //tests/install:abi_test -- --write"
		failed=1
	}
done
[ "$count" -eq "$(ls packaging/abi/*.symbols | wc -l)" ] ||
    { echo "not as many libraries as lists: $count"; failed=1; }
exit $failed
