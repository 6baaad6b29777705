# What the tests of the counter of docs/service.md have in common, for scripts that read
# this file with `.`, with the counter as their second argument.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck shell=sh
counter=$PWD/$2
bin=${counter%demos/counter/counter}
ask=${bin}demos/counter/load/ask
ctl=${bin}assists/admin/outrigger-ctl
# Ports of this run alone, below those that the kernel gives away.
ports=$(($(date +%N | sed 's/^0*//') % 2200 + 1024))
cd "$TEST_TMPDIR" || exit

fail() {
	echo "FAILED: $*"
	tail -n 20 data/*.log
	exit 1
}

start() {
	"$counter" run "data/$1" "127.0.0.1:$ports$(($1 + 3))" >>"data/$1.log" 2>&1 &
	echo $! >"data/$1.pid"
}

end() {
	: >stop
	for file in data/*.pid; do
		kill -9 "$(cat "$file")" 2>/dev/null || :
	done
}
trap end EXIT

# What server $1 answers to the line $2.
say() {
	"$ask" "127.0.0.1:$ports$(($1 + 3))" "$2" 2>/dev/null || echo nothing
}

# What it says of the cluster, in JSON.
status() {
	"$ctl" --json "data/$1" status 2>/dev/null || :
}

# A folder for server $1, made with what follows.
make() {
	id=$1
	shift
	"$counter" make "data/$id" --id "$id" --cluster counter \
	    --address "127.0.0.1:$ports$id" "$@"
}

# Additions to server $1, one after another: how many are done, of how many that is not
# known, and how many are surely not.
add_on() {
	done=0 unknown=0 refused=0
	while [ ! -f stop ]; do
		case $(say "$1" 'add 1') in
		ok*) done=$((done + 1)) ;;
		NO_LEADER* | OVERLOADED* | CLOSED*) refused=$((refused + 1)) ;;
		*) unknown=$((unknown + 1)) ;;
		esac
	done
	echo "$done $unknown $refused" >"added.$1.$2"
}

# Who leads, as server $1 knows.
leader() {
	status "$1" | sed -n 's/.*"leader":\([0-9]*\).*/\1/p'
}

await_leader() {
	tries=0
	while led=$(leader "$1") && [ -z "$led" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 600 ] || fail "nobody leads"
		sleep 0.1
	done
}

# A cluster of three, which votes.
three() {
	mkdir data
	make 1
	make 2 --join "1=127.0.0.1:${ports}1"
	make 3 --join "1=127.0.0.1:${ports}1"
	for id in 1 2 3; do
		start "$id"
	done
	tries=0
	until [ "$(status 1 | grep -o '"role":"voter"' | wc -l)" -eq 3 ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 600 ] || fail "they are no three"
		sleep 0.1
	done
}

# Two clients of each server add, until load_end.
load_start() {
	writers=
	for id in 1 2 3; do
		for each in 1 2; do
			add_on "$id" "$each" &
			writers="$writers $!"
		done
	done
}

# What was acknowledged is there, once, on every server. Leaves $done, $unknown and
# $refused.
load_end() {
	: >stop
	# shellcheck disable=SC2086
	wait $writers
	done=0 unknown=0 refused=0
	for file in added.*; do
		read -r more doubtful less <"$file"
		done=$((done + more)) unknown=$((unknown + doubtful))
		refused=$((refused + less))
	done
	said=$(say 1 get)
	value=${said#ok }
	echo "acknowledged=$done unknown=$unknown refused=$refused value=$value"
	[ "$done" -ge 20 ] || fail "too few additions were acknowledged"
	[ "$value" -ge "$done" ] || fail "an acknowledged addition is lost"
	[ "$value" -le $((done + unknown)) ] || fail "an addition counted twice"
	for id in 2 3; do
		[ "$(say "$id" get)" = "$said" ] ||
		    fail "server $id has another value"
	done
}
