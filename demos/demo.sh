#!/bin/sh
# What each module cures, in simulation; then three real processes, of which the
# leader is killed and a fourth joins; then TLS between them, and two intruders.
#
# With scenario files, or --html PAGE, only the simulation: of those files, or of
# what the demo begins with.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Exit status: 0 all was as promised; 1 something was not.
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

[ $# -ge 2 ] || {
	echo "usage: demo.sh COUNTER RAFT-SCENARIO [--html PAGE] [FILE...]" >&2
	exit 2
}
counter=$1
scenario=$2
shift 2
demos=$(dirname -- "$0")
. "$demos/counter/servers.sh"

trap servers_end EXIT

# ----------------------------------------------------------- in simulation

surprises=0

# The builds that a scenario of somebody's own is run with.
builds="--build baseline --build prevote --build checkquorum --build stickiness \
--build learners --build default --build all"

seeds=5

# What else the arguments say: [--html PAGE] [FILE...]
compare() (
	page=
	if [ "${1:-}" = --html ]; then
		[ $# -ge 2 ] || {
			echo "demo: --html needs the name of a page" >&2
			exit 2
		}
		page=$2
		shift 2
	fi
	# shellcheck disable=SC2086
	if [ $# -gt 0 ]; then
		set -- $builds "$@"
	else
		# A page says where a scenario stands, in any folder the same.
		case $page in '' | /*) ;; *) page=$PWD/$page ;; esac
		cd "$demos/.."
		set -- --guide demos/guide.txt
	fi
	"$scenario" --quiet --matrix --seeds "$seeds" ${page:+--html "$page"} "$@"
)

show_modules() {
	head_line "1. Bad networks and builds of the library, simulated"
	cat <<'END'
Each scenario is a file that says what it expects of each build, good or bad; each
runs with five seeds. The verdict is a client's.

END
	compare || surprises=1
	head_line "2. The first of them, as three builds went through it"
	"$scenario" --timeline --build baseline --build stickiness \
	    --build prevote "$demos/scenarios/cloudflare-2020.scenario" ||
	    surprises=1
	echo "./run demo --html PAGE makes a page of all of them, to be read in a" \
	    "browser."
}

# --------------------------------------------------------------- for real

seconds=0

# One line: what each server says of itself, and how many entries it has applied.
show_servers() {
	line=$(printf '%3s s' "$seconds")
	for id in $ids; do
		role=$(server_field "$id" role)
		line="$line   $(printf '%s %-9s %6s' "$id" "${role:-down}" \
		    "$(server_field "$id" applied_index)")"
	done
	echo "$line"
}

watch_servers() {
	for _ in $(seq "$1"); do
		sleep 1
		seconds=$((seconds + 1))
		show_servers
	done
}

start_cluster() {
	servers_new 3 --election-timeout 500
	for id in $ids; do
		server_set "$id" snapshot-bytes 500000
		server_start "$id"
		echo "server $id: process $(server_pid "$id"), for clients" \
		    "$(server_address "$id"), folder $base/$id"
	done
	leader=$(await 20 servers_leader) || fail "nobody leads"
	echo "server $leader leads, in term $(server_field "$leader" term)"
}

kill_leader() {
	victim=$(await 10 servers_leader) || fail "nobody leads"
	value=$(server_value "$victim")
	killed=$(now_ms)
	echo "       kill -9 of process $(server_pid "$victim"): server" \
	    "$victim, which leads, at about $value"
	server_kill "$victim" || fail "it was dead before"
	leader=$(await 20 servers_leader) || fail "nobody leads after it"
	echo "       server $leader leads now, in term" \
	    "$(server_field "$leader" term), after" \
	    "$(($(now_ms) - killed)) ms"
}

has_value() {
	[ "$(server_value "$1")" -ge "$2" ] 2>/dev/null
}

has_snapshot() {
	grep -q 'begins behind the snapshot' "$base/$1.log"
}

# How server $1 has caught up.
way_of() {
	! has_snapshot "$1" || { echo "the leader's snapshot"; return; }
	echo "the leader's log"
}

restart_victim() {
	value=$(server_value "$leader")
	started=$(now_ms)
	server_start "$victim"
	await 20 has_value "$victim" "$value" || fail "it does not catch up"
	echo "       server $victim is started again, and has caught up with" \
	    "$value after $(($(now_ms) - started)) ms, by $(way_of "$victim")"
}

votes() {
	server_members_who "$(servers_leader)" '"role":"voter"' |
	    grep -q "\<$1\>"
}

add_server() {
	leader=$(await 20 servers_leader) || fail "nobody leads"
	joined=4
	server_new "$joined" "$leader"
	started=$(now_ms)
	server_start "$joined"
	await 20 votes "$joined" || fail "it does not come to vote"
	took=$(($(now_ms) - started))
	echo "       server $joined, a new one, joins, has caught up by" \
	    "$(way_of "$joined"), and votes after $took ms"
}

check_value() {
	acknowledged=$(load_field acknowledged)
	gap=$(load_field longest_gap_ms)
	value=$(await 20 servers_value) || fail "nobody tells the value"
	echo
	echo "acknowledged              $acknowledged"
	echo "the counter               $value"
	echo "said more than once       $(load_field retried)"
	[ "$acknowledged" -gt 0 ] || fail "nothing was acknowledged"
	[ "$acknowledged" -le "$value" ] || fail "acknowledged, and lost"
	[ "$(load_field unknown)" -eq 0 ] || fail "additions were left open"
	[ "$value" -le "$acknowledged" ] || fail "added twice"
	await 20 servers_agree "$value" || fail "the servers do not agree"
}

show_processes() {
	head_line "3. Three real processes on this machine, one killed, one more"
	start_cluster
	echo "eight clients add 1, as fast as they are answered; the entries that" \
	    "each has applied:"
	echo
	load_start
	watch_servers 3
	kill_leader
	watch_servers 3
	restart_victim
	watch_servers 2
	add_server
	watch_servers 2
	load_end || fail "a client saw the counter go back"
	check_value
	for id in $ids; do
		server_kill "$id" || fail "a server ended by itself"
	done
}

# --------------------------------------------------------------- and TLS

# What server $1 said since the mark, and how it begins: $2.
server_said() {
	sed -n "$mark,\$s/.*text=.connection [a-z]* \(.*$2.*\)./\1/p" \
	    "$base/$1.log" | sed -n 1p | grep .
}

# Server $victim is dead; in its place comes somebody on its address, $1, with the
# folder $3. The leader must say something like $2.
intrude() {
	mark=$(($(wc -l <"$base/$leader.log") + 1))
	"$counter" run "$3" "$(server_address "$victim")" \
	    >>"$base/$victim.log" 2>&1 &
	eval "pid_$victim=\$!"
	echo "an intruder on server $victim's address, $1:"
	await 10 server_said "$leader" "$2" >"$base/said" ||
	    fail "nobody refuses it"
	fold -s -w 70 "$base/said" | sed 's/^/    /; s/ *$//'
	server_kill "$victim" || :
}

# A server of a cluster of another name, in the folder $1, with a certificate that the
# CA in $2 made for it.
make_stranger() {
	mkdir "$1.pki"
	cp "$2/ca.pem" "$2/ca.key" "$2/crl.pem" "$1.pki"
	"$certs" node "$1.pki" another "$victim" >/dev/null
	"$counter" make "$1" --id "$victim" --cluster another \
	    --address "$(server_place "$victim")" --tls "$1.pki" \
	    --join "$leader=$(server_place "$leader")"
}

show_tls() {
	head_line "4. The same over TLS, and two who want to join"
	servers_end
	servers_new 3 --election-timeout 500
	servers_secure
	make_certificates "$base/other"
	servers_start
	leader=$(await 20 servers_leader) || fail "nobody leads"
	echo "certificates are made; server $leader leads. What it says of each:"
	load_start
	victim=$((leader % 3 + 1))
	server_kill "$victim" || fail "a server ended by itself"
	server_secure "$victim" "$base/other"
	intrude "with a certificate of another CA" "its certificate is of no CA" \
	    "$base/$victim"
	make_stranger "$base/stranger" "$pki"
	intrude "with a certificate for another cluster" "it is of cluster" \
	    "$base/stranger"
	server_secure "$victim" "$pki"
	server_start "$victim"
	load_end || fail "a client saw the counter go back"
	check_value
	for id in $ids; do
		server_kill "$id" || fail "a server ended by itself"
	done
}

if [ $# -gt 0 ]; then
	compare "$@"
	exit
fi
show_modules
show_processes
first="$acknowledged additions were acknowledged while the leader was killed
            and a fourth server joined;
            none was lost, none counted twice: the $(echo "$ids" | wc -w) servers agree on $value.
            The longest time without an acknowledgement was $gap ms."
show_tls
head_line "Result"
cat <<END
Processes:  $first
TLS:        $acknowledged additions between two refused intruders; none was lost.
END
[ "$surprises" -eq 0 ] ||
    fail "a build did not do what a scenario expects of it: see the matrix"
echo "Simulation: every build did in every scenario what is expected of it."
