#!/bin/sh
# Every test that HAZARDS.md names exists.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: HAZARDS.md, then the sources and scenarios that it may name.
set -eu

map=$1
shift
failed=0
for name in $(grep -o '[a-z][a-z0-9]*\(_[a-z0-9]\+\)\{2,\}' "$map" |
    grep -v '_test$' | sort -u); do
	grep -qw "$name" "$@" || {
		echo "HAZARDS.md names $name, which no test is called"
		failed=1
	}
done
for name in $(grep -o 'scenarios/[a-z0-9-]*' "$map" | sort -u); do
	case "$*" in
	*"$name.scenario"*) ;;
	*)
		echo "HAZARDS.md names $name, which is no scenario"
		failed=1
		;;
	esac
done
[ "$(grep -c '^| [SLMTD][0-9]' "$map")" = 103 ] || {
	echo "HAZARDS.md lists another number of hazards than 103"
	failed=1
}
exit $failed
