#!/bin/sh
# Clocks that jump, on real processes under load: without TLS nobody notices; with it a
# server is alone for as long as its certificates are not valid by its clock, and the
# others go on.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the programs, as common.sh has them.
# shellcheck disable=SC1090,SC1091,SC2034,SC2154
set -eu

. tests/operations/common.sh

# The clock of server $1 is $2 seconds ahead from now on, and it goes by it.
jump() {
	echo "$2" >"$base/$1/AHEAD"
	"$ctl" "$base/$1" snapshot >/dev/null 2>&1 || fail "$1: no snapshot"
	month=$(date -u -d "$2 seconds" +%Y-%m)
	tail -n 20 "$base/$1.log" | grep -q "^time=$month" ||
	    fail "$1 does not know that it is $month"
}

# Connections with both others, and somebody leads.
is_well() {
	server_status "$1" | grep '"leader":[1-9]' |
	    grep -q '"out":true.*"out":true'
}

is_alone() {
	how=$(server_status "$1")
	[ -n "$how" ] && ! echo "$how" | grep -q '"out":true\|"in":true'
}

servers_new 3 --election-timeout 2000
servers_start
find_leader
reign_before=$(reign)
load_start
day=86400
jump "$leader" $((40 * day))
for id in $ids; do
	jump "$id" $((-400 * day))
done
sleep 1
for id in $ids; do
	jump "$id" $((40 * day))
done
end_load
expect_all
[ "$unknown" -eq 0 ] || fail "additions were left open"
[ "$(reign)" = "$reign_before" ] || fail "from $reign_before to $(reign)"
say "clocks jumped by a year, and the same server leads"

# A CRL is good for 30 days.
servers_secure
for id in $ids; do
	server_kill "$id" || fail "a server ended by itself"
	echo 0 >"$base/$id/AHEAD"
	server_start "$id"
done
for id in $ids; do
	await "$patience" is_well "$id" || fail "$id is not well with TLS"
done
find_leader
for ahead in $ids; do
	[ "$ahead" = "$leader" ] || break
done
load_start
jump "$ahead" $((40 * day))
await "$patience" is_alone "$ahead" || fail "$ahead goes on with what has ended"
grep -q 'event=[a-z-]* .*revocations.* ended' "$base/$ahead.log" ||
    fail "$ahead does not say what has ended"
say "$ahead is alone, by whose clock the CRL has ended"
end_load
await "$patience" server_value "$leader" >/dev/null || fail "the others are silent"
jump "$ahead" 0
await "$patience" is_well "$ahead" || fail "$ahead does not come back"
expect_all
say "its clock was set, and it is back"
