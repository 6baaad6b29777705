# The servers of a replicated counter on this machine, for scripts that read
# this file with `.` and have $counter, the program.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# A script that calls servers_new calls servers_end on every way out.
# shellcheck shell=sh disable=SC2154

# A new cluster of $1 servers, none of them started, with what follows. Sets $base, its folder;
# $nodes, where the servers are; $ids.
servers_new() {
	base=$(mktemp -d "${TMPDIR:-/tmp}/counter.XXXXXX")
	nodes=$("$counter" new --dir "$base" --loopback "$@")
	ids=$(seq -s ' ' "$1")
}

# Nothing is left of them, nor of a load.
servers_end() {
	[ -z "${load_pid:-}" ] || kill "$load_pid" 2>/dev/null || :
	for server_id in ${ids:-}; do
		server_kill "$server_id" || :
	done
	[ -z "${base:-}" ] || rm -rf "$base"
	base='' ids='' pki=''
}

# A folder for one more server, which is to join those that run, $1 among them, with
# what follows. Sets $joining, its ID, and $line, what is to be said to the leader.
server_new() {
	place=$(server_address "$1")
	shift
	line=$("$counter" new --dir "$base" --join "$place" --loopback 1 "$@")
	joining=${line#join }
	joining=${joining%%=*}
	servers_note "$joining"
}

# $line names its place, where it may have been before.
servers_note() {
	place=${line#join }
	nodes=$(echo "$nodes" | tr , '\n' | grep -v "^$1=" || :)
	nodes=$(printf '%s\n%s\n' "$nodes" "${place%% *}" | paste -s -d , -)
	nodes=${nodes#,}
	case " $ids " in
	*" $1 "*) ;;
	*) ids="$ids $1" ;;
	esac
}

# With TLS once servers_secure has been called; with what follows $1, too.
server_start() {
	server_id=$1
	shift
	"$counter" run --dir "$base/$server_id" ${pki:+--tls "$pki"} "$@" \
	    >>"$base/$server_id.log" 2>&1 &
	eval "pid_$server_id=\$!"
}

# A CA in $1, and from it certificates for the servers of this cluster; $certs
# is the program that makes them. On real machines a server has its own key only.
make_certificates() {
	cluster=$(sed -n 's/^cluster //p' "$base/1/server")
	"$certs" ca "$1" --name "CA of $(basename -- "$1")" >/dev/null
	for node_id in $ids; do
		make_certificate "$1" "$node_id"
	done
}

# From the CA in $1 one for server $2.
make_certificate() {
	"$certs" node "$1" "$cluster" "$2" >/dev/null
}

# From now on servers speak TLS to each other.
servers_secure() {
	pki=$base/pki
	make_certificates "$pki"
}

servers_start() {
	for each_id in $ids; do
		server_start "$each_id"
	done
}

server_pid() {
	eval "echo \"\${pid_$1:-}\""
}

# Server $1 has left, and ends by itself. False: it does not, within $2 seconds.
server_wait() {
	await "$2" server_has_ended "$1" || return 1
	server_status=0
	wait "$(server_pid "$1")" || server_status=$?
	eval "pid_$1="
	ids=$(echo "$ids" | tr ' ' '\n' | grep -vx "$1" | paste -s -d ' ' -)
	[ "$server_status" -eq 0 ]
}

server_has_ended() {
	! kill -0 "$(server_pid "$1")" 2>/dev/null
}

server_signal() {
	kill -s "$2" "$(server_pid "$1")"
}

# As kill -9, and wait until it is dead. False, with the last of what it said:
# it was dead before.
server_kill() {
	server_pid=$(server_pid "$1")
	[ -n "$server_pid" ] || return 0
	eval "pid_$1="
	kill -s KILL "$server_pid" 2>/dev/null || :
	server_status=0
	wait "$server_pid" 2>/dev/null || server_status=$?
	[ "$server_status" -ne 137 ] || return 0
	echo "server $1 ended by itself, with status $server_status:" >&2
	tail -n 30 "$base/$1.log" >&2
	return 1
}

# Where clients find it.
server_address() {
	echo "$nodes" | tr , '\n' |
	    sed -n "s/^$1=\(.*\):[0-9]*:\([0-9]*\)$/\1:\2/p"
}

# Its answer to the line $2; nothing if it gives none.
server_ask() {
	"$counter" ask "$(server_address "$1")" "$2" 2>/dev/null || :
}

# One field of its status.
server_field() {
	server_ask "$1" status | sed -n "s/.*$2=\([^ ]*\).*/\1/p"
}

# Who leads, in the newest term. False: nobody.
servers_leader() {
	for server_id in $ids; do
		server_ask "$server_id" status
	done | sed -n 's/^id=\([^ ]*\) role=leader term=\([^ ]*\) .*/\2 \1/p' |
	    sort -n | sed -n '$s/.* //p' | grep .
}

# The same, when it is not server $1.
servers_other_leader() {
	servers_leader | grep -vx "$1"
}

# The counter's value, by a linearizable read. False: nobody can tell.
servers_value() {
	server_ask "$(servers_leader)" get | sed -n 's/^ok //p' | grep .
}

# Whether each of them has applied all up to the value $1.
servers_agree() {
	for server_id in $ids; do
		[ "$(server_field "$server_id" value)" = "$1" ] || return 1
	done
}

# Additions from eight clients for $1 seconds, meanwhile.
load_start() {
	"$counter" load --nodes "$nodes" --seconds "$1" >"$base/load" &
	load_pid=$!
}

load_is_running() {
	kill -0 "$load_pid" 2>/dev/null
}

# Wait for its end. False: it saw what must not be.
load_end() {
	wait "$load_pid"
	load_pid=''
}

# A number that it found out in the end.
load_field() {
	sed -n "\$s/.*$1=\([0-9]*\).*/\1/p" "$base/load"
}

# Repeat a command until it succeeds, and say what it said then. False: it did
# not within $1 seconds.
await() {
	await_end=$(($(date +%s) + $1))
	shift
	until await_said=$("$@"); do
		[ "$(date +%s)" -lt "$await_end" ] || return 1
		sleep 0.05
	done
	[ -z "$await_said" ] || echo "$await_said"
}
