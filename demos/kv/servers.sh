# The servers of demos/kv on this machine, for scripts that read this file with `.` and
# have $kv, the program, and $demos, the folder of the demos: what
# demos/counter/servers.sh has, and what is of kv.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck shell=sh disable=SC1091,SC2034,SC2154
counter=$kv
. "$demos/counter/servers.sh"
bin=${kv%demos/kv/kv}
ctl=${bin}assists/admin/outrigger-ctl
cluster=kv

# The others know, too, where clients find it.
server_known() {
	echo "$(server_place "$1") $(server_address "$1")"
}

client_port() {
	echo $((port + 10 + $1))
}

# redis-cli with server $1.
server_ask() {
	asked_port=$(client_port "$1")
	shift
	redis-cli -p "$asked_port" "$@"
}
