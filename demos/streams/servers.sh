# The servers of a log-streaming cluster on this machine, for scripts that read this
# file with `.` and have $streams, the program, and $demos, the folder of the demos:
# what demos/counter/servers.sh has, and what is of streams.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck shell=sh disable=SC1091,SC2034,SC2154
counter=$streams
. "$demos/counter/servers.sh"
bin=${streams%demos/streams/streams}
ctl=${bin}assists/admin/outrigger-ctl
load=${bin}demos/streams/load/load
cluster=streams
# Seconds until others copy what a silent server has.
replace=600

server_start() {
	"$streams" run "$base/$1" "$(server_address "$1")" "$replace" \
	    >>"$base/$1.log" 2>&1 &
	eval "pid_$1=\$!"
}

# Where clients find them.
servers_list() {
	echo "$places" | tr ' ' ','
}

# As `streams VERB`, of these servers.
servers_do() {
	verb=$1
	shift
	"$streams" "$verb" "$(servers_list)" "$@"
}

# Five of them, with the topic events, of four partitions on three servers each.
streams_new() {
	servers_new 5 --election-timeout 500
	for each_id in $ids; do
		server_set "$each_id" snapshot-bytes 8192
	done
	servers_start
	await 60 servers_do topic events 4 3 >/dev/null 2>&1
}

# What `where` says of partition $2 of topic $1: its epoch, and who leads; with 0 if
# nobody does.
partition_led() {
	servers_do where "$1" | sed -n "s/^$1 $2 .* epoch \([0-9]*\) leader \([0-9]*\) .*/\1 \2/p"
}

# Its replicas, those in sync with a + before them.
partition_replicas() {
	servers_do where "$1" | sed -n "s/^$1 $2 .* replicas //p"
}

# The same, when another one than server $3 leads it.
partition_led_by_another() {
	partition_led "$1" "$2" | grep -v " $3\$" | grep -v ' 0$'
}

# Whether every partition has all its replicas in sync, and nobody is about to leave
# one: that is, none has more than three.
all_in_sync() {
	servers_do where >"$base/where" &&
	    ! grep -q ' -[0-9]\|leader 0\|\(+[0-9]* \)\{3\}+' "$base/where"
}

# The same, and nothing has moved for a while.
all_settled() {
	all_in_sync || return 1
	mv "$base/where" "$base/where.before"
	sleep 0.4
	all_in_sync && cmp -s "$base/where.before" "$base/where"
}

# Load on the topic events, with these options, until load_end.
load_start() {
	"$load" "$@" "$(servers_list)" events >"$base/load" 2>&1 &
	load_pid=$!
}

# Each epoch of a partition was led by one server only, as they said themselves.
one_leader_an_epoch() {
	grep -h '^server [0-9]*: [^ ]*: leads in epoch' "$base"/*.log |
	    sed 's/,.*//' | sort -u | awk '
	{ key = $3 " " $7; count++; seen[key]++ }
	seen[key] > 1 { print "two leaders: " key; bad = 1 }
	END { print count " epochs"; exit bad }'
}
