#!/bin/sh
# What builds of the library do on bad networks, simulated, and on real processes; then
# the picture of one real run, and whether its clients were told the truth.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: raft-scenario, what judges histories, and options of raft-scenario.
# Exit status: 0 all was as promised; 1 something was not; 2 it cannot be had here.
set -eu

[ $# -ge 2 ] || {
	echo "usage: demo.sh RAFT-SCENARIO LINEARIZABLE [OPTION...]" >&2
	exit 2
}
scenario=$1
linearizable=$2
shift 2
cd "$(dirname -- "$0")/../.."
base=$(mktemp -d "${TMPDIR:-/tmp}/histories.XXXXXX")
trap 'rm -rf "$base"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
	echo
	echo "demo: NOT as promised: $*"
	exit 1
}

cat <<'END'
Each scenario is a file that says what is done to a cluster, and what must be seen.
It is run twice: simulated, and on real processes, each in a network namespace of its
own, with a log on the disk, TCP, and kill -9. The verdict is a client's.

END
"$scenario" --real --matrix --quiet --build baseline --build default "$@" \
    demos/scenarios/cloudflare-2020.scenario \
    demos/scenarios/flapping-node.scenario \
    demos/scenarios/leader-cut-off.scenario || {
	[ $? -ne 2 ] || exit 2
	fail "what is real is not what was simulated"
}
cat <<'END'

One more, in which a process is killed, stopped, cut off and wiped; what can be seen of
it in both worlds:

END
"$scenario" --real --timeline --history "$base" "$@" \
    tests/weather/life.scenario || fail "this one is not"
echo "What its clients wrote, read and were answered:"
echo
"$linearizable" "$base"/*.history ||
    fail "it cannot have been one server's answers"
cat <<'END'

That is: it can all be explained by one register in one place, although it was on four
servers, of which none was left alone.
END
