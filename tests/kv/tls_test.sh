#!/bin/bash
# TLS between demos/kv and its clients: whoever shows no certificate, or speaks plainly,
# learns nothing.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

. tests/kv/common.sh

for ca in ours theirs; do
	"$certs" ca $ca --name "$ca" >certs.log
	"$certs" host $ca 127.0.0.1 >>certs.log
	"$certs" node $ca clients 1 >>certs.log
done
"$kv" make 1 --id 1 --cluster kv --address "$(address 1)"

# redis-cli with the server, showing a certificate of the CA $1.
ask_as() {
	local ca=$1
	shift
	ask 1 --tls --cacert ours/ca.pem --cert "$ca/node-1.pem" \
	    --key "$ca/node-1.key" "$@"
}
is_up() {
	[ "$(ask_as ours ping 2>/dev/null)" = PONG ]
}

# Clients have to show a certificate.
start 1 --tls ours/host-127.0.0.1.pem ours/host-127.0.0.1.key ours/ca.pem
await is_up
[ "$(ask_as ours set name value)" = OK ] || fail "no SET"
large=$(head -c 300000 /dev/zero | tr '\0' x)
[ "$(echo "set large $large" | ask_as ours)" = OK ] || fail "no large SET"
[ "$(ask_as ours get large)" = "$large" ] || fail "another large value"
redis-benchmark -p "$(client_port 1)" --tls --cacert ours/ca.pem \
    --cert ours/node-1.pem --key ours/node-1.key -n 1000 -c 20 -P 4 -t set,get \
    --csv >benchmark.csv 2>benchmark.log || fail "$(cat benchmark.log)"
[ "$(grep -c '^"[A-Z]' benchmark.csv)" -eq 2 ] || fail "$(cat benchmark.csv)"
! ask_as theirs get name 2>/dev/null | grep value || fail "a certificate of another CA"
! ask 1 --tls --cacert ours/ca.pem get name 2>/dev/null | grep value ||
    fail "no certificate"
silence=2
case $(send 1 'GET name\r\n') in
*value*) fail "a plain client was answered" ;;
esac
is_up || fail "it is gone"

# They need show none, if nobody says whose would do.
kill_server 1
start 1 --tls ours/host-127.0.0.1.pem ours/host-127.0.0.1.key
is_up_without() {
	[ "$(ask 1 --tls --cacert ours/ca.pem get name 2>/dev/null)" = value ]
}
await is_up_without
! ask 1 --tls --cacert theirs/ca.pem get name 2>/dev/null | grep value ||
    fail "redis-cli trusts whom it should not"

# What cannot be used is said.
kill_server 1
expect 1 'TLS for clients: key ' "$kv" run 1 "127.0.0.1:$(client_port 1)" \
    --tls ours/host-127.0.0.1.pem theirs/host-127.0.0.1.key
expect 1 'TLS for clients: certificate none: ' "$kv" run 1 \
    "127.0.0.1:$(client_port 1)" --tls none ours/host-127.0.0.1.key
expect 2 'usage' "$kv" run 1 "127.0.0.1:$(client_port 1)" --tls ours/host-127.0.0.1.pem
