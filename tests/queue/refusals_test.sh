#!/bin/sh
# What a broker does not take, or who it does not, is told in a sentence; and clusters
# on one broker do not hear each other.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: queue, relay, outrigger-certs.
# shellcheck disable=SC1091,SC2119,SC2154
set -eu

. tests/queue/common.sh
certs=$PWD/$3

# A broker and a server alone, which are to get along: with what the first has in its
# configuration, $1, and what the second is called with.
alone() {
	conf=$1
	shift
	broker_configure "$conf"
	broker_start
	alone=$((alone + 1))
	cluster_new 1 "alone$alone" --election-timeout 100 "$@"
	cluster_start
}
alone=0
anybody="allow_anonymous true"

works() {
	await "$patience" ask "add 0 0 0" >/dev/null || fail "it does not work: $*"
	server_stop 1 || fail "it did not end well: $*"
	broker_kill
	say "$*"
}

refused() {
	expect_end 1 "$1"
	broker_kill
	say "refused: $(grep "$1" "$(server_folder 1).log" | head -n 1)"
}

# 10000 zeros, with a number as the kernel counts arguments.
padding() {
	printf "%0$1d" 0
}

sizes() {
	# The limit counts what is in a message, with our head of 32 bytes.
	alone "$anybody
message_size_limit 8223" --message-bytes 8192
	refused "takes no message of 8224 bytes.*Raise its message_size_limit"
	alone "$anybody
max_packet_size 8000" --message-bytes 8192
	refused "takes no message of 8224 bytes"
	alone "$anybody
message_size_limit 8224" --message-bytes 8192
	said=$(await "$patience" ask "add 1 0 0 $(padding 7900)") || fail "no answer"
	[ "$said" = "ok 1" ] || fail "a large one: $said"
	said=$(ask "add 1 0 0 $(padding 8100)") || fail "no answer"
	case $said in
	"TOO_LARGE: "*) ;;
	*) fail "one that is too large: $said" ;;
	esac
	# This one the broker does not take from the client.
	! "$client" --cluster "$cluster" --broker "$place" --message-bytes 9000 \
	    "add 1 0 0 $(padding 8900)" >"$base/said" 2>&1 ||
	    fail "the broker took what is too large"
	grep -q "takes no message of 9000 bytes" "$base/said" ||
	    fail "a client is not told: $(cat "$base/said")"
	works "a message of all but the largest size"
}

papers() {
	pki=$base/pki
	"$certs" ca "$pki"
	"$certs" ca "$base/other"
	"$certs" host "$pki" 127.0.0.1
	"$certs" host "$pki" elsewhere.example
	"$certs" node "$pki" alone 1
	"$certs" node "$base/other" alone 1
	echo secret >"$base/password"
	echo wrong >"$base/wrong"
	cp "$pki"/host-* "$pki/ca.pem" "$base/broker/"
	(umask 077; echo "red:secret" >"$base/broker/passwords")
	mosquitto_passwd -U "$base/broker/passwords"
}

# The user may read and write all topics of cluster $1, as the page says.
allow() {
	printf '%s\n' "user red" "topic readwrite outrigger/$1/#" \
	    >"$base/broker/access"
}

