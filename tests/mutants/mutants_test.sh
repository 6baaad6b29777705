#!/bin/sh
# mutants.py on a tree of one source and one test: one change is noticed, one
# is not, one is explained.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Argument: mutants.py.
set -eu

mutants=$(realpath "$1")
scratch=$(mktemp -d "${TEST_TMPDIR:-/tmp}/mutants.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

fail() {
	cat out >&2
	echo "mutants_test: $*" >&2
	exit 1
}

says() {
	grep -q -- "$1" out || fail "it does not say: $1"
}

# Arguments: the status that is expected, and what mutants.py is given.
run() {
	expected=$1
	shift
	status=0
	"$mutants" --top . --jobs 2 "$@" >out 2>&1 || status=$?
	[ "$status" -eq "$expected" ] || fail "status $status with $*"
}

mkdir -p raft tests/core tests/mutants
cat >raft/toy.c <<END
int greater(int a, int b);
int half(int a);

int
greater(int a, int b)
{
	/* a > b: equal ones are as good as each other. */
	if (a > b)
		return a;
	return b;
}

int
half(int a)
{
	return a / 2;
}
END
cat >tests/core/toy_test.c <<END
int greater(int a, int b);
int half(int a);

int
main(void)
{
	return greater(2, 1) != 2 || greater(1, 2) != 2 || half(0) != 0;
}
END
cat >tests/mutants/equivalents <<END
# A comment.

raft/toy.c
- if (a > b)
+ if (a >= b)
Of two that are equal either will do.
END
cat >three <<END
raft/toy.c
- if (a > b)
+ if (a <= b)

raft/toy.c
- if (a > b)
+ if (a >= b)

raft/toy.c
- return a / 2;
+ return a * 2;
END

run 1 --again three
says '^3 mutants, 1 noticed, 1 survived, 1 equivalent: 50.0 %'
says 'core/toy_test .* raft/toy.c:8'
says 'SURVIVED .* raft/toy.c:16'
grep -q '^+ return a \* 2;' mutants/survivors || fail "no list of survivors"

# What survived is tried again by its list, and noticed by a better test.
sed -i 's/half(0) != 0/half(4) != 2/' tests/core/toy_test.c
run 0 --again mutants/survivors
says '^1 mutants, 1 noticed, 0 survived, 0 equivalent: 100.0 %'

# One that dies where its lines are counted is not taken for one that executes none.
cp tests/core/toy_test.c kept
cat >tests/core/weak_test.c <<END
int greater(int a, int b);
int half(int a);

int
main(void)
{
	return greater(0, 0) + half(0);
}
END
sed -i -e '1i #include <stdlib.h>' \
    -e 's/^\treturn/\tif (getenv("GCOV_PREFIX") != NULL)\n\t\tabort();\n&/' \
    tests/core/toy_test.c
run 0 --again three
says '^3 mutants, 2 noticed, 0 survived, 1 equivalent: 100.0 %'
says 'core/toy_test .* raft/toy.c:16'
mv kept tests/core/toy_test.c
rm tests/core/weak_test.c

# A seed draws the same again; one that ends nowhere is ended.
run 0 6 --seed 3 --in raft --tests core/
grep '^\[' out | sed 's|^.\{7\}||; s|, [0-9.]* s$||' | sort >first
run 0 6 --seed 3
grep '^\[' out | sed 's|^.\{7\}||; s|, [0-9.]* s$||' | sort >second
cmp first second || fail "another draw"

# A draw goes on where it was, as long as what it judges is the same.
run 0 8 --seed 3
says '^[0-9]* are known from before'
says '^8 mutants, 7 noticed, 0 survived, 1 equivalent'
echo >>tests/core/toy_test.c
run 0 2 --seed 3
! grep -q 'known from before' out || fail "what is not so any more is known"

# What a compiler warns of is none, where warnings are errors.
cat >warned <<END
raft/toy.c
- return a / 2;
+ unsigned b = a; return b / 2;
END
run 1 --again warned
printf "build --copt=%s\n" -Wsign-conversion -Werror >.bazelrc
run 0 --again warned
says '^0 mutants'
rm .bazelrc

# Whoever ends it ends what it has begun, some of which would never end.
cat >endless <<END
raft/toy.c
- return b;
+ for (;;) continue;
END
rm -rf mutants/trial0
"$mutants" --top . --jobs 1 --fast --again endless >out 2>&1 &
while [ ! -d mutants/trial0/run ]; do
	sleep 0.1
done
sleep 1
kill -TERM $!
status=0
wait $! || status=$?
[ "$status" -eq 130 ] || fail "status $status when it was told to end"
! readlink /proc/[0-9]*/exe | grep "^$scratch/" || fail "something goes on"

# A program would have one of them, and not know which.
mkdir -p assists/one assists/other
for folder in one other; do
	echo 'int greater(int, int); int least(int a) { return a; }' \
	    >assists/$folder/$folder.c
done
run 1 1
says 'least is of assists/one/one.c and of assists/other/other.c'
rm -r assists

# An explanation of what is not there any more is told.
sed -i 's/a > b)/b < a)/' raft/toy.c
run 2 1
says 'not there any more: raft/toy.c: if (a > b)'
