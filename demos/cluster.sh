#!/bin/sh
# Three servers of a replicated counter, until Ctrl-C, with a line of status a
# second for each.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1091,SC2154
set -eu

usage="usage: cluster.sh COUNTER [--tls] [SERVERS]"
[ $# -ge 1 ] || { echo "$usage" >&2; exit 2; }
counter=$1
shift
tls=
[ "${1:-}" != --tls ] || { tls=" over TLS"; shift; }
count=${1:-3}
case $count in
[1-8]) ;;
*) echo "cluster: 1 to 8 servers, not '$count'; $usage" >&2; exit 2 ;;
esac
demos=$(dirname -- "$0")
. "$demos/counter/servers.sh"

# Seconds after which a dead server is started again.
pause=5

trap servers_end EXIT
trap 'echo; echo "stopping the servers"; exit 0' INT TERM HUP

say_how_to_reach() {
	new=$((count + 1))
	[ -z "$tls" ] || certify="  $certs node $pki $cluster $new
"
	cat <<END
$count servers of a replicated counter$tls, in $base. From another terminal:

  $ask $(server_address 1) 'add 5'
  $load --progress $places
  $ctl $base/1 watch

Any server takes a line: add N, get, session, add N SESSION K. To see an election:
kill -9 the process that leads; it is started again after $pause seconds. One server
more, which asks to be let in:

${certify:-}  $counter make $base/$new --id $new --cluster $cluster \\
    --address $(server_place $new) --join 1=$(server_place 1)${pki:+ --tls $pki}
  $counter run $base/$new $(server_address $new)

Ctrl-C ends everything.

END
}

# A server that has left ended by itself.
has_left() {
	grep -q 'this server has left the cluster' "$base/$1.log"
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
	printf 'server %s  %-9s  term %-3s  leader %-4s  applied %-7s  ' "$1" \
	    "$(server_field "$1" role)" "$(server_field "$1" term)" \
	    "$(server_field "$1" leader)" "$(server_field "$1" applied_index)"
	printf 'value %-9s  %s  process %s\n' "$(server_value "$1")" \
	    "$(server_address "$1")" "$(server_pid "$1")"
}

clear_line=
go_up=
if [ -t 1 ]; then
	clear_line=$(printf '\033[K')
	go_up=$(printf '\033[%sA' "$count")
fi

servers_new "$count" --election-timeout 500
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
