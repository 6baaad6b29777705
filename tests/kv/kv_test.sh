#!/bin/bash
# demos/kv on three real servers, by the clients of Redis: redis-cli and redis-benchmark.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck disable=SC1091,SC2016,SC2119,SC2154
set -eu

. tests/kv/common.sh

make_three
for id in 1 2 3; do
	start $id
done
await is_led 1
# One of which clients know where it is.
if [ "$leader" -eq 3 ]; then
	"$ctl" 1 transfer 1 >/dev/null 2>&1
	until [ "$leader" -eq 1 ]; do await is_led 1; done
fi
follower=$((3 - leader))
echo "server $leader leads"

# Values.
replies "$leader" PONG ping
replies "$leader" OK set name value
replies "$leader" value get name
replies "$leader" '' set name other nx
replies "$leader" '' set none other xx
replies "$leader" OK set name 41 xx
replies "$leader" 42 incr name
replies "$leader" 50 incrby name 8
replies "$leader" 49 decr name
replies "$leader" 'ERR value is not an integer or out of range' incrby name x
replies "$leader" 1 exists name none
replies "$leader" '49  49' mget name none name
replies "$leader" 1 del name none
replies "$leader" '' get name
replies "$leader" "ERR unknown command 'FLUSH'" FLUSH
replies "$leader" "ERR wrong number of arguments for 'get'" get

# Whoever does not lead says who does; or reads, if that may be a little old.
replies "$leader" OK set here 1
case $(ask "$follower" get here) in
"MOVED "*" 127.0.0.1:$(client_port "$leader")") ;;
*) fail "it does not say who leads: $(ask "$follower" get here)" ;;
esac
[ "$(ask "$follower" -c get here)" = 1 ] || fail "redis-cli -c does not follow"
[ "$(send "$follower" 'READONLY\r\nGET here\r\nQUIT\r\n')" = '+OK $1 1 +OK ' ] ||
    fail "READONLY: $(send "$follower" 'READONLY\r\nGET here\r\nQUIT\r\n')"
# Of server 3 nobody is told where it is, so it passes on what it is asked.
[ "$(ask 3 cluster keyslot foo)" = 12182 ] || fail "another slot than Redis'"

# Time.
replies "$leader" OK set brief 1 px 100
replies "$leader" OK set long 1 ex 100
left=$(ask "$leader" ttl long)
[ "$left" -gt 40 ] && [ "$left" -le 100 ] || fail "ttl long: '$left', not 100"
replies "$leader" 1 persist long
replies "$leader" -1 ttl long
is_gone() {
	[ "$(ask "$leader" exists brief)" = 0 ]
}
await is_gone
replies "$leader" -2 pttl brief
replies "$leader" 2 dbsize

# Transactions, and requests of which many are sent at once.
said=$(printf '%s\n' multi 'set a 5' 'incr a' 'get a' exec 'get a' multi \
    'get a' discard multi bad exec | ask "$leader" 2>&1 | tr -s '\n' ' ')
[ "$said" = "OK QUEUED QUEUED QUEUED OK 6 6 6 OK QUEUED OK OK ERR unknown \
command 'bad' EXECABORT Transaction discarded because of previous errors. " ] ||
    fail "transactions: $said"
said=$(send "$leader" 'SET p 1\r\nINCR p\r\nGET p\r\nMULTI\r\nINCR p\r\nGET p\r\nEXEC\r\nDEL p\r\nGET p\r\nQUIT\r\n')
[ "$said" = '+OK :2 $1 2 +OK +QUEUED +QUEUED *2 :3 $1 3 :1 $-1 +OK ' ] ||
    fail "requests at once: $said"

# All keys, in pieces.
seq -f 'set key:%.0f 1' 300 | ask "$leader" >/dev/null
[ "$(ask "$leader" --scan --pattern 'key:*' | sort -u | wc -l)" -eq 300 ] ||
    fail "SCAN leaves some out"
[ "$(ask "$leader" --scan --pattern 'key:[12]?' | wc -l)" -eq 20 ] ||
    fail "SCAN tells others"

# What is no request ends the connection, with a word.
for wrong in '*-1\r\n' '*99999\r\n' '*1\r\n$-1\r\n' '*1\r\n$2000000000\r\n' \
    '*1\r\n*1\r\n$4\r\nPING\r\n' '*1\r\n:1\r\n' 'SET a "b\r\n' '*1\r\n$1\r\nabc'; do
	case $(send "$leader" "$wrong") in
	'-ERR Protocol error: '*) ;;
	*) fail "$wrong: $(send "$leader" "$wrong")" ;;
	esac
done

# A load, and each server has the same; also from a snapshot.
redis-benchmark -p "$(client_port "$leader")" -n 2000 -c 50 -P 4 -r 100 --csv \
    -t ping,set,get,incr,mset >benchmark.csv 2>benchmark.log
[ "$(grep -c '^"[A-Z]' benchmark.csv)" -eq 6 ] ||
    fail "redis-benchmark: $(cat benchmark.csv benchmark.log)"
! grep -q 'rror' benchmark.csv benchmark.log || fail "$(cat benchmark.log)"
# Snapshots are written while others write.
redis-benchmark -p "$(client_port "$leader")" -n 3000 -c 20 -r 100 --csv -t set \
    >benchmark.csv 2>benchmark.log &
"$ctl" "$leader" snapshot >/dev/null
wait $! || fail "$(cat benchmark.log)"
replies "$leader" OK set last 1
"$ctl" "$follower" snapshot >/dev/null
kill_server "$follower"
start "$follower"

# All that a server has, when it has what was acknowledged.
all_of() {
	local names
	names=$({ echo "readonly 1000"; echo "scan 0 count 1000"; } | ask "$1" |
	    tail -n +3 | sort)
	{ echo readonly; echo "mget ${names//$'\n'/ }"; } | ask "$1" | md5sum
	echo "$names" | wc -l
}
are_same() {
	[ "$(all_of "$leader")" = "$(all_of "$follower")" ]
}
await are_same
echo "$(all_of "$leader" | tail -n 1) keys are the same on servers $leader and $follower"

# Of one that leads clients are not told where it is: it is asked by those who are.
"$ctl" 1 transfer 3 >/dev/null
is_led_by_3() {
	is_led 1 && [ "$leader" -eq 3 ]
}
await is_led_by_3
replies 1 OK set passed 1
replies 2 1 get passed
said=$(printf '%s\n' multi 'incr passed' 'get passed' exec | ask 2 | tr '\n' ' ')
[ "$said" = 'OK QUEUED QUEUED 2 2 ' ] || fail "passed on: $said"
"$ctl" 3 transfer 1 >/dev/null
is_led_by_1() {
	is_led 2 && [ "$leader" -eq 1 ]
}
await is_led_by_1
follower=2

# Whoever leads is killed: another one does, nothing is lost, and a key that is to go
# goes.
replies "$leader" OK set brief 2 px 1500
killed=$leader
kill_server "$killed"
await is_led "$follower"
has_last() {
	[ "$(ask "$follower" -c get last)" = 1 ]
}
await has_last
leader=$follower
await is_gone
start "$killed"
follower=$killed
await are_same
echo "server $killed was killed, and has caught up"
