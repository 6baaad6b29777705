#!/bin/sh
# What the command line of raft-scenario takes, what it refuses, and what it
# says besides.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: raft-scenario, command.sh, its manual page.
# shellcheck disable=SC1090
set -eu

run=$PWD/$1
. "$PWD/$2"
manual=$PWD/$3
cd "$TEST_TMPDIR"

printf 'title one\nnodes 1\nrun until leader within 20T\n' >one.scenario
printf 'title two\nnodes 1\nneeds region\nrun 1T\n' >two.scenario
printf 'title three\nnodes 1\nrun 1T\nwhen not region: expect leader = n1\n' \
    >three.scenario

# ---------------------------------------- modules that this binary has not

exits 2 --build baseline --build region one.scenario
says "--build: unknown module 'region', expected baseline, core4, default"
[ ! -s out ] || die "something was run that is not what was asked for"

# Told once, though two files name it, by the first.
exits 0 --build baseline two.scenario three.scenario
says "two.scenario:3: this binary has no module 'region'"
[ "$(grep -c region err)" = 1 ] || die "it is told more than once"
grep -q '^skipped *two.scenario' out || die "what is needed is not there"
grep -q '^ok *three.scenario' out || die "'when not' does not hold"
exits 0 one.scenario
[ ! -s err ] || die "it complains of nothing"

# -------------------------------------------------------------- the others

exits 0 --list one.scenario two.scenario
printf 'one.scenario: one\ntwo.scenario: two\n' | cmp - out ||
    die "the list is another"
exits 2
says "no file, expected at least one"
exits 2 --seeds 0 one.scenario
says "--seeds: '0' is"
exits 2 --json --matrix one.scenario
says "--json goes with neither --matrix nor --timeline"
for span in 5s 5s..4s 4s..5 s..5s 4s..5sec 1e300s..2e300s; do
	exits 2 --html page.html --messages $span one.scenario
	says "--messages: '$span' is no stretch of time, expected one such as"
done
exits 2 --messages 4s..5s one.scenario
says "--messages is about a page, expected --html too"
exits 2 nowhere.scenario
says "nowhere.scenario:1: cannot be read (No such file or directory)"

# Every option that it names is in its manual page, and there has what to say.
"$run" --help >out
for option in $(grep -o -- "^  --[a-z-]*" out); do
	[ "$option" != --help ] || continue
	grep -A 1 "^\.It Fl $(echo "$option" | sed 's/^-//')\( \|\$\)" "$manual" |
	    tail -n 1 | grep -qv '^\.It' ||
	    die "$option is not in the manual page"
	grep -q "^\.[OA][pr] .*Fl $(echo "$option" | sed 's/^-//')\( \|\$\)" \
	    "$manual" || die "$option is not in its synopsis"
done

# Nothing is run if one of the files is wrong.
printf 'nodes 1\nfly\n' >bad.scenario
exits 2 one.scenario bad.scenario
says "bad.scenario:2: found 'fly', expected a statement"
[ ! -s out ] || die "a file was run beside one that does not parse"

# A node that only the run knows: it fails there, at that line.
cat >start.scenario <<'END'
nodes 3
start {n1 n2}
run until leader within 20T
let F = follower
crash F
start F
run until logs equal within 20T
END
exits 1 --build baseline start.scenario
grep -q "^start.scenario:6: start F: n[12] has run before.*'restart'" out ||
    die "a second first start is taken"
