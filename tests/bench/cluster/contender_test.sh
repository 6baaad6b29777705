#!/bin/sh
# A contender does what is asked of it and says so in a line that makes sense. Nothing
# is said of how fast.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# contender_test.sh PROGRAM raft|tls|plain: what it knows; tls is raft, too.
set -eu

program=$1
knows=$2
folder=${TEST_TMPDIR:-${TMPDIR:-/tmp}}/contender
mkdir -p "$folder"

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# What it says to these options, and that nothing is left of it.
ask() {
	echo "$program $*"
	said=$("$program" --folder "$folder" "$@") || fail "$*: status $?"
	echo "  $said"
	left=$(ls "$folder")
	[ -z "$left" ] || fail "$* left $left"
}

measure() {
	ask --seconds 0.3 "$@"
	echo "$said" | awk -F '[= ]' '
		{ for (i = 2; i < NF; i += 2) value[$i] = $(i + 1) }
		END {
			exit !(NR == 1 && value["ops"] > 0 &&
			    value["p50_us"] > 0 &&
			    value["p50_us"] <= value["p99_us"] &&
			    value["p99_us"] <= value["p999_us"] &&
			    value["cpu_us"] > 0 && value["syncs"] > 0)
		}' || fail "$*: $said"
}

# In microseconds: half of the entries took no longer.
median() {
	echo "$said" | sed 's/.* p50_us=\([0-9]*\).*/\1/'
}

refuse() {
	status=0
	"$program" --folder "$folder" "$@" >"$folder.said" 2>&1 || status=$?
	[ $status -eq 2 ] || fail "$*: status $status: $(cat "$folder.said")"
}

measure --in-flight 1
measure --in-flight 64
# No majority answers sooner than both ways take.
measure --in-flight 64 --far 20
[ "$(median)" -ge 39000 ] || fail "20 ms away, and answers after $(median) us"
measure --in-flight 64 --far 20 --far-servers 1
measure --in-flight 64 --slow 5
# Nor sooner than a disk that it needs.
measure --in-flight 64 --slow 5 --slow-server 2 --slow-server 3
[ "$(median)" -ge 5000 ] || fail "5 ms slower, and answers after $(median) us"
case $knows in
plain)
	measure --in-flight 64 --slow 5 --slow-server 1
	[ "$(median)" -ge 5000 ] || fail "its leader's disk is not slow"
	refuse --failover
	refuse --tls
	refuse --in-loop
	;;
*)
	measure --in-flight 64 --snapshot-every 500
	ask --failover
	echo "$said" | grep -Eq ' failover_ms=[0-9]+\.[0-9]$' ||
	    fail "--failover: $said"
	;;
esac
if [ "$knows" = tls ]; then
	measure --in-flight 64 --tls
	measure --in-flight 64 --in-loop --snapshot-every 500
fi
refuse --in-flight 0
refuse --seconds x
refuse --slow 5 --slow-server 4
refuse --unheard-of
refuse one
"$program" --help | grep -q '^usage: ' || fail "--help"
