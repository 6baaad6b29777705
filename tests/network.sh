# A network of the servers' own, in which links are cut: each server is in a network
# namespace, on a bridge, where clients are. For scripts of bash that read this file with
# `.` before anything else: it runs them once more.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# It needs root, or a user namespace. Where there is neither, $network is empty and
# nothing can be cut.
#
# shellcheck shell=bash disable=SC2034,SC2154

# Run the script that reads this once more, in a network namespace.
if [ -z "${network:-}" ]; then
	for way in 'unshare -n' 'unshare -rn'; do
		! $way ip link add bridge type bridge 2>/dev/null ||
		    network=$way exec $way "$0" "$@"
	done
	echo "no network namespace can be made here, so that no link is cut"
	network=
fi

network_begin() {
	ip link add bridge type bridge
	ip address add 10.77.0.254/24 dev bridge
	ip link set bridge up
}

# Where server $1 is.
network_host() {
	echo "10.77.0.$1"
}

# A network for server $1.
network_add() {
	local holder
	unshare -n sleep 86400 &
	holder=$!
	eval "holder_$1=$holder"
	holders="${holders:-} $holder"
	# Until it is in a namespace of its own.
	until [ "$(readlink "/proc/$holder/ns/net")" != \
	    "$(readlink /proc/self/ns/net)" ]; do
		sleep 0.01
	done
	ip link add "link$1" type veth peer name "end$1" netns "$holder"
	ip link set "link$1" master bridge up
	inside "$1" ip address add "10.77.0.$1/24" dev "end$1"
	inside "$1" ip link set "end$1" up
	inside "$1" ip link set lo up
}

# Who holds the network of server $1.
holder() {
	local holder=holder_$1
	echo "${!holder}"
}

# Run a command in that network.
inside() {
	nsenter -t "$(holder "$1")" -n "${@:2}"
}

network_end() {
	# shellcheck disable=SC2086
	[ -z "${holders:-}" ] || kill $holders
}

# What server $1 sends to server $2 is lost.
cut() {
	inside "$1" ip route add blackhole "10.77.0.$2/32"
}

mend() {
	inside "$1" ip route del blackhole "10.77.0.$2/32"
}

# Nobody reaches server $1, and it reaches nobody: "down", or "up" again.
plug() {
	ip link set "link$1" "$2"
}
