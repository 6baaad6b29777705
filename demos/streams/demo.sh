#!/bin/sh
# A log-streaming cluster: five servers, of which one that leads a partition is killed
# under load; what it kept is copied, another joins and gets its share; then what a
# record costs, beside the same through Raft.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Exit status: 0 all was as promised; 1 something was not.
# shellcheck disable=SC1091,SC2034,SC2154
set -eu

[ $# -eq 1 ] || { echo "usage: demo.sh STREAMS" >&2; exit 2; }
streams=$1
demos=$(dirname -- "$0")/..
. "$demos/streams/servers.sh"
through_raft=${bin}demos/streams/load/through-raft
replace=4

trap servers_end EXIT

# ------------------------------------------------------------------ who has what

show_where() {
	servers_do where | awk '{
		line = sprintf("  %s %s: led by server %s in epoch %s; kept by",
		    $1, $2, $8, $6)
		for (i = 11; i <= NF; i++)
			line = line " " substr($i, 2) ($i ~ /^-/ ? " (copies)" : "")
		print line
	}'
}

begin() {
	head_line "1. Five servers, and two topics that some of them keep"
	streams_new || fail "no topic can be made"
	servers_do topic orders 2 2 >/dev/null || fail "no other topic either"
	await 20 all_settled || fail "they do not come to be in sync"
	show_where
	echo
	printf '%s\n' "a record" "and another" |
	    servers_do produce orders 0 | sed 's/^/  orders 0: /'
	servers_do consume orders 0 0 2 | sed 's/^/  orders 0: /'
}

kill_leader() {
	head_line "2. Whoever leads events 0 is killed, under load"
	load_start --seconds 86400
	sleep 2
	led=$(partition_led events 0)
	epoch=${led% *}
	victim=${led#* }
	killed=$(now_ms)
	server_kill "$victim" || fail "server $victim was dead before"
	led=$(await 30 partition_led_by_another events 0 "$victim") ||
	    fail "nobody leads events 0"
	echo "  server $victim, which led it in epoch $epoch, is dead; server" \
	    "${led#* } leads it in epoch ${led% *}, after" \
	    "$(($(now_ms) - killed)) ms"
	await 60 all_settled || fail "nobody copies what it kept"
	echo "  what it kept has been copied to others," \
	    "$(($(now_ms) - killed)) ms after its death:"
	echo
	show_where
}

# Whether server $1 keeps partitions, and nothing moves any more.
has_share() {
	all_settled && [ "$(grep -c " +$1\( \|\$\)" "$base/where")" -ge "$2" ]
}

add_server() {
	head_line "3. A sixth server joins"
	leader=$(await 20 servers_leader) || fail "nobody leads the group"
	server_new 6 "$leader"
	joined=$(now_ms)
	server_start 6
	await 60 has_share 6 3 || fail "it gets no share"
	echo "  $(($(now_ms) - joined)) ms after its start it keeps" \
	    "$(grep -c ' +6\( \|$\)' "$base/where") partitions:"
	echo
	show_where
	load_end || fail "the load saw what must not be: $(cat "$base/load")"
	one_leader_an_epoch >"$base/epochs" || fail "$(cat "$base/epochs")"
}

# --------------------------------------------------------------------- what it costs

# Bytes written and clock ticks of all servers.
spent() {
	for id in $ids; do
		pid=$(server_pid "$id")
		[ -z "$pid" ] || awk 'FILENAME ~ /io$/ && /^write_bytes/ { w = $2 }
		    FILENAME ~ /stat$/ { t = $14 + $15 } END { print w, t }' \
		    "/proc/$pid/io" "/proc/$pid/stat"
	done | awk '{ w += $1; t += $2 } END { print w, t }'
}

# A line of the table: $1 is what it is, $2 the records in a batch.
measure() {
	before=$(spent)
	"$load" --unjudged --seconds 3 --producers 8 --consumers 0 --batch "$2" \
	    "$(servers_list)" events >"$base/measured" ||
	    fail "$(cat "$base/measured")"
	after=$(spent)
	sed -n 's/.*acknowledged=\([0-9]*\).*records_per_s=\([0-9]*\).*/\1 \2/p' \
	    "$base/measured" | {
		read -r records rate
		echo "$before $after $(getconf CLK_TCK)" | awk -v n="$records" \
		    -v rate="$rate" -v what="$1" -v batch="$2" '{
			printf "| %s | %d | %d | %.0f | %.0f |\n", what, batch,
			    rate, ($4 - $2) / $5 * 1e6 / n, ($3 - $1) / n
		}'
	}
}

compare() {
	head_line "4. What a record costs, beside the same records through Raft"
	echo "| 100 bytes a record | a batch | records/s | CPU, us | bytes written |"
	echo "|---|---|---|---|---|"
	for batch in 1 20 200; do
		measure "streams, on 3 of 6 servers" "$batch"
	done
	servers_end
	counter=$through_raft
	servers_new 6 --election-timeout 500
	server_start() {
		"$through_raft" run "$base/$1" "$(server_address "$1")" \
		    >>"$base/$1.log" 2>&1 &
		eval "pid_$1=\$!"
	}
	servers_start
	await 30 servers_do where events >/dev/null || fail "nobody leads"
	for batch in 1 20 200; do
		measure "through Raft, on 6" "$batch"
	done
	servers_end
}

begin
kill_leader
add_server
result=$(cat "$base/load")
epochs=$(cat "$base/epochs")
compare

# A number of what the judge said.
said() {
	echo "$result" | sed -n "s/.*$1=\([0-9]*\).*/\1/p"
}

cat <<END

Result:  $(said acknowledged) records were acknowledged while a server that led was killed
         and a sixth joined; none was lost, none is there twice, each producer's
         are in order, and consumers saw the same ($(said consumed) records).
         $epochs, each with one leader; $(said longest_gap_ms) ms was the longest time
         without an acknowledgement.
END
