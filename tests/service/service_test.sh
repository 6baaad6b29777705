#!/bin/sh
# docs/service.md shows what is so: the counter that it makes does as it says, on real
# processes, one of which is killed.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the page, page.sh, and the two programs, compiled from the page already:
# its call of Bazel finds them made.
set -eu

follow=$PWD/$2
counter=$PWD/$3
ask=$PWD/$4
# Ports of this run alone, below those that the kernel gives away.
ports=$(($(date +%N | sed 's/^0*//') % 2200 + 1024))
for port in 1 2 3; do
	echo "s/700$port/$ports$port/g; s/800$port/$ports$((port + 3))/g"
done >"$TEST_TMPDIR/ports"
sed -f "$TEST_TMPDIR/ports" "$1" >"$TEST_TMPDIR/page.md"
cd "$TEST_TMPDIR"

end() {
	for file in data/*.pid; do
		[ ! -f "$file" ] || kill -9 "$(cat "$file")" 2>/dev/null || :
	done
}
trap end EXIT

mkdir -p bin bazel-bin/service
ln -s "$counter" bazel-bin/service/counter
ln -s "$ask" bazel-bin/service/ask
cat >bin/bazel <<'END'
#!/bin/sh
[ "$*" = "build //service:counter //service:ask" ]
END
chmod +x bin/bazel
PATH=$PWD/bin:$PATH "$follow" page.md 3 25 || {
	tail -n 20 data/*.log
	exit 1
}

# The page's numbers stand for any; this one is what all its additions make, and is on
# the disks of those that are left.
for id in 2 3; do
	bazel-bin/service/counter run "data/$id" "$ports$((id + 3))" \
	    >>"data/$id.log" 2>&1 &
	echo $! >"data/$id.pid"
done
said=$(bazel-bin/service/ask "${ports}5" get)
[ "$said" = 'ok 10' ] || {
	echo "the value is not 10: $said"
	exit 1
}
