#!/bin/bash
# outrigger-ctl with real servers: every verb, every exit status, what it says to people
# and to scripts, its manual page and its completion.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: outrigger-ctl, a server (server.c), the manual page, the completion,
# processes.sh.
# shellcheck disable=SC1090,SC2086
set -eu

ctl=$PWD/$1
server=$PWD/$2
page=$PWD/$3
completion=$PWD/$4
. "$PWD/$5"
base=$PWD
elsewhere=$(mktemp -d /tmp/outrigger-ctl.XXXXXX)

say() {
	printf '%3s s  %s\n' $SECONDS "$*"
}

end() {
	for file in "$base"/*.pid "$elsewhere"/*.pid; do
		[ ! -f "$file" ] || kill -9 "$(cat "$file")" 2>/dev/null || :
	done
	rm -rf "$elsewhere"
}
trap end EXIT

incarnation() {
	sed -n 's/^incarnation //p' "$1/server.conf"
}

# Server $1, to join by way of server 1 unless that is it.
make() {
	if [ "$1" = 1 ]; then
		"$server" make 1 1 "$(address 1)"
	else
		"$server" make "$1" "$1" "$(address "$1")" "1=$(address 1)"
	fi
}

start() {
	"$server" "${2:-run}" "$1" >>"$1.log" 2>&1 &
	echo $! >"$1.pid"
}

# A value of the status of server $1, by an expression of Python's about `it`.
value() {
	without_leaks "$ctl" "$1" status --json 2>/dev/null | python3 -S -c '
import json, sys
it = json.loads(sys.stdin.read())
value = eval(sys.argv[1])
print("none" if value is None else value)' "$2" 2>/dev/null || echo nothing
}

# All have spoken in the term of now.
are_of_one_term() {
	[ "$(value "$1" \
	    'len({m["term"] for m in it["members"]} | {it["term"]})')" = 1 ]
}

members_are() {
	[ "$(value "$1" '" ".join(
	    "%d:%s" % (m["id"], m["role"]) for m in it["members"])')" = "$2" ]
}

leads() {
	[ "$(value "$1" 'it["leader"]')" = "$1" ]
}

find_leader() {
	leader=none
	await knows_leader
	follower=$((leader % 3 + 1))
}

knows_leader() {
	leader=$(value 1 'it["leader"]')
	[ "$leader" -gt 0 ] 2>/dev/null && leads "$leader"
}

has_ended() {
	! kill -0 "$(cat "$1.pid")" 2>/dev/null
}

# ---------------------------------------------------------------- by itself

try_usage() {
	expect 0 "usage: outrigger-ctl FOLDER VERB" "$ctl" --help
	expect 2 "usage: outrigger-ctl FOLDER VERB" "$ctl"
	expect 2 "outrigger-ctl $base status" "$ctl" "$base"
	expect 2 "the folder comes first: outrigger-ctl 1 status" \
	    "$ctl" status 1
	expect 2 "there is no verb 'stauts'" "$ctl" 1 stauts
	expect 2 "add takes 3 arguments, not 1" "$ctl" 1 add 4
	expect 2 "status takes 0 arguments, not 1" "$ctl" 1 status 4
	expect 2 "replace takes 2 or 4 arguments, not 1" "$ctl" 1 replace 4
	expect 2 "there has to be an ADDRESS" "$ctl" 1 replace 3 4 ab
	expect 2 "an ID is a number from 1 on" "$ctl" 1 remove 0
	expect 2 "an ID is a number from 1 on" "$ctl" 1 remove two
	expect 2 "hexadecimal" "$ctl" 1 add 4 xyz host:1
	expect 2 "an ADDRESS is HOST:PORT" "$ctl" 1 add 4 ab host
	expect 2 "SECONDS are from 1 to 3600" "$ctl" 1 stand-in 4 3601
	expect 2 "MILLIONTHS are from 0 to 500000" "$ctl" 1 leases 500001
	expect 2 "--timeout 0: a number from 1" "$ctl" 1 status --timeout 0
	expect 2 "--count is for watch" "$ctl" 1 status --count 2
	expect 2 "not understood" "$ctl" 1 status --jason
	say "called wrongly, it says how"
}

try_nobody() {
	expect 3 "there is no such folder" "$ctl" nowhere status
	expect 3 "not the folder of a server" "$ctl" . status
	make 1
	expect 3 "no server runs here: start its program" "$ctl" 1 status
	expect 3 "no server runs here" "$ctl" 1 remove 2
	expect 3 "no server runs here" "$ctl" 1 watch
	start 1
	await leads 1
	kill -9 "$(cat 1.pid)"
	await has_ended 1
	expect 3 "has died: start its program again" "$ctl" 1 status
	say "where nobody is, it says so"
}

# In the place of a server: it answers each request with line $1, as often as told.
pretend() {
	mkdir -p false
	: >false/server.conf
	rm -f false/admin.socket
	python3 -c '
import os, socket, sys
place = socket.socket(socket.AF_UNIX)
place.bind("false/new")
place.listen()
os.rename("false/new", "false/admin.socket")
for i in range(int(sys.argv[2])):
    caller = place.accept()[0]
    caller.recv(4096)
    caller.send(sys.argv[1].encode())
    caller.close()' "$1" "${2:-1}" &
	await test -S false/admin.socket
}

try_odd_answers() {
	pretend '{"result":"OK"}
'
	expect 1 "there are no metrics in the server's answer" \
	    "$ctl" false metrics
	pretend '{"progress":7}
'
	expect 1 "no result" "$ctl" false status
	pretend nothing
	expect 1 "without an answer" "$ctl" false status
	# Whoever has been answered may have to come again.
	pretend '{"result":"OK","id":1}
' 3
	expect 0 "server 1 of cluster" "$ctl" false watch --count 3
	say "an answer that is none is said to be"
}

# --------------------------------------------------------------- of a cluster

begin() {
	start 1
	for id in 2 3; do
		make $id
		start $id
	done
	await members_are 1 "1:voter 2:voter 3:voter"
	find_leader
}

# The names in an object, and that the manual page has each.
check_names() {
	"$ctl" "$leader" status --json | python3 -c '
import json, re, sys
page = re.sub(r"\\&|\\-", "", open(sys.argv[1]).read())
def names(it):
    if isinstance(it, dict):
        return set(it) | set().union(*map(names, it.values()))
    return set().union(*map(names, it)) if isinstance(it, list) else set()
found = names(json.loads(sys.stdin.read()))
missing = sorted(n for n in found if not re.search(r"\b%s\b" % n, page))
assert len(found) > 40, found
sys.exit("not in the manual: " + " ".join(missing) if missing else 0)' \
	    "$page" || fail "the manual page lacks names"
}

try_status() {
	expect 0 "server $leader of cluster dock: leads in term" \
	    "$ctl" "$leader" status
	case $said in
	*"*  $leader  leader "*) ;;
	*) fail "no table: $said" ;;
	esac
	expect 0 "follows server $leader in term" "$ctl" "$follower" status
	case $said in
	*"known to the one that leads"*) ;;
	*) fail "a follower does not say what it does not know: $said" ;;
	esac
	[ "$(value "$leader" 'it["members"][it["id"] % 3]["replication"]["state"]')" = \
	    replicate ] || fail "nobody is replicated to"
	await are_of_one_term "$leader"
	[ "$(value "$follower" 'it["members"][0]["replication"]')" = none ] ||
	    fail "a follower knows too much"
	[ "$(value "$follower" 'it["incarnation"]')" = \
	    "$(incarnation "$follower")" ] || fail "another incarnation"
	check_names
	say "status is for people and for scripts"
}

try_watch() {
	expect 0 "server 1 of cluster dock" "$ctl" 1 watch --count 2
	[ "$(echo "$said" | grep -c '^server 1 of cluster')" -eq 2 ] ||
	    fail "not two tables: $said"
	[ "$("$ctl" 1 watch --count 3 --json | python3 -c '
import json, sys
print(sum(json.loads(line)["id"] == 1 for line in sys.stdin))')" = 3 ] ||
	    fail "not three objects"
	say "watch shows one table after another"
}

# Whoever goes by the status does not go by half a file.
try_full() {
	for verb in status "status --json" metrics "watch --json" reload; do
		expect 1 "standard output: not all of it could be written" \
		    sh -c "$ctl 1 $verb >/dev/full"
	done
	expect 1 "standard output" sh -c "$ctl --help >/dev/full"
	say "where nothing can be written, it says so"
}

tables() {
	[ "$(grep -c "$(printf '\033\[H\033\[Jserver 2 of')" terminal)" -ge "$1" ]
}

# On a terminal, each in the place of the last; a server that goes is waited for.
try_terminal() {
	python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' \
	    "$ctl" 2 watch >terminal </dev/null &
	watcher=$!
	await tables 2
	kill "$(cat 2.pid)"
	await grep -q "no server runs here" terminal
	await has_ended 2
	[ ! -e 2/admin.socket ] || fail "its socket is left"
	shown=$(grep -c "$(printf '\033\[H')" terminal)
	start 2 run-uncounted
	await tables $((shown + 1))
	kill $watcher
	wait $watcher || :
	# Without any of the program's own.
	expect 0 "# TYPE outrigger_term gauge" "$ctl" 2 metrics
	say "a terminal is drawn again and again, whoever goes"
}

# A follower has the leader do it.
try_members() {
	make 4
	expect 4 "server 4 has not been heard yet" \
	    "$ctl" "$follower" add 4 "$(incarnation 4)" "$(address 4)" \
	    --timeout 2
	start 4
	expect 0 "server 4 is in the cluster, and votes" \
	    "$ctl" "$follower" add 4 "$(incarnation 4)" "$(address 4)"
	await members_are 4 "1:voter 2:voter 3:voter 4:voter"
	make 5
	expect 0 "server 5 is in the cluster, without a vote" \
	    "$ctl" 1 learn 5 "$(incarnation 5)" "$(address 5)"
	start 5
	expect 0 "server 5 votes" "$ctl" 4 promote 5
	expect 0 "server 5 does not vote" "$ctl" 1 demote 5
	await members_are 1 "1:voter 2:voter 3:voter 4:voter 5:learner"
	expect 0 "server 5 stands in for a voter that is silent for 60 s" \
	    "$ctl" 2 stand-in 5 60
	[ "$(value 1 'it["members"][4]["stands_in_seconds"]')" = 60 ] ||
	    fail "it does not stand in"
	expect 0 "server 5 is not in the cluster" "$ctl" 3 remove 5
	await has_ended 5
	expect 3 "no server runs here" "$ctl" 5 status
	make 6
	start 6
	expect 0 "server 4 is not in the cluster, and server 6 votes" \
	    "$ctl" "$follower" replace 4 6 "$(incarnation 6)" "$(address 6)"
	await members_are 1 "1:voter 2:voter 3:voter 6:voter"
	expect 0 "server 6 is at 127.0.0.1:1 of old, for all others" \
	    "$ctl" "$follower" move 6 "127.0.0.1:1 of old"
	[ "$(value "$follower" '[m["note"] for m in it["members"]][-1]')" = \
	    "of old" ] || fail "server 6 is not somewhere else"
	# To a terminal both ways to say this are commands.
	expect 0 "server 6 is at" "$ctl" 1 move 6 \
	    "127.0.0.1:1 a$(printf '\302\23331m')b"
	expect 0 "127.0.0.1:1 a?31mb" "$ctl" 1 status
	expect 0 "server 6 is at" "$ctl" 1 move 6 "$(address 6)"
	# Again: it is so already.
	expect 0 "server 4 is not in the cluster" "$ctl" 2 remove 4
	expect 1 "REFUSED: no server has ID 77" "$ctl" 2 promote 77
	expect 0 "server 6 is not in the cluster" "$ctl" 1 remove 6
	say "members come, go, move and change"
}

try_leadership() {
	find_leader
	expect 0 "server $follower leads" \
	    "$ctl" $((follower % 3 + 1)) transfer "$follower"
	await leads "$follower"
	expect 1 "REFUSED: no voter has ID 9" "$ctl" 1 transfer 9
	find_leader
	expect 0 "another server leads" "$ctl" "$follower" step-down
	! leads "$leader" || fail "it leads on"
	expect 1 "lacks the module fencing" "$ctl" "$follower" leases 1000
	expect 0 "off by 0 millionths" "$ctl" "$follower" leases 0
	say "leadership goes where it is told to, or away"
}

try_one_server() {
	expect 0 "the snapshot is there" "$ctl" 2 snapshot
	[ "$(value 2 'it["snapshot"]["index"]')" -gt 3 ] ||
	    fail "there is no snapshot"
	"$ctl" 3 snapshot --json | tail -n 1 | python3 -c '
import json, sys
assert json.loads(sys.stdin.read())["snapshot_index"] > 3' ||
	    fail "snapshot --json"
	expect 0 "read again" "$ctl" 2 reload
	expect 0 "# TYPE number gauge" "$ctl" 2 metrics
	kill "$(cat 2.pid)"
	await has_ended 2
	[ ! -e 2/admin.socket ] || fail "its socket is left"
	start 2 run-uncounted
	await test -S 2/admin.socket
	expect 0 "# TYPE outrigger_term gauge" "$ctl" 2 metrics
	say "a server takes snapshots, and tells its metrics"
}

# It stands still, and it dies.
try_silence() {
	find_leader
	kill -STOP "$(cat "$follower.pid")"
	expect 1 "does not answer" "$ctl" "$follower" status --timeout 1
	expect 4 "it may be done by now, or be done yet" \
	    "$ctl" "$follower" remove 9 --timeout 1
	kill -CONT "$(cat "$follower.pid")"
	"$ctl" "$follower" add 9 ab 127.0.0.1:1 >said 2>&1 &
	await grep -q "server 9 has not been heard" said
	kill -9 "$(cat "$follower.pid")"
	if wait $!; then fail "it was done"; else status=$?; fi
	[ "$status" -eq 4 ] || fail "status $status: $(cat said)"
	grep -q "the server has gone: it may be done" said ||
	    fail "$(cat said)"
	start "$follower"
	await test -S "$follower/admin.socket"
	expect 0 "server 9 is not in the cluster" "$ctl" "$leader" remove 9
	say "what nobody knows is said to be unknown"
}

# ------------------------------------------------------------------- others

try_another_user() {
	if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null; then
		echo "not shown: that another user is refused (who is not root" \
		    "cannot become one)"
		return
	fi
	chmod 755 "$elsewhere"
	cp "$ctl" "$elsewhere/outrigger-ctl"
	cd "$elsewhere"
	"$server" make 7 7 "$(address 7)"
	chmod 755 7
	start 7
	await leads 7
	nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
	expect 0 "cluster dock" $nobody cat 7/server.conf
	expect 1 "it belongs to root, who alone may speak to this server" \
	    $nobody ./outrigger-ctl 7 status
	expect 1 "who alone may speak to this server" \
	    $nobody ./outrigger-ctl 7 step-down
	expect 0 "leads in term" ./outrigger-ctl 7 status
	cd "$base"
	say "nobody else is heard"
}

# What bash would offer behind these words.
offers() {
	COMP_WORDS=("$ctl" "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_outrigger_ctl
	echo "${COMPREPLY[*]}"
}

try_completion() {
	. "$completion"
	verbs=$("$ctl" --help | sed -n 's/^  \([a-z-]*\).*/\1/p' | grep . |
	    sort | paste -s -d ' ' -)
	[ "$(offers 1 '' | tr ' ' '\n' | sort | paste -s -d ' ' -)" = \
	    "$verbs" ] || fail "verbs: $(offers 1 ''), not $verbs"
	for verb in $verbs; do
		grep -qw "$verb" "$page" || fail "the manual lacks $verb"
	done
	[ "$(offers 1 st)" = "status stand-in step-down" ] ||
	    fail "st: $(offers 1 st)"
	[ "$(offers 1 transfer '')" = "1 2 3" ] ||
	    fail "ids: $(offers 1 transfer '')"
	[ "$(offers 1 watch --c)" = --count ] ||
	    fail "--c: $(offers 1 watch --c)"
	[ -z "$(offers nowhere transfer '')" ] || fail "ids of nobody"
	say "bash completes verbs, members and options"
}

try_usage
try_nobody
try_odd_answers
begin
try_status
try_watch
try_full
try_members
try_leadership
try_one_server
try_terminal
try_silence
try_completion
try_another_user
