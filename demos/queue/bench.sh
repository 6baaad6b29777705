#!/bin/sh
# What a client that adds 1, again and again, gets done over a broker, and beside it over
# sockets: the table of docs/queue.md.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: queue, counter, both of one build, and how many seconds for each (5).
# shellcheck disable=SC1090,SC1091,SC2034,SC2119,SC2154
set -eu

queue=$1
counter=$2
seconds=${3:-5}
demos=$(dirname -- "$0")/..
certs=${queue%demos/queue/queue}assists/certs/outrigger-certs

row() {
	printf '| %s | %s | %s |\n' "$1" $(($2 / seconds)) "$3"
}

# Three servers, the broker with the lines $2, with what follows.
over_broker() (
	name=$1
	conf=$2
	shift 2
	. "$demos/queue/broker.sh"
	trap broker_end EXIT
	broker_new
	(umask 077; openssl rand -hex 32 >"$base/keys")
	"$certs" ca "$base/pki"
	"$certs" host "$base/pki" 127.0.0.1
	cp "$base"/pki/host-* "$base/broker/"
	# What they are called with has the folder in it.
	broker_configure "allow_anonymous true" "$(echo "$conf" | sed "s|BASE|$base|")"
	broker_start
	cluster_new 3 bench "$(echo "$*" | sed "s|BASE|$base|g")"
	[ "$name" != "QoS 0, entries encrypted" ] || for id in 1 2 3; do
		eval "more_$id='--keys $base/keys'"
	done
	cluster_start
	await 30 cluster_leader >/dev/null
	# shellcheck disable=SC2086
	"$client" --cluster bench --broker "$place" $common \
	    --seconds "$seconds" >"$base/client" 2>/dev/null
	row "$name" "$(client_field acknowledged)" "$(client_field longest_gap_ms)"
)

over_sockets() (
	. "$demos/counter/servers.sh"
	trap servers_end EXIT
	servers_new 3
	servers_start
	await 30 servers_leader >/dev/null
	# shellcheck disable=SC2086
	"$load" --seconds "$seconds" --workers 1 $places >"$base/load"
	row "\`demos/counter\`: TCP, no broker" "$(load_field acknowledged)" \
	    "$(load_field longest_gap_ms)"
)

tls="certfile BASE/broker/host-127.0.0.1.pem
keyfile BASE/broker/host-127.0.0.1.key"
echo "| | additions a second | longest gap, ms |"
echo "|---|---|---|"
over_broker "QoS 0" ""
over_broker "QoS 1" "" --qos 1
over_broker "QoS 0, TLS 1.3" "$tls" --ca BASE/pki/ca.pem
over_broker "QoS 0, entries encrypted" ""
over_sockets
