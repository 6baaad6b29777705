#!/bin/sh
# Real servers over TLS: strangers get nothing; the leader is killed and every
# certificate and the CA are replaced under load, by the commands of docs/tls.md,
# and nothing is lost; while they are replaced, nobody else comes to lead.
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

# Where the other servers find server $1.
peer_address() {
	echo "$nodes" | tr , '\n' | sed -n "s/^$1=\(.*\):[0-9]*$/\1/p"
}

# openssl as a stranger, with these options, is told what is $1.
stranger_is_told() {
	told=$1
	shift
	timeout 20 openssl s_client -ign_eof -connect "$(peer_address 1)" "$@" \
	    </dev/null >"$base/stranger" 2>&1 || :
	grep -qi "$told" "$base/stranger" || {
		cat "$base/stranger"
		fail "a stranger ($*) was not told: $told"
	}
}

keeps_the_old_files() {
	grep -q "those of before remain: authorities .*ca.pem" "$base/1.log"
}

# What the leader is, and since when.
reign() {
	for id in $ids; do
		server_ask "$id" status
	done | sed -n 's/^id=\([^ ]*\) role=leader \(term=[^ ]*\) .*/\1 \2/p'
}

servers_new 3
cluster=$(sed -n 's/^cluster //p' "$base/1/server")
pki=$base/tls
manual_do make "$base"
servers_start
leader=$(await "$patience" servers_leader) || fail "nobody leads"

stranger_is_told "certificate required" -tls1_3
stranger_is_told "protocol version\|unsupported protocol" -tls1_2
echo "strangers get nothing"

load_start 18
sleep 1
server_kill "$leader" || fail "a server ended by itself"
await "$patience" servers_other_leader "$leader" >/dev/null ||
    fail "nobody leads after it"
server_start "$leader"
sleep 2
echo "the leader was killed; another leads"

cp "$pki/ca.pem" "$base/whole"
head -c 300 "$base/whole" >"$pki/ca.pem"
server_signal 1 HUP
await "$patience" keeps_the_old_files || fail "half a file was not noticed"
cp "$base/whole" "$pki/ca.pem"

reign=$(await "$patience" reign)
manual_do renew "$base"
reload
manual_do next "$base"
manual_do overlap "$base"
reload
manual_do switch "$base"
reload
manual_do finish "$base"
reload
load_is_running || fail "the load ended before the certificates were replaced"
sleep 1
[ "$(reign)" = "$reign" ] || fail "leadership changed: $reign, now $(reign)"
echo "the CA and all certificates were replaced; the same server leads"

load_end || fail "a client saw the counter go back"
acknowledged=$(load_field acknowledged)
value=$(await "$patience" servers_value) || fail "nobody tells the value"
echo "acknowledged $acknowledged, value $value"
[ "$acknowledged" -gt 0 ] || fail "nothing was acknowledged"
[ "$acknowledged" -le "$value" ] || fail "acknowledged, and lost"
[ "$(load_field unknown)" -eq 0 ] || fail "additions were left open"
[ "$value" -le "$acknowledged" ] || fail "added twice"
await "$patience" servers_agree "$value" || fail "the servers do not agree"
for id in $ids; do
	server_kill "$id" || fail "a server ended by itself"
done
