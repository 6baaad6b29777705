#!/bin/bash
# outrigger-log and real servers, killed under load: a majority is lost for good, one goes
# on alone, and no acknowledged number is lost but those that recover announced; who was
# given up and comes back is a stranger; a backup of a server that runs becomes another
# cluster.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: outrigger-log, a server (ledger.c), the manual page, processes.sh.
set -eu

log=$PWD/$1
ledger=$PWD/$2
page=$PWD/$3
. "$PWD/$4"

end() {
	for file in *.pid; do
		[ ! -f "$file" ] || kill -9 "$(cat "$file")" 2>/dev/null || :
	done
}
trap end EXIT

# Server $2 begins to $1: add or read.
start() {
	"$ledger" "$1" "$2" "$1.$2" >>"$2.log" 2>&1 &
	echo $! >"$2.pid"
}

stop() {
	kill -9 "$(cat "$1.pid")"
	wait "$(cat "$1.pid")" 2>/dev/null || :
	rm "$1.pid"
}

# The server that reads has written it down.
has_read() {
	[ -f "read.$1" ]
}

read_all() {
	rm -f "read.$1"
	start read "$1"
	await has_read "$1"
}

added() {
	cat add.* 2>/dev/null | wc -l
}

has_added() {
	[ "$(added)" -ge "$1" ]
}

has_snapshot() {
	ls "$1"/snapshots/0* >/dev/null 2>&1
}

# Every byte, and every time.
describe() {
	find "$1" -type f -exec cksum {} + && find "$1" -printf '%p %T@ %C@\n'
}

says() {
	grep -q "$2" "$1.log"
}

# --------------------------------------------------------- what is said at once

expect 2 "usage: outrigger-log show" "$log"
expect 2 "usage:" "$log" nonsense
expect 2 "usage:" "$log" show
expect 2 "usage:" "$log" show 1 2
expect 2 "usage:" "$log" show 1 --hex
expect 2 "usage:" "$log" show --colour
expect 2 "--from x" "$log" dump 1 --from x
expect 2 "import needs --id" "$log" import backup 1
expect 0 "usage: outrigger-log show" "$log" --help
expect 1 "there is no server here" "$log" show 1
expect 1 "No such file" "$log" recover 1
expect 1 "No such file" "$log" import none 1 --id 1 --cluster a \
    --address "$(address 1)"
for verb in show verify dump export import recover; do
	grep -q "^.It Cm $verb" "$page" || fail "the page lacks $verb"
done
"$log" --help | grep -o -e '--[a-z-]*' | sort -u | while read -r option; do
	grep -q -e "Fl -${option#--}" "$page" || fail "the page lacks $option"
done

# --------------------------------------------- three servers, and a backup of one

first=1=$(address 1),2=$(address 2),3=$(address 3)
for id in 1 2 3; do
	"$ledger" make "$id" --id "$id" --cluster red --first "$first" \
	    --election-timeout 300
	echo "snapshot-bytes 20000" >>"$id/server.conf"
	start add "$id"
done
await has_added 300
await has_snapshot 1
expect 1 "in use: stop the other process" "$log" verify 1
expect 1 "in use: stop the other process" "$log" recover 1 --confirm red
expect 0 "backup of cluster red, taken of server 1" "$log" export 1 backup
expect 1 "is there already" "$log" export 1 backup
expect 0 "every one as it was written" "$log" verify backup
covered=$("$log" show backup | sed -n 's/^snapshot of entry \([0-9]*\) .*/\1/p')
echo "a backup of a server that runs: entries up to $covered"

# ------------------------------------ one falls behind, and then a majority is lost

kill -STOP "$(cat 1.pid)"
await has_added $(($(added) + 200))
for id in 2 3 1; do
	stop "$id"
done
rm -r 2
mv 3 given-up
touch -d 2001-02-03T04:05:06Z 1/snapshots/0*
expect 0 "state of 2001-02-03 04:05:06 UTC" "$log" export 1 backup.late
expect 0 "state of 2001-02-03 04:05:06 UTC" "$log" show backup.late
before=$(describe 1)
expect 0 "server 1 of cluster red" "$log" show 1
expect 0 "a start loads the snapshot" "$log" verify 1
expect 0 "index term kind" "$log" dump 1
expect 0 '"log": {"term": ' "$log" show 1 --json
echo "$said" | python3 -c '
import json, sys
said = json.load(sys.stdin)
assert (said["server"], said["cluster"]) == (1, "red"), said
assert len(said["configurations"][-1]["members"]) == 3, said
assert said["start"]["loads"] == said["snapshots"][0]["index"], said
assert said["start"]["applies_last"] == said["log"]["last"], said
assert said["log"]["refused"] is said["snapshots"][0]["wrong"] is None, said
' || fail "JSON: $said"
expect 0 "\"index\": $covered," "$log" show backup --json
expect 1 "given-up is more advanced" "$log" recover 1 --compare given-up \
    --confirm red
expect 1 "not confirmed: nothing was changed" "$log" recover 1
expect 1 "not confirmed: nothing was changed" "$log" recover 1 --confirm blue
[ "$(describe 1)" = "$before" ] ||
    fail "something has changed that was only looked at"

