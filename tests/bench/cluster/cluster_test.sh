#!/bin/sh
# The table that the contenders' lines make, from lines that are known.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# cluster_test.sh CLUSTER.PY
set -eu

cluster=$(realpath "$1")
python=$(python3 -c 'import sys; print(sys.executable)')
scratch=${TEST_TMPDIR:-$(mktemp -d)}
cd "$scratch"
mkdir -p bin programs

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# Neither etcd nor gnuplot is in the path.
for tool in sh cat sed; do
	ln -sf "$(command -v $tool)" bin/
done
run() {
	PATH=$scratch/bin "$python" "$cluster" --programs "$scratch/programs" "$@"
}

# Each call of a contender takes a line of its own; the last one again and again.
contender() {
	cat >"programs/$1.lines"
	cat >"programs/$1" <<-END
		#!/bin/sh
		cd $scratch/programs
		echo "\$*" >>$1.asked
		line=\$(sed -n 1p $1.lines)
		[ \$(sed -n '\$=' $1.lines) = 1 ] || sed -i 1d $1.lines
		case \$line in "fails "*) echo "\$line" >&2; exit 1 ;; esac
		echo "\$line"
	END
	chmod +x "programs/$1"
}

contender floor <<'END'
floor in_flight=1 ops=1000 p50_us=300 p99_us=500 p999_us=900 cpu_us=200.00 syncs=1000
floor in_flight=1 ops=4000 p50_us=200 p99_us=400 p999_us=700 cpu_us=100.00 syncs=4000
floor in_flight=1 ops=2000 p50_us=250 p99_us=450 p999_us=800 cpu_us=150.00 syncs=2000
END
contender outrigger <<'END'
outrigger in_flight=1 ops=900 p50_us=310 p99_us=600 p999_us=1000 cpu_us=9.50 syncs=900
outrigger-trimmed in_flight=1 ops=800 p50_us=310 p99_us=600 p999_us=1000 cpu_us=9.50 syncs=900
outrigger-loop in_flight=1 ops=700 p50_us=310 p99_us=600 p999_us=1000 cpu_us=9.50 syncs=900
outrigger-tls in_flight=1 ops=500 p50_us=310 p99_us=600 p999_us=1000 cpu_us=9.50 syncs=900
fails for once
outrigger-trimmed in_flight=1 ops=800 p50_us=310 p99_us=600 p999_us=1000 cpu_us=9.50 syncs=900
outrigger-loop in_flight=1 ops=700 p50_us=310 p99_us=600 p999_us=1000 cpu_us=9.50 syncs=900
outrigger-tls in_flight=1 ops=500 p50_us=310 p99_us=600 p999_us=1000 cpu_us=9.50 syncs=900
outrigger in_flight=1 ops=1000000 p50_us=310 p99_us=600 p999_us=1000 cpu_us=9.50 syncs=900
outrigger-trimmed in_flight=1 ops=800 p50_us=310 p99_us=600 p999_us=1000 cpu_us=9.50 syncs=900
outrigger-loop in_flight=1 ops=700 p50_us=310 p99_us=600 p999_us=1000 cpu_us=9.50 syncs=900
outrigger-tls in_flight=1 ops=500 p50_us=310 p99_us=600 p999_us=1000 cpu_us=9.50 syncs=900
END

run cluster --rounds 3 --seconds 1 --loads 1 --load --folder "$scratch" \
    >out 2>err || fail "status $?: $(cat err)"
