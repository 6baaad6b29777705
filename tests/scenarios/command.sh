# How tests call raft-scenario, which is $run, and see what it says.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154

die() {
	echo "$1; it said:"
	cat out err
	exit 1
}

# exits STATUS ARGUMENT...
exits() {
	expected=$1
	shift
	status=0
	"$run" "$@" >out 2>err || status=$?
	[ "$status" -eq "$expected" ] ||
	    die "$*: exit status $status, not $expected"
}

says() {
	grep -qF -- "$1" err || die "nothing on stderr says: $1"
}
