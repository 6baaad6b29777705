#!/bin/sh
# What a list of modules lacks is said: where a group may stand still, by advice
# that stands in the module's README, too; where it is not safe, by a build that
# does not compile.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: a raft-scenario with our modules and the probe, how many builds of
# ours there are, and the READMEs of modules and the lists (raft_extensions.h) of
# builds.
set -eu

run=$PWD/$1
builds=$2
shift 2
failed=0
lists=0

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
	tr '\n' ' ' <"extensions/${1%% *}/README.md" | grep -qF "$wanted"
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
	*/raft_extensions.h)
		judge_list "$file"
		;;
	esac
done
[ $lists -eq "$builds" ] || no "$builds lists were expected, not $lists"

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
grep -qx "$((builds + builds * 3 / 4)) runs: .* 0 skipped" said ||
    { no "other builds were expected:"; cat said; }
exit $failed
