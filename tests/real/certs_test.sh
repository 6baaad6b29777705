#!/bin/sh
# outrigger-certs, verb by verb, and the commands of docs/tls.md as they stand
# there: real servers speak TLS with what they make, one whose certificate is revoked
# is out until it has another, and all go over to another CA.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: counter, own, docs/tls.md.
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

counter=$1
manual=$(realpath "$3")
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

# Server 2's certificate is another's, or the CA's and another server's, or has
# another key: nothing is made of it.
try_to_renew_what_is_not_ours() {
	pki=$base/foreign
	expect 0 "" "$certs" ca "$pki"
	expect 0 "" "$certs" node "$pki" red 1
	expect 0 "" "$certs" node "$pki" red 2
	cp "$pki/node-2.pem" "$base/two.pem"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \
	    -subj "/CN=nobody" -addext "subjectAltName=URI:raft://red/node/1" \
	    -keyout "$base/self.key" -out "$pki/node-2.pem" 2>/dev/null
	cp "$pki/node-2.pem" "$base/self.pem"
	expect 1 "node-2.pem: not of this CA" "$certs" renew "$pki" 2
	cmp "$pki/node-2.pem" "$base/self.pem" || fail "it was replaced"
	cp "$pki/node-1.pem" "$pki/node-2.pem"
	expect 1 "not of server 2, but raft://red/node/1" "$certs" renew "$pki" 2
	cp "$base/two.pem" "$pki/node-2.pem"
	cp "$pki/node-1.key" "$base/one.key"
	cp "$pki/node-2.key" "$pki/node-1.key"
	expect 1 "node-1.key: it is not the key of" "$certs" renew "$pki" 1
	# A server's key may be where the CA is not.
	rm "$pki/node-1.key"
	expect 0 "" "$certs" renew "$pki" 1
	expect 0 "raft://red/node/1, from" "$certs" show "$pki/node-1.pem"
	expect 0 "" "$certs" ca "$base/other"
	cp "$base/other/ca.pem" "$pki/ca.pem"
	expect 1 "use the CA's own folder" "$certs" renew "$pki" 2
	echo "what the CA did not make is not renewed"
}

# What is no server of a cluster has a name of its own, and serves only.
try_hosts() {
	pki=$base/hosts
	expect 0 "" "$certs" ca "$pki"
	for name in broker.example 127.0.0.1 ::1; do
		expect 0 "" "$certs" host "$pki" "$name"
		expect 0 OK verify sslserver "$pki/host-$name.pem"
		expect 2 "" verify sslclient "$pki/host-$name.pem"
		expect 0 "names no server" "$certs" show "$pki/host-$name.pem"
	done
	expect 0 "does match" openssl x509 -noout -checkhost broker.example \
	    -in "$pki/host-broker.example.pem"
	expect 0 "does match" openssl x509 -noout -checkip 127.0.0.1 \
	    -in "$pki/host-127.0.0.1.pem"
	expect 0 "does match" openssl x509 -noout -checkip ::1 \
	    -in "$pki/host-::1.pem"
	cp "$pki/host-::1.pem" "$base/before.pem"
	expect 0 "" "$certs" host "$pki" ::1
	! cmp -s "$pki/host-::1.pem" "$base/before.pem" || fail "it was kept"
	expect 2 "a name, or an IP address" "$certs" host "$pki" ../host
	echo "hosts have certificates"
}

# By chance two CAs never have one name.
try_names() {
	expect 0 "" "$certs" ca "$base/one"
	expect 0 "" "$certs" ca "$base/two"
	[ "$(openssl x509 -noout -subject -in "$base/one/ca.pem")" != \
	    "$(openssl x509 -noout -subject -in "$base/two/ca.pem")" ] ||
	    fail "two CAs of one name"
}

