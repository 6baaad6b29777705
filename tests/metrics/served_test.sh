#!/bin/sh
# What servers serve after a load, elections and a removal is what Prometheus' own tool
# takes; docs/metrics.md has each metric and no other, and what the dashboard asks for
# is there.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: served, outrigger-certs, docs/metrics.md, docs/grafana.json, compare.py.
set -eu

served=$1
certs=$2
page=$3
dashboard=$4
compare=$5
cd_to=$TEST_TMPDIR

fail() {
	echo "$*"
	exit 1
}

"$certs" ca "$cd_to/pki" >/dev/null
for id in 1 2 3 4; do
	"$certs" node "$cd_to/pki" scene "$id" >/dev/null
done
"$served" "$cd_to/pki" "$cd_to" || fail "nothing was served"

for who in leader follower removed; do
	promtool check metrics <"$cd_to/$who" || fail "of the $who"
done
# And what it finds is seen.
! sed 's/_total//' "$cd_to/leader" | promtool check metrics >/dev/null 2>&1 ||
    fail "promtool finds nothing in anything"

python3 "$compare" "$page" "$dashboard" "$cd_to/rules.yml" \
    "$cd_to/leader" "$cd_to/follower" "$cd_to/removed" ||
	fail "see above"
promtool check rules "$cd_to/rules.yml" || fail "no PromQL"
awk '/^```/ { here = $2 == "alerts.yml"; next } here' "$page" \
    >"$cd_to/alerts.yml"
promtool check rules "$cd_to/alerts.yml" || fail "the page's alerts"
