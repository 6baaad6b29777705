# The servers of demos/kv, for tests of bash that read this file with `.`. They are made
# in the folder of this run, ID, with the log ID.log and the process ID.pid.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck shell=bash disable=SC1091,SC2034,SC2154
kv=$PWD/demos/kv/kv
ctl=$PWD/assists/admin/outrigger-ctl
certs=$PWD/assists/certs/outrigger-certs
. tests/processes.sh

end() {
	local file
	for file in *.pid; do
		kill -9 "$(cat "$file")" 2>/dev/null || :
	done
}
trap end EXIT

# The machine of server $1, and how what follows runs there, in the place of a shell.
host() {
	echo 127.0.0.1
}
on() {
	shift
	exec "$@"
}

# Where the others find server $1, and where clients do.
address() {
	echo "$(host "$1"):$ports$1"
}
client_port() {
	echo "$ports$(($1 + 4))"
}
client_address() {
	echo "$(host "$1"):$(client_port "$1")"
}

# Where servers keep their log and keys; empty, or --sqlite.
store=

# Servers 1 to 3, made with what follows. Of the third, clients are not told where it is.
make_three() {
	local id first
	first="1=$(address 1) $(client_address 1)"
	first="$first,2=$(address 2) $(client_address 2),3=$(address 3)"
	for id in 1 2 3; do
		# shellcheck disable=SC2086
		"$kv" make $store $id --id $id --cluster kv --first "$first" \
		    --election-timeout 500 "$@"
	done
}

# Server $1, with what follows, as `kv run` takes it.
start() {
	local id=$1
	shift
	# shellcheck disable=SC2086
	on "$id" "$kv" run "$id" "$(client_address "$id")" $store "$@" \
	    >>"$id.log" 2>&1 &
	echo $! >"$id.pid"
}

# Wait until it is dead.
kill_server() {
	kill -9 "$(cat "$1.pid")"
	wait "$(cat "$1.pid")" 2>/dev/null || :
}

# redis-cli with server $1.
ask() {
	local id=$1
	shift
	timeout 20 redis-cli -h "$(host "$id")" -p "$(client_port "$id")" "$@"
}

# What server $1 replies to what follows: $2.
replies() {
	local id=$1 reply=$2 got
	shift 2
	got=$(ask "$id" "$@" 2>&1 | tr '\n' ' ' | sed 's/ *$//')
	[ "$got" = "$reply" ] || fail "$*: '$got', not '$reply'"
}

# Bytes as printf has them, to server $1, and what it says to them until it ends the
# connection or is silent for as long as $silence.
send() {
	local fd
	exec {fd}<>"/dev/tcp/127.0.0.1/$(client_port "$1")"
	# shellcheck disable=SC2059
	printf "$2" >&"$fd"
	timeout "${silence:-5}" cat <&"$fd" | tr -d '\r' | tr '\n' ' ' || :
	exec {fd}<&-
}

# Who leads, in $leader; as server $1 says it.
is_led() {
	leader=$(ask "$1" info replication 2>/dev/null |
	    sed -n 's/^raft_leader:\([1-9]\).*/\1/p')
	[ -n "$leader" ]
}
