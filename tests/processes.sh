# What tests of real servers have in common, for scripts of bash that read this file
# with `.`. It makes a folder of this run alone, and goes there.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck shell=bash disable=SC2034

# Ports of this run alone, below those that the kernel gives away.
ports=$(($(date +%N | sed 's/^0*//') % 2200 + 1024))
mkdir "$TEST_TMPDIR/servers"
cd "$TEST_TMPDIR/servers"

address() {
	echo "127.0.0.1:$ports$1"
}

fail() {
	echo "FAILED: $*"
	tail -n 5 ./*.log
	exit 1
}

# What follows the status $1 of a command, and says $2; in $said.
expect() {
	local status=$1 sentence=$2 got=0
	shift 2
	said=$("$@" 2>&1 </dev/null) || got=$?
	[ "$got" -eq "$status" ] || fail "$*: status $got: $said"
	case $said in
	*"$sentence"*) ;;
	*) fail "$*: not '$sentence' but: $said" ;;
	esac
}

# What is asked again and again is not looked through for leaks each time it ends, which
# takes two thirds of its time: once is enough, elsewhere.
without_leaks() {
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 "$@"
}

await() {
	local tries=0
	until without_leaks "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 600 ] || fail "never: $*"
		sleep 0.1
	done
}
