#!/bin/bash
# What real runs are judged by: only lateness is forgiven, and whatever happened in a
# try that was late is looked at, too.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: judge.sh and the checker of histories.
set -eu

linearizable=$PWD/$2
# shellcheck source=tests/weather/judge.sh
. "$PWD/$1"

fail() {
	echo "FAILED: $*"
	exit 1
}

# What raft-scenario would do: the Nth try of a case is what $tries has on line N, a
# status and what it is about.
real() {
	local folder=$TEST_TMPDIR/$1 status what
	mkdir -p "$folder"
	[ "$2" = $((300 * ${1##*.})) ] || fail "a timeout of $2 ms in $1"
	read -r status what <<<"$(sed -n "${1##*.}p" <<<"$tries")"
	{
		[ "$status" -ne 1 ] ||
		    echo "FAILED   x.scenario  default  seed 1  real"
		[[ $what != *outage* ]] ||
		    echo "x.scenario:9: expect unavailable <= 1T: not so: 1.3T"
		[[ $what != *accused* ]] ||
		    echo "x.scenario:7: run 30T: election safety: n1 and n2" \
		        "lead in term 3 (at 812us)"
		[[ $what != *lost* ]] ||
		    echo "x.scenario:9: expect lost-acks = 0 since mark: not so: 1"
		[[ $what != *stale* ]] ||
		    echo "x.scenario:9: when prevote: expect stale-reads = 0:" \
		        "not so: 1"
		[[ $what != *late* ]] ||
		    echo "a busy machine: up to 90 ms late, where an election" \
		        "timeout is 300 ms"
		[[ $what != *disk* ]] ||
		    echo "a busy disk: up to 90 ms for a sync, where an" \
		        "election timeout is 300 ms"
		[[ $what != *simulated* ]] ||
		    echo "FAILED   x.scenario  default  seed 1"
		[[ $what != *another* ]] ||
		    echo "FAILED   x.scenario  default  seed 2  real"
		echo "1 run: 1 ok, 0 failed, 0 skipped"
	} >"$folder/out"
	{
		echo "c register set 1 ok 1000 2000"
		[[ $what == *unread* ]] || echo "c register get -" \
		    "$([[ $what == *wrong* ]] && echo 7 || echo 1) 3000 4000"
	} >"$folder/1-x.history"
	return "$status"
}

# The case $1, whose tries are the other arguments, holds or not, after so many.
expect() {
	local holds=$1 name=$2 said=yes
	shift 2
	tries=$(printf '%s\n' "$@")
	(must_hold "$name" 300 x.scenario) >"$TEST_TMPDIR/said" 2>&1 || said=no
	[ "$said" = "$holds" ] || {
		cat "$TEST_TMPDIR/said"
		fail "$name: $said, not $holds"
	}
	for try in $(seq $#); do
		[ -e "$TEST_TMPDIR/$name.$try/out" ] ||
		    fail "$name: nothing is kept of try $try"
	done
	[ ! -e "$TEST_TMPDIR/$name.$(($# + 1))" ] ||
	    fail "$name: tried more than $# times"
}

expect yes good "0 well"
expect yes late "1 late outage" "1 disk outage" "0 well"
expect no outage "1 outage"
expect no one-was-not "1 late another"
expect no nor-the-first "1 another late"
expect no simulated "1 late simulated"
expect no late-for-ever "1 late" "1 late" "1 late" "1 late"
expect no ended "2 late"
expect no accused "1 late accused"
expect no accused-later "1 late" "1 late outage accused"
expect no lost "1 late lost"
expect no stale "1 late stale"
expect no wrong "0 wrong"
expect no unread "0 unread"
expect no wrong-and-late "1 late wrong"

# What was judged is counted, of reads only those that show something.
mkdir "$TEST_TMPDIR/counted"
cat >"$TEST_TMPDIR/counted/1-x.history" <<'END'
c register get - nil 10 20
c register set 1 ok 1000 2000
c register get - 1 3000 4000
c register set 2 ? 5000 -
END
histories=0
operations=0
reads=0
judge "$TEST_TMPDIR/counted" >"$TEST_TMPDIR/said" || fail "a good history"
[ "$histories $operations $reads" = "1 4 1" ] ||
    fail "$histories histories, $operations operations, $reads reads"
judge "$TEST_TMPDIR" >"$TEST_TMPDIR/said" || fail "none is no bad one"
