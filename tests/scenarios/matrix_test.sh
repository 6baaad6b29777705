#!/bin/sh
# The matrix of raft-scenario: numbers as the runs have them, what did best and
# why, a guide through scenarios, and how it looks on a terminal.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: raft-scenario, command.sh, a scenario whose outages prevote cures, and
# three that show what checkquorum, learners and fencing are for.
# shellcheck disable=SC1090
set -eu

run=$PWD/$1
. "$PWD/$2"
link=$PWD/$3
cut_off=$PWD/$4
reads=$PWD/$5
lease=$PWD/$6
cd "$TEST_TMPDIR"

# The row of the build $1, with single blanks.
row() {
	sed -n "s/^[* ] $1  */&/p" out | tr -s ' ' | sed 's/ $//'
}

is_row() {
	[ "$(row "$1")" = "$2" ] || die "not the row: $2"
}

# ------------------------------------------- the numbers are those of the runs

exits 0 --build baseline --seeds 6 --json "$link"
sed 's/.*"since-mark"://' out >json
# metric NAME: of each run, in order.
metric() {
	grep -o "\"$1\":[0-9]*" json | cut -d : -f 2 | sort -n
}
# A little is not nothing: tenths are rounded up.
timeouts() {
	awk '{ printf "%.1f\n", int(($1 + 99999) / 100000) / 10 }'
}
middle() {
	sed -n 3p
}
least=$(metric unavailable | head -n 1 | timeouts)
most=$(metric unavailable | tail -n 1 | timeouts)
[ "$least" != "$most" ] || die "all seeds do the same: they say nothing"
numbers="baseline $(metric unavailable | middle | timeouts)T $least..${most}T"
for name in leader-changes term-growth; do
	numbers="$numbers $(metric $name | middle)"
done
numbers="$numbers $(metric downtime | middle | timeouts)T"
for name in elections messages; do
	numbers="$numbers $(metric $name | middle)"
done
exits 0 --build baseline --build prevote --seeds 6 --quiet --matrix "$link"
is_row baseline " $numbers unstable lacks prevote"

# -------------------------------------------------- what is best, and beside it

grep -q '^\* prevote .* steady$' out || die "what did best is not marked"
exits 0 --build baseline --build all --build checkquorum+learners --seeds 3 \
    --build stickiness --quiet --matrix "$link"
grep -q '^\* all ' out || die "what did best is not marked"
[ "$(grep -c '^\*' out)" = 2 ] || die "something else did best too"
grep -q 'checkquorum+learners .* lacks stickiness+prevote+disconnect+split_vote+fencing+catchup$' out ||
    die "it is not told what the others lack"
exits 0 --build prevote --build baseline --build prevote+learners --quiet \
    --matrix "$link"
[ "$(grep -c '^\* [bp]' out)" = 2 ] || die "two that are equal are not both best"
exits 0 --build prevote --build prevote+learners --quiet --matrix "$link"
! grep -q '^\*' out || die "one is best of equals"
# Not by the outage, which is much the same.
exits 0 --build prevote --build prevote+checkquorum --quiet --matrix "$cut_off"
grep -q '^\* prevote+checkquorum ' out || die "two leaders are none the worse"
grep -q ' two ' out || die "the column of two leaders is missing"
! grep -q ' act at ' out || die "that two act is said where it means no more"
exits 0 --build stickiness+checkquorum --build stickiness+checkquorum+fencing \
    --quiet --matrix "$lease"
grep -q '^\* stickiness+checkquorum+fencing ' out ||
    die "two that act are none the worse"
grep -q ' act at ' out || die "the column of those who act is missing"
exits 0 --build prevote --build prevote+learners --quiet --matrix "$reads"
grep -q '^\* prevote+learners ' out || die "no reads are none the worse"
! grep -q ' two ' out || die "a column says nothing"

# What failed is never best, whatever it did.
cat >fails.scenario <<'END'
nodes   3
client  every 20ms
run until stable 2T within 20T
when prevote: expect acks = 0
END
exits 1 --build baseline --build prevote --quiet --matrix fails.scenario
grep -q '^\* baseline ' out || die "what failed is as good"
grep -q '^  prevote .* NOT AS EXPECTED: 1 of 1, first seed 1' out ||
    die "what failed is not told"

