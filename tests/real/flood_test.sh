#!/bin/sh
# Strangers dial real servers over TLS, whose keys are slow ones, as fast as one
# processor can: the same server leads, writes go on, a peer that was restarted gets
# in, and the logs stay short. Likewise when they come from a peer's own address, and
# over plain TCP.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: counter, own, docs/tls.md, flood.
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

counter=$1
flood=$4
. "$(dirname -- "$0")/common.sh"

# This is not about disks.
[ ! -w /dev/shm ] || TMPDIR=/dev/shm

# A leader would be deposed after so long without a word, and additions may pause for
# no longer: long enough for the sanitizers on a machine whose processors the flood
# has for itself.
timeout_ms=2000
# Of the server's own lines and those about strangers.
lines_max=150

# One RSA key of 4096 bits, which takes milliseconds to sign with, for all: to make
# three would take longer than the test.
make_slow_certificates() {
	"$certs" ca "$pki"
	openssl genrsa -out "$base/slow.key" 4096 2>/dev/null
	for id in $ids; do
		cp "$base/slow.key" "$pki/node-$id.key"
		chmod 600 "$pki/node-$id.key"
		printf '%s\n' "subjectAltName=URI:raft://$cluster/node/$id" \
		    extendedKeyUsage=serverAuth,clientAuth >"$base/extensions"
		openssl req -new -key "$base/slow.key" -subj "/CN=$id" |
		    openssl x509 -req -CA "$pki/ca.pem" -CAkey "$pki/ca.key" \
		    -CAcreateserial -days 9 -extfile "$base/extensions" \
		    -out "$pki/node-$id.pem" 2>/dev/null
	done
}

ports() {
	for id in $ids; do
		server_place "$id"
	done | sed 's/.*://'
}

# Who leads, and since when.
reign() {
	reigns=$(servers_leader) &&
	    echo "$reigns term=$(server_field "$reigns" term)"
}

lines_of() {
	wc -l <"$base/$1.log"
}

# A flood of what $1 says from the addresses $3, $4 of them, for $2 seconds,
# meanwhile.
flood_start() {
	# shellcheck disable=SC2046
	"$flood" "$@" $(ports) >"$base/flood" &
	flood_pid=$!
}

# It is over: the same server led all the while, and added.
flood_end() {
	wait "$flood_pid" || fail "the flood did not last"
	[ "$(reign)" = "$reign" ] || fail "$1: $reign led, and now $(reign)"
	now=$(await "$patience" servers_value) || fail "nobody tells the value"
	[ "$now" -gt "$value" ] || fail "$1: nothing was added"
	say "$1: $(cat "$base/flood"), $((now - value)) additions," \
	    "the same server leads"
	value=$now
}

# A follower comes back while strangers are at the door.
restart_one() {
	for id in $ids; do
		[ "$id" = "${reign%% *}" ] || other=$id
	done
	kill_one "$other"
	server_start "$other"
	await 20 follows || fail "server $other does not get in"
	say "server $other was restarted and got in"
}

follows() {
	[ "$(server_field "$other" leader)" = "${reign%% *}" ]
}

begin() {
	servers_start
	reign=$(await "$patience" reign) || fail "nobody leads"
	value=$(await "$patience" servers_value) || fail "nobody tells the value"
	for id in $ids; do
		eval "lines_$id=$(lines_of "$id")"
	done
	load_start
}

finish() {
	load_end || fail "a client saw the counter go back"
	gap=$(load_field longest_gap_ms)
	[ "$gap" -le "$timeout_ms" ] || fail "nothing was added for $gap ms"
	say "$1: the longest pause was $gap ms"
	for id in $ids; do
		eval "before=\$lines_$id"
		lines=$(($(lines_of "$id") - before))
		[ "$lines" -le "$lines_max" ] ||
		    fail "server $id wrote $lines lines"
		kill_one "$id"
	done
}

servers_new 3 --election-timeout "$timeout_ms"
pki=$base/pki
make_slow_certificates
for id in $ids; do
	server_secure "$id" "$pki"
done
begin
sleep 1
flood_start tls 5 2 8
sleep 1
restart_one
flood_end "strangers over TLS"
flood_start tls 2 1 1
flood_end "a peer's address"
grep -q "more ended" "$base"/*.log || fail "they were not even counted"
finish "TLS"

sed -i '/^tls-/d' "$base"/*/server.conf
begin
flood_start noise 2 2 8
flood_end "strangers over TCP"
finish "TCP"
