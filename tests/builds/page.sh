#!/bin/sh
# Writes docs/builds.md, each build of our modules: what it survives, what it costs.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Argument: the folder of what Bazel has built, optimized (./run builds). With
# --check and a raft-scenario, from the root of the sources, what does not depend on
# the machine is made again and compared; of what was measured only the form.
set -eu

check=
[ "$1" != --check ] || { check=yes; shift; }
[ -n "$check" ] || cd "$(dirname -- "$0")/../.."
page=docs/builds.md
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
rounds=3
seeds=10
modules=$(sed -n '/^RAFT_MODULES = \[/,/^]/s/^ *"\(.*\)",/\1/p' raft.bzl)
on=$(sed -n 's/^RAFT_ON = //p' raft.bzl)

die() {
	echo "builds: $*" >&2
	exit 1
}

# One a line, as in raft.bzl: each subset of the first $1, named by its modules.
subsets() {
	awk -v modules="$(echo $modules)" -v count="$1" 'BEGIN {
		split(modules, names, " ")
		for (subset = 0; subset < 2 ^ count; subset++) {
			build = ""
			for (i = 1; i <= count; i++)
				if (int(subset / 2 ^ (i - 1)) % 2 == 1)
					build = build (build == "" ? "" : "+") names[i]
			print build == "" ? "baseline" : build
		}
	}'
}

# What that module is in no build without (RAFT_WITH in raft.bzl), and it.
with_needs() {
	needed=$(sed -n "/^RAFT_WITH = {/,/^}/s/^ *\"$1\": \[\(.*\)\],/\1/p" raft.bzl |
	    tr -d '",')
	for module in $modules; do
		case " $needed $1 " in
		*" $module "*) echo "$module" ;;
		esac
	done | paste -sd +
}

# And of the others each alone, and beside all.
builds() {
	subsets "$on"
	for other in $(echo "$modules" | tail -n +$((on + 1))); do
		with_needs "$other"
	done
	echo $modules | tr ' ' +
}

# ------------------------------------------------------- what does not vary

# The hooks that a module's record names.
hooks() {
	sed -n '/^static const struct raft_extension raft_/,/^};/s/^\t\.\([a-z_]*\) = raft_.*/\1/p' \
	    "extensions/$1/$1.h" |
	    grep -vx -e options -e option_count -e message_name
}

hooks_of() {
	for module in $modules; do
		case +$1+ in
		*"+$module+"*) hooks "$module" ;;
		esac
	done | wc -l
}

situations() {
	grep -v '^#' tests/builds/situations.txt
}

# A scenario as far as what it says itself, and what is asked.
cut_scenario() {
	awk -v asked="$2" '
	NR == FNR { if (/^mark/) last = FNR; next }
	/^expect|^when .*: expect/ { if (FNR > last) exit; next }
	{ print }
	END { print "expect " asked " since mark" }' "$1" "$1"
}

# The page says so already.
is_on_page() {
	awk -F ' [|] ' -v build="$2" -v name="$1" '
	$1 == "| " build && NF == 4 {
		count = split($3, names, ", ")
		for (i = 1; i <= count; i++)
			found = found || names[i] == name
	}
	END { exit !found }' $page
}

# The builds that pass the scenario with so many seeds.
passing() {
	status=0
	seeds_now=$1
	shift
	"$run" "$@" --seeds "$seeds_now" "$scratch/it.scenario" >"$scratch/said" ||
	    status=$?
	[ $status -le 1 ] || die "a scenario cannot be run"
	awk '/^ok / || /^FAILED / { runs[$3]++; failed[$3] += /^FAILED/ }
	END { for (build in runs) if (!failed[build]) print build }' \
	    "$scratch/said"
}

# To check, some seeds are enough where the page says that a build survives.
survivors() {
	if [ -z "$check" ]; then
		passing $seeds $every
		return
	fi
	passing 2 $every | while read -r build; do
		if is_on_page "$1" "$build"; then
			echo "$build"
		else
			passing $seeds --build "$build"
		fi
	done
}

every=$(builds | sed 's/^/--build /')

# Into $scratch/survived: "NAME|BUILD" for each that has.
try_situations() {
	situations | while IFS='|' read -r name file asked; do
		name=${name% }
		cut_scenario "$(echo $file).scenario" "$(echo $asked)" \
		    >"$scratch/it.scenario"
		survivors "$name" | sed "s/^/$name|/"
	done >"$scratch/survived"
}

# yes or no, and a build.
names_of() {
	situations | while IFS='|' read -r name rest; do
		name=${name% }
		if grep -qxF "$name|$2" "$scratch/survived"; then
			[ "$1" = no ] || echo "$name"
		else
			[ "$1" = yes ] || echo "$name"
		fi
	done | awk '{ all = all (NR > 1 ? ", " : "") $0 }
		END { print all == "" ? "nothing of it" : all }'
}

