# What the tests of the streams have in common, for scripts of bash that read this file
# with `.` and have $streams, the program.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck shell=bash disable=SC1091,SC2034,SC2154
streams=$PWD/$streams
demos=$PWD/demos
. demos/streams/servers.sh
patience=60
trap servers_end EXIT

fail() {
	echo "FAILED: $*"
	cat "$base/where" "$base/load" || :
	for id in $ids; do
		echo "--- server $id"
		grep -v 'event=connection' "$base/$id.log" | tail -n 15 || :
	done
	exit 1
}
