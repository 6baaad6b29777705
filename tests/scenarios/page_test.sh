#!/bin/sh
# The page of --html says what the runs were, holds whatever text a scenario
# has as text, and appears whole or not at all.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: raft-scenario, well_formed.awk, scenarios.
set -eu

run=$1
well_formed=$2
shift 2
dir=$TEST_TMPDIR
page=$dir/page.html
out=$dir/out

die() {
	echo "$1; it said:"
	cat "$out"
	exit 1
}

# make STATUS FILE ARGUMENT...: a page there, with that exit status.
make() {
	expected=$1
	file=$2
	shift 2
	status=0
	"$run" --html "$file" "$@" >"$out" 2>&1 || status=$?
	[ "$status" -eq "$expected" ] ||
	    die "--html $file $*: exit status $status, not $expected"
}

holds() {
	grep -qF -- "$2" "$1" || die "$1 does not hold: $2"
}

check_form() {
	awk -f "$well_formed" "$1" >"$out" || die "$1 is no good page"
}

count() {
	grep -c "$2" "$1" || :
}

# ------------------------------------------------ each run, and the matrix

builds="--build baseline --build prevote+checkquorum --build all --seeds 2"
# shellcheck disable=SC2086
make 0 "$page" $builds "$@"
check_form "$page"
[ "$(count "$page" '<article id=')" -eq $((6 * $#)) ] || die "runs are missing"
[ "$(count "$page" 'class="verdict ok"')" -eq $((6 * $#)) ] ||
    die "verdicts are missing"
[ "$(count "$page" '<svg viewBox')" -eq $((6 * $#)) ] ||
    die "drawings are missing"
# shellcheck disable=SC2086
"$run" --matrix $builds "$@" >"$out"
sed -n 's/^[* ] \([a-z+]*\)  *[0-9.]*T  *\([0-9.]*T\) .*/\1<\/a><\/th><td class="number">\2<\/td>/p' \
    "$out" >"$dir/rows"
[ "$(count "$dir/rows" .)" -eq $((3 * $#)) ] || die "not the rows it should have"
while read -r row; do
	holds "$page" "$row"
done <"$dir/rows"

# The longest outage that is drawn is the one that is measured.
awk '/<article/ {
	longest = 0
}
/no write acknowledged for / {
	sub(/.*no write acknowledged for /, "")
	if ($0 + 0 > longest)
		longest = $0 + 0
}
/>unavailable</ {
	sub(/.*>unavailable<[^0-9]*/, "")
	if ($0 + 0 > 1 && $0 + 0 != longest)
		print "measured " $0 + 0 ", drawn " longest
	else if ($0 + 0 > 1)
		checked++
}
END {
	exit !(checked > 0)
}' "$page" >"$out" || die "no outage is drawn"
[ ! -s "$out" ] || die "outages are not drawn as measured"

# shellcheck disable=SC2086
make 0 "$dir/again.html" $builds "$@"
cmp "$page" "$dir/again.html" || die "the same runs made other bytes"
# Under a sanitizer an address may be the same again.
! grep '0x[0-9a-f]\{6\}' "$page" >"$out" || die "an address is in the page"

# ------------------------------------------------------------ hostile text

cat >"$dir/&<b>.scenario" <<'END'
title   <script>alert("title")</script> & '--> ]]> </title></style>
nodes   3
client  every 20ms
run until stable 2T within 20T
let L = leader
mark
note <img src=x onerror=alert(2)> "quoted" & </svg></title>
pause L
run 3T
resume L
repeat 100
mark
note again
run 100ms
end
expect leader-changes = 77 since mark
expect lost-acks = 0
expect two-leaders < 100T
print
END
printf 'title bad \001 \377 \303( \355\240\200 \303\251 end\nnodes 1\n%s\n' \
    'run 2T' >"$dir/bytes.scenario"
make 1 "$page" --build all "$dir/&<b>.scenario" "$dir/bytes.scenario"
check_form "$page"
holds "$page" '&lt;script&gt;alert(&quot;title&quot;)&lt;/script&gt; &amp; &#39;'
holds "$page" '&lt;img src=x onerror=alert(2)&gt; &quot;quoted&quot; &amp; &lt;'
holds "$page" '/&amp;&lt;b&gt;.scenario</p>'
holds "$page" "$(printf 'bad \357\277\275 \357\277\275 \357\277\275( ')"
holds "$page" "$(printf '\357\277\275 \303\251 end')"

# What the scenario asked, and how it came out.
holds "$page" '<th scope="row">16</th><td><code>expect leader-changes = 77 since mark</code></td><td class="failed">'
holds "$page" '<th scope="row">17</th><td><code>expect lost-acks = 0</code></td><td class="ok">'
holds "$page" 'NOT AS EXPECTED: 1 of 1, first seed 1'
holds "$page" '>paused</text>'
holds "$page" 'class="outage"'
holds "$page" '<td>mark</td>'
holds "$page" 'more, neither listed nor drawn.'

# --------------------------------------------------------------- its limits

printf 'nodes 1\nrun 1ms\n' >"$dir/short.scenario"
make 0 "$page" --seeds 1003 "$dir/short.scenario"
check_form "$page"
[ "$(count "$page" '<article id=')" -eq 1000 ] || die "not the first 1000 runs"
holds "$page" 'the other 3 are in the matrix alone'

# ---------------------------------------------------------- whole or not at all

make 2 "$dir/no/page.html" "$dir/short.scenario"
holds "$out" "$dir/no/page.html: No such file or directory"
! grep -q 'short.scenario' "$out" || die "it ran for a page that cannot be"
make 2 "$dir" "$dir/short.scenario"
holds "$out" "$dir: Is a directory"
if [ -w /dev/full ]; then
	make 2 /dev/full "$dir/short.scenario"
	holds "$out" "/dev/full: No space left on device"
	[ -c /dev/full ] || die "the device was replaced"
fi

# The file system takes no more, and an interrupt comes: what was there stays.
unchanged() {
	[ "$(cat "$page")" = old ] || die "$1: the old page is lost"
	[ "$(find "$dir" -name 'page.html?*')" = "" ] || die "$1: a draft is left"
}

echo old >"$page"
(
	trap '' XFSZ
	ulimit -f 1
	make 2 "$page" "$dir/short.scenario"
)
holds "$out" "$page: File too large"
unchanged "no room"

"$run" --html "$page" --quiet --seeds 100000000 "$dir/short.scenario" \
    >"$out" 2>&1 &
pid=$!
until [ "$(find "$dir" -name 'page.html.?*')" ]; do
	sleep 0.1
done
kill -TERM $pid
! wait $pid || die "a run that was ended exits with 0"
unchanged "ended"

# A link stays one, and so does the mode of what it leads to.
chmod 640 "$page"
ln -s page.html "$dir/link.html"
make 0 "$dir/link.html" "$dir/short.scenario"
[ -h "$dir/link.html" ] || die "the link was replaced"
check_form "$page"
[ "$(find "$page" -perm 640)" ] || die "its mode is another"
