#!/bin/sh
# A long day of a cluster, real processes under load: whoever leads is killed, a member
# is replaced, plain connections become TLS and certificates are renewed without a stop,
# two of three are lost for good and the third one goes on, and a backup becomes a new
# cluster. No acknowledged addition is lost but those that `recover` announced.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: the programs, as common.sh has them.
# shellcheck disable=SC1090,SC1091,SC2034,SC2154
set -eu

. tests/operations/common.sh

reload_all() {
	for id in $ids; do
		"$ctl" "$base/$id" reload >/dev/null || fail "$id: no reload"
	done
}

# Nobody has a connection that is plain, or none.
all_is_secret() {
	for id in $ids; do
		how=$(server_status "$id")
		echo "$how" | grep -q '"plain_out":false' || return 1
		! echo "$how" |
		    grep -q '"plain_[a-z]*":true\|"out":false\|"in":false' ||
		    return 1
	done
}

votes() {
	server_members_who "$1" '"role":"voter"' | grep -qw "$2"
}

servers_new 3 --election-timeout 2000
servers_start
find_leader
load_start

# ------------------------------------------------------------------ kill -9
sleep 1
killed=$leader
server_kill "$killed" || fail "a server ended by itself"
await "$patience" servers_other_leader "$killed" >/dev/null ||
    fail "nobody leads after $killed"
server_start "$killed"
say "$killed led, and was killed"

# ----------------------------------------------------------- another machine
find_leader
for gone in $ids; do
	[ "$gone" = "$leader" ] || break
done
server_kill "$gone" || fail "a server ended by itself"
rm -r "${base:?}/$gone"
server_new 4 "$leader"
server_start 4
ids=$(echo "$ids" | tr ' ' '\n' | grep -vx "$gone" | paste -s -d ' ' -)
server_change "$leader" replace "$gone" 4 \
    "$(sed -n 's/^incarnation //p' "$base/4/server.conf")" \
    "$(server_place 4)" >/dev/null 2>&1 || fail "$gone was not replaced"
votes "$leader" 4 || fail "4 has no vote"
! votes "$leader" "$gone" || fail "$gone is still there"
say "4 is in the place of $gone, whose machine is gone"

# ------------------------------------------------------------------------ TLS
find_leader
reign_before=$(reign)
servers_secure
for mode in accepts prefers required; do
	for id in $ids; do
		server_set "$id" tls-mode "$mode"
	done
	reload_all
	[ "$mode" = accepts ] || await "$patience" all_is_secret ||
	    fail "connections are plain when TLS is $mode"
done
say "what was plain is TLS"
"$certs" crl "$pki" >/dev/null
for id in $ids; do
	"$certs" renew "$pki" "$id" >/dev/null
done
reload_all
sleep 1
find_leader
[ "$(reign)" = "$reign_before" ] ||
    fail "leadership changed on the way to TLS: from $reign_before"
say "the certificates are others, and the same server leads"

# --------------------------------------------------------------------- a backup
sure=$(server_value "$leader")
"$ctl" "$base/$leader" snapshot >/dev/null 2>&1 || fail "no snapshot"
"$log" export "$base/$leader" "$base/backup" >/dev/null || fail "no backup"
end_load
expect_all
[ "$unknown" -eq 0 ] || fail "additions were left open"

# ------------------------------------------------ two of three are lost for good
# The one that is left had been slow: what the others acknowledged meanwhile is lost.
find_leader
for left in $ids; do
	[ "$left" = "$leader" ] || break
done
server_signal "$left" STOP
load_for 2
for id in $ids; do
	server_kill "$id" || fail "a server ended by itself"
done
lost=$(echo "$ids" | tr ' ' '\n' | grep -vx "$left" | paste -s -d ' ' -)
for id in $lost; do
	mv "$base/$id" "$base/$id.lost"
done
"$log" recover "$base/$left" --confirm "$cluster" >"$base/announced" ||
    fail "no recovery"
last=$(sed -n 's/^Its log ends at entry \([0-9]*\) .*/\1/p' "$base/announced")
# What was behind that entry, on the disks that are lost.
announced=0
for id in $lost; do
	count=$("$log" dump "$base/$id.lost" --from $((last + 1)) |
	    grep -c '^[0-9]* [0-9]* command ' || :)
	[ "$count" -le "$announced" ] || announced=$count
done
ids=$left
server_start "$left"
value=$(await "$patience" server_value "$left") || fail "$left does not go on"
say "$left goes on alone from entry $last: value $value of $acknowledged," \
    "$announced behind it"
[ "$announced" -gt 0 ] || fail "nothing was lost: that shows nothing"
[ "$value" -lt "$acknowledged" ] || fail "nothing that was acknowledged was lost"
[ $((value + announced)) -ge "$acknowledged" ] ||
    fail "more was lost than announced"

# Two others join what is there now.
cluster=$(sed -n 's/^cluster //p' "$base/$left/server.conf")
acknowledged=$value unknown=0
for id in 5 6; do
	"$certs" node "$pki" "${cluster%~*}" "$id" >/dev/null
	server_new "$id" "$left"
	server_start "$id"
	await "$patience" votes "$left" "$id" || fail "$id did not get in"
done
load_for 2
expect_all
say "and has two others beside it again"

# ------------------------------------------------------ a new cluster of the backup
servers=$ids
for id in $servers; do
	server_kill "$id" || fail "a server ended by itself"
done
"$log" import "$base/backup" "$base/7" --id 7 --cluster restored \
    --address "$(server_place 7)" >/dev/null || fail "no import"
ids=7
server_start 7
value=$(await "$patience" server_value 7) || fail "what was restored is silent"
say "a new cluster of the backup: value $value, of $sure when it was made"
[ "$value" -ge "$sure" ] || fail "the backup lacks what was acknowledged before"
[ "$(server_value 7)" = "$value" ] || fail "it changes by itself"
server_kill 7 || fail "a server ended by itself"
