#!/bin/sh
# Servers with encrypted logs, and one without, in one cluster: what is on the disks,
# and keys that change, and are lost.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: queue, relay.
# shellcheck disable=SC1091,SC2034,SC2119,SC2154
set -eu

. tests/queue/common.sh

new_key() {
	(umask 077; openssl rand -hex 32 >>"$base/keys")
}

# Whether $1 is in the log of server $2, of which each sector has a header of its own.
has_on_disk() {
	python3 -c '
import sys
text = sys.argv[1].encode()
for name in sys.argv[2:]:
    bytes = open(name, "rb").read()
    if text in b"".join(bytes[at + 16:at + 512] for at in range(0, len(bytes), 512)):
        sys.exit(0)
sys.exit(1)' "$1" "$(server_folder "$2")"/log*
}

add() {
	value=$(await "$patience" ask "add 1 0 0 $1") || fail "$1 is not added"
	await "$patience" cluster_has "${value#ok }" || fail "they do not agree"
}

broker_new
broker_start
new_key
more_1="--keys $base/keys"
more_2=$more_1
cluster_new 3 red --election-timeout 400
cluster_start
find_leader
add plaintext-one
has_on_disk plaintext-one 3 || fail "a plain log does not show it"
for id in 1 2; do
	! has_on_disk plaintext-one $id || fail "it is on the disk of server $id"
done
say "an entry is on the disk of server 3, which has no keys, and not on the others'"

new_key
for id in 1 2; do
	server_stop $id || fail "server $id did not end well"
	server_start $id
	await "$patience" has_said $id "has sealed 1 entries$" ||
	    fail "server $id does not say what its first key is needed for"
	has_said $id "has sealed 0 entries, and will seal the next" ||
	    fail "server $id does not say which key is the newest"
done
add plaintext-two
server_stop 1 || fail "server 1 did not end well"
server_start 1
await "$patience" has_said 1 "has sealed 1 entries, and will seal the next" ||
    fail "the newest key seals nothing"
add plaintext-three
for id in 1 2; do
	for text in one two three; do
		! has_on_disk "plaintext-$text" $id || fail "$text: server $id"
	done
done
say "a second key was added while they ran, one after the other"

server_stop 2 || fail "server 2 did not end well"
cp -p "$base/keys" "$base/kept"
sed -i 1d "$base/keys"
server_start 2
await "$patience" has_said 2 "is sealed with a key that is not there: put it back" ||
    fail "a lost key is not told"
! wait "$(server_pid 2)" || fail "a server without its key runs"
cp -p "$base/kept" "$base/keys"
server_start 2
await "$patience" cluster_has 3 || fail "server 2 is not back"
say "a server whose key is lost says so, and is back with it"
cluster_stop || fail "a server did not end well"

# A server that had keys, and is not told of them.
more_1=
server_start 1
await "$patience" has_said 1 "its log is sealed: name its keys" ||
    fail "a sealed log without keys"
! wait "$(server_pid 1)" || fail "it runs without its keys"
chmod 644 "$base/keys"
more_1="--keys $base/keys"
server_start 1
await "$patience" has_said 1 "others may read it: chmod 600" ||
    fail "keys that everybody may read"
! wait "$(server_pid 1)" || fail "it runs with open keys"
echo "passed"
