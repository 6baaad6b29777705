#!/bin/sh
# `./run demo` with scenario files, or a page: the simulation alone.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: raft-scenario, demo.sh, a scenario.
set -eu

run=$PWD/$1
demo=$PWD/$2
scenario=$PWD/$3
cd "$TEST_TMPDIR"

die() {
	echo "$1; it said:"
	cat out
	exit 1
}

# demo STATUS ARGUMENT...: with no server and no certificates to be had.
demo() {
	expected=$1
	shift
	status=0
	"$demo" /nowhere "$run" "$@" >out 2>&1 || status=$?
	[ "$status" -eq "$expected" ] ||
	    die "$*: exit status $status, not $expected"
}

demo 0 "$scenario"
for build in baseline prevote checkquorum stickiness learners default all; do
	grep -q "^[* ] $build  .*T " out || die "$build did not run"
done
grep -q '^35 runs: 35 ok' out || die "not five seeds of seven builds"
[ -z "$(find . -name '*.html')" ] || die "it makes a page that nobody wants"

demo 0 --html page.html "$scenario" "$scenario"
grep -q '^70 runs: 70 ok' out || die "not both scenarios"
grep -q '<svg class="figure"' page.html || die "the page is missing"

printf 'nodes 3\nrun 5T\nexpect no leader\n' >wrong.scenario
demo 1 wrong.scenario
grep -q 'wrong.scenario:3: expect no leader: not so' out ||
    die "what is not as expected is not told"
demo 2 nowhere.scenario
demo 2 --html

# Without files it is the guide, whose scenarios have the same names from anywhere,
# and the page is where it was asked for.
cat >fake <<'END'
#!/bin/sh
[ -f demos/guide.txt ] || echo "no guide in $PWD"
echo "$*"
END
chmod +x fake
run=$PWD/fake
demo 0 --html page.html
echo "--quiet --matrix --seeds 5 --html $PWD/page.html --guide demos/guide.txt" |
    cmp - out || die "it calls for something else"
demo 0 --html /page.html
grep -q -- '--html /page.html --guide' out || die "the page is elsewhere"
