#!/bin/sh
# Strangers come to the port where a server's metrics are as fast as one processor makes
# them: they say nonsense, they ask and do not read, they are silent, they stay. The server
# goes on, takes no more memory, descriptors and threads than it may, and serves its metrics
# when they have gone.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: a server (tests/admin/server.c), flood.
set -eu

server=$PWD/$1
flood=$PWD/$2
cd "$TEST_TMPDIR"

# Sixteen connections, and what the sanitizers keep of what is freed.
kb_max=65536
files_max=16
# It adds one every tenth of a second or so.
applied_least=5

fail() {
	echo "FAILED: $*"
	tail -n 20 log
	exit 1
}

end() {
	[ -z "${pid:-}" ] || kill -9 "$pid" 2>/dev/null || :
}
trap end EXIT

# A port of this run alone, below those that the kernel gives away.
port=$(($(date +%N | sed 's/^0*//') % 20000 + 10240))
"$server" make data 1 "127.0.0.1:$port"
echo "metrics 127.0.0.1:$((port + 1))" >>data/server.conf
# What was freed long ago tells nobody of a mistake any more.
ASAN_OPTIONS=${ASAN_OPTIONS:-}:quarantine_size_mb=4:thread_local_quarantine_size_kb=64 \
    "$server" run data 2>log &
pid=$!

# The value of a metric, from the port.
value() {
	python3 - "$1" "http://127.0.0.1:$((port + 1))/metrics" <<-'END'
	import sys, time, urllib.request
	# At worst: sanitizers, and a busy machine.
	end = time.monotonic() + 60
	while time.monotonic() < end:
	    try:
	        text = urllib.request.urlopen(sys.argv[2], timeout=5).read().decode()
	        break
	    except OSError:
	        time.sleep(0.2)
	else:
	    sys.exit("nobody serves metrics")
	print(*(line.split()[1] for line in text.splitlines()
	        if line.startswith("outrigger_" + sys.argv[1] + " ")))
	END
}

files() {
	find "/proc/$pid/fd" -type l 2>/dev/null | wc -l
}

memory() {
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status"
}

threads() {
	find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l
}

# What $1 says from eight addresses, for $2 seconds.
try() {
	before=$(value applied_entries_total)
	"$flood" "$1" "$2" 2 8 $((port + 1)) >flooded &
	flood_pid=$!
	most_files=0
	while kill -0 "$flood_pid" 2>/dev/null; do
		now=$(files)
		[ "$now" -le "$most_files" ] || most_files=$now
		sleep 0.1
	done
	wait "$flood_pid" || fail "the flood did not last"
	[ "$most_files" -le $((files_before + files_max)) ] ||
	    fail "$1: $most_files descriptors, $files_before before"
	[ "$(threads)" -le "$threads_before" ] ||
	    fail "$1: $(threads) threads, $threads_before before"
	[ "$(memory)" -le $((memory_before + kb_max)) ] ||
	    fail "$1: $(memory) kB, $memory_before before"
	after=$(value applied_entries_total) || fail "$1: no metrics"
	[ "$after" -ge $((before + applied_least)) ] ||
	    fail "$1: $((after - before)) commands were applied"
	echo "$1: $(cat flooded); $((after - before)) commands were" \
	    "applied, $((most_files - files_before)) descriptors and" \
	    "$(($(memory) - memory_before)) kB more"
}

[ -n "$(value term)" ] || fail "nothing is served"
files_before=$(files)
threads_before=$(threads)
memory_before=$(memory)
try noise 3
try ask 3
try silence 3
try hold 7
[ "$(value elections_won_total)" = 1 ] || fail "it was deposed"
kill "$pid"
wait "$pid" || fail "it did not end well"
pid=
