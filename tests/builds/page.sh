#!/bin/sh
# Writes docs/builds.md, each build of our modules: what it survives, what it costs.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Argument: the folder of what Bazel has built, optimized (./run builds). With
# --check and a raft-scenario, from the root of the sources, what does not depend on
# the machine is made again and compared; of what was measured only the form. That a
# build survives is tried with one seed then, with --all behind them with each.
set -eu
export LC_ALL=C

check=
all=yes
[ "$1" != --check ] || { check=yes; all=${3:-}; shift; }
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

others=$(echo "$modules" | tail -n +$((on + 1)))

# The default build.
usual=$(echo "$modules" | head -n "$on" | paste -sd +)

# Of the others each beside it, and all.
beside() {
	for other in $others; do
		echo "$usual+$other"
	done
	echo "$modules" | paste -sd +
}

# And each alone.
builds() {
	subsets "$on"
	for other in $others; do
		with_needs "$other"
	done
	beside
}

# ------------------------------------------------------- what does not vary

# The hooks that a module's record names.
hooks() {
	sed -n '/^static const struct raft_extension raft_/,/^};/s/^\t\.\([a-z_]*\) = raft_.*/\1/p' \
	    "extensions/$1/$1.h" |
	    grep -vx -e options -e option_count -e message_name
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

# Of those builds ("--build NAME" each) the ones that pass the scenario, with so many
# seeds from that one.
passing() {
	status=0
	from=$1
	count=$2
	shift 2
	"$run" "$@" --seed "$from" --seeds "$count" "$scratch/it.scenario" \
	    >"$scratch/said" || status=$?
	[ $status -le 1 ] || die "a scenario cannot be run"
	awk '/^ok / || /^FAILED / { runs[$3]++; failed[$3] += /^FAILED/ }
	END { for (build in runs) if (!failed[build]) print build }' \
	    "$scratch/said" | sort
}

as_arguments() {
	sed 's/^/--build /' "$@"
}

# "NAME|BUILD" for each that has survived, as the page has it.
read_survivors() {
	awk -F ' [|] ' 'NF == 4 && $2 ~ /^[0-9]+$/ {
		sub(/^[|] /, "", $1)
		count = split($3, names, ", ")
		for (i = 1; i <= count; i++)
			print names[i] "|" $1
	}' $page | sort >"$scratch/page_says"
}

# To check, a seed is enough where the page says that a build survives; where it says
# the contrary one that fails is looked for, and most do at the first.
survivors() {
	if [ -n "$all" ]; then
		passing 1 $seeds $every
		return
	fi
	sed -n "s/^$1|//p" "$scratch/page_says" >"$scratch/believed"
	passing 1 1 $every >"$scratch/left"
	comm -12 "$scratch/believed" "$scratch/left"
	comm -13 "$scratch/believed" "$scratch/left" >"$scratch/doubted"
	for from in 2 3 4; do
		[ -s "$scratch/doubted" ] || break
		passing $from $((from < 4 ? 1 : seeds - 3)) \
		    $(as_arguments "$scratch/doubted") >"$scratch/left"
		mv "$scratch/left" "$scratch/doubted"
	done
	cat "$scratch/doubted"
}

every=$(builds | as_arguments)

# Into $scratch/survived: "NAME|BUILD" for each that has.
try_situations() {
	[ -n "$all" ] || read_survivors
	situations | while IFS='|' read -r name file asked; do
		name=${name% }
		cut_scenario "$(echo $file).scenario" "$(echo $asked)" \
		    >"$scratch/it.scenario"
		survivors "$name" | sed "s/^/$name|/"
	done >"$scratch/survived"
}

# A row for each build: its hooks, what it survives, and what not.
print_survivors() {
	for module in $modules; do
		echo "$module $(hooks "$module" | wc -l)"
	done >"$scratch/hooks"
	builds >"$scratch/builds"
	situations | sed 's/ *|.*//' >"$scratch/names"
	awk '
	function add(list, name) {
		return list (list == "" ? "" : ", ") name
	}
	FILENAME == ARGV[1] { split($0, words, " "); hooks[words[1]] = words[2]; next }
	FILENAME == ARGV[2] { names[++count] = $0; next }
	FILENAME == ARGV[3] { survived[$0] = 1; next }
	{
		sum = 0
		parts = split($0, modules, "+")
		for (i = 1; i <= parts; i++)
			sum += hooks[modules[i]]
		yes = no = ""
		for (i = 1; i <= count; i++)
			if ((names[i] "|" $0) in survived)
				yes = add(yes, names[i])
			else
				no = add(no, names[i])
		print "| " $0 " | " sum " | " (yes == "" ? "nothing of it" : yes) \
		    " | " (no == "" ? "nothing of it" : no) " |"
	}' "$scratch/hooks" "$scratch/names" "$scratch/survived" "$scratch/builds"
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

# Of an archive.
size_of() {
	echo "| $(size -t "$1" | awk 'END { print $1 }')" \
	    "| $(nm --defined-only "$1" | grep -c ' [TtRrDdBb] ')"
}

measured_row() {
	echo "| $2 $(size_of "$1/lib$(target_of "$2").lo")" \
	    "| $(least "$2" '1 in flight' 2)" \
	    "| $(least "$2" '64 in flight, one batch' 2)" \
	    "| $(least "$2" 'idle, bytes a member' 1) |"
}

# No more than what it weighs.
weighed_row() {
	target=$(target_of "$2")
	archive=$1/tests/bench/lib$target.lo
	[ -e "$archive" ] || archive=$1/lib$target.lo
	echo "| $2 $(size_of "$archive")" \
	    "| $("$1/tests/bench/core_$target" --voters 3 |
	        sed -n '/idle, bytes a member/{s/.* //p;q}') |"
}

weigh() {
	{ echo "$usual"; beside; } | while read -r build; do
		weighed_row "$1" "$build"
	done >"$scratch/weighed"
	git rev-parse --short HEAD >"$scratch/commit"
}

measure() {
	run_benches "$1"
	weigh "$1"
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
	grep -E '^\| [a-z_+]* (\| [0-9]+ ){3}\|$' $page >"$scratch/weighed" || :
	sed 's/^| \([a-z_+]*\) .*/\1/' "$scratch/rows" "$scratch/weighed" \
	    >"$scratch/measured"
	sed -n 's/^the default build, at commit \([0-9a-f]*\):$/\1/p' $page \
	    >"$scratch/commit"
	{ subsets "$on"; echo "$usual"; beside; } | diff - "$scratch/measured" >&2 ||
	    die "$page: not a row of measurements for each build"
	[ -s "$scratch/where" ] && [ -s "$scratch/commit" ] || die "$page: it does not say where"
}

# ------------------------------------------------------------------ the page

print_page() {
	cat <<END
# The builds

Every set of our modules is a build: \`//:raft_prevote_checkquorum\` and so on, or
\`//:raft\` with \`--//extensions:NAME=false\`. All are safe, also beside each other
([mixed-builds.md](mixed-builds.md)); they differ in what stops them. Of the modules that
are off unless switched on (\`--//extensions:disconnect=true\`) three builds stand for
each: that module alone but for what it needs, it beside the default build, and all.
Written by \`./run builds\`.

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
	print_survivors
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
	cat <<END

What those weigh that are off unless switched on, each of them and all of them with
the default build, at commit $(cat "$scratch/commit"):

| build | bytes of code | symbols | bytes a member |
|---|---|---|---|
END
	cat "$scratch/weighed"
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
