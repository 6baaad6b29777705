#!/bin/sh
# Three servers of a replicated counter, until Ctrl-C, with a line of status a
# second for each.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1091,SC2154
set -eu

usage="usage: cluster.sh COUNTER OUTRIGGER-CERTS [--tls] [SERVERS]"
[ $# -ge 2 ] || { echo "$usage" >&2; exit 2; }
counter=$1
certs=$2
shift 2
tls=
[ "${1:-}" != --tls ] || { tls=" over TLS"; shift; }
count=${1:-3}
case $count in
[1-9]) ;;
*) echo "cluster: 1 to 9 servers, not '$count'; $usage" >&2; exit 2 ;;
esac
. "$(dirname -- "$0")/counter/servers.sh"

# Seconds after which a dead server is started again.
pause=5

trap servers_end EXIT
trap 'echo; echo "stopping the servers"; exit 0' INT TERM HUP

say_how_to_reach() {
	[ -z "$tls" ] || certify="  $certs node $pki $cluster $((count + 1))
"
	cat <<END
$count servers of a replicated counter$tls, in $base. From another terminal:

  $counter ask $(server_address 1) 'add 5'
  $counter load --nodes $nodes

Any server says which one leads, and only that one adds. The lines understood
are: session, add N [SESSION K], get, status, members, join, leave ID. To see an
election: kill -9 the process that leads; it is started again after $pause seconds.
One server more, and what to say to the leader then:

  $counter new --dir $base --join $(server_address 1) --loopback 1
${certify:-}  $counter run --dir $base/$((count + 1))${pki:+ --tls $pki}

Ctrl-C ends everything.

END
}

# A server that has left ended by itself.
has_left() {
	grep -q 'has left the cluster, and ends' "$base/$1.log"
}

is_running() {
	kill -0 "$(server_pid "$1")" 2>/dev/null
}

# Dead servers are counted down in $dead_ID.
keep_alive() {
	! is_running "$1" && ! has_left "$1" || return 0
	eval "dead=\$((\${dead_$1:-0} + 1))"
	if [ "$dead" -gt "$pause" ]; then
		dead=0
		server_start "$1"
	fi
	eval "dead_$1=\$dead"
}

show_server() {
	if ! is_running "$1"; then
		if has_left "$1"; then
			echo "server $1  has left"
		else
			echo "server $1  down"
		fi
		return
	fi
	server_ask "$1" status | sed 's/[a-z]*=//g' | {
		read -r id role term leader commit applied value snapshot ||
		    { echo "server $1  does not answer"; return; }
		printf 'server %s  %-9s  term %-3s  leader %s  commit %-7s  ' \
		    "$id" "$role" "$term" "$leader" "$commit"
		printf 'applied %-7s  value %-9s  snapshot %-7s  ' \
		    "$applied" "$value" "${snapshot%% *}"
		printf '%s  process %s\n' "$(server_address "$1")" \
		    "$(server_pid "$1")"
	}
}

clear_line=
go_up=
if [ -t 1 ]; then
	clear_line=$(printf '\033[K')
	go_up=$(printf '\033[%sA' "$count")
fi

servers_new "$count"
[ -z "$tls" ] || servers_secure
servers_start
say_how_to_reach
while :; do
	for id in $ids; do
		keep_alive "$id"
		echo "$(show_server "$id")$clear_line"
	done
	sleep 1
	printf %s "$go_up"
done