cat >expected <<'END'
| in flight | | entries/s | to the floor | to libraft | p99 to the floor's | p50 us | p99 us | p99.9 us | CPU us an entry | syncs/s |
|---|---|---|---|---|---|---|---|---|---|---|
| 1 | floor | 2.00 k | 1.00 | – | 1.00 | 250 | 450 | 800 | 150 | 2,000 |
| 1 | outrigger | 500 k | 250.45 | – | 1.27 | 310 | 600 | 1,000 | 9.50 | 900 |
| 1 | outrigger, trimmed | 800 | 0.40 | – | 1.33 | 310 | 600 | 1,000 | 9.50 | 900 |
| 1 | outrigger, no thread | 700 | 0.35 | – | 1.33 | 310 | 600 | 1,000 | 9.50 | 900 |
| 1 | outrigger, TLS | 500 | 0.25 | – | 1.33 | 310 | 600 | 1,000 | 9.50 | 900 |
END
grep '^|' out | diff - expected || fail "the table"
grep -q '^bench: libraft is left out, for want of libraft-dev$' err ||
    fail "nothing is said of libraft"
grep -q '^bench: etcd is left out' err || fail "nothing is said of etcd"
grep -q 'outrigger --in-flight 1 --seconds 1.0 failed: fails for once' err ||
    fail "nothing is said of what failed: $(cat err)"
# Of the rest: what each is asked for.
costs='p50_us=1 p99_us=2 p999_us=3 cpu_us=4.00 syncs=5'
echo "libraft ops=10 $costs failover_ms=2000.5" | contender libraft
echo "outrigger ops=10 $costs failover_ms=12.5" | contender outrigger
echo "outrigger ops=10 $costs failover_ms=9.5" | contender outrigger_disconnect
rm programs/*.asked
run cluster --rounds 1 --seconds 1 --folder "$scratch" --snapshots \
    --slow-follower=7 --far >out 2>err || fail "status $?: $(cat err)"
asked() {
	grep -qxF -- "$2 --folder $scratch" "programs/$1.asked" ||
	    fail "$1 was not asked: $2"
}
asked libraft '--in-flight 256 --seconds 1.0 --snapshot-every 100000'
asked outrigger '--in-flight 1024 --seconds 1.0 --snapshot-every 10000'
asked floor '--in-flight 64 --seconds 1.0 --slow 7'
asked libraft '--in-flight 1024 --seconds 1.0 --slow 7 --slow-server 1'
asked outrigger '--tls --in-flight 1024 --seconds 1.0 --far 40 --far-servers 1'
asked floor '--in-flight 1024 --seconds 1.0 --far 40 --far-servers 2'
grep -q 'the window allows 12,800 entries/s' out || fail "the window"

run failover --quick --folder "$scratch" >out 2>err || fail "failover"
cat >expected <<'END'
| | rounds | least ms | median | 90 % | most |
|---|---|---|---|---|---|
| outrigger, disconnect | 5 | 9.5 | 9.5 | 9.5 | 9.5 |
| outrigger | 5 | 12.5 | 12.5 | 12.5 | 12.5 |
| libraft | 5 | 2,000 | 2,000 | 2,000 | 2,000 |
END
grep '^|' out | diff - expected || fail "the table of failover"

# A page: what is there between two lines is replaced, however often.
cat >page <<'END'
before
<!-- ./run bench failover --page wrote this: -->
old
<!-- as far as here: failover -->
after
END
for _ in 1 2; do
	run failover --quick --folder "$scratch" --page page >out 2>err ||
	    fail "failover: $(cat err)"
	{
		echo before
		echo '<!-- ./run bench failover --page wrote this: -->'
		echo
		cat out
		echo
		echo '<!-- as far as here: failover -->'
		echo after
	} | diff - page || fail "the page"
done
echo 'no place' >other
rm programs/*.asked
! run failover --folder "$scratch" --page other >out 2>err ||
    fail "a page without a place for it was taken"
grep -q 'has no place for it' err || fail "it does not say why: $(cat err)"
[ "$(cat other)" = 'no place' ] || fail "it was written"
! run cluster --load --folder "$scratch" --page page >out 2>err ||
    fail "a part was written to a page"
! ls programs/*.asked 2>/dev/null || fail "that was not known before"

# Who never succeeds is named, and that is no success.
echo 'fails always' | contender outrigger
status=0
run failover --quick --folder "$scratch" >out 2>err || status=$?
[ $status -eq 1 ] || fail "status $status"
grep -q 'outrigger never came to an end' err || fail "it is not named"
