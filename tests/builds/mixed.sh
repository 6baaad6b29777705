#!/bin/sh
# Writes docs/mixed-builds.md: how long writes stood still while a group got another
# build, server by server, from each build to each.
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

in_timeouts() {
	echo "$(($1 / 10)).$(($1 % 10))"
}

# Into $scratch/cells: "FROM TO MEDIAN WORST" of each pair.
measure() {
	echo "mixed: every pair of builds, $2 seeds each" >&2
	"$1" --upgrade --seeds "$2" --jobs "$(nproc)" >"$scratch/said" ||
	    { cat "$scratch/said" >&2; die "a trial has failed"; }
	sed -n 's/^\(.*\):\(.*\): outages of \(.*\) T (median), \(.*\) T (worst)$/\1 \2 \3 \4/p' \
	    "$scratch/said" >"$scratch/cells"
	echo "At commit $(git rev-parse --short HEAD), $2 seeds a pair (\`./run builds $2\`):" \
	    "$(tail -n 1 "$scratch/said")." >"$scratch/where"
}

# The same of the page. A row has its build in short, and a cell for each column.
read_page() {
	grep '^At commit ' $page >"$scratch/where" || die "$page: it does not say when"
	awk -F ' *[|] *' '
	NR == FNR { split($0, words, " "); long[words[3]] = words[1]; next }
	/^\| from \\ to / { for (i = 3; i < NF; i++) column[i] = long[$i]; next }
	($2 in long) && NF > 10 {
		for (i = 3; i < NF; i++) {
			split($i, figures, " / ")
			print long[$2], column[i], figures[1], figures[2]
		}
	}' "$scratch/builds" $page >"$scratch/cells"
}

# A cell for each pair, in order, each within its bound.
judge_cells() {
	while read -r from rest; do
		while read -r to rest; do
			echo "$from $to"
		done <"$scratch/builds"
	done <"$scratch/builds" >"$scratch/pairs"
	cut -d ' ' -f 1,2 "$scratch/cells" | diff "$scratch/pairs" - >&2 ||
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
	END { exit wrong }' "$scratch/builds" "$scratch/cells" again=1 \
	    "$scratch/cells" >&2 ||
	    die "a figure is beyond its bound"
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
	awk '{ row = row " | " $3; line = line "|---" }
	END { print "| from \\ to" row " |"; print "|---" line "|" }' \
	    "$scratch/builds"
	awk 'NR == FNR { short[$1] = $3; next }
	{
		if ($1 != latest)
			printf "%s| %s", latest == "" ? "" : " |\n", short[$1]
		latest = $1
		printf " | %s / %s", $3, $4
	}
	END { print " |" }' "$scratch/builds" "$scratch/cells"
	cat <<END

## How long it may be

A mixed group may be as bad as the worse of its two builds alone, and not worse. What
is longest alone was measured first, as the same trial in which every server starts
with the build that it had (\`./run sim --upgrade --build BUILD:BUILD --seeds 1000\`;
600 without checkquorum; with learners it was less, and counts as without):

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
	measure "$1" "$2"
fi
judge_cells
print_page >"$scratch/page"
if [ -z "$check" ]; then
	cp "$scratch/page" $page
else
	diff $page "$scratch/page" || die "$page is old: ./run builds"
fi
