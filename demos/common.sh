# What the demos have in common, for scripts that read this file with `.`; those that try
# the demos' programs do, too.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck shell=sh disable=SC2034

# A script that is interrupted, or that nobody reads any more, does what it does on EXIT.
trap 'exit 130' INT
trap 'exit 143' TERM HUP PIPE

bold=
plain=
if [ -t 1 ]; then
	bold=$(printf '\033[1m')
	plain=$(printf '\033[0m')
fi

head_line() {
	printf '\n%s%s%s\n\n' "$bold" "$*" "$plain"
}

# With the last that servers said, if there are any, in $base.
fail() {
	echo
	echo "demo: NOT as promised: $*"
	tail -n 5 "${base:-/nowhere}"/*.log 2>/dev/null || :
	exit 1
}

now_ms() {
	echo $(($(date +%s%N) / 1000000))
}

# Twenty ports that nobody has, from $port on, below those that the kernel gives away.
choose_ports() {
	while
		port=$((10240 + $(date +%N | sed 's/^0*//') / 1000 % 1100 * 20))
		hex=$(seq -f '%.0f' "$port" $((port + 19)) |
		    xargs -n 1 printf ':%04X \n')
		grep -qiF "$hex" /proc/net/tcp /proc/net/tcp6
	do
		:
	done
}

# Repeat a command until it succeeds, and say what it said then. False: it did not within
# $1 seconds.
await() {
	await_end=$(($(date +%s) + $1))
	shift
	until await_said=$("$@"); do
		[ "$(date +%s)" -lt "$await_end" ] || return 1
		sleep 0.05
	done
	[ -z "$await_said" ] || echo "$await_said"
}
