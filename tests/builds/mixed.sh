#!/bin/sh
# Writes docs/mixed-builds.md: how long writes stood still while a group got another
# build, server by server: from each subset of the modules that are on to each, and
# among the default build, that with each of the other modules, and all.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the sweep and how many seeds (./run builds). With --check, from the root
# of the sources, the page is made again of its own figures, which must be those of
# each pair and keep to their bounds.
set -eu

check=
[ "$1" != --check ] || check=yes
[ -n "$check" ] || cd "$(dirname -- "$0")/../.."
page=docs/mixed-builds.md
bounds=tests/simulation/outages.c
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

die() {
	echo "mixed: $*" >&2
	exit 1
}

# "BUILD TENTHS LETTERS": what stands in outages.c, and the build in short.
sed -n 's/^	{ "\([a-z+]*\)", \([0-9]*\) },/\1 \2/p' $bounds |
    while read -r build tenths; do
	    case $build in
	    baseline) letters=- ;;
	    *) letters=$(echo "+$build" | sed 's/+\(.\)[a-z]*/\1/g') ;;
	    esac
	    echo "$build $tenths $letters"
    done >"$scratch/builds"
margin=$(sed -n 's/^#define MARGIN_TENTHS //p' $bounds)

# The same of the others, whose bound is that of the default build: outages.c knows
# nobody that is worse by them.
modules=$(sed -n '/^RAFT_MODULES = \[/,/^]/s/^ *"\(.*\)",/\1/p' raft.bzl)
on=$(sed -n 's/^RAFT_ON = //p' raft.bzl)
usual=$(echo "$modules" | head -n "$on" | paste -sd +)
tenths=$(sed -n "s/^$usual \([0-9]*\) .*/\1/p" "$scratch/builds")
{
	echo "$usual $tenths default"
	echo "$modules" | tail -n +$((on + 1)) | while read -r other; do
		echo "$usual+$other $tenths +$other"
	done
	echo "$(echo "$modules" | paste -sd +) $tenths all"
} >"$scratch/beside"

in_timeouts() {
	echo "$(($1 / 10)).$(($1 % 10))"
}

# Into $scratch/$1.cells: "FROM TO MEDIAN WORST" of each pair of the builds in
# $scratch/$1. With the sweep, and its arguments.
measure() {
	list=$1
	shift
	"$@" --upgrade --jobs "$(nproc)" >"$scratch/said" ||
	    { cat "$scratch/said" >&2; die "a trial has failed"; }
	sed -n 's/^\(.*\):\(.*\): outages of \(.*\) T (median), \(.*\) T (worst)$/\1 \2 \3 \4/p' \
	    "$scratch/said" >"$scratch/$list.cells"
	tail -n 1 "$scratch/said" >>"$scratch/counts"
}

measure_all() {
	echo "mixed: every pair of builds, $2 seeds each" >&2
	measure builds "$1" --seeds "$2"
	measure beside "$1" --seeds "$2" \
	    --build "$(cut -d ' ' -f 1 "$scratch/beside" | paste -sd ,)"
	awk -v seeds="$2" -v commit="$(git rev-parse --short HEAD)" '
	{ trials += $1; failed += $3 }
	END {
		printf "At commit %s, %d seeds a pair (`./run builds %d`): ",
		    commit, seeds, seeds
		printf "%d trials, %d failed.\n", trials, failed
	}' "$scratch/counts" >"$scratch/where"
}

# The same of the page, of the table whose first column is the list's first build.
# A row has its build in short, and a cell for each column.
read_table() {
	awk -F ' *[|] *' '
	NR == FNR {
		split($0, words, " ")
		long[words[3]] = words[1]
		if (NR == 1)
			first = words[3]
		next
	}
	/^\| from / {
		inside = $3 == first
		for (i = 3; i < NF; i++)
			column[i] = long[$i]
		next
	}
	!/^\|/ { inside = 0 }
	inside && ($2 in long) {
		for (i = 3; i < NF; i++) {
			split($i, figures, " / ")
			print long[$2], column[i], figures[1], figures[2]
		}
	}' "$scratch/$1" $page >"$scratch/$1.cells"
}

read_page() {
	grep '^At commit ' $page >"$scratch/where" || die "$page: it does not say when"
	read_table builds
	read_table beside
}

