#!/bin/bash
# Scenarios mean the same on real processes: three of them hold in both worlds, what
# their clients were answered is linearizable, what cannot be real is skipped with a
# word, and nothing is left behind.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: raft-scenario, the checker of histories, judge.sh, with_clients.awk, and the
# scenarios: the first is run by two builds, the second with an election timeout of a
# second, the last with TLS, too. The last line says what could not be tried here.
set -eu

program=$PWD/$1
linearizable=$PWD/$2
# shellcheck source=tests/weather/judge.sh
. "$PWD/$3"
with_clients=$4
shift 4
skipped=

fail() {
	echo "FAILED: $*"
	exit 1
}

# With the name of a folder for its histories, its disks and its output, and the
# milliseconds of an election timeout.
real() {
	local folder=$TEST_TMPDIR/$1 timeout=$2
	shift 2
	mkdir -p "$folder/disks"
	TMPDIR=$folder/disks "$program" --real --timeout "$timeout" --jobs 2 \
	    --history "$folder" "$@" >"$folder/out" 2>&1
}

# Neither a process nor a file of it is left behind, or will be for long.
must_be_gone() {
	local tries=0
	while [ -n "$(ls "$TEST_TMPDIR/$1/disks")" ] ||
	    grep -qs -- "$TEST_TMPDIR/$1" /proc/[0-9]*/cmdline; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] ||
		    fail "left behind: $(ls "$TEST_TMPDIR/$1/disks")"
		sleep 0.1
	done
}

last() {
	shift $(($# - 1))
	echo "$1"
}

# Where it cannot be had, that is said.
status=0
printf 'nodes 1\nrun 1us\n' >"$TEST_TMPDIR/short.scenario"
real first 300 "$TEST_TMPDIR/short.scenario" || status=$?
if [ "$status" -eq 2 ] &&
    grep -q 'expected root, or\|expected the module tun' \
        "$TEST_TMPDIR/first/out"; then
	echo "skipped, all of it: $(cat "$TEST_TMPDIR/first/out")"
	exit 0
fi
[ "$status" -eq 0 ] || fail "$(cat "$TEST_TMPDIR/first/out")"

# All of them have clients that read.
for scenario; do
	awk -f "$with_clients" "$scenario" \
	    >"$TEST_TMPDIR/$(basename "$scenario")"
	set -- "$@" "$TEST_TMPDIR/$(basename "$scenario")"
	shift
done

# In both worlds: what a build is worth, what lives and dies, and that with TLS.
must_hold builds 300 --build baseline --build default "$1" >"$TEST_TMPDIR/builds.out" &
builds=$!
away=
if [ -e /proc/sys/net/ipv4/tcp_rto_max_ms ]; then
	must_hold away 1000 "$2" >"$TEST_TMPDIR/away.out" &
	away=$!
else
	skipped+="; this kernel cannot be told how long TCP is to wait"
fi
shift 2
must_hold tls 400 --tls "$(last "$@")" >"$TEST_TMPDIR/tls.out" &
tls=$!
must_hold lives 400 "$@"

# What cannot be real is skipped with a word.
cat >"$TEST_TMPDIR/clock.scenario" <<'END'
nodes 3
title No real clock can do it, torn or not
run 1T
clock n1 rate 1.1
END
real clock 300 "$TEST_TMPDIR/clock.scenario" || fail "a clock"
grep -q 'clock.scenario:4: not in reality: all processes of a machine have one' \
    "$TEST_TMPDIR/clock/out" || fail "a clock: $(cat "$TEST_TMPDIR/clock/out")"
grep -q '^skipped .*  real$' "$TEST_TMPDIR/clock/out" || fail "not skipped"

# Two that have one name have each a history of its own.
for folder in one other; do
	mkdir "$TEST_TMPDIR/$folder"
	printf '%s\n' 'nodes 1' 'client every 20ms' 'reads every 20ms' \
	    'run until leader within 20T' 'run 1T' \
	    >"$TEST_TMPDIR/$folder/same.scenario"
done
must_hold same 300 "$TEST_TMPDIR"/one/same.scenario "$TEST_TMPDIR"/other/same.scenario
for history in 1-same.scenario 2-same.scenario; do
	ls "$TEST_TMPDIR/same.1/$history".*.history || fail "no history $history"
done

# Whoever is interrupted, with members that run and write, leaves no process, and no
# file.
real interrupted 300 "$(last "$@")" &
running=$!
tries=0
disks=$TEST_TMPDIR/interrupted/disks
until compgen -G "$disks/*/n1/log" && compgen -G "$disks/*/n2/log" &&
    compgen -G "$disks/*/n3/log"; do
	tries=$((tries + 1))
	[ "$tries" -lt 600 ] || fail "no members run"
	sleep 0.1
done
pid=$(pgrep -P "$running" -x raft-scenario) || fail "it does not run"
kill -TERM "$pid"
wait "$running" && fail "it was not interrupted"
must_be_gone interrupted

# What only root can try: a device that is not there, and an ordinary user who may
# open it, as on most machines.
without_device() {
	local status=0
	unshare -m sh -c 'mount -t tmpfs none /dev/net && exec "$@"' sh \
	    "$program" --real "$TEST_TMPDIR/short.scenario" || status=$?
	[ "$status" -eq 2 ]
}

as_nobody() {
	cp "$program" "$public/program"
	mknod "$public/tun" c 10 200
	chmod 666 "$public/tun"
	chmod 755 "$public" "$public/program"
	install -d -m 777 "$public/disks"
	printf 'nodes 3\nrun until leader within 20T\nrun 1T\n' \
	    >"$public/scenario"
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount --bind "$1/tun" /dev/net/tun && shift &&
	    exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"' sh \
	    "$public" env TMPDIR="$public/disks" "$public/program" --real \
	    --timeout 300 "$public/scenario"
}

if [ "$(id -u)" -eq 0 ]; then
	said=$(without_device 2>&1) || fail "without a device: $said"
	case $said in
	*"expected the module tun"*) ;;
	*) fail "without a device: $said" ;;
	esac
	public=$(mktemp -d /tmp/weather_test.XXXXXX)
	trap 'rm -rf "$public"' EXIT
	said=$(as_nobody 2>&1) || fail "as nobody: $said"
else
	skipped+="; a machine without the device, and an ordinary user, take root"
fi

# By now the long ones are over, or will be soon.
wait "$builds" || { cat "$TEST_TMPDIR/builds.out"; exit 1; }
cat "$TEST_TMPDIR/builds.out"
wait "$tls" || { cat "$TEST_TMPDIR/tls.out"; exit 1; }
cat "$TEST_TMPDIR/tls.out"
if [ -n "$away" ]; then
	wait "$away" || { cat "$TEST_TMPDIR/away.out"; exit 1; }
	cat "$TEST_TMPDIR/away.out"
fi
echo "passed${skipped:+, not tried: ${skipped#; }}"