# ---------------------------------------------------------- what is measured

target_of() {
	echo "raft_$1" | tr + _
}

# Each build once in a round, so that a busy moment is nobody's own.
run_benches() {
	for round in $(seq "$rounds"); do
		subsets "$on" | while read -r build; do
			echo "builds: round $round of $rounds, $build" >&2
			"$1/tests/bench/core_$(target_of "$build")" --voters 3 \
			    >"$scratch/$build.$round"
		done
	done
}

# The least of that column in the lines of a load, over all rounds: whatever else
# the machine does only adds to it.
least() {
	cat "$scratch/$1".[0-9]* | grep "$2" | sed "s/.*$2 *//" |
	    awk -v column="$3" '{ print $column }' | sort -n | head -n 1
}

measured_row() {
	archive=$1/lib$(target_of "$2").lo
	echo "| $2" \
	    "| $(size -t "$archive" | awk 'END { print $1 }')" \
	    "| $(nm --defined-only "$archive" | grep -c ' [TtRrDdBb] ')" \
	    "| $(least "$2" '1 in flight' 2)" \
	    "| $(least "$2" '64 in flight, one batch' 2)" \
	    "| $(least "$2" 'idle, bytes a member' 1) |"
}

measure() {
	run_benches "$1"
	subsets "$on" | while read -r build; do
		measured_row "$1" "$build"
	done >"$scratch/rows"
	processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
	echo "At commit $(git rev-parse --short HEAD), the best of $rounds rounds of a second, $(
	    gcc --version | head -n 1), $(nproc) x $processor, load $(
	    cut -d ' ' -f 1 /proc/loadavg)." |
	    fold -sw 84 | sed 's/ *$//' >"$scratch/where"
}

# As they stand in the page, if they are what they should be.
read_measured() {
	sed -n '/^At commit /,/^$/{/./p}' $page >"$scratch/where"
	grep -E '^\| [a-z+]* (\| [0-9.]+ ){5}\|$' $page >"$scratch/rows" || :
	sed 's/^| \([a-z+]*\) .*/\1/' "$scratch/rows" >"$scratch/measured"
	subsets "$on" | diff - "$scratch/measured" >&2 ||
	    die "$page: not a row of measurements for each build"
	[ -s "$scratch/where" ] || die "$page: it does not say where"
}

# ------------------------------------------------------------------ the page

print_page() {
	cat <<END
# The builds

Every set of our modules is a build: \`//:raft_prevote_checkquorum\` and so on, or
\`//:raft\` with \`--//extensions:NAME=false\`. All are safe, also beside each other
([mixed-builds.md](mixed-builds.md)); they differ in what stops them. Of the modules that
are off unless switched on (\`--//extensions:disconnect=true\`) two builds stand for
each: with that module alone but for what it needs, and with all. Written by \`./run builds\`.

## What they survive

Each situation is a scenario, cut short and asked one question ($seeds seeds, which all
must pass); what it is about stands in the scenario. The builds that most need
something of others are told so when they are composed
([modules.md](modules.md#10-what-it-wants-of-others)). Hooks are the places where
the core calls a module of the build.

| in words | scenario | survived if |
|---|---|---|
END
	situations | while IFS='|' read -r name file asked; do
		file=$(echo $file)
		title=$(sed -n 's/^title *//p' "$file.scenario")
		echo "| ${name% } | [$(basename "$file")](../$file.scenario): $title |" \
		    "\`$(echo $asked)\` |"
	done
	printf '\n| build | hooks | survives | does not |\n|---|---|---|---|\n'
	builds | while read -r build; do
		echo "| $build | $(hooks_of "$build") | $(names_of yes "$build")" \
		    "| $(names_of no "$build") |"
	done
	cat <<END

## What they cost

Of those that are on: code and constants, and symbols, of the archive; nanoseconds of
the processor for an entry in \`./run bench core --voters 3\`, with one in flight and
with 64 in one batch; bytes that a member of three holds when it is idle. Where the load
is greater than the number of processors, what one build's nanoseconds differ from
another's is noise; [performance.md](performance.md) has those of a quiet machine.

END
	cat "$scratch/where"
	printf '\n| build | bytes of code | symbols | ns, 1 in flight | ns, 64 | bytes a member |\n'
	echo '|---|---|---|---|---|---|'
	cat "$scratch/rows"
}

if [ -n "$check" ]; then
	run=$1
	read_measured
	try_situations
	print_page >"$scratch/page"
	diff $page "$scratch/page" || die "$page is old: ./run builds"
	exit 0
fi
run=$1/demos/scenario/raft-scenario
try_situations
measure "$1"
print_page >"$scratch/page"
cp "$scratch/page" $page
