# The servers of a replicated counter on this machine, for scripts that read
# this file with `.` and have $counter, the program, and $demos, the folder of the
# demos; the others of the same build are found beside the program.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# A script that calls servers_new calls servers_end on every way out.
# shellcheck shell=sh disable=SC1091,SC2154
. "$demos/common.sh"
bin=${counter%demos/counter/counter}
ask=${bin}demos/counter/load/ask
load=${bin}demos/counter/load/load
ctl=${bin}assists/admin/outrigger-ctl
certs=${bin}assists/certs/outrigger-certs
cluster=counter

# ------------------------------------------------------------- making servers

# A new cluster of $1 servers, none of them started, made with what follows. Sets
# $base, its folder; $ids; $places, where clients find whoever is or will be in it.
servers_new() {
	base=$(mktemp -d "${TMPDIR:-/tmp}/$cluster.XXXXXX")
	choose_ports
	ids=$(seq -s ' ' "$1")
	places=$(seq -f '127.0.0.1:%.0f' -s ' ' $((port + 11)) $((port + 19)))
	first_ones=
	for each_id in $ids; do
		first_ones=${first_ones:+$first_ones,}$each_id=$(server_known "$each_id")
	done
	shift
	for each_id in $ids; do
		"$counter" make "$base/$each_id" --id "$each_id" \
		    --cluster "$cluster" --first "$first_ones" "$@"
	done
}

# Nothing is left of them, nor of a load.
servers_end() {
	[ -z "${load_pid:-}" ] || kill "$load_pid" 2>/dev/null || :
	for server_id in ${ids:-}; do
		server_kill "$server_id" 2>/dev/null || :
	done
	[ -z "${base:-}" ] || rm -rf "$base"
	base='' ids='' pki=''
}

# A folder for server $1, which is to join those that run, $2 among them, made with
# what follows.
server_new() {
	server_id=$1
	sponsor=$2=$(server_place "$2")
	shift 2
	"$counter" make "$base/$server_id" --id "$server_id" \
	    --cluster "$cluster" --address "$(server_place "$server_id")" \
	    --join "$sponsor" ${pki:+--tls "$pki"} "$@"
	case " $ids " in
	*" $server_id "*) ;;
	*) ids="$ids $server_id" ;;
	esac
}

# In the server.conf of server $1, the line $2 says $3 when it starts again.
server_set() {
	sed -i "s|^#*$2\( .*\)\{0,1\}\$|$2 $3|" "$base/$1/server.conf"
}

# From the CA in $1 one for server $2.
make_certificate() {
	"$certs" node "$1" "$cluster" "$2" >/dev/null
}

# A CA in $1, and from it certificates for the servers of this cluster. On real
# machines a server has its own key only.
make_certificates() {
	"$certs" ca "$1" --name "CA of $(basename -- "$1")" >/dev/null
	for node_id in $ids; do
		make_certificate "$1" "$node_id"
	done
}

# Server $1 speaks TLS when it starts, with the files in $2, and those of server $3.
server_secure() {
	server_set "$1" tls-certificate "$2/node-${3:-$1}.pem"
	server_set "$1" tls-key "$2/node-${3:-$1}.key"
	server_set "$1" tls-authorities "$2/ca.pem"
	server_set "$1" tls-revocations "$2/crl.pem"
}

# All of them do, and whoever joins.
servers_secure() {
	pki=$base/pki
	make_certificates "$pki"
	for each_id in $ids; do
		server_secure "$each_id" "$pki"
	done
}

# ------------------------------------------------------------ running servers

server_start() {
	"$counter" run "$base/$1" "$(server_address "$1")" \
	    >>"$base/$1.log" 2>&1 &
	eval "pid_$1=\$!"
}

servers_start() {
	for each_id in $ids; do
		server_start "$each_id"
	done
}

server_pid() {
	eval "echo \"\${pid_$1:-}\""
}

