#!/bin/sh
# A source with a bug: seed.sh SOURCE SED LINES.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Of the source exactly so many lines must be changed, or the bug fits no more.
set -eu

changed=$(sed "$2" "$1" | diff "$1" - | grep -c '^>' || true)
[ "$changed" = "$3" ] || {
	echo "of $1 $changed lines are changed, not $3, by: $2" >&2
	exit 1
}
sed "$2" "$1"
