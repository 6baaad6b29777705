# Three servers of etcd on this machine, for scripts that read this file with `.` and
# have $base, a folder, $port, below twenty free ones, and $ids.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Server ID is at $port + ID + 3 for the others, and at $port + ID + 6 for clients.
# shellcheck shell=bash disable=SC2034,SC2154

# Sets $etcd_pids.
etcd_start() {
	local id all=
	etcd_pids=
	for id in $ids; do
		all=${all:+$all,}e$id=http://127.0.0.1:$((port + id + 3))
	done
	for id in $ids; do
		etcd --name "e$id" --data-dir "$base/etcd$id" \
		    --listen-peer-urls "http://127.0.0.1:$((port + id + 3))" \
		    --initial-advertise-peer-urls "http://127.0.0.1:$((port + id + 3))" \
		    --listen-client-urls "http://127.0.0.1:$((port + id + 6))" \
		    --advertise-client-urls "http://127.0.0.1:$((port + id + 6))" \
		    --initial-cluster "$all" --initial-cluster-state new "$@" \
		    >"$base/etcd$id.log" 2>&1 &
		etcd_pids="$etcd_pids $!"
	done
}

# A number of etcd's metrics, of server $1.
etcd_metric() {
	exec 3<>"/dev/tcp/127.0.0.1/$((port + $1 + 6))" || return 1
	printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
	sed -n "s/^$2 //p" <&3
	exec 3<&-
} 2>/dev/null

etcd_leader() {
	for id in $ids; do
		[ "$(etcd_metric "$id" etcd_server_is_leader)" != 1 ] || echo "$id"
	done | grep .
}