# The new certificate was made, and the new key put in the place of the old one,
# when the machine stopped.
try_a_crash() {
	pki=$base/crash
	expect 0 "" "$certs" ca "$pki"
	expect 0 "" "$certs" node "$pki" red 2
	cp "$pki/node-2.pem" "$base/old.pem"
	expect 0 "" "$certs" renew "$pki" 2
	mv "$pki/node-2.pem" "$pki/node-2.pem.new"
	cp "$pki/node-2.pem.new" "$base/new.pem"
	cp "$base/old.pem" "$pki/node-2.pem"
	expect 0 "" "$certs" revoke "$pki" 2
	cmp "$pki/node-2.pem" "$base/new.pem" || fail "it was not mended"
	expect 2 "certificate revoked" verify sslclient "$base/new.pem"
	expect 0 OK verify sslclient "$base/old.pem"
	echo "a renewal that was stopped is finished"
}

has_value() {
	servers_value >/dev/null
}

refused_as_revoked() {
	grep -c "connection [a-z]* [02] .*its certificate is revoked" \
	    "$base/1.log" || :
}

is_refused_as_revoked() {
	[ "$(refused_as_revoked)" -gt "$1" ]
}

# Server 2, once more from nothing, is let in by all: each must follow.
expect_all() {
	kill_one 2
	server_start 2
	value=$(await "$patience" servers_value) || fail "nobody tells the value"
	server_ask "$(servers_leader)" "add 1" | grep -q "^ok" ||
	    fail "nothing can be added"
	await "$patience" servers_agree $((value + 1)) || fail "$1"
}

# Revoke server 2's certificate by the block $1, done in folder $2: it is out.
expect_out() {
	before=$(refused_as_revoked)
	manual_do "$1" "$2"
	[ "$2" = "$base" ] || cp "$2/crl.pem" "$pki/"
	server_signal 1 HUP
	await "$patience" is_refused_as_revoked "$before" ||
	    fail "server 2 is still in"
}

# From the CA in ca-1 to that in ca-2, whoever made them.
follow_the_overlap() {
	for step in overlap switch finish; do
		manual_do $step "$base"
		reload
	done
	expect_all "not everybody went over to the new CA"
}

follow_the_manual() {
	pki=$base/tls
	manual_do make "$base"
	for id in $ids; do
		server_secure "$id" "$pki"
	done
	servers_start
	await "$patience" has_value || fail "nobody leads"
	await "$patience" grep -q "crl.pem: ends within 30 days" \
	    "$base/1.log" || fail "nobody says that the list runs out"
	expect_out revoke "$base"
	manual_do replace-stolen "$base"
	reload
	expect_all "server 2 is not back with a new certificate"
	manual_do renew "$base"
	reload
	manual_do next "$base"
	follow_the_overlap
	echo "servers followed the manual's commands"
	for id in $ids; do
		kill_one "$id"
	done
	rm -r "$base/ca-1" "$base/ca-2" "$pki"
}

# The same with a PKI of openssl's.
follow_openssl() {
	mkdir "$base/ca-1" "$base/ca-2" "$pki"
	manual_do openssl-make "$base/ca-1"
	cp "$base/ca-1/ca.pem" "$base/ca-1/crl.pem" "$base/ca-1"/node-*.pem \
	    "$base/ca-1"/node-*.key "$pki/"
	expect 0 OK verify sslserver "$pki/node-2.pem"
	servers_start
	await "$patience" has_value || fail "nobody leads"
	manual_do openssl-make "$base/ca-2"
	follow_the_overlap
	echo "servers followed the manual's commands with openssl"
	mv "$base/ca-2" "$base/ca-1.new"
	rm -r "$base/ca-1"
	mv "$base/ca-1.new" "$base/ca-1"
	expect_out openssl-revoke "$base/ca-1"
	echo "server 2 is revoked, and out"
	for id in $ids; do
		kill_one "$id"
	done
}

servers_new 3
try_verbs
try_to_renew_what_is_not_ours
try_hosts
try_names
try_a_crash
follow_the_manual
follow_openssl
