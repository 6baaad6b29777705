#!/bin/sh
# The example of a module does what it is for, in a raft-scenario that carries it
# beside ours: its scenario holds in each build that has it and in no other.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: that raft-scenario, the scenario, how many modules are ours.
set -eu

run=$PWD/$1
scenario=$PWD/$2
ours=$3
cd "$TEST_TMPDIR"

no() {
	cat out
	echo "$*"
	exit 1
}

# Exit status, and the arguments of raft-scenario.
exits() {
	expected=$1
	shift
	status=0
	"$run" "$@" >out 2>&1 || status=$?
	[ $status -eq "$expected" ] || no "status $status of $*"
}

exits 0 --build template --seeds 20 --quiet "$scenario"
exits 0 --build all --seeds 5 --quiet "$scenario"
exits 1 --build baseline --seeds 20 --quiet "$scenario"
grep -qx '20 runs: 0 ok, 20 failed, 0 skipped' out ||
    no "chance alone does it"

# Each subset of ours that is a build, with it and without it.
exits 1 --every-build "$scenario"
half=$(grep -c '^ok' out)
[ "$half" -gt $((1 << (ours / 2))) ] || no "these are not all"
builds=$((2 * half))
grep -qx "$builds runs: $half ok, $half failed, 0 skipped" out ||
    no "$builds builds were expected, with it and without it"
grep '^ok' out | grep -v 'template  seed' && no "one passes without it"

# The language knows its name and its option: who is not the heir waits.
cat >known.scenario <<END
nodes 3
needs template
option template.patience_us 6000000
campaign n1
run until stable 1T within 20T
crash n1
crash n2
mark
run 6T
when template: expect term-growth = 0 since mark
when not template: expect leader = n2
END
exits 0 --build template known.scenario
[ "$(cat out)" = "ok       known.scenario  template  seed 1
1 run: 1 ok, 0 failed, 0 skipped" ] || no "something is not known"
sed 's/6000000/1000000/' known.scenario >impatient.scenario
exits 1 --build template impatient.scenario
exits 0 --build baseline known.scenario
grep -q '^skipped' out || no "what is needed is not there"
printf 'nodes 3\noption template.patience_us 60000001\n' >wrong.scenario
exits 2 wrong.scenario

# Who lacks it says so once, and is left in peace.
printf 'nodes 3\nbuild n2 = baseline\ncampaign n1\n' >mixed.scenario
printf 'run until stable 9T within 20T\nexpect leader = n1\n' >>mixed.scenario
exits 0 --build template --trace - mixed.scenario
[ "$(grep -c 'send .* 1 > 2 heir' out)" -eq 1 ] || no "it is told again"
[ "$(grep -c 'send .* 1 > 3 heir' out)" -ge 80 ] || no "who has it is not"