# ----------------------------------------------------------------------- a guide

mkdir -p guides
cp "$link" link.scenario
cat >guides/guide.txt <<'END'
# Nobody sees this.
title A title

An introduction, in two lines.

And a second paragraph.

chapter The first

Words of the first.

show ../link.scenario baseline prevote
show ../link.scenario stickiness
chapter The second
show ../link.scenario prevote	all
END
exits 0 --guide guides/guide.txt --matrix --quiet
grep -v '^  [^ ].*[0-9]T \|^\* [^ ].*[0-9]T \|^---\|^scenario, b\|^   *longest' \
    out >words
title=$(sed -n 's/^title *//p' link.scenario)
cat <<END | cmp - words || die "not what the guide says"
A title

An introduction, in two lines.

And a second paragraph.

The first

Words of the first.

$title

$title

The second

$title
* did best: behind the others stands what they lack
5 runs: 5 ok, 0 failed, 0 skipped
END
[ "$(grep -c '^scenario, build' out)" = 2 ] || die "not a heading a chapter"
exits 0 --guide guides/guide.txt --list
[ "$(grep -c '^link.scenario: ' out)" = 3 ] || die "not the list"

wrong() {
	printf '%b' "$1" >wrong.txt
	exits 2 --guide wrong.txt
	says "$2"
	[ ! -s out ] || die "something was run"
}
wrong 'title one\n\ntitle two\nshow link.scenario all\n' \
    'wrong.txt:3: a second title, expected one'
wrong 'show link.scenario\n' 'wrong.txt:1: no build, expected'
wrong 'show link.scenario all+nothing\n' "wrong.txt:1: unknown module 'all'"
wrong 'show nowhere.scenario all\n' 'nowhere.scenario:1: cannot be read'
wrong 'only words\n' 'wrong.txt:1: nothing is shown'
exits 2 --guide nowhere.txt
says 'nowhere.txt: No such file or directory'
exits 2 --guide guides/guide.txt link.scenario
says '--guide names scenarios and builds'
exits 2 --guide guides/guide.txt --build all
says '--guide names scenarios and builds'

# ------------------------------------------------------------------- a terminal

escape=$(printf '\033')
arguments="--build baseline --build prevote --matrix --quiet --seeds 2"
# shellcheck disable=SC2086
"$run" $arguments link.scenario >plain 2>err
! grep -q "$escape" plain || die "a file has colours"

# shown COLUMNS VARIABLE=VALUE: what a terminal of that width gets.
shown() {
	script -qec "stty cols $1; env TERM=xterm $2 $run $arguments \
	    link.scenario 2>err" /dev/null </dev/null | tr -d '\r' >out
}
shown 200 NO_COLOR=
grep -q "$escape\[1m" out || die "a terminal has no colours"
sed "s/$escape\[[0-9]*m//g" out | cmp - plain ||
    die "colours are not all that a terminal has besides"
shown 200 NO_COLOR=1
cmp out plain || die "NO_COLOR does nothing"
shown 200 TERM=dumb
cmp out plain || die "a dumb terminal gets more than text"
shown 80 NO_COLOR=1
awk 'length > 80 && !/^The link/ { wide = 1 } END { exit wide }' out ||
    die "a line is wider than the terminal"
grep -q '^\* prevote .* steady$' out || die "a narrow one lacks the verdict"
! grep -q 'mess-' out || die "a narrow one has what says least"
words=$(seq -s " " 30)
printf 'title t\n%s\nshow link.scenario all\n' "$words" >words.txt
script -qec "stty cols 40; env TERM=dumb $run --guide words.txt --matrix \
    --quiet" /dev/null </dev/null | tr -d '\r' | sed -n 3,4p >out
printf '%s\n' "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16" \
    "17 18 19 20 21 22 23 24 25 26 27 28 29" | cmp - out ||
    die "words are not filled into the width of a narrow terminal"
