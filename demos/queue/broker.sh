# A broker and the servers of a replicated counter on this machine, for scripts that
# read this file with `.` and have $queue, the program, and $demos, the folder of the
# demos; the client is beside the program.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# A script that calls broker_new calls broker_end on every way out. All of it is in
# $base, and on loopback.
# shellcheck shell=sh disable=SC1091,SC2154
. "$demos/common.sh"
client=${queue%/queue}/client
# In Debian a user has no path to it.
mosquitto=$(PATH=$PATH:/usr/sbin command -v mosquitto) || {
	echo "mosquitto is needed: the package mosquitto" >&2
	exit 2
}

# ------------------------------------------------------------------ the broker

# A broker that is not started yet, with these lines in its configuration.
broker_new() {
	base=$(mktemp -d "${TMPDIR:-/tmp}/queue.XXXXXX")
	chmod 711 "$base"
	mkdir "$base/broker"
	choose_ports
	place=127.0.0.1:$port
	broker_pid='' ids='' client_pid=''
	broker_configure "allow_anonymous true" "$@"
}

# It keeps nothing, is nobody, and holds back no small message. For a client that does
# not read it keeps so much at most.
broker_configure() {
	cat >"$base/broker/conf" <<-END
	listener $port 127.0.0.1
	user nobody
	persistence false
	set_tcp_nodelay true
	max_queued_messages 1000
	max_queued_bytes 4194304
	log_dest stderr
	log_type error
	log_type warning
	log_type notice
	END
	printf '%s\n' "$@" >>"$base/broker/conf"
	broker_own
}

# What the broker reads is its own.
broker_own() {
	chmod -R go= "$base/broker"
	[ "$(id -u)" -ne 0 ] || chown -R nobody "$base/broker"
}

broker_start() {
	"$mosquitto" -c "$base/broker/conf" >>"$base/broker.log" 2>&1 &
	broker_pid=$!
}

broker_signal() {
	kill -s "$1" "$broker_pid"
}

broker_kill() {
	[ -n "${broker_pid:-}" ] || return 0
	kill -s KILL "$broker_pid" 2>/dev/null || :
	wait "$broker_pid" 2>/dev/null || :
	broker_pid=
}

# Nothing is left.
broker_end() {
	[ -z "${client_pid:-}" ] || kill -s KILL "$client_pid" 2>/dev/null || :
	for each_id in ${ids:-}; do
		server_kill "$each_id"
	done
	broker_kill
	[ -z "${base:-}" ] || rm -rf "$base"
	base=''
}

# ----------------------------------------------------------------- the servers

# What all of a cluster are called with; each of them may have more, in $more_ID.
cluster_options() {
	echo "--of $count --cluster $cluster --life $life --broker $place $common"
}

# $1 servers of cluster $2, with these options; made, and not started.
cluster_new() {
	count=$1
	cluster=$2
	shift 2
	common=$*
	life=$(($(date +%N | sed 's/^0*//') * 1000 + $$ % 1000 + 1))
	for each_id in $(seq "$count"); do
		server_make "$each_id"
	done
}

# The folder of server $1.
server_folder() {
	echo "$base/$cluster-$1"
}

server_make() {
	# shellcheck disable=SC2046
	"$queue" --id "$1" $(cluster_options) make "$(server_folder "$1")"
}

# What it says is in the file beside its folder, with .log behind.
server_start() {
	eval "more=\${more_$1:-}"
	# shellcheck disable=SC2046,SC2086,SC2154
	"$queue" --id "$1" $(cluster_options) $more run "$(server_folder "$1")" \
	    >>"$(server_folder "$1").log" 2>&1 &
	eval "pid_$1=\$!"
	case " $ids " in
	*" $1 "*) ;;
	*) ids="$ids $1" ;;
	esac
}

cluster_start() {
	for each_id in $(seq "$count"); do
		server_start "$each_id"
	done
}

server_pid() {
	eval "echo \"\${pid_$1:-}\""
}

server_kill() {
	kill -s KILL "$(server_pid "$1")" 2>/dev/null || return 0
	wait "$(server_pid "$1")" 2>/dev/null || :
	eval "pid_$1="
}

# Have it end. False: it ended before, or not well.
server_stop() {
	server_status=0
	kill "$(server_pid "$1")" 2>/dev/null || return 1
	wait "$(server_pid "$1")" || server_status=$?
	eval "pid_$1="
	return "$server_status"
}

# Who leads, as far as they said. False: nobody.
cluster_leader() {
	for each_id in $(seq "$count"); do
		[ -n "$(server_pid "$each_id")" ] || continue
		sed -n "s/^server $each_id: \\(leader\\|follower\\|candidate\\) in term \\([0-9]*\\): .*/\\2 \\1 $each_id/p" \
		    "$(server_folder "$each_id").log" | tail -n 1
	done | grep leader | sort -n | sed -n '$s/.* //p' | grep .
}

# A number that server $1 told when it was asked last, or at its end.
server_told() {
	sed -n "s/^server $1 has .*\\<$2=\\([0-9]*\\).*/\\1/p" \
	    "$(server_folder "$1").log" | tail -n 1
}

# Every server has told the value $1. False, and they are asked again.
cluster_has() {
	for each_id in $(seq "$count"); do
		[ "$(server_told "$each_id" value)" = "$1" ] || {
			kill -s USR1 "$(server_pid "$each_id")"
			return 1
		}
	done
}

cluster_stop() {
	for each_id in $(seq "$count"); do
		server_stop "$each_id" || return 1
	done
}

# What a client is answered to these words.
ask() {
	# shellcheck disable=SC2086
	"$client" --cluster "$cluster" --broker "$place" $common "$1" 2>/dev/null
}

# A client that adds 1 until client_stop.
client_start() {
	# shellcheck disable=SC2086
	"$client" --cluster "$cluster" --broker "$place" $common \
	    --seconds 3600 >"$base/client" 2>"$base/client.log" &
	client_pid=$!
}

# False: it saw what must not be.
client_stop() {
	client_status=0
	kill "$client_pid"
	wait "$client_pid" || client_status=$?
	client_pid=
	return "$client_status"
}

# The last number of the kind $1 that it said.
client_field() {
	sed -n "s/.*\\<$1=\\([0-9]*\\).*/\\1/p" "$base/client" | tail -n 1
}
