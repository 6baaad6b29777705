#!/bin/bash
# Producers and consumers of a topic, while its servers are killed, stopped, and cut off
# from each other: no record that was acknowledged is lost, none is there twice, each
# producer's are in order, and consumers agree; and no epoch has two leaders.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Argument: the program. RAFT_REAL_SECONDS: for how long (4); RAFT_SEED: what is done to
# which server when follows from it; how the processes take it does not.
# shellcheck disable=SC1091,SC2086,SC2154
set -eu

. tests/network.sh
. tests/random.sh
streams=$1
. tests/streams/common.sh
random_run 4
RANDOM=$seed
replace=4
killed=0
stopped=0
unplugged=0
parted=0

# One of five servers, the one behind it, and how long something lasts.
draw_some() {
	who=$((RANDOM % 5 + 1))
	next=$((who % 5 + 1))
	pause=$(printf '%d.%02d' $((RANDOM % 3)) $((RANDOM % 100)))
}

kill_one() {
	server_kill "$1" || fail "server $1 was dead before"
	killed=$((killed + 1))
	sleep "$pause"
	server_start "$1"
}

# While it stands still, what follows is done.
stop_one() {
	local stood=$1
	shift
	server_signal "$stood" STOP || fail "server $stood was dead before"
	stopped=$((stopped + 1))
	"$@"
	server_signal "$stood" CONT
}

unplug_one() {
	plug "$who" down
	unplugged=$((unplugged + 1))
	sleep "$pause"
	plug "$who" up
}

# Two and three that do not hear each other, by both ways or by one; clients hear all.
part() {
	local ways=$1 one other
	parted=$((parted + 1))
	for verb in cut mend; do
		for one in "$who" "$next"; do
			for other in 1 2 3 4 5; do
				case $other in "$who" | "$next") continue ;; esac
				"$verb" "$one" "$other"
				[ "$ways" = 1 ] || "$verb" "$other" "$one"
			done
		done
		[ "$verb" = mend ] || sleep "$pause"
	done
}

break_something() {
	case $((RANDOM % kinds)) in
	0) kill_one "$who" ;;
	1) stop_one "$who" sleep "$pause" ;;
	2) stop_one "$who" kill_one "$next" ;;
	3) unplug_one ;;
	4) part 1 ;;
	5) part 2 ;;
	esac
}

kinds=3
if [ -n "$network" ]; then
	server_place() {
		echo "$(network_host "$1"):7000"
	}

	server_address() {
		echo "$(network_host "$1"):8000"
	}

	server_start() {
		# Not by a function, whose process would not be the server's.
		nsenter -t "$(holder "$1")" -n "$streams" run "$base/$1" \
		    "$(server_address "$1")" "$replace" >>"$base/$1.log" 2>&1 &
		eval "pid_$1=\$!"
	}

	servers_list() {
		seq -f '10.77.0.%.0f:8000' -s , 1 6
	}

	kinds=6
	network_begin
	for id in 1 2 3 4 5; do
		network_add "$id"
	done
	trap 'servers_end; network_end' EXIT
fi
streams_new
load_start --seconds 86400
begin_time "$seconds"
while has_time; do
	draw_some
	break_something
	sleep 0.$((RANDOM % 10))
done
load_end || fail "the load saw what must not be"
await "$patience" all_settled || fail "they do not come to be in sync"
cat "$base/load"
one_leader_an_epoch || fail "an epoch has two leaders"
echo "$killed killed, $stopped stopped, $unplugged unplugged, $parted times parted;" \
    "$(cat "$base"/*.log | grep -c 'drops .* records') replicas dropped records," \
    "$(cat "$base"/*.log | grep -c 'refuses what') answers of deposed leaders" \
    "were refused"
[ "$(load_field acknowledged)" -gt 0 ] || fail "nothing was acknowledged"

# What is in sync is the same, byte for byte.
while read -r topic number _ _ _ _ _ _ _ _ replicas; do
	set -- $replicas
	for replica; do
		cmp "$base/${1#+}.records/$topic-$number" \
		    "$base/${replica#+}.records/$topic-$number" ||
		    fail "servers $1 and $replica differ in $topic-$number"
	done
done <"$base/where"