# A cell for each pair of the list, in order, each within its bound.
judge_cells() {
	while read -r from rest; do
		while read -r to rest; do
			echo "$from $to"
		done <"$scratch/$1"
	done <"$scratch/$1" >"$scratch/pairs"
	cut -d ' ' -f 1,2 "$scratch/$1.cells" | diff "$scratch/pairs" - >&2 ||
	    die "other pairs were expected"
	awk -v margin="$margin" '
	function worse(of) {
		return of[$1] > of[$2] ? of[$1] : of[$2]
	}
	FILENAME == ARGV[1] { alone[$1] = $2; next }
	FILENAME == ARGV[2] && !again { if ($1 == $2) median[$1] = $3 }
	FILENAME == ARGV[2] && !again { next }
	$3 !~ /^[0-9]+\.[0-9]$/ || $4 !~ /^[0-9]+\.[0-9]$/ || $3 + 0 > $4 + 0 ||
	    $3 > worse(median) + 1 || $4 * 10 > worse(alone) + margin {
		print "not so: " $0
		wrong = 1
	}
	END { exit wrong }' "$scratch/$1" "$scratch/$1.cells" again=1 \
	    "$scratch/$1.cells" >&2 ||
	    die "a figure is beyond its bound"
}

print_table() {
	awk '{ row = row " | " $3; line = line "|---" }
	END { print "| from \\ to" row " |"; print "|---" line "|" }' \
	    "$scratch/$1"
	awk 'NR == FNR { short[$1] = $3; next }
	{
		if ($1 != latest)
			printf "%s| %s", latest == "" ? "" : " |\n", short[$1]
		latest = $1
		printf " | %s / %s", $3, $4
	}
	END { print " |" }' "$scratch/$1" "$scratch/$1.cells"
}

print_page() {
	cat <<END
# Mixed builds

A group gets another build while it works: one server after another is stopped and
starts with other modules. Each cell is such a way, from the build of its row to that
of its column, tried with several seeds: the median and the longest of the outages,
in election timeouts (T). An outage is the longest time in a trial for which a write
waited and none was acknowledged. Written by \`./run builds\`.

A trial (\`tests/simulation/upgrade.c\`) has three or five voters, and perhaps a
learner that stands in for a voter who is silent for two to ten T. Each is stopped,
with or without a word to its peers, for up to two T, and is given up to six. In three of four trials the operator stops half way, for 40 to
80 T; of these a third go on, a third go back for good, and a third go back and then
all the way. All the while something is broken, for 4 to 24 T or only briefly
(\`breakage.c\`): links, directions, a bridge, a star, loss, crashes, pauses, disks
that hang. A majority of the voters works and is connected, so that there could
always be a leader, and half of the time the one that there is is not part of it; the
middle of a star is not stopped while it lasts. The safety checkers watch; in the end
all must work again.

Letters are the first ones of modules: s(tickiness), p(revote), c(heckquorum),
l(earners); - is the baseline.

END
	cat "$scratch/where"
	echo
	print_table builds
	cat <<END

The modules that are off unless switched on, each with the default build, and all
together. No leases are granted here, so that fencing is carried and not used;
\`tests/simulation/fencing.c\` is what tries them.

END
	print_table beside
	cat <<END

## How long it may be

A mixed group may be as bad as the worse of its two builds alone, and not worse. What
is longest alone was measured first, as the same trial in which every server starts
with the build that it had (\`./run sim --upgrade --build BUILD:BUILD --seeds 1000\`;
600 without checkquorum; with learners it was less, and counts as without, as do those
that are off unless switched on):

| alone | longest outage |
|---|---|
END
	while read -r build tenths letters; do
		echo "| $build | $(in_timeouts "$tenths") T |"
	done <"$scratch/builds"
	cat <<END

A trial fails beyond the longer of the two and $(in_timeouts "$margin") T: one more candidacy that
fails, which is two T at most, and one T for which a server that has just started is
patient. Who asks first and who has just started is drawn anew in a mixed group, and
the longest that was seen is not the longest that there could be. The median of a
pair is at most one T beyond the greater of those of its builds in the same table (its
diagonal). Without checkquorum a group stands still for as long as its leader cannot
lead and does not give up, 24 T here; with it and prevote, for 6 T.

What an operator makes of this is in [upgrade.md](upgrade.md).
END
}

if [ -n "$check" ]; then
	read_page
else
	measure_all "$1" "$2"
fi
judge_cells builds
judge_cells beside
print_page >"$scratch/page"
if [ -z "$check" ]; then
	cp "$scratch/page" $page
else
	diff $page "$scratch/page" || die "$page is old: ./run builds"
fi