users() {
	known="allow_anonymous false
password_file $base/broker/passwords"
	alone "$known"
	refused "it refuses alone[0-9]*-1: Not authorized"
	alone "$known" --user red --password-file "$base/wrong"
	refused "it refuses alone[0-9]*-1: Not authorized"
	alone "$known" --user red --password-file "$base/password"
	works "a user with a password"
	# Whoever may write to another cluster's topics may not to ours.
	with_access="$known
acl_file $base/broker/access"
	allow alone
	alone "$with_access" --user red --password-file "$base/password"
	refused "it does not let alone[0-9]*-1 write to outrigger/alone[0-9]*/trial"
	allow "alone$((alone + 1))"
	alone "$with_access" --user red --password-file "$base/password"
	works "a user who may use this cluster's topics alone"
	echo '{ "defaultACLAccess": { "publishClientSend": true, "subscribe": false } }' \
	    >"$base/broker/rights"
	alone "$anybody
plugin $(ls /usr/lib/*/mosquitto_dynamic_security.so)
plugin_opt_config_file $base/broker/rights"
	refused "it does not let alone[0-9]*-1 hear what is for it: Not authorized"
}

tls() {
	broker_tls="$anybody
cafile $base/broker/ca.pem
certfile $base/broker/host-$1.pem
keyfile $base/broker/host-$1.key
tls_version tlsv1.3"
}

certificates() {
	tls 127.0.0.1
	alone "$broker_tls" --ca "$base/other/ca.pem"
	refused "no TLS with it: .*certificate verify failed"
	alone "$anybody" --ca "$pki/ca.pem"
	refused "no TLS with it"
	alone "$broker_tls" --ca "$pki/ca.pem"
	works "a broker with a certificate of ours"
	mutual="$broker_tls
require_certificate true"
	alone "$mutual" --ca "$pki/ca.pem" --certificate "$base/other/node-1.pem" \
	    --key "$base/other/node-1.key"
	await "$patience" has_said 1 "the connection has ended" ||
	    fail "a certificate of another CA: nothing is said"
	! has_said 1 "connected as" || fail "another CA's certificate was taken"
	server_kill 1
	broker_kill
	alone "$mutual" --ca "$pki/ca.pem" --certificate "$pki/node-1.pem" \
	    --key "$pki/node-1.key"
	works "both with certificates of ours"
	tls elsewhere.example
	alone "$broker_tls" --ca "$pki/ca.pem"
	refused "no TLS with it"
}

# Two clusters with the same servers, and then letters that go astray.
neighbours() {
	broker_configure "$anybody"
	broker_start
	for name in blue red; do
		cluster_new 3 "$name" --election-timeout 400
		cluster_start
		find_leader
		[ "$(ask "add $count 0 0")" = "ok 3" ] || fail "$name does not add"
		[ "$name" = red ] || own_pids="$pid_1 $pid_2 $pid_3"
	done
	relay_start blue/raft red/raft
	client_start
	goes_on "letters go astray"
	cluster=blue
	[ "$(await "$patience" ask "add 4 0 0")" = "ok 7" ] || fail "blue was disturbed"
	relay_stop
	for pid in $own_pids; do
		kill "$pid"
		wait "$pid" || fail "a server of blue ended by itself"
	done
	own_pids=
	for id in 1 2 3; do
		[ "$(server_told "$id" foreign)" -eq 0 ] || fail "blue heard red"
	done
	cluster=red
	check 3
	for id in 1 2 3; do
		foreign=$(server_told "$id" foreign)
		[ "$foreign" -gt 0 ] || fail "nothing went astray to server $id"
		[ "$(server_told "$id" damaged)" -eq 0 ] || fail "red took blue's"
	done
	say "clusters do not hear each other; of $foreign letters of another cluster none" \
	    "was taken by server 3"
	broker_kill
}

# Somebody starts a copy of a server: the broker knows one of that name.
twins() {
	broker_start
	cluster_new 3 green --election-timeout 400
	cluster_start
	find_leader
	twin=$((leader % 3 + 1))
	[ "$(ask "add 1 0 0")" = "ok 1" ] || fail "green does not add"
	server_status=$base/green-$twin
	cp -r "$server_status" "$server_status-copy"
	# shellcheck disable=SC2046
	"$queue" --id "$twin" $(cluster_options) run "$server_status-copy" \
	    >"$server_status-copy.log" 2>&1 &
	new=$!
	own_pids=$new
	expect_end "$twin" "another process has come as green-$twin"
	eval "pid_$twin=$new"
	own_pids=
	[ "$(await "$patience" ask "add 1 0 0")" = "ok 2" ] || fail "green is gone"
	kill -0 "$new" 2>/dev/null || fail "both have ended"
	say "of two of one name the first ends"
	server_kill "$twin"
}

# So is one of another cluster that happens to have the name.
namesakes() {
	other=$((twin % 3 + 1))
	green_life=$life
	life=$((life + 1))
	# shellcheck disable=SC2046
	"$queue" --id "$other" $(cluster_options) make "$base/namesake"
	# shellcheck disable=SC2046
	"$queue" --id "$other" $(cluster_options) run "$base/namesake" \
	    >"$base/namesake.log" 2>&1 &
	new=$!
	own_pids=$new
	expect_end "$other" "another process has come as green-$other"
	kill "$new"
	wait "$new" || fail "the namesake did not end well"
	own_pids=
	life=$green_life
	say "so does one of two clusters of one name"
}

# A folder is one server's of one cluster, and a cluster's name is no pattern.
# shellcheck disable=SC2046
owners() {
	for each_id in 1 2 3; do
		[ -z "$(server_pid "$each_id")" ] || server_stop "$each_id" ||
		    fail "server $each_id did not end well"
	done
	life=$((life + 1))
	expect_usage "another cluster" 1 --id 1 $(cluster_options) run "$base/green-1"
	life=$((life - 1))
	expect_usage "server 1" 1 --id 2 $(cluster_options) run "$base/green-1"
	expect_usage "letters, digits" 2 --cluster 'a/#' --broker "$place"
	expect_usage "not HOST:PORT" 1 --id 1 $(cluster_options) --broker nowhere \
	    run "$base/green-1"
}

# What follows $2 of the status that queue ends with is a complaint that says $1.
expect_usage() {
	sentence=$1
	status=$2
	shift 2
	got=0
	said=$("$queue" "$@" 2>&1) || got=$?
	[ "$got" -eq "$status" ] || fail "$*: status $got: $said"
	case $said in
	*"$sentence"*) ;;
	*) fail "$*: not '$sentence' but: $said" ;;
	esac
}

# A broker tells of topics that nobody subscribed: that is noticed, and no more.
strange_topics() {
	python3 tests/queue/hostile.py "$port" >"$base/hostile.log" 2>&1 &
	own_pids=$!
	await "$patience" grep -q ready "$base/hostile.log" || fail "no broker"
	cluster_new 1 strange --election-timeout 100
	cluster_start
	await "$patience" has_said 1 "connected as" || fail "no connection"
	await "$patience" has_damaged 3 || fail "what nobody asked for is not noticed"
	server_stop 1 || fail "it did not end well: strange topics"
	# It may have ended by itself, as its only client is gone.
	# shellcheck disable=SC2086
	kill $own_pids 2>/dev/null || :
	own_pids=
	say "topics that nobody asked for"
}

has_damaged() {
	kill -s USR1 "$(server_pid 1)" || return 1
	[ "$(server_told 1 damaged)" = "$1" ]
}

broker_new
strange_topics
sizes
papers
users
certificates
neighbours
twins
namesakes
owners
echo "passed"
