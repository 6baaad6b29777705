#!/bin/sh
# outrigger-certs, verb by verb, and the openssl commands of docs/tls.md as they
# stand there: real servers speak TLS with what they make, and one whose
# certificate is revoked is out.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: counter, own, outrigger-certs, docs/tls.md.
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

counter=$(realpath "$1")
certs=$(realpath "$3")
manual=$(realpath "$4")
. "$(dirname -- "$0")/common.sh"

# What follows the status $1 of a command, and says $2.
expect() {
	status=$1
	sentence=$2
	shift 2
	said=$("$@" 2>&1) && got=0 || got=$?
	[ "$got" -eq "$status" ] || fail "$*: status $got: $said"
	case $said in
	*"$sentence"*) ;;
	*) fail "$*: not '$sentence' but: $said" ;;
	esac
}

# What openssl says of a certificate of server 2, for one use.
verify() {
	openssl verify -CAfile "$pki/ca.pem" -CRLfile "$pki/crl.pem" -crl_check \
	    -x509_strict -purpose "$1" "$2"
}

serial() {
	openssl x509 -noout -serial -in "$pki/node-2.pem"
}

try_verbs() {
	pki=$base/verbs
	expect 0 "usage: outrigger-certs ca" "$certs" --help
	expect 2 "usage" "$certs" nonsense "$pki"
	expect 1 "make a CA first" "$certs" node "$pki" red 2
	expect 0 "" "$certs" ca "$pki" --name "A CA"
	expect 1 "a second CA needs a second folder" "$certs" ca "$pki"
	expect 0 "" "$certs" node "$pki" red 2 --days 7
	expect 1 "to replace it, renew" "$certs" node "$pki" red 2
	expect 2 "letters, digits" "$certs" node "$pki" red/node 3
	expect 2 "server 0" "$certs" node "$pki" red 0
	expect 0 "raft://red/node/2, from" "$certs" show "$pki/node-2.pem"
	expect 0 OK verify sslserver "$pki/node-2.pem"
	expect 0 OK verify sslclient "$pki/node-2.pem"
	[ "$(stat -c %a "$pki/node-2.key" "$pki/ca.key" | sort -u)" = 600 ] ||
	    fail "keys are open"
	first=$(serial)
	cp "$pki/node-2.pem" "$pki/first.pem"
	expect 0 "" "$certs" renew "$pki" 2
	[ "$first" != "$(serial)" ] || fail "renewed, and the same"
	expect 0 "raft://red/node/2, from" "$certs" show "$pki/node-2.pem"
	expect 0 "" "$certs" revoke "$pki" "$pki/first.pem"
	expect 2 "certificate revoked" verify sslclient "$pki/first.pem"
	expect 0 OK verify sslclient "$pki/node-2.pem"
	expect 0 "" "$certs" crl "$pki"
	expect 2 "certificate revoked" verify sslclient "$pki/first.pem"
	expect 0 "" "$certs" revoke "$pki" 2
	expect 2 "certificate revoked" verify sslserver "$pki/node-2.pem"
	echo "outrigger-certs makes, renews and revokes"
}

# The commands with which the manual makes a PKI: the block of shell.
making() {
	awk '/^```/ { inside = $0 == "```sh"; next }
	    inside { print }' "$manual"
}

# And those with which it revokes server 2's certificate: indented lines.
revoking() {
	sed -n 's/^    \(openssl ca .*\)/\1/p' "$manual"
}

has_leader_at() {
	[ -n "$(servers_leader)" ] && servers_value >/dev/null
}

is_refused_as_revoked() {
	grep -q "connection from 2 .*its certificate is revoked" "$base/1.log"
}

# Server 1's folder says what the cluster is called.
follow_the_manual() {
	cluster=$(sed -n 's/^cluster //p' "$base/1/server")
	pki=$base/manual
	mkdir "$pki"
	making | sed "s/^cluster=red/cluster=$cluster/" >"$base/make"
	grep -q "^cluster=$cluster" "$base/make" || fail "no commands"
	(cd "$pki" && sh -eu "$base/make") >"$base/made" 2>&1 ||
	    fail "$(cat "$base/made")"
	expect 0 OK verify sslserver "$pki/node-2.pem"
	servers_start
	await "$patience" has_leader_at || fail "nobody leads"
	echo "servers lead with what the manual's commands made"
	revoking >"$base/revoke"
	[ "$(wc -l <"$base/revoke")" -eq 2 ] || fail "no commands to revoke"
	(cd "$pki" && sh -eu "$base/revoke") >"$base/made" 2>&1 ||
	    fail "$(cat "$base/made")"
	server_signal 1 HUP
	await "$patience" is_refused_as_revoked || fail "server 2 is still in"
	echo "server 2 is revoked, and out"
	for id in $ids; do
		server_kill "$id" || fail "a server ended by itself"
	done
}

servers_new 3
try_verbs
follow_the_manual
