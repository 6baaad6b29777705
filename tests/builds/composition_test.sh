#!/bin/sh
# What a list of modules lacks is said: where a group may stand still, by advice
# that stands in the module's README, too; where it is not safe, by a build that
# does not compile.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: a raft-scenario with our modules and the probe, how many builds of ours
# are made, how many modules are ours, and the READMEs of modules and the lists
# (raft_extensions.h) of builds and of each module alone.
set -eu

run=$PWD/$1
builds=$2
modules=$3
shift 3
failed=0
lists=0
alone=0

no() {
	echo "$*"
	failed=1
}

# The gaps of a build, by its modules: what each wants, and has not got.
gaps_of() {
	while read -r module others; do
		case +$1+ in
		*"+$module+"*) ;;
		*) continue ;;
		esac
		for other in $(echo "$others" | sed 's/ or / /g'); do
			case +$1+ in
			*"+$other+"*) continue 2 ;;
			esac
		done
		echo "$module without $others"
	done <<END
stickiness checkquorum
stickiness prevote
prevote checkquorum
checkquorum prevote or stickiness
disconnect prevote
END
}

judge_list() {
	lists=$((lists + 1))
	build=$(sed -n 's/^#define RAFT_EXTENSIONS(X) *//p' "$1" |
	    sed 's/X(\([a-z_]*\)) */\1+/g; s/+$//')
	sed -n 's|^/\* Advice: \(.*\)\. \*/$|\1|p' "$1" >"$TEST_TMPDIR/advice"
	gaps_of "$build" >"$TEST_TMPDIR/gaps"
	sed 's/:.*//' "$TEST_TMPDIR/advice" | diff "$TEST_TMPDIR/gaps" - ||
	    no "$build: other gaps were expected"
	while read -r advice; do
		stands_in_readme "$advice" ||
		    no "not in its README: $advice"
	done <"$TEST_TMPDIR/advice"
}

# "prevote without checkquorum: who ..." as "Without `checkquorum`, who ...".
stands_in_readme() {
	wanted=$(echo "$1" |
	    sed 's/^.* without \([^:]*\): /Without `\1`, /; s/ or /` or `/')
	tr '\n' ' ' <"extensions/${1%% *}/README.md" | grep -qiF "$wanted"
}

# A module without any other: what is not safe so does not compile, nor does the mask
# let it begin, and its README says why.
judge_alone() {
	alone=$((alone + 1))
	module=$(sed -n 's/^#define RAFT_EXTENSIONS(X) *X(\([a-z_]*\))$/\1/p' "$1")
	sed -n 's/^#error "\(.*\)"$/\1/p' "$1" >"$TEST_TMPDIR/needs"
	printf 'nodes 3\nrun until leader within 20T\n' >"$TEST_TMPDIR/some.scenario"
	status=0
	"$run" --build "$module" "$TEST_TMPDIR/some.scenario" \
	    >"$TEST_TMPDIR/said" 2>&1 || status=$?
	if [ ! -s "$TEST_TMPDIR/needs" ]; then
		compile "$1" || no "$module does not compile alone"
		[ $status -eq 0 ] || no "$module does not begin alone"
		return
	fi
	compile "$1" >"$TEST_TMPDIR/errors" && no "$module compiles alone"
	[ $status -eq 2 ] && grep -q "no build '$module': a module of it" \
	    "$TEST_TMPDIR/said" || no "$module begins alone: status $status"
	while read -r need; do
		grep -qF "#error \"$need\"" "$TEST_TMPDIR/errors" ||
		    no "the compiler does not say: $need"
		stands_in_readme "$need" || no "not in its README: $need"
	done <"$TEST_TMPDIR/needs"
}

# The compiler's last word on a list.
compile() {
	echo "#include \"$1\"" | gcc -std=c11 -I . -x c -fsyntax-only - 2>&1
}

for file; do
	case $file in
	*probe_alone_list/raft_extensions.h)
		compile "$file" >"$TEST_TMPDIR/said" && no "$file compiles"
		grep -q '#error "probe without prevote or stickiness or deaf' \
		    "$TEST_TMPDIR/said" ||
		    { no "that is not said:"; cat "$TEST_TMPDIR/said"; }
		;;
	*probe_list/raft_extensions.h)
		compile "$file" || no "$file does not compile"
		;;
	*/alone_*_list/raft_extensions.h)
		judge_alone "$file"
		;;
	*/raft_extensions.h)
		judge_list "$file"
		;;
	esac
done
[ $lists -eq "$builds" ] || no "$builds lists were expected, not $lists"
[ $alone -eq "$modules" ] || no "$modules alone were expected, not $alone"

# How many of all subsets are builds, where each line has a module and others of which
# it needs one.
count_builds() {
	awk -v list="$("$run" --version | sed -n 's/.*(\(.*\)).*/\1/p')" '
	{ who[NR] = $1; needs[NR] = " " substr($0, length($1) + 2) " " }
	END {
		count = split(list, names, "+")
		for (subset = 0; subset < 2 ^ count; subset++) {
			delete missing
			split("", has)
			for (i = 1; i <= count; i++)
				if (int(subset / 2 ^ (i - 1)) % 2 == 1)
					has[names[i]]
			for (line in who)
				if (who[line] in has)
					missing[line]
			for (name in has)
				for (line in missing)
					if (index(needs[line], " " name " ") > 0)
						delete missing[line]
			builds += length(missing) == 0
		}
		print builds
	}'
}

# The simulator's mask is no way around it.
cd "$TEST_TMPDIR"
printf 'nodes 3\nrun until leader within 20T\n' >some.scenario
status=0
"$run" --build probe+checkquorum some.scenario >said 2>&1 || status=$?
[ $status -eq 2 ] && grep -q "no build 'probe+checkquorum': a module of it" said ||
    { no "status $status:"; cat said; }
"$run" --build probe+checkquorum+prevote some.scenario ||
    no "with what it needs there is no leader"
"$run" --every-build some.scenario >said || no "not in every build"
grep -qx "$(count_builds <<END
catchup prevote
fencing stickiness
fencing checkquorum
probe prevote stickiness
END
) runs: .* 0 skipped" said ||
    { no "other builds were expected:"; cat said; }
exit $failed