# A part that is mounted cannot be moved, even if it is of the same disk: that is found
# before the question. Not everybody may mount.
mounted() {
	mkdir mounted
	cp -a 1/* mounted
	mv mounted/log apart
	mkdir mounted/log
	expect 1 "mounted/log is a file system of its own" unshare -rm sh -c \
	    'mount --bind apart mounted/log && exec "$@"' \
	    sh "$log" recover mounted --confirm red
	[ ! -e mounted/anew ] && [ ! -e mounted/anew.part ] ||
	    fail "it was begun all the same"
}
if unshare -rm true 2>/dev/null; then
	mounted
else
	echo "no mount can be made here: what is mounted was not tried"
fi

# A process that is killed at any time leaves what the next one makes whole. When it is
# killed as soon as it has begun, most times it has made something, and not all.
is_begun() {
	[ -d tried/anew.part ] || [ -d tried/anew ]
}
killed=0
halves=0
for pause in 0 0.002 0.004 0.006 0.01 0.02 0.03 0.05 \
    begun begun begun begun begun begun begun begun; do
	rm -rf tried
	cp -a 1 tried
	"$log" recover tried --confirm red >/dev/null 2>&1 &
	if [ "$pause" = begun ]; then
		until is_begun || [ -z "$(jobs -r %%)" ]; do :; done
	else
		sleep "$pause"
	fi
	kill -9 $! 2>/dev/null || :
	# Not of one that had ended.
	status=0
	wait $! 2>/dev/null || status=$?
	[ "$status" -ne 137 ] || killed=$((killed + 1))
	! is_begun || halves=$((halves + 1))
	if [ -d tried/anew ] || ! grep -qs 'cluster red~' tried/server.conf; then
		expect 0 "done" "$log" recover tried --confirm red
	fi
	expect 0 "of cluster red~" "$log" verify tried
done
echo "killed $killed times, half-made $halves times, and whole each time"
[ "$killed" -gt 0 ] || fail "it was never killed"
[ "$halves" -gt 0 ] || fail "nothing was left half-made"

expect 0 "Server 1 of cluster red goes on alone" "$log" recover 1 --confirm red
end=$(echo "$said" | sed -n 's/^Its log ends at entry \([0-9]*\) .*/\1/p')
term=$(echo "$said" | sed -n 's/^Its log ends at .* of term \([0-9]*\)\..*/\1/p')
cluster=$(echo "$said" | sed -n 's/.*goes on alone, as cluster \(.*\)\.$/\1/p')
echo "recovered up to entry $end of term $term, as cluster $cluster"
read_all 1
sort add.* >acknowledged
awk -v end="$end" -v term="$term" '$1 <= end && $3 <= term { print $1, $2 }' \
    acknowledged | sort >kept
sort read.1 >all
[ -z "$(comm -23 kept all)" ] ||
    fail "acknowledged, not announced, and lost: $(comm -23 kept all)"
lost=$(($(wc -l <acknowledged) - $(wc -l <kept)))
echo "of $(wc -l <acknowledged) acknowledged $lost are lost, as announced"
[ "$lost" -ge 200 ] || fail "server 1 was not behind"
[ "$(wc -l <kept)" -ge 200 ] || fail "there was nothing to lose"
# Those beyond it are what is lost, and no more.
[ "$(awk -v end="$end" '$1 > end' all | wc -l)" -eq 0 ] || fail "beyond its end"

# ------------------------------------------- who was given up comes back, and new ones

mv given-up 3
start read 3
await says 3 "of another cluster"
await says 1 "of another cluster"
stop 3
for id in 2 4; do
	"$ledger" make "$id" --id "$id" --cluster "$cluster" \
	    --address "$(address "$id")" --join "1=$(address 1)"
	read_all "$id"
	cmp read.1 "read.$id" || fail "server $id has not what 1 has"
done
expect 1 '"refused": "1/log: is in use' "$log" show 1 --json
for id in 1 2 4; do
	stop "$id"
done
expect 0 "2 at $(address 2)" "$log" show 1

# ------------------------------------------------- and the backup, as another cluster

expect 0 "a server of cluster blue" "$log" import backup restored --id 7 \
    --cluster blue --address "$(address 7)" --election-timeout 300
expect 0 "snapshot of entry $covered of" "$log" verify restored
read_all restored
awk -v end="$covered" '$1 <= end' read.1 >before
cmp before read.restored || fail "the backup is not what was there at $covered"
awk -v end="$covered" '$1 <= end { print $1, $2 }' acknowledged | sort >kept
[ -z "$(comm -23 kept <(sort read.restored))" ] || fail "the backup lacks some"
echo "restored $(wc -l <read.restored) as cluster blue"

# Who waits at a terminal sees how far it is: it takes a while to find nothing but zeros
# behind a log.
shows_progress() {
	size=$((size * 2))
	truncate -s "${size}M" restored/log/log
	script -qec "'$log' verify restored" terminal >/dev/null </dev/null ||
	    fail "$(cat terminal)"
	grep -q 'MiB read, [0-9]* MiB written' terminal
}
stop restored
size=32
await shows_progress
expect 0 "snapshot of entry" "$log" verify 1
[ "${said#*MiB}" = "$said" ] || fail "progress, and no terminal: $said"

# One bit, and it is none.
printf x | dd of=backup bs=1 seek=200 conv=notrunc 2>/dev/null
expect 1 "the backup is damaged" "$log" import backup again --id 8 \
    --cluster blue --address "$(address 8)"
[ ! -e again ] || fail "something was made of it"
