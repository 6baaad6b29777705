#!/bin/sh
# A cluster that runs without TLS is given it under load, by the commands of docs/tls.md
# as they stand there: no addition fails, nobody else comes to lead, and who speaks
# plain is refused in the end.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: common.sh, the counter, outrigger-certs, docs/tls.md.
# shellcheck disable=SC1090,SC2154
set -eu

certs=$(realpath "$3")
manual=$(realpath "$4")
. "$PWD/$1"
PATH=$(dirname -- "$certs"):$PATH

# What the block $1 of the page says, is done.
follow() {
	awk -v fence="\`\`\`sh $1" '/^```/ { inside = $0 == fence; next }
	    inside { print }' "$manual" >"commands.$1"
	[ -s "commands.$1" ] || fail "docs/tls.md: no $1"
	cluster=counter sh -eu "commands.$1" >said 2>&1 ||
	    fail "$1: $(cat said)"
}

# Every server says this.
await_line() {
	for id in 1 2 3; do
		tries=0
		until grep -q "$1" "data/$id.log"; do
			tries=$((tries + 1))
			[ "$tries" -lt 600 ] || fail "$id did not say: $1"
			sleep 0.1
		done
	done
}

reign() {
	cat data/*.log | grep -c 'text="\(candidate\|leader\) in term' || :
}

three
follow make
await_leader 1
led_before=$led reign_before=$(reign)
[ "$reign_before" -gt 0 ] || fail "nobody says that it leads"
load_start
follow upgrade
await_line 'TLS: accepts'
follow upgrade-prefer
await_line "TLS: every member's connections have it"
follow upgrade-require
await_line 'TLS: required'
sleep 1
[ "$(reign)" = "$reign_before" ] || fail "somebody campaigned"
await_leader 2
[ "$led" = "$led_before" ] || fail "$led leads instead of $led_before"
load_end
[ "$unknown" -eq 0 ] || fail "additions were left open"
[ "$refused" -eq 0 ] || fail "additions were refused"
! grep -q 'it is plain, and TLS is required' data/*.log ||
    fail "a connection was cut off"

# One without TLS is not let in any more.
make 8 --join "1=127.0.0.1:${ports}1"
mv data/8 data/4
start 4
tries=0
until grep -q 'what came is no TLS' data/1.log; do
	tries=$((tries + 1))
	[ "$tries" -lt 600 ] || fail "who speaks plain is not refused"
	sleep 0.1
done
case $(status 1) in
*'"id":8'*) fail "who speaks plain was let in" ;;
esac
