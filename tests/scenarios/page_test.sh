#!/bin/sh
# The page of --html says what the runs were, holds whatever text a scenario
# has as text, and appears whole or not at all.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: raft-scenario, well_formed.awk, collisions.awk, scenarios.
set -eu

run=$1
well_formed=$2
collisions=$3
shift 3
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
	awk -f "$collisions" "$1" >"$out" || die "$1 has no words to check"
	[ ! -s "$out" ] || die "words of $1 lie upon one another"
}

count() {
	grep -c "$2" "$1" || :
}

# ------------------------------------------------ each run, and the matrix

builds="--build baseline --build prevote+checkquorum --build all --seeds 2"
# shellcheck disable=SC2086
make 0 "$page" $builds "$@"
check_form "$page"
# A band of a figure, and what was found; both seeds are linked to.
[ "$(count "$page" '<g id="s[0-9]*-b[0-9]*-seed[12]" class="band"')" -eq \
    $((6 * $#)) ] || die "runs are missing"
[ "$(count "$page" 'class="verdict ok"')" -eq $((6 * $#)) ] ||
    die "verdicts are missing"
[ "$(count "$page" '<svg class="figure"')" -eq $((2 * $#)) ] ||
    die "there is not one figure a seed"
holds "$page" '<a href="#s2-b3-seed1">1</a> <a href="#s2-b3-seed2">2</a>'
# Builds stand beside one another on one axis.
awk '/<svg class="figure"/ { figures++; bands = axes = 0 }
    /class="band"/ { bands++ }
    /class="axis"/ { axes++ }
    /<\/svg>/ && figures > checked { checked++
	if (bands != 3 || axes != 1) print "bands " bands ", axes " axes }' \
    "$page" >"$out"
[ ! -s "$out" ] || die "a figure is not of three builds"

# The rows have the columns of the terminal, and what the others lack.
# shellcheck disable=SC2086
"$run" --matrix $builds "$@" >"$out"
sed -n 's/^[* ] \([a-z+]*\)  *\([0-9.]*T\)  *\([0-9.]*T\)  *\([0-9]*\) .*/\1 \2 \3 \4/p' \
    "$out" >"$dir/rows"
[ "$(count "$dir/rows" .)" -eq $((3 * $#)) ] || die "not the rows it should have"
while read -r build outage span changes; do
	[ "$outage" = "$span" ] || outage="$outage<small>$span</small>"
	grep -F "$build</th>" "$page" |
	    grep -q "<td class=\"number\">$outage</td><td class=\"number\">$changes<" ||
	    die "not in the page: $build $outage $changes"
done <"$dir/rows"
best=$(grep -c '^\* [^d]' "$out") || :
[ "$best" -gt 0 ] || die "none is best: that is no test"
[ "$(count "$page" '<tr class="best">')" -eq "$best" ] ||
    die "others are best than in the terminal"
[ "$(count "$page" '<td class="difference">lacks ')" -eq \
    "$(grep -c ' lacks ' "$out")" ] || die "what the others lack is missing"

# A scenario's text stands beside its drawing, and names its lines.
for scenario; do
	holds "$page" "$(sed -n 's/^title  *\(.*\)/<li>title   \1<\/li>/p' \
	    "$scenario")"
	awk '/<details class="text"/ { inside = 1 } inside
	    /<\/details>/ { inside = 0 }' "$page" >"$dir/text"
done
[ "$(grep -o '<li' "$dir/text" | wc -l)" -eq "$(cat "$@" | wc -l)" ] ||
    die "a text has other lines"
line=$(grep -n '^pause ' "$1" | cut -d : -f 1 | head -n 1)
grep -q "class=\"deed\".*: pause n[0-9]*</title>.*>$line</text>" "$page" ||
    die "what was done does not name line $line"

# The longest outage that is drawn is the one that is measured.
awk '/class="band"/ {
	band++
}
/no write acknowledged for / {
	sub(/.*no write acknowledged for /, "")
	if ($0 + 0 > longest[band])
		longest[band] = $0 + 0
}
/class="findings"/ {
	finding++
}
/>unavailable</ {
	sub(/.*>unavailable<[^0-9]*/, "")
	measured = $0 + 0
	if (measured > 1 && measured != longest[finding])
		print "measured " measured ", drawn " longest[finding]
	else if (measured > 1)
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

# --------------------------------------------------------------- its messages

cat >"$dir/votes.scenario" <<'END'
nodes   3
client  every 20ms
run until stable 2T within 20T
let L = leader
cut others -> L
run 5T
END
make 0 "$page" --build baseline --build prevote --build prevote+checkquorum \
    --seeds 2 "$dir/votes.scenario"
check_form "$page"
# The first build and the best one, with the first seed.
[ "$(count "$page" '<svg class="messages"')" -eq 2 ] ||
    die "not two builds have messages"
awk '/<svg class="messages"/ { inside = 1; messages = 0; drawings++ }
    inside && /<g class="message / {
	messages++
	sub(/<title>.*<\/title>/, "")
	cut += /class="cut"/
	lost += / lost"/
    }
    inside && /<\/svg>/ {
	inside = 0
	if (messages < 20 || messages > 60)
		print messages " messages"
    }
    END { if (!cut || cut != lost) print cut " of " lost " lost ones are cut off" }' \
    "$page" >"$out"
[ ! -s "$out" ] || die "drawings are not as they should be"
grep -q 'class="message vote"><title>[0-9.]*s n[123] to n[123]: prevote in term ' \
    "$page" || die "no prevote is drawn"
grep -q 'class="message vote-answer[^>]*><title>.*: vote-answer in term .*, yes' \
    "$page" || die "no vote is granted"
grep -q '<text class="label vote"[^>]*>vote t[0-9]*</text>' "$page" ||
    die "nothing says what a message is"
sed 's/^cut .*/let F = follower\ncut L - F/' "$dir/votes.scenario" \
    >"$dir/asks.scenario"
make 0 "$page" --build baseline --build prevote "$dir/asks.scenario"
grep -q ': prevote-answer in term [0-9]*, no: a leader is alive' "$page" ||
    die "it is not told why a vote is refused"
make 0 "$page" --build baseline --messages 1.5s..1600ms "$dir/votes.scenario"
check_form "$page"
grep -q '</b> from 1.50s to 1.60s: \([0-9]*\) of \1 messages\.' "$page" ||
    die "not all messages where they were asked for"

# Terms, numbers of lines and words of messages keep apart where much happens at
# once, and few milliseconds apart.
cat >"$dir/busy.scenario" <<'END'
nodes   5
client  every 20ms
run until stable 2T within 20T
let L = leader
let A B C D = followers
repeat 12
isolate A
run 0.1T
isolate B
run 2ms
isolate C
run 2ms
pause D
run 2T
resume D
run 3ms
heal all
run 0.4T
end
END
cat >"$dir/quick.scenario" <<'END'
nodes   3
client  every 0.1T
run until stable 2T within 20T
let L = leader
let B C = followers
client off
run 0.5T
isolate L
run 1ms
pause B
run 1ms
resume B
run 5T
END
make 0 "$page" --build baseline --build all --seeds 3 "$dir/busy.scenario" \
    "$dir/quick.scenario"
check_form "$page"

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
holds "$page" '/&amp;&lt;b&gt;.scenario</summary>'
holds "$page" "$(printf 'bad \357\277\275 \357\277\275 \357\277\275( ')"
holds "$page" "$(printf '\357\277\275 \303\251 end')"

# What the scenario asked, and how it came out.
holds "$page" '<th scope="row">16</th><td><code>expect leader-changes = 77 since mark</code></td><td class="failed">'
holds "$page" '<th scope="row">17</th><td><code>expect lost-acks = 0</code></td><td class="ok">'
holds "$page" 'NOT AS EXPECTED: 1 of 1, first seed 1'
holds "$page" '<a href="#s1-b1-seed1" class="failed">1</a>'
holds "$page" '<details class="findings" open="open">'
holds "$page" '>paused</text>'
holds "$page" 'class="outage"'
holds "$page" '<td>mark</td>'
holds "$page" 'more, neither listed nor drawn.'

# --------------------------------------------------------------- its limits

printf 'nodes 1\nrun 1ms\n' >"$dir/short.scenario"
make 0 "$page" --seeds 1003 "$dir/short.scenario"
check_form "$page"
[ "$(count "$page" 'class="band"')" -eq 1000 ] || die "not the first 1000 runs"
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
