# What real runs are judged by: to be read by a test that has a checker of histories,
# $linearizable, and may have functions of its own, fail() and real().
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

# That a promise was broken, in what raft-scenario says. No machine is so busy that
# this is allowed to be.
tell_broken() {
	grep -E ' \(at [0-9]+us\)$|: expect (lost-acks|stale-reads) ' "$1"
}

# Each that did not hold says that the machine was too busy; a simulated one cannot.
was_late() {
	awk '/^FAILED / { wrong = wrong || said == 0 && failed > 0
	    failed++
	    said = 0 }
	/^a busy (machine|disk): / { said++ }
	END { exit failed == 0 || wrong || said == 0 }' "$1"
}

# Each history in a folder can be explained by one server. Adds up what was judged.
histories=0
operations=0
reads=0
judge() {
	local history said status=0
	for history in "$1"/*.history; do
		[ -e "$history" ] || continue
		said=$("$linearizable" "$history") || {
			cat "$history"
			status=1
		}
		echo "$said"
		histories=$((histories + 1))
		operations=$((operations + $(count . "$history")))
		reads=$((reads + $(count '^[^ ]* [^ ]* get - [0-9]' "$history")))
	done
	return "$status"
}

# Somebody has read something that was written, in each history of a folder.
has_reads() {
	local history status=0
	for history in "$1"/*.history; do
		[ "$(count '^[^ ]* [^ ]* get - [0-9]' "$history")" -gt 0 ] || {
			echo "nobody has read anything: $(basename "$history")"
			status=1
		}
	done
	return "$status"
}

count() {
	grep -c "$1" "$2" || :
}

# Every run holds, in both worlds, and no client is told what is not so. Of a machine
# that was too busy it is asked again, with more time for everything, and what it did is
# kept in the folders NAME.1, NAME.2 and so on. real() has the name, milliseconds of an
# election timeout, and the rest of the arguments.
must_hold() {
	local name=$1 timeout=$2 try=1 folder status
	shift 2
	while :; do
		folder=$TEST_TMPDIR/$name.$try
		status=0
		real "$name.$try" $((timeout * try)) "$@" || status=$?
		cat "$folder/out"
		judge "$folder" ||
		    fail "so it is not as if there were one server: $folder"
		! tell_broken "$folder/out" || fail "a promise was broken: $folder"
		[ "$status" -ne 0 ] || break
		{ [ "$status" -eq 1 ] && [ "$try" -lt 4 ] &&
		    was_late "$folder/out"; } ||
		    fail "again: raft-scenario --real --timeout $timeout $*"
		try=$((try + 1))
	done
	grep -q ' 0 skipped$' "$folder/out" || fail "something was skipped"
	has_reads "$folder" || fail "so there was little to judge: $folder"
}
