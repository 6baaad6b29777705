#!/bin/bash
# The program that judges histories: what it says, and that it is quick with long ones.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Argument: linearizable.
set -eu

linearizable=$PWD/$1
cd "$TEST_TMPDIR"

# The status $1 and the words $2 of what follows.
expect() {
	local status=$1 words=$2 got=0
	shift 2
	said=$("$linearizable" "$@" 2>&1) || got=$?
	if [ "$got" != "$status" ] || [[ $said != *"$words"* ]]; then
		echo "FAILED: $*: status $got, not $status, or not '$words':"
		echo "$said"
		exit 1
	fi
}

# $1 operations of 8 clients at once on a register and a counter, done at even times;
# one in $2 has an unknown outcome, and half of these are done.
write_history() {
	awk -v count="$1" -v unknown="$2" 'BEGIN {
		srand(7)
		value[0] = "nil"
		value[1] = 0
		print "- 1 set 0 ok 0 0"
		for (i = 1; i <= count; i++) {
			key = i % 2
			kind = "get"
			if (rand() < 0.5)
				kind = key == 1 ? "add" : rand() < 0.7 ? "set" : \
				    "delete"
			after = kind == "set" ? i : kind == "delete" ? "nil" : \
			    kind == "add" ? value[key] + 1 : value[key]
			answer = kind == "set" ? "ok" : kind == "delete" ? \
			    value[key] == "nil" ? "no" : "yes" : after
			lost = rand() < 1 / unknown
			if (!lost || rand() < 0.5)
				value[key] = after
			print "c" i % 8, key, kind, kind == "set" ? i : \
			    kind == "add" ? 1 : "-", lost ? "?" : answer, \
			    1000 + 100 * i - int(rand() * 400), \
			    lost ? "-" : 1000 + 100 * i + int(rand() * 400)
		}
	}'
}

cat >good <<'END'
# A register.
c1 k set 5 ok 1000 2500
c2 k get - 5 2000 3100

c1 k set 6 failed 2600 2700
END
cat >others <<'END'
c3 k add 2 7 3200 4000
c3 l delete - ? 5000 -
END
cat >stale <<'END'
c4 k get - 5 6000 7000
END
expect 0 "linearizable" good
expect 0 "4 operations on 2 keys, 1 of unknown outcome, 1 that failed" good others
expect 1 "key k is not linearizable" others stale good
[[ $said == *"
> stale:1: c4 k get - 5 6000 7000
the value could be 7
its value is that of good:2: c1 k set 5 ok 1000 2500
the last of the 4 operations that were invoked by then:"* ]] || {
	echo "FAILED: it does not say why: $said"
	exit 1
}
expect 2 "usage" --nonsense
expect 2 "usage"
expect 0 "usage" --help
expect 2 "too large" --mebibytes 99999999 good
expect 2 "No such file" good nothing
echo "c1 k put 5 ok 1 2" >wrong
expect 2 "wrong:1: c1 k put 5 ok 1 2: no such operation" good wrong

# As many states as operations, give or take a few, and not a power of them; a few times
# that if all orders have to be tried.
takes_states() {
	local states
	states=$(grep -o '[0-9]* states' <<<"$said" | cut -d ' ' -f 1)
	[ "$states" -lt "$1" ] || { echo "FAILED: $said"; exit 1; }
	grep states <<<"$said"
}
write_history 30000 400 >long
expect 0 "linearizable" long
takes_states 60000
echo "c 1 get - 1 9000000 9000001" >early
expect 1 "of its operations" long early
takes_states 240000

# It gives up, with a sentence.
awk 'BEGIN {
	for (i = 1; i <= 40; i++)
		print "c", "k", "add", 2 ^ i % 1048576, "ok", i, 1000
	print "c k get - 3 1001 1002"
}' >many
expect 2 "gave up after" --mebibytes 2 many
[[ $said == *"nobody knows" ]] || { echo "FAILED: $said"; exit 1; }
