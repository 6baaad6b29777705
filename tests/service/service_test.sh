#!/bin/sh
# docs/service.md shows what is so: its program is that of demos/counter, and does as the
# page says, on real processes, one of which is killed.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the page, page.sh, the program, which its call of Bazel finds made, its
# source, and that of its client.
set -eu

lines_max=150
follow=$PWD/$2
bin=$PWD/${3%demos/counter/counter}

# The page's file $1 is this one.
is_shown() {
	awk -v file="service/$1" '/^```/ { here = $2 == file; next } here' \
	    "$page" | cmp - "$2" || {
		echo "the page's $1 is another"
		exit 1
	}
}

page=$1
is_shown counter.c "$4"
is_shown ask.c "$5"
lines=$(wc -l <"$4")
[ "$lines" -le "$lines_max" ] || {
	echo "a program of $lines lines: more than $lines_max"
	exit 1
}
grep -q "says $lines\\." "$1" || {
	echo "the page does not say that it has $lines lines"
	exit 1
}

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

mkdir -p path bazel-bin/service bazel-bin/external
ln -s "${bin}demos/counter/counter" bazel-bin/service/counter
ln -s "${bin}demos/counter/load/ask" bazel-bin/service/ask
ln -s "$bin" bazel-bin/external/outrigger
cat >path/bazel <<'END'
#!/bin/sh
[ "$*" = "build //service:all @outrigger//assists/admin:outrigger-ctl" ]
END
chmod +x path/bazel
PATH=$PWD/path:$PATH "$follow" page.md 3 30 || {
	tail -n 20 data/*.log
	exit 1
}

# What all the page's additions make is on the disks of those that are left.
for id in 2 3; do
	bin/counter run "data/$id" "127.0.0.1:$ports$((id + 3))" \
	    >>"data/$id.log" 2>&1 &
	echo $! >"data/$id.pid"
done
tries=0
until said=$(bin/ask "127.0.0.1:${ports}5" get 2>/dev/null); do
	tries=$((tries + 1))
	[ "$tries" -lt 600 ] || break
	sleep 0.1
done
[ "$said" = 'ok 11' ] || {
	echo "the value is not 11: $said"
	exit 1
}

# What is no number is not added, and is no session's.
for words in 'add ' 'add  7 3' 'add -5 3' 'add +5' 'add 5 ' 'add 5 0 1' 'add 5 0 0' \
    'add 5 -1 1' 'add 5 1' 'add 5 1 1 1' 'add 5x 1 1' 'add 99999999999999999999' \
    'add 5 99999999999999999999999 1' 'add 5 99999999999999999999999'; do
	said=$(bin/ask "127.0.0.1:${ports}5" "$words")
	[ "$said" = 'say: add N, or add N SESSION K' ] || {
		echo "$words: $said"
		exit 1
	}
done
said=$(bin/ask "127.0.0.1:${ports}5" 'add 0000000000000000001')
[ "$said" = 'ok 12' ] || {
	echo "a number of 19 digits is added: $said"
	exit 1
}
