#!/bin/sh
# Real servers over TLS: strangers get nothing; the leader is killed and every
# certificate and the CA are replaced under load, by the commands of docs/tls.md,
# and nothing is lost; while they are replaced, nobody else comes to lead.
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

# openssl as a stranger, with these options, is told what is $1.
stranger_is_told() {
	told=$1
	shift
	timeout 20 openssl s_client -ign_eof -connect "$(server_place 1)" "$@" \
	    </dev/null >"$base/stranger" 2>&1 || :
	grep -qi "$told" "$base/stranger" || {
		cat "$base/stranger"
		fail "a stranger ($*) was not told: $told"
	}
}

keeps_the_old_files() {
	grep -q "those of before remain: authorities .*ca.pem" "$base/1.log"
}

# Who leads, and since when.
reign() {
	reigns=$(servers_leader) &&
	    echo "$reigns term=$(server_field "$reigns" term)"
}

servers_new 3 --election-timeout 500
pki=$base/tls
manual_do make "$base"
for id in $ids; do
	server_secure "$id" "$pki"
done
servers_start
leader=$(await "$patience" servers_leader) || fail "nobody leads"

stranger_is_told "certificate required" -tls1_3
stranger_is_told "protocol version\|unsupported protocol" -tls1_2
echo "strangers get nothing"

load_start
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
sleep 1
[ "$(reign)" = "$reign" ] || fail "leadership changed: $reign, now $(reign)"
echo "the CA and all certificates were replaced; the same server leads"

check_load
for id in $ids; do
	server_kill "$id" || fail "a server ended by itself"
done