# Server $1 has left, and ends by itself. False: it does not, within $2 seconds.
server_wait() {
	await "$2" server_has_ended "$1" || return 1
	server_status=0
	wait "$(server_pid "$1")" || server_status=$?
	eval "pid_$1="
	ids=$(echo "$ids" | tr ' ' '\n' | grep -vx "$1" | paste -s -d ' ' -)
	[ "$server_status" -eq 0 ]
}

server_has_ended() {
	! kill -0 "$(server_pid "$1")" 2>/dev/null
}

server_signal() {
	kill -s "$2" "$(server_pid "$1")"
}

# As kill -9, and wait until it is dead. False, with the last of what it said:
# it was dead before.
server_kill() {
	server_pid=$(server_pid "$1")
	[ -n "$server_pid" ] || return 0
	eval "pid_$1="
	kill -s KILL "$server_pid" 2>/dev/null || :
	server_status=0
	wait "$server_pid" 2>/dev/null || server_status=$?
	[ "$server_status" -ne 137 ] || return 0
	echo "server $1 ended by itself, with status $server_status:" >&2
	tail -n 30 "$base/$1.log" >&2
	return 1
}

# ------------------------------------------------------------- asking servers

# Where the other servers find it: all are at ports from $port on.
server_place() {
	echo "127.0.0.1:$((port + $1))"
}

# Where clients find it.
server_address() {
	echo "127.0.0.1:$((port + 10 + $1))"
}

# What the others are told of it.
server_known() {
	server_place "$1"
}

# Its answer to the line $2; nothing if it gives none.
server_ask() {
	"$ask" "$(server_address "$1")" "$2" 2>/dev/null || :
}

# Its value, with all that was acknowledged before. False: it cannot tell.
server_value() {
	server_ask "$1" get | sed -n 's/^ok //p' | grep .
}

# What it says of itself, in JSON; nothing if it does not run.
server_status() {
	[ -z "$(server_pid "$1")" ] ||
	    "$ctl" --json --timeout 2 "$base/$1" status 2>/dev/null || :
}

# One field of that; nothing if it is not known.
server_field() {
	server_status "$1" | sed 's/"members".*//; s/:null/:/g' |
	    sed -n "s/.*\"$2\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

# The members as server $1 knows them, a line each.
server_members() {
	server_status "$1" | sed -n 's/.*"members":\[//p' |
	    sed 's/},{"id"/},\n{"id"/g'
}

# The IDs of those whose line has $2, with commas between.
server_members_who() {
	server_members "$1" | grep "$2" | sed 's/^{"id":\([0-9]*\).*/\1/' |
	    paste -s -d , -
}

# Have server $1 change the cluster, as outrigger-ctl does.
server_change() {
	folder=$base/$1
	shift
	"$ctl" "$folder" "$@"
}

# Who leads, in the newest term. False: nobody.
servers_leader() {
	for server_id in $ids; do
		[ "$(server_field "$server_id" role)" != leader ] ||
		    echo "$(server_field "$server_id" term) $server_id"
	done | sort -n | sed -n '$s/.* //p' | grep .
}

# The same, when it is not server $1.
servers_other_leader() {
	servers_leader | grep -vx "$1"
}

# The counter's value, which any of them tells. False: nobody can tell.
servers_value() {
	server_value "$(servers_leader)"
}

# Whether each of them has the value $1.
servers_agree() {
	for server_id in $ids; do
		[ "$(server_value "$server_id")" = "$1" ] || return 1
	done
}

# --------------------------------------------------------------------- a load

# Additions from eight clients, meanwhile, until load_end.
load_start() {
	# shellcheck disable=SC2086
	"$load" --seconds 3600 $places >"$base/load" &
	load_pid=$!
}

# Have it end. False: it saw what must not be.
load_end() {
	kill "$load_pid"
	load_status=0
	wait "$load_pid" || load_status=$?
	load_pid=''
	return "$load_status"
}

# A number that it found out in the end.
load_field() {
	sed -n "\$s/.*$1=\([0-9]*\).*/\1/p" "$base/load"
}
